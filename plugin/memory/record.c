/* Records as they are kept: without nulls, and never changed once they are to be seen; a change makes a new one. */
#include "memory.h"

#include <time.h>

int64_t memory_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

ds_value record_field(const ds_record *record, size_t slot)
{
    ds_field field;
    return ds_record_field(record, slot, &field) ? field.value : ds_null();
}

static bool is_declared(const ds_model *model, size_t slot)
{
    return slot < ds_model_property_count(model);
}

static ds_status record_add(const ds_model *model, ds_record *to, size_t slot, const ds_field *field)
{
    if (field->value.type == DS_NULL)
        return DS_OK;
    if (is_declared(model, slot))
        return ds_record_put(to, slot, field->value);
    return ds_record_put_named(to, field->name, field->name_length, field->value);
}

/* Whether the record sets a property, to null even; undeclared ones are known by their names. */
static bool record_sets(const ds_model *model, const ds_record *record, size_t slot, const ds_field *of)
{
    ds_field field;
    if (is_declared(model, slot))
        return ds_record_field(record, slot, &field);
    for (size_t i = ds_model_property_count(model); i < ds_record_slots(record); i++)
        if (ds_record_field(record, i, &field) && field.name_length == of->name_length &&
            memcmp(field.name, of->name, of->name_length) == 0)
            return true;
    return false;
}

/* Adds the fields of `from` that `over` (NULL: nothing) does not set. */
static ds_status record_add_all(const ds_model *model, ds_record *to, const ds_record *from, const ds_record *over)
{
    ds_field field;
    ds_status status = DS_OK;
    for (size_t i = 0; i < ds_record_slots(from) && status == DS_OK; i++)
        if (ds_record_field(from, i, &field) && (over == NULL || !record_sets(model, over, i, &field)))
            status = record_add(model, to, i, &field);
    return status;
}

static ds_status record_join(const ds_model *model, const ds_record *under, const ds_record *over, ds_record *joined)
{
    ds_status status = record_add_all(model, joined, over, NULL);
    return status == DS_OK && under != NULL ? record_add_all(model, joined, under, over) : status;
}

/* A copy takes no more memory than it needs; what is put together does. */
static ds_status record_joined(const ds_model *model, const ds_record *under, const ds_record *over, ds_record **out)
{
    ds_record *joined = ds_record_new(model);
    *out = NULL;
    ds_status status = joined == NULL ? DS_NOMEM : record_join(model, under, over, joined);
    if (status == DS_OK)
        status = ds_record_copy(joined, out, NULL);
    ds_record_free(joined);
    return status;
}

/* Whether a copy of it can be kept: no nulls, and no text of another backend beside a value. */
static bool record_is_plain(const ds_record *record)
{
    ds_field field;
    for (size_t i = 0; i < ds_record_slots(record); i++)
        if (ds_record_field(record, i, &field) && (field.value.type == DS_NULL || field.raw != NULL))
            return false;
    return true;
}

ds_status record_stored(const ds_model *model, const ds_record *from, const ds_record *defaults, ds_record **out)
{
    if (defaults == NULL && record_is_plain(from))
        return ds_record_copy(from, out, NULL);
    return record_joined(model, defaults, from, out);
}

ds_status record_merged(const ds_model *model, const ds_record *old, const ds_record *changed, ds_record **out)
{
    return record_joined(model, old, changed, out);
}

ds_status record_with(const ds_model *model, const ds_record *old, size_t slot, const char *property, ds_value value,
                      ds_record **out)
{
    ds_record *change = ds_record_new(model);
    if (change == NULL)
        return DS_NOMEM;
    ds_text text;
    ds_status status;
    if (slot != DS_NO_SLOT)
        status = ds_record_put(change, slot, value);
    else {
        ds_value_text(value, &text);
        status = ds_record_put_named(change, property, strlen(property), ds_string_n(text.bytes, text.length));
    }
    if (status == DS_OK)
        status = record_merged(model, old, change, out);
    ds_record_free(change);
    return status;
}

ds_status version_new(ds_record *record, int64_t expires, const char *extra, size_t extra_length, version **out)
{
    version *v = ds_malloc(sizeof *v + extra_length);
    *out = v;
    if (v == NULL) {
        ds_record_free(record);
        return DS_NOMEM;
    }
    atomic_init(&v->holders, 1);
    atomic_init(&v->expires, expires);
    v->record = record;
    v->stored = 0;
    v->extra_length = extra_length;
    if (extra_length > 0)
        memcpy(v->extra, extra, extra_length);
    return DS_OK;
}

bool version_is_due(const version *v, int64_t now)
{
    return atomic_load_explicit(&v->expires, memory_order_relaxed) <= now;
}

version *version_hold(version *v)
{
    atomic_fetch_add_explicit(&v->holders, 1, memory_order_relaxed);
    return v;
}

void version_release(version *v)
{
    if (v == NULL || atomic_fetch_sub_explicit(&v->holders, 1, memory_order_acq_rel) != 1)
        return;
    ds_record_free(v->record);
    ds_free(v);
}
