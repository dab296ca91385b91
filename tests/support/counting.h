/* An allocator that counts what the library asks for. Before the first source is opened. */
#ifndef TESTS_COUNTING_H
#define TESTS_COUNTING_H

#include <datasource/error.h>

void counting_start(void);
uint64_t counting_calls(void); /* allocations since the start, ds_realloc() included */
uint64_t counting_bytes(void); /* asked for since the start */
void counting_fail(void);      /* every allocation fails from now on */
void counting_stop(void);

#endif
