/* Requests: commands encoded straight into the bytes that are sent (RESP arrays of bulk strings), memory for their
 * replies, and what became of each. */
#include "window.h"

#include <stdint.h>

struct chunk {
    chunk *next;
    max_align_t memory[];
};

enum { CHUNK_BYTES = 1024 };

redis_request *redis_request_new(redis *connection)
{
    redis_request *request = ds_calloc(1, sizeof *request);
    if (request == NULL)
        return NULL;
    request->connection = connection;
    request->commands = request->first;
    request->room = sizeof request->first / sizeof *request->first;
    return request;
}

static void free_chunks(redis_request *request)
{
    while (request->chunks != NULL) {
        chunk *next = request->chunks->next;
        ds_free(request->chunks);
        request->chunks = next;
    }
    request->next = request->end = NULL;
}

void redis_request_free(redis_request *request)
{
    if (request == NULL)
        return;
    free_chunks(request);
    if (request->commands != request->first)
        ds_free(request->commands);
    flight_free(request->flight);
    ds_free(request);
}

void redis_request_reset(redis_request *request)
{
    if (request->chunks != NULL && request->chunks->next == NULL)
        request->next = (char *)request->chunks->memory; /* the usual case: one chunk, used again and again */
    else
        free_chunks(request);
    request->count = request->answered = request->refused = request->arguments_left = 0;
    request->refusal = NULL;
    request->failed = DS_OK;
    request->passage.refused = DS_OK;
    request->passage.sent_at = 0;
    if (request->flight != NULL)
        request->flight->length = 0;
}

void *request_memory(redis_request *request, size_t size)
{
    const size_t align = _Alignof(max_align_t);
    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + align - 1) / align * align;
    if (size > (size_t)(request->end - request->next)) {
        size_t room = size > CHUNK_BYTES ? size : CHUNK_BYTES;
        chunk *fresh = ds_malloc(sizeof *fresh + room);
        if (fresh == NULL)
            return NULL;
        fresh->next = request->chunks;
        request->chunks = fresh;
        request->next = (char *)fresh->memory;
        request->end = request->next + room;
    }
    void *memory = request->next;
    request->next += size;
    return memory;
}

/* ---- encoding ---- */

static void fail(redis_request *request, ds_status status)
{
    if (request->failed == DS_OK)
        request->failed = status;
}

static redis_flight *flight_new(void)
{
    redis_flight *flight = ds_malloc(sizeof *flight);
    if (flight == NULL)
        return NULL;
    memset(flight, 0, offsetof(redis_flight, first));
    flight->bytes = flight->first;
    flight->room = sizeof flight->first;
    return flight;
}

/* `used` bytes of memory that lies in its owner while it is `first`, else alone; *memory is moved to where there are `room`. */
static bool move(void **memory, void *first, size_t used, size_t room)
{
    bool is_first = *memory == first;
    void *moved = ds_realloc(is_first ? NULL : *memory, room);
    if (moved == NULL)
        return false;
    if (is_first)
        memcpy(moved, first, used);
    *memory = moved;
    return true;
}

/* Room for `more` bytes at the end, which are not yet counted. NULL: out of memory. */
static char *reserve(redis_request *request, size_t more)
{
    redis_flight *flight = request->flight;
    if (flight == NULL && request->failed == DS_OK)
        flight = request->flight = flight_new();
    if (flight == NULL || request->failed != DS_OK || more > SIZE_MAX / 4) {
        fail(request, DS_NOMEM);
        return NULL;
    }
    if (more > flight->room - flight->length) {
        size_t room = flight->room * 2;
        void *bytes = flight->bytes;
        while (room - flight->length < more)
            room *= 2;
        if (!move(&bytes, flight->first, flight->length, room)) {
            fail(request, DS_NOMEM);
            return NULL;
        }
        flight->bytes = bytes;
        flight->room = room;
    }
    return flight->bytes + flight->length;
}

enum { HEADER_BYTES = 24 };

/* "*3\r\n", "$12\r\n": `out` has room for HEADER_BYTES. */
static size_t put_header(char *out, char kind, size_t number)
{
    char digits[20];
    size_t count = 0, length = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    out[length++] = kind;
    while (count > 0)
        out[length++] = digits[--count];
    out[length++] = '\r';
    out[length++] = '\n';
    return length;
}

static command *add_command(redis_request *request)
{
    if (request->count == request->room) {
        void *commands = request->commands;
        if (!move(&commands, request->first, sizeof request->first, request->room * 2 * sizeof(command))) {
            fail(request, DS_NOMEM);
            return NULL;
        }
        request->commands = commands;
        request->room *= 2;
    }
    command *added = &request->commands[request->count++];
    memset(added, 0, sizeof *added);
    return added;
}

