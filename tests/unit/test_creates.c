/* Creating, one record or many: what the library adds to a record, and what becomes of those that cannot be stored. */
#include "source/operations.h"
#include "crowd.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>

static const char NUMBERED[] =
    "{\"name\":\"Numbered\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true,\"generated\":true},"
    "\"n\":{\"type\":\"integer\",\"default\":7},\"code\":{\"type\":\"string\",\"unique\":true}}}";

/* ---- create ---- */

static void creating(crowd *people)
{
    ds_record *record;
    ds_error err;
    CU_ASSERT_EQUAL(create(people->model, "{\"id\":\"x\",\"name\":\"Xia\"}", &record, &err), DS_OK);
    record_is(record, "{\"id\":\"x\",\"name\":\"Xia\",\"city\":\"Rome\"}");
    holds(people->model, "x", "{\"id\":\"x\",\"name\":\"Xia\",\"city\":\"Rome\"}");
    ds_record_free(record);

    CU_ASSERT_EQUAL(create(people->model, "{\"name\":\"Yul\",\"city\":null}", &record, &err), DS_OK);
    CU_ASSERT_EQUAL(ds_record_get(record, "id").length, 26);
    CU_ASSERT_EQUAL(ds_record_get(record, "city").type, DS_NULL);
    CU_ASSERT(!ds_record_has_fresh_id(record));
    ds_record_free(record);
}

static void a_record_is_created_with_its_defaults_and_its_id(void)
{
    on_each(creating);
}

static void not_creating(crowd *people)
{
    ds_record *record;
    ds_error err;
    CU_ASSERT_EQUAL(create(people->model, "{\"id\":\"a\",\"name\":\"New\"}", &record, &err), DS_DUPLICATE);
    says(&err, DS_DUPLICATE, "model \"Person\" has a record with the id \"a\" already");
    record_is(record, "{\"id\":\"a\",\"name\":\"New\"}");
    ds_record_free(record);
    CU_ASSERT_EQUAL(create(people->model, "{\"name\":\"Ann\"}", &record, &err), DS_DUPLICATE);
    says(&err, DS_DUPLICATE, "unique \"name\"");
    record_is(record, "{\"name\":\"Ann\"}");
    ds_record_free(record);
    toy_reset();
    CU_ASSERT_EQUAL(create(people->model, "{\"age\":3}", &record, &err), DS_INVALID);
    says(&err, DS_INVALID, "property \"name\" of model \"Person\" is required");
    record_is(record, "{\"age\":3}");
    ds_record_free(record);
    CU_ASSERT_EQUAL(create(people->model, "{\"name\":null}", &record, &err), DS_INVALID);
    ds_record_free(record);
    CU_ASSERT_EQUAL(ds_create(people->model, NULL, &err), DS_INVALID);
    record = ds_record_new(people->model);
    ds_record_set(record, "name", ds_string("Zoe"));
    ds_record_set(record, "age", ds_string("12x"));
    CU_ASSERT_EQUAL(ds_create(people->model, record, &err), DS_INVALID);
    says(&err, DS_INVALID, "age");
    ds_record_free(record);
    CU_ASSERT_EQUAL(toy.calls[TOY_CREATE], 0);
    same(found_ids(people->model, "{\"order\":\"id\"}"), "a b c d e f g h i j k l");
}

static void what_is_not_created_is_as_it_was(void)
{
    on_each(not_creating);
}

