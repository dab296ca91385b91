/* The walk over the records: each gets the entries that its fields ask for. A batch is read in one round trip and written in
 * another; what has changed in between, or meets another record's unique value, is done by itself. */
#include "migrate.h"

#include <stdio.h>
#include <stdlib.h>

#define MOST_TURNS 100 /* for a record that others change all the time */

/* ---- reading ---- */

void record_ask(migration *m, const char *id, size_t length)
{
    request_begin(m->reading, 2 + (m->field_count == 0 ? 1 : m->field_count));
    request_text(m->reading, "HMGET");
    request_key(m->reading, m->state, KEY_RECORD, id, length);
    for (size_t i = 0; i < m->field_count; i++) {
        const ds_property *property = ds_model_property(m->model, m->slots[i]);
        request_bytes(m->reading, property->name, property->name_length);
    }
    if (m->field_count == 0) /* an index of nothing but the id */
        request_bytes(m->reading, "", 0);
}

/* The text of an indexed field; NULL: there is none. */
static const redis_reply *text_at(const redis_reply *texts, size_t i)
{
    if (texts->type != REDIS_ARRAY || i >= texts->count || texts->elements[i].type != REDIS_STRING)
        return NULL;
    return &texts->elements[i];
}

static ds_status read_record(migration *m, const redis_reply *texts, const char *id, size_t length)
{
    ds_status status = model_put_id(m->state, m->record, id, length);
    for (size_t i = 0; i < m->field_count && status == DS_OK; i++) {
        const redis_reply *text = text_at(texts, i);
        const ds_property *property = ds_model_property(m->model, m->slots[i]);
        if (text == NULL)
            status = ds_record_put(m->record, m->slots[i], ds_null());
        else
            status =
                dialect_put_text(m->state->dialect, property->type, m->record, m->slots[i], text->text, text->length);
    }
    return status;
}

/* ---- entries ---- */

static ds_value id_value(const migration *m)
{
    ds_field field = {.value = ds_null()};
    (void)ds_record_field(m->record, m->state->id_slot, &field);
    return field.value;
}

ds_status record_id_bytes(migration *m, member *out, const char *id, size_t length)
{
    member_clear(out);
    ds_status status = model_put_id(m->state, m->record, id, length);
    return status == DS_OK ? member_add_id(out, id_value(m), false) : status;
}

/* A value that is cut equals no other, so it cannot be claimed. */
static bool has_cut_part(const char *bytes, size_t length)
{
    for (size_t part; length > 0 && (part = member_part_length(bytes, length, false)) > 0;
         bytes += part, length -= part)
        if (member_part_is_cut(bytes, part, false))
            return true;
    return false;
}

static ds_status add_entry(migration *m, const ds_index *index)
{
    member *out = &m->entries.bytes;
    size_t start = out->length;
    bool has_null;
    if (!index->unique) {
        ds_status status = member_add_parts(out, index, m->record, &has_null);
        return status == DS_OK ? member_add_id(out, id_value(m), index->descending[index->key_count - 1]) : status;
    }
    ds_status status = member_add_claim(out, index, m->record, &has_null);
    if (status == DS_OK && (has_null || has_cut_part(out->bytes + start, out->length - start)))
        out->length = start;
    return status;
}

ds_status record_entries(migration *m, const redis_reply *texts, const char *id, size_t length)
{
    member_clear(&m->entries.bytes);
    ds_status status = read_record(m, texts, id, length);
    for (size_t i = 0; i < m->count && status == DS_OK; i++) {
        status = add_entry(m, m->indexes[i].own);
        m->entries.ends[i] = m->entries.bytes.length;
    }
    return status;
}

const char *entry_at(const entry_list *list, size_t i, size_t *length)
{
    size_t start = i == 0 ? 0 : list->ends[i - 1];
    *length = list->ends[i] - start;
    return list->bytes.bytes == NULL ? "" : list->bytes.bytes + start;
}

/* ---- the script's arguments ---- */

