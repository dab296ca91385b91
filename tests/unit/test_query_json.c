/* Filters and queries as JSON: what is read, what is refused and with which sentence, and that a printed filter means
 * what it meant. */
#include "failing.h"
#include "scene.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect_refusals(const refusal *rows, size_t n, ds_status (*ask)(const char *text))
{
    for (size_t i = 0; i < n; i++) {
        scene_error = (ds_error){0};
        ds_status status = ask(rows[i].text);
        bool said = strstr(scene_error.message, rows[i].sentence) != NULL;
        CU_ASSERT_EQUAL(status, DS_INVALID);
        CU_ASSERT_EQUAL(scene_error.status, DS_INVALID);
        CU_ASSERT(said);
        if (status != DS_INVALID || !said)
            printf("\n%s: %s, \"%s\"", rows[i].text, ds_status_name(status), scene_error.message);
    }
}

static ds_status ask_filter(const char *text)
{
    ds_filter *filter = ds_everything();
    ds_status status = ds_filter_parse(text, &filter, &scene_error);
    CU_ASSERT(status == DS_OK || filter == NULL);
    ds_filter_free(filter);
    return status;
}

static void malformed_filters_are_refused_with_their_place(void)
{
    static const refusal rows[] = {
        {"", "the filter cannot be read: "},
        {"{", "line 1"},
        {"{\"a\":1} x", "line 1"},
        {"{\"a\":1,\"a\":2}", "line 1"},
        {"{\"a\":1e999}", "too large"},
        {"{'a':1}", "line 1"},
        {"[]", "the filter must be an object"},
        {"null", "the filter must be an object"},
        {"5", "the filter must be an object"},
        {"\"a = 1\"", "the filter must be an object"},
        {"{\"and\":{}}", "the filter's \"and\" must be an array of conditions"},
        {"{\"or\":1}", "\"or\" must be an array"},
        {"{\"nor\":null}", "\"nor\" must be an array"},
        {"{\"and\":[1]}", "\"and[0]\" must be an object"},
        {"{\"and\":[{\"or\":[{},[]]}]}", "\"and[0].or[1]\" must be an object"},
        {"{\"a\":{}}", "\"a\" is an empty object"},
        {"{\"a\":{\"gt\":1,\"foo\":2}}", "\"a.foo\" is not an operator"},
        {"{\"or\":[{},{\"a\":{\"GT\":1}}]}", "\"or[1].a.GT\" is not an operator"},
        {"{\"a\":{\"$gt\":1}}", "no type \"$gt\" of literals"},
        {"{\"$or\":[{\"a\":1}]}", "\"$or\" is an array"},
        {"{\"a\":{\"near\":\"1,2\"}}", "\"a.near\" is not an operator"},
        {"{\"a\":{\"not\":{\"eq\":1}}}", "\"a.not\" is not an operator"},
        {"{\"a\":{\"in\":[1]}}", "\"a.in\" is not an operator"},
        {"{\"a\":{\"b\":1}}", "\"a.b\" is not an operator"},
        {"{\"a\":[1,2]}", "\"a\" is an array: write {\"eq\": [...]}"},
        {"{\"a\":[]}", "\"a\" is an array"},
        {"{\"a\":{\"between\":1}}", "\"a.between\" must be an array"},
        {"{\"a\":{\"between\":[1]}}", "must be an array of two values, not of 1"},
        {"{\"a\":{\"between\":[1,2,3]}}", "not of 3"},
        {"{\"a\":{\"inq\":1}}", "\"a.inq\" must be an array"},
        {"{\"a\":{\"nin\":{\"x\":1}}}", "\"a.nin\" must be an array"},
        {"{\"a\":{\"like\":1}}", "\"a.like\" must be a string"},
        {"{\"a\":{\"nlike\":null}}", "\"a.nlike\" must be a string"},
        {"{\"a\":{\"ilike\":[\"x\"]}}", "\"a.ilike\" must be a string"},
        {"{\"a\":{\"nilike\":{}}}", "\"a.nilike\" must be a string"},
        {"{\"a\":{\"regexp\":true}}", "\"a.regexp\" must be a string"},
        {"{\"a\":{\"exists\":1}}", "\"a.exists\" must be true or false"},
        {"{\"a\":{\"exists\":\"true\"}}", "\"a.exists\" must be true or false"},
        {"{\"a\":{\"options\":\"i\"}}", "\"a.options\" must stand beside"},
        {"{\"a\":{\"ilike\":\"x\",\"options\":\"i\"}}", "\"a.options\" must stand beside"},
        {"{\"a\":{\"like\":\"x\",\"options\":\"m\"}}", "\"a.options\" must be \"i\""},
        {"{\"a\":{\"like\":\"x\",\"options\":true}}", "\"a.options\" must be \"i\""},
        {"{\"a\":{\"$date\":\"now\"}}", "\"a\" is wrong: \"$date\" must be"},
        {"{\"a\":{\"gt\":{\"$date\":true}}}", "\"a.gt\" is wrong: \"$date\""},
        {"{\"a\":{\"inq\":[1,{\"$binary\":\"=\"}]}}", "\"a.inq[1]\" is wrong"},
        {"{\"a\":{\"$binary\":5}}", "base64"},
        {"{\"a\":{\"$json\":5}}", "\"$json\" must be a string"},
        {"{\"a\":{\"eq\":{\"$oid\":\"x\"}}}", "\"a.eq\" is wrong: there is no type \"$oid\""},
    };
    CU_ASSERT(sizeof rows / sizeof rows[0] >= 40);
    expect_refusals(rows, sizeof rows / sizeof rows[0], ask_filter);
    CU_ASSERT_EQUAL(ds_filter_parse(NULL, &(ds_filter *){NULL}, NULL), DS_INVALID);
    CU_ASSERT_EQUAL(ds_filter_parse("{}", NULL, NULL), DS_INVALID);
}

