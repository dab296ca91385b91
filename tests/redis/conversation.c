/* Workers take plans from one list. Each has a proxy of its own, and a raw connection beside it; each conversation has a data
 * source and a record of its own. */
#include "conversation.h"

#include "suite.h"
#include "waited.h"
#include "worlds.h"

#include <datasource/connector.h>
#include <datasource/datasource.h>
#include <hiredis/hiredis.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LATE_MS = 50, AWAITED_MS = 20000, SAID_MOST = 8 };

#define MODEL_HEAD                                                                                                     \
    "{\"name\": \"Thing\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"email\": {\"type\": "      \
    "\"string\", \"unique\": true}, \"city\": {\"type\": \"string\", \"index\": true}, \"n\": \"integer\"}"
const char CONVERSATION_MODEL[] = MODEL_HEAD "}";
static const char ONCE_MODEL[] = MODEL_HEAD ", \"settings\": {\"exactlyOnce\": true}}";

typedef struct crowd {
    const stage *where;
    const proxy_plan *plans;
    size_t count;
    atomic_size_t next;
    tally *tally;
} crowd;

typedef struct talk {
    const stage *where;
    const proxy_plan *plan; /* NULL: none */
    tally *tally;
    proxy *between;
    redisContext *raw;
    ds_source *source;
    ds_model *defined, *model; /* model: the view with a deadline */
    char id[16], email[24], key[48];
    worlds worlds;
    bool is_disturbed; /* an operation was not answered */
    ds_error error;
    int64_t started, deadline;
    int waiting;    /* waited.h */
    int64_t waited; /* for a processor, until the operation began */
    const char *doing;
} talk;

/* ---- what is said of it ---- */

static void describe(const talk *t, ds_status status, char *out, size_t room)
{
    const proxy_plan none = {.fault = PROXY_NONE}, *plan = t->plan == NULL ? &none : t->plan;
    snprintf(out, room, "%s %s behind %s %zu, %s of %s: %s", PROXY_FAULTS[plan->fault],
             plan->to_server ? "to the server" : "to the client", plan->counts_records ? "record" : "byte", plan->at,
             t->doing, t->id, ds_status_name(status));
}

static void wrong(talk *t, ds_status status, const char *what)
{
    char which[160];
    if (atomic_fetch_add(&t->tally->faults, 1) >= SAID_MOST)
        return;
    describe(t, status, which, sizeof which);
    printf("%s; %s (%s)\n", which, what, status == DS_OK ? "" : t->error.message);
}

static void note_time(talk *t, ds_status status)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    int64_t late = ds_now() - t->started - t->deadline - (waited_ns(t->waiting) - t->waited);
    pthread_mutex_lock(&lock);
    if (late > t->tally->latest) {
        t->tally->latest = late;
        describe(t, status, t->tally->latest_one, sizeof t->tally->latest_one);
    }
    pthread_mutex_unlock(&lock);
}

static void begin(talk *t, const char *doing)
{
    t->doing = doing;
    t->error = (ds_error){.status = DS_OK};
    t->waited = waited_ns(t->waiting);
    t->started = ds_now();
}

/* Counts how an operation ended, and judges its kind: whatever else may come, it is not these. */
static void ended(talk *t, ds_status status, bool is_write)
{
    note_time(t, status);
    atomic_fetch_add(&t->tally->operations, 1);
    t->is_disturbed |= status != DS_OK && status != DS_NOT_FOUND;
    switch (status) {
    case DS_OK:
    case DS_NOT_FOUND:
        atomic_fetch_add(&t->tally->done, 1);
        break;
    case DS_UNKNOWN_OUTCOME:
        atomic_fetch_add(&t->tally->unknown, 1);
        if (!is_write)
            wrong(t, status, "nothing was written");
        break;
    case DS_TIMEOUT:
    case DS_UNREACHABLE:
    case DS_LOST:
        atomic_fetch_add(&t->tally->early, 1);
        break;
    default:
        wrong(t, status, "no network makes that of it");
    }
    if (status != DS_OK && t->error.message[0] == '\0')
        wrong(t, status, "no sentence");
}

/* ---- what the server holds ---- */

