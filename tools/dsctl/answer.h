/* A question about a setting, and its answer as JSON. */
#ifndef DSCTL_ANSWER_H
#define DSCTL_ANSWER_H

#include "dsctl.h"

typedef enum answer {
    ANSWER_WRONG, /* the error says why */
    ANSWER_DEFAULT,
    ANSWER_VALUE,  /* it was written */
    ANSWER_MEMBERS /* yes, to an object: its members are to be asked for */
} answer;

/* "port (its port) [6379]: " */
void answer_question(const ds_option *, const char *path, char *out, size_t room);
/* `text` is not empty. What it says is written as JSON. */
answer answer_take(const ds_option *, const char *path, const char *text, FILE *out, ds_error *);
bool answer_is_yes(const char *text);

#endif
