/* Values: their order, their canonical text, what fits which property, and what an increment means. */
#include "base/arena.h"
#include "base/base.h"
#include "failing.h"
#include "model/coerce.h"
#include "model/definition.h"
#include "model/text.h"
#include "random.h"
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static ds_value typed(ds_type type)
{
    ds_value value = ds_null();
    value.type = type;
    return value;
}

/* Of one type, and the same; unlike ds_value_compare(), 1 and 1.0 differ. */
static bool identical(ds_value a, ds_value b)
{
    return a.type == b.type && ds_value_compare(a, b) == 0;
}

/* ---- order ---- */

static void test_order(void)
{
    const ds_value ascending[] = {
        ds_null(),
        ds_boolean(false),
        ds_boolean(true),
        ds_number(-INFINITY),
        ds_number(-1e300),
        ds_number(-9223372036854777856.0),
        ds_integer(INT64_MIN),
        ds_integer(INT64_MIN + 1),
        ds_integer(-9007199254740993),
        ds_number(-9007199254740992.0),
        ds_integer(-2),
        ds_number(-1.5),
        ds_integer(-1),
        ds_number(-5e-324),
        ds_integer(0),
        ds_number(5e-324),
        ds_number(0.5),
        ds_integer(1),
        ds_number(1.5),
        ds_integer(2),
        ds_number(9007199254740992.0),
        ds_integer(9007199254740993),
        ds_number(9007199254740994.0),
        ds_integer(INT64_MAX - 1),
        ds_integer(INT64_MAX),
        ds_number(9223372036854775808.0),
        ds_number(INFINITY),
        ds_date(INT64_MIN),
        ds_date(0),
        ds_date(INT64_MAX),
        ds_string(""),
        ds_string_n("\0", 1),
        ds_string("A"),
        ds_string("a"),
        ds_string_n("a\0", 2),
        ds_string("aa"),
        ds_string("b"),
        ds_string("\xC3\xA4"),
        ds_binary("", 0),
        ds_binary("\x7F", 1),
        ds_binary("\x80", 1),
        ds_binary("\xFF", 1),
        ds_json("[1]"),
        ds_json("{}"),
    };
    for (size_t i = 0; i < COUNT(ascending); i++)
        for (size_t j = 0; j < COUNT(ascending); j++) {
            int order = ds_value_compare(ascending[i], ascending[j]);
            if ((order > 0) - (order < 0) != (i > j) - (i < j)) {
                printf("values %zu and %zu compare as %d\n", i, j, order);
                CU_FAIL("wrong order");
            }
        }
}

static void test_order_equal(void)
{
    CU_ASSERT_EQUAL(ds_value_compare(ds_number(-0.0), ds_number(0.0)), 0);
    CU_ASSERT_EQUAL(ds_value_compare(ds_integer(0), ds_number(-0.0)), 0);
    CU_ASSERT_EQUAL(ds_value_compare(ds_number(9007199254740992.0), ds_integer(9007199254740992)), 0);
    CU_ASSERT_EQUAL(ds_value_compare(ds_number(-9223372036854775808.0), ds_integer(INT64_MIN)), 0);
    CU_ASSERT_EQUAL(ds_value_compare(ds_number(NAN), ds_number(NAN)), 0);
    CU_ASSERT(ds_value_compare(ds_number(NAN), ds_integer(INT64_MIN)) < 0);
    CU_ASSERT(ds_value_compare(ds_integer(INT64_MIN), ds_number(NAN)) > 0);
    CU_ASSERT(ds_value_compare(ds_number(NAN), ds_number(-INFINITY)) < 0);
    CU_ASSERT(ds_value_compare(ds_number(-INFINITY), ds_number(NAN)) > 0);
    CU_ASSERT(ds_value_compare(ds_number(NAN), ds_boolean(true)) > 0);
    CU_ASSERT_EQUAL(ds_value_compare(typed(DS_TOO_LONG), typed(DS_TOO_LONG)), 0);
    CU_ASSERT(ds_value_compare(typed(DS_TOO_LONG), ds_json("{}")) > 0);
}

static ds_value random_number(void)
{
    static const int64_t around[] = {0, 1, INT64_C(1) << 53, -(INT64_C(1) << 53), INT64_MAX, INT64_MIN};
    int64_t integer = (int64_t)((uint64_t)around[random_below(COUNT(around))] + random_below(5) - 2);
    switch (random_below(4)) {
    case 0:
        return ds_integer(integer);
    case 1:
        return ds_number((double)integer);
    case 2:
        return ds_integer((int64_t)random_bits());
    }
    return ds_number(random_double());
}

