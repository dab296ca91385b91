/* Running a request: the turn, a ready link, the exchange; then its fate, by the rules of DESIGN 8. What was not sent
 * is sent again on a fresh link, and so is what only reads; a write that was sent and not answered is an unknown
 * outcome. */
#include "lane.h"

/* A read is risked on a link that was used so shortly before: it can be repeated. */
#define LOOK_AFTER_NS INT64_C(1000000)
#define GOOD_AFTER_NS INT64_C(1000000000) /* a link that stood so long was no failed attempt, even if nobody used it */
enum { LEAVE_SLICE_MS = 50 };

ds_status lane_init(redis_lane *self, const redis_config *config, event_queue *events, link_counters *counters,
                    ds_error *err)
{
    self->config = config;
    link_init(&self->link, config, events, counters);
    return gate_init(&self->gate, config->max_pending, err);
}

void lane_free(redis_lane *self)
{
    link_free(&self->link);
    gate_free(&self->gate);
}

void lane_forget(redis_lane *self)
{
    link_forget(&self->link, gate_forget(&self->gate));
    backoff_clear(&self->backoff);
    self->is_attempted = false;
    self->used = 0;
}

/* ---- a ready link ---- */

static const char *what_it_waits_for(const redis_link *link)
{
    switch (link->state) {
    case LINK_REACHING:
        return "could not be reached";
    case LINK_SECURING:
        return "did not finish the TLS handshake";
    case LINK_GREETING:
        return "accepted the connection, but did not answer";
    default:
        return "did not answer";
    }
}

static ds_status ended_early(const redis_lane *self, ds_status status, ds_error *err)
{
    if (status == DS_CANCELLED)
        return ds_error_set(err, status, "the operation was cancelled while it waited for the Redis server at %s",
                            self->config->where);
    return ds_error_set(err, status, "the Redis server at %s %s in time", self->config->where,
                        what_it_waits_for(&self->link));
}

/* The link has ended. DS_OK: there may be another attempt, at retry_at. */
static ds_status note_end(redis_lane *self, ds_error *err)
{
    const redis_link *link = &self->link;
    bool was_good = self->backoff.is_proven || (link->ready_at != 0 && ds_now() - link->ready_at >= GOOD_AFTER_NS);
    self->is_attempted = false;
    if (was_good && !link->is_final) {
        backoff_clear(&self->backoff);
        return DS_OK;
    }
    *err = link->cause;
    if (err->status == DS_LOST)
        err->status = DS_UNREACHABLE;
    return backoff_next(&self->backoff, &self->config->backoff, self->config->source, ds_now(), link->is_final, err);
}

static void attempt(redis_lane *self)
{
    self->is_attempted = true;
    self->backoff.is_proven = false;
    if (self->backoff.cause.status != DS_OK)
        events_add(self->link.events, DS_EVENT_RECONNECTING, &self->backoff.cause);
    link_open(&self->link);
}

/* Drives the link until it is ready, or closed. */
static ds_status drive(redis_lane *self, const ds_call *call, ds_error *err)
{
    redis_link *link = &self->link;
    while (link->state != LINK_READY && link->state != LINK_CLOSED) {
        ds_status status = link_wait(link, call, INT64_MAX);
        if (status != DS_OK && link->state != LINK_READY && link->state != LINK_CLOSED)
            return ended_early(self, status, err);
    }
    return DS_OK;
}

/* *retry_at: when to come again; 0: now, or not at all. */
static ds_status connect_link(redis_lane *self, const ds_call *call, int64_t *retry_at, ds_error *err)
{
    redis_link *link = &self->link;
    if (link->state != LINK_CLOSED && link->state != LINK_READY && ds_now() >= link->connect_deadline) {
        link_close(link); /* begun by an operation that ended long ago */
        self->is_attempted = false;
    }
    ds_status status = DS_OK;
    if (link->state == LINK_CLOSED && self->is_attempted)
        status = note_end(self, err);
    if (status == DS_OK && link->state == LINK_CLOSED && ds_now() >= self->backoff.retry_at)
        attempt(self);
    if (status == DS_OK)
        status = drive(self, call, err);
    if (status == DS_OK && link->state == LINK_CLOSED && self->is_attempted)
        status = note_end(self, err);
    if (status == DS_OK && link->state == LINK_CLOSED) {
        *err = self->backoff.cause;
        *retry_at = self->backoff.retry_at == 0 ? 1 : self->backoff.retry_at;
    }
    return status;
}

/* Half the time that is left, so that the other half is there for a fresh link. */
static int64_t ping_deadline(const redis_lane *self, const ds_call *call)
{
    int64_t now = ds_now(), most = self->config->connect_timeout;
    int64_t half = call->deadline == DS_NO_DEADLINE ? most : (call->deadline - now) / 2;
    return now + (half < most ? half : most);
}

