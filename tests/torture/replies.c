/* Records whose content follows from their id, so that any thread can judge any of them; counters, one a thread; and ids that
 * nobody has. */
#include "replies.h"

#include "random.h"
#include "suite.h"

#include <datasource/datasource.h>
#include <hiredis/hiredis.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RECORDS = 500, LARGE_EVERY = 25, LARGE_BYTES = 20000, PATIENT_MS = 60000, SAID_MOST = 8 };

static const char DEFINITION[] =
    "{\"name\": \"Thing\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"email\": {\"type\": "
    "\"string\", \"unique\": true}, \"n\": \"integer\", \"text\": \"string\"}}";

typedef struct all {
    ds_source *source;
    ds_model *model;
    replies_tally *tally;
    unsigned long long most;
    atomic_bool is_over;
} all;

typedef struct hasty {
    all *all;
    unsigned number;
    uint64_t random;
    ds_cancel *cancel;
    ds_model *view; /* of the operation under way */
    bool is_patient, has_cancel;
    int timeout_ms;
    ds_error error;
    uint64_t counted, perhaps; /* increments that were answered, and that have an unknown outcome */
    int64_t last;              /* value of the counter that was answered */
    double latest;
    pthread_t thread;
} hasty;

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static size_t below(hasty *h, size_t limit)
{
    h->random ^= h->random << 13;
    h->random ^= h->random >> 7;
    h->random ^= h->random << 17;
    return (size_t)((h->random >> 11) % limit);
}

/* ---- what is stored ---- */

static int64_t n_of(size_t i)
{
    return (int64_t)(i * UINT64_C(2654435761) % 1000000007u);
}

static void fill_text(size_t i, char out[LARGE_BYTES + 1])
{
    size_t length = i % LARGE_EVERY == 0 ? LARGE_BYTES : 5 + i % 20;
    for (size_t k = 0; k < length; k++)
        out[k] = (char)('a' + (i * 7 + k * (i % 5 + 1)) % 26);
    out[length] = '\0';
}

static bool store(ds_model *model, const char *id, int64_t n, const char *text, ds_error *error)
{
    char email[32];
    snprintf(email, sizeof email, "%s@x", id);
    ds_record *record = ds_record_new(model);
    ds_record_set(record, "id", ds_string(id));
    ds_record_set(record, "email", ds_string(email));
    ds_record_set(record, "n", ds_integer(n));
    ds_record_set(record, "text", ds_string(text));
    ds_status status = ds_create(model, record, error);
    ds_record_free(record);
    return status == DS_OK;
}

static bool fill(all *a)
{
    char id[16], text[LARGE_BYTES + 1];
    ds_error error = {0};
    bool good = true;
    for (size_t i = 0; good && i < RECORDS; i++) {
        snprintf(id, sizeof id, "r%zu", i);
        fill_text(i, text);
        good = store(a->model, id, n_of(i), text, &error);
    }
    for (unsigned i = 0; good && i < REPLIES_THREADS; i++) {
        snprintf(id, sizeof id, "c%u", i);
        good = store(a->model, id, 0, "", &error);
    }
    if (!good)
        printf("\n%s\n", error.message);
    return good;
}

static bool is_record(const ds_record *record, size_t i)
{
    char id[16], text[LARGE_BYTES + 1];
    snprintf(id, sizeof id, "r%zu", i);
    fill_text(i, text);
    ds_value got_id = ds_record_get(record, "id"), n = ds_record_get(record, "n"), got = ds_record_get(record, "text");
    return got_id.type == DS_STRING && strcmp(got_id.as.string, id) == 0 && n.type == DS_INTEGER &&
           n.as.integer == n_of(i) && got.type == DS_STRING && strcmp(got.as.string, text) == 0;
}

/* ---- what is said ---- */

static void mixed_up(hasty *h, const char *what)
{
    if (atomic_fetch_add(&h->all->tally->mixed, 1) < SAID_MOST)
        printf("\nthread %u: %s\n", h->number, what);
}

