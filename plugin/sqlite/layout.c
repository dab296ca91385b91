/* Models and their tables: what is fixed when a model is opened, and the layout, which is read from the database once it
 * is connected, and again where its schema has changed. */
#include "sqlite.h"

/* ---- opening a model ---- */

static ds_status name_check(const lite *l, const ds_model *model, const char *name, ds_error *err)
{
    if (name[0] == '\0' || sqlite3_strnicmp(name, "sqlite_", 7) == 0)
        return ds_error_set(err, DS_CONFIG,
                            "the table of the model \"%s\" cannot be named \"%s\", which SQLite keeps for itself: "
                            "settings.sqlite.table gives it another name",
                            ds_model_name(model), name);
    for (const table *t = l->tables; t != NULL; t = t->following)
        if (sqlite3_stricmp(t->name, name) == 0)
            return ds_error_set(
                err, DS_CONFIG,
                "the models \"%s\" and \"%s\" have the same table, \"%s\" (SQLite tells no case apart): "
                "settings.sqlite.table gives one of them another",
                ds_model_name(t->model), ds_model_name(model), name);
    return DS_OK;
}

static ds_status columns_check(const ds_model *model, ds_error *err)
{
    size_t count = ds_model_property_count(model);
    if (count > 1990)
        return ds_error_set(err, DS_UNSUPPORTED,
                            "the model \"%s\" has %zu properties, of 1990 that SQLite has room for",
                            ds_model_name(model), count);
    for (size_t i = 0; i < count; i++) {
        const char *name = ds_model_property(model, i)->name;
        if (sqlite3_stricmp(name, MORE_COLUMN) == 0 || sqlite3_stricmp(name, EXPIRES_COLUMN) == 0)
            return ds_error_set(err, DS_CONFIG,
                                "the property \"%s\" of the model \"%s\" has the name of a column that "
                                "the sqlite connector keeps for itself",
                                name, ds_model_name(model));
        for (size_t j = 0; j < i; j++)
            if (sqlite3_stricmp(name, ds_model_property(model, j)->name) == 0)
                return ds_error_set(err, DS_UNSUPPORTED,
                                    "the properties \"%s\" and \"%s\" of the model \"%s\" differ by case alone, which "
                                    "SQLite does not tell apart",
                                    ds_model_property(model, j)->name, name, ds_model_name(model));
    }
    return DS_OK;
}

static char *column_text(const table *t, size_t slot)
{
    text words = {.bytes = NULL};
    const char *name = ds_model_property(t->model, slot)->name, *check = schema_column_type(t, slot);
    text_name(&words, name);
    for (; *check != '\0'; check++)
        if (*check == '@')
            text_name(&words, name);
        else
            text_add(&words, check, 1);
    if (words.failed)
        text_free(&words);
    return words.bytes;
}

static bool table_describe(table *t)
{
    ds_value ttl = ds_model_setting(t->model, "ttl"), version = ds_model_setting(t->model, "version");
    const ds_property *id = ds_model_property(t->model, t->id_slot);
    t->property_count = ds_model_property_count(t->model);
    t->integer_id = id->type == DS_PROPERTY_INTEGER;
    t->sequenced = t->integer_id && id->generated;
    t->strict = ds_model_is_strict(t->model);
    t->ttl_ms = ttl.type == DS_INTEGER ? ttl.as.integer : 0;
    t->version_slot =
        version.type == DS_STRING ? ds_model_slot(t->model, version.as.string, version.length) : DS_NO_SLOT;
    t->text = ds_calloc(t->property_count, sizeof *t->text);
    for (size_t i = 0; t->text != NULL && i < t->property_count; i++)
        if ((t->text[i] = column_text(t, i)) == NULL)
            return false;
    return t->text != NULL;
}

