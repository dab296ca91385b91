/* Records by their ids. */
#include "sqlite.h"

#include <time.h>

int64_t lite_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int layout_compare(conn *c, const layout *l)
{
    int64_t cookie = l->cookie;
    int code = conn_ask(c, "PRAGMA schema_version", &cookie);
    return code != SQLITE_OK ? code : cookie == l->cookie ? SQLITE_OK : SQLITE_SCHEMA;
}

int layout_check(conn *c, const layout *l, const statement *s)
{
    return statement_is_stale(s) ? layout_compare(c, l) : SQLITE_OK;
}

static int take_row(statement *s, const layout *l, ds_block *block, ds_record **out)
{
    ds_record *record = ds_block_add(block);
    if (record == NULL || codec_read_row(l, s->stmt, record) != DS_OK)
        return SQLITE_NOMEM;
    *out = record;
    return SQLITE_OK;
}

int lookup_one(conn *c, const layout *l, ds_value id, int64_t now, ds_block *block, ds_record **out)
{
    statement *s;
    *out = NULL;
    int code = statement_get(c, l->find.bytes, l->find.length, l->find.hash, &s);
    if (code != SQLITE_OK)
        return names_what_is_gone(c, code) ? SQLITE_SCHEMA : code;
    code = codec_bind(s->stmt, 1, id);
    if (code == SQLITE_OK && l->has_expires)
        code = sqlite3_bind_int64(s->stmt, 2, now);
    if (code == SQLITE_OK)
        code = sqlite3_step(s->stmt);
    if (code == SQLITE_ROW || code == SQLITE_DONE) {
        int checked = layout_check(c, l, s);
        code = checked != SQLITE_OK ? checked : code == SQLITE_ROW ? take_row(s, l, block, out) : SQLITE_OK;
    }
    statement_done(c, s);
    return code;
}

int question_first(const question *q, conn *c, statement **out)
{
    *out = NULL;
    if (question_failed(q))
        return SQLITE_NOMEM;
    int code = statement_get(c, q->text.bytes, q->text.length, sql_hash(q->text.bytes, q->text.length), out);
    if (code != SQLITE_OK)
        return names_what_is_gone(c, code) ? SQLITE_SCHEMA : code;
    code = question_bind(q, (*out)->stmt);
    if (code == SQLITE_OK)
        code = sqlite3_step((*out)->stmt);
    int checked = code == SQLITE_ROW || code == SQLITE_DONE ? layout_check(c, q->layout, *out) : SQLITE_OK;
    return checked == SQLITE_OK ? code : checked;
}

ds_status reading_run(table *t, reading *read, void *user, ds_call *call)
{
    for (int tries = 0;; tries++) {
        conn *c;
        layout *l;
        ds_status status = pool_take_for(t, false, call, &c, &l);
        if (status != DS_OK)
            return status;
        int code = l->exists ? read(c, t, l, user) : layout_compare(c, l);
        bool again = code == SQLITE_SCHEMA && tries < 3;
        if (again)
            layout_forget(t, l);
        else if (code != SQLITE_OK)
            status = problem_tell(c, code, "read", call->error);
        pool_give_for(c, l);
        if (!again)
            return status;
    }
}

typedef struct wanted {
    const ds_value *ids;
    size_t n;
    ds_block *block;
} wanted;

/* All in one snapshot. */
static int lookup_all(conn *c, const table *t, const layout *l, void *user)
{
    const wanted *w = user;
    ds_record *found;
    (void)t;
    int64_t now = l->has_expires ? lite_now() : 0;
    int code = w->n > 1 ? conn_run(c, "BEGIN") : SQLITE_OK;
    for (size_t i = 0; i < w->n && code == SQLITE_OK; i++)
        code = lookup_one(c, l, w->ids[i], now, w->block, &found);
    if (w->n > 1)
        conn_run(c, "COMMIT");
    return code;
}

ds_status lite_find_by_ids(void *connection, const ds_model *model, const ds_value *ids, size_t n, ds_block *block,
                           ds_call *call)
{
    wanted w = {ids, n, block};
    (void)connection;
    return reading_run(ds_model_state(model), lookup_all, &w, call);
}
