/* Changing and deleting, on a connector that has every entry, one that has the required ones alone, and one whose
 * optional entries leave all to the library: the same answers and the same records. */
#include "crowd.h"
#include "suite.h"

#include <stdio.h>

static const char FREE[] =
    "{\"name\":\"Free\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"n\":\"integer\"},"
    "\"settings\":{\"strict\":false}}";

/* ---- update by id ---- */

static ds_status update(crowd *people, const char *id, const char *changes_json, ds_error *err)
{
    ds_record *changes = person(people->model, changes_json);
    *err = (ds_error){.status = DS_OK};
    ds_status status = ds_update_by_id(people->model, ds_string(id), changes, err);
    ds_record_free(changes);
    return status;
}

static void updating(crowd *people)
{
    ds_error err;
    CU_ASSERT_EQUAL(update(people, "a", "{\"age\":31,\"city\":null}", &err), DS_OK);
    holds(people->model, "a", "{\"id\":\"a\",\"name\":\"Ann\",\"age\":31}");
    CU_ASSERT_EQUAL(update(people, "a", "{\"id\":\"a\",\"age\":32}", &err), DS_OK);
    holds(people->model, "a", "{\"id\":\"a\",\"name\":\"Ann\",\"age\":32}");
    CU_ASSERT_EQUAL(update(people, "a", "{\"id\":\"b\",\"age\":33}", &err), DS_INVALID);
    says(&err, DS_INVALID, "the id of the record \"a\" of model \"Person\" cannot be changed (to \"b\")");
    CU_ASSERT_EQUAL(update(people, "a", "{\"name\":null}", &err), DS_INVALID);
    says(&err, DS_INVALID, "property \"name\" of model \"Person\" is required");
    CU_ASSERT_EQUAL(update(people, "a", "{\"name\":\"Bob\"}", &err), DS_DUPLICATE);
    CU_ASSERT_EQUAL(update(people, "nobody", "{\"age\":1}", &err), DS_NOT_FOUND);
    says(&err, DS_NOT_FOUND, "model \"Person\" has no record with the id \"nobody\"");
    CU_ASSERT_EQUAL(update(people, "a", "{}", &err), DS_OK);
    CU_ASSERT_EQUAL(update(people, "nobody", "{}", &err), DS_NOT_FOUND);
    holds(people->model, "a", "{\"id\":\"a\",\"name\":\"Ann\",\"age\":32}");
    CU_ASSERT_EQUAL(ds_update_by_id(people->model, ds_string("a"), NULL, NULL), DS_INVALID);
}

static void an_update_changes_what_is_set_and_nothing_else(void)
{
    on_each(updating);
}

/* ---- update and delete by filter ---- */

static ds_status update_where(crowd *people, const char *where, const char *changes_json, uint64_t *count,
                              ds_error *err)
{
    ds_filter *filter = NULL;
    CU_ASSERT_EQUAL_FATAL(ds_filter_parse(where, &filter, NULL), DS_OK);
    ds_record *changes = person(people->model, changes_json);
    *err = (ds_error){.status = DS_OK};
    ds_status status = ds_update(people->model, filter, changes, count, err);
    ds_record_free(changes);
    ds_filter_free(filter);
    return status;
}

static ds_status delete_where(crowd *people, const char *where, uint64_t *count)
{
    ds_filter *filter = NULL;
    CU_ASSERT_EQUAL_FATAL(ds_filter_parse(where, &filter, NULL), DS_OK);
    ds_status status = ds_delete(people->model, filter, count, NULL);
    ds_filter_free(filter);
    return status;
}