size_t texts_count(const migration *m)
{
    return 1 + 2 * (m->field_count == 0 ? 1 : m->field_count);
}

void texts_append_only(const migration *m, redis_request *request, const redis_reply *texts)
{
    for (size_t i = 0; i < m->field_count; i++) {
        const redis_reply *text = text_at(texts, i);
        char *room = request_room(request, text == NULL ? 0 : 1 + text->length);
        if (room == NULL || text == NULL)
            continue;
        room[0] = '=';
        memcpy(room + 1, text->text, text->length);
    }
    if (m->field_count == 0)
        request_bytes(request, "", 0);
}

void texts_append(const migration *m, redis_request *request, const redis_reply *texts)
{
    request_integer(request, m->field_count == 0 ? 1 : (int64_t)m->field_count);
    for (size_t i = 0; i < m->field_count; i++) {
        const ds_property *property = ds_model_property(m->model, m->slots[i]);
        request_bytes(request, property->name, property->name_length);
    }
    if (m->field_count == 0)
        request_bytes(request, "", 0);
    texts_append_only(m, request, texts);
}

/* A record that holds a unique value of the one that is done. */
typedef struct holder {
    char *id; /* NULL: none */
    size_t length;
    bool holds; /* by its fields */
    const redis_reply *texts;
} holder;

static size_t count_holders(const migration *m, const holder *holders)
{
    size_t count = 0;
    for (size_t i = 0; holders != NULL && i < m->unique_count; i++)
        count += holders[i].id != NULL;
    return count;
}

static ds_status append_record(migration *m, redis_request *request, const redis_reply *texts, const char *id,
                               size_t length)
{
    member bytes = {0};
    ds_status status = record_id_bytes(m, &bytes, id, length);
    if (status != DS_OK)
        return status;
    request_text(request, m->token);
    request_integer(request, (int64_t)m->unique_count);
    request_integer(request, (int64_t)(m->count - m->unique_count));
    request_bytes(request, id, length);
    request_bytes(request, bytes.bytes, bytes.length);
    member_free(&bytes);
    texts_append(m, request, texts);
    for (size_t i = 0; i < m->count; i++) {
        size_t entry_length;
        const char *entry = entry_at(&m->entries, i, &entry_length);
        request_bytes(request, entry, entry_length);
    }
    return DS_OK;
}

/* migrate_record.lua, for a record whose entries are in m->entries. */
static ds_status encode_record(migration *m, redis_request *request, const redis_reply *texts, const char *id,
                               size_t length, const holder *holders, bool whole)
{
    static const key_kind kinds[] = {KEY_SCHEMA, KEY_IDS, KEY_EXPIRES, KEY_ENTRIES};
    size_t held = count_holders(m, holders), fields = (texts_count(m) - 1) / 2;
    script_begin(request, &m->map->digests, SCRIPT_MIGRATE_RECORD, whole, 5 + m->count + held,
                 5 + texts_count(m) + m->count + held * (3 + fields));
    for (size_t i = 0; i < 4; i++)
        request_key(request, m->state, kinds[i], NULL, 0);
    for (size_t i = 0; i < m->count; i++)
        index_key(m, request, i);
    request_key(request, m->state, KEY_RECORD, id, length);
    for (size_t i = 0; held > 0 && i < m->unique_count; i++)
        if (holders[i].id != NULL)
            request_key(request, m->state, KEY_RECORD, holders[i].id, holders[i].length);
    ds_status status = append_record(m, request, texts, id, length);
    for (size_t i = 0; held > 0 && i < m->unique_count; i++) {
        if (holders[i].id == NULL)
            continue;
        request_integer(request, (int64_t)i + 1);
        request_bytes(request, holders[i].id, holders[i].length);
        request_text(request, holders[i].holds ? "held" : "free");
        texts_append_only(m, request, holders[i].texts);
    }
    return status;
}

/* ---- what the script answered ---- */

