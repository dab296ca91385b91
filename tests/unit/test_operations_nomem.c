/* Every allocation of every operation fails once: DS_NOMEM or the right answer, nothing half done, nothing lost (the
 * sanitizers look for that). */
#include "crowd.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>

static unsigned long left; /* allocations until one fails; 0: none does */
static bool failed;

static bool fails(void)
{
    if (left == 0 || --left != 0)
        return false;
    failed = true;
    return true;
}

static void *failing_malloc(size_t size, void *user)
{
    (void)user;
    return fails() ? NULL : malloc(size);
}

static void *failing_realloc(void *memory, size_t size, void *user)
{
    (void)user;
    return fails() ? NULL : realloc(memory, size);
}

static void plain_free(void *memory, void *user)
{
    (void)user;
    free(memory);
}

typedef ds_status attempt(crowd *);

/* Runs it with the first, second, ... allocation failing, until none is reached, on each toy. `check` looks at what was
 * stored, and is told whether the attempt succeeded. */
static void with_each_allocation_failing(const char *model, bool filled, attempt *run, void (*check)(crowd *, bool))
{
    for (size_t i = 0; i < 3; i++)
        for (unsigned long n = 1;; n++) {
            crowd people = people_open(TOYS[i], model, filled);
            toy.did = i == 0 ? 0 : UINT32_MAX;
            failed = false;
            left = n;
            ds_status status = run(&people);
            left = 0;
            if (status != DS_OK && status != DS_NOMEM)
                printf("%s, allocation %lu: %s\n", TOYS[i]->name, n, ds_status_name(status));
            CU_ASSERT(status == DS_OK || (status == DS_NOMEM && failed));
            check(&people, status == DS_OK);
            people_close(&people);
            if (!failed) {
                CU_ASSERT(n > 1);
                break;
            }
        }
}

static void nothing_changed(crowd *people, bool done)
{
    (void)done;
    CU_ASSERT_STRING_EQUAL(found_ids(people->model, "{\"order\":\"id\"}"), "a b c d e f g h i j k l");
}

static ds_status find(crowd *people)
{
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    ds_filter *filter = ds_where("age", DS_GT, ds_integer(20));
    ds_status status = filter == NULL ? DS_NOMEM : DS_OK;
    unsigned count = 0;
    toy.per_block = 3;
    if (status == DS_OK)
        status = ds_find(people->model, DS_QUERY(.where = filter, .order = "city, age", .skip = 1, .limit = 5), &cursor,
                         NULL);
    while (status == DS_OK && (status = ds_cursor_next(cursor, &record, NULL)) == DS_OK && record != NULL)
        count++;
    CU_ASSERT_EQUAL(status == DS_OK, count == 5);
    char *mark = status == DS_OK ? ds_cursor_mark(cursor) : NULL;
    if (status == DS_OK && mark == NULL)
        status = DS_NOMEM;
    ds_free(mark);
    ds_cursor_close(cursor);
    ds_filter_free(filter);
    return status;
}

static void finding_without_memory(void)
{
    with_each_allocation_failing(PERSON, true, find, nothing_changed);
}

static ds_status find_ids(crowd *people)
{
    const ds_value ids[] = {ds_string("c"), ds_string("a"), ds_string("c"), ds_string("none")};
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    unsigned count = 0;
    ds_status status = ds_find_by_ids(people->model, ids, 4, &cursor, NULL);
    while (status == DS_OK && (status = ds_cursor_next(cursor, &record, NULL)) == DS_OK && record != NULL)
        count++;
    CU_ASSERT_EQUAL(status == DS_OK, count == 3);
    ds_cursor_close(cursor);
    return status;
}

static void finding_ids_without_memory(void)
{
    with_each_allocation_failing(PERSON, true, find_ids, nothing_changed);
}

