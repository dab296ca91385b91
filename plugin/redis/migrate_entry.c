/* The walk over what is kept of a model: an entry stays where the record that it names has it. */
#include "migrate.h"

#include <stdlib.h>

typedef struct entry {
    const char *bytes; /* in a reply */
    size_t length;
    size_t id;       /* number in `ids` */
    bool is_foreign; /* it names no record */
    bool is_right;   /* if the record is there */
} entry;

typedef struct entry_walk {
    migration *m;
    size_t index; /* `count`: #ids */
    redis_request *page;
    char cursor[24]; /* of HSCAN */
    member last;     /* of a sorted set */
    bool is_last;
    id_list ids;
    entry *entries;
    size_t count, room;
    size_t *suspects; /* of `entries` */
    size_t suspect_count, first, some;
} entry_walk;

/* ---- a page ---- */

static bool is_ids(const entry_walk *w)
{
    return w->index == w->m->count;
}

static bool is_unique(const entry_walk *w)
{
    return w->index < w->m->unique_count;
}

static void walk_key(const entry_walk *w, redis_request *request)
{
    if (is_ids(w))
        request_key(request, w->m->state, KEY_IDS, NULL, 0);
    else
        index_key(w->m, request, w->index);
}

static ds_status ask_page(entry_walk *w)
{
    redis_request *request = w->page;
    redis_request_reset(request);
    request_begin(request, is_unique(w) ? 5 : 7);
    request_text(request, is_unique(w) ? "HSCAN" : "ZRANGEBYLEX");
    walk_key(w, request);
    if (is_unique(w)) {
        request_text(request, w->cursor);
        request_text(request, "COUNT");
        request_integer(request, BATCH);
    } else {
        char *room = request_room(request, 1 + w->last.length); /* the guard is the empty one */
        if (room != NULL) {
            room[0] = '(';
            if (w->last.length > 0)
                memcpy(room + 1, w->last.bytes, w->last.length);
        }
        request_text(request, "+");
        request_text(request, "LIMIT");
        request_integer(request, 0);
        request_integer(request, BATCH);
    }
    ds_status status = step_run(w->m->map, request, false, w->m->call);
    return status == DS_OK ? redis_reply_fail(redis_reply_at(request, 0), "the indexes", w->m->call->error) : status;
}

static ds_status add_entry(entry_walk *w, const redis_reply *bytes, const char *id, size_t length, bool is_foreign)
{
    if (w->count == w->room) {
        size_t room = w->room == 0 ? 2 * BATCH : 2 * w->room;
        entry *entries = ds_realloc(w->entries, room * sizeof *entries);
        if (entries != NULL)
            w->entries = entries;
        size_t *suspects = entries == NULL ? NULL : ds_realloc(w->suspects, room * sizeof *suspects);
        if (suspects == NULL)
            return DS_NOMEM;
        w->suspects = suspects;
        w->room = room;
    }
    w->entries[w->count] =
        (entry){.bytes = bytes->text, .length = bytes->length, .id = w->ids.count, .is_foreign = is_foreign};
    w->count++;
    return id_list_add(&w->ids, id, length);
}

static ds_status take_member(entry_walk *w, const redis_reply *bytes)
{
    const migration *m = w->m;
    const ds_index *own = is_ids(w) ? NULL : m->indexes[w->index].own;
    const char *id = "";
    size_t length = 0;
    char *scratch = ds_malloc(bytes->length + LONGEST_INDEXED + 64);
    if (scratch == NULL)
        return DS_NOMEM;
    bool is_member = member_read_id(bytes->text, bytes->length, own == NULL ? NULL : own->descending,
                                    own == NULL ? 0 : own->key_count, m->state->id->type == DS_PROPERTY_INTEGER,
                                    scratch, &id, &length) &&
                     model_takes_id(m->state, id, length);
    ds_status status = add_entry(w, bytes, is_member ? id : "", is_member ? length : 0, !is_member);
    ds_free(scratch);
    return status;
}

