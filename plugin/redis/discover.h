/* Proposing models for the hashes that are there: what a group of keys has shown of itself. */
#ifndef REDIS_DISCOVER_H
#define REDIS_DISCOVER_H

#include "fetch.h"
#include "guess.h"
#include "schema.h"

#define SAMPLE_KEYS       100  /* hashes of a group that are read */
#define SAMPLE_FIELDS     500  /* of a group, and of a hash: a larger one is no record */
#define MOST_GROUPS       1000 /* models that are proposed */
#define LONGEST_COMPANION 256  /* a name whose counter is looked for */

typedef struct field_sample {
    char *name;
    size_t length;
    size_t hashes; /* that have it */
    size_t ids;    /* in which it holds the record's id */
    guess guess;
} field_sample;

typedef struct group_index { /* what <Model>#schema says */
    char *name, *text;
    schema_text says; /* points into the text */
} group_index;

/* The keys that have the same words before their id. */
typedef struct group {
    char *name; /* what settings.redis.key would be */
    size_t length;
    id_list ids;       /* a sample */
    bool has_plain;    /* an id without a ':' was met: those with one may be what belongs to a record */
    bool has_integers; /* and no other id without a ':' */
    bool has_ulids;
    size_t hashes; /* that were read */
    field_sample *fields;
    size_t field_count, field_room;
    group_index *indexes;
    size_t index_count;
    bool is_loose;                                       /* there were more fields */
    bool has_counter, has_loopback_ids, has_own_counter; /* id:<Model>, s:<Model>, <Model>#sequence are there */
} group;

/* Notes a field of a hash whose id this is. */
ds_status group_note(group *g, const char *id, size_t id_length, const char *name, size_t name_length, const char *text,
                     size_t length);
/* Notes an index: a field of #schema and what it holds. What cannot be read is passed over. */
ds_status group_note_index(group *g, const redis_reply *field, const redis_reply *text);
void group_free(group *g);

/* Appends the definitions, the groups being in order of their names. */
ds_status group_print_all(group *groups, size_t count, redis_dialect usual, ds_buffer *out);

/* The entry of the table. */
ds_status discover_models(void *connection, const char *pattern, ds_buffer *models, ds_call *call);

#endif
