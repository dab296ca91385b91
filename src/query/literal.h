/* Literals in JSON, with a spelling for what JSON lacks: {"$date": ...}, {"$binary": ...}, {"$string": ...}, {"$json":
 * ...}. */
#ifndef QUERY_LITERAL_H
#define QUERY_LITERAL_H

#include "base/arena.h"
#include "base/base.h"

struct json_t;
/* So that literal_read() reads the same type and bytes. `exact`: JSON keeps its text too. */
void literal_write(ds_buffer *, ds_value, bool exact);
bool literal_is_typed(const struct json_t *); /* an object of one key that begins with '$' */
ds_status literal_read(const struct json_t *, arena *, ds_value *out, ds_error *reason);

#endif
