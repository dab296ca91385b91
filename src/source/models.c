/* The handles of models on a data source: one a definition, made when first asked for, and views of them. */
#include "source/source.h"

#include <string.h>

static ds_status need(const ds_source *source, const definition *def, bool asks, uint64_t capability, const char *what,
                      ds_error *err)
{
    if (!asks || (source->connector->capabilities & capability) != 0)
        return DS_OK;
    return ds_error_set(err, DS_UNSUPPORTED, "the model %s has %s, which the connector %s does not offer", def->name,
                        what, source->connector->name);
}

static bool has_unique(const definition *def)
{
    for (size_t i = 0; i < def->index_count; i++)
        if (def->indexes[i].unique)
            return true;
    return false;
}

/* What a model asks of a connector and the library cannot make up for. */
static ds_status check_capabilities(const ds_source *source, const definition *def, ds_error *err)
{
    ds_status status = need(source, def, has_unique(def), DS_CAN_UNIQUE, "unique properties", err);
    if (status == DS_OK)
        status = need(source, def, def->ttl_ms > 0, DS_CAN_EXPIRE, "settings.ttl", err);
    if (status == DS_OK)
        status = need(source, def, def->version_slot != DS_NO_SLOT, DS_CAN_VERSION, "settings.version", err);
    return status;
}

/* A promise that must not be taken in silence. */
static ds_status check_exactly_once(const ds_source *source, const ds_model *model, ds_error *err)
{
    ds_value asks = settings_get(model->settings, "exactlyOnce");
    return need(source, model->definition, asks.type == DS_BOOLEAN && asks.as.boolean, DS_CAN_EXACTLY_ONCE,
                "settings.exactlyOnce", err);
}

static ds_status open_model(ds_source *source, ds_model *model, ds_error *err)
{
    if (source->connector->open_model == NULL)
        return DS_OK;
    ds_error error = {0};
    ds_call call = {.size = sizeof call, .deadline = DS_NO_DEADLINE, .error = &error};
    ds_status status = source->connector->open_model(source->connection, model, &model->state, &call);
    model->opened = status == DS_OK;
    if (status == DS_OK)
        return DS_OK;
    if (error.message[0] == '\0')
        ds_error_set(&error, status, "the connector %s did not take the model %s", source->connector->name,
                     model->definition->name);
    error.status = status;
    return error_copy(err, &error);
}

static void model_free(ds_source *source, ds_model *model)
{
    if (model->opened && source->connector->close_model != NULL)
        source->connector->close_model(source->connection, model->state);
    settings_free((settings *)model->settings); /* made for this model alone */
    if (model->owns_definition)
        definition_free((definition *)model->definition);
    ds_free(model);
}

/* A new handle; it owns the definition only once it has succeeded. */
static ds_status make(ds_source *source, const definition *def, ds_model **out, ds_error *err)
{
    ds_status status = check_capabilities(source, def, err);
    if (status != DS_OK)
        return status;
    ds_model *model = ds_calloc(1, sizeof *model);
    if (model == NULL)
        return error_nomem(err);
    model->definition = def;
    model->source = source;
    settings *checked = NULL;
    status = settings_of_model(def->name, def->settings_json, source->connector->name, source->connector->model_options,
                               &checked, err);
    model->settings = checked;
    if (status == DS_OK)
        status = check_exactly_once(source, model, err);
    if (status == DS_OK)
        status = open_model(source, model, err);
    if (status != DS_OK)
        model_free(source, model);
    *out = status == DS_OK ? model : NULL;
    return status;
}

static ds_model *known(const ds_source *source, const char *name)
{
    ds_model *model = source->models;
    while (model != NULL && strcmp(model->definition->name, name) != 0)
        model = model->next;
    return model;
}

