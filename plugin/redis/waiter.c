/* See waiter.h. */
#include "waiter.h"

#include <errno.h>
#include <poll.h>
#include <semaphore.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct waiter {
    waiter *next, *next_spare;
    sem_t signal; /* one call of the system to wake with, and none where nobody sleeps yet */
    int fd;       /* an eventfd in its place; -1: none */
};

void waiter_pool_init(waiter_pool *pool)
{
    *pool = (waiter_pool){.all = NULL};
    pthread_mutex_init(&pool->lock, NULL); /* Linux's never fails */
}

static void free_all(waiter_pool *pool)
{
    while (pool->all != NULL) {
        waiter *one = pool->all;
        pool->all = one->next;
        if (one->fd >= 0)
            close(one->fd);
        sem_destroy(&one->signal);
        ds_free(one);
    }
}

void waiter_pool_free(waiter_pool *pool)
{
    free_all(pool);
    pthread_mutex_destroy(&pool->lock);
}

/* Their memory is left as it is: threads that are no more may have been in the middle of them. */
void waiter_pool_forget(waiter_pool *pool)
{
    for (waiter *one = pool->all; one != NULL; one = one->next)
        if (one->fd >= 0)
            close(one->fd);
    waiter_pool_init(pool);
}

static ds_status open_waiter(waiter *made, bool polls, ds_error *err)
{
    made->fd = polls ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1;
    if (polls && made->fd < 0) {
        int number = errno;
        ds_error_set(err, DS_BUSY, "no file descriptor is left to wait for the connection with");
        err->native = number;
        return DS_BUSY;
    }
    sem_init(&made->signal, 0, 0);
    return DS_OK;
}

ds_status waiter_take(waiter_pool *pool, bool polls, waiter **out, ds_error *err)
{
    pthread_mutex_lock(&pool->lock);
    waiter *one = pool->spare[polls];
    if (one != NULL)
        pool->spare[polls] = one->next_spare;
    pthread_mutex_unlock(&pool->lock);
    *out = one;
    if (one != NULL)
        return DS_OK;
    one = ds_calloc(1, sizeof *one);
    if (one == NULL)
        return ds_error_set(err, DS_NOMEM, "out of memory");
    ds_status status = open_waiter(one, polls, err);
    if (status != DS_OK) {
        ds_free(one);
        return status;
    }
    pthread_mutex_lock(&pool->lock);
    one->next = pool->all;
    pool->all = one;
    pthread_mutex_unlock(&pool->lock);
    *out = one;
    return DS_OK;
}

void waiter_give(waiter_pool *pool, waiter *one)
{
    if (one == NULL)
        return;
    pthread_mutex_lock(&pool->lock);
    one->next_spare = pool->spare[one->fd >= 0];
    pool->spare[one->fd >= 0] = one;
    pthread_mutex_unlock(&pool->lock);
}

void waiter_signal(waiter *one)
{
    if (one->fd >= 0) {
        const uint64_t count = 1;
        ssize_t written = write(one->fd, &count, sizeof count);
        (void)written; /* a full one is signalled already */
        return;
    }
    sem_post(&one->signal);
}

static ds_status wait_for_fd(const waiter *one, const ds_call *call)
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

ds_status waiter_wait(waiter *one, const ds_call *call)
{
    if (one->fd >= 0)
        return wait_for_fd(one, call);
    struct timespec at = {.tv_sec = (time_t)(call->deadline / 1000000000),
                          .tv_nsec = (long)(call->deadline % 1000000000)};
    int failed;
    do
        failed = call->deadline == DS_NO_DEADLINE ? sem_wait(&one->signal)
                                                  : sem_clockwait(&one->signal, CLOCK_MONOTONIC, &at);
    while (failed != 0 && errno == EINTR);
    return failed == 0 ? DS_OK : DS_TIMEOUT;
}
