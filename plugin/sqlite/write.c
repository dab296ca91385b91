/* A call's writes are one transaction, begun as one that writes, so that it never has to give up what it has read. What
 * SQLite refuses for one record leaves the others; any other failure undoes the whole. Outcomes are told after the
 * commit. */
#include "sqlite.h"

static ds_status begin_once(writing *w, bool *again)
{
    int64_t cookie = 0;
    int code = conn_run(w->conn, "BEGIN IMMEDIATE");
    *again = false;
    if (code != SQLITE_OK)
        return problem_tell(w->conn, code, "written", w->call->error);
    code = conn_ask(w->conn, "PRAGMA schema_version", &cookie);
    *again = code == SQLITE_OK && cookie != w->layout->cookie;
    if (code == SQLITE_OK && !*again)
        return DS_OK;
    conn_run(w->conn, "ROLLBACK");
    return *again ? DS_OK : problem_tell(w->conn, code, "written", w->call->error);
}

/* A portion of what has expired goes with each write. */
static ds_status sweep(writing *w)
{
    statement *s;
    const sql *words = &w->layout->sweep;
    int code = statement_get(w->conn, words->bytes, words->length, words->hash, &s);
    if (code == SQLITE_OK) {
        sqlite3_bind_int64(s->stmt, 1, w->now);
        code = sqlite3_step(s->stmt);
        statement_done(w->conn, s);
        w->lite->swept += (uint64_t)sqlite3_changes(w->conn->db);
    }
    return code == SQLITE_DONE ? DS_OK : writing_fail(w, code);
}

/* Takes the writer and, unless a single statement does, begins. *again: the layout does not hold any more. */
static ds_status take_writer(writing *w, bool alone, bool *again)
{
    layout *l;
    *again = false;
    ds_status status = layout_get(w->table, w->call, &l);
    if (status != DS_OK)
        return status;
    w->layout = l;
    status = pool_take(w->lite, true, w->call, &w->conn);
    w->alone = alone && !l->has_expires;
    if (status == DS_OK && !w->alone)
        status = begin_once(w, again);
    if (status == DS_OK && !*again)
        return DS_OK;
    if (w->conn != NULL)
        pool_give(w->conn);
    w->conn = NULL;
    if (*again)
        layout_forget(w->table, l);
    layout_release(w->table, l);
    w->layout = NULL;
    return status;
}

ds_status writing_begin(writing *w, void *connection, const ds_model *model, size_t n, bool alone,
                        ds_outcomes *outcomes, ds_call *call)
{
    *w = (writing){.lite = connection, .table = ds_model_state(model), .call = call, .outcomes = outcomes, .n = n};
    w->marks = n <= 1 ? &w->one : ds_calloc(n, 1);
    if (w->marks == NULL)
        return problem_nomem(call->error);
    bool again = true;
    ds_status status = DS_OK;
    while (again && status == DS_OK)
        status = take_writer(w, alone, &again);
    if (status != DS_OK) {
        if (w->marks != &w->one)
            ds_free(w->marks);
        return status;
    }
    w->now = w->layout->has_expires || w->table->ttl_ms > 0 ? lite_now() : 0;
    status = w->layout->has_expires ? sweep(w) : DS_OK;
    return status == DS_OK ? DS_OK : writing_end(w, status);
}

/* A commit that fails for an error of the file may still be found there after a crash. */
static ds_status commit(writing *w)
{
    int code = conn_run(w->conn, "COMMIT");
    if (code == SQLITE_OK)
        return DS_OK;
    ds_status status = problem_tell(w->conn, code, "written", w->call->error);
    return (code & 0xff) == SQLITE_IOERR ? w->call->error->status = DS_UNKNOWN_OUTCOME : status;
}

ds_status writing_end(writing *w, ds_status status)
{
    statement_done(w->conn, w->insert);
    if (status == DS_OK && !w->alone)
        status = commit(w);
    if (!sqlite3_get_autocommit(w->conn->db))
        conn_run(w->conn, "ROLLBACK");
    pool_give(w->conn);
    for (size_t i = 0; i < w->n && status == DS_OK && w->outcomes != NULL; i++)
        if (w->marks[i] != UNDECIDED)
            ds_outcome_ok(w->outcomes, i, w->marks[i] == CREATED);
    layout_release(w->table, (layout *)(uintptr_t)w->layout);
    if (w->marks != &w->one)
        ds_free(w->marks);
    return status;
}

ds_status writing_fail(writing *w, int code)
{
    return problem_tell(w->conn, code, "written", w->call->error);
}

