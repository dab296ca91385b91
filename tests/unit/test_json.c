/* JSON of values and records: what is read and refused, what is written, and that one is the inverse of the other. */
#include "model/coerce.h"
#include "model/record.h"
#include "model/text.h"

#include "failing.h"
#include "random.h"
#include "suite.h"

#include <jansson.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static definition *person_definition, *session_definition;
static ds_model person, session;

enum { ID, NAME, AGE, SCORE, ACTIVE, BORN, PHOTO, ADDRESS, TAGS, NOTE, DECLARED };

static void make_models(void)
{
    static const char *const names[DECLARED] = {"id",   "name",  "age",     "score", "active",
                                                "born", "photo", "address", "tags",  "note"};
    static const ds_property_type types[DECLARED] = {
        DS_PROPERTY_STRING, DS_PROPERTY_STRING, DS_PROPERTY_INTEGER, DS_PROPERTY_NUMBER, DS_PROPERTY_BOOLEAN,
        DS_PROPERTY_DATE,   DS_PROPERTY_BINARY, DS_PROPERTY_OBJECT,  DS_PROPERTY_ARRAY,  DS_PROPERTY_ANY};
    ds_status status = definition_new("Person", 6, &person_definition, NULL);
    for (size_t i = 0; i < DECLARED && status == DS_OK; i++) {
        ds_property property = {.size = sizeof property,
                                .type = types[i],
                                .name = names[i],
                                .name_length = strlen(names[i]),
                                .id = i == ID};
        status = definition_add_property(person_definition, &property, NULL);
    }
    if (status == DS_OK)
        status = definition_finish(person_definition, NULL);
    if (status == DS_OK)
        status = definition_schemaless("session", 7, &session_definition, NULL);
    if (status != DS_OK)
        abort();
    person.definition = person_definition;
    session.definition = session_definition;
}

static void says(const ds_error *err, const char *first, const char *second)
{
    if (strstr(err->message, first) == NULL || strstr(err->message, second) == NULL) {
        printf("\n    \"%s\" lacks \"%s\" or \"%s\"\n", err->message, first, second);
        CU_FAIL("the sentence does not name what is at fault");
    }
}

/* ---- text to values ---- */

static void malformed(void)
{
    static const char *const texts[] = {
        "",
        "{",
        "}",
        "[1,]",
        "{\"a\":1,}",
        "{a:1}",
        "'a'",
        "01",
        "1.",
        ".5",
        "+1",
        "0x10",
        "nul",
        "NaN",
        "Infinity",
        "[1] 2",
        "{} {}",
        "\"\\x\"",
        "\"a\nb\"",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\xff\"",
        "\"\xc0\xaf\"",
        "{\"a\" 1}",
        "[1 2]",
        "{\"a\\u0000b\":1}",
        "// a\n1",
        "1e",
        "-",
        "\"\xed\xa0\x80\"",
        "[",
        "\"abc",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        json_t *json = NULL;
        ds_error err = {0};
        CU_ASSERT_EQUAL(json_load(texts[i], strlen(texts[i]), &json, &err), DS_INVALID);
        CU_ASSERT_PTR_NULL(json);
        CU_ASSERT_EQUAL(err.status, DS_INVALID);
        says(&err, "not valid at line ", ", column ");
    }
    json_t *json = NULL;
    CU_ASSERT_EQUAL(json_load(NULL, 0, &json, NULL), DS_INVALID);
    static const char nuls[][6] = {"1\0", "[1\0,2", "\"a\0\"", "{}\0", "\0{}"};
    for (size_t i = 0; i < sizeof nuls / sizeof nuls[0]; i++)
        CU_ASSERT_EQUAL(json_load(nuls[i], i == 1 ? 6 : i == 2 ? 4 : 3, &json, NULL), DS_INVALID);
    ds_error err = {0};
    CU_ASSERT_EQUAL(json_load("[\n1\0]", 5, &json, &err), DS_INVALID);
    says(&err, "line 2, column 2", "NUL");
}

