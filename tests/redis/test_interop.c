/* node-redis and this library on the same hashes, each reading what the other wrote. */
#include "command.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

static ds_source *source;

/* What interop.cjs prints, in a static buffer; what it complains of is printed. */
static const char *node(const char *what, const char *const *keys, const char *input)
{
    static char out[4096];
    char script[512];
    const char *directory = getenv("DS_SRCDIR");
    snprintf(script, sizeof script, "%s/tests/redis/interop.cjs", directory == NULL ? "." : directory);
    const char *argv[16] = {"node", script, world_socket(), what};
    for (size_t i = 0; keys != NULL && keys[i] != NULL; i++)
        argv[4 + i] = keys[i];
    command_result result = command_run(argv, input);
    CU_ASSERT_EQUAL(result.status, 0);
    if (result.status != 0)
        fprintf(stderr, "node (packages nodejs and node-redis) ended with %d: %s\n", result.status, result.err);
    snprintf(out, sizeof out, "%s", result.out == NULL ? "" : result.out);
    command_free(&result);
    return out;
}

static const char USER[] =
    "{\"name\": \"User\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"name\": \"string\", "
    "\"age\": \"integer\", \"score\": \"number\", \"active\": \"boolean\", \"born\": \"date\", "
    "\"tags\": \"array\"}, \"settings\": {\"redis\": {\"key\": \"user\"}}}";

static void node_redis_reads_what_we_write(void)
{
    source = world_source("");
    ds_model *user = world_model(source, USER), *session = world_model(source, "user-session");
    CHECK_OK(create(user, "{\"id\": \"1\", \"name\": \"J\\u00f6rg \\\"x\\\"\", \"age\": 9007199254740993, \"score\": "
                          "0.1, \"active\": true, "
                          "\"born\": \"2024-02-29T12:00:00Z\", \"tags\": [\"a\", 1]}"));
    CHECK_OK(create(
        session, "{\"id\": \"123\", \"name\": \"Bob\", \"surname\": \"Smith\", \"company\": \"Redis\", \"age\": 29}"));
    CHECK_OK(update(session, "123", "{\"company\": null, \"age\": 30}"));
    const char *const keys[] = {"user:1", "user-session:123", "user:2", NULL};
    CHECK_TEXT(node("read", keys, NULL),
               "{\"active\":\"true\",\"age\":\"9007199254740993\",\"born\":\"2024-02-29T12:00:00.000Z\",\"id\":\"1\","
               "\"name\":\"J\xc3\xb6rg \\\"x\\\"\",\"score\":\"0.1\",\"tags\":\"[\\\"a\\\",1]\"}\n"
               "{\"age\":\"30\",\"name\":\"Bob\",\"surname\":\"Smith\"}\n{}\n");
    ds_source_close(source);
}

static void we_read_and_filter_what_node_redis_writes(void)
{
    source = world_source("");
    ds_model *user = world_model(source, USER), *session = world_model(source, "user-session");
    node("write", NULL,
         "{\"key\": \"user-session:123\", \"fields\": {\"name\": \"Bob\", \"surname\": \"Smith\", \"company\": "
         "\"Redis\", \"age\": 29}}\n"
         "{\"key\": \"user-session:124\", \"fields\": {\"name\": \"Ann\", \"surname\": \"Jones\", \"company\": "
         "\"Redis\", \"age\": 41}}\n"
         "{\"key\": \"user:1\", \"fields\": {\"name\": \"J\xc3\xb6rg\", \"age\": 29, \"score\": 1.5, \"active\": "
         "\"true\", "
         "\"born\": \"2024-02-29T13:00:00+01:00\", \"extra\": \"kept\"}}\n");
    CHECK_TEXT(json_of(session, "123"),
               "{\"id\":\"123\",\"age\":\"29\",\"company\":\"Redis\",\"name\":\"Bob\",\"surname\":\"Smith\"}");
    CHECK_TEXT(found(session, "{\"where\": {\"company\": \"Redis\", \"age\": {\"gt\": 30}}}"), "124");
    CHECK_TEXT(found(session, "{\"where\": {\"surname\": {\"like\": \"S%\"}}}"), "123");
    CHECK_TEXT(json_of(user, "1"), "{\"id\":\"1\",\"name\":\"J\xc3\xb6rg\",\"age\":29,\"score\":1.5,\"active\":true,"
                                   "\"born\":\"2024-02-29T12:00:00.000Z\"}");
    CHECK_TEXT(found(user, "{\"where\": {\"born\": \"2024-02-29T12:00:00Z\", \"active\": true}}"), "1");
    CHECK_OK(update(user, "1", "{\"age\": null}"));
    CHECK_TEXT(raw("HMGET user:1 age extra"), "(nil) kept");
    ds_source_close(source);
}

int main(void)
{
    static const test tests[] = {
        {"node-redis reads what we write", node_redis_reads_what_we_write},
        {"we read and filter what node-redis writes", we_read_and_filter_what_node_redis_writes},
    };
    setenv("NODE_PATH", "/usr/share/nodejs", 0); /* where Debian puts node-redis */
    if (!world_start())
        return EXIT_FAILURE;
    int failed = SUITE_RUN("Redis interoperation", tests);
    world_stop();
    return failed;
}
