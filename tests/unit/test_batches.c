/* Batches: what the library does of one by the entries for single kinds, and what it makes of the answers of a connector that
 * has the entry. */
#include "crowd.h"
#include "random.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>

static const char NUMBERED[] =
    "{\"name\":\"Numbered\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true,\"generated\":true},"
    "\"n\":{\"type\":\"integer\",\"default\":7},\"code\":{\"type\":\"string\",\"unique\":true}}}";

static ds_error error;

static ds_batch *batch_of(const crowd *people)
{
    ds_batch *batch = NULL;
    CU_ASSERT_EQUAL_FATAL(ds_batch_new(people->source, &batch, &error), DS_OK);
    return batch;
}

/* Runs it and frees it; the outcomes by their first letters: '.' for DS_OK, 'n' DS_NOT_FOUND, 'd' DS_DUPLICATE, ... */
static const char *outcomes_of(const ds_batch *batch)
{
    static char text[8192];
    size_t length = 0;
    for (size_t i = 0; i < ds_batch_size(batch) && length + 1 < sizeof text; i++) {
        ds_error told = {.status = DS_OK};
        ds_status status = ds_batch_outcome(batch, i, &told);
        CU_ASSERT_EQUAL(told.status, status);
        CU_ASSERT_EQUAL(told.message[0] == '\0', status == DS_OK);
        text[length++] = (char)(status == DS_OK ? '.' : ds_status_name(status)[3] | 0x20);
    }
    text[length] = '\0';
    return text;
}

static ds_status run(ds_batch *batch, unsigned flags)
{
    error = (ds_error){.status = DS_OK};
    ds_status status = ds_batch_run(batch, flags, &error);
    CU_ASSERT_EQUAL(error.status, status);
    return status;
}

/* ---- groups ---- */

static void neighbours(crowd *people, unsigned creates, unsigned updates, unsigned upserts, unsigned replaces)
{
    ds_batch *batch = batch_of(people);
    ds_record *records[10];
    char json[64];
    for (int i = 0; i < 10; i++) {
        snprintf(json, sizeof json, "{\"id\":\"n%d\",\"name\":\"N%d\"}", i, i);
        records[i] = person(people->model, json);
    }
    ds_record *changes = person(people->model, "{\"age\":5}");
    bool created = true;
    for (int i = 0; i < 4; i++)
        ds_batch_create(batch, people->model, records[i]);
    for (int i = 0; i < 3; i++)
        ds_batch_update(batch, people->model, ds_string_n(&"abc"[i], 1), changes);
    ds_batch_delete(batch, people->model, ds_string("d"));
    ds_batch_delete(batch, people->model, ds_string("e"));
    for (int i = 4; i < 7; i++)
        ds_batch_upsert(batch, people->model, records[i], i == 4 ? &created : NULL);
    for (int i = 7; i < 9; i++)
        ds_batch_replace_or_create(batch, people->model, records[i], NULL);
    ds_batch_create(batch, people->model, records[9]);
    toy_reset();
    CU_ASSERT_EQUAL(run(batch, 0), DS_OK);
    same(outcomes_of(batch), "...............");
    CU_ASSERT(created);
    CU_ASSERT_EQUAL(toy.calls[TOY_CREATE], creates);
    CU_ASSERT_EQUAL(toy.calls[TOY_UPDATE], updates);
    CU_ASSERT_EQUAL(toy.calls[TOY_DELETE], 1);
    CU_ASSERT_EQUAL(toy.calls[TOY_UPSERT], upserts);
    CU_ASSERT_EQUAL(toy.calls[TOY_REPLACE], replaces);
    CU_ASSERT_EQUAL(toy.created_most, 4);
    same(found_ids(people->model, "{\"order\":\"id\"}"), "a b c f g h i j k l n0 n1 n2 n3 n4 n5 n6 n7 n8 n9");
    same(found_ids(people->model, "{\"where\":{\"age\":5},\"order\":\"id\"}"), "a b c");
    record_is(records[0], "{\"id\":\"n0\",\"name\":\"N0\",\"city\":\"Rome\"}");
    record_is(records[4], "{\"id\":\"n4\",\"name\":\"N4\",\"city\":\"Rome\"}"); /* it tells what was added to it */
    record_is(records[8], "{\"id\":\"n8\",\"name\":\"N8\",\"city\":\"Rome\"}");
    ds_batch_free(batch);
    ds_record_free(changes);
    for (int i = 0; i < 10; i++)
        ds_record_free(records[i]);
}

