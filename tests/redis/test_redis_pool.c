/* The setting `connections`: sockets are opened when those that are open are loaded, each operation's answer is its own
 * whichever socket it took, and a socket that is lost hurts what was on it. */
#include "probe.h"
#include "process.h"
#include "redis_server.h"
#include "suite.h"

#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MS INT64_C(1000000)
enum { LANES = 4, THREADS = 16 };

static redis_server *server;

static void open_pool(probe *p, const char *more)
{
    CU_ASSERT_EQUAL_FATAL(
        probe_open(p, "{\"port\": %d, \"clientName\": \"pool\", \"connections\": %d, \"commandTimeout\": 60000%s}",
                   server->port, LANES, more),
        DS_OK);
}

static ds_status say_within(redis *connection, const char *words, bool is_write, int ms, char reply[256])
{
    ds_error error = {0};
    ds_call call = {.size = sizeof call, .deadline = ds_now() + ms * MS, .error = &error};
    redis_request *request = redis_request_new(connection);
    probe_encode(request, words);
    ds_status status = redis_ask(connection, request, is_write, &call);
    if (status == DS_OK)
        probe_describe(redis_reply_at(request, 0), reply);
    else
        snprintf(reply, 256, "%.255s", error.message);
    redis_request_free(request);
    return status;
}

static ds_status say(redis *connection, const char *words, bool is_write, char reply[256])
{
    return say_within(connection, words, is_write, 30000, reply);
}

/* ---- what the server sees ---- */

static char *tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *tell(const char *format, ...)
{
    char words[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    char *reply = redis_server_command(server, words);
    CU_ASSERT_FATAL(reply != NULL && reply[0] != '-');
    return reply;
}

/* The sockets of which CLIENT LIST has both texts. Their ids go to `ids`, of `most`. */
static int clients(const char *first, const char *second, long *ids, int most)
{
    int count = 0;
    char *list = tell("CLIENT LIST"), *rest = list, *line;
    while ((line = strsep(&rest, "\n")) != NULL) {
        const char *id = strstr(line, "id=");
        if (id == NULL || strstr(line, first) == NULL || strstr(line, second) == NULL)
            continue;
        if (count < most)
            ids[count] = atol(id + 3);
        count++;
    }
    free(list);
    return count;
}

static int sockets(void)
{
    return clients(" name=pool ", "", NULL, 0);
}

static bool await_clients(const char *what, int wanted)
{
    int64_t until = ds_now() + 30000 * MS;
    while (clients(" name=pool ", what, NULL, 0) != wanted && ds_now() < until)
        poll(NULL, 0, 1);
    return clients(" name=pool ", what, NULL, 0) == wanted;
}

/* ---- one thread ---- */

static void one_thread_has_one(void)
{
    probe p;
    char reply[256], words[64];
    open_pool(&p, "");
    for (int i = 0; i < 2000; i++) {
        snprintf(words, sizeof words, i % 2 == 0 ? "SET one %d" : "GET one", i);
        CU_ASSERT_EQUAL_FATAL(say(p.connection, words, i % 2 == 0, reply), DS_OK);
        CU_ASSERT(i % 2 == 0 || atoi(reply) == i - 1);
    }
    CU_ASSERT_EQUAL(sockets(), 1);
    probe_close(&p);
    CU_ASSERT(await_clients("", 0));
}

/* ---- load ---- */

typedef struct load {
    redis *connection;
    atomic_bool ends;
    atomic_int wrong, unknown;
} load;

typedef struct worker {
    load *load;
    pthread_t thread;
    int number;
    atomic_llong rounds;
    long long said, unsure; /* increments that were done, or may be */
} worker;

static void expect(worker *self, bool is_right, const char *words, const char *reply)
{
    if (is_right)
        return;
    printf("\n    %s: %s", words, reply);
    atomic_fetch_add(&self->load->wrong, 1);
}

/* Nobody fills the list, so that this is answered after 10 ms, and what is behind it on its socket waits. */
static void ask_slowly(worker *self)
{
    char words[64], reply[256], want[32];
    snprintf(words, sizeof words, "BLPOP nothing-%d 0.01", self->number);
    ds_status status = say(self->load->connection, words, false, reply);
    expect(self, status == DS_OK && strcmp(reply, "(nil)") == 0, words, reply);
    snprintf(want, sizeof want, "mine-%d", self->number);
    snprintf(words, sizeof words, "ECHO %s", want);
    status = say(self->load->connection, words, false, reply);
    expect(self, status == DS_OK && strcmp(reply, want) == 0, words, reply);
}

static void *work(void *user)
{
    worker *self = user;
    char words[64], reply[256];
    for (int round = self->number; !atomic_load(&self->load->ends); round++) {
        if (round % 4 == 0)
            ask_slowly(self);
        snprintf(words, sizeof words, "INCR count-%d", self->number);
        ds_status status = say(self->load->connection, words, true, reply);
        self->said += status == DS_OK;
        self->unsure += status == DS_UNKNOWN_OUTCOME;
        expect(self, status == DS_OK || status == DS_UNKNOWN_OUTCOME, words, reply);
        snprintf(words, sizeof words, "GET count-%d", self->number);
        status = say(self->load->connection, words, false, reply);
        long long seen = status == DS_OK && reply[0] != '(' ? atoll(reply) : 0; /* what it did before, it sees */
        expect(self, status == DS_OK && seen >= self->said && seen <= self->said + self->unsure, words, reply);
        atomic_fetch_add(&self->rounds, 1);
    }
    return NULL;
}

static void begin_load(load *l, worker workers[THREADS], probe *p)
{
    *l = (load){.connection = p->connection};
    free(tell("FLUSHALL"));
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){.load = l, .number = i};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
}

