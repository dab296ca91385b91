/* copy: every record of a model stored on another data source too, over what has its id there, so that a copy that was
 * ended half-way ends complete when it is done again. */
#include "copying.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AGAIN_MOST 20000 /* records that are kept to be tried again */

int64_t copy_now(void)
{
    return ds_now() / 1000000;
}

static ds_status batch_begin(copying *c, ds_batch **batch)
{
    ds_status status = ds_batch_new(ds_model_source(c->to), batch, &c->ctl->error);
    if (status == DS_OK)
        ds_batch_set_options(*batch, &(ds_options){.size = sizeof(ds_options), .cancel = c->ctl->cancel});
    return status;
}

/* One failure: it is told, or ends the copy, of which the first one is the reason. */
static void look_at(copying *c, ds_status status, const ds_error *error, ds_status *final)
{
    if (!failure_is_final(status))
        failures_add(&c->failures, error);
    else if (*final == DS_OK) {
        *final = status;
        c->ctl->error = *error;
    }
}

/* ---- when they expire ---- */

/* What expires there does so here, in as much time as is left; what does not, lives on here too, whatever settings.ttl says.
 * Of records that are stored alone: another record that is in the way keeps its own time. */
static ds_status store_expiries(copying *c, const copied *items, const size_t *stored, size_t n)
{
    ds_batch *batch = NULL;
    ds_error error = {0};
    ds_status status = n == 0 || !c->tells ? DS_OK : batch_begin(c, &batch), final = status;
    if (batch == NULL)
        return status;
    for (size_t i = 0; i < n; i++) {
        const copied *item = &items[stored[i]];
        int64_t left = item->ends < 0 ? -1 : item->ends - copy_now();
        ds_value id = ds_record_get(item->record, ds_model_property(c->to, ds_model_id_slot(c->to))->name);
        ds_batch_expire(batch, c->to, id, item->ends >= 0 && left < 1 ? 1 : left);
    }
    if (ds_batch_run(batch, 0, &error) != DS_OK)
        for (size_t i = 0; i < n; i++) {
            status = ds_batch_outcome(batch, i, &error);
            if (status != DS_OK && status != DS_NOT_FOUND) /* that one has expired since */
                look_at(c, status, &error, &final);
        }
    ds_batch_free(batch);
    return final;
}

/* ---- storing ---- */

/* Takes the outcomes of a batch; in `stored` are then the numbers of those that are there. */
static ds_status take_outcomes(copying *c, const ds_batch *batch, copied *items, size_t n, size_t *stored,
                               size_t *count)
{
    ds_status final = DS_OK;
    for (size_t i = 0; i < n; i++) {
        ds_error error = {0};
        ds_status status = ds_batch_outcome(batch, i, &error);
        if (status == DS_OK) {
            stored[(*count)++] = i;
            c->lasting += items[i].ends >= 0 && !c->tells;
        } else if (status != DS_DUPLICATE || c->is_last) {
            look_at(c, status, &error, &final);
            ds_record_free(items[i].record);
            items[i].record = NULL;
        }
    }
    c->stored += *count;
    return final;
}

ds_status copy_store(copying *c, copied *items, size_t n)
{
    ds_batch *batch = NULL;
    ds_error error = {0};
    size_t stored[COPY_BATCH], count = 0;
    ds_status status = batch_begin(c, &batch);
    if (status == DS_OK) {
        for (size_t i = 0; i < n; i++)
            ds_batch_replace_or_create(batch, c->to, items[i].record, NULL);
        ds_batch_run(batch, 0, &error);
        status = take_outcomes(c, batch, items, n, stored, &count);
        ds_status expires = store_expiries(c, items, stored, count);
        status = status == DS_OK ? expires : status;
    }
    ds_batch_free(batch);
    for (size_t i = 0; i < count; i++) {
        ds_record_free(items[stored[i]].record);
        items[stored[i]].record = NULL;
    }
    return status;
}

static bool keep_for_later(copying *c, copied item)
{
    if (c->again_count == c->again_room) {
        size_t room = c->again_room == 0 ? COPY_BATCH : 2 * c->again_room;
        copied *more = realloc(c->again, room * sizeof *more);
        if (more == NULL)
            return false;
        c->again = more;
        c->again_room = room;
    }
    c->again[c->again_count++] = item;
    return true;
}

static ds_status store(copying *c)
{
    c->is_last = c->again_count >= AGAIN_MOST;
    ds_status status = copy_store(c, c->batch, c->n);
    for (size_t i = 0; i < c->n; i++)
        if (c->batch[i].record != NULL && !keep_for_later(c, c->batch[i])) {
            ds_record_free(c->batch[i].record);
            status = dsctl_nomem(c->ctl);
        }
    c->n = 0;
    return status;
}

/* ---- reading ---- */

