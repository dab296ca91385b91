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

static ds_status store(copying *c)
{
    ds_status final = DS_OK;
    for (size_t i = 0; i < c->n; i++) {
        ds_error error = {0};
        ds_status status = final != DS_OK ? final : ds_replace_or_create(c->to, c->batch[i], NULL, &error);
        if (final == DS_OK && status == DS_OK)
            c->stored++;
        else if (final == DS_OK && failure_is_final(status)) {
            final = status;
            c->ctl->error = error;
        } else if (final == DS_OK)
            failures_add(&c->failures, &error);
        ds_record_free(c->batch[i]);
    }
    c->n = 0;
    return final;
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
    ds_status last = store(c); /* what came before the failure is good */
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
