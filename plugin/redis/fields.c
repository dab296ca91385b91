/* Values as arguments: the dialect's text, but JSON text where the property is of type any, so that the value keeps its
 * type. */
#include "fields.h"

#define BASE64_LENGTH(bytes) (((size_t)(bytes) + 2) / 3 * 4)

static bool is_base64(const redis_model *state, size_t slot, ds_value value)
{
    const ds_property *property = ds_model_property(state->model, slot);
    return property != NULL && dialect_is_base64(state->dialect, property->type, value);
}

/* As JSON writes it, which has base64 for binary; of that without the quotes. false: out of memory. */
static bool stored_json(field_text *out, ds_value value, size_t quotes)
{
    out->json = ds_value_to_json(value);
    if (out->json == NULL)
        return false;
    out->bytes = out->json + quotes;
    out->length = strlen(out->json) - 2 * quotes;
    return true;
}

bool field_text_make(field_text *out, const redis_model *state, size_t slot, ds_value value)
{
    const ds_property *property = ds_model_property(state->model, slot);
    out->json = NULL;
    if (property != NULL && property->type == DS_PROPERTY_ANY && (value.type == DS_STRING || value.type == DS_NUMBER))
        return stored_json(out, value, 0);
    if (is_base64(state, slot, value))
        return stored_json(out, value, 1);
    if (property != NULL)
        dialect_text(state->dialect, property->type, value, &out->text);
    else
        ds_value_text(value, &out->text);
    out->bytes = out->text.bytes;
    out->length = out->text.length;
    return true;
}

void field_text_free(field_text *text)
{
    ds_free(text->json);
}

/* A property that is set, and is not the id. */
static bool field_at(const redis_model *state, const ds_record *record, size_t slot, ds_field *out)
{
    return slot != state->id_slot && ds_record_field(record, slot, out);
}

field_counts fields_count(const redis_model *state, const ds_record *record)
{
    field_counts counts = {0, 0, 0};
    ds_field field;
    for (size_t slot = 0; slot < ds_record_slots(record); slot++) {
        if (!field_at(state, record, slot, &field))
            continue;
        if (field.value.type == DS_NULL)
            counts.nulls++;
        else
            counts.values++;
        size_t length = is_base64(state, slot, field.value) ? BASE64_LENGTH(field.value.length) : field.value.length;
        if (length > counts.longest)
            counts.longest = length;
    }
    return counts;
}

static ds_status append_field(redis_request *request, const redis_model *state, size_t slot, const ds_field *field)
{
    field_text text;
    if (!field_text_make(&text, state, slot, field->value))
        return DS_NOMEM;
    request_bytes(request, field->name, field->name_length);
    request_bytes(request, text.bytes, text.length);
    field_text_free(&text);
    return DS_OK;
}

ds_status fields_append(redis_request *request, const redis_model *state, const ds_record *record)
{
    ds_field field;
    for (size_t slot = 0; slot < ds_record_slots(record); slot++)
        if (field_at(state, record, slot, &field) && field.value.type != DS_NULL &&
            append_field(request, state, slot, &field) != DS_OK)
            return DS_NOMEM;
    return DS_OK;
}

/* Whether a record says anything of this property. */
static bool names_field(const ds_record *record, const ds_field *wanted, size_t slot, size_t declared)
{
    ds_field field;
    if (slot < declared)
        return ds_record_field(record, slot, &field);
    for (size_t i = declared; i < ds_record_slots(record); i++)
        if (ds_record_field(record, i, &field) && field.name_length == wanted->name_length &&
            memcmp(field.name, wanted->name, wanted->name_length) == 0)
            return true;
    return false;
}

static bool field_beside(const redis_model *state, const ds_record *record, const ds_record *unless, size_t slot,
                         ds_field *out)
{
    return field_at(state, record, slot, out) && out->value.type != DS_NULL &&
           !names_field(unless, out, slot, ds_model_property_count(state->model));
}

size_t fields_count_beside(const redis_model *state, const ds_record *record, const ds_record *unless)
{
    ds_field field;
    size_t count = 0;
    for (size_t slot = 0; slot < ds_record_slots(record); slot++)
        count += field_beside(state, record, unless, slot, &field);
    return count;
}

ds_status fields_append_beside(redis_request *request, const redis_model *state, const ds_record *record,
                               const ds_record *unless)
{
    ds_field field;
    for (size_t slot = 0; slot < ds_record_slots(record); slot++)
        if (field_beside(state, record, unless, slot, &field) && append_field(request, state, slot, &field) != DS_OK)
            return DS_NOMEM;
    return DS_OK;
}

void fields_append_nulls(redis_request *request, const redis_model *state, const ds_record *record)
{
    ds_field field;
    for (size_t slot = 0; slot < ds_record_slots(record); slot++)
        if (field_at(state, record, slot, &field) && field.value.type == DS_NULL)
            request_bytes(request, field.name, field.name_length);
}

static bool is_absent(const redis_model *state, const ds_record *record, size_t slot)
{
    ds_field field;
    return slot != state->id_slot && (!ds_record_field(record, slot, &field) || field.value.type == DS_NULL);
}

size_t fields_count_absent(const redis_model *state, const ds_record *record)
{
    size_t count = 0;
    for (size_t slot = 0; slot < ds_model_property_count(state->model); slot++)
        count += is_absent(state, record, slot);
    return count;
}

void fields_append_absent(redis_request *request, const redis_model *state, const ds_record *record)
{
    for (size_t slot = 0; slot < ds_model_property_count(state->model); slot++) {
        const ds_property *property = ds_model_property(state->model, slot);
        if (is_absent(state, record, slot))
            request_bytes(request, property->name, property->name_length);
    }
}

ds_status fields_append_expected(redis_request *request, const redis_model *state, const ds_record *expected)
{
    ds_field field;
    for (size_t slot = 0; slot < ds_record_slots(expected); slot++) {
        if (!field_at(state, expected, slot, &field))
            continue;
        request_bytes(request, field.name, field.name_length);
        field_text text = {.bytes = field.raw, .length = field.raw_length};
        if (field.raw == NULL && field.value.type == DS_NULL) {
            request_bytes(request, "", 0);
            continue;
        }
        if (field.raw == NULL && !field_text_make(&text, state, slot, field.value))
            return DS_NOMEM;
        char *room = request_room(request, 1 + text.length);
        if (room != NULL) {
            room[0] = '=';
            if (text.length > 0)
                memcpy(room + 1, text.bytes, text.length);
        }
        field_text_free(&text);
    }
    return DS_OK;
}
