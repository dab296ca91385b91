/* Large requests and small ones on one link: whose commands go out when, first on a queue without a socket, and then among
 * threads, where the server's own count says what came between. */
#include "probe.h"
#include "redis/reply.h"
#include "redis/window.h"
#include "redis_server.h"
#include "suite.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a queue without a socket ---- */

typedef struct desk {
    flight_queue queue;
    decoder *decoder;
} desk;

static char somebody; /* a connection, as far as requests look at it */

static redis_request *request_of(size_t commands, size_t bytes)
{
    redis_request *request = redis_request_new((redis *)&somebody);
    char *value = calloc(1, bytes + 1);
    for (size_t i = 0; i < commands; i++) {
        request_begin(request, 1);
        request_bytes(request, value, bytes);
    }
    free(value);
    return request;
}

static redis_request *add(desk *d, size_t commands, size_t bytes)
{
    redis_request *request = request_of(commands, bytes);
    request_depart(request);
    queue_add(&d->queue, request->flight, ds_now());
    return request;
}

/* As the link does: what may go out, up to `most` bytes, goes. */
static void transmit(desk *d, size_t most)
{
    while (d->queue.unsent != NULL && most > 0) {
        redis_flight *flight = d->queue.unsent;
        window_open(&d->queue, flight);
        size_t left = flight->end - flight->sent, part = left < most ? left : most;
        CU_ASSERT_FATAL(left > 0);
        flight->sent += part;
        most -= part;
        if (part == left)
            d->queue.unsent = flight->next;
    }
}

static void answer(desk *d, size_t count)
{
    ds_error error = {0};
    for (size_t i = 0; i < count; i++)
        CU_ASSERT_EQUAL_FATAL(decoder_feed(d->decoder, "+OK\r\n", 5, "here", &error), DS_OK);
}

static size_t due(const desk *d)
{
    size_t count = 0;
    for (const redis_flight *at = d->queue.first; at != NULL; at = at->next)
        count += at->due;
    return count;
}

static void open_desk(desk *d)
{
    *d = (desk){.decoder = NULL};
    d->decoder = decoder_new(&d->queue);
}

static void close_desk(desk *d, redis_request *one, redis_request *other)
{
    CU_ASSERT(d->queue.first == NULL && d->queue.last == NULL && d->queue.unsent == NULL);
    decoder_free(d->decoder);
    redis_request_free(one);
    redis_request_free(other);
}

static void alone(void)
{
    desk d;
    open_desk(&d);
    for (int i = 0; i < 3; i++) { /* one after the other, as of one thread */
        redis_request *large = add(&d, 5000, 1000);
        transmit(&d, SIZE_MAX);
        CU_ASSERT(large->flight->sent == large->flight->length && due(&d) == 5000);
        answer(&d, 5000);
        CU_ASSERT(request_is_answered(large) && d.queue.done == large);
        d.queue.done = d.queue.last_done = NULL;
        redis_request_free(large);
    }
    close_desk(&d, NULL, NULL);
}

static void in_turns(void)
{
    desk d;
    open_desk(&d);
    redis_request *large = add(&d, 1000, 10), *small = add(&d, 1, 10);
    transmit(&d, SIZE_MAX);
    CU_ASSERT_EQUAL(due(&d), TURN_COMMANDS + 1);
    answer(&d, TURN_COMMANDS);
    CU_ASSERT(d.queue.first == small->flight && d.queue.last == large->flight);
    CU_ASSERT(request_is_untouched(large)); /* what is left of it could be taken off */
    transmit(&d, SIZE_MAX);
    answer(&d, 1);
    CU_ASSERT(request_is_answered(small) && !request_is_answered(large));
    for (size_t left = 1000 - TURN_COMMANDS; left > 0;) {
        size_t turn = due(&d);
        CU_ASSERT(turn == (left < TURN_COMMANDS ? left : TURN_COMMANDS)); /* still: others were here lately */
        answer(&d, turn);
        left -= turn;
        transmit(&d, SIZE_MAX);
    }
    CU_ASSERT(request_is_answered(large));
    close_desk(&d, large, small);
}

static void by_bytes(void)
{
    desk d;
    open_desk(&d);
    redis_request *large = add(&d, 40, 30000), *huge = add(&d, 3, 300000);
    transmit(&d, SIZE_MAX);
    CU_ASSERT_EQUAL(large->flight->due, 4); /* of 30,000 bytes each */
    CU_ASSERT_EQUAL(huge->flight->due, 1);
    answer(&d, 4 + 1);
    transmit(&d, SIZE_MAX);
    CU_ASSERT(large->answered == 4 && huge->answered == 1 && due(&d) == 4 + 1);
    while (d.queue.first != NULL) {
        answer(&d, 1);
        transmit(&d, SIZE_MAX);
    }
    CU_ASSERT(request_is_answered(large) && request_is_answered(huge));
    close_desk(&d, large, huge);
}

