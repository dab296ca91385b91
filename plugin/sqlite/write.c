/* A call's writes are one transaction, begun as one that writes, so that it never has to give up what it has read. What
 * SQLite refuses for one record leaves the others; any other failure undoes the whole. Outcomes are told after the
 * commit. */
#include "sqlite.h"

/* Where a single statement is all, it begins and ends its own transaction. *again: a layout does not hold any more. */
static ds_status begin_once(writing *w, bool *again)
{
    int64_t cookie = 0;
    int code = w->alone ? SQLITE_OK : conn_run(w->conn, "BEGIN IMMEDIATE");
    *again = false;
    if (code != SQLITE_OK)
        return problem_tell(w->conn, code, "written", w->call->error);
    code = conn_ask(w->conn, "PRAGMA schema_version", &cookie);
    for (size_t i = 0; i < w->table_count && code == SQLITE_OK; i++)
        *again = *again || cookie != w->tables[i].layout->cookie;
    if (code == SQLITE_OK && !*again)
        return DS_OK;
    if (!w->alone)
        conn_run(w->conn, "ROLLBACK");
    return *again ? DS_OK : problem_tell(w->conn, code, "written", w->call->error);
}

static bool leaves_key_open(const conn *c)
{
    int open = 0, most = 0;
    sqlite3_db_status(c->db, SQLITE_DBSTATUS_DEFERRED_FKS, &open, &most, 0);
    return open != 0;
}

/* What a foreign key refers to stays where it is, expired, or no write would ever be done again. */
static int sweep_one(const writing *w, const layout *l)
{
    statement *s;
    int code = conn_run(w->conn, "SAVEPOINT sweep"), swept = 0;
    if (code == SQLITE_OK)
        code = statement_get(w->conn, l->sweep.bytes, l->sweep.length, l->sweep.hash, &s);
    if (code != SQLITE_OK)
        return code;
    sqlite3_bind_int64(s->stmt, 1, w->now);
    code = sqlite3_step(s->stmt);
    swept = code == SQLITE_DONE ? sqlite3_changes(w->conn->db) : 0;
    statement_done(w->conn, s);
    if (code == SQLITE_DONE && leaves_key_open(w->conn)) {
        code = conn_run(w->conn, "ROLLBACK TO sweep");
        swept = 0;
    }
    if (code == SQLITE_OK || code == SQLITE_DONE || (is_constraint(code) && !sqlite3_get_autocommit(w->conn->db)))
        code = conn_run(w->conn, "RELEASE sweep");
    w->lite->swept += (uint64_t)swept;
    return code;
}

/* A portion of what has expired goes with each write. */
static ds_status sweep(writing *w)
{
    int code = SQLITE_OK;
    for (size_t i = 0; i < w->table_count && code == SQLITE_OK; i++)
        if (w->tables[i].layout->has_expires)
            code = sweep_one(w, w->tables[i].layout);
    return code == SQLITE_OK ? DS_OK : writing_fail(w, code);
}

/* Gives back what take_writer() has taken. */
static void give_writer(writing *w, bool forget)
{
    layout *first = w->tables->layout;
    if (forget && first != NULL)
        layout_forget(w->tables->table, first);
    if (w->conn != NULL && first != NULL)
        pool_give_for(w->conn, first);
    else
        layout_release(w->tables->table, first);
    w->conn = NULL;
    w->tables->layout = NULL;
    for (size_t i = 1; i < w->table_count; i++) {
        if (forget)
            layout_forget(w->tables[i].table, w->tables[i].layout);
        layout_release(w->tables[i].table, w->tables[i].layout);
        w->tables[i].layout = NULL;
    }
}

static ds_status layouts_get(writing *w)
{
    ds_status status = DS_OK;
    for (size_t i = 0; i < w->table_count && status == DS_OK; i++)
        status = layout_get(w->tables[i].table, w->call, &w->tables[i].layout);
    return status;
}

