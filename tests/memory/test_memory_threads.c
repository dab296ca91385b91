/* The memory connector in many threads: values that are fought over, walks beside writers, one file. */
#include "command.h"
#include "host.h"
#include "suite.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS 8

typedef struct crew {
    ds_model *model;
    int number; /* of the thread */
    atomic_int *wins, *wrong;
    atomic_bool *stop;
    uint64_t random;
} crew;

static uint32_t crew_random(crew *c, uint32_t below)
{
    c->random = c->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(c->random >> 33) % below;
}

static void crew_run(ds_model *model, void *(*const works[])(void *), size_t count, atomic_int *wins, atomic_int *wrong,
                     atomic_bool *stop)
{
    pthread_t threads[THREADS];
    crew crews[THREADS];
    for (size_t i = 0; i < count; i++) {
        crews[i] = (crew){model, (int)i, wins, wrong, stop, i * 977 + 1};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, works[i], &crews[i]), 0);
    }
    for (size_t i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

static ds_record *record_of(ds_model *model, const char *json)
{
    ds_record *record = NULL;
    ds_record_from_json(model, json, &record, NULL);
    return record;
}

/* ---- unique values ---- */

static const char CLAIM[] =
    "{\"name\":\"Claim\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true,\"generated\":true},"
    "\"word\":{\"type\":\"string\",\"unique\":true},\"hits\":\"integer\"}}";

static void *claim(void *user)
{
    crew *c = user;
    char json[64];
    for (int i = 0; i < 3000; i++) {
        snprintf(json, sizeof json, "{\"word\":\"w%u\"}", crew_random(c, 900));
        ds_record *record = record_of(c->model, json);
        ds_status status = ds_create(c->model, record, NULL);
        if (status == DS_OK)
            ++*c->wins;
        else if (status != DS_DUPLICATE)
            ++*c->wrong;
        ds_record_free(record);
    }
    return NULL;
}

static void every_unique_value_is_won_once(void)
{
    void *(*const works[THREADS])(void *) = {claim, claim, claim, claim, claim, claim, claim, claim};
    ds_source *source = host_open(NULL);
    ds_model *model = host_model(source, CLAIM);
    atomic_int wins = 0, wrong = 0;
    crew_run(model, works, THREADS, &wins, &wrong, NULL);
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(wins, 900);
    CU_ASSERT_EQUAL(host_count(model, NULL), 900);
    char where[64];
    for (int i = 0; i < 900; i++) {
        snprintf(where, sizeof where, "{\"word\":\"w%d\"}", i);
        CU_ASSERT_EQUAL(host_count(model, where), 1);
    }
    ds_source_close(source);
}

/* Words move between 50 records and are given up: what is won, less what is given up, is what is there. */
static void *trade(void *user)
{
    crew *c = user;
    char json[64];
    for (int i = 0; i < 3000; i++) {
        ds_value id = ds_integer(1 + crew_random(c, 50));
        snprintf(json, sizeof json, crew_random(c, 3) == 0 ? "{\"word\":null}" : "{\"word\":\"w%u\"}",
                 crew_random(c, 40));
        ds_record *changes = record_of(c->model, json);
        ds_status status = ds_update_by_id(c->model, id, changes, NULL);
        if (status == DS_OK) {
            ++*c->wins;
            status = ds_increment(c->model, id, "hits", ds_integer(1), NULL, NULL);
        }
        if (status != DS_OK && status != DS_DUPLICATE)
            ++*c->wrong;
        ds_record_free(changes);
    }
    return NULL;
}

static void no_two_records_hold_one_value_however_it_is_traded(void)
{
    void *(*const works[THREADS])(void *) = {trade, trade, trade, trade, trade, trade, trade, trade};
    ds_source *source = host_open(NULL);
    ds_model *model = host_model(source, CLAIM);
    for (int i = 0; i < 50; i++)
        host_create(model, "{\"hits\":0}");
    atomic_int wins = 0, wrong = 0;
    crew_run(model, works, THREADS, &wins, &wrong, NULL);
    CU_ASSERT_EQUAL(wrong, 0);
    ds_cursor *cursor;
    const ds_record *record;
    int64_t hits = 0, held[40] = {0};
    CU_ASSERT_EQUAL_FATAL(ds_find(model, NULL, &cursor, &host_error), DS_OK);
    while (ds_cursor_next(cursor, &record, &host_error) == DS_OK && record != NULL) {
        hits += ds_record_get(record, "hits").as.integer;
        ds_value word = ds_record_get(record, "word");
        if (word.type == DS_STRING)
            held[atoi(word.as.string + 1)]++;
    }
    ds_cursor_close(cursor);
    CU_ASSERT_EQUAL(hits, wins);
    for (int i = 0; i < 40; i++) {
        char where[64];
        snprintf(where, sizeof where, "{\"word\":\"w%d\"}", i);
        CU_ASSERT(held[i] <= 1);
        CU_ASSERT_EQUAL((int64_t)host_count(model, where), held[i]); /* by the index, too */
    }
    ds_source_close(source);
}

/* ---- walks beside writers ---- */

#define STANDING 1500

static const char THING[] =
    "{\"name\":\"Thing\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true},\"stands\":\"boolean\","
    "\"a\":\"integer\",\"b\":\"integer\",\"text\":\"string\"}}";

/* Writes both of a and b, and a text that goes with them. */
static ds_record *thing(ds_model *model, int64_t id, uint32_t number, bool stands)
{
    char text[32];
    ds_record *record = ds_record_new(model);
    if (id >= 0)
        ds_record_set(record, "id", ds_integer(id));
    ds_record_set(record, "a", ds_integer(number));
    ds_record_set(record, "b", ds_integer(number));
    snprintf(text, sizeof text, "%u", number);
    ds_record_set(record, "text", ds_string(text));
    if (stands)
        ds_record_set(record, "stands", ds_boolean(true));
    return record;
}

static void *come_and_go(void *user)
{
    crew *c = user;
    int64_t base = 100000 + 10000 * c->number;
    for (int64_t i = 0; !*c->stop; i++) {
        ds_record *record = thing(c->model, base + i % 5000, crew_random(c, 1000), false);
        ds_record *changes = thing(c->model, -1, crew_random(c, 1000), false);
        ds_status status = ds_create(c->model, record, NULL);
        if (status != DS_OK && status != DS_DUPLICATE)
            ++*c->wrong;
        if (ds_update_by_id(c->model, ds_integer(crew_random(c, STANDING)), changes, NULL) != DS_OK)
            ++*c->wrong;
        ds_delete_by_id(c->model, ds_integer(base + (i + 2500) % 5000), NULL);
        ds_record_free(record);
        ds_record_free(changes);
    }
    return NULL;
}

static bool is_whole(const ds_record *record)
{
    char text[32];
    int64_t a = ds_record_get(record, "a").as.integer;
    ds_value held = ds_record_get(record, "text");
    snprintf(text, sizeof text, "%lld", (long long)a);
    return a == ds_record_get(record, "b").as.integer && held.type == DS_STRING && strcmp(held.as.string, text) == 0;
}

static void look_at_all(crew *c, const char *order)
{
    static _Thread_local unsigned char seen[300000];
    ds_cursor *cursor;
    const ds_record *record;
    int standing = 0;
    int64_t last = -1;
    memset(seen, 0, sizeof seen);
    if (ds_find(c->model, DS_QUERY(.order = order), &cursor, NULL) != DS_OK) {
        ++*c->wrong;
        return;
    }
    while (ds_cursor_next(cursor, &record, NULL) == DS_OK && record != NULL) {
        int64_t id = ds_record_get(record, "id").as.integer, a = ds_record_get(record, "a").as.integer;
        if (seen[id]++ != 0 || !is_whole(record) || (order != NULL && a < last))
            ++*c->wrong;
        last = a;
        standing += id < STANDING;
    }
    ds_cursor_close(cursor);
    if (standing != STANDING)
        ++*c->wrong;
}

static void *look(void *user)
{
    crew *c = user;
    for (int i = 0; i < 25; i++) {
        look_at_all(c, i % 2 == 0 ? NULL : "a, id");
        ds_filter *stands = ds_where("stands", DS_EQ, ds_boolean(true));
        uint64_t count = 0;
        if (ds_count(c->model, stands, &count, NULL) != DS_OK || count != STANDING)
            ++*c->wrong;
        ds_filter_free(stands);
    }
    if (++*c->wins == 4)
        *c->stop = true;
    return NULL;
}

static void a_walk_beside_writers_sees_what_stands_once_and_no_mixture(void)
{
    void *(*const works[THREADS])(void *) = {look,        look,        look,        look,
                                             come_and_go, come_and_go, come_and_go, come_and_go};
    ds_source *source = host_open(NULL);
    ds_model *model = host_model(source, THING);
    for (int i = 0; i < STANDING; i++) {
        ds_record *record = thing(model, i, 1, true);
        CU_ASSERT_EQUAL_FATAL(ds_create(model, record, &host_error), DS_OK);
        ds_record_free(record);
    }
    atomic_int wins = 0, wrong = 0;
    atomic_bool stop = false;
    crew_run(model, works, THREADS, &wins, &wrong, &stop);
    CU_ASSERT_EQUAL(wrong, 0);
    ds_source_close(source);
}

/* ---- expiry ---- */

static void *renew(void *user)
{
    crew *c = user;
    char json[32];
    for (int i = 0; i < 2000; i++) {
        uint32_t n = crew_random(c, 60);
        snprintf(json, sizeof json, "{\"id\":%u,\"a\":1}", n);
        ds_record *record = record_of(c->model, json);
        ds_status status = ds_upsert(c->model, record, NULL, NULL);
        if (status == DS_OK && ds_expire(c->model, ds_integer(n), 1 + crew_random(c, 3), NULL) == DS_OK)
            status = ds_increment(c->model, ds_integer(crew_random(c, 60)), "a", ds_integer(1), NULL, NULL);
        uint64_t count;
        if ((status != DS_OK && status != DS_NOT_FOUND) || ds_count(c->model, NULL, &count, NULL) != DS_OK ||
            count > 60)
            ++*c->wrong;
        ds_record_free(record);
    }
    return NULL;
}

static bool all_are_gone(void *model)
{
    return host_count(model, NULL) == 0;
}

static void records_that_expire_under_eight_threads_all_go(void)
{
    void *(*const works[THREADS])(void *) = {renew, renew, renew, renew, renew, renew, renew, renew};
    ds_source *source = host_open(NULL);
    ds_model *model = host_model(source, THING);
    atomic_int wins = 0, wrong = 0;
    crew_run(model, works, THREADS, &wins, &wrong, NULL);
    CU_ASSERT_EQUAL(wrong, 0);
    for (int i = 0; i < 60; i++)
        ds_expire(model, ds_integer(i), 1, NULL);
    CU_ASSERT(host_await(all_are_gone, model));
    ds_source_close(source);
}

/* ---- a file ---- */

static void *write_to_file(void *user)
{
    crew *c = user;
    char json[5000];
    for (int i = 0; i < 150; i++) {
        int length = snprintf(json, sizeof json, "{\"id\":%d,\"a\":%d,\"text\":\"", c->number * 1000 + i % 50, i);
        memset(json + length, 'x', 4000);
        strcpy(json + length + 4000, "\"}");
        ds_record *record = record_of(c->model, json);
        if (ds_upsert(c->model, record, NULL, NULL) != DS_OK)
            ++*c->wrong;
        ds_record_free(record);
        ds_model *other = ds_source_model(ds_model_source(c->model), c->number % 2 == 0 ? "Even" : "Odd", NULL);
        record = record_of(other, "{\"text\":\"y\"}");
        ds_record_set(record, "id", ds_integer(c->number * 1000 + i));
        if (ds_create(other, record, NULL) != DS_OK)
            ++*c->wrong;
        ds_record_free(record);
    }
    return NULL;
}

static void eight_threads_share_a_file(void)
{
    void *(*const works[THREADS])(void *) = {write_to_file, write_to_file, write_to_file, write_to_file,
                                             write_to_file, write_to_file, write_to_file, write_to_file};
    char *folder = folder_make(), path[512];
    snprintf(path, sizeof path, "%s/things", folder);
    ds_source *source = host_open(path);
    ds_model *model = host_model(source, THING);
    atomic_int wins = 0, wrong = 0;
    crew_run(model, works, THREADS, &wins, &wrong, NULL);
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(host_stat(source, "compactions") > 0);
    char *things = host_find(model, "{\"order\":\"id\"}");
    char *even = host_find(ds_source_model(source, "Even", NULL), "{\"order\":\"id\"}");
    ds_source_close(source);

    source = host_open(path);
    model = host_model(source, THING);
    HOST_FINDS(model, "{\"order\":\"id\"}", things);
    HOST_FINDS(ds_source_model(source, "Even", NULL), "{\"order\":\"id\"}", even);
    CU_ASSERT_EQUAL(host_count(model, NULL), 400);
    CU_ASSERT_EQUAL(host_count(ds_source_model(source, "Odd", NULL), NULL), 600);
    ds_source_close(source);
    free(things);
    free(even);
    folder_remove(folder);
}

/* ---- batches ---- */

enum { ACCOUNTS = 6, LEDGERS = 3 };
static const char *const ledgers[LEDGERS] = {"North", "South", "West"};

static ds_model *ledger_of(const crew *c, uint32_t which)
{
    return ds_source_model(ds_model_source(c->model), ledgers[which % LEDGERS], NULL);
}

/* Moves money between ledgers, so that each batch locks two of them, in either order. */
static void *transfer(void *user)
{
    crew *c = user;
    for (int i = 0; i < 400; i++) {
        uint32_t from = crew_random(c, LEDGERS), to = from + 1 + crew_random(c, LEDGERS - 1);
        char id[2] = {(char)('a' + (int)crew_random(c, ACCOUNTS)), '\0'};
        int64_t cents = crew_random(c, 100);
        ds_batch *batch = NULL;
        if (ds_batch_new(ds_model_source(c->model), &batch, NULL) != DS_OK)
            ++*c->wrong;
        ds_batch_increment(batch, ledger_of(c, from), ds_string(id), "cents", ds_integer(-cents), NULL);
        ds_batch_increment(batch, ledger_of(c, to), ds_string(id), "cents", ds_integer(cents), NULL);
        if (i % 7 == 0) /* nothing of it */
            ds_batch_delete(batch, ledger_of(c, to), ds_string("nobody"));
        ds_status status = ds_batch_run(batch, DS_ATOMIC, NULL);
        if (status != (i % 7 == 0 ? DS_NOT_FOUND : DS_OK))
            ++*c->wrong;
        ds_batch_free(batch);
    }
    atomic_store(c->stop, true);
    return NULL;
}

/* Reads one ledger at a time: what it finds is whole. */
static void *audit(void *user)
{
    crew *c = user;
    while (!atomic_load(c->stop)) {
        uint64_t count = 0;
        if (ds_count(ledger_of(c, crew_random(c, LEDGERS)), NULL, &count, NULL) != DS_OK || count != ACCOUNTS)
            ++*c->wrong;
    }
    return NULL;
}

static void batches_over_several_tables_neither_lock_one_another_out_nor_mix(void)
{
    void *(*const works[THREADS])(void *) = {transfer, transfer, transfer, transfer, transfer, transfer, audit, audit};
    ds_source *source = host_open(NULL);
    ds_model *model = NULL;
    atomic_int wins = 0, wrong = 0;
    atomic_bool stop = false;
    for (size_t i = 0; i < LEDGERS; i++) {
        char json[200];
        snprintf(json, sizeof json,
                 "{\"name\":\"%s\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"cents\":\"integer\"}}",
                 ledgers[i]);
        model = host_model(source, json);
        for (int k = 0; k < ACCOUNTS; k++) {
            snprintf(json, sizeof json, "{\"id\":\"%c\",\"cents\":1000}", 'a' + k);
            CU_ASSERT_EQUAL(host_create(model, json), DS_OK);
        }
    }
    crew_run(model, works, THREADS, &wins, &wrong, &stop);
    CU_ASSERT_EQUAL(wrong, 0);
    int64_t sum = 0;
    for (size_t i = 0; i < LEDGERS; i++)
        for (int k = 0; k < ACCOUNTS; k++) {
            char id[2] = {(char)('a' + k), '\0'};
            ds_record *record = NULL;
            CU_ASSERT_EQUAL(ds_find_by_id(ds_source_model(source, ledgers[i], NULL), ds_string(id), &record, NULL),
                            DS_OK);
            sum += ds_record_get(record, "cents").as.integer;
            ds_record_free(record);
        }
    CU_ASSERT_EQUAL(sum, 1000 * LEDGERS * ACCOUNTS);
    ds_source_close(source);
}

int main(void)
{
    static const test tests[] = {
        {"every unique value is won once", every_unique_value_is_won_once},
        {"no two records hold one value, however it is traded", no_two_records_hold_one_value_however_it_is_traded},
        {"a walk beside writers sees what stands once, and no mixture",
         a_walk_beside_writers_sees_what_stands_once_and_no_mixture},
        {"records that expire under eight threads all go", records_that_expire_under_eight_threads_all_go},
        {"eight threads share a file", eight_threads_share_a_file},
        {"batches over several tables neither lock one another out nor mix",
         batches_over_several_tables_neither_lock_one_another_out_nor_mix},
    };
    return SUITE_RUN("memory in threads", tests);
}
