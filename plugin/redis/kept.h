/* Writes of models that have indexes or a version: calls of keep.lua and atomic.lua, and what their answers mean.
 * docs/REDIS-STORAGE.md has the protocol. */
#ifndef REDIS_KEPT_H
#define REDIS_KEPT_H

#include "fetch.h"
#include "member.h"
#include "schema.h"
#include "write.h"

/* What a script asked for: it is called again with that. */
struct kept_need {
    id_list holders;    /* ids that hold a unique value */
    id_list watched;    /* the name of a unique index, then an id that held a value in it, in turn (kept_watch) */
    id_list dictionary; /* letter and text, then the part, in turn */
    unsigned anew;      /* how often the write was refused, and is another one since */
};
void kept_need_free(kept_need *need);   /* NULL does nothing */
ds_status kept_renew(kept_need **need); /* is made where it is NULL; DS_NOMEM */

/* Memory for putting a call together, used again and again. */
typedef struct kept_call {
    id_list keys, arguments;
    member bytes;
} kept_call;
void kept_call_free(kept_call *call);
/* Encodes it, and empties it. */
void kept_call_send(kept_call *call, redis_request *request, const script_digests *digests, script which, bool whole);

/* Each adds to the call; DS_NOMEM. */
ds_status kept_add_text(kept_call *call, const char *text);
ds_status kept_add_number(kept_call *call, size_t number);
ds_status kept_add_key(kept_call *call, const redis_model *state, key_kind kind, const char *id, size_t length);
/* The keys of a model from #schema on, and those of its expiry. `s` is NULL of a model without indexes: none. */
ds_status kept_add_keys(kept_call *call, const redis_model *state, const schema *s, bool expiry);
/* One write, as check.lua has it; `counter` is the number of the sequence's key. */
ds_status kept_add_write(kept_call *call, const write_job *job, ds_value id, const write_plan *plan, const schema *s,
                         size_t counter);
/* A token, behind all else; `job` has one. */
ds_status kept_add_token(kept_call *call, const write_job *job, size_t i, unsigned anew);
/* The indexed fields and the plan. */
ds_status kept_add_fields(kept_call *call, const schema *s);

/* "", "1" (this write begins it) or "2": whether records expire. */
const char *kept_expiry(const schema *s, const write_plan *plan);
/* Whether it is an increment that keep.lua cannot do, for the property is indexed, or the model has a version. */
bool kept_is_left(const redis_model *state, const schema *s, const write_plan *plan);

/* Whether the write surely claims a value of this unique index; call->bytes say then which, of all models. */
ds_status kept_claim(kept_call *call, const write_job *job, ds_value id, const write_plan *plan, const schema *s,
                     size_t index, bool *claims);

/* A call of keep.lua. */
ds_status kept_encode(kept_call *call, const write_job *job, redis_request *request, size_t i, const write_plan *plan,
                      const schema *s, const kept_need *need, bool whole);

/* Adds what an answer asks for, whose word stands at `first` of an array; *wants: it does. *need is made where it is NULL. */
ds_status kept_need_add(const redis_model *state, const redis_reply *answer, size_t first, kept_need **need,
                        bool *wants, ds_error *err);

/* What an answer is about. */
typedef enum kept_turn {
    KEPT_FINAL, /* the outcome is decided */
    KEPT_AGAIN, /* with what was added to the need */
    KEPT_STALE, /* with another snapshot */
    KEPT_LEFT   /* to the library */
} kept_turn;
/* The word of an answer stands at `first` of an array, or is all of it. *need as above. */
kept_turn kept_tell(const write_job *job, size_t i, const schema *s, const redis_reply *answer, size_t first,
                    kept_need **need);
/* The record that HELD names was written by what comes behind this write. It is made again, and has met that record's claim if that
 * is gone by then: only a record whose fields say the value takes its claim away. */
ds_status kept_watch(kept_need *need, const schema *s, const redis_reply *answer);
/* After so many turns a write is given up with DS_BUSY. */
#define MOST_TURNS 50
/* Whether it is to be given up; the outcome is decided then. */
bool kept_gives_up(const write_job *job, size_t i, unsigned turns);

#endif
