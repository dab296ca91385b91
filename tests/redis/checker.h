/* The raw keys of an indexed model, held against each other by a reading of the storage format of its own: what each hash asks
 * for must be in #ids, in the indexes, in the unique keys and in what is kept for expiry, and nothing else may be there. */
#ifndef TESTS_CHECKER_H
#define TESTS_CHECKER_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct checked_key {
    const char *property;
    char letter; /* s string, i integer, n number, b boolean, d date: of the native dialect */
    bool descending;
} checked_key;

typedef struct checked_index {
    const char *name;
    bool unique;
    checked_key keys[4];
    size_t key_count;
} checked_index;

typedef struct checked_model {
    const char *name;   /* with the keyPrefix before it */
    const char *record; /* the same in the keys of records; NULL: name */
    bool integer_id;
    const checked_index *indexes;
    size_t index_count;
} checked_model;

typedef struct checked {
    size_t records, entries, claims, expiring; /* that are there */
    size_t faults;                             /* the first 20 are printed */
} checked;

/* Nobody may write meanwhile, and no record may expire. What has expired must have been swept. */
checked checker_run(redisContext *server, const checked_model *model);

#endif
