/* SCAN: all keys, in steps of a cursor. What it repeats is dropped where it is found. */
#include "find.h"

#define FEWEST_KEYS 100  /* SCAN's COUNT: how many keys the server looks at in one command, */
#define MOST_KEYS   1000 /* which it does in well under a millisecond */

/* SCAN's reply: the next cursor, then an array of keys. */
static ds_status take_scan(void *user, const redis_place *at, const char *text, size_t length)
{
    find *self = user;
    const char *id;
    size_t id_length;
    if (at->depth == 1 && at->index == 0) {
        self->no_cursor = length == 0 || length >= sizeof self->cursor || strspn(text, "0123456789") < length;
        if (!self->no_cursor) {
            memcpy(self->cursor, text, length);
            self->cursor[length] = '\0';
        }
    } else if (at->depth == 2 && key_read(&self->state->keys, text, length, &id, &id_length) &&
               model_takes_id(self->state, id, id_length)) {
        return find_add(self, id, id_length, (bytes){NULL, 0}, FOUND_ELSEWHERE);
    }
    return DS_OK;
}

static ds_status end_scan_reply(void *user, const redis_place *at)
{
    find *self = user;
    (void)at;
    self->is_finished = strcmp(self->cursor, "0") == 0;
    return DS_OK;
}

static const redis_sink scan_sink = {.string = take_scan, .end = end_scan_reply};

void scan_encode(find *self, size_t wanted)
{
    redis_request *request = self->request;
    size_t count = wanted < FEWEST_KEYS ? FEWEST_KEYS : wanted > MOST_KEYS ? MOST_KEYS : wanted;
    self->no_cursor = true; /* until one comes */
    request_begin_sink(request, 8, &scan_sink, self);
    request_text(request, "SCAN");
    request_text(request, self->cursor);
    request_text(request, "MATCH");
    request_bytes(request, self->state->pattern, self->state->pattern_length);
    request_text(request, "COUNT");
    request_integer(request, (int64_t)count);
    request_text(request, "TYPE");
    request_text(request, "hash");
}

ds_status scan_check(find *self, size_t command, ds_error *err)
{
    const redis_reply *reply = redis_reply_at(self->request, command);
    if (reply != NULL && reply->type == REDIS_ERROR) {
        char doing[200] = "the walk over ";
        strcat(doing, key_show(&self->state->keys, KEY_RECORD, "", 0).text);
        return redis_reply_fail(reply, doing, err);
    }
    return self->no_cursor ? ds_error_set(err, DS_BACKEND, "the server gave an answer that SCAN does not give") : DS_OK;
}
