/* Finding: by a query, as a cursor or the first record alone, and by ids. */
#include "source/cursor.h"

static const uint32_t MAY_ALL = DS_DID_WHERE | DS_DID_ORDER | DS_DID_AFTER | DS_DID_PAGE | DS_DID_FIELDS;

ds_status ds_find(ds_model *model, const ds_query *query, ds_cursor **out, ds_error *err)
{
    if (out != NULL)
        *out = NULL;
    selection *sel = NULL;
    ds_status status = answer_check(model, out, "ds_find()", err);
    if (status == DS_OK)
        status = selection_bind(query, model->definition, &sel, err);
    if (status != DS_OK)
        return refuse(model, status, err);
    operation op;
    ds_cursor *cursor = NULL;
    status = operation_begin(&op, model->source, model, false);
    if (status == DS_OK)
        status = cursor_open(model, &op, &cursor);
    if (status == DS_OK) {
        cursor->selection = sel;
        sel = NULL;
        status = stream_open(&cursor->stream, &op, cursor->selection, MAY_ALL);
    }
    selection_free(sel);
    if (status == DS_OK)
        *out = cursor;
    else
        ds_cursor_close(cursor);
    return operation_end(&op, status, err);
}

ds_status ds_find_by_ids(ds_model *model, const ds_value *ids, size_t n, ds_cursor **out, ds_error *err)
{
    if (out != NULL)
        *out = NULL;
    lookup *walk = NULL;
    ds_status status = answer_check(model, out, "ds_find_by_ids()", err);
    if (status == DS_OK && ids == NULL && n > 0)
        status = ds_error_set(err, DS_INVALID, "ds_find_by_ids() was given NULL for %zu ids", n);
    if (status == DS_OK)
        status = lookup_open(model, ids, n, &walk, err);
    if (status != DS_OK)
        return refuse(model, status, err);
    operation op;
    status = operation_begin(&op, model->source, model, false);
    if (status == DS_OK)
        status = cursor_open(model, &op, out);
    if (status == DS_OK)
        (*out)->lookup = walk;
    else
        lookup_close(walk);
    return operation_end(&op, status, err);
}

/* ---- the first record ---- */

ds_status selection_bind_first(const ds_query *query, const definition *def, selection **out, ds_error *err)
{
    ds_status status = selection_bind(query, def, out, err);
    if (status == DS_OK)
        (*out)->ask.limit = 1;
    return status;
}

ds_status find_first(operation *op, selection *sel, ds_record **out)
{
    stream walk;
    ds_record *record = NULL;
    ds_status status = stream_open(&walk, op, sel, MAY_ALL);
    if (status == DS_OK)
        status = stream_next(&walk, op, &record);
    if (status == DS_OK && record == NULL)
        status =
            ds_error_set(&op->error, DS_NOT_FOUND, "no record of model \"%s\" matches", op->model->definition->name);
    if (status == DS_OK) {
        selection_hide(sel, record);
        status = ds_record_copy(record, out, &op->error);
    }
    stream_close(&walk);
    return status;
}

ds_status ds_find_one(ds_model *model, const ds_query *query, ds_record **out, ds_error *err)
{
    if (out != NULL)
        *out = NULL;
    selection *sel = NULL;
    ds_status status = answer_check(model, out, "ds_find_one()", err);
    if (status == DS_OK)
        status = selection_bind_first(query, model->definition, &sel, err);
    if (status != DS_OK)
        return refuse(model, status, err);
    operation op;
    status = operation_begin(&op, model->source, model, false);
    if (status == DS_OK)
        status = find_first(&op, sel, out);
    selection_free(sel);
    return operation_end(&op, status, err);
}

/* ---- one id ---- */

/* With `out` NULL only whether it is there. */
static ds_status get(ds_model *model, ds_value given, ds_record **out, bool *exists, ds_error *err)
{
    char first[128];
    arena memory = {.chunks = NULL};
    ds_value id;
    arena_lend(&memory, first, sizeof first);
    ds_status status = id_coerce(model, given, &memory, &id, err);
    if (status != DS_OK) {
        arena_free(&memory);
        return refuse(model, status, err);
    }
    operation op;
    ds_block *block = NULL;
    ds_record *record = NULL;
    status = operation_begin(&op, model->source, model, false);
    if (status == DS_OK)
        status = lookup_one(&op, id, &block, &record);
    *exists = record != NULL;
    if (status == DS_OK && out != NULL && record == NULL)
        status = error_not_found(&op, id);
    else if (status == DS_OK && out != NULL)
        *out = block_take(block, 0);
    status = operation_end(&op, status, err);
    block_free(block);
    arena_free(&memory);
    return status;
}

ds_status ds_find_by_id(ds_model *model, ds_value id, ds_record **out, ds_error *err)
{
    bool exists;
    if (out != NULL)
        *out = NULL;
    ds_status status = answer_check(model, out, "ds_find_by_id()", err);
    return status == DS_OK ? get(model, id, out, &exists, err) : refuse(model, status, err);
}

ds_status ds_exists(ds_model *model, ds_value id, bool *exists, ds_error *err)
{
    if (exists != NULL)
        *exists = false;
    ds_status status = answer_check(model, exists, "ds_exists()", err);
    return status == DS_OK ? get(model, id, NULL, exists, err) : refuse(model, status, err);
}

ds_status selection_bind_ids(const ds_filter *filter, const definition *def, selection **out, ds_error *err)
{
    const char *id = def->properties[def->id_slot].name;
    return selection_bind(DS_QUERY(.where = filter, .fields = &id, .field_count = 1), def, out, err);
}
