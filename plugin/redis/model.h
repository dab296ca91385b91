/* What the connector knows of its data source and of each of its models. */
#ifndef REDIS_MODEL_H
#define REDIS_MODEL_H

#include "dialect.h"
#include "keys.h"
#include "scripts.h"

#include <stdatomic.h>

/* ms: PEXPIRE adds the current time, and must not overflow. */
#define LONGEST_TTL (INT64_MAX / 4)

/* What the library calls the state of a model. */
typedef struct redis_model {
    key_space keys;
    const ds_model *model;
    size_t id_slot;
    const ds_property *id;
    bool stores_id; /* the id is a field of every record, not only where there would be no other */
    bool strict;
    bool once; /* settings.exactlyOnce: its writes carry tokens */
    redis_dialect dialect;
    bool sequenced;                       /* the model generates integer ids */
    int64_t ttl_ms;                       /* settings.ttl; 0: none */
    size_t version_slot;                  /* settings.version; DS_NO_SLOT */
    struct schema_cache *_Atomic schemas; /* schema.h; NULL: the model has no index, as far as this process knows */
    atomic_bool is_asked;                 /* whether others keep one of it: schema_ask() */
    struct trust *trust;                  /* trust.h: what readers have learned of the indexes */
    atomic_bool is_kept;                  /* it has an index or a version, so that keep.lua does its writes */
    char *pattern;                        /* SCAN's MATCH for all records */
    size_t pattern_length;
    struct redis_model *next;
} redis_model;

/* What the library calls the connection. */
typedef struct mapping {
    redis *redis;
    script_digests digests;
    redis_model *models;         /* open; changed by one thread at a time, and read by that alone */
    atomic_ullong held, changed; /* such answers of scripts, for ds_stats() */
} mapping;

extern const ds_option model_options[]; /* of a model's settings.redis */

ds_status model_open(void *connection, const ds_model *model, void **state, ds_call *call);
void model_close(void *connection, void *state);

/* Puts the id that a key of a record ends in. DS_INVALID: no id of this model is written so (its text must be
 * canonical, or the record could not be found by it again). */
ds_status model_put_id(const redis_model *state, ds_record *record, const char *id, size_t length);
/* Whether a record can have it: only then anything of that key is read or written. */
bool model_takes_id(const redis_model *state, const char *id, size_t length);

/* An argument: a key of the model. */
void request_key(redis_request *request, const redis_model *state, key_kind kind, const char *id, size_t id_length);

/* DS_WRONG_KIND with its sentence. */
ds_status model_wrong_kind(const redis_model *state, key_kind kind, const char *id, size_t id_length, ds_error *err);
/* The same of a key that a script has named. */
ds_status model_wrong_key(const redis_reply *key, ds_error *err);
/* An error reply to a command on a record's key. */
ds_status model_reply_fail(const redis_model *state, const char *id, size_t id_length, const redis_reply *reply,
                           ds_error *err);

#endif
