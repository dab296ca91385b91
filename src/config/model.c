/* LoopBack's model JSON: one model with its properties, indexes and settings. What is not known is refused, but for the
 * keys that mean something to LoopBack alone. */
#include "config/model.h"

#include "model/coerce.h"
#include "model/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

typedef struct reader {
    const char *place, *model;
    definition *definition;
    ds_error *err;
} reader;

/* `format` goes on behind the name of the model. */
static __attribute__((format(printf, 2, 3))) ds_status model_fail(const reader *r, const char *format, ...)
{
    char rest[sizeof r->err->message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(rest, sizeof rest, format, arguments);
    va_end(arguments);
    return ds_error_set(r->err, DS_CONFIG, "%s: the model \"%s\" %s", r->place, r->model, rest);
}

static bool name_in(const char *name, const char *const *names)
{
    while (*names != NULL && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

/* What the definition finds wrong has its own sentence; here it is wrong in a file. */
static ds_status model_built(const reader *r, ds_status status)
{
    if (status == DS_OK || status == DS_NOMEM)
        return status;
    if (r->err != NULL)
        r->err->status = DS_CONFIG;
    error_prefix(r->err, "%s: ", r->place);
    return DS_CONFIG;
}

/* ---- properties ---- */

static ds_status type_unknown(const reader *r, const char *property)
{
    return model_fail(r,
                      "gives the property \"%s\" an unknown type, known are string, integer, number, boolean, date, "
                      "binary, object, array and any, and [\"string\"] for an array",
                      property);
}

/* A name of coerce.h, in lower case or capitalised. */
static bool type_read(const char *name, ds_property_type *type)
{
    for (int t = DS_PROPERTY_STRING; t <= DS_PROPERTY_ANY; t++) {
        const char *known = property_type_name((ds_property_type)t);
        if (*name == '\0' || strcmp(name + 1, known + 1) != 0 || strncasecmp(name, known, 1) != 0)
            continue;
        *type = (ds_property_type)t;
        return true;
    }
    return false;
}

/* LoopBack's ["string"] and [{"type": "string"}]: an array. What its elements are is not looked at, but must be a type. */
static ds_status array_type_of(const reader *r, const char *property, const cJSON *item, ds_property_type *type)
{
    const cJSON *element = cJSON_IsObject(item->child) ? tree_member(item->child, "type") : item->child;
    ds_property_type of;
    *type = DS_PROPERTY_ARRAY;
    if (item->child == NULL)
        return DS_OK;
    if (item->child->next != NULL || !cJSON_IsString(element) || !type_read(element->valuestring, &of))
        return type_unknown(r, property);
    return DS_OK;
}

static ds_status type_of(const reader *r, const char *property, const cJSON *item, ds_property_type *type)
{
    if (item == NULL)
        return model_fail(r, "gives the property \"%s\" no type", property);
    if (cJSON_IsArray(item))
        return array_type_of(r, property, item, type);
    if (!cJSON_IsString(item))
        return model_fail(r, "must give the type of the property \"%s\" as a string", property);
    return type_read(item->valuestring, type) ? DS_OK : type_unknown(r, property);
}

static ds_status flag_of(const reader *r, const char *property, const cJSON *item, bool *flag)
{
    if (item == NULL)
        return DS_OK;
    if (!cJSON_IsBool(item))
        return model_fail(r, "must have true or false for \"%s\" in the property \"%s\"", item->string, property);
    *flag = cJSON_IsTrue(item);
    return DS_OK;
}

/* true, false, or {"unique": true}. */
static ds_status index_of(const reader *r, const char *property, const cJSON *item, ds_property *p)
{
    if (!cJSON_IsObject(item))
        return flag_of(r, property, item, &p->index);
    p->index = true;
    for (const cJSON *child = item->child; child != NULL; child = child->next) {
        if (strcmp(child->string, "unique") != 0)
            return model_fail(r, "has the unknown key \"%s\" in the index of the property \"%s\"", child->string,
                              property);
        if (!cJSON_IsBool(child))
            return model_fail(r, "must have true or false for \"unique\" in the index of the property \"%s\"",
                              property);
        p->unique = p->unique || cJSON_IsTrue(child);
    }
    return DS_OK;
}

/* `text` holds the JSON of an object or array, and must outlive the value. */
static ds_value default_of(const cJSON *item, ds_buffer *text)
{
    int64_t integer = 0;
    if (cJSON_IsBool(item))
        return ds_boolean(cJSON_IsTrue(item));
    if (cJSON_IsString(item))
        return ds_string(item->valuestring);
    if (cJSON_IsNumber(item))
        return number_is_integer(item->valuedouble, &integer) ? ds_integer(integer) : ds_number(item->valuedouble);
    if (!cJSON_IsObject(item) && !cJSON_IsArray(item))
        return ds_null();
    tree_print(text, item);
    return ds_json_n(text->text, text->length);
}

static ds_status property_read_object(const reader *r, const cJSON *item, ds_property *p)
{
    static const char *const known[] = {"type",  "id",     "generated",   "required", "default",
                                        "index", "unique", "description", NULL};
    const char *name = p->name;
    for (const cJSON *child = item->child; child != NULL; child = child->next)
        if (!name_in(child->string, known))
            return model_fail(r, "has the unknown key \"%s\" in the property \"%s\"", child->string, name);
    ds_status status = type_of(r, name, tree_member(item, "type"), &p->type);
    if (status == DS_OK)
        status = flag_of(r, name, tree_member(item, "id"), &p->id);
    if (status == DS_OK)
        status = flag_of(r, name, tree_member(item, "generated"), &p->generated);
    if (status == DS_OK)
        status = flag_of(r, name, tree_member(item, "required"), &p->required);
    if (status == DS_OK)
        status = flag_of(r, name, tree_member(item, "unique"), &p->unique);
    return status == DS_OK ? index_of(r, name, tree_member(item, "index"), p) : status;
}

static ds_status property_read(const reader *r, const cJSON *item)
{
    ds_buffer text = {0};
    ds_property p = {.size = sizeof p, .name = item->string, .name_length = strlen(item->string)};
    ds_status status;
    if (cJSON_IsString(item) || cJSON_IsArray(item))
        status = type_of(r, p.name, item, &p.type);
    else if (cJSON_IsObject(item))
        status = property_read_object(r, item, &p);
    else
        status = model_fail(r, "must give the property \"%s\" a type name or an object", p.name);
    if (status != DS_OK)
        return status;
    p.default_value = default_of(tree_member(item, "default"), &text);
    status = text.failed ? error_nomem(r->err) : model_built(r, definition_add_property(r->definition, &p, r->err));
    buffer_free(&text);
    return status;
}

static ds_status properties_read(const reader *r, const cJSON *properties)
{
    ds_status status = DS_OK;
    if (properties == NULL)
        return DS_OK;
    if (!cJSON_IsObject(properties))
        return model_fail(r, "must have an object for \"properties\"");
    for (const cJSON *item = properties->child; item != NULL && status == DS_OK; item = item->next)
        status = property_read(r, item);
    return status;
}

/* ---- indexes ---- */

/* The number behind a key's name: 1 ascending, -1 descending. */
static bool direction_read(const cJSON *item, bool *descending)
{
    if (!cJSON_IsNumber(item))
        return false;
    *descending = item->valuedouble < 0;
    return item->valuedouble <= -1 ? item->valuedouble >= -1 : item->valuedouble >= 1 && item->valuedouble <= 1;
}

static ds_status keys_read(const reader *r, const char *index, const cJSON *keys, bool unique)
{
    size_t count = (size_t)cJSON_GetArraySize(keys), i = 0;
    ds_status status = DS_OK;
    if (!cJSON_IsObject(keys) || count == 0)
        return model_fail(r, "must have an object of properties for \"keys\" in the index \"%s\"", index);
    const char **names = ds_calloc(count, sizeof *names);
    bool *descending = ds_calloc(count, sizeof *descending);
    if (names == NULL || descending == NULL) {
        status = error_nomem(r->err);
        goto done;
    }
    for (const cJSON *key = keys->child; key != NULL && status == DS_OK; key = key->next, i++) {
        names[i] = key->string;
        if (!direction_read(key, &descending[i]))
            status = model_fail(r, "must have 1 or -1 for \"%s\" in the index \"%s\"", key->string, index);
    }
    if (status == DS_OK)
        status = model_built(r, definition_add_index(r->definition, index, unique, names, descending, count, r->err));
done:
    ds_free(descending);
    ds_free(names);
    return status;
}

/* "unique" of an index, or of its "options". */
static ds_status unique_read(const reader *r, const char *index, const cJSON *item, bool *unique)
{
    if (item == NULL)
        return DS_OK;
    if (!cJSON_IsBool(item))
        return model_fail(r, "must have true or false for \"unique\" in the index \"%s\"", index);
    *unique = *unique || cJSON_IsTrue(item);
    return DS_OK;
}

static ds_status index_keys_known(const reader *r, const cJSON *item)
{
    static const char *const known[] = {"keys", "options", "unique", NULL};
    const cJSON *options = tree_member(item, "options");
    for (const cJSON *child = item->child; child != NULL; child = child->next)
        if (!name_in(child->string, known))
            return model_fail(r, "has the unknown key \"%s\" in the index \"%s\"", child->string, item->string);
    if (options != NULL && !cJSON_IsObject(options))
        return model_fail(r, "must have an object for \"options\" in the index \"%s\"", item->string);
    for (const cJSON *child = options == NULL ? NULL : options->child; child != NULL; child = child->next)
        if (strcmp(child->string, "unique") != 0)
            return model_fail(r, "has the unknown key \"%s\" in the options of the index \"%s\"", child->string,
                              item->string);
    return DS_OK;
}

static ds_status index_read(const reader *r, const cJSON *item)
{
    bool unique = false;
    if (!cJSON_IsObject(item))
        return model_fail(r, "must have an object for the index \"%s\"", item->string);
    ds_status status = index_keys_known(r, item);
    if (status == DS_OK)
        status = unique_read(r, item->string, tree_member(item, "unique"), &unique);
    if (status == DS_OK)
        status = unique_read(r, item->string, tree_member(tree_member(item, "options"), "unique"), &unique);
    return status == DS_OK ? keys_read(r, item->string, tree_member(item, "keys"), unique) : status;
}

static ds_status indexes_read(const reader *r, const cJSON *indexes)
{
    ds_status status = DS_OK;
    if (indexes == NULL)
        return DS_OK;
    if (!cJSON_IsObject(indexes))
        return model_fail(r, "must have an object for \"indexes\"");
    for (const cJSON *item = indexes->child; item != NULL && status == DS_OK; item = item->next)
        status = index_read(r, item);
    return status;
}

/* ---- the model ---- */

/* What the library itself knows; an object is for the connector that it is named after. */
static ds_status settings_known(const reader *r, const cJSON *tree)
{
    static const char *const known[] = {"strict", "ttl", "version", "exactlyOnce", NULL};
    const cJSON *flags[] = {tree_member(tree, "strict"), tree_member(tree, "exactlyOnce")};
    if (tree != NULL && !cJSON_IsObject(tree))
        return model_fail(r, "must have an object for \"settings\"");
    for (const cJSON *item = tree == NULL ? NULL : tree->child; item != NULL; item = item->next)
        if (!name_in(item->string, known) && !cJSON_IsObject(item))
            return model_fail(r,
                              "has the unknown setting \"%s\", known are strict, ttl, version, exactlyOnce, and an "
                              "object for each connector",
                              item->string);
    for (size_t i = 0; i < 2; i++)
        if (flags[i] != NULL && !cJSON_IsBool(flags[i]))
            return model_fail(r, "must have true or false for the setting \"%s\"", flags[i]->string);
    return DS_OK;
}

/* The text goes into the definition as it is, and is checked with the connector's table once that is known. */
static ds_status settings_read(const reader *r, const cJSON *tree, const cJSON *strict)
{
    const cJSON *ttl = tree_member(tree, "ttl"), *version = tree_member(tree, "version");
    ds_buffer text = {0};
    int64_t ms = 0;
    ds_status status = settings_known(r, tree);
    bool is_strict = !cJSON_IsFalse(strict) && !cJSON_IsFalse(tree_member(tree, "strict"));
    if (status != DS_OK)
        return status;
    if (ttl != NULL && (!cJSON_IsNumber(ttl) || !number_is_integer(ttl->valuedouble, &ms) || ms < 1 || ms > DS_TTL_MAX))
        return model_fail(r, "must have an integer from 1 to %lld (ms) for the setting \"ttl\"", (long long)DS_TTL_MAX);
    if (version != NULL && !cJSON_IsString(version))
        return model_fail(r, "must have the name of a property for the setting \"version\"");
    if (strict != NULL && !cJSON_IsBool(strict))
        return model_fail(r, "must have true or false for \"strict\"");
    if (strict != NULL && tree_member(tree, "strict") != NULL)
        return model_fail(r, "has \"strict\" twice: at the top and in its settings");
    if (tree == NULL && strict == NULL)
        return DS_OK;
    if (tree == NULL)
        buffer_text(&text, "{}");
    else
        tree_print(&text, tree);
    status = text.failed ? error_nomem(r->err) : DS_OK;
    if (status == DS_OK)
        status = model_built(r, definition_set_settings(r->definition, text.text, is_strict, ms,
                                                        version == NULL ? NULL : version->valuestring, r->err));
    buffer_free(&text);
    return status;
}

static ds_status source_read(const reader *r, const cJSON *item)
{
    if (item == NULL)
        return DS_OK;
    if (!cJSON_IsString(item) || *item->valuestring == '\0')
        return model_fail(r, "must have the name of a data source for \"dataSource\"");
    return model_built(r, definition_set_data_source(r->definition, item->valuestring, r->err));
}

static bool is_empty(const cJSON *item)
{
    return (cJSON_IsArray(item) || cJSON_IsObject(item)) && item->child == NULL;
}

/* An upsert is checked in any case, as validateUpsert asks; what false asks for, that it is not, is not done. */
static ds_status options_known(const reader *r, const cJSON *options)
{
    if (options != NULL && !cJSON_IsObject(options))
        return model_fail(r, "must have an object for \"options\"");
    for (const cJSON *item = options == NULL ? NULL : options->child; item != NULL; item = item->next) {
        if (strcmp(item->string, "validateUpsert") != 0)
            return model_fail(r, "has \"%s\" in its \"options\", which is not supported: it would not be done",
                              item->string);
        if (!cJSON_IsTrue(item))
            return model_fail(r, "must have true for \"validateUpsert\" in its \"options\": upserts are checked");
    }
    return DS_OK;
}

/* LoopBack's generator writes all of these, empty; empty, they ask for nothing. */
static ds_status key_known(const reader *r, const cJSON *item)
{
    static const char *const known[] = {"name",    "dataSource", "properties",  "indexes",     "settings",  "strict",
                                        "$schema", "base",       "plural",      "http",        "relations", "acls",
                                        "methods", "mixins",     "description", "idInjection", "options",   NULL};
    static const struct {
        const char *key, *why;
    } refused[] = {{"validations", "records would be stored that they forbid"},
                   {"hidden", "records would show what it hides"},
                   {"protected", "records would show what it hides"},
                   {"scope", "finds would answer what it leaves out"}};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if (strcmp(item->string, refused[i].key) != 0)
            continue;
        if (is_empty(item))
            return DS_OK;
        return model_fail(r, "has \"%s\", which is not supported: %s", item->string, refused[i].why);
    }
    return name_in(item->string, known) ? DS_OK : model_fail(r, "has the unknown key \"%s\"", item->string);
}

static ds_status keys_known(const reader *r, const cJSON *tree)
{
    ds_status status = options_known(r, tree_member(tree, "options"));
    for (const cJSON *item = tree->child; item != NULL && status == DS_OK; item = item->next)
        status = key_known(r, item);
    return status;
}

static ds_status name_read(reader *r, const char *key, const cJSON *tree)
{
    const cJSON *name = tree_member(tree, "name");
    r->model = key == NULL ? "" : key;
    if (!cJSON_IsObject(tree) && key == NULL)
        return ds_error_set(r->err, DS_CONFIG, "%s: a model must be an object", r->place);
    if (!cJSON_IsObject(tree))
        return model_fail(r, "must be an object");
    if (name == NULL && key == NULL)
        return ds_error_set(r->err, DS_CONFIG, "%s: a model has no \"name\"", r->place);
    if (name != NULL && !cJSON_IsString(name) && key == NULL)
        return ds_error_set(r->err, DS_CONFIG, "%s: the \"name\" of a model must be a string", r->place);
    if (name != NULL && (!cJSON_IsString(name) || (key != NULL && strcmp(name->valuestring, key) != 0)))
        return model_fail(r, "has another \"name\" than its key");
    if (name != NULL)
        r->model = name->valuestring;
    return DS_OK;
}

ds_status model_read(const char *place, const char *key, const cJSON *tree, definition **out, ds_error *err)
{
    reader r = {.place = place, .err = err};
    ds_status status = name_read(&r, key, tree);
    if (status == DS_OK)
        status = keys_known(&r, tree);
    if (status == DS_OK)
        status = model_built(&r, definition_new(r.model, strlen(r.model), &r.definition, err));
    if (status != DS_OK)
        return status;
    status = source_read(&r, tree_member(tree, "dataSource"));
    if (status == DS_OK)
        status = properties_read(&r, tree_member(tree, "properties"));
    if (status == DS_OK)
        status = indexes_read(&r, tree_member(tree, "indexes"));
    if (status == DS_OK)
        status = settings_read(&r, tree_member(tree, "settings"), tree_member(tree, "strict"));
    if (status == DS_OK)
        status = model_built(&r, definition_finish(r.definition, err));
    if (status == DS_OK)
        *out = r.definition;
    else
        definition_free(r.definition);
    return status;
}
