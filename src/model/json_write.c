/* Writes JSON: values, records and canonical trees, always on one line and in UTF-8. Canonical means keys sorted by
 * bytes, no white space, and ".0" behind a double that would read as an integer, so that what was written reads back as
 * it was. */
#include "model/record.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "model/text.h"

/* ---- strings ---- */

static bool is_plain(char c)
{
    unsigned char byte = (unsigned char)c;
    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

static void write_control(ds_buffer *buffer, unsigned char c)
{
    static const char letters[] = "btn?fr", digits[] = "0123456789abcdef";
    char escape[6] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
    if (c < '\b' || c > '\r' || c == '\v') {
        ds_buffer_append(buffer, escape, sizeof escape);
        return;
    }
    buffer_char(buffer, '\\');
    buffer_char(buffer, letters[c - '\b']);
}

/* One character that cannot be taken over as it is. */
static void write_special(ds_buffer *buffer, const char *at, size_t length, uint32_t code)
{
    if (code >= UTF8_BYTE)
        buffer_text(buffer, "\xef\xbf\xbd"); /* U+FFFD */
    else if (code >= 0x80)
        ds_buffer_append(buffer, at, length);
    else if (code < 0x20)
        write_control(buffer, (unsigned char)code);
    else {
        buffer_char(buffer, '\\');
        buffer_char(buffer, (char)code);
    }
}

void json_write_string(ds_buffer *buffer, const char *text, size_t length)
{
    const char *end = length == 0 ? text : text + length;
    buffer_char(buffer, '"');
    while (text != end) {
        const char *plain = text;
        while (plain != end && is_plain(*plain))
            plain++;
        ds_buffer_append(buffer, text, (size_t)(plain - text));
        text = plain;
        if (text == end)
            break;
        uint32_t code = utf8_next(&plain, end);
        write_special(buffer, text, (size_t)(plain - text), code);
        text = plain;
    }
    buffer_char(buffer, '"');
}

/* ---- values ---- */

static void write_integer(ds_buffer *buffer, int64_t integer)
{
    char text[24];
    ds_buffer_append(buffer, text, integer_print(integer, text));
}

static void write_number(ds_buffer *buffer, double number)
{
    char text[32];
    if (!isfinite(number)) { /* no record holds one, and JSON has none */
        buffer_text(buffer, "null");
        return;
    }
    size_t length = number_print(number, text);
    ds_buffer_append(buffer, text, length);
    if (memchr(text, '.', length) == NULL && memchr(text, 'e', length) == NULL && memchr(text, 'E', length) == NULL)
        buffer_text(buffer, ".0");
}

static void write_date(ds_buffer *buffer, int64_t ms)
{
    char text[32];
    size_t length = date_print(ms, text);
    json_write_string(buffer, text, length);
}

static void write_binary(ds_buffer *buffer, const void *bytes, size_t length)
{
    size_t encoded = base64_length(length);
    char *text = ds_malloc(encoded + 1);
    if (text == NULL) {
        buffer->failed = true;
        return;
    }
    base64_encode(bytes, length, text);
    buffer_char(buffer, '"');
    ds_buffer_append(buffer, text, encoded);
    buffer_char(buffer, '"');
    ds_free(text);
}

void json_write(ds_buffer *buffer, ds_value value)
{
    switch (value.type) {
    case DS_BOOLEAN:
        buffer_text(buffer, value.as.boolean ? "true" : "false");
        return;
    case DS_INTEGER:
        write_integer(buffer, value.as.integer);
        return;
    case DS_NUMBER:
        write_number(buffer, value.as.number);
        return;
    case DS_STRING:
        json_write_string(buffer, value.as.string, value.length);
        return;
    case DS_BINARY:
        write_binary(buffer, value.as.binary, value.length);
        return;
    case DS_DATE:
        write_date(buffer, value.as.date);
        return;
    case DS_JSON:
        ds_buffer_append(buffer, value.as.string, value.length);
        return;
    case DS_NULL:
        break;
    }
    buffer_text(buffer, "null"); /* DS_TOO_LONG too */
}

/* A host's JSON may be laid out in any way, or be none: then it is text. */
static void write_given_json(ds_buffer *buffer, ds_value value)
{
    json_t *json;
    ds_status status = json_load(value.as.string, value.length, &json, NULL);
    if (status == DS_OK) {
        json_write_tree(buffer, json);
        json_decref(json);
    } else if (status == DS_NOMEM)
        buffer->failed = true;
    else
        json_write_string(buffer, value.as.string, value.length);
}

char *ds_value_to_json(ds_value value)
{
    ds_buffer buffer = {0};
    if (!value_has_bytes(value))
        value = ds_null();
    if (value.type == DS_JSON)
        write_given_json(&buffer, value);
    else
        json_write(&buffer, value);
    return buffer_take(&buffer);
}

void ds_buffer_json(ds_buffer *buffer, ds_value value)
{
    if (!value_has_bytes(value))
        value = ds_null();
    if (value.type == DS_JSON)
        write_given_json(buffer, value);
    else if (value.type == DS_BINARY) {
        buffer_text(buffer, "{\"$binary\":");
        json_write(buffer, value);
        buffer_char(buffer, '}');
    } else
        json_write(buffer, value);
}

/* ---- trees ---- */

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The keys of an object, sorted by bytes, for ds_free(); json_load() lets no key hold a NUL. */
static const char **sorted_keys(const json_t *object)
{
    const char **keys = ds_malloc((json_object_size(object) + 1) * sizeof *keys);
    json_t *unused = (json_t *)(uintptr_t)object; /* jansson's iterators take no const */
    size_t count = 0;
    if (keys == NULL)
        return NULL;
    for (void *i = json_object_iter(unused); i != NULL; i = json_object_iter_next(unused, i))
        keys[count++] = json_object_iter_key(i);
    qsort(keys, count, sizeof *keys, compare_keys);
    return keys;
}

static void write_object(ds_buffer *buffer, const json_t *object)
{
    const char **keys = sorted_keys(object);
    if (keys == NULL) {
        buffer->failed = true;
        return;
    }
    buffer_char(buffer, '{');
    for (size_t i = 0; i < json_object_size(object); i++) {
        if (i != 0)
            buffer_char(buffer, ',');
        json_write_string(buffer, keys[i], strlen(keys[i]));
        buffer_char(buffer, ':');
        json_write_tree(buffer, json_object_get(object, keys[i]));
    }
    buffer_char(buffer, '}');
    ds_free(keys);
}

static void write_array(ds_buffer *buffer, const json_t *array)
{
    buffer_char(buffer, '[');
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (i != 0)
            buffer_char(buffer, ',');
        json_write_tree(buffer, json_array_get(array, i));
    }
    buffer_char(buffer, ']');
}

