/* Indexes are built for hashes that other programs wrote, checked against them, and repaired. What the keys must hold is written
 * out here by hand. */
#include "checker.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

static const char PERSON[] =
    "{\"name\": \"Person\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"city\": {\"type\": "
    "\"string\", \"index\": true}, \"age\": \"integer\", \"email\": {\"type\": \"string\", \"unique\": true}}, "
    "\"indexes\": {\"byAge\": {\"keys\": {\"age\": -1, \"city\": 1}}}}";

static ds_source *source;

static ds_model *person(void)
{
    source = world_source("");
    return world_model(source, PERSON);
}

/* What migrate_check says, without which record was met first: SCAN has no order. */
static const char *told_by_check(ds_model *model)
{
    static char out[8192];
    char *report = NULL, *put = out;
    ds_status status = ds_migrate_check(model, NULL, NULL, &report, &last);
    if (status != DS_OK)
        return ds_status_name(status);
    for (const char *at = report; *at != '\0';) {
        if (strncmp(at, " (first", 7) == 0)
            at = strchr(at, ')') + 1;
        else
            *put++ = *at++;
    }
    *put = '\0';
    ds_free(report);
    return out;
}

/* How many records there are, if the raw keys agree with them; -1. */
static int agree(void)
{
    static const checked_index indexes[] = {{"email", true, {{"email", 's', false}}, 1},
                                            {"city", false, {{"city", 's', false}}, 1},
                                            {"byAge", false, {{"age", 'i', true}, {"city", 's', false}}, 2}};
    static const checked_model person = {"Person", NULL, false, indexes, 3};
    redisContext *server = world_connect();
    checked found = checker_run(server, &person);
    redisFree(server);
    return found.faults == 0 ? (int)found.records : -1;
}

static ds_status migrate(ds_model *model)
{
    return ds_migrate(model, NULL, NULL, &last);
}

static const char *members_of(const char *key)
{
    return raw("ZRANGE %s 0 -1", key);
}

#define EXACT(n) "{\"model\":\"Person\",\"missing\":[],\"records\":" #n "}"

static void plain_hashes_become_indexed(void)
{
    ds_model *model = person();
    raw("HSET Person:a city Rome age 30 email a@x");
    raw("HSET Person:b city Oslo age 4 name Bob");
    raw("HSET Person:c x 1");
    raw("SET Person:d text");
    raw("HSET Personal:e city Rome");
    CHECK_OK(migrate(model));
    CHECK_TEXT(members_of("Person#ids"), " a b c");
    CHECK_TEXT(members_of("Person#index:city"), " \\x10c POslo\\x00\\x00b PRome\\x00\\x00a");
    CHECK_TEXT(members_of("Person#index:byAge"),
               " \\xcf~m\\xcc\\xffPRome\\x00\\x00a \\xcf~n\\xcb\\xffPOslo\\x00\\x00b \\xef\\x10c");
    CHECK_TEXT(hash_of("Person#unique:email"), "= Pa@x\\x00\\x00=a");
    CHECK_TEXT(keys_of(), "Person#ids Person#index:byAge Person#index:city Person#schema Person#unique:email "
                          "Person:a Person:b Person:c Person:d Personal:e");
    CHECK_TEXT(raw("HGET Person#schema index:byAge"),
               "{\"unique\":false,\"keys\":[[\"age\",\"i\",true],[\"city\",\"s\",false]],\"state\":\"built\"}");
    CHECK_TEXT(raw("HEXISTS Person#schema migrate"), "0");
    CHECK_TEXT(told_by_check(model), EXACT(3));
    ds_source_close(source);
}

static void a_second_migrate_changes_nothing(void)
{
    ds_model *model = person();
    raw("HSET Person:a city Rome age 30 email a@x");
    CHECK_OK(migrate(model));
    char before[4096];
    snprintf(before, sizeof before, "%s", hash_of("Person#schema"));
    CHECK_OK(migrate(model));
    CHECK_TEXT(hash_of("Person#schema"), before);
    ds_source_close(source);
}

