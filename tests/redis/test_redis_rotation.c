/* Secrets that change under a running host, and connections that end while nobody looks: the next operation succeeds. */
#include <datasource/datasource.h>

#include "fake_server.h"
#include "proxy.h"
#include "redis_server.h"
#include "suite.h"

#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static redis_server *server;
static ds_error error;

static void tell_server(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void tell_server(const char *format, ...)
{
    char words[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    char *reply = redis_server_command(server, words);
    CU_ASSERT_FATAL(reply != NULL && reply[0] != '-');
    free(reply);
}

/* A user of the test's own, with one password. */
static void make_user(const char *name, const char *password)
{
    tell_server("ACL SETUSER %s reset on >%s ~* &* +@all", name, password);
}

static ds_source *open_as(const char *name, const char *password)
{
    char settings[256];
    ds_source *source = NULL;
    snprintf(settings, sizeof settings,
             "{\"port\": %d, \"username\": \"%s\", \"password\": \"%s\", \"clientName\": \"rotation\", \"keyPrefix\": "
             "\"%s:\"}",
             server->port, name, password, name);
    CU_ASSERT_EQUAL_FATAL(ds_source_open("redis", settings, &source, &error), DS_OK);
    return source;
}

/* A write, which may not be repeated, and a read. */
static ds_status write_and_read(ds_source *source)
{
    bool exists = false;
    ds_model *model = ds_source_model(source, "thing", &error);
    ds_record *record = ds_record_new(model);
    ds_record_set(record, "id", ds_string("a"));
    ds_record_set(record, "text", ds_string("rotated"));
    ds_status status = ds_replace_or_create(model, record, NULL, &error);
    if (status == DS_OK)
        status = ds_exists(model, ds_string("a"), &exists, &error);
    if (status != DS_OK)
        printf("\n    %s: %s", ds_status_name(status), error.message);
    CU_ASSERT_EQUAL(exists, status == DS_OK);
    ds_record_free(record);
    return status;
}

/* As the socket that ds_execute() has to itself is known to the server. */
static void is_known_as(ds_source *source, const char *name)
{
    const char *const words[] = {"ACL", "WHOAMI"};
    char expected[64], *reply = NULL;
    snprintf(expected, sizeof expected, "\"%s\"", name);
    CU_ASSERT_EQUAL(ds_execute(source, 2, words, NULL, &reply, &error), DS_OK);
    CU_ASSERT(reply != NULL && strcmp(reply, expected) == 0);
    ds_free(reply);
}

static unsigned clients_of(const char *name)
{
    char wanted[64];
    unsigned n = 0;
    char *list = redis_server_command(server, "CLIENT LIST");
    snprintf(wanted, sizeof wanted, " user=%s ", name);
    for (const char *at = list; (at = strstr(at, wanted)) != NULL; at += strlen(wanted))
        n++;
    free(list);
    return n;
}

static void await_no_client_of(const char *name)
{
    for (time_t until = time(NULL) + 60; clients_of(name) > 0 && time(NULL) < until;)
        sched_yield();
    CU_ASSERT_EQUAL(clients_of(name), 0);
}

static void kill_clients_of(const char *name)
{
    char *reply, words[64];
    snprintf(words, sizeof words, "CLIENT KILL USER %s", name);
    reply = redis_server_command(server, words);
    CU_ASSERT(reply != NULL && reply[0] == ':' && atoi(reply + 1) > 0);
    free(reply);
    await_no_client_of(name);
}

/* ---- credentials ---- */

static void a_password_is_rotated_under_a_running_host(void)
{
    make_user("rotated", "first");
    ds_source *source = open_as("rotated", "first");
    CU_ASSERT_EQUAL(write_and_read(source), DS_OK);
    is_known_as(source, "rotated");
    for (int i = 0; i < 5; i++) { /* as one rotates: the new one beside the old, the hosts, the old one away */
        char next[24];
        snprintf(next, sizeof next, "next-%d", i);
        tell_server("ACL SETUSER rotated >%s", next);
        CU_ASSERT_EQUAL(ds_set_credentials(source, "rotated", next, &error), DS_OK);
        tell_server("ACL SETUSER rotated resetpass >%s", next);
        CU_ASSERT_EQUAL(write_and_read(source), DS_OK);
        kill_clients_of("rotated");
        CU_ASSERT_EQUAL(write_and_read(source), DS_OK);
        is_known_as(source, "rotated");
    }
    ds_source_close(source);
}

static void another_user_takes_over_on_every_open_socket(void)
{
    make_user("before", "secret-one");
    make_user("after", "secret-two");
    ds_source *source = open_as("before", "secret-one");
    CU_ASSERT_EQUAL(write_and_read(source), DS_OK);
    is_known_as(source, "before");
    CU_ASSERT_EQUAL(clients_of("before"), 2);
    CU_ASSERT_EQUAL(ds_set_credentials(source, "after", "secret-two", &error), DS_OK);
    CU_ASSERT_EQUAL(clients_of("before"), 0);
    CU_ASSERT_EQUAL(clients_of("after"), 2); /* at once, on the sockets that there were */
    is_known_as(source, "after");
    CU_ASSERT_EQUAL(ds_disconnect(source, &error), DS_OK);
    CU_ASSERT_EQUAL(ds_connect(source, &error), DS_OK);
    is_known_as(source, "after");
    ds_source_close(source);
}

static void what_the_server_refuses_changes_nothing(void)
{
    make_user("kept", "right");
    ds_source *source = open_as("kept", "right");
    CU_ASSERT_EQUAL(write_and_read(source), DS_OK);
    CU_ASSERT_EQUAL(ds_set_credentials(source, "kept", "wrong-secret", &error), DS_AUTH);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "\"kept\""));
    CU_ASSERT_PTR_NULL(strstr(error.message, "wrong-secret"));
    CU_ASSERT_STRING_EQUAL(error.source, "redis");
    CU_ASSERT_EQUAL(ds_set_credentials(source, "nobody", "wrong-secret", &error), DS_AUTH);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "\"nobody\""));
    CU_ASSERT_EQUAL(write_and_read(source), DS_OK);
    kill_clients_of("kept");
    CU_ASSERT_EQUAL(write_and_read(source), DS_OK);
    is_known_as(source, "kept");
    ds_source_close(source);
}

