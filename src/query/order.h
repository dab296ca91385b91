/* Orders: "age DESC, name", bound to a definition. */
#ifndef QUERY_ORDER_H
#define QUERY_ORDER_H

#include "query/item.h"

/* The items in the arena, up to the id, which is added where it is not named; and the order's canonical text. */
ds_status order_bind(const char *text, const definition *, arena *, ds_order **out, size_t *count,
                     const char **canonical, ds_error *);
item order_item(const ds_order *, const ds_record *); /* what a record is ordered by */
/* As ds_order_compare(), of a record with the values of a mark. */
int order_compare_mark(const ds_order *, size_t count, const ds_record *, const ds_value *mark);

#endif
