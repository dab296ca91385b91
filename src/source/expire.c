/* Expiry: what a connector promises or does not; the library cannot make up for it. */
#include "source/operations.h"

typedef struct expiry {
    bool set;
    int64_t ttl_ms;
} expiry;

ds_status expiry_check(const ds_model *model, bool set, int64_t ttl_ms, ds_error *err)
{
    const ds_connector *connector = model->source->connector;
    bool has_entry = set ? connector->expire != NULL : connector->ttl != NULL;
    if ((connector->capabilities & DS_CAN_EXPIRE) == 0 || !has_entry)
        return ds_error_set(err, DS_UNSUPPORTED, "the connector %s of model \"%s\" cannot let records expire",
                            connector->name, model->definition->name);
    if (set && ttl_ms != -1 && (ttl_ms <= 0 || ttl_ms > DS_TTL_MAX))
        return ds_error_set(err, DS_INVALID,
                            "a record of model \"%s\" can live for more than 0 and at most %lld ms, or with -1 "
                            "forever, but not for %lld",
                            model->definition->name, (long long)DS_TTL_MAX, (long long)ttl_ms);
    return DS_OK;
}

static ds_status run(ds_model *model, ds_value given, expiry *asked, ds_error *err)
{
    arena memory = {.chunks = NULL};
    ds_value id;
    ds_status status = model_check(model, err);
    if (status == DS_OK)
        status = expiry_check(model, asked->set, asked->ttl_ms, err);
    if (status == DS_OK)
        status = id_coerce(model, given, &memory, &id, err);
    if (status != DS_OK) {
        arena_free(&memory);
        return refuse(model, status, err);
    }
    operation op;
    status = operation_begin(&op, model->source, model, asked->set);
    if (status == DS_OK && asked->set)
        status = op.connector->expire(op.connection, op.model, id, asked->ttl_ms, &op.call);
    else if (status == DS_OK)
        status = op.connector->ttl(op.connection, op.model, id, &asked->ttl_ms, &op.call);
    if (status == DS_NOT_FOUND)
        error_not_found(&op, id);
    arena_free(&memory);
    return operation_end(&op, status, err);
}

ds_status ds_expire(ds_model *model, ds_value id, int64_t ttl_ms, ds_error *err)
{
    return run(model, id, &(expiry){.set = true, .ttl_ms = ttl_ms}, err);
}

ds_status ds_ttl(ds_model *model, ds_value id, int64_t *ttl_ms, ds_error *err)
{
    expiry asked = {.set = false, .ttl_ms = -1};
    ds_status status = answer_check(model, ttl_ms, "ds_ttl()", err);
    if (status != DS_OK)
        return refuse(model, status, err);
    status = run(model, id, &asked, err);
    if (status == DS_OK)
        *ttl_ms = asked.ttl_ms;
    return status;
}