static void a_closed_source_remembers_them_for_when_it_connects(void)
{
    make_user("closed", "now");
    ds_source *source = open_as("closed", "long-ago");
    CU_ASSERT_EQUAL(ds_set_credentials(source, "closed", "now", &error), DS_OK);
    CU_ASSERT_EQUAL(clients_of("closed"), 0);
    CU_ASSERT_FALSE(ds_is_open(source));
    CU_ASSERT_EQUAL(write_and_read(source), DS_OK);
    CU_ASSERT_EQUAL(ds_disconnect(source, &error), DS_OK);
    tell_server("ACL SETUSER closed resetpass >later");
    CU_ASSERT_EQUAL(ds_set_credentials(source, "closed", "later", &error), DS_OK);
    CU_ASSERT_EQUAL(clients_of("closed"), 0);
    CU_ASSERT_EQUAL(ds_connect(source, &error), DS_OK);
    CU_ASSERT_EQUAL(write_and_read(source), DS_OK);
    CU_ASSERT_EQUAL(ds_set_credentials(source, NULL, "no-such", &error), DS_AUTH); /* the default user's */
    CU_ASSERT_EQUAL(ds_disconnect(source, &error), DS_OK);
    CU_ASSERT_EQUAL(ds_set_credentials(source, "closed", "wrong-secret", &error), DS_OK); /* nobody can know yet */
    CU_ASSERT_EQUAL(ds_connect(source, &error), DS_AUTH);
    CU_ASSERT_PTR_NULL(strstr(error.message, "wrong-secret"));
    CU_ASSERT_EQUAL(ds_set_credentials(source, "closed", "later", &error), DS_OK);
    CU_ASSERT_EQUAL(ds_connect(source, &error), DS_OK);
    ds_source_close(source);
}

