/* What a column makes of values by its affinity: of the text "007" the number 7, where it was declared for numbers. A value
 * that would come back as another one is refused; where the property suits its column, nothing is looked at. */
#include "sqlite.h"

static bool declares(const char *type, const char *part)
{
    size_t length = strlen(part);
    for (; *type != '\0'; type++)
        if (sqlite3_strnicmp(type, part, (int)length) == 0)
            return true;
    return false;
}

affinity affinity_of(const char *type, bool strict_table)
{
    if (strict_table && sqlite3_stricmp(type, "ANY") == 0)
        return BLOBBY;
    if (declares(type, "INT"))
        return INTEGRAL;
    if (declares(type, "CHAR") || declares(type, "CLOB") || declares(type, "TEXT"))
        return TEXTUAL;
    if (type[0] == '\0' || declares(type, "BLOB"))
        return BLOBBY;
    return declares(type, "REAL") || declares(type, "FLOA") || declares(type, "DOUB") ? REALLY : NUMERICAL;
}

bool affinity_changes(affinity has, ds_property_type type)
{
    switch (type) {
    case DS_PROPERTY_STRING:
    case DS_PROPERTY_OBJECT:
    case DS_PROPERTY_ARRAY:
    case DS_PROPERTY_ANY:
        return has == INTEGRAL || has == NUMERICAL || has == REALLY;
    case DS_PROPERTY_NUMBER:
        return has == TEXTUAL;
    case DS_PROPERTY_INTEGER:
        return has == REALLY;
    default:
        return false;
    }
}

static const char *behind_digits(const char *at, const char *end, size_t *count)
{
    const char *start = at;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    *count += (size_t)(at - start);
    return at;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* What SQLite takes for a number: white space around it, a sign, digits, a fraction, an exponent. */
static bool reads_as_number(const char *at, size_t length)
{
    const char *end = at + length;
    size_t digits = 0, exponent = 0;
    while (at < end && is_space(*at))
        at++;
    while (at < end && is_space(end[-1]))
        end--;
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    at = behind_digits(at, end, &digits);
    if (at < end && *at == '.')
        at = behind_digits(at + 1, end, &digits);
    if (digits > 0 && at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '-' || *at == '+'))
            at++;
        at = behind_digits(at, end, &exponent);
        digits = exponent;
    }
    return digits > 0 && at == end;
}

/* Lets SQLite itself change it there and back. */
static int ask_sqlite(conn *c, const char *words, ds_value value, bool *keeps)
{
    statement *s;
    size_t length = strlen(words);
    int code = statement_get(c, words, length, sql_hash(words, length), &s);
    if (code != SQLITE_OK)
        return code;
    code = codec_bind(s->stmt, 1, value);
    if (code == SQLITE_OK && (code = sqlite3_step(s->stmt)) == SQLITE_ROW) {
        *keeps = sqlite3_column_int(s->stmt, 0) != 0;
        code = SQLITE_OK;
    }
    statement_done(c, s);
    return code;
}

static int keeps_text(conn *c, const column *of, const char *bytes, size_t length, bool *keeps)
{
    *keeps = true;
    if (!reads_as_number(bytes, length))
        return SQLITE_OK;
    return ask_sqlite(c,
                      of->affinity == REALLY ? "SELECT CAST(CAST(?1 AS REAL) AS TEXT) = ?1"
                                             : "SELECT CAST(CAST(?1 AS NUMERIC) AS TEXT) = ?1",
                      ds_string_n(bytes, length), keeps);
}

static int keeps_value(conn *c, const column *of, ds_value value, bool *keeps)
{
    *keeps = true;
    if (of->type == DS_PROPERTY_NUMBER && value.type == DS_NUMBER)
        return ask_sqlite(c, "SELECT CAST(CAST(?1 AS TEXT) AS REAL) = ?1", value, keeps);
    if (of->type == DS_PROPERTY_INTEGER && value.type == DS_INTEGER) {
        *keeps = value.as.integer >= -((int64_t)1 << 53) && value.as.integer <= (int64_t)1 << 53;
        return SQLITE_OK;
    }
    if (of->type != DS_PROPERTY_ANY && (value.type == DS_STRING || value.type == DS_JSON))
        return keeps_text(c, of, value.as.string, value.length, keeps);
    if (of->type != DS_PROPERTY_ANY || value.type == DS_NULL)
        return SQLITE_OK;
    char *json = ds_value_to_json(value);
    int code = json == NULL ? SQLITE_NOMEM : keeps_text(c, of, json, strlen(json), keeps);
    ds_free(json);
    return code;
}

ds_status affinity_check(conn *c, const table *t, const layout *l, const ds_record *record, ds_error *err)
{
    for (size_t i = 0; l->converts && record != NULL && i < t->property_count; i++) {
        const column *of = &l->columns[i];
        ds_field field;
        bool keeps = true;
        if (!of->converts || !ds_record_field(record, i, &field))
            continue;
        int code = keeps_value(c, of, field.value, &keeps);
        if (code != SQLITE_OK)
            return problem_tell(c, code, "read", err);
        if (!keeps)
            return ds_error_set(
                err, DS_INVALID,
                "the column \"%s\" of the table \"%s\" is declared \"%s\", so SQLite would store another "
                "value than this one of the property of the model \"%s\"",
                ds_model_property(t->model, i)->name, t->name, of->declared, ds_model_name(t->model));
    }
    return DS_OK;
}
