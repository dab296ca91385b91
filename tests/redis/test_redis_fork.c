/* A fork with an open connection: parent and child go on side by side, each on a socket of its own, whatever the
 * parent's threads were doing. */
#include "certificates.h"
#include "command.h"
#include "probe.h"
#include "redis_server.h"
#include "suite.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KEYS = 100, READS = 2000 };

static redis_server *server, *tls_server;
static char *folder;

static ds_status say(redis *connection, const char *words, int ms, char reply[256])
{
    ds_error error = {0};
    ds_call call = {.size = sizeof call, .deadline = ds_now() + ms * INT64_C(1000000), .error = &error};
    redis_request *request = redis_request_new(connection);
    probe_encode(request, words);
    ds_status status = redis_ask(connection, request, false, &call);
    if (status == DS_OK)
        probe_describe(redis_reply_at(request, 0), reply);
    else
        printf("%s: %s\n", words, error.message);
    redis_request_free(request);
    return status;
}

/* A child that ends with what it found wrong: 0 is nothing. */
static pid_t start_child(int (*run)(probe *p), probe *p)
{
    fflush(stdout);
    pid_t child = fork();
    if (child != 0)
        return child;
    alarm(60); /* a child that hangs is a failure */
    int wrong = run(p);
    fflush(stdout);
    _exit(wrong);
}

static void expect_fine_child(pid_t child)
{
    int status = -1;
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_EQUAL(status, 0);
}

static void open_plain(probe *p)
{
    CU_ASSERT_EQUAL_FATAL(probe_open(p, "{\"port\": %d}", server->port), DS_OK);
}

static void open_tls(probe *p)
{
    CU_ASSERT_EQUAL_FATAL(probe_open(p, "{\"url\": \"rediss://localhost:%d\", \"tls\": {\"ca\": \"%s/ca.crt\"}}",
                                     tls_server->tls_port, folder),
                          DS_OK);
}

static void get_id(probe *p, char id[256])
{
    CU_ASSERT_EQUAL(say(p->connection, "CLIENT ID", 5000, id), DS_OK);
}

/* ---- both go on ---- */

/* Reads every second key in turn, and writes what tells the two apart. */
static int read_on(probe *p, int first)
{
    char words[32], want[32], reply[256];
    int wrong = 0;
    for (int i = 0; i < READS && wrong == 0; i++) {
        snprintf(words, sizeof words, "GET k%d", (i * 2 + first) % KEYS);
        snprintf(want, sizeof want, "v%d", (i * 2 + first) % KEYS);
        if (say(p->connection, words, 5000, reply) != DS_OK || strcmp(reply, want) != 0)
            wrong = 1;
    }
    return wrong;
}

static int read_odd(probe *p)
{
    return read_on(p, 1);
}

static void fill(probe *p)
{
    char words[32], reply[256];
    for (int i = 0; i < KEYS; i++) {
        snprintf(words, sizeof words, "SET k%d v%d", i, i);
        CU_ASSERT_EQUAL(probe_say(p, words, true, 5000, reply), DS_OK);
    }
}

static void expect_both(probe *p)
{
    char before[256], after[256];
    fill(p);
    get_id(p, before);
    pid_t child = start_child(read_odd, p);
    CU_ASSERT_EQUAL(read_on(p, 0), 0);
    expect_fine_child(child);
    get_id(p, after);
    CU_ASSERT_STRING_EQUAL(before, after); /* it never had to connect again */
    probe_close(p);
}

static void both_go_on(void)
{
    probe p;
    open_plain(&p);
    expect_both(&p);
}

static void both_go_on_over_tls(void)
{
    probe p;
    open_tls(&p);
    expect_both(&p);
}

/* ---- closing in the child ---- */

static int close_at_once(probe *p)
{
    probe_close(p);
    return 0;
}

static int disconnect_first(probe *p)
{
    ds_call *call = probe_call(p, 5000);
    redis_disconnect(p->connection, call);
    bool open = true, ready = true;
    redis_status(p->connection, &open, &ready);
    probe_close(p);
    return open || ready;
}

static int look_only(probe *p)
{
    bool open = true, ready = true;
    redis_status(p->connection, &open, &ready);
    return open || ready;
}

static void closing_is_quiet(void)
{
    static int (*const runs[])(probe *) = {close_at_once, disconnect_first, look_only};
    for (size_t i = 0; i < 2 * sizeof runs / sizeof runs[0]; i++) {
        probe p;
        char before[256], after[256];
        if (i % 2 == 0)
            open_plain(&p);
        else
            open_tls(&p);
        get_id(&p, before);
        expect_fine_child(start_child(runs[i / 2], &p));
        get_id(&p, after);
        CU_ASSERT_STRING_EQUAL(before, after);
        probe_close(&p);
    }
}

