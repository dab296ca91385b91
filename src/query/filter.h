/* The filter's tree, as the files of this folder see it. A node that was built holds a name and literals as they were
 * given; a bound one is checked against a definition and knows its criterion, and is never changed again. */
#ifndef QUERY_FILTER_H
#define QUERY_FILTER_H

#include "query/query.h"

#define FILTER_DEPTH 100 /* levels of a tree, so that nothing recurses without bound */

typedef struct criterion criterion;

struct ds_filter {
    ds_filter_kind kind;
    ds_operator op;
    bool bound;
    bool too_deep;  /* stands for a tree that was deeper than FILTER_DEPTH: binding refuses it */
    unsigned depth; /* 1 for a leaf */
    const char *property;
    size_t slot;
    const char *path;
    ds_value *values;
    size_t value_count;
    ds_filter **children; /* its own, but for ds_everything() */
    size_t child_count;
    criterion *criterion; /* of a bound comparison */
    criterion *patterns;  /* of a bound root: all that hold a regular expression */
    arena arena;          /* of a bound root: holds the whole tree; what was built is one block a node */
};

/* One comparison of copied arguments, of any number of values. NULL: out of memory. */
ds_filter *filter_compare(const char *property, ds_operator, const ds_value *, size_t n);
bool filter_takes(ds_operator, size_t n); /* this number of values */

/* One spelling of each operator, as it stands in JSON; NULL for a number that is none. */
const char *operator_name(ds_operator);
bool operator_find(const char *name, ds_operator *out);
bool operator_is_pattern(ds_operator); /* like, regexp and their kin: takes a string */

struct json_t;
ds_status filter_from_json(const struct json_t *where, ds_filter **out,
                           ds_error *); /* ds_filter_parse() of what is read already */

#endif
