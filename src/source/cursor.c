/* Cursors: an operation only while they fetch, so that a host that holds one open holds up nobody. */
#include "source/cursor.h"

ds_status cursor_open(ds_model *model, operation *op, ds_cursor **out)
{
    ds_cursor *cursor = ds_calloc(1, sizeof *cursor);
    if (cursor == NULL)
        return error_nomem(&op->error);
    cursor->model = model;
    cursor->source = op->source;
    cursor->generation = op->source->generation;
    cursor->whole = op->whole;
    *out = cursor;
    return DS_OK;
}

void ds_cursor_close(ds_cursor *cursor)
{
    if (cursor == NULL)
        return;
    stream_close(&cursor->stream);
    selection_free(cursor->selection);
    lookup_close(cursor->lookup);
    ds_free(cursor);
}

static ds_status take(ds_cursor *cursor, ds_record **out, ds_error *err)
{
    if (cursor->lookup == NULL)
        return stream_take(&cursor->stream, out, err);
    *out = lookup_take(cursor->lookup);
    return DS_OK;
}

static bool exhausted(const ds_cursor *cursor)
{
    return cursor->lookup != NULL ? lookup_exhausted(cursor->lookup) : cursor->stream.exhausted;
}

static ds_status fetch(ds_cursor *cursor, operation *op, ds_record **out)
{
    ds_status status = DS_OK;
    while (status == DS_OK && *out == NULL && !exhausted(cursor)) {
        status = cursor->lookup != NULL ? lookup_fetch(cursor->lookup, op) : stream_fetch(&cursor->stream, op);
        if (status == DS_OK)
            status = take(cursor, out, &op->error);
    }
    return status;
}

static ds_status lost(ds_error *err)
{
    return ds_error_set(err, DS_LOST, "the data source was disconnected while a cursor was open");
}

/* An operation of its own, a step of the walk. */
static ds_status fetch_step(ds_cursor *cursor, ds_record **out, ds_error *err)
{
    ds_source *source = cursor->source;
    if (cursor->generation != source->generation)
        return refuse(cursor->model, lost(err), err);
    operation op;
    ds_status status = operation_begin(&op, source, cursor->model, false);
    bool alive = cursor->generation == source->generation;
    op.whole = cursor->whole;
    operation_step(&op);
    if (!alive) {
        op.began = false; /* the connection that stands now is not lost */
        status = lost(&op.error);
    }
    if (status == DS_OK)
        status = fetch(cursor, &op, out);
    return operation_end(&op, status, err);
}

ds_status ds_cursor_next(ds_cursor *cursor, const ds_record **out, ds_error *err)
{
    if (out != NULL)
        *out = NULL;
    if (cursor == NULL || out == NULL)
        return ds_error_set(err, DS_INVALID, "ds_cursor_next() needs a cursor and a place for the record");
    if (cursor->error.status != DS_OK)
        return error_copy(err, &cursor->error);
    ds_record *record = NULL;
    ds_status status = take(cursor, &record, &cursor->error);
    if (status != DS_OK)
        refuse(cursor->model, status, &cursor->error);
    else if (record == NULL && !exhausted(cursor))
        status = fetch_step(cursor, &record, &cursor->error);
    if (status != DS_OK) {
        cursor->error.status = status;
        return error_copy(err, &cursor->error);
    }
    if (record == NULL)
        return DS_OK;
    if (cursor->selection != NULL && !cursor->selection->all_fields)
        selection_hide(cursor->selection, record);
    cursor->returned = true;
    *out = record;
    return DS_OK;
}

char *ds_cursor_mark(const ds_cursor *cursor)
{
    if (cursor == NULL || !cursor->returned || cursor->selection == NULL || cursor->selection->ask.order_count == 0)
        return NULL;
    return stream_mark(&cursor->stream);
}
