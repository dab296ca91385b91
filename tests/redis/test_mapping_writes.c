/* Writes of many records, by many clients at once, with scripts that the server forgets; and what a find sends. */
#include "world.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static ds_source *source;
static ds_model *open_model(const char *definition)
{
    source = world_source("");
    return world_model(source, definition);
}

static const char COUNTER[] = "{\"name\": \"Counter\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, "
                              "\"n\": \"integer\", \"d\": \"number\", \"a\": \"any\"}}";

/* ---- batches ---- */

static size_t create_many(ds_model *model, size_t first, size_t n, ds_status wanted)
{
    ds_record **records = calloc(n, sizeof *records);
    size_t created = 0;
    char json[64];
    for (size_t i = 0; i < n; i++) {
        snprintf(json, sizeof json, "{\"id\": \"%zu\", \"n\": %zu}", first + i, i);
        records[i] = record_of(model, json);
    }
    CHECK_DONE(ds_create_all(model, records, n, &created, &last), ds_status_name(wanted));
    for (size_t i = 0; i < n; i++)
        ds_record_free(records[i]);
    free(records);
    return created;
}

static void a_batch_of_thousands_is_told_one_by_one(void)
{
    ds_model *model = open_model(COUNTER);
    CU_ASSERT_EQUAL(create_many(model, 1000, 500, DS_OK), 500);
    CU_ASSERT_EQUAL(create_many(model, 0, 3500, DS_DUPLICATE), 3000);
    CHECK_TEXT(raw("DBSIZE"), "3500");
    CHECK_TEXT(hash_of("Counter:1001"), "id=1001 n=1");
    CHECK_TEXT(hash_of("Counter:3499"), "id=3499 n=3499");
    uint64_t count;
    CHECK_OK(ds_count(model, NULL, &count, &last));
    CU_ASSERT_EQUAL(count, 3500);
    CHECK_OK(ds_delete(model, ds_everything(), &count, &last));
    CU_ASSERT_EQUAL(count, 3500);
    CHECK_TEXT(raw("DBSIZE"), "0");
    ds_source_close(source);
}

static void an_id_twice_in_a_batch_is_created_once(void)
{
    ds_model *model = open_model(COUNTER);
    ds_record *records[4] = {
        record_of(model, "{\"id\": \"1\", \"n\": 1}"), record_of(model, "{\"id\": \"2\", \"n\": 2}"),
        record_of(model, "{\"id\": \"1\", \"n\": 3}"), record_of(model, "{\"id\": \"3\", \"n\": 4}")};
    size_t created;
    CHECK_DONE(ds_create_all(model, records, 4, &created, &last), "DS_DUPLICATE");
    CU_ASSERT_EQUAL(created, 3);
    CU_ASSERT_EQUAL(ds_record_outcome(records[0], &last), DS_OK);
    CU_ASSERT_EQUAL(ds_record_outcome(records[2], &last), DS_DUPLICATE);
    CHECK_TEXT(hash_of("Counter:1"), "id=1 n=1");
    for (size_t i = 0; i < 4; i++)
        ds_record_free(records[i]);
    ds_source_close(source);
}

static void a_batch_with_a_bad_key_does_the_rest(void)
{
    ds_model *model = open_model(COUNTER);
    raw("SET Counter:7 x");
    CU_ASSERT_EQUAL(create_many(model, 0, 10, DS_WRONG_KIND), 9);
    CHECK_TEXT(raw("GET Counter:7"), "x");
    CHECK_TEXT(raw("DBSIZE"), "10");
    ds_source_close(source);
}

/* ---- scripts ---- */

static void a_forgotten_script_is_loaded_again(void)
{
    ds_model *model = open_model(COUNTER);
    ds_value now, id = ds_string("1");
    raw("SCRIPT FLUSH");
    CHECK_OK(create(model, "{\"id\": \"1\", \"n\": 1}"));
    raw("SCRIPT FLUSH");
    CHECK_OK(update(model, "1", "{\"n\": 2}"));
    raw("SCRIPT FLUSH");
    CHECK_OK(ds_increment(model, id, "n", ds_integer(5), &now, &last));
    CU_ASSERT_EQUAL(now.as.integer, 7);
    raw("SCRIPT FLUSH");
    CHECK_OK(ds_expire(model, id, 100000, &last));
    raw("SCRIPT FLUSH");
    CHECK_OK(ds_delete_by_id(model, id, &last));
    raw("SCRIPT FLUSH");
    CU_ASSERT_EQUAL(create_many(model, 0, 2500, DS_OK), 2500);
    CHECK_TEXT(raw("DBSIZE"), "2500");
    ds_source_close(source);
}

static atomic_bool stop;

