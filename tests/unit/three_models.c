#include "three_models.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>

definition *strict_definition, *lenient_definition, *schemaless_definition;
ds_model strict_model, lenient_model, schemaless_model;

static const struct {
    const char *name;
    ds_property_type type;
    bool id, index, unique;
} columns[DECLARED] = {
    {"id", DS_PROPERTY_STRING, true, false, false},       {"name", DS_PROPERTY_STRING, false, false, false},
    {"age", DS_PROPERTY_INTEGER, false, true, false},     {"score", DS_PROPERTY_NUMBER, false, false, false},
    {"active", DS_PROPERTY_BOOLEAN, false, false, false}, {"born", DS_PROPERTY_DATE, false, false, false},
    {"photo", DS_PROPERTY_BINARY, false, true, false},    {"address", DS_PROPERTY_OBJECT, false, false, false},
    {"tags", DS_PROPERTY_ARRAY, false, false, false},     {"note", DS_PROPERTY_ANY, false, false, false},
    {"mail", DS_PROPERTY_STRING, false, false, true},     {"city", DS_PROPERTY_STRING, false, false, false},
};

static definition *make_definition(const char *name, bool strict)
{
    static const char *const keys[] = {"city", "age"};
    static const bool descending[] = {false, true};
    definition *made = NULL;
    ds_status status = definition_new(name, strlen(name), &made, NULL);
    for (size_t i = 0; i < DECLARED && status == DS_OK; i++) {
        ds_property property = {.size = sizeof property,
                                .type = columns[i].type,
                                .name = columns[i].name,
                                .name_length = strlen(columns[i].name),
                                .id = columns[i].id,
                                .index = columns[i].index,
                                .unique = columns[i].unique};
        status = definition_add_property(made, &property, NULL);
    }
    if (status == DS_OK)
        status = definition_add_index(made, "byCity", false, keys, descending, 2, NULL);
    if (status == DS_OK)
        status = definition_set_settings(made, NULL, strict, 0, NULL, NULL);
    if (status == DS_OK)
        status = definition_finish(made, NULL);
    if (status != DS_OK)
        abort();
    return made;
}

void three_models_make(void)
{
    strict_definition = make_definition("Person", true);
    lenient_definition = make_definition("Guest", false);
    if (definition_schemaless("user-session", 12, &schemaless_definition, NULL) != DS_OK)
        abort();
    strict_model.definition = strict_definition;
    lenient_model.definition = lenient_definition;
    schemaless_model.definition = schemaless_definition;
}

bool is(ds_value value, ds_value expected)
{
    return value.type == expected.type && ds_value_compare(value, expected) == 0;
}

bool holds_text(const ds_record *record, const char *property, const char *text)
{
    return is(ds_record_get(record, property), ds_string(text));
}

ds_field field_of(const ds_record *record, size_t slot)
{
    ds_field field = {0};
    CU_ASSERT_TRUE(ds_record_field(record, slot, &field));
    return field;
}

void three_models_free(void)
{
    definition_free(strict_definition);
    definition_free(lenient_definition);
    definition_free(schemaless_definition);
}
