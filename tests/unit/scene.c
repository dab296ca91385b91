#include "scene.h"

#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>

definition *scene_strict, *scene_loose, *scene_free;
ds_error scene_error;

#define PROPERTIES                                                                                                     \
    "\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"s\":\"string\",\"i\":\"integer\",\"n\":\"number\","    \
    "\"b\":\"boolean\",\"d\":\"date\",\"y\":\"binary\",\"o\":\"object\",\"a\":\"array\",\"x\":\"any\","                \
    "\"o.dot\":\"string\"}"

bool scene_open(void)
{
    ds_error err = {0};
    if (config_parse_model("{\"name\":\"Thing\"," PROPERTIES "}", &scene_strict, &err) == DS_OK &&
        config_parse_model("{\"name\":\"Loose\"," PROPERTIES ",\"settings\":{\"strict\":false}}", &scene_loose, &err) ==
            DS_OK &&
        definition_schemaless("Free", 4, &scene_free, &err) == DS_OK)
        return true;
    printf("%s\n", err.message);
    return false;
}

void scene_close(void)
{
    definition_free(scene_strict);
    definition_free(scene_loose);
    definition_free(scene_free);
}

ds_record *scene_record(definition *of, const char *json)
{
    ds_model model = {.definition = of};
    ds_record *record = NULL;
    if (ds_record_from_json(&model, json, &record, &scene_error) != DS_OK)
        printf("%s: %s\n", json, scene_error.message);
    return record;
}

int scene_matches(definition *of, const ds_record *record, const ds_filter *filter)
{
    ds_filter *bound = NULL;
    bool matches = false;
    ds_status status = filter_bind(filter, of, &bound, &scene_error);
    if (status == DS_OK)
        status = ds_filter_matches(bound, record, &matches, &scene_error);
    ds_filter_free(bound);
    return status != DS_OK ? -1 : matches;
}

int scene_holds(definition *of, const char *record_json, const char *where)
{
    ds_filter *filter = NULL;
    ds_record *record = scene_record(of, record_json);
    int holds = -1;
    scene_error = (ds_error){0};
    if (record != NULL && ds_filter_parse(where, &filter, &scene_error) == DS_OK)
        holds = scene_matches(of, record, filter);
    ds_filter_free(filter);
    ds_record_free(record);
    return holds;
}

ds_status scene_check(definition *of, const char *where)
{
    ds_filter *filter = NULL, *bound = NULL;
    scene_error = (ds_error){0};
    ds_status status = ds_filter_parse(where, &filter, &scene_error);
    if (status == DS_OK)
        status = filter_bind(filter, of, &bound, &scene_error);
    ds_filter_free(filter);
    ds_filter_free(bound);
    return status;
}

int scene_rows(definition *of, const row *rows, size_t count)
{
    int wrong = 0;
    for (size_t i = 0; i < count; i++) {
        int holds = scene_holds(of, rows[i].record, rows[i].where);
        if (holds == rows[i].holds)
            continue;
        wrong++;
        printf("\n%s with %s: %d, not %d. %s", rows[i].record, rows[i].where, holds, rows[i].holds,
               scene_error.message);
    }
    return wrong;
}

/* ---- chance ---- */

static uint64_t state = 1;

void chance_seed(uint64_t seed)
{
    state = seed * 0x9E3779B97F4A7C15u + 1;
}

uint64_t chance(uint64_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (state >> 11) % below;
}

#define PICK(table) table[chance(sizeof table / sizeof table[0])]

static const char *const strings[] = {"",     "a",  "b",   "A",        "ab",  "a%b",       "a_",
                                      "true", "12", "1.5", "\xC3\xA9", "[1]", "2024-01-01"};
static const char *const jsons[] = {"[]",
                                    "[1]",
                                    "[\"a\",null]",
                                    "[[1],{\"k\":1}]",
                                    "{}",
                                    "{\"k\":1}",
                                    "{\"k\":{\"l\":\"a\"}}",
                                    "[true,1.5,\"\\n\\\"\"]",
                                    "{\"$date\":1}",
                                    "[{\"$binary\":\"AA==\"}]"};
static const double numbers[] = {0, -0.0, 1, 1.5, -2.5, 1e17, 1e300, 9007199254740992.0, 5e-324};
static const int64_t integers[] = {0, 1, -1, 2, 12, INT64_MAX, INT64_MIN, 9007199254740993};
static const int64_t dates[] = {0, 1, -1, 1704067200000, -62167219200000, 253402300799999};

ds_value chance_value(void)
{
    switch (chance(9)) {
    case 0:
        return ds_null();
    case 1:
        return ds_boolean(chance(2) == 0);
    case 2:
        return ds_integer(PICK(integers));
    case 3:
        return ds_number(PICK(numbers));
    case 4:
        return ds_binary("\0\xFF\x80", chance(4));
    case 5:
        return ds_date(PICK(dates));
    case 6:
        return ds_json(PICK(jsons));
    default:
        return ds_string(PICK(strings));
    }
}

static const char *const names[] = {"s", "i",   "n",     "b",   "d",     "y",  "o", "a",
                                    "x", "o.k", "o.k.l", "x.k", "o.dot", "id", "u", "u.v"};

const char *chance_property(void)
{
    return PICK(names);
}

ds_record *chance_record(definition *of)
{
    ds_model model = {.definition = of};
    ds_record *record = ds_record_new(&model);
    ds_record_set(record, "id", ds_string(PICK(strings)));
    for (size_t i = 0; i < 24; i++) { /* most values do not fit, and the last that does stays */
        const char *name = chance_property();
        ds_record_set(record, name, chance_value());
    }
    return record;
}

static ds_filter *chance_compare(void)
{
    const char *name = chance_property(); /* in this order, whatever the compiler does to arguments */
    uint64_t kind = chance(8), n = chance(7), other = chance(30);
    ds_value list[6];
    for (size_t i = 0; i < 6; i++)
        list[i] = chance_value();
    switch (kind) {
    case 0:
        return ds_where_between(name, list[0], list[1]);
    case 1:
        return ds_where_in(name, list, n);
    case 2:
        return ds_where_not_in(name, list, n);
    case 3:
        return ds_where(name, DS_EXISTS, ds_boolean(other % 2 == 0));
    case 4:
        return ds_where(name, (ds_operator)(DS_LIKE + other % 5), ds_string(PICK(strings)));
    case 5:
        return ds_where(name, DS_CONTAINS, list[0]);
    default:
        return ds_where(name, (ds_operator)(DS_EQ + other % 6), list[0]);
    }
}

ds_filter *chance_filter(unsigned depth)
{
    ds_filter *children[4];
    size_t n = chance(5);
    uint64_t kind = depth == 0 ? 9 : chance(8);
    if (kind == 0)
        return ds_everything();
    if (kind == 1)
        return ds_not(chance_filter(depth - 1));
    if (kind > 4)
        return chance_compare();
    for (size_t i = 0; i < n && i < 4; i++)
        children[i] = chance_filter(depth - 1);
    if (n > 4)
        n = 4;
    return kind == 2 ? ds_any(children, n) : ds_all(children, n);
}
