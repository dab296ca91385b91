/* A plugin whose table has the required entries and no more; what lies behind its end must not be called. */
#include "nothing.h"

static ds_status beyond(void *connection, ds_call *call)
{
    (void)connection;
    return ds_error_set(call->error, DS_BACKEND, "an entry behind the end of the table was called");
}

const ds_connector ds_connector_v1 = {
    .abi = DS_ABI, .size = offsetof(ds_connector, disconnect), .name = "smallest", NOTHING, .ping = beyond};
