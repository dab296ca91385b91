/* Records: what a host sets and reads, and the memory that it takes. */
#include "three_models.h"

#include "counting.h"
#include "failing.h"
#include "suite.h"

#include <stdio.h>

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

static void no_memory(void)
{
    size_t count = 0;
    CU_ASSERT(failing_everywhere(use_record, &lenient_model, &count) && count > 10);
}

static void failures_without_memory(void)
{
    static const ds_error taken = {.status = DS_DUPLICATE, .message = "taken"};
    char name[2000]; /* for a short one a record has room from the start */
    memset(name, 'a', sizeof name);
    ds_record *wrong = ds_record_new(&strict_model), *full = ds_record_new(&strict_model);
    ds_error err = {0};
    counting_start();
    counting_fail();
    CU_ASSERT_EQUAL(ds_record_set(wrong, "age", ds_string("12x")), DS_INVALID);
    CU_ASSERT_EQUAL(ds_record_set(full, "name", ds_string_n(name, sizeof name)), DS_NOMEM);
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
    {"a hidden field is seen by record_peek() alone", hidden},
    {"copying into a record fills what it does not hold", copying_into},
    {"an id is fresh until it is set", fresh_ids},
    {"a record says what became of it", outcomes},
    {"every function takes a NULL record", no_record},
    {"out of memory at any allocation is reported, and nothing is lost", no_memory},
    {"a failure is reported by its status where there is no memory for its sentence", failures_without_memory},
};

int main(void)
{
    three_models_make();
    int result = SUITE_RUN("records", tests);
    three_models_free();
    return result;
}
