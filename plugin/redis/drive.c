/* See drive.h. Everything here but the wait is under the lane's lock. */
#include "drive.h"

#include <limits.h>
#include <sched.h>

/* A read is risked on a link that was used so shortly before: it can be repeated. */
#define LOOK_AFTER_NS  INT64_C(1000000)
#define GOOD_AFTER_NS  INT64_C(1000000000) /* a link that stood so long was no failed attempt, even if nobody used it */
#define LEAVE_SLICE_NS INT64_C(50000000)
#define LOOKS_MAX      20
#define LOOKS_NS       INT64_C(50000) /* those who had the processor meanwhile may have taken long */

bool drive_is_over(const redis_request *request)
{
    return atomic_load_explicit(&request->passage.berth, memory_order_acquire) == BERTH_OVER;
}

void drive_lock(redis_lane *self)
{
    pthread_mutex_lock(&self->lock);
}

void drive_lock_first(redis_lane *self)
{
    atomic_fetch_add(&self->leaving, 1);
    pthread_mutex_lock(&self->first);
    pthread_mutex_lock(&self->lock);
    pthread_mutex_unlock(&self->first);
    atomic_fetch_sub(&self->leaving, 1);
}

/* By the leader, who has just had it. While much comes he is back before one whom he wakes by unlocking is awake. */
static void lock_again(redis_lane *self)
{
    if (atomic_load(&self->leaving) > 0) {
        pthread_mutex_lock(&self->first);
        pthread_mutex_unlock(&self->first);
    }
    drive_lock(self);
}

/* ---- handing out ---- */

/* From now on the request is its thread's, which may free it. A leader is awake. */
static void let_go(redis_request *request, signals *wake)
{
    place sleeper = request->passage.place;
    bool is_awake = atomic_load(&request->passage.leads);
    atomic_store_explicit(&request->passage.berth, BERTH_OVER, memory_order_release);
    if (!is_awake)
        signals_add(wake, &sleeper);
}

static void finish(redis_lane *self, redis_request *request)
{
    if (request_is_answered(request)) {
        backoff_proven(&self->backoff);
        self->used = self->link.heard;
    } else {
        request->cause = self->link.cause;
    }
}

/* For the pool, which looks without the lock. */
static void note_head(redis_lane *self)
{
    const redis_flight *head = self->link.queue.first;
    bool has_time = head != NULL && head->request != NULL && head->request->passage.sent_at != 0;
    atomic_store_explicit(&self->head_since, has_time ? head->request->passage.sent_at : self->used,
                          memory_order_relaxed);
}

static void hand_out(redis_lane *self, signals *wake)
{
    flight_queue *queue = &self->link.queue;
    bool is_seen = queue->done != NULL && self->pool != NULL;
    while (queue->done != NULL) {
        redis_request *request = queue->done;
        queue->done = request->passage.next;
        finish(self, request);
        let_go(request, wake);
    }
    queue->last_done = NULL;
    if (is_seen)
        note_head(self);
}

static void unlock_and_wake(redis_lane *self, signals *wake)
{
    hand_out(self, wake);
    pthread_mutex_unlock(&self->lock);
    signals_give(wake);
}

void drive_unlock(redis_lane *self)
{
    signals wake = {.count = 0};
    unlock_and_wake(self, &wake);
}

void drive_step_down(redis_lane *self, redis_request *request, bool is_away, signals *wake)
{
    crew_step_down(&self->crew, request, self->link.queue.first, is_away, wake);
    unlock_and_wake(self, wake);
}

typedef enum waiting { WAIT_ALL, WAIT_ONCE /* for one attempt, and nothing else */, WAIT_MORE } waiting;

/* Those that are in the inbox go, because of `cause`: `is_refused`, and they end with it; otherwise they are to be sent again, and
 * elsewhere. */
static void send_away(redis_lane *self, waiting whom, const ds_error *cause, bool is_refused)
{
    redis_request *next = crew_load(&self->crew), *kept = NULL, **end = &kept;
    signals wake = {.count = 0};
    while (next != NULL) {
        redis_request *request = next;
        next = request->passage.next;
        if (whom != WAIT_ALL && request->passage.is_once != (whom == WAIT_ONCE)) {
            *end = request;
            end = &request->passage.next;
            continue;
        }
        request->cause = *cause;
        if (is_refused)
            request->passage.refused = cause->status;
        else
            request_depart(request); /* untouched, as far as this lane is concerned */
        let_go(request, &wake);
    }
    *end = NULL;
    crew_put_back(&self->crew, kept);
    signals_give(&wake);
}

