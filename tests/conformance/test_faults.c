/* The conformance suite finds faults: a connector with a planted one fails, the first failure names the rule that it
 * breaks, and the case is a program that compiles. Without a fault the same connector passes. */
#include "command.h"
#include "faulty/faulty.h"
#include "suite.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAULT_TEXT(name, text) text,

static char program[512], *folder;

/* A fault, the group of cases that is run, the case that must fail first, and a part of the rule that it must name. */
typedef struct expectation {
    const char *fault, *group, *name, *rule;
} expectation;

static const expectation expectations[] = {
    /* order, pages, marks */
    {"null-last", "order", "each type sorts by its order", "null comes first when ascending, last when descending"},
    {"ties-as-stored", "order", "each type sorts by its order", "Ties are decided by the id"},
    {"numbers-as-text", "find", "numbers compare as numbers", "Numbers compare as numbers"},
    {"numbers-as-text", "order", "each type sorts by its order",
     "Values are ordered as they compare: numbers as numbers"},
    {"signed-bytes", "find", "ranges of each type", "Strings and binary compare byte by byte"},
    {"one-direction", "order", "each type sorts by its order", "Each item has its own direction"},
    {"skip-off-by-one", "order", "limit and skip count", "skip and limit count behind filter, order and mark"},
    {"page-before-filter", "order", "limit and skip count", "skip and limit count behind filter, order and mark"},
    {"limit-counts-skipped", "order", "limit and skip count", "skip and limit count behind filter, order and mark"},
    {"mark-repeats", "order", "pages with marks", "Goes on behind the record that holds the values of `after`"},
    /* scans */
    {"last-record-lost", "create", "what is created is found", "A scan answers every record, once"},
    {"last-record-lost", "find", "equality, null and existence", "A scan answers every record, once"},
    {"record-twice", "find", "a walk returns each record once", "A scan answers every record, once"},
    {"scans-shared", "find", "cursors do not disturb each other", "Several scans may be open at a time"},
    {"fields-missing", "find", "fields leaves in what was asked for",
     "A record holds at least the fields that are asked for"},
    {"count-of-all", "find", "equality, null and existence", "Counts the records that match"},
    {"missing-id-fails", "create", "what is created is found",
     "Adds the records of these ids in this order, missing ones left out"},
    /* filters */
    {"null-not-unequal", "find", "equality, null and existence", "Each n... is the exact complement of its operator"},
    {"null-is-least", "find", "ranges of each type", "gt, gte, lt, lte and between never hold with null"},
    {"not-is-sql", "find", "and, or, nor", "nor: none holds"},
    {"minus-zero", "operators", "eq on undeclared", "-0 equals 0"},
    {"through-doubles", "find", "numbers compare as numbers", "integers with doubles and beyond 2^53 exactly"},
    {"like-folds-case", "find", "patterns and regular expressions", "The whole value must match, with case"},
    {"arrays-whole", "find", "arrays: one element is enough",
     "A comparison with an array holds where it holds for one element"},
    {"any-as-text", "find", "any keeps the type", "A property of type any keeps the type of its value"},
    {"superset-claimed", "find", "patterns and regular expressions", "PCRE2's syntax"},
    /* what is kept */
    {"field-lost", "create", "what is created is found", "with all that was set"},
    {"undeclared-lost", "models", "a schemaless model holds text", "Every property but id is undeclared"},
    {"integers-rounded", "values", "64-bit integers come back", "64-bit integers are stored and come back exactly"},
    {"seconds-only", "values", "dates come back", "Dates come back to the millisecond"},
    {"empty-is-null", "values", "strings come back", "an empty string is a value"},
    {"ids-cut", "values", "an id is not cut at a NUL", "An id is any string but an empty one, to its whole length"},
    /* writes */
    {"duplicate-accepted", "create", "an id that is taken", "An id that is taken is DS_DUPLICATE"},
    {"stops-at-refusal", "create", "all records of an array are tried", "one that is refused does not keep the others"},
    {"sequence-not-raised", "create", "a generated integer id", "raises the sequence"},
    {"update-creates", "update", "update changes what is given", "Only a record that exists is changed"},
    {"null-kept", "update", "a property set to null is removed",
     "A null that is set in `changes` removes the property"},
    {"expected-ignored", "conditions", "a record that was changed meanwhile is not updated",
     "a record is written only if it still holds what is set in expected[i]"},
    {"absent-not-expected", "conditions", "what was absent must be absent", "set to null in `expected` must be absent"},
    {"upsert-replaces", "update", "upsert creates, or changes", "or changes only the properties that it sets"},
    {"replace-merges", "update", "replace removes", "what it does not set is gone"},
    {"increment-wraps", "update", "an increment that does not fit", "A sum that does not fit is DS_INVALID"},
    {"delete-of-nothing", "delete", "a deleted record is gone",
     "Where none has the id, the outcome is DS_REFUSED_MISSING"},
    {"unique-ignored", "models", "unique values are unique", "A unique value is held by one record"},
    {"expired-found", "update", "expire, ttl", "What has expired is gone for every entry"},
    {"not-atomic", "threads", "eight threads share a source", "each record is checked and written in one atomic step"},
    /* batches */
    {"batch-half-done", "batch", "an atomic batch of which a write cannot be done changes nothing",
     "where one write cannot be done, nothing is changed"},
    {"batch-not-atomic", "batch", "others see an atomic batch whole or not at all", "nobody sees a part of it"},
    {"batch-misnumbered", "batch", "each write of a batch has its outcome", "Each write has an outcome of its own"},
    {"batch-other-lost", "batch", "a batch writes to several models", "The writes may be to several models"},
    {"batch-by-kind", "batch", "a write of a batch meets what those before it have done",
     "each meets what those before it have done"},
};
#define EXPECTATIONS (sizeof expectations / sizeof *expectations)

