/* Choosing among candidates: by what they read. Where there is only one, or one reads hardly anything, nothing is asked; else
 * the entries of each are counted by the server, in one round trip. */
#include "find.h"

#define COUNTED_RANGES 1000             /* of a plan, spread over it; the others are taken to hold as much */
#define UNKNOWN        (UINT64_MAX / 2) /* the server did not say: as much as can be */

/* ---- the question ---- */

/* What the indexes are, and which of them can be relied on. */
void choose_describe(const find *self, plan_question *out)
{
    *out = (plan_question){
        .state = self->state, .snapshot = self->snapshot, .selection = self->selection, .may = self->may};
    if (self->snapshot == NULL)
        return;
    out->distrusted = trust_bits(self->state->trust->lost, self->snapshot->epoch);
    out->disordered = trust_bits(self->state->trust->cut, self->snapshot->epoch);
}

static bool is_readable(const plan_question *question, const ds_index *own)
{
    const schema_index *index = question->snapshot == NULL ? NULL : schema_find(question->snapshot, own);
    return index != NULL && (question->distrusted >> (index - question->snapshot->indexes) & 1) == 0;
}

/* An index that cannot be used may have been built meanwhile, and a walk without it would never learn so. */
#define LOOK_AGAIN 1000000000 /* ns */

static bool wants_look(const find *self, const plan_question *question)
{
    bool is_whole = true;
    for (size_t i = 0; i < ds_model_index_count(self->state->model); i++)
        is_whole &= is_readable(question, ds_model_index(self->state->model, i));
    return !is_whole && trust_may_look(self->state->trust, ds_now(), LOOK_AGAIN);
}

static ds_status look(find *self, bool anew, plan_question *out, ds_call *call)
{
    schema_release(self->state, self->snapshot);
    self->snapshot = NULL;
    ds_status status = schema_look(self->map, self->state, anew, &self->snapshot, call);
    choose_describe(self, out);
    return status;
}

ds_status choose_question(find *self, bool anew, plan_question *out, ds_call *call)
{
    choose_describe(self, out);
    if (self->state->schemas == NULL)
        return DS_OK;
    ds_status status = look(self, anew, out, call);
    return status == DS_OK && !anew && wants_look(self, out) ? look(self, true, out, call) : status;
}

/* ---- counting entries ---- */

static void encode_count(redis_request *request, const redis_model *state, const plan_range *range)
{
    request_begin(request, 4);
    request_text(request, "ZLEXCOUNT");
    walk_encode_key(request, state, range->index);
    walk_encode_bounds(request, range, NULL, false);
}

static size_t counted_ranges(const plan *of)
{
    return of->range_count < COUNTED_RANGES ? of->range_count : COUNTED_RANGES;
}

/* Of what the server did not answer with a number, which a user without the right is not given, nothing is known. */
static uint64_t take_number(const redis_reply *reply)
{
    bool is_number = reply != NULL && reply->type == REDIS_INTEGER && reply->integer >= 0;
    return is_number && (uint64_t)reply->integer < UNKNOWN ? (uint64_t)reply->integer : UNKNOWN;
}

static const plan_range *counted_range(const plan *of, size_t i)
{
    return &of->ranges[i * of->range_count / counted_ranges(of)];
}

static void take_count(const redis_request *request, size_t *command, plan *of)
{
    double sum = 0;
    size_t counted = counted_ranges(of);
    for (size_t i = 0; i < counted; i++)
        sum += (double)take_number(redis_reply_at(request, (*command)++));
    if (counted < of->range_count)
        sum = sum * (double)of->range_count / (double)counted;
    sum += (double)(of->id_count + of->claim_count);
    of->entries = sum < (double)UNKNOWN ? (uint64_t)sum : UNKNOWN;
}

/* An index has no more entries than there are records, or keys, whatever was not counted. */
static void limit_counts(plan_list *list)
{
    const plan *last = &list->items[list->count - 1];
    for (size_t i = 0; i < list->count && last->used == 0; i++)
        if (list->items[i].entries > last->entries &&
            (list->items[i].access == PLAN_INDEX || list->items[i].entries == UNKNOWN))
            list->items[i].entries = last->entries;
}

