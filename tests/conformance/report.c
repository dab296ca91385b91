/* The trace of a case as a C program, and the report. */
#include "conformance.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHOWN 1500 /* bytes of an answer in the report */
#define TOLD  2    /* failures by the same rule that are printed whole */
#define WHOLE 12   /* failures in all that are */

/* ---- the trace ---- */

void print_quoted(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c == '\n')
            fputs("\\n", out);
        else if (c < ' ' || c == 127)
            fprintf(out, "\\%03o", c);
        else
            fputc(c, out);
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

void trace_text(run *r, const char *before, const char *text, const char *after)
{
    fprintf(r->out, "    %s", before);
    print_quoted(r->out, text);
    fprintf(r->out, "%s\n", after);
}

__attribute__((format(printf, 1, 0))) static char *formatted(const char *format, va_list arguments)
{
    char *text;
    if (vasprintf(&text, format, arguments) < 0) {
        perror("vasprintf");
        exit(EXIT_FAILURE);
    }
    return text;
}

/* Nothing in the text may end the comment, or begin one. */
static void print_comment(FILE *out, const char *text)
{
    fputs("    /* ", out);
    for (size_t i = 0; text[i] != '\0' && i < SHOWN; i++) {
        bool star = i > 0 && ((text[i - 1] == '*' && text[i] == '/') || (text[i - 1] == '/' && text[i] == '*'));
        if (star)
            fputc(' ', out);
        fputc((unsigned char)text[i] < ' ' ? ' ' : text[i], out);
    }
    fputs(" */\n", out);
}

void trace_comment(run *r, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = formatted(format, arguments);
    va_end(arguments);
    print_comment(r->out, text);
    free(text);
}

size_t trace_position(run *r)
{
    fflush(r->out);
    return r->trace_length;
}

void trace_forget(run *r, size_t position)
{
    fclose(r->out);
    char *whole = r->trace;
    r->out = open_memstream(&r->trace, &r->trace_length);
    fwrite(whole, 1, position, r->out);
    free(whole);
}

/* ---- failures ---- */

void fail(run *r, const char *format, ...)
{
    if (r->failed)
        return;
    r->failed = true;
    r->broken = r->rule;
    va_list arguments;
    va_start(arguments, format);
    r->what = formatted(format, arguments);
    va_end(arguments);
    trace_comment(r, "here: %s", r->what);
}

void differs(run *r, const char *expected, const char *got)
{
    if (r->failed)
        return;
    r->failed = true;
    r->broken = r->rule;
    r->expected = strdup(expected);
    r->got = strdup(got);
    trace_comment(r, "here: got %s", got);
}

void check(run *r, bool holds, const char *what)
{
    if (!holds)
        fail(r, "this does not hold: %s", what);
}

bool done(run *r, ds_status status)
{
    if (status != DS_OK)
        fail(r, "%s came: %s", ds_status_name(status), r->error.message);
    return status == DS_OK;
}

/* ---- a case ---- */

void run_begin(run *r, suite *s, const char *definition, const rule *proves)
{
    *r = (run){.suite = s, .rule = proves};
    r->out = open_memstream(&r->trace, &r->trace_length);
    if (r->out == NULL) {
        perror("open_memstream");
        exit(EXIT_FAILURE);
    }
    snprintf(r->name, sizeof r->name, "Conformance-%ld-%u", (long)getpid(), ++s->models);
    if (definition == NULL) {
        trace(r, "model = ds_source_model(source, \"%s\", &error);", r->name);
        r->model = ds_source_model(s->source, r->name, &r->error);
        if (r->model == NULL)
            fail(r, "there is no model: %s", r->error.message);
    } else if (definition[0] != '\0')
        step_define(r, definition, DS_OK);
}

static const struct {
    const char *name, *declaration;
} variables[] = {
    {"model", "ds_model *model = NULL;"},
    {"view", "ds_model *view = NULL;"},
    {"record", "ds_record *record = NULL;"},
    {"batch", "ds_record *batch[5000];"},
    {"found", "const ds_record *found = NULL;"},
    {"query", "ds_query *query = NULL;"},
    {"filter", "ds_filter *filter = NULL;"},
    {"cursor", "ds_cursor *cursor = NULL;"},
    {"inner", "ds_cursor *inner = NULL;"},
    {"other", "ds_model *other = NULL;"},
    {"writes", "ds_batch *writes = NULL;"},
    {"cancel", "ds_cancel *cancel = NULL;"},
    {"ids", "ds_value ids[32];"},
    {"now", "ds_value now = ds_null();"},
    {"text", "char text[512];"},
    {"json", "char *json = NULL;"},
    {"mark", "char *mark = NULL;"},
    {"n", "uint64_t n = 0;"},
    {"ms", "int64_t ms = 0;"},
    {"created", "size_t created = 0;"},
    {"i", "size_t i = 0;"},
    {"flag", "bool flag = false;"},
};

