/* Records whose content follows from their id, so that any thread can judge any of them; counters, one a thread; and ids that
 * nobody has. */
#include "process.h"
#include "replies.h"

#include "random.h"
#include "suite.h"
#include "waited.h"

#include <datasource/datasource.h>
#include <hiredis/hiredis.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { RECORDS = 500, LARGE_EVERY = 25, LARGE_BYTES = 20000, PATIENT_MS = 60000, SAID_MOST = 8 };
enum { RUNNING, ABOUT_TO_STOP, STOPPED, PHASES }; /* of a server; counted on and on, modulo PHASES */

static const char DEFINITION[] =
    "{\"name\": \"Thing\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"email\": {\"type\": "
    "\"string\", \"unique\": true}, \"n\": \"integer\", \"text\": \"string\"}}";

typedef struct all {
    ds_source *source;
    ds_model *model;
    replies_tally *tally;
    unsigned long long most;
    const replies_stops *stops; /* NULL: the server stops for moments only */
    atomic_uint phase;          /* with stops */
    atomic_bool is_over;
} all;

typedef struct hasty {
    all *all;
    unsigned number;
    uint64_t random;
    ds_cancel *cancel;
    ds_model *view; /* of the operation under way */
    bool is_patient, has_cancel, is_write;
    int timeout_ms;
    ds_error error;
    ds_status status;
    double begun;              /* ms */
    uint64_t counted, perhaps; /* increments that were answered, and that have an unknown outcome */
    int64_t last;              /* value of the counter that was answered */
    double latest;
    _Atomic double cancelled_at;    /* ms; 0: not since the operation began */
    atomic_uint_least64_t ended[2]; /* with stops: the last phase, and operations that began and ended in it */
    pthread_t thread;
} hasty;

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
        printf("\nthread %u, a %s after %.0f of %d ms, %s cancel token: %s, %s\n", h->number,
               h->is_write ? "write" : "read", now_ms() - h->begun, h->timeout_ms, h->has_cancel ? "with a" : "no",
               ds_status_name(status), h->error.message);
}

/* Not before its time. Where connections are given up meanwhile, the reason of that may be told then. */
static bool is_timeout(const hasty *h, ds_status status)
{
    const replies_stops *stops = h->all->stops;
    bool loses = stops != NULL && stops->loses_connections;
    return (status == DS_TIMEOUT || (loses && (status == DS_UNREACHABLE || status == DS_LOST))) &&
           now_ms() >= h->begun + h->timeout_ms;
}

/* How it failed must be explained by its own haste. */
static void judge(hasty *h, ds_status status, bool is_write)
{
    h->is_write = is_write;
    replies_tally *tally = h->all->tally;
    h->status = status;
    if (status == DS_OK || status == DS_NOT_FOUND)
        atomic_fetch_add(is_write ? &tally->writes : &tally->reads, 1);
    else if (h->is_patient)
        dragged(h, status);
    else if (is_timeout(h, status))
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
    size_t i = random_own(&h->random, RECORDS);
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
    size_t i = random_own(&h->random, RECORDS);
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
        which[i] = random_own(&h->random, RECORDS);
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
    bool is_there = random_own(&h->random, 2) == 0;
    snprintf(id, sizeof id, "%s%zu", is_there ? "r" : "nobody", random_own(&h->random, RECORDS));
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
    size_t kind = random_own(&h->random, 20);
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

static bool view_so(hasty *h)
{
    const replies_stops *stops = h->all->stops;
    if (stops != NULL && stops->loses_connections && h->timeout_ms > REPLIES_SILENCE_MS)
        h->timeout_ms = REPLIES_SILENCE_MS; /* commandTimeout bounds each operation */
    h->error = (ds_error){.status = DS_OK};
    ds_options options = {
        .size = sizeof options, .timeout_ms = h->timeout_ms, .cancel = h->has_cancel ? h->cancel : NULL};
    atomic_store(&h->cancelled_at, 0);
    ds_cancel_clear(h->cancel);
    h->begun = now_ms();
    return ds_model_with(h->all->model, &options, &h->view, &h->error) == DS_OK;
}

/* Half of them have time; of the others most have a few ms, and half can be cancelled. */
static bool make_haste(hasty *h)
{
    h->is_patient = random_own(&h->random, 2) == 0;
    h->has_cancel = !h->is_patient && random_own(&h->random, 2) == 0;
    h->timeout_ms = h->is_patient || (h->has_cancel && random_own(&h->random, 2) == 0)
                        ? PATIENT_MS
                        : 1 + (int)random_own(&h->random, 1 + random_own(&h->random, 12));
    return view_so(h);
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
        operate(h);
        double late = now_ms() - h->begun - h->timeout_ms;
        h->latest = late > h->latest ? late : h->latest;
        ds_model_free(h->view);
    }
    atomic_fetch_sub(&tally->operations, 1);
    return NULL;
}

