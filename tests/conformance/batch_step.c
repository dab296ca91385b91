/* The step that runs a batch: its writes as a table, each with the outcome that it must have. */
#include "conformance.h"

#include <stdlib.h>
#include <string.h>

static const char *const functions[] = {
    [DS_WRITE_CREATE] = "create", [DS_WRITE_UPDATE] = "update",      [DS_WRITE_REPLACE] = "replace",
    [DS_WRITE_UPSERT] = "upsert", [DS_WRITE_DELETE] = "delete",      [DS_WRITE_REPLACE_OR_CREATE] = "replace_or_create",
    [DS_WRITE_EXPIRE] = "expire", [DS_WRITE_INCREMENT] = "increment"};

typedef struct written {
    ds_record *record;
    bool created;
    ds_value now;
} written;

static void trace_write(run *r, const batch_write *w, ds_status outcome)
{
    if (w->json != NULL)
        trace_text(r, w->other ? "ds_record_from_json(other, " : "ds_record_from_json(model, ", w->json,
                   ", &record, &error);");
    fprintf(r->out, "    ds_batch_%s(writes, %s", functions[w->kind], w->other ? "other" : "model");
    if (w->id != NULL)
        fprintf(r->out, ", ds_string(\"%s\")", w->id);
    if (w->json != NULL)
        fputs(", record", r->out);
    if (w->kind == DS_WRITE_UPSERT || w->kind == DS_WRITE_REPLACE_OR_CREATE)
        fputs(", &flag", r->out);
    if (w->kind == DS_WRITE_INCREMENT)
        fprintf(r->out, ", \"%s\", ds_integer(%lld), NULL", w->property, (long long)w->number);
    if (w->kind == DS_WRITE_EXPIRE)
        fprintf(r->out, ", %lld", (long long)w->number);
    fprintf(r->out, "); /* expected: %s */\n", ds_status_name(outcome));
}

static void add(ds_batch *batch, ds_model *model, const batch_write *w, written *to)
{
    ds_value id = w->id == NULL ? ds_null() : ds_string(w->id);
    switch (w->kind) {
    case DS_WRITE_CREATE:
        ds_batch_create(batch, model, to->record);
        break;
    case DS_WRITE_UPDATE:
        ds_batch_update(batch, model, id, to->record);
        break;
    case DS_WRITE_REPLACE:
        ds_batch_replace(batch, model, id, to->record);
        break;
    case DS_WRITE_REPLACE_OR_CREATE:
        ds_batch_replace_or_create(batch, model, to->record, &to->created);
        break;
    case DS_WRITE_UPSERT:
        ds_batch_upsert(batch, model, to->record, &to->created);
        break;
    case DS_WRITE_INCREMENT:
        ds_batch_increment(batch, model, id, w->property, ds_integer(w->number), &to->now);
        break;
    case DS_WRITE_DELETE:
        ds_batch_delete(batch, model, id);
        break;
    case DS_WRITE_EXPIRE:
        ds_batch_expire(batch, model, id, w->number);
        break;
    }
}

/* What a write must have come to, and what its record says of it. */
static void check_write(run *r, const ds_batch *batch, size_t i, const batch_write *w, const written *to,
                        ds_status expected)
{
    ds_error error = {.status = DS_OK};
    ds_status outcome = ds_batch_outcome(batch, i, &error);
    bool stores = w->kind == DS_WRITE_CREATE || w->kind == DS_WRITE_UPSERT || w->kind == DS_WRITE_REPLACE_OR_CREATE;
    if (outcome != expected)
        fail(r, "write %zu, %s: %s was expected, and its outcome is %s%s%s", i, functions[w->kind],
             ds_status_name(expected), ds_status_name(outcome), outcome == DS_OK ? "" : ": ", error.message);
    else if (outcome != DS_OK && (error.status != outcome || strlen(error.message) < 10))
        fail(r, "the outcome of write %zu is without a sentence", i);
    if (stores && ds_record_outcome(to->record, NULL) != expected)
        fail(r, "the record of write %zu says %s", i, ds_status_name(ds_record_outcome(to->record, NULL)));
    if (w->kind != DS_WRITE_CREATE && stores && to->created != (w->created && expected == DS_OK))
        fail(r, "write %zu says that its record was %s", i, to->created ? "created" : "not created");
    if (w->kind == DS_WRITE_INCREMENT && expected == DS_OK && !w->is_number &&
        (to->now.type != DS_INTEGER || to->now.as.integer != w->now))
        fail(r, "write %zu: the new value should be %lld", i, (long long)w->now);
}

static void check_all(run *r, const ds_batch *batch, const batch_write *writes, const written *to, size_t n,
                      const ds_status *outcomes, ds_status status)
{
    ds_status expected = DS_OK;
    size_t first = n;
    for (size_t i = n; i-- > 0;)
        if (outcomes[i] != DS_OK && outcomes[i] != DS_CANCELLED) {
            expected = outcomes[i];
            first = i;
        }
    char place[64];
    snprintf(place, sizeof place, "write %zu of the batch", first);
    if (status != expected)
        fail(r, "%s was expected, and %s came: %s", ds_status_name(expected), ds_status_name(status),
             status == DS_OK ? "" : r->error.message);
    else if (first < n && outcomes[first] != DS_UNSUPPORTED && strstr(r->error.message, place) == NULL)
        fail(r, "the sentence does not say that it is %s: %s", place, r->error.message);
    for (size_t i = 0; i < n; i++)
        check_write(r, batch, i, &writes[i], &to[i], outcomes[i]);
}

void step_batch(run *r, ds_model *other, unsigned flags, const batch_write *writes, size_t n)
{
    ds_batch *batch = NULL;
    written *to = calloc(n + 1, sizeof *to);
    ds_status *outcomes = calloc(n + 1, sizeof *outcomes);
    bool refused = (flags & DS_ATOMIC) != 0 && (r->suite->capabilities & DS_CAN_ATOMIC_BATCH) == 0;
    trace(r, "ds_batch_new(source, &writes, &error);");
    done(r, ds_batch_new(r->suite->source, &batch, &r->error));
    for (size_t i = 0; i < n && !r->failed; i++) {
        const batch_write *w = &writes[i];
        ds_model *model = w->other ? other : r->model;
        outcomes[i] = refused ? DS_UNSUPPORTED : w->outcome;
        if (i < 20)
            trace_write(r, w, outcomes[i]);
        if (w->json == NULL || done(r, ds_record_from_json(model, w->json, &to[i].record, &r->error)))
            add(batch, model, w, &to[i]);
    }
    trace(r, "ds_batch_run(writes, %s, &error);", (flags & DS_ATOMIC) != 0 ? "DS_ATOMIC" : "0");
    if (!r->failed) {
        ds_status status = ds_batch_run(batch, flags, &r->error);
        check_all(r, batch, writes, to, n, outcomes, status);
    }
    ds_batch_free(batch);
    for (size_t i = 0; i < n; i++)
        ds_record_free(to[i].record);
    free(outcomes);
    free(to);
}
