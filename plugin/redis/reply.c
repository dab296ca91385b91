/* The reader's object functions, for hiredis 0.14 and 1.x, and the queue that says whose reply it is.
 *
 * Nothing is allocated for what a reply only claims to hold: an array grows as its elements come, and a string is there
 * before it is told. What is not RESP2 is a protocol error. */
#include "reply.h"

#include <hiredis/hiredis.h>
#include <limits.h>
#include <stdio.h>

enum { DEPTH_MAX = 32, FIRST_ELEMENTS = 16, READER_BUFFER = 1 << 20 };
#define BULK_MAX ((size_t)1 << 30) /* bytes that may wait in the reader for the end of a string */

typedef enum trouble { TROUBLE_NONE, TROUBLE_UNASKED, TROUBLE_KIND, TROUBLE_DEPTH, TROUBLE_COUNT } trouble;

struct decoder {
    redisReader *reader;
    flight_queue *queue;
    trouble trouble;
};

static char dropped; /* what the reader is given where nothing is kept: it asks for a pointer that is not NULL */

/* ---- where a value goes ---- */

typedef struct target {
    redis_request *request; /* NULL: dropped */
    command *command;
    redis_place at;
} target;

static size_t depth_of(const redisReadTask *task)
{
    size_t depth = 0;
    for (; task->parent != NULL; task = task->parent)
        depth++;
    return depth;
}

/* Some of the command must have been sent: what was not may be taken off the link, and no reply may then hang half-way
 * in memory that is gone. The link's own requests stay; the server may turn us away before we say a word. */
static bool was_asked(const redis_flight *flight)
{
    return flight->request->connection == NULL || !request_is_untouched(flight->request);
}

/* Records are to come in the order of their commands: what follows one that is asked again is asked again too. */
static bool is_behind_refusal(const redis_request *request, const command *asked)
{
    return request->refused > 0 && asked->sink != NULL && request->intent == REDIS_READS;
}

/* False: a protocol error. */
static bool find_target(const redisReadTask *task, target *out)
{
    decoder *self = task->privdata;
    const redis_flight *flight = self->queue->first;
    *out = (target){.at.depth = depth_of(task)};
    out->at.index = out->at.depth == 0 ? 0 : (size_t)task->idx;
    if (flight == NULL)
        self->trouble = TROUBLE_UNASKED;
    else if (out->at.depth > DEPTH_MAX)
        self->trouble = TROUBLE_DEPTH;
    else if (task->type < REDIS_REPLY_STRING || task->type > REDIS_REPLY_ERROR)
        self->trouble = TROUBLE_KIND;
    if (self->trouble != TROUBLE_NONE)
        return false;
    if (flight->request == NULL)
        return true;
    if (out->at.depth == 0 && !was_asked(flight)) {
        self->trouble = TROUBLE_UNASKED;
        return false;
    }
    out->at.command = flight->request->answered;
    out->command = &flight->request->commands[out->at.command];
    if (is_behind_refusal(flight->request, out->command))
        out->command->is_refused = true;
    else if (out->command->failed == DS_OK)
        out->request = flight->request;
    return true;
}

static bool is_streamed(const target *to, const redisReadTask *task)
{
    return to->command->sink != NULL && !(to->at.depth == 0 && task->type == REDIS_REPLY_ERROR);
}

/* ---- replies that are kept ---- */

static redis_reply *grow_elements(redis_request *request, redis_reply *array, size_t index)
{
    bool is_full = index == 0 || (index >= FIRST_ELEMENTS && (index & (index - 1)) == 0);
    if (is_full) {
        size_t claimed = (size_t)array->integer, room = index == 0 ? FIRST_ELEMENTS : index * 2;
        redis_reply *elements = request_memory(request, (room < claimed ? room : claimed) * sizeof *elements);
        if (elements == NULL)
            return NULL;
        if (index > 0)
            memcpy(elements, array->elements, index * sizeof *elements);
        array->elements = elements;
    }
    array->count = index + 1;
    return (redis_reply *)(uintptr_t)&array->elements[index];
}

/* A node for the value, in its place. NULL: out of memory. */
static redis_reply *make_node(const target *to, const redisReadTask *task, redis_type type)
{
    redis_reply *node;
    if (to->at.depth == 0)
        to->command->reply = node = request_memory(to->request, sizeof *node);
    else
        node = grow_elements(to->request, task->parent->obj, to->at.index);
    if (node != NULL)
        *node = (redis_reply){.type = type};
    return node;
}

