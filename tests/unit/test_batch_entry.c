/* The connector's entry for batches: what it is given, what the library makes of each answer, and what an atomic batch is
 * checked for before it is asked. The entry here stores nothing; it answers what a test tells it to. */
#include "crowd.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>

static const char NUMBERED[] =
    "{\"name\":\"Numbered\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true,\"generated\":true},"
    "\"n\":{\"type\":\"integer\",\"default\":7},\"code\":{\"type\":\"string\",\"unique\":true},\"city\":\"string\"},"
    "\"indexes\":{\"place\":{\"keys\":{\"city\":1,\"n\":1},\"options\":{\"unique\":true}}}}";

/* ---- the entry ---- */

typedef void decide_function(const ds_write *const *writes, size_t n, ds_outcomes *outcomes, unsigned call);
static struct script {
    decide_function *decide;
    ds_status status;
    unsigned calls;
    size_t count; /* of the last call */
    uint32_t flags;
} script;

static ds_status scripted(void *connection, const ds_write *const *writes, size_t n, uint32_t flags,
                          ds_outcomes *outcomes, ds_call *call)
{
    (void)connection;
    script.calls++;
    script.count = n;
    script.flags = flags;
    if (script.decide != NULL)
        script.decide(writes, n, outcomes, script.calls);
    if (script.status != DS_OK && script.status != DS_LOST)
        ds_error_set(call->error, script.status, "the entry was told to fail");
    return script.status;
}

static void all_ok(const ds_write *const *writes, size_t n, ds_outcomes *outcomes, unsigned call)
{
    (void)call;
    for (size_t i = 0; i < n; i++) {
        if (writes[i]->kind == DS_WRITE_INCREMENT)
            *writes[i]->now = ds_integer(42);
        ds_outcome_ok(outcomes, i, writes[i]->kind == DS_WRITE_UPSERT);
    }
}

static ds_connector whole, partly; /* with and without DS_CAN_ATOMIC_BATCH */

static ds_error error;
static ds_batch *batch;
static crowd people;

static void open_with(const ds_connector *connector, const char *model, decide_function *decide, ds_status status)
{
    people = people_open(connector, model, false);
    script = (struct script){.decide = decide, .status = status};
    CU_ASSERT_EQUAL_FATAL(ds_batch_new(people.source, &batch, &error), DS_OK);
}

static void close_all(void)
{
    ds_batch_free(batch);
    people_close(&people);
}

static ds_status run(unsigned flags)
{
    error = (ds_error){.status = DS_OK};
    return ds_batch_run(batch, flags, &error);
}

static void outcomes_are(const char *expected)
{
    char text[64] = "";
    for (size_t i = 0; i < ds_batch_size(batch) && i < 60; i++) {
        ds_error told = {.status = DS_OK};
        ds_status status = ds_batch_outcome(batch, i, &told);
        CU_ASSERT_EQUAL(told.message[0] == '\0', status == DS_OK);
        text[i] = (char)(status == DS_OK ? '.' : ds_status_name(status)[3] | 0x20);
    }
    same(text, expected);
}

/* ---- what it is given ---- */

static ds_model *view;

static void look(const ds_write *const *w, size_t n, ds_outcomes *outcomes, unsigned call)
{
    static const ds_write_kind kinds[] = {
        DS_WRITE_CREATE, DS_WRITE_UPDATE,    DS_WRITE_REPLACE, DS_WRITE_REPLACE_OR_CREATE,
        DS_WRITE_UPSERT, DS_WRITE_INCREMENT, DS_WRITE_DELETE,  DS_WRITE_EXPIRE,
        DS_WRITE_CREATE, DS_WRITE_UPDATE};
    CU_ASSERT_EQUAL_FATAL(n, 10);
    for (size_t i = 0; i < n; i++) {
        CU_ASSERT_EQUAL(w[i]->size, sizeof(ds_write));
        CU_ASSERT_EQUAL(w[i]->kind, kinds[i]);
        CU_ASSERT_PTR_EQUAL(w[i]->model, people.model);
        CU_ASSERT_PTR_NULL(w[i]->expected);
        CU_ASSERT_EQUAL(w[i]->defaults != NULL, i == 4);
        CU_ASSERT_EQUAL(w[i]->changes != NULL, i == 1 || i == 9);
        CU_ASSERT_EQUAL(w[i]->id.type, i == 0 || i == 8 ? DS_NULL : DS_STRING);
        CU_ASSERT_EQUAL(w[i]->now != NULL, i == 5);
    }
    record_is(w[0]->record, "{\"id\":\"c\",\"name\":\"C\",\"city\":\"Rome\"}");
    CU_ASSERT(ds_record_has_fresh_id(w[8]->record));
    CU_ASSERT_EQUAL(ds_record_get(w[8]->record, "id").length, 26);
    record_is(w[1]->changes, "{\"age\":5}");
    record_is(w[2]->record, "{\"id\":\"r\",\"name\":\"R\",\"city\":\"Rome\"}");
    record_is(w[3]->record, "{\"id\":\"p\",\"name\":\"P\",\"city\":\"Rome\"}");
    record_is(w[4]->record, "{\"id\":\"u\",\"name\":\"U\"}");
    record_is(w[4]->defaults, "{\"city\":\"Rome\"}");
    CU_ASSERT_STRING_EQUAL(w[5]->property, "score");
    CU_ASSERT_EQUAL(w[5]->slot, 4);
    CU_ASSERT_EQUAL(w[5]->by.as.number, 2);
    CU_ASSERT_EQUAL(w[7]->ttl_ms, 99);
    record_is(w[9]->changes, "{\"age\":1}"); /* no name, so it cannot be created */
    all_ok(w, n, outcomes, call);
}

