/* Candidates for answering a selection: each index by itself, the alternatives of an `or` together, and the walk over all. */
#include "plan.h"

/* ---- ranges of an index ---- */

typedef struct builder {
    pool *memory;
    const plan_question *question;
    const conditions *all;
    const conditions
        *common; /* what holds for all records that are answered: less than `all` in one branch of an `or` */
} builder;

static uint64_t bit_of(const builder *b, const condition *one)
{
    return UINT64_C(1) << (one - b->all->items);
}

static bool append(pool *memory, bytes prefix, bytes more, bytes *out)
{
    char *at = pool_take(memory, prefix.length + more.length + 1);
    if (at == NULL)
        return false;
    if (prefix.length > 0)
        memcpy(at, prefix.at, prefix.length);
    if (more.length > 0)
        memcpy(at + prefix.length, more.at, more.length);
    *out = (bytes){at, prefix.length + more.length};
    return true;
}

static bool are_points(const intervals *set)
{
    for (size_t i = 0; i < set->count; i++)
        if (!set->items[i].is_point)
            return false;
    return true;
}

/* The intervals of a key as its index has them; NULL: out of memory. */
static const intervals *key_intervals(builder *b, const condition *one, bool descending)
{
    intervals *set = pool_take(b->memory, sizeof *set);
    if (set == NULL)
        return NULL;
    *set = one->parts;
    set->items = pool_copy(b->memory, one->parts.items, one->parts.count * sizeof *set->items);
    if (set->items == NULL || (descending && intervals_turn(b->memory, set) != DS_OK))
        return NULL;
    return set;
}

/* Each prefix with each interval behind it, in place of the prefixes. */
static ds_status multiply(builder *b, plan *made, const intervals *set)
{
    size_t count = made->range_count * set->count;
    plan_range *ranges = pool_take(b->memory, (count + 1) * sizeof *ranges);
    ds_status status = DS_OK;
    if (ranges == NULL)
        return DS_NOMEM;
    for (size_t i = 0; i < count; i++) {
        const plan_range *before = &made->ranges[i / set->count];
        const interval *item = &set->items[i % set->count];
        ranges[i] = *before;
        if (!append(b->memory, before->prefix, item->first, &ranges[i].first))
            return DS_NOMEM;
        if (item->is_point)
            ranges[i].prefix = ranges[i].first;
        if (!item->is_endless && !append(b->memory, before->prefix, item->behind, &ranges[i].behind))
            return DS_NOMEM;
        if (item->is_endless)
            ranges[i].is_endless = !bytes_behind(b->memory, before->prefix, &ranges[i].behind, &status);
        else
            ranges[i].is_endless = false;
    }
    made->ranges = ranges;
    made->range_count = count;
    return status;
}

static ds_status narrow(builder *b, plan *made)
{
    const schema_index *index = made->index;
    ds_status status = DS_OK;
    for (size_t i = 0; i < index->key_count && status == DS_OK && !made->has_range; i++) {
        const condition *one = conditions_of(b->all, index->own->slots[i]);
        if (one == NULL || made->range_count * one->parts.count > MOST_RANGES)
            break;
        const intervals *set = key_intervals(b, one, index->keys[i].descending);
        if (set == NULL)
            return DS_NOMEM;
        made->has_range = !are_points(set);
        made->equal_keys += !made->has_range;
        made->used |= bit_of(b, one);
        status = multiply(b, made, set);
    }
    return status;
}

static bool is_exact(const builder *b, const plan *made)
{
    uint64_t wanted = (UINT64_C(1) << b->all->count) - 1;
    bool exact = !b->all->leaves_some && made->used == wanted;
    for (size_t i = 0; i < b->all->count; i++)
        exact &= b->all->items[i].slot == b->question->state->id_slot && made->index == NULL
                     ? b->all->items[i].ids.is_exact
                     : b->all->items[i].parts.is_exact;
    return exact;
}

/* One range over everything. */
static bool begin_ranges(builder *b, const schema_index *index, plan *made)
{
    *made = (plan){.access = index == NULL ? PLAN_PRIMARY : PLAN_INDEX, .index = index, .range_count = 1};
    made->ranges = pool_take(b->memory, sizeof *made->ranges);
    if (made->ranges != NULL)
        made->ranges[0] = (plan_range){.index = index, .is_endless = true};
    return made->ranges != NULL;
}

