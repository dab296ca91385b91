/* Definitions: what is refused when a model is built, and what it says of itself once it is finished. */
#include "model/definition.h"

#include "failing.h"
#include "suite.h"

#include <stdio.h>

static ds_property property(const char *name, ds_property_type type)
{
    ds_property made = {.size = sizeof made, .type = type, .name = name, .name_length = strlen(name)};
    return made;
}

static definition *person(void)
{
    definition *made = NULL;
    ds_property id = property("id", DS_PROPERTY_STRING);
    id.id = id.generated = true;
    CU_ASSERT_FATAL(definition_new("Person", 6, &made, NULL) == DS_OK);
    CU_ASSERT_FATAL(definition_add_property(made, &id, NULL) == DS_OK);
    return made;
}

static void refused(ds_status status, const ds_error *err, const char *first, const char *second)
{
    CU_ASSERT_EQUAL(status, DS_CONFIG);
    CU_ASSERT_EQUAL(err->status, DS_CONFIG);
    if (strstr(err->message, first) == NULL || strstr(err->message, second) == NULL) {
        printf("\n    \"%s\" lacks \"%s\" or \"%s\"\n", err->message, first, second);
        CU_FAIL("the sentence does not name what is at fault");
    }
}

static void names_of_models(void)
{
    static const struct {
        const char *name;
        size_t length;
    } bad[] = {{"", 0}, {"a#b", 3}, {"a:b", 3}, {"{a", 2}, {"a}", 2}, {"a\0b", 3}, {"\xff", 1}};
    definition *made = NULL;
    ds_error err;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        refused(definition_new(bad[i].name, bad[i].length, &made, &err), &err, "cannot be named", "a name is");
    CU_ASSERT_FATAL(definition_new("user-session", 12, &made, &err) == DS_OK);
    CU_ASSERT_STRING_EQUAL(made->name, "user-session");
    definition_free(made);
    definition_free(NULL);
}

static void bad_property(ds_property wrong, const char *what)
{
    ds_error err;
    definition *made = person();
    refused(definition_add_property(made, &wrong, &err), &err, "\"Person\"", what);
    definition_free(made);
}

static void faults_of_properties(void)
{
    static const ds_property_type unordered[] = {DS_PROPERTY_OBJECT, DS_PROPERTY_ARRAY, DS_PROPERTY_ANY};
    ds_property wrong = property("", DS_PROPERTY_STRING);
    bad_property(wrong, "without a name");
    wrong = property("a\0b", DS_PROPERTY_STRING);
    wrong.name_length = 3;
    bad_property(wrong, "without NUL");
    bad_property(property("\xc3", DS_PROPERTY_STRING), "UTF-8");
    bad_property(property("id", DS_PROPERTY_INTEGER), "\"id\" of the model \"Person\" is declared twice");
    bad_property(property("x", (ds_property_type)77), "\"x\" of the model \"Person\" has a type");
    wrong = property("x", DS_PROPERTY_STRING);
    wrong.id = true;
    bad_property(wrong, "second id");
    wrong = property("x", DS_PROPERTY_STRING);
    wrong.generated = true;
    bad_property(wrong, "\"x\" of the model \"Person\" cannot be generated");
    for (size_t i = 0; i < sizeof unordered / sizeof unordered[0]; i++) {
        wrong = property("x", unordered[i]);
        wrong.index = true;
        bad_property(wrong, "\"x\" of the model \"Person\" cannot have an index");
        wrong.index = false;
        wrong.unique = true;
        bad_property(wrong, "\"x\" of the model \"Person\" cannot have an index");
    }
}

static void faults_of_ids(void)
{
    for (int type = DS_PROPERTY_STRING; type <= DS_PROPERTY_ANY; type++) {
        definition *made = NULL;
        ds_error err;
        ds_property id = property("key", (ds_property_type)type);
        id.id = true;
        CU_ASSERT_FATAL(definition_new("M", 1, &made, NULL) == DS_OK);
        ds_status status = definition_add_property(made, &id, &err);
        if (type == DS_PROPERTY_STRING || type == DS_PROPERTY_INTEGER)
            CU_ASSERT_EQUAL(status, DS_OK)
        else
            refused(status, &err, "\"key\"", "must be a string or an integer");
        definition_free(made);
    }
    definition *none = NULL;
    ds_error err;
    CU_ASSERT_FATAL(definition_new("M", 1, &none, NULL) == DS_OK);
    refused(definition_finish(none, &err), &err, "\"M\"", "has no id");
    ds_property id = property("id", DS_PROPERTY_STRING);
    id.id = true;
    id.default_value = ds_string("x");
    refused(definition_add_property(none, &id, &err), &err, "\"id\"", "cannot have a default");
    definition_free(none);
}

