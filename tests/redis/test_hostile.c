/* A server that answers what no Redis answers: a proxy stands before a real one and replaces one reply, or changes the kinds of
 * what is in it. The host goes on, with an error or without, and its next operation is as always.
 * HOSTILE_SEED says in which order it is tried, and HOSTILE_SECONDS for how long. */
#include "fake_server.h"
#include "world.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* ---- replies ---- */

typedef struct text {
    char *bytes;
    size_t length, room;
} text;

static void add(text *out, const char *bytes, size_t length)
{
    if (out->length + length > out->room) {
        out->room = 2 * (out->length + length);
        out->bytes = realloc(out->bytes, out->room);
    }
    if (out->bytes == NULL)
        abort();
    memcpy(out->bytes + out->length, bytes, length);
    out->length += length;
}

static void add_text(text *out, const char *bytes)
{
    add(out, bytes, strlen(bytes));
}

/* Where the line that begins here ends, behind its CR LF; NULL. */
static const char *line_end(const char *at, const char *end)
{
    const char *found = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
    return found == NULL ? NULL : found + 1;
}

/* Where the reply that begins here ends; NULL: it is not whole. */
static const char *reply_end(const char *at, const char *end)
{
    const char *next = line_end(at, end);
    long number = next == NULL || (*at != '$' && *at != '*') ? -1 : strtol(at + 1, NULL, 10);
    if (number < 0)
        return next;
    if (*at == '$')
        return end - next < number + 2 ? NULL : next + number + 2;
    for (long i = 0; i < number && next != NULL; i++)
        next = reply_end(next, end);
    return next;
}

/* What stands for the whole reply; or for each string in it (where it begins with '!'); or what is cut off. */
static const char *const CHANGES[] = {
    "!:5\r\n",
    "!$-1\r\n",
    "!$0\r\n\r\n",
    "!*0\r\n",
    "!+OK\r\n",
    "!*1\r\n:1\r\n",
    "-", /* the last element */
    ":1\r\n",
    "*0\r\n",
    "$-1\r\n",
    "*-1\r\n",
    "+OK\r\n",
    "$0\r\n\r\n",
    "-ERR no\r\n",
    "*1\r\n:5\r\n",
    "*1\r\n$-1\r\n",
    "*2\r\n:1\r\n:2\r\n",
    "*2\r\n$-1\r\n*-1\r\n",
    "*2\r\n$1\r\n0\r\n:5\r\n",
    "*2\r\n$1\r\n0\r\n*2\r\n:1\r\n$-1\r\n",
    "*2\r\n$5\r\nepoch\r\n:5\r\n",
    "*2\r\n$7\r\nindex:a\r\n:5\r\n",
    "*2\r\n:1\r\n$4\r\nHELD\r\n",
    "*2\r\n:1\r\n$6\r\nENCODE\r\n",
    "*3\r\n:1\r\n$6\r\nENCODE\r\n:3\r\n",
    "*3\r\n:1\r\n$4\r\nKIND\r\n:3\r\n",
    "*3\r\n$4\r\nHELD\r\n:1\r\n:1\r\n",
    "*3\r\n$4\r\nHELD\r\n$1\r\nx\r\n:1\r\n",
    "*2\r\n$6\r\nENCODE\r\n$0\r\n\r\n",
    "*2\r\n$4\r\nKIND\r\n:1\r\n",
    "*2\r\n$6\r\nUNIQUE\r\n:9\r\n",
    "*4\r\n:0\r\n:1\r\n:1\r\n:1\r\n",
    "*1\r\n$3\r\n=99\r\n",
    "*1\r\n$2\r\n=3\r\n",
};
enum { CHANGE_COUNT = sizeof CHANGES / sizeof *CHANGES };

static const char *add_changed(text *out, const char *at, const char *end, const char *leaf, bool cuts)
{
    const char *next = line_end(at, end);
    long number = strtol(at + 1, NULL, 10);
    if (*at != '*' || number < 0) {
        next = reply_end(at, end);
        if (leaf != NULL && *at != ':')
            add_text(out, leaf);
        else
            add(out, at, (size_t)(next - at));
        return next;
    }
    char head[32];
    long kept = cuts && number > 0 ? number - 1 : number;
    snprintf(head, sizeof head, "*%ld\r\n", kept);
    add_text(out, head);
    for (long i = 0; i < number; i++)
        next = i < kept ? add_changed(out, next, end, leaf, false) : reply_end(next, end);
    return next;
}

static void change(text *out, const char *at, const char *end, const char *how)
{
    if (*how == '!' || strcmp(how, "-") == 0)
        add_changed(out, at, end, *how == '!' ? how + 1 : NULL, *how == '-');
    else
        add_text(out, how);
}

/* ---- the proxy ---- */

static struct {
    atomic_uint replies; /* so far */
    atomic_uint wanted;  /* the one that is changed */
    _Atomic(const char *) how;
} proxy;

