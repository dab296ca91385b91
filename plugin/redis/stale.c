/* Entries of an index and the records that they lead to. A record is answered only by its own entry, so that one that changes
 * on the way is not taken for what it was; an entry whose record is gone, or is another one's now, is removed by the reader that
 * meets it. */
#include "find.h"

/* ---- the own entry ---- */

static ds_status own_entry(const find *self, const ds_record *record, const schema_index *index, member *out)
{
    ds_field id;
    bool has_null, descending = index != NULL && index->keys[index->key_count - 1].descending;
    if (!ds_record_field(record, self->state->id_slot, &id))
        return DS_INVALID;
    ds_status status = index == NULL ? DS_OK : member_add_parts(out, index->own, record, &has_null);
    return status == DS_OK ? member_add_id(out, id.value, descending) : status;
}

static bool is_found_by_entry(const find *self, size_t i)
{
    return self->plan.range_count > 0 && self->found[i] != FOUND_ELSEWHERE;
}

static ds_status is_own(const find *self, size_t i, const ds_record *record, bool *own)
{
    member made = {0};
    bytes entry;
    *own = true;
    if (!is_found_by_entry(self, i))
        return DS_OK;
    entry.at = id_list_at(&self->members, i, &entry.length);
    ds_status status = own_entry(self, record, self->plan.ranges[self->found[i]].index, &made);
    if (status == DS_OK)
        *own = bytes_compare((bytes){made.bytes, made.length}, entry) == 0;
    member_free(&made);
    return status;
}

/* Own entries of several indexes lead to a record as well: the first one answers it. */
static ds_status remember(find *self, size_t i, bool *is_new)
{
    size_t length;
    const char *id = id_list_at(&self->pending, i, &length);
    *is_new = true;
    return self->remembers && is_found_by_entry(self, i) ? seen_add(&self->seen, id, length, is_new) : DS_OK;
}

/* ---- removing ---- */

bool stale_is_read_only(const find *self)
{
    ds_value setting = ds_source_setting(redis_source(self->map->redis), "readOnly");
    return setting.type == DS_BOOLEAN && setting.as.boolean;
}

/* What the record holds in the keys of the index, for the script to see that it still does. */
static ds_status copy_keys(const find *self, const ds_record *record, const schema_index *index, ds_record **out)
{
    ds_record *keys = ds_record_new(self->state->model);
    ds_status status = keys == NULL ? DS_NOMEM : DS_OK;
    for (size_t i = 0; i < index->key_count && status == DS_OK; i++) {
        ds_field field;
        size_t slot = index->own->slots[i];
        bool is_there = ds_record_field(record, slot, &field);
        status = ds_record_put(keys, slot, is_there ? field.value : ds_null());
        if (status == DS_OK && is_there && field.raw != NULL)
            status = ds_record_put_raw(keys, slot, field.raw, field.raw_length);
    }
    if (status != DS_OK)
        ds_record_free(keys);
    *out = status == DS_OK ? keys : NULL;
    return status;
}

/* `record` NULL: there is none. */
static ds_status add_drop(find *self, size_t i, const ds_record *record)
{
    const schema_index *index = self->plan.ranges[self->found[i]].index;
    size_t id_length, entry_length;
    const char *id = id_list_at(&self->pending, i, &id_length), *entry = id_list_at(&self->members, i, &entry_length);
    ds_record *keys = NULL;
    if (self->no_drops || (record != NULL && index == NULL))
        return DS_OK;
    if (self->drops == NULL)
        self->drops = redis_request_new(self->map->redis);
    if (self->drops == NULL || (record != NULL && copy_keys(self, record, index, &keys) != DS_OK))
        return DS_NOMEM;
    size_t arguments = 1 + (keys == NULL ? 0 : 2 * index->key_count);
    bool is_first = request_count(self->drops) == 0; /* with its text, so that the others find it */
    script_begin(self->drops, &self->map->digests, SCRIPT_DROP, is_first, 2, arguments);
    request_key(self->drops, self->state, KEY_RECORD, id, id_length);
    walk_encode_key(self->drops, self->state, index);
    request_bytes(self->drops, entry, entry_length);
    ds_status status = keys == NULL ? DS_OK : fields_append_expected(self->drops, self->state, keys);
    ds_record_free(keys);
    return status;
}

/* Only tidies up: where the server refuses, another reader may succeed. */
void stale_drop(find *self, ds_call *call)
{
    if (self->drops == NULL || request_count(self->drops) == 0)
        return;
    ds_error ignored = {.status = DS_OK};
    ds_call own = *call;
    own.error = &ignored;
    ds_status status = redis_run(self->map->redis, self->drops, true, &own);
    for (size_t i = 0; status == DS_OK && i < request_count(self->drops); i++) {
        const redis_reply *reply = redis_reply_at(self->drops, i);
        self->no_drops |= reply != NULL && reply->type == REDIS_ERROR && !redis_reply_is(reply, "NOSCRIPT");
    }
    self->no_drops |= status != DS_OK;
    redis_request_reset(self->drops);
}

/* ---- judging ---- */

static ds_status judge(find *self, size_t i, ds_record **record, ds_call *call)
{
    bool own, is_new = true, matches = true;
    if (*record == NULL)
        return is_found_by_entry(self, i) ? add_drop(self, i, NULL) : DS_OK;
    ds_status status = is_own(self, i, *record, &own);
    if (status == DS_OK && !own)
        status = add_drop(self, i, *record);
    if (status == DS_OK && own)
        status = remember(self, i, &is_new);
    if (status == DS_OK && own && is_new && self->checks)
        status = ds_filter_matches(self->selection->where, *record, &matches, call->error);
    if (status == DS_OK && (!own || !is_new || !matches)) {
        ds_block_drop(self->fetch.block, *record);
        *record = NULL;
    }
    return status;
}

ds_status stale_judge(find *self, size_t count, ds_call *call)
{
    ds_status status = DS_OK;
    if (!self->no_drops && stale_is_read_only(self))
        self->no_drops = true;
    for (size_t i = 0; i < count && status == DS_OK; i++)
        status = judge(self, self->taken + i, &self->records[i], call);
    if (status == DS_OK)
        stale_drop(self, call);
    return status;
}
