/* A batch from the inside: what the host added, and what becomes of it on the way to the connector. */
#ifndef SOURCE_BATCH_H
#define SOURCE_BATCH_H

#include "source/operations.h"

#define ATOMIC_MOST 1000 /* writes of an atomic batch */

/* One write, as it was added and as it is run. */
typedef struct step {
    ds_write_kind kind;
    const ds_model *model;  /* the original; NULL as the host gave it */
    ds_value id;            /* as it was given */
    ds_record *record;      /* of create, upsert and replace_or_create */
    const ds_record *given; /* of update and replace */
    const char *property;
    ds_value by;
    int64_t ttl_ms;
    bool *created;
    ds_value *now;
    /* of a run */
    ds_status outcome;
    const ds_error *error; /* in the batch's arena; NULL: no memory for it */
} step;

struct ds_batch {
    ds_source *source;
    ds_options options;
    arena given; /* ids, names and values */
    step *steps;
    size_t count, room;
    bool failed; /* to add, for memory; sticks */
    bool was_run;
    arena told; /* the errors of the last run */
};

#endif
