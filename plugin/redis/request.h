/* Requests from the inside: what the mapping holds of one, and the flight, what the link holds of it.
 *
 * The flight owns the encoded bytes, so that the link can go on with it when the request is gone: an orphan. Both
 * belong to the thread that holds the link's lock while they are on the link; else to the request's thread. */
#ifndef REDIS_REQUEST_H
#define REDIS_REQUEST_H

#include "connection.h"
#include "waiter.h"

#include <stdatomic.h>

typedef struct redis_flight {
    struct redis_flight *next;
    redis_request *request; /* NULL: an orphan; its replies are dropped */
    char *bytes;
    size_t length, room;
    size_t sent;     /* bytes that the system took */
    size_t touched;  /* bytes behind those that TLS may have sent some of */
    size_t end;      /* of the bytes of its turn: window.h */
    size_t ahead;    /* the first command behind its turn */
    size_t due;      /* replies to its turn that have not come */
    bool is_queued;  /* on a link */
    bool is_secret;  /* holds a password: wiped when freed */
    char first[168]; /* the bytes, while they are few */
} redis_flight;

typedef struct flight_queue {
    redis_flight *first, *last;
    redis_flight *unsent;                   /* the first that has bytes to send; NULL: all are sent */
    int64_t shared_at;                      /* when two were on it last; 0: never */
    struct redis_request *done, *last_done; /* those that were answered, or whose link was lost, to be handed out */
} flight_queue;

typedef struct command {
    size_t start; /* of its bytes */
    const redis_sink *sink;
    void *user;
    const redis_reply *reply;
    bool is_answered, is_streaming; /* the sink got something of it */
    bool is_refused;                /* for now: see request_take_refused() */
    bool is_sent;                   /* decided when the request left the link without its answer */
    ds_status failed;               /* of the sink, or for memory: the rest of the reply is dropped */
} command;

typedef struct chunk chunk;

/* Where a request is on its way through a lane. */
typedef enum berth {
    BERTH_INBOX,  /* not sent */
    BERTH_ABOARD, /* on the link */
    BERTH_OVER    /* answered, lost or refused: its own thread's again */
} berth;

typedef struct passage {
    struct redis_request *next; /* in the inbox, or of those that are done */
    place place;                /* of a follower */
    atomic_int berth;
    atomic_bool leads;
    bool is_away;      /* its thread tells events: it cannot lead */
    bool is_once;      /* for one attempt to connect, and nothing else */
    ds_status refused; /* unsent, because of request->cause */
    int64_t sent_at;   /* when it was first sent; 0: never */
} passage;

struct redis_request {
    redis *connection;
    command *commands;
    size_t count, room;
    size_t answered;            /* the first of `commands` that is not */
    size_t refused;             /* of those that are answered */
    const redis_reply *refusal; /* the words of all that were refused */
    size_t arguments_left;
    ds_status failed; /* while it was encoded */
    redis_intent intent;
    chunk *chunks;
    char *next, *end;     /* free memory of the first chunk */
    redis_flight *flight; /* NULL: none yet, or orphaned */
    ds_error cause;       /* of its end: what happened to the commands that were not answered */
    passage passage;
    command first[2]; /* the commands, while they are few */
};

/* ---- before and after a run ---- */

ds_status request_check(redis_request *request, ds_error *err); /* whole, and nothing failed */
void request_depart(redis_request *request); /* the unanswered commands are to be sent (again), from their first byte */
void request_next(redis_request *request);   /* the first unanswered command is answered */
bool request_is_answered(const redis_request *request);
bool request_is_untouched(const redis_request *request); /* of the unanswered commands nothing was sent */
/* Ends the wait for what is unanswered: decides what was sent, and tells the sink of half a reply. */
void request_settle(redis_request *request);

/* What became of a write that was sent, where the run ended with `cause`; its status. */
ds_status request_tell_unknown(const ds_error *cause, ds_error *err);

/* Of an answered request with tokens: a command that had been sent before, and was then turned away before its token was looked
 * for, has no answer, for the first copy may be done. The first of such replies; NULL: there is none. */
const redis_reply *request_doubt_repeats(redis_request *request);

/* ---- refusals ---- */

/* server_error.c: an error of a server that did not run the command, and will soon: LOADING, MASTERDOWN. */
bool redis_is_refusal(const char *text, size_t length);
/* Makes the commands of an answered request that were refused so unanswered again, and says how many there are. Those that
 * read with sinks behind the first of them are among these: their replies were dropped, so that records come in order. */
size_t request_take_refused(redis_request *request);

/* ---- flights ---- */

void flight_free(redis_flight *flight);
/* Of a request that was settled. What comes behind the last command that was begun is cut off: it was not sent, and is
 * told so. */
void flight_orphan(redis_flight *flight);
void queue_add(flight_queue *queue, redis_flight *flight, int64_t now); /* at the end */
void queue_remove(flight_queue *queue, redis_flight *flight);
/* Its request, where it is one that somebody waits for, is done. */
void queue_done(flight_queue *queue, redis_flight *flight);

#endif