/* The old password is gone before the host is told, and the connections with it: what the host sets is not refused for the
 * sake of the old one. */
static void a_socket_that_was_lost_meanwhile_is_a_closed_one(void)
{
    make_user("late", "old");
    ds_source *source = open_as("late", "old");
    CU_ASSERT_EQUAL(write_and_read(source), DS_OK);
    tell_server("ACL SETUSER late resetpass >new");
    kill_clients_of("late");
    CU_ASSERT_EQUAL(ds_set_credentials(source, "late", "new", &error), DS_OK);
    CU_ASSERT_EQUAL(write_and_read(source), DS_OK);
    ds_source_close(source);
}

static void they_come_before_the_password_file(void)
{
    char settings[512], path[256];
    ds_source *source = NULL;
    make_user("filed", "of-the-host");
    snprintf(path, sizeof path, "%s/password", server->folder);
    FILE *file = fopen(path, "w");
    fputs("of-the-file\n", file);
    fclose(file);
    snprintf(settings, sizeof settings, "{\"port\": %d, \"username\": \"filed\", \"passwordFile\": \"%s\"}",
             server->port, path);
    CU_ASSERT_EQUAL_FATAL(ds_source_open("redis", settings, &source, &error), DS_OK);
    CU_ASSERT_EQUAL(ds_connect(source, &error), DS_AUTH);
    CU_ASSERT_EQUAL(ds_set_credentials(source, "filed", "of-the-host", &error), DS_OK);
    CU_ASSERT_EQUAL(write_and_read(source), DS_OK);
    ds_source_close(source);
}

static void who_has_none_is_told_so(void)
{
    ds_source *source = NULL;
    CU_ASSERT_EQUAL(ds_set_credentials(NULL, "a", "b", &error), DS_INVALID);
    CU_ASSERT_EQUAL_FATAL(ds_source_open("memory", NULL, &source, &error), DS_OK);
    CU_ASSERT_EQUAL(ds_set_credentials(source, "a", NULL, &error), DS_INVALID);
    CU_ASSERT_EQUAL(ds_set_credentials(source, "a", "b", &error), DS_UNSUPPORTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "memory"));
    ds_source_close(source);
}

/* ---- many threads meanwhile ---- */

enum { HANDS = 4, ROTATIONS = 25 };
static atomic_bool is_over;
static atomic_uint reads, failures;

static void *read_on(void *source)
{
    ds_error err;
    bool exists;
    ds_model *model = ds_source_model(source, "thing", &err);
    while (!atomic_load(&is_over)) {
        if (ds_exists(model, ds_string("a"), &exists, &err) != DS_OK || !exists) {
            printf("\n    %s", err.message);
            atomic_fetch_add(&failures, 1);
        }
        atomic_fetch_add(&reads, 1);
    }
    return NULL;
}

static void threads_go_on_while_secrets_are_rotated(void)
{
    pthread_t hands[HANDS];
    make_user("busy", "next-0");
    ds_source *source = open_as("busy", "next-0");
    CU_ASSERT_EQUAL(write_and_read(source), DS_OK);
    for (int i = 0; i < HANDS; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&hands[i], NULL, read_on, source), 0);
    for (int i = 1; i <= ROTATIONS; i++) {
        char next[24];
        unsigned before = atomic_load(&reads);
        snprintf(next, sizeof next, "next-%d", i);
        tell_server("ACL SETUSER busy >%s", next);
        CU_ASSERT_EQUAL(ds_set_credentials(source, "busy", next, &error), DS_OK);
        tell_server("ACL SETUSER busy <next-%d", i - 1);
        if (i % 5 == 0)
            free(redis_server_command(server, "CLIENT KILL USER busy"));
        while (atomic_load(&reads) < before + 10 && atomic_load(&failures) == 0)
            sched_yield();
    }
    atomic_store(&is_over, true);
    for (int i = 0; i < HANDS; i++)
        pthread_join(hands[i], NULL);
    CU_ASSERT_EQUAL(atomic_load(&failures), 0);
    ds_source_close(source);
}

