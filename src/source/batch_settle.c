/* What is told of the writes of a batch once they are decided: to the batch, and in the host's records. */
#include "source/batch.h"

static void step_tell(ds_batch *batch, step *of, ds_status status, const ds_error *error)
{
    of->outcome = status;
    of->error = NULL;
    if (status == DS_OK)
        return;
    ds_error *kept = arena_alloc(&batch->told, sizeof *kept);
    if (kept != NULL) {
        *kept = *error;
        kept->status = status;
        error_in_source(kept, batch->source->name);
    }
    of->error = kept;
}

static void record_tell(ds_record *record, ds_status status, const ds_error *error)
{
    ds_error told = error != NULL ? *error : (ds_error){.status = DS_OK};
    told.status = status;
    record_set_outcome(record, &told);
}

void steps_fail(ds_batch *batch, size_t first, ds_status status, const ds_error *error)
{
    for (size_t i = first; i < batch->count; i++) {
        step *of = &batch->steps[i];
        if (i == first) {
            step_tell(batch, of, status, error);
        } else {
            of->outcome = status;
            of->error = batch->steps[first].error;
        }
        if (of->record != NULL && !of->repeats)
            record_tell(of->record, status, error);
    }
}

static void settle_stored(turn *self, bool created)
{
    const step *of = self->of;
    if (of->created != NULL)
        *of->created = created || self->creates;
    if (of->now != NULL)
        *of->now = self->now;
    if (of->kind == DS_WRITE_UPSERT && created && !self->creates)
        defaults_show(of->model, of->record);
}

/* What was filled into a record stays there where it was stored, or may have been. */
static void settle_record(turn *self, ds_status status, const ds_error *error)
{
    const step *of = self->of;
    if (self->write.record != NULL) {
        filling_undo_after(&self->filled, self->write.record, status);
        record_set_fresh_id(self->write.record, false);
    }
    filling_free(&self->filled);
    if (of->record != NULL && !of->repeats)
        record_tell(of->record, status, error);
}

void turn_settle(run *self, turn *at, ds_status status, const ds_error *error, bool created)
{
    size_t number = (size_t)(at->of - self->batch->steps);
    if (status == DS_OK) {
        settle_stored(at, created);
    } else if (number < self->failed) {
        self->failed = number;
        self->first = *error;
        self->first.status = status;
        error_prefix(&self->first, "write %zu of the batch: ", number);
    }
    settle_record(at, status, error);
    step_tell(self->batch, at->of, status, error);
    at->settled = true;
}

ds_status passed_status(run *self, size_t i, ds_status entry, ds_error *error)
{
    const turn *at = self->places[i];
    operation *op = self->op;
    op->model = at->write.model;
    if (at->lacks != DS_NO_SLOT && outcome_refused(&self->outcomes, i, DS_REFUSED_MISSING))
        return error_required(op->model, at->lacks, error);
    const ds_record *record = at->write.record;
    ds_value id = record != NULL ? record_peek(record, op->model->definition->id_slot) : at->write.id;
    return outcome_status(&self->outcomes, i, op, entry, id, error);
}

void turn_number_anew(turn *at)
{
    if (at->again)
        record_unset(at->write.record, at->write.model->definition->id_slot);
    at->again = false;
}

size_t passed_settle(run *self, ds_status entry, bool all)
{
    size_t left = 0;
    for (size_t i = 0; i < self->passed_count; i++) {
        const outcome *item = &self->outcomes.items[i];
        ds_error error = {.status = DS_OK};
        self->places[i]->again = outcome_refused(&self->outcomes, i, DS_REFUSED_ID_TAKEN) &&
                                 filling_sequence(&self->places[i]->filled, self->passed[i]->model);
        if (self->places[i]->again || (item->state == OUTCOME_UNDECIDED && !all)) {
            left++;
            continue;
        }
        ds_status status = passed_status(self, i, entry, &error);
        count_written(self->op, status == DS_OK);
        turn_settle(self, self->places[i], status, &error, item->created);
    }
    return left;
}