static void a_record_of_another_model_is_refused(void)
{
    crowd people = people_open(&toy_bare, PERSON, true);
    ds_model *other = NULL;
    ds_error err = {.status = DS_OK};
    CU_ASSERT_EQUAL_FATAL(ds_model_define(people.source, NUMBERED, &other, NULL), DS_OK);
    ds_record *record = ds_record_new(other);
    CU_ASSERT_EQUAL(ds_create(people.model, record, &err), DS_INVALID);
    says(&err, DS_INVALID,
         "data source \"toy-bare\": a record of model \"Numbered\" was passed to an operation on model \"Person\"");
    CU_ASSERT_EQUAL(ds_create_all(people.model, &record, 1, NULL, NULL), DS_INVALID);
    CU_ASSERT_EQUAL(ds_update_by_id(people.model, ds_string("a"), record, NULL), DS_INVALID);
    CU_ASSERT_EQUAL(ds_update(people.model, ds_everything(), record, NULL, NULL), DS_INVALID);
    CU_ASSERT_EQUAL(ds_replace_by_id(people.model, ds_string("a"), record, NULL), DS_INVALID);
    CU_ASSERT_EQUAL(ds_upsert(people.model, record, NULL, NULL), DS_INVALID);
    CU_ASSERT_EQUAL(ds_replace_or_create(people.model, record, NULL, NULL), DS_INVALID);
    CU_ASSERT_EQUAL(ds_find_or_create(people.model, NULL, record, NULL, NULL), DS_INVALID);
    ds_record_free(record);
    people_close(&people);
}

static void a_sequence_id_that_is_taken_is_passed_over(void)
{
    crowd people = people_open(&toy_bare, NUMBERED, false);
    ds_record *record;
    ds_error err;
    for (int i = 1; i < 6; i++) {
        char json[40];
        snprintf(json, sizeof json, "{\"id\":%d,\"n\":%d}", i, i);
        CU_ASSERT_EQUAL(create(people.model, json, &record, &err), DS_OK);
        ds_record_free(record);
    }
    CU_ASSERT_EQUAL(create(people.model, "{}", &record, &err), DS_OK);
    record_is(record, "{\"id\":6,\"n\":7}");
    CU_ASSERT_EQUAL(ds_create(people.model, record, &err), DS_DUPLICATE);
    ds_record_free(record);
    toy.sequence = 0;
    ds_record *records[2] = {person(people.model, "{\"n\":1}"), person(people.model, "{\"n\":2}")};
    CU_ASSERT_EQUAL(ds_create_all(people.model, records, 2, NULL, NULL), DS_OK);
    record_is(records[0], "{\"id\":7,\"n\":1}");
    record_is(records[1], "{\"id\":8,\"n\":2}");
    ds_record_free(records[0]);
    ds_record_free(records[1]);
    CU_ASSERT_EQUAL(create(people.model, "{\"code\":\"c\"}", &record, &err), DS_OK);
    ds_record_free(record);
    CU_ASSERT_EQUAL(create(people.model, "{\"code\":\"c\"}", &record, &err), DS_DUPLICATE);
    record_is(record, "{\"code\":\"c\"}"); /* the connector's id is out again */
    ds_record_free(record);
    people_close(&people);
}

static void a_sequence_that_is_far_behind_is_told(void)
{
    crowd people = people_open(&toy_bare, NUMBERED, false);
    ds_record *record;
    ds_error err;
    for (int i = 1; i <= 300; i++) {
        char json[40];
        snprintf(json, sizeof json, "{\"id\":%d}", i);
        CU_ASSERT_EQUAL(create(people.model, json, &record, &err), DS_OK);
        ds_record_free(record);
    }
    toy.calls[TOY_CREATE] = 0;
    CU_ASSERT_EQUAL(create(people.model, "{}", &record, &err), DS_DUPLICATE);
    says(
        &err, DS_DUPLICATE,
        "data source \"toy-bare\": the sequence of the generated ids of model \"Numbered\" is behind those in use, and "
        "100 of its numbers were taken: model \"Numbered\" has a record with the id 100 already");
    CU_ASSERT_EQUAL(toy.calls[TOY_CREATE], 100);
    CU_ASSERT_EQUAL(toy.again, 99); /* the connector hears of it */
    record_is(record, "{}");
    CU_ASSERT_EQUAL(ds_create_all(people.model, &record, 1, NULL, &err), DS_DUPLICATE);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "is behind those in use"));
    CU_ASSERT_EQUAL(toy.calls[TOY_CREATE], 200);
    CU_ASSERT_EQUAL(toy.again, 99);
    toy.sequence = 300;
    CU_ASSERT_EQUAL(ds_create(people.model, record, &err), DS_OK);
    CU_ASSERT_EQUAL(toy.again, 0);
    ds_record_free(record);
    people_close(&people);
}

