/* Every allocation of opening, defining, connecting and closing fails once: DS_NOMEM with its source, nothing lost, and the same
 * call works after. */
#include "hands.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>

static unsigned long left; /* allocations until one fails; 0: none does */
static long live;
static bool failed;

static bool fails(void)
{
    if (left == 0 || --left != 0)
        return false;
    return failed = true;
}

static void *failing_malloc(size_t size, void *user)
{
    (void)user;
    void *memory = fails() ? NULL : malloc(size);
    live += memory != NULL;
    return memory;
}

static void *failing_realloc(void *memory, size_t size, void *user)
{
    (void)user;
    void *moved = fails() ? NULL : realloc(memory, size);
    live += memory == NULL && moved != NULL;
    return moved;
}

static void counted_free(void *memory, void *user)
{
    (void)user;
    live -= memory != NULL;
    free(memory);
}

/* Runs it with the first, second, ... allocation failing, until none is reached. `run` frees all that it made. */
static void each_allocation_fails(ds_status (*run)(ds_error *), unsigned long at_least)
{
    unsigned long n = 1;
    for (failed = true; failed; n++) {
        ds_error err = {.status = DS_OK};
        long before = live;
        puppet_reset();
        failed = false;
        left = n;
        ds_status status = run(&err);
        left = 0;
        bool right = failed ? status == DS_NOMEM && err.status == DS_NOMEM && err.message[0] != '\0' : status == DS_OK;
        if (!right || live != before)
            printf("\nallocation %lu: %s, \"%s\", %ld live", n, ds_status_name(status), err.message, live - before);
        CU_ASSERT(right);
        CU_ASSERT_EQUAL(live, before);
        CU_ASSERT_EQUAL(puppet_violations(), 0);
    }
    CU_ASSERT(n > at_least);
}

#define THING                                                                                                          \
    "\"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"n\": {\"type\": \"integer\", \"index\": true}, " \
    "\"s\": {\"type\": \"string\", \"default\": \"x\"}}, \"settings\": {\"puppet\": {\"shelf\": \"top\"}}"
static const char SOURCES[] = "{\"db\": {\"connector\": \"puppet\", \"url\": \"${NO_SUCH_VARIABLE:-here}\", "
                              "\"password\": \"secret\", \"commandTimeout\": 60000, \"readOnly\": false}}";
static const char MODELS[] = "[{\"name\": \"Cup\", " THING "}, {\"name\": \"Jug\", \"dataSource\": \"db\", " THING "}]";

static ds_status parse(ds_error *err)
{
    ds_catalog *catalog = NULL;
    ds_status status = ds_catalog_parse(SOURCES, MODELS, &catalog, err);
    CU_ASSERT_EQUAL(status == DS_OK, catalog != NULL);
    ds_catalog_close(catalog);
    return status;
}

static void a_catalog_is_parsed(void)
{
    each_allocation_fails(parse, 20);
}

static ds_status first_step(ds_catalog *catalog, ds_error *err)
{
    ds_source *source = ds_catalog_source(catalog, "db", err);
    if (source == NULL)
        return err->status;
    if (ds_catalog_model(catalog, "Cup", err) == NULL || ds_source_model(source, "Loose", err) == NULL)
        return err->status;
    ds_model *model = NULL, *view = NULL;
    const ds_options options = {.size = sizeof options, .timeout_ms = 60000};
    ds_status status = ds_model_define(source, "{\"name\": \"Pot\", " THING "}", &model, err);
    if (status == DS_OK)
        status = ds_model_with(model, &options, &view, err);
    ds_model_free(view);
    return status;
}

/* Whatever failed: the second time the catalog gives all. */
static ds_status open_and_define(ds_error *err)
{
    ds_catalog *catalog = NULL;
    ds_status status = ds_catalog_parse(SOURCES, MODELS, &catalog, err);
    if (status != DS_OK)
        return status;
    status = first_step(catalog, err);
    if (status != DS_OK) {
        ds_error second = {.status = DS_OK};
        CU_ASSERT_STRING_EQUAL(err->source, "db");
        CU_ASSERT_EQUAL(first_step(catalog, &second), DS_OK);
    }
    ds_catalog_close(catalog);
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_OPEN), puppet_calls(PUPPET_CLOSE));
    return status;
}

static void sources_and_models_are_opened(void)
{
    each_allocation_fails(open_and_define, 60);
}

static ds_status second_step(ds_source *source, ds_error *err)
{
    char *json = NULL, *reply = NULL;
    const char *const words[] = {"DANCE"};
    ds_status status = ds_connect(source, err);
    if (status == DS_OK)
        status = ds_ping(source, err);
    if (status == DS_OK)
        status = ds_execute(source, 1, words, NULL, &reply, err);
    if (status == DS_OK)
        status = ds_stats(source, &json, err);
    CU_ASSERT_EQUAL(status == DS_OK, json != NULL);
    ds_free(json);
    ds_free(reply);
    return status == DS_OK ? ds_disconnect(source, err) : status;
}