static void neighbours_of_one_kind_go_as_one_array(void)
{
    crowd people = people_open(&toy_full, PERSON, true);
    neighbours(&people, 2, 1, 1, 1);
    people_close(&people);
    people =
        people_open(&toy_bare, PERSON, true); /* an update that misses and a creation, for each upsert and replace */
    neighbours(&people, 2 + 3 + 2, 1 + 3 + 2, 0, 0);
    people_close(&people);
    people = people_open(&toy_shy, PERSON, true);
    neighbours(&people, 2 + 3 + 2, 1 + 3 + 2, 0, 0);
    people_close(&people);
}

static void more_than_a_thousand_go_in_parts(void)
{
    crowd people = people_open(&toy_full, NUMBERED, false);
    ds_batch *batch = batch_of(&people);
    enum { N = 2500 };
    ds_record *records[N];
    for (int i = 0; i < N; i++) {
        records[i] = ds_record_new(people.model);
        ds_batch_create(batch, people.model, records[i]);
    }
    CU_ASSERT_EQUAL(ds_batch_size(batch), N);
    CU_ASSERT_EQUAL(run(batch, 0), DS_OK);
    CU_ASSERT_EQUAL(toy.calls[TOY_CREATE], 3);
    CU_ASSERT_EQUAL(toy.created_most, 1000);
    for (int i = 0; i < N; i++) {
        CU_ASSERT_EQUAL(ds_record_get(records[i], "id").as.integer, i + 1);
        CU_ASSERT_EQUAL(ds_record_get(records[i], "n").as.integer, 7);
        CU_ASSERT_EQUAL(ds_record_outcome(records[i], NULL), DS_OK);
    }
    CU_ASSERT_EQUAL(run(batch, 0), DS_DUPLICATE); /* it does everything again, and all of them have ids now */
    CU_ASSERT_EQUAL(strspn(outcomes_of(batch), "d"), N);
    char *stats = NULL;
    CU_ASSERT_EQUAL(ds_stats(people.source, &stats, NULL), DS_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(stats, "\"operations\":2"));
    CU_ASSERT_PTR_NOT_NULL(strstr(stats, "2500"));
    ds_free(stats);
    ds_batch_free(batch);
    for (int i = 0; i < N; i++)
        ds_record_free(records[i]);
    people_close(&people);
}

/* ---- the order: as if one by one ---- */

typedef struct deed {
    ds_write_kind kind;
    char id[2], json[80];
    int64_t number;
} deed;

static deed random_deed(void)
{
    static const ds_write_kind kinds[] = {
        DS_WRITE_CREATE, DS_WRITE_UPDATE,    DS_WRITE_REPLACE, DS_WRITE_REPLACE_OR_CREATE,
        DS_WRITE_UPSERT, DS_WRITE_INCREMENT, DS_WRITE_DELETE};
    deed d = {.kind = kinds[random_below(7)], .number = (int64_t)random_below(10)};
    d.id[0] = (char)('a' + (int)random_below(5));
    char name[24] = "";
    if (random_below(4) != 0)
        snprintf(name, sizeof name, ",\"name\":\"%c%d\"", d.id[0], (int)random_below(3));
    snprintf(d.json, sizeof d.json, "{\"id\":\"%s\",\"age\":%d%s}", d.id, (int)d.number, name);
    return d;
}

static ds_status do_deed(ds_model *model, const deed *d, ds_record *record, bool *created, ds_value *now)
{
    ds_value id = ds_string(d->id);
    switch (d->kind) {
    case DS_WRITE_CREATE:
        return ds_create(model, record, NULL);
    case DS_WRITE_UPDATE:
        return ds_update_by_id(model, id, record, NULL);
    case DS_WRITE_REPLACE:
        return ds_replace_by_id(model, id, record, NULL);
    case DS_WRITE_REPLACE_OR_CREATE:
        return ds_replace_or_create(model, record, created, NULL);
    case DS_WRITE_UPSERT:
        return ds_upsert(model, record, created, NULL);
    case DS_WRITE_INCREMENT:
        return ds_increment(model, id, "score", ds_integer(d->number), now, NULL);
    default:
        return ds_delete_by_id(model, id, NULL);
    }
}

