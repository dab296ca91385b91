/* What a model's table is declared as, and making the database so: on first use what is missing, in migrate also what is
 * left over. The rules (CHECK) keep out what SQL would compare otherwise than the library does: reals in columns of
 * integers, blobs among texts, infinities. Text that does not read as the type may stand there: it is a string, and SQL
 * puts it behind the numbers, as the library does. */
#include "sqlite.h"

/* '@' stands for the column. */
const char *schema_column_type(const table *t, size_t slot)
{
    const ds_property *property = ds_model_property(t->model, slot);
    if (slot == t->id_slot && t->integer_id)
        return property->generated ? " INTEGER PRIMARY KEY AUTOINCREMENT" : " INTEGER PRIMARY KEY";
    if (slot == t->id_slot)
        return " TEXT NOT NULL PRIMARY KEY CHECK (@ < x'')";
    switch (property->type) {
    case DS_PROPERTY_STRING:
        return " TEXT CHECK (@ < x'')";
    case DS_PROPERTY_INTEGER:
        return " INTEGER CHECK (typeof(@) <> 'real' AND @ < x'')";
    case DS_PROPERTY_NUMBER:
        return " REAL CHECK (@ <> 9e999 AND @ <> -9e999 AND @ < x'')";
    case DS_PROPERTY_BOOLEAN:
        return " INTEGER BOOLEAN CHECK (@ = 0 OR @ = 1 OR typeof(@) = 'text')";
    case DS_PROPERTY_DATE:
        return " INTEGER DATE CHECK (typeof(@) = 'text' OR "
               "(typeof(@) <> 'real' AND @ BETWEEN -62167219200000 AND 253402300799999))";
    case DS_PROPERTY_BINARY:
        return " BLOB CHECK (@ >= x'')";
    case DS_PROPERTY_OBJECT:
        return " TEXT OBJECT";
    case DS_PROPERTY_ARRAY:
        return " TEXT ARRAY";
    case DS_PROPERTY_ANY:
        break;
    }
    return " TEXT ANY";
}

