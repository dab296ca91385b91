/* Exponential backoff with jitter, or what the host's function says. */
#include "backoff.h"

#include <stdlib.h>
#include <sys/random.h>

#define NS_PER_MS INT64_C(1000000)
enum { DOUBLINGS_MAX = 32 };

static int64_t setting_ns(ds_source *source, const char *path, int64_t otherwise_ms)
{
    ds_value value = ds_source_setting(source, path);
    return (value.type == DS_INTEGER ? value.as.integer : otherwise_ms) * NS_PER_MS;
}

/* The library reads `true` as an object with nothing in it; here neither says anything. */
static bool says_something(ds_source *source)
{
    static const char *const paths[] = {"reconnect.base", "reconnect.max", "reconnect.jitter", "reconnect.maxRetries"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (ds_source_setting_given(source, paths[i]))
            return true;
    return false;
}

ds_status backoff_read(backoff_config *out, ds_source *source, ds_error *err)
{
    ds_value setting = ds_source_setting(source, "reconnect");
    *out = (backoff_config){.max_retries = -1, .base = 50 * NS_PER_MS, .max = 2000 * NS_PER_MS};
    out->jitter = 200 * NS_PER_MS;
    if (setting.type == DS_INTEGER) {
        out->base = out->max = setting.as.integer * NS_PER_MS;
        out->jitter = 0;
    } else if (setting.type == DS_BOOLEAN && !setting.as.boolean) {
        out->never = true;
    } else if (setting.type == DS_BOOLEAN) {
        if (!says_something(source))
            return ds_error_set(err, DS_CONFIG,
                                "the setting reconnect is false, a number of ms, or an object that says how they grow");
        ds_value most = ds_source_setting(source, "reconnect.maxRetries");
        out->base = setting_ns(source, "reconnect.base", 50);
        out->max = setting_ns(source, "reconnect.max", 2000);
        out->jitter = setting_ns(source, "reconnect.jitter", 200);
        out->max_retries = most.type == DS_INTEGER ? most.as.integer : -1;
    }
    return DS_OK;
}

int64_t backoff_wait(const backoff_config *config, unsigned retries, uint64_t random)
{
    int64_t wait = config->base;
    for (unsigned i = 0; i < retries && i < DOUBLINGS_MAX && wait < config->max; i++)
        wait *= 2;
    if (wait > config->max)
        wait = config->max;
    return wait + (config->jitter == 0 ? 0 : (int64_t)(random % ((uint64_t)config->jitter + 1)));
}

void backoff_clear(backoff *self)
{
    *self = (backoff){.retries = 0};
}

void backoff_proven(backoff *self)
{
    if (!self->is_proven)
        backoff_clear(self);
    self->is_proven = true;
}

static uint64_t draw(int64_t now)
{
    uint64_t random = 0;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random)
        random = (uint64_t)now;
    return random;
}

static ds_status give_up(backoff *self, const ds_error *why)
{
    backoff_clear(self);
    return why->status;
}

ds_status backoff_next(backoff *self, const backoff_config *config, ds_source *source, int64_t now, bool is_final,
                       ds_error *why)
{
    self->is_proven = false;
    if (is_final)
        return give_up(self, why);
    self->cause = *why;
    long ms = ds_source_retry_after(source, self->retries, why, why);
    if (ms == DS_RECONNECT_STOP)
        return give_up(self, why);
    bool has_ended = config->never || (config->max_retries >= 0 && self->retries >= (uint64_t)config->max_retries);
    if (ms == DS_RECONNECT_DEFAULT && has_ended)
        return give_up(self, why);
    int64_t wait = ms >= 0 ? ms * NS_PER_MS : backoff_wait(config, self->retries, draw(now));
    self->retry_at = wait > INT64_MAX - now ? INT64_MAX : now + wait;
    self->retries++;
    return DS_OK;
}
