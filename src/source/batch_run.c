/* Running a batch: its steps are checked and made writes of, passed to the connector, and told what became of them. */
#include "source/batch.h"

void run_step(run *self)
{
    operation_step(self->op);
    self->op->error = (ds_error){.status = DS_OK};
    outcomes_reset(&self->outcomes);
}

ds_status run_told(operation *op, ds_status status)
{
    operation_note(op, status);
    if (status != DS_OK && op->error.message[0] == '\0')
        ds_error_set(&op->error, status, "the connector %s failed (%s)", op->connector->name, ds_status_name(status));
    return status;
}

bool run_gives_up(const run *self, ds_status status)
{
    if (status == DS_LOST && (self->op->connector->capabilities & DS_CAN_RECONNECT) == 0)
        return true;
    return status != DS_UNSUPPORTED && status != DS_CONFIG && status_is_hopeless(status);
}

static ds_status run_open(run *self, ds_batch *batch, operation *op, ds_error *err)
{
    size_t room = batch->count < WRITE_RECORDS ? batch->count : WRITE_RECORDS;
    *self = (run){.batch = batch, .op = op, .failed = SIZE_MAX};
    self->turns = ds_calloc(room, sizeof *self->turns);
    self->passed = ds_calloc(room, sizeof *self->passed);
    self->places = ds_calloc(room, sizeof *self->places);
    ds_status status = outcomes_init(&self->outcomes, room, err);
    if (status == DS_OK && (self->turns == NULL || self->passed == NULL || self->places == NULL))
        status = error_nomem(err);
    return status;
}

static void run_close(run *self)
{
    outcomes_free(&self->outcomes);
    ds_free(self->places);
    ds_free(self->passed);
    ds_free(self->turns);
    arena_free(&self->memory);
}

/* All that are not settled, on their way through the connector's entry. */
static void pass_rest(run *self)
{
    self->passed_count = 0;
    for (size_t i = 0; i < self->count; i++)
        if (!self->turns[i].settled) {
            turn_number_anew(&self->turns[i]);
            self->places[self->passed_count] = &self->turns[i];
            self->passed[self->passed_count++] = &self->turns[i].write;
        }
}

/* What is left after a failure that it would meet too. */
static void settle_rest(run *self, ds_status status, const ds_error *error)
{
    for (size_t i = 0; i < self->count; i++)
        if (!self->turns[i].settled)
            turn_settle(self, &self->turns[i], status, error, false);
}

/* ---- one by one ---- */

/* Through the entry, and what it leaves through others: one group of it, and then the entry is asked for the rest; all, where
 * it did nothing. */
static ds_status run_turns(run *self)
{
    operation *op = self->op;
    if (op->connector->batch == NULL)
        return turns_by_library(self, SIZE_MAX);
    ds_status status = DS_OK;
    for (pass_rest(self); self->passed_count > 0 && !run_gives_up(self, status); pass_rest(self)) {
        run_step(self);
        status = ds_call_check(&op->call);
        if (status == DS_OK)
            status =
                op->connector->batch(op->connection, self->passed, self->passed_count, 0, &self->outcomes, &op->call);
        run_told(op, status);
        size_t count = self->passed_count, left = passed_settle(self, status, status != DS_UNSUPPORTED);
        if (left > 0 && !run_gives_up(self, status))
            status = turns_by_library(self, left == count ? SIZE_MAX : 1);
    }
    return status;
}

/* A part of the batch. */
static ds_status run_part(run *self, size_t first, size_t count)
{
    self->count = count;
    memset(self->turns, 0, count * sizeof *self->turns);
    for (size_t i = 0; i < count; i++) {
        turn *at = &self->turns[i];
        at->of = &self->batch->steps[first + i];
        ds_error error = {.status = DS_OK};
        ds_status status = turn_prepare(self, at, &error);
        if (status != DS_OK)
            turn_settle(self, at, status, &error, false);
    }
    ds_status status = run_turns(self);
    if (run_gives_up(self, status))
        settle_rest(self, status, &self->op->error);
    arena_reset(&self->memory);
    self->defaults = NULL;
    return status;
}

