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

ds_status life_refuse(ds_error *err)
{
    return ds_error_set(err, DS_UNREACHABLE, "it was disconnected by the host, and waits for ds_connect()");
}

/* An operation gives way to ds_disconnect(), which waits for it to end; and so does a handler, in whose thread one may be under
 * way. */
static bool is_to_give_way(const ds_source *source, bool is_operation)
{
    bool tells = source->telling && pthread_equal(source->teller, pthread_self());
    return source->disconnected && (is_operation || (source->changing && tells));
}

/* Makes this thread the one that changes the life. The lock is held. */
static ds_status begin_change(ds_source *source, bool is_operation, ds_call *call)
{
    if (source->changing && pthread_equal(source->changer, pthread_self()))
        return ds_error_set(call->error, DS_BUSY, "the thread that asks is connecting or disconnecting it already");
    while (source->changing && !is_to_give_way(source, is_operation)) {
        wait_for_change(source, call->deadline);
        ds_status status = ds_call_check(call);
        if (status == DS_TIMEOUT)
            ds_error_set(call->error, status,
                         "the deadline of the operation passed while another thread was connecting or disconnecting");
        if (status != DS_OK)
            return status;
    }
    if (is_to_give_way(source, is_operation))
        return life_refuse(call->error);
    source->changing = true;
    source->changer = pthread_self();
    return DS_OK;
}

static void end_change(ds_source *source)
{
    source->changing = false;
    pthread_cond_broadcast(&source->changed);
}

/* Unless the connector tells the events of its connection itself. The lock is held. */
static void happened(ds_source *source, ds_event event, const ds_error *cause)
{
    if (!connects_itself(source))
        source_event_add(source, event, cause);
}

static void happened_connected(ds_source *source, bool was)
{
    source->reached = true;
    source->connected = true;
    if (was)
        return;
    source->connects++;
    happened(source, DS_EVENT_CONNECT, NULL);
    happened(source, DS_EVENT_READY, NULL);
}

static void happened_lost(ds_source *source, bool was, const ds_error *cause)
{
    source->connected = false;
    happened(source, DS_EVENT_ERROR, cause);
    if (was)
        happened(source, DS_EVENT_END, NULL);
}

/* One attempt, by the thread that changes the life. The lock is held, but not while the connector works. */
static ds_status attempt(ds_source *source, ds_call *call)
{
    bool was = source->connected;
    pthread_mutex_unlock(&source->lock);
    ds_log(DS_LOG_DEBUG, source->name, "connecting");
    ds_status status = source->connector->connect(source->connection, call);
    if (status == DS_OK)
        *call->error = (ds_error){.status = DS_OK}; /* of an address that was tried before, say */
    else if (call->error->message[0] == '\0')
        ds_error_set(call->error, status, "the connector %s could not connect (%s)", source->connector->name,
                     ds_status_name(status));
    call->error->status = status;
    pthread_mutex_lock(&source->lock);
    if (status == DS_OK)
        happened_connected(source, was && source->connected);
    else
        happened_lost(source, was && source->connected, call->error);
    return status;
}

ds_status life_connect(ds_source *source, ds_call *call)
{
    if (connects_itself(source) || source->connected)
        return DS_OK;
    pthread_mutex_lock(&source->lock);
    ds_status status = begin_change(source, true, call);
    if (status == DS_OK) {
        if (!source->connected) /* by another thread, meanwhile */
            status = attempt(source, call);
        end_change(source);
    }
    pthread_mutex_unlock(&source->lock);
    source_events_tell(source);
    return status;
}

void life_lose(ds_source *source, uint64_t connects, const ds_error *cause)
{
    pthread_mutex_lock(&source->lock);
    if (source->connected && source->connects == connects)
        happened_lost(source, true, cause);
    pthread_mutex_unlock(&source->lock);
    source_events_tell(source);
}

static int64_t after_ms(int64_t ms)
{
    return ms == 0 ? DS_NO_DEADLINE : ds_now() + ms * 1000000;
}

static ds_status tell(const ds_source *source, ds_status status, ds_error *error, ds_error *err)
{
    if (status == DS_OK)
        return DS_OK;
    error_of_source(error, source->name);
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
    ds_status status = begin_change(source, false, &call);
    if (status == DS_OK) {
        source->disconnected = false;
        status = attempt(source, &call);
        end_change(source);
    }
    pthread_mutex_unlock(&source->lock);
    source_events_tell(source);
    return tell(source, status, &error, err);
}