ds_status table_open(lite *l, const ds_model *model, table **out, ds_call *call)
{
    ds_value setting = ds_model_setting(model, "sqlite.table");
    const char *name = setting.type == DS_STRING ? setting.as.string : ds_model_name(model);
    ds_status status = name_check(l, model, name, call->error);
    if (status == DS_OK)
        status = columns_check(model, call->error);
    if (status != DS_OK)
        return status;
    table *t = ds_calloc(1, sizeof *t);
    if (t == NULL)
        return problem_nomem(call->error);
    t->lite = l;
    t->model = model;
    t->name = name;
    t->id_slot = ds_model_id_slot(model);
    if (!table_describe(t)) {
        table_close(t);
        return problem_nomem(call->error);
    }
    pthread_mutex_lock(&l->lock);
    t->following = l->tables;
    l->tables = t;
    pthread_mutex_unlock(&l->lock);
    *out = t;
    return DS_OK;
}

void table_close(table *t)
{
    lite *l = t->lite;
    pthread_mutex_lock(&l->lock);
    for (table **at = &l->tables; *at != NULL; at = &(*at)->following)
        if (*at == t) {
            *at = t->following;
            break;
        }
    pthread_mutex_unlock(&l->lock);
    layout_forget(t, t->now);
    for (size_t i = 0; t->text != NULL && i < t->property_count; i++)
        ds_free((char *)(uintptr_t)t->text[i]);
    ds_free(t->text);
    ds_free(t);
}

/* ---- layouts ---- */

void layout_free(layout *l)
{
    if (l == NULL)
        return;
    sql_free(&l->find);
    sql_free(&l->insert);
    sql_free(&l->purge);
    sql_free(&l->sweep);
    ds_free(l->columns);
    ds_free(l);
}

void layout_release(table *t, layout *l)
{
    if (l == NULL)
        return;
    pthread_mutex_lock(&t->lite->lock);
    bool last = --l->holders == 0;
    pthread_mutex_unlock(&t->lite->lock);
    if (last)
        layout_free(l);
}

void layout_forget(table *t, const layout *l)
{
    layout *dropped = NULL;
    pthread_mutex_lock(&t->lite->lock);
    if (t->now == l && l != NULL) {
        dropped = t->now;
        t->now = NULL;
        if (--dropped->holders > 0)
            dropped = NULL;
    }
    pthread_mutex_unlock(&t->lite->lock);
    layout_free(dropped);
}

static layout *layout_hold(table *t)
{
    pthread_mutex_lock(&t->lite->lock);
    layout *l = t->now;
    if (l != NULL)
        l->holders++;
    pthread_mutex_unlock(&t->lite->lock);
    return l;
}

/* With the writer in hand, so that one thread does it for all. */
static ds_status layout_make(table *t, conn *c, ds_call *call)
{
    layout *made = NULL;
    ds_status status = DS_OK;
    if (!t->lite->read_only)
        status = schema_fit(t, c, &(schema_work){.migrating = false}, call);
    if (status == DS_OK)
        status = layout_read(t, c, &made, call);
    if (status != DS_OK)
        return status;
    layout_tell_otherwise(t, made, NULL);
    pthread_mutex_lock(&t->lite->lock);
    made->holders = 1;
    t->now = made;
    pthread_mutex_unlock(&t->lite->lock);
    return DS_OK;
}

ds_status layout_get(table *t, ds_call *call, layout **out)
{
    ds_status status = DS_OK;
    while ((*out = layout_hold(t)) == NULL && status == DS_OK) {
        conn *c;
        layout *other;
        status = pool_take(t->lite, true, call, &c);
        if (status != DS_OK)
            break;
        other = layout_hold(t); /* made meanwhile */
        if (other == NULL)
            status = layout_make(t, c, call);
        else
            layout_release(t, other);
        pool_give(c);
    }
    return status;
}

void layout_columns(const table *t, const layout *l, text *to)
{
    for (size_t i = 0; i < t->property_count; i++) {
        text_put(to, i == 0 ? "" : ", ");
        if (l->columns[i].exists)
            text_name(to, ds_model_property(t->model, i)->name);
        else
            text_put(to, "NULL");
    }
    if (l->shows_more)
        text_put(to, ", \"" MORE_COLUMN "\"");
}

