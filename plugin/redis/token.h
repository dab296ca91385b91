/* Tokens: by them a script knows a write that was sent again, and answers what it answered before. Only models with the setting
 * exactlyOnce have them. docs/REDIS-STORAGE.md has the protocol. */
#ifndef REDIS_TOKEN_H
#define REDIS_TOKEN_H

#include "model.h"

/* Of one call of an entry, which may write many records. Random bits are asked of the system each time, so that neither a fork nor
 * a copy of the machine gives a token twice. */
typedef struct token {
    char random[33];
    int64_t life_ms; /* how long the server remembers; the lane sends a write again for half of it at most */
} token;

ds_status token_take(token *out, const ds_call *call);
int64_t token_life_ms(int64_t left_ns); /* for so much time to the deadline */

/* What stands behind <Model>#done: in the key; the writes of a call are numbered. */
typedef struct token_name {
    char text[96];
    size_t length;
} token_name;

/* Of the write with this number to the record of this id. `anew`: how often it was refused, and is another write since, though it
 * has the number. DS_NOMEM. */
ds_status token_print(const token *self, const redis_model *state, const char *id, size_t id_length, size_t write,
                      unsigned anew, token_name *out);

#endif
