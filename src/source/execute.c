/* Operations on a data source as a whole: ping, execute, stats. */
#include "source/source.h"

ds_status ds_ping(ds_source *source, ds_error *err)
{
    if (source == NULL)
        return ds_error_set(err, DS_INVALID, "ds_ping needs a data source");
    operation op;
    ds_status status = operation_begin(&op, source, NULL, false);
    if (status == DS_OK && op.connector->ping != NULL)
        status = op.connector->ping(op.connection, &op.call);
    return operation_end(&op, status, err);
}

static ds_status check_arguments(size_t argc, const char *const *argv, ds_error *err)
{
    if (argc == 0 || argv == NULL)
        return ds_error_set(err, DS_INVALID, "ds_execute needs at least one argument");
    for (size_t i = 0; i < argc; i++)
        if (argv[i] == NULL)
            return ds_error_set(err, DS_INVALID, "argument %zu of ds_execute is NULL", i);
    return DS_OK;
}

/* Whether it makes sense to connect at all. */
static ds_status check(const ds_source *source, size_t argc, const char *const *argv, ds_error *err)
{
    ds_status status = check_arguments(argc, argv, err);
    if (status == DS_OK && source->connector->execute == NULL && !source->read_only)
        status = ds_error_set(err, DS_UNSUPPORTED, "the connector %s has no language of its own for ds_execute",
                              source->connector->name);
    if (status != DS_OK)
        error_of_source(err, source->name);
    return status;
}

static ds_status execute(operation *op, size_t argc, const char *const *argv, const size_t *lengths, char **reply_json)
{
    ds_buffer reply = {0};
    ds_status status = op->connector->execute(op->connection, argc, argv, lengths, &reply, &op->call);
    if (status == DS_OK && (*reply_json = buffer_take(&reply)) == NULL)
        status = error_nomem(&op->error);
    buffer_free(&reply);
    return status;
}

ds_status ds_execute(ds_source *source, size_t argc, const char *const *argv, const size_t *lengths, char **reply_json,
                     ds_error *err)
{
    if (source == NULL || reply_json == NULL)
        return ds_error_set(err, DS_INVALID, "ds_execute needs a data source and a place for the reply");
    *reply_json = NULL;
    ds_status status = check(source, argc, argv, err);
    if (status != DS_OK)
        return status;
    operation op;
    status = operation_begin(&op, source, NULL, true);
    if (status == DS_OK)
        status = execute(&op, argc, argv, lengths, reply_json);
    return operation_end(&op, status, err);
}

ds_status ds_stats(ds_source *source, char **json, ds_error *err)
{
    if (source == NULL || json == NULL)
        return ds_error_set(err, DS_INVALID, "ds_stats needs a data source and a place for the text");
    const stats *s = &source->stats;
    uint64_t operations = s->operations;
    ds_buffer out = {0};
    ds_buffer_format(&out,
                     "{\"operations\":%llu,\"errors\":%llu,\"recordsRead\":%llu,\"recordsWritten\":%llu,\"latencyMs\":",
                     (unsigned long long)operations, (unsigned long long)s->errors, (unsigned long long)s->records_read,
                     (unsigned long long)s->records_written);
    double mean = operations == 0 ? 0 : (double)s->nanoseconds / (double)operations / 1e6;
    ds_buffer_json(&out, ds_number(mean));
    if (source->connector->stats != NULL) {
        ds_buffer members = {0};
        source->connector->stats(source->connection, &members);
        if (members.length > 0) {
            buffer_char(&out, ',');
            ds_buffer_append(&out, members.text, members.length);
        }
        out.failed = out.failed || members.failed;
        buffer_free(&members);
    }
    buffer_char(&out, '}');
    *json = buffer_take(&out);
    if (*json != NULL)
        return DS_OK;
    error_nomem(err);
    error_of_source(err, source->name);
    return DS_NOMEM;
}