/* Takes the writer and begins. */
static ds_status take_writer(writing *w, bool alone, bool *again)
{
    *again = false;
    ds_status status = w->table_count == 1
                           ? pool_take_for(w->tables->table, true, w->call, &w->conn, &w->tables->layout)
                           : layouts_get(w);
    if (status == DS_OK && w->table_count > 1)
        status = pool_take(w->lite, true, w->call, &w->conn);
    w->alone = alone && status == DS_OK && !w->tables->layout->has_expires && !w->tables->layout->has_triggers;
    for (size_t i = 0; i < w->table_count && status == DS_OK; i++)
        if (w->tables[i].layout->is_view)
            status = layout_refuse_view(w->tables[i].table, w->call->error);
    if (status == DS_OK)
        status = begin_once(w, again);
    if (status == DS_OK && !*again)
        return DS_OK;
    give_writer(w, *again);
    return status;
}

static ds_status begin(writing *w, bool alone)
{
    bool again = true, times = false;
    ds_status status = DS_OK;
    w->marks = w->n <= 1 ? &w->one : ds_calloc(w->n, 1);
    if (w->marks == NULL)
        return problem_nomem(w->call->error);
    while (again && status == DS_OK)
        status = take_writer(w, alone, &again);
    if (status != DS_OK) {
        if (w->marks != &w->one)
            ds_free(w->marks);
        return status;
    }
    for (size_t i = 0; i < w->table_count; i++)
        times = times || w->tables[i].layout->has_expires;
    w->now = times ? lite_now() : 0;
    w->at = w->tables;
    w->table = w->at->table;
    w->layout = w->at->layout;
    status = sweep(w);
    return status == DS_OK ? DS_OK : writing_end(w, status);
}

ds_status writing_begin(writing *w, void *connection, const ds_model *model, size_t n, bool alone,
                        ds_outcomes *outcomes, ds_call *call)
{
    *w = (writing){.lite = connection, .call = call, .outcomes = outcomes, .n = n, .table_count = 1};
    w->first.table = ds_model_state(model);
    w->tables = &w->first;
    return begin(w, alone);
}

ds_status writing_begin_all(writing *w, void *connection, target *tables, size_t table_count, size_t n,
                            ds_outcomes *outcomes, ds_call *call)
{
    *w = (writing){.lite = connection, .call = call, .outcomes = outcomes, .n = n, .table_count = table_count};
    w->tables = tables;
    return begin(w, false);
}

void writing_turn(writing *w, const ds_model *model)
{
    const table *wanted = ds_model_state(model);
    while (w->at->table != wanted)
        w->at = w->at + 1 < w->tables + w->table_count ? w->at + 1 : w->tables;
    w->table = w->at->table;
    w->layout = w->at->layout;
}

/* A commit that fails for an error of the file may still be found there after a crash; a single statement commits, too. */
static ds_status outcome_of(const writing *w, int code, ds_status status)
{
    bool open = (code & 0xff) == SQLITE_IOERR && status != DS_NOMEM;
    return open ? w->call->error->status = DS_UNKNOWN_OUTCOME : status;
}

static ds_status commit(writing *w)
{
    int code = conn_run(w->conn, "COMMIT");
    return code == SQLITE_OK ? DS_OK : outcome_of(w, code, writing_fail(w, code));
}

ds_status writing_end(writing *w, ds_status status)
{
    for (size_t i = 0; i < w->table_count; i++)
        statement_done(w->conn, w->tables[i].insert);
    if (status == DS_OK && !w->alone && !w->undo)
        status = commit(w);
    if (!sqlite3_get_autocommit(w->conn->db))
        conn_run(w->conn, "ROLLBACK");
    give_writer(w, false);
    for (size_t i = 0; i < w->n && status == DS_OK && !w->undo && w->outcomes != NULL; i++)
        if (w->marks[i] != UNDECIDED)
            ds_outcome_ok(w->outcomes, i, w->marks[i] == CREATED);
    if (w->marks != &w->one)
        ds_free(w->marks);
    return status;
}

ds_status writing_end_one(writing *w, ds_status status)
{
    w->undo = w->one == UNDECIDED;
    status = writing_end(w, status);
    return status == DS_OK && w->undo ? w->call->error->status : status;
}

ds_status writing_fail(writing *w, int code)
{
    return problem_tell(w->conn, code, "written", w->call->error);
}

