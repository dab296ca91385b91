/* Skipping by rank: the entry at which to begin is found by its number, instead of by walking over all before it. */
#include "find.h"

#define WORTH_IT 50 /* fewer are walked over in the round trip that this takes */

/* Whether each entry of one range is a record that is wanted. */
bool skip_is_possible(const find *self)
{
    const plan *of = &self->plan;
    const uint32_t parts = DS_DID_WHERE | DS_DID_ORDER | DS_DID_PAGE;
    return of->is_ordered && of->is_exact && of->range_count == 1 && (self->may & parts) == parts &&
           self->selection->skip >= WORTH_IT && self->selection->skip < INT64_MAX / 2 &&
           (self->selection->after == NULL || of->starts_after);
}

/* All entries before the range; of one that goes backwards, all behind it. */
static plan_range outside(const plan *of)
{
    const plan_range *range = of->ranges;
    if (of->is_reverse)
        return (plan_range){.index = range->index, .first = range->behind, .is_endless = true};
    return (plan_range){.index = range->index, .behind = range->first};
}

/* How many entries stand before the range's first one; the guard is the first of all. */
static ds_status count_before(find *self, uint64_t *before, ds_call *call, bool *sure)
{
    redis_request *request = self->request;
    plan_range range = outside(&self->plan);
    bool is_none = self->plan.is_reverse ? self->plan.ranges[0].is_endless : range.behind.length == 0;
    redis_request_reset(request);
    if (!is_none) {
        request_begin(request, 4);
        request_text(request, "ZLEXCOUNT");
        walk_encode_key(request, self->state, range.index);
        walk_encode_bounds(request, &range, NULL, false);
    }
    size_t guard_at = request_count(request);
    walk_encode_guard(request, self->state, range.index);
    walk_encode_epoch(request, self->state);
    count_encode_due(request, self->state);
    ds_status status = redis_run(self->map->redis, request, false, call);
    const redis_reply *reply = status == DS_OK && !is_none ? redis_reply_at(request, 0) : NULL;
    *sure = status == DS_OK && walk_has_guard(redis_reply_at(request, guard_at)) &&
            walk_is_epoch(self, redis_reply_at(request, guard_at + 1)) &&
            count_is_nothing_due(self, request, guard_at + 2) &&
            (is_none || (reply != NULL && reply->type == REDIS_INTEGER));
    *before = reply == NULL ? 0 : (uint64_t)reply->integer;
    *before += !self->plan.is_reverse;
    return status;
}

/* Lets the range begin at an entry. */
static ds_status begin_at(find *self, bytes entry)
{
    plan_range *range = self->plan.ranges;
    char *copy = pool_copy(&self->memory, entry.at, entry.length);
    if (copy == NULL)
        return DS_NOMEM;
    bytes at = {copy, entry.length};
    if (!self->plan.is_reverse && bytes_compare(at, range->first) > 0)
        range->first = at;
    at.length++; /* the NUL behind it: just above the entry */
    if (self->plan.is_reverse && (range->is_endless || bytes_compare(at, range->behind) < 0)) {
        range->behind = at;
        range->is_endless = false;
    }
    return DS_OK;
}

/* The entry of that rank, with the guard and the epoch behind it: until now the index was whole. *out has no bytes where fewer
 * are there. */
static ds_status find_entry(find *self, uint64_t rank, bytes *out, ds_call *call, bool *sure)
{
    const schema_index *index = self->plan.ranges[0].index;
    redis_request_reset(self->request);
    request_begin(self->request, 4);
    request_text(self->request, self->plan.is_reverse ? "ZREVRANGE" : "ZRANGE");
    walk_encode_key(self->request, self->state, index);
    request_integer(self->request, (int64_t)rank);
    request_integer(self->request, (int64_t)rank);
    walk_encode_guard(self->request, self->state, index);
    walk_encode_epoch(self->request, self->state);
    ds_status status = redis_run(self->map->redis, self->request, false, call);
    const redis_reply *reply = status == DS_OK ? redis_reply_at(self->request, 0) : NULL;
    *out = (bytes){NULL, 0};
    *sure = reply != NULL && reply->type == REDIS_ARRAY && reply->count <= 1 &&
            (reply->count == 0 || reply->elements[0].type == REDIS_STRING) &&
            walk_has_guard(redis_reply_at(self->request, 1)) && walk_is_epoch(self, redis_reply_at(self->request, 2));
    if (*sure && reply->count == 1)
        *out = (bytes){reply->elements[0].text, reply->elements[0].length};
    return status;
}

/* Where the ranks cannot be relied on, or may not be asked for, all records are walked over: the walk tells what is wrong. */
ds_status skip_by_rank(find *self, ds_call *call)
{
    uint64_t before, skip = self->selection->skip;
    bytes entry;
    bool sure;
    if (!skip_is_possible(self))
        return DS_OK;
    ds_status status = count_before(self, &before, call, &sure);
    if (status == DS_OK && !sure && count_sweep(self, call))
        status = count_before(self, &before, call, &sure);
    if (status != DS_OK || !sure)
        return status;
    status = find_entry(self, before + skip, &entry, call, &sure);
    if (status != DS_OK || !sure)
        return status;
    if (entry.length == 0) { /* fewer than that are there: nothing is left (backwards, the guard is the last) */
        self->is_finished = true;
        self->stream_count = 0;
    } else {
        status = begin_at(self, entry);
    }
    if (status == DS_OK) {
        self->did |= DS_DID_PAGE;
        self->limits = self->selection->limit != 0;
        self->left = self->selection->limit;
    }
    return status;
}
