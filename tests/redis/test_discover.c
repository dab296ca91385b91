/* Models that are proposed for hashes as redis-cli, Redis OM and LoopBack's connector write them; each proposal is then read
 * with, as `dsctl -m` would. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

static ds_source *source;

static const char *proposed(const char *pattern)
{
    static char out[65536];
    char *models = NULL;
    ds_status status = ds_discover(source, pattern, &models, &last);
    snprintf(out, sizeof out, "%s", status == DS_OK ? models : ds_status_name(status));
    ds_free(models);
    return out;
}

/* The record as a source with the proposed models reads it. */
static const char *read_as_proposed(const char *settings, const char *name, const char *id)
{
    static char out[4096];
    char sources[512];
    ds_catalog *catalog = NULL;
    ds_record *record = NULL;
    snprintf(sources, sizeof sources, "{\"red\": {\"connector\": \"redis\", \"url\": \"unix://%s\"%s}}", world_socket(),
             settings);
    ds_status status = ds_catalog_parse(sources, proposed(NULL), &catalog, &last);
    ds_model *model = status == DS_OK ? ds_catalog_model(catalog, name, &last) : NULL;
    if (model != NULL)
        status = ds_find_by_id(model, ds_string(id), &record, &last);
    char *json = record == NULL ? NULL : ds_record_to_json(record);
    snprintf(out, sizeof out, "%s", json != NULL ? json : model == NULL ? last.message : ds_status_name(status));
    ds_free(json);
    ds_record_free(record);
    ds_catalog_close(catalog);
    return out;
}

#define USER_TWO_TAGS "[\"a\",\"b\"]"

static void texts_say_what_types_they_are(void)
{
    source = world_source("");
    raw("HSET user:1 name Bob age 29 score 1.50 active true born 1990-01-02 tags [] zip 01234 more {\"a\":1}");
    raw("HSET user:2 name Ann age -41 score 2 active false born 2024-02-29T12:00:00Z tags %s zip 99999 big "
        "9223372036854775808",
        USER_TWO_TAGS);
    raw("HSET user:3 name 7 age 0 score 1e+300 active true born 1990-01-02 tags [{}] zip +49 digest 12e45678");
    raw("HSET user:3 picture %b", "\xff\xd8\x00", (size_t)3);
    CHECK_TEXT(proposed(NULL),
               "[{\"name\":\"user\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true},"
               "\"name\":{\"type\":\"string\",\"required\":true},\"age\":{\"type\":\"integer\",\"required\":true},"
               "\"score\":{\"type\":\"number\",\"required\":true},\"active\":{\"type\":\"boolean\",\"required\":true},"
               "\"born\":{\"type\":\"date\",\"required\":true},\"tags\":{\"type\":\"array\",\"required\":true},"
               "\"zip\":{\"type\":\"string\",\"required\":true},\"more\":{\"type\":\"object\"},"
               "\"big\":{\"type\":\"string\"},\"digest\":{\"type\":\"string\"},\"picture\":{\"type\":\"binary\"}},"
               "\"settings\":{\"redis\":{\"storeId\":false}}}]");
    CHECK_TEXT(read_as_proposed("", "user", "2"),
               "{\"id\":2,\"name\":\"Ann\",\"age\":-41,\"score\":2.0,\"active\":false,"
               "\"born\":\"2024-02-29T12:00:00.000Z\",\"tags\":" USER_TWO_TAGS ",\"zip\":\"99999\","
               "\"big\":\"9223372036854775808\"}");
    ds_source_close(source);
}

static void what_only_looks_like_json_is_a_string(void)
{
    source = world_source("");
    static const char *const texts[] = {"{a}",  "{\"a\":1",  "[1,]",  "[1]x",     "{\"a\" 1}",
                                        "[01]", "[\"\\x\"]", "[tru]", "{\"a\":}", "[\"\x01\"]"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        raw("HSET t:1 f%d %s", (int)i, texts[i]);
    raw("HSET t:1 o %s a %s", " {\"a\\u00e9\" : [1.5e-3, null, true], \"b\": {}} ", "[ -0 , \"\\\"\" ]");
    const char *json = proposed(NULL);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char wanted[64];
        snprintf(wanted, sizeof wanted, "\"f%zu\":{\"type\":\"string\"}", i);
        CU_ASSERT_PTR_NOT_NULL(strstr(json, wanted));
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(json, "\"o\":{\"type\":\"object\"},\"a\":{\"type\":\"array\"}"));
    ds_source_close(source);
}

