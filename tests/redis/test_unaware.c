/* Programs that open a model without its definition, or with one that has no index, keep the indexes that others have made. */
#include "checker.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

#define HEAD "{\"name\": \"Person\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, "
static const char PERSON[] = HEAD "\"email\": {\"type\": \"string\", \"unique\": true}, "
                                  "\"age\": {\"type\": \"integer\", \"index\": true}}}";
static const char BARE[] = HEAD "\"email\": \"string\", \"age\": \"integer\"}}";
static const char *const UNAWARE[] = {"Person", BARE};

static ds_source *source, *other;
static ds_model *people, *theirs;

/* The indexed model, and the same as another process has it. */
static void begin(const char *definition, const char *unaware)
{
    char settings[256];
    source = world_source("");
    people = world_model(source, definition);
    snprintf(settings, sizeof settings, "{\"url\": \"unix://%s\"}", world_socket());
    CU_ASSERT_EQUAL_FATAL(ds_source_open("redis", settings, &other, &last), DS_OK);
    theirs = world_model(other, unaware);
}

static void end(void)
{
    ds_source_close(source);
    ds_source_close(other);
}

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

static ds_status batch(unsigned flags)
{
    ds_batch *all = NULL;
    ds_record *record = record_of(theirs, "{\"id\": \"9\", \"email\": \"x\", \"age\": \"9\"}");
    CHECK_OK(ds_batch_new(other, &all, &last));
    CHECK_OK(ds_batch_create(all, theirs, record));
    ds_status status = ds_batch_run(all, flags, &last);
    if (status == DS_OK)
        status = ds_batch_outcome(all, 0, &last);
    ds_batch_free(all);
    ds_record_free(record);
    return status;
}

static ds_status first_write(size_t kind, ds_record *record)
{
    switch (kind) {
    case 0:
        return create(theirs, "{\"id\": \"3\", \"email\": \"x\"}");
    case 1:
        return update(theirs, "1", "{\"email\": \"new\"}");
    case 2:
        return ds_replace_by_id(theirs, ds_string("1"), record, &last);
    case 3:
        return ds_upsert(theirs, record, NULL, &last);
    case 4:
        return ds_delete_by_id(theirs, ds_string("1"), &last);
    case 5:
        return ds_increment(theirs, ds_string("1"), "age", ds_integer(5), NULL, &last);
    case 6:
        return ds_expire(theirs, ds_string("1"), 1000000, &last);
    default:
        return batch(kind == 7 ? 0 : DS_ATOMIC);
    }
}

/* Each is the first write of the process. */
static void every_first_write_keeps_the_indexes(void)
{
    for (size_t kind = 0; kind < 9; kind++) {
        ds_record *record;
        uint64_t count;
        begin(PERSON, UNAWARE[kind % 2]);
        CHECK_OK(create(people, "{\"id\": \"1\", \"email\": \"x\", \"age\": 1}"));
        CHECK_OK(create(people, "{\"id\": \"2\", \"email\": \"y\", \"age\": 2}"));
        record = record_of(theirs, "{\"id\": \"1\", \"email\": \"z\"}");
        CHECK_DONE(first_write(kind, record), kind == 0 || kind > 6 ? "DS_DUPLICATE" : "DS_OK");
        CU_ASSERT_EQUAL(agree(), kind == 4 ? 1 : 2);
        ds_filter *all = ds_everything();
        CHECK_OK(ds_delete(theirs, all, &count, &last));
        ds_filter_free(all);
        CU_ASSERT_EQUAL(agree(), 0);
        ds_record_free(record);
        end();
    }
}

