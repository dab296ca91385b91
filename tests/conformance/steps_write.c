/* Steps that write: one operation each, checked, and written down as C. */
#include "steps.h"

#include <stdlib.h>
#include <string.h>

/* ---- create ---- */

void step_create(run *r, const char *json, ds_status expected)
{
    ds_record *record;
    if (!parsed(r, json, &record, expected))
        return;
    trace(r, "ds_create(model, record, &error); /* expected: %s */", ds_status_name(expected));
    answered(r, ds_create(r->model, record, &r->error), expected);
    ds_record_free(record);
}

/* The records are made already, and traced as `batch`. */
static void create_all(run *r, ds_record *const *records, size_t n, size_t created, ds_status expected)
{
    size_t stored = 0, good = 0;
    trace(r, "ds_create_all(model, batch, %zu, &created, &error); /* expected: %s, %zu created */", n,
          ds_status_name(expected), created);
    answered(r, ds_create_all(r->model, records, n, &stored, &r->error), expected);
    for (size_t i = 0; i < n; i++)
        good += ds_record_outcome(records[i], NULL) == DS_OK;
    if (stored != created)
        fail(r, "%zu were expected to be created, and %zu were", created, stored);
    if (good != created)
        fail(r, "%zu outcomes say DS_OK, and %zu were created", good, created);
}

void step_create_all(run *r, const char *const *jsons, size_t n, size_t created, ds_status expected)
{
    ds_record **records = calloc(n, sizeof *records);
    for (size_t i = 0; i < n && !r->failed; i++) {
        trace_text(r, "ds_record_from_json(model, ", jsons[i], ", &batch[i++], &error);");
        done(r, ds_record_from_json(r->model, jsons[i], &records[i], &r->error));
    }
    if (!r->failed)
        create_all(r, records, n, created, expected);
    for (size_t i = 0; i < n; i++)
        ds_record_free(records[i]);
    free(records);
}

void step_create_numbered(run *r, size_t n)
{
    char json[128];
    ds_record **records = calloc(n, sizeof *records);
    trace(r, "for (i = 0; i < %zu; i++) {", n);
    trace(r, "    snprintf(text, sizeof text, \"{\\\"id\\\":\\\"%%zu\\\",\\\"name\\\":\\\"N\\\",\\\"age\\\":%%zu}\", "
             "i, i);");
    trace(r, "    ds_record_from_json(model, text, &batch[i], &error);");
    trace(r, "}");
    for (size_t i = 0; i < n && !r->failed; i++) {
        snprintf(json, sizeof json, "{\"id\":\"%zu\",\"name\":\"N\",\"age\":%zu}", i, i);
        done(r, ds_record_from_json(r->model, json, &records[i], &r->error));
    }
    if (!r->failed)
        create_all(r, records, n, n, DS_OK);
    for (size_t i = 0; i < n; i++)
        ds_record_free(records[i]);
    free(records);
}

/* ---- update and delete ---- */

void step_update(run *r, const char *id, const char *json, ds_status expected)
{
    ds_record *changes;
    if (!parsed(r, json, &changes, expected))
        return;
    trace_text(r, "ds_update_by_id(model, ds_string(", id, "), record, &error);");
    trace_comment(r, "expected: %s", ds_status_name(expected));
    answered(r, ds_update_by_id(r->model, ds_string(id), changes, &r->error), expected);
    ds_record_free(changes);
}

void step_update_where(run *r, const char *where, const char *json, uint64_t expected)
{
    ds_filter *filter = NULL;
    ds_record *changes;
    uint64_t count = 0;
    if (!parsed(r, json, &changes, DS_OK))
        return;
    trace_text(r, "ds_filter_parse(", where, ", &filter, &error);");
    trace(r, "ds_update(model, filter, record, &n, &error); /* expected: %llu */", (unsigned long long)expected);
    ds_status status = ds_filter_parse(where, &filter, &r->error);
    if (status == DS_OK)
        status = ds_update(r->model, filter, changes, &count, &r->error);
    if (answered(r, status, DS_OK))
        same_number(r, count, expected);
    ds_filter_free(filter);
    ds_record_free(changes);
}

