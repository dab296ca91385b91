/* Where threads sleep until another says that their turn or their end has come.
 *
 * Those who come one after another, 32 of them, wait for one bell, a futex(2), so that one call of the system wakes all
 * whose replies came together, and each runs after the other; a bit for each says who is meant. A call with a cancel token
 * sleeps on an eventfd instead, since it has two things to watch. Both outlive who waited: a signal that comes late
 * meets somebody else, who looks again and sleeps on. */
#ifndef REDIS_WAITER_H
#define REDIS_WAITER_H

#include <datasource/connector.h>

#include <pthread.h>
#include <stdatomic.h>

typedef _Atomic uint32_t bell; /* counts how often it rang */
typedef struct watch watch;

/* Somebody's place; empty (all 0): there he does not sleep, and needs no signal. */
typedef struct place {
    bell *bell;
    uint32_t bit; /* one of 32; two may have the same */
    watch *watch; /* in place of the bell */
} place;

typedef struct watch_pool {
    pthread_mutex_t lock;
    watch *all, *spare;
} watch_pool;

void watch_pool_init(watch_pool *pool);
void watch_pool_free(watch_pool *pool);
void watch_pool_forget(watch_pool *pool); /* in the child of a fork: the descriptors are the parent's too */

/* DS_NOMEM, DS_BUSY (no descriptor is left). */
ds_status watch_take(watch_pool *pool, watch **out, ds_error *err);
void watch_give(watch_pool *pool, watch *one); /* NULL does nothing */

/* What is said before one looks whether to sleep: what changes after it ends the sleep. */
uint32_t place_begin(const place *self);
/* DS_OK: perhaps signalled; DS_TIMEOUT, DS_CANCELLED: the call's, without a sentence. */
ds_status place_sleep(const place *self, uint32_t begun, const ds_call *call);

/* Signals that are given together: those of one bell, with one call of the system. */
enum { SIGNALS_MAX = 16 };
typedef struct signals {
    size_t count;
    place places[SIGNALS_MAX];
} signals;

void signals_add(signals *self, const place *to); /* what `to` waits for has been stored already */
void signals_give(signals *self);                 /* and empties it */

#endif
