/* Between the two halves of TLS: what sessions stand on. */
#ifndef REDIS_TLS_CONTEXT_H
#define REDIS_TLS_CONTEXT_H

#include "tls.h"

#include <openssl/ssl.h>

/* DS_CONFIG: a file or folder that cannot be used. Free it with SSL_CTX_free(). */
ds_status tls_context_make(const tls_config *config, SSL_CTX **out, ds_error *err);

#endif
