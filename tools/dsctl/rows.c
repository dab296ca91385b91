/* Records for a person: many as rows of a table, whose columns are the fields of the records so far; one as lines. */
#include "rows.h"

#include <stdlib.h>
#include <string.h>

#define COLUMNS 12
#define ROWS    500 /* that are aligned with each other */

struct rows {
    const char *names[COLUMNS]; /* of strdup() */
    size_t count;
    ds_record *records[ROWS];
    size_t record_count;
};

/* Text as it is, all else as JSON; for free(), NULL: null, or out of memory. */
static char *cell_of(const ds_field *field)
{
    const ds_value value = field->value;
    if (value.type == DS_NULL)
        return NULL;
    if (value.type == DS_STRING && memchr(value.as.string, 0, value.length) == NULL)
        return strndup(value.as.string, value.length);
    char *json = ds_value_to_json(value), *copy = json == NULL ? NULL : strdup(json);
    ds_free(json);
    return copy;
}

static size_t column_of(rows *r, const char *name)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->names[i], name) == 0)
            return i;
    if (r->count == COLUMNS || (r->names[r->count] = strdup(name)) == NULL)
        return COLUMNS;
    return r->count++;
}

static void add_cells(rows *r, table *t, const ds_record *record)
{
    char *cells[COLUMNS] = {0};
    ds_field field;
    for (size_t slot = 0; slot < ds_record_slots(record); slot++) {
        size_t column = ds_record_field(record, slot, &field) ? column_of(r, field.name) : COLUMNS;
        if (column < COLUMNS && cells[column] == NULL)
            cells[column] = cell_of(&field);
    }
    table_add(t, (const char *const *)cells);
    for (size_t i = 0; i < COLUMNS; i++)
        free(cells[i]);
}

rows *rows_new(void)
{
    return calloc(1, sizeof(rows));
}

ds_status rows_add(rows *r, const ds_record *record, ds_error *error)
{
    if (r->record_count == ROWS)
        rows_print(r);
    ds_status status = ds_record_copy(record, &r->records[r->record_count], error);
    r->record_count += status == DS_OK;
    return status;
}

void rows_print(rows *r)
{
    ds_field field;
    for (size_t i = 0; i < r->record_count; i++)
        for (size_t slot = 0; slot < ds_record_slots(r->records[i]); slot++)
            if (ds_record_field(r->records[i], slot, &field))
                column_of(r, field.name);
    table *t = r->count == 0 ? NULL : table_new(r->count, r->names);
    for (size_t i = 0; i < r->record_count; i++) {
        if (t != NULL)
            add_cells(r, t, r->records[i]);
        ds_record_free(r->records[i]);
    }
    r->record_count = 0;
    table_print(t);
}

void rows_free(rows *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < r->record_count; i++)
        ds_record_free(r->records[i]);
    for (size_t i = 0; i < r->count; i++)
        free((void *)r->names[i]);
    free(r);
}

void record_print_lines(const ds_record *record)
{
    ds_field field;
    table *t = table_of_text(2, NULL);
    for (size_t slot = 0; slot < ds_record_slots(record); slot++) {
        char *cell = ds_record_field(record, slot, &field) ? cell_of(&field) : NULL;
        if (cell != NULL)
            table_add(t, (const char *const[]){field.name, cell});
        free(cell);
    }
    table_print(t);
}