static void in_the_child_of_a_fork_they_hold_too(void)
{
    int status = -1;
    make_user("forked", "of-the-parent");
    ds_source *source = open_as("forked", "long-ago");
    CU_ASSERT_EQUAL(ds_set_credentials(source, "forked", "of-the-parent", &error), DS_OK);
    CU_ASSERT_EQUAL(write_and_read(source), DS_OK);
    pid_t child = fork();
    if (child == 0) {
        bool is_wrong = write_and_read(source) != DS_OK ||
                        ds_set_credentials(source, "forked", "wrong", NULL) != DS_AUTH ||
                        ds_set_credentials(source, "forked", "of-the-parent", NULL) != DS_OK;
        ds_source_close(source);
        _exit(is_wrong);
    }
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CU_ASSERT_EQUAL(write_and_read(source), DS_OK);
    ds_source_close(source);
}

/* ---- connections that end meanwhile ---- */

static void killed_while_idle_the_next_write_is_done(void)
{
    make_user("killed", "secret");
    ds_source *source = open_as("killed", "secret");
    for (int i = 0; i < 10; i++) {
        CU_ASSERT_EQUAL(write_and_read(source), DS_OK);
        kill_clients_of("killed");
    }
    CU_ASSERT_EQUAL(write_and_read(source), DS_OK);
    ds_source_close(source);
}

static void dropped_by_the_servers_timeout_the_next_write_is_done(void)
{
    make_user("idle", "secret");
    tell_server("CONFIG SET timeout 1");
    ds_source *source = open_as("idle", "secret");
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(write_and_read(source), DS_OK);
        CU_ASSERT(clients_of("idle") > 0);
        await_no_client_of("idle");
    }
    CU_ASSERT_EQUAL(write_and_read(source), DS_OK);
    tell_server("CONFIG SET timeout 0");
    ds_source_close(source);
}

/* One write over a fresh connection, the same bytes each time; *source stays open. */
static void write_through(proxy *network, ds_source **source)
{
    char settings[128];
    snprintf(settings, sizeof settings, "{\"port\": %d, \"idlePing\": 300, \"commandTimeout\": 2000}",
             proxy_port(network));
    CU_ASSERT_EQUAL_FATAL(ds_source_open("redis", settings, source, &error), DS_OK);
    CU_ASSERT_EQUAL(ds_expire(ds_source_model(*source, "thing", &error), ds_string("a"), 1000000, &error), DS_OK);
}

/* As a firewall forgets a connection: nobody says so. The PING that an idle one is tried with finds it out, and nothing else is
 * risked on it. */
static void dropped_without_a_word_the_next_write_is_done(void)
{
    const struct timespec idle = {.tv_nsec = 310000000}; /* what is awaited is that time goes by */
    proxy *network = proxy_start(server->port);
    ds_source *source = NULL;
    tell_server("HSET thing:a text here");
    write_through(network, &source); /* which loads the script, where it is one */
    ds_source_close(source);
    proxy_set(network, NULL);
    write_through(network, &source);
    const proxy_plan forget = {.fault = PROXY_STALL, .to_server = true, .at = proxy_counted(network).bytes[1]};
    ds_source_close(source);
    proxy_set(network, &forget);
    write_through(network, &source);
    CU_ASSERT(proxy_await_struck(network, 10000));
    nanosleep(&idle, NULL);
    CU_ASSERT_EQUAL(ds_expire(ds_source_model(source, "thing", &error), ds_string("a"), 2000000, &error), DS_OK);
    CU_ASSERT_EQUAL(proxy_counted(network).connections, 2);
    ds_source_close(source);
    proxy_stop(network);
}

