/* All worlds at once, as a table of those that are possible. */
#include "worlds.h"

#include <string.h>

static ds_status effect(world_write write, world_state *state)
{
    bool is_there = *state != STATE_NONE;
    if (write == WRITE_CREATE ? is_there : !is_there)
        return write == WRITE_CREATE ? DS_DUPLICATE : DS_NOT_FOUND;
    switch (write) {
    case WRITE_CREATE:
        *state = STATE_1;
        break;
    case WRITE_INCREMENT:
        *state = *state == STATE_1 || *state == STATE_2 ? STATE_2 : STATE_2_MARKED;
        break;
    case WRITE_UPDATE:
        *state = *state == STATE_1 || *state == STATE_1_MARKED ? STATE_1_MARKED : STATE_2_MARKED;
        break;
    default:
        *state = STATE_NONE;
    }
    return DS_OK;
}

void worlds_begin(worlds *self)
{
    memset(self, 0, sizeof *self);
    self->may_be[STATE_NONE][0] = true;
}

/* Writes that may still come may have come by now, in any order. */
static void let_come(worlds *self)
{
    for (int waiting = (1 << WRITE_COUNT) - 1; waiting > 0; waiting--)
        for (int from = 0; from < STATE_COUNT; from++)
            for (int write = 0; self->may_be[from][waiting] && write < WRITE_COUNT; write++)
                if ((waiting & 1 << write) != 0) {
                    world_state state = (world_state)from;
                    effect((world_write)write, &state);
                    self->may_be[state][waiting & ~(1 << write)] = true;
                }
}

static bool has_any(const worlds *self)
{
    return memchr(self->may_be, true, sizeof self->may_be) != NULL;
}

bool worlds_told(worlds *self, world_write write, ds_status status)
{
    worlds next = {0};
    let_come(self);
    for (int from = 0; from < STATE_COUNT; from++)
        for (int waiting = 0; waiting < 1 << WRITE_COUNT; waiting++) {
            world_state state = (world_state)from;
            if (!self->may_be[from][waiting])
                continue;
            ds_status is = effect(write, &state);
            if (status == DS_UNKNOWN_OUTCOME)
                next.may_be[from][waiting | 1 << write] = true;
            else if (status != DS_OK && status != DS_NOT_FOUND && status != DS_DUPLICATE)
                next.may_be[from][waiting] = true; /* nothing was changed */
            else if (is == status)
                next.may_be[state][waiting] = true;
        }
    *self = next;
    return has_any(self);
}

bool worlds_seen(worlds *self, world_state seen)
{
    let_come(self);
    for (int state = 0; state < STATE_COUNT; state++)
        if (state != (int)seen)
            memset(self->may_be[state], 0, sizeof self->may_be[state]);
    return has_any(self);
}
