/* What a creation adds to a record before it is written, defaults and a generated id, and how that is taken out again
 * where the record was not stored. */
#include "source/operations.h"

static const ds_property *id_property(const definition *def)
{
    return &def->properties[def->id_slot];
}

size_t required_missing(const definition *def, const ds_record *record)
{
    for (size_t slot = 0; slot < def->property_count; slot++) {
        const ds_property *property = &def->properties[slot];
        if (!property->required || slot == def->id_slot || record_value(record, slot).type != DS_NULL)
            continue;
        if (record_is_set(record, slot) || property->default_value.type == DS_NULL)
            return slot;
    }
    return DS_NO_SLOT;
}

static ds_status room_make(filling *filled, const definition *def, ds_error *err)
{
    size_t count = def->property_count;
    memset(filled->few, 0, sizeof filled->few);
    filled->slots = count <= sizeof filled->few ? filled->few : ds_calloc(count, 1);
    return filled->slots != NULL ? DS_OK : error_nomem(err);
}

void filling_free(filling *filled)
{
    if (filled->slots != filled->few)
        ds_free(filled->slots);
    filled->slots = NULL;
}

static ds_status put_defaults(filling *filled, const definition *def, ds_record *record, ds_error *err)
{
    for (size_t slot = 0; slot < def->property_count; slot++) {
        const ds_property *property = &def->properties[slot];
        if (property->default_value.type == DS_NULL || record_is_set(record, slot))
            continue;
        filled->slots[slot] = 1;
        if (ds_record_put(record, slot, property->default_value) != DS_OK)
            return error_nomem(err);
    }
    return DS_OK;
}

static ds_status put_id(filling *filled, const definition *def, ds_record *record, ds_error *err)
{
    const ds_property *id = id_property(def);
    record_set_fresh_id(record, false);
    if (record_value(record, def->id_slot).type != DS_NULL)
        return DS_OK;
    if (!id->generated)
        return ds_error_set(err, DS_INVALID, "a record of model \"%s\" needs an id, \"%s\"", def->name, id->name);
    record_unset(record, def->id_slot);
    filled->slots[def->id_slot] = 1;
    if (id->type != DS_PROPERTY_STRING)
        return DS_OK;
    char ulid[27];
    ulid_make(ulid);
    if (ds_record_put(record, def->id_slot, ds_string(ulid)) != DS_OK)
        return error_nomem(err);
    record_set_fresh_id(record, true);
    return DS_OK;
}

static ds_status fill(filling *filled, const ds_model *model, ds_record *record, bool with_id, ds_error *err)
{
    filled->slots = NULL;
    ds_status status = record_check(model, record, err);
    if (status != DS_OK)
        return status;
    size_t missing = required_missing(model->definition, record);
    if (missing != DS_NO_SLOT)
        return error_required(model, missing, err);
    status = room_make(filled, model->definition, err);
    if (status == DS_OK)
        status = put_defaults(filled, model->definition, record, err);
    if (status == DS_OK && with_id)
        status = put_id(filled, model->definition, record, err);
    if (status != DS_OK)
        filling_undo(filled, record);
    return status;
}

ds_status filling_make(filling *filled, const ds_model *model, ds_record *record, ds_error *err)
{
    return fill(filled, model, record, true, err);
}

ds_status filling_defaults(filling *filled, const ds_model *model, ds_record *record, ds_error *err)
{
    return fill(filled, model, record, false, err);
}

void filling_undo(const filling *filled, ds_record *record)
{
    if (filled->slots == NULL)
        return;
    size_t count = record_definition(record)->property_count;
    for (size_t slot = 0; slot < count; slot++)
        if (filled->slots[slot] != 0)
            record_unset(record, slot);
    record_set_fresh_id(record, false);
}

void filling_undo_after(const filling *filled, ds_record *record, ds_status status)
{
    if (status != DS_OK && status != DS_UNKNOWN_OUTCOME)
        filling_undo(filled, record);
}

bool filling_sequence(const filling *filled, const ds_model *model)
{
    const definition *def = model->definition;
    return filled->slots != NULL && filled->slots[def->id_slot] != 0 && id_property(def)->type != DS_PROPERTY_STRING;
}