static void defaults(void)
{
    static char long_text[DEFINITION_KEY_MAX + 2];
    memset(long_text, 'x', sizeof long_text - 1);
    definition *made = person();
    ds_error err;
    ds_property age = property("age", DS_PROPERTY_INTEGER);
    age.default_value = ds_string("12");
    CU_ASSERT_EQUAL(definition_add_property(made, &age, NULL), DS_OK);
    CU_ASSERT_EQUAL(made->properties[1].default_value.type, DS_INTEGER);
    CU_ASSERT_EQUAL(made->properties[1].default_value.as.integer, 12);
    ds_property wrong = property("height", DS_PROPERTY_NUMBER);
    wrong.default_value = ds_string("tall");
    refused(definition_add_property(made, &wrong, &err), &err, "\"height\" of the model \"Person\"", "\"tall\"");
    wrong = property("name", DS_PROPERTY_STRING);
    wrong.index = true;
    wrong.default_value = ds_string(long_text);
    refused(definition_add_property(made, &wrong, &err), &err, "\"name\"", "4096");
    char text[] = "Ada";
    ds_property name = property("first", DS_PROPERTY_STRING);
    name.default_value = ds_string(text);
    CU_ASSERT_EQUAL(definition_add_property(made, &name, NULL), DS_OK);
    text[0] = 'X';
    CU_ASSERT_STRING_EQUAL(made->properties[2].default_value.as.string, "Ada");
    definition_free(made);
}

static definition *indexed(void)
{
    definition *made = person();
    ds_property age = property("age", DS_PROPERTY_INTEGER), city = property("city", DS_PROPERTY_STRING),
                mail = property("mail", DS_PROPERTY_STRING), tags = property("tags", DS_PROPERTY_ARRAY);
    age.index = true;
    mail.unique = true;
    CU_ASSERT_FATAL(definition_add_property(made, &age, NULL) == DS_OK);
    CU_ASSERT_FATAL(definition_add_property(made, &city, NULL) == DS_OK);
    CU_ASSERT_FATAL(definition_add_property(made, &mail, NULL) == DS_OK);
    CU_ASSERT_FATAL(definition_add_property(made, &tags, NULL) == DS_OK);
    return made;
}

static ds_status add_index(definition *to, const char *name, const char *first, const char *second, size_t n,
                           ds_error *err)
{
    const char *const keys[] = {first, second};
    static const bool descending[] = {false, true};
    return definition_add_index(to, name, false, keys, descending, n, err);
}

static void faults_of_indexes(void)
{
    definition *made = indexed();
    ds_error err;
    refused(add_index(made, "", "city", "age", 2, &err), &err, "\"Person\"", "name");
    refused(add_index(made, "x", "city", "age", 0, &err), &err, "\"x\" of the model \"Person\"", "no property");
    refused(add_index(made, "x", "city", "town", 2, &err), &err, "\"x\" of the model \"Person\"", "\"town\"");
    refused(add_index(made, "x", "city", "city", 2, &err), &err, "twice", "\"city\"");
    refused(add_index(made, "x", "city", "tags", 2, &err), &err, "no order", "\"tags\"");
    refused(add_index(made, "age", "city", "age", 2, &err), &err, "\"age\"", "indexed property");
    CU_ASSERT_EQUAL(add_index(made, "byCityAge", "city", "age", 2, &err), DS_OK);
    refused(add_index(made, "byCityAge", "age", "city", 2, &err), &err, "\"byCityAge\"", "declared twice");
    definition_free(made);
}

