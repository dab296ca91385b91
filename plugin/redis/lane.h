/* A lane: a link and the crew that shares it. Requests are run here, by whoever leads, and here it is decided what became
 * of them. */
#ifndef REDIS_LANE_H
#define REDIS_LANE_H

#include "crew.h"
#include "fate.h"
#include "link.h"

typedef struct redis_lane {
    const redis_config *config;
    crew crew;
    pthread_mutex_t lock; /* of the link and all flights on it; the leader does not hold it while it polls */
    redis_link link;
    int64_t used;       /* when an operation was answered last */
    int64_t ping_until; /* while an idle link is asked for a sign of life */
    bool is_attempted;  /* the link was opened, and its end is not in `backoff` yet */
    bool is_hurried;    /* the next attempt is not to wait */
    backoff backoff;    /* the leader's */
    ds_error outage;    /* why the last attempt failed; DS_OK: the link is ready, or was never tried */
} redis_lane;

void lane_init(redis_lane *lane, const redis_config *config, event_queue *events, link_counters *counters);
void lane_free(redis_lane *lane);
void lane_forget(redis_lane *lane); /* in the child of a fork: see link_forget() */

/* One attempt, where it is not ready; with an empty request. */
ds_status lane_connect(redis_lane *lane, redis_request *request, ds_call *call);
ds_status lane_run(redis_lane *lane, redis_request *request, redis_intent intent, ds_call *call);
void lane_close(redis_lane *lane); /* nothing is under way */
void lane_look(redis_lane *lane);  /* without waiting: whether the peer has hung up */

redis_lane *redis_execute_lane(redis *connection);

#endif
