/* The memory connector from the inside: what a connection and a model's table are made of, and who may touch what.
 *
 * Locks, in the order in which they are taken:
 *   memory.life     connecting, and opening of models; never held by an operation
 *   table.writing   one writer a table, several tables in the order of their addresses, as table.lock. Its holder alone
 *                   changes the table, so it reads it without table.lock
 *   memory.logging  (with a file) from the append until what was appended is to be seen: memory and file agree under it
 *   table.lock      written for as long as prepared changes are put in place, never while anything waits for the disk;
 *                   read by readers for a portion of a walk
 * So a reader never waits for a disk, and sees nothing that is not on it. */
#ifndef MEMORY_MEMORY_H
#define MEMORY_MEMORY_H

#include "hash.h"
#include "journal.h"

#include <pthread.h>
#include <stdatomic.h>

#define NEVER   INT64_MAX /* an expiry that there is none of */
#define PORTION 256       /* records that a walk looks at in one go under a lock */

/* One state of a record. Never changes but for its expiry; lives as long as someone holds it. */
typedef struct version {
    atomic_uint holders;
    _Atomic int64_t expires; /* ms since 1970 */
    ds_record *record;
    size_t stored;       /* bytes that it takes in the file */
    size_t extra_length; /* encoded fields of the file that a strict model does not declare: kept, not shown */
    char extra[];
} version;

/* A record's place in its table. */
typedef struct entry {
    uint64_t number;   /* in the order of creation, from 1 */
    size_t at, due_at; /* where it stands in table.slots and table.due (SIZE_MAX: not there) */
    version *now;      /* table.lock; NULL: being created */
    version *next;     /* of the writer: what `now` becomes; NULL: it goes */
    bool touched;      /* of the writer: `next` counts */
} entry;

typedef struct unique {
    const ds_index *index;
    hash claimed; /* key -> entry */
    hash pending; /* of the writer: keys that touched entries will have */
} unique;

typedef struct place {
    uint64_t number;
    entry *entry; /* NULL: gone */
} place;

/* A record of the file whose model was not asked for yet. */
typedef struct shelved {
    uint64_t number;
    int64_t expires;
    size_t id_length, length; /* of the id's text, and of the encoded fields behind it */
    size_t stored;
    char bytes[];
} shelved;

typedef struct table {
    struct table *following;
    char *name;
    const ds_model *model; /* NULL: known from the file alone */
    size_t id_slot;
    pthread_mutex_t writing;
    pthread_rwlock_t lock;
    hash ids, pending_ids;
    unique *uniques;
    size_t unique_count;
    place *slots; /* by number */
    size_t slot_count, slot_room;
    uint64_t epoch; /* counts what moved the slots */
    uint64_t last_number;
    size_t live;
    entry **due; /* a heap by expiry */
    size_t due_count, due_room;
    _Atomic int64_t sequence; /* of the writer: the last integer id */
    hash shelf;               /* id's text -> shelved */
} table;

typedef struct memory {
    ds_source *source;
    hash_key key;
    pthread_mutex_t life, logging;
    _Atomic(table *) tables; /* grows only */
    atomic_bool connected;
    bool has_file;
    char *path;              /* of the file, absolute; NULL: none */
    _Atomic uint64_t stored; /* bytes that what is live takes in the file */
    journal journal;
} memory;

int64_t memory_now(void); /* ms since 1970 */
bool version_is_due(const version *v, int64_t now);

/* ---- record.c: records and versions ---- */

ds_value record_field(const ds_record *record, size_t slot); /* DS_NULL where there is none */
ds_status record_stored(const ds_model *model, const ds_record *from, const ds_record *defaults, ds_record **out);
ds_status record_merged(const ds_model *model, const ds_record *old, const ds_record *changed, ds_record **out);
ds_status record_with(const ds_model *model, const ds_record *old, size_t slot, const char *property, ds_value value,
                      ds_record **out);
/* Owns the record from then on, freed on failure too; `extra` is copied. */
ds_status version_new(ds_record *record, int64_t expires, const char *extra, size_t extra_length, version **out);
version *version_hold(version *v);
void version_release(version *v); /* NULL does nothing */

