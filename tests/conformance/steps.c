/* Steps: one operation each, checked, and written down as C. */
#include "conformance.h"

#include <stdlib.h>
#include <string.h>

static ds_source *source_of(const run *r)
{
    return r->suite->source;
}

/* Writes `before"text"after`, a line of C, without its end. */
static void trace_text(run *r, const char *before, const char *text, const char *after)
{
    fprintf(r->out, "    %s", before);
    print_quoted(r->out, text);
    fputs(after, r->out);
}

static void trace_record(run *r, const char *json)
{
    trace_text(r, "ds_record_from_json(model, ", json, ", &record, &error);\n");
}

static void trace_where(run *r, const char *json)
{
    trace_text(r, "ds_filter_parse(", json, ", &filter, &error);\n");
}

static void trace_find(run *r, const char *query)
{
    trace_text(r, "ds_query_parse(", query == NULL ? "{}" : query, ", &query, &error);\n");
    trace(r, "ds_find(model, query, &cursor, &error);");
    fputs(
        "    while (ds_cursor_next(cursor, &found, &error) == DS_OK && found != NULL) puts(ds_record_to_json(found));",
        r->out);
}

static void trace_expected(run *r, const char *expected)
{
    fprintf(r->out, " /* %s */\n", expected);
}

/* Compares the status; true where both are DS_OK, so that the step may go on. */
static bool answered(run *r, ds_status status, ds_status expected)
{
    if (status != expected)
        fail(r, "%s was expected, and %s came%s%s", ds_status_name(expected), ds_status_name(status),
             status == DS_OK ? "" : ": ", status == DS_OK ? "" : r->error.message);
    else if (status != DS_OK && (r->error.status != status || strlen(r->error.message) < 10))
        fail(r, "%s came without a sentence", ds_status_name(status));
    return status == DS_OK && expected == DS_OK;
}

static void same_text(run *r, const char *got, const char *expected)
{
    if (got == NULL || strcmp(got, expected) != 0)
        fail(r, "expected %s, got %s", expected, got == NULL ? "nothing" : got);
}

static void same_record(run *r, const ds_record *record, const char *line)
{
    char *json = ds_record_to_json(record);
    same_text(r, json, line);
    ds_free(json);
}

static bool parsed(run *r, const char *json, ds_record **record, ds_status expected)
{
    ds_status status = ds_record_from_json(r->model, json, record, &r->error);
    if (status == DS_OK)
        return true;
    answered(r, status, expected);
    return false;
}

bool step_define(run *r, const char *definition, ds_status expected)
{
    size_t room = strlen(definition) + 128;
    char *json = malloc(room);
    snprintf(json, room, "{\"name\":\"%s\",%s}", r->name, definition);
    fputs("    ds_model *model;\n    ds_model_define(source, ", r->out);
    print_quoted(r->out, json);
    fprintf(r->out, ", &model, &error); /* %s */\n", ds_status_name(expected));
    ds_model *model = NULL;
    ds_status status = ds_model_define(source_of(r), json, &model, &r->error);
    free(json);
    if (status == DS_OK)
        r->model = model;
    return answered(r, status, expected);
}

void step_create(run *r, const char *json, ds_status expected)
{
    ds_record *record;
    trace_record(r, json);
    fputs("    ds_create(model, record, &error);", r->out);
    trace_expected(r, ds_status_name(expected));
    if (!parsed(r, json, &record, expected))
        return;
    answered(r, ds_create(r->model, record, &r->error), expected);
    ds_record_free(record);
}

void step_create_all(run *r, const char *const *jsons, size_t n, size_t created, ds_status expected)
{
    ds_record **records = calloc(n, sizeof *records);
    size_t stored = 0;
    for (size_t i = 0; i < n; i++) {
        if (i < 5) {
            trace_text(r, "ds_record_from_json(model, ", jsons[i], ", &batch[i++], &error);\n");
        }
        if (!parsed(r, jsons[i], &records[i], DS_OK))
            break;
    }
    trace(r, "ds_create_all(model, batch, %zu, &created, &error); /* %zu, %s */", n, created, ds_status_name(expected));
    if (!r->failed) {
        answered(r, ds_create_all(r->model, records, n, &stored, &r->error), expected);
        if (stored != created)
            fail(r, "%zu were expected to be created, %zu were", created, stored);
        size_t good = 0;
        for (size_t i = 0; i < n; i++)
            good += ds_record_outcome(records[i], NULL) == DS_OK;
        if (good != created)
            fail(r, "%zu outcomes say DS_OK, and %zu were created", good, created);
    }
    for (size_t i = 0; i < n; i++)
        ds_record_free(records[i]);
    free(records);
}

