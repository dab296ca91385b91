/* The table of the connector, and its setting. */
#include "faulty.h"

#include <string.h>

#define FAULT_TEXT(name, text) text,
static const char *const names[] = {FAULTS(FAULT_TEXT) NULL};

static ds_status faulty_open(ds_source *source, void **connection, ds_call *call)
{
    shop *s = ds_calloc(1, sizeof *s);
    if (s == NULL)
        return ds_error_set(call->error, DS_NOMEM, "out of memory");
    pthread_mutexattr_t recursive;
    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&s->lock, &recursive);
    pthread_mutexattr_destroy(&recursive);
    ds_value chosen = ds_source_setting(source, "fault");
    while (strcmp(names[s->fault], chosen.as.string) != 0) /* one of the choices */
        s->fault++;
    *connection = s;
    return DS_OK;
}

static void faulty_close(void *connection)
{
    shop *s = connection;
    pthread_mutex_destroy(&s->lock);
    ds_free(s);
}

static ds_status faulty_connect(void *connection, ds_call *call)
{
    (void)connection, (void)call;
    return DS_OK;
}

static ds_status faulty_open_model(void *connection, const ds_model *model, void **state, ds_call *call)
{
    (void)connection, (void)model;
    *state = ds_calloc(1, sizeof(shelf));
    return *state != NULL ? DS_OK : ds_error_set(call->error, DS_NOMEM, "out of memory");
}

static void faulty_close_model(void *connection, void *state)
{
    (void)connection;
    shelf_free(state);
}

static const ds_option options[] = {
    {.name = "fault",
     .types = DS_OPTION_STRING,
     .default_text = "none",
     .help = "the mistake that is made",
     .choices = names},
    {.name = NULL},
};

const ds_connector ds_connector_v1 = {
    .abi = DS_ABI,
    .size = sizeof(ds_connector),
    .name = "faulty",
    .capabilities = DS_CAN_UNIQUE | DS_CAN_EXPIRE | DS_CAN_ORDER_STABLY | DS_CAN_ATOMIC_BATCH,
    .options = options,
    .open = faulty_open,
    .close = faulty_close,
    .connect = faulty_connect,
    .create_records = faulty_create,
    .find_records = faulty_find,
    .next_block = faulty_next,
    .end_scan = faulty_end,
    .update_records = faulty_update,
    .delete_records = faulty_delete,
    .open_model = faulty_open_model,
    .close_model = faulty_close_model,
    .find_by_ids = faulty_by_ids,
    .count = faulty_count,
    .replace_records = faulty_replace,
    .upsert_records = faulty_upsert,
    .increment = faulty_increment,
    .expire = faulty_expire,
    .ttl = faulty_ttl,
    .batch = faulty_batch,
};
