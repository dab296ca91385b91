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

static ds_status execute(operation *op, size_t argc, const char *const *argv, const size_t *lengths, char **reply_json)
{
    if (op->connector->execute == NULL)
        return ds_error_set(&op->error, DS_UNSUPPORTED, "the connector %s has no language of its own",
                            op->connector->name);
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
    if (source == NULL || argc == 0 || argv == NULL || reply_json == NULL)
        return ds_error_set(err, DS_INVALID,
                            "ds_execute needs a data source, at least one argument and a place for the reply");
    *reply_json = NULL;
    operation op;
    ds_status status = operation_begin(&op, source, NULL, true);
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
        if (members.length > 0)
            ds_buffer_format(&out, ",%s", members.text);
        buffer_free(&members);
    }
    buffer_char(&out, '}');
    *json = buffer_take(&out);
    return *json == NULL ? error_nomem(err) : DS_OK;
}
