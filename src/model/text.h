/* Values as text, without the locale: numbers, dates, base64, UTF-8. Nothing here allocates unless said. */
#ifndef MODEL_TEXT_H
#define MODEL_TEXT_H

#include <datasource/connector.h>

size_t number_print(double number,
                    char out[32]); /* the first of 15, 16, 17 digits that reads back the same; "1" for 1.0; -0 is "0" */
bool number_parse(const char *text, size_t length, double *out); /* JSON's grammar, finite */
size_t integer_print(int64_t integer, char out[24]);
bool integer_parse(const char *text, size_t length, int64_t *out); /* -?(0|[1-9][0-9]*), 64 bits */
bool number_is_integer(double number, int64_t *out);               /* whole and within 64 bits */
bool integer_is_number(int64_t integer, double *out);              /* a double holds it exactly */
int number_compare(ds_value a, ds_value b);                        /* DS_INTEGER and DS_NUMBER, exactly */

#define DATE_FIRST (-62167219200000)
#define DATE_LAST  253402300799999
size_t date_print(int64_t ms, char out[32]); /* 2024-02-29T12:00:00.000Z */
bool date_parse(const char *text, size_t length,
                int64_t *out); /* ISO 8601 with an offset or Z, or a day alone; nothing finer than ms */

size_t base64_length(size_t bytes);
void base64_encode(const void *bytes, size_t length, char *out); /* RFC 4648 section 4, padded; base64_length() bytes */
bool base64_decode(const char *text, size_t length, void *out,
                   size_t *out_length); /* strict; out holds length / 4 * 3 */

/* false: a string, binary or JSON with a length and NULL for its bytes, which nothing takes. */
bool value_has_bytes(ds_value);

bool utf8_valid(const char *text, size_t length); /* no surrogates, nothing overlong, up to U+10FFFF */
/* The code point at *text, which moves behind it; a byte that begins none counts as UTF8_BYTE + its value. text < end.
 */
#define UTF8_BYTE 0x110000u
uint32_t utf8_next(const char **text, const char *end);

#endif
