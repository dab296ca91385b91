/* What threads that share a connection rely on, piece by piece: all that was loaded is sent, somebody leads as long as
 * anybody waits, and a connection is not given up for what nobody has looked at. */
#include "certificates.h"
#include "command.h"
#include "probe.h"
#include "redis/crew.h"
#include "redis/link.h"
#include "redis_server.h"
#include "suite.h"

#include <datasource/datasource.h>
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
        link_add(&link, requests[i]->flight);
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

/* TLS takes one of them at a time. */
static void all_are_sent_over_tls(void)
{
    char *folder = folder_make(), paths[3][256];
    certificates_make(folder);
    snprintf(paths[0], sizeof paths[0], "%s/server.crt", folder);
    snprintf(paths[1], sizeof paths[1], "%s/server.key", folder);
    snprintf(paths[2], sizeof paths[2], "%s/ca.crt", folder);
    redis_server *server =
        redis_server_start((const char *const[]){"--tls-cert-file", paths[0], "--tls-key-file", paths[1],
                                                 "--tls-ca-cert-file", paths[2], "--tls-auth-clients", "no", NULL});
    probe p;
    talker talkers[TALKERS];
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d, \"tls\": {\"ca\": \"%s\"}}", server->tls_port, paths[2]), DS_OK);
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
    crew_step_down(&c, one, NULL, true);
    CU_ASSERT(crew_leave(&c, one)); /* and is over */
    CU_ASSERT(crew_join(&c, other, &call, &role, &error) == DS_OK && role == CREW_LEADS);
    CU_ASSERT(crew_join(&c, one, &call, &role, &error) == DS_OK && role != CREW_LEADS);
    CU_ASSERT(crew_leave(&c, other));
    crew_step_down(&c, other, NULL, false);
    CU_ASSERT(atomic_load(&one->passage.leads) && crew_has_leader(&c));
    crew_free(&c);
    redis_request_free(one);
    redis_request_free(other);
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
        {"one whose reply came while it told events may lead again", one_who_was_away_leads_again},
        {"a connection is not given up for a late reply that has come, but was not looked at", late_reply_that_came},
    };
    return SUITE_RUN("redis sharing", tests);
}
