/* The frame of every operation: admitted, connected, given its deadline; counted and told at the end. */
#include "source/source.h"

static ds_status enter(operation *op)
{
    ds_source *source = op->source;
    source->under_way++;
    op->counted = true;
    return source->disconnected ? life_refuse(&op->error) : DS_OK;
}

static void leave(operation *op)
{
    ds_source *source = op->source;
    if (--source->under_way == 0 && source->disconnected) {
        pthread_mutex_lock(&source->lock);
        pthread_cond_broadcast(&source->changed);
        pthread_mutex_unlock(&source->lock);
    }
}

static void begin_step(operation *op, int64_t now)
{
    int64_t ms = op->source->command_timeout_ms;
    int64_t step = ms == 0 ? DS_NO_DEADLINE : now + ms * 1000000;
    op->call.deadline = step < op->whole ? step : op->whole;
    op->call.step = ms * 1000000;
    op->call.whole = op->whole;
}

void operation_step(operation *op)
{
    begin_step(op, ds_now());
}

void operation_no_step(operation *op)
{
    op->call.deadline = op->call.whole = op->whole;
    op->call.step = 0;
}

ds_status options_check(const ds_options *options, ds_error *err)
{
    if (options->size < sizeof *options)
        return ds_error_set(err, DS_INVALID, "the options have the size %u; set it to sizeof(ds_options)",
                            options->size);
    if (options->timeout_ms < 0 || options->timeout_ms > INT64_MAX / 2000000)
        return ds_error_set(err, DS_INVALID, "the timeout of the options must be a sensible number of ms, not %lld",
                            (long long)options->timeout_ms);
    if (options->read_from != DS_READ_MASTER && options->read_from != DS_READ_REPLICA)
        return ds_error_set(err, DS_INVALID, "the options read from %d, which is no place", (int)options->read_from);
    return DS_OK;
}

static void take_options(operation *op, const ds_options *options)
{
    op->whole = DS_NO_DEADLINE;
    if (options == NULL)
        return;
    if (options->timeout_ms > 0)
        op->whole = op->started + options->timeout_ms * 1000000;
    op->call.cancel = options->cancel;
    op->call.read_from = options->read_from;
}

static ds_status begin(operation *op, ds_source *source, const ds_options *options, bool is_write)
{
    *op = (operation){.source = source,
                      .connector = source->connector,
                      .connection = source->connection,
                      .model = op->model,
                      .started = ds_now()};
    op->call = (ds_call){.size = sizeof op->call, .error = &op->error};
    take_options(op, options);
    begin_step(op, op->started);
    if (is_write && source->read_only)
        return ds_error_set(&op->error, DS_READONLY, "it is configured as readOnly and takes no writes");
    ds_status status = enter(op);
    if (status == DS_OK && op->call.cancel != NULL) /* there is time: it begins now */
        status = ds_call_check(&op->call);
    if (status == DS_OK)
        status = life_connect(source, &op->call);
    op->began = status == DS_OK;
    op->connects = source->connects;
    return status;
}

/* The rest of a failure: its sentence where the connector gave none, the connection that it cost, the host's copy. */
static void fail(operation *op, ds_status status, ds_error *err)
{
    ds_source *source = op->source;
    source->stats.errors++;
    if (op->error.message[0] == '\0')
        ds_error_set(&op->error, status, "the connector %s failed without a word (%s)", op->connector->name,
                     ds_status_name(status));
    op->error.status = status;
    operation_note(op, status);
    if (op->began && op->lost)
        life_lose(source, op->connects, &op->error);
    error_of_source(&op->error, source->name);
    error_copy(err, &op->error);
}

void operation_note(operation *op, ds_status entry)
{
    op->lost = op->lost || entry == DS_LOST || entry == DS_UNREACHABLE;
}

ds_status operation_begin(operation *op, ds_source *source, const ds_model *model, bool is_write)
{
    op->model = model != NULL && model->original != NULL ? model->original : model;
    return begin(op, source, model != NULL ? &model->options : NULL, is_write);
}

ds_status operation_begin_many(operation *op, ds_source *source, const ds_options *options, bool is_write)
{
    op->model = NULL;
    return begin(op, source, options, is_write);
}

ds_status operation_end(operation *op, ds_status status, ds_error *err)
{
    ds_source *source = op->source;
    source->stats.operations++;
    source->stats.nanoseconds += (uint64_t)(ds_now() - op->started);
    if (status != DS_OK)
        fail(op, status, err);
    if (op->counted)
        leave(op);
    return status;
}