/* Recurses as deep as jansson reads, 2,048 levels. */
void json_write_tree(ds_buffer *buffer, const json_t *json)
{
    if (json_is_object(json))
        write_object(buffer, json);
    else if (json_is_array(json))
        write_array(buffer, json);
    else
        json_write(buffer, json_scalar(json));
}

/* ---- records ---- */

static void write_member(ds_buffer *buffer, const ds_field *field, bool *first)
{
    if (field->value.type == DS_NULL)
        return;
    if (!*first)
        buffer_char(buffer, ',');
    *first = false;
    json_write_string(buffer, field->name, field->name_length);
    buffer_char(buffer, ':');
    json_write(buffer, field->value);
}

static int compare_names(const void *a, const void *b)
{
    const ds_field *left = a, *right = b;
    size_t shorter = left->name_length < right->name_length ? left->name_length : right->name_length;
    int order = memcmp(left->name, right->name, shorter);
    return order != 0 ? order : (left->name_length > right->name_length) - (left->name_length < right->name_length);
}

static void write_undeclared(ds_buffer *buffer, const ds_record *record, size_t declared, bool *first)
{
    size_t slots = ds_record_slots(record), count = 0;
    if (slots == declared)
        return;
    ds_field *fields = ds_malloc((slots - declared) * sizeof *fields);
    if (fields == NULL) {
        buffer->failed = true;
        return;
    }
    for (size_t slot = declared; slot < slots; slot++)
        if (ds_record_field(record, slot, &fields[count]))
            count++;
    qsort(fields, count, sizeof *fields, compare_names);
    for (size_t i = 0; i < count; i++)
        write_member(buffer, &fields[i], first);
    ds_free(fields);
}

void record_write_json(ds_buffer *buffer, const ds_record *record)
{
    size_t declared = record_definition(record)->property_count;
    ds_field field;
    bool first = true;
    buffer_char(buffer, '{');
    for (size_t slot = 0; slot < declared; slot++)
        if (ds_record_field(record, slot, &field))
            write_member(buffer, &field, &first);
    write_undeclared(buffer, record, declared, &first);
    buffer_char(buffer, '}');
}

char *ds_record_to_json(const ds_record *record)
{
    ds_buffer buffer = {0};
    if (record == NULL)
        return NULL;
    record_write_json(&buffer, record);
    return buffer_take(&buffer);
}
