/* Who we are: the credentials of the settings, or those that the host has set since, said at the beginning of each connection
 * and again on the open ones. */
#ifndef REDIS_LOGIN_H
#define REDIS_LOGIN_H

#include "options.h"
#include "request.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct credentials credentials; /* one block, with both texts */

typedef struct login {
    pthread_mutex_t lock;
    credentials *set; /* by the host, in place of the settings'; NULL: never */
    atomic_uint turn; /* how often they were set */
} login;

ds_status login_init(login *self, ds_error *err);
void login_free(login *self);   /* wipes them */
void login_forget(login *self); /* in the child of a fork: a thread of the parent may hold the lock */

/* Both texts may be needed again after they were taken: they are copied. NULL: out of memory. `username` may be NULL. */
credentials *credentials_new(const char *username, const char *password);
void credentials_free(credentials *self);                                 /* wipes them; NULL does nothing */
void credentials_encode(const credentials *self, redis_request *request); /* AUTH */
void login_set(login *self, credentials *taken);                          /* from now on */

/* AUTH, or nothing where there is nothing to say. DS_CONFIG: passwordFile. */
ds_status login_encode(login *self, const redis_config *config, redis_request *request, ds_error *err);
/* Why AUTH was refused; `said` NULL: as login_encode() has said it last. */
ds_status login_refused(login *self, const redis_config *config, const credentials *said, const redis_reply *reply,
                        ds_error *err);
ds_status password_check(const char *path, ds_error *err); /* DS_CONFIG: the file has none */

#endif