/* ---- operations while the server is stopped ---- */

/* While the server runs there is time. Otherwise the deadline passes, or a token ends what has time. */
static bool choose(hasty *h, unsigned phase)
{
    const replies_stops *stops = h->all->stops;
    h->is_patient = phase % PHASES == RUNNING;
    h->has_cancel = !h->is_patient && stops->cancels && random_own(&h->random, 2) == 0;
    h->timeout_ms =
        h->is_patient || h->has_cancel ? PATIENT_MS : stops->deadlines_ms[random_own(&h->random, stops->deadlines)];
    return view_so(h);
}

/* How late it ended, in ms, but for the time that its thread waited for a processor. */
static double lateness(hasty *h, int64_t waited)
{
    double end = now_ms(), cancelled = atomic_load(&h->cancelled_at);
    double due = h->begun + h->timeout_ms;
    if (h->has_cancel && cancelled > h->begun && cancelled < due)
        due = cancelled;
    return end - due - (double)waited / 1e6;
}

static void note(hasty *h, unsigned phase)
{
    if (atomic_load(&h->all->phase) != phase)
        return;
    if (phase % PHASES == STOPPED && (h->status == DS_OK || h->status == DS_NOT_FOUND))
        mixed_up(h, "an operation was answered while the server was stopped");
    if (atomic_load(&h->ended[0]) != phase)
        atomic_store(&h->ended[1], 0);
    atomic_store(&h->ended[0], phase);
    atomic_fetch_add(&h->ended[1], 1);
}

static void *endure(void *argument)
{
    hasty *h = argument;
    replies_tally *tally = h->all->tally;
    int waiting = waited_open();
    while (!atomic_load(&h->all->is_over) && atomic_load(&tally->mixed) < SAID_MOST) {
        unsigned phase = atomic_load(&h->all->phase);
        int64_t waited = waited_ns(waiting);
        if (!choose(h, phase)) {
            dragged(h, h->error.status);
            break;
        }
        atomic_fetch_add(&tally->operations, 1);
        atomic_fetch_add(&tally->patient, h->is_patient);
        operate(h);
        double late = lateness(h, waited_ns(waiting) - waited);
        h->latest = late > h->latest ? late : h->latest;
        ds_model_free(h->view);
        note(h, phase);
    }
    if (waiting >= 0)
        close(waiting);
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
        const struct timespec moment = {0, 20000 + (long)random_own(&own.random, 300000)};
        nanosleep(&moment, NULL);
        hasty *h = &d->threads[random_own(&own.random, REPLIES_THREADS)];
        if (atomic_load(&h->cancelled_at) == 0)
            atomic_store(&h->cancelled_at, now_ms());
        ds_cancel_set(h->cancel);
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
        const struct timespec moment = {0, 5000000 + (long)random_own(&own.random, 20000000)};
        redisReply *reply = redisCommand(raw, "DEBUG SLEEP 0.00%u", 1 + (unsigned)random_own(&own.random, 9));
        d->all->tally->stops += reply != NULL && reply->type == REDIS_REPLY_STATUS;
        freeReplyObject(reply);
        nanosleep(&moment, NULL);
    }
    redisFree(raw);
    return NULL;
}

/* Until each thread has begun and ended so many operations in this phase. */
static void await_each(const disturber *d, unsigned phase, unsigned operations)
{
    unsigned have = 0;
    for (double start = now_ms(); have < REPLIES_THREADS && now_ms() - start < 120e3;) {
        const struct timespec moment = {0, 1000000};
        nanosleep(&moment, NULL);
        have = 0;
        for (unsigned i = 0; i < REPLIES_THREADS; i++)
            have += atomic_load(&d->threads[i].ended[0]) == phase && atomic_load(&d->threads[i].ended[1]) >= operations;
        if (atomic_load(&d->all->tally->mixed) >= SAID_MOST)
            return;
    }
    CU_ASSERT_EQUAL(have, REPLIES_THREADS);
}