static ds_status look(crowd *people)
{
    char *plan = NULL;
    uint64_t count = 0;
    ds_record *record = NULL;
    ds_filter *filter = ds_where("age", DS_EQ, ds_integer(30));
    ds_status status = filter == NULL ? DS_NOMEM : ds_count(people->model, filter, &count, NULL);
    CU_ASSERT(status != DS_OK || count == 3);
    if (status == DS_OK)
        status = ds_explain(people->model, DS_QUERY(.where = filter), &plan, NULL);
    if (status == DS_OK)
        status = ds_find_by_id(people->model, ds_string("a"), &record, NULL);
    CU_ASSERT(status != DS_OK || record != NULL);
    ds_record_free(record);
    ds_filter_free(filter);
    ds_free(plan);
    return status;
}

static void looking_without_memory(void)
{
    with_each_allocation_failing(PERSON, true, look, nothing_changed);
}

static ds_record *new_one;

static ds_status create_one(crowd *people)
{
    unsigned long now = left;
    left = 0;
    new_one = person(people->model, "{\"name\":\"Xia\"}");
    left = now;
    return ds_create(people->model, new_one, NULL);
}

static void created_or_as_it_was(crowd *people, bool done)
{
    uint64_t count = 0;
    CU_ASSERT_EQUAL(ds_count(people->model, NULL, &count, NULL), DS_OK);
    CU_ASSERT_EQUAL(count, done ? 1 : 0);
    CU_ASSERT_EQUAL(ds_record_get(new_one, "id").type == DS_STRING, done);
    CU_ASSERT_EQUAL(ds_record_get(new_one, "city").type == DS_STRING, done);
    ds_record_free(new_one);
}

static void creating_without_memory(void)
{
    with_each_allocation_failing(PERSON, false, create_one, created_or_as_it_was);
}

static ds_status create_all(crowd *people)
{
    ds_record *records[3];
    size_t created = 0, outcomes = 0;
    uint64_t count = 0;
    unsigned long now = left;
    left = 0;
    for (int i = 0; i < 3; i++) {
        char json[40];
        snprintf(json, sizeof json, "{\"name\":\"new %d\"}", i);
        records[i] = person(people->model, json);
    }
    left = now;
    ds_status status = ds_create_all(people->model, records, 3, &created, NULL);
    left = 0;
    for (int i = 0; i < 3; i++) {
        outcomes += ds_record_outcome(records[i], NULL) == DS_OK;
        ds_record_free(records[i]);
    }
    CU_ASSERT_EQUAL(ds_count(people->model, NULL, &count, NULL), DS_OK);
    CU_ASSERT_EQUAL(count, created);
    CU_ASSERT_EQUAL(status == DS_OK, created == 3);
    CU_ASSERT_EQUAL(outcomes, created);
    return status;
}

static void whatever(crowd *people, bool done)
{
    (void)people, (void)done;
}

static void creating_many_without_memory(void)
{
    with_each_allocation_failing(PERSON, false, create_all, whatever);
}

static ds_status change(crowd *people)
{
    uint64_t count = 0;
    unsigned long now = left;
    left = 0;
    ds_record *changes = person(people->model, "{\"score\":1.5}");
    ds_filter *filter = ds_where("age", DS_EQ, ds_integer(30));
    toy.per_block = 2;
    left = now;
    ds_status status = ds_update(people->model, filter, changes, &count, NULL);
    if (status == DS_OK)
        CU_ASSERT_EQUAL(count, 3);
    if (status == DS_OK)
        status = ds_update_by_id(people->model, ds_string("b"), changes, NULL);
    left = 0;
    ds_record_free(changes);
    ds_filter_free(filter);
    return status;
}

static void changed_or_partly(crowd *people, bool done)
{
    const char *ids = found_ids(people->model, "{\"where\":{\"score\":1.5},\"order\":\"id\"}");
    CU_ASSERT(!done || strcmp(ids, "a b e g") == 0);
}

static void changing_without_memory(void)
{
    with_each_allocation_failing(PERSON, true, change, changed_or_partly);
}

