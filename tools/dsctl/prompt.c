/* Questions and answers on standard input, a terminal or a pipe. What is typed for a secret is not shown, and the terminal is
 * put back as it was whatever ends the question. */
#include "dsctl.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

bool prompt_is_on(void)
{
    return isatty(STDIN_FILENO) == 1;
}

static volatile sig_atomic_t caught_signal; /* while a secret is read */

static void catch_signal(int number)
{
    caught_signal = number;
}

/* One byte; false: the input has ended, or a signal was caught. `open` are the signals that may come while it waits, NULL:
 * those that may come anyway. */
static bool read_byte(char *c, const sigset_t *open)
{
    struct pollfd ready = {.fd = STDIN_FILENO, .events = POLLIN};
    for (;;) {
        int n = open == NULL ? 1 : ppoll(&ready, 1, NULL, open);
        if (open != NULL && caught_signal != 0)
            return false;
        ssize_t got = n < 0 ? -1 : read(STDIN_FILENO, c, 1);
        if (got >= 0 || errno != EINTR)
            return got > 0;
    }
}

/* A line without its end, byte by byte, so that nothing is taken from what a later reader is to have. NULL: the input has
 * ended, a signal was caught, or there is no memory. */
static char *read_line(const sigset_t *open)
{
    char *line = NULL, c;
    size_t length = 0, room = 0;
    while (read_byte(&c, open)) {
        if (length + 2 > room) {
            room = room == 0 ? 128 : 2 * room;
            char *grown = realloc(line, room);
            if (grown == NULL)
                break;
            line = grown;
        }
        line[length] = '\0';
        if (c == '\n')
            return line;
        line[length++] = c;
        line[length] = '\0';
    }
    bool is_last = length > 0 && caught_signal == 0;
    if (!is_last)
        free(line);
    return is_last ? line : NULL;
}

/* ---- secrets ---- */

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
#define SIGNALS (sizeof signals / sizeof *signals)

/* Asks and reads while the terminal shows nothing; *again: it was stopped and goes on, and the question is to be asked
 * again. What was typed ahead stays. The signals wait but for the moments in which we do. */
static char *ask_unseen(const char *question, bool *again)
{
    struct termios before, unseen;
    struct sigaction catching = {.sa_handler = catch_signal}, old[SIGNALS];
    sigset_t ours, others;
    *again = false;
    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return NULL;
    sigemptyset(&ours);
    for (size_t i = 0; i < SIGNALS; i++)
        sigaddset(&ours, signals[i]);
    sigprocmask(SIG_BLOCK, &ours, &others);
    caught_signal = 0;
    for (size_t i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &catching, &old[i]);
    unseen = before;
    unseen.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &unseen);
    fputs(question, stderr);
    char *line = read_line(&others);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
    fputc('\n', stderr);
    for (size_t i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &old[i], NULL);
    int caught = caught_signal;
    caught_signal = 0;
    sigprocmask(SIG_SETMASK, &others, NULL);
    if (caught != 0)
        raise(caught);
    *again = caught != 0; /* only a stop comes back */
    return line;
}

char *prompt_ask(const char *question, bool is_secret)
{
    if (!prompt_is_on())
        return read_line(NULL);
    if (!is_secret) {
        fputs(question, stderr);
        char *line = read_line(NULL);
        if (line == NULL)
            fputc('\n', stderr);
        return line;
    }
    char *line;
    bool again;
    do
        line = ask_unseen(question, &again);
    while (again);
    return line;
}
