/* A mark is base64url of a JSON array [model, order, values...] behind a check sum, so that a damaged one is refused
 * and not read as another place. Values keep their types and bytes (literal.c). */
#include "query/mark.h"

#include "model/record.h"
#include "model/text.h"
#include "query/literal.h"

#include <jansson.h>

#define SUM_LENGTH 16

/* FNV-1a, 64 bits: against accidents, not against forgery, from which a host has nothing to fear. */
static uint64_t check_sum(const char *text, size_t length)
{
    uint64_t sum = 0xcbf29ce484222325u;
    for (size_t i = 0; i < length; i++)
        sum = (sum ^ (unsigned char)text[i]) * 0x100000001b3u;
    return sum;
}

static void swap_letters(char *text, const char *from, const char *to)
{
    for (; *text != '\0'; text++) {
        const char *letter = strchr(from, *text);
        if (letter != NULL)
            *text = to[letter - from];
    }
}

static char *encode(const char *text, size_t length)
{
    const size_t room = base64_length(length);
    char *out = ds_malloc(room + 1);
    if (out == NULL)
        return NULL;
    base64_encode(text, length, out);
    out[room] = '\0';
    out[strcspn(out, "=")] = '\0';
    swap_letters(out, "+/", "-_");
    return out;
}

/* NULL where it is not base64url. */
static char *decode(const char *mark, size_t *length, arena *memory, bool *out_of_memory)
{
    const size_t given = strlen(mark), padded = (given + 3) / 4 * 4;
    char *text = arena_alloc(memory, padded + 1), *out = arena_alloc(memory, padded + 1);
    *out_of_memory = text == NULL || out == NULL;
    if (*out_of_memory || strpbrk(mark, "+/=") != NULL)
        return NULL;
    memcpy(text, mark, given);
    memset(text + given, '=', padded - given);
    text[padded] = '\0';
    swap_letters(text, "-_", "+/");
    return base64_decode(text, padded, out, length) ? out : NULL;
}

char *mark_print(const char *model, const char *order, const ds_value *values, size_t count)
{
    ds_buffer json = {0}, whole = {0};
    char *mark = NULL;
    buffer_char(&json, '[');
    json_write_string(&json, model, strlen(model));
    buffer_char(&json, ',');
    json_write_string(&json, order, strlen(order));
    for (size_t i = 0; i < count; i++) {
        buffer_char(&json, ',');
        literal_write(&json, values[i], true);
    }
    buffer_char(&json, ']');
    if (!json.failed) {
        ds_buffer_format(&whole, "%016llx", (unsigned long long)check_sum(json.text, json.length));
        ds_buffer_append(&whole, json.text, json.length);
    }
    if (!json.failed && !whole.failed)
        mark = encode(whole.text, whole.length);
    buffer_free(&json);
    buffer_free(&whole);
    return mark;
}

static bool is_text(const json_t *json, const char *text)
{
    return json_is_string(json) && json_string_length(json) == strlen(text) &&
           strcmp(json_string_value(json), text) == 0;
}

static ds_status read_values(const json_t *json, const char *model, const char *order, size_t count, arena *memory,
                             const ds_value **values, ds_error *err)
{
    if (!is_text(json_array_get(json, 0), model) || !is_text(json_array_get(json, 1), order) ||
        json_array_size(json) != count + 2)
        return ds_error_set(err, DS_INVALID,
                            "the mark in \"after\" was not made with the model %s and the order \"%s\"", model, order);
    ds_value *read = arena_zeroed(memory, count + 1, sizeof *read);
    if (read == NULL)
        return error_nomem(err);
    ds_status status = DS_OK;
    for (size_t i = 0; status == DS_OK && i < count; i++)
        status = literal_read(json_array_get(json, i + 2), memory, &read[i], err);
    *values = read;
    return status;
}

ds_status mark_parse(const char *mark, const char *model, const char *order, size_t count, arena *memory,
                     const ds_value **values, ds_error *err)
{
    size_t length = 0;
    bool out_of_memory;
    char *text = decode(mark, &length, memory, &out_of_memory);
    if (out_of_memory)
        return error_nomem(err);
    char sum[SUM_LENGTH + 1] = "";
    ds_buffer wanted = {0};
    if (text != NULL && length > SUM_LENGTH) {
        memcpy(sum, text, SUM_LENGTH);
        ds_buffer_format(&wanted, "%016llx", (unsigned long long)check_sum(text + SUM_LENGTH, length - SUM_LENGTH));
    }
    const bool nomem = wanted.failed, whole = wanted.text != NULL && strcmp(wanted.text, sum) == 0;
    buffer_free(&wanted);
    if (nomem)
        return error_nomem(err);
    json_t *json = NULL;
    ds_status status = whole ? json_load(text + SUM_LENGTH, length - SUM_LENGTH, &json, err) : DS_INVALID;
    if (status == DS_INVALID)
        status = ds_error_set(err, DS_INVALID,
                              "the mark in \"after\" is damaged: it is not one that ds_cursor_mark returned");
    if (status == DS_OK)
        status = read_values(json, model, order, count, memory, values, err);
    json_decref(json);
    return status;
}
