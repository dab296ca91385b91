/* See crew.h. */
#include "crew.h"

#include "random.h"
#include "suite.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

double crew_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void count_status(crew_counts *counts, ds_status status, const ds_error *error)
{
    atomic_fetch_add(&counts->operations, 1);
    switch (status) {
    case DS_OK:
        atomic_fetch_add(&counts->done, 1);
        return;
    case DS_DUPLICATE:
        atomic_fetch_add(&counts->duplicates, 1);
        return;
    case DS_NOT_FOUND:
        atomic_fetch_add(&counts->missing, 1);
        return;
    case DS_CONFLICT:
        atomic_fetch_add(&counts->conflicts, 1);
        return;
    case DS_BUSY:
        atomic_fetch_add(&counts->busy, 1);
        return;
    default:
        if (atomic_fetch_add(&counts->unexpected, 1) == 0)
            snprintf(counts->message, sizeof counts->message, "%s: %s", ds_status_name(status), error->message);
    }
}

static unsigned long long stat_of(const char *json, const char *name)
{
    const char *at = strstr(json, name);
    return at == NULL ? 0 : strtoull(at + strlen(name), NULL, 10);
}

/* What has come since the last look. */
static void count_answers(crew_counts *counts, ds_source *source, unsigned long long before[2])
{
    char *json = NULL;
    if (ds_stats(source, &json, NULL) != DS_OK)
        return;
    unsigned long long held = stat_of(json, "\"held\": "), changed = stat_of(json, "\"changed\": ");
    atomic_fetch_add(&counts->held, held - before[0]);
    atomic_fetch_add(&counts->changed, changed - before[1]);
    before[0] = held;
    before[1] = changed;
    ds_free(json);
}

static void live(crew *c)
{
    ds_source *source = NULL;
    ds_model *model = NULL;
    ds_error error = {0};
    unsigned long long before[2] = {0, 0};
    ds_status status = ds_source_open("redis", c->settings, &source, &error);
    if (status == DS_OK)
        status = ds_model_define(source, c->definition, &model, &error);
    if (status != DS_OK)
        count_status(c->counts, DS_BACKEND, &error);
    for (unsigned long i = 1; status == DS_OK && !atomic_load(&c->counts->ends); i++) {
        error.message[0] = '\0';
        count_status(c->counts, c->work(model, &error), &error);
        if (i % 50 == 0)
            count_answers(c->counts, source, before);
    }
    if (source != NULL)
        count_answers(c->counts, source, before);
    ds_source_close(source);
}

static void start_one(crew *c, int i)
{
    char seed[32];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)random_bits());
    fflush(stdout);
    c->clients[i] = fork();
    CU_ASSERT_FATAL(c->clients[i] >= 0);
    if (c->clients[i] > 0)
        return;
    if (freopen("/dev/null", "w", stdout) == NULL) /* the seed of each is made of the one that is printed */
        _exit(1);
    setenv("DS_SEED", seed, 1);
    random_start();
    live(c);
    _exit(0);
}

void crew_start(crew *c, int count)
{
    c->counts = mmap(NULL, sizeof *c->counts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CU_ASSERT_FATAL(c->counts != MAP_FAILED && count <= MOST_CLIENTS);
    for (c->count = 0; c->count < count; c->count++)
        start_one(c, c->count);
}

static int await(pid_t client)
{
    int status = 0;
    while (waitpid(client, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

void crew_kill_one(crew *c)
{
    int i = (int)random_below((size_t)c->count);
    kill(c->clients[i], SIGKILL);
    int status = await(c->clients[i]);
    CU_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL); /* it has not ended by itself */
    c->kills++;
    start_one(c, i);
}

void crew_end(crew *c)
{
    atomic_store(&c->counts->ends, true);
    for (int i = 0; i < c->count; i++)
        CU_ASSERT_EQUAL(await(c->clients[i]), 0);
    c->count = 0;
}

void crew_free(crew *c)
{
    munmap(c->counts, sizeof *c->counts);
}