/* Types are known by the indexes, not guessed: 1 may be a number, and 5 a text. */
static void indexes_of_this_library_are_proposed_too(void)
{
    source = world_source("");
    ds_model *model = world_model(
        source, "{\"name\": \"Person\", \"properties\": {\"id\": {\"type\": \"integer\", \"id\": true, "
                "\"generated\": true}, \"age\": {\"type\": \"number\", \"index\": true}, \"code\": {\"type\": "
                "\"string\", \"unique\": true}, \"born\": \"date\", \"good\": \"boolean\"}, \"indexes\": "
                "{\"byBorn\": {\"keys\": {\"born\": -1, \"code\": 1}}}}");
    CHECK_OK(create(model, "{\"age\": 1}"));
    raw("DEL Person:1"); /* in what order its fields are stored nobody promises */
    raw("HSET Person:1 id 1 code 5 age 1 good true");
    raw("HSET Person:2 id 2 code 6 age 2 good true");
    CHECK_TEXT(proposed(NULL),
               "[{\"name\":\"Person\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true,\"generated\":true},"
               "\"code\":{\"type\":\"string\",\"required\":true,\"unique\":true},\"age\":{\"type\":\"number\","
               "\"required\":true,\"index\":true},\"good\":{\"type\":\"boolean\",\"required\":true},\"born\":{\"type\":"
               "\"date\"}},\"indexes\":{\"byBorn\":{\"keys\":{\"born\":-1,\"code\":1}}}}]");
    ds_source_close(source);
}

static void hashes_of_redis_om_have_its_dialect(void)
{
    source = world_source("");
    raw("HSET :__main__.Customer:01HQZ7Q3K3V5W6X7Y8Z9A0B1C2 pk 01HQZ7Q3K3V5W6X7Y8Z9A0B1C2 name Ann joined "
        "1709208000.5 active 1 price 4.5 count 12");
    raw("HSET :__main__.Customer:01HQZ7Q3K3V5W6X7Y8Z9A0B1C3 pk 01HQZ7Q3K3V5W6X7Y8Z9A0B1C3 name Bob joined "
        "-86400.0 active 0 price 4.5 bio text");
    raw("HSET :__main__.Customer:01HQZ7Q3K3V5W6X7Y8Z9A0B1C4 pk 01HQZ7Q3K3V5W6X7Y8Z9A0B1C4 name Eve joined "
        "1709208000.0 active 1 price 10.0 count 1");
    CHECK_TEXT(proposed(NULL),
               "[{\"name\":\"__main__.Customer\",\"properties\":{\"pk\":{\"type\":\"string\",\"id\":true,"
               "\"generated\":true},\"name\":{\"type\":\"string\",\"required\":true},\"joined\":{\"type\":\"date\","
               "\"required\":true},\"active\":{\"type\":\"boolean\",\"required\":true},\"price\":{\"type\":\"number\","
               "\"required\":true},\"count\":{\"type\":\"integer\"},\"bio\":{\"type\":\"string\"}},"
               "\"settings\":{\"redis\":{\"key\":\":__main__.Customer\",\"dialect\":\"redis-om\"}}}]");
    CHECK_TEXT(read_as_proposed("", "__main__.Customer", "01HQZ7Q3K3V5W6X7Y8Z9A0B1C2"),
               "{\"pk\":\"01HQZ7Q3K3V5W6X7Y8Z9A0B1C2\",\"name\":\"Ann\",\"joined\":\"2024-02-29T12:00:00.500Z\","
               "\"active\":true,\"price\":4.5,\"count\":12}");
    ds_source_close(source);
}

static void a_pk_among_texts_of_others_is_only_an_id(void)
{
    source = world_source("");
    raw("HSET thing:a pk a flag 1 done true");
    raw("HSET thing:b pk b flag 0 done false");
    CHECK_TEXT(proposed(NULL), "[{\"name\":\"thing\",\"properties\":{\"pk\":{\"type\":\"string\",\"id\":true},"
                               "\"flag\":{\"type\":\"integer\",\"required\":true},"
                               "\"done\":{\"type\":\"boolean\",\"required\":true}}}]");
    ds_source_close(source);
}

static void hashes_of_loopback_have_its_dialect_and_its_counter(void)
{
    source = world_source("");
    raw("SET id:Note 2");
    raw("SADD s:Note 1 2");
    raw("SADD i:Note:title:a 1");
    raw("HSET Note:1 id 1 title a seen 1700000000000 done true rank %b", "", (size_t)0);
    raw("HSET Note:2 id 2 title %b seen 1700000001000 done false rank 3", "", (size_t)0);
    CHECK_TEXT(proposed(NULL),
               "[{\"name\":\"Note\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true,\"generated\":true},"
               "\"title\":{\"type\":\"string\",\"required\":true},\"seen\":{\"type\":\"date\",\"required\":true},"
               "\"done\":{\"type\":\"boolean\",\"required\":true},\"rank\":{\"type\":\"integer\"}},"
               "\"settings\":{\"redis\":{\"dialect\":\"loopback\",\"sequence\":\"id:Note\"}}}]");
    CHECK_TEXT(read_as_proposed("", "Note", "1"),
               "{\"id\":1,\"title\":\"a\",\"seen\":\"2023-11-14T22:13:20.000Z\",\"done\":true}");
    ds_source_close(source);
}

