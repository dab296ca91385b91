/* What the tests of filters share: a model with a property of every type, strict, loose and not defined at all; one
 * call to ask whether a filter holds; and seeded random values, records and filters. */
#ifndef TESTS_SCENE_H
#define TESTS_SCENE_H

#include "query/query.h"

extern definition *scene_strict, *scene_loose, *scene_free;
bool scene_open(void);
void scene_close(void);

ds_record *scene_record(definition *, const char *json); /* NULL and the sentence printed where it is refused */
/* 1, 0, or -1 where anything was refused: the sentence is then in scene_error. */
int scene_holds(definition *, const char *record_json, const char *where);
int scene_matches(definition *, const ds_record *, const ds_filter *unbound);
ds_status scene_check(definition *, const char *where); /* parses and binds */
extern ds_error scene_error;

typedef struct row {
    const char *record, *where;
    int holds;
} row;
/* Asks each row and prints those that differ; how many did. */
int scene_rows(definition *, const row *rows, size_t count);
#define SCENE_ROWS(model, rows) CU_ASSERT_EQUAL(scene_rows(model, rows, sizeof rows / sizeof rows[0]), 0)

typedef struct refusal {
    const char *text, *sentence; /* a part of it */
} refusal;

/* ---- chance, the same in each run ---- */

void chance_seed(uint64_t seed);
uint64_t chance(uint64_t below);
ds_value chance_value(void); /* of any type; its bytes are static */
ds_record *chance_record(definition *);
ds_filter *chance_filter(unsigned depth);
const char *chance_property(void);

#endif
