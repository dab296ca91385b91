/* Bytes in and out of a socket that does not block and raises no signal. */
#include "socket.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* The words of the C library would follow the host's locale. */
const char *socket_reason(int number)
{
    switch (number) {
    case ECONNREFUSED:
        return "connection refused";
    case ETIMEDOUT:
        return "no answer in time";
    case EHOSTUNREACH:
        return "no route to the host";
    case ENETUNREACH:
        return "the network is unreachable";
    case ENOENT:
        return "there is no such socket";
    case EACCES:
    case EPERM:
        return "permission denied";
    case EAGAIN:
        return "the server's queue of new connections is full";
    case ECONNRESET:
        return "connection reset by the peer";
    case EPIPE:
        return "the peer had closed the connection";
    case EMFILE:
    case ENFILE:
        return "no file descriptor is left";
    case EADDRNOTAVAIL:
        return "no local address is left";
    case EAFNOSUPPORT:
        return "this kind of address is not supported";
    case ENOTSOCK:
    case EPROTOTYPE:
        return "it is not a socket for streams";
    case ENOBUFS:
    case ENOMEM:
        return "the system is out of memory";
    default:
        return "the system refused";
    }
}

static ssize_t fail(const transport *self, int number, ds_error *err)
{
    if (number == EAGAIN || number == EWOULDBLOCK || number == EINTR)
        return IO_AGAIN;
    ds_error_set(err, DS_LOST, "the connection to the Redis server at %s broke: %s", self->where,
                 socket_reason(number));
    err->native = number;
    return IO_FAILED;
}

ssize_t transport_recv(transport *self, void *bytes, size_t room, ds_error *err)
{
    if (self->tls != NULL)
        return tls_recv(self->tls, bytes, room, err);
    ssize_t got = recv(self->fd, bytes, room, MSG_DONTWAIT);
    return got >= 0 ? got : fail(self, errno, err);
}

ssize_t transport_send(transport *self, const void *bytes, size_t length, ds_error *err)
{
    if (self->tls != NULL)
        return tls_send(self->tls, bytes, length, err);
    ssize_t sent = send(self->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent >= 0 ? sent : fail(self, errno, err);
}

ssize_t transport_send_all(transport *self, const struct iovec *pieces, size_t count, ds_error *err)
{
    struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)pieces, .msg_iovlen = count};
    ssize_t sent = sendmsg(self->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent >= 0 ? sent : fail(self, errno, err);
}

void transport_close(transport *self)
{
    tls_close(self->tls);
    self->tls = NULL;
    if (self->fd >= 0)
        close(self->fd);
    self->fd = -1;
}

void transport_drop(transport *self)
{
    const struct linger none = {.l_onoff = 1, .l_linger = 0};
    if (self->tls != NULL)
        tls_mute(self->tls);
    if (self->fd >= 0)
        setsockopt(self->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    transport_close(self);
}

void transport_forget(transport *self)
{
    if (self->tls != NULL)
        tls_mute(self->tls);
    transport_close(self);
}
