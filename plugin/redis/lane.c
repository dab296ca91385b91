/* Running a request: it is led, or follows, until it is over; then its fate, by the rules of DESIGN 8. What was not sent
 * is sent again on a fresh link, and so is what only reads; a write that was sent and not answered is an unknown
 * outcome. */
#include "lane.h"

#include "drive.h"

#include <poll.h>

enum { ASK_AGAIN_MS = 50 };

void lane_init(redis_lane *self, const redis_config *config, event_queue *events, link_counters *counters)
{
    self->config = config;
    link_init(&self->link, config, events, counters);
    crew_init(&self->crew, config->max_pending);
    pthread_mutex_init(&self->lock, NULL); /* Linux's never fails */
    pthread_mutex_init(&self->first, NULL);
}

void lane_free(redis_lane *self)
{
    link_free(&self->link);
    crew_free(&self->crew);
    pthread_mutex_destroy(&self->first);
    pthread_mutex_destroy(&self->lock);
}

static void forget_outage(redis_lane *self)
{
    backoff_clear(&self->backoff);
    self->is_attempted = self->is_hurried = false;
    self->outage.status = DS_OK;
}

void lane_forget(redis_lane *self)
{
    bool is_free = pthread_mutex_trylock(&self->lock) == 0;
    bool is_whole = crew_forget(&self->crew) && is_free;
    if (is_free)
        pthread_mutex_unlock(&self->lock);
    pthread_mutex_init(&self->lock, NULL);
    pthread_mutex_init(&self->first, NULL);
    atomic_store(&self->leaving, 0);
    link_forget(&self->link, is_whole);
    self->link.queue.done = self->link.queue.last_done = NULL; /* of threads that are no more */
    forget_outage(self);
    self->used = 0;
    atomic_store(&self->load, 0);
    atomic_store(&self->owes, false);
}

/* ---- one passage ---- */

static ds_status leave(voyage *this, ds_status early)
{
    drive_lock_first(this->lane);
    ds_status status = drive_leave(this->lane, this->request, early, &this->error);
    if (atomic_load(&this->request->passage.leads)) /* it was made leader meanwhile */
        drive_step_down(this->lane, this->request, false, &(signals){.count = 0});
    else
        drive_unlock(this->lane);
    return status;
}

/* The host has forked in its handler, and here the child goes on: the operation is the parent's, and may be done there. */
static ds_status end_in_child(voyage *this)
{
    redis_request *request = this->request;
    if (request->flight != NULL)
        request_settle(request);
    for (size_t i = request->answered; i < request->count; i++)
        request->commands[i].is_sent = true;
    atomic_store(&request->passage.berth, BERTH_OVER);
    return ds_error_set(&this->error, DS_LOST, "the process was forked: the operation goes on in its parent");
}

static bool is_in_child(const voyage *this)
{
    return redis_own(this->request->connection) != this->forks;
}

static ds_status come_back(voyage *this, crew_role *role)
{
    events_tell(this->lane->link.events);
    if (is_in_child(this) && !drive_is_over(this->request))
        return end_in_child(this);
    drive_lock(this->lane);
    ds_status status = DS_OK;
    if (drive_is_over(this->request))
        *role = CREW_FOLLOWS;
    else
        status = crew_return(&this->lane->crew, this->request, this->call, role, &this->error);
    if (status != DS_OK)
        drive_leave(this->lane, this->request, DS_TIMEOUT, &(ds_error){0});
    drive_unlock(this->lane);
    return status;
}

/* CREW_LEADS, or the request is over, or it was let go of. */
static ds_status follow(voyage *this, crew_role *role)
{
    if (*role != CREW_FOLLOWS)
        drive_send(this->lane, *role == CREW_SENDS);
    ds_status status = crew_wait(this->request, this->call);
    if (status != DS_OK)
        return leave(this, status);
    *role = atomic_load(&this->request->passage.leads) ? CREW_LEADS : CREW_FOLLOWS;
    return DS_OK;
}

/* DS_OK: the request is over; otherwise it was let go of. */
static ds_status pass(voyage *this)
{
    crew_role role;
    bool is_heir = false;
    ds_status status = drive_check(this->lane, this->call, &this->error);
    if (status == DS_OK)
        status = crew_join(&this->lane->crew, this->request, this->call, &role, &this->error);
    while (status == DS_OK) {
        if (role == CREW_LEADS) {
            status = drive_lead(this->lane, this->request, this->call, is_heir, &this->error);
            if (status != DS_OK || drive_is_over(this->request))
                return status;
            status = come_back(this, &role);
            is_heir = false;
        } else {
            status = follow(this, &role);
            if (status != DS_OK || role != CREW_LEADS)
                return status;
            is_heir = true;
        }
    }
    return status;
}

/* ---- the fate ---- */

/* The link was lost under the request: whether it is sent again. */
static bool may_repeat(voyage *this)
{
    redis_request *request = this->request;
    bool is_untouched = request_is_untouched(request);
    int64_t now = ds_now();
    request_settle(request);
    fate next = fate_of(request->intent, is_untouched, this->error.status, this->repeats, this->call->deadline - now,
                        now - request->passage.sent_at);
    this->repeats += !is_untouched;
    if (next == FATE_AGAIN && this->lane->link.events != NULL)
        ds_log(DS_LOG_INFO, ds_source_name(this->lane->config->source), "an operation is sent again: %s",
               this->error.message);
    return next == FATE_AGAIN;
}

/* The server loads, or waits for its master: those that it refused are sent again after a while, by their own thread, which
 * holds nobody up. False: there is no time for that, and what it said stands. */