/* What has expired makes room for others. */
static void purge(writing *w)
{
    statement *s;
    const sql *words = &w->layout->purge;
    if (statement_get(w->conn, words->bytes, words->length, words->hash, &s) != SQLITE_OK)
        return;
    sqlite3_bind_int64(s->stmt, 1, w->now);
    if (sqlite3_step(s->stmt) == SQLITE_DONE)
        w->lite->swept += (uint64_t)sqlite3_changes(w->conn->db);
    statement_done(w->conn, s);
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
    if (w->outcomes != NULL)
        ds_outcome_refuse(w->outcomes, i, DS_REFUSED_UNIQUE_TAKEN, detail);
    else
        ds_error_set(w->call->error, DS_DUPLICATE,
                     "another record of the model \"%s\" has this value of the unique \"%s\"",
                     ds_model_name(w->table->model), detail);
    return DS_OK;
}

static ds_status refuse_taken(writing *w, size_t i, int code, const char *list)
{
    const table *t = w->table;
    if (code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_ROWID || is_id_list(t, list))
        return writing_refuse(w, i, ds_null(), DS_REFUSED_ID_TAKEN);
    for (size_t k = 0; k < ds_model_index_count(t->model); k++) {
        const ds_index *index = ds_model_index(t->model, k);
        if (index->unique && is_message_of(t, index, list))
            return refuse_unique(w, i, index->name);
    }
    return refuse_unique(w, i, list);
}

/* A rule of the table may end the transaction (ROLLBACK), or leave half of a statement (FAIL): then nothing of the call can
 * go on, for what comes next would be on its own. */
static bool refusal_ends_all(const writing *w, int code)
{
    return is_constraint(code) && !w->alone &&
           (sqlite3_get_autocommit(w->conn->db) || sqlite3_changes(w->conn->db) > 0);
}

ds_status writing_refuse_code(writing *w, size_t i, int code)
{
    static const char begins[] = "UNIQUE constraint failed: ";
    ds_error error = {.native = code};
    const char *message = sqlite3_errmsg(w->conn->db);
    if (refusal_ends_all(w, code)) {
        ds_error_set(w->call->error, DS_INVALID,
                     "the table \"%s\" does not take it, and its rules undo all that is written together with it: %s",
                     w->table->name, message);
        w->call->error->native = code;
        return DS_INVALID;
    }
    if (code == SQLITE_TOOBIG)
        ds_error_set(&error, DS_INVALID, "a record of the model \"%s\" is larger than SQLite takes",
                     ds_model_name(w->table->model));
    else if (!is_constraint(code))
        return w->alone ? outcome_of(w, code, writing_fail(w, code)) : writing_fail(w, code);
    else if (strncmp(message, begins, sizeof begins - 1) == 0)
        return refuse_taken(w, i, code, message + sizeof begins - 1);
    else
        ds_error_set(&error, DS_INVALID, "the table \"%s\" does not take it: %s", w->table->name,
                     problem_rule(message));
    return writing_tell(w, i, &error);
}

ds_status writing_tell(writing *w, size_t i, const ds_error *error)
{
    if (w->outcomes != NULL)
        ds_outcome_fail(w->outcomes, i, error->status, error->native, "%s", error->message);
    else
        *w->call->error = *error;
    return DS_OK;
}

ds_status writing_ignored(writing *w, size_t i)
{
    ds_error error = {.native = SQLITE_CONSTRAINT_TRIGGER};
    ds_error_set(&error, DS_INVALID, "a trigger of the table \"%s\" has it ignored", w->table->name);
    return writing_tell(w, i, &error);
}

