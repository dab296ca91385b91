/* How a find is answered where a model has indexes: which way is chosen, how many commands it takes, and what becomes of it when
 * others write, or when a key vanishes. */
#include "overheard.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static const char THING[] = "{\"name\": \"Thing\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, "
                            "\"s\": {\"type\": \"string\", "
                            "\"index\": true}, \"i\": {\"type\": \"integer\", \"index\": true}, \"n\": {\"type\": "
                            "\"number\", \"index\": true}, \"b\": "
                            "{\"type\": \"boolean\", \"index\": true}, \"d\": {\"type\": \"date\", \"index\": true}, "
                            "\"x\": {\"type\": \"binary\", "
                            "\"index\": true}, \"u\": {\"type\": \"string\", \"unique\": true}, \"city\": \"string\", "
                            "\"age\": \"integer\", \"t\": "
                            "\"string\"}, \"indexes\": {\"byCityAge\": {\"keys\": {\"city\": 1, \"age\": -1}}}}";

static ds_source *source;
static ds_model *model;

static void open_model(void)
{
    source = world_source("\"keyPrefix\": \"q:\"");
    model = world_model(source, THING);
}

/* Records from..to-1: i counts, s in tens, n in halves, u is unique, age from 0 to 99, five cities. */
static void fill(int from, int to)
{
    ds_record *records[500];
    while (from < to) {
        size_t count = 0;
        for (; from < to && count < 500; from++) {
            char json[400];
            snprintf(json, sizeof json,
                     "{\"id\":\"k%06d\",\"s\":\"s%05d\",\"i\":%d,\"n\":%d.5,\"b\":%s,\"d\":%d,\"x\":\"YQ==\",\"u\":\"u%"
                     "d\",\"city\":"
                     "\"c%d\",\"age\":%d,\"t\":\"t%d\"}",
                     from, from / 10, from, from, from % 2 == 0 ? "true" : "false", from * 1000, from, from % 5,
                     from / 5 % 100, from % 7);
            records[count++] = record_of(model, json);
        }
        CHECK_OK(ds_create_all(model, records, count, NULL, &last));
        while (count > 0)
            ds_record_free(records[--count]);
    }
}

static char *explained(const char *query_json)
{
    ds_query *query = NULL;
    char *plan = NULL;
    CHECK_OK(ds_query_parse(query_json, &query, &last));
    CHECK_OK(ds_explain(model, query, &plan, &last));
    ds_query_free(query);
    return plan == NULL ? strdup("") : plan;
}

/* What is explained is as wanted, and what the server is asked. */
static void check_plan(const char *query_json, const char *wanted)
{
    char *plan = explained(query_json);
    if (strstr(plan, wanted) == NULL) {
        fprintf(stderr, "%s\n", query_json);
        CHECK_TEXT(plan, wanted);
    }
    CU_ASSERT_TRUE(overheard_as_explained(model, query_json, plan));
    ds_free(plan);
}

/* ---- which way ---- */

/* With each type's property where a % stands. */
static void each_operator_finds_its_way(void)
{
    static const struct {
        const char *property, *literal, *other;
    } types[] = {{"s", "\"s1\"", "\"s2\""},
                 {"i", "5", "7"},
                 {"n", "1.5", "2.5"},
                 {"b", "false", "true"},
                 {"d", "\"1970-01-01\"", "\"1970-01-02\""},
                 {"x", "\"YQ==\"", "\"YWI=\""}};
    static const struct {
        const char *format, *using; /* %1$s property, %2$s literal, %3$s other; NULL: no index serves it */
    } ways[] = {{"{\"%1$s\":%2$s}", "equality"},
                {"{\"%1$s\":{\"gt\":%2$s}}", "range"},
                {"{\"%1$s\":{\"gte\":%2$s}}", "range"},
                {"{\"%1$s\":{\"lt\":%3$s}}", "range"},
                {"{\"%1$s\":{\"lte\":%2$s}}", "range"},
                {"{\"%1$s\":{\"between\":[%2$s,%3$s]}}", "range"},
                {"{\"%1$s\":{\"inq\":[%2$s,%3$s]}}", "equality"},
                {"{\"%1$s\":null}", "equality"},
                {"{\"%1$s\":{\"inq\":[%2$s,null]}}", "equality"},
                {"{\"%1$s\":{\"neq\":null}}", "range"},
                {"{\"%1$s\":{\"exists\":true}}", "range"},
                {"{\"%1$s\":{\"exists\":false}}", "equality"},
                {"{\"%1$s\":{\"like\":\"s1%%\"}}", "range"},
                {"{\"%1$s\":{\"like\":\"s1\"}}", "equality"},
                {"{\"%1$s\":{\"like\":\"%%s1\"}}", "range"},
                {"{\"%1$s\":{\"neq\":%2$s}}", NULL},
                {"{\"%1$s\":{\"nin\":[%2$s]}}", NULL},
                {"{\"%1$s\":{\"nlike\":\"s%%\"}}", NULL},
                {"{\"%1$s\":{\"ilike\":\"s1%%\"}}", NULL},
                {"{\"%1$s\":{\"nilike\":\"s1%%\"}}", NULL},
                {"{\"%1$s\":{\"regexp\":\"^s1\"}}", NULL}};
    open_model();
    fill(0, 200);
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
            char where[200], query[240], wanted[120];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            snprintf(where, sizeof where, ways[w].format, types[t].property, types[t].literal, types[t].other);
#pragma GCC diagnostic pop
            snprintf(query, sizeof query, "{\"where\":%s}", where);
            snprintf(wanted, sizeof wanted, "\"access\": \"index\", \"index\": \"%s\", \"using\": \"%s\"",
                     types[t].property, ways[w].using == NULL ? "" : ways[w].using);
            check_plan(query, ways[w].using == NULL ? "\"access\": \"primary\"" : wanted);
        }
    ds_source_close(source);
}

