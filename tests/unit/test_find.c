/* What the library finishes of a find, whatever the connector left to it: the same answers for all of them. */
#include "crowd.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>

static void finds(const char *got, const char *expected, const char *what)
{
    if (strcmp(got, expected) != 0)
        printf("%s: got \"%s\", expected \"%s\"\n", what, got, expected);
    CU_ASSERT_STRING_EQUAL(got, expected);
}

/* ---- did ---- */

static const struct {
    const char *query, *ids;
} QUERIES[] = {
    {"{\"order\":\"id\"}", "a b c d e f g h i j k l"},
    {"{\"order\":\"id DESC\",\"limit\":3}", "l k j"},
    {"{\"order\":\"age\"}", "h l j d b a e g c f k i"},
    {"{\"order\":\"age DESC\"}", "i k f c g e a b d j l h"},
    {"{\"order\":\"city, age DESC\"}", "k g d f e j l i c a b h"},
    {"{\"where\":{\"city\":\"Rome\"},\"order\":\"age\"}", "h b a c i"},
    {"{\"where\":{\"age\":30},\"order\":\"id\"}", "a e g"},
    {"{\"where\":{\"age\":30},\"order\":\"id\",\"limit\":1}", "a"},
    {"{\"where\":{\"age\":30},\"order\":\"id\",\"skip\":1,\"limit\":1}", "e"},
    {"{\"where\":{\"age\":30},\"order\":\"id\",\"skip\":2,\"limit\":9}", "g"},
    {"{\"where\":{\"age\":30},\"order\":\"id\",\"skip\":3}", ""},
    {"{\"order\":\"age\",\"skip\":10}", "k i"},
    {"{\"order\":\"age\",\"skip\":4,\"limit\":4}", "b a e g"},
    {"{\"order\":\"age\",\"skip\":4,\"limit\":4,\"fields\":[\"id\"]}", "b a e g"},
    {"{\"where\":{\"age\":{\"gt\":40}},\"order\":\"name DESC\",\"limit\":2,\"fields\":[\"id\",\"city\"]}", "k i"},
    {"{\"where\":{\"name\":\"nobody\"}}", ""},
    {"{\"where\":{\"nope\":1}}", "!DS_INVALID"},
};

static void every_query(crowd *people, const char *setting)
{
    char what[256];
    for (size_t i = 0; i < sizeof QUERIES / sizeof QUERIES[0]; i++) {
        snprintf(what, sizeof what, "%s %s", setting, QUERIES[i].query);
        finds(found_ids(people->model, QUERIES[i].query), QUERIES[i].ids, what);
    }
}

static void whatever_a_scan_does_the_answer_is_the_same(void)
{
    const size_t sizes[] = {0, 1, 3};
    char setting[80];
    crowd people = people_open(&toy_bare, PERSON, true);
    for (uint32_t did = 0; did < 32; did++)
        for (size_t i = 0; i < 3; i++) {
            toy.did = did;
            toy.per_block = sizes[i];
            snprintf(setting, sizeof setting, "did %u, blocks of %zu:", did, sizes[i]);
            every_query(&people, setting);
        }
    people_close(&people);
}

static void a_page_counts_only_where_all_before_it_was_done(void)
{
    const char *query = "{\"where\":{\"city\":\"Rome\"},\"order\":\"age\",\"skip\":1,\"limit\":2}";
    crowd people = people_open(&toy_bare, PERSON, true);
    toy.claims = DS_DID_PAGE | DS_DID_AFTER;
    for (uint32_t did = 0; did < 32; did++) {
        toy.did = did;
        if ((did & DS_DID_WHERE) == 0 || (did & DS_DID_ORDER) == 0)
            finds(found_ids(people.model, query), "b a", "a page that does not count");
    }
    people_close(&people);
}

/* Walks a query page by page, each going on behind the mark of the one before; the ids of all. */
static const char *by_pages(ds_model *model, const char *order, const char *const *fields)
{
    static char ids[200];
    char *mark = NULL;
    bool more = true;
    ids[0] = '\0';
    while (more) {
        ds_cursor *cursor = NULL;
        const ds_record *record = NULL;
        ds_query query = {.size = sizeof query,
                          .order = order,
                          .limit = 2,
                          .after = mark,
                          .fields = fields,
                          .field_count = fields != NULL};
        CU_ASSERT_EQUAL_FATAL(ds_find(model, &query, &cursor, NULL), DS_OK);
        CU_ASSERT_PTR_NULL(ds_cursor_mark(cursor));
        more = false;
        while (ds_cursor_next(cursor, &record, NULL) == DS_OK && record != NULL) {
            strcat(ids, ds_record_get(record, "id").as.string);
            more = true;
        }
        ds_free(mark);
        mark = ds_cursor_mark(cursor);
        CU_ASSERT_EQUAL(mark != NULL, more);
        ds_cursor_close(cursor);
    }
    ds_free(mark);
    return ids;
}

