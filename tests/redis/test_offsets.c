/* A conversation is disturbed behind each of its bytes, in each way, in either direction. Whatever an operation answers then, and
 * whenever, must be true of what the server holds; the data source comes back to itself; nothing stays behind. */
#include "checker.h"
#include "conversation.h"
#include "process.h"
#include "random.h"
#include "suite.h"
#include "worlds.h"

#include <datasource/datasource.h>
#include <stdio.h>
#include <stdlib.h>

enum { QUIET_WORKERS = 40, BUSY_WORKERS = 6 };
#define PASSWORD "offsets"

static redis_server *server;
static stage where;
static proxy_count sizes;
static atomic_llong blocks; /* of memory that the library holds */

/* ---- memory ---- */

static void *counted_malloc(size_t size, void *user)
{
    (void)user;
    void *memory = malloc(size);
    atomic_fetch_add(&blocks, memory != NULL);
    return memory;
}

static void *counted_realloc(void *memory, size_t size, void *user)
{
    (void)user;
    bool is_new = memory == NULL;
    void *moved = realloc(memory, size);
    atomic_fetch_add(&blocks, is_new && moved != NULL);
    return moved;
}

static void counted_free(void *memory, void *user)
{
    (void)user;
    atomic_fetch_sub(&blocks, memory != NULL);
    free(memory);
}

/* ---- the worlds ---- */

/* What the other tests rely on: that a wrong answer is seen. */
static void wrong_answers_are_seen(void)
{
    worlds w;
    worlds_begin(&w);
    CU_ASSERT(worlds_told(&w, WRITE_CREATE, DS_TIMEOUT) && !worlds_seen(&w, STATE_1));
    worlds_begin(&w);
    CU_ASSERT(worlds_told(&w, WRITE_CREATE, DS_OK) && !worlds_seen(&w, STATE_NONE));
    worlds_begin(&w);
    CU_ASSERT(!worlds_told(&w, WRITE_CREATE, DS_DUPLICATE));
    worlds_begin(&w);
    CU_ASSERT(worlds_told(&w, WRITE_CREATE, DS_UNKNOWN_OUTCOME) && worlds_seen(&w, STATE_NONE) &&
              worlds_seen(&w, STATE_1));
    CU_ASSERT(worlds_told(&w, WRITE_INCREMENT, DS_OK) && !worlds_seen(&w, STATE_1));
    worlds_begin(&w);
    worlds_told(&w, WRITE_CREATE, DS_OK);
    worlds_told(&w, WRITE_DELETE, DS_OK);
    CU_ASSERT(!worlds_told(&w, WRITE_UPDATE, DS_OK));
    worlds_begin(&w);
    worlds_told(&w, WRITE_CREATE, DS_OK);
    worlds_told(&w, WRITE_DELETE, DS_UNKNOWN_OUTCOME);
    CU_ASSERT(worlds_told(&w, WRITE_UPDATE, DS_OK) && worlds_seen(&w, STATE_1_MARKED) && worlds_seen(&w, STATE_NONE));
    CU_ASSERT(!worlds_seen(&w, STATE_1_MARKED));
}

/* ---- the plans ---- */

static void behind_each_byte(proxy_fault fault, size_t workers)
{
    size_t count = 0;
    proxy_plan *plans = calloc(sizes.bytes[0] + sizes.bytes[1] + 2, sizeof *plans);
    tally told;
    for (int to_server = 0; to_server < 2; to_server++)
        for (size_t at = 0; at <= sizes.bytes[to_server]; at += conversation_stride())
            plans[count++] = (proxy_plan){.fault = fault, .to_server = to_server == 1, .at = at, .ms = 20, .span = 3};
    conversations_run(&where, plans, count, workers, &told);
    conversations_judge(PROXY_FAULTS[fault], &told);
    CU_ASSERT_EQUAL(told.runs, count);
    CU_ASSERT(count * conversation_stride() >= 2000); /* so long is the conversation at least */
    if (fault == PROXY_CUT || fault == PROXY_RESET || fault == PROXY_STALL)
        CU_ASSERT(told.unknown * conversation_stride() >= 500);
    free(plans);
}

static void cut(void)
{
    behind_each_byte(PROXY_CUT, BUSY_WORKERS);
}

static void reset(void)
{
    behind_each_byte(PROXY_RESET, BUSY_WORKERS);
}

static void split(void)
{
    behind_each_byte(PROXY_SPLIT, BUSY_WORKERS);
}

static void delayed(void)
{
    behind_each_byte(PROXY_DELAY, QUIET_WORKERS / 2);
}

static void stalled(void)
{
    behind_each_byte(PROXY_STALL, QUIET_WORKERS);
}

