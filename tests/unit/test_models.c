/* Model files: the forms of a file, folders, every part of LoopBack's model JSON, and what is refused. */
#include "command.h"
#include "failing.h"
#include "suite.h"

#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID "\"id\": {\"type\": \"string\", \"id\": true}"

typedef struct models {
    definition **list;
    size_t count;
} models;

static char *folder;

static void models_free(models *m)
{
    for (size_t i = 0; i < m->count; i++)
        definition_free(m->list[i]);
    ds_free(m->list);
    *m = (models){0};
}

static definition *parse_model(const char *json)
{
    definition *d = NULL;
    ds_error err = {0};
    if (config_parse_model(json, &d, &err) != DS_OK)
        printf("\n%s: %s", json, err.message);
    CU_ASSERT_PTR_NOT_NULL_FATAL(d);
    return d;
}

static bool said(const ds_error *err, const char *says)
{
    bool right = err->status == DS_CONFIG && strstr(err->message, says) != NULL && strchr(err->message, '\n') == NULL;
    if (!right)
        printf("\n%s, \"%s\", not with \"%s\"", ds_status_name(err->status), err->message, says);
    return right;
}

static bool parse_fails(const char *json, const char *says)
{
    models m = {0};
    ds_error err = {0};
    ds_status status = config_parse_models(json, &m.list, &m.count, &err);
    if (status == DS_OK)
        printf("\n%s is taken", json);
    bool right = status == DS_CONFIG && m.list == NULL && m.count == 0 && said(&err, says);
    models_free(&m);
    return right;
}

/* The names of the models of a text, as "A B ". */
static bool names_are(const char *json, const char *names)
{
    models m = {0};
    ds_error err = {0};
    char text[256] = "";
    config_parse_models(json, &m.list, &m.count, &err);
    for (size_t i = 0; i < m.count; i++) {
        strcat(text, m.list[i]->name);
        strcat(text, " ");
    }
    bool right = strcmp(text, names) == 0 && err.status == DS_OK;
    if (!right)
        printf("\n%s: \"%s\" %s", json, text, err.message);
    models_free(&m);
    return right;
}

static void forms(void)
{
    CU_ASSERT(names_are("{\"name\": \"A\", \"properties\": {" ID "}}", "A "));
    CU_ASSERT(names_are("[{\"name\": \"A\", \"properties\": {" ID "}}, {\"properties\": {" ID "}, \"name\": \"B\"}]",
                        "A B "));
    CU_ASSERT(
        names_are("{\"A\": {\"properties\": {" ID "}}, \"B\": {\"name\": \"B\", \"properties\": {" ID "}}}", "A B "));
    CU_ASSERT(names_are("{\"name\": {\"properties\": {" ID "}}}", "name "));
    CU_ASSERT(names_are("{\"name\": {\"properties\": {" ID "}}, \"A\": {\"properties\": {" ID "}}}", "name A "));
    CU_ASSERT(names_are("{}", ""));
    CU_ASSERT(names_are("[]", ""));
}

