/* A server that takes no commands yet: while it loads its data after a start, and while it refuses what it is asked on a
 * connection that stands (LOADING, MASTERDOWN). */
#include "fake_server.h"
#include "probe.h"
#include "redis_server.h"
#include "suite.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { KEYS = 6000, THREADS = 8, LOOKS = 20, LONG_MS = 60000 };

static redis_server *server;

/* The server loads each key for five milliseconds, half a minute in all, and answers in between: it is done when it is
 * told to hurry, however slow this machine is. */
static const char *const slow_options[] = {
    "--key-load-delay", "5000", "--loading-process-events-interval-bytes", "1024", "--rdbcompression", "no", NULL};

static void command_is(const char *words, const char *want)
{
    char *reply = redis_server_command(server, words);
    CU_ASSERT(strncmp(reply, want, strlen(want)) == 0);
    if (strncmp(reply, want, strlen(want)) != 0)
        printf("%s: %s\n", words, reply);
    free(reply);
}

static void fill(void)
{
    char words[160];
    snprintf(words, sizeof words,
             "EVAL \"for i = 1, %d do redis.call('SET', 'key:' .. i, string.rep('v', 1024)) end\" 0", KEYS);
    command_is("FLUSHALL", "+OK");
    command_is(words, "$-1");
    command_is("SAVE", "+OK");
}

static bool is_loading(void)
{
    char *reply = redis_server_command(server, "PING");
    bool is = strncmp(reply, "-LOADING", 8) == 0;
    free(reply);
    return is;
}

static void start_loading(void)
{
    const int64_t end = ds_now() + LONG_MS * INT64_C(1000000);
    redis_server_relaunch(server);
    while (!is_loading()) {
        CU_ASSERT_FATAL(ds_now() < end);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

static void finish_loading(void)
{
    command_is("CONFIG SET key-load-delay 0", "+OK");
    while (is_loading())
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

/* ---- one operation of one thread ---- */

typedef struct saying {
    redis *connection;
    const char *words;
    redis_intent intent;
    int ms;
    ds_cancel *cancel;
    ds_status status;
    ds_error error;
    char reply[256];
    atomic_bool is_over;
    pthread_t thread;
} saying;

static void *say_it(void *user)
{
    saying *s = user;
    ds_call call = {
        .size = sizeof call, .deadline = ds_now() + s->ms * INT64_C(1000000), .cancel = s->cancel, .error = &s->error};
    redis_request *request = redis_request_new(s->connection);
    probe_encode(request, s->words);
    s->status = redis_ask(s->connection, request, s->intent, &call);
    probe_describe(redis_reply_at(request, 0), s->reply);
    redis_request_free(request);
    atomic_store(&s->is_over, true);
    return NULL;
}

static void begin(saying *s, redis *connection, const char *words, redis_intent intent, int ms)
{
    *s = (saying){.connection = connection, .words = words, .intent = intent, .ms = ms, .cancel = s->cancel};
    pthread_create(&s->thread, NULL, say_it, s);
}

static void end(saying *s, ds_status want, const char *reply)
{
    pthread_join(s->thread, NULL);
    CU_ASSERT_EQUAL(s->status, want);
    if (s->status != want)
        printf("%s: %s %s\n", s->words, ds_status_name(s->status), s->error.message);
    if (reply != NULL)
        CU_ASSERT_STRING_EQUAL(s->reply, reply);
}

/* ---- at the greeting ---- */

static void note(ds_source *source, ds_event event, const ds_error *cause, void *user)
{
    static const char *const names[] = {"connect ", "ready ", "end ", "error ", "reconnecting "};
    char *diary = user;
    (void)source, (void)cause;
    if (strlen(diary) < 200)
        strcat(diary, names[event]);
}

static void count_is(probe *p, const char *member)
{
    char *stats = NULL;
    CU_ASSERT_EQUAL(ds_stats(p->source, &stats, &p->error), DS_OK);
    CU_ASSERT(stats != NULL && strstr(stats, member) != NULL);
    ds_free(stats);
}

static void waits_for_its_data(void)
{
    probe p;
    char diary[256] = "";
    saying all[THREADS] = {{.ms = 0}}, hasty = {.ms = 0};
    fill();
    start_loading();
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d, \"database\": 3, \"connectTimeout\": 1000}", server->port), DS_OK);
    ds_on_event(p.source, note, diary);
    begin(&hasty, p.connection, "SET hasty 1", REDIS_WRITES, 2000);
    for (int i = 0; i < THREADS; i++)
        begin(&all[i], p.connection, i % 2 == 0 ? "INCR loaded" : "EXISTS nothing", i % 2 == 0, LONG_MS);
    end(&hasty, DS_BUSY, NULL);
    CU_ASSERT_PTR_NOT_NULL(strstr(hasty.error.message, "took no commands in time (LOADING "));
    for (int i = 0; i < LOOKS; i++)
        CU_ASSERT(is_loading() && !ds_is_ready(p.source) && ds_is_open(p.source));
    finish_loading();
    for (int i = 0; i < THREADS; i++)
        end(&all[i], DS_OK, i % 2 == 0 ? NULL : ":0");
    CU_ASSERT(ds_is_ready(p.source));
    CU_ASSERT_STRING_EQUAL(diary, "connect ready "); /* one socket, however long it took */
    count_is(&p, "\"connects\": 1,");
    CU_ASSERT_EQUAL(probe_say(&p, "GET loaded", false, 5000, all[0].reply), DS_OK);
    CU_ASSERT_STRING_EQUAL(all[0].reply, "4");
    CU_ASSERT_EQUAL(probe_say(&p, "EXISTS hasty", false, 5000, all[0].reply), DS_OK);
    CU_ASSERT_STRING_EQUAL(all[0].reply, ":0");
    CU_ASSERT_EQUAL(probe_say(&p, "DBSIZE", false, 5000, all[0].reply), DS_OK);
    CU_ASSERT_STRING_EQUAL(all[0].reply, ":1"); /* of the settings' database: SELECT was said */
    probe_close(&p);
}

/* Restarted under a source that is in use, and that nobody uses when it has its data. */
static void taken_up_again(void)
{
    probe p;
    char reply[256];
    saying late = {.ms = 0};
    fill();
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d}", server->port), DS_OK);
    CU_ASSERT_EQUAL(probe_say(&p, "INCR again", true, 5000, reply), DS_OK);
    start_loading();
    CU_ASSERT_EQUAL(probe_say(&p, "INCR again", true, 2000, reply), DS_BUSY);
    CU_ASSERT(ds_is_open(p.source) && !ds_is_ready(p.source));
    finish_loading();
    begin(&late, p.connection, "INCR again", REDIS_WRITES, 5000);
    end(&late, DS_OK, ":1"); /* SAVE was before the first */
    count_is(&p, "\"connects\": 2,");
    probe_close(&p);
}

