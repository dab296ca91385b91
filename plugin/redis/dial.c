/* From a host name to a connected socket: look-up, then each address in turn with its share of the time that is left.
 */
#include "socket.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define RETRY_NS INT64_C(10000000) /* until a server whose queue of new connections is full is asked again */

/* Seconds and ms after which a peer that is gone is noticed. */
enum { KEEPALIVE_IDLE = 5, KEEPALIVE_INTERVAL = 2, KEEPALIVE_COUNT = 3, USER_TIMEOUT_MS = 10000 };

static void set_option(int fd, int level, int name, int value)
{
    (void)setsockopt(fd, level, name, &value, sizeof value); /* what a system lacks, it goes without */
}

static void tune(int fd)
{
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT);
    set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS);
}

static void remember(dialer *self, int number)
{
    ds_error_set(&self->last, DS_UNREACHABLE, "no connection to the Redis server at %s: %s", self->config->where,
                 socket_reason(number));
    self->last.native = number;
}

static void drop_fd(dialer *self)
{
    if (self->fd >= 0)
        close(self->fd);
    self->fd = -1;
}

/* Begins to connect. True: under way or done. */
static bool begin(dialer *self, int family, const struct sockaddr *address, socklen_t length)
{
    self->is_full = false;
    self->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (self->fd < 0) {
        remember(self, errno);
        return false;
    }
    if (family != AF_UNIX)
        tune(self->fd);
    int failed = connect(self->fd, address, length);
    if (failed == 0 || errno == EINPROGRESS || errno == EINTR)
        return true;
    self->is_full = family == AF_UNIX && errno == EAGAIN;
    remember(self, errno);
    drop_fd(self);
    return self->is_full;
}

static bool begin_socket(dialer *self)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", self->config->socket_path);
    bool begun = begin(self, AF_UNIX, (const struct sockaddr *)&address, sizeof address);
    int64_t again = ds_now() + RETRY_NS;
    self->address_deadline = self->is_full && again < self->deadline ? again : self->deadline;
    return begun;
}

static int64_t share_of(const dialer *self)
{
    int64_t count = 1, now = ds_now();
    for (const struct addrinfo *rest = self->next; rest != NULL; rest = rest->ai_next)
        count++;
    return now + (self->deadline - now) / count;
}

static bool begin_next(dialer *self)
{
    while (self->next != NULL) {
        const struct addrinfo *this = self->next;
        self->next = this->ai_next;
        self->address_deadline = share_of(self);
        if (begin(self, this->ai_family, this->ai_addr, this->ai_addrlen))
            return true;
    }
    return false;
}

static ds_status give_up(dialer *self, ds_error *err)
{
    *err = self->last;
    return self->last.status;
}

ds_status dial_start(dialer *self, const redis_config *config, int64_t deadline, ds_error *err)
{
    *self = (struct dialer){.config = config, .fd = -1, .deadline = deadline};
    if (config->socket_path != NULL)
        return begin_socket(self) ? DS_OK : give_up(self, err);
    ds_status status = resolver_start(config->host, config->port, &self->resolver, &self->addresses, err);
    self->next = self->addresses;
    if (status == DS_OK && self->resolver == NULL && !begin_next(self))
        status = give_up(self, err);
    return status;
}

static ds_status take_addresses(dialer *self, ds_error *err)
{
    ds_status status = resolver_take(self->resolver, &self->addresses, err);
    if (status == DS_BUSY)
        return status;
    resolver_drop(self->resolver);
    self->resolver = NULL;
    self->next = self->addresses;
    if (status == DS_OK && !begin_next(self))
        status = give_up(self, err);
    return status;
}

/* A port of loopback that nobody listens on may connect to itself. */
static bool is_self(int fd)
{
    struct sockaddr_storage here = {0}, there = {0};
    socklen_t here_length = sizeof here, there_length = sizeof there;
    return getsockname(fd, (struct sockaddr *)&here, &here_length) == 0 &&
           getpeername(fd, (struct sockaddr *)&there, &there_length) == 0 && here.ss_family != AF_UNIX &&
           here_length == there_length && memcmp(&here, &there, here_length) == 0;
}

/* 0: connected; EINPROGRESS: not yet; else why not. */
static int connect_result(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    if (poll(&ready, 1, 0) <= 0)
        return EINPROGRESS;
    int number = 0;
    socklen_t length = sizeof number;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &length) != 0)
        return errno;
    return number == 0 && is_self(fd) ? ECONNREFUSED : number;
}

static ds_status try_again(dialer *self, ds_error *err)
{
    if (ds_now() < self->address_deadline)
        return DS_BUSY;
    return begin_socket(self) ? DS_BUSY : give_up(self, err);
}

ds_status dial_step(dialer *self, int *fd, ds_error *err)
{
    if (self->is_full)
        return try_again(self, err);
    if (self->resolver != NULL) {
        ds_status status = take_addresses(self, err);
        if (status != DS_OK)
            return status;
    }
    int number = connect_result(self->fd);
    if (number == EINPROGRESS && ds_now() < self->address_deadline)
        return DS_BUSY;
    if (number == 0) {
        *fd = self->fd;
        self->fd = -1;
        return DS_OK;
    }
    remember(self, number == EINPROGRESS ? ETIMEDOUT : number);
    drop_fd(self);
    return begin_next(self) ? DS_BUSY : give_up(self, err);
}

void dial_poll(const dialer *self, struct pollfd *out, int64_t *wake)
{
    bool looks_up = self->resolver != NULL;
    *out =
        (struct pollfd){.fd = looks_up ? resolver_fd(self->resolver) : self->fd, .events = looks_up ? POLLIN : POLLOUT};
    *wake = looks_up ? self->deadline : self->address_deadline;
}

void dial_stop(dialer *self)
{
    if (self->config == NULL)
        return;
    resolver_drop(self->resolver);
    self->resolver = NULL;
    if (self->addresses != NULL)
        freeaddrinfo(self->addresses);
    self->addresses = self->next = NULL;
    drop_fd(self);
    self->config = NULL;
}

void dial_forget(dialer *self)
{
    resolver_forget(self->resolver);
    self->resolver = NULL;
    dial_stop(self);
}
