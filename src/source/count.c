/* Counting: by the connector where it can, by a walk over ids otherwise. */
#include "source/stream.h"

static ds_status count_by_walk(operation *op, selection *sel, uint64_t *count)
{
    stream walk;
    ds_record *record = NULL;
    ds_status status = stream_open(&walk, op, sel, DS_DID_WHERE | DS_DID_FIELDS);
    while (status == DS_OK && !walk.exhausted) {
        status = stream_fetch(&walk, op);
        while (status == DS_OK && (status = stream_take(&walk, &record, &op->error)) == DS_OK && record != NULL)
            ++*count;
    }
    stream_close(&walk);
    return status;
}

static ds_status count_records(operation *op, selection *sel, uint64_t *count)
{
    if (op->connector->count != NULL) {
        ds_status status = op->connector->count(op->connection, op->model, sel->ask.where, count, &op->call);
        if (!left_to_library(op, status))
            return status;
        *count = 0;
    }
    return count_by_walk(op, sel, count);
}

ds_status ds_count(ds_model *model, const ds_filter *filter, uint64_t *count, ds_error *err)
{
    if (count != NULL)
        *count = 0;
    uint64_t counted = 0;
    selection *sel = NULL;
    ds_status status = answer_check(model, count, "ds_count()", err);
    if (status == DS_OK)
        status = selection_bind_ids(filter, model->definition, &sel, err);
    if (status != DS_OK)
        return refuse(model, status, err);
    operation op;
    status = operation_begin(&op, model->source, model, false);
    if (status == DS_OK)
        status = count_records(&op, sel, &counted);
    if (status == DS_OK)
        *count = counted;
    selection_free(sel);
    return operation_end(&op, status, err);
}
