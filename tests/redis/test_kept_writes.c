/* Writes of a model with indexes: each kind of write, each answer of keep.lua, and the raw keys after each. */
#include "checker.h"
#include "world.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define ID "\"id\": {\"type\": \"string\", \"id\": true}"
static const char PERSON[] =
    "{\"name\": \"Person\", \"properties\": {" ID ", \"email\": {\"type\": \"string\", \"unique\": true}, "
    "\"age\": {\"type\": \"integer\", \"index\": true}, \"score\": {\"type\": \"number\", \"index\": true}, "
    "\"born\": {\"type\": \"date\", \"index\": true}, \"city\": \"string\", \"team\": \"string\", "
    "\"shirt\": \"integer\", \"n\": \"integer\"}, "
    "\"indexes\": {\"byCityAge\": {\"keys\": {\"city\": 1, \"age\": -1}}, "
    "\"shirts\": {\"keys\": {\"team\": 1, \"shirt\": 1}, \"unique\": true}}}";
static const checked_index INDEXES[] = {
    {"email", true, {{"email", 's', false}}, 1},
    {"age", false, {{"age", 'i', false}}, 1},
    {"score", false, {{"score", 'n', false}}, 1},
    {"born", false, {{"born", 'd', false}}, 1},
    {"byCityAge", false, {{"city", 's', false}, {"age", 'i', true}}, 2},
    {"shirts", true, {{"team", 's', false}, {"shirt", 'i', false}}, 2},
    {"byTeam", false, {{"team", 's', true}}, 1}, /* of another definition */
};

static ds_source *source;
static ds_model *people;
static redisContext *eye;

static void begin(void)
{
    source = world_source("");
    people = world_model(source, PERSON);
    eye = world_connect();
}

static checked look_for(size_t indexes)
{
    const checked_model model = {.name = "Person", .indexes = INDEXES, .index_count = indexes};
    checked found = checker_run(eye, &model);
    CU_ASSERT_EQUAL(found.faults, 0);
    return found;
}

static checked look(void)
{
    return look_for(6);
}

static void leave(void)
{
    redisFree(eye);
    ds_source_close(source);
}

static void end(void)
{
    look();
    leave();
}

static ds_status replace(const char *id, const char *json)
{
    ds_record *record = record_of(people, json);
    ds_status status = ds_replace_by_id(people, ds_string(id), record, &last);
    ds_record_free(record);
    return status;
}

static ds_status upsert(const char *json)
{
    ds_record *record = record_of(people, json);
    ds_status status = ds_upsert(people, record, NULL, &last);
    ds_record_free(record);
    return status;
}

static ds_status delete_it(const char *id)
{
    return ds_delete_by_id(people, ds_string(id), &last);
}

/* Calls of scripts so far. */
static long calls(void)
{
    long count = 0;
    static const char *const names[] = {"cmdstat_evalsha:calls=", "cmdstat_eval:calls="};
    for (size_t i = 0; i < 2; i++) {
        const char *at = strstr(raw("INFO commandstats"), names[i]);
        count += at == NULL ? 0 : atol(at + strlen(names[i]));
    }
    return count;
}

#define ADA                                                                                                            \
    "{\"id\": \"1\", \"email\": \"ada@x\", \"age\": 36, \"score\": 1.5, \"born\": \"1815-12-10\", \"city\": \"Ulm\"}"

/* ---- kinds of writes ---- */

