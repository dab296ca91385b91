/* What a filter says of each property: conditions that are joined by `and`, met property by property. */
#include "plan.h"

static ds_filter_node view(const ds_filter *filter)
{
    ds_filter_node node = {.size = sizeof node};
    ds_filter_view(filter, &node);
    return node;
}

const condition *conditions_of(const conditions *all, size_t slot)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].slot == slot)
            return &all->items[i];
    return NULL;
}

bool condition_is_constant(const condition *one)
{
    return one != NULL && one->parts.is_exact && one->parts.count == 1 && one->parts.items[0].is_point;
}

/* Of an array each element is asked, so that conditions that exclude each other may hold; none of these can be indexed. */
static bool is_scalar(const plan_question *question, size_t slot)
{
    ds_property_type type = ds_model_property(question->state->model, slot)->type;
    return type != DS_PROPERTY_ARRAY && type != DS_PROPERTY_OBJECT && type != DS_PROPERTY_ANY;
}

/* The intervals of one comparison, of the id in both spaces. */
static ds_status read_comparison(pool *memory, const plan_question *question, const ds_filter_node *node,
                                 condition *out, bool *served)
{
    *out = (condition){.slot = node->slot};
    *served = node->slot != DS_NO_SLOT && is_scalar(question, node->slot);
    if (!*served)
        return DS_OK;
    ds_status status = intervals_of(memory, node, SPACE_PARTS, &out->parts, served);
    if (status != DS_OK || !*served || node->slot != question->state->id_slot)
        return status;
    *served = node->op != DS_LIKE || question->state->id->type == DS_PROPERTY_STRING;
    bool also = true;
    return *served ? intervals_of(memory, node, SPACE_IDS, &out->ids, &also) : DS_OK;
}

static ds_status add_condition(pool *memory, const plan_question *question, const condition *one, conditions *out)
{
    condition *held = (condition *)conditions_of(out, one->slot);
    ds_status status = DS_OK;
    if (held == NULL && out->count == MOST_CONDITIONS) {
        out->leaves_some = true;
        return DS_OK;
    }
    if (held == NULL) {
        held = &out->items[out->count++];
        *held = *one;
    } else {
        status = intervals_meet(memory, &held->parts, &one->parts, &held->parts);
        if (status == DS_OK && one->slot == question->state->id_slot)
            status = intervals_meet(memory, &held->ids, &one->ids, &held->ids);
    }
    out->is_never |= (one->slot == question->state->id_slot ? held->ids.count : held->parts.count) == 0;
    return status;
}

/* Alternatives that all compare one property are one condition on it. */
static ds_status join_alternatives(pool *memory, const plan_question *question, const ds_filter_node *any,
                                   condition *out, bool *joined)
{
    *joined = false;
    for (size_t i = 0; i < any->child_count; i++) {
        ds_filter_node node = view(any->children[i]);
        condition next;
        bool served = false;
        ds_status status = DS_OK;
        if (node.kind == DS_FILTER_COMPARE)
            status = read_comparison(memory, question, &node, &next, &served);
        if (status != DS_OK || !served || (i > 0 && next.slot != out->slot))
            return status;
        if (i == 0) {
            *out = next;
            continue;
        }
        status = intervals_join(memory, &out->parts, &next.parts, &out->parts);
        if (status == DS_OK && out->slot == question->state->id_slot)
            status = intervals_join(memory, &out->ids, &next.ids, &out->ids);
        if (status != DS_OK)
            return status;
    }
    *joined = true;
    return DS_OK;
}

static ds_status add_any(pool *memory, const plan_question *question, const ds_filter *filter,
                         const ds_filter_node *any, conditions *out)
{
    condition one;
    bool joined;
    if (any->child_count == 0) {
        out->is_never = true;
        return DS_OK;
    }
    if (any->child_count == 1)
        return conditions_add(memory, question, any->children[0], out);
    ds_status status = join_alternatives(memory, question, any, &one, &joined);
    if (status == DS_OK && joined)
        return add_condition(memory, question, &one, out);
    out->leaves_some = true;
    if (out->union_count < MOST_UNIONS)
        out->unions[out->union_count++] = filter;
    return status;
}

ds_status conditions_add(pool *memory, const plan_question *question, const ds_filter *filter, conditions *out)
{
    ds_filter_node node = view(filter);
    ds_status status = DS_OK;
    condition one;
    bool served = false;
    switch ((int)node.kind) {
    case DS_FILTER_EVERYTHING:
        return DS_OK;
    case DS_FILTER_ALL:
        for (size_t i = 0; i < node.child_count && status == DS_OK; i++)
            status = conditions_add(memory, question, node.children[i], out);
        return status;
    case DS_FILTER_ANY:
        return add_any(memory, question, filter, &node, out);
    case DS_FILTER_COMPARE:
        status = read_comparison(memory, question, &node, &one, &served);
        if (status == DS_OK && served)
            return add_condition(memory, question, &one, out);
        break;
    default:
        break;
    }
    out->leaves_some = true;
    return status;
}
