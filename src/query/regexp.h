/* Regular expressions: "x" or "/x/flags", compiled once, matched by any number of threads. */
#ifndef QUERY_REGEXP_H
#define QUERY_REGEXP_H

#include "base/base.h"

typedef struct regexp regexp;
ds_status regexp_compile(const char *text, size_t length, regexp **out,
                         ds_error *reason); /* DS_INVALID writes only the reason */
ds_status regexp_matches(const regexp *, const char *text, size_t length, bool *matches, ds_error *reason);
void regexp_free(regexp *);

/* Finds the pattern and the flags in "/x/flags"; without the slashes all is the pattern. */
void regexp_split(const char *text, size_t length, const char **pattern, size_t *pattern_length, const char **flags);

#endif