static void pages_by_marks_join_up_to_the_whole(void)
{
    const char *id = "id";
    crowd people = people_open(&toy_bare, PERSON, true);
    for (uint32_t did = 0; did < 32; did++) {
        toy.did = did;
        finds(by_pages(people.model, "age", NULL), "hljdbaegcfki", "age");
        finds(by_pages(people.model, "age DESC", NULL), "ikfcgeabdjlh", "age DESC");
        finds(by_pages(people.model, "city, age DESC", &id), "kgdfejlicabh", "hidden fields");
    }
    people_close(&people);
}

static void a_mark_outlives_the_records_it_was_made_of(void)
{
    crowd people = people_open(&toy_bare, PERSON, true);
    toy.per_block = 1;
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    CU_ASSERT_EQUAL_FATAL(ds_find(people.model, DS_QUERY(.order = "age", .where = NULL), &cursor, NULL), DS_OK);
    for (int i = 0; i < 12; i++)
        CU_ASSERT_EQUAL(ds_cursor_next(cursor, &record, NULL), DS_OK);
    char *before = ds_cursor_mark(cursor);
    CU_ASSERT_EQUAL(ds_cursor_next(cursor, &record, NULL), DS_OK);
    CU_ASSERT_PTR_NULL(record);
    char *after = ds_cursor_mark(cursor);
    CU_ASSERT_PTR_NOT_NULL_FATAL(after);
    CU_ASSERT_STRING_EQUAL(before, after);
    ds_free(before);
    ds_free(after);
    ds_cursor_close(cursor);
    people_close(&people);
}

static void only_the_fields_asked_for_are_seen(void)
{
    crowd people = people_open(&toy_bare, PERSON, true);
    for (uint32_t did = 0; did < 32; did++) {
        toy.did = did;
        ds_query *query = NULL;
        ds_record *record = NULL;
        CU_ASSERT_EQUAL_FATAL(
            ds_query_parse("{\"where\":{\"age\":41},\"order\":\"city\",\"fields\":[\"name\"]}", &query, NULL), DS_OK);
        CU_ASSERT_EQUAL_FATAL(ds_find_one(people.model, query, &record, NULL), DS_OK);
        char *json = ds_record_to_json(record);
        CU_ASSERT_STRING_EQUAL(json, "{\"name\":\"Cid\"}");
        ds_free(json);
        ds_record_free(record);
        ds_query_free(query);
    }
    people_close(&people);
}

/* ---- no more than is wanted ---- */

static void a_find_asks_for_no_more_than_it_wants(void)
{
    crowd people = people_open(&toy_bare, PERSON, true);
    finds(found_ids(people.model, "{\"where\":{\"age\":30},\"order\":\"id\",\"limit\":1}"), "a", "limit 1");
    CU_ASSERT_EQUAL(toy.wanted_most, 1);
    toy_reset();
    toy.did = ~(uint32_t)DS_DID_PAGE;
    finds(found_ids(people.model, "{\"order\":\"id\",\"skip\":2,\"limit\":3}"), "c d e", "skip 2, limit 3");
    CU_ASSERT_EQUAL(toy.wanted_most, 5);
    toy_reset();
    toy.did = 0;
    finds(found_ids(people.model, "{\"where\":{\"age\":18},\"limit\":1}"), "d", "filtered here");
    CU_ASSERT_EQUAL(toy.wanted_most, 256);
    people_close(&people);
}

