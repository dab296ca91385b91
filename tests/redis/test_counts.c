/* What is counted and skipped by an index without a look at the records: where that cannot be relied on, the answer is found in
 * another way, or it is said. And which keys are records at all. */
#include "fake_server.h"
#include "world.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char THING[] =
    "{\"name\": \"Thing\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"i\": {\"type\": "
    "\"integer\", "
    "\"index\": true}, \"u\": {\"type\": \"string\", \"index\": true, \"unique\": true}}, \"indexes\": {\"byU\": "
    "{\"keys\": {\"u\": 1}}}}";

static ds_source *source;
static ds_model *model;

static void open_model(const char *json)
{
    source = world_source("\"keyPrefix\": \"q:\"");
    model = world_model(source, json);
}

/* k0000 and so on; i counts, u is unique. */
static void fill(int from, int to)
{
    for (; from < to; from++) {
        char json[100];
        snprintf(json, sizeof json, "{\"id\":\"k%04d\",\"i\":%d,\"u\":\"u%04d\"}", from, from, from);
        CHECK_OK(create(model, json));
    }
}

/* "12", or the status's name. */
static const char *counted(ds_model *of, const char *where)
{
    static char text[32];
    ds_filter *filter = NULL;
    uint64_t count = 0;
    CHECK_OK(ds_filter_parse(where, &filter, &last));
    ds_status status = ds_count(of, filter, &count, &last);
    ds_filter_free(filter);
    snprintf(text, sizeof text, "%llu", (unsigned long long)count);
    return status == DS_OK ? text : done(status);
}

/* How often a command was called, or refused: `what` is "calls" or "rejected_calls". */
static unsigned long long called(const char *command, const char *what)
{
    char name[64], number[64];
    const char *stats = raw("INFO commandstats");
    snprintf(name, sizeof name, "cmdstat_%s:", command);
    snprintf(number, sizeof number, "%s%s=", strcmp(what, "calls") == 0 ? "" : ",", what);
    const char *at = strstr(stats, name);
    at = at == NULL ? NULL : strstr(at, number);
    return at == NULL ? 0 : strtoull(at + strlen(number), NULL, 10);
}

/* ---- what is a record ---- */

/* Every operation by an id that no record can have; "" where each says so. */
static const char *missed(ds_model *of, const char *id)
{
    static char wrong[300];
    ds_record *nothing = ds_record_new(of), *got = NULL;
    bool exists = true;
    int64_t ttl;
    *wrong = '\0';
    const struct {
        const char *name;
        ds_status status, wanted;
    } all[] = {{"find", ds_find_by_id(of, ds_string(id), &got, &last), DS_NOT_FOUND},
               {"exists", ds_exists(of, ds_string(id), &exists, &last), DS_OK},
               {"update", ds_update_by_id(of, ds_string(id), nothing, &last), DS_NOT_FOUND},
               {"replace", ds_replace_by_id(of, ds_string(id), nothing, &last), DS_NOT_FOUND},
               {"increment", ds_increment(of, ds_string(id), "a", ds_integer(1), NULL, &last), DS_NOT_FOUND},
               {"expire", ds_expire(of, ds_string(id), 1000, &last), DS_NOT_FOUND},
               {"ttl", ds_ttl(of, ds_string(id), &ttl, &last), DS_NOT_FOUND},
               {"delete", ds_delete_by_id(of, ds_string(id), &last), DS_NOT_FOUND}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].status != all[i].wanted)
            snprintf(wrong + strlen(wrong), sizeof wrong - strlen(wrong), "%s %s ", all[i].name,
                     ds_status_name(all[i].status));
    if (exists)
        strcat(wrong, "exists");
    ds_record_free(got);
    ds_record_free(nothing);
    return wrong;
}

/* The same in a batch of two deletions, one of a record that is there. */
static void check_batch(ds_model *of, const char *id, unsigned flags)
{
    ds_batch *batch = NULL;
    CHECK_OK(create(of, "{\"id\": \"there\", \"a\": 1}"));
    CHECK_OK(ds_batch_new(source, &batch, &last));
    CHECK_OK(ds_batch_delete(batch, of, ds_string("there")));
    CHECK_OK(ds_batch_delete(batch, of, ds_string(id)));
    CHECK_DONE(ds_batch_run(batch, flags, &last), "DS_NOT_FOUND");
    CHECK_DONE(ds_batch_outcome(batch, 1, &last), "DS_NOT_FOUND");
    ds_batch_free(batch);
    CHECK_TEXT(json_of(of, "there"), flags == DS_ATOMIC ? "{\"id\":\"there\",\"a\":1}" : "none");
    if (flags == DS_ATOMIC)
        CHECK_OK(ds_delete_by_id(of, ds_string("there"), &last));
}