static void pass_replies(text *in, text *out)
{
    const char *at = in->bytes, *end = in->bytes + in->length, *next;
    out->length = 0;
    for (; at < end && (next = reply_end(at, end)) != NULL; at = next)
        if (atomic_fetch_add(&proxy.replies, 1) == atomic_load(&proxy.wanted))
            change(out, at, next, atomic_load(&proxy.how));
        else
            add(out, at, (size_t)(next - at));
    in->length = (size_t)(end - at);
    memmove(in->bytes, at, in->length);
}

static int connect_behind(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", world_socket());
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static void talk(int fd, unsigned number, void *user)
{
    (void)number, (void)user;
    static const int on = 1;
    char bytes[16384];
    text in = {NULL, 0, 0}, out = {NULL, 0, 0};
    int behind = connect_behind();
    bool is_open = behind >= 0;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    while (is_open) {
        struct pollfd both[] = {{.fd = fd, .events = POLLIN}, {.fd = behind, .events = POLLIN}};
        is_open = poll(both, 2, -1) > 0;
        if (is_open && both[0].revents != 0) {
            ssize_t got = recv(fd, bytes, sizeof bytes, 0);
            is_open = got > 0 && fake_write(behind, bytes, (size_t)got);
        }
        if (is_open && both[1].revents != 0) {
            ssize_t got = recv(behind, bytes, sizeof bytes, 0);
            is_open = got > 0;
            if (is_open) {
                add(&in, bytes, (size_t)got);
                pass_replies(&in, &out);
                is_open = out.length == 0 || fake_write(fd, out.bytes, out.length);
            }
        }
    }
    if (behind >= 0)
        close(behind);
    free(in.bytes);
    free(out.bytes);
}

/* ---- what the host does ---- */

static const char MODEL[] =
    "{\"name\": \"Z\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"e\": {\"type\": \"string\", "
    "\"unique\": true}, \"a\": {\"type\": \"integer\", \"index\": true}, \"d\": {\"type\": \"date\", \"index\": true}, "
    "\"v\": \"integer\", \"n\": \"integer\"}, \"settings\": {\"version\": \"v\", \"ttl\": 100000}}";
static const char NUMBERED[] = "{\"name\": \"N\", \"properties\": {\"id\": {\"type\": \"integer\", \"id\": true, "
                               "\"generated\": true}, \"x\": \"integer\"}}";

static ds_source *source;
static ds_model *model, *numbered;
static unsigned operations, failures;

/* A failure has its sentence. */
static void note(ds_status status)
{
    operations++;
    failures += status != DS_OK;
    CU_ASSERT(status == DS_OK || (last.status == status && last.message[0] != '\0'));
}

static void fill(void)
{
    raw("FLUSHALL");
    raw("HSET Z:h1 e h1 a 5 d 2020-01-01T00:00:00Z");
    raw("HSET Z:h2 e h2 a 05 n 4");
    raw("HSET Z:h3 e h2 a 05");
    raw("HSET Z:h4 e h4");
    raw("PEXPIRE Z:h1 100000");
}

static void look_at_all(const char *query_json)
{
    ds_query *query = NULL;
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    char *plan = NULL;
    CHECK_OK(ds_query_parse(query_json, &query, &last));
    ds_status status = ds_find(model, query, &cursor, &last);
    for (int i = 0; status == DS_OK && i < 100 && (i == 0 || record != NULL); i++)
        status = ds_cursor_next(cursor, &record, &last);
    note(status);
    ds_cursor_close(cursor);
    note(ds_explain(model, query, &plan, &last));
    ds_free(plan);
    ds_query_free(query);
}

static void write_some(const ds_record *changes)
{
    ds_value now = ds_null();
    int64_t ttl;
    note(create(model, "{\"id\": \"1\", \"e\": \"x\", \"a\": 1}"));
    note(create(model, "{\"id\": \"2\", \"e\": \"y\", \"a\": 1}"));
    note(create(model, "{\"id\": \"3\", \"e\": \"x\", \"a\": 1}"));
    note(create(numbered, "{\"x\": 1}"));
    note(ds_increment(numbered, ds_integer(1), "x", ds_integer(2), &now, &last));
    note(ds_update_by_id(model, ds_string("h1"), changes, &last));
    note(ds_increment(model, ds_string("h2"), "n", ds_integer(2), &now, &last));
    note(ds_expire(model, ds_string("1"), 100000, &last));
    note(ds_ttl(model, ds_string("1"), &ttl, &last));
}

static void write_atomically(const ds_record *changes)
{
    ds_batch *batch = NULL;
    ds_value now = ds_null();
    CHECK_OK(ds_batch_new(source, &batch, &last));
    CHECK_OK(ds_batch_update(batch, model, ds_string("h2"), changes));
    CHECK_OK(ds_batch_increment(batch, model, ds_string("h4"), "n", ds_integer(1), &now));
    CHECK_OK(ds_batch_delete(batch, model, ds_string("2")));
    CHECK_OK(ds_batch_expire(batch, numbered, ds_integer(1), 100000));
    note(ds_batch_run(batch, DS_ATOMIC, &last));
    note(ds_batch_run(batch, 0, &last));
    ds_batch_free(batch);
}

static void change_many(const ds_record *changes)
{
    ds_filter *filter = NULL;
    uint64_t count;
    CHECK_OK(ds_filter_parse("{\"a\": {\"gte\": 0}}", &filter, &last));
    note(ds_count(model, filter, &count, &last));
    note(ds_update(model, filter, changes, &count, &last));
    note(ds_count(model, NULL, &count, &last));
    note(ds_delete(model, filter, &count, &last));
    ds_filter_free(filter);
}

static void open_source(int port)
{
    char settings[200];
    source = NULL;
    snprintf(settings, sizeof settings,
             "{\"host\": \"127.0.0.1\", \"port\": %d, \"commandTimeout\": 400, \"reconnect\": {\"maxRetries\": 1, "
             "\"base\": 5}}",
             port);
    CU_ASSERT_EQUAL_FATAL(ds_source_open("redis", settings, &source, &last), DS_OK);
    model = world_model(source, MODEL);
    numbered = world_model(source, NUMBERED);
}

static void live(int port)
{
    char *report = NULL;
    uint64_t count;
    fill();
    open_source(port);
    ds_record *changes = record_of(model, "{\"a\": 7, \"e\": \"k\"}"),
              *other = record_of(model, "{\"a\": 9, \"e\": \"h4\"}");
    note(ds_migrate(model, NULL, NULL, &last));
    raw("HDEL Z#unique:e %b", "Ph1\0\0", (size_t)5);
    raw("ZADD Z#index:a 0 stale");
    note(ds_migrate_check(model, NULL, NULL, &report, &last));
    ds_free(report);
    write_some(changes);
    write_atomically(other);
    look_at_all("{\"where\": {\"e\": \"x\"}}");
    look_at_all("{\"where\": {\"a\": {\"inq\": [1, 5, 7]}}, \"order\": [\"a\"], \"skip\": 1, \"limit\": 2}");
    look_at_all("{\"order\": [\"d\"], \"skip\": 60}");
    look_at_all("{\"where\": {\"n\": {\"gt\": 1}}}");
    change_many(changes);
    report = NULL;
    note(ds_discover(source, "*", &report, &last));
    ds_free(report);
    atomic_store(&proxy.wanted, UINT32_MAX); /* and from now on nothing is wrong */
    CHECK_OK(ds_count(numbered, NULL, &count, &last));
    CHECK_OK(create(numbered, "{\"id\": 1000}"));
    ds_record_free(changes);
    ds_record_free(other);
    ds_source_close(source);
}

/* ---- */

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static unsigned long long random_state;

static unsigned random_below(unsigned limit)
{
    random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(random_state >> 33) % limit;
}

static void hostile_run(int port, unsigned reply, const char *how)
{
    atomic_store(&proxy.replies, 0);
    atomic_store(&proxy.how, how);
    atomic_store(&proxy.wanted, reply);
    live(port);
}

/* First each reply once, with numbers for its strings; then any, in any way. */
static void any_reply_may_be_of_any_kind(void)
{
    fake_server *server = fake_server_start(talk, NULL);
    int port = fake_server_port(server);
    const char *seed = getenv("HOSTILE_SEED"), *limit = getenv("HOSTILE_SECONDS");
    random_state = seed == NULL ? (unsigned long long)time(NULL) : strtoull(seed, NULL, 10);
    printf("HOSTILE_SEED=%llu\n", random_state);
    double end = seconds() + (limit == NULL ? 12 : atof(limit));
    hostile_run(port, UINT32_MAX, "");
    unsigned replies = atomic_load(&proxy.replies), runs = 0;
    printf("%u operations, %u of which fail, ask for %u replies\n", operations, failures, replies);
    CU_ASSERT(replies >= 100);
    CU_ASSERT(failures < operations / 3);
    for (; runs < replies; runs++)
        hostile_run(port, runs, CHANGES[0]);
    for (; seconds() < end; runs++)
        hostile_run(port, random_below(replies), CHANGES[random_below(CHANGE_COUNT)]);
    printf("%u replies were changed, %u of %u operations failed\n", runs, failures, operations);
    CU_ASSERT(runs >= 100);
    fake_server_stop(server);
}

int main(void)
{
    static const test tests[] = {{"any reply may be of any kind", any_reply_may_be_of_any_kind}};
    if (!world_start())
        return EXIT_FAILURE;
    int failed = SUITE_RUN("Redis: a server that answers anything", tests);
    world_stop();
    return failed;
}