static void updating_by_filter(crowd *people)
{
    ds_error err;
    uint64_t count = 99;
    const uint32_t masks[] = {UINT32_MAX, 0, DS_DID_WHERE, DS_DID_FIELDS};
    for (size_t i = 0; i < 4; i++) {
        toy.did = masks[i];
        toy.per_block = 2;
        char json[40];
        snprintf(json, sizeof json, "{\"score\":%zu.5}", i);
        CU_ASSERT_EQUAL(update_where(people, "{\"age\":{\"gte\":30},\"city\":{\"neq\":\"Bern\"}}", json, &count, &err),
                        DS_OK);
        CU_ASSERT_EQUAL(count, 5);
        snprintf(json, sizeof json, "{\"where\":{\"score\":%zu.5},\"order\":\"id\"}", i);
        same(found_ids(people->model, json), "a c e f i");
    }
    CU_ASSERT_EQUAL(update_where(people, "{}", "{\"age\":null}", &count, &err), DS_OK);
    CU_ASSERT_EQUAL(count, 12);
    CU_ASSERT_EQUAL(update_where(people, "{\"age\":null}", "{\"age\":5}", &count, &err), DS_OK);
    CU_ASSERT_EQUAL(count, 12);
    CU_ASSERT_EQUAL(update_where(people, "{\"age\":99}", "{\"age\":5}", &count, &err), DS_OK);
    CU_ASSERT_EQUAL(count, 0);
    CU_ASSERT_EQUAL(update_where(people, "{\"nope\":99}", "{\"age\":5}", &count, &err), DS_INVALID);
    CU_ASSERT_EQUAL(update_where(people, "{\"id\":\"a\"}", "{\"id\":\"a\",\"age\":6}", &count, &err), DS_OK);
    CU_ASSERT_EQUAL(count, 1);
    CU_ASSERT_EQUAL(update_where(people, "{\"city\":\"Rome\"}", "{\"id\":\"a\",\"age\":7}", &count, &err), DS_INVALID);
    says(&err, DS_INVALID, "cannot be changed (to \"a\")");
    CU_ASSERT_EQUAL(count, 0);
    holds(people->model, "a", "{\"id\":\"a\",\"name\":\"Ann\",\"age\":6,\"city\":\"Rome\",\"score\":3.5}");
}

static void an_update_by_filter_changes_all_that_match(void)
{
    on_each(updating_by_filter);
}

static void deleting_by_filter(crowd *people)
{
    uint64_t count = 99;
    toy.per_block = 2;
    CU_ASSERT_EQUAL(delete_where(people, "{\"age\":30}", &count), DS_OK);
    CU_ASSERT_EQUAL(count, 3);
    same(found_ids(people->model, "{\"order\":\"id\"}"), "b c d f h i j k l");
    CU_ASSERT_EQUAL(delete_where(people, "{\"age\":30}", NULL), DS_OK);
    CU_ASSERT_EQUAL(ds_delete(people->model, NULL, &count, NULL), DS_INVALID);
    CU_ASSERT_EQUAL(count, 0);
    CU_ASSERT_EQUAL(ds_delete_by_id(people->model, ds_string("b"), NULL), DS_OK);
    CU_ASSERT_EQUAL(ds_delete_by_id(people->model, ds_string("b"), NULL), DS_NOT_FOUND);
    CU_ASSERT_EQUAL(ds_delete_by_id(people->model, ds_null(), NULL), DS_INVALID);
    CU_ASSERT_EQUAL(ds_delete(people->model, ds_everything(), &count, NULL), DS_OK);
    CU_ASSERT_EQUAL(count, 8);
    same(found_ids(people->model, "{}"), "");
}

static void a_delete_by_filter_deletes_all_that_match(void)
{
    on_each(deleting_by_filter);
}

static void null_for_a_filter_is_not_everything(void)
{
    crowd people = people_open(&toy_bare, PERSON, true);
    ds_error err = {.status = DS_OK};
    ds_record *changes = person(people.model, "{\"age\":1}");
    uint64_t count = 99;
    CU_ASSERT_EQUAL(ds_update(people.model, NULL, changes, &count, &err), DS_INVALID);
    says(&err, DS_INVALID, "ds_everything()");
    CU_ASSERT_EQUAL(count, 0);
    ds_record_free(changes);
    people_close(&people);
}

/* Another client, each time a write is about to be made. */
typedef struct meddler {
    const ds_model *model;
    unsigned times;
} meddler;

static void meddle_once(void *user)
{
    meddler *by = user;
    if (by->times++ > 0)
        return;
    toy_set(by->model, ds_string("a"), "age", ds_integer(99));      /* matches no more */
    toy_set(by->model, ds_string("e"), "city", ds_string("Paris")); /* still does */
    toy_remove(by->model, ds_string("g"));
}

