/* Cases of create: ids given and generated, duplicates, defaults, batches, find_or_create. */
#include "conformance.h"

#include <stdlib.h>
#include <string.h>

#define CREATE "source.h, ds_create"

static void stored_and_found(run *r)
{
    step_create(r, "{\"id\":\"a\",\"name\":\"Ada\",\"age\":36,\"tags\":[\"x\"]}", DS_OK);
    step_get(r, "a", "{\"id\":\"a\",\"name\":\"Ada\",\"age\":36,\"member\":false,\"tags\":[\"x\"]}");
    step_get(r, "b", NULL);
    step_exists(r, "a", true);
    step_exists(r, "b", false);
}

static void duplicate(run *r)
{
    step_create(r, "{\"id\":\"a\",\"name\":\"Ada\"}", DS_OK);
    step_create(r, "{\"id\":\"a\",\"name\":\"Bob\",\"age\":1}", DS_DUPLICATE);
    step_get(r, "a", "{\"id\":\"a\",\"name\":\"Ada\",\"member\":false}");
    step_count(r, NULL, 1);
}

static void missing_id(run *r)
{
    step_create(r, "{\"name\":\"Ada\"}", DS_INVALID);
    step_create(r, "{\"id\":null,\"name\":\"Ada\"}", DS_INVALID);
    step_create(r, "{\"id\":\"\",\"name\":\"Ada\"}", DS_INVALID);
    step_count(r, NULL, 0);
}

static void required(run *r)
{
    step_create(r, "{\"id\":\"a\"}", DS_INVALID);
    step_create(r, "{\"id\":\"a\",\"name\":null}", DS_INVALID);
    step_count(r, NULL, 0);
}

static void unknown_property(run *r)
{
    step_create(r, "{\"id\":\"a\",\"name\":\"Ada\",\"colour\":\"red\"}", DS_INVALID);
    step_count(r, NULL, 0);
}

static void defaults(run *r)
{
    step_create(r, "{\"id\":\"a\",\"name\":\"Ada\"}", DS_OK);
    step_create(r, "{\"id\":\"b\",\"name\":\"Bob\",\"member\":true}", DS_OK);
    step_find_ids(r, "{\"where\":{\"member\":false}}", "a");
    step_find_ids(r, "{\"where\":{\"member\":true}}", "b");
}

/* The record itself is told its id. */
static void generated_text(run *r)
{
    ds_record *record = ds_record_new(r->model), *found = NULL;
    char first[64] = "", second[64] = "";
    ds_record_set(record, "name", ds_string("Ada"));
    trace(r, "/* ds_create() of a record without an id, twice */");
    if (ds_create(r->model, record, &r->error) != DS_OK)
        fail(r, "%s", r->error.message);
    ds_value id = ds_record_get(record, "id");
    if (id.type == DS_STRING)
        snprintf(first, sizeof first, "%.*s", (int)id.length, id.as.string);
    check(r, strlen(first) == 26, "the generated id is a ULID of 26 characters");
    if (ds_find_by_id(r->model, ds_string(first), &found, &r->error) != DS_OK)
        fail(r, "%s", r->error.message);
    ds_record_free(found);
    ds_record_free(record);
    record = ds_record_new(r->model);
    ds_record_set(record, "name", ds_string("Bob"));
    if (ds_create(r->model, record, &r->error) != DS_OK)
        fail(r, "%s", r->error.message);
    id = ds_record_get(record, "id");
    if (id.type == DS_STRING)
        snprintf(second, sizeof second, "%.*s", (int)id.length, id.as.string);
    check(r, strcmp(first, second) < 0, "a later ULID sorts after an earlier one");
    ds_record_free(record);
    step_count(r, NULL, 2);
}

static int64_t create_numbered(run *r, const char *json)
{
    ds_record *record;
    int64_t id = -1;
    trace(r, "/* ds_create(%s) */", json);
    if (ds_record_from_json(r->model, json, &record, &r->error) != DS_OK ||
        ds_create(r->model, record, &r->error) != DS_OK)
        fail(r, "%s", r->error.message);
    ds_value value = ds_record_get(record, "id");
    if (value.type == DS_INTEGER)
        id = value.as.integer;
    ds_record_free(record);
    return id;
}

static void generated_numbers(run *r)
{
    int64_t first = create_numbered(r, "{\"name\":\"a\"}"), second = create_numbered(r, "{\"name\":\"b\"}");
    check(r, first >= 1 && second > first, "the sequence rises");
    check(r, create_numbered(r, "{\"id\":5000000000,\"name\":\"c\"}") == 5000000000, "an explicit id is kept");
    check(r, create_numbered(r, "{\"name\":\"d\"}") > 5000000000, "an explicit larger id raises the sequence");
    check(r, create_numbered(r, "{\"id\":7777,\"name\":\"e\"}") == 7777, "an explicit smaller id is kept");
    check(r, create_numbered(r, "{\"name\":\"f\"}") > 5000000001, "an explicit smaller id does not lower the sequence");
    step_create(r, "{\"id\":7777,\"name\":\"g\"}", DS_DUPLICATE);
    step_count(r, NULL, 6);
}

