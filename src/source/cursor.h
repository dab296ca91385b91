/* A cursor: the stream of a find, or the walk over many ids. */
#ifndef SOURCE_CURSOR_H
#define SOURCE_CURSOR_H

#include "source/stream.h"

struct ds_cursor {
    ds_source *source;
    const ds_model *model; /* or a view */
    uint64_t generation;   /* the source's when it was opened: another one means that the scan is dead */
    int64_t whole;         /* the deadline of a view, which bounds the whole walk */
    selection *selection;  /* owned; NULL of a walk over ids */
    stream stream;
    lookup *lookup; /* owned; NULL of a find */
    bool returned;  /* a record */
    ds_error error; /* the failure that ended it */
};

ds_status cursor_open(ds_model *, operation *, ds_cursor **out);

#endif
