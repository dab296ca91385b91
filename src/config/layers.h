/* The files that datasources.json is made of. */
#ifndef CONFIG_LAYERS_H
#define CONFIG_LAYERS_H

#include "config/tree.h"

/* Reads PATH and what lies over it: datasources.local.json, then datasources.$DATASOURCE_ENV.json beside
 * datasources.json. *place names the files for sentences, for ds_free(). */
ds_status layers_read(const char *path, cJSON **out, char **place, ds_error *);
/* One text: an object of objects. */
ds_status layers_parse(const char *place, const char *text, size_t length, cJSON **out, ds_error *);

#endif
