/* The texts of the dialects, both ways. Dates are computed on decimal digits alone, so that each ms of the years 0 to 9999
 * comes back as itself, and what is finer is rounded down. */
#include "dialect.h"

#include <stdio.h>
#include <string.h>

const char *const dialect_names[] = {"native", "redis-om", "loopback", NULL};

redis_dialect dialect_named(const char *name)
{
    redis_dialect dialect = DIALECT_LOOPBACK;
    while (dialect != DIALECT_NATIVE && strcmp(dialect_names[dialect], name) != 0)
        dialect--;
    return dialect;
}

/* ---- writing ---- */

/* As Python prints a float of seconds, at least one digit behind the point. A date has 15 digits at most, so these are the
 * fewest that read back as the nearest double, which is what Python prints. */
static size_t print_seconds(int64_t ms, char *out, size_t size)
{
    int64_t positive = ms < 0 ? -ms : ms;
    int length =
        snprintf(out, size, "%s%lld.%03d", ms < 0 ? "-" : "", (long long)(positive / 1000), (int)(positive % 1000));
    size_t end = (size_t)length;
    while (out[end - 1] == '0' && out[end - 2] != '.')
        end--;
    return end;
}

void dialect_text(redis_dialect dialect, ds_property_type type, ds_value value, ds_text *out)
{
    out->bytes = out->scratch;
    if (dialect == DIALECT_REDIS_OM && type == DS_PROPERTY_BOOLEAN && value.type == DS_BOOLEAN) {
        out->bytes = value.as.boolean ? "1" : "0";
        out->length = 1;
    } else if (dialect == DIALECT_REDIS_OM && type == DS_PROPERTY_DATE && value.type == DS_DATE) {
        out->length = print_seconds(value.as.date, out->scratch, sizeof out->scratch);
    } else if (dialect == DIALECT_LOOPBACK && type == DS_PROPERTY_DATE && value.type == DS_DATE) {
        ds_value_text(ds_integer(value.as.date), out);
    } else {
        ds_value_text(value, out);
    }
}

bool dialect_is_base64(redis_dialect dialect, ds_property_type type, ds_value value)
{
    return dialect == DIALECT_REDIS_OM && type == DS_PROPERTY_BINARY && value.type == DS_BINARY;
}

/* ---- reading: numbers ---- */

#define FIRST_DATE (-62167219200000) /* of the years 0000 to 9999, in ms */
#define LAST_DATE  253402300799999

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Behind 'e' or 'E'; larger ones than any text makes up for are cut. */
static int64_t read_exponent(const char *text, const char *end)
{
    bool is_negative = *text == '-';
    int64_t exponent = 0;
    for (text += !is_digit(*text); text < end && exponent < INT64_C(1) << 40; text++)
        exponent = exponent * 10 + (*text - '0');
    return is_negative ? -exponent : exponent;
}

/* A number in JSON's grammar times 10^shift, rounded down. false: it is none, or is larger than any date. */
static bool read_decimal(const char *text, size_t length, int shift, int64_t *out)
{
    ds_value checked;
    if (ds_value_parse(DS_NUMBER, text, length, &checked) != DS_OK)
        return false;
    const char *end = text + length, *first = text + (*text == '-'), *at = first;
    while (at < end && is_digit(*at))
        at++;
    int64_t whole = at - first + shift; /* so many digits stand before the point of the result */
    while (at < end && *at != 'e' && *at != 'E')
        at++;
    if (at < end)
        whole += read_exponent(at + 1, end);
    int64_t value = 0;
    bool is_finer = false;
    for (const char *digit = first; digit < at; digit++) {
        if (*digit == '.')
            continue;
        if (whole-- > 0)
            value = value * 10 + (*digit - '0');
        else
            is_finer |= *digit != '0';
        if (value > LAST_DATE)
            return false;
    }
    for (; whole > 0 && value > 0 && value <= LAST_DATE; whole--)
        value *= 10;
    *out = *text == '-' ? -value - is_finer : value;
    return *out >= FIRST_DATE && *out <= LAST_DATE;
}

/* ---- reading: the types ---- */

static bool is_word(const char *text, size_t length, const char *word)
{
    return length == strlen(word) && memcmp(text, word, length) == 0;
}

static bool read_boolean(const char *text, size_t length, ds_value *out)
{
    static const char *const words[][2] = {{"0", "1"}, {"false", "true"}, {"False", "True"}};
    for (size_t i = 0; i < 6; i++)
        if (is_word(text, length, words[i / 2][i % 2])) {
            *out = ds_boolean(i % 2 != 0);
            return true;
        }
    return false;
}

static bool read_date(redis_dialect dialect, const char *text, size_t length, ds_value *out)
{
    *out = ds_date(0);
    return read_decimal(text, length, dialect == DIALECT_REDIS_OM ? 3 : 0, &out->as.date) ||
           ds_value_parse(DS_DATE, text, length, out) == DS_OK;
}