void step_get(run *r, const char *id, const char *line)
{
    ds_record *record;
    trace_text(r, "ds_find_by_id(model, ds_string(", id, "), &record, &error);");
    trace_expected(r, line == NULL ? "DS_NOT_FOUND" : line);
    ds_status status = ds_find_by_id(r->model, ds_string(id), &record, &r->error);
    if (answered(r, status, line == NULL ? DS_NOT_FOUND : DS_OK))
        same_record(r, record, line);
    if (status == DS_OK)
        ds_record_free(record);
}

/* ---- finds ---- */

static bool start(run *r, const char *query_json, ds_cursor **cursor, ds_query **query)
{
    *query = NULL;
    ds_status status = query_json == NULL ? DS_OK : ds_query_parse(query_json, query, &r->error);
    if (status == DS_OK)
        status = ds_find(r->model, *query, cursor, &r->error);
    if (answered(r, status, DS_OK))
        return true;
    ds_query_free(*query);
    return false;
}

void step_find(run *r, const char *query_json, const char *const *lines, size_t n)
{
    ds_query *query;
    ds_cursor *cursor;
    const ds_record *record = NULL;
    trace_find(r, query_json);
    trace_expected(r, "these records, in this order:");
    for (size_t i = 0; i < n; i++)
        trace(r, "    /* %s */", lines[i]);
    if (!start(r, query_json, &cursor, &query))
        return;
    size_t found = 0;
    ds_status status;
    while ((status = ds_cursor_next(cursor, &record, &r->error)) == DS_OK && record != NULL) {
        if (found < n)
            same_record(r, record, lines[found]);
        found++;
    }
    answered(r, status, DS_OK);
    if (found != n)
        fail(r, "%zu records were expected, %zu came", n, found);
    ds_cursor_close(cursor);
    ds_query_free(query);
}

/* The ids, of which only the first letter counts, in the order in which they come. */
static void collect(run *r, const char *query_json, char *ids, size_t room)
{
    ds_query *query;
    ds_cursor *cursor;
    const ds_record *record = NULL;
    size_t n = 0;
    ids[0] = '\0';
    if (!start(r, query_json, &cursor, &query))
        return;
    ds_status status;
    while ((status = ds_cursor_next(cursor, &record, &r->error)) == DS_OK && record != NULL) {
        ds_value id = ds_record_get(record, "id");
        if (id.type == DS_STRING && id.length > 0 && n + 1 < room)
            ids[n++] = id.as.string[0];
    }
    ids[n] = '\0';
    answered(r, status, DS_OK);
    ds_cursor_close(cursor);
    ds_query_free(query);
}

void step_find_ids(run *r, const char *query, const char *ids)
{
    char found[128];
    trace_find(r, query);
    trace_expected(r, ids);
    collect(r, query, found, sizeof found);
    same_text(r, found, ids);
}

static int by_letter(const void *a, const void *b)
{
    return *(const char *)a - *(const char *)b;
}

void step_find_set(run *r, const char *query, const char *ids)
{
    char found[128], expected[128];
    trace_find(r, query);
    fprintf(r->out, " /* in any order: %s */\n", ids);
    collect(r, query, found, sizeof found);
    snprintf(expected, sizeof expected, "%s", ids);
    qsort(found, strlen(found), 1, by_letter);
    qsort(expected, strlen(expected), 1, by_letter);
    same_text(r, found, expected);
}

