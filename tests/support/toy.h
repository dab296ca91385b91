/* A connector over a vector of records, written against the public ABI alone, whose every entry can be taken away, made
 * to fail, or disturbed: by it the tests prove what the library supplies. Three tables: toy-bare has the required
 * entries alone, toy-full all of them, toy-shy all of them, of which the optional ones answer DS_UNSUPPORTED. For one
 * thread. */
#ifndef TESTS_TOY_H
#define TESTS_TOY_H

#include <datasource/connector.h>

extern const ds_connector toy_bare, toy_full, toy_shy;

typedef enum toy_entry {
    TOY_CREATE,
    TOY_FIND,
    TOY_BLOCK,
    TOY_UPDATE,
    TOY_DELETE,
    TOY_BY_IDS,
    TOY_COUNT,
    TOY_REPLACE,
    TOY_UPSERT,
    TOY_INCREMENT,
    TOY_UPDATE_WHERE,
    TOY_DELETE_WHERE,
    TOY_ENTRIES
} toy_entry;

/* The switches, and what was seen. toy_reset() puts all back. */
typedef struct toy_switches {
    uint32_t did;     /* what a scan may do, of what it is allowed to; all at first */
    uint32_t claims;  /* what a scan says that it did, and did not */
    size_t per_block; /* records that a block is given at most; 0: as many as are wanted */
    int64_t sequence; /* the last integer id that was made */
    ds_status fault; /* what `fault_in` answers at its call number `fault_at`, counted from 1, and then `fault_times` */
    toy_entry fault_in;
    unsigned fault_at, fault_times;
    void (*meddle)(
        void *user); /* called at the start of each call of `meddle_in`, as another client would come between */
    void *user;
    toy_entry meddle_in;
    unsigned calls[TOY_ENTRIES];
    size_t wanted_most; /* records that a block was asked for, at most */
    uint32_t may;       /* of the last find */
    size_t open_scans, repeated_ids;
    size_t created_most; /* records in one create_records() */
    uint32_t flags;      /* of the last read's ds_call */
    uint32_t again;      /* of the last create_records' ds_call */
} toy_switches;
extern toy_switches toy;
void toy_reset(void);

/* What another client does, past the library: adds a record, sets or removes a property of the record with this id,
 * deletes it. */
void toy_add(const ds_model *model, const char *json);
void toy_set(const ds_model *model, ds_value id, const char *property, ds_value value);
void toy_remove(const ds_model *model, ds_value id);

#endif
