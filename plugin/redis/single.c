/* What is done to one field or to the expiry of one record: increment, expire, ttl. */
#include "kept.h"

typedef struct argument {
    const char *bytes;
    size_t length;
} argument;

/* Calls a script on a record, and loads it where the server has forgotten it. *reply belongs to the request, the
 * caller's to free whatever is returned. */
static ds_status call_script(const write_job *job, const argument *arguments, size_t count, redis_request **request,
                             const redis_reply **reply)
{
    const redis_model *state = job->state;
    ds_text id;
    ds_value_text(write_id(job, 0), &id);
    *request = redis_request_new(job->map->redis);
    if (*request == NULL)
        return ds_error_set(job->call->error, DS_NOMEM, "out of memory");
    for (bool whole = false, is_open = false;; whole = true) {
        write_begin(job, *request, job->uses, whole, 1, count);
        request_key(*request, state, KEY_RECORD, id.bytes, id.length);
        if (write_token(job, *request, 0) != DS_OK)
            return ds_error_set(job->call->error, DS_NOMEM, "out of memory");
        for (size_t i = 0; i < count; i++)
            request_bytes(*request, arguments[i].bytes, arguments[i].length);
        write_life(job, *request);
        if (is_open)
            request_keeps_open(*request);
        ds_status status = redis_run(job->map->redis, *request, write_intent(job), job->call);
        *reply = redis_reply_at(*request, 0);
        if (*reply == NULL && redis_command_status(*request, 0, NULL) == DS_OK)
            return ds_error_set(job->call->error, DS_UNKNOWN_OUTCOME, "%s", ANSWER_LOST);
        if (status != DS_OK)
            return status;
        if (whole || !redis_reply_is(*reply, "NOSCRIPT"))
            break;
        is_open = redis_command_is_open(*request, 0);
        redis_request_reset(*request);
    }
    return (*reply)->type == REDIS_ERROR ? model_reply_fail(state, id.bytes, id.length, *reply, job->call->error)
                                         : DS_OK;
}

/* The same by keep.lua, where the model is kept. */
static ds_status call_keep(write_job *job, const write_plan *plan, redis_request **request, const redis_reply **reply)
{
    kept_call call = {.keys = {0}};
    kept_need *need = NULL;
    const schema *s = NULL;
    bool again = true, anew = false, whole = false, is_open = false;
    ds_status status = DS_OK;
    *reply = NULL;
    *request = redis_request_new(job->map->redis);
    if (*request == NULL)
        return ds_error_set(job->call->error, DS_NOMEM, "out of memory");
    for (unsigned turns = 0; status == DS_OK && again; turns++) {
        schema_release(job->state, s);
        s = NULL;
        redis_request_reset(*request);
        if (turns == MOST_TURNS)
            status = ds_error_set(job->call->error, DS_BUSY, "others change the model \"%s\" too fast",
                                  job->state->keys.name);
        else if (job->state->schemas != NULL)
            status = schema_take(job->map, job->state, anew, &s, job->call);
        if (status == DS_OK && kept_is_left(job->state, s, plan))
            status = ds_error_set(job->call->error, DS_UNSUPPORTED, "the property is indexed");
        else if (status == DS_OK && kept_encode(&call, job, *request, 0, plan, s, need, whole) != DS_OK)
            status = ds_error_set(job->call->error, DS_NOMEM, "out of memory");
        if (status == DS_OK && is_open)
            request_keeps_open(*request);
        if (status == DS_OK)
            status = redis_run(job->map->redis, *request, write_intent(job), job->call);
        else if (is_open)
            status = write_open(job->call, job->call->error);
        is_open = redis_command_is_open(*request, 0);
        *reply = redis_reply_at(*request, 0);
        if (status == DS_OK && *reply == NULL)
            status = ds_error_set(job->call->error, DS_UNKNOWN_OUTCOME, "%s", ANSWER_LOST);
        if (status == DS_OK) {
            whole = redis_reply_is(*reply, "NOSCRIPT");
            anew = script_says(*reply, "EPOCH");
            status = kept_need_add(job->state, *reply, 0, &need, &again, job->call->error);
            again = again || whole || anew;
        }
    }
    schema_release(job->state, s);
    kept_need_free(need);
    kept_call_free(&call);
    return status;
}