/* long double has 64 bits of mantissa where this matters, so that both kinds fit it exactly. */
static int oracle_compare(ds_value a, ds_value b)
{
    long double left = a.type == DS_INTEGER ? (long double)a.as.integer : (long double)a.as.number;
    long double right = b.type == DS_INTEGER ? (long double)b.as.integer : (long double)b.as.number;
    return (left > right) - (left < right);
}

static void test_order_numbers(void)
{
    volatile long double wide = (long double)INT64_MAX; /* valgrind computes them as doubles */
    if (wide - 1 == wide) {
        puts("a long double is too narrow here to tell");
        return;
    }
    for (int i = 0; i < 300000; i++) {
        ds_value a = random_number(), b = random_number();
        if (ds_value_compare(a, b) != oracle_compare(a, b))
            CU_FAIL_FATAL("numbers compare wrong");
    }
}

/* ---- text ---- */

static void check_text(ds_value value, const char *expected, size_t length)
{
    ds_text text;
    ds_value_text(value, &text);
    CU_ASSERT_FATAL(text.length == length && memcmp(text.bytes, expected, length) == 0);
}

static void test_text(void)
{
    check_text(ds_null(), "", 0);
    check_text(ds_boolean(true), "true", 4);
    check_text(ds_boolean(false), "false", 5);
    check_text(ds_integer(INT64_MIN), "-9223372036854775808", 20);
    check_text(ds_number(1), "1", 1);
    check_text(ds_number(-2.2250738585072014e-308), "-2.2250738585072014e-308", 24);
    check_text(ds_date(0), "1970-01-01T00:00:00.000Z", 24);
    check_text(ds_date(INT64_MIN), "-292275055-05-16T16:47:04.192Z", 30);
    check_text(ds_string("ab"), "ab", 2);
    check_text(ds_string_n("a\0b", 3), "a\0b", 3);
    check_text(ds_binary("\xff\0", 2), "\xff\0", 2);
    check_text(ds_binary("", 0), "", 0);
    check_text(ds_json("{}"), "{}", 2);
    check_text(typed(DS_STRING), "", 0);
    check_text(typed(DS_TOO_LONG), "", 0);
}

static bool survives(ds_value value)
{
    ds_text text;
    ds_value back = ds_null();
    ds_value_text(value, &text);
    return ds_value_parse(value.type, text.bytes, text.length, &back) == DS_OK && identical(value, back);
}

static void test_text_round_trip(void)
{
    CU_ASSERT(survives(ds_boolean(true)) && survives(ds_boolean(false)));
    CU_ASSERT(survives(ds_integer(INT64_MAX)) && survives(ds_integer(INT64_MIN)));
    CU_ASSERT(survives(ds_date(DATE_FIRST)) && survives(ds_date(DATE_LAST)));
    for (int i = 0; i < 100000; i++) {
        uint64_t span = (uint64_t)(DATE_LAST - DATE_FIRST) + 1;
        if (!survives(random_number()) || !survives(ds_date(DATE_FIRST + (int64_t)(random_bits() % span))))
            CU_FAIL_FATAL("a value does not read back");
    }
}

