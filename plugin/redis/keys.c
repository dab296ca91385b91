/* Keys: <keyPrefix><Model>:<id>, <keyPrefix><Model>#sequence and so on; with a partition {<Model>.<p>} stands for <Model>. Settings of
 * the model may name others. */
#include "keys.h"

#include <pthread.h>
#include <stdio.h>

static size_t partition_print(size_t partition, char out[32])
{
    return (size_t)snprintf(out, 32, ".%zu", partition);
}

static const char *kind_suffix(key_kind kind)
{
    static const char *const suffixes[] = {
        [KEY_RECORD] = ":",         [KEY_SEQUENCE] = "#sequence", [KEY_SCHEMA] = "#schema",
        [KEY_IDS] = "#ids",         [KEY_INDEX] = "#index:",      [KEY_UNIQUE] = "#unique:",
        [KEY_EXPIRES] = "#expires", [KEY_ENTRIES] = "#entries",   [KEY_DONE] = "#done:",
    };
    return suffixes[kind];
}

/* The counter, where a setting says its whole key. */
static bool is_named(const key_space *keys, key_kind kind, size_t partition)
{
    return kind == KEY_SEQUENCE && keys->sequence != NULL && partition == NO_PARTITION;
}

size_t key_length(const key_space *keys, key_kind kind, size_t partition, size_t id_length)
{
    char digits[32];
    if (is_named(keys, kind, partition))
        return keys->prefix_length + keys->sequence_length;
    size_t length = keys->prefix_length + strlen(kind_suffix(kind)) + id_length;
    if (partition != NO_PARTITION)
        return length + keys->name_length + partition_print(partition, digits) + 2;
    return length + (kind == KEY_RECORD ? keys->record_length : keys->name_length);
}

static char *put(char *out, const char *bytes, size_t length)
{
    if (length > 0)
        memcpy(out, bytes, length);
    return out + length;
}

void key_write(const key_space *keys, key_kind kind, size_t partition, const char *id, size_t id_length, char *out)
{
    char digits[32];
    out = put(out, keys->prefix, keys->prefix_length);
    if (is_named(keys, kind, partition)) {
        put(out, keys->sequence, keys->sequence_length);
        return;
    }
    if (partition != NO_PARTITION) {
        out = put(out, "{", 1);
        out = put(out, keys->name, keys->name_length);
        out = put(out, digits, partition_print(partition, digits));
        out = put(out, "}", 1);
    } else if (kind == KEY_RECORD) {
        out = put(out, keys->record, keys->record_length);
    } else {
        out = put(out, keys->name, keys->name_length);
    }
    out = put(out, kind_suffix(kind), strlen(kind_suffix(kind)));
    put(out, id, id_length);
}

bool key_read(const key_space *keys, const char *key, size_t length, const char **id, size_t *id_length)
{
    size_t fixed = key_length(keys, KEY_RECORD, NO_PARTITION, 0);
    size_t name_at = keys->prefix_length;
    if (length < fixed || key[fixed - 1] != ':' || memcmp(key + name_at, keys->record, keys->record_length) != 0)
        return false;
    if (name_at > 0 && memcmp(key, keys->prefix, name_at) != 0)
        return false;
    *id = key + fixed;
    *id_length = length - fixed;
    return true;
}

char *key_pattern(const key_space *keys, size_t *length)
{
    size_t fixed = key_length(keys, KEY_RECORD, NO_PARTITION, 0);
    char *pattern = ds_malloc(3 * fixed + 1); /* the key at its end, so that what is escaped never overtakes it */
    if (pattern == NULL)
        return NULL;
    const char *key = pattern + 2 * fixed + 1;
    char *out = pattern;
    key_write(keys, KEY_RECORD, NO_PARTITION, NULL, 0, pattern + 2 * fixed + 1);
    for (size_t i = 0; i < fixed; i++) {
        if (key[i] != '\0' && strchr("*?[]\\", key[i]) != NULL)
            *out++ = '\\';
        *out++ = key[i];
    }
    *out++ = '*';
    *length = (size_t)(out - pattern);
    return pattern;
}

/* ---- slots ---- */

