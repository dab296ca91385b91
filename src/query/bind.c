/* Binds filters to a definition: names become slots and paths, literals values of the property's type, patterns
 * compiled code. Everything that can be wrong with a filter is found here, before a record is read. */
#include "query/name.h"
#include "query/criterion.h"

#include "model/coerce.h"
#include "model/text.h"

#include <jansson.h>
#include <math.h>

typedef struct binding { /* one tree on its way */
    const definition *model;
    arena arena;
    criterion *patterns;
} binding;

/* ---- literals ---- */

static ds_status keep_value(ds_value value, arena *memory, ds_value *out, ds_error *reason)
{
    return arena_copy_value(memory, value, out) ? DS_OK : error_nomem(reason);
}

/* JSON text as a value: an array or object in canonical text, anything else as its own type. */
static ds_status json_literal(ds_value text, arena *memory, ds_value *out, ds_error *reason)
{
    json_t *json = NULL;
    ds_status status = json_load(text.length == 0 ? "" : text.as.string, text.length, &json, reason);
    if (status == DS_OK)
        status = json_to_value(json, memory, out, reason);
    json_decref(json);
    return status;
}

/* A literal as it was given, for what has no type of its own; refused as a record would refuse it. */
static ds_status plain_literal(ds_value value, arena *memory, ds_value *out, ds_error *reason)
{
    switch (value.type) {
    case DS_JSON:
        return json_literal(value, memory, out, reason);
    case DS_NUMBER:
        if (!isfinite(value.as.number))
            return ds_error_set(reason, DS_INVALID, "a number must be finite");
        break;
    case DS_STRING:
        if (value.length > 0 && !utf8_valid(value.as.string, value.length))
            return ds_error_set(reason, DS_INVALID, "a string must be UTF-8");
        break;
    case DS_DATE:
        if (value.as.date < DATE_FIRST || value.as.date > DATE_LAST)
            return ds_error_set(reason, DS_INVALID, "a date must be in the years 0000 to 9999");
        break;
    case DS_NULL:
    case DS_BOOLEAN:
    case DS_INTEGER:
    case DS_BINARY:
        break;
    default:
        return ds_error_set(reason, DS_INVALID, "a literal is too long, or of no known type");
    }
    return keep_value(value, memory, out, reason);
}

static bool keeps_literals(const name *named)
{
    return named->slot == DS_NO_SLOT || named->path != NULL || named->type == DS_PROPERTY_ANY ||
           named->type == DS_PROPERTY_ARRAY;
}

static ds_status bind_literal(const name *named, ds_value value, arena *memory, ds_value *out, ds_error *reason)
{
    *out = ds_null();
    if (value.type == DS_NULL)
        return DS_OK;
    return keeps_literals(named) ? plain_literal(value, memory, out, reason)
                                 : coerce_value(named->type, value, memory, out, reason);
}

static ds_status bind_literals(const ds_filter *from, const name *named, arena *memory, ds_filter *to, ds_error *reason)
{
    ds_status status = DS_OK;
    to->values = arena_zeroed(memory, from->value_count + 1, sizeof *to->values);
    if (to->values == NULL)
        return error_nomem(reason);
    for (; status == DS_OK && to->value_count < from->value_count; to->value_count++)
        status = bind_literal(named, from->values[to->value_count], memory, &to->values[to->value_count], reason);
    return status;
}

static ds_status bind_one(const ds_filter *from, ds_type type, const char *wanted, arena *memory, ds_filter *to,
                          ds_error *reason)
{
    if (from->values[0].type != type)
        return ds_error_set(reason, DS_INVALID, "\"%s\" takes %s", operator_name(from->op), wanted);
    to->values = arena_zeroed(memory, 1, sizeof *to->values);
    if (to->values == NULL)
        return error_nomem(reason);
    to->value_count = 1;
    return keep_value(from->values[0], memory, &to->values[0], reason);
}

/* The elements that an array must contain, one literal each. */
static ds_status bind_elements(ds_value array, arena *memory, ds_filter *to, ds_error *reason)
{
    item element;
    size_t count = 0;
    for (items walk = items_begin(array); items_next(&walk, &element);)
        count++;
    to->values = arena_zeroed(memory, count + 1, sizeof *to->values);
    if (to->values == NULL)
        return error_nomem(reason);
    for (items walk = items_begin(array); items_next(&walk, &element); to->value_count++)
        if (!item_plain(element, memory, &to->values[to->value_count]))
            return error_nomem(reason);
    return DS_OK;
}

