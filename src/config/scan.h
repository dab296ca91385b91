/* A strict reading of JSON text that keeps nothing: what cJSON would accept or lose in silence is refused before it. */
#ifndef CONFIG_SCAN_H
#define CONFIG_SCAN_H

#include "base/base.h"

#define SCAN_DEPTH 64 /* of objects and arrays within each other */

/* DS_CONFIG: "PLACE: line 3, column 5: ...". The text itself is never shown, for it may be a password. */
ds_status scan_json(const char *place, const char *text, size_t length, ds_error *);

#endif
