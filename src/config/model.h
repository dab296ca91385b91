/* One model definition from a tree of JSON. */
#ifndef CONFIG_MODEL_H
#define CONFIG_MODEL_H

#include "config/tree.h"
#include "model/definition.h"

/* `place` says in sentences where the tree comes from; `key` is the model's key in an object of models, or NULL.
 * DS_CONFIG. */
ds_status model_read(const char *place, const char *key, const cJSON *tree, definition **out, ds_error *);

#endif