static const char INDEXED[] = "{\"name\": \"D\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"a\": "
                              "\"integer\"}, \"indexes\": {\"down\": {\"keys\": {\"a\": -1}}}}",
                  PLAIN[] = "{\"name\": \"D\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"a\": "
                            "\"integer\"}}";

static void an_empty_id_is_of_no_record(void)
{
    for (int indexed = 0; indexed < 2; indexed++) {
        open_model(indexed ? INDEXED : PLAIN);
        raw("HSET q:D: a 7");
        CHECK_OK(ds_migrate(model, NULL, NULL, &last));
        CHECK_TEXT(found(model, "{\"where\":{\"id\":\"\"}}"), "");
        CHECK_TEXT(found(model, "{\"where\":{\"or\":[{\"id\":\"\"},{\"a\":7}]}}"), "");
        CHECK_TEXT(counted(model, "{\"id\":\"\"}"), "0");
        CHECK_TEXT(missed(model, ""), "");
        check_batch(model, "", 0);
        check_batch(model, "", DS_ATOMIC);
        CHECK_TEXT(hash_of("q:D:"), "a=7");
        CHECK_TEXT(raw("PTTL q:D:"), "-1");
        ds_source_close(source);
    }
}

/* Of other programs: up to 4,096 bytes, as long as the library makes them. */
static void an_id_is_as_long_with_an_index_as_without(void)
{
    static char longest[4097], longer[4098], key[4200];
    memset(longest, 'w', 4096);
    memset(longer, 'w', 4097);
    for (int indexed = 0; indexed < 2; indexed++) {
        open_model(indexed ? INDEXED : PLAIN);
        snprintf(key, sizeof key, "q:D:%s", longest);
        raw("HSET %s a 7", key);
        snprintf(key, sizeof key, "q:D:%s", longer);
        raw("HSET %s a 7", key);
        CHECK_OK(ds_migrate(model, NULL, NULL, &last));
        CHECK_TEXT(found(model, "{\"where\":{\"a\":7}}"), longest);
        CHECK_TEXT(counted(model, "{\"a\":7}"), "1");
        CHECK_TEXT(found(model, "{}"), longest);
        CHECK_TEXT(counted(model, "{}"), "1");
        CHECK_TEXT(missed(model, longer), "");
        CHECK_TEXT(hash_of(key), "a=7");
        CHECK_OK(ds_delete_by_id(model, ds_string(longest), &last));
        ds_source_close(source);
    }
}

/* ---- between the server and us ---- */

/* A server that hands on what the real one says, but for what the test wants to go wrong. */
typedef struct between {
    const char *before, *act[2]; /* before the command of this name is handed on, key act[0] becomes act[1] */
    const char *reply, *instead; /* what is said in place of so many lines of an answer that begin with this, */
    size_t lines;
    unsigned most, times; /* at most; and how often something was done */
} between;

static void replace_lines(between *b, char *bytes, size_t *length)
{
    char *at = b->reply == NULL || b->times == b->most ? NULL : memmem(bytes, *length, b->reply, strlen(b->reply));
    char *rest = at;
    for (size_t i = 0; at != NULL && rest != NULL && i < b->lines; i++) {
        rest = memmem(rest, *length - (size_t)(rest - bytes), "\r\n", 2);
        rest = rest == NULL ? NULL : rest + 2;
    }
    if (at == NULL || rest == NULL)
        return;
    size_t size = strlen(b->instead), behind = *length - (size_t)(rest - bytes);
    memmove(at + size, rest, behind);
    memcpy(at, b->instead, size);
    *length = (size_t)(at - bytes) + size + behind;
    b->times++;
}

static void hand_on(int fd, unsigned number, void *user)
{
    static char bytes[1 << 20];
    between *b = user;
    redisContext *server = world_connect(), *other = world_connect();
    struct pollfd ends[2] = {{.fd = fd, .events = POLLIN}, {.fd = server->fd, .events = POLLIN}};
    ssize_t got = 1;
    (void)number;
    while (got > 0 && poll(ends, 2, -1) > 0)
        for (int i = 0; i < 2 && got > 0; i++) {
            if (ends[i].revents == 0 || (got = read(ends[i].fd, bytes, sizeof bytes / 2)) <= 0)
                continue;
            size_t length = (size_t)got;
            if (i == 0 && b->before != NULL && memmem(bytes, length, b->before, strlen(b->before)) != NULL) {
                freeReplyObject(redisCommand(other, "RENAME %s %s", b->act[0], b->act[1]));
                b->before = NULL;
                b->times++;
            }
            if (i == 1)
                replace_lines(b, bytes, &length);
            if (!fake_write(ends[1 - i].fd, bytes, length))
                got = 0;
        }
    redisFree(server);
    redisFree(other);
}

