/* A server that breaks off in a batch, or answers nonsense: each record has its own outcome. One that is slow is awaited. */
#include "fake_server.h"
#include "world.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static const char THING[] =
    "{\"name\": \"Thing\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"n\": \"integer\"}}";

/* ---- a server that breaks off ---- */

typedef struct breaking {
    unsigned answers;    /* to scripts, on the first connection, before it is closed */
    const char *reply;   /* to each script */
    atomic_uint scripts; /* met on later connections */
} breaking;

static void talk(int fd, unsigned number, void *user)
{
    breaking *self = user;
    char name[32];
    size_t length;
    unsigned left = self->answers;
    while (fake_command(fd, name, &length)) {
        bool script = strncmp(name, "EVAL", 4) == 0;
        if (script && number == 0 && left-- == 0) {
            shutdown(fd, SHUT_WR); /* a plain close would drop the answers that are under way */
            while (fake_command(fd, name, &length))
                ;
            return;
        }
        if (script && number > 0)
            atomic_fetch_add(&self->scripts, 1);
        const char *reply = script ? self->reply : strcmp(name, "HGETALL") == 0 ? "*0\r\n" : "+OK\r\n";
        if (!fake_write(fd, reply, strlen(reply)))
            return;
    }
}

static ds_source *source;
static ds_model *open_on(const fake_server *server)
{
    char settings[128];
    snprintf(settings, sizeof settings, "{\"port\": %d, \"commandTimeout\": 20000}", fake_server_port(server));
    CU_ASSERT_EQUAL_FATAL(ds_source_open("redis", settings, &source, &last), DS_OK);
    return world_model(source, THING);
}

#define MANY 2500
static ds_record *records[MANY];

static ds_status create_some(ds_model *model, size_t n, size_t *created)
{
    char json[64];
    for (size_t i = 0; i < n; i++) {
        snprintf(json, sizeof json, "{\"id\": \"%zu\", \"n\": 1}", i);
        records[i] = record_of(model, json);
    }
    return ds_create_all(model, records, n, created, &last);
}

static void free_some(size_t n)
{
    for (size_t i = 0; i < n; i++)
        ds_record_free(records[i]);
}

static void what_was_answered_is_decided_and_the_rest_unknown(void)
{
    breaking state = {.answers = 4, .reply = "$7\r\nCREATED\r\n"};
    fake_server *server = fake_server_start(talk, &state);
    ds_model *model = open_on(server);
    size_t created = 0;
    CHECK_DONE(create_some(model, 10, &created), "DS_UNKNOWN_OUTCOME");
    CU_ASSERT_EQUAL(created, 4);
    for (size_t i = 0; i < 10; i++)
        CU_ASSERT_EQUAL(ds_record_outcome(records[i], NULL), i < 4 ? DS_OK : DS_UNKNOWN_OUTCOME);
    CU_ASSERT_EQUAL(atomic_load(&state.scripts), 0);
    free_some(10);
    ds_source_close(source);
    fake_server_stop(server);
}

static void later_rounds_go_on_with_a_new_connection(void)
{
    breaking state = {.answers = 300, .reply = "$7\r\nCREATED\r\n"};
    fake_server *server = fake_server_start(talk, &state);
    ds_model *model = open_on(server);
    size_t created = 0, unknown = 0, wrong = 0;
    CHECK_DONE(create_some(model, MANY, &created), "DS_UNKNOWN_OUTCOME");
    for (size_t i = 0; i < MANY; i++) {
        ds_status status = ds_record_outcome(records[i], NULL);
        CU_ASSERT_TRUE(status == DS_OK || status == DS_UNKNOWN_OUTCOME || status == DS_LOST);
        unknown += status != DS_OK;
        wrong += (status == DS_OK) != (i < 300 || i >= 1000);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(created, 1800);
    CU_ASSERT_EQUAL(unknown, 700);
    CU_ASSERT_EQUAL(atomic_load(&state.scripts), 1500);
    free_some(MANY);
    ds_source_close(source);
    fake_server_stop(server);
}

static void nonsense_is_an_error_of_the_backend(void)
{
    static const char *const replies[] = {"$4\r\nWHAT\r\n", "*0\r\n", "$-1\r\n", "-ERR no\r\n",
                                          "*2\r\n*1\r\n$1\r\na\r\n:1\r\n"};
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        breaking state = {.answers = 1000, .reply = replies[i]};
        fake_server *server = fake_server_start(talk, &state);
        ds_model *model = open_on(server);
        ds_value now;
        CHECK_DONE(create(model, "{\"id\": \"1\", \"n\": 1}"), "DS_BACKEND");
        CHECK_DONE(update(model, "1", "{\"n\": 1}"), "DS_BACKEND");
        CHECK_DONE(ds_delete_by_id(model, ds_string("1"), &last), "DS_BACKEND");
        CHECK_DONE(ds_expire(model, ds_string("1"), 10, &last), "DS_BACKEND");
        CHECK_DONE(ds_increment(model, ds_string("1"), "n", ds_integer(1), &now, &last), "DS_BACKEND");
        ds_source_close(source);
        fake_server_stop(server);
    }
}

/* Answers a walk and the reading of records with whatever the test says. */
static void talk_reading(int fd, unsigned number, void *user)
{
    char name[32];
    size_t length;
    (void)number;
    while (fake_command(fd, name, &length)) {
        bool reads =
            strcmp(name, "SCAN") == 0 || name[0] == 'H' || strcmp(name, "TYPE") == 0 || strcmp(name, "PTTL") == 0;
        const char *const *replies = user;
        const char *reply = !reads ? "+OK\r\n" : replies[strcmp(name, "SCAN") == 0 ? 0 : 1];
        if (!fake_write(fd, reply, strlen(reply)))
            return;
    }
}

