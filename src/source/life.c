/* The life of a data source: connecting before the first operation and after a loss, disconnecting once nothing is
 * under way. Connectors that connect by themselves (DS_CAN_RECONNECT) are asked to for ds_connect() alone. */
#include "source/source.h"

#include <time.h>

#define SLICE_NS 20000000 /* how often a waiter looks at its cancel token, which no condition variable knows */

static bool connects_itself(const ds_source *source)
{
    return (source->connector->capabilities & DS_CAN_RECONNECT) != 0;
}

/* Waits for a change of the life, until the deadline or the next look at the cancel token. The lock is held. */
static void wait_for_change(ds_source *source, int64_t deadline)
{
    int64_t until = ds_now() + SLICE_NS;
    if (deadline < until)
        until = deadline;
    struct timespec at = {.tv_sec = (time_t)(until / 1000000000), .tv_nsec = (long)(until % 1000000000)};
    pthread_cond_timedwait(&source->changed, &source->lock, &at);
}

/* Makes this thread the one that changes the life. The lock is held. */
static ds_status begin_change(ds_source *source, ds_call *call)
{
    ds_status status = DS_OK;
    while (source->changing && (status = ds_call_check(call)) == DS_OK)
        wait_for_change(source, call->deadline);
    if (status == DS_OK)
        source->changing = true;
    return status;
}

static void end_change(ds_source *source)
{
    source->changing = false;
    pthread_cond_broadcast(&source->changed);
}

static void fill_in(ds_call *call, ds_status status, const char *doing)
{
    if (call->error->message[0] == '\0')
        ds_error_set(call->error, status, "%s failed (%s)", doing, ds_status_name(status));
    call->error->status = status;
}

/* One attempt. The lock is held, but not while the connector works. */
static ds_status attempt(ds_source *source, ds_call *call, bool again)
{
    ds_status status = begin_change(source, call);
    if (status != DS_OK)
        return status;
    if (again || !source->connected) {
        bool was = source->connected;
        pthread_mutex_unlock(&source->lock);
        status = source->connector->connect(source->connection, call);
        if (status != DS_OK)
            fill_in(call, status, "connecting");
        if (!connects_itself(source) && !was) {
            if (status == DS_OK)
                ds_source_emit(source, DS_EVENT_CONNECT, NULL);
            ds_source_emit(source, status == DS_OK ? DS_EVENT_READY : DS_EVENT_ERROR,
                           status == DS_OK ? NULL : call->error);
        }
        pthread_mutex_lock(&source->lock);
        source->connected = status == DS_OK;
    }
    end_change(source);
    return status;
}

ds_status life_connect(ds_source *source, ds_call *call)
{
    if (connects_itself(source) || source->connected)
        return DS_OK;
    pthread_mutex_lock(&source->lock);
    ds_status status = attempt(source, call, false);
    pthread_mutex_unlock(&source->lock);
    return status;
}

static int64_t after_ms(int64_t ms)
{
    return ms == 0 ? DS_NO_DEADLINE : ds_now() + ms * 1000000;
}

static ds_status tell(ds_source *source, ds_status status, ds_error *error, ds_error *err)
{
    if (status == DS_OK)
        return DS_OK;
    error_prefix(error, "data source \"%s\": ", source->name);
    error_in_source(error, source->name);
    return error_copy(err, error);
}

ds_status ds_connect(ds_source *source, ds_error *err)
{
    if (source == NULL)
        return ds_error_set(err, DS_INVALID, "ds_connect needs a data source");
    ds_error error = {0};
    int64_t ms = source->connect_timeout_ms != 0 ? source->connect_timeout_ms : source->command_timeout_ms;
    ds_call call = {.size = sizeof call, .deadline = after_ms(ms), .error = &error};
    pthread_mutex_lock(&source->lock);
    ds_status status = attempt(source, &call, true);
    if (status == DS_OK)
        source->disconnected = false;
    pthread_mutex_unlock(&source->lock);
    return tell(source, status, &error, err);
}

/* Refuses new operations and waits for those under way. The lock is held. */
static ds_status drain(ds_source *source, ds_call *call)
{
    source->disconnected = true;
    ds_status status = DS_OK;
    while (source->under_way > 0 && (status = ds_call_check(call)) == DS_OK)
        wait_for_change(source, call->deadline);
    if (status != DS_OK)
        source->disconnected = false;
    return status;
}

ds_status ds_disconnect(ds_source *source, ds_error *err)
{
    if (source == NULL)
        return ds_error_set(err, DS_INVALID, "ds_disconnect needs a data source");
    ds_error error = {0};
    ds_call call = {.size = sizeof call, .deadline = after_ms(source->command_timeout_ms), .error = &error};
    pthread_mutex_lock(&source->lock);
    ds_status status = begin_change(source, &call);
    if (status == DS_OK) {
        bool was = source->connected;
        status = drain(source, &call);
        pthread_mutex_unlock(&source->lock);
        if (status == DS_OK) {
            source->generation++;
            if (source->connector->disconnect != NULL)
                source->connector->disconnect(source->connection, &call);
            source->connected = false;
            if (was && !connects_itself(source))
                ds_source_emit(source, DS_EVENT_END, NULL);
        }
        pthread_mutex_lock(&source->lock);
        end_change(source);
    }
    pthread_mutex_unlock(&source->lock);
    return tell(source, status, &error, err);
}

static void look(const ds_source *source, bool *open, bool *ready)
{
    *open = *ready = source->connected;
    if (source->connector->status != NULL)
        source->connector->status(source->connection, open, ready);
}

bool ds_is_open(const ds_source *source)
{
    bool open = false, ready = false;
    if (source != NULL)
        look(source, &open, &ready);
    return open;
}

bool ds_is_ready(const ds_source *source)
{
    bool open = false, ready = false;
    if (source != NULL)
        look(source, &open, &ready);
    return ready && !source->disconnected;
}
