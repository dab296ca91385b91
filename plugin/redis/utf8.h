/* Whether bytes that a server gave can stand in JSON as a string. */
#ifndef REDIS_UTF8_H
#define REDIS_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* RFC 3629: no overlong forms, no surrogates, up to U+10FFFF. */
bool utf8_is_valid(const char *text, size_t length);

#endif
