/* Finding records of a model that has no index: by the ids that the filter names, or by a walk over the keys. */
#ifndef REDIS_SCAN_H
#define REDIS_SCAN_H

#include "fetch.h"

ds_status find_records(void *connection, const ds_model *model, const ds_selection *selection, uint32_t may,
                       uint32_t *did, void **out, ds_call *call);
ds_status next_block(void *scan, ds_block *block, ds_call *call);
void end_scan(void *scan);
ds_status count_records(void *connection, const ds_model *model, const ds_filter *where, uint64_t *count,
                        ds_call *call);
ds_status explain_find(void *connection, const ds_model *model, const ds_selection *selection, uint32_t may,
                       uint32_t *did, ds_buffer *members, ds_call *call);

#endif
