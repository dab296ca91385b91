/* JSON that the library made, and is therefore valid, printed for a person: indented, or as lines of words. */
#include "dsctl.h"

#include <ctype.h>
#include <string.h>

void print_json_string(FILE *out, const char *text)
{
    char *json = ds_value_to_json(ds_string(text));
    fputs(json == NULL ? "null" : json, out);
    ds_free(json);
}

static void new_line(FILE *out, size_t depth)
{
    fputc('\n', out);
    for (size_t i = 0; i < depth; i++)
        fputs("  ", out);
}

static const char *skip_space(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

static const char *skip_string(const char *at)
{
    for (at++; *at != '"' && *at != '\0'; at++)
        at += *at == '\\' && at[1] != '\0';
    return *at == '\0' ? at : at + 1;
}

void print_json_indented(FILE *out, const char *json)
{
    size_t depth = 0;
    for (const char *at = skip_space(json); *at != '\0'; at = skip_space(at)) {
        if (*at == '"') {
            const char *end = skip_string(at);
            fwrite(at, 1, (size_t)(end - at), out);
            at = end;
            continue;
        }
        bool opens = *at == '{' || *at == '[', closes = *at == '}' || *at == ']';
        bool is_empty = opens && (*skip_space(at + 1) == '}' || *skip_space(at + 1) == ']');
        depth -= closes && depth > 0;
        if (closes)
            new_line(out, depth);
        fputc(*at++, out);
        if (is_empty)
            fputc(*(at = skip_space(at)), out), at++;
        else if (opens)
            new_line(out, ++depth);
        else if (at[-1] == ',')
            new_line(out, depth);
        else if (at[-1] == ':')
            fputc(' ', out);
    }
    fputc('\n', out);
}

/* ---- as words ---- */

static const char *print_value(FILE *out, const char *at, size_t depth);

/* "estimatedCost" as "estimated cost". */
static void print_key(FILE *out, const char *key, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        bool begins = i > 0 && isupper((unsigned char)key[i]) && islower((unsigned char)key[i - 1]);
        if (begins)
            fputc(' ', out);
        fputc(begins ? tolower((unsigned char)key[i]) : key[i], out);
    }
}

/* A string without its quotes; of the escapes only those that JSON cannot do without are undone. */
static const char *print_string(FILE *out, const char *at)
{
    const char *end = skip_string(at);
    for (at++; at + 1 < end; at++) {
        if (*at == '\\' && (at[1] == '"' || at[1] == '\\' || at[1] == '/'))
            at++;
        fputc(*at, out);
    }
    return end;
}

static const char *print_members(FILE *out, const char *at, size_t depth, bool first_on_line)
{
    for (at = skip_space(at + 1); *at == '"'; at = skip_space(at)) {
        if (!first_on_line)
            new_line(out, depth);
        first_on_line = false;
        const char *end = skip_string(at);
        print_key(out, at + 1, (size_t)(end - at) - 2);
        fputc(':', out);
        at = skip_space(print_value(out, skip_space(skip_space(end) + 1), depth + 1));
        at += *at == ',';
    }
    return *at == '\0' ? at : at + 1;
}

/* Scalars on one line, objects below each other. */
static const char *print_items(FILE *out, const char *at, size_t depth)
{
    const char *separator = " ";
    at = skip_space(at + 1);
    if (*at == ']')
        fputs(" nothing", out);
    while (*at != ']' && *at != '\0') {
        if (*at == '{') {
            new_line(out, depth);
            fputs("- ", out);
            at = print_members(out, at, depth + 1, true);
        } else {
            fputs(separator, out);
            at = *at == '"' ? print_string(out, at) : print_value(out, at, depth);
            separator = ", ";
        }
        at = skip_space(at);
        at = skip_space(at + (*at == ','));
    }
    return *at == '\0' ? at : at + 1;
}

static const char *print_value(FILE *out, const char *at, size_t depth)
{
    if (*at == '{')
        return print_members(out, at, depth, false);
    if (*at == '[')
        return print_items(out, at, depth);
    fputc(' ', out);
    if (*at == '"')
        return print_string(out, at);
    size_t length = strcspn(at, ",]} \t\r\n");
    bool is_word = strncmp(at, "true", 4) == 0 || strncmp(at, "false", 5) == 0;
    if (is_word)
        fputs(*at == 't' ? "yes" : "no", out);
    else
        fwrite(at, 1, length, out);
    return at + length;
}

static const char *skip_value(const char *at)
{
    size_t depth = 0;
    do {
        if (*at == '"') {
            at = skip_string(at);
            continue;
        }
        depth += *at == '{' || *at == '[';
        depth -= (*at == '}' || *at == ']') && depth > 0;
        at++;
    } while (*at != '\0' && (depth > 0 || strchr(",]}", *at) == NULL));
    return at;
}

/* A member's value, with its name at *name and where the next one is at *next; NULL: there are no more. */
static const char *take_member(const char *at, const char **name, size_t *length, const char **next)
{
    at = skip_space(at);
    if (*at != '"')
        return NULL;
    const char *end = skip_string(at), *value = skip_space(skip_space(end) + 1);
    *name = at + 1;
    *length = (size_t)(end - at) - 2;
    at = skip_space(skip_value(value));
    *next = at + (*at == ',');
    return value;
}

const char *json_member(const char *object, const char *name)
{
    const char *own, *value;
    size_t length;
    for (const char *at = skip_space(object) + 1; (value = take_member(at, &own, &length, &at)) != NULL;)
        if (length == strlen(name) && memcmp(own, name, length) == 0)
            return value;
    return NULL;
}

static const char *item_at(const char *at)
{
    at = skip_space(at);
    return *at == '\0' || *at == ']' ? NULL : at;
}

const char *json_item(const char *array)
{
    return *array == '[' ? item_at(array + 1) : NULL;
}

const char *json_next(const char *item)
{
    const char *at = skip_space(skip_value(item));
    return *at == ',' ? item_at(at + 1) : NULL;
}

void json_text(const char *string, char *out, size_t room)
{
    const char *end = skip_string(string);
    size_t length = 0;
    for (const char *at = string + 1; at + 1 < end && length + 1 < room; at++) {
        at += *at == '\\' && strchr("\"\\/", at[1]) != NULL;
        out[length++] = *at;
    }
    out[length] = '\0';
}

static bool is_among(const char *name, size_t length, const char *const *names)
{
    for (; *names != NULL; names++)
        if (strlen(*names) == length && memcmp(*names, name, length) == 0)
            return true;
    return false;
}

void print_json_as_text(FILE *out, const char *json, const char *const *without)
{
    const char *name, *value;
    size_t length;
    for (const char *at = skip_space(json) + 1; (value = take_member(at, &name, &length, &at)) != NULL;) {
        if (is_among(name, length, without))
            continue;
        print_key(out, name, length);
        fputc(':', out);
        print_value(out, value, 1);
        fputc('\n', out);
    }
}
