/* Records and blocks: what a host sets and reads, what a connector puts, and the memory that it takes. */
#include "model/record.h"

#include "counting.h"
#include "failing.h"
#include "suite.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* With the sanitizer each piece of an arena is an allocation of its own. */
#if defined(__SANITIZE_ADDRESS__)
#define PIECE_IS_CHUNK 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PIECE_IS_CHUNK 1
#endif
#endif
#ifndef PIECE_IS_CHUNK
#define PIECE_IS_CHUNK 0
#endif

static definition *strict_definition, *lenient_definition, *schemaless_definition;
static ds_model strict_model, lenient_model, schemaless_model;

enum { ID, NAME, AGE, SCORE, ACTIVE, BORN, PHOTO, ADDRESS, TAGS, NOTE, MAIL, CITY, DECLARED };

static const struct {
    const char *name;
    ds_property_type type;
    bool id, index, unique;
} columns[DECLARED] = {
    {"id", DS_PROPERTY_STRING, true, false, false},       {"name", DS_PROPERTY_STRING, false, false, false},
    {"age", DS_PROPERTY_INTEGER, false, true, false},     {"score", DS_PROPERTY_NUMBER, false, false, false},
    {"active", DS_PROPERTY_BOOLEAN, false, false, false}, {"born", DS_PROPERTY_DATE, false, false, false},
    {"photo", DS_PROPERTY_BINARY, false, true, false},    {"address", DS_PROPERTY_OBJECT, false, false, false},
    {"tags", DS_PROPERTY_ARRAY, false, false, false},     {"note", DS_PROPERTY_ANY, false, false, false},
    {"mail", DS_PROPERTY_STRING, false, false, true},     {"city", DS_PROPERTY_STRING, false, false, false},
};

static definition *make_definition(const char *name, bool strict)
{
    static const char *const keys[] = {"city", "age"};
    static const bool descending[] = {false, true};
    definition *made = NULL;
    ds_status status = definition_new(name, strlen(name), &made, NULL);
    for (size_t i = 0; i < DECLARED && status == DS_OK; i++) {
        ds_property property = {.size = sizeof property,
                                .type = columns[i].type,
                                .name = columns[i].name,
                                .name_length = strlen(columns[i].name),
                                .id = columns[i].id,
                                .index = columns[i].index,
                                .unique = columns[i].unique};
        status = definition_add_property(made, &property, NULL);
    }
    if (status == DS_OK)
        status = definition_add_index(made, "byCity", false, keys, descending, 2, NULL);
    if (status == DS_OK)
        status = definition_set_settings(made, NULL, strict, 0, NULL, NULL);
    if (status == DS_OK)
        status = definition_finish(made, NULL);
    if (status != DS_OK)
        abort();
    return made;
}

static void make_models(void)
{
    strict_definition = make_definition("Person", true);
    lenient_definition = make_definition("Guest", false);
    if (definition_schemaless("user-session", 12, &schemaless_definition, NULL) != DS_OK)
        abort();
    strict_model.definition = strict_definition;
    lenient_model.definition = lenient_definition;
    schemaless_model.definition = schemaless_definition;
}

static bool is(ds_value value, ds_value expected)
{
    return value.type == expected.type && ds_value_compare(value, expected) == 0;
}

static bool holds_text(const ds_record *record, const char *property, const char *text)
{
    return is(ds_record_get(record, property), ds_string(text));
}

static ds_field field_of(const ds_record *record, size_t slot)
{
    ds_field field = {0};
    CU_ASSERT_TRUE(ds_record_field(record, slot, &field));
    return field;
}

/* The sentence of what failed first names both. */
static void failed_with(const ds_record *record, const char *first, const char *second)
{
    ds_error err = {0};
    CU_ASSERT_EQUAL(record_failure(record, &err), DS_INVALID);
    CU_ASSERT_EQUAL(err.status, DS_INVALID);
    if (strstr(err.message, first) == NULL || strstr(err.message, second) == NULL) {
        printf("\n    \"%s\" lacks \"%s\" or \"%s\"\n", err.message, first, second);
        CU_FAIL("the sentence does not name what is at fault");
    }
}

/* ---- setting and reading ---- */

static const struct {
    const char *property;
    ds_value given, kept;
} settings_table[] = {
    {"name", {DS_STRING, 4, {.string = "a\0b\n"}}, {DS_STRING, 4, {.string = "a\0b\n"}}},
    {"name", {DS_INTEGER, 0, {.integer = 12}}, {DS_STRING, 2, {.string = "12"}}},
    {"age", {DS_STRING, 3, {.string = "-12"}}, {DS_INTEGER, 0, {.integer = -12}}},
    {"age", {DS_NUMBER, 0, {.number = 3.0}}, {DS_INTEGER, 0, {.integer = 3}}},
    {"age", {DS_INTEGER, 0, {.integer = INT64_MIN}}, {DS_INTEGER, 0, {.integer = INT64_MIN}}},
    {"score", {DS_INTEGER, 0, {.integer = 3}}, {DS_NUMBER, 0, {.number = 3.0}}},
    {"active", {DS_STRING, 4, {.string = "true"}}, {DS_BOOLEAN, 0, {.boolean = true}}},
    {"born", {DS_STRING, 10, {.string = "1970-01-02"}}, {DS_DATE, 0, {.date = 86400000}}},
    {"photo", {DS_STRING, 4, {.string = "AAH/"}}, {DS_BINARY, 3, {.string = "\0\1\377"}}},
    {"photo", {DS_BINARY, 0, {.string = ""}}, {DS_BINARY, 0, {.string = ""}}},
    {"address", {DS_JSON, 17, {.string = "{ \"b\": 1, \"a\":2 }"}}, {DS_JSON, 13, {.string = "{\"a\":2,\"b\":1}"}}},
    {"tags", {DS_JSON, 8, {.string = "[1, 2.0]"}}, {DS_JSON, 7, {.string = "[1,2.0]"}}},
    {"note", {DS_JSON, 5, {.string = " 12.0"}}, {DS_NUMBER, 0, {.number = 12}}},
    {"note", {DS_STRING, 2, {.string = "12"}}, {DS_STRING, 2, {.string = "12"}}},
};

