/* The look-up is shared by its thread and its owner; who leaves last frees it. The thread says that it is done by a byte
 * in a pipe: closing its end would say nothing while the child of a fork has that end too. */
#include "resolver.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

struct resolver {
    atomic_int owners;
    atomic_bool done;
    int read_end, write_end;
    int failure; /* of getaddrinfo() */
    struct addrinfo *addresses;
    char port[8];
    char host[];
};

static int look_up(const char *host, const char *port, int flags, struct addrinfo **out)
{
    struct addrinfo hints = {.ai_flags = flags, .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    return getaddrinfo(host, port, &hints, out);
}

static void leave(resolver *self)
{
    if (atomic_fetch_sub(&self->owners, 1) != 1)
        return;
    if (self->addresses != NULL)
        freeaddrinfo(self->addresses);
    ds_free(self);
}

static void *run(void *argument)
{
    resolver *self = argument;
    self->failure = look_up(self->host, self->port, 0, &self->addresses);
    int write_end = self->write_end;
    atomic_store(&self->done, true);
    leave(self);
    ssize_t written = write(write_end, "", 1); /* SIGPIPE is blocked in this thread, and ends with it */
    (void)written;
    close(write_end);
    return NULL;
}

/* Detached, and deaf to the host's signals. */
static int start_thread(resolver *self)
{
    pthread_t thread;
    pthread_attr_t attributes;
    sigset_t all, before;
    int failed = pthread_attr_init(&attributes);
    if (failed != 0)
        return failed;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&thread, &attributes, run, self);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return failed;
}

static ds_status start_look_up(const char *host, const char *port, resolver **out, ds_error *err)
{
    size_t length = strlen(host) + 1;
    int ends[2];
    resolver *made = ds_calloc(1, sizeof *made + length);
    if (made == NULL)
        return ds_error_set(err, DS_NOMEM, "out of memory");
    memcpy(made->host, host, length);
    snprintf(made->port, sizeof made->port, "%s", port);
    atomic_init(&made->owners, 2);
    if (pipe2(ends, O_CLOEXEC) != 0) {
        int number = errno;
        ds_free(made);
        ds_error_set(err, DS_UNREACHABLE, "the host name \"%s\" cannot be looked up: no file descriptor is left", host);
        err->native = number;
        return DS_UNREACHABLE;
    }
    made->read_end = ends[0];
    made->write_end = ends[1];
    int failed = start_thread(made);
    if (failed != 0) {
        close(ends[0]);
        close(ends[1]);
        ds_free(made);
        ds_error_set(err, DS_UNREACHABLE, "the host name \"%s\" cannot be looked up: no thread can be started", host);
        err->native = failed;
        return DS_UNREACHABLE;
    }
    *out = made;
    return DS_OK;
}

ds_status resolver_start(const char *host, int port, resolver **out, struct addrinfo **addresses, ds_error *err)
{
    char digits[8];
    *out = NULL;
    snprintf(digits, sizeof digits, "%d", port);
    /* localhost is the loopback's addresses whatever a resolver says, and without asking one (RFC 6761, 6.3) */
    bool is_local = strcasecmp(host, "localhost") == 0;
    if (look_up(is_local ? NULL : host, digits, is_local ? AI_NUMERICSERV : AI_NUMERICHOST | AI_NUMERICSERV,
                addresses) == 0)
        return DS_OK;
    *addresses = NULL;
    return start_look_up(host, digits, out, err);
}

int resolver_fd(const resolver *self)
{
    return self->read_end;
}

static ds_status fail(const resolver *self, ds_error *err)
{
    const char *reason = self->failure == EAI_NONAME  ? "there is no such host"
                         : self->failure == EAI_AGAIN ? "no name server answered"
                                                      : gai_strerror(self->failure);
    ds_error_set(err, DS_UNREACHABLE, "the host name \"%s\" was not found: %s", self->host, reason);
    err->native = self->failure;
    return DS_UNREACHABLE;
}

ds_status resolver_take(resolver *self, struct addrinfo **addresses, ds_error *err)
{
    if (!atomic_load(&self->done))
        return DS_BUSY;
    if (self->failure != 0)
        return fail(self, err);
    *addresses = self->addresses;
    self->addresses = NULL;
    return DS_OK;
}

void resolver_drop(resolver *self)
{
    if (self == NULL)
        return;
    close(self->read_end);
    leave(self);
}

void resolver_forget(resolver *self)
{
    if (self == NULL)
        return;
    if (atomic_load(&self->owners) == 2) {
        close(self->write_end); /* its thread is the parent's */
        leave(self);
    }
    resolver_drop(self);
}
