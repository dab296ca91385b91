/* Which value fits which property: where nothing is lost, and nowhere else. */
#include "model/coerce.h"
#include "model/record.h"
#include "model/text.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>

static ds_status refuse(ds_value value, const char *what, ds_error *err)
{
    char shown[VALUE_SHOWN];
    value_show(value, shown);
    return ds_error_set(err, DS_INVALID, "%s is not %s", shown, what);
}

static ds_status too_long(ds_error *err)
{
    return ds_error_set(err, DS_INVALID, "the value is 4 GiB long or longer");
}

/* What no property takes, whatever its type. */
static ds_status value_check(ds_value value, ds_error *err)
{
    if (!value_has_bytes(value))
        return ds_error_set(err, DS_INVALID, "the value has a length, and NULL for its bytes");
    switch (value.type) {
    case DS_NUMBER:
        return isfinite(value.as.number) ? DS_OK : refuse(value, "a finite number", err);
    case DS_DATE:
        return value.as.date >= DATE_FIRST && value.as.date <= DATE_LAST
                   ? DS_OK
                   : refuse(value, "a date of the years 0000 to 9999", err);
    case DS_STRING:
        return utf8_valid(value.as.string, value.length) ? DS_OK
                                                         : ds_error_set(err, DS_INVALID, "the string is not UTF-8");
    case DS_NULL:
    case DS_BOOLEAN:
    case DS_INTEGER:
    case DS_BINARY:
    case DS_JSON:
        return DS_OK;
    default:
        return value.type == DS_TOO_LONG ? too_long(err)
                                         : ds_error_set(err, DS_INVALID, "the value is of no type that there is");
    }
}

static ds_status keep(ds_value value, arena *pool, ds_value *out, ds_error *err)
{
    return arena_copy_value(pool, value, out) ? DS_OK : error_nomem(err);
}

static ds_status keep_text(ds_value value, arena *pool, ds_value *out, ds_error *err)
{
    ds_text text;
    ds_value_text(value, &text);
    return keep(ds_string_n(text.bytes, text.length), pool, out, err);
}

/* ---- to each type ---- */

static ds_status to_string(ds_value value, arena *pool, ds_value *out, ds_error *err)
{
    if (value.type == DS_BINARY || value.type == DS_JSON)
        return refuse(value, "a string", err);
    return keep_text(value, pool, out, err);
}

static ds_status to_integer(ds_value value, ds_value *out, ds_error *err)
{
    *out = value;
    if (value.type == DS_INTEGER)
        return DS_OK;
    if (value.type == DS_STRING && ds_value_parse(DS_INTEGER, value.as.string, value.length, out) == DS_OK)
        return DS_OK;
    *out = ds_integer(0);
    if (value.type == DS_NUMBER && number_is_integer(value.as.number, &out->as.integer))
        return DS_OK;
    return refuse(value, "an integer", err);
}

/* Digits alone mean that very integer; a point or an exponent says that the nearest double will do. */
static bool text_is_exact(ds_value text, double number)
{
    char exact[320];
    for (uint32_t i = 0; i < text.length; i++)
        if (text.as.string[i] != '-' && (text.as.string[i] < '0' || text.as.string[i] > '9'))
            return true;
    int length = snprintf(exact, sizeof exact, "%.0f", number); /* without a point, in any locale */
    return number == 0 || ((uint32_t)length == text.length && memcmp(exact, text.as.string, text.length) == 0);
}

static ds_status to_number(ds_value value, ds_value *out, ds_error *err)
{
    bool fits = false;
    *out = ds_number(0);
    if (value.type == DS_NUMBER) {
        out->as.number = value.as.number + 0.0; /* -0 becomes 0, as it does in text */
        return DS_OK;
    }
    if (value.type == DS_INTEGER)
        fits = integer_is_number(value.as.integer, &out->as.number);
    else if (value.type == DS_STRING && number_parse(value.as.string, value.length, &out->as.number))
        fits = text_is_exact(value, out->as.number);
    else
        return refuse(value, "a number", err);
    return fits ? DS_OK : refuse(value, "a number that a double holds exactly", err);
}

static ds_status to_boolean(ds_value value, ds_value *out, ds_error *err)
{
    *out = value;
    if (value.type == DS_BOOLEAN)
        return DS_OK;
    if (value.type == DS_STRING && ds_value_parse(DS_BOOLEAN, value.as.string, value.length, out) == DS_OK)
        return DS_OK;
    return refuse(value, "a boolean", err);
}

static ds_status to_date(ds_value value, ds_value *out, ds_error *err)
{
    *out = value;
    if (value.type == DS_DATE)
        return DS_OK;
    if (value.type == DS_STRING && ds_value_parse(DS_DATE, value.as.string, value.length, out) == DS_OK)
        return DS_OK;
    *out = ds_date(value.as.integer);
    if (value.type == DS_INTEGER)
        return value_check(*out, NULL) == DS_OK ? DS_OK : refuse(value, "a date of the years 0000 to 9999, in ms", err);
    return refuse(value, "a date", err);
}

