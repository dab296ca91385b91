/* What every module uses beside the public headers: errors that wander upwards, the growing buffer, the log. */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include <datasource/connector.h>

struct ds_buffer {
    char *text; /* NUL-terminated once something was appended */
    size_t length, room;
    bool failed; /* for memory; sticks */
};
void buffer_char(ds_buffer *, char c);
void buffer_text(ds_buffer *, const char *text); /* NUL-terminated */
char *buffer_take(ds_buffer *); /* the text, "" if empty, for ds_free(); NULL where it failed; empties the buffer */
void buffer_free(ds_buffer *);

ds_status error_nomem(ds_error *);                        /* DS_NOMEM with its sentence */
ds_status error_copy(ds_error *to, const ds_error *from); /* returns from->status; `to` may be NULL */
void error_prefix(ds_error *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));            /* puts words before the sentence */
void error_in_source(ds_error *, const char *source); /* fills ds_error.source */

char *text_copy(const char *text); /* for ds_free(); NULL for NULL or out of memory */
char *text_copy_n(const char *text, size_t length);
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

void process_freeze_memory(void); /* the first catalog was opened: ds_set_allocator is refused from now on */
void process_freeze(void); /* the first source was opened: ds_set_allocator and the like are refused from now on */
bool process_frozen(void);

#endif