static void *flush_scripts(void *unused)
{
    redisContext *context = world_connect();
    (void)unused;
    while (!atomic_load(&stop))
        freeReplyObject(redisCommand(context, "SCRIPT FLUSH"));
    redisFree(context);
    return NULL;
}

static void scripts_may_be_forgotten_within_a_batch(void)
{
    ds_model *model = open_model(COUNTER);
    pthread_t thread;
    uint64_t count;
    raw("CONFIG RESETSTAT");
    atomic_store(&stop, false);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, flush_scripts, NULL), 0);
    for (size_t round = 0; round < 5; round++) {
        CU_ASSERT_EQUAL(create_many(model, 0, 1500, DS_OK), 1500);
        CHECK_OK(ds_delete(model, ds_everything(), &count, &last));
        CU_ASSERT_EQUAL(count, 1500);
    }
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
    CHECK_TEXT(raw("DBSIZE"), "0");
    CU_ASSERT_PTR_NOT_NULL(strstr(raw("INFO errorstats"), "errorstat_NOSCRIPT"));
    ds_source_close(source);
}

/* ---- many clients ---- */

#define THREADS 8
typedef struct worker {
    pthread_t thread;
    ds_model *model;
    size_t done, refused, other;
} worker;

static void run_workers(worker *workers, void *(*run)(void *), ds_model *model)
{
    for (size_t i = 0; i < THREADS; i++) {
        workers[i] = (worker){.model = model};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&workers[i].thread, NULL, run, &workers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(workers[i].thread, NULL);
}

static void *create_the_same(void *user)
{
    worker *self = user;
    for (int i = 0; i < 200; i++) {
        ds_record *record = ds_record_new(self->model);
        char id[16];
        snprintf(id, sizeof id, "%d", i);
        ds_record_set(record, "id", ds_string(id));
        ds_status status = ds_create(self->model, record, NULL);
        self->done += status == DS_OK;
        self->refused += status == DS_DUPLICATE;
        self->other += status != DS_OK && status != DS_DUPLICATE;
        ds_record_free(record);
    }
    return NULL;
}

static void of_many_creators_one_wins(void)
{
    ds_model *model = open_model(COUNTER);
    worker workers[THREADS];
    size_t won = 0, refused = 0;
    run_workers(workers, create_the_same, model);
    for (size_t i = 0; i < THREADS; i++) {
        won += workers[i].done;
        refused += workers[i].refused;
        CU_ASSERT_EQUAL(workers[i].other, 0);
    }
    CU_ASSERT_EQUAL(won, 200);
    CU_ASSERT_EQUAL(refused, 200 * (THREADS - 1));
    CHECK_TEXT(raw("DBSIZE"), "200");
    ds_source_close(source);
}

static void *increment_the_same(void *user)
{
    worker *self = user;
    for (int i = 0; i < 250; i++) {
        self->done += ds_increment(self->model, ds_string("1"), "n", ds_integer(3), NULL, NULL) == DS_OK;
        self->refused += ds_increment(self->model, ds_string("1"), "d", ds_number(0.5), NULL, NULL) == DS_OK;
    }
    return NULL;
}

static void increments_of_many_threads_sum_exactly(void)
{
    ds_model *model = open_model(COUNTER);
    worker workers[THREADS];
    CHECK_OK(create(model, "{\"id\": \"1\", \"n\": 9007199254740993}"));
    run_workers(workers, increment_the_same, model);
    for (size_t i = 0; i < THREADS; i++) {
        CU_ASSERT_EQUAL(workers[i].done, 250);
        CU_ASSERT_EQUAL(workers[i].refused, 250);
    }
    CHECK_TEXT(hash_of("Counter:1"), "d=1000 id=1 n=9007199254746993");
    ds_source_close(source);
}

static void an_increment_is_exact_or_refused(void)
{
    ds_model *model = open_model(COUNTER);
    ds_value now, id = ds_string("1");
    CHECK_OK(create(model, "{\"id\": \"1\", \"n\": 9223372036854775806, \"d\": 0.1}"));
    CHECK_OK(ds_increment(model, id, "n", ds_integer(1), &now, &last));
    CU_ASSERT_EQUAL(now.as.integer, INT64_MAX);
    CHECK_DONE(ds_increment(model, id, "n", ds_integer(1), &now, &last), "DS_INVALID");
    CHECK_OK(ds_increment(model, id, "d", ds_number(0.2), &now, &last));
    CU_ASSERT_EQUAL(now.as.number, 0.1 + 0.2);
    CHECK_TEXT(hash_of("Counter:1"), "d=0.30000000000000004 id=1 n=9223372036854775807");
    CHECK_DONE(ds_increment(model, ds_string("2"), "n", ds_integer(1), &now, &last), "DS_NOT_FOUND");
    CHECK_DONE(ds_increment(model, ds_string("2"), "d", ds_number(1), &now, &last), "DS_NOT_FOUND");
    ds_model *plain = world_model(source, "plain");
    raw("HSET plain:1 n 5 d 1.5 t x");
    CHECK_OK(ds_increment(plain, id, "n", ds_integer(-7), &now, &last));
    CHECK_OK(ds_increment(plain, id, "d", ds_number(1), &now, &last));
    CHECK_OK(ds_increment(plain, id, "new", ds_integer(1), &now, &last));
    CHECK_DONE(ds_increment(plain, id, "t", ds_integer(1), &now, &last), "DS_INVALID");
    CHECK_TEXT(hash_of("plain:1"), "d=2.5 n=-2 new=1 t=x");
    ds_source_close(source);
}

#define LOCKED 400
static atomic_bool go;

static void *lock_all(void *unused)
{
    redisContext *context = world_connect();
    (void)unused;
    while (!atomic_load(&go))
        ;
    for (int i = 0; i < LOCKED; i++)
        freeReplyObject(redisCommand(context, "HSET Counter:%d n 2", i));
    redisFree(context);
    return NULL;
}

/* Others turn n from 1 to 2, once and for all, while we turn 1 to 7. Whoever comes first, in the end all are 2, unless
 * a write of ours has hit a record that did not match any more. Answers how many it refused. */
static uint64_t race_for_locks(ds_model *model, const ds_filter *filter, const ds_record *changes)
{
    pthread_t thread;
    uint64_t count = 0, calls = 0;
    raw("EVAL %s 0 %d", "for i = 0, ARGV[1] - 1 do redis.call('HSET', 'Counter:' .. i, 'n', 1) end", LOCKED);
    raw("CONFIG RESETSTAT");
    atomic_store(&go, false);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, lock_all, NULL), 0);
    atomic_store(&go, true);
    CHECK_OK(ds_update(model, filter, changes, &count, &last));
    pthread_join(thread, NULL);
    CHECK_TEXT(
        raw("EVAL %s 0 %d",
            "local wrong = 0 for i = 0, ARGV[1] - 1 do wrong = wrong + (redis.call('HGET', 'Counter:' .. i, 'n') == "
            "'2' and 0 or 1) end return wrong",
            LOCKED),
        "0");
    const char *stats = strstr(raw("INFO commandstats"), "cmdstat_evalsha:calls=");
    if (stats != NULL)
        calls = strtoull(stats + strlen("cmdstat_evalsha:calls="), NULL, 10);
    return calls > count ? calls - count : 0;
}