static void what_others_change_meanwhile_is_judged_again(void)
{
    const ds_connector *const by_hand[] = {&toy_bare, &toy_shy};
    for (size_t i = 0; i < 2; i++) {
        crowd people = people_open(by_hand[i], PERSON, true);
        meddler by = {people.model, 0};
        ds_error err;
        uint64_t count = 99;
        toy.meddle = meddle_once;
        toy.meddle_in = TOY_UPDATE;
        toy.user = &by;
        CU_ASSERT_EQUAL(update_where(&people, "{\"age\":{\"between\":[25,41]},\"city\":{\"neq\":\"x\"}}",
                                     "{\"score\":1.5}", &count, &err),
                        DS_OK);
        CU_ASSERT_EQUAL(count, 3); /* b, c and e; not a, not g */
        CU_ASSERT_EQUAL(by.times, 2);
        CU_ASSERT_EQUAL(toy.flags & DS_CALL_FRESH, DS_CALL_FRESH);
        same(found_ids(people.model, "{\"where\":{\"score\":1.5},\"order\":\"id\"}"), "b c e");
        holds(people.model, "a", "{\"id\":\"a\",\"name\":\"Ann\",\"age\":99,\"city\":\"Rome\"}");
        holds(people.model, "e", "{\"id\":\"e\",\"name\":\"Eve\",\"age\":30,\"city\":\"Paris\",\"score\":1.5}");
        people_close(&people);
    }
}

static void a_delete_does_not_touch_what_no_longer_matches(void)
{
    crowd people = people_open(&toy_bare, PERSON, true);
    meddler by = {people.model, 0};
    uint64_t count = 99;
    toy.meddle = meddle_once;
    toy.meddle_in = TOY_DELETE;
    toy.user = &by;
    CU_ASSERT_EQUAL(delete_where(&people, "{\"age\":30}", &count), DS_OK);
    CU_ASSERT_EQUAL(count, 1);
    holds(people.model, "a", "{\"id\":\"a\",\"name\":\"Ann\",\"age\":99,\"city\":\"Rome\"}");
    people_close(&people);
}

static void meddle_always(void *user)
{
    meddler *by = user;
    toy_set(by->model, ds_string("a"), "age", ds_integer(1000 + (int64_t)by->times++));
}

static void what_is_changed_again_and_again_is_a_conflict_in_the_end(void)
{
    crowd people = people_open(&toy_bare, PERSON, true);
    meddler by = {people.model, 0};
    ds_error err;
    uint64_t count = 99;
    toy.meddle = meddle_always;
    toy.meddle_in = TOY_UPDATE;
    toy.user = &by;
    toy_set(people.model, ds_string("a"), "age", ds_integer(500));
    CU_ASSERT_EQUAL(update_where(&people, "{\"age\":{\"gt\":69}}", "{\"score\":1.5}", &count, &err), DS_CONFLICT);
    says(&err, DS_CONFLICT, "again and again");
    CU_ASSERT_EQUAL(count, 1);
    CU_ASSERT_EQUAL(by.times, 101);
    people_close(&people);
}

static void a_failure_on_the_way_tells_how_many_were_changed(void)
{
    crowd people = people_open(&toy_bare, PERSON, true);
    ds_error err;
    uint64_t count = 99;
    toy.per_block = 2;
    toy.fault = DS_UNKNOWN_OUTCOME;
    toy.fault_in = TOY_UPDATE;
    toy.fault_at = 3;
    CU_ASSERT_EQUAL(update_where(&people, "{}", "{\"score\":1.5}", &count, &err), DS_UNKNOWN_OUTCOME);
    CU_ASSERT_EQUAL(count, 4);
    toy_reset();
    toy.per_block = 1;
    CU_ASSERT_EQUAL(update_where(&people, "{\"age\":30}", "{\"name\":\"Same\"}", &count, &err), DS_DUPLICATE);
    says(&err, DS_DUPLICATE, "unique \"name\"");
    CU_ASSERT_EQUAL(count, 1);
    people_close(&people);
}

/* ---- upsert and replace ---- */

static ds_status upsert(crowd *people, const char *json, bool *created, ds_error *err)
{
    ds_record *record = person(people->model, json);
    *err = (ds_error){.status = DS_OK};
    ds_status status = ds_upsert(people->model, record, created, err);
    ds_record_free(record);
    return status;
}

