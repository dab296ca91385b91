/* UTF-8 as RFC 3629 has it. */
#include "model/text.h"

/* How many bytes a first byte asks for, and from which code point on so many are needed; 0: begins none. */
static int sequence_length(unsigned char first, uint32_t *point, uint32_t *least)
{
    if (first < 0x80)
        return *point = first, *least = 0, 1;
    if (first >= 0xC2 && first <= 0xDF)
        return *point = first & 0x1F, *least = 0x80, 2;
    if ((first & 0xF0) == 0xE0)
        return *point = first & 0x0F, *least = 0x800, 3;
    if (first >= 0xF0 && first <= 0xF4)
        return *point = first & 0x07, *least = 0x10000, 4;
    return 0;
}

uint32_t utf8_next(const char **text, const char *end)
{
    const unsigned char *bytes = (const unsigned char *)*text;
    uint32_t point = 0, least = 0;
    int length = sequence_length(bytes[0], &point, &least);
    bool whole = length > 0 && end - *text >= length;
    for (int i = 1; whole && i < length; i++) {
        whole = (bytes[i] & 0xC0) == 0x80;
        point = point << 6 | (bytes[i] & 0x3F);
    }
    if (!whole || point < least || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) {
        *text += 1;
        return UTF8_BYTE + bytes[0];
    }
    *text += length;
    return point;
}

bool utf8_valid(const char *text, size_t length)
{
    const char *end = text + length;
    while (text < end) {
        uint64_t eight;
        if (end - text >= 8 && (memcpy(&eight, text, 8), (eight & UINT64_C(0x8080808080808080)) == 0))
            text += 8;
        else if (utf8_next(&text, end) >= UTF8_BYTE)
            return false;
    }
    return true;
}