static world_state state_of(const char *city, long long n)
{
    bool is_marked = strcmp(city, "moved") == 0;
    if ((n != 1 && n != 2) || (!is_marked && strcmp(city, "home") != 0))
        return STATE_COUNT; /* no such state */
    return n == 1 ? (is_marked ? STATE_1_MARKED : STATE_1) : (is_marked ? STATE_2_MARKED : STATE_2);
}

static world_state stored(talk *t)
{
    redisReply *reply = redisCommand(t->raw, "HMGET %s city n", t->key);
    world_state state = STATE_COUNT;
    if (reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2) {
        const redisReply *city = reply->element[0], *n = reply->element[1];
        if (city->type == REDIS_REPLY_NIL && n->type == REDIS_REPLY_NIL)
            state = STATE_NONE;
        else if (city->type == REDIS_REPLY_STRING && n->type == REDIS_REPLY_STRING)
            state = state_of(city->str, strtoll(n->str, NULL, 10));
    }
    freeReplyObject(reply);
    return state;
}

static void look(talk *t, ds_status status)
{
    world_state state = stored(t);
    char what[64];
    snprintf(what, sizeof what, "the server holds state %d", (int)state);
    if (state == STATE_COUNT || !worlds_seen(&t->worlds, state))
        wrong(t, status, what);
}

/* ---- operations ---- */

static void wrote(talk *t, world_write write, ds_status status)
{
    ended(t, status, true);
    if (!worlds_told(&t->worlds, write, status))
        wrong(t, status, "that cannot be");
    look(t, status);
}

static void create(talk *t)
{
    begin(t, "create");
    ds_record *record = ds_record_new(t->model);
    ds_record_set(record, "id", ds_string(t->id));
    ds_record_set(record, "email", ds_string(t->email));
    ds_record_set(record, "city", ds_string("home"));
    ds_record_set(record, "n", ds_integer(1));
    wrote(t, WRITE_CREATE, ds_create(t->model, record, &t->error));
    ds_record_free(record);
}

static void increment(talk *t)
{
    ds_value now = ds_null();
    begin(t, "increment");
    ds_status status = ds_increment(t->model, ds_string(t->id), "n", ds_integer(1), &now, &t->error);
    wrote(t, WRITE_INCREMENT, status);
    if (status == DS_OK && (now.type != DS_INTEGER || now.as.integer != 2))
        wrong(t, status, "the new value is not 2");
}

static void update(talk *t)
{
    begin(t, "update");
    ds_record *changes = ds_record_new(t->model);
    ds_record_set(changes, "city", ds_string("moved"));
    wrote(t, WRITE_UPDATE, ds_update_by_id(t->model, ds_string(t->id), changes, &t->error));
    ds_record_free(changes);
}

static void delete (talk *t)
{
    begin(t, "delete");
    wrote(t, WRITE_DELETE, ds_delete_by_id(t->model, ds_string(t->id), &t->error));
}

static ds_status found(talk *t, ds_status status, ds_record *record)
{
    world_state state = STATE_NONE;
    ended(t, status, false);
    if (status == DS_OK) {
        ds_value city = ds_record_get(record, "city"), n = ds_record_get(record, "n"), id = ds_record_get(record, "id");
        state = city.type == DS_STRING && n.type == DS_INTEGER ? state_of(city.as.string, n.as.integer) : STATE_COUNT;
        if (id.type != DS_STRING || strcmp(id.as.string, t->id) != 0)
            wrong(t, status, "another's record");
    }
    if ((status == DS_OK || status == DS_NOT_FOUND) && (state == STATE_COUNT || !worlds_seen(&t->worlds, state)))
        wrong(t, status, "such a record cannot be");
    ds_record_free(record);
    return status;
}

static ds_status find_by_id(talk *t)
{
    ds_record *record = NULL;
    begin(t, "find by id");
    ds_status status = ds_find_by_id(t->model, ds_string(t->id), &record, &t->error);
    return found(t, status, record);
}

static ds_status find_by_email(talk *t)
{
    ds_record *record = NULL;
    ds_filter *where = ds_where("email", DS_EQ, ds_string(t->email));
    begin(t, "find by email");
    ds_status status = ds_find_one(t->model, DS_QUERY(.where = where), &record, &t->error);
    found(t, status, record);
    ds_filter_free(where);
    return status;
}