static void upserting(crowd *people)
{
    bool created = false;
    ds_error err;
    ds_record *record = person(people->model, "{\"id\":\"x\",\"name\":\"Xia\"}");
    CU_ASSERT_EQUAL(ds_upsert(people->model, record, &created, &err), DS_OK);
    CU_ASSERT(created);
    record_is(record, "{\"id\":\"x\",\"name\":\"Xia\",\"city\":\"Rome\"}");
    ds_record_free(record);
    holds(people->model, "x", "{\"id\":\"x\",\"name\":\"Xia\",\"city\":\"Rome\"}");
    CU_ASSERT_EQUAL(upsert(people, "{\"id\":\"e\",\"name\":\"Eva\",\"age\":null}", &created, &err), DS_OK);
    CU_ASSERT(!created);
    holds(people->model, "e", "{\"id\":\"e\",\"name\":\"Eva\",\"city\":\"Oslo\"}");
    CU_ASSERT_EQUAL(upsert(people, "{\"id\":\"e\",\"age\":5}", &created, &err), DS_OK);
    CU_ASSERT(!created);
    holds(people->model, "e", "{\"id\":\"e\",\"name\":\"Eva\",\"age\":5,\"city\":\"Oslo\"}");
    CU_ASSERT_EQUAL(upsert(people, "{\"id\":\"nobody\",\"age\":5}", &created, &err), DS_INVALID);
    says(&err, DS_INVALID, "property \"name\" of model \"Person\" is required");
    CU_ASSERT(!created);
    CU_ASSERT_EQUAL(upsert(people, "{\"id\":\"e\",\"name\":null}", &created, &err), DS_INVALID);
    CU_ASSERT_EQUAL(upsert(people, "{\"name\":\"Yul\"}", &created, &err), DS_OK);
    CU_ASSERT(created);
    CU_ASSERT_EQUAL(upsert(people, "{\"id\":\"a\",\"name\":\"Ann\",\"age\":1}", NULL, &err), DS_OK);
}

static void an_upsert_creates_or_changes_what_is_given(void)
{
    on_each(upserting);
}

static void meddle_add(void *user)
{
    meddler *by = user;
    if (by->times++ == 0)
        toy_add(by->model, "{\"id\":\"x\",\"name\":\"First\",\"age\":1}");
}

static void a_creation_that_others_win_becomes_an_update(void)
{
    crowd people = people_open(&toy_bare, PERSON, true);
    meddler by = {people.model, 0};
    ds_error err;
    bool created = true;
    toy.meddle = meddle_add;
    toy.meddle_in = TOY_CREATE;
    toy.user = &by;
    CU_ASSERT_EQUAL(upsert(&people, "{\"id\":\"x\",\"name\":\"Xia\"}", &created, &err), DS_OK);
    CU_ASSERT(!created);
    holds(people.model, "x", "{\"id\":\"x\",\"name\":\"Xia\",\"age\":1}");
    CU_ASSERT_EQUAL(ds_delete_by_id(people.model, ds_string("x"), NULL), DS_OK);
    by.times = 0;
    ds_record *record = person(people.model, "{\"id\":\"x\",\"name\":\"Xia\"}");
    CU_ASSERT_EQUAL(ds_replace_or_create(people.model, record, &created, NULL), DS_OK);
    CU_ASSERT(!created);
    holds(people.model, "x", "{\"id\":\"x\",\"name\":\"Xia\",\"city\":\"Rome\"}");
    ds_record_free(record);
    people_close(&people);
}

static ds_status replace(crowd *people, const char *id, const char *json, ds_error *err)
{
    ds_record *record = person(people->model, json);
    *err = (ds_error){.status = DS_OK};
    ds_status status = ds_replace_by_id(people->model, ds_string(id), record, err);
    record_is(record, json);
    ds_record_free(record);
    return status;
}

