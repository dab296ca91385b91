/* Records from CSV as RFC 4180 has it, strictly: what is not well-formed ends the reading with the line named, for nothing
 * behind a quote that is astray can be trusted. */
#include "model/reader.h"
#include "model/record_slots.h"

#include <jansson.h>
#include <stdlib.h>

typedef struct column {
    const char *name;
    size_t length, slot;
} column;

typedef struct cell {
    const char *text; /* in the reader's bytes, quotes undone */
    size_t length;
    bool quoted;
} cell;

struct csv {
    arena names;
    column *columns;
    size_t column_count;
    cell *cells; /* of one line */
    size_t cell_count, room;
};

void csv_free(csv *c)
{
    if (c == NULL)
        return;
    arena_free(&c->names);
    ds_free(c->columns);
    ds_free(c->cells);
    ds_free(c);
}

/* ---- where a line ends ---- */

typedef enum state { CELL_START, CELL_BARE, CELL_QUOTED, CELL_CLOSED /* or a doubled quote */, LINE_RETURN } state;

#define RETURN_FAULT "a carriage return stands outside of quotes, and no line feed follows"

/* Takes one more byte of a line; *ends with the line feed. The result is what is wrong, or NULL. */
static const char *take(state *s, char c, bool *ends)
{
    switch (*s) {
    case CELL_QUOTED:
        *s = c == '"' ? CELL_CLOSED : CELL_QUOTED;
        return NULL;
    case LINE_RETURN:
        *ends = c == '\n';
        return *ends ? NULL : RETURN_FAULT;
    default:
        break;
    }
    *ends = c == '\n';
    if (c == ',' || c == '\r')
        *s = c == ',' ? CELL_START : LINE_RETURN;
    else if (c == '"' && *s == CELL_BARE)
        return "a quote stands in a field that does not begin with one";
    else if (c == '"')
        *s = CELL_QUOTED;
    else if (*s == CELL_CLOSED && !*ends)
        return "there is text behind the quote that closes a field";
    else
        *s = CELL_BARE;
    return NULL;
}

static ds_status wrong_at(ds_reader *reader, size_t offset, const char *what, ds_error *err)
{
    reader->number = reader->line;
    for (size_t i = 0; i < offset; i++)
        reader->number += reader->bytes[reader->start + i] == '\n';
    return reader_wrong(reader, what, err);
}

/* How long the next line is, its end included; 0 at the end of the file. */
static ds_status measure(ds_reader *reader, size_t *length, ds_error *err)
{
    state s = CELL_START;
    size_t at = 0, quote = 0; /* `quote`: where the last one was opened */
    bool ends = false;
    ds_status status = DS_OK;
    *length = 0;
    while (!ends && status == DS_OK) {
        if (reader->start + at == reader->end) {
            if (reader->ended)
                break;
            status = reader_fill(reader, err);
            continue;
        }
        bool was_start = s == CELL_START;
        const char *fault = take(&s, reader->bytes[reader->start + at], &ends);
        if (fault != NULL)
            return wrong_at(reader, at, fault, err);
        if (was_start && s == CELL_QUOTED)
            quote = at;
        at++;
    }
    *length = at;
    if (status == DS_OK && s == CELL_QUOTED)
        return wrong_at(reader, quote, "a quote is not closed", err);
    return status == DS_OK && s == LINE_RETURN && !ends ? wrong_at(reader, at, RETURN_FAULT, err) : status;
}

/* ---- a line's fields ---- */

static ds_status add_cell(csv *c, cell one, ds_error *err)
{
    if (c->cell_count == c->room) {
        size_t room = c->room == 0 ? 16 : 2 * c->room;
        cell *cells = ds_realloc(c->cells, room * sizeof *cells);
        if (cells == NULL)
            return error_nomem(err);
        c->cells = cells;
        c->room = room;
    }
    c->cells[c->cell_count++] = one;
    return DS_OK;
}

/* The field at `text`, which moves behind it; doubled quotes are made one where they stand. */
static cell split_cell(char **text, const char *end)
{
    char *from = *text, *to = from;
    cell one = {.text = from, .quoted = from != end && *from == '"'};
    if (!one.quoted) {
        char *comma = memchr(from, ',', (size_t)(end - from));
        *text = comma == NULL ? from + (end - from) : comma;
        one.length = (size_t)(*text - from);
        return one;
    }
    for (from++; from != end; *to++ = *from++)
        if (*from == '"' && (++from == end || *from != '"'))
            break;
    one.length = (size_t)(to - one.text);
    *text = from;
    return one;
}

/* Reads the next line into cells; none at the end of the file. */
static ds_status read_line(ds_reader *reader, ds_error *err)
{
    csv *c = reader->csv;
    size_t length;
    c->cell_count = 0;
    ds_status status = measure(reader, &length, err);
    if (status != DS_OK || length == 0)
        return status;
    char *text = reader->bytes + reader->start;
    reader->number = reader->line;
    reader_use(reader, length);
    if (text[length - 1] == '\n')
        length -= length > 1 && text[length - 2] == '\r' ? 2 : 1;
    const char *end = text + length;
    for (;;) {
        status = add_cell(c, split_cell(&text, end), err);
        if (status != DS_OK)
            return reader_end(reader, status);
        if (text == end)
            return DS_OK;
        text++; /* the comma */
    }
}

/* ---- the header ---- */

static int compare_columns(const void *a, const void *b)
{
    const column *left = *(const column *const *)a, *right = *(const column *const *)b;
    size_t common = left->length < right->length ? left->length : right->length;
    int order = memcmp(left->name, right->name, common);
    return order != 0 ? order : (left->length > right->length) - (left->length < right->length);
}

