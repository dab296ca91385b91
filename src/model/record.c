/* Records: where values, names and bytes lie. A record on its own owns an arena and writes the bytes of a slot where it
 * wrote them before, so that setting a property again and again takes no more memory; a record of a block lives in the
 * block's arena, which is emptied at once. */
#include "model/record_slots.h"

#include <stdalign.h>

#define FIRST_EXTRAS 8  /* undeclared properties that a record has room for from the start */
#define TABLE_FROM   16 /* undeclared properties from which on a table finds them */

/* ---- making and freeing ---- */

static size_t states_size(size_t room) /* in words */
{
    return (room + 7) / 8 * 8;
}

static size_t arrays_size(size_t room, size_t extras, bool standalone)
{
    size_t slot = sizeof(ds_value) + (standalone ? sizeof(byte_room) : 0);
    return room * slot + extras * sizeof(extra_name) + states_size(room);
}

/* No slot holds anything; in words, since there are few, and this is done for each record that is read. */
static inline void states_clear(ds_record *record)
{
    const uint64_t nothing = 0;
    for (size_t i = 0; i < record->room; i += sizeof nothing)
        memcpy(record->states + i, &nothing, sizeof nothing);
}

/* Lets the arrays point into memory of arrays_size(); that of the states, which must be 0 at first, comes last. */
static void lay_arrays(ds_record *record, void *memory, size_t room)
{
    record->room = (uint32_t)room;
    record->values = memory;
    record->extras = (extra_name *)(void *)(record->values + room);
    char *behind = (char *)(record->extras + (room - record->definition->property_count));
    record->places = NULL;
    if (record->standalone) {
        record->places = (byte_room *)(void *)behind;
        memset(record->places, 0, room * sizeof(byte_room));
        behind = (char *)(record->places + room);
    }
    record->states = (uint8_t *)behind;
    states_clear(record);
}

static char *spare_of(ds_record *record)
{
    size_t extras = record->first_room - record->definition->property_count;
    return (char *)(record + 1) + arrays_size(record->first_room, extras, record->standalone);
}

ds_record *record_make(const definition *def, arena *memory, size_t room, size_t spare)
{
    size_t extras = room > def->property_count ? room - def->property_count : 0;
    room = def->property_count + extras;
    size_t size = sizeof(ds_record) + arrays_size(room, extras, memory == NULL) + spare;
    ds_record *record = memory == NULL ? ds_malloc(size) : arena_alloc(memory, size);
    if (record == NULL)
        return NULL;
    memset(record, 0, sizeof *record);
    record->definition = def;
    record->standalone = memory == NULL;
    record->arena = memory == NULL ? &record->own : memory;
    record->first_room = (uint32_t)room;
    record->count = (uint32_t)def->property_count;
    record->spare = (uint32_t)spare;
    lay_arrays(record, record + 1, room);
    if (spare > 0)
        arena_lend(&record->own, spare_of(record), spare);
    return record;
}

ds_record *record_new_in(const definition *def, arena *memory)
{
    return record_make(def, memory, 0, 0);
}

/* Hosts make many: one piece of memory each, as long as the strings are short. */
ds_record *record_make_alone(const definition *def, size_t extras)
{
    size_t room = def->property_count + extras;
    return record_make(def, NULL, room, room < 16 ? 64 + 16 * room : 320);
}

ds_record *ds_record_new(const ds_model *model)
{
    const definition *def = model == NULL ? NULL : model->definition;
    ds_record *record = def == NULL ? NULL : record_make_alone(def, def->strict ? 0 : FIRST_EXTRAS);
    if (record != NULL)
        record->source = model->source;
    return record;
}

const ds_source *record_source(const ds_record *record)
{
    return record->source;
}

void ds_record_free(ds_record *record)
{
    if (record == NULL || !record->standalone)
        return;
    arena_free(&record->own);
    ds_free(record->failure);
    ds_free(record->outcome);
    ds_free(record);
}

const definition *record_definition(const ds_record *record)
{
    return record->definition;
}

void record_clear(ds_record *record)
{
    record->fresh_id = false;
    record->raws = NULL;
    record->table = NULL;
    record->table_size = 0;
    record->count = (uint32_t)record->definition->property_count;
    if (!record->standalone) {
        states_clear(record);
        return;
    }
    arena_reset(&record->own);
    arena_lend(&record->own, spare_of(record), record->spare);
    lay_arrays(record, record + 1, record->first_room);
}

