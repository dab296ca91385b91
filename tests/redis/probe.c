/* See probe.h. */
#include "probe.h"

#include "suite.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static redis *opened; /* the last: a source does not give its connection away */

static ds_status open_it(ds_source *source, void **connection, ds_call *call)
{
    opened = NULL;
    ds_status status = redis_open(source, &opened, call);
    *connection = opened;
    return status;
}

static void close_it(void *connection)
{
    redis_close(connection);
}

static ds_status connect_it(void *connection, ds_call *call)
{
    return redis_connect(connection, call);
}

static ds_status create(void *connection, const ds_model *model, ds_record *const *records, size_t n,
                        ds_outcomes *outcomes, ds_call *call)
{
    (void)connection, (void)model, (void)records, (void)n, (void)outcomes, (void)call;
    return DS_UNSUPPORTED;
}

static ds_status find(void *connection, const ds_model *model, const ds_selection *selection, uint32_t may,
                      uint32_t *did, void **scan, ds_call *call)
{
    (void)connection, (void)model, (void)selection, (void)may, (void)did, (void)scan, (void)call;
    return DS_UNSUPPORTED;
}

static ds_status next(void *scan, ds_block *block, ds_call *call)
{
    (void)scan, (void)block, (void)call;
    return DS_UNSUPPORTED;
}

static void end(void *scan)
{
    (void)scan;
}

static ds_status update(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                        const ds_record *changes, const ds_record *const *expected, ds_outcomes *outcomes,
                        ds_call *call)
{
    (void)connection, (void)model, (void)ids, (void)n, (void)changes, (void)expected, (void)outcomes, (void)call;
    return DS_UNSUPPORTED;
}

static ds_status delete_them(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                             const ds_record *const *expected, ds_outcomes *outcomes, ds_call *call)
{
    (void)connection, (void)model, (void)ids, (void)n, (void)expected, (void)outcomes, (void)call;
    return DS_UNSUPPORTED;
}

static void disconnect_it(void *connection, ds_call *call)
{
    redis_disconnect(connection, call);
}

static ds_status ping_it(void *connection, ds_call *call)
{
    return redis_ping(connection, call);
}

static void status_of(void *connection, bool *open, bool *ready)
{
    redis_status(connection, open, ready);
}

static ds_status execute_it(void *connection, size_t argc, const char *const *argv, const size_t *lengths,
                            ds_buffer *reply, ds_call *call)
{
    return redis_execute(connection, argc, argv, lengths, reply, call);
}

static void stats_of(void *connection, ds_buffer *members)
{
    redis_stats(connection, members);
}

static ds_connector table = {.abi = DS_ABI,
                             .size = sizeof table,
                             .name = "redis",
                             .capabilities = DS_CAN_RECONNECT,
                             .open = open_it,
                             .close = close_it,
                             .connect = connect_it,
                             .create_records = create,
                             .find_records = find,
                             .next_block = next,
                             .end_scan = end,
                             .update_records = update,
                             .delete_records = delete_them,
                             .disconnect = disconnect_it,
                             .ping = ping_it,
                             .status = status_of,
                             .execute = execute_it,
                             .stats = stats_of};

static void offer(void)
{
    static bool is_offered = false;
    ds_error error = {0};
    table.options = redis_options;
    if (!is_offered && ds_connector_register(&table, &error) != DS_OK) {
        fprintf(stderr, "the probe was refused: %s\n", error.message);
        exit(EXIT_FAILURE);
    }
    is_offered = true;
}

ds_status probe_open(probe *p, const char *format, ...)
{
    char settings[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(settings, sizeof settings, format, arguments);
    va_end(arguments);
    memset(p, 0, sizeof *p);
    offer();
    ds_status status = ds_source_open("redis", settings, &p->source, &p->error);
    p->connection = status == DS_OK ? opened : NULL;
    return status;
}

void probe_close(probe *p)
{
    ds_source_close(p->source);
    p->source = NULL;
}

ds_call *probe_call(probe *p, int ms)
{
    memset(&p->error, 0, sizeof p->error);
    p->call = (ds_call){.size = sizeof p->call,
                        .deadline = ms == 0 ? DS_NO_DEADLINE : ds_now() + ms * INT64_C(1000000),
                        .error = &p->error};
    return &p->call;
}

void probe_encode(redis_request *request, const char *words)
{
    char copy[1024], *rest = copy, *word;
    size_t count = 1;
    snprintf(copy, sizeof copy, "%s", words);
    for (const char *c = copy; *c != '\0'; c++)
        count += *c == ' ';
    request_begin(request, count);
    while ((word = strsep(&rest, " ")) != NULL)
        request_text(request, word);
}

void probe_describe(const redis_reply *reply, char out[256])
{
    if (reply == NULL)
        snprintf(out, 256, "(none)");
    else if (reply->type == REDIS_INTEGER)
        snprintf(out, 256, ":%lld", (long long)reply->integer);
    else if (reply->type == REDIS_ARRAY)
        snprintf(out, 256, "*%zu", reply->count);
    else
        snprintf(out, 256, "%s", reply->type == REDIS_NIL ? "(nil)" : reply->text);
}

ds_status probe_say(probe *p, const char *words, bool is_write, int ms, char reply[256])
{
    redis_request *request = redis_request_new(p->connection);
    probe_encode(request, words);
    ds_status status = redis_run(p->connection, request, is_write, probe_call(p, ms));
    probe_describe(redis_reply_at(request, 0), reply);
    redis_request_free(request);
    return status;
}

void judge_time(const char *what, int64_t started, int ms)
{
    int64_t took = (ds_now() - started) / 1000000;
    printf("%s: %lld ms of %d\n", what, (long long)took, ms);
    CU_ASSERT(took >= ms - 1);
    if (getenv("TIMED") != NULL)
        CU_ASSERT(took <= ms + 50);
}
