/* The lines of the shell, kept for later ones. */
#ifndef DSCTL_HISTORY_H
#define DSCTL_HISTORY_H

#include "words.h"

#include <histedit.h>

/* What was kept, and the file to which history_keep() adds. */
typedef struct past {
    History *lines;
    int file; /* -1: nothing is kept beyond this shell */
} past;
bool past_open(past *); /* false: out of memory */
/* Adds a line, but not one that holds a password, or begins with a blank. */
void past_keep(past *, const char *line, const words *);
void past_close(past *);

#endif
