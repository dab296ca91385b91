/* Indexes under clients that fight, die and forget: the raw keys agree afterwards, whatever happened. */
#include "checker.h"
#include "world.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char USER[] =
    "{\"name\": \"User\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, "
    "\"email\": {\"type\": \"string\", \"unique\": true}, \"age\": {\"type\": \"integer\", \"index\": true}, "
    "\"name\": {\"type\": \"string\", \"index\": true}, \"n\": \"integer\"}, "
    "\"indexes\": {\"both\": {\"keys\": {\"name\": -1, \"age\": 1}}}}";
static const checked_index INDEXES[] = {{"email", true, {{"email", 's', false}}, 1},
                                        {"age", false, {{"age", 'i', false}}, 1},
                                        {"name", false, {{"name", 's', false}}, 1},
                                        {"both", false, {{"name", 's', true}, {"age", 'i', false}}, 2}};
static const checked_model MODEL = {.name = "User", .indexes = INDEXES, .index_count = 4};

static ds_source *source;
static ds_model *users;
static redisContext *eye;

static void begin(void)
{
    source = world_source("");
    users = world_model(source, USER);
    eye = world_connect();
}

static checked look(void)
{
    checked found = checker_run(eye, &MODEL);
    CU_ASSERT_EQUAL(found.faults, 0);
    return found;
}

static void end(void)
{
    look();
    redisFree(eye);
    ds_source_close(source);
}

/* ---- a client of its own: random writes over a few ids and emails ---- */

enum { IDS = 40, EMAILS = 12 };

typedef struct client {
    unsigned seed;
    ds_source *source, *batches; /* its own, and that of the model */
    ds_model *model;
    unsigned done, duplicates, failures;
    unsigned whole; /* atomic batches that were done */
    ds_error why;
} client;

static unsigned roll(client *c, unsigned sides)
{
    c->seed = c->seed * 1103515245u + 12345u;
    return (c->seed >> 16) % sides;
}

static bool client_open(client *c, unsigned seed)
{
    char settings[256];
    memset(c, 0, sizeof *c);
    c->seed = seed;
    snprintf(settings, sizeof settings, "{\"url\": \"unix://%s\"}", world_socket());
    bool opened = ds_source_open("redis", settings, &c->source, &c->why) == DS_OK &&
                  ds_model_define(c->source, USER, &c->model, &c->why) == DS_OK;
    c->batches = c->source;
    return opened;
}

static void note(client *c, ds_status status, const ds_error *why)
{
    if (status == DS_OK || status == DS_NOT_FOUND)
        c->done++;
    else if (status == DS_DUPLICATE)
        c->duplicates++;
    else if (c->failures++ == 0)
        c->why = *why;
}

static ds_record *rolled(client *c, const char *id)
{
    char json[200];
    ds_record *record = NULL;
    ds_error error;
    int length = snprintf(json, sizeof json, "{\"age\": %d, \"name\": \"n%u\"", (int)roll(c, 30) - 10, roll(c, 9));
    if (id != NULL)
        length += snprintf(json + length, sizeof json - (size_t)length, ", \"id\": \"%s\"", id);
    unsigned email = roll(c, EMAILS + 5);
    if (email < EMAILS)
        length += snprintf(json + length, sizeof json - (size_t)length, ", \"email\": \"e%u\"", email);
    else if (email == EMAILS)
        length += snprintf(json + length, sizeof json - (size_t)length, ", \"email\": null");
    snprintf(json + length, sizeof json - (size_t)length, "}");
    return ds_record_from_json(c->model, json, &record, &error) == DS_OK ? record : NULL;
}

/* A batch of `count` writes, all told. */
static void client_batch(client *c, unsigned count)
{
    ds_batch *batch = NULL;
    ds_record *records[64];
    char ids[64][16];
    ds_error error;
    if (ds_batch_new(c->batches, &batch, &error) != DS_OK)
        return;
    for (unsigned i = 0; i < count; i++) {
        unsigned kind = roll(c, 8);
        snprintf(ids[i], sizeof ids[i], "u%u", roll(c, IDS));
        records[i] = kind > 1 && kind < 7 ? rolled(c, kind == 2 ? NULL : ids[i]) : NULL;
        if (kind == 0)
            ds_batch_delete(batch, c->model, ds_string(ids[i]));
        else if (kind == 1)
            ds_batch_increment(batch, c->model, ds_string(ids[i]), "n", ds_integer(1), NULL);
        else if (kind == 2)
            ds_batch_update(batch, c->model, ds_string(ids[i]), records[i]);
        else if (kind == 3)
            ds_batch_create(batch, c->model, records[i]);
        else if (kind == 4)
            ds_batch_replace(batch, c->model, ds_string(ids[i]), records[i]);
        else if (kind == 7)
            ds_batch_expire(batch, c->model, ds_string(ids[i]), 1 + roll(c, 4));
        else
            ds_batch_upsert(batch, c->model, records[i], NULL);
    }
    ds_batch_run(batch, 0, &error);
    for (unsigned i = 0; i < count; i++) {
        note(c, ds_batch_outcome(batch, i, &error), &error);
        ds_record_free(records[i]);
    }
    ds_batch_free(batch);
}

