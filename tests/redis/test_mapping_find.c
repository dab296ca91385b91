/* How records are found without an index: what is sent, and that each record comes once, whole. */
#include "world.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static const char THING[] = "{\"name\": \"Thing\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, "
                            "\"n\": \"integer\", \"a\": \"string\", \"b\": \"string\", \"c\": \"string\"}}";

static ds_source *source;
static ds_model *open_model(const char *definition)
{
    source = world_source("");
    return world_model(source, definition);
}

/* Records 0 to n - 1 as another program writes them. */
static void fill(const char *key, int n)
{
    raw("EVAL %s 0 %s %d",
        "for i = 0, ARGV[2] - 1 do redis.call('HSET', ARGV[1] .. i, 'n', i, 'a', 'x', 'b', i % 2 == 0 and 'even' or "
        "'odd') end",
        key, n);
}

static unsigned long long calls(const char *command)
{
    char name[64];
    snprintf(name, sizeof name, "cmdstat_%s:calls=", command);
    const char *at = strstr(raw("INFO commandstats"), name);
    return at == NULL ? 0 : strtoull(at + strlen(name), NULL, 10);
}

/* Walks all that a query finds: how many came, and that none came twice. */
typedef struct walked {
    size_t count, twice;
    ds_status status;
} walked;

static walked walk(ds_model *model, const char *query_json, size_t ids)
{
    walked result = {0, 0, DS_OK};
    unsigned char *met = calloc(ids + 1, 1);
    ds_query *query = NULL;
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    result.status = ds_query_parse(query_json, &query, &last);
    if (result.status == DS_OK)
        result.status = ds_find(model, query, &cursor, &last);
    while (result.status == DS_OK && (result.status = ds_cursor_next(cursor, &record, &last)) == DS_OK &&
           record != NULL) {
        ds_value text = ds_record_get(record, "id"); /* null where it was not asked for */
        size_t id = text.type == DS_STRING ? strtoul(text.as.string, NULL, 10) : ids;
        result.twice += id < ids && met[id]++ > 0;
        result.count++;
    }
    ds_cursor_close(cursor);
    ds_query_free(query);
    free(met);
    return result;
}

static void a_walk_reads_each_record_once(void)
{
    ds_model *model = open_model(THING);
    fill("Thing:", 5000);
    fill("Thing", 5000);
    fill("Things:", 5000);
    raw("EVAL %s 0", "for i = 0, 999 do redis.call('SET', 'Thing:s' .. i, i) end");
    raw("CONFIG RESETSTAT");
    walked all = walk(model, "{}", 5000);
    CHECK_DONE(all.status, "DS_OK");
    CU_ASSERT_EQUAL(all.count, 5000);
    CU_ASSERT_EQUAL(all.twice, 0);
    CU_ASSERT_EQUAL(calls("hgetall"), 5000);
    CU_ASSERT_TRUE(calls("scan") >= 16 && calls("scan") < 170);
    CU_ASSERT_EQUAL(calls("keys"), 0);
    CU_ASSERT_EQUAL(walk(model, "{\"where\": {\"b\": \"odd\", \"n\": {\"lt\": 1000}}}", 5000).count, 500);
    ds_source_close(source);
}

static void a_count_of_all_reads_no_record(void)
{
    ds_model *model = open_model(THING);
    uint64_t count = 0;
    fill("Thing:", 3000);
    fill("Other:", 3000);
    raw("SET Thing:s x");
    raw("CONFIG RESETSTAT");
    CHECK_OK(ds_count(model, NULL, &count, &last));
    CU_ASSERT_EQUAL(count, 3000);
    CU_ASSERT_EQUAL(calls("hgetall") + calls("hmget") + calls("hlen"), 0);
    ds_filter *filter = ds_where("b", DS_EQ, ds_string("odd"));
    CHECK_OK(ds_count(model, filter, &count, &last));
    CU_ASSERT_EQUAL(count, 1500);
    ds_filter_free(filter);
    ds_source_close(source);
}

