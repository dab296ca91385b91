/* Orders, marks and fields: what a query means beside its filter. */
#include "failing.h"
#include "scene.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static selection *bind(definition *of, const ds_query *query)
{
    selection *made = NULL;
    scene_error = (ds_error){0};
    if (selection_bind(query, of, &made, &scene_error) != DS_OK)
        return NULL;
    return made;
}

static int compare(definition *of, const char *order, const char *a_json, const char *b_json)
{
    selection *on = bind(of, DS_QUERY(.order = order));
    ds_record *a = scene_record(of, a_json), *b = scene_record(of, b_json);
    int found = on == NULL ? -99 : ds_order_compare(on->ask.order, on->ask.order_count, a, b);
    int turned = on == NULL ? 99 : ds_order_compare(on->ask.order, on->ask.order_count, b, a);
    CU_ASSERT_EQUAL((found > 0) - (found < 0), (turned < 0) - (turned > 0));
    selection_free(on);
    ds_record_free(a);
    ds_record_free(b);
    return (found > 0) - (found < 0);
}

static void records_compare_item_by_item(void)
{
    static const struct {
        const char *order, *a, *b;
        int found;
    } rows[] = {
        {"i", "{\"id\":\"1\",\"i\":1}", "{\"id\":\"1\",\"i\":2}", -1},
        {"i DESC", "{\"id\":\"1\",\"i\":1}", "{\"id\":\"1\",\"i\":2}", 1},
        {"i", "{\"id\":\"1\"}", "{\"id\":\"1\",\"i\":-5}", -1},
        {"i desc", "{\"id\":\"1\"}", "{\"id\":\"1\",\"i\":-5}", 1},
        {"i", "{\"id\":\"1\",\"i\":1}", "{\"id\":\"2\",\"i\":1}", -1},
        {"i DESC", "{\"id\":\"1\",\"i\":1}", "{\"id\":\"2\",\"i\":1}", 1},
        {"i DESC,id ASC", "{\"id\":\"1\",\"i\":1}", "{\"id\":\"2\",\"i\":1}", -1},
        {"i,s DESC", "{\"id\":\"1\",\"i\":1,\"s\":\"a\"}", "{\"id\":\"1\",\"i\":1,\"s\":\"b\"}", 1},
        {" i\tAsC , s  dEsC ", "{\"id\":\"1\",\"i\":1,\"s\":\"a\"}", "{\"id\":\"1\",\"i\":1,\"s\":\"b\"}", 1},
        {"s", "{\"id\":\"1\",\"s\":\"Z\"}", "{\"id\":\"1\",\"s\":\"a\"}", -1},
        {"s", "{\"id\":\"1\",\"s\":\"a\"}", "{\"id\":\"1\",\"s\":\"a\\u0000\"}", -1},
        {"x", "{\"id\":\"1\",\"x\":true}", "{\"id\":\"1\",\"x\":0}", -1},
        {"x", "{\"id\":\"1\",\"x\":9007199254740993}", "{\"id\":\"1\",\"x\":9007199254740992.0}", 1},
        {"x", "{\"id\":\"1\",\"x\":\"z\"}", "{\"id\":\"1\",\"x\":[1]}", -1},
        {"a", "{\"id\":\"1\",\"a\":[10]}", "{\"id\":\"1\",\"a\":[9]}", -1},
        {"o.k", "{\"id\":\"1\",\"o\":{\"k\":10}}", "{\"id\":\"1\",\"o\":{\"k\":9}}", 1},
        {"o.k", "{\"id\":\"1\",\"o\":{\"k\":\"a\\nb\"}}", "{\"id\":\"1\",\"o\":{\"k\":\"a b\"}}", -1},
        {"o.k", "{\"id\":\"1\",\"o\":{\"k\":\"a\\\\\"}}", "{\"id\":\"1\",\"o\":{\"k\":\"a\\\"\"}}", 1},
        {"id", "{\"id\":\"1\"}", "{\"id\":\"1\"}", 0},
        {"id, i", "{\"id\":\"1\",\"i\":1}", "{\"id\":\"1\",\"i\":2}", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int found = compare(scene_strict, rows[i].order, rows[i].a, rows[i].b);
        CU_ASSERT_EQUAL(found, rows[i].found);
        if (found != rows[i].found)
            printf("\nrow %zu: %d. %s", i, found, scene_error.message);
    }
    CU_ASSERT_EQUAL(compare(scene_free, "age", "{\"id\":\"1\",\"age\":10}", "{\"id\":\"1\",\"age\":9}"), -1);
    CU_ASSERT_EQUAL(compare(scene_loose, "u DESC", "{\"id\":\"1\",\"u\":\"b\"}", "{\"id\":\"1\",\"u\":\"a\"}"), -1);
    CU_ASSERT_EQUAL(compare(scene_free, "first name DESC", "{\"id\":\"1\",\"first name\":\"b\"}", "{\"id\":\"1\"}"),
                    -1);
}

static void an_order_ends_in_the_id(void)
{
    static const struct {
        const char *order;
        size_t count;
        bool descending;
    } rows[] = {{"i", 2, false},  {"i DESC", 2, true},  {"i, s DESC", 3, true},    {"i DESC, s", 3, false},
                {"id", 1, false}, {"id DESC", 1, true}, {"i, id DESC, s", 2, true}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        selection *on = bind(scene_strict, DS_QUERY(.order = rows[i].order));
        CU_ASSERT_PTR_NOT_NULL_FATAL(on);
        CU_ASSERT_EQUAL(on->ask.order_count, rows[i].count);
        const ds_order *last = &on->ask.order[on->ask.order_count - 1];
        CU_ASSERT_STRING_EQUAL(last->property, "id");
        CU_ASSERT_EQUAL(last->slot, scene_strict->id_slot);
        CU_ASSERT_EQUAL(last->descending, rows[i].descending);
        selection_free(on);
    }
    selection *none = bind(scene_strict, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(none);
    CU_ASSERT_EQUAL(none->ask.order_count, 0);
    CU_ASSERT_PTR_EQUAL(none->ask.where, ds_everything());
    CU_ASSERT(none->all_fields);
    selection_free(none);
}

static void refuse(definition *of, const ds_query *query, const char *sentence)
{
    CU_ASSERT_PTR_NULL(bind(of, query));
    CU_ASSERT_EQUAL(scene_error.status, DS_INVALID);
    bool said = strstr(scene_error.message, sentence) != NULL;
    CU_ASSERT(said);
    if (!said)
        printf("\n\"%s\" lacks \"%s\"", scene_error.message, sentence);
}

static void malformed_queries_are_refused(void)
{
    static const char *const nope[] = {"i", "nope"};
    static const char *const hole[] = {"i", NULL};
    refuse(scene_strict, DS_QUERY(.order = ""), "empty item");
    refuse(scene_strict, DS_QUERY(.order = "  "), "empty item");
    refuse(scene_strict, DS_QUERY(.order = "i,"), "empty item");
    refuse(scene_strict, DS_QUERY(.order = ",i"), "empty item");
    refuse(scene_strict, DS_QUERY(.order = "i,,s"), "empty item");
    refuse(scene_strict, DS_QUERY(.order = "nope"), "the order is wrong: the model Thing has no property \"nope\"");
    refuse(scene_strict, DS_QUERY(.order = "s.k"), "is not an object");
    refuse(scene_strict, DS_QUERY(.order = "o..k"), "empty part");
    refuse(scene_strict, DS_QUERY(.order = "DESC"), "no property \"DESC\"");
    refuse(scene_strict, DS_QUERY(.order = "i DOWN"), "\"i DOWN\"");
    refuse(scene_free, DS_QUERY(.order = "i DOWN"), "\"i DOWN\"");
    refuse(scene_strict, DS_QUERY(.order = "i, s, i DESC"), "names \"i\" twice");
    refuse(scene_strict, DS_QUERY(.order = "o.k, o.k"), "names \"o.k\" twice");
    refuse(scene_free, DS_QUERY(.order = "u, u"), "names \"u\" twice");
    refuse(scene_free,
           DS_QUERY(.order = ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,"
                             ",,,,,,,,,,,"),
           "more than 100 items");
    refuse(scene_strict, DS_QUERY(.after = "x"), "needs the order");
    refuse(scene_strict, DS_QUERY(.order = "i", .after = ""), "damaged");
    refuse(scene_strict, DS_QUERY(.order = "i", .after = "!"), "damaged");
    refuse(scene_strict, DS_QUERY(.order = "i", .after = "AAAAAAAAAAAAAAAAAAAAAAAA"), "damaged");
    refuse(scene_strict, DS_QUERY(.fields = nope, .field_count = 2), "no property \"nope\"");
    refuse(scene_strict, DS_QUERY(.fields = nope, .field_count = 2, .exclude_fields = true), "no property \"nope\"");
    refuse(scene_strict, DS_QUERY(.fields = hole, .field_count = 2), "NULL");
    refuse(scene_strict, DS_QUERY(.field_count = 2), "no fields");
    refuse(scene_strict, &(ds_query){.limit = 1}, "size is not set");
    refuse(scene_strict, &(ds_query){.size = 8, .limit = 1}, "size 8 is none that a ds_query has");
    refuse(scene_strict, &(ds_query){.size = offsetof(ds_query, exclude_fields)}, "is none that a ds_query has");
}

/* ---- marks ---- */

static void mark_goes_on(definition *of, const char *order, ds_record *const *records, size_t n)
{
    selection *on = bind(of, DS_QUERY(.order = order));
    CU_ASSERT_PTR_NOT_NULL_FATAL(on);
    for (size_t i = 0; i < n; i++) {
        char *mark = selection_mark(on, records[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(mark);
        selection *after = bind(of, DS_QUERY(.order = order, .after = mark));
        CU_ASSERT_PTR_NOT_NULL_FATAL(after);
        for (size_t j = 0; j < n; j++) {
            int found = ds_order_compare(on->ask.order, on->ask.order_count, records[j], records[i]);
            CU_ASSERT_EQUAL(selection_is_after(after, records[j]), found > 0);
        }
        char *again = selection_mark(after, records[i]);
        CU_ASSERT_STRING_EQUAL(again, mark);
        CU_ASSERT_EQUAL(selection_go_on(on, mark, NULL), DS_OK);
        CU_ASSERT(!selection_is_after(on, records[i]));
        ds_free(again);
        ds_free(mark);
        selection_free(after);
    }
    selection_free(on);
}

static void marks_keep_exact_values(void)
{
    static const char *const orders[] = {"i", "n DESC", "s,n",      "d DESC,b", "y",
                                         "a", "x",      "o.k DESC", "u",        "x.k, y DESC"};
    ds_record *records[24];
    chance_seed(5);
    for (size_t i = 0; i < 24; i++)
        records[i] = chance_record(scene_loose);
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
        mark_goes_on(scene_loose, orders[i], records, 24);
    for (size_t i = 0; i < 24; i++)
        ds_record_free(records[i]);
}

static void a_mark_keeps_bytes_that_are_not_utf8(void)
{
    ds_model model = {.definition = scene_strict};
    ds_record *records[3];
    static const char *const texts[] = {"\xFE", "\xFF", "?>~?>~?>~?>~?>~\xFF"};
    for (int i = 0; i < 3; i++) {
        records[i] = ds_record_new(&model);
        CU_ASSERT_EQUAL(ds_record_put_named(records[i], "s", 1, ds_string(texts[i])), DS_OK);
        CU_ASSERT_EQUAL(ds_record_put_named(records[i], "i", 1, ds_string("not a number")), DS_OK);
    }
    mark_goes_on(scene_strict, "s, i", records, 3);
    for (int i = 0; i < 3; i++)
        ds_record_free(records[i]);
}

static void a_mark_is_safe_in_an_address(void)
{
    ds_record *record = scene_record(scene_strict, "{\"id\":\"1\",\"s\":\"?>~?>~ ?~>~?~>~\"}");
    ds_record *other = scene_record(scene_strict, "{\"id\":\"2\",\"s\":\"~?~>?>~\"}");
    ds_record *const both[] = {record, other};
    selection *on = bind(scene_strict, DS_QUERY(.order = "s"));
    char *mark = selection_mark(on, record);
    CU_ASSERT(strpbrk(mark, "-_") != NULL);
    CU_ASSERT_EQUAL(strspn(mark, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), strlen(mark));
    mark_goes_on(scene_strict, "s", both, 2);
    ds_free(mark);
    selection_free(on);
    ds_record_free(record);
    ds_record_free(other);
}

static void a_damaged_mark_or_one_of_another_order_is_refused(void)
{
    ds_record *record = scene_record(scene_strict, "{\"id\":\"1\",\"i\":12,\"s\":\"abc\"}");
    selection *on = bind(scene_strict, DS_QUERY(.order = "i DESC"));
    char *mark = selection_mark(on, record);
    CU_ASSERT_PTR_NOT_NULL_FATAL(mark);
    refuse(scene_strict, DS_QUERY(.order = "i", .after = mark),
           "was not made with the model Thing and the order \"i,id\"");
    refuse(scene_strict, DS_QUERY(.order = "i DESC, s DESC", .after = mark), "was not made with");
    refuse(scene_loose, DS_QUERY(.order = "i DESC", .after = mark), "was not made with the model Loose");
    selection *same = bind(scene_strict, DS_QUERY(.order = " i  desc,id DESC", .after = mark));
    CU_ASSERT_PTR_NOT_NULL(same);
    selection_free(same);
    for (size_t i = 0; mark[i] != '\0'; i++) {
        char kept = mark[i];
        mark[i] = kept == 'A' ? 'B' : 'A';
        refuse(scene_strict, DS_QUERY(.order = "i DESC", .after = mark), "damaged");
        mark[i] = '\0';
        refuse(scene_strict, DS_QUERY(.order = "i DESC", .after = mark), "damaged");
        mark[i] = kept;
    }
    CU_ASSERT_EQUAL(selection_go_on(on, "x", NULL), DS_INVALID);
    CU_ASSERT_PTR_NULL(on->ask.after);
    ds_free(mark);
    selection_free(on);
    ds_record_free(record);
}

static void without_order_there_is_no_mark(void)
{
    ds_record *record = scene_record(scene_strict, "{\"id\":\"1\"}");
    selection *on = bind(scene_strict, DS_QUERY(.limit = 1));
    CU_ASSERT_PTR_NULL(selection_mark(on, record));
    CU_ASSERT(selection_is_after(on, record));
    CU_ASSERT_EQUAL(selection_go_on(on, "x", NULL), DS_INVALID);
    selection_free(on);
    ds_record_free(record);
}

/* ---- fields ---- */

static void expect_fields(const selection *on, const char *names)
{
    char text[256] = "";
    for (size_t i = 0; i < on->ask.field_count; i++) {
        strcat(text, on->ask.fields[i]);
        strcat(text, " ");
    }
    CU_ASSERT_STRING_EQUAL(text, names);
}

static void expect_shown(const selection *on, const char *record_json, const char *shown_json)
{
    ds_record *record = scene_record((definition *)(uintptr_t)on->definition, record_json);
    selection_hide(on, record);
    char *json = ds_record_to_json(record);
    CU_ASSERT_STRING_EQUAL(json, shown_json);
    if (strcmp(json, shown_json) != 0)
        printf("\n%s", json);
    ds_free(json);
    ds_record_free(record);
}

static void fields_are_what_is_asked_and_what_is_needed(void)
{
    static const char *const fields[] = {"s", "i", "s"};
    static const char *const loose[] = {"u", "i"};
    ds_filter *where = DS_ALL(ds_where("o.k", DS_EQ, ds_null()), ds_where("b", DS_EQ, ds_null()));
    selection *on = bind(scene_strict, DS_QUERY(.fields = fields, .field_count = 3, .order = "n, i", .where = where));
    CU_ASSERT_PTR_NOT_NULL_FATAL(on);
    expect_fields(on, "b i id n o s ");
    expect_shown(on, "{\"id\":\"1\",\"s\":\"a\",\"i\":1,\"n\":2,\"b\":true}", "{\"s\":\"a\",\"i\":1}");
    selection_free(on);

    on = bind(scene_strict, DS_QUERY(.fields = fields, .field_count = 3, .exclude_fields = true, .order = "s"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(on);
    expect_fields(on, "a b d id n o o.dot s x y ");
    expect_shown(on, "{\"id\":\"1\",\"s\":\"a\",\"i\":1,\"n\":2}", "{\"id\":\"1\",\"n\":2.0}");
    selection_free(on);

    on = bind(scene_loose, DS_QUERY(.fields = loose, .field_count = 2));
    expect_fields(on, "i id u ");
    expect_shown(on, "{\"id\":\"1\",\"i\":1,\"u\":\"a\",\"v\":\"b\"}", "{\"i\":1,\"u\":\"a\"}");
    selection_free(on);

    on = bind(scene_loose, DS_QUERY(.fields = loose, .field_count = 2, .exclude_fields = true, .where = where));
    CU_ASSERT_EQUAL(on->ask.field_count, 0);
    expect_shown(on, "{\"id\":\"1\",\"i\":1,\"u\":\"a\",\"v\":\"b\"}", "{\"id\":\"1\",\"v\":\"b\"}");
    selection_free(on);
    ds_filter_free(where);
}

static void a_query_of_the_first_version_is_read_whole(void)
{
    static const char *const fields[] = {"s"};
    ds_query query = {.order = "i", .limit = 3, .skip = 2, .fields = fields, .field_count = 1, .exclude_fields = true};
    query.size = (uint32_t)(offsetof(ds_query, exclude_fields) + sizeof query.exclude_fields);
    selection *on = bind(scene_strict, &query);
    CU_ASSERT_PTR_NOT_NULL_FATAL(on);
    CU_ASSERT_EQUAL(on->ask.limit, 3);
    CU_ASSERT_EQUAL(on->ask.skip, 2);
    CU_ASSERT(!on->all_fields);
    expect_shown(on, "{\"id\":\"1\",\"s\":\"a\",\"i\":1}", "{\"id\":\"1\",\"i\":1}");
    selection_free(on);
    query.size--;
    refuse(scene_strict, &query, "is none that a ds_query has");
}

static ds_status use_selection(void *user, ds_error *err)
{
    static const char *const fields[] = {"u", "s"};
    static const char json[] =
        "{\"or\":[{\"s\":{\"regexp\":\"/a+/i\"}},{\"o.k\":{\"inq\":[\"\\n\",1,null]}},{\"u\":{\"like\":\"%\"}}]}";
    ds_model model = {.definition = scene_loose};
    ds_filter *where = NULL;
    selection *on = NULL, *after = NULL;
    ds_record *record = NULL;
    char *mark = NULL;
    bool matches;
    (void)user;
    ds_status status = ds_filter_parse(json, &where, err);
    if (status == DS_OK)
        status = selection_bind(DS_QUERY(.where = where, .order = "o.k DESC, y", .fields = fields, .field_count = 2),
                                scene_loose, &on, err);
    if (status == DS_OK)
        status = ds_record_from_json(&model, "{\"id\":\"1\",\"o\":{\"k\":\"\\n\"},\"y\":\"AA==\",\"u\":[1,2]}", &record,
                                     err);
    if (status == DS_OK)
        status = ds_filter_matches(on->ask.where, record, &matches, err);
    if (status == DS_OK && (mark = selection_mark(on, record)) == NULL)
        status = ds_error_set(err, DS_NOMEM, "no mark");
    if (status == DS_OK)
        status = selection_bind(DS_QUERY(.order = "o.k DESC, y", .after = mark), scene_loose, &after, err);
    ds_free(mark);
    ds_record_free(record);
    selection_free(after);
    selection_free(on);
    ds_filter_free(where);
    return status;
}

static void nothing_is_lost_where_memory_is_out(void)
{
    size_t allocations = 0;
    CU_ASSERT(failing_everywhere(use_selection, NULL, &allocations));
    CU_ASSERT(allocations > 20);
}

int main(void)
{
    static const test tests[] = {
        {"Records compare item by item, in the direction of each", records_compare_item_by_item},
        {"An order ends in the id, in the direction of the last item", an_order_ends_in_the_id},
        {"Malformed queries are refused with a sentence", malformed_queries_are_refused},
        {"Marks keep exact values of every type", marks_keep_exact_values},
        {"A mark keeps bytes that are not UTF-8", a_mark_keeps_bytes_that_are_not_utf8},
        {"A mark needs no escaping in a URL", a_mark_is_safe_in_an_address},
        {"A damaged mark, or one of another order, is refused", a_damaged_mark_or_one_of_another_order_is_refused},
        {"Without order there is no mark", without_order_there_is_no_mark},
        {"Fields are what is asked and what is needed", fields_are_what_is_asked_and_what_is_needed},
        {"A query of the first version is read whole, and a shorter one is refused",
         a_query_of_the_first_version_is_read_whole},
        {"Nothing is lost where memory is out", nothing_is_lost_where_memory_is_out},
    };
    int failed = scene_open() ? SUITE_RUN("order", tests) : 1;
    scene_close();
    return failed;
}
