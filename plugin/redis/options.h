/* The settings of a data source, checked together and ready for use. */
#ifndef REDIS_OPTIONS_H
#define REDIS_OPTIONS_H

#include "backoff.h"
#include "tls.h"
#include "url.h"

struct login; /* login.h */
struct redis; /* connection.h */

typedef struct redis_config {
    ds_source *source; /* whose settings the texts point into, where it is not the url */
    redis_url url;
    const char *socket_path; /* NULL: TCP */
    const char *host;
    int port;
    const char *username, *password, *password_file; /* NULL: none */
    struct login *login;                             /* the connection's: what the host has set in place of these */
    struct redis *connection;                        /* whose settings these are; NULL: nobody's */
    int64_t database;
    bool use_tls;
    tls_config tls;
    int64_t connect_timeout, command_timeout, idle_ping; /* ns */
    const char *client_name;                             /* NULL: none */
    const char *key_prefix;
    size_t key_prefix_length;
    size_t max_pending;
    size_t connections; /* the most, beside the one of execute() */
    backoff_config backoff;
    char where[160]; /* the server's name in sentences: "127.0.0.1:6379" */
} redis_config;

/* Without input or output. DS_CONFIG: settings that contradict each other; DS_UNSUPPORTED: not built yet. */
ds_status config_read(redis_config *config, ds_source *source, ds_error *err);
void config_clear(redis_config *config);

#endif
