/* The records of a scan, finished on the way. One block is in memory at a time, but where the library sorts: then all
 * that may still be wanted is. */
#include "source/stream.h"

static const unsigned TRUSTED_BEGINNINGS = 4; /* after as many, the connector is not asked for an order any more */

uint32_t stream_done(const ds_selection *ask, uint32_t did)
{
    uint32_t done = did;
    ds_filter_node where = {.size = sizeof where};
    ds_filter_view(ask->where, &where);
    if (where.kind == DS_FILTER_EVERYTHING)
        done |= DS_DID_WHERE;
    if (ask->order_count == 0)
        done |= DS_DID_ORDER;
    if (ask->after == NULL)
        done |= DS_DID_AFTER;
    else if ((done & DS_DID_ORDER) == 0)
        done &= ~(uint32_t)DS_DID_AFTER;
    const uint32_t before_page = DS_DID_WHERE | DS_DID_ORDER | DS_DID_AFTER;
    if ((done & before_page) != before_page)
        done &= ~(uint32_t)DS_DID_PAGE;
    return done;
}

static void end_scan(stream *self)
{
    if (self->scanning)
        self->connector->end_scan(self->scan);
    self->scanning = false;
    self->scan = NULL;
}

/* Nothing comes from the backend any more; what is in memory stays. */
static void exhaust(stream *self)
{
    end_scan(self);
    self->exhausted = true;
}

static ds_status prepare_sorting(stream *self, ds_error *err)
{
    self->sorting = (self->done & DS_DID_ORDER) == 0;
    if (!self->sorting)
        return DS_OK;
    uint64_t bound = !self->limited                                    ? 0
                     : self->skip_left > UINT64_MAX - self->limit_left ? 0
                                                                       : self->skip_left + self->limit_left;
    return sorter_open(&self->sorter, self->selection, bound, err);
}

static ds_status begin_scan(stream *self, operation *op)
{
    self->did = 0;
    ds_status status = op->connector->find_records(op->connection, op->model, &self->selection->ask, self->may,
                                                   &self->did, &self->scan, &op->call);
    if (status != DS_OK)
        return status;
    self->scanning = true;
    self->beginnings++;
    self->did &= self->may;
    self->done = stream_done(&self->selection->ask, self->did);
    return prepare_sorting(self, &op->error);
}

ds_status stream_open(stream *self, operation *op, selection *sel, uint32_t may)
{
    *self = (stream){.connector = op->connector, .selection = sel, .may = may};
    self->skip_left = sel->ask.skip;
    self->limit_left = sel->ask.limit;
    self->limited = sel->ask.limit != 0;
    self->block = block_new(sel->definition);
    if (self->block == NULL)
        return error_nomem(&op->error);
    return begin_scan(self, op);
}

void stream_close(stream *self)
{
    end_scan(self);
    sorter_close(&self->sorter);
    block_free(self->block);
    ds_free(self->mark);
    *self = (stream){.connector = NULL};
}

/* How many records to ask for: no more than the host still wants, where each record that comes is one that it wants. */
static size_t wanted(const stream *self)
{
    const uint32_t exact = DS_DID_WHERE | DS_DID_ORDER | DS_DID_AFTER;
    if (!self->limited || (self->done & exact) != exact)
        return BLOCK_RECORDS;
    bool skipping = (self->done & DS_DID_PAGE) == 0;
    if (self->limit_left >= BLOCK_RECORDS || (skipping && self->skip_left >= BLOCK_RECORDS))
        return BLOCK_RECORDS;
    size_t left = (size_t)(self->limit_left + (skipping ? self->skip_left : 0));
    return left < BLOCK_RECORDS ? left : BLOCK_RECORDS;
}

/* The record that was taken last is about to go: keeps its place in the order. */
static ds_status remember(stream *self, ds_error *err)
{
    if (self->taken == NULL || self->selection->ask.order_count == 0)
        return DS_OK;
    char *mark = selection_mark(self->selection, self->taken);
    if (mark == NULL)
        return error_nomem(err);
    ds_free(self->mark);
    self->mark = mark;
    return DS_OK;
}

static ds_status read_block(stream *self, operation *op)
{
    ds_status status = remember(self, &op->error);
    if (!self->is_step)
        operation_step(op);
    if (status == DS_OK)
        status = ds_call_check(&op->call);
    if (status != DS_OK)
        return status;
    self->taken = NULL;
    self->position = 0;
    block_reset(self->block, wanted(self));
    status = op->connector->next_block(self->scan, self->block, &op->call);
    if (status != DS_OK) {
        block_reset(self->block, 0);
        return status;
    }
    size_t count = ds_block_count(self->block);
    if (count == 0)
        exhaust(self);
    op->source->stats.records_read += count;
    return DS_OK;
}