static ds_status ask_query(const char *text)
{
    ds_query *query = NULL;
    ds_status status = ds_query_parse(text, &query, &scene_error);
    CU_ASSERT(status == DS_OK || query == NULL);
    ds_query_free(query);
    return status;
}

static void malformed_queries_are_refused_with_their_place(void)
{
    static const refusal rows[] = {
        {"", "cannot be read"},
        {"[]", "the filter must be an object"},
        {"{\"include\":\"orders\"}", "\"include\" is not supported"},
        {"{\"wher\":{}}", "\"wher\" is unknown"},
        {"{\"age\":5}", "\"age\" is unknown"},
        {"{\"where\":null}", "\"where\" must be an object"},
        {"{\"where\":{\"a\":{}}}", "\"a\" is an empty object"},
        {"{\"order\":5}", "\"order\" must be a string"},
        {"{\"order\":[1]}", "\"order[0]\" must be a string"},
        {"{\"order\":[\"a,b\"]}", "\"order[0]\" must name one property"},
        {"{\"order\":{\"a\":-1}}", "\"order\" must be"},
        {"{\"order\":\"a\\u0000\"}", "NUL"},
        {"{\"limit\":-1}", "\"limit\" must not be negative"},
        {"{\"limit\":1.5}", "\"limit\" must be a whole number"},
        {"{\"limit\":\"10\"}", "\"limit\" must be a whole number"},
        {"{\"limit\":null}", "\"limit\" must be a whole number"},
        {"{\"skip\":null}", "\"skip\" must be a whole number"},
        {"{\"order\":null}", "\"order\" must be a string"},
        {"{\"fields\":null}", "\"fields\" must be a name"},
        {"{\"after\":null}", "\"after\" must be a string"},
        {"{\"skip\":-2}", "\"skip\" must not be negative"},
        {"{\"offset\":true}", "\"offset\" must be a whole number"},
        {"{\"skip\":1,\"offset\":2}", "that differ"},
        {"{\"skip\":9007199254740992,\"offset\":9007199254740993}", "that differ"},
        {"{\"fields\":5}", "\"fields\" must be a name"},
        {"{\"fields\":[1]}", "\"fields[0]\" must be a string"},
        {"{\"fields\":[\"a\\u0000\"]}", "NUL"},
        {"{\"fields\":{\"a\":1}}", "\"fields.a\" must be true or false"},
        {"{\"after\":1}", "\"after\" must be a string"},
    };
    expect_refusals(rows, sizeof rows / sizeof rows[0], ask_query);
}

