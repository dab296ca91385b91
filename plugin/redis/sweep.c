/* Calls of sweep.lua: each removes what the one before has said is due. */
#include "sweep.h"

#define PORTION     "50"
#define MOST_SWEEPS 200

static ds_status add_due(kept_call *call, const redis_model *state, const id_list *due)
{
    ds_status status = DS_OK;
    for (size_t i = 0; i < due->count && status == DS_OK; i++) {
        size_t length;
        ds_value id;
        const char *text = id_list_at(due, i, &length);
        if (!model_takes_id(state, text, length))
            continue;
        if (state->id->type != DS_PROPERTY_INTEGER || ds_value_parse(DS_INTEGER, text, length, &id) != DS_OK)
            id = ds_string_n(text, length);
        status = kept_add_key(call, state, KEY_RECORD, text, length);
        if (status == DS_OK)
            status = id_list_add(&call->arguments, text, length);
        member_clear(&call->bytes);
        if (status == DS_OK)
            status = member_add_id(&call->bytes, id, false);
        if (status == DS_OK)
            status = id_list_add(&call->arguments, call->bytes.bytes, call->bytes.length);
    }
    return status;
}

static ds_status append(kept_call *call, const mapping *map, const redis_model *state, const schema *s,
                        const id_list *due, bool whole, redis_request *request)
{
    id_list_clear(&call->keys);
    id_list_clear(&call->arguments);
    ds_status status = kept_add_keys(call, state, s, true);
    if (status == DS_OK)
        status = kept_add_text(call, s->epoch);
    if (status == DS_OK)
        status = kept_add_number(call, s->unique_count);
    if (status == DS_OK)
        status = kept_add_number(call, s->index_count - s->unique_count);
    if (status == DS_OK)
        status = kept_add_text(call, PORTION);
    if (status == DS_OK)
        status = add_due(call, state, due);
    if (status == DS_OK)
        kept_call_send(call, request, &map->digests, SCRIPT_SWEEP, whole);
    return status;
}

ds_status sweep_append(kept_call *call, const mapping *map, const redis_model *state, const schema *s,
                       redis_request *request)
{
    id_list due;
    bool whole = schema_take_due(state, &due);
    ds_status status = append(call, map, state, s, &due, whole, request);
    id_list_free(&due);
    return status;
}

static void read_due(const redis_reply *reply, id_list *due)
{
    for (size_t i = 0; reply != NULL && reply->type == REDIS_ARRAY && i < reply->count; i++)
        if (reply->elements[i].type == REDIS_STRING &&
            id_list_add(due, reply->elements[i].text, reply->elements[i].length) != DS_OK)
            return; /* they are told again */
}

void sweep_note(const redis_model *state, const redis_reply *reply)
{
    id_list due = {0};
    read_due(reply, &due);
    schema_put_due(state, &due, reply != NULL && redis_reply_is(reply, "NOSCRIPT"));
}

ds_status sweep_all(const mapping *map, const redis_model *state, const schema *s, bool *clean, ds_call *call)
{
    kept_call memory = {.keys = {0}};
    id_list due = {0};
    bool whole = false, again = true;
    redis_request *request = redis_request_new(map->redis);
    ds_status status = request == NULL ? DS_NOMEM : DS_OK;
    *clean = false;
    for (size_t sweeps = 0; status == DS_OK && again && sweeps < MOST_SWEEPS; sweeps++) {
        redis_request_reset(request);
        status = append(&memory, map, state, s, &due, whole, request);
        if (status == DS_OK)
            status = redis_run(map->redis, request, true, call);
        if (status != DS_OK)
            break;
        const redis_reply *reply = redis_reply_at(request, 0);
        again = reply != NULL && redis_reply_is(reply, "NOSCRIPT") && !whole;
        whole = again;
        id_list_clear(&due);
        read_due(reply, &due);
        again = again || due.count > 0;
        *clean = !again && reply != NULL && reply->type == REDIS_ARRAY;
    }
    if (status == DS_NOMEM)
        ds_error_set(call->error, DS_NOMEM, "out of memory");
    else if (status == DS_UNKNOWN_OUTCOME) /* removing twice does no harm */
        status = ds_error_set(call->error, DS_LOST, "the connection broke while what has expired was removed");
    id_list_free(&due);
    kept_call_free(&memory);
    redis_request_free(request);
    return status;
}