/* A column of another kind compares texts in its own way: '1' with '01', 'a' with 'A'. */
void layout_id(const table *t, const layout *l, text *to)
{
    bool plain = t->integer_id || l->columns[t->id_slot].trust != ODD;
    text_put(to, plain ? "" : "CAST(");
    text_name(to, ds_model_property(t->model, t->id_slot)->name);
    text_put(to, plain ? " = ?" : " AS TEXT) = ? COLLATE BINARY");
}

void layout_alive(const layout *l, text *to)
{
    if (l->has_expires)
        text_put(to, " AND (+\"" EXPIRES_COLUMN "\" IS NULL OR +\"" EXPIRES_COLUMN "\" > ?)");
}

/* ---- reading it ---- */

static void write_find(const table *t, layout *l, text *to)
{
    text_put(to, "SELECT ");
    layout_columns(t, l, to);
    text_put(to, " FROM ");
    text_name(to, t->name);
    text_put(to, " WHERE ");
    layout_id(t, l, to);
    layout_alive(l, to);
}

static void write_insert(const table *t, const layout *l, text *to)
{
    text_put(to, "INSERT OR ABORT INTO "); /* whatever the table's own ON CONFLICT says */
    text_name(to, t->name);
    text_put(to, " (");
    for (size_t i = 0; i < t->property_count; i++) {
        text_put(to, i == 0 ? "" : ", ");
        text_name(to, ds_model_property(t->model, i)->name);
    }
    text_put(to, l->has_more ? ", \"" MORE_COLUMN "\"" : "");
    text_put(to, l->has_expires ? ", \"" EXPIRES_COLUMN "\"" : "");
    text_put(to, ") VALUES (?");
    for (size_t i = 1; i < t->property_count + l->has_more + l->has_expires; i++)
        text_put(to, ", ?");
    text_put(to, ")");
}

static void write_expired(const table *t, text *to, bool some)
{
    const char *id = ds_model_property(t->model, t->id_slot)->name;
    text_put(to, "DELETE FROM ");
    text_name(to, t->name);
    text_put(to, " WHERE ");
    if (some) {
        text_name(to, id);
        text_put(to, " IN (SELECT ");
        text_name(to, id);
        text_put(to, " FROM ");
        text_name(to, t->name);
        text_put(to, " WHERE ");
    }
    text_put(to, "\"" EXPIRES_COLUMN "\" <= ?");
    if (some)
        text_put(to, " ORDER BY \"" EXPIRES_COLUMN "\" LIMIT 64)");
}

static bool layout_write(const table *t, layout *l)
{
    text words = {.bytes = NULL};
    write_find(t, l, &words);
    bool written = sql_take(&l->find, &words);
    write_insert(t, l, &words);
    written = sql_take(&l->insert, &words) && written;
    if (l->has_expires) {
        write_expired(t, &words, false);
        written = sql_take(&l->purge, &words) && written;
        write_expired(t, &words, true);
        written = sql_take(&l->sweep, &words) && written;
    }
    text_free(&words);
    return written;
}

static trust trust_of_type(const ds_property *property, const char *type, bool strict_table)
{
    affinity has = affinity_of(type, strict_table);
    switch (property->type) {
    case DS_PROPERTY_STRING:
        return has != TEXTUAL ? ODD : strict_table ? SURE : PLAIN;
    case DS_PROPERTY_INTEGER:
        return has != INTEGRAL && has != NUMERICAL ? ODD : strict_table && has == INTEGRAL ? SURE : PLAIN;
    case DS_PROPERTY_BOOLEAN:
    case DS_PROPERTY_DATE:
        return has == INTEGRAL || has == NUMERICAL ? PLAIN : ODD;
    case DS_PROPERTY_NUMBER:
        return has == REALLY || has == INTEGRAL || has == NUMERICAL ? PLAIN : ODD;
    case DS_PROPERTY_BINARY:
        return has == BLOBBY && strict_table && type[0] != '\0' ? SURE : ODD;
    default:
        return ODD;
    }
}

static bool table_is_strict(const char *words)
{
    const char *end = strrchr(words, ')');
    return end != NULL && sqlite3_strlike("%STRICT%", end, 0) == 0;
}

