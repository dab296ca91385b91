/* What becomes of an operation when the server stops, dies, hangs up or answers late, and when the caller gives up. */
#include "fake_server.h"
#include "probe.h"
#include "redis_server.h"
#include "suite.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static redis_server *server;

static long counter(const char *key)
{
    char words[64];
    snprintf(words, sizeof words, "GET %s", key);
    char *reply = redis_server_command(server, words), *line = strstr(reply, "\r\n");
    long value = line == NULL ? 0 : strtol(line + 2, NULL, 10);
    free(reply);
    return value;
}

static void expect(probe *p, const char *words, bool is_write, int ms, ds_status want, const char *want_reply)
{
    char reply[256] = "";
    ds_status status = probe_say(p, words, is_write, ms, reply);
    if (status != want || (want_reply != NULL && strcmp(reply, want_reply) != 0))
        printf("%s: %s \"%s\" %s\n", words, ds_status_name(status), reply, status == DS_OK ? "" : p->error.message);
    CU_ASSERT_EQUAL(status, want);
    CU_ASSERT(want_reply == NULL || strcmp(reply, want_reply) == 0);
    CU_ASSERT(status == DS_OK || p->error.status == status);
}

/* ---- a real server that stops, dies and comes back ---- */

static void paused_server(void)
{
    probe p;
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d, \"idlePing\": 60000}", server->port), DS_OK);
    expect(&p, "SET paused 10", true, 5000, DS_OK, "OK");
    redis_server_pause(server);
    expect(&p, "GET paused", false, 100, DS_TIMEOUT, NULL);
    expect(&p, "INCR paused", true, 100, DS_TIMEOUT, NULL); /* it waited for the late reply, and was not sent */
    expect(&p, "ECHO nobody", false, 100, DS_TIMEOUT, NULL);
    redis_server_resume(server);
    expect(&p, "ECHO mine", false, 5000, DS_OK, "mine");
    expect(&p, "GET paused", false, 5000, DS_OK, "10");
    redis_server_pause(server);
    expect(&p, "INCR paused", true, 100, DS_UNKNOWN_OUTCOME, NULL);
    CU_ASSERT_PTR_NOT_NULL(strstr(p.error.message, "may or may not"));
    expect(&p, "INCR paused", true, 100, DS_TIMEOUT, NULL);
    redis_server_resume(server);
    expect(&p, "ECHO mine-too", false, 5000, DS_OK, "mine-too");
    expect(&p, "GET paused", false, 5000, DS_OK, "11");
    char *stats = NULL;
    CU_ASSERT_EQUAL(ds_stats(p.source, &stats, &p.error), DS_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(stats, "\"connects\": 1,")); /* the same connection all the time */
    ds_free(stats);
    probe_close(&p);
}

static void silent_for_too_long(void)
{
    probe p;
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d, \"commandTimeout\": 200, \"idlePing\": 60000}", server->port),
                    DS_OK);
    expect(&p, "SET silent 1", true, 5000, DS_OK, "OK");
    redis_server_pause(server);
    expect(&p, "GET silent", false, 250, DS_TIMEOUT, NULL); /* repeated on a fresh connection, in vain */
    expect(&p, "GET silent", false, 100, DS_TIMEOUT, NULL);
    redis_server_resume(server);
    expect(&p, "GET silent", false, 5000, DS_OK, "1");
    char *stats = NULL;
    CU_ASSERT_EQUAL(ds_stats(p.source, &stats, &p.error), DS_OK);
    CU_ASSERT_PTR_NULL(strstr(stats, "\"connects\": 1,"));
    ds_free(stats);
    probe_close(&p);
}

static void killed_between_operations(void)
{
    probe p;
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d, \"reconnect\": false}", server->port), DS_OK);
    expect(&p, "ECHO a", false, 5000, DS_OK, "a");
    redis_server_restart(server);
    expect(&p, "SET killed 1", true, 5000, DS_OK, "OK");
    redis_server_restart(server);
    expect(&p, "ECHO b", false, 5000, DS_OK, "b");
    redis_server_kill(server);
    expect(&p, "SET killed 2", true, 5000, DS_UNREACHABLE, NULL);
    expect(&p, "ECHO c", false, 5000, DS_UNREACHABLE, NULL);
    redis_server_restart(server);
    expect(&p, "SET killed 3", true, 5000, DS_OK, "OK");
    probe_close(&p);
}

