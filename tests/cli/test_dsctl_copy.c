/* dsctl copy, migrate, discover and explain: records come over as they are, a copy that was killed ends complete when it is
 * done again, and what a connector cannot do it says. */
#include "dsctl.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char definitions[] =
    "[{\"name\":\"All\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"text\":{\"type\":\"string\","
    "\"default\":\"none\"},\"whole\":\"integer\",\"number\":\"number\",\"yes\":\"boolean\",\"day\":\"date\",\"bytes\":"
    "\"binary\","
    "\"thing\":\"object\",\"list\":\"array\",\"some\":\"any\"}},"
    "{\"name\":\"Loose\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true,\"generated\":true},\"age\":"
    "\"integer\"},"
    "\"settings\":{\"strict\":false}},"
    "{\"name\":\"Named\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"age\":\"integer\"}}]";

/* Every type at its limits: integers and doubles at both ends, NUL and every kind of byte, the first and the last date,
 * nulls against a default, what is empty, and JSON that only looks like another type. */
static const char records[] =
    "{\"id\":\"1\",\"text\":\"\",\"whole\":9223372036854775807,\"number\":5,\"day\":\"1969-12-31T23:59:59.999Z\","
    "\"bytes\":\"\",\"thing\":{\"b\":[1,2.0,null],\"a\":9007199254740993},\"list\":[],\"some\":\"5\"}\n"
    "{\"id\":\"2\",\"text\":\"a\\u0000b\\r\\nc\",\"number\":0.1,\"yes\":false,\"bytes\":\"AAEC/w==\",\"some\":5}\n"
    "{\"id\":\"3\",\"text\":null,\"some\":5.0,\"number\":1.7976931348623157e308}\n"
    "{\"id\":\"4\",\"day\":\"0000-01-01T00:00:00.000Z\",\"number\":-1.7976931348623157e308,\"some\":true,"
    "\"list\":[null,\"\",{},[],-9223372036854775808,1e-7],\"thing\":{}}\n"
    "{\"id\":\"5\",\"day\":\"9999-12-31T23:59:59.999Z\",\"number\":5e-324,\"some\":\"null\",\"bytes\":\"AA==\"}\n"
    "{\"id\":\"6\",\"number\":-0.0,\"some\":[1,\"a\\u0000\"],\"text\":\"\\ud83c\\uddee\\u0001 \\\"\\\\\"}\n"
    "{\"id\":\"7\",\"number\":9007199254740992,\"whole\":9007199254740993,\"some\":9223372036854775807}\n"
    "{\"id\":\"8\",\"text\":null,\"whole\":null,\"yes\":null,\"day\":null,\"bytes\":null,\"list\":null}\n"
    "{\"id\":\"9\",\"whole\":0,\"number\":2.2250738585072014e-308,\"day\":\"1970-01-01T00:00:00.000Z\",\"yes\":false}\n"
    "{\"id\":\"a:b {c} \\u00e9\",\"whole\":-9223372036854775808,\"some\":{\"x\":\"\"},\"yes\":true}\n";

static const char loose[] = "{\"id\":9007199254740993,\"age\":3,\"hair\":\"\",\"n\":12}\n"
                            "{\"id\":-1,\"z\":\"\\u0000\",\"t\":true}\n{\"id\":7}\n";

static void run_ok(command_result r)
{
    if (r.status != 0)
        printf("\non %s: %s", on, r.err);
    CU_ASSERT_EQUAL(r.status, 0);
    command_free(&r);
}

static void copy_is(const char *from, const char *model, const char *to, int count)
{
    char expected[64];
    snprintf(expected, sizeof expected, "{\"copied\":%d}\n", count);
    SHOWS(dsctl(NULL, "copy", from, model, to, NULL), 0, expected);
}

/* From memory around all the others and back to it, which was emptied: each export is the first one's. */
static void is_copied_around(const char *model, int count)
{
    static const char *const ways[][2] = {{"mem", "lite"}, {"lite", "red"}, {"red", "mem"}, {"mem", "two"},
                                          {"two", "red"},  {"red", "lite"}, {"lite", "mem"}};
    char *before = dsctl_exported("mem", model);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        on = ways[i][1];
        dsctl_clear(on, model);
        copy_is(ways[i][0], model, on, count);
        char *after = dsctl_exported(on, model);
        CU_ASSERT(strcmp(before, after) == 0);
        if (strcmp(before, after) != 0)
            printf("\non %s, by way of %s:\n%.4000s\nand not:\n%.4000s", on, ways[i][0], after, before);
        free(after);
    }
    free(before);
}

