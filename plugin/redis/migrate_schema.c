/* What #schema says of a model's indexes, what it is to say, and the two scripts by which migrate begins and ends. */
#include "migrate.h"

#include "schema.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- opening ---- */

#define FIELD "index:"

static int compare_indexes(const void *a, const void *b)
{
    const kept_index *one = a, *other = b;
    if (one->own->unique != other->own->unique)
        return one->own->unique ? -1 : 1;
    return strcmp(one->own->name, other->own->name);
}

static char *field_of(const char *name)
{
    size_t length = strlen(name) + sizeof FIELD;
    char *field = ds_malloc(length);
    if (field != NULL)
        snprintf(field, length, "%s%s", FIELD, name);
    return field;
}

static void note_slots(migration *m, const ds_index *index)
{
    for (size_t i = 0; i < index->key_count; i++) {
        size_t known = 0, slot = index->slots[i];
        while (known < m->field_count && m->slots[known] != slot)
            known++;
        if (known == m->field_count && slot != m->state->id_slot)
            m->slots[m->field_count++] = slot;
    }
}

ds_status migration_open(migration *m)
{
    size_t count = ds_model_index_count(m->model);
    m->indexes = ds_calloc(count + 1, sizeof *m->indexes);
    m->slots = ds_calloc(ds_model_property_count(m->model) + 1, sizeof *m->slots);
    m->entries.ends = ds_calloc(count + 1, sizeof *m->entries.ends);
    m->record = ds_record_new(m->model);
    m->reading = redis_request_new(m->map->redis);
    m->writing = redis_request_new(m->map->redis);
    if (m->indexes == NULL || m->slots == NULL || m->entries.ends == NULL || m->record == NULL || m->reading == NULL ||
        m->writing == NULL)
        return DS_NOMEM;
    for (; m->count < count; m->count++) {
        kept_index *index = &m->indexes[m->count];
        index->own = ds_model_index(m->model, m->count);
        index->field = field_of(index->own->name);
        index->built = schema_text_of(m->state, index->own, "built", 0);
        index->building = schema_text_of(m->state, index->own, "building", 0);
        m->unique_count += index->own->unique;
        note_slots(m, index->own);
        if (index->field == NULL || index->built == NULL || index->building == NULL)
            return DS_NOMEM;
    }
    if (count > 0)
        qsort(m->indexes, count, sizeof *m->indexes, compare_indexes);
    return DS_OK;
}

static void forget_others(migration *m)
{
    for (size_t i = 0; i < m->other_count; i++)
        ds_free(m->others[i].field);
    ds_free(m->others);
    m->others = NULL;
    m->other_count = 0;
}

void migration_close(migration *m)
{
    for (size_t i = 0; m->indexes != NULL && i <= ds_model_index_count(m->model); i++) {
        ds_free(m->indexes[i].field);
        ds_free(m->indexes[i].built);
        ds_free(m->indexes[i].building);
    }
    forget_others(m);
    ds_free(m->indexes);
    ds_free(m->slots);
    ds_free(m->epoch);
    member_free(&m->entries.bytes);
    ds_free(m->entries.ends);
    ds_record_free(m->record);
    redis_request_free(m->reading);
    redis_request_free(m->writing);
}

/* ---- looking ---- */

void index_key(const migration *m, redis_request *request, size_t i)
{
    const ds_index *own = m->indexes[i].own;
    request_key(request, m->state, own->unique ? KEY_UNIQUE : KEY_INDEX, own->name, strlen(own->name));
}

static void ask_schema(migration *m)
{
    redis_request *request = m->reading;
    redis_request_reset(request);
    request_begin(request, 2);
    request_text(request, "HGETALL");
    request_key(request, m->state, KEY_SCHEMA, NULL, 0);
    request_begin(request, 3);
    request_text(request, "ZSCORE");
    request_key(request, m->state, KEY_IDS, NULL, 0);
    request_text(request, "");
    for (size_t i = 0; i < m->count; i++) {
        request_begin(request, 3);
        request_text(request, i < m->unique_count ? "HGET" : "ZSCORE");
        index_key(m, request, i);
        request_text(request, "");
    }
}

static bool reply_is(const redis_reply *reply, const char *text)
{
    return reply->type == REDIS_STRING && reply->length == strlen(text) &&
           memcmp(reply->text, text, reply->length) == 0;
}

static ds_status note_other(migration *m, const redis_reply *field, const redis_reply *text)
{
    old_index *grown = ds_realloc(m->others, (m->other_count + 1) * sizeof *grown);
    if (grown == NULL)
        return DS_NOMEM;
    m->others = grown;
    grown += m->other_count;
    *grown =
        (old_index){.field = ds_malloc(field->length + 1), .is_unique = strstr(text->text, "\"unique\":true") != NULL};
    if (grown->field == NULL)
        return DS_NOMEM;
    memcpy(grown->field, field->text, field->length + 1);
    m->other_count++;
    return DS_OK;
}

