/* Completion queues, for hosts with an event loop that must not be blocked: a task, any operations of the library, is handed
 * to a queue and runs on one of its few threads; its end is announced on a descriptor for poll(2), epoll(7) or libuv, and taken
 * by the loop. It works the same on every connector; over Redis the operations of the queue's threads share few sockets.
 *
 * A queue is shared by any number of threads, but for ds_queue_new() and ds_queue_close(). After fork(2) it stays the parent's:
 * in the child ds_queue_submit() is DS_INVALID, ds_queue_next() takes nothing, and ds_queue_close() frees what is the child's. */
#ifndef DATASOURCE_QUEUE_H
#define DATASOURCE_QUEUE_H

#include <datasource/error.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ds_queue ds_queue;

/* What is run, on a thread of the queue, with all signals blocked: any functions of the library but ds_queue_close() of its own
 * queue, and whatever of the host's is made for threads. It answers a status, and fills `err` (never NULL, empty at first) where
 * that is not DS_OK; both come back in the completion. It may submit more tasks. */
typedef ds_status ds_task(void *user, ds_error *err);

typedef struct ds_completion {
    uint32_t size; /* sizeof(ds_completion), set before ds_queue_next() */
    ds_status status;
    void *user;     /* as it was submitted */
    ds_error error; /* of a task that failed; empty otherwise */
} ds_completion;

#define DS_QUEUE_THREADS_MAX 256

/* A queue and its threads, 1 to DS_QUEUE_THREADS_MAX: so many tasks run at once. DS_INVALID; DS_BACKEND where the system gives
 * no thread or descriptor. Close it with ds_queue_close(). */
DS_API ds_status ds_queue_new(unsigned threads, ds_queue **out, ds_error *err);
/* Hands over a task; never waits. Tasks are begun in the order in which a thread submits them, and end in any. `user` stays the
 * host's; whatever it points to must live until the completion was taken. How many may be in flight is the host's matter. After
 * DS_OK the completion comes for certain: it needs no memory any more. DS_NOMEM, DS_INVALID: the task is not run. */
DS_API ds_status ds_queue_submit(ds_queue *queue, ds_task *task, void *user, ds_error *err);
/* Readable while a completion is there, and now and then where one was just taken; never written, read or closed by the host.
 * Whoever watches it edge-triggered takes completions until there is none. */
DS_API int ds_queue_fd(const ds_queue *queue);
/* The next completion, in the order in which the tasks ended; false: there is none now. Never waits. */
DS_API bool ds_queue_next(ds_queue *queue, ds_completion *out);
/* Tasks that were submitted and whose completions were not taken yet. */
DS_API size_t ds_queue_pending(const ds_queue *queue);
/* Tasks that have not begun are not run: they end in DS_CANCELLED, and their completions are taken as others are. What runs is
 * ended by the cancel tokens of its models (ds_model_with()). So a host shuts down: cancel, take until nothing is pending, close. */
DS_API void ds_queue_cancel(ds_queue *queue);
/* Waits for the tasks that run; what has not begun is not run. Completions that were not taken are gone. No function of the queue
 * may be called meanwhile but by its own tasks, which must not close it (that is logged, and does nothing). NULL does nothing. */
DS_API void ds_queue_close(ds_queue *queue);

#ifdef __cplusplus
}
#endif
#endif
