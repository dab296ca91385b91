/* examples/plugin and docs/WRITING-A-CONNECTOR.md: the connector conforms as it stands and with what the guide adds to it, the
 * guide shows its code as it is, and the file of a model survives a kill and two writers. */
#include <datasource/datasource.h>

#include "command.h"
#include "suite.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

static char *folder, *guide, *connector, *header;
static char program[512];

static char *document(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", getenv("DS_SRCDIR"), name);
    char *text = file_read(path, NULL);
    if (text == NULL) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    return text;
}

/* ---- the guide's code ---- */

/* What stands between two lines, number `n` of its kind, for free(); NULL where there are fewer. */
static char *fenced(const char *fence, unsigned n)
{
    const char *start = guide;
    for (unsigned i = 0; start != NULL && i <= n; i++)
        start = (start = strstr(start, fence)) == NULL ? NULL : start + strlen(fence);
    const char *end = start == NULL ? NULL : strstr(start, "\n```\n");
    return end == NULL ? NULL : strndup(start, (size_t)(end - start) + 1);
}

/* The text with what stands from `from` to `to` replaced; frees the text. */
static char *spliced(char *text, size_t from, size_t to, const char *part)
{
    char *out = calloc(1, strlen(text) + strlen(part) + 2);
    sprintf(out, "%.*s%s%s", (int)from, text, part, text + to);
    free(text);
    return out;
}

/* A part of the guide that the connector does not have: a function takes the place of the one of its name, what is new comes
 * before the finds, and an entry at the end of the table. */
static char *with_part(char *text, const char *part)
{
    const char *first = strncmp(part, "/*", 2) == 0 ? strchr(part, '\n') + 1 : part;
    char *head = strndup(first, strcspn(first, "({\n") + 1);
    const char *start = part[0] == ' ' ? strrchr(text, '}') : strstr(text, head), *end = start;
    if (start == NULL)
        start = end = strstr(text, "static ds_status find_records(");
    else if (part[0] != ' ')
        end = strstr(start, "\n}\n") + 3;
    free(head);
    return spliced(text, (size_t)(start - text), (size_t)(end - text), part);
}

/* The connector with all that the guide adds, for free(). */
static char *extended(unsigned *added)
{
    char *text = strdup(connector), *part;
    *added = 0;
    for (unsigned n = 0; (part = fenced("\n```c\n", n)) != NULL; n++) {
        if (strstr(connector, part) == NULL) {
            text = with_part(text, part);
            ++*added;
        }
        free(part);
    }
    return text;
}

static void build(const char *text)
{
    char command[2048];
    const char *top = getenv("DS_SRCDIR"), *built = getenv("DS_BUILDDIR"), *sanitize = getenv("DS_SANITIZED");
    free(folder_write(folder, "jsonfolder.c", text));
    snprintf(command, sizeof command,
             "${CC:-cc} -std=c11 -D_DEFAULT_SOURCE -Wall -Wextra -Wconversion -Wshadow -Werror -O1 -g %s -fPIC -shared "
             "-pthread -o '%s/datasource-jsonfolder.so' '%s/jsonfolder.c' -I'%s/include' -L'%s/.libs' -ldatasource",
             sanitize == NULL ? "" : sanitize, folder, folder, top, built);
    command_result r = command_run((const char *[]){"sh", "-c", command, NULL}, NULL);
    if (r.status != 0)
        printf("\n%s%s\n%s", r.out, r.err, text);
    CU_ASSERT_EQUAL_FATAL(r.status, 0);
    command_free(&r);
}

static command_result run_group(const char *of, const char *settings, const char *group)
{
    return command_run((const char *const[]){program, of, settings, "--seed", "1", "--only", group, NULL}, NULL);
}

/* "12 passed, 0 failed\n" */
static const char *last_line(const char *text)
{
    const char *last = text;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL && at[1] != '\0';)
        last = ++at;
    return last;
}