static void test_parse_refuses(void)
{
    static const struct {
        ds_type type;
        const char *text;
    } rows[] = {
        {DS_BOOLEAN, ""}, {DS_BOOLEAN, "True"}, {DS_BOOLEAN, "1"},    {DS_BOOLEAN, "false "}, {DS_INTEGER, "1.0"},
        {DS_INTEGER, ""}, {DS_NUMBER, "1,5"},   {DS_NUMBER, "1e309"}, {DS_DATE, "0"},         {DS_DATE, "2024-02-30"},
        {DS_STRING, "a"}, {DS_NULL, ""},        {DS_BINARY, "Zg=="},  {DS_JSON, "{}"},        {DS_TOO_LONG, "1"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        ds_value out = ds_integer(77);
        CU_ASSERT_EQUAL(ds_value_parse(rows[i].type, rows[i].text, strlen(rows[i].text), &out), DS_INVALID);
        CU_ASSERT(identical(out, ds_integer(77)));
    }
}

/* ---- coercion ---- */

typedef struct coercion {
    ds_value given, expected;
} coercion;

#define REFUSED typed((ds_type)99)

/* The result has bytes of its own, and a refusal is one sentence without its end. */
static bool coerces(ds_property_type type, ds_value given, ds_value expected)
{
    arena pool = {0};
    ds_value out = ds_null();
    ds_error err = {0};
    ds_status status = coerce_value(type, given, &pool, &out, &err);
    bool right;
    if (expected.type == REFUSED.type)
        right = status == DS_INVALID && err.status == DS_INVALID && err.message[0] != '\0';
    else
        right = status == DS_OK && identical(out, expected) && err.message[0] == '\0' &&
                (out.length == 0 || (out.as.string != given.as.string && out.as.string[out.length] == '\0'));
    if (!right)
        printf("%s from %s: %s %s\n", property_type_name(type), type_name(given.type), ds_status_name(status),
               err.message);
    arena_free(&pool);
    return right;
}

static void check_coercions(ds_property_type type, const coercion *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool right = coerces(type, rows[i].given, rows[i].expected);
        if (!right)
            printf("row %zu of %s\n", i, property_type_name(type));
        CU_ASSERT(right);
    }
    CU_ASSERT(coerces(type, ds_null(), ds_null()));
    CU_ASSERT(coerces(type, typed(DS_TOO_LONG), REFUSED));
    CU_ASSERT(coerces(type, typed((ds_type)77), REFUSED));
    CU_ASSERT(coerces(type, ds_number(NAN), REFUSED));
    CU_ASSERT(coerces(type, ds_number(INFINITY), REFUSED));
    CU_ASSERT(coerces(type, ds_number(-INFINITY), REFUSED));
    CU_ASSERT(coerces(type, ds_date(DATE_LAST + 1), REFUSED));
    CU_ASSERT(coerces(type, ds_date(DATE_FIRST - 1), REFUSED));
    CU_ASSERT(coerces(type, ds_date(INT64_MIN), REFUSED));
    CU_ASSERT(coerces(type, ds_string("\xff"), REFUSED));
    CU_ASSERT(coerces(type, ds_string("\xed\xa0\x80"), REFUSED));
}

static void test_coerce_string(void)
{
    const coercion rows[] = {
        {ds_string("ab"), ds_string("ab")},
        {ds_string(""), ds_string("")},
        {ds_string_n("a\0b", 3), ds_string_n("a\0b", 3)},
        {ds_integer(-12), ds_string("-12")},
        {ds_number(1), ds_string("1")},
        {ds_number(0.1), ds_string("0.1")},
        {ds_boolean(true), ds_string("true")},
        {ds_date(0), ds_string("1970-01-01T00:00:00.000Z")},
        {ds_binary("ab", 2), REFUSED},
        {ds_json("\"ab\""), REFUSED},
        {ds_json("{}"), REFUSED},
    };
    check_coercions(DS_PROPERTY_STRING, rows, COUNT(rows));
}

static void test_coerce_integer(void)
{
    const coercion rows[] = {
        {ds_integer(INT64_MIN), ds_integer(INT64_MIN)},
        {ds_number(12), ds_integer(12)},
        {ds_number(-0.0), ds_integer(0)},
        {ds_number(-9223372036854775808.0), ds_integer(INT64_MIN)},
        {ds_number(9223372036854775808.0), REFUSED},
        {ds_number(1.5), REFUSED},
        {ds_string("9223372036854775807"), ds_integer(INT64_MAX)},
        {ds_string("9223372036854775808"), REFUSED},
        {ds_string("12x"), REFUSED},
        {ds_string("1.0"), REFUSED},
        {ds_string("1e3"), REFUSED},
        {ds_string(""), REFUSED},
        {ds_boolean(true), REFUSED},
        {ds_date(0), REFUSED},
        {ds_binary("1", 1), REFUSED},
        {ds_json("1"), REFUSED},
    };
    check_coercions(DS_PROPERTY_INTEGER, rows, COUNT(rows));
}

