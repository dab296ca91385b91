/* SipHash, and the set of digests by open addressing. */
#include "seen.h"

#include <sys/random.h>

static uint64_t rotate(uint64_t word, int bits)
{
    return word << bits | word >> (64 - bits);
}

static void sip_rounds(uint64_t v[4], int rounds)
{
    while (rounds-- > 0) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] = rotate(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] = rotate(v[2], 32);
    }
}

/* Up to eight bytes as a little-endian word. */
static uint64_t word_of(const unsigned char *bytes, size_t length)
{
    uint64_t word = 0;
    for (size_t i = 0; i < length; i++)
        word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

void siphash(const uint64_t key[2], const void *bytes, size_t length, uint64_t out[2])
{
    const unsigned char *in = bytes;
    uint64_t v[4] = {key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d ^ 0xee, key[0] ^ 0x6c7967656e657261,
                     key[1] ^ 0x7465646279746573};
    size_t left = length;
    for (; left >= 8; left -= 8, in += 8) {
        uint64_t word = word_of(in, 8);
        v[3] ^= word;
        sip_rounds(v, 2);
        v[0] ^= word;
    }
    uint64_t last = (uint64_t)length << 56 | word_of(in, left);
    v[3] ^= last;
    sip_rounds(v, 2);
    v[0] ^= last;
    v[2] ^= 0xee;
    sip_rounds(v, 4);
    out[0] = v[0] ^ v[1] ^ v[2] ^ v[3];
    v[1] ^= 0xdd;
    sip_rounds(v, 4);
    out[1] = v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* Where a digest is, or would be: the upper half of its first word says where to begin. */
static uint64_t *find_slot(const seen_table *table, const uint64_t digest[2])
{
    size_t at = (size_t)((digest[0] >> 32) * table->room >> 32);
    for (;; at = at + 1 == table->room ? 0 : at + 1) {
        uint64_t *slot = table->slots[at];
        if ((slot[0] == digest[0] && slot[1] == digest[1]) || (slot[0] == 0 && slot[1] == 0))
            return slot;
    }
}

static ds_status grow(seen_table *table)
{
    seen_table larger = {.count = table->count, .room = table->room == 0 ? 64 : table->room + table->room / 2};
    if (larger.room > UINT32_MAX || (larger.slots = ds_calloc(larger.room, sizeof *larger.slots)) == NULL)
        return DS_NOMEM;
    for (size_t i = 0; i < table->room; i++)
        if (table->slots[i][0] != 0 || table->slots[i][1] != 0)
            memcpy(find_slot(&larger, table->slots[i]), table->slots[i], sizeof *table->slots);
    ds_free(table->slots);
    *table = larger;
    return DS_OK;
}

static ds_status add_to(seen_table *table, const uint64_t digest[2], bool *added)
{
    if (table->count >= table->room / 5 * 4 && grow(table) != DS_OK)
        return DS_NOMEM;
    uint64_t *slot = find_slot(table, digest);
    *added = slot[0] == 0 && slot[1] == 0;
    if (*added) {
        memcpy(slot, digest, 2 * sizeof *digest);
        table->count++;
    }
    return DS_OK;
}

static bool has(const seen_table *table, const uint64_t digest[2])
{
    if (table->room == 0)
        return false;
    const uint64_t *slot = find_slot(table, digest);
    return slot[0] != 0 || slot[1] != 0;
}

static void make_digest(const seen *set, const char *bytes, size_t length, uint64_t digest[2])
{
    siphash(set->key, bytes, length, digest);
    if (digest[0] == 0 && digest[1] == 0)
        digest[1] = 1;
}

static seen_table *rest_of(const seen *set, const uint64_t digest[2])
{
    return &set->rest[digest[0] % SEEN_TABLES];
}

bool seen_has(const seen *set, const char *bytes, size_t length)
{
    uint64_t digest[2];
    if (set->count == 0)
        return false;
    make_digest(set, bytes, length, digest);
    return has(&set->first, digest) || (set->rest != NULL && has(rest_of(set, digest), digest));
}

ds_status seen_add(seen *set, const char *bytes, size_t length, bool *added)
{
    uint64_t digest[2];
    /* Without a random key (a kernel that has none yet) the set is as right, only not proof against an adversary. */
    if (set->key[0] == 0 && set->key[1] == 0 && getrandom(set->key, sizeof set->key, GRND_NONBLOCK) < 0)
        set->key[0] = (uint64_t)(uintptr_t)set | 1;
    make_digest(set, bytes, length, digest);
    *added = false;
    if (set->first.count == SEEN_FIRST && has(&set->first, digest))
        return DS_OK;
    if (set->first.count == SEEN_FIRST && set->rest == NULL &&
        (set->rest = ds_calloc(SEEN_TABLES, sizeof *set->rest)) == NULL)
        return DS_NOMEM;
    ds_status status = add_to(set->rest == NULL ? &set->first : rest_of(set, digest), digest, added);
    set->count += status == DS_OK && *added;
    return status;
}

static void free_rest(seen *set)
{
    for (size_t i = 0; set->rest != NULL && i < SEEN_TABLES; i++)
        ds_free(set->rest[i].slots);
    ds_free(set->rest);
    set->rest = NULL;
}

void seen_clear(seen *set)
{
    if (set->first.count > 0)
        memset(set->first.slots, 0, set->first.room * sizeof *set->first.slots);
    set->first.count = 0;
    set->count = 0;
    free_rest(set);
}

void seen_free(seen *set)
{
    free_rest(set);
    ds_free(set->first.slots);
    *set = (seen){.key = {0}};
}
