/* Reads records from a file of JSON lines, of one JSON array or of CSV (csv.c), a record at a time: memory holds one line
 * or element, however large the file. Only an array inside an object (`at`) is read whole. */
#include "model/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_SIZE 65536

/* ---- opening ---- */

static ds_status open_file(ds_reader *reader, ds_error *err)
{
    struct stat about;
    bool standard_input = strcmp(reader->path, "-") == 0;
    reader->fd = standard_input ? STDIN_FILENO : open(reader->path, O_RDONLY | O_CLOEXEC);
    if (reader->fd >= 0 && fstat(reader->fd, &about) == 0) {
        if (S_ISREG(about.st_mode))
            reader->total = (uint64_t)about.st_size;
        if (!S_ISDIR(about.st_mode))
            return DS_OK;
        errno = EISDIR;
    }
    int number = errno;
    char reason[128];
    ds_status status = ds_error_set(err, DS_INVALID, "the file \"%s\" cannot be read: %s", reader->path,
                                    strerror_r(number, reason, sizeof reason));
    if (err != NULL)
        err->native = number;
    return status;
}

static bool is_csv(const char *path, ds_format format)
{
    size_t length = strlen(path);
    return format == DS_FORMAT_CSV ||
           (format == DS_FORMAT_BY_NAME && length > 4 && strcasecmp(path + length - 4, ".csv") == 0);
}

ds_status ds_reader_open_as(const ds_model *model, const char *path, ds_format format, const char *at, ds_reader **out,
                            ds_error *err)
{
    if (out != NULL)
        *out = NULL;
    if (model == NULL || path == NULL || out == NULL)
        return ds_error_set(err, DS_INVALID,
                            "a file cannot be read: there is no model, no path, or no place for the reader");
    if (format > DS_FORMAT_CSV || (at != NULL && format == DS_FORMAT_CSV))
        return ds_error_set(err, DS_INVALID, "the file \"%s\" cannot be read: %s", path,
                            at != NULL ? "there is no array inside an object in CSV" : "its format is not known");
    ds_reader *reader = ds_calloc(1, sizeof *reader);
    if (reader == NULL)
        return error_nomem(err);
    reader->model = model;
    reader->is_csv = at == NULL && is_csv(path, format);
    reader->fd = -1;
    reader->line = 1;
    reader->path = text_copy(path);
    reader->at = text_copy(at);
    ds_status status =
        reader->path == NULL || (at != NULL && reader->at == NULL) ? error_nomem(err) : open_file(reader, err);
    if (status == DS_OK)
        *out = reader;
    else
        ds_reader_close(reader);
    return status;
}

ds_status ds_reader_open(const ds_model *model, const char *path, const char *at, ds_reader **out, ds_error *err)
{
    return ds_reader_open_as(model, path, DS_FORMAT_BY_NAME, at, out, err);
}

void ds_reader_close(ds_reader *reader)
{
    if (reader == NULL)
        return;
    if (reader->fd > STDIN_FILENO)
        close(reader->fd);
    json_decref(reader->tree);
    csv_free(reader->csv);
    ds_free(reader->bytes);
    ds_free(reader->path);
    ds_free(reader->at);
    ds_free(reader);
}

void ds_reader_progress(const ds_reader *reader, uint64_t *done, uint64_t *total)
{
    uint64_t used = reader == NULL ? 0 : reader->read - (reader->end - reader->start);
    if (reader != NULL && reader->array != NULL && json_array_size(reader->array) != 0)
        used = (uint64_t)((double)reader->read * (double)reader->number / (double)json_array_size(reader->array));
    if (done != NULL)
        *done = used;
    if (total != NULL)
        *total = reader == NULL ? 0 : reader->total;
}

/* ---- bytes ---- */

ds_status reader_end(ds_reader *reader, ds_status status)
{
    reader->over = true;
    return status;
}

static bool make_room(ds_reader *reader)
{
    if (reader->start != 0) {
        memmove(reader->bytes, reader->bytes + reader->start, reader->end - reader->start);
        reader->end -= reader->start;
        reader->start = 0;
    }
    if (reader->room - reader->end >= READ_SIZE)
        return true;
    size_t room = reader->room == 0 ? 2 * READ_SIZE : 2 * reader->room;
    char *bytes = ds_realloc(reader->bytes, room);
    if (bytes == NULL)
        return false;
    reader->bytes = bytes;
    reader->room = room;
    return true;
}

