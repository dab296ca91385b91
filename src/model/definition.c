/* Builds definitions and answers where a property stands. A definition is filled by one thread, finished once and read
 * by any number after; all of it but the struct itself lives in its arena. */
#include "model/definition.h"

#include "model/coerce.h"
#include "model/text.h"

#define SLOTS_MAX (UINT32_MAX / 4)

/* FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/): names are short, and their order says nothing. */
uint32_t name_hash(const char *name, size_t length)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    return hash;
}

static bool name_is(const char *name, size_t length, const char *other, size_t other_length)
{
    return length == other_length && memcmp(name, other, length) == 0;
}

/* A bigger array in the arena in place of a full one; the old one is left to the arena. */
static void *array_grown(arena *memory, void *array, size_t count, size_t size)
{
    if (count != 0 && (count & (count - 1)) != 0)
        return array;
    void *grown = arena_alloc(memory, (count == 0 ? 1 : 2 * count) * size);
    if (grown != NULL && count != 0)
        memcpy(grown, array, count * size);
    return grown;
}

static bool model_name_allowed(const char *name, size_t length)
{
    if (length == 0 || !utf8_valid(name, length))
        return false;
    for (size_t i = 0; i < length; i++)
        if (name[i] == '\0' || strchr("#:{}", name[i]) != NULL)
            return false;
    return true;
}

ds_status definition_new(const char *name, size_t length, definition **out, ds_error *err)
{
    if (!model_name_allowed(name, length))
        return ds_error_set(
            err, DS_CONFIG,
            "a model cannot be named \"%.*s\": a name is UTF-8 text, not empty, without '#', ':', '{', '}' and NUL",
            (int)(length < 100 ? length : 100), name);
    definition *made = ds_calloc(1, sizeof *made);
    if (made == NULL)
        return error_nomem(err);
    made->name = arena_copy(&made->arena, name, length);
    made->settings_json = arena_copy(&made->arena, "{}", 2);
    made->id_slot = DS_NO_SLOT;
    made->version_slot = DS_NO_SLOT;
    made->strict = true;
    if (made->name == NULL || made->settings_json == NULL) {
        definition_free(made);
        return error_nomem(err);
    }
    *out = made;
    return DS_OK;
}

void definition_free(definition *def)
{
    if (def == NULL)
        return;
    arena_free(&def->arena);
    ds_free(def);
}

size_t definition_slot_hashed(const definition *def, const char *name, size_t length, uint32_t hash)
{
    if (def->slot_table == NULL) {
        for (size_t slot = 0; slot < def->property_count; slot++)
            if (name_is(name, length, def->properties[slot].name, def->properties[slot].name_length))
                return slot;
        return DS_NO_SLOT;
    }
    size_t mask = def->slot_table_size - 1;
    for (size_t i = hash & mask; def->slot_table[i] != 0; i = (i + 1) & mask) {
        const ds_property *property = &def->properties[def->slot_table[i] - 1];
        if (name_is(name, length, property->name, property->name_length))
            return def->slot_table[i] - 1;
    }
    return DS_NO_SLOT;
}

size_t definition_slot(const definition *def, const char *name, size_t length)
{
    return definition_slot_hashed(def, name, length, name_hash(name, length));
}

/* ---- properties ---- */

static ds_status wrong_property(const definition *def, const char *name, const char *what, ds_error *err)
{
    return ds_error_set(err, DS_CONFIG, "the property \"%s\" of the model \"%s\" %s", name, def->name, what);
}

static bool type_orders(ds_property_type type)
{
    return type != DS_PROPERTY_OBJECT && type != DS_PROPERTY_ARRAY && type != DS_PROPERTY_ANY;
}

static bool type_has_length(ds_property_type type)
{
    return type == DS_PROPERTY_STRING || type == DS_PROPERTY_BINARY;
}

