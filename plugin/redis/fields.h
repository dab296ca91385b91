/* How the properties of a record become arguments of a command: names and canonical texts. The id is no field here; who
 * stores it says so. A NULL record has no properties. */
#ifndef REDIS_FIELDS_H
#define REDIS_FIELDS_H

#include "model.h"

typedef struct field_text { /* of a value, as it is stored */
    const char *bytes;
    size_t length;
    ds_text text;
    char *json; /* owned */
} field_text;
bool field_text_make(field_text *out, const redis_model *state, size_t slot, ds_value value); /* false: out of memory */
void field_text_free(field_text *text);

typedef struct field_counts {
    size_t values;  /* properties that hold a value */
    size_t nulls;   /* properties that are set to null */
    size_t longest; /* bytes of the longest value */
} field_counts;
field_counts fields_count(const redis_model *state, const ds_record *record);

/* Appends name and text of each value: 2 * values arguments. DS_NOMEM needs a sentence. */
ds_status fields_append(redis_request *request, const redis_model *state, const ds_record *record);
/* Appends those of `record` that `unless` does not set, to a value or to null; counted by fields_count_beside(). */
ds_status fields_append_beside(redis_request *request, const redis_model *state, const ds_record *record,
                               const ds_record *unless);
size_t fields_count_beside(const redis_model *state, const ds_record *record, const ds_record *unless);
/* Appends the names of the nulls. */
void fields_append_nulls(redis_request *request, const redis_model *state, const ds_record *record);
/* Appends the names of the properties that the model declares and the record does not hold. */
size_t fields_count_absent(const redis_model *state, const ds_record *record);
void fields_append_absent(redis_request *request, const redis_model *state, const ds_record *record);
/* What the scripts call the expected fields: a name, then "=" and the backend's text, or "". 2 * (values + nulls)
 * arguments. */
ds_status fields_append_expected(redis_request *request, const redis_model *state, const ds_record *expected);

#endif
