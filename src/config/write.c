/* Writes an entry into a file of data sources: beside it first, then by a rename, so that a reader, or a crash, never
 * meets half a file. Writers take turns by a lock on the folder. */
#include "config/file.h"
#include "config/layers.h"
#include "config/splice.h"
#include "model/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct writing {
    char *path; /* links followed, so that a link stays one */
    int folder; /* locked; -1: not open */
    ds_error *err;
} writing;

static ds_status write_fail(writing *w)
{
    int number = errno;
    char words[128];
    ds_status status =
        ds_error_set(w->err, DS_CONFIG, "%s cannot be written: %s", w->path, strerror_r(number, words, sizeof words));
    if (w->err != NULL)
        w->err->native = number;
    return status;
}

static ds_status begin(writing *w, const char *path)
{
    char *resolved = realpath(path, NULL); /* the C library's memory */
    w->path = text_copy(resolved == NULL ? path : resolved);
    free(resolved);
    char *slash = w->path == NULL ? NULL : strrchr(w->path, '/');
    char *folder = slash == NULL      ? text_copy(".")
                   : slash == w->path ? text_copy("/")
                                      : text_copy_n(w->path, (size_t)(slash - w->path));
    if (w->path == NULL || folder == NULL) {
        ds_free(folder);
        return error_nomem(w->err);
    }
    w->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ds_free(folder);
    while (w->folder >= 0 && flock(w->folder, LOCK_EX) != 0)
        if (errno != EINTR)
            return write_fail(w);
    return w->folder < 0 ? write_fail(w) : DS_OK;
}

static void end(writing *w)
{
    if (w->folder >= 0)
        close(w->folder);
    ds_free(w->path);
}

/* ---- the file ---- */

static bool write_all(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, text, length);
        if (written < 0 && errno != EINTR)
            return false;
        text += written < 0 ? 0 : written;
        length -= written < 0 ? 0 : (size_t)written;
    }
    return true;
}

/* The mode and the owner of the file that is there; an owner who may not be kept is not worth a failure, but then neither
 * may the group or others read what they could not before. */
static bool take_after(int fd, const char *path)
{
    struct stat old;
    if (stat(path, &old) != 0)
        return errno == ENOENT;
    mode_t mode = old.st_mode & 07777;
    struct stat now;
    if (fstat(fd, &now) == 0 && (now.st_uid != old.st_uid || now.st_gid != old.st_gid) &&
        fchown(fd, old.st_uid, old.st_gid) != 0)
        mode &= 0700;
    return fchmod(fd, mode) == 0;
}

static ds_status put_in_place(writing *w, const char *text, size_t length)
{
    char *beside = text_format("%s.XXXXXX", w->path);
    if (beside == NULL)
        return error_nomem(w->err);
    ds_status status = DS_OK;
    int fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0) {
        status = write_fail(w);
        ds_free(beside);
        return status;
    }
    if (!take_after(fd, w->path) || !write_all(fd, text, length) || fsync(fd) != 0)
        status = write_fail(w);
    if (close(fd) != 0 && status == DS_OK)
        status = write_fail(w);
    if (status == DS_OK && (rename(beside, w->path) != 0 || fsync(w->folder) != 0))
        status = write_fail(w);
    if (status != DS_OK)
        unlink(beside);
    ds_free(beside);
    return status;
}

static ds_status change(writing *w, const char *name, const cJSON *entry, bool replace)
{
    char *text = NULL;
    size_t length = 0;
    cJSON *tree = NULL;
    ds_buffer changed = {0};
    ds_status status = file_load(w->path, true, &text, &length, w->err);
    if (status == DS_OK && text == NULL) {
        text = text_copy("{}\n");
        length = 3;
        status = text == NULL ? error_nomem(w->err) : DS_OK;
    }
    if (status == DS_OK)
        status = layers_parse(w->path, text, length, &tree, w->err);
    if (status == DS_OK && !replace && tree_member(tree, name) != NULL)
        status = ds_error_set(w->err, DS_DUPLICATE, "%s has a data source \"%s\" already", w->path, name);
    if (status == DS_OK) {
        splice_entry(&changed, text, length, tree, name, entry);
        status = changed.failed ? error_nomem(w->err) : put_in_place(w, changed.text, changed.length);
    }
    buffer_free(&changed);
    tree_free(tree);
    ds_free(text);
    return status;
}

ds_status ds_catalog_write_source(const char *datasources_path, const char *name, const char *settings_json,
                                  bool replace, ds_error *err)
{
    if (datasources_path == NULL || name == NULL || settings_json == NULL)
        return ds_error_set(err, DS_INVALID,
                            "ds_catalog_write_source needs the path of a file, a name and the settings");
    if (*name == '\0' || !utf8_valid(name, strlen(name)))
        return ds_error_set(err, DS_INVALID, "the name of a data source must be UTF-8, and not empty");
    cJSON *entry = NULL;
    ds_status status = tree_parse("the settings", settings_json, strlen(settings_json), &entry, err);
    if (status == DS_OK && !cJSON_IsObject(entry))
        status = ds_error_set(err, DS_CONFIG, "the settings of the data source \"%s\" must be an object", name);
    if (status == DS_OK) {
        writing w = {.folder = -1, .err = err};
        status = begin(&w, datasources_path);
        if (status == DS_OK)
            status = change(&w, name, entry, replace);
        end(&w);
    }
    tree_free(entry);
    return status;
}
