/* What becomes of the indexes where one of their keys alone is gone (a server that is short of memory evicts any), or holds what
 * nobody of this library has put there. */
#include "checker.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PERSON_HEAD                                                                                                    \
    "{\"name\": \"Person\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"email\": {\"type\": "     \
    "\"string\", \"unique\": true}, \"age\": {\"type\": \"integer\", \"index\": true}}"
static const char PERSON[] = PERSON_HEAD "}";
static const char PASSING[] = PERSON_HEAD ", \"settings\": {\"ttl\": 1000000}}";

static ds_source *source;
static ds_model *people;

static void begin(const char *definition)
{
    source = world_source("");
    people = world_model(source, definition);
}

/* How many records there are, if the raw keys agree with them; -1. */
static int agree(void)
{
    static const checked_index indexes[] = {{"email", true, {{"email", 's', false}}, 1},
                                            {"age", false, {{"age", 'i', false}}, 1}};
    static const checked_model model = {"Person", NULL, false, indexes, 2};
    redisContext *eye = world_connect();
    checked found = checker_run(eye, &model);
    redisFree(eye);
    return found.faults == 0 ? (int)found.records : -1;
}

static int count_of(const char *filter_json)
{
    ds_filter *filter = NULL;
    uint64_t count = 0;
    CHECK_OK(ds_filter_parse(filter_json, &filter, &last));
    CHECK_OK(ds_count(people, filter, &count, &last));
    ds_filter_free(filter);
    return (int)count;
}

/* Awaits the server's clock: what had an expiry is gone then. */
static void await_end_of(const char *key)
{
    for (int i = 0; i < 2000 && strcmp(raw("EXISTS %s", key), "0") != 0; i++)
        usleep(1000);
    CHECK_TEXT(raw("EXISTS %s", key), "0");
}

/* ---- #schema ---- */

static void a_value_is_not_given_twice_where_schema_is_gone(void)
{
    begin(PERSON);
    CHECK_OK(create(people, "{\"id\": \"1\", \"email\": \"x\", \"age\": 1}"));
    CHECK_OK(create(people, "{\"id\": \"3\", \"email\": \"z\", \"age\": 3}"));
    raw("HSET Person:3 email away");
    raw("DEL Person#schema");
    CHECK_DONE(create(people, "{\"id\": \"2\", \"email\": \"x\"}"), "DS_DUPLICATE");
    CHECK_TEXT(raw("HGET Person#schema index:email"),
               "{\"unique\":true,\"keys\":[[\"email\",\"s\",false]],\"state\":\"building\"}");
    CHECK_OK(create(people, "{\"id\": \"2\", \"email\": \"z\"}")); /* what its holder does not hold any more */
    CHECK_OK(update(people, "1", "{\"email\": \"y\"}"));
    CHECK_OK(create(people, "{\"id\": \"4\", \"email\": \"x\"}"));
    CHECK_TEXT(found(people, "{\"where\": {\"email\": \"y\"}}"), "1");
    CHECK_TEXT(found(people, "{\"where\": {\"age\": {\"gte\": 1}}}"), "1 3");
    CHECK_OK(ds_migrate(people, NULL, NULL, &last));
    CU_ASSERT_EQUAL(agree(), 4);
    ds_source_close(source);
}

typedef struct meddling {
    unsigned times, refused;
} meddling;

/* While the records are walked. */
static void create_a_double(void *user, uint64_t done, uint64_t total)
{
    meddling *m = user;
    (void)done, (void)total;
    char json[100];
    for (int i = 0; m->times == 0 && i < 1000; i += 50) {
        snprintf(json, sizeof json, "{\"id\": \"double\", \"email\": \"%d\"}", i);
        m->refused += create(people, json) == DS_DUPLICATE;
    }
    m->times++;
}

static void fill(int records)
{
    char json[100];
    for (int i = 0; i < records; i++) {
        snprintf(json, sizeof json, "{\"id\": \"%d\", \"email\": \"%d\", \"age\": %d}", i, i, i);
        CHECK_OK(create(people, json));
    }
}

/* Before a record is walked nothing but its claim says what it holds: one of the values is of a record that comes late. */
static void migrate_gives_no_value_twice_where_schema_is_gone(void)
{
    meddling m = {0};
    begin(PERSON);
    fill(1000);
    raw("HSET Person#unique:email %b gone", "Pgone\0\0", (size_t)7);
    raw("DEL Person#schema");
    CHECK_OK(ds_migrate(people, create_a_double, &m, &last));
    CU_ASSERT_EQUAL(m.refused, 20);
    CU_ASSERT_EQUAL(agree(), 1000);
    CHECK_TEXT(raw("HEXISTS Person#unique:email %b", "Pgone\0\0", (size_t)7), "0");
    ds_source_close(source);
}