static void the_entry_is_given_what_the_entries_of_single_kinds_are(void)
{
    static const char *const jsons[] = {
        "{\"id\":\"c\",\"name\":\"C\"}", "{\"id\":\"a\",\"age\":5}",      "{\"name\":\"R\"}",
        "{\"id\":\"p\",\"name\":\"P\"}", "{\"id\":\"u\",\"name\":\"U\"}", "{\"name\":\"G\"}",
        "{\"id\":\"v\",\"age\":1}"};
    ds_record *records[7];
    ds_value now = ds_null();
    bool upserted = false, replaced = true, changed = true, generated = false;
    open_with(&whole, PERSON, look, DS_OK);
    for (int i = 0; i < 7; i++)
        records[i] = person(people.model, jsons[i]);
    CU_ASSERT_EQUAL_FATAL(ds_model_with(people.model, &(ds_options){.size = sizeof(ds_options)}, &view, NULL), DS_OK);
    ds_batch_create(batch, view, records[0]);
    ds_batch_update(batch, view, ds_string("a"), records[1]);
    ds_batch_replace(batch, people.model, ds_string("r"), records[2]);
    ds_batch_replace_or_create(batch, people.model, records[3], &replaced);
    ds_batch_upsert(batch, people.model, records[4], &upserted);
    ds_batch_increment(batch, people.model, ds_string("i"), "score", ds_integer(2), &now);
    ds_batch_delete(batch, people.model, ds_string("d"));
    ds_batch_expire(batch, people.model, ds_string("e"), 99);
    ds_batch_replace_or_create(batch, people.model, records[5], &generated);
    ds_batch_upsert(batch, people.model, records[6], &changed);
    CU_ASSERT_EQUAL(run(DS_ATOMIC), DS_OK);
    CU_ASSERT_EQUAL(script.flags, DS_ATOMIC);
    CU_ASSERT_EQUAL(script.calls, 1);
    outcomes_are("..........");
    CU_ASSERT_EQUAL(now.as.integer, 42);
    CU_ASSERT(upserted && !replaced && !changed && generated);
    record_is(records[2], "{\"name\":\"R\"}");
    record_is(records[3], "{\"id\":\"p\",\"name\":\"P\",\"city\":\"Rome\"}");
    record_is(records[4], "{\"id\":\"u\",\"name\":\"U\",\"city\":\"Rome\"}");
    CU_ASSERT(!ds_record_has_fresh_id(records[5]));
    CU_ASSERT_EQUAL(toy.calls[TOY_CREATE] + toy.calls[TOY_UPDATE] + toy.calls[TOY_UPSERT], 0);
    ds_model_free(view);
    for (int i = 0; i < 7; i++)
        ds_record_free(records[i]);
    close_all();
}

/* ---- one by one ---- */

static void add_deletes(int n)
{
    for (int i = 0; i < n; i++)
        ds_batch_delete(batch, people.model, ds_integer(i + 1));
}

static void mixed(const ds_write *const *writes, size_t n, ds_outcomes *outcomes, unsigned call)
{
    (void)writes, (void)n, (void)call;
    ds_outcome_ok(outcomes, 0, false);
    ds_outcome_refuse(outcomes, 1, DS_REFUSED_MISSING, NULL);
    ds_outcome_fail(outcomes, 2, DS_BACKEND, 5, "no reason");
}

