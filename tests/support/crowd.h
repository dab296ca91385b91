/* A model of people on a toy connector, twelve of them, and answers as short texts that a test can compare. */
#ifndef TESTS_CROWD_H
#define TESTS_CROWD_H

#include "toy.h"

typedef struct crowd {
    ds_source *source;
    ds_model *model;
} crowd;

extern const char PERSON[]; /* the definition: id, name (required, unique), age, city (default "Rome"), score */
extern const ds_connector *const TOYS[3];

void people_register(void); /* once a process */
crowd people_open(const ds_connector *connector, const char *model_json, bool filled);
void people_close(crowd *people);

ds_record *person(const ds_model *model, const char *json); /* never NULL */
/* The ids of what a find answers, "a b c"; "!DS_INVALID" and the like for a failure. In a static buffer. */
const char *found_ids(ds_model *model, const char *query_json);
const char *cursor_ids(ds_cursor *cursor);            /* closes it */
const char *json_of(ds_model *model, const char *id); /* the record; "none" */

void on_each(void (*run)(crowd *)); /* runs it on each toy, filled with the twelve */
void same(const char *got, const char *expected);
void holds(ds_model *model, const char *id, const char *expected_json); /* what is stored */
void record_is(const ds_record *record, const char *expected_json);
void says(const ds_error *err, ds_status status, const char *words); /* among its words */
/* ds_create() of a record made of JSON, which is the caller's to free in any case. */
ds_status create(ds_model *model, const char *json, ds_record **out, ds_error *err);

#endif
