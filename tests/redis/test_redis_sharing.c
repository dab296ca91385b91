/* What threads that share a connection rely on, piece by piece: all that was loaded is sent, somebody leads as long as
 * anybody waits, and a connection is not given up for what nobody has looked at. */
#include "certificates.h"
#include "command.h"
#include "fake_server.h"
#include "probe.h"
#include "redis/crew.h"
#include "redis/link.h"
#include "redis_server.h"
#include "suite.h"
#include "waited.h"

#include <datasource/datasource.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char somebody; /* a connection, as far as requests look at it */

/* ---- sending ---- */

/* More than one call of the system takes. */
static void all_are_sent(void)
{
    enum { MANY = 200, BYTES = 14 /* of a PING */ };
    redis_config config = {.where = "here"};
    link_counters counters = {0};
    redis_link link;
    redis_request *requests[MANY];
    char got[MANY * BYTES + 1];
    int ends[2];
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    link_init(&link, &config, NULL, &counters);
    link.state = LINK_READY;
    link.transport = (transport){.fd = ends[0], .where = "here"};
    for (size_t i = 0; i < MANY; i++) {
        requests[i] = redis_request_new((redis *)&somebody);
        probe_encode(requests[i], "PING");
        request_depart(requests[i]);
        link_add(&link, requests[i]->flight, ds_now());
    }
    link_send(&link);
    CU_ASSERT_PTR_NULL(link.queue.unsent);
    CU_ASSERT_EQUAL(recv(ends[1], got, sizeof got, MSG_DONTWAIT), MANY * BYTES);
    CU_ASSERT_EQUAL(atomic_load(&counters.sent), MANY * BYTES);
    link_free(&link);
    close(ends[1]);
    for (size_t i = 0; i < MANY; i++)
        redis_request_free(requests[i]);
}

enum { TALKERS = 16, WORDS = 300 };

typedef struct talker {
    redis *connection;
    int number;
    pthread_t thread;
} talker;

static void *talk(void *user)
{
    talker *t = user;
    for (int i = 0; i < WORDS; i++) {
        char words[64], reply[256];
        snprintf(words, sizeof words, "ECHO %d.%d", t->number, i);
        ds_error error = {0};
        ds_call call = {.size = sizeof call, .deadline = ds_now() + INT64_C(20000000000), .error = &error};
        redis_request *request = redis_request_new(t->connection);
        probe_encode(request, words);
        CU_ASSERT_EQUAL(redis_run(t->connection, request, REDIS_READS, &call), DS_OK);
        if (error.status == DS_OK) {
            probe_describe(redis_reply_at(request, 0), reply);
            CU_ASSERT_STRING_EQUAL(reply, words + 5);
        }
        redis_request_free(request);
        if (error.status != DS_OK) {
            printf("%s\n", error.message);
            break;
        }
    }
    return NULL;
}

static redis_server *start_tls(char *folder)
{
    static char paths[3][256];
    certificates_make(folder);
    snprintf(paths[0], sizeof paths[0], "%s/server.crt", folder);
    snprintf(paths[1], sizeof paths[1], "%s/server.key", folder);
    snprintf(paths[2], sizeof paths[2], "%s/ca.crt", folder);
    return redis_server_start((const char *const[]){"--tls-cert-file", paths[0], "--tls-key-file", paths[1],
                                                    "--tls-ca-cert-file", paths[2], "--tls-auth-clients", "no", NULL});
}

static void open_tls(probe *p, const redis_server *server, const char *folder)
{
    CU_ASSERT_EQUAL_FATAL(probe_open(p, "{\"port\": %d, \"tls\": {\"ca\": \"%s/ca.crt\"}}", server->tls_port, folder),
                          DS_OK);
}

/* TLS takes one of them at a time. */
static void all_are_sent_over_tls(void)
{
    char *folder = folder_make();
    redis_server *server = start_tls(folder);
    probe p;
    talker talkers[TALKERS];
    open_tls(&p, server, folder);
    for (int i = 0; i < TALKERS; i++) {
        talkers[i] = (talker){.connection = p.connection, .number = i};
        pthread_create(&talkers[i].thread, NULL, talk, &talkers[i]);
    }
    for (int i = 0; i < TALKERS; i++)
        pthread_join(talkers[i].thread, NULL);
    probe_close(&p);
    redis_server_stop(server);
    folder_remove(folder);
}

