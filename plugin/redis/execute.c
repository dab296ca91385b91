/* The backend's own language: one command on a connection of its own, its reply as JSON. */
#include "lane.h"
#include "utf8.h"

#include <strings.h>

/* Commands after which a connection does not answer one reply to one command, or is no longer what the settings say:
 * the next command, of whatever thread, would meet that. `second`: only with this word behind it. */
typedef struct refusal {
    const char *name, *second;
} refusal;
static const refusal refused[] = {
    {"SUBSCRIBE", NULL},    {"PSUBSCRIBE", NULL},   {"SSUBSCRIBE", NULL},  {"UNSUBSCRIBE", NULL},
    {"PUNSUBSCRIBE", NULL}, {"SUNSUBSCRIBE", NULL}, {"MONITOR", NULL},     {"SYNC", NULL},
    {"PSYNC", NULL},        {"REPLCONF", NULL},     {"HELLO", NULL},       {"AUTH", NULL},
    {"SELECT", NULL},       {"RESET", NULL},        {"QUIT", NULL},        {"ASKING", NULL},
    {"READONLY", NULL},     {"READWRITE", NULL},    {"CLIENT", "REPLY"},   {"CLIENT", "TRACKING"},
    {"CLIENT", "CACHING"},  {"CLIENT", "SETNAME"},  {"CLIENT", "SETINFO"}, {"CLIENT", "NO-EVICT"},
    {"CLIENT", "NO-TOUCH"}, {"SCRIPT", "DEBUG"},
};

/* Other threads' commands would get into a transaction, and one that is sent again on a fresh connection would be
 * outside of it. */
static const char *const transactional[] = {"MULTI", "EXEC", "DISCARD", "WATCH", "UNWATCH"};

static bool is_word(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && strncasecmp(text, word, length) == 0;
}

static size_t length_of(const char *const *argv, const size_t *lengths, size_t i)
{
    return lengths == NULL ? strlen(argv[i]) : lengths[i];
}

static ds_status check_command(size_t argc, const char *const *argv, const size_t *lengths, ds_error *err)
{
    if (argc == 0)
        return ds_error_set(err, DS_INVALID, "a Redis command has at least a name");
    size_t length = length_of(argv, lengths, 0);
    for (size_t i = 0; i < sizeof transactional / sizeof transactional[0]; i++)
        if (is_word(argv[0], length, transactional[i]))
            return ds_error_set(err, DS_UNSUPPORTED,
                                "the command %s is of a transaction on the connection, which later commands share: use "
                                "EVAL, whose script is one atomic step",
                                transactional[i]);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        const refusal *one = &refused[i];
        bool has_second =
            one->second == NULL || (argc > 1 && is_word(argv[1], length_of(argv, lengths, 1), one->second));
        if (has_second && is_word(argv[0], length, one->name))
            return ds_error_set(err, DS_UNSUPPORTED,
                                "the command %s%s%s changes the connection itself, which later commands share",
                                one->name, one->second == NULL ? "" : " ", one->second == NULL ? "" : one->second);
    }
    return DS_OK;
}

static void print_text(const redis_reply *reply, ds_buffer *out)
{
    bool is_text = utf8_is_valid(reply->text, reply->length);
    ds_buffer_json(out, is_text ? ds_string_n(reply->text, reply->length) : ds_binary(reply->text, reply->length));
}

static void print(const redis_reply *reply, ds_buffer *out)
{
    switch (reply->type) {
    case REDIS_INTEGER:
        ds_buffer_json(out, ds_integer(reply->integer));
        return;
    case REDIS_STRING:
    case REDIS_STATUS:
        print_text(reply, out);
        return;
    case REDIS_ERROR: /* inside an array: EXEC goes on after one */
        ds_buffer_append(out, "{\"error\":", 9);
        print_text(reply, out);
        ds_buffer_append(out, "}", 1);
        return;
    case REDIS_ARRAY:
        ds_buffer_append(out, "[", 1);
        for (size_t i = 0; i < reply->count; i++) {
            if (i > 0)
                ds_buffer_append(out, ",", 1);
            print(&reply->elements[i], out);
        }
        ds_buffer_append(out, "]", 1);
        return;
    default:
        ds_buffer_append(out, "null", 4);
    }
}

ds_status redis_execute(redis *connection, size_t argc, const char *const *argv, const size_t *lengths,
                        ds_buffer *reply, ds_call *call)
{
    ds_status status = check_command(argc, argv, lengths, call->error);
    if (status != DS_OK)
        return status;
    redis_request *request = redis_request_new(connection);
    if (request == NULL)
        return ds_error_set(call->error, DS_NOMEM, "out of memory");
    request_begin(request, argc);
    for (size_t i = 0; i < argc; i++)
        request_bytes(request, argv[i], length_of(argv, lengths, i));
    status = lane_run(redis_execute_lane(connection), request, REDIS_WRITES, call);
    const redis_reply *answer = redis_reply_at(request, 0);
    if (status == DS_OK)
        status = redis_reply_fail(answer, NULL, call->error);
    if (status == DS_OK)
        print(answer, reply);
    redis_request_free(request);
    return status;
}
