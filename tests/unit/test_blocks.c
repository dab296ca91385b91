/* What a connector does: it puts values and text into records of a block, and asks what a record still holds. */
#include "three_models.h"

#include "counting.h"
#include "failing.h"
#include "suite.h"

#include <stdio.h>

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
    {BORN, "1970-01-01t00:00:00.000Z", {DS_DATE, 0, {.date = 0}}, true},
    {BORN, "1970-01-01T00:00:00,000Z", {DS_DATE, 0, {.date = 0}}, true},
    {BORN, "1970-01-01T00:00:00.000z", {DS_DATE, 0, {.date = 0}}, true},
    {BORN, "1970-01-01T00:00:00.0000Z", {DS_DATE, 0, {.date = 0}}, true},
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

/* Whatever it was: full, with raw text, undeclared properties, hidden, marked, dropped. */
static void used_again_it_is_empty(void)
{
    ds_block *block = block_new(lenient_definition);
    for (int round = 0; round < 3; round++) {
        block_reset(block, 10);
        fill_block(block, 10);
        for (size_t i = 0; i < 10; i += 3) {
            record_hide(block_record(block, i), AGE);
            record_mark(block_record(block, i), true);
        }
        ds_block_drop(block, block_record(block, 4));
        ds_block_drop(block, block_record(block, 0));
        block_reset(block, 12);
        for (size_t i = 0; i < 12; i++) {
            ds_record *record = ds_block_add(block);
            ds_field field;
            for (size_t k = 0; k < i; k++)
                CU_ASSERT_PTR_NOT_EQUAL(block_record(block, k), record);
            for (size_t slot = 0; slot < 40; slot++)
                CU_ASSERT_FALSE(ds_record_field(record, slot, &field));
            CU_ASSERT_EQUAL(ds_record_slots(record), lenient_definition->property_count);
            CU_ASSERT_EQUAL(ds_record_get(record, "extra3").type, DS_NULL);
            CU_ASSERT_FALSE(record_mark(record, false));
            CU_ASSERT_EQUAL(ds_record_put(record, AGE, ds_integer(7)), DS_OK);
            CU_ASSERT(ds_record_field(record, AGE, &field) && field.raw == NULL && field.value.as.integer == 7);
            CU_ASSERT_EQUAL(ds_record_put_named(record, "extra3", 6, ds_string("new")), DS_OK);
            CU_ASSERT(holds_text(record, "extra3", "new"));
        }
    }
    block_free(block);
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
    block_free(block);
    block_free(NULL);
    CU_ASSERT_PTR_NULL(ds_block_add(NULL));
    CU_ASSERT_EQUAL(ds_block_add_copy(NULL, NULL), DS_INVALID);
}

/* ---- out of memory ---- */

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
    CU_ASSERT(failing_everywhere(use_block, strict_definition, &count) && count > 3);
}

/* What was taken is the host's; what was not goes with the block, or with its next use. */
static void records_are_taken(void)
{
    static const char *const names[] = {"one", "two",
                                        "a third one, with a name that is longer than any room for a start"};
    ds_block *block = block_new_alone(strict_definition);
    ds_record *taken[2];
    for (int use = 0; use < 2; use++) {
        block_reset(block, use == 0 ? 1 : 3);
        for (size_t i = 0; i < 3; i++)
            CU_ASSERT_EQUAL(ds_record_put_text(ds_block_add(block), NAME, names[i], strlen(names[i])), DS_OK);
        ds_block_drop(block, block_record(block, 1));
        CU_ASSERT_EQUAL(ds_block_count(block), 2);
        taken[use] = block_take(block, use == 0 ? 1 : 0);
        CU_ASSERT_EQUAL(ds_block_count(block), 1);
    }
    block_free(block);
    CU_ASSERT_STRING_EQUAL(ds_record_get(taken[0], "name").as.string, names[2]);
    CU_ASSERT_STRING_EQUAL(ds_record_get(taken[1], "name").as.string, names[0]);
    CU_ASSERT_EQUAL(ds_record_set(taken[1], "name", ds_string(names[2])), DS_OK);
    ds_record_free(taken[0]);
    ds_record_free(taken[1]);
}

static const test tests[] = {
    {"text of a backend is read as its property's type, and kept where it is not canonical", text_of_a_backend},
    {"raw text is kept beside a number where it is laid out otherwise, and only there", layouts_of_numbers},
    {"a record holds what it held, by the backend's own text", a_record_holds_what_it_held},
    {"a null that is expected must be absent, and properties are found by name", holding_by_name},
    {"raw text stays beside its value until that is set again", raw_text_beside},
    {"raw text on one side is compared with what would be written for the other", raw_text_on_one_side},
    {"a value is put by name, and a strict model passes over a name that it does not declare", put_by_name},
    {"a block that is filled again allocates nothing", blocks_are_used_again},
    {"a record that a block uses again holds nothing of what it held", used_again_it_is_empty},
    {"a block says how many records it wants, and drops one without disorder", blocks_want_and_drop},
    {"a record that is taken out of a block outlives it", records_are_taken},
    {"out of memory at any allocation is reported, and nothing is lost", no_memory},
};

int main(void)
{
    three_models_make();
    int result = SUITE_RUN("blocks", tests);
    three_models_free();
    return result;
}
