/* Finds connectors: those that the host registered, then plugins, in DATASOURCE_PLUGIN_PATH and in the installed
 * folder. A plugin that was loaded stays loaded, since threads and at-exit handlers of its libraries may outlive every
 * source. */
#include "source/loader.h"

#include "config/config.h"

#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct known {
    struct known *next;
    char *name;                    /* as it is asked for: a name or a path */
    const ds_connector *connector; /* NULL: a path that is allowed and not loaded yet */
    bool registered;
} known;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static known *connectors;

static known *known_find(const char *name)
{
    known *k = connectors;
    while (k != NULL && strcmp(k->name, name) != 0)
        k = k->next;
    return k;
}

static known *known_add(const char *name, const ds_connector *connector, bool registered)
{
    known *k = ds_calloc(1, sizeof *k);
    char *copy = text_copy(name);
    if (k == NULL || copy == NULL) {
        ds_free(k);
        ds_free(copy);
        return NULL;
    }
    *k = (known){.next = connectors, .name = copy, .connector = connector, .registered = registered};
    connectors = k;
    return k;
}

static bool is_plain_name(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
    return length > 0 && length <= 64 && name[length] == '\0';
}

/* Calls `visit` with each folder of the search path until it answers true. false: out of memory. */
static bool each_folder(bool (*visit)(const char *folder, void *user), void *user)
{
    const char *path = secure_getenv("DATASOURCE_PLUGIN_PATH");
    for (; path != NULL && *path != '\0'; path += *path == ':') {
        const char *start = path;
        path += strcspn(path, ":");
        if (*start != '/')
            continue; /* relative folders are not searched */
        char *folder = text_copy_n(start, (size_t)(path - start));
        if (folder == NULL)
            return false;
        bool done = visit(folder, user);
        ds_free(folder);
        if (done)
            return true;
    }
    visit(PLUGIN_DIR, user);
    return true;
}

typedef struct lookup {
    const char *name;
    char *file; /* found */
    ds_buffer folders;
    bool failed; /* for memory */
} lookup;

static bool look_in(const char *folder, void *user)
{
    lookup *look = user;
    ds_buffer_format(&look->folders, "%s%s", look->folders.length > 0 ? ", " : "", folder);
    char *file = text_format("%s/datasource-%s.so", folder, look->name);
    look->failed = file == NULL || look->folders.failed;
    if (!look->failed && access(file, F_OK) == 0)
        look->file = file;
    else
        ds_free(file);
    return look->failed || look->file != NULL;
}

/* The plugin's file, for ds_free(). */
static ds_status find_file(const char *name, char **file, ds_error *err)
{
    lookup look = {.name = name};
    ds_status status = DS_OK;
    if (!each_folder(look_in, &look) || look.failed)
        status = error_nomem(err);
    else if (look.file == NULL)
        status = ds_error_set(err, DS_CONFIG, "the connector \"%s\" was not found: there is no datasource-%s.so in %s",
                              name, name, look.folders.text);
    buffer_free(&look.folders);
    *file = look.file;
    return status;
}

/* The table of a shared object, checked and copied. `name`: what its file is named after; NULL for a path. */
static ds_status load(const char *file, const char *name, const ds_connector **out, ds_error *err)
{
    void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (handle == NULL)
        return ds_error_set(err, DS_CONFIG, "the connector plugin could not be loaded: %s", dlerror());
    const ds_connector *table = dlsym(handle, "ds_connector_v1");
    ds_status status = DS_OK;
    if (table == NULL)
        status = ds_error_set(err, DS_CONFIG, "%s is not a connector plugin: it does not export ds_connector_v1", file);
    else
        status = abi_check(table, file, err);
    if (status == DS_OK && name != NULL && strcmp(table->name, name) != 0)
        status = ds_error_set(err, DS_CONFIG, "%s calls itself \"%.64s\"; a connector is named as its file is", file,
                              table->name);
    if (status == DS_OK && !is_plain_name(table->name))
        status = ds_error_set(err, DS_CONFIG,
                              "%s calls itself \"%.64s\"; a connector's name is letters, digits, '-' and '_'", file,
                              table->name);
    if (status == DS_OK) {
        *out = abi_copy(table);
        status = *out == NULL ? error_nomem(err) : DS_OK;
    }
    if (status == DS_OK)
        ds_log(DS_LOG_DEBUG, NULL, "loaded the connector %s %s from %s", table->name,
               table->version == NULL ? "" : table->version, file);
    dlclose(handle); /* stays mapped, by RTLD_NODELETE */
    return status;
}

static ds_status load_path(known *allowed, const char *path, const ds_connector **out, ds_error *err)
{
    if (allowed == NULL)
        return ds_error_set(err, DS_CONFIG, "the connector \"%s\" is a path that the host has not allowed", path);
    ds_status status = load(path, NULL, &allowed->connector, err);
    *out = allowed->connector;
    return status;
}

