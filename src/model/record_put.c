/* What a connector does with a record: putting values, or a backend's text, and asking whether a record still holds
 * what it held. Nothing is coerced: text that does not read as its property's type is a string. */
#include "model/record_slots.h"

#include <jansson.h>

/* Apart, so that numbers go the short way. */
static __attribute__((noinline)) ds_status put_bytes(ds_record *record, size_t slot, ds_value value)
{
    if (record->places != NULL)
        return record_store(record, slot, value);
    value.as.string = arena_copy(record->arena, value.as.binary, value.length);
    if (value.as.string == NULL)
        return DS_NOMEM;
    record->values[slot] = value;
    slot_changed(record, slot);
    return DS_OK;
}

ds_status ds_record_put(ds_record *record, size_t slot, ds_value value)
{
    if (record == NULL || slot >= record->count || value.type == DS_TOO_LONG)
        return DS_INVALID;
    if (record->places != NULL || value_has_bytes(value))
        return put_bytes(record, slot, value);
    record->values[slot] = value;
    slot_changed(record, slot);
    return DS_OK;
}

ds_status ds_record_put_named(ds_record *record, const char *name, size_t length, ds_value value)
{
    if (record == NULL || name == NULL || value.type == DS_TOO_LONG)
        return DS_INVALID;
    size_t slot;
    ds_status status = record_slot_for(record, name, length, &slot);
    return status != DS_OK || slot == DS_NO_SLOT ? status : record_store(record, slot, value);
}

ds_status ds_record_put_raw(ds_record *record, size_t slot, const char *raw, size_t length)
{
    if (record == NULL || raw == NULL || slot >= record->count || (record->states[slot] & SLOT_SET) == 0)
        return DS_INVALID;
    return record_store_raw(record, slot, raw, length);
}

/* ---- text ---- */

/* Whether the text of a number is what number_print() writes, found without printing: up to 15 digits come back from a
 * double (DBL_DIG), so that only their layout matters. No where that is not sure. */
static bool number_is_plain(const char *text, size_t length)
{
    const char *digits = text[0] == '-' ? text + 1 : text, *end = text + length;
    const char *point = memchr(digits, '.', (size_t)(end - digits));
    if (end - digits > 16 || (end - digits == 16 && point == NULL))
        return false;
    for (const char *at = digits; at != end; at++)
        if ((*at < '0' || *at > '9') && at != point)
            return false; /* an exponent */
    if (point == NULL)
        return digits[0] != '0';
    return end[-1] != '0' && (digits[0] != '0' || point[1] != '0');
}

/* Of a date: each of its digits counts then, and there is no other way to write the same. */
static bool date_is_plain(const char *text, size_t length)
{
    return length == sizeof "yyyy-mm-ddThh:mm:ss.fffZ" - 1 && text[10] == 'T' && text[19] == '.' && text[23] == 'Z';
}

static bool is_canonical(ds_value value, const char *text, size_t length)
{
    ds_text canonical;
    if (value.type == DS_BOOLEAN || (value.type == DS_INTEGER && value.as.integer != 0))
        return true; /* there is no other way to write one */
    if (value.type == DS_NUMBER && number_is_plain(text, length))
        return true;
    if (value.type == DS_DATE && date_is_plain(text, length))
        return true;
    ds_value_text(value, &canonical);
    return canonical.length == length && memcmp(canonical.bytes, text, length) == 0;
}

static ds_status put_scalar(ds_record *record, size_t slot, ds_type type, const char *text, size_t length)
{
    ds_value value;
    if (ds_value_parse(type, text, length, &value) != DS_OK)
        return record_store(record, slot, ds_string_n(text, length));
    ds_status status = record_store(record, slot, value);
    if (status == DS_OK && !is_canonical(value, text, length))
        status = record_store_raw(record, slot, text, length);
    return status;
}

/* Stores a value that was read from JSON text, which stays beside it where it is not what we would write. */
static ds_status store_json(ds_record *record, size_t slot, ds_value value, const char *text, size_t length)
{
    ds_buffer canonical = {0};
    json_write(&canonical, value);
    ds_status status = canonical.failed ? DS_NOMEM : record_store(record, slot, value);
    if (status == DS_OK &&
        (value.type == DS_NULL || canonical.length != length || memcmp(canonical.text, text, length) != 0))
        status = record_store_raw(record, slot, text, length);
    buffer_free(&canonical);
    return status;
}

