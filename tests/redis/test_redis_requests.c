/* Requests against a real server: encoding, both kinds of replies, errors, memory that fails. */
#include "probe.h"
#include "redis_server.h"
#include "suite.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static redis_server *server;

/* ---- an allocator that fails when it is told to ---- */

static struct {
    bool is_armed, has_failed;
    long left, live;
} memory;

static bool may_allocate(void)
{
    if (memory.is_armed && memory.left-- <= 0)
        memory.has_failed = true;
    return !memory.is_armed || !memory.has_failed;
}

static void *test_malloc(size_t size, void *user)
{
    (void)user;
    void *made = may_allocate() ? malloc(size) : NULL;
    memory.live += made != NULL;
    return made;
}

static void *test_realloc(void *old, size_t size, void *user)
{
    (void)user;
    void *moved = may_allocate() ? realloc(old, size) : NULL;
    memory.live += old == NULL && moved != NULL;
    return moved;
}

static void test_free(void *old, void *user)
{
    (void)user;
    memory.live -= old != NULL;
    free(old);
}

/* ---- replies that are kept ---- */

static void replies_of_each_kind(void)
{
    probe p;
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d}", server->port), DS_OK);
    redis_request *request = redis_request_new(p.connection);
    probe_encode(request, "PING");
    probe_encode(request, "SET kept 5");
    probe_encode(request, "GET kept");
    probe_encode(request, "GET missing");
    probe_encode(request, "INCR kept");
    probe_encode(request, "LPUSH kept x");
    request_begin(request, 3);
    request_text(request, "EVAL");
    request_text(request, "return {1, 'two', {3, {'four', redis.error_reply('ERR inner')}, {}}, false, -5}");
    request_integer(request, 0);
    CU_ASSERT_EQUAL(request_count(request), 7);
    CU_ASSERT_EQUAL(redis_run(p.connection, request, true, probe_call(&p, 5000)), DS_OK);
    char text[256];
    static const char *const want[] = {"PONG", "OK", "5", "(nil)", ":6"};
    for (size_t i = 0; i < 5; i++) {
        probe_describe(redis_reply_at(request, i), text);
        CU_ASSERT_STRING_EQUAL(text, want[i]);
        CU_ASSERT_EQUAL(redis_command_status(request, i, &p.error), DS_OK);
    }
    CU_ASSERT(redis_reply_is(redis_reply_at(request, 5), "WRONGTYPE"));
    const redis_reply *tree = redis_reply_at(request, 6);
    CU_ASSERT_FATAL(tree != NULL && tree->type == REDIS_ARRAY && tree->count == 5);
    CU_ASSERT(tree->elements[0].type == REDIS_INTEGER && tree->elements[0].integer == 1);
    CU_ASSERT(tree->elements[1].type == REDIS_STRING && strcmp(tree->elements[1].text, "two") == 0);
    CU_ASSERT_FATAL(tree->elements[2].type == REDIS_ARRAY && tree->elements[2].count == 3);
    const redis_reply *inner = tree->elements[2].elements;
    CU_ASSERT(inner[0].integer == 3 && inner[1].count == 2 && inner[2].type == REDIS_ARRAY && inner[2].count == 0);
    CU_ASSERT(inner[1].elements[1].type == REDIS_ERROR);
    CU_ASSERT(tree->elements[3].type == REDIS_NIL && tree->elements[4].integer == -5);
    CU_ASSERT_PTR_NULL(redis_reply_at(request, 7));
    redis_request_free(request);
    probe_close(&p);
}

