/* What the journal asks of the file system, and how a failure of it is told. */
#ifndef MEMORY_FILE_H
#define MEMORY_FILE_H

#include "journal.h"

/* false: see errno. A read that meets the end of the file is EIO. */
bool file_write(int fd, const char *data, size_t length, uint64_t offset);
bool file_read(int fd, char *data, size_t length, uint64_t offset);
bool file_size(int fd, uint64_t *size);
bool file_sync_folder(const char *path); /* of the folder that the path is in */
/* The path as it is meant now, absolute, for ds_free(): a later chdir(2) must not lead to another file. */
ds_status file_path(const char *path, char **out, ds_error *err);
bool file_rename(const char *from, const char *to);
/* `status` with "the file "..." <what>: <errno's text>", and errno as the native number. */
ds_status file_failed(ds_error *err, ds_status status, const char *path, const char *what);

uint32_t journal_crc(const journal *j, const void *data, size_t length);

#endif
