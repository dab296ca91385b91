/* When the next attempt to connect is made: no clock, no lock and no socket here. */
#ifndef REDIS_BACKOFF_H
#define REDIS_BACKOFF_H

#include <datasource/connector.h>

/* The setting `reconnect`. Times are ns. */
typedef struct backoff_config {
    bool never;
    int64_t base, max, jitter;
    int64_t max_retries; /* -1: no end */
} backoff_config;

/* Of one connection: an outage, where there is one. */
typedef struct backoff {
    unsigned retries; /* waits since the outage began */
    int64_t retry_at; /* no attempt before that; 0: at once */
    bool is_proven;   /* an operation was answered since the connection came */
    ds_error cause;   /* why the last attempt failed; DS_OK: none has */
} backoff;

ds_status backoff_read(backoff_config *out, ds_source *source, ds_error *err);
/* How long to wait before attempt `retries`, counted from 0. */
int64_t backoff_wait(const backoff_config *config, unsigned retries, uint64_t random);
/* After an attempt that failed because of `why`: DS_OK, and retry_at is set; otherwise no more are made for those who wait,
 * `why` says the reason, and who comes next begins anew. Asks the host's function first, so that no lock may be held.
 * `is_final`: trying again cannot help. */
ds_status backoff_next(backoff *self, const backoff_config *config, ds_source *source, int64_t now, bool is_final,
                       ds_error *why);
void backoff_clear(backoff *self);  /* no outage: the next attempt is the first, and at once */
void backoff_proven(backoff *self); /* an operation was answered */

#endif