static void the_last_record_that_is_wanted_ends_the_scan(void)
{
    crowd people = people_open(&toy_bare, PERSON, true);
    toy.did = 0;
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    CU_ASSERT_EQUAL_FATAL(ds_find(people.model, DS_QUERY(.limit = 2), &cursor, NULL), DS_OK);
    CU_ASSERT_EQUAL(toy.open_scans, 1);
    CU_ASSERT_EQUAL(ds_cursor_next(cursor, &record, NULL), DS_OK);
    CU_ASSERT_EQUAL(toy.open_scans, 1);
    CU_ASSERT_EQUAL(ds_cursor_next(cursor, &record, NULL), DS_OK);
    CU_ASSERT_EQUAL(toy.open_scans, 0);
    CU_ASSERT_STRING_EQUAL(ds_record_get(record, "name").as.string, "Bob");
    CU_ASSERT_EQUAL(ds_cursor_next(cursor, &record, NULL), DS_OK);
    CU_ASSERT_PTR_NULL(record);
    CU_ASSERT_EQUAL(toy.calls[TOY_BLOCK], 1);
    ds_cursor_close(cursor);
    people_close(&people);
}

/* ---- what goes wrong on the way ---- */

static void an_order_that_breaks_down_is_found_again_behind_the_last_record(void)
{
    crowd people = people_open(&toy_bare, PERSON, true);
    const uint32_t masks[] = {UINT32_MAX, ~(uint32_t)DS_DID_PAGE, ~(uint32_t)DS_DID_WHERE, DS_DID_ORDER};
    for (size_t i = 0; i < 4; i++)
        for (unsigned at = 1; at < 6; at++)
            for (unsigned times = 0; times < 4; times++) {
                toy_reset();
                toy.did = masks[i];
                toy.per_block = 2;
                toy.fault = DS_UNSUPPORTED;
                toy.fault_in = TOY_BLOCK;
                toy.fault_at = at;
                toy.fault_times = times;
                finds(found_ids(people.model,
                                "{\"order\":\"age\",\"skip\":1,\"limit\":10,\"where\":{\"name\":{\"neq\":\"Fay\"}}}"),
                      "l j d b a e g c k i", "after a breakdown");
                CU_ASSERT(toy.calls[TOY_FIND] > times);
            }
    people_close(&people);
}

static void an_order_that_always_breaks_down_is_made_by_the_library(void)
{
    crowd people = people_open(&toy_bare, PERSON, true);
    toy.fault = DS_UNSUPPORTED;
    toy.fault_in = TOY_BLOCK;
    toy.fault_at = 1;
    toy.fault_times = 3;
    finds(found_ids(people.model, "{\"order\":\"age\",\"limit\":3}"), "h l j", "four breakdowns");
    CU_ASSERT_EQUAL(toy.calls[TOY_FIND], 5);
    CU_ASSERT_EQUAL(toy.may & (DS_DID_ORDER | DS_DID_AFTER | DS_DID_PAGE), 0);
    toy_reset();
    toy.fault = DS_UNSUPPORTED;
    toy.fault_in = TOY_BLOCK;
    toy.fault_at = 1;
    toy.fault_times = 1000;
    finds(found_ids(people.model, "{\"order\":\"age\",\"limit\":3}"), "!DS_UNSUPPORTED", "for ever");
    people_close(&people);
}

static void a_cursor_is_over_after_an_error(void)
{
    crowd people = people_open(&toy_bare, PERSON, true);
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    ds_error err = {.status = DS_OK};
    toy.fault = DS_LOST;
    toy.fault_in = TOY_BLOCK;
    toy.fault_at = 2;
    toy.per_block = 1;
    CU_ASSERT_EQUAL_FATAL(ds_find(people.model, NULL, &cursor, NULL), DS_OK);
    CU_ASSERT_EQUAL(ds_cursor_next(cursor, &record, &err), DS_OK);
    CU_ASSERT_PTR_NOT_NULL(record);
    for (int i = 0; i < 2; i++) {
        err = (ds_error){.status = DS_OK};
        CU_ASSERT_EQUAL(ds_cursor_next(cursor, &record, &err), DS_LOST);
        CU_ASSERT_PTR_NULL(record);
        CU_ASSERT_EQUAL(err.status, DS_LOST);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "the toy was told to fail"));
        CU_ASSERT_STRING_EQUAL(err.source, "toy-bare");
    }
    CU_ASSERT_EQUAL(toy.calls[TOY_BLOCK], 2);
    ds_cursor_close(cursor);
    people_close(&people);
}