/* An atomic batch that takes all emails away, then gives some to other records; or (`few`) one of a few writes, which are often
 * refused. */
static void client_whole(client *c, bool few)
{
    enum { FEW = 6, GIVEN = 4 };
    ds_batch *batch = NULL;
    ds_record *records[IDS] = {NULL};
    char ids[IDS][16], json[120];
    ds_error error;
    unsigned first = roll(c, IDS), shift = roll(c, EMAILS), count = few ? FEW : IDS;
    unsigned given = few ? roll(c, 3) / 2 : GIVEN;
    if (ds_batch_new(c->batches, &batch, &error) != DS_OK)
        return;
    for (unsigned i = 0; i < count; i++) {
        unsigned kind = few && i > 0 ? roll(c, 40) : 40;
        snprintf(ids[i], sizeof ids[i], "u%u", (first + i) % IDS);
        int length = snprintf(json, sizeof json, "{\"id\": \"%s\", \"age\": %u, ", ids[i], roll(c, 30));
        if (i >= count - given)
            snprintf(json + length, sizeof json - (size_t)length, "\"email\": \"e%u\"}", (shift + i) % EMAILS);
        else
            snprintf(json + length, sizeof json - (size_t)length, "\"email\": null, \"name\": \"n%u\"}", roll(c, 9));
        if (kind == 0)
            ds_batch_delete(batch, c->model, ds_string(ids[i]));
        else if (kind < 3)
            ds_batch_increment(batch, c->model, ds_string(ids[i]), "n", ds_integer(1), NULL);
        else if (kind == 3)
            ds_batch_expire(batch, c->model, ds_string(ids[i]), 1 + roll(c, 4));
        else if (ds_record_from_json(c->model, json, &records[i], &error) == DS_OK)
            ds_batch_upsert(batch, c->model, records[i], NULL);
    }
    ds_status status = ds_batch_run(batch, DS_ATOMIC, &error);
    note(c, status, &error);
    c->whole += status == DS_OK;
    for (unsigned i = 0; i < IDS; i++)
        ds_record_free(records[i]);
    ds_batch_free(batch);
}

static void client_close(client *c)
{
    if (c->failures > 0)
        fprintf(stderr, "%u failures, the first of them %s: %s\n", c->failures, ds_status_name(c->why.status),
                c->why.message);
    CU_ASSERT_EQUAL(c->failures, 0);
    ds_source_close(c->source);
}

/* ---- fights ---- */

static atomic_bool stop;

static void *fight(void *argument)
{
    client *c = argument;
    for (unsigned i = 0; i < 150; i++) {
        client_batch(c, 1 + roll(c, 20));
        if (i % 3 == 0)
            client_whole(c, i % 2 == 0);
    }
    return NULL;
}

static void *flush_scripts(void *unused)
{
    redisContext *context = world_connect();
    (void)unused;
    while (!atomic_load(&stop)) {
        freeReplyObject(redisCommand(context, "SCRIPT FLUSH"));
        poll(NULL, 0, 1);
    }
    redisFree(context);
    return NULL;
}

/* Writes until all that expires has expired and is swept. */
static void settle(void)
{
    ds_record *record = record_of(users, "{\"id\": \"settled\"}");
    do {
        CHECK_OK(ds_upsert(users, record, NULL, &last));
    } while (strcmp(raw("ZCARD User#expires"), "0") != 0);
    ds_record_free(record);
}

static void clients_that_fight_for_unique_values_leave_no_two_with_one(void)
{
    enum { CLIENTS = 4 };
    begin();
    client clients[CLIENTS];
    pthread_t threads[CLIENTS], flusher;
    unsigned duplicates = 0, done = 0, whole = 0;
    atomic_store(&stop, false);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&flusher, NULL, flush_scripts, NULL), 0);
    for (unsigned i = 0; i < CLIENTS; i++) {
        CU_ASSERT_TRUE_FATAL(client_open(&clients[i], 77 + i));
        if (i % 2 == 1) /* two threads a source */
            clients[i].model = clients[i - 1].model;
        clients[i].batches = clients[i - i % 2].source;
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, fight, &clients[i]), 0);
    }
    for (unsigned i = 0; i < CLIENTS; i++) {
        pthread_join(threads[i], NULL);
        duplicates += clients[i].duplicates;
        done += clients[i].done;
        whole += clients[i].whole;
    }
    for (unsigned i = 0; i < CLIENTS; i++)
        client_close(&clients[i]);
    atomic_store(&stop, true);
    pthread_join(flusher, NULL);
    settle();
    checked found = look();
    printf("\n%u writes done, %u refused, %u of %d atomic batches done, %zu records and %zu claims left", done,
           duplicates, whole, CLIENTS * 50, found.records, found.claims);
    CU_ASSERT(duplicates > 100 && done > 1000 && whole >= 80 && found.claims > 0);
    end();
}

