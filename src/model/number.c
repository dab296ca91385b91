/* Numbers as text, and compared. Whatever locale the host has set makes no difference: of printf only the digits are
 * taken, and strtod is given no decimal point. */
#include "model/text.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define TWO_63 9223372036854775808.0

size_t integer_print(int64_t integer, char out[24])
{
    char reversed[20];
    uint64_t rest = integer < 0 ? -(uint64_t)integer : (uint64_t)integer;
    size_t count = 0, length = 0;
    do
        reversed[count++] = (char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    if (integer < 0)
        out[length++] = '-';
    while (count > 0)
        out[length++] = reversed[--count];
    out[length] = '\0';
    return length;
}

bool integer_parse(const char *text, size_t length, int64_t *out)
{
    const char *end = text + length;
    bool negative = text < end && *text == '-';
    if (negative)
        text++;
    if (text == end || end - text > 19 || (*text == '0' && end - text > 1))
        return false;
    uint64_t sum = 0; /* 19 digits fit */
    for (; text < end; text++) {
        if (*text < '0' || *text > '9')
            return false;
        sum = sum * 10 + (uint64_t)(*text - '0');
    }
    if (sum > (uint64_t)INT64_MAX + negative)
        return false;
    *out = negative ? (int64_t)-sum : (int64_t)sum;
    return true;
}

bool number_is_integer(double number, int64_t *out)
{
    if (!(number >= -TWO_63 && number < TWO_63) || (double)(int64_t)number != number)
        return false;
    *out = (int64_t)number;
    return true;
}

bool integer_is_number(int64_t integer, double *out)
{
    double number = (double)integer;
    int64_t back;
    if (!number_is_integer(number, &back) || back != integer)
        return false;
    *out = number;
    return true;
}

/* ---- comparing ---- */

/* NaN is refused wherever values come from; here it sorts before all numbers, so that the order stays total. */
static int double_compare(double a, double b)
{
    if (isnan(a) || isnan(b))
        return (int)isnan(b) - (int)isnan(a) == 0 ? 0 : isnan(a) ? -1 : 1;
    return (a > b) - (a < b);
}

static int integer_double_compare(int64_t a, double b)
{
    if (isnan(b) || b < -TWO_63)
        return 1;
    if (b >= TWO_63)
        return -1;
    int64_t whole = (int64_t)b;
    if (a != whole)
        return a < whole ? -1 : 1;
    double fraction = b - (double)whole;
    return (fraction < 0) - (fraction > 0);
}

int number_compare(ds_value a, ds_value b)
{
    if (a.type == DS_INTEGER && b.type == DS_INTEGER)
        return (a.as.integer > b.as.integer) - (a.as.integer < b.as.integer);
    if (a.type == DS_INTEGER)
        return integer_double_compare(a.as.integer, b.as.number);
    if (b.type == DS_INTEGER)
        return -integer_double_compare(b.as.integer, a.as.number);
    return double_compare(a.as.number, b.as.number);
}

/* ---- reading ---- */

/* No double, and no middle between two, has more significant digits than 767 (and 17 are far from it): what follows
 * these can only decide whether there was anything. */
#define DIGITS 780

typedef struct decimal { /* 0.DIGITS * 10^point */
    char digits[DIGITS + 32];
    size_t count;
    int64_t point;
    bool negative, dropped;
} decimal;

static void decimal_add(decimal *number, char digit, bool is_fraction)
{
    if (number->count == 0 && digit == '0') {
        number->point -= is_fraction;
        return;
    }
    number->point += !is_fraction;
    if (number->count < DIGITS)
        number->digits[number->count++] = digit;
    else
        number->dropped |= digit != '0';
}

static const char *decimal_digits(decimal *number, const char *text, const char *end, bool is_fraction)
{
    for (; text < end && *text >= '0' && *text <= '9'; text++)
        decimal_add(number, *text, is_fraction);
    return text;
}

/* Behind the 'e'. An exponent that no text of 4 GiB could make up for stands for all larger ones. */
static const char *decimal_exponent(decimal *number, const char *text, const char *end)
{
    const int64_t most = INT64_C(1) << 40;
    int64_t exponent = 0;
    bool negative = text < end && *text == '-';
    if (text < end && (*text == '-' || *text == '+'))
        text++;
    const char *first = text;
    for (; text < end && *text >= '0' && *text <= '9'; text++)
        exponent = exponent >= most ? most : exponent * 10 + (*text - '0');
    number->point += negative ? -exponent : exponent;
    return text == first ? NULL : text;
}

/* JSON's grammar: -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)? */
static bool decimal_scan(decimal *number, const char *text, const char *end)
{
    number->negative = text < end && *text == '-';
    text += number->negative;
    const char *first = text;
    text = decimal_digits(number, text, end, false);
    if (text == first || (*first == '0' && text - first > 1))
        return false;
    if (text < end && *text == '.') {
        first = ++text;
        text = decimal_digits(number, text, end, true);
        if (text == first)
            return false;
    }
    if (text < end && (*text == 'e' || *text == 'E'))
        text = decimal_exponent(number, text + 1, end);
    return text == end;
}

/* Few digits and a small power of ten, both exact as doubles: one rounding, as right as strtod's. */
static bool decimal_quick(const decimal *number, double *out)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    int64_t exponent = number->point - (int64_t)number->count;
    if (FLT_EVAL_METHOD != 0 || number->count > 15 || exponent < -22 || exponent > 22)
        return false;
    uint64_t sum = 0;
    for (size_t i = 0; i < number->count; i++)
        sum = sum * 10 + (uint64_t)(number->digits[i] - '0');
    *out = exponent < 0 ? (double)sum / powers[-exponent] : (double)sum * powers[exponent];
    return true;
}