static void values_are_coerced(void)
{
    for (size_t i = 0; i < sizeof settings_table / sizeof settings_table[0]; i++) {
        ds_record *record = ds_record_new(&strict_model);
        CU_ASSERT_EQUAL(ds_record_set(record, settings_table[i].property, settings_table[i].given), DS_OK);
        CU_ASSERT(is(ds_record_get(record, settings_table[i].property), settings_table[i].kept));
        CU_ASSERT_EQUAL(record_failure(record, NULL), DS_OK);
        ds_record_free(record);
    }
}

static void values_are_copied(void)
{
    char text[] = "Ada", name[] = "nick";
    ds_record *record = ds_record_new(&lenient_model);
    ds_record_set(record, "name", ds_string(text));
    ds_record_set(record, name, ds_string(text));
    text[0] = 'X';
    name[0] = 'X';
    CU_ASSERT(holds_text(record, "name", "Ada"));
    CU_ASSERT(holds_text(record, "nick", "Ada"));
    CU_ASSERT_EQUAL(ds_record_get(record, "name").as.string[3], '\0');
    ds_record_free(record);
}

static void null_is_not_absent(void)
{
    ds_record *record = ds_record_new(&lenient_model);
    ds_field field;
    CU_ASSERT_FALSE(ds_record_field(record, NAME, &field));
    CU_ASSERT_FALSE(record_is_set(record, NAME));
    ds_record_set(record, "name", ds_null());
    ds_record_set(record, "nick", ds_null());
    CU_ASSERT_TRUE(record_is_set(record, NAME));
    CU_ASSERT_TRUE(ds_record_field(record, NAME, &field));
    CU_ASSERT_EQUAL(field.value.type, DS_NULL);
    CU_ASSERT_EQUAL(field_of(record, DECLARED).value.type, DS_NULL);
    CU_ASSERT_EQUAL(ds_record_get(record, "name").type, DS_NULL);
    CU_ASSERT_EQUAL(record_failure(record, NULL), DS_OK);
    record_unset(record, NAME);
    CU_ASSERT_FALSE(ds_record_field(record, NAME, &field));
    ds_record_free(record);
}

static void unknown_properties(void)
{
    ds_record *record = ds_record_new(&strict_model);
    CU_ASSERT_EQUAL(ds_record_set(record, "nick", ds_string("A")), DS_INVALID);
    failed_with(record, "\"Person\"", "\"nick\"");
    CU_ASSERT_EQUAL(ds_record_slots(record), DECLARED);
    ds_record_free(record);
    record = ds_record_new(&strict_model);
    CU_ASSERT_EQUAL(ds_record_set(record, NULL, ds_string("A")), DS_INVALID);
    failed_with(record, "\"Person\"", "without its name");
    ds_record_free(record);
    record = ds_record_new(&lenient_model);
    CU_ASSERT_EQUAL(ds_record_set(record, "\xff", ds_string("A")), DS_INVALID);
    failed_with(record, "\"Guest\"", "UTF-8");
    ds_record_free(record);
}

static void first_failure_sticks(void)
{
    ds_record *record = ds_record_new(&strict_model);
    CU_ASSERT_EQUAL(ds_record_set(record, "age", ds_string("12x")), DS_INVALID);
    CU_ASSERT_EQUAL(ds_record_set(record, "active", ds_string("maybe")), DS_INVALID);
    CU_ASSERT_EQUAL(ds_record_set(record, "age", ds_string("12")), DS_OK);
    failed_with(record, "\"age\" of the model \"Person\"", "\"12x\"");
    ds_record *copy = NULL;
    CU_ASSERT_EQUAL_FATAL(ds_record_copy(record, &copy, NULL), DS_OK);
    failed_with(copy, "\"age\" of the model \"Person\"", "\"12x\"");
    ds_record_free(copy);
    ds_record_free(record);
}

static void refused_values(void)
{
    static const struct {
        const char *property;
        ds_value value;
    } wrong[] = {
        {"name", {DS_STRING, 1, {.string = "\xff"}}},      {"name", {DS_TOO_LONG, 0, {.string = ""}}},
        {"score", {DS_NUMBER, 0, {.number = 1e308 * 10}}}, {"address", {DS_STRING, 2, {.string = "{}"}}},
        {"address", {DS_JSON, 2, {.string = "[]"}}},       {"tags", {DS_JSON, 2, {.string = "{}"}}},
        {"tags", {DS_JSON, 3, {.string = "[1,"}}},         {"age", {DS_NUMBER, 0, {.number = 9223372036854775808.0}}},
        {"age", {DS_STRING, 2, {.string = "01"}}},         {"born", {DS_STRING, 5, {.string = "today"}}},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ds_record *record = ds_record_new(&strict_model);
        CU_ASSERT_EQUAL(ds_record_set(record, wrong[i].property, wrong[i].value), DS_INVALID);
        CU_ASSERT_EQUAL(ds_record_get(record, wrong[i].property).type, DS_NULL);
        failed_with(record, wrong[i].property, "\"Person\"");
        ds_record_free(record);
    }
}

static ds_status set_length(const char *property, size_t length)
{
    static char text[DEFINITION_KEY_MAX + 2];
    memset(text, 'x', sizeof text);
    ds_record *record = ds_record_new(&strict_model);
    ds_value value = strcmp(property, "photo") == 0 ? ds_binary(text, length) : ds_string_n(text, length);
    ds_status status = ds_record_set(record, property, value);
    if (status != DS_OK)
        failed_with(record, property, length == 0 ? "empty" : "4096");
    ds_record_free(record);
    return status;
}