static void add_deed(ds_batch *batch, ds_model *model, const deed *d, ds_record *record, bool *created, ds_value *now)
{
    ds_value id = ds_string(d->id);
    if (d->kind == DS_WRITE_CREATE)
        ds_batch_create(batch, model, record);
    else if (d->kind == DS_WRITE_UPDATE)
        ds_batch_update(batch, model, id, record);
    else if (d->kind == DS_WRITE_REPLACE)
        ds_batch_replace(batch, model, id, record);
    else if (d->kind == DS_WRITE_REPLACE_OR_CREATE)
        ds_batch_replace_or_create(batch, model, record, created);
    else if (d->kind == DS_WRITE_UPSERT)
        ds_batch_upsert(batch, model, record, created);
    else if (d->kind == DS_WRITE_INCREMENT)
        ds_batch_increment(batch, model, id, "score", ds_integer(d->number), now);
    else
        ds_batch_delete(batch, model, id);
}

enum { DEEDS = 40 };

typedef struct done {
    ds_status outcomes[DEEDS];
    bool created[DEEDS];
    ds_value now[DEEDS];
    char *records[DEEDS]; /* the host's, afterwards */
    char stored[5][512];
} done;

static void one_by_one_or_together(const ds_connector *toy_connector, const deed *deeds, bool together, done *out)
{
    crowd people = people_open(toy_connector, PERSON, false);
    ds_batch *batch = batch_of(&people);
    ds_record *records[DEEDS];
    memset(out, 0, sizeof *out);
    for (int i = 0; i < DEEDS; i++) {
        records[i] = person(people.model, deeds[i].json);
        if (together)
            add_deed(batch, people.model, &deeds[i], records[i], &out->created[i], &out->now[i]);
        else
            out->outcomes[i] = do_deed(people.model, &deeds[i], records[i], &out->created[i], &out->now[i]);
    }
    if (together)
        run(batch, 0);
    for (int i = 0; i < DEEDS; i++) {
        if (together)
            out->outcomes[i] = ds_batch_outcome(batch, (size_t)i, NULL);
        out->records[i] = ds_record_to_json(records[i]);
        ds_record_free(records[i]);
    }
    for (int i = 0; i < 5; i++)
        snprintf(out->stored[i], sizeof out->stored[i], "%s", json_of(people.model, (char[]){(char)('a' + i), '\0'}));
    ds_batch_free(batch);
    people_close(&people);
}

static void compare(const deed *deeds, const done *a, const done *b)
{
    for (int i = 0; i < DEEDS; i++) {
        if (a->outcomes[i] != b->outcomes[i] || a->created[i] != b->created[i] ||
            ds_value_compare(a->now[i], b->now[i]) != 0 || strcmp(a->records[i], b->records[i]) != 0)
            printf("\ndeed %d of kind %d, %s: %s and %s, %s and %s", i, (int)deeds[i].kind, deeds[i].json,
                   ds_status_name(a->outcomes[i]), ds_status_name(b->outcomes[i]), a->records[i], b->records[i]);
        CU_ASSERT_EQUAL(a->outcomes[i], b->outcomes[i]);
        CU_ASSERT_EQUAL(a->created[i], b->created[i]);
        CU_ASSERT_EQUAL(ds_value_compare(a->now[i], b->now[i]), 0);
        CU_ASSERT_STRING_EQUAL(a->records[i], b->records[i]);
        ds_free(a->records[i]);
        ds_free(b->records[i]);
    }
    for (int i = 0; i < 5; i++)
        CU_ASSERT_STRING_EQUAL(a->stored[i], b->stored[i]);
}

static void a_batch_comes_to_what_its_writes_one_by_one_come_to(void)
{
    for (int round = 0; round < 60; round++) {
        deed deeds[DEEDS];
        done single, together;
        for (int i = 0; i < DEEDS; i++)
            deeds[i] = random_deed();
        for (size_t i = 0; i < 3; i++) {
            one_by_one_or_together(TOYS[i], deeds, false, &single);
            one_by_one_or_together(TOYS[i], deeds, true, &together);
            compare(deeds, &single, &together);
        }
    }
}

/* ---- failures ---- */