ds_status writing_refuse(writing *w, size_t i, ds_value id, ds_refusal refusal)
{
    ds_text words;
    ds_value_text(id, &words);
    if (w->outcomes != NULL)
        ds_outcome_refuse(w->outcomes, i, refusal, NULL);
    else
        ds_error_set(w->call->error, refusal == DS_REFUSED_MISSING ? DS_NOT_FOUND : DS_CONFLICT,
                     "the model \"%s\" has no record with the id %.*s", ds_model_name(w->table->model),
                     words.length > 100 ? 100 : (int)words.length, words.bytes);
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
    if (is_constraint(code) && w->layout->has_expires && !refusal_ends_all(w, code)) {
        sqlite3_reset(s->stmt);
        purge(w);
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
        code = codec_bind_property(stmt, (int)i + 1, &w->layout->columns[i], value);
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
    if (sqlite3_changes(w->conn->db) == 0)
        return writing_ignored(w, i);
    w->marks[i] = CREATED;
    if (t->integer_id && record_value(record, t->id_slot).type == DS_NULL)
        status = ds_record_put(record, t->id_slot, ds_integer(sqlite3_last_insert_rowid(w->conn->db)));
    if (status == DS_OK && t->version_slot != DS_NO_SLOT)
        status = ds_record_put(record, t->version_slot, ds_integer(1));
    return status == DS_OK ? DS_OK : problem_nomem(w->call->error);
}

ds_status writing_check(writing *w, size_t i, const ds_record *record, bool *refused)
{
    ds_error error = {.native = 0};
    ds_status status = affinity_check(w->conn, w->table, w->layout, record, &error);
    if (status == DS_INVALID) {
        *refused = true;
        return writing_tell(w, i, &error);
    }
    if (status != DS_OK)
        *w->call->error = error;
    return status;
}

static ds_status check_insert(writing *w, size_t i, const ds_record *record, const ds_record *defaults, bool *refused)
{
    const table *t = w->table;
    ds_error error = {.native = 0};
    *refused = record_value(record, t->id_slot).type == DS_NULL && !(t->sequenced && w->layout->id_is_rowid);
    if (*refused && !t->sequenced)
        ds_error_set(&error, DS_INVALID, "a record of the model \"%s\" has no id, and none can be generated",
                     ds_model_name(t->model));
    else if (*refused)
        ds_error_set(
            &error, DS_CONFIG,
            "a record of the model \"%s\" has no id, and SQLite generates none: the column \"%s\" of the table "
            "\"%s\" is declared \"%s\", and not INTEGER PRIMARY KEY",
            ds_model_name(t->model), ds_model_property(t->model, t->id_slot)->name, t->name,
            w->layout->columns[t->id_slot].declared);
    if (*refused)
        return writing_tell(w, i, &error);
    if (!w->layout->converts)
        return DS_OK;
    ds_status status = writing_check(w, i, record, refused);
    return status == DS_OK && !*refused ? writing_check(w, i, defaults, refused) : status;
}

/* SQLite says of a sequence that has given its last number that the disk is full. */
static bool is_used_up(writing *w)
{
    question q;
    int64_t last = sqlite3_last_insert_rowid(w->conn->db);
    question_begin(&q, w->table, w->layout);
    text_put(&q.text, "SELECT seq FROM sqlite_sequence WHERE name = ? COLLATE NOCASE");
    question_value(&q, ds_string(w->table->name));
    if (last != INT64_MAX)
        writing_run(w, &q, &last);
    question_end(&q);
    return last == INT64_MAX;
}

static ds_status refuse_used_up(writing *w, size_t i)
{
    ds_error error = {.native = SQLITE_FULL};
    ds_error_set(&error, DS_INVALID, "the sequence of the model \"%s\" has no number left",
                 ds_model_name(w->table->model));
    if (w->alone || !sqlite3_get_autocommit(w->conn->db))
        return writing_tell(w, i, &error);
    *w->call->error = error; /* SQLite has undone all of it */
    return error.status;
}

ds_status writing_insert(writing *w, size_t i, ds_record *record, const ds_record *defaults)
{
    const table *t = w->table;
    const sql *words = &w->layout->insert;
    text json = {.bytes = NULL};
    bool refused = false;
    ds_status status = check_insert(w, i, record, defaults, &refused);
    if (status != DS_OK || refused)
        return status;
    int code = w->at->insert != NULL ? SQLITE_OK
                                     : statement_get(w->conn, words->bytes, words->length, words->hash, &w->at->insert);
    if (code != SQLITE_OK)
        return writing_fail(w, code);
    sqlite3_stmt *stmt = w->at->insert->stmt;
    code = bind_insert(w, stmt, record, defaults, &json);
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    if (is_constraint(code) && w->layout->has_expires && !refusal_ends_all(w, code)) {
        sqlite3_reset(stmt);
        purge(w);
        code = sqlite3_step(stmt);
    }
    sqlite3_reset(stmt);
    if (code == SQLITE_FULL && t->sequenced && record_value(record, t->id_slot).type == DS_NULL && is_used_up(w))
        status = refuse_used_up(w, i);
    else
        status = code == SQLITE_DONE ? inserted(w, i, record) : writing_refuse_code(w, i, code);
    text_free(&json);
    return status;
}
