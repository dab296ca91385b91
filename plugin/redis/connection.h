/* The Redis connection as the mapping sees it: requests of one or many commands, run within a deadline, and what became
 * of them. No Redis command but those of the handshake is known here, and no record.
 *
 * A request lives on the heap. redis_run() lends it to the connection; an operation that ends early leaves it there as
 * an orphan (the command that was begun is sent to its end, late replies are dropped), so redis_request_free() may be called at any time
 * after redis_run() has returned, and no sink is called any more once it has. */
#ifndef REDIS_CONNECTION_H
#define REDIS_CONNECTION_H

#include <datasource/connector.h>

/* plugin/redis/options.c: the connector's whole table, for ds_connector.options. */
extern const ds_option redis_options[];

/* ---- the connection ---- */

typedef struct redis redis;

/* The entries of the vtable. Several threads may call any of them but redis_open() and redis_close(). */
ds_status redis_open(ds_source *source, redis **out,
                     ds_call *call);                       /* looks at local files alone; DS_CONFIG, DS_UNSUPPORTED */
void redis_close(redis *connection);                       /* NULL does nothing */
ds_status redis_connect(redis *connection, ds_call *call); /* one attempt; DS_OK at once where it stands */
void redis_disconnect(redis *connection, ds_call *call);
ds_status redis_ping(redis *connection, ds_call *call);
void redis_status(redis *connection, bool *open, bool *ready);
/* One command on a connection of its own, the reply appended as JSON. An error reply is a failure. */
ds_status redis_execute(redis *connection, size_t argc, const char *const *argv, const size_t *lengths /* or NULL */,
                        ds_buffer *reply, ds_call *call);
void redis_stats(redis *connection, ds_buffer *members);
/* Logs in anew on what is open, and from now on wherever it connects. DS_AUTH: refused, and what held before holds on. */
ds_status redis_set_credentials(redis *connection, const char *username /* or NULL */, const char *password,
                                ds_call *call);

const char *redis_key_prefix(const redis *connection,
                             size_t *length); /* "" where there is none; belongs to the connection */
ds_source *redis_source(const redis *connection);

/* ---- requests: encoding ---- */

typedef struct redis_request redis_request;

redis_request *redis_request_new(redis *connection); /* NULL: out of memory */
void redis_request_free(redis_request *request);     /* NULL does nothing */
void redis_request_reset(redis_request *request);    /* empty again, for the next redis_run(); its replies are gone */
void *request_memory(redis_request *request, size_t size); /* as long as its replies; aligned; NULL: out of memory */

/* A command of argc arguments, its name included, which must follow, each by one of the functions below, before the
 * next command is begun. Arguments go straight into the request's buffer; one that fails for memory sticks, and
 * redis_run() reports it. Commands are counted from 0. */
void request_begin(redis_request *request, size_t argc); /* the reply is kept: redis_reply_at() */
typedef struct redis_sink redis_sink;
void request_begin_sink(redis_request *request, size_t argc, const redis_sink *sink, void *user); /* it is streamed */
void request_bytes(redis_request *request, const void *bytes, size_t length);
void request_text(redis_request *request, const char *text); /* NUL-terminated */
void request_integer(redis_request *request, int64_t integer);
/* An argument that the caller puts together: room for exactly `length` bytes, to be filled before the next call on this
 * request. NULL: out of memory (which sticks). */
char *request_room(redis_request *request, size_t length);
void request_undo(redis_request *request);          /* forgets the command that was begun last */
size_t request_count(const redis_request *request); /* commands */
size_t request_size(const redis_request *request);  /* bytes encoded so far, so that batches can be bounded */

/* ---- requests: replies ---- */

typedef enum redis_type { REDIS_NIL, REDIS_INTEGER, REDIS_STRING, REDIS_STATUS, REDIS_ERROR, REDIS_ARRAY } redis_type;

typedef struct redis_reply {
    redis_type type;
    int64_t integer;
    const char *text; /* of STRING, STATUS and ERROR; NUL-terminated */
    size_t length;
    const struct redis_reply *elements; /* of ARRAY */
    size_t count;
} redis_reply;

/* The reply to a command: of one that is streamed only where it is an error. NULL: none came (or it was streamed).
 * Lives until the request is reset or freed. */
const redis_reply *redis_reply_at(const redis_request *request, size_t command);

