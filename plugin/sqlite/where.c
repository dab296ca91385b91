/* What is asked of all records that match, by one statement where SQL says exactly what the filter means; the library does
 * the rest. */
#include "sqlite.h"

/* " WHERE ..." of a filter; false: SQL cannot say it exactly. */
static bool write_where(question *q, const ds_filter *where, int64_t now)
{
    text_put(&q->text, " WHERE ");
    if (filter_write(q, where, false) != EXACTLY)
        return false;
    layout_alive(q->layout, &q->text);
    if (q->layout->has_expires)
        question_value(q, ds_integer(now));
    return true;
}

typedef struct counting {
    const ds_filter *where;
    uint64_t count;
    bool exact;
} counting;

static int count_once(conn *c, const table *t, const layout *l, void *user)
{
    counting *counted = user;
    question q;
    statement *s = NULL;
    int code = SQLITE_OK;
    c->walks = true;
    question_begin(&q, t, l);
    text_put(&q.text, "SELECT count(*) FROM ");
    text_name(&q.text, t->name);
    counted->exact = write_where(&q, counted->where, lite_now());
    if (counted->exact)
        code = question_first(&q, c, &s);
    if (code == SQLITE_ROW) {
        counted->count = (uint64_t)sqlite3_column_int64(s->stmt, 0);
        code = SQLITE_OK;
    }
    statement_done(c, s);
    question_end(&q);
    return code;
}

ds_status lite_count(void *connection, const ds_model *model, const ds_filter *where, uint64_t *count, ds_call *call)
{
    counting counted = {.where = where, .exact = true};
    (void)connection;
    ds_status status = reading_run(ds_model_state(model), count_once, &counted, call);
    *count = counted.count;
    return status == DS_OK && !counted.exact ? DS_UNSUPPORTED : status;
}

/* ---- update and delete ---- */

static ds_status tell_failed(writing *w, int code)
{
    const char *message = sqlite3_errmsg(w->conn->db);
    if (code == SQLITE_CONSTRAINT_UNIQUE)
        return ds_error_set(w->call->error, DS_DUPLICATE,
                            "records of the model \"%s\" would have the same value of what is unique, and none was "
                            "changed: %s",
                            ds_model_name(w->table->model), message);
    return writing_fail(w, code);
}

static ds_status run_where(writing *w, const question *q, uint64_t *count)
{
    int64_t row = 0;
    int code = writing_run(w, q, &row);
    if (code == SQLITE_ROW)
        *count = (uint64_t)row;
    else if (code == SQLITE_DONE)
        *count = (uint64_t)sqlite3_changes(w->conn->db);
    else
        return writing_end(w, tell_failed(w, code));
    ds_status status = writing_end(w, DS_OK);
    if (status != DS_OK)
        *count = 0;
    return status;
}

/* `changes` NULL: delete. */
static ds_status change_where(void *connection, const ds_model *model, const ds_filter *where, const ds_record *changes,
                              uint64_t *count, ds_call *call)
{
    writing w;
    question q;
    *count = 0;
    ds_status status = writing_begin(&w, connection, model, 0, false, NULL, call);
    if (status != DS_OK)
        return status;
    w.conn->walks = true;
    question_begin(&q, w.table, w.layout);
    text_put(&q.text, changes == NULL ? "DELETE FROM " : "UPDATE OR ABORT ");
    text_name(&q.text, w.table->name);
    if (changes != NULL && !change_write_sets(&q, changes, false)) {
        text_cut(&q.text, 0);
        text_put(&q.text, "SELECT count(*) FROM ");
        text_name(&q.text, w.table->name);
    }
    status = affinity_check(w.conn, w.table, w.layout, changes, call->error);
    if (status != DS_OK)
        status = writing_end(&w, status);
    else if (write_where(&q, where, w.now))
        status = run_where(&w, &q, count);
    else
        status = writing_end(&w, DS_UNSUPPORTED);
    question_end(&q);
    return status;
}

ds_status lite_update_where(void *connection, const ds_model *model, const ds_filter *where, const ds_record *changes,
                            uint64_t *count, ds_call *call)
{
    const table *t = ds_model_state(model);
    if (sets_undeclared(t, changes) || (t->version_slot != DS_NO_SLOT && record_sets(changes, t->version_slot)))
        return DS_UNSUPPORTED;
    return change_where(connection, model, where, changes, count, call);
}

ds_status lite_delete_where(void *connection, const ds_model *model, const ds_filter *where, uint64_t *count,
                            ds_call *call)
{
    return change_where(connection, model, where, NULL, count, call);
}