static long long end_load(load *l, worker workers[THREADS])
{
    long long unsure = 0;
    atomic_store(&l->ends, true);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        unsure += workers[i].unsure;
    }
    CU_ASSERT_EQUAL(atomic_load(&l->wrong), 0);
    return unsure;
}

/* Of each thread: what was under way is over then. */
static void await_rounds(worker workers[THREADS], long long more)
{
    int64_t until = ds_now() + 60000 * MS;
    for (int i = 0; i < THREADS; i++)
        for (long long wanted = atomic_load(&workers[i].rounds) + more;
             atomic_load(&workers[i].rounds) < wanted && ds_now() < until;)
            poll(NULL, 0, 1);
    CU_ASSERT(ds_now() < until);
}

static void load_opens_more(void)
{
    probe p;
    load l;
    worker workers[THREADS];
    int before = descriptors_open();
    open_pool(&p, "");
    begin_load(&l, workers, &p);
    CU_ASSERT(await_clients("", LANES));
    await_rounds(workers, 3);
    CU_ASSERT_EQUAL(sockets(), LANES); /* and no more than that */
    CU_ASSERT_EQUAL(end_load(&l, workers), 0);
    probe_close(&p);
    CU_ASSERT(await_clients("", 0));
    CU_ASSERT_EQUAL(descriptors_open(), before);
}

/* ---- one thread a socket ---- */

/* Threads that block the socket that they are on, one after the other, so that each has one of its own. */
typedef struct blocker {
    redis *connection;
    pthread_t thread;
    int number, ms;
    bool is_write;
    ds_status status;
    char reply[256];
} blocker;

static void *block(void *user)
{
    blocker *self = user;
    char words[64];
    snprintf(words, sizeof words, "BLPOP list-%d 0", self->number);
    self->status = say_within(self->connection, words, self->is_write, self->ms, self->reply);
    return NULL;
}

static int64_t blocked(void)
{
    char *info = tell("INFO clients"), *at = strstr(info, "blocked_clients:");
    int64_t count = at == NULL ? -1 : atoi(at + strlen("blocked_clients:"));
    free(info);
    return count;
}

static void await_blocked(int wanted)
{
    int64_t until = ds_now() + 30000 * MS;
    while (blocked() != wanted && ds_now() < until)
        poll(NULL, 0, 1);
    CU_ASSERT_EQUAL_FATAL(blocked(), wanted);
}

/* A socket is loaded where the first in its line has waited for a while. */
static void await_age(void)
{
    for (int64_t until = ds_now() + 10 * MS; ds_now() < until;)
        blocked();
}