static void every_kind_of_write_keeps_hash_and_entries_together(void)
{
    begin();
    CHECK_OK(create(people, ADA));
    CU_ASSERT_EQUAL(look().claims, 1);
    CHECK_OK(create(people, "{\"id\": \"2\"}"));
    CHECK_OK(update(people, "1", "{\"age\": 37, \"n\": 5}"));
    look();
    CHECK_OK(update(people, "1", "{\"email\": null, \"city\": null, \"team\": \"a\", \"shirt\": 9}"));
    CU_ASSERT_EQUAL(look().claims, 1);
    CHECK_OK(update(people, "1", "{\"n\": 6}"));
    CHECK_OK(replace("1", "{\"score\": -2e-7, \"city\": \"Bonn\"}"));
    CU_ASSERT_EQUAL(look().claims, 0);
    CHECK_OK(upsert("{\"id\": \"1\", \"age\": -5, \"email\": \"b\"}"));
    CHECK_OK(upsert("{\"id\": \"3\", \"born\": \"2000-02-29\", \"email\": \"c\"}"));
    look();
    ds_value now = ds_null();
    CHECK_OK(ds_increment(people, ds_string("1"), "age", ds_integer(7), &now, &last));
    CU_ASSERT_EQUAL(now.as.integer, 2);
    CHECK_OK(ds_increment(people, ds_string("1"), "n", ds_integer(7), &now, &last));
    CHECK_OK(ds_increment(people, ds_string("1"), "score", ds_number(0.1), &now, &last));
    CU_ASSERT_EQUAL(look().records, 3);
    CHECK_OK(delete_it("1"));
    CU_ASSERT_EQUAL(look().records, 2);
    uint64_t count = 0;
    CHECK_OK(ds_delete(people, ds_everything(), &count, &last));
    CU_ASSERT_EQUAL(count, 2);
    CU_ASSERT_EQUAL(look().entries, 0);
    end();
}

static void an_update_of_no_indexed_value_leaves_the_entries_alone(void)
{
    begin();
    CHECK_OK(create(people, ADA));
    CHECK_OK(update(people, "1", "{\"n\": 1}"));
    raw("CONFIG RESETSTAT");
    CHECK_OK(update(people, "1", "{\"age\": 36, \"email\": \"ada@x\", \"city\": \"Ulm\", \"n\": 2}"));
    const char *stats = raw("INFO commandstats");
    CU_ASSERT_PTR_NULL(strstr(stats, "cmdstat_zadd"));
    CU_ASSERT_PTR_NULL(strstr(stats, "cmdstat_zrem"));
    CU_ASSERT_PTR_NULL(strstr(stats, "cmdstat_hdel"));
    CU_ASSERT_PTR_NOT_NULL(strstr(stats, "cmdstat_hset:calls=1,"));
    end();
}

/* ---- unique values ---- */

static void a_value_that_is_held_is_refused_by_its_name(void)
{
    begin();
    CHECK_OK(create(people, ADA));
    CHECK_OK(create(people, "{\"id\": \"2\", \"email\": \"b\", \"team\": \"t\", \"shirt\": 1}"));
    long before = calls();
    CHECK_DONE(create(people, "{\"id\": \"3\", \"email\": \"ada@x\"}"), "DS_DUPLICATE");
    CU_ASSERT_EQUAL(calls() - before, 2); /* HELD, then UNIQUE */
    CU_ASSERT_PTR_NOT_NULL(strstr(last.message, "email"));
    CHECK_DONE(update(people, "2", "{\"email\": \"ada@x\", \"age\": 3}"), "DS_DUPLICATE");
    CHECK_DONE(upsert("{\"id\": \"4\", \"team\": \"t\", \"shirt\": 1}"), "DS_DUPLICATE");
    CU_ASSERT_PTR_NOT_NULL(strstr(last.message, "shirts"));
    CHECK_OK(upsert("{\"id\": \"4\", \"team\": \"t\", \"shirt\": 2}"));
    CHECK_DONE(update(people, "4", "{\"shirt\": 1}"), "DS_DUPLICATE");
    CHECK_DONE(replace("1", "{\"email\": \"b\"}"), "DS_DUPLICATE");
    CHECK_DONE(create(people, ADA), "DS_DUPLICATE");
    CHECK_TEXT(hash_of("Person:2"), "email=b id=2 shirt=1 team=t");
    CU_ASSERT_EQUAL(look().records, 3);
    end();
}

