/* Ways to connect and to fail to: TCP, IPv6, Unix socket, credentials, and servers that do not answer. */
#include "command.h"
#include "fake_server.h"
#include "probe.h"
#include "redis/socket.h"
#include "process.h"
#include "redis_server.h"
#include "suite.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define SECRET "geheim-4711"

static redis_server *server;

/* A short exchange; what comes back, and that the sentence holds no password. */
static void expect_fine(const char *settings)
{
    probe p;
    char reply[256] = "";
    int64_t started = ds_now();
    ds_status status = probe_open(&p, "%s", settings);
    if (status == DS_OK)
        status = probe_say(&p, "ECHO hello", false, 5000, reply);
    judge_time("connected", started, 0);
    if (status != DS_OK || strcmp(reply, "hello") != 0)
        printf("%s: %s %s %s\n", settings, ds_status_name(status), p.error.message, reply);
    CU_ASSERT_EQUAL(status, DS_OK);
    CU_ASSERT_STRING_EQUAL(reply, "hello");
    probe_close(&p);
}

static void expect_failure(const char *settings, ds_status want, const char *says)
{
    probe p;
    char reply[256] = "";
    int64_t started = ds_now();
    ds_status status = probe_open(&p, "%s", settings);
    if (status == DS_OK)
        status = probe_say(&p, "ECHO hello", false, 5000, reply);
    judge_time(says, started, 0);
    bool right = status == want && strstr(p.error.message, says) != NULL && strstr(p.error.message, SECRET) == NULL;
    if (!right)
        printf("%s: %s %s\n", settings, ds_status_name(status), p.error.message);
    CU_ASSERT(right);
    probe_close(&p);
}

static char text[1024];
#define FORMAT(...) (snprintf(text, sizeof text, __VA_ARGS__), text)

static void ways_to_connect(void)
{
    expect_fine(FORMAT("{\"port\": %d}", server->port));
    expect_fine(FORMAT("{\"host\": \"127.0.0.1\", \"port\": %d}", server->port));
    expect_fine(FORMAT("{\"host\": \"::1\", \"port\": \"%d\"}", server->port));
    expect_fine(FORMAT("{\"host\": \"localhost\", \"port\": %d}", server->port));
    expect_fine(FORMAT("{\"url\": \"redis://[::1]:%d/3\"}", server->port));
    expect_fine(FORMAT("{\"url\": \"redis://localhost:%d\"}", server->port));
    expect_fine(FORMAT("{\"url\": \"unix://%s?db=2\"}", server->socket));
    setenv("REDIS_OM_URL", FORMAT("redis://127.0.0.1:%d", server->port), 1);
    expect_fine("{}");
    unsetenv("REDIS_OM_URL");
}

static void database_and_name(void)
{
    probe p;
    char reply[256];
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d, \"database\": 7, \"clientName\": \"tester\"}", server->port), DS_OK);
    CU_ASSERT_EQUAL(probe_say(&p, "CLIENT LIST", false, 5000, reply), DS_OK);
    char *list = redis_server_command(server, "CLIENT LIST");
    CU_ASSERT_PTR_NOT_NULL(strstr(list, "name=tester"));
    const char *line = strstr(list, "name=tester");
    CU_ASSERT(line != NULL && strstr(line, " db=7 ") != NULL);
    free(list);
    probe_close(&p);
    expect_failure(FORMAT("{\"port\": %d, \"database\": 1000}", server->port), DS_CONFIG, "no database 1000");
}

