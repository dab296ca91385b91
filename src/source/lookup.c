/* Records by id: by the connector's own entry, or else by a find for these ids; and the cursor's walk over many ids. */
#include "source/stream.h"

#include <stdlib.h>

/* One find for all of them. */
static ds_status find_ids(operation *op, const ds_value *ids, size_t n, ds_block *block)
{
    const definition *def = op->model->definition;
    ds_filter *filter = ds_where_in(def->properties[def->id_slot].name, ids, n);
    if (filter == NULL)
        return error_nomem(&op->error);
    selection *sel = NULL;
    stream walk = {.connector = NULL};
    ds_record *record = NULL;
    ds_status status = selection_bind(DS_QUERY(.where = filter, .limit = n), def, &sel, &op->error);
    if (status == DS_OK)
        status = stream_open(&walk, op, sel, DS_DID_WHERE | DS_DID_PAGE);
    walk.is_step = true;
    while (status == DS_OK && (status = stream_next(&walk, op, &record)) == DS_OK && record != NULL)
        if (ds_block_add_copy(block, record) != DS_OK)
            status = error_nomem(&op->error);
    stream_close(&walk);
    selection_free(sel);
    ds_filter_free(filter);
    return status;
}

ds_status lookup_ids(operation *op, const ds_value *ids, size_t n, ds_block *block)
{
    block_reset(block, n);
    if (op->connector->find_by_ids != NULL) {
        ds_status status = op->connector->find_by_ids(op->connection, op->model, ids, n, block, &op->call);
        if (!left_to_library(op, status)) {
            op->source->stats.records_read += status == DS_OK ? ds_block_count(block) : 0;
            return status;
        }
        block_reset(block, n);
    }
    return find_ids(op, ids, n, block);
}

ds_status lookup_one(operation *op, ds_value id, ds_block **block, ds_record **out)
{
    *out = NULL;
    *block = block_new_alone(op->model->definition);
    if (*block == NULL)
        return error_nomem(&op->error);
    ds_status status = lookup_ids(op, &id, 1, *block);
    if (status == DS_OK && ds_block_count(*block) > 0)
        *out = block_record(*block, 0);
    return status;
}

/* ---- the walk over many ---- */

typedef struct wanted {
    ds_value id;
    ds_record *record; /* NULL: not found */
} wanted;

struct lookup {
    arena arena;
    ds_value *ids;
    size_t count, position; /* of the ids */
    ds_block *block;
    ds_record *found[BLOCK_RECORDS]; /* in the order of the ids */
    size_t found_count, taken;
};

ds_status lookup_open(const ds_model *model, const ds_value *ids, size_t n, lookup **out, ds_error *err)
{
    lookup *self = ds_calloc(1, sizeof *self);
    if (self == NULL)
        return error_nomem(err);
    ds_status status = DS_OK;
    self->ids = arena_zeroed(&self->arena, n == 0 ? 1 : n, sizeof *ids);
    self->block = block_new(model->definition);
    if (self->ids == NULL || self->block == NULL)
        status = error_nomem(err);
    for (; status == DS_OK && self->count < n; self->count++)
        status = id_coerce(model, ids[self->count], &self->arena, &self->ids[self->count], err);
    if (status == DS_OK)
        *out = self;
    else
        lookup_close(self);
    return status;
}

void lookup_close(lookup *self)
{
    if (self == NULL)
        return;
    block_free(self->block);
    arena_free(&self->arena);
    ds_free(self);
}

ds_record *lookup_take(lookup *self)
{
    return self->taken < self->found_count ? self->found[self->taken++] : NULL;
}

bool lookup_exhausted(const lookup *self)
{
    return self->position >= self->count;
}

static int compare_wanted(const void *a, const void *b)
{
    return ds_value_compare(((const wanted *)a)->id, ((const wanted *)b)->id);
}

/* Sorted, and each id once; returns how many there are. */
static size_t wanted_make(wanted *all, const ds_value *ids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        all[i] = (wanted){.id = ids[i]};
    qsort(all, n, sizeof *all, compare_wanted);
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (count == 0 || compare_wanted(&all[count - 1], &all[i]) != 0)
            all[count++] = all[i];
    return count;
}

/* Gives each id its record, whatever order they came in. */
static void place(lookup *self, wanted *all, size_t count, const ds_value *ids, size_t n)
{
    for (size_t i = 0; i < ds_block_count(self->block); i++) {
        ds_record *record = block_record(self->block, i);
        wanted key = {.id = record_peek(record, record_definition(record)->id_slot)};
        wanted *match = bsearch(&key, all, count, sizeof *all, compare_wanted);
        if (match != NULL)
            match->record = record;
    }
    for (size_t i = 0; i < n; i++) {
        wanted key = {.id = ids[i]};
        wanted *match = bsearch(&key, all, count, sizeof *all, compare_wanted);
        if (match != NULL && match->record != NULL)
            self->found[self->found_count++] = match->record;
    }
}

ds_status lookup_fetch(lookup *self, operation *op)
{
    const ds_value *ids = self->ids + self->position;
    size_t left = self->count - self->position;
    size_t n = left < BLOCK_RECORDS ? left : BLOCK_RECORDS;
    wanted all[BLOCK_RECORDS];
    ds_value distinct[BLOCK_RECORDS];
    size_t count = wanted_make(all, ids, n);
    for (size_t i = 0; i < count; i++)
        distinct[i] = all[i].id;
    self->found_count = self->taken = 0;
    operation_step(op);
    ds_status status = lookup_ids(op, distinct, count, self->block);
    if (status != DS_OK)
        return status;
    self->position += n;
    place(self, all, count, ids, n);
    return DS_OK;
}