static ds_status to_binary(ds_value value, arena *pool, ds_value *out, ds_error *err)
{
    if (value.type == DS_BINARY)
        return keep(value, pool, out, err);
    if (value.type != DS_STRING)
        return refuse(value, "binary data", err);
    size_t length;
    char *bytes = arena_alloc(pool, value.length / 4 * 3 + 1);
    if (bytes == NULL)
        return error_nomem(err);
    if (!base64_decode(value.as.string, value.length, bytes, &length))
        return refuse(value, "base64", err);
    bytes[length] = '\0';
    *out = ds_binary(bytes, length);
    return DS_OK;
}

static ds_status from_json(const char *text, size_t length, arena *pool, ds_value *out, ds_error *err)
{
    json_t *json = NULL;
    ds_status status = json_load(text, length, &json, err);
    if (status == DS_OK)
        status = json_to_value(json, pool, out, err);
    json_decref(json);
    return status;
}

/* JSON that starts with the mark of its kind, '{' or '['. */
static ds_status to_structure(ds_value value, char mark, arena *pool, ds_value *out, ds_error *err)
{
    const char *what = mark == '{' ? "an object" : "an array";
    if (value.type != DS_JSON)
        return refuse(value, what, err);
    ds_status status = from_json(value.as.string, value.length, pool, out, err);
    if (status != DS_OK)
        return status;
    return out->type == DS_JSON && out->as.string[0] == mark ? DS_OK : refuse(value, what, err);
}

/* JSON of one string, number, boolean or null is that value, so that it is the same whoever stores it. */
static ds_status to_any(ds_value value, arena *pool, ds_value *out, ds_error *err)
{
    if (value.type == DS_JSON)
        return from_json(value.as.string, value.length, pool, out, err);
    if (value.type == DS_DATE || value.type == DS_BINARY)
        return ds_error_set(err, DS_INVALID, "a property of type any takes no %s", type_name(value.type));
    return keep(value, pool, out, err);
}

ds_status coerce_value(ds_property_type type, ds_value value, arena *pool, ds_value *out, ds_error *err)
{
    ds_status status = value_check(value, err);
    if (status != DS_OK)
        return status;
    if (value.type == DS_NULL) {
        *out = ds_null();
        return DS_OK;
    }
    switch (type) {
    case DS_PROPERTY_STRING:
        return to_string(value, pool, out, err);
    case DS_PROPERTY_INTEGER:
        return to_integer(value, out, err);
    case DS_PROPERTY_NUMBER:
        return to_number(value, out, err);
    case DS_PROPERTY_BOOLEAN:
        return to_boolean(value, out, err);
    case DS_PROPERTY_DATE:
        return to_date(value, out, err);
    case DS_PROPERTY_BINARY:
        return to_binary(value, pool, out, err);
    case DS_PROPERTY_OBJECT:
        return to_structure(value, '{', pool, out, err);
    case DS_PROPERTY_ARRAY:
        return to_structure(value, '[', pool, out, err);
    case DS_PROPERTY_ANY:
        return to_any(value, pool, out, err);
    }
    return ds_error_set(err, DS_INVALID, "the property is of no type that there is");
}

/* ---- to text ---- */

static ds_status to_base64(ds_value value, arena *pool, ds_value *out, ds_error *err)
{
    size_t length = base64_length(value.length);
    if (length >= UINT32_MAX)
        return too_long(err);
    char *text = arena_alloc(pool, length + 1);
    if (text == NULL)
        return error_nomem(err);
    base64_encode(value.as.binary, value.length, text);
    text[length] = '\0';
    *out = ds_string_n(text, length);
    return DS_OK;
}

ds_status coerce_text(ds_value value, arena *pool, ds_value *out, ds_error *err)
{
    ds_status status = value_check(value, err);
    if (status != DS_OK)
        return status;
    if (value.type == DS_BINARY)
        return to_base64(value, pool, out, err);
    if (value.type == DS_JSON) {
        status = coerce_json(value.as.string, value.length, pool, out, err);
        if (status == DS_OK)
            out->type = DS_STRING;
        return status;
    }
    if (value.type != DS_NULL)
        return keep_text(value, pool, out, err);
    *out = value;
    return DS_OK;
}

ds_status coerce_json(const char *text, size_t length, arena *pool, ds_value *out, ds_error *err)
{
    ds_value value;
    ds_status status = from_json(text, length, pool, &value, err);
    if (status != DS_OK || value.type == DS_JSON) {
        if (status == DS_OK)
            *out = value;
        return status;
    }
    ds_buffer buffer = {0};
    json_write(&buffer, value);
    char *written = buffer_take(&buffer);
    char *copy = written == NULL ? NULL : arena_copy(pool, written, strlen(written));
    ds_free(written);
    if (copy == NULL)
        return error_nomem(err);
    *out = ds_json(copy);
    return DS_OK;
}
