/* A growing run of bytes and the primitive forms of the file. Nothing here knows what the bytes mean. */
#include "bytes.h"

static bool bytes_grow(bytes *to, size_t more)
{
    if (to->failed || more > SIZE_MAX / 2 - to->length)
        return false;
    size_t room = to->room < 128 ? 256 : to->room * 2;
    if (room < to->length + more)
        room = to->length + more;
    char *data = ds_realloc(to->data, room);
    if (data == NULL)
        return false;
    to->data = data;
    to->room = room;
    return true;
}

void bytes_add(bytes *to, const void *data, size_t length)
{
    if (to->room - to->length < length && !bytes_grow(to, length))
        to->failed = true;
    if (to->failed || length == 0)
        return;
    memcpy(to->data + to->length, data, length);
    to->length += length;
}

void bytes_add_byte(bytes *to, unsigned byte)
{
    char c = (char)(unsigned char)byte;
    bytes_add(to, &c, 1);
}

void bytes_store(char *at, uint64_t number, size_t width)
{
    for (size_t i = 0; i < width; i++, number >>= 8)
        at[i] = (char)(unsigned char)(number & 0xff);
}

uint64_t bytes_load(const char *at, size_t width)
{
    uint64_t number = 0;
    for (size_t i = width; i-- > 0;)
        number = number << 8 | (unsigned char)at[i];
    return number;
}

void bytes_add_number(bytes *to, uint64_t number, size_t width)
{
    char scratch[8];
    bytes_store(scratch, number, width);
    bytes_add(to, scratch, width);
}

void bytes_add_length(bytes *to, uint64_t length)
{
    char scratch[10];
    size_t used = 0;
    for (; length >= 0x80; length >>= 7)
        scratch[used++] = (char)(unsigned char)((length & 0x7f) | 0x80);
    scratch[used++] = (char)length;
    bytes_add(to, scratch, used);
}

void bytes_add_text(bytes *to, const void *text, size_t length)
{
    bytes_add_length(to, length);
    bytes_add(to, text, length);
}

void bytes_free(bytes *of)
{
    ds_free(of->data);
    *of = (bytes){0};
}

static const char *reading_take(reading *from, size_t length)
{
    if (from->failed || (size_t)(from->end - from->at) < length) {
        from->failed = true;
        return NULL;
    }
    const char *taken = from->at;
    from->at += length;
    return taken;
}

uint64_t reading_number(reading *from, size_t width)
{
    const char *at = reading_take(from, width);
    return at == NULL ? 0 : bytes_load(at, width);
}

uint64_t reading_length(reading *from)
{
    uint64_t length = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint64_t byte = reading_number(from, 1);
        length |= (byte & 0x7f) << shift;
        if ((byte & 0x80) == 0)
            return length;
    }
    from->failed = true;
    return 0;
}

const char *reading_text(reading *from, size_t *length)
{
    uint64_t wanted = reading_length(from);
    if (wanted > (uint64_t)(from->end - from->at))
        from->failed = true;
    *length = from->failed ? 0 : (size_t)wanted;
    return reading_take(from, *length);
}