static void arguments_of_each_kind(void)
{
    probe p;
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d}", server->port), DS_OK);
    redis_request *request = redis_request_new(p.connection);
    static const int64_t numbers[] = {0, 1, -1, INT64_MAX, INT64_MIN, 1234567890123};
    request_begin(request, 2 + 6 + 3);
    request_text(request, "RPUSH");
    request_bytes(request, "a\0b", 3);
    for (size_t i = 0; i < 6; i++)
        request_integer(request, numbers[i]);
    request_bytes(request, NULL, 0);
    request_bytes(request, "x\r\ny\0z", 6);
    char *room = request_room(request, 5);
    memcpy(room, "room!", 5);
    request_begin(request, 1);
    request_text(request, "FLUSHALL");
    request_undo(request);
    request_begin(request, 3);
    request_text(request, "FLUSHALL");
    request_undo(request); /* half of it was there */
    request_begin(request, 4);
    request_text(request, "LRANGE");
    request_bytes(request, "a\0b", 3);
    request_integer(request, 0);
    request_integer(request, -1);
    size_t size = request_size(request);
    CU_ASSERT(size > 100);
    CU_ASSERT_EQUAL(redis_run(p.connection, request, true, probe_call(&p, 5000)), DS_OK);
    const redis_reply *list = redis_reply_at(request, 1);
    CU_ASSERT_FATAL(list != NULL && list->count == 9);
    static const char *const want[] = {"0", "1", "-1", "9223372036854775807", "-9223372036854775808", "1234567890123",
                                       ""};
    for (size_t i = 0; i < 7; i++)
        CU_ASSERT_STRING_EQUAL(list->elements[i].text, want[i]);
    CU_ASSERT(list->elements[7].length == 6 && memcmp(list->elements[7].text, "x\r\ny\0z", 6) == 0);
    CU_ASSERT_STRING_EQUAL(list->elements[8].text, "room!");
    redis_request_free(request);
    probe_close(&p);
}

static void miscounted(void)
{
    probe p;
    char reply[256];
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d}", server->port), DS_OK);
    redis_request *request = redis_request_new(p.connection);
    request_begin(request, 2);
    request_text(request, "PING");
    CU_ASSERT_EQUAL(redis_run(p.connection, request, false, probe_call(&p, 5000)), DS_BACKEND);
    redis_request_reset(request);
    request_begin(request, 1);
    request_text(request, "PING");
    request_text(request, "PING");
    CU_ASSERT_EQUAL(redis_run(p.connection, request, false, probe_call(&p, 5000)), DS_BACKEND);
    redis_request_reset(request);
    request_begin(request, 2);
    request_text(request, "PING");
    request_begin(request, 1);
    request_text(request, "PING");
    CU_ASSERT_EQUAL(redis_run(p.connection, request, false, probe_call(&p, 5000)), DS_BACKEND);
    redis_request_reset(request);
    CU_ASSERT_EQUAL(redis_run(p.connection, request, false, probe_call(&p, 5000)), DS_OK); /* nothing to do */
    redis_request_free(request);
    CU_ASSERT(!ds_is_open(p.source));
    CU_ASSERT_EQUAL(probe_say(&p, "PING", false, 5000, reply), DS_OK);
    probe_close(&p);
}

static void used_again(void)
{
    probe p;
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d}", server->port), DS_OK);
    redis_request *request = redis_request_new(p.connection);
    for (int i = 0; i < 100; i++) {
        redis_request_reset(request);
        for (int n = 0; n <= i; n++) {
            request_begin(request, 2);
            request_text(request, "ECHO");
            request_integer(request, i * 1000 + n);
        }
        CU_ASSERT_EQUAL(redis_run(p.connection, request, false, probe_call(&p, 5000)), DS_OK);
        for (int n = 0; n <= i; n++)
            CU_ASSERT(redis_reply_at(request, (size_t)n) != NULL &&
                      atoi(redis_reply_at(request, (size_t)n)->text) == i * 1000 + n);
        CU_ASSERT_PTR_NOT_NULL(request_memory(request, 5000));
    }
    redis_request_free(request);
    probe_close(&p);
}

/* Many more bytes each way than the socket's buffers hold: it must read while it writes. */
static void large_pipeline(void)
{
    enum { COUNT = 2000, SIZE = 20000 };
    probe p;
    static char value[SIZE];
    memset(value, 'v', sizeof value);
    CU_ASSERT_EQUAL(probe_open(&p, "{\"url\": \"unix://%s\"}", server->socket), DS_OK);
    redis_request *request = redis_request_new(p.connection);
    for (int i = 0; i < COUNT; i++) {
        request_begin(request, 2);
        request_text(request, "ECHO");
        request_bytes(request, value, sizeof value);
    }
    CU_ASSERT_EQUAL(redis_run(p.connection, request, false, probe_call(&p, 60000)), DS_OK);
    size_t right = 0;
    for (size_t i = 0; i < COUNT; i++) {
        const redis_reply *reply = redis_reply_at(request, i);
        right += reply != NULL && reply->length == SIZE && memcmp(reply->text, value, SIZE) == 0;
    }
    CU_ASSERT_EQUAL(right, COUNT);
    redis_request_free(request);
    probe_close(&p);
}