static void places_of_errors(void)
{
    json_t *json = NULL;
    ds_error err = {0};
    const char *twice = "{\"a\": 1,\n \"b\": 2,\n \"a\": 3}";
    CU_ASSERT_EQUAL(json_load(twice, strlen(twice), &json, &err), DS_INVALID);
    says(&err, "line 3", "duplicate");
    const char *large = "{\"a\": 9223372036854775808}";
    CU_ASSERT_EQUAL(json_load(large, strlen(large), &json, &err), DS_INVALID);
    says(&err, "line 1", "too large");
    CU_ASSERT_EQUAL(json_load("1e400", 5, &json, &err), DS_INVALID);
    says(&err, "line 1", "too large");
    bool grammar = false;
    CU_ASSERT_EQUAL(json_load_at("\n[", 2, 40, &json, &grammar, &err), DS_INVALID);
    says(&err, "line 41", "column");
    CU_ASSERT_TRUE(grammar);
    CU_ASSERT_EQUAL(json_load_at("-9223372036854775809", 20, 40, &json, &grammar, &err), DS_INVALID);
    says(&err, "line 40", "too large");
    CU_ASSERT_FALSE(grammar);
}

static void nesting(void)
{
    static char text[20000];
    json_t *json = NULL;
    ds_error err = {0};
    memset(text, '[', 10000);
    memset(text + 10000, ']', 10000);
    CU_ASSERT_EQUAL(json_load(text, 20000, &json, &err), DS_INVALID);
    says(&err, "line 1", "nested too deeply");
    ds_value value;
    arena pool = {0};
    CU_ASSERT_EQUAL_FATAL(json_load(text + 8000, 4000, &json, &err), DS_OK);
    CU_ASSERT_EQUAL(json_to_value(json, &pool, &value, &err), DS_OK);
    CU_ASSERT(value.type == DS_JSON && value.length == 4000 && memcmp(value.as.string, text + 8000, 4000) == 0);
    json_decref(json);
    arena_free(&pool);
}