/* The lock is held. */
static ds_status known_or_made(ds_source *source, definition *def, bool owned, ds_model **out, ds_error *err)
{
    *out = known(source, def->name);
    if (*out != NULL && definition_equal((*out)->definition, def))
        return DS_OK;
    if (*out != NULL) {
        *out = NULL;
        return ds_error_set(err, DS_CONFIG, "the model %s is in use with another definition", def->name);
    }
    ds_status status = make(source, def, out, err);
    if (status != DS_OK)
        return status;
    (*out)->owns_definition = owned;
    (*out)->next = source->models;
    source->models = *out;
    return DS_OK;
}

static ds_status tell(const ds_source *source, ds_error *error, ds_error *err)
{
    error_of_source(error, source->name);
    return error_copy(err, error);
}

ds_status model_on(ds_source *source, definition *def, bool owned, ds_model **out, ds_error *err)
{
    ds_error error = {0};
    pthread_mutex_lock(&source->lock);
    ds_status status = known_or_made(source, def, owned, out, &error);
    pthread_mutex_unlock(&source->lock);
    if (owned && (status != DS_OK || (*out)->definition != def))
        definition_free(def);
    if (status == DS_OK)
        return DS_OK;
    return tell(source, &error, err);
}

void models_free(ds_source *source)
{
    for (ds_model *model = source->models, *next; model != NULL; model = next) {
        next = model->next;
        model_free(source, model);
    }
    source->models = NULL;
}

ds_model *ds_source_model(ds_source *source, const char *name, ds_error *err)
{
    ds_model *model = NULL;
    if (source == NULL || name == NULL) {
        bool is_told = source == NULL && err != NULL && err->status != DS_OK && err->message[0] != '\0';
        if (!is_told)
            ds_error_set(err, DS_INVALID, "ds_source_model needs a data source and a name");
        return NULL;
    }
    pthread_mutex_lock(&source->lock);
    model = known(source, name);
    pthread_mutex_unlock(&source->lock);
    if (model != NULL)
        return model;
    definition *def = source->catalog == NULL ? NULL : catalog_definition(source->catalog, name);
    bool owned = def == NULL;
    ds_error error = {0};
    if (owned && definition_schemaless(name, strlen(name), &def, &error) != DS_OK) {
        tell(source, &error, err);
        return NULL;
    }
    return model_on(source, def, owned, &model, err) == DS_OK ? model : NULL;
}

ds_status ds_model_define(ds_source *source, const char *model_json, ds_model **out, ds_error *err)
{
    if (source == NULL || model_json == NULL || out == NULL)
        return ds_error_set(err, DS_INVALID,
                            "ds_model_define needs a data source, a definition and a place for the model");
    *out = NULL;
    definition *def = NULL;
    ds_error error = {0};
    ds_status status = config_parse_model(model_json, &def, &error);
    return status == DS_OK ? model_on(source, def, true, out, err) : tell(source, &error, err);
}

ds_source *ds_model_source(const ds_model *model)
{
    return model == NULL ? NULL : model->source;
}

ds_status ds_model_with(const ds_model *model, const ds_options *options, ds_model **out, ds_error *err)
{
    if (model == NULL || options == NULL || out == NULL)
        return ds_error_set(err, DS_INVALID, "ds_model_with needs a model, options and a place for the view");
    *out = NULL;
    ds_error error = {0};
    if (options_check(options, &error) != DS_OK) {
        error_prefix(&error, "a view of the model %s: ", model->definition->name);
        return tell(model->source, &error, err);
    }
    ds_model *view = ds_calloc(1, sizeof *view);
    if (view == NULL) {
        error_nomem(&error);
        return tell(model->source, &error, err);
    }
    const ds_model *original = model->original == NULL ? model : model->original;
    *view = (ds_model){.definition = original->definition,
                       .source = original->source,
                       .settings = original->settings,
                       .original = (ds_model *)original,
                       .options = *options};
    *out = view;
    return DS_OK;
}

void ds_model_free(ds_model *view)
{
    if (view != NULL && view->original != NULL)
        ds_free(view);
}
