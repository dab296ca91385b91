/* All data sources of a host as they are written; expanded and checked one by one, when each is first asked for. */
#include "config/config.h"

#include "config/check.h"
#include "config/layers.h"

#include <string.h>

struct config {
    cJSON *tree;
    char *place; /* the files; NULL for a text */
};

static ds_status config_new(config **out, ds_error *err)
{
    *out = ds_calloc(1, sizeof **out);
    return *out == NULL ? error_nomem(err) : DS_OK;
}

void config_free(config *c)
{
    if (c == NULL)
        return;
    tree_free(c->tree);
    ds_free(c->place);
    ds_free(c);
}

ds_status config_open(const char *datasources_path, config **out, ds_error *err)
{
    config *c = NULL;
    if (datasources_path == NULL || *datasources_path == '\0')
        return ds_error_set(err, DS_CONFIG, "no file of data sources is given");
    ds_status status = config_new(&c, err);
    if (status == DS_OK)
        status = layers_read(datasources_path, &c->tree, &c->place, err);
    if (status == DS_OK)
        *out = c;
    else
        config_free(c);
    return status;
}

ds_status config_parse(const char *datasources_json, config **out, ds_error *err)
{
    config *c = NULL;
    if (datasources_json == NULL)
        return ds_error_set(err, DS_CONFIG, "no JSON of data sources is given");
    ds_status status = config_new(&c, err);
    if (status == DS_OK)
        status =
            layers_parse("the JSON of the data sources", datasources_json, strlen(datasources_json), &c->tree, err);
    if (status == DS_OK)
        *out = c;
    else
        config_free(c);
    return status;
}

size_t config_count(const config *c)
{
    return (size_t)cJSON_GetArraySize(c->tree);
}

static const cJSON *config_item(const config *c, size_t i)
{
    const cJSON *source = c->tree->child;
    for (; source != NULL && i > 0; i--)
        source = source->next;
    return source;
}

const char *config_source_name(const config *c, size_t i)
{
    const cJSON *source = config_item(c, i);
    return source == NULL ? NULL : source->string;
}

const char *config_source_connector(const config *c, size_t i)
{
    const cJSON *source = config_item(c, i);
    if (source == NULL)
        return NULL;
    const cJSON *connector = tree_member(source, "connector");
    return cJSON_IsString(connector) ? connector->valuestring : "";
}

bool config_has(const config *c, const char *source)
{
    return source != NULL && tree_member(c->tree, source) != NULL;
}

/* Says which there are, where that fits into the sentence. */
static ds_status config_no_source(const config *c, const char *source, ds_error *err)
{
    ds_buffer names = {0};
    const char *place = c->place == NULL ? "the configuration" : c->place;
    for (const cJSON *s = c->tree->child; s != NULL && names.length < CHECK_LIST; s = s->next)
        tree_list_name(&names, s->string);
    if (names.length == 0 || names.length >= CHECK_LIST || names.failed)
        ds_error_set(err, DS_CONFIG, "%s has no data source \"%s\"", place, source);
    else
        ds_error_set(err, DS_CONFIG, "%s has no data source \"%s\", it has %s", place, source, names.text);
    bool failed = names.failed;
    buffer_free(&names);
    return failed ? error_nomem(err) : DS_CONFIG;
}

static ds_status config_find(const config *c, const char *source, const cJSON **out, ds_error *err)
{
    *out = source == NULL ? NULL : tree_member(c->tree, source);
    return *out != NULL ? DS_OK : config_no_source(c, source == NULL ? "" : source, err);
}

static subject config_subject(const config *c, const char *source)
{
    return (subject){.place = c->place, .kind = "data source", .name = source, .is_source = true};
}

/* As in LoopBack, "name" may say again what the key says. */
static ds_status check_name(const subject *s, const cJSON *source, ds_error *err)
{
    char *name = NULL;
    const cJSON *item = tree_member(source, "name");
    if (item == NULL)
        return DS_OK;
    ds_status status = subject_string(s, "name", item, &name, err);
    if (status == DS_OK && strcmp(name, s->name) != 0)
        status = subject_fail(s, "name", err, "is another name than the data source's key");
    ds_free(name);
    return status;
}

ds_status config_connector(const config *c, const char *source, char **connector, ds_error *err)
{
    const cJSON *item = NULL;
    char *name = NULL;
    ds_status status = config_find(c, source, &item, err);
    if (status != DS_OK)
        return status;
    subject s = config_subject(c, source);
    status = check_name(&s, item, err);
    if (status != DS_OK)
        return status;
    item = tree_member(item, "connector");
    if (item == NULL)
        return subject_fail(&s, "connector", err, "is missing");
    status = subject_string(&s, "connector", item, &name, err);
    if (status == DS_OK && *name == '\0')
        status = subject_fail(&s, "connector", err, "is empty");
    if (status == DS_OK)
        *connector = name;
    else
        ds_free(name);
    return status;
}

ds_status config_settings(const config *c, const char *source, const ds_option *options, settings **out, ds_error *err)
{
    const cJSON *item = NULL;
    ds_status status = config_find(c, source, &item, err);
    if (status != DS_OK)
        return status;
    subject s = config_subject(c, source);
    return check_settings(&s, item, options, out, err);
}