/* ---- key.c: what ids and unique values are looked up by ---- */

typedef struct key {
    const size_t *slots;
    size_t count;
    const ds_record *record; /* whose values these are */
    const ds_value *values;  /* or they are here */
} key;

key key_of_id(const table *t, const ds_value *id);
key key_of_record_id(const table *t, const ds_record *record);
key key_of_index(const ds_index *index, const ds_record *record);
bool key_is_claimed(const key *k); /* no part of it is null */
uint64_t key_code(const memory *m, const key *k);
bool key_same(const key *k, const ds_record *record);
/* The entry that readers see, or NULL; whatever its expiry. */
entry *key_find(const memory *m, const hash *in, const key *k);

/* ---- table.c ---- */

ds_status table_make(memory *m, const char *name, size_t length, table **out);  /* found, or new */
ds_status table_use(memory *m, table *t, const ds_model *model, ds_call *call); /* opens its model */
void table_close(memory *m, table *t);                                          /* its model goes */
void table_clear(memory *m, table *t);
void table_free(memory *m, table *t);
bool table_reserve(table *t, size_t more);       /* takes the lock where something must grow */
void table_apply(memory *m, table *t, entry *e); /* puts e->next in place, and the old version there; under the lock */
void table_squeeze(table *t);                    /* drops gone slots where they are many; under the lock */
void due_set(table *t, entry *e);                /* after its expiry changed */

/* A walk sees each entry once that was there when it began, whatever is written meanwhile. */
typedef struct walk {
    table *table;
    uint64_t next, last, epoch;
    size_t at;
} walk;
void walk_begin(walk *w, table *t);
entry *walk_step(walk *w); /* under the lock, or as the writer; NULL at the end */

/* ---- change.c: one call's changes, all prepared before the first is made ---- */

typedef struct changes {
    memory *memory;
    table *table;
    const ds_model *model;
    ds_call *call;
    int64_t now;
    entry **touched;
    size_t count, room;
    bytes payload;
    entry *renewed; /* its expiry becomes `expires`, and nothing else of it changes */
    int64_t expires;
    bool more;   /* another record follows, that must see what is prepared for this one */
    bool failed; /* for memory; sticks */
} changes;

/* DS_BUSY in the child of a fork, whose parent has the file; nothing is to be ended then. */
ds_status changes_begin(changes *c, memory *m, const ds_model *model, ds_call *call);
entry *changes_find(changes *c, ds_value id); /* that lives, as the call left it so far; NULL */
version *changes_current(const entry *e);
/* The first unique index of which the record's value is another's; NULL: none. */
const ds_index *changes_taken(changes *c, const ds_record *record, const entry *own);
ds_status changes_put(changes *c, entry *e /* NULL: a new one */, version *v); /* owns v, released on failure too */
void changes_drop(changes *c, entry *e);
void changes_renew(changes *c, entry *e, int64_t expires); /* one a call */
/* Makes them durable and visible, of several tables (in the order of the tables' addresses, as they were begun) as one; DS_OK
 * or nothing is changed. Ends the writing. */
ds_status changes_commit(changes *list, size_t n);
void changes_abandon(changes *c);

/* ---- codec.c: what the payload of a frame is made of ---- */

/*     'P' name, id's text, expiry i64, u64 bytes of fields: name, a letter for the type, value, ...   a record, whole
 *     'D' name, id's text                                                                              it is gone
 *     'E' name, id's text, expiry i64                                                                  another expiry
 *     'S' name, i64                                                                                    the last integer
 * id A name or a text is its length (LEB128) and its bytes. */

size_t codec_put(bytes *to, const table *t, const version *v); /* the bytes that it took */
size_t codec_put_shelved(bytes *to, const table *t, const shelved *s);
void codec_drop(bytes *to, const table *t, ds_value id);
void codec_expire(bytes *to, const table *t, ds_value id, int64_t expires);
void codec_sequence(bytes *to, const table *t);
ds_status codec_decode(const table *t, const shelved *from, version **out);

/* ---- shelf.c: records of the file until their models are asked for ---- */