bool writing_purge(writing *w)
{
    statement *s;
    const sql *words = &w->layout->purge;
    int64_t before = sqlite3_total_changes(w->conn->db);
    if (!w->layout->has_expires || statement_get(w->conn, words->bytes, words->length, words->hash, &s) != SQLITE_OK)
        return false;
    sqlite3_bind_int64(s->stmt, 1, w->now);
    sqlite3_step(s->stmt);
    statement_done(w->conn, s);
    uint64_t purged = (uint64_t)(sqlite3_total_changes(w->conn->db) - before);
    w->lite->swept += purged;
    return purged > 0;
}

bool is_constraint(int code)
{
    return (code & 0xff) == SQLITE_CONSTRAINT;
}

/* ---- what is taken ---- */

static bool is_message_of(const table *t, const ds_index *index, const char *list)
{
    text own = {.bytes = NULL};
    for (size_t i = 0; i < index->key_count; i++) {
        text_put(&own, i == 0 ? "" : ", ");
        text_put(&own, t->name);
        text_put(&own, ".");
        text_put(&own, ds_model_property(t->model, index->slots[i])->name);
    }
    bool same = !own.failed && sqlite3_stricmp(own.bytes, list) == 0;
    text_free(&own);
    return same;
}

static bool is_id_list(const table *t, const char *list)
{
    return is_message_of(t, &(ds_index){.key_count = 1, .slots = &t->id_slot}, list);
}

static ds_status refuse_unique(writing *w, size_t i, const char *detail)
{
    if (w->outcomes == NULL)
        return ds_error_set(w->call->error, DS_DUPLICATE,
                            "another record of the model \"%s\" has this value of the unique \"%s\"",
                            ds_model_name(w->table->model), detail);
    ds_outcome_refuse(w->outcomes, i, DS_REFUSED_UNIQUE_TAKEN, detail);
    return DS_DUPLICATE;
}

static ds_status refuse_other(writing *w, size_t i, int code)
{
    const char *message = sqlite3_errmsg(w->conn->db);
    if (w->outcomes == NULL)
        return writing_fail(w, code);
    ds_outcome_fail(w->outcomes, i, DS_INVALID, code, "the table \"%s\" does not take it: %s", w->table->name, message);
    return DS_INVALID;
}

ds_status writing_refuse_taken(writing *w, size_t i, int code)
{
    static const char begins[] = "UNIQUE constraint failed: ";
    const table *t = w->table;
    const char *detail = sqlite3_errmsg(w->conn->db);
    if (strncmp(detail, begins, sizeof begins - 1) != 0)
        return refuse_other(w, i, code);
    detail += sizeof begins - 1;
    if (code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_ROWID || is_id_list(t, detail)) {
        writing_refuse(w, i, DS_REFUSED_ID_TAKEN);
        return DS_DUPLICATE;
    }
    for (size_t k = 0; k < ds_model_index_count(t->model); k++) {
        const ds_index *index = ds_model_index(t->model, k);
        if (index->unique && is_message_of(t, index, detail))
            return refuse_unique(w, i, index->name);
    }
    return refuse_unique(w, i, detail);
}

ds_status writing_refuse(writing *w, size_t i, ds_refusal refusal)
{
    ds_outcome_refuse(w->outcomes, i, refusal, NULL);
    return DS_OK;
}

/* ---- statements ---- */

int writing_run(writing *w, const question *q, int64_t *out)
{
    statement *s;
    int code = question_failed(q)
                   ? SQLITE_NOMEM
                   : statement_get(w->conn, q->text.bytes, q->text.length, sql_hash(q->text.bytes, q->text.length), &s);
    if (code != SQLITE_OK)
        return code;
    code = question_bind(q, s->stmt);
    if (code == SQLITE_OK)
        code = sqlite3_step(s->stmt);
    if (is_constraint(code) && w->layout->has_expires) {
        sqlite3_reset(s->stmt);
        writing_purge(w);
        code = sqlite3_step(s->stmt);
    }
    if (code == SQLITE_ROW && out != NULL)
        *out = sqlite3_column_int64(s->stmt, 0);
    statement_done(w->conn, s);
    return code;
}

int64_t writing_expiry(const writing *w)
{
    int64_t ttl = w->table->ttl_ms;
    return ttl <= 0 || ttl >= NEVER - w->now ? NEVER : w->now + ttl;
}

/* ---- inserting ---- */

static ds_value inserted_value(const ds_record *record, const ds_record *defaults, size_t slot)
{
    ds_field field;
    if (ds_record_field(record, slot, &field) || (defaults != NULL && ds_record_field(defaults, slot, &field)))
        return field.value;
    return ds_null();
}