/* What is wrong with a property by itself; NULL: nothing. */
static const char *property_fault(const definition *def, const ds_property *property)
{
    if ((unsigned)property->type > DS_PROPERTY_ANY)
        return "has a type that this library does not know";
    if (definition_slot(def, property->name, property->name_length) != DS_NO_SLOT)
        return "is declared twice";
    if (property->id && def->id_slot != DS_NO_SLOT)
        return "is a second id";
    if (property->id && property->type != DS_PROPERTY_STRING && property->type != DS_PROPERTY_INTEGER)
        return "is the id, and must be a string or an integer";
    if (property->id && property->default_value.type != DS_NULL)
        return "is the id, and cannot have a default";
    if (property->generated && !property->id)
        return "cannot be generated, since it is not the id";
    if ((property->index || property->unique) && !type_orders(property->type))
        return "cannot have an index: objects, arrays and values of any type have no order";
    return def->property_count < SLOTS_MAX ? NULL : "is one too many";
}

static ds_status copy_default(definition *def, ds_property *property, ds_value given, ds_error *err)
{
    ds_error why;
    ds_status status = coerce_value(property->type, given, &def->arena, &property->default_value, &why);
    if (status == DS_NOMEM)
        return error_nomem(err);
    if (status != DS_OK)
        return ds_error_set(err, DS_CONFIG, "the default of the property \"%s\" of the model \"%s\" does not fit: %s",
                            property->name, def->name, why.message);
    if ((property->index || property->unique) && type_has_length(property->type) &&
        property->default_value.length > DEFINITION_KEY_MAX)
        return wrong_property(def, property->name, "has an index, and its default is longer than 4096 bytes", err);
    return DS_OK;
}

ds_status definition_add_property(definition *def, const ds_property *property, ds_error *err)
{
    if (property->name_length == 0)
        return ds_error_set(err, DS_CONFIG, "the model \"%s\" has a property without a name", def->name);
    char *name = arena_copy(&def->arena, property->name, property->name_length);
    if (name == NULL)
        return error_nomem(err);
    if (memchr(name, '\0', property->name_length) != NULL || !utf8_valid(name, property->name_length))
        return wrong_property(def, name, "must have a name of UTF-8 text without NUL", err);
    const char *fault = property_fault(def, property);
    if (fault != NULL)
        return wrong_property(def, name, fault, err);
    ds_property copy = *property;
    copy.size = (uint32_t)sizeof copy;
    copy.name = name;
    copy.default_value = ds_null();
    if (copy.id) /* what an id is anyway */
        copy.index = copy.unique = false;
    ds_status status = copy_default(def, &copy, property->default_value, err);
    if (status != DS_OK)
        return status;
    ds_property *grown = array_grown(&def->arena, def->properties, def->property_count, sizeof copy);
    if (grown == NULL)
        return error_nomem(err);
    def->properties = grown;
    if (copy.id)
        def->id_slot = def->property_count;
    def->properties[def->property_count++] = copy;
    return DS_OK;
}

/* ---- indexes ---- */

static ds_status wrong_index(const definition *def, const char *name, const char *what, const char *property,
                             ds_error *err)
{
    return ds_error_set(err, DS_CONFIG, "the index \"%s\" of the model \"%s\" %s%s%s%s", name, def->name, what,
                        property[0] == '\0' ? "" : " \"", property, property[0] == '\0' ? "" : "\"");
}

static ds_status append_index(definition *def, const ds_index *index, ds_error *err)
{
    ds_index *grown = array_grown(&def->arena, def->indexes, def->index_count, sizeof *grown);
    if (grown == NULL)
        return error_nomem(err);
    def->indexes = grown;
    def->indexes[def->index_count++] = *index;
    return DS_OK;
}

/* The slots of an index's properties, checked. */
static ds_status index_slots(const definition *def, const char *name, const char *const *properties, size_t n,
                             size_t *slots, ds_error *err)
{
    for (size_t i = 0; i < n; i++) {
        slots[i] = definition_slot(def, properties[i], strlen(properties[i]));
        if (slots[i] == DS_NO_SLOT)
            return wrong_index(def, name, "names a property that the model does not have:", properties[i], err);
        if (!type_orders(def->properties[slots[i]].type))
            return wrong_index(
                def, name,
                "names a property that has no order, being an object, an array or of any type:", properties[i], err);
        for (size_t j = 0; j < i; j++)
            if (slots[j] == slots[i])
                return wrong_index(def, name, "names a property twice:", properties[i], err);
    }
    return DS_OK;
}