static void client_kill(void)
{
    probe p;
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d}", server->port), DS_OK);
    for (int i = 0; i < 20; i++) {
        expect(&p, "INCR clientkill", true, 5000, DS_OK, NULL);
        free(redis_server_command(server, "CLIENT KILL TYPE normal"));
    }
    CU_ASSERT_EQUAL(counter("clientkill"), 20);
    probe_close(&p);
}

/* ---- a server that talks by a script ---- */

typedef struct script {
    fake_talk *then; /* what it does once the connection is greeted */
    int ready;       /* connections that it greets; -1: all */
    atomic_uint commands;
    atomic_bool flag;
    char names[512];
    pthread_mutex_t lock;
} script;

static void take_name(script *s, const char *name)
{
    pthread_mutex_lock(&s->lock);
    if (strlen(s->names) + strlen(name) + 2 < sizeof s->names) {
        strcat(s->names, name);
        strcat(s->names, " ");
    }
    pthread_mutex_unlock(&s->lock);
}

static bool greet(int fd, script *s)
{
    char name[32];
    bool is_fine = fake_command(fd, name, NULL);
    take_name(s, name);
    return is_fine && fake_write(fd, "+PONG\r\n", 7);
}

static void greet_and(int fd, unsigned number, void *user)
{
    script *s = user;
    if (greet(fd, s))
        s->then(fd, number, user);
}

static bool next_command(int fd, script *s)
{
    char name[32];
    if (!fake_command(fd, name, NULL))
        return false;
    take_name(s, name);
    atomic_fetch_add(&s->commands, 1);
    return true;
}

static bool answer(int fd, const char *text)
{
    return fake_write(fd, text, strlen(text));
}

static fake_server *begin(probe *p, script *s, fake_talk *then, const char *more)
{
    memset(s, 0, sizeof *s);
    pthread_mutex_init(&s->lock, NULL);
    s->then = then;
    fake_server *fake = fake_server_start(greet_and, s);
    CU_ASSERT_EQUAL(probe_open(p, "{\"port\": %d%s}", fake_server_port(fake), more), DS_OK);
    return fake;
}

static void finish(probe *p, script *s, fake_server *fake)
{
    fake_server_stop(fake);
    probe_close(p);
    pthread_mutex_destroy(&s->lock);
}

/* The first connection dies with the command in hand, the others answer. */
static void die_once(int fd, unsigned number, void *user)
{
    while (next_command(fd, user) && number > 0)
        if (!answer(fd, "$4\r\nfine\r\n"))
            return;
}

static void lost_in_flight(void)
{
    probe p;
    script s;
    fake_server *fake = begin(&p, &s, die_once, "");
    expect(&p, "GET a", false, 5000, DS_OK, "fine"); /* a read is repeated */
    CU_ASSERT_EQUAL(fake_server_count(fake), 2);
    CU_ASSERT_EQUAL(atomic_load(&s.commands), 2);
    finish(&p, &s, fake);
    fake = begin(&p, &s, die_once, "");
    expect(&p, "SET a b", true, 5000, DS_UNKNOWN_OUTCOME, NULL); /* a write is not */
    CU_ASSERT_EQUAL(atomic_load(&s.commands), 1);
    expect(&p, "SET a b", true, 5000, DS_OK, "fine");
    CU_ASSERT_EQUAL(atomic_load(&s.commands), 2);
    finish(&p, &s, fake);
}

static void die_always(int fd, unsigned number, void *user)
{
    (void)number;
    next_command(fd, user);
}

static void not_repeated_for_ever(void)
{
    probe p;
    script s;
    fake_server *fake = begin(&p, &s, die_always, "");
    expect(&p, "GET a", false, 5000, DS_LOST, NULL);
    CU_ASSERT(atomic_load(&s.commands) >= 2 && atomic_load(&s.commands) <= 5);
    finish(&p, &s, fake);
}

static void hang_up_at_once(int fd, unsigned number, void *user)
{
    (void)fd, (void)number, (void)user;
}

static void greeted_and_dropped(void)
{
    probe p;
    script s;
    char reply[256];
    fake_server *fake = begin(&p, &s, hang_up_at_once, "");
    int64_t started = ds_now();
    ds_status status = probe_say(&p, "SET a b", true, 1000, reply); /* whether a byte was taken is a matter of luck */
    CU_ASSERT(status == DS_UNREACHABLE || status == DS_LOST || status == DS_UNKNOWN_OUTCOME);
    status = probe_say(&p, "GET a", false, 1000, reply);
    CU_ASSERT(status == DS_UNREACHABLE || status == DS_LOST);
    CU_ASSERT(ds_now() - started < INT64_C(4000000000));
    CU_ASSERT(fake_server_count(fake) <= 20); /* it waited longer and longer */
    finish(&p, &s, fake);
}