static ds_status put_scalar(redis_dialect dialect, ds_property_type type, ds_record *record, size_t slot,
                            const char *text, size_t length)
{
    ds_value value;
    ds_text own;
    bool is_read =
        type == DS_PROPERTY_BOOLEAN ? read_boolean(text, length, &value) : read_date(dialect, text, length, &value);
    if (!is_read)
        return ds_record_put(record, slot, ds_string_n(text, length));
    ds_status status = ds_record_put(record, slot, value);
    dialect_text(dialect, type, value, &own);
    if (status == DS_OK && (own.length != length || memcmp(own.bytes, text, length) != 0))
        status = ds_record_put_raw(record, slot, text, length);
    return status;
}

/* ---- reading: base64 ---- */

static int letter_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (is_digit(c))
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* As RFC 4648 section 4 writes it and in no other way, so that no two texts are read as the same bytes. */
static bool decode(const char *text, size_t length, char *out, size_t *out_length)
{
    size_t padding = length < 4 || text[length - 1] != '=' ? 0 : text[length - 2] == '=' ? 2 : 1;
    uint32_t bits = 0;
    char *next = out;
    for (size_t i = 0; i < length; i++) {
        int value = i < length - padding ? letter_value(text[i]) : 0;
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        if (i % 4 < 3)
            continue;
        *next++ = (char)(bits >> 16 & 0xff);
        *next++ = (char)(bits >> 8 & 0xff);
        *next++ = (char)(bits & 0xff);
    }
    *out_length = (size_t)(next - out) - padding;
    return length % 4 == 0 && (bits & ((1u << 8 * padding) - 1)) == 0;
}

static ds_status put_base64(ds_record *record, size_t slot, const char *text, size_t length)
{
    size_t decoded;
    char *bytes = ds_malloc(length / 4 * 3 + 1);
    if (bytes == NULL)
        return DS_NOMEM;
    bool is_read = decode(text, length, bytes, &decoded);
    ds_status status = ds_record_put(record, slot, is_read ? ds_binary(bytes, decoded) : ds_string_n(text, length));
    ds_free(bytes);
    return status;
}

/* ---- reading: a field ---- */

/* What LoopBack stores for null; of a string and of binary it is as well their own empty text, and LoopBack reads it so. */
static bool is_null(redis_dialect dialect, ds_property_type type, size_t length)
{
    return length == 0 && dialect == DIALECT_LOOPBACK && type != DS_PROPERTY_STRING && type != DS_PROPERTY_BINARY;
}

ds_status dialect_put_text(redis_dialect dialect, ds_property_type type, ds_record *record, size_t slot,
                           const char *text, size_t length)
{
    if (is_null(dialect, type, length)) {
        ds_status status = ds_record_put(record, slot, ds_null());
        return status == DS_OK ? ds_record_put_raw(record, slot, "", 0) : status;
    }
    if (dialect != DIALECT_NATIVE && (type == DS_PROPERTY_BOOLEAN || type == DS_PROPERTY_DATE))
        return put_scalar(dialect, type, record, slot, text, length);
    if (dialect == DIALECT_REDIS_OM && type == DS_PROPERTY_BINARY)
        return put_base64(record, slot, text, length);
    return ds_record_put_text(record, slot, text, length);
}

static bool read_native(ds_property_type type, const char *text, size_t length, ds_value *out)
{
    static const ds_type types[] = {[DS_PROPERTY_INTEGER] = DS_INTEGER,
                                    [DS_PROPERTY_NUMBER] = DS_NUMBER,
                                    [DS_PROPERTY_BOOLEAN] = DS_BOOLEAN,
                                    [DS_PROPERTY_DATE] = DS_DATE};
    if (type != DS_PROPERTY_STRING && type != DS_PROPERTY_BINARY)
        return ds_value_parse(types[type], text, length, out) == DS_OK;
    *out = type == DS_PROPERTY_BINARY ? ds_binary(text, length) : ds_string_n(text, length);
    return true;
}

void dialect_read(redis_dialect dialect, ds_property_type type, const char *text, size_t length, char *room,
                  ds_value *out)
{
    bool is_read;
    size_t decoded;
    if (is_null(dialect, type, length)) {
        *out = ds_null();
        return;
    }
    if (dialect == DIALECT_REDIS_OM && type == DS_PROPERTY_BINARY) {
        is_read = decode(text, length, room, &decoded);
        *out = ds_binary(room, is_read ? decoded : 0);
    } else if (dialect != DIALECT_NATIVE && type == DS_PROPERTY_BOOLEAN) {
        is_read = read_boolean(text, length, out);
    } else if (dialect != DIALECT_NATIVE && type == DS_PROPERTY_DATE) {
        is_read = read_date(dialect, text, length, out);
    } else {
        is_read = read_native(type, text, length, out);
    }
    if (!is_read)
        *out = ds_string_n(text, length);
}