static void ids_in_a_filter_are_not_walked_for(void)
{
    ds_model *model = open_model(THING);
    fill("Thing:", 100);
    raw("CONFIG RESETSTAT");
    CHECK_TEXT(found(model, "{\"where\": {\"id\": \"7\"}}"), "7");
    CHECK_TEXT(found(model, "{\"where\": {\"id\": {\"inq\": [\"7\", \"8\", \"7\", \"none\", null]}}}"), "7 8");
    CHECK_TEXT(found(model, "{\"where\": {\"id\": {\"inq\": [\"7\", \"8\"]}, \"b\": \"even\"}}"), "8");
    CHECK_TEXT(found(model, "{\"where\": {\"and\": [{\"n\": 8}, {\"and\": [{\"id\": \"8\"}]}]}}"), "8");
    CHECK_TEXT(found(model, "{\"where\": {\"id\": null}}"), "");
    CHECK_TEXT(found(model, "{\"where\": {\"id\": {\"inq\": []}}}"), "");
    CHECK_TEXT(
        found(model, "{\"where\": {\"id\": {\"inq\": [\"3\", \"1\", \"2\"]}}, \"order\": \"id DESC\", \"limit\": 2}"),
        "2 3");
    CU_ASSERT_EQUAL(calls("scan"), 0);
    CHECK_TEXT(found(model, "{\"where\": {\"or\": [{\"id\": \"7\"}, {\"n\": 9}]}}"), "7 9");
    CHECK_TEXT(found(model, "{\"where\": {\"id\": {\"gt\": \"97\"}}}"), "98 99");
    CU_ASSERT_TRUE(calls("scan") > 0);
    ds_source_close(source);
}

static void only_the_fields_that_are_asked_for_are_sent(void)
{
    ds_model *model = open_model(THING);
    fill("Thing:", 1000);
    raw("HSET Thing:bare c x");
    raw("CONFIG RESETSTAT");
    CU_ASSERT_EQUAL(walk(model, "{\"fields\": [\"id\", \"n\"]}", 1000).count, 1001);
    CU_ASSERT_EQUAL(calls("hmget"), 1001);
    CU_ASSERT_EQUAL(calls("hgetall"), 1); /* the one that HMGET cannot tell from a missing record */
    CU_ASSERT_EQUAL(walk(model, "{\"fields\": [\"id\"]}", 1000).count, 1001);
    CU_ASSERT_EQUAL(calls("hlen"), 1001);
    CU_ASSERT_EQUAL(walk(model, "{\"fields\": [\"b\"], \"where\": {\"id\": {\"inq\": [\"1\", \"2\"]}}}", 0).count, 2);
    CHECK_TEXT(found(model, "{\"fields\": [\"a\", \"id\"], \"where\": {\"n\": 500}}"), "500");
    CHECK_TEXT(found(model, "{\"fields\": [\"id\"], \"where\": {\"id\": {\"inq\": [\"1\", \"x\"]}}}"), "1");
    ds_model *plain = world_model(source, "plain");
    raw("HSET plain:1 a 1 b 2");
    raw("HSET plain:2 b 2");
    ds_query *query = NULL;
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    CHECK_OK(ds_query_parse("{\"fields\": [\"a\", \"id\"], \"order\": \"id\"}", &query, &last));
    CHECK_OK(ds_find(plain, query, &cursor, &last));
    static const char *const wanted[] = {"{\"id\":\"1\",\"a\":\"1\"}", "{\"id\":\"2\"}"};
    for (size_t i = 0; i < 2; i++) {
        CHECK_OK(ds_cursor_next(cursor, &record, &last));
        char *json = ds_record_to_json(record);
        CHECK_TEXT(json, wanted[i]);
        ds_free(json);
    }
    ds_cursor_close(cursor);
    ds_query_free(query);
    ds_source_close(source);
}

static void ids_are_answered_in_the_order_that_was_asked(void)
{
    ds_model *model = open_model(THING);
    ds_value ids[3000];
    char texts[3000][8];
    fill("Thing:", 2500);
    for (int i = 0; i < 3000; i++) {
        snprintf(texts[i], sizeof texts[i], "%d", 2999 - i);
        ids[i] = ds_string(texts[i]);
    }
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    CHECK_OK(ds_find_by_ids(model, ids, 3000, &cursor, &last));
    for (long long wanted = 2499; wanted >= 0; wanted--) {
        CHECK_OK(ds_cursor_next(cursor, &record, &last));
        CU_ASSERT_PTR_NOT_NULL_FATAL(record);
        CU_ASSERT_EQUAL(ds_record_get(record, "n").as.integer, wanted);
    }
    CHECK_OK(ds_cursor_next(cursor, &record, &last));
    CU_ASSERT_PTR_NULL(record);
    ds_cursor_close(cursor);
    ds_source_close(source);
}

/* ---- while others write ---- */

static atomic_bool stop;

/* Makes the table of keys grow and shrink, by which SCAN repeats; deletes, expires and changes the kind of some
 * records. */
