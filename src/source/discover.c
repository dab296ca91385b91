/* Proposing models from what a backend holds. */
#include "source/source.h"

static ds_status discover(operation *op, const char *pattern, char **models_json)
{
    if (op->connector->discover == NULL)
        return ds_error_set(&op->error, DS_UNSUPPORTED,
                            "the connector %s cannot propose models from what is stored there", op->connector->name);
    ds_buffer models = {0};
    operation_no_step(op); /* it takes as long as there are records */
    ds_status status = op->connector->discover(op->connection, pattern, &models, &op->call);
    if (status == DS_OK && (*models_json = buffer_take(&models)) == NULL)
        status = error_nomem(&op->error);
    buffer_free(&models);
    return status;
}

ds_status ds_discover(ds_source *source, const char *pattern, char **models_json, ds_error *err)
{
    if (source == NULL || models_json == NULL)
        return ds_error_set(err, DS_INVALID, "ds_discover needs a data source and a place for the models");
    *models_json = NULL;
    operation op;
    ds_status status = operation_begin(&op, source, NULL, false);
    if (status == DS_OK)
        status = discover(&op, pattern, models_json);
    return operation_end(&op, status, err);
}
