/* What a model says about itself: the accessors of model.h, and the connector's state of it. */
#include "config/settings.h"
#include "model/definition.h"

const char *ds_model_name(const ds_model *model)
{
    return model == NULL ? NULL : model->definition->name;
}

size_t ds_model_property_count(const ds_model *model)
{
    return model == NULL ? 0 : model->definition->property_count;
}

const ds_property *ds_model_property(const ds_model *model, size_t slot)
{
    return slot < ds_model_property_count(model) ? &model->definition->properties[slot] : NULL;
}

size_t ds_model_slot(const ds_model *model, const char *name, size_t length)
{
    return model == NULL || name == NULL ? DS_NO_SLOT : definition_slot(model->definition, name, length);
}

size_t ds_model_id_slot(const ds_model *model)
{
    return model == NULL ? DS_NO_SLOT : model->definition->id_slot;
}

size_t ds_model_index_count(const ds_model *model)
{
    return model == NULL ? 0 : model->definition->index_count;
}

const ds_index *ds_model_index(const ds_model *model, size_t i)
{
    return i < ds_model_index_count(model) ? &model->definition->indexes[i] : NULL;
}

bool ds_model_is_schemaless(const ds_model *model)
{
    return model != NULL && model->definition->schemaless;
}

bool ds_model_is_strict(const ds_model *model)
{
    return model != NULL && model->definition->strict;
}

ds_value ds_model_setting(const ds_model *model, const char *path)
{
    if (model == NULL || path == NULL || model->settings == NULL)
        return ds_null();
    return settings_get(model->settings, path);
}

void *ds_model_state(const ds_model *model)
{
    if (model == NULL)
        return NULL;
    return model->original == NULL ? model->state : model->original->state;
}
