/* Creating a record or changing what is there: by one entry where the connector has it, or by update and create in
 * turn. */
#include "source/operations.h"

ds_status defaults_make(const definition *def, arena *memory, ds_record **out, ds_error *err)
{
    *out = NULL;
    for (size_t slot = 0; slot < def->property_count; slot++) {
        ds_value value = def->properties[slot].default_value;
        if (value.type == DS_NULL)
            continue;
        if (*out == NULL)
            *out = record_new_in(def, memory);
        if (*out == NULL || ds_record_put(*out, slot, value) != DS_OK)
            return error_nomem(err);
    }
    return DS_OK;
}

static ds_status upsert_by_entry(operation *op, ds_record *record, arena *memory, bool *created)
{
    const definition *def = op->model->definition;
    ds_record *defaults;
    ds_status status = defaults_make(def, memory, &defaults, &op->error);
    if (status != DS_OK)
        return status;
    ds_outcomes outcomes;
    outcomes_init(&outcomes, 1, NULL);
    status = op->connector->upsert_records(op->connection, op->model, &record, 1, defaults, NULL, &outcomes, &op->call);
    if (status != DS_UNSUPPORTED)
        status = outcome_status(&outcomes, 0, op, status, record_value(record, def->id_slot), &op->error);
    *created = outcomes.one.created;
    outcomes_free(&outcomes);
    if (status == DS_OK)
        count_written(op, 1);
    return status;
}

void defaults_show(const ds_model *model, ds_record *record)
{
    filling filled;
    filling_defaults(&filled, model, record, NULL);
    filling_free(&filled);
}

ds_status create_missing(operation *op, ds_record *record, int *refusal)
{
    filling filled;
    ds_status status = filling_defaults(&filled, op->model, record, &op->error);
    if (status != DS_OK)
        return status;
    status = create_one(op, record, &filled, refusal);
    filling_undo_after(&filled, record, status);
    filling_free(&filled);
    return status;
}

/* Update and create in turn, until one of them meets no other client's doing. */
static ds_status upsert_in_turn(operation *op, ds_record *record, const ds_record *changes, bool *created)
{
    ds_value id = record_value(record, op->model->definition->id_slot);
    ds_status status = DS_OK;
    int refusal = DS_REFUSED_ID_TAKEN;
    for (unsigned tries = 0; refusal == DS_REFUSED_ID_TAKEN && tries < MANY_TIMES; tries++) {
        *created = false;
        status = update_one(op, id, changes, NULL, &refusal);
        if (refusal != DS_REFUSED_MISSING)
            break;
        *created = true;
        status = create_missing(op, record, &refusal);
    }
    return status;
}

ds_status upsert_one(operation *op, ds_record *record, bool *created)
{
    const definition *def = op->model->definition;
    arena memory = {.chunks = NULL};
    ds_status status = DS_UNSUPPORTED;
    int refusal;
    size_t missing = required_missing(def, record);
    if (missing == DS_NO_SLOT && op->connector->upsert_records != NULL) {
        status = upsert_by_entry(op, record, &memory, created);
        if (status == DS_OK && *created)
            defaults_show(op->model, record);
    }
    if (left_to_library(op, status)) {
        ds_record *changes = changes_without_id(record, &memory);
        if (changes == NULL) {
            status = error_nomem(&op->error);
        } else if (missing == DS_NO_SLOT) {
            status = upsert_in_turn(op, record, changes, created);
        } else {
            status = update_one(op, record_value(record, def->id_slot), changes, NULL, &refusal);
            if (refusal == DS_REFUSED_MISSING)
                status = error_required(op->model, missing, &op->error);
        }
    }
    arena_free(&memory);
    return status;
}

ds_status ds_upsert(ds_model *model, ds_record *record, bool *created, ds_error *err)
{
    bool was_created = false;
    if (created != NULL)
        *created = false;
    ds_status status = model_check(model, err);
    if (status == DS_OK)
        status = changes_check(model, record, err);
    if (status != DS_OK)
        return refuse(model, status, err);
    if (record_value(record, model->definition->id_slot).type == DS_NULL) {
        status = ds_create(model, record, err);
        was_created = true;
    } else {
        operation op;
        status = operation_begin(&op, model->source, model, true);
        if (status == DS_OK)
            status = upsert_one(&op, record, &was_created);
        status = operation_end(&op, status, err);
    }
    if (created != NULL)
        *created = status == DS_OK && was_created;
    return status;
}
