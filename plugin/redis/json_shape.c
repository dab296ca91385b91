/* See json_shape.h. Each function takes what it is named after and says whether that was there. */
#include "json_shape.h"

#include <string.h>

#define DEEPEST 200

typedef struct reader {
    const char *next, *end;
    int depth;
} reader;

static bool take_value(reader *r);

static void skip_space(reader *r)
{
    while (r->next < r->end && *r->next != '\0' && strchr(" \t\r\n", *r->next) != NULL)
        r->next++;
}

static bool take_char(reader *r, char c)
{
    if (r->next == r->end || *r->next != c)
        return false;
    r->next++;
    return true;
}

static bool take_word(reader *r, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(r->end - r->next) < length || memcmp(r->next, word, length) != 0)
        return false;
    r->next += length;
    return true;
}

static bool take_digits(reader *r)
{
    const char *from = r->next;
    while (r->next < r->end && *r->next >= '0' && *r->next <= '9')
        r->next++;
    return r->next > from;
}

static bool take_number(reader *r)
{
    take_char(r, '-');
    if (!take_char(r, '0') && !take_digits(r))
        return false;
    if (take_char(r, '.') && !take_digits(r))
        return false;
    if (!take_char(r, 'e') && !take_char(r, 'E'))
        return true;
    if (!take_char(r, '-'))
        take_char(r, '+');
    return take_digits(r);
}

static bool take_escape(reader *r)
{
    if (r->next == r->end || *r->next == '\0')
        return false;
    char c = *r->next++;
    if (c != 'u')
        return strchr("\"\\/bfnrt", c) != NULL;
    for (int i = 0; i < 4; i++, r->next++)
        if (r->next == r->end || *r->next == '\0' || strchr("0123456789abcdefABCDEF", *r->next) == NULL)
            return false;
    return true;
}

static bool take_string(reader *r)
{
    if (!take_char(r, '"'))
        return false;
    while (r->next < r->end && *r->next != '"') {
        if ((unsigned char)*r->next < 0x20)
            return false;
        if (*r->next++ == '\\' && !take_escape(r))
            return false;
    }
    return take_char(r, '"');
}

/* Behind the first bracket. */
static bool take_items(reader *r, char last, bool has_names)
{
    bool good = ++r->depth < DEEPEST;
    skip_space(r);
    if (good && take_char(r, last))
        return r->depth-- > 0;
    while (good) {
        skip_space(r);
        if (has_names) {
            good = take_string(r);
            skip_space(r);
            good = good && take_char(r, ':');
        }
        good = good && take_value(r);
        if (good && take_char(r, last))
            return r->depth-- > 0;
        good = good && take_char(r, ',');
    }
    return false;
}

/* With the white space around it. */
static bool take_value(reader *r)
{
    bool good;
    skip_space(r);
    if (r->next == r->end)
        return false;
    if (take_char(r, '{'))
        good = take_items(r, '}', true);
    else if (take_char(r, '['))
        good = take_items(r, ']', false);
    else if (*r->next == '"')
        good = take_string(r);
    else
        good = take_word(r, "true") || take_word(r, "false") || take_word(r, "null") || take_number(r);
    skip_space(r);
    return good;
}

char json_shape(const char *text, size_t length)
{
    reader r = {text, text + length, 0};
    skip_space(&r);
    char first = r.next == r.end ? '\0' : *r.next;
    if ((first != '{' && first != '[') || !take_value(&r) || r.next != r.end)
        return '\0';
    return first;
}

bool json_is_number(const char *text, size_t length)
{
    reader r = {text, text + length, 0};
    return take_number(&r) && r.next == r.end;
}
