/* Counting: by the entries of an index where they are exactly the records that match, and by SCAN where all of a model without
 * indexes are asked for. The library does the rest. */
#include "find.h"

#include "scan.h"
#include "sweep.h"

/* ---- whether an index's count can be relied on ---- */

static void encode_one(redis_request *request, const redis_model *state, const char *name, key_kind kind)
{
    request_begin(request, 2);
    request_text(request, name);
    request_key(request, state, kind, "", 0);
}

/* The server's time, how many records expire (twice, for one of the keys may have been evicted, and the guard tells it of both),
 * and when the next one does. */
void count_encode_due(redis_request *request, const redis_model *state)
{
    request_begin(request, 1);
    request_text(request, "TIME");
    encode_one(request, state, "ZCARD", KEY_EXPIRES);
    encode_one(request, state, "HLEN", KEY_ENTRIES);
    request_begin(request, 3);
    request_text(request, "HGET");
    request_key(request, state, KEY_ENTRIES, "", 0);
    request_bytes(request, "", 0);
    request_begin(request, 8);
    request_text(request, "ZRANGEBYSCORE");
    request_key(request, state, KEY_EXPIRES, "", 0);
    request_text(request, "-inf");
    request_text(request, "+inf");
    request_text(request, "WITHSCORES");
    request_text(request, "LIMIT");
    request_text(request, "0");
    request_text(request, "1");
}

/* Two texts. */
static bool is_pair(const redis_reply *reply)
{
    return reply != NULL && reply->type == REDIS_ARRAY && reply->count == 2 &&
           reply->elements[0].type == REDIS_STRING && reply->elements[1].type == REDIS_STRING;
}

static bool is_integer(const redis_reply *reply)
{
    return reply != NULL && reply->type == REDIS_INTEGER;
}

/* Entries of records that have expired would be counted until they are swept. */
bool count_is_nothing_due(const find *self, const redis_request *request, size_t command)
{
    const redis_reply *now = redis_reply_at(request, command), *expires = redis_reply_at(request, command + 1),
                      *entries = redis_reply_at(request, command + 2), *guard = redis_reply_at(request, command + 3),
                      *next = redis_reply_at(request, command + 4);
    if (!self->snapshot->expiring)
        return true;
    if (!is_integer(expires) || !is_integer(entries) || guard == NULL || guard->type != REDIS_STRING ||
        !script_says(guard, "1") || entries->integer != expires->integer + 1 || !is_pair(now) || next == NULL)
        return false;
    if (!is_pair(next))
        return next->type == REDIS_ARRAY && next->count == 0 && expires->integer == 0;
    double ms = strtod(now->elements[0].text, NULL) * 1000 + strtod(now->elements[1].text, NULL) / 1000;
    return strtod(next->elements[1].text, NULL) > ms;
}

/* What is due may be swept by whoever may write; where that fails, nothing is lost but time. */
bool count_sweep(find *self, ds_call *call)
{
    ds_error ignored = {.status = DS_OK};
    ds_call own = *call;
    bool clean = false;
    own.error = &ignored;
    return self->snapshot->expiring && !stale_is_read_only(self) &&
           sweep_all(self->map, self->state, self->snapshot, &clean, &own) == DS_OK && clean;
}

/* ---- counting ---- */