/* As many cases as on memory, and all of them. */
static void group_passes(const char *group)
{
    char settings[256];
    snprintf(settings, sizeof settings, "{\"path\":\"%s/records\"}", folder);
    command_result ours = run_group("jsonfolder", settings, group), theirs = run_group("memory", "{}", group);
    if (ours.status != 0 || strstr(ours.out, group) == NULL)
        printf("\n%s%s", ours.out, ours.err);
    CU_ASSERT_EQUAL(ours.status, 0);
    CU_ASSERT_EQUAL(theirs.status, 0);
    const char *last = last_line(ours.out), *same = last_line(theirs.out);
    CU_ASSERT_STRING_EQUAL(last, same);
    CU_ASSERT(last[0] != '0');
    command_free(&ours);
    command_free(&theirs);
}

static void the_connector_conforms(void)
{
    /* tests/installed.sh runs all: batch and threads take their time on a file */
    static const char *const groups[] = {"create", "values", "find",   "order",
                                         "delete", "update", "models", "conditions"};
    build(connector);
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        group_passes(groups[i]);
}

static void what_the_guide_pushes_down_conforms(void)
{
    static const char *const groups[] = {"find", "order", "operators", "generated"};
    unsigned added;
    char *text = extended(&added);
    CU_ASSERT(added >= 8);
    build(text);
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        group_passes(groups[i]);
    free(text);
}

static void what_it_pushes_down_is_explained(void)
{
    unsigned added;
    char *text = extended(&added), settings[256], *file;
    build(text);
    snprintf(settings, sizeof settings, "{\"main\":{\"connector\":\"jsonfolder\",\"path\":\"%s/records\"}}", folder);
    file = folder_write(folder, "datasources.json", settings);
    char dsctl[512];
    snprintf(dsctl, sizeof dsctl, "%s/dsctl", getenv("DS_BUILDDIR"));
    command_result r = command_run(
        (const char *const[]){dsctl, "-c", file, "--json", "explain", "main", "note",
                              "{\"where\":{\"a\":\"b\"},\"order\":\"id\",\"limit\":3,\"fields\":\"a\"}", NULL},
        NULL);
    if (strstr(r.out, "\"backend\":[\"where\",\"order\",\"page\"],\"library\":[\"fields\"]") == NULL)
        printf("\n%s%s", r.out, r.err);
    CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "\"backend\":[\"where\",\"order\",\"page\"],\"library\":[\"fields\"]"));
    command_free(&r);
    free(file);
    free(text);
}

static void the_report_of_the_guide_is_what_the_suite_says(void)
{
    unsigned added;
    char *text = extended(&added), *report = fenced("\n```text\n", 0), settings[256];
    char *at = strstr(text, "asked->after[0]) > 0");
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    CU_ASSERT_PTR_NOT_NULL_FATAL(report);
    at += strlen("asked->after[0]) >");
    text = spliced(text, (size_t)(at - text), (size_t)(at - text), "=");
    build(text);
    snprintf(settings, sizeof settings, "{\"path\":\"%s/records\"}", folder);
    command_result r = run_group("jsonfolder", settings, "order");
    CU_ASSERT_EQUAL(r.status, 1);
    unsigned lines = 0;
    for (char *line = strtok(report, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        if (strcmp(line, "...") == 0)
            continue;
        if (strstr(r.out, line) == NULL)
            printf("\n    the suite does not say \"%s\"", line);
        CU_ASSERT_PTR_NOT_NULL(strstr(r.out, line));
        lines++;
    }
    CU_ASSERT(lines > 10);
    command_free(&r);
    free(report);
    free(text);
}

/* `name` in backquotes, with or without parentheses. */
static void every_entry_and_capability_is_in_the_guide(void)
{
    char name[64];
    unsigned found = 0;
    for (const char *at = header; (at = strstr(at, "(*")) != NULL; at++) {
        if (sscanf(at, "(*%63[a-z_])(", name) != 1 || strstr(guide, name) != NULL) {
            found += sscanf(at, "(*%63[a-z_])(", name) == 1;
            continue;
        }
        printf("\n    the guide says nothing of the entry %s", name);
        CU_FAIL("an entry is missing");
    }
    CU_ASSERT(found >= 29);
    for (const char *at = header; (at = strstr(at, "DS_CAN_")) != NULL; at++) {
        sscanf(at, "%63[A-Z_]", name);
        if (strstr(guide, name) == NULL)
            printf("\n    the guide says nothing of %s", name);
        CU_ASSERT_PTR_NOT_NULL(strstr(guide, name));
    }
}

/* What looks like a name of the library is one: it stands in a public header. */
static void the_names_in_the_guide_are_the_headers(void)
{
    static const char *const headers[] = {"connector.h", "source.h", "query.h", "record.h",
                                          "model.h",     "value.h",  "error.h"};
    char *all = strdup(""), path[128], name[64];
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        snprintf(path, sizeof path, "include/datasource/%s", headers[i]);
        char *text = document(path);
        all = spliced(all, 0, 0, text);
        free(text);
    }
    unsigned found = 0;
    for (const char *at = guide; (at = strpbrk(at, "dD")) != NULL; at++) {
        bool begins = at == guide || strchr(" `(\n*&|!", at[-1]) != NULL;
        if (!begins || (strncmp(at, "ds_", 3) != 0 && strncmp(at, "DS_", 3) != 0))
            continue;
        sscanf(at, "%63[A-Za-z0-9_]", name);
        if (strstr(all, name) == NULL)
            printf("\n    the guide names %s, which no header has", name);
        CU_ASSERT_PTR_NOT_NULL(strstr(all, name));
        found++;
    }
    CU_ASSERT(found > 100);
    free(all);
}

