/* How an index is walked: by how many round trips, on the way that explain names, with the rights that a user has, and along a
 * server that repeats itself. */
#include "fake_server.h"
#include "overheard.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char THING[] =
    "{\"name\": \"Thing\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"i\": {\"type\": "
    "\"integer\", \"index\": true}, \"city\": {\"type\": \"string\", \"index\": true}, \"s\": {\"type\": \"string\", "
    "\"index\": true}, \"age\": \"integer\", \"name\": \"string\", \"u\": {\"type\": \"string\", \"unique\": true}}, "
    "\"indexes\": {\"byCityAge\": {\"keys\": {\"city\": 1, \"age\": -1}}}}";

static ds_source *source;
static ds_model *model;

/* i counts; ten cities, each of a tenth; names in hundreds. */
static void fill(int count)
{
    ds_record *records[500];
    source = world_source("\"keyPrefix\": \"w:\"");
    model = world_model(source, THING);
    for (int from = 0; from < count;) {
        size_t n = 0;
        for (; from < count && n < 500; from++) {
            char json[300];
            snprintf(json, sizeof json,
                     "{\"id\": \"k%06d\", \"i\": %d, \"city\": \"c%d\", \"s\": \"s%d\", \"age\": %d, \"name\": "
                     "\"n%d\", \"u\": \"u%d\"}",
                     from, from, from % 10, from % 100, from / 10 % 90, from / 100, from);
            records[n++] = record_of(model, json);
        }
        CHECK_OK(ds_create_all(model, records, n, NULL, &last));
        while (n > 0)
            ds_record_free(records[--n]);
    }
}

static size_t count_ids(const char *ids)
{
    size_t count = *ids != '\0';
    for (; *ids != '\0'; ids++)
        count += *ids == ' ';
    return count;
}

/* ---- round trips ---- */

static unsigned long long reads_of(const char *query, size_t wanted)
{
    found(model, query); /* what is looked up once */
    unsigned long long before = server_reads();
    size_t count = count_ids(found(model, query));
    unsigned long long after = server_reads();
    if (count != wanted)
        fprintf(stderr, "%s: %zu records instead of %zu\n", query, count, wanted);
    CU_ASSERT_EQUAL(count, wanted);
    return after - before - 1;
}

/* What no index answers is asked of records that are read many at a time, however few are wanted. */
static void a_limit_costs_no_more_round_trips_than_none(void)
{
    static const struct {
        const char *limited, *whole;
        size_t count, all;
    } asked[] = {{"{\"where\":{\"name\":\"zz\"},\"limit\":1}", "{\"where\":{\"name\":\"zz\"}}", 0, 0},
                 {"{\"where\":{\"city\":\"c1\",\"name\":\"zz\"},\"limit\":1}",
                  "{\"where\":{\"city\":\"c1\",\"name\":\"zz\"}}", 0, 0},
                 {"{\"where\":{\"name\":\"n39\"},\"limit\":1}", "{\"where\":{\"name\":\"n39\"}}", 1, 100},
                 {"{\"where\":{\"name\":\"n39\"},\"order\":\"i\",\"limit\":20}",
                  "{\"where\":{\"name\":\"n39\"},\"order\":\"i\"}", 20, 100},
                 {"{\"where\":{\"name\":\"n1\"},\"order\":\"i DESC\",\"limit\":120,\"skip\":7}",
                  "{\"where\":{\"name\":\"n1\"},\"order\":\"i DESC\"}", 93, 100},
                 {"{\"where\":{\"name\":{\"like\":\"%9\"}},\"order\":\"i\",\"limit\":390}",
                  "{\"where\":{\"name\":{\"like\":\"%9\"}},\"order\":\"i\"}", 390, 400},
                 {"{\"where\":{\"city\":\"c1\",\"name\":{\"like\":\"%9\"}},\"order\":\"age\",\"limit\":30}",
                  "{\"where\":{\"city\":\"c1\",\"name\":{\"like\":\"%9\"}},\"order\":\"age\"}", 30, 40}};
    fill(4000);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        unsigned long long limited = reads_of(asked[i].limited, asked[i].count),
                           whole = reads_of(asked[i].whole, asked[i].all);
        if (limited > whole + 8)
            fprintf(stderr, "%s: %llu reads, %llu without a limit\n", asked[i].limited, limited, whole);
        CU_ASSERT_TRUE(limited <= whole + 8); /* it begins with fewer at a time */
    }
    ds_source_close(source);
}

