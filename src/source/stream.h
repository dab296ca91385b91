/* The records of a scan, finished: what the connector did not do (filter, mark, order, skip, limit) is done here, on
 * the way. src/source/stream.c; the order's part is src/source/sort.c. */
#ifndef SOURCE_STREAM_H
#define SOURCE_STREAM_H

#include "source/operations.h"

/* The best records of many in an order: all, or the first `bound`, in memory that does not grow beyond a few times
 * those. */
typedef struct sorter {
    const ds_selection *ask;
    ds_block *block;     /* owns the copies */
    ds_record **records; /* a heap with the last in order first, until sorter_finish() */
    size_t count, room;
    size_t bound; /* 0: all */
} sorter;
ds_status sorter_open(sorter *, const selection *, uint64_t bound /* 0: all */, ds_error *);
ds_status sorter_add(sorter *, const ds_record *, ds_error *); /* copies what the selection needs of it */
/* records[0] to [count - 1] are in order; DS_TIMEOUT and DS_CANCELLED, as the call says. */
ds_status sorter_finish(sorter *, const ds_call *);
void sorter_close(sorter *);

typedef struct stream {
    const ds_connector *connector;
    selection *selection; /* borrowed; its `ask` moves on where a scan begins anew */
    uint32_t may, did;    /* did: the connector's own word */
    uint32_t done;        /* DS_DID_*: what needs not be done here */
    void *scan;
    bool scanning, exhausted, limited;
    uint64_t skip_left, limit_left;
    ds_block *block;
    size_t position; /* in the block, or in what was sorted */
    bool sorting, sorted;
    sorter sorter;
    const ds_record *taken; /* the last that stream_take() saw, skipped ones too, while it is in memory */
    char *mark;             /* that of an earlier one, where there is an order */
    unsigned beginnings;
    bool is_step; /* the whole walk is a part of one step: that of records by id */
} stream;

/* What needs not be done by the library: what was not asked for, and what the connector did and may count as done. */
uint32_t stream_done(const ds_selection *, uint32_t did);
ds_status stream_open(stream *, operation *, selection *, uint32_t may);
/* The next record, the stream's until the next fetch; NULL: there is none in memory. */
ds_status stream_take(stream *, ds_record **out, ds_error *);
/* Brings the next block into memory, or where the library sorts, all. Not once it is exhausted. Each block is a step. */
ds_status stream_fetch(stream *, operation *);
/* Both: NULL at the end. */
ds_status stream_next(stream *, operation *, ds_record **out);
char *stream_mark(const stream *); /* for ds_cursor_mark() */
void stream_close(stream *);       /* of one that is all zero too */

#endif