static void lengths_of_keys(void)
{
    static const char *const keyed[] = {"id", "mail", "photo", "city"};
    for (size_t i = 0; i < sizeof keyed / sizeof keyed[0]; i++) {
        CU_ASSERT_EQUAL(set_length(keyed[i], DEFINITION_KEY_MAX), DS_OK);
        CU_ASSERT_EQUAL(set_length(keyed[i], DEFINITION_KEY_MAX + 1), DS_INVALID);
    }
    CU_ASSERT_EQUAL(set_length("id", 0), DS_INVALID);
    CU_ASSERT_EQUAL(set_length("mail", 0), DS_OK);
    CU_ASSERT_EQUAL(set_length("name", DEFINITION_KEY_MAX + 1), DS_OK);
}

static void undeclared_values_are_text(void)
{
    static const struct {
        ds_value value;
        const char *text;
    } cases[] = {
        {{DS_INTEGER, 0, {.integer = -5}}, "-5"},     {{DS_NUMBER, 0, {.number = 1.5}}, "1.5"},
        {{DS_BOOLEAN, 0, {.boolean = true}}, "true"}, {{DS_DATE, 0, {.date = 0}}, "1970-01-01T00:00:00.000Z"},
        {{DS_BINARY, 1, {.string = "\xff"}}, "/w=="}, {{DS_JSON, 9, {.string = "[ 1 , 2 ]"}}, "[1,2]"},
        {{DS_STRING, 1, {.string = "x"}}, "x"},
    };
    ds_record *record = ds_record_new(&schemaless_model);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CU_ASSERT_EQUAL(ds_record_set(record, "value", cases[i].value), DS_OK);
        CU_ASSERT(holds_text(record, "value", cases[i].text));
    }
    CU_ASSERT_EQUAL(ds_record_slots(record), 2);
    ds_record_free(record);
}

static void many_undeclared(void)
{
    char name[32], text[32];
    ds_record *record = ds_record_new(&schemaless_model);
    for (int i = 0; i < 5000; i++) {
        snprintf(name, sizeof name, "property%d", i);
        snprintf(text, sizeof text, "value%d", i);
        CU_ASSERT_EQUAL(ds_record_set(record, name, ds_string(text)), DS_OK);
        if (i == 7)
            CU_ASSERT_EQUAL(ds_record_put_raw(record, 3, "raw", 3), DS_OK);
    }
    CU_ASSERT_EQUAL(ds_record_slots(record), 5001);
    for (int i = 0; i < 5000; i++) {
        int length = snprintf(name, sizeof name, "property%d", i);
        snprintf(text, sizeof text, "value%d", i);
        CU_ASSERT(holds_text(record, name, text));
        CU_ASSERT_EQUAL(record_find(record, name, (size_t)length), (size_t)i + 1);
        CU_ASSERT_STRING_EQUAL(field_of(record, (size_t)i + 1).name, name);
    }
    CU_ASSERT_EQUAL(record_find(record, "property5000", 12), DS_NO_SLOT);
    CU_ASSERT_NSTRING_EQUAL(field_of(record, 3).raw, "raw", 3);
    CU_ASSERT_PTR_NULL(field_of(record, 4).raw);
    ds_record_free(record);
}

/* ---- memory ---- */

static void setting_again_takes_no_memory(void)
{
    char text[2000];
    memset(text, 'x', sizeof text);
    counting_start();
    ds_record *record = ds_record_new(&lenient_model);
    uint64_t before = 0;
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 1000; i++) {
            ds_value value = i % 3 == 0 ? ds_integer((int64_t)i) : ds_string_n(text, (i * 7919) % sizeof text);
            ds_record_put(record, NAME, value);
            ds_record_put_named(record, "extra", 5, value);
            ds_record_put_raw(record, NAME, text, (i * 31) % sizeof text);
        }
        if (round == 0)
            before = counting_bytes();
    }
    CU_ASSERT_EQUAL(counting_bytes(), before);
    CU_ASSERT(before < 100000);
    ds_record_free(record);
    counting_stop();
}

/* The bytes that a record keeps are found by what the allocator holds: a new set goes through memory that is freed
 * again. */
static void coercing_again_keeps_no_memory(void)
{
    ds_record *record = ds_record_new(&lenient_model);
    ds_record_set(record, "city", ds_string("first"));
    const char *place = NULL;
    for (size_t i = 0; i < 1000; i++) {
        CU_ASSERT_EQUAL(ds_record_set(record, "city", ds_integer((int64_t)(i % 10) + 100000000)), DS_OK);
        if (i == 0)
            place = ds_record_get(record, "city").as.string;
        CU_ASSERT_PTR_EQUAL(ds_record_get(record, "city").as.string, place);
    }
    ds_record_free(record);
}

static void values_of_others_stay(void)
{
    ds_record *record = ds_record_new(&lenient_model);
    ds_record_set(record, "name", ds_string("Ada"));
    ds_value name = ds_record_get(record, "name");
    char text[100];
    for (int i = 0; i < 200; i++) {
        snprintf(text, sizeof text, "property%d", i);
        ds_record_set(record, text, ds_string(text));
        ds_record_set(record, "city", ds_string(text));
    }
    CU_ASSERT(is(name, ds_string("Ada")));
    CU_ASSERT_PTR_EQUAL(ds_record_get(record, "name").as.string, name.as.string);
    ds_record_free(record);
}

static void a_value_of_its_own(void)
{
    ds_record *record = ds_record_new(&lenient_model);
    ds_record_set(record, "name", ds_string("0123456789"));
    for (int i = 0; i < 3; i++) {
        ds_value value = ds_record_get(record, "name");
        CU_ASSERT_EQUAL(ds_record_set(record, "name", ds_string_n(value.as.string + 1, value.length - 1)), DS_OK);
        value = ds_record_get(record, "name");
        CU_ASSERT_EQUAL(ds_record_put(record, NAME, ds_string_n(value.as.string + 1, value.length - 1)), DS_OK);
    }
    CU_ASSERT(holds_text(record, "name", "6789"));
    CU_ASSERT_EQUAL(ds_record_set(record, "nick", ds_record_get(record, "name")), DS_OK);
    CU_ASSERT(holds_text(record, "nick", "6789"));
    ds_record_free(record);
}