enum { LARGE = 32 * 1024 * 1024, STOPPED_MS = 300 };

static void *go_on(void *user)
{
    usleep(STOPPED_MS * 1000); /* the next operation waits by then; if it does not yet, that is no fault */
    redis_server_resume(user);
    return NULL;
}

/* A write was let go of in the middle, since the server had stopped; the rest of it goes out when the server reads again. */
static void rest_of_an_orphan_over_tls(void)
{
    char *folder = folder_make(), reply[256];
    redis_server *server = start_tls(folder);
    pthread_t helper;
    probe p;
    open_tls(&p, server, folder);
    CU_ASSERT_EQUAL(probe_say(&p, "PING", false, 5000, reply), DS_OK);
    redis_server_pause(server);
    redis_request *request = redis_request_new(p.connection);
    request_begin(request, 3);
    request_text(request, "SET");
    request_text(request, "large");
    memset(request_room(request, LARGE), 'x', LARGE);
    CU_ASSERT_EQUAL(redis_run(p.connection, request, REDIS_WRITES, probe_call(&p, 100)), DS_UNKNOWN_OUTCOME);
    redis_request_free(request);
    pthread_create(&helper, NULL, go_on, server);
    CU_ASSERT_EQUAL(probe_say(&p, "STRLEN large", false, 4000, reply), DS_OK);
    CU_ASSERT_STRING_EQUAL(reply, ":33554432");
    pthread_join(helper, NULL);
    probe_close(&p);
    redis_server_stop(server);
    folder_remove(folder);
}

/* ---- in time ---- */

enum { PUSHES = 5000, PER_PUSH = 100, FLOODS = 12, HASTE_MS = 5 };

static ds_status take_nothing(void *user, const redis_place *at, const char *bytes, size_t length)
{
    (void)user, (void)at, (void)bytes, (void)length;
    return DS_OK;
}

static const redis_sink dropping = {.string = take_nothing};

static void fill_list(redis *connection)
{
    ds_error error = {0};
    ds_call call = {.size = sizeof call, .deadline = ds_now() + INT64_C(60000000000), .error = &error};
    redis_request *request = redis_request_new(connection);
    for (int i = 0; i < PUSHES; i++) {
        request_begin(request, 2 + PER_PUSH);
        request_text(request, "RPUSH");
        request_text(request, "flood");
        for (int k = 0; k < PER_PUSH; k++)
            memset(request_room(request, 200), 'x', 200);
    }
    CU_ASSERT_EQUAL(redis_run(connection, request, REDIS_WRITES, &call), DS_OK);
    redis_request_free(request);
}

/* With a sanitizer each takes long. */
static int floods(void)
{
    const char *sanitized = getenv("DS_SANITIZED");
    return getenv("DS_VALGRIND") != NULL || (sanitized != NULL && *sanitized != '\0') ? 1 : FLOODS;
}

typedef struct flood {
    redis *connection;
    atomic_bool is_over;
    pthread_t thread;
} flood;

static void *read_floods(void *user)
{
    flood *f = user;
    for (int i = 0; i < floods(); i++) {
        ds_error error = {0};
        ds_call call = {.size = sizeof call, .deadline = ds_now() + INT64_C(60000000000), .error = &error};
        redis_request *request = redis_request_new(f->connection);
        request_begin_sink(request, 4, &dropping, f);
        request_text(request, "LRANGE");
        request_text(request, "flood");
        request_text(request, "0");
        request_text(request, "-1");
        CU_ASSERT_EQUAL(redis_run(f->connection, request, REDIS_READS, &call), DS_OK);
        redis_request_free(request);
    }
    atomic_store(&f->is_over, true);
    return NULL;
}

