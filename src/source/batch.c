/* A batch as the host makes it: writes are noted down one by one, and looked at when it is run. */
#include "source/batch.h"

ds_status ds_batch_new(ds_source *source, ds_batch **out, ds_error *err)
{
    *out = NULL;
    if (source == NULL)
        return ds_error_set(err, DS_INVALID, "a batch needs a data source, and was given NULL");
    *out = ds_calloc(1, sizeof **out);
    if (*out == NULL)
        return error_nomem(err);
    (*out)->source = source;
    return DS_OK;
}

void ds_batch_free(ds_batch *batch)
{
    if (batch == NULL)
        return;
    arena_free(&batch->told);
    arena_free(&batch->given);
    ds_free(batch->steps);
    ds_free(batch);
}

size_t ds_batch_size(const ds_batch *batch)
{
    return batch == NULL ? 0 : batch->count;
}

void ds_batch_set_options(ds_batch *batch, const ds_options *options)
{
    if (batch == NULL)
        return;
    batch->options = (ds_options){.size = sizeof batch->options};
    batch->refused = options != NULL && options_check(options, &batch->refusal) != DS_OK ? &batch->refusal : NULL;
    if (options != NULL && batch->refused == NULL)
        batch->options = *options;
}

/* ---- adding ---- */

static step *step_room(ds_batch *batch)
{
    if (batch->count < batch->room)
        return &batch->steps[batch->count];
    size_t room = batch->room == 0 ? 16 : batch->room * 2;
    step *steps = room > SIZE_MAX / sizeof *steps ? NULL : ds_realloc(batch->steps, room * sizeof *steps);
    if (steps == NULL)
        return NULL;
    batch->steps = steps;
    batch->room = room;
    return &steps[batch->count];
}

/* Notes a write down: what is borrowed stays borrowed, ids, names and values are copied. */
static ds_status add(ds_batch *batch, const step *given)
{
    if (batch == NULL)
        return DS_INVALID;
    step *to = batch->failed ? NULL : step_room(batch);
    batch->failed = to == NULL;
    if (to == NULL)
        return DS_NOMEM;
    *to = *given;
    if (to->model != NULL && to->model->original != NULL)
        to->model = to->model->original;
    if (given->property != NULL)
        to->property = arena_copy(&batch->given, given->property, strlen(given->property));
    batch->failed = !arena_copy_value(&batch->given, given->id, &to->id) ||
                    !arena_copy_value(&batch->given, given->by, &to->by) ||
                    (given->property != NULL && to->property == NULL);
    if (batch->failed)
        return DS_NOMEM;
    batch->count++;
    return DS_OK;
}

ds_status ds_batch_create(ds_batch *batch, ds_model *model, ds_record *record)
{
    return add(batch, &(step){.kind = DS_WRITE_CREATE, .model = model, .record = record});
}

ds_status ds_batch_update(ds_batch *batch, ds_model *model, ds_value id, const ds_record *changes)
{
    return add(batch, &(step){.kind = DS_WRITE_UPDATE, .model = model, .id = id, .given = changes});
}

ds_status ds_batch_replace(ds_batch *batch, ds_model *model, ds_value id, const ds_record *record)
{
    return add(batch, &(step){.kind = DS_WRITE_REPLACE, .model = model, .id = id, .given = record});
}

ds_status ds_batch_replace_or_create(ds_batch *batch, ds_model *model, ds_record *record, bool *created)
{
    return add(batch,
               &(step){.kind = DS_WRITE_REPLACE_OR_CREATE, .model = model, .record = record, .created = created});
}

ds_status ds_batch_upsert(ds_batch *batch, ds_model *model, ds_record *record, bool *created)
{
    return add(batch, &(step){.kind = DS_WRITE_UPSERT, .model = model, .record = record, .created = created});
}

ds_status ds_batch_increment(ds_batch *batch, ds_model *model, ds_value id, const char *property, ds_value by,
                             ds_value *now)
{
    return add(
        batch,
        &(step){.kind = DS_WRITE_INCREMENT, .model = model, .id = id, .property = property, .by = by, .now = now});
}

ds_status ds_batch_delete(ds_batch *batch, ds_model *model, ds_value id)
{
    return add(batch, &(step){.kind = DS_WRITE_DELETE, .model = model, .id = id});
}

ds_status ds_batch_expire(ds_batch *batch, ds_model *model, ds_value id, int64_t ttl_ms)
{
    return add(batch, &(step){.kind = DS_WRITE_EXPIRE, .model = model, .id = id, .ttl_ms = ttl_ms});
}

/* ---- outcomes ---- */

ds_status ds_batch_outcome(const ds_batch *batch, size_t i, ds_error *err)
{
    if (batch == NULL || !batch->was_run || i >= batch->count)
        return ds_error_set(err, DS_INVALID, "a batch %s has no outcome %zu",
                            batch == NULL     ? "that is NULL"
                            : !batch->was_run ? "that was not run"
                                              : "with fewer writes",
                            i);
    const step *at = &batch->steps[i];
    if (at->outcome == DS_OK)
        return DS_OK;
    if (at->error == NULL)
        return ds_error_set(err, at->outcome, "write %zu of a batch failed, and there was no memory to say why", i);
    return error_copy(err, at->error);
}
