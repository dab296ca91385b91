/* What happens to the connection, told to the host with no lock held and in the order in which it happened. */
#ifndef REDIS_EVENTS_H
#define REDIS_EVENTS_H

#include <datasource/connector.h>

#include <pthread.h>

typedef struct event event;
typedef struct event_queue {
    ds_source *source;
    pthread_mutex_t lock;
    event *first, *last;
    bool is_telling; /* one thread tells at a time, or the order would be lost */
} event_queue;

ds_status events_init(event_queue *queue, ds_source *source, ds_error *err);
void events_free(event_queue *queue);
void events_add(event_queue *queue, ds_event what, const ds_error *cause); /* an event that finds no memory is lost */
bool events_wait(event_queue *queue); /* some are to be told, and nobody is telling */
void events_tell(event_queue *queue);
void events_forget(event_queue *queue); /* in the child of a fork: what is not told yet is the parent's to tell */

#endif
