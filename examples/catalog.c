/* What is configured: data sources and models by name, and the connectors that could be named. */
#include "example.h"

static const char MODELS[] = "[{\"name\": \"Customer\", \"dataSource\": \"main\", \"properties\": {\"id\": {\"type\": "
                             "\"string\", \"id\": true}}},"
                             " {\"name\": \"Draft\", \"dataSource\": \"scratch\", \"properties\": {\"id\": {\"type\": "
                             "\"string\", \"id\": true}}},"
                             " {\"name\": \"Log\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}}}]";

static const char DATASOURCES[] = "{\"main\": {\"connector\": \"memory\"}, \"scratch\": {\"connector\": \"memory\"},"
                                  " \"later\": {\"connector\": \"/opt/app/datasource-special.so\"}}";

static void is_it(void *user, const char *name)
{
    if (strcmp(name, "memory") == 0 || strcmp(name, "redis") == 0)
        ++*(int *)user;
}

int main(void)
{
    ds_catalog *catalog;
    int known = 0;
    ds_connector_list(is_it, &known);
    printf("of memory and redis, %d can be loaded\n", known);
    must(ds_allow_connector("/opt/app/datasource-special.so", &error)); /* or else "later" could not name a path */
    must(ds_catalog_parse(DATASOURCES, MODELS, &catalog, &error));
    for (size_t i = 0; i < ds_catalog_source_count(catalog); i++)
        printf("data source %s: %s\n", ds_catalog_source_name(catalog, i), ds_catalog_source_connector(catalog, i));
    for (size_t i = 0; i < ds_catalog_model_count(catalog); i++) {
        const char *source = ds_catalog_model_source(catalog, i);
        printf("model %s: on %s\n", ds_catalog_model_name(catalog, i), source == NULL ? "none that it names" : source);
    }

    /* What is wrong with one data source is told when it is first asked for; the others do their work. */
    if (ds_catalog_source(catalog, "later", &error) == NULL)
        printf("later: %s\n", ds_status_name(error.status));
    ds_model *drafts = ds_catalog_model(catalog, "Draft", &error);
    must(drafts == NULL ? error.status : DS_OK);
    printf("Draft is on %s\n", ds_source_name(ds_model_source(drafts)));

    /* A model may be taken to another data source, whatever its definition says. */
    ds_source *main_source = ds_catalog_source(catalog, "main", &error);
    printf("Draft is on %s too\n", ds_source_name(ds_model_source(ds_source_model(main_source, "Draft", &error))));
    ds_catalog_close(catalog);
    return EXIT_SUCCESS;
}