static ds_status run_each(ds_batch *batch, ds_error *err)
{
    run self;
    operation op;
    size_t done = 0;
    ds_status status = operation_begin_many(&op, batch->source, &batch->options, true);
    if (status != DS_OK) {
        steps_fail(batch, 0, status, &op.error);
        return operation_end(&op, status, err);
    }
    status = run_open(&self, batch, &op, &op.error);
    if (status != DS_OK)
        self.first = op.error;
    while (done < batch->count && !run_gives_up(&self, status)) {
        size_t count = batch->count - done < WRITE_RECORDS ? batch->count - done : WRITE_RECORDS;
        status = run_part(&self, done, count);
        done += count;
    }
    if (done < batch->count)
        steps_fail(batch, done, status, &op.error);
    op.error = self.first;
    run_close(&self);
    return operation_end(&op, op.error.status, err);
}

/* ---- whole or not at all ---- */

/* Nothing was done: one write is why, or `failed` is SIZE_MAX and all have this failure. */
static void settle_failed(run *self, size_t failed, ds_status status, const ds_error *error)
{
    ds_error others = {.status = DS_OK};
    if (failed == SIZE_MAX) {
        settle_rest(self, status, error);
        self->first = *error;
        return;
    }
    turn_settle(self, &self->turns[failed], status, error, false);
    ds_error first = self->first;
    ds_error_set(&others, DS_CANCELLED, "it was not done, since write %zu of the atomic batch failed", failed);
    settle_rest(self, DS_CANCELLED, &others);
    self->first = first;
}

/* The first write that is not OK; SIZE_MAX: all are. */
static size_t first_failed(const run *self)
{
    for (size_t i = 0; i < self->count; i++)
        if (self->outcomes.items[i].state == OUTCOME_REFUSED || self->outcomes.items[i].state == OUTCOME_FAILED)
            return i;
    for (size_t i = 0; i < self->count; i++)
        if (self->outcomes.items[i].state == OUTCOME_UNDECIDED)
            return i;
    return SIZE_MAX;
}

/* Whether the id that stood in the way is one that a sequence gave: then all such ids are taken anew. */
static bool numbers_again(run *self, size_t failed)
{
    const turn *at = &self->turns[failed];
    if (!outcome_refused(&self->outcomes, failed, DS_REFUSED_ID_TAKEN) ||
        !filling_sequence(&at->filled, at->write.model))
        return false;
    for (size_t i = 0; i < self->count; i++) {
        const ds_write *write = &self->turns[i].write;
        if (write->kind == DS_WRITE_CREATE && filling_sequence(&self->turns[i].filled, write->model))
            record_unset(write->record, write->model->definition->id_slot);
    }
    return true;
}

static ds_status ask_whole(run *self)
{
    operation *op = self->op;
    run_step(self);
    ds_status status = ds_call_check(&op->call);
    if (status == DS_OK)
        status = op->connector->batch(op->connection, self->passed, self->passed_count, DS_ATOMIC, &self->outcomes,
                                      &op->call);
    return run_told(op, status);
}

static ds_status run_whole(run *self)
{
    ds_status status;
    size_t failed;
    unsigned tries = 0;
    pass_rest(self);
    do {
        self->op->call.again = tries;
        status = ask_whole(self);
        failed = status == DS_OK ? first_failed(self) : SIZE_MAX;
    } while (failed != SIZE_MAX && ++tries < MANY_TIMES && numbers_again(self, failed));
    if (status == DS_OK && failed == SIZE_MAX) {
        passed_settle(self, DS_OK, true);
        return DS_OK;
    }
    ds_error error = self->op->error;
    if (failed != SIZE_MAX)
        status = passed_status(self, failed, DS_OK, &error);
    if (tries >= MANY_TIMES && outcome_refused(&self->outcomes, failed, DS_REFUSED_ID_TAKEN))
        error_sequence(self->turns[failed].write.model, &error);
    settle_failed(self, failed, status, &error);
    return status;
}