static ds_status index_name_check(const definition *def, const char *name, ds_error *err)
{
    size_t slot = definition_slot(def, name, strlen(name));
    if (name[0] == '\0' || !utf8_valid(name, strlen(name)))
        return wrong_index(def, name, "must have a name of UTF-8 text", "", err);
    if (slot != DS_NO_SLOT && (def->properties[slot].index || def->properties[slot].unique))
        return wrong_index(def, name, "has the name of an indexed property", "", err);
    for (size_t i = 0; i < def->index_count; i++)
        if (strcmp(def->indexes[i].name, name) == 0)
            return wrong_index(def, name, "is declared twice", "", err);
    return DS_OK;
}

ds_status definition_add_index(definition *def, const char *name, bool unique, const char *const *properties,
                               const bool *descending, size_t n, ds_error *err)
{
    ds_status status = index_name_check(def, name, err);
    if (status != DS_OK)
        return status;
    if (n == 0)
        return wrong_index(def, name, "names no property", "", err);
    size_t *slots = arena_alloc(&def->arena, n * sizeof *slots);
    bool *directions = arena_alloc(&def->arena, n * sizeof *directions);
    char *copy = arena_copy(&def->arena, name, strlen(name));
    if (slots == NULL || directions == NULL || copy == NULL)
        return error_nomem(err);
    status = index_slots(def, name, properties, n, slots, err);
    if (status != DS_OK)
        return status;
    memcpy(directions, descending, n * sizeof *directions);
    ds_index index = {(uint32_t)sizeof index, copy, unique, n, slots, directions};
    return append_index(def, &index, err);
}

/* Puts the indexes of single properties before the composite ones, which were added first. */
static ds_status finish_indexes(definition *def, ds_error *err)
{
    ds_index *composite = def->indexes;
    size_t composites = def->index_count;
    def->indexes = NULL;
    def->index_count = 0;
    for (size_t i = 0; i < def->property_count; i++) {
        const ds_property *property = &def->properties[i];
        if (!property->index && !property->unique)
            continue;
        size_t *slot = arena_alloc(&def->arena, sizeof *slot);
        bool *descending = arena_zeroed(&def->arena, 1, sizeof *descending);
        if (slot == NULL || descending == NULL)
            return error_nomem(err);
        *slot = i;
        ds_index index = {(uint32_t)sizeof index, property->name, property->unique, 1, slot, descending};
        ds_status status = append_index(def, &index, err);
        if (status != DS_OK)
            return status;
    }
    ds_status status = DS_OK;
    for (size_t i = 0; i < composites && status == DS_OK; i++)
        status = append_index(def, &composite[i], err);
    return status;
}

/* ---- the whole ---- */

ds_status definition_set_data_source(definition *def, const char *data_source, ds_error *err)
{
    def->data_source = data_source == NULL ? NULL : arena_copy(&def->arena, data_source, strlen(data_source));
    return data_source != NULL && def->data_source == NULL ? error_nomem(err) : DS_OK;
}

ds_status definition_set_settings(definition *def, const char *settings_json, bool strict, int64_t ttl_ms,
                                  const char *version_property, ds_error *err)
{
    if (settings_json == NULL)
        settings_json = "{}";
    if (ttl_ms < 0)
        return ds_error_set(err, DS_CONFIG, "settings.ttl of the model \"%s\" is negative", def->name);
    if (version_property != NULL) {
        size_t slot = definition_slot(def, version_property, strlen(version_property));
        if (slot == DS_NO_SLOT || slot == def->id_slot || def->properties[slot].type != DS_PROPERTY_INTEGER)
            return ds_error_set(
                err, DS_CONFIG,
                "settings.version of the model \"%s\" must name an integer property that is not the id, and"
                " \"%s\" is none",
                def->name, version_property);
        def->version_slot = slot;
    }
    def->settings_json = arena_copy(&def->arena, settings_json, strlen(settings_json));
    def->strict = strict;
    def->ttl_ms = ttl_ms;
    return def->settings_json == NULL ? error_nomem(err) : DS_OK;
}

