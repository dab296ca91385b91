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

int codec_bind_property(sqlite3_stmt *stmt, int at, const column *c, ds_value value)
{
    if (c->type != DS_PROPERTY_ANY || value.type == DS_NULL || value.type == DS_JSON)
        return codec_bind(stmt, at, value);
    char *json = ds_value_to_json(value);
    if (json == NULL)
        return SQLITE_NOMEM;
    int code = sqlite3_bind_text(stmt, at, json, -1, SQLITE_TRANSIENT);
    ds_free(json);
    return code;
}

/* ---- reading ---- */

/* Values are read by sqlite3_column_value(), once for each: the connection is this thread's, so that no mutex is needed. */
static ds_status put_bytes(sqlite3_value *from, size_t slot, ds_type type, ds_record *record)
{
    const void *bytes = type == DS_BINARY ? sqlite3_value_blob(from) : sqlite3_value_text(from);
    size_t length = (size_t)sqlite3_value_bytes(from);
    if (bytes == NULL && length > 0)
        return DS_NOMEM;
    return ds_record_put(record, slot, ds_bytes_value(type, bytes == NULL ? "" : bytes, length));
}

static ds_status put_text(sqlite3_value *from, size_t slot, ds_record *record)
{
    const char *bytes = (const char *)sqlite3_value_text(from);
    if (bytes != NULL)
        return ds_record_put(record, slot, ds_string_n(bytes, (size_t)sqlite3_value_bytes(from)));
    return sqlite3_value_type(from) == SQLITE_NULL ? DS_OK : DS_NOMEM;
}

/* What does not fit its property; the text is SQLite's own, so that CAST gives the same again. */
static ds_status put_misfit(sqlite3_value *from, size_t slot, bool parse, ds_record *record)
{
    const char *bytes = (const char *)sqlite3_value_text(from);
    size_t length = (size_t)sqlite3_value_bytes(from);
    if (bytes == NULL)
        bytes = "";
    ds_status status = parse ? ds_record_put_text(record, slot, bytes, length)
                             : ds_record_put(record, slot, ds_string_n(bytes, length));
    return status == DS_OK ? ds_record_put_raw(record, slot, bytes, length) : status;
}

/* JSON text: read and checked. What is canonical needs no text beside it, unless it is a blob. */
static ds_status put_json(sqlite3_value *from, size_t slot, int stored, ds_record *record)
{
    if (stored != SQLITE_TEXT)
        return put_misfit(from, slot, true, record);
    const char *bytes = (const char *)sqlite3_value_text(from);
    return bytes == NULL ? DS_NOMEM : ds_record_put_text(record, slot, bytes, (size_t)sqlite3_value_bytes(from));
}

/* Whether a double holds all of it. */
static bool is_whole_number(sqlite3_int64 integer)
{
    double as = (double)integer;
    return as < 9223372036854775808.0 && (sqlite3_int64)as == integer;
}

/* A column that is REAL holds integers, too, but as reals. */
static bool is_integral(double number, sqlite3_int64 *out)
{
    if (!(number >= -9007199254740992.0 && number <= 9007199254740992.0))
        return false;
    *out = (sqlite3_int64)number;
    return (double)*out == number;
}

/* An integer, where the property takes it. */
static inline bool integer_fits(ds_property_type type, sqlite3_int64 integer, ds_value *out)
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

/* Every value of every record that is found goes through this. */
static inline ds_status put_value(const column *c, sqlite3_value *from, size_t slot, ds_record *record)
{
    ds_value value;
    sqlite3_int64 integer;
    if (c->type == DS_PROPERTY_STRING && c->trust == SURE) /* a text, or null */
        return put_text(from, slot, record);
    const int stored = sqlite3_value_type(from);
    switch (stored) {
    case SQLITE_NULL:
        return DS_OK;
    case SQLITE_INTEGER:
        if (integer_fits(c->type, sqlite3_value_int64(from), &value))
            return ds_record_put(record, slot, value);
        break;
    case SQLITE_FLOAT:
        value = ds_number(sqlite3_value_double(from));
        if (c->type == DS_PROPERTY_NUMBER && value.as.number - value.as.number == 0)
            return ds_record_put(record, slot, value);
        if (c->trust == ODD && is_integral(value.as.number, &integer) && integer_fits(c->type, integer, &value))
            return ds_record_put(record, slot, value);
        break;
    case SQLITE_TEXT:
        if (c->type == DS_PROPERTY_STRING)
            return put_bytes(from, slot, DS_STRING, record);
        break;
    default:
        if (c->type == DS_PROPERTY_BINARY)
            return put_bytes(from, slot, DS_BINARY, record);
    }
    if (c->type >= DS_PROPERTY_OBJECT)
        return put_json(from, slot, stored, record);
    return put_misfit(from, slot, c->trust == ODD, record);
}

static ds_status put_more(sqlite3_stmt *stmt, int at, ds_record *record)
{
    const char *json = (const char *)sqlite3_column_text(stmt, at);
    return json == NULL ? DS_OK : more_read(json, (size_t)sqlite3_column_bytes(stmt, at), record);
}

ds_status codec_read(const layout *l, sqlite3_stmt *stmt, const size_t *slots, size_t count, ds_record *record)
{
    ds_status status = DS_OK;
    for (size_t i = 0; i < count && status == DS_OK; i++) {
        const size_t slot = slots == NULL ? i : slots[i];
        status = slot == DS_NO_SLOT ? put_more(stmt, (int)i, record)
                                    : put_value(&l->columns[slot], sqlite3_column_value(stmt, (int)i), slot, record);
    }
    return status;
}

ds_status codec_read_row(const layout *l, sqlite3_stmt *stmt, ds_record *record)
{
    ds_status status = codec_read(l, stmt, NULL, l->column_count, record);
    return status == DS_OK && l->shows_more ? put_more(stmt, (int)l->column_count, record) : status;
}
