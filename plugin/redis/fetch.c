/* The sinks that make records of replies, and the requests that they are of. */
#include "fetch.h"

/* ---- lists of ids ---- */

static ds_status grow(void **memory, size_t *room, size_t wanted, size_t size)
{
    if (wanted <= *room)
        return DS_OK;
    size_t larger = *room * 2 > wanted ? *room * 2 : wanted + 16;
    void *moved = ds_realloc(*memory, larger * size);
    if (moved == NULL)
        return DS_NOMEM;
    *memory = moved;
    *room = larger;
    return DS_OK;
}

void id_list_lend(id_list *list, char *bytes, size_t room, size_t *ends, size_t ends_room)
{
    *list = (id_list){.bytes = bytes, .room = room, .ends = ends, .ends_room = ends_room, .is_lent = true};
}

/* From now on the memory is its own. */
static ds_status move_out(id_list *list)
{
    char *bytes = ds_malloc(list->room + 1);
    size_t *ends = ds_malloc((list->ends_room + 1) * sizeof *ends);
    if (bytes == NULL || ends == NULL) {
        ds_free(bytes);
        ds_free(ends);
        return DS_NOMEM;
    }
    memcpy(bytes, list->bytes, list->used);
    memcpy(ends, list->ends, list->count * sizeof *ends);
    list->bytes = bytes;
    list->ends = ends;
    list->is_lent = false;
    return DS_OK;
}

ds_status id_list_add(id_list *list, const char *id, size_t length)
{
    bool is_full = list->used + length + 1 > list->room || list->count == list->ends_room;
    if (list->is_lent && is_full && move_out(list) != DS_OK)
        return DS_NOMEM;
    void *bytes = list->bytes, *ends = list->ends;
    ds_status status = grow(&bytes, &list->room, list->used + length + 1, 1);
    list->bytes = bytes;
    if (status == DS_OK)
        status = grow(&ends, &list->ends_room, list->count + 1, sizeof *list->ends);
    list->ends = ends;
    if (status != DS_OK)
        return status;
    if (length > 0)
        memcpy(list->bytes + list->used, id, length);
    list->used += length;
    list->ends[list->count++] = list->used;
    return DS_OK;
}

const char *id_list_at(const id_list *list, size_t i, size_t *length)
{
    size_t start = i == 0 ? 0 : list->ends[i - 1];
    *length = list->ends[i] - start;
    return list->bytes + start;
}

void id_list_clear(id_list *list)
{
    list->used = 0;
    list->count = 0;
}

void id_list_free(id_list *list)
{
    if (!list->is_lent) {
        ds_free(list->bytes);
        ds_free(list->ends);
    }
    *list = (id_list){0};
}

/* ---- sinks ---- */

/* The record of the reply that is being read, with its id. */
static ds_status begin_record(record_fetch *fetch, const redis_place *at)
{
    size_t length;
    const char *id = id_list_at(fetch->ids, fetch->first + at->command, &length);
    fetch->record = ds_block_add(fetch->block);
    if (fetch->records != NULL)
        fetch->records[fetch->first + at->command - fetch->base] = fetch->record;
    return fetch->record == NULL ? DS_NOMEM : model_put_id(fetch->state, fetch->record, id, length);
}

static void void_record(void *user, const redis_place *at)
{
    record_fetch *fetch = user;
    if (fetch->record != NULL)
        ds_block_drop(fetch->block, fetch->record);
    if (fetch->record != NULL && fetch->records != NULL)
        fetch->records[fetch->first + at->command - fetch->base] = NULL;
    fetch->record = NULL;
}

static ds_status begin_whole(void *user, const redis_place *at, size_t count)
{
    record_fetch *fetch = user;
    if (at->depth != 0)
        return DS_OK;
    fetch->record = NULL;
    fetch->skips = true;
    return count == 0 ? DS_OK : begin_record(fetch, at);
}

/* The name of a field: of the id the key knows better, and what a strict model does not know is not its business. */
static ds_status take_name(record_fetch *fetch, const char *name, size_t length)
{
    fetch->slot = ds_model_slot(fetch->model, name, length);
    fetch->skips = fetch->slot == fetch->state->id_slot || (fetch->slot == DS_NO_SLOT && fetch->state->strict);
    if (fetch->skips || fetch->slot != DS_NO_SLOT)
        return DS_OK;
    void *memory = fetch->name;
    ds_status status = grow(&memory, &fetch->name_room, length + 1, 1);
    fetch->name = memory;
    if (status == DS_OK && length > 0)
        memcpy(fetch->name, name, length);
    fetch->name_length = length;
    return status;
}

