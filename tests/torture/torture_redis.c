/* 16 client processes write the same 1,000 records of an indexed model for 60 seconds, fight for unique values, are killed, and
 * lose their scripts; afterwards hashes, indexes and unique entries agree exactly. */
#include "../redis/checker.h"
#include "crew.h"
#include "random.h"
#include "redis_server.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECONDS 60
#define CLIENTS 16
#define IDS     1000
#define EMAILS  400
#define CITIES  20

static const char DEFINITION[] =
    "{\"name\": \"Person\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"email\": {\"type\": "
    "\"string\", \"unique\": true}, \"city\": {\"type\": \"string\", \"index\": true}, \"age\": \"integer\", "
    "\"score\": "
    "{\"type\": \"number\", \"index\": true}, \"note\": \"string\"}, \"indexes\": {\"byCityAge\": {\"keys\": "
    "{\"city\": "
    "-1, \"age\": 1}}, \"place\": {\"keys\": {\"city\": 1, \"age\": 1}, \"unique\": true}}}";

static const checked_index INDEXES[] = {
    {"email", true, {{"email", 's', false}}, 1},
    {"place", true, {{"city", 's', false}, {"age", 'i', false}}, 2},
    {"byCityAge", false, {{"city", 's', true}, {"age", 'i', false}}, 2},
    {"city", false, {{"city", 's', false}}, 1},
    {"score", false, {{"score", 'n', false}}, 1},
};
static const checked_model PERSON = {"t:Person", NULL, false, INDEXES, 5};

/* ---- what a client does ---- */

static const char *some_id(void)
{
    static char id[16];
    snprintf(id, sizeof id, "p%zu", random_below(IDS));
    return id;
}

/* Some properties, now and then null. */
static ds_record *some_record(ds_model *model, bool is_whole)
{
    char text[32];
    ds_record *record = ds_record_new(model);
    if (is_whole || random_below(2) == 0) {
        snprintf(text, sizeof text, "e%zu@x", random_below(EMAILS));
        ds_record_set(record, "email", random_below(10) == 0 ? ds_null() : ds_string(text));
    }
    if (is_whole || random_below(2) == 0) {
        snprintf(text, sizeof text, "city%zu", random_below(CITIES));
        ds_record_set(record, "city", random_below(10) == 0 ? ds_null() : ds_string(text));
    }
    if (is_whole || random_below(2) == 0)
        ds_record_set(record, "age", ds_integer((int64_t)random_below(60) - 5));
    if (is_whole || random_below(3) == 0)
        ds_record_set(record, "score", ds_number((double)random_below(1000) / 8));
    ds_record_set(record, "note", ds_string("n"));
    return record;
}

static ds_status store(ds_model *model, size_t how, ds_error *error)
{
    bool created;
    ds_record *record = some_record(model, how != 1);
    ds_record_set(record, "id", ds_string(some_id()));
    ds_status status = how == 0   ? ds_create(model, record, error)
                       : how == 1 ? ds_upsert(model, record, &created, error)
                                  : ds_replace_or_create(model, record, &created, error);
    ds_record_free(record);
    return status;
}

static ds_status change(ds_model *model, ds_error *error)
{
    ds_record *record = some_record(model, false);
    ds_status status = ds_update_by_id(model, ds_string(some_id()), record, error);
    ds_record_free(record);
    return status;
}

/* Finds, then writes where it still holds: others have changed some of it by then. */
static ds_status change_where(ds_model *model, ds_error *error)
{
    char city[32];
    uint64_t count;
    snprintf(city, sizeof city, "city%zu", random_below(CITIES));
    ds_filter *where = ds_where("city", DS_EQ, ds_string(city));
    ds_record *record = ds_record_new(model);
    snprintf(city, sizeof city, "city%zu", random_below(CITIES));
    ds_record_set(record, "city", ds_string(city));
    ds_status status =
        random_below(4) == 0 ? ds_delete(model, where, &count, error) : ds_update(model, where, record, &count, error);
    ds_record_free(record);
    ds_filter_free(where);
    return status;
}