static double decimal_value(decimal *number)
{
    double value;
    if (number->count == 0 || number->point < -400)
        return 0;
    if (number->point > 400)
        return HUGE_VAL;
    if (decimal_quick(number, &value))
        return value;
    if (number->dropped)
        number->digits[number->count++] = '1';
    char *end = number->digits + number->count;
    *end = 'e';
    integer_print(number->point - (int64_t)number->count, end + 1);
    return strtod(number->digits, NULL);
}

bool number_parse(const char *text, size_t length, double *out)
{
    decimal read;
    read.count = 0;
    read.point = 0;
    read.dropped = false;
    if (!decimal_scan(&read, text, text + length))
        return false;
    double value = decimal_value(&read);
    if (!isfinite(value))
        return false;
    *out = read.negative && value > 0 ? -value : value;
    return true;
}

/* ---- printing ---- */

/* The digits of printf's %e, without the point (of whatever locale), behind them a NUL; returns the exponent of the
 * first. */
static int digits_print(double number, int precision, char digits[24])
{
    char text[64];
    int count = 0;
    snprintf(text, sizeof text, "%.*e", precision - 1, number);
    const char *next = text;
    for (; *next != 'e'; next++)
        if (*next >= '0' && *next <= '9')
            digits[count++] = *next;
    digits[count] = '\0';
    return atoi(next + 1);
}

static bool digits_read_back(const char *digits, int exponent, double number)
{
    decimal read;
    read.count = strlen(digits);
    read.point = exponent + 1;
    read.negative = read.dropped = false;
    memcpy(read.digits, digits, read.count);
    return decimal_value(&read) == number;
}

/* As printf's %g lays digits out: d.ddde-XX, 0.000ddd, or ddd.ddd. */
static char *layout_scientific(char *out, const char *digits, size_t count, int exponent)
{
    *out++ = digits[0];
    if (count > 1) {
        *out++ = '.';
        memcpy(out, digits + 1, count - 1);
        out += count - 1;
    }
    *out++ = 'e';
    *out++ = exponent < 0 ? '-' : '+';
    unsigned size = (unsigned)abs(exponent);
    if (size < 10)
        *out++ = '0';
    return out + integer_print(size, out);
}

static char *layout_fixed(char *out, const char *digits, size_t count, int exponent)
{
    if (exponent < 0) {
        memcpy(out, "0.0000", 6);
        out += 1 - exponent;
        memcpy(out, digits, count);
        return out + count;
    }
    for (size_t i = 0; i < count || i <= (size_t)exponent; i++) {
        if (i == (size_t)exponent + 1)
            *out++ = '.';
        *out++ = i < count ? digits[i] : '0';
    }
    return out;
}

static size_t word_print(double number, char *out)
{
    const char *word = isnan(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";
    memcpy(out, word, strlen(word) + 1);
    return strlen(word);
}

size_t number_print(double number, char out[32])
{
    int64_t integer;
    if (!isfinite(number))
        return word_print(number, out);
    if (fabs(number) < 1e15 && number_is_integer(number, &integer))
        return integer_print(integer, out);
    char digits[24], *next = out;
    int precision = 15, exponent;
    while (exponent = digits_print(fabs(number), precision, digits),
           precision < 17 && !digits_read_back(digits, exponent, fabs(number)))
        precision++;
    size_t count = strlen(digits);
    while (count > 1 && digits[count - 1] == '0')
        count--;
    if (number < 0)
        *next++ = '-';
    bool scientific = exponent < -4 || exponent >= precision;
    next = (scientific ? layout_scientific : layout_fixed)(next, digits, count, exponent);
    *next = '\0';
    return (size_t)(next - out);
}
