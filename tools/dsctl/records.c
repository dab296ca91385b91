/* The commands on records: create, get, find, count, explain, update, delete. */
#include "dsctl.h"

#include <stdlib.h>
#include <string.h>

static ds_status print_record(dsctl *ctl, const ds_record *record)
{
    char *json = ds_record_to_json(record);
    if (json == NULL)
        return dsctl_nomem(ctl);
    puts(json);
    ds_free(json);
    return ferror(stdout) ? dsctl_flushed(ctl) : DS_OK;
}

/* ---- create and get ---- */

static ds_status create_one(dsctl *ctl, ds_model *model, ds_record *record)
{
    ds_status status = ds_create(model, record, &ctl->error);
    if (status == DS_OK)
        status = print_record(ctl, record);
    ds_record_free(record);
    return status;
}

/* All lines are tried; the first failure is the command's, the others are told as they come. */
static ds_status create_from_stdin(dsctl *ctl, ds_model *model)
{
    ds_reader *reader;
    ds_record *record = NULL;
    ds_status first = DS_OK, status = ds_reader_open(model, "-", NULL, &reader, &ctl->error);
    if (status != DS_OK)
        return status;
    ds_error first_error = {0};
    for (uint64_t before = UINT64_MAX, at = 0;; before = at) {
        record = NULL;
        status = ds_reader_next(reader, &record, &ctl->error);
        if (status == DS_OK && record == NULL)
            break;
        if (status == DS_OK)
            status = create_one(ctl, model, record);
        if (status != DS_OK && first != DS_OK)
            fprintf(stderr, "dsctl: %s\n", ctl->error.message);
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
    ds_reader_close(reader);
    ctl->error = first_error;
    return first;
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
    return status == DS_OK ? create_one(ctl, model, record) : status;
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

/* Rows of a terminal's table: the columns are the fields of the records so far, at most COLUMNS of them. */
#define COLUMNS 12
#define ROWS    500

typedef struct rows {
    const char *names[COLUMNS]; /* of strdup() */
    size_t count;
    ds_record *records[ROWS];
    size_t record_count;
} rows;

static size_t column_of(rows *r, const char *name)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->names[i], name) == 0)
            return i;
    if (r->count == COLUMNS || (r->names[r->count] = strdup(name)) == NULL)
        return COLUMNS;
    return r->count++;
}

static void print_cells(rows *r, table *t, const ds_record *record)
{
    const char *cells[COLUMNS] = {0};
    char *owned[COLUMNS] = {0};
    ds_field field;
    for (size_t slot = 0; slot < ds_record_slots(record); slot++) {
        size_t column = ds_record_field(record, slot, &field) ? column_of(r, field.name) : COLUMNS;
        if (column == COLUMNS || field.value.type == DS_NULL)
            continue;
        bool plain = field.value.type == DS_STRING && memchr(field.value.as.string, 0, field.value.length) == NULL;
        owned[column] = plain ? strndup(field.value.as.string, field.value.length) : ds_value_to_json(field.value);
        cells[column] = owned[column];
        if (plain)
            continue;
        owned[column] = owned[column] == NULL ? NULL : strdup(cells[column]);
        ds_free((void *)cells[column]);
        cells[column] = owned[column];
    }
    table_add(t, cells);
    for (size_t i = 0; i < COLUMNS; i++)
        free(owned[i]);
}

static void print_rows(rows *r)
{
    ds_field field;
    for (size_t i = 0; i < r->record_count; i++)
        for (size_t slot = 0; slot < ds_record_slots(r->records[i]); slot++)
            if (ds_record_field(r->records[i], slot, &field))
                column_of(r, field.name);
    if (r->count == 0)
        return;
    table *t = table_new(r->count, r->names);
    for (size_t i = 0; i < r->record_count; i++) {
        print_cells(r, t, r->records[i]);
        ds_record_free(r->records[i]);
    }
    r->record_count = 0;
    table_print(t);
}

static ds_status print_table(dsctl *ctl, ds_cursor *cursor)
{
    rows *r = calloc(1, sizeof *r);
    const ds_record *record;
    ds_status status = r == NULL ? dsctl_nomem(ctl) : ds_cursor_next(cursor, &record, &ctl->error);
    while (status == DS_OK && record != NULL) {
        status = ds_record_copy(record, &r->records[r->record_count], &ctl->error);
        r->record_count += status == DS_OK;
        if (r->record_count == ROWS)
            print_rows(r);
        if (status == DS_OK)
            status = ds_cursor_next(cursor, &record, &ctl->error);
    }
    if (r != NULL)
        print_rows(r);
    for (size_t i = 0; r != NULL && i < r->count; i++)
        free((void *)r->names[i]);
    free(r);
    return status;
}

static ds_status print_lines(dsctl *ctl, ds_cursor *cursor)
{
    const ds_record *record;
    ds_status status = ds_cursor_next(cursor, &record, &ctl->error);
    while (status == DS_OK && record != NULL) {
        status = print_record(ctl, record);
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

ds_status run_explain(dsctl *ctl, int argc, char **argv)
{
    ds_model *model = dsctl_model(ctl, argv[0], argv[1]);
    ds_query *query = NULL;
    char *plan = NULL;
    if (model == NULL)
        return ctl->error.status;
    ds_status status = argc < 3 ? DS_OK : ds_query_parse(argv[2], &query, &ctl->error);
    if (status == DS_OK)
        status = ds_explain(model, query, &plan, &ctl->error);
    if (status == DS_OK && ctl->json)
        puts(plan);
    else if (status == DS_OK)
        print_json_as_text(stdout, plan);
    ds_free(plan);
    ds_query_free(query);
    return status;
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