/* A holder that vanished, or that says something else now, holds nothing. */
static void a_value_of_a_record_that_does_not_claim_it_is_free(void)
{
    begin();
    CHECK_OK(create(people, "{\"id\": \"1\", \"email\": \"a\"}"));
    CHECK_OK(create(people, "{\"id\": \"2\", \"email\": \"b\"}"));
    CHECK_OK(create(people, "{\"id\": \"3\", \"email\": \"c\"}"));
    raw("DEL Person:1");
    raw("HSET Person:2 email z");
    raw("DEL Person:3");
    raw("SET Person:3 x");
    CHECK_OK(create(people, "{\"id\": \"4\", \"email\": \"a\"}"));
    CHECK_OK(create(people, "{\"id\": \"5\", \"email\": \"b\"}"));
    CHECK_OK(create(people, "{\"id\": \"6\", \"email\": \"c\"}"));
    CHECK_TEXT(raw("HGET Person#unique:email %b",
                   "\x50"
                   "b\0\0",
                   (size_t)4),
               "5");
    /* and its deletion takes nothing away */
    CHECK_OK(delete_it("2"));
    CHECK_TEXT(raw("HGET Person#unique:email %b",
                   "\x50"
                   "b\0\0",
                   (size_t)4),
               "5");
    raw("DEL Person:3");
    raw("ZREM Person#ids 1 3");
    static const char *const names[] = {"age", "score", "born"};
    for (size_t i = 0; i < 3; i++)
        for (int id = 1; id <= 3; id += 2)
            raw("ZREM Person#index:%s %b", names[i],
                id == 1 ? "\x10"
                          "1"
                        : "\x10"
                          "3",
                (size_t)2);
    raw("ZREM Person#index:byCityAge %b %b",
        "\x10\xef"
        "1",
        (size_t)3,
        "\x10\xef"
        "3",
        (size_t)3);
    raw("ZREM Person#index:byCityAge %b %b", "\x10\xef\x31", (size_t)3, "\x10\xef\x33", (size_t)3);
    leave();
}

static void the_order_of_a_batch_decides_who_has_a_value(void)
{
    begin();
    ds_batch *batch;
    CHECK_OK(create(people, "{\"id\": \"1\", \"email\": \"x\"}"));
    CHECK_OK(ds_batch_new(source, &batch, &last));
    ds_record *second = record_of(people, "{\"id\": \"2\", \"email\": \"x\"}");
    ds_record *third = record_of(people, "{\"id\": \"3\", \"email\": \"x\"}");
    ds_record *changes = record_of(people, "{\"email\": \"y\"}");
    ds_batch_create(batch, people, second);
    ds_batch_update(batch, people, ds_string("1"), changes);
    ds_batch_create(batch, people, third);
    CHECK_DONE(ds_batch_run(batch, 0, &last), "DS_DUPLICATE");
    CHECK_DONE(ds_batch_outcome(batch, 0, NULL), "DS_DUPLICATE");
    CHECK_OK(ds_batch_outcome(batch, 1, NULL));
    CHECK_OK(ds_batch_outcome(batch, 2, NULL));
    ds_batch_free(batch);
    ds_record_free(second);
    ds_record_free(third);
    ds_record_free(changes);
    CU_ASSERT_EQUAL(look().records, 2);
    end();
}

/* A batch of a write that claims "v" or the shirt 1, and one behind it of the record that has it; what became of the first. */
static const char *claim_before(const char *id, const char *claim, const char *changes)
{
    static char told[32];
    ds_batch *batch;
    ds_record *first = record_of(people, claim), *second = changes == NULL ? NULL : record_of(people, changes);
    CHECK_OK(ds_batch_new(source, &batch, &last));
    if (id == NULL)
        ds_batch_create(batch, people, first);
    else
        ds_batch_update(batch, people, ds_string(id), first);
    if (changes == NULL)
        ds_batch_delete(batch, people, ds_string("holder"));
    else
        ds_batch_update(batch, people, ds_string("holder"), second);
    ds_batch_run(batch, 0, &last);
    snprintf(told, sizeof told, "%s", done(ds_batch_outcome(batch, 0, NULL)));
    CHECK_OK(ds_batch_outcome(batch, 1, NULL));
    ds_batch_free(batch);
    ds_record_free(first);
    ds_record_free(second);
    return told;
}