static void loopback_shows_without_its_counter_too(void)
{
    source = world_source("");
    raw("HSET a:x rank %b on true", "", (size_t)0);
    raw("HSET a:y rank 3 on false");
    raw("HSET b:x createdAt 1700000000000 amount 1700000000000");
    raw("HSET c:x amount 1700000000000");
    CHECK_TEXT(proposed("a:*"), "[{\"name\":\"a\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},"
                                "\"rank\":{\"type\":\"integer\"},\"on\":{\"type\":\"boolean\",\"required\":true}},"
                                "\"settings\":{\"redis\":{\"storeId\":false,\"dialect\":\"loopback\"}}}]");
    CU_ASSERT_PTR_NOT_NULL(strstr(proposed("b:*"), "\"createdAt\":{\"type\":\"date\"}"));
    CU_ASSERT_PTR_NOT_NULL(strstr(proposed("c:*"), "\"amount\":{\"type\":\"integer\"}}"));
    ds_source_close(source);
}

static void the_key_prefix_stands_before_the_pattern(void)
{
    source = world_source("\"keyPrefix\": \"a*:\"");
    raw("HSET a*:user:1 id 1 n 1");
    raw("HSET ab:user:1 id 1 n 1 other 1");
    raw("HSET a*:dog:1 id 1 n x");
    CHECK_TEXT(proposed(NULL), "[{\"name\":\"dog\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true},\"n\":{"
                               "\"type\":\"string\"}}},{\"name\":\"user\",\"properties\":{\"id\":{\"type\":\"integer\","
                               "\"id\":true},\"n\":{\"type\":\"integer\"}}}]");
    CHECK_TEXT(proposed("us??:*"), "[{\"name\":\"user\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true},"
                                   "\"n\":{\"type\":\"integer\"}}}]");
    CHECK_TEXT(proposed("cat:*"), "[]");
    CHECK_TEXT(read_as_proposed(", \"keyPrefix\": \"a*:\"", "user", "1"), "{\"id\":1,\"n\":1}");
    ds_source_close(source);
}

static void ids_may_have_several_words(void)
{
    source = world_source("");
    raw("HSET app:order:1 n 1");
    raw("HSET app:order:2 n 1");
    raw("HSET app:order:2:history changed 1");
    raw("HSET app:order:3:history changed 1");
    raw("HSET trip:1:leg:2 km 12");
    raw("HSET session:0b5fb1d0-9c39-4d2b-8a6b-fd9f3f2a1c11:data x 1");
    CHECK_TEXT(proposed(NULL),
               "[{\"name\":\"app_order\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true},\"n\":{\"type\":"
               "\"integer\",\"required\":true}},\"settings\":{\"redis\":{\"key\":\"app:order\",\"storeId\":false}}},"
               "{\"name\":\"session\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"x\":{\"type\":"
               "\"integer\"}},\"settings\":{\"redis\":{\"storeId\":false}}},"
               "{\"name\":\"trip\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"km\":{\"type\":"
               "\"integer\"}},\"settings\":{\"redis\":{\"storeId\":false}}}]");
    CHECK_TEXT(read_as_proposed("", "trip", "1:leg:2"), "{\"id\":\"1:leg:2\",\"km\":12}");
    ds_source_close(source);
}

static void what_is_no_record_is_passed_over(void)
{
    source = world_source("");
    raw("HSET User#unique:email a@b 1");
    raw("HSET User#schema format 1");
    raw("HSET app:User#entries 1 x");
    raw("HSET app:User#unique:email a@b 1");
    raw("HSET alone a 1");
    raw("HSET :1 a 1");
    raw("HSET last: a 1");
    raw("HSET %b a 1", "nul\0:1", (size_t)6);
    raw("HSET \xff:1 a 1");
    raw("SET text:1 a");
    raw("ZADD set:1 1 a");
    CHECK_TEXT(proposed(NULL), "[]");
    raw("HSET t:1 %b x \xff\xfe y good 1", "a\0b", (size_t)3);
    CHECK_TEXT(proposed(NULL), "[{\"name\":\"t\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true},\"good\":{"
                               "\"type\":\"integer\"}},\"settings\":{\"redis\":{\"storeId\":false}}}]");
    ds_source_close(source);
}

