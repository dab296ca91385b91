/* A plugin for another version of the ABI. */
#include "nothing.h"

const ds_connector ds_connector_v1 = {.abi = DS_ABI + 1, .size = sizeof(ds_connector), .name = "wrong_abi", NOTHING};
