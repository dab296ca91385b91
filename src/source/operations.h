/* What the operations share: the checks of what a host passes in, single writes with their outcomes, and records by id.
 * Functions that take an operation leave the sentence of a failure in its `error`. */
#ifndef SOURCE_OPERATIONS_H
#define SOURCE_OPERATIONS_H

#include "model/coerce.h"
#include "source/source.h"

#define BLOCK_RECORDS  256   /* that a find asks for at a time */
#define WRITE_RECORDS  1000  /* that go through a writing entry at a time */
#define CREATE_RECORDS 10000 /* likewise, of creations alone: a transaction each where a backend has them */
#define MANY_TIMES     100   /* a record that is changed by others as often as this is given up: DS_CONFLICT */

/* ---- src/source/checks.c: before an operation begins ---- */

ds_status model_check(const ds_model *, ds_error *); /* NULL is DS_INVALID */
/* model_check(), and NULL for the place where the answer goes is DS_INVALID too; `function` for the sentence. */
ds_status answer_check(const ds_model *, const void *place, const char *function, ds_error *);
/* Of the model, without a failure of ds_record_set(), its values of their properties' types. */
ds_status record_check(const ds_model *, const ds_record *, ds_error *);
/* record_check(), and nothing that is required is set to null. */
ds_status changes_check(const ds_model *, const ds_record *changes, ds_error *);
/* An id as the host gave it, made one of the id's type, in the arena. DS_INVALID, for null too. */
ds_status id_coerce(const ds_model *, ds_value id, arena *, ds_value *out, ds_error *);
/* Fills ds_error.source of an operation that did not begin; returns `status`. */
ds_status refuse(const ds_model *, ds_status status, ds_error *);

/* A value for a sentence. */
typedef struct id_text {
    char text[VALUE_SHOWN];
} id_text;
const char *id_print(ds_value id, id_text *);

ds_status error_not_found(operation *, ds_value id);
ds_status error_required(const ds_model *, size_t slot, ds_error *);

/* ---- src/source/fill.c: what a creation adds to a record ---- */

/* Which slots of a record were filled by the library, or are to be filled by the connector. */
typedef struct filling {
    unsigned char *slots; /* property_count; NULL until filled */
    unsigned char few[32];
} filling;
/* Checks a record that is to be created, fills in defaults and a generated id. On failure nothing is filled. */
ds_status filling_make(filling *, const ds_model *, ds_record *, ds_error *);
/* Likewise, where the id was checked by the caller and is not generated. */
ds_status filling_defaults(filling *, const ds_model *, ds_record *, ds_error *);
void filling_undo(const filling *, ds_record *); /* takes out again what was filled in */
/* Likewise, after a write that may have failed: an unknown outcome leaves the id, so that the host can look for it. */
void filling_undo_after(const filling *, ds_record *, ds_status status);
void filling_free(filling *);
bool filling_sequence(const filling *, const ds_model *); /* the connector makes the id */
/* A required property that neither the record nor a default gives; or DS_NO_SLOT. */
size_t required_missing(const definition *, const ds_record *);

/* ---- src/source/outcomes.c ---- */

typedef enum outcome_state { OUTCOME_UNDECIDED, OUTCOME_OK, OUTCOME_REFUSED, OUTCOME_FAILED } outcome_state;
typedef struct outcome {
    outcome_state state;
    ds_refusal refusal;
    ds_status status;
    int32_t native;
    bool created;
    const char *text; /* of a refusal the detail, of a failure the sentence; NULL: none, or no memory for it */
} outcome;
struct ds_outcomes {
    outcome *items; /* `one`, or for ds_free() */
    size_t count;
    outcome one;
    arena texts;
};
ds_status outcomes_init(ds_outcomes *, size_t count, ds_error *); /* on a failure too: outcomes_free() */
void outcomes_reset(ds_outcomes *);                               /* all undecided */
void outcomes_free(ds_outcomes *);
bool outcome_refused(const ds_outcomes *, size_t i, ds_refusal);
/* What became of record i, after the entry returned `entry`: a failure's sentence goes to `err`, which may be
 * op->error. */
ds_status outcome_status(const ds_outcomes *, size_t i, const operation *, ds_status entry, ds_value id, ds_error *err);