static void whole_model(void)
{
    definition *d = parse_model(
        "{\"$schema\": \"x\", \"name\": \"Customer\", \"base\": \"PersistedModel\", \"description\": [\"x\"], "
        "\"plural\": \"c\", "
        "\"http\": {}, \"relations\": {}, \"acls\": [], \"methods\": {}, \"dataSource\": \"main\", \"properties\": {"
        "\"id\": {\"type\": \"integer\", \"id\": true, \"generated\": true, \"description\": \"x\"},"
        "\"city\": \"String\", \"age\": {\"type\": \"Integer\", \"required\": true},"
        "\"mail\": {\"type\": \"string\", \"unique\": true}, \"nick\": {\"type\": \"string\", \"index\": {\"unique\": "
        "true}},"
        "\"born\": {\"type\": \"date\", \"index\": true}, \"note\": {\"type\": \"string\", \"index\": false},"
        "\"plain\": {\"type\": \"string\", \"index\": {\"unique\": false}}, \"v\": \"integer\"},"
        "\"indexes\": {\"byCityAge\": {\"keys\": {\"city\": 1, \"age\": -1}}, \"one\": {\"keys\": {\"age\": 1}, "
        "\"options\": {\"unique\": true}}, \"two\": {\"keys\": {\"city\": -1}, \"unique\": true}},"
        "\"settings\": {\"strict\": false, \"ttl\": 60000, \"version\": \"v\", \"exactlyOnce\": true, \"redis\": "
        "{\"key\": \"c\"}}}");
    CU_ASSERT_STRING_EQUAL(d->name, "Customer");
    CU_ASSERT_STRING_EQUAL(d->data_source, "main");
    CU_ASSERT_EQUAL(d->property_count, 9);
    CU_ASSERT_EQUAL(d->id_slot, 0);
    CU_ASSERT(d->properties[0].generated && d->properties[0].type == DS_PROPERTY_INTEGER);
    CU_ASSERT(d->properties[1].type == DS_PROPERTY_STRING && !d->properties[1].required);
    CU_ASSERT(d->properties[2].type == DS_PROPERTY_INTEGER && d->properties[2].required);
    CU_ASSERT(d->properties[3].unique && d->properties[4].unique && d->properties[4].index);
    CU_ASSERT(d->properties[5].index && !d->properties[5].unique && !d->properties[6].index);
    CU_ASSERT(d->properties[7].index && !d->properties[7].unique);
    CU_ASSERT_EQUAL(d->index_count, 7);
    const ds_index *by = &d->indexes[4], *one = &d->indexes[5], *two = &d->indexes[6];
    CU_ASSERT_STRING_EQUAL(by->name, "byCityAge");
    CU_ASSERT(by->key_count == 2 && by->slots[0] == 1 && by->slots[1] == 2 && !by->unique);
    CU_ASSERT(!by->descending[0] && by->descending[1]);
    CU_ASSERT(one->unique && !one->descending[0] && two->unique && two->descending[0]);
    CU_ASSERT(!d->strict && d->ttl_ms == 60000 && d->version_slot == 8);
    CU_ASSERT_STRING_EQUAL(d->settings_json, "{\"strict\":false,\"ttl\":60000,\"version\":\"v\",\"exactlyOnce\":true,"
                                             "\"redis\":{\"key\":\"c\"}}");
    definition_free(d);
}

/* A file as LoopBack 3's generator leaves it: what it knows nothing of is there, and empty. */
static void generated_model(void)
{
    definition *d =
        parse_model("{\"name\": \"Note\", \"plural\": \"notes\", \"base\": \"PersistedModel\", \"idInjection\": true,"
                    " \"options\": {\"validateUpsert\": true}, \"properties\": {" ID ","
                    " \"title\": {\"type\": \"string\", \"required\": true}, \"tags\": [\"string\"],"
                    " \"marks\": {\"type\": [\"Number\"], \"default\": [1]}, \"any\": [],"
                    " \"parts\": {\"type\": [{\"type\": \"object\"}]}},"
                    " \"validations\": [], \"relations\": {}, \"acls\": [], \"methods\": {}, \"hidden\": [],"
                    " \"protected\": [], \"scope\": {}, \"mixins\": {}}");
    CU_ASSERT_EQUAL(d->property_count, 6);
    CU_ASSERT(d->properties[1].type == DS_PROPERTY_STRING && d->properties[1].required);
    for (size_t i = 2; i < 6; i++)
        CU_ASSERT_EQUAL(d->properties[i].type, DS_PROPERTY_ARRAY);
    CU_ASSERT_EQUAL(ds_value_compare(d->properties[3].default_value, ds_json("[1]")), 0);
    definition_free(d);
}