/* One that was alone, and all of it allowed, when another came. */
static void narrowed(void)
{
    for (size_t some = 0; some <= 200000; some += 500) {
        desk d;
        open_desk(&d);
        redis_request *large = add(&d, 1000, 200);
        transmit(&d, some);
        size_t touched = some % 1000 == 500 ? 600 : 0, begun = 0; /* as a record of TLS may be */
        large->flight->touched = large->flight->sent + touched <= large->flight->end ? touched : 0;
        touched = large->flight->sent + large->flight->touched;
        redis_request *small = add(&d, 1, 10);
        while (begun < 1000 && large->commands[begun].start < touched)
            begun++;
        CU_ASSERT_EQUAL(due(&d), begun == 0 ? 0 : begun < TURN_COMMANDS ? TURN_COMMANDS : begun);
        CU_ASSERT(large->flight->end >= touched);
        large->flight->touched = 0;
        transmit(&d, SIZE_MAX);
        size_t first = large->flight->due;
        CU_ASSERT(first >= TURN_COMMANDS && first <= 1000);
        answer(&d, first + 1);
        CU_ASSERT(request_is_answered(small) && large->answered == first);
        while (d.queue.first != NULL) {
            transmit(&d, SIZE_MAX);
            answer(&d, 1);
        }
        CU_ASSERT(request_is_answered(large));
        close_desk(&d, large, small);
    }
}

/* A request that is let go of in any of its turns leaves an orphan which sends what was begun, and nothing behind it. */
static void orphaned(void)
{
    for (size_t some = 1; some < 20000; some += 37) {
        desk d;
        open_desk(&d);
        redis_request *large = add(&d, 1000, 10), *small = add(&d, 1, 10);
        for (int turn = 0; turn < (int)(some % 3); turn++) {
            transmit(&d, SIZE_MAX);
            answer(&d, d.queue.first->due);
            answer(&d, d.queue.first == small->flight);
        }
        transmit(&d, some);
        redis_flight *flight = large->flight;
        bool is_untouched = request_is_untouched(large);
        request_settle(large);
        size_t sent = 0;
        for (size_t i = large->answered; i < 1000; i++)
            sent += large->commands[i].is_sent;
        if (is_untouched) {
            CU_ASSERT_EQUAL(sent, 0);
            queue_remove(&d.queue, flight);
        } else {
            CU_ASSERT(sent > 0 && sent <= TURN_COMMANDS);
            flight_orphan(flight);
            CU_ASSERT(flight->due == sent && flight->end == flight->length);
            if (d.queue.unsent == flight && flight->sent == flight->end)
                d.queue.unsent = flight->next;
        }
        transmit(&d, SIZE_MAX);
        answer(&d, due(&d));
        CU_ASSERT(request_is_answered(small));
        close_desk(&d, large, small);
    }
}

/* Some were answered already, in between. */
static void with_holes(void)
{
    desk d;
    open_desk(&d);
    redis_request *large = add(&d, 1000, 10);
    transmit(&d, SIZE_MAX);
    ds_error error = {0};
    for (int i = 0; i < 1000; i++) {
        const char *reply = i % 2 == 0 ? "+OK\r\n" : "-LOADING soon\r\n";
        CU_ASSERT_EQUAL(decoder_feed(d.decoder, reply, strlen(reply), "here", &error), DS_OK);
    }
    size_t length = large->flight->length;
    CU_ASSERT(request_is_answered(large) && large->refused == 500);
    CU_ASSERT_EQUAL(request_take_refused(large), 500);
    CU_ASSERT(large->answered == 1 && large->flight->length == length / 2);
    request_depart(large);
    queue_add(&d.queue, large->flight, ds_now());
    redis_request *small = add(&d, 1, 10);
    for (size_t left = 500; left > 0;) {
        transmit(&d, SIZE_MAX);
        size_t turn = d.queue.first->due;
        CU_ASSERT(turn == (left < TURN_COMMANDS ? left : TURN_COMMANDS));
        left -= turn;
        answer(&d, due(&d));
    }
    CU_ASSERT(request_is_answered(large) && request_is_answered(small) && large->refused == 0);
    CU_ASSERT_EQUAL(large->flight->sent, length / 2);
    close_desk(&d, large, small);
}

/* ---- among threads ---- */

enum { WRITERS = 4, BATCHES = 50, BATCH = 1000, LOOKS_MOST = 20000, TRIES_MOST = 20 };

