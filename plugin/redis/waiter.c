/* See waiter.h. */
#include "waiter.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#if !defined SYS_futex && defined SYS_futex_time64
#define SYS_futex SYS_futex_time64 /* the newest have no other */
#endif

struct watch {
    watch *next, *next_spare;
    int fd; /* an eventfd */
};

/* ---- watches ---- */

void watch_pool_init(watch_pool *pool)
{
    *pool = (watch_pool){.all = NULL};
    pthread_mutex_init(&pool->lock, NULL); /* Linux's never fails */
}

void watch_pool_free(watch_pool *pool)
{
    while (pool->all != NULL) {
        watch *one = pool->all;
        pool->all = one->next;
        close(one->fd);
        ds_free(one);
    }
    pthread_mutex_destroy(&pool->lock);
}

/* Their memory is left as it is: threads that are no more may have been in the middle of them. */
void watch_pool_forget(watch_pool *pool)
{
    for (watch *one = pool->all; one != NULL; one = one->next) {
        close(one->fd);
        one->fd = -1;
    }
    watch_pool_init(pool);
}

static ds_status watch_make(watch **out, ds_error *err)
{
    watch *made = ds_calloc(1, sizeof *made);
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
    *out = made;
    return DS_OK;
}

ds_status watch_take(watch_pool *pool, watch **out, ds_error *err)
{
    pthread_mutex_lock(&pool->lock);
    watch *one = pool->spare;
    if (one != NULL)
        pool->spare = one->next_spare;
    pthread_mutex_unlock(&pool->lock);
    *out = one;
    if (one != NULL)
        return DS_OK;
    ds_status status = watch_make(&one, err);
    if (status != DS_OK)
        return status;
    pthread_mutex_lock(&pool->lock);
    one->next = pool->all;
    pool->all = one;
    pthread_mutex_unlock(&pool->lock);
    *out = one;
    return DS_OK;
}

void watch_give(watch_pool *pool, watch *one)
{
    if (one == NULL)
        return;
    if (one->fd < 0) { /* taken before the fork, by the thread that forked */
        ds_free(one);
        return;
    }
    pthread_mutex_lock(&pool->lock);
    one->next_spare = pool->spare;
    pool->spare = one;
    pthread_mutex_unlock(&pool->lock);
}

static ds_status watch_sleep(const watch *one, const ds_call *call)
{
    struct pollfd fds[2] = {{.fd = one->fd, .events = POLLIN}, {.fd = ds_cancel_fd(call->cancel), .events = POLLIN}};
    for (;;) {
        uint64_t count;
        poll(fds, 2, ds_call_wait_ms(call));
        if (read(one->fd, &count, sizeof count) == (ssize_t)sizeof count)
            return DS_OK;
        if (ds_cancel_is_set(call->cancel))
            return DS_CANCELLED;
        if (call->deadline != DS_NO_DEADLINE && ds_now() >= call->deadline)
            return DS_TIMEOUT;
    }
}

static void watch_signal(const watch *one)
{
    const uint64_t count = 1;
    ssize_t written = write(one->fd, &count, sizeof count);
    (void)written; /* a full one is signalled already */
}

/* ---- bells ---- */

/* On machines of 32 bits whose time_t has 64, the older call would take half of the seconds for the nanoseconds. */
static long futex(bell *in, int what, uint32_t value, const struct timespec *until, uint32_t bits)
{
#ifdef SYS_futex_time64
    if (sizeof until->tv_sec > sizeof(long))
        return syscall(SYS_futex_time64, in, what, value, until, NULL, bits);
#endif
    return syscall(SYS_futex, in, what, value, until, NULL, bits);
}

static ds_status bell_sleep(bell *in, uint32_t begun, uint32_t bit, int64_t deadline)
{
    struct timespec at = {.tv_sec = (time_t)(deadline / 1000000000), .tv_nsec = (long)(deadline % 1000000000)};
    bool has_end = deadline != DS_NO_DEADLINE && at.tv_sec == deadline / 1000000000;
    long failed = futex(in, FUTEX_WAIT_BITSET_PRIVATE, begun, has_end ? &at : NULL, bit);
    return failed != 0 && errno == ETIMEDOUT ? DS_TIMEOUT : DS_OK;
}

static void bell_ring(bell *in, uint32_t bits)
{
    atomic_fetch_add(in, 1);
    futex(in, FUTEX_WAKE_BITSET_PRIVATE, INT_MAX, NULL, bits);
}

/* ---- places ---- */

uint32_t place_begin(const place *self)
{
    return self->bell == NULL ? 0 : atomic_load(self->bell);
}

ds_status place_sleep(const place *self, uint32_t begun, const ds_call *call)
{
    return self->watch != NULL ? watch_sleep(self->watch, call)
                               : bell_sleep(self->bell, begun, self->bit, call->deadline);
}

void signals_give(signals *self)
{
    for (size_t i = 0; i < self->count; i++) {
        if (self->places[i].watch != NULL)
            watch_signal(self->places[i].watch);
        else
            bell_ring(self->places[i].bell, self->places[i].bit);
    }
    self->count = 0;
}

void signals_add(signals *self, const place *to)
{
    if (to->watch == NULL && to->bell == NULL)
        return;
    for (size_t i = 0; i < self->count && to->watch == NULL; i++) {
        if (self->places[i].bell == to->bell) {
            self->places[i].bit |= to->bit;
            return;
        }
    }
    if (self->count == SIGNALS_MAX)
        signals_give(self);
    self->places[self->count++] = *to;
}