/* All or nothing: one record loses its value, another one takes a value, a third is created or deleted. */
static ds_status batch(ds_model *model, ds_error *error)
{
    ds_batch *together = NULL;
    char ids[3][16], text[32];
    size_t first = random_below(IDS - 2);
    ds_status status = ds_batch_new(ds_model_source(model), &together, error);
    if (status != DS_OK)
        return status;
    for (size_t i = 0; i < 3; i++)
        snprintf(ids[i], sizeof ids[i], "p%zu", first + i);
    ds_record *none = ds_record_new(model), *some = ds_record_new(model), *third = ds_record_new(model);
    ds_record_set(none, "email", ds_null());
    snprintf(text, sizeof text, "e%zu@x", random_below(EMAILS));
    ds_record_set(some, "email", ds_string(text));
    ds_record_set(third, "id", ds_string(ids[2]));
    ds_record_set(third, "score", ds_number(0.5));
    ds_batch_update(together, model, ds_string(ids[0]), none);
    ds_batch_update(together, model, ds_string(ids[1]), some);
    if (random_below(2) == 0)
        ds_batch_replace_or_create(together, model, third, NULL);
    else
        ds_batch_delete(together, model, ds_string(ids[2]));
    status = ds_batch_run(together, DS_ATOMIC, error);
    ds_batch_free(together);
    ds_record_free(none);
    ds_record_free(some);
    ds_record_free(third);
    return status;
}

static ds_status work(ds_model *model, ds_error *error)
{
    ds_value now;
    switch (random_below(20)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
        return store(model, 0, error);
    case 6:
    case 7:
        return store(model, 1, error);
    case 8:
        return store(model, 2, error);
    case 9:
    case 10:
    case 11:
    case 12:
        return change(model, error);
    case 13:
    case 14:
        return ds_delete_by_id(model, ds_string(some_id()), error);
    case 15:
    case 16:
        return ds_expire(model, ds_string(some_id()), 1, error);
    case 18:
        return batch(model, error);
    case 17:
        return ds_increment(model, ds_string(some_id()), "age", ds_integer(1), &now, error);
    default:
        return random_below(10) == 0 ? change_where(model, error) : change(model, error);
    }
}

/* ---- the run ---- */

static redis_server *server;
static char settings[256];

static long long ask(redisContext *raw, const char *command)
{
    redisReply *reply = redisCommand(raw, command);
    long long number = reply == NULL ? -1 : reply->integer;
    freeReplyObject(reply);
    return number;
}

/* Later writes sweep what has expired, a few records at a time. */
static bool sweep(redisContext *raw)
{
    ds_source *source = NULL;
    ds_model *model = NULL;
    ds_error error = {0};
    bool good = ds_source_open("redis", settings, &source, &error) == DS_OK &&
                ds_model_define(source, DEFINITION, &model, &error) == DS_OK;
    for (int i = 0; good && i < 20000 && ask(raw, "ZCARD t:Person#expires") > 0; i++) {
        ds_record *record = ds_record_new(model);
        ds_record_set(record, "id", ds_string("sweeper"));
        good =
            ds_create(model, record, &error) == DS_OK && ds_delete_by_id(model, ds_string("sweeper"), &error) == DS_OK;
        ds_record_free(record);
    }
    if (!good)
        printf("\nthe sweep: %s\n", error.message);
    ds_source_close(source);
    return good && ask(raw, "ZCARD t:Person#expires") == 0;
}

