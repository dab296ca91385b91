/* Sockets that never block: reaching a server by any of its addresses, then bytes in and out, over TLS or not. */
#ifndef REDIS_SOCKET_H
#define REDIS_SOCKET_H

#include "options.h"
#include "resolver.h"

#include <poll.h>
#include <sys/uio.h>

/* ---- reaching: from a name to a connected descriptor ---- */

typedef struct dialer {
    const redis_config *config;
    resolver *resolver;                 /* while the name is looked up */
    struct addrinfo *addresses, *next;  /* next: to be tried after this one */
    int fd;                             /* connecting; -1: none */
    int64_t deadline, address_deadline; /* of the whole, of this address */
    bool is_full;                       /* the server's queue is: to be tried again at address_deadline */
    ds_error last;                      /* why the last address failed */
} dialer;

ds_status dial_start(dialer *dialer, const redis_config *config, int64_t deadline, ds_error *err);
/* DS_OK: *fd is connected, and the caller's; DS_BUSY: not yet; else the error is filled. */
ds_status dial_step(dialer *dialer, int *fd, ds_error *err);
void dial_poll(const dialer *dialer, struct pollfd *out, int64_t *wake); /* what dial_step() waits for */
void dial_stop(dialer *dialer);                                          /* frees what it holds; may be called again */
void dial_forget(dialer *dialer); /* the same, of the parent in the child of a fork */

/* ---- bytes ---- */

typedef struct transport {
    int fd; /* -1: none */
    tls_session *tls;
    const char *where;
} transport;

/* As tls_recv() and tls_send(). */
ssize_t transport_recv(transport *transport, void *bytes, size_t room, ds_error *err);
ssize_t transport_send(transport *transport, const void *bytes, size_t length, ds_error *err);
/* Several pieces at once; not over TLS. */
ssize_t transport_send_all(transport *transport, const struct iovec *pieces, size_t count, ds_error *err);
void transport_close(transport *transport);
void transport_drop(transport *transport);   /* and what is still to be sent goes nowhere: the peer meets a reset */
void transport_forget(transport *transport); /* without a byte to the peer: another process goes on with it */

const char *socket_reason(int number); /* an errno for people, in English; static */

#endif