static void with_password(void)
{
    redis_server *locked = redis_server_start((const char *const[]){"--requirepass", SECRET, NULL});
    char *file = folder_write(locked->folder, "password", SECRET "\nsecond line\n");
    char *wrong = folder_write(locked->folder, "wrong", "no\n");
    char *empty = folder_write(locked->folder, "empty", "\n");
    expect_fine(FORMAT("{\"port\": %d, \"password\": \"" SECRET "\"}", locked->port));
    expect_fine(FORMAT("{\"url\": \"redis://:" SECRET "@127.0.0.1:%d/5\"}", locked->port));
    expect_fine(FORMAT("{\"url\": \"unix://:" SECRET "@%s\"}", locked->socket));
    expect_fine(FORMAT("{\"port\": %d, \"passwordFile\": \"%s\"}", locked->port, file));
    expect_fine(FORMAT("{\"port\": %d, \"username\": \"default\", \"passwordFile\": \"%s\"}", locked->port, file));
    expect_failure(FORMAT("{\"port\": %d}", locked->port), DS_AUTH, "asks for a password");
    expect_failure(FORMAT("{\"port\": %d, \"database\": 3}", locked->port), DS_AUTH, "asks for a password");
    expect_failure(FORMAT("{\"port\": %d, \"password\": \"x" SECRET "\"}", locked->port), DS_AUTH,
                   "refused the password");
    expect_failure(FORMAT("{\"port\": %d, \"passwordFile\": \"%s\"}", locked->port, wrong), DS_AUTH, "password");
    expect_failure(FORMAT("{\"port\": %d, \"passwordFile\": \"%s\"}", locked->port, empty), DS_CONFIG, "empty");
    expect_failure(FORMAT("{\"port\": %d, \"passwordFile\": \"/no/such\"}", locked->port), DS_CONFIG,
                   "the setting passwordFile: the file \"/no/such\"");
    expect_failure(FORMAT("{\"port\": %d, \"password\": \"" SECRET "\"}", server->port), DS_AUTH, "knows no password");
    free(file);
    free(wrong);
    free(empty);
    redis_server_stop(locked);
}

static void with_user(void)
{
    free(redis_server_command(server, "ACL SETUSER app on >" SECRET " +@all ~*"));
    free(redis_server_command(server, "ACL SETUSER narrow on >" SECRET " +echo ~*"));
    free(redis_server_command(server, "ACL SETUSER open on nopass +@all ~*"));
    expect_fine(FORMAT("{\"port\": %d, \"username\": \"app\", \"password\": \"" SECRET "\"}", server->port));
    expect_fine(FORMAT("{\"url\": \"redis://app:" SECRET "@localhost:%d/1\"}", server->port));
    expect_fine(FORMAT("{\"url\": \"unix://app:" SECRET "@%s\"}", server->socket));
    expect_fine(FORMAT("{\"url\": \"redis://open@localhost:%d\"}", server->port));
    expect_fine(
        FORMAT("{\"url\": \"redis://narrow:" SECRET "@localhost:%d\", \"clientName\": \"refused\"}", server->port));
    expect_failure(FORMAT("{\"url\": \"redis://narrow:" SECRET "@localhost:%d/1\"}", server->port), DS_AUTH, "NOPERM");
    expect_failure(FORMAT("{\"url\": \"redis://app:" SECRET "x@localhost:%d\"}", server->port), DS_AUTH, "\"app\"");
    expect_failure(FORMAT("{\"url\": \"redis://nobody:" SECRET "@localhost:%d\"}", server->port), DS_AUTH,
                   "\"nobody\"");
    expect_failure(FORMAT("{\"url\": \"redis://app@localhost:%d\"}", server->port), DS_AUTH, "\"app\"");
}

static void password_in_file_may_change(void)
{
    probe p;
    char reply[256];
    char *file = folder_write(server->folder, "rotated", SECRET "\n");
    free(redis_server_command(server, "ACL SETUSER rotated on >" SECRET " +@all ~*"));
    CU_ASSERT_EQUAL(
        probe_open(&p, "{\"port\": %d, \"username\": \"rotated\", \"passwordFile\": \"%s\"}", server->port, file),
        DS_OK);
    CU_ASSERT_EQUAL(probe_say(&p, "PING", false, 5000, reply), DS_OK);
    free(redis_server_command(server, "ACL SETUSER rotated resetpass >fresh"));
    free(folder_write(server->folder, "rotated", "fresh"));
    free(redis_server_command(server, "CLIENT KILL USER rotated"));
    CU_ASSERT_EQUAL(probe_say(&p, "PING", true, 5000, reply), DS_OK);
    probe_close(&p);
    free(file);
}

static void nobody_listens(void)
{
    int port = free_port();
    expect_failure(FORMAT("{\"port\": %d, \"reconnect\": false}", port), DS_UNREACHABLE, "connection refused");
    expect_failure(FORMAT("{\"host\": \"localhost\", \"port\": %d, \"reconnect\": false}", port), DS_UNREACHABLE,
                   "connection refused");
    expect_failure("{\"url\": \"unix:///tmp/no-such.sock\", \"reconnect\": false}", DS_UNREACHABLE,
                   "/tmp/no-such.sock");
    expect_failure(FORMAT("{\"url\": \"unix://%s/log\", \"reconnect\": false}", server->folder), DS_UNREACHABLE, "log");
    expect_failure("{\"host\": \"no-such-host.invalid\", \"reconnect\": false}", DS_UNREACHABLE,
                   "no-such-host.invalid");
}

