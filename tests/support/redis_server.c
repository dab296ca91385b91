/* redis-server as a child, awaited by asking it, ended by its pid. */
#include "redis_server.h"

#include "command.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { START_ATTEMPTS = 5, START_SECONDS = 60, RETRY_MS = 2 };

static void give_up(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0)
        give_up("a free port");
    close(fd);
    return ntohs(address.sin_port);
}

/* ---- talking to it ---- */

static int dial(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* The server closes behind the reply to QUIT, so that all there is can be read. */
static char *ask(const char *path, const char *words)
{
    size_t length = 0, room = 4096;
    int fd = dial(path);
    if (fd < 0)
        return NULL;
    char line[4096];
    int size = snprintf(line, sizeof line, "%s\r\nQUIT\r\n", words);
    char *reply = malloc(room);
    if (send(fd, line, (size_t)size, MSG_NOSIGNAL) == size) {
        ssize_t got;
        while ((got = recv(fd, reply + length, room - length - 1, 0)) > 0) {
            length += (size_t)got;
            if (room - length < 1024)
                reply = realloc(reply, room *= 2);
        }
    }
    close(fd);
    if (length >= 5 && memcmp(reply + length - 5, "+OK\r\n", 5) == 0)
        length -= 5;
    reply[length] = '\0';
    return reply;
}

char *redis_server_command(const redis_server *server, const char *words)
{
    char *reply = ask(server->socket, words);
    return reply == NULL ? strdup("") : reply;
}

static bool answers(const redis_server *server)
{
    char *reply = ask(server->socket, "PING");
    bool is_up = reply != NULL && reply[0] != '\0' && strncmp(reply, "-LOADING", 8) != 0;
    free(reply);
    return is_up;
}

/* ---- its life ---- */

static void launch(redis_server *server)
{
    pid_t parent = getpid();
    server->pid = fork();
    if (server->pid < 0)
        give_up("fork");
    if (server->pid > 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that crashes leaves nothing running */
    if (getppid() != parent)
        _exit(127);
    execvp("redis-server", (char *const *)(void *)server->argv);
    _exit(127);
}

static bool has_ended(redis_server *server)
{
    int status;
    if (waitpid(server->pid, &status, WNOHANG) != server->pid)
        return false;
    server->pid = 0;
    return true;
}

static bool await_answer(redis_server *server)
{
    time_t end = time(NULL) + START_SECONDS;
    while (!answers(server)) {
        if (has_ended(server))
            return false;
        if (time(NULL) > end)
            return false;
        poll(NULL, 0, RETRY_MS);
    }
    return true;
}

static void set_ports(redis_server *server, bool has_tls)
{
    server->port = free_port();
    server->tls_port = 0;
    snprintf(server->numbers[0], 8, "%d", server->port);
    if (!has_tls)
        return;
    do
        server->tls_port = free_port();
    while (server->tls_port == server->port);
    snprintf(server->numbers[1], 8, "%d", server->tls_port);
}

static bool fill_argv(redis_server *server, const char *const *options)
{
    const char *const fixed[] = {
        "redis-server", "--port",       server->numbers[0], "--bind", "127.0.0.1",    "-::1",
        "--dir",        server->folder, "--save",           "",       "--unixsocket", server->socket,
        "--logfile",    "log",          "--appendonly",     "no"};
    size_t count = 0, most = sizeof fixed / sizeof fixed[0] + 3;
    bool has_tls = false;
    for (size_t i = 0; options != NULL && options[i] != NULL; i++, most++)
        has_tls = has_tls || strncmp(options[i], "--tls-", 6) == 0;
    server->argv = calloc(most, sizeof *server->argv);
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        server->argv[count++] = fixed[i];
    if (has_tls) {
        server->argv[count++] = "--tls-port";
        server->argv[count++] = server->numbers[1];
    }
    for (size_t i = 0; options != NULL && options[i] != NULL; i++)
        server->argv[count++] = options[i];
    return has_tls;
}

redis_server *redis_server_start(const char *const *options)
{
    redis_server *server = calloc(1, sizeof *server);
    server->folder = folder_make();
    snprintf(server->socket, sizeof server->socket, "%s/redis.sock", server->folder);
    for (int i = 0; i < 2; i++)
        server->numbers[i] = calloc(1, 8);
    bool has_tls = fill_argv(server, options);
    for (int i = 0; i < START_ATTEMPTS; i++) { /* another program may have taken the port meanwhile */
        set_ports(server, has_tls);
        launch(server);
        if (await_answer(server))
            return server;
        redis_server_kill(server);
    }
    char path[128];
    snprintf(path, sizeof path, "%s/log", server->folder);
    char *log = file_read(path, NULL);
    fprintf(stderr, "redis-server does not start: %s\n", log == NULL ? "is it installed?" : log);
    exit(EXIT_FAILURE);
}

void redis_server_kill(redis_server *server)
{
    if (server->pid == 0)
        return;
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
    server->pid = 0;
}

void redis_server_relaunch(redis_server *server)
{
    redis_server_kill(server);
    unlink(server->socket);
    launch(server);
}

void redis_server_restart(redis_server *server)
{
    redis_server_relaunch(server);
    if (!await_answer(server))
        give_up("redis-server does not start again");
}

void redis_server_pause(redis_server *server)
{
    kill(server->pid, SIGSTOP);
    waitpid(server->pid, NULL, WUNTRACED);
}

void redis_server_resume(redis_server *server)
{
    kill(server->pid, SIGCONT);
}

void redis_server_stop(redis_server *server)
{
    if (server == NULL)
        return;
    redis_server_kill(server);
    folder_remove(server->folder);
    free(server->argv);
    free(server->numbers[0]);
    free(server->numbers[1]);
    free(server);
}
