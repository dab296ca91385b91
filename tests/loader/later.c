/* A plugin of a later version: its table is longer than ours, and what we do not know must not be touched. */
#include "nothing.h"

static void unknown(void)
{
    abort();
}

typedef struct longer {
    ds_connector known;
    void (*entries[4])(void);
} longer;

extern DS_API const longer longer_table __asm__("ds_connector_v1");
const longer longer_table = {.known = {.abi = DS_ABI, .size = sizeof(longer), .name = "later", NOTHING},
                             .entries = {unknown, unknown, unknown, unknown}};
