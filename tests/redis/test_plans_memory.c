/* Finds, counts and explanations by indexes, while the host runs out of memory at each allocation in turn. Alone in its program:
 * the allocator can be set before the first source only. */
#include "failing.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

static const char PERSON[] = "{\"name\": \"Person\", \"properties\": {\"id\": {\"type\": \"integer\", \"id\": true}, "
                             "\"city\": {\"type\": \"string\", "
                             "\"index\": true}, \"age\": {\"type\": \"integer\", \"index\": true}, \"email\": "
                             "{\"type\": \"string\", \"unique\": true}}, "
                             "\"indexes\": {\"byCityAge\": {\"keys\": {\"city\": -1, \"age\": 1}}}}";

static const char *const queries[] = {
    "{\"where\":{\"city\":\"a\"},\"fields\":[\"id\"]}",
    "{\"where\":{\"city\":{\"inq\":[\"a\",\"b\"]},\"age\":{\"gt\":1}},\"order\":\"age\"}",
    "{\"where\":{\"or\":[{\"city\":{\"like\":\"a%\"}},{\"email\":\"x1\"},{\"id\":{\"gt\":2}}]}}",
    "{\"where\":{\"email\":{\"inq\":[\"x1\",\"x2\"]}}}",
    "{\"order\":\"age DESC\",\"limit\":3,\"skip\":55}",
    "{\"where\":{\"id\":{\"inq\":[1,2]}}}",
    "{}",
};

/* A mark, and what stands behind it. */
static ds_status read_on(ds_model *model, ds_error *err)
{
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    char *mark = NULL;
    ds_status status = ds_find(model, DS_QUERY(.order = "age"), &cursor, err);
    if (status == DS_OK)
        status = ds_cursor_next(cursor, &record, err);
    if (status == DS_OK && (mark = ds_cursor_mark(cursor)) == NULL)
        status = ds_error_set(err, DS_NOMEM, "out of memory");
    ds_cursor_close(cursor);
    cursor = NULL;
    if (status == DS_OK)
        status = ds_find(model, DS_QUERY(.order = "age", .after = mark), &cursor, err);
    while (status == DS_OK && (status = ds_cursor_next(cursor, &record, err)) == DS_OK && record != NULL)
        ;
    ds_cursor_close(cursor);
    ds_free(mark);
    return status;
}

static ds_status ask(ds_model *model, const char *json, ds_error *err)
{
    ds_query *query = NULL;
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    char *plan = NULL;
    uint64_t count;
    ds_status status = ds_query_parse(json, &query, err);
    if (status == DS_OK)
        status = ds_find(model, query, &cursor, err);
    while (status == DS_OK && (status = ds_cursor_next(cursor, &record, err)) == DS_OK && record != NULL)
        ;
    if (status == DS_OK)
        status = ds_explain(model, query, &plan, err);
    if (status == DS_OK)
        status = ds_count(model, query->where, &count, err);
    ds_free(plan);
    ds_cursor_close(cursor);
    ds_query_free(query);
    return status;
}

static ds_status fill(ds_model *model, ds_error *err)
{
    ds_status status = DS_OK;
    for (int i = 0; i < 60 && status == DS_OK; i++) {
        char email[16], city[2] = {(char)('a' + i % 3), '\0'};
        ds_record *record = ds_record_new(model);
        snprintf(email, sizeof email, "x%d", i);
        ds_record_set(record, "id", ds_integer(i));
        ds_record_set(record, "age", ds_integer(i));
        ds_record_set(record, "city", ds_string(city));
        ds_record_set(record, "email", ds_string(email));
        status = record == NULL ? ds_error_set(err, DS_NOMEM, "out of memory") : ds_create(model, record, err);
        ds_record_free(record);
    }
    if (status == DS_OK)
        status = ds_expire(model, ds_integer(9), 1000000, err);
    return status;
}

static ds_status run_out(void *settings, ds_error *err)
{
    ds_source *opened = NULL;
    ds_model *model = NULL;
    bool is_begun = strcmp(raw("EXISTS Person#expires"), "1") == 0;
    ds_status status = ds_source_open("redis", settings, &opened, err);
    if (status == DS_OK)
        status = ds_model_define(opened, PERSON, &model, err);
    if (!is_begun)
        raw("FLUSHALL");
    if (status == DS_OK && !is_begun)
        status = fill(model, err);
    if (status == DS_UNKNOWN_OUTCOME && strstr(err->message, "no memory") != NULL)
        err->status = status = DS_NOMEM; /* it was done, perhaps, and there was no memory to hear so */
    raw("ZADD Person#index:age 0 %b", "\x30\x81\x91\x31\0\x81\x91\x37\0",
        (size_t)9); /* entries of nobody, and of another */
    raw("ZADD Person#index:age 0 %b", "\x30\x81\x91\x31\0\x81\x93\x37\0", (size_t)9);
    for (size_t i = 0; i < sizeof queries / sizeof *queries && status == DS_OK; i++)
        status = ask(model, queries[i], err);
    if (status == DS_OK)
        status = read_on(model, err);
    ds_source_close(opened);
    void *more = ds_malloc(1); /* closing has nobody to tell that memory has run out */
    if (more == NULL && status == DS_OK)
        status = ds_error_set(err, DS_NOMEM, "out of memory");
    ds_free(more);
    return status;
}

static void each_allocation_may_fail(void)
{
    char settings[128];
    size_t count = 0;
    snprintf(settings, sizeof settings, "{\"url\": \"unix://%s\"}", world_socket());
    CU_ASSERT_PTR_NOT_NULL_FATAL(ds_connector_find("redis", &last)); /* the process keeps it */
    CU_ASSERT_TRUE(failing_everywhere(run_out, settings, &count));
    CU_ASSERT_TRUE(count > 500);
}

int main(void)
{
    static const test tests[] = {{"each allocation may fail", each_allocation_may_fail}};
    if (!world_start())
        return 2;
    int result = SUITE_RUN("plans_memory", tests);
    world_stop();
    return result;
}
