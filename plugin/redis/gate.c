/* A queue of threads, each with a descriptor of its own to poll beside its cancel token: a condition variable knows
 * none. */
#include "gate.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { SPARES_MAX = 16 };

struct waiter {
    waiter *next;
    int fd;
    bool has_turn;
};

ds_status gate_init(gate *self, size_t limit, ds_error *err)
{
    *self = (gate){.limit = limit};
    return pthread_mutex_init(&self->lock, NULL) == 0 ? DS_OK : ds_error_set(err, DS_NOMEM, "out of memory");
}

static void free_waiter(waiter *one)
{
    close(one->fd);
    ds_free(one);
}

static void free_waiters(waiter *first)
{
    while (first != NULL) {
        waiter *next = first->next;
        free_waiter(first);
        first = next;
    }
}

void gate_free(gate *self)
{
    free_waiters(self->spare);
    pthread_mutex_destroy(&self->lock);
}

/* ---- under the lock ---- */

static ds_status new_waiter(gate *self, waiter **out, ds_error *err)
{
    waiter *made = self->spare;
    if (made != NULL) {
        self->spare = made->next;
    } else {
        made = ds_calloc(1, sizeof *made);
        if (made == NULL)
            return ds_error_set(err, DS_NOMEM, "out of memory");
        made->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (made->fd < 0) {
            int number = errno;
            ds_free(made);
            ds_error_set(err, DS_BUSY, "no file descriptor is left to wait for the connection with");
            err->native = number;
            return DS_BUSY;
        }
    }
    made->next = NULL;
    made->has_turn = false;
    *out = made;
    return DS_OK;
}

static void enqueue(gate *self, waiter *one)
{
    if (self->last != NULL)
        self->last->next = one;
    else
        self->first = one;
    self->last = one;
    self->waiting++;
}

static void dequeue(gate *self, const waiter *one)
{
    waiter *before = NULL;
    for (waiter *at = self->first; at != one; at = at->next)
        before = at;
    if (before != NULL)
        before->next = one->next;
    else
        self->first = one->next;
    if (self->last == one)
        self->last = before;
    self->waiting--;
}

/* To the spares, with its descriptor drained; or freed where there are enough. */
static void retire(gate *self, waiter *one)
{
    uint64_t count;
    ssize_t got = read(one->fd, &count, sizeof count);
    (void)got; /* nothing to read: it was not woken */
    size_t spares = 0;
    for (const waiter *at = self->spare; at != NULL; at = at->next)
        spares++;
    if (spares >= SPARES_MAX) {
        free_waiter(one);
        return;
    }
    one->next = self->spare;
    self->spare = one;
}

static void hand_on(gate *self)
{
    waiter *heir = self->first;
    self->is_taken = heir != NULL;
    if (heir == NULL)
        return;
    dequeue(self, heir);
    heir->has_turn = true;
    const uint64_t one = 1;
    ssize_t written = write(heir->fd, &one, sizeof one);
    (void)written; /* a drained eventfd takes it */
}

/* ---- */

static ds_status await(const waiter *one, const ds_call *call)
{
    struct pollfd fds[2] = {{.fd = one->fd, .events = POLLIN}, {.fd = ds_cancel_fd(call->cancel), .events = POLLIN}};
    for (;;) {
        int ready = poll(fds, 2, ds_call_wait_ms(call));
        if (ready > 0 && fds[0].revents != 0)
            return DS_OK;
        ds_status status = ds_call_check(call);
        if (status != DS_OK)
            return status;
    }
}

static ds_status wait_in_line(gate *self, ds_call *call)
{
    waiter *me = NULL;
    if (self->waiting >= self->limit)
        return ds_error_set(call->error, DS_BUSY, "%zu operations wait for the connection already", self->waiting);
    ds_status status = new_waiter(self, &me, call->error);
    if (status != DS_OK)
        return status;
    enqueue(self, me);
    pthread_mutex_unlock(&self->lock);
    status = await(me, call);
    pthread_mutex_lock(&self->lock);
    if (status != DS_OK && me->has_turn)
        hand_on(self); /* it came too late */
    else if (status != DS_OK)
        dequeue(self, me);
    retire(self, me);
    return status;
}

ds_status gate_enter(gate *self, ds_call *call)
{
    ds_status status = DS_OK;
    pthread_mutex_lock(&self->lock);
    if (!self->is_taken)
        self->is_taken = true;
    else
        status = wait_in_line(self, call);
    pthread_mutex_unlock(&self->lock);
    return status;
}

bool gate_try(gate *self)
{
    pthread_mutex_lock(&self->lock);
    bool free_turn = !self->is_taken;
    self->is_taken = true;
    pthread_mutex_unlock(&self->lock);
    return free_turn;
}

void gate_leave(gate *self)
{
    pthread_mutex_lock(&self->lock);
    hand_on(self);
    pthread_mutex_unlock(&self->lock);
}

/* The waiters' descriptors are shared with the parent: one that is written to would wake it. */
bool gate_forget(gate *self)
{
    bool is_whole = pthread_mutex_trylock(&self->lock) == 0, was_free = is_whole && !self->is_taken;
    if (is_whole) {
        free_waiters(self->first);
        free_waiters(self->spare);
        pthread_mutex_unlock(&self->lock);
        pthread_mutex_destroy(&self->lock);
    }
    *self = (gate){.limit = self->limit};
    pthread_mutex_init(&self->lock, NULL); /* Linux's never fails */
    return was_free;
}
