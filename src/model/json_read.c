/* Reads JSON with jansson, strictly, and makes values and records of it. The locale is the host's, and jansson reads
 * doubles by it, so a thread is put into the "C" locale while it parses. */
#include "model/record_slots.h"

#include <jansson.h>
#include <locale.h>
#include <stdatomic.h>
#include <stdio.h>

/* ---- text to trees ---- */

/* NULL, and uselocale() leaves the thread as it is, where there is no memory for it. */
static locale_t c_locale(void)
{
    static _Atomic(locale_t) kept;
    locale_t locale = atomic_load(&kept), none = (locale_t)0;
    if (locale != none)
        return locale;
    locale = newlocale(LC_ALL_MASK, "C", none);
    if (locale != none && !atomic_compare_exchange_strong(&kept, &none, locale)) {
        freelocale(locale);
        locale = none;
    }
    return locale;
}

typedef struct json_place {
    char text[64];
} json_place;

/* Line 0: the caller names it. */
static const char *json_place_print(json_place *place, uint64_t line, size_t column)
{
    char named[32] = "";
    if (line != 0)
        snprintf(named, sizeof named, "line %llu, ", (unsigned long long)line);
    snprintf(place->text, sizeof place->text, "%scolumn %zu", named, column);
    return place->text;
}

static ds_status load_error(const json_error_t *error, uint64_t first_line, ds_error *err)
{
    json_place place;
    uint64_t line = first_line == 0 ? 0 : first_line + (error->line > 0 ? (unsigned)error->line - 1 : 0);
    const char *at = json_place_print(&place, line, error->column > 0 ? (size_t)error->column : 0);
    if (error->text[0] == '\0') /* jansson tells of no other failure without a word */
        return error_nomem(err);
    switch (json_error_code(error)) {
    case json_error_out_of_memory:
        return error_nomem(err);
    case json_error_numeric_overflow:
        return ds_error_set(err, DS_INVALID, "the JSON holds a number too large for 64 bits or a double at %s", at);
    case json_error_stack_overflow:
        return ds_error_set(err, DS_INVALID, "the JSON is nested too deeply at %s", at);
    default:
        return ds_error_set(err, DS_INVALID, "the JSON is not valid at %s: %s", at, error->text);
    }
}

static ds_status nul_error(const char *text, const char *nul, uint64_t line, bool *grammar, ds_error *err)
{
    json_place place;
    const char *start = text;
    for (const char *at = text; at != nul; at++)
        if (*at == '\n') {
            line += line != 0;
            start = at + 1;
        }
    *grammar = true;
    return ds_error_set(err, DS_INVALID, "the JSON is not valid at %s: it holds a NUL byte",
                        json_place_print(&place, line, (size_t)(nul - start) + 1));
}

ds_status json_load_at(const char *text, size_t length, uint64_t line, json_t **out, bool *grammar, ds_error *err)
{
    json_error_t error;
    *out = NULL;
    *grammar = false;
    if (text == NULL)
        return ds_error_set(err, DS_INVALID, "there is no JSON text: NULL was given for it");
    const char *nul = memchr(text, '\0', length); /* jansson 2.14 passes over one that follows a number */
    if (nul != NULL)
        return nul_error(text, nul, line, grammar, err);
    locale_t before = uselocale(c_locale());
    *out = json_loadb(text, length, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    uselocale(before);
    if (*out != NULL)
        return DS_OK;
    *grammar =
        json_error_code(&error) != json_error_duplicate_key && json_error_code(&error) != json_error_numeric_overflow;
    return load_error(&error, line, err);
}

ds_status json_load(const char *text, size_t length, json_t **out, ds_error *err)
{
    bool grammar;
    return json_load_at(text, length, 1, out, &grammar, err);
}

/* ---- trees to values ---- */

ds_value json_scalar(const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_STRING:
        return ds_string_n(json_string_value(json), json_string_length(json));
    case JSON_INTEGER:
        return ds_integer(json_integer_value(json));
    case JSON_REAL:
        return ds_number(json_real_value(json));
    case JSON_TRUE:
    case JSON_FALSE:
        return ds_boolean(json_is_true(json));
    default:
        return ds_null();
    }
}

/* An object or array as canonical text that borrows from the buffer. */
static ds_status tree_value(const json_t *json, ds_buffer *buffer, ds_value *out, ds_error *err)
{
    json_write_tree(buffer, json);
    if (buffer->failed)
        return error_nomem(err);
    *out = ds_json_n(buffer->text, buffer->length);
    return DS_OK;
}

static bool is_tree(const json_t *json)
{
    return json_is_object(json) || json_is_array(json);
}

ds_status json_to_value(const json_t *json, arena *memory, ds_value *out, ds_error *err)
{
    ds_buffer buffer = {0};
    ds_value value = json_scalar(json);
    ds_status status = is_tree(json) ? tree_value(json, &buffer, &value, err) : DS_OK;
    if (status == DS_OK && value.type == DS_TOO_LONG)
        status = ds_error_set(err, DS_INVALID, "a JSON value is longer than 4 GiB");
    if (status == DS_OK && !arena_copy_value(memory, value, out))
        status = error_nomem(err);
    buffer_free(&buffer);
    return status;
}

/* ---- records ---- */

static ds_status set_member(ds_record *record, const char *name, const json_t *json)
{
    ds_buffer buffer = {0};
    ds_value value = json_scalar(json);
    ds_status status = is_tree(json) ? tree_value(json, &buffer, &value, NULL) : DS_OK;
    if (status == DS_OK)
        status = record_set_named(record, name, strlen(name), value);
    else
        record_fail(record, status, NULL);
    buffer_free(&buffer);
    return status;
}

ds_status record_from_json_value(const ds_model *model, const json_t *object, ds_record **out, ds_error *err)
{
    json_t *members = (json_t *)(uintptr_t)object; /* jansson's iterators take no const */
    *out = NULL;
    if (!json_is_object(object))
        return ds_error_set(err, DS_INVALID, "a record of the model \"%s\" must be a JSON object",
                            ds_model_name(model));
    ds_record *record = ds_record_new(model);
    if (record == NULL)
        return error_nomem(err);
    ds_status status = DS_OK;
    for (void *i = json_object_iter(members); i != NULL && status == DS_OK; i = json_object_iter_next(members, i))
        status = set_member(record, json_object_iter_key(i), json_object_iter_value(i));
    if (status == DS_OK)
        *out = record;
    else {
        status = record_failure(record, err);
        ds_record_free(record);
    }
    return status;
}

ds_status ds_record_from_json(const ds_model *model, const char *json, ds_record **out, ds_error *err)
{
    if (out != NULL)
        *out = NULL;
    if (model == NULL || json == NULL || out == NULL)
        return ds_error_set(err, DS_INVALID,
                            "a record cannot be read: there is no model, no JSON, or no place for the record");
    json_t *object;
    ds_status status = json_load(json, strlen(json), &object, err);
    if (status != DS_OK)
        return status;
    status = record_from_json_value(model, object, out, err);
    json_decref(object);
    return status;
}
