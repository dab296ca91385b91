/* Data sources from the inside: the seam between their life (catalog.c, loader.c, source.c, ...) and the operations
 * (find.c, write.c, ...). */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

#include "config/config.h"
#include "query/query.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct source_event source_event;

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
    pthread_mutex_t lock;       /* of the list of models, of the life and of the events */
    pthread_cond_t changed;     /* the life changed: the monotonic clock's */
    bool changing;              /* a thread, the changer, is in connect() or disconnect() */
    pthread_t changer;          /* while `changing` */
    bool reached;               /* connect() was DS_OK since the last disconnect(), which is due then */
    _Atomic bool connected;     /* connect() was DS_OK, and no operation has lost it since */
    _Atomic uint64_t connects;  /* counts them, so that an operation does not give up a later connection than its own */
    _Atomic bool disconnected;  /* by ds_disconnect(), so that operations are refused */
    _Atomic unsigned under_way; /* operations */
    _Atomic uint64_t generation;            /* counts disconnects, so that a cursor knows that its scan is dead */
    source_event *first_event, *last_event; /* that are not told yet */
    bool telling;                           /* a thread, the teller, tells them */
    pthread_t teller;                       /* while `telling` */
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
/* Names the data source in an error: in its sentence, and in its `source`. The error may be NULL. */
void error_of_source(ds_error *, const char *name);
/* src/source/events.c: the lock is held */
void source_event_add(ds_source *, ds_event, const ds_error *cause);
/* Tells the host what is in the queue; no lock is held. */
void source_events_tell(ds_source *);
void source_events_free(ds_source *);
/* src/source/life.c: connects unless it stands; the deadline is the call's. Of an operation that is under way. */
ds_status life_connect(ds_source *, ds_call *);
/* The sentence for an operation on a source that was disconnected. */
ds_status life_refuse(ds_error *);
/* Before the source is freed: disconnects for good, and tells the host. */
void life_end(ds_source *);
/* An operation on connection number `connects` found it lost. */
void life_lose(ds_source *, uint64_t connects, const ds_error *cause);
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
    int64_t whole;     /* the deadline of a view's timeout; DS_NO_DEADLINE without */
    uint64_t connects; /* the source's when it began */
    bool lost;         /* an entry said that the connection is, whatever the operation answers */
    bool counted;      /* as under way */
    bool began;        /* it was admitted and connected */
} operation;

/* What a host passes: DS_INVALID where it makes no sense. */
ds_status options_check(const ds_options *, ds_error *);
/* Refuses a source that was disconnected, a write to a read-only one; connects if need be (operation_step's deadline). */
ds_status operation_begin(operation *, ds_source *, const ds_model * /* or a view, or NULL */, bool is_write);
/* Of several models: the caller names op->model as it goes. */
ds_status operation_begin_many(operation *, ds_source *, const ds_options *, bool is_write);
/* A new step: the deadline is commandTimeout from now, or the whole's if that is sooner. */
void operation_step(operation *);
void operation_no_step(operation *); /* the deadline is the whole's */
/* After an entry of many writes, whose failure may not be the operation's: so that a lost connection is forgotten. */
void operation_note(operation *, ds_status entry);
/* Ends it: counts it, forgets the connection on DS_LOST and DS_UNREACHABLE, hands the error (with the source's name) to the
 * host, and returns `status`. When an entry fails without a sentence, one is made from the status. */
ds_status operation_end(operation *, ds_status status, ds_error *err);

#endif