static void canonical_text(void)
{
    static const struct {
        const char *given, *written;
    } cases[] = {
        {" { \"b\" : 1 , \"a\" : [ 1 , 2.0 , -0.0, 1e2, 1E-7, true, null ] } ",
         "{\"a\":[1,2.0,0.0,100.0,1e-07,true,null],\"b\":1}"},
        {"{\"Z\":1,\"a\":2,\"\":3,\"\\u00e9\":4,\"~\":5}", "{\"\":3,\"Z\":1,\"a\":2,\"~\":5,\"\xc3\xa9\":4}"},
        {"[\"\\u0000\\u001f\\u007f\\/\\\\\\\"\\b\\f\\n\\r\\t\\u000b\\u2028\"]",
         "[\"\\u0000\\u001f\x7f/\\\\\\\"\\b\\f\\n\\r\\t\\u000b\xe2\x80\xa8\"]"},
        {"[\"\\ud83d\\ude00\"]", "[\"\xf0\x9f\x98\x80\"]"},
        {"[9223372036854775807,-9223372036854775808,9007199254740993]",
         "[9223372036854775807,-9223372036854775808,9007199254740993]"},
        {"[0.1,1e308,1e-320,123456789012345680000.0]", "[0.1,1e+308,9.99988867182683e-321,1.2345678901234568e+20]"},
        {"[]", "[]"},
        {"{ }", "{}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        arena pool = {0};
        ds_value value = ds_null(), again = ds_null();
        CU_ASSERT_EQUAL(coerce_json(cases[i].given, strlen(cases[i].given), &pool, &value, NULL), DS_OK);
        CU_ASSERT_EQUAL_FATAL(value.type, DS_JSON);
        if (strcmp(value.as.string, cases[i].written) != 0) {
            printf("\n    %s, not %s\n", value.as.string, cases[i].written);
            CU_FAIL("not the canonical text");
        }
        CU_ASSERT_EQUAL(coerce_json(value.as.string, value.length, &pool, &again, NULL), DS_OK);
        CU_ASSERT_EQUAL(ds_value_compare(value, again), 0);
        arena_free(&pool);
    }
}

/* ---- values to text ---- */

static void written(ds_value value, const char *expected)
{
    char *json = ds_value_to_json(value);
    CU_ASSERT_PTR_NOT_NULL_FATAL(json);
    if (strcmp(json, expected) != 0)
        printf("\n    %s, not %s\n", json, expected);
    CU_ASSERT_STRING_EQUAL(json, expected);
    ds_free(json);
}

static void values_as_json(void)
{
    written(ds_null(), "null");
    written(ds_boolean(false), "false");
    written(ds_integer(INT64_MIN), "-9223372036854775808");
    written(ds_number(1), "1.0");
    written(ds_number(0.1), "0.1");
    written(ds_number(NAN), "null");
    written(ds_string(""), "\"\"");
    written(ds_string_n("a\0b", 3), "\"a\\u0000b\"");
    written(ds_string("\xff"
                      "a\xc3"),
            "\"\xef\xbf\xbd"
            "a\xef\xbf\xbd\"");
    written(ds_string("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
    written(ds_binary("\0\1\377", 3), "\"AAH/\"");
    written(ds_binary("", 0), "\"\"");
    written(ds_date(-1), "\"1969-12-31T23:59:59.999Z\"");
    written(ds_json(" { \"b\" : 1,\n \"a\" : 2 } "), "{\"a\":2,\"b\":1}");
    written(ds_json("{no"), "\"{no\"");
    ds_buffer buffer = {0};
    ds_buffer_json(&buffer, ds_binary("\0\1\377", 3));
    ds_buffer_json(&buffer, ds_json("[ 1 ]"));
    ds_buffer_json(&buffer, ds_string("x"));
    char *json = buffer_take(&buffer);
    CU_ASSERT_STRING_EQUAL(json, "{\"$binary\":\"AAH/\"}[1]\"x\"");
    ds_free(json);
}

/* The host's locale has a decimal comma where the system knows one; where it knows none, there is less to prove. */
static void locale_plays_no_part(void)
{
    static const char *const locales[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "ps_AF.UTF-8"};
    for (size_t i = 0; i < sizeof locales / sizeof locales[0]; i++) {
        ds_record *record = NULL;
        bool known = setlocale(LC_ALL, locales[i]) != NULL;
        CU_ASSERT_EQUAL(ds_record_from_json(&person, "{\"score\":1.5,\"tags\":[0.25]}", &record, NULL), DS_OK);
        char *json = ds_record_to_json(record);
        CU_ASSERT_STRING_EQUAL(json, "{\"score\":1.5,\"tags\":[0.25]}");
        CU_ASSERT(!known || strcmp(setlocale(LC_ALL, NULL), "C") != 0);
        setlocale(LC_ALL, "C");
        ds_free(json);
        ds_record_free(record);
    }
}

/* ---- records ---- */

static ds_record *read_record(const ds_model *model, const char *json)
{
    ds_record *record = NULL;
    ds_error err = {0};
    if (ds_record_from_json(model, json, &record, &err) != DS_OK)
        printf("\n    %s: %s\n", json, err.message);
    CU_ASSERT_PTR_NOT_NULL_FATAL(record);
    return record;
}

static void rewritten(const ds_model *model, const char *json, const char *expected)
{
    ds_record *record = read_record(model, json);
    char *text = ds_record_to_json(record);
    if (strcmp(text, expected) != 0)
        printf("\n    %s, not %s\n", text, expected);
    CU_ASSERT_STRING_EQUAL(text, expected);
    ds_free(text);
    ds_record_free(record);
}

static void records_as_json(void)
{
    rewritten(&person, "{\"age\":\"12\",\"id\":7,\"name\":null}", "{\"id\":\"7\",\"age\":12}");
    rewritten(&person, "{\"age\":9007199254740993,\"name\":\"a\\u0000b\"}",
              "{\"name\":\"a\\u0000b\",\"age\":9007199254740993}");
    rewritten(&person, "{\"score\":3,\"born\":\"1970-01-01T01:00:00+01:00\",\"photo\":\"AAH/\"}",
              "{\"score\":3.0,\"born\":\"1970-01-01T00:00:00.000Z\",\"photo\":\"AAH/\"}");
    rewritten(&person, "{\"tags\":[ 1 ],\"address\":{\"b\":1,\"a\":{}},\"note\":\"12\"}",
              "{\"address\":{\"a\":{},\"b\":1},\"tags\":[1],\"note\":\"12\"}");
    rewritten(&person, "{\"note\":1.0,\"active\":\"true\"}", "{\"active\":true,\"note\":1.0}");
    rewritten(&person, "{}", "{}");
    rewritten(&session,
              "{\"surname\":\"B\",\"name\":\"A\",\"age\":29,\"id\":\"123\",\"tags\":[1, 2],\"gone\":null,\"x\":1.0}",
              "{\"id\":\"123\",\"age\":\"29\",\"name\":\"A\",\"surname\":\"B\",\"tags\":\"[1,2]\",\"x\":\"1\"}");
}

static void refused_records(void)
{
    static const struct {
        const char *json, *first, *second;
    } cases[] = {
        {"[]", "\"Person\"", "object"},
        {"7", "\"Person\"", "object"},
        {"{\"address\":\"{}\"}", "\"address\" of the model \"Person\"", "object"},
        {"{\"tags\":{}}", "\"tags\" of the model \"Person\"", "array"},
        {"{\"name\":{}}", "\"name\" of the model \"Person\"", "string"},
        {"{\"age\":1.5}", "\"age\" of the model \"Person\"", "integer"},
        {"{\"nick\":1}", "\"Person\"", "\"nick\""},
        {"{\"id\":\"\"}", "\"id\" of the model \"Person\"", "empty"},
        {"{\"age\":1,\"age\":2}", "line 1", "duplicate"},
        {"{\"age\":1} x", "line 1", "column"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ds_error err = {0};
        ds_record *record = (ds_record *)&err;
        CU_ASSERT_EQUAL(ds_record_from_json(&person, cases[i].json, &record, &err), DS_INVALID);
        CU_ASSERT_PTR_NULL(record);
        says(&err, cases[i].first, cases[i].second);
    }
    ds_record *record = NULL;
    CU_ASSERT_EQUAL(ds_record_from_json(NULL, "{}", &record, NULL), DS_INVALID);
    CU_ASSERT_EQUAL(ds_record_from_json(&person, NULL, &record, NULL), DS_INVALID);
    CU_ASSERT_EQUAL(ds_record_from_json(&person, "{}", NULL, NULL), DS_INVALID);
}

static void what_a_backend_holds(void)
{
    ds_record *record = ds_record_new(&session);
    ds_record_put_named(record, "b\0c", 3, ds_string("1"));
    ds_record_put_named(record, "b", 1, ds_string("\xff"));
    ds_record_put_named(record, "\xfe", 1, ds_string("2"));
    ds_record_put_named(record, "", 0, ds_string("3"));
    char *json = ds_record_to_json(record);
    CU_ASSERT_STRING_EQUAL(json, "{\"\":\"3\",\"b\":\"\xef\xbf\xbd\",\"b\\u0000c\":\"1\",\"\xef\xbf\xbd\":\"2\"}");
    ds_free(json);
    ds_record_free(record);
}

/* ---- round trips of random records ---- */

static void random_text(ds_buffer *text, size_t longest)
{
    static const char *const pieces[] = {"a",
                                         "Z",
                                         " ",
                                         "\"",
                                         "\\",
                                         "/",
                                         "\n",
                                         "\x01",
                                         "\x7f",
                                         "\xc3\xa9",
                                         "\xe2\x82\xac",
                                         "\xf0\x9f\x98\x80",
                                         "\xef\xbf\xbf",
                                         "0",
                                         "{",
                                         "null"};
    for (size_t left = random_below(longest + 1); left != 0; left--)
        if (random_below(16) == 0)
            buffer_char(text, '\0');
        else
            buffer_text(text, pieces[random_below(sizeof pieces / sizeof pieces[0])]);
}

static void random_json(ds_buffer *text, unsigned depth)
{
    ds_buffer string = {0};
    size_t members = random_below(4);
    switch (random_below(depth == 0 ? 5 : 7)) {
    case 0:
        json_write(text, ds_integer((int64_t)random_bits()));
        break;
    case 1:
        json_write(text, ds_number(random_double()));
        break;
    case 2:
        json_write(text, ds_boolean(random_below(2) == 0));
        break;
    case 3:
        buffer_text(text, "null");
        break;
    case 4:
        random_text(&string, 6);
        json_write_string(text, string.text, string.length);
        break;
    case 5:
        buffer_char(text, '[');
        for (size_t i = 0; i < members; i++) {
            buffer_text(text, i == 0 ? " " : " ,");
            random_json(text, depth - 1);
        }
        buffer_char(text, ']');
        break;
    default:
        buffer_char(text, '{');
        for (size_t i = 0; i < members; i++) {
            ds_buffer_format(text, "%s\"%c%zu\" : ", i == 0 ? "" : ",", (char)('z' - (char)random_below(26)), i);
            random_json(text, depth - 1);
        }
        buffer_char(text, '}');
    }
    buffer_free(&string);
}

/* JSON of one kind, '{' or '['; of any for 0. */
static ds_status set_random_json(ds_record *record, const char *property, char kind)
{
    ds_buffer text = {0};
    do {
        buffer_free(&text);
        random_json(&text, 3);
    } while (kind != '\0' && text.text[0] != kind);
    ds_status status = ds_record_set(record, property, ds_json_n(text.text, text.length));
    buffer_free(&text);
    return status;
}

static ds_record *random_record(void)
{
    ds_record *record = ds_record_new(&person);
    ds_buffer text = {0};
    ds_status status = DS_OK;
    random_text(&text, 20);
    char bytes[40];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)random_bits();
    if (random_below(4) != 0)
        status = ds_record_set(record, "name", ds_string_n(text.length == 0 ? "" : text.text, text.length));
    if (status == DS_OK && random_below(4) != 0)
        status = ds_record_set(record, "age", ds_integer((int64_t)(random_bits() >> random_below(64))));
    if (status == DS_OK && random_below(4) != 0)
        status = ds_record_set(record, "score", ds_number(random_double()));
    if (status == DS_OK && random_below(4) != 0)
        status = ds_record_set(record, "active", ds_boolean(random_below(2) == 0));
    if (status == DS_OK && random_below(4) != 0)
        status = ds_record_set(record, "born",
                               ds_date(DATE_FIRST + (int64_t)(random_bits() % (uint64_t)(DATE_LAST - DATE_FIRST))));
    if (status == DS_OK && random_below(4) != 0)
        status = ds_record_set(record, "photo", ds_binary(bytes, random_below(sizeof bytes)));
    if (status == DS_OK && random_below(4) != 0)
        status = set_random_json(record, "address", '{');
    if (status == DS_OK && random_below(4) != 0)
        status = set_random_json(record, "tags", '[');
    if (status == DS_OK && random_below(4) != 0)
        status = set_random_json(record, "note", '\0');
    CU_ASSERT_EQUAL(status, DS_OK);
    buffer_free(&text);
    return record;
}

static bool records_equal(const ds_record *a, const ds_record *b)
{
    for (size_t slot = 0; slot < DECLARED; slot++) {
        ds_value left = record_value(a, slot), right = record_value(b, slot);
        if (left.type != right.type || ds_value_compare(left, right) != 0)
            return false;
    }
    return true;
}

static void round_trips(void)
{
    random_start();
    for (int i = 0; i < 5000; i++) {
        ds_record *record = random_record(), *back = NULL;
        ds_error err = {0};
        char *json = ds_record_to_json(record);
        CU_ASSERT_FATAL(json != NULL && strchr(json, '\n') == NULL);
        if (ds_record_from_json(&person, json, &back, &err) != DS_OK || !records_equal(record, back)) {
            printf("\n    %s: %s\n", json, err.message);
            CU_FAIL_FATAL("a record is not what was written");
        }
        char *again = ds_record_to_json(back);
        CU_ASSERT_STRING_EQUAL(json, again);
        ds_free(json);
        ds_free(again);
        ds_record_free(record);
        ds_record_free(back);
    }
}

/* What a backend of text stores, put back: each value is the same and canonical. */
static void text_round_trips(void)
{
    for (int i = 0; i < 5000; i++) {
        ds_record *record = random_record(), *back = ds_record_new(&person);
        for (size_t slot = 0; slot < DECLARED; slot++) {
            ds_value value = record_value(record, slot);
            ds_field field;
            ds_text text;
            if (value.type == DS_NULL)
                continue;
            char *json = ds_value_to_json(value);
            ds_value_text(value, &text);
            if (slot == NOTE)
                CU_ASSERT_EQUAL(ds_record_put_text(back, slot, json, strlen(json)), DS_OK)
            else
                CU_ASSERT_EQUAL(ds_record_put_text(back, slot, text.bytes, text.length), DS_OK)
            CU_ASSERT(ds_record_field(back, slot, &field) && field.raw == NULL);
            ds_free(json);
        }
        CU_ASSERT(records_equal(record, back));
        CU_ASSERT(ds_record_holds(record, back));
        ds_record_free(record);
        ds_record_free(back);
    }
}

/* ---- out of memory, jansson's too ---- */

static ds_status there_and_back(void *user, ds_error *err)
{
    ds_record *record = NULL;
    ds_status status = ds_record_from_json(&person, user, &record, err);
    if (status != DS_OK)
        return status;
    char *json = ds_record_to_json(record);
    status = json == NULL ? error_nomem(err) : DS_OK;
    ds_free(json);
    ds_record_free(record);
    return status;
}

static ds_status write_values(void *user, ds_error *err)
{
    (void)user;
    char *one = ds_value_to_json(ds_json("{\"a\":[1,\"x\"]}")), *two = ds_value_to_json(ds_binary("abc", 3));
    ds_status status = one == NULL || two == NULL ? error_nomem(err) : DS_OK;
    ds_free(one);
    ds_free(two);
    return status;
}

/* jansson, where it has no memory for a string, says that there is none where one is due. */
static ds_status with_jansson(void *user, ds_error *err)
{
    ds_status status = there_and_back(user, err);
    return status == DS_INVALID ? error_nomem(err) : status;
}

static void no_memory(void)
{
    char json[] = "{\"id\":\"1\",\"name\":\"a rather long name, so that it needs room\",\"age\":12,\"photo\":\"AAH/\","
                  "\"address\":{\"b\":[1,2,{\"c\":\"d\"}],\"a\":1.5},\"tags\":[1],\"note\":{\"x\":\"y\"}}";
    size_t count = 0;
    CU_ASSERT(failing_everywhere(there_and_back, json, &count) && count > 5);
    json_set_alloc_funcs(ds_malloc, ds_free);
    CU_ASSERT(failing_everywhere(with_jansson, json, &count) && count > 20);
    CU_ASSERT(failing_everywhere(write_values, NULL, &count) && count > 5);
    json_set_alloc_funcs(malloc, free);
}

static const test tests[] = {
    {"what is not JSON is refused with its line and column", malformed},
    {"a key given twice and a number too large are refused with their place", places_of_errors},
    {"JSON is read 2,000 levels deep, and refused 10,000 deep", nesting},
    {"canonical text has sorted keys, no white space, exact integers and doubles told from them", canonical_text},
    {"each type of value is written as JSON on one line", values_as_json},
    {"numbers are read and written the same in a locale with a decimal comma", locale_plays_no_part},
    {"a record is read as its properties' types and written in the model's order", records_as_json},
    {"a record that does not fit is refused with the property or the place", refused_records},
    {"what a backend holds is valid JSON, whatever its bytes are", what_a_backend_holds},
    {"5,000 random records come back from JSON as they were", round_trips},
    {"5,000 random records come back from canonical text as they were", text_round_trips},
    {"out of memory at any allocation is reported, and nothing is lost", no_memory},
};

int main(void)
{
    make_models();
    int result = SUITE_RUN("json", tests);
    definition_free(person_definition);
    definition_free(session_definition);
    return result;
}
