/* Statuses, errors and memory: what every other part of the library reports and allocates with.
 *
 * A function that can fail returns a ds_status and takes a ds_error, which may be NULL, as its last parameter. A failure
 * fills the error with one whole sentence for a person; a success leaves it alone. */
#ifndef DATASOURCE_ERROR_H
#define DATASOURCE_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DS_API __attribute__((visibility("default")))

#define DS_VERSION "0.1.0"

/* The version of the library in use, which may be newer than the DS_VERSION compiled against. Static. */
DS_API const char *ds_version(void);

/* "Nothing was changed" is said of the step that failed: an operation on many records says in its count, or by
 * ds_record_outcome(), what it did before. */
typedef enum ds_status {
    DS_OK = 0,
    DS_NOT_FOUND,       /* no record has this id */
    DS_DUPLICATE,       /* the id, or a unique value, is taken */
    DS_CONFLICT,        /* the record was changed by someone else meanwhile */
    DS_INVALID,         /* a value, a filter or an argument is wrong; nothing was done */
    DS_CONFIG,          /* datasources.json, a model or a setting is wrong */
    DS_UNSUPPORTED,     /* this backend cannot do it, and the library cannot make up for it */
    DS_AUTH,            /* the backend refused the credentials, or the right to do it */
    DS_UNREACHABLE,     /* no connection could be made; nothing was sent */
    DS_TIMEOUT,         /* the deadline passed; nothing was changed */
    DS_CANCELLED,       /* the cancel token was set; nothing was changed */
    DS_LOST,            /* the connection broke while reading; nothing was changed */
    DS_UNKNOWN_OUTCOME, /* a write was sent and not answered: it may or may not have been done */
    DS_BUSY,            /* too many operations wait already, or the backend is busy */
    DS_READONLY,        /* the data source or its backend takes no writes */
    DS_WRONG_KIND,      /* what is stored under this key is not a record */
    DS_BACKEND,         /* the backend answered with an error of its own */
    DS_NOMEM            /* out of memory */
} ds_status;

/* A plain value: nothing to free. The message is one sentence that names the data source, the model and the key, property
 * or option at fault, and never holds a password. */
typedef struct ds_error {
    ds_status status;
    int32_t native;    /* the backend's or the system's own number (errno, an OpenSSL or SQLite code), or 0 */
    char source[48];   /* the data source's name, "" where there is none; longer names are cut */
    char message[456]; /* UTF-8, NUL-terminated; longer sentences are cut at a code point and end in "..." */
} ds_error;

/* The name of a status as it is spelled in this header ("DS_NOT_FOUND"); "DS_?" for a number that is none. Static. */
DS_API const char *ds_status_name(ds_status status);

/* Frees what a function of the library returned for ds_free(). NULL does nothing. */
DS_API void ds_free(void *memory);

/* The functions by which the library allocates; each must behave as its namesake of ISO C does (7.22.3). */
typedef struct ds_allocator {
    uint32_t size; /* sizeof(ds_allocator) */
    void *(*malloc)(size_t size, void *user);
    void *(*realloc)(void *memory, size_t size, void *user);
    void (*free)(void *memory, void *user);
    void *user;
} ds_allocator;

/* Replaces malloc, realloc and free for all memory that the library and its connectors allocate themselves; libraries
 * below them (OpenSSL, hiredis) keep their own. The functions are called by any thread. Must be called before the first
 * source or catalog is opened: DS_INVALID afterwards, or where a function is missing. NULL puts the C library's back. */
DS_API ds_status ds_set_allocator(const ds_allocator *allocator, ds_error *err);

typedef enum ds_log_level { DS_LOG_DEBUG, DS_LOG_INFO, DS_LOG_WARNING, DS_LOG_ERROR } ds_log_level;

/* Called by any thread that is inside the library; must not call the library. `source` may be "". The strings live for the
 * length of the call. */
typedef void ds_logger(void *user, ds_log_level level, const char *source, const char *message);

/* Sends what the library has to tell at `at_least` and above to `logger`; NULL (as at the start) drops it. Process-wide. */
DS_API void ds_set_logger(ds_logger *logger, void *user, ds_log_level at_least);

#ifdef __cplusplus
}
#endif
#endif