/* Only bytes compared as bytes are what the library compares. */
static bool is_binary(conn *c, const table *t, const char *name)
{
    const char *collation = NULL;
    int code = sqlite3_table_column_metadata(c->db, NULL, t->name, name, NULL, &collation, NULL, NULL, NULL);
    return code == SQLITE_OK && collation != NULL && sqlite3_stricmp(collation, "BINARY") == 0;
}

typedef struct looking {
    const table *table;
    layout *layout;
    conn *conn;
    const char *words; /* the table's SQL */
} looking;

/* A row of table_xinfo: name, type, pk, and whether the key has an index: one that has not is the rowid itself. */
static trust trust_of(const looking *at, size_t slot, sqlite3_stmt *row)
{
    const table *t = at->table;
    const ds_property *property = ds_model_property(t->model, slot);
    const char *name = (const char *)sqlite3_column_text(row, 0), *type = (const char *)sqlite3_column_text(row, 1);
    if (property->type >= DS_PROPERTY_OBJECT || !is_binary(at->conn, t, name))
        return ODD;                                   /* JSON is not compared as text */
    bool is_id = slot == t->id_slot && t->integer_id; /* "INTEGER PRIMARY KEY" may go on with DESC */
    if (is_id && at->layout->id_is_rowid)
        return SURE;
    bool is_own = !is_id && strstr(at->words, t->text[slot]) != NULL;
    trust found = is_own ? SURE : trust_of_type(property, type, table_is_strict(at->words));
    bool other_order = property->type == DS_PROPERTY_STRING && !t->lite->utf8; /* UTF-16's bytes have another */
    return found == SURE && other_order ? PLAIN : found;
}

static bool is_own_word(const char *type)
{
    return strcmp(type, "TEXT OBJECT") == 0 || strcmp(type, "TEXT ARRAY") == 0 || strcmp(type, "TEXT ANY") == 0;
}

/* Whether the column is declared as this connector does it, but not as for its property. */
static bool is_of_another_type(const looking *at, size_t slot, const char *type)
{
    const table *t = at->table;
    text rule = {.bytes = NULL};
    text_name(&rule, ds_model_property(t->model, slot)->name);
    text_put(&rule, " ");
    text_put(&rule, type);
    text_put(&rule, is_own_word(type) ? "" : " CHECK (");
    bool is = !rule.failed && strstr(at->words, rule.bytes) != NULL && strstr(at->words, t->text[slot]) == NULL;
    text_free(&rule);
    return is && slot != t->id_slot;
}

void layout_tell_otherwise(table *t, const layout *l, ds_buffer *report)
{
    size_t told = 0;
    bool logs = report != NULL || !t->told_otherwise;
    t->told_otherwise = true;
    for (size_t i = 0; i < t->property_count; i++) {
        const char *name = ds_model_property(t->model, i)->name;
        if (!l->columns[i].otherwise)
            continue;
        if (logs)
            ds_log(DS_LOG_WARNING, ds_source_name(t->lite->source),
                   "the column \"%s\" of the table \"%s\" is declared \"%s\", for another type than its property in "
                   "the model \"%s\" has now: SQLite changes no column, and this one refuses what the old type would "
                   "not hold",
                   name, t->name, l->columns[i].declared, ds_model_name(t->model));
        if (report == NULL)
            continue;
        ds_buffer_format(report, told++ == 0 ? ",\"otherwise\":[" : ",");
        ds_buffer_json(report, ds_string(name));
    }
    if (told > 0)
        ds_buffer_append(report, "]", 1);
}

static void column_look(const looking *at, size_t slot, sqlite3_stmt *row)
{
    layout *l = at->layout;
    column *c = &l->columns[slot];
    const char *type = (const char *)sqlite3_column_text(row, 1);
    bool is_key = sqlite3_column_int(row, 2) == 1 && sqlite3_column_int(row, 3) == 0;
    if (slot == at->table->id_slot)
        l->id_is_rowid = is_key && sqlite3_stricmp(type, "INTEGER") == 0;
    c->exists = true;
    c->affinity = affinity_of(type, table_is_strict(at->words));
    c->converts = affinity_changes(c->affinity, c->type);
    l->converts = l->converts || c->converts;
    sqlite3_snprintf((int)sizeof c->declared, c->declared, "%s", type);
    c->trust = trust_of(at, slot, row);
    c->otherwise = is_of_another_type(at, slot, type);
}

