/* The connector's table of options, and what its settings mean together: url, REDIS_OM_URL and the single settings may
 * add to each other, never differ. */
#include "options.h"

#include "connection.h"
#include "dialect.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>

#define NS_PER_MS INT64_C(1000000)

static const char *const tls_versions[] = {"1.2", "1.3", NULL};

static const ds_option tls_options[] = {
    {.name = "ca",
     .types = DS_OPTION_STRING | DS_OPTION_LIST,
     .help = "certificates of trusted authorities: a file, several, or a folder; else the system's"},
    {.name = "cert", .types = DS_OPTION_STRING, .help = "file of the client's certificate, with its chain"},
    {.name = "key", .types = DS_OPTION_STRING, .help = "file of the client's private key"},
    {.name = "passphrase", .types = DS_OPTION_STRING, .flags = DS_OPTION_SECRET, .help = "of the private key"},
    {.name = "servername",
     .types = DS_OPTION_STRING,
     .help = "the name that the server's certificate must have, instead of host"},
    {.name = "verify",
     .types = DS_OPTION_BOOLEAN,
     .default_text = "true",
     .help = "check the server's certificate and its name"},
    {.name = "minVersion",
     .types = DS_OPTION_STRING,
     .default_text = "1.2",
     .choices = tls_versions,
     .help = "the oldest TLS version to speak"},
    {.name = NULL}};

static const ds_option reconnect_options[] = {{.name = "base",
                                               .types = DS_OPTION_INTEGER,
                                               .default_text = "50",
                                               .maximum = INT32_MAX,
                                               .help = "ms before the first new attempt, doubled each time"},
                                              {.name = "max",
                                               .types = DS_OPTION_INTEGER,
                                               .default_text = "2000",
                                               .maximum = INT32_MAX,
                                               .help = "ms that a wait is at most"},
                                              {.name = "jitter",
                                               .types = DS_OPTION_INTEGER,
                                               .default_text = "200",
                                               .maximum = INT32_MAX,
                                               .help = "ms that are added at random, at most"},
                                              {.name = "maxRetries",
                                               .types = DS_OPTION_INTEGER,
                                               .maximum = INT32_MAX,
                                               .help = "new attempts before giving up; without it, no end"},
                                              {.name = NULL}};

static const ds_option cache_options[] = {{.name = "maxBytes",
                                           .types = DS_OPTION_INTEGER,
                                           .minimum = 1,
                                           .maximum = INT64_MAX,
                                           .help = "memory that the cache may use"},
                                          {.name = "ttl",
                                           .types = DS_OPTION_INTEGER,
                                           .minimum = 1,
                                           .maximum = INT64_MAX,
                                           .help = "ms that a record is kept at most"},
                                          {.name = NULL}};

static const ds_option cluster_options[] = {
    {.name = "nodes", .types = DS_OPTION_LIST, .help = "host:port of some nodes"}, {.name = NULL}};

static const ds_option sentinel_options[] = {
    {.name = "name", .types = DS_OPTION_STRING, .help = "the master's name"},
    {.name = "nodes", .types = DS_OPTION_LIST, .help = "host:port of the sentinels"},
    {.name = "username", .types = DS_OPTION_STRING, .help = "ACL user of the sentinels"},
    {.name = "password", .types = DS_OPTION_STRING, .flags = DS_OPTION_SECRET, .help = "password of the sentinels"},
    {.name = NULL}};

