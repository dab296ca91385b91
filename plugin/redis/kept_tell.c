/* What keep.lua and atomic.lua answer: an outcome, or what they must know before they can do a write. */
#include "kept.h"

#include <stdlib.h>

static bool says(const redis_reply *reply, const char *word)
{
    return reply->type == REDIS_STRING && script_says(reply, word);
}

static bool has_holder(const kept_need *need, const redis_reply *id)
{
    for (size_t i = 0; i < need->holders.count; i++) {
        size_t length;
        const char *known = id_list_at(&need->holders, i, &length);
        if (length == id->length && memcmp(known, id->text, length) == 0)
            return true;
    }
    return false;
}

static ds_status add_holder(kept_need *need, const redis_reply *id, ds_error *err)
{
    if (id->type != REDIS_STRING || id->length == 0)
        return ds_error_set(err, DS_BACKEND, "the server gave an answer that no script of ours gives");
    if (has_holder(need, id))
        return ds_error_set(err, DS_BACKEND, "a script asked twice for the record that holds a unique value");
    return id_list_add(&need->holders, id->text, id->length) == DS_OK
               ? DS_OK
               : ds_error_set(err, DS_NOMEM, "out of memory; nothing of this record was written");
}

/* A letter and a text, which is read here as it is read from a record. */
static ds_status add_part(const redis_model *state, kept_need *need, const redis_reply *item)
{
    ds_value value;
    member part = {0};
    char *room = ds_malloc(item->length + 4);
    if (room == NULL)
        return DS_NOMEM;
    schema_read_text(state, item->text[0], item->text + 1, item->length - 1, room, &value);
    ds_status status = member_add(&part, value, false);
    if (status == DS_OK)
        status = id_list_add(&need->dictionary, item->text, item->length);
    if (status == DS_OK)
        status = id_list_add(&need->dictionary, part.bytes, part.length);
    member_free(&part);
    ds_free(room);
    return status;
}

ds_status kept_need_add(const redis_model *state, const redis_reply *answer, size_t first, kept_need **need,
                        bool *wants, ds_error *err)
{
    ds_status status = DS_OK;
    *wants = answer->type == REDIS_ARRAY && first + 1 < answer->count &&
             (says(&answer->elements[first], "HELD") || says(&answer->elements[first], "ENCODE"));
    if (!*wants)
        return DS_OK;
    if (*need == NULL && (*need = ds_calloc(1, sizeof **need)) == NULL)
        return ds_error_set(err, DS_NOMEM, "out of memory; nothing of this record was written");
    if (says(&answer->elements[first], "HELD"))
        return add_holder(*need, &answer->elements[first + 1], err);
    for (size_t k = first + 1; k < answer->count && status == DS_OK; k++)
        if (answer->elements[k].type == REDIS_STRING && answer->elements[k].length > 0)
            status = add_part(state, *need, &answer->elements[k]);
    return status == DS_OK ? DS_OK : ds_error_set(err, DS_NOMEM, "out of memory; nothing of this record was written");
}

static const schema_index *index_at(const schema *s, const redis_reply *number)
{
    size_t at = number->type == REDIS_INTEGER ? (size_t)number->integer : 0;
    return s != NULL && at > 0 && at <= s->index_count ? &s->indexes[at - 1] : NULL;
}

static void tell_lost(const write_job *job, size_t i, const schema_index *index)
{
    const key_space *keys = &job->state->keys;
    ds_outcome_fail(
        job->outcomes, i, DS_CONFIG, 0,
        "the unique index \"%s\" of the model \"%s\" has lost its key \"%s\" (was it evicted?): run migrate",
        index->name, keys->name, key_show(keys, KEY_UNIQUE, index->name, index->name_length).text);
}

static void tell_key(const write_job *job, size_t i, const redis_reply *key)
{
    ds_error error = {.status = DS_WRONG_KIND};
    write_tell_error(job, i, model_wrong_key(key, &error), &error);
}

ds_status kept_watch(kept_need *need, const schema *s, const redis_reply *answer)
{
    const schema_index *index = answer->count == 3 ? index_at(s, &answer->elements[2]) : NULL;
    if (index == NULL)
        return DS_OK;
    ds_status status = id_list_add(&need->watched, index->name, index->name_length);
    return status == DS_OK ? id_list_add(&need->watched, answer->elements[1].text, answer->elements[1].length) : status;
}

static kept_turn tell_array(const write_job *job, size_t i, const schema *s, const redis_reply *answer, size_t first,
                            kept_need **need)
{
    const redis_reply *word = &answer->elements[first], *detail = word + 1;
    bool has_detail = first + 1 < answer->count;
    const schema_index *index = has_detail ? index_at(s, detail) : NULL;
    bool wants;
    ds_error error = {.status = DS_OK};
    ds_status status = kept_need_add(job->state, answer, first, need, &wants, &error);
    if (status == DS_OK && wants)
        return KEPT_AGAIN;
    if (status != DS_OK) {
        write_tell_error(job, i, status, &error);
        return KEPT_FINAL;
    }
    if (says(word, "UNIQUE") && index != NULL)
        ds_outcome_refuse(job->outcomes, i, DS_REFUSED_UNIQUE_TAKEN, index->name);
    else if (says(word, "LOST") && index != NULL)
        tell_lost(job, i, index);
    else if (says(word, "KIND") && has_detail && detail->type == REDIS_STRING)
        tell_key(job, i, detail);
    else
        write_tell(job, i, word);
    return KEPT_FINAL;
}

/* A creation stores the version 1, and the host's record has it too. */
static void note_version(const write_job *job, size_t i)
{
    if (job->state->version_slot != DS_NO_SLOT && job->records != NULL &&
        ds_record_put(job->records[i], job->state->version_slot, ds_integer(1)) != DS_OK)
        ds_log(DS_LOG_WARNING, NULL, "out of memory for the version of a record that was created");
}

kept_turn kept_tell(const write_job *job, size_t i, const schema *s, const redis_reply *answer, size_t first,
                    kept_need **need)
{
    const redis_reply *word = answer;
    if (answer != NULL && answer->type == REDIS_ARRAY) {
        if (first >= answer->count) {
            ds_outcome_fail(job->outcomes, i, DS_BACKEND, 0, "the server gave an answer that no script of ours gives");
            return KEPT_FINAL;
        }
        word = &answer->elements[first];
    }
    if (word != NULL && says(word, "EPOCH"))
        return KEPT_STALE;
    if (word != NULL && says(word, "HELD"))
        atomic_fetch_add_explicit(&job->map->held, 1, memory_order_relaxed);
    if (answer != NULL && answer->type == REDIS_ARRAY)
        return tell_array(job, i, s, answer, first, need);
    if (answer != NULL && job->tell != NULL && answer->type != REDIS_ERROR)
        return job->tell(job, i, answer) ? KEPT_FINAL : KEPT_LEFT;
    write_tell(job, i, answer);
    if (answer != NULL && says(answer, "CREATED"))
        note_version(job, i);
    return KEPT_FINAL;
}

bool kept_gives_up(const write_job *job, size_t i, unsigned turns)
{
    if (turns < MOST_TURNS)
        return false;
    ds_outcome_fail(
        job->outcomes, i, DS_BUSY, 0,
        "others change the model \"%s\" so fast that this record could not be written in %d turns; nothing of "
        "it was written",
        job->state->keys.name, MOST_TURNS);
    return true;
}
