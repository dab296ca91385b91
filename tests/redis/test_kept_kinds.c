/* Kinds of indexed models: what a creation puts into the indexes in C, a deletion finds again in Lua, in every dialect, of every
 * type; models that are not strict, store no id, or have a version alone. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

static ds_source *source;

static unsigned seed;

static unsigned roll(unsigned sides)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 16) % sides;
}

/* ---- every type and dialect ---- */

static const char THING[] =
    "{\"name\": \"Thing\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, "
    "\"s\": {\"type\": \"string\", \"index\": true}, \"i\": {\"type\": \"integer\", \"index\": true}, "
    "\"n\": {\"type\": \"number\", \"unique\": true}, \"b\": {\"type\": \"boolean\", \"index\": true}, "
    "\"d\": {\"type\": \"date\", \"index\": true}, \"x\": {\"type\": \"binary\", \"index\": true}}, "
    "\"indexes\": {\"down\": {\"keys\": {\"d\": -1, \"x\": 1, \"n\": -1, \"s\": -1, \"b\": -1}}, "
    "\"mixed\": {\"keys\": {\"i\": 1, \"d\": 1, \"x\": -1}}, "
    "\"own\": {\"keys\": {\"b\": 1, \"id\": 1}, \"unique\": true}}, \"settings\": {\"redis\": {\"dialect\": \"%s\", "
    "\"storeId\": %s}}}";

static ds_value rolled_number(void)
{
    static const double some[] = {0, -0.0, 0.1, 1e300, -5e-324, 9007199254740993.0, 123456.789, -1, 1e21, 100};
    return ds_number(roll(2) == 0 ? some[roll(10)] : ((double)roll(60000) - 30000) / (roll(3) + 1));
}

static ds_value rolled_integer(void)
{
    static const int64_t some[] = {0, INT64_MAX, INT64_MIN, 10, -10, 9007199254740993};
    return ds_integer(roll(2) == 0 ? some[roll(6)] : (int64_t)roll(60000) - 30000);
}

/* Some properties, each null at times. */
static void fill(ds_record *record)
{
    static const char bytes[] = "a\0b\xff\0z";
    static const char *const texts[] = {"", "a", "ab", "Z\xc3\xa4", "null", "007"};
    if (roll(3) > 0)
        ds_record_set(record, "s", roll(5) == 0 ? ds_null() : ds_string(texts[roll(6)]));
    if (roll(3) > 0)
        ds_record_set(record, "i", roll(5) == 0 ? ds_null() : rolled_integer());
    if (roll(3) > 0)
        ds_record_set(record, "n", roll(5) == 0 ? ds_null() : rolled_number());
    if (roll(3) > 0)
        ds_record_set(record, "b", roll(5) == 0 ? ds_null() : ds_boolean(roll(2) == 0));
    if (roll(3) > 0)
        ds_record_set(record, "d", roll(5) == 0 ? ds_null() : ds_date((int64_t)roll(60000) * 40000003 - 900000000000));
    if (roll(3) > 0)
        ds_record_set(record, "x", roll(5) == 0 ? ds_null() : ds_binary(bytes, roll(7)));
}

static void change_one(ds_model *model)
{
    char id[16];
    unsigned kind = roll(4);
    snprintf(id, sizeof id, "%u", roll(30));
    ds_record *record = ds_record_new(model);
    fill(record);
    if (kind == 0) {
        ds_update_by_id(model, ds_string(id), record, &last);
    } else if (kind == 1) {
        ds_replace_by_id(model, ds_string(id), record, &last);
    } else {
        ds_record_set(record, "id", ds_string(id));
        if (kind == 2)
            ds_upsert(model, record, NULL, &last);
        else
            ds_create(model, record, &last);
    }
    ds_record_free(record);
}

static void check_empty(const char *dialect)
{
    static const char *const sets[] = {"ids",     "index:s", "index:i",    "index:b",
                                       "index:d", "index:x", "index:down", "index:mixed"};
    static const char *const hashes[] = {"unique:n", "unique:own"};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        const char *left = raw("ZCARD Thing#%s", sets[i]);
        if (strcmp(left, "1") != 0)
            fprintf(stderr, "%s, seed %u: Thing#%s has %s members left\n", dialect, seed, sets[i], left);
        CHECK_TEXT(left, "1");
    }
    for (size_t i = 0; i < 2; i++)
        CHECK_TEXT(raw("HLEN Thing#%s", hashes[i]), "1");
}

