/* Names in filters, orders and lists of fields, resolved against a definition. */
#ifndef QUERY_NAME_H
#define QUERY_NAME_H

#include "query/query.h"

typedef struct name {
    const char *property; /* without the path */
    size_t length;
    size_t slot;           /* DS_NO_SLOT: undeclared */
    const char *path;      /* NULL: none */
    ds_property_type type; /* of a declared property */
} name;

/* A declared property wins; then the longest declared object or any that is a prefix up to a dot, with the rest as a
 * path into it; then, unless the model is strict, the whole is the name of an undeclared property. DS_INVALID
 * otherwise. The strings are in the arena. */
ds_status name_resolve(const definition *, const char *text, size_t length, arena *, name *out, ds_error *);
/* Sorts the names by bytes and leaves each once; answers how many remain. */
size_t names_unique(const char **names, size_t count);

#endif
