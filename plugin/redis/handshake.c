/* What is said first on each connection: who we are, which database, and whether it is a Redis server that listens. All
 * is sent at once, and then the answers are judged. */
#include "link.h"

#include <fcntl.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { PASSWORD_BYTES = 4096 };

/* The first line of the file. `out` is wiped by the caller. */
static ds_status read_password(const char *path, char out[PASSWORD_BYTES], ds_error *err)
{
    size_t length = 0;
    ssize_t got = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0) {
        do {
            got = read(fd, out + length, PASSWORD_BYTES - length);
            length += got > 0 ? (size_t)got : 0;
        } while ((got > 0 && length < PASSWORD_BYTES) || (got < 0 && errno == EINTR));
        close(fd);
    }
    if (fd < 0 || got < 0)
        return ds_error_set(err, DS_CONFIG, "the setting passwordFile: the file \"%s\" cannot be read", path);
    const char *end = memchr(out, '\n', length);
    size_t line = end == NULL ? length : (size_t)(end - out);
    if (line > 0 && out[line - 1] == '\r')
        line--;
    if (line == 0 || line >= PASSWORD_BYTES)
        return ds_error_set(err, DS_CONFIG, "the setting passwordFile: the first line of the file \"%s\" is %s", path,
                            line == 0 ? "empty" : "too long");
    out[line] = '\0';
    return DS_OK;
}

ds_status password_check(const char *path, ds_error *err)
{
    char password[PASSWORD_BYTES];
    ds_status status = read_password(path, password, err);
    explicit_bzero(password, sizeof password);
    return status;
}

static void ask_login(redis_request *own, const char *username, const char *password)
{
    request_begin(own, username == NULL ? 2 : 3);
    request_text(own, "AUTH");
    if (username != NULL)
        request_text(own, username);
    request_text(own, password == NULL ? "" : password);
    if (own->flight != NULL)
        own->flight->is_secret = true;
}

static ds_status add_login(redis_request *own, const redis_config *config, ds_error *err)
{
    char password[PASSWORD_BYTES];
    ds_status status = DS_OK;
    if (config->password_file != NULL) {
        status = read_password(config->password_file, password, err);
        if (status == DS_OK)
            ask_login(own, config->username, password);
        explicit_bzero(password, sizeof password);
    } else if (config->username != NULL || config->password != NULL) {
        ask_login(own, config->username, config->password);
    }
    return status;
}

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
    queue_add(&link->queue, link->own->flight);
    return DS_OK;
}

ds_status greeting_begin(redis_link *link, ds_error *err)
{
    ds_status status = begin_own(link, err);
    if (status == DS_OK)
        status = add_login(link->own, link->config, err);
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

/* The server's own words are left out: an old or odd server repeats the command, and so the password. */
static ds_status judge_login(const redis_config *config, const redis_reply *reply, ds_error *err)
{
    ds_status status = redis_reply_status(reply);
    if (status == DS_BUSY)
        return redis_reply_fail(reply, NULL, err);
    if (redis_reply_is(reply, "DENIED"))
        return ds_error_set(err, DS_AUTH, "the Redis server at %s is in protected mode and turns us away",
                            config->where);
    if (says(reply, "without any password") || says(reply, "no password is set"))
        return ds_error_set(err, DS_AUTH, "the Redis server at %s knows no password, but the settings hold one",
                            config->where);
    if (config->username != NULL)
        return ds_error_set(err, DS_AUTH, "the Redis server at %s refused the username \"%s\" or its password",
                            config->where, config->username);
    return ds_error_set(err, DS_AUTH, "the Redis server at %s refused the password", config->where);
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

ds_status greeting_end(redis_link *link, ds_error *err)
{
    const redis_config *config = link->config;
    const redis_reply *ping = redis_reply_at(link->own, request_count(link->own) - 1);
    bool has_login = config->username != NULL || config->password != NULL || config->password_file != NULL;
    size_t next = 0;
    for (size_t i = 0; i < request_count(link->own); i++)
        if (redis_reply_at(link->own, i) == NULL)
            return ds_error_set(err, DS_NOMEM, "out of memory");
    const redis_reply *login = has_login ? redis_reply_at(link->own, next++) : NULL;
    if (login != NULL && login->type == REDIS_ERROR)
        return judge_login(config, login, err);
    const redis_reply *chosen = config->database != 0 ? redis_reply_at(link->own, next) : NULL;
    if (chosen != NULL && chosen->type == REDIS_ERROR && !is_left_to_ping(chosen))
        return judge_select(config, chosen, err);
    return ping->type == REDIS_ERROR ? judge_ping(config, ping, err) : DS_OK;
}
