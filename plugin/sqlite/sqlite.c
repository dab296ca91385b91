/* The SQLite connector: the embedded default, for hosts without a server. docs/SQLITE-STORAGE.md says what it stores. */
#include "sqlite.h"

static int64_t number_of(const ds_source *source, const char *name)
{
    ds_value value = ds_source_setting(source, name);
    return value.type == DS_INTEGER ? value.as.integer : 0;
}

static ds_status lite_open(ds_source *source, void **connection, ds_call *call)
{
    ds_value file = ds_source_setting(source, "file");
    if (file.type != DS_STRING || file.length == 0 || memchr(file.as.string, 0, file.length) != NULL)
        return ds_error_set(call->error, DS_CONFIG, "the setting file must be the path of a file, or \":memory:\"");
    lite *l = ds_calloc(1, sizeof *l);
    if (l == NULL)
        return problem_nomem(call->error);
    l->source = source;
    l->file = strcmp(file.as.string, ":memory:") == 0 ? NULL : file.as.string;
    l->read_only = ds_source_setting(source, "readOnly").as.boolean;
    l->busy_ms = number_of(source, "busyTimeout");
    l->most_readers = (size_t)number_of(source, "connections");
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->changed, &clock);
    pthread_condattr_destroy(&clock);
    *connection = l;
    return DS_OK;
}

static void lite_close(void *connection)
{
    lite *l = connection;
    pool_close(l);
    pthread_cond_destroy(&l->changed);
    pthread_mutex_destroy(&l->lock);
    ds_free(l);
}

static ds_status lite_connect(void *connection, ds_call *call)
{
    return pool_open(connection, call);
}

/* What is in memory stays; of a file, what the tables look like is read again. */
static void lite_disconnect(void *connection, ds_call *call)
{
    lite *l = connection;
    (void)call;
    if (l->file == NULL) {
        atomic_store(&l->connected, false);
        return;
    }
    pool_close(l);
    for (table *t = l->tables; t != NULL; t = t->following)
        layout_forget(t, t->now);
}

static ds_status lite_ping(void *connection, ds_call *call)
{
    conn *c;
    int64_t cookie;
    ds_status status = pool_take(connection, false, call, &c);
    if (status != DS_OK)
        return status;
    int code = conn_ask(c, "PRAGMA schema_version", &cookie);
    if (code != SQLITE_OK)
        status = problem_tell(c, code, "read", call->error);
    pool_give(c);
    return status;
}

static void lite_status(void *connection, bool *open, bool *ready)
{
    lite *l = connection;
    *open = *ready = atomic_load(&l->connected);
}

static ds_status lite_open_model(void *connection, const ds_model *model, void **state, ds_call *call)
{
    return table_open(connection, model, (table **)state, call);
}

static void lite_close_model(void *connection, void *state)
{
    (void)connection;
    table_close(state);
}

static void lite_stats(void *connection, ds_buffer *members)
{
    lite *l = connection;
    pthread_mutex_lock(&l->lock);
    size_t connections = l->reader_count + (l->writer != NULL);
    unsigned long long parked = (unsigned long long)l->parked;
    pthread_mutex_unlock(&l->lock);
    ds_buffer_format(members, "\"connections\":%zu,\"scansParked\":%llu,\"expiredSwept\":%llu", connections, parked,
                     (unsigned long long)atomic_load(&l->swept));
}

/* ---- the table ---- */

static const ds_option options[] = {
    {.name = "file",
     .types = DS_OPTION_STRING,
     .flags = DS_OPTION_REQUIRED,
     .help = "the database file, made where it is not there; or \":memory:\", which ends with the data source"},
    {.name = "busyTimeout",
     .types = DS_OPTION_INTEGER,
     .default_text = "5000",
     .help = "ms to wait for a lock of another program",
     .minimum = 0,
     .maximum = 86400000},
    {.name = "commandTimeout",
     .types = DS_OPTION_INTEGER,
     .default_text = "0",
     .help = "ms that each step of an operation may take; 0: as long as it takes",
     .minimum = 0,
     .maximum = 86400000},
    {.name = "journalMode",
     .types = DS_OPTION_STRING,
     .default_text = "WAL",
     .help = "how SQLite keeps writes whole; with WAL readers and a writer do not wait for each other",
     .choices = (const char *const[]){"WAL", "DELETE", "TRUNCATE", "PERSIST", "MEMORY", NULL}},
    {.name = "synchronous",
     .types = DS_OPTION_STRING,
     .default_text = "FULL",
     .help = "how often SQLite waits for the disk; less than FULL may lose the last writes when the power fails",
     .choices = (const char *const[]){"OFF", "NORMAL", "FULL", "EXTRA", NULL}},
    {.name = "connections",
     .types = DS_OPTION_INTEGER,
     .default_text = "8",
     .help = "the most connections that read at a time",
     .minimum = 1,
     .maximum = 1000},
    {.name = "readOnly",
     .types = DS_OPTION_BOOLEAN,
     .default_text = "false",
     .help = "refuse every write; the file must then exist"},
    {.name = NULL},
};

static const ds_option model_options[] = {
    {.name = "table", .types = DS_OPTION_STRING, .help = "the table of the model, where that has not its name"},
    {.name = NULL},
};

const ds_connector ds_connector_v1 = {
    .abi = DS_ABI,
    .size = sizeof(ds_connector),
    .name = "sqlite",
    .version = DS_VERSION,
    .capabilities = DS_CAN_UNIQUE | DS_CAN_EXPIRE | DS_CAN_ORDER_STABLY | DS_CAN_ATOMIC_BATCH | DS_CAN_VERSION |
                    DS_CAN_EXACTLY_ONCE,
    .options = options,
    .model_options = model_options,
    .open = lite_open,
    .close = lite_close,
    .connect = lite_connect,
    .create_records = lite_create,
    .find_records = lite_find,
    .next_block = lite_next,
    .end_scan = lite_end_scan,
    .update_records = lite_update,
    .delete_records = lite_delete,
    .disconnect = lite_disconnect,
    .ping = lite_ping,
    .status = lite_status,
    .open_model = lite_open_model,
    .close_model = lite_close_model,
    .find_by_ids = lite_find_by_ids,
    .count = lite_count,
    .replace_records = lite_replace,
    .upsert_records = lite_upsert,
    .update_where = lite_update_where,
    .delete_where = lite_delete_where,
    .increment = lite_increment,
    .expire = lite_expire,
    .ttl = lite_ttl,
    .migrate = lite_migrate,
    .discover = lite_discover,
    .explain = lite_explain,
    .execute = lite_execute,
    .stats = lite_stats,
    .batch = lite_batch,
};
