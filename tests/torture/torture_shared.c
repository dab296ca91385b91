/* 32 threads on one connection for 120 seconds, while the server is killed and restarted 30 times and the network fails 30 times.
 * What was acknowledged is there, nothing is done twice, an unknown outcome is one of the two, events are in order, nobody waits
 * past a deadline, and work goes on soon. With exactlyOnce no outcome is unknown. */
#include "ledger.h"
#include "order.h"
#include "process.h"
#include "proxy.h"
#include "random.h"
#include "redis_server.h"
#include "suite.h"
#include "waited.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifndef SECONDS /* tests/redis/test_shared_faults is this too, but shorter */
#define SECONDS    120
#define KILLS      30
#define CUTS       30
#define OPERATIONS 20000
#define UNKNOWNS   20
#define REPEATS    200
#endif
#ifndef CONNECTIONS
#define CONNECTIONS 1
#endif
enum { THREADS = 32, COUNTERS = 4, TIMEOUT_MS = 10000, LATE_MS = 50, BACK_MS = 1000 };
#define PREFIX "t:"

#define DEFINITION                                                                                                     \
    "{\"name\": \"%s\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"email\": {\"type\": "         \
    "\"string\", \"unique\": true}, \"city\": {\"type\": \"string\", \"index\": true}, \"n\": \"integer\"}, "          \
    "\"settings\": {\"exactlyOnce\": %s}}"

/* Half of the threads have a model of their own whose writes are done exactly once: no outcome of theirs stays unknown. */
typedef struct side {
    const char *name, *before; /* what stands before "Thing:" in the keys */
    bool once;
    ds_model *model; /* with a deadline */
    atomic_ullong writes, again, unknown, counted[COUNTERS], perhaps[COUNTERS];
} side;
static side sides[] = {{.name = "Thing", .before = PREFIX},
                       {.name = "OnceThing", .before = PREFIX "Once", .once = true}};

static redis_server *server;
static proxy *network;
static ds_source *source;
static atomic_bool is_over;
static atomic_ullong operations, answered, unknown, without_effect, wrong;
static _Atomic double returned; /* when the server or the network was back last; far in the future while it is away */
static _Thread_local unsigned repeats; /* of this thread's operations, as the library logs them */

typedef struct worker {
    ledger ledger;
    side *side;
    unsigned repeats; /* before the operation */
    uint64_t random;
    ds_error error;
    int waiting;    /* waited.h */
    int64_t waited; /* before the operation */
    double begun, latest;
    _Atomic double last_good; /* when an operation was answered last */
    pthread_t thread;
} worker;
static worker workers[THREADS];

/* ---- what a thread does ---- */

static void complain(worker *w, ds_status status, const char *what)
{
    if (atomic_fetch_add(&wrong, 1) < 8)
        printf("\nthread %u: %s: %s %s\n", w->ledger.owner, what, ds_status_name(status),
               status == DS_OK ? "" : w->error.message);
}

static void begin(worker *w)
{
    w->error = (ds_error){.status = DS_OK};
    w->waited = waited_ns(w->waiting);
    w->repeats = repeats;
    w->begun = now_ms();
}

static void ended(worker *w, ds_status status, bool is_write)
{
    double end = now_ms(), late = end - w->begun - TIMEOUT_MS;
    late -= (double)(waited_ns(w->waiting) - w->waited) / 1e6;
    w->latest = late > w->latest ? late : w->latest;
    atomic_fetch_add(&operations, 1);
    atomic_fetch_add(&w->side->writes, is_write);
    atomic_fetch_add(&w->side->again, is_write && repeats != w->repeats);
    switch (status) {
    case DS_OK:
    case DS_NOT_FOUND:
    case DS_DUPLICATE:
        atomic_fetch_add(&answered, 1);
        atomic_store(&w->last_good, end);
        return;
    case DS_UNKNOWN_OUTCOME:
        atomic_fetch_add(&unknown, 1);
        atomic_fetch_add(&w->side->unknown, 1);
        if (w->side->once && (end - w->begun < TIMEOUT_MS || end - atomic_load(&returned) > BACK_MS))
            complain(w, status, "exactly once, and the server was back in time");
        if (!is_write)
            complain(w, status, "a read");
        return;
    case DS_BUSY: /* LOADING */
    case DS_TIMEOUT:
    case DS_UNREACHABLE:
    case DS_LOST:
        atomic_fetch_add(&without_effect, 1);
        return;
    default:
        complain(w, status, "an unexpected end");
    }
}

static void wrote(worker *w, size_t number, world_write write, ds_status status)
{
    ended(w, status, true);
    if (!worlds_told(ledger_of(&w->ledger, number), write, status))
        complain(w, status, "a write that cannot have ended so");
}

