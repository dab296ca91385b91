/* Files and folders of models: one model, an array, or an object of models by name. */
#include "config/config.h"

#include "config/file.h"
#include "config/model.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MODELS_PLACE "the JSON of the models"

typedef struct model_list {
    definition **models;
    size_t count, room;
} model_list;

static void list_free(model_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        definition_free(list->models[i]);
    ds_free(list->models);
}

static ds_status list_room(model_list *list, ds_error *err)
{
    if (list->count < list->room)
        return DS_OK;
    size_t room = list->room == 0 ? 16 : 2 * list->room;
    definition **models = ds_realloc(list->models, room * sizeof(definition *));
    if (models == NULL)
        return error_nomem(err);
    list->models = models;
    list->room = room;
    return DS_OK;
}

static ds_status list_add(model_list *list, const char *place, const char *key, const cJSON *tree, ds_error *err)
{
    definition *model = NULL;
    ds_status status = list_room(list, err);
    if (status == DS_OK)
        status = model_read(place, key, tree, &model, err);
    for (size_t i = 0; status == DS_OK && i < list->count; i++)
        if (strcmp(list->models[i]->name, model->name) == 0)
            status = ds_error_set(err, DS_CONFIG, "%s: the model \"%s\" is defined a second time", place, model->name);
    if (status == DS_OK && (model->place = arena_copy(&model->arena, place, strlen(place))) == NULL)
        status = error_nomem(err);
    if (status == DS_OK)
        list->models[list->count++] = model;
    else
        definition_free(model);
    return status;
}

/* One model has a "name" or "properties"; an object of models may have a model called "name". */
static bool is_one_model(const cJSON *tree)
{
    const cJSON *name = tree_member(tree, "name");
    return (name != NULL && !cJSON_IsObject(name)) || tree_member(tree, "properties") != NULL;
}

static ds_status list_add_text(model_list *list, const char *place, const char *text, size_t length, ds_error *err)
{
    cJSON *tree = NULL;
    ds_status status = tree_parse(place, text, length, &tree, err);
    if (status != DS_OK)
        return status;
    if (is_one_model(tree))
        status = list_add(list, place, NULL, tree, err);
    else if (cJSON_IsObject(tree) || cJSON_IsArray(tree))
        for (const cJSON *item = tree->child; item != NULL && status == DS_OK; item = item->next)
            status = list_add(list, place, item->string, item, err);
    else
        status = ds_error_set(err, DS_CONFIG, "%s: the top level must be an object or an array of models", place);
    tree_free(tree);
    return status;
}

static ds_status list_add_file(model_list *list, const char *path, ds_error *err)
{
    char *text = NULL;
    size_t length = 0;
    ds_status status = file_load(path, false, &text, &length, err);
    if (status == DS_OK)
        status = list_add_text(list, path, text, length, err);
    ds_free(text);
    return status;
}

/* ---- folders ---- */

typedef struct name_list {
    char **names;
    size_t count, room;
} name_list;

/* *.json; a hidden file is an editor's. */
static bool is_model_file(const char *name)
{
    size_t length = strlen(name);
    return name[0] != '.' && length > 5 && strcmp(name + length - 5, ".json") == 0;
}

static ds_status names_add(name_list *list, const char *name, ds_error *err)
{
    if (list->count == list->room) {
        size_t room = list->room == 0 ? 16 : 2 * list->room;
        char **names = ds_realloc(list->names, room * sizeof(char *));
        if (names == NULL)
            return error_nomem(err);
        list->names = names;
        list->room = room;
    }
    char *copy = text_copy(name);
    if (copy == NULL)
        return error_nomem(err);
    list->names[list->count++] = copy;
    return DS_OK;
}

static void names_free(name_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        ds_free(list->names[i]);
    ds_free(list->names);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In byte order, so that it is the same everywhere. */
static ds_status names_read(name_list *list, const char *path, ds_error *err)
{
    DIR *folder = opendir(path);
    if (folder == NULL)
        return file_fail(path, errno, err);
    ds_status status = DS_OK;
    while (status == DS_OK) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (entry == NULL) {
            status = errno == 0 ? DS_OK : file_fail(path, errno, err);
            break;
        }
        if (is_model_file(entry->d_name))
            status = names_add(list, entry->d_name, err);
    }
    closedir(folder);
    if (list->count > 1)
        qsort(list->names, list->count, sizeof *list->names, compare_names);
    return status;
}

static ds_status list_add_folder(model_list *list, const char *path, ds_error *err)
{
    name_list files = {0};
    ds_status status = names_read(&files, path, err);
    for (size_t i = 0; i < files.count && status == DS_OK; i++) {
        char *file = text_format("%s/%s", path, files.names[i]);
        status = file == NULL ? error_nomem(err) : list_add_file(list, file, err);
        ds_free(file);
    }
    names_free(&files);
    return status;
}

/* ---- what the catalog asks for ---- */

static ds_status list_take(model_list *list, ds_status status, definition ***out, size_t *count)
{
    if (status == DS_OK) {
        *out = list->models;
        *count = list->count;
    } else {
        list_free(list);
    }
    return status;
}

ds_status config_open_models(const char *path, definition ***out, size_t *count, ds_error *err)
{
    model_list list = {0};
    struct stat about;
    if (path == NULL || *path == '\0')
        return ds_error_set(err, DS_CONFIG, "no file or folder of models is given");
    if (stat(path, &about) != 0)
        return file_fail(path, errno, err);
    ds_status status = S_ISDIR(about.st_mode) ? list_add_folder(&list, path, err) : list_add_file(&list, path, err);
    return list_take(&list, status, out, count);
}

ds_status config_parse_models(const char *json, definition ***out, size_t *count, ds_error *err)
{
    model_list list = {0};
    if (json == NULL)
        return ds_error_set(err, DS_CONFIG, "no JSON of models is given");
    return list_take(&list, list_add_text(&list, MODELS_PLACE, json, strlen(json), err), out, count);
}

ds_status config_parse_model(const char *json, definition **out, ds_error *err)
{
    cJSON *tree = NULL;
    const char *place = "the JSON of the model";
    if (json == NULL)
        return ds_error_set(err, DS_CONFIG, "no JSON of a model is given");
    ds_status status = tree_parse(place, json, strlen(json), &tree, err);
    if (status != DS_OK)
        return status;
    status = model_read(place, NULL, tree, out, err);
    tree_free(tree);
    return status;
}
