/* The credentials, and AUTH. What the host sets is one block behind one pointer, so that a fork in the middle of a change finds
 * the old ones or the new ones. */
#include "login.h"

#include <errno.h>
#include <fcntl.h>
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

/* ---- what the host sets ---- */

struct credentials {
    size_t size; /* of the whole block */
    const char *username, *password;
    char texts[];
};

credentials *credentials_new(const char *username, const char *password)
{
    size_t name = username == NULL ? 0 : strlen(username) + 1, secret = strlen(password) + 1;
    size_t size = sizeof(credentials) + name + secret;
    credentials *made = ds_malloc(size);
    if (made == NULL)
        return NULL;
    *made = (credentials){.size = size, .password = made->texts + name};
    memcpy(made->texts + name, password, secret);
    if (username != NULL)
        made->username = memcpy(made->texts, username, name);
    return made;
}

void credentials_free(credentials *self)
{
    if (self == NULL)
        return;
    explicit_bzero(self, self->size);
    ds_free(self);
}

ds_status login_init(login *self, ds_error *err)
{
    self->set = NULL;
    atomic_init(&self->turn, 0);
    if (pthread_mutex_init(&self->lock, NULL) != 0)
        return ds_error_set(err, DS_NOMEM, "out of memory");
    return DS_OK;
}

void login_free(login *self)
{
    credentials_free(self->set);
    self->set = NULL;
    pthread_mutex_destroy(&self->lock);
}

void login_forget(login *self)
{
    pthread_mutex_init(&self->lock, NULL);
}

void login_set(login *self, credentials *taken)
{
    pthread_mutex_lock(&self->lock);
    credentials *old = self->set;
    self->set = taken;
    atomic_fetch_add(&self->turn, 1);
    pthread_mutex_unlock(&self->lock);
    credentials_free(old);
}

/* ---- AUTH ---- */

static void ask(redis_request *request, const char *username, const char *password)
{
    request_begin(request, username == NULL ? 2 : 3);
    request_text(request, "AUTH");
    if (username != NULL)
        request_text(request, username);
    request_text(request, password == NULL ? "" : password);
    if (request->flight != NULL)
        request->flight->is_secret = true;
}

void credentials_encode(const credentials *self, redis_request *request)
{
    ask(request, self->username, self->password);
}

static ds_status ask_as_configured(const redis_config *config, redis_request *request, ds_error *err)
{
    char password[PASSWORD_BYTES];
    ds_status status = DS_OK;
    if (config->password_file != NULL) {
        status = read_password(config->password_file, password, err);
        if (status == DS_OK)
            ask(request, config->username, password);
        explicit_bzero(password, sizeof password);
    } else if (config->username != NULL || config->password != NULL) {
        ask(request, config->username, config->password);
    }
    return status;
}

ds_status login_encode(login *self, const redis_config *config, redis_request *request, ds_error *err)
{
    pthread_mutex_lock(&self->lock);
    bool is_set = self->set != NULL;
    if (is_set)
        credentials_encode(self->set, request);
    pthread_mutex_unlock(&self->lock);
    return is_set ? DS_OK : ask_as_configured(config, request, err);
}

/* The server's own words are left out: an old or odd server repeats the command, and so the password. */
static ds_status refused(const redis_config *config, const char *username, const redis_reply *reply, ds_error *err)
{
    if (redis_reply_status(reply) == DS_BUSY)
        return redis_reply_fail(reply, NULL, err);
    if (redis_reply_is(reply, "DENIED"))
        return ds_error_set(err, DS_AUTH, "the Redis server at %s is in protected mode and turns us away",
                            config->where);
    if (strstr(reply->text, "without any password") != NULL || strstr(reply->text, "no password is set") != NULL)
        return ds_error_set(err, DS_AUTH, "the Redis server at %s knows no password, but the settings hold one",
                            config->where);
    if (username != NULL)
        return ds_error_set(err, DS_AUTH, "the Redis server at %s refused the username \"%s\" or its password",
                            config->where, username);
    return ds_error_set(err, DS_AUTH, "the Redis server at %s refused the password", config->where);
}

ds_status login_refused(login *self, const redis_config *config, const credentials *said, const redis_reply *reply,
                        ds_error *err)
{
    if (said != NULL)
        return refused(config, said->username, reply, err);
    pthread_mutex_lock(&self->lock);
    ds_status status = refused(config, self->set != NULL ? self->set->username : config->username, reply, err);
    pthread_mutex_unlock(&self->lock);
    return status;
}