ds_status reader_fill(ds_reader *reader, ds_error *err)
{
    if (reader->ended)
        return DS_OK;
    if (!make_room(reader))
        return reader_end(reader, error_nomem(err));
    ssize_t got;
    do
        got = read(reader->fd, reader->bytes + reader->end, READ_SIZE);
    while (got < 0 && errno == EINTR);
    if (got < 0) {
        int number = errno;
        char reason[128];
        ds_error_set(err, DS_BACKEND, "the file \"%s\" cannot be read: %s", reader->path,
                     strerror_r(number, reason, sizeof reason));
        if (err != NULL)
            err->native = number;
        return reader_end(reader, DS_BACKEND);
    }
    reader->ended = got == 0;
    reader->end += (size_t)got;
    reader->read += (uint64_t)got;
    return DS_OK;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void reader_use(ds_reader *reader, size_t count)
{
    for (size_t i = 0; i < count; i++)
        reader->line += reader->bytes[reader->start + i] == '\n';
    reader->start += count;
}

/* The next byte that is not white space, not yet used; -1 at the end of the file. */
static ds_status peek(ds_reader *reader, int *c, ds_error *err)
{
    ds_status status = DS_OK;
    *c = -1;
    while (status == DS_OK) {
        while (reader->start != reader->end && is_space(reader->bytes[reader->start]))
            reader_use(reader, 1);
        if (reader->start != reader->end) {
            *c = (unsigned char)reader->bytes[reader->start];
            return DS_OK;
        }
        if (reader->ended)
            return DS_OK;
        status = reader_fill(reader, err);
    }
    return status;
}

/* ---- records ---- */

static const char *number_name(const ds_reader *reader)
{
    return reader->kind == READER_LINES || reader->kind == READER_CSV ? "line" : "element";
}

ds_status reader_wrong(ds_reader *reader, const char *what, ds_error *err)
{
    ds_error_set(err, DS_INVALID, "%s, %s %llu: %s", reader->path, number_name(reader),
                 (unsigned long long)reader->number, what);
    return reader_end(reader, DS_INVALID);
}

static ds_status make_record(ds_reader *reader, const json_t *json, ds_record **out, ds_error *err)
{
    ds_status status = record_from_json_value(reader->model, json, out, err);
    if (status != DS_OK)
        error_prefix(err, "%s, %s %llu: ", reader->path, number_name(reader), (unsigned long long)reader->number);
    return status;
}

/* The record of the next `length` bytes, which are used up. */
static ds_status parse_record(ds_reader *reader, size_t length, ds_record **out, ds_error *err)
{
    json_t *json;
    bool grammar;
    uint64_t line = reader->kind == READER_LINES ? 0 : reader->line; /* which the sentence names anyway */
    ds_status status = json_load_at(reader->bytes + reader->start, length, line, &json, &grammar, err);
    reader_use(reader, length);
    if (status != DS_OK) {
        error_prefix(err, "%s, %s %llu: ", reader->path, number_name(reader), (unsigned long long)reader->number);
        /* a line ends where it ends, whatever is in it; an array does not */
        bool is_over = grammar && (reader->kind != READER_LINES || status != DS_INVALID);
        return is_over ? reader_end(reader, status) : status;
    }
    status = make_record(reader, json, out, err);
    json_decref(json);
    return status;
}

/* ---- JSON lines ---- */

static ds_status next_line(ds_reader *reader, ds_record **out, ds_error *err)
{
    int c;
    ds_status status = peek(reader, &c, err); /* passes over empty lines, and the white space before a record */
    if (status != DS_OK)
        return status;
    if (c < 0)
        return reader_end(reader, DS_OK);
    reader->number = reader->line;
    for (size_t seen = 0;;) {
        size_t length = reader->end - reader->start;
        const char *end = memchr(reader->bytes + reader->start + seen, '\n', length - seen);
        if (end != NULL || reader->ended)
            return parse_record(reader, end == NULL ? length : (size_t)(end - reader->bytes) - reader->start, out, err);
        seen = length;
        status = reader_fill(reader, err);
        if (status != DS_OK)
            return status;
    }
}

/* ---- arrays ---- */

typedef struct element { /* how far the text of an element was looked at */
    size_t length;
    size_t depth;
    bool in_string, escaped, whole;
} element;

/* Takes one more byte of an element; `whole` once it has ended, before this byte or with it. It only has to find the
 * end of valid JSON: what is not valid is found by the parser. */
static void element_take(element *seen, char c)
{
    if (seen->in_string) {
        bool ends = c == '"' && !seen->escaped;
        seen->escaped = c == '\\' && !seen->escaped;
        seen->in_string = !ends;
        seen->whole = ends && seen->depth == 0;
    } else if (seen->depth == 0 && (c == ',' || c == ']' || c == '}' || is_space(c))) {
        seen->whole = true;
        return;
    } else if (c == '"')
        seen->in_string = true;
    else if (c == '{' || c == '[')
        seen->depth++;
    else if (c == '}' || c == ']')
        seen->whole = --seen->depth == 0;
    seen->length++;
}

static ds_status next_element(ds_reader *reader, ds_record **out, ds_error *err)
{
    element seen = {0};
    while (!seen.whole) {
        if (reader->start + seen.length != reader->end) {
            element_take(&seen, reader->bytes[reader->start + seen.length]);
            continue;
        }
        if (reader->ended)
            break;
        ds_status status = reader_fill(reader, err);
        if (status != DS_OK)
            return status;
    }
    return parse_record(reader, seen.length, out, err);
}

static ds_status end_of_array(ds_reader *reader, ds_error *err)
{
    int c;
    reader_use(reader, 1);
    ds_status status = peek(reader, &c, err);
    if (status == DS_OK && c >= 0)
        return reader_wrong(reader, "there is text behind the end of the array", err);
    return reader_end(reader, status);
}

static ds_status next_of_array(ds_reader *reader, ds_record **out, ds_error *err)
{
    int c;
    ds_status status = peek(reader, &c, err);
    if (status != DS_OK)
        return status;
    if (c == ']')
        return end_of_array(reader, err);
    if (reader->number++ != 0) {
        if (c != ',')
            return reader_wrong(reader, c < 0 ? "the array is not closed" : "there must be a ',' or a ']' before it",
                                err);
        reader_use(reader, 1);
        status = peek(reader, &c, err);
        if (status != DS_OK)
            return status;
    }
    if (c < 0 || c == ']' || c == ',')
        return reader_wrong(reader, c < 0 ? "the array is not closed" : "there is none, where one must follow", err);
    return next_element(reader, out, err);
}

/* ---- an array inside an object ---- */

static ds_status load_tree(ds_reader *reader, ds_error *err)
{
    bool grammar;
    ds_status status = DS_OK;
    while (!reader->ended && status == DS_OK)
        status = reader_fill(reader, err);
    if (status != DS_OK)
        return status;
    status = json_load_at(reader->bytes + reader->start, reader->end - reader->start, reader->line, &reader->tree,
                          &grammar, err);
    if (status != DS_OK) {
        error_prefix(err, "%s: ", reader->path);
        return reader_end(reader, status);
    }
    reader->array = json_object_get(reader->tree, reader->at);
    if (json_is_array(reader->array))
        return DS_OK;
    reader->array = NULL;
    ds_error_set(err, DS_INVALID, "%s: there is no array \"%s\" in an object at the top", reader->path, reader->at);
    return reader_end(reader, DS_INVALID);
}

static ds_status next_of_tree(ds_reader *reader, ds_record **out, ds_error *err)
{
    if (reader->number == json_array_size(reader->array))
        return reader_end(reader, DS_OK);
    const json_t *json = json_array_get(reader->array, (size_t)reader->number++);
    return make_record(reader, json, out, err);
}

/* ---- any of them ---- */

/* Passes over a byte order mark, which some programs write, and finds out what the file is. */
static ds_status begin(ds_reader *reader, ds_error *err)
{
    int c;
    ds_status status = DS_OK;
    while (status == DS_OK && !reader->ended && reader->end < 3)
        status = reader_fill(reader, err);
    if (status != DS_OK)
        return status;
    if (reader->end >= 3 && memcmp(reader->bytes, "\xef\xbb\xbf", 3) == 0)
        reader->start = 3;
    if (reader->is_csv) {
        reader->kind = READER_CSV;
        return csv_begin(reader, err);
    }
    if (reader->at != NULL) {
        reader->kind = READER_TREE;
        return load_tree(reader, err);
    }
    status = peek(reader, &c, err);
    reader->kind = c == '[' ? READER_ARRAY : READER_LINES;
    if (c == '[')
        reader_use(reader, 1);
    return status;
}

ds_status ds_reader_next(ds_reader *reader, ds_record **out, ds_error *err)
{
    if (out != NULL)
        *out = NULL;
    if (reader == NULL || out == NULL)
        return ds_error_set(err, DS_INVALID, "there is no reader, or no place for the record");
    ds_status status = reader->kind == READER_NEW ? begin(reader, err) : DS_OK;
    if (status != DS_OK || reader->over)
        return status;
    if (reader->kind == READER_LINES)
        return next_line(reader, out, err);
    if (reader->kind == READER_CSV)
        return csv_next(reader, out, err);
    return reader->kind == READER_ARRAY ? next_of_array(reader, out, err) : next_of_tree(reader, out, err);
}
