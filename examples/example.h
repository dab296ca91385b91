/* What the small examples share: they run on the data source that the first argument describes, memory without one. */
#ifndef EXAMPLES_EXAMPLE_H
#define EXAMPLES_EXAMPLE_H

#include <datasource/datasource.h>

#include <stdio.h>
#include <stdlib.h>

static ds_error error; /* of the last failure */

static inline void must(ds_status status)
{
    if (status == DS_OK)
        return;
    fprintf(stderr, "%s: %s\n", ds_status_name(status), error.message);
    exit(EXIT_FAILURE);
}

/* A host with files calls ds_catalog_open(); this one has its configuration in its code. */
static inline ds_catalog *example_catalog(int argc, char **argv, const char *models_json)
{
    char datasources[2048];
    ds_catalog *catalog;
    snprintf(datasources, sizeof datasources, "{\"main\": %s}", argc > 1 ? argv[1] : "{\"connector\": \"memory\"}");
    must(ds_catalog_parse(datasources, models_json, &catalog, &error));
    return catalog;
}

static inline ds_source *example_source(ds_catalog *catalog)
{
    ds_source *source = ds_catalog_source(catalog, "main", &error);
    must(source == NULL ? error.status : DS_OK);
    return source;
}

static inline ds_model *example_model(ds_catalog *catalog, const char *name)
{
    ds_model *model = ds_catalog_model(catalog, name, &error);
    must(model == NULL ? error.status : DS_OK);
    return model;
}

static inline void store(ds_model *model, const char *json)
{
    ds_record *record;
    must(ds_record_from_json(model, json, &record, &error));
    must(ds_create(model, record, &error));
    ds_record_free(record);
}

static inline void print(const ds_record *record)
{
    char *json = ds_record_to_json(record);
    puts(json == NULL ? "out of memory" : json);
    ds_free(json);
}

/* Prints what a query finds. */
static inline void print_found(ds_model *model, const ds_query *query)
{
    ds_cursor *cursor;
    const ds_record *record;
    must(ds_find(model, query, &cursor, &error));
    for (must(ds_cursor_next(cursor, &record, &error)); record != NULL; must(ds_cursor_next(cursor, &record, &error)))
        print(record);
    ds_cursor_close(cursor);
}

#endif