/* ---- the file ---- */

static ds_model *notes(ds_source **source)
{
    char settings[256];
    ds_error error;
    ds_model *model;
    snprintf(settings, sizeof settings, "{\"path\":\"%s/notes\"}", folder);
    if (ds_source_open("jsonfolder", settings, source, &error) == DS_OK &&
        ds_model_define(
            *source,
            "{\"name\":\"Note\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true,\"generated\":true},"
            "\"text\":\"string\"}}",
            &model, &error) == DS_OK)
        return model;
    printf("\n    %s", error.message);
    return NULL;
}

/* In a process of its own: creates records, and writes the id of each that is acknowledged into the pipe. */
static pid_t writer(int out, unsigned count)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    ds_source *source;
    ds_model *model = notes(&source);
    for (unsigned i = 0; model != NULL && i < count; i++) {
        ds_record *record = ds_record_new(model);
        ds_record_set(record, "text", ds_string("a text"));
        if (ds_create(model, record, NULL) != DS_OK)
            _exit(1);
        int64_t id = ds_record_get(record, "id").as.integer;
        if (write(out, &id, sizeof id) != (ssize_t)sizeof id)
            _exit(1);
        ds_record_free(record);
    }
    _exit(model == NULL);
}

static bool is_stored(ds_model *model, int64_t id)
{
    bool exists = false;
    return ds_exists(model, ds_integer(id), &exists, NULL) == DS_OK && exists;
}

static void two_processes_lose_nothing(void)
{
    enum { EACH = 30 };
    int pipes[2];
    ds_source *source;
    uint64_t count = 0;
    int64_t id;
    bool given[2 * EACH + 1] = {false};
    CU_ASSERT_EQUAL_FATAL(pipe(pipes), 0);
    pid_t first = writer(pipes[1], EACH), second = writer(pipes[1], EACH);
    close(pipes[1]);
    while (read(pipes[0], &id, sizeof id) == (ssize_t)sizeof id) {
        CU_ASSERT_FATAL(id >= 1 && id <= 2 * EACH);
        CU_ASSERT_FALSE(given[id]); /* no number twice */
        given[id] = true;
        count++;
    }
    close(pipes[0]);
    CU_ASSERT_EQUAL(count, 2 * EACH);
    CU_ASSERT_EQUAL(waitpid(first, NULL, 0), first);
    CU_ASSERT_EQUAL(waitpid(second, NULL, 0), second);
    ds_model *model = notes(&source);
    CU_ASSERT_PTR_NOT_NULL_FATAL(model);
    CU_ASSERT_EQUAL(ds_count(model, NULL, &count, NULL), DS_OK);
    CU_ASSERT_EQUAL(count, 2 * EACH);
    ds_source_close(source);
}

