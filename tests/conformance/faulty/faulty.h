/* A connector with faults to choose from: a list of records for each model, which filters, orders and pages by itself. The
 * setting `fault` plants one of the mistakes that authors of connectors make; without it the connector is right. For
 * tests of the conformance suite alone: it is never installed. */
#ifndef FAULTY_H
#define FAULTY_H

#include <datasource/connector.h>

#include <pthread.h>

#define FAULTS(X)                                                                                                      \
    X(NONE, "none")                                                                                                    \
    /* order, page, mark */                                                                                            \
    X(NULL_LAST, "null-last")                                                                                          \
    X(TIES_AS_STORED, "ties-as-stored")                                                                                \
    X(NUMBERS_AS_TEXT, "numbers-as-text")                                                                              \
    X(SIGNED_BYTES, "signed-bytes")                                                                                    \
    X(ONE_DIRECTION, "one-direction")                                                                                  \
    X(SKIP_OFF_BY_ONE, "skip-off-by-one")                                                                              \
    X(PAGE_BEFORE_FILTER, "page-before-filter")                                                                        \
    X(LIMIT_COUNTS_SKIPPED, "limit-counts-skipped")                                                                    \
    X(MARK_REPEATS, "mark-repeats")                                                                                    \
    /* scans */                                                                                                        \
    X(LAST_RECORD_LOST, "last-record-lost")                                                                            \
    X(RECORD_TWICE, "record-twice")                                                                                    \
    X(SCANS_SHARED, "scans-shared")                                                                                    \
    X(FIELDS_MISSING, "fields-missing")                                                                                \
    X(COUNT_OF_ALL, "count-of-all")                                                                                    \
    X(MISSING_ID_FAILS, "missing-id-fails")                                                                            \
    /* filters */                                                                                                      \
    X(NULL_NOT_UNEQUAL, "null-not-unequal")                                                                            \
    X(NULL_IS_LEAST, "null-is-least")                                                                                  \
    X(NOT_IS_SQL, "not-is-sql")                                                                                        \
    X(MINUS_ZERO, "minus-zero")                                                                                        \
    X(THROUGH_DOUBLES, "through-doubles")                                                                              \
    X(LIKE_FOLDS_CASE, "like-folds-case")                                                                              \
    X(ARRAYS_WHOLE, "arrays-whole")                                                                                    \
    X(ANY_AS_TEXT, "any-as-text")                                                                                      \
    X(SUPERSET_CLAIMED, "superset-claimed")                                                                            \
    /* what is kept */                                                                                                 \
    X(FIELD_LOST, "field-lost")                                                                                        \
    X(UNDECLARED_LOST, "undeclared-lost")                                                                              \
    X(INTEGERS_ROUNDED, "integers-rounded")                                                                            \
    X(SECONDS_ONLY, "seconds-only")                                                                                    \
    X(EMPTY_IS_NULL, "empty-is-null")                                                                                  \
    X(IDS_CUT, "ids-cut")                                                                                              \
    /* writes */                                                                                                       \
    X(DUPLICATE_ACCEPTED, "duplicate-accepted")                                                                        \
    X(STOPS_AT_REFUSAL, "stops-at-refusal")                                                                            \
    X(SEQUENCE_NOT_RAISED, "sequence-not-raised")                                                                      \
    X(UPDATE_CREATES, "update-creates")                                                                                \
    X(NULL_KEPT, "null-kept")                                                                                          \
    X(EXPECTED_IGNORED, "expected-ignored")                                                                            \
    X(ABSENT_NOT_EXPECTED, "absent-not-expected")                                                                      \
    X(UPSERT_REPLACES, "upsert-replaces")                                                                              \
    X(REPLACE_MERGES, "replace-merges")                                                                                \
    X(INCREMENT_WRAPS, "increment-wraps")                                                                              \
    X(DELETE_OF_NOTHING, "delete-of-nothing")                                                                          \
    X(UNIQUE_IGNORED, "unique-ignored")                                                                                \
    X(EXPIRED_FOUND, "expired-found")                                                                                  \
    X(NOT_ATOMIC, "not-atomic")                                                                                        \
    /* batches */                                                                                                      \
    X(BATCH_HALF_DONE, "batch-half-done")                                                                              \
    X(BATCH_NOT_ATOMIC, "batch-not-atomic")                                                                            \
    X(BATCH_MISNUMBERED, "batch-misnumbered")                                                                          \
    X(BATCH_OTHER_LOST, "batch-other-lost")                                                                            \
    X(BATCH_BY_KIND, "batch-by-kind")

