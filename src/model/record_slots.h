/* How a record lies in memory: shared by the files that make up records (record*.c, block.c), and by nothing else. */
#ifndef MODEL_RECORD_SLOTS_H
#define MODEL_RECORD_SLOTS_H

#include "model/record.h"

enum { SLOT_SET = 1, SLOT_HIDDEN = 2, SLOT_RAW = 4 };

typedef struct extra_name { /* of an undeclared property */
    const char *name;
    uint32_t length, hash;
} extra_name;

typedef struct byte_room { /* memory of a slot that is written again and again */
    char *bytes;
    uint32_t room;
} byte_room;

typedef struct raw_text {
    const char *text;
    uint32_t length;
    byte_room place;
} raw_text;

struct ds_record {
    const definition *definition;
    arena *arena; /* where bytes go: `own`, or the block's */
    arena own;
    uint32_t count;      /* slots: of properties, then of undeclared ones */
    uint32_t room;       /* slots that the arrays hold */
    ds_value *values;    /* room; the state says whether there is one */
    uint8_t *states;     /* room */
    byte_room *places;   /* room; NULL in a block, whose memory is used once */
    extra_name *extras;  /* room - properties */
    raw_text *raws;      /* room; NULL until there is one */
    uint32_t *table;     /* of extras once they are many: open addressing, index + 1 */
    uint32_t table_size; /* a power of two */
    uint32_t first_room; /* slots of the arrays that lie behind this struct */
    uint32_t spare;      /* bytes behind these, where the first strings of a standalone record go */
    bool standalone, fresh_id, has_outcome, marked;
    ds_status failed;         /* of the first ds_record_set() that failed */
    ds_status outcome_status; /* where it has an outcome */
    ds_error *failure;        /* the sentence; NULL: none, or there was no memory for it */
    ds_error *outcome;        /* likewise */
    const ds_source *source;  /* of one that ds_record_new() made: for sentences; NULL otherwise */
};

/* With room for some undeclared properties from the start; NULL: out of memory. */
ds_record *record_make(const definition *, arena *, size_t room, size_t spare);
/* That owns its memory, with room for so many undeclared properties and for short strings. */
ds_record *record_make_alone(const definition *, size_t extras);
/* As it was made; what its arena held has gone. */
void record_renew(ds_record *);
void record_slot_name(const ds_record *, size_t slot, const char **name, size_t *length);
/* Copies the value into a slot; the bytes' room is used again where it suffices. Fails for memory. */
ds_status record_store(ds_record *, size_t slot, ds_value value);
/* The same, of a value whose bytes lie in the record's arena already. */
void record_adopt(ds_record *, size_t slot, ds_value value);
ds_status record_store_raw(ds_record *, size_t slot, const char *raw, size_t length);
/* Keeps what is found wrong first, and returns the status of this. */
ds_status record_fail(ds_record *, ds_status status, const ds_error *why /* or NULL */);
/* As ds_record_set(), by a name that may hold NUL. */
ds_status record_set_named(ds_record *, const char *name, size_t length, ds_value value);
/* The slot of a name, made where it is undeclared and the model takes such; DS_NO_SLOT with DS_OK where it does not. */
ds_status record_slot_for(ds_record *, const char *name, size_t length, size_t *slot);

static inline bool slot_is_shown(const ds_record *record, size_t slot)
{
    return slot < record->count && (record->states[slot] & (SLOT_SET | SLOT_HIDDEN)) == SLOT_SET;
}

static inline bool value_has_bytes(ds_value value)
{
    return value.type == DS_STRING || value.type == DS_BINARY || value.type == DS_JSON;
}

/* The value is there; what was beside it is not. */
static inline void slot_changed(ds_record *record, size_t slot)
{
    record->states[slot] = SLOT_SET;
    if (slot == record->definition->id_slot)
        record->fresh_id = false;
}

#endif
