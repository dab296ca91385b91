/* What becomes of a record that is there: changed, replaced or deleted by one statement, whose WHERE holds all that must
 * be so. Undeclared properties are read, changed and written within the transaction. */
#include "sqlite.h"

void question_property(question *q, size_t slot, ds_value value)
{
    if (value.type == DS_NULL || value.type == DS_JSON ||
        ds_model_property(q->table->model, slot)->type != DS_PROPERTY_ANY) {
        question_value(q, value);
        return;
    }
    char *json = ds_value_to_json(value);
    if (question_own(q, json))
        question_value(q, ds_string(json));
}

bool record_sets(const ds_record *record, size_t slot)
{
    ds_field field;
    return ds_record_field(record, slot, &field);
}

bool sets_undeclared(const table *t, const ds_record *record)
{
    for (size_t i = t->property_count; record != NULL && i < ds_record_slots(record); i++)
        if (record_sets(record, i))
            return true;
    return false;
}

static void write_name(question *q, size_t slot)
{
    text_name(&q->text, ds_model_property(q->table->model, slot)->name);
}

bool change_write_sets(question *q, const ds_record *set, bool whole)
{
    const table *t = q->table;
    size_t written = 0;
    for (size_t i = 0; i < t->property_count; i++) {
        if (i == t->id_slot || i == t->version_slot || !(whole || record_sets(set, i)))
            continue;
        text_put(&q->text, written++ == 0 ? " SET " : ", ");
        write_name(q, i);
        text_put(&q->text, " = ?");
        question_property(q, i, record_value(set, i));
    }
    if (t->version_slot == DS_NO_SLOT ||
        (written == 0 && !record_sets(set, t->version_slot) && !sets_undeclared(t, set)))
        return written > 0;
    text_put(&q->text, written == 0 ? " SET " : ", ");
    write_name(q, t->version_slot);
    text_put(&q->text, " = coalesce(");
    write_name(q, t->version_slot);
    text_put(&q->text, ", 0) + 1");
    return true;
}

/* ---- conditions ---- */

static void write_expected(question *q, const ds_record *expected)
{
    ds_field field;
    for (size_t i = 0; expected != NULL && i < q->table->property_count; i++) {
        if (i == q->table->id_slot || !ds_record_field(expected, i, &field))
            continue;
        text_put(&q->text, field.raw == NULL ? " AND " : " AND CAST(");
        write_name(q, i);
        text_put(&q->text, field.raw == NULL ? " IS ?" : " AS BLOB) IS ?");
        if (field.raw == NULL)
            question_property(q, i, field.value);
        else
            question_value(q, ds_binary(field.raw, field.raw_length));
    }
}

/* The version that a change carries; DS_NULL. */
static ds_value carried_version(const table *t, const change *c)
{
    return c->set == NULL || t->version_slot == DS_NO_SLOT ? ds_null() : record_value(c->set, t->version_slot);
}

static void write_where(question *q, const writing *w, const change *c, bool conditions)
{
    text_put(&q->text, " WHERE ");
    layout_id(q->table, q->layout, &q->text);
    question_value(q, c->id);
    layout_alive(w->layout, &q->text);
    if (w->layout->has_expires)
        question_value(q, ds_integer(w->now));
    if (!conditions)
        return;
    write_expected(q, c->expected);
    ds_value version = carried_version(q->table, c);
    if (version.type != DS_INTEGER)
        return;
    text_put(&q->text, " AND coalesce(");
    write_name(q, q->table->version_slot);
    text_put(&q->text, ", 0) <= ?");
    question_value(q, version);
}

/* ---- undeclared properties ---- */

static bool holds_undeclared(const table *t, const more *m, const ds_record *expected)
{
    ds_field field;
    for (size_t i = t->property_count; i < ds_record_slots(expected); i++) {
        ds_value has;
        if (!ds_record_field(expected, i, &field))
            continue;
        more_get(m, field.name, field.name_length, &has);
        if (has.type != field.value.type || ds_value_compare(has, field.value) != 0)
            return false;
    }
    return true;
}

