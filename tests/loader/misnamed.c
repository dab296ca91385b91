/* A plugin that calls itself by another name than its file's. */
#include "nothing.h"

const ds_connector ds_connector_v1 = {.abi = DS_ABI, .size = sizeof(ds_connector), .name = "somebody-else", NOTHING};