/* A PING before a command is risked on a link that was idle for long; where nothing comes, the link is closed. */
static ds_status ping_idle(redis_lane *self, const ds_call *call, ds_error *err)
{
    redis_link *link = &self->link;
    int64_t until = ping_deadline(self, call);
    ds_status status = ping_begin(link, err);
    if (status != DS_OK)
        return status;
    redis_flight *flight = link->own->flight;
    while (link->state == LINK_READY && flight->is_queued) {
        status = link_wait(link, call, until);
        if (!flight->is_queued || link->state != LINK_READY)
            return DS_OK;
        if (status != DS_OK)
            return ended_early(self, status, err); /* the next operation goes on waiting for it */
        if (ds_now() >= until)
            link_give_up(link, DS_LOST, "did not answer a PING after the connection had been idle");
    }
    return DS_OK;
}

/* Late replies of orphans are read, and dropped, before the next request is sent: so it is still unsent if they do not
 * come. */
static ds_status await_orphans(redis_lane *self, const ds_call *call, ds_error *err)
{
    redis_link *link = &self->link;
    while (link->state == LINK_READY && link->queue.first != NULL) {
        ds_status status = link_wait(link, call, INT64_MAX);
        if (status != DS_OK && link->queue.first != NULL)
            return ended_early(self, status, err);
    }
    return DS_OK;
}

/* Looks whether the link that stands can be trusted with a command. The link may be closed afterwards. */
static ds_status check_link(redis_lane *self, bool is_write, const ds_call *call, ds_error *err)
{
    redis_link *link = &self->link;
    int64_t idle = ds_now() - self->used;
    if (is_write || idle >= LOOK_AFTER_NS || link->queue.first != NULL)
        link_look(link);
    ds_status status = await_orphans(self, call, err);
    if (status == DS_OK && link->state == LINK_READY && idle >= self->config->idle_ping)
        status = ping_idle(self, call, err);
    return status;
}

static ds_status check_ready(redis_lane *self, bool is_write, const ds_call *call, ds_error *err)
{
    return self->link.state == LINK_READY && self->used != 0 ? check_link(self, is_write, call, err) : DS_OK;
}

/* ---- the exchange ---- */

static ds_status exchange(redis_lane *self, redis_request *request, const ds_call *call, ds_error *err)
{
    redis_link *link = &self->link;
    ds_status early = link_check_call(call);
    if (early != DS_OK)
        return ended_early(self, early, err);
    request_depart(request);
    link_add(link, request->flight);
    while (link->state == LINK_READY && !request_is_answered(request)) {
        ds_status status = link_wait(link, call, INT64_MAX);
        if (status == DS_OK || request_is_answered(request) || link->state != LINK_READY)
            continue;
        ended_early(self, status, err);
        link_abandon(link, request->flight);
        return status;
    }
    self->used = ds_now();
    if (request_is_answered(request)) {
        backoff_proven(&self->backoff);
        return DS_OK;
    }
    *err = link->cause;
    return err->status;
}

typedef struct run {
    redis_request *request;
    ds_call *call;
    ds_error error; /* of the last turn */
    unsigned repeats;
    int64_t sent_at;  /* when it was first sent; 0: never */
    int64_t retry_at; /* no turn before that */
    bool is_again;
} run;

/* The link was lost under the request: whether it is sent again. */
static bool may_repeat(run *this)
{
    redis_request *request = this->request;
    bool is_untouched = request_is_untouched(request);
    int64_t now = ds_now();
    request_settle(request);
    fate next = fate_of(request->intent, is_untouched, this->error.status, this->repeats, this->call->deadline - now,
                        now - this->sent_at);
    this->repeats += !is_untouched;
    return next == FATE_AGAIN;
}

/* DS_OK: the link is ready and quiet, and the host has heard of it; or it is to be tried again, later. */
static ds_status make_ready(redis_lane *self, run *this)
{
    ds_status status = check_ready(self, this->request->intent != REDIS_READS, this->call, &this->error);
    if (status != DS_OK || self->link.state == LINK_READY)
        return status;
    status = connect_link(self, this->call, &this->retry_at, &this->error);
    self->used = ds_now();
    this->is_again = status == DS_OK &&
                     (self->link.state != LINK_READY || (self->link.events != NULL && events_wait(self->link.events)));
    return status;
}

static ds_status take_turn(redis_lane *self, run *this)
{
    ds_status status = make_ready(self, this);
    if (status != DS_OK || this->is_again)
        return status;
    if (this->sent_at == 0)
        this->sent_at = ds_now();
    status = exchange(self, this->request, this->call, &this->error);
    if (status != DS_OK && self->link.state == LINK_CLOSED)
        this->is_again = may_repeat(this);
    if (status != DS_OK && this->is_again && self->link.events != NULL)
        ds_log(DS_LOG_INFO, ds_source_name(self->link.events->source), "an operation is sent again: %s",
               this->error.message);
    return status;
}

