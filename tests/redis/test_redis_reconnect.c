/* How operations wait for a server that is down: the times of the attempts, the host's own function, the events, and the
 * fates of what was under way. */
#include "fake_server.h"
#include "probe.h"
#include "redis/backoff.h"
#include "redis/fate.h"
#include "redis_server.h"
#include "suite.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000000)

static redis_server *server;

/* ---- times, without a server ---- */

static backoff_config read_setting(const char *settings)
{
    probe p;
    backoff_config config = {0};
    CU_ASSERT_EQUAL(probe_open(&p, "%s", settings), DS_OK);
    if (p.source != NULL)
        CU_ASSERT_EQUAL(backoff_read(&config, p.source, &p.error), DS_OK);
    probe_close(&p);
    return config;
}

static void waits_grow(void)
{
    backoff_config config = read_setting("{}");
    static const int64_t want[] = {50, 100, 200, 400, 800, 1600, 2000, 2000};
    for (unsigned i = 0; i < sizeof want / sizeof want[0]; i++) {
        CU_ASSERT_EQUAL(backoff_wait(&config, i, 0), want[i] * MS);
        for (uint64_t random = 0; random < 1000; random++) {
            int64_t wait = backoff_wait(&config, i, random * UINT64_C(0x9e3779b97f4a7c15));
            CU_ASSERT(wait >= want[i] * MS && wait <= (want[i] + 200) * MS);
        }
    }
    CU_ASSERT_EQUAL(backoff_wait(&config, 4000000000u, 0), 2000 * MS);
    config = read_setting("{\"reconnect\": 7}");
    CU_ASSERT_EQUAL(backoff_wait(&config, 0, 99), 7 * MS);
    CU_ASSERT_EQUAL(backoff_wait(&config, 9, 99), 7 * MS);
    CU_ASSERT(!config.never && config.max_retries == -1);
    CU_ASSERT(read_setting("{\"reconnect\": false}").never);
    config = read_setting("{\"reconnect\": {\"base\": 10, \"max\": 15, \"jitter\": 0, \"maxRetries\": 2}}");
    CU_ASSERT_EQUAL(backoff_wait(&config, 0, 5), 10 * MS);
    CU_ASSERT_EQUAL(backoff_wait(&config, 1, 5), 15 * MS);
    CU_ASSERT_EQUAL(config.max_retries, 2);
    config = read_setting("{\"reconnect\": 0}");
    CU_ASSERT_EQUAL(backoff_wait(&config, 3, 5), 0);
}

static void retries_are_counted(void)
{
    probe p;
    backoff b = {0};
    ds_error why = {.status = DS_UNREACHABLE, .message = "down"};
    backoff_config config = {.base = 10, .max = 10, .max_retries = 2};
    CU_ASSERT_EQUAL(probe_open(&p, "{}"), DS_OK);
    CU_ASSERT_EQUAL(backoff_next(&b, &config, p.source, 100, false, &why), DS_OK);
    CU_ASSERT(b.retry_at == 110 && b.retries == 1 && b.cause.status == DS_UNREACHABLE);
    CU_ASSERT_EQUAL(backoff_next(&b, &config, p.source, 200, false, &why), DS_OK);
    CU_ASSERT(b.retry_at == 210 && b.retries == 2);
    CU_ASSERT_EQUAL(backoff_next(&b, &config, p.source, 300, false, &why), DS_UNREACHABLE);
    CU_ASSERT(b.retry_at == 0 && b.retries == 0); /* who comes next begins anew */
    CU_ASSERT_EQUAL(backoff_next(&b, &config, p.source, 300, true, &why), DS_UNREACHABLE);
    CU_ASSERT_EQUAL(backoff_next(&b, &config, p.source, 300, false, &why), DS_OK);
    backoff_proven(&b);
    CU_ASSERT(b.is_proven && b.retries == 0 && b.cause.status == DS_OK);
    probe_close(&p);
}

