/* A catalog: the configuration of a host, its definitions, and the data sources that were asked for. */
#include "source/source.h"

#include <string.h>

struct ds_catalog {
    config *config;
    definition **definitions;
    size_t definition_count;
    pthread_mutex_t lock; /* of the list of sources */
    ds_source *sources;
};

static ds_status finish(ds_catalog *catalog, ds_status status, ds_catalog **out, ds_error *err)
{
    if (status == DS_OK && pthread_mutex_init(&catalog->lock, NULL) != 0)
        status = error_nomem(err);
    if (status == DS_OK) {
        process_freeze_memory();
        *out = catalog;
        return DS_OK;
    }
    for (size_t i = 0; i < catalog->definition_count; i++)
        definition_free(catalog->definitions[i]);
    ds_free(catalog->definitions);
    config_free(catalog->config);
    ds_free(catalog);
    return status;
}

/* A model must not name a data source that is not there. */
static ds_status check_models(const ds_catalog *catalog, ds_error *err)
{
    for (size_t i = 0; i < catalog->definition_count; i++) {
        const definition *def = catalog->definitions[i];
        if (def->data_source != NULL && !config_has(catalog->config, def->data_source))
            return ds_error_set(err, DS_CONFIG,
                                "%s: the model \"%s\" names the data source \"%.64s\", which is not configured",
                                def->place, def->name, def->data_source);
    }
    return DS_OK;
}

ds_status ds_catalog_open(const char *datasources_path, const char *models_path, ds_catalog **out, ds_error *err)
{
    if (datasources_path == NULL || out == NULL)
        return ds_error_set(err, DS_INVALID,
                            "ds_catalog_open needs the path of datasources.json and a place for the catalog");
    *out = NULL;
    ds_catalog *catalog = ds_calloc(1, sizeof *catalog);
    if (catalog == NULL)
        return error_nomem(err);
    ds_status status = config_open(datasources_path, &catalog->config, err);
    if (status == DS_OK && models_path != NULL)
        status = config_open_models(models_path, &catalog->definitions, &catalog->definition_count, err);
    if (status == DS_OK)
        status = check_models(catalog, err);
    return finish(catalog, status, out, err);
}

ds_status ds_catalog_parse(const char *datasources_json, const char *models_json, ds_catalog **out, ds_error *err)
{
    if (datasources_json == NULL || out == NULL)
        return ds_error_set(err, DS_INVALID,
                            "ds_catalog_parse needs the text of datasources.json and a place for the catalog");
    *out = NULL;
    ds_catalog *catalog = ds_calloc(1, sizeof *catalog);
    if (catalog == NULL)
        return error_nomem(err);
    ds_status status = config_parse(datasources_json, &catalog->config, err);
    if (status == DS_OK && models_json != NULL)
        status = config_parse_models(models_json, &catalog->definitions, &catalog->definition_count, err);
    if (status == DS_OK)
        status = check_models(catalog, err);
    return finish(catalog, status, out, err);
}

void ds_catalog_close(ds_catalog *catalog)
{
    if (catalog == NULL)
        return;
    for (ds_source *source = catalog->sources, *next; source != NULL; source = next) {
        next = source->next;
        source_free(source);
    }
    pthread_mutex_destroy(&catalog->lock);
    for (size_t i = 0; i < catalog->definition_count; i++)
        definition_free(catalog->definitions[i]);
    ds_free(catalog->definitions);
    config_free(catalog->config);
    ds_free(catalog);
}

static ds_status open_source(ds_catalog *catalog, const char *name, ds_source **out, ds_error *err)
{
    char *connector = NULL;
    settings *checked = NULL;
    ds_status status = config_connector(catalog->config, name, &connector, err);
    if (status != DS_OK)
        return status;
    const ds_connector *table = ds_connector_find(connector, err);
    ds_free(connector);
    if (table == NULL) {
        error_of_source(err, name);
        return err->status;
    }
    status = config_settings(catalog->config, name, table->options, &checked, err);
    return status == DS_OK ? source_make(name, table, checked, catalog, out, err) : status;
}

static ds_source *opened(const ds_catalog *catalog, const char *name)
{
    ds_source *source = catalog->sources;
    while (source != NULL && strcmp(source->name, name) != 0)
        source = source->next;
    return source;
}

ds_source *ds_catalog_source(ds_catalog *catalog, const char *name, ds_error *err)
{
    if (catalog == NULL || name == NULL) {
        ds_error_set(err, DS_INVALID, "ds_catalog_source needs a catalog and a name");
        return NULL;
    }
    ds_error error = {0};
    ds_status status = DS_OK;
    pthread_mutex_lock(&catalog->lock);
    ds_source *source = opened(catalog, name);
    if (source == NULL && (status = open_source(catalog, name, &source, &error)) == DS_OK) {
        source->next = catalog->sources;
        catalog->sources = source;
    }
    pthread_mutex_unlock(&catalog->lock);
    if (status == DS_OK)
        return source;
    error_in_source(&error, name);
    error_copy(err, &error);
    return NULL;
}

definition *catalog_definition(const ds_catalog *catalog, const char *name)
{
    for (size_t i = 0; i < catalog->definition_count; i++)
        if (strcmp(catalog->definitions[i]->name, name) == 0)
            return catalog->definitions[i];
    return NULL;
}

static const char *source_of(const ds_catalog *catalog, const definition *def)
{
    if (def->data_source != NULL)
        return def->data_source;
    return config_count(catalog->config) == 1 ? config_source_name(catalog->config, 0) : NULL;
}

ds_model *ds_catalog_model(ds_catalog *catalog, const char *name, ds_error *err)
{
    if (catalog == NULL || name == NULL) {
        ds_error_set(err, DS_INVALID, "ds_catalog_model needs a catalog and a name");
        return NULL;
    }
    definition *def = catalog_definition(catalog, name);
    const char *on = def == NULL ? NULL : source_of(catalog, def);
    if (on == NULL) {
        ds_error_set(err, DS_CONFIG,
                     def == NULL ? "there is no model \"%.64s\" among the model definitions"
                                 : "the model %.64s does not name its dataSource, and there is more than one",
                     name);
        return NULL;
    }
    ds_source *source = ds_catalog_source(catalog, on, err);
    ds_model *model = NULL;
    return source != NULL && model_on(source, def, false, &model, err) == DS_OK ? model : NULL;
}

size_t ds_catalog_source_count(const ds_catalog *catalog)
{
    return catalog == NULL ? 0 : config_count(catalog->config);
}

const char *ds_catalog_source_name(const ds_catalog *catalog, size_t i)
{
    return catalog == NULL ? NULL : config_source_name(catalog->config, i);
}

const char *ds_catalog_source_connector(const ds_catalog *catalog, size_t i)
{
    return catalog == NULL ? NULL : config_source_connector(catalog->config, i);
}

size_t ds_catalog_model_count(const ds_catalog *catalog)
{
    return catalog == NULL ? 0 : catalog->definition_count;
}

const char *ds_catalog_model_name(const ds_catalog *catalog, size_t i)
{
    return catalog != NULL && i < catalog->definition_count ? catalog->definitions[i]->name : NULL;
}

const char *ds_catalog_model_source(const ds_catalog *catalog, size_t i)
{
    return catalog != NULL && i < catalog->definition_count ? source_of(catalog, catalog->definitions[i]) : NULL;
}
