/* Records: the values of one instance of a model, and their JSON.
 *
 * A record belongs to one thread at a time and must be freed before its model's data source is closed. */
#ifndef DATASOURCE_RECORD_H
#define DATASOURCE_RECORD_H

#include <datasource/model.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ds_record ds_record;

/* An empty record; free it with ds_record_free(). NULL when out of memory (or `model` is NULL): every function here takes a
 * NULL record, and an operation on one is DS_INVALID. */
DS_API ds_record *ds_record_new(const ds_model *model);
DS_API void ds_record_free(ds_record *record);

/* Sets a property; the value is copied. It is coerced to the property's type where nothing is lost, as follows, and is
 * DS_INVALID otherwise:
 *   integer <- number that is whole and fits, string that is a decimal integer
 *   number  <- integer that a double holds exactly, string that is a JSON number
 *   string  <- integer, number, boolean, date, in canonical text
 *   boolean <- string "true" or "false"
 *   date    <- integer (ms since 1970), string in ISO 8601 with an offset or Z, or a day alone (UTC)
 *   binary  <- string in base64
 *   object, array <- JSON of that kind
 *   any     <- null, boolean, integer, number, string, JSON
 *   undeclared (schemaless models, settings.strict false) <- anything, as canonical text; binary as base64
 * A null means: no value; in the changes of an update it removes the property. A string that is not UTF-8, NaN and the
 * infinities are DS_INVALID, and so is a property that a strict model does not declare. The first failure sticks to the
 * record and is what the operation answers, so the result here may be ignored. */
DS_API ds_status ds_record_set(ds_record *record, const char *property, ds_value value);

/* The value of a property, DS_NULL where it has none. Belongs to the record; valid until the property is set again or the
 * record ends. A stored text that does not parse as its property's type is returned as a string. */
DS_API ds_value ds_record_get(const ds_record *record, const char *property);

/* One field of a record; this struct does not grow. ds_record_field() goes through a record: slots 0 to ds_record_slots() - 1 are those of the model's properties, then one for each undeclared
 * property. false: the slot holds nothing, neither a value nor a null that was set. */
typedef struct ds_field {
    const char *name; /* NUL-terminated */
    size_t name_length;
    ds_value value;
    const char *raw; /* the backend's own text of the value, where that is not its canonical text; NULL otherwise */
    size_t raw_length;
} ds_field;
DS_API size_t ds_record_slots(const ds_record *record);
DS_API bool ds_record_field(const ds_record *record, size_t slot, ds_field *out);

/* A copy that lives on its own, of a record that a cursor lent, say. Free it with ds_record_free(). */
DS_API ds_status ds_record_copy(const ds_record *record, ds_record **out, ds_error *err);

/* Makes a record of a JSON object (RFC 8259). Integers of 64 bits and \u0000 are kept, numbers that no double holds, keys
 * given twice and trailing text refused; values are set as ds_record_set() does, with base64 for binary and ISO 8601 for
 * dates. DS_INVALID names the property, or the line and column. Free the record with ds_record_free(). */
DS_API ds_status ds_record_from_json(const ds_model *model, const char *json, ds_record **out, ds_error *err);

/* The record as a JSON object on one line: properties in the model's order, then the undeclared ones by name; nulls left
 * out; as ds_value_to_json() writes values. ds_free() it; NULL when out of memory. */
DS_API char *ds_record_to_json(const ds_record *record);

/* What became of this record in the last operation that took it in an array (ds_create_all). */
DS_API ds_status ds_record_outcome(const ds_record *record, ds_error *err);

/* Reads records from a file: JSON lines (an object a line, empty lines passed over) or, where its first character is '[' or
 * `at` is given, a JSON array; `at` names the member of a top-level object that is the array. "-" is standard input. A file
 * whose name ends in .csv is read as CSV, unless `at` is given.
 *
 * CSV is RFC 4180's: lines end in CRLF or LF, a field that holds a comma, a quote or the end of a line stands in quotes, a
 * quote in it is doubled. The first line names the properties; every other has as many fields, empty lines being passed over
 * where there are several columns. An empty field is null, of a property with a default too unless it is required; "" is the
 * empty string (binary, any and undeclared properties too; null for a property of another type). Fields are set as
 * ds_record_set() sets strings, but for object and array, JSON text, and any, which is what it says as JSON text, or else a
 * string. */
typedef struct ds_reader ds_reader;
typedef enum ds_format {
    DS_FORMAT_BY_NAME, /* CSV where the name ends in .csv, JSON otherwise */
    DS_FORMAT_JSON,
    DS_FORMAT_CSV
} ds_format;
DS_API ds_status ds_reader_open(const ds_model *model, const char *path, const char *at /* or NULL */, ds_reader **out,
                                ds_error *err);
/* The same, whatever the file's name. */
DS_API ds_status ds_reader_open_as(const ds_model *model, const char *path, ds_format format,
                                   const char *at /* or NULL */, ds_reader **out, ds_error *err);
/* The next record, to be freed with ds_record_free(); NULL at the end. An error names the file and the line (of an array,
 * the element); after one of DS_INVALID for a value, for a line of JSON lines that is not JSON, or for a number of fields that
 * is not the header's, the next call goes on with the next record; an array that is not JSON, and CSV that cannot be read on,
 * end there. */
DS_API ds_status ds_reader_next(ds_reader *reader, ds_record **out, ds_error *err);
/* Bytes read so far, and in all (0 where that is not known), for a progress bar. */
DS_API void ds_reader_progress(const ds_reader *reader, uint64_t *done, uint64_t *total);
DS_API void ds_reader_close(ds_reader *reader);

#ifdef __cplusplus
}
#endif
#endif