/* The same of a model with exactlyOnce: each answer is known. The deadline is one that no machine misses. */
static void exactly_once(void)
{
    static const proxy_fault faults[] = {PROXY_CUT, PROXY_RESET};
    stage once = where;
    proxy_count whole;
    size_t count = 0;
    tally told;
    once.is_once = true;
    once.deadline_ms = once.connect_ms = 5000;
    CU_ASSERT(conversation_measure(&once, false, &whole) && conversation_measure(&once, false, &whole));
    proxy_plan *plans = calloc(whole.bytes[0] + whole.bytes[1] + 2, sizeof *plans);
    for (int to_server = 0; to_server < 2; to_server++)
        for (size_t at = 0; at <= whole.bytes[to_server]; at += conversation_stride())
            plans[count++] = (proxy_plan){.fault = faults[at % 2], .to_server = to_server == 1, .at = at};
    conversations_run(&once, plans, count, BUSY_WORKERS, &told);
    conversations_judge("cut or reset, and exactly once", &told);
    CU_ASSERT_EQUAL(told.runs, count);
    CU_ASSERT_EQUAL(told.unknown, 0);
    CU_ASSERT(told.early <= told.runs / 10); /* to connect is one attempt */
    free(plans);
}

/* Scripts are sent whole to a server that does not know them: too long for each byte. */
static void with_scripts(void)
{
    const size_t runs = 400 / conversation_stride();
    tally told;
    proxy_count whole;
    proxy_plan *plans = calloc(runs, sizeof *plans);
    stage forgetful = where;
    forgetful.forgets_scripts = true;
    CU_ASSERT(conversation_measure(&forgetful, false, &whole));
    for (size_t i = 0; i < runs; i++)
        plans[i] = (proxy_plan){.fault = random_below(2) == 0 ? PROXY_CUT : PROXY_RESET,
                                .to_server = random_below(4) != 0,
                                .at = random_below(whole.bytes[1])};
    for (size_t i = 0; i < runs; i++)
        if (!plans[i].to_server)
            plans[i].at %= whole.bytes[0] + 1;
    conversations_run(&forgetful, plans, runs, 1, &told);
    printf("%zu bytes to the server, %zu to the client\n", whole.bytes[1], whole.bytes[0]);
    conversations_judge("cut or reset while scripts are sent", &told);
    CU_ASSERT(whole.bytes[1] > 4 * sizes.bytes[1]);
    free(plans);
}

/* Each byte alone, all along. */
static void bytes_alone(void)
{
    tally told;
    proxy_plan plans[] = {{.fault = PROXY_SPLIT, .to_server = true, .span = SIZE_MAX},
                          {.fault = PROXY_SPLIT, .to_server = false, .span = SIZE_MAX}};
    stage patient = where;
    patient.deadline_ms = patient.connect_ms = 20000;
    conversations_run(&patient, plans, 2, 2, &told);
    conversations_judge("each byte alone", &told);
    CU_ASSERT_EQUAL(told.operations, told.done);
}

static void indexes_agree(void)
{
    static const checked_index indexes[] = {{"email", true, {{"email", 's', false}}, 1},
                                            {"city", false, {{"city", 's', false}}, 1}};
    static const checked_model model = {CONVERSATION_PREFIX "Thing", NULL, false, indexes, 2};
    redisContext *raw = redisConnectUnix(server->socket);
    freeReplyObject(redisCommand(raw, "AUTH " PASSWORD));
    checked found = checker_run(raw, &model);
    printf("%zu records are left, with %zu entries and %zu claims\n", found.records, found.entries, found.claims);
    CU_ASSERT_EQUAL(found.faults, 0);
    redisFree(raw);
}

int main(void)
{
    static const test tests[] = {
        {"a wrong answer fits in no world", wrong_answers_are_seen},
        {"cut behind each byte", cut},
        {"reset behind each byte", reset},
        {"split behind each byte", split},
        {"split everywhere", bytes_alone},
        {"cut or reset while scripts are sent", with_scripts},
        {"cut or reset behind each byte, exactly once", exactly_once},
        {"delayed behind each byte", delayed},
        {"stalled behind each byte, and released later", stalled},
        {"what is left of all that is whole", indexes_agree},
    };
    static const ds_allocator counted = {
        .size = sizeof counted, .malloc = counted_malloc, .realloc = counted_realloc, .free = counted_free};
    random_start();
    server = redis_server_start((const char *const[]){"--requirepass", PASSWORD, NULL});
    where = (stage){.server = server,
                    .port = server->port,
                    .password = PASSWORD,
                    .settings = "\"password\": \"" PASSWORD "\", \"clientName\": \"offsets\"",
                    .deadline_ms = 150,
                    .connect_ms = 60};
    ds_set_allocator(&counted, NULL);
    /* The first one teaches the server its scripts, and leaves in the process what stays. */
    bool is_fine = conversation_measure(&where, false, &sizes) && conversation_measure(&where, false, &sizes);
    long long blocks_before = blocks;
    int descriptors = descriptors_open(), threads = threads_alive(1);
    printf("%zu bytes to the server, %zu to the client\n", sizes.bytes[1], sizes.bytes[0]);
    int status = is_fine ? SUITE_RUN("offsets", tests) : EXIT_FAILURE;
    bool is_clean = blocks == blocks_before && descriptors_open() == descriptors && threads_alive(threads) == threads;
    printf("at the start and at the end: %lld and %lld blocks, %d and %d descriptors, %d and %d threads\n",
           blocks_before, (long long)blocks, descriptors, descriptors_open(), threads, threads_alive(threads));
    redis_server_stop(server);
    return is_clean ? status : EXIT_FAILURE;
}
