/* Changes one entry in the text of a JSON object, and nothing else in it: comments there are none, but people have their
 * own way to lay out a file. The text was read by the strict scanner before, so that no step here meets anything else. */
#include "config/splice.h"

#include "model/record.h"

#include <string.h>

typedef struct layout {
    const char *unit; /* of indentation; NULL: all on one line */
    size_t unit_length;
    const char *newline;
} layout;

typedef struct member {
    const char *key, *value, *end; /* of the value */
} member;

/* ---- walking over JSON that is valid ---- */

static const char *skip_space(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

static const char *skip_string(const char *at)
{
    for (at++; *at != '"'; at++)
        at += *at == '\\';
    return at + 1;
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
        depth -= *at == '}' || *at == ']';
        at++;
    } while (depth > 0 || strchr(",]} \t\r\n\"", *at) == NULL);
    return at;
}

/* The member behind `at`, which is the '{' or a ','. */
static member next_member(const char *at)
{
    member m = {.key = skip_space(at + 1)};
    m.value = skip_space(skip_space(skip_string(m.key)) + 1);
    m.end = skip_value(m.value);
    return m;
}

/* ---- writing ---- */

/* As the first entry is laid out, which stands behind the '{' at `open`. */
static layout layout_of(const char *open, const char *first_key)
{
    layout l = {.unit = NULL, .newline = "\n"};
    for (const char *at = first_key; at > open && l.unit == NULL; at--)
        if (at[-1] == '\n') {
            l.unit = at;
            l.unit_length = (size_t)(first_key - at);
            l.newline = at - 2 > open && at[-2] == '\r' ? "\r\n" : "\n";
        }
    return l;
}

static void new_line(ds_buffer *out, const layout *l, size_t depth)
{
    buffer_text(out, l->newline);
    for (size_t i = 0; i < depth; i++)
        ds_buffer_append(out, l->unit, l->unit_length);
}

static void write_key(ds_buffer *out, const char *key)
{
    json_write_string(out, key, strlen(key));
    buffer_text(out, ": ");
}

static void write_value(ds_buffer *out, const layout *l, const cJSON *value, size_t depth)
{
    if (!cJSON_IsObject(value) || value->child == NULL || l->unit == NULL) {
        tree_print(out, value);
        return;
    }
    buffer_char(out, '{');
    for (const cJSON *child = value->child; child != NULL; child = child->next) {
        new_line(out, l, depth + 1);
        write_key(out, child->string);
        write_value(out, l, child, depth + 1);
        buffer_text(out, child->next == NULL ? "" : ",");
    }
    new_line(out, l, depth);
    buffer_char(out, '}');
}

static void write_first(ds_buffer *out, const char *text, const char *open, const char *end, const char *name,
                        const cJSON *entry)
{
    const layout l = {.unit = "  ", .unit_length = 2, .newline = "\n"};
    ds_buffer_append(out, text, (size_t)(open + 1 - text));
    new_line(out, &l, 1);
    write_key(out, name);
    write_value(out, &l, entry, 1);
    buffer_text(out, "\n");
    const char *close = skip_space(open + 1);
    ds_buffer_append(out, close, (size_t)(end - close));
}

void splice_entry(ds_buffer *out, const char *text, size_t length, const cJSON *tree, const char *name,
                  const cJSON *entry)
{
    const char *open = memchr(text, '{', length), *end = text + length; /* before it are white space and a BOM */
    const cJSON *child = tree->child;
    if (child == NULL) {
        write_first(out, text, open, end, name, entry);
        return;
    }
    member m = next_member(open);
    const layout l = layout_of(open, m.key);
    while (strcmp(child->string, name) != 0 && child->next != NULL) {
        m = next_member(skip_space(m.end));
        child = child->next;
    }
    if (strcmp(child->string, name) == 0) {
        ds_buffer_append(out, text, (size_t)(m.value - text));
    } else {
        ds_buffer_append(out, text, (size_t)(m.end - text));
        buffer_text(out, l.unit == NULL ? ", " : ",");
        if (l.unit != NULL)
            new_line(out, &l, 1);
        write_key(out, name);
    }
    write_value(out, &l, entry, 1);
    ds_buffer_append(out, m.end, (size_t)(end - m.end));
}
