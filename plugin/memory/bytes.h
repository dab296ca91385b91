/* A growing run of bytes, and the primitive forms of the file in it: little-endian numbers, lengths as LEB128. */
#ifndef MEMORY_BYTES_H
#define MEMORY_BYTES_H

#include <datasource/connector.h>

typedef struct bytes {
    char *data;
    size_t length, room;
    bool failed; /* for memory; sticks */
} bytes;         /* all zero is empty */

void bytes_add(bytes *to, const void *data, size_t length);
void bytes_add_byte(bytes *to, unsigned byte);
void bytes_add_number(bytes *to, uint64_t number, size_t width); /* the low `width` bytes of it */
void bytes_add_length(bytes *to, uint64_t length);
void bytes_add_text(bytes *to, const void *text, size_t length); /* with its length before it */
void bytes_store(char *at, uint64_t number, size_t width);
void bytes_free(bytes *of); /* empty again */

/* Reads what the above wrote. A read beyond the end fails, and from then on all reads yield nothing. */
typedef struct reading {
    const char *at, *end;
    bool failed;
} reading;

uint64_t reading_number(reading *from, size_t width);
uint64_t reading_length(reading *from);
const char *reading_text(reading *from, size_t *length);
uint64_t bytes_load(const char *at, size_t width);

#endif
