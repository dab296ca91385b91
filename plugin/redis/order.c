/* Whether the entries of a plan come in the selection's order, and where its mark stands among them. Behind the keys that are
 * compared with =, an index is in the order of its other keys and then of the ids, or backwards. */
#include "plan.h"

typedef struct index_view { /* of an index, or the primary one, which has no keys */
    const size_t *slots;
    const schema_key *keys;
    size_t count;
    bool is_last_descending;
} index_view;

static index_view look_at(const schema_index *index)
{
    if (index == NULL)
        return (index_view){NULL, NULL, 0, false};
    return (index_view){index->own->slots, index->keys, index->key_count, index->keys[index->key_count - 1].descending};
}

/* Whether the keys from `first` on, but for those of one value alone, are the order; the id goes as the last key does. */
static bool matches(const plan_question *question, const conditions *all, const index_view *view, size_t first,
                    bool *reverse)
{
    const ds_selection *selection = question->selection;
    bool is_known = false;
    for (size_t i = 0; i < selection->order_count; i++) {
        const ds_order *item = &selection->order[i];
        bool is_id = item->slot == question->state->id_slot && item->path == NULL;
        if (item->slot == DS_NO_SLOT || item->path != NULL)
            return false;
        if (!is_id && condition_is_constant(conditions_of(all, item->slot)))
            continue;
        while (first < view->count && view->slots[first] != item->slot &&
               condition_is_constant(conditions_of(all, view->slots[first])))
            first++;
        bool is_key = first < view->count && view->slots[first] == item->slot;
        if (!is_key && (!is_id || first < view->count))
            return false;
        bool descending = is_key ? view->keys[first++].descending : view->is_last_descending;
        bool backwards = descending != item->descending;
        if (is_known && backwards != *reverse)
            return false;
        *reverse = backwards;
        is_known = true;
        if (is_id && !is_key)
            return true;
    }
    return false; /* the id has been passed over as a key: what follows it is not looked for */
}

/* ---- the mark ---- */

static const ds_value *marked(const ds_selection *selection, size_t slot)
{
    for (size_t i = 0; i < selection->order_count; i++)
        if (selection->order[i].slot == slot)
            return &selection->after[i];
    return NULL;
}

static ds_status add_constant(member *m, const condition *constant, bool descending)
{
    bytes part = constant->parts.items[0].first;
    size_t start = m->length;
    ds_status status = member_add_bytes(m, part.at, part.length);
    for (size_t i = start; descending && status == DS_OK && i < m->length; i++)
        m->bytes[i] = (char)~m->bytes[i];
    return status;
}

/* A property of one value alone orders nothing, but the mark may stand at another value of it. */
static ds_status check_constants(const plan_question *question, const conditions *all, bool *fits)
{
    const ds_selection *selection = question->selection;
    *fits = true;
    for (size_t i = 0; i < selection->order_count; i++) {
        const ds_value *value = &selection->after[i];
        const condition *one = conditions_of(all, selection->order[i].slot);
        *fits &= (value->type != DS_STRING && value->type != DS_BINARY) || value->length <= LONGEST_INDEXED;
        if (!condition_is_constant(one) || !*fits || selection->order[i].slot == question->state->id_slot)
            continue;
        member part = {0};
        ds_status status = member_add(&part, *value, false);
        if (status == DS_OK)
            *fits = bytes_compare((bytes){part.bytes, part.length}, one->parts.items[0].first) == 0;
        member_free(&part);
        if (status != DS_OK)
            return status;
    }
    return DS_OK;
}

/* The bytes of the marked record behind the keys that all ranges fix. */
static ds_status mark_suffix(const plan_question *question, const conditions *all, const index_view *view, size_t first,
                             member *out)
{
    ds_status status = DS_OK;
    for (size_t i = first; i < view->count && status == DS_OK; i++) {
        const ds_value *value = marked(question->selection, view->slots[i]);
        const condition *one = conditions_of(all, view->slots[i]);
        if (condition_is_constant(one))
            status = add_constant(out, one, view->keys[i].descending);
        else
            status = member_add(out, *value, view->keys[i].descending);
    }
    const ds_value *id = marked(question->selection, question->state->id_slot);
    return status == DS_OK ? member_add_id(out, *id, view->is_last_descending) : status;
}