static void failing(crowd *people)
{
    ds_batch *batch = batch_of(people);
    ds_record *changes = person(people->model, "{\"age\":1}"), *broken = ds_record_new(people->model);
    ds_record *taken = person(people->model, "{\"id\":\"a\",\"name\":\"New\"}");
    ds_record_set(broken, "age", ds_string("12x"));
    ds_batch_update(batch, people->model, ds_string("a"), changes);
    ds_batch_update(batch, people->model, ds_string("zz"), changes);
    ds_batch_create(batch, people->model, taken);
    ds_batch_create(batch, people->model, taken);
    ds_batch_update(batch, people->model, ds_string("b"), broken);
    ds_batch_update(batch, people->model, ds_string("b"), NULL);
    ds_batch_upsert(batch, people->model, NULL, NULL);
    ds_batch_increment(batch, people->model, ds_string("b"), NULL, ds_integer(1), NULL);
    ds_batch_increment(batch, people->model, ds_string("b"), "city", ds_integer(1), NULL);
    ds_batch_delete(batch, people->model, ds_null());
    ds_batch_delete(batch, people->model, ds_string("b"));
    CU_ASSERT_EQUAL(run(batch, 0), DS_NOT_FOUND);
    says(&error, DS_NOT_FOUND, "\": write 1 of the batch: model \"Person\" has no record with the id \"zz\"");
    CU_ASSERT_STRING_EQUAL(error.source, ds_source_name(people->source));
    same(outcomes_of(batch), ".ndiiiiiii.");
    ds_batch_outcome(batch, 2, &error);
    says(&error, DS_DUPLICATE, "model \"Person\" has a record with the id \"a\" already");
    CU_ASSERT_STRING_EQUAL(error.source, ds_source_name(people->source));
    ds_batch_outcome(batch, 3, &error);
    says(&error, DS_INVALID, "in the batch already");
    CU_ASSERT_EQUAL(ds_record_outcome(taken, NULL), DS_DUPLICATE);
    record_is(taken, "{\"id\":\"a\",\"name\":\"New\"}");
    ds_batch_outcome(batch, 4, &error);
    says(&error, DS_INVALID, "age");
    CU_ASSERT_EQUAL(ds_batch_outcome(batch, 11, &error), DS_INVALID);
    holds(people->model, "a", "{\"id\":\"a\",\"name\":\"Ann\",\"age\":1,\"city\":\"Rome\"}");
    holds(people->model, "b", "none");
    ds_batch_free(batch);
    ds_record_free(taken);
    ds_record_free(broken);
    ds_record_free(changes);
}

static void each_failure_is_told_at_its_place(void)
{
    on_each(failing);
}

static void with_fault(ds_status fault, ds_status expected, const char *outcomes)
{
    crowd people = people_open(&toy_full, PERSON, true);
    ds_batch *batch = batch_of(&people);
    ds_record *changes = person(people.model, "{\"age\":1}"), *record = person(people.model, "{\"name\":\"Xia\"}");
    ds_batch_update(batch, people.model, ds_string("a"), changes);
    ds_batch_delete(batch, people.model, ds_string("b"));
    ds_batch_delete(batch, people.model, ds_string("c"));
    ds_batch_create(batch, people.model, record);
    toy.fault = fault;
    toy.fault_in = TOY_DELETE;
    toy.fault_at = 1;
    CU_ASSERT_EQUAL(run(batch, 0), expected);
    if (expected != DS_OK)
        says(&error, expected, "write 1 of the batch: the toy was told to fail");
    same(outcomes_of(batch), outcomes);
    CU_ASSERT_EQUAL(ds_record_outcome(record, NULL) == DS_OK, outcomes[3] == '.');
    CU_ASSERT_EQUAL(ds_record_get(record, "id").type == DS_NULL, outcomes[3] != '.');
    ds_batch_free(batch);
    ds_record_free(record);
    ds_record_free(changes);
    people_close(&people);
}

static void a_failure_keeps_the_rest_back_only_where_it_would_meet_it_too(void)
{
    with_fault(DS_OK, DS_OK, "....");
    with_fault(DS_BACKEND, DS_BACKEND, ".bb.");
    with_fault(DS_UNKNOWN_OUTCOME, DS_UNKNOWN_OUTCOME, ".uu.");
    with_fault(DS_UNSUPPORTED, DS_UNSUPPORTED, ".uu.");
    with_fault(DS_TIMEOUT, DS_TIMEOUT, ".ttt");
    with_fault(DS_UNREACHABLE, DS_UNREACHABLE, ".uuu");
    with_fault(DS_LOST, DS_LOST, ".lll");
    with_fault(DS_NOMEM, DS_NOMEM, ".nnn");
}

