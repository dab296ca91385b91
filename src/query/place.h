/* Where in a query's JSON the reader is, so that a sentence can name it: frames on the stack, the innermost first. */
#ifndef QUERY_PLACE_H
#define QUERY_PLACE_H

#include "base/base.h"

typedef struct place {
    const struct place *up;
    const char *key; /* NULL: an element of an array */
    size_t index;
} place;

/* Fails with DS_INVALID: `the filter's "or[1].age" <what>`; without a place, `the filter <what>`. */
ds_status place_refuse(const place *, ds_error *, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