/* The command is over, the rest of its reply dropped; the connection lives. */
static void *out_of_memory(const target *to)
{
    to->command->failed = DS_NOMEM;
    to->command->reply = NULL;
    return &dropped;
}

static void *streamed(const target *to, ds_status status)
{
    to->command->is_streaming = true;
    to->command->failed = status;
    return &dropped;
}

/* ---- the reader's functions ---- */

static redis_type text_type(int type)
{
    return type == REDIS_REPLY_ERROR ? REDIS_ERROR : type == REDIS_REPLY_STATUS ? REDIS_STATUS : REDIS_STRING;
}

static void *stream_text(const target *to, const redisReadTask *task, const char *text, size_t length)
{
    const redis_sink *sink = to->command->sink;
    ds_status status = DS_OK;
    if (task->type == REDIS_REPLY_ERROR)
        status = sink->error == NULL ? DS_OK : sink->error(to->command->user, &to->at, text, length);
    else
        status = sink->string == NULL ? DS_OK : sink->string(to->command->user, &to->at, text, length);
    return streamed(to, status);
}

/* Those that are refused for now have one reply: they may be refused many times, for as long as a server loads. */
static bool shares_refusal(const target *to, const redisReadTask *task, const char *text, size_t length)
{
    command *asked = to->command;
    if (to->at.depth > 0 || task->type != REDIS_REPLY_ERROR || !redis_is_refusal(text, length))
        return false;
    asked->is_refused = true;
    return to->request->refusal != NULL;
}

static void *on_text(const redisReadTask *task, char *text, size_t length)
{
    target to;
    if (!find_target(task, &to))
        return NULL;
    if (to.request == NULL)
        return &dropped;
    if (is_streamed(&to, task))
        return stream_text(&to, task, text, length);
    if (shares_refusal(&to, task, text, length))
        return &dropped;
    redis_reply *node = make_node(&to, task, text_type(task->type));
    char *copy = node == NULL ? NULL : request_memory(to.request, length + 1);
    if (copy == NULL)
        return out_of_memory(&to);
    if (to.command->is_refused)
        to.request->refusal = node;
    memcpy(copy, text, length);
    copy[length] = '\0';
    node->text = copy;
    node->length = length;
    return node;
}

static void *on_array_of(const redisReadTask *task, size_t count)
{
    target to;
    if (!find_target(task, &to))
        return NULL;
    if (to.request == NULL)
        return &dropped;
    if (is_streamed(&to, task)) {
        const redis_sink *sink = to.command->sink;
        return streamed(&to, sink->array == NULL ? DS_OK : sink->array(to.command->user, &to.at, count));
    }
    redis_reply *node = make_node(&to, task, REDIS_ARRAY);
    if (node == NULL)
        return out_of_memory(&to);
    node->integer = (int64_t)count; /* the claim; `count` is what came */
    return node;
}

static void *on_integer(const redisReadTask *task, long long integer)
{
    target to;
    if (!find_target(task, &to))
        return NULL;
    if (to.request == NULL)
        return &dropped;
    if (is_streamed(&to, task)) {
        const redis_sink *sink = to.command->sink;
        return streamed(&to, sink->integer == NULL ? DS_OK : sink->integer(to.command->user, &to.at, integer));
    }
    redis_reply *node = make_node(&to, task, REDIS_INTEGER);
    if (node == NULL)
        return out_of_memory(&to);
    node->integer = integer;
    return node;
}

static void *on_nil(const redisReadTask *task)
{
    target to;
    redisReadTask nil = *task; /* a nil array or string: its type says what it would have been */
    nil.type = task->type >= REDIS_REPLY_STRING && task->type <= REDIS_REPLY_ERROR ? REDIS_REPLY_NIL : task->type;
    if (!find_target(&nil, &to))
        return NULL;
    if (to.request == NULL)
        return &dropped;
    if (is_streamed(&to, &nil)) {
        const redis_sink *sink = to.command->sink;
        return streamed(&to, sink->nil == NULL ? DS_OK : sink->nil(to.command->user, &to.at));
    }
    redis_reply *node = make_node(&to, task, REDIS_NIL);
    return node == NULL ? out_of_memory(&to) : node;
}

static void on_free(void *object)
{
    (void)object; /* requests own all memory */
}

#if HIREDIS_MAJOR >= 1
static void *on_array(const redisReadTask *task, size_t count)
{
    decoder *self = task->privdata;
    if (count <= INT_MAX) /* as 0.14 does */
        return on_array_of(task, count);
    self->trouble = TROUBLE_COUNT;
    return NULL;
}