static void cleared(void)
{
    ds_record *record = ds_record_new(&lenient_model);
    ds_field field;
    char name[32];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 50; i++) {
            snprintf(name, sizeof name, "p%d", i);
            ds_record_set(record, name, ds_string("x"));
        }
        ds_record_set(record, "name", ds_string("Ada"));
        record_clear(record);
        CU_ASSERT_EQUAL(ds_record_slots(record), DECLARED);
        for (size_t slot = 0; slot < DECLARED; slot++)
            CU_ASSERT_FALSE(ds_record_field(record, slot, &field));
        CU_ASSERT_EQUAL(ds_record_get(record, "p1").type, DS_NULL);
    }
    ds_record_free(record);
}

/* ---- what a connector puts ---- */

static const struct {
    size_t slot;
    const char *text;
    ds_value kept;
    bool raw;
} texts[] = {
    {NAME, "a\xff", {DS_STRING, 2, {.string = "a\xff"}}, false},
    {NAME, "", {DS_STRING, 0, {.string = ""}}, false},
    {AGE, "12", {DS_INTEGER, 0, {.integer = 12}}, false},
    {AGE, "-0", {DS_INTEGER, 0, {.integer = 0}}, true},
    {AGE, "9223372036854775807", {DS_INTEGER, 0, {.integer = INT64_MAX}}, false},
    {AGE, "9223372036854775808", {DS_STRING, 19, {.string = "9223372036854775808"}}, false},
    {AGE, "12x", {DS_STRING, 3, {.string = "12x"}}, false},
    {AGE, "", {DS_STRING, 0, {.string = ""}}, false},
    {SCORE, "1.5", {DS_NUMBER, 0, {.number = 1.5}}, false},
    {SCORE, "1.50", {DS_NUMBER, 0, {.number = 1.5}}, true},
    {SCORE, "1", {DS_NUMBER, 0, {.number = 1}}, false},
    {SCORE, "1.0", {DS_NUMBER, 0, {.number = 1}}, true},
    {ACTIVE, "true", {DS_BOOLEAN, 0, {.boolean = true}}, false},
    {ACTIVE, "1", {DS_STRING, 1, {.string = "1"}}, false},
    {BORN, "1970-01-01T00:00:00.000Z", {DS_DATE, 0, {.date = 0}}, false},
    {BORN, "1970-01-01T01:00:00+01:00", {DS_DATE, 0, {.date = 0}}, true},
    {PHOTO, "\x01\xff", {DS_BINARY, 2, {.string = "\x01\xff"}}, false},
    {ADDRESS, "{\"a\":1,\"b\":2}", {DS_JSON, 13, {.string = "{\"a\":1,\"b\":2}"}}, false},
    {ADDRESS, "{\"b\":2,\"a\":1}", {DS_JSON, 13, {.string = "{\"a\":1,\"b\":2}"}}, true},
    {ADDRESS, "[]", {DS_STRING, 2, {.string = "[]"}}, false},
    {ADDRESS, "{", {DS_STRING, 1, {.string = "{"}}, false},
    {TAGS, "[1]", {DS_JSON, 3, {.string = "[1]"}}, false},
    {TAGS, "[ 1 ]", {DS_JSON, 3, {.string = "[1]"}}, true},
    {TAGS, "{}", {DS_STRING, 2, {.string = "{}"}}, false},
    {NOTE, "12", {DS_INTEGER, 0, {.integer = 12}}, false},
    {NOTE, "12.0", {DS_NUMBER, 0, {.number = 12}}, false},
    {NOTE, "12.00", {DS_NUMBER, 0, {.number = 12}}, true},
    {NOTE, "true", {DS_BOOLEAN, 0, {.boolean = true}}, false},
    {NOTE, "\"x\"", {DS_STRING, 1, {.string = "x"}}, false},
    {NOTE, "\"\\u0078\"", {DS_STRING, 1, {.string = "x"}}, true},
    {NOTE, "null", {DS_NULL, 0, {.string = NULL}}, true},
    {NOTE, "{\"a\":[]}", {DS_JSON, 8, {.string = "{\"a\":[]}"}}, false},
    {NOTE, "x", {DS_STRING, 1, {.string = "x"}}, true},
};

static void text_of_a_backend(void)
{
    ds_block *block = block_new(strict_definition);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        ds_record *record = ds_block_add(block);
        size_t length = strlen(texts[i].text);
        CU_ASSERT_EQUAL(ds_record_put_text(record, texts[i].slot, texts[i].text, length), DS_OK);
        ds_field field = field_of(record, texts[i].slot);
        CU_ASSERT(is(field.value, texts[i].kept));
        CU_ASSERT_EQUAL(field.raw != NULL, texts[i].raw);
        if (field.raw != NULL)
            CU_ASSERT(field.raw_length == length && memcmp(field.raw, texts[i].text, length) == 0);
        ds_record_put(record, texts[i].slot, ds_null());
        CU_ASSERT_PTR_NULL(field_of(record, texts[i].slot).raw);
    }
    block_free(block);
}

