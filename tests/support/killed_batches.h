/* Atomic batches and SIGKILL: a child runs one batch after the other on a data source that keeps its records, acknowledges
 * each over a pipe, and is killed at some moment; then all that it left is compared with what must be there. For every
 * connector that promises atomic batches. */
#ifndef TESTS_KILLED_BATCHES_H
#define TESTS_KILLED_BATCHES_H

#include <stdint.h>

typedef struct killed_tally {
    uint64_t batches;   /* that are there in the end */
    int unacknowledged; /* rounds after which one more batch was there than was acknowledged */
    int rounds;
} killed_tally;

/* Kills so many times; stops at the first thing that is wrong, with a CUnit assertion. */
void killed_batches(const char *connector, const char *settings_json, int rounds, killed_tally *tally);

#endif
