/* A place to sleep until another thread signals it: a semaphore, or where a cancel token is to be watched too, an
 * eventfd. Places are kept, and not freed before their pool is: a late signal meets one that somebody else sleeps in, who
 * looks again and sleeps on. */
#ifndef REDIS_WAITER_H
#define REDIS_WAITER_H

#include <datasource/connector.h>

#include <pthread.h>

typedef struct waiter waiter;
typedef struct waiter_pool {
    pthread_mutex_t lock;
    waiter *all, *spare[2]; /* those without and with a descriptor */
} waiter_pool;

void waiter_pool_init(waiter_pool *pool);
void waiter_pool_free(waiter_pool *pool);
void waiter_pool_forget(waiter_pool *pool); /* in the child of a fork: the descriptors are the parent's too */

/* `polls`: for calls with a cancel token. DS_NOMEM, DS_BUSY (no descriptor is left). */
ds_status waiter_take(waiter_pool *pool, bool polls, waiter **out, ds_error *err);
void waiter_give(waiter_pool *pool, waiter *one); /* NULL does nothing */
/* DS_OK: signalled since the last time; DS_TIMEOUT, DS_CANCELLED: the call's, without a sentence. */
ds_status waiter_wait(waiter *one, const ds_call *call);
void waiter_signal(waiter *one);

#endif