static ds_status load_name(const char *name, const ds_connector **out, ds_error *err)
{
    if (!is_plain_name(name))
        return ds_error_set(
            err, DS_CONFIG,
            "\"%.100s\" is not the name of a connector: those are letters, digits, '-' and '_', or an absolute path",
            name);
    char *file = NULL;
    ds_status status = find_file(name, &file, err);
    if (status == DS_OK)
        status = load(file, name, out, err);
    if (status == DS_OK && known_add(name, *out, false) == NULL) {
        ds_free((void *)*out);
        status = error_nomem(err);
    }
    ds_free(file);
    return status;
}

const ds_connector *ds_connector_find(const char *name, ds_error *err)
{
    if (name == NULL) {
        ds_error_set(err, DS_INVALID, "the connector's name is NULL");
        return NULL;
    }
    name = connector_plain_name(name);
    const ds_connector *found = NULL;
    pthread_mutex_lock(&lock);
    known *k = known_find(name);
    ds_status status = DS_OK;
    if (k != NULL && k->connector != NULL)
        found = k->connector;
    else if (name[0] == '/')
        status = load_path(k, name, &found, err);
    else
        status = load_name(name, &found, err);
    pthread_mutex_unlock(&lock);
    return status == DS_OK ? found : NULL;
}

static ds_status refuse_frozen(const char *what, ds_error *err)
{
    return ds_error_set(err, DS_INVALID, "%s must be called before the first data source is opened", what);
}

ds_status ds_connector_register(const ds_connector *connector, ds_error *err)
{
    if (process_frozen())
        return refuse_frozen("ds_connector_register", err);
    if (connector == NULL)
        return ds_error_set(err, DS_INVALID, "the connector table is NULL");
    ds_status status = abi_check(connector, "the registered connector", err);
    if (status != DS_OK)
        return status;
    if (!is_plain_name(connector->name))
        return ds_error_set(err, DS_CONFIG,
                            "\"%.100s\" is not a name for a connector: those are letters, digits, '-' and '_'",
                            connector->name);
    const ds_connector *table = abi_copy(connector);
    pthread_mutex_lock(&lock);
    known *k = table == NULL ? NULL : known_find(connector->name);
    if (k != NULL)
        *k = (known){.next = k->next, .name = k->name, .connector = table, .registered = true};
    else if (table == NULL || known_add(connector->name, table, true) == NULL)
        status = error_nomem(err);
    pthread_mutex_unlock(&lock);
    if (status != DS_OK)
        ds_free((void *)table);
    return status;
}

ds_status ds_allow_connector(const char *path, ds_error *err)
{
    if (process_frozen())
        return refuse_frozen("ds_allow_connector", err);
    if (path == NULL || path[0] != '/')
        return ds_error_set(err, DS_INVALID, "a connector is allowed by its absolute path, not by \"%.100s\"",
                            path == NULL ? "" : path);
    pthread_mutex_lock(&lock);
    bool added = known_find(path) != NULL || known_add(path, NULL, false) != NULL;
    pthread_mutex_unlock(&lock);
    return added ? DS_OK : error_nomem(err);
}

/* ---- the list ---- */

typedef struct listing {
    char **names;
    size_t count;
} listing; /* a name for which there is no memory is left out */

static void listing_add(listing *list, const char *name, size_t length)
{
    for (size_t i = 0; i < list->count; i++)
        if (strlen(list->names[i]) == length && memcmp(list->names[i], name, length) == 0)
            return;
    char **names = ds_realloc(list->names, (list->count + 1) * sizeof *names);
    char *copy = text_copy_n(name, length);
    if (names != NULL)
        list->names = names;
    if (names == NULL || copy == NULL)
        ds_free(copy);
    else
        names[list->count++] = copy;
}

static bool list_folder(const char *folder, void *user)
{
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return false;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        const char *name = entry->d_name;
        size_t length = strlen(name), head = strlen("datasource-"), tail = strlen(".so");
        if (length > head + tail && strncmp(name, "datasource-", head) == 0 && strcmp(name + length - tail, ".so") == 0)
            listing_add(user, name + head, length - head - tail);
    }
    closedir(dir);
    return false;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void ds_connector_list(void (*visit)(void *user, const char *name), void *user)
{
    listing list = {0};
    if (visit == NULL)
        return;
    pthread_mutex_lock(&lock);
    for (known *k = connectors; k != NULL; k = k->next)
        if (k->registered)
            listing_add(&list, k->name, strlen(k->name));
    pthread_mutex_unlock(&lock);
    each_folder(list_folder, &list);
    if (list.count > 0)
        qsort(list.names, list.count, sizeof *list.names, by_name);
    for (size_t i = 0; i < list.count; i++) {
        visit(user, list.names[i]);
        ds_free(list.names[i]);
    }
    ds_free(list.names);
}
