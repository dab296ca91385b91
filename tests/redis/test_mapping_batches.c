/* Batches of unlike writes on Redis: one pipeline, whatever the kinds and models, and what that may not change. */
#include "world.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static const char COUNTER[] = "{\"name\": \"Counter\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, "
                              "\"n\": \"integer\", \"d\": \"number\"}}";
static const char LINE[] = "{\"name\": \"Line\", \"properties\": {\"id\": {\"type\": \"integer\", \"id\": true, "
                           "\"generated\": true}, \"n\": \"integer\"}}";

static ds_source *source;
static ds_model *counters, *lines;
static ds_batch *batch;
static ds_record *records[4000];
static size_t record_count;

static void begin(void)
{
    source = world_source("");
    counters = world_model(source, COUNTER);
    lines = world_model(source, LINE);
    record_count = 0;
    CHECK_OK(ds_batch_new(source, &batch, &last));
}

static void end(void)
{
    ds_batch_free(batch);
    while (record_count > 0)
        ds_record_free(records[--record_count]);
    ds_source_close(source);
}

static ds_record *made(ds_model *model, const char *json)
{
    records[record_count] = record_of(model, json);
    return records[record_count++];
}

static const char *outcomes(void)
{
    static char text[8192];
    for (size_t i = 0; i < ds_batch_size(batch); i++) {
        ds_status status = ds_batch_outcome(batch, i, NULL);
        text[i] = (char)(status == DS_OK ? '.' : ds_status_name(status)[3] | 0x20);
    }
    text[ds_batch_size(batch)] = '\0';
    return text;
}

static long stat_of(const char *name)
{
    const char *info = raw("INFO stats"), *at = strstr(info, name);
    return at == NULL ? -1 : atol(at + strlen(name) + 1);
}

/* ---- round trips ---- */

/* Fifty writes of all kinds, in two models. */
static void add_fifty(int round)
{
    char json[64], id[16];
    for (int i = 0; i < 10; i++) {
        snprintf(json, sizeof json, "{\"id\": \"c%d-%d\", \"n\": %d}", round, i, i);
        ds_batch_create(batch, counters, made(counters, json));
        snprintf(id, sizeof id, "c%d-%d", round, i - 1);
        if (i % 2 == 1)
            ds_batch_delete(batch, counters, ds_string("none"));
        else
            ds_batch_increment(batch, counters, ds_string("sum"), "n", ds_integer(1), NULL);
        ds_batch_create(batch, lines, made(lines, "{\"n\": 1}"));
        snprintf(json, sizeof json, "{\"id\": \"u%d-%d\", \"n\": %d}", round, i, i);
        ds_batch_upsert(batch, counters, made(counters, json), NULL);
        ds_batch_expire(batch, lines, ds_integer(1000 + i), 100000);
    }
}

static void unlike_writes_cost_a_round_trip_or_two(void)
{
    begin();
    CHECK_OK(create(counters, "{\"id\": \"sum\"}"));
    add_fifty(0); /* the scripts are loaded */
    CHECK_DONE(ds_batch_run(batch, 0, &last), "DS_NOT_FOUND");
    ds_batch_free(batch);
    CHECK_OK(ds_batch_new(source, &batch, &last));
    char json[64];
    for (int i = 0; i < 25; i++) { /* no id twice */
        snprintf(json, sizeof json, "{\"id\": \"x%d\", \"n\": %d}", i, i);
        ds_batch_create(batch, counters, made(counters, json));
        snprintf(json, sizeof json, "c0-%d", i % 10);
        ds_batch_create(batch, lines, made(lines, "{\"n\": 1}"));
        if (i < 10)
            ds_batch_increment(batch, counters, ds_string(json), "n", ds_integer(1), NULL);
        else if (i < 20)
            ds_batch_expire(batch, lines, ds_integer(i - 9), 100000);
    }
    long before = stat_of("total_reads_processed");
    CHECK_OK(ds_batch_run(batch, 0, &last));
    long reads = stat_of("total_reads_processed") - before;
    printf("\n%zu writes in %ld reads of the server, one of them the test's", ds_batch_size(batch), reads);
    CU_ASSERT(reads > 1 && reads <= 4);
    CHECK_TEXT(hash_of("Counter:c0-3"), "id=c0-3 n=4");
    CHECK_TEXT(hash_of("Line:35"), "id=35 n=1");
    CU_ASSERT(atol(raw("PTTL Line:10")) > 90000);
    end();
}

static void an_id_that_comes_again_waits_for_the_next_round(void)
{
    begin();
    ds_value now = ds_null();
    for (int i = 0; i < 3; i++) {
        ds_batch_create(batch, counters, made(counters, "{\"id\": \"1\", \"n\": 1}"));
        ds_batch_increment(batch, counters, ds_string("1"), "n", ds_integer(4), &now);
        ds_batch_delete(batch, counters, ds_string("1"));
    }
    ds_batch_create(batch, counters, made(counters, "{\"id\": \"1\", \"n\": 9}"));
    CHECK_OK(ds_batch_run(batch, 0, &last));
    CU_ASSERT_EQUAL(now.as.integer, 5);
    CHECK_TEXT(hash_of("Counter:1"), "id=1 n=9");
    end();
}

