/* What #schema says of a model: which indexes are kept, how they are defined, and which of them are built. A snapshot never changes;
 * a process has one of each model, which is replaced when a script or a reader meets another epoch. */
#ifndef REDIS_SCHEMA_H
#define REDIS_SCHEMA_H

#include "model.h"

typedef struct schema_key { /* of an index */
    const char *property;
    size_t length;
    char type; /* the letter of scripts/encode.lua */
    bool descending;
} schema_key;

typedef struct schema_index {
    const char *name;
    bool unique, built;
    size_t key_count;
    const schema_key *keys;
    const ds_index *own; /* the definition's index of this name, where it is the same; NULL otherwise */
} schema_index;

typedef struct schema {
    char epoch[24];
    bool expiring; /* some record has, or had, an expiry */
    size_t index_count;
    const schema_index *indexes; /* in the order of their names, as all who write them have it */
    size_t references;
} schema;

/* The snapshot, read from the server where there is none yet or (`anew`) the last one has proved old, and made there where there is
 * none at all. Release it. */
ds_status schema_take(mapping *map, redis_model *state, bool anew, const schema **out, ds_call *call);
void schema_release(redis_model *state, const schema *s);

/* DS_CONFIG with a sentence where the definition has a unique index that is not kept: writing would not enforce it. */
ds_status schema_check_writable(const redis_model *state, const schema *s, ds_error *err);
/* The index for reading: as the definition has it, and built. NULL. */
const schema_index *schema_find(const schema *s, const ds_index *own);

#endif
