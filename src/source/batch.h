/* A batch from the inside: the steps that the host added, and the turns that these take when it is run. */
#ifndef SOURCE_BATCH_H
#define SOURCE_BATCH_H

#include "source/operations.h"

#define ATOMIC_MOST 1000 /* steps of an atomic batch */

/* One write, as the host added it, and what became of it. */
typedef struct step {
    ds_write_kind kind;
    const ds_model *model;  /* never a view; NULL where the host gave NULL */
    ds_value id;            /* as it was given */
    ds_record *record;      /* of create, upsert and replace_or_create */
    const ds_record *given; /* of update and replace */
    const char *property;
    ds_value by;
    int64_t ttl_ms;
    bool *created; /* or NULL, as `now` */
    ds_value *now;
    bool repeats; /* its record is another step's too */
    ds_status outcome;
    const ds_error *error; /* in batch.told; NULL: no memory for it */
} step;

struct ds_batch {
    ds_source *source;
    ds_options options;
    arena given; /* ids, names and values */
    step *steps;
    size_t count, room;
    bool failed;             /* to add, for memory; sticks */
    const ds_error *refused; /* the options that were set last; NULL: they are fine */
    ds_error refusal;
    bool was_run;
    arena told; /* the errors of the last run */
};

/* A step that is run: what is passed to the connector, and what it needs beside. */
typedef struct turn {
    ds_write write;
    step *of;
    filling filled; /* of a record that is stored whole */
    size_t lacks; /* of an upsert that can only change: the required property for which it cannot create; DS_NO_SLOT */
    bool creates; /* an upsert or replace_or_create without an id: a creation */
    ds_value now;
    bool again; /* a creation whose id, of a sequence, was taken: the next one may be free */
    bool settled;
} turn;

typedef struct defaults defaults; /* of upserts, one record a model */

/* Some neighbours of a batch, that are run together. */
typedef struct run {
    ds_batch *batch;
    operation *op;
    turn *turns;
    size_t count;
    const ds_write **passed; /* through an entry, now */
    turn **places;           /* of these */
    size_t passed_count;
    ds_outcomes outcomes;
    arena memory;
    defaults *defaults;
    ds_error first; /* the first failure, with its number */
    size_t failed;  /* this number */
} run;

/* ---- batch_prepare.c ---- */

/* Checks a step and makes a write of it, in the run's memory. On a failure turn_undo() all the same. */
ds_status turn_prepare(run *, turn *, ds_error *);

/* ---- batch_claims.c ---- */

/* DS_INVALID where two turns are of one id, or give a unique value twice; *at: the second of them. */
ds_status claims_check(run *, size_t *at, ds_error *);

/* ---- batch_settle.c: telling what became of it ---- */

void turn_settle(run *, turn *, ds_status status, const ds_error *error, bool created);
/* Of those that passed an entry: each that it decided, or all, but for those that are tried again. How many are left. */
size_t passed_settle(run *, ds_status entry, bool all);
/* What became of the write that passed as number i; `entry` is what its entry returned. */
ds_status passed_status(run *, size_t i, ds_status entry, ds_error *error);
void turn_number_anew(turn *); /* where it is to be tried again */
/* Tells the same of all steps from `first` on. */
void steps_fail(ds_batch *, size_t first, ds_status status, const ds_error *error);

/* ---- batch_turns.c: without the connector's batch entry ---- */

/* The turns that are not settled, in order, neighbours of one kind together: so many groups at most. Where the status gives
 * up, op->error says why, and the rest is left. */
ds_status turns_by_library(run *, size_t most);

/* ---- batch_run.c ---- */

void run_step(run *); /* before an entry is called */
/* After one was called: it has failed with a sentence. Returns the status. */
ds_status run_told(operation *, ds_status);
bool run_gives_up(const run *, ds_status); /* what comes behind would fail likewise */

#endif
