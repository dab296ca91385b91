/* Records as bytes of the file and back: by name and with their own types, so that they can be read before, and
 * whatever, the definition of their model. What a definition has changed since is read as another backend's text would
 * be. */
#include "memory.h"

static void add_id(bytes *to, const table *t, ds_value id)
{
    ds_text text;
    ds_value_text(id, &text);
    bytes_add_text(to, t->name, strlen(t->name));
    bytes_add_text(to, text.bytes, text.length);
}

static uint64_t number_bits(double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

static void add_value(bytes *to, ds_value value)
{
    static const char letters[] = {[DS_NULL] = '0',   [DS_BOOLEAN] = 'f', [DS_INTEGER] = 'i', [DS_NUMBER] = 'n',
                                   [DS_STRING] = 's', [DS_BINARY] = 'b',  [DS_DATE] = 'd',    [DS_JSON] = 'j'};
    bytes_add_byte(to, value.type == DS_BOOLEAN && value.as.boolean ? 't' : (unsigned char)letters[value.type]);
    if (value.type == DS_INTEGER || value.type == DS_DATE)
        bytes_add_number(to, (uint64_t)(value.type == DS_DATE ? value.as.date : value.as.integer), 8);
    else if (value.type == DS_NUMBER)
        bytes_add_number(to, number_bits(value.as.number), 8);
    else if (value.type == DS_STRING || value.type == DS_BINARY || value.type == DS_JSON)
        bytes_add_text(to, value.as.binary, value.length);
}

static ds_value read_value(reading *from)
{
    size_t length;
    uint64_t bits;
    double number;
    const char *text;
    unsigned letter = (unsigned)reading_number(from, 1);
    switch (letter) {
    case 't':
    case 'f':
        return ds_boolean(letter == 't');
    case 'i':
        return ds_integer((int64_t)reading_number(from, 8));
    case 'd':
        return ds_date((int64_t)reading_number(from, 8));
    case 'n':
        bits = reading_number(from, 8);
        memcpy(&number, &bits, sizeof number);
        return ds_number(number);
    case 's':
    case 'b':
    case 'j':
        text = reading_text(from, &length);
        return ds_bytes_value(letter == 's' ? DS_STRING : letter == 'b' ? DS_BINARY : DS_JSON, text, length);
    default:
        from->failed = true;
        return ds_null();
    }
}

size_t codec_put(bytes *to, const table *t, const version *v)
{
    size_t start = to->length;
    bytes_add_byte(to, 'P');
    add_id(to, t, record_field(v->record, t->id_slot));
    bytes_add_number(to, (uint64_t)atomic_load(&v->expires), 8);
    size_t at = to->length;
    bytes_add_number(to, 0, 8);
    ds_field field;
    for (size_t i = 0; i < ds_record_slots(v->record); i++)
        if (ds_record_field(v->record, i, &field) && field.value.type != DS_NULL) {
            bytes_add_text(to, field.name, field.name_length);
            add_value(to, field.value);
        }
    bytes_add(to, v->extra, v->extra_length);
    if (!to->failed)
        bytes_store(to->data + at, to->length - at - 8, 8);
    return to->length - start;
}

size_t codec_put_shelved(bytes *to, const table *t, const shelved *s)
{
    size_t start = to->length;
    bytes_add_byte(to, 'P');
    bytes_add_text(to, t->name, strlen(t->name));
    bytes_add_text(to, s->bytes, s->id_length);
    bytes_add_number(to, (uint64_t)s->expires, 8);
    bytes_add_number(to, s->length, 8);
    bytes_add(to, s->bytes + s->id_length, s->length);
    return to->length - start;
}

void codec_drop(bytes *to, const table *t, ds_value id)
{
    bytes_add_byte(to, 'D');
    add_id(to, t, id);
}

void codec_expire(bytes *to, const table *t, ds_value id, int64_t expires)
{
    bytes_add_byte(to, 'E');
    add_id(to, t, id);
    bytes_add_number(to, (uint64_t)expires, 8);
}

void codec_sequence(bytes *to, const table *t)
{
    bytes_add_byte(to, 'S');
    bytes_add_text(to, t->name, strlen(t->name));
    bytes_add_number(to, (uint64_t)atomic_load(&t->sequence), 8);
}

/* ---- back ---- */

static bool fits(ds_property_type type, ds_value value)
{
    switch (type) {
    case DS_PROPERTY_STRING:
        return value.type == DS_STRING;
    case DS_PROPERTY_INTEGER:
        return value.type == DS_INTEGER;
    case DS_PROPERTY_NUMBER:
        return value.type == DS_NUMBER;
    case DS_PROPERTY_BOOLEAN:
        return value.type == DS_BOOLEAN;
    case DS_PROPERTY_DATE:
        return value.type == DS_DATE;
    case DS_PROPERTY_BINARY:
        return value.type == DS_BINARY;
    case DS_PROPERTY_OBJECT:
    case DS_PROPERTY_ARRAY:
        return value.type == DS_JSON && value.length > 0 &&
               value.as.string[0] == (type == DS_PROPERTY_OBJECT ? '{' : '[');
    case DS_PROPERTY_ANY:
        return value.type != DS_DATE && value.type != DS_BINARY;
    }
    return false;
}

/* A value of the type that the property had once. */
static ds_status put_declared(const ds_model *model, ds_record *record, size_t slot, ds_value value)
{
    if (fits(ds_model_property(model, slot)->type, value))
        return ds_record_put(record, slot, value);
    ds_text text;
    ds_field field;
    ds_value_text(value, &text);
    ds_status status = ds_record_put_text(record, slot, text.bytes, text.length);
    if (status == DS_OK && ds_record_field(record, slot, &field) && field.raw != NULL)
        status = ds_record_put(record, slot, field.value); /* what is kept here is the value */
    return status;
}

static ds_status put_undeclared(ds_record *record, const char *name, size_t length, ds_value value)
{
    ds_text text;
    ds_value_text(value, &text);
    return ds_record_put_named(record, name, length, ds_string_n(text.bytes, text.length));
}

static ds_status put_fields(const ds_model *model, ds_record *record, reading *from, bytes *extra)
{
    ds_status status = DS_OK;
    while (from->at < from->end && status == DS_OK) {
        size_t length;
        const char *start = from->at, *name = reading_text(from, &length);
        ds_value value = read_value(from);
        if (from->failed)
            return DS_BACKEND;
        size_t slot = ds_model_slot(model, name, length);
        if (slot != DS_NO_SLOT)
            status = put_declared(model, record, slot, value);
        else if (ds_model_is_strict(model))
            bytes_add(extra, start, (size_t)(from->at - start));
        else
            status = put_undeclared(record, name, length, value);
    }
    return status;
}

static ds_status decode_into(const table *t, const shelved *from, ds_record *record, bytes *extra)
{
    const char *fields = from->bytes + from->id_length;
    reading left = {.at = fields, .end = fields + from->length};
    ds_status status = put_fields(t->model, record, &left, extra);
    if (status == DS_OK && record_field(record, t->id_slot).type == DS_NULL)
        status = ds_record_put_text(record, t->id_slot, from->bytes, from->id_length);
    return status == DS_OK && extra->failed ? DS_NOMEM : status;
}

ds_status codec_decode(const table *t, const shelved *from, version **out)
{
    bytes extra = {0};
    ds_record *read = ds_record_new(t->model), *record = NULL;
    ds_status status = read == NULL ? DS_NOMEM : decode_into(t, from, read, &extra);
    if (status == DS_OK)
        status = ds_record_copy(read, &record, NULL); /* without room to spare */
    ds_record_free(read);
    *out = NULL;
    if (status == DS_OK)
        status = version_new(record, from->expires, extra.data, extra.length, out);
    if (status == DS_OK)
        (*out)->stored = from->stored;
    bytes_free(&extra);
    return status;
}
