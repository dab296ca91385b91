/* See fork.h. */
#include "fork.h"

#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FORK_OTHERS /* what the kernel leaves in the child */, FORK_OURS, FORK_CLAIMED };

static size_t page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

void fork_mark_init(fork_mark *self)
{
    *self = (fork_mark){.page = NULL};
    atomic_init(&self->owner, getpid());
#ifdef MADV_WIPEONFORK
    void *page = mmap(NULL, page_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return;
    if (madvise(page, page_bytes(), MADV_WIPEONFORK) != 0) {
        munmap(page, page_bytes());
        return;
    }
    self->page = page;
    atomic_init(self->page, FORK_OURS);
#endif
}

void fork_mark_free(fork_mark *self)
{
    if (self->page != NULL)
        munmap(self->page, page_bytes());
    self->page = NULL;
}

bool fork_mark_is_ours(const fork_mark *self)
{
    if (self->page != NULL)
        return atomic_load_explicit(self->page, memory_order_acquire) == FORK_OURS;
    return atomic_load_explicit(&self->owner, memory_order_acquire) == getpid();
}

static bool try_claim(fork_mark *self)
{
    int others = FORK_OTHERS;
    pid_t me = getpid(), owner = atomic_load(&self->owner);
    if (self->page != NULL)
        return atomic_compare_exchange_strong(self->page, &others, FORK_CLAIMED);
    return owner != me && owner != -me && atomic_compare_exchange_strong(&self->owner, &owner, -me);
}

bool fork_mark_claim(fork_mark *self)
{
    while (!fork_mark_is_ours(self)) {
        if (try_claim(self))
            return true;
        sched_yield(); /* another thread of the child is at it */
    }
    return false;
}

void fork_mark_settle(fork_mark *self)
{
    atomic_fetch_add(&self->forks, 1);
    atomic_store(&self->owner, getpid());
    if (self->page != NULL)
        atomic_store(self->page, FORK_OURS);
}
