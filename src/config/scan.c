/* The strict scanner in front of cJSON: RFC 8259's grammar, UTF-8, and the limits within which cJSON loses nothing. It
 * knows where it stands, so that a sentence can name the line and the column. */
#include "config/scan.h"

#include "model/text.h"

#include <math.h>
#include <string.h>

#define NUMBER_LENGTH  60 /* cJSON cuts numbers at 63 characters */
#define NUMBER_LARGEST 9007199254740992

typedef struct scanner {
    const char *start, *at, *end;
    const char *wrong; /* what is wrong at `at` */
    unsigned depth;
} scanner;

static bool scan_value(scanner *s);

static bool scan_fail(scanner *s, const char *wrong)
{
    s->wrong = wrong;
    return false;
}

static int scan_peek(const scanner *s)
{
    return s->at < s->end ? (unsigned char)*s->at : -1;
}

static bool scan_take(scanner *s, char c)
{
    if (s->at == s->end || *s->at != c)
        return false;
    s->at++;
    return true;
}

static void scan_space(scanner *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r'))
        s->at++;
}

static size_t scan_digits(scanner *s)
{
    const char *from = s->at;
    while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
        s->at++;
    return (size_t)(s->at - from);
}

/* Beyond 2^53 a double, and cJSON has nothing else, does not hold every integer. */
static bool number_is_exact(const char *text, size_t length, const char **wrong)
{
    int64_t integer = 0;
    double number = 0;
    *wrong = "a number beyond 2^53 must be written as a string";
    if (integer_parse(text, length, &integer))
        return integer >= -NUMBER_LARGEST && integer <= NUMBER_LARGEST;
    if (!number_parse(text, length, &number) || !isfinite(number)) {
        *wrong = "the number does not fit";
        return false;
    }
    return fabs(number) < (double)NUMBER_LARGEST;
}

static bool scan_number(scanner *s)
{
    const char *from = s->at, *wrong = NULL;
    scan_take(s, '-');
    bool zero = scan_peek(s) == '0';
    size_t digits = scan_digits(s);
    bool well_formed = digits == 1 || (digits > 1 && !zero);
    if (well_formed && scan_take(s, '.'))
        well_formed = scan_digits(s) > 0;
    if (well_formed && (scan_take(s, 'e') || scan_take(s, 'E'))) {
        if (!scan_take(s, '-'))
            scan_take(s, '+');
        well_formed = scan_digits(s) > 0;
    }
    size_t length = (size_t)(s->at - from);
    if (!well_formed)
        wrong = digits > 1 && zero ? "a number may not begin with 0" : "a number is not written as JSON has it";
    else if (length > NUMBER_LENGTH)
        wrong = "a number is too long";
    else if (number_is_exact(from, length, &wrong))
        return true;
    s->at = from;
    return scan_fail(s, wrong);
}

static bool scan_hex(scanner *s, unsigned *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++, s->at++) {
        static const char digits[] = "0123456789abcdefABCDEF";
        int c = scan_peek(s);
        const char *digit = c <= 0 ? NULL : strchr(digits, c);
        if (digit == NULL)
            return scan_fail(s, "\\u must be followed by four hexadecimal digits");
        size_t value = (size_t)(digit - digits);
        *unit = *unit * 16 + (unsigned)(value < 16 ? value : value - 6);
    }
    return true;
}

/* Behind a backslash. */
static bool scan_escape(scanner *s)
{
    unsigned unit = 0;
    int c = scan_peek(s);
    if (c <= 0 || strchr("\"\\/bfnrtu", c) == NULL)
        return scan_fail(s, "a backslash is followed by a character that JSON does not escape");
    s->at++;
    if (c != 'u')
        return true;
    if (!scan_hex(s, &unit))
        return false;
    if (unit == 0)
        return scan_fail(s, "a string may not hold a NUL (\\u0000)");
    if (unit < 0xD800 || unit > 0xDFFF)
        return true;
    unsigned low = 0;
    if (unit > 0xDBFF || !scan_take(s, '\\') || !scan_take(s, 'u'))
        return scan_fail(s, "a surrogate (\\uD800 to \\uDFFF) stands alone");
    if (!scan_hex(s, &low))
        return false;
    return (low >= 0xDC00 && low <= 0xDFFF) || scan_fail(s, "a surrogate (\\uD800 to \\uDFFF) stands alone");
}

