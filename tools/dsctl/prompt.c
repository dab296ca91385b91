/* Questions and answers on standard input, a terminal or a pipe. What is typed for a secret is not shown, and the terminal is
 * put back as it was whatever ends the question. */
#include "dsctl.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

bool prompt_is_on(void)
{
    return isatty(STDIN_FILENO) == 1;
}

/* A line without its end, byte by byte, so that nothing is taken from what a later reader is to have. NULL: the input has
 * ended, a signal came (*caught, then), or there is no memory. */
static char *read_line(const volatile sig_atomic_t *caught)
{
    char *line = NULL, c;
    size_t length = 0, room = 0;
    for (;;) {
        ssize_t got = read(STDIN_FILENO, &c, 1);
        if (got < 0 && errno == EINTR && (caught == NULL || *caught == 0))
            continue;
        if (got < 0 || (got == 0 && length == 0))
            break;
        if (length + 1 >= room) {
            room = room == 0 ? 128 : 2 * room;
            char *grown = realloc(line, room);
            if (grown == NULL)
                break;
            line = grown;
        }
        line[got == 0 || c == '\n' ? length : length++] = c;
        line[length] = '\0';
        if (got == 0 || c == '\n')
            return line;
    }
    free(line);
    return NULL;
}

/* ---- secrets ---- */

static volatile sig_atomic_t caught_signal;

static void catch_signal(int number)
{
    caught_signal = number;
}

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
#define SIGNALS (sizeof signals / sizeof *signals)

/* Reads while the terminal shows nothing; *again: it was stopped and goes on, and the question is to be asked again. */
static char *read_unseen(bool *again)
{
    struct termios before, unseen;
    struct sigaction catching = {.sa_handler = catch_signal}, old[SIGNALS];
    *again = false;
    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return NULL;
    caught_signal = 0;
    for (size_t i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &catching, &old[i]);
    unseen = before;
    unseen.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &unseen);
    char *line = read_line(&caught_signal);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fputc('\n', stderr);
    for (size_t i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &old[i], NULL);
    if (caught_signal != 0) {
        free(line);
        line = NULL;
        raise(caught_signal);
        *again = true; /* only a stop comes back */
    }
    return line;
}

char *prompt_ask(const char *question, bool is_secret)
{
    if (!prompt_is_on())
        return read_line(NULL);
    char *line;
    bool again = false;
    do {
        fputs(question, stderr);
        fflush(stderr);
        line = is_secret ? read_unseen(&again) : read_line(NULL);
    } while (again);
    if (line == NULL && !is_secret)
        fputc('\n', stderr);
    return line;
}