static void fates(void)
{
    static const struct {
        redis_intent intent;
        bool is_untouched;
        ds_status cause;
        unsigned repeats;
        int64_t left, since;
        fate want;
    } rows[] = {
        {REDIS_READS, false, DS_LOST, 0, 1, 0, FATE_AGAIN},
        {REDIS_READS, false, DS_LOST, REPEATS_MAX - 1, 1, 0, FATE_AGAIN},
        {REDIS_READS, false, DS_LOST, REPEATS_MAX, 1, 0, FATE_ENDS},
        {REDIS_READS, false, DS_LOST, 0, 0, 0, FATE_ENDS},
        {REDIS_READS, false, DS_BACKEND, 0, 1, 0, FATE_ENDS},
        {REDIS_READS, true, DS_LOST, REPEATS_MAX, 1, 0, FATE_AGAIN},
        {REDIS_READS, true, DS_NOMEM, 0, 1, 0, FATE_ENDS},
        {REDIS_WRITES, true, DS_LOST, 99, 1, 0, FATE_AGAIN},
        {REDIS_WRITES, true, DS_BACKEND, 0, 1, 0, FATE_AGAIN},
        {REDIS_WRITES, true, DS_LOST, 0, 0, 0, FATE_ENDS},
        {REDIS_WRITES, false, DS_LOST, 0, 1, 0, FATE_UNKNOWN},
        {REDIS_WRITES, false, DS_BACKEND, 0, 1, 0, FATE_UNKNOWN},
        {REDIS_TOKENED, false, DS_LOST, 99, 1, 0, FATE_AGAIN},
        {REDIS_TOKENED, false, DS_LOST, 0, 1, TOKEN_LIFE_MOST_NS / 2, FATE_UNKNOWN},
        {REDIS_TOKENED, false, DS_LOST, 0, 0, 0, FATE_UNKNOWN},
        {REDIS_TOKENED, false, DS_BACKEND, 0, 1, 0, FATE_UNKNOWN},
        {REDIS_TOKENED, true, DS_LOST, 0, 1, TOKEN_LIFE_MOST_NS, FATE_AGAIN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CU_ASSERT_EQUAL(
            fate_of(rows[i].intent, rows[i].is_untouched, rows[i].cause, rows[i].repeats, rows[i].left, rows[i].since),
            rows[i].want);
}

/* ---- a server that is down, and comes back ---- */

typedef struct diary {
    char text[1024];
    atomic_uint errors, attempts;
} diary;

static void note(ds_source *source, ds_event event, const ds_error *cause, void *user)
{
    static const char *const names[] = {"connect ", "ready ", "end ", "error ", "reconnecting "};
    diary *d = user;
    (void)source;
    if (strlen(d->text) + 16 < sizeof d->text)
        strcat(d->text, names[event]);
    d->errors += event == DS_EVENT_ERROR;
    d->attempts += event == DS_EVENT_RECONNECTING;
    CU_ASSERT((cause != NULL) == (event == DS_EVENT_ERROR || event == DS_EVENT_RECONNECTING));
}

typedef struct saying {
    probe *probe;
    bool is_write;
    ds_status status;
} saying;

static void *say_it(void *user)
{
    saying *s = user;
    char reply[256];
    s->status = probe_say(s->probe, "SET back 1", s->is_write, 20000, reply);
    if (s->status != DS_OK)
        printf("%s %s\n", ds_status_name(s->status), s->probe->error.message);
    return NULL;
}

static void waits_for_the_server(void)
{
    for (int is_write = 0; is_write < 2; is_write++) {
        probe p;
        char reply[256];
        pthread_t thread;
        diary d = {.errors = 0};
        CU_ASSERT_EQUAL(
            probe_open(&p, "{\"port\": %d, \"reconnect\": {\"base\": 20, \"max\": 100, \"jitter\": 10}}", server->port),
            DS_OK);
        ds_on_event(p.source, note, &d);
        CU_ASSERT_EQUAL(probe_say(&p, "PING", false, 5000, reply), DS_OK);
        redis_server_kill(server);
        saying s = {.probe = &p, .is_write = is_write != 0};
        pthread_create(&thread, NULL, say_it, &s);
        while (atomic_load(&d.attempts) < 2)
            ;
        redis_server_restart(server);
        pthread_join(thread, NULL);
        CU_ASSERT_EQUAL(s.status, DS_OK);
        CU_ASSERT_PTR_NOT_NULL(strstr(d.text, "end error reconnecting error reconnecting "));
        const char *last = "reconnecting connect ready ";
        CU_ASSERT(strlen(d.text) > strlen(last) && strcmp(d.text + strlen(d.text) - strlen(last), last) == 0);
        probe_close(&p);
    }
}

static void deadline_says_why(void)
{
    probe p;
    char reply[256];
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d}", free_port()), DS_OK);
    int64_t started = ds_now();
    CU_ASSERT_EQUAL(probe_say(&p, "SET a b", true, 200, reply), DS_UNREACHABLE);
    judge_time("a closed port", started, 200);
    CU_ASSERT_PTR_NOT_NULL(strstr(p.error.message, "connection refused"));
    probe_close(&p);
}

static void attempts_end(void)
{
    probe p;
    char reply[256];
    diary d = {.errors = 0};
    CU_ASSERT_EQUAL(
        probe_open(&p, "{\"port\": %d, \"reconnect\": {\"base\": 1, \"jitter\": 0, \"maxRetries\": 3}}", free_port()),
        DS_OK);
    ds_on_event(p.source, note, &d);
    for (unsigned i = 1; i <= 2; i++) {
        CU_ASSERT_EQUAL(probe_say(&p, "SET a b", true, 20000, reply), DS_UNREACHABLE);
        CU_ASSERT_EQUAL(d.errors, 4 * i); /* one, and three more; then the next begins anew */
        CU_ASSERT_EQUAL(d.attempts, 3 * i);
    }
    probe_close(&p);
}

static void final_causes(void)
{
    probe p;
    char reply[256];
    static const char *const settings[] = {"\"password\": \"wrong\"", "\"database\": 1000"};
    static const ds_status want[] = {DS_AUTH, DS_CONFIG};
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        diary d = {.errors = 0};
        CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d, %s}", server->port, settings[i]), DS_OK);
        ds_on_event(p.source, note, &d);
        CU_ASSERT_EQUAL(probe_say(&p, "PING", false, 20000, reply), want[i]);
        CU_ASSERT(d.errors == 1 && d.attempts == 0);
        probe_close(&p);
    }
}