static void the_cheapest_way_is_taken(void)
{
    open_model();
    fill(0, 2000);
    check_plan("{\"where\":{\"id\":\"k000001\"}}", "\"access\": \"ids\", \"ids\": 1");
    check_plan("{\"where\":{\"u\":\"u5\"}}", "\"access\": \"unique\", \"index\": \"u\", \"values\": 1");
    check_plan("{\"where\":{\"u\":{\"inq\":[\"u5\",\"u6\"]},\"i\":{\"gt\":3}}}", "\"access\": \"unique\"");
    check_plan("{\"where\":{\"u\":null}}", "\"access\": \"primary\""); /* null claims nothing */
    check_plan("{\"where\":{\"i\":{\"gt\":1990},\"b\":true}}", "\"access\": \"index\", \"index\": \"i\"");
    check_plan("{\"where\":{\"i\":{\"lt\":1990},\"s\":\"s00001\"}}", "\"access\": \"index\", \"index\": \"s\"");
    check_plan("{\"where\":{\"city\":\"c1\",\"age\":{\"gte\":90}}}",
               "\"index\": \"byCityAge\", \"using\": \"equality and range\"");
    check_plan("{\"where\":{\"city\":\"c1\"},\"order\":\"age DESC, id DESC\"}",
               "\"index\": \"byCityAge\", \"using\": \"equality\", \"order\": \"forwards\"");
    check_plan("{\"where\":{\"city\":\"c1\"},\"order\":\"age\"}", "\"order\": \"backwards\"");
    check_plan("{\"where\":{\"city\":\"c1\"},\"order\":\"age DESC, id\"}",
               "\"library\":[\"order\"]"); /* ties the other way */
    check_plan("{\"where\":{\"city\":{\"inq\":[\"c1\",\"c3\"]}},\"order\":\"age\",\"limit\":3}",
               "\"ranges\": 2, \"order\": \"merged\"");
    check_plan("{\"order\":\"i DESC\",\"limit\":5}",
               "\"index\": \"i\", \"using\": \"order\", \"order\": \"backwards\"");
    check_plan("{\"order\":\"city\",\"limit\":5}", "\"library\":[\"order\",\"page\"]"); /* byCityAge has ties by age */
    check_plan("{\"order\":\"id DESC\",\"limit\":5}", "\"access\": \"primary\", \"order\": \"backwards\"");
    check_plan("{\"order\":\"i\",\"limit\":5,\"skip\":100}", "\"backend\":[\"order\",\"page\"]");
    check_plan("{\"where\":{\"or\":[{\"i\":5},{\"s\":\"s00009\"},{\"u\":\"u7\"},{\"id\":\"k000003\"}]}}",
               "\"access\": \"union\"");
    check_plan("{\"where\":{\"or\":[{\"i\":5},{\"t\":\"t1\"}]}}", "\"access\": \"primary\"");
    check_plan("{\"where\":{\"or\":[{\"i\":5},{\"i\":{\"gt\":1995}}]}}", "\"access\": \"index\", \"index\": \"i\"");
    check_plan("{\"where\":{\"i\":5,\"and\":[{\"i\":6}]}}", "\"access\": \"nothing\"");
    check_plan("{\"where\":{\"i\":{\"inq\":[]}}}", "\"access\": \"nothing\"");
    check_plan("{\"where\":{\"t\":\"t1\"}}", "\"access\": \"primary\"");
    ds_source_close(source);
}