static void block_all(blocker blockers[], int count, redis *connection, bool is_write)
{
    for (int i = 0; i < count; i++) {
        blockers[i] = (blocker){.connection = connection, .number = i, .ms = 60000, .is_write = is_write};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&blockers[i].thread, NULL, block, &blockers[i]), 0);
        await_blocked(i + 1);
        await_age();
    }
}

static void release(blocker *one)
{
    free(tell("RPUSH list-%d x", one->number));
    pthread_join(one->thread, NULL);
    CU_ASSERT_EQUAL(one->status, DS_OK);
    CU_ASSERT_STRING_EQUAL(one->reply, "*2");
}

/* Who has given up leaves an answer that is due, behind which nobody is to wait; once it has come, the socket is as good as
 * before. */
static void an_orphan_holds_up_nobody(void)
{
    probe p;
    char first[256], second[256], reply[256];
    open_pool(&p, "");
    CU_ASSERT_EQUAL(say(p.connection, "CLIENT ID", false, first), DS_OK);
    CU_ASSERT_EQUAL(say_within(p.connection, "BLPOP list-0 0", false, 30, reply), DS_TIMEOUT);
    for (int i = 0; i < 10; i++) {
        CU_ASSERT_EQUAL(say_within(p.connection, "CLIENT ID", i % 2 == 0, 5000, second), DS_OK);
        CU_ASSERT_STRING_NOT_EQUAL(first, second);
    }
    CU_ASSERT_EQUAL(sockets(), 2);
    free(tell("RPUSH list-0 x"));
    for (int64_t until = ds_now() + 30000 * MS; strcmp(first, second) != 0 && ds_now() < until;)
        CU_ASSERT_EQUAL(say_within(p.connection, "CLIENT ID", false, 5000, second), DS_OK);
    CU_ASSERT_STRING_EQUAL(first, second);
    CU_ASSERT_EQUAL(sockets(), 2);
    probe_close(&p);
}

/* The id of the socket that blocks for the newest of the first `count`. */
static long newest(void)
{
    long ids[LANES] = {0}, last = 0;
    int count = clients(" name=pool ", " cmd=blpop ", ids, LANES);
    for (int i = 0; i < count; i++)
        last = ids[i] > last ? ids[i] : last;
    return last;
}

/* What only reads was sent again, over another socket. */
static void await_other(long killed)
{
    int64_t until = ds_now() + 30000 * MS;
    while ((blocked() != LANES - 1 || newest() <= killed) && ds_now() < until)
        poll(NULL, 0, 1);
    CU_ASSERT(blocked() == LANES - 1 && newest() > killed);
}

static void a_slow_answer_holds_up_nobody(void)
{
    probe p;
    char reply[256];
    blocker one[1];
    open_pool(&p, "");
    block_all(one, 1, p.connection, false);
    for (int i = 0; i < 100; i++)
        CU_ASSERT_EQUAL(say_within(p.connection, "ECHO quick", false, 5000, reply), DS_OK);
    CU_ASSERT_EQUAL(sockets(), 2);
    release(one);
    probe_close(&p);
}

static void a_kill_hurts_its_own(bool is_write)
{
    probe p;
    char reply[256];
    blocker all[LANES - 1];
    open_pool(&p, "");
    block_all(all, LANES - 1, p.connection, is_write);
    long killed = newest();
    free(tell("CLIENT KILL ID %ld", killed));
    if (is_write) {
        pthread_join(all[LANES - 2].thread, NULL);
        CU_ASSERT_EQUAL(all[LANES - 2].status, DS_UNKNOWN_OUTCOME);
        await_blocked(LANES - 2);
    } else {
        await_other(killed);
        await_age();
    }
    for (int i = 0; i < 10; i++) /* there is another for those who come, and it is not one of those that wait */
        CU_ASSERT_EQUAL(say_within(p.connection, "ECHO on", false, 5000, reply), DS_OK);
    for (int i = 0; i < LANES - 1 - is_write; i++)
        release(&all[i]);
    CU_ASSERT(sockets() <= LANES);
    probe_close(&p);
}

static void a_kill_hurts_what_was_sent(void)
{
    a_kill_hurts_its_own(true);
}

static void a_kill_repeats_what_reads(void)
{
    a_kill_hurts_its_own(false);
}