/* Nobody has time any more when the server stops, and somebody always waits for it when it goes on. */
static void *stop_for_long(void *argument)
{
    disturber *d = argument;
    const replies_stops *stops = d->all->stops;
    unsigned phase = RUNNING;
    await_each(d, phase, stops->answers);
    for (unsigned i = 0; i < stops->stops; i++) {
        atomic_store(&d->all->phase, ++phase);
        await_each(d, phase, 1);
        redis_server_pause((redis_server *)(uintptr_t)d->server);
        atomic_store(&d->all->phase, ++phase);
        await_each(d, phase, stops->ends);
        atomic_store(&d->all->phase, ++phase);
        redis_server_resume((redis_server *)(uintptr_t)d->server);
        await_each(d, phase, stops->answers);
        d->all->tally->stops++;
    }
    atomic_store(&d->all->is_over, true);
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
    printf(
        "\n%.1f s, %llu operations of %d threads (%llu of them patient): %llu reads and %llu writes were answered, "
        "%llu "
        "timeouts, %llu cancelled, %llu unknown; the server stopped %llu times, connected to %u times; %llu mixed up, "
        "%llu dragged along; the latest operation ended %.0f ms past its deadline\n",
        t->seconds, t->operations, REPLIES_THREADS, t->patient, t->reads, t->writes, t->timeouts, t->cancelled,
        t->unknown, t->stops, t->connects, t->mixed, t->dragged, t->latest);
}

static bool open_all(all *a, const redis_server *server)
{
    char settings[256];
    ds_error error = {0};
    bool loses = a->stops != NULL && a->stops->loses_connections;
    snprintf(settings, sizeof settings,
             "{\"port\": %d, \"keyPrefix\": \"t:\", \"commandTimeout\": %d, \"idlePing\": 60000}", server->port,
             loses ? REPLIES_SILENCE_MS : PATIENT_MS);
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
        is_fine =
            is_fine && pthread_create(&threads[i].thread, NULL, a->stops == NULL ? hurry : endure, &threads[i]) == 0;
    if (!is_fine || pthread_create(&canceller, NULL, cancel_some, &d) != 0 ||
        pthread_create(&stopper, NULL, a->stops == NULL ? stop_server : stop_for_long, &d) != 0)
        abort();
    for (unsigned i = 0; i < REPLIES_THREADS; i++)
        pthread_join(threads[i].thread, NULL);
    atomic_store(&a->is_over, true);
    pthread_join(canceller, NULL);
    pthread_join(stopper, NULL);
    for (unsigned i = 0; i < REPLIES_THREADS; i++)
        a->tally->latest = threads[i].latest > a->tally->latest ? threads[i].latest : a->tally->latest;
}

static unsigned connects(ds_source *source)
{
    static const char NAME[] = "\"connects\": ";
    char *stats = NULL;
    const char *at = ds_stats(source, &stats, NULL) == DS_OK ? strstr(stats, NAME) : NULL;
    unsigned number = at == NULL ? 0 : (unsigned)strtoul(at + sizeof NAME - 1, NULL, 10);
    ds_free(stats);
    return number;
}

static void run(all *a, const redis_server *server)
{
    hasty threads[REPLIES_THREADS];
    replies_tally *tally = a->tally;
    memset(tally, 0, sizeof *tally);
    CU_ASSERT_FATAL(open_all(a, server));
    double start = now_ms();
    run_threads(a, threads, server);
    tally->seconds = (now_ms() - start) / 1e3;
    tally->connects = connects(a->source);
    ds_source_close(a->source); /* and with it what was under way */
    for (unsigned i = 0; i < REPLIES_THREADS; i++)
        ds_cancel_free(threads[i].cancel);
    report(tally);
    check_counters(server, threads);
    CU_ASSERT_EQUAL(tally->mixed, 0);
    CU_ASSERT_EQUAL(tally->dragged, 0);
}

void replies_run(const redis_server *server, unsigned long long operations, replies_tally *out)
{
    all a = {.tally = out, .most = operations};
    run(&a, server);
    CU_ASSERT(out->operations >= operations);
}

void replies_run_stopped(const redis_server *server, const replies_stops *stops, replies_tally *out)
{
    all a = {.tally = out, .stops = stops};
    run(&a, server);
}