static void column_take(const looking *at, sqlite3_stmt *row)
{
    layout *l = at->layout;
    const char *name = (const char *)sqlite3_column_text(row, 0);
    if (name == NULL || sqlite3_column_text(row, 1) == NULL)
        return;
    l->has_more = l->has_more || strcmp(name, MORE_COLUMN) == 0;
    l->has_expires = l->has_expires || strcmp(name, EXPIRES_COLUMN) == 0;
    for (size_t i = 0; i < at->table->property_count; i++)
        if (sqlite3_stricmp(ds_model_property(at->table->model, i)->name, name) == 0) {
            column_look(at, i, row);
        }
}

static int columns_read(const table *t, layout *l, conn *c, const char *words)
{
    const looking at = {t, l, c, words};
    static const char ask[] = "SELECT name, type, pk, (SELECT count(*) FROM pragma_index_list(?1) WHERE origin = 'pk') "
                              "FROM pragma_table_xinfo(?1)";
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(c->db, ask, -1, &stmt, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(stmt, 1, t->name, -1, SQLITE_STATIC);
    while (code == SQLITE_OK && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        column_take(&at, stmt);
        code = SQLITE_OK;
    }
    sqlite3_finalize(stmt);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

ds_status layout_refuse_view(const table *t, ds_error *err)
{
    return ds_error_set(err, DS_READONLY,
                        "\"%s\", from which the records of the model \"%s\" come, is a view: it is only read", t->name,
                        ds_model_name(t->model));
}

/* The SQL of a table; of a view, nothing that its columns could be known by. */
static int words_read(const table *t, layout *l, conn *c, char **words)
{
    char *view = NULL;
    int code = schema_sql_of(c, "table", t->name, words);
    if (code == SQLITE_OK && *words == NULL)
        code = schema_sql_of(c, "view", t->name, &view);
    l->is_view = view != NULL;
    l->exists = l->is_view || *words != NULL;
    sqlite3_free(view);
    return code;
}

static int triggers_look(const table *t, layout *l, conn *c)
{
    static const char ask[] = "SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE";
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(c->db, ask, -1, &stmt, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(stmt, 1, t->name, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    l->has_triggers = code == SQLITE_ROW;
    sqlite3_finalize(stmt);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

ds_status layout_read(table *t, conn *c, layout **out, ds_call *call)
{
    char *words = NULL;
    layout *l = ds_calloc(1, sizeof *l);
    *out = NULL;
    if (l != NULL)
        l->columns = ds_calloc(t->property_count, sizeof *l->columns);
    int code = l == NULL || l->columns == NULL ? SQLITE_NOMEM : conn_ask(c, "PRAGMA schema_version", &l->cookie);
    for (size_t i = 0; code == SQLITE_OK && i < t->property_count; i++)
        l->columns[l->column_count++].type = ds_model_property(t->model, i)->type;
    if (code == SQLITE_OK)
        code = words_read(t, l, c, &words);
    if (code == SQLITE_OK && l->exists) {
        code = columns_read(t, l, c, words == NULL ? "" : words);
        if (code == SQLITE_OK)
            code = triggers_look(t, l, c);
        l->shows_more = l->has_more && !t->strict;
    }
    if (code == SQLITE_OK && !layout_write(t, l))
        code = SQLITE_NOMEM;
    sqlite3_free(words);
    if (code == SQLITE_OK && l->exists && !l->columns[t->id_slot].exists) {
        layout_free(l);
        return ds_error_set(call->error, DS_CONFIG,
                            "the table \"%s\" has no column \"%s\" for the id of the model \"%s\"", t->name,
                            ds_model_property(t->model, t->id_slot)->name, ds_model_name(t->model));
    }
    if (code != SQLITE_OK) {
        layout_free(l);
        return problem_tell(c, code, "read", call->error);
    }
    *out = l;
    return DS_OK;
}