/* Whether a record of the block is wanted at all: filter and mark, where they are left to the library. */
static ds_status passes(const stream *self, const ds_record *record, bool *out, ds_error *err)
{
    *out = true;
    ds_status status = DS_OK;
    if ((self->done & DS_DID_WHERE) == 0)
        status = ds_filter_matches(self->selection->ask.where, record, out, err);
    if (status == DS_OK && *out && (self->done & DS_DID_AFTER) == 0)
        *out = selection_is_after(self->selection, record);
    return status;
}

static ds_status take_from_block(stream *self, ds_record **out, ds_error *err)
{
    const uint32_t looked = DS_DID_WHERE | DS_DID_AFTER;
    bool passed = false;
    *out = NULL;
    if ((self->done & looked) == looked) {
        *out = block_record(self->block, self->position++); /* NULL behind the last one */
        return DS_OK;
    }
    while (!passed) {
        ds_record *record = block_record(self->block, self->position++);
        if (record == NULL)
            break;
        ds_status status = passes(self, record, &passed, err);
        if (status != DS_OK)
            return status;
        *out = passed ? record : NULL;
    }
    return DS_OK;
}

static ds_status sort_all(stream *self, operation *op)
{
    while (!self->exhausted) {
        ds_status status = read_block(self, op);
        ds_record *record = NULL;
        while (status == DS_OK && (status = take_from_block(self, &record, &op->error)) == DS_OK && record != NULL)
            status = sorter_add(&self->sorter, record, &op->error);
        if (status != DS_OK)
            return status;
    }
    block_reset(self->block, 0);
    self->position = 0;
    self->sorted = true;
    operation_no_step(op); /* sorting waits for no backend */
    return sorter_finish(&self->sorter, &op->call);
}

/* The plan of an ordered scan does not hold any more: finds again behind the last record. */
static ds_status begin_again(stream *self, operation *op)
{
    end_scan(self);
    op->error = (ds_error){.status = DS_OK};
    if (self->beginnings >= TRUSTED_BEGINNINGS)
        self->may &= ~(uint32_t)(DS_DID_ORDER | DS_DID_AFTER | DS_DID_PAGE);
    self->selection->ask.skip = self->skip_left;
    self->selection->ask.limit = self->limit_left;
    ds_status status = DS_OK;
    if (self->mark != NULL)
        status = selection_go_on(self->selection, self->mark, &op->error);
    return status == DS_OK ? begin_scan(self, op) : status;
}

static bool may_begin_again(const stream *self, ds_status status)
{
    return status == DS_UNSUPPORTED && self->scanning && !self->sorting && (self->did & DS_DID_ORDER) != 0 &&
           self->selection->ask.order_count != 0;
}

ds_status stream_fetch(stream *self, operation *op)
{
    ds_status status;
    while (true) {
        status = self->sorting ? sort_all(self, op) : read_block(self, op);
        if (!may_begin_again(self, status))
            break;
        status = begin_again(self, op);
        if (status != DS_OK)
            break;
    }
    if (status != DS_OK)
        exhaust(self);
    return status;
}

static ds_status take_any(stream *self, ds_record **out, ds_error *err)
{
    if (!self->sorting)
        return take_from_block(self, out, err);
    bool more = self->sorted && self->position < self->sorter.count;
    *out = more ? self->sorter.records[self->position++] : NULL;
    return DS_OK;
}

ds_status stream_take(stream *self, ds_record **out, ds_error *err)
{
    *out = NULL;
    if (self->limited && self->limit_left == 0)
        return DS_OK;
    ds_record *record;
    while (true) {
        ds_status status = take_any(self, &record, err);
        if (status != DS_OK || record == NULL)
            return status;
        self->taken = record;
        if ((self->done & DS_DID_PAGE) != 0)
            self->skip_left = 0;
        if (self->skip_left == 0)
            break;
        self->skip_left--;
    }
    if (self->limited && --self->limit_left == 0)
        exhaust(self);
    *out = record;
    return DS_OK;
}

ds_status stream_next(stream *self, operation *op, ds_record **out)
{
    while (true) {
        ds_status status = stream_take(self, out, &op->error);
        if (status != DS_OK || *out != NULL || self->exhausted)
            return status;
        status = stream_fetch(self, op);
        if (status != DS_OK)
            return status;
    }
}

char *stream_mark(const stream *self)
{
    if (self->taken != NULL)
        return selection_mark(self->selection, self->taken);
    return text_copy(self->mark);
}