enum { SLOTS = 16384, SLOT_TEXT = 4 };
static char slot_texts[SLOTS][SLOT_TEXT + 1];
static pthread_once_t slot_texts_made = PTHREAD_ONCE_INIT;

/* CRC-16/XMODEM, as Redis Cluster's specification has it. */
static unsigned checksum(const char *bytes, size_t length)
{
    unsigned sum = 0;
    for (size_t i = 0; i < length; i++) {
        sum ^= (unsigned)(unsigned char)bytes[i] << 8;
        for (int bit = 0; bit < 8; bit++)
            sum = (sum << 1 ^ ((sum & 0x8000) != 0 ? 0x1021U : 0)) & 0xffff;
    }
    return sum;
}

unsigned key_slot(const char *key, size_t length)
{
    const char *open = memchr(key, '{', length);
    const char *close = open == NULL ? NULL : memchr(open, '}', length - (size_t)(open - key));
    if (close != NULL && close > open + 1)
        return checksum(open + 1, (size_t)(close - open - 1)) % SLOTS;
    return checksum(key, length) % SLOTS;
}

/* Digits of a number in base 36, the shortest first. */
static void make_slot_texts(void)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    size_t made = 0, limit = 1;
    for (size_t length = 1; length <= SLOT_TEXT && made < SLOTS; length++) {
        limit *= 36;
        for (size_t number = 0; number < limit && made < SLOTS; number++) {
            char text[SLOT_TEXT + 1] = "";
            for (size_t at = length, rest = number; at > 0; at--, rest /= 36)
                text[at - 1] = digits[rest % 36];
            char *of_slot = slot_texts[checksum(text, length) % SLOTS];
            if (of_slot[0] != '\0')
                continue;
            memcpy(of_slot, text, sizeof text);
            made++;
        }
    }
}

const char *key_slot_text(const char *key, size_t length)
{
    pthread_once(&slot_texts_made, make_slot_texts);
    return slot_texts[key_slot(key, length)];
}

/* ---- keys in sentences ---- */

/* The length of the UTF-8 sequence of several bytes that stands here; 0 where there is none. */
static size_t sequence_length(const unsigned char *bytes, size_t length)
{
    unsigned char lead = bytes[0];
    size_t size = lead >= 0xc2 && lead <= 0xdf   ? 2
                  : lead >= 0xe0 && lead <= 0xef ? 3
                  : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                 : 0;
    if (size == 0 || size > length)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (lead == 0xe0 && bytes[1] < 0xa0) || (lead == 0xf0 && bytes[1] < 0x90);
    bool no_character = (lead == 0xed && bytes[1] > 0x9f) || (lead == 0xf4 && bytes[1] > 0x8f);
    return overlong || no_character ? 0 : size;
}

static void show_bytes(const char *bytes, size_t length, char *out, size_t room)
{
    const unsigned char *in = (const unsigned char *)bytes;
    size_t used = 0;
    for (size_t i = 0; i < length;) {
        size_t size = in[i] >= 0x20 && in[i] < 0x7f ? 1 : sequence_length(in + i, length - i);
        if (used + 8 > room) { /* what is put now, and the dots */
            memcpy(out + used, "...", 4);
            return;
        }
        if (size > 0) {
            memcpy(out + used, in + i, size);
            used += size;
        } else {
            used += (size_t)snprintf(out + used, 5, "\\x%02x", in[i]);
        }
        i += size > 0 ? size : 1;
    }
    out[used] = '\0';
}

key_shown key_show(const key_space *keys, key_kind kind, const char *id, size_t id_length)
{
    key_shown shown = {"?"};
    size_t length = key_length(keys, kind, NO_PARTITION, id_length);
    char *key = ds_malloc(length + 1);
    if (key == NULL)
        return shown;
    key_write(keys, kind, NO_PARTITION, id, id_length, key);
    shown = key_show_bytes(key, length);
    ds_free(key);
    return shown;
}

key_shown key_show_bytes(const char *key, size_t length)
{
    key_shown shown;
    show_bytes(key, length, shown.text, sizeof shown.text);
    return shown;
}
