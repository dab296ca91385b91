/* What a host does with a record: setting properties, checked and coerced, with the first failure kept; and what became
 * of it. */
#include "model/coerce.h"
#include "model/record_slots.h"
#include "model/text.h"

/* ---- failures and outcomes: few records have one, so the 512 bytes are made for these alone ---- */

static void keep_error(ds_record *record, ds_error **place, const ds_error *error)
{
    if (error == NULL)
        return;
    if (*place == NULL)
        *place = record->standalone ? ds_malloc(sizeof **place) : arena_alloc(record->arena, sizeof **place);
    if (*place != NULL)
        **place = *error;
}

static ds_status report_error(ds_status status, const ds_error *kept, ds_error *err)
{
    if (status == DS_NOMEM)
        return error_nomem(err);
    return kept != NULL ? error_copy(err, kept)
                        : ds_error_set(err, status, "there was no memory to keep what is wrong");
}

ds_status record_fail(ds_record *record, ds_status status, const ds_error *why)
{
    if (record->failed == DS_OK) {
        record->failed = status;
        keep_error(record, &record->failure, status == DS_NOMEM ? NULL : why);
    }
    return status;
}

ds_status record_failure(const ds_record *record, ds_error *err)
{
    if (record == NULL)
        return ds_error_set(err, DS_INVALID, "there is no record: NULL was given for it");
    return record->failed == DS_OK ? DS_OK : report_error(record->failed, record->failure, err);
}

void record_set_outcome(ds_record *record, const ds_error *error)
{
    record->has_outcome = true;
    record->outcome_status = error->status;
    if (error->status != DS_OK)
        keep_error(record, &record->outcome, error);
}

ds_status ds_record_outcome(const ds_record *record, ds_error *err)
{
    if (record == NULL)
        return ds_error_set(err, DS_INVALID, "there is no record: NULL was given for it");
    if (!record->has_outcome)
        return ds_error_set(err, DS_INVALID, "this record of the model \"%s\" was in no operation on an array yet",
                            record->definition->name);
    return record->outcome_status == DS_OK ? DS_OK : report_error(record->outcome_status, record->outcome, err);
}

/* ---- setting ---- */

static ds_status wrong_value(const ds_record *record, const char *name, size_t length, const char *reason,
                             ds_error *why)
{
    return ds_error_set(why, DS_INVALID, "the property \"%.*s\" of the model \"%s\" cannot be set: %s",
                        (int)(length < 200 ? length : 200), name, record->definition->name, reason);
}

/* Where the value is to go. */
static ds_status slot_to_set(ds_record *record, const char *name, size_t length, size_t *slot, ds_error *why)
{
    if (name == NULL)
        return ds_error_set(why, DS_INVALID, "a property of the model \"%s\" cannot be set without its name",
                            record->definition->name);
    *slot = record_find(record, name, length);
    if (*slot != DS_NO_SLOT)
        return DS_OK;
    if (record->definition->strict)
        return ds_error_set(why, DS_INVALID, "the model \"%s\" has no property \"%.*s\"", record->definition->name,
                            (int)(length < 200 ? length : 200), name);
    if (length >= UINT32_MAX || !utf8_valid(name, length))
        return wrong_value(record, "?", 1, "its name is not UTF-8, or 4 GiB long", why);
    return record_slot_for(record, name, length, slot);
}

/* What an id must be, and what an index can hold (DESIGN.md 7); NULL: nothing is wrong. */
static const char *key_fault(const definition *def, size_t slot, ds_value value)
{
    if (slot >= def->property_count || !def->keyed[slot] || !value_has_bytes(value))
        return NULL;
    if (slot == def->id_slot && value.length == 0)
        return "an id cannot be empty";
    if (value.length <= DEFINITION_KEY_MAX)
        return NULL;
    return slot == def->id_slot ? "an id is at most 4096 bytes long"
                                : "it has an index, and so is at most 4096 bytes long";
}

static ds_status coerced(const ds_record *record, size_t slot, ds_value value, arena *memory, ds_value *out,
                         ds_error *why)
{
    const definition *def = record->definition;
    ds_error reason;
    ds_status status = slot < def->property_count
                           ? coerce_value(def->properties[slot].type, value, memory, out, &reason)
                           : coerce_text(value, memory, out, &reason);
    const char *fault = status == DS_OK ? key_fault(def, slot, *out) : reason.message;
    if (fault == NULL || status == DS_NOMEM)
        return status;
    const char *name;
    size_t length;
    record_slot_name(record, slot, &name, &length);
    return wrong_value(record, name, length, fault, why);
}

/* The first bytes of a slot go straight into the record's arena; later ones are made beside it and written over them.
 */
static ds_status set_slot(ds_record *record, size_t slot, ds_value value, ds_error *why)
{
    ds_value out;
    if (value.type == DS_NULL)
        return record_store(record, slot, value);
    if (record->places == NULL || (record->places[slot].bytes == NULL && record->failed == DS_OK)) {
        ds_status status = coerced(record, slot, value, record->arena, &out, why);
        if (status == DS_OK)
            record_adopt(record, slot, out);
        return status;
    }
    arena scratch = {0};
    ds_status status = coerced(record, slot, value, &scratch, &out, why);
    if (status == DS_OK)
        status = record_store(record, slot, out);
    arena_free(&scratch);
    return status;
}

ds_status record_set_named(ds_record *record, const char *name, size_t length, ds_value value)
{
    size_t slot;
    ds_error why;
    ds_status status = slot_to_set(record, name, length, &slot, &why);
    if (status == DS_OK)
        status = set_slot(record, slot, value, &why);
    return status == DS_OK ? DS_OK : record_fail(record, status, &why);
}

ds_status ds_record_set(ds_record *record, const char *property, ds_value value)
{
    if (record == NULL)
        return DS_INVALID;
    return record_set_named(record, property, property == NULL ? 0 : strlen(property), value);
}