static void kills_under_load(void)
{
    probe p;
    load l;
    worker workers[THREADS];
    long ids[LANES];
    int before = descriptors_open(), kills = 0;
    open_pool(&p, "");
    begin_load(&l, workers, &p);
    CU_ASSERT(await_clients("", LANES));
    while (kills < 12) {
        int count = clients(" name=pool ", "", ids, LANES);
        if (count > 0) {
            char *reply, words[64];
            snprintf(words, sizeof words, "CLIENT KILL ID %ld", ids[kills % count]);
            reply = redis_server_command(server, words);
            kills += reply != NULL && strncmp(reply, ":1", 2) == 0;
            free(reply);
        }
        await_rounds(workers, 2); /* so that none is hit five times, which is the end of a read */
    }
    long long unsure = end_load(&l, workers);
    printf("\n    %d sockets killed: %lld outcomes unknown\n", kills, unsure);
    CU_ASSERT(unsure <= (long long)kills * THREADS);
    probe_close(&p);
    CU_ASSERT(await_clients("", 0));
    CU_ASSERT_EQUAL(descriptors_open(), before);
}

/* ---- the rest ---- */

static void big_ones_leave_the_others(void)
{
    probe p;
    char reply[256];
    blocker one[1];
    ds_error error = {0};
    open_pool(&p, "");
    block_all(one, 1, p.connection, false);
    CU_ASSERT_EQUAL(say(p.connection, "ECHO second", false, reply), DS_OK);
    release(one);
    CU_ASSERT_EQUAL(sockets(), 2);
    redis_request *request = redis_request_new(p.connection);
    for (int i = 0; i < 200; i++)
        probe_encode(request, i == 100 ? "CLIENT ID" : "ECHO big");
    ds_call call = {.size = sizeof call, .deadline = ds_now() + 30000 * MS, .error = &error};
    CU_ASSERT_EQUAL(redis_run(p.connection, request, false, &call), DS_OK);
    probe_describe(redis_reply_at(request, 100), reply);
    long big = atol(reply + 1);
    CU_ASSERT_EQUAL(say(p.connection, "CLIENT ID", false, reply), DS_OK);
    CU_ASSERT(big > atol(reply + 1)); /* it went over the second one */
    redis_request_free(request);
    probe_close(&p);
}

/* ---- events ---- */

typedef struct story {
    pthread_mutex_t lock;
    bool is_open, is_ready;
    int connects, readies, ends, errors, wrong;
} story;

static void note(ds_source *source, ds_event event, const ds_error *cause, void *user)
{
    story *told = user;
    (void)source, (void)cause;
    pthread_mutex_lock(&told->lock);
    switch (event) {
    case DS_EVENT_CONNECT:
        told->wrong += told->is_open;
        told->is_open = true;
        told->connects++;
        break;
    case DS_EVENT_READY:
        told->wrong += !told->is_open || told->is_ready;
        told->is_ready = true;
        told->readies++;
        break;
    case DS_EVENT_END:
        told->wrong += !told->is_open;
        told->is_open = told->is_ready = false;
        told->ends++;
        break;
    case DS_EVENT_ERROR:
        told->errors++;
        break;
    default:
        break;
    }
    pthread_mutex_unlock(&told->lock);
}

static int count_of(story *told, const int *which)
{
    pthread_mutex_lock(&told->lock);
    int count = *which;
    pthread_mutex_unlock(&told->lock);
    return count;
}

/* All lanes open, and idle. */
static void open_all(probe *p)
{
    char reply[256];
    blocker all[LANES - 1];
    block_all(all, LANES - 1, p->connection, false);
    CU_ASSERT_EQUAL(say(p->connection, "ECHO last", false, reply), DS_OK);
    CU_ASSERT_EQUAL(clients(" name=pool ", " db=", NULL, 0), LANES);
    for (int i = 0; i < LANES - 1; i++)
        release(&all[i]);
}

