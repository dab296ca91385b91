/* A fork with an open connection: parent and child go on side by side, each on a socket of its own, whatever the
 * parent's threads were doing. */
#include "certificates.h"
#include "command.h"
#include "probe.h"
#include "../../src/base/fork.h"
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

/* ---- forks by the host's own functions ---- */

typedef struct forker {
    probe *probe;
    sleeper *beside; /* NULL: nobody else uses the connection */
    bool returns;    /* the child does */
    bool is_child;
    int status; /* of the child, once it has ended */
    pid_t child;
} forker;

static void fork_on_ready(ds_source *source, ds_event event, const ds_error *cause, void *user)
{
    forker *self = user;
    char reply[256] = "";
    (void)source, (void)cause;
    if (event != DS_EVENT_READY || self->child != 0 || self->is_child)
        return;
    if (self->beside != NULL) {
        CU_ASSERT_EQUAL_FATAL(pthread_create(&self->beside->thread, NULL, wait_for_list, self->beside), 0);
        CU_ASSERT(somebody_blocks());
    }
    fflush(stdout);
    self->child = fork();
    self->is_child = self->child == 0;
    if (!self->is_child) {
        CU_ASSERT_EQUAL(waitpid(self->child, &self->status, 0), self->child);
        return;
    }
    alarm(60);
    int wrong = say(self->probe->connection, "ECHO child", 5000, reply) != DS_OK || strcmp(reply, "child") != 0;
    if (!self->returns || wrong)
        _exit(wrong);
}

/* The child goes on where its parent was: its operation is told so, and is not done a second time. */
static void end_child(forker *self, ds_status status, ds_status wanted)
{
    char reply[256] = "";
    bool is_right = status == wanted || (self->beside != NULL && status == DS_OK); /* answered before the fork */
    int wrong = !is_right || say(self->probe->connection, "ECHO again", 5000, reply) != DS_OK;
    fflush(stdout);
    _exit(wrong | (strcmp(reply, "again") != 0));
}

static void expect_fork(bool returns, bool is_shared, bool is_write)
{
    probe p, other;
    char reply[256] = "";
    sleeper beside = {.probe = &p};
    forker self = {.probe = &p, .beside = is_shared ? &beside : NULL, .returns = returns, .status = -1};
    open_plain(&p);
    open_plain(&other);
    CU_ASSERT_EQUAL(probe_say(&other, "DEL forks", true, 5000, reply), DS_OK);
    ds_on_event(p.source, fork_on_ready, &self);
    ds_status status = probe_say(&p, is_write ? "INCR forks" : "GET forks", is_write, 20000, reply);
    if (self.is_child)
        end_child(&self, status, is_write ? DS_UNKNOWN_OUTCOME : DS_LOST);
    CU_ASSERT_EQUAL(status, DS_OK);
    CU_ASSERT_STRING_EQUAL(reply, is_write ? ":1" : "(nil)");
    CU_ASSERT_EQUAL(self.status, 0);
    if (is_shared) {
        CU_ASSERT_EQUAL(probe_say(&other, "RPUSH list element", true, 5000, reply), DS_OK);
        pthread_join(beside.thread, NULL);
        CU_ASSERT_EQUAL(beside.status, DS_OK);
    }
    CU_ASSERT_EQUAL(probe_say(&other, "GET forks", false, 5000, reply), DS_OK);
    CU_ASSERT_STRING_EQUAL(reply, is_write ? "1" : "(nil)");
    probe_close(&other);
    probe_close(&p);
}

static void handler_forks(void)
{
    expect_fork(false, false, true);
    expect_fork(false, false, false);
}

static void handler_forks_among_threads(void)
{
    expect_fork(false, true, true);
    expect_fork(true, true, true);
}

static void child_returns(void)
{
    expect_fork(true, false, true);
    expect_fork(true, false, false);
}

static long fork_on_retry(unsigned retries, const ds_error *cause, ds_error *why, void *user)
{
    forker *self = user;
    (void)cause;
    if (retries > 0 || self->is_child) {
        ds_error_set(why, DS_UNREACHABLE, "enough");
        return DS_RECONNECT_STOP;
    }
    fflush(stdout);
    self->child = fork();
    self->is_child = self->child == 0;
    if (self->is_child)
        alarm(60);
    else
        CU_ASSERT_EQUAL(waitpid(self->child, &self->status, 0), self->child);
    return 0;
}

static void strategy_forks(void)
{
    probe p;
    char reply[256] = "";
    forker self = {.probe = &p, .status = -1};
    CU_ASSERT_EQUAL_FATAL(probe_open(&p, "{\"port\": %d}", free_port()), DS_OK);
    ds_set_reconnect(p.source, fork_on_retry, &self);
    ds_status status = probe_say(&p, "GET k", false, 20000, reply);
    if (self.is_child)
        _exit(status != DS_LOST || probe_say(&p, "GET k", false, 20000, reply) != DS_UNREACHABLE);
    CU_ASSERT_EQUAL(status, DS_UNREACHABLE);
    CU_ASSERT_EQUAL(self.status, 0);
    probe_close(&p);
}

/* ---- the mark ---- */

static int take_over(fork_mark *mark)
{
    unsigned before = mark->forks;
    int wrong = fork_mark_is_ours(mark) || !fork_mark_claim(mark) || fork_mark_is_ours(mark);
    fork_mark_settle(mark);
    return wrong || !fork_mark_is_ours(mark) || fork_mark_claim(mark) || mark->forks != before + 1;
}

static int take_over_twice(fork_mark *mark)
{
    int wrong = take_over(mark), status = -1;
    pid_t child = fork();
    if (child == 0)
        _exit(take_over(mark));
    return wrong || waitpid(child, &status, 0) != child || status != 0 || !fork_mark_is_ours(mark);
}

static void marks(void)
{
    for (int has_page = 1; has_page >= 0; has_page--) { /* an old kernel has none */
        fork_mark mark;
        fork_mark_init(&mark);
        if (!has_page)
            fork_mark_free(&mark);
        CU_ASSERT(fork_mark_is_ours(&mark) && !fork_mark_claim(&mark));
        fflush(stdout);
        pid_t child = fork();
        if (child == 0)
            _exit(take_over_twice(&mark));
        expect_fine_child(child);
        CU_ASSERT(fork_mark_is_ours(&mark) && mark.forks == 0);
        fork_mark_free(&mark);
    }
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
        {"a handler may fork while the operation waits: the parent goes on, the child has a socket of its own",
         handler_forks},
        {"a child that returns from the handler is told that the operation is its parent's", child_returns},
        {"a handler may fork while another thread waits for an answer", handler_forks_among_threads},
        {"the host's reconnect function may fork", strategy_forks},
        {"a process knows whether it is another one, also where the kernel empties no page", marks},
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
