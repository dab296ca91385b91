/* The connection object: the pool of lanes that operations share, one lane more for redis_execute(), and how requests are run on
 * them. */
#include "login.h"
#include "pool.h"

#include "../../src/base/fork.h"

struct redis {
    redis_config config;
    login login;
    event_queue events;
    link_counters counters;
    lane_pool pool;
    redis_lane execute;
    fork_mark mark;
};

/* What is the parent's is let go of without a byte sent, so that both can go on; the child's first operation connects anew. */
static void make_own(redis *self)
{
    if (fork_mark_is_ours(&self->mark) || !fork_mark_claim(&self->mark))
        return;
    login_forget(&self->login);
    events_forget(&self->events);
    lane_pool_forget(&self->pool);
    lane_forget(&self->execute);
    fork_mark_settle(&self->mark);
}

unsigned redis_own(redis *self)
{
    make_own(self);
    return atomic_load_explicit(&self->mark.forks, memory_order_relaxed);
}

/* They are read again at each connect; what is wrong with them is no matter of the network, so it is told before that. */
static ds_status look_at_files(const redis_config *config, ds_error *err)
{
    ds_status status = config->password_file == NULL ? DS_OK : password_check(config->password_file, err);
    return status == DS_OK && config->use_tls ? tls_check(&config->tls, err) : status;
}

ds_status redis_open(ds_source *source, redis **out, ds_call *call)
{
    redis *made = ds_calloc(1, sizeof *made);
    if (made == NULL)
        return ds_error_set(call->error, DS_NOMEM, "out of memory");
    ds_status status = login_init(&made->login, call->error);
    if (status != DS_OK)
        goto free_made;
    status = config_read(&made->config, source, call->error);
    if (status != DS_OK)
        goto free_login;
    made->config.login = &made->login;
    made->config.connection = made;
    status = look_at_files(&made->config, call->error);
    if (status == DS_OK)
        status = events_init(&made->events, source, call->error);
    if (status != DS_OK)
        goto clear_config;
    status = lane_pool_init(&made->pool, made, &made->config, &made->events, &made->counters, call->error);
    if (status != DS_OK)
        goto free_events;
    lane_init(&made->execute, &made->config, NULL, &made->counters);
    fork_mark_init(&made->mark);
    *out = made;
    return DS_OK;
free_events:
    events_free(&made->events);
clear_config:
    config_clear(&made->config);
free_login:
    login_free(&made->login);
free_made:
    ds_free(made);
    return status;
}

void redis_close(redis *self)
{
    if (self == NULL)
        return;
    make_own(self);
    lane_free(&self->execute);
    lane_pool_free(&self->pool);
    events_tell(&self->events);
    events_free(&self->events);
    config_clear(&self->config);
    login_free(&self->login);
    fork_mark_free(&self->mark);
    ds_free(self);
}

ds_status redis_connect(redis *self, ds_call *call)
{
    make_own(self);
    ds_status status = lane_pool_connect(&self->pool, call);
    events_tell(&self->events);
    return status;
}

void redis_disconnect(redis *self, ds_call *call)
{
    (void)call; /* nothing is under way, so nothing is waited for */
    make_own(self);
    lane_close(&self->execute);
    lane_pool_each(&self->pool, lane_close);
    events_tell(&self->events);
}

void redis_status(redis *self, bool *open, bool *ready)
{
    make_own(self);
    lane_pool_each(&self->pool, lane_look);
    events_tell(&self->events);
    *open = *ready = false;
    for (redis_lane *lane = lane_pool_next(&self->pool, NULL); lane != NULL; lane = lane_pool_next(&self->pool, lane)) {
        *open |= atomic_load(&lane->link.is_open);
        *ready |= atomic_load(&lane->link.is_ready);
    }
}

ds_status redis_run(redis *self, redis_request *request, redis_intent intent, ds_call *call)
{
    make_own(self);
    return lane_pool_run(&self->pool, request, intent, call);
}

ds_status redis_ask(redis *self, redis_request *request, redis_intent intent, ds_call *call)
{
    ds_status status = redis_run(self, request, intent, call);
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

/* Says AUTH on an open socket. *answered: the server has said yes or no; otherwise the socket is not open any more, or the
 * operation ended before. */
static ds_status log_in(redis *self, redis_lane *lane, const credentials *who, bool *answered, ds_call *call)
{
    redis_request *request = redis_request_new(self);
    if (request == NULL)
        return ds_error_set(call->error, DS_NOMEM, "out of memory");
    credentials_encode(who, request);
    ds_status status = lane_run(lane, request, REDIS_READS, call);
    const redis_reply *reply = status == DS_OK ? redis_reply_at(request, 0) : NULL;
    *answered = reply != NULL;
    if (status == DS_OK && reply == NULL)
        status = ds_error_set(call->error, DS_NOMEM, "out of memory");
    else if (reply != NULL && reply->type == REDIS_ERROR)
        status = login_refused(&self->login, &self->config, who, reply, call->error);
    redis_request_free(request);
    return status;
}

/* A socket that was lost on the way is a closed one, also where a new one was refused, since it was opened with what held
 * before. */
static bool is_closed(ds_status status, bool answered)
{
    return !answered && (status == DS_LOST || status == DS_UNREACHABLE || status == DS_AUTH);
}

static redis_lane *lane_after(redis *self, redis_lane *lane)
{
    if (lane == &self->execute)
        return NULL;
    redis_lane *next = lane_pool_next(&self->pool, lane);
    return next == NULL ? &self->execute : next;
}

/* The first that is ready and answers decides for all; where there is none, they are taken as they are. */
static ds_status decide(redis *self, const credentials *who, ds_call *call)
{
    bool answered = false;
    for (redis_lane *lane = lane_after(self, NULL); lane != NULL && !answered; lane = lane_after(self, lane)) {
        if (!atomic_load(&lane->link.is_ready))
            continue;
        ds_status status = log_in(self, lane, who, &answered, call);
        if (status != DS_OK && !is_closed(status, answered))
            return status;
    }
    return DS_OK;
}

/* All that are ready and said others: what becomes ready from now on says these. */
static void log_in_everywhere(redis *self, const credentials *who, unsigned turn, ds_call *call)
{
    bool answered;
    for (redis_lane *lane = lane_after(self, NULL); lane != NULL; lane = lane_after(self, lane))
        if (atomic_load(&lane->link.is_ready) && atomic_load(&lane->link.said) != turn)
            log_in(self, lane, who, &answered, call);
}

ds_status redis_set_credentials(redis *self, const char *username, const char *password, ds_call *call)
{
    make_own(self);
    credentials *made = credentials_new(username, password);
    if (made == NULL)
        return ds_error_set(call->error, DS_NOMEM, "out of memory");
    ds_status status = decide(self, made, call);
    if (status != DS_OK) {
        credentials_free(made);
        return status;
    }
    login_set(&self->login, made); /* which lives until others are set, and that is not meanwhile */
    log_in_everywhere(self, made, atomic_load(&self->login.turn), call);
    *call->error = (ds_error){.status = DS_OK};
    return DS_OK;
}

redis_lane *redis_execute_lane(redis *self)
{
    make_own(self);
    return &self->execute;
}

void redis_stats(redis *self, ds_buffer *members)
{
    make_own(self);
    int sockets = atomic_load(&self->execute.link.is_open);
    for (redis_lane *lane = lane_pool_next(&self->pool, NULL); lane != NULL; lane = lane_pool_next(&self->pool, lane))
        sockets += atomic_load(&lane->link.is_open);
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