/* Past the end of what is neither a name nor code: a string or a comment; or where it begins. */
static const char *past_text(const char *at)
{
    if (*at == '"') {
        for (at++; *at != '"' && *at != '\0'; at++)
            at += *at == '\\' && at[1] != '\0';
        return *at == '"' ? at + 1 : at;
    }
    const char *end = strncmp(at, "/*", 2) == 0 ? strstr(at, "*/") : NULL;
    return end == NULL ? at : end + 2;
}

static bool mentions(const char *program, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = program; *at != '\0';) {
        const char *past = past_text(at);
        if (past != at) {
            at = past;
            continue;
        }
        size_t word = 0;
        while (isalnum((unsigned char)at[word]) || at[word] == '_')
            word++;
        if (word == length && strncmp(at, name, length) == 0)
            return true;
        at += word == 0 ? 1 : word;
    }
    return false;
}

static void print_program(const run *r)
{
    char *program;
    size_t length;
    FILE *out = open_memstream(&program, &length);
    fprintf(out, "#include <datasource/datasource.h>\n#include <stdio.h>\n%s\nint main(void)\n{\n    ds_error error;\n",
            r->before_main == NULL ? "" : r->before_main);
    fputs("    ds_source *source = NULL;\n", out);
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        if (mentions(r->trace, variables[i].name))
            fprintf(out, "    %s\n", variables[i].declaration);
    fprintf(out, "    ds_source_open(\"%s\", ", r->suite->connector);
    print_quoted(out, r->suite->settings);
    fprintf(out, ", &source, &error);\n%s    ds_source_close(source);\n    return 0;\n}\n", r->trace);
    fclose(out);
    printf("      the case as a program:\n");
    for (const char *line = program; *line != '\0';) {
        size_t end = strcspn(line, "\n");
        printf("      | %.*s\n", (int)end, line);
        line += end + (line[end] == '\n');
    }
    free(program);
}

static void print_answer(const char *name, const char *text)
{
    printf("      %-9s ", name);
    for (size_t i = 0; text[i] != '\0' && i < SHOWN; i++)
        if (text[i] != '\n')
            putchar(text[i]);
        else if (text[i + 1] != '\0')
            printf("\n                ");
    printf("%s\n", strlen(text) > SHOWN ? " ..." : text[0] == '\0' ? "(nothing)" : "");
}

/* How often the rule was broken before. */
static unsigned told(suite *s, const rule *broken)
{
    size_t i = 0, room = sizeof s->told / sizeof *s->told;
    while (i < room - 1 && s->told[i].rule != NULL && s->told[i].rule != broken)
        i++;
    s->told[i].rule = broken;
    return s->told[i].times++;
}

static void print_failure(const run *r, const char *group_name, const char *name)
{
    unsigned before = told(r->suite, r->broken);
    printf("  FAILED %s: %s\n", group_name, name);
    if (r->what != NULL)
        print_answer("got:", r->what);
    else {
        print_answer("expected:", r->expected);
        print_answer("got:", r->got);
    }
    printf("      rule:     %s: %s\n", r->broken->where, r->broken->says);
    if ((before >= TOLD || r->suite->failed > WHOLE) && !r->suite->programs) {
        printf("      (its program is printed with --programs)\n");
        return;
    }
    printf("      often:    %s\n", r->broken->often);
    print_program(r);
}

void run_end(run *r, const char *group_name, const char *name)
{
    suite *s = r->suite;
    uint64_t deleted;
    ds_error error;
    if (r->model != NULL && !r->failed && ds_delete(r->model, ds_everything(), &deleted, &error) != DS_OK) {
        r->rule = &rule_delete_where;
        fail(r, "deleting what the case made failed: %s", error.message);
    } else if (r->model != NULL && r->failed)
        ds_delete(r->model, ds_everything(), &deleted, NULL);
    fclose(r->out);
    s->failed += r->failed;
    s->passed += !r->failed;
    if (r->failed)
        print_failure(r, group_name, name);
    else if (s->programs) {
        printf("  passed %s: %s\n", group_name, name);
        print_program(r);
    }
    free(r->expected);
    free(r->got);
    free(r->what);
    free(r->trace);
}

void run_case(suite *s, const char *group_name, const rule_case *c)
{
    run r;
    run_begin(&r, s, c->model, c->rule);
    if (!r.failed)
        c->run(&r);
    run_end(&r, group_name, c->name);
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
