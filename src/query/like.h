/* SQL's LIKE by code points, and the case folding of ILIKE. */
#ifndef QUERY_LIKE_H
#define QUERY_LIKE_H

#include "base/arena.h"
#include "base/base.h"

typedef struct like like;
/* Compiles a pattern into the arena. DS_INVALID: it ends in a lone backslash; only the reason is written. */
ds_status like_compile(const char *pattern, size_t length, bool folds, arena *, like **out, ds_error *reason);
bool like_matches(const like *, const char *text, size_t length);

uint32_t fold(uint32_t code_point); /* itself where it has no other case; what is no code point too */

#endif
