/* Three models that records are tested with: a strict one with a property of each type, one that takes undeclared
 * properties too, and a schemaless one. */
#ifndef TESTS_THREE_MODELS_H
#define TESTS_THREE_MODELS_H

#include "model/record.h"

enum { ID, NAME, AGE, SCORE, ACTIVE, BORN, PHOTO, ADDRESS, TAGS, NOTE, MAIL, CITY, DECLARED };

extern definition *strict_definition, *lenient_definition, *schemaless_definition;
extern ds_model strict_model, lenient_model, schemaless_model;

void three_models_make(void);
void three_models_free(void);

bool is(ds_value value, ds_value expected); /* the same type and value */
bool holds_text(const ds_record *record, const char *property, const char *text);
ds_field field_of(const ds_record *record, size_t slot); /* which it must have */

#endif