static void test_coerce_number(void)
{
    const coercion rows[] = {
        {ds_number(1.5), ds_number(1.5)},
        {ds_number(1.7976931348623157e308), ds_number(1.7976931348623157e308)},
        {ds_integer(9007199254740992), ds_number(9007199254740992.0)},
        {ds_integer(9007199254740993), REFUSED},
        {ds_integer(INT64_MAX), REFUSED},
        {ds_string("1.5e3"), ds_number(1500)},
        {ds_string("0.1"), ds_number(0.1)},
        {ds_string("-0"), ds_number(0)},
        {ds_string("9007199254740993"), REFUSED},
        {ds_string("9007199254740993.0"), ds_number(9007199254740992.0)},
        {ds_string("18446744073709551616"), ds_number(18446744073709551616.0)},
        {ds_string("18446744073709551617"), REFUSED},
        {ds_string("-100000000000000000000000"), REFUSED},
        {ds_string("1e23"), ds_number(1e23)},
        {ds_string("1e309"), REFUSED},
        {ds_string("1,5"), REFUSED},
        {ds_string("NaN"), REFUSED},
        {ds_string(""), REFUSED},
        {ds_boolean(false), REFUSED},
        {ds_date(0), REFUSED},
        {ds_binary("1", 1), REFUSED},
        {ds_json("1"), REFUSED},
    };
    check_coercions(DS_PROPERTY_NUMBER, rows, COUNT(rows));
    arena pool = {0};
    ds_value out;
    CU_ASSERT(coerce_value(DS_PROPERTY_NUMBER, ds_number(-0.0), &pool, &out, NULL) == DS_OK && !signbit(out.as.number));
    arena_free(&pool);
}

static void test_coerce_boolean(void)
{
    const coercion rows[] = {
        {ds_boolean(true), ds_boolean(true)},
        {ds_boolean(false), ds_boolean(false)},
        {ds_string("true"), ds_boolean(true)},
        {ds_string("false"), ds_boolean(false)},
        {ds_string("TRUE"), REFUSED},
        {ds_string("1"), REFUSED},
        {ds_integer(1), REFUSED},
        {ds_number(0), REFUSED},
        {ds_date(0), REFUSED},
        {ds_binary("true", 4), REFUSED},
        {ds_json("true"), REFUSED},
    };
    check_coercions(DS_PROPERTY_BOOLEAN, rows, COUNT(rows));
}

static void test_coerce_date(void)
{
    const coercion rows[] = {
        {ds_date(DATE_FIRST), ds_date(DATE_FIRST)},
        {ds_integer(DATE_LAST), ds_date(DATE_LAST)},
        {ds_integer(DATE_LAST + 1), REFUSED},
        {ds_integer(DATE_FIRST - 1), REFUSED},
        {ds_integer(INT64_MAX), REFUSED},
        {ds_string("1970-01-02"), ds_date(86400000)},
        {ds_string("1970-01-01T01:00:00+01:00"), ds_date(0)},
        {ds_string("1970-01-01T01:00:00"), REFUSED},
        {ds_string("0"), REFUSED},
        {ds_number(0), REFUSED},
        {ds_boolean(false), REFUSED},
        {ds_binary("1970-01-02", 10), REFUSED},
        {ds_json("\"1970-01-02\""), REFUSED},
    };
    check_coercions(DS_PROPERTY_DATE, rows, COUNT(rows));
}

static void test_coerce_binary(void)
{
    const coercion rows[] = {
        {ds_binary("\xff\0a", 3), ds_binary("\xff\0a", 3)},
        {ds_binary("", 0), ds_binary("", 0)},
        {ds_string("/wBh"), ds_binary("\xff\0a", 3)},
        {ds_string("Zg=="), ds_binary("f", 1)},
        {ds_string(""), ds_binary("", 0)},
        {ds_string("Zg="), REFUSED},
        {ds_string("Zg"), REFUSED},
        {ds_string("ab-_"), REFUSED},
        {ds_integer(0), REFUSED},
        {ds_number(0), REFUSED},
        {ds_boolean(false), REFUSED},
        {ds_date(0), REFUSED},
        {ds_json("\"Zg==\""), REFUSED},
    };
    check_coercions(DS_PROPERTY_BINARY, rows, COUNT(rows));
}

static void test_coerce_structures(void)
{
    const coercion objects[] = {
        {ds_json(" { \"b\" : 1.0, \"a\" : [ ] } "), ds_json("{\"a\":[],\"b\":1.0}")},
        {ds_json("{}"), ds_json("{}")},
        {ds_json("[]"), REFUSED},
        {ds_json("1"), REFUSED},
        {ds_json("null"), REFUSED},
        {ds_json("{"), REFUSED},
        {ds_json(""), REFUSED},
        {ds_json("\"{}\""), REFUSED},
        {ds_string("{}"), REFUSED},
        {ds_binary("{}", 2), REFUSED},
        {ds_integer(1), REFUSED},
        {ds_boolean(true), REFUSED},
        {ds_date(0), REFUSED},
    };
    const coercion arrays[] = {
        {ds_json("[1, 2.50, \"\\u0000\\u00e4\", null, true]"), ds_json("[1,2.5,\"\\u0000\xC3\xA4\",null,true]")},
        {ds_json("[9007199254740993]"), ds_json("[9007199254740993]")},
        {ds_json("{}"), REFUSED},
        {ds_json("[1,]"), REFUSED},
        {ds_json("[] []"), REFUSED},
        {ds_string("[]"), REFUSED},
        {ds_integer(1), REFUSED},
    };
    check_coercions(DS_PROPERTY_OBJECT, objects, COUNT(objects));
    check_coercions(DS_PROPERTY_ARRAY, arrays, COUNT(arrays));
}