static ds_status plan_index(builder *b, const schema_index *index, plan *made)
{
    if (!begin_ranges(b, index, made))
        return DS_NOMEM;
    ds_status status = narrow(b, made);
    if (status != DS_OK)
        return status;
    made->is_exact = is_exact(b, made);
    made->repeats = made->range_count != 1 || made->equal_keys < index->key_count;
    return plan_order(b->memory, b->question, b->common, made);
}

/* ---- other accesses ---- */

/* A claim for each combination of values; a record with a null in it has none. */
static ds_status plan_unique(builder *b, const schema_index *index, plan *made, bool *serves)
{
    *made = (plan){.access = PLAN_UNIQUE, .index = index, .repeats = true};
    bytes *values = pool_take(b->memory, sizeof *values);
    size_t count = 1;
    *serves = values != NULL;
    for (size_t i = 0; i < index->key_count && *serves; i++) {
        const condition *one = conditions_of(b->all, index->own->slots[i]);
        *serves = one != NULL && one->parts.count > 0 && are_points(&one->parts) &&
                  count * one->parts.count <= MOST_RANGES &&
                  one->parts.items[0].first.at[0] != 0x10; /* null is the least */
        if (!*serves)
            return DS_OK;
        size_t more = one->parts.count;
        bytes *next = pool_take(b->memory, count * more * sizeof *next);
        for (size_t k = 0; k < count * more; k++)
            if (next == NULL || !append(b->memory, values[k / more], one->parts.items[k % more].first, &next[k]))
                return DS_NOMEM;
        values = next;
        count *= more;
        made->used |= bit_of(b, one);
    }
    made->claims = pool_take(b->memory, count * sizeof *made->claims);
    if (values == NULL || made->claims == NULL)
        return DS_NOMEM;
    made->claim_count = count;
    for (size_t i = 0; i < count; i++)
        made->claims[i] = (plan_claim){index, values[i]};
    return DS_OK;
}

/* The texts of ids. */
static ds_status plan_ids(builder *b, const condition *id, plan *made)
{
    bool is_integer = b->question->state->id->type == DS_PROPERTY_INTEGER;
    *made = (plan){.access = PLAN_IDS, .used = bit_of(b, id)};
    made->ids = pool_take(b->memory, (id->ids.count + 1) * sizeof *made->ids);
    if (made->ids == NULL)
        return DS_NOMEM;
    for (size_t i = 0; i < id->ids.count; i++) {
        bytes at = id->ids.items[i].first;
        char *text = is_integer ? pool_take(b->memory, 32) : (char *)(uintptr_t)at.at;
        if (text == NULL)
            return DS_NOMEM;
        const char *read = text;
        if (is_integer && !member_read_id(at.at, at.length, NULL, 0, true, text, &read, &at.length))
            continue;
        if (model_takes_id(b->question->state, read, at.length))
            made->ids[made->id_count++] = (bytes){read, at.length};
    }
    made->is_exact = is_exact(b, made);
    return DS_OK;
}

/* All records, or those of a range of ids. */
static ds_status plan_primary(builder *b, plan *made)
{
    const condition *id = conditions_of(b->all, b->question->state->id_slot);
    if (!begin_ranges(b, NULL, made))
        return DS_NOMEM;
    if (id != NULL && id->ids.count <= MOST_RANGES) {
        ds_status status = multiply(b, made, &id->ids);
        if (status != DS_OK)
            return status;
        for (size_t i = 0; i < made->range_count; i++) /* ids are no parts */
            made->ranges[i].prefix = (bytes){NULL, 0};
        made->used = bit_of(b, id);
        made->has_range = true;
    }
    made->is_exact = is_exact(b, made);
    return plan_order(b->memory, b->question, b->common, made);
}

/* ---- candidates ---- */

static bool is_trusted(const plan_question *question, size_t bit)
{
    return (question->distrusted >> bit & 1) == 0;
}

/* The primary index is whole where any index is. */
static bool has_primary(const plan_question *question)
{
    bool is_built = false;
    for (size_t i = 0; question->snapshot != NULL && i < question->snapshot->index_count; i++)
        is_built |= question->snapshot->indexes[i].built;
    return is_built && is_trusted(question, PLAN_PRIMARY_BIT);
}

static bool is_readable(const plan_question *question, size_t i)
{
    const schema_index *index = &question->snapshot->indexes[i];
    return index->own != NULL && index->built && i < PLAN_PRIMARY_BIT && is_trusted(question, i);
}

