/* Text that grows. It is NUL-terminated whenever it holds anything. */
#include "text.h"

static bool text_reserve(text *to, size_t more)
{
    if (to->failed)
        return false;
    if (to->room - to->length > more)
        return true;
    size_t room = to->room == 0 ? 256 : to->room;
    while (room - to->length <= more && room < SIZE_MAX / 4)
        room *= 2;
    char *bytes = room - to->length <= more ? NULL : ds_realloc(to->bytes, room);
    if (bytes == NULL) {
        to->failed = true;
        return false;
    }
    to->bytes = bytes;
    to->room = room;
    return true;
}

void text_add(text *to, const char *bytes, size_t length)
{
    if (!text_reserve(to, length))
        return;
    if (length > 0)
        memcpy(to->bytes + to->length, bytes, length);
    to->length += length;
    to->bytes[to->length] = '\0';
}

void text_put(text *to, const char *words)
{
    text_add(to, words, strlen(words));
}

void text_name(text *to, const char *name)
{
    text_add(to, "\"", 1);
    for (const char *quote; (quote = strchr(name, '"')) != NULL; name = quote + 1) {
        text_add(to, name, (size_t)(quote - name) + 1);
        text_add(to, "\"", 1);
    }
    text_put(to, name);
    text_add(to, "\"", 1);
}

void text_number(text *to, int64_t number)
{
    ds_text digits;
    ds_value_text(ds_integer(number), &digits);
    text_add(to, digits.bytes, digits.length);
}

static void text_escape(text *to, unsigned char c)
{
    static const char hex[] = "0123456789abcdef", short_from[] = "\b\f\n\r\t\"\\", short_to[] = "bfnrt\"\\";
    const char *at = c == '\0' ? NULL : strchr(short_from, c);
    if (at != NULL) {
        char pair[2] = {'\\', short_to[at - short_from]};
        text_add(to, pair, 2);
    } else {
        char unit[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        text_add(to, unit, 6);
    }
}

void text_json(text *to, const char *bytes, size_t length)
{
    size_t done = 0;
    text_add(to, "\"", 1);
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        text_add(to, bytes + done, i - done);
        text_escape(to, c);
        done = i + 1;
    }
    if (length > done)
        text_add(to, bytes + done, length - done);
    text_add(to, "\"", 1);
}

void text_repeat(text *to, size_t length)
{
    if (text_reserve(to, length))
        text_add(to, to->bytes, length);
}

void text_cut(text *to, size_t length)
{
    if (to->failed || length >= to->length)
        return;
    to->length = length;
    to->bytes[length] = '\0';
}

void text_free(text *of)
{
    ds_free(of->bytes);
    *of = (text){.bytes = NULL};
}
