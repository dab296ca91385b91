/* Making the indexes of a model what its definition says, and looking whether they are: what the parts of migrate share.
 *
 * #schema says first that an index is being built; from then on every writer keeps it, and nobody reads from it. Then all
 * records are walked, each brought up to date by a script that writes only what its fields still say; then all entries, each
 * held against the record that it names. Last, #schema says that the index is built. Each step may be done any number of times,
 * so a run that was killed is simply begun again. */
#ifndef REDIS_MIGRATE_H
#define REDIS_MIGRATE_H

#include "fetch.h"
#include "member.h"
#include "steps.h"

#define BATCH 100 /* records or entries in one round trip */

/* How often something was found wrong, and where first. */
typedef struct tally {
    uint64_t count;
    key_shown first, other;
} tally;
void tally_note(tally *t, const redis_model *state, const char *id, size_t length);

typedef struct kept_index {
    const ds_index *own;
    char *field;             /* in #schema */
    char *built, *building;  /* what that holds */
    bool is_known, is_built; /* as #schema says it before migrate */
    bool is_guarded;
    bool is_fresh; /* begun by this run: nothing stale is in it */
    tally missing, stale, duplicates;
} kept_index;

typedef struct old_index {
    char *field; /* in #schema */
    bool is_unique;
} old_index;

/* A bytes string each, one behind the other; an entry is empty where a unique index claims nothing. */
typedef struct entry_list {
    member bytes;
    size_t *ends;
} entry_list;

typedef struct migration {
    mapping *map;
    const ds_model *model;
    const redis_model *state;
    ds_call *call;
    ds_progress *progress;
    void *user;
    bool check;
    kept_index *indexes; /* unique ones first, each kind in the order of their names */
    size_t unique_count, count;
    size_t *slots; /* of the indexed properties, without the id */
    size_t field_count;
    char *epoch;       /* "" where there is no #schema */
    old_index *others; /* that the model has no more, or of the other kind */
    size_t other_count;
    bool has_ids;                  /* #ids has its guard */
    bool expiring, knows_expiring; /* as #schema says; #entries has its guard, and was complete before migrate */
    char token[64];                /* "": nothing is changed */
    ds_record *record;
    entry_list entries;
    redis_request *reading, *writing;
    tally missing_ids, stale_ids, missing_expiry, stale_expiry, long_values;
    uint64_t done, total, records, repaired;
} migration;

/* ---- migrate_schema.c: what #schema says and is to say ---- */

ds_status migration_open(migration *m);
void migration_close(migration *m);
ds_status migration_look(migration *m);               /* reads #schema and the guards */
ds_status migration_begin(migration *m);              /* has the indexes kept from now on */
ds_status migration_finish(migration *m, bool *lost); /* has them read; *lost: a key has vanished meanwhile */
ds_status migration_drop_all(migration *m);           /* of a model without any index */

/* ---- migrate_record.c: the entries of a record ---- */

/* HMGET of the indexed fields. */
void record_ask(migration *m, const char *id, size_t length);
/* Makes the entries that these texts have, in m->entries. */
ds_status record_entries(migration *m, const redis_reply *texts, const char *id, size_t length);
const char *entry_at(const entry_list *list, size_t i, size_t *length);
ds_status record_id_bytes(migration *m, member *out, const char *id, size_t length);
/* The arguments that every script here has: the number of fields, their names, their texts. */
size_t texts_count(const migration *m);
void texts_append(const migration *m, redis_request *request, const redis_reply *texts);
void texts_append_only(const migration *m, redis_request *request, const redis_reply *texts);
void index_key(const migration *m, redis_request *request, size_t i);
ds_status migration_over(migration *m); /* another run has begun: DS_CONFLICT */
void migration_tell(migration *m, size_t more);

ds_status walk_records(migration *m); /* migrate_record.c */
ds_status walk_entries(migration *m); /* migrate_entry.c */
ds_status walk_expiry(migration *m);  /* migrate_entry.c */

/* ---- migrate.c ---- */

ds_status migrate_model(void *connection, const ds_model *model, uint32_t flags, ds_progress *progress, void *user,
                        ds_buffer *report, ds_call *call);

#endif
