/* How booleans, dates and binary stand in the fields of a hash: as this library writes them, or as Redis OM or LoopBack's
 * connector do, whose records are shared so. All else is the same in every dialect. docs/REDIS-STORAGE.md has the texts. */
#ifndef REDIS_DIALECT_H
#define REDIS_DIALECT_H

#include <datasource/connector.h>

typedef enum redis_dialect { DIALECT_NATIVE, DIALECT_REDIS_OM, DIALECT_LOOPBACK } redis_dialect;

extern const char *const dialect_names[]; /* in the order of the enumerators, then NULL */
redis_dialect dialect_named(const char *name);

/* The text of a value of a property: as ds_value_text() has it where the dialect says nothing of its own. */
void dialect_text(redis_dialect dialect, ds_property_type type, ds_value value, ds_text *out);
/* Whether binary is stored as base64, which dialect_text() leaves to the caller. */
bool dialect_is_base64(redis_dialect dialect, ds_property_type type, ds_value value);

/* As ds_record_put_text(), of a property that is declared. What Redis OM and LoopBack could not have written, but can only
 * be meant as one thing, is read as that. */
ds_status dialect_put_text(redis_dialect dialect, ds_property_type type, ds_record *record, size_t slot,
                           const char *text, size_t length);

/* The value that the text of a field stands for, as dialect_put_text() reads it, of a type that can have an index: a string
 * where it is not that type's. Bytes point into the text, or of base64 into `room`, which takes length / 4 * 3 of them. */
void dialect_read(redis_dialect dialect, ds_property_type type, const char *text, size_t length, char *room,
                  ds_value *out);

#endif