static void dragged(hasty *h, ds_status status)
{
    if (atomic_fetch_add(&h->all->tally->dragged, 1) < SAID_MOST)
        printf("\nthread %u, %d ms, %s cancel token: %s, %s\n", h->number, h->timeout_ms,
               h->has_cancel ? "with a" : "no", ds_status_name(status), h->error.message);
}

/* How it failed must be explained by its own haste. */
static void judge(hasty *h, ds_status status, bool is_write)
{
    replies_tally *tally = h->all->tally;
    if (status == DS_OK || status == DS_NOT_FOUND)
        atomic_fetch_add(is_write ? &tally->writes : &tally->reads, 1);
    else if (h->is_patient)
        dragged(h, status);
    else if (status == DS_TIMEOUT)
        atomic_fetch_add(&tally->timeouts, 1);
    else if (status == DS_CANCELLED && h->has_cancel)
        atomic_fetch_add(&tally->cancelled, 1);
    else if (status == DS_UNKNOWN_OUTCOME && is_write)
        atomic_fetch_add(&tally->unknown, 1);
    else
        dragged(h, status);
}

/* ---- operations ---- */

static void find_by_id(hasty *h)
{
    char id[16];
    size_t i = below(h, RECORDS);
    ds_record *record = NULL;
    snprintf(id, sizeof id, "r%zu", i);
    ds_status status = ds_find_by_id(h->view, ds_string(id), &record, &h->error);
    judge(h, status, false);
    if (status == DS_NOT_FOUND || (status == DS_OK && !is_record(record, i)))
        mixed_up(h, "a find by id answered another record, or none");
    ds_record_free(record);
}

static void find_by_email(hasty *h)
{
    char email[16];
    size_t i = below(h, RECORDS);
    ds_record *record = NULL;
    snprintf(email, sizeof email, "r%zu@x", i);
    ds_filter *where = ds_where("email", DS_EQ, ds_string(email));
    ds_status status = ds_find_one(h->view, DS_QUERY(.where = where), &record, &h->error);
    judge(h, status, false);
    if (status == DS_NOT_FOUND || (status == DS_OK && !is_record(record, i)))
        mixed_up(h, "a find by email answered another record, or none");
    ds_record_free(record);
    ds_filter_free(where);
}

/* Several replies of one operation: each in its place. */
static void find_many(hasty *h)
{
    enum { MANY = 12 };
    char ids[MANY][16];
    size_t which[MANY], seen = 0;
    ds_value values[MANY];
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    for (size_t i = 0; i < MANY; i++) {
        which[i] = below(h, RECORDS);
        snprintf(ids[i], sizeof ids[i], "r%zu", which[i]);
        values[i] = ds_string(ids[i]);
    }
    ds_status status = ds_find_by_ids(h->view, values, MANY, &cursor, &h->error);
    while (status == DS_OK && (status = ds_cursor_next(cursor, &record, &h->error)) == DS_OK && record != NULL)
        if (seen >= MANY || !is_record(record, which[seen++]))
            mixed_up(h, "a find by ids answered another record");
    judge(h, status, false);
    if (status == DS_OK && seen != MANY)
        mixed_up(h, "a find by ids answered too few records");
    ds_cursor_close(cursor);
}

static void find_nothing(hasty *h)
{
    bool exists = false;
    char id[16];
    bool is_there = below(h, 2) == 0;
    snprintf(id, sizeof id, "%s%zu", is_there ? "r" : "nobody", below(h, RECORDS));
    ds_status status = ds_exists(h->view, ds_string(id), &exists, &h->error);
    judge(h, status, false);
    if (status == DS_OK && exists != is_there)
        mixed_up(h, "ds_exists() answered for another record");
}