void step_find_fails(run *r, const char *query_json, const char *part)
{
    ds_query *query = NULL;
    ds_cursor *cursor = NULL;
    trace_find(r, query_json);
    trace_expected(r, "DS_INVALID");
    ds_status status = ds_query_parse(query_json, &query, &r->error);
    if (status == DS_OK)
        status = ds_find(r->model, query, &cursor, &r->error);
    if (status == DS_OK)
        ds_cursor_close(cursor);
    answered(r, status, DS_INVALID);
    if (status == DS_INVALID && strstr(r->error.message, part) == NULL)
        fail(r, "the sentence does not name \"%s\": %s", part, r->error.message);
    ds_query_free(query);
}

void step_count(run *r, const char *where, uint64_t expected)
{
    ds_filter *filter = NULL;
    uint64_t count = 0;
    trace_where(r, where == NULL ? "{}" : where);
    fputs("    ds_count(model, filter, &n, &error);", r->out);
    fprintf(r->out, " /* %llu */\n", (unsigned long long)expected);
    ds_status status = where == NULL ? DS_OK : ds_filter_parse(where, &filter, &r->error);
    if (status == DS_OK)
        status = ds_count(r->model, filter, &count, &r->error);
    if (answered(r, status, DS_OK) && count != expected)
        fail(r, "%llu were expected, %llu came", (unsigned long long)expected, (unsigned long long)count);
    ds_filter_free(filter);
}

void step_exists(run *r, const char *id, bool expected)
{
    bool exists = !expected;
    trace_text(r, "ds_exists(model, ds_string(", id, "), &flag, &error);");
    trace_expected(r, expected ? "true" : "false");
    if (answered(r, ds_exists(r->model, ds_string(id), &exists, &r->error), DS_OK) && exists != expected)
        fail(r, "it said %s", exists ? "true" : "false");
}

void step_by_ids(run *r, const char *ids, const char *expected)
{
    ds_value values[32];
    char found[64] = "";
    size_t n = strlen(ids);
    ds_cursor *cursor;
    const ds_record *record = NULL;
    trace_text(r, "/* ds_find_by_ids: each letter of ", ids, " */");
    trace_expected(r, expected);
    for (size_t i = 0; i < n; i++)
        values[i] = ds_string_n(ids + i, 1);
    ds_status status = ds_find_by_ids(r->model, values, n, &cursor, &r->error);
    if (!answered(r, status, DS_OK))
        return;
    while ((status = ds_cursor_next(cursor, &record, &r->error)) == DS_OK && record != NULL)
        strncat(found, ds_record_get(record, "id").as.string, 1);
    answered(r, status, DS_OK);
    same_text(r, found, expected);
    ds_cursor_close(cursor);
}

/* ---- writes ---- */

void step_update(run *r, const char *id, const char *json, ds_status expected)
{
    ds_record *changes;
    trace_record(r, json);
    trace_text(r, "ds_update_by_id(model, ds_string(", id, "), record, &error);");
    trace_expected(r, ds_status_name(expected));
    if (!parsed(r, json, &changes, expected))
        return;
    answered(r, ds_update_by_id(r->model, ds_string(id), changes, &r->error), expected);
    ds_record_free(changes);
}

static void counted(run *r, uint64_t count, uint64_t expected)
{
    if (count != expected)
        fail(r, "%llu were expected, %llu were done", (unsigned long long)expected, (unsigned long long)count);
}

void step_update_where(run *r, const char *where, const char *json, uint64_t expected)
{
    ds_filter *filter = NULL;
    ds_record *changes;
    uint64_t count = 0;
    trace_record(r, json);
    trace_where(r, where);
    fputs("    ds_update(model, filter, record, &n, &error);", r->out);
    fprintf(r->out, " /* %llu */\n", (unsigned long long)expected);
    if (!parsed(r, json, &changes, DS_OK))
        return;
    ds_status status = ds_filter_parse(where, &filter, &r->error);
    if (status == DS_OK)
        status = ds_update(r->model, filter, changes, &count, &r->error);
    if (answered(r, status, DS_OK))
        counted(r, count, expected);
    ds_filter_free(filter);
    ds_record_free(changes);
}

void step_replace(run *r, const char *id, const char *json, ds_status expected)
{
    ds_record *record;
    trace_record(r, json);
    trace_text(r, "ds_replace_by_id(model, ds_string(", id, "), record, &error);");
    trace_expected(r, ds_status_name(expected));
    if (!parsed(r, json, &record, expected))
        return;
    answered(r, ds_replace_by_id(r->model, ds_string(id), record, &r->error), expected);
    ds_record_free(record);
}

