/* A lane: a link and the crew that shares it. Requests are run here, by whoever leads, and here it is decided what became
 * of them. */
#ifndef REDIS_LANE_H
#define REDIS_LANE_H

#include "crew.h"
#include "fate.h"
#include "link.h"

typedef struct redis_lane {
    const redis_config *config;
    struct lane_pool *pool; /* NULL: it stands alone */
    crew crew;
    pthread_mutex_t lock;  /* of the link and all flights on it; the leader does not hold it while it polls */
    pthread_mutex_t first; /* of who waits for the lock because his time is over: the leader does not go before him */
    atomic_uint leaving;   /* how many those are */
    redis_link link;
    int64_t used;               /* when an operation was answered last */
    int64_t ping_until;         /* while an idle link is asked for a sign of life */
    size_t sharers;             /* how many have shared the link, by the last replies: it falls slowly */
    bool is_attempted;          /* the link was opened, and its end is not in `backoff` yet */
    bool is_hurried;            /* the next attempt is not to wait */
    backoff backoff;            /* the leader's */
    ds_error outage;            /* why the last attempt failed; DS_OK: the link is ready, or was never tried */
    atomic_size_t load;         /* pool.c: commands that threads wait for here */
    _Atomic int64_t head_since; /* when the first of those that are not answered was sent, or the load began */
    atomic_bool owes;           /* replies may be due that nobody waits for any more */
} redis_lane;

void lane_init(redis_lane *lane, const redis_config *config, event_queue *events, link_counters *counters);
void lane_free(redis_lane *lane);
void lane_forget(redis_lane *lane); /* in the child of a fork: see link_forget() */

/* One attempt, where it is not ready; with an empty request. */
ds_status lane_connect(redis_lane *lane, redis_request *request, ds_call *call);
/* On a lane of a pool, once: what is to be sent again has failed. */
ds_status lane_run(redis_lane *lane, redis_request *request, redis_intent intent, ds_call *call);
void lane_close(redis_lane *lane);    /* nothing is under way */
void lane_give_up(redis_lane *lane);  /* an attempt that is not at its end */
void lane_look(redis_lane *lane);     /* without waiting: whether the peer has hung up */
bool lane_is_owing(redis_lane *lane); /* replies are due that nobody waits for; without waiting */

/* A request on its way, over one lane or, where it is to be sent again, over several. */
typedef struct voyage {
    redis_lane *lane; /* the last */
    redis_request *request;
    ds_call *call;
    ds_error error; /* of the last passage */
    unsigned repeats;
    unsigned forks; /* before it: it is this process's as long as that is so */
} voyage;

ds_status voyage_begin(voyage *self, redis_request *request, redis_intent intent, ds_call *call);
ds_status voyage_over(voyage *self, redis_lane *lane, bool *is_again); /* once */
ds_status voyage_end(voyage *self, ds_status status);                  /* with that of the last passage */

redis_lane *redis_execute_lane(redis *connection);
/* In the child of a fork, lets go of what is the parent's. A number that is another one after each fork. */
unsigned redis_own(redis *connection);
/* pool.c: by the leader, whose link has ended: those who wait for it are to go elsewhere. */
bool lane_pool_is_left(struct lane_pool *pool, const redis_lane *lane);

#endif
