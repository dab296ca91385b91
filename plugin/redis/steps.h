/* Round trips of what takes as long as there are records: each one ends in time by itself, though the whole has no end. */
#ifndef REDIS_STEPS_H
#define REDIS_STEPS_H

#include "model.h"

/* redis_run() within the call's deadline, and within commandTimeout; the call is asked whether it goes on at all. */
ds_status step_run(const mapping *map, redis_request *request, bool is_write, ds_call *call);

/* The same of scripts that may be run again: `encode` fills the empty request, `whole` where the first of each script is to
 * bring its text. Where a script was not known, or the connection broke, all is done again. The first error reply is a
 * failure; `doing` is for its sentence. */
typedef ds_status step_encode(void *user, redis_request *request, bool whole);
ds_status step_run_scripts(const mapping *map, redis_request *request, step_encode *encode, void *user,
                           const char *doing, ds_call *call);

#endif