static void smallest_model(void)
{
    definition *d = parse_model("{\"name\": \"A\", \"properties\": {" ID "}}");
    CU_ASSERT_PTR_NULL(d->data_source);
    CU_ASSERT(d->strict && d->ttl_ms == 0 && d->version_slot == DS_NO_SLOT && d->index_count == 0 && !d->schemaless);
    CU_ASSERT_STRING_EQUAL(d->settings_json, "{}");
    definition_free(d);
}

static void type_names(void)
{
    static const char *const names[] = {"string", "integer", "number", "boolean", "date",
                                        "binary", "object",  "array",  "any"};
    for (int t = 0; t <= DS_PROPERTY_ANY; t++) {
        char json[300], capital[16];
        strcpy(capital, names[t]);
        capital[0] = (char)(capital[0] - 'a' + 'A');
        snprintf(json, sizeof json,
                 "{\"name\": \"A\", \"properties\": {" ID ", \"p\": \"%s\", \"q\": {\"type\": \"%s\"}}}", names[t],
                 capital);
        definition *d = parse_model(json);
        CU_ASSERT_EQUAL((int)d->properties[1].type, t);
        CU_ASSERT_EQUAL((int)d->properties[2].type, t);
        definition_free(d);
    }
}

static bool default_is(const char *type, const char *written, ds_value expected)
{
    char json[300];
    snprintf(json, sizeof json,
             "{\"name\": \"A\", \"properties\": {" ID ", \"p\": {\"type\": \"%s\", \"default\": %s}}}", type, written);
    definition *d = parse_model(json);
    ds_value value = d->properties[1].default_value;
    bool right = value.type == expected.type && ds_value_compare(value, expected) == 0;
    if (!right)
        printf("\n%s %s: type %d", type, written, (int)value.type);
    definition_free(d);
    return right;
}

static void defaults(void)
{
    CU_ASSERT(default_is("string", "\"a\"", ds_string("a")));
    CU_ASSERT(default_is("integer", "12", ds_integer(12)));
    CU_ASSERT(default_is("integer", "\"9223372036854775807\"", ds_integer(INT64_MAX)));
    CU_ASSERT(default_is("integer", "9007199254740992", ds_integer(9007199254740992)));
    CU_ASSERT(default_is("number", "12", ds_number(12)));
    CU_ASSERT(default_is("number", "0.1", ds_number(0.1)));
    CU_ASSERT(default_is("number", "-1.5e-7", ds_number(-1.5e-7)));
    CU_ASSERT(default_is("boolean", "false", ds_boolean(false)));
    CU_ASSERT(default_is("date", "\"2024-02-29\"", ds_date(1709164800000)));
    CU_ASSERT(default_is("binary", "\"AAE=\"", ds_binary("\0\1", 2)));
    CU_ASSERT(default_is("object", "{\"b\": [1, 2.5, \"\\u00fc\\n\"], \"a\": {}}",
                         ds_json("{\"a\":{},\"b\":[1,2.5,\"\xC3\xBC\\n\"]}")));
    CU_ASSERT(default_is("array", "[]", ds_json("[]")));
    CU_ASSERT(default_is("array", "[9007199254740992, 1e15, true, null]",
                         ds_json("[9007199254740992,1000000000000000,true,null]")));
    CU_ASSERT(default_is("any", "true", ds_boolean(true)));
    CU_ASSERT(default_is("string", "null", ds_null()));
}

#define WITH(member)      "{\"name\": \"A\", \"properties\": {" ID "}, " member "}"
#define PROPERTY(written) "{\"name\": \"A\", \"properties\": {" ID ", \"p\": " written "}}"
#define INDEX(written)                                                                                                 \
    "{\"name\": \"A\", \"properties\": {" ID ", \"p\": \"integer\"}, \"indexes\": {\"i\": " written "}}"