static void silent(int fd, unsigned number, void *user)
{
    char byte;
    (void)number, (void)user;
    while (fake_read(fd, &byte, 1))
        ;
}

static void never_answers(void)
{
    probe p;
    char reply[256];
    fake_server *fake = fake_server_start(silent, NULL);
    const char *const more[] = {"", ", \"password\": \"" SECRET "\"", ", \"tls\": true"};
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d%s}", fake_server_port(fake), more[i]), DS_OK);
        int64_t started = ds_now();
        CU_ASSERT_EQUAL(probe_say(&p, "PING", false, 150, reply), DS_TIMEOUT);
        judge_time("never answers", started, 150);
        CU_ASSERT_PTR_NOT_NULL(strstr(p.error.message, "in time"));
        started = ds_now();
        CU_ASSERT_EQUAL(redis_connect(p.connection, probe_call(&p, 150)), DS_TIMEOUT);
        judge_time("never answers a connect", started, 150);
        probe_close(&p);
    }
    fake_server_stop(fake);
}

static void connect_timeout(void)
{
    probe p;
    char reply[256];
    fake_server *fake = fake_server_start(silent, NULL);
    CU_ASSERT_EQUAL(
        probe_open(&p, "{\"port\": %d, \"connectTimeout\": 100, \"reconnect\": false}", fake_server_port(fake)), DS_OK);
    int64_t started = ds_now();
    CU_ASSERT_EQUAL(probe_say(&p, "SET a b", true, 5000, reply), DS_UNREACHABLE);
    judge_time("connectTimeout", started, 100);
    CU_ASSERT_PTR_NOT_NULL(strstr(p.error.message, "connectTimeout"));
    probe_close(&p);
    fake_server_stop(fake);
}

/* What getaddrinfo(3) answers for localhost is the system's affair, so the dialer is given both addresses of loopback.
 */
static void expect_dialed(int port)
{
    redis_config config = {.where = "loopback", .port = port};
    struct addrinfo *addresses = NULL, hints = {.ai_socktype = SOCK_STREAM};
    char digits[8];
    ds_error error = {0};
    int fd = -1;
    snprintf(digits, sizeof digits, "%d", port);
    CU_ASSERT_EQUAL(getaddrinfo(NULL, digits, &hints, &addresses), 0);
    CU_ASSERT(addresses != NULL && addresses->ai_next != NULL);
    dialer d = {.config = &config,
                .addresses = addresses,
                .next = addresses,
                .fd = -1,
                .deadline = ds_now() + INT64_C(5000000000)};
    ds_status status = DS_BUSY;
    while (status == DS_BUSY) {
        struct pollfd waits;
        int64_t wake;
        status = dial_step(&d, &fd, &error);
        dial_poll(&d, &waits, &wake);
        if (status == DS_BUSY)
            poll(&waits, 1, 1000);
    }
    CU_ASSERT_EQUAL(status, DS_OK);
    CU_ASSERT(fd >= 0);
    if (fd >= 0)
        close(fd);
    dial_stop(&d);
}

static void all_addresses(void)
{
    redis_server *only4 = redis_server_start((const char *const[]){"--bind", "127.0.0.1", NULL});
    expect_dialed(only4->port);
    expect_fine(FORMAT("{\"host\": \"localhost\", \"port\": %d}", only4->port));
    redis_server_stop(only4);
    redis_server *only6 = redis_server_start((const char *const[]){"--bind", "::1", NULL});
    expect_dialed(only6->port);
    redis_server_stop(only6);
}

/* The library's getaddrinfo() is this one, which does not come back for one name until it is let go. */
static pthread_mutex_t names_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t names_changed = PTHREAD_COND_INITIALIZER;
static bool names_are_stuck;
static int names_under_way;

int getaddrinfo(const char *restrict host, const char *restrict service, const struct addrinfo *restrict hints,
                struct addrinfo **restrict out)
{
    static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    pthread_mutex_lock(&names_lock);
    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    bool is_slow = host != NULL && strcmp(host, "slow.test") == 0 && (hints->ai_flags & AI_NUMERICHOST) == 0;
    names_under_way += is_slow;
    while (is_slow && names_are_stuck)
        pthread_cond_wait(&names_changed, &names_lock);
    names_under_way -= is_slow;
    pthread_cond_broadcast(&names_changed);
    pthread_mutex_unlock(&names_lock);
    return real(is_slow ? "127.0.0.1" : host, service, hints, out);
}

