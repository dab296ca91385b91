/* A find under way: a plan, the ids that it gives, and the reading of their records, in batches of one round trip. */
#ifndef REDIS_FIND_H
#define REDIS_FIND_H

#include "fetch.h"
#include "fields.h"
#include "plan.h"
#include "seen.h"
#include "trust.h"

#define MOST_AT_ONCE 1000 /* records, and members of an index, that one round trip reads */

typedef struct stream { /* of one range */
    id_list members;    /* that were read, and wait */
    size_t next;
    char *from; /* behind the last member that was read; NULL: nothing was */
    size_t length, room;
    bool is_whole; /* all has been read */
    size_t asked;  /* so many members, by this request; 0: none, */
    size_t command;
} stream;

typedef struct find {
    record_fetch fetch;
    const redis_model *state;
    mapping *map;
    const ds_selection *selection;
    uint32_t may, did;
    redis_request *request;
    const schema *snapshot; /* NULL: nothing is indexed */
    pool memory;            /* of the plan */
    plan plan;
    bool checks;   /* the filter is asked here */
    size_t reach;  /* so many records are read at least, where not all that are read may match */
    uint64_t left; /* records, where `limits` */
    bool limits;

    id_list pending; /* ids that wait to be read */
    size_t taken;    /* so many of them have been read, */
    size_t read;     /* and so many of these in the last round trip */
    id_list members; /* by which each was found, where */
    size_t *found;   /* in ranges: the range, or FOUND_ELSEWHERE */
    size_t found_room;
    ds_record **records; /* of the batch that is read */
    seen seen;
    bool remembers; /* what was found before is passed over */

    bool is_finished; /* there is nothing more to find */
    bool is_broken;   /* the plan does not hold any more */
    unsigned mended;

    /* SCAN (scan.c) */
    char cursor[24];
    bool no_cursor; /* none came, or what came is none */
    /* ranges and claims (walk.c) */
    stream *streams;
    size_t stream_count, current;
    size_t claims_taken, claims_asked;          /* claims; those of this request */
    size_t first_claim;                         /* command of this request */
    const schema_index *guarded[TRUST_INDEXES]; /* whose guards this request asks for */
    size_t guard_count, first_guard;            /* and behind them the epoch */
    char *passed; /* what a walk that remembers nothing has met last: the end of its member, the id */
    size_t passed_length, passed_room;
    bool passed_descending;
    /* entries without a record (stale.c) */
    redis_request *drops;
    bool no_drops;
} find;

#define FOUND_ELSEWHERE SIZE_MAX

/* (find.c) A find without a plan; end_scan() ends it, also where this failed. */
ds_status find_open(mapping *map, const ds_model *model, const ds_selection *selection, uint32_t may, find **out);
/* Sets `did`, and what is read of a record. */
void find_decide(find *self);
ds_status find_take_fields(find *self);
/* An id that was found; what the find remembers is passed over. `entry` may have no bytes. An id may wait several times, by
 * several entries, until one of them is seen to be its own. */
ds_status find_add(find *self, const char *id, size_t length, bytes entry, size_t range);

/* (scan.c) A step of SCAN. */
void scan_encode(find *self, size_t wanted);
ds_status scan_check(find *self, size_t command, ds_error *err);

/* (walk.c) Makes ready to walk the plan; frees what that took. */
ds_status walk_begin(find *self);
void walk_free(find *self);
/* Appends what reads on; false: there is nothing to read before records are. */
bool walk_encode(find *self, size_t wanted);
/* Takes in what came. Sets is_broken where an index has lost its guard, or the schema has changed. */
ds_status walk_take(find *self, ds_call *call);
/* Makes ids wait, until so many do, of the members that have been read. */
ds_status walk_hand_on(find *self, size_t wanted);
/* Asks for the guard of an index, and whether it came. */
void walk_encode_guard(redis_request *request, const redis_model *state, const schema_index *index);
bool walk_has_guard(const redis_reply *reply);
void walk_encode_epoch(redis_request *request, const redis_model *state);
bool walk_is_epoch(const find *self, const redis_reply *reply); /* still the snapshot's */
/* The two arguments of a range in commands that take it as ZLEXCOUNT does; `reverse`: the other way round. */
void walk_encode_bounds(redis_request *request, const plan_range *range, const stream *from, bool reverse);
void walk_encode_key(redis_request *request, const redis_model *state, const schema_index *index);

/* (stale.c) Drops from the block, and from `records`, what was found by an entry that is not its own, or does not match; and has
 * the server drop entries that have no record. */
ds_status stale_judge(find *self, size_t count, ds_call *call);
void stale_drop(find *self, ds_call *call);
bool stale_is_read_only(const find *self);

/* (choose.c) Chooses the plan. `list` (may be NULL) gets all candidates, with what they cost. */
ds_status choose_plan(find *self, plan_list *list, ds_call *call);
/* What there is to choose from; `anew`: the schema is read again. */
void choose_describe(const find *self, plan_question *out);
ds_status choose_question(find *self, bool anew, plan_question *out, ds_call *call);
/* Counts the entries of the plans of a list, in one round trip; of the first `count` ranges each. */
ds_status choose_count(find *self, plan_list *list, ds_call *call);

/* (count.c) Asks whether entries of expired records may still be there (five commands), and what came. */
void count_encode_due(redis_request *request, const redis_model *state);
bool count_is_nothing_due(const find *self, const redis_request *request, size_t command);
/* Removes these; whether none is left. */
bool count_sweep(find *self, ds_call *call);

/* (skip.c) Where the plan allows, makes it begin behind the records that are skipped, by their rank. */
bool skip_is_possible(const find *self);
ds_status skip_by_rank(find *self, ds_call *call);

#endif