static ds_source *behind(fake_server *server)
{
    char settings[200];
    ds_source *out = NULL;
    snprintf(settings, sizeof settings, "{\"port\": %d, \"keyPrefix\": \"q:\"}", fake_server_port(server));
    ds_status status = ds_source_open("redis", settings, &out, &last);
    CHECK_OK(status);
    return out;
}

/* A skip takes two trips: what was whole in the first may be gone in the second. */
static void a_skip_is_right_though_its_index_vanishes_on_the_way(void)
{
    static const struct {
        const char *before, *key, *query, *wanted;
    } asks[] = {{"\nZRANGE\r\n", "q:Thing#index:i", "{\"order\":\"i\",\"limit\":2,\"skip\":60}", "k0060 k0061"},
                {"\nZREVRANGE\r\n", "q:Thing#index:i", "{\"order\":\"i DESC\",\"limit\":2,\"skip\":60}", "k0038 k0039"},
                {"\nZRANGE\r\n", "q:Thing#ids", "{\"limit\":2,\"skip\":60,\"order\":\"id\"}", "k0060 k0061"},
                {"\nZRANGE\r\n", "q:Thing#schema", "{\"order\":\"i\",\"limit\":2,\"skip\":60}", "k0060 k0061"}};
    for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
        open_model(THING);
        fill(0, 100);
        between b = {.before = asks[i].before, .act = {asks[i].key, "q:away"}};
        fake_server *server = fake_server_start(hand_on, &b);
        ds_source *mine = behind(server);
        CHECK_TEXT(found(world_model(mine, THING), asks[i].query), asks[i].wanted);
        ds_source_close(mine);
        fake_server_stop(server);
        CU_ASSERT_EQUAL(b.times, 1);
        ds_source_close(source);
    }
}

static void a_server_that_says_nonsense_is_not_believed(void)
{
    static const struct {
        const char *reply, *instead;
        size_t lines;
        unsigned most;
    } lies[] = {{"*2\r\n$10\r\n", "*2\r\n:1\r\n:2\r\n", 5, 1000}, /* of TIME */
                {"*2\r\n$10\r\n", "*2\r\n$1\r\n1\r\n*0\r\n", 5, 1000},
                {"*2\r\n$10\r\n", "*1\r\n$1\r\n1\r\n", 5, 1000},
                {"*2\r\n$5\r\nk0099\r\n", "*2\r\n:1\r\n:2\r\n", 5, 1000}, /* what is due next */
                {"*2\r\n$5\r\nk0099\r\n", "*1\r\n$5\r\nk0099\r\n", 5, 1000},
                {"*2\r\n$5\r\nk0099\r\n", "*0\r\n", 5, 1000},
                {"*1\r\n$", "*1\r\n:5\r\n", 3, 1}, /* the entry of a rank */
                {"*1\r\n$", ":5\r\n", 3, 1},
                {"*1\r\n$", "*2\r\n$1\r\nx\r\n$1\r\ny\r\n", 3, 1}};
    open_model(THING);
    fill(0, 100);
    CHECK_OK(ds_expire(model, ds_string("k0099"), 1000000, &last));
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        between b = {.reply = lies[i].reply, .instead = lies[i].instead, .lines = lies[i].lines, .most = lies[i].most};
        fake_server *server = fake_server_start(hand_on, &b);
        ds_source *mine = behind(server);
        ds_model *things = world_model(mine, THING);
        CHECK_TEXT(counted(things, "{\"i\":{\"gte\":10}}"), "90");
        CHECK_TEXT(found(things, "{\"order\":\"i\",\"limit\":2,\"skip\":60}"), "k0060 k0061");
        ds_source_close(mine);
        fake_server_stop(server);
        CU_ASSERT_TRUE(b.times > 0);
    }
    ds_source_close(source);
}

/* ---- what has expired ---- */

/* Until the server has let them go. */
static void let_expire(int from, int to)
{
    for (int i = from; i < to; i++) {
        char id[16], key[40];
        snprintf(id, sizeof id, "k%04d", i);
        snprintf(key, sizeof key, "q:Thing:%s", id);
        CHECK_OK(ds_expire(model, ds_string(id), 1, &last));
        while (strcmp(raw("EXISTS %s", key), "0") != 0)
            ;
    }
}

