/* The entries that write: records of one model, and batches of unlike writes. Each is one transaction, in which every
 * write meets what those before it have done. */
#include "sqlite.h"

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

static const ds_record *expected_of(const ds_record *const *expected, size_t i)
{
    return expected == NULL ? NULL : expected[i];
}

ds_status lite_update(void *connection, const ds_model *model, const ds_value *ids, size_t n, const ds_record *changes,
                      const ds_record *const *expected, ds_outcomes *outcomes, ds_call *call)
{
    writing w;
    ds_status status = writing_begin(&w, connection, model, n, false, outcomes, call);
    if (status != DS_OK)
        return status;
    for (size_t i = 0; i < n && status == DS_OK; i++)
        if ((status = ds_call_check(call)) == DS_OK)
            status = change_update(&w, i, ids[i], changes, expected_of(expected, i));
    return writing_end(&w, status);
}

ds_status lite_delete(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                      const ds_record *const *expected, ds_outcomes *outcomes, ds_call *call)
{
    return lite_update(connection, model, ids, n, NULL, expected, outcomes, call);
}

ds_status lite_replace(void *connection, const ds_model *model, ds_record *const *records, size_t n, bool must_exist,
                       const ds_record *const *expected, ds_outcomes *outcomes, ds_call *call)
{
    writing w;
    ds_status status = writing_begin(&w, connection, model, n, false, outcomes, call);
    if (status != DS_OK)
        return status;
    for (size_t i = 0; i < n && status == DS_OK; i++)
        if ((status = ds_call_check(call)) == DS_OK)
            status = change_replace(&w, i, records[i], must_exist, expected_of(expected, i));
    return writing_end(&w, status);
}

ds_status lite_upsert(void *connection, const ds_model *model, ds_record *const *records, size_t n,
                      const ds_record *defaults, const ds_record *const *expected, ds_outcomes *outcomes, ds_call *call)
{
    writing w;
    ds_status status = writing_begin(&w, connection, model, n, false, outcomes, call);
    if (status != DS_OK)
        return status;
    for (size_t i = 0; i < n && status == DS_OK; i++)
        if ((status = ds_call_check(call)) == DS_OK)
            status = change_upsert(&w, i, records[i], defaults, expected_of(expected, i));
    return writing_end(&w, status);
}

/* ---- unlike writes ---- */

static ds_status write_one(writing *w, size_t i, const ds_write *of)
{
    switch (of->kind) {
    case DS_WRITE_CREATE:
        return writing_insert(w, i, of->record, NULL);
    case DS_WRITE_UPDATE:
        return change_update(w, i, of->id, of->changes, of->expected);
    case DS_WRITE_REPLACE:
    case DS_WRITE_REPLACE_OR_CREATE:
        return change_replace(w, i, of->record, of->kind == DS_WRITE_REPLACE, of->expected);
    case DS_WRITE_UPSERT:
        return change_upsert(w, i, of->record, of->defaults, of->expected);
    case DS_WRITE_INCREMENT:
        return change_increment(w, i, of->id, of->property, of->slot, of->by, of->now);
    case DS_WRITE_DELETE:
        return change_update(w, i, of->id, NULL, of->expected);
    case DS_WRITE_EXPIRE:
        return change_expiry(w, i, of->id, of->ttl_ms);
    }
    return ds_error_set(w->call->error, DS_UNSUPPORTED, "a write of a kind that is not known");
}

/* Each table once; the array has room for all. */
static ds_status tables_list(const ds_write *const *writes, size_t n, target *tables, size_t *count, ds_call *call)
{
    ds_status status = DS_OK;
    *count = 0;
    for (size_t i = 0; i < n && status == DS_OK; i++) {
        size_t k = 0;
        table *t = ds_model_state(writes[i]->model);
        while (k < *count && tables[k].table != t)
            k++;
        if (k == *count)
            tables[(*count)++] = (target){.table = t};
        if (writes[i]->kind == DS_WRITE_EXPIRE)
            status = expiry_prepare(t, writes[i]->ttl_ms, call);
    }
    return status;
}

ds_status lite_batch(void *connection, const ds_write *const *writes, size_t n, uint32_t flags, ds_outcomes *outcomes,
                     ds_call *call)
{
    writing w;
    size_t count = 0;
    if (n == 0)
        return DS_OK;
    target *tables = ds_calloc(n, sizeof *tables);
    ds_status status = tables == NULL ? problem_nomem(call->error) : tables_list(writes, n, tables, &count, call);
    if (status == DS_OK)
        status = writing_begin_all(&w, connection, tables, count, n, outcomes, call);
    if (status != DS_OK) {
        ds_free(tables);
        return status;
    }
    for (size_t i = 0; i < n && status == DS_OK && !w.undo; i++) {
        writing_turn(&w, writes[i]->model);
        status = ds_call_check(call);
        if (status == DS_OK)
            status = write_one(&w, i, writes[i]);
        w.undo = (flags & DS_ATOMIC) != 0 && w.marks[i] == UNDECIDED;
    }
    status = writing_end(&w, status);
    ds_free(tables);
    return status;
}
