/* A connector that keeps records in a file where memory runs out: every allocation of a life fails once. One test a program,
 * since an allocator can be set before the first source alone. It is compiled for memory, and for sqlite (WITH_SQL). */
#include "command.h"
#include "failing.h"
#include "suite.h"

#include <datasource/connector.h>
#include <stdio.h>
#include <unistd.h>

static const char USER[] =
    "{\"name\":\"User\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true,\"generated\":true},"
    "\"email\":{\"type\":\"string\",\"unique\":true},\"a\":\"string\",\"b\":\"string\",\"n\":\"integer\"},"
    "\"indexes\":{\"both\":{\"keys\":{\"a\":1,\"b\":1},\"options\":{\"unique\":true}}},\"settings\":{\"strict\":false}"
    "}";

#ifdef WITH_SQL
#define CONNECTOR "sqlite"
#define SETTINGS  ",\"synchronous\":\"OFF\"" /* for time */
#else
#define CONNECTOR "memory"
#define SETTINGS  ""
#endif

static char path[512];

static ds_status create_some(ds_model *model, ds_error *err)
{
    ds_record *records[40];
    char json[96];
    size_t made = 0;
    ds_status status = DS_OK;
    for (; made < 40 && status == DS_OK; made += status == DS_OK) {
        snprintf(json, sizeof json, "{\"email\":\"e%zu\",\"a\":\"x\",\"b\":\"%zu\",\"other\":\"o\"}", made, made);
        status = ds_record_from_json(model, json, &records[made], err);
    }
    if (status == DS_OK)
        status = ds_create_all(model, records, made, NULL, err);
    while (made > 0)
        ds_record_free(records[--made]);
    return status;
}

static ds_status find_some(ds_model *model, const char *json, ds_error *err)
{
    ds_query *query;
    ds_cursor *cursor;
    const ds_record *record = NULL;
    ds_status status = ds_query_parse(json, &query, err);
    if (status != DS_OK)
        return status;
    status = ds_find(model, query, &cursor, err);
    if (status == DS_OK) {
        do
            status = ds_cursor_next(cursor, &record, err);
        while (status == DS_OK && record != NULL);
        ds_cursor_close(cursor);
    }
    ds_query_free(query);
    return status;
}

static ds_status change_some(ds_model *model, ds_error *err)
{
    ds_record *changes;
    ds_filter *where;
    ds_status status = ds_record_from_json(model, "{\"n\":5,\"b\":null,\"other\":\"p\"}", &changes, err);
    if (status != DS_OK)
        return status;
    status = ds_filter_parse("{\"id\":{\"lt\":9}}", &where, err);
    if (status == DS_OK) {
        status = ds_update(model, where, changes, NULL, err);
        if (status == DS_OK)
            status = ds_update_by_id(model, ds_integer(12), changes, err);
        if (status == DS_OK)
            status = ds_replace_by_id(model, ds_integer(13), changes, err);
        if (status == DS_OK)
            status = ds_increment(model, ds_integer(12), "n", ds_integer(1), NULL, err);
        if (status == DS_OK)
            status = ds_expire(model, ds_integer(12), 100000, err);
        if (status == DS_OK)
            status = ds_delete(model, where, NULL, err);
        ds_filter_free(where);
    }
    ds_record_free(changes);
    return status;
}

/* Whole or not at all: what is counted in the end is then the same whatever failed. */
static ds_status batch_some(ds_model *model, ds_error *err)
{
    ds_batch *batch;
    ds_record *record = NULL, *other = NULL;
    ds_status status = ds_batch_new(ds_model_source(model), &batch, err);
    if (status != DS_OK)
        return status;
    status = ds_record_from_json(model, "{\"email\":\"z\",\"n\":1}", &record, err);
    if (status == DS_OK)
        status = ds_record_from_json(model, "{\"id\":30,\"n\":3}", &other, err);
    if (status == DS_OK) {
        ds_batch_create(batch, model, record);
        ds_batch_upsert(batch, model, other, NULL);
        ds_batch_increment(batch, model, ds_integer(20), "n", ds_integer(4), NULL);
        ds_batch_delete(batch, model, ds_integer(21));
        ds_batch_expire(batch, model, ds_integer(22), 100000);
        status = ds_batch_run(batch, DS_ATOMIC, err);
        bool exists = false;
        if (status != DS_OK && ds_exists(model, ds_integer(21), &exists, NULL) == DS_OK && !exists)
            status = ds_error_set(err, DS_INVALID, "a batch that failed for memory was done in part");
    }
    ds_record_free(record);
    ds_record_free(other);
    ds_batch_free(batch);
    return status;
}