static void a_query_is_read_whole(void)
{
    ds_query *query = NULL;
    CU_ASSERT_EQUAL_FATAL(
        ds_query_parse("{\"where\":{\"i\":{\"gt\":1}},\"order\":[\"i DESC\",\"s\"],\"limit\":10.0,\"skip\":3,"
                       "\"offset\":3,\"fields\":[\"i\",\"s\"],\"after\":\"m\"}",
                       &query, &scene_error),
        DS_OK);
    CU_ASSERT_EQUAL(query->size, sizeof *query);
    char *where = ds_filter_print(query->where);
    CU_ASSERT_STRING_EQUAL(where, "{\"i\":{\"gt\":1}}");
    ds_free(where);
    CU_ASSERT_STRING_EQUAL(query->order, "i DESC,s");
    CU_ASSERT_EQUAL(query->limit, 10);
    CU_ASSERT_EQUAL(query->skip, 3);
    CU_ASSERT_EQUAL(query->field_count, 2);
    CU_ASSERT_STRING_EQUAL(query->fields[1], "s");
    CU_ASSERT(!query->exclude_fields);
    CU_ASSERT_STRING_EQUAL(query->after, "m");
    ds_query_free(query);
    CU_ASSERT_EQUAL_FATAL(ds_query_parse("{\"order\":[]}", &query, NULL), DS_OK);
    CU_ASSERT(query->where == NULL && query->order == NULL && query->field_count == 0 && query->limit == 0);
    ds_query_free(query);
    ds_query_free(NULL);
}

static void expect_fields(const char *json, const char *names, bool excluded)
{
    char text[128] = "", all[128] = "";
    ds_query *query = NULL;
    snprintf(all, sizeof all, "{\"fields\":%s}", json);
    CU_ASSERT_EQUAL_FATAL(ds_query_parse(all, &query, NULL), DS_OK);
    for (size_t i = 0; i < query->field_count; i++) {
        strcat(text, query->fields[i]);
        strcat(text, " ");
    }
    CU_ASSERT_STRING_EQUAL(text, names);
    CU_ASSERT_EQUAL(query->exclude_fields, excluded);
    ds_query_free(query);
}

static void fields_are_given_in_three_ways(void)
{
    expect_fields("\"a\"", "a ", false);
    expect_fields("[\"a\",\"b\"]", "a b ", false);
    expect_fields("[]", "", false);
    expect_fields("{}", "", false);
    expect_fields("{\"a\":true,\"b\":true}", "a b ", false);
    expect_fields("{\"a\":false,\"b\":false}", "a b ", true);
    expect_fields("{\"a\":true,\"b\":false}", "a ", false);
}

/* ---- printing ---- */

static void expect_print(const char *where, const char *printed)
{
    ds_filter *filter = NULL;
    CU_ASSERT_EQUAL_FATAL(ds_filter_parse(where, &filter, NULL), DS_OK);
    char *text = ds_filter_print(filter);
    CU_ASSERT_STRING_EQUAL(text, printed);
    ds_free(text);
    ds_filter_free(filter);
}

static void a_filter_prints_as_loopback_writes_it(void)
{
    expect_print("{}", "{}");
    expect_print("{\"a\":1}", "{\"a\":{\"eq\":1}}");
    expect_print("{\"a\":{\"gt\":1.0,\"lt\":1e300}}", "{\"and\":[{\"a\":{\"gt\":1.0}},{\"a\":{\"lt\":1e+300}}]}");
    expect_print("{\"or\":[{\"a\":null},{}]}", "{\"or\":[{\"a\":{\"eq\":null}},{}]}");
    expect_print("{\"nor\":[{\"a\":\"x\\u0000\"}]}", "{\"nor\":[{\"a\":{\"eq\":\"x\\u0000\"}}]}");
    expect_print("{\"nor\":[{},{}]}", "{\"nor\":[{\"or\":[{},{}]}]}");
    expect_print("{\"a\":{\"inq\":[]}}", "{\"a\":{\"inq\":[]}}");
    expect_print("{\"a\":{\"between\":[{\"$date\":0},9007199254740993]}}",
                 "{\"a\":{\"between\":[{\"$date\":\"1970-01-01T00:00:00.000Z\"},9007199254740993]}}");
    expect_print("{\"a\":{\"$binary\":\"AAE=\"}}", "{\"a\":{\"eq\":{\"$binary\":\"AAE=\"}}}");
    expect_print("{\"a\":{\"eq\":{\"b\":[1,2.0]}}}", "{\"a\":{\"eq\":{\"b\":[1,2.0]}}}");
    expect_print("{\"a\":{\"like\":\"x%\",\"options\":\"i\"}}", "{\"a\":{\"ilike\":\"x%\"}}");
    expect_print("{\"a\":{\"regexp\":\"x\",\"options\":\"i\"}}", "{\"a\":{\"regexp\":\"/x/i\"}}");
    expect_print("{\"a\":{\"regexp\":\"/a/b/m\",\"options\":\"i\"}}", "{\"a\":{\"regexp\":\"/a/b/mi\"}}");
    expect_print("{\"\\\\and\":1}", "{\"\\\\and\":{\"eq\":1}}");
    expect_print("{\"\\\\\\\\x\":1}", "{\"\\\\\\\\x\":{\"eq\":1}}");
    expect_print("{\"\\\\x\":1}", "{\"x\":{\"eq\":1}}");
    CU_ASSERT_PTR_NULL(ds_filter_print(NULL));
}

