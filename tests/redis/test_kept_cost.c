/* TIMED=1: what indexed writes cost the server, against plain pipelined HSETs of the same fields: INFO cpu, at 100,000 records,
 * in pipelines of 50, each the median of seven, all in one run. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

enum { RECORDS = 100000, PORTION = 20000, PIPELINE = 50, TIMES = 7 };

static const char ACCOUNT[] =
    "{\"name\": \"Account\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, "
    "\"email\": {\"type\": \"string\", \"unique\": true}, \"age\": {\"type\": \"integer\", \"index\": true}, "
    "\"name\": {\"type\": \"string\", \"index\": true}, \"city\": \"string\", \"active\": \"boolean\"}}";

static ds_source *source;
static ds_model *accounts;
static redisContext *direct;

static double server_cpu(void)
{
    const char *info = raw("INFO cpu"), *user = strstr(info, "used_cpu_user:"), *system = strstr(info, "used_cpu_sys:");
    return user == NULL || system == NULL ? 0 : strtod(user + 14, NULL) + strtod(system + 13, NULL);
}

static void drain(int count)
{
    for (void *reply; count > 0; count--) {
        CU_ASSERT_FATAL(redisGetReply(direct, &reply) == REDIS_OK && ((redisReply *)reply)->type != REDIS_REPLY_ERROR);
        freeReplyObject(reply);
    }
}

static unsigned mixed(unsigned i)
{
    return (i * 2654435761u) >> 8;
}

static void plain(unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++) {
        redisAppendCommand(direct,
                           "HSET Plain:%u id %u email user%u@example.org age %u name Name%u city Berlin active true", i,
                           i, i, mixed(i) % 100, mixed(i) % RECORDS);
        if ((i - first) % PIPELINE == PIPELINE - 1)
            drain(PIPELINE);
    }
}

/* The same five writes by a script that checks nothing but that the record is new: what no protocol could go below. */
static const char BARE[] = "if redis.call('EXISTS', KEYS[1]) == 1 then return 'TAKEN' end "
                           "redis.call('HSET', KEYS[1], unpack(ARGV, 5)) redis.call('ZADD', KEYS[2], '0', ARGV[1]) "
                           "redis.call('HSET', KEYS[3], ARGV[2], ARGV[1]) redis.call('ZADD', KEYS[4], '0', ARGV[3]) "
                           "redis.call('ZADD', KEYS[5], '0', ARGV[4]) return 'CREATED'";
static char digest[48];

static void bare(unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++) {
        char member[2][64];
        int age = snprintf(member[0], 64, "0..%u.%u", mixed(i) % 100, i);
        int name = snprintf(member[1], 64, "PName%u..%u", mixed(i) % RECORDS, i);
        redisAppendCommand(
            direct,
            "EVALSHA %s 5 Bare:%u Bare#ids Bare#unique:email Bare#index:age Bare#index:name %u "
            "Puser%u@example.org.. %b %b id %u email user%u@example.org age %u name Name%u city Berlin active true",
            digest, i, i, i, member[0], (size_t)age, member[1], (size_t)name, i, i, mixed(i) % 100, mixed(i) % RECORDS);
        if ((i - first) % PIPELINE == PIPELINE - 1)
            drain(PIPELINE);
    }
}

static void fill(ds_record *record, unsigned i, bool active)
{
    char text[64];
    snprintf(text, sizeof text, "%u", i);
    ds_record_set(record, "id", ds_string(text));
    snprintf(text, sizeof text, "user%u@example.org", i);
    ds_record_set(record, "email", ds_string(text));
    ds_record_set(record, "age", ds_integer(mixed(i) % 100));
    snprintf(text, sizeof text, "Name%u", mixed(i) % RECORDS);
    ds_record_set(record, "name", ds_string(text));
    ds_record_set(record, "city", ds_string("Berlin"));
    ds_record_set(record, "active", ds_boolean(active));
}

static void created(unsigned first, unsigned count)
{
    ds_record *records[PIPELINE];
    for (unsigned i = first; i < first + count; i += PIPELINE) {
        for (unsigned k = 0; k < PIPELINE; k++)
            fill(records[k] = ds_record_new(accounts), i + k, true);
        CHECK_OK(ds_create_all(accounts, records, PIPELINE, NULL, &last));
        for (unsigned k = 0; k < PIPELINE; k++)
            ds_record_free(records[k]);
    }
}

/* The same fields once more, of which one that is not indexed has changed. */
static void updated(unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i += PIPELINE) {
        ds_batch *batch = NULL;
        ds_record *changes[PIPELINE];
        char id[16];
        CHECK_OK(ds_batch_new(source, &batch, &last));
        for (unsigned k = 0; k < PIPELINE; k++) {
            snprintf(id, sizeof id, "%u", i + k);
            fill(changes[k] = ds_record_new(accounts), i + k, false);
            ds_batch_update(batch, accounts, ds_string(id), changes[k]);
        }
        CHECK_OK(ds_batch_run(batch, 0, &last));
        ds_batch_free(batch);
        for (unsigned k = 0; k < PIPELINE; k++)
            ds_record_free(changes[k]);
    }
}

static double cost(void (*work)(unsigned, unsigned), unsigned first)
{
    double before = server_cpu();
    work(first, PORTION);
    return (server_cpu() - before) * 1e6 / PORTION;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median(double *times)
{
    qsort(times, TIMES, sizeof *times, compare);
    return times[TIMES / 2];
}

static void indexed_writes_cost_the_server_little_more_than_their_commands(void)
{
    double hset[TIMES], bare_cost[TIMES], create_cost[TIMES], update_cost[TIMES];
    source = world_source("");
    accounts = world_model(source, ACCOUNT);
    direct = world_connect();
    snprintf(digest, sizeof digest, "%s", raw("SCRIPT LOAD %s", BARE));
    plain(0, RECORDS);
    bare(0, RECORDS);
    created(0, RECORDS);
    for (unsigned i = 0; i < TIMES; i++) {
        hset[i] = cost(plain, RECORDS + i * PORTION);
        bare_cost[i] = cost(bare, RECORDS + i * PORTION);
        create_cost[i] = cost(created, RECORDS + i * PORTION);
        update_cost[i] = cost(updated, i * PORTION % RECORDS);
    }
    double plain_cost = median(hset), creates = median(create_cost), updates = median(update_cost);
    double bares = median(bare_cost);
    printf(
        "\nHSET %.2f us, a bare script %.2f us (%.2f times), create %.2f us (%.2f times), update %.2f us (%.2f times)",
        plain_cost, bares, bares / plain_cost, creates, creates / plain_cost, updates, updates / plain_cost);
    CU_ASSERT(creates <= 8.5 * plain_cost);
    CU_ASSERT(updates <= 3 * plain_cost);
    redisFree(direct);
    ds_source_close(source);
}

int main(void)
{
    static const test tests[] = {
        {"indexed writes cost the server little more than their commands",
         indexed_writes_cost_the_server_little_more_than_their_commands},
    };
    if (getenv("TIMED") == NULL)
        return 77;
    if (!world_start())
        return EXIT_FAILURE;
    int failed = SUITE_RUN("Redis indexes, cost", tests);
    world_stop();
    return failed;
}
