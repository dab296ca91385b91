/* Creating: a record, or many in batches, each with defaults and a generated id that stay in it where it was stored. */
#include "source/operations.h"

ds_status ds_create(ds_model *model, ds_record *record, ds_error *err)
{
    filling filled;
    ds_status status = model_check(model, err);
    if (status == DS_OK)
        status = filling_make(&filled, model, record, err);
    if (status != DS_OK)
        return refuse(model, status, err);
    operation op;
    int refusal;
    status = operation_begin(&op, model->source, model, true);
    if (status == DS_OK)
        status = create_one(&op, record, &filled, &refusal);
    filling_undo_after(&filled, record, status);
    record_set_fresh_id(record, false);
    filling_free(&filled);
    return operation_end(&op, status, err);
}

/* ---- many ---- */

static const size_t SETTLED = SIZE_MAX; /* a place */

/* A part of the array, on its way through create_records(). */
typedef struct batch {
    operation *op;
    ds_record *const *records;
    size_t count;
    filling *fillings;  /* of each record */
    ds_record **passed; /* those that go through the entry now */
    size_t *places;     /* of these in `records` */
    size_t passed_count;
    ds_outcomes outcomes;
    size_t created;
    ds_error first; /* the first failure */
    bool hopeless;  /* what failed will fail again: the rest is not tried */
} batch;

/* What ds_record_outcome() says of a failure: it stands alone, so it names the data source, the model and the id. */
static void tell_outcome(const operation *op, ds_record *record, const ds_error *error)
{
    ds_error own = *error;
    id_text text;
    const definition *def = op->model->definition;
    ds_value id = record_definition(record) == def ? record_peek(record, def->id_slot) : ds_null();
    if (id.type != DS_NULL && strstr(own.message, id_print(id, &text)) == NULL)
        error_prefix(&own, "the record %s of model \"%s\": ", text.text, def->name);
    error_of_source(&own, op->source->name);
    record_set_outcome(record, &own);
}

static void record_failed(batch *self, size_t i, const ds_error *error)
{
    ds_record *record = self->records[i];
    if (record != NULL) {
        filling_undo_after(&self->fillings[i], record, error->status);
        tell_outcome(self->op, record, error);
    }
    if (self->first.status == DS_OK)
        self->first = *error;
}

/* Checks and fills each; what is not good does not go further. */
static void fill_all(batch *self)
{
    self->passed_count = 0;
    for (size_t i = 0; i < self->count; i++) {
        ds_error error = {.status = DS_OK};
        ds_status status = filling_make(&self->fillings[i], self->op->model, self->records[i], &error);
        if (status != DS_OK) {
            record_failed(self, i, &error);
            continue;
        }
        self->passed[self->passed_count] = self->records[i];
        self->places[self->passed_count++] = i;
    }
}

static bool was_stored_by_another_place(const batch *self, size_t passed)
{
    for (size_t i = 0; i < self->passed_count; i++)
        if (i != passed && self->passed[i] == self->passed[passed] && self->outcomes.items[i].state == OUTCOME_OK)
            return true;
    return false;
}

/* It was refused for an id that the sequence made. */
static bool has_made_id(const batch *self, size_t i)
{
    return outcome_refused(&self->outcomes, i, DS_REFUSED_ID_TAKEN) &&
           filling_sequence(&self->fillings[self->places[i]], self->op->model) && !was_stored_by_another_place(self, i);
}

/* Others have taken the id meanwhile, or the sequence is behind: the next one may be free. */
static bool try_again(batch *self, size_t i, unsigned round)
{
    if (round + 1 >= MANY_TIMES || !has_made_id(self, i))
        return false;
    record_unset(self->passed[i], self->op->model->definition->id_slot);
    return true;
}

static void settle(batch *self, size_t i, ds_status entry)
{
    const definition *def = self->op->model->definition;
    ds_record *record = self->passed[i];
    ds_error error = {.status = DS_OK};
    ds_status status = outcome_status(&self->outcomes, i, self->op, entry, record_peek(record, def->id_slot), &error);
    error.status = status;
    if (has_made_id(self, i))
        error_sequence(self->op->model, &error);
    if (status == DS_OK) {
        self->created++;
        record_set_outcome(record, &error);
    } else {
        if (was_stored_by_another_place(self, i))
            filling_free(&self->fillings[self->places[i]]);
        record_failed(self, self->places[i], &error);
    }
    self->places[i] = SETTLED;
}