static ds_status take_claim(entry_walk *w, const redis_reply *value, const redis_reply *id)
{
    bool is_id = model_takes_id(w->m->state, id->text, id->length);
    return value->length == 0 ? DS_OK : add_entry(w, value, id->text, id->length, !is_id);
}

static ds_status take_page(entry_walk *w)
{
    const redis_reply *reply = redis_reply_at(w->page, 0);
    ds_status status = DS_OK;
    if (is_unique(w)) {
        const redis_reply *cursor = reply->count == 2 ? &reply->elements[0] : NULL;
        if (cursor == NULL || cursor->type != REDIS_STRING || cursor->length >= sizeof w->cursor ||
            !reply_is_of_texts(&reply->elements[1]))
            return ds_error_set(w->m->call->error, DS_BACKEND, "the server gave an answer that HSCAN does not give");
        memcpy(w->cursor, cursor->text, cursor->length + 1);
        w->is_last = strcmp(w->cursor, "0") == 0;
        reply = &reply->elements[1];
        for (size_t i = 0; i + 1 < reply->count && status == DS_OK; i += 2)
            status = take_claim(w, &reply->elements[i], &reply->elements[i + 1]);
        return status;
    }
    if (!reply_is_of_texts(reply))
        return ds_error_set(w->m->call->error, DS_BACKEND, "the server gave an answer that ZRANGEBYLEX does not give");
    for (size_t i = 0; i < reply->count && status == DS_OK; i++)
        status = take_member(w, &reply->elements[i]);
    w->is_last = reply->count < BATCH;
    if (status == DS_OK && reply->count > 0) {
        const redis_reply *last = &reply->elements[reply->count - 1];
        member_clear(&w->last);
        status = member_add_bytes(&w->last, last->text, last->length);
    }
    return status;
}

/* ---- which entries are not what their records say ---- */

static bool has_no_text(const redis_reply *texts)
{
    for (size_t i = 0; texts->type == REDIS_ARRAY && i < texts->count; i++)
        if (texts->elements[i].type == REDIS_STRING)
            return false;
    return true;
}

/* By the texts of its record; #ids has nothing that they could contradict. */
static ds_status judge(entry_walk *w, entry *e, const redis_reply *texts)
{
    size_t id_length, length;
    const char *id = id_list_at(&w->ids, e->id, &id_length);
    if (e->is_foreign || is_ids(w)) {
        e->is_right = !e->is_foreign;
        return DS_OK;
    }
    ds_status status = record_entries(w->m, texts, id, id_length);
    const char *bytes = entry_at(&w->m->entries, w->index, &length);
    e->is_right = status == DS_OK && length == e->length && memcmp(bytes, e->bytes, length) == 0;
    return status;
}

/* Reads the records of entries[first] and so on, each by itself. */
static ds_status ask_records(entry_walk *w, size_t first, size_t some)
{
    redis_request_reset(w->m->reading);
    for (size_t i = 0; i < some; i++) {
        size_t length;
        const char *id = id_list_at(&w->ids, w->entries[first + i].id, &length);
        record_ask(w->m, id, length);
    }
    return step_run(w->m->map, w->m->reading, false, w->m->call);
}

/* ---- removing ---- */

static ds_status encode_entry(entry_walk *w, redis_request *request, const entry *e, const redis_reply *texts,
                              bool whole)
{
    migration *m = w->m;
    size_t length;
    const char *id = id_list_at(&w->ids, e->id, &length);
    script_begin(request, &m->map->digests, SCRIPT_MIGRATE_ENTRY, whole, 4, 5 + texts_count(m));
    request_key(request, m->state, KEY_SCHEMA, NULL, 0);
    walk_key(w, request);
    request_key(request, m->state, KEY_ENTRIES, NULL, 0);
    request_key(request, m->state, KEY_RECORD, id, length);
    request_text(request, m->token);
    request_text(request, is_unique(w) ? "unique" : "");
    request_bytes(request, e->bytes, e->length);
    request_bytes(request, id, length);
    request_text(request, e->is_right ? "right" : "wrong");
    texts_append(m, request, texts);
    return DS_OK;
}