/* ---- set while a connection is made ---- */

typedef struct slow_server { /* keeps the first AUTH waiting */
    sem_t asked, goes_on;
    atomic_uint logins;
} slow_server;

static void answer_slowly(int fd, unsigned number, void *user)
{
    slow_server *slow = user;
    char name[32];
    (void)number;
    while (fake_command(fd, name, NULL)) {
        bool is_login = strcmp(name, "AUTH") == 0;
        if (is_login && atomic_fetch_add(&slow->logins, 1) == 0) {
            sem_post(&slow->asked);
            sem_wait(&slow->goes_on);
        }
        const char *answer = strcmp(name, "PING") == 0 ? "+PONG\r\n" : "+OK\r\n";
        if (!fake_write(fd, answer, strlen(answer)))
            return;
    }
}

static void *ping_it(void *user)
{
    ds_error own;
    return ds_ping(user, &own) == DS_OK ? user : NULL;
}

static void a_connection_that_said_the_old_ones_says_the_new_ones_too(void)
{
    slow_server slow = {.logins = 0};
    char settings[96];
    ds_source *source;
    pthread_t other;
    void *done = NULL;
    sem_init(&slow.asked, 0, 0);
    sem_init(&slow.goes_on, 0, 0);
    fake_server *fake = fake_server_start(answer_slowly, &slow);
    snprintf(settings, sizeof settings, "{\"port\": %d, \"password\": \"old\"}", fake_server_port(fake));
    CU_ASSERT_EQUAL_FATAL(ds_source_open("redis", settings, &source, &error), DS_OK);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&other, NULL, ping_it, source), 0);
    sem_wait(&slow.asked);
    CU_ASSERT_EQUAL(ds_set_credentials(source, NULL, "new", &error), DS_OK);
    sem_post(&slow.goes_on);
    pthread_join(other, &done);
    CU_ASSERT_PTR_EQUAL(done, source);
    CU_ASSERT_EQUAL(atomic_load(&slow.logins), 2);
    CU_ASSERT_EQUAL(fake_server_count(fake), 1);
    ds_source_close(source);
    fake_server_stop(fake);
    sem_destroy(&slow.asked);
    sem_destroy(&slow.goes_on);
}

int main(void)
{
    static const test tests[] = {
        {"a password is rotated under a running host", a_password_is_rotated_under_a_running_host},
        {"another user takes over on every open socket", another_user_takes_over_on_every_open_socket},
        {"what the server refuses changes nothing", what_the_server_refuses_changes_nothing},
        {"a closed source remembers them for when it connects", a_closed_source_remembers_them_for_when_it_connects},
        {"a socket that was lost meanwhile is a closed one", a_socket_that_was_lost_meanwhile_is_a_closed_one},
        {"a connection that said the old ones says the new ones too",
         a_connection_that_said_the_old_ones_says_the_new_ones_too},
        {"they come before the password file", they_come_before_the_password_file},
        {"who has none is told so", who_has_none_is_told_so},
        {"threads go on while secrets are rotated", threads_go_on_while_secrets_are_rotated},
        {"in the child of a fork they hold too", in_the_child_of_a_fork_they_hold_too},
        {"killed while idle, the next write is done", killed_while_idle_the_next_write_is_done},
        {"dropped by the server's timeout, the next write is done",
         dropped_by_the_servers_timeout_the_next_write_is_done},
        {"dropped without a word, the next write is done", dropped_without_a_word_the_next_write_is_done},
    };
    server = redis_server_start(NULL);
    int status = SUITE_RUN("redis rotation", tests);
    redis_server_stop(server);
    return status;
}
