/* A value as it is met on the way: a field, or a piece of a field's JSON text. Nothing is copied: a string in JSON text
 * stays there with its escapes until somebody needs its bytes in a row. */
#ifndef QUERY_ITEM_H
#define QUERY_ITEM_H

#include "model/record.h"

typedef struct item {
    ds_value value;
    bool escaped; /* a string whose escapes are still to be undone */
} item;

item item_of(ds_value value);
/* The value of a property, or of a path into it. `slot` DS_NO_SLOT: undeclared. Null where there is none. */
item item_get(const ds_record *, size_t slot, const char *property, size_t property_length, const char *path);
int item_compare(item a, item b); /* as ds_value_compare() */
/* The bytes in a row, in the arena if need be. false: out of memory. */
bool item_plain(item, arena *, ds_value *out);
bool item_is_array(item);
bool item_is_null(item);

typedef struct items { /* a walk through a JSON array */
    const char *next, *end;
} items;
items items_begin(ds_value array);
bool items_next(items *, item *out);

#endif