/* A field of #schema. */
static ds_status note_field(migration *m, const redis_reply *field, const redis_reply *text)
{
    if (reply_is(field, "epoch")) {
        ds_free(m->epoch);
        m->epoch = ds_malloc(text->length + 1);
        if (m->epoch != NULL)
            memcpy(m->epoch, text->text, text->length + 1);
        return m->epoch == NULL ? DS_NOMEM : DS_OK;
    }
    m->expiring |= reply_is(field, "expiring");
    if (field->length < sizeof FIELD - 1 || memcmp(field->text, FIELD, sizeof FIELD - 1) != 0 ||
        strlen(field->text) != field->length)
        return DS_OK;
    for (size_t i = 0; i < m->count; i++) {
        kept_index *index = &m->indexes[i];
        if (strcmp(index->field, field->text) != 0)
            continue;
        index->is_built = reply_is(text, index->built);
        index->is_known = index->is_built || reply_is(text, index->building);
        bool was_unique = strstr(text->text, "\"unique\":true") != NULL;
        return was_unique == index->own->unique ? DS_OK : note_other(m, field, text);
    }
    return note_other(m, field, text);
}

/* Whether a guard is there, by the reply to the command number `i`. */
static ds_status read_guard(migration *m, size_t i, bool *there)
{
    const redis_reply *reply = redis_reply_at(m->reading, i);
    if (reply == NULL)
        return DS_NOMEM;
    *there = reply->type == REDIS_STRING;
    if (!redis_reply_is(reply, "WRONGTYPE"))
        return redis_reply_fail(reply, "the indexes", m->call->error);
    const char *name = i < 2 ? "" : m->indexes[i - 2].own->name;
    key_kind kind = i == 0 ? KEY_SCHEMA : i == 1 ? KEY_IDS : i - 2 < m->unique_count ? KEY_UNIQUE : KEY_INDEX;
    return ds_error_set(m->call->error, DS_WRONG_KIND,
                        "the key \"%s\" holds something else than what this library keeps there, and was left alone",
                        key_show(&m->state->keys, kind, name, strlen(name)).text);
}

static int compare_others(const void *a, const void *b)
{
    const old_index *one = a, *other = b;
    return strcmp(one->field, other->field);
}

ds_status migration_look(migration *m)
{
    bool unused;
    forget_others(m);
    ds_free(m->epoch);
    m->epoch = ds_calloc(1, 1);
    for (size_t i = 0; i < m->count; i++)
        m->indexes[i].is_known = m->indexes[i].is_built = false;
    if (m->epoch == NULL)
        return DS_NOMEM;
    ask_schema(m);
    ds_status status = step_run(m->map, m->reading, false, m->call);
    if (status == DS_OK)
        status = read_guard(m, 0, &unused);
    const redis_reply *fields = redis_reply_at(m->reading, 0);
    if (status == DS_OK && !reply_is_of_texts(fields))
        status = ds_error_set(m->call->error, DS_BACKEND, "the server gave an answer that HGETALL does not give");
    for (size_t i = 0; status == DS_OK && i + 1 < fields->count; i += 2)
        status = note_field(m, &fields->elements[i], &fields->elements[i + 1]);
    if (m->other_count > 0)
        qsort(m->others, m->other_count, sizeof *m->others, compare_others);
    if (status == DS_OK)
        status = read_guard(m, 1, &m->has_ids);
    for (size_t i = 0; status == DS_OK && i < m->count; i++)
        status = read_guard(m, i + 2, &m->indexes[i].is_guarded);
    return status;
}

/* ---- beginning and ending ---- */

static void append_old_key(const migration *m, redis_request *request, const old_index *old)
{
    const char *name = old->field + sizeof FIELD - 1;
    request_key(request, m->state, old->is_unique ? KEY_UNIQUE : KEY_INDEX, name, strlen(name));
}

static void append_head_keys(const migration *m, redis_request *request)
{
    static const key_kind kinds[] = {KEY_SCHEMA, KEY_IDS, KEY_EXPIRES, KEY_ENTRIES};
    for (size_t i = 0; i < 4; i++)
        request_key(request, m->state, kinds[i], NULL, 0);
}

/* Without #schema a unique key that holds its guard is kept: until all is walked its claims alone say what is taken. */
static bool is_begun_anew(const migration *m, size_t i)
{
    bool is_known = m->epoch[0] == '\0' ? i < m->unique_count : m->indexes[i].is_known;
    return !is_known || !m->indexes[i].is_guarded;
}

/* What is built stays so, unless #ids has to be filled again: by that, too, records are found. */
static bool stays_built(const migration *m, size_t i)
{
    return m->has_ids && m->indexes[i].is_built && !is_begun_anew(m, i);
}