static ds_status ask_sizes(find *self, uint64_t *count, bool *sure, ds_call *call)
{
    const plan *of = &self->plan;
    redis_request *request = self->request;
    redis_request_reset(request);
    *count = 0;
    for (size_t i = 0; i < of->range_count; i++) {
        request_begin(request, 4);
        request_text(request, "ZLEXCOUNT");
        walk_encode_key(request, self->state, of->ranges[i].index);
        walk_encode_bounds(request, &of->ranges[i], NULL, false);
    }
    walk_encode_guard(request, self->state, of->ranges[0].index);
    size_t epoch_at = request_count(request);
    walk_encode_epoch(request, self->state);
    count_encode_due(request, self->state);
    ds_status status = redis_run(self->map->redis, request, false, call);
    *sure = status == DS_OK && walk_has_guard(redis_reply_at(request, epoch_at - 1)) &&
            walk_is_epoch(self, redis_reply_at(request, epoch_at)) && count_is_nothing_due(self, request, epoch_at + 1);
    for (size_t i = 0; i < of->range_count && *sure; i++) {
        const redis_reply *reply = redis_reply_at(request, i);
        *sure = reply != NULL && reply->type == REDIS_INTEGER;
        *count += *sure ? (uint64_t)reply->integer : 0;
    }
    return status;
}

/* A candidate whose entries are the records; NULL. */
static const plan *find_exact(const plan_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].is_exact && list->items[i].range_count > 0 && list->items[i].range_count <= MOST_AT_ONCE)
            return &list->items[i];
    return NULL;
}

static ds_status try_index(find *self, bool anew, uint64_t *count, bool *counted, ds_call *call)
{
    plan_question question;
    plan_list list;
    *counted = false;
    *count = 0;
    ds_status status = choose_question(self, anew, &question, call);
    if (status != DS_OK || question.snapshot == NULL)
        return status;
    pool_free(&self->memory);
    status = plan_make(&self->memory, &question, &list);
    if (status != DS_OK)
        return ds_error_set(call->error, status, "out of memory");
    const plan *exact = find_exact(&list);
    *counted = list.items[0].access == PLAN_NOTHING;
    self->plan = exact == NULL ? (plan){.access = PLAN_SCAN} : *exact;
    return exact == NULL || *counted ? DS_OK : ask_sizes(self, count, counted, call);
}

/* Where the first answer cannot be relied on, the schema is read again, and what is due swept up. */
static ds_status count_by_index(find *self, uint64_t *count, bool *counted, ds_call *call)
{
    ds_status status = try_index(self, false, count, counted, call);
    if (status != DS_OK || *counted || self->snapshot == NULL || self->plan.range_count == 0)
        return status;
    status = try_index(self, true, count, counted, call);
    if (status == DS_OK && !*counted && self->snapshot != NULL && self->plan.range_count > 0 && count_sweep(self, call))
        status = ask_sizes(self, count, counted, call);
    return status;
}

static ds_status count_by_scan(find *self, uint64_t *count, ds_call *call)
{
    ds_status status = DS_OK;
    self->plan = (plan){.access = PLAN_SCAN};
    self->remembers = true;
    *count = 0;
    while (status == DS_OK && !self->is_finished && (status = ds_call_progress(call)) == DS_OK) {
        redis_request_reset(self->request);
        scan_encode(self, MOST_AT_ONCE);
        status = redis_run(self->map->redis, self->request, false, call);
        if (status == DS_OK)
            status = scan_check(self, 0, call->error);
        *count += self->pending.count;
        id_list_clear(&self->pending);
    }
    return status;
}

ds_status count_records(void *connection, const ds_model *model, const ds_filter *where, uint64_t *count, ds_call *call)
{
    const ds_selection all = {.size = sizeof all, .where = where};
    ds_filter_node node = {.size = sizeof node};
    find *self;
    bool counted = false;
    ds_filter_view(where, &node);
    ds_status status = find_open(connection, model, &all, DS_DID_WHERE, &self);
    if (status != DS_OK)
        ds_error_set(call->error, status, "out of memory");
    else
        status = count_by_index(self, count, &counted, call);
    bool is_indexed = status == DS_OK && self->snapshot != NULL;
    if (status == DS_OK && !counted)
        status = node.kind == DS_FILTER_EVERYTHING && !is_indexed
                     ? count_by_scan(self, count, call)
                     : ds_error_set(call->error, DS_UNSUPPORTED, "what matches has to be found to be counted");
    end_scan(self);
    return status;
}
