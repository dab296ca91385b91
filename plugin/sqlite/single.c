/* What is done to one record: adding to a number, and when it expires. */
#include "sqlite.h"

/* "SELECT <what>" or "UPDATE ... SET <what> = ?" of one record that lives. */
static void write_one(question *q, const char *verb, const char *name, const char *behind, const ds_value *value,
                      ds_value id, int64_t now)
{
    const table *t = q->table;
    bool update = value != NULL;
    text_put(&q->text, verb);
    text_name(&q->text, update ? t->name : name);
    text_put(&q->text, update ? " SET " : " FROM ");
    text_name(&q->text, update ? name : t->name);
    text_put(&q->text, behind);
    if (update)
        question_value(q, *value);
    text_put(&q->text, " WHERE ");
    layout_id(t, q->layout, &q->text);
    question_value(q, id);
    layout_alive(q->layout, &q->text);
    if (q->layout->has_expires)
        question_value(q, ds_integer(now));
}

/* ---- increment ---- */

/* The value now, read into a record that owns it. */
static ds_status read_current(writing *w, ds_value id, const char *property, size_t slot, ds_record *into, bool *found)
{
    question q;
    statement *s;
    const char *name = slot == DS_NO_SLOT ? MORE_COLUMN : property;
    question_begin(&q, w->table, w->layout);
    write_one(&q, "SELECT ", name, "", NULL, id, w->now);
    int code = question_first(&q, w->conn, &s);
    ds_status status = DS_OK;
    *found = code == SQLITE_ROW;
    if (*found)
        status = codec_read(w->layout, s->stmt, &slot, 1, into);
    statement_done(w->conn, s);
    question_end(&q);
    if (status != DS_OK)
        return problem_nomem(w->call->error);
    return code == SQLITE_ROW || code == SQLITE_DONE ? DS_OK : writing_fail(w, code);
}

/* Writes the sum, as an update of this one property. */
static ds_status write_sum(writing *w, size_t i, ds_value id, const char *property, size_t slot, ds_value sum)
{
    bool missing;
    ds_text words;
    ds_record *set = ds_record_new(w->table->model);
    ds_value_text(sum, &words);
    ds_value shown = ds_string_n(words.bytes, words.length);
    ds_status status = set == NULL          ? DS_NOMEM
                       : slot != DS_NO_SLOT ? ds_record_put(set, slot, sum)
                                            : ds_record_put_named(set, property, strlen(property), shown);
    status =
        status != DS_OK ? problem_nomem(w->call->error) : change_apply(w, i, &(change){.id = id, .set = set}, &missing);
    ds_record_free(set);
    return status;
}

static ds_status refuse_version(writing *w, size_t i, const char *property)
{
    ds_error error = {.native = 0};
    ds_error_set(&error, DS_INVALID,
                 "the property \"%s\" of the model \"%s\" is its version, which counts the writes by itself", property,
                 ds_model_name(w->table->model));
    return writing_tell(w, i, &error);
}

ds_status change_increment(writing *w, size_t i, ds_value id, const char *property, size_t slot, ds_value by,
                           ds_value *now)
{
    bool found = false;
    ds_error error = {.native = 0};
    if (slot != DS_NO_SLOT && slot == w->table->version_slot)
        return refuse_version(w, i, property);
    ds_record *current = ds_record_new(w->table->model);
    ds_status status =
        current == NULL ? problem_nomem(w->call->error) : read_current(w, id, property, slot, current, &found);
    if (status == DS_OK && !found)
        status = writing_refuse(w, i, id, DS_REFUSED_MISSING);
    else if (status == DS_OK) {
        ds_value was = slot == DS_NO_SLOT ? ds_record_get(current, property) : record_value(current, slot);
        if (ds_value_add(w->table->model, slot, was, by, now, &error) == DS_OK)
            status = write_sum(w, i, id, property, slot, *now);
        else
            status = writing_tell(w, i, &error);
    }
    ds_record_free(current);
    return status;
}

ds_status lite_increment(void *connection, const ds_model *model, ds_value id, const char *property, size_t slot,
                         ds_value by, ds_value *now, ds_call *call)
{
    writing w;
    ds_status status = writing_begin(&w, connection, model, 1, false, NULL, call);
    return status == DS_OK ? writing_end_one(&w, change_increment(&w, 0, id, property, slot, by, now)) : status;
}

/* ---- expiry ---- */

ds_status change_expiry(writing *w, size_t i, ds_value id, int64_t ttl_ms)
{
    question q;
    int64_t row = 0;
    const bool has = w->layout->has_expires;
    ds_value at = ttl_ms < 0 || ttl_ms >= NEVER - w->now ? ds_null() : ds_integer(w->now + ttl_ms);
    question_begin(&q, w->table, w->layout);
    if (has)
        write_one(&q, "UPDATE OR ABORT ", EXPIRES_COLUMN, " = ?", &at, id, w->now);
    else
        write_one(&q, "SELECT ", ds_model_property(w->table->model, w->table->id_slot)->name, "", NULL, id, w->now);
    int code = writing_run(w, &q, &row);
    bool found = code == SQLITE_ROW || (code == SQLITE_DONE && has && sqlite3_changes(w->conn->db) > 0);
    question_end(&q);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return writing_refuse_code(w, i, code);
    if (!found)
        return writing_refuse(w, i, id, DS_REFUSED_MISSING);
    w->marks[i] = WRITTEN;
    return DS_OK;
}

ds_status expiry_prepare(table *t, int64_t ttl_ms, ds_call *call)
{
    layout *l;
    ds_status status = layout_get(t, call, &l);
    if (status != DS_OK)
        return status;
    bool has = l->has_expires || ttl_ms < 0;
    if (!has)
        layout_forget(t, l);
    layout_release(t, l);
    return has ? DS_OK : schema_add_expires(t, call);
}

ds_status lite_expire(void *connection, const ds_model *model, ds_value id, int64_t ttl_ms, ds_call *call)
{
    writing w;
    ds_status status = expiry_prepare(ds_model_state(model), ttl_ms, call);
    if (status == DS_OK)
        status = writing_begin(&w, connection, model, 1, false, NULL, call);
    return status == DS_OK ? writing_end_one(&w, change_expiry(&w, 0, id, ttl_ms)) : status;
}

typedef struct asked {
    ds_value id;
    int64_t ttl_ms;
    bool found;
} asked;

static int read_ttl(conn *c, const table *t, const layout *l, void *user)
{
    asked *a = user;
    question q;
    statement *s;
    const int64_t now = lite_now();
    question_begin(&q, t, l);
    write_one(&q, "SELECT ", l->has_expires ? EXPIRES_COLUMN : ds_model_property(t->model, t->id_slot)->name, "", NULL,
              a->id, now);
    int code = question_first(&q, c, &s);
    a->found = code == SQLITE_ROW;
    if (a->found && l->has_expires && sqlite3_column_type(s->stmt, 0) != SQLITE_NULL)
        a->ttl_ms = sqlite3_column_int64(s->stmt, 0) - now;
    statement_done(c, s);
    question_end(&q);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

ds_status lite_ttl(void *connection, const ds_model *model, ds_value id, int64_t *ttl_ms, ds_call *call)
{
    asked a = {.id = id, .ttl_ms = -1};
    (void)connection;
    ds_status status = reading_run(ds_model_state(model), read_ttl, &a, call);
    if (status == DS_OK && !a.found)
        return ds_error_set(call->error, DS_NOT_FOUND, "the model \"%s\" has no such record", ds_model_name(model));
    *ttl_ms = a.ttl_ms;
    return status;
}