static void no_answer_to_a_find_does_harm(void)
{
    static const char one[] = "*2\r\n$1\r\n0\r\n*1\r\n$7\r\nThing:1\r\n";
    static const struct {
        const char *replies[2];
        const char *found;
    } cases[] = {
        {{one, "*2\r\n$1\r\nn\r\n$1\r\n1\r\n"}, "1"},
        {{one, "*1\r\n$1\r\nn\r\n"}, "1"},
        {{one, "*0\r\n"}, ""},
        {{one, "*-1\r\n"}, ""},
        {{one, "$-1\r\n"}, ""},
        {{one, ":5\r\n"}, ""},
        {{one, "*2\r\n*1\r\n$1\r\nn\r\n$1\r\n1\r\n"}, "1"},
        {{one, "*2\r\n$-1\r\n$-1\r\n"}, "1"},
        {{one, "-ERR no\r\n"}, "DS_BACKEND"},
        {{"*2\r\n$1\r\nx\r\n*0\r\n", ""}, "DS_BACKEND"},
        {{"*2\r\n$0\r\n\r\n*0\r\n", ""}, "DS_BACKEND"},
        {{"*2\r\n$30\r\n123456789012345678901234567890\r\n*0\r\n", ""}, "DS_BACKEND"},
        {{"*0\r\n", ""}, "DS_BACKEND"},
        {{"$1\r\n0\r\n", ""}, "DS_BACKEND"},
        {{":0\r\n", ""}, "DS_BACKEND"},
        {{"*2\r\n$1\r\n0\r\n$1\r\n0\r\n", ""}, ""},
        {{"*2\r\n$1\r\n0\r\n*3\r\n$1\r\nx\r\n:1\r\n$-1\r\n", ""}, ""},
        {{"-ERR no\r\n", ""}, "DS_BACKEND"},
        {{"!x\r\n", ""}, "DS_BACKEND"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fake_server *server = fake_server_start(talk_reading, (void *)cases[i].replies);
        ds_model *model = open_on(server);
        int64_t ttl;
        CHECK_TEXT(found(model, "{}"), cases[i].found);
        if (strcmp(cases[i].replies[1], ":5\r\n") == 0)
            CHECK_DONE(ds_ttl(model, ds_string("1"), &ttl, &last), "DS_BACKEND");
        ds_source_close(source);
        fake_server_stop(server);
    }
}

/* ---- a server that is slow, and answers ---- */

enum { SLOW_STEPS = 8, SLOW_MS = 200, STEP_MS = 1000 };

/* A walk takes SLOW_STEPS SCANs, each answered late, of which the last one finds the one record. */
static void talk_slowly(int fd, unsigned number, void *user)
{
    char name[32], text[64];
    size_t length;
    int at = 0;
    (void)number;
    (void)user;
    while (fake_command(fd, name, &length)) {
        const char *reply = "+OK\r\n";
        if (strcmp(name, "SCAN") == 0) {
            at = at % SLOW_STEPS + 1;
            poll(&(struct pollfd){.fd = fd, .events = POLLRDHUP}, 1, SLOW_MS); /* or until the client has gone */
            snprintf(text, sizeof text, "*2\r\n$1\r\n%d\r\n*0\r\n", at);
            reply = at < SLOW_STEPS ? text : "*2\r\n$1\r\n0\r\n*1\r\n$7\r\nThing:1\r\n";
        } else if (strcmp(name, "HGETALL") == 0) {
            reply = "*2\r\n$1\r\nn\r\n$1\r\n1\r\n";
        } else if (strcmp(name, "HMGET") == 0) {
            reply = "*1\r\n$1\r\n1\r\n";
        }
        if (!fake_write(fd, reply, strlen(reply)))
            return;
    }
}

static void a_walk_goes_on_as_long_as_answers_keep_coming(void)
{
    fake_server *server = fake_server_start(talk_slowly, NULL);
    char settings[128];
    uint64_t count = 0;
    snprintf(settings, sizeof settings, "{\"port\": %d, \"commandTimeout\": %d}", fake_server_port(server), STEP_MS);
    CU_ASSERT_EQUAL_FATAL(ds_source_open("redis", settings, &source, &last), DS_OK);
    ds_model *model = world_model(source, THING), *view = NULL;
    CHECK_OK(ds_count(model, NULL, &count, &last));
    CU_ASSERT_EQUAL(count, 1);
    CHECK_TEXT(found(model, "{}"), "1");
    ds_filter *filter = ds_where("n", DS_EQ, ds_integer(1));
    CHECK_OK(ds_count(model, filter, &count, &last));
    CU_ASSERT_EQUAL(count, 1);
    ds_filter_free(filter);
    ds_options options = {.size = sizeof options, .timeout_ms = STEP_MS};
    CU_ASSERT_EQUAL_FATAL(ds_model_with(model, &options, &view, &last), DS_OK);
    CHECK_DONE(ds_count(view, NULL, &count, &last), "DS_TIMEOUT"); /* the whole of it */
    ds_model_free(view);
    ds_source_close(source);
    fake_server_stop(server);
}

int main(void)
{
    static const test tests[] = {
        {"of a batch that breaks off, what was answered is decided, and the rest unknown",
         what_was_answered_is_decided_and_the_rest_unknown},
        {"the rounds after a connection that broke go on with a new one", later_rounds_go_on_with_a_new_connection},
        {"an answer to a write that makes no sense is an error of the backend", nonsense_is_an_error_of_the_backend},
        {"no answer to a find does harm", no_answer_to_a_find_does_harm},
        {"a walk goes on as long as answers keep coming, and no longer than the whole may last",
         a_walk_goes_on_as_long_as_answers_keep_coming},
    };
    return SUITE_RUN("Redis mapping, faults", tests);
}
