/* Steps that define and find: one operation each, checked, and written down as C. */
#include "steps.h"

#include <stdlib.h>
#include <string.h>

/* ---- what all steps do ---- */

bool answered(run *r, ds_status status, ds_status expected)
{
    char got[600];
    snprintf(got, sizeof got, "%s%s%s", ds_status_name(status), status == DS_OK ? "" : ": ",
             status == DS_OK ? "" : r->error.message);
    if (status != expected)
        differs(r, ds_status_name(expected), got);
    else if (status != DS_OK && (r->error.status != status || strlen(r->error.message) < 10))
        fail(r, "%s came without a sentence", ds_status_name(status));
    return status == DS_OK && expected == DS_OK;
}

void same_text(run *r, const char *got, const char *expected)
{
    if (got == NULL || strcmp(got, expected) != 0)
        differs(r, expected, got == NULL ? "nothing" : got);
}

void same_number(run *r, uint64_t got, uint64_t expected)
{
    char a[32], b[32];
    snprintf(a, sizeof a, "%llu", (unsigned long long)expected);
    snprintf(b, sizeof b, "%llu", (unsigned long long)got);
    same_text(r, b, a);
}

bool parsed(run *r, const char *json, ds_record **record, ds_status expected)
{
    trace_text(r, "ds_record_from_json(model, ", json, ", &record, &error);");
    ds_status status = ds_record_from_json(r->model, json, record, &r->error);
    if (status == DS_OK)
        return true;
    answered(r, status, expected);
    return false;
}

char letter_of(const ds_record *record)
{
    ds_value id = ds_record_get(record, "id");
    return id.type == DS_STRING && id.length > 0 && id.as.string[0] > ' ' ? id.as.string[0] : '?';
}

/* What an earlier run of the program left behind is deleted, so that it can be run again. */
bool step_define(run *r, const char *definition, ds_status expected)
{
    size_t room = strlen(definition) + 128;
    char *json = malloc(room);
    snprintf(json, room, "{\"name\":\"%s\",%s}", r->name, definition);
    trace_text(r, "ds_model_define(source, ", json, ", &model, &error);");
    if (expected == DS_OK)
        trace(r, "ds_delete(model, ds_everything(), NULL, &error);");
    else
        trace_comment(r, "expected: %s", ds_status_name(expected));
    ds_model *model = NULL;
    ds_status status = ds_model_define(r->suite->source, json, &model, &r->error);
    free(json);
    if (status == DS_OK)
        r->model = model;
    return answered(r, status, expected);
}

/* ---- by id ---- */

void step_get(run *r, const char *id, const char *line)
{
    ds_record *record = NULL;
    trace_text(r, "ds_find_by_id(model, ds_string(", id, "), &record, &error);");
    trace_comment(r, "expected: %s", line == NULL ? "DS_NOT_FOUND" : line);
    ds_status status = ds_find_by_id(r->model, ds_string(id), &record, &r->error);
    if (answered(r, status, line == NULL ? DS_NOT_FOUND : DS_OK)) {
        char *json = ds_record_to_json(record);
        same_text(r, json, line);
        ds_free(json);
    }
    if (status == DS_OK)
        ds_record_free(record);
}

void step_exists(run *r, const char *id, bool expected)
{
    bool exists = !expected;
    trace_text(r, "ds_exists(model, ds_string(", id, "), &flag, &error);");
    trace_comment(r, "expected: %s", expected ? "true" : "false");
    if (answered(r, ds_exists(r->model, ds_string(id), &exists, &r->error), DS_OK))
        same_text(r, exists ? "true" : "false", expected ? "true" : "false");
}

void step_gone(run *r, const char *id)
{
    bool exists = true;
    int64_t give_up = ds_now() + 10 * INT64_C(1000000000);
    trace_text(r, "while (ds_exists(model, ds_string(", id, "), &flag, &error) == DS_OK && flag)");
    trace(r, "    continue; /* expected: to end */");
    while (exists && ds_now() < give_up)
        if (!answered(r, ds_exists(r->model, ds_string(id), &exists, &r->error), DS_OK))
            return;
    check(r, !exists, "an expired record is gone within 10 s of an expiry in ms");
}

/* ---- finds ---- */

static void trace_walk(run *r, const char *expected)
{
    trace_comment(r, "expected: %s", expected);
    trace(r, "while (ds_cursor_next(cursor, &found, &error) == DS_OK && found != NULL)");
    trace(r, "    puts(ds_record_to_json(found));");
    trace(r, "ds_cursor_close(cursor);");
}