ds_status choose_count(find *self, plan_list *list, ds_call *call)
{
    redis_request *request = self->request;
    size_t command = 0;
    redis_request_reset(request);
    for (size_t i = 0; i < list->count; i++)
        for (size_t k = 0; k < counted_ranges(&list->items[i]); k++)
            encode_count(request, self->state, counted_range(&list->items[i], k));
    size_t size_at = request_count(request);
    if (list->items[list->count - 1].access == PLAN_SCAN) {
        request_begin(request, 1);
        request_text(request, "DBSIZE");
    }
    ds_status status = redis_run(self->map->redis, request, false, call);
    for (size_t i = 0; i < list->count && status == DS_OK; i++) {
        take_count(request, &command, &list->items[i]);
        if (list->items[i].access == PLAN_SCAN)
            list->items[i].entries = take_number(redis_reply_at(request, size_at));
    }
    redis_request_reset(request);
    limit_counts(list);
    return status;
}

/* ---- cost ---- */

/* How many records match, as far as is known: no more than the narrowest candidate has. */
static double least_entries(const plan_list *list)
{
    double least = 1e18;
    for (size_t i = 0; i < list->count; i++)
        if ((double)list->items[i].entries < least)
            least = (double)list->items[i].entries;
    return least < 1 ? 1 : least;
}

/* The records that are read until the host has what it wants: where the plan gives them in order, and not only those that
 * match, as many more as do not. What is sorted is kept in memory as well. */
static double cost_of(const plan *of, const ds_selection *ask, double matching)
{
    double entries = (double)of->entries, wanted = (double)ask->limit + (double)ask->skip;
    bool sorts = ask->order_count > 0 && !of->is_ordered;
    if (sorts)
        return entries * 1.25 + 1;
    if (ask->limit == 0)
        return entries;
    double read = of->is_exact ? wanted : wanted * (entries / matching > 1 ? entries / matching : 1);
    return read < entries ? read : entries;
}

static void rate(const find *self, plan_list *list, double matching)
{
    for (size_t i = 0; i < list->count; i++)
        list->items[i].cost = cost_of(&list->items[i], self->selection, matching);
}

static const plan *cheapest(const plan_list *list)
{
    const plan *best = &list->items[0];
    for (size_t i = 1; i < list->count; i++)
        if (list->items[i].cost < best->cost)
            best = &list->items[i];
    return best;
}

/* ---- choosing ---- */

#define FEW 16

static bool reads_little(const plan *of)
{
    return of->access == PLAN_NOTHING || of->access == PLAN_IDS ||
           (of->access == PLAN_UNIQUE && of->claim_count <= FEW);
}

/* One that needs no comparison; NULL. The walk over everything, which is the last, is never better than what narrows it and
 * leaves nothing to sort. */
static const plan *choose_at_once(const find *self, const plan_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (reads_little(&list->items[i]))
            return &list->items[i];
    const plan *last = &list->items[list->count - 1];
    bool is_sorted = self->selection->order_count == 0;
    if (list->count == 2 && (is_sorted || list->items[0].is_ordered || !last->is_ordered))
        return &list->items[0];
    return list->count == 1 ? last : NULL;
}

/* Of two that use the same conditions for the same, the first one does. */
static void drop_doubles(plan_list *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        bool is_double = false;
        for (size_t k = 0; k < kept && i + 1 < list->count; k++) {
            const plan *a = &list->items[k], *b = &list->items[i];
            is_double |= a->access == PLAN_INDEX && b->access == PLAN_INDEX && a->used == b->used &&
                         a->is_ordered == b->is_ordered && a->is_merged == b->is_merged &&
                         a->range_count == b->range_count;
        }
        if (!is_double)
            list->items[kept++] = list->items[i];
    }
    list->count = kept;
}

ds_status choose_plan(find *self, plan_list *all, ds_call *call)
{
    plan_question question;
    plan_list list = {NULL, 0};
    bool anew = self->mended > 0 || all != NULL;
    ds_status status = choose_question(self, anew, &question, call);
    pool_free(&self->memory);
    if (status == DS_OK && (status = plan_make(&self->memory, &question, &list)) == DS_NOMEM)
        ds_error_set(call->error, status, "out of memory");
    if (status != DS_OK)
        return status;
    if (all != NULL) { /* each is shown with its cost; what is chosen is the same as without */
        status = choose_count(self, &list, call);
        *all = list;
        list.items = pool_copy(&self->memory, list.items, list.count * sizeof *list.items);
        if (status == DS_OK && list.items == NULL)
            status = ds_error_set(call->error, DS_NOMEM, "out of memory");
    }
    if (status != DS_OK)
        return status;
    drop_doubles(&list);
    const plan *best = choose_at_once(self, &list);
    if (best == NULL && all == NULL && (status = choose_count(self, &list, call)) != DS_OK)
        return status;
    double matching = least_entries(&list);
    rate(self, &list, matching);
    if (all != NULL)
        rate(self, all, matching);
    self->plan = *(best != NULL ? best : cheapest(&list));
    return DS_OK;
}