static void an_update_by_filter_touches_only_what_still_matches(void)
{
    ds_model *model = open_model(COUNTER);
    ds_filter *filter = ds_where("n", DS_EQ, ds_integer(1));
    ds_record *changes = record_of(model, "{\"n\": 7}");
    uint64_t refused = 0;
    int rounds = 0;
    CHECK_OK(create(model, "{\"id\": \"x\", \"n\": 0}"));
    CHECK_OK(update(model, "x", "{\"n\": 1}")); /* so that the script is known */
    for (; rounds < 500 && refused < 20; rounds++)
        refused += race_for_locks(model, filter, changes);
    printf("%llu writes were refused in %d races\n", (unsigned long long)refused, rounds);
    CU_ASSERT_TRUE(refused >= 20);
    ds_filter_free(filter);
    ds_record_free(changes);
    ds_source_close(source);
}

/* ---- rights ---- */

static void a_user_with_the_documented_rights_can_do_all(void)
{
    ds_value now, id = ds_string("1");
    int64_t ttl;
    bool flag;
    uint64_t count;
    source = world_source("\"keyPrefix\": \"app:\", \"username\": \"app\", \"password\": \"secret\"");
    CHECK_TEXT(raw("ACL SETUSER app reset on >secret ~app:* resetchannels -@all +auth +select +ping +client|setname "
                   "+evalsha +eval +type "
                   "+scan +hset +hget +hgetall +hmget +hlen +hkeys +hsetnx +hdel +hincrby +unlink +exists +pexpire "
                   "+persist +pttl "
                   "+get +set +incrby"),
               "OK");
    raw("SCRIPT FLUSH");
    ds_model *model = world_model(source, COUNTER);
    CHECK_OK(create(model, "{\"id\": \"1\", \"n\": 1}"));
    CHECK_OK(update(model, "1", "{\"n\": null}"));
    ds_record *record = record_of(model, "{\"id\": \"1\", \"n\": 2}");
    CHECK_OK(ds_replace_by_id(model, id, record, &last));
    CHECK_OK(ds_upsert(model, record, &flag, &last));
    CHECK_OK(ds_increment(model, id, "n", ds_integer(1), &now, &last));
    CHECK_OK(ds_increment(model, id, "d", ds_number(1.5), &now, &last));
    CHECK_OK(ds_expire(model, id, 100000, &last));
    CHECK_OK(ds_ttl(model, id, &ttl, &last));
    CHECK_OK(ds_expire(model, id, -1, &last));
    CHECK_TEXT(found(model, "{\"where\": {\"n\": 3}, \"fields\": [\"id\"]}"), "1");
    CHECK_OK(ds_count(model, NULL, &count, &last));
    CHECK_OK(ds_exists(model, id, &flag, &last));
    ds_model *plain = world_model(source, "plain");
    CHECK_OK(create(plain, "{\"id\": \"1\", \"a\": 1, \"b\": 2}"));
    CHECK_OK(update(plain, "1", "{\"a\": null, \"b\": null}"));
    ds_record *other = record_of(plain, "{\"c\": 1}");
    CHECK_OK(ds_replace_by_id(plain, id, other, &last));
    ds_record_free(other);
    ds_model *numbered =
        world_model(source, "{\"name\": \"Num\", \"properties\": {\"id\": {\"type\": \"integer\", \"id\": "
                            "true, \"generated\": true}}, \"settings\": {\"ttl\": 100000}}");
    CHECK_OK(create(numbered, "{}"));
    CHECK_OK(create(numbered, "{\"id\": 50}"));
    CHECK_OK(ds_delete(model, ds_everything(), &count, &last));
    CHECK_TEXT(keys_of(), "app:Num#sequence app:Num:1 app:Num:50 app:plain:1");
    ds_record_free(record);
    ds_source_close(source);
    raw("ACL DELUSER app");
}