/* ---- replies that are streamed ---- */

typedef struct script {
    char text[2048];
    size_t fail_at; /* the call that fails, counted from 1; 0: none */
    ds_status fail_with;
    size_t calls;
    ds_error *error;
} script;

static ds_status add(script *s, const redis_place *at, const char *format, ...) __attribute__((format(printf, 3, 4)));
static ds_status add(script *s, const redis_place *at, const char *format, ...)
{
    va_list arguments;
    size_t length = strlen(s->text);
    length +=
        (size_t)snprintf(s->text + length, sizeof s->text - length, "%zu/%zu.%zu:", at->command, at->depth, at->index);
    va_start(arguments, format);
    vsnprintf(s->text + length, sizeof s->text - length, format, arguments);
    va_end(arguments);
    if (++s->calls != s->fail_at)
        return DS_OK;
    if (s->fail_with != DS_NOMEM)
        ds_error_set(s->error, s->fail_with, "the sink said so");
    return s->fail_with;
}

static ds_status on_array(void *user, const redis_place *at, size_t count)
{
    return add(user, at, "[%zu] ", count);
}
static ds_status on_string(void *user, const redis_place *at, const char *bytes, size_t length)
{
    return add(user, at, "%.*s ", (int)length, bytes);
}
static ds_status on_integer(void *user, const redis_place *at, int64_t integer)
{
    return add(user, at, "#%lld ", (long long)integer);
}
static ds_status on_nil(void *user, const redis_place *at)
{
    return add(user, at, "nil ");
}
static ds_status on_error(void *user, const redis_place *at, const char *text, size_t length)
{
    return add(user, at, "!%.*s ", (int)length, text);
}
static ds_status on_end(void *user, const redis_place *at)
{
    return add(user, at, "end ");
}

static const redis_sink sink = {on_array, on_string, on_integer, on_nil, on_error, on_end, NULL};

static void begin_streamed(redis_request *request, const redis_sink *to, script *s, const char *lua)
{
    request_begin_sink(request, 3, to, s);
    request_text(request, "EVAL");
    request_text(request, lua);
    request_text(request, "0");
}

static void streamed(void)
{
    probe p;
    script s = {0};
    static const redis_sink deaf = {0};
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d}", server->port), DS_OK);
    redis_request *request = redis_request_new(p.connection);
    begin_streamed(request, &sink, &s,
                   "return {1,'a',{'b',{},false,redis.error_reply('ERR e')},redis.status_reply('S')}");
    begin_streamed(request, &sink, &s, "return 'x'");
    begin_streamed(request, &sink, &s, "return redis.error_reply('ERR whole')");
    begin_streamed(request, &deaf, NULL, "return {1,'a',{false}}");
    begin_streamed(request, &sink, &s, "return false");
    begin_streamed(request, &sink, &s, "return 7");
    CU_ASSERT_EQUAL(redis_run(p.connection, request, false, probe_call(&p, 5000)), DS_OK);
    CU_ASSERT_STRING_EQUAL(s.text, "0/0.0:[4] 0/1.0:#1 0/1.1:a 0/1.2:[4] 0/2.0:b 0/2.1:[0] 0/2.2:nil 0/2.3:!ERR e "
                                   "0/1.3:S 0/0.0:end 1/0.0:x 1/0.0:end 4/0.0:nil 4/0.0:end 5/0.0:#7 5/0.0:end ");
    CU_ASSERT_PTR_NULL(redis_reply_at(request, 0));
    CU_ASSERT(redis_reply_is(redis_reply_at(request, 2), "ERR"));
    CU_ASSERT_EQUAL(redis_reply_fail(redis_reply_at(request, 2), "the thing", &p.error), DS_BACKEND);
    CU_ASSERT_PTR_NOT_NULL(strstr(p.error.message, "the thing"));
    redis_request_free(request);
    probe_close(&p);
}

