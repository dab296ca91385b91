/* Every example is run, on memory and, where it takes a data source, on Redis too; what it prints is what
 * examples/expected has. */
#include "command.h"
#include "redis_server.h"
#include "suite.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static redis_server *server;

typedef enum place { MEMORY = 1, REDIS = 2, BOTH = 3 } place;

static const struct example {
    const char *name;
    place runs_on; /* the same output on both */
} examples[] = {
    {"allocator", MEMORY},   {"batches", BOTH},         {"catalog", MEMORY},
    {"crud", BOTH},          {"errors", BOTH},          {"execute", MEMORY},
    {"expiry", BOTH},        {"filters", BOTH},         {"hello", BOTH},
    {"import_export", BOTH}, {"setup", MEMORY},         {"iso_codes", 0}, /* below */
    {"models", MEMORY},      {"own_connector", MEMORY}, {"paging", BOTH},
    {"reconnect", MEMORY},   {"schemaless", BOTH},      {"threads_and_cancel", BOTH},
    {"upsert", BOTH},        {"values", MEMORY},        {"watch", BOTH},
    {"credentials", MEMORY}, {"loop_epoll", BOTH},      {"loop_libuv", 0}, /* below */
};
enum { EXAMPLES = sizeof examples / sizeof examples[0] };

static char *at_source(const char *name, size_t *length)
{
    char path[512];
    snprintf(path, sizeof path, "%s/examples/%s", getenv("DS_SRCDIR"), name);
    return file_read(path, length);
}

static command_result run(const char *name, const char *const *arguments)
{
    char program[512];
    const char *argv[8] = {program};
    snprintf(program, sizeof program, "%s/examples/%s", getenv("DS_BUILDDIR"), name);
    for (size_t i = 0; arguments != NULL && i < 6 && arguments[i] != NULL; i++)
        argv[i + 1] = arguments[i];
    return command_run(argv, NULL);
}

static void prints(const char *name, const char *settings, const char *expected_name)
{
    char path[128];
    command_result r = run(name, settings == NULL ? NULL : (const char *[]){settings, NULL});
    snprintf(path, sizeof path, "expected/%s.txt", expected_name);
    char *expected = at_source(path, NULL);
    bool same = r.status == 0 && expected != NULL && r.out != NULL && strcmp(r.out, expected) == 0;
    if (!same)
        printf("\n    %s%s ended with %d, printed:\n%s%s    and not examples/%s:\n%s", name,
               settings == NULL ? "" : " on Redis", r.status, r.out, r.err, path, expected == NULL ? "" : expected);
    CU_ASSERT(same);
    free(expected);
    command_free(&r);
}

/* Each has keys of its own. */
static void settings_of(char settings[256], const char *name)
{
    snprintf(settings, 256, "{\"connector\": \"redis\", \"url\": \"unix://%s\", \"keyPrefix\": \"%s:\"}",
             server->socket, name);
}

static void each_prints_on_memory_what_is_expected(void)
{
    for (size_t i = 0; i < EXAMPLES; i++)
        if ((examples[i].runs_on & MEMORY) != 0)
            prints(examples[i].name, NULL, examples[i].name);
}

static void each_that_takes_a_data_source_prints_the_same_on_redis(void)
{
    char settings[256];
    for (size_t i = 0; i < EXAMPLES; i++)
        if ((examples[i].runs_on & REDIS) != 0) {
            settings_of(settings, examples[i].name);
            prints(examples[i].name, settings, examples[i].name);
        }
    settings_of(settings, "execute");
    prints("execute", settings, "execute-redis"); /* memory has no language */
    settings_of(settings, "credentials");
    prints("credentials", settings, "credentials-redis"); /* nor users */
}

/* Errors are for a person too: a sentence each on stderr, one for every status but DS_OK on stdout. */
static void errors_says_each_failure_in_one_sentence(void)
{
    size_t failures = 0, sentences = 0;
    command_result r = run("errors", NULL);
    for (char *at = strstr(r.out, ": DS_"); at != NULL; at = strstr(at + 1, ": DS_"))
        failures += strncmp(at, ": DS_OK", 7) != 0;
    for (char *at = strchr(r.err, '\n'); at != NULL; at = strchr(at + 1, '\n'))
        sentences++;
    CU_ASSERT(failures > 5);
    CU_ASSERT_EQUAL(sentences, failures);
    command_free(&r);
}

/* The demo's host program with one of its configurations. */
static command_result run_demo(const char *backend)
{
    char sources[512], models[512];
    snprintf(sources, sizeof sources, "%s/examples/demo/%s.json", getenv("DS_SRCDIR"), backend);
    snprintf(models, sizeof models, "%s/examples/demo/models.json", getenv("DS_SRCDIR"));
    command_result r = run("iso_codes", (const char *[]){sources, models, "/usr/share/iso-codes/json", NULL});
    if (r.status != 0)
        printf("\non %s: %s", backend, r.err);
    CU_ASSERT_EQUAL(r.status, 0);
    return r;
}

