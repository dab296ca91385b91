/* The one evaluator: what a bound filter means for a record. Null equals absent; gt, gte, lt, lte and between never
 * hold with a null; an array is asked element by element; text of an undeclared property is read as each literal's
 * type. */
#include "query/criterion.h"

#include "model/coerce.h"
#include "model/text.h"

/* ---- one item against the criterion ---- */

static bool list_has(const criterion *of, item it)
{
    size_t low = 0, high = of->sorted_count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        const int order = item_compare(item_of(of->sorted[middle]), it);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static bool is_ordered(ds_operator op, item it, ds_value literal)
{
    if (item_is_null(it) || literal.type == DS_NULL)
        return false;
    const int order = item_compare(it, item_of(literal));
    switch (op) {
    case DS_GT:
        return order > 0;
    case DS_GTE:
        return order >= 0;
    case DS_LT:
        return order < 0;
    default:
        return order <= 0;
    }
}

static ds_status pattern_holds(const criterion *of, item it, arena *memory, bool *holds, ds_error *reason)
{
    ds_value text;
    *holds = false;
    if (it.value.type != DS_STRING)
        return DS_OK;
    if (!item_plain(it, memory, &text))
        return error_nomem(reason);
    const char *bytes = text.length == 0 ? "" : text.as.string;
    if (of->regexp != NULL)
        return regexp_matches(of->regexp, bytes, text.length, holds, reason);
    *holds = like_matches(of->like, bytes, text.length);
    return DS_OK;
}

static ds_status item_holds(const ds_filter *filter, item it, arena *memory, bool *holds, ds_error *reason)
{
    const ds_value *literals = filter->values;
    switch (filter->criterion->op) {
    case DS_EQ:
        *holds = item_compare(it, item_of(literals[0])) == 0;
        return DS_OK;
    case DS_BETWEEN:
        *holds = is_ordered(DS_GTE, it, literals[0]) && is_ordered(DS_LTE, it, literals[1]);
        return DS_OK;
    case DS_IN:
        *holds = item_is_null(it) ? filter->criterion->has_null : list_has(filter->criterion, it);
        return DS_OK;
    case DS_LIKE:
    case DS_ILIKE:
    case DS_REGEXP:
        return pattern_holds(filter->criterion, it, memory, holds, reason);
    default:
        *holds = is_ordered(filter->criterion->op, it, literals[0]);
        return DS_OK;
    }
}

/* ---- arrays ---- */

/* A literal that is an array is compared with the whole; any other with the elements. */
static bool takes_whole(const ds_filter *filter)
{
    if (filter->criterion->op == DS_IN || operator_is_pattern(filter->criterion->op))
        return false;
    for (size_t i = 0; i < filter->value_count; i++)
        if (!item_is_array(item_of(filter->values[i])))
            return false;
    return true;
}

static ds_status array_holds(const ds_filter *filter, item array, arena *memory, bool *holds, ds_error *reason)
{
    if (takes_whole(filter))
        return item_holds(filter, array, memory, holds, reason);
    *holds = filter->criterion->op == DS_IN && list_has(filter->criterion, array);
    items walk = items_begin(array.value);
    ds_status status = DS_OK;
    for (item element; status == DS_OK && !*holds && items_next(&walk, &element);)
        if (filter->criterion->op != DS_IN || !item_is_array(element))
            status = item_holds(filter, element, memory, holds, reason);
    return status;
}

static bool array_has(item array, item wanted)
{
    items walk = items_begin(array.value);
    for (item element; items_next(&walk, &element);)
        if (item_compare(element, wanted) == 0)
            return true;
    return false;
}

static bool array_contains(const ds_filter *filter, item array)
{
    if (!item_is_array(array))
        return false;
    for (size_t i = 0; i < filter->value_count; i++)
        if (!array_has(array, item_of(filter->values[i])))
            return false;
    return true;
}

/* ---- text of undeclared properties ---- */

/* The text as JSON, or as it is where it is not an array or object. false: out of memory. */
static bool read_json(ds_value text, arena *memory, item *out)
{
    ds_error error;
    *out = item_of(text);
    const char *start = text.as.string;
    if (text.length < 2 || (*start != '[' && *start != '{'))
        return true;
    const ds_status status = coerce_json(start, text.length, memory, &out->value, &error);
    if (status != DS_OK)
        out->value = text;
    return status != DS_NOMEM;
}

static bool read_binary(ds_value text, arena *memory, item *out)
{
    *out = item_of(text);
    char *bytes = arena_alloc(memory, (size_t)text.length + 4);
    size_t length;
    if (bytes != NULL && base64_decode(text.length == 0 ? "" : text.as.string, text.length, bytes, &length))
        out->value = ds_binary(bytes, length);
    return bytes != NULL;
}

static bool read_scalar(ds_value text, ds_type type, item *out)
{
    return ds_value_parse(type, text.length == 0 ? "" : text.as.string, text.length, &out->value) == DS_OK;
}

/* As a property of type number would take it: digits that no double holds exactly stay text. */
static bool read_number(ds_value text, arena *memory, item *out)
{
    return read_scalar(text, DS_NUMBER, out) &&
           coerce_value(DS_PROPERTY_NUMBER, text, memory, &out->value, NULL) == DS_OK;
}

/* The text read as a literal's type where nothing is lost; as it is otherwise. */
static bool read_text(ds_value text, ds_type type, arena *memory, item *out)
{
    bool parsed = false;
    if (type == DS_JSON)
        return read_json(text, memory, out);
    if (type == DS_BINARY)
        return read_binary(text, memory, out);
    *out = item_of(text);
    if (type == DS_INTEGER || type == DS_NUMBER)
        parsed = read_scalar(text, DS_INTEGER, out) || read_number(text, memory, out);
    else if (type == DS_BOOLEAN || type == DS_DATE)
        parsed = read_scalar(text, type, out);
    if (!parsed)
        out->value = text;
    return true;
}

static ds_status text_in_list(const criterion *of, ds_value text, arena *memory, bool *holds, ds_error *reason)
{
    *holds = false;
    for (unsigned type = DS_BOOLEAN; type <= DS_JSON && !*holds; type++) {
        item it;
        if ((of->types & 1u << type) == 0)
            continue;
        if (!read_text(text, (ds_type)type, memory, &it))
            return error_nomem(reason);
        *holds = list_has(of, it);
    }
    return DS_OK;
}

static ds_status text_holds(const ds_filter *filter, ds_value text, arena *memory, bool *holds, ds_error *reason)
{
    const ds_operator op = filter->criterion->op;
    item it = item_of(text), high;
    if (op == DS_IN)
        return text_in_list(filter->criterion, text, memory, holds, reason);
    if (operator_is_pattern(op))
        return item_holds(filter, it, memory, holds, reason);
    if (!read_text(text, op == DS_CONTAINS ? DS_JSON : filter->values[0].type, memory, &it))
        return error_nomem(reason);
    if (op == DS_CONTAINS) {
        *holds = array_contains(filter, it);
        return DS_OK;
    }
    if (op != DS_BETWEEN)
        return item_holds(filter, it, memory, holds, reason);
    if (!read_text(text, filter->values[1].type, memory, &high))
        return error_nomem(reason);
    *holds = is_ordered(DS_GTE, it, filter->values[0]) && is_ordered(DS_LTE, high, filter->values[1]);
    return DS_OK;
}

/* ---- the tree ---- */

ds_status criterion_holds(const ds_filter *filter, const ds_record *record, arena *memory, bool *holds,
                          ds_error *reason)
{
    const item it = item_get(record, filter->slot, filter->property, filter->criterion->name_length, filter->path);
    if (filter->criterion->op == DS_EXISTS) {
        *holds = !item_is_null(it) == filter->values[0].as.boolean;
        return DS_OK;
    }
    if (filter->slot == DS_NO_SLOT && it.value.type == DS_STRING)
        return text_holds(filter, it.value, memory, holds, reason);
    if (filter->criterion->op == DS_CONTAINS) {
        *holds = array_contains(filter, it);
        return DS_OK;
    }
    if (item_is_array(it))
        return array_holds(filter, it, memory, holds, reason);
    return item_holds(filter, it, memory, holds, reason);
}

static ds_status evaluate(const ds_filter *filter, const ds_record *record, arena *memory, bool *matches,
                          ds_error *err);

static ds_status evaluate_compare(const ds_filter *filter, const ds_record *record, arena *memory, bool *matches,
                                  ds_error *err)
{
    const ds_status status = criterion_holds(filter, record, memory, matches, err);
    if (status == DS_OK)
        *matches = *matches != filter->criterion->negated;
    else if (status == DS_INVALID)
        error_prefix(err, "property \"%s\" of the model %s: ", filter->property, record_definition(record)->name);
    return status;
}

/* All hold, or with `wanted` true any does: what stops the walk is what it answers. */
static ds_status evaluate_children(const ds_filter *filter, bool wanted, const ds_record *record, arena *memory,
                                   bool *matches, ds_error *err)
{
    ds_status status = DS_OK;
    *matches = !wanted;
    for (size_t i = 0; status == DS_OK && i < filter->child_count && *matches != wanted; i++)
        status = evaluate(filter->children[i], record, memory, matches, err);
    return status;
}

static ds_status evaluate(const ds_filter *filter, const ds_record *record, arena *memory, bool *matches, ds_error *err)
{
    ds_status status = DS_OK;
    switch (filter->kind) {
    case DS_FILTER_COMPARE:
        return evaluate_compare(filter, record, memory, matches, err);
    case DS_FILTER_ALL:
        return evaluate_children(filter, false, record, memory, matches, err);
    case DS_FILTER_ANY:
        return evaluate_children(filter, true, record, memory, matches, err);
    case DS_FILTER_NOT:
        status = evaluate(filter->children[0], record, memory, matches, err);
        *matches = !*matches;
        return status;
    case DS_FILTER_EVERYTHING:
        break;
    }
    *matches = true;
    return DS_OK;
}

ds_status ds_filter_matches(const ds_filter *filter, const ds_record *record, bool *matches, ds_error *err)
{
    if (matches == NULL || filter == NULL || record == NULL || !filter->bound)
        return ds_error_set(
            err, DS_INVALID,
            "ds_filter_matches needs a filter that is bound to a model, a record and a place for the answer");
    arena memory = {0};
    bool answer = false;
    const ds_status status = evaluate(filter, record, &memory, &answer, err);
    *matches = status == DS_OK && answer;
    arena_free(&memory);
    return status;
}