/* Text that is not the same does not pass for the same, whatever value it is read as. */
/* Texts of numbers of every layout: raw text is kept where, and only where, it is not what is written for the value. */
static void layouts_of_numbers(void)
{
    static const char *const parts[] = {"", "0", "1", "9", "10", "00", "05", "123456", "999999999999", "000001", "5"};
    static const char *const exponents[] = {"", "e0", "e5", "e-5", "E+2", "e+20"};
    enum { PARTS = sizeof parts / sizeof parts[0], EXPONENTS = sizeof exponents / sizeof exponents[0] };
    ds_record *record = ds_record_new(&strict_model);
    size_t kept = 0, plain = 0;
    for (size_t i = 0; i < 2 * PARTS * PARTS * PARTS * EXPONENTS; i++) {
        char text[64];
        size_t rest = i / 2, length;
        const char *whole = parts[rest % PARTS], *fraction = parts[rest / PARTS % PARTS],
                   *more = parts[rest / PARTS / PARTS % PARTS];
        length = (size_t)snprintf(text, sizeof text, "%s%s%s%s%s%s", i % 2 ? "-" : "", whole, fraction[0] ? "." : "",
                                  fraction, more, exponents[rest / PARTS / PARTS / PARTS]);
        ds_value value;
        if (ds_value_parse(DS_NUMBER, text, length, &value) != DS_OK)
            continue;
        ds_text canonical;
        ds_value_text(value, &canonical);
        bool same = canonical.length == length && memcmp(canonical.bytes, text, length) == 0;
        ds_record_put_text(record, SCORE, text, length);
        CU_ASSERT_EQUAL(field_of(record, SCORE).raw == NULL, same);
        kept += !same;
        plain += same;
    }
    CU_ASSERT(kept > 1000 && plain > 500);
    ds_record_free(record);
}

static void a_record_holds_what_it_held(void)
{
    ds_block *block = block_new(strict_definition);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        for (size_t j = 0; j < sizeof texts / sizeof texts[0]; j++) {
            if (texts[i].slot != texts[j].slot)
                continue;
            ds_record *record = ds_block_add(block), *expected = ds_block_add(block);
            ds_record_put(record, NAME, ds_string("Ada"));
            ds_record_put_text(record, texts[i].slot, texts[i].text, strlen(texts[i].text));
            ds_record_put_text(expected, texts[j].slot, texts[j].text, strlen(texts[j].text));
            CU_ASSERT_EQUAL(ds_record_holds(record, expected), strcmp(texts[i].text, texts[j].text) == 0);
        }
    block_free(block);
}

static void holding_by_name(void)
{
    ds_record *record = ds_record_new(&lenient_model), *expected = ds_record_new(&lenient_model);
    CU_ASSERT_TRUE(ds_record_holds(record, expected));
    ds_record_set(record, "other", ds_string("x"));
    ds_record_set(record, "nick", ds_string("Ada"));
    CU_ASSERT_TRUE(ds_record_holds(record, expected));
    ds_record_set(expected, "nick", ds_string("Ada"));
    CU_ASSERT_TRUE(ds_record_holds(record, expected));
    CU_ASSERT_FALSE(ds_record_holds(expected, record));
    ds_record_set(expected, "missing", ds_null());
    ds_record_set(expected, "age", ds_null());
    CU_ASSERT_TRUE(ds_record_holds(record, expected));
    ds_record_set(record, "age", ds_integer(0));
    CU_ASSERT_FALSE(ds_record_holds(record, expected));
    ds_record_set(record, "age", ds_null());
    CU_ASSERT_TRUE(ds_record_holds(record, expected));
    ds_record_set(expected, "missing", ds_string(""));
    CU_ASSERT_FALSE(ds_record_holds(record, expected));
    CU_ASSERT_FALSE(ds_record_holds(NULL, expected));
    ds_record_free(record);
    ds_record_free(expected);
}

static void raw_text_beside(void)
{
    ds_record *record = ds_record_new(&strict_model);
    CU_ASSERT_EQUAL(ds_record_put_raw(record, AGE, "1", 1), DS_INVALID);
    CU_ASSERT_EQUAL(ds_record_put(record, AGE, ds_integer(1)), DS_OK);
    CU_ASSERT_PTR_NULL(field_of(record, AGE).raw);
    CU_ASSERT_EQUAL(ds_record_put_raw(record, AGE, "1.0", 3), DS_OK);
    CU_ASSERT_STRING_EQUAL(field_of(record, AGE).raw, "1.0");
    CU_ASSERT_EQUAL(field_of(record, AGE).raw_length, 3);
    ds_record *copy = NULL;
    CU_ASSERT_EQUAL_FATAL(ds_record_copy(record, &copy, NULL), DS_OK);
    CU_ASSERT_STRING_EQUAL(field_of(copy, AGE).raw, "1.0");
    CU_ASSERT_TRUE(ds_record_holds(copy, record));
    ds_record_set(copy, "age", ds_integer(1));
    CU_ASSERT_PTR_NULL(field_of(copy, AGE).raw);
    CU_ASSERT_FALSE(ds_record_holds(copy, record));
    ds_record_free(copy);
    ds_record_free(record);
}

static void raw_text_on_one_side(void)
{
    ds_record *record = ds_record_new(&strict_model), *expected = ds_record_new(&strict_model);
    ds_record_put(record, AGE, ds_integer(1));
    ds_record_put(record, NOTE, ds_string("x"));
    ds_record_put(expected, AGE, ds_integer(1));
    ds_record_put_raw(expected, AGE, "1", 1);
    CU_ASSERT_TRUE(ds_record_holds(record, expected));
    ds_record_put_raw(expected, AGE, "01", 2);
    CU_ASSERT_FALSE(ds_record_holds(record, expected));
    ds_record_put(expected, AGE, ds_integer(1));
    ds_record_put(expected, NOTE, ds_string("x"));
    ds_record_put_raw(expected, NOTE, "\"x\"", 3);
    CU_ASSERT_TRUE(ds_record_holds(record, expected));
    CU_ASSERT_TRUE(ds_record_holds(expected, record));
    ds_record_put_raw(expected, NOTE, "x", 1);
    CU_ASSERT_FALSE(ds_record_holds(record, expected));
    ds_record_free(record);
    ds_record_free(expected);
}

