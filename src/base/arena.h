/* Memory that is freed all at once: records, blocks, definitions and bound queries each live in one arena. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <datasource/value.h>

#include <string.h>

typedef struct arena_chunk arena_chunk;
typedef struct arena {
    arena_chunk *chunks; /* the one in use first */
    char *next, *end;
} arena; /* all zero is an empty arena */

void *arena_alloc(arena *, size_t size); /* aligned for anything; NULL: out of memory */
char *arena_bytes(arena *, size_t size); /* not aligned */
void *arena_zeroed(arena *, size_t count, size_t size);
char *arena_copy_slowly(arena *, const void *bytes, size_t length);
bool arena_copy_value(arena *, ds_value value, ds_value *copy); /* its bytes too */
/* Gives an empty arena a first chunk of just this size; without memory it stays as it is. */
void arena_reserve(arena *, size_t size);
/* The same of memory that stays its owner's: it must live as long as the arena, or until arena_reset() or arena_free(). */
void arena_lend(arena *, void *bytes, size_t size);
void arena_reset(arena *); /* empty again; keeps its largest chunk */
void arena_free(arena *);
bool arena_is_strict(void); /* built to catch what uses memory that is free */

/* With a NUL behind it; NULL: out of memory. Each string of each record that is read goes through this. */
static inline char *arena_copy(arena *pool, const void *bytes, size_t length)
{
    char *copy = pool->next;
    if (length >= (size_t)(pool->end - copy))
        return arena_copy_slowly(pool, bytes, length);
    pool->next = copy + length + 1;
    if (length > 0)
        memcpy(copy, bytes, length);
    copy[length] = '\0';
    return copy;
}

#endif
