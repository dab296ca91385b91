/* What expired records leave behind in the indexes of their model: swept up in small portions, by the rounds of later writes, and
 * before a count or a rank is taken from an index. */
#ifndef REDIS_SWEEP_H
#define REDIS_SWEEP_H

#include "kept.h"

/* Adds a command to the request, which sweeps what an earlier answer said is due. `s` is expiring. DS_NOMEM. */
ds_status sweep_append(kept_call *call, const mapping *map, const redis_model *state, const schema *s,
                       redis_request *request);
/* Takes its answer (NULL: none came), for the next one. */
void sweep_note(const redis_model *state, const redis_reply *reply);

/* Sweeps until nothing is due. *clean: nothing was, when it ended; otherwise there is too much of it, or it may not be removed. */
ds_status sweep_all(const mapping *map, const redis_model *state, const schema *s, bool *clean, ds_call *call);

#endif