/* What is also found by generated queries, cut down to at most so many records. */
static const struct {
    const char *fault, *rule;
    unsigned records;
} generated[] = {
    {"null-last", "null comes first when ascending, last when descending", 2},
    {"ties-as-stored", "Ties are decided by the id", 2},
    {"skip-off-by-one", "skip and limit count behind filter", 3},
    {"page-before-filter", "skip and limit count behind filter", 3},
    {"mark-repeats", "Goes on behind the record", 2},
    {"null-not-unequal", "Each n... is the exact complement", 1},
    {"through-doubles", "Numbers compare as numbers", 1},
    {"integers-rounded", "64-bit integers are stored and come back exactly", 1},
    {"seconds-only", "Dates come back to the millisecond", 1},
    {"fields-missing", "A record holds at least the fields", 1},
    {"count-of-all", "Counts the records that match", 1},
};

static command_result run_suite(const char *planted, const char *group)
{
    char settings[128];
    snprintf(settings, sizeof settings, "{\"fault\":\"%s\"}", planted);
    return command_run(
        (const char *const[]){program, "faulty", settings, "--seed", "1", group == NULL ? NULL : "--only", group, NULL},
        NULL);
}

/* ---- the report ---- */

/* The first line that begins with `start`, without it, for free(); NULL: there is none. */
static char *line_of(const char *text, const char *start)
{
    const char *at = strstr(text, start);
    return at == NULL ? NULL : strndup(at + strlen(start), strcspn(at + strlen(start), "\n"));
}

/* The first program of the report, for free(). */
static char *program_of(const char *report)
{
    char *text;
    size_t length;
    const char *at = strstr(report, "      | ");
    FILE *out = open_memstream(&text, &length);
    while (at != NULL && strncmp(at, "      |", 7) == 0) {
        size_t end = strcspn(at, "\n");
        fprintf(out, "%.*s\n", end > 8 ? (int)(end - 8) : 0, at + 8);
        at += end + (at[end] == '\n');
    }
    fclose(out);
    return text;
}

static bool compiles(const char *text)
{
    char command[1024];
    char *source = folder_write(folder, "case.c", text);
    snprintf(command, sizeof command, "${CC:-cc} -std=c11 -Wall -Wextra -Werror -fsyntax-only -I'%s/include' '%s'",
             getenv("DS_SRCDIR"), source);
    command_result r = command_run((const char *[]){"sh", "-c", command, NULL}, NULL);
    bool good = r.status == 0;
    if (!good)
        printf("\n%s%s\n%s", r.out, r.err, text);
    command_free(&r);
    free(source);
    return good;
}

static bool contains(const char *text, const char *part, const char *of)
{
    bool does = text != NULL && strstr(text, part) != NULL;
    if (!does)
        printf("\n    %s: \"%s\" is not in \"%s\"", of, part, text == NULL ? "(nothing)" : text);
    return does;
}

static unsigned times(const char *text, const char *part)
{
    unsigned n = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        n++;
    return n;
}

/* ---- the tests ---- */

static void fault_is_found(const expectation *e)
{
    char first[256];
    command_result r = run_suite(e->fault, e->group);
    char *failed = line_of(r.out, "  FAILED "), *rule = line_of(r.out, "      rule:     ");
    char *got = line_of(r.out, "      got:      "), *often = line_of(r.out, "      often:    "),
         *text = program_of(r.out);
    snprintf(first, sizeof first, "%s: %s", e->group, e->name);
    CU_ASSERT_EQUAL(r.status, 1);
    CU_ASSERT(contains(failed, first, e->fault));
    CU_ASSERT(contains(rule, e->rule, e->fault));
    CU_ASSERT(rule != NULL && (strstr(rule, ".h, ") != NULL || strncmp(rule, "docs/FILTERS.md, ", 17) == 0));
    CU_ASSERT(got != NULL && got[0] != '\0');
    CU_ASSERT(often != NULL && often[0] != '\0');
    CU_ASSERT(contains(text, "int main(void)", e->fault));
    CU_ASSERT(contains(text, "/* here: ", e->fault) || strcmp(e->group, "operators") == 0);
    CU_ASSERT(compiles(text));
    free(failed);
    free(rule);
    free(got);
    free(often);
    free(text);
    command_free(&r);
}

