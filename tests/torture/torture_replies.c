/* A million operations of 32 threads on one connection, with deadlines down to a millisecond and cancels: no reply is mixed up,
 * and nobody's haste fails another's operation. */
#include "random.h"
#include "replies.h"
#include "suite.h"

#include <stdio.h>

#define OPERATIONS 1000000

static redis_server *server;

static void no_reply_is_mixed_up(void)
{
    replies_tally tally;
    replies_run(server, OPERATIONS, &tally);
    printf("at least %d operations, 3000 timeouts, 1000 cancelled, 100 unknown, 100 stops\n", OPERATIONS);
    CU_ASSERT(tally.timeouts >= 3000);
    CU_ASSERT(tally.cancelled >= 1000);
    CU_ASSERT(tally.unknown >= 100);
    CU_ASSERT(tally.stops >= 100);
}

int main(void)
{
    static const test tests[] = {
        {"no reply is mixed up, and nobody's haste fails another's operation", no_reply_is_mixed_up},
    };
    random_start();
    server = redis_server_start((const char *const[]){"--enable-debug-command", "yes", NULL});
    int failed = SUITE_RUN("torture: replies", tests);
    redis_server_stop(server);
    return failed;
}