static void trace_find(run *r, const char *query, const char *expected)
{
    trace_text(r, "ds_query_parse(", query, ", &query, &error);");
    trace(r, "ds_find(model, query, &cursor, &error);");
    trace_walk(r, expected);
}

static ds_status find(run *r, const char *query_json, ds_cursor **cursor)
{
    ds_query *query = NULL;
    ds_status status = ds_query_parse(query_json, &query, &r->error);
    if (status == DS_OK)
        status = ds_find(r->model, query, cursor, &r->error);
    ds_query_free(query);
    return status;
}

/* What a walk answers, as text: whole records, a line each, or the first letters of their ids; for free(). */
static char *walked(run *r, ds_cursor *cursor, bool letters)
{
    const ds_record *record = NULL;
    char *text;
    size_t length;
    ds_status status;
    FILE *out = open_memstream(&text, &length);
    while ((status = ds_cursor_next(cursor, &record, &r->error)) == DS_OK && record != NULL)
        if (letters) {
            fputc(letter_of(record), out);
        } else {
            char *json = ds_record_to_json(record);
            fprintf(out, "%s\n", json);
            ds_free(json);
        }
    fclose(out);
    ds_cursor_close(cursor);
    answered(r, status, DS_OK);
    return text;
}

void step_find(run *r, const char *query, const char *const *lines, size_t n)
{
    ds_cursor *cursor;
    char *expected;
    size_t length;
    FILE *out = open_memstream(&expected, &length);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%s\n", lines[i]);
    fclose(out);
    trace_find(r, query, expected);
    if (answered(r, find(r, query, &cursor), DS_OK)) {
        char *got = walked(r, cursor, false);
        same_text(r, got, expected);
        free(got);
    }
    free(expected);
}

void step_find_ids(run *r, const char *query, const char *ids)
{
    ds_cursor *cursor;
    trace_find(r, query, ids);
    if (!answered(r, find(r, query, &cursor), DS_OK))
        return;
    char *got = walked(r, cursor, true);
    same_text(r, got, ids);
    free(got);
}

static int by_letter(const void *a, const void *b)
{
    return *(const char *)a - *(const char *)b;
}

void step_find_set(run *r, const char *query, const char *ids)
{
    ds_cursor *cursor;
    char expected[128];
    snprintf(expected, sizeof expected, "%s", ids);
    qsort(expected, strlen(expected), 1, by_letter);
    trace_find(r, query, expected);
    if (!answered(r, find(r, query, &cursor), DS_OK))
        return;
    char *got = walked(r, cursor, true);
    qsort(got, strlen(got), 1, by_letter);
    same_text(r, got, expected);
    free(got);
}

void step_find_fails(run *r, const char *query, const char *part)
{
    ds_cursor *cursor = NULL;
    trace_find(r, query, "DS_INVALID");
    ds_status status = find(r, query, &cursor);
    if (status == DS_OK)
        ds_cursor_close(cursor);
    answered(r, status, DS_INVALID);
    if (status == DS_INVALID && strstr(r->error.message, part) == NULL)
        fail(r, "the sentence does not name \"%s\": %s", part, r->error.message);
}

void step_count(run *r, const char *where, uint64_t expected)
{
    ds_filter *filter = NULL;
    uint64_t count = 0;
    trace_text(r, "ds_filter_parse(", where == NULL ? "{}" : where, ", &filter, &error);");
    trace(r, "ds_count(model, filter, &n, &error);");
    trace_comment(r, "expected: %llu", (unsigned long long)expected);
    ds_status status = where == NULL ? DS_OK : ds_filter_parse(where, &filter, &r->error);
    if (status == DS_OK)
        status = ds_count(r->model, filter, &count, &r->error);
    if (answered(r, status, DS_OK))
        same_number(r, count, expected);
    ds_filter_free(filter);
}

void step_by_ids(run *r, const char *ids, const char *expected)
{
    ds_value values[32];
    size_t n = strlen(ids);
    ds_cursor *cursor;
    for (size_t i = 0; i < n; i++)
        trace(r, "ids[%zu] = ds_string(\"%c\");", i, ids[i]);
    trace(r, "ds_find_by_ids(model, ids, %zu, &cursor, &error);", n);
    trace_walk(r, expected);
    for (size_t i = 0; i < n; i++)
        values[i] = ds_string_n(ids + i, 1);
    if (!answered(r, ds_find_by_ids(r->model, values, n, &cursor, &r->error), DS_OK))
        return;
    char *got = walked(r, cursor, true);
    same_text(r, got, expected);
    free(got);
}