static void what_it_decided_is_told_and_what_it_did_not_has_its_status(void)
{
    open_with(&whole, NUMBERED, mixed, DS_OK);
    add_deletes(4);
    CU_ASSERT_EQUAL(run(0), DS_NOT_FOUND);
    says(&error, DS_NOT_FOUND, "write 1 of the batch: model \"Numbered\" has no record with the id 2");
    outcomes_are(".nbb");
    ds_batch_outcome(batch, 2, &error);
    says(&error, DS_BACKEND, "no reason");
    CU_ASSERT_EQUAL(error.native, 5);
    ds_batch_outcome(batch, 3, &error);
    says(&error, DS_BACKEND, "did not say what became");
    script.status = DS_LOST;
    CU_ASSERT_EQUAL(run(0), DS_NOT_FOUND);
    outcomes_are(".nbl");
    close_all();
}

static void a_hopeless_failure_ends_the_batch(void)
{
    open_with(&whole, NUMBERED, NULL, DS_TIMEOUT);
    add_deletes(1500);
    CU_ASSERT_EQUAL(run(0), DS_TIMEOUT);
    says(&error, DS_TIMEOUT, "write 0 of the batch: the entry was told to fail");
    CU_ASSERT_EQUAL(script.calls, 1);
    CU_ASSERT_EQUAL(script.count, 1000);
    for (size_t i = 0; i < 1500; i++)
        CU_ASSERT_EQUAL(ds_batch_outcome(batch, i, NULL), DS_TIMEOUT);
    script.status = DS_BACKEND;
    script.calls = 0;
    CU_ASSERT_EQUAL(run(0), DS_BACKEND);
    CU_ASSERT_EQUAL(script.calls, 2);
    CU_ASSERT_EQUAL(script.count, 500);
    close_all();
}

/* All but increments. */
static void but_sums(const ds_write *const *writes, size_t n, ds_outcomes *outcomes, unsigned call)
{
    (void)call;
    script.status = DS_OK;
    for (size_t i = 0; i < n && script.status == DS_OK; i++) {
        if (writes[i]->kind == DS_WRITE_INCREMENT)
            script.status = DS_UNSUPPORTED;
        else
            ds_outcome_ok(outcomes, i, false);
    }
}

static void what_it_leaves_is_done_by_the_library_and_then_it_is_asked_again(void)
{
    ds_value now = ds_null();
    open_with(&whole, NUMBERED, but_sums, DS_OK);
    toy_add(people.model, "{\"id\":1,\"n\":1}");
    add_deletes(2);
    ds_batch_increment(batch, people.model, ds_integer(1), "n", ds_integer(1), &now);
    ds_batch_delete(batch, people.model, ds_integer(3));
    ds_batch_increment(batch, people.model, ds_integer(9), "n", ds_integer(1), NULL);
    ds_batch_delete(batch, people.model, ds_integer(4));
    CU_ASSERT_EQUAL(run(0), DS_NOT_FOUND);
    outcomes_are("....n.");
    CU_ASSERT_EQUAL(now.as.integer, 2);
    CU_ASSERT_EQUAL(script.calls, 3);
    CU_ASSERT_EQUAL(toy.calls[TOY_INCREMENT], 2);
    CU_ASSERT_EQUAL(toy.calls[TOY_DELETE], 0);
    close_all();
}

static void where_it_leaves_all_the_library_does_all(void)
{
    open_with(&whole, NUMBERED, NULL, DS_UNSUPPORTED);
    toy_add(people.model, "{\"id\":1}");
    ds_batch_increment(batch, people.model, ds_integer(1), "n", ds_integer(1), NULL);
    add_deletes(3);
    ds_record *record = person(people.model, "{}");
    ds_batch_create(batch, people.model, record);
    CU_ASSERT_EQUAL(run(0), DS_NOT_FOUND);
    outcomes_are("..nn.");
    CU_ASSERT_EQUAL(script.calls, 1);
    CU_ASSERT_EQUAL(toy.calls[TOY_DELETE], 1);
    record_is(record, "{\"id\":1,\"n\":7}");
    ds_record_free(record);
    close_all();
}

/* ---- whole or not at all ---- */