static void keep_unsettled(batch *self)
{
    size_t kept = 0;
    for (size_t i = 0; i < self->passed_count; i++)
        if (self->places[i] != SETTLED) {
            self->passed[kept] = self->passed[i];
            self->places[kept++] = self->places[i];
        }
    self->passed_count = kept;
}

bool status_is_hopeless(ds_status status)
{
    return status == DS_TIMEOUT || status == DS_CANCELLED || status == DS_UNREACHABLE || status == DS_AUTH ||
           status == DS_READONLY || status == DS_NOMEM || status == DS_CONFIG || status == DS_UNSUPPORTED;
}

/* All that passed, and again those whose sequence id was taken. */
static void write_passed(batch *self)
{
    operation *op = self->op;
    for (unsigned round = 0; self->passed_count > 0; round++) {
        outcomes_reset(&self->outcomes);
        operation_step(op);
        op->error = (ds_error){.status = DS_OK};
        op->call.again = round;
        ds_status status = ds_call_check(&op->call);
        if (status == DS_OK)
            status = op->connector->create_records(op->connection, op->model, self->passed, self->passed_count,
                                                   &self->outcomes, &op->call);
        operation_note(op, status);
        self->hopeless = status_is_hopeless(status);
        for (size_t i = 0; i < self->passed_count; i++)
            if (!try_again(self, i, round))
                settle(self, i, status);
        keep_unsettled(self);
    }
    self->op->call.again = 0;
}

static ds_status batch_open(batch *self, operation *op, size_t room)
{
    *self = (batch){.op = op};
    self->fillings = ds_calloc(room, sizeof *self->fillings);
    self->passed = ds_calloc(room, sizeof(ds_record *));
    self->places = ds_calloc(room, sizeof *self->places);
    ds_status status = outcomes_init(&self->outcomes, room, &op->error);
    if (status == DS_OK && (self->fillings == NULL || self->passed == NULL || self->places == NULL))
        status = error_nomem(&op->error);
    return status;
}

static void batch_close(batch *self)
{
    outcomes_free(&self->outcomes);
    ds_free(self->places);
    ds_free(self->passed);
    ds_free(self->fillings);
}

static void batch_run(batch *self, ds_record *const *records, size_t count)
{
    self->records = records;
    self->count = count;
    fill_all(self);
    write_passed(self);
    for (size_t i = 0; i < count; i++) {
        if (records[i] != NULL)
            record_set_fresh_id(records[i], false);
        filling_free(&self->fillings[i]);
    }
}

/* What is left after a failure that would meet it too. */
static void give_up(const operation *op, ds_record *const *records, size_t count, const ds_error *error)
{
    for (size_t i = 0; i < count; i++)
        if (records[i] != NULL)
            tell_outcome(op, records[i], error);
}

static ds_status create_all(operation *op, ds_record *const *records, size_t n, size_t *created)
{
    batch self;
    size_t done = 0;
    ds_status status = batch_open(&self, op, n < CREATE_RECORDS ? n : CREATE_RECORDS);
    while (status == DS_OK && done < n && !self.hopeless) {
        size_t count = n - done < CREATE_RECORDS ? n - done : CREATE_RECORDS;
        batch_run(&self, records + done, count);
        done += count;
    }
    if (status != DS_OK)
        self.first = op->error;
    give_up(op, records + done, n - done, status != DS_OK ? &self.first : &op->error);
    *created = self.created;
    count_written(op, self.created);
    op->error = self.first;
    batch_close(&self);
    return self.first.status;
}

ds_status ds_create_all(ds_model *model, ds_record *const *records, size_t n, size_t *created, ds_error *err)
{
    size_t stored = 0;
    if (created != NULL)
        *created = 0;
    ds_status status = model_check(model, err);
    if (status == DS_OK && records == NULL && n > 0)
        status = ds_error_set(err, DS_INVALID, "ds_create_all() was given NULL for %zu records", n);
    if (status != DS_OK)
        return refuse(model, status, err);
    if (n == 0)
        return DS_OK;
    operation op;
    status = operation_begin(&op, model->source, model, true);
    if (status == DS_OK)
        status = create_all(&op, records, n, &stored);
    else
        give_up(&op, records, n, &op.error);
    if (created != NULL)
        *created = stored;
    return operation_end(&op, status, err);
}