static void a_refused_command_is_an_error_of_its_own(void)
{
    CHECK_TEXT(raw("ACL SETUSER app reset on >secret ~* +@all -hgetall -hset"), "OK");
    source = world_source("\"username\": \"app\", \"password\": \"secret\"");
    ds_model *model = world_model(source, COUNTER);
    CHECK_DONE(create(model, "{\"id\": \"1\", \"n\": 1}"), "DS_AUTH");
    raw("HSET Counter:1 n 1");
    CHECK_TEXT(json_of(model, "1"), "DS_AUTH");
    CU_ASSERT_PTR_NOT_NULL(strstr(last.message, "Counter:1"));
    CU_ASSERT_PTR_NULL(strstr(last.message, "secret"));
    CHECK_TEXT(found(model, "{}"), "DS_AUTH");
    ds_source_close(source);
    raw("ACL DELUSER app");
}

static void a_full_server_is_an_error_of_its_own(void)
{
    ds_model *model = open_model(COUNTER);
    raw("CONFIG SET maxmemory 1");
    CHECK_DONE(create(model, "{\"id\": \"1\", \"n\": 1}"), "DS_BACKEND");
    CU_ASSERT_PTR_NOT_NULL(strstr(last.message, "Counter:1"));
    CU_ASSERT_EQUAL(create_many(model, 0, 10, DS_BACKEND), 0);
    raw("CONFIG SET maxmemory 0");
    CHECK_TEXT(raw("DBSIZE"), "0");
    CHECK_OK(create(model, "{\"id\": \"1\", \"n\": 1}"));
    ds_source_close(source);
}

int main(void)
{
    static const test tests[] = {
        {"a batch of thousands is told one by one", a_batch_of_thousands_is_told_one_by_one},
        {"an id that comes twice in a batch is created once, the first time", an_id_twice_in_a_batch_is_created_once},
        {"a batch with a key of another kind does the rest", a_batch_with_a_bad_key_does_the_rest},
        {"a script that the server has forgotten is loaded again", a_forgotten_script_is_loaded_again},
        {"scripts may be forgotten within a batch", scripts_may_be_forgotten_within_a_batch},
        {"of many who create the same record one wins", of_many_creators_one_wins},
        {"increments of many threads sum exactly", increments_of_many_threads_sum_exactly},
        {"an increment is exact over 64 bits, or refused", an_increment_is_exact_or_refused},
        {"an update by filter touches only what still matches", an_update_by_filter_touches_only_what_still_matches},
        {"a user with the documented rights can do all", a_user_with_the_documented_rights_can_do_all},
        {"a command that the server refuses is an error that names the key", a_refused_command_is_an_error_of_its_own},
        {"a server without memory is an error that names the key", a_full_server_is_an_error_of_its_own},
    };
    if (!world_start())
        return EXIT_FAILURE;
    int failed = SUITE_RUN("Redis mapping, writes", tests);
    world_stop();
    return failed;
}