static ds_status prepare_whole(run *self, size_t *failed, ds_error *err)
{
    ds_status status = DS_OK;
    self->count = self->batch->count;
    for (size_t i = 0; i < self->count; i++)
        self->turns[i].of = &self->batch->steps[i];
    for (size_t i = 0; i < self->count && status == DS_OK; i++) {
        status = turn_prepare(self, &self->turns[i], err);
        *failed = i;
    }
    if (status != DS_OK)
        return status;
    *failed = SIZE_MAX;
    return claims_check(self, failed, err);
}

static ds_status refuse_batch(const ds_batch *batch, ds_status status, ds_error *err)
{
    error_prefix(err, "data source \"%s\": ", batch->source->name);
    error_in_source(err, batch->source->name);
    return status;
}

static ds_status run_atomic(ds_batch *batch, ds_error *err)
{
    run self;
    operation op;
    ds_error error = {.status = DS_OK};
    size_t failed = SIZE_MAX;
    ds_status status = run_open(&self, batch, &op, &error);
    if (status == DS_OK)
        status = prepare_whole(&self, &failed, &error);
    if (status != DS_OK) {
        settle_failed(&self, failed, status, &error);
        error_copy(err, &self.first);
        run_close(&self);
        return refuse_batch(batch, status, err);
    }
    status = operation_begin_many(&op, batch->source, &batch->options, true);
    if (status == DS_OK)
        status = run_whole(&self);
    else
        settle_failed(&self, SIZE_MAX, status, &op.error);
    op.error = self.first;
    run_close(&self);
    return operation_end(&op, status, err);
}

/* ---- the host's ---- */

static ds_status batch_check(const ds_batch *batch, unsigned flags, ds_error *err)
{
    const ds_connector *connector = batch->source->connector;
    if (batch->failed)
        return ds_error_set(err, DS_NOMEM, "out of memory when the batch was put together: nothing of it is done");
    if (batch->refused != NULL) {
        error_copy(err, batch->refused);
        return batch->refused->status;
    }
    if ((flags & ~(unsigned)DS_ATOMIC) != 0)
        return ds_error_set(err, DS_INVALID, "a batch knows no flags 0x%x", flags);
    if ((flags & DS_ATOMIC) == 0)
        return DS_OK;
    if (connector->batch == NULL || (connector->capabilities & DS_CAN_ATOMIC_BATCH) == 0)
        return ds_error_set(err, DS_UNSUPPORTED,
                            "the connector %s cannot promise that a batch is done whole or not at all",
                            connector->name);
    if (batch->count > ATOMIC_MOST)
        return ds_error_set(err, DS_INVALID, "an atomic batch has %d writes at most, and not %zu", ATOMIC_MOST,
                            batch->count);
    return DS_OK;
}

/* Marks each record once; a step with a record that has the mark repeats another one. */
static void records_mark(ds_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        step *at = &batch->steps[i];
        at->repeats = at->record != NULL && record_mark(at->record, true);
        if (at->created != NULL)
            *at->created = false;
    }
    for (size_t i = 0; i < batch->count; i++)
        if (batch->steps[i].record != NULL)
            record_mark(batch->steps[i].record, false);
}

ds_status ds_batch_run(ds_batch *batch, unsigned flags, ds_error *err)
{
    if (batch == NULL)
        return ds_error_set(err, DS_INVALID, "there is no batch to run: it is NULL");
    arena_reset(&batch->told);
    batch->was_run = true;
    records_mark(batch);
    ds_error error = {.status = DS_OK};
    ds_status status = batch_check(batch, flags, &error);
    if (status != DS_OK) {
        steps_fail(batch, 0, status, &error);
        error_copy(err, &error);
        return refuse_batch(batch, status, err);
    }
    if (batch->count == 0)
        return DS_OK;
    return (flags & DS_ATOMIC) != 0 ? run_atomic(batch, err) : run_each(batch, err);
}
