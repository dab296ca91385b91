/* Numbers, dates, base64 and UTF-8 as text: at their limits, on random values against what the C library says, and
 * under a locale that writes commas. */
#include "model/text.h"
#include "random.h"
#include "suite.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool number_prints(double number, const char *expected)
{
    char text[32];
    size_t length = number_print(number, text);
    bool same = strcmp(text, expected) == 0 && length == strlen(expected);
    if (!same)
        printf("%.17g prints as %s, not %s\n", number, text, expected);
    return same;
}

static void test_integers_print(void)
{
    static const struct {
        int64_t integer;
        const char *text;
    } rows[] = {
        {0, "0"},
        {-1, "-1"},
        {10, "10"},
        {9007199254740993, "9007199254740993"},
        {INT64_MAX, "9223372036854775807"},
        {INT64_MIN, "-9223372036854775808"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[24];
        int64_t back = 1;
        CU_ASSERT_EQUAL(integer_print(rows[i].integer, text), strlen(rows[i].text));
        CU_ASSERT_STRING_EQUAL(text, rows[i].text);
        CU_ASSERT(integer_parse(text, strlen(text), &back) && back == rows[i].integer);
    }
}

static void test_integers_refuse(void)
{
    static const char *const wrong[] = {
        "",
        "-",
        "+1",
        "01",
        "-01",
        "00",
        " 1",
        "1 ",
        "1.0",
        "1e3",
        "0x10",
        "12x",
        "--1",
        "1-",
        "९",
        "1,000",
        "1_0",
        "a",
        "/",
        ":",
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551616",
        "99999999999999999999",
        "10000000000000000000000",
    };
    int64_t out = 7;
    for (size_t i = 0; i < COUNT(wrong); i++)
        if (integer_parse(wrong[i], strlen(wrong[i]), &out))
            CU_FAIL("one of them was taken");
    CU_ASSERT_FALSE(integer_parse("1\0", 2, &out));
    CU_ASSERT_EQUAL(out, 7);
    CU_ASSERT(integer_parse("-0", 2, &out) && out == 0);
    CU_ASSERT(integer_parse("123", 2, &out) && out == 12);
}

static void test_integers_round_trip(void)
{
    for (int i = 0; i < 200000; i++) {
        int64_t integer = (int64_t)(random_bits() >> random_below(64)), back;
        char text[24], expected[24];
        snprintf(expected, sizeof expected, "%lld", (long long)integer);
        size_t length = integer_print(integer, text);
        if (strcmp(text, expected) != 0 || !integer_parse(text, length, &back) || back != integer)
            CU_FAIL_FATAL("an integer does not read back");
    }
}

static void test_numbers_print(void)
{
    static const struct {
        double number;
        const char *text;
    } rows[] = {
        {0, "0"},
        {-0.0, "0"},
        {1, "1"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {0.1 + 0.2, "0.3000000000000000"
                    "4"},
        {1e14, "100000000000000"},
        {999999999999999, "999999999999999"},
        {1e15, "1e+15"},
        {1234567890123456, "1234567890123456"},
        {9007199254740992, "9007199254740992"},
        {1e20, "1e+20"},
        {1e23, "1e+23"},
        {1e100, "1e+100"},
        {-1.25e-7, "-1.25e-07"},
        {0.0001, "0.0001"},
        {0.00001, "1e-05"},
        {5e-324, "4.94065645841247e-324"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {NAN, "NaN"},
        {HUGE_VAL, "Infinity"},
        {-HUGE_VAL, "-Infinity"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        CU_ASSERT(number_prints(rows[i].number, rows[i].text));
}

/* printf's own %g, with the first precision that reads back. */
static void oracle_print(double number, char out[40])
{
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(out, 40, "%.*g", precision, number == 0 ? 0.0 : number);
        if (strtod(out, NULL) == number)
            return;
    }
}

static void test_numbers_round_trip(void)
{
    for (int i = 0; i < 200000; i++) {
        double number = random_double(), back = 0;
        char text[32], expected[40];
        oracle_print(number, expected);
        size_t length = number_print(number, text);
        if (strcmp(text, expected) != 0 || length != strlen(text) || !number_parse(text, length, &back) ||
            back != number) {
            printf("%a: %s, expected %s, back %a\n", number, text, expected, back);
            CU_FAIL_FATAL("a number does not read back");
        }
    }
}

static void test_numbers_parse(void)
{
    static const struct {
        const char *text;
        double number;
    } rows[] = {
        {"0", 0},
        {"-0", 0},
        {"-0.0e5", 0},
        {"12", 12},
        {"1.50", 1.5},
        {"1E2", 100},
        {"1e+2", 100},
        {"1e-2", 0.01},
        {"0.0000000000000000000000000001e28", 1},
        {"100000000000000000000000000000e-29", 1},
        {"9007199254740993", 9007199254740992},
        {"9007199254740993.00000000000000000000000000000000000001", 9007199254740994},
        {"1e-400", 0},
        {"1e-99999999999999999999999", 0},
        {"0e99999999999999999999999", 0},
        {"4.9e-324", 5e-324},
        {"2.4703282292062327e-324", 0},
        {"2.4703282292062328e-324", 5e-324},
        {"1.7976931348623158e308", 1.7976931348623157e308},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        double number = 7;
        CU_ASSERT(number_parse(rows[i].text, strlen(rows[i].text), &number));
        CU_ASSERT_EQUAL(number, rows[i].number);
        CU_ASSERT_FALSE(signbit(number));
    }
}

static void test_numbers_refuse(void)
{
    static const char *const wrong[] = {
        "",           "-",
        "+1",         ".5",
        "5.",         "01",
        "-01",        "1e",
        "1e+",        "1e5.0",
        "1..2",       "0x1p3",
        "1,5",        "1.5 ",
        " 1.5",       "nan",
        "NaN",        "Infinity",
        "inf",        "-inf",
        "1e309",      "2e308",
        "1f",         "1e400",
        "--1",        "1e--1",
        "e5",         "-e5",
        "1.e5",       "1 000",
        "1_0",        "1e1e1",
        "1.7977e308", "1e99999999999999999999999",
    };
    double out = 7;
    for (size_t i = 0; i < COUNT(wrong); i++)
        if (number_parse(wrong[i], strlen(wrong[i]), &out)) {
            printf("%s was taken\n", wrong[i]);
            CU_FAIL("one of them was taken");
        }
    CU_ASSERT_FALSE(number_parse("1\0", 2, &out));
    CU_ASSERT_EQUAL(out, 7);
    CU_ASSERT(number_parse("1.55", 3, &out) && out == 1.5);
}

static bool parses_as_strtod(const char *text)
{
    double number = 0, expected = strtod(text, NULL);
    bool taken = number_parse(text, strlen(text), &number);
    bool same = taken == (bool)isfinite(expected) && (!taken || number == expected);
    if (!same)
        printf("%.60s...: %a, expected %a\n", text, number, expected);
    return same;
}

/* Up to 1,000 digits, with a point and an exponent somewhere. */
static void random_decimal(char *out)
{
    size_t digits = 1 + random_below(random_below(20) == 0 ? 1000 : 30), point = random_below(digits) + 1;
    char *next = out;
    for (size_t i = 0; i < digits; i++) {
        *next++ = (char)('0' + (i == 0 ? 1 + random_below(9) : random_below(3) == 0 ? 0 : random_below(10)));
        if (i + 1 == point && point < digits)
            *next++ = '.';
    }
    *next = '\0';
    if (random_below(2) == 0)
        sprintf(next, "e%d", (int)random_below(700) - 350);
}

static void test_numbers_as_strtod(void)
{
    char text[1100];
    for (int i = 0; i < 100000; i++) {
        random_decimal(text);
        if (!parses_as_strtod(text))
            CU_FAIL_FATAL("a number is read wrong");
    }
}

/* The middle between two doubles has up to 768 digits: it goes to the even one, and a digit more decides otherwise. */
static void test_numbers_halfway(void)
{
    char text[2400];
    for (int i = 0; i < 300; i++) {
        double low = ldexp(1 + (double)random_below(1u << 30) / (1u << 30), (int)random_below(2000) - 1060);
        long double middle = ((long double)low + (long double)nextafter(low, INFINITY)) / 2;
        int length = snprintf(text, sizeof text - 900, "%.1200Le", middle);
        char *exponent = strchr(text, 'e'), tail[16];
        CU_ASSERT_FATAL(length > 1200 && exponent != NULL);
        snprintf(tail, sizeof tail, "%s", exponent);
        CU_ASSERT_FATAL(parses_as_strtod(text));
        sprintf(exponent, "%0800d%s", 1, tail);
        CU_ASSERT_FATAL(parses_as_strtod(text));
    }
}

static void test_conversions(void)
{
    int64_t integer = 7;
    double number = 7;
    CU_ASSERT(number_is_integer(-0.0, &integer) && integer == 0);
    CU_ASSERT(number_is_integer(-9223372036854775808.0, &integer) && integer == INT64_MIN);
    CU_ASSERT_FALSE(number_is_integer(9223372036854775808.0, &integer));
    CU_ASSERT_FALSE(number_is_integer(0.5, &integer));
    CU_ASSERT_FALSE(number_is_integer(NAN, &integer));
    CU_ASSERT_FALSE(number_is_integer(INFINITY, &integer));
    CU_ASSERT(integer_is_number(INT64_MIN, &number) && number == -9223372036854775808.0);
    CU_ASSERT(integer_is_number(9007199254740992, &number) && number == 9007199254740992.0);
    CU_ASSERT(integer_is_number(9007199254740994, &number));
    CU_ASSERT_FALSE(integer_is_number(9007199254740993, &number));
    CU_ASSERT_FALSE(integer_is_number(INT64_MAX, &number));
}

/* ---- the locale ---- */

/* glibc's file of LC_NUMERIC with a comma and points between thousands, for a machine that has no such locale. */
static bool comma_file_write(const char *folder)
{
    static const uint32_t head[] = {0x20031114, 6, 32, 34, 36, 40, 44, 48, 0x002E002C, 0x00000303, ',', '.'};
    static const char codeset[] = "ANSI_X3.4-1968";
    char path[256];
    snprintf(path, sizeof path, "%s/comma", folder);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/comma/LC_NUMERIC", folder);
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return false;
    bool written = fwrite(head, sizeof head, 1, file) == 1 && fwrite(codeset, sizeof codeset, 1, file) == 1;
    return fclose(file) == 0 && written;
}

static bool comma_set(const char *folder)
{
    static const char *const names[] = {"comma", "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "nl_NL.UTF-8", "de_DE"};
    comma_file_write(folder);
    setenv("LOCPATH", folder, 1);
    for (size_t i = 0; i < COUNT(names); i++)
        if (setlocale(LC_NUMERIC, names[i]) != NULL && strcmp(localeconv()->decimal_point, ",") == 0)
            return true;
    return false;
}

static void test_locale(void)
{
    char folder[] = "/tmp/ds-locale-XXXXXX", path[64], comma[16];
    double number = 0;
    CU_ASSERT_FATAL(mkdtemp(folder) != NULL);
    CU_ASSERT_FATAL(comma_set(folder));
    snprintf(comma, sizeof comma, "%.1f", 0.5);
    CU_ASSERT_STRING_EQUAL(comma, "0,5");
    CU_ASSERT(number_prints(0.1, "0.1"));
    CU_ASSERT(number_prints(-1234567.875, "-1234567.875"));
    CU_ASSERT(number_prints(1.7976931348623157e308, "1.7976931348623157e+308"));
    CU_ASSERT(number_parse("0.30000000000000004", 19, &number) && number == 0.1 + 0.2);
    CU_ASSERT(number_parse("123456.78901234567890e-3", 24, &number) && number == 123.45678901234567890);
    CU_ASSERT_FALSE(number_parse("0,5", 3, &number));
    for (int i = 0; i < 20000; i++) {
        double random = random_double(), back = 0;
        char text[32];
        size_t length = number_print(random, text);
        if (strchr(text, ',') != NULL || !number_parse(text, length, &back) || back != random)
            CU_FAIL_FATAL("a number does not read back");
    }
    setlocale(LC_NUMERIC, "C");
    snprintf(path, sizeof path, "%s/comma/LC_NUMERIC", folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/comma", folder);
    rmdir(path);
    rmdir(folder);
}

/* ---- dates ---- */

static void test_dates_parse(void)
{
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        {"1970-01-01", 0},
        {"1970-01-01T00:00:00.000Z", 0},
        {"1970-01-01T00:00Z", 0},
        {"1970-01-01t00:00:00z", 0},
        {"1969-12-31T23:59:59.999Z", -1},
        {"2024-02-29T12:00:00.5Z", 1709208000500},
        {"2024-02-29T12:00:00,25Z", 1709208000250},
        {"2024-02-29T12:00:00.123000000Z", 1709208000123},
        {"2024-02-29T14:30:00+02:30", 1709208000000},
        {"2024-02-29T14:30:00+0230", 1709208000000},
        {"2024-02-29T10:00:00-02", 1709208000000},
        {"2024-02-29T12:00:00-00:00", 1709208000000},
        {"0000-01-01", DATE_FIRST},
        {"0000-02-29", DATE_FIRST + INT64_C(59) * 86400000},
        {"0000-01-01T00:00:00.000Z", DATE_FIRST},
        {"0000-01-01T01:00:00+01:00", DATE_FIRST},
        {"9999-12-31T23:59:59.999Z", DATE_LAST},
        {"9999-12-31T00:00:00.000-23:59", DATE_LAST - 59999},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t ms = 7;
        CU_ASSERT(date_parse(rows[i].text, strlen(rows[i].text), &ms));
        if (ms != rows[i].ms) {
            printf("%s is %lld\n", rows[i].text, (long long)ms);
            CU_FAIL("another date");
        }
    }
}

static void test_dates_refuse(void)
{
    static const char *const wrong[] = {
        "",
        "2024",
        "2024-02",
        "2024-2-9",
        "20240229",
        "2023-02-29",
        "1900-02-29",
        "2100-02-29",
        "2024-04-31",
        "2024-00-10",
        "2024-13-01",
        "2024-01-00",
        "2024-01-32",
        "2024-02-29T",
        "2024-02-29Z",
        "2024-02-29T12Z",
        "2024-02-29T12:00",
        "2024-02-29T12:00:00",
        "2024-02-29T24:00:00Z",
        "2024-02-29T12:60:00Z",
        "2024-06-30T23:59:60Z",
        "2024-02-29T12:00:00.Z",
        "2024-02-29T12:00:00.0001Z",
        "2024-02-29T12:00:00.1234Z",
        "2024-02-29 12:00:00Z",
        "2024-02-29T12:00:00+24:00",
        "2024-02-29T12:00:00+02:60",
        "2024-02-29T12:00:00+2:00",
        "2024-02-29T12:00:00+02:",
        "2024-02-29T12:00:00+02:3",
        "2024-02-29T12:00:00Zx",
        "2024-02-29T12:00:00Z ",
        " 2024-02-29",
        "-2024-02-29",
        "+12024-02-29",
        "2024/02/29",
        "2024-W09-4",
        "2024-060",
        "0000-01-01T00:00:00+00:01",
        "9999-12-31T23:59:00-00:01",
        "1709208000000",
        "+292278994-08-17T07:12:55.807Z",
        "2024-02-29T12:00:00UTC",
    };
    int64_t out = 7;
    for (size_t i = 0; i < COUNT(wrong); i++)
        if (date_parse(wrong[i], strlen(wrong[i]), &out)) {
            printf("%s was taken\n", wrong[i]);
            CU_FAIL("one of them was taken");
        }
    CU_ASSERT_EQUAL(out, 7);
    for (size_t length = 0; length < 24;
         length++) /* no prefix is one, but for the day, and the time that ends in an offset */
        CU_ASSERT_EQUAL(date_parse("2024-02-29T12:00:00.123Z", length, &out), length == 10);
}

static bool date_agrees(int64_t seconds, int ms)
{
    char text[32], expected[64];
    time_t time = (time_t)seconds;
    struct tm parts;
    int64_t back = 7;
    gmtime_r(&time, &parts);
    snprintf(expected, sizeof expected, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900, parts.tm_mon + 1,
             parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, ms);
    size_t length = date_print(seconds * 1000 + ms, text);
    bool same =
        strcmp(text, expected) == 0 && length == 24 && date_parse(text, length, &back) && back == seconds * 1000 + ms;
    if (!same)
        printf("%lld prints as %s, not %s\n", (long long)seconds, text, expected);
    return same;
}

static void test_dates_round_trip(void)
{
    const int64_t span = (DATE_LAST + 1 - DATE_FIRST) / 1000;
    for (int i = 0; i < 200000; i++)
        if (!date_agrees(DATE_FIRST / 1000 + (int64_t)random_below((size_t)span), (int)random_below(1000)))
            CU_FAIL_FATAL("a date differs");
    for (int64_t day = 0; day < span / 86400; day += 1 + (int64_t)random_below(3))
        if (!date_agrees(DATE_FIRST / 1000 + day * 86400 + 86399, 999))
            CU_FAIL_FATAL("a day differs");
}

static void test_dates_beyond(void)
{
    char text[32];
    CU_ASSERT_EQUAL(date_print(INT64_MAX, text), 30);
    CU_ASSERT_STRING_EQUAL(text, "+292278994-08-17T07:12:55.807Z");
    CU_ASSERT_EQUAL(date_print(INT64_MIN, text), 30);
    CU_ASSERT_STRING_EQUAL(text, "-292275055-05-16T16:47:04.192Z");
    date_print(DATE_LAST + 1, text);
    CU_ASSERT_STRING_EQUAL(text, "+000010000-01-01T00:00:00.000Z");
    date_print(DATE_FIRST - 1, text);
    CU_ASSERT_STRING_EQUAL(text, "-000000001-12-31T23:59:59.999Z");
}

/* ---- base64 ---- */

static void test_base64_vectors(void)
{
    static const char *const rows[][2] = {/* RFC 4648, section 10 */
                                          {"", ""},
                                          {"f", "Zg=="},
                                          {"fo", "Zm8="},
                                          {"foo", "Zm9v"},
                                          {"foob", "Zm9vYg=="},
                                          {"fooba", "Zm9vYmE="},
                                          {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[16], bytes[16];
        size_t size = base64_length(strlen(rows[i][0])), length = 99;
        base64_encode(rows[i][0], strlen(rows[i][0]), text);
        CU_ASSERT(size == strlen(rows[i][1]) && memcmp(text, rows[i][1], size) == 0);
        CU_ASSERT(base64_decode(text, size, bytes, &length));
        CU_ASSERT(length == strlen(rows[i][0]) && memcmp(bytes, rows[i][0], length) == 0);
    }
}

static void test_base64_refuses(void)
{
    static const char *const wrong[] = {
        "Z",        "Zg",     "Zg=",   "Zg===", "=",    "====", "Z===", "Zh==", "Zm9=",
        "Zg==Zg==", "Zm9v\n", "Zm 9v", "Zm9-",  "Zm9_", "Z=9v", "Zm=v", "=m9v", "Zm9vY",
    };
    char out[16];
    size_t length;
    for (size_t i = 0; i < COUNT(wrong); i++)
        if (base64_decode(wrong[i], strlen(wrong[i]), out, &length)) {
            printf("%s was taken\n", wrong[i]);
            CU_FAIL("one of them was taken");
        }
}

static void test_base64_round_trip(void)
{
    for (int i = 0; i < 20000; i++) {
        size_t length = random_below(200), size = base64_length(length), back = 0;
        unsigned char *bytes = malloc(length + 1), *decoded = malloc(size / 4 * 3 + 1);
        char *text = malloc(size + 1);
        for (size_t j = 0; j < length; j++)
            bytes[j] = (unsigned char)random_bits();
        base64_encode(bytes, length, text);
        bool same = base64_decode(text, size, decoded, &back) && back == length && memcmp(bytes, decoded, length) == 0;
        free(bytes);
        free(decoded);
        free(text);
        CU_ASSERT_FATAL(same);
    }
}

/* ---- UTF-8 ---- */

static size_t utf8_encode(uint32_t point, char *out)
{
    size_t length = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char marks[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = length - 1; i > 0; i--, point >>= 6)
        out[i] = (char)(0x80 | (point & 0x3F));
    out[0] = (char)(marks[length] | point);
    return length;
}

static void test_utf8_points(void)
{
    size_t wrong = 0;
    for (uint32_t point = 0; point <= 0x110000; point++) {
        char text[4];
        const char *next = text;
        size_t length = utf8_encode(point, text);
        bool good = point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
        uint32_t expected = good ? point : UTF8_BYTE + (unsigned char)text[0];
        wrong += utf8_next(&next, text + length) != expected || next != text + (good ? length : 1);
        wrong += utf8_valid(text, length) != good || (length > 1 && utf8_valid(text, length - 1));
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void test_utf8_counts(void)
{
    size_t two = 0, three = 0;
    for (uint32_t bits = 0x8000; bits <= 0xFFFF; bits++) {
        char text[2] = {(char)(bits >> 8), (char)bits};
        two += utf8_valid(text, 2);
    }
    for (uint32_t bits = 0xC00000; bits <= 0xFFFFFF; bits++) {
        char text[3] = {(char)(bits >> 16), (char)(bits >> 8), (char)bits};
        three += utf8_valid(text, 3);
    }
    CU_ASSERT_EQUAL(two, 0x800 - 0x80);
    CU_ASSERT_EQUAL(three, 0x10000 - 0x800 - 0x800 + (0x800 - 0x80) * 128); /* a pair and one of ASCII, too */
}

static void test_utf8_longer(void)
{
    static const char *const wrong[] = {"\xC0\x80",
                                        "\xE0\x80\x80",
                                        "\xF0\x80\x80\x80",
                                        "\xF0\x8F\xBF\xBF",
                                        "\xED\xA0\x80",
                                        "\xF4\x90\x80\x80",
                                        "\xF5\x80\x80\x80",
                                        "\xF8\x88\x80\x80\x80",
                                        "\xFF",
                                        "\xFE",
                                        "\x80"};
    char text[40];
    for (size_t i = 0; i < COUNT(wrong); i++)
        for (size_t at = 0; at < 20; at++) {
            memset(text, 'a', sizeof text);
            memcpy(text + at, wrong[i], strlen(wrong[i]));
            if (utf8_valid(text, sizeof text))
                CU_FAIL("one of them was taken");
        }
    CU_ASSERT(utf8_valid("", 0));
    CU_ASSERT(utf8_valid("a\0b", 3));
    CU_ASSERT(utf8_valid("aaaaaaaaaaaaaaä€😀", 23));
    CU_ASSERT_FALSE(utf8_valid("aaaaaaaaaaaaaaä€😀", 22));
}

int main(void)
{
    static const test tests[] = {
        {"integers print as decimal digits, at the limits of 64 bits too, and read back", test_integers_print},
        {"what is not a decimal integer of 64 bits is refused", test_integers_refuse},
        {"random integers print as printf does, and read back", test_integers_round_trip},
        {"numbers print with the first of 15, 16 and 17 digits that reads back the same", test_numbers_print},
        {"random numbers print as that %g does, and read back", test_numbers_round_trip},
        {"numbers are read by JSON's grammar, rounded to the nearest double", test_numbers_parse},
        {"what JSON's grammar lacks, and what is beyond all doubles, is refused", test_numbers_refuse},
        {"random decimals of up to 1,000 digits are read as strtod reads them", test_numbers_as_strtod},
        {"the middle between two doubles is rounded right, and so is a digit above it", test_numbers_halfway},
        {"an integer is a number, and a number an integer, only where they are the same", test_conversions},
        {"a decimal comma in the locale changes nothing", test_locale},
        {"dates are read with an offset, Z, or as a day alone", test_dates_parse},
        {"dates that are none, finer than ms or out of range are refused", test_dates_refuse},
        {"days and random dates print as gmtime says, and read back", test_dates_round_trip},
        {"dates out of range print in full, and nothing overflows", test_dates_beyond},
        {"base64 is RFC 4648's", test_base64_vectors},
        {"base64 with anything more, less or other is refused", test_base64_refuses},
        {"random bytes survive base64", test_base64_round_trip},
        {"every code point is read from its UTF-8, and surrogates and more are not", test_utf8_points},
        {"of all pairs and triples of bytes exactly those of UTF-8 are taken", test_utf8_counts},
        {"overlong and stray bytes are found wherever they stand", test_utf8_longer},
    };
    random_start();
    return SUITE_RUN("text", tests);
}