void step_delete(run *r, const char *id, ds_status expected)
{
    trace_text(r, "ds_delete_by_id(model, ds_string(", id, "), &error);");
    trace_comment(r, "expected: %s", ds_status_name(expected));
    answered(r, ds_delete_by_id(r->model, ds_string(id), &r->error), expected);
}

void step_delete_where(run *r, const char *where, uint64_t expected)
{
    ds_filter *filter = NULL;
    uint64_t count = 0;
    trace_text(r, "ds_filter_parse(", where, ", &filter, &error);");
    trace(r, "ds_delete(model, filter, &n, &error); /* expected: %llu */", (unsigned long long)expected);
    ds_status status = ds_filter_parse(where, &filter, &r->error);
    if (status == DS_OK)
        status = ds_delete(r->model, filter, &count, &r->error);
    if (answered(r, status, DS_OK))
        same_number(r, count, expected);
    ds_filter_free(filter);
}

/* ---- replace, upsert, increment ---- */

void step_replace(run *r, const char *id, const char *json, ds_status expected)
{
    ds_record *record;
    if (!parsed(r, json, &record, expected))
        return;
    trace_text(r, "ds_replace_by_id(model, ds_string(", id, "), record, &error);");
    trace_comment(r, "expected: %s", ds_status_name(expected));
    answered(r, ds_replace_by_id(r->model, ds_string(id), record, &r->error), expected);
    ds_record_free(record);
}

static void put(run *r, const char *call, ds_status (*operation)(ds_model *, ds_record *, bool *, ds_error *),
                const char *json, bool created, ds_status expected)
{
    ds_record *record;
    bool did = !created;
    if (!parsed(r, json, &record, expected))
        return;
    trace(r, "%s(model, record, &flag, &error); /* expected: %s%s */", call, ds_status_name(expected),
          expected != DS_OK ? ""
          : created         ? ", created"
                            : ", there already");
    if (answered(r, operation(r->model, record, &did, &r->error), expected))
        same_text(r, did ? "created" : "there already", created ? "created" : "there already");
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
    bool lowest = by.type == DS_INTEGER && by.as.integer == INT64_MIN; /* which C has no literal for */
    trace(r, "ds_increment(model, ds_string(\"%s\"), \"%s\", %s(%s), &now, &error); /* expected: %s */", id, property,
          by.type == DS_INTEGER ? "ds_integer" : "ds_number", lowest ? "INT64_MIN" : by_json,
          now_json == NULL ? ds_status_name(expected) : now_json);
    ds_free(by_json);
    if (!answered(r, ds_increment(r->model, ds_string(id), property, by, &now, &r->error), expected))
        return;
    char *json = ds_value_to_json(now);
    same_text(r, json, now_json);
    ds_free(json);
}

/* ---- expiry ---- */

void step_expire(run *r, const char *id, int64_t ms, ds_status expected)
{
    trace(r, "ds_expire(model, ds_string(\"%s\"), %lld, &error); /* expected: %s */", id, (long long)ms,
          ds_status_name(expected));
    answered(r, ds_expire(r->model, ds_string(id), ms, &r->error), expected);
}

void step_ttl(run *r, const char *id, int64_t low, int64_t high, ds_status expected)
{
    int64_t ms = 0;
    trace(r, "ds_ttl(model, ds_string(\"%s\"), &ms, &error); /* expected: %s, %lld to %lld */", id,
          ds_status_name(expected), (long long)low, (long long)high);
    if (answered(r, ds_ttl(r->model, ds_string(id), &ms, &r->error), expected) && (ms < low || ms > high))
        fail(r, "it said %lld ms, which is not from %lld to %lld", (long long)ms, (long long)low, (long long)high);
}