int schema_sql_of(conn *c, const char *type, const char *name, char **out)
{
    static const char ask[] = "SELECT sql FROM sqlite_schema WHERE type = ? AND name = ? COLLATE NOCASE";
    statement *s;
    *out = NULL;
    int code = statement_get(c, ask, sizeof ask - 1, sql_hash(ask, sizeof ask - 1), &s);
    if (code != SQLITE_OK)
        return code;
    sqlite3_bind_text(s->stmt, 1, type, -1, SQLITE_STATIC);
    sqlite3_bind_text(s->stmt, 2, name, -1, SQLITE_STATIC);
    code = sqlite3_step(s->stmt);
    if (code == SQLITE_ROW) {
        const char *found = (const char *)sqlite3_column_text(s->stmt, 0);
        *out = sqlite3_mprintf("%s", found == NULL ? "" : found);
        code = *out == NULL ? SQLITE_NOMEM : SQLITE_DONE;
    }
    statement_done(c, s);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

void schema_index_name(const table *t, const ds_index *index, text *to)
{
    text_put(to, t->name);
    text_put(to, index->unique ? "#unique:" : "#index:");
    text_put(to, index->name);
}

/* ---- one pass over all that a model asks for ---- */

typedef struct fitting {
    table *table;
    conn *conn;
    const schema_work *work;
    ds_call *call;
    bool dry; /* only counts */
    uint64_t steps, total;
    text words;
} fitting;

static ds_status fit_failed(fitting *f, int code, const char *what)
{
    if (code == SQLITE_CONSTRAINT_UNIQUE)
        return ds_error_set(f->call->error, DS_DUPLICATE,
                            "the table \"%s\" holds records with the same value of what is unique in the model \"%s\", "
                            "so the %s cannot be made",
                            f->table->name, ds_model_name(f->table->model), what);
    return problem_tell(f->conn, code, "changed", f->call->error);
}

static void fit_report(const fitting *f, const char *what)
{
    if (f->work->report == NULL || (f->dry && !f->work->check))
        return;
    ds_buffer_format(f->work->report, "%s", f->steps > 1 ? "," : "");
    ds_buffer_json(f->work->report, ds_string(what));
}

/* What was written to f->words is to be done. */
static ds_status fit_step(fitting *f, const char *what)
{
    int code = f->words.failed ? SQLITE_NOMEM : SQLITE_OK;
    f->steps++;
    fit_report(f, what);
    if (!f->dry && code == SQLITE_OK) {
        code = sqlite3_exec(f->conn->db, f->words.bytes, NULL, NULL, NULL);
        if (code == SQLITE_OK && f->work->progress != NULL)
            f->work->progress(f->work->user, f->steps, f->total);
    }
    text_cut(&f->words, 0);
    return code == SQLITE_OK ? DS_OK : fit_failed(f, code, what);
}

static ds_status fit_named(fitting *f, const char *kind, const char *name)
{
    text what = {.bytes = NULL};
    text_put(&what, kind);
    text_put(&what, " ");
    text_put(&what, name);
    ds_status status = what.failed ? problem_nomem(f->call->error) : fit_step(f, what.bytes);
    text_free(&what);
    return status;
}

static ds_status fit_new_table(fitting *f)
{
    const table *t = f->table;
    text_put(&f->words, "CREATE TABLE ");
    text_name(&f->words, t->name);
    for (size_t i = 0; i < t->property_count; i++) {
        text_put(&f->words, i == 0 ? " (" : ", ");
        text_put(&f->words, t->text[i]);
    }
    text_put(&f->words, t->strict ? "" : ", \"" MORE_COLUMN "\" TEXT");
    text_put(&f->words, t->ttl_ms > 0 ? ", \"" EXPIRES_COLUMN "\" INTEGER" : "");
    text_put(&f->words, ")");
    return fit_named(f, "table", t->name);
}

static ds_status fit_column(fitting *f, const char *name, const char *declared)
{
    text_put(&f->words, "ALTER TABLE ");
    text_name(&f->words, f->table->name);
    text_put(&f->words, " ADD COLUMN ");
    text_put(&f->words, declared);
    return fit_named(f, "column", name);
}

static ds_status fit_columns(fitting *f, const layout *l)
{
    const table *t = f->table;
    ds_status status = DS_OK;
    for (size_t i = 0; i < t->property_count && status == DS_OK; i++)
        if (!l->columns[i].exists)
            status = fit_column(f, ds_model_property(t->model, i)->name, t->text[i]);
    if (status == DS_OK && !t->strict && !l->has_more)
        status = fit_column(f, MORE_COLUMN, "\"" MORE_COLUMN "\" TEXT");
    if (status == DS_OK && t->ttl_ms > 0 && !l->has_expires)
        status = fit_column(f, EXPIRES_COLUMN, "\"" EXPIRES_COLUMN "\" INTEGER");
    return status;
}

/* ---- indexes ---- */

/* Ends in the id, as every order does, so that the index gives that too; the rowid stands there by itself, ascending. */
static void index_write(const table *t, const ds_index *index, const char *name, text *to)
{
    bool down = index->descending[index->key_count - 1];
    text_put(to, index->unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ");
    text_name(to, name);
    text_put(to, " ON ");
    text_name(to, t->name);
    for (size_t i = 0; i < index->key_count; i++) {
        text_put(to, i == 0 ? " (" : ", ");
        text_name(to, ds_model_property(t->model, index->slots[i])->name);
        text_put(to, index->descending[i] ? " DESC" : "");
    }
    if (!index->unique && (down || !t->integer_id)) {
        text_put(to, ", ");
        text_name(to, ds_model_property(t->model, t->id_slot)->name);
        text_put(to, down ? " DESC" : "");
    }
    text_put(to, ")");
}

/* Whether the table has an index that does as well, made by another program: of the same columns, or (not unique) one that
 * begins with them. */
static int has_likewise(const fitting *f, const ds_index *index, bool *has)
{
    static const char ask[] =
        "SELECT 1 FROM pragma_index_list(?1) AS l WHERE NOT l.partial AND l.name NOT LIKE '%#%' AND l.\"unique\" >= ?3 "
        "AND (SELECT min(name IS NOT NULL AND coll = 'BINARY') AND CASE WHEN ?3 "
        "THEN group_concat(name || iif(\"desc\", '-', '+'), '') = ?2 COLLATE NOCASE "
        "ELSE instr(lower(group_concat(name || iif(\"desc\", '-', '+'), '')), lower(?2)) = 1 END "
        "FROM (SELECT * FROM pragma_index_xinfo(l.name) WHERE key ORDER BY seqno))";
    sqlite3_stmt *stmt = NULL;
    text keys = {.bytes = NULL};
    for (size_t i = 0; i < index->key_count; i++) {
        text_put(&keys, ds_model_property(f->table->model, index->slots[i])->name);
        text_put(&keys, index->descending[i] ? "-" : "+");
    }
    int code = keys.failed ? SQLITE_NOMEM : sqlite3_prepare_v2(f->conn->db, ask, -1, &stmt, NULL);
    if (code == SQLITE_OK) {
        sqlite3_bind_text(stmt, 1, f->table->name, -1, SQLITE_STATIC);
        sqlite3_bind_text(stmt, 2, keys.bytes, -1, SQLITE_STATIC);
        sqlite3_bind_int(stmt, 3, index->unique);
        code = sqlite3_step(stmt);
        *has = code == SQLITE_ROW;
    }
    sqlite3_finalize(stmt);
    text_free(&keys);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

/* An index has its name for itself in the whole database, and keeps it where its table is given another. */
static ds_status fit_elsewhere(fitting *f, const char *name)
{
    static const char ask[] =
        "SELECT tbl_name FROM sqlite_schema WHERE type = 'index' AND name = ?1 COLLATE NOCASE AND "
        "tbl_name <> ?2 COLLATE NOCASE";
    sqlite3_stmt *stmt = NULL;
    ds_status status = DS_OK;
    int code = sqlite3_prepare_v2(f->conn->db, ask, -1, &stmt, NULL);
    if (code == SQLITE_OK) {
        sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
        sqlite3_bind_text(stmt, 2, f->table->name, -1, SQLITE_STATIC);
        code = sqlite3_step(stmt);
    }
    if (code == SQLITE_ROW)
        status =
            ds_error_set(f->call->error, DS_CONFIG,
                         "the index \"%s\", which the model \"%s\" needs, is one of the table \"%s\", that perhaps "
                         "had another name once: drop it there, or name another table in settings.sqlite.table",
                         name, ds_model_name(f->table->model), (const char *)sqlite3_column_text(stmt, 0));
    else if (code != SQLITE_DONE)
        status = fit_failed(f, code, "index");
    sqlite3_finalize(stmt);
    return status;
}

/* An index that must be as f->words says; `shown` is its name for people. */
static ds_status fit_index(fitting *f, const char *name, const char *shown)
{
    char *found = NULL;
    int code = f->words.failed ? SQLITE_NOMEM : schema_sql_of(f->conn, "index", name, &found);
    bool same = found != NULL && strcmp(found, f->words.bytes) == 0;
    ds_status status = code != SQLITE_OK ? fit_failed(f, code, "index") : DS_OK;
    if (status == DS_OK && found != NULL)
        status = fit_elsewhere(f, name);
    if (status == DS_OK && found != NULL && !same) {
        text drop = {.bytes = NULL}, create = f->words;
        text_put(&drop, "DROP INDEX ");
        text_name(&drop, name);
        f->words = drop;
        status = fit_named(f, "index that has changed:", shown);
        text_free(&f->words);
        f->words = create;
    }
    sqlite3_free(found);
    if (status == DS_OK && !same)
        return fit_named(f, "index", shown);
    text_cut(&f->words, 0);
    return status;
}

static ds_status fit_indexes(fitting *f)
{
    const table *t = f->table;
    ds_status status = DS_OK;
    for (size_t i = 0; i < ds_model_index_count(t->model) && status == DS_OK; i++) {
        const ds_index *index = ds_model_index(t->model, i);
        text name = {.bytes = NULL};
        bool has = false;
        int code = has_likewise(f, index, &has);
        if (code != SQLITE_OK)
            return fit_failed(f, code, "index");
        if (has)
            continue;
        schema_index_name(t, index, &name);
        if (name.failed)
            status = problem_nomem(f->call->error);
        else {
            index_write(t, index, name.bytes, &f->words);
            status = fit_index(f, name.bytes, index->name);
        }
        text_free(&name);
    }
    return status;
}

static ds_status fit_expires(fitting *f)
{
    text name = {.bytes = NULL};
    text_put(&name, f->table->name);
    text_put(&name, "#expires");
    text_put(&f->words, "CREATE INDEX ");
    text_name(&f->words, name.failed ? "" : name.bytes);
    text_put(&f->words, " ON ");
    text_name(&f->words, f->table->name);
    text_put(&f->words, " (\"" EXPIRES_COLUMN "\") WHERE \"" EXPIRES_COLUMN "\" IS NOT NULL");
    ds_status status = name.failed ? problem_nomem(f->call->error) : fit_index(f, name.bytes, EXPIRES_COLUMN);
    text_free(&name);
    return status;
}

/* Whether the table itself keeps ids unique: its primary key, or an index of just this column. */
static int id_is_unique(const fitting *f, bool *is)
{
    static const char ask[] =
        "SELECT 1 FROM pragma_table_xinfo(?1) WHERE name = ?2 COLLATE NOCASE AND pk = 1 AND "
        "(SELECT count(*) FROM pragma_table_xinfo(?1) WHERE pk > 0) = 1 "
        "UNION ALL SELECT 1 FROM pragma_index_list(?1) AS l WHERE l.\"unique\" AND NOT l.partial AND "
        "(SELECT count(*) = 1 AND max(name = ?2 COLLATE NOCASE) FROM pragma_index_info(l.name))";
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(f->conn->db, ask, -1, &stmt, NULL);
    if (code == SQLITE_OK) {
        sqlite3_bind_text(stmt, 1, f->table->name, -1, SQLITE_STATIC);
        sqlite3_bind_text(stmt, 2, ds_model_property(f->table->model, f->table->id_slot)->name, -1, SQLITE_STATIC);
        code = sqlite3_step(stmt);
        *is = code == SQLITE_ROW;
    }
    sqlite3_finalize(stmt);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

/* Of a table that another program has made. */
static ds_status fit_id(fitting *f)
{
    const table *t = f->table;
    bool is = false;
    int code = id_is_unique(f, &is);
    if (code != SQLITE_OK)
        return fit_failed(f, code, "index");
    if (is)
        return DS_OK;
    text name = {.bytes = NULL};
    text_put(&name, t->name);
    text_put(&name, "#id");
    text_put(&f->words, "CREATE UNIQUE INDEX ");
    text_name(&f->words, name.failed ? "" : name.bytes);
    text_put(&f->words, " ON ");
    text_name(&f->words, t->name);
    text_put(&f->words, " (");
    text_name(&f->words, ds_model_property(t->model, t->id_slot)->name);
    text_put(&f->words, ")");
    ds_status status = name.failed ? problem_nomem(f->call->error) : fit_elsewhere(f, name.bytes);
    if (status == DS_OK)
        status = fit_step(f, "index of the id");
    text_free(&name);
    return status;
}

/* ---- what is left over ---- */

static bool is_declared(const table *t, const char *name)
{
    bool found = false;
    for (size_t i = 0; i < ds_model_index_count(t->model) && !found; i++) {
        text own = {.bytes = NULL};
        schema_index_name(t, ds_model_index(t->model, i), &own);
        found = own.failed || sqlite3_stricmp(own.bytes, name) == 0;
        text_free(&own);
    }
    return found;
}

static bool is_ours(const table *t, const char *name)
{
    size_t length = strlen(t->name);
    return sqlite3_strnicmp(name, t->name, (int)length) == 0 &&
           (strncmp(name + length, "#unique:", 8) == 0 || strncmp(name + length, "#index:", 7) == 0);
}

/* One after the other, since the list may not be walked while it changes. */
static int left_over(const fitting *f, uint64_t skip, char **out)
{
    static const char ask[] = "SELECT name FROM pragma_index_list(?) ORDER BY name";
    sqlite3_stmt *stmt = NULL;
    *out = NULL;
    int code = sqlite3_prepare_v2(f->conn->db, ask, -1, &stmt, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(stmt, 1, f->table->name, -1, SQLITE_STATIC);
    while (code == SQLITE_OK && *out == NULL && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(stmt, 0);
        code = SQLITE_OK;
        if (name == NULL || !is_ours(f->table, name) || is_declared(f->table, name) || skip-- > 0)
            continue;
        *out = sqlite3_mprintf("%s", name);
        code = *out == NULL ? SQLITE_NOMEM : SQLITE_OK;
    }
    sqlite3_finalize(stmt);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static ds_status fit_left_over(fitting *f)
{
    ds_status status = DS_OK;
    for (uint64_t done = 0; status == DS_OK; done++) {
        char *name;
        int code = left_over(f, f->dry ? done : 0, &name);
        if (code != SQLITE_OK)
            return fit_failed(f, code, "index");
        if (name == NULL)
            return DS_OK;
        text_put(&f->words, "DROP INDEX ");
        text_name(&f->words, name);
        status = fit_named(f, "index that is left over:", strchr(name, ':') + 1);
        sqlite3_free(name);
    }
    return status;
}

/* ---- all of it ---- */

static ds_status fit_pass(fitting *f)
{
    layout *l = NULL;
    f->steps = 0;
    ds_status status = layout_read(f->table, f->conn, &l, f->call);
    if (status != DS_OK)
        return status;
    bool was = l->exists, expires = l->has_expires || f->table->ttl_ms > 0, is_view = l->is_view;
    if (!is_view)
        status = was ? fit_columns(f, l) : fit_new_table(f);
    layout_free(l);
    if (is_view)
        return DS_OK;
    if (status == DS_OK && was)
        status = fit_id(f);
    if (status == DS_OK)
        status = fit_indexes(f);
    if (status == DS_OK && expires)
        status = fit_expires(f);
    if (status == DS_OK && was && f->work->migrating)
        status = fit_left_over(f);
    return status;
}

static ds_status fit_for_real(fitting *f)
{
    int code = conn_run(f->conn, "BEGIN IMMEDIATE");
    if (code != SQLITE_OK)
        return problem_tell(f->conn, code, "changed", f->call->error);
    f->dry = false;
    f->total = f->steps;
    ds_status status = fit_pass(f);
    if (status == DS_OK && (code = conn_run(f->conn, "COMMIT")) != SQLITE_OK)
        status = problem_tell(f->conn, code, "changed", f->call->error);
    if (status != DS_OK && !sqlite3_get_autocommit(f->conn->db))
        conn_run(f->conn, "ROLLBACK");
    return status;
}

ds_status schema_fit(table *t, conn *c, const schema_work *work, ds_call *call)
{
    fitting f = {.table = t, .conn = c, .work = work, .call = call, .dry = true};
    if (work->report != NULL)
        ds_buffer_format(work->report, "\"%s\":[", work->check ? "missing" : "done");
    ds_status status = fit_pass(&f);
    if (status == DS_OK && f.steps > 0 && !work->check)
        status = fit_for_real(&f);
    if (work->report != NULL)
        ds_buffer_format(work->report, "]");
    text_free(&f.words);
    return status;
}

ds_status schema_add_expires(table *t, ds_call *call)
{
    conn *c;
    ds_status status = pool_take(t->lite, true, call, &c);
    if (status != DS_OK)
        return status;
    fitting f = {.table = t, .conn = c, .work = &(schema_work){.migrating = false}, .call = call};
    int code = conn_run(c, "BEGIN IMMEDIATE");
    layout *l = NULL;
    if (code != SQLITE_OK)
        status = problem_tell(c, code, "changed", call->error);
    if (status == DS_OK)
        status = layout_read(t, c, &l, call);
    if (status == DS_OK && l->is_view)
        status = layout_refuse_view(t, call->error);
    if (status == DS_OK && !l->has_expires) {
        status = fit_column(&f, EXPIRES_COLUMN, "\"" EXPIRES_COLUMN "\" INTEGER");
        if (status == DS_OK)
            status = fit_expires(&f);
    }
    if (status == DS_OK && (code = conn_run(c, "COMMIT")) != SQLITE_OK)
        status = problem_tell(c, code, "changed", call->error);
    if (status != DS_OK && !sqlite3_get_autocommit(c->db))
        conn_run(c, "ROLLBACK");
    layout_free(l);
    text_free(&f.words);
    pool_give(c);
    return status;
}

static ds_status tell_otherwise(table *t, conn *c, ds_buffer *report, ds_call *call)
{
    layout *l;
    ds_status status = layout_read(t, c, &l, call);
    if (status == DS_OK)
        layout_tell_otherwise(t, l, report);
    layout_free(l);
    return status;
}

ds_status lite_migrate(void *connection, const ds_model *model, uint32_t flags, ds_progress *progress, void *user,
                       ds_buffer *report, ds_call *call)
{
    table *t = ds_model_state(model);
    lite *l = connection;
    conn *c;
    bool check = (flags & DS_MIGRATE_CHECK) != 0;
    schema_work work = {.migrating = true, .check = check, .report = report, .progress = progress, .user = user};
    ds_status status = pool_take(l, true, call, &c);
    if (status != DS_OK)
        return status;
    status = schema_fit(t, c, &work, call);
    if (status == DS_OK)
        status = tell_otherwise(t, c, report, call);
    pool_give(c);
    if (!check && status == DS_OK) {
        layout *now;
        status = layout_get(t, call, &now);
        if (status == DS_OK) {
            layout_forget(t, now);
            layout_release(t, now);
        }
    }
    return status;
}