static void it_is_asked_for_whole_batches_only_where_it_promises_them(void)
{
    open_with(&partly, NUMBERED, all_ok, DS_OK);
    add_deletes(2);
    CU_ASSERT_EQUAL(run(DS_ATOMIC), DS_UNSUPPORTED);
    says(&error, DS_UNSUPPORTED, "the connector toy-partly cannot promise");
    outcomes_are("uu");
    CU_ASSERT_EQUAL(script.calls, 0);
    CU_ASSERT_EQUAL(run(0), DS_OK);
    CU_ASSERT_EQUAL(script.flags, 0);
    close_all();
    open_with(&toy_full, NUMBERED, NULL, DS_OK);
    CU_ASSERT_EQUAL(run(DS_ATOMIC), DS_UNSUPPORTED);
    close_all();
    open_with(&whole, NUMBERED, NULL, DS_UNSUPPORTED);
    add_deletes(2);
    CU_ASSERT_EQUAL(run(DS_ATOMIC), DS_UNSUPPORTED);
    says(&error, DS_UNSUPPORTED, "the entry was told to fail");
    outcomes_are("uu");
    CU_ASSERT_EQUAL(toy.calls[TOY_DELETE], 0);
    close_all();
}

static void third_is_missing(const ds_write *const *writes, size_t n, ds_outcomes *outcomes, unsigned call)
{
    all_ok(writes, n, outcomes, call);
    ds_outcome_refuse(outcomes, 2, DS_REFUSED_MISSING, NULL);
}

static void only_the_third(const ds_write *const *writes, size_t n, ds_outcomes *outcomes, unsigned call)
{
    (void)writes, (void)n, (void)call;
    ds_outcome_refuse(outcomes, 2, DS_REFUSED_MISSING, NULL);
}

static void forgetful(const ds_write *const *writes, size_t n, ds_outcomes *outcomes, unsigned call)
{
    all_ok(writes, n - 1, outcomes, call);
}

static void one_write_that_cannot_be_done(decide_function *decide)
{
    bool created = true;
    open_with(&whole, NUMBERED, decide, DS_OK);
    ds_record *record = person(people.model, "{\"id\":7}");
    ds_batch_replace_or_create(batch, people.model, record, &created);
    add_deletes(3);
    CU_ASSERT_EQUAL(run(DS_ATOMIC), DS_NOT_FOUND);
    says(&error, DS_NOT_FOUND, "write 2 of the batch: model \"Numbered\" has no record with the id 2");
    outcomes_are("ccnc");
    ds_batch_outcome(batch, 0, &error);
    says(&error, DS_CANCELLED, "write 2 of the atomic batch failed");
    CU_ASSERT_EQUAL(ds_record_outcome(record, NULL), DS_CANCELLED);
    CU_ASSERT(!created);
    record_is(record, "{\"id\":7}");
    ds_record_free(record);
    close_all();
}

static void where_one_write_cannot_be_done_the_others_are_cancelled(void)
{
    one_write_that_cannot_be_done(third_is_missing);
    one_write_that_cannot_be_done(only_the_third);
}

static void a_failure_of_the_whole_is_that_of_each_write(void)
{
    open_with(&whole, NUMBERED, all_ok, DS_UNKNOWN_OUTCOME);
    ds_record *record = person(people.model, "{\"id\":7}");
    ds_batch_create(batch, people.model, record);
    add_deletes(2);
    CU_ASSERT_EQUAL(run(DS_ATOMIC), DS_UNKNOWN_OUTCOME);
    says(&error, DS_UNKNOWN_OUTCOME, "\": the entry was told to fail");
    outcomes_are("uuu");
    CU_ASSERT_EQUAL(ds_record_outcome(record, NULL), DS_UNKNOWN_OUTCOME);
    record_is(record, "{\"id\":7,\"n\":7}"); /* so that the host can look */
    script = (struct script){.decide = forgetful};
    CU_ASSERT_EQUAL(run(DS_ATOMIC), DS_BACKEND);
    says(&error, DS_BACKEND, "write 2 of the batch: the connector toy-whole did not say what became");
    outcomes_are("ccb");
    ds_record_free(record);
    close_all();
}

static int64_t next_number;

/* As a sequence that others have overtaken up to 5. */
static void numbering(const ds_write *const *writes, size_t n, ds_outcomes *outcomes, unsigned call)
{
    (void)call;
    for (size_t i = 0; i < n; i++) {
        if (writes[i]->kind != DS_WRITE_CREATE) {
            ds_outcome_ok(outcomes, i, false);
            continue;
        }
        if (ds_record_get(writes[i]->record, "id").type == DS_NULL)
            ds_record_put(writes[i]->record, 0, ds_integer(++next_number));
        if (next_number <= 5)
            ds_outcome_refuse(outcomes, i, DS_REFUSED_ID_TAKEN, NULL);
        else
            ds_outcome_ok(outcomes, i, true);
    }
}