/* ---- on a connection that stands ---- */

/* A replica that has no master, and is not to answer from what it has. */
static void master_down(void)
{
    probe p;
    char words[64];
    saying all[THREADS] = {{.ms = 0}}, hasty = {.ms = 0}, other = {.ms = 0};
    free(redis_server_command(server, "FLUSHALL"));
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d}", server->port), DS_OK);
    CU_ASSERT_EQUAL(probe_say(&p, "SET held 7", true, 5000, hasty.reply), DS_OK);
    command_is("CONFIG SET replica-serve-stale-data no replica-read-only no", "+OK");
    snprintf(words, sizeof words, "REPLICAOF 127.0.0.1 %d", free_port());
    command_is(words, "+OK");
    for (int i = 0; i < THREADS; i++)
        begin(&all[i], p.connection, i % 2 == 0 ? "INCR counted" : "GET held", i % 2 == 0, LONG_MS);
    begin(&hasty, p.connection, "INCR counted", REDIS_WRITES, 300);
    end(&hasty, DS_BUSY, NULL);
    CU_ASSERT_PTR_NOT_NULL(strstr(hasty.error.message, "MASTERDOWN"));
    int64_t started = ds_now();
    begin(&other, p.connection, "INFO server", REDIS_READS, LONG_MS); /* is answered all the same */
    end(&other, DS_OK, NULL);
    judge_time("another operation meanwhile", started, 0);
    for (int i = 0; i < THREADS; i++)
        CU_ASSERT(!atomic_load(&all[i].is_over));
    command_is("REPLICAOF NO ONE", "+OK");
    for (int i = 0; i < THREADS; i++)
        end(&all[i], DS_OK, i % 2 == 0 ? NULL : "7");
    CU_ASSERT_EQUAL(probe_say(&p, "GET counted", false, 5000, hasty.reply), DS_OK);
    CU_ASSERT_STRING_EQUAL(hasty.reply, "4");
    count_is(&p, "\"connects\": 1,");
    probe_close(&p);
    command_is("CONFIG SET replica-serve-stale-data yes replica-read-only yes", "+OK");
}

/* Answers by the command's name, a letter: refuses those of `refuses`, each once; all else is what the name is. */
typedef struct moody {
    char refuses[16];
    char heard[256];
    unsigned loads; /* so many PINGs of the greeting are refused */
    atomic_uint pings;
} moody;