static void whether_a_holder_held_is_seen_behind_what_changed_it(void)
{
    static const struct {
        const char *said, *changes,
            *wanted; /* the e-mail in its hash (others changed it), what is done to it, the claim */
    } cases[] = {{"v", "{\"n\": 1}", "DS_DUPLICATE"},
                 {"v", "{\"email\": \"y\"}", "DS_DUPLICATE"},
                 {"v", "{\"email\": null}", "DS_DUPLICATE"},
                 {"v", NULL, "DS_DUPLICATE"},
                 {"z", "{\"n\": 1}", "DS_OK"},
                 {"z", "{\"email\": \"y\"}", "DS_OK"},
                 {"z", "{\"email\": null}", "DS_OK"},
                 {"z", NULL, "DS_OK"}};
    begin();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int is_update = 0; is_update < 2; is_update++) {
            CHECK_OK(create(people, "{\"id\": \"holder\", \"email\": \"v\"}"));
            if (is_update)
                CHECK_OK(create(people, "{\"id\": \"x\"}"));
            raw("HSET Person:holder email %s", cases[i].said);
            const char *claim = is_update ? "{\"email\": \"v\"}" : "{\"id\": \"x\", \"email\": \"v\"}";
            CHECK_TEXT(claim_before(is_update ? "x" : NULL, claim, cases[i].changes), cases[i].wanted);
            ds_delete_by_id(people, ds_string("x"), &last);
            ds_delete_by_id(people, ds_string("holder"), &last);
            raw("HDEL Person#unique:email %b", /* that of the hash which others changed */
                "\x50"
                "v\0\0",
                (size_t)4);
            look();
        }
    }
    CHECK_OK(create(people, "{\"id\": \"holder\", \"team\": \"t\", \"shirt\": 1}"));
    CHECK_OK(create(people, "{\"id\": \"x\", \"team\": \"t\", \"shirt\": 2}"));
    CHECK_TEXT(claim_before("x", "{\"shirt\": 1}", "{\"shirt\": 3}"), "DS_DUPLICATE");
    CHECK_TEXT(hash_of("Person:x"), "id=x shirt=2 team=t");
    end();
}

/* ---- texts of others ---- */

static void a_text_that_lua_does_not_read_is_read_by_the_client(void)
{
    begin();
    CHECK_OK(create(people, ADA));
    raw("HSET Person:1 score 1.50 born 1815-12-10T01:00:00.000+01:00");
    CHECK_OK(update(people, "1", "{\"n\": 2}"));
    long before = calls();
    CHECK_OK(update(people, "1", "{\"score\": 1.5}")); /* another text, the same entry */
    CU_ASSERT_EQUAL(calls() - before, 2);
    CHECK_TEXT(raw("HGET Person:1 score"), "1.5");
    raw("HSET Person:1 score 1.50");
    CHECK_OK(update(people, "1", "{\"score\": 2, \"born\": null}"));
    look();
    raw("HSET Person:1 score 2.0");
    CHECK_OK(delete_it("1"));
    CU_ASSERT_EQUAL(look().entries, 0);
    end();
}

/* ---- #schema ---- */