/* While all write: the check finds nothing wrong, and migrate has nothing to do. */
static void look_meanwhile(unsigned turn, unsigned *checks, unsigned *migrates)
{
    ds_source *source = NULL;
    ds_model *model = NULL;
    ds_error error = {0};
    char *wrong = NULL;
    ds_status status = ds_source_open("redis", settings, &source, &error);
    if (status == DS_OK)
        status = ds_model_define(source, DEFINITION, &model, &error);
    if (status == DS_OK)
        status = turn % 60 == 30 ? ds_migrate(model, NULL, NULL, &error)
                                 : ds_migrate_check(model, NULL, NULL, &wrong, &error);
    if (status != DS_OK || (wrong != NULL && strstr(wrong, "\"missing\":[]") == NULL))
        printf("\nmeanwhile: %s %s", error.message, wrong == NULL ? "" : wrong);
    CU_ASSERT_EQUAL(status, DS_OK);
    CU_ASSERT(wrong == NULL || strstr(wrong, "\"missing\":[]") != NULL);
    *checks += wrong != NULL;
    *migrates += wrong == NULL;
    ds_free(wrong);
    ds_source_close(source);
}

static void report(const crew *c, const checked *found, double seconds, unsigned long long flushes)
{
    const crew_counts *n = c->counts;
    printf("\n%.1f s, %llu operations (%llu done, %llu duplicates, %llu not found, %llu conflicts, %llu busy, %llu "
           "unexpected%s%s), %llu kills, %llu SCRIPT FLUSH, %llu HELD, %llu CHANGED; %zu records, %zu entries, %zu "
           "claims, %zu faults\n",
           seconds, n->operations, n->done, n->duplicates, n->missing, n->conflicts, n->busy, n->unexpected,
           n->message[0] == '\0' ? "" : ", first ", n->message, c->kills, flushes, n->held, n->changed, found->records,
           found->entries, found->claims, found->faults);
}

static void hashes_indexes_and_unique_entries_agree(void)
{
    crew c = {.settings = settings, .work = work, .definition = DEFINITION};
    redisContext *raw = redisConnectUnix(server->socket);
    unsigned long long flushes = 0;
    unsigned checks = 0, migrates = 0;
    const struct timespec pause = {0, 150000000}; /* between two kills */
    double start = crew_now();
    crew_start(&c, CLIENTS);
    for (unsigned turn = 0; crew_now() - start < SECONDS; turn++) {
        nanosleep(&pause, NULL);
        crew_kill_one(&c);
        if (turn % 7 == 0) {
            ask(raw, "SCRIPT FLUSH");
            flushes++;
        }
        if (turn % 20 == 10)
            look_meanwhile(turn, &checks, &migrates);
    }
    crew_end(&c);
    double seconds = crew_now() - start;
    CU_ASSERT(sweep(raw));
    checked found = checker_run(raw, &PERSON);
    report(&c, &found, seconds, flushes);
    printf("%u checks and %u migrates meanwhile\n", checks, migrates);
    CU_ASSERT_EQUAL(found.faults, 0);
    CU_ASSERT_EQUAL(c.counts->unexpected, 0);
    CU_ASSERT(seconds >= SECONDS);
    CU_ASSERT(c.counts->operations >= 100000);
    CU_ASSERT(c.counts->done >= 30000);
    CU_ASSERT(c.kills >= 100);
    CU_ASSERT(flushes >= 10);
    CU_ASSERT(checks >= 4 && migrates >= 2);
    CU_ASSERT(c.counts->held >= 1000);
    CU_ASSERT(c.counts->changed >= 20);
    CU_ASSERT(found.records >= 100);
    redisFree(raw);
    crew_free(&c);
}

int main(void)
{
    static const test tests[] = {
        {"hashes, indexes and unique entries agree", hashes_indexes_and_unique_entries_agree},
    };
    random_start();
    server = redis_server_start(NULL);
    snprintf(settings, sizeof settings, "{\"url\": \"unix://%s\", \"keyPrefix\": \"t:\"}", server->socket);
    int failed = SUITE_RUN("torture: 16 clients of one indexed model", tests);
    redis_server_stop(server);
    return failed;
}