/* Refuses new operations and waits for those under way. The lock is held. */
static ds_status drain(ds_source *source, ds_call *call)
{
    bool was = source->disconnected;
    source->disconnected = true;
    pthread_cond_broadcast(&source->changed); /* for those that wait for a connection: they give way */
    ds_status status = DS_OK;
    while (source->under_way > 0 && (status = ds_call_check(call)) == DS_OK)
        wait_for_change(source, call->deadline);
    if (status == DS_OK)
        return DS_OK;
    source->disconnected = was;
    return ds_error_set(call->error, status, "operations (%u) were still under way after %lld ms; nothing was closed",
                        source->under_way, (long long)source->command_timeout_ms);
}

/* By the thread that changes the life, with nothing under way. The lock is held, but not while the connector works. */
static void hang_up(ds_source *source, ds_call *call)
{
    bool was = source->connected, due = source->reached || connects_itself(source);
    source->generation++;
    source->connected = source->reached = false;
    pthread_mutex_unlock(&source->lock);
    if (due && source->connector->disconnect != NULL)
        source->connector->disconnect(source->connection, call);
    pthread_mutex_lock(&source->lock);
    if (was)
        happened(source, DS_EVENT_END, NULL);
}

ds_status ds_disconnect(ds_source *source, ds_error *err)
{
    if (source == NULL)
        return ds_error_set(err, DS_INVALID, "ds_disconnect needs a data source");
    ds_error error = {0};
    ds_call call = {.size = sizeof call, .deadline = after_ms(source->command_timeout_ms), .error = &error};
    pthread_mutex_lock(&source->lock);
    ds_status status = DS_OK;
    if (source->telling && pthread_equal(source->teller, pthread_self()))
        status = ds_error_set(&error, DS_INVALID,
                              "ds_disconnect was called by an event handler, whose operation is still under way");
    else
        status = begin_change(source, false, &call);
    if (status == DS_OK) {
        status = drain(source, &call);
        if (status == DS_OK)
            hang_up(source, &call);
        end_change(source);
    }
    pthread_mutex_unlock(&source->lock);
    source_events_tell(source);
    return tell(source, status, &error, err);
}

/* A change of the life, so that nobody connects or disconnects meanwhile. The lock is held, but not while the connector works. */
static ds_status log_in(ds_source *source, const char *username, const char *password, ds_call *call)
{
    ds_status status = begin_change(source, false, call);
    if (status != DS_OK)
        return status;
    pthread_mutex_unlock(&source->lock);
    status = source->connector->set_credentials(source->connection, username, password, call);
    if (status != DS_OK && call->error->message[0] == '\0')
        ds_error_set(call->error, status, "the connector %s did not take the credentials (%s)", source->connector->name,
                     ds_status_name(status));
    call->error->status = status;
    pthread_mutex_lock(&source->lock);
    end_change(source);
    return status;
}

ds_status ds_set_credentials(ds_source *source, const char *username, const char *password, ds_error *err)
{
    if (source == NULL || password == NULL)
        return ds_error_set(err, DS_INVALID, "ds_set_credentials needs a data source and a password");
    ds_error error = {0};
    ds_call call = {.size = sizeof call, .deadline = after_ms(source->command_timeout_ms), .error = &error};
    if (source->connector->set_credentials == NULL) {
        ds_error_set(&error, DS_UNSUPPORTED, "the connector %s knows no credentials", source->connector->name);
        return tell(source, DS_UNSUPPORTED, &error, err);
    }
    pthread_mutex_lock(&source->lock);
    ds_status status = log_in(source, username, password, &call);
    pthread_mutex_unlock(&source->lock);
    source_events_tell(source);
    return tell(source, status, &error, err);
}

void life_end(ds_source *source)
{
    ds_error error = {0};
    ds_call call = {.size = sizeof call, .deadline = after_ms(source->command_timeout_ms), .error = &error};
    pthread_mutex_lock(&source->lock);
    source->disconnected = source->changing = true; /* so that a handler cannot begin anew */
    source->changer = pthread_self();
    hang_up(source, &call);
    pthread_mutex_unlock(&source->lock);
    source_events_tell(source);
}

bool ds_source_leaves(const ds_source *source)
{
    return source->disconnected;
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
