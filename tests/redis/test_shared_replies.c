/* What torture_replies does a million times: some thousand times in each test run, and more with a sanitizer. */
#include "../torture/replies.h"
#include "conversation.h"
#include "process.h"
#include "random.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>

static redis_server *server;

static unsigned long long operations(void)
{
    const char *sanitized = getenv("DS_SANITIZED");
    if (getenv("DS_VALGRIND") != NULL)
        return 1000;
    return sanitized != NULL && *sanitized != '\0' ? 100000 : 20000;
}

static void no_reply_is_mixed_up(void)
{
    replies_tally told;
    proxy_stop(proxy_start(server->port)); /* a sanitizer begins a thread of its own with the first */
    int descriptors = descriptors_open(), threads = threads_alive(1);
    replies_run(server, operations(), &told);
    printf("at least %llu operations, 5 stops, 100 that failed by their own haste\n", operations());
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