void record_renew(ds_record *record)
{
    if (record->values == (ds_value *)(record + 1))
        states_clear(record);
    else
        lay_arrays(record, record + 1, record->first_room);
    record->count = (uint32_t)record->definition->property_count;
    record->raws = NULL;
    record->table = NULL;
    record->table_size = 0;
    record->fresh_id = record->has_outcome = record->marked = false;
    record->failed = DS_OK;
}

/* ---- undeclared properties ---- */

static size_t extra_in_table(const ds_record *record, const char *name, size_t length, uint32_t hash)
{
    uint32_t mask = record->table_size - 1;
    for (uint32_t i = hash & mask; record->table[i] != 0; i = (i + 1) & mask) {
        const extra_name *extra = &record->extras[record->table[i] - 1];
        if (extra->hash == hash && extra->length == length && memcmp(extra->name, name, length) == 0)
            return record->table[i] - 1;
    }
    return DS_NO_SLOT;
}

static size_t find_extra(const ds_record *record, const char *name, size_t length, uint32_t hash)
{
    size_t declared = record->definition->property_count, extras = record->count - declared;
    if (extras == 0)
        return DS_NO_SLOT;
    if (record->table != NULL) {
        size_t found = extra_in_table(record, name, length, hash);
        return found == DS_NO_SLOT ? DS_NO_SLOT : declared + found;
    }
    for (size_t i = 0; i < extras; i++) {
        const extra_name *extra = &record->extras[i];
        if (extra->hash == hash && extra->length == length && memcmp(extra->name, name, length) == 0)
            return declared + i;
    }
    return DS_NO_SLOT;
}

static size_t find_hashed(const ds_record *record, const char *name, size_t length, uint32_t hash)
{
    size_t slot = definition_slot_hashed(record->definition, name, length, hash);
    return slot != DS_NO_SLOT ? slot : find_extra(record, name, length, hash);
}

size_t record_find(const ds_record *record, const char *name, size_t length)
{
    return find_hashed(record, name, length, name_hash(name, length));
}

static void table_add(ds_record *record, uint32_t extra)
{
    uint32_t mask = record->table_size - 1, i = record->extras[extra].hash & mask;
    while (record->table[i] != 0)
        i = (i + 1) & mask;
    record->table[i] = extra + 1;
}

/* Makes the table of `extras` names, or a bigger one, where it is wanted. */
static bool table_grow(ds_record *record, uint32_t extras)
{
    if (extras < TABLE_FROM || (record->table != NULL && extras < record->table_size / 2))
        return true;
    uint32_t size = record->table == NULL ? 4 * TABLE_FROM : 2 * record->table_size;
    while (size / 2 <= extras)
        size *= 2;
    uint32_t *table = arena_zeroed(record->arena, size, sizeof *table);
    if (table == NULL)
        return false;
    record->table = table;
    record->table_size = size;
    for (uint32_t i = 0; i < extras; i++)
        table_add(record, i);
    return true;
}

static bool grow_raws(ds_record *record, size_t room)
{
    raw_text *raws = arena_zeroed(record->arena, room, sizeof *raws);
    if (raws == NULL)
        return false;
    if (record->raws != NULL)
        memcpy(raws, record->raws, record->count * sizeof *raws);
    record->raws = raws;
    return true;
}

static bool grow_slots(ds_record *record)
{
    size_t declared = record->definition->property_count, extras = record->count - declared;
    size_t more = extras < FIRST_EXTRAS ? FIRST_EXTRAS : 2 * extras, room = declared + more;
    if (room > UINT32_MAX / 4)
        return false;
    ds_record before = *record;
    void *memory = arena_alloc(record->arena, arrays_size(room, more, record->standalone));
    if (memory == NULL || (record->raws != NULL && !grow_raws(record, room)))
        return false;
    lay_arrays(record, memory, room);
    memcpy(record->values, before.values, before.count * sizeof(ds_value));
    memcpy(record->states, before.states, before.count);
    memcpy(record->extras, before.extras, extras * sizeof(extra_name));
    if (record->standalone)
        memcpy(record->places, before.places, before.count * sizeof(byte_room));
    return true;
}

