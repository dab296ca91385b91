/* A hash table of pointers by 64-bit codes, and the codes: SipHash-1-3 with a key of the connection's own, so that
 * nobody can choose ids that collide. */
#ifndef MEMORY_HASH_H
#define MEMORY_HASH_H

#include <datasource/connector.h>

typedef struct hash_slot {
    uint64_t code;
    void *item; /* NULL: free */
} hash_slot;

typedef struct hash {
    hash_slot *slots;
    size_t room, count; /* room: 0 or a power of two, never more than 3/4 full */
} hash;                 /* all zero is empty */

typedef bool hash_same(const void *item, const void *key);

void *hash_find(const hash *in, uint64_t code, hash_same *same, const void *key); /* or NULL */
bool hash_has_room(const hash *in, size_t more);
bool hash_reserve(hash *in, size_t more); /* false: out of memory; hash_add() needs room */
void hash_add(hash *to, uint64_t code, void *item);
void hash_remove(hash *from, uint64_t code, const void *item);
void hash_empty(hash *of); /* gives back what is more than small */
void hash_free(hash *of);

typedef struct hash_key {
    uint64_t a, b;
} hash_key;

void hash_key_make(hash_key *key);
uint64_t hash_bytes(const hash_key *key, uint64_t before, const void *bytes, size_t length);

#endif