static void order_of_indexes(void)
{
    definition *made = indexed();
    CU_ASSERT_FATAL(add_index(made, "byCityAge", "city", "age", 2, NULL) == DS_OK);
    CU_ASSERT_FATAL(definition_finish(made, NULL) == DS_OK);
    ds_model model = {.definition = made};
    CU_ASSERT_EQUAL_FATAL(ds_model_index_count(&model), 3);
    CU_ASSERT_STRING_EQUAL(ds_model_index(&model, 0)->name, "age");
    CU_ASSERT_FALSE(ds_model_index(&model, 0)->unique);
    CU_ASSERT_STRING_EQUAL(ds_model_index(&model, 1)->name, "mail");
    CU_ASSERT_TRUE(ds_model_index(&model, 1)->unique);
    const ds_index *both = ds_model_index(&model, 2);
    CU_ASSERT_STRING_EQUAL(both->name, "byCityAge");
    CU_ASSERT_EQUAL_FATAL(both->key_count, 2);
    CU_ASSERT_EQUAL(both->slots[0], 2);
    CU_ASSERT_EQUAL(both->slots[1], 1);
    CU_ASSERT_FALSE(both->descending[0]);
    CU_ASSERT_TRUE(both->descending[1]);
    CU_ASSERT_PTR_NULL(ds_model_index(&model, 3));
    CU_ASSERT_TRUE(made->keyed[0] && made->keyed[1] && made->keyed[2] && made->keyed[3]);
    CU_ASSERT_FALSE(made->keyed[4]);
    definition_free(made);
}

static void settings_of_a_definition(void)
{
    definition *made = indexed();
    ds_error err;
    refused(definition_set_settings(made, NULL, true, -1, NULL, &err), &err, "\"Person\"", "ttl");
    refused(definition_set_settings(made, NULL, true, 0, "rev", &err), &err, "\"Person\"", "\"rev\"");
    refused(definition_set_settings(made, NULL, true, 0, "city", &err), &err, "\"Person\"", "\"city\"");
    refused(definition_set_settings(made, NULL, true, 0, "id", &err), &err, "\"Person\"", "\"id\"");
    CU_ASSERT_STRING_EQUAL(made->settings_json, "{}");
    CU_ASSERT_EQUAL(made->version_slot, DS_NO_SLOT);
    CU_ASSERT_TRUE(made->strict);
    CU_ASSERT_EQUAL(definition_set_settings(made, "{\"strict\":false}", false, 1500, "age", &err), DS_OK);
    CU_ASSERT_EQUAL(definition_set_data_source(made, "db", &err), DS_OK);
    CU_ASSERT_FALSE(made->strict);
    CU_ASSERT_EQUAL(made->ttl_ms, 1500);
    CU_ASSERT_EQUAL(made->version_slot, 1);
    CU_ASSERT_STRING_EQUAL(made->settings_json, "{\"strict\":false}");
    CU_ASSERT_STRING_EQUAL(made->data_source, "db");
    CU_ASSERT_EQUAL(definition_set_data_source(made, NULL, &err), DS_OK);
    CU_ASSERT_PTR_NULL(made->data_source);
    definition_free(made);
}

static void slots_of_many(void)
{
    definition *made = person();
    char name[32];
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "property%d", i);
        ds_property added = property(name, DS_PROPERTY_STRING);
        CU_ASSERT_FATAL(definition_add_property(made, &added, NULL) == DS_OK);
    }
    for (int finished = 0; finished < 2; finished++) {
        for (int i = 0; i < 1000; i++) {
            int length = snprintf(name, sizeof name, "property%d", i);
            CU_ASSERT_EQUAL(definition_slot(made, name, (size_t)length), (size_t)i + 1);
            CU_ASSERT_EQUAL(definition_slot(made, name, (size_t)length + 1), DS_NO_SLOT);
        }
        CU_ASSERT_EQUAL(definition_slot(made, "", 0), DS_NO_SLOT);
        CU_ASSERT_EQUAL(definition_slot(made, "property1000", 12), DS_NO_SLOT);
        CU_ASSERT_FATAL(definition_finish(made, NULL) == DS_OK);
    }
    definition_free(made);
}

