/* The sockets of a data source: lanes 0 to `connections` - 1, opened when they are wanted, and which of them an operation
 * takes. */
#ifndef REDIS_POOL_H
#define REDIS_POOL_H

#include "lane.h"

typedef struct lane_pool {
    redis *connection;
    redis_lane *lanes;
    size_t limit;
    atomic_size_t count;         /* lanes that are made: 1 at least */
    atomic_bool is_opening;      /* a thread opens one more */
    _Atomic(redis_lane *) fresh; /* which that is */
    _Atomic int64_t rests;       /* no further one is opened before that: the last could not be */
    const redis_config *config;
    event_queue *events;
    link_counters *counters;
} lane_pool;

ds_status lane_pool_init(lane_pool *self, redis *connection, const redis_config *config, event_queue *events,
                         link_counters *counters, ds_error *err);
void lane_pool_free(lane_pool *self);
void lane_pool_forget(lane_pool *self); /* in the child of a fork */

ds_status lane_pool_run(lane_pool *self, redis_request *request, redis_intent intent, ds_call *call);
ds_status lane_pool_connect(lane_pool *self, ds_call *call); /* one attempt, where none is ready */
void lane_pool_each(lane_pool *self, void (*visit)(redis_lane *lane));
/* The one after `last`, which is NULL at first; NULL: none is left. */
redis_lane *lane_pool_next(lane_pool *self, redis_lane *last);

#endif
