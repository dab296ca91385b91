/* Batches and SIGKILL: a child runs one batch after the other on a data source that keeps its records, atomic ones and
 * ds_create_all(), acknowledges each over a pipe, and is killed at some moment; then all that it left is compared with what
 * must be there: what was acknowledged is there, the next batch is there whole or not at all, and nothing else. For
 * connectors that promise atomic batches. */
#ifndef TESTS_KILLED_BATCHES_H
#define TESTS_KILLED_BATCHES_H

#include <stdint.h>

typedef struct killed_tally {
    uint64_t batches; /* that are there in the end */
    uint64_t writes;  /* in these */
    double seconds;
    int rounds;         /* kills */
    int unacknowledged; /* after which one more batch was there than was acknowledged */
    int torn;           /* after which the file `beside` was there */
} killed_tally;

/* Kills so many times; stops at the first thing that is wrong, with a CUnit assertion. `beside`: a file that is there while
 * a batch is written, or NULL. */
void killed_batches(const char *connector, const char *settings_json, int rounds, const char *beside,
                    killed_tally *tally);

#endif
