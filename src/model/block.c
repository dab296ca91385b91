/* Blocks: the records that a connector answers at a time, their bytes all in one arena. A block that is filled again and
 * again allocates nothing once it has grown to the size that is wanted, and makes no record again that it has made. Where the
 * host is to have the record it stands alone. */
#include "model/record_slots.h"

enum { FIRST_RECORDS = 2, USUAL_RECORDS = 64 };

struct ds_block {
    const definition *definition;
    ds_record **records; /* in an order of its own, since records are dropped; from count on those to be used again */
    size_t count, made, room, wanted;
    size_t slots; /* of the record added last, so that the next one has room for as many */
    arena shapes; /* the records themselves */
    arena arena;  /* what they hold */
    bool alone;   /* each record owns its memory, and is not used again */
    ds_record *first[FIRST_RECORDS];
};

ds_block *block_new(const definition *def)
{
    ds_block *block = ds_calloc(1, sizeof *block);
    if (block == NULL)
        return NULL;
    block->definition = def;
    block->records = block->first;
    block->room = FIRST_RECORDS;
    return block;
}

ds_block *block_new_alone(const definition *def)
{
    ds_block *block = block_new(def);
    if (block != NULL)
        block->alone = true;
    return block;
}

static void free_alone(ds_block *block)
{
    for (size_t i = 0; block->alone && i < block->made; i++)
        ds_record_free(block->records[i]);
}

static bool grow(ds_block *block)
{
    bool is_first = block->records == block->first;
    size_t room = is_first ? USUAL_RECORDS : 2 * block->room;
    ds_record **records = ds_realloc(is_first ? NULL : block->records, room * sizeof *records);
    if (records == NULL)
        return false;
    if (is_first)
        memcpy(records, block->first, sizeof block->first);
    block->records = records;
    block->room = room;
    return true;
}

/* One more than were ever wanted. */
static bool make_record(ds_block *block)
{
    if (block->made == block->room && !grow(block))
        return false;
    if (block->count != 0)
        block->slots = block->records[block->count - 1]->count;
    ds_record *record = block->alone ? record_make_alone(block->definition, 0)
                                     : record_make(block->definition, &block->shapes, block->slots, 0);
    if (record == NULL)
        return false;
    if (!block->alone)
        record->arena = &block->arena;
    block->records[block->made++] = record;
    return true;
}

/* What the host frees is allocated by the thread that asks, at once: another thread may be the one that reads the answer, and
 * memory that wanders from thread to thread is slow. Without memory it is tried again when the record is there. */
void block_reset(ds_block *block, size_t wanted)
{
    if (block->count != 0)
        block->slots = block->records[block->count - 1]->count;
    free_alone(block);
    block->count = 0;
    block->wanted = wanted;
    arena_reset(&block->arena);
    if (arena_is_strict() || block->alone) { /* so that a record is not used after it has gone */
        arena_reset(&block->shapes);
        block->made = 0;
    }
    if (block->alone && wanted > 0)
        make_record(block);
}

void block_free(ds_block *block)
{
    if (block == NULL)
        return;
    free_alone(block);
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

ds_record *block_take(ds_block *block, size_t i)
{
    ds_record *record = block->records[i];
    memmove(&block->records[i], &block->records[i + 1], (block->made - i - 1) * sizeof(ds_record *));
    block->count--;
    block->made--;
    return record;
}

ds_record *ds_block_add(ds_block *block)
{
    if (block == NULL)
        return NULL;
    if (block->count == block->made && !make_record(block))
        return NULL;
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
    if (block->alone) {
        ds_record_free(block_take(block, i - 1));
        return;
    }
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