static void answer_two(int fd, unsigned number, void *user)
{
    (void)number;
    for (int i = 0; i < 5; i++)
        if (!next_command(fd, user))
            return;
    answer(fd, "+one\r\n:2\r\n$5\r\nth");
}

static void pipelined_write(void)
{
    probe p;
    script s;
    char reply[256];
    fake_server *fake = begin(&p, &s, answer_two, "");
    redis_request *request = redis_request_new(p.connection);
    for (int i = 0; i < 5; i++)
        probe_encode(request, "SET a b");
    CU_ASSERT_EQUAL(redis_run(p.connection, request, true, probe_call(&p, 5000)), DS_UNKNOWN_OUTCOME);
    for (size_t i = 0; i < 5; i++) {
        ds_error error = {0};
        ds_status status = redis_command_status(request, i, &error);
        CU_ASSERT_EQUAL(status, i < 2 ? DS_OK : DS_UNKNOWN_OUTCOME);
        CU_ASSERT_EQUAL(error.status, status);
        CU_ASSERT((redis_reply_at(request, i) != NULL) == (i < 2));
    }
    probe_describe(redis_reply_at(request, 1), reply);
    CU_ASSERT_STRING_EQUAL(reply, ":2");
    redis_request_free(request);
    finish(&p, &s, fake);
}

/* Takes the first command, answers it, and reads no more. */
static void answer_first(int fd, unsigned number, void *user)
{
    (void)number;
    if (next_command(fd, user))
        answer(fd, "+one\r\n");
}

static void partly_sent_write(void)
{
    enum { SIZE = 16 * 1024 * 1024 };
    probe p;
    script s;
    fake_server *fake = begin(&p, &s, answer_first, "");
    redis_request *request = redis_request_new(p.connection);
    probe_encode(request, "SET a b");
    for (int i = 0; i < 3; i++) {
        request_begin(request, 2);
        request_text(request, "ECHO");
        char *room = request_room(request, SIZE);
        memset(room, 'x', SIZE);
    }
    CU_ASSERT_EQUAL(redis_run(p.connection, request, true, probe_call(&p, 5000)), DS_UNKNOWN_OUTCOME);
    ds_error error = {0};
    CU_ASSERT_EQUAL(redis_command_status(request, 0, &error), DS_OK);
    CU_ASSERT_EQUAL(redis_command_status(request, 1, &error), DS_UNKNOWN_OUTCOME);
    CU_ASSERT_EQUAL(redis_command_status(request, 3, &error), DS_LOST); /* not a byte of it was sent */
    CU_ASSERT_EQUAL(error.status, DS_LOST);
    redis_request_free(request);
    finish(&p, &s, fake);
}

/* ---- half a reply ---- */

static void half_first(int fd, unsigned number, void *user)
{
    if (!next_command(fd, user))
        return;
    if (number == 0)
        answer(fd, "*3\r\n$1\r\na\r\n*2\r\n:1\r\n");
    else if (answer(fd, "*3\r\n$1\r\na\r\n*2\r\n:1\r\n:2\r\n$-1\r\n"))
        next_command(fd, user);
}

static ds_status say(char *text, const char *word)
{
    strcat(text, word);
    return DS_OK;
}
static ds_status on_array(void *user, const redis_place *at, size_t count)
{
    (void)at, (void)count;
    return say(user, "[ ");
}
static ds_status on_string(void *user, const redis_place *at, const char *bytes, size_t length)
{
    (void)at, (void)bytes, (void)length;
    return say(user, "s ");
}
static ds_status on_integer(void *user, const redis_place *at, int64_t integer)
{
    (void)at, (void)integer;
    return say(user, "i ");
}
static ds_status on_nil(void *user, const redis_place *at)
{
    (void)at;
    return say(user, "nil ");
}
static ds_status on_end(void *user, const redis_place *at)
{
    (void)at;
    return say(user, "end ");
}
static void on_again(void *user, const redis_place *at)
{
    CU_ASSERT_EQUAL(at->command, 0);
    say(user, "again ");
}
static const redis_sink sink = {
    .array = on_array, .string = on_string, .integer = on_integer, .nil = on_nil, .end = on_end, .again = on_again};