static void events_are_of_the_source(void)
{
    probe p;
    char reply[256];
    long ids[LANES];
    bool open, ready;
    story told = {.lock = PTHREAD_MUTEX_INITIALIZER};
    open_pool(&p, "");
    ds_on_event(p.source, note, &told);
    open_all(&p);
    CU_ASSERT(told.connects == 1 && told.readies == 1 && told.ends == 0 && told.errors == 0);
    CU_ASSERT_EQUAL(clients(" name=pool ", "", ids, LANES), LANES);
    for (int i = 0; i < LANES; i++) {
        free(tell("CLIENT KILL ID %ld", ids[i]));
        redis_status(p.connection, &open, &ready);
        CU_ASSERT(open == (i < LANES - 1) && ready == (i < LANES - 1));
        CU_ASSERT_EQUAL(told.ends, i == LANES - 1);
    }
    CU_ASSERT_EQUAL(say(p.connection, "ECHO again", false, reply), DS_OK);
    CU_ASSERT(told.connects == 2 && told.readies == 2 && told.ends == 1);
    open_all(&p);
    redis_disconnect(p.connection, probe_call(&p, 5000));
    CU_ASSERT(told.connects == 2 && told.readies == 2 && told.ends == 2 && told.wrong == 0);
    CU_ASSERT(await_clients("", 0));
    ds_on_event(p.source, NULL, NULL);
    probe_close(&p);
}

static void a_restart_is_told_once(void)
{
    probe p;
    char reply[256];
    story told = {.lock = PTHREAD_MUTEX_INITIALIZER};
    open_pool(&p, "");
    ds_on_event(p.source, note, &told);
    open_all(&p);
    redis_server_restart(server);
    CU_ASSERT_EQUAL(say(p.connection, "ECHO again", true, reply), DS_OK);
    CU_ASSERT(told.connects == 2 && told.readies == 2 && told.ends == 1 && told.wrong == 0);
    CU_ASSERT_EQUAL(sockets(), 1);
    probe_close(&p);
}

static void a_restart_under_load_loses_nothing(void)
{
    probe p;
    load l;
    worker workers[THREADS];
    story told = {.lock = PTHREAD_MUTEX_INITIALIZER};
    int before = descriptors_open();
    open_pool(&p, "");
    ds_on_event(p.source, note, &told);
    begin_load(&l, workers, &p);
    CU_ASSERT(await_clients("", LANES));
    for (int i = 0; i < 3; i++) {
        char *reply = redis_server_command(server, "CLIENT KILL TYPE normal");
        free(reply);
        await_rounds(workers, 2);
    }
    printf("\n    %lld outcomes unknown\n", end_load(&l, workers));
    CU_ASSERT(count_of(&told, &told.wrong) == 0 && told.errors > 0);
    probe_close(&p);
    CU_ASSERT_EQUAL(descriptors_open(), before);
}

/* ---- credentials ---- */

static void open_as(probe *p, const char *name)
{
    free(tell("ACL SETUSER %s reset on >old ~* &* +@all", name));
    CU_ASSERT_EQUAL_FATAL(
        probe_open(
            p,
            "{\"port\": %d, \"clientName\": \"pool\", \"connections\": %d, \"commandTimeout\": 60000, \"username\": "
            "\"%s\", \"password\": \"old\"}",
            server->port, LANES, name),
        DS_OK);
}

static void credentials_reach_all(void)
{
    probe p;
    open_as(&p, "first");
    free(tell("ACL SETUSER second reset on >new ~* &* +@all"));
    open_all(&p);
    CU_ASSERT_EQUAL(redis_set_credentials(p.connection, "second", "wrong", probe_call(&p, 5000)), DS_AUTH);
    CU_ASSERT_EQUAL(clients(" name=pool ", " user=first ", NULL, 0), LANES);
    CU_ASSERT_EQUAL(redis_set_credentials(p.connection, "second", "new", probe_call(&p, 5000)), DS_OK);
    CU_ASSERT_EQUAL(clients(" name=pool ", " user=second ", NULL, 0), LANES);
    free(tell("ACL DELUSER first"));
    open_all(&p);
    CU_ASSERT_EQUAL(clients(" name=pool ", " user=second ", NULL, 0), LANES);
    probe_close(&p);
}