static bool json_fits(ds_property_type type, const json_t *json)
{
    if (type == DS_PROPERTY_OBJECT)
        return json_is_object(json);
    return type == DS_PROPERTY_ARRAY ? json_is_array(json) : true;
}

static ds_status put_json(ds_record *record, size_t slot, ds_property_type type, const char *text, size_t length)
{
    json_t *json = NULL;
    arena scratch = {0};
    ds_value value;
    ds_status status = json_load(text, length, &json, NULL);
    if (status == DS_OK)
        status = json_fits(type, json) ? json_to_value(json, &scratch, &value, NULL) : DS_INVALID;
    if (status == DS_OK)
        status = store_json(record, slot, value, text, length);
    else if (status == DS_INVALID) {
        status = record_store(record, slot, ds_string_n(text, length));
        if (status == DS_OK && type == DS_PROPERTY_ANY) /* whose strings are stored in quotes */
            status = record_store_raw(record, slot, text, length);
    }
    arena_free(&scratch);
    json_decref(json);
    return status;
}

ds_status ds_record_put_text(ds_record *record, size_t slot, const char *text, size_t length)
{
    if (record == NULL || text == NULL || slot >= record->count || length >= UINT32_MAX)
        return DS_INVALID;
    if (slot >= record->definition->property_count)
        return record_store(record, slot, ds_string_n(text, length));
    ds_property_type type = record->definition->properties[slot].type;
    switch (type) {
    case DS_PROPERTY_STRING:
        return record_store(record, slot, ds_string_n(text, length));
    case DS_PROPERTY_BINARY:
        return record_store(record, slot, ds_binary(text, length));
    case DS_PROPERTY_INTEGER:
        return put_scalar(record, slot, DS_INTEGER, text, length);
    case DS_PROPERTY_NUMBER:
        return put_scalar(record, slot, DS_NUMBER, text, length);
    case DS_PROPERTY_BOOLEAN:
        return put_scalar(record, slot, DS_BOOLEAN, text, length);
    case DS_PROPERTY_DATE:
        return put_scalar(record, slot, DS_DATE, text, length);
    case DS_PROPERTY_OBJECT:
    case DS_PROPERTY_ARRAY:
    case DS_PROPERTY_ANY:
        break;
    }
    return put_json(record, slot, type, text, length);
}

/* ---- what a record still holds ---- */

/* Whether raw text is what would be written for a value: of type any, JSON. */
static bool is_text_of(const char *raw, size_t length, ds_value value, bool is_any)
{
    ds_buffer json = {0};
    ds_text text;
    ds_value_text(value, &text);
    if (is_any) {
        json_write(&json, value);
        text.bytes = json.text;
        text.length = json.length;
    }
    bool same = !json.failed && text.length == length && memcmp(text.bytes, raw, length) == 0;
    buffer_free(&json);
    return same;
}

static bool field_holds(const ds_field *field, const ds_field *expected, bool is_any)
{
    if (field->raw == NULL && expected->raw == NULL)
        return field->value.type == expected->value.type && ds_value_compare(field->value, expected->value) == 0;
    if (field->raw == NULL)
        return is_text_of(expected->raw, expected->raw_length, field->value, is_any);
    if (expected->raw == NULL)
        return is_text_of(field->raw, field->raw_length, expected->value, is_any);
    return field->raw_length == expected->raw_length && memcmp(field->raw, expected->raw, field->raw_length) == 0;
}

static bool slot_is_any(const definition *def, size_t slot)
{
    return slot < def->property_count && def->properties[slot].type == DS_PROPERTY_ANY;
}

bool ds_record_holds(const ds_record *record, const ds_record *expected)
{
    ds_field has, wants;
    if (record == NULL || expected == NULL)
        return false;
    for (size_t i = 0; i < expected->count; i++) {
        if (!ds_record_field(expected, i, &wants))
            continue;
        bool same = record->definition == expected->definition && i < record->definition->property_count;
        size_t slot = same ? i : record_find(record, wants.name, wants.name_length);
        if (!ds_record_field(record, slot, &has))
            has = (ds_field){.value = ds_null()};
        if (!field_holds(&has, &wants, slot_is_any(record->definition, slot)))
            return false;
    }
    return true;
}