static void the_iso_codes_give_the_same_on_memory_sqlite_and_redis(void)
{
    static const char *const others[] = {"sqlite", "redis"};
    char *folder = folder_make();
    setenv("DEMO_FOLDER", folder, 1);
    setenv("DEMO_SOCKET", server->socket, 1);
    command_result first = run_demo("memory");
    CU_ASSERT(first.out_length > 100000);
    for (size_t i = 0; i < 2; i++) {
        command_result other = run_demo(others[i]);
        CU_ASSERT(first.out_length == other.out_length && memcmp(first.out, other.out, first.out_length) == 0);
        command_free(&other);
    }
    command_free(&first);
    folder_remove(folder);
}

/* Its numbers are this machine's: that the queue costs no more than a tenth on Redis, and that the loop was never held for long,
 * is asserted with TIMED=1 alone. */
static void loops_on_libuv(const char *settings, const char *finds, int rounds_finds, bool is_judged)
{
#ifdef WITH_LIBUV
    double queued = 0, direct = 0, ratio = 0, held = 1e9;
    int counted = 0;
    command_result r = run("loop_libuv", (const char *[]){settings, finds, NULL});
    printf("\n%s%s", r.out, r.err);
    CU_ASSERT_EQUAL(r.status, 0);
    CU_ASSERT_EQUAL(
        sscanf(r.out,
               "through a queue of 8 threads, 100 in flight: %lf finds a second\n8 threads that call directly: %lf "
               "finds a second\nthat is %lf times as many; of %d finds each, in 5 rounds\nthe loop was held for "
               "%lf ms at most",
               &queued, &direct, &ratio, &counted, &held),
        5);
    CU_ASSERT_EQUAL(counted, rounds_finds);
    CU_ASSERT(queued > 0 && direct > 0);
    if (is_judged && getenv("TIMED") != NULL) {
        CU_ASSERT(ratio >= 0.9);
        CU_ASSERT(held <= 5);
    }
    command_free(&r);
#else
    (void)settings, (void)finds, (void)rounds_finds, (void)is_judged;
    printf("\n    libuv is not here: loop_libuv was NOT run");
#endif
}

static void a_loop_on_libuv_keeps_100_finds_in_flight(void)
{
    char settings[256];
    settings_of(settings, "loop_libuv");
    loops_on_libuv("{\"connector\": \"memory\"}", "1500", 7500, false);
    loops_on_libuv(settings, getenv("TIMED") != NULL ? "10000" : "1500", getenv("TIMED") != NULL ? 50000 : 7500, true);
}

static bool is_known(const char *file)
{
    for (size_t i = 0; i < EXAMPLES; i++)
        if (strlen(examples[i].name) == strcspn(file, ".") && strncmp(examples[i].name, file, strcspn(file, ".")) == 0)
            return true;
    return false;
}

static void every_program_in_examples_is_run_here(void)
{
    char path[512];
    size_t programs = 0;
    snprintf(path, sizeof path, "%s/examples", getenv("DS_SRCDIR"));
    DIR *folder = opendir(path);
    CU_ASSERT_PTR_NOT_NULL_FATAL(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        const char *end = strrchr(entry->d_name, '.');
        if (end == NULL || (strcmp(end, ".c") != 0 && strcmp(end, ".cpp") != 0))
            continue;
        programs++;
        if (!is_known(entry->d_name)) {
            printf("\n    examples/%s is run by no test", entry->d_name);
            CU_FAIL("an example that is not known");
        }
    }
    closedir(folder);
    CU_ASSERT_EQUAL(programs, EXAMPLES);
}

int main(void)
{
    static const test tests[] = {
        {"every program in examples is run here", every_program_in_examples_is_run_here},
        {"each prints on memory what is expected", each_prints_on_memory_what_is_expected},
        {"each that takes a data source prints the same on Redis",
         each_that_takes_a_data_source_prints_the_same_on_redis},
        {"errors says each failure in one sentence", errors_says_each_failure_in_one_sentence},
        {"the iso-codes give the same on memory, SQLite and Redis",
         the_iso_codes_give_the_same_on_memory_sqlite_and_redis},
        {"a loop on libuv keeps 100 finds in flight", a_loop_on_libuv_keeps_100_finds_in_flight},
    };
    server = redis_server_start(NULL);
    int status = SUITE_RUN("examples", tests);
    redis_server_stop(server);
    return status;
}
