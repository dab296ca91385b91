/* A real redis-server for a test: on loopback (IPv4 and IPv6, a free port) and on a Unix socket, in a temporary folder.
 */
#ifndef TESTS_REDIS_SERVER_H
#define TESTS_REDIS_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct redis_server {
    char *folder;       /* its data, its log, the socket; a test may put files there */
    char socket[64];    /* unix://<socket> */
    int port, tls_port; /* tls_port: 0 without TLS */
    pid_t pid;          /* 0: stopped */
    const char **argv;
    char *numbers[2];
} redis_server;

/* `options` are redis-server's, "--requirepass", "x", and end in NULL (NULL: none); returns once it answers. A test
 * cannot go on without it: the program ends where it does not start. With `--tls-...` options, tls_port is given one
 * too. */
redis_server *redis_server_start(const char *const *options);
void redis_server_stop(redis_server *server);     /* ends it, removes its folder and frees it; NULL does nothing */
void redis_server_kill(redis_server *server);     /* SIGKILL; its folder stays */
void redis_server_restart(redis_server *server);  /* the same options and ports again, killing it first if it runs */
void redis_server_relaunch(redis_server *server); /* the same, without waiting until it answers: it may load its data */
void redis_server_pause(redis_server *server);    /* SIGSTOP, and returns once it has stopped */
void redis_server_resume(redis_server *server);
/* One command over the Unix socket, its words separated by blanks; the raw reply, for free(). */
char *redis_server_command(const redis_server *server, const char *words);

int free_port(void); /* a port of 127.0.0.1 on which nobody listens */

#endif
