/* Finding a record or storing one: the creation decides who of several hosts was first, and the others find again. */
#include "source/operations.h"

static ds_status become(ds_record *record, const ds_record *found, ds_error *err)
{
    record_clear(record);
    return record_copy_into(record, found) == DS_OK ? DS_OK : error_nomem(err);
}

static ds_status find_into(operation *op, const ds_query *query, ds_record *record)
{
    selection *sel = NULL;
    ds_record *found = NULL;
    ds_status status = selection_bind_first(query, op->model->definition, &sel, &op->error);
    if (status == DS_OK)
        status = find_first(op, sel, &found);
    if (status == DS_OK)
        status = become(record, found, &op->error);
    ds_record_free(found);
    selection_free(sel);
    return status;
}

static ds_status create_filled(operation *op, ds_record *record)
{
    filling filled;
    int refusal;
    ds_status status = filling_make(&filled, op->model, record, &op->error);
    if (status != DS_OK)
        return status;
    status = create_one(op, record, &filled, &refusal);
    filling_undo_after(&filled, record, status);
    record_set_fresh_id(record, false);
    filling_free(&filled);
    return status;
}

static ds_status find_or_create(operation *op, const ds_query *query, ds_record *record, bool *created)
{
    ds_status status = DS_DUPLICATE;
    ds_error taken = {.status = DS_OK};
    op->call.flags |= DS_CALL_FRESH;
    for (unsigned tries = 0; status == DS_DUPLICATE && tries < 3; tries++) {
        operation_step(op);
        status = find_into(op, query, record);
        if (status != DS_NOT_FOUND)
            return status;
        status = create_filled(op, record);
        *created = status == DS_OK;
        if (status == DS_DUPLICATE)
            taken = op->error;
    }
    return status == DS_DUPLICATE ? error_copy(&op->error, &taken) : status;
}

ds_status ds_find_or_create(ds_model *model, const ds_query *query, ds_record *record, bool *created, ds_error *err)
{
    bool was_created = false;
    selection *sel = NULL;
    if (created != NULL)
        *created = false;
    ds_status status = model_check(model, err);
    if (status == DS_OK)
        status = record_check(model, record, err);
    if (status == DS_OK)
        status = selection_bind_first(query, model->definition, &sel, err);
    selection_free(sel);
    if (status != DS_OK)
        return refuse(model, status, err);
    operation op;
    status = operation_begin(&op, model->source, model, true);
    if (status == DS_OK)
        status = find_or_create(&op, query, record, &was_created);
    if (created != NULL)
        *created = was_created;
    return operation_end(&op, status, err);
}
