/* Values as bytes in the order of values. What scripts/encode.lua knows as well is said there in the same words. */
#include "member.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    PART_NULL = 0x10,
    PART_BOOLEAN = 0x20,
    PART_NUMBER = 0x30,
    PART_DATE = 0x40,
    PART_STRING = 0x50,
    PART_BINARY = 0x60
};

enum { END_WHOLE = 0, END_CUT = 1 }; /* behind the 00 that ends a text */

#define EXPONENT_ZERO 0x8000 /* the two bytes of zero; those of other numbers are as far away as their size says */
#define EXPONENT_BIAS 400 /* more than the power of ten of the least double, so that all others lie on one side of it */

/* ---- bytes ---- */

void member_clear(member *m)
{
    m->length = 0;
}

void member_free(member *m)
{
    ds_free(m->bytes);
    *m = (member){0};
}

static ds_status reserve(member *m, size_t more)
{
    if (more <= m->room - m->length)
        return DS_OK;
    size_t room = (m->length + more) * 2 + 32;
    char *moved = ds_realloc(m->bytes, room);
    if (moved == NULL)
        return DS_NOMEM;
    m->bytes = moved;
    m->room = room;
    return DS_OK;
}

ds_status member_add_bytes(member *m, const void *bytes, size_t length)
{
    ds_status status = reserve(m, length);
    if (status == DS_OK && length > 0) {
        memcpy(m->bytes + m->length, bytes, length);
        m->length += length;
    }
    return status;
}

static void put(member *m, unsigned byte)
{
    m->bytes[m->length++] = (char)byte;
}

static void complement(char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        bytes[i] = (char)~bytes[i];
}

/* ---- numbers ---- */

/* Decimal text as ds_value_text() has it: 0.DIGITS * 10^point. The digits are put where there is room for 32. */
static void put_decimal(member *m, const char *text, size_t length)
{
    char digits[32];
    size_t count = 0;
    int point = 0;
    bool is_negative = *text == '-', is_fraction = false;
    const char *end = text + length, *at = text + is_negative;
    for (; at < end && *at != 'e'; at++) {
        if (*at == '.') {
            is_fraction = true;
            continue;
        }
        if (count > 0 || *at != '0')
            digits[count++] = *at;
        point += is_fraction ? (count == 0 ? -1 : 0) : (count > 0);
    }
    if (at < end)
        point += atoi(at + 1);
    while (count > 0 && digits[count - 1] == '0')
        count--;
    int size = count == 0 ? 0 : point + EXPONENT_BIAS;
    unsigned head = (unsigned)(is_negative ? EXPONENT_ZERO - size : EXPONENT_ZERO + size);
    put(m, head >> 8);
    put(m, head & 0xff);
    for (size_t i = 0; i < count; i++)
        put(m, is_negative ? 0xffu - (unsigned char)digits[i] : (unsigned char)digits[i]);
    if (count > 0)
        put(m, is_negative ? 0xff : 0);
}

static void put_integer(member *m, int64_t integer)
{
    ds_text text;
    ds_value_text(ds_integer(integer), &text);
    put_decimal(m, text.bytes, text.length);
}

#define FIRST_INEXACT   9007199254740992.0     /* 2^53 */
#define BEYOND_INTEGERS 18446744073709551616.0 /* 2^64 */

/* Where the shortest digits of a double may not be its own, and integers lie close enough to tell, all of them count. */
static void put_number(member *m, double number)
{
    ds_text text;
    double size = number < 0 ? -number : number;
    if (size >= FIRST_INEXACT && size < BEYOND_INTEGERS) {
        text.length = (size_t)snprintf(text.scratch, sizeof text.scratch, "%.0f", number);
        text.bytes = text.scratch;
    } else {
        ds_value_text(ds_number(number), &text);
    }
    put_decimal(m, text.bytes, text.length);
}

/* ---- bytes that may hold any byte ---- */

/* 00 as 00 FF; behind all of it 00 and `last`, which is less than FF. */
static ds_status add_terminated(member *m, const char *bytes, size_t length, unsigned last)
{
    ds_status status = reserve(m, 2 * length + 2);
    if (status != DS_OK)
        return status;
    for (size_t i = 0; i < length; i++) {
        put(m, (unsigned char)bytes[i]);
        if (bytes[i] == '\0')
            put(m, 0xff);
    }
    put(m, 0);
    put(m, last);
    return DS_OK;
}

