/* The queue of events: filled by the thread that has the turn, told by whoever leaves it. */
#include "events.h"

struct event {
    event *next;
    ds_event what;
    bool has_cause;
    ds_error cause;
};

ds_status events_init(event_queue *queue, ds_source *source, ds_error *err)
{
    *queue = (event_queue){.source = source};
    if (pthread_mutex_init(&queue->lock, NULL) != 0)
        return ds_error_set(err, DS_NOMEM, "out of memory");
    return DS_OK;
}

static event *take(event_queue *queue)
{
    event *first = queue->first;
    if (first != NULL) {
        queue->first = first->next;
        if (queue->first == NULL)
            queue->last = NULL;
        atomic_store(&queue->has_some, queue->first != NULL);
    }
    return first;
}

void events_free(event_queue *queue)
{
    for (event *left = take(queue); left != NULL; left = take(queue))
        ds_free(left);
    pthread_mutex_destroy(&queue->lock);
}

/* Whether what happened to one socket has happened to the source, too. */
static bool is_of_source(event_queue *queue, ds_event what)
{
    bool was_ready = queue->is_ready;
    switch (what) {
    case DS_EVENT_CONNECT:
        return queue->open++ == 0;
    case DS_EVENT_READY:
        queue->is_ready = true;
        return !was_ready;
    case DS_EVENT_END:
        if (--queue->open > 0)
            return false;
        queue->is_ready = false;
        return true;
    default:
        return true;
    }
}

static void append(event_queue *queue, event *added)
{
    if (queue->last != NULL)
        queue->last->next = added;
    else
        queue->first = added;
    queue->last = added;
    atomic_store(&queue->has_some, true);
}

void events_add(event_queue *queue, ds_event what, const ds_error *cause)
{
    if (queue == NULL)
        return;
    event *added = ds_calloc(1, sizeof *added);
    if (added != NULL) {
        added->what = what;
        added->has_cause = cause != NULL;
        if (cause != NULL)
            added->cause = *cause;
    }
    pthread_mutex_lock(&queue->lock);
    bool is_wanted = is_of_source(queue, what) && added != NULL;
    if (is_wanted)
        append(queue, added);
    pthread_mutex_unlock(&queue->lock);
    if (!is_wanted)
        ds_free(added);
}

bool events_wait(event_queue *queue)
{
    if (!atomic_load(&queue->has_some))
        return false;
    pthread_mutex_lock(&queue->lock);
    bool some = queue->first != NULL && !queue->is_telling;
    pthread_mutex_unlock(&queue->lock);
    return some;
}

/* A handler may call the library, and so come back here: what that adds is told once the handler has returned. */
void events_tell(event_queue *queue)
{
    if (!atomic_load(&queue->has_some))
        return;
    pthread_mutex_lock(&queue->lock);
    if (!queue->is_telling) {
        queue->is_telling = true;
        for (event *next = take(queue); next != NULL; next = take(queue)) {
            pthread_mutex_unlock(&queue->lock);
            ds_source_emit(queue->source, next->what, next->has_cause ? &next->cause : NULL); /* logs it too */
            ds_free(next);
            pthread_mutex_lock(&queue->lock);
        }
        queue->is_telling = false;
    }
    pthread_mutex_unlock(&queue->lock);
}

void events_forget(event_queue *queue)
{
    if (pthread_mutex_trylock(&queue->lock) == 0) {
        for (event *left = take(queue); left != NULL; left = take(queue))
            ds_free(left);
        pthread_mutex_unlock(&queue->lock);
        pthread_mutex_destroy(&queue->lock);
    }
    *queue = (event_queue){.source = queue->source};
    pthread_mutex_init(&queue->lock, NULL); /* Linux's never fails */
}
