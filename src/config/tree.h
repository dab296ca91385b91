/* A JSON text as a tree of cJSON nodes, read strictly; and what configuration does with trees. */
#ifndef CONFIG_TREE_H
#define CONFIG_TREE_H

#include "base/base.h"

#include <cJSON.h>

/* The tree is for tree_free(). `place` says in sentences where the text comes from. DS_CONFIG. */
ds_status tree_parse(const char *place, const char *text, size_t length, cJSON **out, ds_error *);
void tree_free(cJSON *);
const cJSON *tree_member(const cJSON *object, const char *name); /* NULL: none, or not an object */
/* Two objects: deep; what both have is `over`'s, and a null in `over` removes the member; `over` is consumed. */
void tree_merge(cJSON *base, cJSON *over);
void tree_print(ds_buffer *, const cJSON *); /* JSON text on one line */

/* Appends a name to "a, b, c", for sentences that list names. */
void tree_list_name(ds_buffer *, const char *name);

#endif