static bool answer(int fd, moody *m, const char *name)
{
    char *refused = strlen(name) == 1 ? strchr(m->refuses, name[0]) : NULL;
    char text[64];
    if (strlen(m->heard) + strlen(name) + 2 < sizeof m->heard)
        strcat(strcat(m->heard, name), " ");
    if (strcmp(name, "PING") == 0 && ++m->pings <= m->loads)
        return fake_write(fd, "-LOADING soon\r\n", 15);
    if (strlen(name) > 1)
        return fake_write(fd, "+OK\r\n", 5);
    if (refused != NULL) {
        *refused = '.';
        return fake_write(fd, "-LOADING soon\r\n", 15);
    }
    int length = snprintf(text, sizeof text, "*2\r\n$1\r\n%s\r\n:1\r\n", name);
    return fake_write(fd, text, (size_t)length);
}

static void talk(int fd, unsigned number, void *user)
{
    char name[32];
    (void)number;
    while (fake_command(fd, name, NULL) && answer(fd, user, name))
        ;
}

static ds_status take(void *user, const redis_place *at, const char *bytes, size_t length)
{
    char *taken = user;
    size_t end = strlen(taken);
    snprintf(taken + end, 64 - end, "%zu%.*s ", at->command, (int)length, bytes);
    return DS_OK;
}

static ds_status take_end(void *user, const redis_place *at)
{
    (void)at;
    strcat(user, "; ");
    return DS_OK;
}

static const redis_sink sink = {.string = take, .end = take_end};

static redis_request *letters(probe *p, const char *names, char *taken)
{
    redis_request *request = redis_request_new(p->connection);
    for (; *names != '\0'; names++) {
        if (taken != NULL)
            request_begin_sink(request, 1, &sink, taken);
        else
            request_begin(request, 1);
        request_bytes(request, names, 1);
    }
    return request;
}

static void order_is_kept(void)
{
    probe p;
    char taken[64] = "";
    moody m = {.refuses = "BC"};
    fake_server *fake = fake_server_start(talk, &m);
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d}", fake_server_port(fake)), DS_OK);
    redis_request *request = letters(&p, "ABXC", taken);
    CU_ASSERT_EQUAL(redis_run(p.connection, request, REDIS_READS, probe_call(&p, 20000)), DS_OK);
    CU_ASSERT_STRING_EQUAL(taken, "0A ; 1B ; 2X ; 3C ; "); /* X was answered before B, and is asked again */
    for (size_t i = 0; i < 4; i++)
        CU_ASSERT(redis_reply_at(request, i) == NULL);
    redis_request_free(request);
    ds_source_close(p.source);
    fake_server_stop(fake);
    CU_ASSERT_STRING_EQUAL(m.heard, "PING A B X C B X C ");
}

static void writes_are_not_repeated(void)
{
    probe p;
    char reply[256];
    moody m = {.refuses = "BD"};
    fake_server *fake = fake_server_start(talk, &m);
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d}", fake_server_port(fake)), DS_OK);
    redis_request *request = letters(&p, "ABXD", NULL);
    CU_ASSERT_EQUAL(redis_run(p.connection, request, REDIS_WRITES, probe_call(&p, 20000)), DS_OK);
    for (size_t i = 0; i < 4; i++) {
        const redis_reply *got = redis_reply_at(request, i);
        CU_ASSERT(got != NULL && got->type == REDIS_ARRAY && got->elements[0].text[0] == "ABXD"[i]);
        CU_ASSERT_EQUAL(redis_command_status(request, i, NULL), DS_OK);
    }
    redis_request_free(request);
    memset(m.refuses, 'E', 8); /* time is over before it has enough */
    m.refuses[8] = '\0';
    request = letters(&p, "AE", NULL);
    CU_ASSERT_EQUAL(redis_run(p.connection, request, REDIS_WRITES, probe_call(&p, 180)), DS_OK);
    probe_describe(redis_reply_at(request, 1), reply);
    CU_ASSERT_STRING_EQUAL(reply, "LOADING soon");
    CU_ASSERT_EQUAL(redis_command_status(request, 1, NULL), DS_OK);
    CU_ASSERT_EQUAL(redis_reply_status(redis_reply_at(request, 1)), DS_BUSY);
    redis_request_free(request);
    ds_source_close(p.source);
    fake_server_stop(fake);
    CU_ASSERT(strncmp(m.heard, "PING A B X D B D A E E ", 23) == 0);
}