static void replacing(crowd *people)
{
    bool created = true;
    ds_error err;
    CU_ASSERT_EQUAL(replace(people, "e", "{\"name\":\"Eva\",\"city\":\"Bonn\"}", &err), DS_OK);
    holds(people->model, "e", "{\"id\":\"e\",\"name\":\"Eva\",\"city\":\"Bonn\"}");
    CU_ASSERT_EQUAL(replace(people, "e", "{\"id\":\"e\",\"name\":\"Eva\",\"age\":4}", &err), DS_OK);
    holds(people->model, "e", "{\"id\":\"e\",\"name\":\"Eva\",\"age\":4,\"city\":\"Rome\"}");
    CU_ASSERT_EQUAL(replace(people, "e", "{\"id\":\"f\",\"name\":\"Eva\"}", &err), DS_INVALID);
    CU_ASSERT_EQUAL(replace(people, "e", "{\"age\":4}", &err), DS_INVALID);
    says(&err, DS_INVALID, "required");
    CU_ASSERT_EQUAL(replace(people, "nobody", "{\"name\":\"Eva2\"}", &err), DS_NOT_FOUND);
    says(&err, DS_NOT_FOUND, "no record with the id \"nobody\"");
    ds_record *record = person(people->model, "{\"id\":\"e\",\"name\":\"Eve\",\"score\":2.5}");
    CU_ASSERT_EQUAL(ds_replace_or_create(people->model, record, &created, &err), DS_OK);
    CU_ASSERT(!created);
    record_is(record, "{\"id\":\"e\",\"name\":\"Eve\",\"city\":\"Rome\",\"score\":2.5}");
    ds_record_free(record);
    holds(people->model, "e", "{\"id\":\"e\",\"name\":\"Eve\",\"city\":\"Rome\",\"score\":2.5}");
    record = person(people->model, "{\"id\":\"x\",\"name\":\"Xia\"}");
    CU_ASSERT_EQUAL(ds_replace_or_create(people->model, record, &created, &err), DS_OK);
    CU_ASSERT(created);
    ds_record_free(record);
    holds(people->model, "x", "{\"id\":\"x\",\"name\":\"Xia\",\"city\":\"Rome\"}");
    record = person(people->model, "{\"name\":\"Yul\"}");
    CU_ASSERT_EQUAL(ds_replace_or_create(people->model, record, &created, &err), DS_OK);
    CU_ASSERT(created);
    CU_ASSERT_EQUAL(ds_record_get(record, "id").length, 26);
    ds_record_free(record);
}

static void a_replace_removes_what_is_not_set(void)
{
    on_each(replacing);
}

static void meddle_free(void *user)
{
    meddler *by = user;
    if (by->times++ == 0)
        toy_set(by->model, ds_string("f"), "late", ds_string("yes"));
}

static void undeclared_properties_are_replaced_too_where_the_model_takes_them(void)
{
    for (size_t i = 0; i < 3; i++) {
        crowd people = people_open(TOYS[i], FREE, false);
        meddler by = {people.model, 0};
        ds_error err;
        ds_record *record;
        CU_ASSERT_EQUAL(create(people.model, "{\"id\":\"f\",\"n\":1,\"extra\":\"x\",\"more\":5}", &record, &err),
                        DS_OK);
        ds_record_free(record);
        toy.meddle = meddle_free;
        toy.meddle_in = TOYS[i] == &toy_full ? TOY_REPLACE : TOY_UPDATE;
        toy.user = &by;
        toy.meddle(toy.user);
        CU_ASSERT_EQUAL(replace(&people, "f", "{\"n\":2,\"more\":\"6\"}", &err), DS_OK);
        holds(people.model, "f", "{\"id\":\"f\",\"n\":2,\"more\":\"6\"}");
        people_close(&people);
    }
}

static void meddle_change(void *user)
{
    meddler *by = user;
    if (by->times++ == 0) {
        toy_set(by->model, ds_string("f"), "n", ds_integer(77));
        toy_set(by->model, ds_string("f"), "late", ds_string("yes"));
    }
}

static void a_replace_that_others_come_before_reads_again(void)
{
    crowd people = people_open(&toy_bare, FREE, false);
    meddler by = {people.model, 0};
    ds_error err;
    ds_record *record;
    CU_ASSERT_EQUAL(create(people.model, "{\"id\":\"f\",\"n\":1,\"extra\":\"x\"}", &record, &err), DS_OK);
    ds_record_free(record);
    toy.meddle = meddle_change;
    toy.meddle_in = TOY_UPDATE;
    toy.user = &by;
    CU_ASSERT_EQUAL(replace(&people, "f", "{\"n\":2}", &err), DS_OK);
    CU_ASSERT_EQUAL(by.times, 2);
    holds(people.model, "f", "{\"id\":\"f\",\"n\":2}");
    people_close(&people);
}

/* ---- increment ---- */