static void it_finds_and_explains_as_before(void)
{
    ds_query *query = NULL;
    for (size_t i = 0; i < 2; i++) {
        char *plan = NULL;
        uint64_t count = 0;
        begin(PERSON, UNAWARE[i]);
        CHECK_OK(create(people, "{\"id\": \"1\", \"email\": \"x\", \"age\": 1}"));
        CHECK_OK(create(theirs, "{\"id\": \"2\", \"email\": \"y\", \"age\": 2}"));
        CHECK_TEXT(found(theirs, "{\"where\": {\"email\": \"y\"}}"), "2");
        CHECK_TEXT(found(theirs, "{}"), "1 2");
        CHECK_TEXT(found(people, "{\"where\": {\"age\": {\"gt\": 1}}}"), "2");
        CHECK_OK(ds_count(theirs, NULL, &count, &last));
        CU_ASSERT_EQUAL(count, 2);
        CHECK_OK(ds_query_parse("{\"where\": {\"email\": \"y\"}}", &query, &last));
        CHECK_OK(ds_explain(theirs, query, &plan, &last));
        ds_query_free(query);
        ds_free(plan);
        end();
    }
}

static void it_asks_once(void)
{
    begin(PERSON, "Person");
    CHECK_OK(create(theirs, "{\"id\": \"1\", \"email\": \"x\"}"));
    raw("CONFIG RESETSTAT");
    CHECK_OK(create(theirs, "{\"id\": \"2\", \"email\": \"y\"}"));
    CU_ASSERT_PTR_NULL(strstr(raw("INFO commandstats"), "cmdstat_hgetall"));
    end();
}

static void what_it_may_not_read_is_as_if_it_were_not_there(void)
{
    char settings[300];
    begin(PERSON, "Person");
    CHECK_OK(create(people, "{\"id\": \"1\", \"email\": \"x\"}"));
    raw("ACL SETUSER app on >secret ~Person:* resetchannels +@all -hgetall");
    ds_source_close(other);
    snprintf(settings, sizeof settings, "{\"url\": \"unix://app:secret@%s\"}", world_socket());
    CU_ASSERT_EQUAL_FATAL(ds_source_open("redis", settings, &other, &last), DS_OK);
    theirs = world_model(other, "Person");
    CHECK_OK(create(theirs, "{\"id\": \"2\", \"email\": \"y\"}"));
    CHECK_TEXT(hash_of("Person:2"), "email=y");
    raw("ACL DELUSER app");
    end();
}

static void ids_of_another_type_are_refused_and_other_keys_are_others(void)
{
    begin("{\"name\": \"Person\", \"properties\": {\"id\": {\"type\": \"integer\", \"id\": true}, \"n\": {\"type\": "
          "\"integer\", \"index\": true}}}",
          "Person");
    CHECK_OK(create(people, "{\"id\": 1, \"n\": 1}"));
    CHECK_DONE(create(theirs, "{\"id\": \"2\", \"n\": 2}"), "DS_CONFIG");
    CHECK_TEXT(raw("EXISTS Person:2"), "0");
    CHECK_TEXT(found(theirs, "{}"), "1");
    end();
    begin(HEAD "\"n\": {\"type\": \"integer\", \"index\": true}}, \"settings\": {\"redis\": {\"key\": \"app:P\"}}}",
          "Person");
    CHECK_OK(create(people, "{\"id\": \"1\", \"n\": 1}"));
    CHECK_OK(create(theirs, "{\"id\": \"2\", \"n\": 2}"));
    CHECK_TEXT(raw("ZRANGE Person#ids 0 -1"), " 1");
    end();
}

int main(void)
{
    static const test tests[] = {
        {"every first write keeps the indexes", every_first_write_keeps_the_indexes},
        {"it finds and explains as before", it_finds_and_explains_as_before},
        {"it asks once", it_asks_once},
        {"what it may not read is as if it were not there", what_it_may_not_read_is_as_if_it_were_not_there},
        {"ids of another type are refused, and other keys are others",
         ids_of_another_type_are_refused_and_other_keys_are_others},
    };
    if (!world_start())
        return EXIT_FAILURE;
    int failed = SUITE_RUN("Redis: programs that do not know of the indexes", tests);
    world_stop();
    return failed;
}