static void an_unknown_outcome_leaves_the_id_to_look_for(void)
{
    crowd people = people_open(&toy_bare, PERSON, false);
    ds_record *record;
    ds_error err;
    toy.fault = DS_UNKNOWN_OUTCOME;
    toy.fault_in = TOY_CREATE;
    toy.fault_at = 1;
    CU_ASSERT_EQUAL(create(people.model, "{\"name\":\"Yul\"}", &record, &err), DS_UNKNOWN_OUTCOME);
    CU_ASSERT_EQUAL(ds_record_get(record, "id").length, 26);
    CU_ASSERT_EQUAL(ds_create(people.model, record, &err), DS_OK);
    ds_record_free(record);
    people_close(&people);
}

/* ---- many ---- */

static void outcome_is(const ds_record *record, ds_status status, const char *words)
{
    ds_error err = {.status = DS_OK};
    CU_ASSERT_EQUAL(ds_record_outcome(record, &err), status);
    says(&err, status, words);
}

static void all_are_tried_and_each_has_its_outcome(void)
{
    crowd people = people_open(&toy_bare, PERSON, true);
    ds_record *twice = person(people.model, "{\"name\":\"Two\"}");
    ds_record *records[] = {person(people.model, "{\"id\":\"x\",\"name\":\"Xia\"}"),
                            person(people.model, "{\"id\":\"y\"}"),
                            person(people.model, "{\"id\":\"x\",\"name\":\"Again\"}"),
                            person(people.model, "{\"name\":\"Bob\"}"),
                            twice,
                            twice,
                            person(people.model, "{\"id\":\"z\",\"name\":\"Zoe\"}")};
    size_t created = 99;
    ds_error err = {.status = DS_OK};
    CU_ASSERT_EQUAL(ds_create_all(people.model, records, 7, &created, &err), DS_INVALID);
    says(&err, DS_INVALID, "property \"name\" of model \"Person\" is required");
    CU_ASSERT_EQUAL(created, 3);
    CU_ASSERT_EQUAL(ds_record_outcome(records[0], NULL), DS_OK);
    outcome_is(records[1], DS_INVALID, "required");
    outcome_is(records[2], DS_DUPLICATE, "the id \"x\"");
    outcome_is(records[3], DS_DUPLICATE, "unique \"name\"");
    outcome_is(twice, DS_DUPLICATE, "already");
    CU_ASSERT_EQUAL(ds_record_get(twice, "id").length, 26);
    CU_ASSERT_EQUAL(ds_record_outcome(records[6], NULL), DS_OK);
    record_is(records[1], "{\"id\":\"y\"}");
    record_is(records[3], "{\"name\":\"Bob\"}");
    holds(people.model, "x", "{\"id\":\"x\",\"name\":\"Xia\",\"city\":\"Rome\"}");
    holds(people.model, "z", "{\"id\":\"z\",\"name\":\"Zoe\",\"city\":\"Rome\"}");
    for (size_t i = 0; i < 7; i++)
        if (i != 5)
            ds_record_free(records[i]);
    CU_ASSERT_EQUAL(ds_create_all(people.model, NULL, 0, &created, &err), DS_OK);
    CU_ASSERT_EQUAL(created, 0);
    ds_record *none = NULL;
    CU_ASSERT_EQUAL(ds_create_all(people.model, &none, 1, &created, &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_create_all(people.model, NULL, 1, &created, &err), DS_INVALID);
    people_close(&people);
}

static void the_same_record_twice_is_stored_once_by_a_sequence_too(void)
{
    crowd people = people_open(&toy_bare, NUMBERED, false);
    ds_record *record = person(people.model, "{\"n\":1}");
    ds_record *records[] = {record, record};
    size_t created = 0;
    uint64_t count = 0;
    CU_ASSERT_EQUAL(ds_create_all(people.model, records, 2, &created, NULL), DS_DUPLICATE);
    CU_ASSERT_EQUAL(created, 1);
    CU_ASSERT_EQUAL(ds_count(people.model, NULL, &count, NULL), DS_OK);
    CU_ASSERT_EQUAL(count, 1);
    record_is(record, "{\"id\":1,\"n\":1}");
    ds_record_free(record);
    people_close(&people);
}

/* Their ids need no look-up among many, nor has anything to be unique. */
static const char PLENTY[] =
    "{\"name\":\"Plenty\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true,\"generated\":true},"
    "\"n\":{\"type\":\"integer\",\"default\":7}}}";
enum { PORTION = CREATE_RECORDS, MANY = PORTION * 5 / 2 };

static void many_with_a_fault(ds_status fault, size_t expected_created, unsigned calls)
{
    crowd people = people_open(&toy_bare, PLENTY, false);
    static ds_record *records[MANY];
    size_t created = 0;
    ds_error err = {.status = DS_OK};
    for (int i = 0; i < MANY; i++)
        records[i] = person(people.model, "{}");
    toy.fault = fault;
    toy.fault_in = TOY_CREATE;
    toy.fault_at = 2;
    CU_ASSERT_EQUAL(ds_create_all(people.model, records, MANY, &created, &err), fault);
    CU_ASSERT_EQUAL(created, expected_created);
    CU_ASSERT_EQUAL(toy.calls[TOY_CREATE], calls);
    CU_ASSERT_EQUAL(toy.created_most, PORTION);
    CU_ASSERT_EQUAL(ds_record_outcome(records[PORTION - 1], NULL), DS_OK);
    CU_ASSERT_EQUAL(ds_record_outcome(records[PORTION], NULL), fault);
    CU_ASSERT_EQUAL(ds_record_outcome(records[2 * PORTION - 1], NULL), fault);
    CU_ASSERT_EQUAL(ds_record_outcome(records[2 * PORTION], NULL), calls == 3 ? DS_OK : fault);
    CU_ASSERT_EQUAL(ds_record_get(records[2 * PORTION - 1], "id").type == DS_NULL, fault != DS_OK);
    CU_ASSERT_EQUAL(ds_record_get(records[2 * PORTION - 1], "n").type == DS_NULL, fault != DS_OK);
    for (int i = 0; i < MANY; i++)
        ds_record_free(records[i]);
    people_close(&people);
}

static void a_batch_that_fails_does_not_keep_others_back_unless_it_is_hopeless(void)
{
    many_with_a_fault(DS_OK, MANY, 3);
    many_with_a_fault(DS_BACKEND, MANY - PORTION, 3);
    many_with_a_fault(DS_UNREACHABLE, PORTION, 2);
}

int main(void)
{
    static const test tests[] = {
        {"a record is created with its defaults and its id", a_record_is_created_with_its_defaults_and_its_id},
        {"what is not created is as it was", what_is_not_created_is_as_it_was},
        {"a record of another model is refused", a_record_of_another_model_is_refused},
        {"a sequence id that is taken is passed over", a_sequence_id_that_is_taken_is_passed_over},
        {"a sequence that is far behind is told, to the connector and at last to the host",
         a_sequence_that_is_far_behind_is_told},
        {"an unknown outcome leaves the id to look for", an_unknown_outcome_leaves_the_id_to_look_for},
        {"all are tried, and each has its outcome", all_are_tried_and_each_has_its_outcome},
        {"the same record twice is stored once, by a sequence too",
         the_same_record_twice_is_stored_once_by_a_sequence_too},
        {"a batch that fails does not keep others back, unless it is hopeless",
         a_batch_that_fails_does_not_keep_others_back_unless_it_is_hopeless},
    };
    people_register();
    return SUITE_RUN("creates", tests);
}
