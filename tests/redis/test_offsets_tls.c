/* The same over TLS: a conversation is disturbed behind each byte until the connection is made, then behind each TLS record, and
 * behind 500 bytes that a seed chooses (DS_SEED). */
#include "certificates.h"
#include "command.h"
#include "conversation.h"
#include "process.h"
#include "random.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>

enum { QUIET_WORKERS = 12, BUSY_WORKERS = 4, SEEDED = 500, UNSTEADY = 32 };
static const proxy_fault FAULTS[] = {PROXY_CUT, PROXY_RESET, PROXY_STALL, PROXY_DELAY, PROXY_SPLIT};
enum { FAULT_COUNT = sizeof FAULTS / sizeof FAULTS[0] };

static stage where;
static proxy_count made, sizes, records; /* until it is made, and of all */

static proxy_plan plan_of(proxy_fault fault, int to_server, size_t at)
{
    return (proxy_plan){.fault = fault, .to_server = to_server == 1, .at = at, .ms = 20, .span = 3};
}

static void run(const char *what, const stage *on, const proxy_plan *plans, size_t count, size_t workers)
{
    tally told;
    conversations_run(on, plans, count, workers, &told);
    conversations_judge(what, &told);
    CU_ASSERT_EQUAL(told.runs, count);
}

static void handshake(proxy_fault fault, size_t workers)
{
    size_t count = 0;
    stage brief = where;
    brief.is_brief = true;
    proxy_plan *plans = calloc(made.bytes[0] + made.bytes[1] + 2, sizeof *plans);
    for (int to_server = 0; to_server < 2; to_server++)
        for (size_t at = 0; at <= made.bytes[to_server]; at += conversation_stride())
            plans[count++] = plan_of(fault, to_server, at);
    run(PROXY_FAULTS[fault], &brief, plans, count, workers);
    CU_ASSERT(count * conversation_stride() >= 1500);
    free(plans);
}

static void cut(void)
{
    handshake(PROXY_CUT, BUSY_WORKERS);
}

static void reset(void)
{
    handshake(PROXY_RESET, BUSY_WORKERS);
}

static void split(void)
{
    handshake(PROXY_SPLIT, BUSY_WORKERS);
}

static void delayed(void)
{
    handshake(PROXY_DELAY, BUSY_WORKERS * 2);
}

static void stalled(void)
{
    handshake(PROXY_STALL, QUIET_WORKERS);
}

static void at_records(void)
{
    size_t count = 0;
    proxy_plan *plans = calloc((records.records[0] + records.records[1]) * FAULT_COUNT, sizeof *plans);
    for (size_t i = 0; i < FAULT_COUNT; i++)
        for (int to_server = 0; to_server < 2; to_server++)
            for (size_t at = 0; at < records.records[to_server]; at++) {
                plans[count] = plan_of(FAULTS[i], to_server, at);
                plans[count++].counts_records = true;
            }
    run("behind each record", &where, plans, count, BUSY_WORKERS);
    CU_ASSERT(count >= 100);
    free(plans);
}

/* Signatures are a few bytes shorter or longer each time: the very end is left out. */
static void at_seeded_bytes(void)
{
    proxy_plan plans[SEEDED];
    size_t count = SEEDED / conversation_stride();
    for (size_t i = 0; i < count; i++) {
        int to_server = (int)random_below(2);
        size_t from = made.bytes[to_server], to = sizes.bytes[to_server] - UNSTEADY;
        plans[i] = plan_of(FAULTS[random_below(FAULT_COUNT)], to_server, from + random_below(to - from));
    }
    run("behind 500 bytes by chance", &where, plans, count, 2 * BUSY_WORKERS);
}

static redis_server *start(const char *folder)
{
    static char paths[3][256];
    snprintf(paths[0], sizeof paths[0], "%s/server.crt", folder);
    snprintf(paths[1], sizeof paths[1], "%s/server.key", folder);
    snprintf(paths[2], sizeof paths[2], "%s/ca.crt", folder);
    return redis_server_start((const char *const[]){"--tls-cert-file", paths[0], "--tls-key-file", paths[1],
                                                    "--tls-ca-cert-file", paths[2], "--tls-auth-clients", "no",
                                                    "--requirepass", "offsets", NULL});
}

static bool measure(void)
{
    return conversation_measure(&where, false, &sizes) && conversation_measure(&where, false, &sizes) &&
           conversation_measure(&where, true, &records) && connection_measure(&where, &made);
}

int main(void)
{
    static const test tests[] = {
        {"cut behind each byte until it is connected", cut},
        {"reset behind each byte until it is connected", reset},
        {"split behind each byte until it is connected", split},
        {"delayed behind each byte until it is connected", delayed},
        {"stalled behind each byte until it is connected", stalled},
        {"disturbed behind each TLS record", at_records},
        {"disturbed behind 500 bytes by chance", at_seeded_bytes},
    };
    char settings[512], *folder = folder_make();
    random_start();
    certificates_make(folder);
    redis_server *server = start(folder);
    snprintf(settings, sizeof settings, "\"password\": \"offsets\", \"tls\": {\"ca\": \"%s/ca.crt\"}", folder);
    where = (stage){.server = server,
                    .port = server->tls_port,
                    .password = "offsets",
                    .settings = settings,
                    .deadline_ms = 300,
                    .connect_ms = 100};
    bool is_fine = measure();
    int descriptors = descriptors_open(), threads = threads_alive(1);
    printf("until it is connected %zu bytes to the server and %zu to the client; in all %zu and %zu, in %zu and %zu "
           "records\n",
           made.bytes[1], made.bytes[0], sizes.bytes[1], sizes.bytes[0], records.records[1], records.records[0]);
    int status = is_fine ? SUITE_RUN("offsets over TLS", tests) : EXIT_FAILURE;
    bool is_clean = descriptors_open() == descriptors && threads_alive(threads) == threads;
    printf("at the start and at the end: %d and %d descriptors, %d and %d threads\n", descriptors, descriptors_open(),
           threads, threads_alive(threads));
    redis_server_stop(server);
    folder_remove(folder);
    return is_clean ? status : EXIT_FAILURE;
}