static void put_by_name(void)
{
    ds_record *strict = ds_record_new(&strict_model), *lenient = ds_record_new(&lenient_model);
    CU_ASSERT_EQUAL(ds_record_put_named(strict, "name", 4, ds_string("Ada")), DS_OK);
    CU_ASSERT_EQUAL(ds_record_put_named(strict, "_class", 6, ds_string("x")), DS_OK);
    CU_ASSERT_EQUAL(ds_record_slots(strict), DECLARED);
    CU_ASSERT(holds_text(strict, "name", "Ada"));
    CU_ASSERT_EQUAL(ds_record_put_named(lenient, "a\0b", 3, ds_string("1")), DS_OK);
    CU_ASSERT_EQUAL(ds_record_put_named(lenient, "a\0c", 3, ds_string("2")), DS_OK);
    CU_ASSERT_EQUAL(ds_record_put_named(lenient, "", 0, ds_string("3")), DS_OK);
    CU_ASSERT_EQUAL(ds_record_slots(lenient), DECLARED + 3);
    CU_ASSERT_EQUAL(record_find(lenient, "a\0c", 3), DECLARED + 1);
    CU_ASSERT_EQUAL(field_of(lenient, DECLARED).name_length, 3);
    CU_ASSERT(holds_text(lenient, "", "3"));
    CU_ASSERT_EQUAL(ds_record_put(lenient, DECLARED + 3, ds_string("4")), DS_INVALID);
    CU_ASSERT_EQUAL(ds_record_put_text(lenient, DS_NO_SLOT, "4", 1), DS_INVALID);
    CU_ASSERT_EQUAL(ds_record_put_text(lenient, DECLARED, "4", 1), DS_OK);
    CU_ASSERT(is(record_value(lenient, DECLARED), ds_string("4")));
    ds_record_free(strict);
    ds_record_free(lenient);
}

/* ---- hiding, copying, fresh ids, outcomes ---- */

static void hidden(void)
{
    ds_record *record = ds_record_new(&lenient_model), *copy = NULL;
    ds_field field;
    ds_record_set(record, "name", ds_string("Ada"));
    ds_record_set(record, "nick", ds_string("A"));
    ds_record_set(record, "age", ds_integer(36));
    record_hide(record, NAME);
    record_hide(record, DECLARED);
    CU_ASSERT_EQUAL(ds_record_get(record, "name").type, DS_NULL);
    CU_ASSERT_EQUAL(record_value(record, NAME).type, DS_NULL);
    CU_ASSERT_FALSE(ds_record_field(record, NAME, &field));
    CU_ASSERT_FALSE(record_is_set(record, NAME));
    CU_ASSERT(is(record_peek(record, NAME), ds_string("Ada")));
    CU_ASSERT(is(record_peek(record, DECLARED), ds_string("A")));
    char *json = ds_record_to_json(record);
    CU_ASSERT_STRING_EQUAL(json, "{\"age\":36}");
    ds_free(json);
    CU_ASSERT_EQUAL_FATAL(ds_record_copy(record, &copy, NULL), DS_OK);
    CU_ASSERT_EQUAL(record_peek(copy, NAME).type, DS_NULL);
    CU_ASSERT_EQUAL(ds_record_slots(copy), DECLARED);
    ds_record_set(record, "name", ds_string("Eva"));
    CU_ASSERT(holds_text(record, "name", "Eva"));
    ds_record_free(copy);
    ds_record_free(record);
}

static void copying_into(void)
{
    ds_record *from = ds_record_new(&lenient_model), *to = ds_record_new(&lenient_model),
              *strict = ds_record_new(&strict_model);
    ds_record_set(from, "name", ds_string("Ada"));
    ds_record_set(from, "age", ds_integer(36));
    ds_record_set(from, "city", ds_string("London"));
    ds_record_set(from, "nick", ds_string("A"));
    ds_record_set(from, "title", ds_string("Lady"));
    ds_record_set(to, "age", ds_null());
    ds_record_set(to, "title", ds_string("Countess"));
    CU_ASSERT_EQUAL(record_copy_into(to, from), DS_OK);
    CU_ASSERT(holds_text(to, "name", "Ada"));
    CU_ASSERT_EQUAL(ds_record_get(to, "age").type, DS_NULL);
    CU_ASSERT(holds_text(to, "nick", "A"));
    CU_ASSERT(holds_text(to, "title", "Countess"));
    CU_ASSERT_EQUAL(record_copy_into(strict, from), DS_OK);
    CU_ASSERT(holds_text(strict, "city", "London"));
    CU_ASSERT_EQUAL(ds_record_slots(strict), DECLARED);
    ds_field field = {"name", 4, ds_string("Eva"), "raw", 3};
    CU_ASSERT_EQUAL(record_put_field(strict, &field), DS_OK);
    CU_ASSERT(holds_text(strict, "name", "Eva"));
    CU_ASSERT_STRING_EQUAL(field_of(strict, NAME).raw, "raw");
    ds_record_free(from);
    ds_record_free(to);
    ds_record_free(strict);
}

static void fresh_ids(void)
{
    ds_record *record = ds_record_new(&strict_model);
    CU_ASSERT_FALSE(ds_record_has_fresh_id(record));
    ds_record_put(record, ID, ds_string("1"));
    record_set_fresh_id(record, true);
    ds_record_set(record, "name", ds_string("Ada"));
    CU_ASSERT_TRUE(ds_record_has_fresh_id(record));
    ds_record_set(record, "id", ds_string("2"));
    CU_ASSERT_FALSE(ds_record_has_fresh_id(record));
    CU_ASSERT_FALSE(ds_record_has_fresh_id(NULL));
    ds_record_free(record);
}

static void outcomes(void)
{
    ds_record *record = ds_record_new(&strict_model);
    ds_error err = {0}, taken = {.status = DS_DUPLICATE, .native = 7, .source = "db", .message = "taken"};
    const ds_error stored = {.status = DS_OK};
    CU_ASSERT_EQUAL(ds_record_outcome(record, &err), DS_INVALID);
    record_set_outcome(record, &taken);
    CU_ASSERT_EQUAL(ds_record_outcome(record, &err), DS_DUPLICATE);
    CU_ASSERT(err.status == DS_DUPLICATE && err.native == 7);
    CU_ASSERT_STRING_EQUAL(err.message, "taken");
    CU_ASSERT_STRING_EQUAL(err.source, "db");
    record_set_outcome(record, &stored);
    CU_ASSERT_EQUAL(ds_record_outcome(record, &err), DS_OK);
    taken.status = DS_CONFLICT;
    record_set_outcome(record, &taken);
    CU_ASSERT_EQUAL(ds_record_outcome(record, NULL), DS_CONFLICT);
    ds_record_free(record);
}

