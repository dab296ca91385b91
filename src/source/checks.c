/* The checks of what a host passes in, made before an operation begins: bad input is refused with nothing sent. */
#include "source/operations.h"

ds_status refuse(const ds_model *model, ds_status status, ds_error *err)
{
    if (model != NULL && model->source != NULL)
        error_of_source(err, model->source->name);
    return status;
}

ds_status model_check(const ds_model *model, ds_error *err)
{
    return model != NULL ? DS_OK : ds_error_set(err, DS_INVALID, "an operation needs a model, and was given NULL");
}

ds_status answer_check(const ds_model *model, const void *place, const char *function, ds_error *err)
{
    ds_status status = model_check(model, err);
    if (status == DS_OK && place == NULL)
        status = ds_error_set(err, DS_INVALID, "%s of model \"%s\" was given NULL for the place of its answer",
                              function, model->definition->name);
    return status;
}

/* A record that was found may hold a text that did not parse as its property's type: good to read, not to write. */
static ds_status types_check(const ds_model *model, const ds_record *record, ds_error *err)
{
    const definition *def = model->definition;
    for (size_t slot = 0; slot < def->property_count; slot++) {
        const ds_property *property = &def->properties[slot];
        ds_value value = record_value(record, slot);
        if (value.type != DS_NULL && property->type != DS_PROPERTY_ANY &&
            value.type != property_value_type(property->type))
            return ds_error_set(err, DS_INVALID,
                                "property \"%s\" of model \"%s\" holds a text that is not its type, %s", property->name,
                                def->name, property_type_name(property->type));
    }
    return DS_OK;
}

/* Models of two data sources may have one name: then the sources tell them apart. */
static ds_status error_other_model(const ds_model *model, const ds_record *record, ds_error *err)
{
    const ds_source *other = record_source(record);
    const char *its_model = record_definition(record)->name, *name = model->definition->name;
    if (other == NULL || model->source == NULL || other == model->source)
        return ds_error_set(err, DS_INVALID, "a record of model \"%s\" was passed to an operation on model \"%s\"",
                            its_model, name);
    return ds_error_set(err, DS_INVALID,
                        "a record of model \"%s\" of the data source \"%.64s\" was passed to an operation on model "
                        "\"%s\" of the data source \"%.64s\"",
                        its_model, other->name, name, model->source->name);
}

ds_status record_check(const ds_model *model, const ds_record *record, ds_error *err)
{
    if (record == NULL)
        return ds_error_set(err, DS_INVALID, "an operation on model \"%s\" was given NULL for a record",
                            model->definition->name);
    if (record_definition(record) != model->definition)
        return error_other_model(model, record, err);
    ds_status status = record_failure(record, err);
    return status == DS_OK ? types_check(model, record, err) : status;
}

ds_status error_required(const ds_model *model, size_t slot, ds_error *err)
{
    const definition *def = model->definition;
    return ds_error_set(err, DS_INVALID, "property \"%s\" of model \"%s\" is required", def->properties[slot].name,
                        def->name);
}

ds_status changes_check(const ds_model *model, const ds_record *changes, ds_error *err)
{
    ds_status status = record_check(model, changes, err);
    const definition *def = model->definition;
    for (size_t slot = 0; status == DS_OK && slot < def->property_count; slot++)
        if (def->properties[slot].required && record_is_set(changes, slot) &&
            record_value(changes, slot).type == DS_NULL)
            status = error_required(model, slot, err);
    return status;
}

ds_status id_coerce(const ds_model *model, ds_value id, arena *memory, ds_value *out, ds_error *err)
{
    const definition *def = model->definition;
    const ds_property *property = &def->properties[def->id_slot];
    if (id.type == DS_NULL)
        return ds_error_set(err, DS_INVALID, "the id of a record of model \"%s\" cannot be null", def->name);
    ds_error reason = {.status = DS_OK};
    ds_status status = coerce_value(property->type, id, memory, out, &reason);
    if (status == DS_INVALID)
        ds_error_set(err, status, "id \"%s\" of model \"%s\": %s", property->name, def->name, reason.message);
    else if (status != DS_OK)
        error_copy(err, &reason);
    return status;
}

const char *id_print(ds_value id, id_text *out)
{
    value_show(id, out->text);
    return out->text;
}

ds_status error_not_found(operation *op, ds_value id)
{
    id_text text;
    return ds_error_set(&op->error, DS_NOT_FOUND, "model \"%s\" has no record with the id %s",
                        op->model->definition->name, id_print(id, &text));
}
