/* Base64 as RFC 4648 section 4 has it: padded, nothing else between the letters, unused bits zero. */
#include "model/text.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t base64_length(size_t bytes)
{
    return bytes / 3 * 4 + (bytes % 3 != 0 ? 4 : 0);
}

void base64_encode(const void *bytes, size_t length, char *out)
{
    const unsigned char *in = bytes;
    for (; length >= 3; in += 3, length -= 3) {
        *out++ = letters[in[0] >> 2];
        *out++ = letters[(in[0] & 3) << 4 | in[1] >> 4];
        *out++ = letters[(in[1] & 15) << 2 | in[2] >> 6];
        *out++ = letters[in[2] & 63];
    }
    if (length == 0)
        return;
    unsigned second = length == 2 ? in[1] : 0;
    *out++ = letters[in[0] >> 2];
    *out++ = letters[(in[0] & 3u) << 4 | second >> 4];
    *out++ = length == 2 ? letters[(second & 15) << 2] : '=';
    *out++ = '=';
}

static int letter_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four letters, the last `padding` of them '=', make 3 - padding bytes. */
static bool quad_decode(const char *text, int padding, unsigned char *out)
{
    uint32_t bits = 0;
    for (int i = 0; i < 4; i++) {
        int value = i < 4 - padding ? letter_value(text[i]) : 0;
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
    }
    if ((bits & ((1u << 8 * padding) - 1)) != 0)
        return false;
    for (int i = 0; i < 3 - padding; i++)
        out[i] = (unsigned char)(bits >> (16 - 8 * i));
    return true;
}

bool base64_decode(const char *text, size_t length, void *out, size_t *out_length)
{
    unsigned char *next = out;
    if (length % 4 != 0)
        return false;
    for (size_t i = 0; i < length; i += 4) {
        int padding = 0;
        if (i + 4 == length && text[i + 3] == '=')
            padding = text[i + 2] == '=' ? 2 : 1;
        if (!quad_decode(text + i, padding, next))
            return false;
        next += 3 - padding;
    }
    *out_length = (size_t)(next - (unsigned char *)out);
    return true;
}