static void a_connection_that_is_lost_behind_another_failure_is_forgotten_too(void)
{
    crowd people = people_open(&toy_full, PERSON, true);
    ds_batch *batch = batch_of(&people);
    ds_record *changes = person(people.model, "{\"age\":1}");
    ds_batch_update(batch, people.model, ds_string("zz"), changes);
    ds_batch_delete(batch, people.model, ds_string("a"));
    toy.fault = DS_LOST;
    toy.fault_in = TOY_DELETE;
    toy.fault_at = 1;
    CU_ASSERT(ds_is_ready(people.source));
    CU_ASSERT_EQUAL(run(batch, 0), DS_NOT_FOUND);
    same(outcomes_of(batch), "nl");
    CU_ASSERT(!ds_is_ready(people.source));
    CU_ASSERT_EQUAL(run(batch, 0), DS_NOT_FOUND); /* it connects again */
    same(outcomes_of(batch), "n.");
    CU_ASSERT(ds_is_ready(people.source));
    ds_batch_free(batch);
    ds_record_free(changes);
    people_close(&people);
}

static void a_batch_that_is_cancelled_does_nothing_and_its_options_can_be_taken_back(void)
{
    crowd people = people_open(&toy_full, PERSON, true);
    ds_cancel *cancel = NULL;
    ds_batch *batch = batch_of(&people);
    CU_ASSERT_EQUAL_FATAL(ds_cancel_new(&cancel, NULL), DS_OK);
    ds_cancel_set(cancel);
    ds_batch_delete(batch, people.model, ds_string("a"));
    ds_batch_delete(batch, people.model, ds_string("b"));
    ds_batch_set_options(batch, &(ds_options){.size = sizeof(ds_options), .cancel = cancel});
    CU_ASSERT_EQUAL(ds_batch_outcome(batch, 0, &error), DS_INVALID); /* not yet */
    CU_ASSERT_EQUAL(run(batch, 0), DS_CANCELLED);
    same(outcomes_of(batch), "cc");
    CU_ASSERT_EQUAL(toy.calls[TOY_DELETE], 0);
    ds_batch_set_options(batch, NULL);
    CU_ASSERT_EQUAL(run(batch, 0), DS_OK);
    same(outcomes_of(batch), "..");
    ds_batch_set_options(NULL, NULL);
    ds_batch_free(batch);
    ds_cancel_free(cancel);
    people_close(&people);
}

static void a_batch_with_options_that_make_no_sense_does_nothing(void)
{
    static const struct {
        ds_options options;
        const char *says;
    } bad[] = {{{.size = 0, .timeout_ms = 5}, "have the size 0"},
               {{.size = 8}, "have the size 8"},
               {{.size = sizeof(ds_options), .timeout_ms = -1}, "not -1"},
               {{.size = sizeof(ds_options), .timeout_ms = INT64_MAX}, "a sensible number of ms"}};
    crowd people = people_open(&toy_full, PERSON, true);
    ds_batch *batch = batch_of(&people);
    ds_batch_delete(batch, people.model, ds_string("a"));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ds_batch_set_options(batch, &bad[i].options);
        CU_ASSERT_EQUAL(run(batch, 0), DS_INVALID);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, bad[i].says));
        same(outcomes_of(batch), "i");
    }
    CU_ASSERT_EQUAL(toy.calls[TOY_DELETE], 0);
    ds_batch_set_options(batch, &(ds_options){.size = sizeof(ds_options)});
    CU_ASSERT_EQUAL(run(batch, 0), DS_OK);
    ds_batch_free(batch);
    people_close(&people);
}

static void a_sequence_id_that_is_taken_is_passed_over_in_a_group_too(void)
{
    crowd people = people_open(&toy_full, NUMBERED, false);
    ds_batch *batch = batch_of(&people);
    ds_record *records[4];
    toy_add(people.model, "{\"id\":2}");
    toy_add(people.model, "{\"id\":3}");
    for (int i = 0; i < 4; i++) {
        records[i] = person(people.model, i == 3 ? "{\"id\":2}" : "{}");
        ds_batch_create(batch, people.model, records[i]);
    }
    CU_ASSERT_EQUAL(run(batch, 0), DS_DUPLICATE);
    same(outcomes_of(batch), "...d");
    record_is(records[0], "{\"id\":1,\"n\":7}");
    record_is(records[1], "{\"id\":4,\"n\":7}");
    record_is(records[2], "{\"id\":5,\"n\":7}");
    record_is(records[3], "{\"id\":2}");
    ds_batch_free(batch);
    for (int i = 0; i < 4; i++)
        ds_record_free(records[i]);
    people_close(&people);
}

