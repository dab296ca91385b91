/* A lane: a link with the turn to use it. Requests are run here, and here it is decided what became of them. */
#ifndef REDIS_LANE_H
#define REDIS_LANE_H

#include "fate.h"
#include "gate.h"
#include "link.h"

typedef struct redis_lane {
    const redis_config *config;
    gate gate;
    redis_link link;
    int64_t used;      /* when the last operation ended */
    backoff backoff;   /* when the next attempt to connect is */
    bool is_attempted; /* the link was opened, and its end is not in `backoff` yet */
} redis_lane;

ds_status lane_init(redis_lane *lane, const redis_config *config, event_queue *events, link_counters *counters,
                    ds_error *err);
void lane_free(redis_lane *lane);
void lane_forget(redis_lane *lane); /* in the child of a fork: see link_forget() */

ds_status lane_connect(redis_lane *lane, ds_call *call); /* one attempt, where it is not ready */
ds_status lane_run(redis_lane *lane, redis_request *request, redis_intent intent, ds_call *call);
void lane_close(redis_lane *lane);
void lane_look(redis_lane *lane); /* without waiting: whether the peer has hung up */

redis_lane *redis_execute_lane(redis *connection);

#endif