/* Wherever a sink fails, the rest of its reply is dropped, the others come, and the connection is not harmed. */
static void sinks_that_fail(void)
{
    probe p;
    char reply[256];
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d}", server->port), DS_OK);
    for (size_t at = 1; at <= 6; at++)
        for (int i = 0; i < 2; i++) {
            script s = {.fail_at = at, .fail_with = i == 0 ? DS_NOMEM : DS_INVALID, .error = &p.error};
            redis_request *request = redis_request_new(p.connection);
            begin_streamed(request, &sink, &s, "return {1, {'a'}, false}");
            probe_encode(request, "ECHO after");
            ds_status status = redis_run(p.connection, request, false, probe_call(&p, 5000));
            CU_ASSERT_EQUAL(status, s.fail_with);
            CU_ASSERT_EQUAL(p.error.status, s.fail_with);
            CU_ASSERT_EQUAL(s.calls, at);
            probe_describe(redis_reply_at(request, 1), reply);
            CU_ASSERT_STRING_EQUAL(reply, "after");
            redis_request_free(request);
        }
    char *stats = NULL;
    CU_ASSERT_EQUAL(ds_stats(p.source, &stats, &p.error), DS_OK);
    CU_ASSERT(stats != NULL && strstr(stats, "\"connects\": 1,") != NULL);
    ds_free(stats);
    probe_close(&p);
}

/* ---- errors ---- */

static void errors_of_the_server(void)
{
    static const struct {
        const char *text;
        ds_status status;
    } errors[] = {{"WRONGTYPE Operation against a key holding the wrong kind of value", DS_WRONG_KIND},
                  {"NOAUTH Authentication required.", DS_AUTH},
                  {"WRONGPASS invalid username-password pair", DS_AUTH},
                  {"NOPERM this user has no permissions", DS_AUTH},
                  {"READONLY You can't write against a read only replica.", DS_READONLY},
                  {"LOADING Redis is loading the dataset in memory", DS_BUSY},
                  {"MASTERDOWN Link with MASTER is down", DS_BUSY},
                  {"BUSY Redis is busy running a script.", DS_BUSY},
                  {"TRYAGAIN Multiple keys request during rehashing of slot", DS_BUSY},
                  {"CLUSTERDOWN Hash slot not served", DS_BUSY},
                  {"OOM command not allowed when used memory > 'maxmemory'.", DS_BACKEND},
                  {"ERR max number of clients reached", DS_BUSY},
                  {"ERR unknown command 'x'", DS_BACKEND},
                  {"MOVED 1 127.0.0.1:7000", DS_UNSUPPORTED},
                  {"BUSYKEY Target key name already exists.", DS_BACKEND},
                  {"NOSCRIPT No matching script.", DS_BACKEND},
                  {"", DS_BACKEND}};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        redis_reply reply = {.type = REDIS_ERROR, .text = errors[i].text, .length = strlen(errors[i].text)};
        ds_error error = {0};
        CU_ASSERT_EQUAL(redis_reply_status(&reply), errors[i].status);
        CU_ASSERT_EQUAL(redis_reply_fail(&reply, "the record a:1", &error), errors[i].status);
        CU_ASSERT(strncmp(error.message, "the record a:1: ", 16) == 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, errors[i].text));
        CU_ASSERT_EQUAL(error.status, errors[i].status);
        reply.type = REDIS_STRING;
        CU_ASSERT_EQUAL(redis_reply_status(&reply), DS_OK);
    }
    redis_reply busy = {.type = REDIS_ERROR, .text = "BUSYKEY x", .length = 9};
    CU_ASSERT(redis_reply_is(&busy, "BUSYKEY") && !redis_reply_is(&busy, "BUSY"));
    CU_ASSERT_EQUAL(redis_reply_status(NULL), DS_OK);
}

static void asking(void)
{
    probe p;
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d}", server->port), DS_OK);
    redis_request *request = redis_request_new(p.connection);
    probe_encode(request, "SET asked x");
    probe_encode(request, "LPUSH asked x");
    probe_encode(request, "GET asked");
    CU_ASSERT_EQUAL(redis_ask(p.connection, request, true, probe_call(&p, 5000)), DS_WRONG_KIND);
    CU_ASSERT_EQUAL(p.error.status, DS_WRONG_KIND);
    char reply[256];
    probe_describe(redis_reply_at(request, 2), reply);
    CU_ASSERT_STRING_EQUAL(reply, "x");
    redis_request_free(request);
    probe_close(&p);
}

/* ---- execute ---- */