static bool scan_string(scanner *s)
{
    const char *from = s->at++;
    for (;;) {
        const char *plain = s->at;
        while (s->at < s->end && *s->at != '"' && *s->at != '\\' && (unsigned char)*s->at >= 0x20)
            s->at++;
        if (!utf8_valid(plain, (size_t)(s->at - plain))) {
            s->at = plain;
            return scan_fail(s, "a string is not UTF-8");
        }
        if (scan_take(s, '"'))
            return true;
        if (s->at == s->end) {
            s->at = from;
            return scan_fail(s, "a string is not closed");
        }
        if (!scan_take(s, '\\'))
            return scan_fail(s, "a string holds a control character, or is not closed");
        if (!scan_escape(s))
            return false;
    }
}

static bool scan_word(scanner *s)
{
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < 3; i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(s->end - s->at) >= length && memcmp(s->at, words[i], length) == 0) {
            s->at += length;
            return true;
        }
    }
    return scan_fail(s, s->at == s->end ? "the text ends where a value is due" : "this is not a JSON value");
}

static bool scan_member(scanner *s)
{
    scan_space(s);
    if (scan_peek(s) != '"')
        return scan_fail(s, s->at == s->end ? "an object is not closed" : "a key in double quotes is due");
    if (!scan_string(s))
        return false;
    scan_space(s);
    return (scan_take(s, ':') || scan_fail(s, "a colon is missing")) && scan_value(s);
}

static bool scan_array(scanner *s)
{
    s->at++;
    scan_space(s);
    if (scan_take(s, ']'))
        return true;
    do {
        if (!scan_value(s))
            return false;
        scan_space(s);
    } while (scan_take(s, ','));
    return scan_take(s, ']') || scan_fail(s, "a comma or \"]\" is missing");
}

static bool scan_object(scanner *s)
{
    s->at++;
    scan_space(s);
    if (scan_take(s, '}'))
        return true;
    do {
        if (!scan_member(s))
            return false;
        scan_space(s);
    } while (scan_take(s, ','));
    return scan_take(s, '}') || scan_fail(s, "a comma or \"}\" is missing");
}

static bool scan_value(scanner *s)
{
    scan_space(s);
    int c = scan_peek(s);
    if (c == '"')
        return scan_string(s);
    if (c == '-' || (c >= '0' && c <= '9'))
        return scan_number(s);
    if (c != '{' && c != '[')
        return scan_word(s);
    if (s->depth == SCAN_DEPTH)
        return scan_fail(s, "objects and arrays are nested too deeply");
    s->depth++;
    bool read = c == '{' ? scan_object(s) : scan_array(s);
    s->depth--;
    return read;
}

static bool scan_text(scanner *s)
{
    scan_space(s);
    if (s->at == s->end)
        return scan_fail(s, "there is no JSON, it is empty");
    if (!scan_value(s))
        return false;
    scan_space(s);
    return s->at == s->end || scan_fail(s, "there is text behind the end of the JSON");
}

ds_status scan_json(const char *place, const char *text, size_t length, ds_error *err)
{
    scanner s = {.start = text, .at = text, .end = text + length};
    if (scan_text(&s))
        return DS_OK;
    size_t line = 1, column = 1;
    for (const char *c = text; c < s.at; c++) {
        column += ((unsigned char)*c & 0xC0) != 0x80; /* counts code points */
        if (*c == '\n') {
            line++;
            column = 1;
        }
    }
    return ds_error_set(err, DS_CONFIG, "%s: line %zu, column %zu: %s", place, line, column, s.wrong);
}