#define FAULT_NUMBER(name, text) FAULT_##name,
typedef enum fault { FAULTS(FAULT_NUMBER) FAULT_COUNT } fault;

typedef struct shop {     /* the connection */
    pthread_mutex_t lock; /* a batch holds it while its writes take it too */
    fault fault;
    size_t next;          /* of FAULT_SCANS_SHARED */
    size_t first, writes; /* of a batch: the number of the write that is done, of so many; 0, 0 */
    bool failed;          /* a write was not done */
} shop;

typedef struct item {
    ds_record *record;
    int64_t ends; /* as now_ms(); DS_NO_DEADLINE: never */
} item;

typedef struct shelf { /* the state of a model */
    item *items;
    size_t count, room;
    int64_t last; /* of the sequence */
} shelf;

/* keep.c: the list. Each is called with the lock held. */
const char *id_name(const ds_model *);
int64_t now_ms(void);
size_t shelf_find(const shop *, shelf *, const ds_model *, ds_value id); /* count: there is none */
/* `base` (or NULL) with `changes` over it, without what these remove; NULL: out of memory. */
ds_record *merged(const shop *, const ds_model *, const ds_record *base, const ds_record *changes);
ds_status shelf_add(const shop *, shelf *, const ds_model *, ds_record *); /* takes the record over */
void shelf_remove(shelf *, size_t at);
void shelf_sweep(const shop *, shelf *); /* what has expired */
void shelf_free(shelf *);

/* judge.c: whether a record matches, and which of two comes first. */
ds_status judge(const shop *, const ds_filter *, const ds_record *, bool *matches, ds_error *);
int in_order(const shop *, const ds_order *, size_t count, const ds_record *a, const ds_record *b);

/* find.c */
ds_status faulty_find(void *connection, const ds_model *, const ds_selection *, uint32_t may, uint32_t *did,
                      void **scan, ds_call *);
ds_status faulty_next(void *scan, ds_block *, ds_call *);
void faulty_end(void *scan);
ds_status faulty_by_ids(void *connection, const ds_model *, const ds_value *ids, size_t n, ds_block *, ds_call *);
ds_status faulty_count(void *connection, const ds_model *, const ds_filter *, uint64_t *count, ds_call *);

/* write.c */
ds_status faulty_create(void *connection, const ds_model *, ds_record *const *, size_t n, ds_outcomes *, ds_call *);
ds_status faulty_update(void *connection, const ds_model *, const ds_value *ids, size_t n, const ds_record *changes,
                        const ds_record *const *expected, ds_outcomes *, ds_call *);
ds_status faulty_delete(void *connection, const ds_model *, const ds_value *ids, size_t n,
                        const ds_record *const *expected, ds_outcomes *, ds_call *);
ds_status faulty_replace(void *connection, const ds_model *, ds_record *const *, size_t n, bool must_exist,
                         const ds_record *const *expected, ds_outcomes *, ds_call *);
ds_status faulty_upsert(void *connection, const ds_model *, ds_record *const *, size_t n, const ds_record *defaults,
                        const ds_record *const *expected, ds_outcomes *, ds_call *);
ds_status faulty_increment(void *connection, const ds_model *, ds_value id, const char *property, size_t slot,
                           ds_value by, ds_value *now, ds_call *);
ds_status faulty_expire(void *connection, const ds_model *, ds_value id, int64_t ttl_ms, ds_call *);
ds_status faulty_ttl(void *connection, const ds_model *, ds_value id, int64_t *ttl_ms, ds_call *);
void decide_ok(shop *, ds_outcomes *, size_t i, bool created);
void decide_refuse(shop *, ds_outcomes *, size_t i, ds_refusal, const char *detail);
void decide_fail(shop *, ds_outcomes *, size_t i, ds_status, const ds_error *);

/* batch.c */
ds_status faulty_batch(void *connection, const ds_write *const *writes, size_t n, uint32_t flags, ds_outcomes *,
                       ds_call *);

#endif