/* One whose time is over gets the lock from a leader whom a reply of 100 MB keeps busy, and who polls for a moment only. */
static void nobody_is_held_by_a_flood(void)
{
    char *folder = folder_make(), reply[256];
    redis_server *server = start_tls(folder);
    for (int tls = 0; tls < 2; tls++) {
        probe p;
        flood f = {.is_over = false};
        int waiting = waited_open(), operations = 0;
        int64_t latest = 0;
        if (tls != 0)
            open_tls(&p, server, folder);
        else
            CU_ASSERT_EQUAL_FATAL(probe_open(&p, "{\"port\": %d}", server->port), DS_OK);
        f.connection = p.connection;
        if (tls == 0)
            fill_list(p.connection);
        pthread_create(&f.thread, NULL, read_floods, &f);
        for (; !atomic_load(&f.is_over); operations++) {
            int64_t due = ds_now() + HASTE_MS * INT64_C(1000000) - waited_ns(waiting);
            ds_status status = probe_say(&p, "ECHO hasty", false, HASTE_MS, reply);
            int64_t late = ds_now() - waited_ns(waiting) - due; /* without the time that it waited for a processor */
            CU_ASSERT(status == DS_OK || status == DS_TIMEOUT);
            latest = late > latest ? late : latest;
        }
        pthread_join(f.thread, NULL);
        printf("%s: %d operations of %d ms beside %d replies of 100 MB, the latest %.1f ms past its deadline\n",
               tls != 0 ? "TLS" : "TCP", operations, HASTE_MS, floods(), (double)latest / 1e6);
        CU_ASSERT(operations > 0);
        CU_ASSERT(getenv("TIMED") == NULL || latest <= INT64_C(50000000));
        close(waiting);
        probe_close(&p);
    }
    redis_server_stop(server);
    folder_remove(folder);
}

/* ---- sending while the leader waits ---- */

enum { ROUND = 12, ROUNDS = 3 };

/* Answers when a whole round has come, and nobody before. */
static void answer_rounds(int fd, unsigned number, void *user)
{
    atomic_uint *heard = user;
    char name[32];
    (void)number;
    while (fake_command(fd, name, NULL)) {
        bool is_greeting = strcmp(name, "PING") == 0;
        if (is_greeting && !fake_write(fd, "+OK\r\n", 5))
            return;
        if (is_greeting || (atomic_fetch_add(heard, 1) + 1) % ROUND != 0)
            continue;
        for (int i = 0; i < ROUND; i++)
            if (!fake_write(fd, ":1\r\n", 4))
                return;
    }
}

static void *ask_once(void *user)
{
    ds_error error = {0};
    ds_call call = {.size = sizeof call, .deadline = ds_now() + INT64_C(20000000000), .error = &error};
    redis_request *request = redis_request_new(user);
    probe_encode(request, "ASK");
    CU_ASSERT_EQUAL(redis_run(user, request, REDIS_READS, &call), DS_OK);
    redis_request_free(request);
    return NULL;
}

/* One comes after the other, and each is sent though the leader waits for an answer: it will not come before the last has
 * asked. In the second round they share the link, and what they ask would be sent in portions where more came with them. */
static void no_answer_is_waited_for(void)
{
    probe p;
    atomic_uint heard = 0;
    pthread_t threads[ROUND];
    fake_server *fake = fake_server_start(answer_rounds, &heard);
    CU_ASSERT_EQUAL_FATAL(probe_open(&p, "{\"port\": %d}", fake_server_port(fake)), DS_OK);
    for (unsigned round = 0; round < ROUNDS; round++) {
        int64_t end = ds_now() + INT64_C(20000000000);
        for (unsigned i = 0; i < ROUND; i++) {
            CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, ask_once, p.connection), 0);
            while (atomic_load(&heard) <= round * ROUND + i && ds_now() < end)
                usleep(100);
        }
        for (unsigned i = 0; i < ROUND; i++)
            pthread_join(threads[i], NULL);
        CU_ASSERT_EQUAL(atomic_load(&heard), (round + 1) * ROUND);
    }
    probe_close(&p);
    fake_server_stop(fake);
}

/* ---- leading ---- */