static void expect_json(probe *p, size_t argc, const char *const *argv, const char *want)
{
    char *json = NULL;
    ds_status status = ds_execute(p->source, argc, argv, NULL, &json, &p->error);
    if (status != DS_OK || strcmp(json, want) != 0)
        printf("%s: %s %s\n", argv[0], status == DS_OK ? json : ds_status_name(status), p->error.message);
    CU_ASSERT(status == DS_OK && strcmp(json, want) == 0);
    ds_free(json);
}
#define EXPECT_JSON(p, want, ...)                                                                                      \
    expect_json(p, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (const char *[]){__VA_ARGS__}, want)

static void executes(void)
{
    probe p;
    char reply[256];
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d, \"database\": 5}", server->port), DS_OK);
    EXPECT_JSON(&p, "\"OK\"", "SET", "executed", "one");
    EXPECT_JSON(&p, "\"one\"", "GET", "executed");
    EXPECT_JSON(&p, "null", "GET", "missing");
    EXPECT_JSON(&p, "3", "STRLEN", "executed");
    EXPECT_JSON(&p, "[1,\"a\\\"b\",[],null,[-9223372036854775808]]", "EVAL",
                "return {1, 'a\"b', {}, false, {redis.call('SETRANGE','n',0,'') and redis.call('DECRBY','min',"
                "'9223372036854775807') and redis.call('DECR','min')}}",
                "0");
    EXPECT_JSON(&p, "{\"$binary\":\"//4=\"}", "EVAL", "return '\\255\\254'", "0");
    EXPECT_JSON(&p, "\"\xc3\xa9\"", "ECHO", "\xc3\xa9");
    EXPECT_JSON(&p, "[{\"error\":\"ERR inside\"}]", "EVAL", "return {redis.error_reply('ERR inside')}", "0");
    CU_ASSERT_EQUAL(probe_say(&p, "GET executed", false, 5000, reply), DS_OK);
    CU_ASSERT_STRING_EQUAL(reply, "one"); /* the same database */
    char *json = NULL;
    CU_ASSERT_EQUAL(ds_execute(p.source, 1, (const char *[]){"NOSUCH"}, NULL, &json, &p.error), DS_BACKEND);
    CU_ASSERT_EQUAL(ds_execute(p.source, 3, (const char *[]){"LPUSH", "executed", "x"}, NULL, &json, &p.error),
                    DS_WRONG_KIND);
    const size_t lengths[] = {4, 3};
    CU_ASSERT_EQUAL(ds_execute(p.source, 2, (const char *[]){"ECHO", "a\0b"}, lengths, &json, &p.error), DS_OK);
    CU_ASSERT_STRING_EQUAL(json, "\"a\\u0000b\"");
    ds_free(json);
    probe_close(&p);
}

static void refused_commands(void)
{
    probe p;
    static const char *const names[] = {"SUBSCRIBE", "subscribe", "PSubscribe", "SSUBSCRIBE", "MONITOR",
                                        "SYNC",      "PSYNC",     "HELLO",      "SELECT",     "RESET",
                                        "QUIT",      "AUTH",      "REPLCONF",   "ASKING",     "READONLY"};
    static const char *const pairs[][2] = {{"client", "reply"},
                                           {"CLIENT", "Tracking"},
                                           {"CLIENT", "SETNAME"},
                                           {"CLIENT", "NO-EVICT"},
                                           {"SCRIPT", "DEBUG"}};
    static const char *const transactional[] = {"MULTI", "exec", "DISCARD", "WATCH", "UNWATCH"};
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d}", server->port), DS_OK);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *json = NULL;
        CU_ASSERT_EQUAL(ds_execute(p.source, 2, (const char *[]){names[i], "geheim"}, NULL, &json, &p.error),
                        DS_UNSUPPORTED);
        CU_ASSERT_PTR_NULL(strstr(p.error.message, "geheim"));
    }
    char *json = NULL;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        CU_ASSERT_EQUAL(
            ds_execute(p.source, 3, (const char *[]){pairs[i][0], pairs[i][1], "OFF"}, NULL, &json, &p.error),
            DS_UNSUPPORTED);
    for (size_t i = 0; i < sizeof transactional / sizeof transactional[0]; i++) {
        CU_ASSERT_EQUAL(ds_execute(p.source, 1, &transactional[i], NULL, &json, &p.error), DS_UNSUPPORTED);
        CU_ASSERT_PTR_NOT_NULL(strstr(p.error.message, "EVAL")); /* what to use instead */
    }
    EXPECT_JSON(&p, "null", "CLIENT", "GETNAME");
    EXPECT_JSON(&p, "\"PONG\"", "PING");
    probe_close(&p);
    CU_ASSERT_EQUAL(probe_open(&p, "{\"port\": %d, \"readOnly\": true}", server->port), DS_OK);
    CU_ASSERT_EQUAL(ds_execute(p.source, 1, (const char *[]){"PING"}, NULL, &json, &p.error), DS_READONLY);
    probe_close(&p);
}

