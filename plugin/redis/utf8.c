/* See utf8.h. */
#include "utf8.h"

bool utf8_is_valid(const char *text, size_t length)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + length;
    while (at < end) {
        unsigned char lead = *at++;
        size_t more = lead < 0x80 ? 0 : lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
        if (more == 0)
            continue;
        if (lead < 0xC2 || lead > 0xF4 || (size_t)(end - at) < more)
            return false;
        if ((lead == 0xE0 && *at < 0xA0) || (lead == 0xED && *at > 0x9F) || (lead == 0xF0 && *at < 0x90) ||
            (lead == 0xF4 && *at > 0x8F))
            return false;
        for (; more > 0; more--, at++)
            if ((*at & 0xC0) != 0x80)
                return false;
    }
    return true;
}
