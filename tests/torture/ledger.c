/* A growing array a thread; the look at what is stored goes in batches. */
#include "ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOGETHER = 500, SAID_MOST = 8 };

size_t ledger_add(ledger *self)
{
    if (self->count == self->room) {
        self->room = self->room == 0 ? 1024 : 2 * self->room;
        self->records = realloc(self->records, self->room * sizeof *self->records);
        if (self->records == NULL)
            abort();
    }
    worlds_begin(&self->records[self->count]);
    return self->count++;
}

void ledger_id(const ledger *self, size_t number, char out[24])
{
    snprintf(out, 24, "%02u-%08zu", self->owner % 100, number % 100000000);
}

worlds *ledger_of(ledger *self, size_t number)
{
    return &self->records[number];
}

world_state ledger_state(const char *city, long long n)
{
    bool is_marked = strcmp(city, "moved") == 0;
    if ((n != 1 && n != 2) || (!is_marked && strcmp(city, "home") != 0))
        return STATE_COUNT;
    return n == 1 ? (is_marked ? STATE_1_MARKED : STATE_1) : (is_marked ? STATE_2_MARKED : STATE_2);
}

static world_state state_of(const redisReply *reply)
{
    if (reply == NULL || reply->type != REDIS_REPLY_ARRAY || reply->elements != 2)
        return STATE_COUNT;
    const redisReply *city = reply->element[0], *n = reply->element[1];
    if (city->type == REDIS_REPLY_NIL && n->type == REDIS_REPLY_NIL)
        return STATE_NONE;
    if (city->type != REDIS_REPLY_STRING || n->type != REDIS_REPLY_STRING)
        return STATE_COUNT;
    return ledger_state(city->str, strtoll(n->str, NULL, 10));
}

static bool is_certain(const worlds *of)
{
    size_t possible = 0;
    for (int state = 0; state < STATE_COUNT; state++)
        for (int waiting = 0; waiting < 1 << WRITE_COUNT; waiting++)
            possible += of->may_be[state][waiting];
    return possible == 1;
}

static void check_one(ledger *self, size_t number, const redisReply *reply, ledger_tally *out)
{
    char id[24];
    world_state state = state_of(reply);
    worlds *of = &self->records[number];
    out->records++;
    out->there += state != STATE_NONE;
    out->open += !is_certain(of);
    if (state != STATE_COUNT && worlds_seen(of, state))
        return;
    ledger_id(self, number, id);
    if (out->faults++ < SAID_MOST)
        printf("\nthe record %s is in the state %d (of worlds.h), in which it cannot be\n", id, (int)state);
}

void ledger_check(ledger *self, redisContext *raw, const char *prefix, ledger_tally *out)
{
    for (size_t from = 0; from < self->count; from += TOGETHER) {
        size_t to = self->count - from < TOGETHER ? self->count : from + TOGETHER;
        for (size_t i = from; i < to; i++) {
            char id[24];
            ledger_id(self, i, id);
            redisAppendCommand(raw, "HMGET %sThing:%s city n", prefix, id);
        }
        for (size_t i = from; i < to; i++) {
            redisReply *reply = NULL;
            if (redisGetReply(raw, (void **)&reply) != REDIS_OK)
                reply = NULL;
            check_one(self, i, reply, out);
            freeReplyObject(reply);
        }
    }
}

void ledger_free(ledger *self)
{
    free(self->records);
    *self = (ledger){0};
}
