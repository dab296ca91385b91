/* Finds: what matches is copied when the scan begins, put in order and paged, as far as the library allows. */
#include "faulty.h"

#include <stdlib.h>
#include <string.h>

typedef struct scan {
    shop *shop;
    const ds_selection *ask;
    uint32_t did;
    ds_record **records;
    size_t first, count; /* the page: [first, count) */
    size_t next;
} scan;

/* What is done of what may be done: a page only where all before it is. */
static uint32_t doing(const ds_selection *ask, uint32_t may)
{
    uint32_t did = may & (DS_DID_WHERE | DS_DID_ORDER | DS_DID_FIELDS);
    bool ordered = (did & DS_DID_ORDER) != 0 || ask->order_count == 0;
    for (size_t i = 0; i < ask->order_count; i++)
        if (ask->order[i].path != NULL && ask->after != NULL) /* a mark's record cannot be made of a path */
            ordered = false;
    if ((may & DS_DID_AFTER) != 0 && ordered)
        did |= DS_DID_AFTER;
    bool all = (did & DS_DID_WHERE) != 0 && ordered && (ask->after == NULL || (did & DS_DID_AFTER) != 0);
    return all ? did | (may & DS_DID_PAGE) : did;
}

/* A record that holds what the mark says. */
static ds_record *mark_make(const ds_model *model, const ds_selection *ask)
{
    ds_record *mark = ds_record_new(model);
    for (size_t i = 0; mark != NULL && i < ask->order_count; i++) {
        const char *name = ask->order[i].property;
        if (ask->after[i].type == DS_NULL)
            continue;
        if (ds_record_put_named(mark, name, strlen(name), ask->after[i]) != DS_OK) {
            ds_record_free(mark);
            return NULL;
        }
    }
    return mark;
}

static bool is_behind(const scan *self, const ds_record *record, const ds_record *mark)
{
    int result = in_order(self->shop, self->ask->order, self->ask->order_count, record, mark);
    return result > 0 || (result == 0 && self->shop->fault == FAULT_MARK_REPEATS);
}

static ds_status keep(scan *self, const ds_record *record, const ds_record *mark, ds_error *err)
{
    bool matches = true;
    ds_status status = DS_OK;
    if ((self->did & DS_DID_WHERE) != 0 && self->shop->fault != FAULT_PAGE_BEFORE_FILTER)
        status = judge(self->shop, self->ask->where, record, &matches, err);
    if (status != DS_OK || !matches || (mark != NULL && !is_behind(self, record, mark)))
        return status;
    status = ds_record_copy(record, &self->records[self->count], err);
    self->count += status == DS_OK;
    return status;
}

static ds_status collect(scan *self, const shelf *from, const ds_model *model, ds_error *err)
{
    ds_record *mark = NULL;
    ds_status status = DS_OK;
    if ((self->did & DS_DID_AFTER) != 0 && self->ask->after != NULL && (mark = mark_make(model, self->ask)) == NULL)
        return ds_error_set(err, DS_NOMEM, "out of memory");
    for (size_t i = 0; i < from->count && status == DS_OK; i++)
        status = keep(self, from->items[i].record, mark, err);
    ds_record_free(mark);
    return status;
}

static int compare(const void *a, const void *b, void *user)
{
    const scan *self = user;
    return in_order(self->shop, self->ask->order, self->ask->order_count, *(ds_record *const *)a,
                    *(ds_record *const *)b);
}

static void cut_page(scan *self)
{
    uint64_t skip = self->ask->skip, limit = self->ask->limit;
    if (self->shop->fault == FAULT_SKIP_OFF_BY_ONE && skip > 0)
        skip++;
    if (self->shop->fault == FAULT_LIMIT_COUNTS_SKIPPED && limit > 0)
        limit = limit > skip ? limit - skip : 0;
    self->first = skip < self->count ? (size_t)skip : self->count;
    if (self->ask->limit == 0 || limit >= self->count - self->first)
        return;
    for (size_t i = self->first + limit; i < self->count; i++)
        ds_record_free(self->records[i]);
    self->count = self->first + limit;
}

/* The filter after the page. */
static ds_status filter_page(scan *self, ds_error *err)
{
    bool matches;
    ds_status status = DS_OK;
    size_t kept = self->first, i = kept;
    for (; i < self->count && status == DS_OK; i++) {
        status = judge(self->shop, self->ask->where, self->records[i], &matches, err);
        if (status == DS_OK && !matches)
            ds_record_free(self->records[i]);
        else
            self->records[kept++] = self->records[i];
    }
    for (; i < self->count; i++)
        self->records[kept++] = self->records[i];
    self->count = kept;
    return status;
}