static void what_was_acknowledged_survives_a_kill(void)
{
    for (unsigned round = 0; round < 5; round++) {
        int pipes[2], status;
        ds_source *source;
        int64_t id, last = 0;
        CU_ASSERT_EQUAL_FATAL(pipe(pipes), 0);
        pid_t pid = writer(pipes[1], 10000);
        close(pipes[1]);
        for (unsigned i = 0; i < 5 + round && read(pipes[0], &id, sizeof id) == (ssize_t)sizeof id; i++)
            last = id;
        kill(pid, SIGKILL);
        CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
        CU_ASSERT(WIFSIGNALED(status));
        while (read(pipes[0], &id, sizeof id) == (ssize_t)sizeof id) /* acknowledged before the kill came */
            last = id;
        close(pipes[0]);
        ds_model *model = notes(&source);
        CU_ASSERT_PTR_NOT_NULL_FATAL(model);
        CU_ASSERT(last > 0);
        for (id = 1; id <= last; id++)
            CU_ASSERT(is_stored(model, id));
        ds_source_close(source);
    }
}

static void a_damaged_file_is_told_and_left_as_it_is(void)
{
    static const char damaged[] = "{\"id\":1,\"text\":\"a\"}\n{\"id\":2,\"te";
    char *path = folder_write(folder, "notes/Note.jsonl", damaged);
    ds_source *source;
    ds_error error = {.status = DS_OK};
    ds_model *model = notes(&source);
    CU_ASSERT_PTR_NOT_NULL_FATAL(model);
    ds_record *record = ds_record_new(model), *found = NULL;
    CU_ASSERT_EQUAL(ds_create(model, record, &error), DS_BACKEND);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "Note.jsonl"));
    CU_ASSERT_EQUAL(ds_find_by_id(model, ds_integer(2), &found, &error), DS_BACKEND);
    char *text = file_read(path, NULL);
    CU_ASSERT_STRING_EQUAL(text, damaged);
    free(text);
    ds_record_free(record);
    ds_source_close(source);
    free(path);
}

static void *set(void *cancel)
{
    ds_cancel_set(cancel);
    return NULL;
}

/* Another process holds the lock: neither a deadline nor a cancel token waits for it. */
static void a_lock_is_awaited_no_longer_than_the_call_may_last(void)
{
    char path[256];
    ds_source *source;
    ds_cancel *cancel;
    ds_error error;
    ds_model *model = notes(&source), *view;
    CU_ASSERT_PTR_NOT_NULL_FATAL(model);
    CU_ASSERT_EQUAL_FATAL(ds_cancel_new(&cancel, NULL), DS_OK);
    CU_ASSERT_EQUAL_FATAL(ds_connect(source, NULL), DS_OK);
    snprintf(path, sizeof path, "%s/notes", folder);
    int lock = open(path, O_RDONLY);
    CU_ASSERT_EQUAL_FATAL(flock(lock, LOCK_EX), 0);
    CU_ASSERT_EQUAL(ds_model_with(model, &(ds_options){.size = sizeof(ds_options), .timeout_ms = 20}, &view, NULL),
                    DS_OK);
    ds_record *record = ds_record_new(model), *found = NULL;
    CU_ASSERT_EQUAL(ds_create(view, record, &error), DS_TIMEOUT);
    ds_model_free(view);
    CU_ASSERT_EQUAL(ds_model_with(model, &(ds_options){.size = sizeof(ds_options), .cancel = cancel}, &view, NULL),
                    DS_OK);
    pthread_t thread;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, set, cancel), 0);
    CU_ASSERT_EQUAL(ds_create(view, record, &error), DS_CANCELLED);
    pthread_join(thread, NULL);
    ds_model_free(view);
    CU_ASSERT_EQUAL(ds_find_by_id(model, ds_integer(1000000), &found, NULL), DS_NOT_FOUND); /* readers do not wait */
    close(lock);
    CU_ASSERT_EQUAL(ds_create(model, record, &error), DS_OK);
    ds_record_free(record);
    ds_source_close(source);
    ds_cancel_free(cancel);
}

/* ---- memory ---- */

static int64_t allocations_left = -1; /* -1: any number */

static bool may_allocate(void)
{
    if (allocations_left < 0)
        return true;
    return allocations_left > 0 && allocations_left-- > 0;
}
static void *give(size_t size, void *user)
{
    (void)user;
    return may_allocate() ? malloc(size) : NULL;
}
static void *give_again(void *memory, size_t size, void *user)
{
    (void)user;
    return may_allocate() ? realloc(memory, size) : NULL;
}
static void take_back(void *memory, void *user)
{
    (void)user;
    free(memory);
}