static void create(worker *w, size_t number, const char *id)
{
    char email[32];
    snprintf(email, sizeof email, "%s@x", id);
    begin(w);
    ds_record *record = ds_record_new(w->side->model);
    ds_record_set(record, "id", ds_string(id));
    ds_record_set(record, "email", ds_string(email));
    ds_record_set(record, "city", ds_string("home"));
    ds_record_set(record, "n", ds_integer(1));
    wrote(w, number, WRITE_CREATE, ds_create(w->side->model, record, &w->error));
    ds_record_free(record);
}

static void increment(worker *w, size_t number, const char *id)
{
    ds_value now = ds_null();
    begin(w);
    ds_status status = ds_increment(w->side->model, ds_string(id), "n", ds_integer(1), &now, &w->error);
    wrote(w, number, WRITE_INCREMENT, status);
    if (status == DS_OK && (now.type != DS_INTEGER || now.as.integer != 2))
        complain(w, status, "an increment that answered another value than 2");
}

static void update(worker *w, size_t number, const char *id)
{
    begin(w);
    ds_record *changes = ds_record_new(w->side->model);
    ds_record_set(changes, "city", ds_string("moved"));
    wrote(w, number, WRITE_UPDATE, ds_update_by_id(w->side->model, ds_string(id), changes, &w->error));
    ds_record_free(changes);
}

static void delete (worker *w, size_t number, const char *id)
{
    begin(w);
    wrote(w, number, WRITE_DELETE, ds_delete_by_id(w->side->model, ds_string(id), &w->error));
}

static void find(worker *w, size_t number, const char *id)
{
    ds_record *record = NULL;
    world_state state = STATE_NONE;
    begin(w);
    ds_status status = ds_find_by_id(w->side->model, ds_string(id), &record, &w->error);
    ended(w, status, false);
    if (status == DS_OK) {
        ds_value city = ds_record_get(record, "city"), n = ds_record_get(record, "n"), is = ds_record_get(record, "id");
        state =
            city.type == DS_STRING && n.type == DS_INTEGER ? ledger_state(city.as.string, n.as.integer) : STATE_COUNT;
        if (is.type != DS_STRING || strcmp(is.as.string, id) != 0)
            complain(w, status, "another's record");
    }
    if ((status == DS_OK || status == DS_NOT_FOUND) &&
        (state == STATE_COUNT || !worlds_seen(ledger_of(&w->ledger, number), state)))
        complain(w, status, "a record that cannot be so");
    ds_record_free(record);
}

/* One of a few that all threads fight for. */
static void count(worker *w)
{
    char id[16];
    size_t i = random_own(&w->random, COUNTERS);
    ds_value now = ds_null();
    snprintf(id, sizeof id, "counter%zu", i);
    begin(w);
    ds_status status = ds_increment(w->side->model, ds_string(id), "n", ds_integer(1), &now, &w->error);
    ended(w, status, true);
    if (status == DS_NOT_FOUND)
        complain(w, status, "a counter");
    atomic_fetch_add(&w->side->counted[i], status == DS_OK);
    atomic_fetch_add(&w->side->perhaps[i], status == DS_UNKNOWN_OUTCOME);
}

static void *work(void *argument)
{
    worker *w = argument;
    char id[24];
    w->waiting = waited_open();
    while (!atomic_load(&is_over)) {
        size_t number = ledger_add(&w->ledger);
        ledger_id(&w->ledger, number, id);
        create(w, number, id);
        find(w, number, id);
        increment(w, number, id);
        count(w);
        update(w, number, id);
        find(w, number, id);
        if (random_own(&w->random, 4) != 0)
            delete (w, number, id);
    }
    if (w->waiting >= 0)
        close(w->waiting);
    return NULL;
}

/* ---- what is done to them ---- */

typedef struct disturbances {
    unsigned kills, cuts;
    double back_first, back_all; /* ms after the server's return, at most: until one thread works, and until all do */
    double gone, away;           /* since when, and for how long at most */
    unsigned slow;               /* times that none worked within BACK_MS */
} disturbances;

static void pause_ms(size_t ms)
{
    const struct timespec time = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    nanosleep(&time, NULL);
}

/* Waits until each thread was answered after `since`. */
static void await_work(double since, disturbances *d)
{
    double first = 0, all = 0;
    size_t working = 0;
    while (working < THREADS && now_ms() - since < 20000) {
        working = 0;
        for (size_t i = 0; i < THREADS; i++)
            working += atomic_load(&workers[i].last_good) > since;
        all = now_ms() - since;
        first = working > 0 && first == 0 ? all : first;
        pause_ms(2);
    }
    CU_ASSERT_EQUAL(working, THREADS);
    d->back_first = first > d->back_first ? first : d->back_first;
    d->back_all = all > d->back_all ? all : d->back_all;
    d->slow += first > BACK_MS;
}

static void go(disturbances *d)
{
    d->gone = now_ms();
    atomic_store(&returned, 1e18);
}