/* What the column holds of this record. SQLITE_ROW, SQLITE_DONE where it is missing, or another code. */
static int read_more(writing *w, const change *c, more *m)
{
    question q;
    statement *s;
    question_begin(&q, w->table, w->layout);
    text_put(&q.text, "SELECT \"" MORE_COLUMN "\" FROM ");
    text_name(&q.text, w->table->name);
    write_where(&q, w, c, false);
    int code = question_first(&q, w->conn, &s);
    const char *json = code == SQLITE_ROW ? (const char *)sqlite3_column_text(s->stmt, 0) : NULL;
    if (json != NULL && !more_parse(m, json, (size_t)sqlite3_column_bytes(s->stmt, 0)) && m->bytes.failed)
        code = SQLITE_NOMEM;
    statement_done(w->conn, s);
    question_end(&q);
    return code;
}

static void apply_undeclared(const table *t, more *m, const ds_record *set)
{
    ds_field field;
    for (size_t i = t->property_count; i < ds_record_slots(set); i++)
        if (ds_record_field(set, i, &field))
            more_set(m, field.name, field.name_length, field.value);
}

/* How the column will be, in `json`; *decided: the record is missing, or does not hold what is expected. */
static ds_status prepare_more(writing *w, size_t i, const change *c, text *json, bool *missing, bool *decided)
{
    const table *t = w->table;
    more m = {.items = NULL};
    int code = SQLITE_ROW;
    bool asks = sets_undeclared(t, c->expected);
    if (asks || !c->whole)
        code = read_more(w, c, &m);
    *missing = code == SQLITE_DONE;
    *decided = *missing;
    if (code == SQLITE_ROW && asks && !holds_undeclared(t, &m, c->expected)) {
        *decided = true;
        writing_refuse(w, i, c->id, DS_REFUSED_CHANGED);
    }
    if (code == SQLITE_ROW && !*decided && c->set != NULL) {
        if (c->whole) {
            more_free(&m);
            m = (more){.items = NULL};
        }
        apply_undeclared(t, &m, c->set);
        more_write(&m, json);
    }
    bool failed = m.bytes.failed || json->failed;
    more_free(&m);
    if (failed)
        return problem_nomem(w->call->error);
    return code == SQLITE_ROW || code == SQLITE_DONE ? DS_OK : writing_fail(w, code);
}

/* ---- all of it ---- */

static void write_statement(question *q, const writing *w, const change *c, const text *json, bool with_more)
{
    const table *t = w->table;
    bool sets = false;
    text_put(&q->text, c->set == NULL ? "DELETE FROM " : "UPDATE OR ABORT ");
    text_name(&q->text, t->name);
    if (c->set != NULL)
        sets = change_write_sets(q, c->set, c->whole);
    if (c->set != NULL && with_more) {
        text_put(&q->text, sets ? ", \"" MORE_COLUMN "\" = ?" : " SET \"" MORE_COLUMN "\" = ?");
        question_value(q, json->length == 0 ? ds_null() : ds_string_n(json->bytes, json->length));
        sets = true;
    }
    if (c->whole && t->ttl_ms > 0 && w->layout->has_expires) {
        int64_t expires = writing_expiry(w);
        text_put(&q->text, sets ? ", \"" EXPIRES_COLUMN "\" = ?" : " SET \"" EXPIRES_COLUMN "\" = ?");
        question_value(q, expires == NEVER ? ds_null() : ds_integer(expires));
        sets = true;
    }
    if (c->set != NULL && !sets) {
        text_cut(&q->text, 0);
        text_put(&q->text, "SELECT 1 FROM ");
        text_name(&q->text, t->name);
    }
    write_where(q, w, c, true);
}