static ds_status encode_suspects(void *user, redis_request *request, bool whole)
{
    entry_walk *w = user;
    ds_status status = DS_OK;
    for (size_t i = 0; i < w->suspect_count && status == DS_OK; i++) {
        size_t number = w->suspects[i];
        status = encode_entry(w, request, &w->entries[number], redis_reply_at(w->m->reading, number - w->first),
                              whole && i == 0);
    }
    return status;
}

static void note_stale(entry_walk *w, const entry *e)
{
    size_t length;
    const char *id = id_list_at(&w->ids, e->id, &length);
    tally_note(is_ids(w) ? &w->m->stale_ids : &w->m->indexes[w->index].stale, w->m->state, id, length);
    w->m->repaired += w->m->token[0] != '\0';
}

#define MOST_TURNS 100

/* What the script says of the suspects; those whose records have changed stay suspects. */
static ds_status settle_suspects(entry_walk *w)
{
    size_t left = 0;
    for (size_t i = 0; i < w->suspect_count; i++) {
        const redis_reply *reply = redis_reply_at(w->m->writing, i);
        if (script_says(reply, "OVER"))
            return migration_over(w->m);
        if (script_says(reply, "STALE"))
            note_stale(w, &w->entries[w->suspects[i]]);
        else if (script_says(reply, "CHANGED"))
            w->suspects[left++] = w->suspects[i];
    }
    w->suspect_count = left;
    return DS_OK;
}

/* Looks again at all of the batch while one of it has changed. */
static ds_status do_batch(entry_walk *w, size_t first, size_t some)
{
    w->first = first;
    w->some = some;
    for (int turn = 0; turn < MOST_TURNS; turn++) {
        ds_status status = ask_records(w, first, some);
        bool again = turn > 0;
        size_t count = 0;
        for (size_t i = 0; status == DS_OK && i < some; i++) {
            const redis_reply *texts = redis_reply_at(w->m->reading, i);
            status = texts == NULL ? DS_NOMEM : judge(w, &w->entries[first + i], texts);
            if (status == DS_OK && !again && (!w->entries[first + i].is_right || has_no_text(texts)))
                w->suspects[count++] = first + i;
        }
        if (!again)
            w->suspect_count = count;
        if (status != DS_OK || w->suspect_count == 0)
            return status;
        status = step_run_scripts(w->m->map, w->m->writing, encode_suspects, w, "the entries", w->m->call);
        if (status == DS_OK)
            status = settle_suspects(w);
        if (status != DS_OK || w->suspect_count == 0)
            return status;
    }
    return ds_error_set(w->m->call->error, DS_BUSY, "records of the model \"%s\" are changed by others again and again",
                        ds_model_name(w->m->model));
}

/* ---- the walk ---- */

static ds_status walk_pages(entry_walk *w)
{
    memcpy(w->cursor, "0", 2);
    while (!w->is_last) {
        w->count = 0;
        id_list_clear(&w->ids);
        ds_status status = ask_page(w);
        if (status == DS_OK)
            status = take_page(w);
        for (size_t first = 0; first < w->count && status == DS_OK; first += BATCH) {
            size_t left = w->count - first;
            status = do_batch(w, first, left < BATCH ? left : BATCH);
        }
        if (status != DS_OK)
            return status;
        migration_tell(w->m, w->count);
    }
    return DS_OK;
}

static ds_status walk_index(migration *m, size_t index)
{
    entry_walk w = {.m = m, .index = index, .page = redis_request_new(m->map->redis)};
    ds_status status = w.page == NULL ? DS_NOMEM : walk_pages(&w);
    redis_request_free(w.page);
    member_free(&w.last);
    id_list_free(&w.ids);
    ds_free(w.entries);
    ds_free(w.suspects);
    return status;
}

/* Of an index that this run began nothing can be stale; one that is only looked at, and not there, has nothing. */
ds_status walk_entries(migration *m)
{
    ds_status status = DS_OK;
    for (size_t i = 0; i <= m->count && status == DS_OK; i++) {
        bool is_there = i == m->count ? m->has_ids : !m->check || (m->indexes[i].is_guarded && m->indexes[i].is_known);
        if (is_there && !(i < m->count && m->indexes[i].is_fresh))
            status = walk_index(m, i);
    }
    return status;
}

