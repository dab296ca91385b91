#include "hands.h"

#include <CUnit/CUnit.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#define MINUTE_NS INT64_C(60000000000)

ds_status hand_ping(hand *own)
{
    return ds_ping(own->source, &own->err);
}

ds_status hand_count(hand *own)
{
    uint64_t count;
    return ds_count(own->model, NULL, &count, &own->err);
}

ds_status hand_connect(hand *own)
{
    return ds_connect(own->source, &own->err);
}

ds_status hand_disconnect(hand *own)
{
    return ds_disconnect(own->source, &own->err);
}

static void *run(void *user)
{
    hand *own = user;
    own->status = own->run(own);
    return NULL;
}

void hand_start(hand *own, ds_status (*what)(hand *), ds_source *source, ds_model *model)
{
    *own = (hand){.source = source, .model = model, .run = what};
    CU_ASSERT_EQUAL_FATAL(pthread_create(&own->thread, NULL, run, own), 0);
}

ds_status hand_join(hand *own)
{
    pthread_join(own->thread, NULL);
    return own->status;
}

static void give_up(const char *what)
{
    printf("\nnobody %s within a minute\n", what);
    abort();
}

void await_under_way(ds_source *source, unsigned n)
{
    for (int64_t patience = ds_now() + MINUTE_NS; source->under_way != n; sched_yield())
        if (ds_now() > patience)
            give_up("began an operation");
}

void await_disconnecting(ds_source *source)
{
    for (int64_t patience = ds_now() + MINUTE_NS; !source->disconnected; sched_yield())
        if (ds_now() > patience)
            give_up("disconnected");
}

ds_source *puppet_open(const char *connector, const char *settings_json)
{
    ds_source *source = NULL;
    ds_error err = {.status = DS_OK};
    puppet_reset();
    if (ds_source_open(connector, settings_json, &source, &err) != DS_OK)
        printf("%s\n", err.message);
    CU_ASSERT_PTR_NOT_NULL_FATAL(source);
    return source;
}

void puppet_close(ds_source *source)
{
    ds_source_close(source);
    CU_ASSERT_EQUAL(puppet_violations(), 0);
    CU_ASSERT_EQUAL(puppet_scans(), 0);
}

void says_of(const ds_error *err, ds_status status, const char *words, const char *source)
{
    char named[80] = "";
    if (source != NULL)
        snprintf(named, sizeof named, "data source \"%s\": ", source);
    bool right =
        err->status == status && strstr(err->message, words) != NULL &&
        (source == NULL || (strcmp(err->source, source) == 0 && strncmp(err->message, named, strlen(named)) == 0 &&
                            strstr(err->message + 1, "data source \"") == NULL));
    if (!right)
        printf("\n%s of \"%s\": \"%s\", expected %s: \"%s\"\n", ds_status_name(err->status), err->source, err->message,
               ds_status_name(status), words);
    CU_ASSERT(right);
}
