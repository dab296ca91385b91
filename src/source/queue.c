/* Completion queues. An event loop submits and takes, and must never wait for a thread that was preempted in the middle of
 * something: so what is submitted, and what has ended, goes through piles without locks. Locks are only between the queue's
 * own threads, and between several that take. */
#include "base/base.h"
#include "base/fork.h"

#include <datasource/queue.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

typedef struct job {
    struct job *next;
    ds_task *task;
    ds_completion done;
} job;

/* Anyone puts one on, in one step; who takes takes all, so that no pointer can be met again meanwhile. */
typedef _Atomic(job *) pile;

/* What was taken off a pile, in order again. */
typedef struct line {
    pthread_mutex_t lock;
    job *first;
    pile *from;
} line;

struct ds_queue {
    pile submitted, ended;
    line todo, ready; /* of the queue's threads; of those that take */
    sem_t work;       /* one for each that was submitted */
    int fd;           /* an eventfd: at least one while something has ended and was not taken */
    atomic_size_t pending;
    atomic_bool is_closing;
    fork_mark mark; /* of the process that has the threads */
    unsigned count;
    pthread_t threads[];
};

/* Returns whether the pile was empty. */
static bool pile_put(pile *to, job *one)
{
    job *top = atomic_load_explicit(to, memory_order_relaxed);
    do
        one->next = top;
    while (!atomic_compare_exchange_weak_explicit(to, &top, one, memory_order_acq_rel, memory_order_relaxed));
    return top == NULL;
}

/* The oldest first. */
static job *pile_take(pile *from)
{
    job *top = atomic_exchange_explicit(from, NULL, memory_order_acq_rel), *first = NULL;
    while (top != NULL) {
        job *next = top->next;
        top->next = first;
        first = top;
        top = next;
    }
    return first;
}

/* The lock is held. */
static job *line_next(line *self)
{
    if (self->first == NULL)
        self->first = pile_take(self->from);
    job *first = self->first;
    if (first != NULL)
        self->first = first->next;
    return first;
}

static void line_clear(line *self)
{
    for (job *one; (one = line_next(self)) != NULL;)
        ds_free(one);
    pthread_mutex_destroy(&self->lock);
}

static void announce(ds_queue *self)
{
    const uint64_t one = 1;
    ssize_t written = write(self->fd, &one, sizeof one);
    (void)written; /* fails only where the counter is full, and then the descriptor is readable */
}

/* Only the first on the pile is announced: whoever takes it takes what lies on it too. */
static void job_end(ds_queue *self, job *one)
{
    if (!pile_put(&self->ended, one))
        return;
    if (atomic_load(&self->pending) > 1)
        sched_yield();
    announce(self);
}

static void job_run(job *one)
{
    ds_completion *done = &one->done;
    done->status = one->task(done->user, &done->error);
    if (done->status != DS_OK && done->error.message[0] == '\0')
        ds_error_set(&done->error, done->status, "a task of a completion queue ended in %s, and said no more",
                     ds_status_name(done->status));
    done->error.status = done->status;
}

static void *work(void *user)
{
    ds_queue *self = user;
    for (;;) {
        while (sem_wait(&self->work) != 0)
            ; /* a debugger came between */
        if (atomic_load(&self->is_closing))
            return NULL;
        pthread_mutex_lock(&self->todo.lock);
        job *one = line_next(&self->todo);
        pthread_mutex_unlock(&self->todo.lock);
        if (one == NULL)
            continue; /* it was cancelled */
        job_run(one);
        job_end(self, one);
    }
}

/* ---- its life ---- */

static void threads_end(ds_queue *self)
{
    atomic_store(&self->is_closing, true);
    for (unsigned i = 0; i < self->count; i++)
        sem_post(&self->work);
    for (unsigned i = 0; i < self->count; i++)
        pthread_join(self->threads[i], NULL);
}

static ds_status system_fails(int number, const char *what, ds_error *err)
{
    ds_error_set(err, DS_BACKEND, "a completion queue cannot be made: the system gave no %s for it (errno %d)", what,
                 number);
    if (err != NULL)
        err->native = number;
    return DS_BACKEND;
}

