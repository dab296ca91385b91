/* The file that an export goes to. A regular one is written beside its place and put there at the end, so that it is there
 * whole or not at all, with the mode and the owner that it had; a link's target is meant, not the link. What is no regular file
 * (a pipe, a device, whatever is open as standard output) is written straight. */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS 40 /* as many as Linux follows */

static ds_status failed(const target *t)
{
    return ds_error_set(t->error, DS_BACKEND, "%s: %s", t->path, strerror(errno));
}

/* The path that a link names, beside the link where it is not absolute; for free(). */
static char *step_along(const char *path)
{
    char to[PATH_MAX], *next = NULL;
    ssize_t length = readlink(path, to, sizeof to);
    if (length < 0 || length == (ssize_t)sizeof to)
        return NULL;
    const char *slash = strrchr(path, '/');
    int folder = to[0] == '/' || slash == NULL ? 0 : (int)(slash - path) + 1;
    return asprintf(&next, "%.*s%.*s", folder, path, (int)length, to) < 0 ? NULL : next;
}

/* What a path names once its links are followed, also where nothing is there yet; NULL with errno. */
static char *follow_links(const char *path)
{
    char *at = strdup(path), *next;
    struct stat about;
    for (int i = 0; i < LINKS && at != NULL; i++) {
        if (lstat(at, &about) != 0 || !S_ISLNK(about.st_mode))
            return at;
        next = step_along(at);
        free(at);
        at = next;
    }
    free(at);
    errno = at == NULL ? errno : ELOOP;
    return NULL;
}

/* Numbers of descriptors are meant as the files that they are, with what was written there before. */
static bool is_written_straight(const char *path, const struct stat *about)
{
    return !S_ISREG(about->st_mode) || strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/proc/", 6) == 0;
}

static bool is_stdout(const struct stat *about)
{
    struct stat out;
    return fstat(STDOUT_FILENO, &out) == 0 && out.st_dev == about->st_dev && out.st_ino == about->st_ino;
}

/* A file beside the place, which gets what the one that is there has (`about`, NULL: none); false: not the owner, errno. */
static bool take_after(int fd, const struct stat *about)
{
    if (about != NULL)
        return fchown(fd, about->st_uid, about->st_gid) == 0 && fchmod(fd, about->st_mode & 07777) == 0;
    mode_t mask = umask(0);
    umask(mask);
    return fchmod(fd, 0666 & ~mask) == 0;
}

static ds_status open_straight(target *t)
{
    return (t->out = fopen(t->path, "we")) != NULL ? DS_OK : failed(t);
}

/* Where we may write the file, but may not make another in its folder, or none of its owner, it is written straight. */
static ds_status open_beside(target *t, const struct stat *about)
{
    if (about != NULL && faccessat(AT_FDCWD, t->place, W_OK, AT_EACCESS) != 0)
        return failed(t);
    if (asprintf(&t->temporary, "%s.XXXXXX", t->place) < 0) {
        t->temporary = NULL;
        return failed(t);
    }
    int fd = mkostemp(t->temporary, O_CLOEXEC);
    if (fd >= 0 && take_after(fd, about) && (t->out = fdopen(fd, "w")) != NULL)
        return DS_OK;
    int why = errno;
    if (fd >= 0) {
        close(fd);
        unlink(t->temporary);
    }
    free(t->temporary);
    t->temporary = NULL;
    errno = why;
    return about != NULL && (why == EPERM || why == EACCES) ? open_straight(t) : failed(t);
}

ds_status target_open(target *t, const char *path, ds_error *error)
{
    struct stat about;
    *t = (target){.path = path, .error = error};
    bool exists = strcmp(path, "-") != 0 && stat(path, &about) == 0;
    if (strcmp(path, "-") == 0 || (exists && is_stdout(&about))) {
        t->out = stdout;
        return DS_OK;
    }
    if (exists && is_written_straight(path, &about))
        return open_straight(t);
    ds_status status = (t->place = follow_links(path)) == NULL ? failed(t) : open_beside(t, exists ? &about : NULL);
    if (status != DS_OK)
        free(t->place);
    return status;
}

ds_status target_close(target *t, ds_status status)
{
    if (t->out == stdout)
        return status;
    bool bad = status == DS_OK && (fflush(t->out) != 0 || (t->temporary != NULL && fsync(fileno(t->out)) != 0));
    bad = fclose(t->out) != 0 || bad;
    if (status == DS_OK && (bad || (t->temporary != NULL && rename(t->temporary, t->place) != 0)))
        status = failed(t);
    if (status != DS_OK && t->temporary != NULL)
        unlink(t->temporary);
    free(t->temporary);
    free(t->place);
    return status;
}