static void let_names_go(void)
{
    pthread_mutex_lock(&names_lock);
    names_are_stuck = false;
    pthread_cond_broadcast(&names_changed);
    while (names_under_way > 0)
        pthread_cond_wait(&names_changed, &names_lock);
    pthread_mutex_unlock(&names_lock);
}

static void slow_names(void)
{
    probe p;
    char reply[256];
    names_are_stuck = true;
    CU_ASSERT_EQUAL(probe_open(&p, "{\"host\": \"slow.test\", \"port\": %d}", server->port), DS_OK);
    int64_t started = ds_now();
    CU_ASSERT_EQUAL(probe_say(&p, "PING", false, 100, reply), DS_TIMEOUT);
    judge_time("a name that is looked up for ever", started, 100);
    let_names_go();
    CU_ASSERT_EQUAL(probe_say(&p, "PING", false, 5000, reply), DS_OK); /* the same look-up, finished meanwhile */
    probe_close(&p);
    names_are_stuck = true;
    CU_ASSERT_EQUAL(probe_open(&p,
                               "{\"host\": \"slow.test\", \"port\": %d, \"connectTimeout\": 50, \"reconnect\": false}",
                               server->port),
                    DS_OK);
    CU_ASSERT_EQUAL(probe_say(&p, "PING", false, 5000, reply), DS_UNREACHABLE);
    probe_close(&p); /* while the thread still looks */
    let_names_go();
}

static void too_many_clients(void)
{
    redis_server *small = redis_server_start((const char *const[]){"--maxclients", "1", NULL});
    probe first, second;
    char reply[256];
    CU_ASSERT_EQUAL(probe_open(&first, "{\"port\": %d}", small->port), DS_OK);
    CU_ASSERT_EQUAL(probe_say(&first, "PING", false, 5000, reply), DS_OK);
    CU_ASSERT_EQUAL(probe_open(&second, "{\"port\": %d}", small->port), DS_OK);
    CU_ASSERT_EQUAL(probe_say(&second, "PING", false, 300, reply), DS_BUSY);
    probe_close(&second);
    probe_close(&first);
    redis_server_stop(small);
}

/* ---- states and events ---- */

typedef struct diary {
    char text[256];
    ds_source *source;
    ds_status inner;
} diary;

static void note(ds_source *source, ds_event event, const ds_error *cause, void *user)
{
    static const char *const names[] = {"connect ", "ready ", "end ", "error ", "reconnecting "};
    diary *d = user;
    strcat(d->text, names[event]);
    CU_ASSERT((cause != NULL) == (event == DS_EVENT_ERROR || event == DS_EVENT_RECONNECTING));
    CU_ASSERT(cause == NULL || (cause->message[0] != '\0' && strstr(cause->message, SECRET) == NULL));
    if (event == DS_EVENT_READY)
        d->inner = ds_ping(source, NULL);
}

static void events_and_states(void)
{
    probe p;
    char reply[256];
    diary d = {.inner = DS_LOST};
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d, \"clientName\": \"diary\"}", server->port), DS_OK);
    ds_on_event(p.source, note, &d);
    CU_ASSERT(!ds_is_open(p.source) && !ds_is_ready(p.source));
    CU_ASSERT_STRING_EQUAL(d.text, "");
    CU_ASSERT_EQUAL(ds_connect(p.source, &p.error), DS_OK);
    CU_ASSERT_STRING_EQUAL(d.text, "connect ready ");
    CU_ASSERT_EQUAL(d.inner, DS_OK); /* the handler itself may use the source */
    CU_ASSERT(ds_is_open(p.source) && ds_is_ready(p.source));
    CU_ASSERT_EQUAL(ds_connect(p.source, &p.error), DS_OK);
    CU_ASSERT_STRING_EQUAL(d.text, "connect ready ");
    CU_ASSERT_EQUAL(ds_disconnect(p.source, &p.error), DS_OK);
    CU_ASSERT_STRING_EQUAL(d.text, "connect ready end ");
    CU_ASSERT(!ds_is_open(p.source) && !ds_is_ready(p.source));
    CU_ASSERT_EQUAL(ds_ping(p.source, &p.error), DS_UNREACHABLE);
    CU_ASSERT_EQUAL(ds_connect(p.source, &p.error), DS_OK);
    d.text[0] = '\0';
    char *list = redis_server_command(server, "CLIENT LIST"), *line = strstr(list, "name=diary");
    CU_ASSERT_PTR_NOT_NULL(line);
    while (line != NULL && line > list && line[-1] != '\n')
        line--;
    free(redis_server_command(server, FORMAT("CLIENT KILL ID %ld", line == NULL ? 0 : strtol(line + 3, NULL, 10))));
    int64_t patience = ds_now() + INT64_C(10000000000);
    while (ds_is_open(p.source) && ds_now() < patience)
        ;
    CU_ASSERT(!ds_is_open(p.source) && !ds_is_ready(p.source));
    CU_ASSERT_STRING_EQUAL(d.text, "end ");
    CU_ASSERT_EQUAL(probe_say(&p, "SET a b", true, 5000, reply), DS_OK);
    CU_ASSERT_STRING_EQUAL(d.text, "end connect ready ");
    free(list);
    probe_close(&p);
    CU_ASSERT_STRING_EQUAL(d.text, "end connect ready end ");
}

