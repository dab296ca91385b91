/* import and export: JSON lines and JSON arrays. */
#include "dsctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BATCH 500
#define TOLD  20 /* failures that are told one by one */

typedef struct import {
    dsctl *ctl;
    ds_model *model;
    ds_record *batch[BATCH];
    size_t n;
    uint64_t stored, failed;
    ds_status first; /* failure */
} import;

static void tell_failure(import *in, const ds_error *error)
{
    if (in->first == DS_OK)
        in->first = error->status;
    if (in->failed++ < TOLD)
        fprintf(stderr, "dsctl: %s\n", error->message);
}

/* Stores what has gathered. What cannot be stored is told; what ends the import is returned. */
static ds_status store(import *in)
{
    size_t created = 0;
    ds_error error = {0}, outcome;
    ds_status status = in->n == 0 ? DS_OK : ds_create_all(in->model, in->batch, in->n, &created, &error);
    bool is_over = dsctl_exit_status(status) > 2;
    for (size_t i = 0; i < in->n; i++) {
        if (!is_over && ds_record_outcome(in->batch[i], &outcome) != DS_OK)
            tell_failure(in, &outcome);
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
            tell_failure(in, &error);
        else { /* the file is not JSON from here on */
            status = store(in);
            in->ctl->error = status == DS_OK ? error : in->ctl->error;
            return status == DS_OK ? read : status;
        }
        if (in->n == BATCH)
            status = store(in);
    }
    return status;
}

ds_status run_import(dsctl *ctl, int argc, char **argv)
{
    (void)argc;
    ds_reader *reader;
import in = {.ctl = ctl, .model = dsctl_model(ctl, argv[0], argv[1]) };
    if (in.model == NULL)
        return ctl->error.status;
    ds_status status = ds_reader_open(in.model, argv[2], ctl->at, &reader, &ctl->error);
    if (status != DS_OK)
        return status;
    progress bar = progress_start("importing");
    status = import_all(&in, reader, &bar);
    progress_end(&bar);
    ds_reader_close(reader);
    printf(ctl->json ? "{\"imported\":%llu}\n" : "%llu\n", (unsigned long long)in.stored);
    if (in.failed > TOLD)
        fprintf(stderr, "dsctl: and %llu more records were not stored\n", (unsigned long long)(in.failed - TOLD));
    return status == DS_OK ? in.first : status;
}

/* ---- export ---- */

typedef struct export
{
    FILE *out;
    char *temporary; /* written first, renamed at the end; NULL: standard output */
    const char *path;
    bool array;
}
export;

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static ds_status export_error(dsctl *ctl, const char *path)
{
    return ds_error_set(&ctl->error, DS_BACKEND, "%s: %s", path, strerror(errno));
}

static ds_status export_open(dsctl *ctl, export *ex)
{
    ex->array = ctl->at != NULL || ends_in(ex->path, ".json");
    ex->out = stdout;
    if (strcmp(ex->path, "-") == 0)
        return DS_OK;
    size_t room = strlen(ex->path) + 8;
    if ((ex->temporary = malloc(room)) == NULL)
        return dsctl_nomem(ctl);
    snprintf(ex->temporary, room, "%s.XXXXXX", ex->path);
    int fd = mkstemp(ex->temporary);
    ex->out = fd < 0 ? NULL : fdopen(fd, "w");
    if (ex->out != NULL) {
        mode_t mask = umask(0);
        umask(mask);
        fchmod(fd, 0666 & ~mask);
        return DS_OK;
    }
    ds_status status = export_error(ctl, ex->path);
    free(ex->temporary);
    ex->temporary = NULL;
    return status;
}

/* Puts the file in its place, or takes it away again. */
static ds_status export_close(dsctl *ctl, export *ex, ds_status status)
{
    if (ex->temporary == NULL)
        return status;
    bool failed = status == DS_OK && (fflush(ex->out) != 0 || fsync(fileno(ex->out)) != 0);
    failed = fclose(ex->out) != 0 || failed;
    if (status == DS_OK && (failed || rename(ex->temporary, ex->path) != 0))
        status = export_error(ctl, ex->path);
    if (status != DS_OK)
        unlink(ex->temporary);
    free(ex->temporary);
    return status;
}

static ds_status export_record(dsctl *ctl, export *ex, const ds_record *record, uint64_t n)
{
    char *json = ds_record_to_json(record);
    if (json == NULL)
        return dsctl_nomem(ctl);
    fprintf(ex->out, "%s%s%s", !ex->array ? "" : n == 0 ? "\n" : ",\n", json, ex->array ? "" : "\n");
    ds_free(json);
    return ferror(ex->out) ? export_error(ctl, ex->path) : DS_OK;
}

static ds_status export_records(dsctl *ctl, export *ex, ds_cursor *cursor, uint64_t total, uint64_t *n)
{
    progress bar = progress_start("exporting");
    const ds_record *record;
    ds_status status = ds_cursor_next(cursor, &record, &ctl->error);
    while (status == DS_OK && record != NULL) {
        status = export_record(ctl, ex, record, *n);
        (*n)++;
        progress_tell(&bar, *n, total, *n);
        if (status == DS_OK)
            status = ds_cursor_next(cursor, &record, &ctl->error);
    }
    progress_end(&bar);
    return status;
}

static ds_status export_all(dsctl *ctl, export *ex, ds_model *model, uint64_t *n)
{
    ds_cursor *cursor;
    uint64_t total = 0;
    const char *id = ds_model_property(model, ds_model_id_slot(model))->name;
    ds_status status = isatty(STDERR_FILENO) == 1 ? ds_count(model, NULL, &total, &ctl->error) : DS_OK;
    if (status == DS_OK)
        status = ds_find(model, DS_QUERY(.order = id), &cursor, &ctl->error);
    if (status != DS_OK)
        return status;
    if (ctl->at != NULL) {
        fputc('{', ex->out);
        print_json_string(ex->out, ctl->at);
        fputc(':', ex->out);
    }
    fputs(ex->array ? "[" : "", ex->out);
    status = export_records(ctl, ex, cursor, total, n);
    fputs(ex->array ? "\n]" : "", ex->out);
    fputs(ctl->at != NULL ? "}\n" : ex->array ? "\n" : "", ex->out);
    ds_cursor_close(cursor);
    return status;
}

ds_status run_export(dsctl *ctl, int argc, char **argv)
{
    (void)argc;
    ds_model *model = dsctl_model(ctl, argv[0], argv[1]);
    export ex = {.path = argv[2]};
    uint64_t n = 0;
    if (model == NULL)
        return ctl->error.status;
    ds_status status = export_open(ctl, &ex);
    if (status != DS_OK)
        return status;
    bool is_file = ex.temporary != NULL;
    status = export_close(ctl, &ex, export_all(ctl, &ex, model, &n));
    if (status == DS_OK && is_file)
        printf(ctl->json ? "{\"exported\":%llu}\n" : "%llu\n", (unsigned long long)n);
    return status;
}
