/* A network that fails when it is told to: a thread that passes bytes on between a port of loopback and a server, and counts
 * them, until a fault is to strike behind an exact byte. Many connections at once; all functions may be called by any thread. */
#ifndef TESTS_PROXY_H
#define TESTS_PROXY_H

#include <stdbool.h>
#include <stddef.h>

typedef enum proxy_fault {
    PROXY_NONE,
    PROXY_CUT,   /* both sides meet the end of the stream; what they still send goes nowhere, and is not refused */
    PROXY_RESET, /* both sides meet a reset */
    PROXY_STALL, /* nothing more goes in this direction until proxy_release() */
    PROXY_DELAY, /* nothing more goes in this direction for `ms` */
    PROXY_SPLIT  /* the next `span` bytes go one by one, a moment apart */
} proxy_fault;
extern const char *const PROXY_FAULTS[]; /* their names */

/* Strikes once: the first connection, of those made since the plan was set, in which `at` units have passed in the direction;
 * 0: as soon as it is made. */
typedef struct proxy_plan {
    proxy_fault fault;
    bool to_server;
    bool counts_records; /* `at` counts TLS records instead of bytes */
    size_t at;
    int ms;
    size_t span;
} proxy_plan;

typedef struct proxy_count {
    size_t connections; /* that were made */
    size_t open;        /* of these, now */
    size_t bytes[2],
        records[2]; /* that have passed, to the client and to the server; records with counts_records only */
} proxy_count;

typedef struct proxy proxy;

proxy *proxy_start(int server_port); /* a test cannot go on without it: the program ends where it does not start */
void proxy_stop(proxy *);            /* resets what is open, joins, frees */
int proxy_port(const proxy *);

void proxy_set(proxy *, const proxy_plan *plan); /* and counts anew; NULL: no fault */
bool proxy_struck(proxy *);                      /* the plan's fault was met */
bool proxy_await_struck(proxy *, int ms);
proxy_count proxy_counted(proxy *);
bool proxy_await_quiet(proxy *, int ms); /* until no connection is open */

void proxy_release(proxy *);             /* what was stalled goes on, also where its sender is gone by now */
void proxy_cut_all(proxy *, bool reset); /* each connection that is open; they are when this returns */
void proxy_refuse(proxy *, bool on);     /* new connections are refused, as by a machine on which nobody listens */
void proxy_silence(proxy *, bool on);    /* nothing passes, and new connections are taken but not served */

#endif