static ds_status add_text(member *m, unsigned type, const char *bytes, size_t length)
{
    put(m, type);
    return length <= LONGEST_INDEXED ? add_terminated(m, bytes, length, END_WHOLE)
                                     : add_terminated(m, bytes, LONGEST_INDEXED, END_CUT);
}

/* ---- parts ---- */

static ds_status add_ascending(member *m, ds_value value)
{
    switch (value.type) {
    case DS_NULL:
        put(m, PART_NULL);
        return DS_OK;
    case DS_BOOLEAN:
        put(m, PART_BOOLEAN);
        put(m, value.as.boolean ? 0x31 : 0x30);
        return DS_OK;
    case DS_INTEGER:
        put(m, PART_NUMBER);
        put_integer(m, value.as.integer);
        return DS_OK;
    case DS_NUMBER:
        put(m, PART_NUMBER);
        put_number(m, value.as.number);
        return DS_OK;
    case DS_DATE:
        put(m, PART_DATE);
        put_integer(m, value.as.date);
        return DS_OK;
    case DS_BINARY:
        return add_text(m, PART_BINARY, value.as.binary, value.length);
    case DS_STRING:
    case DS_JSON:
    default:
        return add_text(m, PART_STRING, value.as.string, value.length);
    }
}

ds_status member_add(member *m, ds_value value, bool descending)
{
    size_t start = m->length;
    ds_status status = reserve(m, 48);
    if (status == DS_OK)
        status = add_ascending(m, value);
    if (status == DS_OK && descending)
        complement(m->bytes + start, m->length - start);
    return status;
}

ds_status member_add_id(member *m, ds_value id, bool descending)
{
    size_t start = m->length;
    ds_status status = reserve(m, 48);
    if (status == DS_OK && id.type == DS_INTEGER)
        put_integer(m, id.as.integer);
    else if (status == DS_OK && descending)
        status = add_terminated(m, id.as.string, id.length, END_WHOLE);
    else if (status == DS_OK)
        status = member_add_bytes(m, id.as.string, id.length);
    if (status == DS_OK && descending)
        complement(m->bytes + start, m->length - start);
    return status;
}

static ds_status add_all(member *m, const ds_index *index, const ds_record *record, bool as_claim, bool *has_null)
{
    ds_status status = DS_OK;
    *has_null = false;
    for (size_t i = 0; i < index->key_count && status == DS_OK; i++) {
        ds_field field = {.value = ds_null()};
        (void)ds_record_field(record, index->slots[i], &field);
        *has_null |= field.value.type == DS_NULL;
        status = member_add(m, field.value, index->descending[i] && !as_claim);
    }
    return status;
}

ds_status member_add_parts(member *m, const ds_index *index, const ds_record *record, bool *has_null)
{
    return add_all(m, index, record, false, has_null);
}

ds_status member_add_claim(member *m, const ds_index *index, const ds_record *record, bool *has_null)
{
    return add_all(m, index, record, true, has_null);
}

/* ---- reading ---- */

/* Bytes of a member, as they were before they were complemented. */
static unsigned byte_at(const char *bytes, size_t i, bool descending)
{
    unsigned byte = (unsigned char)bytes[i];
    return descending ? 0xff - byte : byte;
}

static size_t number_length(const char *bytes, size_t length, bool descending)
{
    if (length < 2)
        return 0;
    unsigned head = byte_at(bytes, 0, descending) << 8 | byte_at(bytes, 1, descending);
    if (head == EXPONENT_ZERO)
        return 2;
    unsigned last = head > EXPONENT_ZERO ? 0 : 0xff;
    for (size_t i = 2; i < length; i++)
        if (byte_at(bytes, i, descending) == last)
            return i + 1;
    return 0;
}

static size_t terminated_length(const char *bytes, size_t length, bool descending)
{
    for (size_t i = 0; i + 1 < length; i++) {
        if (byte_at(bytes, i, descending) != 0)
            continue;
        if (byte_at(bytes, i + 1, descending) <= END_CUT)
            return i + 2;
        i++;
    }
    return 0;
}

