/* How long a thread has waited for a processor: what a busy machine adds to the time of an operation, and no test can hold
 * against the library. */
#ifndef TESTS_WAITED_H
#define TESTS_WAITED_H

#include <stdint.h>

int waited_open(void);          /* of the calling thread; -1 where the kernel does not say. close() it */
int64_t waited_ns(int waiting); /* so far; 0 for -1 */

#endif