/* Refused again on its way, and then the connection is lost: what was answered is not said again, what was not sent is. */
static void hang_up(int fd, unsigned number, void *user)
{
    char name[32];
    moody *m = user;
    while (fake_command(fd, name, NULL)) {
        bool is_second = strcmp(name, "B") == 0 && strchr(m->refuses, 'B') == NULL;
        if (number == 0 && is_second)
            return;
        if (!answer(fd, m, name))
            return;
    }
}

static void lost_while_asked_again(void)
{
    for (int is_write = 0; is_write < 2; is_write++) {
        probe p;
        moody m = {.refuses = "BD"};
        fake_server *fake = fake_server_start(hang_up, &m);
        CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d}", fake_server_port(fake)), DS_OK);
        redis_request *request = letters(&p, "ABXD", NULL);
        ds_status status = redis_run(p.connection, request, is_write != 0, probe_call(&p, 20000));
        CU_ASSERT_EQUAL(status, is_write ? DS_UNKNOWN_OUTCOME : DS_OK);
        for (size_t i = 0; i < 4; i++)
            CU_ASSERT_EQUAL(redis_command_status(request, i, NULL),
                            is_write && i % 2 == 1 ? DS_UNKNOWN_OUTCOME : DS_OK);
        redis_request_free(request);
        ds_source_close(p.source);
        fake_server_stop(fake);
        CU_ASSERT_STRING_EQUAL(m.heard, is_write ? "PING A B X D " : "PING A B X D PING B D ");
    }
}

static void greeted_anew(void)
{
    probe p;
    char reply[256];
    moody m = {.loads = 3};
    fake_server *fake = fake_server_start(talk, &m);
    CU_ASSERT_EQUAL(
        probe_open(&p, "{\"port\": %d, \"password\": \"x\", \"connectTimeout\": 100}", fake_server_port(fake)), DS_OK);
    CU_ASSERT_EQUAL(probe_say(&p, "A", true, 20000, reply), DS_OK);
    ds_source_close(p.source);
    fake_server_stop(fake);
    CU_ASSERT_STRING_EQUAL(m.heard, "AUTH PING PING PING PING AUTH PING A ");
}

/* Of a server that never has its data. Only who drives the greeting asks again. */
static void await_asking(moody *m)
{
    const int64_t end = ds_now() + LONG_MS * INT64_C(1000000);
    for (unsigned heard = atomic_load(&m->pings); atomic_load(&m->pings) < heard + 2;) {
        CU_ASSERT_FATAL(ds_now() < end);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

static void *ping(void *source)
{
    ds_error error = {0};
    CU_ASSERT_EQUAL(ds_ping(source, &error), DS_UNREACHABLE);
    return NULL;
}

static void ends_early(void)
{
    probe p;
    ds_error error = {0};
    saying waits = {.ms = 0};
    pthread_t pinging;
    moody m = {.loads = UINT_MAX};
    fake_server *fake = fake_server_start(talk, &m);
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d, \"commandTimeout\": %d}", fake_server_port(fake), LONG_MS), DS_OK);
    CU_ASSERT_EQUAL(ds_cancel_new(&waits.cancel, &error), DS_OK);
    begin(&waits, p.connection, "A", REDIS_WRITES, LONG_MS);
    await_asking(&m);
    ds_cancel_set(waits.cancel);
    end(&waits, DS_CANCELLED, NULL);
    ds_cancel_free(waits.cancel);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&pinging, NULL, ping, p.source), 0);
    await_asking(&m);
    CU_ASSERT_EQUAL(ds_disconnect(p.source, &error), DS_OK);
    pthread_join(pinging, NULL);
    CU_ASSERT_EQUAL(fake_server_count(fake), 1); /* it was not tried again */
    probe_close(&p);
    fake_server_stop(fake);
    CU_ASSERT(strchr(m.heard, 'A') == NULL);
}

int main(void)
{
    static const test tests[] = {
        {"operations wait for a server that loads its data, on one socket, and are not ready before",
         waits_for_its_data},
        {"a socket that nobody waits at any more is taken up again when the server has its data", taken_up_again},
        {"what a replica without its master refuses is asked again, and delays nobody else", master_down},
        {"reads that were refused are asked again, and records come in the order of their commands", order_is_kept},
        {"only the writes that were refused are sent again, and when time is over the refusal stands",
         writes_are_not_repeated},
        {"a connection that is lost meanwhile ends as any other does", lost_while_asked_again},
        {"the whole greeting is said anew once the server has its data", greeted_anew},
        {"a cancel token and ds_disconnect() end the wait for the data", ends_early},
    };
    server = redis_server_start(slow_options);
    int status = SUITE_RUN("redis loading", tests);
    redis_server_stop(server);
    return status;
}