ds_status faulty_find(void *connection, const ds_model *model, const ds_selection *ask, uint32_t may, uint32_t *did,
                      void **out, ds_call *call)
{
    shop *s = connection;
    shelf *from = ds_model_state(model);
    scan *self = ds_calloc(1, sizeof *self);
    if (self == NULL)
        return ds_error_set(call->error, DS_NOMEM, "out of memory");
    pthread_mutex_lock(&s->lock);
    shelf_sweep(s, from);
    *self = (scan){.shop = s, .ask = ask, .did = doing(ask, may)};
    self->records = ds_calloc(from->count + 1, sizeof *self->records);
    ds_status status = self->records == NULL ? ds_error_set(call->error, DS_NOMEM, "out of memory")
                                             : collect(self, from, model, call->error);
    s->next = 0;
    pthread_mutex_unlock(&s->lock);
    if (status == DS_OK && (self->did & DS_DID_ORDER) != 0 && ask->order_count > 0)
        qsort_r(self->records, self->count, sizeof *self->records, compare, self);
    if (status == DS_OK && (self->did & DS_DID_PAGE) != 0)
        cut_page(self);
    if (status == DS_OK && (self->did & DS_DID_WHERE) != 0 && s->fault == FAULT_PAGE_BEFORE_FILTER)
        status = filter_page(self, call->error);
    if (status == DS_OK) {
        self->next = self->first;
        *did = self->did;
        *out = self;
        return DS_OK;
    }
    faulty_end(self);
    return status;
}

static bool is_asked(const ds_selection *ask, const char *name, size_t but)
{
    for (size_t i = 0; i + but < ask->field_count; i++)
        if (strcmp(ask->fields[i], name) == 0)
            return true;
    return false;
}

static ds_status answer(const scan *self, ds_block *block, const ds_record *record)
{
    if ((self->did & DS_DID_FIELDS) == 0 || self->ask->field_count == 0)
        return ds_block_add_copy(block, record);
    ds_record *to = ds_block_add(block);
    ds_status status = to == NULL ? DS_NOMEM : DS_OK;
    ds_field field;
    for (size_t slot = 0; slot < ds_record_slots(record) && status == DS_OK; slot++)
        if (ds_record_field(record, slot, &field) &&
            is_asked(self->ask, field.name, self->shop->fault == FAULT_FIELDS_MISSING))
            status = ds_record_put_named(to, field.name, field.name_length, field.value);
    return status;
}

ds_status faulty_next(void *scan_, ds_block *block, ds_call *call)
{
    scan *self = scan_;
    ds_status status = ds_call_check(call);
    fault planted = self->shop->fault;
    size_t *next = planted == FAULT_SCANS_SHARED ? &self->shop->next : &self->next;
    size_t end = planted == FAULT_LAST_RECORD_LOST && self->count > 0 ? self->count - 1 : self->count;
    if (planted == FAULT_RECORD_TWICE && *next > self->first && *next < end)
        --*next;
    while (status == DS_OK && *next < end && ds_block_wanted(block) > 0)
        status = answer(self, block, self->records[(*next)++]);
    return status == DS_NOMEM ? ds_error_set(call->error, status, "out of memory") : status;
}

void faulty_end(void *scan_)
{
    scan *self = scan_;
    for (size_t i = 0; self->records != NULL && i < self->count; i++)
        ds_record_free(self->records[i]);
    ds_free(self->records);
    ds_free(self);
}

ds_status faulty_by_ids(void *connection, const ds_model *model, const ds_value *ids, size_t n, ds_block *block,
                        ds_call *call)
{
    shop *s = connection;
    shelf *from = ds_model_state(model);
    ds_status status = ds_call_check(call);
    pthread_mutex_lock(&s->lock);
    shelf_sweep(s, from);
    for (size_t i = 0; i < n && status == DS_OK; i++) {
        size_t at = shelf_find(s, from, model, ids[i]);
        if (at < from->count)
            status = ds_block_add_copy(block, from->items[at].record);
        else if (s->fault == FAULT_MISSING_ID_FAILS)
            status = ds_error_set(call->error, DS_NOT_FOUND, "one of the records is not there");
    }
    pthread_mutex_unlock(&s->lock);
    return status == DS_NOMEM ? ds_error_set(call->error, status, "out of memory") : status;
}

ds_status faulty_count(void *connection, const ds_model *model, const ds_filter *where, uint64_t *count, ds_call *call)
{
    shop *s = connection;
    shelf *from = ds_model_state(model);
    ds_status status = ds_call_check(call);
    *count = 0;
    pthread_mutex_lock(&s->lock);
    shelf_sweep(s, from);
    for (size_t i = 0; i < from->count && status == DS_OK; i++) {
        bool matches = true;
        if (s->fault != FAULT_COUNT_OF_ALL)
            status = judge(s, where, from->items[i].record, &matches, call->error);
        *count += matches;
    }
    pthread_mutex_unlock(&s->lock);
    return status;
}
