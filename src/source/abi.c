/* The connector table: its layout, held by static asserts, and what a table must have before an entry of it is called.
 */
#include "source/loader.h"

#include <datasource/queue.h>

#include <string.h>

/* Two words, two pointers, a word of 64 bits and two pointers come before the entries, each of which is a pointer. */
#define ENTRY(n)       (8 + 2 * sizeof(void *) + 8 + 2 * sizeof(void *) + (n) * sizeof(void (*)(void)))
#define HOLD(entry, n) _Static_assert(offsetof(ds_connector, entry) == ENTRY(n), #entry " has moved: the ABI is broken")

_Static_assert(offsetof(ds_connector, abi) == 0 && offsetof(ds_connector, size) == 4, "the head has moved");
_Static_assert(offsetof(ds_connector, name) == 8, "name has moved");
_Static_assert(offsetof(ds_connector, capabilities) == 8 + 2 * sizeof(void *), "capabilities has moved");
_Static_assert(sizeof(ds_value) == 16, "ds_value has grown");
/* of what a connector reads: members are added behind the last */
_Static_assert(offsetof(ds_write, model) == 8 && offsetof(ds_write, record) == 8 + sizeof(void *) + sizeof(ds_value),
               "the head of ds_write has moved");
_Static_assert(offsetof(ds_call, deadline) == 8 && offsetof(ds_call, cancel) == 16 &&
                   offsetof(ds_call, error) == 16 + sizeof(void *) &&
                   offsetof(ds_call, flags) == 16 + 2 * sizeof(void *) &&
                   offsetof(ds_call, again) == 20 + 2 * sizeof(void *) &&
                   offsetof(ds_call, step) == 24 + 2 * sizeof(void *) &&
                   offsetof(ds_call, whole) == 32 + 2 * sizeof(void *) && sizeof(ds_call) == 40 + 2 * sizeof(void *),
               "ds_call has moved");
/* of what hosts are compiled with: members are added behind the last */
_Static_assert(sizeof(ds_error) == 512 && offsetof(ds_error, source) == 8 && offsetof(ds_error, message) == 56,
               "ds_error has changed");
_Static_assert(offsetof(ds_completion, status) == 4 && offsetof(ds_completion, user) == 8 &&
                   offsetof(ds_completion, error) == 8 + sizeof(void *) &&
                   sizeof(ds_completion) == 8 + sizeof(void *) + sizeof(ds_error),
               "ds_completion has moved");
HOLD(open, 0);
HOLD(close, 1);
HOLD(connect, 2);
HOLD(create_records, 3);
HOLD(find_records, 4);
HOLD(next_block, 5);
HOLD(end_scan, 6);
HOLD(update_records, 7);
HOLD(delete_records, 8);
HOLD(disconnect, 9);
HOLD(ping, 10);
HOLD(status, 11);
HOLD(open_model, 12);
HOLD(close_model, 13);
HOLD(find_by_ids, 14);
HOLD(count, 15);
HOLD(replace_records, 16);
HOLD(upsert_records, 17);
HOLD(update_where, 18);
HOLD(delete_where, 19);
HOLD(increment, 20);
HOLD(expire, 21);
HOLD(ttl, 22);
HOLD(migrate, 23);
HOLD(explain, 24);
HOLD(discover, 25);
HOLD(execute, 26);
HOLD(stats, 27);
HOLD(batch, 28);
HOLD(set_credentials, 29);
_Static_assert(sizeof(ds_connector) == ENTRY(30), "an entry is not held here");

static const char *missing_entry(const ds_connector *c)
{
    return c->open == NULL             ? "open"
           : c->close == NULL          ? "close"
           : c->connect == NULL        ? "connect"
           : c->create_records == NULL ? "create_records"
           : c->find_records == NULL   ? "find_records"
           : c->next_block == NULL     ? "next_block"
           : c->end_scan == NULL       ? "end_scan"
           : c->update_records == NULL ? "update_records"
           : c->delete_records == NULL ? "delete_records"
                                       : NULL;
}

ds_status abi_check(const ds_connector *connector, const char *where, ds_error *err)
{
    if (connector->abi != DS_ABI)
        return ds_error_set(err, DS_CONFIG,
                            "%s was built for version %u of the connector ABI; this library has version %u", where,
                            connector->abi, DS_ABI);
    if (connector->size < offsetof(ds_connector, disconnect))
        return ds_error_set(err, DS_CONFIG, "%s has a connector table of %u bytes; the required entries alone need %zu",
                            where, connector->size, offsetof(ds_connector, disconnect));
    if (connector->name == NULL || connector->name[0] == '\0')
        return ds_error_set(err, DS_CONFIG, "%s does not say the connector's name", where);
    const char *missing = missing_entry(connector);
    if (missing != NULL)
        return ds_error_set(err, DS_CONFIG, "%s lacks the required entry %s", where, missing);
    return DS_OK;
}

const ds_connector *abi_copy(const ds_connector *connector)
{
    ds_connector *table = ds_calloc(1, sizeof *table);
    if (table == NULL)
        return NULL;
    memcpy(table, connector, connector->size < sizeof *table ? connector->size : sizeof *table);
    table->size = (uint32_t)sizeof *table;
    return table;
}