static void test_coerce_any(void)
{
    const coercion rows[] = {
        {ds_boolean(true), ds_boolean(true)},
        {ds_integer(1), ds_integer(1)},
        {ds_number(1), ds_number(1)},
        {ds_string("1"), ds_string("1")},
        {ds_json("[ 1 ]"), ds_json("[1]")},
        {ds_json("1"), ds_integer(1)},
        {ds_json("1.0"), ds_number(1)},
        {ds_json("\"a\\u0000b\""), ds_string_n("a\0b", 3)},
        {ds_json("true"), ds_boolean(true)},
        {ds_json("null"), ds_null()},
        {ds_json("x"), REFUSED},
        {ds_date(0), REFUSED},
        {ds_binary("a", 1), REFUSED},
    };
    check_coercions(DS_PROPERTY_ANY, rows, COUNT(rows));
}

static bool texts(ds_value given, const char *expected)
{
    arena pool = {0};
    ds_value out = ds_null();
    ds_error err = {0};
    ds_status status = coerce_text(given, &pool, &out, &err);
    bool right = expected == NULL ? status == DS_INVALID && err.message[0] != '\0'
                                  : status == DS_OK && identical(out, ds_string(expected));
    arena_free(&pool);
    return right;
}

static void test_coerce_text(void)
{
    arena pool = {0};
    ds_value out = ds_integer(1);
    CU_ASSERT(coerce_text(ds_null(), &pool, &out, NULL) == DS_OK && out.type == DS_NULL);
    CU_ASSERT(texts(ds_boolean(true), "true"));
    CU_ASSERT(texts(ds_integer(12), "12"));
    CU_ASSERT(texts(ds_number(12), "12"));
    CU_ASSERT(texts(ds_date(0), "1970-01-01T00:00:00.000Z"));
    CU_ASSERT(texts(ds_string("ab"), "ab"));
    CU_ASSERT(texts(ds_binary("\xff\0a", 3), "/wBh"));
    CU_ASSERT(texts(ds_binary("", 0), ""));
    CU_ASSERT(texts(ds_json("{ \"b\": 1, \"a\": 2 }"), "{\"a\":2,\"b\":1}"));
    CU_ASSERT(texts(ds_json("\"a\""), "\"a\""));
    CU_ASSERT(texts(ds_json("nul"), NULL));
    CU_ASSERT(texts(ds_string("\xff"), NULL));
    CU_ASSERT(texts(ds_number(NAN), NULL));
    CU_ASSERT(texts(ds_date(DATE_LAST + 1), NULL));
    CU_ASSERT(texts(typed(DS_TOO_LONG), NULL));
    arena_free(&pool);
}