/* ---- sequences ---- */

static void numbers_are_taken_in_the_order_of_the_writes(void)
{
    begin();
    ds_record *first = made(lines, "{}"), *second = made(lines, "{}"), *third = made(lines, "{}");
    ds_batch_create(batch, lines, first);
    ds_batch_create(batch, lines, second);
    ds_batch_create(batch, lines, made(lines, "{\"id\": 50}"));
    ds_batch_delete(batch, lines, ds_integer(2));
    ds_batch_create(batch, lines, third);
    ds_batch_upsert(batch, lines, made(lines, "{\"id\": 70}"), NULL);
    CHECK_OK(ds_batch_run(batch, 0, &last));
    CU_ASSERT_EQUAL(ds_record_get(first, "id").as.integer, 1);
    CU_ASSERT_EQUAL(ds_record_get(second, "id").as.integer, 2);
    CU_ASSERT_EQUAL(ds_record_get(third, "id").as.integer, 51);
    CHECK_TEXT(raw("GET Line#sequence"), "70");
    CHECK_TEXT(keys_of(), "Line#sequence Line:1 Line:50 Line:51 Line:70");
    end();
}

static void a_sequence_that_gives_no_number_fails_its_creations_alone(void)
{
    begin();
    raw("LPUSH Line#sequence x");
    ds_batch_create(batch, counters, made(counters, "{\"id\": \"1\"}"));
    ds_batch_create(batch, lines, made(lines, "{}"));
    ds_batch_create(batch, lines, made(lines, "{\"id\": 5}"));
    ds_batch_create(batch, counters, made(counters, "{\"id\": \"2\"}"));
    CHECK_DONE(ds_batch_run(batch, 0, &last), "DS_WRONG_KIND");
    CU_ASSERT_PTR_NOT_NULL(strstr(last.message, "Line#sequence"));
    CHECK_TEXT(outcomes(), ".ww.");
    CU_ASSERT_EQUAL(ds_record_get(records[1], "id").type, DS_NULL);
    end();
}

/* ---- what Redis does not do ---- */

static void what_redis_cannot_add_is_added_in_its_place(void)
{
    begin();
    ds_value sums[5] = {ds_null(), ds_null(), ds_null(), ds_null(), ds_null()};
    CHECK_OK(create(counters, "{\"id\": \"1\", \"n\": 1, \"d\": 0.5}"));
    raw("HSET Counter:2 id 2 n -0");
    raw("HSET Counter:3 id 3 n 9223372036854775807");
    ds_batch_increment(batch, counters, ds_string("1"), "n", ds_integer(1), &sums[0]);
    ds_batch_increment(batch, counters, ds_string("1"), "d", ds_number(0.25), &sums[1]);
    ds_batch_increment(batch, counters, ds_string("1"), "n", ds_integer(1), &sums[2]);
    ds_batch_increment(batch, counters, ds_string("2"), "n", ds_integer(1), &sums[3]);
    ds_batch_increment(batch, counters, ds_string("2"), "n", ds_integer(1), &sums[4]);
    ds_batch_increment(batch, counters, ds_string("3"), "n", ds_integer(1), NULL);
    ds_batch_delete(batch, counters, ds_string("1"));
    ds_batch_create(batch, counters, made(counters, "{\"id\": \"1\", \"n\": 100}"));
    CHECK_DONE(ds_batch_run(batch, 0, &last), "DS_INVALID");
    CU_ASSERT_PTR_NOT_NULL(strstr(last.message, "write 5 of the batch"));
    CHECK_TEXT(outcomes(), ".....i..");
    CU_ASSERT_EQUAL(sums[0].as.integer, 2);
    CU_ASSERT_EQUAL(sums[1].as.number, 0.75);
    CU_ASSERT_EQUAL(sums[2].as.integer, 3);
    CU_ASSERT_EQUAL(sums[3].as.integer, 1);
    CU_ASSERT_EQUAL(sums[4].as.integer, 2);
    CHECK_TEXT(hash_of("Counter:1"), "id=1 n=100");
    CHECK_TEXT(hash_of("Counter:2"), "id=2 n=2");
    CHECK_TEXT(hash_of("Counter:3"), "id=3 n=9223372036854775807");
    end();
}

