/* import: records of a file of JSON lines, of a JSON array or of CSV, stored in batches. */
#include "dsctl.h"

#include <string.h>

#define BATCH 500

/* ---- failures of single records, which copy has too ---- */

void failures_add(failures *f, const ds_error *error)
{
    if (f->first == DS_OK)
        f->first = error->status;
    if (f->count++ < TOLD)
        dsctl_tell("%s", error->message);
}

ds_status failures_end(const failures *f)
{
    if (f->count > TOLD)
        dsctl_tell("and %llu more records were not stored", (unsigned long long)(f->count - TOLD));
    return f->first;
}

bool failure_is_final(ds_status status)
{
    return dsctl_exit_status(status) > 2;
}

/* ---- import ---- */

typedef struct import {
    dsctl *ctl;
    ds_model *model;
    ds_record *batch[BATCH];
    size_t n;
    uint64_t stored;
    failures failures;
} import;

/* Stores what has gathered. What cannot be stored is told; what ends the import is returned. */
static ds_status store(import *in)
{
    size_t created = 0;
    ds_error error = {0}, outcome;
    ds_status status = in->n == 0 ? DS_OK : ds_create_all(in->model, in->batch, in->n, &created, &error);
    bool is_over = failure_is_final(status);
    for (size_t i = 0; i < in->n; i++) {
        if (!is_over && ds_record_outcome(in->batch[i], &outcome) != DS_OK)
            failures_add(&in->failures, &outcome);
        ds_record_free(in->batch[i]);
    }
    in->n = 0;
    in->stored += created;
    if (is_over)
        in->ctl->error = error;
    return is_over ? status : DS_OK;
}

static ds_status import_all(import *in, ds_reader *reader, progress *bar)
{
    uint64_t at = 0, before = 0, total = 0;
    ds_status status = DS_OK;
    while (status == DS_OK) {
        ds_record *record = NULL;
        ds_error error = {0};
        ds_status read = ds_reader_next(reader, &record, &error);
        before = at;
        ds_reader_progress(reader, &at, &total);
        progress_tell(bar, at, total, in->stored + in->n);
        if (read == DS_OK && record == NULL)
            return store(in);
        if (read == DS_OK)
            in->batch[in->n++] = record;
        else if (read == DS_INVALID && at != before)
            failures_add(&in->failures, &error);
        else { /* the file cannot be read from here on */
            status = store(in);
            in->ctl->error = status == DS_OK ? error : in->ctl->error;
            return status == DS_OK ? read : status;
        }
        if (in->n == BATCH)
            status = store(in);
    }
    return status;
}

static ds_status format_of(dsctl *ctl, ds_format *out)
{
    *out = DS_FORMAT_BY_NAME;
    if (ctl->format == NULL)
        return DS_OK;
    *out = strcmp(ctl->format, "csv") == 0 ? DS_FORMAT_CSV : DS_FORMAT_JSON;
    if (*out == DS_FORMAT_CSV || strcmp(ctl->format, "lines") == 0 || strcmp(ctl->format, "array") == 0)
        return DS_OK;
    return ds_error_set(&ctl->error, DS_INVALID, "the format of a file is lines, array or csv, not \"%s\"",
                        ctl->format);
}

ds_status run_import(dsctl *ctl, int argc, char **argv)
{
    (void)argc;
    ds_reader *reader;
    ds_format format;
import in = {.ctl = ctl, .model = dsctl_model(ctl, argv[0], argv[1]) };
    if (in.model == NULL)
        return ctl->error.status;
    ds_status status = format_of(ctl, &format);
    if (status == DS_OK)
        status = ds_reader_open_as(in.model, argv[2], format, ctl->at, &reader, &ctl->error);
    if (status != DS_OK)
        return status;
    progress bar = progress_start("importing");
    status = import_all(&in, reader, &bar);
    progress_end(&bar);
    ds_reader_close(reader);
    print_number(ctl, "imported", in.stored);
    ds_status failed = failures_end(&in.failures);
    return status == DS_OK ? failed : status;
}
