/* Reads LoopBack's filter object into a ds_query that owns its parts. */
#include "query/filter.h"
#include "query/place.h"

#include "model/text.h"

#include <jansson.h>

typedef struct parsed { /* what is behind a ds_query of ds_query_parse() */
    ds_query query;
    ds_filter *where;
    bool has_skip;
    arena arena;
} parsed;

static bool has_nul(const json_t *string)
{
    return strlen(json_string_value(string)) != json_string_length(string);
}

static ds_status keep_text(const json_t *json, const place *at, arena *memory, const char **out, ds_error *err)
{
    if (!json_is_string(json))
        return place_refuse(at, err, "must be a string");
    if (has_nul(json))
        return place_refuse(at, err, "must not hold a NUL");
    *out = arena_copy(memory, json_string_value(json), json_string_length(json));
    return *out == NULL ? error_nomem(err) : DS_OK;
}

static ds_status read_where(parsed *to, const json_t *json, const place *at, ds_error *err)
{
    const ds_status status =
        json_is_object(json) ? filter_from_json(json, &to->where, err) : place_refuse(at, err, "must be an object");
    to->query.where = to->where;
    return status;
}

static ds_status join_order(const json_t *list, const place *up, ds_buffer *text, ds_error *err)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const place at = {.up = up, .key = NULL, .index = i};
        const json_t *item = json_array_get(list, i);
        if (!json_is_string(item) || has_nul(item))
            return place_refuse(&at, err, "must be a string: a property, alone or with ASC or DESC");
        if (strchr(json_string_value(item), ',') != NULL)
            return place_refuse(&at, err, "must name one property");
        if (i > 0)
            buffer_char(text, ',');
        buffer_text(text, json_string_value(item));
    }
    return text->failed ? error_nomem(err) : DS_OK;
}

static ds_status read_order(parsed *to, const json_t *json, const place *at, ds_error *err)
{
    ds_buffer text = {0};
    if (!json_is_array(json))
        return json_is_string(json) ? keep_text(json, at, &to->arena, &to->query.order, err)
                                    : place_refuse(at, err, "must be a string or an array of strings");
    if (json_array_size(json) == 0)
        return DS_OK;
    ds_status status = join_order(json, at, &text, err);
    if (status == DS_OK &&
        (to->query.order = arena_copy(&to->arena, text.text == NULL ? "" : text.text, text.length)) == NULL)
        status = error_nomem(err);
    buffer_free(&text);
    return status;
}

static ds_status read_count(const json_t *json, const place *at, uint64_t *out, ds_error *err)
{
    int64_t count = json_integer_value(json);
    if (!json_is_integer(json) && !(json_is_real(json) && number_is_integer(json_real_value(json), &count)))
        return place_refuse(at, err, "must be a whole number");
    if (count < 0)
        return place_refuse(at, err, "must not be negative");
    *out = (uint64_t)count;
    return DS_OK;
}

static ds_status read_limit(parsed *to, const json_t *json, const place *at, ds_error *err)
{
    return read_count(json, at, &to->query.limit, err);
}

static ds_status read_skip(parsed *to, const json_t *json, const place *at, ds_error *err)
{
    uint64_t skip = 0;
    const ds_status status = read_count(json, at, &skip, err);
    if (status == DS_OK && to->has_skip && skip != to->query.skip)
        return place_refuse(NULL, err, "has a \"skip\" and an \"offset\" that differ: they mean the same");
    to->query.skip = skip;
    to->has_skip = true;
    return status;
}

static ds_status read_after(parsed *to, const json_t *json, const place *at, ds_error *err)
{
    return keep_text(json, at, &to->arena, &to->query.after, err);
}

static ds_status read_field_list(parsed *to, const json_t *json, const place *up, const char **names, ds_error *err)
{
    ds_status status = DS_OK;
    for (size_t i = 0; status == DS_OK && i < json_array_size(json); i++) {
        const place at = {.up = up, .key = NULL, .index = i};
        status = keep_text(json_array_get(json, i), &at, &to->arena, &names[to->query.field_count++], err);
    }
    return status;
}

