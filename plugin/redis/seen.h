/* A set of byte strings that keeps 16 bytes of each (20 to 30 with the room between): what a walk has met already, or what a batch has named. Two
 * strings are taken for one with a chance of 2^-128, which nobody can better without the set's own random key. */
#ifndef REDIS_SEEN_H
#define REDIS_SEEN_H

#include <datasource/connector.h>

typedef struct seen_table {
    uint64_t (*slots)[2]; /* open addressing; both words 0: empty */
    size_t count, room;
} seen_table;

/* A large set is many tables, so that only a little of it is there twice while it grows. */
#define SEEN_FIRST  4096
#define SEEN_TABLES 256
typedef struct seen {
    uint64_t key[2];
    seen_table first; /* all, as long as it takes no more */
    seen_table *rest; /* SEEN_TABLES; NULL: none yet */
    size_t count;
} seen; /* all zero is an empty set */

/* Sets *added where it was not there. Fails for memory. */
ds_status seen_add(seen *set, const char *bytes, size_t length, bool *added);
bool seen_has(const seen *set, const char *bytes, size_t length);
void seen_clear(seen *set); /* keeps its memory */
void seen_free(seen *set);

/* SipHash-2-4 with 128 bits (Aumasson, Bernstein: "SipHash: a fast short-input PRF"). */
void siphash(const uint64_t key[2], const void *bytes, size_t length, uint64_t out[2]);

#endif