/* Counts by the index alone, or by looking at the records. */
static void check_count(const char *wanted, bool alone)
{
    raw("CONFIG RESETSTAT");
    CHECK_TEXT(counted(model, "{\"i\":{\"gte\":0}}"), wanted);
    CU_ASSERT_EQUAL(called("zrangebylex", "calls") == 0, alone);
    CHECK_TEXT(found(model, "{\"order\":\"i DESC\",\"limit\":1,\"skip\":60}"), "k0039");
    CU_ASSERT_EQUAL(called("zrevrange", "calls") == 1, alone);
}

static void what_expired_is_not_counted_where_its_keys_were_evicted(void)
{
    static const char *const evicted[][2] = {
        {"q:Thing#expires", "q:Thing#entries"}, {"q:Thing#expires", "q:none"}, {"q:none", "q:Thing#entries"}};
    for (size_t i = 0; i < sizeof evicted / sizeof *evicted; i++) {
        open_model(THING);
        fill(0, 110);
        CHECK_TEXT(counted(model, "{\"i\":{\"gte\":0}}"), "110");
        CHECK_OK(ds_expire(model, ds_string("k0000"), 1000000, &last));
        for (int k = 100; k < 110; k++) {
            char key[40];
            snprintf(key, sizeof key, "k%04d", k);
            CHECK_OK(ds_expire(model, ds_string(key), 1000000, &last));
            snprintf(key, sizeof key, "q:Thing:k%04d", k);
            raw("PEXPIRE %s 1", key); /* as if the time had come */
            while (strcmp(raw("EXISTS %s", key), "0") != 0)
                ;
        }
        raw("DEL %s %s", evicted[i][0], evicted[i][1]);
        check_count("100", false);
        CHECK_OK(ds_expire(model, ds_string("k0001"), 1000000, &last)); /* the keys are there again */
        CHECK_OK(ds_expire(model, ds_string("k0000"), -1, &last));
        check_count("100", false);
        CHECK_OK(ds_migrate(model, NULL, NULL, &last)); /* and whole */
        check_count("100", true);
        ds_source_close(source);
    }
}

/* Where the last record that expired has been swept, nothing is due. */
static void a_model_of_which_nothing_expires_any_more_counts_as_fast_as_before(void)
{
    open_model(THING);
    fill(0, 102);
    let_expire(100, 102);
    CHECK_TEXT(counted(model, "{\"i\":{\"gte\":0}}"), "100"); /* which sweeps */
    CHECK_TEXT(raw("EXISTS q:Thing#expires"), "0");
    check_count("100", true);
    CHECK_OK(ds_migrate(model, NULL, NULL, &last));
    check_count("100", true);
    ds_source_close(source);
}

/* ---- a user without all rights ---- */

static ds_source *as_user(const char *without)
{
    char settings[300];
    ds_source *out = NULL;
    CHECK_TEXT(raw("ACL SETUSER app reset on >x ~q:* resetchannels -@all +auth +select +ping +client|setname +type "
                   "+scan +hgetall +hmget +hlen +pttl +hget +zscore +zrangebyscore +time +zrange +zrangebylex "
                   "+zrevrangebylex +zrevrange +zlexcount +zcard %s",
                   without),
               "OK");
    snprintf(
        settings, sizeof settings,
        "{\"url\": \"unix://%s\", \"keyPrefix\": \"q:\", \"username\": \"app\", \"password\": \"x\", \"readOnly\": "
        "true}",
        world_socket());
    ds_status status = ds_source_open("redis", settings, &out, &last);
    CHECK_OK(status);
    return out;
}