static void another_epoch_is_noticed_and_its_indexes_are_kept(void)
{
    begin();
    CHECK_OK(create(people, ADA));
    raw("HINCRBY Person#schema epoch 1");
    CHECK_OK(update(people, "1", "{\"age\": 40}"));
    look();
    raw("DEL Person:1");
    raw("FLUSHALL");
    CHECK_OK(create(people, "{\"id\": \"2\", \"team\": \"t\"}"));
    look();
    raw("HSET Person#schema index:byTeam %s",
        "{\"unique\":false,\"keys\":[[\"team\",\"s\",true]],\"state\":\"building\"}");
    raw("ZADD Person#index:byTeam 0 %b", "", (size_t)0);
    raw("HINCRBY Person#schema epoch 1");
    CHECK_OK(upsert("{\"id\": \"2\", \"team\": \"u\"}"));
    CHECK_OK(create(people, "{\"id\": \"3\", \"team\": \"v\"}"));
    CHECK_OK(create(people, "{\"id\": \"33\", \"team\": \"v\"}"));
    CHECK_OK(replace("3", "{\"age\": 5}"));
    CU_ASSERT_EQUAL(look_for(7).records, 3);
    CHECK_OK(delete_it("2"));
    look_for(7);
    leave();
}

static void records_of_others_leave_the_indexes_unbuilt_but_kept(void)
{
    begin();
    raw("HSET Person:0 email old");
    CHECK_OK(create(people, ADA));
    CU_ASSERT_PTR_NOT_NULL(strstr(raw("HGET Person#schema index:age"), "building"));
    CHECK_DONE(create(people, "{\"id\": \"2\", \"email\": \"ada@x\"}"), "DS_DUPLICATE");
    CHECK_DONE(create(people, "{\"id\": \"0\"}"), "DS_DUPLICATE");
    CHECK_OK(update(people, "0", "{\"email\": \"new\", \"age\": 1}"));
    CHECK_TEXT(raw("HGET Person#unique:email %b", "\x50new\0\0", (size_t)6), "0");
    CHECK_OK(delete_it("0"));
    end();
}

static void a_unique_key_that_is_lost_refuses_claims_alone(void)
{
    begin();
    CHECK_OK(create(people, ADA));
    raw("DEL Person#unique:email");
    CHECK_DONE(create(people, "{\"id\": \"2\", \"email\": \"b\"}"), "DS_CONFIG");
    CU_ASSERT_PTR_NOT_NULL(strstr(last.message, "Person#unique:email"));
    CHECK_OK(update(people, "1", "{\"age\": 3}"));
    CHECK_OK(create(people, "{\"id\": \"3\"}"));
    CHECK_TEXT(raw("EXISTS Person:2 Person#unique:email"), "0");
    raw("HSET Person#unique:email %b %b", "", (size_t)0, "", (size_t)0);
    raw("HSET Person#unique:email %b 1",
        "\x50"
        "ada@x\0\0",
        (size_t)8);
    end();
}

static void a_unique_index_that_is_not_kept_refuses_writes(void)
{
    begin();
    CHECK_OK(create(people, ADA));
    raw("HDEL Person#schema index:email");
    raw("HINCRBY Person#schema epoch 1");
    CHECK_DONE(update(people, "1", "{\"n\": 3}"), "DS_CONFIG");
    CU_ASSERT_PTR_NOT_NULL(strstr(last.message, "email"));
    CHECK_TEXT(raw("HEXISTS Person:1 n"), "0");
    end();
}

/* ---- keys of other kinds ---- */

