/* Typed values: sixteen bytes, passed by value. A value borrows its bytes; whoever stores it copies them. */
#ifndef DATASOURCE_VALUE_H
#define DATASOURCE_VALUE_H

#include <datasource/error.h>

#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __cplusplus
#define DS_AS_IN_C : unsigned int /* so that an enumeration has all values that it has in C: DS_TOO_LONG */
#else
#define DS_AS_IN_C
#endif

typedef enum ds_type DS_AS_IN_C {
    DS_NULL,
    DS_BOOLEAN,
    DS_INTEGER, /* 64 bits, signed */
    DS_NUMBER,  /* IEEE 754 double; NaN and the infinities are refused wherever a value is stored or compared */
    DS_STRING,  /* UTF-8, may hold NUL */
    DS_BINARY,
    DS_DATE, /* ms since 1970-01-01T00:00:00Z, years 0000 to 9999 */
    DS_JSON  /* the text of a JSON value; canonical once it is in a record: keys sorted by bytes, no white space */
} ds_type;

typedef struct ds_value {
    ds_type type;
    uint32_t length; /* bytes of string, binary and JSON; 0 otherwise */
    union {
        bool boolean;
        int64_t integer;
        double number;
        int64_t date;
        const char *string; /* NUL-terminated where the library made it; also the text of DS_JSON */
        const void *binary;
    } as;
} ds_value;

/* The type of a value longer than a ds_value can hold: whatever takes a value refuses it with DS_INVALID. */
#define DS_TOO_LONG ((ds_type)255)

static inline ds_value ds_bytes_value(ds_type type, const void *bytes, size_t length)
{
    ds_value value;
    memset(&value, 0, sizeof value);
    value.type = bytes == NULL ? DS_NULL : length < UINT32_MAX ? type : DS_TOO_LONG;
    value.length = bytes == NULL || length >= UINT32_MAX ? 0 : (uint32_t)length;
    value.as.binary = bytes;
    return value;
}

static inline ds_value ds_null(void)
{
    return ds_bytes_value(DS_NULL, NULL, 0);
}

static inline ds_value ds_boolean(bool boolean)
{
    ds_value value = ds_null();
    value.type = DS_BOOLEAN;
    value.as.boolean = boolean;
    return value;
}

static inline ds_value ds_integer(int64_t integer)
{
    ds_value value = ds_null();
    value.type = DS_INTEGER;
    value.as.integer = integer;
    return value;
}

static inline ds_value ds_number(double number)
{
    ds_value value = ds_null();
    value.type = DS_NUMBER;
    value.as.number = number;
    return value;
}

static inline ds_value ds_date(int64_t ms_since_1970)
{
    ds_value value = ds_null();
    value.type = DS_DATE;
    value.as.date = ms_since_1970;
    return value;
}

/* A NULL pointer makes a null value, in these four. */
static inline ds_value ds_string(const char *text)
{
    return ds_bytes_value(DS_STRING, text, text == NULL ? 0 : strlen(text));
}
static inline ds_value ds_string_n(const char *text, size_t length)
{
    return ds_bytes_value(DS_STRING, text, length);
}
static inline ds_value ds_binary(const void *bytes, size_t length)
{
    return ds_bytes_value(DS_BINARY, bytes, length);
}
static inline ds_value ds_json(const char *text)
{
    return ds_bytes_value(DS_JSON, text, text == NULL ? 0 : strlen(text));
}
static inline ds_value ds_json_n(const char *text, size_t length)
{
    return ds_bytes_value(DS_JSON, text, length);
}

/* Less than, equal to or greater than 0 as `a` sorts before, with or after `b`. A total order over all values: numbers
 * compare exactly as numbers, integers with doubles and beyond 2^53 too, and -0 equals 0; strings, binary and canonical
 * JSON by bytes; values of different types as null < boolean < number < date < string < binary < JSON. */
DS_API int ds_value_compare(ds_value a, ds_value b);

/* The value as JSON text, on one line: dates as ISO 8601 UTC with ms, binary as base64, a byte that is not UTF-8 as U+FFFD.
 * ds_free() it; NULL when out of memory. */
DS_API char *ds_value_to_json(ds_value value);

#ifdef __cplusplus
}
#endif
#endif