static void come_back(disturbances *d)
{
    double now = now_ms();
    d->away = now - d->gone > d->away ? now - d->gone : d->away;
    atomic_store(&returned, now);
    await_work(now, d);
}

static void kill_server(disturbances *d)
{
    go(d);
    bool refuses = random_below(2) == 0; /* or takes connections, and resets them */
    proxy_refuse(network, refuses);
    redis_server_kill(server);
    pause_ms(50 + random_below(400));
    redis_server_restart(server);
    proxy_refuse(network, false);
    d->kills++;
    come_back(d);
}

static void fail_network(disturbances *d)
{
    go(d);
    switch (random_below(4)) {
    case 0:
        proxy_cut_all(network, false);
        break;
    case 1:
        proxy_cut_all(network, true);
        break;
    case 2:
        proxy_refuse(network, true);
        proxy_cut_all(network, random_below(2) == 0);
        pause_ms(100 + random_below(400));
        proxy_refuse(network, false);
        break;
    default:
        proxy_silence(network, true);
        pause_ms(100 + random_below(400));
        proxy_silence(network, false);
        proxy_cut_all(network, random_below(2) == 0);
    }
    d->cuts++;
    come_back(d);
}

static void disturb(disturbances *d)
{
    double start = now_ms();
    for (unsigned turn = 0; now_ms() - start < SECONDS * 1e3 || d->kills < KILLS || d->cuts < CUTS; turn++) {
        double next = start + SECONDS * 1e3 * (turn + 1) / (KILLS + CUTS);
        if (turn % 2 == 0)
            kill_server(d);
        else
            fail_network(d);
        double left = next - now_ms();
        pause_ms(left > 0 ? (size_t)left : 100);
    }
}

/* ---- the run ---- */

static void note_repeat(void *user, ds_log_level level, const char *of, const char *message)
{
    (void)user, (void)level, (void)of;
    repeats += strncmp(message, "an operation is sent again", 26) == 0;
}

static bool open_side(side *one, ds_error *err)
{
    char definition[512];
    ds_model *defined = NULL;
    const ds_options options = {.size = sizeof options, .timeout_ms = TIMEOUT_MS};
    snprintf(definition, sizeof definition, DEFINITION, one->name, one->once ? "true" : "false");
    bool good = ds_model_define(source, definition, &defined, err) == DS_OK &&
                ds_model_with(defined, &options, &one->model, err) == DS_OK;
    for (size_t i = 0; good && i < COUNTERS; i++) {
        char id[16];
        snprintf(id, sizeof id, "counter%zu", i);
        ds_record *record = ds_record_new(one->model);
        ds_record_set(record, "id", ds_string(id));
        ds_record_set(record, "n", ds_integer(0));
        good = ds_create(one->model, record, err) == DS_OK;
        ds_record_free(record);
    }
    return good;
}

static bool open_all(order *events)
{
    char settings[512];
    ds_error error = {0};
    snprintf(settings, sizeof settings,
             "{\"port\": %d, \"keyPrefix\": \"" PREFIX
             "\", \"connectTimeout\": 1000, \"commandTimeout\": %d, \"connections\": %d, \"reconnect\": "
             "{\"base\": 20, \"max\": 250, \"jitter\": 50}}",
             proxy_port(network), TIMEOUT_MS, CONNECTIONS);
    ds_set_logger(note_repeat, NULL, DS_LOG_INFO);
    bool good = ds_source_open("redis", settings, &source, &error) == DS_OK;
    if (good)
        ds_on_event(source, order_note, events);
    good = good && open_side(&sides[0], &error) && open_side(&sides[1], &error);
    if (!good)
        printf("\n%s\n", error.message);
    return good;
}

static void check_counters(redisContext *raw, side *one)
{
    for (size_t i = 0; i < COUNTERS; i++) {
        redisReply *reply = redisCommand(raw, "HGET %sThing:counter%d n", one->before, (int)i);
        unsigned long long n = reply != NULL && reply->str != NULL ? strtoull(reply->str, NULL, 10) : 0;
        printf("counter %zu of %s: %llu, of %llu acknowledged increments and %llu unknown ones\n", i, one->name, n,
               one->counted[i], one->perhaps[i]);
        CU_ASSERT(n >= one->counted[i] && n <= one->counted[i] + one->perhaps[i]);
        freeReplyObject(reply);
    }
}

static void check_records(void)
{
    ledger_tally found = {0};
    redisContext *raw = redisConnectUnix(server->socket);
    for (size_t i = 0; i < THREADS; i++)
        ledger_check(&workers[i].ledger, raw, workers[i].side->before, &found);
    printf("%zu records were written, of which %zu are there; %zu with an unknown outcome; %zu faults\n", found.records,
           found.there, found.open, found.faults);
    CU_ASSERT_EQUAL(found.faults, 0);
    check_counters(raw, &sides[0]);
    check_counters(raw, &sides[1]);
    redisFree(raw);
}

