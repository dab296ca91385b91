/* Making what is stored fit the model. */
#include "source/operations.h"

ds_status ds_migrate(ds_model *model, ds_progress *progress, void *user, ds_error *err)
{
    ds_status status = model_check(model, err);
    if (status != DS_OK)
        return status;
    operation op;
    ds_buffer report = {.text = NULL};
    const bool writes = model->source->connector->migrate != NULL; /* otherwise there is nothing to refuse */
    status = operation_begin(&op, model->source, model, writes);
    operation_no_step(&op); /* it takes as long as there are records, and tells its progress */
    if (status == DS_OK && op.connector->migrate != NULL)
        status = op.connector->migrate(op.connection, op.model, 0, progress, user, &report, &op.call);
    if (left_to_library(&op, status))
        status = DS_OK; /* a backend with nothing to migrate */
    buffer_free(&report);
    return operation_end(&op, status, err);
}