/* ---- #entries ---- */

static void what_has_expired_is_not_counted_where_entries_is_gone(void)
{
    begin(PERSON);
    CHECK_OK(create(people, "{\"id\": \"1\", \"email\": \"x\", \"age\": 1}"));
    CHECK_OK(create(people, "{\"id\": \"2\", \"email\": \"y\", \"age\": 2}"));
    CHECK_OK(ds_expire(people, ds_string("1"), 1, &last));
    raw("DEL Person#entries");
    await_end_of("Person:1");
    CU_ASSERT_EQUAL(count_of("{\"age\": {\"gte\": 0}}"), 1);
    CHECK_OK(update(people, "2", "{\"age\": 3}")); /* its round sweeps */
    CHECK_OK(update(people, "2", "{\"age\": 4}"));
    CU_ASSERT_EQUAL(count_of("{\"age\": {\"gte\": 0}}"), 1);
    CHECK_TEXT(found(people, "{\"where\": {\"age\": {\"gte\": 0}}}"), "2");
    CHECK_OK(create(people, "{\"id\": \"3\", \"email\": \"x\"}")); /* its value is free */
    CHECK_OK(ds_migrate(people, NULL, NULL, &last));
    CU_ASSERT_EQUAL(agree(), 2);
    ds_source_close(source);
}

static void what_stands_for_an_earlier_record_is_not_counted_where_entries_is_gone(void)
{
    begin(PERSON);
    CHECK_OK(create(people, "{\"id\": \"1\", \"email\": \"x\", \"age\": 1}"));
    CHECK_OK(ds_expire(people, ds_string("1"), 1, &last));
    raw("DEL Person#entries");
    await_end_of("Person:1");
    CHECK_OK(create(people, "{\"id\": \"1\", \"email\": \"z\"}"));
    CHECK_OK(create(people, "{\"id\": \"2\", \"email\": \"x\", \"age\": 2}"));
    CU_ASSERT_EQUAL(count_of("{\"age\": {\"gte\": 0}}"), 1);
    CHECK_TEXT(found(people, "{\"where\": {\"age\": {\"gte\": 0}}}"), "2");
    CHECK_OK(ds_migrate(people, NULL, NULL, &last));
    CU_ASSERT_EQUAL(agree(), 2);
    ds_source_close(source);
}

static void a_write_that_keeps_an_expiry_does_without_entries(void)
{
    begin(PASSING);
    CHECK_OK(create(people, "{\"id\": \"1\", \"email\": \"x\", \"age\": 1}"));
    raw("DEL Person#entries");
    CHECK_OK(update(people, "1", "{\"age\": 2, \"email\": \"y\"}"));
    CHECK_DONE(create(people, "{\"id\": \"2\", \"email\": \"y\"}"), "DS_DUPLICATE");
    CHECK_TEXT(found(people, "{\"where\": {\"age\": 2}}"), "1");
    CHECK_OK(ds_migrate(people, NULL, NULL, &last));
    CU_ASSERT_EQUAL(agree(), 1);
    CHECK_OK(ds_delete_by_id(people, ds_string("1"), &last));
    CU_ASSERT_EQUAL(agree(), 0);
    ds_source_close(source);
}

/* ---- what others have put there ---- */

/* No MessagePack, no map; then maps, of which two hold something else than texts. */
static const struct {
    const char *bytes;
    size_t length;
} GARBAGE[] = {{"zz", 2},
               {"", 0},
               {"\xc1", 1},
               {"\x05", 1},
               {"\xdf", 1},
               {"\x80z", 2},
               {"\x81\xa9index:age\x05", 12},
               {"\x81\xa9index:age\x80", 12},
               {"\x81\xacunique:email\xc3", 15}};

static void garbage_in_entries_is_passed_over(void)
{
    begin(PASSING);
    CHECK_OK(create(people, "{\"id\": \"1\", \"email\": \"a\", \"age\": 1}"));
    for (size_t i = 0; i < sizeof GARBAGE / sizeof *GARBAGE; i++) {
        raw("HSET Person#entries 2 %b", GARBAGE[i].bytes, GARBAGE[i].length);
        CHECK_OK(create(people, "{\"id\": \"2\", \"email\": \"b\", \"age\": 2}"));
        CU_ASSERT_EQUAL(agree(), 2);
        raw("HSET Person#entries 2 %b", GARBAGE[i].bytes, GARBAGE[i].length);
        CHECK_OK(update(people, "2", "{\"age\": 3}"));
        CU_ASSERT_EQUAL(agree(), 2);
        raw("HSET Person#entries 2 %b", GARBAGE[i].bytes, GARBAGE[i].length);
        CHECK_OK(ds_migrate(people, NULL, NULL, &last));
        CU_ASSERT_EQUAL(agree(), 2);
        raw("HSET Person#entries 2 %b", GARBAGE[i].bytes, GARBAGE[i].length);
        CHECK_OK(ds_delete_by_id(people, ds_string("2"), &last));
        CU_ASSERT_EQUAL(agree(), 1);
    }
    ds_source_close(source);
}

