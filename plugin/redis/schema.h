/* What #schema says of a model: which indexes are kept, how they are defined, and which of them are built. A snapshot never changes;
 * a process has one of each model, which is replaced when a script or a reader meets another epoch. */
#ifndef REDIS_SCHEMA_H
#define REDIS_SCHEMA_H

#include "fetch.h"
#include "model.h"

#define SCHEMA_FORMAT "1"

typedef struct schema_key { /* of an index */
    const char *property;
    size_t length;
    char type; /* the letter of scripts/encode.lua */
    bool descending;
    size_t field; /* in schema.fields */
} schema_key;

typedef struct schema_index {
    const char *name;
    size_t name_length;
    bool unique, built;
    size_t key_count;
    const schema_key *keys;
    const ds_index *own; /* the definition's index of this name, where it is the same; NULL otherwise */
} schema_index;

typedef struct schema_field { /* a property that stands in an index, once */
    const char *name;
    size_t length;
    char type;
    size_t slot;  /* of this process's definition; DS_NO_SLOT */
    bool is_same; /* there it has this type */
} schema_field;

typedef struct schema {
    char epoch[24];
    bool expiring;       /* some record has, or had, an expiry */
    const char *records; /* whose they are: schema_records_of(); NULL: it is not said */
    size_t records_length;
    size_t index_count, unique_count;
    const schema_index
        *indexes; /* the unique ones first, each kind in the order of their names, as all who write them have it */
    size_t field_count;
    const schema_field *fields;
    const char *
        plan; /* all of it for scripts: "ssi s 1;2;3,1-" are the types of the fields and of the id, and the indexes' keys */
    size_t plan_length;
    size_t references;
    struct schema_chunk *chunks;
} schema;

typedef struct schema_cache schema_cache; /* of a model */
ds_status schema_cache_new(schema_cache **out, ds_error *err);
void schema_cache_free(schema_cache *cache); /* NULL does nothing */

/* The snapshot, read from the server where there is none yet or (`anew`) the last one has proved old, and made there where there is
 * none at all. Release it. */
ds_status schema_take(mapping *map, const redis_model *state, bool anew, const schema **out, ds_call *call);
/* The same, for who only reads: *out is NULL where the server has none. */
ds_status schema_look(mapping *map, const redis_model *state, bool anew, const schema **out, ds_call *call);
/* Before the writes of a model whose definition has no index: whether #schema is there, once a process; from then on it is kept as
 * by a client with an older definition. Without the key, or the right to read it, the model has no index. */
ds_status schema_ask(mapping *map, const ds_model *model, ds_call *call);
/* "s:Customer", "i:ns:customer": the type of the ids, and what stands before them in the keys of the records. For ds_free(). */
char *schema_records_of(const redis_model *state);
void schema_release(const redis_model *state, const schema *s); /* NULL does nothing */

/* Ids of records that are due, from one sweep (sweep.h) to the next; whether it must bring the script. */
bool schema_take_due(const redis_model *state, id_list *out);
void schema_put_due(const redis_model *state, id_list *due, bool is_unknown); /* takes the list */

/* DS_CONFIG with a sentence where the definition has a unique index that is not kept: writing would not enforce it. */
ds_status schema_check_writable(const redis_model *state, const schema *s, ds_error *err);
/* The index for reading: as the definition has it, and built. NULL. */
const schema_index *schema_find(const schema *s, const ds_index *own);
/* The type's letter in the model's dialect. */
char schema_letter(const redis_model *state, ds_property_type type);
/* The value that a field's text stands for, by that letter; `room` as in dialect_read(). */
void schema_read_text(const redis_model *state, char letter, const char *text, size_t length, char *room,
                      ds_value *out);

/* ---- the text of an index in #schema (schema_text.c) ---- */

/* {"unique":false,"keys":[["city","s",false],["age","i",true]],"state":"built"}, for ds_free(); `build`: a number that migrate
 * gives a build of its own, 0: none. NULL: out of memory. */
char *schema_text_of(const redis_model *state, const ds_index *index, const char *build_state, uint64_t build);

typedef struct schema_text { /* what such a text says; its strings point into the text, which is changed */
    bool unique, built;
    uint64_t build;
    size_t key_count;
    struct {
        char *property;
        size_t length;
        char type;
        bool descending;
    } keys[64];
} schema_text;
bool schema_text_parse(char *text, size_t length, schema_text *out); /* false: it is none */

#endif
