/* redis://, rediss:// and unix:// URLs. */
#ifndef REDIS_URL_H
#define REDIS_URL_H

#include <datasource/connector.h>

typedef struct redis_url {
    ds_url *parts;                          /* owns the texts */
    bool tls;                               /* rediss:// */
    const char *username, *password, *host; /* NULL: left out */
    const char *path;                       /* of the socket of unix://; NULL: TCP */
    int port;                               /* 0: left out */
    int64_t database;                       /* -1: left out */
} redis_url;

#define REDIS_DATABASE_MAX INT32_MAX

/* DS_CONFIG says what is wrong with `what` ("the setting url"), never the password. */
ds_status redis_url_parse(const char *text, const char *what, redis_url *out, ds_error *err);
void redis_url_free(redis_url *url);

#endif