/* With `left` allocations: two records are created, one of them is changed and deleted. */
static ds_status write_with(ds_model *model, int64_t left, ds_status *statuses)
{
    ds_record *records[2] = {ds_record_new(model), ds_record_new(model)}, *changes = ds_record_new(model);
    ds_record_set(records[0], "id", ds_integer(1));
    ds_record_set(records[1], "id", ds_integer(2));
    ds_record_set(changes, "text", ds_string("changed"));
    allocations_left = left;
    statuses[0] = ds_create_all(model, records, 2, NULL, NULL);
    statuses[1] = ds_update_by_id(model, ds_integer(1), changes, NULL);
    statuses[2] = ds_delete_by_id(model, ds_integer(1), NULL);
    bool all_went = allocations_left != 0;
    allocations_left = -1;
    ds_record_free(records[0]);
    ds_record_free(records[1]);
    ds_record_free(changes);
    return all_went ? DS_OK : DS_NOMEM;
}

/* What is told is what is stored, wherever the memory ends. */
static void out_of_memory_loses_nothing(void)
{
    ds_source *source;
    ds_status statuses[3], all = DS_NOMEM;
    ds_model *model = notes(&source);
    CU_ASSERT_PTR_NOT_NULL_FATAL(model);
    int64_t left = 0;
    for (; all != DS_OK && left < 2000; left++) {
        CU_ASSERT_EQUAL_FATAL(ds_delete(model, ds_everything(), NULL, NULL), DS_OK);
        all = write_with(model, left, statuses);
        for (size_t i = 0; i < 3; i++)
            CU_ASSERT(statuses[i] == DS_OK || statuses[i] == DS_NOMEM || (i > 0 && statuses[i] == DS_NOT_FOUND));
        CU_ASSERT_EQUAL(is_stored(model, 2), statuses[0] == DS_OK);
        CU_ASSERT_EQUAL(is_stored(model, 1), statuses[0] == DS_OK && statuses[2] != DS_OK);
    }
    CU_ASSERT_EQUAL(all, DS_OK);
    CU_ASSERT(left > 20);
    ds_source_close(source);
}

int main(void)
{
    static const test tests[] = {
        {"what the guide pushes down conforms", what_the_guide_pushes_down_conforms},
        {"what it pushes down is explained", what_it_pushes_down_is_explained},
        {"the report of the guide is what the suite says", the_report_of_the_guide_is_what_the_suite_says},
        {"every entry and capability is in the guide", every_entry_and_capability_is_in_the_guide},
        {"the names in the guide are the headers'", the_names_in_the_guide_are_the_headers},
        {"the connector conforms", the_connector_conforms},
        {"two processes lose nothing", two_processes_lose_nothing},
        {"what was acknowledged survives a kill", what_was_acknowledged_survives_a_kill},
        {"a lock is awaited no longer than the call may last", a_lock_is_awaited_no_longer_than_the_call_may_last},
        {"out of memory loses nothing", out_of_memory_loses_nothing},
        {"a damaged file is told and left as it is", a_damaged_file_is_told_and_left_as_it_is},
    };
    static const ds_allocator allocator = {
        .size = sizeof allocator, .malloc = give, .realloc = give_again, .free = take_back};
    char plugins[1024];
    ds_set_allocator(&allocator, NULL);
    folder = folder_make();
    guide = document("docs/WRITING-A-CONNECTOR.md");
    connector = document("examples/plugin/jsonfolder.c");
    header = document("include/datasource/connector.h");
    snprintf(program, sizeof program, "%s/datasource-conformance", getenv("DS_BUILDDIR"));
    snprintf(plugins, sizeof plugins, "%s:%s", folder, getenv("DATASOURCE_PLUGIN_PATH"));
    setenv("DATASOURCE_PLUGIN_PATH", plugins, 1);
    int status = SUITE_RUN("the connector template", tests);
    folder_remove(folder);
    free(guide);
    free(connector);
    free(header);
    return status;
}