static void what_other_programs_changed_is_told_and_repaired(void)
{
    ds_model *model = person();
    raw("HSET Person:a city Rome age 30 email a@x");
    raw("HSET Person:b city Oslo age 30 email b@x");
    raw("HSET Person:c city Oslo age 30 email c@x");
    CHECK_OK(migrate(model));
    raw("HSET Person:a city Bonn email z@x");
    raw("DEL Person:b");
    raw("HSET Person:d city Kiel email b@x");
    raw("ZREM Person#index:byAge %b", "\xcf~m\xcc\xffPOslo\0\0c", (size_t)13);
    raw("ZADD Person#index:city 0 garbage");
    CHECK_TEXT(told_by_check(model),
               "{\"model\":\"Person\",\"missing\":[\"the index \\\"email\\\" lacks entries: 2\",\"the index "
               "\\\"email\\\" has stale entries: 2\",\"the index \\\"byAge\\\" lacks entries: 3\",\"the index "
               "\\\"byAge\\\" has stale entries: 2\",\"the index \\\"city\\\" lacks entries: 2\",\"the index "
               "\\\"city\\\" has stale entries: 3\",\"#ids lacks records: 1\",\"#ids has stale entries: 1\"],"
               "\"records\":3}");
    CHECK_OK(migrate(model));
    CHECK_TEXT(told_by_check(model), EXACT(3));
    CU_ASSERT_EQUAL(agree(), 3);
    CHECK_TEXT(members_of("Person#ids"), " a c d");
    CHECK_TEXT(hash_of("Person#unique:email"), "= Pb@x\\x00\\x00=d Pc@x\\x00\\x00=c Pz@x\\x00\\x00=a");
    ds_source_close(source);
}

