/* Cancel tokens: a flag that is cheap to ask, and an eventfd(2) that poll(2) can wait for. The two always agree once no
 * ds_cancel_set() is under way, however set and clear meet. */
#include "base/base.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct ds_cancel {
    int fd;
    atomic_bool is_set;
    atomic_ulong begun, ended; /* calls of ds_cancel_set() */
};

ds_status ds_cancel_new(ds_cancel **out, ds_error *err)
{
    if (out == NULL)
        return ds_error_set(err, DS_INVALID, "ds_cancel_new() was given NULL for the place of the token");
    *out = NULL;
    ds_cancel *cancel = ds_calloc(1, sizeof *cancel);
    if (cancel == NULL)
        return error_nomem(err);
    cancel->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (cancel->fd < 0) {
        int number = errno;
        ds_free(cancel);
        ds_error_set(err, DS_BACKEND,
                     "a cancel token cannot be made: the system gave no file descriptor for it (errno %d)", number);
        if (err != NULL)
            err->native = number;
        return DS_BACKEND;
    }
    *out = cancel;
    return DS_OK;
}

/* Async-signal-safe: atomics without locks, and write(2). */
void ds_cancel_set(ds_cancel *cancel)
{
    if (cancel == NULL)
        return;
    int saved = errno;
    atomic_fetch_add(&cancel->begun, 1);
    atomic_store(&cancel->is_set, true);
    const uint64_t one = 1;
    ssize_t written = write(cancel->fd, &one, sizeof one);
    (void)written; /* fails only where the counter is full, and then the descriptor is readable */
    atomic_fetch_add(&cancel->ended, 1);
    errno = saved;
}

/* Waits until no set is half done; a set that begins while this one clears wins. */
void ds_cancel_clear(ds_cancel *cancel)
{
    if (cancel == NULL)
        return;
    int saved = errno;
    unsigned long begun = atomic_load(&cancel->begun);
    while (atomic_load(&cancel->ended) != begun) {
        sched_yield();
        begun = atomic_load(&cancel->begun);
    }
    uint64_t count;
    ssize_t got = read(cancel->fd, &count, sizeof count);
    (void)got; /* nothing to read: it was not set */
    atomic_store(&cancel->is_set, false);
    if (atomic_load(&cancel->begun) != begun)
        ds_cancel_set(cancel);
    errno = saved;
}

bool ds_cancel_is_set(const ds_cancel *cancel)
{
    return cancel != NULL && atomic_load_explicit(&cancel->is_set, memory_order_acquire);
}

int ds_cancel_fd(const ds_cancel *cancel)
{
    return cancel == NULL ? -1 : cancel->fd;
}

void ds_cancel_free(ds_cancel *cancel)
{
    if (cancel == NULL)
        return;
    close(cancel->fd);
    ds_free(cancel);
}