static void a_property_may_be_named_like_an_operator(void)
{
    ds_record *record = scene_record(scene_free, "{\"id\":\"1\",\"and\":\"x\",\"\\\\n\":\"y\"}");
    ds_filter *filter = DS_ALL(ds_where("and", DS_EQ, ds_string("x")), ds_where("\\n", DS_EQ, ds_string("y"))),
              *again = NULL;
    char *text = ds_filter_print(filter);
    CU_ASSERT_EQUAL(scene_matches(scene_free, record, filter), 1);
    CU_ASSERT_EQUAL(ds_filter_parse(text, &again, NULL), DS_OK);
    CU_ASSERT_EQUAL(scene_matches(scene_free, record, again), 1);
    ds_free(text);
    ds_filter_free(filter);
    ds_filter_free(again);
    ds_record_free(record);
}

static void a_printed_filter_means_what_it_meant(void)
{
    int answers[3] = {0};
    for (uint64_t round = 1; round <= 6000; round++) {
        definition *of = round % 3 == 0 ? scene_strict : round % 3 == 1 ? scene_loose : scene_free;
        ds_filter *again = NULL;
        chance_seed(round);
        ds_filter *filter = chance_filter(4);
        char *text = ds_filter_print(filter);
        CU_ASSERT_EQUAL_FATAL(ds_filter_parse(text, &again, &scene_error), DS_OK);
        char *twice = ds_filter_print(again);
        CU_ASSERT_STRING_EQUAL(twice, text);
        ds_record *record = chance_record(of);
        int meant = scene_matches(of, record, filter), means = scene_matches(of, record, again);
        CU_ASSERT_EQUAL(means, meant);
        if (means != meant)
            printf("\n%s: %d, not %d. %s", text, means, meant, scene_error.message);
        answers[meant + 1]++;
        ds_free(text);
        ds_free(twice);
        ds_record_free(record);
        ds_filter_free(filter);
        ds_filter_free(again);
    }
    CU_ASSERT(answers[1] > 500 && answers[2] > 500);
}

static void a_bound_filter_prints_what_it_means_too(void)
{
    int held = 0;
    for (uint64_t round = 1; round <= 3000; round++) {
        ds_filter *bound = NULL, *again = NULL;
        chance_seed(round + 5000);
        ds_filter *filter = chance_filter(2);
        ds_record *record = chance_record(scene_loose);
        if (filter_bind(filter, scene_loose, &bound, NULL) == DS_OK) {
            char *text = ds_filter_print(bound);
            CU_ASSERT_EQUAL(ds_filter_parse(text, &again, NULL), DS_OK);
            int meant = scene_matches(scene_loose, record, filter);
            int means = scene_matches(scene_loose, record, again);
            CU_ASSERT_EQUAL(means, meant);
            if (means != meant)
                printf("\n%s: %d, not %d. %s", text, means, meant, scene_error.message);
            held += meant;
            ds_free(text);
        }
        ds_filter_free(again);
        ds_filter_free(bound);
        ds_filter_free(filter);
        ds_record_free(record);
    }
    CU_ASSERT(held > 300);
}

static void what_no_record_holds_is_refused_after_printing_too(void)
{
    const ds_value values[] = {
        ds_number(0.0 / 0.0), ds_date(INT64_MAX), ds_json("{bad"), ds_json(""), {.type = DS_TOO_LONG}};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        ds_filter *filter = ds_where("x", DS_EQ, values[i]);
        char *text = ds_filter_print(filter);
        CU_ASSERT_PTR_NOT_NULL_FATAL(text);
        CU_ASSERT_EQUAL(scene_check(scene_strict, text), DS_INVALID);
        ds_free(text);
        ds_filter_free(filter);
    }
    ds_filter *bytes = ds_where("s", DS_LIKE, ds_string("\xFF%"));
    char *text = ds_filter_print(bytes);
    CU_ASSERT_STRING_EQUAL(text, "{\"s\":{\"like\":{\"$string\":\"/yU=\"}}}");
    CU_ASSERT_EQUAL(scene_check(scene_strict, text), DS_OK);
    ds_free(text);
    ds_filter_free(bytes);
}

