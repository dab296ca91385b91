/* What is done to one field or to the expiry of one record: increment, expire, ttl. */
#include "write.h"

typedef struct argument {
    const char *bytes;
    size_t length;
} argument;

/* Calls a script on a record, and loads it where the server has forgotten it. *reply belongs to the request, the
 * caller's to free whatever is returned. */
static ds_status call_script(mapping *map, const redis_model *state, script which, const ds_text *id,
                             const argument *arguments, size_t count, ds_call *call, redis_request **request,
                             const redis_reply **reply)
{
    *request = redis_request_new(map->redis);
    if (*request == NULL)
        return ds_error_set(call->error, DS_NOMEM, "out of memory");
    for (bool whole = false;; whole = true) {
        script_begin(*request, &map->digests, which, whole, 1, count);
        request_key(*request, state, KEY_RECORD, id->bytes, id->length);
        for (size_t i = 0; i < count; i++)
            request_bytes(*request, arguments[i].bytes, arguments[i].length);
        ds_status status = redis_run(map->redis, *request, true, call);
        *reply = redis_reply_at(*request, 0);
        if (*reply == NULL && redis_command_status(*request, 0, NULL) == DS_OK)
            return ds_error_set(call->error, DS_UNKNOWN_OUTCOME, "%s", ANSWER_LOST);
        if (status != DS_OK)
            return status;
        if (whole || !redis_reply_is(*reply, "NOSCRIPT"))
            break;
        redis_request_reset(*request);
    }
    return (*reply)->type == REDIS_ERROR ? model_reply_fail(state, id->bytes, id->length, *reply, call->error) : DS_OK;
}

static ds_status missing(const redis_model *state, const ds_text *id, ds_error *err)
{
    return ds_error_set(err, DS_NOT_FOUND, "there is no record \"%s\"",
                        key_show(&state->keys, KEY_RECORD, id->bytes, id->length).text);
}

bool increment_is_for_server(const ds_model *model, size_t slot, ds_value by)
{
    const ds_property *property = ds_model_property(model, slot);
    return by.type == DS_INTEGER && (property == NULL || property->type == DS_PROPERTY_INTEGER);
}

ds_status increment_field(void *connection, const ds_model *model, ds_value id_value, const char *property, size_t slot,
                          ds_value by, ds_value *now, ds_call *call)
{
    const redis_model *state = ds_model_state(model);
    if (slot == state->id_slot || !increment_is_for_server(model, slot, by))
        return ds_error_set(call->error, DS_UNSUPPORTED, "Redis adds integers only");
    ds_text id, text;
    ds_value_text(id_value, &id);
    ds_value_text(by, &text);
    argument arguments[] = {{property, strlen(property)}, {text.bytes, text.length}};
    redis_request *request;
    const redis_reply *reply = NULL;
    ds_status status = call_script(connection, state, SCRIPT_INCREMENT, &id, arguments, 2, call, &request, &reply);
    ds_value sum = ds_null();
    if (status != DS_OK)
        ;
    else if (script_says(reply, "MISSING"))
        status = missing(state, &id, call->error);
    else if (script_says(reply, "KIND"))
        status = model_wrong_kind(state, KEY_RECORD, id.bytes, id.length, call->error);
    else if (script_says(reply, "OTHER"))
        status = ds_error_set(call->error, DS_UNSUPPORTED, "Redis cannot add to what the field holds");
    else if (reply->type != REDIS_STRING || ds_value_parse(DS_INTEGER, reply->text, reply->length, &sum) != DS_OK)
        status = ds_error_set(call->error, DS_BACKEND, "the server gave an answer that no increment gives");
    if (status == DS_OK && now != NULL)
        *now = sum;
    redis_request_free(request);
    return status;
}

ds_status expire_record(void *connection, const ds_model *model, ds_value id_value, int64_t ttl_ms, ds_call *call)
{
    const redis_model *state = ds_model_state(model);
    if (ttl_ms > LONGEST_TTL)
        return ds_error_set(call->error, DS_INVALID, "a time of %lld ms is longer than Redis can count",
                            (long long)ttl_ms);
    ds_text id, text;
    ds_value_text(id_value, &id);
    ds_value_text(ds_integer(ttl_ms < 0 ? -1 : ttl_ms), &text);
    argument arguments[] = {{text.bytes, text.length}};
    redis_request *request;
    const redis_reply *reply = NULL;
    ds_status status = call_script(connection, state, SCRIPT_EXPIRE, &id, arguments, 1, call, &request, &reply);
    if (status == DS_OK && script_says(reply, "MISSING"))
        status = missing(state, &id, call->error);
    else if (status == DS_OK && script_says(reply, "KIND"))
        status = model_wrong_kind(state, KEY_RECORD, id.bytes, id.length, call->error);
    else if (status == DS_OK && !script_says(reply, "DONE"))
        status = ds_error_set(call->error, DS_BACKEND, "the server gave an answer that no script of ours gives");
    redis_request_free(request);
    return status;
}

ds_status record_ttl(void *connection, const ds_model *model, ds_value id_value, int64_t *ttl_ms, ds_call *call)
{
    const mapping *map = connection;
    const redis_model *state = ds_model_state(model);
    static const char *const commands[] = {"TYPE", "PTTL"};
    ds_text id;
    ds_value_text(id_value, &id);
    redis_request *request = redis_request_new(map->redis);
    if (request == NULL)
        return ds_error_set(call->error, DS_NOMEM, "out of memory");
    for (size_t i = 0; i < 2; i++) {
        request_begin(request, 2);
        request_text(request, commands[i]);
        request_key(request, state, KEY_RECORD, id.bytes, id.length);
    }
    ds_status status = redis_ask(map->redis, request, false, call);
    const redis_reply *kind = redis_reply_at(request, 0), *left = redis_reply_at(request, 1);
    if (status != DS_OK)
        ;
    else if (kind == NULL || kind->type != REDIS_STATUS || left == NULL || left->type != REDIS_INTEGER)
        status = ds_error_set(call->error, DS_BACKEND, "the server gave an answer that PTTL does not give");
    else if (script_says(kind, "none") || (script_says(kind, "hash") && left->integer == -2))
        status = missing(state, &id, call->error);
    else if (!script_says(kind, "hash"))
        status = model_wrong_kind(state, KEY_RECORD, id.bytes, id.length, call->error);
    else
        *ttl_ms = left->integer;
    redis_request_free(request);
    return status;
}
