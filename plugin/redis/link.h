/* One socket to a server: the state machine from closed to ready, and the flights that are on it.
 *
 * It never blocks: who drives it polls what link_poll_for() says, and then calls link_work(). All is under the lane's lock,
 * but is_open, is_ready and said. */
#ifndef REDIS_LINK_H
#define REDIS_LINK_H

#include "events.h"
#include "reply.h"
#include "socket.h"

#include <stdatomic.h>

typedef enum link_state {
    LINK_CLOSED,
    LINK_REACHING, /* name look-up, connect(2) */
    LINK_SECURING, /* TLS */
    LINK_GREETING, /* AUTH, SELECT, CLIENT SETNAME, PING */
    LINK_LOADING,  /* the server takes no commands yet: PING again and again, and then the greeting anew */
    LINK_READY
} link_state;

typedef struct link_counters {
    _Atomic uint64_t sent, received, connects;
} link_counters;

typedef struct redis_link {
    const redis_config *config;
    event_queue *events; /* NULL: told to nobody */
    link_counters *counters;
    link_state state;
    atomic_bool is_open, is_ready; /* for other threads */
    dialer dialer;
    transport transport;
    decoder *decoder;
    flight_queue queue;
    redis_request *own;       /* the greeting, or a PING */
    atomic_uint said;         /* login.turn, or an earlier one, of the credentials that were said last in a greeting */
    char *buffer;             /* of what is read */
    int64_t connect_deadline; /* of the attempt, whoever drives it */
    int64_t ping_at;          /* LINK_LOADING: when it is asked again; INT64_MAX: the answer is awaited */
    int64_t heard;            /* when something came last, or was first awaited */
    int64_t ready_at;         /* when it became ready last */
    ds_error cause;           /* why it was closed last, or takes no commands yet */
    bool is_final;            /* to connect again would fail alike */
} redis_link;

void link_init(redis_link *link, const redis_config *config, event_queue *events, link_counters *counters);
void link_free(redis_link *link);

void link_open(redis_link *link);  /* begins to connect; may fail at once: state and cause say so */
void link_close(redis_link *link); /* without a cause: the host wants it */
/* In the child of a fork: closed without a byte sent, and told to nobody, since the connection is the parent's.
 * `is_whole`: no thread was at work on it. Otherwise what it holds may be half made, and is left as it is. */
void link_forget(redis_link *link, bool is_whole);
/* Closes it because of `cause`; all flights leave it, those of requests unanswered. */
void link_fail(redis_link *link, const ds_error *cause);
void link_give_up(redis_link *link, ds_status status, const char *what); /* the server at WHERE <what> */

void link_add(redis_link *link, redis_flight *flight, int64_t now); /* ready: to be sent by one of the next two */
void link_send(redis_link *link);                                   /* what can be sent at once */
/* The same, for one who does not drive it: a failure is left to the driver, who may be polling the descriptor. False: the
 * driver has something to do. */
bool link_send_beside(redis_link *link);
/* Takes a flight off, or leaves an orphan: the command that was begun is sent to its end, and nothing behind it. */
void link_abandon(redis_link *link, redis_flight *flight);

/* What to wait for, and until when. */
void link_poll_for(const redis_link *link, struct pollfd *out, int64_t *wake);
/* What can be done after that; `revents` is poll(2)'s. */
void link_work(redis_link *link, short revents);
ds_status link_check_call(const ds_call *call); /* as ds_call_check(), but leaves the error alone */
/* Replies that nobody waits for any more are due, and have been for a while: what is not sent yet should stay so. */
bool link_is_suspect(const redis_link *link);
/* Reads what has come unasked: a ready link that was closed by the peer is noticed. */
void link_look(redis_link *link);

/* handshake.c: what is said first on each connection. */
ds_status greeting_begin(redis_link *link, ds_error *err);
/* *is_loading: it failed, but the server says that it only takes no commands yet. Of the PING of a link that loads, too. */
ds_status greeting_end(redis_link *link, bool *is_loading, ds_error *err);
ds_status ping_begin(redis_link *link, ds_error *err);

#endif