/* ---- depth ---- */

static char *nested(size_t depth, const char *open, const char *middle, const char *close)
{
    char *text = calloc(depth * (strlen(open) + strlen(close)) + strlen(middle) + 1, 1), *at = text;
    for (size_t i = 0; i < depth; i++)
        at = stpcpy(at, open);
    at = stpcpy(at, middle);
    for (size_t i = 0; i < depth; i++)
        at = stpcpy(at, close);
    return text;
}

static void a_filter_that_is_too_deep_is_refused(void)
{
    static const struct {
        size_t depth;
        ds_status status;
    } rows[] = {{1, DS_OK}, {99, DS_OK}, {100, DS_INVALID}, {500, DS_INVALID}, {100000, DS_INVALID}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *text = nested(rows[i].depth, "{\"and\":[", "{\"i\":1}", "]}");
        CU_ASSERT_EQUAL(scene_check(scene_strict, text), rows[i].status);
        CU_ASSERT(rows[i].status == DS_OK || strstr(scene_error.message, "nested") != NULL);
        free(text);
    }
    char *text = nested(60, "{\"i\":1,\"or\":[", "{}", "]}"); /* two levels each, as all of one object must hold */
    CU_ASSERT_EQUAL(scene_check(scene_strict, text), DS_INVALID);
    CU_ASSERT(strstr(scene_error.message, "nested more than 100 levels deep") != NULL);
    free(text);
    char *literal = nested(1500, "[", "", "]"), *where = calloc(1, strlen(literal) + 40);
    sprintf(where, "{\"a\":{\"eq\":%s}}", literal);
    CU_ASSERT_EQUAL(scene_check(scene_strict, where), DS_OK);
    free(literal);
    free(where);
}

static void a_filter_that_was_built_too_deep_is_refused(void)
{
    ds_filter *filter = ds_where("i", DS_EQ, ds_integer(1)), *bound = NULL;
    for (int i = 0; i < 99; i++)
        filter = ds_not(filter);
    CU_ASSERT_EQUAL(filter_bind(filter, scene_strict, &bound, NULL), DS_OK);
    ds_filter_free(bound);
    for (int i = 0; i < 100000; i++)
        filter = i % 2 == 0 ? ds_not(filter) : DS_ANY(filter, ds_everything());
    CU_ASSERT_PTR_NOT_NULL(filter);
    CU_ASSERT_EQUAL(filter_bind(filter, scene_strict, &bound, &scene_error), DS_INVALID);
    CU_ASSERT(strstr(scene_error.message, "nested more than 100 levels deep") != NULL);
    char *text = ds_filter_print(filter);
    CU_ASSERT_EQUAL(ask_filter(text), DS_INVALID);
    ds_free(text);
    ds_filter_free(filter);
}

static void a_missing_child_frees_the_others(void)
{
    CU_ASSERT_PTR_NULL(DS_ALL(ds_where("a", DS_EQ, ds_null()), NULL, ds_everything()));
    CU_ASSERT_PTR_NULL(DS_ANY(NULL, ds_where("a", DS_EQ, ds_null())));
    CU_ASSERT_PTR_NULL(ds_not(NULL));
    CU_ASSERT_PTR_NULL(ds_all(NULL, 2));
    ds_filter *all = ds_all(NULL, 0);
    CU_ASSERT_PTR_NOT_NULL(all);
    ds_filter_free(all);
    ds_filter_free(NULL);
    ds_filter_free(ds_everything());
}

/* ---- what a connector sees ---- */

