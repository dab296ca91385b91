/* Unlike writes of several models: prepared in their order, each seeing those before it, then one frame in the file, and put
 * in place in all tables at once. An atomic batch is given up at the first write that cannot be done. */
#include "batch.h"

#include <stdlib.h>

static void write_one(batch *b, size_t i, const ds_write *w)
{
    switch (w->kind) {
    case DS_WRITE_CREATE:
        batch_create(b, i, w->record);
        break;
    case DS_WRITE_UPDATE:
        batch_update(b, i, w->id, w->changes, w->expected);
        break;
    case DS_WRITE_REPLACE:
    case DS_WRITE_REPLACE_OR_CREATE:
        batch_replace(b, i, w->record, w->kind == DS_WRITE_REPLACE, w->expected);
        break;
    case DS_WRITE_UPSERT:
        batch_upsert(b, i, w->record, w->defaults, w->expected);
        break;
    case DS_WRITE_INCREMENT:
        batch_increment(b, i, w->id, w->property, w->slot, w->by, w->now);
        break;
    case DS_WRITE_DELETE:
        batch_delete(b, i, w->id, w->expected);
        break;
    case DS_WRITE_EXPIRE:
        batch_expire(b, i, w->id, w->ttl_ms);
        break;
    }
}

/* ---- tables ---- */

/* The models that are written to, each once, in the order in which their tables are locked. */
typedef struct tables {
    changes *list;
    size_t count;
} tables;

static int by_table(const void *left, const void *right)
{
    const changes *a = left, *b = right;
    return a->table < b->table ? -1 : a->table > b->table;
}

static changes *table_changes(const tables *t, const ds_model *model)
{
    const changes wanted = {.table = ds_model_state(model)};
    return bsearch(&wanted, t->list, t->count, sizeof *t->list, by_table);
}

static bool is_listed(const tables *t, const ds_model *model)
{
    for (size_t i = t->count; i-- > 0;)
        if (t->list[i].model == model)
            return true;
    return false;
}

static size_t count_turns(const ds_write *const *writes, size_t n)
{
    size_t turns = 1;
    for (size_t i = 1; i < n; i++)
        turns += writes[i]->model != writes[i - 1]->model;
    return turns;
}

static ds_status tables_begin(tables *t, memory *m, const ds_write *const *writes, size_t n, ds_call *call)
{
    t->count = 0;
    t->list = ds_calloc(count_turns(writes, n), sizeof *t->list);
    if (t->list == NULL)
        return ds_error_set(call->error, DS_NOMEM, "out of memory for a batch of %zu writes", n);
    for (size_t i = 0; i < n; i++)
        if (!is_listed(t, writes[i]->model))
            t->list[t->count++] = (changes){.model = writes[i]->model, .table = ds_model_state(writes[i]->model)};
    qsort(t->list, t->count, sizeof *t->list, by_table);
    ds_status status = DS_OK;
    size_t begun = 0;
    while (begun < t->count && (status = changes_begin(&t->list[begun], m, t->list[begun].model, call)) == DS_OK)
        begun++;
    if (status == DS_OK)
        return DS_OK;
    while (begun-- > 0)
        changes_abandon(&t->list[begun]);
    ds_free(t->list);
    return status;
}

static ds_status tables_end(tables *t, ds_status status, bool give_up)
{
    if (status == DS_OK && !give_up)
        status = changes_commit(t->list, t->count);
    else
        for (size_t i = t->count; i-- > 0;)
            changes_abandon(&t->list[i]);
    ds_free(t->list);
    return status;
}

ds_status memory_batch(void *connection, const ds_write *const *writes, size_t n, uint32_t flags, ds_outcomes *outcomes,
                       ds_call *call)
{
    batch b;
    tables t;
    bool give_up = false;
    ds_status status = batch_open(&b, n, outcomes, call);
    if (status != DS_OK || n == 0)
        return status;
    status = tables_begin(&t, connection, writes, n, call);
    if (status != DS_OK)
        return batch_close(&b, status);
    for (size_t i = 0; i < n && status == DS_OK && !give_up; i++) {
        b.changes = table_changes(&t, writes[i]->model);
        status = batch_step(&b, i);
        if (status == DS_OK)
            write_one(&b, i, writes[i]);
        give_up = (flags & DS_ATOMIC) != 0 && status == DS_OK && b.marks[i] == UNDECIDED;
    }
    for (size_t i = 0; i < n && give_up; i++)
        b.marks[i] = UNDECIDED;
    return batch_close(&b, tables_end(&t, status, give_up));
}
