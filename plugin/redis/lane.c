/* Running a request: the turn, a ready link, the exchange; then its fate, by the rules of DESIGN 8. What was not sent
 * is sent again on a fresh link, and so is what only reads; a write that was sent and not answered is an unknown
 * outcome. */
#include "lane.h"

enum { TURNS_MAX = 6, REPEATS_MAX = 2 };
#define LOOK_AFTER_NS                                                                                                  \
    INT64_C(1000000) /* a read is risked on a link that was used so shortly before: it can be repeated */

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

static ds_status connect_link(redis_lane *self, const ds_call *call, ds_error *err)
{
    redis_link *link = &self->link;
    if (link->state != LINK_CLOSED && link->state != LINK_READY && ds_now() >= link->connect_deadline)
        link_close(link); /* begun by an operation that ended long ago */
    if (link->state == LINK_CLOSED)
        link_open(link);
    while (link->state != LINK_READY && link->state != LINK_CLOSED) {
        ds_status status = link_wait(link, call, INT64_MAX);
        if (status != DS_OK && link->state != LINK_READY && link->state != LINK_CLOSED)
            return ended_early(self, status, err);
    }
    if (link->state == LINK_READY)
        return DS_OK;
    *err = link->cause;
    return err->status;
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

/* DS_OK: the link is ready and quiet. *is_fresh: it was connected just now, so that the host should hear of it first.
 */
static ds_status make_ready(redis_lane *self, bool is_write, const ds_call *call, bool *is_fresh, ds_error *err)
{
    ds_status status = DS_OK;
    if (self->link.state == LINK_READY && self->used != 0)
        status = check_link(self, is_write, call, err);
    if (status != DS_OK || self->link.state == LINK_READY)
        return status;
    status = connect_link(self, call, err);
    *is_fresh = status == DS_OK;
    self->used = ds_now();
    return status;
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
    if (request_is_answered(request))
        return DS_OK;
    *err = link->cause;
    return err->status;
}

typedef struct run {
    redis_request *request;
    ds_call *call;
    ds_error error; /* of the last turn */
    int turns, repeats;
    bool is_again;
} run;

/* The link was lost under the request: whether it may be sent again. */
static bool may_repeat(run *this)
{
    redis_request *request = this->request;
    bool is_untouched = request_is_untouched(request);
    request_settle(request);
    if (this->error.status != DS_LOST || this->turns >= TURNS_MAX)
        return false;
    return is_untouched || (!request->is_write && this->repeats++ < REPEATS_MAX);
}

static ds_status take_turn(redis_lane *self, run *this)
{
    bool is_fresh = false;
    ds_status status = make_ready(self, this->request->is_write, this->call, &is_fresh, &this->error);
    this->turns++;
    this->is_again = is_fresh && self->link.events != NULL && events_wait(self->link.events) && this->turns < TURNS_MAX;
    if (status != DS_OK || this->is_again)
        return status;
    status = exchange(self, this->request, this->call, &this->error);
    if (status != DS_OK && self->link.state == LINK_CLOSED)
        this->is_again = may_repeat(this);
    if (status != DS_OK && this->is_again && self->link.events != NULL)
        ds_log(DS_LOG_INFO, ds_source_name(self->link.events->source), "an operation is sent again: %s",
               this->error.message);
    return status;
}

/* ---- the fate ---- */

static bool has_unknown(const redis_request *request)
{
    for (size_t i = request->answered; request->is_write && i < request->count; i++)
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
    request->is_write = intent != REDIS_READS;
    do {
        ds_error *outer = call->error;
        call->error = &this.error;
        status = gate_enter(&self->gate, call);
        call->error = outer;
        this.is_again = false;
        if (status == DS_OK) {
            status = take_turn(self, &this);
            gate_leave(&self->gate);
        }
        if (self->link.events != NULL)
            events_tell(self->link.events);
    } while (this.is_again);
    return conclude(request, status, &this.error, call);
}

/* ---- the rest ---- */

ds_status lane_connect(redis_lane *self, ds_call *call)
{
    bool is_fresh = false;
    ds_status status = gate_enter(&self->gate, call);
    if (status != DS_OK)
        return status;
    status = make_ready(self, true, call, &is_fresh, call->error);
    gate_leave(&self->gate);
    return status;
}

void lane_close(redis_lane *self)
{
    ds_error ignored = {0};
    ds_call call = {.size = sizeof call, .deadline = DS_NO_DEADLINE, .error = &ignored};
    bool has_turn = gate_enter(&self->gate, &call) == DS_OK;
    link_close(&self->link);
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
