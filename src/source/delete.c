/* Deleting one record by its id. */
#include "source/operations.h"

ds_status ds_delete_by_id(ds_model *model, ds_value given, ds_error *err)
{
    arena memory = {.chunks = NULL};
    ds_value id;
    ds_status status = model_check(model, err);
    if (status == DS_OK)
        status = id_coerce(model, given, &memory, &id, err);
    if (status != DS_OK) {
        arena_free(&memory);
        return refuse(model, status, err);
    }
    operation op;
    ds_outcomes outcomes;
    outcomes_init(&outcomes, 1, NULL);
    status = operation_begin(&op, model->source, model, true);
    if (status == DS_OK) {
        status = op.connector->delete_records(op.connection, op.model, &id, 1, NULL, &outcomes, &op.call);
        status = outcome_status(&outcomes, 0, &op, status, id, &op.error);
    }
    if (status == DS_OK)
        count_written(&op, 1);
    outcomes_free(&outcomes);
    arena_free(&memory);
    return operation_end(&op, status, err);
}
