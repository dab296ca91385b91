/* A program on a terminal of its own, as a person has it: what is typed, and what is seen. */
#ifndef TESTS_TERMINAL_H
#define TESTS_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

typedef struct terminal terminal;

/* Runs a program on a new terminal (80 columns); argv ends in NULL. A test cannot go on without it: ends the test's program
 * where it cannot be run. */
terminal *terminal_run(const char *const *argv);
void terminal_type(terminal *, const char *text); /* "\t", "\r" and control characters are keys */
/* Waits until this text is seen behind what was awaited before; false: it did not come in a minute, or the program ended. */
bool terminal_await(terminal *, const char *text);
bool terminal_shows_typing(const terminal *);       /* the terminal echoes by itself */
bool terminal_await_typing(terminal *, bool shown); /* waits until it does, or does not */
/* All that was seen so far, NUL-terminated. */
const char *terminal_seen(const terminal *);
/* Waits for the end of the program and frees all; the exit status, 128 + the signal where one ended it. With `seen`, all that
 * was seen, for free(). */
int terminal_end(terminal *, char **seen);

#endif