static void names_that_no_model_has_are_made_plain_and_differ(void)
{
    source = world_source("");
    raw("HSET a_b:1 id 1");
    raw("HSET a:b:x id x");
    raw("HSET a#b:x id x");
    raw("HSET {a}:x id x key y");
    raw("HSET ::x id z key y");
    CHECK_TEXT(
        proposed(NULL),
        "[{\"name\":\"_\",\"properties\":{\"_id\":{\"type\":\"string\",\"id\":true},\"id\":{\"type\":\"string\"},"
        "\"key\":{\"type\":\"string\"}},\"settings\":{\"redis\":{\"key\":\":\",\"storeId\":false}}},"
        "{\"name\":\"a_b_2\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true}},\"settings\":{\"redis\":{"
        "\"key\":\"a#b\"}}},"
        "{\"name\":\"a_b_3\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true}},\"settings\":{\"redis\":{"
        "\"key\":\"a:b\"}}},"
        "{\"name\":\"a_b\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true}}},"
        "{\"name\":\"a\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"key\":{\"type\":\"string\"}},"
        "\"settings\":{\"redis\":{\"key\":\"{a}\"}}}]");
    CHECK_TEXT(read_as_proposed("", "_", "x"), "{\"_id\":\"x\",\"id\":\"z\",\"key\":\"y\"}");
    ds_source_close(source);
}

static unsigned long long calls(const char *command)
{
    char name[64];
    snprintf(name, sizeof name, "cmdstat_%s:calls=", command);
    const char *at = strstr(raw("INFO commandstats"), name);
    return at == NULL ? 0 : strtoull(at + strlen(name), NULL, 10);
}

static void a_bounded_sample_is_read_and_large_hashes_are_not(void)
{
    source = world_source("");
    raw("EVAL %s 0", "for i = 1, 20000 do redis.call('HSET', 'user:' .. i, 'n', 2 * i) end "
                     "for i = 1, 3000 do redis.call('HSET', 'map:all', 'f' .. i, i) end "
                     "redis.call('HSET', 'map:small', 'x', 1)");
    raw("CONFIG RESETSTAT");
    CHECK_TEXT(proposed(NULL),
               "[{\"name\":\"map\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"x\":{"
               "\"type\":\"integer\"}},\"settings\":{\"strict\":false,\"redis\":{\"storeId\":false}}},"
               "{\"name\":\"user\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true},\"n\":{"
               "\"type\":\"integer\",\"required\":true}},\"settings\":{\"redis\":{\"storeId\":false}}}]");
    CU_ASSERT_EQUAL(calls("keys"), 0);
    CU_ASSERT_EQUAL(calls("hgetall"), 101 + 2); /* and whether there are indexes */
    CU_ASSERT_TRUE(calls("scan") >= 20);
    ds_source_close(source);
}

static void hashes_that_may_not_be_read_are_passed_over_unless_there_are_no_others(void)
{
    source = world_source("\"username\": \"app\", \"password\": \"x\"");
    raw("ACL SETUSER app reset on >x ~app:* +@read +@connection");
    raw("HSET other:1 n 1");
    CHECK_TEXT(proposed(NULL), "DS_AUTH");
    raw("HSET app:1 n 1");
    CHECK_TEXT(proposed(NULL), "[{\"name\":\"app\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true},\"n\":{"
                               "\"type\":\"integer\"}},\"settings\":{\"redis\":{\"storeId\":false}}}]");
    ds_source_close(source);
    raw("ACL DELUSER app");
}

int main(void)
{
    static const test tests[] = {
        {"texts say what types they are", texts_say_what_types_they_are},
        {"what only looks like JSON is a string", what_only_looks_like_json_is_a_string},
        {"indexes of this library are proposed too", indexes_of_this_library_are_proposed_too},
        {"hashes of Redis OM have its dialect", hashes_of_redis_om_have_its_dialect},
        {"a pk among texts of others is only an id", a_pk_among_texts_of_others_is_only_an_id},
        {"hashes of LoopBack have its dialect and its counter", hashes_of_loopback_have_its_dialect_and_its_counter},
        {"LoopBack shows without its counter too", loopback_shows_without_its_counter_too},
        {"the key prefix stands before the pattern", the_key_prefix_stands_before_the_pattern},
        {"ids may have several words", ids_may_have_several_words},
        {"what is no record is passed over", what_is_no_record_is_passed_over},
        {"names that no model has are made plain, and differ", names_that_no_model_has_are_made_plain_and_differ},
        {"a bounded sample is read, and large hashes are not", a_bounded_sample_is_read_and_large_hashes_are_not},
        {"hashes that may not be read are passed over, unless there are no others",
         hashes_that_may_not_be_read_are_passed_over_unless_there_are_no_others},
    };
    if (!world_start())
        return EXIT_FAILURE;
    int failed = SUITE_RUN("Redis: discover", tests);
    world_stop();
    return failed;
}
