#include "crowd.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>

const char PERSON[] = "{\"name\":\"Person\",\"properties\":{"
                      "\"id\":{\"type\":\"string\",\"id\":true,\"generated\":true},"
                      "\"name\":{\"type\":\"string\",\"required\":true,\"unique\":true},\"age\":\"integer\","
                      "\"city\":{\"type\":\"string\",\"default\":\"Rome\"},\"score\":\"number\"}}";
const ds_connector *const TOYS[3] = {&toy_bare, &toy_full, &toy_shy};

/* No age has two but 30, which three have; two have none. */
static const char *const TWELVE[] = {"{\"id\":\"e\",\"name\":\"Eve\",\"age\":30,\"city\":\"Oslo\"}",
                                     "{\"id\":\"b\",\"name\":\"Bob\",\"age\":25,\"city\":\"Rome\"}",
                                     "{\"id\":\"l\",\"name\":\"Lea\",\"city\":\"Oslo\"}",
                                     "{\"id\":\"a\",\"name\":\"Ann\",\"age\":30,\"city\":\"Rome\"}",
                                     "{\"id\":\"k\",\"name\":\"Kim\",\"age\":61,\"city\":\"Bern\"}",
                                     "{\"id\":\"c\",\"name\":\"Cid\",\"age\":41,\"city\":\"Rome\"}",
                                     "{\"id\":\"d\",\"name\":\"Dan\",\"age\":18,\"city\":\"Bern\"}",
                                     "{\"id\":\"h\",\"name\":\"Hal\",\"city\":\"Rome\"}",
                                     "{\"id\":\"g\",\"name\":\"Gil\",\"age\":30,\"city\":\"Bern\"}",
                                     "{\"id\":\"f\",\"name\":\"Fay\",\"age\":52,\"city\":\"Oslo\"}",
                                     "{\"id\":\"j\",\"name\":\"Jan\",\"age\":7,\"city\":\"Oslo\"}",
                                     "{\"id\":\"i\",\"name\":\"Ida\",\"age\":70,\"city\":\"Rome\"}"};

void people_register(void)
{
    for (size_t i = 0; i < 3; i++)
        if (ds_connector_register(TOYS[i], NULL) != DS_OK)
            abort();
}

ds_record *person(const ds_model *model, const char *json)
{
    ds_record *record = NULL;
    ds_error err = {.status = DS_OK};
    if (ds_record_from_json(model, json, &record, &err) != DS_OK)
        printf("%s: %s\n", json, err.message);
    CU_ASSERT_PTR_NOT_NULL_FATAL(record);
    return record;
}

crowd people_open(const ds_connector *connector, const char *model_json, bool filled)
{
    crowd people = {.source = NULL};
    ds_error err = {.status = DS_OK};
    toy_reset();
    if (ds_source_open(connector->name, NULL, &people.source, &err) != DS_OK ||
        ds_model_define(people.source, model_json, &people.model, &err) != DS_OK)
        printf("%s\n", err.message);
    CU_ASSERT_PTR_NOT_NULL_FATAL(people.model);
    for (size_t i = 0; filled && i < sizeof TWELVE / sizeof TWELVE[0]; i++) {
        ds_record *record = person(people.model, TWELVE[i]);
        CU_ASSERT_EQUAL_FATAL(ds_create(people.model, record, &err), DS_OK);
        ds_record_free(record);
    }
    toy_reset();
    return people;
}

void people_close(crowd *people)
{
    CU_ASSERT_EQUAL(toy.open_scans, 0);
    ds_source_close(people->source);
}

static const char *failure(ds_status status)
{
    static char text[40];
    snprintf(text, sizeof text, "!%s", ds_status_name(status));
    return text;
}

const char *cursor_ids(ds_cursor *cursor)
{
    static char ids[8192];
    size_t length = 0;
    const ds_record *record;
    ds_status status;
    ids[0] = '\0';
    while ((status = ds_cursor_next(cursor, &record, NULL)) == DS_OK && record != NULL)
        length += (size_t)snprintf(ids + length, sizeof ids - length, "%s%s", length == 0 ? "" : " ",
                                   ds_record_get(record, "id").as.string);
    ds_cursor_close(cursor);
    return status == DS_OK ? ids : failure(status);
}

const char *found_ids(ds_model *model, const char *query_json)
{
    ds_query *query = NULL;
    ds_cursor *cursor = NULL;
    ds_error err = {.status = DS_OK};
    ds_status status = ds_query_parse(query_json, &query, &err);
    if (status == DS_OK)
        status = ds_find(model, query, &cursor, &err);
    ds_query_free(query);
    return status == DS_OK ? cursor_ids(cursor) : failure(status);
}

const char *json_of(ds_model *model, const char *id)
{
    static char text[512];
    ds_record *record = NULL;
    ds_status status = ds_find_by_id(model, ds_string(id), &record, NULL);
    char *json = status == DS_OK ? ds_record_to_json(record) : NULL;
    snprintf(text, sizeof text, "%s", json != NULL ? json : status == DS_NOT_FOUND ? "none" : failure(status));
    ds_free(json);
    ds_record_free(record);
    return text;
}

/* ---- what tests say ---- */

void same(const char *got, const char *expected)
{
    if (strcmp(got, expected) != 0)
        printf("got \"%s\", expected \"%s\"\n", got, expected);
    CU_ASSERT_STRING_EQUAL(got, expected);
}

void holds(ds_model *model, const char *id, const char *expected)
{
    same(json_of(model, id), expected);
}

void record_is(const ds_record *record, const char *expected)
{
    char *json = ds_record_to_json(record);
    same(json, expected);
    ds_free(json);
}

/* Runs it on each toy, filled with the twelve. */
void on_each(void (*run)(crowd *))
{
    for (size_t i = 0; i < 3; i++) {
        crowd people = people_open(TOYS[i], PERSON, true);
        run(&people);
        people_close(&people);
    }
}

void says(const ds_error *err, ds_status status, const char *words)
{
    if (err->status != status || strstr(err->message, words) == NULL)
        printf("%s: \"%s\", expected %s: \"%s\"\n", ds_status_name(err->status), err->message, ds_status_name(status),
               words);
    CU_ASSERT_EQUAL(err->status, status);
    CU_ASSERT_PTR_NOT_NULL(strstr(err->message, words));
}

ds_status create(ds_model *model, const char *json, ds_record **out, ds_error *err)
{
    *out = person(model, json);
    *err = (ds_error){.status = DS_OK};
    return ds_create(model, *out, err);
}
