/* A complete connector: a folder with a file of JSON lines for each model, in the order of the ids. A find reads the file from
 * its beginning; a write loads it, changes it, and puts a new one in its place by a rename, under a lock that other processes
 * respect too. Of a query it does nothing itself: the library filters, orders and pages what it walks, and supplies every
 * entry that is left out. docs/WRITING-A-CONNECTOR.md goes through it. */
#include <datasource/connector.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the connection is the path of the folder ---- */

static ds_status folder_open(ds_source *source, void **connection, ds_call *call)
{
    (void)call;
    *connection = (void *)ds_source_setting(source, "path").as.string; /* the source's, which outlives the connection */
    return DS_OK;
}

static void folder_close(void *connection)
{
    (void)connection;
}

static ds_status folder_connect(void *connection, ds_call *call)
{
    if ((mkdir(connection, 0777) == 0 || errno == EEXIST) && access(connection, R_OK | X_OK) == 0)
        return DS_OK;
    return ds_error_set(call->error, DS_UNREACHABLE, "the folder %s cannot be used: %s", (char *)connection,
                        strerror(errno));
}

static ds_status folder_open_model(void *connection, const ds_model *model, void **state, ds_call *call)
{
    const char *name = ds_model_name(model);
    (void)state;
    if (strchr(name, '/') == NULL && strlen(connection) + strlen(name) + sizeof "/.jsonl" <= PATH_MAX)
        return DS_OK;
    return ds_error_set(call->error, DS_CONFIG, "the name of the model %s cannot be that of a file", name);
}

static void path_of(const char *folder, const ds_model *model, const char *end, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/%s%s", folder, ds_model_name(model), end);
}

static ds_value id_of(const ds_model *model, const ds_record *record)
{
    return ds_record_get(record, ds_model_property(model, ds_model_id_slot(model))->name);
}

/* ---- finds: a scan is a reader of the file ---- */

static ds_status reader_open(const char *folder, const ds_model *model, ds_reader **out, ds_call *call)
{
    char path[PATH_MAX];
    path_of(folder, model, ".jsonl", path);
    bool is_new = access(path, F_OK) != 0 && errno == ENOENT; /* nothing was stored yet */
    return ds_reader_open(model, is_new ? "/dev/null" : path, NULL, out, call->error);
}

/* The next record is the caller's; NULL at the end. */
static ds_status reader_next(ds_reader *reader, ds_record **out, ds_call *call)
{
    ds_status status = ds_call_check(call);
    if (status == DS_OK)
        status = ds_reader_next(reader, out, call->error);
    return status == DS_INVALID ? DS_BACKEND : status; /* it is the file that is wrong, not the host */
}

static ds_status find_records(void *connection, const ds_model *model, const ds_selection *selection, uint32_t may,
                              uint32_t *did, void **scan, ds_call *call)
{
    (void)selection, (void)may, (void)did; /* nothing is done here, so *did stays 0 */
    ds_reader *reader = NULL;
    ds_status status = reader_open(connection, model, &reader, call);
    *scan = reader;
    return status;
}

static ds_status next_block(void *scan, ds_block *block, ds_call *call)
{
    ds_status status = DS_OK;
    ds_record *record = NULL;
    while (status == DS_OK && ds_block_wanted(block) > 0) {
        status = reader_next(scan, &record, call);
        if (status != DS_OK || record == NULL)
            break;
        status = ds_block_add_copy(block, record);
        ds_record_free(record);
    }
    return status;
}

static void end_scan(void *scan)
{
    ds_reader_close(scan);
}

/* ---- writes: the file is locked, loaded, changed and saved ---- */

typedef struct table {
    const char *folder;
    const ds_model *model;
    int lock;            /* the folder, open */
    ds_record **records; /* in the order of their ids */
    size_t count;
} table;

