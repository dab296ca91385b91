/* What a condition on one property says of its parts in an index: intervals of bytes, ascending, as if each key were. Bytes of
 * descending keys, and of members behind a prefix, are made of these. All is taken from a pool and freed with it. */
#ifndef REDIS_INTERVAL_H
#define REDIS_INTERVAL_H

#include "member.h"

typedef struct pool_piece pool_piece;
typedef struct pool { /* memory that ends at once; all zero is empty */
    pool_piece *pieces;
} pool;
void *pool_take(pool *memory, size_t size); /* zeroed; NULL: out of memory */
void *pool_copy(pool *memory, const void *bytes, size_t length);
void pool_free(pool *memory);

typedef struct bytes {
    const char *at;
    size_t length;
} bytes;
int bytes_compare(bytes a, bytes b);

/* From `first` on, up to but without `behind`. */
typedef struct interval {
    bytes first, behind;
    bool is_endless; /* there is no `behind` */
    bool is_point;   /* one value: `first` is its part */
} interval;

typedef struct intervals { /* in ascending order, disjoint */
    interval *items;
    size_t count;
    bool is_exact; /* whether the condition holds is said by them alone */
} intervals;

/* Ids stand behind the parts, and in the primary index: not as parts do. */
typedef enum interval_space { SPACE_PARTS, SPACE_IDS } interval_space;

/* *served is false where a comparison says nothing that an index could answer (its path is passed over, too). */
ds_status intervals_of(pool *memory, const ds_filter_node *comparison, interval_space space, intervals *out,
                       bool *served);
ds_status intervals_meet(pool *memory, const intervals *a, const intervals *b, intervals *out);
ds_status intervals_join(pool *memory, const intervals *a, const intervals *b, intervals *out);
/* As the key has them; `descending` turns them round. */
ds_status intervals_turn(pool *memory, intervals *set);
/* The least bytes above all that begin with these; false: there are none. */
bool bytes_behind(pool *memory, bytes prefix, bytes *out, ds_status *status);

#endif