static void a_key_of_another_kind_changes_nothing_and_is_named(void)
{
    static const char *const keys[] = {"Person#schema",         "Person#ids",       "Person#unique:email",
                                       "Person#unique:shirts",  "Person#index:age", "Person#index:score",
                                       "Person#index:byCityAge"};
    begin();
    CHECK_OK(create(people, ADA));
    CHECK_OK(update(people, "1", "{\"team\": \"t\", \"shirt\": 1}"));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        raw("RENAME %s away", keys[i]);
        raw("SET %s x", keys[i]);
        CHECK_DONE(create(people, "{\"id\": \"2\", \"email\": \"b\", \"age\": 1, \"team\": \"u\", \"shirt\": 1}"),
                   "DS_WRONG_KIND");
        CU_ASSERT_PTR_NOT_NULL(strstr(last.message, keys[i]));
        if (i != 1) {
            CHECK_DONE(
                update(people, "1", "{\"email\": \"c\", \"age\": 4, \"score\": 4, \"city\": \"Rom\", \"shirt\": 2}"),
                "DS_WRONG_KIND");
            CU_ASSERT_PTR_NOT_NULL(strstr(last.message, keys[i]));
        }
        raw("DEL %s", keys[i]);
        raw("RENAME away %s", keys[i]);
        CU_ASSERT_EQUAL(look().records, 1);
    }
    raw("SET Person:s x");
    CHECK_DONE(create(people, "{\"id\": \"s\"}"), "DS_WRONG_KIND");
    CHECK_DONE(update(people, "s", "{\"age\": 1}"), "DS_WRONG_KIND");
    CHECK_DONE(upsert("{\"id\": \"s\"}"), "DS_WRONG_KIND");
    CHECK_DONE(delete_it("s"), "DS_WRONG_KIND");
    CHECK_DONE(ds_expire(people, ds_string("s"), 1000, &last), "DS_WRONG_KIND");
    CHECK_DONE(ds_increment(people, ds_string("s"), "n", ds_integer(1), NULL, &last), "DS_WRONG_KIND");
    raw("DEL Person:s");
    end();
}

static void the_keys_of_expiry_may_be_of_another_kind_too(void)
{
    static const char *const keys[] = {"Person#expires", "Person#entries"};
    begin();
    CHECK_OK(create(people, ADA));
    CHECK_OK(ds_expire(people, ds_string("1"), 1000000, &last));
    CU_ASSERT_EQUAL(look().expiring, 1);
    for (size_t i = 0; i < 2; i++) {
        raw("RENAME %s away", keys[i]);
        raw("SET %s x", keys[i]);
        CHECK_DONE(update(people, "1", "{\"age\": 4}"), "DS_WRONG_KIND");
        CU_ASSERT_PTR_NOT_NULL(strstr(last.message, keys[i]));
        raw("DEL %s", keys[i]);
        raw("RENAME away %s", keys[i]);
        look();
    }
    end();
}

/* ---- ids from a sequence ---- */

static void numbered_records_are_indexed(void)
{
    static const char LINE[] = "{\"name\": \"Line\", \"properties\": {\"id\": {\"type\": \"integer\", \"id\": true, "
                               "\"generated\": true}, \"n\": {\"type\": \"integer\", \"index\": true}}, "
                               "\"indexes\": {\"down\": {\"keys\": {\"n\": -1}}}}";
    static const checked_index indexes[] = {{"n", false, {{"n", 'i', false}}, 1},
                                            {"down", false, {{"n", 'i', true}}, 1}};
    const checked_model model = {.name = "Line", .integer_id = true, .indexes = indexes, .index_count = 2};
    begin();
    ds_model *lines = world_model(source, LINE);
    CHECK_OK(create(lines, "{\"n\": 4}"));
    CHECK_OK(create(lines, "{\"id\": 50, \"n\": 9223372036854775807}"));
    CHECK_OK(create(lines, "{\"n\": -9223372036854775808}"));
    CHECK_TEXT(raw("GET Line#sequence"), "51");
    CHECK_OK(create(lines, "{\"id\": -3}"));
    ds_record *changes = record_of(lines, "{\"n\": 5}");
    CHECK_OK(ds_update_by_id(lines, ds_integer(-3), changes, &last));
    CHECK_OK(ds_update_by_id(lines, ds_integer(50), changes, &last));
    ds_record_free(changes);
    CU_ASSERT_EQUAL(checker_run(eye, &model).faults, 0);
    raw("DEL Line#sequence");
    raw("LPUSH Line#sequence x");
    CHECK_DONE(create(lines, "{\"id\": 60, \"n\": 3}"), "DS_WRONG_KIND");
    CHECK_OK(ds_delete_by_id(lines, ds_integer(50), &last));
    checked found = checker_run(eye, &model);
    CU_ASSERT(found.faults == 0 && found.records == 3);
    leave();
}