ds_status shelf_replay(void *memory, const char *payload, size_t length, ds_call *call); /* journal_visit */
ds_status shelf_take(memory *m, table *t, ds_call *call); /* makes records of what is on the shelf */

void shelf_clear(memory *m, table *t);

/* ---- compact.c ---- */

void memory_compact(memory *m); /* where it is worth it; memory.logging is held */

/* ---- plan.c ---- */

typedef enum access_kind { ACCESS_WALK, ACCESS_ID, ACCESS_UNIQUE } access_kind;
typedef struct access {
    access_kind kind;
    const unique *unique;   /* of ACCESS_UNIQUE */
    const ds_value *values; /* each is looked up; of a composite index: the values of one key */
    size_t value_count;     /* look-ups */
    ds_value *owned;
} access;
void access_choose(const table *t, const ds_filter *where, access *out);         /* where NULL: everything */
entry *access_entry(const memory *m, const table *t, const access *a, size_t i); /* of the i-th look-up; NULL */
void access_free(access *a);

/* The entries that may match a filter, each once. */
typedef struct feed {
    memory *memory;
    table *table;
    access access;
    size_t at;
    walk walk;
} feed;
void feed_begin(feed *f, memory *m, table *t, const ds_filter *where);
/* Under table.lock, or as the writer. *end is set where there are no more; NULL otherwise is one that is not there. */
entry *feed_next(feed *f, bool *end);
static inline void feed_end(feed *f)
{
    access_free(&f->access);
}

/* ---- sort.c ---- */

typedef struct pick {
    uint64_t number;
    version *version;
} pick;
ds_status picks_sort(pick *picks, size_t count, const ds_order *order, size_t order_count,
                     ds_call *call); /* no order: by number */
/* Keeps the first `most` of what it is given, in a heap with the last of them on top; answers the one that falls out.
 */
version *picks_keep(pick *picks, size_t *count, size_t most, pick offered, const ds_order *order, size_t order_count);

/* ---- the entries: write.c, where.c, find.c ---- */

/* Prepares the changes of one record. DS_DUPLICATE, DS_INVALID, DS_NOMEM, with the sentence in the call. */
ds_status write_changed(changes *c, entry *e, const ds_record *changed);

ds_status memory_create(void *, const ds_model *, ds_record *const *, size_t, ds_outcomes *, ds_call *);
ds_status memory_update(void *, const ds_model *, const ds_value *, size_t, const ds_record *, const ds_record *const *,
                        ds_outcomes *, ds_call *);
ds_status memory_delete(void *, const ds_model *, const ds_value *, size_t, const ds_record *const *, ds_outcomes *,
                        ds_call *);
ds_status memory_replace(void *, const ds_model *, ds_record *const *, size_t, bool, const ds_record *const *,
                         ds_outcomes *, ds_call *);
ds_status memory_upsert(void *, const ds_model *, ds_record *const *, size_t, const ds_record *,
                        const ds_record *const *, ds_outcomes *, ds_call *);
ds_status memory_increment(void *, const ds_model *, ds_value, const char *, size_t, ds_value, ds_value *, ds_call *);
ds_status memory_expire(void *, const ds_model *, ds_value, int64_t, ds_call *);
ds_status memory_batch(void *, const ds_write *const *, size_t, uint32_t, ds_outcomes *, ds_call *);
ds_status memory_ttl(void *, const ds_model *, ds_value, int64_t *, ds_call *);
ds_status memory_update_where(void *, const ds_model *, const ds_filter *, const ds_record *, uint64_t *, ds_call *);
ds_status memory_delete_where(void *, const ds_model *, const ds_filter *, uint64_t *, ds_call *);
ds_status memory_count(void *, const ds_model *, const ds_filter *, uint64_t *, ds_call *);
ds_status memory_find(void *, const ds_model *, const ds_selection *, uint32_t, uint32_t *, void **, ds_call *);
ds_status memory_next(void *, ds_block *, ds_call *);
void memory_end_scan(void *);
ds_status memory_find_by_ids(void *, const ds_model *, const ds_value *, size_t, ds_block *, ds_call *);
ds_status memory_explain(void *, const ds_model *, const ds_selection *, uint32_t, uint32_t *, ds_buffer *, ds_call *);

#endif