static void run_threads(disturbances *d)
{
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i].ledger.owner = i;
        workers[i].side = &sides[i % 2];
        workers[i].random = random_bits() | 1;
        workers[i].latest = -TIMEOUT_MS;
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            abort();
    }
    disturb(d);
    atomic_store(&is_over, true);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(workers[i].thread, NULL);
}

/* An outcome stays unknown only where the deadline ended before the server was back, or soon after: `wrong` has the others. */
static void report_sides(const disturbances *d)
{
    for (size_t i = 0; i < 2; i++)
        printf("%s: of %llu writes %llu met a failure and were sent again (at least %d), %llu outcomes are unknown%s\n",
               sides[i].once ? "with exactlyOnce" : "without it", sides[i].writes, sides[i].again,
               sides[i].once ? REPEATS : 0, sides[i].unknown,
               sides[i].once ? " (none, unless the server was away for nearly all of a deadline)" : "");
    printf("the server or the network was away for %.0f ms at most, and a deadline is %d\n", d->away, TIMEOUT_MS);
    CU_ASSERT(sides[1].again >= REPEATS && (sides[1].unknown == 0 || d->away > TIMEOUT_MS - BACK_MS));
}

static void report(const disturbances *d, double seconds)
{
    double latest = -TIMEOUT_MS;
    for (size_t i = 0; i < THREADS; i++)
        latest = workers[i].latest > latest ? workers[i].latest : latest;
    printf("\n%.1f s (at least %d), %llu operations of %d threads (at least %d): %llu answered, %llu unknown (at "
           "least %d), %llu without effect (at most one in a hundred), %llu wrong; %u kills (at least %d), %u cuts (at "
           "least %d)\n",
           seconds, SECONDS, operations, THREADS, OPERATIONS, answered, unknown, UNKNOWNS, without_effect, wrong,
           d->kills, KILLS, d->cuts, CUTS);
    printf("after the server's return one thread worked after %.0f ms at most (%u times later than %d), all of them "
           "after %.0f ms; the latest operation ended %.0f ms %s its deadline, but for the time that its thread waited "
           "for a "
           "processor\n",
           d->back_first, d->slow, BACK_MS, d->back_all, latest < 0 ? -latest : latest, latest < 0 ? "before" : "past");
    report_sides(d);
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(seconds >= SECONDS && d->kills >= KILLS && d->cuts >= CUTS);
    CU_ASSERT(operations >= OPERATIONS && unknown >= UNKNOWNS);
    CU_ASSERT(without_effect <= operations / 100); /* the server is back long before they end: they wait for it */
    if (getenv("TIMED") != NULL)
        CU_ASSERT(latest <= LATE_MS && d->slow == 0);
}

static void nothing_is_lost_or_done_twice(void)
{
    static order events = {.is_many = CONNECTIONS > 1};
    disturbances d = {0};
    ds_error error = {0};
    int descriptors = descriptors_open(), threads = threads_alive(0);
    CU_ASSERT_FATAL(open_all(&events));
    double start = now_ms();
    run_threads(&d);
    report(&d, (now_ms() - start) / 1e3);
    CU_ASSERT_EQUAL(ds_disconnect(source, &error), DS_OK);
    CU_ASSERT(proxy_await_quiet(network, 10000)); /* what was under way has come */
    order_judge(&events);
    CU_ASSERT(events.events[DS_EVENT_READY] >= KILLS + CUTS);
    CU_ASSERT(events.events[DS_EVENT_RECONNECTING] >= KILLS / 2);
    ds_model_free(sides[0].model);
    ds_model_free(sides[1].model);
    ds_set_logger(NULL, NULL, DS_LOG_INFO);
    ds_source_close(source);
    check_records();
    printf("at the start and at the end: %d and %d descriptors, %d and %d threads\n", descriptors, descriptors_open(),
           threads, threads_alive(threads));
    CU_ASSERT_EQUAL(descriptors_open(), descriptors);
    CU_ASSERT_EQUAL(threads_alive(threads), threads);
    for (size_t i = 0; i < THREADS; i++)
        ledger_free(&workers[i].ledger);
}

int main(void)
{
    static const test tests[] = {
        {"nothing acknowledged is lost, nothing is done twice, and work goes on", nothing_is_lost_or_done_twice},
    };
    random_start();
    server = redis_server_start((const char *const[]){"--appendonly", "yes", "--appendfsync", "always",
                                                      "--auto-aof-rewrite-min-size", "16mb", NULL});
    network = proxy_start(server->port);
    int failed = SUITE_RUN("torture: a shared connection", tests);
    proxy_stop(network);
    redis_server_stop(server);
    return failed;
}
