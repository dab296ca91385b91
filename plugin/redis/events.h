/* What happens to the connection, told to the host with no lock held and in the order in which it happened. Where there are
 * many sockets, the source is connected and ready with the first, and ends with the last. */
#ifndef REDIS_EVENTS_H
#define REDIS_EVENTS_H

#include <datasource/connector.h>

#include <pthread.h>
#include <stdatomic.h>

typedef struct event event;
typedef struct event_queue {
    ds_source *source;
    pthread_mutex_t lock;
    event *first, *last;
    atomic_bool has_some; /* there is a first: asked by each operation, without the lock */
    size_t open;          /* sockets */
    bool is_ready;        /* one was since the first of them came */
    bool is_telling;      /* one thread tells at a time, or the order would be lost */
} event_queue;

ds_status events_init(event_queue *queue, ds_source *source, ds_error *err);
void events_free(event_queue *queue);
/* What happened to a socket. NULL: told to nobody. An event that finds no memory is lost. */
void events_add(event_queue *queue, ds_event what, const ds_error *cause);
bool events_wait(event_queue *queue); /* some are to be told, and nobody is telling */
void events_tell(event_queue *queue);
void events_forget(event_queue *queue); /* in the child of a fork: what is not told yet is the parent's to tell */

#endif