/* Until retry_at, without the turn. What ends it is the reason for which the last attempt failed. */
static ds_status wait_for_retry(const redis_lane *self, run *this)
{
    struct pollfd token = {.fd = ds_cancel_fd(this->call->cancel), .events = POLLIN};
    for (;;) {
        int64_t now = ds_now();
        ds_status status = link_check_call(this->call);
        if (status == DS_CANCELLED)
            return ended_early(self, status, &this->error);
        if (status == DS_TIMEOUT && this->error.status == DS_OK)
            return ended_early(self, status, &this->error);
        if (status == DS_TIMEOUT)
            return this->error.status;
        if (ds_source_leaves(self->config->source))
            return ds_error_set(&this->error, DS_UNREACHABLE,
                                "the host disconnects while the Redis server at %s is down", self->config->where);
        if (now >= this->retry_at)
            return DS_OK;
        int64_t until = this->call->deadline < this->retry_at ? this->call->deadline : this->retry_at;
        int64_t ms = (until - now - 1) / 1000000 + 1;
        poll(&token, 1, ms < LEAVE_SLICE_MS ? (int)ms : LEAVE_SLICE_MS);
    }
}

/* ---- the fate ---- */

static bool has_unknown(const redis_request *request)
{
    for (size_t i = request->answered; request->intent != REDIS_READS && i < request->count; i++)
        if (request->commands[i].is_sent)
            return true;
    return false;
}

/* What the sinks said, where all replies have come. */
static ds_status sunk(const redis_request *request, ds_call *call)
{
    for (size_t i = 0; i < request->count; i++) {
        ds_status failed = request->commands[i].failed;
        if (failed == DS_NOMEM)
            ds_error_set(call->error, DS_NOMEM, "out of memory");
        if (failed != DS_OK)
            return failed;
    }
    return DS_OK;
}

static ds_status conclude(redis_request *request, ds_status status, const ds_error *cause, ds_call *call)
{
    if (status == DS_OK)
        return sunk(request, call);
    request->cause = request->error = *cause;
    if (has_unknown(request)) {
        ds_error_set(&request->error, DS_UNKNOWN_OUTCOME, "%s after a write had been sent: it may or may not be done",
                     cause->message);
        request->error.native = cause->native;
    }
    *call->error = request->error;
    return request->error.status;
}

ds_status lane_run(redis_lane *self, redis_request *request, redis_intent intent, ds_call *call)
{
    run this = {.request = request, .call = call};
    ds_status status = request_check(request, call->error);
    if (status != DS_OK)
        request->cause = request->error = *call->error;
    if (status != DS_OK || request->count == 0)
        return status;
    request->intent = intent;
    do {
        ds_error *outer = call->error;
        call->error = &this.error;
        status = gate_enter(&self->gate, call);
        call->error = outer;
        this.is_again = false;
        this.retry_at = 0;
        if (status == DS_OK) {
            status = take_turn(self, &this);
            gate_leave(&self->gate);
        }
        if (self->link.events != NULL)
            events_tell(self->link.events);
        if (this.is_again && this.retry_at != 0) {
            status = wait_for_retry(self, &this);
            this.is_again = status == DS_OK;
        }
    } while (this.is_again);
    return conclude(request, status, &this.error, call);
}

/* ---- the rest ---- */

ds_status lane_connect(redis_lane *self, ds_call *call)
{
    redis_link *link = &self->link;
    ds_status status = gate_enter(&self->gate, call);
    if (status != DS_OK)
        return status;
    status = check_ready(self, true, call, call->error);
    if (status == DS_OK && link->state == LINK_CLOSED)
        attempt(self);
    if (status == DS_OK)
        status = drive(self, call, call->error);
    if (status == DS_OK && link->state == LINK_CLOSED) {
        *call->error = link->cause;
        status = link->cause.status;
        self->is_attempted = false; /* it is told; the next operation begins anew, perhaps as another user */
    }
    self->used = ds_now();
    gate_leave(&self->gate);
    return status;
}

void lane_close(redis_lane *self)
{
    ds_error ignored = {0};
    ds_call call = {.size = sizeof call, .deadline = DS_NO_DEADLINE, .error = &ignored};
    bool has_turn = gate_enter(&self->gate, &call) == DS_OK;
    link_close(&self->link);
    backoff_clear(&self->backoff);
    self->is_attempted = false;
    if (has_turn)
        gate_leave(&self->gate);
}

void lane_look(redis_lane *self)
{
    if (!gate_try(&self->gate))
        return;
    link_look(&self->link);
    gate_leave(&self->gate);
}
