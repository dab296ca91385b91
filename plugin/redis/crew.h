/* Leader and followers: of the threads whose requests wait for one link, one drives it for all. Here is who leads, and what
 * is not sent yet.
 *
 * An heir is chosen only by a thread that holds the link's lock (lane.c), and so does who lets go of his request: none is
 * made leader who is about to leave. Locks are taken in the order link, crew. */
#ifndef REDIS_CREW_H
#define REDIS_CREW_H

#include "request.h"

enum { CREW_BELLS = 16 };

typedef struct crew {
    pthread_mutex_t lock; /* never held over a system call but futex's own */
    size_t waiting, limit;
    redis_request *first, *last; /* the inbox: what is not sent */
    bool has_leader, is_named;   /* `leader` is who leads */
    bool is_polling;             /* the leader waits, and does not look at the inbox */
    pthread_t leader;
    bool was_shared;       /* somebody followed since this was looked at last */
    atomic_size_t portion; /* how many in the inbox are sent without waiting for more */
    watch_pool pool;
    unsigned sleepers; /* how many there have been: 32 after one another wait for the same bell */
    bell bells[CREW_BELLS];
    int poke; /* an eventfd that the leader polls; -1: there was none left */
} crew;

void crew_init(crew *self, size_t limit);
void crew_free(crew *self);
bool crew_forget(crew *self); /* in the child of a fork; whether nobody was at work */

typedef enum crew_role {
    CREW_LEADS,
    CREW_SENDS, /* follows, but must see that the inbox is sent: the leader waits */
    CREW_HELPS, /* follows, and may send the inbox: it holds a portion */
    CREW_FOLLOWS
} crew_role;

/* Puts the request into the inbox. DS_BUSY: too many wait, or the thread that asks leads already (the host's function called
 * back); DS_NOMEM. */
ds_status crew_join(crew *self, redis_request *request, const ds_call *call, crew_role *role, ds_error *err);
/* After crew_step_down() with `is_away`. The link's lock is held. */
ds_status crew_return(crew *self, redis_request *request, const ds_call *call, crew_role *role, ds_error *err);
/* Sleeps until the request is over, or is to lead: CREW_LEADS. DS_TIMEOUT, DS_CANCELLED: the call's. */
ds_status crew_wait(redis_request *request, const ds_call *call);

/* This thread is the leader, and says so. Whether others have shared the link just before. */
bool crew_lead(crew *self);
void crew_set_portion(crew *self, size_t portion);    /* 1 at least; before it is set nobody helps */
bool crew_gathers(const crew *self);                  /* a portion is more than one */
void crew_over(crew *self, redis_request *request);   /* it sleeps no more */
redis_request *crew_load(crew *self);                 /* the whole inbox, a list */
void crew_put_back(crew *self, redis_request *first); /* a list of those that were loaded */
bool crew_is_idle(crew *self);                        /* nobody waits */
bool crew_leave(crew *self, redis_request *);         /* takes it out of the inbox; false: it is not there */
/* False: there is something in the inbox, which `may_load`. */
bool crew_begin_poll(crew *self, bool may_load);
void crew_end_poll(crew *self, bool was_poked);
bool crew_has_leader(crew *self);
/* By the leader, or for one who was made it: leadership goes to the owner of the last flight from `aboard` on, else to the
 * first in the inbox, else to nobody. `is_away`: `request` is not over, but its thread is busy elsewhere for a while. `wake` is
 * better given when the link's lock is free, which the heir takes. */
void crew_step_down(crew *self, redis_request *request, redis_flight *aboard, bool is_away, signals *wake);
bool crew_poke(crew *self); /* wakes a leader that waits, or keeps him from waiting; false: it cannot */

#endif
