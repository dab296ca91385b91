/* A host that runs out of memory, at each allocation of a program in turn. Alone in its program: the allocator can be set
 * before the first source only. */
#include "failing.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

static const char OPEN[] =
    "{\"name\": \"Open\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"n\": \"integer\", "
    "\"any\": \"any\", \"bytes\": \"binary\"}, \"settings\": {\"strict\": false, \"redis\": {\"dialect\": "
    "\"redis-om\"}}}";
static const char NUMBERED[] =
    "{\"name\": \"Num\", \"properties\": {\"id\": {\"type\": \"integer\", \"id\": true, \"generated\": true}}}";

static ds_status use_all(ds_model *model, ds_model *numbered, ds_error *err)
{
    ds_record *made[3] = {ds_record_new(model), ds_record_new(model), ds_record_new(numbered)};
    ds_value now, id = ds_string("0"), ids[] = {ds_string("0"), ds_string("1")};
    ds_cursor *cursor = NULL;
    const ds_record *record;
    bool created;
    uint64_t count;
    for (size_t i = 0; i < 2; i++) {
        ds_record_set(made[i], "id", ids[i]);
        ds_record_set(made[i], "n", ds_integer(1));
        ds_record_set(made[i], "any", ds_string("text"));
        ds_record_set(made[i], "bytes", ds_binary("bytes", 5)); /* base64 in this dialect */
    }
    ds_status status = ds_create_all(model, made, 2, NULL, err);
    if (status == DS_OK)
        status = ds_create(numbered, made[2], err);
    if (status == DS_OK)
        status = ds_upsert(model, made[0], &created, err);
    if (status == DS_OK)
        status = ds_replace_by_id(model, id, made[0], err);
    if (status == DS_OK)
        status = ds_increment(model, id, "n", ds_integer(1), &now, err);
    if (status == DS_OK)
        status = ds_expire(model, id, 100000, err);
    if (status == DS_OK)
        status = ds_find(model, NULL, &cursor, err);
    while (status == DS_OK && (status = ds_cursor_next(cursor, &record, err)) == DS_OK && record != NULL)
        ;
    ds_cursor_close(cursor);
    if (status == DS_OK)
        status = ds_delete(model, ds_everything(), &count, err);
    for (size_t i = 0; i < 3; i++)
        ds_record_free(made[i]);
    return status;
}

static const char KEPT[] =
    "{\"name\": \"Kept\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"e\": {\"type\": \"string\", "
    "\"unique\": true}, \"n\": {\"type\": \"number\", \"index\": true}, \"v\": \"integer\"}, "
    "\"settings\": {\"version\": \"v\", \"ttl\": 1000000}}";

static ds_status batch_all(ds_source *opened, ds_model *model, ds_record *record, ds_error *err)
{
    ds_batch *batch = NULL;
    ds_status status = ds_batch_new(opened, &batch, err);
    if (status != DS_OK)
        return status;
    ds_batch_delete(batch, model, ds_string("2"));
    ds_batch_increment(batch, model, ds_string("1"), "n", ds_number(0.5), NULL);
    ds_batch_create(batch, model, record);
    status = ds_batch_run(batch, DS_ATOMIC, err);
    ds_batch_free(batch);
    return status;
}

static ds_status use_kept(ds_source *opened, ds_model *model, ds_error *err)
{
    ds_record *made[3] = {ds_record_new(model), ds_record_new(model), ds_record_new(model)};
    static const char *const ids[] = {"1", "2", "3"};
    for (size_t i = 0; i < 3; i++) {
        ds_record_set(made[i], "id", ds_string(ids[i]));
        ds_record_set(made[i], "e", ds_string(i == 2 ? "2" : ids[i]));
        ds_record_set(made[i], "n", ds_number(1.5));
    }
    ds_status status = ds_create_all(model, made, 2, NULL, err);
    raw("HSET Kept:1 n 1.50");
    if (status == DS_OK)
        status = ds_upsert(model, made[0], NULL, err);
    if (status == DS_OK && ds_create(model, made[2], err) != DS_DUPLICATE)
        status = err->status;
    else if (status == DS_OK)
        *err = (ds_error){.status = DS_OK};
    if (status == DS_OK)
        status = ds_expire(model, ds_string("2"), 1000000, err);
    if (status == DS_OK)
        status = batch_all(opened, model, made[2], err);
    for (size_t i = 0; i < 3; i++)
        ds_record_free(made[i]);
    return status;
}

static ds_status run_out(void *settings, ds_error *err)
{
    ds_source *opened = NULL;
    ds_model *model = NULL, *numbered = NULL, *kept = NULL;
    raw("FLUSHALL");
    ds_status status = ds_source_open("redis", settings, &opened, err);
    if (status == DS_OK)
        status = ds_set_credentials(opened, "default", "any will do for one without", err); /* closed */
    if (status == DS_OK)
        status = ds_model_define(opened, OPEN, &model, err);
    if (status == DS_OK)
        status = ds_model_define(opened, NUMBERED, &numbered, err);
    if (status == DS_OK)
        status = use_all(model, numbered, err);
    if (status == DS_OK)
        status = ds_set_credentials(opened, "default", "likewise", err); /* open */
    if (status == DS_OK)
        status = ds_model_define(opened, KEPT, &kept, err);
    if (status == DS_OK)
        status = use_kept(opened, kept, err);
    if (status == DS_UNKNOWN_OUTCOME && strstr(err->message, "no memory") != NULL)
        err->status = status = DS_NOMEM; /* it was done, perhaps, and there was no memory to hear so */
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
    CU_ASSERT_TRUE(count > 100);
}

int main(void)
{
    static const test tests[] = {
        {"each allocation may fail, and nothing is lost", each_allocation_may_fail},
    };
    if (!world_start())
        return EXIT_FAILURE;
    int failed = SUITE_RUN("Redis mapping, memory", tests);
    world_stop();
    return failed;
}
