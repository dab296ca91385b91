/* One thread of poll(2). A connection is a pair of sockets and two streams, each with what was read and has not been passed on.
 * One lock; the thread holds it but in poll, and whoever changes something wakes the thread and waits until it was seen. */
#include "proxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER_BYTES = 65536, PAIRS_MAX = 256, RECORD_HEADER = 5 };
#define NEVER     INT64_MAX
#define MOMENT_NS INT64_C(200000) /* between two bytes that go one by one: the reader shall have looked */

const char *const PROXY_FAULTS[] = {"none", "cut", "reset", "stall", "delay", "split"};

typedef struct stream {
    int from, to;
    char *bytes; /* BUFFER_BYTES, read and not yet passed on: from begin to end */
    size_t begin, end;
    size_t passed, records;
    size_t record_left; /* of the TLS record under way */
    int64_t held_until; /* 0: not held */
    size_t singles;     /* so many more bytes go one by one */
    bool is_blocked;    /* the reader does not read */
    bool has_ended, is_shut;
} stream;

typedef struct pair {
    int fds[2];        /* the client, the server */
    stream streams[2]; /* to the client, to the server */
    unsigned plan;
    bool is_cut;
} pair;

struct proxy {
    pthread_mutex_t lock;
    pthread_cond_t seen;
    pthread_t thread;
    int listener, port, server_port, wake;
    unsigned asked, done; /* rounds of the thread that were asked for, and that were done */
    bool ends, refuses, is_silent, cuts, cuts_by_reset;
    proxy_plan plan;
    unsigned plan_number;
    bool has_struck;
    proxy_count count;
    pair *pairs[PAIRS_MAX];
    size_t pair_count;
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void give_up(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

/* ---- pairs ---- */

static void close_one(int fd, bool by_reset)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    if (by_reset)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    close(fd);
}

static void pair_close(pair *one, bool by_reset)
{
    for (int i = 0; i < 2; i++)
        if (one->fds[i] >= 0)
            close_one(one->fds[i], by_reset);
    one->fds[0] = one->fds[1] = -1;
}

static void pair_free(pair *one)
{
    pair_close(one, true);
    free(one->streams[0].bytes);
    free(one->streams[1].bytes);
    free(one);
}

/* The end of the stream for both. They are read on until they hang up themselves: closing with something unread would be a reset. */
static void pair_cut(pair *one)
{
    one->is_cut = true;
    for (int i = 0; i < 2; i++) {
        stream *s = &one->streams[i];
        s->begin = s->end = 0;
        s->is_blocked = false;
        s->held_until = 0;
        if (!s->is_shut)
            shutdown(s->to, SHUT_WR);
        s->is_shut = true;
    }
}

static int dial(int port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static void strike(proxy *self, pair *one, stream *s)
{
    self->has_struck = true;
    switch (self->plan.fault) {
    case PROXY_CUT:
        pair_cut(one);
        return;
    case PROXY_RESET:
        pair_close(one, true);
        return;
    case PROXY_STALL:
        s->held_until = NEVER;
        return;
    case PROXY_DELAY:
        s->held_until = now_ns() + self->plan.ms * INT64_C(1000000);
        return;
    default:
        s->singles = self->plan.span;
    }
}

static bool is_meant(const proxy *self, const pair *one, const stream *s)
{
    return !self->has_struck && self->plan.fault != PROXY_NONE && one->plan == self->plan_number &&
           s == &one->streams[self->plan.to_server];
}

static void strike_if_due(proxy *self, pair *one, stream *s)
{
    if (is_meant(self, one, s) && (self->plan.counts_records ? s->records : s->passed) == self->plan.at)
        strike(self, one, s);
}

static void take_connection(proxy *self)
{
    int client = accept4(self->listener, NULL, NULL, SOCK_CLOEXEC);
    if (client < 0)
        return;
    int server = self->pair_count < PAIRS_MAX ? dial(self->server_port) : -1;
    if (server < 0) {
        close_one(client, true);
        return;
    }
    pair *one = calloc(1, sizeof *one);
    const int yes = 1;
    one->plan = self->plan_number;
    for (int i = 0; i < 2; i++) {
        one->fds[i] = i == 0 ? client : server;
        one->streams[i] = (stream){.from = i == 0 ? server : client, .to = one->fds[i], .bytes = malloc(BUFFER_BYTES)};
        setsockopt(one->fds[i], IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    }
    self->pairs[self->pair_count++] = one;
    self->count.connections++;
    for (int i = 0; i < 2 && one->fds[0] >= 0; i++)
        strike_if_due(self, one, &one->streams[i]);
}

/* ---- bytes ---- */

static void stream_read(const pair *one, stream *s)
{
    if (s->has_ended)
        return;
    if (s->begin > 0) {
        memmove(s->bytes, s->bytes + s->begin, s->end - s->begin);
        s->end -= s->begin;
        s->begin = 0;
    }
    if (s->end == BUFFER_BYTES)
        return;
    ssize_t got = recv(s->from, s->bytes + s->end, BUFFER_BYTES - s->end, MSG_DONTWAIT);
    if (got > 0)
        s->end += one->is_cut ? 0 : (size_t)got;
    else if (got == 0 || (errno != EAGAIN && errno != EINTR))
        s->has_ended = true;
}

/* How many bytes may go now, so that none goes beyond the place where the fault is to strike. */
static size_t next_portion(const proxy *self, const pair *one, stream *s)
{
    size_t most = s->end - s->begin;
    if (s->singles > 0)
        return most > 0;
    if (one->plan == self->plan_number && self->plan.counts_records) {
        if (s->record_left == 0 && most >= RECORD_HEADER) {
            const unsigned char *header = (const unsigned char *)s->bytes + s->begin;
            s->record_left = RECORD_HEADER + ((size_t)header[3] << 8) + header[4];
        }
        if (s->record_left == 0)
            return s->has_ended ? most : 0;
        return most < s->record_left ? most : s->record_left;
    }
    if (is_meant(self, one, s) && self->plan.at > s->passed && most > self->plan.at - s->passed)
        return self->plan.at - s->passed;
    return most;
}

static void count_passed(proxy *self, const pair *one, stream *s, size_t bytes)
{
    bool ends_record = s->record_left > 0 && s->record_left == bytes;
    s->begin += bytes;
    s->passed += bytes;
    s->records += ends_record;
    s->record_left -= bytes < s->record_left ? bytes : s->record_left;
    if (one->plan == self->plan_number) {
        self->count.bytes[s == &one->streams[1]] += bytes;
        self->count.records[s == &one->streams[1]] += ends_record;
    }
    if (s->singles > 0) {
        s->singles--;
        s->held_until = now_ns() + MOMENT_NS;
    }
}

static void stream_write(proxy *self, pair *one, stream *s)
{
    size_t portion;
    s->is_blocked = false;
    if (s->held_until != 0 && now_ns() < s->held_until)
        return;
    s->held_until = 0;
    while (!s->is_shut && s->held_until == 0 && (portion = next_portion(self, one, s)) > 0) {
        ssize_t sent = send(s->to, s->bytes + s->begin, portion, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
            s->is_blocked = true;
            return;
        }
        if (sent < 0) { /* nobody is there any more */
            s->is_shut = true;
            s->has_ended = true;
            return;
        }
        count_passed(self, one, s, (size_t)sent);
        strike_if_due(self, one, s);
        if (one->fds[0] < 0)
            return;
    }
    if (s->has_ended && s->begin == s->end && !s->is_shut && s->held_until == 0) {
        shutdown(s->to, SHUT_WR);
        s->is_shut = true;
    }
}

static bool pair_work(proxy *self, pair *one)
{
    for (int i = 0; i < 2 && one->fds[0] >= 0; i++) {
        stream_read(one, &one->streams[i]);
        stream_write(self, one, &one->streams[i]);
    }
    return one->fds[0] >= 0 && !(one->streams[0].has_ended && one->streams[1].has_ended && one->streams[0].is_shut &&
                                 one->streams[1].is_shut);
}

/* ---- the thread ---- */

static short events_of(const pair *one, int side)
{
    const stream *in = &one->streams[1 - side], *out = &one->streams[side];
    bool reads = !in->has_ended && in->end - in->begin < BUFFER_BYTES;
    return (short)((reads ? POLLIN : 0) | (out->is_blocked ? POLLOUT : 0));
}

/* A descriptor of which nothing is wanted is left out: it would tell of its end again and again. */
static int64_t collect(const proxy *self, struct pollfd *fds)
{
    int64_t wake = NEVER;
    fds[0] = (struct pollfd){.fd = self->wake, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = self->is_silent ? -1 : self->listener, .events = POLLIN};
    for (size_t i = 0; i < self->pair_count; i++)
        for (int side = 0; side < 2; side++) {
            const pair *one = self->pairs[i];
            short events = self->is_silent ? 0 : events_of(one, side);
            fds[2 + 2 * i + (size_t)side] = (struct pollfd){.fd = events == 0 ? -1 : one->fds[side], .events = events};
            int64_t held = one->streams[side].held_until;
            if (!self->is_silent && held != 0 && held < wake)
                wake = held;
        }
    return wake;
}

static void await(proxy *self)
{
    struct pollfd fds[2 + 2 * PAIRS_MAX];
    int64_t wake = collect(self, fds), left = wake == NEVER ? 0 : wake - now_ns();
    nfds_t count = 2 + 2 * (nfds_t)self->pair_count;
    struct timespec most = {0, 0};
    if (left > 0)
        most = (struct timespec){left / 1000000000, left % 1000000000};
    pthread_mutex_unlock(&self->lock);
    ppoll(fds, count, wake == NEVER ? NULL : &most, NULL);
    pthread_mutex_lock(&self->lock);
    if (fds[1].revents != 0 && self->listener >= 0 && !self->is_silent)
        take_connection(self);
}

static void work(proxy *self)
{
    size_t kept = 0;
    for (size_t i = 0; i < self->pair_count; i++) {
        pair *one = self->pairs[i];
        if (self->cuts && self->cuts_by_reset)
            pair_close(one, true);
        else if (self->cuts)
            pair_cut(one);
        if (self->is_silent ? one->fds[0] >= 0 : pair_work(self, one))
            self->pairs[kept++] = one;
        else
            pair_free(one);
    }
    self->pair_count = self->count.open = kept;
    self->cuts = false;
}

static void listen_again(proxy *self)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)self->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    const int yes = 1;
    self->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (self->listener < 0 || setsockopt(self->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(self->listener, (struct sockaddr *)&address, length) != 0 || listen(self->listener, 256) != 0 ||
        getsockname(self->listener, (struct sockaddr *)&address, &length) != 0)
        give_up("a proxy");
    self->port = ntohs(address.sin_port);
}

static void obey(proxy *self)
{
    uint64_t ignored;
    if (self->refuses && self->listener >= 0) {
        close(self->listener);
        self->listener = -1;
    } else if (!self->refuses && self->listener < 0) {
        listen_again(self);
    }
    if (self->done != self->asked && read(self->wake, &ignored, sizeof ignored) > 0)
        self->done = self->asked;
}

static void *run(void *argument)
{
    proxy *self = argument;
    pthread_mutex_lock(&self->lock);
    while (!self->ends) {
        obey(self);
        work(self);
        pthread_cond_broadcast(&self->seen);
        await(self);
    }
    pthread_mutex_unlock(&self->lock);
    return NULL;
}

/* ---- what a test calls ---- */

proxy *proxy_start(int server_port)
{
    proxy *self = calloc(1, sizeof *self);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&self->seen, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&self->lock, NULL);
    self->server_port = server_port;
    self->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    listen_again(self);
    if (self->wake < 0 || pthread_create(&self->thread, NULL, run, self) != 0)
        give_up("a proxy");
    return self;
}

/* Holds the lock. Wakes the thread, and returns once it has done what was set before. */
static void see(proxy *self)
{
    const uint64_t one = 1;
    unsigned number = ++self->asked;
    if (write(self->wake, &one, sizeof one) != sizeof one)
        give_up("a proxy");
    while (!self->ends && (int)(self->done - number) < 0)
        pthread_cond_wait(&self->seen, &self->lock);
}

void proxy_stop(proxy *self)
{
    pthread_mutex_lock(&self->lock);
    self->ends = true;
    see(self);
    pthread_mutex_unlock(&self->lock);
    pthread_join(self->thread, NULL);
    for (size_t i = 0; i < self->pair_count; i++)
        pair_free(self->pairs[i]);
    if (self->listener >= 0)
        close(self->listener);
    close(self->wake);
    pthread_cond_destroy(&self->seen);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

int proxy_port(const proxy *self)
{
    return self->port;
}

void proxy_set(proxy *self, const proxy_plan *plan)
{
    pthread_mutex_lock(&self->lock);
    self->plan = plan == NULL ? (proxy_plan){.fault = PROXY_NONE} : *plan;
    self->plan_number++;
    self->has_struck = false;
    self->count = (proxy_count){.open = self->pair_count};
    pthread_mutex_unlock(&self->lock);
}

bool proxy_struck(proxy *self)
{
    return proxy_await_struck(self, 0);
}

static bool has_struck(const proxy *self)
{
    return self->has_struck;
}

static bool is_quiet(const proxy *self)
{
    return self->pair_count == 0;
}

static bool await_that(proxy *self, bool (*that)(const proxy *), int ms)
{
    int64_t until = now_ns() + ms * INT64_C(1000000);
    struct timespec end = {until / 1000000000, until % 1000000000};
    pthread_mutex_lock(&self->lock);
    while (!that(self) && ms > 0 && pthread_cond_timedwait(&self->seen, &self->lock, &end) == 0)
        continue;
    bool is_so = that(self);
    pthread_mutex_unlock(&self->lock);
    return is_so;
}

bool proxy_await_struck(proxy *self, int ms)
{
    return await_that(self, has_struck, ms);
}

bool proxy_await_quiet(proxy *self, int ms)
{
    return await_that(self, is_quiet, ms);
}

proxy_count proxy_counted(proxy *self)
{
    pthread_mutex_lock(&self->lock);
    proxy_count count = self->count;
    pthread_mutex_unlock(&self->lock);
    return count;
}

void proxy_release(proxy *self)
{
    pthread_mutex_lock(&self->lock);
    for (size_t i = 0; i < self->pair_count; i++)
        for (int k = 0; k < 2; k++)
            self->pairs[i]->streams[k].held_until = 0;
    see(self);
    pthread_mutex_unlock(&self->lock);
}

void proxy_cut_all(proxy *self, bool reset)
{
    pthread_mutex_lock(&self->lock);
    self->cuts = true;
    self->cuts_by_reset = reset;
    see(self);
    pthread_mutex_unlock(&self->lock);
}

void proxy_refuse(proxy *self, bool on)
{
    pthread_mutex_lock(&self->lock);
    self->refuses = on;
    see(self);
    pthread_mutex_unlock(&self->lock);
}

void proxy_silence(proxy *self, bool on)
{
    pthread_mutex_lock(&self->lock);
    self->is_silent = on;
    see(self);
    pthread_mutex_unlock(&self->lock);
}
