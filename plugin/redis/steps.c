/* See steps.h. */
#include "steps.h"

#define LONGEST_STEP 5000000000 /* ns; where the source has no commandTimeout */
#define MOST_TURNS   10

ds_status step_run(const mapping *map, redis_request *request, bool is_write, ds_call *call)
{
    ds_value limit = ds_source_setting(redis_source(map->redis), "commandTimeout");
    int64_t ns = limit.type == DS_INTEGER && limit.as.integer > 0 ? limit.as.integer * 1000000 : LONGEST_STEP;
    ds_call step = *call;
    if (step.deadline > ds_now() + ns)
        step.deadline = ds_now() + ns;
    ds_status status = ds_call_check(call);
    return status == DS_OK ? redis_run(map->redis, request, is_write, &step) : status;
}

/* DS_OK, with *again where a script was not known. */
static ds_status check_replies(const redis_request *request, const char *doing, bool *again, ds_error *err)
{
    ds_status status = DS_OK;
    *again = false;
    for (size_t i = 0; status == DS_OK && i < request_count(request); i++) {
        const redis_reply *reply = redis_reply_at(request, i);
        if (reply == NULL)
            status = ds_error_set(err, DS_NOMEM, "out of memory");
        else if (redis_reply_is(reply, "NOSCRIPT"))
            *again = true;
        else
            status = redis_reply_fail(reply, doing, err);
    }
    return status;
}

ds_status step_run_scripts(const mapping *map, redis_request *request, step_encode *encode, void *user,
                           const char *doing, ds_call *call)
{
    bool whole = false, again = true;
    ds_status status = DS_OK;
    for (int turn = 0; again && turn < MOST_TURNS; turn++) {
        redis_request_reset(request);
        status = encode(user, request, whole);
        if (status != DS_OK)
            return ds_error_set(call->error, status, "out of memory");
        status = step_run(map, request, true, call);
        again = status == DS_LOST || status == DS_UNKNOWN_OUTCOME;
        if (status == DS_OK)
            status = check_replies(request, doing, &again, call->error);
        whole = whole || status == DS_OK;
    }
    if (status == DS_OK && again)
        return ds_error_set(call->error, DS_BUSY, "the server forgets its scripts as fast as they are loaded");
    return status;
}