static void incrementing(crowd *people)
{
    ds_value now = ds_null();
    ds_error err = {.status = DS_OK};
    ds_model *model = people->model;
    CU_ASSERT_EQUAL(ds_increment(model, ds_string("a"), "age", ds_integer(5), &now, &err), DS_OK);
    CU_ASSERT(now.type == DS_INTEGER && now.as.integer == 35);
    CU_ASSERT_EQUAL(ds_increment(model, ds_string("h"), "age", ds_number(-2), &now, &err), DS_OK);
    CU_ASSERT(now.type == DS_INTEGER && now.as.integer == -2);
    CU_ASSERT_EQUAL(ds_increment(model, ds_string("h"), "score", ds_number(0.1), NULL, &err), DS_OK);
    CU_ASSERT_EQUAL(ds_increment(model, ds_string("h"), "score", ds_number(0.2), &now, &err), DS_OK);
    CU_ASSERT(now.type == DS_NUMBER && now.as.number == 0.1 + 0.2);
    CU_ASSERT_EQUAL(ds_increment(model, ds_string("a"), "age", ds_integer(INT64_MAX), &now, &err), DS_INVALID);
    holds(model, "a", "{\"id\":\"a\",\"name\":\"Ann\",\"age\":35,\"city\":\"Rome\"}");
    CU_ASSERT_EQUAL(ds_increment(model, ds_string("nobody"), "age", ds_integer(1), &now, &err), DS_NOT_FOUND);
    says(&err, DS_NOT_FOUND, "model \"Person\" has no record with the id \"nobody\"");
    CU_ASSERT_EQUAL(ds_increment(model, ds_string("a"), "age", ds_number(0.5), &now, &err), DS_INVALID);
    says(&err, DS_INVALID, "property \"age\" of model \"Person\"");
    CU_ASSERT_EQUAL(ds_increment(model, ds_string("a"), "age", ds_null(), &now, &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_increment(model, ds_string("a"), "name", ds_integer(1), &now, &err), DS_INVALID);
    says(&err, DS_INVALID, "property \"name\" of model \"Person\" is neither an integer nor a number");
    CU_ASSERT_EQUAL(ds_increment(model, ds_string("a"), "nope", ds_integer(1), &now, &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_increment(model, ds_string("a"), "id", ds_integer(1), &now, &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_increment(model, ds_string("a"), NULL, ds_integer(1), &now, &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_increment(model, ds_null(), "age", ds_integer(1), &now, &err), DS_INVALID);
}

static void an_increment_adds_to_numbers_alone(void)
{
    on_each(incrementing);
}

static void meddle_age(void *user)
{
    meddler *by = user;
    if (by->times++ < 3)
        toy_set(by->model, ds_string("a"), "age", ds_integer(100 * (int64_t)by->times));
}

static void an_increment_loses_no_change_of_others(void)
{
    crowd people = people_open(&toy_bare, PERSON, true);
    meddler by = {people.model, 0};
    ds_value now = ds_null();
    toy.meddle = meddle_age;
    toy.meddle_in = TOY_UPDATE;
    toy.user = &by;
    CU_ASSERT_EQUAL(ds_increment(people.model, ds_string("a"), "age", ds_integer(1), &now, NULL), DS_OK);
    CU_ASSERT_EQUAL(now.as.integer, 301);
    CU_ASSERT_EQUAL(by.times, 4);
    toy.meddle = meddle_always;
    CU_ASSERT_EQUAL(ds_increment(people.model, ds_string("a"), "age", ds_integer(1), &now, NULL), DS_CONFLICT);
    people_close(&people);
}

static void the_text_of_an_undeclared_property_is_added_to_as_a_number(void)
{
    for (size_t i = 0; i < 3; i++) {
        crowd people = people_open(TOYS[i], FREE, false);
        ds_record *record;
        ds_error err;
        ds_value now = ds_null();
        CU_ASSERT_EQUAL(create(people.model, "{\"id\":\"f\",\"visits\":\"41\",\"word\":\"x\"}", &record, &err), DS_OK);
        ds_record_free(record);
        CU_ASSERT_EQUAL(ds_increment(people.model, ds_string("f"), "visits", ds_integer(1), &now, &err), DS_OK);
        CU_ASSERT_EQUAL(now.as.integer, 42);
        CU_ASSERT_EQUAL(ds_increment(people.model, ds_string("f"), "new", ds_number(0.5), &now, &err), DS_OK);
        CU_ASSERT_EQUAL(ds_increment(people.model, ds_string("f"), "word", ds_integer(1), &now, &err), DS_INVALID);
        holds(people.model, "f", "{\"id\":\"f\",\"new\":\"0.5\",\"visits\":\"42\",\"word\":\"x\"}");
        people_close(&people);
    }
}

/* ---- expiry, find or create, migrate ---- */

static void expiry_is_the_connectors_or_refused(void)
{
    for (size_t i = 0; i < 3; i++) {
        crowd people = people_open(TOYS[i], PERSON, true);
        const ds_status ok = TOYS[i] == &toy_bare ? DS_UNSUPPORTED : DS_OK;
        int64_t ttl = 5;
        ds_error err = {.status = DS_OK};
        CU_ASSERT_EQUAL(ds_expire(people.model, ds_string("a"), 1500, &err), ok);
        CU_ASSERT_EQUAL(ds_ttl(people.model, ds_string("a"), &ttl, NULL), ok);
        if (ok == DS_OK) {
            CU_ASSERT_EQUAL(ttl, 1500);
            CU_ASSERT_EQUAL(ds_expire(people.model, ds_string("a"), -1, NULL), DS_OK);
            CU_ASSERT_EQUAL(ds_ttl(people.model, ds_string("a"), &ttl, NULL), DS_OK);
            CU_ASSERT_EQUAL(ttl, -1);
            CU_ASSERT_EQUAL(ds_expire(people.model, ds_string("a"), 0, NULL), DS_INVALID);
            CU_ASSERT_EQUAL(ds_expire(people.model, ds_string("a"), -2, NULL), DS_INVALID);
            CU_ASSERT_EQUAL(ds_expire(people.model, ds_string("nobody"), 5, &err), DS_NOT_FOUND);
            says(&err, DS_NOT_FOUND, "no record with the id \"nobody\"");
            CU_ASSERT_EQUAL(ds_ttl(people.model, ds_string("nobody"), &ttl, NULL), DS_NOT_FOUND);
        } else {
            says(&err, DS_UNSUPPORTED, "the connector toy-bare of model \"Person\" cannot let records expire");
            CU_ASSERT_EQUAL(ttl, 5);
        }
        people_close(&people);
    }
}

static void a_replace_starts_the_models_ttl_anew(void)
{
    const char *json = "{\"name\":\"Short\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"name\":"
                       "\"string\"},\"settings\":{\"ttl\":60000}}";
    for (size_t i = 1; i < 3; i++) {
        crowd people = people_open(TOYS[i], json, false);
        ds_record *record;
        ds_error err;
        int64_t ttl = 0;
        CU_ASSERT_EQUAL(create(people.model, "{\"id\":\"s\",\"name\":\"x\"}", &record, &err), DS_OK);
        CU_ASSERT_EQUAL(ds_expire(people.model, ds_string("s"), 5, NULL), DS_OK);
        CU_ASSERT_EQUAL(ds_replace_by_id(people.model, ds_string("s"), record, NULL), DS_OK);
        CU_ASSERT_EQUAL(ds_ttl(people.model, ds_string("s"), &ttl, NULL), DS_OK);
        CU_ASSERT_EQUAL(ttl, 60000);
        ds_record_free(record);
        people_close(&people);
    }
}

static void meddle_rival(void *user)
{
    meddler *by = user;
    if (by->times++ == 0)
        toy_add(by->model, "{\"id\":\"rival\",\"name\":\"Zed\"}");
}

static void finding_or_creating(crowd *people)
{
    ds_query *query = NULL;
    bool created = true;
    ds_error err = {.status = DS_OK};
    CU_ASSERT_EQUAL_FATAL(ds_query_parse("{\"where\":{\"name\":\"Zed\"}}", &query, NULL), DS_OK);
    ds_record *record = person(people->model, "{\"name\":\"Zed\",\"age\":9}");
    CU_ASSERT_EQUAL(ds_find_or_create(people->model, query, record, &created, &err), DS_OK);
    CU_ASSERT(created);
    CU_ASSERT_EQUAL(ds_record_get(record, "id").length, 26);
    ds_record_free(record);
    record = person(people->model, "{\"name\":\"Zed\",\"score\":4}");
    CU_ASSERT_EQUAL(ds_find_or_create(people->model, query, record, &created, &err), DS_OK);
    CU_ASSERT(!created);
    CU_ASSERT_EQUAL(ds_record_get(record, "age").as.integer, 9);
    CU_ASSERT_EQUAL(ds_record_get(record, "score").type, DS_NULL);
    CU_ASSERT_EQUAL(ds_delete_by_id(people->model, ds_record_get(record, "id"), NULL), DS_OK);
    ds_record_free(record);

    meddler by = {people->model, 0};
    toy.meddle = meddle_rival;
    toy.meddle_in = TOY_CREATE;
    toy.user = &by;
    record = person(people->model, "{\"name\":\"Zed\",\"age\":9}");
    CU_ASSERT_EQUAL(ds_find_or_create(people->model, query, record, &created, &err), DS_OK);
    CU_ASSERT(!created);
    record_is(record, "{\"id\":\"rival\",\"name\":\"Zed\"}");
    ds_record_free(record);

    ds_query_free(query);
    CU_ASSERT_EQUAL_FATAL(ds_query_parse("{\"where\":{\"age\":1234}}", &query, NULL), DS_OK);
    record = person(people->model, "{\"name\":\"Ann\",\"age\":1234}");
    CU_ASSERT_EQUAL(ds_find_or_create(people->model, query, record, &created, &err), DS_DUPLICATE);
    says(&err, DS_DUPLICATE, "unique \"name\"");
    record_is(record, "{\"name\":\"Ann\",\"age\":1234}");
    ds_record_free(record);
    ds_query_free(query);
}

static void of_two_that_find_or_create_one_creates(void)
{
    on_each(finding_or_creating);
}

static void note(void *user, uint64_t done, uint64_t total)
{
    *(uint64_t *)user = 10 * done + total;
}

static void migrating(crowd *people)
{
    uint64_t progress = 0;
    CU_ASSERT_EQUAL(ds_migrate(people->model, note, &progress, NULL), DS_OK);
    CU_ASSERT_EQUAL(progress, strcmp(ds_source_connector(people->source), "toy-full") == 0 ? 11 : 0);
    CU_ASSERT_EQUAL(ds_migrate(people->model, NULL, NULL, NULL), DS_OK);
}

static void a_backend_with_nothing_to_migrate_is_migrated_at_once(void)
{
    on_each(migrating);
}

int main(void)
{
    static const test tests[] = {
        {"an update changes what is set and nothing else", an_update_changes_what_is_set_and_nothing_else},
        {"an update by filter changes all that match", an_update_by_filter_changes_all_that_match},
        {"a delete by filter deletes all that match", a_delete_by_filter_deletes_all_that_match},
        {"NULL for a filter is not everything", null_for_a_filter_is_not_everything},
        {"what others change meanwhile is judged again", what_others_change_meanwhile_is_judged_again},
        {"a delete does not touch what no longer matches", a_delete_does_not_touch_what_no_longer_matches},
        {"what is changed again and again is a conflict in the end",
         what_is_changed_again_and_again_is_a_conflict_in_the_end},
        {"a failure on the way tells how many were changed", a_failure_on_the_way_tells_how_many_were_changed},
        {"an upsert creates, or changes what is given", an_upsert_creates_or_changes_what_is_given},
        {"a creation that others win becomes an update", a_creation_that_others_win_becomes_an_update},
        {"a replace removes what is not set", a_replace_removes_what_is_not_set},
        {"undeclared properties are replaced too where the model takes them",
         undeclared_properties_are_replaced_too_where_the_model_takes_them},
        {"a replace that others come before reads again", a_replace_that_others_come_before_reads_again},
        {"an increment adds to numbers alone", an_increment_adds_to_numbers_alone},
        {"an increment loses no change of others", an_increment_loses_no_change_of_others},
        {"the text of an undeclared property is added to as a number",
         the_text_of_an_undeclared_property_is_added_to_as_a_number},
        {"expiry is the connector's, or refused", expiry_is_the_connectors_or_refused},
        {"a replace starts the model's ttl anew", a_replace_starts_the_models_ttl_anew},
        {"of two that find or create, one creates", of_two_that_find_or_create_one_creates},
        {"a backend with nothing to migrate is migrated at once",
         a_backend_with_nothing_to_migrate_is_migrated_at_once},
    };
    people_register();
    return SUITE_RUN("writes", tests);
}
