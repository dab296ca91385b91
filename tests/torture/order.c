/* connect, ready, end; an error before an end, or of an attempt that came to nothing; reconnecting before a further attempt. */
#include "order.h"

#include "suite.h"

#include <stdio.h>

enum { CLOSED, OPEN, READY, BROKEN, STATES };
static const char *const NAMES[] = {"connect", "ready", "end", "error", "reconnecting"};
enum { NO = -1 };

/* What comes after an event in a state. */
static const int NEXT[STATES][DS_EVENT_RECONNECTING + 1] = {
    [CLOSED] = {OPEN, NO, NO, CLOSED, CLOSED},
    [OPEN] = {NO, READY, CLOSED, BROKEN, NO},
    [READY] = {NO, NO, CLOSED, BROKEN, NO},
    [BROKEN] = {NO, NO, CLOSED, NO, NO},
};

/* Where other sockets stand, one is lost or tried in any state. */
static int next_of(const order *self, ds_event event)
{
    bool is_of_one = event == DS_EVENT_ERROR || event == DS_EVENT_RECONNECTING;
    return self->is_many && is_of_one ? self->state : NEXT[self->state][event];
}

static void complain(order *self, const char *what)
{
    if (self->wrong++ > 3)
        return;
    printf("\nevents: %s, after", what);
    for (size_t i = self->at < 16 ? 0 : self->at - 16; i < self->at; i++)
        printf(" %s", self->trail[i % 16]);
    printf("\n");
}

void order_note(ds_source *source, ds_event event, const ds_error *cause, void *user)
{
    order *self = user;
    if (atomic_fetch_add(&self->inside, 1) != 0)
        complain(self, "two at once");
    snprintf(self->trail[self->at++ % 16], 16, "%s", NAMES[event]);
    self->events[event]++;
    int next = next_of(self, event);
    if (next == NO)
        complain(self, "one that cannot come here");
    static const int TOLD[] = {OPEN, READY, CLOSED, BROKEN, CLOSED};
    self->state = next != NO ? next : TOLD[event];
    bool has_cause = event == DS_EVENT_ERROR || event == DS_EVENT_RECONNECTING;
    if (has_cause != (cause != NULL) || (has_cause && (cause->status == DS_OK || cause->message[0] == '\0')))
        complain(self, "a cause too many, or missing");
    char *stats = NULL;
    if (ds_stats(source, &stats, NULL) != DS_OK)
        complain(self, "no statistics");
    ds_free(stats);
    atomic_fetch_sub(&self->inside, 1);
}

void order_judge(const order *self)
{
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++)
        printf("%llu %s%s", self->events[i], NAMES[i], i + 1 < sizeof NAMES / sizeof NAMES[0] ? ", " : "; ");
    printf("%llu events wrong\n", self->wrong);
    CU_ASSERT_EQUAL(self->wrong, 0);
    CU_ASSERT(self->events[DS_EVENT_CONNECT] >= self->events[DS_EVENT_READY]);
    CU_ASSERT_EQUAL(self->events[DS_EVENT_CONNECT], self->events[DS_EVENT_END]); /* it was disconnected in the end */
}
