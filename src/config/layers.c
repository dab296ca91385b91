/* Lays datasources.local.json and datasources.$DATASOURCE_ENV.json over datasources.json. Objects are merged, anything
 * else is replaced, null removes; and another connector drops the settings that were for the one below. */
#include "config/layers.h"

#include "config/config.h"
#include "config/expand.h"
#include "config/file.h"

#include <stdlib.h>
#include <string.h>

/* A layer may have null for a data source that it takes away. */
static ds_status parse_sources(const char *place, const char *text, size_t length, bool layer, cJSON **out,
                               ds_error *err)
{
    cJSON *tree = NULL;
    ds_status status = tree_parse(place, text, length, &tree, err);
    if (status != DS_OK)
        return status;
    if (!cJSON_IsObject(tree))
        status = ds_error_set(err, DS_CONFIG, "%s: the top level must be an object of data sources", place);
    for (const cJSON *source = tree->child; source != NULL && status == DS_OK; source = source->next)
        if (!cJSON_IsObject(source) && !(layer && cJSON_IsNull(source)))
            status =
                ds_error_set(err, DS_CONFIG, "%s: the data source \"%s\" must be an object", place, source->string);
    if (status == DS_OK)
        *out = tree;
    else
        tree_free(tree);
    return status;
}

ds_status layers_parse(const char *place, const char *text, size_t length, cJSON **out, ds_error *err)
{
    return parse_sources(place, text, length, false, out, err);
}

/* A NULL tree, and DS_OK, where a layer is not there. */
static ds_status layer_read(const char *path, bool layer, cJSON **out, ds_error *err)
{
    char *text = NULL;
    size_t length = 0;
    ds_status status = file_load(path, layer, &text, &length, err);
    if (status == DS_OK && text != NULL)
        status = parse_sources(path, text, length, layer, out, err);
    ds_free(text);
    return status;
}

/* "conf/datasources.json" and "local" make "conf/datasources.local.json". */
static char *layer_path(const char *path, const char *layer)
{
    const char *slash = strrchr(path, '/');
    const char *file = slash == NULL ? path : slash + 1, *dot = strrchr(file, '.');
    if (dot == NULL || dot == file)
        dot = path + strlen(path);
    return text_format("%.*s.%s%s", (int)(dot - path), path, layer, dot);
}

static const char *const alias = "loopback-connector-";

const char *connector_plain_name(const char *name)
{
    return strncmp(name, alias, strlen(alias)) == 0 ? name + strlen(alias) : name;
}

/* Expanded, for ds_free(); NULL where none is named. One that cannot be expanded is told when its data source is asked for,
 * and counts here as it is written. */
static ds_status connector_of(const cJSON *source, char **name)
{
    const cJSON *item = tree_member(source, "connector");
    ds_status status = cJSON_IsString(item) ? expand_text(item->valuestring, name, NULL) : DS_OK;
    if (status == DS_CONFIG)
        status = (*name = text_copy(item->valuestring)) == NULL ? DS_NOMEM : DS_OK;
    return status;
}

/* The settings of a data source mean something to its connector alone. */
static ds_status drop_other_settings(cJSON *below, const cJSON *over, ds_error *err)
{
    char *before = NULL, *after = NULL;
    ds_status status = connector_of(below, &before);
    if (status == DS_OK)
        status = connector_of(over, &after);
    if (status != DS_OK) {
        error_nomem(err);
    } else if (before != NULL && after != NULL &&
               strcmp(connector_plain_name(before), connector_plain_name(after)) != 0) {
        tree_free(below->child);
        below->child = NULL;
    }
    ds_free(before);
    ds_free(after);
    return status;
}

static ds_status sources_merge(cJSON *tree, cJSON *over, ds_error *err)
{
    ds_status status = DS_OK;
    for (cJSON *below = tree->child; below != NULL && status == DS_OK; below = below->next)
        status = drop_other_settings(below, tree_member(over, below->string), err);
    if (status == DS_OK)
        tree_merge(tree, over);
    else
        tree_free(over);
    return status;
}

/* Lays one file over *tree, and adds its path to *place. */
static ds_status layer_over(cJSON *tree, char **place, const char *path, const char *layer, ds_error *err)
{
    cJSON *over = NULL;
    char *longer = NULL, *file = layer_path(path, layer);
    ds_status status = file == NULL ? error_nomem(err) : layer_read(file, true, &over, err);
    if (status != DS_OK || over == NULL)
        goto done;
    longer = text_format("%s and %s", *place, file);
    if (longer == NULL) {
        status = error_nomem(err);
        goto done;
    }
    ds_free(*place);
    *place = longer;
    status = sources_merge(tree, over, err);
    over = NULL;
done:
    tree_free(over);
    ds_free(file);
    return status;
}

/* NULL: none is asked for. */
static ds_status environment_layer(const char **layer, ds_error *err)
{
    const char *name = secure_getenv("DATASOURCE_ENV");
    *layer = name == NULL || *name == '\0' ? NULL : name;
    if (*layer != NULL && (strchr(name, '/') != NULL || strstr(name, "..") != NULL))
        return ds_error_set(err, DS_CONFIG,
                            "the environment variable DATASOURCE_ENV must be a plain name, without \"/\" or \"..\"");
    return DS_OK;
}

ds_status layers_read(const char *path, cJSON **out, char **place, ds_error *err)
{
    cJSON *tree = NULL;
    const char *layer = NULL;
    *place = NULL;
    ds_status status = environment_layer(&layer, err);
    if (status == DS_OK)
        status = layer_read(path, false, &tree, err);
    if (status == DS_OK && (*place = text_copy(path)) == NULL)
        status = error_nomem(err);
    if (status == DS_OK)
        status = layer_over(tree, place, path, "local", err);
    if (status == DS_OK && layer != NULL && strcmp(layer, "local") != 0)
        status = layer_over(tree, place, path, layer, err);
    if (status == DS_OK) {
        *out = tree;
        return DS_OK;
    }
    tree_free(tree);
    ds_free(*place);
    *place = NULL;
    return status;
}
