/* Every key that is stored is built here, and nowhere else. docs/REDIS-STORAGE.md has the list. */
#ifndef REDIS_KEYS_H
#define REDIS_KEYS_H

#include <datasource/connector.h>

typedef struct key_space {
    const char *prefix; /* keyPrefix */
    size_t prefix_length;
    const char *name; /* of the model */
    size_t name_length;
    const char *record; /* what stands for the name in the keys of records: settings.redis.key, or the name */
    size_t record_length;
    const char *sequence; /* settings.redis.sequence, in place of <Model>#sequence; NULL: that */
    size_t sequence_length;
} key_space;

typedef enum key_kind {
    KEY_RECORD,
    KEY_SEQUENCE,
    KEY_SCHEMA,
    KEY_IDS,
    KEY_INDEX,
    KEY_UNIQUE,
    KEY_EXPIRES,
    KEY_ENTRIES,
    KEY_DONE
} key_kind;

/* In a cluster the keys of a partition carry one hash tag; a partition is a number below 2^20. */
#define NO_PARTITION SIZE_MAX

/* `id` is the text of a record's id, the name of an index or what token_print() gives; other kinds have none. key_write() fills exactly key_length() bytes. */
size_t key_length(const key_space *keys, key_kind kind, size_t partition, size_t id_length);
void key_write(const key_space *keys, key_kind kind, size_t partition, const char *id, size_t id_length, char *out);

/* The id in the key of a record (NO_PARTITION); false: it is another key. */
bool key_read(const key_space *keys, const char *key, size_t length, const char **id, size_t *id_length);

/* The slot of a cluster that holds the key, and a short text which, as a hash tag, brings another key there. */
unsigned key_slot(const char *key, size_t length);
const char *key_slot_text(const char *key, size_t length);

/* The pattern that SCAN's MATCH takes for all records, for ds_free(); NULL: out of memory. */
char *key_pattern(const key_space *keys, size_t *length);

/* The key of a record as a sentence can hold it: what is not printable UTF-8 as \xNN, a long one cut. */
typedef struct key_shown {
    char text[160];
} key_shown;
key_shown key_show(const key_space *keys, key_kind kind, const char *id, size_t id_length);
key_shown key_show_bytes(const char *key, size_t length);

#endif