static void schemaless(void)
{
    definition *made = NULL;
    ds_error err;
    refused(definition_schemaless("a:b", 3, &made, &err), &err, "a:b", "named");
    CU_ASSERT_FATAL(definition_schemaless("user-session", 12, &made, NULL) == DS_OK);
    ds_model model = {.definition = made};
    CU_ASSERT_TRUE(ds_model_is_schemaless(&model));
    CU_ASSERT_FALSE(ds_model_is_strict(&model));
    CU_ASSERT_EQUAL_FATAL(ds_model_property_count(&model), 1);
    const ds_property *id = ds_model_property(&model, ds_model_id_slot(&model));
    CU_ASSERT_PTR_NOT_NULL_FATAL(id);
    CU_ASSERT_STRING_EQUAL(id->name, "id");
    CU_ASSERT_EQUAL(id->type, DS_PROPERTY_STRING);
    CU_ASSERT_TRUE(id->id);
    CU_ASSERT_EQUAL(ds_model_index_count(&model), 0);
    definition_free(made);
}

typedef struct variant { /* of one definition: what two of them may differ in */
    const char *model, *property, *settings;
    ds_property_type type;
    bool index, unique, required, descending, lenient;
    int64_t ttl;
    ds_value fallback;
} variant;

static definition *make_variant(const variant *of)
{
    definition *made = NULL;
    ds_property id = property("id", DS_PROPERTY_INTEGER), other = property(of->property, of->type),
                last = property("last", DS_PROPERTY_DATE);
    const char *const keys[] = {"last", of->property};
    const bool descending[] = {false, of->descending};
    id.id = true;
    other.index = of->index;
    other.unique = of->unique;
    other.required = of->required;
    other.default_value = of->fallback;
    CU_ASSERT_FATAL(definition_new(of->model, strlen(of->model), &made, NULL) == DS_OK);
    CU_ASSERT_FATAL(definition_add_property(made, &id, NULL) == DS_OK);
    CU_ASSERT_FATAL(definition_add_property(made, &other, NULL) == DS_OK);
    CU_ASSERT_FATAL(definition_add_property(made, &last, NULL) == DS_OK);
    CU_ASSERT_FATAL(definition_add_index(made, "both", false, keys, descending, 2, NULL) == DS_OK);
    CU_ASSERT_FATAL(definition_set_settings(made, of->settings, !of->lenient, of->ttl, NULL, NULL) == DS_OK);
    CU_ASSERT_FATAL(definition_finish(made, NULL) == DS_OK);
    return made;
}

static bool variants_equal(const variant *a, const variant *b)
{
    definition *left = make_variant(a), *right = make_variant(b);
    bool equal = definition_equal(left, right);
    CU_ASSERT_EQUAL(definition_equal(right, left), equal);
    definition_free(left);
    definition_free(right);
    return equal;
}

static void equality(void)
{
    const variant first = {
        .model = "M", .property = "p", .settings = "{\"a\":1,\"b\":{\"c\":2}}", .fallback = ds_string("1")};
    variant other = first;
    CU_ASSERT_TRUE(variants_equal(&first, &other));
    other.settings = " { \"b\": {\"c\": 2}, \"a\": 1 } ";
    CU_ASSERT_TRUE(variants_equal(&first, &other));
    other.fallback = ds_integer(1); /* coerced to the property's type, a string */
    CU_ASSERT_TRUE(variants_equal(&first, &other));
    variant different[12];
    for (size_t i = 0; i < 12; i++)
        different[i] = first;
    different[0].model = "N";
    different[1].property = "q";
    different[2].type = DS_PROPERTY_INTEGER;
    different[3].index = true;
    different[4].unique = true;
    different[5].required = true;
    different[6].descending = true;
    different[7].lenient = true;
    different[8].ttl = 5;
    different[9].fallback = ds_string("2");
    different[10].fallback = ds_null();
    different[11].settings = "{\"a\":1,\"b\":{\"c\":3}}";
    for (size_t i = 0; i < 12; i++)
        CU_ASSERT_FALSE(variants_equal(&first, &different[i]));
}

