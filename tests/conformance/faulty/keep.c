/* The list of a model's records, and what becomes of a value on its way into it. */
#include "faulty.h"

#include <string.h>

const char *id_name(const ds_model *model)
{
    return ds_model_property(model, ds_model_id_slot(model))->name;
}

int64_t now_ms(void)
{
    return ds_now() / 1000000;
}

static ds_value cut(const shop *s, ds_value id)
{
    if (s->fault == FAULT_IDS_CUT && id.type == DS_STRING)
        id.length = (uint32_t)strnlen(id.as.string, id.length);
    return id;
}

size_t shelf_find(const shop *s, shelf *self, const ds_model *model, ds_value id)
{
    const char *name = id_name(model);
    size_t i = 0;
    shelf_sweep(s, self);
    while (i < self->count && ds_value_compare(ds_record_get(self->items[i].record, name), cut(s, id)) != 0)
        i++;
    return i;
}

/* A value as it is kept; false: it is not. */
static bool kept(const shop *s, const ds_model *model, size_t slot, ds_value *value)
{
    switch (s->fault) {
    case FAULT_FIELD_LOST:
        return slot >= ds_model_property_count(model) || ds_model_property(model, slot)->type != DS_PROPERTY_ARRAY;
    case FAULT_UNDECLARED_LOST:
        return slot < ds_model_property_count(model);
    case FAULT_EMPTY_IS_NULL:
        return value->type != DS_STRING || value->length > 0;
    case FAULT_INTEGERS_ROUNDED:
        if (value->type == DS_INTEGER && (double)value->as.integer < 0x1p63)
            value->as.integer = (int64_t)(double)value->as.integer;
        return true;
    case FAULT_SECONDS_ONLY:
        if (value->type == DS_DATE)
            value->as.date -= (value->as.date % 1000 + 1000) % 1000;
        return true;
    case FAULT_IDS_CUT:
        if (slot == ds_model_id_slot(model))
            *value = cut(s, *value);
        return true;
    default:
        return true;
    }
}

static bool sets(const ds_record *record, const ds_field *field)
{
    ds_field own;
    for (size_t slot = 0; slot < ds_record_slots(record); slot++)
        if (ds_record_field(record, slot, &own) && own.name_length == field->name_length &&
            memcmp(own.name, field->name, field->name_length) == 0)
            return true;
    return false;
}

/* All that `from` holds, but for what `over` says anew. */
static bool put_all(const shop *s, const ds_model *model, ds_record *to, const ds_record *from, const ds_record *over)
{
    ds_field field;
    bool good = true;
    for (size_t slot = 0; good && slot < ds_record_slots(from); slot++) {
        if (!ds_record_field(from, slot, &field) || field.value.type == DS_NULL || (over != NULL && sets(over, &field)))
            continue;
        if (kept(s, model, slot, &field.value))
            good = ds_record_put_named(to, field.name, field.name_length, field.value) == DS_OK;
    }
    return good;
}

ds_record *merged(const shop *s, const ds_model *model, const ds_record *base, const ds_record *changes)
{
    ds_record *made = ds_record_new(model);
    const ds_record *over = s->fault == FAULT_NULL_KEPT ? NULL : changes;
    if (made == NULL || (base != NULL && !put_all(s, model, made, base, over)) ||
        !put_all(s, model, made, changes, NULL)) {
        ds_record_free(made);
        return NULL;
    }
    return made;
}

ds_status shelf_add(const shop *s, shelf *self, const ds_model *model, ds_record *record)
{
    ds_value ttl = ds_model_setting(model, "ttl"), id = ds_record_get(record, id_name(model));
    if (self->count == self->room) {
        size_t room = self->room * 2 + 64;
        item *items = ds_realloc(self->items, room * sizeof *items);
        if (items == NULL) {
            ds_record_free(record);
            return DS_NOMEM;
        }
        self->items = items;
        self->room = room;
    }
    if (id.type == DS_INTEGER && id.as.integer > self->last && s->fault != FAULT_SEQUENCE_NOT_RAISED)
        self->last = id.as.integer;
    self->items[self->count++] = (item){record, ttl.type == DS_INTEGER ? now_ms() + ttl.as.integer : DS_NO_DEADLINE};
    return DS_OK;
}

void shelf_remove(shelf *self, size_t at)
{
    ds_record_free(self->items[at].record);
    memmove(self->items + at, self->items + at + 1, (--self->count - at) * sizeof *self->items);
}

void shelf_sweep(const shop *s, shelf *self)
{
    int64_t now = now_ms();
    for (size_t i = self->count; i-- > 0 && s->fault != FAULT_EXPIRED_FOUND;)
        if (self->items[i].ends <= now)
            shelf_remove(self, i);
}

void shelf_free(shelf *self)
{
    for (size_t i = 0; i < self->count; i++)
        ds_record_free(self->items[i].record);
    ds_free(self->items);
    ds_free(self);
}