const ds_option redis_options[] = {
    {.name = "url",
     .types = DS_OPTION_STRING,
     .flags = DS_OPTION_SECRET,
     .help =
         "redis[s]://[[username][:password]@][host][:port][/database], or unix://[[username][:password]@]/path?db=N"},
    {.name = "host", .types = DS_OPTION_STRING, .default_text = "127.0.0.1", .help = "name or address of the server"},
    {.name = "port",
     .types = DS_OPTION_INTEGER,
     .default_text = "6379",
     .minimum = 1,
     .maximum = 65535,
     .help = "its port"},
    {.name = "username", .types = DS_OPTION_STRING, .help = "ACL user; without it, the default user"},
    {.name = "password", .types = DS_OPTION_STRING, .flags = DS_OPTION_SECRET, .help = "its password"},
    {.name = "passwordFile",
     .types = DS_OPTION_STRING,
     .help = "file whose first line is the password, read at each connect"},
    {.name = "database",
     .types = DS_OPTION_INTEGER,
     .maximum = REDIS_DATABASE_MAX,
     .default_text = "0",
     .help = "database number"},
    {.name = "tls",
     .types = DS_OPTION_BOOLEAN | DS_OPTION_OBJECT,
     .members = tls_options,
     .help = "encrypt the connection"},
    {.name = "connectTimeout",
     .types = DS_OPTION_INTEGER,
     .default_text = "5000",
     .minimum = 1,
     .maximum = INT32_MAX,
     .help = "ms for an attempt to connect, name look-up, TLS and login included"},
    {.name = "commandTimeout",
     .types = DS_OPTION_INTEGER,
     .default_text = "5000",
     .minimum = 1,
     .maximum = INT32_MAX,
     .help = "ms for each step of an operation, waiting and connecting included"},
    {.name = "idlePing",
     .types = DS_OPTION_INTEGER,
     .default_text = "1000",
     .minimum = 0,
     .maximum = INT32_MAX,
     .help = "ms of idleness after which a PING is awaited before the next operation"},
    {.name = "reconnect",
     .types = DS_OPTION_BOOLEAN | DS_OPTION_INTEGER | DS_OPTION_OBJECT,
     .members = reconnect_options,
     .minimum = 0,
     .maximum = INT32_MAX,
     .help = "false, ms between attempts, or how they grow: how operations wait for a server that is down"},
    {.name = "clientName", .types = DS_OPTION_STRING, .help = "name of the connection in the server's CLIENT LIST"},
    {.name = "keyPrefix", .types = DS_OPTION_STRING, .help = "put before every key"},
    {.name = "dialect",
     .types = DS_OPTION_STRING,
     .default_text = "native",
     .choices = dialect_names,
     .help = "how booleans, dates and binary stand in the hashes of models that do not say so themselves"},
    {.name = "readOnly",
     .types = DS_OPTION_BOOLEAN,
     .default_text = "false",
     .help = "refuse every write before it is sent"},
    {.name = "maxPending",
     .types = DS_OPTION_INTEGER,
     .default_text = "10000",
     .minimum = 1,
     .maximum = INT32_MAX,
     .help = "operations that may wait for the connection; one more fails at once"},
    {.name = "connections",
     .types = DS_OPTION_INTEGER,
     .default_text = "1",
     .minimum = 1,
     .maximum = 64,
     .help = "the most sockets that operations may share; further ones are opened when those that are open are loaded"},
    {.name = "cache",
     .types = DS_OPTION_BOOLEAN | DS_OPTION_OBJECT,
     .members = cache_options,
     .help = "near cache of records by id; not in this version"},
    {.name = "cluster",
     .types = DS_OPTION_BOOLEAN | DS_OPTION_OBJECT,
     .members = cluster_options,
     .help = "Redis Cluster; not in this version"},
    {.name = "sentinel",
     .types = DS_OPTION_BOOLEAN | DS_OPTION_OBJECT,
     .members = sentinel_options,
     .help = "ask sentinels for the master; not in this version"},
    {.name = "waitReplicas",
     .types = DS_OPTION_INTEGER,
     .default_text = "0",
     .minimum = 0,
     .maximum = 1000,
     .help = "replicas that must have a write before it is done; not in this version"},
    {.name = NULL}};

/* ---- single settings ---- */

static bool setting_true(const ds_source *source, const char *path, bool otherwise)
{
    ds_value value = ds_source_setting(source, path);
    return value.type == DS_BOOLEAN ? value.as.boolean : otherwise;
}

static int64_t setting_integer(const ds_source *source, const char *path, int64_t otherwise)
{
    ds_value value = ds_source_setting(source, path);
    return value.type == DS_INTEGER ? value.as.integer : otherwise;
}

/* A text without NUL, or NULL where it is not given or empty. */
static ds_status setting_text(const ds_source *source, const char *path, const char **out, ds_error *err)
{
    ds_value value = ds_source_setting(source, path);
    *out = value.type == DS_STRING && value.length > 0 ? value.as.string : NULL;
    if (*out != NULL && memchr(*out, '\0', value.length) != NULL)
        return ds_error_set(err, DS_CONFIG, "the setting %s holds a NUL character", path);
    return DS_OK;
}

/* ---- url and the settings that it stands for ---- */

static ds_status read_url(redis_config *config, ds_error *err)
{
    const ds_source *source = config->source;
    const char *text = NULL, *what = "the setting url";
    if (ds_source_setting_given(source, "url")) {
        ds_status status = setting_text(source, "url", &text, err);
        if (status != DS_OK)
            return status;
        if (text == NULL)
            return ds_error_set(err, DS_CONFIG, "the setting url is empty");
    } else if (!ds_source_setting_given(source, "host") && !ds_source_setting_given(source, "port")) {
        text = secure_getenv("REDIS_OM_URL");
        what = "the environment variable REDIS_OM_URL";
    }
    return text == NULL || text[0] == '\0' ? DS_OK : redis_url_parse(text, what, &config->url, err);
}