void tally_note(tally *t, const redis_model *state, const char *id, size_t length)
{
    if (t->count++ == 0)
        t->first = key_show(&state->keys, KEY_RECORD, id, length);
}

void migration_tell(migration *m, size_t more)
{
    m->done += more;
    if (m->total < m->done)
        m->total = m->done;
    if (m->progress != NULL)
        m->progress(m->user, m->done, m->total);
}

static ds_status no_answer_of_ours(const migration *m)
{
    return ds_error_set(m->call->error, DS_BACKEND, "the server gave an answer that no script of ours gives");
}

static void note_missing(migration *m, const redis_reply *what, const char *id, size_t length, const holder *holders)
{
    bool is_held = what->text[0] == '=';
    size_t number = strtoul(what->text + is_held, NULL, 10);
    tally *t = NULL;
    if (number > 0 && number <= m->count)
        t = is_held ? &m->indexes[number - 1].duplicates : &m->indexes[number - 1].missing;
    else
        t = what->text[0] == 'e' ? &m->missing_expiry : &m->missing_ids;
    tally_note(t, m->state, id, length);
    if (is_held && t->count == 1 && holders != NULL && number > 0 && number <= m->unique_count &&
        holders[number - 1].id != NULL)
        t->other = key_show(&m->state->keys, KEY_RECORD, holders[number - 1].id, holders[number - 1].length);
    m->repaired += m->token[0] != '\0' && !is_held;
}

typedef enum fate { FATE_DONE, FATE_AGAIN, FATE_HELD, FATE_OVER, FATE_FOREIGN } fate;

static fate settle(migration *m, const redis_reply *reply, const char *id, size_t length, const holder *holders)
{
    if (script_says(reply, "OVER"))
        return FATE_OVER;
    if (reply->type != REDIS_ARRAY)
        return script_says(reply, "GONE") ? FATE_DONE : FATE_AGAIN;
    if (reply->count == 3 && script_says(&reply->elements[0], "HELD"))
        return FATE_HELD;
    if (!reply_is_of_texts(reply))
        return FATE_FOREIGN;
    for (size_t i = 0; i < reply->count; i++)
        note_missing(m, &reply->elements[i], id, length, holders);
    m->records++;
    return FATE_DONE;
}

/* ---- one record by itself ---- */

typedef struct single {
    migration *m;
    const char *id;
    size_t length;
    holder *holders;
} single;

static ds_status note_holder(single *s, const redis_reply *reply)
{
    int64_t number = reply->elements[1].integer;
    const redis_reply *id = &reply->elements[2];
    if (number < 1 || (size_t)number > s->m->unique_count || id->type != REDIS_STRING)
        return no_answer_of_ours(s->m);
    holder *h = &s->holders[number - 1];
    ds_free(h->id);
    h->id = ds_malloc(id->length + 1);
    if (h->id == NULL)
        return DS_NOMEM;
    memcpy(h->id, id->text, id->length);
    h->length = id->length;
    return DS_OK;
}

static ds_status read_single(single *s)
{
    migration *m = s->m;
    size_t next = 1;
    redis_request_reset(m->reading);
    record_ask(m, s->id, s->length);
    for (size_t i = 0; i < m->unique_count; i++)
        if (s->holders[i].id != NULL)
            record_ask(m, s->holders[i].id, s->holders[i].length);
    ds_status status = step_run(m->map, m->reading, false, m->call);
    for (size_t i = 0; status == DS_OK && i < m->unique_count; i++)
        if (s->holders[i].id != NULL)
            s->holders[i].texts = redis_reply_at(m->reading, next++);
    for (size_t i = 0; status == DS_OK && i < next; i++)
        if (redis_reply_at(m->reading, i) == NULL)
            status = DS_NOMEM;
    return status;
}

