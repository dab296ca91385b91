/* What type a property has, by the texts that its field holds in a sample of hashes. */
#ifndef REDIS_GUESS_H
#define REDIS_GUESS_H

#include "dialect.h"

enum {                    /* what all texts so far can be */
       GUESS_BOOLEAN = 1, /* true, false */
       GUESS_BIT = 2,     /* 1, 0 */
       GUESS_INTEGER = 4, /* 64 bits, as we would write it: 007 and +49 are strings */
       GUESS_NUMBER = 8,
       GUESS_ISO = 16,
       GUESS_SECONDS = 32, /* with a point, as Python prints a time */
       GUESS_MS = 64,      /* of the years 1973 to 2100 */
       GUESS_OBJECT = 128,
       GUESS_ARRAY = 256,
       GUESS_UTF8 = 512
};

typedef struct guess {
    uint32_t possible;
    size_t texts;   /* that are not empty */
    size_t empties; /* what LoopBack stores for null */
    size_t recent;  /* seconds since 1970 beyond 10^8 */
} guess;

void guess_start(guess *g);
void guess_take(guess *g, const char *text, size_t length);
/* The name of a type as models have it. */
const char *guess_type(const guess *g, redis_dialect dialect);
/* Whether the texts that are not empty are something else than strings. */
bool guess_is_typed(const guess *g);

/* A decimal that no integer of 64 bits would be written as otherwise. */
bool guess_is_integer(const char *text, size_t length, int64_t *out);
/* Whether a name sounds like that of a point in time: createdAt, updated_at, birthday, expires. */
bool guess_sounds_like_date(const char *name, size_t length);

#endif