/* Many values are many ranges, or claims: of those that are read together, a few are of no record. */
static void long_lists_are_answered_by_indexes(void)
{
    static const char *const properties[] = {"i", "u"};
    open_model();
    fill(0, 3000);
    for (size_t p = 0; p < 2; p++) {
        char *json;
        size_t length, count = 0;
        FILE *out = open_memstream(&json, &length);
        fprintf(out, "{\"where\":{\"%s\":{\"inq\":[", properties[p]);
        for (int i = 0; i < 5000; i++)
            fprintf(out, p == 0 ? "%s%d" : "%s\"u%d\"", i == 0 ? "" : ",", i * 2);
        fputs("]}}}", out);
        fclose(out);
        check_plan(json, p == 0 ? "\"access\": \"index\", \"index\": \"i\"" : "\"access\": \"unique\"");
        for (const char *at = found(model, json); *at != '\0'; at = strchr(at, ' ') == NULL ? "" : strchr(at, ' ') + 1)
            count++;
        CU_ASSERT_EQUAL(count, 1500);
        free(json);
    }
    ds_source_close(source);
}

/* ---- commands ---- */

static unsigned long long commands(void)
{
    const char *at = strstr(raw("INFO stats"), "total_commands_processed:");
    return at == NULL ? 0 : strtoull(at + 25, NULL, 10);
}

/* So many for a find of so many, but for those of the counting itself. */
static unsigned long long cost(const char *query_json, size_t wanted)
{
    size_t count = 0;
    const char *at = found(model, query_json); /* what is looked up once */
    unsigned long long before = commands();
    at = found(model, query_json);
    unsigned long long after = commands();
    for (; *at != '\0'; at = strchr(at, ' ') == NULL ? "" : strchr(at, ' ') + 1)
        count++;
    CU_ASSERT_EQUAL(count, wanted);
    return after - before - 1;
}

static void commands_do_not_grow_with_the_records(void)
{
    static const struct {
        const char *query;
        size_t finds, most;
    } asked[] = {{"{\"where\":{\"i\":77}}", 1, 6},
                 {"{\"where\":{\"u\":\"u77\"}}", 1, 6},
                 {"{\"where\":{\"i\":{\"between\":[100,119]}}}", 20, 30},
                 {"{\"order\":\"n\",\"limit\":20}", 20, 30},
                 {"{\"order\":\"i DESC\",\"limit\":20,\"skip\":800}", 20, 40},
                 {"{\"where\":{\"city\":\"c2\"},\"order\":\"age\",\"limit\":20,\"skip\":100}", 20, 40},
                 {"{\"where\":{\"or\":[{\"i\":5},{\"s\":\"s00009\"}]}}", 11, 30},
                 {"{\"where\":{\"city\":\"c2\",\"t\":\"t3\"},\"limit\":5}", 5, 130}, /* t has no index */
                 {"{\"where\":{\"t\":\"t3\"},\"order\":\"i DESC\",\"limit\":5}", 5, 130},
                 {"{\"where\":{\"i\":{\"inq\":[5,6,7,100,200]}}}", 5, 20}};
    unsigned long long few[sizeof asked / sizeof *asked];
    open_model();
    fill(0, 1000);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        few[i] = cost(asked[i].query, asked[i].finds);
        CU_ASSERT_TRUE(few[i] <= asked[i].most);
    }
    fill(1000, 20000);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        unsigned long long many = cost(asked[i].query, asked[i].finds);
        if (many != few[i])
            fprintf(stderr, "%s: %llu commands on 1,000 records, %llu on 20,000\n", asked[i].query, few[i], many);
        CU_ASSERT_EQUAL(many, few[i]);
    }
    ds_source_close(source);
}

static uint64_t count_of(const char *where, unsigned long long *took)
{
    ds_filter *filter = NULL;
    uint64_t count = 0;
    CHECK_OK(ds_filter_parse(where, &filter, &last));
    unsigned long long before = commands();
    CHECK_OK(ds_count(model, filter, &count, &last));
    *took = commands() - before - 1;
    ds_filter_free(filter);
    return count;
}

static void counts_come_from_an_index(void)
{
    unsigned long long took;
    open_model();
    fill(0, 3000);
    CU_ASSERT_EQUAL(count_of("{}", &took), 3000);
    CU_ASSERT_TRUE(took <= 8);
    CU_ASSERT_EQUAL(count_of("{\"i\":{\"gte\":1000}}", &took), 2000);
    CU_ASSERT_TRUE(took <= 8);
    CU_ASSERT_EQUAL(count_of("{\"city\":\"c1\",\"age\":{\"lt\":50}}", &took), 300);
    CU_ASSERT_TRUE(took <= 8);
    CU_ASSERT_EQUAL(count_of("{\"or\":[{\"i\":{\"lt\":10}},{\"i\":{\"between\":[5,14]}}]}", &took), 15);
    CU_ASSERT_TRUE(took <= 8);
    CU_ASSERT_EQUAL(count_of("{\"i\":{\"inq\":[]}}", &took), 0);
    CU_ASSERT_EQUAL(count_of("{\"i\":{\"lt\":10},\"t\":\"t1\"}", &took), 2); /* found, to be counted */
    CU_ASSERT_TRUE(took > 8);
    ds_source_close(source);
}

