/* See guess.h. A text takes away what it cannot be; what is left over of a field decides. */
#include "guess.h"

#include "json_shape.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FIRST_MS      100000000000    /* 1973 */
#define LAST_MS       4102444800000   /* 2100 */
#define FIRST_SECONDS (-2208988800.0) /* 1900 */
#define LAST_SECONDS  4102444800.0

void guess_start(guess *g)
{
    *g = (guess){.possible = ~UINT32_C(0)};
}

static bool is_word(const char *text, size_t length, const char *word)
{
    return length == strlen(word) && memcmp(text, word, length) == 0;
}

bool guess_is_integer(const char *text, size_t length, int64_t *out)
{
    ds_value value;
    ds_text own;
    if (length == 0 || ds_value_parse(DS_INTEGER, text, length, &value) != DS_OK)
        return false;
    ds_value_text(value, &own);
    *out = value.as.integer;
    return own.length == length && memcmp(own.bytes, text, length) == 0;
}

/* One that a double holds, and not what only looks like a number: 12e45678 is more likely a part of a digest. */
static bool is_number(const char *text, size_t length, double *out)
{
    ds_value value;
    ds_text own;
    size_t digits = 0;
    if (!json_is_number(text, length) || ds_value_parse(DS_NUMBER, text, length, &value) != DS_OK)
        return false;
    ds_value_text(value, &own);
    *out = value.as.number;
    if (own.length == length && memcmp(own.bytes, text, length) == 0)
        return true;
    for (size_t i = 0; i < length; i++) {
        digits += text[i] >= '0' && text[i] <= '9';
        if (text[i] == 'e' || text[i] == 'E')
            return false;
    }
    return digits <= 17 && memchr(text, '.', length) != NULL;
}

static uint32_t number_kinds(const char *text, size_t length, guess *g)
{
    int64_t integer;
    double number;
    if (guess_is_integer(text, length, &integer))
        return GUESS_INTEGER | GUESS_NUMBER | (integer == 0 || integer == 1 ? GUESS_BIT : 0) |
               (integer >= FIRST_MS && integer <= LAST_MS ? GUESS_MS : 0);
    if (!is_number(text, length, &number))
        return 0;
    if (memchr(text, '.', length) == NULL || number < FIRST_SECONDS || number > LAST_SECONDS)
        return GUESS_NUMBER;
    g->recent += number > 1e8;
    return GUESS_NUMBER | GUESS_SECONDS;
}

static uint32_t kinds_of(const char *text, size_t length, guess *g)
{
    ds_value date;
    if (is_word(text, length, "true") || is_word(text, length, "false"))
        return GUESS_BOOLEAN;
    uint32_t kinds = number_kinds(text, length, g);
    if (kinds != 0)
        return kinds;
    if (ds_value_parse(DS_DATE, text, length, &date) == DS_OK)
        return GUESS_ISO;
    char shape = json_shape(text, length);
    return shape == '{' ? GUESS_OBJECT : shape == '[' ? GUESS_ARRAY : 0;
}

void guess_take(guess *g, const char *text, size_t length)
{
    if (length == 0) {
        g->empties++;
        return;
    }
    g->texts++;
    uint32_t kinds = utf8_is_valid(text, length) ? kinds_of(text, length, g) | GUESS_UTF8 : 0;
    g->possible &= kinds;
}

bool guess_is_typed(const guess *g)
{
    return g->texts > 0 && (g->possible & ~(uint32_t)GUESS_UTF8) != 0;
}

const char *guess_type(const guess *g, redis_dialect dialect)
{
    uint32_t possible = g->texts > 0 ? g->possible : GUESS_UTF8;
    if (g->empties > 0 && dialect != DIALECT_LOOPBACK) /* to which an empty text is null */
        possible &= GUESS_UTF8;
    if (possible & GUESS_BOOLEAN || (dialect == DIALECT_REDIS_OM && possible & GUESS_BIT))
        return "boolean";
    if (possible & GUESS_ISO || (dialect == DIALECT_LOOPBACK && possible & GUESS_MS) ||
        (dialect == DIALECT_REDIS_OM && possible & GUESS_SECONDS && 2 * g->recent >= g->texts))
        return "date";
    if (possible & GUESS_INTEGER)
        return "integer";
    if (possible & GUESS_NUMBER)
        return "number";
    if (possible & (GUESS_OBJECT | GUESS_ARRAY))
        return possible & GUESS_OBJECT ? "object" : "array";
    return possible & GUESS_UTF8 ? "string" : "binary";
}

/* Without regard to case, at a word's beginning: "updatedAt", "last_update". */
static bool has_word(const char *name, size_t length, const char *word)
{
    size_t size = strlen(word);
    for (size_t i = 0; i + size <= length; i++)
        if (strncasecmp(name + i, word, size) == 0)
            return true;
    return false;
}

bool guess_sounds_like_date(const char *name, size_t length)
{
    static const char *const words[] = {"date",  "time",   "created", "updated", "modified", "deleted",
                                        "birth", "expire", "since",   "until",   "when",     "stamp"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (has_word(name, length, words[i]))
            return true;
    const char *end = name + length;
    return (length > 2 && (memcmp(end - 2, "At", 2) == 0 || memcmp(end - 2, "On", 2) == 0)) ||
           (length > 3 && (memcmp(end - 3, "_at", 3) == 0 || memcmp(end - 3, "_on", 3) == 0)) ||
           is_word(name, length, "at") || is_word(name, length, "ts");
}