/* {"a": true}: these alone. {"a": false}: all but these. With both, those that are false are not among the true ones
 * anyway. */
static ds_status read_field_switches(parsed *to, json_t *json, const place *up, const char **names, ds_error *err)
{
    const char *key;
    json_t *value;
    bool includes = false;
    json_object_foreach(json, key, value)
    {
        const place at = {.up = up, .key = key, .index = 0};
        if (!json_is_boolean(value))
            return place_refuse(&at, err, "must be true or false");
        includes = includes || json_is_true(value);
    }
    json_object_foreach(json, key, value)
    {
        if (json_is_true(value) != includes)
            continue;
        const char *name = arena_copy(&to->arena, key, strlen(key));
        if (name == NULL)
            return error_nomem(err);
        names[to->query.field_count++] = name;
    }
    to->query.exclude_fields = !includes && to->query.field_count > 0;
    return DS_OK;
}

static ds_status read_fields(parsed *to, const json_t *json, const place *at, ds_error *err)
{
    const size_t count = json_is_object(json)  ? json_object_size(json)
                         : json_is_array(json) ? json_array_size(json)
                                               : 1;
    const char **names = arena_zeroed(&to->arena, count + 1, sizeof *names);
    if (names == NULL)
        return error_nomem(err);
    to->query.fields = names;
    if (json_is_object(json))
        return read_field_switches(to, (json_t *)json, at, names, err);
    if (json_is_array(json))
        return read_field_list(to, json, at, names, err);
    if (!json_is_string(json))
        return place_refuse(at, err, "must be a name, an array of names, or an object of true and false");
    return keep_text(json, at, &to->arena, &names[to->query.field_count++], err);
}

static const struct {
    const char *key;
    ds_status (*read)(parsed *, const json_t *, const place *, ds_error *);
} members[] = {
    {"where", read_where}, {"order", read_order},   {"limit", read_limit}, {"skip", read_skip},
    {"offset", read_skip}, {"fields", read_fields}, {"after", read_after},
};

static ds_status read_member(parsed *to, const char *key, const json_t *value, ds_error *err)
{
    const place at = {.up = NULL, .key = key, .index = 0};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (strcmp(key, members[i].key) == 0)
            return members[i].read(to, value, &at, err);
    if (strcmp(key, "include") == 0)
        return place_refuse(&at, err, "is not supported: relations are not followed");
    return place_refuse(&at, err, "is unknown: where, order, limit, skip, offset, fields and after may be asked");
}

static ds_status read_query(parsed *to, json_t *json, ds_error *err)
{
    const char *key;
    json_t *value;
    ds_status status = DS_OK;
    if (!json_is_object(json))
        return place_refuse(NULL, err, "must be an object");
    json_object_foreach(json, key, value)
    {
        if (status == DS_OK)
            status = read_member(to, key, value, err);
    }
    return status;
}

ds_status ds_query_parse(const char *json, ds_query **out, ds_error *err)
{
    json_t *read = NULL;
    if (json == NULL || out == NULL)
        return ds_error_set(err, DS_INVALID, "ds_query_parse needs a text and a place for the query");
    *out = NULL;
    parsed *made = ds_calloc(1, sizeof *made);
    if (made == NULL)
        return error_nomem(err);
    ds_query_init(&made->query);
    ds_status status = json_load(json, strlen(json), &read, err);
    if (status == DS_INVALID)
        error_prefix(err, "the filter cannot be read: ");
    if (status == DS_OK)
        status = read_query(made, read, err);
    json_decref(read);
    if (status != DS_OK) {
        ds_query_free(&made->query);
        return status;
    }
    *out = &made->query;
    return DS_OK;
}

void ds_query_free(ds_query *query)
{
    parsed *of = (parsed *)query;
    if (of == NULL)
        return;
    ds_filter_free(of->where);
    arena_free(&of->arena);
    ds_free(of);
}