static void sequence_ids_that_are_taken_are_passed_over(void)
{
    for (unsigned flags = 0; flags <= DS_ATOMIC; flags++) {
        open_with(&whole, NUMBERED, numbering, DS_OK);
        next_number = 0;
        ds_record *records[] = {person(people.model, "{}"), person(people.model, "{}")};
        ds_batch_create(batch, people.model, records[0]);
        ds_batch_delete(batch, people.model, ds_integer(99));
        ds_batch_create(batch, people.model, records[1]);
        CU_ASSERT_EQUAL(run(flags), DS_OK);
        outcomes_are("...");
        int64_t a = ds_record_get(records[0], "id").as.integer, b = ds_record_get(records[1], "id").as.integer;
        CU_ASSERT(flags == 0 || (a > 5 && b == a + 1));
        CU_ASSERT(a > 0 && b > 0 && a != b);
        ds_record_free(records[0]);
        ds_record_free(records[1]);
        close_all();
    }
    open_with(&whole, NUMBERED, numbering, DS_OK);
    next_number = -1000000;
    ds_record *record = person(people.model, "{}");
    ds_batch_create(batch, people.model, record);
    CU_ASSERT_EQUAL(run(DS_ATOMIC), DS_DUPLICATE); /* in the end */
    record_is(record, "{}");
    ds_record_free(record);
    close_all();
}

/* ---- what an atomic batch may not hold ---- */

typedef struct pair {
    const char *first, *second; /* created, both */
    bool refused;
} pair;

static void an_id_and_a_unique_value_are_written_once(void)
{
    static const pair pairs[] = {
        {"{\"id\":1}", "{\"id\":2}", false},
        {"{\"id\":1}", "{\"id\":\"1\"}", true},
        {"{}", "{}", false},
        {"{\"code\":\"x\"}", "{\"code\":\"y\"}", false},
        {"{\"code\":\"x\"}", "{\"code\":\"x\"}", true},
        {"{\"code\":null}", "{\"code\":null}", false},
        {"{\"city\":\"Ulm\"}", "{\"city\":\"Ulm\"}", true}, /* n is 7 */
        {"{\"city\":\"Ulm\"}", "{\"city\":\"Ulm\",\"n\":8}", false},
        {"{\"city\":\"Ulm\",\"n\":null}", "{\"city\":\"Ulm\",\"n\":null}", false},
        {"{\"n\":7}", "{\"n\":7}", false},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        open_with(&whole, NUMBERED, all_ok, DS_OK);
        ds_record *first = person(people.model, pairs[i].first), *second = person(people.model, pairs[i].second);
        ds_batch_create(batch, people.model, first);
        ds_batch_delete(batch, people.model, ds_integer(50));
        ds_batch_create(batch, people.model, second);
        ds_status status = run(DS_ATOMIC);
        if ((status == DS_INVALID) != pairs[i].refused)
            printf("\n%s and %s: %s", pairs[i].first, pairs[i].second, ds_status_name(status));
        CU_ASSERT_EQUAL(status, pairs[i].refused ? DS_INVALID : DS_OK);
        CU_ASSERT_EQUAL(script.calls, pairs[i].refused ? 0 : 1);
        outcomes_are(pairs[i].refused ? "cci" : "...");
        if (pairs[i].refused)
            says(&error, DS_INVALID, "write 2 of the batch: an atomic batch");
        if (pairs[i].refused)
            record_is(first, pairs[i].first);
        ds_record_free(first);
        ds_record_free(second);
        close_all();
    }
}