static void accessors(void)
{
    definition *made = indexed();
    CU_ASSERT_FATAL(definition_finish(made, NULL) == DS_OK);
    int state = 0;
    ds_model model = {.definition = made, .state = &state};
    ds_model view = {.definition = made, .original = &model};
    CU_ASSERT_STRING_EQUAL(ds_model_name(&model), "Person");
    CU_ASSERT_EQUAL(ds_model_property_count(&view), 5);
    CU_ASSERT_STRING_EQUAL(ds_model_property(&model, 1)->name, "age");
    CU_ASSERT_PTR_NULL(ds_model_property(&model, 5));
    CU_ASSERT_PTR_NULL(ds_model_property(&model, DS_NO_SLOT));
    CU_ASSERT_EQUAL(ds_model_slot(&model, "mail", 4), 3);
    CU_ASSERT_EQUAL(ds_model_slot(&model, "nothing", 7), DS_NO_SLOT);
    CU_ASSERT_EQUAL(ds_model_id_slot(&model), 0);
    CU_ASSERT_TRUE(ds_model_is_strict(&model));
    CU_ASSERT_FALSE(ds_model_is_schemaless(&model));
    CU_ASSERT_EQUAL(ds_model_setting(&model, "ttl").type, DS_NULL);
    CU_ASSERT_PTR_EQUAL(ds_model_state(&model), &state);
    CU_ASSERT_PTR_EQUAL(ds_model_state(&view), &state);
    CU_ASSERT_PTR_NULL(ds_model_name(NULL));
    CU_ASSERT_PTR_NULL(ds_model_state(NULL));
    CU_ASSERT_PTR_NULL(ds_model_property(NULL, 0));
    CU_ASSERT_EQUAL(ds_model_slot(NULL, "id", 2), DS_NO_SLOT);
    definition_free(made);
}

static ds_status build(void *user, ds_error *err)
{
    (void)user;
    definition *made = NULL;
    ds_property id = property("id", DS_PROPERTY_STRING), age = property("age", DS_PROPERTY_INTEGER),
                name = property("name", DS_PROPERTY_STRING);
    id.id = true;
    age.index = name.unique = true;
    name.default_value = ds_string("somebody");
    ds_status status = definition_new("Person", 6, &made, err);
    if (status != DS_OK)
        return status;
    if ((status = definition_add_property(made, &id, err)) == DS_OK &&
        (status = definition_add_property(made, &age, err)) == DS_OK &&
        (status = definition_add_property(made, &name, err)) == DS_OK &&
        (status = add_index(made, "both", "age", "name", 2, err)) == DS_OK &&
        (status = definition_set_data_source(made, "db", err)) == DS_OK &&
        (status = definition_set_settings(made, "{\"ttl\":1000}", true, 1000, NULL, err)) == DS_OK)
        status = definition_finish(made, err);
    definition_free(made);
    return status;
}

static ds_status build_schemaless(void *user, ds_error *err)
{
    (void)user;
    definition *made = NULL;
    ds_status status = definition_schemaless("M", 1, &made, err);
    if (status == DS_OK)
        definition_free(made);
    return status;
}

static void no_memory(void)
{
    size_t count = 0;
    CU_ASSERT(failing_everywhere(build, NULL, &count) && count > 1);
    CU_ASSERT(failing_everywhere(build_schemaless, NULL, &count) && count > 1);
}

static const test tests[] = {
    {"a model's name is not empty, is UTF-8 and has none of # : { } and NUL", names_of_models},
    {"what is wrong with a property is told with the model and the property", faults_of_properties},
    {"an id is one, a string or an integer, and has no default", faults_of_ids},
    {"a default is copied and coerced to its property's type", defaults},
    {"what is wrong with an index is told with the model and the index", faults_of_indexes},
    {"indexes of single properties come first, in the order of slots", order_of_indexes},
    {"a version names an integer property that is not the id", settings_of_a_definition},
    {"each of a thousand properties is found by its name, before and after the finish", slots_of_many},
    {"a schemaless model has one property, the string id", schemaless},
    {"two definitions are equal where all that matters is, however it was written", equality},
    {"a model and its views say what the definition says, and a NULL model nothing", accessors},
    {"out of memory at any allocation is reported, and nothing is lost", no_memory},
};

int main(void)
{
    return SUITE_RUN("definitions", tests);
}
