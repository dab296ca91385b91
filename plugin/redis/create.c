/* Creating records, and the sequence of integer ids. */
#include "schema.h"
#include "write.h"

/* A plain HSET where nobody can have the id and nothing expires; the script otherwise. */
ds_status encode_plain(const write_job *job, redis_request *request, size_t i, bool whole)
{
    const redis_model *state = job->state;
    const ds_record *record = job->records[i];
    size_t values = fields_count(state, record).values;
    bool with_id = state->stores_id || values == 0;
    size_t pairs = 2 * (values + (with_id ? 1 : 0));
    ds_text id;
    ds_value_text(write_id(job, i), &id);
    if (state->ttl_ms == 0 && job->token == NULL && ds_record_has_fresh_id(record)) {
        request_begin(request, 2 + pairs);
        request_text(request, "HSET");
        request_key(request, state, KEY_RECORD, id.bytes, id.length);
    } else {
        write_begin(job, request, SCRIPT_CREATE, whole, 1, 1 + pairs);
        request_key(request, state, KEY_RECORD, id.bytes, id.length);
        if (write_token(job, request, i) != DS_OK)
            return DS_NOMEM;
        if (state->ttl_ms > 0)
            request_integer(request, state->ttl_ms);
        else
            request_text(request, "");
    }
    if (with_id) {
        request_bytes(request, state->id->name, state->id->name_length);
        request_bytes(request, id.bytes, id.length);
    }
    ds_status status = fields_append(request, state, record);
    write_life(job, request);
    return status;
}

void plan_creation(const write_job *job, size_t i, write_plan *plan)
{
    *plan = (write_plan){
        .when = "new", .set = job->records[i], .stores_id = job->state->stores_id, .ttl_created = job->state->ttl_ms};
}

void plan_numbered(const write_job *job, size_t i, write_plan *plan)
{
    plan_creation(job, i, plan);
    plan->raises = write_id(job, i).as.integer > 0;
}

/* Why INCRBY refused. */
static ds_status refuse_numbers(const write_job *job, const redis_reply *reply)
{
    const key_space *keys = &job->state->keys;
    ds_error *err = job->call->error;
    if (reply == NULL || reply->type != REDIS_ERROR || redis_reply_is(reply, "WRONGTYPE") ||
        strstr(reply->text, "not an integer") != NULL)
        return model_wrong_kind(job->state, KEY_SEQUENCE, NULL, 0, err);
    if (strstr(reply->text, "overflow") != NULL)
        return ds_error_set(err, DS_INVALID, "the sequence of the model \"%s\" has no number left", keys->name);
    return redis_reply_fail(reply, key_show(keys, KEY_SEQUENCE, NULL, 0).text, err);
}

/* So many numbers are passed over: the more, the more often those that the sequence gave were taken. One that was lost
 * is beyond n records after about log2 n round trips, at less than twice n. */
static int64_t numbers_passed_over(const ds_call *call, size_t count)
{
    enum { DOUBLED_MOST = 30 };
    unsigned again = call->size >= offsetof(ds_call, again) + sizeof call->again ? call->again : 0;
    unsigned doubled = again == 0 ? 0 : again - 1 < DOUBLED_MOST ? again - 1 : DOUBLED_MOST;
    return (int64_t)count * ((INT64_C(1) << doubled) - 1);
}

/* Takes `count` numbers from the sequence; *last is the last one. Numbers that are never used do no harm, so a lost
 * answer is asked for again. */
static ds_status take_numbers(const write_job *job, redis_request *request, size_t count, int64_t *last)
{
    ds_status status = DS_UNKNOWN_OUTCOME;
    for (unsigned tries = 0; status == DS_UNKNOWN_OUTCOME && tries < 3; tries++) {
        redis_request_reset(request);
        request_begin(request, 3);
        request_text(request, "INCRBY");
        request_key(request, job->state, KEY_SEQUENCE, NULL, 0);
        request_integer(request, (int64_t)count + numbers_passed_over(job->call, count));
        status = redis_run(job->map->redis, request, write_intent(job), job->call);
        if (status == DS_UNKNOWN_OUTCOME && ds_call_check(job->call) != DS_OK)
            break;
    }
    if (status == DS_UNKNOWN_OUTCOME)
        return ds_error_set(
            job->call->error, DS_LOST,
            "the connection broke while the model \"%s\" took ids from its sequence; nothing was stored",
            job->state->keys.name);
    const redis_reply *reply = status == DS_OK ? redis_reply_at(request, 0) : NULL;
    if (status == DS_OK && (reply == NULL || reply->type != REDIS_INTEGER))
        return refuse_numbers(job, reply);
    if (status == DS_OK)
        *last = reply->integer;
    return status;
}

static bool lacks_id(const write_job *job, size_t i)
{
    return write_id(job, i).type == DS_NULL;
}

ds_status write_take_numbers(const write_job *job, size_t count, int64_t *last)
{
    redis_request *request = redis_request_new(job->map->redis);
    ds_status status = request == NULL ? ds_error_set(job->call->error, DS_NOMEM, "out of memory")
                                       : take_numbers(job, request, count, last);
    redis_request_free(request);
    return status;
}

/* Gives the records from `first` on that have no id the next numbers; *end is behind the last of them. */
static ds_status number_records(const write_job *job, size_t first, size_t n, size_t *end)
{
    size_t count = 1;
    while (first + count < n && count < ROUND_COMMANDS && lacks_id(job, first + count))
        count++;
    int64_t last = 0;
    ds_status status = write_take_numbers(job, count, &last);
    for (size_t k = 0; k < count && status == DS_OK; k++)
        if (ds_record_put(job->records[first + k], job->state->id_slot, ds_integer(last - (int64_t)(count - 1 - k))) !=
            DS_OK)
            status = ds_error_set(job->call->error, DS_NOMEM, "out of memory");
    *end = first + count;
    return status;
}

/* In the order of the records, so that a number is taken after the ids before it have raised the sequence. */
static ds_status create_numbered(write_job *job, size_t n)
{
    ds_status status = DS_OK;
    for (size_t first = 0, end; first < n && status == DS_OK; first = end) {
        if (lacks_id(job, first)) {
            status = number_records(job, first, n, &end);
            job->encode = encode_plain;
            job->plan = plan_creation;
            job->uses = SCRIPT_CREATE;
        } else {
            for (end = first + 1; end < n && !lacks_id(job, end);)
                end++;
            job->encode = encode_planned;
            job->plan = plan_numbered;
            job->uses = SCRIPT_WRITE;
        }
        if (status == DS_OK)
            status = write_run(job, first, end);
    }
    return status;
}

ds_status create_records(void *connection, const ds_model *model, ds_record *const *records, size_t n,
                         ds_outcomes *outcomes, ds_call *call)
{
    write_job job = {.map = connection,
                     .model = model,
                     .state = ds_model_state(model),
                     .call = call,
                     .outcomes = outcomes,
                     .encode = encode_plain,
                     .plan = plan_creation,
                     .uses = SCRIPT_CREATE,
                     .records = records};
    token own;
    ds_status status = schema_ask(connection, model, call);
    if (status == DS_OK)
        status = write_arm(&job, &own);
    if (status != DS_OK)
        return status;
    return job.state->sequenced ? create_numbered(&job, n) : write_run(&job, 0, n);
}