/* One text of both: what the url says, what the setting adds. */
static ds_status merge_text(const redis_config *config, const char *name, const char *from_url, const char **out,
                            ds_error *err)
{
    const char *given = NULL;
    ds_status status = setting_text(config->source, name, &given, err);
    if (status != DS_OK)
        return status;
    if (!ds_source_setting_given(config->source, name))
        given = NULL;
    if (given != NULL && from_url != NULL && strcmp(given, from_url) != 0)
        return ds_error_set(err, DS_CONFIG, "the setting %s differs from what the url says", name);
    *out = from_url != NULL ? from_url : given;
    return DS_OK;
}

static ds_status merge_number(const redis_config *config, const char *name, int64_t from_url, int64_t *out,
                              ds_error *err)
{
    int64_t given = setting_integer(config->source, name, 0);
    if (from_url >= 0 && ds_source_setting_given(config->source, name) && given != from_url)
        return ds_error_set(err, DS_CONFIG, "the setting %s is %lld, but the url says %lld", name, (long long)given,
                            (long long)from_url);
    *out = from_url >= 0 ? from_url : given;
    return DS_OK;
}

static ds_status read_socket(redis_config *config, ds_error *err)
{
    struct sockaddr_un address;
    config->socket_path = config->url.path;
    if (strlen(config->socket_path) >= sizeof address.sun_path)
        return ds_error_set(err, DS_CONFIG, "the path of the socket in the url is %zu bytes long, of %zu at most",
                            strlen(config->socket_path), sizeof address.sun_path - 1);
    if (ds_source_setting_given(config->source, "host") || ds_source_setting_given(config->source, "port"))
        return ds_error_set(err, DS_CONFIG,
                            "the setting url is of a Unix socket, and leaves no place for the settings host and port");
    if (config->use_tls)
        return ds_error_set(err, DS_CONFIG, "the setting tls does not go with a Unix socket, which the url names");
    snprintf(config->where, sizeof config->where, "%s", config->socket_path);
    return DS_OK;
}

static ds_status read_address(redis_config *config, ds_error *err)
{
    int64_t port = 0;
    if (ds_source_setting_given(config->source, "host") && ds_source_setting(config->source, "host").length == 0)
        return ds_error_set(err, DS_CONFIG, "the setting host is empty");
    ds_status status = merge_text(config, "host", config->url.host, &config->host, err);
    if (status == DS_OK)
        status = merge_number(config, "port", config->url.port == 0 ? -1 : config->url.port, &port, err);
    if (status != DS_OK)
        return status;
    if (config->host == NULL)
        config->host = "127.0.0.1";
    config->port = port == 0 ? 6379 : (int)port;
    bool is_ipv6 = strchr(config->host, ':') != NULL;
    snprintf(config->where, sizeof config->where, is_ipv6 ? "[%.140s]:%d" : "%.140s:%d", config->host, config->port);
    return DS_OK;
}

static ds_status read_credentials(redis_config *config, ds_error *err)
{
    ds_status status = merge_text(config, "username", config->url.username, &config->username, err);
    if (status == DS_OK)
        status = merge_text(config, "password", config->url.password, &config->password, err);
    if (status == DS_OK)
        status = setting_text(config->source, "passwordFile", &config->password_file, err);
    if (status == DS_OK && config->password != NULL && config->password_file != NULL)
        status = ds_error_set(err, DS_CONFIG,
                              "the settings password and passwordFile are both given: one of them is enough");
    return status;
}

/* ---- tls ---- */

static size_t count_authorities(const ds_source *source)
{
    char path[32];
    size_t count = 0;
    do
        snprintf(path, sizeof path, "tls.ca.%zu", count);
    while (ds_source_setting(source, path).type == DS_STRING && ++count > 0);
    return count;
}

static ds_status read_authorities(redis_config *config, ds_error *err)
{
    tls_config *tls = &config->tls;
    bool is_one = ds_source_setting(config->source, "tls.ca").type == DS_STRING;
    size_t count = is_one ? 1 : count_authorities(config->source);
    tls->ca = ds_calloc(count + 1, sizeof *tls->ca);
    if (tls->ca == NULL)
        return ds_error_set(err, DS_NOMEM, "out of memory");
    for (; tls->ca_count < count; tls->ca_count++) {
        char path[32] = "tls.ca";
        if (!is_one)
            snprintf(path, sizeof path, "tls.ca.%zu", tls->ca_count);
        ds_status status = setting_text(config->source, path, &tls->ca[tls->ca_count], err);
        if (status != DS_OK)
            return status;
        if (tls->ca[tls->ca_count] == NULL)
            return ds_error_set(err, DS_CONFIG, "the setting %s is empty", path);
    }
    return DS_OK;
}

