/* A data source: made from a connector and checked settings, configured by the host, freed with its models. */
#include "source/source.h"

#include "source/loader.h"

#include <string.h>

static ds_status make_lock(ds_source *source, ds_error *err)
{
    pthread_condattr_t monotonic;
    if (pthread_mutex_init(&source->lock, NULL) != 0)
        return error_nomem(err);
    if (pthread_condattr_init(&monotonic) != 0) {
        pthread_mutex_destroy(&source->lock);
        return error_nomem(err);
    }
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    int failed = pthread_cond_init(&source->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (failed != 0)
        pthread_mutex_destroy(&source->lock);
    return failed != 0 ? error_nomem(err) : DS_OK;
}

static int64_t setting_ms(const settings *checked, const char *name)
{
    ds_value value = settings_get(checked, name);
    return value.type == DS_INTEGER && value.as.integer > 0 ? value.as.integer : 0;
}

static bool setting_true(const settings *checked, const char *name)
{
    ds_value value = settings_get(checked, name);
    return value.type == DS_BOOLEAN && value.as.boolean;
}

void error_of_source(ds_error *err, const char *name)
{
    if (err == NULL)
        return;
    error_in_source(err, name);
    error_prefix(err,
                 "data source \"%s\": ", err->source); /* which is cut: a long name must not push the sentence out */
}

ds_status source_make(const char *name, const ds_connector *connector, settings *checked, const ds_catalog *catalog,
                      ds_source **out, ds_error *err)
{
    ds_source *source = ds_calloc(1, sizeof *source);
    char *copy = text_copy(name);
    if (source == NULL || copy == NULL || make_lock(source, err) != DS_OK) {
        ds_free(source);
        ds_free(copy);
        settings_free(checked);
        return error_nomem(err);
    }
    source->name = copy;
    source->connector = connector;
    source->settings = checked;
    source->catalog = catalog;
    source->command_timeout_ms = setting_ms(checked, "commandTimeout");
    source->connect_timeout_ms = setting_ms(checked, "connectTimeout");
    source->read_only = setting_true(checked, "readOnly");
    process_freeze();
    ds_error error = {0};
    ds_call call = {.size = sizeof call, .deadline = DS_NO_DEADLINE, .error = &error};
    ds_status status = connector->open(source, &source->connection, &call);
    if (status != DS_OK) {
        if (error.message[0] == '\0')
            ds_error_set(&error, status, "the connector %s did not take the settings", connector->name);
        error.status = status;
        error_of_source(&error, name);
        error_copy(err, &error);
        source->connection = NULL;
        source_free(source);
        return status;
    }
    ds_log(DS_LOG_DEBUG, name, "opened with the connector %s %s", connector->name,
           connector->version == NULL ? "" : connector->version);
    *out = source;
    return DS_OK;
}

void source_free(ds_source *source)
{
    if (source->connection != NULL)
        life_end(source);
    models_free(source);
    if (source->connection != NULL)
        source->connector->close(source->connection);
    source_events_free(source);
    settings_free(source->settings);
    pthread_cond_destroy(&source->changed);
    pthread_mutex_destroy(&source->lock);
    ds_free(source->name);
    ds_free(source);
}

ds_status ds_source_open(const char *connector, const char *settings_json, ds_source **out, ds_error *err)
{
    if (out == NULL)
        return ds_error_set(err, DS_INVALID, "ds_source_open needs a place for the data source");
    *out = NULL;
    ds_error error = {0};
    const ds_connector *table = ds_connector_find(connector, &error);
    if (table == NULL)
        return error_copy(err, &error);
    settings *checked = NULL;
    ds_status status = settings_parse(table->name, settings_json, table->options, &checked, err);
    return status == DS_OK ? source_make(table->name, table, checked, NULL, out, err) : status;
}

void ds_source_close(ds_source *source)
{
    if (source != NULL && source->catalog == NULL) /* a catalog closes its own */
        source_free(source);
}

const char *ds_source_name(const ds_source *source)
{
    return source == NULL ? "" : source->name;
}
const char *ds_source_connector(const ds_source *source)
{
    return source == NULL ? "" : source->connector->name;
}

ds_value ds_source_setting(const ds_source *source, const char *path)
{
    return settings_get(source->settings, path);
}
bool ds_source_setting_given(const ds_source *source, const char *path)
{
    return settings_given(source->settings, path);
}

void ds_set_reconnect(ds_source *source, ds_reconnect_strategy *strategy, void *user)
{
    if (source == NULL)
        return;
    source->strategy = strategy;
    source->strategy_user = user;
}

long ds_source_retry_after(ds_source *source, unsigned retries, const ds_error *cause, ds_error *why)
{
    if (source->strategy == NULL)
        return DS_RECONNECT_DEFAULT;
    ds_error reason = {0};
    long ms = source->strategy(retries, cause, &reason, source->strategy_user);
    if (ms >= 0 || ms == DS_RECONNECT_DEFAULT)
        return ms;
    if (reason.message[0] == '\0')
        ds_error_set(&reason, reason.status, "the host's reconnect strategy gave up after %u retries", retries);
    if (reason.status == DS_OK)
        reason.status = cause == NULL || cause->status == DS_OK ? DS_UNREACHABLE : cause->status;
    if (why != NULL)
        *why = reason;
    return DS_RECONNECT_STOP;
}
