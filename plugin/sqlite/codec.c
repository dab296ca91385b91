/* Values in columns: booleans as 0 and 1, dates as ms since 1970, objects, arrays and values of any type as canonical
 * JSON text, the rest as what it is. What another program has stored as something else comes back as a string, with its
 * text beside it. */
#include "sqlite.h"

ds_value record_value(const ds_record *record, size_t slot)
{
    ds_field field;
    return ds_record_field(record, slot, &field) ? field.value : ds_null();
}

static int bind_bytes(sqlite3_stmt *stmt, int at, ds_value value, bool is_blob)
{
    const char *bytes = value.length == 0 ? "" : value.as.string;
    return is_blob ? sqlite3_bind_blob64(stmt, at, bytes, value.length, SQLITE_STATIC)
                   : sqlite3_bind_text64(stmt, at, bytes, value.length, SQLITE_STATIC, SQLITE_UTF8);
}

int codec_bind(sqlite3_stmt *stmt, int at, ds_value value)
{
    switch (value.type) {
    case DS_BOOLEAN:
        return sqlite3_bind_int(stmt, at, value.as.boolean);
    case DS_INTEGER:
        return sqlite3_bind_int64(stmt, at, value.as.integer);
    case DS_NUMBER:
        return sqlite3_bind_double(stmt, at, value.as.number);
    case DS_DATE:
        return sqlite3_bind_int64(stmt, at, value.as.date);
    case DS_STRING:
    case DS_JSON:
        return bind_bytes(stmt, at, value, false);
    case DS_BINARY:
        return bind_bytes(stmt, at, value, true);
    case DS_NULL:
        break;
    }
    return sqlite3_bind_null(stmt, at);
}

int codec_bind_property(sqlite3_stmt *stmt, int at, const table *t, size_t slot, ds_value value)
{
    if (value.type == DS_NULL || value.type == DS_JSON || ds_model_property(t->model, slot)->type != DS_PROPERTY_ANY)
        return codec_bind(stmt, at, value);
    char *json = ds_value_to_json(value);
    if (json == NULL)
        return SQLITE_NOMEM;
    int code = sqlite3_bind_text(stmt, at, json, -1, SQLITE_TRANSIENT);
    ds_free(json);
    return code;
}

/* ---- reading ---- */

static ds_status put_bytes(sqlite3_stmt *stmt, int at, size_t slot, ds_type type, ds_record *record)
{
    const void *bytes = type == DS_BINARY ? sqlite3_column_blob(stmt, at) : sqlite3_column_text(stmt, at);
    size_t length = (size_t)sqlite3_column_bytes(stmt, at);
    if (bytes == NULL && length > 0)
        return DS_NOMEM;
    return ds_record_put(record, slot, ds_bytes_value(type, bytes == NULL ? "" : bytes, length));
}

/* What does not fit its property; the text is SQLite's own, so that CAST gives the same again. */
static ds_status put_misfit(sqlite3_stmt *stmt, int at, size_t slot, bool parse, ds_record *record)
{
    const char *bytes = (const char *)sqlite3_column_text(stmt, at);
    size_t length = (size_t)sqlite3_column_bytes(stmt, at);
    if (bytes == NULL)
        bytes = "";
    ds_status status = parse ? ds_record_put_text(record, slot, bytes, length)
                             : ds_record_put(record, slot, ds_string_n(bytes, length));
    return status == DS_OK ? ds_record_put_raw(record, slot, bytes, length) : status;
}

/* JSON text: read and checked. What is canonical needs no text beside it, unless it is a blob. */
static ds_status put_json(sqlite3_stmt *stmt, int at, size_t slot, int stored, ds_record *record)
{
    if (stored != SQLITE_TEXT)
        return put_misfit(stmt, at, slot, true, record);
    const char *bytes = (const char *)sqlite3_column_text(stmt, at);
    return bytes == NULL ? DS_NOMEM : ds_record_put_text(record, slot, bytes, (size_t)sqlite3_column_bytes(stmt, at));
}

static bool is_whole_number(sqlite3_int64 integer)
{
    return integer >= -((sqlite3_int64)1 << 53) && integer <= (sqlite3_int64)1 << 53;
}

/* An integer, where the property takes it. */
static bool integer_fits(ds_property_type type, sqlite3_int64 integer, ds_value *out)
{
    switch (type) {
    case DS_PROPERTY_INTEGER:
        *out = ds_integer(integer);
        return true;
    case DS_PROPERTY_BOOLEAN:
        *out = ds_boolean(integer == 1);
        return integer == 0 || integer == 1;
    case DS_PROPERTY_DATE:
        *out = ds_date(integer);
        return integer >= -62167219200000 && integer <= 253402300799999;
    case DS_PROPERTY_NUMBER:
        *out = ds_number((double)integer);
        return is_whole_number(integer);
    default:
        return false;
    }
}

ds_status codec_read(const table *t, const layout *l, sqlite3_stmt *stmt, int at, size_t slot, ds_record *record)
{
    const ds_property_type type = ds_model_property(t->model, slot)->type;
    const int stored = sqlite3_column_type(stmt, at);
    ds_value value;
    if (stored == SQLITE_NULL)
        return DS_OK;
    if (type == DS_PROPERTY_OBJECT || type == DS_PROPERTY_ARRAY || type == DS_PROPERTY_ANY)
        return put_json(stmt, at, slot, stored, record);
    if (stored == SQLITE_TEXT && type == DS_PROPERTY_STRING)
        return put_bytes(stmt, at, slot, DS_STRING, record);
    if (stored == SQLITE_BLOB && type == DS_PROPERTY_BINARY)
        return put_bytes(stmt, at, slot, DS_BINARY, record);
    if (stored == SQLITE_INTEGER && integer_fits(type, sqlite3_column_int64(stmt, at), &value))
        return ds_record_put(record, slot, value);
    if (stored == SQLITE_FLOAT && type == DS_PROPERTY_NUMBER) {
        value = ds_number(sqlite3_column_double(stmt, at));
        if (value.as.number - value.as.number == 0)
            return ds_record_put(record, slot, value);
    }
    return put_misfit(stmt, at, slot, l->columns[slot].trust == ODD, record);
}

ds_status codec_read_row(const table *t, const layout *l, sqlite3_stmt *stmt, ds_record *record)
{
    ds_status status = DS_OK;
    for (size_t i = 0; i < t->property_count && status == DS_OK; i++)
        status = codec_read(t, l, stmt, (int)i, i, record);
    int at = (int)t->property_count;
    if (status != DS_OK || t->strict || !l->has_more || sqlite3_column_type(stmt, at) == SQLITE_NULL)
        return status;
    const char *json = (const char *)sqlite3_column_text(stmt, at);
    return json == NULL ? DS_NOMEM : more_read(json, (size_t)sqlite3_column_bytes(stmt, at), record);
}