static void malformed_models(void)
{
    static const char *const texts[][2] = {
        {"", "there is no JSON"},
        {"[{]", "line 1, column 3"},
        {"1", "the top level must be an object or an array of models"},
        {"\"A\"", "the top level must be"},
        {"null", "the top level must be"},
        {"[1]", "a model must be an object"},
        {"[[]]", "a model must be an object"},
        {"{\"A\": 1}", "the model \"A\" must be an object"},
        {"{\"properties\": {" ID "}}", "has no \"name\""},
        {"[{\"properties\": {" ID "}}]", "has no \"name\""},
        {"{\"name\": 1, \"properties\": {}}", "\"name\" of a model must be a string"},
        {"{\"name\": \"\", \"properties\": {" ID "}}", "a model cannot be named \"\""},
        {"{\"name\": \"a:b\", \"properties\": {" ID "}}", "a model cannot be named \"a:b\""},
        {"{\"name\": \"a{b}\", \"properties\": {" ID "}}", "a model cannot be named"},
        {"{\"A\": {\"name\": \"B\", \"properties\": {" ID "}}}", "the model \"A\" has another \"name\" than its key"},
        {"{\"name\": \"A\"}", "the model \"A\" has no id"},
        {"{\"name\": \"A\", \"properties\": []}", "the model \"A\" must have an object for \"properties\""},
        {"{\"name\": \"A\", \"propertis\": {}}", "the model \"A\" has the unknown key \"propertis\""},
        {WITH("\"Settings\": {}"), "the unknown key \"Settings\""},
        {WITH("\"dataSource\": 1"), "the model \"A\" must have the name of a data source"},
        {WITH("\"dataSource\": \"\""), "the name of a data source"},
        {WITH("\"name\": \"B\""), "the key \"name\" stands twice"},
        {"[{\"name\": \"A\", \"properties\": {" ID "}}, {\"name\": \"A\", \"properties\": {" ID "}}]",
         "the model \"A\" is defined a second time"},
        {PROPERTY("1"), "the property \"p\" a type name or an object"},
        {PROPERTY("null"), "the property \"p\" a type name or an object"},
        {PROPERTY("[\"text\"]"), "the property \"p\" an unknown type, known are string"},
        {PROPERTY("[\"string\", \"string\"]"), "the property \"p\" an unknown type"},
        {PROPERTY("{\"type\": [1]}"), "the property \"p\" an unknown type"},
        {PROPERTY("{\"type\": [{\"a\": \"string\"}]}"), "the property \"p\" an unknown type"},
        {PROPERTY("{\"type\": [[\"string\"]]}"), "the property \"p\" an unknown type"},
        {PROPERTY("{\"type\": [\"string\"], \"id\": true}"), "id"},
        {PROPERTY("\"text\""), "the property \"p\" an unknown type, known are string"},
        {PROPERTY("\"STRING\""), "an unknown type"},
        {PROPERTY("\"\""), "an unknown type"},
        {PROPERTY("{}"), "the property \"p\" no type"},
        {PROPERTY("{\"type\": 1}"), "the type of the property \"p\" as a string"},
        {PROPERTY("{\"type\": \"string\", \"requird\": true}"), "the unknown key \"requird\" in the property \"p\""},
        {PROPERTY("{\"type\": \"string\", \"required\": 1}"), "true or false for \"required\" in the property \"p\""},
        {PROPERTY("{\"type\": \"string\", \"id\": \"yes\"}"), "true or false for \"id\""},
        {PROPERTY("{\"type\": \"string\", \"generated\": null}"), "true or false for \"generated\""},
        {PROPERTY("{\"type\": \"string\", \"unique\": 1}"), "true or false for \"unique\""},
        {PROPERTY("{\"type\": \"string\", \"index\": 1}"), "true or false for \"index\""},
        {PROPERTY("{\"type\": \"string\", \"index\": {\"uniqe\": true}}"),
         "\"uniqe\" in the index of the property \"p\""},
        {PROPERTY("{\"type\": \"string\", \"index\": {\"unique\": 1}}"),
         "\"unique\" in the index of the property \"p\""},
        {PROPERTY("{\"type\": \"string\", \"id\": true}"), "the property \"p\" of the model \"A\" is a second id"},
        {PROPERTY("{\"type\": \"integer\", \"default\": 1.5}"), "the default of the property \"p\" of the model \"A\""},
        {PROPERTY("{\"type\": \"integer\", \"default\": \"12x\"}"), "the default of the property \"p\""},
        {PROPERTY("{\"type\": \"integer\", \"default\": 9007199254740993}"), "beyond 2^53"},
        {PROPERTY("{\"type\": \"string\", \"default\": \"\\u0000\"}"), "NUL"},
        {PROPERTY("{\"type\": \"object\", \"default\": []}"), "the default of the property \"p\""},
        {PROPERTY("{\"type\": \"array\", \"index\": true}"),
         "the property \"p\" of the model \"A\" cannot have an index"},
        {WITH("\"indexes\": []"), "the model \"A\" must have an object for \"indexes\""},
        {INDEX("1"), "an object for the index \"i\""},
        {INDEX("{}"), "an object of properties for \"keys\" in the index \"i\""},
        {INDEX("{\"keys\": {}}"), "an object of properties for \"keys\""},
        {INDEX("{\"keys\": [\"p\"]}"), "an object of properties for \"keys\""},
        {INDEX("{\"keys\": {\"p\": 2}}"), "1 or -1 for \"p\" in the index \"i\""},
        {INDEX("{\"keys\": {\"p\": -0.5}}"), "1 or -1"},
        {INDEX("{\"keys\": {\"p\": \"DESC\"}}"), "1 or -1"},
        {INDEX("{\"keys\": {\"q\": 1}}"),
         "the index \"i\" of the model \"A\" names a property that the model does not have"},
        {INDEX("{\"keys\": {\"p\": 1}, \"sparse\": true}"), "the unknown key \"sparse\" in the index \"i\""},
        {INDEX("{\"keys\": {\"p\": 1}, \"unique\": 1}"), "true or false for \"unique\" in the index \"i\""},
        {INDEX("{\"keys\": {\"p\": 1}, \"options\": true}"), "an object for \"options\" in the index \"i\""},
        {INDEX("{\"keys\": {\"p\": 1}, \"options\": {\"unique\": 1}}"), "true or false for \"unique\""},
        {INDEX("{\"keys\": {\"p\": 1}, \"options\": {\"sparse\": true}}"),
         "\"sparse\" in the options of the index \"i\""},
        {WITH("\"settings\": []"), "the model \"A\" must have an object for \"settings\""},
        {WITH("\"settings\": {\"strict\": 1}"), "true or false for the setting \"strict\""},
        {WITH("\"settings\": {\"ttl\": 3155760000001}"), "from 1 to 3155760000000 (ms)"},
        {WITH("\"validations\": [{}]"), "\"validations\", which is not supported: records would be stored"},
        {WITH("\"hidden\": [\"a\"]"), "\"hidden\", which is not supported: records would show"},
        {WITH("\"protected\": [\"a\"]"), "\"protected\", which is not supported: records would show"},
        {WITH("\"hidden\": true"), "\"hidden\", which is not supported"},
        {WITH("\"scope\": {\"limit\": 5}"), "\"scope\", which is not supported: finds would answer"},
        {WITH("\"options\": {\"a\": 1}"), "\"a\" in its \"options\", which is not supported"},
        {WITH("\"options\": []"), "an object for \"options\""},
        {WITH("\"options\": {\"validateUpsert\": false}"), "true for \"validateUpsert\" in its \"options\""},
        {WITH("\"strict\": 1"), "true or false for \"strict\""},
        {WITH("\"strict\": true, \"settings\": {\"strict\": true}"), "has \"strict\" twice"},
        {WITH("\"settings\": {\"exactlyOnce\": 1}"), "true or false for the setting \"exactlyOnce\""},
        {WITH("\"settings\": {\"ttl\": 0}"), "from 1 to 3155760000000 (ms) for the setting \"ttl\""},
        {WITH("\"settings\": {\"ttl\": 1.5}"), "the setting \"ttl\""},
        {WITH("\"settings\": {\"ttl\": \"1\"}"), "the setting \"ttl\""},
        {WITH("\"settings\": {\"version\": 1}"), "the name of a property for the setting \"version\""},
        {WITH("\"settings\": {\"version\": \"v\"}"), "settings.version of the model \"A\""},
        {WITH("\"settings\": {\"strikt\": true}"), "the unknown setting \"strikt\""},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        CU_ASSERT(parse_fails(texts[i][0], texts[i][1]));
    CU_ASSERT(parse_fails(NULL, "no JSON"));
}

static void one_model_alone(void)
{
    definition *d = NULL;
    ds_error err = {0};
    CU_ASSERT_EQUAL(config_parse_model("[]", &d, &err), DS_CONFIG);
    CU_ASSERT(said(&err, "a model must be an object"));
    CU_ASSERT_EQUAL(config_parse_model("{\"A\": {}}", &d, &err), DS_CONFIG);
    CU_ASSERT(said(&err, "has no \"name\""));
    CU_ASSERT_EQUAL(config_parse_model(NULL, &d, &err), DS_CONFIG);
    CU_ASSERT_EQUAL(config_parse_model("{\"name\": \"A\", \"properties\": {}}", &d, NULL), DS_CONFIG);
    CU_ASSERT_EQUAL(config_parse_model("{\"name\": \"A\", \"propertis\": {}}", &d, NULL), DS_CONFIG);
    CU_ASSERT_PTR_NULL(d);
}

/* ---- files ---- */

static void write_model(const char *file, const char *name)
{
    char json[200];
    snprintf(json, sizeof json, "{\"name\": \"%s\", \"properties\": {" ID "}}", name);
    free(folder_write(folder, file, json));
}

static bool open_fails(const char *path, const char *says)
{
    models m = {0};
    ds_error err = {0};
    ds_status status = config_open_models(path, &m.list, &m.count, &err);
    models_free(&m);
    return status == DS_CONFIG && said(&err, says);
}

static void folders(void)
{
    models m = {0};
    write_model("b.json", "B");
    write_model("a.json", "Z");
    write_model("B.json", "C");
    write_model(".hidden.json", "H");
    write_model("a.json~", "T");
    write_model("json", "J");
    write_model(".json", "K");
    free(folder_write(folder, "c.json",
                      "[{\"name\": \"D\", \"properties\": {" ID "}}, {\"name\": \"E\", \"properties\": {" ID "}}]"));
    free(folder_write(folder, "d.json", "{\"F\": {\"properties\": {" ID "}}}"));
    CU_ASSERT_EQUAL(config_open_models(folder, &m.list, &m.count, NULL), DS_OK);
    char names[64] = "";
    for (size_t i = 0; i < m.count; i++)
        strcat(names, m.list[i]->name);
    CU_ASSERT_STRING_EQUAL(names, "CZBDEF");
    models_free(&m);
    write_model("z.json", "D");
    CU_ASSERT(open_fails(folder, "z.json: the model \"D\" is defined a second time"));
    free(folder_write(folder, "z.json", "{\n\"name\": }"));
    CU_ASSERT(open_fails(folder, "z.json: line 2, column 9"));
    free(folder_write(folder, "z.json", PROPERTY("\"text\"")));
    CU_ASSERT(open_fails(folder, "z.json: the model \"A\" gives the property \"p\""));
    free(folder_write(folder, "z.json", PROPERTY("{\"type\": \"string\", \"id\": true}")));
    CU_ASSERT(open_fails(folder, "z.json: the property \"p\" of the model \"A\""));
    free(folder_write(folder, "z.json", ""));
    CU_ASSERT(open_fails(folder, "z.json: line 1, column 1: there is no JSON"));
    write_model("z.json", "Y");
}

static void files(void)
{
    char path[256];
    models m = {0};
    snprintf(path, sizeof path, "%s/none", folder);
    CU_ASSERT(open_fails(path, "none cannot be read: No such file or directory"));
    CU_ASSERT(open_fails("", "no file or folder"));
    CU_ASSERT(open_fails(NULL, "no file or folder"));
    CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
    CU_ASSERT_EQUAL(config_open_models(path, &m.list, &m.count, NULL), DS_OK);
    CU_ASSERT_EQUAL(m.count, 0);
    models_free(&m);
    strcat(path, "/x.json");
    CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
    CU_ASSERT(open_fails(path, "") == false); /* an empty folder, whatever its name */
    path[strlen(path) - strlen("/x.json")] = '\0';
    CU_ASSERT(open_fails(path, "x.json cannot be read: Is a directory"));
    char *one = folder_write(folder, "one.json", "{\"name\": \"A\", \"properties\": {" ID "}}");
    CU_ASSERT_EQUAL(config_open_models(one, &m.list, &m.count, NULL), DS_OK);
    CU_ASSERT_EQUAL(m.count, 1);
    models_free(&m);
    free(one);
}

/* ---- memory ---- */

static ds_status open_all(void *user, ds_error *err)
{
    models m = {0};
    ds_status status = config_open_models(user, &m.list, &m.count, err);
    models_free(&m);
    return status;
}

static ds_status parse_all(void *user, ds_error *err)
{
    models m = {0};
    ds_status status = config_parse_models(user, &m.list, &m.count, err);
    models_free(&m);
    return status;
}

static void out_of_memory(void)
{
    char *own = folder_make();
    free(folder_write(own, "a.json", "{\"name\": \"A\", \"properties\": {" ID "}}"));
    free(folder_write(own, "b.json", "{\"name\": \"B\", \"properties\": {" ID "}}"));
    CU_ASSERT(failing_everywhere(open_all, own, NULL));
    size_t allocations = 0;
    CU_ASSERT(failing_everywhere(
        parse_all,
        "[{\"name\": \"A\", \"dataSource\": \"x\", \"properties\": {" ID ", \"o\": {\"type\": \"object\", \"default\": "
        "{\"a\": [1, \"b\"]}}, \"i\": {\"type\": \"integer\", \"index\": true, \"default\": 3}}, \"indexes\": {\"x\": "
        "{\"keys\": {\"i\": 1}}}, \"settings\": {\"ttl\": 5, \"redis\": {\"key\": \"k\"}}}]",
        &allocations));
    CU_ASSERT(allocations > 10);
    folder_remove(own);
}

static void example_models(void)
{
    const char *tree = getenv("DS_SRCDIR");
    char path[512];
    models m = {0};
    ds_error err = {0};
    snprintf(path, sizeof path, "%s/config-examples/models.json", tree == NULL ? "." : tree);
    CU_ASSERT_EQUAL(config_open_models(path, &m.list, &m.count, &err), DS_OK);
    CU_ASSERT_STRING_EQUAL(err.message, "");
    CU_ASSERT(m.count > 0);
    models_free(&m);
}

int main(void)
{
    static const test tests[] = {
        {"a text is one model, an array of models, or an object of models by name", forms},
        {"every part of a model is read", whole_model},
        {"a file of LoopBack's generator is taken as it is, with the type of an array", generated_model},
        {"what a model leaves out has its default", smallest_model},
        {"types are known in lower case and capitalised", type_names},
        {"a property's default has the property's type", defaults},
        {"a malformed model is one sentence that names the model and the key", malformed_models},
        {"a definition of the host is one model", one_model_alone},
        {"a folder's files are read in byte order, and an error names its file", folders},
        {"a file of models that cannot be read is a sentence with the system's reason", files},
        {"the models of config-examples are read", example_models},
        {"out of memory at any allocation is DS_NOMEM, and nothing is lost", out_of_memory},
    };
    folder = folder_make();
    int result = SUITE_RUN("models", tests);
    folder_remove(folder);
    return result;
}