/* What a connector says of itself: the text, if there is one, is of no interest here. */
static ds_status talk_some(ds_model *model, ds_error *err)
{
    char *text = NULL;
    ds_status status = ds_explain(model, DS_QUERY(.order = "n"), &text, err);
    ds_free(text);
    if (status == DS_OK)
        status = ds_migrate(model, NULL, NULL, err);
#ifdef WITH_SQL
    const char *words[] = {"SELECT * FROM User WHERE id = ?", "3"};
    text = NULL;
    if (status == DS_OK)
        status = ds_discover(ds_model_source(model), NULL, &text, err);
    ds_free(text);
    text = NULL;
    if (status == DS_OK)
        status = ds_execute(ds_model_source(model), 2, words, NULL, &text, err);
    ds_free(text);
#endif
    return status;
}

static ds_status write_all(ds_model *model, ds_error *err)
{
    static const char *const queries[] = {"{}", "{\"order\":\"n DESC, b\"}", "{\"order\":\"b\",\"limit\":3}",
                                          "{\"where\":{\"id\":{\"inq\":[3,1,2,1]}}}",
                                          "{\"where\":{\"a\":\"x\",\"b\":\"7\"}}"};
    ds_status status = create_some(model, err);
    for (size_t i = 0; i < 5 && status == DS_OK; i++)
        status = find_some(model, queries[i], err);
    if (status == DS_OK)
        status = talk_some(model, err);
    if (status == DS_OK)
        status = change_some(model, err);
    return status == DS_OK ? batch_some(model, err) : status;
}

static ds_status open_and(ds_status (*use)(ds_model *, ds_error *), ds_error *err)
{
    char settings[600];
    ds_source *source;
    ds_model *model;
    snprintf(settings, sizeof settings, "{\"file\":\"%s\"" SETTINGS "}", path);
    ds_status status = ds_source_open(CONNECTOR, settings, &source, err);
    if (status != DS_OK)
        return status;
    status = ds_model_define(source, USER, &model, err);
    if (status == DS_OK)
        status = use(model, err);
    ds_source_close(source);
    return status;
}

static ds_status count_all(ds_model *model, ds_error *err)
{
    uint64_t count = 0;
    ds_status status = ds_count(model, NULL, &count, err);
    return status == DS_OK && count != 32 ? DS_INVALID : status;
}

static ds_status live(void *user, ds_error *err)
{
    (void)user;
    char beside[600];
    unlink(path);
    snprintf(beside, sizeof beside, "%s-wal", path);
    unlink(beside);
    snprintf(beside, sizeof beside, "%s-shm", path);
    unlink(beside);
    ds_status status = open_and(write_all, err);
    return status == DS_OK ? open_and(count_all, err) : status;
}

static void every_allocation_that_fails_is_told_and_leaves_nothing_behind(void)
{
    size_t allocations;
    char *folder = folder_make();
    snprintf(path, sizeof path, "%s/data", folder);
    CU_ASSERT_PTR_NOT_NULL(ds_connector_find(CONNECTOR, NULL)); /* what the loader keeps, it keeps for the process */
    CU_ASSERT(failing_everywhere(live, NULL, &allocations));
    CU_ASSERT(allocations > 300);
    folder_remove(folder);
}

int main(void)
{
    static const test tests[] = {
        {"every allocation that fails is told and leaves nothing behind",
         every_allocation_that_fails_is_told_and_leaves_nothing_behind},
    };
    return SUITE_RUN(CONNECTOR " without memory", tests);
}
