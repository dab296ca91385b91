/* The redis connector's table: the connection's entries (connection.h) and those of the mapping to hashes. */
#include "discover.h"
#include "migrate.h"
#include "scan.h"
#include "write.h"

static void close_source(void *connection)
{
    mapping *map = connection;
    redis_close(map->redis);
    ds_free(map);
}

static ds_status open_source(ds_source *source, void **connection, ds_call *call)
{
    mapping *map = ds_calloc(1, sizeof *map);
    if (map == NULL)
        return ds_error_set(call->error, DS_NOMEM, "out of memory");
    ds_status status = scripts_digest(&map->digests, call->error);
    if (status == DS_OK)
        status = redis_open(source, &map->redis, call);
    if (status == DS_OK) {
        size_t length;
        const char *prefix = redis_key_prefix(map->redis, &length);
        if (memchr(prefix, '{', length) != NULL || memchr(prefix, '}', length) != NULL)
            status = ds_error_set(call->error, DS_CONFIG,
                                  "the setting keyPrefix holds a brace, which is for cluster partitions");
    }
    if (status != DS_OK)
        close_source(map);
    else
        *connection = map;
    return status;
}

static ds_status connect_source(void *connection, ds_call *call)
{
    return redis_connect(((mapping *)connection)->redis, call);
}

static void disconnect_source(void *connection, ds_call *call)
{
    redis_disconnect(((mapping *)connection)->redis, call);
}

static ds_status ping_source(void *connection, ds_call *call)
{
    return redis_ping(((mapping *)connection)->redis, call);
}

static void source_status(void *connection, bool *open, bool *ready)
{
    redis_status(((mapping *)connection)->redis, open, ready);
}

static ds_status execute_command(void *connection, size_t argc, const char *const *argv, const size_t *lengths,
                                 ds_buffer *reply, ds_call *call)
{
    return redis_execute(((mapping *)connection)->redis, argc, argv, lengths, reply, call);
}

static void source_stats(void *connection, ds_buffer *members)
{
    mapping *map = connection;
    redis_stats(map->redis, members);
    ds_buffer_format(members, ", \"held\": %llu, \"changed\": %llu", (unsigned long long)atomic_load(&map->held),
                     (unsigned long long)atomic_load(&map->changed));
}

static ds_status set_credentials(void *connection, const char *username, const char *password, ds_call *call)
{
    return redis_set_credentials(((mapping *)connection)->redis, username, password, call);
}

DS_API const ds_connector ds_connector_v1 = {
    .abi = DS_ABI,
    .size = sizeof(ds_connector),
    .name = "redis",
    .version = DS_VERSION,
    .capabilities =
        DS_CAN_UNIQUE | DS_CAN_EXPIRE | DS_CAN_ATOMIC_BATCH | DS_CAN_VERSION | DS_CAN_RECONNECT | DS_CAN_EXACTLY_ONCE,
    .options = redis_options,
    .model_options = model_options,
    .open = open_source,
    .close = close_source,
    .connect = connect_source,
    .create_records = create_records,
    .find_records = find_records,
    .next_block = next_block,
    .end_scan = end_scan,
    .update_records = update_records,
    .delete_records = delete_records,
    .disconnect = disconnect_source,
    .ping = ping_source,
    .status = source_status,
    .open_model = model_open,
    .close_model = model_close,
    .find_by_ids = find_by_ids,
    .count = count_records,
    .replace_records = replace_records,
    .upsert_records = upsert_records,
    .increment = increment_field,
    .expire = expire_record,
    .ttl = record_ttl,
    .explain = explain_find,
    .migrate = migrate_model,
    .discover = discover_models,
    .execute = execute_command,
    .stats = source_stats,
    .batch = run_batch,
    .set_credentials = set_credentials,
};