static void entries_whose_records_are_gone_are_passed_by_many_at_a_time(void)
{
    fill(3000);
    for (int i = 0; i < 2900; i++) {
        char key[40];
        snprintf(key, sizeof key, "w:Thing:k%06d", i);
        raw("DEL %s", key);
    }
    unsigned long long before = server_reads();
    CHECK_TEXT(found(model, "{\"order\":\"i\",\"limit\":2}"), "k002900 k002901");
    unsigned long long took = server_reads() - before - 1;
    if (took > 100)
        fprintf(stderr, "%llu reads for 2,900 stale entries\n", took);
    CU_ASSERT_TRUE(took <= 100);
    ds_source_close(source);
}

/* ---- the way that explain names ---- */

static char *explained(const char *query_json)
{
    ds_query *query = NULL;
    char *plan = NULL;
    CHECK_OK(ds_query_parse(query_json, &query, &last));
    CHECK_OK(ds_explain(model, query, &plan, &last));
    ds_query_free(query);
    return plan;
}

static void explain_names_the_way_that_is_taken(void)
{
    static const char *const queries[] = {
        "{\"where\":{\"city\":\"c1\"}}",
        "{\"where\":{\"city\":\"c1\"},\"limit\":5}",
        "{\"where\":{\"city\":{\"inq\":[\"c1\",\"c2\"]}},\"order\":\"age\"}",
        "{\"where\":{\"city\":{\"inq\":[\"c1\",\"c2\"]}},\"order\":\"i\",\"limit\":3}",
        "{\"where\":{\"city\":\"c1\",\"i\":{\"lt\":100}}}",
        "{\"where\":{\"city\":\"c1\",\"s\":\"s11\",\"age\":{\"gt\":10}},\"order\":\"i DESC\"}",
        "{\"where\":{\"city\":\"c1\",\"u\":\"u11\"}}",
        "{\"where\":{\"or\":[{\"city\":\"c1\"},{\"i\":{\"lt\":9}},{\"u\":\"u17\"}]}}",
        "{\"where\":{\"or\":[{\"city\":\"c1\"},{\"i\":{\"lt\":9}}],\"s\":\"s1\"}}",
        "{\"where\":{\"name\":\"n1\"},\"order\":\"s\",\"limit\":2}"};
    char *json;
    size_t length;
    fill(3000);
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        char *plan = explained(queries[i]);
        CU_ASSERT_TRUE(overheard_as_explained(model, queries[i], plan));
        ds_free(plan);
    }
    /* All that are there, at the beginning, and very many that are not. */
    FILE *out = open_memstream(&json, &length);
    fputs("{\"where\":{\"city\":{\"inq\":[\"c0\"", out);
    for (int i = 1; i < 10; i++)
        fprintf(out, ",\"c%d\"", i);
    for (int i = 0; i < 190; i++)
        fprintf(out, ",\"none%d\"", i);
    fputs("]}}}", out);
    fclose(out);
    char *plan = explained(json);
    CU_ASSERT_PTR_NOT_NULL(strstr(plan, "\"access\": \"index\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(plan, "\"ranges\": 200, \"entries\": 3000,"));
    CU_ASSERT_TRUE(overheard_as_explained(model, json, plan));
    ds_free(plan);
    free(json);
    ds_source_close(source);
}

/* ---- rights ---- */

