/* The Redis connection without the mapping: a connector of a few lines under the name redis, over the plugin's own
 * code. */
#ifndef TESTS_PROBE_H
#define TESTS_PROBE_H

#include "redis/connection.h"

typedef struct probe {
    ds_source *source;
    redis *connection;
    ds_error error; /* of the last call */
    ds_call call;
} probe;

/* `format` is printf's and makes the settings. DS_OK, or what opening failed with, in probe->error. */
ds_status probe_open(probe *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
void probe_close(probe *p);
ds_call *probe_call(probe *p, int ms); /* a fresh deadline; 0: none */

/* One command, its words separated by blanks; `reply` gets the text of the reply, or ":1" for an integer, "(nil)" and
 * "*2". */
ds_status probe_say(probe *p, const char *words, bool is_write, int ms, char reply[256]);
void probe_encode(redis_request *request, const char *words);
void probe_describe(const redis_reply *reply, char out[256]);

/* Prints how long something took since `started` (ds_now()), of the ms that it was to take at least: 0, for what is to be
 * answered at once. That it took no longer is asserted only where the machine is quiet: TIMED=1. */
void judge_time(const char *what, int64_t started, int ms);

#endif