static ds_status put_text(record_fetch *fetch, size_t slot, const char *text, size_t length)
{
    redis_dialect dialect = fetch->state->dialect;
    if (dialect == DIALECT_NATIVE)
        return ds_record_put_text(fetch->record, slot, text, length);
    return dialect_put_text(dialect, ds_model_property(fetch->model, slot)->type, fetch->record, slot, text, length);
}

static ds_status put_value(record_fetch *fetch, const char *text, size_t length)
{
    if (fetch->slot != DS_NO_SLOT)
        return put_text(fetch, fetch->slot, text, length);
    return ds_record_put_named(fetch->record, fetch->name, fetch->name_length, ds_string_n(text, length));
}

static ds_status take_whole(void *user, const redis_place *at, const char *bytes, size_t length)
{
    record_fetch *fetch = user;
    if (at->depth != 1 || fetch->record == NULL)
        return DS_OK;
    if (at->index % 2 == 0)
        return take_name(fetch, bytes, length);
    return fetch->skips ? DS_OK : put_value(fetch, bytes, length);
}

static ds_status end_record(void *user, const redis_place *at)
{
    record_fetch *fetch = user;
    (void)at;
    fetch->record = NULL;
    return DS_OK;
}

static const redis_sink whole_sink = {
    .array = begin_whole, .string = take_whole, .end = end_record, .again = void_record};

static ds_status begin_fields(void *user, const redis_place *at, size_t count)
{
    record_fetch *fetch = user;
    (void)count;
    if (at->depth == 0)
        fetch->record = NULL;
    return DS_OK;
}

/* The id's own field comes behind the others, and only shows that the record is there. */
static ds_status take_field(void *user, const redis_place *at, const char *bytes, size_t length)
{
    record_fetch *fetch = user;
    if (at->depth != 1)
        return DS_OK;
    ds_status status = fetch->record == NULL ? begin_record(fetch, at) : DS_OK;
    if (status != DS_OK || at->index >= fetch->field_count)
        return status;
    const char *name = fetch->fields[at->index];
    if (fetch->slots[at->index] != DS_NO_SLOT)
        return put_text(fetch, fetch->slots[at->index], bytes, length);
    return ds_record_put_named(fetch->record, name, strlen(name), ds_string_n(bytes, length));
}

static ds_status end_fields(void *user, const redis_place *at)
{
    record_fetch *fetch = user;
    if (fetch->record != NULL)
        return end_record(user, at);
    size_t length;
    const char *id = id_list_at(fetch->ids, fetch->first + at->command, &length);
    return id_list_add(&fetch->unsure, id, length);
}

static const redis_sink fields_sink = {
    .array = begin_fields, .string = take_field, .end = end_fields, .again = void_record};

static ds_status take_existence(void *user, const redis_place *at, int64_t integer)
{
    record_fetch *fetch = user;
    fetch->record = NULL;
    return at->depth == 0 && integer > 0 ? begin_record(fetch, at) : DS_OK;
}

static const redis_sink existence_sink = {.integer = take_existence, .end = end_record, .again = void_record};

/* ---- requests ---- */

static void encode_one(record_fetch *fetch, redis_request *request, const char *id, size_t length, fetch_what what)
{
    bool shows_id = what == FETCH_FIELDS && fetch->state->stores_id;
    if (what == FETCH_FIELDS)
        request_begin_sink(request, 2 + fetch->field_count + (shows_id ? 1 : 0), &fields_sink, fetch);
    else
        request_begin_sink(request, 2, what == FETCH_WHOLE ? &whole_sink : &existence_sink, fetch);
    request_text(request, what == FETCH_WHOLE ? "HGETALL" : what == FETCH_FIELDS ? "HMGET" : "HLEN");
    request_key(request, fetch->state, KEY_RECORD, id, length);
    for (size_t i = 0; what == FETCH_FIELDS && i < fetch->field_count; i++)
        request_text(request, fetch->fields[i]);
    if (shows_id)
        request_bytes(request, fetch->state->id->name, fetch->state->id->name_length);
}