static ds_status add_extra(ds_record *record, const char *name, size_t length, uint32_t hash, size_t *slot)
{
    uint32_t extra = record->count - (uint32_t)record->definition->property_count;
    if (length >= UINT32_MAX)
        return DS_INVALID;
    if (record->count == record->room && !grow_slots(record))
        return DS_NOMEM;
    char *copy = arena_copy(record->arena, name, length);
    if (copy == NULL || !table_grow(record, extra))
        return DS_NOMEM;
    record->extras[extra] = (extra_name){copy, (uint32_t)length, hash};
    if (record->table != NULL)
        table_add(record, extra);
    record->states[record->count] = 0;
    *slot = record->count++;
    return DS_OK;
}

ds_status record_slot_for(ds_record *record, const char *name, size_t length, size_t *slot)
{
    uint32_t hash = name_hash(name, length);
    *slot = find_hashed(record, name, length, hash);
    if (*slot != DS_NO_SLOT || record->definition->strict)
        return DS_OK;
    return add_extra(record, name, length, hash, slot);
}

/* ---- values ---- */

static uint32_t room_for(uint32_t length)
{
    uint32_t room = 16;
    while (room <= length && room < 1u << 31)
        room *= 2;
    return room > length ? room : UINT32_MAX;
}

/* Writes bytes and a NUL at a place, or at a larger one; they may overlap with what is there. NULL: out of memory. */
static char *place_bytes(ds_record *record, byte_room *place, const void *bytes, uint32_t length)
{
    if (place->room <= length) {
        uint32_t room = room_for(length);
        char *larger = arena_bytes(record->arena, room);
        if (larger == NULL)
            return NULL;
        place->bytes = larger;
        place->room = room;
    }
    memmove(place->bytes, bytes, length);
    place->bytes[length] = '\0';
    return place->bytes;
}

ds_status record_store(ds_record *record, size_t slot, ds_value value)
{
    if (value_has_bytes(value)) {
        char *bytes = record->places == NULL
                          ? arena_copy(record->arena, value.as.binary, value.length)
                          : place_bytes(record, &record->places[slot], value.as.binary, value.length);
        if (bytes == NULL)
            return DS_NOMEM;
        value.as.string = bytes;
    }
    record->values[slot] = value;
    slot_changed(record, slot);
    return DS_OK;
}

void record_adopt(ds_record *record, size_t slot, ds_value value)
{
    if (record->places != NULL && value_has_bytes(value))
        record->places[slot] = (byte_room){(char *)(uintptr_t)value.as.string, value.length};
    record->values[slot] = value;
    slot_changed(record, slot);
}

ds_status record_store_raw(ds_record *record, size_t slot, const char *raw, size_t length)
{
    if (length >= UINT32_MAX)
        return DS_INVALID;
    if (record->raws == NULL && !grow_raws(record, record->room))
        return DS_NOMEM;
    raw_text *at = &record->raws[slot];
    char *bytes = record->standalone ? place_bytes(record, &at->place, raw, (uint32_t)length)
                                     : arena_copy(record->arena, raw, length);
    if (bytes == NULL)
        return DS_NOMEM;
    at->text = bytes;
    at->length = (uint32_t)length;
    record->states[slot] |= SLOT_RAW;
    return DS_OK;
}

/* ---- reading ---- */

ds_value record_value(const ds_record *record, size_t slot)
{
    return slot_is_shown(record, slot) ? record->values[slot] : ds_null();
}

bool record_is_set(const ds_record *record, size_t slot)
{
    return slot_is_shown(record, slot);
}

ds_value record_peek(const ds_record *record, size_t slot)
{
    return slot < record->count && (record->states[slot] & SLOT_SET) != 0 ? record->values[slot] : ds_null();
}

ds_value ds_record_get(const ds_record *record, const char *property)
{
    if (record == NULL || property == NULL)
        return ds_null();
    return record_value(record, record_find(record, property, strlen(property)));
}

size_t ds_record_slots(const ds_record *record)
{
    return record == NULL ? 0 : record->count;
}

