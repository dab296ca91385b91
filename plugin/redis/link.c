/* The state machine of one socket. Its states follow each other in link_step(); what goes wrong in any of them ends in
 * link_fail(), which says why and lets go of every flight. */
#include "link.h"

#include "login.h"
#include "window.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <unistd.h>

enum { BUFFER_BYTES = 16384, ROUNDS_MAX = 4, PIECES_MAX = 64 };
#define SUSPECT_AFTER_NS INT64_C(20000000)
#define PING_AGAIN_NS    INT64_C(50000000) /* a server that loads is asked so often */

void link_init(redis_link *self, const redis_config *config, event_queue *events, link_counters *counters)
{
    memset(self, 0, sizeof *self);
    self->config = config;
    self->events = events;
    self->counters = counters;
    self->transport.fd = -1;
    atomic_init(&self->is_open, false);
    atomic_init(&self->is_ready, false);
    atomic_init(&self->said, 0);
}

void link_free(redis_link *self)
{
    link_close(self);
    redis_request_free(self->own);
    ds_free(self->buffer);
}

/* ---- closing ---- */

/* Flights of requests go back to them, unanswered; orphans end here. */
static void let_go(redis_link *self)
{
    while (self->queue.first != NULL) {
        redis_flight *flight = self->queue.first;
        queue_remove(&self->queue, flight);
        queue_done(&self->queue, flight);
        if (flight->request == NULL)
            flight_free(flight);
    }
}

static void shut(redis_link *self)
{
    bool was_open = atomic_exchange(&self->is_open, false);
    atomic_store(&self->is_ready, false);
    self->state = LINK_CLOSED;
    dial_stop(&self->dialer);
    transport_close(&self->transport);
    decoder_free(self->decoder);
    self->decoder = NULL;
    let_go(self);
    if (was_open)
        events_add(self->events, DS_EVENT_END, NULL);
}

void link_close(redis_link *self)
{
    if (self->state == LINK_CLOSED)
        return;
    ds_error_set(&self->cause, DS_LOST, "the connection to the Redis server at %s was closed", self->config->where);
    self->is_final = false;
    shut(self);
}

static void forget_whole(redis_link *self)
{
    dial_forget(&self->dialer);
    transport_forget(&self->transport);
    decoder_free(self->decoder);
    self->decoder = NULL;
    let_go(self);
}

static void forget_half(redis_link *self)
{
    if (self->dialer.config != NULL && self->dialer.fd >= 0)
        close(self->dialer.fd);
    if (self->transport.fd >= 0)
        close(self->transport.fd);
    link_init(self, self->config, self->events, self->counters);
}

void link_forget(redis_link *self, bool is_whole)
{
    if (is_whole)
        forget_whole(self);
    else
        forget_half(self);
    self->state = LINK_CLOSED;
    atomic_store(&self->is_open, false);
    atomic_store(&self->is_ready, false);
}

/* A name that does not exist, a certificate, a password, a setting: they are what they are. */
static bool is_final(const redis_link *self, const ds_error *cause)
{
    switch (cause->status) {
    case DS_AUTH:
    case DS_CONFIG:
    case DS_UNSUPPORTED:
    case DS_NOMEM:
        return true;
    case DS_BACKEND:
        return self->state != LINK_READY;
    default:
        return (self->state == LINK_REACHING && cause->native == EAI_NONAME) ||
               (self->state == LINK_SECURING && self->transport.tls != NULL && tls_is_hopeless(self->transport.tls));
    }
}

void link_fail(redis_link *self, const ds_error *cause)
{
    self->is_final = is_final(self, cause);
    self->cause = *cause;
    if (self->state != LINK_READY && cause->status == DS_LOST)
        self->cause.status = DS_UNREACHABLE;
    events_add(self->events, DS_EVENT_ERROR, &self->cause);
    if (self->state == LINK_READY &&
        self->queue.first != NULL) /* what is sent again is not to come before, from here */
        transport_drop(&self->transport);
    shut(self);
}

void link_give_up(redis_link *self, ds_status status, const char *what)
{
    ds_error cause;
    ds_error_set(&cause, status, "the Redis server at %s %s", self->config->where, what);
    link_fail(self, &cause);
}

