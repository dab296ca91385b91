/* Putting an entry into the text of a file of data sources. */
#ifndef CONFIG_SPLICE_H
#define CONFIG_SPLICE_H

#include "config/tree.h"

/* Appends `text`, which was read as `tree`, with the entry `name` added behind the others, or in place of the one that it
 * has; all else stays byte for byte, and the entry is laid out as the others are. */
void splice_entry(ds_buffer *, const char *text, size_t length, const cJSON *tree, const char *name,
                  const cJSON *entry);

#endif
