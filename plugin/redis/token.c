/* See token.h. */
#include "token.h"

#include "fate.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

int64_t token_life_ms(int64_t left_ns)
{
    int64_t life = left_ns < TOKEN_LIFE_MOST_NS / 2 ? 2 * left_ns : TOKEN_LIFE_MOST_NS;
    return (life < TOKEN_LIFE_NS ? TOKEN_LIFE_NS : life) / 1000000;
}

ds_status token_take(token *out, const ds_call *call)
{
    unsigned char bytes[16];
    ssize_t got;
    do
        got = getrandom(bytes, sizeof bytes, 0);
    while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof bytes)
        return ds_error_set(call->error, DS_BACKEND, "the system has no random bytes for the token of a write");
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(out->random + 2 * i, 3, "%02x", bytes[i]);
    out->life_ms = token_life_ms(call->deadline - ds_now());
    return DS_OK;
}

ds_status token_print(const token *self, const redis_model *state, const char *id, size_t id_length, size_t write,
                      unsigned anew, token_name *out)
{
    char room[512];
    size_t length = key_length(&state->keys, KEY_RECORD, NO_PARTITION, id_length);
    char *key = length <= sizeof room ? room : ds_malloc(length);
    if (key == NULL)
        return DS_NOMEM;
    key_write(&state->keys, KEY_RECORD, NO_PARTITION, id, id_length, key);
    out->length = (size_t)snprintf(out->text, sizeof out->text, "{%s}:%s.%zu.%u", key_slot_text(key, length),
                                   self->random, write, anew);
    if (key != room)
        ds_free(key);
    return DS_OK;
}
