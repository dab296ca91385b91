/* Data sources from the inside: the seam between their life (catalog.c, loader.c, source.c, ...) and the operations
 * (find.c, write.c, ...). */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

#include "config/config.h"
#include "query/query.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct stats {
    _Atomic uint64_t operations, errors, nanoseconds;
    _Atomic uint64_t records_read, records_written; /* counted by the operations */
} stats;

struct ds_source {
    char *name;
    const ds_connector *connector; /* a full table: what a smaller one lacks is NULL */
    settings *settings;
    void *connection;
    int64_t command_timeout_ms; /* 0: none */
    int64_t connect_timeout_ms; /* of ds_connect(); 0: none */
    bool read_only;
    const ds_catalog *catalog; /* where ds_source_model() looks for definitions; NULL: nowhere */
    ds_source *next;           /* in the catalog's list */
    ds_model *models;
    pthread_mutex_t lock;        /* of the list of models and of the life below */
    pthread_cond_t changed;      /* the life changed: the monotonic clock's */
    bool changing;               /* a thread is in connect() or disconnect() */
    _Atomic bool connected;      /* connect() was DS_OK */
    _Atomic bool disconnected;   /* by ds_disconnect(), so that operations are refused */
    _Atomic unsigned under_way;  /* operations */
    _Atomic uint64_t generation; /* counts disconnects, so that a cursor knows that its scan is dead */
    ds_event_handler *handler;
    void *handler_user;
    ds_reconnect_strategy *strategy;
    void *strategy_user;
    stats stats;
};

/* src/source/source.c: takes the settings over, on success and on failure */
ds_status source_make(const char *name, const ds_connector *connector, settings *settings, const ds_catalog *catalog,
                      ds_source **out, ds_error *);
void source_free(ds_source *);
/* src/source/life.c: connects unless it stands; the deadline is the call's */
ds_status life_connect(ds_source *, ds_call *);
/* src/source/models.c: the handle of a definition on a source, made if need be. `owned`: the source is to free the definition;
 * it does so at once where there is a handle already, or on failure. */
ds_status model_on(ds_source *, definition *, bool owned, ds_model **out, ds_error *);
void models_free(ds_source *);
/* src/source/catalog.c: NULL where there is none of that name */
definition *catalog_definition(const ds_catalog *, const char *name);

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
    int64_t whole; /* the deadline of a view's timeout; DS_NO_DEADLINE without */
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
