/* Update and delete of all records that match, where the backend has no one statement for it: found block by block, and
 * each written only while it still holds what the filter looked at. What others changed meanwhile is read and judged
 * again. */
#include "source/stream.h"

typedef struct sweep {
    operation *op;
    selection *selection;     /* of what matches */
    const ds_record *changes; /* NULL: delete */
    const char **names;       /* the properties that the filter looks at */
    size_t name_count;
    arena names_arena;
    arena arena;   /* of `expected`, for one write */
    ds_value *ids; /* the next to be written: they belong to records of a block */
    const ds_record **expected;
    size_t count, room;
    arena again_arena; /* of the ids that are to be judged again */
    ds_block *again;   /* and their records */
    uint64_t done;
} sweep;

static ds_status sweep_open(sweep *self, operation *op, selection *sel, const ds_record *changes)
{
    *self = (sweep){.op = op, .selection = sel, .changes = changes};
    self->again = block_new(op->model->definition);
    if (self->again == NULL)
        return error_nomem(&op->error);
    if (filter_names(sel->ask.where, &self->names_arena, &self->names, &self->name_count) != DS_OK)
        return error_nomem(&op->error);
    return DS_OK;
}

static void sweep_close(sweep *self)
{
    block_free(self->again);
    ds_free(self->ids);
    ds_free(self->expected);
    arena_free(&self->again_arena);
    arena_free(&self->arena);
    arena_free(&self->names_arena);
}

static bool make_room(sweep *self)
{
    if (self->count < self->room)
        return true;
    size_t room = self->room == 0 ? BLOCK_RECORDS : 2 * self->room;
    ds_value *ids = ds_realloc(self->ids, room * sizeof *ids);
    if (ids == NULL)
        return false;
    self->ids = ids;
    const ds_record **expected = ds_realloc(self->expected, room * sizeof *expected);
    if (expected == NULL)
        return false;
    self->expected = expected;
    self->room = room;
    return true;
}

static ds_status add(sweep *self, const ds_record *record)
{
    const ds_record *expected = NULL;
    if (!make_room(self))
        return error_nomem(&self->op->error);
    if (self->name_count > 0) {
        expected = expected_of(record, self->names, self->name_count, &self->arena);
        if (expected == NULL)
            return error_nomem(&self->op->error);
    }
    self->ids[self->count] = record_peek(record, record_definition(record)->id_slot);
    self->expected[self->count++] = expected;
    return DS_OK;
}

static ds_status write_entry(sweep *self, ds_outcomes *outcomes)
{
    operation *op = self->op;
    const ds_record *const *expected = self->name_count > 0 ? self->expected : NULL;
    operation_step(op);
    ds_status status = ds_call_check(&op->call);
    if (status != DS_OK)
        return status;
    if (self->changes == NULL)
        return op->connector->delete_records(op->connection, op->model, self->ids, self->count, expected, outcomes,
                                             &op->call);
    return op->connector->update_records(op->connection, op->model, self->ids, self->count, self->changes, expected,
                                         outcomes, &op->call);
}

/* Counts what was done, passes over what is gone, keeps the ids of what was changed by others; the first failure is
 * answered, after all were counted. */
static ds_status settle(sweep *self, const ds_outcomes *outcomes, ds_status entry)
{
    ds_error first = {.status = DS_OK};
    size_t again = 0;
    uint64_t before = self->done;
    for (size_t i = 0; i < self->count; i++) {
        if (outcomes->items[i].state == OUTCOME_OK) {
            self->done++;
        } else if (outcome_refused(outcomes, i, DS_REFUSED_CHANGED)) {
            if (!arena_copy_value(&self->again_arena, self->ids[i], &self->ids[again++]))
                return error_nomem(&self->op->error);
        } else if (!outcome_refused(outcomes, i, DS_REFUSED_MISSING) && first.status == DS_OK) {
            first.status = outcome_status(outcomes, i, self->op, entry, self->ids[i], &first);
        }
    }
    count_written(self->op, (size_t)(self->done - before));
    self->count = again;
    return first.status == DS_OK ? DS_OK : error_copy(&self->op->error, &first);
}

static ds_status write_once(sweep *self)
{
    ds_outcomes outcomes;
    ds_status status = outcomes_init(&outcomes, self->count, &self->op->error);
    if (status == DS_OK) {
        arena_reset(&self->again_arena);
        status = write_entry(self, &outcomes);
        status = settle(self, &outcomes, status);
    }
    outcomes_free(&outcomes);
    arena_reset(&self->arena);
    return status;
}

/* Reads what was changed by others, and collects what still matches. */
static ds_status judge_again(sweep *self)
{
    operation *op = self->op;
    size_t count = self->count;
    self->count = 0;
    op->error = (ds_error){.status = DS_OK};
    operation_step(op);
    ds_status status = lookup_ids(op, self->ids, count, self->again);
    for (size_t i = 0; status == DS_OK && i < ds_block_count(self->again); i++) {
        const ds_record *record = block_record(self->again, i);
        bool matches;
        status = ds_filter_matches(self->selection->ask.where, record, &matches, &op->error);
        if (status == DS_OK && matches)
            status = add(self, record);
    }
    return status;
}

