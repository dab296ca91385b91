/* What the documents show works: the README's program is compiled and run on the README's configuration, the programs of
 * the man page are compiled, and the other JSON is read. */
#include <datasource/datasource.h>

#include "command.h"
#include "redis_server.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *folder;
static ds_error error;

static char *document(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", getenv("DS_SRCDIR"), name);
    char *text = file_read(path, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    return text;
}

/* The text between two lines, number `n` of its kind, for free(); NULL where there are fewer. */
static char *block(const char *text, const char *first, const char *last, unsigned n)
{
    const char *start = text;
    for (unsigned i = 0; start != NULL && i <= n; i++)
        start = (start = strstr(start, first)) == NULL ? NULL : start + strlen(first);
    const char *end = start == NULL ? NULL : strstr(start, last);
    return end == NULL ? NULL : strndup(start, (size_t)(end - start) + 1);
}

/* Puts `with` in place of the first `what` that stands in it. */
static char *replaced(char *text, const char *what, const char *with)
{
    char *at = strstr(text, what), *out = calloc(1, strlen(text) + strlen(with) + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    sprintf(out, "%.*s%s%s", (int)(at - text), text, with, at + strlen(what));
    free(text);
    return out;
}

/* As man shows it: \e, \-, \(aq and \& are groff's. */
static void plain(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0';) {
        if (*from != '\\') {
            *to++ = *from++;
            continue;
        }
        bool is_quote = strncmp(from, "\\(aq", 4) == 0;
        if (from[1] != '&')
            *to++ = (char)(is_quote ? '\'' : from[1] == 'e' ? '\\' : from[1]);
        from += is_quote ? 4 : 2;
    }
    *to = '\0';
}

/* A part of a program as a whole one: what it includes stays outside of main(). */
static char *wrapped(const char *part)
{
    size_t head = 0;
    while (strncmp(part + head, "#include", 8) == 0 || part[head] == '\n')
        head += strcspn(part + head, "\n") + 1;
    char *program = calloc(1, strlen(part) + 128);
    sprintf(program, "%.*s#include <stdio.h>\nint main(void)\n{\n%sreturn 0;\n}\n", (int)head, part, part + head);
    return program;
}

/* Compiles it as a host would, with warnings as errors, into the folder. */
static void compiles(const char *program)
{
    char command[2048];
    char *source = folder_write(folder, "host.c", program);
    const char *build = getenv("DS_BUILDDIR"), *sanitize = getenv("DS_SANITIZED");
    snprintf(command, sizeof command,
             "${CC:-cc} -std=c11 -Wall -Wextra -Werror %s -I'%s/include' -o '%s/host' '%s' -L'%s/.libs' "
             "-Wl,-rpath,'%s/.libs' -ldatasource",
             sanitize == NULL ? "" : sanitize, getenv("DS_SRCDIR"), folder, source, build, build);
    command_result r = command_run((const char *[]){"sh", "-c", command, NULL}, NULL);
    if (r.status != 0)
        printf("\n%s%s\n%s", r.out, r.err, program);
    CU_ASSERT_EQUAL(r.status, 0);
    command_free(&r);
    free(source);
}

/* In the folder, where datasources.json is. */
static void runs(void)
{
    char command[512];
    snprintf(command, sizeof command, "cd '%s' && ./host", folder);
    command_result r = command_run((const char *[]){"sh", "-c", command, NULL}, NULL);
    if (r.status != 0 || r.err[0] != '\0')
        printf("\n%s%s", r.out, r.err);
    CU_ASSERT_EQUAL(r.status, 0);
    CU_ASSERT_STRING_EQUAL(r.err, "");
    command_free(&r);
}

static void configure(const char *json)
{
    free(folder_write(folder, "datasources.json", json));
}

static void the_program_of_the_readme_runs_on_its_configuration(void)
{
    char *readme = document("README.md"), port[16];
    char *part = block(readme, "\n```c\n", "\n```\n", 0), *json = block(readme, "\n```json\n", "\n```\n", 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(part);
    CU_ASSERT_PTR_NOT_NULL_FATAL(json);
    redis_server *server = redis_server_start(
        (const char *[]){"--user", "default", "off", "--user", "app", "on", ">between-us", "~*", "&*", "+@all", NULL});
    snprintf(port, sizeof port, "%d", server->port);
    json = replaced(json, "6379", port);
    char *program = wrapped(part);
    compiles(program);
    configure(json);
    setenv("REDIS_PASSWORD", "between-us", 1);
    runs();
    char *reply = redis_server_command(server, "AUTH app between-us\r\nHGET user-session:123 name");
    CU_ASSERT_STRING_EQUAL(reply, "+OK\r\n$3\r\nBob\r\n");
    free(reply);
    configure("{ \"main\": { \"connector\": \"memory\" } }"); /* the same program */
    runs();
    redis_server_stop(server);
    free(program);
    free(json);
    free(part);
    free(readme);
}

/* More of them, when there are more: all are compiled. */
static void each_program_in_the_readme_compiles(void)
{
    char *readme = document("README.md"), *part;
    unsigned n = 0;
    while ((part = block(readme, "\n```c\n", "\n```\n", n)) != NULL) {
        char *program = wrapped(part);
        compiles(program);
        free(program);
        free(part);
        n++;
    }
    CU_ASSERT(n > 0);
    free(readme);
}

static void the_programs_of_datasource_3_compile(void)
{
    char *page = document("docs/datasource.3"), *program;
    unsigned n = 0;
    while ((program = block(page, "\n.EX\n", "\n.EE\n", n)) != NULL) {
        plain(program);
        compiles(program);
        free(program);
        n++;
    }
    CU_ASSERT(n > 0);
    free(page);
}

static void the_examples_of_datasources_json_5_are_read(void)
{
    char *page = document("docs/datasources.json.5");
    char *datasources = block(page, "\n.EX\n", "\n.EE\n", 0), *models = block(page, "\n.EX\n", "\n.EE\n", 1);
    ds_catalog *catalog;
    CU_ASSERT_PTR_NOT_NULL_FATAL(datasources);
    CU_ASSERT_PTR_NOT_NULL_FATAL(models);
    plain(datasources);
    plain(models);
    if (ds_catalog_parse(datasources, models, &catalog, &error) != DS_OK)
        printf("\n    %s", error.message);
    CU_ASSERT_EQUAL_FATAL(error.status, DS_OK);
    CU_ASSERT_EQUAL(ds_catalog_source_count(catalog), 2);
    CU_ASSERT_PTR_NOT_NULL(ds_source_model(ds_catalog_source(catalog, "scratch", &error), "Customer", &error));
    ds_catalog_close(catalog);
    free(datasources);
    free(models);
    free(page);
}

static void the_queries_of_filters_md_are_read(void)
{
    char *page = document("docs/FILTERS.md"), *json;
    unsigned n = 0;
    while ((json = block(page, "\n```json\n", "\n```\n", n)) != NULL) {
        ds_query *query = NULL;
        ds_status status = ds_query_parse(json, &query, &error);
        if (status != DS_OK)
            printf("\n    %s", error.message);
        CU_ASSERT_EQUAL(status, DS_OK);
        ds_query_free(query);
        free(json);
        n++;
    }
    CU_ASSERT(n > 0);
    free(page);
}

/* Both ways: what the program knows is in the section GROUPS, and nothing else. */
static void the_groups_of_datasource_conformance_1_are_the_programs(void)
{
    char path[512], *page = document("docs/datasource-conformance.1"), word[32];
    snprintf(path, sizeof path, "%s/datasource-conformance", getenv("DS_BUILDDIR"));
    command_result r = command_run((const char *[]){path, NULL}, NULL);
    CU_ASSERT_EQUAL(r.status, 2);
    char *section = block(page, "\n.SH GROUPS\n", "\n.SH ", 0), *known = strstr(r.err, "\ngroups:");
    CU_ASSERT_PTR_NOT_NULL_FATAL(section);
    CU_ASSERT_PTR_NOT_NULL_FATAL(known);
    known += strlen("\ngroups:");
    size_t told = 0, names = 0;
    for (const char *line = section; line != NULL && *line != '\0';
         line = (line = strchr(line, '\n')) ? line + 1 : NULL)
        if (strncmp(line, ".B", 2) == 0)
            for (const char *at = line + strcspn(line, " "); *at != '\n'; at += strcspn(at, " ,\"\n")) {
                at += strspn(at, " ,\"");
                if (sscanf(at, "%31[a-z]", word) != 1)
                    continue;
                if (strstr(known, word) == NULL)
                    printf("\n    the program has no group %s", word);
                CU_ASSERT_PTR_NOT_NULL(strstr(known, word));
                told++;
            }
    for (const char *at = known; sscanf(at, "%31s", word) == 1; at = strstr(at, word) + strlen(word))
        names++;
    CU_ASSERT(names >= 12);
    CU_ASSERT_EQUAL(told, names);
    command_free(&r);
    r = command_run((const char *[]){path, "memory", "--only", "no-such-group", NULL}, NULL);
    CU_ASSERT_EQUAL(r.status, 2); /* not "0 failed" */
    command_free(&r);
    free(section);
    free(page);
}

int main(void)
{
    static const test tests[] = {
        {"the program of the README runs on its configuration", the_program_of_the_readme_runs_on_its_configuration},
        {"each program in the README compiles", each_program_in_the_readme_compiles},
        {"the programs of datasource(3) compile", the_programs_of_datasource_3_compile},
        {"the examples of datasources.json(5) are read", the_examples_of_datasources_json_5_are_read},
        {"the queries of FILTERS.md are read", the_queries_of_filters_md_are_read},
        {"the groups of datasource-conformance(1) are the program's",
         the_groups_of_datasource_conformance_1_are_the_programs},
    };
    folder = folder_make();
    setenv("ASAN_OPTIONS", "detect_leaks=0", 1); /* of a program that shows ten lines and frees nothing */
    unsetenv("DATASOURCE_ENV");
    int status = SUITE_RUN("documents", tests);
    folder_remove(folder);
    return status;
}
