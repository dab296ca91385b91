/* Text that grows: SQL on its way to a statement, and JSON. A failure for memory sticks, and is asked for at the end. */
#ifndef SQLITE_TEXT_H
#define SQLITE_TEXT_H

#include <datasource/connector.h>

typedef struct text {
    char *bytes;
    size_t length, room;
    bool failed;
} text;

void text_add(text *to, const char *bytes, size_t length);
void text_put(text *to, const char *words);
void text_name(text *to, const char *name); /* in quotes, as SQL writes a name */
void text_number(text *to, int64_t number);
void text_json(text *to, const char *bytes, size_t length); /* as a JSON string */
void text_repeat(text *to, size_t length);                  /* its own first bytes again */
void text_cut(text *to, size_t length);                     /* back to an earlier length */
void text_free(text *of);

#endif