static inline void slot_name(const ds_record *record, size_t slot, const char **name, size_t *length)
{
    size_t declared = record->definition->property_count;
    if (slot < declared) {
        *name = record->definition->properties[slot].name;
        *length = record->definition->properties[slot].name_length;
    } else {
        *name = record->extras[slot - declared].name;
        *length = record->extras[slot - declared].length;
    }
}

void record_slot_name(const ds_record *record, size_t slot, const char **name, size_t *length)
{
    slot_name(record, slot, name, length);
}

bool ds_record_field(const ds_record *record, size_t slot, ds_field *out)
{
    if (out == NULL || record == NULL || slot >= record->count)
        return false;
    const unsigned state = record->states[slot];
    if ((state & (SLOT_SET | SLOT_HIDDEN)) != SLOT_SET)
        return false;
    const raw_text *raw = (state & SLOT_RAW) != 0 ? &record->raws[slot] : NULL;
    slot_name(record, slot, &out->name, &out->name_length);
    out->value = record->values[slot];
    out->raw = raw == NULL ? NULL : raw->text;
    out->raw_length = raw == NULL ? 0 : raw->length;
    return true;
}

/* ---- hiding and taking out ---- */

void record_unset(ds_record *record, size_t slot)
{
    if (slot >= record->count)
        return;
    slot_changed(record, slot);
    record->states[slot] = 0;
}

void record_hide(ds_record *record, size_t slot)
{
    if (slot < record->count)
        record->states[slot] |= SLOT_HIDDEN;
}

void record_set_fresh_id(ds_record *record, bool fresh)
{
    record->fresh_id = fresh;
}

bool record_mark(ds_record *record, bool marked)
{
    bool was = record->marked;
    record->marked = marked;
    return was;
}

bool ds_record_has_fresh_id(const ds_record *record)
{
    return record != NULL && record->fresh_id;
}

/* ---- copies ---- */

static ds_status put_field_at(ds_record *to, size_t slot, const ds_field *field)
{
    ds_status status = record_store(to, slot, field->value);
    if (status == DS_OK && field->raw != NULL)
        status = record_store_raw(to, slot, field->raw, field->raw_length);
    return status;
}

ds_status record_put_field(ds_record *to, const ds_field *field)
{
    size_t slot;
    ds_status status = record_slot_for(to, field->name, field->name_length, &slot);
    return status != DS_OK || slot == DS_NO_SLOT ? status : put_field_at(to, slot, field);
}

ds_status record_copy_into(ds_record *to, const ds_record *from)
{
    ds_field field;
    for (size_t i = 0; i < from->count; i++) {
        if (!ds_record_field(from, i, &field))
            continue;
        size_t slot = i;
        if (to->definition != from->definition || i >= from->definition->property_count) {
            ds_status status = record_slot_for(to, field.name, field.name_length, &slot);
            if (status != DS_OK)
                return status;
        }
        if (slot == DS_NO_SLOT || slot_is_shown(to, slot))
            continue;
        ds_status status = put_field_at(to, slot, &field);
        if (status != DS_OK)
            return status;
    }
    return DS_OK;
}

/* What the bytes of a copy take: copies are what connectors and hosts keep, many of them, so they have no room to spare.
 */
static size_t copy_size(const ds_record *record)
{
    const size_t align = alignof(max_align_t);
    size_t size = 0;
    ds_field field;
    for (size_t i = 0; i < record->count; i++) {
        if (!ds_record_field(record, i, &field))
            continue;
        if (value_has_bytes(field.value))
            size += room_for(field.value.length);
        if (i >= record->definition->property_count)
            size += (field.name_length + align) / align * align;
    }
    return size;
}

ds_status ds_record_copy(const ds_record *record, ds_record **out, ds_error *err)
{
    if (out != NULL)
        *out = NULL;
    if (record == NULL || out == NULL)
        return ds_error_set(err, DS_INVALID, "there is no record to copy, or no place for the copy");
    size_t size = copy_size(record), spare = size < 4096 ? size : 0;
    ds_record *copy = record_make(record->definition, NULL, record->count, spare);
    if (copy != NULL && spare == 0)
        arena_reserve(&copy->own, size);
    if (copy == NULL || record_copy_into(copy, record) != DS_OK) {
        ds_record_free(copy);
        return error_nomem(err);
    }
    if (record->failed != DS_OK)
        record_fail(copy, record->failed, record->failure);
    *out = copy;
    return DS_OK;
}
