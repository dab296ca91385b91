/* Records and blocks from the inside. */
#ifndef MODEL_RECORD_H
#define MODEL_RECORD_H

#include "model/definition.h"

ds_record *record_new_in(const definition *, arena *); /* lives with the arena; NULL: out of memory */
const definition *record_definition(const ds_record *);
const ds_source *record_source(const ds_record *); /* that it was made for, NULL: not known */
ds_status record_failure(const ds_record *,
                         ds_error *); /* of the first ds_record_set() that failed, or DS_OK; NULL: DS_INVALID */
ds_value record_value(const ds_record *, size_t slot); /* DS_NULL where it holds none or is hidden */
bool record_is_set(const ds_record *, size_t slot);    /* a value, or a null that was set */
size_t record_find(const ds_record *, const char *name,
                   size_t length); /* its slot, undeclared properties too; or DS_NO_SLOT */
ds_status record_copy_into(ds_record *to,
                           const ds_record *from); /* every field that `to` does not hold, raw text too; for memory */
ds_status record_put_field(ds_record *to, const ds_field *); /* value and raw, by name */
void record_clear(ds_record *);                              /* every field */
void record_unset(ds_record *, size_t slot);
void record_hide(ds_record *,
                 size_t slot); /* ds_record_get, ds_record_field and JSON pass it over; record_peek does not */
ds_value record_peek(const ds_record *, size_t slot);
void record_set_fresh_id(ds_record *, bool);
/* A mark of the caller's, until it is taken away; answers whether it was there. */
bool record_mark(ds_record *, bool marked);
void record_set_outcome(ds_record *, const ds_error *); /* what ds_record_outcome() answers; status DS_OK: stored */

ds_block *block_new(const definition *);       /* NULL: out of memory */
ds_block *block_new_alone(const definition *); /* its records can be taken */
ds_record *block_take(ds_block *, size_t i);   /* the caller's from now on; the others move up */
void block_reset(ds_block *, size_t wanted);
ds_record *block_record(const ds_block *, size_t i);
void block_free(ds_block *); /* NULL does nothing */

/* JSON of data: read with jansson, written by us (src/model/json_*.c). */
struct json_t;
ds_status json_load(const char *text, size_t length, struct json_t **out,
                    ds_error *); /* strict: duplicate keys, trailing text; DS_INVALID with line, column */
/* The same of text that starts at a line of a file, or 0: sentences name the column alone; *grammar: it is not JSON at all, rather than JSON with a value that is
 * refused. */
ds_status json_load_at(const char *text, size_t length, uint64_t line, struct json_t **out, bool *grammar, ds_error *);
ds_value json_scalar(const struct json_t *); /* borrowed from it; DS_NULL for objects and arrays */
/* A JSON value as a ds_value in the arena: objects and arrays as canonical DS_JSON. */
ds_status json_to_value(const struct json_t *, arena *, ds_value *out, ds_error *);
void json_write(ds_buffer *, ds_value); /* as ds_value_to_json(); JSON as it is: it must be canonical */
void json_write_tree(ds_buffer *, const struct json_t *); /* canonical */
void json_write_string(ds_buffer *, const char *text, size_t length);
void record_write_json(ds_buffer *, const ds_record *);
ds_status record_from_json_value(const ds_model *, const struct json_t *object, ds_record **out, ds_error *);

void ulid_make(char out[27]); /* 26 characters of Crockford's base 32, monotonic within the process; getrandom(2) */

#endif
