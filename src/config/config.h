/* datasources.json with its layers, and the files of models. cJSON is used here and nowhere else. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "config/settings.h"
#include "model/definition.h"

typedef struct config config; /* all data sources as they are written, layers merged, ${ENV} not yet expanded */

ds_status config_open(const char *datasources_path, config **out, ds_error *);
ds_status config_parse(const char *datasources_json, config **out, ds_error *);
void config_free(config *);

size_t config_count(const config *);
const char *config_source_name(const config *, size_t i);      /* NULL past the last */
const char *config_source_connector(const config *, size_t i); /* "" where it is not a string */
bool config_has(const config *, const char *source);
/* The connector's name with ${ENV} expanded, for ds_free(). DS_CONFIG: no such source, no connector named. */
ds_status config_connector(const config *, const char *source, char **connector, ds_error *);
const char *connector_plain_name(const char *name); /* without the prefix that LoopBack's packages have */
/* Expanded and checked. */
ds_status config_settings(const config *, const char *source, const ds_option *options, settings **out, ds_error *);

/* Models: each is a finished definition, the caller's to free. A duplicate name is DS_CONFIG. The list is for
 * ds_free(). */
ds_status config_open_models(const char *path /* a file or a folder */, definition ***out, size_t *count, ds_error *);
ds_status config_parse_models(const char *json, definition ***out, size_t *count,
                              ds_error *);                                    /* an object or an array */
ds_status config_parse_model(const char *json, definition **out, ds_error *); /* one definition */

#endif
