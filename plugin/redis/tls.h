/* TLS over a socket that does not block: certificates are read when a session is opened, so that they can be replaced
 * under a running host. */
#ifndef REDIS_TLS_H
#define REDIS_TLS_H

#include <datasource/connector.h>

#include <sys/types.h>

typedef struct tls_config {
    const char **ca; /* files and folders; none: the system's store */
    size_t ca_count;
    const char *cert, *key, *passphrase; /* NULL: none */
    const char *servername;              /* NULL: the host */
    bool verify;
    bool only_13; /* minVersion 1.3 */
} tls_config;

typedef struct tls_session tls_session;

/* What reading and writing answer beside a number of bytes. */
enum { IO_END = 0, IO_AGAIN = -1, IO_FAILED = -2 };
enum { TLS_RECORD_BYTES = 16384 }; /* what tls_send() takes at most; after IO_AGAIN as much may be on its way */

ds_status tls_check(const tls_config *config, ds_error *err); /* DS_CONFIG: a file or folder that cannot be used */

/* `host` as the settings name it, `where` the server's name in sentences. The descriptor stays the caller's. */
ds_status tls_open(const tls_config *config, const char *host, const char *where, int fd, tls_session **out,
                   ds_error *err);
void tls_close(tls_session *session); /* says goodbye where that does not block; NULL does nothing */
void tls_mute(tls_session *session);  /* tls_close() will say nothing */

/* DS_OK; DS_BUSY: it waits for the descriptor; else the connection is useless: DS_UNREACHABLE, DS_AUTH. */
ds_status tls_handshake(tls_session *session, ds_error *err);
/* Bytes, IO_END (recv), IO_AGAIN, or IO_FAILED with the error filled: DS_LOST, DS_AUTH. */
ssize_t tls_recv(tls_session *session, void *bytes, size_t room, ds_error *err);
ssize_t tls_send(tls_session *session, const void *bytes, size_t length, ds_error *err);
/* After a handshake that failed: it would fail again (a certificate, a version), so that there is no use in trying. */
bool tls_is_hopeless(const tls_session *session);
bool tls_is_pending(const tls_session *session); /* bytes to be received are here already */
/* After DS_BUSY, or with something to send: whether it waits for room to write rather than for something to read. */
bool tls_wants_write(const tls_session *session);

#endif