static ds_status bind_contains(const ds_filter *from, const name *named, arena *memory, ds_filter *to, ds_error *reason)
{
    ds_value value;
    if (!keeps_literals(named))
        return ds_error_set(reason, DS_INVALID, "\"contains\" takes an array property, and this is of type %s",
                            property_type_name(named->type));
    const ds_status status = plain_literal(from->values[0], memory, &value, reason);
    if (status != DS_OK)
        return status;
    if (item_is_array(item_of(value)))
        return bind_elements(value, memory, to, reason);
    to->values = arena_zeroed(memory, 1, sizeof *to->values);
    if (to->values == NULL)
        return error_nomem(reason);
    to->values[to->value_count++] = value;
    return DS_OK;
}

static ds_status bind_values(const ds_filter *from, const name *named, arena *memory, ds_filter *to, ds_error *reason)
{
    if (!filter_takes(from->op, from->value_count))
        return ds_error_set(reason, DS_INVALID, "an operator has the wrong number of values");
    if (operator_is_pattern(from->op))
        return bind_one(from, DS_STRING, "a pattern, which is a string", memory, to, reason);
    if (from->op == DS_EXISTS)
        return bind_one(from, DS_BOOLEAN, "true or false", memory, to, reason);
    if (from->op == DS_CONTAINS)
        return bind_contains(from, named, memory, to, reason);
    return bind_literals(from, named, memory, to, reason);
}

/* ---- nodes ---- */

static ds_filter *bound_node(const ds_filter *from, binding *in)
{
    ds_filter *made = arena_zeroed(&in->arena, 1, sizeof *made);
    if (made == NULL)
        return NULL;
    made->kind = from->kind;
    made->op = from->op;
    made->bound = true;
    made->depth = from->depth;
    made->slot = DS_NO_SLOT;
    return made;
}

static ds_status bind_compare(const ds_filter *from, binding *in, ds_filter *to, ds_error *err)
{
    name named;
    ds_status status = name_resolve(in->model, from->property, strlen(from->property), &in->arena, &named, err);
    if (status != DS_OK)
        return status;
    to->property = named.property;
    to->slot = named.slot;
    to->path = named.path;
    status = bind_values(from, &named, &in->arena, to, err);
    if (status == DS_OK)
        status = criterion_begin(to, &in->arena, &in->patterns, err);
    if (status == DS_INVALID)
        error_prefix(err, "the filter on the property \"%s\" of the model %s is wrong: ", from->property,
                     in->model->name);
    return status;
}

static ds_status bind_node(const ds_filter *from, binding *in, ds_filter **out, ds_error *err)
{
    if (from->kind == DS_FILTER_EVERYTHING) {
        *out = ds_everything();
        return DS_OK;
    }
    if (from->too_deep)
        return ds_error_set(err, DS_INVALID, "the filter on the model %s is nested more than %d levels deep",
                            in->model->name, FILTER_DEPTH);
    ds_filter *made = bound_node(from, in);
    if (made == NULL)
        return error_nomem(err);
    *out = made;
    if (from->kind == DS_FILTER_COMPARE)
        return bind_compare(from, in, made, err);
    made->children = arena_zeroed(&in->arena, from->child_count + 1, sizeof *made->children);
    ds_status status = made->children == NULL ? error_nomem(err) : DS_OK;
    for (; status == DS_OK && made->child_count < from->child_count; made->child_count++)
        status = bind_node(from->children[made->child_count], in, &made->children[made->child_count], err);
    return status;
}

ds_status filter_bind(const ds_filter *filter, const definition *model, ds_filter **out, ds_error *err)
{
    binding in = {.model = model};
    ds_filter *root = NULL;
    *out = NULL;
    const ds_status status = bind_node(filter == NULL ? ds_everything() : filter, &in, &root, err);
    if (status != DS_OK) {
        filter_release(in.patterns, &in.arena);
        return status;
    }
    *out = root;
    if (root != ds_everything()) {
        root->patterns = in.patterns;
        root->arena = in.arena;
    }
    return DS_OK;
}

/* ---- names ---- */

static size_t count_comparisons(const ds_filter *filter)
{
    size_t count = filter->kind == DS_FILTER_COMPARE;
    for (size_t i = 0; i < filter->child_count; i++)
        count += count_comparisons(filter->children[i]);
    return count;
}

static void add_names(const ds_filter *filter, const char **names, size_t *count)
{
    for (size_t i = 0; i < filter->child_count; i++)
        add_names(filter->children[i], names, count);
    if (filter->kind == DS_FILTER_COMPARE)
        names[(*count)++] = filter->property;
}

ds_status filter_names(const ds_filter *bound, arena *memory, const char ***names, size_t *count)
{
    *count = 0;
    *names = arena_zeroed(memory, count_comparisons(bound) + 1, sizeof **names);
    if (*names == NULL)
        return DS_NOMEM;
    add_names(bound, *names, count);
    *count = names_unique(*names, *count);
    return DS_OK;
}