static void goes_around(const char *model, const char *lines, int count)
{
    char *path = folder_write(folder, "given.jsonl", lines);
    run_ok(dsctl(NULL, "import", "mem", model, path, NULL));
    is_copied_around(model, count);
    free(path);
}

static void a_copy_around_loses_nothing(void)
{
    goes_around("All", records, 10);
    goes_around("Loose", loose, 3);
    goes_around("undefined", "{\"id\":\"x\",\"a\":\"\",\"n\":12,\"o\":{\"k\":1}}\n{\"id\":\"y z\"}\n", 2);
    /* A null stays one where the property has a default, and a sequence goes on behind the ids that came. */
    SHOWS(dsctl(NULL, "count", "two", "All", "{\"text\":null}", NULL), 0, "{\"count\":2}\n");
    command_result r = dsctl(NULL, "create", "two", "Loose", "{}", NULL);
    CU_ASSERT_STRING_EQUAL(r.out, "{\"id\":9007199254740994}\n");
    command_free(&r);
}

static void the_iso_codes_go_around(void)
{
    static const struct {
        const char *model, *file, *at;
    } parts[] = {{"Country", "/usr/share/iso-codes/json/iso_3166-1.json", "3166-1"},
                 {"Subdivision", "/usr/share/iso-codes/json/iso_3166-2.json", "3166-2"},
                 {"Language", "/usr/share/iso-codes/json/iso_639-3.json", "639-3"}};
    for (size_t i = 0; i < 3; i++) {
        command_result r = dsctl(NULL, "import", "mem", parts[i].model, parts[i].file, "--at", parts[i].at, NULL);
        unsigned count = 0;
        CU_ASSERT(r.status == 0 && sscanf(r.out, "{\"imported\":%u}", &count) == 1 && count > 200);
        command_free(&r);
        is_copied_around(parts[i].model, (int)count);
    }
}

static void a_copy_takes_the_place_of_what_is_there(void)
{
    dsctl_clear("two", "All");
    run_ok(dsctl(NULL, "create", "two", "All", "{\"id\":\"1\",\"list\":[1],\"yes\":true}", NULL));
    run_ok(dsctl(NULL, "create", "two", "All", "{\"id\":\"own\"}", NULL));
    copy_is("mem", "All", "two", 10);
    SHOWS(dsctl(NULL, "delete", "two", "All", "own", NULL), 0, "{\"deleted\":1}\n");
    char *from = dsctl_exported("mem", "All"), *to = dsctl_exported("two", "All");
    CU_ASSERT_STRING_EQUAL(from, to);
    free(from);
    free(to);
}

static void what_cannot_be_copied_is_told_and_the_rest_is_copied(void)
{
    run_ok(dsctl(NULL, "execute", "red", "HSET", "t:Named:1", "id", "1", "age", "old", NULL));
    run_ok(dsctl(NULL, "execute", "red", "HSET", "t:Named:2", "id", "2", "age", "3", NULL));
    command_result r = dsctl(NULL, "copy", "red", "Named", "mem", NULL);
    CU_ASSERT_EQUAL(r.status, 2);
    CU_ASSERT_STRING_EQUAL(r.out, "{\"copied\":1}\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "\"age\""));
    command_free(&r);
    SHOWS(dsctl(NULL, "get", "mem", "Named", "2", NULL), 0, "{\"id\":\"2\",\"age\":3}\n");
    FAILS(dsctl(NULL, "copy", "mem", "Named", "mem", NULL), 2, "\"mem\"");
    FAILS(dsctl(NULL, "copy", "mem", "Named", "nowhere", NULL), 3, "nowhere");
    FAILS(dsctl(NULL, "copy", "nowhere", "Named", "mem", NULL), 3, "nowhere");
}

/* ---- killed ---- */

#define MANY 40000

