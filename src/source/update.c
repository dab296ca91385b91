/* Changing one record: update, upsert and increment by id, with what the library does where the connector has no entry.
 */
#include "source/operations.h"

/* ---- update ---- */

ds_status changes_of(const ds_model *model, ds_value id, const ds_record *changes, arena *memory, const ds_record **out,
                     ds_error *err)
{
    ds_status status = changes_check(model, changes, err);
    if (status != DS_OK)
        return status;
    const definition *def = model->definition;
    *out = changes;
    if (!record_is_set(changes, def->id_slot))
        return DS_OK;
    id_text own, other;
    ds_value given = record_value(changes, def->id_slot);
    if (ds_value_compare(id, given) != 0)
        return ds_error_set(err, DS_INVALID, "the id of the record %s of model \"%s\" cannot be changed (to %s)",
                            id_print(id, &own), def->name, id_print(given, &other));
    *out = changes_without_id(changes, memory);
    return *out != NULL ? DS_OK : error_nomem(err);
}

ds_status ds_update_by_id(ds_model *model, ds_value given, const ds_record *changes, ds_error *err)
{
    arena memory = {.chunks = NULL};
    ds_value id;
    const ds_record *checked = NULL;
    ds_status status = model_check(model, err);
    if (status == DS_OK)
        status = id_coerce(model, given, &memory, &id, err);
    if (status == DS_OK)
        status = changes_of(model, id, changes, &memory, &checked, err);
    if (status != DS_OK) {
        arena_free(&memory);
        return refuse(model, status, err);
    }
    operation op;
    int refusal;
    status = operation_begin(&op, model->source, model, true);
    if (status == DS_OK)
        status = update_one(&op, id, checked, NULL, &refusal);
    arena_free(&memory);
    return operation_end(&op, status, err);
}

/* ---- increment ---- */

/* Reads, adds and writes where the value is still the one that was read; again where it is not. */
static ds_status increment_by_reading(operation *op, ds_value id, const char *property, size_t slot, ds_value by,
                                      ds_value *now)
{
    int refusal = DS_REFUSED_CHANGED;
    ds_status status = DS_OK;
    for (unsigned tries = 0; refusal == DS_REFUSED_CHANGED && tries < MANY_TIMES; tries++) {
        arena memory = {.chunks = NULL};
        ds_block *block = NULL;
        ds_record *record = NULL;
        const ds_record *expected = NULL;
        give_way(tries);
        ds_record *changes = record_new_in(op->model->definition, &memory);
        refusal = NOT_REFUSED;
        status = changes == NULL ? error_nomem(&op->error) : lookup_one(op, id, &block, &record);
        if (status == DS_OK && record == NULL)
            status = error_not_found(op, id);
        if (status == DS_OK)
            status = ds_value_add(op->model, slot, ds_record_get(record, property), by, now, &op->error);
        if (status == DS_OK && (ds_record_set(changes, property, *now) != DS_OK ||
                                (expected = expected_of(record, &property, 1, &memory)) == NULL))
            status = error_nomem(&op->error);
        if (status == DS_OK)
            status = update_one(op, id, changes, expected, &refusal);
        block_free(block);
        arena_free(&memory);
    }
    return status;
}

ds_status increment_one(operation *op, ds_value id, const char *property, size_t slot, ds_value by, ds_value *now)
{
    op->call.flags |= DS_CALL_FRESH;
    ds_status status = DS_UNSUPPORTED;
    if (op->connector->increment != NULL)
        status = op->connector->increment(op->connection, op->model, id, property, slot, by, now, &op->call);
    if (status == DS_OK)
        count_written(op, 1);
    if (status == DS_NOT_FOUND)
        return error_not_found(op, id);
    if (!left_to_library(op, status))
        return status;
    return increment_by_reading(op, id, property, slot, by, now);
}

ds_status increment_check(const ds_model *model, const char *property, size_t *slot, ds_value by, arena *memory,
                          ds_value *out, ds_error *err)
{
    const definition *def = model->definition;
    if (property == NULL)
        return ds_error_set(err, DS_INVALID, "an increment of model \"%s\" needs a property, and was given NULL",
                            def->name);
    *slot = definition_slot(def, property, strlen(property));
    if (*slot == DS_NO_SLOT && def->strict)
        return ds_error_set(err, DS_INVALID, "model \"%s\" has no property \"%s\"", def->name, property);
    if (*slot == def->id_slot)
        return ds_error_set(err, DS_INVALID, "the id of a record of model \"%s\" cannot be incremented", def->name);
    ds_property_type type = *slot == DS_NO_SLOT ? DS_PROPERTY_ANY : def->properties[*slot].type;
    if (type != DS_PROPERTY_INTEGER && type != DS_PROPERTY_NUMBER && type != DS_PROPERTY_ANY)
        return ds_error_set(err, DS_INVALID, "property \"%s\" of model \"%s\" is neither an integer nor a number",
                            property, def->name);
    ds_error reason = {.status = DS_OK};
    ds_status status = coerce_value(type, by, memory, out, &reason);
    if (status == DS_OK && out->type != DS_INTEGER && out->type != DS_NUMBER)
        status = ds_error_set(&reason, DS_INVALID, "what is added must be a number");
    if (status == DS_INVALID)
        ds_error_set(err, status, "property \"%s\" of model \"%s\": %s", property, def->name, reason.message);
    else if (status != DS_OK)
        error_copy(err, &reason);
    return status;
}

ds_status ds_increment(ds_model *model, ds_value given, const char *property, ds_value by, ds_value *now, ds_error *err)
{
    arena memory = {.chunks = NULL};
    ds_value id, amount, sum = ds_null();
    size_t slot = DS_NO_SLOT;
    ds_status status = model_check(model, err);
    if (status == DS_OK)
        status = id_coerce(model, given, &memory, &id, err);
    if (status == DS_OK)
        status = increment_check(model, property, &slot, by, &memory, &amount, err);
    if (status != DS_OK) {
        arena_free(&memory);
        return refuse(model, status, err);
    }
    operation op;
    status = operation_begin(&op, model->source, model, true);
    if (status == DS_OK)
        status = increment_one(&op, id, property, slot, amount, &sum);
    if (status == DS_OK && now != NULL)
        *now = sum;
    arena_free(&memory);
    return operation_end(&op, status, err);
}
