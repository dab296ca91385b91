/* Writes of records given by id, one after the other, each decided on its own: write.c; of several models: batch.c. */
#ifndef MEMORY_BATCH_H
#define MEMORY_BATCH_H

#include "memory.h"

typedef enum mark { UNDECIDED, WRITTEN, CREATED } mark; /* UNDECIDED too where the outcome says why not */

typedef struct batch {
    changes *changes; /* of the table that is written to now */
    changes own;      /* where it is one table alone */
    ds_outcomes *outcomes;
    size_t n;
    char *marks;
    char one;
} batch;

ds_status batch_open(batch *b, size_t n, ds_outcomes *outcomes, ds_call *call);
/* Before write i: DS_OK unless the call was cancelled. */
ds_status batch_step(batch *b, size_t i);
/* After all, with what became of the commit; returns `status`. */
ds_status batch_close(batch *b, ds_status status);

void batch_create(batch *b, size_t i, ds_record *record);
void batch_update(batch *b, size_t i, ds_value id, const ds_record *changed, const ds_record *expected);
void batch_delete(batch *b, size_t i, ds_value id, const ds_record *expected);
void batch_replace(batch *b, size_t i, ds_record *record, bool must_exist, const ds_record *expected);
void batch_upsert(batch *b, size_t i, ds_record *record, const ds_record *defaults, const ds_record *expected);
void batch_increment(batch *b, size_t i, ds_value id, const char *property, size_t slot, ds_value by, ds_value *now);
void batch_expire(batch *b, size_t i, ds_value id, int64_t ttl_ms);

#endif