static ds_status upsert_and_replace(crowd *people)
{
    bool created = false;
    unsigned long now = left;
    left = 0;
    ds_record *record = person(people->model, "{\"id\":\"a\",\"name\":\"Ann\",\"score\":2.5}");
    ds_record *another = person(people->model, "{\"id\":\"x\",\"name\":\"Xia\"}");
    left = now;
    ds_status status = ds_upsert(people->model, record, &created, NULL);
    if (status == DS_OK)
        status = ds_upsert(people->model, another, &created, NULL);
    if (status == DS_OK)
        status = ds_replace_by_id(people->model, ds_string("x"), another, NULL);
    if (status == DS_OK)
        status = ds_increment(people->model, ds_string("x"), "age", ds_integer(5), NULL, NULL);
    if (status == DS_OK)
        status = ds_delete_by_id(people->model, ds_string("b"), NULL);
    left = 0;
    ds_record_free(record);
    ds_record_free(another);
    return status;
}

static void upserted(crowd *people, bool done)
{
    if (!done)
        return;
    CU_ASSERT_STRING_EQUAL(json_of(people->model, "a"),
                           "{\"id\":\"a\",\"name\":\"Ann\",\"age\":30,\"city\":\"Rome\",\"score\":2.5}");
    CU_ASSERT_STRING_EQUAL(json_of(people->model, "x"), "{\"id\":\"x\",\"name\":\"Xia\",\"age\":5,\"city\":\"Rome\"}");
    CU_ASSERT_STRING_EQUAL(json_of(people->model, "b"), "none");
}

static void upserting_without_memory(void)
{
    with_each_allocation_failing(PERSON, true, upsert_and_replace, upserted);
}

static ds_status replace_free(crowd *people)
{
    unsigned long now = left;
    left = 0;
    ds_record *record = person(people->model, "{\"id\":\"f\",\"one\":\"1\",\"two\":\"2\"}");
    ds_record *next = person(people->model, "{\"id\":\"f\",\"one\":\"3\"}");
    CU_ASSERT_EQUAL(ds_create(people->model, record, NULL), DS_OK);
    left = now;
    ds_status status = ds_replace_or_create(people->model, next, NULL, NULL);
    left = 0;
    ds_record_free(record);
    ds_record_free(next);
    return status;
}

static void replaced_or_not(crowd *people, bool done)
{
    CU_ASSERT_STRING_EQUAL(json_of(people->model, "f"),
                           done ? "{\"id\":\"f\",\"one\":\"3\"}" : "{\"id\":\"f\",\"one\":\"1\",\"two\":\"2\"}");
}

static void replacing_without_memory(void)
{
    with_each_allocation_failing(
        "{\"name\":\"Free\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true}},\"settings\":{\"strict\":false}}",
        false, replace_free, replaced_or_not);
}

static ds_status find_or_create(crowd *people)
{
    unsigned long now = left;
    bool created;
    left = 0;
    ds_record *record = person(people->model, "{\"name\":\"Ann\"}");
    ds_record *another = person(people->model, "{\"name\":\"Xia\"}");
    ds_filter *ann = ds_where("name", DS_EQ, ds_string("Ann")), *xia = ds_where("name", DS_EQ, ds_string("Xia"));
    left = now;
    ds_status status = ds_find_or_create(people->model, DS_QUERY(.where = ann), record, &created, NULL);
    if (status == DS_OK)
        CU_ASSERT(!created);
    if (status == DS_OK)
        status = ds_find_or_create(people->model, DS_QUERY(.where = xia), another, &created, NULL);
    if (status == DS_OK)
        CU_ASSERT(created);
    left = 0;
    ds_filter_free(ann);
    ds_filter_free(xia);
    ds_record_free(record);
    ds_record_free(another);
    return status;
}

static void finding_or_creating_without_memory(void)
{
    with_each_allocation_failing(PERSON, true, find_or_create, whatever);
}