/* Whether each holder's fields still say the value that the record wants; m->entries are the record's afterwards. */
static ds_status judge_holders(single *s)
{
    migration *m = s->m;
    const redis_reply *own = redis_reply_at(m->reading, 0);
    member wanted = {0};
    ds_status status = DS_OK;
    for (size_t i = 0; i < m->unique_count && status == DS_OK; i++) {
        holder *h = &s->holders[i];
        size_t length, held_length;
        if (h->id == NULL)
            continue;
        status = record_entries(m, own, s->id, s->length);
        const char *entry = entry_at(&m->entries, i, &length);
        member_clear(&wanted);
        if (status == DS_OK)
            status = member_add_bytes(&wanted, entry, length);
        h->holds = false;
        if (status != DS_OK || !model_takes_id(m->state, h->id, h->length))
            continue;
        status = record_entries(m, h->texts, h->id, h->length);
        const char *held = entry_at(&m->entries, i, &held_length);
        h->holds = status == DS_OK && length > 0 && held_length == length && memcmp(held, wanted.bytes, length) == 0;
    }
    member_free(&wanted);
    return status == DS_OK ? record_entries(m, own, s->id, s->length) : status;
}

static ds_status encode_single(void *user, redis_request *request, bool whole)
{
    single *s = user;
    ds_status status = judge_holders(s);
    return status == DS_OK
               ? encode_record(s->m, request, redis_reply_at(s->m->reading, 0), s->id, s->length, s->holders, whole)
               : status;
}

static ds_status do_turns(single *s)
{
    migration *m = s->m;
    for (int turn = 0; turn < MOST_TURNS; turn++) {
        ds_status status = read_single(s);
        if (status == DS_OK)
            status = step_run_scripts(m->map, m->writing, encode_single, s, "a record", m->call);
        if (status != DS_OK)
            return status;
        const redis_reply *reply = redis_reply_at(m->writing, 0);
        fate what = settle(m, reply, s->id, s->length, s->holders);
        if (what == FATE_OVER || what == FATE_FOREIGN)
            return what == FATE_OVER ? migration_over(m) : no_answer_of_ours(m);
        if (what == FATE_DONE)
            return DS_OK;
        if (what == FATE_HELD && (status = note_holder(s, reply)) != DS_OK)
            return status;
    }
    return ds_error_set(m->call->error, DS_BUSY, "the record \"%s\" is changed by others again and again",
                        key_show(&m->state->keys, KEY_RECORD, s->id, s->length).text);
}

static ds_status do_single(migration *m, const char *id, size_t length)
{
    single s = {m, id, length, ds_calloc(m->unique_count + 1, sizeof(holder))};
    ds_status status = s.holders == NULL ? DS_NOMEM : do_turns(&s);
    for (size_t i = 0; s.holders != NULL && i < m->unique_count; i++)
        ds_free(s.holders[i].id);
    ds_free(s.holders);
    return status;
}

/* ---- batches ---- */

typedef struct batch {
    migration *m;
    const id_list *ids;
    size_t first, count;
} batch;

static ds_status encode_batch(void *user, redis_request *request, bool whole)
{
    const batch *b = user;
    ds_status status = DS_OK;
    for (size_t i = 0; i < b->count && status == DS_OK; i++) {
        size_t length;
        const char *id = id_list_at(b->ids, b->first + i, &length);
        const redis_reply *texts = redis_reply_at(b->m->reading, i);
        status = texts == NULL ? DS_NOMEM : record_entries(b->m, texts, id, length);
        if (status == DS_OK)
            status = encode_record(b->m, request, texts, id, length, NULL, whole && i == 0);
    }
    return status;
}

