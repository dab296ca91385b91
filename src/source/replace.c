/* Replacing a record whole: by one entry where the connector has it, or by an update that removes what is not set. */
#include "source/operations.h"

/* Removes in `changes` every property that `from` has and `changes` does not set, declared ones first. */
static ds_status remove_others(ds_record *changes, const ds_record *from)
{
    const definition *def = record_definition(changes);
    for (size_t slot = 0; slot < def->property_count; slot++) {
        const ds_property *property = &def->properties[slot];
        ds_field none = {.name = property->name, .name_length = property->name_length};
        if (slot != def->id_slot && !record_is_set(changes, slot) && record_put_field(changes, &none) != DS_OK)
            return DS_NOMEM;
    }
    for (size_t slot = def->property_count; from != NULL && slot < ds_record_slots(from); slot++) {
        ds_field field;
        if (!ds_record_field(from, slot, &field) || record_find(changes, field.name, field.name_length) != DS_NO_SLOT)
            continue;
        field = (ds_field){.name = field.name, .name_length = field.name_length};
        if (record_put_field(changes, &field) != DS_OK)
            return DS_NOMEM;
    }
    return DS_OK;
}

/* All that was read: what the record must still hold when it is replaced. */
static ds_record *all_of(const ds_record *record, arena *memory)
{
    ds_record *all = record_new_in(record_definition(record), memory);
    if (all == NULL || record_copy_into(all, record) != DS_OK)
        return NULL;
    record_unset(all, record_definition(record)->id_slot);
    return all;
}

/* One try. Of a strict model nothing need be known to remove the rest; otherwise the record is read first, and must not
 * have changed when it is written. */
static ds_status replace_once(operation *op, ds_record *record, int *refusal)
{
    arena memory = {.chunks = NULL};
    ds_block *block = NULL;
    ds_record *found = NULL, *expected = NULL;
    const definition *def = op->model->definition;
    ds_value id = record_value(record, def->id_slot);
    ds_record *changes = changes_without_id(record, &memory);
    ds_status status = changes != NULL ? DS_OK : error_nomem(&op->error);
    *refusal = NOT_REFUSED;
    if (status == DS_OK && !def->strict) {
        status = lookup_one(op, id, &block, &found);
        if (status == DS_OK && found == NULL) {
            *refusal = DS_REFUSED_MISSING;
            status = error_not_found(op, id);
        } else if (status == DS_OK && (expected = all_of(found, &memory)) == NULL) {
            status = error_nomem(&op->error);
        }
    }
    if (status == DS_OK && remove_others(changes, found) != DS_OK)
        status = error_nomem(&op->error);
    if (status == DS_OK)
        status = update_one(op, id, changes, expected, refusal);
    block_free(block);
    arena_free(&memory);
    return status;
}

/* An update keeps the expiry, a replace starts settings.ttl anew. */
static ds_status start_ttl(operation *op, ds_value id)
{
    int64_t ttl_ms = op->model->definition->ttl_ms;
    if (ttl_ms <= 0 || op->connector->expire == NULL)
        return DS_OK;
    ds_status status = op->connector->expire(op->connection, op->model, id, ttl_ms, &op->call);
    return status == DS_NOT_FOUND ? DS_OK : status;
}

static ds_status replace_in_turn(operation *op, ds_record *record, bool must_exist, bool *created)
{
    ds_status status = DS_OK;
    int refusal = DS_REFUSED_CHANGED;
    bool again = true;
    for (unsigned tries = 0; again && tries < MANY_TIMES; tries++) {
        *created = false;
        give_way(tries);
        status = replace_once(op, record, &refusal);
        again = refusal == DS_REFUSED_CHANGED;
        if (refusal == DS_REFUSED_MISSING && !must_exist) {
            op->error = (ds_error){.status = DS_OK};
            *created = true;
            status = create_missing(op, record, &refusal);
            again = refusal == DS_REFUSED_ID_TAKEN;
        }
    }
    if (status == DS_OK && !*created)
        status = start_ttl(op, record_value(record, op->model->definition->id_slot));
    return status;
}