/* ---- letting go ---- */

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

static ds_status ended_early(const redis_lane *self, ds_status status, bool is_unsent, ds_error *err)
{
    if (status == DS_CANCELLED)
        return ds_error_set(err, status, "the operation was cancelled while it waited for the Redis server at %s",
                            self->config->where);
    if (is_unsent && self->link.state == LINK_LOADING) {
        *err = self->link.cause;
        return err->status;
    }
    if (is_unsent && self->outage.status != DS_OK) {
        *err = self->outage;
        return err->status;
    }
    return ds_error_set(err, status, "the Redis server at %s %s in time", self->config->where,
                        what_it_waits_for(&self->link));
}

ds_status drive_leave(redis_lane *self, redis_request *request, ds_status early, ds_error *err)
{
    if (drive_is_over(request))
        return DS_OK;
    bool is_unsent = crew_leave(&self->crew, request);
    ended_early(self, early, is_unsent, err);
    if (!is_unsent) {
        link_abandon(&self->link, request->flight);
        atomic_store_explicit(&self->owes, true, memory_order_relaxed);
    }
    atomic_store(&request->passage.berth, BERTH_OVER);
    return err->status;
}

ds_status drive_check(redis_lane *self, const ds_call *call, ds_error *err)
{
    ds_status early = link_check_call(call);
    if (early == DS_OK)
        return DS_OK;
    drive_lock_first(self);
    ended_early(self, early, true, err);
    drive_unlock(self);
    return err->status;
}

/* ---- a ready link ---- */

/* The link has ended: when there is another attempt, or that there is none. The host is asked without the lock; who leads
 * keeps the lead. */
static void note_end(redis_lane *self)
{
    redis_link *link = &self->link;
    bool was_good = self->backoff.is_proven || (link->ready_at != 0 && ds_now() - link->ready_at >= GOOD_AFTER_NS);
    bool is_final = link->is_final;
    bool is_left = self->pool != NULL && lane_pool_is_left(self->pool, self);
    self->is_attempted = false;
    if (is_left)
        send_away(self, WAIT_MORE, &link->cause, false);
    if (was_good && !is_final) {
        backoff_clear(&self->backoff);
        return;
    }
    ds_error why = link->cause;
    if (why.status == DS_LOST)
        why.status = DS_UNREACHABLE;
    self->outage = why;
    send_away(self, WAIT_ONCE, &why, true);
    if (is_left || crew_is_idle(&self->crew))
        return; /* nobody is to wait, and who comes next tries at once */
    drive_unlock(self);
    ds_status status =
        backoff_next(&self->backoff, &self->config->backoff, self->config->source, ds_now(), is_final, &why);
    redis_own(self->config->connection); /* its function may have forked */
    drive_lock(self);
    if (status != DS_OK)
        send_away(self, WAIT_ALL, &why, true);
}

static void attempt(redis_lane *self)
{
    self->is_attempted = true;
    self->is_hurried = false;
    self->backoff.is_proven = false;
    if (self->backoff.cause.status != DS_OK)
        events_add(self->link.events, DS_EVENT_RECONNECTING, &self->backoff.cause);
    link_open(&self->link);
}

static bool is_pinging(const redis_lane *self)
{
    return self->link.state == LINK_READY && self->link.own != NULL && self->link.own->flight != NULL &&
           self->link.own->flight->is_queued;
}

/* Half the time that is left, so that the other half is there for a fresh link. */
static int64_t ping_deadline(const redis_lane *self, const ds_call *call)
{
    int64_t now = ds_now(), most = self->config->connect_timeout;
    int64_t half = call->deadline == DS_NO_DEADLINE ? most : (call->deadline - now) / 2;
    return now + (half < most ? half : most);
}