/* ---- versions ---- */

static void versions_are_counted_on_64_bits(void)
{
    static const char NOTE[] =
        "{\"name\": \"Note\", \"properties\": {" ID ", \"v\": {\"type\": \"integer\", \"index\": true}, "
        "\"t\": \"string\"}, \"settings\": {\"version\": \"v\"}}";
    static const checked_index indexes[] = {{"v", false, {{"v", 'i', false}}, 1}};
    static const char *const versions[][3] = {{"0", "1", "-1"},
                                              {"-1", "0", "-2"},
                                              {"-10", "-9", "-11"},
                                              {"999", "1000", "998"},
                                              {"9007199254740993", "9007199254740994", "9007199254740992"},
                                              {"9223372036854775806", "9223372036854775807", "9223372036854775805"}};
    const checked_model model = {.name = "Note", .indexes = indexes, .index_count = 1};
    begin();
    ds_model *notes = world_model(source, NOTE);
    CHECK_OK(create(notes, "{\"id\": \"1\", \"v\": 77}"));
    CHECK_TEXT(json_of(notes, "1"), "{\"id\":\"1\",\"v\":1}");
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        char json[64];
        CHECK_OK(ds_delete_by_id(notes, ds_string("1"), &last));
        CHECK_OK(create(notes, "{\"id\": \"1\"}"));
        raw("HSET Note:1 v %s", versions[i][0]);
        raw("ZREM Note#index:v %b",
            "\x30\x80\x01"
            "11",
            (size_t)5); /* what the last HSET made stale */
        raw("ZREMRANGEBYRANK Note#index:v 1 -1");
        snprintf(json, sizeof json, "{\"t\": \"x\", \"v\": %s}", versions[i][2]);
        CHECK_DONE(update(notes, "1", json), "DS_CONFLICT");
        snprintf(json, sizeof json, "{\"t\": \"y\", \"v\": %s}", versions[i][0]);
        CHECK_OK(update(notes, "1", json));
        CHECK_TEXT(raw("HGET Note:1 v"), versions[i][1]);
        CU_ASSERT_EQUAL(checker_run(eye, &model).faults, 0);
    }
    CHECK_DONE(ds_increment(notes, ds_string("1"), "v", ds_integer(1), NULL, &last), "DS_INVALID");
    ds_record *gone = record_of(notes, "{\"id\": \"2\", \"v\": 4}");
    CHECK_DONE(ds_upsert(notes, gone, NULL, &last), "DS_CONFLICT");
    CHECK_DONE(ds_replace_or_create(notes, gone, NULL, &last), "DS_CONFLICT");
    ds_record_free(gone);
    CU_ASSERT_EQUAL(checker_run(eye, &model).records, 1);
    leave();
}

/* ---- atomic batches ---- */

