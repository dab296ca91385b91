/* Connectors of the process: registered tables and plugins loaded by dlopen(3). */
#ifndef SOURCE_LOADER_H
#define SOURCE_LOADER_H

#include "base/base.h"

/* Refuses a table that does not fit the ABI; `where` (a file, or "the registered connector") begins the sentence. */
ds_status abi_check(const ds_connector *connector, const char *where, ds_error *);
/* A zeroed table of our own size with what fits of `connector`; NULL: out of memory. Never freed: plugins stay loaded. */
const ds_connector *abi_copy(const ds_connector *connector);

#endif
