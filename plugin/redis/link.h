/* One socket to a server: the state machine from closed to ready, and the flights that are on it.
 *
 * It never blocks: whoever waits calls link_wait(), which drives it with poll(2). All functions but link_is_open() and
 * link_is_ready() belong to the thread that has the turn (gate.h). */
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
    redis_request *own;       /* the greeting, or the PING of an idle link */
    char *buffer;             /* of what is read */
    int64_t connect_deadline; /* of the attempt, whoever drives it */
    int64_t heard;            /* when something came last, or was first awaited */
    int64_t ready_at;         /* when it became ready last */
    ds_error cause;           /* why it was closed last */
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

void link_add(redis_link *link, redis_flight *flight); /* ready: sends what can be sent at once */
/* Takes a flight off, or leaves an orphan: the command that was begun is sent to its end, and nothing behind it. */
void link_abandon(redis_link *link, redis_flight *flight);

/* One round of poll(2) and of what can be done after it. DS_TIMEOUT and DS_CANCELLED are the call's, without a
 * sentence. */
ds_status link_wait(redis_link *link, const ds_call *call, int64_t until);
ds_status link_check_call(const ds_call *call); /* as ds_call_check(), but leaves the error alone */
/* Reads what has come unasked: a ready link that was closed by the peer is noticed. */
void link_look(redis_link *link);

/* handshake.c: what is said first on each connection. */
ds_status greeting_begin(redis_link *link, ds_error *err);
ds_status greeting_end(redis_link *link, ds_error *err);
ds_status ping_begin(redis_link *link, ds_error *err);

#endif
