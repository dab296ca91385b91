/* Text that grows. An append that fails for memory sticks, so that a writer asks once, at the end. */
#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>

/* Makes room for `more` bytes and a NUL. */
static bool buffer_reserve(ds_buffer *buffer, size_t more)
{
    if (buffer->failed)
        return false;
    size_t wanted;
    if (__builtin_add_overflow(buffer->length + 1, more, &wanted))
        return buffer->failed = true, false;
    if (wanted <= buffer->room)
        return true;
    size_t room = buffer->room < 64 ? 64 : buffer->room;
    while (room < wanted)
        room = room > SIZE_MAX / 2 ? wanted : room * 2;
    char *text = ds_realloc(buffer->text, room);
    if (text == NULL)
        return buffer->failed = true, false;
    buffer->text = text;
    buffer->room = room;
    return true;
}

void ds_buffer_append(ds_buffer *buffer, const void *bytes, size_t length)
{
    if (!buffer_reserve(buffer, length))
        return;
    if (length > 0)
        memcpy(buffer->text + buffer->length, bytes, length);
    buffer->length += length;
    buffer->text[buffer->length] = '\0';
}

void ds_buffer_format(ds_buffer *buffer, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    if (length < 0)
        buffer->failed = true;
    else if (buffer_reserve(buffer, (size_t)length)) {
        vsnprintf(buffer->text + buffer->length, (size_t)length + 1, format, again);
        buffer->length += (size_t)length;
    }
    va_end(again);
    va_end(arguments);
}

void buffer_char(ds_buffer *buffer, char c)
{
    ds_buffer_append(buffer, &c, 1);
}

void buffer_text(ds_buffer *buffer, const char *text)
{
    ds_buffer_append(buffer, text, strlen(text));
}

char *buffer_take(ds_buffer *buffer)
{
    ds_buffer_append(buffer, "", 0);
    char *text = buffer->failed ? NULL : buffer->text;
    if (buffer->failed)
        ds_free(buffer->text);
    memset(buffer, 0, sizeof *buffer);
    return text;
}

void buffer_free(ds_buffer *buffer)
{
    ds_free(buffer->text);
    memset(buffer, 0, sizeof *buffer);
}