static void what_a_host_passes_is_its_own_again_at_once(void)
{
    crowd people = people_open(&toy_full, PERSON, true);
    ds_batch *batch = batch_of(&people);
    char id[2] = "a", property[6] = "score";
    ds_value now = ds_null();
    ds_batch_increment(batch, people.model, ds_string(id), property, ds_integer(2), &now);
    id[0] = 'b';
    memcpy(property, "xxxxx", 5);
    ds_batch_delete(batch, people.model, ds_string(id));
    id[0] = 'c';
    CU_ASSERT_EQUAL(run(batch, 0), DS_OK);
    CU_ASSERT_EQUAL(now.as.number, 2);
    same(found_ids(people.model, "{\"where\":{\"score\":2}}"), "a");
    same(found_ids(people.model, "{\"order\":\"id\"}"), "a c d e f g h i j k l");
    ds_batch_free(batch);
    people_close(&people);
}

static void expiring_in_a_batch(void)
{
    crowd people = people_open(&toy_full, PERSON, true);
    ds_batch *batch = batch_of(&people);
    int64_t ttl = 0;
    ds_batch_expire(batch, people.model, ds_string("a"), 5000);
    ds_batch_expire(batch, people.model, ds_string("zz"), 5000);
    ds_batch_expire(batch, people.model, ds_string("a"), 0);
    CU_ASSERT_EQUAL(run(batch, 0), DS_NOT_FOUND);
    same(outcomes_of(batch), ".ni");
    CU_ASSERT_EQUAL(ds_ttl(people.model, ds_string("a"), &ttl, NULL), DS_OK);
    CU_ASSERT_EQUAL(ttl, 5000);
    ds_batch_free(batch);
    people_close(&people);
    people = people_open(&toy_bare, PERSON, true);
    batch = batch_of(&people);
    ds_batch_expire(batch, people.model, ds_string("a"), 5000);
    CU_ASSERT_EQUAL(run(batch, 0), DS_UNSUPPORTED);
    ds_batch_free(batch);
    people_close(&people);
}

static void nothing_is_a_batch_too(void)
{
    crowd people = people_open(&toy_full, PERSON, false);
    ds_batch *batch = batch_of(&people), *none = batch;
    CU_ASSERT_EQUAL(run(batch, 0), DS_OK);
    CU_ASSERT_EQUAL(run(batch, 2), DS_INVALID);
    CU_ASSERT_EQUAL(ds_batch_size(NULL), 0);
    CU_ASSERT_EQUAL(ds_batch_run(NULL, 0, &error), DS_INVALID);
    CU_ASSERT_EQUAL(ds_batch_outcome(NULL, 0, &error), DS_INVALID);
    CU_ASSERT_EQUAL(ds_batch_create(NULL, people.model, NULL), DS_INVALID);
    CU_ASSERT_EQUAL(ds_batch_new(NULL, &none, &error), DS_INVALID);
    CU_ASSERT_PTR_NULL(none);
    ds_batch_free(NULL);
    ds_batch_free(batch);
    people_close(&people);
}

int main(void)
{
    static const test tests[] = {
        {"neighbours of one kind go as one array", neighbours_of_one_kind_go_as_one_array},
        {"more than a thousand go in parts", more_than_a_thousand_go_in_parts},
        {"a batch comes to what its writes one by one come to", a_batch_comes_to_what_its_writes_one_by_one_come_to},
        {"each failure is told at its place", each_failure_is_told_at_its_place},
        {"a failure keeps the rest back only where it would meet it too",
         a_failure_keeps_the_rest_back_only_where_it_would_meet_it_too},
        {"a connection that is lost behind another failure is forgotten too",
         a_connection_that_is_lost_behind_another_failure_is_forgotten_too},
        {"a batch that is cancelled does nothing, and its options can be taken back",
         a_batch_that_is_cancelled_does_nothing_and_its_options_can_be_taken_back},
        {"a batch with options that make no sense does nothing, and says why, until others are set",
         a_batch_with_options_that_make_no_sense_does_nothing},
        {"a sequence id that is taken is passed over in a group too",
         a_sequence_id_that_is_taken_is_passed_over_in_a_group_too},
        {"what a host passes is its own again at once", what_a_host_passes_is_its_own_again_at_once},
        {"expiring in a batch", expiring_in_a_batch},
        {"nothing is a batch too", nothing_is_a_batch_too},
    };
    random_start();
    people_register();
    return SUITE_RUN("batches", tests);
}
