/* Reads LoopBack's "where". Whatever is not understood is refused with its place: a filter that is passed over in
 * silence would answer, or delete, too much. */
#include "query/filter.h"
#include "query/literal.h"
#include "query/place.h"
#include "query/regexp.h"

#include <jansson.h>

typedef struct nodes { /* conditions that must all hold, while they are read */
    ds_filter **list;
    size_t count, room;
} nodes;

static ds_status nodes_add(nodes *to, ds_filter *filter, ds_error *err)
{
    if (filter == NULL)
        return error_nomem(err);
    if (to->count == to->room) {
        const size_t room = to->room == 0 ? 8 : to->room * 2;
        ds_filter **list = ds_realloc(to->list, room * sizeof(ds_filter *));
        if (list == NULL) {
            ds_filter_free(filter);
            return error_nomem(err);
        }
        to->list = list;
        to->room = room;
    }
    to->list[to->count++] = filter;
    return DS_OK;
}

static void nodes_free(nodes *of)
{
    for (size_t i = 0; i < of->count; i++)
        ds_filter_free(of->list[i]);
    ds_free(of->list);
    *of = (nodes){0};
}

/* What the functions that build made: NULL is for memory, and a tree may have become too deep. */
static ds_status finish_tree(ds_filter *made, const place *at, ds_filter **out, ds_error *err)
{
    if (made == NULL)
        return error_nomem(err);
    if (made->too_deep) {
        ds_filter_free(made);
        return place_refuse(at, err, "is nested more than %d levels deep", FILTER_DEPTH);
    }
    *out = made;
    return DS_OK;
}

/* ---- operators ---- */

static ds_status read_literal(const json_t *json, const place *at, arena *memory, ds_value *out, ds_error *err)
{
    ds_error reason;
    const ds_status status = literal_read(json, memory, out, &reason);
    if (status == DS_INVALID)
        return place_refuse(at, err, "is wrong: %s", reason.message);
    return status == DS_OK ? DS_OK : error_copy(err, &reason);
}

static ds_status read_values(const json_t *json, ds_operator op, const place *at, arena *memory, ds_value **values,
                             size_t *count, ds_error *err)
{
    const bool takes_list = op == DS_BETWEEN || op == DS_IN || op == DS_NOT_IN;
    if (takes_list && !json_is_array(json))
        return place_refuse(at, err, "must be an array");
    *count = takes_list ? json_array_size(json) : 1;
    if (op == DS_BETWEEN && *count != 2)
        return place_refuse(at, err, "must be an array of two values, not of %zu", *count);
    *values = arena_zeroed(memory, *count + 1, sizeof **values);
    if (*values == NULL)
        return error_nomem(err);
    ds_status status = DS_OK;
    for (size_t i = 0; status == DS_OK && i < *count; i++) {
        const place element = {.up = at, .key = NULL, .index = i};
        status = read_literal(takes_list ? json_array_get(json, i) : json, takes_list ? &element : at, memory,
                              &(*values)[i], err);
    }
    if (status == DS_OK && operator_is_pattern(op) && (*values)[0].type != DS_STRING)
        return place_refuse(at, err, "must be a string");
    if (status == DS_OK && op == DS_EXISTS && (*values)[0].type != DS_BOOLEAN)
        return place_refuse(at, err, "must be true or false");
    return status;
}

/* "options": "i" beside like, nlike or regexp. */
static ds_status fold_case(ds_operator *op, ds_value *value, arena *memory, ds_error *err)
{
    const char *pattern, *flags, *end = value->as.string + value->length;
    size_t length;
    if (*op != DS_REGEXP) {
        *op = *op == DS_LIKE ? DS_ILIKE : *op == DS_NLIKE ? DS_NILIKE : *op;
        return DS_OK;
    }
    regexp_split(value->as.string, value->length, &pattern, &length, &flags);
    char *text = arena_alloc(memory, (size_t)value->length + 4);
    if (text == NULL)
        return error_nomem(err);
    const size_t flag_count = (size_t)(end - flags);
    text[0] = '/';
    memcpy(text + 1, pattern, length);
    text[length + 1] = '/';
    memcpy(text + length + 2, flags, flag_count);
    text[length + flag_count + 2] = 'i';
    *value = ds_string_n(text, length + flag_count + 3);
    return DS_OK;
}

static ds_status parse_operator(const char *property, const json_t *json, bool folds, const place *at, nodes *to,
                                ds_error *err)
{
    arena memory = {0};
    ds_operator op;
    ds_value *values = NULL;
    size_t count = 0;
    if (!operator_find(at->key, &op))
        return place_refuse(at, err, "is not an operator");
    ds_status status = read_values(json, op, at, &memory, &values, &count, err);
    if (status == DS_OK && folds && operator_is_pattern(op))
        status = fold_case(&op, &values[0], &memory, err);
    if (status == DS_OK)
        status = nodes_add(to, filter_compare(property, op, values, count), err);
    arena_free(&memory);
    return status;
}