static void a_cursor_is_lost_by_a_disconnect_even_after_a_connect(void)
{
    crowd people = people_open(&toy_bare, PERSON, true);
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    toy.per_block = 1;
    CU_ASSERT_EQUAL_FATAL(ds_find(people.model, NULL, &cursor, NULL), DS_OK);
    CU_ASSERT_EQUAL(ds_cursor_next(cursor, &record, NULL), DS_OK);
    CU_ASSERT_EQUAL(ds_disconnect(people.source, NULL), DS_OK);
    CU_ASSERT_STRING_EQUAL(found_ids(people.model, "{}"), "!DS_UNREACHABLE");
    CU_ASSERT_EQUAL(ds_connect(people.source, NULL), DS_OK);
    CU_ASSERT_EQUAL(ds_cursor_next(cursor, &record, NULL), DS_LOST);
    ds_cursor_close(cursor);
    finds(found_ids(people.model, "{\"limit\":2,\"order\":\"id\"}"), "a b", "connected again");
    people_close(&people);
}

static void a_cancel_token_ends_a_walk(void)
{
    crowd people = people_open(&toy_bare, PERSON, true);
    ds_cancel *cancel = NULL;
    ds_model *view = NULL;
    CU_ASSERT_EQUAL_FATAL(ds_cancel_new(&cancel, NULL), DS_OK);
    ds_options options = {.size = sizeof options, .cancel = cancel};
    CU_ASSERT_EQUAL_FATAL(ds_model_with(people.model, &options, &view, NULL), DS_OK);
    toy.per_block = 1;
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    CU_ASSERT_EQUAL_FATAL(ds_find(view, NULL, &cursor, NULL), DS_OK);
    CU_ASSERT_EQUAL(ds_cursor_next(cursor, &record, NULL), DS_OK);
    ds_cancel_set(cancel);
    CU_ASSERT_EQUAL(ds_cursor_next(cursor, &record, NULL), DS_CANCELLED);
    ds_cursor_close(cursor);
    ds_cancel_clear(cancel);
    finds(found_ids(view, "{\"limit\":1,\"order\":\"id\"}"), "a", "cleared");
    ds_model_free(view);
    ds_cancel_free(cancel);
    people_close(&people);
}

/* ---- by id ---- */

static void ids_are_answered_in_their_order_twice_where_given_twice(void)
{
    for (size_t i = 0; i < 3; i++) {
        crowd people = people_open(TOYS[i], PERSON, true);
        const ds_value ids[] = {ds_string("k"), ds_string("a"), ds_string("none"),
                                ds_string("k"), ds_string("b"), ds_string("a")};
        ds_cursor *cursor = NULL;
        CU_ASSERT_EQUAL_FATAL(ds_find_by_ids(people.model, ids, 6, &cursor, NULL), DS_OK);
        CU_ASSERT_PTR_NULL(ds_cursor_mark(cursor));
        finds(cursor_ids(cursor), "k a k b a", TOYS[i]->name);
        CU_ASSERT_EQUAL_FATAL(ds_find_by_ids(people.model, NULL, 0, &cursor, NULL), DS_OK);
        finds(cursor_ids(cursor), "", TOYS[i]->name);
        CU_ASSERT_EQUAL(toy.repeated_ids, 0);
        const ds_value bad[] = {ds_string("k"), ds_null()};
        CU_ASSERT_EQUAL(ds_find_by_ids(people.model, bad, 2, &cursor, NULL), DS_INVALID);
        people_close(&people);
    }
}

static const char NUMBERED[] =
    "{\"name\":\"Numbered\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true,\"generated\":true},"
    "\"n\":\"integer\"}}";

static void many_ids_are_looked_up_block_by_block(void)
{
    enum { MANY = 700 };
    for (size_t i = 0; i < 3; i++) {
        crowd people = people_open(TOYS[i], NUMBERED, false);
        ds_record *records[MANY];
        ds_value ids[MANY];
        for (int n = 0; n < MANY; n++) {
            records[n] = ds_record_new(people.model);
            ds_record_set(records[n], "n", ds_integer(n));
            char text[12];
            snprintf(text, sizeof text, "%d", MANY - n); /* coerced: ids are integers */
            ids[n] = n % 2 == 0 ? ds_integer(MANY - n) : ds_number(MANY - n);
        }
        CU_ASSERT_EQUAL(ds_create_all(people.model, records, MANY, NULL, NULL), DS_OK);
        ds_cursor *cursor = NULL;
        const ds_record *record = NULL;
        CU_ASSERT_EQUAL_FATAL(ds_find_by_ids(people.model, ids, MANY, &cursor, NULL), DS_OK);
        for (int n = 0; n < MANY; n++) {
            CU_ASSERT_EQUAL_FATAL(ds_cursor_next(cursor, &record, NULL), DS_OK);
            CU_ASSERT_PTR_NOT_NULL_FATAL(record);
            CU_ASSERT_EQUAL(ds_record_get(record, "n").as.integer, MANY - n - 1);
        }
        CU_ASSERT_EQUAL(ds_cursor_next(cursor, &record, NULL), DS_OK);
        CU_ASSERT_PTR_NULL(record);
        ds_cursor_close(cursor);
        if (TOYS[i] == &toy_full)
            CU_ASSERT_EQUAL(toy.calls[TOY_BY_IDS], 3);
        for (int n = 0; n < MANY; n++)
            ds_record_free(records[n]);
        people_close(&people);
    }
}