/* ---- memory ---- */

static ds_status whole_life(void)
{
    probe p;
    ds_error error;
    ds_status status =
        probe_open(&p, "{\"url\": \"redis://default:x@127.0.0.1:%d/3\", \"clientName\": \"x\"}", server->port);
    error = p.error;
    redis_request *request = NULL;
    if (status == DS_OK) {
        script s = {0};
        request = redis_request_new(p.connection);
        status = request == NULL ? DS_NOMEM : DS_OK;
        if (request != NULL) {
            begin_streamed(request, &sink, &s, "return {1, {'a'}, false}");
            for (int i = 0; i < 10; i++)
                begin_streamed(request, NULL, NULL, "return {1, {'a', 'b', 'c', 'd'}, string.rep('x', 3000)}");
            status = redis_run(p.connection, request, true, probe_call(&p, 5000));
            error = p.error;
        }
        redis_request_free(request);
        if (status == DS_OK) {
            char *json = NULL;
            status = ds_execute(p.source, 1, (const char *[]){"PING"}, NULL, &json, &error);
            ds_free(json);
        }
    }
    if (request != NULL && status != DS_OK && (error.status != status || error.message[0] == '\0'))
        status = DS_INVALID; /* no sentence */
    probe_close(&p);
    return status;
}

static void memory_fails(void)
{
    free(redis_server_command(server, "ACL SETUSER default >x"));
    long before = memory.live, allocations = 0;
    bool goes_on = true;
    for (; goes_on && allocations < 10000; allocations++) {
        memory.has_failed = false;
        memory.left = allocations;
        memory.is_armed = true;
        ds_status status = whole_life();
        memory.is_armed = false;
        goes_on = memory.has_failed;
        /* an event or a log line that finds no memory is lost, and nothing else */
        bool right = status == DS_NOMEM || status == DS_UNKNOWN_OUTCOME || status == DS_OK;
        if (!right)
            printf("allocation %ld: %s\n", allocations, ds_status_name(status));
        CU_ASSERT(right);
        CU_ASSERT_EQUAL(memory.live, before);
    }
    printf("%ld allocations failed, one at a time\n", allocations - 1);
    CU_ASSERT(allocations > 20 && allocations < 10000);
    free(redis_server_command(server, "ACL SETUSER default nopass"));
}

int main(void)
{
    static const test tests[] = {
        {"replies of each kind come as a tree, in the order of the commands", replies_of_each_kind},
        {"arguments of each kind arrive as they are, and an undone command does not", arguments_of_each_kind},
        {"a wrong number of arguments is an error, and nothing is sent", miscounted},
        {"a request can be used again and again", used_again},
        {"a pipeline larger than all buffers does not lock up", large_pipeline},
        {"a streamed reply tells each value and its place", streamed},
        {"a sink that fails loses its own reply only", sinks_that_fail},
        {"each error of the server has its status, and its sentence says what was tried", errors_of_the_server},
        {"redis_ask fails with the first error, and keeps the replies", asking},
        {"ds_execute answers JSON, from the same database", executes},
        {"ds_execute refuses what would change its connection", refused_commands},
        {"whatever allocation fails, nothing is lost and nothing leaks", memory_fails},
    };
    const ds_allocator allocator = {sizeof allocator, test_malloc, test_realloc, test_free, NULL};
    ds_error error = {0};
    if (ds_set_allocator(&allocator, &error) != DS_OK)
        return EXIT_FAILURE;
    server = redis_server_start(NULL);
    int status = SUITE_RUN("redis requests", tests);
    redis_server_stop(server);
    return status;
}