static ds_status check_options(json_t *operators, const json_t *options, const place *up, ds_error *err)
{
    const place at = {.up = up, .key = "options", .index = 0};
    if (!json_is_string(options) || strcmp(json_string_value(options), "i") != 0)
        return place_refuse(&at, err, "must be \"i\"");
    if (json_object_get(operators, "like") == NULL && json_object_get(operators, "nlike") == NULL &&
        json_object_get(operators, "regexp") == NULL)
        return place_refuse(&at, err, "must stand beside \"like\", \"nlike\" or \"regexp\"");
    return DS_OK;
}

static ds_status parse_operators(const char *property, json_t *operators, const place *at, nodes *to, ds_error *err)
{
    const json_t *options = json_object_get(operators, "options");
    const char *key;
    json_t *value;
    if (json_object_size(operators) == 0)
        return place_refuse(at, err, "is an empty object: it must name an operator");
    ds_status status = options == NULL ? DS_OK : check_options(operators, options, at, err);
    json_object_foreach(operators, key, value)
    {
        const place operator_at = {.up = at, .key = key, .index = 0};
        if (status == DS_OK && value != options)
            status = parse_operator(property, value, options != NULL, &operator_at, to, err);
    }
    return status;
}

/* ---- conditions ---- */

static ds_status parse_property(const char *property, json_t *value, const place *at, nodes *to, ds_error *err)
{
    if (json_is_array(value))
        return place_refuse(
            at, err,
            "is an array: write {\"eq\": [...]} for the whole array, or {\"inq\": [...]} for one of its values");
    if (json_is_object(value) && !literal_is_typed(value))
        return parse_operators(property, value, at, to, err);
    arena memory = {0};
    ds_value literal;
    ds_status status = read_literal(value, at, &memory, &literal, err);
    if (status == DS_OK)
        status = nodes_add(to, filter_compare(property, DS_EQ, &literal, 1), err);
    arena_free(&memory);
    return status;
}

static ds_status parse_where(const json_t *where, const place *at, unsigned depth, ds_filter **out, ds_error *err);

/* NOR of one is NOT, so that a printed filter is read as it was. */
static ds_filter *join(const char *key, ds_filter **children, size_t count)
{
    if (strcmp(key, "and") == 0)
        return ds_all(children, count);
    if (strcmp(key, "or") == 0)
        return ds_any(children, count);
    return ds_not(count == 1 ? children[0] : ds_any(children, count));
}

static ds_status parse_join(const json_t *list, const place *at, unsigned depth, nodes *to, ds_error *err)
{
    nodes children = {0};
    ds_filter *made = NULL;
    ds_status status = DS_OK;
    if (!json_is_array(list))
        return place_refuse(at, err, "must be an array of conditions");
    for (size_t i = 0; status == DS_OK && i < json_array_size(list); i++) {
        const place element = {.up = at, .key = NULL, .index = i};
        ds_filter *child = NULL;
        status = parse_where(json_array_get(list, i), &element, depth + 1, &child, err);
        if (status == DS_OK)
            status = nodes_add(&children, child, err);
    }
    if (status == DS_OK) {
        const size_t count = children.count;
        children.count = 0; /* they are consumed */
        status = finish_tree(join(at->key, children.list, count), at, &made, err);
    }
    if (status == DS_OK)
        status = nodes_add(to, made, err);
    nodes_free(&children);
    return status;
}

static ds_status parse_member(const char *key, json_t *value, const place *up, unsigned depth, nodes *to, ds_error *err)
{
    const place at = {.up = up, .key = key, .index = 0};
    if (strcmp(key, "and") == 0 || strcmp(key, "or") == 0 || strcmp(key, "nor") == 0)
        return parse_join(value, &at, depth, to, err);
    return parse_property(*key == '\\' ? key + 1 : key, value, &at, to, err);
}

static ds_status parse_where(const json_t *where, const place *at, unsigned depth, ds_filter **out, ds_error *err)
{
    nodes all = {0};
    const char *key;
    json_t *value;
    ds_status status = DS_OK;
    if (!json_is_object(where))
        return place_refuse(at, err, "must be an object");
    if (depth > FILTER_DEPTH)
        return place_refuse(at, err, "is nested more than %d levels deep", FILTER_DEPTH);
    if (json_object_size(where) == 0) {
        *out = ds_everything();
        return DS_OK;
    }
    json_object_foreach((json_t *)where, key, value)
    {
        if (status == DS_OK)
            status = parse_member(key, value, at, depth, &all, err);
    }
    if (status == DS_OK) {
        const size_t count = all.count;
        all.count = 0;
        status = finish_tree(count == 1 ? all.list[0] : ds_all(all.list, count), at, out, err);
    }
    nodes_free(&all);
    return status;
}

ds_status filter_from_json(const json_t *where, ds_filter **out, ds_error *err)
{
    *out = NULL;
    return parse_where(where, NULL, 1, out, err);
}

ds_status ds_filter_parse(const char *where_json, ds_filter **out, ds_error *err)
{
    json_t *json = NULL;
    if (where_json == NULL || out == NULL)
        return ds_error_set(err, DS_INVALID, "ds_filter_parse needs a text and a place for the filter");
    *out = NULL;
    ds_status status = json_load(where_json, strlen(where_json), &json, err);
    if (status == DS_INVALID)
        error_prefix(err, "the filter cannot be read: ");
    if (status == DS_OK)
        status = filter_from_json(json, out, err);
    json_decref(json);
    return status;
}