/* Until the server has let them go. */
static void let_expire(int from, int to)
{
    for (int i = from; i < to; i++) {
        char id[16];
        snprintf(id, sizeof id, "k%06d", i);
        CHECK_OK(ds_expire(model, ds_string(id), 1, &last));
    }
    for (int i = from; i < to; i++) {
        char key[40];
        snprintf(key, sizeof key, "q:Thing:k%06d", i);
        while (strcmp(raw("EXISTS %s", key), "0") != 0)
            ;
    }
}

static void what_has_expired_is_neither_counted_nor_skipped(void)
{
    unsigned long long took;
    open_model();
    fill(0, 300);
    CHECK_OK(ds_expire(model, ds_string("k000299"), 1000000, &last));
    CU_ASSERT_EQUAL(count_of("{}", &took), 300);
    CU_ASSERT_TRUE(took < 20);
    let_expire(100, 120);
    CU_ASSERT_EQUAL(count_of("{\"i\":{\"gte\":50}}", &took), 230);
    CU_ASSERT_EQUAL(count_of("{\"i\":{\"gte\":50}}", &took), 230);
    CU_ASSERT_TRUE(took < 20); /* they have been swept */
    CHECK_TEXT(raw("ZCARD %s", "q:Thing#index:i"), "281");
    let_expire(0, 10);
    check_plan("{\"order\":\"i\",\"limit\":2,\"skip\":100}", "\"backend\":[\"order\",\"page\"]");
    CHECK_TEXT(found(model, "{\"order\":\"i\",\"limit\":2,\"skip\":100}"), "k000130 k000131");
    CHECK_TEXT(raw("ZCARD %s", "q:Thing#index:i"), "271");
    let_expire(10, 20);
    raw("DEL %s", "q:Thing#expires"); /* evicted: now nobody knows what is due */
    CU_ASSERT_EQUAL(count_of("{\"i\":{\"gte\":0}}", &took), 260);
    ds_source_close(source);
}

/* ---- keys that vanish ---- */

static void an_evicted_index_is_noticed(void)
{
    open_model();
    fill(0, 300);
    check_plan("{\"where\":{\"i\":{\"lt\":5}}}", "\"access\": \"index\", \"index\": \"i\"");
    raw("DEL %s", "q:Thing#index:i");
    CHECK_TEXT(found(model, "{\"where\":{\"i\":{\"lt\":3}}}"), "k000000 k000001 k000002");
    check_plan("{\"where\":{\"i\":{\"lt\":5}}}", "\"access\": \"primary\"");
    check_plan("{\"where\":{\"i\":{\"lt\":5}}}",
               "{\"index\": \"i\", \"why\": \"its key has vanished from the server: run migrate\"}");
    /* A writer makes the key again: without its guard it is not believed. */
    CHECK_OK(update(model, "k000001", "{\"i\":2}"));
    CHECK_TEXT(found(model, "{\"where\":{\"i\":{\"lt\":3}},\"order\":\"i\"}"), "k000000 k000001 k000002");
    raw("DEL %s", "q:Thing#index:n");
    CHECK_TEXT(found(model, "{\"where\":{\"n\":{\"lt\":3}},\"order\":\"n DESC\",\"limit\":2}"), "k000001 k000002");
    raw("DEL %s", "q:Thing#ids");
    CHECK_TEXT(found(model, "{\"where\":{\"t\":\"t1\"},\"order\":\"id\",\"limit\":2}"), "k000001 k000008");
    unsigned long long took;
    raw("DEL %s", "q:Thing#index:d");
    CU_ASSERT_EQUAL(count_of("{\"d\":{\"lt\":5000}}", &took), 5);
    raw("DEL %s", "q:Thing#unique:u");
    CHECK_TEXT(found(model, "{\"where\":{\"u\":\"u5\"}}"), "k000005");
    CHECK_OK(ds_migrate(model, NULL, NULL, &last));
    check_plan("{\"where\":{\"i\":{\"lt\":5}}}", "\"access\": \"index\", \"index\": \"i\"");
    CHECK_TEXT(found(model, "{\"where\":{\"i\":{\"lt\":3}}}"), "k000000 k000001 k000002");
    ds_source_close(source);
}

/* Ids in the order in which they come: how often each came, and whether they are in the order that the query asks for; without
 * any, in that of "i". */
typedef struct walked {
    unsigned char times[3000];
    size_t count, twice, disordered;
    int64_t first; /* by which they are ordered */
    ds_status status;
} walked;

