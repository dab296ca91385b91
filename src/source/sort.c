/* Sorting what a scan answers without order: all of it, or with a limit the best alone, by a heap whose root is the
 * last in order. The copies live in a block; those that fell out of the heap are left behind when the block is made
 * anew. */
#include "source/stream.h"

static const size_t CHECK_EVERY = 4096; /* records merged between two looks at the clock and the token */
static const size_t SLACK = 256;        /* copies that may lie in the block beside twice the bound */

ds_status sorter_open(sorter *self, const selection *sel, uint64_t bound, ds_error *err)
{
    *self = (sorter){.ask = &sel->ask};
    self->bound = bound > SIZE_MAX / 4 ? 0 : (size_t)bound;
    self->block = block_new(sel->definition);
    return self->block != NULL ? DS_OK : error_nomem(err);
}

void sorter_close(sorter *self)
{
    block_free(self->block);
    ds_free(self->records);
    *self = (sorter){.ask = NULL};
}

static bool is_before(const sorter *self, const ds_record *a, const ds_record *b)
{
    return ds_order_compare(self->ask->order, self->ask->order_count, a, b) < 0;
}

/* A copy of the fields that the selection needs. */
static ds_record *keep(ds_block *block, const ds_selection *ask, const ds_record *record)
{
    if (ask->field_count == 0)
        return ds_block_add_copy(block, record) == DS_OK ? block_record(block, ds_block_count(block) - 1) : NULL;
    ds_record *copy = ds_block_add(block);
    for (size_t i = 0; copy != NULL && i < ask->field_count; i++) {
        size_t slot = record_find(record, ask->fields[i], strlen(ask->fields[i]));
        ds_field field;
        if (slot != DS_NO_SLOT && ds_record_field(record, slot, &field) && record_put_field(copy, &field) != DS_OK)
            return NULL;
    }
    return copy;
}

static void sift_down(const sorter *self, size_t i)
{
    ds_record **records = self->records;
    ds_record *record = records[i];
    for (size_t child; (child = 2 * i + 1) < self->count; i = child) {
        if (child + 1 < self->count && is_before(self, records[child], records[child + 1]))
            child++;
        if (!is_before(self, record, records[child]))
            break;
        records[i] = records[child];
    }
    records[i] = record;
}

static ds_status compact(sorter *self, ds_error *err)
{
    ds_block *block = block_new(record_definition(self->records[0]));
    if (block == NULL)
        return error_nomem(err);
    for (size_t i = 0; i < self->count; i++)
        if (ds_block_add_copy(block, self->records[i]) != DS_OK) {
            block_free(block);
            return error_nomem(err);
        }
    for (size_t i = 0; i < self->count; i++)
        self->records[i] = block_record(block, i);
    block_free(self->block);
    self->block = block;
    return DS_OK;
}

/* The bound is reached: the record takes the place of the last one, or is passed over. */
static ds_status replace_last(sorter *self, const ds_record *record, ds_error *err)
{
    if (!is_before(self, record, self->records[0]))
        return DS_OK;
    if (ds_block_count(self->block) >= 2 * self->bound + SLACK) {
        ds_status status = compact(self, err);
        if (status != DS_OK)
            return status;
    }
    ds_record *copy = keep(self->block, self->ask, record);
    if (copy == NULL)
        return error_nomem(err);
    self->records[0] = copy;
    sift_down(self, 0);
    return DS_OK;
}

static ds_status make_room(sorter *self, ds_error *err)
{
    if (self->count < self->room)
        return DS_OK;
    size_t room = self->room == 0 ? SLACK : 2 * self->room;
    ds_record **records = ds_realloc(self->records, room * sizeof *records);
    if (records == NULL)
        return error_nomem(err);
    self->records = records;
    self->room = room;
    return DS_OK;
}

ds_status sorter_add(sorter *self, const ds_record *record, ds_error *err)
{
    if (self->bound != 0 && self->count == self->bound)
        return replace_last(self, record, err);
    ds_status status = make_room(self, err);
    if (status != DS_OK)
        return status;
    ds_record *copy = keep(self->block, self->ask, record);
    if (copy == NULL)
        return error_nomem(err);
    self->records[self->count++] = copy;
    if (self->count == self->bound)
        for (size_t i = self->count / 2; i-- > 0;)
            sift_down(self, i);
    return DS_OK;
}

/* Merges the sorted runs [from, middle) and [middle, to), and looks now and then whether it may go on. */
static ds_status merge(const sorter *self, ds_record *const *in, ds_record **out, size_t from, size_t middle, size_t to,
                       const ds_call *call)
{
    size_t left = from, right = middle;
    for (size_t i = from; i < to; i++) {
        if (i % CHECK_EVERY == 0 && ds_call_check(call) != DS_OK)
            return ds_call_check(call);
        bool take_left = left < middle && (right >= to || !is_before(self, in[right], in[left]));
        out[i] = in[take_left ? left++ : right++];
    }
    return DS_OK;
}

ds_status sorter_finish(sorter *self, const ds_call *call)
{
    size_t count = self->count;
    if (count < 2)
        return ds_call_check(call);
    ds_status status = DS_OK;
    ds_record **in = self->records;
    ds_record **out = ds_malloc(self->room * sizeof *out);
    if (out == NULL)
        return error_nomem(call->error);
    for (size_t width = 1; status == DS_OK && width < count; width *= 2) {
        for (size_t from = 0; status == DS_OK && from < count; from += 2 * width) {
            size_t middle = from + width < count ? from + width : count;
            size_t to = middle + width < count ? middle + width : count;
            status = merge(self, in, out, from, middle, to, call);
        }
        if (status != DS_OK)
            break; /* `in` has them all still */
        ds_record **swap = in;
        in = out;
        out = swap;
    }
    ds_free(out);
    self->records = in;
    return status == DS_OK ? ds_call_check(call) : status;
}
