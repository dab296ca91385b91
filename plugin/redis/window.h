/* Turns: how much of a flight is on the wire while others wait, so that large ones do not starve small ones.
 *
 * A flight that is alone has one turn, the whole of it. Where others are on the link, or were lately, a turn is some
 * commands, and when the last of these is answered, the flight goes behind the others for its next. So it stands in the
 * queue once, and replies come in the order of the queue. */
#ifndef REDIS_WINDOW_H
#define REDIS_WINDOW_H

#include "request.h"

enum {
    TURN_COMMANDS = 256,
    TURN_BYTES = 128 * 1024 /* or one command */
};
#define CROWD_LASTS_NS INT64_C(1000000000) /* since two were on the link, until it is taken for one thread's again */

/* Begins the flight's next turn, where none is under way: it may send up to flight->end. */
void window_open(const flight_queue *queue, redis_flight *flight);
/* Another comes behind it: what of a turn for one that is alone was not begun is left for later turns. */
void window_narrow(redis_flight *flight);

#endif
