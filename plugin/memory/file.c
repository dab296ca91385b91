/* The journal's file: made, opened, locked against other processes, and known by its header. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORMAT 1
#define TRIES  100 /* to lock a file that another process keeps replacing */

static const char magic[8] = {'D', 'S', 'M', 'E', 'M', 'O', 'R', 'Y'};

static bool write_all(int fd, const char *data, size_t length, uint64_t offset)
{
    while (length > 0) {
        ssize_t written = pwrite(fd, data, length, (off_t)offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            errno = written == 0 ? ENOSPC : errno;
            return false;
        }
        data += written;
        length -= (size_t)written;
        offset += (uint64_t)written;
    }
    return true;
}

/* A limit on the size of files is an error like a full disk: its signal, whose default is the end of the process, is
 * held back from this thread, and taken where it came of this write. */
bool file_write(int fd, const char *data, size_t length, uint64_t offset)
{
    const struct timespec at_once = {0};
    sigset_t limit, before, pending;
    sigemptyset(&limit);
    sigaddset(&limit, SIGXFSZ);
    bool is_held = pthread_sigmask(SIG_BLOCK, &limit, &before) == 0;
    bool was_pending = sigpending(&pending) == 0 && sigismember(&pending, SIGXFSZ) == 1;
    bool written = write_all(fd, data, length, offset);
    int number = errno;
    if (!written && number == EFBIG && is_held && !was_pending)
        while (sigtimedwait(&limit, NULL, &at_once) < 0 && errno == EINTR)
            ;
    if (is_held)
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = number;
    return written;
}

bool file_read(int fd, char *data, size_t length, uint64_t offset)
{
    while (length > 0) {
        ssize_t got = pread(fd, data, length, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            errno = got == 0 ? EIO : errno;
            return false;
        }
        data += got;
        length -= (size_t)got;
        offset += (uint64_t)got;
    }
    return true;
}

bool file_size(int fd, uint64_t *size)
{
    struct stat about;
    if (fstat(fd, &about) != 0)
        return false;
    *size = (uint64_t)about.st_size;
    return true;
}

bool file_sync_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - path);
    memcpy(folder, slash == NULL ? "." : "/", 2);
    if (length > 0 && length < sizeof folder) {
        memcpy(folder, path, length);
        folder[length] = '\0';
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL); /* some file systems know no such thing */
    if (fd >= 0)
        close(fd);
    return synced;
}

bool file_rename(const char *from, const char *to)
{
    return rename(from, to) == 0;
}

ds_status file_failed(ds_error *err, ds_status status, const char *path, const char *what)
{
    int number = errno;
    char text[128];
    ds_error_set(err, status, "the file \"%s\" %s: %s", path, what, strerror_r(number, text, sizeof text));
    if (err != NULL)
        err->native = number;
    return status;
}

ds_status file_path(const char *path, char **out, ds_error *err)
{
    char folder[PATH_MAX] = "";
    if (path[0] != '/' && getcwd(folder, sizeof folder) == NULL)
        return ds_error_set(err, DS_CONFIG, "the setting file \"%s\" is relative to a folder that is gone", path);
    size_t room = strlen(folder) + 1 + strlen(path) + 1;
    *out = ds_malloc(room);
    if (*out == NULL)
        return ds_error_set(err, DS_NOMEM, "out of memory for the connection");
    snprintf(*out, room, "%s%s%s", folder, folder[0] == '\0' ? "" : "/", path);
    return DS_OK;
}

/* ---- the header ---- */

static void crc_make(uint32_t table[256])
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 1) != 0 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
        table[i] = crc;
    }
}

/* Writes it into an empty file; on the disk only once that is synced. */
static bool header_write(journal *j)
{
    char header[JOURNAL_HEADER] = {0};
    if (getrandom(&j->salt, sizeof j->salt, 0) != (ssize_t)sizeof j->salt)
        return false;
    memcpy(header, magic, sizeof magic);
    bytes_store(header + 8, FORMAT, 4);
    bytes_store(header + 12, j->salt, 4);
    bytes_store(header + 16, journal_crc(j, header, 16), 4);
    j->size = JOURNAL_HEADER;
    return file_write(j->fd, header, sizeof header, 0);
}

static ds_status header_make(journal *j, ds_call *call)
{
    j->size = JOURNAL_HEADER;
    if (j->read_only)
        return DS_OK; /* made a moment ago, and never written: there is nothing in it */
    if (ftruncate(j->fd, 0) == 0 && header_write(j) && fsync(j->fd) == 0 && file_sync_folder(j->path))
        return DS_OK;
    ds_status status = file_failed(call->error, DS_BACKEND, j->path, "could not be written");
    if (ftruncate(j->fd, 0) != 0)
        return status; /* what is left of a header is made anew */
    return status;
}

