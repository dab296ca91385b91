/* copy: every record of a model stored on another data source too, over what has its id there, so that a copy that was
 * ended half-way ends complete when it is done again. */
#include "dsctl.h"

#include <string.h>
#include <unistd.h>

#define BATCH 500

typedef struct copying {
    dsctl *ctl;
    ds_model *to;
    ds_record *batch[BATCH];
    size_t n;
    uint64_t stored;
    failures failures;
} copying;

/* What became of each record: those that cannot be stored are told, the first failure that others would meet too ends the
 * copy. */
static ds_status look_at_outcomes(copying *c, const ds_batch *batch)
{
    ds_status final = DS_OK;
    for (size_t i = 0; i < c->n; i++) {
        ds_error error = {0};
        ds_status status = ds_batch_outcome(batch, i, &error);
        c->stored += status == DS_OK;
        if (status != DS_OK && !failure_is_final(status))
            failures_add(&c->failures, &error);
        else if (status != DS_OK && final == DS_OK) {
            final = status;
            c->ctl->error = error;
        }
    }
    return final;
}

static ds_status store(copying *c)
{
    ds_batch *batch = NULL;
    ds_error error = {0};
    ds_status status = ds_batch_new(ds_model_source(c->to), &batch, &c->ctl->error);
    if (status == DS_OK) {
        ds_batch_set_options(batch, &(ds_options){.size = sizeof(ds_options), .cancel = c->ctl->cancel});
        for (size_t i = 0; i < c->n; i++)
            ds_batch_replace_or_create(batch, c->to, c->batch[i], NULL);
        if (ds_batch_run(batch, 0, &error) == DS_OK)
            c->stored += c->n;
        else
            status = look_at_outcomes(c, batch);
    }
    ds_batch_free(batch);
    for (size_t i = 0; i < c->n; i++)
        ds_record_free(c->batch[i]);
    c->n = 0;
    return status;
}

/* The same values as a record of the other model, with no type changed and no text checked again: what one backend holds,
 * the other is to hold. A property that has a default and is null here must be null there. */
static ds_status take_over(copying *c, const ds_record *from)
{
    ds_record *record = ds_record_new(c->to);
    ds_status status = record == NULL ? DS_NOMEM : DS_OK;
    for (size_t slot = 0; slot < ds_model_property_count(c->to) && status == DS_OK; slot++)
        if (ds_model_property(c->to, slot)->default_value.type != DS_NULL)
            status = ds_record_put(record, slot, ds_null());
    ds_field field;
    for (size_t slot = 0; slot < ds_record_slots(from) && status == DS_OK; slot++)
        if (ds_record_field(from, slot, &field))
            status = ds_record_put_named(record, field.name, field.name_length, field.value);
    if (status != DS_OK) {
        ds_record_free(record);
        return dsctl_nomem(c->ctl);
    }
    c->batch[c->n++] = record;
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
        if (status == DS_OK && c->n == BATCH)
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

ds_status run_copy(dsctl *ctl, int argc, char **argv)
{
    (void)argc;
    copying c = {.ctl = ctl};
    ds_cursor *cursor;
    uint64_t total = 0;
    if (strcmp(argv[0], argv[2]) == 0)
        return ds_error_set(&ctl->error, DS_INVALID, "the records of \"%s\" cannot be copied to where they are",
                            argv[0]);
    ds_model *from = dsctl_model(ctl, argv[0], argv[1]);
    c.to = from == NULL ? NULL : dsctl_model(ctl, argv[2], argv[1]);
    if (c.to == NULL)
        return ctl->error.status;
    ds_status status = isatty(STDERR_FILENO) == 1 ? ds_count(from, NULL, &total, &ctl->error) : DS_OK;
    if (status == DS_OK)
        status = ds_find(from, NULL, &cursor, &ctl->error);
    if (status != DS_OK)
        return status;
    status = copy_all(&c, cursor, total);
    ds_cursor_close(cursor);
    print_number(ctl, "copied", c.stored);
    ds_status failed = failures_end(&c.failures);
    return status == DS_OK ? failed : status;
}
