/* The written form of literals. {"$date": "<ISO 8601>" or ms}, {"$binary": "<base64>"}, {"$string": "<base64>"} for a
 * string that is not UTF-8, and {"$json": "<text>"} for JSON that would be taken for one of these. */
#include "query/literal.h"

#include "model/record.h"
#include "model/text.h"

#include <jansson.h>
#include <math.h>

static void write_base64(ds_buffer *out, const char *kind, ds_value value)
{
    ds_buffer_format(out, "{\"%s\":\"", kind);
    const size_t length = base64_length(value.length);
    char *text = ds_malloc(length + 1);
    if (text == NULL) {
        out->failed = true;
        return;
    }
    base64_encode(value.length == 0 ? "" : value.as.binary, value.length, text);
    ds_buffer_append(out, text, length);
    ds_free(text);
    buffer_text(out, "\"}");
}

static void write_number(ds_buffer *out, double number)
{
    char text[32];
    if (!isfinite(number)) {
        buffer_text(out, "{\"$number\":null}"); /* which is refused, as the number is */
        return;
    }
    const size_t length = number_print(number, text);
    ds_buffer_append(out, text, length);
    if (strpbrk(text, ".e") == NULL)
        buffer_text(out, ".0");
}

static void write_json(ds_buffer *out, ds_value value, bool exact)
{
    json_t *json = NULL;
    const char *text = value.length == 0 ? "" : value.as.string;
    ds_status status = exact ? DS_INVALID : json_load(text, value.length, &json, NULL);
    if (status == DS_NOMEM)
        out->failed = true;
    if (status == DS_OK && (json_is_object(json) || json_is_array(json)) && !literal_is_typed(json)) {
        ds_buffer_append(out, text, value.length);
    } else {
        buffer_text(out, "{\"$json\":");
        json_write_string(out, text, value.length);
        buffer_char(out, '}');
    }
    json_decref(json);
}

static void write_date(ds_buffer *out, int64_t ms)
{
    char text[32];
    if (ms < DATE_FIRST || ms > DATE_LAST) {
        ds_buffer_format(out, "{\"$date\":%lld}", (long long)ms);
        return;
    }
    const size_t length = date_print(ms, text);
    ds_buffer_format(out, "{\"$date\":\"%.*s\"}", (int)length, text);
}

void literal_write(ds_buffer *out, ds_value value, bool exact)
{
    switch (value.type) {
    case DS_NULL:
        buffer_text(out, "null");
        return;
    case DS_BOOLEAN:
        buffer_text(out, value.as.boolean ? "true" : "false");
        return;
    case DS_INTEGER:
        ds_buffer_format(out, "%lld", (long long)value.as.integer);
        return;
    case DS_NUMBER:
        write_number(out, value.as.number);
        return;
    case DS_STRING:
        if (value.length == 0 || utf8_valid(value.as.string, value.length))
            json_write_string(out, value.length == 0 ? "" : value.as.string, value.length);
        else
            write_base64(out, "$string", value);
        return;
    case DS_BINARY:
        write_base64(out, "$binary", value);
        return;
    case DS_DATE:
        write_date(out, value.as.date);
        return;
    case DS_JSON:
        write_json(out, value, exact);
        return;
    }
    buffer_text(out, "{\"$string\":null}"); /* DS_TOO_LONG: refused when it is read, as when it is bound */
}

bool literal_is_typed(const json_t *json)
{
    return json_is_object(json) && json_object_size(json) == 1 &&
           *json_object_iter_key(json_object_iter((json_t *)json)) == '$';
}

static ds_status read_base64(const json_t *json, bool is_text, arena *memory, ds_value *out, ds_error *reason)
{
    const size_t length = json_string_length(json);
    size_t bytes = 0;
    char *copy = arena_alloc(memory, length + 1);
    if (copy == NULL)
        return error_nomem(reason);
    if (!json_is_string(json) || !base64_decode(json_string_value(json), length, copy, &bytes))
        return ds_error_set(reason, DS_INVALID, "a literal of this type must be a string of base64");
    copy[bytes] = '\0';
    *out = is_text ? ds_string_n(copy, bytes) : ds_binary(copy, bytes);
    return DS_OK;
}

static ds_status read_date(const json_t *json, ds_value *out, ds_error *reason)
{
    int64_t ms = json_integer_value(json);
    if (!json_is_integer(json) &&
        !(json_is_string(json) && date_parse(json_string_value(json), json_string_length(json), &ms)))
        return ds_error_set(reason, DS_INVALID, "\"$date\" must be a date in ISO 8601, or ms since 1970");
    *out = ds_date(ms);
    return DS_OK;
}

static ds_status read_typed(const char *kind, const json_t *json, arena *memory, ds_value *out, ds_error *reason)
{
    if (strcmp(kind, "$date") == 0)
        return read_date(json, out, reason);
    if (strcmp(kind, "$binary") == 0 || strcmp(kind, "$string") == 0)
        return read_base64(json, kind[1] == 's', memory, out, reason);
    if (strcmp(kind, "$json") != 0)
        return ds_error_set(reason, DS_INVALID,
                            "there is no type \"%s\" of literals ($date, $binary, $string and $json are)", kind);
    if (!json_is_string(json))
        return ds_error_set(reason, DS_INVALID, "\"$json\" must be a string");
    const ds_value text = ds_json_n(json_string_value(json), json_string_length(json));
    return arena_copy_value(memory, text, out) ? DS_OK : error_nomem(reason);
}

ds_status literal_read(const json_t *json, arena *memory, ds_value *out, ds_error *reason)
{
    if (!literal_is_typed(json))
        return json_to_value(json, memory, out, reason);
    void *member = json_object_iter((json_t *)json);
    return read_typed(json_object_iter_key(member), json_object_iter_value(member), memory, out, reason);
}
