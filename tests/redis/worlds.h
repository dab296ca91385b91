/* What one record may be, for all that a client was told: each way in which the writes that ended in DS_UNKNOWN_OUTCOME may have
 * gone, or may still go, is a world. An answer, or a look at what is stored, that fits in no world is a wrong one. */
#ifndef TESTS_WORLDS_H
#define TESTS_WORLDS_H

#include <datasource/error.h>

typedef enum world_write { WRITE_CREATE, WRITE_INCREMENT, WRITE_UPDATE, WRITE_DELETE, WRITE_COUNT } world_write;

/* A record is not there, or it was created with the count 1 and no mark; each write is done once at most. */
typedef enum world_state { STATE_NONE, STATE_1, STATE_2, STATE_1_MARKED, STATE_2_MARKED, STATE_COUNT } world_state;

typedef struct worlds {
    bool may_be[STATE_COUNT][1 << WRITE_COUNT]; /* the state, and the writes that may still come */
} worlds;

void worlds_begin(worlds *self); /* nothing is there, nothing was asked for */
/* A write ended in this status. False: it cannot have. */
bool worlds_told(worlds *self, world_write write, ds_status status);
/* Such was the record at some time since the last call. False: it cannot have been. */
bool worlds_seen(worlds *self, world_state state);

#endif