/* Room for a plan of each index, two of each union, and one of ids and one of the walk. */
static ds_status begin_list(pool *memory, const plan_question *question, plan_list *list)
{
    size_t indexes = question->snapshot == NULL ? 0 : question->snapshot->index_count;
    *list = (plan_list){pool_take(memory, (indexes + 2 * MOST_UNIONS + 3) * sizeof *list->items), 0};
    return list->items == NULL ? DS_NOMEM : DS_OK;
}

static void add_plan(plan_list *list, const plan *made)
{
    list->items[list->count++] = *made;
}

/* An index that narrows nothing may still give the order. */
static bool is_useful(const plan *made)
{
    return made->used != 0 || made->is_ordered;
}

static ds_status add_index(builder *b, size_t i, plan_list *list)
{
    const schema_index *index = &b->question->snapshot->indexes[i];
    plan_question asked = *b->question;
    if ((asked.disordered >> i & 1) != 0)
        asked.may &= ~(uint32_t)DS_DID_ORDER;
    builder of_index = {b->memory, &asked, b->all, b->common};
    plan made;
    bool serves = true;
    ds_status status =
        index->unique ? plan_unique(&of_index, index, &made, &serves) : plan_index(&of_index, index, &made);
    if (status == DS_OK && serves && is_useful(&made))
        add_plan(list, &made);
    return status;
}

/* Ids, unique and other indexes by which these conditions narrow what is read; the primary index where a range of ids does. */
static ds_status add_narrow(builder *b, plan_list *list)
{
    const condition *id = conditions_of(b->all, b->question->state->id_slot);
    plan made;
    ds_status status = DS_OK;
    if (id != NULL && are_points(&id->ids)) {
        status = plan_ids(b, id, &made);
        add_plan(list, &made);
        return status;
    }
    if (b->question->snapshot == NULL)
        return DS_OK;
    for (size_t i = 0; i < b->question->snapshot->index_count && status == DS_OK; i++)
        if (is_readable(b->question, i))
            status = add_index(b, i, list);
    return status;
}

/* The walk over all, or over a range of ids. */
static ds_status add_walk(builder *b, plan_list *list)
{
    plan made = {.access = PLAN_SCAN};
    ds_status status = has_primary(b->question) ? plan_primary(b, &made) : DS_OK;
    add_plan(list, &made);
    return status;
}

/* ---- or ---- */

/* How narrow an alternative is likely to be: nothing is counted for it. */
static size_t rank(const builder *b, const plan *one)
{
    if (one->access == PLAN_IDS || one->access == PLAN_UNIQUE)
        return one->access == PLAN_IDS ? 2000 : 1000;
    size_t sum = one->has_range ? 2 : 0;
    for (size_t i = 0; one->index != NULL && i < one->equal_keys; i++) {
        const ds_property *property = ds_model_property(b->question->state->model, one->index->own->slots[i]);
        sum += property->type == DS_PROPERTY_BOOLEAN ? 1 : 4;
    }
    return sum;
}

/* The narrowest one that goes with `first`, where the order is asked for; NULL: none narrows anything. */
static const plan *best_of(const builder *b, const plan_list *list, bool ordered, const plan *first)
{
    const plan *best = NULL;
    for (size_t i = 0; i < list->count; i++) {
        const plan *one = &list->items[i];
        bool fits = !ordered || (one->is_ordered && (first == NULL || plan_merges_with(first, one)));
        if (one->used != 0 && fits && (best == NULL || rank(b, one) > rank(b, best)))
            best = one;
    }
    return best;
}

static ds_status join(pool *memory, plan *into, const plan *one)
{
    bytes *ids = pool_take(memory, (into->id_count + one->id_count + 1) * sizeof *ids);
    plan_claim *claims = pool_take(memory, (into->claim_count + one->claim_count + 1) * sizeof *claims);
    plan_range *ranges = pool_take(memory, (into->range_count + one->range_count + 1) * sizeof *ranges);
    if (ids == NULL || claims == NULL || ranges == NULL)
        return DS_NOMEM;
    for (size_t i = 0; i < into->id_count + one->id_count; i++)
        ids[i] = i < into->id_count ? into->ids[i] : one->ids[i - into->id_count];
    for (size_t i = 0; i < into->claim_count + one->claim_count; i++)
        claims[i] = i < into->claim_count ? into->claims[i] : one->claims[i - into->claim_count];
    for (size_t i = 0; i < into->range_count + one->range_count; i++)
        ranges[i] = i < into->range_count ? into->ranges[i] : one->ranges[i - into->range_count];
    into->ids = ids;
    into->id_count += one->id_count;
    into->claims = claims;
    into->claim_count += one->claim_count;
    into->ranges = ranges;
    into->range_count += one->range_count;
    return DS_OK;
}

