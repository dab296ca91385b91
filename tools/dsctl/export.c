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
    uint64_t odd;  /* texts that are not UTF-8 */
    uint64_t lost; /* of these: whose bytes are not in the file */
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

/* ---- text of other programs, that is not UTF-8 ---- */

/* How many bytes the character at `at` has; 0: there is none. */
static size_t utf8_length(const unsigned char *at, size_t left)
{
    size_t length = at[0] < 0x80                     ? 1
                    : at[0] >= 0xC2 && at[0] <= 0xDF ? 2
                    : (at[0] & 0xF0) == 0xE0         ? 3
                    : at[0] >= 0xF0 && at[0] <= 0xF4 ? 4
                                                     : 0;
    if (length == 0 || length > left)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    bool wrong = (at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xED && at[1] > 0x9F) ||
                 (at[0] == 0xF0 && at[1] < 0x90) ||
                 (at[0] == 0xF4 && at[1] > 0x8F); /* overlong, a surrogate, or too large */
    return wrong ? 0 : length;
}

static bool is_utf8(const char *text, size_t length)
{
    for (size_t i = 0, step; i < length; i += step)
        if ((step = utf8_length((const unsigned char *)text + i, length - i)) == 0)
            return false;
    return true;
}

/* JSON has no place for such bytes, and neither has what is JSON text in CSV. */
static bool loses_bytes(const export *ex, size_t slot)
{
    return ex->format != FORMAT_CSV ||
           (slot < ds_model_property_count(ex->model) && ds_model_property(ex->model, slot)->type == DS_PROPERTY_ANY);
}

static void tell_odd(const export *ex, const ds_record *record, const ds_field *field, bool lost)
{
    ds_error error;
    ds_text id;
    ds_value_text(ds_record_get(record, ds_model_property(ex->model, ds_model_id_slot(ex->model))->name), &id);
    ds_error_set(&error, DS_INVALID,
                 "the property \"%.100s\" of the record %.*s of model \"%s\" on data source \"%s\" is not UTF-8: %s",
                 field->name, id.length > 100 ? 100 : (int)id.length, id.bytes, ds_model_name(ex->model),
                 ds_source_name(ds_model_source(ex->model)),
                 lost ? "bytes of it are exported as U+FFFD" : "it is exported as it is, and import will refuse it");
    dsctl_tell("warning: %s", error.message);
}

/* Nothing is lost without a word. */
static void look_for_odd_text(export *ex, const ds_record *record)
{
    ds_field field;
    for (size_t slot = 0; slot < ds_record_slots(record); slot++) {
        if (!ds_record_field(record, slot, &field))
            continue;
        const ds_value value = field.value;
        bool is_text = value.type == DS_STRING || value.type == DS_JSON;
        if (is_utf8(field.name, field.name_length) && (!is_text || is_utf8(value.as.string, value.length)))
            continue;
        bool lost = loses_bytes(ex, slot);
        ex->lost += lost;
        if (ex->odd++ < TOLD)
            tell_odd(ex, record, &field, lost);
    }
}

/* The file is there, but is not all that is stored: that is a failure. */
static ds_status odd_end(export *ex)
{
    if (ex->odd > TOLD)
        dsctl_tell("warning: and %llu more properties are not UTF-8", (unsigned long long)(ex->odd - TOLD));
    return ex->lost == 0 ? DS_OK
                         : ds_error_set(&ex->ctl->error, DS_INVALID,
                                        "%s is there, but not with all bytes of what is not UTF-8 (properties: %llu)",
                                        ex->path, (unsigned long long)ex->lost);
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
        look_for_odd_text(ex, record);
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
    if (status == DS_OK)
        status = odd_end(&ex);
    csv_free(ex.csv);
    free(ex.fields);
    free(ex.field_list);
    return status;
}