static ds_status make_slot_table(definition *def, ds_error *err)
{
    size_t size = 4;
    while (size < 2 * def->property_count)
        size *= 2;
    uint32_t *table = arena_zeroed(&def->arena, size, sizeof *table);
    if (table == NULL)
        return error_nomem(err);
    for (size_t slot = 0; slot < def->property_count; slot++) {
        const ds_property *property = &def->properties[slot];
        size_t i = name_hash(property->name, property->name_length) & (size - 1);
        while (table[i] != 0)
            i = (i + 1) & (size - 1);
        table[i] = (uint32_t)slot + 1;
    }
    def->slot_table = table;
    def->slot_table_size = size;
    return DS_OK;
}

static ds_status make_keyed(definition *def, ds_error *err)
{
    def->keyed = arena_zeroed(&def->arena, def->property_count, sizeof(bool));
    if (def->keyed == NULL)
        return error_nomem(err);
    def->keyed[def->id_slot] = true;
    for (size_t i = 0; i < def->index_count; i++)
        for (size_t k = 0; k < def->indexes[i].key_count; k++)
            def->keyed[def->indexes[i].slots[k]] = true;
    return DS_OK;
}

ds_status definition_finish(definition *def, ds_error *err)
{
    if (def->id_slot == DS_NO_SLOT)
        return ds_error_set(err, DS_CONFIG, "the model \"%s\" has no id: one property must say \"id\": true",
                            def->name);
    ds_status status = finish_indexes(def, err);
    if (status == DS_OK)
        status = make_keyed(def, err);
    if (status == DS_OK)
        status = make_slot_table(def, err);
    return status;
}

ds_status definition_schemaless(const char *name, size_t length, definition **out, ds_error *err)
{
    static const ds_property id = {
        .size = sizeof id, .type = DS_PROPERTY_STRING, .name = "id", .name_length = 2, .id = true, .generated = true};
    definition *made;
    ds_status status = definition_new(name, length, &made, err);
    if (status != DS_OK)
        return status;
    status = definition_add_property(made, &id, err);
    made->schemaless = true;
    made->strict = false;
    if (status == DS_OK)
        status = definition_finish(made, err);
    if (status == DS_OK)
        *out = made;
    else
        definition_free(made);
    return status;
}

/* ---- equality ---- */

static bool property_equal(const ds_property *a, const ds_property *b)
{
    return a->type == b->type && name_is(a->name, a->name_length, b->name, b->name_length) && a->id == b->id &&
           a->generated == b->generated && a->required == b->required && a->index == b->index &&
           a->unique == b->unique && a->default_value.type == b->default_value.type &&
           ds_value_compare(a->default_value, b->default_value) == 0;
}

static bool index_equal(const ds_index *a, const ds_index *b)
{
    if (strcmp(a->name, b->name) != 0 || a->unique != b->unique || a->key_count != b->key_count)
        return false;
    for (size_t i = 0; i < a->key_count; i++)
        if (a->slots[i] != b->slots[i] || a->descending[i] != b->descending[i])
            return false;
    return true;
}

static bool has_index(const definition *def, const ds_index *index)
{
    for (size_t i = 0; i < def->index_count; i++)
        if (index_equal(&def->indexes[i], index))
            return true;
    return false;
}

static bool settings_equal(const char *a, const char *b)
{
    if (strcmp(a, b) == 0)
        return true;
    arena scratch = {0};
    ds_value canonical_a, canonical_b;
    bool equal = coerce_json(a, strlen(a), &scratch, &canonical_a, NULL) == DS_OK &&
                 coerce_json(b, strlen(b), &scratch, &canonical_b, NULL) == DS_OK &&
                 ds_value_compare(canonical_a, canonical_b) == 0;
    arena_free(&scratch);
    return equal;
}

bool definition_equal(const definition *a, const definition *b)
{
    if (strcmp(a->name, b->name) != 0 || a->schemaless != b->schemaless || a->strict != b->strict ||
        a->ttl_ms != b->ttl_ms || a->version_slot != b->version_slot || a->property_count != b->property_count ||
        a->index_count != b->index_count)
        return false;
    for (size_t i = 0; i < a->property_count; i++)
        if (!property_equal(&a->properties[i], &b->properties[i]))
            return false;
    for (size_t i = 0; i < a->index_count; i++)
        if (!has_index(b, &a->indexes[i]))
            return false;
    return settings_equal(a->settings_json, b->settings_json);
}
