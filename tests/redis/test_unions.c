/* Alternatives that each have an index: which are answered by a union, and in which order it comes, whole and behind a mark, as
 * the memory connector has it. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

#define RECORDS 120

static const char PROPERTIES[] =
    "{\"name\": \"U\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"a\": \"integer\", \"b\": "
    "\"integer\", \"c\": \"integer\", \"x\": \"integer\", \"y\": \"integer\"}%s}";
static const char INDEXES[] =
    ", \"indexes\": {\"byAX\": {\"keys\": {\"a\": 1, \"x\": 1}}, \"byCX\": {\"keys\": {\"c\": 1, \"x\": 1}}, "
    "\"byB\": {\"keys\": {\"b\": 1}}, \"byAXBY\": {\"keys\": {\"a\": 1, \"x\": 1, \"b\": 1, \"y\": 1}}, \"byCXBY\": "
    "{\"keys\": {\"c\": 1, \"x\": 1, \"b\": 1, \"y\": 1}}, \"byAY\": {\"keys\": {\"a\": 1, \"y\": 1}}, \"byCdownX\": "
    "{\"keys\": {\"c\": 1, \"x\": -1}}}";

static ds_source *source, *memory_source;
static ds_model *indexed, *memory;

static void open_models(void)
{
    char json[1200];
    source = world_source("\"keyPrefix\": \"u:\"");
    snprintf(json, sizeof json, PROPERTIES, INDEXES);
    indexed = world_model(source, json);
    CU_ASSERT_EQUAL_FATAL(ds_source_open("memory", "{}", &memory_source, &last), DS_OK);
    snprintf(json, sizeof json, PROPERTIES, "");
    memory = world_model(memory_source, json);
    for (int i = 0; i < RECORDS; i++) {
        snprintf(json, sizeof json, "{\"id\": \"r%03d\", \"a\": %d, \"b\": %d, \"c\": %d, \"x\": %d, \"y\": %d}",
                 i * 37 % 1000, i % 4, i / 4 % 5, i / 7 % 4, i * 5 % 11, i * 3 % 7);
        CHECK_OK(create(indexed, json));
        CHECK_OK(create(memory, json));
    }
}

static void close_models(void)
{
    ds_source_close(source);
    ds_source_close(memory_source);
}

/* The ids in the order in which they come; *mark is taken behind the first `stop`, and there it ends. */
static char *ask(ds_model *model, const char *json, const char *after, size_t stop, char **mark)
{
    ds_query *query = NULL;
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    char *text = calloc(1, RECORDS * 5 * 2 + 1);
    size_t count = 0;
    CHECK_OK(ds_query_parse(json, &query, &last));
    ds_query asked = *query;
    asked.after = after;
    ds_status status = ds_find(model, &asked, &cursor, &last);
    while (status == DS_OK && count < stop && (status = ds_cursor_next(cursor, &record, &last)) == DS_OK &&
           record != NULL && count++ < 2 * (size_t)RECORDS)
        strcat(strcat(text, ds_record_get(record, "id").as.string), " ");
    CHECK_OK(status);
    if (mark != NULL)
        *mark = ds_cursor_mark(cursor);
    ds_cursor_close(cursor);
    ds_query_free(query);
    return text;
}

static bool plan_has(const char *json, const char *wanted)
{
    ds_query *query = NULL;
    char *plan = NULL;
    CHECK_OK(ds_query_parse(json, &query, &last));
    CHECK_OK(ds_explain(indexed, query, &plan, &last));
    bool has = plan != NULL && strstr(plan, wanted) != NULL;
    if (!has)
        fprintf(stderr, "%s\n    %s\n    not: %s\n", json, plan, wanted);
    ds_free(plan);
    ds_query_free(query);
    return has;
}

static bool is_as_in_memory(const char *json, bool with_marks)
{
    char *wanted = ask(memory, json, NULL, SIZE_MAX, NULL), *came = ask(indexed, json, NULL, SIZE_MAX, NULL);
    bool is_same = same_text(came, wanted);
    size_t count = strlen(wanted) / 5;
    free(came);
    for (size_t stop = 1; with_marks && stop < count && is_same; stop++) {
        char *mark, *first = ask(indexed, json, NULL, stop, &mark), *rest = ask(indexed, json, mark, SIZE_MAX, NULL);
        is_same = same_text(strcat(first, rest), wanted);
        free(first);
        free(rest);
        ds_free(mark);
    }
    if (!is_same)
        fprintf(stderr, "    %s\n", json);
    free(wanted);
    return is_same;
}

