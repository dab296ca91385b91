/* What a step of a batch is checked for, and the write that is made of it: as the function of the same name does. */
#include "source/batch.h"

struct defaults {
    defaults *next;
    const definition *definition;
    ds_record *record; /* NULL: there are none */
};

static ds_status defaults_of(run *self, const definition *def, const ds_record **out, ds_error *err)
{
    const defaults *known = self->defaults;
    while (known != NULL && known->definition != def)
        known = known->next;
    if (known == NULL) {
        defaults *made = arena_zeroed(&self->memory, 1, sizeof *made);
        if (made == NULL)
            return error_nomem(err);
        ds_status status = defaults_make(def, &self->memory, &made->record, err);
        if (status != DS_OK)
            return status;
        made->definition = def;
        made->next = self->defaults;
        self->defaults = made;
        known = made;
    }
    *out = known->record;
    return DS_OK;
}

static ds_value id_of(const ds_model *model, const ds_record *record)
{
    return record_value(record, model->definition->id_slot);
}

static ds_status prepare_create(turn *self, ds_error *err)
{
    self->write.kind = DS_WRITE_CREATE;
    self->write.record = self->of->record;
    return filling_make(&self->filled, self->write.model, self->of->record, err);
}

static ds_status prepare_upsert(run *all, turn *self, ds_error *err)
{
    ds_write *write = &self->write;
    ds_record *record = self->of->record;
    ds_status status = changes_check(write->model, record, err);
    if (status != DS_OK)
        return status;
    self->creates = id_of(write->model, record).type == DS_NULL;
    if (self->creates)
        return prepare_create(self, err);
    write->id = id_of(write->model, record);
    self->lacks = required_missing(write->model->definition, record);
    if (self->lacks != DS_NO_SLOT) {
        write->kind = DS_WRITE_UPDATE;
        write->changes = changes_without_id(record, &all->memory);
        return write->changes != NULL ? DS_OK : error_nomem(err);
    }
    write->record = record;
    return defaults_of(all, write->model->definition, &write->defaults, err);
}

static ds_status prepare_replace_or_create(turn *self, ds_error *err)
{
    ds_write *write = &self->write;
    ds_record *record = self->of->record;
    ds_status status = record_check(write->model, record, err);
    if (status != DS_OK)
        return status;
    self->creates = id_of(write->model, record).type == DS_NULL;
    if (self->creates)
        return prepare_create(self, err);
    write->record = record;
    status = filling_defaults(&self->filled, write->model, record, err);
    write->id = id_of(write->model, record);
    return status;
}

static ds_status prepare_replace(run *all, turn *self, ds_error *err)
{
    ds_write *write = &self->write;
    ds_status status =
        whole_make(write->model, write->id, self->of->given, &all->memory, &self->filled, &write->record, err);
    if (status == DS_OK)
        write->id = id_of(write->model, write->record);
    return status;
}

static ds_status prepare_increment(run *all, turn *self, ds_error *err)
{
    const step *of = self->of;
    self->write.property = of->property;
    self->write.now = &self->now;
    return increment_check(self->write.model, of->property, &self->write.slot, of->by, &all->memory, &self->write.by,
                           err);
}

static ds_status prepare_expire(turn *self, ds_error *err)
{
    self->write.ttl_ms = self->of->ttl_ms;
    return expiry_check(self->write.model, true, self->of->ttl_ms, err);
}

static ds_status prepare_of_id(run *all, turn *self, ds_error *err)
{
    const step *of = self->of;
    ds_status status = of->kind == DS_WRITE_EXPIRE ? prepare_expire(self, err) : DS_OK;
    if (status == DS_OK)
        status = id_coerce(of->model, of->id, &all->memory, &self->write.id, err);
    if (status != DS_OK)
        return status;
    switch (of->kind) {
    case DS_WRITE_UPDATE:
        return changes_of(of->model, self->write.id, of->given, &all->memory, &self->write.changes, err);
    case DS_WRITE_REPLACE:
        return prepare_replace(all, self, err);
    case DS_WRITE_INCREMENT:
        return prepare_increment(all, self, err);
    default:
        return DS_OK;
    }
}

ds_status turn_prepare(run *all, turn *self, ds_error *err)
{
    const step *of = self->of;
    self->lacks = DS_NO_SLOT;
    self->write = (ds_write){.size = sizeof self->write, .kind = of->kind, .model = of->model, .slot = DS_NO_SLOT};
    ds_status status = model_check(of->model, err);
    if (status != DS_OK)
        return status;
    const char *name = of->model->definition->name;
    if (of->model->source != all->batch->source)
        return ds_error_set(err, DS_INVALID, "the model \"%s\" is on the data source \"%s\", and not on the batch's",
                            name, of->model->source->name);
    if (of->repeats)
        return ds_error_set(err, DS_INVALID, "a record of model \"%s\" is in the batch already", name);
    switch (of->kind) {
    case DS_WRITE_CREATE:
        return prepare_create(self, err);
    case DS_WRITE_UPSERT:
        return prepare_upsert(all, self, err);
    case DS_WRITE_REPLACE_OR_CREATE:
        return prepare_replace_or_create(self, err);
    default:
        return prepare_of_id(all, self, err);
    }
}