/* Looks whether a link that nobody drove can be trusted with a command. It may be closed afterwards. */
static void check_link(redis_lane *self, bool is_write, const ds_call *call)
{
    redis_link *link = &self->link;
    ds_error ignored;
    int64_t idle = ds_now() - (self->used > link->ready_at ? self->used : link->ready_at);
    bool is_connecting = link->state != LINK_CLOSED && link->state != LINK_READY && link->state != LINK_LOADING;
    if (is_connecting && ds_now() >= link->connect_deadline) {
        link_close(link); /* begun by an operation that ended long ago */
        self->is_attempted = false;
    }
    if (link->state != LINK_READY)
        return;
    if (is_write || idle >= LOOK_AFTER_NS || link->queue.first != NULL)
        link_look(link);
    if (link->state == LINK_READY && link->queue.first == NULL && idle >= self->config->idle_ping &&
        ping_begin(link, &ignored) == DS_OK) {
        self->ping_until = ping_deadline(self, call);
        link_send(link);
    }
}

/* What is to be done before anything can be sent. */
static void ensure(redis_lane *self)
{
    redis_link *link = &self->link;
    if (is_pinging(self) && ds_now() >= self->ping_until)
        link_give_up(link, DS_LOST, "did not answer a PING after the connection had been idle");
    if (link->state == LINK_CLOSED && self->is_attempted)
        note_end(self);
    bool is_down = (link->state == LINK_CLOSED && self->outage.status != DS_OK) || link->state == LINK_LOADING;
    if (is_down && ds_source_leaves(self->config->source)) {
        ds_error why;
        ds_error_set(&why, DS_UNREACHABLE, "the host disconnects while the Redis server at %s is %s",
                     self->config->where, link->state == LINK_LOADING ? "loading its data" : "down");
        send_away(self, WAIT_ALL, &why, true);
    }
    if (link->state == LINK_CLOSED && !crew_is_idle(&self->crew) &&
        (self->is_hurried || ds_now() >= self->backoff.retry_at))
        attempt(self);
    if (link->state == LINK_READY && self->outage.status != DS_OK)
        self->outage.status = DS_OK;
}

/* ---- sending ---- */

static bool may_load(const redis_lane *self)
{
    return self->link.state == LINK_READY && !is_pinging(self) && !link_is_suspect(&self->link);
}

static void board(redis_lane *self, redis_request *request, int64_t now)
{
    if (request->count == 0) { /* all that it wanted is a ready link */
        signals wake = {.count = 0};
        let_go(request, &wake);
        signals_give(&wake);
        return;
    }
    if (request->passage.sent_at == 0)
        request->passage.sent_at = now;
    request_depart(request);
    link_add(&self->link, request->flight, now);
    atomic_store_explicit(&request->passage.berth, BERTH_ABOARD, memory_order_relaxed);
}

static bool load(redis_lane *self)
{
    if (!may_load(self))
        return false;
    redis_request *next = crew_load(&self->crew);
    if (next == NULL)
        return false;
    const int64_t now = ds_now();
    while (next != NULL) {
        redis_request *request = next;
        next = request->passage.next;
        board(self, request, now);
    }
    return true;
}

/* Where the lock is held it is not waited for, since one's own deadline may pass: who holds it, or the leader, looks at the
 * inbox before he waits again. */
void drive_send(redis_lane *self, bool must)
{
    if (must && crew_gathers(&self->crew))
        sched_yield(); /* those who are about to ask too, on this processor, come along */
    if (pthread_mutex_trylock(&self->lock) != 0) {
        if (!must || crew_poke(&self->crew))
            return;
        drive_lock(self);
    }
    bool is_stuck = load(self) && !link_send_beside(&self->link);
    drive_unlock(self);
    if (is_stuck)
        crew_poke(&self->crew);
}

/* ---- waiting ---- */

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t wake_at(const redis_lane *self, const ds_call *call, struct pollfd *out)
{
    int64_t wake = INT64_MAX;
    *out = (struct pollfd){.fd = -1};
    if (self->link.state != LINK_CLOSED)
        link_poll_for(&self->link, out, &wake);
    else
        wake = self->is_attempted ? 0 : earlier(self->backoff.retry_at, ds_now() + LEAVE_SLICE_NS);
    if (is_pinging(self))
        wake = earlier(wake, self->ping_until);
    return earlier(wake, call->deadline);
}