static void no_record(void)
{
    ds_error err = {0};
    ds_record *copy = NULL;
    CU_ASSERT_PTR_NULL(ds_record_new(NULL));
    CU_ASSERT_EQUAL(ds_record_set(NULL, "a", ds_null()), DS_INVALID);
    CU_ASSERT_EQUAL(ds_record_get(NULL, "a").type, DS_NULL);
    CU_ASSERT_EQUAL(ds_record_slots(NULL), 0);
    CU_ASSERT_FALSE(ds_record_field(NULL, 0, &(ds_field){0}));
    CU_ASSERT_EQUAL(ds_record_copy(NULL, &copy, &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_record_outcome(NULL, &err), DS_INVALID);
    CU_ASSERT_EQUAL(record_failure(NULL, &err), DS_INVALID);
    CU_ASSERT_EQUAL(err.status, DS_INVALID);
    CU_ASSERT_PTR_NULL(ds_record_to_json(NULL));
    CU_ASSERT_EQUAL(ds_record_put(NULL, 0, ds_null()), DS_INVALID);
    ds_record_free(NULL);
}

/* ---- blocks ---- */

static void fill_block(ds_block *block, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char text[64];
        ds_record *record = ds_block_add(block);
        int length = snprintf(text, sizeof text, "%zu", i);
        CU_ASSERT_PTR_NOT_NULL_FATAL(record);
        ds_record_put_text(record, AGE, text, (size_t)length);
        for (int extra = 0; extra < 20; extra++) {
            length = snprintf(text, sizeof text, "extra%d", extra);
            ds_record_put_named(record, text, (size_t)length, ds_string("some text of a usual length"));
        }
        ds_record_put_text(record, SCORE, "1.50", 4);
    }
}

static void blocks_are_used_again(void)
{
    counting_start();
    ds_block *block = block_new(lenient_definition);
    uint64_t calls = 0;
    for (int round = 0; round < 5; round++) {
        block_reset(block, 50);
        calls = counting_calls();
        fill_block(block, 50);
        calls = counting_calls() - calls;
        CU_ASSERT_EQUAL(ds_block_count(block), 50);
        for (size_t i = 0; i < 50; i++)
            CU_ASSERT_EQUAL(ds_record_get(block_record(block, i), "age").as.integer, (int64_t)i);
    }
    CU_ASSERT(PIECE_IS_CHUNK || calls == 0);
    block_free(block);
    counting_stop();
}

static void blocks_want_and_drop(void)
{
    ds_block *block = block_new(strict_definition);
    ds_record *records[5];
    CU_ASSERT_EQUAL(ds_block_wanted(block), 0);
    block_reset(block, 4);
    for (size_t i = 0; i < 5; i++) {
        CU_ASSERT_EQUAL(ds_block_wanted(block), i < 4 ? 4 - i : 0);
        records[i] = ds_block_add(block);
    }
    ds_block_drop(block, records[1]);
    ds_block_drop(block, records[4]);
    ds_block_drop(block, records[4]);
    CU_ASSERT_EQUAL_FATAL(ds_block_count(block), 3);
    CU_ASSERT_PTR_EQUAL(block_record(block, 0), records[0]);
    CU_ASSERT_PTR_EQUAL(block_record(block, 1), records[2]);
    CU_ASSERT_PTR_EQUAL(block_record(block, 2), records[3]);
    CU_ASSERT_PTR_NULL(block_record(block, 3));
    CU_ASSERT_EQUAL(ds_block_wanted(block), 1);
    ds_record *kept = ds_record_new(&strict_model);
    ds_record_set(kept, "name", ds_string("Ada"));
    CU_ASSERT_EQUAL(ds_block_add_copy(block, kept), DS_OK);
    ds_record_free(kept);
    CU_ASSERT(holds_text(block_record(block, 3), "name", "Ada"));
    ds_record_free(block_record(block, 3)); /* the block's: nothing happens */
    CU_ASSERT_PTR_NOT_NULL(arena_alloc(block_arena(block), 10));
    block_free(block);
    block_free(NULL);
    CU_ASSERT_PTR_NULL(ds_block_add(NULL));
    CU_ASSERT_EQUAL(ds_block_add_copy(NULL, NULL), DS_INVALID);
}

/* ---- out of memory ---- */

static ds_status use_record(void *user, ds_error *err)
{
    ds_record *record = ds_record_new(user), *copy = NULL;
    ds_status status = record == NULL ? DS_NOMEM : DS_OK;
    for (size_t i = 0; i < sizeof settings_table / sizeof settings_table[0] && status == DS_OK; i++)
        status = ds_record_set(record, settings_table[i].property, settings_table[i].given);
    char name[32];
    for (int i = 0; i < 40 && status == DS_OK; i++) {
        snprintf(name, sizeof name, "extra%d", i);
        status = ds_record_set(record, name, ds_integer(i));
        if (status == DS_OK && i == 3)
            status = ds_record_put_raw(record, AGE, "-12.0", 5);
    }
    if (status == DS_OK)
        status = ds_record_copy(record, &copy, err);
    else
        error_nomem(err);
    ds_record_free(copy);
    ds_record_free(record);
    return status;
}

static ds_status use_block(void *user, ds_error *err)
{
    ds_block *block = block_new(user);
    ds_status status = block == NULL ? DS_NOMEM : DS_OK;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0] && status == DS_OK; i++) {
        ds_record *record = ds_block_add(block);
        status =
            record == NULL ? DS_NOMEM : ds_record_put_text(record, texts[i].slot, texts[i].text, strlen(texts[i].text));
        if (status == DS_OK)
            status = ds_block_add_copy(block, record);
    }
    block_free(block);
    return status == DS_OK ? DS_OK : error_nomem(err);
}