static void walk(const char *query_json, void (*meanwhile)(size_t came), walked *out)
{
    ds_query *query = NULL;
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    const char *by = strstr(query_json, "\"order\":\"age") != NULL ? "age" : "i";
    bool descends = strstr(query_json, " DESC") != NULL;
    int64_t before = 0;
    *out = (walked){.count = 0};
    out->status = ds_query_parse(query_json, &query, &last);
    if (out->status == DS_OK)
        out->status = ds_find(model, query, &cursor, &last);
    while (out->status == DS_OK && (out->status = ds_cursor_next(cursor, &record, &last)) == DS_OK && record != NULL) {
        size_t id = strtoul(ds_record_get(record, "id").as.string + 1, NULL, 10);
        int64_t key = ds_record_get(record, by).as.integer;
        out->twice += id < 3000 && out->times[id]++ > 0;
        out->disordered += out->count > 0 && (descends ? key > before : key < before);
        out->first = out->count == 0 ? key : out->first;
        before = key;
        out->count++;
        if (meanwhile != NULL)
            meanwhile(out->count);
    }
    ds_cursor_close(cursor);
    ds_query_free(query);
}

static const char *vanishing;
static void let_vanish(size_t came)
{
    if (came == 700)
        raw("DEL %s", vanishing);
}

static void a_walk_goes_on_when_its_index_vanishes(void)
{
    static const struct {
        const char *key, *query;
    } walks[] = {{"q:Thing#index:i", "{\"order\":\"i\"}"},
                 {"q:Thing#index:i", "{\"where\":{\"i\":{\"gte\":0}}}"},
                 {"q:Thing#ids", "{}"},
                 {"q:Thing#ids", "{\"order\":\"id\"}"},
                 {"q:Thing#index:x", "{\"where\":{\"x\":\"YQ==\"}}"},
                 {"q:Thing#schema", "{\"order\":\"i\"}"},
                 {"q:Thing#schema", "{\"where\":{\"i\":{\"gte\":0}}}"},
                 {"q:Thing#index:byCityAge", "{\"where\":{\"or\":[{\"city\":\"c1\"},{\"i\":{\"gte\":0}}]}}"}};
    for (size_t i = 0; i < sizeof walks / sizeof *walks; i++) {
        static walked all;
        open_model();
        fill(0, 3000);
        vanishing = walks[i].key;
        walk(walks[i].query, let_vanish, &all);
        CHECK_DONE(all.status, "DS_OK");
        if (all.count != 3000 || all.twice != 0)
            fprintf(stderr, "%s without %s: %zu came, %zu twice\n", walks[i].query, walks[i].key, all.count, all.twice);
        CU_ASSERT_EQUAL(all.count, 3000);
        CU_ASSERT_EQUAL(all.twice, 0);
        CU_ASSERT_TRUE(all.disordered == 0 || strstr(walks[i].query, "order") == NULL);
        ds_source_close(source);
    }
}

/* ---- entries that lead nowhere ---- */

static void an_entry_without_its_record_is_removed_by_who_meets_it(void)
{
    open_model();
    fill(0, 20);
    raw("DEL %s", "q:Thing:k000003");
    raw("HSET %s i 1000", "q:Thing:k000004"); /* another program, which knows no index */
    CHECK_TEXT(raw("ZCARD %s", "q:Thing#index:i"), "21");
    CHECK_TEXT(found(model, "{\"where\":{\"i\":{\"between\":[2,5]}}}"), "k000002 k000005");
    CHECK_TEXT(raw("ZCARD %s", "q:Thing#index:i"), "19");
    CHECK_TEXT(found(model, "{\"where\":{\"i\":{\"between\":[2,5]}},\"order\":\"i\"}"), "k000002 k000005");
    CHECK_TEXT(found(model, "{}"),
               "k000000 k000001 k000002 k000004 k000005 k000006 k000007 k000008 k000009 k000010 k000011 "
               "k000012 k000013 k000014 k000015 k000016 k000017 k000018 k000019");
    CHECK_TEXT(raw("ZCARD %s", "q:Thing#ids"), "20");
    raw("DEL %s", "q:Thing:k000007");
    CHECK_TEXT(found(model, "{\"where\":{\"u\":\"u7\"}}"), "");
    ds_source_close(source);
}

static void who_may_only_read_leaves_entries_alone(void)
{
    char settings[200];
    ds_source *reading = NULL;
    open_model();
    fill(0, 20);
    snprintf(settings, sizeof settings, "{\"url\": \"unix://%s\", \"keyPrefix\": \"q:\", \"readOnly\": true}",
             world_socket());
    CU_ASSERT_EQUAL_FATAL(ds_source_open("redis", settings, &reading, &last), DS_OK);
    ds_model *mine = model;
    model = world_model(reading, THING);
    raw("DEL %s", "q:Thing:k000003");
    CHECK_TEXT(found(model, "{\"where\":{\"i\":{\"between\":[2,5]}}}"), "k000002 k000004 k000005");
    CHECK_TEXT(raw("ZCARD %s", "q:Thing#index:i"), "21");
    model = mine;
    ds_source_close(reading);
    ds_source_close(source);
}