static ds_status wrong_column(ds_reader *reader, const column *one, const char *what, ds_error *err)
{
    char sentence[320];
    snprintf(sentence, sizeof sentence, "%s \"%.*s\"", what, (int)(one->length < 200 ? one->length : 200), one->name);
    return reader_wrong(reader, sentence, err);
}

static ds_status check_twice(ds_reader *reader, ds_error *err)
{
    const csv *c = reader->csv;
    ds_status status = DS_OK;
    const column **sorted = ds_calloc(c->column_count, sizeof *sorted);
    if (sorted == NULL)
        return reader_end(reader, error_nomem(err));
    for (size_t i = 0; i < c->column_count; i++)
        sorted[i] = &c->columns[i];
    qsort(sorted, c->column_count, sizeof *sorted, compare_columns);
    for (size_t i = 1; i < c->column_count && status == DS_OK; i++)
        if (compare_columns(&sorted[i - 1], &sorted[i]) == 0)
            status = wrong_column(reader, sorted[i], "the header names twice the property", err);
    ds_free(sorted);
    return status;
}

static ds_status make_column(ds_reader *reader, const cell *from, column *out, ds_error *err)
{
    if (from->length == 0 && !from->quoted)
        return reader_wrong(reader, "a column of the header has no name", err);
    out->length = from->length;
    out->name = arena_copy(&reader->csv->names, from->text, from->length);
    if (out->name == NULL)
        return reader_end(reader, error_nomem(err));
    out->slot = ds_model_slot(reader->model, out->name, out->length);
    if (out->slot == DS_NO_SLOT && ds_model_is_strict(reader->model))
        return wrong_column(reader, out, "the model has no property", err);
    return DS_OK;
}

ds_status csv_begin(ds_reader *reader, ds_error *err)
{
    csv *c = reader->csv = ds_calloc(1, sizeof *c);
    if (c == NULL)
        return reader_end(reader, error_nomem(err));
    ds_status status = read_line(reader, err);
    if (status != DS_OK)
        return status;
    if (c->cell_count == 0) {
        reader->number = 1;
        return reader_wrong(reader, "there is no header, the file is empty", err);
    }
    c->columns = ds_calloc(c->cell_count, sizeof *c->columns);
    if (c->columns == NULL)
        return reader_end(reader, error_nomem(err));
    for (; c->column_count < c->cell_count && status == DS_OK; c->column_count++)
        status = make_column(reader, &c->cells[c->column_count], &c->columns[c->column_count], err);
    return status == DS_OK ? check_twice(reader, err) : status;
}

/* ---- records ---- */

static ds_status set_any(ds_record *record, const column *to, const cell *from)
{
    json_t *json;
    bool grammar;
    ds_error why;
    arena memory = {.chunks = NULL};
    ds_value value = ds_string_n(from->text, from->length);
    ds_status status = json_load_at(from->text, from->length, 1, &json, &grammar, &why);
    if (status == DS_OK)
        status = json_to_value(json, &memory, &value, &why);
    else if (grammar)
        status = DS_OK; /* a string */
    if (status == DS_OK)
        status = record_set_named(record, to->name, to->length, value);
    else
        record_fail(record, status, &why);
    json_decref(json);
    arena_free(&memory);
    return status;
}

static ds_status set_cell(const ds_model *model, ds_record *record, const column *to, const cell *from)
{
    const ds_property *property = to->slot == DS_NO_SLOT ? NULL : ds_model_property(model, to->slot);
    ds_property_type type = property == NULL ? DS_PROPERTY_STRING : property->type;
    bool may_be_empty = type == DS_PROPERTY_STRING || type == DS_PROPERTY_BINARY || type == DS_PROPERTY_ANY;
    if (from->length == 0 && !(from->quoted && may_be_empty)) {
        bool is_given = property != NULL && property->default_value.type != DS_NULL && !property->required;
        return is_given ? record_set_named(record, to->name, to->length, ds_null()) : DS_OK;
    }
    if (type == DS_PROPERTY_ANY)
        return set_any(record, to, from);
    bool is_json = type == DS_PROPERTY_OBJECT || type == DS_PROPERTY_ARRAY;
    return record_set_named(record, to->name, to->length,
                            is_json ? ds_json_n(from->text, from->length) : ds_string_n(from->text, from->length));
}

static ds_status make_record(ds_reader *reader, ds_record **out, ds_error *err)
{
    const csv *c = reader->csv;
    ds_record *record = ds_record_new(reader->model);
    if (record == NULL)
        return reader_end(reader, error_nomem(err));
    ds_status status = DS_OK;
    for (size_t i = 0; i < c->column_count && status == DS_OK; i++)
        status = set_cell(reader->model, record, &c->columns[i], &c->cells[i]);
    if (status == DS_OK) {
        *out = record;
        return DS_OK;
    }
    status = record_failure(record, err);
    error_prefix(err, "%s, line %llu: ", reader->path, (unsigned long long)reader->number);
    ds_record_free(record);
    return status;
}

static bool is_empty_line(const csv *c)
{
    return c->column_count > 1 && c->cell_count == 1 && c->cells[0].length == 0 && !c->cells[0].quoted;
}

ds_status csv_next(ds_reader *reader, ds_record **out, ds_error *err)
{
    const csv *c = reader->csv;
    ds_status status;
    do
        status = read_line(reader, err);
    while (status == DS_OK && is_empty_line(c));
    if (status != DS_OK)
        return status;
    if (c->cell_count == 0)
        return reader_end(reader, DS_OK);
    if (c->cell_count != c->column_count)
        return ds_error_set(err, DS_INVALID, "%s, line %llu: it has %zu fields, and the header names %zu", reader->path,
                            (unsigned long long)reader->number, c->cell_count, c->column_count);
    return make_record(reader, out, err);
}
