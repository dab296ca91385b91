/* What happens to a source, told to its host and to the log. Events wait in a queue, so that they are told in the order in which
 * they happened, one at a time and with no lock held, whichever threads meet them. */
#include "source/source.h"

struct source_event {
    source_event *next;
    ds_event what;
    bool has_cause;
    ds_error cause;
};

static void put_in_log(const ds_source *source, ds_event event, const ds_error *cause)
{
    const char *why = cause == NULL ? "" : cause->message;
    switch (event) {
    case DS_EVENT_CONNECT:
        ds_log(DS_LOG_DEBUG, source->name, "connected");
        return;
    case DS_EVENT_READY:
        ds_log(DS_LOG_INFO, source->name, "ready");
        return;
    case DS_EVENT_END:
        ds_log(DS_LOG_INFO, source->name, "the connection has ended");
        return;
    case DS_EVENT_ERROR:
        ds_log(DS_LOG_WARNING, source->name, "%s", why);
        return;
    case DS_EVENT_RECONNECTING:
        ds_log(DS_LOG_INFO, source->name, "connecting again%s%s", *why == '\0' ? "" : ": ", why);
        return;
    }
}

void source_event_add(ds_source *source, ds_event event, const ds_error *cause)
{
    put_in_log(source, event, cause);
    source_event *added = source->handler == NULL ? NULL : ds_calloc(1, sizeof *added);
    if (added == NULL)
        return; /* one that finds no memory is lost */
    added->what = event;
    added->has_cause = cause != NULL;
    if (cause != NULL)
        added->cause = *cause;
    error_of_source(&added->cause, source->name);
    if (source->last_event != NULL)
        source->last_event->next = added;
    else
        source->first_event = added;
    source->last_event = added;
}

static source_event *take(ds_source *source)
{
    source_event *first = source->first_event;
    if (first != NULL)
        source->first_event = first->next;
    if (source->first_event == NULL)
        source->last_event = NULL;
    return first;
}

/* A handler may call the library, and so come back here: what that adds is told once the handler has returned. */
void source_events_tell(ds_source *source)
{
    if (source->handler == NULL)
        return;
    pthread_mutex_lock(&source->lock);
    if (!source->telling) {
        source->telling = true;
        source->teller = pthread_self();
        for (source_event *next = take(source); next != NULL; next = take(source)) {
            pthread_mutex_unlock(&source->lock);
            source->handler(source, next->what, next->has_cause ? &next->cause : NULL, source->handler_user);
            ds_free(next);
            pthread_mutex_lock(&source->lock);
        }
        source->telling = false;
    }
    pthread_mutex_unlock(&source->lock);
}

void source_events_free(ds_source *source)
{
    for (source_event *left = take(source); left != NULL; left = take(source))
        ds_free(left);
}

void ds_on_event(ds_source *source, ds_event_handler *handler, void *user)
{
    if (source == NULL)
        return;
    source->handler = handler;
    source->handler_user = user;
}

/* What a connector tells while the library has it connect or disconnect is told once that is done: a handler may want to
 * connect again. */
void ds_source_emit(ds_source *source, ds_event event, const ds_error *cause)
{
    pthread_mutex_lock(&source->lock);
    source_event_add(source, event, cause);
    bool later = source->changing && pthread_equal(source->changer, pthread_self());
    pthread_mutex_unlock(&source->lock);
    if (!later)
        source_events_tell(source);
}