/* The rights that docs/REDIS-STORAGE.md lists for reading. */
static void a_user_with_few_rights_reads_by_indexes(void)
{
    char settings[300];
    ds_source *reading = NULL;
    unsigned long long took;
    open_model();
    fill(0, 300);
    CHECK_OK(ds_expire(model, ds_string("k000299"), 1000000, &last));
    CHECK_TEXT(
        raw("ACL SETUSER app reset on >x ~q:* resetchannels -@all +auth +select +ping +client|setname +type +scan "
            "+hgetall +hmget +hlen +pttl +hget +zscore +zrangebyscore +time +zrange +zrangebylex +zrevrangebylex "
            "+zrevrange +zlexcount +zcard"),
        "OK");
    raw("ACL LOG RESET");
    snprintf(
        settings, sizeof settings,
        "{\"url\": \"unix://%s\", \"keyPrefix\": \"q:\", \"username\": \"app\", \"password\": \"x\", \"readOnly\": "
        "true}",
        world_socket());
    CU_ASSERT_EQUAL_FATAL(ds_source_open("redis", settings, &reading, &last), DS_OK);
    ds_model *mine = model;
    model = world_model(reading, THING);
    CHECK_TEXT(found(model, "{\"where\":{\"i\":{\"between\":[2,3]}}}"), "k000002 k000003");
    CHECK_TEXT(found(model, "{\"where\":{\"u\":\"u7\"}}"), "k000007");
    CHECK_TEXT(found(model, "{\"order\":\"i DESC\",\"skip\":60,\"limit\":1}"), "k000239");
    CHECK_TEXT(found(model, "{\"where\":{\"i\":{\"lt\":250},\"s\":\"s00001\"},\"order\":\"n\",\"limit\":1}"),
               "k000010");
    CU_ASSERT_EQUAL(count_of("{\"i\":{\"lt\":100}}", &took), 100);
    raw("DEL %s", "q:Thing:k000002");
    CHECK_TEXT(found(model, "{\"where\":{\"i\":{\"between\":[2,3]}}}"), "k000003");
    CHECK_TEXT(raw("ACL LOG"), "");
    ds_source_close(reading);
    raw("ACL DELUSER app");
    model = mine;
    ds_source_close(source);
}

/* ---- others write ---- */

static atomic_bool stop;

/* Odd records move to and fro, and some of them go and come; even ones stay. */
static void *write_meanwhile(void *unused)
{
    char settings[200];
    ds_source *own = NULL;
    (void)unused;
    snprintf(settings, sizeof settings, "{\"url\": \"unix://%s\", \"keyPrefix\": \"q:\"}", world_socket());
    if (ds_source_open("redis", settings, &own, NULL) != DS_OK)
        return NULL;
    ds_model *writing = NULL;
    uint64_t chance = 12345;
    if (ds_model_define(own, THING, &writing, NULL) == DS_OK)
        while (!atomic_load(&stop)) {
            chance = chance * 6364136223846793005u + 1442695040888963407u;
            char id[16];
            snprintf(id, sizeof id, "k%06d", (int)(chance >> 33) % 1500 * 2 + 1);
            ds_record *changes = ds_record_new(writing);
            ds_record_set(changes, "i", ds_integer((int64_t)(chance >> 40) % 3000));
            ds_record_set(changes, "city", ds_string(chance >> 62 ? "c1" : "c2"));
            if (chance >> 60 == 0)
                (void)ds_delete_by_id(writing, ds_string(id), NULL);
            else
                (void)ds_update_by_id(writing, ds_string(id), changes, NULL);
            ds_record_free(changes);
        }
    ds_source_close(own);
    return NULL;
}

static void a_walk_meets_what_stays_once_whatever_others_do(void)
{
    static const char *const queries[] = {
        "{\"order\":\"i\"}",
        "{\"order\":\"i DESC\"}",
        "{\"where\":{\"i\":{\"gte\":0}}}",
        "{}",
        "{\"where\":{\"or\":[{\"i\":{\"gte\":0}},{\"b\":true}]}}",
        "{\"where\":{\"city\":{\"inq\":[\"c0\",\"c1\",\"c2\",\"c3\",\"c4\"]}},\"order\":\"age\"}"};
    pthread_t thread;
    open_model();
    fill(0, 3000);
    check_plan(queries[1], "\"order\": \"backwards\"");
    check_plan(queries[5], "\"ranges\": 5, \"order\": \"merged\"");
    atomic_store(&stop, false);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, write_meanwhile, NULL), 0);
    for (size_t i = 0; i < 4 * sizeof queries / sizeof *queries; i++) {
        static walked all;
        size_t missed = 0;
        bool is_ordered = strstr(queries[i % 6], "order") != NULL;
        walk(queries[i % (sizeof queries / sizeof *queries)], NULL, &all);
        CHECK_DONE(all.status, "DS_OK");
        for (size_t id = 0; id < 3000; id += 2)
            missed += all.times[id] == 0;
        if (missed != 0 || all.twice != 0 || (is_ordered && all.disordered != 0))
            fprintf(stderr, "%s: %zu missed, %zu twice, %zu not in order\n", queries[i % 6], missed, all.twice,
                    all.disordered);
        CU_ASSERT_EQUAL(missed, 0);
        CU_ASSERT_EQUAL(all.twice, 0);
        CU_ASSERT_TRUE(all.disordered == 0 || !is_ordered);
    }
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
    ds_source_close(source);
}