static void a_connector_sees_bound_nodes(void)
{
    ds_filter *filter = NULL, *bound = NULL;
    ds_filter_node node = {.size = sizeof node}, child = {.size = sizeof child};
    CU_ASSERT_EQUAL(
        ds_filter_parse("{\"i\":{\"inq\":[\"7\",null]},\"o.b.c\":1,\"a\":{\"contains\":[1,\"x\"]}}", &filter, NULL),
        DS_OK);
    CU_ASSERT_EQUAL_FATAL(filter_bind(filter, scene_strict, &bound, NULL), DS_OK);
    ds_filter_view(bound, &node);
    CU_ASSERT_EQUAL(node.kind, DS_FILTER_ALL);
    CU_ASSERT_EQUAL_FATAL(node.child_count, 3);
    ds_filter_view(node.children[0], &child);
    CU_ASSERT_EQUAL(child.op, DS_IN);
    CU_ASSERT_EQUAL(child.value_count, 2);
    CU_ASSERT(child.values[0].type == DS_INTEGER && child.values[0].as.integer == 7 && child.values[1].type == DS_NULL);
    CU_ASSERT_EQUAL(child.slot, definition_slot(scene_strict, "i", 1));
    ds_filter_view(node.children[1], &child);
    CU_ASSERT_STRING_EQUAL(child.property, "o");
    CU_ASSERT_STRING_EQUAL(child.path, "b.c");
    ds_filter_view(node.children[2], &child);
    CU_ASSERT_EQUAL(child.value_count, 2);
    CU_ASSERT(child.values[1].type == DS_STRING && child.values[1].length == 1);
    ds_filter_node small = {.size = offsetof(ds_filter_node, property), .property = "kept"};
    ds_filter_view(node.children[2], &small);
    CU_ASSERT_STRING_EQUAL(small.property, "kept");
    CU_ASSERT_EQUAL(small.op, DS_CONTAINS);
    ds_filter_view(ds_everything(), &node);
    CU_ASSERT_EQUAL(node.kind, DS_FILTER_EVERYTHING);
    ds_filter_view(NULL, &node);
    CU_ASSERT(node.kind == DS_FILTER_ANY && node.child_count == 0);
    ds_filter_free(filter);
    ds_filter_free(bound);
}

static ds_status use_filter(void *user, ds_error *err)
{
    ds_query *query = NULL;
    ds_filter *bound = NULL, *again = NULL, *built = NULL;
    char *text = NULL;
    ds_status status = ds_query_parse(user, &query, err);
    if (status == DS_OK && (text = ds_filter_print(query->where)) == NULL)
        status = ds_error_set(err, DS_NOMEM, "no text");
    if (status == DS_OK)
        status = ds_filter_parse(text, &again, err);
    if (status == DS_OK)
        status = filter_bind(again, scene_strict, &bound, err);
    if (status == DS_OK) {
        built = DS_ANY(ds_where("a", DS_EQ, ds_json("[1]")), ds_not(ds_where_between("b", ds_null(), ds_string("x"))));
        if (built == NULL)
            status = ds_error_set(err, DS_NOMEM, "no filter");
    }
    ds_free(text);
    ds_filter_free(built);
    ds_filter_free(bound);
    ds_filter_free(again);
    ds_query_free(query);
    return status;
}

static void nothing_is_lost_where_memory_is_out(void)
{
    static char json[] =
        "{\"where\":{\"nor\":[{\"s\":{\"regexp\":\"a\",\"options\":\"i\"},\"y\":{\"$binary\":\"AAE=\"}},"
        "{\"a\":{\"contains\":[\"\\n\",[1]]}},{\"i\":{\"between\":[1,\"2\"]}},{\"x\":1}]},"
        "\"order\":[\"i\",\"s DESC\"],\"fields\":{\"i\":true},\"after\":\"x\"}";
    size_t allocations = 0;
    CU_ASSERT(failing_everywhere(use_filter, json, &allocations));
    CU_ASSERT(allocations > 30);
}

int main(void)
{
    static const test tests[] = {
        {"Malformed filters are refused with their place", malformed_filters_are_refused_with_their_place},
        {"Malformed queries are refused with their place", malformed_queries_are_refused_with_their_place},
        {"A query is read whole", a_query_is_read_whole},
        {"Fields are given in three ways", fields_are_given_in_three_ways},
        {"A filter prints as LoopBack writes it", a_filter_prints_as_loopback_writes_it},
        {"A property may be named like an operator", a_property_may_be_named_like_an_operator},
        {"A printed filter means what it meant", a_printed_filter_means_what_it_meant},
        {"A bound filter prints what it means, too", a_bound_filter_prints_what_it_means_too},
        {"What no record holds is refused after printing, too", what_no_record_holds_is_refused_after_printing_too},
        {"A filter that is too deep is refused", a_filter_that_is_too_deep_is_refused},
        {"A filter that was built too deep is refused", a_filter_that_was_built_too_deep_is_refused},
        {"A missing child frees the others", a_missing_child_frees_the_others},
        {"A connector sees bound nodes", a_connector_sees_bound_nodes},
        {"Nothing is lost where memory is out", nothing_is_lost_where_memory_is_out},
    };
    int failed = scene_open() ? SUITE_RUN("query_json", tests) : 1;
    scene_close();
    return failed;
}
