/* What torture_replies does a million times, a few thousand times: for each test run, and for the sanitizers. */
#include "../torture/replies.h"
#include "conversation.h"
#include "random.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>

static redis_server *server;

static void no_reply_is_mixed_up(void)
{
    replies_tally told;
    proxy_stop(proxy_start(server->port)); /* a sanitizer begins a thread of its own with the first */
    int descriptors = descriptors_open(), threads = threads_alive(1);
    replies_run(server, getenv("DS_VALGRIND") == NULL ? 20000 : 1000, &told);
    CU_ASSERT(told.stops >= 5);
    CU_ASSERT(told.timeouts + told.cancelled + told.unknown >= 100);
    CU_ASSERT_EQUAL(descriptors_open(), descriptors);
    CU_ASSERT_EQUAL(threads_alive(threads), threads);
}

int main(void)
{
    static const test tests[] = {
        {"no reply is mixed up, and nobody's haste fails another's operation", no_reply_is_mixed_up},
    };
    random_start();
    server = redis_server_start((const char *const[]){"--enable-debug-command", "yes", NULL});
    int failed = SUITE_RUN("shared replies", tests);
    redis_server_stop(server);
    return failed;
}
