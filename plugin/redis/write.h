/* Writes of many records: encoded in rounds, run, and told one by one. docs/REDIS-STORAGE.md has the protocol. */
#ifndef REDIS_WRITE_H
#define REDIS_WRITE_H

#include "fields.h"
#include "token.h"

/* A round holds no id twice, so the order in which its commands are run does not matter: those that met no script there
 * are run again after the others, and the batch is still as if done one by one. */
#define ROUND_COMMANDS 1000
#define ROUND_BYTES    (1024 * 1024)

/* Of a command that was answered, but there was no memory for what was said. */
#define ANSWER_LOST "there was no memory for the server's answer to a write: it may or may not be done"

typedef struct write_job write_job;
typedef struct kept_need kept_need;

/* Arguments of write.lua and of keep.lua. */
typedef struct write_plan {
    const char *when; /* "must", "may" or "new"; of keep.lua also "D" delete, "E" expire, "I" increment */
    const ds_record *set;
    const ds_record *defaults;     /* or NULL */
    const ds_record *expected;     /* or NULL */
    bool replaces;                 /* what `set` does not hold is removed; otherwise only its nulls are */
    bool stores_id;                /* as a field */
    int64_t ttl_created, ttl_kept; /* ms; 0: as it is; -1: never */
    bool raises;                   /* the id raises the sequence */
    const char *property;          /* of an increment */
    ds_value by;
} write_plan;

struct write_job {
    mapping *map;
    const ds_model *model;
    const redis_model *state;
    ds_call *call;
    ds_outcomes *outcomes;
    /* Encodes one command for the record of this index; `whole`: with the script's text. A failure ends the operation.
     */
    ds_status (*encode)(const write_job *job, redis_request *request, size_t i, bool whole);
    script uses; /* SCRIPT_COUNT: none, always */
    /* What is done to the record: for keep.lua, where the model is kept, and for atomic.lua. */
    void (*plan)(const write_job *job, size_t i, write_plan *plan);
    /* Tells of a reply that only this kind of write knows; false: the write stays undecided, and no further round begins.
     * NULL: all replies are told in the same way. */
    bool (*tell)(const write_job *job, size_t i, const redis_reply *reply);
    const ds_write *write; /* of a batch */
    const token *token;    /* NULL: the model asks for none */
    const ds_value *ids;   /* of the records, or NULL: they are in `records` */
    ds_record *const *records;
    const ds_record *shared; /* the changes of an update, the defaults of an upsert */
    const ds_record *const *expected;
    bool must_exist;
};

/* Does what the job says with the records from `first` up to `end`, and decides their outcomes. */
ds_status write_run(const write_job *job, size_t first, size_t end);
/* The same of unlike ones: jobs[i] says what is done with write i; one without `encode` is passed over. DS_UNSUPPORTED: some
 * are not decided. */
ds_status write_run_each(const write_job *jobs, size_t first, size_t end);
/* All of them or none, by atomic.lua; the jobs' plans are changed. (atomic.c) */
ds_status atomic_run(write_job *jobs, size_t n, ds_call *call);
void write_tell(const write_job *job, size_t i, const redis_reply *reply);
void write_tell_error(const write_job *job, size_t i, ds_status status, const ds_error *error);

/* Takes a token where the model asks for them; `own` lives as long as the job. */
ds_status write_arm(write_job *job, token *own);
redis_intent write_intent(const write_job *job);
/* script_begin(), and what a token adds to a call: its key behind the other keys, its life behind the other arguments. Without one
 * the last two do nothing. */
void write_begin(const write_job *job, redis_request *request, script which, bool whole, size_t keys, size_t arguments);
ds_status write_token(const write_job *job, redis_request *request, size_t i);
void write_life(const write_job *job, redis_request *request);
/* DS_UNKNOWN_OUTCOME, of a write that is open (redis_command_is_open) when its operation ends as the call's error says. */
ds_status write_open(const ds_call *call, ds_error *out);

ds_status write_encode(const write_job *job, redis_request *request, size_t i, const write_plan *plan, bool whole);

/* The text of an id, as it stands in keys. */
ds_value write_id(const write_job *job, size_t i);
/* Decides the outcome of a write whose id no record can have; false: it can, or comes from the sequence. */
bool write_refuse_id(const write_job *job, size_t i);

/* What `plan` may be: create.c and change.c. */
void plan_creation(const write_job *job, size_t i, write_plan *plan);
void plan_numbered(const write_job *job, size_t i, write_plan *plan); /* the id may raise the sequence */
void plan_update(const write_job *job, size_t i, write_plan *plan);
void plan_replacement(const write_job *job, size_t i, write_plan *plan);
void plan_upsert(const write_job *job, size_t i, write_plan *plan);
void plan_deletion(const write_job *job, size_t i, write_plan *plan);

/* And `encode`. */
ds_status encode_plain(const write_job *job, redis_request *request, size_t i, bool whole);
ds_status encode_planned(const write_job *job, redis_request *request, size_t i, bool whole); /* as the plan says */
ds_status encode_delete(const write_job *job, redis_request *request, size_t i, bool whole);

/* Takes `count` numbers from the model's sequence; *last is the last one. */
ds_status write_take_numbers(const write_job *job, size_t count, int64_t *last);
/* Integers alone: numbers are added by the library, so that the sum is the same everywhere. (single.c) */
bool increment_is_for_server(const ds_model *model, size_t slot, ds_value by);
ds_status refuse_version(const ds_model *model, const char *property, ds_error *err); /* DS_INVALID */

/* The entries of the table. */
ds_status create_records(void *connection, const ds_model *model, ds_record *const *records, size_t n,
                         ds_outcomes *outcomes, ds_call *call);
ds_status update_records(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                         const ds_record *changes, const ds_record *const *expected, ds_outcomes *outcomes,
                         ds_call *call);
ds_status replace_records(void *connection, const ds_model *model, ds_record *const *records, size_t n, bool must_exist,
                          const ds_record *const *expected, ds_outcomes *outcomes, ds_call *call);
ds_status upsert_records(void *connection, const ds_model *model, ds_record *const *records, size_t n,
                         const ds_record *defaults, const ds_record *const *expected, ds_outcomes *outcomes,
                         ds_call *call);
ds_status delete_records(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                         const ds_record *const *expected, ds_outcomes *outcomes, ds_call *call);
ds_status increment_field(void *connection, const ds_model *model, ds_value id, const char *property, size_t slot,
                          ds_value by, ds_value *now, ds_call *call);
ds_status expire_record(void *connection, const ds_model *model, ds_value id, int64_t ttl_ms, ds_call *call);
ds_status run_batch(void *connection, const ds_write *const *writes, size_t n, uint32_t flags, ds_outcomes *outcomes,
                    ds_call *call);
ds_status record_ttl(void *connection, const ds_model *model, ds_value id, int64_t *ttl_ms, ds_call *call);

#endif
