/* An allocator that fails at a chosen allocation, and counts what is not freed. */
#ifndef TESTS_FAILING_H
#define TESTS_FAILING_H

#include <datasource/error.h>

/* Runs `run` with the 1st, 2nd, 3rd ... allocation failing, until it succeeds. True where each failure was DS_NOMEM and
 * no run left memory behind. *allocations (may be NULL) is how many a run makes. `run` frees what it has made. */
bool failing_everywhere(ds_status (*run)(void *user, ds_error *err), void *user, size_t *allocations);

#endif
