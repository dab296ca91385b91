/* Making what is stored fit the model, and saying what does not. */
#include "source/operations.h"

static ds_status migrate(operation *op, uint32_t flags, ds_progress *progress, void *user, ds_buffer *report)
{
    ds_status status = DS_UNSUPPORTED;
    operation_no_step(op); /* it takes as long as there are records, and tells its progress */
    if (op->connector->migrate != NULL)
        status = op->connector->migrate(op->connection, op->model, flags, progress, user, report, &op->call);
    return left_to_library(op, status) ? DS_OK : status; /* a backend with nothing to migrate */
}

ds_status ds_migrate(ds_model *model, ds_progress *progress, void *user, ds_error *err)
{
    ds_status status = model_check(model, err);
    if (status != DS_OK)
        return status;
    operation op;
    ds_buffer report = {.text = NULL};
    const bool writes = model->source->connector->migrate != NULL; /* otherwise there is nothing to refuse */
    status = operation_begin(&op, model->source, model, writes);
    if (status == DS_OK)
        status = migrate(&op, 0, progress, user, &report);
    buffer_free(&report);
    return operation_end(&op, status, err);
}

static ds_status check(operation *op, ds_progress *progress, void *user, char **report_json)
{
    ds_buffer members = {.text = NULL}, report = {.text = NULL};
    ds_status status = migrate(op, DS_MIGRATE_CHECK, progress, user, &members);
    if (status == DS_OK) {
        buffer_text(&report, "{\"model\":");
        ds_buffer_json(&report, ds_string(op->model->definition->name));
        buffer_text(&report, members.length == 0 ? ",\"missing\":[]" : ",");
        ds_buffer_append(&report, members.text, members.length);
        buffer_text(&report, "}");
        report.failed = report.failed || members.failed;
        *report_json = buffer_take(&report);
        if (*report_json == NULL)
            status = error_nomem(&op->error);
    }
    buffer_free(&report);
    buffer_free(&members);
    return status;
}

ds_status ds_migrate_check(ds_model *model, ds_progress *progress, void *user, char **report_json, ds_error *err)
{
    ds_status status = answer_check(model, report_json, "ds_migrate_check", err);
    if (status != DS_OK)
        return status;
    *report_json = NULL;
    operation op;
    status = operation_begin(&op, model->source, model, false);
    if (status == DS_OK)
        status = check(&op, progress, user, report_json);
    return operation_end(&op, status, err);
}