/* ---- a conversation ---- */

static bool open_source(talk *t)
{
    char settings[2048];
    ds_options options = {.size = sizeof options, .timeout_ms = t->where->deadline_ms};
    snprintf(settings, sizeof settings,
             "{\"port\": %d, \"keyPrefix\": \"%s\", \"connectTimeout\": %d, \"commandTimeout\": %d, \"reconnect\": "
             "{\"base\": 2, \"max\": 10, \"jitter\": 5}%s%s}",
             proxy_port(t->between), CONVERSATION_PREFIX, t->where->connect_ms, t->where->deadline_ms,
             t->where->settings[0] == '\0' ? "" : ", ", t->where->settings);
    begin(t, "opening");
    ds_status status = ds_source_open("redis", settings, &t->source, &t->error);
    if (status == DS_OK)
        status =
            ds_model_define(t->source, t->where->is_once ? ONCE_MODEL : CONVERSATION_MODEL, &t->defined, &t->error);
    if (status == DS_OK)
        status = ds_model_with(t->defined, &options, &t->model, &t->error);
    if (status != DS_OK)
        wrong(t, status, "it cannot be opened");
    return status == DS_OK;
}

/* The fault strikes once: so it is over, and the data source must come back to itself. */
static void recover(talk *t)
{
    int64_t until = ds_now() + AWAITED_MS * INT64_C(1000000);
    int tries = 1;
    ds_status status = find_by_id(t);
    for (; status != DS_OK && status != DS_NOT_FOUND && ds_now() < until; tries++)
        status = find_by_id(t);
    if (status != DS_OK && status != DS_NOT_FOUND)
        wrong(t, status, "it does not recover");
    atomic_fetch_add(&t->tally->retried, tries > 1);
    long most = atomic_load(&t->tally->tries);
    while (tries > most && !atomic_compare_exchange_weak(&t->tally->tries, &most, tries))
        continue;
}

/* On a machine that is too busy a connection may be given up before it comes to the place of the fault. */
static void await_fault(talk *t)
{
    if (t->plan == NULL || proxy_await_struck(t->between, 500))
        return;
    bool is_astray = t->is_disturbed || proxy_counted(t->between).connections != 1;
    atomic_fetch_add(is_astray ? &t->tally->astray : &t->tally->missed, 1);
}

/* What is still under way arrives; the server has read it once it has answered a few commands of another connection. */
static void settle(talk *t)
{
    begin(t, "the end");
    proxy_release(t->between);
    if (!proxy_await_quiet(t->between, AWAITED_MS))
        wrong(t, DS_TIMEOUT, "a connection stays open");
    for (int i = 0; i < 3; i++)
        freeReplyObject(redisCommand(t->raw, "PING"));
    look(t, DS_OK);
}

static void speak(talk *t)
{
    create(t);
    find_by_id(t);
    if (!t->where->is_brief) {
        find_by_email(t);
        increment(t);
        update(t);
        find_by_email(t);
    }
    delete (t);
}

static void converse(talk *t)
{
    static atomic_uint number;
    unsigned own = atomic_fetch_add(&number, 1);
    snprintf(t->id, sizeof t->id, "%08u", own);
    snprintf(t->email, sizeof t->email, "%08u@x", own);
    snprintf(t->key, sizeof t->key, CONVERSATION_PREFIX "Thing:%08u", own);
    t->deadline = t->where->deadline_ms * INT64_C(1000000);
    worlds_begin(&t->worlds);
    if (t->where->forgets_scripts)
        freeReplyObject(redisCommand(t->raw, "SCRIPT FLUSH"));
    if (open_source(t)) {
        begin(t, "connect");
        ended(t, ds_connect(t->source, &t->error), false);
        speak(t);
        recover(t);
        await_fault(t);
    }
    ds_model_free(t->model);
    ds_source_close(t->source);
    settle(t);
    atomic_fetch_add(&t->tally->runs, 1);
}

static redisContext *connect_raw(const stage *where)
{
    redisContext *raw = redisConnectUnix(where->server->socket);
    if (raw != NULL && where->password != NULL)
        freeReplyObject(redisCommand(raw, "AUTH %s", where->password));
    return raw;
}

