/* migrate, its check and discover, while the host runs out of memory at each allocation in turn. Alone in its program: the
 * allocator can be set before the first source only. */
#include "failing.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

static const char PERSON[] =
    "{\"name\": \"Person\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"city\": {\"type\": "
    "\"string\", \"index\": true}, \"age\": \"integer\", \"email\": {\"type\": \"string\", \"unique\": true}}, "
    "\"indexes\": {\"byAge\": {\"keys\": {\"age\": -1, \"city\": 1}}}}";

/* What another definition left, claims that are not theirs, and entries of nothing. */
static void make_disorder(void)
{
    raw("FLUSHALL");
    raw("HSET Person#schema format 1 epoch 1 index:old %s",
        "{\"unique\":false,\"keys\":[[\"x\",\"s\",false]],\"state\":\"built\"}");
    raw("ZADD Person#index:old 0 x");
    raw("HSET Person:1 city a age 1 email x@x");
    raw("HSET Person:2 city b age 2 email y@x");
    raw("HSET Person:3 city c");
    raw("PEXPIRE Person:3 1000000");
}

static ds_status use_all(ds_source *opened, ds_model *model, ds_error *err)
{
    char *text = NULL;
    make_disorder();
    ds_status status = ds_migrate(model, NULL, NULL, err);
    raw("HSET Person#unique:email %b 2", "Px@x\0\0", (size_t)6);
    raw("ZADD Person#index:city 0 garbage");
    if (status == DS_OK)
        status = ds_migrate(model, NULL, NULL, err);
    if (status == DS_OK)
        status = ds_migrate_check(model, NULL, NULL, &text, err);
    CU_ASSERT(status != DS_OK || strstr(text, "\"missing\":[]") != NULL);
    ds_free(text);
    text = NULL;
    if (status == DS_OK)
        status = ds_discover(opened, "Pers*", &text, err);
    ds_free(text);
    return status;
}

static ds_status run_out(void *settings, ds_error *err)
{
    ds_source *opened = NULL;
    ds_model *model = NULL;
    ds_status status = ds_source_open("redis", settings, &opened, err);
    if (status == DS_OK)
        status = ds_model_define(opened, PERSON, &model, err);
    if (status == DS_OK)
        status = use_all(opened, model, err);
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
    int failed = SUITE_RUN("Redis migrate, memory", tests);
    world_stop();
    return failed;
}