static void half_a_reply(void)
{
    probe p;
    script s;
    char text[256] = "";
    fake_server *fake = begin(&p, &s, half_first, "");
    redis_request *request = redis_request_new(p.connection);
    request_begin_sink(request, 1, &sink, text);
    request_text(request, "READ");
    CU_ASSERT_EQUAL(redis_run(p.connection, request, false, probe_call(&p, 5000)), DS_OK);
    CU_ASSERT_STRING_EQUAL(text, "[ s [ i again [ s [ i i nil end ");
    redis_request_free(request);
    finish(&p, &s, fake);
}

/* The second half of a reply comes when nobody waits for it any more. */
static void half_then_rest(int fd, unsigned number, void *user)
{
    script *s = user;
    (void)number;
    if (!next_command(fd, user) || !answer(fd, "*3\r\n$1\r\na\r\n*2\r\n:1\r\n"))
        return;
    while (!atomic_load(&s->flag))
        ;
    answer(fd, ":2\r\n$-1\r\n");
    while (next_command(fd, user))
        if (!answer(fd, "+own\r\n"))
            return;
}

static void late_half(void)
{
    for (int streamed = 0; streamed < 2; streamed++) {
        probe p;
        script s;
        char text[256] = "";
        fake_server *fake = begin(&p, &s, half_then_rest, ", \"idlePing\": 60000");
        redis_request *request = redis_request_new(p.connection);
        request_begin_sink(request, 1, streamed ? &sink : NULL, text);
        request_text(request, "READ");
        CU_ASSERT_EQUAL(redis_run(p.connection, request, false, probe_call(&p, 500)), DS_TIMEOUT);
        CU_ASSERT_STRING_EQUAL(text, streamed ? "[ s [ i again " : "");
        CU_ASSERT_PTR_NULL(redis_reply_at(request, 0));
        redis_request_reset(request); /* its memory is used for something else */
        memset(request_memory(request, 900), 0x5a, 900);
        atomic_store(&s.flag, true);
        probe_encode(request, "ECHO own");
        CU_ASSERT_EQUAL(redis_run(p.connection, request, false, probe_call(&p, 5000)), DS_OK);
        char reply[256];
        probe_describe(redis_reply_at(request, 0), reply);
        CU_ASSERT_STRING_EQUAL(reply, "own");
        CU_ASSERT_STRING_EQUAL(text, streamed ? "[ s [ i again " : "");
        redis_request_free(request);
        CU_ASSERT_EQUAL(fake_server_count(fake), 1);
        finish(&p, &s, fake);
    }
}

/* ---- idle connections ---- */

static void echo_own(int fd, unsigned number, void *user)
{
    (void)number;
    while (next_command(fd, user))
        if (!answer(fd, "+own\r\n"))
            return;
}

static void wait_idle(int ms)
{
    int64_t until = ds_now() + ms * INT64_C(1000000);
    while (ds_now() < until) /* the time itself is what is awaited */
        ;
}

static void idle_ping(void)
{
    probe p;
    script s;
    fake_server *fake = begin(&p, &s, echo_own, ", \"idlePing\": 20");
    expect(&p, "ONE", true, 5000, DS_OK, "own");
    expect(&p, "TWO", true, 5000, DS_OK, "own");
    wait_idle(25);
    expect(&p, "THREE", true, 5000, DS_OK, "own");
    CU_ASSERT_PTR_NOT_NULL(strstr(s.names, "PING ONE "));
    CU_ASSERT_PTR_NOT_NULL(strstr(s.names, "PING THREE "));
    finish(&p, &s, fake);
}

/* As behind a firewall that forgot the connection: it is open, and nothing comes. */
static void fall_silent(int fd, unsigned number, void *user)
{
    if (number > 0) {
        echo_own(fd, number, user);
        return;
    }
    if (next_command(fd, user) && answer(fd, "+own\r\n"))
        while (next_command(fd, user))
            ;
}

static void silent_drop(void)
{
    probe p;
    script s;
    fake_server *fake = begin(&p, &s, fall_silent, ", \"idlePing\": 1");
    expect(&p, "ONE", true, 5000, DS_OK, "own");
    wait_idle(3);
    expect(&p, "TWO", true, 400, DS_OK, "own");
    CU_ASSERT_EQUAL(fake_server_count(fake), 2);
    CU_ASSERT_STRING_EQUAL(s.names, "PING ONE PING PING TWO ");
    finish(&p, &s, fake);
}

/* ---- cancelling ---- */

static void stay_silent(int fd, unsigned number, void *user)
{
    (void)number;
    while (next_command(fd, user))
        ;
}

