/* Text for people in a buffer of fixed size: one line of UTF-8; what does not fit is cut at a code point and ends in
 * "...". */
#ifndef BASE_SENTENCE_H
#define BASE_SENTENCE_H

#include <stdarg.h>
#include <stddef.h>

void sentence_format(char *out, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));
void sentence_copy(char *out, size_t size, const char *text);

#endif