static ds_status tell_fault(const redis_model *state, const ds_text *id, const redis_reply *reply, ds_error *err)
{
    if (reply->type == REDIS_ERROR)
        return model_reply_fail(state, id->bytes, id->length, reply, err);
    if (reply->type == REDIS_ARRAY && reply->count == 2 && script_says(&reply->elements[0], "KIND"))
        return model_wrong_key(&reply->elements[1], err);
    return DS_OK;
}

static ds_status missing(const redis_model *state, const ds_text *id, ds_error *err)
{
    return ds_error_set(err, DS_NOT_FOUND, "there is no record \"%s\"",
                        key_show(&state->keys, KEY_RECORD, id->bytes, id->length).text);
}

/* What is done to one record: by the script of its own, or by keep.lua. */
static ds_status do_single(mapping *map, const ds_model *model, script which, ds_value id_value, const write_plan *plan,
                           const argument *arguments, size_t count, ds_call *call, redis_request **request,
                           const redis_reply **reply)
{
    const redis_model *state = ds_model_state(model);
    ds_text id;
    ds_value_text(id_value, &id);
    if (!model_takes_id(state, id.bytes, id.length))
        return missing(state, &id, call->error);
    ds_status status = schema_ask(map, model, call);
    if (status != DS_OK)
        return status;
    token own;
    write_job job = {.map = map, .model = model, .state = state, .call = call, .uses = which, .ids = &id_value};
    if ((status = write_arm(&job, &own)) != DS_OK)
        return status;
    if (!state->is_kept)
        return call_script(&job, arguments, count, request, reply);
    status = call_keep(&job, plan, request, reply);
    return status == DS_OK ? tell_fault(state, &id, *reply, call->error) : status;
}

bool increment_is_for_server(const ds_model *model, size_t slot, ds_value by)
{
    const ds_property *property = ds_model_property(model, slot);
    const redis_model *state = ds_model_state(model);
    return by.type == DS_INTEGER && (property == NULL || property->type == DS_PROPERTY_INTEGER) &&
           state->version_slot == DS_NO_SLOT;
}

ds_status refuse_version(const ds_model *model, const char *property, ds_error *err)
{
    return ds_error_set(err, DS_INVALID,
                        "the property \"%s\" of the model \"%s\" is its version, which counts the writes by itself",
                        property, ds_model_name(model));
}

ds_status increment_field(void *connection, const ds_model *model, ds_value id_value, const char *property, size_t slot,
                          ds_value by, ds_value *now, ds_call *call)
{
    const redis_model *state = ds_model_state(model);
    if (slot != DS_NO_SLOT && slot == state->version_slot)
        return refuse_version(model, property, call->error);
    if (slot == state->id_slot || !increment_is_for_server(model, slot, by))
        return ds_error_set(call->error, DS_UNSUPPORTED, "Redis adds integers only");
    ds_text id, text;
    ds_value_text(id_value, &id);
    ds_value_text(by, &text);
    argument arguments[] = {{property, strlen(property)}, {text.bytes, text.length}};
    write_plan plan = {.when = "I", .property = property, .by = by};
    redis_request *request = NULL;
    const redis_reply *reply = NULL;
    ds_status status =
        do_single(connection, model, SCRIPT_INCREMENT, id_value, &plan, arguments, 2, call, &request, &reply);
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
    write_plan plan = {.when = "E", .ttl_kept = ttl_ms < 0 ? -1 : ttl_ms};
    redis_request *request = NULL;
    const redis_reply *reply = NULL;
    ds_status status =
        do_single(connection, model, SCRIPT_EXPIRE, id_value, &plan, arguments, 1, call, &request, &reply);
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
    if (!model_takes_id(state, id.bytes, id.length))
        return missing(state, &id, call->error);
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
