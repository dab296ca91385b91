/* What is said first on each connection: who we are, which database, and whether it is a Redis server that listens. All
 * is sent at once, and then the answers are judged. */
#include "link.h"
#include "login.h"

#include <stdio.h>

static void add_rest(redis_request *own, const redis_config *config)
{
    if (config->database != 0) {
        request_begin(own, 2);
        request_text(own, "SELECT");
        request_integer(own, config->database);
    }
    if (config->client_name != NULL) {
        request_begin(own, 3);
        request_text(own, "CLIENT");
        request_text(own, "SETNAME");
        request_text(own, config->client_name);
    }
    request_begin(own, 1);
    request_text(own, "PING");
}

static ds_status begin_own(redis_link *link, ds_error *err)
{
    if (link->own == NULL)
        link->own = redis_request_new(NULL);
    if (link->own == NULL)
        return ds_error_set(err, DS_NOMEM, "out of memory");
    flight_free(link->own->flight); /* it may hold the password */
    link->own->flight = NULL;
    redis_request_reset(link->own);
    return DS_OK;
}

static ds_status add_own(redis_link *link, ds_error *err)
{
    ds_status status = request_check(link->own, err);
    if (status != DS_OK)
        return status;
    request_depart(link->own);
    link->heard = ds_now();
    queue_add(&link->queue, link->own->flight, link->heard);
    return DS_OK;
}

ds_status greeting_begin(redis_link *link, ds_error *err)
{
    ds_status status = begin_own(link, err);
    atomic_store(&link->said, atomic_load(&link->config->login->turn));
    if (status == DS_OK)
        status = login_encode(link->config->login, link->config, link->own, err);
    if (status != DS_OK)
        return status;
    add_rest(link->own, link->config);
    return add_own(link, err);
}

ds_status ping_begin(redis_link *link, ds_error *err)
{
    ds_status status = begin_own(link, err);
    if (status != DS_OK)
        return status;
    request_begin(link->own, 1);
    request_text(link->own, "PING");
    return add_own(link, err);
}

/* ---- the answers ---- */

static bool says(const redis_reply *reply, const char *words)
{
    return strstr(reply->text, words) != NULL;
}

static ds_status judge_select(const redis_config *config, const redis_reply *reply, ds_error *err)
{
    ds_status status = redis_reply_status(reply);
    char doing[64];
    snprintf(doing, sizeof doing, "the database %lld", (long long)config->database);
    if (status != DS_BACKEND)
        return redis_reply_fail(reply, doing, err);
    if (says(reply, "out of range"))
        return ds_error_set(err, DS_CONFIG,
                            "the Redis server at %s has no database %lld, which the settings (database or url) name",
                            config->where, (long long)config->database);
    return ds_error_set(
        err, DS_CONFIG,
        "the Redis server at %s does not let us choose the database %lld of the settings (database or url): %s",
        config->where, (long long)config->database, reply->text);
}

static ds_status judge_ping(const redis_config *config, const redis_reply *reply, ds_error *err)
{
    if (redis_reply_is(reply, "NOPERM"))
        return DS_OK; /* it answers, and that is all that was asked */
    if (redis_reply_is(reply, "NOAUTH"))
        return ds_error_set(err, DS_AUTH, "the Redis server at %s asks for a password, and the settings hold none",
                            config->where);
    if (redis_reply_is(reply, "DENIED"))
        return ds_error_set(err, DS_AUTH, "the Redis server at %s is in protected mode and turns us away",
                            config->where);
    return redis_reply_fail(reply, config->where, err);
}

/* Without a password all commands are refused alike: the last one says it best. */
static bool is_left_to_ping(const redis_reply *reply)
{
    return redis_reply_is(reply, "NOAUTH") || redis_reply_is(reply, "DENIED") || redis_reply_status(reply) == DS_BUSY;
}

/* The PING of a link that loads is alone. */
static ds_status judge(redis_link *link, const redis_reply *ping, ds_error *err)
{
    const redis_config *config = link->config;
    size_t count = request_count(link->own);
    size_t rest = 1u + (config->database != 0) + (config->client_name != NULL), next = 0;
    if (count == 1)
        return ping->type == REDIS_ERROR ? judge_ping(config, ping, err) : DS_OK;
    bool has_login = count > rest; /* whatever the host has set since it was said */
    const redis_reply *auth = has_login ? redis_reply_at(link->own, next++) : NULL;
    if (auth != NULL && auth->type == REDIS_ERROR)
        return login_refused(config->login, config, NULL, auth, err);
    const redis_reply *chosen = config->database != 0 ? redis_reply_at(link->own, next) : NULL;
    if (chosen != NULL && chosen->type == REDIS_ERROR && (ping->type != REDIS_ERROR || !is_left_to_ping(chosen)))
        return judge_select(config, chosen, err);
    return ping->type == REDIS_ERROR ? judge_ping(config, ping, err) : DS_OK;
}

ds_status greeting_end(redis_link *link, bool *is_loading, ds_error *err)
{
    const redis_reply *ping = redis_reply_at(link->own, request_count(link->own) - 1);
    *is_loading = false;
    for (size_t i = 0; i < request_count(link->own); i++) {
        const redis_reply *reply = redis_reply_at(link->own, i);
        if (reply == NULL)
            return ds_error_set(err, DS_NOMEM, "out of memory");
        *is_loading = *is_loading || (reply->type == REDIS_ERROR && redis_is_refusal(reply->text, reply->length));
    }
    ds_status status = judge(link, ping, err);
    *is_loading = *is_loading && (status == DS_OK || status == DS_BUSY);
    if (*is_loading)
        status = ds_error_set(err, DS_BUSY, "the Redis server at %s took no commands in time (%s)", link->config->where,
                              ping->type == REDIS_ERROR ? ping->text : "LOADING");
    return status;
}