static ds_status read_tls_texts(redis_config *config, ds_error *err)
{
    tls_config *tls = &config->tls;
    const struct {
        const char *path, **out;
    } texts[] = {{"tls.cert", &tls->cert},
                 {"tls.key", &tls->key},
                 {"tls.passphrase", &tls->passphrase},
                 {"tls.servername", &tls->servername}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        ds_status status = setting_text(config->source, texts[i].path, texts[i].out, err);
        if (status != DS_OK)
            return status;
    }
    if ((tls->cert == NULL) != (tls->key == NULL))
        return ds_error_set(err, DS_CONFIG, "the setting %s needs %s beside it",
                            tls->cert == NULL ? "tls.key" : "tls.cert", tls->cert == NULL ? "tls.cert" : "tls.key");
    return DS_OK;
}

static ds_status read_tls(redis_config *config, ds_error *err)
{
    const char *version = NULL;
    bool given = ds_source_setting_given(config->source, "tls");
    bool wanted = setting_true(config->source, "tls", false);
    if (config->url.tls && given && !wanted)
        return ds_error_set(err, DS_CONFIG, "the setting tls is false, but the url says rediss://");
    config->use_tls = config->url.tls || wanted;
    if (!config->use_tls)
        return DS_OK;
    config->tls.verify = setting_true(config->source, "tls.verify", true);
    ds_status status = setting_text(config->source, "tls.minVersion", &version, err);
    config->tls.only_13 = version != NULL && strcmp(version, "1.3") == 0;
    if (status == DS_OK)
        status = read_authorities(config, err);
    return status == DS_OK ? read_tls_texts(config, err) : status;
}

/* ---- the rest ---- */

static ds_status refuse_unbuilt(const ds_source *source, ds_error *err)
{
    static const char *const unbuilt[] = {"cache", "cluster", "sentinel"};
    for (size_t i = 0; i < sizeof unbuilt / sizeof unbuilt[0]; i++)
        if (setting_true(source, unbuilt[i], false))
            return ds_error_set(err, DS_UNSUPPORTED, "this version of the redis connector does not know %s yet",
                                unbuilt[i]);
    if (setting_integer(source, "waitReplicas", 0) > 0)
        return ds_error_set(err, DS_UNSUPPORTED,
                            "this version of the redis connector does not wait for replicas yet: "
                            "the setting waitReplicas cannot be more than 0");
    return DS_OK;
}

static ds_status read_names(redis_config *config, ds_error *err)
{
    ds_status status = setting_text(config->source, "clientName", &config->client_name, err);
    if (status != DS_OK)
        return status;
    for (const char *c = config->client_name; c != NULL && *c != '\0'; c++)
        if (*c < '!' || *c > '~')
            return ds_error_set(err, DS_CONFIG, "the setting clientName may hold no blanks and only ASCII characters");
    ds_value prefix = ds_source_setting(config->source, "keyPrefix");
    config->key_prefix = prefix.type == DS_STRING ? prefix.as.string : "";
    config->key_prefix_length = prefix.type == DS_STRING ? prefix.length : 0;
    if (memchr(config->key_prefix, '{', config->key_prefix_length) != NULL ||
        memchr(config->key_prefix, '}', config->key_prefix_length) != NULL)
        return ds_error_set(err, DS_CONFIG, "the setting keyPrefix may hold no braces");
    return DS_OK;
}

static void read_times(redis_config *config)
{
    const ds_source *source = config->source;
    config->connect_timeout = setting_integer(source, "connectTimeout", 5000) * NS_PER_MS;
    config->command_timeout = setting_integer(source, "commandTimeout", 5000) * NS_PER_MS;
    config->idle_ping = setting_integer(source, "idlePing", 1000) * NS_PER_MS;
    config->max_pending = (size_t)setting_integer(source, "maxPending", 10000);
    config->connections = (size_t)setting_integer(source, "connections", 1);
}

ds_status config_read(redis_config *config, ds_source *source, ds_error *err)
{
    memset(config, 0, sizeof *config);
    config->source = source;
    config->url.database = -1;
    ds_status status = refuse_unbuilt(source, err);
    if (status == DS_OK)
        status = read_url(config, err);
    if (status == DS_OK)
        status = read_tls(config, err);
    if (status == DS_OK)
        status = config->url.path != NULL ? read_socket(config, err) : read_address(config, err);
    if (status == DS_OK)
        status = read_credentials(config, err);
    if (status == DS_OK)
        status = merge_number(config, "database", config->url.database, &config->database, err);
    if (status == DS_OK)
        status = backoff_read(&config->backoff, source, err);
    if (status == DS_OK)
        status = read_names(config, err);
    read_times(config);
    if (status != DS_OK)
        config_clear(config);
    return status;
}

void config_clear(redis_config *config)
{
    redis_url_free(&config->url);
    ds_free(config->tls.ca);
    config->tls.ca = NULL;
    config->tls.ca_count = 0;
}
