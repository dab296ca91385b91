/* Reads a file whole, whatever it is (a pipe has no size), up to a limit, and says in one sentence why it could not. */
#include "config/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

ds_status file_fail(const char *path, int number, ds_error *err)
{
    char words[128];
    ds_status status =
        ds_error_set(err, DS_CONFIG, "%s cannot be read: %s", path, strerror_r(number, words, sizeof words));
    if (err != NULL)
        err->native = number;
    return status;
}

/* One more than the limit is read, to know that there is more. */
static ds_status read_all(int fd, const char *path, ds_buffer *buffer, ds_error *err)
{
    char block[16384];
    while (buffer->length <= FILE_LARGEST) {
        ssize_t got = read(fd, block, sizeof block);
        if (got == 0)
            return DS_OK;
        if (got > 0)
            ds_buffer_append(buffer, block, (size_t)got);
        else if (errno != EINTR)
            return file_fail(path, errno, err);
        if (buffer->failed)
            return error_nomem(err);
    }
    return ds_error_set(err, DS_CONFIG, "%s is larger than %zu MiB", path, FILE_LARGEST / 1024 / 1024);
}

ds_status file_load(const char *path, bool optional, char **text, size_t *length, ds_error *err)
{
    ds_buffer buffer = {0};
    *text = NULL;
    *length = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 && optional && (errno == ENOENT || errno == ENOTDIR))
        return DS_OK;
    if (fd < 0)
        return file_fail(path, errno, err);
    ds_status status = read_all(fd, path, &buffer, err);
    size_t read_length = buffer.length;
    if (status == DS_OK && (*text = buffer_take(&buffer)) == NULL)
        status = error_nomem(err);
    if (status == DS_OK)
        *length = read_length;
    buffer_free(&buffer);
    close(fd);
    return status;
}
