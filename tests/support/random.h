/* Random numbers that can be had again: DS_SEED=n in the environment, or else a new seed a run, printed at the start.
 */
#ifndef TESTS_RANDOM_H
#define TESTS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

void random_start(void);                          /* seeds and prints the seed */
uint64_t random_bits(void);                       /* of one thread */
size_t random_below(size_t limit);                /* 0 to limit - 1 */
size_t random_own(uint64_t *state, size_t limit); /* the same of a thread's own, which begins with random_bits() */
double random_double(void); /* finite, of any size, subnormal ones too; small whole numbers now and then */

#endif