/* Other programs know nothing of unique indexes. */
static void duplicates_are_told_with_both_ids_and_the_index_stays_unbuilt(void)
{
    ds_model *model = person();
    raw("HSET Person:a city Rome email same");
    raw("HSET Person:b city Oslo email same");
    raw("HSET Person:c city Oslo email other");
    CHECK_DONE(migrate(model), "DS_DUPLICATE");
    CU_ASSERT_PTR_NOT_NULL(strstr(last.message, "\"Person:a\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(last.message, "\"Person:b\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(last.message, "\"email\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(raw("HGET Person#schema index:email"), "\"building\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(raw("HGET Person#schema index:city"), "\"built\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(told_by_check(model), "hold the same value"));
    raw("HSET Person:b email mine");
    CHECK_OK(migrate(model));
    CU_ASSERT_PTR_NOT_NULL(strstr(raw("HGET Person#schema index:email"), "\"built\""));
    CHECK_TEXT(told_by_check(model), EXACT(3));
    raw("HSET Person:b email other");
    CHECK_DONE(migrate(model), "DS_DUPLICATE");
    CU_ASSERT_PTR_NOT_NULL(strstr(raw("HGET Person#schema index:email"), "\"building\""));
    ds_source_close(source);
}

static void a_claim_of_a_record_that_has_another_value_is_free(void)
{
    ds_model *model = person();
    raw("HSET Person:a email one");
    raw("HSET Person:b email two");
    CHECK_OK(migrate(model));
    raw("HSET Person:a email two");
    raw("HSET Person:b email one");
    CHECK_OK(migrate(model));
    CHECK_TEXT(hash_of("Person#unique:email"), "= Pone\\x00\\x00=b Ptwo\\x00\\x00=a");
    raw("DEL Person:a");
    raw("HSET Person:c email two");
    raw("HSET Person#unique:email %b nobody", "Pgone\0\0", (size_t)7);
    CHECK_OK(migrate(model));
    CHECK_TEXT(hash_of("Person#unique:email"), "= Pone\\x00\\x00=b Ptwo\\x00\\x00=c");
    CHECK_TEXT(told_by_check(model), EXACT(2));
    ds_source_close(source);
}

static void null_and_what_is_too_long_claim_nothing(void)
{
    ds_model *model = person();
    char *text = calloc(1, 5001);
    memset(text, 'x', 5000);
    raw("HSET Person:a email %s", text);
    raw("HSET Person:b email %s", text);
    raw("HSET Person:c age 1");
    CHECK_OK(migrate(model));
    CHECK_TEXT(hash_of("Person#unique:email"), "=");
    CHECK_TEXT(told_by_check(model), EXACT(3));
    free(text);
    ds_source_close(source);
}

static void a_definition_that_changes_takes_its_indexes_along(void)
{
    ds_model *model = person();
    raw("HSET Person:a city Rome age 30 email a@x");
    CHECK_OK(migrate(model));
    ds_source_close(source);
    char settings[256];
    snprintf(settings, sizeof settings, "{\"url\": \"unix://%s\"}", world_socket());
    CU_ASSERT_EQUAL_FATAL(ds_source_open("redis", settings, &source, &last), DS_OK);
    model =
        world_model(source, "{\"name\": \"Person\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, "
                            "\"city\": {\"type\": \"string\", \"unique\": true}, \"age\": \"integer\"}, \"indexes\": "
                            "{\"byAge\": {\"keys\": {\"age\": 1}}}}");
    CHECK_TEXT(
        told_by_check(model),
        "{\"model\":\"Person\",\"missing\":[\"the index \\\"city\\\" is stored, and the model does not define it "
        "so\",\"the index \\\"email\\\" is stored, and the model does not define it so\",\"the index "
        "\\\"city\\\" is not there as the model defines it\",\"the index \\\"byAge\\\" is not there as the model "
        "defines it\"],\"records\":1}");
    CHECK_OK(migrate(model));
    CHECK_TEXT(keys_of(), "Person#ids Person#index:byAge Person#schema Person#unique:city Person:a");
    CHECK_TEXT(members_of("Person#index:byAge"), " 0\\x81\\x923\\x00a");
    CHECK_TEXT(told_by_check(model), EXACT(1));
    ds_source_close(source);
    CU_ASSERT_EQUAL_FATAL(ds_source_open("redis", settings, &source, &last), DS_OK);
    model =
        world_model(source, "{\"name\": \"Person\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}}}");
    CHECK_TEXT(strstr(told_by_check(model), "the model has no index") == NULL ? "not told" : "told", "told");
    CHECK_OK(migrate(model));
    CHECK_TEXT(keys_of(), "Person:a");
    ds_source_close(source);
}

static void a_key_that_has_vanished_is_filled_again(void)
{
    static const char *const keys[] = {"Person#ids", "Person#index:city", "Person#unique:email", "Person#schema"};
    ds_model *model = person();
    for (int i = 0; i < 500; i++)
        raw("HSET Person:%d city c%d email e%d", i, i % 7, i);
    CHECK_OK(migrate(model));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        raw("DEL %s", keys[i]);
        CU_ASSERT_PTR_NOT_NULL(strstr(told_by_check(model), "index"));
        CHECK_OK(migrate(model));
        CHECK_TEXT(told_by_check(model), EXACT(500));
        CU_ASSERT_EQUAL(agree(), 500);
    }
    /* A key that somebody's write made again has no guard. */
    raw("DEL Person#index:city");
    raw("ZADD Person#index:city 0 x");
    CHECK_OK(migrate(model));
    CHECK_TEXT(told_by_check(model), EXACT(500));
    CHECK_TEXT(raw("ZCARD Person#index:city"), "501");
    ds_source_close(source);
}

static void what_expires_is_known(void)
{
    ds_model *model = person();
    raw("HSET Person:a city Rome email a@x");
    raw("HSET Person:b city Rome email b@x");
    raw("PEXPIRE Person:a 500000");
    CHECK_OK(migrate(model));
    CHECK_TEXT(raw("ZCARD Person#expires"), "1");
    CHECK_TEXT(raw("HDEL Person#entries %s", ""), "1"); /* the guard */
    CHECK_TEXT(raw("HKEYS Person#entries"), "a");
    CHECK_TEXT(
        told_by_check(model),
        "{\"model\":\"Person\",\"missing\":[\"#entries has lost its guard: what has expired may still stand in the "
        "indexes\"],\"records\":2}");
    CHECK_OK(migrate(model));
    CHECK_TEXT(raw("HGET Person#schema expiring"), "1");
    CHECK_TEXT(raw("EVAL %s 1 Person#entries",
                   "local l = cmsgpack.unpack(redis.call('HGET', KEYS[1], 'a')) return {l['index:city'], "
                   "l['unique:email'], l['index:byAge']}"),
               "PRome\\x00\\x00a Pa@x\\x00\\x00 \\xefPRome\\x00\\x00a");
    CHECK_TEXT(told_by_check(model), EXACT(2));
    raw("PERSIST Person:a");
    raw("PEXPIRE Person:b 500000");
    CHECK_TEXT(told_by_check(model),
               "{\"model\":\"Person\",\"missing\":[\"records expire, and it is not known what to sweep "
               "then: 1\",\"records are said to expire, and do not: 1\"],\"records\":2}");
    CHECK_OK(migrate(model));
    CHECK_TEXT(raw("ZRANGE Person#expires 0 -1"), "b");
    CHECK_TEXT(told_by_check(model), EXACT(2));
    CU_ASSERT_EQUAL(agree(), 2);
    raw("DEL Person:b"); /* before its time */
    CHECK_OK(migrate(model));
    CHECK_TEXT(raw("EXISTS Person#expires"), "0");
    CHECK_TEXT(hash_of("Person#entries"), "=1");
    CHECK_TEXT(told_by_check(model), EXACT(1));
    ds_source_close(source);
}

static void an_integer_id_is_no_other_text(void)
{
    source = world_source("");
    ds_model *model =
        world_model(source, "{\"name\": \"Person\", \"properties\": {\"id\": {\"type\": \"integer\", \"id\": "
                            "true}, \"x\": {\"type\": \"number\", \"index\": true}}, \"indexes\": {\"byId\": "
                            "{\"keys\": {\"x\": 1, \"id\": -1}}}}");
    raw("HSET Person:1 x 1.50");
    raw("HSET Person:-12 x -0");
    raw("HSET Person:9007199254740993 x abc");
    raw("HSET Person:007 x 1");
    raw("HSET Person:x x 1");
    CHECK_OK(migrate(model));
    CHECK_TEXT(raw("ZCARD Person#ids"), "4");
    CHECK_TEXT(raw("ZCARD Person#index:x"), "4");
    CHECK_TEXT(raw("ZRANGE Person#index:x 0 1"), " 0\\x80\\x00~n\\xce\\xcd\\xff");
    CHECK_TEXT(told_by_check(model), EXACT(3));
    ds_source_close(source);
}

static void a_key_of_another_kind_is_left_alone(void)
{
    ds_model *model = person();
    raw("SET Person#index:city precious");
    CHECK_DONE(migrate(model), "DS_WRONG_KIND");
    CU_ASSERT_PTR_NOT_NULL(strstr(last.message, "\"Person#index:city\""));
    CHECK_DONE(ds_migrate_check(model, NULL, NULL, &(char *){NULL}, &last), "DS_WRONG_KIND");
    CHECK_TEXT(raw("GET Person#index:city"), "precious");
    ds_source_close(source);
}

static void a_user_of_one_prefix_and_the_documented_rights_migrates_database_9(void)
{
    source = world_source("\"username\": \"app\", \"password\": \"x\", \"keyPrefix\": \"app*:\", \"database\": 9");
    /* As docs/REDIS-STORAGE.md has it. */
    raw("ACL SETUSER app reset on >x ~app\\*:* resetchannels -@all +auth +select +ping +client|setname +evalsha +eval "
        "+type "
        "+scan +hset +hget +hgetall +hmget +hlen +hkeys +hsetnx +hdel +hincrby +unlink +exists +pexpire +persist +pttl "
        "+get "
        "+set +incrby +zadd +zrem +zscore +zrangebyscore +time +zrangebylex +hscan +zscan +hexists +dbsize");
    raw("SELECT 9");
    raw("HSET app*:Person:a city Rome email a@x");
    raw("HSET appx:Person:b city Rome email a@x");
    ds_model *model = world_model(source, PERSON);
    CHECK_OK(migrate(model));
    CHECK_TEXT(told_by_check(model), EXACT(1));
    raw("PEXPIRE app*:Person:a 1000000");
    raw("HSET app*:Person:a city Oslo");
    CHECK_OK(migrate(model));
    CHECK_TEXT(told_by_check(model), EXACT(1));
    raw("PERSIST app*:Person:a");
    CHECK_OK(migrate(model));
    CHECK_TEXT(keys_of(),
               "app*:Person#entries app*:Person#ids app*:Person#index:byAge app*:Person#index:city app*:Person#schema "
               "app*:Person#unique:email app*:Person:a appx:Person:b");
    raw("SELECT 0");
    ds_source_close(source);
    raw("ACL DELUSER app");
}

typedef struct told {
    uint64_t done, total, calls, backwards;
} told;

static void note(void *user, uint64_t done, uint64_t total)
{
    told *t = user;
    t->backwards += done < t->done || (total != 0 && done > total);
    t->done = done;
    t->total = total;
    t->calls++;
}

static void progress_is_told(void)
{
    ds_model *model = person();
    told t = {0, 0, 0, 0};
    raw("EVAL %s 0", "for i = 1, 3000 do redis.call('HSET', 'Person:' .. i, 'city', 'c' .. i % 10) end");
    CHECK_OK(ds_migrate(model, note, &t, &last));
    CU_ASSERT_EQUAL(t.done, 3000);
    CU_ASSERT_EQUAL(t.total, 3000);
    CU_ASSERT_EQUAL(t.backwards, 0);
    CU_ASSERT(t.calls >= 20);
    ds_source_close(source);
}

/* While records are walked: what the test does is done at the first batch. */
typedef struct meddling {
    const char *command;
    ds_model *model; /* of another source, which migrates */
    unsigned calls;
    ds_status status;
} meddling;

static void meddle(void *user, uint64_t done, uint64_t total)
{
    meddling *m = user;
    (void)done, (void)total;
    if (m->calls++ > 0)
        return;
    if (m->command != NULL)
        raw(m->command);
    if (m->model != NULL)
        m->status = ds_migrate(m->model, NULL, NULL, &(ds_error){0});
}

static void fill(void)
{
    raw("EVAL %s 0", "for i = 1, 1000 do redis.call('HSET', 'Person:' .. i, 'city', 'c' .. i % 10, 'email', i) end");
}

static void a_key_that_vanishes_while_it_is_filled_is_begun_again(void)
{
    static const char *const commands[] = {"DEL Person#index:city", "DEL Person#ids", "DEL Person#unique:email"};
    for (size_t i = 0; i < 3; i++) {
        ds_model *model = person();
        meddling m = {.command = commands[i]};
        fill();
        CHECK_OK(ds_migrate(model, meddle, &m, &last));
        CU_ASSERT_EQUAL(agree(), 1000);
        CHECK_TEXT(told_by_check(model), EXACT(1000));
        ds_source_close(source);
    }
}

static void disturb(void *user, uint64_t done, uint64_t total)
{
    (void)done, (void)total;
    raw(++*(unsigned *)user % 2 == 0 ? "CLIENT KILL TYPE normal" : "SCRIPT FLUSH");
}

static void broken_connections_and_lost_scripts_do_not_end_it(void)
{
    ds_model *model = person();
    unsigned calls = 0;
    fill();
    CHECK_OK(ds_migrate(model, disturb, &calls, &last));
    CU_ASSERT(calls >= 10);
    CU_ASSERT_EQUAL(agree(), 1000);
    ds_source_close(source);
}

static void of_two_that_migrate_the_later_one_goes_on(void)
{
    ds_model *model = person();
    ds_source *other = NULL;
    char settings[256];
    fill();
    snprintf(settings, sizeof settings, "{\"url\": \"unix://%s\"}", world_socket());
    CU_ASSERT_EQUAL_FATAL(ds_source_open("redis", settings, &other, &last), DS_OK);
    meddling m = {.model = world_model(other, PERSON)};
    CHECK_DONE(ds_migrate(model, meddle, &m, &last), "DS_CONFLICT");
    CU_ASSERT_EQUAL(m.status, DS_OK);
    CU_ASSERT_EQUAL(agree(), 1000);
    m = (meddling){.command = "FLUSHALL"};
    CHECK_DONE(ds_migrate(model, meddle, &m, &last), "DS_CONFLICT");
    CHECK_TEXT(keys_of(), "");
    ds_source_close(other);
    ds_source_close(source);
}

/* Found through the index by the process that migrated, and by one that had asked before. */
static void what_was_migrated_is_found_by_its_indexes(void)
{
    ds_model *model = person();
    ds_source *other = NULL;
    char settings[256], *plan = NULL;
    ds_query *query = NULL;
    fill();
    snprintf(settings, sizeof settings, "{\"url\": \"unix://%s\"}", world_socket());
    CU_ASSERT_EQUAL_FATAL(ds_source_open("redis", settings, &other, &last), DS_OK);
    ds_model *theirs = world_model(other, PERSON);
    CHECK_TEXT(found(theirs, "{\"where\": {\"email\": \"77\"}}"), "77");
    CHECK_OK(migrate(model));
    CHECK_TEXT(found(model, "{\"where\": {\"email\": \"77\"}}"), "77");
    CHECK_TEXT(found(theirs, "{\"where\": {\"email\": \"78\"}}"), "78");
    CHECK_OK(create(theirs, "{\"id\": \"new\", \"email\": \"n\", \"city\": \"c1\"}"));
    CHECK_DONE(create(theirs, "{\"id\": \"other\", \"email\": \"500\"}"), "DS_DUPLICATE");
    CU_ASSERT_EQUAL(agree(), 1001);
    CHECK_OK(ds_query_parse("{\"where\": {\"city\": \"c1\"}}", &query, &last));
    CHECK_OK(ds_explain(model, query, &plan, &last));
    CU_ASSERT_PTR_NOT_NULL_FATAL(plan);
    CU_ASSERT_PTR_NULL(strstr(plan, "\"scan\""));
    ds_free(plan);
    ds_query_free(query);
    ds_source_close(other);
    ds_source_close(source);
}

static void records_may_stand_under_another_key_and_in_another_dialect(void)
{
    source = world_source("");
    ds_model *model = world_model(
        source,
        "{\"name\": \"Customer\", \"properties\": {\"pk\": {\"type\": \"string\", \"id\": true}, \"joined\": "
        "{\"type\": "
        "\"date\", \"index\": true}, \"active\": {\"type\": \"boolean\", \"index\": true}}, \"settings\": {\"redis\": {"
        "\"key\": \":app.Customer\", \"dialect\": \"redis-om\"}}}");
    raw("HSET :app.Customer:1 pk 1 joined 1709208000.0 active 1");
    raw("HSET :app.Customer:2 pk 2 joined 1709208000.5 active True");
    raw("HSET Customer:3 pk 3 joined 1709208000.5 active 1");
    CHECK_OK(migrate(model));
    CHECK_TEXT(keys_of(), ":app.Customer:1 :app.Customer:2 Customer#ids Customer#index:active Customer#index:joined "
                          "Customer#schema Customer:3");
    CHECK_TEXT(members_of("Customer#index:active"), "  11  12");
    CHECK_TEXT(found(model, "{\"where\": {\"active\": true}}"), "1 2");
    CHECK_TEXT(found(model, "{\"where\": {\"joined\": {\"gt\": \"2024-02-29T12:00:00Z\"}}}"), "2");
    CHECK_TEXT(told_by_check(model), "{\"model\":\"Customer\",\"missing\":[],\"records\":2}");
    ds_source_close(source);
}

static void an_index_may_hold_the_id(void)
{
    source = world_source("");
    ds_model *model =
        world_model(source, "{\"name\": \"Person\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": "
                            "true}, \"x\": \"integer\"}, \"indexes\": {\"byX\": {\"keys\": {\"x\": 1, "
                            "\"id\": -1}}}}");
    raw("HSET Person:b x 1");
    raw("HSET Person:bb x 1 id wrong");
    CHECK_OK(migrate(model));
    CHECK_OK(create(model, "{\"id\": \"c\", \"x\": 1}"));
    CHECK_OK(update(model, "b", "{\"x\": 2}"));
    CHECK_OK(update(model, "bb", "{\"x\": 0}"));
    CHECK_TEXT(told_by_check(model), EXACT(3));
    CHECK_OK(ds_delete_by_id(model, ds_string("b"), &last));
    CHECK_TEXT(told_by_check(model), EXACT(2));
    ds_source_close(source);
}

int main(void)
{
    static const test tests[] = {
        {"plain hashes become indexed", plain_hashes_become_indexed},
        {"a second migrate changes nothing", a_second_migrate_changes_nothing},
        {"what other programs changed is told, and repaired", what_other_programs_changed_is_told_and_repaired},
        {"duplicates are told with both ids, and the index stays unbuilt",
         duplicates_are_told_with_both_ids_and_the_index_stays_unbuilt},
        {"a claim of a record that has another value is free", a_claim_of_a_record_that_has_another_value_is_free},
        {"null and what is too long claim nothing", null_and_what_is_too_long_claim_nothing},
        {"a definition that changes takes its indexes along", a_definition_that_changes_takes_its_indexes_along},
        {"a key that has vanished is filled again", a_key_that_has_vanished_is_filled_again},
        {"what expires is known", what_expires_is_known},
        {"an integer id is no other text", an_integer_id_is_no_other_text},
        {"a key of another kind is left alone", a_key_of_another_kind_is_left_alone},
        {"a user of one prefix and the documented rights migrates database 9",
         a_user_of_one_prefix_and_the_documented_rights_migrates_database_9},
        {"progress is told", progress_is_told},
        {"a key that vanishes while it is filled is begun again",
         a_key_that_vanishes_while_it_is_filled_is_begun_again},
        {"broken connections and lost scripts do not end it", broken_connections_and_lost_scripts_do_not_end_it},
        {"of two that migrate, the later one goes on", of_two_that_migrate_the_later_one_goes_on},
        {"what was migrated is found by its indexes", what_was_migrated_is_found_by_its_indexes},
        {"records may stand under another key, and in another dialect",
         records_may_stand_under_another_key_and_in_another_dialect},
        {"an index may hold the id", an_index_may_hold_the_id},
    };
    if (!world_start())
        return EXIT_FAILURE;
    int failed = SUITE_RUN("Redis: migrate", tests);
    world_stop();
    return failed;
}
