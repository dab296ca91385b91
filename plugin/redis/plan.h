/* How a selection may be answered by the indexes that are built: candidates, without input or output. choose.h picks one. */
#ifndef REDIS_PLAN_H
#define REDIS_PLAN_H

#include "interval.h"
#include "schema.h"

#define MOST_RANGES 10000 /* of one plan, and claims, */
#define MOST_MERGED 100   /* and where several are walked side by side, to be in order */

typedef struct plan_range {
    const schema_index *index; /* NULL: the primary index */
    bytes first, behind;       /* members from `first` on, up to but without `behind` */
    bool is_endless;           /* there is no `behind` */
    bytes prefix;              /* the parts that all of them begin with */
    size_t suffix_at;          /* where the bytes begin by which ranges are merged in order */
} plan_range;

typedef struct plan_claim { /* of a unique index */
    const schema_index *index;
    bytes value;
} plan_claim;

typedef enum plan_access {
    PLAN_NOTHING, /* no record can match */
    PLAN_IDS,     /* ids that the filter names */
    PLAN_UNIQUE,
    PLAN_INDEX,
    PLAN_UNION,   /* of the above */
    PLAN_PRIMARY, /* the primary index, or a part of it */
    PLAN_SCAN     /* SCAN */
} plan_access;

typedef struct plan {
    plan_access access;
    const schema_index *index; /* of UNIQUE and INDEX */
    bytes *ids;                /* texts */
    size_t id_count;
    plan_claim *claims;
    size_t claim_count;
    plan_range *ranges; /* ascending, where they are of one index */
    size_t range_count;
    bool is_exact; /* the entries of the ranges are those of the records that match, each once */
    bool is_ordered, is_reverse, is_merged; /* the selection's order; backwards; by all ranges side by side */
    bool starts_after;                      /* the mark has been taken into the ranges */
    bool repeats;                           /* a record that changes meanwhile could come twice */
    size_t equal_keys;                      /* of its index: compared with = or in, */
    bool has_range;                         /* and the next one with a range */
    uint64_t used;                          /* conditions, a bit each */
    uint64_t entries;                       /* estimated: so many stand in the ranges, */
    double cost;                            /* and so many records are read */
} plan;

typedef struct plan_question {
    const redis_model *state;
    const schema *snapshot; /* NULL: nothing is indexed */
    const ds_selection *selection;
    uint32_t may;
    uint64_t
        distrusted; /* indexes of the snapshot that lost their guard, a bit each; the last bit: the primary index */
    uint64_t disordered; /* likewise those that hold values cut short, and are in no order of them */
} plan_question;
#define PLAN_PRIMARY_BIT 63

typedef struct plan_list {
    plan *items; /* the pool's; the last is the walk over all records */
    size_t count;
} plan_list;
ds_status plan_make(pool *memory, const plan_question *question, plan_list *out);

/* ---- between plan.c and its parts ---- */

typedef struct condition { /* what the filter says of one property, in all of its parts that are joined by `and` */
    size_t slot;
    intervals parts, ids;
} condition;

#define MOST_CONDITIONS 60
#define MOST_UNIONS     8
typedef struct conditions {
    condition items[MOST_CONDITIONS];
    size_t count;
    bool leaves_some; /* the filter says more than these */
    bool is_never;
    const ds_filter *unions[MOST_UNIONS];
    size_t union_count;
} conditions;

/* (conditions.c) Adds what a filter says to what is there. */
ds_status conditions_add(pool *memory, const plan_question *question, const ds_filter *filter, conditions *out);
const condition *conditions_of(const conditions *all, size_t slot);
bool condition_is_constant(const condition *one); /* NULL is not */

/* (order.c) Sets is_ordered and what belongs to it, where the index answers the selection's order, and takes the mark into the
 * ranges. `all`: what holds for every record that is answered, for what is constant in one branch of an `or` alone is none that
 * an order could pass over. */
ds_status plan_order(pool *memory, const plan_question *question, const conditions *all, plan *made);
/* Whether merging the ranges of both by their suffixes gives one order. */
bool plan_merges_with(const plan *a, const plan *b);

#endif
