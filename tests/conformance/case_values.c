/* Cases of values: what is stored comes back exactly, at the limits of every type. */
#include "steps.h"

#include <stdlib.h>
#include <string.h>

#define VALUES                                                                                                         \
    "\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"s\":\"string\",\"i\":\"integer\",\"n\":\"number\","    \
    "\"b\":\"boolean\","                                                                                               \
    "\"d\":\"date\",\"x\":\"binary\",\"o\":\"object\",\"a\":\"array\",\"y\":\"any\"}"

/* Stores `{"id":"a","p":value}` and expects it back as `back`; what went well before is not traced. */
static void round_trip(run *r, const char *property, const char *value, const char *back)
{
    char json[512], line[512];
    size_t start = trace_position(r);
    snprintf(json, sizeof json, "{\"id\":\"a\",\"%s\":%s}", property, value);
    snprintf(line, sizeof line, "{\"id\":\"a\",\"%s\":%s}", property, back == NULL ? value : back);
    step_create(r, json, DS_OK);
    step_get(r, "a", line);
    if (r->failed)
        return;
    step_delete(r, "a", DS_OK);
    if (!r->failed)
        trace_forget(r, start);
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

static void round_trip_double(run *r, double value)
{
    size_t start = trace_position(r);
    ds_record *record = ds_record_new(r->model), *found = NULL;
    trace(r, "record = ds_record_new(model);");
    trace(r, "ds_record_set(record, \"id\", ds_string(\"a\"));");
    trace(r, "ds_record_set(record, \"n\", ds_number(%.17g)); /* expected: %a */", value, value);
    trace(r, "ds_create(model, record, &error);");
    trace(r, "ds_find_by_id(model, ds_string(\"a\"), &record, &error);");
    trace(r, "printf(\"%%a\\n\", ds_record_get(record, \"n\").as.number);");
    ds_record_set(record, "id", ds_string("a"));
    ds_record_set(record, "n", ds_number(value));
    if (done(r, ds_create(r->model, record, &r->error)) &&
        done(r, ds_find_by_id(r->model, ds_string("a"), &found, &r->error)) &&
        done(r, ds_delete_by_id(r->model, ds_string("a"), &r->error))) {
        ds_value back = ds_record_get(found, "n");
        if (back.type != DS_NUMBER || memcmp(&back.as.number, &value, sizeof value) != 0)
            fail(r, "%.17g came back as %.17g", value, back.type == DS_NUMBER ? back.as.number : 0.0);
    }
    ds_record_free(found);
    ds_record_free(record);
    if (!r->failed)
        trace_forget(r, start);
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
    for (size_t i = 0; i < 200 && !r->failed; i++)
        round_trip_double(r, values[i]);
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
    trace(r, "record = ds_record_new(model);");
    trace(r, "ds_record_set(record, \"s\", ds_string(\"\\xff\")); /* expected: DS_INVALID, here and below */");
    trace(r, "ds_create(model, record, &error);");
    r->rule = &rule_checked_before;
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
    trace(r, "static char bytes[3 << 20];");
    trace(r, "for (i = 0; i < sizeof bytes; i++)");
    trace(r, "    bytes[i] = (char)(i * 7 + i / 251);");
    trace(r, "record = ds_record_new(model);");
    trace(r, "ds_record_set(record, \"id\", ds_string(\"a\"));");
    trace(r, "ds_record_set(record, \"x\", ds_binary(bytes, sizeof bytes));");
    trace(r, "ds_create(model, record, &error);");
    trace(r, "ds_find_by_id(model, ds_string(\"a\"), &record, &error); /* expected: the same bytes */");
    trace(r, "printf(\"%%u\\n\", (unsigned)ds_record_get(record, \"x\").length);");
    ds_record_set(record, "id", ds_string("a"));
    ds_record_set(record, "x", ds_binary(text, N));
    if (done(r, ds_create(r->model, record, &r->error)))
        done(r, ds_find_by_id(r->model, ds_string("a"), &found, &r->error));
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
    static const char *const any[] = {
        "1", "1.0", "\"1\"", "true", "\"true\"", "[1]", "{\"a\":1}", "\"\"", "9007199254740993", "1.5"};
    r->rule = &rule_booleans;
    round_trip(r, "b", "true", NULL);
    round_trip(r, "b", "false", NULL);
    round_trip(r, "b", "\"true\"", "true");
    step_create(r, "{\"id\":\"a\",\"b\":1}", DS_INVALID);
    r->rule = &rule_binary_kept;
    round_trip(r, "x", "\"\"", NULL);
    round_trip(r, "x", "\"AAECA/8=\"", NULL);
    step_create(r, "{\"id\":\"a\",\"x\":\"AAE\"}", DS_INVALID);
    r->rule = &rule_json_kept;
    round_trip(r, "o", "{}", NULL);
    round_trip(r, "o", "{\"b\":1,\"a\":{\"c\":[1,2.5,\"x\\u0000\",null]}}",
               "{\"a\":{\"c\":[1,2.5,\"x\\u0000\",null]},\"b\":1}");
    round_trip(r, "o", "{\"big\":9223372036854775807}", NULL);
    step_create(r, "{\"id\":\"a\",\"o\":[]}", DS_INVALID);
    round_trip(r, "a", "[]", NULL);
    round_trip(r, "a", "[1,1.0,\"1\",true,null,[],{}]", NULL);
    step_create(r, "{\"id\":\"a\",\"a\":{}}", DS_INVALID);
    for (size_t i = 0; i < sizeof any / sizeof *any; i++)
        round_trip(r, "y", any[i], NULL);
}

/* ---- ids ---- */

/* A record of that id, whose property i is the number; the id is traced as a JSON text, and so may hold anything. */
static void create_odd(run *r, ds_value id, int64_t number)
{
    char *text = ds_value_to_json(id), *json = NULL;
    ds_record *record = ds_record_new(r->model);
    if (asprintf(&json, "{\"id\":%s,\"i\":%lld}", text, (long long)number) >= 0)
        trace_text(r, "ds_record_from_json(model, ", json, ", &record, &error);");
    trace(r, "ds_create(model, record, &error);");
    ds_record_set(record, "id", id);
    ds_record_set(record, "i", ds_integer(number));
    done(r, ds_create(r->model, record, &r->error));
    ds_record_free(record);
    free(json);
    ds_free(text);
}

/* Ids that need care in keys, patterns, files and SQL. */
static void ids(run *r)
{
    static const char *const odd[] = {"a b",  "a:b", "*",  "?", "[a-z]", "\\",  "{x}",  "a\nb", "ä",   "#ids",     "%",
                                      "../x", "'",   "\"", "0", "null",  "A B", "a b ", "00",   "0.0", "a\xcc\x88"};
    enum { N = sizeof odd / sizeof *odd };
    for (size_t i = 0; i < N && !r->failed; i++)
        create_odd(r, ds_string(odd[i]), (int64_t)i);
    step_count(r, NULL, N);
    size_t start = trace_position(r);
    for (size_t i = 0; i < N && !r->failed; i++) {
        ds_record *found = NULL;
        trace_forget(r, start);
        trace_text(r, "ds_find_by_id(model, ds_string(", odd[i], "), &record, &error);");
        if (done(r, ds_find_by_id(r->model, ds_string(odd[i]), &found, &r->error)))
            same_number(r, (uint64_t)ds_record_get(found, "i").as.integer, i);
        ds_record_free(found);
    }
    step_delete(r, "*", DS_OK);
    step_count(r, NULL, N - 1);
}

static void ids_with_nul(run *r)
{
    create_odd(r, ds_string_n("n\0l", 3), 1);
    step_get(r, "n", NULL);
    step_create(r, "{\"id\":\"n\",\"i\":2}", DS_OK);
    step_create(r, "{\"id\":\"n\\u0000l\",\"i\":3}", DS_DUPLICATE);
    step_create(r, "{\"id\":\"n\\u0000\",\"i\":4}", DS_OK);
    step_get(r, "n", "{\"id\":\"n\",\"i\":2}");
    step_delete(r, "n", DS_OK);
    step_count(r, "{\"id\":{\"inq\":[\"n\",\"n\\u0000\",\"n\\u0000l\"]}}", 2);
}

static void limits_of_ids(run *r)
{
    char id[4098], json[64];
    ds_record *record = ds_record_new(r->model), *found = NULL;
    memset(id, 'x', 4097);
    id[4097] = '\0';
    trace(r, "char id[4097];");
    trace(r, "for (i = 0; i < sizeof id; i++)");
    trace(r, "    id[i] = 'x';");
    trace(r, "record = ds_record_new(model);");
    trace(r, "ds_record_set(record, \"id\", ds_string_n(id, 4096));");
    trace(r, "ds_create(model, record, &error);");
    trace(r, "ds_find_by_id(model, ds_string_n(id, 4096), &record, &error);");
    ds_record_set(record, "id", ds_string_n(id, 4096));
    if (done(r, ds_create(r->model, record, &r->error)) &&
        done(r, ds_find_by_id(r->model, ds_string_n(id, 4096), &found, &r->error)))
        check(r, ds_record_get(found, "id").length == 4096, "an id of 4 KiB comes back whole");
    ds_record_free(found);
    ds_record_free(record);
    record = ds_record_new(r->model);
    trace(r, "record = ds_record_new(model);");
    trace(r, "ds_record_set(record, \"id\", ds_string_n(id, 4097)); /* expected: DS_INVALID */");
    snprintf(json, sizeof json, "%s", ds_status_name(ds_record_set(record, "id", ds_string_n(id, 4097))));
    same_text(r, json, "DS_INVALID");
    ds_record_free(record);
}

static const rule_case cases[] = {
    {"64-bit integers come back", &rule_integers_kept, VALUES, integers},
    {"doubles come back bit by bit", &rule_numbers_kept, VALUES, doubles},
    {"strings come back, NUL and all", &rule_strings_kept, VALUES, strings},
    {"3 MiB of binary come back", &rule_binary_kept, VALUES, large},
    {"dates come back to the millisecond", &rule_dates_kept, VALUES, dates},
    {"booleans, binary, objects, arrays and any come back", &rule_json_kept, VALUES, others},
    {"an id may hold any character", &rule_ids, VALUES, ids},
    {"an id is not cut at a NUL", &rule_ids, VALUES, ids_with_nul},
    {"an id of up to 4 KiB is taken", &rule_long_ids, VALUES, limits_of_ids},
};
const group group_values = {"values", cases, sizeof cases / sizeof *cases};