static ds_status connect_and_use(ds_error *err)
{
    ds_source *source = NULL;
    ds_status status = ds_source_open("puppet", "{\"password\": \"secret\"}", &source, err);
    CU_ASSERT_EQUAL(status == DS_OK, source != NULL);
    if (status != DS_OK)
        return status;
    status = second_step(source, err);
    if (status != DS_OK) {
        ds_error second = {.status = DS_OK};
        CU_ASSERT_STRING_EQUAL(err->source, "puppet");
        CU_ASSERT_EQUAL(second_step(source, &second), DS_OK);
    }
    ds_source_close(source);
    return status;
}

static void a_source_is_connected_and_used(void)
{
    each_allocation_fails(connect_and_use, 10);
}

/* ---- events ---- */

static void hear(ds_source *source, ds_event event, const ds_error *cause, void *user)
{
    (void)source, (void)event, (void)cause;
    ++*(unsigned *)user;
}

/* An event that finds no memory is lost; what it tells of is not. */
static void an_event_without_memory_is_lost_alone(void)
{
    for (unsigned long n = 1; n <= 4; n++) {
        unsigned events = 0;
        ds_source *source = puppet_open("puppet", NULL);
        long before = live;
        ds_on_event(source, hear, &events);
        left = n;
        CU_ASSERT_EQUAL(ds_ping(source, NULL), DS_OK);
        puppet_fail(PUPPET_PING, DS_LOST, 1, NULL);
        CU_ASSERT_EQUAL(ds_ping(source, NULL), DS_LOST);
        left = 0;
        CU_ASSERT_EQUAL(events, 3);
        CU_ASSERT_EQUAL(live, before);
        puppet_close(source);
    }
}

/* ---- connectors ---- */

static ds_status look_for_nothing(ds_error *err)
{
    const ds_connector *found = ds_connector_find("nosuch", err);
    CU_ASSERT_PTR_NULL(found);
    return err->status == DS_CONFIG ? DS_OK : err->status;
}

static void a_connector_that_is_nowhere_is_not_found(void)
{
    each_allocation_fails(look_for_nothing, 3);
}

/* What is found stays for the process, so this goes through once; what failed before left nothing behind. */
static void a_plugin_is_loaded(void)
{
    const ds_connector *found = NULL;
    unsigned long n = 0;
    while (found == NULL && n < 100) {
        ds_error err = {.status = DS_OK};
        long before = live;
        failed = false;
        left = ++n;
        found = ds_connector_find("memory", &err);
        left = 0;
        CU_ASSERT(found != NULL || (failed && err.status == DS_NOMEM && live == before));
    }
    CU_ASSERT(found != NULL && n > 3);
}

static void a_connector_is_registered(void)
{
    static ds_connector table;
    ds_status status = DS_NOMEM;
    unsigned long n = 0;
    table = *ds_connector_find("puppet", NULL);
    table.name = "another";
    while (status != DS_OK && n < 100) {
        ds_error err = {.status = DS_OK};
        long before = live;
        left = ++n;
        status = ds_connector_register(&table, &err);
        left = 0;
        CU_ASSERT(status == DS_OK || (err.status == DS_NOMEM && live == before));
    }
    CU_ASSERT(status == DS_OK && n > 2);
    for (n = 1, status = DS_NOMEM; status != DS_OK && n < 100; n++) {
        long before = live;
        left = n;
        status = ds_allow_connector("/nowhere/datasource-x.so", NULL);
        left = 0;
        CU_ASSERT(status == DS_OK || (status == DS_NOMEM && live == before));
    }
    CU_ASSERT(n > 2);
}

int main(void)
{
    static const test tests[] = {
        {"a connector is registered, or allowed, whatever allocation failed before", a_connector_is_registered},
        {"each allocation of the search for a connector fails once", a_connector_that_is_nowhere_is_not_found},
        {"each allocation of loading a plugin fails once", a_plugin_is_loaded},
        {"each allocation of a catalog fails once", a_catalog_is_parsed},
        {"each allocation of opening sources and defining models fails once", sources_and_models_are_opened},
        {"each allocation of connecting, ds_execute() and ds_stats() fails once", a_source_is_connected_and_used},
        {"an event that finds no memory is lost, and nothing else", an_event_without_memory_is_lost_alone},
    };
    static const ds_allocator allocator = {sizeof allocator, failing_malloc, failing_realloc, counted_free, NULL};
    if (ds_set_allocator(&allocator, NULL) != DS_OK)
        return EXIT_FAILURE;
    puppet_register();
    return SUITE_RUN("source without memory", tests);
}
