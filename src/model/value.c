/* Values compared, and as canonical text. */
#include "model/text.h"

/* Where a type stands in the order of all values; integers and numbers stand together. */
static int type_rank(ds_type type)
{
    switch (type) {
    case DS_NULL:
        return 0;
    case DS_BOOLEAN:
        return 1;
    case DS_INTEGER:
    case DS_NUMBER:
        return 2;
    case DS_DATE:
        return 3;
    case DS_STRING:
        return 4;
    case DS_BINARY:
        return 5;
    case DS_JSON:
        return 6;
    }
    return 7;
}

/* A length without bytes, which a host may make by mistake, is no bytes. */
bool value_has_bytes(ds_value value)
{
    return (value.type != DS_STRING && value.type != DS_BINARY && value.type != DS_JSON) || value.length == 0 ||
           value.as.binary != NULL;
}

static int bytes_compare(ds_value a, ds_value b)
{
    a.length = value_has_bytes(a) ? a.length : 0;
    b.length = value_has_bytes(b) ? b.length : 0;
    uint32_t common = a.length < b.length ? a.length : b.length;
    int order = common == 0 ? 0 : memcmp(a.as.binary, b.as.binary, common);
    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

int ds_value_compare(ds_value a, ds_value b)
{
    int rank = type_rank(a.type);
    if (rank != type_rank(b.type))
        return rank - type_rank(b.type);
    switch (rank) {
    case 1:
        return (int)a.as.boolean - (int)b.as.boolean;
    case 2:
        return number_compare(a, b);
    case 3:
        return (a.as.date > b.as.date) - (a.as.date < b.as.date);
    case 4:
    case 5:
    case 6:
        return bytes_compare(a, b);
    }
    return 0;
}

void ds_value_text(ds_value value, ds_text *out)
{
    out->bytes = out->scratch;
    out->length = 0;
    out->scratch[0] = '\0';
    switch (value.type) {
    case DS_NULL:
        break;
    case DS_BOOLEAN:
        out->bytes = value.as.boolean ? "true" : "false";
        out->length = strlen(out->bytes);
        break;
    case DS_INTEGER:
        out->length = integer_print(value.as.integer, out->scratch);
        break;
    case DS_NUMBER:
        out->length = number_print(value.as.number, out->scratch);
        break;
    case DS_DATE:
        out->length = date_print(value.as.date, out->scratch);
        break;
    case DS_STRING:
    case DS_BINARY:
    case DS_JSON:
        out->length = value_has_bytes(value) ? value.length : 0;
        out->bytes = out->length == 0 ? "" : value.as.string;
        break;
    }
}

static bool boolean_parse(const char *text, size_t length, bool *out)
{
    *out = length == 4;
    return (length == 4 && memcmp(text, "true", 4) == 0) || (length == 5 && memcmp(text, "false", 5) == 0);
}

ds_status ds_value_parse(ds_type type, const char *text, size_t length, ds_value *out)
{
    ds_value value = ds_null();
    bool whole = false;
    value.type = type;
    switch (type) {
    case DS_BOOLEAN:
        whole = boolean_parse(text, length, &value.as.boolean);
        break;
    case DS_INTEGER:
        whole = integer_parse(text, length, &value.as.integer);
        break;
    case DS_NUMBER:
        whole = number_parse(text, length, &value.as.number);
        break;
    case DS_DATE:
        whole = date_parse(text, length, &value.as.date);
        break;
    default:
        break;
    }
    if (!whole)
        return DS_INVALID;
    *out = value;
    return DS_OK;
}
