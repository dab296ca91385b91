/* Marks: where a record stands in an order, as a short text that a host may keep. */
#ifndef QUERY_MARK_H
#define QUERY_MARK_H

#include "base/arena.h"
#include "base/base.h"

/* The text, for ds_free(); NULL: out of memory. */
char *mark_print(const char *model, const char *order, const ds_value *values, size_t count);
/* The values, in the arena. DS_INVALID: damaged, or of another model or order. */
ds_status mark_parse(const char *mark, const char *model, const char *order, size_t count, arena *,
                     const ds_value **values, ds_error *);

#endif
