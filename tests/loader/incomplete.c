/* A plugin without a required entry. */
#include "nothing.h"

const ds_connector ds_connector_v1 = {.abi = DS_ABI,
                                      .size = sizeof(ds_connector),
                                      .name = "incomplete",
                                      .open = open_nothing,
                                      .close = free,
                                      .connect = connect_nothing,
                                      .create_records = create_nothing,
                                      .find_records = find_nothing,
                                      .next_block = next_nothing,
                                      .end_scan = free,
                                      .delete_records = delete_nothing};

/* Kept, so that no compiler says that the missing entry is unused. */
ds_status incomplete_update(void);
ds_status incomplete_update(void)
{
    return update_nothing(NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL);
}