static void an_atomic_batch_is_done_whole_or_not_at_all(void)
{
    begin();
    ds_value sum = ds_null();
    CHECK_OK(create(counters, "{\"id\": \"1\", \"n\": 1, \"d\": 0.5}"));
    ds_batch_create(batch, counters, made(counters, "{\"id\": \"2\"}"));
    ds_batch_increment(batch, counters, ds_string("1"), "d", ds_number(0.25), &sum);
    ds_batch_create(batch, lines, made(lines, "{\"id\": 7}"));
    ds_batch_create(batch, lines, made(lines, "{}"));
    ds_batch_delete(batch, counters, ds_string("none"));
    CHECK_DONE(ds_batch_run(batch, DS_ATOMIC, &last), "DS_NOT_FOUND");
    CHECK_TEXT(outcomes(), "ccccn");
    CHECK_TEXT(keys_of(), "Counter:1 Line#sequence");
    CHECK_OK(create(counters, "{\"id\": \"none\"}"));
    CHECK_OK(ds_batch_run(batch, DS_ATOMIC, &last));
    CHECK_TEXT(keys_of(), "Counter:1 Counter:2 Line#sequence Line:10 Line:7");
    CHECK_TEXT(hash_of("Counter:1"), "d=0.75 id=1 n=1");
    CU_ASSERT_EQUAL(sum.as.number, 0.75);
    end();
}

/* ---- faults ---- */

static void keys_of_other_kinds_fail_alone(void)
{
    begin();
    raw("SET Counter:s x");
    ds_record *record = made(counters, "{\"id\": \"s\", \"n\": 1}");
    ds_record *changes = made(counters, "{\"n\": 1}");
    ds_batch_create(batch, counters, made(counters, "{\"id\": \"1\"}"));
    ds_batch_upsert(batch, counters, record, NULL);
    ds_batch_update(batch, counters, ds_string("s"), changes);
    ds_batch_increment(batch, counters, ds_string("s"), "n", ds_integer(1), NULL);
    ds_batch_expire(batch, counters, ds_string("s"), 1000);
    ds_batch_delete(batch, counters, ds_string("s"));
    ds_batch_expire(batch, counters, ds_string("1"), INT64_MAX);
    ds_batch_expire(batch, counters, ds_string("none"), 1000);
    ds_batch_create(batch, counters, made(counters, "{\"id\": \"2\"}"));
    CHECK_DONE(ds_batch_run(batch, 0, &last), "DS_WRONG_KIND");
    CHECK_TEXT(outcomes(), ".wwwwwin.");
    CHECK_TEXT(keys_of(), "Counter:1 Counter:2 Counter:s");
    end();
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

/* Whatever scripts are forgotten on the way, each write is done once, and those of one id in their order. */
static void scripts_may_be_forgotten_within_a_batch(void)
{
    begin();
    pthread_t thread;
    char json[64], id[16];
    enum { N = 500 };
    CHECK_OK(create(counters, "{\"id\": \"sum\", \"n\": 0}"));
    for (int i = 0; i < N; i++) {
        snprintf(id, sizeof id, "%d", i);
        snprintf(json, sizeof json, "{\"id\": \"%d\", \"n\": %d}", i, i);
        ds_batch_create(batch, counters, made(counters, json));
        ds_batch_increment(batch, counters, ds_string(id), "n", ds_integer(-i), NULL);
        ds_batch_create(batch, lines, made(lines, "{\"n\": 3}"));
        if (i % 5 == 0)
            ds_batch_delete(batch, counters, ds_string(id));
        if (i % 50 == 0)
            ds_batch_increment(batch, counters, ds_string("sum"), "n", ds_integer(1), NULL);
    }
    atomic_store(&stop, false);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, flush_scripts, NULL), 0);
    CHECK_OK(ds_batch_run(batch, 0, &last));
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
    uint64_t count = 0;
    ds_filter *zero = ds_where("n", DS_EQ, ds_integer(0));
    CHECK_OK(ds_count(counters, zero, &count, &last));
    CU_ASSERT_EQUAL(count, N - N / 5);
    CHECK_OK(ds_count(lines, NULL, &count, &last));
    CU_ASSERT_EQUAL(count, N);
    CHECK_TEXT(hash_of("Counter:sum"), "id=sum n=10");
    ds_filter_free(zero);
    end();
}

int main(void)
{
    static const test tests[] = {
        {"unlike writes cost a round trip or two", unlike_writes_cost_a_round_trip_or_two},
        {"an id that comes again waits for the next round", an_id_that_comes_again_waits_for_the_next_round},
        {"numbers are taken in the order of the writes", numbers_are_taken_in_the_order_of_the_writes},
        {"a sequence that gives no number fails its creations alone",
         a_sequence_that_gives_no_number_fails_its_creations_alone},
        {"what Redis cannot add is added in its place", what_redis_cannot_add_is_added_in_its_place},
        {"an atomic batch is done whole or not at all", an_atomic_batch_is_done_whole_or_not_at_all},
        {"keys of other kinds fail alone", keys_of_other_kinds_fail_alone},
        {"scripts may be forgotten within a batch", scripts_may_be_forgotten_within_a_batch},
    };
    if (!world_start())
        return EXIT_FAILURE;
    int failed = SUITE_RUN("Redis mapping, batches", tests);
    world_stop();
    return failed;
}
