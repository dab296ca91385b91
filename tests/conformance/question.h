/* A question: a query that is asked of the connector, of the same one masked, and of the reference, on the same records.
 * Where the answers differ it is cut down, to as few records, properties and conditions as still differ, and reported
 * with the rule that this leaves. */
#ifndef CONFORMANCE_QUESTION_H
#define CONFORMANCE_QUESTION_H

#include "conformance.h"

/* Two models of one definition with the same records. */
typedef struct ground {
    run *run; /* whose model is the tested one */
    ds_model *reference;
    char **records; /* JSON, for free() */
    size_t count, room;
    size_t start; /* of the trace, behind the definition */
} ground;

typedef enum way {
    ASKED,   /* of the connector as it is */
    MASKED,  /* of the connector, which may do nothing itself */
    COUNTED, /* by ds_count() */
    RESUMED  /* behind the mark of a record on the way */
} way;

/* The parts are texts of JSON; NULL: not asked. */
typedef struct question {
    char *where, *order, *fields;
    uint64_t skip, limit;
    way way;
} question;

/* Begins the run, with the definition on both sources. */
void ground_begin(ground *, run *, suite *, const char *definition, const rule *);
void ground_add(ground *, const char *json); /* a record, not stored yet */
void ground_fill(ground *);                  /* stores them all */
void ground_end(ground *);

/* Asks, and fails the run where the answers differ. `count` (may be NULL): how many records the reference answers. */
void ground_ask(ground *, const question *, size_t *count);

#endif
