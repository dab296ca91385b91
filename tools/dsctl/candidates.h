/* What could stand at the end of a line that is being typed at the shell's prompt. */
#ifndef DSCTL_CANDIDATES_H
#define DSCTL_CANDIDATES_H

#include "words.h"

typedef struct candidates {
    char **list; /* sorted; each begins with what was typed of it */
    size_t count, room;
    size_t typed;       /* bytes of each that stand in the line */
    const char *ending; /* what is to follow where there is one alone */
    bool escape;        /* what is inserted stands in no quotes */
} candidates;
void candidates_find(candidates *, dsctl *, const char *line);
void candidates_free(candidates *);

/* ---- place.c: where in JSON a text ends ---- */

#define PLACE_DEPTH 16

typedef struct place {
    bool in_string;
    bool is_key;      /* the string, of the innermost object */
    const char *text; /* of the string */
    size_t depth;     /* of objects and arrays that are open */
    struct {
        char kind;    /* { or [ */
        char key[64]; /* of an object: whose value is due, or was last */
    } at[PLACE_DEPTH];
} place;
void place_find(place *, const char *json);
/* The key of the object around the innermost container, arrays passed over; of a value, its own. "" where there is none. */
const char *place_key(const place *);

#endif
