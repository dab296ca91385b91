/* One thread, one connection at a time; a descriptor that is shut down wakes whatever waits on it. */
#include "fake_server.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct fake_server {
    int listener, port;
    atomic_uint count;
    pthread_mutex_t lock;
    int talking; /* the connection under way; -1: none */
    bool is_over;
    pthread_t thread;
    fake_talk *talk;
    void *user;
};

static bool take_up(fake_server *self, int fd)
{
    pthread_mutex_lock(&self->lock);
    bool goes_on = !self->is_over;
    self->talking = goes_on ? fd : -1;
    pthread_mutex_unlock(&self->lock);
    return goes_on;
}

static void put_down(fake_server *self, int fd)
{
    pthread_mutex_lock(&self->lock);
    self->talking = -1;
    pthread_mutex_unlock(&self->lock);
    close(fd);
}

static void *serve(void *argument)
{
    fake_server *self = argument;
    for (;;) {
        int fd = accept(self->listener, NULL, NULL);
        if (fd < 0)
            return NULL;
        if (take_up(self, fd))
            self->talk(fd, atomic_fetch_add(&self->count, 1), self->user);
        put_down(self, fd);
    }
}

fake_server *fake_server_start(fake_talk *talk, void *user)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    fake_server *self = calloc(1, sizeof *self);
    self->talk = talk;
    self->user = user;
    self->talking = -1;
    pthread_mutex_init(&self->lock, NULL);
    self->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (self->listener < 0 || bind(self->listener, (struct sockaddr *)&address, length) != 0 ||
        listen(self->listener, 64) != 0 || getsockname(self->listener, (struct sockaddr *)&address, &length) != 0 ||
        pthread_create(&self->thread, NULL, serve, self) != 0) {
        perror("a fake server");
        exit(EXIT_FAILURE);
    }
    self->port = ntohs(address.sin_port);
    return self;
}

int fake_server_port(const fake_server *self)
{
    return self->port;
}

unsigned fake_server_count(const fake_server *self)
{
    return atomic_load(&self->count);
}

void fake_server_stop(fake_server *self)
{
    pthread_mutex_lock(&self->lock);
    self->is_over = true;
    if (self->talking >= 0)
        shutdown(self->talking, SHUT_RDWR);
    pthread_mutex_unlock(&self->lock);
    shutdown(self->listener, SHUT_RDWR);
    pthread_join(self->thread, NULL);
    close(self->listener);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

/* ---- talking ---- */

bool fake_read(int fd, char *bytes, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t got = recv(fd, bytes + done, length - done, 0);
        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

bool fake_write(int fd, const char *bytes, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t sent = send(fd, bytes + done, length - done, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        done += (size_t)sent;
    }
    return true;
}

/* "*3\r\n": the number, and the bytes that it took. */
static bool read_number(int fd, char kind, size_t *number, size_t *length)
{
    char line[32];
    size_t at = 0;
    do {
        if (at + 1 >= sizeof line || !fake_read(fd, line + at, 1))
            return false;
    } while (line[at++] != '\n');
    line[at] = '\0';
    *length += at;
    *number = strtoul(line + 1, NULL, 10);
    return line[0] == kind;
}

static bool read_argument(int fd, char *out, size_t room, size_t *length)
{
    size_t size = 0;
    if (!read_number(fd, '$', &size, length))
        return false;
    *length += size + 2;
    for (size_t i = 0; i < size + 2; i++) {
        char c;
        if (!fake_read(fd, &c, 1))
            return false;
        if (i < size && i + 1 < room) {
            out[i] = (char)toupper((unsigned char)c);
            out[i + 1] = '\0';
        }
    }
    return true;
}

bool fake_command(int fd, char name[32], size_t *length)
{
    size_t count = 0, total = 0;
    char rest[2];
    if (!read_number(fd, '*', &count, &total) || count == 0 || !read_argument(fd, name, 32, &total))
        return false;
    while (--count > 0)
        if (!read_argument(fd, rest, sizeof rest, &total))
            return false;
    if (length != NULL)
        *length = total;
    return true;
}
