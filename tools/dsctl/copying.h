/* A copy that is under way: what copy.c and copy_again.c share. */
#ifndef DSCTL_COPYING_H
#define DSCTL_COPYING_H

#include "dsctl.h"

#define COPY_BATCH 500

typedef struct copied {
    ds_record *record; /* NULL: it was stored, or told */
    int64_t ends;      /* when it expires, in ms as copy_now(); -1: never */
} copied;

typedef struct copying {
    dsctl *ctl;
    ds_model *from, *to;
    const char *version; /* the property that the target counts its own writes in; NULL: none */
    bool asks, tells;    /* the one when its records expire, the other when they shall */
    copied batch[COPY_BATCH];
    size_t n;
    copied *again; /* refused for a unique value, which may be free once the others are stored */
    size_t again_count, again_room;
    bool is_last; /* what is refused now is told */
    uint64_t stored;
    uint64_t lasting; /* stored without the expiry that they have on `from` */
    failures failures;
} copying;

int64_t copy_now(void);
/* Stores at most COPY_BATCH; those that are refused for a unique value are left, unless this is the last time. */
ds_status copy_store(copying *, copied *, size_t n);
/* Stores what was left, and tells what cannot be. */
ds_status copy_again(copying *);

#endif