static void an_atomic_batch_moves_unique_values(void)
{
    begin();
    CHECK_OK(create(people, "{\"id\": \"1\", \"email\": \"x\", \"age\": 1}"));
    CHECK_OK(create(people, "{\"id\": \"2\", \"email\": \"y\"}"));
    CHECK_OK(create(people, "{\"id\": \"9\", \"email\": \"z\"}"));
    raw("DEL Person:9");
    raw("ZREM Person#ids 9");
    raw("ZREM Person#index:age %b",
        "\x10"
        "9",
        (size_t)2);
    raw("ZREM Person#index:score %b",
        "\x10"
        "9",
        (size_t)2);
    raw("ZREM Person#index:born %b",
        "\x10"
        "9",
        (size_t)2);
    raw("ZREM Person#index:byCityAge %b", "\x10\xef\xc6\xff\xff", (size_t)5);
    ds_batch *batch;
    ds_record *first = record_of(people, "{\"email\": \"w\"}"),
              *third = record_of(people, "{\"id\": \"3\", \"email\": \"x\"}");
    ds_record *fourth = record_of(people, "{\"id\": \"4\", \"email\": \"z\"}"),
              *late = record_of(people, "{\"email\": \"v\"}");
    CHECK_OK(ds_batch_new(source, &batch, &last));
    ds_batch_update(batch, people, ds_string("1"), first); /* sets x free */
    ds_batch_create(batch, people, third);                 /* takes it */
    ds_batch_create(batch, people, fourth);                /* the holder is gone */
    ds_batch_increment(batch, people, ds_string("2"), "age", ds_integer(5), NULL);
    CHECK_OK(ds_batch_run(batch, DS_ATOMIC, &last));
    ds_batch_free(batch);
    CHECK_TEXT(hash_of("Person:1"), "age=1 email=w id=1");
    CHECK_TEXT(hash_of("Person:2"), "age=5 email=y id=2");
    CU_ASSERT_EQUAL(look().records, 4);
    CHECK_OK(ds_batch_new(source, &batch, &last));
    ds_record *fifth = record_of(people, "{\"id\": \"5\", \"email\": \"w\"}");
    ds_batch_create(batch, people, fifth); /* before it is free */
    ds_batch_update(batch, people, ds_string("1"), late);
    CHECK_DONE(ds_batch_run(batch, DS_ATOMIC, &last), "DS_DUPLICATE");
    CHECK_TEXT(hash_of("Person:1"), "age=1 email=w id=1");
    CU_ASSERT_EQUAL(look().records, 4);
    ds_batch_free(batch);
    ds_record *const all[] = {first, third, fourth, late, fifth};
    for (size_t i = 0; i < 5; i++)
        ds_record_free(all[i]);
    end();
}

static void a_creation_may_say_null(void)
{
    begin();
    CHECK_OK(create(people, "{\"id\": \"1\", \"email\": null, \"age\": 1, \"n\": null}"));
    CHECK_TEXT(hash_of("Person:1"), "age=1 id=1");
    end();
}

int main(void)
{
    static const test tests[] = {
        {"a creation may say null", a_creation_may_say_null},
        {"every kind of write keeps hash and entries together", every_kind_of_write_keeps_hash_and_entries_together},
        {"an update of no indexed value leaves the entries alone",
         an_update_of_no_indexed_value_leaves_the_entries_alone},
        {"a value that is held is refused by its name", a_value_that_is_held_is_refused_by_its_name},
        {"a value of a record that does not claim it is free", a_value_of_a_record_that_does_not_claim_it_is_free},
        {"the order of a batch decides who has a value", the_order_of_a_batch_decides_who_has_a_value},
        {"whether a holder held is seen behind what changed it", whether_a_holder_held_is_seen_behind_what_changed_it},
        {"a text that Lua does not read is read by the client", a_text_that_lua_does_not_read_is_read_by_the_client},
        {"another epoch is noticed, and its indexes are kept", another_epoch_is_noticed_and_its_indexes_are_kept},
        {"records of others leave the indexes unbuilt, but kept", records_of_others_leave_the_indexes_unbuilt_but_kept},
        {"a unique key that is lost refuses claims alone", a_unique_key_that_is_lost_refuses_claims_alone},
        {"a unique index that is not kept refuses writes", a_unique_index_that_is_not_kept_refuses_writes},
        {"a key of another kind changes nothing and is named", a_key_of_another_kind_changes_nothing_and_is_named},
        {"the keys of expiry may be of another kind too", the_keys_of_expiry_may_be_of_another_kind_too},
        {"numbered records are indexed", numbered_records_are_indexed},
        {"versions are counted on 64 bits", versions_are_counted_on_64_bits},
        {"an atomic batch moves unique values", an_atomic_batch_moves_unique_values},
    };
    if (!world_start())
        return EXIT_FAILURE;
    int failed = SUITE_RUN("Redis indexes, writes", tests);
    world_stop();
    return failed;
}