static void garbage_in_entries_ends_no_sweep(void)
{
    begin(PERSON);
    for (size_t i = 0; i < sizeof GARBAGE / sizeof *GARBAGE; i++) {
        CHECK_OK(create(people, "{\"id\": \"1\", \"email\": \"x\", \"age\": 1}"));
        CHECK_OK(ds_expire(people, ds_string("1"), 1, &last));
        raw("HSET Person#entries 1 %b", GARBAGE[i].bytes, GARBAGE[i].length);
        await_end_of("Person:1");
        CHECK_TEXT(found(people, "{\"where\": {\"age\": {\"gte\": 0}}}"), "");
        CHECK_OK(create(people, "{\"id\": \"2\", \"email\": \"x\"}")); /* its round sweeps */
        CHECK_OK(ds_delete_by_id(people, ds_string("2"), &last));
        CHECK_TEXT(raw("ZCARD Person#expires"), "0");
        CHECK_OK(ds_migrate(people, NULL, NULL, &last));
        CU_ASSERT_EQUAL(agree(), 0);
    }
    ds_source_close(source);
}

/* Nothing can be taken out of it; the record and all else is as it should be. */
static void a_key_of_another_kind_keeps_no_record_from_being_removed(void)
{
    static const char *const keys[] = {"Person#ids", "Person#unique:email", "Person#index:age"};
    begin(PASSING);
    CHECK_OK(create(people, "{\"id\": \"1\", \"email\": \"a\", \"age\": 1}"));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        CHECK_OK(create(people, "{\"id\": \"2\", \"email\": \"b\", \"age\": 2}"));
        raw("RENAME %s away", keys[i]);
        raw("SET %s x", keys[i]);
        CHECK_OK(ds_delete_by_id(people, ds_string("2"), &last));
        CHECK_TEXT(raw("GET %s", keys[i]), "x");
        raw("DEL %s", keys[i]);
        raw("RENAME away %s", keys[i]);
        CHECK_OK(ds_migrate(people, NULL, NULL, &last));
        CU_ASSERT_EQUAL(agree(), 1);
    }
    raw("RENAME Person#unique:email away");
    raw("SET Person#unique:email x");
    CHECK_OK(update(people, "1", "{\"email\": null}"));
    CHECK_TEXT(hash_of("Person:1"), "age=1 id=1");
    ds_source_close(source);
}

static void migrate_leaves_keys_of_another_kind_alone_where_there_is_no_schema(void)
{
    static const char *const keys[] = {"Person#ids", "Person#expires", "Person#entries", "Person#unique:email",
                                       "Person#index:age"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        begin(PERSON);
        raw("HSET Person:1 email a");
        raw("SET %s x", keys[i]);
        CHECK_DONE(ds_migrate(people, NULL, NULL, &last), "DS_WRONG_KIND");
        CU_ASSERT_PTR_NOT_NULL(strstr(last.message, keys[i]));
        CHECK_TEXT(raw("GET %s", keys[i]), "x");
        CHECK_TEXT(raw("EXISTS Person#schema"), "0");
        ds_source_close(source);
    }
}

int main(void)
{
    static const test tests[] = {
        {"a value is not given twice where #schema is gone", a_value_is_not_given_twice_where_schema_is_gone},
        {"migrate gives no value twice where #schema is gone", migrate_gives_no_value_twice_where_schema_is_gone},
        {"what has expired is not counted where #entries is gone",
         what_has_expired_is_not_counted_where_entries_is_gone},
        {"what stands for an earlier record is not counted where #entries is gone",
         what_stands_for_an_earlier_record_is_not_counted_where_entries_is_gone},
        {"a write that keeps an expiry does without #entries", a_write_that_keeps_an_expiry_does_without_entries},
        {"garbage in #entries is passed over", garbage_in_entries_is_passed_over},
        {"garbage in #entries ends no sweep", garbage_in_entries_ends_no_sweep},
        {"a key of another kind keeps no record from being removed",
         a_key_of_another_kind_keeps_no_record_from_being_removed},
        {"migrate leaves keys of another kind alone where there is no #schema",
         migrate_leaves_keys_of_another_kind_alone_where_there_is_no_schema},
    };
    if (!world_start())
        return EXIT_FAILURE;
    int failed = SUITE_RUN("Redis: lost keys", tests);
    world_stop();
    return failed;
}