static int wait_ms(int64_t wake)
{
    if (wake == INT64_MAX)
        return -1;
    int64_t now = ds_now();
    int64_t ms = wake <= now ? 0 : (wake - now - 1) / 1000000 + 1;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

/* Where many wait for replies these come soon, and to sleep and be awakened takes as long as some 15 us of looking. Whoever else
 * wants the processor gets it first. */
static int poll_soon(struct pollfd *fds, nfds_t count)
{
    const int64_t end = ds_now() + LOOKS_NS;
    int ready = 0;
    for (int i = 0; i < LOOKS_MAX && ready == 0 && ds_now() < end; i++) {
        sched_yield();
        ready = poll(fds, count, 0);
    }
    return ready;
}

static void wait_and_work(redis_lane *self, const ds_call *call)
{
    struct pollfd fds[3] = {
        {.fd = -1}, {.fd = self->crew.poke, .events = POLLIN}, {.fd = ds_cancel_fd(call->cancel), .events = POLLIN}};
    int64_t wake = wake_at(self, call, &fds[0]);
    if (!crew_begin_poll(&self->crew, may_load(self)))
        return;
    bool looks = self->link.queue.first != NULL && crew_gathers(&self->crew);
    drive_unlock(self);
    int ready = looks ? poll_soon(fds, 3) : 0;
    if (ready == 0)
        ready = poll(fds, 3, wait_ms(wake));
    lock_again(self);
    crew_end_poll(&self->crew, ready > 0 && fds[1].revents != 0);
    if (link_check_call(call) == DS_OK || (ready > 0 && fds[0].revents != 0))
        link_work(&self->link, ready > 0 ? fds[0].revents : 0);
}

/* Replies come together, and those who are answered ask together. What they ask is sent a quarter at a time, or the server
 * would have nothing to do while its clients work, and they nothing while it does; where a few share the link, one by one, since
 * these wait for the server more than for a processor. */
static void set_portion(redis_lane *self)
{
    enum { FEW = 10 };
    size_t count = 0;
    for (const redis_request *at = self->link.queue.done; at != NULL; at = at->passage.next)
        count++;
    for (const redis_flight *at = self->link.queue.first; at != NULL; at = at->next)
        count++;
    if (count < self->sharers)
        count = self->sharers - 1;
    self->sharers = count;
    crew_set_portion(&self->crew, count > FEW ? (count + 3) / 4 : 1);
}

/* They run before the leader, who then sends what they ask next, as far as they have not sent it themselves. */
static void let_run(redis_lane *self, signals *wake)
{
    unlock_and_wake(self, wake);
    sched_yield();
    lock_again(self);
}

/* ---- leading ---- */

static bool has_news(const redis_lane *self)
{
    link_state state = self->link.state;
    bool is_settled = state == LINK_READY || state == LINK_CLOSED || state == LINK_LOADING;
    return is_settled && self->link.events != NULL && events_wait(self->link.events);
}

static ds_status lead(redis_lane *self, redis_request *request, const ds_call *call, bool *is_away, signals *wake,
                      ds_error *err)
{
    const unsigned forks = redis_own(self->config->connection);
    for (;;) {
        if (self->link.queue.done != NULL)
            set_portion(self);
        hand_out(self, wake);
        if (drive_is_over(request))
            return DS_OK;
        if (wake->count > 0)
            let_run(self, wake);
        ds_status early = link_check_call(call);
        if (early != DS_OK)
            return drive_leave(self, request, early, err);
        ensure(self);
        if (redis_own(self->config->connection) != forks)
            return DS_LOST;
        if (drive_is_over(request))
            continue;
        *is_away = has_news(self);
        if (*is_away)
            return DS_OK;
        if (load(self))
            link_send(&self->link);
        if (self->link.queue.done == NULL && !drive_is_over(request))
            wait_and_work(self, call);
    }
}

ds_status drive_lead(redis_lane *self, redis_request *request, const ds_call *call, bool is_heir, ds_error *err)
{
    bool is_away = false, is_shared = crew_lead(&self->crew);
    if (is_shared)
        sched_yield(); /* those who were answered together ask first, and send portions; the rest is sent here */
    drive_lock(self);
    if (!is_heir)
        check_link(self, request->intent != REDIS_READS || request->count == 0, call);
    signals wake = {.count = 0};
    ds_status status = lead(self, request, call, &is_away, &wake, err);
    drive_step_down(self, request, is_away, &wake);
    return status;
}
