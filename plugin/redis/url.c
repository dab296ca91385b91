/* The URLs of Redis, as redis-cli's successors read them: the library splits, this says what the parts mean. */
#include "url.h"

#include <strings.h>

static const struct scheme {
    const char *prefix;
    bool tls, is_socket;
} schemes[] = {{"redis://", false, false}, {"rediss://", true, false}, {"unix://", false, true}};

static const struct scheme *find_scheme(const char *text)
{
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (strncasecmp(text, schemes[i].prefix, strlen(schemes[i].prefix)) == 0)
            return &schemes[i];
    return NULL;
}

static bool parse_database(const char *text, int64_t *out)
{
    int64_t number = 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        number = number * 10 + (*text - '0');
        if (number > REDIS_DATABASE_MAX)
            return false;
    }
    *out = number;
    return true;
}

/* No sentence shows the text: it may be the rest of a password that holds a '/' or a '?'. */
static ds_status read_database(redis_url *url, const char *text, const char *what, ds_error *err)
{
    int64_t database;
    if (!parse_database(text, &database))
        return ds_error_set(err, DS_CONFIG, "%s has a database that is not a number from 0 to %d", what,
                            REDIS_DATABASE_MAX);
    if (url->database >= 0 && url->database != database)
        return ds_error_set(err, DS_CONFIG, "%s asks for two databases, %lld and %lld", what, (long long)url->database,
                            (long long)database);
    url->database = database;
    return DS_OK;
}

/* "3"; an empty path leaves it out. */
static ds_status read_path(redis_url *url, const char *path, const char *what, ds_error *err)
{
    if (path == NULL || path[0] == '\0')
        return DS_OK;
    if (strchr(path, '/') != NULL)
        return ds_error_set(err, DS_CONFIG, "%s has a path of two segments where a database number is expected", what);
    return read_database(url, path, what, err);
}

static ds_status read_socket_path(redis_url *url, const char *path, const char *what, ds_error *err)
{
    if (path == NULL || path[0] != '/' || path[1] == '\0')
        return ds_error_set(err, DS_CONFIG, "%s must hold the whole path of a socket, unix:///run/redis.sock", what);
    url->path = path;
    return DS_OK;
}

static ds_status read_query(redis_url *url, const char *what, ds_error *err)
{
    ds_status status = DS_OK;
    for (size_t i = 0; status == DS_OK && i < url->parts->query_count; i++) {
        const char *name = url->parts->query_names[i], *value = url->parts->query_values[i];
        if (strcmp(name, "db") != 0)
            return ds_error_set(err, DS_CONFIG, "%s has the unknown query key \"%s\"", what, name);
        status = read_database(url, value == NULL ? "" : value, what, err);
    }
    return status;
}

static const char *unless_empty(const char *text)
{
    return text == NULL || text[0] == '\0' ? NULL : text;
}

static void read_parts(redis_url *url, const struct scheme *scheme)
{
    url->tls = scheme->tls;
    url->username = unless_empty(url->parts->user);
    url->password = url->username == NULL ? unless_empty(url->parts->password) : url->parts->password;
    url->host = unless_empty(url->parts->host);
    url->port = url->parts->port;
}

ds_status redis_url_parse(const char *text, const char *what, redis_url *out, ds_error *err)
{
    memset(out, 0, sizeof *out);
    out->database = -1;
    const struct scheme *scheme = find_scheme(text);
    if (scheme == NULL)
        return ds_error_set(err, DS_CONFIG, "%s must begin with redis://, rediss:// or unix://", what);
    ds_status status = ds_url_split(text, scheme->is_socket, &out->parts, err);
    if (status != DS_OK) {
        ds_error split = err == NULL ? (ds_error){0} : *err;
        return ds_error_set(err, status, "%s cannot be read: %s", what, split.message);
    }
    read_parts(out, scheme);
    if (scheme->is_socket)
        status = read_socket_path(out, out->parts->path, what, err);
    else
        status = read_path(out, out->parts->path, what, err);
    if (status == DS_OK)
        status = read_query(out, what, err);
    if (status != DS_OK)
        redis_url_free(out);
    return status;
}

void redis_url_free(redis_url *url)
{
    ds_url_free(url->parts);
    memset(url, 0, sizeof *url);
    url->database = -1;
}