void request_begin_sink(redis_request *request, size_t argc, const redis_sink *sink, void *user)
{
    if (request->arguments_left != 0 || argc == 0)
        fail(request, DS_BACKEND);
    char *out = reserve(request, HEADER_BYTES);
    if (out == NULL)
        return;
    command *added = add_command(request);
    if (added == NULL)
        return;
    added->start = request->flight->length;
    added->sink = sink;
    added->user = user;
    request->flight->length += put_header(out, '*', argc);
    request->arguments_left = argc;
}

void request_begin(redis_request *request, size_t argc)
{
    request_begin_sink(request, argc, NULL, NULL);
}

char *request_room(redis_request *request, size_t length)
{
    if (request->arguments_left == 0)
        fail(request, DS_BACKEND);
    char *out = length < SIZE_MAX / 8 ? reserve(request, HEADER_BYTES + length + 2) : reserve(request, length);
    if (out == NULL)
        return NULL;
    request->arguments_left--;
    size_t header = put_header(out, '$', length);
    memcpy(out + header + length, "\r\n", 2);
    request->flight->length += header + length + 2;
    return out + header;
}

void request_bytes(redis_request *request, const void *bytes, size_t length)
{
    char *room = request_room(request, length);
    if (room != NULL && length > 0)
        memcpy(room, bytes, length);
}

void request_text(redis_request *request, const char *text)
{
    request_bytes(request, text, strlen(text));
}

void request_integer(redis_request *request, int64_t integer)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t left = integer < 0 ? -(uint64_t)integer : (uint64_t)integer;
    do
        digits[--at] = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (integer < 0)
        digits[--at] = '-';
    request_bytes(request, digits + at, sizeof digits - at);
}

void request_undo(redis_request *request)
{
    if (request->count == 0 || request->failed != DS_OK)
        return;
    request->flight->length = request->commands[--request->count].start;
    request->arguments_left = 0;
}

size_t request_count(const redis_request *request)
{
    return request->count;
}

size_t request_size(const redis_request *request)
{
    return request->flight == NULL ? 0 : request->flight->length;
}

/* ---- before and after a run ---- */

ds_status request_check(redis_request *request, ds_error *err)
{
    if (request->failed == DS_NOMEM)
        return ds_error_set(err, DS_NOMEM, "out of memory");
    if (request->failed != DS_OK || request->arguments_left != 0)
        return ds_error_set(err, DS_BACKEND, "a command was put together with a wrong number of arguments");
    if (request->count > 0 && (request->flight == NULL || request->answered > 0))
        return ds_error_set(err, DS_BACKEND, "a request was run again without being reset");
    return DS_OK;
}

/* Of those before `end`. */
static size_t count_unanswered(const redis_request *request, size_t end)
{
    size_t count = 0;
    for (size_t i = request->answered; i < end; i++)
        count += !request->commands[i].is_answered;
    return count;
}

void request_depart(redis_request *request)
{
    redis_flight *flight = request->flight;
    flight->request = request;
    flight->sent = request->answered < request->count ? request->commands[request->answered].start : flight->length;
    flight->end = flight->sent;
    flight->ahead = request->answered;
    flight->touched = flight->due = 0;
}

void request_next(redis_request *request)
{
    request->commands[request->answered].is_answered = true;
    do
        request->answered++;
    while (request->answered < request->count && request->commands[request->answered].is_answered);
}

bool request_is_answered(const redis_request *request)
{
    return request->answered == request->count;
}

bool request_is_untouched(const redis_request *request)
{
    const redis_flight *flight = request->flight;
    return !request_is_answered(request) && flight->touched == 0 &&
           flight->sent <= request->commands[request->answered].start;
}

void request_settle(redis_request *request)
{
    const redis_flight *flight = request->flight;
    size_t sent = flight->sent + flight->touched;
    for (size_t i = request->answered; i < request->count; i++) {
        command *left = &request->commands[i];
        if (left->is_answered)
            continue;
        left->is_sent = left->is_sent || sent > left->start; /* now, or the last time */
        left->reply = NULL;
        left->failed = DS_OK;
        if (left->is_streaming && left->sink->again != NULL)
            left->sink->again(left->user, &(redis_place){.command = i});
        left->is_streaming = false;
    }
}

const redis_reply *redis_reply_at(const redis_request *request, size_t number)
{
    return number < request->count ? request->commands[number].reply : NULL;
}

ds_status redis_command_status(const redis_request *request, size_t number, ds_error *err)
{
    if (number >= request->count)
        return ds_error_set(err, DS_BACKEND, "there is no such command");
    const command *asked = &request->commands[number];
    if (asked->is_answered)
        return DS_OK;
    ds_error said = request->cause;
    if (request->intent != REDIS_READS && asked->is_sent)
        request_tell_unknown(&request->cause, &said);
    if (err != NULL)
        *err = said;
    return said.status;
}

