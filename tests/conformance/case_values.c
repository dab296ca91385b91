/* Cases of values: what is stored comes back exactly, at the limits of every type. */
#include "conformance.h"

#include <stdlib.h>
#include <string.h>

#define V "DESIGN 3: nothing is lost"
#define VALUES                                                                                                         \
    "\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"s\":\"string\",\"i\":\"integer\",\"n\":\"number\","    \
    "\"b\":\"boolean\","                                                                                               \
    "\"d\":\"date\",\"x\":\"binary\",\"o\":\"object\",\"a\":\"array\",\"y\":\"any\"}"

/* Stores `{"id":"a","p":value}` and expects it back as `back`. */
static void round_trip(run *r, const char *property, const char *value, const char *back)
{
    char json[512], line[512];
    snprintf(json, sizeof json, "{\"id\":\"a\",\"%s\":%s}", property, value);
    snprintf(line, sizeof line, "{\"id\":\"a\",\"%s\":%s}", property, back == NULL ? value : back);
    step_create(r, json, DS_OK);
    step_get(r, "a", line);
    step_delete(r, "a", DS_OK);
}

static void integers(run *r)
{
    static const char *const values[] = {"0",
                                         "-1",
                                         "9007199254740991",
                                         "9007199254740992",
                                         "9007199254740993",
                                         "9223372036854775807",
                                         "-9223372036854775808"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        round_trip(r, "i", values[i], NULL);
    round_trip(r, "i", "12.0", "12");
    round_trip(r, "i", "\"12\"", "12");
    step_create(r, "{\"id\":\"a\",\"i\":9223372036854775808}", DS_INVALID);
    step_create(r, "{\"id\":\"a\",\"i\":1.5}", DS_INVALID);
    step_create(r, "{\"id\":\"a\",\"i\":\"12x\"}", DS_INVALID);
    step_create(r, "{\"id\":\"a\",\"i\":true}", DS_INVALID);
}

/* Bit by bit: limits, then random doubles. */
static void doubles(run *r)
{
    double values[200] = {
        0.1,  1.0 / 3, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, -1e-7, 123456789.123456789,
        1e21, 1e22,    1e23};
    uint64_t state = r->suite->seed | 1;
    for (size_t i = 10; i < 200; i++) {
        do {
            state = state * 6364136223846793005u + 1442695040888963407u;
            memcpy(&values[i], &state, sizeof values[i]);
        } while (!(values[i] - values[i] == 0));
    }
    for (size_t i = 0; i < 200 && !r->failed; i++) {
        ds_record *record = ds_record_new(r->model), *found = NULL;
        ds_record_set(record, "id", ds_string("a"));
        ds_record_set(record, "n", ds_number(values[i]));
        if (ds_create(r->model, record, &r->error) != DS_OK ||
            ds_find_by_id(r->model, ds_string("a"), &found, &r->error) != DS_OK ||
            ds_delete_by_id(r->model, ds_string("a"), &r->error) != DS_OK)
            fail(r, "%s", r->error.message);
        double back = ds_record_get(found, "n").as.number;
        if (memcmp(&back, &values[i], sizeof back) != 0)
            fail(r, "%.17g came back as %.17g", values[i], back);
        ds_record_free(found);
        ds_record_free(record);
    }
    round_trip(r, "n", "3", "3.0");
    step_create(r, "{\"id\":\"a\",\"n\":9007199254740993}", DS_INVALID);
    step_create(r, "{\"id\":\"a\",\"n\":\"x\"}", DS_INVALID);
}

static void strings(run *r)
{
    round_trip(r, "s", "\"\"", NULL);
    round_trip(r, "s", "\"a\\u0000b\"", NULL);
    round_trip(r, "s", "\" \\n\\t\\\"\\\\ \"", NULL);
    round_trip(r, "s", "\"日本語 😀 ä\"", NULL);
    round_trip(r, "s", "\"true\"", NULL);
    round_trip(r, "s", "\"12\"", NULL);
    round_trip(r, "s", "12", "\"12\"");
    round_trip(r, "s", "true", "\"true\"");
    step_create(r, "{\"id\":\"a\",\"s\":[1]}", DS_INVALID);
    ds_record *record = ds_record_new(r->model);
    ds_record_set(record, "id", ds_string("a"));
    trace(r, "/* a string that is not UTF-8 */");
    check(r, ds_record_set(record, "s", ds_string("\xff")) == DS_INVALID, "a string must be UTF-8");
    check(r, ds_create(r->model, record, &r->error) == DS_INVALID, "a failure of ds_record_set sticks");
    ds_record_free(record);
    step_count(r, NULL, 0);
}

static void large(run *r)
{
    enum { N = 3 << 20 };
    char *text = malloc(N);
    ds_record *record = ds_record_new(r->model), *found = NULL;
    for (int i = 0; i < N; i++)
        text[i] = (char)(i * 7 + i / 251);
    trace(r, "/* 3 MiB of binary */");
    ds_record_set(record, "id", ds_string("a"));
    ds_record_set(record, "x", ds_binary(text, N));
    if (ds_create(r->model, record, &r->error) != DS_OK ||
        ds_find_by_id(r->model, ds_string("a"), &found, &r->error) != DS_OK)
        fail(r, "%s", r->error.message);
    ds_value x = ds_record_get(found, "x");
    check(r, x.type == DS_BINARY && x.length == N && memcmp(x.as.binary, text, N) == 0, "it comes back byte by byte");
    ds_record_free(found);
    ds_record_free(record);
    free(text);
}

static void dates(run *r)
{
    round_trip(r, "d", "\"0000-01-01T00:00:00.000Z\"", NULL);
    round_trip(r, "d", "\"9999-12-31T23:59:59.999Z\"", NULL);
    round_trip(r, "d", "\"1969-12-31T23:59:59.999Z\"", NULL);
    round_trip(r, "d", "\"2000-02-29\"", "\"2000-02-29T00:00:00.000Z\"");
    round_trip(r, "d", "\"2000-01-01T01:30:00+01:30\"", "\"2000-01-01T00:00:00.000Z\"");
    round_trip(r, "d", "1", "\"1970-01-01T00:00:00.001Z\"");
    step_create(r, "{\"id\":\"a\",\"d\":\"2001-02-29\"}", DS_INVALID);
    step_create(r, "{\"id\":\"a\",\"d\":\"2000-01-01T00:00:00\"}", DS_INVALID);
    step_create(r, "{\"id\":\"a\",\"d\":\"2000-01-01T00:00:00.0001Z\"}", DS_INVALID);
}

static void others(run *r)
{
    round_trip(r, "b", "true", NULL);
    round_trip(r, "b", "false", NULL);
    round_trip(r, "b", "\"true\"", "true");
    step_create(r, "{\"id\":\"a\",\"b\":1}", DS_INVALID);
    round_trip(r, "x", "\"\"", NULL);
    round_trip(r, "x", "\"AAECA/8=\"", NULL);
    step_create(r, "{\"id\":\"a\",\"x\":\"AAE\"}", DS_INVALID);
    round_trip(r, "o", "{}", NULL);
    round_trip(r, "o", "{\"b\":1,\"a\":{\"c\":[1,2.5,\"x\\u0000\",null]}}",
               "{\"a\":{\"c\":[1,2.5,\"x\\u0000\",null]},\"b\":1}");
    round_trip(r, "o", "{\"big\":9223372036854775807}", NULL);
    step_create(r, "{\"id\":\"a\",\"o\":[]}", DS_INVALID);
    round_trip(r, "a", "[]", NULL);
    round_trip(r, "a", "[1,1.0,\"1\",true,null,[],{}]", NULL);
    step_create(r, "{\"id\":\"a\",\"a\":{}}", DS_INVALID);
    static const char *const any[] = {
        "1", "1.0", "\"1\"", "true", "\"true\"", "[1]", "{\"a\":1}", "\"\"", "9007199254740993", "1.5"};
    for (size_t i = 0; i < sizeof any / sizeof *any; i++)
        round_trip(r, "y", any[i], NULL);
}

/* Ids that need care in keys, patterns and files. */
static void ids(run *r)
{
    static const char *const odd[] = {"a b", "a:b",  "*", "?",    "[a-z]", "\\", "{x}", "a\nb",
                                      "ä",   "#ids", "%", "../x", "'",     "\"", "0",   "null"};
    enum { N = sizeof odd / sizeof *odd };
    for (size_t i = 0; i < N && !r->failed; i++) {
        ds_record *record = ds_record_new(r->model);
        ds_record_set(record, "id", ds_string(odd[i]));
        ds_record_set(record, "i", ds_integer((int64_t)i));
        trace(r, "/* a record with the id %s */", odd[i]);
        if (ds_create(r->model, record, &r->error) != DS_OK)
            fail(r, "%s", r->error.message);
        ds_record_free(record);
    }
    step_count(r, NULL, N);
    for (size_t i = 0; i < N && !r->failed; i++) {
        ds_record *found;
        ds_status status = ds_find_by_id(r->model, ds_string(odd[i]), &found, &r->error);
        check(r, status == DS_OK && ds_record_get(found, "i").as.integer == (int64_t)i, "each id finds its own record");
        if (status == DS_OK)
            ds_record_free(found);
    }
    ds_record *record = ds_record_new(r->model), *found;
    ds_record_set(record, "id", ds_string_n("n\0l", 3));
    trace(r, "/* an id with a NUL */");
    check(r, ds_create(r->model, record, &r->error) == DS_OK, "an id may hold NUL");
    check(r, ds_find_by_id(r->model, ds_string("n"), &found, &r->error) == DS_NOT_FOUND, "it is not cut at the NUL");
    ds_record_free(record);
    step_delete(r, "*", DS_OK);
    step_count(r, NULL, N);
}

static void limits_of_ids(run *r)
{
    char *id = malloc(5001);
    memset(id, 'x', 5000);
    id[5000] = '\0';
    ds_record *record = ds_record_new(r->model);
    trace(r, "/* an id of 4,096 bytes, and one of 4,097 */");
    ds_record_set(record, "id", ds_string_n(id, 4096));
    check(r, ds_create(r->model, record, &r->error) == DS_OK, "an id of 4 KiB is stored");
    ds_record_free(record);
    record = ds_record_new(r->model);
    check(r, ds_record_set(record, "id", ds_string_n(id, 4097)) == DS_INVALID, "a longer one is DS_INVALID");
    ds_record_free(record);
    free(id);
}

static const rule_case cases[] = {
    {"64-bit integers come back", V, VALUES, integers},
    {"doubles come back bit by bit", V, VALUES, doubles},
    {"strings come back, NUL and all", V, VALUES, strings},
    {"3 MiB of binary come back", V, VALUES, large},
    {"dates come back to the millisecond", V, VALUES, dates},
    {"booleans, binary, objects, arrays and any come back", V, VALUES, others},
    {"an id may hold any character", V, VALUES, ids},
    {"an id of up to 4 KiB is taken", "DESIGN 7: a value over 4 KiB", VALUES, limits_of_ids},
};
const group group_values = {"values", cases, sizeof cases / sizeof *cases};
