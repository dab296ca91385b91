/* Pseudo-terminals: the master is read whenever something is awaited, so that the program never waits for us. */
#include "terminal.h"

#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 60000

struct terminal {
    int master;
    pid_t pid;
    char *seen;
    size_t length, room, from; /* `from`: behind what was awaited last */
    bool ended;
};

terminal *terminal_run(const char *const *argv)
{
    terminal *t = calloc(1, sizeof *t);
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    t->room = 65536;
    t->seen = calloc(1, t->room);
    t->pid = forkpty(&t->master, NULL, NULL, &size);
    if (t->pid == 0) { /* as from a login: whoever runs the tests in the background has Ctrl-C ignored */
        signal(SIGINT, SIG_DFL);
        signal(SIGQUIT, SIG_DFL);
        execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    if (t->pid < 0) {
        perror("forkpty");
        exit(EXIT_FAILURE);
    }
    return t;
}

void terminal_type(terminal *t, const char *text)
{
    for (size_t length = strlen(text); length > 0;) {
        ssize_t written = write(t->master, text, length);
        if (written < 0 && errno != EINTR)
            return;
        text += written < 0 ? 0 : written;
        length -= written < 0 ? 0 : (size_t)written;
    }
}

static long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Reads what is there, or comes until then; false: nothing came. */
static bool take(terminal *t, long until)
{
    long left = until - now_ms();
    struct pollfd ready = {.fd = t->master, .events = POLLIN};
    if (t->ended || left <= 0 || poll(&ready, 1, (int)left) <= 0)
        return false;
    if (t->room - t->length < 4096) {
        t->room *= 2;
        t->seen = realloc(t->seen, t->room);
    }
    ssize_t got = read(t->master, t->seen + t->length, t->room - t->length - 1);
    t->ended = got <= 0; /* EIO: the program has ended */
    t->length += got > 0 ? (size_t)got : 0;
    t->seen[t->length] = '\0';
    return got > 0;
}

bool terminal_await(terminal *t, const char *text)
{
    long until = now_ms() + PATIENCE_MS;
    for (;;) {
        const char *found = strstr(t->seen + t->from, text);
        if (found != NULL) {
            t->from = (size_t)(found - t->seen) + strlen(text);
            return true;
        }
        if (!take(t, until)) {
            printf("\n\"%s\" was not seen, but: %s\n", text, t->seen + t->from);
            return false;
        }
    }
}

bool terminal_shows_typing(const terminal *t)
{
    struct termios state;
    return tcgetattr(t->master, &state) == 0 && (state.c_lflag & ECHO) != 0;
}

bool terminal_await_typing(terminal *t, bool shown)
{
    long until = now_ms() + PATIENCE_MS;
    while (terminal_shows_typing(t) != shown && now_ms() < until && !t->ended)
        sched_yield();
    return terminal_shows_typing(t) == shown;
}

const char *terminal_seen(const terminal *t)
{
    return t->seen;
}

int terminal_end(terminal *t, char **seen)
{
    int status = 0;
    long until = now_ms() + PATIENCE_MS;
    while (take(t, until))
        continue;
    if (!t->ended)
        kill(t->pid, SIGKILL);
    while (waitpid(t->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    close(t->master);
    if (seen != NULL)
        *seen = t->seen;
    else
        free(t->seen);
    free(t);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
