/* export: all records in order of id, as JSON lines, a JSON array or CSV. */
#include "target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

typedef enum format { FORMAT_LINES, FORMAT_ARRAY, FORMAT_CSV } format;

typedef struct export
{
    dsctl *ctl;
    ds_model *model;
    target file;
    FILE *out; /* the file's */
    const char *path;
    format format;
    csv_writer *csv;
    char *field_list;
    const char **fields; /* NULL: all */
    size_t field_count;
    uint64_t n;
}
export;

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcasecmp(text + length - tail, end) == 0;
}

static ds_status choose_format(export *ex)
{
    static const char *const names[] = {"lines", "array", "csv"};
    const char *at = ex->ctl->at, *name = ex->ctl->format;
    ex->format = at != NULL || ends_in(ex->path, ".json") ? FORMAT_ARRAY
                 : ends_in(ex->path, ".csv")              ? FORMAT_CSV
                                                          : FORMAT_LINES;
    if (name == NULL)
        return DS_OK;
    for (size_t i = 0; i < 3; i++)
        if (strcmp(name, names[i]) == 0 && (at == NULL || i == FORMAT_ARRAY)) {
            ex->format = (format)i;
            return DS_OK;
        }
    return ds_error_set(&ex->ctl->error, DS_INVALID, "the format of a file is lines, array%s or csv, not \"%s\"",
                        at == NULL ? "" : " (the one that --at can be in)", name);
}

static ds_status choose_fields(export *ex)
{
    if (ex->ctl->fields == NULL)
        return DS_OK;
    ex->field_list = strdup(ex->ctl->fields);
    ex->fields = ex->field_list == NULL ? NULL : split_names(ex->field_list, &ex->field_count);
    return ex->fields == NULL ? dsctl_nomem(ex->ctl) : DS_OK;
}

static ds_status file_error(const export *ex)
{
    return ds_error_set(&ex->ctl->error, DS_BACKEND, "%s: %s", ex->path, strerror(errno));
}

/* What was printed so far was taken; standard output that nobody reads is no failure to tell. */
static ds_status written(const export *ex)
{
    return !ferror(ex->out) ? DS_OK : ex->out == stdout ? dsctl_flushed(ex->ctl) : file_error(ex);
}

/* ---- records ---- */

/* Of models that take undeclared properties a first walk finds out which there are. */
static ds_status learn_columns(export *ex)
{
    ds_cursor *cursor;
    const ds_record *record;
    ds_error *err = &ex->ctl->error;
    if (ex->fields != NULL || ds_model_is_strict(ex->model))
        return DS_OK;
    ds_status status = ds_find(ex->model, NULL, &cursor, err);
    if (status != DS_OK)
        return status;
    status = ds_cursor_next(cursor, &record, err);
    while (status == DS_OK && record != NULL) {
        status = csv_learn(ex->csv, record) ? ds_cursor_next(cursor, &record, err) : dsctl_nomem(ex->ctl);
    }
    ds_cursor_close(cursor);
    return status;
}

static ds_status prepare(export *ex)
{
    if (ex->format != FORMAT_CSV)
        return DS_OK;
    ex->csv = csv_new(ex->out, ex->model, ex->fields, ex->field_count);
    return ex->csv == NULL ? dsctl_nomem(ex->ctl) : learn_columns(ex);
}

static ds_status begin(export *ex)
{
    if (ex->format == FORMAT_CSV)
        return csv_header(ex->csv) ? DS_OK : dsctl_nomem(ex->ctl);
    if (ex->ctl->at != NULL) {
        fputc('{', ex->out);
        print_json_string(ex->out, ex->ctl->at);
        fputc(':', ex->out);
    }
    fputs(ex->format == FORMAT_ARRAY ? "[" : "", ex->out);
    return DS_OK;
}

static void end(export *ex)
{
    if (ex->format == FORMAT_ARRAY)
        fputs(ex->ctl->at != NULL ? "\n]}\n" : "\n]\n", ex->out);
}

static ds_status write_json(export *ex, const ds_record *record)
{
    char *json = ds_record_to_json(record);
    if (json == NULL)
        return dsctl_nomem(ex->ctl);
    if (ex->format == FORMAT_ARRAY)
        fprintf(ex->out, "%s%s", ex->n == 0 ? "\n" : ",\n", json);
    else
        fprintf(ex->out, "%s\n", json);
    ds_free(json);
    return DS_OK;
}

static ds_status write_records(export *ex, ds_cursor *cursor, uint64_t total)
{
    progress bar = progress_start("exporting");
    const ds_record *record;
    ds_status status = ds_cursor_next(cursor, &record, &ex->ctl->error);
    while (status == DS_OK && record != NULL) {
        status = ex->format == FORMAT_CSV ? csv_record(ex->csv, record, &ex->ctl->error) : write_json(ex, record);
        if (status == DS_OK)
            status = written(ex);
        ex->n++;
        progress_tell(&bar, ex->n, total, ex->n);
        if (status == DS_OK)
            status = ds_cursor_next(cursor, &record, &ex->ctl->error);
    }
    progress_end(&bar);
    return status;
}

static ds_status write_all(export *ex)
{
    ds_cursor *cursor;
    uint64_t total = 0;
    ds_error *err = &ex->ctl->error;
    ds_query query = {.size = sizeof query, .fields = ex->fields, .field_count = ex->field_count};
    query.order = ds_model_property(ex->model, ds_model_id_slot(ex->model))->name;
    ds_status status = isatty(STDERR_FILENO) == 1 ? ds_count(ex->model, NULL, &total, err) : DS_OK;
    if (status == DS_OK)
        status = prepare(ex);
    if (status == DS_OK)
        status = ds_find(ex->model, &query, &cursor, err);
    if (status != DS_OK)
        return status;
    status = begin(ex);
    if (status == DS_OK)
        status = write_records(ex, cursor, total);
    end(ex);
    ds_cursor_close(cursor);
    return status;
}

ds_status run_export(dsctl *ctl, int argc, char **argv)
{
    (void)argc;
    export ex = {.ctl = ctl, .model = dsctl_model(ctl, argv[0], argv[1]), .path = argv[2]};
    if (ex.model == NULL)
        return ctl->error.status;
    ds_status status = choose_format(&ex);
    if (status == DS_OK)
        status = choose_fields(&ex);
    if (status == DS_OK)
        status = target_open(&ex.file, ex.path, &ctl->error);
    ex.out = ex.file.out;
    if (status == DS_OK)
        status = target_close(&ex.file, write_all(&ex));
    if (status == DS_OK && ex.out != stdout)
        print_number(ctl, "exported", ex.n);
    csv_free(ex.csv);
    free(ex.fields);
    free(ex.field_list);
    return status;
}