static void what_may_not_be_counted_is_not_taken_for_nothing(void)
{
    static const char *const rights[] = {"+zlexcount -dbsize", "-zlexcount +dbsize", "-zlexcount -dbsize"};
    char settings[300];
    fill(300);
    raw("DEL %s", "w:Thing#ids"); /* evicted: what is left is SCAN */
    for (size_t i = 0; i < sizeof rights / sizeof *rights; i++) {
        ds_source *reading = NULL;
        ds_model *own = model;
        char *words[2] = {strdup(rights[i]), NULL};
        words[1] = strchr(words[0], ' ');
        *words[1]++ = '\0';
        CHECK_TEXT(raw("ACL SETUSER few reset on >x ~w:* resetchannels -@all +auth +select +ping +client|setname "
                       "+type +scan +hgetall +hmget +hlen +pttl +hget +zscore +zrangebyscore +time +zrange "
                       "+zrangebylex +zrevrangebylex +zrevrange +zcard %s %s",
                       words[0], words[1]),
                   "OK");
        free(words[0]);
        snprintf(settings, sizeof settings,
                 "{\"url\": \"unix://%s\", \"keyPrefix\": \"w:\", \"username\": \"few\", \"password\": \"x\", "
                 "\"readOnly\": true}",
                 world_socket());
        CU_ASSERT_EQUAL_FATAL(ds_source_open("redis", settings, &reading, &last), DS_OK);
        model = world_model(reading, THING);
        CHECK_TEXT(found(model, "{\"where\":{\"name\":\"n2\"},\"limit\":1,\"order\":\"id\"}"), "k000200"); /* no #ids */
        const char *ways = overheard(model, "{\"where\":{\"i\":{\"lt\":100},\"s\":\"s7\"}}");
        CU_ASSERT_PTR_NULL(strstr(ways, "scan"));
        CU_ASSERT_PTR_NOT_NULL(strstr(ways, "index:"));
        char *plan = explained("{\"where\":{\"i\":{\"lt\":100},\"s\":\"s7\"}}");
        CU_ASSERT_TRUE(strncmp(strstr(plan, "\"access\": "), "\"access\": \"index\"", 17) == 0);
        CU_ASSERT_PTR_NULL(strstr(plan, "9223372036854775")); /* nothing is made up */
        ds_free(plan);
        ds_source_close(reading);
        raw("ACL DELUSER few");
        model = own;
    }
    ds_source_close(source);
}

/* ---- entries that others left behind ---- */

#define LEFT 600 /* records: several batches */

static const char LEFT_PROPERTIES[] =
    "{\"name\": \"Left\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"a\": {\"type\": "
    "\"integer\", \"index\": true}, \"c\": {\"type\": \"string\", \"index\": true}, \"x\": \"integer\"}, "
    "\"indexes\": {\"byAX\": {\"keys\": {\"a\": 1, \"x\": 1}}, \"byCX\": {\"keys\": {\"c\": 1, \"x\": 1}}}}";
static ds_model *reference;

/* Another program's HSET leaves the entries of a record behind, and an update puts new ones beside them. */
static void move(int i, int round)
{
    char id[16], key[30], json[100];
    snprintf(id, sizeof id, "k%03d", i);
    snprintf(key, sizeof key, "w:Left:%s", id);
    raw("HSET %s a -1 c none x -1", key);
    snprintf(json, sizeof json, "{\"a\": %d, \"c\": \"c%d\", \"x\": %d}", (i * 37 + round * 101) % LEFT,
             (i + round) % 4, (i * 11 + round * 7) % 50);
    CHECK_OK(update(model, id, json));
    CHECK_OK(update(reference, id, json));
}

static char *in_order(ds_model *of, const char *json)
{
    ds_query *query = NULL;
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    char *text = calloc(1, 2 * LEFT * 5 + 1);
    CHECK_OK(ds_query_parse(json, &query, &last));
    ds_status status = ds_find(of, query, &cursor, &last);
    for (size_t at = 0; status == DS_OK && at < (size_t)2 * LEFT * 5; at += 5) {
        status = ds_cursor_next(cursor, &record, &last);
        if (status != DS_OK || record == NULL)
            break;
        sprintf(text + at, "%.4s ", ds_record_get(record, "id").as.string);
    }
    CHECK_OK(status);
    ds_cursor_close(cursor);
    ds_query_free(query);
    return text;
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, 5);
}

static void check_left(const char *json)
{
    char *came = in_order(model, json), *wanted = in_order(reference, json);
    if (strstr(json, "order") == NULL) {
        qsort(came, strlen(came) / 5, 5, compare_ids);
        qsort(wanted, strlen(wanted) / 5, 5, compare_ids);
    }
    bool is_same = strcmp(came, wanted) == 0;
    if (!is_same)
        fprintf(stderr, "%s\n    %zu records, of %zu\n", json, strlen(came) / 5, strlen(wanted) / 5);
    CU_ASSERT_TRUE(is_same);
    CU_ASSERT_TRUE(strlen(wanted) > 0);
    free(came);
    free(wanted);
}

