/* Many threads on one data source, in a hurry: deadlines down to a millisecond, and cancels at any moment, while the server
 * stops for a few milliseconds again and again. Each reply is checked against what was asked. */
#ifndef TORTURE_REPLIES_H
#define TORTURE_REPLIES_H

#include "redis_server.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct replies_tally {
    atomic_ullong operations, patient; /* that were begun; those without a short deadline or a cancel token */
    atomic_ullong reads, writes;       /* that were answered */
    atomic_ullong timeouts, cancelled, unknown;
    atomic_ullong mixed; /* another answer than was asked for */
    atomic_ullong
        dragged; /* a patient operation that failed, or one that failed in another way than its own haste explains */
    unsigned long long stops; /* of the server */
    unsigned connects;        /* to it */
    double seconds;
    double latest; /* ms that an operation ended past its deadline, at most */
} replies_tally;

enum { REPLIES_THREADS = 32, REPLIES_SILENCE_MS = 1000 };

/* The server must have been started with --enable-debug-command yes. So many operations, in all. Asserts that nothing was mixed
 * up, nothing dragged along, no increment lost or done twice, and prints the tally. */
void replies_run(const redis_server *server, unsigned long long operations, replies_tally *out);

/* A server that is stopped (SIGSTOP) for longer than any deadline, again and again. */
typedef struct replies_stops {
    unsigned stops;
    unsigned ends;    /* operations of each thread that begin and end while it is stopped */
    unsigned answers; /* operations of each thread, before it stops and once it goes on, that have time */
    const int *deadlines_ms;
    size_t deadlines;       /* how many different ones */
    bool cancels;           /* half of what is under way then has no deadline, but is cancelled */
    bool loses_connections; /* commandTimeout is REPLIES_SILENCE_MS, so that the connection is given up */
} replies_stops;

/* The same for such a server. Asserts as well that nothing is answered while it is stopped. */
void replies_run_stopped(const redis_server *server, const replies_stops *stops, replies_tally *out);

#endif