static const char *const filters[] = {
    "{\"or\":[{\"a\":1,\"x\":{\"lt\":3}},{\"c\":1},{\"b\":1,\"x\":5}]}",
    "{\"or\":[{\"a\":1,\"x\":{\"lt\":3}},{\"c\":1}]}",
    "{\"or\":[{\"a\":1,\"x\":{\"lt\":3}},{\"a\":2,\"x\":{\"gt\":7}},{\"c\":3,\"x\":{\"between\":[4,6]}}]}",
    "{\"or\":[{\"a\":1,\"x\":5},{\"c\":1,\"x\":3}]}", /* what is constant in one alternative alone */
    "{\"or\":[{\"a\":1,\"b\":2},{\"c\":1,\"b\":3}]}",
    "{\"or\":[{\"b\":1,\"x\":5},{\"b\":2,\"x\":3}]}",
    "{\"b\":2,\"or\":[{\"a\":1},{\"c\":1}]}", /* and in all of them */
    "{\"x\":5,\"or\":[{\"a\":1},{\"c\":1},{\"b\":4}]}",
    "{\"or\":[{\"a\":{\"inq\":[0,3]}},{\"c\":{\"inq\":[1,2]}}]}",
    "{\"or\":[{\"a\":1},{\"or\":[{\"c\":2},{\"or\":[{\"b\":3},{\"c\":{\"gt\":2}}]}]}]}",
    "{\"or\":[{\"a\":1},{\"id\":{\"gt\":\"r700\"}}]}",
    "{\"or\":[{\"id\":{\"lt\":\"r100\"}},{\"b\":1}]}"};

/* The way that is taken comes first. */
static bool is_merged_union(char *plan)
{
    char *others = strstr(plan, "\"alternatives\"");
    if (others != NULL)
        *others = '\0';
    return strstr(plan, "\"access\": \"union\"") != NULL && strstr(plan, "\"order\": \"merged\"") != NULL;
}

static void a_union_comes_in_order_whole_and_behind_each_mark(void)
{
    static const char *const orders[] = {"x", "x DESC", "x, id", "x DESC, id DESC", "x, b, y", "x, y",
                                         "y", "b, x",   "id",    "id DESC",         "b, y, x"};
    size_t merged = 0;
    open_models();
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
        for (size_t k = 0; k < sizeof orders / sizeof *orders; k++) {
            char json[400];
            ds_query *query = NULL;
            char *plan = NULL;
            snprintf(json, sizeof json, "{\"where\":%s,\"order\":\"%s\",\"limit\":1000}", filters[i], orders[k]);
            CU_ASSERT_TRUE(is_as_in_memory(json, true));
            snprintf(json, sizeof json, "{\"where\":%s,\"order\":\"%s\",\"limit\":3}", filters[i], orders[k]);
            CU_ASSERT_TRUE(is_as_in_memory(json, false));
            CHECK_OK(ds_query_parse(json, &query, &last));
            CHECK_OK(ds_explain(indexed, query, &plan, &last));
            merged += plan != NULL && is_merged_union(plan);
            ds_free(plan);
            ds_query_free(query);
        }
    CU_ASSERT_TRUE(merged >= 15);
    printf("%zu unions were merged in order\n", merged);
    close_models();
}

static void alternatives_in_alternatives_and_ranges_of_ids_have_their_index(void)
{
    open_models();
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        char json[300];
        snprintf(json, sizeof json, "{\"where\":%s}", filters[i]);
        CU_ASSERT_TRUE(plan_has(json, "\"access\": \"union\""));
        snprintf(json, sizeof json, "{\"where\":%s,\"order\":\"id\"}", filters[i]);
        CU_ASSERT_TRUE(is_as_in_memory(json, false));
    }
    CU_ASSERT_TRUE(plan_has("{\"where\":{\"or\":[{\"a\":1},{\"or\":[{\"c\":2},{\"y\":3}]}]}}",
                            "\"access\": \"primary\"")); /* y has none */
    close_models();
}

int main(void)
{
    static const test tests[] = {
        {"a union comes in order, whole and behind each mark", a_union_comes_in_order_whole_and_behind_each_mark},
        {"alternatives in alternatives, and ranges of ids, have their index",
         alternatives_in_alternatives_and_ranges_of_ids_have_their_index},
    };
    if (!world_start())
        return 2;
    int result = SUITE_RUN("unions", tests);
    world_stop();
    return result;
}