static redis_server *server;

typedef struct writer {
    redis *connection;
    atomic_uint *left;
    pthread_t thread;
} writer;

static ds_status count_up(redis *connection, size_t commands)
{
    ds_error error = {0};
    ds_call call = {.size = sizeof call, .deadline = ds_now() + INT64_C(60000000000), .error = &error};
    redis_request *request = redis_request_new(connection);
    for (size_t i = 0; i < commands; i++)
        probe_encode(request, "INCR counted");
    ds_status status = redis_run(connection, request, REDIS_WRITES, &call);
    for (size_t i = 1; i < commands && status == DS_OK; i++) /* in their order */
        if (redis_reply_at(request, i)->integer <= redis_reply_at(request, i - 1)->integer)
            status = DS_BACKEND;
    redis_request_free(request);
    return status;
}

static void *write_batches(void *user)
{
    writer *w = user;
    for (int i = 0; i < BATCHES; i++)
        CU_ASSERT_EQUAL(count_up(w->connection, BATCH), DS_OK);
    atomic_fetch_sub(w->left, 1);
    return NULL;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* How far the counter went from one find to the next. */
static void look(probe *p, atomic_uint *left, int64_t *between, int64_t *took, size_t *count)
{
    int64_t before = -1;
    while (atomic_load(left) == WRITERS && *count < LOOKS_MOST) {
        char reply[256];
        int64_t started = ds_now();
        CU_ASSERT_EQUAL_FATAL(probe_say(p, "GET counted", false, 60000, reply), DS_OK);
        int64_t now = atoll(reply);
        if (before >= 0) {
            between[*count] = now - before;
            took[(*count)++] = ds_now() - started;
        }
        before = now;
    }
}

/* The median of the commands between two finds. */
static int64_t among_writers(const char *settings)
{
    static int64_t between[LOOKS_MOST], took[LOOKS_MOST];
    probe p;
    char reply[256];
    size_t count = 0;
    writer writers[WRITERS];
    atomic_uint left = WRITERS;
    free(redis_server_command(server, "SET counted 0"));
    CU_ASSERT_EQUAL(probe_open(&p, "%s", settings), DS_OK);
    CU_ASSERT_EQUAL(probe_say(&p, "PING", false, 5000, reply), DS_OK);
    for (int k = 0; k < WRITERS; k++) {
        writers[k] = (writer){.connection = p.connection, .left = &left};
        pthread_create(&writers[k].thread, NULL, write_batches, &writers[k]);
    }
    look(&p, &left, between, took, &count);
    for (int k = 0; k < WRITERS; k++)
        pthread_join(writers[k].thread, NULL);
    CU_ASSERT_EQUAL(probe_say(&p, "GET counted", false, 5000, reply), DS_OK);
    CU_ASSERT_EQUAL(atoi(reply), WRITERS * BATCHES * BATCH);
    probe_close(&p);
    if (count == 0)
        return INT64_MAX;
    qsort(between, count, sizeof *between, compare);
    qsort(took, count, sizeof *took, compare);
    printf("%zu finds: %lld foreign commands between two (median; %lld at most), %.2f ms (median; %.2f at most)\n",
           count, (long long)between[count / 2], (long long)between[count - 1], (double)took[count / 2] / 1e6,
           (double)took[count - 1] / 1e6);
    return between[count / 2];
}

/* A turn of each writer, and one that began before the find was seen. On a busy machine the finder waits for a processor while
 * the others go on, which is no matter of turns: so it may be tried again. */
static void not_starved(void)
{
    for (int i = 0; i < 2; i++) {
        char settings[128];
        int tries = 0;
        snprintf(settings, sizeof settings, "{\"port\": %d}", server->port);
        if (i == 1)
            snprintf(settings, sizeof settings, "{\"url\": \"unix://%s\"}", server->socket);
        while (among_writers(settings) > 2 * WRITERS * TURN_COMMANDS && tries < TRIES_MOST)
            tries++;
        CU_ASSERT(tries < TRIES_MOST);
    }
}

int main(void)
{
    static const test tests[] = {
        {"a request that is alone goes out whole", alone},
        {"where others wait, a request has turns of 256 commands, and goes behind them after each", in_turns},
        {"a turn is 128 KiB at most, or one command", by_bytes},
        {"one that was alone leaves what was not begun for later when another comes", narrowed},
        {"one that is let go of sends what was begun, and nothing behind it", orphaned},
        {"what was answered already takes no part in turns", with_holes},
        {"four threads with batches do not starve one that finds", not_starved},
    };
    server = redis_server_start(NULL);
    int status = SUITE_RUN("redis turns", tests);
    redis_server_stop(server);
    return status;
}
