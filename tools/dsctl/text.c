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

/* "estimatedCost" as "estimated cost", and some in words of our own. */
static void print_key(FILE *out, const char *key, size_t length)
{
    static const char *const words[][2] = {
        {"access", "found by"}, {"backend", "done by the backend"}, {"library", "left to the library"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (length == strlen(words[i][0]) && memcmp(key, words[i][0], length) == 0) {
            fputs(words[i][1], out);
            return;
        }
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

void print_json_as_text(FILE *out, const char *json)
{
    json = skip_space(json);
    if (*json == '{')
        print_members(out, json, 0, true);
    else
        print_value(out, json, 0);
    fputc('\n', out);
}
