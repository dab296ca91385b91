/* Text for people in a buffer of fixed size: one line of UTF-8, cut at a code point. */
#include "base/sentence.h"
#include "model/text.h"

#include <stdio.h>
#include <string.h>

#define DOTS "..."

/* Puts the dots at the end of `out`, which holds size - 1 bytes of a longer text. */
static void sentence_cut(char *out, size_t size)
{
    size_t cut = size - sizeof DOTS;
    for (int back = 0; back < 3 && cut > 0 && ((unsigned char)out[cut] & 0xC0) == 0x80; back++)
        cut--;
    memcpy(out + cut, DOTS, sizeof DOTS);
}

/* A line break or another control character is a blank, a byte that is not UTF-8 a question mark. */
static void sentence_clean(char *text)
{
    const char *end = text + strlen(text);
    for (const char *next = text; next < end;) {
        char *here = text + (next - text);
        uint32_t point = utf8_next(&next, end);
        if (point >= UTF8_BYTE)
            *here = '?';
        else if (point < 0x20 || point == 0x7F)
            *here = ' ';
    }
}

void sentence_format(char *out, size_t size, const char *format, va_list arguments)
{
    int length = vsnprintf(out, size, format, arguments);
    if (length < 0)
        snprintf(out, size, "%s", format);
    else if ((size_t)length >= size)
        sentence_cut(out, size);
    sentence_clean(out);
}

void sentence_copy(char *out, size_t size, const char *text)
{
    if ((size_t)snprintf(out, size, "%s", text) >= size)
        sentence_cut(out, size);
    sentence_clean(out);
}