/* What a client that will be killed has done so far. */
typedef struct witness {
    atomic_bool is_whole; /* it runs an atomic batch now */
    atomic_uint whole;
} witness;

static void write_until_killed(unsigned seed, witness *seen)
{
    client c;
    if (!client_open(&c, seed))
        return;
    for (;;) {
        client_batch(&c, 50);
        unsigned before = c.whole;
        atomic_store(&seen->is_whole, true);
        client_whole(&c, roll(&c, 4) == 0);
        atomic_store(&seen->is_whole, false);
        atomic_fetch_add(&seen->whole, c.whole - before);
    }
}

static long script_calls(void)
{
    const char *at = strstr(raw("INFO commandstats"), "cmdstat_evalsha:calls=");
    return at == NULL ? 0 : atol(at + strlen("cmdstat_evalsha:calls="));
}

static void spin(long microseconds)
{
    struct timespec from, now;
    clock_gettime(CLOCK_MONOTONIC, &from);
    do
        clock_gettime(CLOCK_MONOTONIC, &now);
    while ((now.tv_sec - from.tv_sec) * 1000000 + (now.tv_nsec - from.tv_nsec) / 1000 < microseconds);
}

#define KILLS_MOST 600

/* How often a client dies in an atomic batch, and ends one before, is the machine's affair: there are as many as it takes. */
static bool is_enough(unsigned kills, unsigned amid, const witness *seen)
{
    enum { KILLS = 60, AMID = 10, WHOLE = 30 };
    return kills == KILLS_MOST || (kills >= KILLS && amid >= AMID && atomic_load(&seen->whole) >= WHOLE);
}

/* Every second one dies in an atomic batch, at another place of it each. */
static void await_moment(unsigned number, long before, const witness *seen)
{
    while (script_calls() < before + 20 + (long)(number * 7 % 90)) /* it is in the middle of its work */
        ;
    if (number % 2 == 0)
        return;
    while (atomic_load(&seen->is_whole))
        ;
    while (!atomic_load(&seen->is_whole))
        ;
    spin(number * 25);
}

static void clients_that_are_killed_leave_the_keys_in_agreement(void)
{
    begin();
    witness *seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CU_ASSERT_FATAL(seen != MAP_FAILED);
    char json[40];
    snprintf(json, sizeof json, "{\"id\": \"u1\"}");
    CHECK_OK(create(users, json));
    unsigned amid = 0, kills = 0;
    for (unsigned i = 0; !is_enough(kills, amid, seen); i++, kills++) {
        long before = script_calls();
        atomic_store(&seen->is_whole, false);
        pid_t child = fork();
        CU_ASSERT_FATAL(child >= 0);
        if (child == 0) {
            write_until_killed(1000 + i, seen);
            _exit(1);
        }
        await_moment(i, before, seen);
        kill(child, SIGKILL);
        int status = 0;
        waitpid(child, &status, 0);
        CU_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        amid += atomic_load(&seen->is_whole);
        if (i % 10 == 9) {
            settle();
            look();
        }
    }
    settle();
    checked found = look();
    unsigned whole = atomic_load(&seen->whole);
    printf("\n%u clients killed, %u of them in an atomic batch, %u such batches done, %zu records and %zu claims left",
           kills, amid, whole, found.records, found.claims);
    CU_ASSERT(kills < KILLS_MOST && found.records > 0 && found.claims > 0);
    munmap(seen, sizeof *seen);
    end();
}

/* Adding to an indexed number is a read and a write that meets what it has read. */
static void *add(void *argument)
{
    client *c = argument;
    ds_error error;
    for (unsigned i = 0; i < 100; i++)
        while (ds_increment(c->model, ds_string("sum"), "age", ds_integer(1), NULL, &error) == DS_CONFLICT)
            ;
    return NULL;
}

static void indexed_numbers_are_added_up_by_all(void)
{
    begin();
    CHECK_OK(create(users, "{\"id\": \"sum\", \"age\": 0}"));
    client clients[3];
    pthread_t threads[3];
    for (unsigned i = 0; i < 3; i++) {
        CU_ASSERT_TRUE_FATAL(client_open(&clients[i], i));
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, add, &clients[i]), 0);
    }
    for (unsigned i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        client_close(&clients[i]);
    }
    CHECK_TEXT(hash_of("User:sum"), "age=300 id=sum");
    end();
}