/* The host's signals are for its own threads. */
static ds_status threads_begin(ds_queue *self, unsigned threads, ds_error *err)
{
    sigset_t all, before;
    int number = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (self->count < threads && number == 0) {
        number = pthread_create(&self->threads[self->count], NULL, work, self);
        self->count += number == 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (number == 0)
        return DS_OK;
    threads_end(self);
    return system_fails(number, "thread", err);
}

static void queue_free(ds_queue *self)
{
    line_clear(&self->todo);
    line_clear(&self->ready);
    sem_destroy(&self->work);
    fork_mark_free(&self->mark);
    close(self->fd);
    ds_free(self);
}

ds_status ds_queue_new(unsigned threads, ds_queue **out, ds_error *err)
{
    if (out == NULL)
        return ds_error_set(err, DS_INVALID, "ds_queue_new() was given NULL for the place of the queue");
    *out = NULL;
    if (threads == 0 || threads > DS_QUEUE_THREADS_MAX)
        return ds_error_set(err, DS_INVALID, "a completion queue has 1 to %d threads, not %u", DS_QUEUE_THREADS_MAX,
                            threads);
    ds_queue *made = ds_calloc(1, sizeof *made + threads * sizeof *made->threads);
    if (made == NULL)
        return error_nomem(err);
    made->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (made->fd < 0) {
        int number = errno;
        ds_free(made);
        return system_fails(number, "file descriptor", err);
    }
    fork_mark_init(&made->mark);
    made->todo.from = &made->submitted;
    made->ready.from = &made->ended;
    pthread_mutex_init(&made->todo.lock, NULL);
    pthread_mutex_init(&made->ready.lock, NULL);
    sem_init(&made->work, 0, 0);
    ds_status status = threads_begin(made, threads, err);
    if (status != DS_OK)
        queue_free(made);
    else
        *out = made;
    return status;
}

static bool is_own_thread(const ds_queue *self)
{
    bool found = false;
    for (unsigned i = 0; i < self->count; i++)
        found |= pthread_equal(self->threads[i], pthread_self()) != 0;
    return found;
}

void ds_queue_close(ds_queue *queue)
{
    if (queue == NULL)
        return;
    if (!fork_mark_is_ours(&queue->mark)) {
        /* its jobs may be half moved, its locks be held, by threads that are not here */
        close(queue->fd);
        fork_mark_free(&queue->mark);
        ds_free(queue);
        return;
    }
    if (is_own_thread(queue)) {
        ds_log(DS_LOG_ERROR, "", "a task tried to close the completion queue on which it runs, which stays open");
        return;
    }
    threads_end(queue);
    queue_free(queue);
}

/* ---- its use ---- */

ds_status ds_queue_submit(ds_queue *queue, ds_task *task, void *user, ds_error *err)
{
    if (queue == NULL || task == NULL)
        return ds_error_set(err, DS_INVALID, "ds_queue_submit() needs a queue and a task");
    if (!fork_mark_is_ours(&queue->mark))
        return ds_error_set(err, DS_INVALID,
                            "a completion queue belongs to the process that made it, not to its child");
    job *one = ds_calloc(1, sizeof *one);
    if (one == NULL)
        return error_nomem(err);
    one->task = task;
    one->done.size = sizeof one->done;
    one->done.user = user;
    atomic_fetch_add(&queue->pending, 1);
    pile_put(&queue->submitted, one);
    sem_post(&queue->work); /* not before: a thread that wakes finds a job */
    return DS_OK;
}

int ds_queue_fd(const ds_queue *queue)
{
    return queue == NULL ? -1 : queue->fd;
}

/* The descriptor is quiet only once nothing is there: what ended between the two looks has been announced in vain, if it was
 * announced before the read, so that is made up for. The lock is held. */
static job *next_or_quiet(ds_queue *self)
{
    uint64_t count;
    job *one = line_next(&self->ready);
    if (one != NULL)
        return one;
    ssize_t got = read(self->fd, &count, sizeof count);
    (void)got; /* nothing to read: it was quiet */
    one = line_next(&self->ready);
    if (one != NULL)
        announce(self);
    return one;
}

/* An error is half a KiB, and most often there is none: its bytes are left as they are then. */
static void hand_over(const ds_completion *done, ds_completion *out)
{
    if (done->status != DS_OK) {
        *out = *done;
        return;
    }
    out->size = done->size;
    out->user = done->user;
    out->status = out->error.status = DS_OK;
    out->error.native = 0;
    out->error.source[0] = out->error.message[0] = '\0';
}

bool ds_queue_next(ds_queue *queue, ds_completion *out)
{
    if (queue == NULL || out == NULL || !fork_mark_is_ours(&queue->mark))
        return false;
    pthread_mutex_lock(&queue->ready.lock);
    job *one = next_or_quiet(queue);
    pthread_mutex_unlock(&queue->ready.lock);
    if (one == NULL)
        return false;
    hand_over(&one->done, out);
    ds_free(one);
    atomic_fetch_sub(&queue->pending, 1);
    return true;
}

size_t ds_queue_pending(const ds_queue *queue)
{
    return queue == NULL ? 0 : atomic_load(&queue->pending);
}

void ds_queue_cancel(ds_queue *queue)
{
    if (queue == NULL || !fork_mark_is_ours(&queue->mark))
        return;
    pthread_mutex_lock(&queue->todo.lock);
    for (job *one; (one = line_next(&queue->todo)) != NULL;) {
        one->done.status =
            ds_error_set(&one->done.error, DS_CANCELLED, "the task was cancelled in its queue, before it began");
        job_end(queue, one);
    }
    pthread_mutex_unlock(&queue->todo.lock);
}