static void increment(hasty *h)
{
    char id[16];
    ds_value now = ds_null();
    snprintf(id, sizeof id, "c%u", h->number);
    ds_status status = ds_increment(h->view, ds_string(id), "n", ds_integer(1), &now, &h->error);
    judge(h, status, true);
    if (status == DS_UNKNOWN_OUTCOME)
        h->perhaps++;
    if (status != DS_OK)
        return;
    h->counted++;
    if (now.type != DS_INTEGER || now.as.integer <= h->last || now.as.integer < (int64_t)h->counted ||
        now.as.integer > (int64_t)(h->counted + h->perhaps))
        mixed_up(h, "an increment answered another value");
    h->last = now.as.integer;
}

static void operate(hasty *h)
{
    size_t kind = below(h, 20);
    if (kind < 11)
        find_by_id(h);
    else if (kind < 13)
        find_by_email(h);
    else if (kind < 14)
        find_many(h);
    else if (kind < 16)
        find_nothing(h);
    else
        increment(h);
}

/* Half of them have time; of the others most have a few ms, and half can be cancelled. */
static bool make_haste(hasty *h)
{
    h->is_patient = below(h, 2) == 0;
    h->has_cancel = !h->is_patient && below(h, 2) == 0;
    h->timeout_ms =
        h->is_patient || (h->has_cancel && below(h, 2) == 0) ? PATIENT_MS : 1 + (int)below(h, 1 + below(h, 12));
    h->error = (ds_error){.status = DS_OK};
    ds_options options = {
        .size = sizeof options, .timeout_ms = h->timeout_ms, .cancel = h->has_cancel ? h->cancel : NULL};
    ds_cancel_clear(h->cancel);
    return ds_model_with(h->all->model, &options, &h->view, &h->error) == DS_OK;
}

static void *hurry(void *argument)
{
    hasty *h = argument;
    replies_tally *tally = h->all->tally;
    while (atomic_fetch_add(&tally->operations, 1) < h->all->most && atomic_load(&tally->mixed) < SAID_MOST) {
        if (!make_haste(h)) {
            dragged(h, h->error.status);
            break;
        }
        atomic_fetch_add(&tally->patient, h->is_patient);
        double begun = now_ms();
        operate(h);
        double late = now_ms() - begun - h->timeout_ms;
        h->latest = late > h->latest ? late : h->latest;
        ds_model_free(h->view);
    }
    atomic_fetch_sub(&tally->operations, 1);
    return NULL;
}

/* ---- what disturbs them ---- */

typedef struct disturber {
    all *all;
    hasty *threads;
    const redis_server *server;
    uint64_t seed;
} disturber;

static void *cancel_some(void *argument)
{
    disturber *d = argument;
    hasty own = {.random = d->seed};
    while (!atomic_load(&d->all->is_over)) {
        const struct timespec moment = {0, 20000 + (long)below(&own, 300000)};
        nanosleep(&moment, NULL);
        ds_cancel_set(d->threads[below(&own, REPLIES_THREADS)].cancel);
    }
    return NULL;
}

/* So that replies are late, and come when their operations have ended. */
static void *stop_server(void *argument)
{
    disturber *d = argument;
    hasty own = {.random = d->seed + 1};
    redisContext *raw = redisConnectUnix(d->server->socket);
    while (!atomic_load(&d->all->is_over)) {
        const struct timespec moment = {0, 5000000 + (long)below(&own, 20000000)};
        redisReply *reply = redisCommand(raw, "DEBUG SLEEP 0.00%u", 1 + (unsigned)below(&own, 9));
        d->all->tally->stops += reply != NULL && reply->type == REDIS_REPLY_STATUS;
        freeReplyObject(reply);
        nanosleep(&moment, NULL);
    }
    redisFree(raw);
    return NULL;
}

/* ---- the run ---- */

