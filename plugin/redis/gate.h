/* The turn: one operation at a time, in the order of their coming, each waiting within its deadline and its cancel
 * token. */
#ifndef REDIS_GATE_H
#define REDIS_GATE_H

#include <datasource/connector.h>

#include <pthread.h>

typedef struct waiter waiter;
typedef struct gate {
    pthread_mutex_t lock;
    bool is_taken;
    size_t waiting, limit;
    waiter *first, *last; /* those who wait */
    waiter *spare;        /* those who do not, kept for their descriptors */
} gate;

ds_status gate_init(gate *gate, size_t limit, ds_error *err);
void gate_free(gate *gate);
/* DS_TIMEOUT, DS_CANCELLED, DS_BUSY (too many wait), DS_NOMEM, with the call's error filled. */
ds_status gate_enter(gate *gate, ds_call *call);
bool gate_try(gate *gate);   /* without waiting */
void gate_leave(gate *gate); /* hands the turn to who waits longest */

/* In the child of a fork, whose other threads are the parent's: the turn is free, and nobody waits. Whether it was free
 * before, so that what it guards is whole. */
bool gate_forget(gate *gate);

#endif
