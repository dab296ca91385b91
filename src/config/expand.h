/* ${NAME} in strings of datasources.json. */
#ifndef CONFIG_EXPAND_H
#define CONFIG_EXPAND_H

#include "base/base.h"

/* ${NAME} becomes the environment variable, ${NAME:-default} the default where that is not set or empty (as in the
 * shell),
 * $${ a literal ${. The result is for ds_free(). DS_CONFIG: the error holds only what the string does wrong ("names the
 * environment variable NAME, which is not set"), for the caller's sentence, and never a value. */
ds_status expand_text(const char *text, char **out, ds_error *);

#endif