static ds_status batch_steps(ds_batch *batch, crowd *people, ds_record *const records[3], const ds_record *changes)
{
    ds_status status = ds_batch_create(batch, people->model, records[0]);
    if (status == DS_OK)
        status = ds_batch_upsert(batch, people->model, records[1], NULL);
    if (status == DS_OK)
        status = ds_batch_update(batch, people->model, ds_string("a"), changes);
    if (status == DS_OK)
        status = ds_batch_replace(batch, people->model, ds_string("b"), records[2]);
    if (status == DS_OK)
        status = ds_batch_increment(batch, people->model, ds_string("c"), "score", ds_integer(2), NULL);
    if (status == DS_OK)
        status = ds_batch_delete(batch, people->model, ds_string("d"));
    return status;
}

/* Each outcome is DS_OK or DS_NOMEM, and the run answers the first that is not DS_OK. */
static ds_status batch(crowd *people)
{
    unsigned long now = left;
    ds_batch *batch = NULL;
    ds_error told = {.status = DS_OK};
    left = 0;
    ds_record *records[] = {person(people->model, "{\"id\":\"x\",\"name\":\"Xia\"}"),
                            person(people->model, "{\"id\":\"y\",\"name\":\"Yul\"}"),
                            person(people->model, "{\"name\":\"Bea\"}")};
    ds_record *changes = person(people->model, "{\"age\":1}");
    left = now;
    ds_status status = ds_batch_new(people->source, &batch, NULL), first = DS_OK;
    if (status == DS_OK && (status = batch_steps(batch, people, records, changes)) == DS_OK) {
        status = ds_batch_run(batch, 0, &told);
        CU_ASSERT_EQUAL(told.status, status);
        for (size_t i = 6; i-- > 0;)
            if (ds_batch_outcome(batch, i, NULL) != DS_OK)
                first = ds_batch_outcome(batch, i, NULL);
        CU_ASSERT_EQUAL(first, status);
    } else if (batch != NULL) {
        CU_ASSERT_EQUAL(ds_batch_run(batch, 0, &told), DS_NOMEM); /* what could not be added is not passed over */
    }
    left = 0;
    ds_batch_free(batch);
    for (int i = 0; i < 3; i++)
        ds_record_free(records[i]);
    ds_record_free(changes);
    return status;
}

static void batched(crowd *people, bool done)
{
    if (!done)
        return;
    CU_ASSERT_STRING_EQUAL(found_ids(people->model, "{\"order\":\"id\"}"), "a b c e f g h i j k l x y");
    CU_ASSERT_STRING_EQUAL(json_of(people->model, "b"), "{\"id\":\"b\",\"name\":\"Bea\",\"city\":\"Rome\"}");
    CU_ASSERT_STRING_EQUAL(json_of(people->model, "y"), "{\"id\":\"y\",\"name\":\"Yul\",\"city\":\"Rome\"}");
}

static void a_batch_without_memory(void)
{
    with_each_allocation_failing(PERSON, true, batch, batched);
}

int main(void)
{
    static const test tests[] = {
        {"finding without memory", finding_without_memory},
        {"finding ids without memory", finding_ids_without_memory},
        {"looking without memory", looking_without_memory},
        {"creating without memory", creating_without_memory},
        {"creating many without memory", creating_many_without_memory},
        {"changing without memory", changing_without_memory},
        {"upserting, replacing, incrementing and deleting without memory", upserting_without_memory},
        {"replacing undeclared properties without memory", replacing_without_memory},
        {"finding or creating without memory", finding_or_creating_without_memory},
        {"a batch without memory", a_batch_without_memory},
    };
    const ds_allocator allocator = {
        .size = sizeof allocator, .malloc = failing_malloc, .realloc = failing_realloc, .free = plain_free};
    if (ds_set_allocator(&allocator, NULL) != DS_OK)
        return EXIT_FAILURE;
    people_register();
    return SUITE_RUN("operations without memory", tests);
}
