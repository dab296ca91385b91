/* Runs a program as a user would, and keeps what it wrote and how it ended. */
#ifndef TESTS_COMMAND_H
#define TESTS_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

typedef struct command_result {
    char *out, *err; /* NUL-terminated */
    size_t out_length;
    int status; /* the exit status; 128 + the signal where one ended it; -1: it could not be run */
} command_result;

/* `input` is its standard input (NULL: none). argv ends in NULL; argv[0] is looked for in PATH. */
command_result command_run(const char *const *argv, const char *input);
void command_free(command_result *);

/* A temporary folder, removed with all that is in it. */
char *folder_make(void);
void folder_remove(char *folder);
/* Writes a file into it and returns its path, for free(). */
char *folder_write(const char *folder, const char *name, const char *text);
char *file_read(const char *path, size_t *length); /* NULL where it cannot be read; for free() */

#endif
