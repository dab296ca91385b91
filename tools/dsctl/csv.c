/* Records as CSV that ds_reader reads back as the same: null is an empty field, an empty string is "", binary is base64,
 * objects, arrays and properties of type any are JSON text. */
#include "dsctl.h"

#include <stdlib.h>
#include <string.h>

typedef struct column {
    char *name;
    size_t length;
    ds_property_type type; /* string for one that the model does not declare */
    ds_field field;        /* of the record that is written */
    bool is_set;
} column;

struct csv_writer {
    FILE *out;
    column *columns;
    size_t count, room;
    size_t *by_name; /* the columns' numbers, by name */
    bool fixed;      /* the columns were given: nothing else is asked */
    bool failed;     /* for memory */
};

static int compare(const char *name, size_t length, const column *to)
{
    int order = memcmp(name, to->name, length < to->length ? length : to->length);
    return order != 0 ? order : (length > to->length) - (length < to->length);
}

/* The column of a name, or NULL; *place is where it stands, or would stand, in by_name. */
static column *find_column(const csv_writer *w, const char *name, size_t length, size_t *place)
{
    size_t low = 0, high = w->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        column *at = &w->columns[w->by_name[middle]];
        int order = compare(name, length, at);
        if (order == 0) {
            *place = middle;
            return at;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    *place = low;
    return NULL;
}

static bool make_room(csv_writer *w)
{
    if (w->count < w->room)
        return true;
    size_t room = w->room == 0 ? 16 : 2 * w->room;
    column *columns = realloc(w->columns, room * sizeof *columns);
    if (columns != NULL)
        w->columns = columns;
    size_t *by_name = realloc(w->by_name, room * sizeof *by_name);
    if (by_name != NULL)
        w->by_name = by_name;
    if (columns == NULL || by_name == NULL)
        return false;
    w->room = room;
    return true;
}

static void add_column(csv_writer *w, const char *name, size_t length, ds_property_type type)
{
    size_t place;
    if (w->failed || find_column(w, name, length, &place) != NULL)
        return;
    char *copy = malloc(length + 1);
    if (copy == NULL || !make_room(w)) {
        free(copy);
        w->failed = true;
        return;
    }
    memcpy(copy, name, length);
    memmove(w->by_name + place + 1, w->by_name + place, (w->count - place) * sizeof *w->by_name);
    w->by_name[place] = w->count;
    w->columns[w->count++] = (column){.name = copy, .length = length, .type = type};
}

csv_writer *csv_new(FILE *out, const ds_model *model, const char *const *fields, size_t field_count)
{
    csv_writer *w = calloc(1, sizeof *w);
    if (w == NULL)
        return NULL;
    w->out = out;
    w->fixed = fields != NULL;
    for (size_t i = 0; i < field_count; i++) {
        size_t slot = ds_model_slot(model, fields[i], strlen(fields[i]));
        add_column(w, fields[i], strlen(fields[i]),
                   slot == DS_NO_SLOT ? DS_PROPERTY_STRING : ds_model_property(model, slot)->type);
    }
    for (size_t slot = 0; fields == NULL && slot < ds_model_property_count(model); slot++) {
        const ds_property *property = ds_model_property(model, slot);
        add_column(w, property->name, property->name_length, property->type);
    }
    return w;
}

void csv_free(csv_writer *w)
{
    if (w == NULL)
        return;
    for (size_t i = 0; i < w->count; i++)
        free(w->columns[i].name);
    free(w->columns);
    free(w->by_name);
    free(w);
}

bool csv_learn(csv_writer *w, const ds_record *record)
{
    ds_field field;
    for (size_t slot = 0; slot < ds_record_slots(record); slot++)
        if (ds_record_field(record, slot, &field) && field.value.type != DS_NULL)
            add_column(w, field.name, field.name_length, DS_PROPERTY_STRING);
    return !w->failed;
}

/* ---- writing ---- */

/* Quotes where a reader would otherwise see something else; an empty text is told from null by them. */
static void write_text(FILE *out, const char *text, size_t length)
{
    bool plain = length > 0 && (unsigned char)text[0] != 0xEF; /* as a byte order mark begins */
    for (size_t i = 0; i < length && plain; i++)
        plain = text[i] != '"' && text[i] != ',' && text[i] != '\n' && text[i] != '\r';
    if (plain) {
        fwrite(text, 1, length, out);
        return;
    }
    fputc('"', out);
    for (const char *end = text + length; text != end;) {
        const char *quote = memchr(text, '"', (size_t)(end - text));
        const char *stop = quote == NULL ? end : quote + 1;
        fwrite(text, 1, (size_t)(stop - text), out);
        if (quote != NULL)
            fputc('"', out);
        text = stop;
    }
    fputc('"', out);
}

/* false: out of memory */
static bool write_cell(FILE *out, const column *from)
{
    ds_value value = from->field.value;
    ds_text text;
    char *json = NULL;
    bool is_json = from->type == DS_PROPERTY_ANY || value.type == DS_BINARY;
    if (is_json && (json = ds_value_to_json(value)) == NULL)
        return false;
    if (value.type == DS_BINARY)
        write_text(out, json + 1, strlen(json) - 2); /* base64, without the quotes of JSON */
    else if (is_json)
        write_text(out, json, strlen(json));
    else {
        ds_value_text(value, &text);
        write_text(out, text.bytes, text.length);
    }
    ds_free(json);
    return true;
}

bool csv_header(csv_writer *w)
{
    for (size_t i = 0; i < w->count && !w->failed; i++) {
        fputs(i == 0 ? "" : ",", w->out);
        write_text(w->out, w->columns[i].name, w->columns[i].length);
    }
    fputs("\r\n", w->out);
    return !w->failed;
}

ds_status csv_record(csv_writer *w, const ds_record *record, ds_error *err)
{
    ds_field field;
    size_t place;
    for (size_t i = 0; i < w->count; i++)
        w->columns[i].is_set = false;
    for (size_t slot = 0; slot < ds_record_slots(record); slot++) {
        if (!ds_record_field(record, slot, &field) || field.value.type == DS_NULL)
            continue;
        column *to = find_column(w, field.name, field.name_length, &place);
        if (to == NULL && !w->fixed)
            return ds_error_set(err, DS_CONFLICT,
                                "a record came with the property \"%.100s\" while it was exported: do it again",
                                field.name);
        if (to != NULL) {
            to->field = field;
            to->is_set = true;
        }
    }
    for (size_t i = 0; i < w->count; i++) {
        fputs(i == 0 ? "" : ",", w->out);
        if (w->columns[i].is_set && !write_cell(w->out, &w->columns[i]))
            return ds_error_set(err, DS_NOMEM, "out of memory");
    }
    fputs("\r\n", w->out);
    return DS_OK;
}