typedef struct canceller {
    script *script;
    ds_cancel *cancel;
} canceller;

static void *cancel_when_sent(void *user)
{
    canceller *c = user;
    while (atomic_load(&c->script->commands) == 0)
        ;
    ds_cancel_set(c->cancel);
    return NULL;
}

static void cancelled(void)
{
    static const ds_status want[] = {DS_CANCELLED, DS_UNKNOWN_OUTCOME};
    for (int is_write = 0; is_write < 2; is_write++) {
        probe p;
        script s;
        pthread_t thread;
        fake_server *fake = begin(&p, &s, stay_silent, "");
        canceller c = {.script = &s};
        CU_ASSERT_EQUAL(ds_cancel_new(&c.cancel, &p.error), DS_OK);
        redis_request *request = redis_request_new(p.connection);
        probe_encode(request, "GET a");
        probe_call(&p, 20000)->cancel = c.cancel;
        pthread_create(&thread, NULL, cancel_when_sent, &c);
        int64_t started = ds_now();
        CU_ASSERT_EQUAL(redis_run(p.connection, request, is_write != 0, &p.call), want[is_write]);
        CU_ASSERT(ds_now() - started < INT64_C(10000000000));
        pthread_join(thread, NULL);
        CU_ASSERT_EQUAL(redis_run(p.connection, request, is_write != 0, &p.call), DS_BACKEND); /* it was not reset */
        redis_request_reset(request);
        probe_encode(request, "GET a");
        CU_ASSERT_EQUAL(redis_run(p.connection, request, is_write != 0, &p.call), DS_CANCELLED); /* still set */
        redis_request_free(request);
        finish(&p, &s, fake);
        ds_cancel_free(c.cancel);
    }
}

/* ---- waiting for the turn ---- */

typedef struct waiting {
    probe *probe;
    int ms;
    ds_cancel *cancel;
    bool insists;
    ds_status status;
    pthread_t thread;
} waiting;

static void *wait_for_turn(void *user)
{
    waiting *w = user;
    redis_request *request = redis_request_new(w->probe->connection);
    do { /* the line may be full for a moment */
        ds_error error = {0};
        ds_call call = {
            .size = sizeof call, .error = &error, .cancel = w->cancel, .deadline = ds_now() + w->ms * INT64_C(1000000)};
        redis_request_reset(request);
        probe_encode(request, "SET a b");
        w->status = redis_run(w->probe->connection, request, true, &call);
    } while (w->status == DS_BUSY && w->insists);
    redis_request_free(request);
    return NULL;
}

enum { WAITERS = 3 };

static void begin_waiting(waiting *one, probe *p, bool insists)
{
    *one = (waiting){.probe = p, .ms = 60000, .insists = insists};
    CU_ASSERT_EQUAL(ds_cancel_new(&one->cancel, &p->error), DS_OK);
    pthread_create(&one->thread, NULL, wait_for_turn, one);
}

static void end_waiting(waiting *one, ds_status want)
{
    ds_cancel_set(one->cancel);
    pthread_join(one->thread, NULL);
    CU_ASSERT_EQUAL(one->status, want);
    ds_cancel_free(one->cancel);
}

/* Takes the greeting and says nothing. */
static void never_greet(int fd, unsigned number, void *user)
{
    (void)number;
    while (next_command(fd, user))
        ;
}

static void waiting_is_bounded(void)
{
    probe p;
    script s = {.ready = 0};
    waiting waiters[2];
    pthread_mutex_init(&s.lock, NULL);
    fake_server *fake = fake_server_start(never_greet, &s);
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d, \"maxPending\": 2}", fake_server_port(fake)), DS_OK);
    for (int i = 0; i < 2; i++)
        begin_waiting(&waiters[i], &p, true);
    waiting late = {.probe = &p, .ms = 10}, patient = {.probe = &p, .ms = 50};
    do { /* refused once both wait for the connection: the second may need its place, and a processor, for that */
        usleep(1000);
        wait_for_turn(&late);
    } while (late.status == DS_TIMEOUT);
    CU_ASSERT_EQUAL(late.status, DS_BUSY);
    end_waiting(&waiters[1], DS_CANCELLED);
    int64_t started = ds_now();
    wait_for_turn(&patient);
    CU_ASSERT_EQUAL(patient.status, DS_TIMEOUT);
    CU_ASSERT(ds_now() - started >= 50 * INT64_C(1000000));
    end_waiting(&waiters[0], DS_CANCELLED);
    CU_ASSERT_STRING_EQUAL(s.names, "PING "); /* and nothing else was sent */
    finish(&p, &s, fake);
}