static void *disturb(void *unused)
{
    static const char script[] =
        "for i = 0, 19999 do redis.call('SET', 'noise' .. i, i) end "
        "for i = 0, 99 do local k = 'Thing:' .. (5000 + i) redis.call('DEL', k) "
        "if i % 3 == 0 then redis.call('SET', k, 'x') else redis.call('HSET', k, 'n', i, 'a', 'y', 'b', 'even') end "
        "if i % 3 == 1 then redis.call('PEXPIRE', k, 1) end end "
        "for i = 0, 19999 do redis.call('DEL', 'noise' .. i) end";
    redisContext *context = world_connect();
    (void)unused;
    while (!atomic_load(&stop))
        freeReplyObject(redisCommand(context, "EVAL %s 0", script));
    redisFree(context);
    return NULL;
}

static void a_walk_sees_what_stays_once_whatever_others_do(void)
{
    ds_model *model = open_model(THING);
    pthread_t thread;
    fill("Thing:", 3000);
    atomic_store(&stop, false);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, disturb, NULL), 0);
    for (int i = 0; i < 10; i++) {
        walked all = walk(model, i % 2 ? "{\"fields\": [\"id\", \"n\"]}" : "{}", 6000);
        CHECK_DONE(all.status, "DS_OK");
        CU_ASSERT_TRUE(all.count >= 3000 && all.count <= 3100);
        CU_ASSERT_EQUAL(all.twice, 0);
    }
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
    ds_source_close(source);
}

static void *flip(void *unused)
{
    redisContext *context = world_connect();
    (void)unused;
    for (int i = 0; !atomic_load(&stop); i++)
        freeReplyObject(redisCommand(context, "HSET Thing:%d a %d b %d c %d", i % 20, i, i, i));
    redisFree(context);
    return NULL;
}

static void a_record_is_never_a_mix_of_two_states(void)
{
    ds_model *model = open_model(THING);
    pthread_t thread;
    size_t read = 0;
    atomic_store(&stop, false);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, flip, NULL), 0);
    for (int i = 0; i < 300 || read < 1000; i++) {
        ds_cursor *cursor = NULL;
        const ds_record *record = NULL;
        static const char *const fields[] = {"a", "b", "c"};
        CHECK_OK(ds_find(model, i % 2 ? DS_QUERY(.fields = fields, .field_count = 3) : NULL, &cursor, &last));
        while (ds_cursor_next(cursor, &record, &last) == DS_OK && record != NULL) {
            CHECK_TEXT(ds_record_get(record, "a").as.string, ds_record_get(record, "c").as.string);
            CHECK_TEXT(ds_record_get(record, "b").as.string, ds_record_get(record, "c").as.string);
            read++;
        }
        ds_cursor_close(cursor);
    }
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
    ds_source_close(source);
}

static void check_plan(ds_model *model, const char *query_json, const char *wanted)
{
    ds_query *query = NULL;
    char *plan = NULL;
    CHECK_OK(ds_query_parse(query_json, &query, &last));
    CHECK_OK(ds_explain(model, query, &plan, &last));
    if (plan == NULL || strstr(plan, wanted) == NULL)
        CHECK_TEXT(plan, wanted);
    ds_free(plan);
    ds_query_free(query);
}

static void explain_says_how_a_find_is_answered(void)
{
    ds_model *model = open_model(THING);
    check_plan(model, "{}", "\"access\": \"scan\", \"pattern\": \"Thing:*\", \"command\": \"HGETALL\"");
    check_plan(model, "{\"where\": {\"id\": {\"inq\": [\"a\", \"b\"]}}}", "\"access\": \"ids\", \"ids\": 2");
    check_plan(model, "{\"where\": {\"n\": 1}, \"fields\": [\"a\"]}", "\"command\": \"HMGET\"");
    check_plan(model, "{\"fields\": [\"id\"]}", "\"command\": \"HLEN\"");
    ds_source_close(source);
}

int main(void)
{
    static const test tests[] = {
        {"a walk reads each record once, in batches", a_walk_reads_each_record_once},
        {"a count of all reads no record", a_count_of_all_reads_no_record},
        {"ids that a filter names are not walked for", ids_in_a_filter_are_not_walked_for},
        {"only the fields that are asked for are sent", only_the_fields_that_are_asked_for_are_sent},
        {"ids are answered in the order that was asked", ids_are_answered_in_the_order_that_was_asked},
        {"a walk sees each record that stays once, whatever others do", a_walk_sees_what_stays_once_whatever_others_do},
        {"a record is never a mix of two of its states", a_record_is_never_a_mix_of_two_states},
        {"explain says how a find is answered", explain_says_how_a_find_is_answered},
    };
    if (!world_start())
        return EXIT_FAILURE;
    int failed = SUITE_RUN("Redis mapping, finding", tests);
    world_stop();
    return failed;
}
