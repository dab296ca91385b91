/* Names a place in a query's JSON, "or[1].age.gte"; of a long one, its end. */
#include "query/place.h"

#include <stdarg.h>
#include <stdio.h>

#define PLACE_ROOM 160

static size_t print_part(const place *at, char *part, size_t room)
{
    int length;
    if (at->key == NULL)
        length = snprintf(part, room, "[%zu]", at->index);
    else
        length = snprintf(part, room, "%s%s", at->up == NULL ? "" : ".", at->key);
    return length < 0 ? room : (size_t)length;
}

/* From the end to the beginning; the text begins at the pointer that is answered. */
static const char *print_place(const place *at, char text[PLACE_ROOM])
{
    char *start = text + PLACE_ROOM - 1;
    *start = '\0';
    for (; at != NULL; at = at->up) {
        char part[PLACE_ROOM];
        const size_t length = print_part(at, part, sizeof part);
        if (length + 3 > (size_t)(start - text)) {
            start -= 3;
            memcpy(start, "...", 3);
            break;
        }
        start -= length;
        memcpy(start, part, length);
    }
    return start;
}

ds_status place_refuse(const place *at, ds_error *err, const char *format, ...)
{
    char text[PLACE_ROOM], what[sizeof err->message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    if (at == NULL)
        return ds_error_set(err, DS_INVALID, "the filter %s", what);
    return ds_error_set(err, DS_INVALID, "the filter's \"%s\" %s", print_place(at, text), what);
}
