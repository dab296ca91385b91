/* Reads records by their ids: pipelined, each by one command, decoded from the socket straight into a block. */
#ifndef REDIS_FETCH_H
#define REDIS_FETCH_H

#include "model.h"

/* Texts of ids, one behind the other. */
typedef struct id_list {
    char *bytes;
    size_t used, room;
    size_t *ends;
    size_t count, ends_room;
    bool is_lent; /* the memory is not its own */
} id_list;        /* all zero is empty */
/* Gives an empty list its first room, which must live as long as the list. */
void id_list_lend(id_list *list, char *bytes, size_t room, size_t *ends, size_t ends_room);
ds_status id_list_add(id_list *list, const char *id, size_t length);
const char *id_list_at(const id_list *list, size_t i, size_t *length);
void id_list_clear(id_list *list);
void id_list_free(id_list *list);

typedef enum fetch_what {
    FETCH_WHOLE,  /* HGETALL */
    FETCH_FIELDS, /* HMGET; a record that has none of them is asked for by HGETALL, since it may not be there at all */
    FETCH_EXISTENCE /* HLEN: the id is all that is asked for */
} fetch_what;

typedef struct record_fetch {
    const mapping *map;
    const ds_model *model;
    const redis_model *state;
    ds_call *call;
    fetch_what what;
    const char *const *fields; /* of FETCH_FIELDS, without the id: borrowed */
    size_t *slots;             /* their slots */
    size_t field_count;
    bool passes_over_kinds; /* a key that holds something else than a hash is no record, rather than an error */
    ds_record *
        *records; /* or NULL: the record of each id is put here, NULL where there is none; those in the block are in the
                            order of the ids then */
    /* while it runs */
    const id_list *ids;
    size_t first; /* the id of the request's first command */
    size_t base;  /* the id that records[0] belongs to */
    ds_block *block;
    ds_record *record; /* being filled; NULL: the reply has shown none yet */
    char *name;        /* of the field whose value comes next, where the model does not declare it */
    size_t name_length, name_room;
    size_t slot;
    bool skips;     /* the value that comes next is passed over */
    id_list unsure; /* records of which HMGET gave nothing */
} record_fetch;

/* Appends the commands for ids[first] to ids[first + count - 1]; the caller may append others behind them. */
void fetch_encode(record_fetch *fetch, redis_request *request, const id_list *ids, size_t first, size_t count,
                  ds_block *block);
/* After redis_run(): what is left to do, errors among it. */
ds_status fetch_finish(record_fetch *fetch, redis_request *request, size_t count);
void fetch_free(record_fetch *fetch);

ds_status find_by_ids(void *connection, const ds_model *model, const ds_value *ids, size_t n, ds_block *block,
                      ds_call *call);

#endif