/* A record is filtered by what it is when it is read. */
static void no_record_is_answered_that_does_not_match(void)
{
    pthread_t thread;
    open_model();
    fill(0, 3000);
    atomic_store(&stop, false);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, write_meanwhile, NULL), 0);
    size_t wrong = 0, came = 0;
    for (int round = 0; round < 40; round++) {
        ds_query *query = NULL;
        ds_cursor *cursor = NULL;
        const ds_record *record = NULL;
        CHECK_OK(ds_query_parse("{\"where\":{\"i\":{\"between\":[1000,1999]}}}", &query, &last));
        CHECK_OK(ds_find(model, query, &cursor, &last));
        while (ds_cursor_next(cursor, &record, &last) == DS_OK && record != NULL) {
            int64_t i = ds_record_get(record, "i").as.integer;
            wrong += i < 1000 || i > 1999;
            came++;
        }
        ds_cursor_close(cursor);
        ds_query_free(query);
    }
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_TRUE(came > 20000);
    ds_source_close(source);
}

/* Two definitions in turn: one drops what the other builds. */
static void *migrate_meanwhile(void *unused)
{
    static const char other[] =
        "{\"name\": \"Thing\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"s\": "
        "\"string\", \"i\": \"integer\", \"n\": {\"type\": \"number\", \"index\": true}, \"b\": \"boolean\", "
        "\"d\": \"date\", \"x\": \"binary\", \"u\": {\"type\": \"string\", \"unique\": true}, \"city\": "
        "\"string\", \"age\": \"integer\", \"t\": \"string\"}}";
    char settings[200];
    ds_source *sources[2] = {NULL, NULL};
    ds_model *models[2] = {NULL, NULL};
    size_t done_so_far = 0;
    (void)unused;
    snprintf(settings, sizeof settings, "{\"url\": \"unix://%s\", \"keyPrefix\": \"q:\"}", world_socket());
    for (size_t i = 0; i < 2; i++)
        if (ds_source_open("redis", settings, &sources[i], NULL) != DS_OK ||
            ds_model_define(sources[i], i == 0 ? other : THING, &models[i], NULL) != DS_OK)
            atomic_store(&stop, true);
    while (!atomic_load(&stop) && done_so_far < 40)
        done_so_far += ds_migrate(models[done_so_far % 2], NULL, NULL, NULL) == DS_OK;
    atomic_store(&stop, true);
    ds_source_close(sources[0]);
    ds_source_close(sources[1]);
    return done_so_far == 40 ? NULL : (void *)(uintptr_t)1;
}

static void finds_are_right_while_indexes_go_and_come(void)
{
    static const struct {
        const char *query;
        size_t count;
        int64_t first; /* -1: in no order */
    } asks[] = {{"{\"where\":{\"i\":{\"between\":[100,399]}}}", 300, -1},
                {"{\"order\":\"i\"}", 1500, 0},
                {"{\"where\":{\"city\":\"c1\"},\"order\":\"age DESC\"}", 300, 99},
                {"{\"where\":{\"city\":{\"inq\":[\"c1\",\"c2\"]}},\"order\":\"age\"}", 600, 0},
                {"{\"where\":{\"x\":\"YQ==\"}}", 1500, -1},
                {"{\"where\":{\"or\":[{\"i\":{\"lt\":50}},{\"s\":{\"gte\":\"s00145\"}}]}}", 100, -1},
                {"{\"order\":\"i DESC\",\"skip\":1000}", 500, 499}};
    pthread_t thread;
    size_t wrong = 0, asked = 0;
    void *failed = NULL;
    open_model();
    fill(0, 1500);
    atomic_store(&stop, false);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, migrate_meanwhile, NULL), 0);
    while (!atomic_load(&stop)) {
        static walked all;
        size_t i = asked++ % (sizeof asks / sizeof *asks);
        walk(asks[i].query, NULL, &all);
        bool is_in_order = asks[i].first < 0 || (all.first == asks[i].first && all.disordered == 0);
        bool right = all.status == DS_OK && all.count == asks[i].count && all.twice == 0 && is_in_order;
        if (!right && wrong++ < 5)
            fprintf(stderr, "%s: %s, %zu records, %zu twice, %zu not in order: %s\n", asks[i].query,
                    ds_status_name(all.status), all.count, all.twice, all.disordered, last.message);
    }
    pthread_join(thread, &failed);
    CU_ASSERT_PTR_NULL(failed);
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_TRUE(asked > 40);
    ds_source_close(source);
}