/* Where in a reply a value stands: the reply itself has depth 0 and index 0, the elements of an array depth 1 and their
 * index, and so on. */
typedef struct redis_place {
    size_t command, depth, index;
} redis_place;

/* Functions that a reply is streamed to, in its order, while it is read; bytes live for the length of the call. NULL:
 * that is passed over. They run while redis_run() waits, by its thread or by another that drives the connection for it,
 * and must not call the connection. `count` is what the server claims: allocate for what comes. What is not DS_OK ends
 * this command's stream: the rest of its reply is dropped, and once all replies have come redis_run() returns that
 * status (for which the sink has filled its call's error; DS_NOMEM needs none). A reply that is an error as a whole
 * does not come here: see redis_reply_at(). */
struct redis_sink {
    ds_status (*array)(void *user, const redis_place *at, size_t count);
    ds_status (*string)(void *user, const redis_place *at, const char *bytes, size_t length); /* status replies too */
    ds_status (*integer)(void *user, const redis_place *at, int64_t integer);
    ds_status (*nil)(void *user, const redis_place *at); /* nil bulk strings and nil arrays */
    ds_status (*error)(void *user, const redis_place *at, const char *text, size_t length); /* inside an array */
    ds_status (*end)(void *user, const redis_place *at);                                    /* the reply is whole */
    /* The connection broke inside this command's reply: what it gave so far is void. Where the request is repeated it
     * comes again from its start; otherwise redis_run() fails. */
    void (*again)(void *user, const redis_place *at);
};

/* ---- running ---- */

/* What a request does to the server, and so when it may be sent again. Where a function takes a bool, false and true are
 * the first two. */
typedef enum redis_intent {
    REDIS_READS,  /* changes nothing: may be sent again */
    REDIS_WRITES, /* may be sent again only where nothing of it was sent */
    REDIS_TOKENED /* writes whose tokens the server remembers: may be sent again, and are done once */
} redis_intent;

/* Connects if need be, sends all commands, awaits all replies. DS_OK: each command was answered, be it with an error
 * reply. Otherwise call->error says what happened, and redis_command_status() what is known of each command:
 *   DS_UNREACHABLE, DS_AUTH, DS_CONFIG, DS_BUSY  nothing was sent;
 *   DS_TIMEOUT, DS_CANCELLED, DS_LOST            what is unanswered changed nothing (it reads, or was not sent);
 *   DS_UNKNOWN_OUTCOME                           it writes, some of it was sent, and not all of that was answered;
 *   DS_BACKEND                                   the server broke the protocol; DS_NOMEM.
 * What was not sent at all is sent again on a fresh connection, and so are the unanswered commands of a request that only
 * reads. What the server refused for now (LOADING, MASTERDOWN) is sent again while there is time for it, be it after what
 * stood behind it, so that such an error reply is one that stands. Commands must therefore not depend on each other
 * (MULTI, WATCH). */
ds_status redis_run(redis *connection, redis_request *request, redis_intent intent, ds_call *call);
/* The same, and the first error reply is a failure too: for requests that are refused as a whole. */
ds_status redis_ask(redis *connection, redis_request *request, redis_intent intent, ds_call *call);

/* After redis_run(), for a command: DS_OK where it was answered; DS_UNKNOWN_OUTCOME where it is a write that was sent
 * and not answered; otherwise the status of the run, and nothing was changed. `err` (may be NULL) gets the sentence. */
ds_status redis_command_status(const redis_request *request, size_t command, ds_error *err);
/* Of REDIS_TOKENED. Whether a command had been sent before, on a connection that was lost, and all that is known since is that the
 * server has no such script: what became of the first copy is open. Where it is made again, request_keeps_open() says so of the
 * command that was encoded last, so that its end is not taken for that of a write of which nothing was sent. */
bool redis_command_is_open(const redis_request *request, size_t command);
void request_keeps_open(redis_request *request);

/* The one place where server errors become statuses. `doing` names what was tried, "the record user:1". */
ds_status redis_reply_status(const redis_reply *reply); /* DS_OK for what is no error */
ds_status redis_reply_fail(const redis_reply *error, const char *doing /* or NULL */, ds_error *err);
bool redis_reply_is(const redis_reply *reply,
                    const char *code); /* an error that begins with this word: "NOSCRIPT", "BUSYKEY" */

#endif