/* ---- bytes ---- */

static bool is_talking(const redis_link *self)
{
    return self->state == LINK_GREETING || self->state == LINK_LOADING || self->state == LINK_READY;
}

static void end_of_stream(redis_link *self)
{
    bool is_idle = self->state == LINK_READY && self->queue.first == NULL;
    if (is_idle) {
        ds_error_set(&self->cause, DS_LOST, "the Redis server at %s closed the idle connection", self->config->where);
        self->is_final = false;
        shut(self);
    } else {
        link_give_up(self, self->state == LINK_READY ? DS_LOST : DS_UNREACHABLE, "closed the connection");
    }
}

/* Others wait for the lock. But what TLS holds already, poll(2) does not know of. */
static bool goes_on_reading(const redis_link *self, bool is_full, int rounds)
{
    if (self->transport.tls != NULL)
        return rounds < ROUNDS_MAX || tls_is_pending(self->transport.tls);
    return is_full && rounds < ROUNDS_MAX;
}

static void receive(redis_link *self)
{
    ds_error cause = {0};
    ssize_t got;
    int rounds = 0;
    do {
        got = transport_recv(&self->transport, self->buffer, BUFFER_BYTES, &cause);
        if (got == IO_AGAIN)
            return;
        if (got == IO_END) {
            end_of_stream(self);
            return;
        }
        if (got > 0) {
            self->heard = ds_now();
            atomic_fetch_add_explicit(&self->counters->received, (uint64_t)got, memory_order_relaxed);
            if (decoder_feed(self->decoder, self->buffer, (size_t)got, self->config->where, &cause) != DS_OK)
                got = IO_FAILED;
        }
        if (got == IO_FAILED) {
            link_fail(self, &cause);
            return;
        }
    } while (goes_on_reading(self, got == BUFFER_BYTES, ++rounds));
}

/* The peer may have said why before it hung up. */
static void fail_to_send(redis_link *self, const ds_error *cause)
{
    receive(self);
    if (self->state != LINK_CLOSED)
        link_fail(self, cause);
}

/* The bytes that a record of TLS may have on its way though none is counted as sent. */
static size_t record_of(const redis_flight *flight)
{
    size_t left = flight->end - flight->sent;
    return left < TLS_RECORD_BYTES ? left : TLS_RECORD_BYTES;
}

static ssize_t send_one(redis_link *self, ds_error *cause)
{
    redis_flight *flight = self->queue.unsent;
    window_open(&self->queue, flight);
    ssize_t sent = transport_send(&self->transport, flight->bytes + flight->sent, flight->end - flight->sent, cause);
    flight->touched = sent > 0 || self->transport.tls == NULL ? 0 : record_of(flight);
    return sent;
}

static ssize_t send_some(redis_link *self, ds_error *cause)
{
    struct iovec pieces[PIECES_MAX];
    size_t count = 0;
    if (self->transport.tls != NULL || self->queue.unsent->next == NULL)
        return send_one(self, cause);
    for (redis_flight *flight = self->queue.unsent; flight != NULL && count < PIECES_MAX; flight = flight->next) {
        window_open(&self->queue, flight);
        pieces[count++] = (struct iovec){flight->bytes + flight->sent, flight->end - flight->sent};
    }
    return transport_send_all(&self->transport, pieces, count, cause);
}

/* No further than what was sent: the turn of a flight behind it may not be open, and has no bytes then. */
static void count_sent(redis_link *self, size_t sent)
{
    atomic_fetch_add_explicit(&self->counters->sent, sent, memory_order_relaxed);
    while (sent > 0) {
        redis_flight *flight = self->queue.unsent;
        size_t left = flight->end - flight->sent, part = sent < left ? sent : left;
        flight->sent += part;
        sent -= part;
        if (part < left)
            return;
        self->queue.unsent = flight->next;
    }
}

/* IO_AGAIN, IO_FAILED; 1: all is sent. */
static ssize_t transmit(redis_link *self, ds_error *cause)
{
    while (self->queue.unsent != NULL) {
        ssize_t sent = send_some(self, cause);
        if (sent <= 0)
            return sent == IO_AGAIN ? IO_AGAIN : IO_FAILED;
        count_sent(self, (size_t)sent);
    }
    return 1;
}