static void test_coerce_json(void)
{
    static const char *const rows[][2] = {
        {" {\"b\":{\"z\":1,\"a\":-0},\"a\":1e2} ", "{\"a\":100.0,\"b\":{\"a\":0,\"z\":1}}"},
        {"{\"\xC3\xA4\":1,\"z\":2,\"\":3}", "{\"\":3,\"z\":2,\"\xC3\xA4\":1}"},
        {"1e15", "1e+15"},
        {"1.0", "1.0"},
        {"-0.0", "0.0"},
        {"9223372036854775807", "9223372036854775807"},
        {"\"\\u00e4\\/\"", "\"\xC3\xA4/\""},
        {"null", "null"},
        {"{\"a\":1,\"a\":2}", NULL},
        {"9223372036854775808", NULL},
        {"1e400", NULL},
        {"01", NULL},
        {"{} x", NULL},
        {"", NULL},
        {"NaN", NULL},
        {"\"\xff\"", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        arena pool = {0};
        ds_value out = ds_null(), again = ds_null();
        ds_status status = coerce_json(rows[i][0], strlen(rows[i][0]), &pool, &out, NULL);
        CU_ASSERT_EQUAL(status, rows[i][1] == NULL ? DS_INVALID : DS_OK);
        if (status == DS_OK) {
            CU_ASSERT_STRING_EQUAL(out.as.string, rows[i][1]);
            CU_ASSERT(identical(out, ds_json(rows[i][1])));
            CU_ASSERT(coerce_json(out.as.string, out.length, &pool, &again, NULL) == DS_OK && identical(again, out));
        }
        arena_free(&pool);
    }
}

static bool reason_is(ds_property_type type, ds_value value, const char *sentence)
{
    arena pool = {0};
    ds_value out;
    ds_error err = {0};
    coerce_value(type, value, &pool, &out, &err);
    arena_free(&pool);
    if (strcmp(err.message, sentence) != 0)
        printf("%s, not %s\n", err.message, sentence);
    return strcmp(err.message, sentence) == 0;
}

static void test_reasons(void)
{
    char longer[300];
    memset(longer, 'x', sizeof longer);
    CU_ASSERT(reason_is(DS_PROPERTY_INTEGER, ds_string("12x"), "\"12x\" is not an integer"));
    CU_ASSERT(reason_is(DS_PROPERTY_INTEGER, ds_number(1.5), "1.5 is not an integer"));
    CU_ASSERT(reason_is(DS_PROPERTY_BOOLEAN, ds_string_n("a\0\nb", 4), "\"a  b\" is not a boolean"));
    CU_ASSERT(reason_is(DS_PROPERTY_NUMBER, ds_number(NAN), "NaN is not a finite number"));
    CU_ASSERT(reason_is(DS_PROPERTY_DATE, ds_json("[1]"), "[1] is not a date"));
    CU_ASSERT(reason_is(DS_PROPERTY_STRING, ds_binary("x", 1), "binary data is not a string"));
    CU_ASSERT(reason_is(DS_PROPERTY_ANY, ds_date(0), "a property of type any takes no date"));
    ds_error err = {0};
    arena pool = {0};
    ds_value out;
    CU_ASSERT_EQUAL(coerce_value(DS_PROPERTY_DATE, ds_string_n(longer, 300), &pool, &out, &err), DS_INVALID);
    CU_ASSERT(strlen(err.message) < 120 && strstr(err.message, "xxx...\" is not a date") != NULL);
    CU_ASSERT_EQUAL(coerce_value((ds_property_type)50, ds_integer(1), &pool, &out, &err), DS_INVALID);
    CU_ASSERT_STRING_EQUAL(property_type_name((ds_property_type)50), "unknown");
    CU_ASSERT_STRING_EQUAL(type_name(DS_TOO_LONG), "unknown");
    CU_ASSERT_EQUAL(property_value_type(DS_PROPERTY_ANY), DS_NULL);
    CU_ASSERT_EQUAL(property_value_type(DS_PROPERTY_ARRAY), DS_JSON);
    arena_free(&pool);
}

static ds_status coerce_runs_out(void *user, ds_error *err)
{
    const coercion *row = user;
    arena pool = {0};
    ds_value out;
    ds_status status = coerce_value((ds_property_type)row->expected.as.integer, row->given, &pool, &out, err);
    if (status == DS_OK)
        status = coerce_text(row->given, &pool, &out, err);
    arena_free(&pool);
    return status;
}

static void test_out_of_memory(void)
{
    coercion rows[] = {
        {ds_string("some text"), ds_integer(DS_PROPERTY_STRING)},
        {ds_date(0), ds_integer(DS_PROPERTY_STRING)},
        {ds_string("Zm9v"), ds_integer(DS_PROPERTY_BINARY)},
        {ds_binary("abc", 3), ds_integer(DS_PROPERTY_BINARY)},
        {ds_json("{\"b\": [1, 2.5, {\"x\": null}], \"a\": \"y\"}"), ds_integer(DS_PROPERTY_OBJECT)},
        {ds_json("[1, \"two\"]"), ds_integer(DS_PROPERTY_ANY)},
        {ds_json("\"two\""), ds_integer(DS_PROPERTY_ANY)},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t count = 0;
        CU_ASSERT(failing_everywhere(coerce_runs_out, &rows[i], &count));
        CU_ASSERT(count > 0);
    }
}

/* ---- increments ---- */

static definition *counters;
static ds_model model;

static bool model_make(void)
{
    static const struct {
        const char *name;
        ds_property_type type;
    } properties[] = {{"id", DS_PROPERTY_STRING}, {"count", DS_PROPERTY_INTEGER}, {"size", DS_PROPERTY_NUMBER},
                      {"any", DS_PROPERTY_ANY},   {"name", DS_PROPERTY_STRING},   {"when", DS_PROPERTY_DATE}};
    bool made = definition_new("Counter", 7, &counters, NULL) == DS_OK;
    for (size_t i = 0; made && i < COUNT(properties); i++) {
        ds_property property = {.size = sizeof property,
                                .type = properties[i].type,
                                .name = properties[i].name,
                                .name_length = strlen(properties[i].name),
                                .id = i == 0};
        made = definition_add_property(counters, &property, NULL) == DS_OK;
    }
    model.definition = counters;
    return made && definition_finish(counters, NULL) == DS_OK;
}

static bool adds(const char *name, ds_value current, ds_value by, ds_value expected)
{
    size_t slot = name == NULL ? DS_NO_SLOT : definition_slot(counters, name, strlen(name));
    ds_error err = {0};
    ds_value sum = ds_boolean(true);
    ds_status status = ds_value_add(&model, slot, current, by, &sum, &err);
    bool refused = expected.type == REFUSED.type;
    bool right =
        refused ? status == DS_INVALID && err.status == DS_INVALID && identical(sum, ds_boolean(true)) &&
                      (name == NULL || (strstr(err.message, name) != NULL && strstr(err.message, "Counter") != NULL))
                : status == DS_OK && identical(sum, expected);
    if (!right)
        printf("%s: %s %s\n", name == NULL ? "undeclared" : name, ds_status_name(status), err.message);
    return right;
}

static void test_add_integer(void)
{
    CU_ASSERT(adds("count", ds_null(), ds_integer(5), ds_integer(5)));
    CU_ASSERT(adds("count", ds_integer(5), ds_integer(-7), ds_integer(-2)));
    CU_ASSERT(adds("count", ds_integer(5), ds_number(2), ds_integer(7)));
    CU_ASSERT(adds("count", ds_integer(INT64_MAX), ds_integer(INT64_MIN), ds_integer(-1)));
    CU_ASSERT(adds("count", ds_integer(INT64_MAX - 1), ds_integer(1), ds_integer(INT64_MAX)));
    CU_ASSERT(adds("count", ds_integer(9007199254740993), ds_integer(1), ds_integer(9007199254740994)));
    CU_ASSERT(adds("count", ds_integer(INT64_MAX), ds_integer(1), REFUSED));
    CU_ASSERT(adds("count", ds_integer(INT64_MIN), ds_integer(-1), REFUSED));
    CU_ASSERT(adds("count", ds_integer(5), ds_number(0.5), REFUSED));
    CU_ASSERT(adds("count", ds_integer(5), ds_number(NAN), REFUSED));
    CU_ASSERT(adds("count", ds_integer(5), ds_string("1"), REFUSED));
    CU_ASSERT(adds("count", ds_integer(5), ds_null(), REFUSED));
    CU_ASSERT(adds("count", ds_string("12x"), ds_integer(1), REFUSED));
}

static void test_add_number(void)
{
    CU_ASSERT(adds("size", ds_null(), ds_number(0.5), ds_number(0.5)));
    CU_ASSERT(adds("size", ds_number(0.1), ds_number(0.2), ds_number(0.1 + 0.2)));
    CU_ASSERT(adds("size", ds_number(0.5), ds_integer(2), ds_number(2.5)));
    CU_ASSERT(adds("size", ds_number(1e300), ds_number(1), ds_number(1e300)));
    CU_ASSERT(adds("size", ds_number(1.5), ds_number(-1.5), ds_number(0)));
    CU_ASSERT(adds("size", ds_number(1.7976931348623157e308), ds_number(1e300), REFUSED));
    CU_ASSERT(adds("size", ds_number(1), ds_integer(9007199254740993), REFUSED));
    CU_ASSERT(adds("size", ds_number(1), ds_number(INFINITY), REFUSED));
    CU_ASSERT(adds("size", ds_number(1), ds_string("1"), REFUSED));
    CU_ASSERT(adds("size", ds_string("much"), ds_number(1), REFUSED));
}

static void test_add_any(void)
{
    CU_ASSERT(adds("any", ds_null(), ds_integer(1), ds_integer(1)));
    CU_ASSERT(adds("any", ds_null(), ds_number(1), ds_number(1)));
    CU_ASSERT(adds("any", ds_integer(1), ds_integer(2), ds_integer(3)));
    CU_ASSERT(adds("any", ds_integer(1), ds_number(0.5), ds_number(1.5)));
    CU_ASSERT(adds("any", ds_number(1), ds_integer(2), ds_number(3)));
    CU_ASSERT(adds("any", ds_integer(INT64_MAX), ds_integer(1), REFUSED));
    CU_ASSERT(adds("any", ds_string("1"), ds_integer(1), REFUSED));
    CU_ASSERT(adds("any", ds_json("[1]"), ds_integer(1), REFUSED));
    CU_ASSERT(adds("any", ds_boolean(true), ds_integer(1), REFUSED));
}

static void test_add_undeclared(void)
{
    CU_ASSERT(adds(NULL, ds_null(), ds_integer(1), ds_integer(1)));
    CU_ASSERT(adds(NULL, ds_string("41"), ds_integer(1), ds_integer(42)));
    CU_ASSERT(adds(NULL, ds_string("9007199254740993"), ds_integer(1), ds_integer(9007199254740994)));
    CU_ASSERT(adds(NULL, ds_string("41"), ds_number(0.5), ds_number(41.5)));
    CU_ASSERT(adds(NULL, ds_string("1e2"), ds_integer(1), ds_number(101)));
    CU_ASSERT(adds(NULL, ds_string("1.0"), ds_integer(1), ds_number(2)));
    CU_ASSERT(adds(NULL, ds_string("9223372036854775807"), ds_integer(1), REFUSED));
    CU_ASSERT(adds(NULL, ds_string("abc"), ds_integer(1), REFUSED));
    CU_ASSERT(adds(NULL, ds_string(""), ds_integer(1), REFUSED));
    CU_ASSERT(adds(NULL, ds_string("1"), ds_null(), REFUSED));
    CU_ASSERT(adds(NULL, ds_string("1.7976931348623157e308"), ds_string("1.7976931348623157e308"), REFUSED));
}

static void test_add_others(void)
{
    CU_ASSERT(adds("name", ds_string("1"), ds_integer(1), REFUSED));
    CU_ASSERT(adds("when", ds_date(0), ds_integer(1), REFUSED));
    CU_ASSERT(adds("when", ds_null(), ds_integer(1), REFUSED));
    ds_error err;
    ds_value sum;
    CU_ASSERT_EQUAL(ds_value_add(&model, 1, ds_integer(INT64_MAX), ds_integer(1), &sum, &err), DS_INVALID);
    CU_ASSERT_STRING_EQUAL(err.message, "property \"count\" of model \"Counter\": 9223372036854775807 plus 1 does not "
                                        "fit an integer of 64 bits");
    CU_ASSERT_EQUAL(ds_value_add(&model, 1, ds_integer(INT64_MAX), ds_integer(1), &sum, NULL), DS_INVALID);
}

int main(void)
{
    static const test tests[] = {
        {"values are in one order over all types, and numbers in their own", test_order},
        {"-0 equals 0, an integer its double, and even NaN has its place", test_order_equal},
        {"random integers and doubles compare exactly, beyond 2^53 too", test_order_numbers},
        {"each value has its canonical text", test_text},
        {"canonical text reads back as the same value", test_text_round_trip},
        {"text of another type is refused, and nothing is written", test_parse_refuses},
        {"a string takes scalars as text, and neither binary nor JSON", test_coerce_string},
        {"an integer takes what is whole, fits and is decimal", test_coerce_integer},
        {"a number takes what a double holds", test_coerce_number},
        {"a boolean takes true and false", test_coerce_boolean},
        {"a date takes ms and ISO 8601, within its years", test_coerce_date},
        {"binary takes bytes and base64", test_coerce_binary},
        {"objects and arrays take JSON of their kind, made canonical", test_coerce_structures},
        {"any keeps the value's type, and JSON of a scalar is that scalar", test_coerce_any},
        {"an undeclared property takes anything, as text", test_coerce_text},
        {"canonical JSON sorts its keys, keeps its types, and stays as it is", test_coerce_json},
        {"a refusal says which value is not what", test_reasons},
        {"coercion that runs out of memory says so, and leaves nothing behind", test_out_of_memory},
        {"an integer is incremented exactly, or not at all", test_add_integer},
        {"a number is incremented as doubles add, and stays finite", test_add_number},
        {"a value of any type is incremented by its own type", test_add_any},
        {"text is incremented where it is a number", test_add_undeclared},
        {"what is no number is not incremented, and the sentence says where", test_add_others},
    };
    random_start();
    if (!model_make())
        return EXIT_FAILURE;
    definition *made = counters;
    int result = SUITE_RUN("values", tests);
    definition_free(made);
    return result;
}