/* ---- src/source/write.c: one record through a writing entry ---- */

#define NOT_REFUSED (-1)
/* Before a record that others have changed is tried again: those who go in step would lose in step, time after time. */
void give_way(unsigned tries);
/* Before the sentence of a creation that was given up, since all ids that the connector made were taken. */
void error_sequence(const ds_model *, ds_error *);
/* A record that was filled. *refusal: which ds_refusal the failure was, or NOT_REFUSED. */
ds_status create_one(operation *, ds_record *, const filling *, int *refusal);
/* One with an id that was found to be missing: filled with defaults, which stay where it was stored. (upsert.c) */
ds_status create_missing(operation *, ds_record *, int *refusal);
ds_status update_one(operation *, ds_value id, const ds_record *changes, const ds_record *expected, int *refusal);
/* A copy of `record` without its id, in the arena. NULL: out of memory. */
ds_record *changes_without_id(const ds_record *, arena *);
/* What a record holds of these properties, the id left out: a null that is set says that it must be absent. In the
 * arena; NULL: out of memory. */
ds_record *expected_of(const ds_record *, const char *const *names, size_t count, arena *);
void count_written(operation *, size_t records);
/* A failure that what follows would meet too. (create.c) */
bool status_is_hopeless(ds_status status);

/* ---- single writes, each by the entry for it or by others: update.c, replace.c, upsert.c, expire.c ---- */

/* The changes to one record, checked: without the id, which must be the record's own where it is set. */
ds_status changes_of(const ds_model *, ds_value id, const ds_record *changes, arena *, const ds_record **out,
                     ds_error *);
/* Which property it is, and what is added as a value of its type. */
ds_status increment_check(const ds_model *, const char *property, size_t *slot, ds_value by, arena *, ds_value *out,
                          ds_error *);
ds_status increment_one(operation *, ds_value id, const char *property, size_t slot, ds_value by, ds_value *now);
/* A copy of the record with the id, which must be its own where it has one, and with the defaults. */
ds_status whole_make(const ds_model *, ds_value id, const ds_record *, arena *, filling *, ds_record **out, ds_error *);
ds_status replace_one(operation *, ds_record *whole, bool must_exist, bool *created);
/* A record of the model's defaults, in the memory; *out is NULL where there are none. */
ds_status defaults_make(const definition *, arena *, ds_record **out, ds_error *);
void defaults_show(const ds_model *, ds_record *); /* tells in the record what a creation has added to it */
ds_status upsert_one(operation *, ds_record *, bool *created);
ds_status expiry_check(const ds_model *, bool set, int64_t ttl_ms, ds_error *);

/* An optional entry left this call to the library: its sentence is forgotten. */
bool left_to_library(operation *, ds_status status);

/* ---- src/source/lookup.c: records by id ---- */

/* Many ids, looked up block by block, answered in their order. */
typedef struct lookup lookup;
ds_status lookup_open(const ds_model *, const ds_value *ids, size_t n, lookup **out,
                      ds_error *); /* the ids are copied */
ds_record *lookup_take(lookup *);  /* the next record in memory; NULL: there is none */
bool lookup_exhausted(const lookup *);
ds_status lookup_fetch(lookup *, operation *);
void lookup_close(lookup *); /* NULL does nothing */

/* Adds the records of these ids, each of which comes once, to the block, in any order. */
ds_status lookup_ids(operation *, const ds_value *ids, size_t n, ds_block *);
/* The record of one id, in a block that is made for it; *out is NULL where there is none. block_free(*block) in any
 * case. */
ds_status lookup_one(operation *, ds_value id, ds_block **block, ds_record **out);

/* ---- src/source/find.c ---- */

/* A copy of the first record that a selection finds, or DS_NOT_FOUND. */
ds_status find_first(operation *, selection *, ds_record **out);
/* A selection for the first record alone. */
ds_status selection_bind_first(const ds_query *, const definition *, selection **out, ds_error *);
/* A selection of all records that match, with as few fields as it takes: the id's and the filter's. */
ds_status selection_bind_ids(const ds_filter *, const definition *, selection **out, ds_error *);

#endif
