/* Keys: the values by which ids and unique indexes are looked up, equal as ds_value_compare() has them equal. */
#include "memory.h"

key key_of_id(const table *t, const ds_value *id)
{
    return (key){.slots = &t->id_slot, .count = 1, .values = id};
}

key key_of_record_id(const table *t, const ds_record *record)
{
    return (key){.slots = &t->id_slot, .count = 1, .record = record};
}

key key_of_index(const ds_index *index, const ds_record *record)
{
    return (key){.slots = index->slots, .count = index->key_count, .record = record};
}

static ds_value key_value(const key *k, size_t i)
{
    return k->record == NULL ? k->values[i] : record_field(k->record, k->slots[i]);
}

bool key_is_claimed(const key *k)
{
    for (size_t i = 0; i < k->count; i++)
        if (key_value(k, i).type == DS_NULL)
            return false;
    return true;
}

static uint64_t value_code(const hash_key *with, uint64_t before, ds_value value)
{
    before = before * 31 + (uint64_t)value.type;
    switch (value.type) {
    case DS_NULL:
        return before;
    case DS_BOOLEAN:
        return hash_bytes(with, before, value.as.boolean ? "1" : "0", 1);
    case DS_INTEGER:
        return hash_bytes(with, before, &value.as.integer, sizeof value.as.integer);
    case DS_NUMBER:
        value.as.number += 0.0; /* -0 equals 0 */
        return hash_bytes(with, before, &value.as.number, sizeof value.as.number);
    case DS_DATE:
        return hash_bytes(with, before, &value.as.date, sizeof value.as.date);
    case DS_STRING:
    case DS_BINARY:
    case DS_JSON:
        break;
    }
    return hash_bytes(with, before, value.as.binary, value.length);
}

uint64_t key_code(const memory *m, const key *k)
{
    uint64_t code = 0;
    for (size_t i = 0; i < k->count; i++)
        code = value_code(&m->key, code, key_value(k, i));
    return code;
}

bool key_same(const key *k, const ds_record *record)
{
    for (size_t i = 0; i < k->count; i++)
        if (ds_value_compare(key_value(k, i), record_field(record, k->slots[i])) != 0)
            return false;
    return true;
}

static bool same_now(const void *item, const void *wanted)
{
    const entry *e = item;
    return key_same(wanted, e->now->record);
}

entry *key_find(const memory *m, const hash *in, const key *k)
{
    return in->count == 0 ? NULL : hash_find(in, key_code(m, k), same_now, k);
}