static void what_a_creation_adds_a_deletion_finds_again(void)
{
    static const char *const dialects[][2] = {
        {"native", "true"}, {"redis-om", "true"}, {"loopback", "false"}, {"native", "false"}};
    for (size_t i = 0; i < 4; i++) {
        char json[1200];
        uint64_t count = 0;
        source = world_source("");
        snprintf(json, sizeof json, THING, dialects[i][0], dialects[i][1]);
        ds_model *model = world_model(source, json);
        seed = 4711 + (unsigned)i;
        for (unsigned k = 0; k < 600; k++)
            change_one(model);
        CHECK_OK(ds_count(model, NULL, &count, &last));
        CU_ASSERT(count > 10);
        CU_ASSERT(atol(raw("ZCARD Thing#index:down")) == (long)count + 1);
        CHECK_OK(ds_delete(model, ds_everything(), &count, &last));
        check_empty(dialects[i][0]);
        ds_source_close(source);
    }
}

/* ---- other settings ---- */

static void a_replacement_takes_undeclared_fields_and_their_entries_along(void)
{
    source = world_source("");
    ds_model *model = world_model(
        source, "{\"name\": \"Open\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"n\": {\"type\": "
                "\"integer\", \"index\": true}}, \"settings\": {\"strict\": false}}");
    CHECK_OK(create(model, "{\"id\": \"1\", \"n\": 4, \"more\": \"x\"}"));
    raw("HSET Open#schema index:more %s", "{\"unique\":true,\"keys\":[[\"more\",\"i\",false]],\"state\":\"built\"}");
    raw("HSET Open#unique:more %b %b", "", (size_t)0, "", (size_t)0);
    raw("HINCRBY Open#schema epoch 1");
    CHECK_OK(update(model, "1", "{\"more\": 12}"));
    CHECK_OK(create(model, "{\"id\": \"2\", \"more\": \"13\"}"));
    CHECK_TEXT(raw("HGET Open#unique:more %b",
                   "\x30\x81\x92"
                   "12\0",
                   (size_t)6),
               "1");
    CHECK_TEXT(raw("HGET Open#unique:more %b",
                   "\x30\x81\x92"
                   "13\0",
                   (size_t)6),
               "2");
    CHECK_DONE(update(model, "1", "{\"more\": 13}"), "DS_DUPLICATE");
    ds_record *whole = record_of(model, "{\"n\": 5}");
    CHECK_OK(ds_replace_by_id(model, ds_string("1"), whole, &last));
    ds_record_free(whole);
    CHECK_TEXT(hash_of("Open:1"), "id=1 n=5");
    CHECK_TEXT(raw("HLEN Open#unique:more"), "2");
    CHECK_OK(create(model, "{\"id\": \"3\", \"more\": \"12\"}"));
    ds_source_close(source);
}

static void a_version_alone_adds_no_key(void)
{
    source = world_source("");
    ds_model *model =
        world_model(source, "{\"name\": \"Note\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, "
                            "\"v\": \"integer\", \"n\": \"integer\"}, \"settings\": {\"version\": \"v\"}}");
    CHECK_OK(create(model, "{\"id\": \"1\", \"n\": 1}"));
    CHECK_OK(ds_increment(model, ds_string("1"), "n", ds_integer(4), NULL, &last));
    CHECK_OK(ds_expire(model, ds_string("1"), 100000, &last));
    CHECK_TEXT(hash_of("Note:1"), "id=1 n=5 v=2");
    CU_ASSERT(atol(raw("PTTL Note:1")) > 90000);
    ds_record *whole = record_of(model, "{\"n\": 9, \"v\": 1}");
    CHECK_DONE(ds_replace_by_id(model, ds_string("1"), whole, &last), "DS_CONFLICT");
    ds_record_set(whole, "v", ds_integer(2));
    CHECK_OK(ds_replace_by_id(model, ds_string("1"), whole, &last));
    ds_record_free(whole);
    CHECK_OK(update(model, "1", "{}"));
    CHECK_TEXT(hash_of("Note:1"), "id=1 n=9 v=3");
    CHECK_TEXT(keys_of(), "Note:1");
    CHECK_OK(ds_delete_by_id(model, ds_string("1"), &last));
    CHECK_DONE(update(model, "1", "{\"n\": 1, \"v\": 3}"), "DS_NOT_FOUND");
    CHECK_TEXT(keys_of(), "");
    ds_source_close(source);
}

int main(void)
{
    static const test tests[] = {
        {"what a creation adds, a deletion finds again", what_a_creation_adds_a_deletion_finds_again},
        {"a replacement takes undeclared fields and their entries along",
         a_replacement_takes_undeclared_fields_and_their_entries_along},
        {"a version alone adds no key", a_version_alone_adds_no_key},
    };
    if (!world_start())
        return EXIT_FAILURE;
    int failed = SUITE_RUN("Redis indexes, kinds of models", tests);
    world_stop();
    return failed;
}
