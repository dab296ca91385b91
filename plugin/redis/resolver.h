/* Host names to addresses, without waiting: getaddrinfo(3) knows no deadline, so it runs in a thread of its own, which
 * ends by itself when nobody wants its answer any more. */
#ifndef REDIS_RESOLVER_H
#define REDIS_RESOLVER_H

#include <datasource/connector.h>

struct addrinfo;
typedef struct resolver resolver;

/* An address in digits is answered at once: *addresses is set, and *out is NULL. Free addresses with freeaddrinfo(). */
ds_status resolver_start(const char *host, int port, resolver **out, struct addrinfo **addresses, ds_error *err);
int resolver_fd(const resolver *resolver); /* readable once the answer is there */
/* DS_OK with the addresses; DS_BUSY: not yet; DS_UNREACHABLE: there is no such host. */
ds_status resolver_take(resolver *resolver, struct addrinfo **addresses, ds_error *err);
void resolver_drop(resolver *resolver);   /* whatever its state; NULL does nothing */
void resolver_forget(resolver *resolver); /* the same, of the parent in the child of a fork */

#endif
