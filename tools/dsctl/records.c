/* The commands on records: create, get, find, count, update, delete. */
#include "rows.h"

#include <string.h>

static ds_status print_json(dsctl *ctl, const ds_record *record)
{
    char *json = ds_record_to_json(record);
    if (json == NULL)
        return dsctl_nomem(ctl);
    puts(json);
    ds_free(json);
    return ferror(stdout) ? dsctl_flushed(ctl) : DS_OK;
}

static ds_status print_record(dsctl *ctl, const ds_record *record)
{
    if (ctl->json)
        return print_json(ctl, record);
    record_print_lines(record);
    return DS_OK;
}

/* ---- create and get ---- */

/* Prints it, or puts it into `r` (NULL: no table). */
static ds_status create_one(dsctl *ctl, ds_model *model, ds_record *record, rows *r)
{
    ds_status status = ds_create(model, record, &ctl->error);
    if (status == DS_OK)
        status = r == NULL ? print_record(ctl, record) : rows_add(r, record, &ctl->error);
    ds_record_free(record);
    return status;
}

/* All lines are tried; the first failure is the command's, the others are told as they come. */
static ds_status create_from(dsctl *ctl, ds_model *model, ds_reader *reader, rows *r)
{
    ds_record *record = NULL;
    ds_status first = DS_OK, status;
    ds_error first_error = {0};
    for (uint64_t before = UINT64_MAX, at = 0;; before = at) {
        record = NULL;
        status = ds_reader_next(reader, &record, &ctl->error);
        if (status == DS_OK && record == NULL)
            break;
        if (status == DS_OK)
            status = create_one(ctl, model, record, r);
        if (status != DS_OK && first != DS_OK)
            dsctl_tell("%s", ctl->error.message);
        else if (status != DS_OK) {
            first = status;
            first_error = ctl->error;
        }
        ds_reader_progress(reader, &at, &(uint64_t){0});
        if (status != DS_OK && record == NULL && at == before)
            break; /* the input is over, in an error */
        if (dsctl_exit_status(status) >= 3)
            break;
    }
    ctl->error = first_error;
    return first;
}

static ds_status create_from_stdin(dsctl *ctl, ds_model *model)
{
    ds_reader *reader;
    rows *r = ctl->json ? NULL : rows_new();
    if (r == NULL && !ctl->json)
        return dsctl_nomem(ctl);
    ds_status status = ds_reader_open(model, "-", NULL, &reader, &ctl->error);
    if (status == DS_OK) {
        status = create_from(ctl, model, reader, r);
        ds_reader_close(reader);
    }
    if (r != NULL)
        rows_print(r);
    rows_free(r);
    return status;
}

ds_status run_create(dsctl *ctl, int argc, char **argv)
{
    (void)argc;
    ds_model *model = dsctl_model(ctl, argv[0], argv[1]);
    ds_record *record;
    if (model == NULL)
        return ctl->error.status;
    if (strcmp(argv[2], "-") == 0)
        return create_from_stdin(ctl, model);
    ds_status status = ds_record_from_json(model, argv[2], &record, &ctl->error);
    return status == DS_OK ? create_one(ctl, model, record, NULL) : status;
}

ds_status run_get(dsctl *ctl, int argc, char **argv)
{
    (void)argc;
    ds_model *model = dsctl_model(ctl, argv[0], argv[1]);
    ds_record *record;
    if (model == NULL)
        return ctl->error.status;
    ds_status status = ds_find_by_id(model, ds_string(argv[2]), &record, &ctl->error);
    if (status == DS_OK) {
        status = print_record(ctl, record);
        ds_record_free(record);
    }
    return status;
}

/* ---- find ---- */

static ds_status print_table(dsctl *ctl, ds_cursor *cursor)
{
    rows *r = rows_new();
    const ds_record *record;
    ds_status status = r == NULL ? dsctl_nomem(ctl) : ds_cursor_next(cursor, &record, &ctl->error);
    while (status == DS_OK && record != NULL) {
        status = rows_add(r, record, &ctl->error);
        if (status == DS_OK)
            status = ds_cursor_next(cursor, &record, &ctl->error);
    }
    if (r != NULL)
        rows_print(r);
    rows_free(r);
    return status;
}

