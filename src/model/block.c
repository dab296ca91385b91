/* Blocks: the records that a connector answers at a time, their bytes all in one arena. A block that is filled again and
 * again allocates nothing once it has grown to the size that is wanted, and makes no record again that it has made. A single
 * small record has room in the block itself. */
#include "model/record_slots.h"

#include <stdalign.h>

enum { FIRST_RECORDS = 2, FIRST_SHAPES = 464, FIRST_BYTES = 384 };

struct ds_block {
    const definition *definition;
    ds_record **records; /* in an order of its own, since records are dropped; from count on those to be used again */
    size_t count, made, room, wanted;
    size_t slots; /* of the record added last, so that the next one has room for as many */
    arena shapes; /* the records themselves */
    arena arena;  /* what they hold */
    ds_record *first[FIRST_RECORDS];
    alignas(max_align_t) char first_shapes[FIRST_SHAPES];
    char first_bytes[FIRST_BYTES];
};

static void lend_bytes(ds_block *block)
{
    arena_lend(&block->arena, block->first_bytes, sizeof block->first_bytes);
}

ds_block *block_new(const definition *def)
{
    ds_block *block = ds_malloc(sizeof *block);
    if (block == NULL)
        return NULL;
    memset(block, 0, offsetof(ds_block, first));
    block->definition = def;
    block->records = block->first;
    block->room = FIRST_RECORDS;
    arena_lend(&block->shapes, block->first_shapes, sizeof block->first_shapes);
    lend_bytes(block);
    return block;
}

void block_reset(ds_block *block, size_t wanted)
{
    if (block->count != 0)
        block->slots = block->records[block->count - 1]->count;
    block->count = 0;
    block->wanted = wanted;
    arena_reset(&block->arena);
    lend_bytes(block);
    if (arena_is_strict()) { /* so that a record is not used after it has gone */
        arena_reset(&block->shapes);
        block->made = 0;
    }
}

void block_free(ds_block *block)
{
    if (block == NULL)
        return;
    arena_free(&block->arena);
    arena_free(&block->shapes);
    if (block->records != block->first)
        ds_free(block->records);
    ds_free(block);
}

ds_record *block_record(const ds_block *block, size_t i)
{
    return i < block->count ? block->records[i] : NULL;
}

/* One more record than were ever wanted. */
static ds_record *make_record(ds_block *block)
{
    if (block->count == block->room) {
        bool is_first = block->records == block->first;
        size_t room = is_first ? 64 : 2 * block->room;
        ds_record **records = ds_realloc(is_first ? NULL : block->records, room * sizeof *records);
        if (records == NULL)
            return NULL;
        if (is_first)
            memcpy(records, block->first, sizeof block->first);
        block->records = records;
        block->room = room;
    }
    if (block->count != 0)
        block->slots = block->records[block->count - 1]->count;
    ds_record *record = record_make(block->definition, &block->shapes, block->slots, 0);
    if (record == NULL)
        return NULL;
    record->arena = &block->arena;
    block->records[block->count++] = record;
    block->made++;
    return record;
}

ds_record *ds_block_add(ds_block *block)
{
    if (block == NULL)
        return NULL;
    if (block->count == block->made)
        return make_record(block);
    ds_record *record = block->records[block->count++];
    record_renew(record);
    return record;
}

ds_status ds_block_add_copy(ds_block *block, const ds_record *record)
{
    if (block == NULL || record == NULL)
        return DS_INVALID;
    ds_record *copy = ds_block_add(block);
    if (copy == NULL)
        return DS_NOMEM;
    ds_status status = record_copy_into(copy, record);
    if (status != DS_OK)
        ds_block_drop(block, copy);
    return status;
}

void ds_block_drop(ds_block *block, ds_record *record)
{
    if (block == NULL)
        return;
    size_t i = block->count;
    while (i != 0 && block->records[i - 1] != record)
        i--;
    if (i == 0)
        return;
    memmove(&block->records[i - 1], &block->records[i], (block->made - i) * sizeof(ds_record *));
    block->records[block->made - 1] = record;
    block->count--;
}

size_t ds_block_count(const ds_block *block)
{
    return block == NULL ? 0 : block->count;
}

size_t ds_block_wanted(const ds_block *block)
{
    return block == NULL || block->count >= block->wanted ? 0 : block->wanted - block->count;
}
