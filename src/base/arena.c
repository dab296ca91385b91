/* Memory that is freed all at once: chunks that double in size, cut from front to back. With AddressSanitizer each
 * piece is a chunk of its own, so that one byte too far is seen. */
#include "base/arena.h"
#include "base/base.h"

#include <stdalign.h>

#if defined(__SANITIZE_ADDRESS__)
#define PIECE_IS_CHUNK 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PIECE_IS_CHUNK 1
#endif
#endif
#ifndef PIECE_IS_CHUNK
#define PIECE_IS_CHUNK 0
#endif

struct arena_chunk {
    arena_chunk *rest;
    size_t size; /* of the bytes */
    alignas(max_align_t) char bytes[];
};

#define FIRST_SIZE (1024 - sizeof(arena_chunk))
#define MOST_SIZE  ((size_t)256 * 1024)

static void chunk_use(arena *pool, arena_chunk *chunk)
{
    chunk->rest = pool->chunks;
    pool->chunks = chunk;
    pool->next = chunk->bytes;
    pool->end = chunk->bytes + chunk->size;
}

/* A piece larger than a chunk gets one of its own, behind the one in use, whose room is not lost by it. */
static void *chunk_add(arena *pool, size_t size)
{
    size_t usual = pool->chunks == NULL ? FIRST_SIZE : pool->chunks->size * 2;
    if (usual > MOST_SIZE)
        usual = MOST_SIZE;
    size_t room = size > usual || PIECE_IS_CHUNK ? size : usual;
    if (room > SIZE_MAX - sizeof(arena_chunk))
        return NULL;
    arena_chunk *chunk = ds_malloc(sizeof *chunk + room);
    if (chunk == NULL)
        return NULL;
    chunk->size = room;
    if (pool->chunks == NULL || room > size) {
        chunk_use(pool, chunk);
        pool->next += size;
    } else {
        chunk->rest = pool->chunks->rest;
        pool->chunks->rest = chunk;
    }
    return chunk->bytes;
}

bool arena_is_strict(void)
{
    return PIECE_IS_CHUNK;
}

static void *arena_piece(arena *pool, size_t size, size_t alignment)
{
    size_t gap = -(uintptr_t)pool->next & (alignment - 1);
    size_t left = (size_t)(pool->end - pool->next);
    if (pool->next == NULL || left < gap || left - gap < size)
        return chunk_add(pool, size);
    char *piece = pool->next + gap;
    pool->next = piece + size;
    return piece;
}

void *arena_alloc(arena *pool, size_t size)
{
    return arena_piece(pool, size == 0 ? 1 : size, alignof(max_align_t));
}

char *arena_bytes(arena *pool, size_t size)
{
    return arena_piece(pool, size == 0 ? 1 : size, 1);
}

void arena_reserve(arena *pool, size_t size)
{
    if (PIECE_IS_CHUNK || pool->chunks != NULL || size == 0 || size > SIZE_MAX / 2)
        return;
    arena_chunk *chunk = ds_malloc(sizeof *chunk + size);
    if (chunk == NULL)
        return;
    chunk->size = size;
    chunk_use(pool, chunk);
}

void arena_lend(arena *pool, void *bytes, size_t size)
{
    if (PIECE_IS_CHUNK || pool->chunks != NULL || size == 0)
        return;
    pool->next = bytes;
    pool->end = pool->next + size;
}

void *arena_zeroed(arena *pool, size_t count, size_t size)
{
    size_t asked;
    if (__builtin_mul_overflow(count, size, &asked))
        return NULL;
    void *memory = arena_alloc(pool, asked);
    return memory == NULL ? NULL : memset(memory, 0, asked);
}

char *arena_copy_slowly(arena *pool, const void *bytes, size_t length)
{
    char *copy = length == SIZE_MAX ? NULL : arena_piece(pool, length + 1, 1);
    if (copy == NULL)
        return NULL;
    if (length > 0)
        memcpy(copy, bytes, length);
    copy[length] = '\0';
    return copy;
}

bool arena_copy_value(arena *pool, ds_value value, ds_value *copy)
{
    *copy = value;
    if (value.type != DS_STRING && value.type != DS_BINARY && value.type != DS_JSON)
        return true;
    copy->as.binary = arena_copy(pool, value.as.binary, value.length);
    return copy->as.binary != NULL;
}

static void chunks_free(arena_chunk *chunk)
{
    while (chunk != NULL) {
        arena_chunk *rest = chunk->rest;
        ds_free(chunk);
        chunk = rest;
    }
}

void arena_reset(arena *pool)
{
    arena_chunk **largest = &pool->chunks;
    if (PIECE_IS_CHUNK || *largest == NULL) {
        arena_free(pool);
        return;
    }
    for (arena_chunk **link = largest; *link != NULL; link = &(*link)->rest)
        if ((*link)->size > (*largest)->size)
            largest = link;
    arena_chunk *kept = *largest;
    *largest = kept->rest;
    chunks_free(pool->chunks);
    pool->chunks = NULL;
    chunk_use(pool, kept);
}

void arena_free(arena *pool)
{
    chunks_free(pool->chunks);
    memset(pool, 0, sizeof *pool);
}