static ds_status encode_begin(void *user, redis_request *request, bool whole)
{
    migration *m = user;
    script_begin(request, &m->map->digests, SCRIPT_MIGRATE_BEGIN, whole, 4 + m->count + m->other_count,
                 5 + 3 * m->count + m->other_count);
    append_head_keys(m, request);
    for (size_t i = 0; i < m->count; i++)
        index_key(m, request, i);
    for (size_t i = 0; i < m->other_count; i++)
        append_old_key(m, request, &m->others[i]);
    request_text(request, m->epoch);
    request_integer(request, (int64_t)m->unique_count);
    request_integer(request, (int64_t)(m->count - m->unique_count));
    request_text(request, m->has_ids && m->epoch[0] != '\0' ? "k" : "b");
    for (size_t i = 0; i < m->count; i++) {
        request_text(request, is_begun_anew(m, i) ? "b" : "k");
        request_text(request, m->indexes[i].field);
        request_text(request, stays_built(m, i) ? m->indexes[i].built : m->indexes[i].building);
    }
    for (size_t i = 0; i < m->other_count; i++)
        request_text(request, m->others[i].field);
    char *records = schema_records_of(m->state);
    if (records != NULL)
        request_text(request, records);
    ds_free(records);
    return records == NULL ? DS_NOMEM : DS_OK;
}

#define MOST_TURNS 100

ds_status migration_begin(migration *m)
{
    for (int turn = 0; turn < MOST_TURNS; turn++) {
        ds_status status = migration_look(m);
        if (status == DS_OK)
            status = step_run_scripts(m->map, m->writing, encode_begin, m, "the start of migrate", m->call);
        if (status != DS_OK)
            return status;
        const redis_reply *token = redis_reply_at(m->writing, 0);
        if (script_says(token, "EPOCH"))
            continue;
        if (token->type == REDIS_ARRAY && token->count == 2 && script_says(&token->elements[0], "KIND"))
            return model_wrong_key(&token->elements[1], m->call->error);
        if (token->type != REDIS_STRING || token->length >= sizeof m->token)
            return ds_error_set(m->call->error, DS_BACKEND, "the server gave an answer that no script of ours gives");
        memcpy(m->token, token->text, token->length + 1);
        for (size_t i = 0; i < m->count; i++)
            m->indexes[i].is_fresh = is_begun_anew(m, i);
        return DS_OK;
    }
    return ds_error_set(m->call->error, DS_BUSY, "the indexes of the model \"%s\" are changed again and again",
                        ds_model_name(m->model));
}

static ds_status encode_finish(void *user, redis_request *request, bool whole)
{
    migration *m = user;
    script_begin(request, &m->map->digests, SCRIPT_MIGRATE_FINISH, whole, 3 + m->count, 2 + 2 * m->count);
    request_key(request, m->state, KEY_SCHEMA, NULL, 0);
    request_key(request, m->state, KEY_IDS, NULL, 0);
    for (size_t i = 0; i < m->count; i++)
        index_key(m, request, i);
    request_key(request, m->state, KEY_ENTRIES, NULL, 0);
    request_text(request, m->token);
    request_integer(request, (int64_t)m->unique_count);
    for (size_t i = 0; i < m->count; i++) {
        request_text(request, m->indexes[i].field);
        request_text(request, m->indexes[i].duplicates.count > 0 ? m->indexes[i].building : m->indexes[i].built);
    }
    return DS_OK;
}

ds_status migration_finish(migration *m, bool *lost)
{
    ds_status status = step_run_scripts(m->map, m->writing, encode_finish, m, "the end of migrate", m->call);
    if (status != DS_OK)
        return status;
    *lost = script_says(redis_reply_at(m->writing, 0), "LOST");
    return script_says(redis_reply_at(m->writing, 0), "OVER") ? migration_over(m) : DS_OK;
}

ds_status migration_drop_all(migration *m)
{
    ds_status status = migration_look(m);
    if (status != DS_OK || m->epoch[0] == '\0' || m->check)
        return status;
    redis_request_reset(m->writing);
    request_begin(m->writing, 5 + m->other_count);
    request_text(m->writing, "UNLINK");
    append_head_keys(m, m->writing);
    for (size_t i = 0; i < m->other_count; i++)
        append_old_key(m, m->writing, &m->others[i]);
    status = step_run(m->map, m->writing, true, m->call);
    return status == DS_OK ? redis_reply_fail(redis_reply_at(m->writing, 0), "the indexes", m->call->error) : status;
}

ds_status migration_over(migration *m)
{
    return ds_error_set(m->call->error, DS_CONFLICT,
                        "another migrate of the model \"%s\" has begun, or its indexes were removed, and this one ends",
                        ds_model_name(m->model));
}
