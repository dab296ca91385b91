/* A batch through the entries of single kinds: neighbours that are alike go as one array, so that a connector without a
 * batch entry of its own is not asked for each alone. */
#include "source/batch.h"

/* Whether two neighbours can be of one array. */
static bool alike(const turn *a, const turn *b)
{
    if (a->write.kind != b->write.kind || a->write.model != b->write.model)
        return false;
    if (a->write.kind == DS_WRITE_INCREMENT || a->write.kind == DS_WRITE_EXPIRE)
        return false;
    return a->write.kind != DS_WRITE_UPDATE || a->write.changes == b->write.changes;
}

static void gather(run *self, turn *from)
{
    self->passed_count = 0;
    for (turn *at = from; at < self->turns + self->count; at++) {
        if (at->settled)
            continue;
        if (at != from && (at->again || from->again || !alike(from, at)))
            break;
        self->places[self->passed_count] = at;
        self->passed[self->passed_count++] = &at->write;
    }
}

static ds_status pass_records(run *self, ds_record **records)
{
    operation *op = self->op;
    const ds_write *first = self->passed[0];
    const ds_connector *connector = op->connector;
    for (size_t i = 0; i < self->passed_count; i++)
        records[i] = self->passed[i]->record;
    if (first->kind == DS_WRITE_CREATE)
        return connector->create_records(op->connection, op->model, records, self->passed_count, &self->outcomes,
                                         &op->call);
    if (first->kind == DS_WRITE_UPSERT)
        return connector->upsert_records == NULL
                   ? DS_UNSUPPORTED
                   : connector->upsert_records(op->connection, op->model, records, self->passed_count, first->defaults,
                                               NULL, &self->outcomes, &op->call);
    return connector->replace_records == NULL
               ? DS_UNSUPPORTED
               : connector->replace_records(op->connection, op->model, records, self->passed_count,
                                            first->kind == DS_WRITE_REPLACE, NULL, &self->outcomes, &op->call);
}

static ds_status pass_ids(run *self, ds_value *ids)
{
    operation *op = self->op;
    const ds_write *first = self->passed[0];
    for (size_t i = 0; i < self->passed_count; i++)
        ids[i] = self->passed[i]->id;
    if (first->kind == DS_WRITE_DELETE)
        return op->connector->delete_records(op->connection, op->model, ids, self->passed_count, NULL, &self->outcomes,
                                             &op->call);
    return op->connector->update_records(op->connection, op->model, ids, self->passed_count, first->changes, NULL,
                                         &self->outcomes, &op->call);
}

/* The whole group through the entry for arrays of its kind. */
static ds_status pass(run *self)
{
    bool by_id = self->passed[0]->kind == DS_WRITE_DELETE || self->passed[0]->kind == DS_WRITE_UPDATE;
    size_t size = by_id ? sizeof(ds_value) : sizeof(ds_record *);
    ds_value one;
    void *array = self->passed_count == 1 ? &one : ds_malloc(self->passed_count * size);
    if (array == NULL)
        return error_nomem(&self->op->error);
    ds_status status = by_id ? pass_ids(self, array) : pass_records(self, array);
    if (array != &one)
        ds_free(array);
    return status;
}

/* ---- one by one ---- */

/* By what other entries there are. *created: of an upsert or a replace. */
static ds_status do_alone(operation *op, turn *at, bool *created)
{
    const ds_write *write = &at->write;
    int refusal;
    switch (write->kind) {
    case DS_WRITE_CREATE:
        return create_one(op, write->record, &at->filled, &refusal);
    case DS_WRITE_UPSERT:
        return upsert_one(op, write->record, created);
    case DS_WRITE_REPLACE:
    case DS_WRITE_REPLACE_OR_CREATE:
        return replace_one(op, write->record, write->kind == DS_WRITE_REPLACE, created);
    case DS_WRITE_INCREMENT:
        return increment_one(op, write->id, write->property, write->slot, write->by, &at->now);
    case DS_WRITE_EXPIRE: {
        ds_status status = op->connector->expire(op->connection, op->model, write->id, write->ttl_ms, &op->call);
        return status == DS_NOT_FOUND ? error_not_found(op, write->id) : status;
    }
    default:
        return ds_error_set(&op->error, DS_UNSUPPORTED, "the connector %s did not do its part of a batch",
                            op->connector->name);
    }
}

static ds_status turn_alone(run *self, turn *at)
{
    operation *op = self->op;
    bool created = false;
    operation_step(op);
    op->error = (ds_error){.status = DS_OK};
    op->model = at->write.model;
    turn_number_anew(at);
    ds_status status = ds_call_check(&op->call);
    if (status == DS_OK)
        status = do_alone(op, at, &created);
    run_told(op, status);
    turn_settle(self, at, status, &op->error, created);
    return status;
}

static ds_status passed_alone(run *self)
{
    ds_status status = DS_OK;
    for (size_t i = 0; i < self->passed_count && !run_gives_up(self, status); i++)
        if (!self->places[i]->settled)
            status = turn_alone(self, self->places[i]);
    return status;
}

/* ---- groups ---- */

/* Those that the other entries do better, or those that no array holds. */
static bool is_for_one(const run *self)
{
    ds_write_kind kind = self->passed[0]->kind;
    return self->places[0]->again || kind == DS_WRITE_INCREMENT || kind == DS_WRITE_EXPIRE ||
           (self->passed_count == 1 && kind != DS_WRITE_UPDATE && kind != DS_WRITE_DELETE);
}

static ds_status group_run(run *self)
{
    operation *op = self->op;
    if (is_for_one(self))
        return turn_alone(self, self->places[0]);
    run_step(self);
    op->model = self->passed[0]->model;
    ds_status status = ds_call_check(&op->call);
    if (status == DS_OK)
        status = run_told(op, pass(self));
    ds_write_kind kind = self->passed[0]->kind;
    if (status == DS_UNSUPPORTED &&
        (kind == DS_WRITE_UPSERT || kind == DS_WRITE_REPLACE || kind == DS_WRITE_REPLACE_OR_CREATE)) {
        op->error = (ds_error){.status = DS_OK};
        return passed_alone(self);
    }
    return passed_settle(self, status, true) > 0 ? passed_alone(self) : status;
}

ds_status turns_by_library(run *self, size_t most)
{
    ds_status status = DS_OK;
    size_t groups = 0;
    for (size_t i = 0; i < self->count && groups < most && !run_gives_up(self, status); i++) {
        if (self->turns[i].settled)
            continue;
        gather(self, &self->turns[i]);
        status = group_run(self);
        groups++;
    }
    return status;
}
