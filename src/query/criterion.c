/* Prepares the criteria of bound comparisons: n... becomes a complement, patterns are compiled, lists are sorted for a
 * binary search. */
#include "query/criterion.h"

#include <stdlib.h>

static ds_operator positive(ds_operator op, bool *negated)
{
    *negated = true;
    switch (op) {
    case DS_NEQ:
        return DS_EQ;
    case DS_NLIKE:
        return DS_LIKE;
    case DS_NILIKE:
        return DS_ILIKE;
    case DS_NOT_IN:
        return DS_IN;
    default:
        *negated = false;
        return op;
    }
}

static int compare_values(const void *a, const void *b)
{
    return ds_value_compare(*(const ds_value *)a, *(const ds_value *)b);
}

static ds_status sort_list(const ds_filter *filter, criterion *made, arena *memory, ds_error *reason)
{
    made->sorted = arena_zeroed(memory, filter->value_count + 1, sizeof *made->sorted);
    if (made->sorted == NULL)
        return error_nomem(reason);
    for (size_t i = 0; i < filter->value_count; i++) {
        if (filter->values[i].type == DS_NULL) {
            made->has_null = true;
            continue;
        }
        made->sorted[made->sorted_count++] = filter->values[i];
        made->types |= 1u << filter->values[i].type;
    }
    if (made->sorted_count > 1)
        qsort(made->sorted, made->sorted_count, sizeof *made->sorted, compare_values);
    return DS_OK;
}

static ds_status compile(ds_value pattern, criterion *made, criterion **patterns, ds_error *reason)
{
    const ds_status status = regexp_compile(pattern.as.string, pattern.length, &made->regexp, reason);
    if (status == DS_OK) {
        made->next = *patterns;
        *patterns = made;
    }
    return status;
}

ds_status criterion_begin(ds_filter *filter, arena *memory, criterion **patterns, ds_error *reason)
{
    criterion *made = arena_zeroed(memory, 1, sizeof *made);
    if (made == NULL)
        return error_nomem(reason);
    filter->criterion = made;
    made->op = positive(filter->op, &made->negated);
    made->name_length = strlen(filter->property);
    const ds_value first = filter->value_count == 0 ? ds_null() : filter->values[0];
    switch (made->op) {
    case DS_IN:
        return sort_list(filter, made, memory, reason);
    case DS_LIKE:
    case DS_ILIKE:
        return like_compile(first.as.string, first.length, made->op == DS_ILIKE, memory, &made->like, reason);
    case DS_REGEXP:
        return compile(first, made, patterns, reason);
    default:
        return DS_OK;
    }
}
