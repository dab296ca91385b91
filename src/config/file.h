/* Whole files as text. */
#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include "base/base.h"

#define FILE_LARGEST ((size_t)16 * 1024 * 1024)

/* The bytes of a file, for ds_free(). With `optional`, a file that is not there is DS_OK and a NULL text. DS_CONFIG: it
 * cannot be read, is a folder, or is larger than FILE_LARGEST; the error has errno. */
ds_status file_load(const char *path, bool optional, char **text, size_t *length, ds_error *);
/* DS_CONFIG with strerror's words for `number`: "FILE cannot be read: No such file or directory" */
ds_status file_fail(const char *path, int number, ds_error *);

#endif