static ds_status header_check(journal *j, const char *header, ds_call *call)
{
    if (bytes_load(header + 16, 4) != journal_crc(j, header, 16))
        return ds_error_set(call->error, DS_BACKEND, "the file \"%s\" is damaged: its header does not hold together",
                            j->path);
    uint64_t format = bytes_load(header + 8, 4);
    if (format != FORMAT)
        return ds_error_set(call->error, DS_CONFIG,
                            "the file \"%s\" has the format %llu, and this version of the connector reads format %d",
                            j->path, (unsigned long long)format, FORMAT);
    j->salt = (uint32_t)bytes_load(header + 12, 4);
    j->size = JOURNAL_HEADER;
    return DS_OK;
}

static ds_status header_read(journal *j, ds_call *call)
{
    char header[JOURNAL_HEADER];
    uint64_t size;
    if (!file_size(j->fd, &size))
        return file_failed(call->error, DS_BACKEND, j->path, "could not be read");
    size_t length = size < sizeof header ? (size_t)size : sizeof header;
    if (!file_read(j->fd, header, length, 0))
        return file_failed(call->error, DS_BACKEND, j->path, "could not be read");
    if (memcmp(header, magic, length < sizeof magic ? length : sizeof magic) != 0)
        return ds_error_set(call->error, DS_CONFIG,
                            "the file \"%s\" is not one of the connector memory, and is left alone", j->path);
    return length < sizeof header ? header_make(j, call) : header_check(j, header, call);
}

/* ---- opening ---- */

static ds_status file_open(journal *j, const char *path, ds_call *call)
{
    int flags = j->read_only ? O_RDONLY : O_RDWR | O_CREAT;
    struct stat about;
    j->fd = open(path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
    if (j->fd < 0)
        return file_failed(call->error, DS_CONFIG, path, "could not be opened");
    if (fstat(j->fd, &about) != 0 || realpath(path, j->path) == NULL)
        return file_failed(call->error, DS_CONFIG, path, "could not be opened");
    if (!S_ISREG(about.st_mode))
        return ds_error_set(call->error, DS_CONFIG, "\"%s\" is not a regular file", path);
    return DS_OK;
}

/* Whether the path still leads to what is open: a compaction may have replaced it before the lock was had. */
static bool file_is_current(const journal *j)
{
    struct stat opened, named;
    return fstat(j->fd, &opened) == 0 && stat(j->path, &named) == 0 && opened.st_ino == named.st_ino &&
           opened.st_dev == named.st_dev;
}

static ds_status file_lock(journal *j, ds_call *call)
{
    if (flock(j->fd, (j->read_only ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0)
        return DS_OK;
    if (errno == EWOULDBLOCK)
        return ds_error_set(call->error, DS_BUSY, "the file \"%s\" is in use by another data source or process",
                            j->path);
    return file_failed(call->error, DS_CONFIG, j->path, "could not be locked");
}

ds_status journal_open(journal *j, const char *path, bool read_only, ds_call *call)
{
    ds_status status;
    j->read_only = read_only;
    j->untidy = j->folder_dirty = false;
    j->compact_at = 0;
    crc_make(j->crc);
    for (int i = 0;; i++) {
        j->owner = getpid();
        status = file_open(j, path, call);
        if (status == DS_OK)
            status = file_lock(j, call);
        if (status != DS_OK || i == TRIES || file_is_current(j))
            break;
        journal_close(j);
    }
    if (status == DS_OK)
        status = header_read(j, call);
    if (status != DS_OK)
        journal_close(j);
    return status;
}

/* By what stays while it is open: a compaction gives it another descriptor. */
bool journal_is_foreign(const journal *j)
{
    return j->owner != 0 && j->owner != getpid();
}

void journal_close(journal *j)
{
    if (j->fd >= 0 && !journal_is_foreign(j))
        flock(j->fd, LOCK_UN); /* or it would stay for as long as a child has the descriptor */
    if (j->fd >= 0)
        close(j->fd);
    j->fd = -1;
    j->owner = 0;
}

/* ---- a copy beside it ---- */

static bool copy_take_owner(int fd, int of)
{
    struct stat about;
    if (fstat(of, &about) != 0 || fchmod(fd, about.st_mode & 07777) != 0)
        return false;
    return fchown(fd, about.st_uid, about.st_gid) == 0 || errno == EPERM;
}

ds_status journal_copy_begin(journal_copy *copy, const journal *of, ds_call *call)
{
    journal *j = &copy->file;
    copy->of = of;
    *j = *of;
    if (snprintf(j->path, sizeof j->path, "%s.compacting", of->path) >= (int)sizeof j->path)
        return ds_error_set(call->error, DS_CONFIG, "the path \"%s\" is too long for a compaction", of->path);
    unlink(j->path); /* what a killed process left: nobody else compacts this file, since we hold its lock */
    j->fd = open(j->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (j->fd >= 0 && flock(j->fd, LOCK_EX | LOCK_NB) == 0 && copy_take_owner(j->fd, of->fd) && header_write(j))
        return DS_OK;
    ds_status status = file_failed(call->error, DS_BACKEND, j->path, "could not be made");
    journal_copy_abandon(copy);
    return status;
}

void journal_copy_abandon(journal_copy *copy)
{
    if (copy->file.fd >= 0)
        unlink(copy->file.path);
    journal_close(&copy->file);
}