static void each_fault_is_found_and_its_rule_is_named(void)
{
    for (size_t i = 0; i < EXPECTATIONS; i++)
        fault_is_found(&expectations[i]);
}

static void every_fault_of_the_connector_is_expected(void)
{
    static const char *const faults[] = {FAULTS(FAULT_TEXT)};
    for (size_t i = 1; i < FAULT_COUNT; i++) {
        bool is_expected = false;
        for (size_t k = 0; k < EXPECTATIONS; k++)
            is_expected |= strcmp(expectations[k].fault, faults[i]) == 0;
        if (!is_expected)
            printf("\n    nobody looks for the fault %s", faults[i]);
        CU_ASSERT(is_expected);
    }
    CU_ASSERT(FAULT_COUNT > 40);
    command_result r = run_suite("no-such-fault", NULL);
    CU_ASSERT_EQUAL(r.status, 1);
    CU_ASSERT(contains(r.err, "must be one of none, null-last", "an unknown fault"));
    command_free(&r);
}

static void generated_failures_are_cut_down(void)
{
    for (size_t i = 0; i < sizeof generated / sizeof *generated; i++) {
        command_result r = run_suite(generated[i].fault, "generated");
        char *rule = line_of(r.out, "      rule:     "), *text = program_of(r.out);
        unsigned records = times(text, "ds_create(");
        if (records == 0 || records > generated[i].records)
            printf("\n    %s: cut down to %u records\n%s", generated[i].fault, records, text);
        CU_ASSERT_EQUAL(r.status, 1);
        CU_ASSERT(contains(rule, generated[i].rule, generated[i].fault));
        CU_ASSERT(records >= 1 && records <= generated[i].records);
        CU_ASSERT(compiles(text));
        free(rule);
        free(text);
        command_free(&r);
    }
}

static void without_a_fault_all_pass(void)
{
    command_result r = run_suite("none", NULL);
    CU_ASSERT_EQUAL(r.status, 0);
    CU_ASSERT(contains(r.out, " passed, 0 failed\n", "none"));
    CU_ASSERT_PTR_NULL(strstr(r.out, "FAILED"));
    command_free(&r);
}

/* The whole suite on a connector that loses records: what fails is counted, and the report stays one to read. */
static void a_report_stays_readable_when_nearly_all_fails(void)
{
    command_result r = run_suite("last-record-lost", NULL);
    CU_ASSERT_EQUAL(r.status, 1);
    CU_ASSERT(times(r.out, "  FAILED ") > 100);
    CU_ASSERT_EQUAL(times(r.out, "  FAILED "), times(r.out, "      rule:     "));
    CU_ASSERT(times(r.out, "int main(void)") <= 12);
    CU_ASSERT(contains(r.out, "mend the first failure first", "the report"));
    command_free(&r);
}

/* On a connector that has no fault, so that every case goes to its end. */
static void the_program_of_every_case_compiles(void)
{
    command_result r =
        command_run((const char *const[]){program, "faulty", "{}", "--seed", "1", "--programs", NULL}, NULL);
    unsigned cases = 0, compiled = 0;
    CU_ASSERT_EQUAL(r.status, 0);
    for (const char *at = strstr(r.out, "  passed "); at != NULL; at = strstr(at + 1, "  passed ")) {
        bool is_operator = strncmp(at, "  passed operators: ", 20) == 0;
        cases++;
        if (is_operator && cases % 40 != 0) /* these are all alike */
            continue;
        char *text = program_of(at);
        CU_ASSERT(compiles(text));
        compiled++;
        free(text);
    }
    CU_ASSERT(cases > 200);
    CU_ASSERT(compiled > 90);
    command_free(&r);
}

int main(void)
{
    static const test tests[] = {
        {"without a fault all pass", without_a_fault_all_pass},
        {"each fault is found and its rule is named", each_fault_is_found_and_its_rule_is_named},
        {"every fault of the connector is expected", every_fault_of_the_connector_is_expected},
        {"generated failures are cut down", generated_failures_are_cut_down},
        {"a report stays readable when nearly all fails", a_report_stays_readable_when_nearly_all_fails},
        {"the program of every case compiles", the_program_of_every_case_compiles},
    };
    char plugins[512];
    snprintf(program, sizeof program, "%s/datasource-conformance", getenv("DS_BUILDDIR"));
    snprintf(plugins, sizeof plugins, "%s/tests/conformance/.libs", getenv("DS_BUILDDIR"));
    setenv("DATASOURCE_PLUGIN_PATH", plugins, 1);
    folder = folder_make();
    int status = SUITE_RUN("planted faults", tests);
    folder_remove(folder);
    return status;
}