static void check_counters(const redis_server *server, const hasty *threads)
{
    redisContext *raw = redisConnectUnix(server->socket);
    uint64_t done = 0, perhaps = 0;
    for (unsigned i = 0; i < REPLIES_THREADS; i++) {
        redisReply *reply = redisCommand(raw, "HGET t:Thing:c%u n", i);
        uint64_t n = reply != NULL && reply->str != NULL ? strtoull(reply->str, NULL, 10) : UINT64_MAX;
        if (n < threads[i].counted || n > threads[i].counted + threads[i].perhaps)
            printf("\ncounter %u is %llu, of %llu increments that were answered and %llu unknown ones\n", i,
                   (unsigned long long)n, (unsigned long long)threads[i].counted,
                   (unsigned long long)threads[i].perhaps);
        CU_ASSERT(n >= threads[i].counted && n <= threads[i].counted + threads[i].perhaps);
        done += n - threads[i].counted;
        perhaps += threads[i].perhaps;
        freeReplyObject(reply);
    }
    printf("of %llu increments of unknown outcome %llu were done\n", (unsigned long long)perhaps,
           (unsigned long long)done);
    redisFree(raw);
}

static void report(const replies_tally *t)
{
    printf("\n%.1f s, %llu operations of %d threads (%llu of them patient): %llu reads and %llu writes were answered, "
           "%llu "
           "timeouts, %llu cancelled, %llu unknown; the server stopped %llu times; %llu mixed up, %llu dragged along; "
           "the latest "
           "operation ended %.0f ms past its deadline\n",
           t->seconds, t->operations, REPLIES_THREADS, t->patient, t->reads, t->writes, t->timeouts, t->cancelled,
           t->unknown, t->stops, t->mixed, t->dragged, t->latest);
}

static bool open_all(all *a, const redis_server *server)
{
    char settings[256];
    ds_error error = {0};
    snprintf(settings, sizeof settings,
             "{\"port\": %d, \"keyPrefix\": \"t:\", \"commandTimeout\": %d, \"idlePing\": 60000}", server->port,
             PATIENT_MS);
    bool good = ds_source_open("redis", settings, &a->source, &error) == DS_OK &&
                ds_model_define(a->source, DEFINITION, &a->model, &error) == DS_OK && fill(a);
    if (!good)
        printf("\n%s\n", error.message);
    return good;
}

static void run_threads(all *a, hasty *threads, const redis_server *server)
{
    disturber d = {.all = a, .threads = threads, .server = server, .seed = random_bits() | 1};
    pthread_t canceller, stopper;
    bool is_fine = true;
    for (unsigned i = 0; i < REPLIES_THREADS; i++) {
        threads[i] = (hasty){.all = a, .number = i, .random = random_bits() | 1};
        is_fine = is_fine && ds_cancel_new(&threads[i].cancel, NULL) == DS_OK;
    }
    for (unsigned i = 0; i < REPLIES_THREADS; i++)
        is_fine = is_fine && pthread_create(&threads[i].thread, NULL, hurry, &threads[i]) == 0;
    if (!is_fine || pthread_create(&canceller, NULL, cancel_some, &d) != 0 ||
        pthread_create(&stopper, NULL, stop_server, &d) != 0)
        abort();
    for (unsigned i = 0; i < REPLIES_THREADS; i++)
        pthread_join(threads[i].thread, NULL);
    atomic_store(&a->is_over, true);
    pthread_join(canceller, NULL);
    pthread_join(stopper, NULL);
    for (unsigned i = 0; i < REPLIES_THREADS; i++)
        a->tally->latest = threads[i].latest > a->tally->latest ? threads[i].latest : a->tally->latest;
}

void replies_run(const redis_server *server, unsigned long long operations, replies_tally *out)
{
    all a = {.tally = out, .most = operations};
    hasty threads[REPLIES_THREADS];
    memset(out, 0, sizeof *out);
    CU_ASSERT_FATAL(open_all(&a, server));
    double start = now_ms();
    run_threads(&a, threads, server);
    out->seconds = (now_ms() - start) / 1e3;
    ds_source_close(a.source); /* and with it what was under way */
    for (unsigned i = 0; i < REPLIES_THREADS; i++)
        ds_cancel_free(threads[i].cancel);
    report(out);
    check_counters(server, threads);
    CU_ASSERT_EQUAL(out->mixed, 0);
    CU_ASSERT_EQUAL(out->dragged, 0);
    CU_ASSERT(out->operations >= operations);
}
