/* What readers have learned of indexes that #schema calls built: that one has lost its guard (the server evicted it), or holds
 * values cut short, which are in no order. It holds for one epoch; migrate begins another. */
#ifndef REDIS_TRUST_H
#define REDIS_TRUST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define TRUST_INDEXES 64 /* the last is the primary index; those beyond are not read */

typedef struct trust {
    _Atomic uint64_t lost[TRUST_INDEXES], cut[TRUST_INDEXES]; /* the epoch in which it was seen; 0: never */
    _Atomic int64_t looked; /* ds_now() when the schema was read for the sake of an index that could not be used */
} trust;

static inline uint64_t trust_epoch(const char *epoch)
{
    return strtoull(epoch, NULL, 10) + 1;
}

static inline uint64_t trust_bits(const _Atomic uint64_t *noted, const char *epoch)
{
    uint64_t bits = 0, now = trust_epoch(epoch);
    for (size_t i = 0; i < TRUST_INDEXES; i++)
        bits |= (uint64_t)(atomic_load_explicit(&noted[i], memory_order_relaxed) == now) << i;
    return bits;
}

static inline void trust_note(_Atomic uint64_t *noted, size_t index, const char *epoch)
{
    if (index < TRUST_INDEXES)
        atomic_store_explicit(&noted[index], trust_epoch(epoch), memory_order_relaxed);
}

/* Whether `pause` has gone by since this was true last. */
static inline bool trust_may_look(trust *of, int64_t now, int64_t pause)
{
    int64_t last = atomic_load_explicit(&of->looked, memory_order_relaxed);
    return (last == 0 || now - last >= pause) && atomic_compare_exchange_strong(&of->looked, &last, now);
}

#endif
