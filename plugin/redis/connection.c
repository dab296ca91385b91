/* The connection object: two lanes of one link and one turn each, one for operations, one for redis_execute(), and how
 * requests are run on them. */
#include "lane.h"

struct redis {
    redis_config config;
    event_queue events;
    link_counters counters;
    redis_lane main, execute;
};

ds_status redis_open(ds_source *source, redis **out, ds_call *call)
{
    redis *made = ds_calloc(1, sizeof *made);
    if (made == NULL)
        return ds_error_set(call->error, DS_NOMEM, "out of memory");
    ds_status status = config_read(&made->config, source, call->error);
    if (status != DS_OK)
        goto free_made;
    status = events_init(&made->events, source, call->error);
    if (status != DS_OK)
        goto clear_config;
    status = lane_init(&made->main, &made->config, &made->events, &made->counters, call->error);
    if (status != DS_OK)
        goto free_events;
    status = lane_init(&made->execute, &made->config, NULL, &made->counters, call->error);
    if (status != DS_OK)
        goto free_main;
    *out = made;
    return DS_OK;
free_main:
    lane_free(&made->main);
free_events:
    events_free(&made->events);
clear_config:
    config_clear(&made->config);
free_made:
    ds_free(made);
    return status;
}

void redis_close(redis *self)
{
    if (self == NULL)
        return;
    lane_free(&self->execute);
    lane_free(&self->main);
    events_tell(&self->events);
    events_free(&self->events);
    config_clear(&self->config);
    ds_free(self);
}

ds_status redis_connect(redis *self, ds_call *call)
{
    ds_status status = lane_connect(&self->main, call);
    events_tell(&self->events);
    return status;
}

void redis_disconnect(redis *self, ds_call *call)
{
    (void)call; /* nothing is under way, so nothing is waited for */
    lane_close(&self->execute);
    lane_close(&self->main);
    events_tell(&self->events);
}

void redis_status(redis *self, bool *open, bool *ready)
{
    lane_look(&self->main);
    events_tell(&self->events);
    *open = atomic_load(&self->main.link.is_open);
    *ready = atomic_load(&self->main.link.is_ready);
}

ds_status redis_run(redis *self, redis_request *request, bool is_write, ds_call *call)
{
    return lane_run(&self->main, request, is_write, call);
}

ds_status redis_ask(redis *self, redis_request *request, bool is_write, ds_call *call)
{
    ds_status status = redis_run(self, request, is_write, call);
    for (size_t i = 0; status == DS_OK && i < request_count(request); i++)
        status = redis_reply_fail(redis_reply_at(request, i), NULL, call->error);
    return status;
}

ds_status redis_ping(redis *self, ds_call *call)
{
    redis_request *request = redis_request_new(self);
    if (request == NULL)
        return ds_error_set(call->error, DS_NOMEM, "out of memory");
    request_begin(request, 1);
    request_text(request, "PING");
    ds_status status = redis_ask(self, request, false, call);
    redis_request_free(request);
    return status;
}

redis_lane *redis_execute_lane(redis *self)
{
    return &self->execute;
}

void redis_stats(redis *self, ds_buffer *members)
{
    int sockets = atomic_load(&self->main.link.is_open) + atomic_load(&self->execute.link.is_open);
    ds_buffer_format(members, "\"connections\": %d, \"connects\": %llu, \"bytesSent\": %llu, \"bytesReceived\": %llu",
                     sockets, (unsigned long long)atomic_load(&self->counters.connects),
                     (unsigned long long)atomic_load(&self->counters.sent),
                     (unsigned long long)atomic_load(&self->counters.received));
}

const char *redis_key_prefix(const redis *self, size_t *length)
{
    if (length != NULL)
        *length = self->config.key_prefix_length;
    return self->config.key_prefix;
}

ds_source *redis_source(const redis *self)
{
    return self->config.source;
}