/* Something of what is copied can be seen there: records in Redis, bytes in the files of the others. */
static bool has_begun(const char *to)
{
    struct stat about;
    if (strcmp(to, "red") != 0) {
        char *path = in_folder(strcmp(to, "lite") == 0 ? "lite.db-wal" : "others");
        bool begun = stat(path, &about) == 0 && about.st_size > 700000;
        free(path);
        return begun;
    }
    char *reply = redis_server_command(server, "DBSIZE"); /* ":123\r\n" */
    bool begun = reply != NULL && *reply == ':' && strtoul(reply + 1, NULL, 10) >= MANY / 4;
    free(reply);
    return begun;
}

static char *many_records(void)
{
    char *text = malloc(MANY * 64), *at = text;
    for (size_t i = 0; i < MANY; i++)
        at += sprintf(at, "{\"id\":\"%zu\",\"whole\":%zu,\"text\":\"record %zu\"}\n", i, i, i);
    char *path = folder_write(folder, "many.jsonl", text);
    free(text);
    return path;
}

/* Nothing of it is left from before: what was deleted keeps its bytes in a file for a while. */
static void empty(const char *to)
{
    if (strcmp(to, "red") == 0)
        free(redis_server_command(server, "FLUSHALL"));
    else if (strcmp(to, "lite") == 0)
        dsctl_clear(to, "All");
    else {
        char *path = in_folder("others");
        remove(path);
        free(path);
    }
}

/* false: it was done before the signal came, as may be on a busy machine. */
static bool killed_a_copy_to(const char *to)
{
    const char *argv[] = {program, "-c", config, "-m", models, "copy", "mem", "All", to, NULL};
    pid_t pid;
    int status = 0, out = open("/dev/null", O_WRONLY | O_CLOEXEC);
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_adddup2(&quiet, out, STDOUT_FILENO);
    empty(to);
    CU_ASSERT_EQUAL_FATAL(posix_spawn(&pid, program, &quiet, NULL, (char *const *)argv, environ), 0);
    bool ended = false;
    while (!ended && !has_begun(to))
        ended = waitpid(pid, &status, WNOHANG) != 0;
    if (!ended) {
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
    }
    posix_spawn_file_actions_destroy(&quiet);
    close(out);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static void kill_a_copy_to(const char *to)
{
    int attempts = 1;
    while (!killed_a_copy_to(to) && attempts < 50)
        attempts++;
    command_result r = dsctl(NULL, "count", to, "All", NULL);
    size_t stored = strtoul(r.out + strcspn(r.out, "0123456789"), NULL, 10);
    printf("\n    killed with %zu of %d records on %s, at attempt %d", stored, MANY, to, attempts);
    CU_ASSERT(stored > 0 && stored < MANY);
    command_free(&r);
}

static void a_killed_copy_ends_complete_when_it_is_done_again(void)
{
    static const char *const targets[] = {"red", "lite", "two"};
    char *path = many_records();
    dsctl_clear("mem", "All");
    run_ok(dsctl(NULL, "import", "mem", "All", path, NULL));
    char *from = dsctl_exported("mem", "All");
    free(path);
    for (size_t i = 0; i < 3; i++) {
        on = targets[i];
        kill_a_copy_to(on);
        copy_is("mem", "All", on, MANY);
        char *to = dsctl_exported(on, "All");
        CU_ASSERT(strcmp(from, to) == 0);
        free(to);
    }
    free(from);
}

/* ---- the others ---- */

static void migrate_takes_a_model_or_all(void)
{
    on = "red";
    SHOWS(dsctl(NULL, "migrate", "red", "Named", NULL), 0, "{\"migrated\":\"Named\"}\n");
    SHOWS(dsctl(NULL, "migrate", "mem", NULL), 0,
          "{\"migrated\":\"All\"}\n{\"migrated\":\"Loose\"}\n{\"migrated\":\"Named\"}\n{\"migrated\":\"Subdivision\"}\n"
          "{\"migrated\":\"Country\"}\n{\"migrated\":\"Language\"}\n");
    FAILS(dsctl(NULL, "migrate", "nowhere", NULL), 3, "nowhere");
    SHOWS(dsctl(NULL, "migrate", "mem", "Named", "--check", NULL), 0, "{\"model\":\"Named\",\"missing\":[]}\n");
}

static void what_is_discovered_is_a_file_of_models(void)
{
    on = "red";
    run_ok(dsctl(NULL, "execute", "red", "HSET", "t:found:1", "name", "Bob", "age", "29", NULL));
    run_ok(dsctl(NULL, "execute", "red", "HSET", "t:found:2", "name", "Ann", NULL));
    command_result r = dsctl(NULL, "discover", "red", "found:*", NULL);
    CU_ASSERT_EQUAL(r.status, 0);
    char *path = folder_write(folder, "found.json", r.out);
    command_free(&r);
    SHOWS(dsctl(NULL, "-m", path, "get", "red", "found", "1", NULL), 0, "{\"id\":1,\"name\":\"Bob\",\"age\":29}\n");
    SHOWS(dsctl(NULL, "-m", path, "count", "red", "found", "{\"age\":null}", NULL), 0, "{\"count\":1}\n");
    free(path);
}

static void check_says_what_migrate_would_do(void)
{
    on = "red";
    char *path = folder_write(folder, "indexed.json",
                              "{\"name\":\"Indexed\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true},"
                              "\"age\":{\"type\":\"integer\",\"index\":true}}}");
    run_ok(dsctl(NULL, "execute", "red", "HSET", "t:Indexed:1", "age", "29", NULL));
    SHOWS(dsctl(NULL, "-m", path, "migrate", "red", "Indexed", "--check", NULL), 1,
          "{\"model\":\"Indexed\",\"missing\":[\"the index \\\"age\\\" is not there as the model defines it\"],"
          "\"records\":0}\n");
    SHOWS(dsctl(NULL, "-m", path, "migrate", "red", "Indexed", NULL), 0, "{\"migrated\":\"Indexed\"}\n");
    SHOWS(dsctl(NULL, "-m", path, "migrate", "red", "Indexed", "--check", NULL), 0,
          "{\"model\":\"Indexed\",\"missing\":[],\"records\":1}\n");
    FAILS(dsctl(NULL, "count", "red", "Named", "--check", NULL), 2, "--check");
    free(path);
}

static void what_cannot_be_discovered_is_said(void)
{
    FAILS(dsctl(NULL, "discover", "mem", NULL), 5, "memory cannot propose models");
    FAILS(dsctl(NULL, "discover", "mem", "x*", NULL), 5, "memory cannot propose models");
}

static void explain_is_json_where_nobody_reads_it(void)
{
    command_result r = dsctl(NULL, "explain", "red", "Named", "{\"where\":{\"age\":3},\"order\":\"age\"}", NULL);
    CU_ASSERT_EQUAL(r.status, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "\"library\":[\"where\",\"order\"]}\n"));
    command_free(&r);
}