void link_send(redis_link *self)
{
    ds_error cause = {0};
    if (transmit(self, &cause) == IO_FAILED)
        fail_to_send(self, &cause);
}

bool link_send_beside(redis_link *self)
{
    ds_error cause = {0};
    return transmit(self, &cause) == 1;
}

/* ---- flights ---- */

void link_add(redis_link *self, redis_flight *flight, int64_t now)
{
    if (self->queue.first == NULL)
        self->heard = now;
    queue_add(&self->queue, flight, now);
}

void link_abandon(redis_link *self, redis_flight *flight)
{
    bool is_untouched = request_is_untouched(flight->request);
    request_settle(flight->request);
    if (!flight->is_queued)
        return;
    if (is_untouched) {
        queue_remove(&self->queue, flight);
        return;
    }
    flight_orphan(flight);
    if (self->queue.unsent == flight && flight->sent == flight->end)
        self->queue.unsent = flight->next;
}

/* ---- connecting ---- */

void link_open(redis_link *self)
{
    ds_error cause = {0};
    atomic_fetch_add_explicit(&self->counters->connects, 1, memory_order_relaxed);
    self->connect_deadline = ds_now() + self->config->connect_timeout;
    self->ready_at = 0;
    self->state = LINK_REACHING;
    if (self->buffer == NULL)
        self->buffer = ds_malloc(BUFFER_BYTES);
    self->decoder = decoder_new(&self->queue);
    if (self->buffer == NULL || self->decoder == NULL)
        ds_error_set(&cause, DS_NOMEM, "out of memory");
    else if (dial_start(&self->dialer, self->config, self->connect_deadline, &cause) == DS_OK)
        return;
    link_fail(self, &cause);
}

/* Each of these returns whether the state changed, so that the next can go on at once. */

static bool reach(redis_link *self)
{
    ds_error cause = {0};
    int fd = -1;
    ds_status status = dial_step(&self->dialer, &fd, &cause);
    if (status == DS_BUSY)
        return false;
    if (status != DS_OK) {
        link_fail(self, &cause);
        return false;
    }
    dial_stop(&self->dialer);
    self->transport = (transport){.fd = fd, .where = self->config->where};
    atomic_store(&self->is_open, true);
    events_add(self->events, DS_EVENT_CONNECT, NULL);
    self->state = LINK_SECURING;
    if (self->config->use_tls && tls_open(&self->config->tls, self->config->host, self->config->where, fd,
                                          &self->transport.tls, &cause) != DS_OK)
        link_fail(self, &cause);
    return true;
}

static bool secure(redis_link *self)
{
    ds_error cause = {0};
    ds_status status = self->transport.tls == NULL ? DS_OK : tls_handshake(self->transport.tls, &cause);
    if (status == DS_BUSY)
        return false;
    if (status == DS_OK) {
        self->state = LINK_GREETING;
        status = greeting_begin(self, &cause);
    }
    if (status != DS_OK)
        link_fail(self, &cause);
    else
        link_send(self);
    return true;
}

/* DS_BUSY: the server loads, and is asked again; otherwise the link has failed, or what it was asked is true. */
static ds_status hear(redis_link *self)
{
    bool is_loading;
    ds_error cause = {0};
    ds_status status = greeting_end(self, &is_loading, &cause);
    if (is_loading) {
        self->state = LINK_LOADING;
        self->cause = cause;
        self->ping_at = ds_now() + PING_AGAIN_NS;
        return DS_BUSY;
    }
    if (status != DS_OK)
        link_fail(self, &cause);
    return status;
}

/* Said anew: some of it may have been refused, or be different by now. */
static bool greet_again(redis_link *self)
{
    ds_error cause = {0};
    self->state = LINK_GREETING;
    self->connect_deadline = ds_now() + self->config->connect_timeout;
    if (greeting_begin(self, &cause) != DS_OK)
        link_fail(self, &cause);
    else
        link_send(self);
    return true;
}