static void talk_once(crowd *all, proxy *between, redisContext *raw, const proxy_plan *plan)
{
    talk t = {.where = all->where, .plan = plan, .tally = all->tally, .between = between, .raw = raw};
    t.waiting = waited_open();
    converse(&t);
    if (t.waiting >= 0)
        close(t.waiting);
}

static void *work(void *argument)
{
    crowd *all = argument;
    proxy *between = proxy_start(all->where->port);
    redisContext *raw = connect_raw(all->where);
    size_t i;
    while ((i = atomic_fetch_add(&all->next, 1)) < all->count) {
        proxy_set(between, &all->plans[i]);
        talk_once(all, between, raw, &all->plans[i]);
    }
    redisFree(raw);
    proxy_stop(between);
    return NULL;
}

/* ---- what a test calls ---- */

static stage patient_one(const stage *where)
{
    stage patient = *where;
    patient.deadline_ms = patient.connect_ms = AWAITED_MS;
    return patient;
}

bool connection_measure(const stage *where, proxy_count *out)
{
    tally counts = {0};
    stage patient = patient_one(where);
    talk t = {.where = &patient, .tally = &counts, .between = proxy_start(where->port), .waiting = -1};
    ds_status status = open_source(&t) ? ds_connect(t.source, &t.error) : DS_CONFIG;
    ds_model_free(t.model);
    ds_source_close(t.source);
    bool is_quiet = proxy_await_quiet(t.between, AWAITED_MS);
    *out = proxy_counted(t.between);
    proxy_stop(t.between);
    return status == DS_OK && is_quiet;
}

bool conversation_measure(const stage *where, bool counts_records, proxy_count *out)
{
    tally counts = {0};
    stage patient = patient_one(where);
    crowd all = {.where = &patient, .tally = &counts};
    proxy_plan only_count = {.fault = PROXY_NONE, .counts_records = counts_records};
    proxy *between = proxy_start(where->port);
    redisContext *raw = connect_raw(where);
    proxy_set(between, &only_count);
    talk_once(&all, between, raw, NULL);
    *out = proxy_counted(between);
    redisFree(raw);
    proxy_stop(between);
    return counts.faults == 0 && counts.operations == counts.done && out->connections == 1;
}

void conversations_run(const stage *where, const proxy_plan *plans, size_t count, size_t workers, tally *out)
{
    stage slow = *where;
    crowd all = {.where = &slow, .plans = plans, .count = count, .tally = out};
    if (conversation_stride() > 1) { /* which lets one thread run at a time, slowly */
        workers = workers < 3 ? workers : 3;
        slow.deadline_ms *= 5;
        slow.connect_ms *= 5;
    }
    pthread_t *threads = calloc(workers, sizeof *threads);
    int64_t start = ds_now();
    memset(out, 0, sizeof *out);
    out->latest = INT64_MIN;
    for (size_t i = 0; i < workers; i++)
        if (pthread_create(&threads[i], NULL, work, &all) != 0)
            abort();
    for (size_t i = 0; i < workers; i++)
        pthread_join(threads[i], NULL);
    out->seconds = (double)(ds_now() - start) / 1e9;
    free(threads);
}

void conversations_judge(const char *what, const tally *of)
{
    double latest = (double)of->latest / 1e6;
    printf("%s: %.1f s, %llu conversations of %llu operations: %llu done, %llu unknown, %llu without effect; %llu "
           "recovered at a "
           "later find than the first, at number %ld at most; %llu astray, %llu missed, %llu faults\n",
           what, of->seconds, of->runs, of->operations, of->done, of->unknown, of->early, of->retried, of->tries,
           of->astray, of->missed, of->faults);
    printf("%s: the latest operation ended %.0f ms %s its deadline, but for the time that its thread waited for a "
           "processor (%s)\n",
           what, latest < 0 ? -latest : latest, latest < 0 ? "before" : "past", of->latest_one);
    CU_ASSERT_EQUAL(of->faults, 0);
    CU_ASSERT_EQUAL(of->missed, 0);
    CU_ASSERT(of->astray <= of->runs / 20);
    if (getenv("TIMED") != NULL)
        CU_ASSERT(latest <= LATE_MS);
}

size_t conversation_stride(void)
{
    return getenv("DS_VALGRIND") == NULL ? 1 : 41;
}