/* The password has changed: who is in stays in, and no further socket is to be had. */
static void a_refused_socket_costs_nothing(void)
{
    probe p;
    char reply[256];
    blocker one[1], waits;
    story told = {.lock = PTHREAD_MUTEX_INITIALIZER};
    open_as(&p, "locked");
    ds_on_event(p.source, note, &told);
    block_all(one, 1, p.connection, false);
    CU_ASSERT_EQUAL(say(p.connection, "ECHO second", false, reply), DS_OK);
    free(tell("ACL SETUSER locked resetpass >other"));
    CU_ASSERT_EQUAL(sockets(), 2);
    waits = (blocker){.connection = p.connection, .number = 1, .ms = 60000};
    CU_ASSERT_EQUAL_FATAL(pthread_create(&waits.thread, NULL, block, &waits), 0);
    await_blocked(2);
    await_age();
    pthread_t third;
    blocker behind = {.connection = p.connection, .number = 2, .ms = 60000};
    CU_ASSERT_EQUAL_FATAL(pthread_create(&third, NULL, block, &behind), 0);
    behind.thread = third;
    for (int64_t until = ds_now() + 30000 * MS; count_of(&told, &told.errors) == 0 && ds_now() < until;)
        poll(NULL, 0, 1);
    CU_ASSERT_EQUAL(count_of(&told, &told.errors), 1);
    free(tell("RPUSH list-2 x"));
    release(one);
    release(&waits);
    pthread_join(third, NULL);
    CU_ASSERT_EQUAL(behind.status, DS_OK);
    CU_ASSERT_EQUAL(sockets(), 2);
    long ids[LANES] = {0};
    clients(" name=pool ", "", ids, LANES);
    free(tell("CLIENT KILL ID %ld", ids[0])); /* the first is lost, and does not come back: the second goes on */
    for (int i = 0; i < 10; i++)
        CU_ASSERT_EQUAL(say_within(p.connection, "ECHO on", i % 2 == 0, 5000, reply), DS_OK);
    CU_ASSERT(sockets() == 1 && told.ends == 0 && told.wrong == 0);
    ds_on_event(p.source, NULL, NULL);
    probe_close(&p);
}

/* ---- fork ---- */

static void a_child_has_its_own(void)
{
    probe p;
    char reply[256];
    int status = -1;
    open_pool(&p, "");
    open_all(&p);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        alarm(60);
        bool open = true, ready = true;
        redis_status(p.connection, &open, &ready);
        int wrong = open || ready;
        wrong |= say(p.connection, "ECHO child", true, reply) != DS_OK || strcmp(reply, "child") != 0;
        wrong |= sockets() != LANES + 1;
        probe_close(&p);
        _exit(wrong);
    }
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_EQUAL(status, 0);
    CU_ASSERT(await_clients("", LANES));
    CU_ASSERT_EQUAL(say(p.connection, "ECHO parent", true, reply), DS_OK);
    CU_ASSERT_STRING_EQUAL(reply, "parent");
    probe_close(&p);
}

int main(void)
{
    static const test tests[] = {
        {"one thread has one socket", one_thread_has_one},
        {"load opens as many as the setting says, and each thread sees what it did", load_opens_more},
        {"a slow answer holds up nobody else", a_slow_answer_holds_up_nobody},
        {"an answer that nobody waits for any more holds up nobody", an_orphan_holds_up_nobody},
        {"a socket that is killed makes unknown what was sent over it, and nothing else", a_kill_hurts_what_was_sent},
        {"what only reads is sent again over another", a_kill_repeats_what_reads},
        {"sockets that are killed under load cost only what was on them", kills_under_load},
        {"big requests leave the first socket to small ones", big_ones_leave_the_others},
        {"events are those of the source: the first socket and the last", events_are_of_the_source},
        {"a restart is told once, however many sockets it ended", a_restart_is_told_once},
        {"all sockets killed at once under load: nothing is lost, and events are in order",
         a_restart_under_load_loses_nothing},
        {"credentials are rotated on all sockets", credentials_reach_all},
        {"a further socket that is refused costs no operation anything", a_refused_socket_costs_nothing},
        {"a child has sockets of its own", a_child_has_its_own},
    };
    server = redis_server_start((const char *const[]){"--hz", "500", NULL}); /* or 10 ms of waiting become 100 */
    int status = SUITE_RUN("redis pool", tests);
    redis_server_stop(server);
    return status;
}
