/* The conformance suite on memory, on SQLite and on a real Redis, each also masked: the same number of cases, all of
 * them passed. */
#include "command.h"
#include "redis_server.h"
#include "suite.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char program[512], redis_settings[512], sqlite_settings[256];
static redis_server *server;
#ifndef __SANITIZE_THREAD__
static unsigned first_count;
#endif

/* All groups; `only`: one. */
static unsigned passes(const char *connector, const char *settings, const char *option, const char *only)
{
    const char *argv[] = {program, connector, settings, "--only", only, option, NULL};
    const char *all[] = {program, connector, settings, option, NULL};
    command_result r = command_run(only != NULL ? argv : all, NULL);
    unsigned passed = 0, failed = 1;
    const char *last = r.out == NULL ? NULL : strstr(r.out, " passed, 0 failed\n");
    printf("\n%s%s", r.out, r.err);
    for (const char *line = r.out; line != NULL && *line != '\0'; line = strchr(line, '\n') + 1)
        sscanf(line, "%u passed, %u failed", &passed, &failed);
    CU_ASSERT_EQUAL(r.status, 0);
    CU_ASSERT_PTR_NOT_NULL(last);
    CU_ASSERT_EQUAL(failed, 0);
    command_free(&r);
    return passed;
}

static void conforms(const char *connector, const char *settings, const char *option)
{
#ifdef __SANITIZE_THREAD__ /* which is slow, and has nothing to see in the others */
    CU_ASSERT(passes(connector, settings, option, "threads") > 0);
    CU_ASSERT(passes(connector, settings, option, "queue") > 0);
#else
    unsigned passed = passes(connector, settings, option, NULL);
    CU_ASSERT(passed > 200);
    if (first_count == 0)
        first_count = passed;
    CU_ASSERT_EQUAL(passed, first_count);
#endif
}

static void memory_conforms(void)
{
    conforms("memory", "{}", NULL);
}
static void memory_conforms_when_the_library_does_the_rest(void)
{
    conforms("memory", "{}", "--masked");
}
static void memory_with_a_file_conforms(void)
{
    char *folder = folder_make(), settings[256];
    snprintf(settings, sizeof settings, "{\"file\":\"%s/records\"}", folder);
    conforms("memory", settings, NULL);
    folder_remove(folder);
}

static void sqlite_conforms(void)
{
    conforms("sqlite", sqlite_settings, NULL);
}
static void sqlite_conforms_when_the_library_does_the_rest(void)
{
    conforms("sqlite", sqlite_settings, "--masked");
}
static void sqlite_in_memory_conforms(void)
{
    conforms("sqlite", "{\"file\":\":memory:\"}", NULL);
}
static void sqlite_in_memory_conforms_when_the_library_does_the_rest(void)
{
    conforms("sqlite", "{\"file\":\":memory:\"}", "--masked");
}
static void redis_conforms(void)
{
    conforms("redis", redis_settings, NULL);
}
static void redis_conforms_when_the_library_does_the_rest(void)
{
    conforms("redis", redis_settings, "--masked");
}

/* The models of the suite say nothing of a dialect, so they speak that of their data source. */
static void redis_conforms_in(const char *dialect, const char *option)
{
    char settings[640];
    snprintf(settings, sizeof settings, "{\"url\":\"unix://%s\",\"dialect\":\"%s\"}", server->socket, dialect);
    conforms("redis", settings, option);
}
static void redis_conforms_in_the_dialect_redis_om(void)
{
    redis_conforms_in("redis-om", NULL);
}
static void redis_conforms_in_the_dialect_redis_om_masked(void)
{
    redis_conforms_in("redis-om", "--masked");
}
static void redis_conforms_in_the_dialect_loopback(void)
{
    redis_conforms_in("loopback", NULL);
}
static void redis_conforms_in_the_dialect_loopback_masked(void)
{
    redis_conforms_in("loopback", "--masked");
}

static void a_setting_that_is_wrong_is_one_sentence(void)
{
    command_result r = command_run((const char *const[]){program, "memory", "{\"colour\":1}", NULL}, NULL);
    CU_ASSERT_EQUAL(r.status, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "colour"));
    command_free(&r);
}

int main(void)
{
    static const test tests[] = {
        {"memory conforms", memory_conforms},
        {"memory conforms when the library does the rest", memory_conforms_when_the_library_does_the_rest},
        {"memory with a file conforms", memory_with_a_file_conforms},
        {"sqlite conforms", sqlite_conforms},
        {"sqlite conforms when the library does the rest", sqlite_conforms_when_the_library_does_the_rest},
        {"sqlite in memory conforms", sqlite_in_memory_conforms},
        {"sqlite in memory conforms when the library does the rest",
         sqlite_in_memory_conforms_when_the_library_does_the_rest},
        {"redis conforms", redis_conforms},
        {"redis conforms when the library does the rest", redis_conforms_when_the_library_does_the_rest},
        {"redis conforms in the dialect redis-om", redis_conforms_in_the_dialect_redis_om},
        {"redis conforms in the dialect redis-om when the library does the rest",
         redis_conforms_in_the_dialect_redis_om_masked},
        {"redis conforms in the dialect loopback", redis_conforms_in_the_dialect_loopback},
        {"redis conforms in the dialect loopback when the library does the rest",
         redis_conforms_in_the_dialect_loopback_masked},
        {"a setting that is wrong is one sentence", a_setting_that_is_wrong_is_one_sentence},
    };
    snprintf(program, sizeof program, "%s/datasource-conformance", getenv("DS_BUILDDIR"));
    server = redis_server_start(NULL);
    snprintf(redis_settings, sizeof redis_settings, "{\"url\":\"unix://%s\"}", server->socket);
    char *folder = folder_make();
    snprintf(sqlite_settings, sizeof sqlite_settings, "{\"file\":\"%s/records.db\"}", folder);
    int status = SUITE_RUN("conformance", tests);
    folder_remove(folder);
    redis_server_stop(server);
    return status;
}
