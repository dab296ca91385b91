/* Models: what a kind of record is made of. Read from LoopBack's model JSON (datasources.json(5)), never changed after. */
#ifndef DATASOURCE_MODEL_H
#define DATASOURCE_MODEL_H

#include <datasource/value.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A model on a data source. Shared by any number of threads. Belongs to its data source and lives as long as that, but for
 * one made by ds_model_with(). */
typedef struct ds_model ds_model;

typedef enum ds_property_type {
    DS_PROPERTY_STRING,
    DS_PROPERTY_INTEGER,
    DS_PROPERTY_NUMBER,
    DS_PROPERTY_BOOLEAN,
    DS_PROPERTY_DATE,
    DS_PROPERTY_BINARY,
    DS_PROPERTY_OBJECT, /* values are DS_JSON, an object */
    DS_PROPERTY_ARRAY,  /* values are DS_JSON, an array */
    DS_PROPERTY_ANY     /* null, boolean, integer, number, string or JSON; the value's own type is kept */
} ds_property_type;

typedef struct ds_property {
    uint32_t size;
    ds_property_type type;
    const char *name; /* NUL-terminated, holds no NUL */
    size_t name_length;
    bool id, generated, required, index, unique;
    ds_value default_value; /* of the property's type; DS_NULL: none */
} ds_property;

/* An index: of one property (made by "index" or "unique" in the property; by both, one that is unique) or composite (made by
 * "indexes"). A unique one finds values, and need not give ranges and order: in Redis it does not. A plain one of the same property
 * under another name does. */
typedef struct ds_index {
    uint32_t size;
    const char *name; /* that of the property, or the key in "indexes" */
    bool unique;
    size_t key_count;
    const size_t *slots;    /* key_count slots of properties */
    const bool *descending; /* key_count */
} ds_index;

/* What a name that the model does not declare has for a slot. */
#define DS_NO_SLOT SIZE_MAX

DS_API const char *ds_model_name(const ds_model *model);

/* Properties are numbered from 0 in the order of the definition; the number is the property's slot. A schemaless model has
 * one property, `id`. */
DS_API size_t ds_model_property_count(const ds_model *model);
DS_API const ds_property *ds_model_property(const ds_model *model, size_t slot);     /* NULL past the last */
DS_API size_t ds_model_slot(const ds_model *model, const char *name, size_t length); /* or DS_NO_SLOT */
DS_API size_t ds_model_id_slot(const ds_model *model);

DS_API size_t ds_model_index_count(const ds_model *model);
DS_API const ds_index *ds_model_index(const ds_model *model, size_t i); /* NULL past the last */

/* No definition: every property but `id` is undeclared, and all values are text. */
DS_API bool ds_model_is_schemaless(const ds_model *model);
/* Properties that the model does not declare may not be written, filtered or ordered by (settings.strict, true unless the
 * definition says otherwise; never for a schemaless model). */
DS_API bool ds_model_is_strict(const ds_model *model);

/* A setting of the definition by its path below "settings" ("redis.key", "ttl"), a default of the connector's table of model
 * options filled in; DS_NULL where there is none. Belongs to the model. */
DS_API ds_value ds_model_setting(const ds_model *model, const char *path);

#ifdef __cplusplus
}
#endif
#endif
