/* What a bound comparison knows beside its literals, so that evaluating it looks nothing up and compiles nothing. */
#ifndef QUERY_CRITERION_H
#define QUERY_CRITERION_H

#include "query/filter.h"
#include "query/item.h"
#include "query/like.h"
#include "query/regexp.h"

struct criterion {
    ds_operator op; /* the positive one: an n... is its complement */
    bool negated;
    bool has_null;      /* of IN */
    size_t name_length; /* of the property */
    ds_value *sorted;   /* IN: the list without nulls and duplicates, in the order of ds_value_compare() */
    size_t sorted_count;
    unsigned types; /* IN: a bit for each ds_type in it */
    like *like;     /* in the filter's arena */
    regexp *regexp;
    criterion *next; /* of the tree's that hold a regular expression */
};

/* Makes the criterion of a comparison whose literals are bound; puts it into the list where it holds a regular
 * expression. The reason alone is written to the error. */
ds_status criterion_begin(ds_filter *, arena *, criterion **patterns, ds_error *reason);
/* Frees a bound tree: its regular expressions, and the arena that holds all else. */
void filter_release(criterion *patterns, arena *tree);

/* Whether the positive operator holds. `memory` is for strings with escapes; DS_INVALID: a match limit. */
ds_status criterion_holds(const ds_filter *, const ds_record *, arena *memory, bool *holds, ds_error *reason);

#endif