/* ---- what expires ---- */

typedef struct expiry_walk {
    migration *m;
    id_list ids;
    key_kind kind;
    char cursor[24];
} expiry_walk;

static ds_status encode_expiry(void *user, redis_request *request, bool whole)
{
    expiry_walk *w = user;
    const migration *m = w->m;
    for (size_t i = 0; i < w->ids.count; i++) {
        size_t length;
        const char *id = id_list_at(&w->ids, i, &length);
        script_begin(request, &m->map->digests, SCRIPT_MIGRATE_EXPIRY, whole && i == 0, 4, 3);
        request_key(request, m->state, KEY_SCHEMA, NULL, 0);
        request_key(request, m->state, KEY_EXPIRES, NULL, 0);
        request_key(request, m->state, KEY_ENTRIES, NULL, 0);
        request_key(request, m->state, KEY_RECORD, id, length);
        request_text(request, m->token);
        request_bytes(request, id, length);
        request_text(request, w->kind == KEY_ENTRIES ? "1" : "");
    }
    return DS_OK;
}

static ds_status scan_expiry(expiry_walk *w)
{
    migration *m = w->m;
    redis_request_reset(m->reading);
    request_begin(m->reading, 5);
    request_text(m->reading, w->kind == KEY_EXPIRES ? "ZSCAN" : "HSCAN");
    request_key(m->reading, m->state, w->kind, NULL, 0);
    request_text(m->reading, w->cursor);
    request_text(m->reading, "COUNT");
    request_integer(m->reading, BATCH);
    ds_status status = step_run(m->map, m->reading, false, m->call);
    const redis_reply *reply = redis_reply_at(m->reading, 0);
    if (status == DS_OK)
        status = redis_reply_fail(reply, "what expires", m->call->error);
    if (status != DS_OK)
        return status;
    if (reply->count != 2 || reply->elements[0].type != REDIS_STRING || reply->elements[0].length >= sizeof w->cursor ||
        !reply_is_of_texts(&reply->elements[1]))
        return ds_error_set(m->call->error, DS_BACKEND, "the server gave an answer that ZSCAN does not give");
    memcpy(w->cursor, reply->elements[0].text, reply->elements[0].length + 1);
    id_list_clear(&w->ids);
    const redis_reply *pairs = &reply->elements[1];
    for (size_t i = 0; i + 1 < pairs->count && status == DS_OK; i += 2)
        if (pairs->elements[i].length == 0) /* the guard */
            m->knows_expiring |= script_says(&pairs->elements[i + 1], "1");
        else
            status = id_list_add(&w->ids, pairs->elements[i].text, pairs->elements[i].length);
    return status;
}

static ds_status settle_expiry(expiry_walk *w)
{
    size_t length;
    for (size_t i = 0; i < w->ids.count; i++) {
        const redis_reply *reply = redis_reply_at(w->m->writing, i);
        const char *id = id_list_at(&w->ids, i, &length);
        if (script_says(reply, "OVER"))
            return migration_over(w->m);
        if (!script_says(reply, "STALE"))
            continue;
        tally_note(&w->m->stale_expiry, w->m->state, id, length);
        w->m->repaired += w->m->token[0] != '\0';
    }
    return DS_OK;
}

ds_status walk_expiry(migration *m)
{
    static const key_kind kinds[] = {KEY_EXPIRES, KEY_ENTRIES};
    expiry_walk w = {.m = m};
    ds_status status = DS_OK;
    for (size_t k = 0; k < 2 && status == DS_OK; k++) {
        memcpy(w.cursor, "0", 2);
        w.kind = kinds[k];
        do {
            status = scan_expiry(&w);
            if (status == DS_OK && w.ids.count > 0)
                status = step_run_scripts(m->map, m->writing, encode_expiry, &w, "what expires", m->call);
            if (status == DS_OK && w.ids.count > 0)
                status = settle_expiry(&w);
        } while (status == DS_OK && strcmp(w.cursor, "0") != 0);
    }
    id_list_free(&w.ids);
    return status;
}