static void open_left(ds_source **memory)
{
    source = world_source("\"keyPrefix\": \"w:\"");
    model = world_model(source, LEFT_PROPERTIES);
    CU_ASSERT_EQUAL_FATAL(ds_source_open("memory", "{}", memory, &last), DS_OK);
    reference = world_model(*memory, LEFT_PROPERTIES);
    for (int i = 0; i < LEFT; i++) {
        char json[100];
        snprintf(json, sizeof json, "{\"id\": \"k%03d\", \"a\": %d, \"c\": \"c%d\", \"x\": %d}", i, i, i % 4, i % 50);
        CHECK_OK(create(model, json));
        CHECK_OK(create(reference, json));
    }
}

/* Whichever of its entries is met first, and whether in one batch or in two. */
static void a_record_comes_once_by_its_own_entry_whatever_else_leads_to_it(void)
{
    static const char *const queries[] = {
        "{\"where\":{\"a\":{\"gte\":0}}}",
        "{\"where\":{\"a\":{\"inq\":[1,2,3,38,75,99,101,138,139,175,212,240,303,304]}}}",
        "{\"where\":{\"or\":[{\"a\":{\"lt\":300}},{\"c\":\"c1\"}]}}",
        "{\"where\":{\"or\":[{\"a\":{\"lt\":9}},{\"c\":\"c2\"},{\"id\":\"k012\"}],\"x\":{\"lt\":40}}}",
        "{\"where\":{\"c\":{\"inq\":[\"c0\",\"c1\",\"c3\"]}}}",
        "{\"order\":\"a\",\"limit\":500}",
        "{\"where\":{\"a\":{\"gte\":20}},\"order\":\"a DESC\"}",
        "{\"where\":{\"a\":{\"gte\":20}},\"order\":\"a\",\"limit\":7}",
        "{\"where\":{\"c\":\"c1\"},\"order\":\"x\"}",
        "{\"where\":{\"c\":{\"inq\":[\"c1\",\"c2\"]}},\"order\":\"x, id\"}",
        "{\"where\":{\"c\":{\"inq\":[\"c1\",\"c2\",\"c3\"]}},\"order\":\"x DESC, id DESC\",\"limit\":200}",
        "{\"where\":{\"or\":[{\"a\":7},{\"a\":50},{\"c\":\"c1\"},{\"c\":\"c2\"}]},\"order\":\"x\"}"};
    ds_source *memory = NULL;
    open_left(&memory);
    for (int round = 1; round <= (int)(sizeof queries / sizeof *queries); round++) {
        for (int i = round % 3; i < LEFT; i += 3)
            move(i, round);
        CU_ASSERT_TRUE(atoi(raw("ZCARD w:Left#index:a")) > LEFT + 100); /* entries that lead nowhere */
        check_left(queries[round - 1]);
        check_left("{}");
    }
    CHECK_OK(create(model, "{\"id\": \"one\", \"a\": 10001, \"c\": \"z\"}"));
    raw("HSET w:Left:one a 10005");
    CHECK_OK(update(model, "one", "{\"a\": 10009}"));
    CHECK_TEXT(found(model, "{\"where\":{\"a\":{\"gte\":10000}}}"), "one");
    CHECK_TEXT(found(model, "{\"where\":{\"a\":{\"gte\":10000}}}"), "one");
    ds_source_close(source);
    ds_source_close(memory);
}

/* ---- a server that repeats itself ---- */

static void append(char **out, size_t *length, const char *bytes, size_t count)
{
    *out = realloc(*out, *length + count);
    if (count > 0)
        memcpy(*out + *length, bytes, count);
    *length += count;
}

static void show(const redisReply *reply, char **out, size_t *length)
{
    char head[32];
    bool is_array = reply->type == REDIS_REPLY_ARRAY, is_string = reply->type == REDIS_REPLY_STRING;
    if (reply->type == REDIS_REPLY_NIL)
        snprintf(head, sizeof head, "$-1\r\n");
    else if (is_array || is_string)
        snprintf(head, sizeof head, "%c%zu\r\n", is_array ? '*' : '$', is_array ? reply->elements : reply->len);
    else
        snprintf(head, sizeof head, "%c", reply->type == REDIS_REPLY_STATUS ? '+' : '-');
    if (reply->type == REDIS_REPLY_INTEGER)
        snprintf(head, sizeof head, ":%lld\r\n", reply->integer);
    append(out, length, head, strlen(head));
    for (size_t i = 0; is_array && i < reply->elements; i++)
        show(reply->element[i], out, length);
    bool has_text = is_string || reply->type == REDIS_REPLY_STATUS || reply->type == REDIS_REPLY_ERROR;
    if (has_text) {
        append(out, length, reply->str, (size_t)reply->len);
        append(out, length, "\r\n", 2);
    }
}

