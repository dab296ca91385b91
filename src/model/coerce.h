/* The one place that says which value fits which property (the list at ds_record_set). */
#ifndef MODEL_COERCE_H
#define MODEL_COERCE_H

#include "base/arena.h"
#include "base/base.h"

/* Makes `value` a value of the type, its bytes in the arena (copied even where nothing changes). On failure writes only
 * the reason ("\"12x\" is not an integer") to the error, DS_INVALID; the caller names the property. Null stays null. */
ds_status coerce_value(ds_property_type type, ds_value value, arena *, ds_value *out, ds_error *);
/* As canonical text, a DS_STRING: what undeclared properties hold. */
ds_status coerce_text(ds_value value, arena *, ds_value *out, ds_error *);
/* Checks JSON text and makes it canonical (keys sorted by bytes, no white space, integers as they are, doubles by
 * number_print with ".0" where that would read as an integer). */
ds_status coerce_json(const char *text, size_t length, arena *, ds_value *out, ds_error *);
const char *property_type_name(ds_property_type);
const char *type_name(ds_type);
/* A value as a sentence shows it: strings in quotes, long ones cut. */
#define VALUE_SHOWN 96
void value_show(ds_value, char out[VALUE_SHOWN]);
/* The ds_type of a property's values; DS_NULL for any. */
ds_type property_value_type(ds_property_type);

#endif