/* Whether there is a record of this id; *at is where it is, or would be. */
static bool table_has(const table *t, ds_value id, size_t *at)
{
    size_t low = 0, high = t->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ds_value_compare(id_of(t->model, t->records[middle]), id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *at = low;
    return low < t->count && ds_value_compare(id_of(t->model, t->records[low]), id) == 0;
}

/* Takes the record over. */
static ds_status table_insert(table *t, size_t at, ds_record *record, ds_call *call)
{
    if (t->count % 1024 == 0) {
        ds_record **grown = ds_realloc(t->records, (t->count + 1024) * sizeof *grown);
        if (grown == NULL) {
            ds_record_free(record);
            return ds_error_set(call->error, DS_NOMEM, "out of memory");
        }
        t->records = grown;
    }
    memmove(t->records + at + 1, t->records + at, (t->count++ - at) * sizeof *t->records);
    t->records[at] = record;
    return DS_OK;
}

/* The lock is on the folder: it ends when that is closed, or the process ends. */
static ds_status table_lock(table *t, ds_call *call)
{
    t->lock = open(t->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (t->lock < 0 || flock(t->lock, LOCK_EX | LOCK_NB) != 0) {
        if (t->lock < 0 || errno != EWOULDBLOCK)
            return ds_error_set(call->error, DS_BACKEND, "%s cannot be locked: %s", t->folder, strerror(errno));
        ds_status status = ds_call_check(call); /* no longer than the call may last */
        if (status != DS_OK)
            return status;
        poll(&(struct pollfd){.fd = ds_cancel_fd(call->cancel), .events = POLLIN}, 1, 1);
    }
    return DS_OK;
}

static ds_status table_open(table *t, const char *folder, const ds_model *model, ds_call *call)
{
    ds_reader *reader = NULL;
    ds_record *record = NULL;
    size_t at;
    *t = (table){.folder = folder, .model = model};
    ds_status status = table_lock(t, call);
    if (status == DS_OK)
        status = reader_open(folder, model, &reader, call);
    while (status == DS_OK && (status = reader_next(reader, &record, call)) == DS_OK && record != NULL) {
        table_has(t, id_of(t->model, record), &at);
        status = table_insert(t, at, record, call);
    }
    ds_reader_close(reader);
    return status;
}

/* The new file takes the place of the old one in one step, once it is on the disk: there always is a whole one. */
static ds_status table_save(const table *t, ds_call *call)
{
    char path[PATH_MAX], fresh[PATH_MAX];
    path_of(t->folder, t->model, ".jsonl", path);
    path_of(t->folder, t->model, ".new", fresh);
    FILE *file = fopen(fresh, "we");
    ds_status status = file == NULL ? DS_BACKEND : DS_OK;
    for (size_t i = 0; status == DS_OK && i < t->count; i++) {
        char *json = ds_record_to_json(t->records[i]);
        status = json == NULL ? DS_NOMEM : fprintf(file, "%s\n", json) < 0 ? DS_BACKEND : DS_OK;
        ds_free(json);
    }
    if (status == DS_OK && (fflush(file) != 0 || fsync(fileno(file)) != 0 || rename(fresh, path) != 0))
        status = DS_BACKEND;
    if (status != DS_OK)
        ds_error_set(call->error, status, "%s: %s", path, status == DS_NOMEM ? "out of memory" : strerror(errno));
    else if (fsync(t->lock) != 0) /* the new name: a crash may bring the old file back */
        status = ds_error_set(call->error, DS_UNKNOWN_OUTCOME, "%s: %s", t->folder, strerror(errno));
    if (file != NULL)
        fclose(file);
    return status;
}

/* Saves, unless something failed, and then tells that all is done that was not refused. */
static ds_status table_close(table *t, ds_status status, size_t n, ds_outcomes *outcomes, ds_call *call)
{
    if (status == DS_OK)
        status = table_save(t, call);
    for (size_t i = 0; status == DS_OK && i < n; i++)
        ds_outcome_ok(outcomes, i, false); /* leaves alone what was refused */
    while (t->count > 0)
        ds_record_free(t->records[--t->count]);
    ds_free(t->records);
    if (t->lock >= 0)
        close(t->lock);
    return status;
}

/* For a model that generates integer ids: the number behind the largest one that is there. */
static ds_status put_next_id(const table *t, ds_record *record, ds_call *call)
{
    size_t slot = ds_model_id_slot(t->model);
    ds_value id = t->count > 0 ? id_of(t->model, t->records[t->count - 1]) : ds_integer(0);
    ds_status status = ds_value_add(t->model, slot, id, ds_integer(1), &id, call->error);
    return status == DS_OK ? ds_record_put(record, slot, id) : status;
}

static ds_status create(table *t, ds_record *record, size_t i, ds_outcomes *outcomes, ds_call *call)
{
    size_t at;
    ds_record *copy = NULL;
    ds_status status = id_of(t->model, record).type == DS_NULL ? put_next_id(t, record, call) : DS_OK;
    if (status == DS_OK && table_has(t, id_of(t->model, record), &at))
        ds_outcome_refuse(outcomes, i, DS_REFUSED_ID_TAKEN, NULL);
    else if (status == DS_OK && (status = ds_record_copy(record, &copy, call->error)) == DS_OK)
        status = table_insert(t, at, copy, call);
    return status;
}

static ds_status create_records(void *connection, const ds_model *model, ds_record *const *records, size_t n,
                                ds_outcomes *outcomes, ds_call *call)
{
    table t;
    ds_status status = table_open(&t, connection, model, call);
    for (size_t i = 0; status == DS_OK && i < n; i++)
        status = create(&t, records[i], i, outcomes, call);
    return table_close(&t, status, n, outcomes, call);
}

/* What is set in `changes`, a null too, which removes. */
static ds_status merge(ds_record *record, const ds_record *changes)
{
    ds_field field;
    ds_status status = DS_OK;
    for (size_t slot = 0; status == DS_OK && slot < ds_record_slots(changes); slot++)
        if (ds_record_field(changes, slot, &field))
            status = ds_record_put_named(record, field.name, field.name_length, field.value);
    return status;
}

/* Changes the records of these ids, or deletes them where `changes` is NULL. */
static ds_status update_records(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                                const ds_record *changes, const ds_record *const *expected, ds_outcomes *outcomes,
                                ds_call *call)
{
    table t;
    size_t at;
    ds_status status = table_open(&t, connection, model, call);
    for (size_t i = 0; status == DS_OK && i < n; i++)
        if (!table_has(&t, ids[i], &at))
            ds_outcome_refuse(outcomes, i, DS_REFUSED_MISSING, NULL);
        else if (expected != NULL && !ds_record_holds(t.records[at], expected[i]))
            ds_outcome_refuse(outcomes, i, DS_REFUSED_CHANGED, NULL);
        else if (changes != NULL)
            status = merge(t.records[at], changes);
        else {
            ds_record_free(t.records[at]);
            memmove(t.records + at, t.records + at + 1, (--t.count - at) * sizeof *t.records);
        }
    return table_close(&t, status, n, outcomes, call);
}

static ds_status delete_records(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                                const ds_record *const *expected, ds_outcomes *outcomes, ds_call *call)
{
    return update_records(connection, model, ids, n, NULL, expected, outcomes, call);
}

/* ---- the table that the library reads ---- */

static const ds_option options[] = {
    {.name = "path", .types = DS_OPTION_STRING, .flags = DS_OPTION_REQUIRED, .help = "the folder, made if need be"},
    {.name = "commandTimeout", .types = DS_OPTION_INTEGER, .minimum = 1, .maximum = 86400000, .help = "ms, of a step"},
    {.name = "readOnly", .types = DS_OPTION_BOOLEAN, .help = "refuse every write"},
    {.name = NULL}};

const ds_connector ds_connector_v1 = {
    .abi = DS_ABI,
    .size = sizeof(ds_connector),
    .name = "jsonfolder",
    .version = "1.0",
    .options = options,
    .open = folder_open,
    .close = folder_close,
    .connect = folder_connect,
    .open_model = folder_open_model,
    .create_records = create_records,
    .find_records = find_records,
    .next_block = next_block,
    .end_scan = end_scan,
    .update_records = update_records,
    .delete_records = delete_records,
};