/* ---- what another thread of the parent had ---- */

typedef struct sleeper {
    probe *probe;
    pthread_t thread;
    char reply[256];
    ds_status status;
} sleeper;

static void *wait_for_list(void *user)
{
    sleeper *self = user;
    self->status = say(self->probe->connection, "BLPOP list 0", 30000, self->reply);
    return NULL;
}

static bool somebody_blocks(void)
{
    probe asks;
    char reply[256] = "";
    open_plain(&asks);
    for (int i = 0; i < 200000; i++) { /* a round trip each: about 10 s at the most */
        CU_ASSERT_EQUAL(probe_say(&asks, "EVAL return(redis.call('info','clients'):match('blocked_clients:(%d+)')) 0",
                                  false, 5000, reply),
                        DS_OK);
        if (strcmp(reply, "1") == 0)
            break;
    }
    probe_close(&asks);
    return strcmp(reply, "1") == 0;
}

static int ping_and_close(probe *p)
{
    char reply[256] = "";
    int wrong = say(p->connection, "ECHO child", 5000, reply) != DS_OK || strcmp(reply, "child") != 0;
    probe_close(p);
    return wrong;
}

static void turn_of_another_thread(void)
{
    probe p, other;
    char reply[256];
    open_plain(&p);
    open_plain(&other);
    sleeper s = {.probe = &p};
    CU_ASSERT_EQUAL_FATAL(pthread_create(&s.thread, NULL, wait_for_list, &s), 0);
    CU_ASSERT(somebody_blocks());
    expect_fine_child(start_child(ping_and_close, &p));
    CU_ASSERT_EQUAL(probe_say(&other, "RPUSH list element", true, 5000, reply), DS_OK);
    pthread_join(s.thread, NULL);
    CU_ASSERT_EQUAL(s.status, DS_OK);
    CU_ASSERT_STRING_EQUAL(s.reply, "*2");
    probe_close(&other);
    probe_close(&p);
}

/* ---- a reply that comes late ---- */

static int echo(probe *p)
{
    char reply[256] = "";
    return say(p->connection, "ECHO mine", 5000, reply) != DS_OK || strcmp(reply, "mine") != 0;
}

static void orphans_stay(void)
{
    probe p, other;
    char reply[256];
    open_plain(&p);
    open_plain(&other);
    CU_ASSERT_EQUAL(probe_say(&p, "PING", false, 5000, reply), DS_OK);
    CU_ASSERT_EQUAL(probe_say(&p, "BLPOP late 0", true, 50, reply), DS_UNKNOWN_OUTCOME);
    expect_fine_child(start_child(echo, &p));
    CU_ASSERT_EQUAL(probe_say(&other, "RPUSH late element", true, 5000, reply), DS_OK);
    CU_ASSERT_EQUAL(echo(&p), 0);
    probe_close(&other);
    probe_close(&p);
}

static int grandchild(probe *p)
{
    if (echo(p) != 0)
        return 1;
    pid_t child = start_child(read_odd, p);
    int status = -1;
    int wrong = read_on(p, 0) != 0 || waitpid(child, &status, 0) != child || status != 0;
    return wrong;
}

static void children_of_children(void)
{
    probe p;
    open_plain(&p);
    fill(&p);
    pid_t child = start_child(grandchild, &p);
    CU_ASSERT_EQUAL(read_on(&p, 0), 0);
    expect_fine_child(child);
    probe_close(&p);
}

int main(void)
{
    static const test tests[] = {
        {"parent and child read different keys, and each gets its own", both_go_on},
        {"so they do over TLS", both_go_on_over_tls},
        {"what the child closes or looks at stays open in the parent", closing_is_quiet},
        {"a turn that another thread of the parent had does not hold up the child", turn_of_another_thread},
        {"a reply that is late in the parent never answers the child", orphans_stay},
        {"a child's child has a connection of its own", children_of_children},
    };
    static char paths[3][256];
    folder = folder_make();
    certificates_make(folder);
    snprintf(paths[0], sizeof paths[0], "%s/server.crt", folder);
    snprintf(paths[1], sizeof paths[1], "%s/server.key", folder);
    snprintf(paths[2], sizeof paths[2], "%s/ca.crt", folder);
    server = redis_server_start(NULL);
    tls_server =
        redis_server_start((const char *const[]){"--tls-cert-file", paths[0], "--tls-key-file", paths[1],
                                                 "--tls-ca-cert-file", paths[2], "--tls-auth-clients", "no", NULL});
    int status = SUITE_RUN("redis fork", tests);
    redis_server_stop(tls_server);
    redis_server_stop(server);
    folder_remove(folder);
    return status;
}
