/* The trace of a case as a C program, and the report. */
#include "conformance.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void print_quoted(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        if (*text == '\n')
            fputs("\\n", out);
        else
            fputc(*text, out);
    }
    fputc('"', out);
}

void trace(run *r, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("    ", r->out);
    vfprintf(r->out, format, arguments);
    fputc('\n', r->out);
    va_end(arguments);
}

void fail(run *r, const char *format, ...)
{
    if (r->failed)
        return; /* the first failure is the one to look at */
    r->failed = true;
    va_list arguments;
    va_start(arguments, format);
    fputs("    /* ", r->out);
    vfprintf(r->out, format, arguments);
    fputs(" */\n", r->out);
    va_end(arguments);
}

void check(run *r, bool holds, const char *what)
{
    if (!holds)
        fail(r, "this does not hold: %s", what);
}

void run_begin(run *r, suite *s, const char *definition)
{
    *r = (run){.suite = s};
    r->out = open_memstream(&r->trace, &r->trace_length);
    if (r->out == NULL) {
        perror("open_memstream");
        exit(EXIT_FAILURE);
    }
    snprintf(r->name, sizeof r->name, "Conformance-%ld-%u", (long)getpid(), ++s->models);
    fputs("#include <datasource/datasource.h>\n#include <stdio.h>\n\nint main(void)\n{\n", r->out);
    trace(r, "ds_error error;");
    trace(r, "ds_source *source;");
    trace(r, "ds_record *record, *batch[5000];");
    trace(r, "const ds_record *found;");
    trace(r, "ds_query *query;");
    trace(r, "ds_cursor *cursor;");
    trace(r, "ds_batch *writes;");
    trace(r, "ds_filter *filter;");
    trace(r, "uint64_t n;");
    trace(r, "int64_t ms;");
    trace(r, "size_t created, i = 0;");
    trace(r, "bool flag;");
    fprintf(r->out, "    ds_source_open(\"%s\", ", s->connector);
    print_quoted(r->out, s->settings);
    fputs(", &source, &error);\n", r->out);
    if (definition == NULL) {
        trace(r, "ds_model *model = ds_source_model(source, \"%s\", &error);", r->name);
        r->model = ds_source_model(s->source, r->name, &r->error);
        if (r->model == NULL)
            fail(r, "it failed: %s", r->error.message);
    } else if (definition[0] != '\0')
        step_define(r, definition, DS_OK);
}

static void print_program(const run *r)
{
    printf("      as a program:\n");
    for (const char *line = r->trace; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        printf("      | %.*s\n", (int)length, line);
        line += length + (line[length] == '\n');
    }
}

void run_end(run *r, const char *group_name, const char *name, const char *rule)
{
    suite *s = r->suite;
    uint64_t deleted;
    ds_error error;
    if (r->model != NULL && ds_delete(r->model, ds_everything(), &deleted, &error) != DS_OK)
        fail(r, "deleting what the case made failed: %s", error.message);
    fputs("}\n", r->out);
    fclose(r->out);
    if (r->failed) {
        s->failed++;
        printf("  FAILED %s: %s\n      the rule: %s\n", group_name, name, rule);
        print_program(r);
    } else
        s->passed++;
    free(r->trace);
}

void run_case(suite *s, const char *group_name, const rule_case *c)
{
    run r;
    run_begin(&r, s, c->model);
    if (!r.failed)
        c->run(&r);
    run_end(&r, group_name, c->name, c->rule);
}

void run_group(suite *s, const group *g)
{
    if (s->only != NULL && strcmp(s->only, g->name) != 0)
        return;
    unsigned passed = s->passed, failed = s->failed;
    for (size_t i = 0; i < g->count; i++)
        run_case(s, g->name, &g->cases[i]);
    printf("%-12s %3u passed, %u failed\n", g->name, s->passed - passed, s->failed - failed);
}