/* Who sets credentials first says so, and then looks which links are ready: one of the two sees the other. */
static bool greet(redis_link *self)
{
    if (!request_is_answered(self->own) || hear(self) != DS_OK)
        return false;
    atomic_store(&self->is_ready, true);
    if (atomic_load(&self->said) != atomic_load(&self->config->login->turn)) {
        atomic_store(&self->is_ready, false);
        return greet_again(self);
    }
    self->state = LINK_READY;
    self->ready_at = ds_now();
    events_add(self->events, DS_EVENT_READY, NULL);
    return true;
}

static bool await_data(redis_link *self)
{
    ds_error cause = {0};
    if (self->ping_at == INT64_MAX)
        return request_is_answered(self->own) && hear(self) == DS_OK && greet_again(self);
    if (ds_now() < self->ping_at)
        return false;
    self->ping_at = INT64_MAX;
    if (ping_begin(self, &cause) != DS_OK)
        link_fail(self, &cause);
    else
        link_send(self);
    return false;
}

static bool talk(redis_link *self)
{
    if (self->state == LINK_GREETING)
        return greet(self);
    return self->state == LINK_LOADING && await_data(self);
}

static void link_step(redis_link *self, bool has_input)
{
    bool goes_on = true;
    while (goes_on) {
        switch (self->state) {
        case LINK_REACHING:
            goes_on = reach(self);
            break;
        case LINK_SECURING:
            goes_on = secure(self);
            break;
        case LINK_GREETING:
        case LINK_LOADING:
        case LINK_READY:
            if (has_input)
                receive(self);
            if (is_talking(self))
                link_send(self);
            has_input = false;
            goes_on = talk(self);
            break;
        default:
            return;
        }
    }
}

/* ---- waiting ---- */

static const char *what_fails(const redis_link *self)
{
    switch (self->state) {
    case LINK_REACHING:
        return "could not be reached within the connectTimeout";
    case LINK_SECURING:
        return "accepted the connection, but did not finish the TLS handshake within the connectTimeout";
    default:
        return "accepted the connection, but did not answer within the connectTimeout";
    }
}

static int64_t patience(const redis_link *self)
{
    if (self->state != LINK_READY && self->state != LINK_LOADING)
        return self->connect_deadline;
    return self->queue.first == NULL ? INT64_MAX : self->heard + self->config->command_timeout;
}

static void check_patience(redis_link *self)
{
    if (self->state == LINK_CLOSED || ds_now() < patience(self))
        return;
    if (self->state == LINK_READY)
        link_give_up(self, DS_LOST, "sent nothing for the whole commandTimeout while replies were due");
    else if (self->state == LINK_LOADING)
        link_give_up(self, DS_UNREACHABLE, "sent nothing for the whole commandTimeout while it loaded its data");
    else
        link_give_up(self, DS_UNREACHABLE, what_fails(self));
}

void link_poll_for(const redis_link *self, struct pollfd *out, int64_t *wake)
{
    int64_t address_wake = INT64_MAX;
    if (self->state == LINK_REACHING) {
        dial_poll(&self->dialer, out, &address_wake);
    } else {
        bool writes = self->state != LINK_SECURING && self->queue.unsent != NULL;
        if (self->transport.tls != NULL)
            writes = (writes || self->state == LINK_SECURING) && tls_wants_write(self->transport.tls);
        *out = (struct pollfd){.fd = self->transport.fd, .events = (short)(POLLIN | (writes ? POLLOUT : 0))};
    }
    *wake = patience(self);
    if (address_wake < *wake)
        *wake = address_wake;
    if (self->state == LINK_LOADING && self->ping_at < *wake)
        *wake = self->ping_at;
}

ds_status link_check_call(const ds_call *call)
{
    if (ds_cancel_is_set(call->cancel))
        return DS_CANCELLED;
    return call->deadline != DS_NO_DEADLINE && ds_now() >= call->deadline ? DS_TIMEOUT : DS_OK;
}

void link_work(redis_link *self, short revents)
{
    link_step(self, (revents & (POLLIN | POLLHUP | POLLERR)) != 0);
    check_patience(self);
}

bool link_is_suspect(const redis_link *self)
{
    return self->queue.first != NULL && self->queue.first->request == NULL && ds_now() - self->heard > SUSPECT_AFTER_NS;
}

void link_look(redis_link *self)
{
    if (self->state != LINK_READY)
        return;
    receive(self); /* first: what came while nobody looked was in time */
    check_patience(self);
}