static void an_id_counts_once_whatever_is_done_with_it_but_models_apart(void)
{
    ds_model *other = NULL;
    open_with(&whole, NUMBERED, all_ok, DS_OK);
    CU_ASSERT_EQUAL_FATAL(ds_model_define(people.source, PERSON, &other, NULL), DS_OK);
    ds_record *changes = person(people.model, "{\"code\":\"x\"}"),
              *same_code = person(people.model, "{\"code\":\"x\"}");
    ds_batch_update(batch, people.model, ds_integer(1), changes);
    ds_batch_delete(batch, other, ds_string("1"));
    CU_ASSERT_EQUAL(run(DS_ATOMIC), DS_OK);
    ds_batch_increment(batch, people.model, ds_string("1"), "n", ds_integer(1), NULL);
    ds_batch_replace(batch, people.model, ds_integer(2), same_code);
    CU_ASSERT_EQUAL(run(DS_ATOMIC), DS_INVALID);
    says(&error, DS_INVALID, "write 2 of the batch: an atomic batch writes a record once");
    outcomes_are("ccic");
    ds_batch_free(batch);
    CU_ASSERT_EQUAL_FATAL(ds_batch_new(people.source, &batch, NULL), DS_OK);
    ds_batch_update(batch, people.model, ds_integer(1), changes);
    ds_batch_update(batch, people.model, ds_integer(2), changes);
    CU_ASSERT_EQUAL(run(DS_ATOMIC), DS_INVALID);
    says(&error, DS_INVALID, "gives a unique value once, and another write gives this one of \"code\"");
    CU_ASSERT_EQUAL(run(0), DS_OK);
    ds_record_free(changes);
    ds_record_free(same_code);
    close_all();
}

static void it_holds_a_thousand_writes_and_each_must_be_good(void)
{
    open_with(&whole, NUMBERED, all_ok, DS_OK);
    add_deletes(1000);
    CU_ASSERT_EQUAL(run(DS_ATOMIC), DS_OK);
    CU_ASSERT_EQUAL(script.count, 1000);
    ds_batch_delete(batch, people.model, ds_integer(1001));
    CU_ASSERT_EQUAL(run(DS_ATOMIC), DS_INVALID);
    says(&error, DS_INVALID, "1000 writes at most, and not 1001");
    CU_ASSERT_EQUAL(run(0), DS_OK);
    ds_batch_free(batch);
    CU_ASSERT_EQUAL_FATAL(ds_batch_new(people.source, &batch, NULL), DS_OK);
    script.calls = 0;
    ds_record *good = person(people.model, "{}");
    ds_batch_create(batch, people.model, good);
    ds_batch_delete(batch, people.model, ds_string("x"));
    ds_batch_delete(batch, NULL, ds_string("x"));
    ds_batch_create(batch, people.model, good);
    CU_ASSERT_EQUAL(run(DS_ATOMIC), DS_INVALID);
    says(&error, DS_INVALID, "data source \"toy-whole\": write 1 of the batch: id \"id\" of model \"Numbered\"");
    outcomes_are("cicc");
    CU_ASSERT_EQUAL(script.calls, 0);
    CU_ASSERT_EQUAL(ds_record_outcome(good, NULL), DS_CANCELLED);
    record_is(good, "{}");
    ds_record_free(good);
    close_all();
}

int main(void)
{
    static const test tests[] = {
        {"the entry is given what the entries of single kinds are",
         the_entry_is_given_what_the_entries_of_single_kinds_are},
        {"what it decided is told, and what it did not has its status",
         what_it_decided_is_told_and_what_it_did_not_has_its_status},
        {"a hopeless failure ends the batch", a_hopeless_failure_ends_the_batch},
        {"what it leaves is done by the library, and then it is asked again",
         what_it_leaves_is_done_by_the_library_and_then_it_is_asked_again},
        {"where it leaves all, the library does all", where_it_leaves_all_the_library_does_all},
        {"it is asked for whole batches only where it promises them",
         it_is_asked_for_whole_batches_only_where_it_promises_them},
        {"where one write cannot be done, the others are cancelled",
         where_one_write_cannot_be_done_the_others_are_cancelled},
        {"a failure of the whole is that of each write", a_failure_of_the_whole_is_that_of_each_write},
        {"sequence ids that are taken are passed over", sequence_ids_that_are_taken_are_passed_over},
        {"an id and a unique value are written once", an_id_and_a_unique_value_are_written_once},
        {"an id counts once, whatever is done with it, but models apart",
         an_id_counts_once_whatever_is_done_with_it_but_models_apart},
        {"it holds a thousand writes, and each must be good", it_holds_a_thousand_writes_and_each_must_be_good},
    };
    people_register();
    whole = partly = toy_full;
    whole.name = "toy-whole";
    partly.name = "toy-partly";
    whole.batch = partly.batch = scripted;
    whole.capabilities |= DS_CAN_ATOMIC_BATCH;
    if (ds_connector_register(&whole, NULL) != DS_OK || ds_connector_register(&partly, NULL) != DS_OK)
        return EXIT_FAILURE;
    return SUITE_RUN("the entry for batches", tests);
}