/* Nothing was changed: is it missing, or not as expected? */
static ds_status tell_why(writing *w, size_t i, const change *c, bool *missing)
{
    question q;
    int64_t one;
    int code = SQLITE_ROW;
    const bool conditional = c->expected != NULL || carried_version(w->table, c).type != DS_NULL;
    *missing = !conditional && !w->layout->has_triggers;
    if (*missing)
        return DS_OK;
    question_begin(&q, w->table, w->layout);
    text_put(&q.text, "SELECT 1 FROM ");
    text_name(&q.text, w->table->name);
    write_where(&q, w, c, false);
    code = writing_run(w, &q, &one);
    question_end(&q);
    *missing = code == SQLITE_DONE;
    if (code == SQLITE_ROW && !conditional)
        return writing_ignored(w, i);
    if (code == SQLITE_ROW)
        return writing_refuse(w, i, c->id, c->expected != NULL ? DS_REFUSED_CHANGED : DS_REFUSED_OLDER_VERSION);
    return *missing ? DS_OK : writing_fail(w, code);
}

static ds_status run_change(writing *w, size_t i, const change *c, const text *json, bool with_more, bool *missing)
{
    question q;
    int64_t row = 0;
    question_begin(&q, w->table, w->layout);
    write_statement(&q, w, c, json, with_more);
    int code = writing_run(w, &q, &row);
    bool done = row == 1 || (code == SQLITE_DONE && q.text.bytes[0] != 'S' && sqlite3_changes(w->conn->db) > 0);
    question_end(&q);
    if (code != SQLITE_DONE && code != SQLITE_ROW)
        return writing_refuse_code(w, i, code);
    if (!done)
        return tell_why(w, i, c, missing);
    w->marks[i] = WRITTEN;
    return DS_OK;
}

ds_status change_apply(writing *w, size_t i, const change *c, bool *missing)
{
    const table *t = w->table;
    text json = {.bytes = NULL};
    bool decided = false, refused = false, loose = !t->strict && w->layout->has_more;
    bool writes_more = loose && c->set != NULL && (c->whole || sets_undeclared(t, c->set));
    ds_status status = DS_OK;
    *missing = false;
    if (w->layout->converts && (status = writing_check(w, i, c->set, &refused)) != DS_OK)
        return status;
    if (refused)
        return DS_OK;
    if (writes_more || (loose && sets_undeclared(t, c->expected)))
        status = prepare_more(w, i, c, &json, missing, &decided);
    if (status == DS_OK && !decided)
        status = run_change(w, i, c, &json, writes_more, missing);
    text_free(&json);
    return status;
}

/* ---- one record of a call ---- */

ds_status change_update(writing *w, size_t i, ds_value id, const ds_record *set, const ds_record *expected)
{
    bool missing;
    ds_status status = change_apply(w, i, &(change){.id = id, .set = set, .expected = expected}, &missing);
    return status == DS_OK && missing ? writing_refuse(w, i, id, DS_REFUSED_MISSING) : status;
}

/* What is missing comes back only if nobody has deleted it: a version says that it was there. */
static ds_status create_missing(writing *w, size_t i, ds_record *record, const ds_record *defaults)
{
    const size_t version = w->table->version_slot;
    if (version != DS_NO_SLOT && record_value(record, version).type == DS_INTEGER)
        return writing_refuse(w, i, record_value(record, w->table->id_slot), DS_REFUSED_OLDER_VERSION);
    return writing_insert(w, i, record, defaults);
}

ds_status change_replace(writing *w, size_t i, ds_record *record, bool must_exist, const ds_record *expected)
{
    bool missing = true;
    ds_status status = DS_OK;
    ds_value id = record_value(record, w->table->id_slot);
    if (id.type != DS_NULL)
        status = change_apply(w, i, &(change){.id = id, .set = record, .expected = expected, .whole = true}, &missing);
    if (status != DS_OK || !missing)
        return status;
    return must_exist || expected != NULL ? writing_refuse(w, i, id, DS_REFUSED_MISSING)
                                          : create_missing(w, i, record, NULL);
}

ds_status change_upsert(writing *w, size_t i, ds_record *record, const ds_record *defaults, const ds_record *expected)
{
    bool missing = true;
    ds_status status = DS_OK;
    ds_value id = record_value(record, w->table->id_slot);
    if (id.type != DS_NULL)
        status = change_apply(w, i, &(change){.id = id, .set = record, .expected = expected}, &missing);
    if (status != DS_OK || !missing)
        return status;
    return expected != NULL ? writing_refuse(w, i, id, DS_REFUSED_CHANGED) : create_missing(w, i, record, defaults);
}