/* Its reply came while its thread told events: the next time it may lead like any other. */
static void one_who_was_away_leads_again(void)
{
    crew c;
    crew_role role;
    ds_error error = {0};
    ds_call call = {.size = sizeof call, .deadline = DS_NO_DEADLINE, .error = &error};
    redis_request *one = redis_request_new((redis *)&somebody), *other = redis_request_new((redis *)&somebody);
    crew_init(&c, 10);
    CU_ASSERT(crew_join(&c, one, &call, &role, &error) == DS_OK && role == CREW_LEADS);
    crew_step_down(&c, one, NULL, true, &(signals){.count = 0});
    CU_ASSERT(crew_leave(&c, one)); /* and is over */
    CU_ASSERT(crew_join(&c, other, &call, &role, &error) == DS_OK && role == CREW_LEADS);
    CU_ASSERT(crew_join(&c, one, &call, &role, &error) == DS_OK && role != CREW_LEADS);
    CU_ASSERT(crew_leave(&c, other));
    crew_step_down(&c, other, NULL, false, &(signals){.count = 0});
    CU_ASSERT(atomic_load(&one->passage.leads) && crew_has_leader(&c));
    crew_free(&c);
    redis_request_free(one);
    redis_request_free(other);
}

/* The host forks in its handler, and there an operation ends that had a watch of the parent's. */
static void watch_of_the_parent(void)
{
    watch_pool pool;
    watch *before = NULL, *after = NULL;
    ds_error error = {0};
    ds_cancel *cancel = NULL;
    CU_ASSERT_EQUAL(ds_cancel_new(&cancel, &error), DS_OK);
    ds_call call = {.size = sizeof call, .deadline = ds_now(), .cancel = cancel, .error = &error};
    watch_pool_init(&pool);
    CU_ASSERT_EQUAL(watch_take(&pool, &before, &error), DS_OK);
    watch_pool_forget(&pool);
    int other = open("/dev/null", O_RDWR | O_CLOEXEC); /* with the number that the watch had */
    watch_give(&pool, before);
    CU_ASSERT_EQUAL(watch_take(&pool, &after, &error), DS_OK);
    signals wake = {.count = 0};
    place there = {.watch = after};
    signals_add(&wake, &there);
    signals_give(&wake);
    CU_ASSERT_EQUAL(place_sleep(&there, place_begin(&there), &call), DS_OK);
    watch_give(&pool, after);
    watch_pool_free(&pool);
    close(other);
    ds_cancel_free(cancel);
}

/* ---- what nobody looked at ---- */

/* An orphan's reply came in time, and lay there for longer than the commandTimeout. */
static void late_reply_that_came(void)
{
    probe p;
    char reply[256];
    redis_server *server = redis_server_start((const char *const[]){"--enable-debug-command", "yes", NULL});
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d, \"commandTimeout\": 500}", server->port), DS_OK);
    CU_ASSERT_EQUAL(probe_say(&p, "PING", false, 5000, reply), DS_OK);
    CU_ASSERT_EQUAL(probe_say(&p, "DEBUG SLEEP 0.1", false, 20, reply), DS_TIMEOUT);
    usleep(700000); /* that commandTimeout passes is what is waited for */
    CU_ASSERT_EQUAL(probe_say(&p, "ECHO here", false, 5000, reply), DS_OK);
    CU_ASSERT_STRING_EQUAL(reply, "here");
    char *stats = NULL;
    CU_ASSERT_EQUAL(ds_stats(p.source, &stats, NULL), DS_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(stats, "\"connects\": 1,"));
    ds_free(stats);
    probe_close(&p);
    redis_server_stop(server);
}

int main(void)
{
    static const test tests[] = {
        {"all that is on the link is sent, be it more than one call of the system takes", all_are_sent},
        {"over TLS too", all_are_sent_over_tls},
        {"over TLS the rest of what was let go of goes out once the server reads again", rest_of_an_orphan_over_tls},
        {"one who has little time is not held by another's flood", nobody_is_held_by_a_flood},
        {"what comes while the leader waits is sent at once, before any answer", no_answer_is_waited_for},
        {"one whose reply came while it told events may lead again", one_who_was_away_leads_again},
        {"a watch of the parent is not used in the child of a fork", watch_of_the_parent},
        {"a connection is not given up for a late reply that has come, but was not looked at", late_reply_that_came},
    };
    return SUITE_RUN("redis sharing", tests);
}
