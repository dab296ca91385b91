/* Open addressing with linear probing; a removal shifts back what follows, so there are no tombstones. */
#include "hash.h"

#include <sys/random.h>
#include <time.h>

#define FIRST_ROOM 16

static size_t hash_home(const hash *in, uint64_t code)
{
    return (size_t)code & (in->room - 1);
}

void *hash_find(const hash *in, uint64_t code, hash_same *same, const void *key)
{
    if (in->count == 0)
        return NULL;
    for (size_t i = hash_home(in, code); in->slots[i].item != NULL; i = (i + 1) & (in->room - 1))
        if (in->slots[i].code == code && same(in->slots[i].item, key))
            return in->slots[i].item;
    return NULL;
}

bool hash_has_room(const hash *in, size_t more)
{
    return in->room / 4 * 3 >= in->count && in->room / 4 * 3 - in->count >= more;
}

static void hash_place(hash *to, uint64_t code, void *item)
{
    size_t i = hash_home(to, code);
    while (to->slots[i].item != NULL)
        i = (i + 1) & (to->room - 1);
    to->slots[i] = (hash_slot){code, item};
}

bool hash_reserve(hash *in, size_t more)
{
    if (hash_has_room(in, more))
        return true;
    size_t room = in->room == 0 ? FIRST_ROOM : in->room;
    while (room / 4 * 3 < in->count + more) {
        if (room > SIZE_MAX / 4 / sizeof(hash_slot))
            return false;
        room *= 2;
    }
    hash grown = {.slots = ds_calloc(room, sizeof(hash_slot)), .room = room, .count = in->count};
    if (grown.slots == NULL)
        return false;
    for (size_t i = 0; i < in->room; i++)
        if (in->slots[i].item != NULL)
            hash_place(&grown, in->slots[i].code, in->slots[i].item);
    ds_free(in->slots);
    *in = grown;
    return true;
}

void hash_add(hash *to, uint64_t code, void *item)
{
    hash_place(to, code, item);
    to->count++;
}

/* Whether what lives at `at` with this home may move to `hole`: its home does not lie between them. */
static bool hash_may_move(size_t home, size_t hole, size_t at)
{
    return hole <= at ? home <= hole || home > at : home <= hole && home > at;
}

static void hash_close(hash *in, size_t hole)
{
    size_t mask = in->room - 1;
    for (size_t at = (hole + 1) & mask; in->slots[at].item != NULL; at = (at + 1) & mask)
        if (hash_may_move(hash_home(in, in->slots[at].code), hole, at)) {
            in->slots[hole] = in->slots[at];
            hole = at;
        }
    in->slots[hole].item = NULL;
    in->count--;
}

void hash_remove(hash *from, uint64_t code, const void *item)
{
    if (from->count == 0)
        return;
    for (size_t i = hash_home(from, code); from->slots[i].item != NULL; i = (i + 1) & (from->room - 1))
        if (from->slots[i].item == item) {
            hash_close(from, i);
            return;
        }
}

void hash_empty(hash *of)
{
    if (of->room > 1024)
        hash_free(of);
    else if (of->count > 0)
        memset(of->slots, 0, of->room * sizeof(hash_slot));
    of->count = 0;
}

void hash_free(hash *of)
{
    ds_free(of->slots);
    *of = (hash){0};
}

void hash_key_make(hash_key *key)
{
    if (getrandom(key, sizeof *key, GRND_NONBLOCK) == (ssize_t)sizeof *key)
        return;
    struct timespec now; /* early in the boot: better than nothing */
    clock_gettime(CLOCK_REALTIME, &now);
    key->a = (uint64_t)now.tv_nsec * 0x9e3779b97f4a7c15u;
    key->b = (uint64_t)now.tv_sec ^ (uint64_t)(uintptr_t)key;
}

typedef struct sip {
    uint64_t v[4];
} sip;

static uint64_t sip_rotate(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

static void sip_round(sip *s)
{
    uint64_t *v = s->v;
    v[0] += v[1];
    v[2] += v[3];
    v[1] = sip_rotate(v[1], 13) ^ v[0];
    v[3] = sip_rotate(v[3], 16) ^ v[2];
    v[0] = sip_rotate(v[0], 32) + v[3];
    v[2] += v[1];
    v[1] = sip_rotate(v[1], 17) ^ v[2];
    v[3] = sip_rotate(v[3], 21) ^ v[0];
    v[2] = sip_rotate(v[2], 32);
}

static void sip_take(sip *s, uint64_t word)
{
    s->v[3] ^= word;
    sip_round(s);
    s->v[0] ^= word;
}

/* SipHash-1-3 (Aumasson and Bernstein, 2012); `before` chains the parts of a composite key. */
uint64_t hash_bytes(const hash_key *key, uint64_t before, const void *bytes, size_t length)
{
    uint64_t a = key->a ^ before, b = key->b;
    sip s = {{a ^ 0x736f6d6570736575u, b ^ 0x646f72616e646f6du, a ^ 0x6c7967656e657261u, b ^ 0x7465646279746573u}};
    const char *at = bytes;
    uint64_t word = 0;
    for (size_t left = length; left >= 8; left -= 8, at += 8) {
        memcpy(&word, at, 8);
        sip_take(&s, word);
    }
    word = (uint64_t)length << 56;
    for (size_t i = 0; i < length % 8; i++)
        word |= (uint64_t)(unsigned char)at[i] << (8 * i);
    sip_take(&s, word);
    s.v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(&s);
    return s.v[0] ^ s.v[1] ^ s.v[2] ^ s.v[3];
}