ds_status replace_one(operation *op, ds_record *record, bool must_exist, bool *created)
{
    op->call.flags |= DS_CALL_FRESH;
    if (op->connector->replace_records == NULL)
        return replace_in_turn(op, record, must_exist, created);
    ds_outcomes outcomes;
    outcomes_init(&outcomes, 1, NULL);
    ds_status status =
        op->connector->replace_records(op->connection, op->model, &record, 1, must_exist, NULL, &outcomes, &op->call);
    bool leaves = left_to_library(op, status);
    if (!leaves)
        status =
            outcome_status(&outcomes, 0, op, status, record_value(record, op->model->definition->id_slot), &op->error);
    *created = outcomes.one.created;
    outcomes_free(&outcomes);
    if (leaves)
        return replace_in_turn(op, record, must_exist, created);
    if (status == DS_OK)
        count_written(op, 1);
    return status;
}

ds_status whole_make(const ds_model *model, ds_value id, const ds_record *record, arena *memory, filling *filled,
                     ds_record **out, ds_error *err)
{
    const definition *def = model->definition;
    id_text own, other;
    ds_status status = record_check(model, record, err);
    if (status != DS_OK)
        return status;
    ds_value given = record_value(record, def->id_slot);
    if (given.type != DS_NULL && ds_value_compare(id, given) != 0)
        return ds_error_set(err, DS_INVALID, "the id of the record %s of model \"%s\" cannot be changed (to %s)",
                            id_print(id, &own), def->name, id_print(given, &other));
    *out = record_new_in(def, memory);
    if (*out == NULL || record_copy_into(*out, record) != DS_OK || ds_record_put(*out, def->id_slot, id) != DS_OK)
        return error_nomem(err);
    return filling_defaults(filled, model, *out, err);
}

ds_status ds_replace_by_id(ds_model *model, ds_value given, const ds_record *record, ds_error *err)
{
    arena memory = {.chunks = NULL};
    filling filled = {.slots = NULL};
    ds_value id;
    ds_record *whole = NULL;
    ds_status status = model_check(model, err);
    if (status == DS_OK)
        status = id_coerce(model, given, &memory, &id, err);
    if (status == DS_OK)
        status = whole_make(model, id, record, &memory, &filled, &whole, err);
    if (status == DS_OK) {
        operation op;
        bool created;
        status = operation_begin(&op, model->source, model, true);
        if (status == DS_OK)
            status = replace_one(&op, whole, true, &created);
        status = operation_end(&op, status, err);
    } else {
        refuse(model, status, err);
    }
    filling_free(&filled);
    arena_free(&memory);
    return status;
}

static ds_status replace_or_create(ds_model *model, ds_record *record, bool *created, ds_error *err)
{
    filling filled;
    ds_status status = filling_defaults(&filled, model, record, err);
    if (status != DS_OK)
        return refuse(model, status, err);
    operation op;
    status = operation_begin(&op, model->source, model, true);
    if (status == DS_OK)
        status = replace_one(&op, record, false, created);
    filling_undo_after(&filled, record, status);
    filling_free(&filled);
    return operation_end(&op, status, err);
}

ds_status ds_replace_or_create(ds_model *model, ds_record *record, bool *created, ds_error *err)
{
    bool was_created = false;
    if (created != NULL)
        *created = false;
    ds_status status = model_check(model, err);
    if (status == DS_OK)
        status = record_check(model, record, err);
    if (status != DS_OK)
        return refuse(model, status, err);
    if (record_value(record, model->definition->id_slot).type == DS_NULL) {
        status = ds_create(model, record, err);
        was_created = true;
    } else {
        status = replace_or_create(model, record, &was_created, err);
    }
    if (created != NULL)
        *created = status == DS_OK && was_created;
    return status;
}