static ds_status print_lines(dsctl *ctl, ds_cursor *cursor)
{
    const ds_record *record;
    ds_status status = ds_cursor_next(cursor, &record, &ctl->error);
    while (status == DS_OK && record != NULL) {
        status = print_json(ctl, record);
        if (status == DS_OK)
            status = ds_cursor_next(cursor, &record, &ctl->error);
    }
    return status;
}

ds_status run_find(dsctl *ctl, int argc, char **argv)
{
    ds_model *model = dsctl_model(ctl, argv[0], argv[1]);
    ds_query *query = NULL;
    ds_cursor *cursor;
    if (model == NULL)
        return ctl->error.status;
    ds_status status = argc < 3 ? DS_OK : ds_query_parse(argv[2], &query, &ctl->error);
    if (status == DS_OK)
        status = ds_find(model, query, &cursor, &ctl->error);
    if (status == DS_OK) {
        status = ctl->json ? print_lines(ctl, cursor) : print_table(ctl, cursor);
        ds_cursor_close(cursor);
    }
    ds_query_free(query);
    return status;
}

ds_status run_count(dsctl *ctl, int argc, char **argv)
{
    ds_model *model = dsctl_model(ctl, argv[0], argv[1]);
    ds_filter *where = NULL;
    uint64_t count = 0;
    if (model == NULL)
        return ctl->error.status;
    ds_status status = argc < 3 ? DS_OK : ds_filter_parse(argv[2], &where, &ctl->error);
    if (status == DS_OK)
        status = ds_count(model, where, &count, &ctl->error);
    ds_filter_free(where);
    return status == DS_OK ? print_number(ctl, "count", count) : status;
}

/* ---- update and delete ---- */

/* Which records: an id (then it is *id), or a filter. One of the three ways must be said, so that nothing is by
 * accident. */
static ds_status which(dsctl *ctl, const char *word, ds_filter **where, ds_value *id)
{
    *id = word == NULL ? ds_null() : ds_string(word);
    *where = NULL;
    if ((word != NULL) + (ctl->where != NULL) + ctl->all != 1)
        return ds_error_set(&ctl->error, DS_INVALID,
                            "say which records: an ID, --where WHERE or --all, one of the three");
    if (ctl->all)
        *where = ds_everything();
    return ctl->where == NULL ? DS_OK : ds_filter_parse(ctl->where, where, &ctl->error);
}

ds_status run_update(dsctl *ctl, int argc, char **argv)
{
    ds_model *model = dsctl_model(ctl, argv[0], argv[1]);
    ds_filter *where;
    ds_value id;
    ds_record *changes = NULL;
    uint64_t count = 1;
    if (model == NULL)
        return ctl->error.status;
    ds_status status = which(ctl, argc == 4 ? argv[2] : NULL, &where, &id);
    if (status == DS_OK)
        status = ds_record_from_json(model, argv[argc - 1], &changes, &ctl->error);
    if (status == DS_OK)
        status = where == NULL ? ds_update_by_id(model, id, changes, &ctl->error)
                               : ds_update(model, where, changes, &count, &ctl->error);
    ds_record_free(changes);
    ds_filter_free(where);
    return status == DS_OK ? print_number(ctl, "updated", count) : status;
}

ds_status run_delete(dsctl *ctl, int argc, char **argv)
{
    ds_model *model = dsctl_model(ctl, argv[0], argv[1]);
    ds_filter *where;
    ds_value id;
    uint64_t count = 1;
    if (model == NULL)
        return ctl->error.status;
    ds_status status = which(ctl, argc == 3 ? argv[2] : NULL, &where, &id);
    if (status == DS_OK)
        status = where == NULL ? ds_delete_by_id(model, id, &ctl->error) : ds_delete(model, where, &count, &ctl->error);
    ds_filter_free(where);
    return status == DS_OK ? print_number(ctl, "deleted", count) : status;
}