/* ---- expiry ---- */

static void await_gone(const char *key)
{
    while (strcmp(raw("EXISTS %s", key), "0") != 0)
        poll(NULL, 0, 1);
}

static void what_expired_is_swept_by_later_writes(void)
{
    begin();
    char json[96], id[16];
    for (int i = 0; i < 120; i++) {
        snprintf(json, sizeof json, "{\"id\": \"%d\", \"email\": \"e%d\", \"age\": %d, \"name\": \"x\"}", i, i, i % 7);
        CHECK_OK(create(users, json));
    }
    CHECK_OK(ds_expire(users, ds_string("119"), 1000000, &last));
    CHECK_OK(ds_expire(users, ds_string("118"), 1000000, &last));
    CHECK_OK(ds_expire(users, ds_string("118"), -1, &last));
    CU_ASSERT_EQUAL(look().expiring, 1);
    CHECK_OK(update(users, "119", "{\"age\": 50, \"email\": \"other\"}"));
    CU_ASSERT_EQUAL(look().expiring, 1);
    for (int i = 0; i < 117; i++) {
        snprintf(id, sizeof id, "%d", i);
        CHECK_OK(ds_expire(users, ds_string(id), 1, &last));
        snprintf(json, sizeof json, "User:%d", i);
        await_gone(json);
    }
    CHECK_OK(create(users, "{\"id\": \"again\", \"email\": \"e5\"}"));          /* the value of one that is gone */
    CHECK_OK(create(users, "{\"id\": \"6\", \"email\": \"e6\", \"age\": 77}")); /* the id of one that is gone */
    CHECK_OK(create(users, "{\"id\": \"7\"}"));
    for (int i = 0; i < 6; i++) /* a portion is 50 */
        CHECK_OK(update(users, "118", "{\"n\": 1}"));
    checked found = look();
    CU_ASSERT(found.records == 6 && found.expiring == 1);
    CHECK_TEXT(raw("HLEN User#entries"), "2"); /* and the guard */
    end();
}

static void a_ttl_of_the_model_is_kept_with_its_entries(void)
{
    static const char SESSION[] =
        "{\"name\": \"Session\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"user\": {\"type\": "
        "\"string\", \"index\": true}, \"token\": {\"type\": \"string\", \"unique\": true}}, \"settings\": {\"ttl\": "
        "50000}}";
    static const checked_index indexes[] = {{"user", false, {{"user", 's', false}}, 1},
                                            {"token", true, {{"token", 's', false}}, 1}};
    const checked_model model = {.name = "Session", .indexes = indexes, .index_count = 2};
    begin();
    ds_model *sessions = world_model(source, SESSION);
    CHECK_OK(create(sessions, "{\"id\": \"1\", \"user\": \"a\", \"token\": \"t\"}"));
    CHECK_OK(create(sessions, "{\"id\": \"2\", \"user\": \"b\"}"));
    checked found = checker_run(eye, &model);
    CU_ASSERT(found.faults == 0 && found.expiring == 2);
    CHECK_OK(update(sessions, "1", "{\"user\": \"c\"}"));
    ds_record *whole = record_of(sessions, "{\"user\": \"d\", \"token\": \"u\"}");
    CHECK_OK(ds_replace_by_id(sessions, ds_string("2"), whole, &last));
    ds_record_free(whole);
    found = checker_run(eye, &model);
    CU_ASSERT(found.faults == 0 && found.expiring == 2);
    CHECK_OK(ds_expire(sessions, ds_string("1"), 1, &last));
    await_gone("Session:1");
    CHECK_OK(create(sessions, "{\"id\": \"3\", \"token\": \"t\"}"));
    CHECK_OK(create(sessions, "{\"id\": \"1\", \"user\": \"z\"}"));
    CHECK_OK(ds_delete_by_id(sessions, ds_string("2"), &last));
    found = checker_run(eye, &model);
    CU_ASSERT(found.faults == 0 && found.expiring == 2 && found.claims == 1);
    redisFree(eye);
    ds_source_close(source);
}

int main(void)
{
    static const test tests[] = {
        {"clients that fight for unique values leave no two with one",
         clients_that_fight_for_unique_values_leave_no_two_with_one},
        {"clients that are killed leave the keys in agreement", clients_that_are_killed_leave_the_keys_in_agreement},
        {"indexed numbers are added up by all", indexed_numbers_are_added_up_by_all},
        {"what expired is swept by later writes", what_expired_is_swept_by_later_writes},
        {"a ttl of the model is kept with its entries", a_ttl_of_the_model_is_kept_with_its_entries},
    };
    if (!world_start())
        return EXIT_FAILURE;
    int failed = SUITE_RUN("Redis indexes, fights", tests);
    world_stop();
    return failed;
}
