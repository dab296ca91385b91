/* Data sources from the inside: the seam between their life (catalog.c, loader.c, source.c, ...) and the operations
 * (find.c, write.c, ...). */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

#include "config/config.h"
#include "query/query.h"

#include <pthread.h>
#include <stdatomic.h>

/* src/source/loader.c */
ds_status loader_find(const char *name, const ds_connector **out, ds_error *);

typedef struct stats {
    _Atomic uint64_t operations, errors, records_read, records_written, nanoseconds;
} stats;

struct ds_source {
    char *name;
    const ds_connector *connector; /* a full table: what a smaller one lacks is NULL */
    settings *settings;
    void *connection;
    int64_t command_timeout_ms; /* 0: none */
    bool read_only;
    bool in_catalog;
    const ds_catalog *catalog; /* where ds_source_model() looks for definitions; NULL: nowhere */
    pthread_mutex_t lock;      /* of the models' list, the connecting and the counting below */
    pthread_cond_t idle;
    ds_model *models;
    bool connected, disconnected; /* `disconnected`: by ds_disconnect(), so that operations are refused */
    unsigned under_way;           /* operations */
    uint64_t generation;          /* counts disconnects, so that a cursor knows that its scan is dead */
    ds_event_handler *handler;
    void *handler_user;
    ds_reconnect_strategy *strategy;
    void *strategy_user;
    stats stats;
};

/* One operation of a host on a model: counted, connected, with its deadline. Every public operation begins with
 * operation_begin() and ends with operation_end(), whatever happened. */
typedef struct operation {
    ds_source *source;
    const ds_connector *connector;
    void *connection;
    const ds_model *model; /* the original, never a view; NULL for an operation on the source */
    ds_call call;          /* what entries are given; its error is `error` */
    ds_error error;
    int64_t started;
    int64_t whole;         /* the deadline of a view's timeout; DS_NO_DEADLINE without */
    bool counted;
} operation;

/* Refuses a source that was disconnected, a write to a read-only one; connects if need be (operation_step's deadline). */
ds_status operation_begin(operation *, ds_source *, const ds_model * /* or a view, or NULL */, bool is_write);
/* A new step: the deadline is commandTimeout from now, or the whole's if that is sooner. */
void operation_step(operation *);
/* Ends it: counts it, forgets the connection on DS_LOST and DS_UNREACHABLE, hands the error (with the source's name) to the
 * host, and returns `status`. When an entry fails without a sentence, one is made from the status. */
ds_status operation_end(operation *, ds_status status, ds_error *err);

#endif