static bool may_ask_again(voyage *this)
{
    const ds_call *call = this->call;
    bool has_time = call->deadline == DS_NO_DEADLINE || call->deadline - ds_now() > ASK_AGAIN_MS * INT64_C(1000000);
    if (this->request->refused == 0 || !has_time)
        return false;
    struct pollfd token = {.fd = ds_cancel_fd(call->cancel), .events = POLLIN};
    if (this->lane->link.events != NULL)
        events_tell(this->lane->link.events);
    poll(&token, 1, ASK_AGAIN_MS);
    if (link_check_call(call) != DS_OK || ds_source_leaves(this->lane->config->source))
        return false;
    request_take_refused(this->request);
    return true;
}

static ds_status run_once(voyage *this, bool *is_again)
{
    redis_request *request = this->request;
    *is_again = false;
    if (is_in_child(this))
        return end_in_child(this);
    ds_status status = pass(this);
    if (is_in_child(this) && !drive_is_over(request))
        return end_in_child(this);
    if (status != DS_OK)
        return status;
    if (request->passage.refused == DS_OK && request_is_answered(request)) {
        *is_again = may_ask_again(this);
        return DS_OK;
    }
    this->error = request->cause;
    *is_again = request->passage.refused == DS_OK && may_repeat(this);
    return this->error.status;
}

static bool has_unknown(const redis_request *request)
{
    for (size_t i = request->answered; request->intent != REDIS_READS && i < request->count; i++)
        if (!request->commands[i].is_answered && request->commands[i].is_sent)
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

/* All were answered. */
static ds_status conclude_answered(redis_request *request, ds_call *call)
{
    const redis_reply *turned_away = request_doubt_repeats(request);
    if (turned_away == NULL)
        return sunk(request, call);
    ds_error_set(&request->cause, DS_UNKNOWN_OUTCOME,
                 "a write was sent again, and turned away (%s): what was sent first may or may not be done",
                 turned_away->text);
    *call->error = request->cause;
    return DS_UNKNOWN_OUTCOME;
}

static ds_status conclude(redis_request *request, ds_status status, const ds_error *cause, ds_call *call)
{
    if (status == DS_OK)
        return conclude_answered(request, call);
    request->cause = *call->error = *cause;
    return has_unknown(request) ? request_tell_unknown(cause, call->error) : cause->status;
}

ds_status voyage_begin(voyage *this, redis_request *request, redis_intent intent, ds_call *call)
{
    *this = (voyage){.request = request, .call = call, .forks = redis_own(request->connection)};
    ds_status status = request_check(request, call->error);
    if (status != DS_OK)
        request->cause = *call->error;
    else
        request->intent = intent;
    return status;
}

ds_status voyage_over(voyage *this, redis_lane *lane, bool *is_again)
{
    this->lane = lane;
    ds_status status = run_once(this, is_again);
    crew_over(&lane->crew, this->request);
    return status;
}

ds_status voyage_end(voyage *this, ds_status status)
{
    if (this->lane->link.events != NULL)
        events_tell(this->lane->link.events);
    return conclude(this->request, status, &this->error, this->call);
}

ds_status lane_run(redis_lane *self, redis_request *request, redis_intent intent, ds_call *call)
{
    voyage this;
    bool is_again = false;
    ds_status status = voyage_begin(&this, request, intent, call);
    if (status != DS_OK || request->count == 0)
        return status;
    do
        status = voyage_over(&this, self, &is_again);
    while (is_again && self->pool == NULL);
    return voyage_end(&this, status);
}

/* ---- the rest ---- */

ds_status lane_connect(redis_lane *self, redis_request *request, ds_call *call)
{
    voyage this = {.lane = self, .request = request, .call = call, .forks = redis_own(request->connection)};
    drive_lock(self);
    self->is_hurried = self->link.state == LINK_CLOSED;
    if (self->is_hurried && !crew_has_leader(&self->crew))
        self->is_attempted = false;
    drive_unlock(self);
    crew_poke(&self->crew);
    request->passage.is_once = true;
    ds_status status = pass(&this);
    crew_over(&self->crew, request);
    if (status == DS_OK && request->passage.refused != DS_OK)
        this.error = request->cause;
    if (this.error.status != DS_OK)
        *call->error = this.error;
    return this.error.status;
}

void lane_close(redis_lane *self)
{
    drive_lock(self);
    link_close(&self->link);
    forget_outage(self);
    drive_unlock(self);
}

void lane_give_up(redis_lane *self)
{
    drive_lock(self);
    if (self->link.state != LINK_READY)
        link_close(&self->link);
    drive_unlock(self);
    crew_poke(&self->crew); /* others may have come, and one leads */
}

void lane_look(redis_lane *self)
{
    if (pthread_mutex_trylock(&self->lock) != 0)
        return;
    if (!crew_has_leader(&self->crew))
        link_look(&self->link);
    drive_unlock(self);
}

bool lane_is_owing(redis_lane *self)
{
    if (!atomic_load_explicit(&self->owes, memory_order_relaxed))
        return false;
    if (pthread_mutex_trylock(&self->lock) != 0)
        return true;
    if (!crew_has_leader(&self->crew))
        link_look(&self->link);
    bool owes = false;
    for (const redis_flight *at = self->link.queue.first; at != NULL; at = at->next)
        owes |= at->request == NULL;
    atomic_store_explicit(&self->owes, owes, memory_order_relaxed);
    drive_unlock(self);
    return owes;
}