static void one_id_is_found_or_told_missing(void)
{
    for (size_t i = 0; i < 3; i++) {
        crowd people = people_open(TOYS[i], PERSON, true);
        ds_record *record = NULL;
        ds_error err = {.status = DS_OK};
        bool exists = false;
        finds(json_of(people.model, "c"), "{\"id\":\"c\",\"name\":\"Cid\",\"age\":41,\"city\":\"Rome\"}",
              TOYS[i]->name);
        CU_ASSERT_EQUAL(ds_find_by_id(people.model, ds_string("nobody"), &record, &err), DS_NOT_FOUND);
        CU_ASSERT_PTR_NULL(record);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "model \"Person\" has no record with the id \"nobody\""));
        CU_ASSERT_EQUAL(ds_exists(people.model, ds_string("c"), &exists, NULL), DS_OK);
        CU_ASSERT(exists);
        CU_ASSERT_EQUAL(ds_exists(people.model, ds_string("nobody"), &exists, NULL), DS_OK);
        CU_ASSERT(!exists);
        CU_ASSERT_EQUAL(ds_find_by_id(people.model, ds_null(), &record, NULL), DS_INVALID);
        people_close(&people);
    }
}

static void the_first_record_is_found_or_told_missing(void)
{
    crowd people = people_open(&toy_bare, PERSON, true);
    ds_record *record = NULL;
    toy.did = 0;
    CU_ASSERT_EQUAL_FATAL(ds_find_one(people.model, DS_QUERY(.order = "age DESC", .skip = 1), &record, NULL), DS_OK);
    CU_ASSERT_STRING_EQUAL(ds_record_get(record, "id").as.string, "k");
    ds_record_free(record);
    ds_filter *nobody = ds_where("age", DS_EQ, ds_integer(999));
    CU_ASSERT_EQUAL(ds_find_one(people.model, DS_QUERY(.where = nobody), &record, NULL), DS_NOT_FOUND);
    CU_ASSERT_PTR_NULL(record);
    ds_filter_free(nobody);
    people_close(&people);
}

/* ---- count and explain ---- */

static void counts_are_the_same_by_the_connector_and_by_a_walk(void)
{
    for (size_t i = 0; i < 3; i++) {
        crowd people = people_open(TOYS[i], PERSON, true);
        ds_filter *filter = ds_where("age", DS_GTE, ds_integer(30));
        for (uint32_t did = 0; did < 32; did++) {
            uint64_t count = 99;
            toy.did = did;
            CU_ASSERT_EQUAL(ds_count(people.model, filter, &count, NULL), DS_OK);
            CU_ASSERT_EQUAL(count, 7);
            CU_ASSERT_EQUAL(ds_count(people.model, NULL, &count, NULL), DS_OK);
            CU_ASSERT_EQUAL(count, 12);
        }
        CU_ASSERT_EQUAL(toy.calls[TOY_FIND] == 0, TOYS[i] == &toy_full);
        ds_filter_free(filter);
        people_close(&people);
    }
}

static void explaining(ds_model *model, uint32_t did, const char *expected)
{
    char *plan = NULL;
    ds_filter *filter = ds_where("age", DS_GTE, ds_integer(30));
    const char *name = "name";
    toy.did = did;
    CU_ASSERT_EQUAL(ds_explain(model,
                               DS_QUERY(.where = filter, .order = "age", .limit = 2, .fields = &name, .field_count = 1),
                               &plan, NULL),
                    DS_OK);
    finds(plan != NULL ? plan : "", expected, "explain");
    ds_free(plan);
    ds_filter_free(filter);
}