/* The candidates of one alternative, together with all that is said beside it. */
static ds_status plan_branch(builder *b, const ds_filter *filter, plan_list *list, bool *is_never)
{
    conditions *said = pool_take(b->memory, sizeof *said);
    if (said == NULL || begin_list(b->memory, b->question, list) != DS_OK)
        return DS_NOMEM;
    *said = *b->all;
    ds_status status = conditions_add(b->memory, b->question, filter, said);
    *is_never = said->is_never;
    if (status != DS_OK || *is_never)
        return status;
    builder branch = {b->memory, b->question, said, b->common};
    const condition *id = conditions_of(said, b->question->state->id_slot);
    status = add_narrow(&branch, list);
    if (status == DS_OK && id != NULL && !are_points(&id->ids) && has_primary(b->question))
        status = add_walk(&branch, list);
    return status;
}

typedef struct union_plan {
    plan made;
    const plan *first; /* of a branch, with which the others are merged */
    bool ordered, serves;
} union_plan;

static ds_status add_branch(builder *b, const ds_filter *filter, union_plan *to)
{
    plan_list list;
    bool is_never;
    ds_status status = plan_branch(b, filter, &list, &is_never);
    if (status != DS_OK || is_never)
        return status;
    const plan *best = best_of(b, &list, to->ordered, to->first);
    to->serves = best != NULL;
    if (best == NULL)
        return DS_OK;
    if (to->first == NULL || to->first->range_count == 0) /* a mark may have left nothing, which merges with anything */
        to->first = best;
    return join(b->memory, &to->made, best);
}

/* Alternatives among which there are alternatives are all of one kind. */
static ds_status add_branches(builder *b, const ds_filter *filter, union_plan *to)
{
    ds_filter_node node = {.size = sizeof node};
    ds_status status = DS_OK;
    ds_filter_view(filter, &node);
    if (node.kind != DS_FILTER_ANY && (node.kind != DS_FILTER_ALL || node.child_count != 1))
        return add_branch(b, filter, to);
    for (size_t i = 0; i < node.child_count && status == DS_OK && to->serves; i++)
        status = add_branches(b, node.children[i], to);
    return status;
}

/* In order where each alternative is, and all of them alike. */
static ds_status plan_union(builder *b, const ds_filter *any, bool ordered, plan *made, bool *serves)
{
    union_plan all = {
        .made = {.access = PLAN_UNION, .repeats = true, .used = UINT64_C(1) << 63}, .ordered = ordered, .serves = true};
    ds_status status = add_branches(b, any, &all);
    *made = all.made;
    *serves = all.serves && made->range_count <= (ordered ? MOST_MERGED : MOST_RANGES);
    made->is_ordered = ordered && all.first != NULL;
    made->is_merged = made->is_ordered;
    made->is_reverse = made->is_ordered && all.first->is_reverse;
    made->starts_after = made->is_ordered && all.first->starts_after;
    return status;
}

static ds_status add_unions(builder *b, plan_list *list)
{
    for (size_t i = 0; i < b->all->union_count; i++)
        for (int ordered = 0; ordered <= (b->question->selection->order_count > 0); ordered++) {
            plan made;
            bool serves;
            ds_status status = plan_union(b, b->all->unions[i], ordered != 0, &made, &serves);
            if (status != DS_OK)
                return status;
            if (serves && (!ordered || made.is_ordered))
                add_plan(list, &made);
        }
    return DS_OK;
}

/* ---- the whole ---- */

ds_status plan_make(pool *memory, const plan_question *question, plan_list *out)
{
    conditions *said = pool_take(memory, sizeof *said);
    if (said == NULL || begin_list(memory, question, out) != DS_OK)
        return DS_NOMEM;
    builder b = {memory, question, said, said};
    ds_status status = DS_OK;
    if ((question->may & DS_DID_WHERE) != 0)
        status = conditions_add(memory, question, question->selection->where, said);
    if (status == DS_OK && said->is_never) {
        add_plan(out, &(plan){.access = PLAN_NOTHING, .is_exact = true});
        return DS_OK;
    }
    if (status == DS_OK)
        status = add_narrow(&b, out);
    if (status == DS_OK && question->snapshot != NULL)
        status = add_unions(&b, out);
    return status == DS_OK ? add_walk(&b, out) : status;
}
