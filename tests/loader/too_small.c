/* A plugin whose table ends before the required entries do. */
#include "nothing.h"

const ds_connector ds_connector_v1 = {
    .abi = DS_ABI, .size = offsetof(ds_connector, update_records), .name = "too_small", NOTHING};
