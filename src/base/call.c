/* What an entry of a connector asks about its call: how long it may wait, and whether it should go on. */
#include "base/base.h"

#include <limits.h>
#include <time.h>

#define NS_PER_S  1000000000
#define NS_PER_MS 1000000

int64_t ds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

int ds_call_wait_ms(const ds_call *call)
{
    if (call->deadline == DS_NO_DEADLINE)
        return -1;
    int64_t now = ds_now();
    if (call->deadline <= now)
        return 0;
    int64_t ms = (call->deadline - now - 1) / NS_PER_MS + 1;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

ds_status ds_call_progress(ds_call *call)
{
    bool has_steps = call->size >= offsetof(ds_call, whole) + sizeof call->whole && call->step > 0;
    if (has_steps) {
        int64_t now = ds_now();
        call->deadline = call->whole - now > call->step ? now + call->step : call->whole;
    }
    return ds_call_check(call);
}

ds_status ds_call_check(const ds_call *call)
{
    if (ds_cancel_is_set(call->cancel))
        return ds_error_set(call->error, DS_CANCELLED, "the operation was cancelled");
    if (call->deadline != DS_NO_DEADLINE && ds_now() >= call->deadline)
        return ds_error_set(call->error, DS_TIMEOUT, "the deadline of the operation passed");
    return DS_OK;
}