static ds_status write_collected(sweep *self)
{
    ds_status status = DS_OK;
    for (unsigned round = 0; status == DS_OK && self->count > 0; round++) {
        give_way(round);
        status = write_once(self);
        if (status == DS_OK && self->count > 0 && round >= MANY_TIMES)
            status = ds_error_set(&self->op->error, DS_CONFLICT,
                                  "%zu records of model \"%s\" were changed by others again and again", self->count,
                                  self->op->model->definition->name);
        if (status == DS_OK && self->count > 0)
            status = judge_again(self);
    }
    return status;
}

static ds_status sweep_run(sweep *self)
{
    operation *op = self->op;
    stream walk;
    ds_record *record = NULL;
    ds_status status = stream_open(&walk, op, self->selection, DS_DID_WHERE | DS_DID_FIELDS);
    while (status == DS_OK && !walk.exhausted) {
        status = stream_fetch(&walk, op);
        while (status == DS_OK && (status = stream_take(&walk, &record, &op->error)) == DS_OK && record != NULL)
            status = add(self, record);
        if (status == DS_OK)
            status = write_collected(self);
    }
    stream_close(&walk);
    return status;
}

/* The connector's one statement. */
static ds_status by_entry(operation *op, const ds_filter *where, const ds_record *changes, uint64_t *done)
{
    const ds_connector *connector = op->connector;
    ds_status status = DS_UNSUPPORTED;
    if (changes != NULL && connector->update_where != NULL)
        status = connector->update_where(op->connection, op->model, where, changes, done, &op->call);
    else if (changes == NULL && connector->delete_where != NULL)
        status = connector->delete_where(op->connection, op->model, where, done, &op->call);
    if (status == DS_UNSUPPORTED)
        *done = 0;
    count_written(op, (size_t)*done);
    return status;
}

static ds_status by_filter(operation *op, selection *sel, const ds_record *changes, uint64_t *done)
{
    ds_status status = by_entry(op, sel->ask.where, changes, done);
    if (!left_to_library(op, status))
        return status;
    sweep self;
    op->call.flags |= DS_CALL_FRESH;
    status = sweep_open(&self, op, sel, changes);
    if (status == DS_OK)
        status = sweep_run(&self);
    *done = self.done;
    sweep_close(&self);
    return status;
}

/* Changes that set an id: it must be that of each record that matches, which none other can have. Nothing is written
 * before all have been looked at. */
static ds_status ids_check(operation *op, selection *sel, ds_value id)
{
    stream walk;
    id_text own, other;
    ds_record *record = NULL;
    ds_status status = stream_open(&walk, op, sel, DS_DID_WHERE | DS_DID_FIELDS);
    while (status == DS_OK && (status = stream_next(&walk, op, &record)) == DS_OK && record != NULL) {
        ds_value found = record_peek(record, op->model->definition->id_slot);
        if (ds_value_compare(found, id) != 0)
            status = ds_error_set(&op->error, DS_INVALID,
                                  "the id of the record %s of model \"%s\" cannot be changed (to %s)",
                                  id_print(found, &own), op->model->definition->name, id_print(id, &other));
    }
    stream_close(&walk);
    return status;
}

static ds_status update_by_filter(operation *op, selection *sel, const ds_record *changes, uint64_t *done)
{
    size_t id_slot = op->model->definition->id_slot;
    if (!record_is_set(changes, id_slot))
        return by_filter(op, sel, changes, done);
    arena memory = {.chunks = NULL};
    ds_status status = ids_check(op, sel, record_value(changes, id_slot));
    if (status == DS_OK) {
        changes = changes_without_id(changes, &memory);
        status = changes != NULL ? by_filter(op, sel, changes, done) : error_nomem(&op->error);
    }
    arena_free(&memory);
    return status;
}

static ds_status check(const ds_model *model, const ds_filter *filter, const char *what, selection **out, ds_error *err)
{
    ds_status status = model_check(model, err);
    if (status != DS_OK)
        return status;
    if (filter == NULL)
        return ds_error_set(err, DS_INVALID,
                            "%s of model \"%s\" was given NULL for a filter; ds_everything() is all records", what,
                            model->definition->name);
    return selection_bind_ids(filter, model->definition, out, err);
}

ds_status ds_update(ds_model *model, const ds_filter *filter, const ds_record *changes, uint64_t *count, ds_error *err)
{
    selection *sel = NULL;
    uint64_t done = 0;
    if (count != NULL)
        *count = 0;
    ds_status status = check(model, filter, "an update", &sel, err);
    if (status == DS_OK)
        status = changes_check(model, changes, err);
    if (status != DS_OK) {
        selection_free(sel);
        return refuse(model, status, err);
    }
    operation op;
    status = operation_begin(&op, model->source, model, true);
    if (status == DS_OK)
        status = update_by_filter(&op, sel, changes, &done);
    if (count != NULL)
        *count = done;
    selection_free(sel);
    return operation_end(&op, status, err);
}

ds_status ds_delete(ds_model *model, const ds_filter *filter, uint64_t *count, ds_error *err)
{
    selection *sel = NULL;
    uint64_t done = 0;
    if (count != NULL)
        *count = 0;
    ds_status status = check(model, filter, "a delete", &sel, err);
    if (status != DS_OK)
        return refuse(model, status, err);
    operation op;
    status = operation_begin(&op, model->source, model, true);
    if (status == DS_OK)
        status = by_filter(&op, sel, NULL, &done);
    if (count != NULL)
        *count = done;
    selection_free(sel);
    return operation_end(&op, status, err);
}