static void no_memory(void)
{
    size_t count = 0;
    CU_ASSERT(failing_everywhere(use_record, &lenient_model, &count) && count > 10);
    CU_ASSERT(failing_everywhere(use_block, strict_definition, &count) && count > 3);
}

static void failures_without_memory(void)
{
    static const ds_error taken = {.status = DS_DUPLICATE, .message = "taken"};
    ds_record *wrong = ds_record_new(&strict_model), *full = ds_record_new(&strict_model);
    ds_error err = {0};
    counting_start();
    counting_fail();
    CU_ASSERT_EQUAL(ds_record_set(wrong, "age", ds_string("12x")), DS_INVALID);
    CU_ASSERT_EQUAL(ds_record_set(full, "name", ds_string("Ada")), DS_NOMEM);
    record_set_outcome(full, &taken);
    counting_stop();
    CU_ASSERT_EQUAL(record_failure(wrong, &err), DS_INVALID);
    CU_ASSERT_EQUAL(err.status, DS_INVALID);
    CU_ASSERT_EQUAL(record_failure(full, &err), DS_NOMEM);
    CU_ASSERT_EQUAL(ds_record_outcome(full, &err), DS_DUPLICATE);
    CU_ASSERT_EQUAL(err.status, DS_DUPLICATE);
    ds_record_free(wrong);
    ds_record_free(full);
}

/* ---- ULIDs ---- */

static void *make_ulids(void *user)
{
    char(*ulids)[27] = user;
    for (size_t i = 0; i < 20000; i++)
        ulid_make(ulids[i]);
    return NULL;
}

static int compare_ulids(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void ulids_of_threads(void)
{
    static char all[4 * 20000][27];
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        CU_ASSERT_FATAL(pthread_create(&threads[i], NULL, make_ulids, all[20000 * i]) == 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    size_t wrong = 0;
    for (size_t i = 0; i < 80000; i++)
        wrong += strspn(all[i], "0123456789ABCDEFGHJKMNPQRSTVWXYZ") != 26 || all[i][26] != '\0' ||
                 (i % 20000 != 0 && strcmp(all[i - 1], all[i]) >= 0);
    CU_ASSERT_EQUAL(wrong, 0);
    qsort(all, 80000, 27, compare_ulids);
    for (size_t i = 1; i < 80000; i++)
        wrong += strcmp(all[i - 1], all[i]) == 0;
    CU_ASSERT_EQUAL(wrong, 0);
}

static void ulids_of_a_child(void)
{
    int ends[2];
    char before[27], mine[27], theirs[27] = "";
    ulid_make(before);
    CU_ASSERT_FATAL(pipe(ends) == 0);
    pid_t child = fork();
    if (child == 0) {
        ulid_make(theirs);
        _exit(write(ends[1], theirs, sizeof theirs) == (ssize_t)sizeof theirs ? 0 : 1);
    }
    ulid_make(mine);
    CU_ASSERT_EQUAL(read(ends[0], theirs, sizeof theirs), (ssize_t)sizeof theirs);
    CU_ASSERT_EQUAL(waitpid(child, NULL, 0), child);
    CU_ASSERT(strcmp(before, mine) < 0 && strcmp(before, theirs) < 0);
    CU_ASSERT(memcmp(mine + 14, theirs + 14, 12) != 0); /* not the time: what the kernel gave */
    close(ends[0]);
    close(ends[1]);
}

static const test tests[] = {
    {"a value is coerced to its property's type", values_are_coerced},
    {"names and values are copied", values_are_copied},
    {"a null that was set is told from nothing", null_is_not_absent},
    {"a strict model refuses a property that it does not declare", unknown_properties},
    {"the first failure sticks to the record and to its copies", first_failure_sticks},
    {"a value that does not fit is refused by name, and not stored", refused_values},
    {"ids are 1 to 4096 bytes long, indexed and unique values at most 4096", lengths_of_keys},
    {"undeclared values are canonical text", undeclared_values_are_text},
    {"each of 5,000 undeclared properties is found by its name", many_undeclared},
    {"putting values again and again takes no more memory", setting_again_takes_no_memory},
    {"setting a string again and again writes to the same place", coercing_again_keeps_no_memory},
    {"a value that was read stays valid while other properties are set", values_of_others_stay},
    {"a property may be set to a part of its own value", a_value_of_its_own},
    {"a cleared record is as a new one", cleared},
    {"text of a backend is read as its property's type, and kept where it is not canonical", text_of_a_backend},
    {"raw text is kept beside a number where it is laid out otherwise, and only there", layouts_of_numbers},
    {"a record holds what it held, by the backend's own text", a_record_holds_what_it_held},
    {"a null that is expected must be absent, and properties are found by name", holding_by_name},
    {"raw text stays beside its value until that is set again", raw_text_beside},
    {"raw text on one side is compared with what would be written for the other", raw_text_on_one_side},
    {"a value is put by name, and a strict model passes over a name that it does not declare", put_by_name},
    {"a hidden field is seen by record_peek() alone", hidden},
    {"copying into a record fills what it does not hold", copying_into},
    {"an id is fresh until it is set", fresh_ids},
    {"a record says what became of it", outcomes},
    {"every function takes a NULL record", no_record},
    {"a block that is filled again allocates nothing", blocks_are_used_again},
    {"a block says how many records it wants, and drops one without disorder", blocks_want_and_drop},
    {"out of memory at any allocation is reported, and nothing is lost", no_memory},
    {"a failure is reported by its status where there is no memory for its sentence", failures_without_memory},
    {"ULIDs of four threads are all different, and in order within a thread", ulids_of_threads},
    {"a child process makes other ULIDs than its parent", ulids_of_a_child},
};

int main(void)
{
    make_models();
    int result = SUITE_RUN("records", tests);
    definition_free(strict_definition);
    definition_free(lenient_definition);
    definition_free(schemaless_definition);
    return result;
}
