/* See fate.h. */
#include "fate.h"

static bool is_loss(ds_status cause)
{
    return cause == DS_LOST || cause == DS_UNREACHABLE;
}

fate fate_of(redis_intent intent, bool is_untouched, ds_status cause, unsigned repeats, int64_t left,
             int64_t since_sent)
{
    bool may_wait = left > 0;
    if (is_untouched)
        return may_wait && cause != DS_NOMEM ? FATE_AGAIN : FATE_ENDS;
    switch (intent) {
    case REDIS_READS:
        return may_wait && is_loss(cause) && repeats < REPEATS_MAX ? FATE_AGAIN : FATE_ENDS;
    case REDIS_TOKENED: /* a token lives twice as long as there was time to the deadline, but not for ever */
        return may_wait && is_loss(cause) && since_sent < TOKEN_LIFE_MOST_NS / 2 ? FATE_AGAIN : FATE_UNKNOWN;
    default:
        return FATE_UNKNOWN;
    }
}