static void writes_go_out_together(void)
{
    probe p;
    script s;
    waiting waiters[WAITERS];
    fake_server *fake = begin(&p, &s, stay_silent, ", \"idlePing\": 60000");
    for (int i = 0; i < WAITERS; i++)
        begin_waiting(&waiters[i], &p, false);
    while (atomic_load(&s.commands) < WAITERS) /* though none of them is answered */
        ;
    for (int i = 0; i < WAITERS; i++)
        end_waiting(&waiters[i], DS_UNKNOWN_OUTCOME);
    CU_ASSERT_EQUAL(atomic_load(&s.commands), WAITERS);
    CU_ASSERT_EQUAL(fake_server_count(fake), 1);
    finish(&p, &s, fake);
}

/* ---- many threads ---- */

enum { THREADS = 8, ROUNDS = 1500 };

typedef struct worker {
    probe *probe;
    unsigned number, right, early;
    pthread_t thread;
} worker;

static unsigned draw(unsigned *state)
{
    *state = *state * 1103515245u + 12345u;
    return *state >> 16;
}

static void *work(void *user)
{
    worker *w = user;
    unsigned state = w->number + 1;
    redis_request *request = redis_request_new(w->probe->connection);
    for (unsigned i = 0; i < ROUNDS; i++) {
        char want[64];
        ds_error error = {0};
        int64_t ns = draw(&state) % 4 == 0 ? draw(&state) % 300 * INT64_C(1000) : INT64_C(20000000000);
        ds_call call = {.size = sizeof call, .error = &error, .deadline = ds_now() + ns};
        snprintf(want, sizeof want, "worker-%u-%u", w->number, i);
        redis_request_reset(request);
        request_begin(request, 2);
        request_text(request, "ECHO");
        request_text(request, want);
        ds_status status = redis_run(w->probe->connection, request, false, &call);
        const redis_reply *reply = redis_reply_at(request, 0);
        if (status == DS_OK && reply != NULL && strcmp(reply->text, want) == 0)
            w->right++;
        else if (status == DS_TIMEOUT && reply == NULL)
            w->early++;
    }
    redis_request_free(request);
    return NULL;
}

static void many_threads(void)
{
    probe p;
    worker workers[THREADS];
    unsigned right = 0, early = 0;
    CU_ASSERT_EQUAL(probe_open(&p, "{\"url\": \"unix://%s\"}", server->socket), DS_OK);
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (worker){.probe = &p, .number = i};
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        right += workers[i].right;
        early += workers[i].early;
    }
    printf("%u replies, each its own, %u operations ended early\n", right, early);
    CU_ASSERT_EQUAL(right + early, THREADS * ROUNDS);
    CU_ASSERT(right > THREADS * ROUNDS / 2);
    CU_ASSERT(early > 0);
    probe_close(&p);
}

int main(void)
{
    static const test tests[] = {
        {"late replies of a paused server reach nobody, and what was not sent was not done", paused_server},
        {"a connection that is silent for the commandTimeout is closed, and replaced", silent_for_too_long},
        {"a server killed between operations is found again", killed_between_operations},
        {"a connection closed while idle is noticed before a write is risked", client_kill},
        {"a read lost in flight is repeated, a write is an unknown outcome", lost_in_flight},
        {"a read is not repeated for ever", not_repeated_for_ever},
        {"a server that greets and hangs up is not tried for ever", greeted_and_dropped},
        {"of a pipelined write it is known which commands were answered", pipelined_write},
        {"a command of which nothing was sent is not an unknown outcome", partly_sent_write},
        {"half a streamed reply is taken back, and comes again whole", half_a_reply},
        {"the other half of a reply that came late is dropped", late_half},
        {"after idlePing a PING is awaited first", idle_ping},
        {"a connection that was silently dropped is replaced within the deadline", silent_drop},
        {"cancelling ends a read as cancelled and a sent write as unknown", cancelled},
        {"who waits for the connection obeys deadline and token, and maxPending bounds how many", waiting_is_bounded},
        {"writes of several threads go out together; those that are cancelled are unknown", writes_go_out_together},
        {"eight threads with random deadlines get their own replies", many_threads},
    };
    server = redis_server_start(NULL);
    int status = SUITE_RUN("redis faults", tests);
    redis_server_stop(server);
    return status;
}