static void encode_as(record_fetch *fetch, redis_request *request, const id_list *ids, size_t first, size_t count,
                      fetch_what what)
{
    fetch->ids = ids;
    fetch->first = first - request_count(request);
    fetch->base = first;
    for (size_t i = 0; fetch->records != NULL && i < count; i++)
        fetch->records[i] = NULL;
    fetch->record = NULL;
    for (size_t i = first; i < first + count; i++) {
        size_t length;
        const char *id = id_list_at(ids, i, &length);
        encode_one(fetch, request, id, length, what);
    }
}

void fetch_encode(record_fetch *fetch, redis_request *request, const id_list *ids, size_t first, size_t count,
                  ds_block *block)
{
    fetch->block = block;
    id_list_clear(&fetch->unsure);
    encode_as(fetch, request, ids, first, count, fetch->what);
}

static ds_status check_errors(record_fetch *fetch, redis_request *request, size_t count)
{
    for (size_t command = 0; command < count; command++) {
        const redis_reply *reply = redis_reply_at(request, command);
        if (reply == NULL || reply->type != REDIS_ERROR ||
            (fetch->passes_over_kinds && redis_reply_is(reply, "WRONGTYPE")))
            continue;
        size_t length;
        const char *id = id_list_at(fetch->ids, fetch->first + command, &length);
        return model_reply_fail(fetch->state, id, length, reply, fetch->call->error);
    }
    return DS_OK;
}

/* Which of them stand where in the block matters: all are read again, whole. */
static void begin_second(record_fetch *fetch, redis_request *request, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (fetch->records[i] != NULL)
            ds_block_drop(fetch->block, fetch->records[i]);
    encode_as(fetch, request, fetch->ids, fetch->base, count, FETCH_WHOLE);
}

ds_status fetch_finish(record_fetch *fetch, redis_request *request, size_t count)
{
    ds_status status = check_errors(fetch, request, count);
    if (status != DS_OK || fetch->unsure.count == 0)
        return status;
    redis_request *second = redis_request_new(fetch->map->redis);
    if (second == NULL)
        return ds_error_set(fetch->call->error, DS_NOMEM, "out of memory");
    if (fetch->records != NULL)
        begin_second(fetch, second, count);
    else
        encode_as(fetch, second, &fetch->unsure, 0, fetch->unsure.count, FETCH_WHOLE);
    status = redis_run(fetch->map->redis, second, false, fetch->call);
    if (status == DS_OK)
        status = check_errors(fetch, second, request_count(second));
    redis_request_free(second);
    return status;
}

void fetch_free(record_fetch *fetch)
{
    ds_free(fetch->slots);
    ds_free(fetch->name);
    id_list_free(&fetch->unsure);
}

/* ---- the entry ---- */

#define BATCH 1000

static ds_status find_batches(record_fetch *fetch, redis_request *request, const id_list *ids, ds_block *block)
{
    ds_status status = DS_OK;
    for (size_t first = 0; first < ids->count && status == DS_OK; first += BATCH) {
        size_t count = ids->count - first < BATCH ? ids->count - first : BATCH;
        redis_request_reset(request);
        fetch_encode(fetch, request, ids, first, count, block);
        status = redis_run(fetch->map->redis, request, false, fetch->call);
        if (status == DS_OK)
            status = fetch_finish(fetch, request, count);
    }
    return status;
}

ds_status find_by_ids(void *connection, const ds_model *model, const ds_value *ids, size_t n, ds_block *block,
                      ds_call *call)
{
    const mapping *map = connection;
    record_fetch fetch = {
        .map = map, .model = model, .state = ds_model_state(model), .call = call, .what = FETCH_WHOLE};
    id_list list;
    char first_bytes[128];
    size_t first_ends[4];
    ds_status status = DS_OK;
    id_list_lend(&list, first_bytes, sizeof first_bytes, first_ends, 4);
    for (size_t i = 0; i < n && status == DS_OK; i++) {
        ds_text text;
        ds_value_text(ids[i], &text);
        if (model_takes_id(fetch.state, text.bytes, text.length))
            status = id_list_add(&list, text.bytes, text.length);
    }
    redis_request *request = redis_request_new(map->redis);
    if (request == NULL || status != DS_OK)
        status = ds_error_set(call->error, DS_NOMEM, "out of memory");
    else
        status = find_batches(&fetch, request, &list, block);
    redis_request_free(request);
    fetch_free(&fetch);
    id_list_free(&list);
    return status;
}