/* Members of the same index, with the same guard, that mean something else from now on. */
static void an_index_of_another_definition_is_not_read(void)
{
    static const char other[] =
        "{\"name\": \"Thing\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"city\": "
        "\"string\", \"age\": \"integer\"}, \"indexes\": {\"byCityAge\": {\"keys\": {\"age\": 1, \"city\": 1}}}}";
    char settings[200];
    ds_source *second = NULL;
    open_model();
    fill(0, 1500);
    static walked all;
    walk("{\"where\":{\"city\":\"c1\"},\"order\":\"age\"}", NULL, &all);
    CU_ASSERT_EQUAL(all.count, 300);
    snprintf(settings, sizeof settings, "{\"url\": \"unix://%s\", \"keyPrefix\": \"q:\"}", world_socket());
    CU_ASSERT_EQUAL_FATAL(ds_source_open("redis", settings, &second, &last), DS_OK);
    CHECK_OK(ds_migrate(world_model(second, other), NULL, NULL, &last));
    CHECK_TEXT(raw("ZCARD %s", "q:Thing#index:byCityAge"), "1501");
    walk("{\"where\":{\"city\":\"c1\"}}", NULL, &all);
    CU_ASSERT_EQUAL(all.count, 300);
    walk("{\"where\":{\"city\":\"c1\"},\"order\":\"age\"}", NULL, &all);
    CU_ASSERT_EQUAL(all.count, 300);
    CHECK_TEXT(raw("ZCARD %s", "q:Thing#index:byCityAge"), "1501");
    check_plan("{\"where\":{\"city\":\"c1\"}}",
               "{\"index\": \"byCityAge\", \"why\": \"it was built by another definition: run migrate\"}");
    ds_source_close(second);
    ds_source_close(source);
}

/* ---- values cut short ---- */

static void values_longer_than_an_index_takes_are_found_and_in_order(void)
{
    open_model();
    fill(0, 3);
    char *text = calloc(1, 5001);
    memset(text, 'x', 5000);
    for (int i = 0; i < 6; i++) { /* of another program */
        char key[40];
        snprintf(key, sizeof key, "q:Thing:long%d", i);
        snprintf(text + 4990, 11, "%d", (i * 5) % 6);
        memset(text + 4991, '\0', 9);
        raw("HSET %s s %s", key, text);
    }
    text[4096] = '\0';
    raw("HSET %s s %s", "q:Thing:limit", text);
    CHECK_OK(ds_migrate(model, NULL, NULL, &last));
    CHECK_TEXT(found(model, "{\"where\":{\"s\":{\"gt\":\"x\"}}}"), "limit long0 long1 long2 long3 long4 long5");
    CHECK_TEXT(found(model, "{\"where\":{\"s\":{\"gt\":\"x\"}},\"order\":\"s\",\"limit\":3}"), "limit long0 long5");
    CHECK_TEXT(found(model, "{\"where\":{\"s\":{\"gt\":\"x\"}},\"order\":\"s DESC\",\"limit\":2}"), "long1 long2");
    free(text);
    ds_source_close(source);
}

int main(void)
{
    static const test tests[] = {
        {"each operator finds its way", each_operator_finds_its_way},
        {"the cheapest way is taken", the_cheapest_way_is_taken},
        {"long lists are answered by indexes", long_lists_are_answered_by_indexes},
        {"commands do not grow with the records", commands_do_not_grow_with_the_records},
        {"counts come from an index", counts_come_from_an_index},
        {"what has expired is neither counted nor skipped", what_has_expired_is_neither_counted_nor_skipped},
        {"an evicted index is noticed", an_evicted_index_is_noticed},
        {"a walk goes on when its index vanishes", a_walk_goes_on_when_its_index_vanishes},
        {"an entry without its record is removed by who meets it",
         an_entry_without_its_record_is_removed_by_who_meets_it},
        {"who may only read leaves entries alone", who_may_only_read_leaves_entries_alone},
        {"a user with few rights reads by indexes", a_user_with_few_rights_reads_by_indexes},
        {"a walk meets what stays once, whatever others do", a_walk_meets_what_stays_once_whatever_others_do},
        {"no record is answered that does not match", no_record_is_answered_that_does_not_match},
        {"finds are right while indexes go and come", finds_are_right_while_indexes_go_and_come},
        {"an index of another definition is not read", an_index_of_another_definition_is_not_read},
        {"values longer than an index takes are found, and in order",
         values_longer_than_an_index_takes_are_found_and_in_order},
    };
    if (!world_start())
        return 2;
    int result = SUITE_RUN("plans", tests);
    world_stop();
    return result;
}