/* Cuts a range off at the mark; `suffix` ends in a NUL that does not count. */
static ds_status cut_range(pool *memory, plan_range *range, const member *suffix, bool reverse)
{
    size_t length = range->suffix_at + suffix->length;
    char *at = pool_take(memory, length + 1);
    if (at == NULL)
        return DS_NOMEM;
    if (range->suffix_at > 0)
        memcpy(at, range->prefix.at, range->suffix_at);
    memcpy(at + range->suffix_at, suffix->bytes, suffix->length);
    bytes mark = {at, length}, next = {at, length + 1};
    if (!reverse && bytes_compare(next, range->first) > 0)
        range->first = next;
    if (reverse && (range->is_endless || bytes_compare(mark, range->behind) < 0)) {
        range->behind = mark;
        range->is_endless = false;
    }
    return DS_OK;
}

static ds_status start_after(pool *memory, const plan_question *question, const conditions *all, const index_view *view,
                             size_t first, plan *made)
{
    member suffix = {0};
    size_t kept = 0;
    ds_status status = check_constants(question, all, &made->is_ordered);
    if (status == DS_OK && made->is_ordered)
        status = mark_suffix(question, all, view, first, &suffix);
    for (size_t i = 0; i < made->range_count && status == DS_OK && made->is_ordered; i++) {
        plan_range *range = &made->ranges[i];
        status = cut_range(memory, range, &suffix, made->is_reverse);
        if (range->is_endless || bytes_compare(range->first, range->behind) < 0)
            made->ranges[kept++] = *range;
    }
    if (status == DS_OK && made->is_ordered) {
        made->range_count = kept;
        made->starts_after = true;
    }
    member_free(&suffix);
    return status;
}

/* ---- the order ---- */

static void set_suffixes(const index_view *view, size_t first, plan *made)
{
    for (size_t i = 0; i < made->range_count; i++) {
        plan_range *range = &made->ranges[i];
        range->suffix_at = 0;
        for (size_t key = 0; key < first; key++)
            range->suffix_at += member_part_length(range->prefix.at + range->suffix_at,
                                                   range->prefix.length - range->suffix_at, view->keys[key].descending);
    }
}

static ds_status try_order(pool *memory, const plan_question *question, const conditions *all, const index_view *view,
                           size_t first, plan *made)
{
    made->is_merged = first > 0 && made->range_count > 1;
    made->is_ordered = matches(question, all, view, first, &made->is_reverse) &&
                       (!made->is_merged || made->range_count <= MOST_MERGED);
    if (!made->is_ordered)
        return DS_OK;
    set_suffixes(view, first, made);
    if (question->selection->after == NULL || (question->may & DS_DID_AFTER) == 0)
        return DS_OK;
    return start_after(memory, question, all, view, first, made);
}

ds_status plan_order(pool *memory, const plan_question *question, const conditions *all, plan *made)
{
    index_view view = look_at(made->index);
    ds_status status = DS_OK;
    if ((question->may & DS_DID_ORDER) == 0 || question->selection->order_count == 0)
        return DS_OK;
    /* One range is in order behind its equal keys as well, and is merged with more others by what stands there. */
    for (size_t i = 0; i <= made->equal_keys && !made->is_ordered && status == DS_OK; i++)
        status = try_order(memory, question, all, &view, made->range_count == 1 ? made->equal_keys - i : i, made);
    made->is_merged &= made->is_ordered;
    made->is_reverse &= made->is_ordered;
    return status;
}

/* The keys behind those that the ranges fix: how many at the end of an index. */
static size_t free_keys(const plan *of)
{
    size_t fixed = 0, at = 0;
    const plan_range *range = &of->ranges[0];
    for (; of->index != NULL && at < range->suffix_at; fixed++)
        at += member_part_length(range->prefix.at + at, range->prefix.length - at, of->index->keys[fixed].descending);
    return of->index == NULL ? 0 : of->index->key_count - fixed;
}

bool plan_merges_with(const plan *a, const plan *b)
{
    if (!a->is_ordered || !b->is_ordered || a->is_reverse != b->is_reverse)
        return false;
    if (a->range_count == 0 || b->range_count == 0)
        return true;
    size_t keys = free_keys(a);
    if (free_keys(b) != keys) /* where there are none, the same direction means that ids stand there alike */
        return false;
    for (size_t i = 0; i < keys; i++) {
        size_t x = a->index->key_count - keys + i, y = b->index->key_count - keys + i;
        if (a->index->own->slots[x] != b->index->own->slots[y] ||
            a->index->keys[x].descending != b->index->keys[y].descending)
            return false;
    }
    return true;
}
