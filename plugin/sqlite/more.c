/* Undeclared properties, in one column as a JSON object of names to texts: {"colour":"red","size":"10"}. Another program's
 * numbers and nested values there are read as their JSON text. */
#include "sqlite.h"

#include <stdlib.h>

/* ---- reading JSON ---- */

typedef struct json_text {
    const char *at, *end;
    text *to; /* where names and texts are written */
} json_text;

static void skip_space(json_text *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
        r->at++;
}

static bool take(json_text *r, char c)
{
    skip_space(r);
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static bool take_unit(json_text *r, unsigned *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++, r->at++) {
        if (r->at == r->end)
            return false;
        char c = *r->at;
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
                                                : 16;
        if (digit > 15)
            return false;
        *out = *out << 4 | digit;
    }
    return true;
}

static void add_code_point(text *to, unsigned code)
{
    char utf8[4];
    size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char marks[] = {0, 0xc0, 0xe0, 0xf0};
    for (size_t i = length; i-- > 1; code >>= 6)
        utf8[i] = (char)(0x80 | (code & 0x3f));
    utf8[0] = (char)(length == 1 ? code : marks[length - 1] | code);
    text_add(to, utf8, length);
}

/* Behind "\u". */
static bool take_escaped_unit(json_text *r)
{
    unsigned first, second;
    if (!take_unit(r, &first))
        return false;
    if (first < 0xd800 || first > 0xdfff) {
        add_code_point(r->to, first);
        return true;
    }
    if (first > 0xdbff || r->end - r->at < 2 || r->at[0] != '\\' || r->at[1] != 'u')
        return false;
    r->at += 2;
    if (!take_unit(r, &second) || second < 0xdc00 || second > 0xdfff)
        return false;
    add_code_point(r->to, 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
    return true;
}

static bool take_escape(json_text *r)
{
    static const char from[] = "bfnrt\"\\/", to[] = "\b\f\n\r\t\"\\/";
    if (r->at == r->end)
        return false;
    char c = *r->at++;
    if (c == 'u')
        return take_escaped_unit(r);
    const char *known = c == '\0' ? NULL : strchr(from, c);
    if (known != NULL)
        text_add(r->to, &to[known - from], 1);
    return known != NULL;
}

/* Behind the opening quote: writes the string, and goes behind the closing one. */
static bool take_string(json_text *r)
{
    const char *start = r->at;
    while (r->at < r->end && *r->at != '"') {
        if (*r->at != '\\') {
            r->at++;
            continue;
        }
        text_add(r->to, start, (size_t)(r->at - start));
        r->at++;
        if (!take_escape(r))
            return false;
        start = r->at;
    }
    if (r->at == r->end)
        return false;
    text_add(r->to, start, (size_t)(r->at - start));
    r->at++;
    return true;
}

/* Goes behind a string, from behind its opening quote. */
static bool pass_string(json_text *r)
{
    for (; r->at < r->end; r->at++) {
        if (*r->at == '"') {
            r->at++;
            return true;
        }
        r->at += *r->at == '\\';
    }
    return false;
}

/* Anything but a string: its JSON text. */
static bool take_other(json_text *r)
{
    const char *start = r->at;
    for (size_t depth = 0; r->at < r->end; r->at++) {
        char c = *r->at;
        if (depth == 0 && (c == ',' || c == '}'))
            break;
        if (c == '{' || c == '[')
            depth++;
        else if (c == '}' || c == ']')
            depth--;
        else if (c == '"') {
            r->at++;
            if (!pass_string(r))
                return false;
            r->at--;
        }
    }
    const char *last = r->at;
    while (last > start && strchr(" \t\r\n", last[-1]) != NULL)
        last--;
    text_add(r->to, start, (size_t)(last - start));
    return last > start;
}

typedef struct pair {
    size_t name, name_length, value, value_length; /* in json_text.to */
    bool is_null;
} pair;

static bool take_pair(json_text *r, pair *out)
{
    out->name = r->to->length;
    if (!take(r, '"') || !take_string(r))
        return false;
    out->name_length = r->to->length - out->name;
    out->value = r->to->length;
    if (!take(r, ':'))
        return false;
    bool is_string = take(r, '"');
    if (is_string ? !take_string(r) : !take_other(r))
        return false;
    out->value_length = r->to->length - out->value;
    out->is_null = !is_string && out->value_length == 4 && memcmp(r->to->bytes + out->value, "null", 4) == 0;
    return true;
}

/* The next pair; *end behind the last. false: it is no JSON object. */
static bool next_pair(json_text *r, bool first, pair *out, bool *end)
{
    *end = take(r, '}');
    if (*end) {
        skip_space(r);
        return r->at == r->end;
    }
    return (first ? true : take(r, ',')) && take_pair(r, out);
}

ds_status more_read(const char *json, size_t length, ds_record *record)
{
    text room = {.bytes = NULL};
    json_text r = {json, json + length, &room};
    pair p;
    ds_status status = DS_OK;
    bool first = true, end = false, goes_on = take(&r, '{');
    while (goes_on && status == DS_OK && (goes_on = next_pair(&r, first, &p, &end)) && !end) {
        if (!room.failed && !p.is_null)
            status = ds_record_put_named(record, room.bytes + p.name, p.name_length,
                                         ds_string_n(room.bytes + p.value, p.value_length));
        first = false;
        text_cut(&room, 0);
    }
    if (room.failed)
        status = DS_NOMEM;
    text_free(&room);
    return status;
}

/* ---- changing ---- */

static bool more_add(more *m, const pair *p)
{
    if (m->count == m->room) {
        size_t room = m->room == 0 ? 16 : 2 * m->room;
        more_item *items = ds_realloc(m->items, room * sizeof *items);
        if (items == NULL) {
            m->bytes.failed = true;
            return false;
        }
        m->items = items;
        m->room = room;
    }
    m->items[m->count++] = (more_item){p->name, p->name_length, p->value, p->value_length};
    return true;
}

bool more_parse(more *m, const char *json, size_t length)
{
    json_text r = {json, json + length, &m->bytes};
    pair p;
    bool first = true, end = false, good = take(&r, '{');
    while (good && !m->bytes.failed && (good = next_pair(&r, first, &p, &end)) && !end) {
        if (!p.is_null)
            good = more_add(m, &p);
        first = false;
    }
    return good && !m->bytes.failed;
}

static size_t more_find(const more *m, const char *name, size_t length)
{
    size_t i = 0;
    while (i < m->count && (m->items[i].name_length != length ||
                            (length > 0 && memcmp(m->bytes.bytes + m->items[i].name, name, length) != 0)))
        i++;
    return i;
}

void more_set(more *m, const char *name, size_t name_length, ds_value value)
{
    size_t at = more_find(m, name, name_length);
    if (value.type == DS_NULL) {
        if (at < m->count)
            m->items[at] = m->items[--m->count];
        return;
    }
    ds_text words;
    ds_value_text(value, &words);
    pair p = {.name = m->bytes.length, .name_length = name_length, .value_length = words.length};
    text_add(&m->bytes, name, name_length);
    p.value = m->bytes.length;
    text_add(&m->bytes, words.bytes, words.length);
    if (m->bytes.failed)
        return;
    if (at < m->count)
        m->items[at] = (more_item){p.name, p.name_length, p.value, p.value_length};
    else
        more_add(m, &p);
}

bool more_get(const more *m, const char *name, size_t name_length, ds_value *out)
{
    size_t at = more_find(m, name, name_length);
    *out = ds_null();
    if (at == m->count)
        return false;
    *out = ds_string_n(m->bytes.bytes + m->items[at].value, m->items[at].value_length);
    return true;
}

static int compare_names(const void *a, const void *b, void *bytes)
{
    const more_item *x = a, *y = b;
    const char *base = bytes;
    size_t common = x->name_length < y->name_length ? x->name_length : y->name_length;
    int order = common == 0 ? 0 : memcmp(base + x->name, base + y->name, common);
    return order != 0 ? order : (x->name_length > y->name_length) - (x->name_length < y->name_length);
}

void more_write(more *m, text *json)
{
    if (m->count == 0)
        return;
    qsort_r(m->items, m->count, sizeof *m->items, compare_names, m->bytes.bytes);
    for (size_t i = 0; i < m->count; i++) {
        const more_item *item = &m->items[i];
        text_put(json, i == 0 ? "{" : ",");
        text_json(json, m->bytes.bytes + item->name, item->name_length);
        text_put(json, ":");
        text_json(json, m->bytes.bytes + item->value, item->value_length);
    }
    text_put(json, "}");
}

void more_free(more *m)
{
    text_free(&m->bytes);
    ds_free(m->items);
    *m = (more){.items = NULL};
}
