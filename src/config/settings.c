/* Settings by path, and where they come from beside datasources.json: a host's JSON, and the "settings" of a model. */
#include "config/settings.h"

#include "config/check.h"

#include <string.h>

typedef struct setting {
    const char *path;
    ds_value value;
    bool given;
} setting;

struct settings {
    arena arena; /* owns the paths and the values */
    setting *list;
    size_t count, room;
};

settings *settings_new(void)
{
    return ds_calloc(1, sizeof(settings));
}

void settings_free(settings *s)
{
    if (s == NULL)
        return;
    arena_free(&s->arena);
    ds_free(s->list);
    ds_free(s);
}

ds_status settings_put(settings *s, const char *path, ds_value value, bool given, ds_error *err)
{
    if (s->count == s->room) {
        size_t room = s->room == 0 ? 32 : 2 * s->room;
        setting *list = ds_realloc(s->list, room * sizeof *list);
        if (list == NULL)
            return error_nomem(err);
        s->list = list;
        s->room = room;
    }
    setting *next = &s->list[s->count];
    next->given = given;
    next->path = arena_copy(&s->arena, path, strlen(path));
    if (next->path == NULL || !arena_copy_value(&s->arena, value, &next->value))
        return error_nomem(err);
    s->count++;
    return DS_OK;
}

static const setting *settings_find(const settings *s, const char *path)
{
    for (size_t i = 0; s != NULL && path != NULL && i < s->count; i++)
        if (strcmp(s->list[i].path, path) == 0)
            return &s->list[i];
    return NULL;
}

ds_value settings_get(const settings *s, const char *path)
{
    const setting *found = settings_find(s, path);
    return found == NULL ? ds_null() : found->value;
}

bool settings_given(const settings *s, const char *path)
{
    const setting *found = settings_find(s, path);
    return found != NULL && found->given;
}

/* The object of a JSON text, an empty one for NULL. */
static ds_status settings_tree(const subject *s, const char *json, cJSON **out, ds_error *err)
{
    char *place = text_format("the settings of the %s \"%s\"", s->kind, s->name);
    const char *text = json == NULL ? "{}" : json;
    ds_status status = place == NULL ? error_nomem(err) : tree_parse(place, text, strlen(text), out, err);
    if (status == DS_OK && !cJSON_IsObject(*out)) {
        tree_free(*out);
        status = ds_error_set(err, DS_CONFIG, "%s: the top level must be an object", place);
    }
    ds_free(place);
    return status;
}

ds_status settings_parse(const char *source, const char *json, const ds_option *options, settings **out, ds_error *err)
{
    cJSON *tree = NULL;
    subject s = {.kind = "data source", .name = source, .is_source = true};
    ds_status status = settings_tree(&s, json, &tree, err);
    if (status != DS_OK)
        return status;
    status = check_settings(&s, tree, options, out, err);
    tree_free(tree);
    return status;
}

/* What the library itself knows; the last is the connector's. */
static void model_table(ds_option table[6], const char *connector, const ds_option *options)
{
    const ds_option known[] = {{.name = "strict", .types = DS_OPTION_BOOLEAN},
                               {.name = "ttl", .types = DS_OPTION_INTEGER, .minimum = 1},
                               {.name = "version", .types = DS_OPTION_STRING},
                               {.name = "exactlyOnce", .types = DS_OPTION_BOOLEAN},
                               {.name = connector, .types = DS_OPTION_OBJECT, .members = options}};
    memset(table, 0, 6 * sizeof *table);
    memcpy(table, known, sizeof known);
}

/* Takes out the objects that are named after other connectors. */
static void drop_other_connectors(cJSON *tree, const ds_option *table)
{
    for (cJSON *item = tree->child, *next = NULL; item != NULL; item = next) {
        bool known = false;
        next = item->next;
        for (const ds_option *option = table; option->name != NULL; option++)
            known = known || strcmp(option->name, item->string) == 0;
        if (!known && cJSON_IsObject(item))
            cJSON_Delete(cJSON_DetachItemViaPointer(tree, item));
    }
}

ds_status settings_of_model(const char *model, const char *settings_json, const char *connector,
                            const ds_option *options, settings **out, ds_error *err)
{
    static const ds_option none[] = {{.name = NULL}};
    ds_option table[6];
    cJSON *tree = NULL;
    subject s = {.kind = "model", .name = model};
    ds_status status = settings_tree(&s, settings_json, &tree, err);
    if (status != DS_OK)
        return status;
    model_table(table, connector, options == NULL ? none : options);
    drop_other_connectors(tree, table);
    status = check_settings(&s, tree, table, out, err);
    tree_free(tree);
    return status;
}
