/* Checks a JSON object against a table of options. */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

#include "config/settings.h"
#include "config/tree.h"

#define CHECK_LIST 260 /* bytes of a list of names that a sentence has room for */

/* Whose settings they are, for sentences: PLACE: the setting "port" of the data source "db" ... */
typedef struct subject {
    const char *place; /* a file; NULL: none */
    const char *kind;  /* "data source", "model" */
    const char *name;
    bool is_source; /* ${ENV} in strings is expanded, "connector" and "name" are not settings */
} subject;

/* `format` goes on behind the name of the setting. It never gives a value: that may be a
 * secret. */
ds_status subject_fail(const subject *, const char *path, ds_error *, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The string, expanded for a data source; for ds_free(). DS_CONFIG: it is none. */
ds_status subject_string(const subject *, const char *path, const cJSON *, char **out, ds_error *);

/* Settings of an object; of a data source, "connector" and "name" are passed over. */
ds_status check_settings(const subject *, const cJSON *object, const ds_option *options, settings **out, ds_error *);

/* Building settings. The path and the value are copied; DS_NULL values are not kept, but known to be given. */
settings *settings_new(void);
ds_status settings_put(settings *, const char *path, ds_value value, bool given, ds_error *);

#endif
