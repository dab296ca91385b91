/* A conversation of a data source with a server behind a proxy that disturbs it: connect, create, find, increment, update,
 * delete. Many at once, each with one fault; all that each operation answers is compared with what the server holds. */
#ifndef TESTS_CONVERSATION_H
#define TESTS_CONVERSATION_H

#include "proxy.h"
#include "redis_server.h"

#include <stdatomic.h>
#include <stdint.h>

#define CONVERSATION_PREFIX "o:"
extern const char CONVERSATION_MODEL[];

typedef struct stage {
    const redis_server *server;
    int port;             /* of the server, which the proxies stand before */
    const char *password; /* for a raw look at the server; NULL: none */
    const char *settings; /* members, but for port, keyPrefix, and the timeouts */
    int deadline_ms;      /* of an operation */
    int connect_ms;       /* of an attempt to connect */
    bool is_once;         /* the model asks for exactlyOnce */
    bool is_brief;        /* a conversation is connect, create, find, delete */
    bool forgets_scripts; /* the server, before each conversation: one worker only */
} stage;

typedef struct tally {
    atomic_ullong runs, operations, done, unknown, early; /* early: nothing was changed, in time or otherwise */
    atomic_ullong faults, missed; /* what was wrong; conversations that their fault did not meet */
    atomic_ullong astray;         /* those that lost their connection before, for another reason */
    atomic_ullong retried;        /* conversations after which more than one find was needed */
    atomic_long tries;            /* finds that were needed, at most */
    int64_t latest;               /* ns past the deadline, at most */
    char latest_one[160];         /* which that was */
    double seconds;
} tally;

/* One undisturbed conversation; false where it is not as it should be. */
bool conversation_measure(const stage *where, bool counts_records, proxy_count *out);
/* The same of a connection that is made, and not used. */
bool connection_measure(const stage *where, proxy_count *out);
/* One conversation with each plan, `workers` at once. Prints the first things that are wrong. */
void conversations_run(const stage *where, const proxy_plan *plans, size_t count, size_t workers, tally *out);
/* Prints it, and asserts what holds for any: no fault, none missed, and, with TIMED=1, no operation that ended later than 50 ms past
 * its deadline. */
void conversations_judge(const char *what, const tally *of);

/* 1; under valgrind, which makes a conversation a hundred times slower, every so many-th byte has to do. */
size_t conversation_stride(void);

#endif