static int bind_more(const writing *w, sqlite3_stmt *stmt, int at, const ds_record *record, text *json)
{
    more m = {.items = NULL};
    ds_field field;
    for (size_t i = w->table->property_count; i < ds_record_slots(record); i++)
        if (ds_record_field(record, i, &field))
            more_set(&m, field.name, field.name_length, field.value);
    more_write(&m, json);
    bool failed = m.bytes.failed || json->failed;
    more_free(&m);
    if (failed)
        return SQLITE_NOMEM;
    if (json->length == 0)
        return sqlite3_bind_null(stmt, at);
    return sqlite3_bind_text64(stmt, at, json->bytes, json->length, SQLITE_STATIC, SQLITE_UTF8);
}

/* The parameters after the id. */
static int bind_insert(const writing *w, sqlite3_stmt *stmt, const ds_record *record, const ds_record *defaults,
                       text *json)
{
    const table *t = w->table;
    int at = (int)t->property_count, code = SQLITE_OK;
    for (size_t i = 0; i < t->property_count && code == SQLITE_OK; i++) {
        ds_value value = i == t->version_slot ? ds_integer(1) : inserted_value(record, defaults, i);
        code = codec_bind_property(stmt, (int)i + 1, t, i, value);
    }
    if (code == SQLITE_OK && w->layout->has_more)
        code = t->strict ? sqlite3_bind_null(stmt, ++at) : bind_more(w, stmt, ++at, record, json);
    if (code == SQLITE_OK && w->layout->has_expires) {
        int64_t expires = writing_expiry(w);
        code = expires == NEVER ? sqlite3_bind_null(stmt, ++at) : sqlite3_bind_int64(stmt, ++at, expires);
    }
    return code;
}

static ds_status inserted(writing *w, size_t i, ds_record *record)
{
    const table *t = w->table;
    ds_status status = DS_OK;
    w->marks[i] = CREATED;
    if (t->integer_id && record_value(record, t->id_slot).type == DS_NULL)
        status = ds_record_put(record, t->id_slot, ds_integer(sqlite3_last_insert_rowid(w->conn->db)));
    if (status == DS_OK && t->version_slot != DS_NO_SLOT)
        status = ds_record_put(record, t->version_slot, ds_integer(1));
    return status == DS_OK ? DS_OK : problem_nomem(w->call->error);
}

static ds_status insert_failed(writing *w, size_t i, int code)
{
    if (is_constraint(code)) {
        writing_refuse_taken(w, i, code);
        return DS_OK;
    }
    if (code == SQLITE_TOOBIG) {
        ds_outcome_fail(w->outcomes, i, DS_INVALID, code, "a record of the model \"%s\" is larger than SQLite takes",
                        ds_model_name(w->table->model));
        return DS_OK;
    }
    return writing_fail(w, code);
}

ds_status writing_insert(writing *w, size_t i, ds_record *record, const ds_record *defaults)
{
    const table *t = w->table;
    const sql *words = &w->layout->insert;
    text json = {.bytes = NULL};
    if (!t->sequenced && record_value(record, t->id_slot).type == DS_NULL) {
        ds_outcome_fail(w->outcomes, i, DS_INVALID, 0,
                        "a record of the model \"%s\" has no id, and none can be generated", ds_model_name(t->model));
        return DS_OK;
    }
    int code =
        w->insert != NULL ? SQLITE_OK : statement_get(w->conn, words->bytes, words->length, words->hash, &w->insert);
    if (code != SQLITE_OK)
        return writing_fail(w, code);
    sqlite3_stmt *stmt = w->insert->stmt;
    code = bind_insert(w, stmt, record, defaults, &json);
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    if (is_constraint(code) && w->layout->has_expires) {
        sqlite3_reset(stmt);
        writing_purge(w);
        code = sqlite3_step(stmt);
    }
    ds_status status = code == SQLITE_DONE ? inserted(w, i, record) : insert_failed(w, i, code);
    sqlite3_reset(stmt);
    text_free(&json);
    return status;
}

ds_status lite_create(void *connection, const ds_model *model, ds_record *const *records, size_t n,
                      ds_outcomes *outcomes, ds_call *call)
{
    writing w;
    ds_status status = writing_begin(&w, connection, model, n, n == 1, outcomes, call);
    if (status != DS_OK)
        return status;
    for (size_t i = 0; i < n && status == DS_OK; i++) {
        if (i % 256 == 0)
            status = ds_call_check(call);
        if (status == DS_OK)
            status = writing_insert(&w, i, records[i], NULL);
    }
    return writing_end(&w, status);
}