/* DS_NOT_FOUND: it is gone since it was read, and not copied. */
static ds_status ask_expiry(copying *c, const ds_record *from, int64_t *ends)
{
    ds_error error = {0};
    int64_t left = -1;
    *ends = -1;
    if (!c->asks)
        return DS_OK;
    ds_value id = ds_record_get(from, ds_model_property(c->from, ds_model_id_slot(c->from))->name);
    ds_status status = ds_ttl(c->from, id, &left, &error), final = DS_OK;
    if (status == DS_OK && left >= 0)
        *ends = copy_now() + left;
    if (status != DS_OK && status != DS_NOT_FOUND)
        look_at(c, status, &error, &final);
    return status == DS_OK || final != DS_OK ? final : DS_NOT_FOUND;
}

/* The same values as a record of the other model, with no type changed and no text checked again: what one backend holds,
 * the other is to hold. A property that has a default and is null here must be null there. The version is the target's. */
static ds_status take_over(copying *c, const ds_record *from)
{
    copied item = {.record = NULL};
    ds_status status = ask_expiry(c, from, &item.ends);
    if (status != DS_OK)
        return status == DS_NOT_FOUND ? DS_OK : status;
    ds_record *record = item.record = ds_record_new(c->to);
    status = record == NULL ? DS_NOMEM : DS_OK;
    for (size_t slot = 0; slot < ds_model_property_count(c->to) && status == DS_OK; slot++)
        if (ds_model_property(c->to, slot)->default_value.type != DS_NULL)
            status = ds_record_put(record, slot, ds_null());
    ds_field field;
    for (size_t slot = 0; slot < ds_record_slots(from) && status == DS_OK; slot++)
        if (ds_record_field(from, slot, &field) && (c->version == NULL || strcmp(field.name, c->version) != 0))
            status = ds_record_put_named(record, field.name, field.name_length, field.value);
    if (status != DS_OK) {
        ds_record_free(record);
        return dsctl_nomem(c->ctl);
    }
    c->batch[c->n++] = item;
    return DS_OK;
}

static ds_status copy_all(copying *c, ds_cursor *cursor, uint64_t total)
{
    progress bar = progress_start("copying");
    const ds_record *record;
    uint64_t seen = 0;
    ds_status status = ds_cursor_next(cursor, &record, &c->ctl->error);
    while (status == DS_OK && record != NULL) {
        status = take_over(c, record);
        if (status == DS_OK && c->n == COPY_BATCH)
            status = store(c);
        seen++;
        progress_tell(&bar, seen, total, seen);
        if (status == DS_OK)
            status = ds_cursor_next(cursor, &record, &c->ctl->error);
    }
    ds_error why = c->ctl->error;
    ds_status last = c->n == 0 ? DS_OK : store(c); /* what came before the failure is good */
    if (status != DS_OK)
        c->ctl->error = why;
    progress_end(&bar);
    return status == DS_OK ? last : status;
}

static bool can_expire(const ds_model *model)
{
    const ds_connector *connector = ds_connector_find(ds_source_connector(ds_model_source(model)), NULL);
    return connector != NULL && (connector->capabilities & DS_CAN_EXPIRE) != 0;
}

static ds_status begin(copying *c, char **argv)
{
    if (strcmp(argv[0], argv[2]) == 0)
        return ds_error_set(&c->ctl->error, DS_INVALID, "the records of \"%s\" cannot be copied to where they are",
                            argv[0]);
    c->from = dsctl_model(c->ctl, argv[0], argv[1]);
    c->to = c->from == NULL ? NULL : dsctl_model(c->ctl, argv[2], argv[1]);
    if (c->to == NULL)
        return c->ctl->error.status;
    ds_value version = ds_model_setting(c->to, "version");
    c->version = version.type == DS_STRING ? version.as.string : NULL;
    c->asks = !c->ctl->no_ttl && can_expire(c->from);
    c->tells = c->asks && can_expire(c->to);
    return DS_OK;
}

static ds_status end(copying *c, ds_status status, const char *to)
{
    print_number(c->ctl, "copied", c->stored);
    ds_status failed = failures_end(&c->failures);
    if (c->lasting > 0)
        dsctl_tell("warning: %llu records that expire live for ever on \"%s\", whose connector cannot let them expire",
                   (unsigned long long)c->lasting, to);
    for (size_t i = 0; i < c->again_count; i++)
        ds_record_free(c->again[i].record);
    free(c->again);
    return status == DS_OK ? failed : status;
}

ds_status run_copy(dsctl *ctl, int argc, char **argv)
{
    (void)argc;
    copying c = {.ctl = ctl};
    ds_cursor *cursor;
    uint64_t total = 0;
    ds_status status = begin(&c, argv);
    if (status == DS_OK && isatty(STDERR_FILENO) == 1)
        status = ds_count(c.from, NULL, &total, &ctl->error);
    if (status == DS_OK)
        status = ds_find(c.from, NULL, &cursor, &ctl->error);
    if (status != DS_OK)
        return status;
    status = copy_all(&c, cursor, total);
    ds_cursor_close(cursor);
    if (status == DS_OK)
        status = copy_again(&c);
    return end(&c, status, argv[2]);
}
