/* A complete connector: a folder with a file of JSON lines for each model. A find reads the file; a write reads it, changes
 * what it holds, and puts a new one in its place by a rename, under a lock that other processes respect too. It does nothing of a
 * query by itself: the library filters, orders and pages what it walks. docs/WRITING-A-CONNECTOR.md goes through it. */
#include <datasource/connector.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct shelf { /* the records of a file; also what a scan walks */
    ds_record **records;
    size_t count, room, next;
    int64_t last; /* the largest integer id */
} shelf;

static ds_value id_of(const ds_model *model, const ds_record *record)
{
    return ds_record_get(record, ds_model_property(model, ds_model_id_slot(model))->name);
}

static size_t shelf_find(const ds_model *model, const shelf *s, ds_value id)
{
    size_t i = 0;
    while (i < s->count && ds_value_compare(id_of(model, s->records[i]), id) != 0)
        i++;
    return i;
}

static ds_status shelf_add(const ds_model *model, shelf *s, ds_record *record,
                           ds_call *call) /* takes the record over */
{
    if (s->count == s->room) {
        ds_record **grown = realloc(s->records, (s->room * 2 + 16) * sizeof *grown);
        if (grown == NULL) {
            ds_record_free(record);
            return ds_error_set(call->error, DS_NOMEM, "out of memory");
        }
        s->records = grown;
        s->room = s->room * 2 + 16;
    }
    ds_value id = id_of(model, record);
    if (id.type == DS_INTEGER && id.as.integer > s->last)
        s->last = id.as.integer;
    s->records[s->count++] = record;
    return DS_OK;
}

static void shelf_free(void *scan)
{
    shelf *s = scan;
    for (size_t i = 0; s != NULL && i < s->count; i++)
        ds_record_free(s->records[i]);
    if (s != NULL)
        free(s->records);
    free(s);
}

static void file_of(const char *folder, const ds_model *model, const char *end, char out[4096])
{
    snprintf(out, 4096, "%s/%s%s", folder, model == NULL ? "" : ds_model_name(model), end);
}

static ds_status shelf_load(const char *folder, const ds_model *model, shelf **out, ds_call *call)
{
    char path[4096];
    ds_reader *reader;
    ds_record *record = NULL;
    shelf *s = *out = calloc(1, sizeof *s);
    if (s == NULL)
        return ds_error_set(call->error, DS_NOMEM, "out of memory");
    file_of(folder, model, ".jsonl", path);
    if (access(path, F_OK) != 0)
        return DS_OK; /* nothing was stored yet */
    ds_status status = ds_reader_open(model, path, NULL, &reader, call->error);
    if (status != DS_OK)
        return status;
    while ((status = ds_reader_next(reader, &record, call->error)) == DS_OK && record != NULL)
        if ((status = shelf_add(model, s, record, call)) != DS_OK)
            break;
    ds_reader_close(reader);
    return status;
}

static ds_status shelf_save(const char *folder, const ds_model *model, const shelf *s, ds_call *call)
{
    char path[4096], temporary[4096];
    file_of(folder, model, ".jsonl", path);
    file_of(folder, model, ".new", temporary);
    FILE *file = fopen(temporary, "w");
    bool good = file != NULL;
    for (size_t i = 0; good && i < s->count; i++) {
        char *json = ds_record_to_json(s->records[i]);
        good = json != NULL && fprintf(file, "%s\n", json) > 0;
        ds_free(json);
    }
    good = good && fflush(file) == 0 && fsync(fileno(file)) == 0;
    good = file != NULL && fclose(file) == 0 && good && rename(temporary, path) == 0;
    return good ? DS_OK : ds_error_set(call->error, DS_BACKEND, "%s could not be written: %s", path, strerror(errno));
}

/* ---- the entries ---- */

static ds_status folder_open(ds_source *source, void **connection, ds_call *call)
{
    ds_value path = ds_source_setting(source, "path");
    if (path.length > 2000)
        return ds_error_set(call->error, DS_CONFIG, "the setting path is too long");
    *connection = (void *)path.as.string; /* belongs to the source, which outlives the connection */
    return DS_OK;
}

static void folder_close(void *connection)
{
    (void)connection;
}

static ds_status folder_connect(void *connection, ds_call *call)
{
    if (mkdir(connection, 0777) == 0 || errno == EEXIST)
        return DS_OK;
    return ds_error_set(call->error, DS_UNREACHABLE, "the folder %s cannot be made: %s", (char *)connection,
                        strerror(errno));
}

static ds_status find_records(void *connection, const ds_model *model, const ds_selection *selection, uint32_t may,
                              uint32_t *did, void **scan, ds_call *call)
{
    (void)selection, (void)may, (void)did; /* nothing is done here, so *did stays 0 */
    shelf *s;
    ds_status status = shelf_load(connection, model, &s, call);
    if (status == DS_OK)
        *scan = s;
    else
        shelf_free(s);
    return status;
}