static void explain_tells_who_does_what(void)
{
    crowd people = people_open(&toy_full, PERSON, true);
    explaining(people.model, UINT32_MAX,
               "{\"model\":\"Person\",\"connector\":\"toy-full\",\"access\":\"vector\","
               "\"backend\":[\"where\",\"order\",\"page\",\"fields\"],\"library\":[]}");
    explaining(people.model, DS_DID_WHERE | DS_DID_PAGE,
               "{\"model\":\"Person\",\"connector\":\"toy-full\",\"access\":\"vector\","
               "\"backend\":[\"where\"],\"library\":[\"order\",\"page\",\"fields\"]}");
    people_close(&people);
    people = people_open(&toy_bare, PERSON, true);
    explaining(people.model, UINT32_MAX,
               "{\"model\":\"Person\",\"connector\":\"toy-bare\",\"access\":\"scan\","
               "\"backend\":[],\"library\":[\"where\",\"order\",\"page\",\"fields\"]}");
    people_close(&people);
    people = people_open(&toy_shy, PERSON, true);
    explaining(people.model, UINT32_MAX,
               "{\"model\":\"Person\",\"connector\":\"toy-shy\",\"access\":\"scan\","
               "\"backend\":[],\"library\":[\"where\",\"order\",\"page\",\"fields\"]}");
    CU_ASSERT_EQUAL(toy.calls[TOY_FIND], 0);
    people_close(&people);
}

static void null_for_a_model_is_refused(void)
{
    ds_cursor *cursor;
    ds_record *record;
    uint64_t count;
    bool yes;
    char *plan;
    ds_error err = {.status = DS_OK};
    CU_ASSERT_EQUAL(ds_find(NULL, NULL, &cursor, &err), DS_INVALID);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "needs a model"));
    CU_ASSERT_EQUAL(ds_find_one(NULL, NULL, &record, NULL), DS_INVALID);
    CU_ASSERT_EQUAL(ds_find_by_id(NULL, ds_string("x"), &record, NULL), DS_INVALID);
    CU_ASSERT_EQUAL(ds_find_by_ids(NULL, NULL, 0, &cursor, NULL), DS_INVALID);
    CU_ASSERT_EQUAL(ds_exists(NULL, ds_string("x"), &yes, NULL), DS_INVALID);
    CU_ASSERT_EQUAL(ds_count(NULL, NULL, &count, NULL), DS_INVALID);
    CU_ASSERT_EQUAL(ds_explain(NULL, NULL, &plan, NULL), DS_INVALID);
    ds_cursor_close(NULL);
    const ds_record *none;
    CU_ASSERT_EQUAL(ds_cursor_next(NULL, &none, NULL), DS_INVALID);
}

int main(void)
{
    static const test tests[] = {
        {"whatever a scan does itself, the answer is the same", whatever_a_scan_does_the_answer_is_the_same},
        {"a page counts only where all before it was done", a_page_counts_only_where_all_before_it_was_done},
        {"pages by marks join up to the whole", pages_by_marks_join_up_to_the_whole},
        {"a mark outlives the records that it was made of", a_mark_outlives_the_records_it_was_made_of},
        {"only the fields asked for are seen", only_the_fields_asked_for_are_seen},
        {"a find asks for no more than it wants", a_find_asks_for_no_more_than_it_wants},
        {"the last record that is wanted ends the scan", the_last_record_that_is_wanted_ends_the_scan},
        {"an order that breaks down is found again behind the last record",
         an_order_that_breaks_down_is_found_again_behind_the_last_record},
        {"an order that always breaks down is made by the library",
         an_order_that_always_breaks_down_is_made_by_the_library},
        {"a cursor is over after an error", a_cursor_is_over_after_an_error},
        {"a cursor is lost by a disconnect, even after a connect",
         a_cursor_is_lost_by_a_disconnect_even_after_a_connect},
        {"a cancel token ends a walk", a_cancel_token_ends_a_walk},
        {"ids are answered in their order, twice where given twice",
         ids_are_answered_in_their_order_twice_where_given_twice},
        {"many ids are looked up block by block", many_ids_are_looked_up_block_by_block},
        {"one id is found or told missing", one_id_is_found_or_told_missing},
        {"the first record is found or told missing", the_first_record_is_found_or_told_missing},
        {"counts are the same by the connector and by a walk", counts_are_the_same_by_the_connector_and_by_a_walk},
        {"explain tells who does what", explain_tells_who_does_what},
        {"NULL for a model is refused", null_for_a_model_is_refused},
    };
    people_register();
    return SUITE_RUN("find", tests);
}
