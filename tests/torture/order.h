/* Whether a data source tells its events in an order in which they can have happened, one at a time. */
#ifndef TORTURE_ORDER_H
#define TORTURE_ORDER_H

#include <datasource/datasource.h>
#include <stdatomic.h>

typedef struct order {
    atomic_int inside; /* handlers under way */
    int state;
    bool is_many; /* sockets: what becomes of one of them is no end */
    unsigned long long events[DS_EVENT_RECONNECTING + 1];
    unsigned long long wrong;
    char trail[16][16]; /* the last events, and where among them we are */
    size_t at;
} order;

/* A ds_event_handler; `user` is an order of zeros, but for is_many. It calls the library, as a host's may. */
void order_note(ds_source *source, ds_event event, const ds_error *cause, void *user);
void order_judge(const order *self); /* prints the numbers, and asserts that nothing was wrong */

#endif
