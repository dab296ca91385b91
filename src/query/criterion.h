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
};

/* Makes the criterion of a comparison whose literals are bound. The reason alone is written to the error. */
ds_status criterion_begin(ds_filter *, ds_error *reason);
void criterion_end(criterion *); /* frees what is not in the arena */

/* Whether the positive operator holds. `memory` is for strings with escapes; DS_INVALID: a match limit. */
ds_status criterion_holds(const ds_filter *, const ds_record *, arena *memory, bool *holds, ds_error *reason);

#endif
