/* What becomes of a request whose connection was lost: the rules of DESIGN 8 in one place. */
#ifndef REDIS_FATE_H
#define REDIS_FATE_H

#include "connection.h"

typedef enum fate {
    FATE_ENDS,   /* with the cause; nothing was changed */
    FATE_AGAIN,  /* it is sent again */
    FATE_UNKNOWN /* some of it may be done */
} fate;

enum { REPEATS_MAX = 4 }; /* of a read: one that kills the server must not do so for ever */
/* How long the server remembers a token: twice the time to the deadline, within these. */
#define TOKEN_LIFE_NS      (INT64_C(60) * 1000000000)
#define TOKEN_LIFE_MOST_NS (INT64_C(600) * 1000000000)

/* `is_untouched`: not a byte of what is unanswered was sent. `repeats`: how often it was sent before. `left`: ns to the
 * deadline; `since_sent`: ns since it was first sent. */
fate fate_of(redis_intent intent, bool is_untouched, ds_status cause, unsigned repeats, int64_t left,
             int64_t since_sent);

#endif