size_t member_part_length(const char *bytes, size_t length, bool descending)
{
    if (length == 0)
        return 0;
    size_t rest = 0;
    switch (byte_at(bytes, 0, descending)) {
    case PART_NULL:
        return 1;
    case PART_BOOLEAN:
        return length < 2 ? 0 : 2;
    case PART_NUMBER:
    case PART_DATE:
        rest = number_length(bytes + 1, length - 1, descending);
        break;
    case PART_STRING:
    case PART_BINARY:
        rest = terminated_length(bytes + 1, length - 1, descending);
        break;
    default:
        break;
    }
    return rest == 0 ? 0 : rest + 1;
}

bool member_part_is_cut(const char *bytes, size_t length, bool descending)
{
    unsigned type = length == 0 ? 0 : byte_at(bytes, 0, descending);
    return (type == PART_STRING || type == PART_BINARY) && length > LONGEST_INDEXED &&
           byte_at(bytes, length - 1, descending) == END_CUT;
}

/* The text of the integer whose bytes these are, all of them. */
static bool read_integer(const char *bytes, size_t length, bool descending, char *out, size_t *out_length)
{
    if (length < 2 || length > 24 || number_length(bytes, length, descending) != length)
        return false;
    int head = (int)(byte_at(bytes, 0, descending) << 8 | byte_at(bytes, 1, descending)) - EXPONENT_ZERO;
    size_t digits = length == 2 ? 0 : length - 3, used = 0;
    int point = head == 0 ? 0 : (head < 0 ? -head : head) - EXPONENT_BIAS;
    if (head == 0)
        out[used++] = '0';
    else if (point < (int)digits || point > 19)
        return false;
    else if (head < 0)
        out[used++] = '-';
    for (size_t i = 0; i < (size_t)point; i++) {
        unsigned byte = i < digits ? byte_at(bytes, i + 2, descending) : 0;
        out[used++] = i >= digits ? '0' : (char)(head < 0 ? 0xff - byte : byte);
    }
    *out_length = used;
    return true;
}

static bool read_string(const char *bytes, size_t length, char *out, size_t *out_length)
{
    size_t used = 0;
    if (length < 2 || length > 2 * LONGEST_ID + 2 || terminated_length(bytes, length, true) != length)
        return false;
    for (size_t i = 0; i < length - 2; i++) {
        if (used == LONGEST_ID)
            return false;
        out[used++] = (char)~bytes[i];
        i += byte_at(bytes, i, true) == 0; /* 00 FF */
    }
    *out_length = used;
    return true;
}

bool member_read_id(const char *bytes, size_t length, const bool *descending, size_t key_count, bool integer_id,
                    char *scratch, const char **id, size_t *id_length)
{
    bool is_last_descending = key_count > 0 && descending[key_count - 1];
    for (size_t i = 0; i < key_count; i++) {
        size_t part = member_part_length(bytes, length, descending[i]);
        if (part == 0)
            return false;
        bytes += part;
        length -= part;
    }
    *id = integer_id || is_last_descending ? scratch : bytes;
    *id_length = length;
    if (integer_id)
        return read_integer(bytes, length, is_last_descending, scratch, id_length);
    return !is_last_descending || read_string(bytes, length, scratch, id_length);
}

/* ---- bounds ---- */

ds_status member_bound_first(member *out, const member *prefix, bool inclusive)
{
    member_clear(out);
    ds_status status = member_add_bytes(out, inclusive ? "[" : "(", 1);
    return status == DS_OK ? member_add_bytes(out, prefix->bytes, prefix->length) : status;
}

ds_status member_bound_behind(member *out, const member *prefix)
{
    size_t length = prefix->length;
    while (length > 0 && (unsigned char)prefix->bytes[length - 1] == 0xff)
        length--;
    member_clear(out);
    if (length == 0)
        return member_add_bytes(out, "+", 1);
    ds_status status = member_add_bytes(out, "(", 1);
    if (status == DS_OK)
        status = member_add_bytes(out, prefix->bytes, length);
    if (status == DS_OK)
        out->bytes[out->length - 1]++;
    return status;
}