static void *refuse(const redisReadTask *task)
{
    decoder *self = task->privdata;
    self->trouble = TROUBLE_KIND;
    return NULL;
}

static void *on_double(const redisReadTask *task, double number, char *text, size_t length)
{
    (void)number, (void)text, (void)length;
    return refuse(task);
}

static void *on_boolean(const redisReadTask *task, int boolean)
{
    (void)boolean;
    return refuse(task);
}

static redisReplyObjectFunctions functions = {.createString = on_text,
                                              .createArray = on_array,
                                              .createInteger = on_integer,
                                              .createDouble = on_double,
                                              .createNil = on_nil,
                                              .createBool = on_boolean,
                                              .freeObject = on_free};
#else
static void *on_array(const redisReadTask *task, int count)
{
    return on_array_of(task, (size_t)count);
}

static redisReplyObjectFunctions functions = {.createString = on_text,
                                              .createArray = on_array,
                                              .createInteger = on_integer,
                                              .createNil = on_nil,
                                              .freeObject = on_free};
#endif

/* ---- the stream ---- */

decoder *decoder_new(flight_queue *queue)
{
    decoder *self = ds_calloc(1, sizeof *self);
    if (self == NULL)
        return NULL;
    self->reader = redisReaderCreateWithFunctions(&functions);
    if (self->reader == NULL) {
        ds_free(self);
        return NULL;
    }
    self->reader->privdata = self; /* hiredis' macro would cut the pointer to an int */
    self->reader->maxbuf = READER_BUFFER;
    self->queue = queue;
    return self;
}

void decoder_free(decoder *self)
{
    if (self == NULL)
        return;
    redisReaderFree(self->reader);
    ds_free(self);
}

/* The first flight's next reply is whole. */
static void complete(flight_queue *queue)
{
    redis_flight *flight = queue->first;
    redis_request *request = flight->request;
    if (request != NULL) {
        command *done = &request->commands[request->answered];
        redis_place at = {.command = request->answered};
        if (done->is_refused && done->failed == DS_OK) {
            done->reply = request->refusal;
            request->refused++;
        }
        if (done->sink != NULL && done->reply == NULL && done->failed == DS_OK && done->sink->end != NULL)
            done->failed = done->sink->end(done->user, &at);
        done->is_streaming = false;
        request_next(request);
    }
    flight->due -= flight->due > 0; /* a server may turn us away before we have said a word */
    if (flight->due > 0)
        return;
    queue_remove(queue, flight);
    if (request == NULL)
        flight_free(flight);
    else if (request_is_answered(request))
        queue_done(queue, flight);
    else
        queue_add(queue, flight, ds_now()); /* for its next turn */
}

static ds_status fail(const decoder *self, const char *where, ds_error *err)
{
    static const char *const words[] = {[TROUBLE_UNASKED] = "sent a reply that nobody had asked for",
                                        [TROUBLE_KIND] = "sent a reply of a kind that RESP2 does not have",
                                        [TROUBLE_DEPTH] = "sent a reply that is nested too deeply",
                                        [TROUBLE_COUNT] = "sent a reply of too many elements"};
    if (self->trouble != TROUBLE_NONE)
        return ds_error_set(err, DS_BACKEND, "the server at %s %s", where, words[self->trouble]);
    if (self->reader->err == REDIS_ERR_OOM)
        return ds_error_set(err, DS_NOMEM, "out of memory");
    return ds_error_set(err, DS_BACKEND, "the server at %s did not answer as a Redis server does: %s", where,
                        self->reader->errstr);
}

ds_status decoder_feed(decoder *self, const char *bytes, size_t length, const char *where, ds_error *err)
{
    if (redisReaderFeed(self->reader, bytes, length) != REDIS_OK)
        return fail(self, where, err);
    for (;;) {
        void *reply = NULL;
        if (redisReaderGetReply(self->reader, &reply) != REDIS_OK)
            return fail(self, where, err);
        if (reply == NULL)
            break;
        if (self->queue->first == NULL) {
            self->trouble = TROUBLE_UNASKED;
            return fail(self, where, err);
        }
        complete(self->queue);
    }
    if (self->reader->len - self->reader->pos > BULK_MAX)
        return ds_error_set(err, DS_BACKEND, "the server at %s sent a string of more than 1 GiB", where);
    return DS_OK;
}