static void batch(run *r)
{
    static const char *const four[] = {"{\"id\":\"a\",\"name\":\"A\"}", "{\"id\":\"b\",\"name\":\"B\"}",
                                       "{\"id\":\"a\",\"name\":\"again\"}", "{\"id\":\"c\",\"name\":\"C\"}"};
    step_create_all(r, four, 4, 3, DS_DUPLICATE);
    step_get(r, "a", "{\"id\":\"a\",\"name\":\"A\",\"member\":false}");
    step_count(r, NULL, 3);
    static const char *const bad[] = {"{\"id\":\"d\",\"name\":\"D\"}", "{\"id\":\"e\"}",
                                      "{\"id\":\"f\",\"name\":\"F\"}"};
    step_create_all(r, bad, 3, 2, DS_INVALID);
    step_find_set(r, "{}", "abcdf");
}

#define MANY 3000
static void large_batch(run *r)
{
    char **jsons = calloc(MANY, sizeof *jsons);
    for (size_t i = 0; i < MANY; i++) {
        jsons[i] = malloc(64);
        snprintf(jsons[i], 64, "{\"id\":\"n%zu\",\"name\":\"N\",\"age\":%zu}", i, i % 10);
    }
    step_create_all(r, (const char *const *)jsons, MANY, MANY, DS_OK);
    step_count(r, NULL, MANY);
    step_count(r, "{\"age\":3}", MANY / 10);
    for (size_t i = 0; i < MANY; i++)
        free(jsons[i]);
    free(jsons);
}

static void find_or_create(run *r, const char *query_json, const char *json, bool expected, const char *line)
{
    ds_query *query = NULL;
    ds_record *record = NULL;
    bool created = !expected;
    trace(r, "/* ds_find_or_create(%s, %s): %s */", query_json, json, expected ? "created" : "found");
    if (ds_query_parse(query_json, &query, &r->error) != DS_OK ||
        ds_record_from_json(r->model, json, &record, &r->error) != DS_OK ||
        ds_find_or_create(r->model, query, record, &created, &r->error) != DS_OK)
        fail(r, "%s", r->error.message);
    char *got = ds_record_to_json(record);
    if (created != expected || got == NULL || strcmp(got, line) != 0)
        fail(r, "it was %s: %s; expected %s", created ? "created" : "found", got, line);
    ds_free(got);
    ds_record_free(record);
    ds_query_free(query);
}

static void finds_or_creates(run *r)
{
    find_or_create(r, "{\"where\":{\"id\":\"a\"}}", "{\"id\":\"a\",\"name\":\"A\"}", true,
                   "{\"id\":\"a\",\"name\":\"A\",\"member\":false}");
    find_or_create(r, "{\"where\":{\"id\":\"a\"}}", "{\"id\":\"a\",\"name\":\"other\",\"age\":1}", false,
                   "{\"id\":\"a\",\"name\":\"A\",\"member\":false}");
    find_or_create(r, "{\"where\":{\"name\":\"A\"}}", "{\"id\":\"b\",\"name\":\"A\"}", false,
                   "{\"id\":\"a\",\"name\":\"A\",\"member\":false}");
    step_count(r, NULL, 1);
}

static void failed_create_leaves_the_record_alone(run *r)
{
    ds_record *record = NULL;
    step_create(r, "{\"id\":\"a\",\"name\":\"A\"}", DS_OK);
    ds_record_from_json(r->model, "{\"id\":\"a\",\"name\":\"B\"}", &record, &r->error);
    check(r, ds_create(r->model, record, &r->error) == DS_DUPLICATE, "the id is taken");
    char *json = ds_record_to_json(record);
    check(r, json != NULL && strcmp(json, "{\"id\":\"a\",\"name\":\"B\"}") == 0,
          "a record that was not stored is as it was, without defaults");
    ds_free(json);
    ds_record_free(record);
}

#define GENERATED "\"properties\":{\"id\":{\"type\":\"string\",\"id\":true,\"generated\":true},\"name\":\"string\"}"
#define NUMBERED  "\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true,\"generated\":true},\"name\":\"string\"}"

static const rule_case cases[] = {
    {"what is created is found by its id", CREATE, PERSON, stored_and_found},
    {"an id that is taken is DS_DUPLICATE, and nothing changes", CREATE, PERSON, duplicate},
    {"a record without an id is refused where none is generated", "connector.h: ids are not null", PERSON, missing_id},
    {"a required property must be there", CREATE, PERSON, required},
    {"a strict model refuses a property that it does not know", "DESIGN 5, models", PERSON, unknown_property},
    {"a default is stored where nothing is given", CREATE, PERSON, defaults},
    {"a generated string id is a ULID, and the record is told", "DESIGN 5: ULID for strings", GENERATED,
     generated_text},
    {"a generated integer id is a sequence that an explicit larger id raises", "DESIGN 5: a sequence for integers",
     NUMBERED, generated_numbers},
    {"all records of a batch are tried, each with its outcome", "source.h, ds_create_all", PERSON, batch},
    {"a batch of 3,000 is stored whole", "source.h, ds_create_all", PERSON, large_batch},
    {"find_or_create finds what is there and creates what is not", "source.h, ds_find_or_create", PERSON,
     finds_or_creates},
    {"a create that fails leaves the host's record as it was", CREATE, PERSON, failed_create_leaves_the_record_alone},
};
const group group_create = {"create", cases, sizeof cases / sizeof *cases};