static ds_status do_batch(batch *b)
{
    migration *m = b->m;
    id_list left = {0};
    size_t length;
    redis_request_reset(m->reading);
    for (size_t i = 0; i < b->count; i++) {
        const char *id = id_list_at(b->ids, b->first + i, &length);
        record_ask(m, id, length);
    }
    ds_status status = step_run(m->map, m->reading, false, m->call);
    if (status == DS_OK)
        status = step_run_scripts(m->map, m->writing, encode_batch, b, "the records", m->call);
    for (size_t i = 0; i < b->count && status == DS_OK; i++) {
        const char *id = id_list_at(b->ids, b->first + i, &length);
        fate what = settle(m, redis_reply_at(m->writing, i), id, length, NULL);
        if (what == FATE_OVER || what == FATE_FOREIGN)
            status = what == FATE_OVER ? migration_over(m) : no_answer_of_ours(m);
        else if (what != FATE_DONE)
            status = id_list_add(&left, id, length);
    }
    for (size_t i = 0; i < left.count && status == DS_OK; i++) {
        const char *id = id_list_at(&left, i, &length);
        status = do_single(m, id, length);
    }
    id_list_free(&left);
    return status;
}

/* ---- the walk ---- */

/* As SCAN has it: the cursor, then the keys. */
static ds_status take_keys(migration *m, const redis_reply *reply, char cursor[24], id_list *ids)
{
    const redis_reply *next = reply == NULL || reply->count != 2 ? NULL : &reply->elements[0];
    if (next == NULL || next->type != REDIS_STRING || next->length >= 24 || !reply_is_of_texts(&reply->elements[1]))
        return ds_error_set(m->call->error, DS_BACKEND, "the server gave an answer that SCAN does not give");
    memcpy(cursor, next->text, next->length + 1);
    for (size_t i = 0; i < reply->elements[1].count; i++) {
        const redis_reply *key = &reply->elements[1].elements[i];
        const char *id;
        size_t length;
        if (key_read(&m->state->keys, key->text, key->length, &id, &length) && model_takes_id(m->state, id, length) &&
            id_list_add(ids, id, length) != DS_OK)
            return DS_NOMEM;
    }
    return DS_OK;
}

static ds_status scan_some(migration *m, char cursor[24], id_list *ids)
{
    redis_request *request = m->reading;
    redis_request_reset(request);
    request_begin(request, 8);
    request_text(request, "SCAN");
    request_text(request, cursor);
    request_text(request, "MATCH");
    request_bytes(request, m->state->pattern, m->state->pattern_length);
    request_text(request, "COUNT");
    request_integer(request, BATCH);
    request_text(request, "TYPE");
    request_text(request, "hash");
    ds_status status = step_run(m->map, request, false, m->call);
    if (status == DS_OK)
        status = redis_reply_fail(redis_reply_at(request, 0), "the walk over the records", m->call->error);
    id_list_clear(ids);
    return status == DS_OK ? take_keys(m, redis_reply_at(request, 0), cursor, ids) : status;
}

/* All keys of the database, by which the progress is estimated; 0: the user may not ask. */
static ds_status count_keys(migration *m, uint64_t *keys)
{
    redis_request_reset(m->reading);
    request_begin(m->reading, 1);
    request_text(m->reading, "DBSIZE");
    ds_status status = step_run(m->map, m->reading, false, m->call);
    const redis_reply *reply = redis_reply_at(m->reading, 0);
    *keys = status == DS_OK && reply != NULL && reply->type == REDIS_INTEGER ? (uint64_t)reply->integer : 0;
    return status;
}

ds_status walk_records(migration *m)
{
    id_list ids = {0};
    char cursor[24] = "0";
    uint64_t keys, looked = 0;
    bool is_last = false;
    ds_status status = count_keys(m, &keys);
    m->total = 0;
    while (status == DS_OK && !is_last) {
        status = scan_some(m, cursor, &ids);
        is_last = strcmp(cursor, "0") == 0;
        looked += BATCH;
        for (size_t first = 0; first < ids.count && status == DS_OK; first += BATCH) {
            size_t left = ids.count - first;
            batch b = {m, &ids, first, left < BATCH ? left : BATCH};
            status = do_batch(&b);
        }
        if (status != DS_OK)
            break;
        m->total = looked < keys ? (uint64_t)((double)(m->done + ids.count) * (double)keys / (double)looked) : 0;
        migration_tell(m, ids.count);
    }
    id_list_free(&ids);
    return status;
}