ds_status request_tell_unknown(const ds_error *cause, ds_error *err)
{
    if (cause->status == DS_UNKNOWN_OUTCOME) {
        *err = *cause;
        return cause->status;
    }
    ds_error_set(err, DS_UNKNOWN_OUTCOME, "%s after a write had been sent: it may or may not be done", cause->message);
    err->native = cause->native;
    return err->status;
}

bool redis_command_is_open(const redis_request *request, size_t number)
{
    return number < request->count && request->commands[number].is_sent &&
           redis_reply_is(request->commands[number].reply, "NOSCRIPT");
}

void request_keeps_open(redis_request *request)
{
    if (request->count > 0)
        request->commands[request->count - 1].is_sent = true;
}

/* ---- repeats ---- */

/* The server has not looked for the token, or is not the one that would know it. */
static bool is_turned_away(const redis_reply *reply)
{
    ds_status status = redis_reply_status(reply);
    return status == DS_BUSY || status == DS_AUTH || status == DS_READONLY;
}

const redis_reply *request_doubt_repeats(redis_request *request)
{
    const redis_reply *first = NULL;
    for (size_t i = 0; request->intent == REDIS_TOKENED && i < request->count; i++) {
        command *asked = &request->commands[i];
        if (!asked->is_sent || !is_turned_away(asked->reply))
            continue;
        asked->is_answered = false;
        first = first == NULL ? asked->reply : first;
    }
    return first;
}

/* ---- refusals ---- */

/* Their bytes move together; one that is answered has none any more. */
size_t request_take_refused(redis_request *request)
{
    redis_flight *flight = request->flight;
    size_t taken = 0, length = 0;
    for (size_t i = 0; i < request->count; i++) {
        command *asked = &request->commands[i];
        size_t start = asked->start, end = i + 1 < request->count ? asked[1].start : flight->length;
        asked->start = length;
        if (!asked->is_refused || asked->failed != DS_OK)
            continue;
        if (taken++ == 0)
            request->answered = i;
        asked->is_refused = asked->is_answered = false;
        asked->reply = NULL;
        memmove(flight->bytes + length, flight->bytes + start, end - start);
        length += end - start;
    }
    flight->length = length;
    request->refused = 0;
    return taken;
}

/* ---- flights ---- */

void flight_free(redis_flight *flight)
{
    if (flight == NULL)
        return;
    if (flight->is_secret) {
        explicit_bzero(flight->bytes, flight->room);
        explicit_bzero(flight->first, sizeof flight->first);
    }
    if (flight->bytes != flight->first)
        ds_free(flight->bytes);
    ds_free(flight);
}

void flight_orphan(redis_flight *flight)
{
    const redis_request *request = flight->request;
    for (size_t i = request->answered; i < request->count; i++)
        if (request->commands[i].start >= flight->sent + flight->touched) {
            flight->length = request->commands[i].start;
            flight->due = count_unanswered(request, i);
            break;
        }
    flight->end = flight->length;
    flight->request->flight = NULL;
    flight->request = NULL;
}

/* The last has another behind it from now on: it may have nothing more to send in this turn. */
static void end_turn(flight_queue *queue, redis_flight *last, int64_t now)
{
    window_narrow(last);
    if (queue->unsent == last && last->due > 0 && last->sent == last->end)
        queue->unsent = NULL;
    queue->shared_at = now;
}

void queue_add(flight_queue *queue, redis_flight *flight, int64_t now)
{
    flight->next = NULL;
    flight->is_queued = true;
    if (queue->last != NULL) {
        end_turn(queue, queue->last, now);
        queue->last->next = flight;
    } else {
        queue->first = flight;
    }
    queue->last = flight;
    if (queue->unsent == NULL)
        queue->unsent = flight;
}

void queue_remove(flight_queue *queue, redis_flight *flight)
{
    redis_flight *before = NULL;
    for (redis_flight *at = queue->first; at != flight; at = at->next)
        before = at;
    if (before != NULL)
        before->next = flight->next;
    else
        queue->first = flight->next;
    if (queue->last == flight)
        queue->last = before;
    if (queue->unsent == flight)
        queue->unsent = flight->next;
    flight->next = NULL;
    flight->is_queued = false;
}

void queue_done(flight_queue *queue, redis_flight *flight)
{
    redis_request *request = flight->request;
    if (request == NULL || request->connection == NULL)
        return;
    request->passage.next = NULL;
    if (queue->last_done != NULL)
        queue->last_done->passage.next = request;
    else
        queue->done = request;
    queue->last_done = request;
}