/* What may not be counted is walked over, and what may not be walked over either is an error: never another answer. */
static void what_a_user_may_not_do_is_done_otherwise_or_told(void)
{
    static const struct {
        const char *without, *refused, *up, *down, *count;
    } users[] = {{"-zrevrange", "zrevrange", "k0060 k0061", "k0038 k0039", "90"},
                 {"-zrange", "zrange", "k0060 k0061", "k0038 k0039", "90"},
                 {"-zlexcount", "zlexcount", "k0060 k0061", "k0038 k0039", "90"},
                 {"-zcard", "zcard", "k0060 k0061", "k0038 k0039", "90"},
                 {"-time", "time", "k0060 k0061", "k0038 k0039", "90"},
                 {"-zrevrangebylex", "zrevrangebylex", "k0060 k0061", "DS_AUTH", "90"},
                 {"-zrangebylex", "zrangebylex", "DS_AUTH", "k0038 k0039", "90"},
                 {"-zscore", "zscore", "DS_AUTH", "DS_AUTH", "DS_AUTH"}};
    open_model(THING);
    fill(0, 100);
    CHECK_OK(ds_expire(model, ds_string("k0099"), 1000000, &last));
    for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
        ds_source *reading = as_user(users[i].without);
        ds_model *things = world_model(reading, THING);
        raw("CONFIG RESETSTAT");
        CHECK_TEXT(found(things, "{\"order\":\"i\",\"limit\":2,\"skip\":60}"), users[i].up);
        CHECK_TEXT(found(things, "{\"order\":\"i DESC\",\"limit\":2,\"skip\":60}"), users[i].down);
        CHECK_TEXT(counted(things, "{\"i\":{\"gte\":10}}"), users[i].count);
        CHECK_TEXT(found(things, "{\"where\":{\"i\":{\"between\":[5,6]},\"u\":{\"gt\":\"u0005\"}}}"),
                   strcmp(users[i].refused, "zrangebylex") == 0 || strcmp(users[i].refused, "zscore") == 0 ? "DS_AUTH"
                                                                                                           : "k0006");
        CU_ASSERT_TRUE(called(users[i].refused, "rejected_calls") > 0);
        ds_source_close(reading);
    }
    raw("ACL DELUSER app");
    ds_source_close(source);
}

/* ---- unique properties ---- */

static const char *explained(const char *query_json)
{
    static char text[2000];
    ds_query *query = NULL;
    char *plan = NULL;
    CHECK_OK(ds_query_parse(query_json, &query, &last));
    CHECK_OK(ds_explain(model, query, &plan, &last));
    snprintf(text, sizeof text, "%s", plan == NULL ? "" : plan);
    ds_query_free(query);
    ds_free(plan);
    return text;
}

/* A unique property is looked up by its values alone; with an index of its own beside, it has an order too. */
static void a_unique_property_has_an_order_by_an_index_of_its_own(void)
{
    static const struct {
        const char *query, *ids, *commands;
        unsigned most;
    } asks[] = {{"{\"where\":{\"u\":{\"gt\":\"u0097\"}}}", "k0098 k0099", "zrangebylex", 1},
                {"{\"where\":{\"u\":{\"like\":\"u009%\"}},\"limit\":2}", "k0090 k0091", "zrangebylex", 1},
                {"{\"order\":\"u DESC\",\"limit\":2}", "k0098 k0099", "zrevrangebylex", 1}};
    open_model(THING);
    fill(0, 100);
    CHECK_TEXT(raw("EXISTS q:Thing#index:u q:Thing#unique:u q:Thing#index:byU"), "2");
    CU_ASSERT_PTR_NOT_NULL(
        strstr(explained("{\"where\":{\"u\":\"u0005\"}}"), "\"access\": \"unique\", \"index\": \"u\""));
    for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
        CU_ASSERT_PTR_NOT_NULL(strstr(explained(asks[i].query), "\"access\": \"index\", \"index\": \"byU\""));
        raw("CONFIG RESETSTAT");
        CHECK_TEXT(found(model, asks[i].query), asks[i].ids);
        CU_ASSERT_EQUAL(called(asks[i].commands, "calls"), asks[i].most);
        CU_ASSERT_TRUE(called("hgetall", "calls") <= 12);
    }
    CHECK_DONE(create(model, "{\"id\":\"other\",\"u\":\"u0005\"}"), "DS_DUPLICATE");
    ds_source_close(source);
}

int main(void)
{
    static const test tests[] = {
        {"an empty id is of no record", an_empty_id_is_of_no_record},
        {"an id is as long with an index as without", an_id_is_as_long_with_an_index_as_without},
        {"a skip is right though its index vanishes on the way", a_skip_is_right_though_its_index_vanishes_on_the_way},
        {"a server that says nonsense is not believed", a_server_that_says_nonsense_is_not_believed},
        {"what expired is not counted where its keys were evicted",
         what_expired_is_not_counted_where_its_keys_were_evicted},
        {"a model of which nothing expires any more counts as fast as before",
         a_model_of_which_nothing_expires_any_more_counts_as_fast_as_before},
        {"what a user may not do is done otherwise, or told", what_a_user_may_not_do_is_done_otherwise_or_told},
        {"a unique property has an order by an index of its own",
         a_unique_property_has_an_order_by_an_index_of_its_own},
    };
    if (!world_start())
        return 2;
    int result = SUITE_RUN("counts", tests);
    world_stop();
    return result;
}
