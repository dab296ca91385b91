/* A server that is stopped for longer than anybody has time, with 32 threads on one connection: each call ends by its deadline
 * or with its token, nothing is answered meanwhile, and the late replies reach nobody once the server goes on. */
#include "../torture/replies.h"
#include "conversation.h"
#include "process.h"
#include "random.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>

enum { LATE_MS = 50, HANGS_MS = 5000 };
static redis_server *server;
static bool is_slow; /* valgrind */

static void stop(const int *deadlines_ms, size_t deadlines, bool cancels, bool loses_connections)
{
    replies_tally told;
    const replies_stops stops = {.stops = is_slow || loses_connections ? 1 : 3,
                                 .ends = loses_connections ? 4 : 3,
                                 .answers = is_slow ? 3 : 20,
                                 .deadlines_ms = deadlines_ms,
                                 .deadlines = deadlines,
                                 .cancels = cancels,
                                 .loses_connections = loses_connections};
    char *flushed = redis_server_command(server, "FLUSHALL");
    free(flushed);
    proxy_stop(proxy_start(server->port)); /* a sanitizer begins a thread of its own with the first */
    int descriptors = descriptors_open(), threads = threads_alive(1);
    replies_run_stopped(server, &stops, &told);
    printf("at least %u stops, %u operations that ended meanwhile, %u that were answered\n", stops.stops,
           stops.stops * stops.ends * REPLIES_THREADS, (stops.stops + 1) * stops.answers * REPLIES_THREADS);
    CU_ASSERT_EQUAL(told.stops, stops.stops);
    CU_ASSERT(told.timeouts + told.cancelled + told.unknown >= stops.stops * stops.ends * REPLIES_THREADS);
    CU_ASSERT(told.reads + told.writes >= (stops.stops + 1) * stops.answers * REPLIES_THREADS);
    CU_ASSERT(!cancels || told.cancelled >= REPLIES_THREADS);
    CU_ASSERT(loses_connections ? told.connects > 1 : told.connects == 1);
    CU_ASSERT(told.latest <= (getenv("TIMED") != NULL ? LATE_MS : HANGS_MS));
    CU_ASSERT_EQUAL(descriptors_open(), descriptors);
    CU_ASSERT_EQUAL(threads_alive(threads), threads);
}

static const int one[] = {150}, four[] = {20, 60, 130, 300};

static void with_one_deadline(void)
{
    stop(one, 1, false, false);
}

static void with_four_deadlines(void)
{
    stop(four, 4, false, false);
}

static void with_cancels(void)
{
    stop(one, 1, true, false);
    stop(four, 4, true, false);
}

static void with_connections_given_up(void)
{
    static const int longer[] = {600}, mixed[] = {60, 130, 300, 800};
    stop(longer, 1, false, true);
    stop(mixed, 4, true, true);
}

int main(void)
{
    static const test tests[] = {
        {"all that have one deadline end by it, and the late replies reach nobody", with_one_deadline},
        {"so do those of four different deadlines", with_four_deadlines},
        {"so do those that are cancelled", with_cancels},
        {"so do those whose connection is given up meanwhile", with_connections_given_up},
    };
    random_start();
    is_slow = getenv("DS_VALGRIND") != NULL;
    server = redis_server_start(NULL);
    int failed = SUITE_RUN("a stopped server", tests);
    redis_server_stop(server);
    return failed;
}
