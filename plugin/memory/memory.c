/* The memory connector: records in the memory of the process, and in a file too where one is named. The reference that
 * other connectors are compared with. */
#include "memory.h"

#include "file.h"

static ds_status memory_open(ds_source *source, void **connection, ds_call *call)
{
    ds_value file = ds_source_setting(source, "file");
    if (file.type == DS_STRING && (file.length == 0 || memchr(file.as.string, 0, file.length) != NULL))
        return ds_error_set(call->error, DS_CONFIG, "the setting file must be the path of a file");
    memory *m = ds_calloc(1, sizeof *m);
    if (m == NULL)
        return ds_error_set(call->error, DS_NOMEM, "out of memory for the connection");
    ds_status status = file.type == DS_STRING ? file_path(file.as.string, &m->path, call->error) : DS_OK;
    if (status != DS_OK) {
        ds_free(m);
        return status;
    }
    m->source = source;
    m->has_file = file.type == DS_STRING;
    m->journal.fd = -1;
    m->journal.source = ds_source_name(source);
    hash_key_make(&m->key);
    pthread_mutex_init(&m->life, NULL);
    pthread_mutex_init(&m->logging, NULL);
    *connection = m;
    return DS_OK;
}

static void memory_close(void *connection)
{
    memory *m = connection;
    for (table *t = atomic_load(&m->tables), *following; t != NULL; t = following) {
        following = t->following;
        table_free(m, t);
    }
    journal_close(&m->journal);
    pthread_mutex_destroy(&m->life);
    pthread_mutex_destroy(&m->logging);
    ds_free(m->path);
    ds_free(m);
}

/* ---- connecting ---- */

static void memory_forget(memory *m)
{
    for (table *t = atomic_load(&m->tables); t != NULL; t = t->following) {
        table_clear(m, t);
        shelf_clear(m, t);
        t->sequence = 0;
    }
}

/* Reads the file; what was in memory is in it, unless another process has changed it since. */
static ds_status memory_load(memory *m, ds_call *call)
{
    ds_status status = journal_open(&m->journal, m->path, ds_source_setting(m->source, "readOnly").as.boolean, call);
    if (status != DS_OK)
        return status;
    memory_forget(m);
    status = journal_replay(&m->journal, shelf_replay, m, call);
    for (table *t = atomic_load(&m->tables); t != NULL && status == DS_OK; t = t->following)
        if (t->model != NULL)
            status = shelf_take(m, t, call);
    if (status == DS_OK)
        return DS_OK;
    memory_forget(m);
    journal_close(&m->journal);
    return status;
}

static ds_status memory_connect(void *connection, ds_call *call)
{
    memory *m = connection;
    ds_status status = DS_OK;
    pthread_mutex_lock(&m->life);
    if (!m->connected && m->has_file)
        status = memory_load(m, call);
    if (status == DS_OK)
        m->connected = true;
    pthread_mutex_unlock(&m->life);
    return status;
}

/* Another process may have the file from now on. What is in memory alone stays. */
static void memory_disconnect(void *connection, ds_call *call)
{
    memory *m = connection;
    (void)call;
    pthread_mutex_lock(&m->life);
    m->connected = false;
    journal_close(&m->journal);
    pthread_mutex_unlock(&m->life);
}

static ds_status memory_ping(void *connection, ds_call *call)
{
    const memory *m = connection;
    return m->connected ? DS_OK : ds_error_set(call->error, DS_UNREACHABLE, "the memory connector is not connected");
}

static void memory_status(void *connection, bool *open, bool *ready)
{
    const memory *m = connection;
    *open = *ready = m->connected;
}

/* ---- models ---- */

static ds_status memory_open_model(void *connection, const ds_model *model, void **state, ds_call *call)
{
    memory *m = connection;
    table *t;
    const char *name = ds_model_name(model);
    pthread_mutex_lock(&m->life);
    ds_status status = table_make(m, name, strlen(name), &t);
    if (status == DS_OK)
        status = table_use(m, t, model, call);
    else
        ds_error_set(call->error, status, "out of memory for the model \"%s\"", name);
    pthread_mutex_unlock(&m->life);
    if (status == DS_OK)
        *state = t;
    return status;
}

static void memory_close_model(void *connection, void *state)
{
    table_close(connection, state);
}

static void memory_stats(void *connection, ds_buffer *members)
{
    memory *m = connection;
    size_t records = 0;
    pthread_mutex_lock(&m->life);                      /* not while the file is read */
    bool is_foreign = journal_is_foreign(&m->journal); /* then nobody writes here, and the lock may be the parent's */
    if (!is_foreign)
        pthread_mutex_lock(&m->logging);
    for (table *t = atomic_load(&m->tables); t != NULL; t = t->following) {
        pthread_rwlock_rdlock(&t->lock);
        records += t->live + t->shelf.count;
        pthread_rwlock_unlock(&t->lock);
    }
    ds_buffer_format(members, "\"stored\":%zu", records);
    if (m->has_file)
        ds_buffer_format(members, ",\"fileBytes\":%llu,\"compactions\":%llu", (unsigned long long)m->journal.size,
                         (unsigned long long)m->journal.compactions);
    if (!is_foreign)
        pthread_mutex_unlock(&m->logging);
    pthread_mutex_unlock(&m->life);
}

/* ---- the table ---- */

static const ds_option options[] = {
    {.name = "file",
     .types = DS_OPTION_STRING,
     .help = "a file that keeps the records: read at the start, then added to with each write; without it they end "
             "with the process"},
    {.name = "readOnly",
     .types = DS_OPTION_BOOLEAN,
     .default_text = "false",
     .help = "refuse every write; the file must then exist, and may be read by several processes at once"},
    {.name = NULL},
};

const ds_connector ds_connector_v1 = {
    .abi = DS_ABI,
    .size = sizeof(ds_connector),
    .name = "memory",
    .version = DS_VERSION,
    .capabilities = DS_CAN_UNIQUE | DS_CAN_EXPIRE | DS_CAN_ORDER_STABLY | DS_CAN_ATOMIC_BATCH | DS_CAN_EXACTLY_ONCE,
    .options = options,
    .open = memory_open,
    .close = memory_close,
    .connect = memory_connect,
    .create_records = memory_create,
    .find_records = memory_find,
    .next_block = memory_next,
    .end_scan = memory_end_scan,
    .update_records = memory_update,
    .delete_records = memory_delete,
    .disconnect = memory_disconnect,
    .ping = memory_ping,
    .status = memory_status,
    .open_model = memory_open_model,
    .close_model = memory_close_model,
    .find_by_ids = memory_find_by_ids,
    .count = memory_count,
    .replace_records = memory_replace,
    .upsert_records = memory_upsert,
    .update_where = memory_update_where,
    .delete_where = memory_delete_where,
    .increment = memory_increment,
    .expire = memory_expire,
    .ttl = memory_ttl,
    .explain = memory_explain,
    .stats = memory_stats,
    .batch = memory_batch,
};
