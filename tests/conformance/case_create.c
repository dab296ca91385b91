/* Cases of create: ids given and generated, duplicates, defaults, batches, find_or_create. */
#include "conformance.h"

#include <string.h>

static void stored_and_found(run *r)
{
    step_create(r, "{\"id\":\"a\",\"name\":\"Ada\",\"age\":36,\"tags\":[\"x\"]}", DS_OK);
    step_get(r, "a", "{\"id\":\"a\",\"name\":\"Ada\",\"age\":36,\"member\":false,\"tags\":[\"x\"]}");
    r->rule = &rule_walk;
    step_find_set(r, "{}", "a");
    step_exists(r, "a", true);
    r->rule = &rule_by_ids;
    step_get(r, "b", NULL);
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

/* Creates a record of that name, which is told its id; for ds_record_free(). */
static ds_record *create_nameless(run *r, const char *json)
{
    ds_record *record = NULL;
    trace_text(r, "ds_record_from_json(model, ", json, ", &record, &error);");
    trace(r, "ds_create(model, record, &error);");
    trace(r, "puts(ds_record_to_json(record));");
    if (done(r, ds_record_from_json(r->model, json, &record, &r->error)))
        done(r, ds_create(r->model, record, &r->error));
    return record;
}

/* The record itself is told its id. */
static void generated_text(run *r)
{
    ds_record *first = create_nameless(r, "{\"name\":\"Ada\"}"), *second = create_nameless(r, "{\"name\":\"Bob\"}");
    ds_record *found = NULL;
    ds_value id = ds_record_get(first, "id");
    check(r, id.type == DS_STRING && id.length == 26, "the generated id is a ULID of 26 characters");
    check(r, ds_value_compare(id, ds_record_get(second, "id")) < 0, "a later ULID sorts after an earlier one");
    trace(r, "ds_find_by_id(model, ds_record_get(record, \"id\"), &record, &error);");
    r->rule = &rule_create;
    done(r, ds_find_by_id(r->model, id, &found, &r->error));
    ds_record_free(found);
    ds_record_free(second);
    ds_record_free(first);
    step_count(r, NULL, 2);
}

static int64_t create_numbered(run *r, const char *json)
{
    ds_record *record = create_nameless(r, json);
    ds_value id = ds_record_get(record, "id");
    ds_record_free(record);
    return id.type == DS_INTEGER ? id.as.integer : -1;
}

static void generated_numbers(run *r)
{
    int64_t first = create_numbered(r, "{\"name\":\"a\"}"), second = create_numbered(r, "{\"name\":\"b\"}");
    check(r, first >= 1 && second > first, "the sequence rises");
    check(r, create_numbered(r, "{\"id\":5000000000,\"name\":\"c\"}") == 5000000000, "an explicit id is kept");
    check(r, create_numbered(r, "{\"name\":\"d\"}") > 5000000000, "an explicit larger id raises the sequence");
    check(r, create_numbered(r, "{\"id\":7777,\"name\":\"e\"}") == 7777, "an explicit smaller id is kept");
    check(r, create_numbered(r, "{\"name\":\"f\"}") > 5000000001, "an explicit smaller id does not lower the sequence");
    step_upsert(r, "{\"id\":6000000000,\"name\":\"g\"}", true, DS_OK);
    check(r, create_numbered(r, "{\"name\":\"h\"}") > 6000000000, "an upsert with a larger id raises the sequence");
    step_replace_or_create(r, "{\"id\":7000000000,\"name\":\"i\"}", true, DS_OK);
    check(r, create_numbered(r, "{\"name\":\"j\"}") > 7000000000, "a replace with a larger id raises the sequence");
    step_create(r, "{\"id\":7777,\"name\":\"k\"}", DS_DUPLICATE);
    step_count(r, NULL, 10);
}

static void each_outcome(run *r)
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

static void large_array(run *r)
{
    step_create_numbered(r, 3000);
    step_count(r, NULL, 3000);
    step_get(r, "2999", "{\"id\":\"2999\",\"name\":\"N\",\"age\":2999,\"member\":false}");
}

static void find_or_create(run *r, const char *query_json, const char *json, bool expected, const char *line)
{
    ds_query *query = NULL;
    ds_record *record = NULL;
    bool created = !expected;
    trace_text(r, "ds_query_parse(", query_json, ", &query, &error);");
    trace_text(r, "ds_record_from_json(model, ", json, ", &record, &error);");
    trace(r, "ds_find_or_create(model, query, record, &flag, &error);");
    trace_comment(r, "expected: %s: %s", expected ? "created" : "found", line);
    trace(r, "puts(ds_record_to_json(record));");
    if (done(r, ds_query_parse(query_json, &query, &r->error)) &&
        done(r, ds_record_from_json(r->model, json, &record, &r->error)) &&
        done(r, ds_find_or_create(r->model, query, record, &created, &r->error))) {
        char *got = ds_record_to_json(record);
        if (created != expected || got == NULL || strcmp(got, line) != 0)
            fail(r, "it was %s: %s; expected is %s", created ? "created" : "found", got, line);
        ds_free(got);
    }
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
    trace(r, "ds_record_from_json(model, \"{\\\"id\\\":\\\"a\\\",\\\"name\\\":\\\"B\\\"}\", &record, &error);");
    trace(r, "ds_create(model, record, &error); /* expected: DS_DUPLICATE */");
    trace(r, "puts(ds_record_to_json(record)); /* expected: no defaults */");
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
    {"what is created is found by its id", &rule_create, PERSON, stored_and_found},
    {"an id that is taken is DS_DUPLICATE, and nothing changes", &rule_id_taken, PERSON, duplicate},
    {"a record without an id is refused where none is generated", &rule_checked_before, PERSON, missing_id},
    {"a required property must be there", &rule_checked_before, PERSON, required},
    {"a strict model refuses a property that it does not know", &rule_checked_before, PERSON, unknown_property},
    {"a default is stored where nothing is given", &rule_defaults, PERSON, defaults},
    {"a generated string id is a ULID, and the record is told", &rule_generated_text, GENERATED, generated_text},
    {"a generated integer id is a sequence that an explicit larger id raises", &rule_sequence, NUMBERED,
     generated_numbers},
    {"all records of an array are tried, each with its outcome", &rule_outcomes, PERSON, each_outcome},
    {"an array of 3,000 is stored whole", &rule_large_array, PERSON, large_array},
    {"find_or_create finds what is there and creates what is not", &rule_find_or_create, PERSON, finds_or_creates},
    {"a create that fails leaves the host's record as it was", &rule_failed_create, PERSON,
     failed_create_leaves_the_record_alone},
};
const group group_create = {"create", cases, sizeof cases / sizeof *cases};
