/* Whether a text is JSON, and of what kind: enough to tell an object's text from one that merely begins with a brace. */
#ifndef REDIS_JSON_SHAPE_H
#define REDIS_JSON_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

/* '{' and '[' for an object and an array (RFC 8259, white space around it too); '\0' for all else, and for what is nested
 * deeper than any record's. UTF-8 is not looked at. */
char json_shape(const char *text, size_t length);
/* Whether a text is a number as JSON has it. */
bool json_is_number(const char *text, size_t length);

#endif