int main(void)
{
    static const test tests[] = {
        {"a copy around loses nothing", a_copy_around_loses_nothing},
        {"the iso-codes go around", the_iso_codes_go_around},
        {"a copy takes the place of what is there", a_copy_takes_the_place_of_what_is_there},
        {"what cannot be copied is told, and the rest is copied", what_cannot_be_copied_is_told_and_the_rest_is_copied},
        {"a killed copy ends complete when it is done again", a_killed_copy_ends_complete_when_it_is_done_again},
        {"migrate takes a model or all", migrate_takes_a_model_or_all},
        {"what is discovered is a file of models", what_is_discovered_is_a_file_of_models},
        {"check says what migrate would do", check_says_what_migrate_would_do},
        {"what cannot be discovered is said", what_cannot_be_discovered_is_said},
        {"explain is JSON where nobody reads it", explain_is_json_where_nobody_reads_it},
    };
    char demo[512]; /* and the demo's models */
    snprintf(demo, sizeof demo, "%s/examples/demo/models.json", getenv("DS_SRCDIR"));
    char *others = file_read(demo, NULL), *all = malloc(strlen(definitions) + strlen(others) + 1);
    sprintf(all, "%.*s,%s", (int)strlen(definitions) - 1, definitions, strchr(others, '[') + 1);
    dsctl_begin(all);
    int status = SUITE_RUN("dsctl copy", tests);
    dsctl_end();
    free(others);
    free(all);
    return status;
}