static void put(run *r, const char *call, ds_status (*operation)(ds_model *, ds_record *, bool *, ds_error *),
                const char *json, bool created, ds_status expected)
{
    ds_record *record;
    bool did = !created;
    trace_record(r, json);
    fprintf(r->out, "    %s(model, record, &flag, &error);", call);
    fprintf(r->out, " /* %s%s */\n", ds_status_name(expected),
            expected != DS_OK ? ""
            : created         ? ", created"
                              : ", there already");
    if (!parsed(r, json, &record, expected))
        return;
    if (answered(r, operation(r->model, record, &did, &r->error), expected) && did != created)
        fail(r, "it said that the record was %s", did ? "created" : "there already");
    ds_record_free(record);
}

void step_upsert(run *r, const char *json, bool created, ds_status expected)
{
    put(r, "ds_upsert", ds_upsert, json, created, expected);
}

void step_replace_or_create(run *r, const char *json, bool created, ds_status expected)
{
    put(r, "ds_replace_or_create", ds_replace_or_create, json, created, expected);
}

void step_increment(run *r, const char *id, const char *property, ds_value by, const char *now_json, ds_status expected)
{
    char *by_json = ds_value_to_json(by);
    ds_value now = ds_null();
    trace(r, "ds_increment(model, ds_string(\"%s\"), \"%s\", %s(%s), NULL, &error); /* %s */", id, property,
          by.type == DS_INTEGER ? "ds_integer" : "ds_number", by_json,
          now_json == NULL ? ds_status_name(expected) : now_json);
    ds_free(by_json);
    if (!answered(r, ds_increment(r->model, ds_string(id), property, by, &now, &r->error), expected))
        return;
    char *json = ds_value_to_json(now);
    same_text(r, json, now_json);
    ds_free(json);
}

void step_delete(run *r, const char *id, ds_status expected)
{
    trace_text(r, "ds_delete_by_id(model, ds_string(", id, "), &error);");
    trace_expected(r, ds_status_name(expected));
    answered(r, ds_delete_by_id(r->model, ds_string(id), &r->error), expected);
}

void step_delete_where(run *r, const char *where, uint64_t expected)
{
    ds_filter *filter = NULL;
    uint64_t count = 0;
    trace_where(r, where);
    fputs("    ds_delete(model, filter, &n, &error);", r->out);
    fprintf(r->out, " /* %llu */\n", (unsigned long long)expected);
    ds_status status = ds_filter_parse(where, &filter, &r->error);
    if (status == DS_OK)
        status = ds_delete(r->model, filter, &count, &r->error);
    if (answered(r, status, DS_OK))
        counted(r, count, expected);
    ds_filter_free(filter);
}

void step_expire(run *r, const char *id, int64_t ms, ds_status expected)
{
    trace(r, "ds_expire(model, ds_string(\"%s\"), %lld, &error); /* %s */", id, (long long)ms,
          ds_status_name(expected));
    answered(r, ds_expire(r->model, ds_string(id), ms, &r->error), expected);
}

void step_ttl(run *r, const char *id, int64_t low, int64_t high, ds_status expected)
{
    int64_t ms = 0;
    trace(r, "ds_ttl(model, ds_string(\"%s\"), &ms, &error); /* %lld to %lld, %s */", id, (long long)low,
          (long long)high, ds_status_name(expected));
    if (answered(r, ds_ttl(r->model, ds_string(id), &ms, &r->error), expected) && (ms < low || ms > high))
        fail(r, "it said %lld ms", (long long)ms);
}

void step_gone(run *r, const char *id)
{
    bool exists = true;
    int64_t give_up = ds_now() + 10 * INT64_C(1000000000);
    trace(r, "/* awaits that \"%s\" is gone */", id);
    while (exists && ds_now() < give_up)
        if (!answered(r, ds_exists(r->model, ds_string(id), &exists, &r->error), DS_OK))
            return;
    check(r, !exists, "an expired record is gone within 10 s of an expiry in ms");
}
