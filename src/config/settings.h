/* Settings that were checked against a table of options: flat, by path. */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include "base/arena.h"
#include "base/base.h"

typedef struct settings settings;

/* See ds_source_setting() for what a path yields. */
ds_value settings_get(const settings *, const char *path);
bool settings_given(const settings *, const char *path);
void settings_free(settings *);

/* Settings from a JSON object (NULL: none) for ds_source_open(); `source` names it in sentences. "connector" and "name"
 * are passed over; ${ENV} is expanded; an option that the table lacks is DS_CONFIG. */
ds_status settings_parse(const char *source, const char *json, const ds_option *options, settings **out, ds_error *);

/* A model's settings as ds_model_setting() reads them: the library's own (strict, ttl, version, exactlyOnce, ...), and
 * those under `connector` checked against its table (NULL: it has none, and takes none); objects named after other
 * connectors are left alone; anything else is DS_CONFIG. */
ds_status settings_of_model(const char *model, const char *settings_json, const char *connector,
                            const ds_option *options, settings **out, ds_error *);

#endif