/* Hands a command on to the real server; each batch of an index is the first one again. */
static bool relay(int fd, redisContext *server, const redisReply *command, redisReply **batch)
{
    const char *words[64];
    size_t lengths[64], count = command->elements < 64 ? command->elements : 64, length = 0;
    char *out = NULL;
    for (size_t i = 0; i < count; i++) {
        words[i] = command->element[i]->str;
        lengths[i] = (size_t)command->element[i]->len;
    }
    redisReply *reply = redisCommandArgv(server, (int)count, words, lengths);
    if (reply == NULL)
        return false;
    if (strstr(words[0], "RANGEBYLEX") != NULL && *batch == NULL)
        *batch = reply;
    show(strstr(words[0], "RANGEBYLEX") != NULL ? *batch : reply, &out, &length);
    bool is_fine = fake_write(fd, out, length);
    free(out);
    if (reply != *batch)
        freeReplyObject(reply);
    return is_fine;
}

static void repeat(int fd, unsigned number, void *user)
{
    redisContext *server = world_connect();
    redisReader *reader = redisReaderCreate();
    redisReply *batch = NULL;
    char bytes[4096];
    ssize_t came;
    bool is_fine = true;
    (void)number;
    (void)user;
    while (is_fine && (came = read(fd, bytes, sizeof bytes)) > 0) {
        void *command = NULL;
        redisReaderFeed(reader, bytes, (size_t)came);
        while (is_fine && redisReaderGetReply(reader, &command) == REDIS_OK && command != NULL) {
            is_fine = relay(fd, server, command, &batch);
            freeReplyObject(command);
            command = NULL;
        }
    }
    freeReplyObject(batch);
    redisReaderFree(reader);
    redisFree(server);
}

static void a_server_that_repeats_a_batch_is_not_followed_for_ever(void)
{
    static const char *const queries[] = {"{}", "{\"where\":{\"i\":{\"gte\":0}}}", "{\"order\":\"i DESC\"}",
                                          "{\"where\":{\"city\":{\"inq\":[\"c1\",\"c2\"]}},\"order\":\"age\"}"};
    fill(3000);
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        char settings[200];
        ds_source *relayed = NULL;
        ds_model *own = model;
        fake_server *server = fake_server_start(repeat, NULL);
        snprintf(settings, sizeof settings, "{\"port\": %d, \"keyPrefix\": \"w:\", \"readOnly\": true}",
                 fake_server_port(server));
        CU_ASSERT_EQUAL_FATAL(ds_source_open("redis", settings, &relayed, &last), DS_OK);
        model = world_model(relayed, THING);
        ds_query *query = NULL;
        ds_cursor *cursor = NULL;
        const ds_record *record = NULL;
        size_t count = 0;
        CHECK_OK(ds_query_parse(queries[i], &query, &last));
        ds_status status = ds_find(model, query, &cursor, &last);
        while (status == DS_OK && count++ < 10000 && (status = ds_cursor_next(cursor, &record, &last)) == DS_OK &&
               record != NULL)
            ;
        CHECK_DONE(status, "DS_BACKEND");
        CU_ASSERT_PTR_NOT_NULL(strstr(last.message, "do not go on behind the last one"));
        ds_cursor_close(cursor);
        ds_query_free(query);
        ds_source_close(relayed);
        fake_server_stop(server);
        model = own;
    }
    ds_source_close(source);
}

int main(void)
{
    static const test tests[] = {
        {"a limit costs no more round trips than none", a_limit_costs_no_more_round_trips_than_none},
        {"entries whose records are gone are passed by many at a time",
         entries_whose_records_are_gone_are_passed_by_many_at_a_time},
        {"explain names the way that is taken", explain_names_the_way_that_is_taken},
        {"what may not be counted is not taken for nothing", what_may_not_be_counted_is_not_taken_for_nothing},
        {"a record comes once, by its own entry, whatever else leads to it",
         a_record_comes_once_by_its_own_entry_whatever_else_leads_to_it},
        {"a server that repeats a batch is not followed for ever",
         a_server_that_repeats_a_batch_is_not_followed_for_ever},
    };
    if (!world_start())
        return 2;
    int result = SUITE_RUN("walks", tests);
    world_stop();
    return result;
}