typedef struct host {
    unsigned asked, last;
    long answer;
    ds_source *source;
} host;

static long decide(unsigned retries, const ds_error *cause, ds_error *why, void *user)
{
    host *h = user;
    CU_ASSERT(cause != NULL && cause->status == DS_UNREACHABLE && cause->message[0] != '\0');
    CU_ASSERT_EQUAL(retries, h->asked);
    h->asked++;
    if (retries < 3)
        return 1;
    if (h->answer == DS_RECONNECT_STOP)
        ds_error_set(why, DS_CANCELLED, "the host has had enough");
    return h->answer;
}

static void host_decides(void)
{
    probe p;
    char reply[256];
    host h = {.answer = DS_RECONNECT_STOP};
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d, \"reconnect\": false}", free_port()), DS_OK);
    ds_set_reconnect(p.source, decide, &h);
    CU_ASSERT_EQUAL(probe_say(&p, "SET a b", true, 20000, reply), DS_CANCELLED);
    CU_ASSERT_PTR_NOT_NULL(strstr(p.error.message, "has had enough"));
    CU_ASSERT_EQUAL(h.asked, 4);
    h = (host){.answer = 60000};
    CU_ASSERT_EQUAL(probe_say(&p, "SET a b", true, 100, reply), DS_UNREACHABLE);
    CU_ASSERT_EQUAL(h.asked, 4);
    probe_close(&p);
}

static void *leave(void *user)
{
    ds_error error = {0};
    struct timespec pause = {.tv_nsec = 100 * MS};
    nanosleep(&pause, NULL); /* until the other waits; were it too early, the operation would be refused alike */
    CU_ASSERT_EQUAL(ds_disconnect(user, &error), DS_OK);
    return NULL;
}

static void disconnect_ends_the_wait(void)
{
    probe p;
    pthread_t thread;
    ds_error error = {0};
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d, \"commandTimeout\": 20000}", free_port()), DS_OK);
    int64_t started = ds_now();
    pthread_create(&thread, NULL, leave, p.source);
    CU_ASSERT_EQUAL(ds_ping(p.source, &error), DS_UNREACHABLE);
    pthread_join(thread, NULL);
    CU_ASSERT(ds_now() - started < 10000 * MS);
    probe_close(&p);
}

static void cancel_ends_the_wait(void)
{
    probe p;
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d}", free_port()), DS_OK);
    redis_request *request = redis_request_new(p.connection);
    probe_encode(request, "SET a b");
    probe_call(&p, 20000);
    ds_cancel *cancel = NULL;
    ds_error error = {0};
    CU_ASSERT_EQUAL(ds_cancel_new(&cancel, &error), DS_OK);
    p.call.cancel = cancel;
    ds_cancel_set(cancel);
    CU_ASSERT_EQUAL(redis_run(p.connection, request, REDIS_WRITES, &p.call), DS_CANCELLED);
    redis_request_free(request);
    ds_cancel_free(cancel);
    probe_close(&p);
}

int main(void)
{
    static const test tests[] = {
        {"waits double up to max, with jitter on top, as the setting reconnect says", waits_grow},
        {"retries are counted for each outage, and end at maxRetries", retries_are_counted},
        {"what was not sent is sent again, what reads too, and a sent write is unknown", fates},
        {"operations wait for a server that comes back, and the events tell of it", waits_for_the_server},
        {"a deadline that passes while the server is down says why it is", deadline_says_why},
        {"after maxRetries the wait ends, and the next operation begins anew", attempts_end},
        {"a wrong password and a wrong setting are not tried again", final_causes},
        {"the host's function decides how long to wait, and when to stop", host_decides},
        {"ds_disconnect() ends the wait", disconnect_ends_the_wait},
        {"a cancel token ends the wait", cancel_ends_the_wait},
    };
    server = redis_server_start(NULL);
    int status = SUITE_RUN("redis reconnect", tests);
    redis_server_stop(server);
    return status;
}
