/* What a model is made of, whatever data source it is on. Built by src/config from JSON, immutable once finished. */
#ifndef MODEL_DEFINITION_H
#define MODEL_DEFINITION_H

#include "base/arena.h"
#include "base/base.h"

struct settings; /* src/config/settings.h */

typedef struct definition {
    arena arena; /* owns all below but the settings */
    const char *name;
    const char *data_source; /* NULL: not said */
    const char *place;       /* where it was read, for sentences; NULL: not in a catalog */
    ds_property *properties;
    size_t property_count, id_slot;
    ds_index *indexes; /* those of single properties first, in the order of slots */
    size_t index_count;
    bool schemaless, strict;
    int64_t ttl_ms;         /* settings.ttl; 0: none */
    size_t version_slot;    /* settings.version; DS_NO_SLOT: none */
    char *settings_json;    /* the text of "settings" as it was written, "{}" without; in the arena */
    uint32_t *slot_table;   /* open addressing, slot + 1 */
    size_t slot_table_size; /* a power of two */
    bool *keyed; /* by slot: part of the id or of an index, so that values over DEFINITION_KEY_MAX are refused */
} definition;

#define DEFINITION_KEY_MAX 4096 /* bytes of an id, or of a value that an index holds */

/* Build: new, add, set, finish; then read only. On an error: definition_free. A sentence names the model and the property. */
ds_status definition_new(const char *name, size_t length, definition **out,
                         ds_error *); /* refuses a name with # : { } or NUL, or empty */
ds_status definition_add_property(definition *, const ds_property *, ds_error *); /* copied; its default is coerced */
ds_status definition_add_index(definition *, const char *name, bool unique, const char *const *properties,
                               const bool *descending, size_t n, ds_error *);            /* after the properties */
ds_status definition_set_data_source(definition *, const char *data_source, ds_error *); /* copied */
/* After the properties. `settings_json`: the text of "settings" (NULL: none); `version_property`: settings.version, an integer
 * property (NULL: none); `ttl_ms` 0: none. */
ds_status definition_set_settings(definition *, const char *settings_json, bool strict, int64_t ttl_ms,
                                  const char *version_property, ds_error *);
ds_status definition_finish(
    definition *, ds_error *); /* exactly one id, string or integer; indexes of single properties; the slot table */
ds_status definition_schemaless(const char *name, size_t length, definition **out, ds_error *);
bool definition_equal(const definition *, const definition *); /* the same model, written the same way or not */
void definition_free(definition *);
size_t definition_slot(const definition *, const char *name, size_t length); /* or DS_NO_SLOT */
uint32_t name_hash(const char *name, size_t length);                         /* of a property's name */
size_t definition_slot_hashed(const definition *, const char *name, size_t length, uint32_t hash); /* name_hash()'s */

/* A model on a data source: src/source makes and frees them, src/model reads the definition. */
struct ds_model {
    const definition *definition;
    ds_source *source;               /* NULL in unit tests */
    const struct settings *settings; /* resolved for the source's connector; NULL in unit tests */
    ds_model *original;              /* of a view: the model that it is a view of; NULL otherwise */
    ds_options options;              /* of a view */
    void *state;                     /* open_model's; of the original */
    bool opened;                     /* open_model was called, so close_model is due */
    bool owns_definition;            /* made for the source, not for the catalog */
    ds_model *next;                  /* in the source's list */
};

#endif
