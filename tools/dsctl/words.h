/* Words out of a line, as a shell has them. */
#ifndef DSCTL_WORDS_H
#define DSCTL_WORDS_H

#include "dsctl.h"

/* Words stand apart by blanks; '...' is as it is, in "..." a backslash escapes " and \, elsewhere anything. A word that begins
 * with { is taken as it is up to its }, so that JSON needs no quotes. */
typedef struct words {
    char **list; /* ends in NULL */
    size_t count;
    size_t last; /* where the last one begins in the line */
    char open;   /* the quote, or {, that is not closed at the end of the line; NUL: none */
    char *text;
} words;
/* is_partial: the line is being typed, and a word may begin at its end. false: out of memory. */
bool words_split(words *, const char *line, bool is_partial);
void words_free(words *);

#endif