static void failure_events(void)
{
    probe p;
    diary d = {.inner = DS_LOST};
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d}", free_port()), DS_OK);
    ds_on_event(p.source, note, &d);
    CU_ASSERT_EQUAL(ds_connect(p.source, &p.error), DS_UNREACHABLE);
    CU_ASSERT_STRING_EQUAL(d.text, "error ");
    probe_close(&p);
    d.text[0] = '\0';
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d, \"password\": \"" SECRET "\"}", server->port), DS_OK);
    ds_on_event(p.source, note, &d);
    CU_ASSERT_EQUAL(ds_connect(p.source, &p.error), DS_AUTH);
    CU_ASSERT_STRING_EQUAL(d.text, "connect error end ");
    probe_close(&p);
}

/* ---- what the host does not want to see ---- */

static void no_signal_no_leak_to_children(void)
{
    probe p;
    char reply[256];
    signal(SIGPIPE, SIG_DFL);
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d}", server->port), DS_OK);
    CU_ASSERT_EQUAL(probe_say(&p, "PING", false, 5000, reply), DS_OK);
    int open_ones = 0;
    for (int fd = 3; fd < 256; fd++) {
        int flags = fcntl(fd, F_GETFD);
        struct sockaddr_storage address;
        socklen_t length = sizeof address;
        if (flags < 0 || getpeername(fd, (struct sockaddr *)&address, &length) != 0)
            continue;
        open_ones++;
        CU_ASSERT((flags & FD_CLOEXEC) != 0);
    }
    CU_ASSERT(open_ones >= 1);
    for (int i = 0; i < 20; i++) {
        redis_server_restart(server);
        CU_ASSERT_EQUAL(probe_say(&p, "SET a b", true, 5000, reply), DS_OK);
    }
    probe_close(&p);
}

static int descriptors_before;

static void nothing_left_open(void)
{
    CU_ASSERT_EQUAL(descriptors_open(), descriptors_before);
}

int main(void)
{
    static const test tests[] = {
        {"TCP, IPv6, names, Unix sockets and REDIS_OM_URL connect", ways_to_connect},
        {"database and client name are chosen, and a database that is not there is DS_CONFIG", database_and_name},
        {"a password works from settings, url and file; a wrong one is DS_AUTH and is not told", with_password},
        {"an ACL user works; a wrong password, an unknown user and a missing right are DS_AUTH", with_user},
        {"the password file is read at each connect", password_in_file_may_change},
        {"a closed port, a missing socket and an unknown host are DS_UNREACHABLE", nobody_listens},
        {"a port that accepts and never answers ends by the deadline, over TLS too", never_answers},
        {"connectTimeout ends an attempt before the operation's deadline", connect_timeout},
        {"all addresses of a name are tried", all_addresses},
        {"a name look-up that does not end is left behind at the deadline", slow_names},
        {"a server with too many clients is DS_BUSY", too_many_clients},
        {"events come in order, with no lock held, and the states follow them", events_and_states},
        {"a failed attempt is an error event", failure_events},
        {"no SIGPIPE is raised, sockets close on exec, and a restarted server is found again",
         no_signal_no_leak_to_children},
        {"all descriptors are closed at the end", nothing_left_open},
    };
    server = redis_server_start(NULL);
    descriptors_before = descriptors_open();
    int status = SUITE_RUN("redis connection", tests);
    redis_server_stop(server);
    return status;
}