static ds_status next_block(void *scan, ds_block *block, ds_call *call)
{
    shelf *s = scan;
    ds_status status = ds_call_check(call);
    while (status == DS_OK && s->next < s->count && ds_block_wanted(block) > 0)
        status = ds_block_add_copy(block, s->records[s->next++]);
    return status;
}

/* A write: what is to be done with record i of n. Where it cannot be done, an outcome says so and the others go on. */
typedef struct change {
    ds_record *const *records; /* to create; NULL: an update or delete */
    const ds_value *ids;
    const ds_record *changes;         /* NULL: a delete */
    const ds_record *const *expected; /* or NULL */
} change;

static ds_status create(const ds_model *model, shelf *s, ds_record *record, size_t i, ds_outcomes *outcomes,
                        ds_call *call)
{
    ds_record *copy;
    if (id_of(model, record).type == DS_NULL && /* the model generates integers */
        ds_record_put(record, ds_model_id_slot(model), ds_integer(s->last + 1)) != DS_OK)
        return ds_error_set(call->error, DS_NOMEM, "out of memory");
    if (shelf_find(model, s, id_of(model, record)) < s->count) {
        ds_outcome_refuse(outcomes, i, DS_REFUSED_ID_TAKEN, NULL);
        return DS_OK;
    }
    ds_status status = ds_record_copy(record, &copy, call->error);
    return status == DS_OK ? shelf_add(model, s, copy, call) : status;
}

static ds_status alter(const ds_model *model, shelf *s, const change *c, size_t i, ds_outcomes *outcomes)
{
    size_t at = shelf_find(model, s, c->ids[i]);
    ds_field field;
    ds_status status = DS_OK;
    if (at == s->count)
        ds_outcome_refuse(outcomes, i, DS_REFUSED_MISSING, NULL);
    else if (c->expected != NULL && !ds_record_holds(s->records[at], c->expected[i]))
        ds_outcome_refuse(outcomes, i, DS_REFUSED_CHANGED, NULL);
    else if (c->changes == NULL) {
        ds_record_free(s->records[at]);
        s->records[at] = s->records[--s->count];
    } else
        for (size_t slot = 0; status == DS_OK && slot < ds_record_slots(c->changes); slot++)
            if (ds_record_field(c->changes, slot, &field))
                status = ds_record_put_named(s->records[at], field.name, field.name_length, field.value);
    return status;
}

/* Reads, changes and writes the file under the lock. What was not refused is told to be done once the file is in place. */
static ds_status write_file(const char *folder, const ds_model *model, const change *c, size_t n, ds_outcomes *outcomes,
                            ds_call *call)
{
    char path[4096];
    shelf *s = NULL;
    file_of(folder, NULL, ".lock", path);
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (lock < 0 || flock(lock, LOCK_EX) != 0) {
        ds_error_set(call->error, DS_BACKEND, "%s cannot be locked: %s", path, strerror(errno));
        if (lock >= 0)
            close(lock);
        return DS_BACKEND;
    }
    ds_status status = shelf_load(folder, model, &s, call);
    for (size_t i = 0; status == DS_OK && i < n; i++)
        status =
            c->records != NULL ? create(model, s, c->records[i], i, outcomes, call) : alter(model, s, c, i, outcomes);
    if (status == DS_OK)
        status = shelf_save(folder, model, s, call);
    for (size_t i = 0; status == DS_OK && i < n; i++)
        ds_outcome_ok(outcomes, i, c->records != NULL); /* leaves those alone that were refused */
    close(lock);
    shelf_free(s);
    return status;
}

static ds_status create_records(void *connection, const ds_model *model, ds_record *const *records, size_t n,
                                ds_outcomes *outcomes, ds_call *call)
{
    return write_file(connection, model, &(change){.records = records}, n, outcomes, call);
}

static ds_status update_records(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                                const ds_record *changes, const ds_record *const *expected, ds_outcomes *outcomes,
                                ds_call *call)
{
    return write_file(connection, model, &(change){.ids = ids, .changes = changes, .expected = expected}, n, outcomes,
                      call);
}

static ds_status delete_records(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                                const ds_record *const *expected, ds_outcomes *outcomes, ds_call *call)
{
    return write_file(connection, model, &(change){.ids = ids, .expected = expected}, n, outcomes, call);
}

static const ds_option options[] = {
    {.name = "path",
     .types = DS_OPTION_STRING,
     .flags = DS_OPTION_REQUIRED,
     .help = "the folder, made if it is not there"},
    {.name = NULL},
};

const ds_connector ds_connector_v1 = {
    .abi = DS_ABI,
    .size = sizeof(ds_connector),
    .name = "jsonfolder",
    .version = "1.0",
    .options = options,
    .open = folder_open,
    .close = folder_close,
    .connect = folder_connect,
    .create_records = create_records,
    .find_records = find_records,
    .next_block = next_block,
    .end_scan = shelf_free,
    .update_records = update_records,
    .delete_records = delete_records,
};
