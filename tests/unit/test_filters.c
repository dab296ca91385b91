/* What each operator means, for every type of property: DESIGN's table, row by row. */
#include "scene.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

/* Values of one property in ascending order, as they stand in JSON: of a record and of a literal. */
typedef struct ladder {
    definition **model;
    const char *property, *record_format; /* with one %s */
    const char *values[8];
} ladder;

#define FLAT(name) "{\"id\":\"1\",\"" name "\":%s}"

static const ladder ladders[] = {
    {&scene_strict, "s", FLAT("s"), {"\"\"", "\"Z\"", "\"a\"", "\"a\\u0000\"", "\"ab\"", "\"\xC3\xA9\""}},
    {&scene_strict, "i", FLAT("i"), {"-9223372036854775808", "-1", "0", "9007199254740992", "9007199254740993"}},
    {&scene_strict, "n", FLAT("n"), {"-1e300", "-0.5", "0", "5e-324", "1", "1.5", "1e300"}},
    {&scene_strict, "b", FLAT("b"), {"false", "true"}},
    {&scene_strict, "d", FLAT("d"), {"\"0000-01-01\"", "\"1970-01-01T00:00:00Z\"", "\"2024-02-29T12:00:00.001Z\""}},
    {&scene_strict, "y", FLAT("y"), {"\"\"", "\"AA==\"", "\"AAA=\"", "\"AQ==\"", "\"/w==\""}},
    {&scene_strict, "id", "{\"id\":%s}", {"\"1\"", "\"10\"", "\"9\""}},
    {&scene_strict, "o.dot", FLAT("o.dot"), {"\"a\"", "\"b\""}},
    {&scene_loose, "i", FLAT("i"), {"1", "2", "3"}},
    {&scene_strict, "x", FLAT("x"), {"false", "true", "-1", "2", "2.5", "\"a\"", "\"b\"", "{\"k\":1}"}},
    {&scene_strict, "x", FLAT("x"), {"9007199254740992.0", "9007199254740993", "9007199254740994.0", "1e300"}},
    {&scene_strict,
     "o.k",
     "{\"id\":\"1\",\"o\":{\"j\":[1],\"k\":%s}}",
     {"true", "2", "\"\\n\"", "\"a\\\"b\"", "\"a\\\\\"", "{}"}},
    {&scene_strict, "x.k.l", "{\"id\":\"1\",\"x\":{\"k\":{\"l\":%s}}}", {"1", "2", "\"10\"", "\"9\""}},
    {&scene_loose, "u", FLAT("u"), {"\"\"", "\"10\"", "\"9\"", "\"a\""}},
    {&scene_free, "u", FLAT("u"), {"-1.5", "1", "9", "10", "9007199254740993"}},
    {&scene_free, "u", FLAT("u"), {"false", "true"}},
    {&scene_free, "u.v", FLAT("u.v"), {"\"a\"", "\"b\""}},
};
#define LADDERS (sizeof ladders / sizeof ladders[0])

static size_t rungs(const ladder *of)
{
    size_t n = 0;
    while (n < 8 && of->values[n] != NULL)
        n++;
    return n;
}

static const char *const absent = "{\"id\":\"1\"}";

/* The format with its %s replaced. */
static void write_record(const ladder *on, const char *value, char out[256])
{
    const char *gap = strstr(on->record_format, "%s");
    snprintf(out, 256, "%.*s%s%s", (int)(gap - on->record_format), on->record_format, value, gap + 2);
}

static void ask(const ladder *on, const char *record, const char *operator_json, int expected)
{
    char where[512];
    snprintf(where, sizeof where, "{\"%s\":%s}", on->property, operator_json);
    const row asked = {record, where, expected};
    CU_ASSERT_EQUAL(scene_rows(*on->model, &asked, 1), 0);
}

static void ask_value(const ladder *on, const char *record, const char *op, const char *value, int expected)
{
    char text[300];
    snprintf(text, sizeof text, "{\"%s\":%s}", op, value);
    ask(on, record, text, expected);
}

static void ask_pair(const ladder *on, const char *record, size_t i, size_t j)
{
    char list[256];
    const char *literal = on->values[j];
    if (literal[0] != '{') /* an object alone is one of operators */
        ask(on, record, literal, i == j);
    ask_value(on, record, "eq", literal, i == j);
    ask_value(on, record, "neq", literal, i != j);
    ask_value(on, record, "gt", literal, i > j);
    ask_value(on, record, "gte", literal, i >= j);
    ask_value(on, record, "lt", literal, i < j);
    ask_value(on, record, "lte", literal, i <= j);
    snprintf(list, sizeof list, "[null,%s,%s]", literal, literal);
    ask_value(on, record, "inq", list, i == j);
    ask_value(on, record, "nin", list, i != j);
    for (size_t k = 0; k < rungs(on); k++) {
        snprintf(list, sizeof list, "[%s,%s]", literal, on->values[k]);
        ask_value(on, record, "between", list, i >= j && i <= k);
        ask_value(on, record, "inq", list, i == j || i == k);
        ask_value(on, record, "nin", list, i != j && i != k);
    }
}

static void comparisons_follow_the_order_of_each_type(void)
{
    for (size_t t = 0; t < LADDERS; t++) {
        const ladder *on = &ladders[t];
        for (size_t i = 0; i < rungs(on); i++) {
            char record[256];
            write_record(on, on->values[i], record);
            for (size_t j = 0; j < rungs(on); j++)
                ask_pair(on, record, i, j);
        }
    }
}

static void ask_null(const ladder *on, const char *record, bool is_null)
{
    ask(on, record, "null", is_null);
    ask(on, record, "{\"eq\":null}", is_null);
    ask(on, record, "{\"neq\":null}", !is_null);
    ask(on, record, "{\"exists\":true}", !is_null);
    ask(on, record, "{\"exists\":false}", is_null);
    ask(on, record, "{\"gt\":null}", 0);
    ask(on, record, "{\"gte\":null}", 0);
    ask(on, record, "{\"lt\":null}", 0);
    ask(on, record, "{\"lte\":null}", 0);
    ask(on, record, "{\"between\":[null,null]}", 0);
    ask(on, record, "{\"inq\":[]}", 0);
    ask(on, record, "{\"nin\":[]}", 1);
    ask(on, record, "{\"inq\":[null]}", is_null);
    ask(on, record, "{\"nin\":[null]}", !is_null);
}

static void null_is_absent_for_every_type(void)
{
    for (size_t t = 0; t < LADDERS; t++) {
        const ladder *on = &ladders[t];
        char record[256];
        write_record(on, on->values[0], record);
        ask_null(on, record, false);
        if (strcmp(on->property, "id") == 0)
            continue;
        ask_null(on, absent, true);
        write_record(on, "null", record);
        ask_null(on, record, true);
    }
}

static void what_is_absent_matches_only_the_complements(void)
{
    for (size_t t = 0; t < LADDERS; t++) {
        const ladder *on = &ladders[t];
        char list[256];
        for (size_t i = 0; strcmp(on->property, "id") != 0 && i < rungs(on); i++) {
            ask_value(on, absent, "eq", on->values[i], 0);
            ask_value(on, absent, "neq", on->values[i], 1);
            ask_value(on, absent, "gt", on->values[i], 0);
            ask_value(on, absent, "gte", on->values[i], 0);
            ask_value(on, absent, "lt", on->values[i], 0);
            ask_value(on, absent, "lte", on->values[i], 0);
            snprintf(list, sizeof list, "[%s,%s]", on->values[i], on->values[i]);
            ask_value(on, absent, "between", list, 0);
            ask_value(on, absent, "inq", list, 0);
            ask_value(on, absent, "nin", list, 1);
            snprintf(list, sizeof list, "[%s,null]", on->values[i]);
            ask_value(on, absent, "inq", list, 1);
            ask_value(on, absent, "nin", list, 0);
            ask_value(on, absent, "between", list, 0);
        }
        if (strcmp(on->property, "id") == 0)
            continue;
        ask(on, absent, "{\"like\":\"%\"}", 0);
        ask(on, absent, "{\"nlike\":\"%\"}", 1);
        ask(on, absent, "{\"nilike\":\"%\"}", 1);
        ask(on, absent, "{\"regexp\":\"\"}", 0);
    }
}

static void like_asks_strings_alone(void)
{
    static const row rows[] = {
        {"{\"id\":\"1\",\"i\":12}", "{\"i\":{\"like\":\"12\"}}", 0},
        {"{\"id\":\"1\",\"i\":12}", "{\"i\":{\"nlike\":\"12\"}}", 1},
        {"{\"id\":\"1\",\"n\":1.5}", "{\"n\":{\"ilike\":\"%\"}}", 0},
        {"{\"id\":\"1\",\"b\":true}", "{\"b\":{\"regexp\":\"true\"}}", 0},
        {"{\"id\":\"1\",\"d\":0}", "{\"d\":{\"like\":\"%\"}}", 0},
        {"{\"id\":\"1\",\"y\":\"AA==\"}", "{\"y\":{\"like\":\"%\"}}", 0},
        {"{\"id\":\"1\",\"o\":{\"k\":\"v\"}}", "{\"o\":{\"like\":\"%\"}}", 0},
        {"{\"id\":\"1\",\"o\":{\"k\":\"v\"}}", "{\"o.k\":{\"like\":\"v\"}}", 1},
        {"{\"id\":\"1\",\"o\":{\"k\":\"\\n\\\"x\"}}", "{\"o.k\":{\"like\":\"__x\"}}", 1},
        {"{\"id\":\"1\",\"o\":{\"k\":\"\\n\\\"x\"}}", "{\"o.k\":{\"regexp\":\"^\\\\s\\\"x$\"}}", 1},
        {"{\"id\":\"1\",\"x\":\"v\"}", "{\"x\":{\"ilike\":\"V\"}}", 1},
        {"{\"id\":\"1\",\"x\":5}", "{\"x\":{\"like\":\"5\"}}", 0},
        {"{\"id\":\"1\",\"a\":[1,\"abc\"]}", "{\"a\":{\"like\":\"a%\"}}", 1},
        {"{\"id\":\"1\",\"a\":[1,\"abc\"]}", "{\"a\":{\"nlike\":\"a%\"}}", 0},
        {"{\"id\":\"1\",\"a\":[1,2]}", "{\"a\":{\"nlike\":\"a%\"}}", 1},
        {"{\"id\":\"1\",\"a\":[\"x\",\"abc\"]}", "{\"a\":{\"regexp\":\"/B/i\"}}", 1},
        {"{\"id\":\"1\",\"s\":\"abc\"}", "{\"s\":{\"like\":\"b\"}}", 0},
        {"{\"id\":\"1\",\"s\":\"abc\"}", "{\"s\":{\"regexp\":\"b\"}}", 1},
        {"{\"id\":\"1\",\"s\":\"ABC\"}", "{\"s\":{\"like\":\"a%\",\"options\":\"i\"}}", 1},
        {"{\"id\":\"1\",\"s\":\"ABC\"}", "{\"s\":{\"nlike\":\"a%\",\"options\":\"i\"}}", 0},
        {"{\"id\":\"1\",\"s\":\"ABC\"}", "{\"s\":{\"regexp\":\"b\",\"options\":\"i\"}}", 1},
        {"{\"id\":\"1\",\"s\":\"A\\nBC\"}", "{\"s\":{\"regexp\":\"/^b/m\",\"options\":\"i\"}}", 1},
    };
    SCENE_ROWS(scene_strict, rows);
    static const row texts[] = {
        {"{\"id\":\"1\",\"u\":12}", "{\"u\":{\"like\":\"1_\"}}", 1},
        {"{\"id\":\"1\",\"u\":true}", "{\"u\":{\"regexp\":\"^t\"}}", 1},
    };
    SCENE_ROWS(scene_loose, texts);
    SCENE_ROWS(scene_free, texts);
}

static void arrays_hold_where_one_element_does(void)
{
    static const row rows[] = {
        {"{\"id\":\"1\",\"a\":[1,5]}", "{\"a\":5}", 1},
        {"{\"id\":\"1\",\"a\":[1,5]}", "{\"a\":5.0}", 1},
        {"{\"id\":\"1\",\"a\":[1,5]}", "{\"a\":\"5\"}", 0},
        {"{\"id\":\"1\",\"a\":[1,5]}", "{\"a\":{\"neq\":5}}", 0},
        {"{\"id\":\"1\",\"a\":[1,5]}", "{\"a\":{\"neq\":6}}", 1},
        {"{\"id\":\"1\",\"a\":[1,5]}", "{\"a\":{\"gt\":4,\"lt\":2}}", 1},
        {"{\"id\":\"1\",\"a\":[1,5]}", "{\"a\":{\"between\":[2,4]}}", 0},
        {"{\"id\":\"1\",\"a\":[1,3]}", "{\"a\":{\"between\":[2,4]}}", 1},
        {"{\"id\":\"1\",\"a\":[1,\"x\"]}", "{\"a\":{\"gt\":7}}", 1},
        {"{\"id\":\"1\",\"a\":[1,null]}", "{\"a\":{\"lt\":0}}", 0},
        {"{\"id\":\"1\",\"a\":[1,null]}", "{\"a\":null}", 1},
        {"{\"id\":\"1\",\"a\":[1,null]}", "{\"a\":{\"neq\":null}}", 0},
        {"{\"id\":\"1\",\"a\":[1,null]}", "{\"a\":{\"inq\":[null]}}", 1},
        {"{\"id\":\"1\",\"a\":[]}", "{\"a\":null}", 0},
        {"{\"id\":\"1\",\"a\":[]}", "{\"a\":{\"neq\":null}}", 1},
        {"{\"id\":\"1\",\"a\":[]}", "{\"a\":{\"neq\":1}}", 1},
        {"{\"id\":\"1\",\"a\":[]}", "{\"a\":{\"nin\":[null,1]}}", 1},
        {"{\"id\":\"1\",\"a\":[]}", "{\"a\":{\"exists\":true}}", 1},
        {"{\"id\":\"1\",\"a\":[]}", "{\"a\":{\"eq\":[]}}", 1},
        {"{\"id\":\"1\",\"a\":[1,2]}", "{\"a\":{\"eq\":[1,2]}}", 1},
        {"{\"id\":\"1\",\"a\":[1,2]}", "{\"a\":{\"eq\":[2,1]}}", 0},
        {"{\"id\":\"1\",\"a\":[[1,2]]}", "{\"a\":{\"eq\":[1,2]}}", 0},
        {"{\"id\":\"1\",\"a\":[[1,2]]}", "{\"a\":{\"inq\":[[1,2]]}}", 0},
        {"{\"id\":\"1\",\"a\":[1,2]}", "{\"a\":{\"inq\":[7,[1,2]]}}", 1},
        {"{\"id\":\"1\",\"a\":[1,2]}", "{\"a\":{\"inq\":[7,[1],2]}}", 1},
        {"{\"id\":\"1\",\"a\":[1,2]}", "{\"a\":{\"nin\":[7,[1,2]]}}", 0},
        {"{\"id\":\"1\",\"a\":[1,2]}", "{\"a\":{\"gt\":[1,1]}}", 1},
        {"{\"id\":\"1\",\"a\":[1,2]}", "{\"a\":{\"between\":[[1,1],[1,3]]}}", 1},
        {"{\"id\":\"1\",\"a\":[{\"k\":1,\"j\":2}]}", "{\"a\":{\"eq\":{\"j\":2,\"k\":1}}}", 1},
        {"{\"id\":\"1\",\"a\":[{\"k\":1,\"j\":2}]}", "{\"a\":{\"inq\":[{\"j\":2,\"k\":1}]}}", 1},
        {"{\"id\":\"1\",\"a\":[true,\"a\\tb\"]}", "{\"a\":\"a\\tb\"}", 1},
        {"{\"id\":\"1\",\"a\":[true,\"\\u00e9\\ud83d\\ude00\"]}", "{\"a\":{\"inq\":[\"\\u00e9\\ud83d\\ude00\"]}}", 1},
        {"{\"id\":\"1\",\"x\":[1,5]}", "{\"x\":5}", 1},
        {"{\"id\":\"1\",\"x\":[1,5]}", "{\"x\":{\"eq\":[1,5]}}", 1},
        {"{\"id\":\"1\",\"o\":{\"k\":[1,5]}}", "{\"o.k\":{\"neq\":5}}", 0},
        {"{\"id\":\"1\",\"o\":{\"k\":[1,5]}}", "{\"o.k\":{\"gt\":4}}", 1},
    };
    SCENE_ROWS(scene_strict, rows);
}

static void contains_asks_for_all_elements(void)
{
    static const row rows[] = {
        {"{\"id\":\"1\",\"a\":[1,\"x\",null]}", "{\"a\":{\"contains\":[\"x\",1]}}", 1},
        {"{\"id\":\"1\",\"a\":[1,\"x\",null]}", "{\"a\":{\"contains\":[\"x\",2]}}", 0},
        {"{\"id\":\"1\",\"a\":[1,\"x\",null]}", "{\"a\":{\"contains\":\"x\"}}", 1},
        {"{\"id\":\"1\",\"a\":[1,\"x\",null]}", "{\"a\":{\"contains\":null}}", 1},
        {"{\"id\":\"1\",\"a\":[1,\"x\"]}", "{\"a\":{\"contains\":[null]}}", 0},
        {"{\"id\":\"1\",\"a\":[1.0]}", "{\"a\":{\"contains\":[1]}}", 1},
        {"{\"id\":\"1\",\"a\":[]}", "{\"a\":{\"contains\":[]}}", 1},
        {"{\"id\":\"1\"}", "{\"a\":{\"contains\":[]}}", 0},
        {"{\"id\":\"1\"}", "{\"a\":{\"contains\":null}}", 0},
        {"{\"id\":\"1\",\"a\":[[1,2],{\"b\":1,\"a\":2}]}", "{\"a\":{\"contains\":[{\"a\":2,\"b\":1}]}}", 1},
        {"{\"id\":\"1\",\"a\":[[1,2]]}", "{\"a\":{\"contains\":[[1,2]]}}", 1},
        {"{\"id\":\"1\",\"a\":[[1,2]]}", "{\"a\":{\"contains\":[1,2]}}", 0},
        {"{\"id\":\"1\",\"a\":[\"\\\"\",\"a,b\",\"]\"]}", "{\"a\":{\"contains\":[\"]\",\"\\\"\"]}}", 1},
        {"{\"id\":\"1\",\"x\":[1,2]}", "{\"x\":{\"contains\":[2]}}", 1},
        {"{\"id\":\"1\",\"x\":2}", "{\"x\":{\"contains\":[2]}}", 0},
        {"{\"id\":\"1\",\"o\":{\"k\":[1,2]}}", "{\"o.k\":{\"contains\":[2]}}", 1},
        {"{\"id\":\"1\",\"o\":{\"k\":2}}", "{\"o.k\":{\"contains\":[2]}}", 0},
    };
    SCENE_ROWS(scene_strict, rows);
    static const row texts[] = {
        {"{\"id\":\"1\",\"u\":[1,\"x\"]}", "{\"u\":{\"contains\":[\"x\"]}}", 1},
        {"{\"id\":\"1\",\"u\":[1,\"x\"]}", "{\"u\":{\"contains\":[2]}}", 0},
        {"{\"id\":\"1\",\"u\":\"x\"}", "{\"u\":{\"contains\":\"x\"}}", 0},
        {"{\"id\":\"1\",\"u\":\"[x\"}", "{\"u\":{\"contains\":[]}}", 0},
    };
    SCENE_ROWS(scene_loose, texts);
    SCENE_ROWS(scene_free, texts);
}

static void undeclared_text_is_read_as_the_type_of_the_literal(void)
{
    static const row rows[] = {
        {"{\"id\":\"1\",\"u\":\"18\"}", "{\"u\":18}", 1},
        {"{\"id\":\"1\",\"u\":\"18\"}", "{\"u\":\"18\"}", 1},
        {"{\"id\":\"1\",\"u\":\"18.0\"}", "{\"u\":18}", 1},
        {"{\"id\":\"1\",\"u\":\"18.0\"}", "{\"u\":\"18\"}", 0},
        {"{\"id\":\"1\",\"u\":\"9\"}", "{\"u\":{\"lt\":10}}", 1},
        {"{\"id\":\"1\",\"u\":\"9\"}", "{\"u\":{\"lt\":\"10\"}}", 0},
        {"{\"id\":\"1\",\"u\":\"9007199254740993\"}", "{\"u\":9007199254740992}", 0},
        {"{\"id\":\"1\",\"u\":\"9007199254740993\"}", "{\"u\":{\"gt\":9007199254740992.0}}", 1},
        {"{\"id\":\"1\",\"u\":\"36893488147419103233\"}", "{\"u\":36893488147419103232.0}", 0},
        {"{\"id\":\"1\",\"u\":\"-0\"}", "{\"u\":0}", 1},
        {"{\"id\":\"1\",\"u\":\"12x\"}", "{\"u\":12}", 0},
        {"{\"id\":\"1\",\"u\":\"12x\"}", "{\"u\":{\"gt\":99}}", 1},
        {"{\"id\":\"1\",\"u\":\"12x\"}", "{\"u\":{\"lt\":99}}", 0},
        {"{\"id\":\"1\",\"u\":\" 12\"}", "{\"u\":12}", 0},
        {"{\"id\":\"1\",\"u\":\"true\"}", "{\"u\":true}", 1},
        {"{\"id\":\"1\",\"u\":\"1\"}", "{\"u\":true}", 0},
        {"{\"id\":\"1\",\"u\":\"2024-01-01T01:00:00+01:00\"}", "{\"u\":{\"$date\":\"2024-01-01\"}}", 1},
        {"{\"id\":\"1\",\"u\":\"2024-01-02\"}", "{\"u\":{\"gt\":{\"$date\":\"2024-01-01T00:00:00.001Z\"}}}", 1},
        {"{\"id\":\"1\",\"u\":\"2024-01-02\"}", "{\"u\":{\"between\":[{\"$date\":0},{\"$date\":\"2025-01-01\"}]}}", 1},
        {"{\"id\":\"1\",\"u\":\"2024-01-02\"}", "{\"u\":{\"between\":[{\"$date\":0},\"3\"]}}", 1},
        {"{\"id\":\"1\",\"u\":\"AAE=\"}", "{\"u\":{\"$binary\":\"AAE=\"}}", 1},
        {"{\"id\":\"1\",\"u\":\"AAE=\"}", "{\"u\":{\"lt\":{\"$binary\":\"AAI=\"}}}", 1},
        {"{\"id\":\"1\",\"u\":\"7\"}", "{\"u\":{\"inq\":[\"x\",true,7]}}", 1},
        {"{\"id\":\"1\",\"u\":\"7\"}", "{\"u\":{\"nin\":[\"x\",true,7.5]}}", 1},
        {"{\"id\":\"1\",\"u\":\"true\"}", "{\"u\":{\"inq\":[\"x\",true,7]}}", 1},
        {"{\"id\":\"1\",\"u\":\"x\"}", "{\"u\":{\"inq\":[{\"$date\":0},\"x\",true,7]}}", 1},
        {"{\"id\":\"1\",\"u\":\"{ \\\"b\\\" : 1, \\\"a\\\" : 2 }\"}", "{\"u\":{\"eq\":{\"a\":2,\"b\":1}}}", 1},
        {"{\"id\":\"1\",\"u\":[1,2]}", "{\"u\":{\"eq\":[1,2]}}", 1},
        {"{\"id\":\"1\",\"u\":[1,2]}", "{\"u\":1}", 0},
        {"{\"id\":\"1\",\"u\":{\"v\":1}}", "{\"u.v\":1}", 0},
        {"{\"id\":\"1\",\"u.v\":1}", "{\"u.v\":1}", 1},
    };
    SCENE_ROWS(scene_loose, rows);
    SCENE_ROWS(scene_free, rows);
}

static void paths_lead_into_objects_alone(void)
{
    static const row rows[] = {
        {"{\"id\":\"1\",\"o\":{\"k\":{\"l\":\"a\"}}}", "{\"o.k.l\":\"a\"}", 1},
        {"{\"id\":\"1\",\"o\":{\"k\":{\"l\":\"a\"}}}", "{\"o.k\":{\"eq\":{\"l\":\"a\"}}}", 1},
        {"{\"id\":\"1\",\"o\":{\"k\":{\"l\":\"a\"}}}", "{\"o.l\":null}", 1},
        {"{\"id\":\"1\",\"o\":{\"k\":null}}", "{\"o.k\":{\"exists\":true}}", 0},
        {"{\"id\":\"1\",\"o\":{\"k\":[{\"l\":1}]}}", "{\"o.k.l\":1}", 0},
        {"{\"id\":\"1\",\"o\":{\"k\":5}}", "{\"o.k.l\":{\"exists\":false}}", 1},
        {"{\"id\":\"1\",\"o\":{\"a\\\"b\":5,\"\\u00e9\":6}}", "{\"o.a\\\"b\":5,\"o.\\u00e9\":6}", 1},
        {"{\"id\":\"1\",\"x\":{\"k\":5}}", "{\"x.k\":5}", 1},
        {"{\"id\":\"1\",\"x\":\"text\"}", "{\"x.k\":null}", 1},
        {"{\"id\":\"1\",\"o\":{\"dot\":1},\"o.dot\":\"own\"}", "{\"o.dot\":\"own\"}", 1},
        {"{\"id\":\"1\",\"o\":{\"dot\":{\"k\":1}},\"o.dot\":\"own\"}", "{\"o.dot.k\":1}", 1},
    };
    SCENE_ROWS(scene_strict, rows);
}

static void conditions_combine(void)
{
    static const row rows[] = {
        {"{\"id\":\"1\",\"i\":2}", "{}", 1},
        {"{\"id\":\"1\",\"i\":2}", "{\"and\":[]}", 1},
        {"{\"id\":\"1\",\"i\":2}", "{\"or\":[]}", 0},
        {"{\"id\":\"1\",\"i\":2}", "{\"nor\":[]}", 1},
        {"{\"id\":\"1\",\"i\":2}", "{\"i\":{\"gte\":2,\"lt\":3}}", 1},
        {"{\"id\":\"1\",\"i\":3}", "{\"i\":{\"gte\":2,\"lt\":3}}", 0},
        {"{\"id\":\"1\",\"i\":2,\"s\":\"a\"}", "{\"i\":2,\"s\":\"b\"}", 0},
        {"{\"id\":\"1\",\"i\":2,\"s\":\"a\"}", "{\"or\":[{\"i\":2},{\"s\":\"b\"}]}", 1},
        {"{\"id\":\"1\",\"i\":2,\"s\":\"a\"}", "{\"or\":[{\"i\":2},{\"s\":\"b\"}],\"s\":\"b\"}", 0},
        {"{\"id\":\"1\",\"i\":2,\"s\":\"a\"}", "{\"and\":[{\"i\":2},{\"s\":\"a\"}]}", 1},
        {"{\"id\":\"1\",\"i\":2,\"s\":\"a\"}", "{\"nor\":[{\"i\":3},{\"s\":\"b\"}]}", 1},
        {"{\"id\":\"1\",\"i\":2,\"s\":\"a\"}", "{\"nor\":[{\"i\":3},{\"s\":\"a\"}]}", 0},
        {"{\"id\":\"1\",\"i\":2}", "{\"or\":[{}]}", 1},
        {"{\"id\":\"1\",\"i\":2}", "{\"nor\":[{}]}", 0},
    };
    SCENE_ROWS(scene_strict, rows);
}

static void literals_are_coerced_as_values_are(void)
{
    static const row rows[] = {
        {"{\"id\":\"1\",\"i\":12}", "{\"i\":\"12\"}", 1},
        {"{\"id\":\"1\",\"i\":12}", "{\"i\":12.0}", 1},
        {"{\"id\":\"1\",\"i\":12}", "{\"i\":{\"inq\":[\"7\",12.0]}}", 1},
        {"{\"id\":\"1\",\"n\":100}", "{\"n\":\"1e2\"}", 1},
        {"{\"id\":\"1\",\"s\":\"5\"}", "{\"s\":5}", 1},
        {"{\"id\":\"1\",\"s\":\"true\"}", "{\"s\":true}", 1},
        {"{\"id\":\"1\",\"s\":\"2024-01-01T00:00:00.000Z\"}", "{\"s\":{\"$date\":\"2024-01-01\"}}", 1},
        {"{\"id\":\"1\",\"b\":true}", "{\"b\":\"true\"}", 1},
        {"{\"id\":\"1\",\"d\":\"1970-01-01\"}", "{\"d\":0}", 1},
        {"{\"id\":\"1\",\"d\":\"2024-01-01\"}", "{\"d\":{\"lt\":\"2024-01-01T00:00:00.001Z\"}}", 1},
        {"{\"id\":\"1\",\"y\":\"AAE=\"}", "{\"y\":\"AAE=\"}", 1},
        {"{\"id\":\"1\",\"y\":\"AAE=\"}", "{\"y\":{\"$binary\":\"AAE=\"}}", 1},
        {"{\"id\":\"1\",\"o\":{\"b\":1,\"a\":2}}", "{\"o\":{\"eq\":{\"a\":2,\"b\":1}}}", 1},
        {"{\"id\":\"1\",\"n\":-0.0}", "{\"n\":{\"gte\":0,\"lte\":0}}", 1},
    };
    SCENE_ROWS(scene_strict, rows);
}

static void a_text_that_is_not_of_its_type_compares_as_a_string(void)
{
    ds_model model = {.definition = scene_strict};
    ds_record *record = ds_record_new(&model);
    size_t slot = definition_slot(scene_strict, "i", 1);
    CU_ASSERT_EQUAL(ds_record_put_text(record, slot, "12x", 3), DS_OK);
    ds_filter *more = ds_where("i", DS_GT, ds_integer(99)), *same = ds_where("i", DS_EQ, ds_integer(12));
    CU_ASSERT_EQUAL(scene_matches(scene_strict, record, more), 1);
    CU_ASSERT_EQUAL(scene_matches(scene_strict, record, same), 0);
    ds_filter_free(more);
    ds_filter_free(same);
    ds_record_free(record);
}

static void what_does_not_fit_the_model_is_refused(void)
{
    static const refusal refused[] = {
        {"{\"nope\":1}", "the model Thing has no property \"nope\""},
        {"{\"nope\":{\"exists\":true}}", "no property \"nope\""},
        {"{\"or\":[{\"i\":1},{\"nope\":1}]}", "no property \"nope\""},
        {"{\"s.k\":1}", "\"s\" is not an object"},
        {"{\"a.k\":1}", "\"a\" is not an object"},
        {"{\"o.\":1}", "empty part"},
        {"{\"o..k\":1}", "empty part"},
        {"{\"\":1}", "no property \"\""},
        {"{\"i\":\"12x\"}", "property \"i\" of the model Thing is wrong: \"12x\" is not an integer"},
        {"{\"i\":2.5}", "is not an integer"},
        {"{\"i\":{\"inq\":[1,\"x\"]}}", "\"x\" is not an integer"},
        {"{\"i\":{\"between\":[1,true]}}", "property \"i\""},
        {"{\"n\":\"x\"}", "property \"n\""},
        {"{\"n\":9007199254740993}", "a double holds exactly"},
        {"{\"b\":1}", "property \"b\""},
        {"{\"b\":\"yes\"}", "is not a boolean"},
        {"{\"d\":\"yesterday\"}", "is not a date"},
        {"{\"y\":\"!\"}", "is not base64"},
        {"{\"s\":{\"eq\":{}}}", "is not a string"},
        {"{\"o\":5}", "is not an object"},
        {"{\"o\":{\"eq\":[1]}}", "is not an object"},
        {"{\"s\":{\"contains\":\"x\"}}", "\"contains\" takes an array property, and this is of type string"},
        {"{\"o\":{\"contains\":\"x\"}}", "of type object"},
        {"{\"s\":{\"like\":\"x\\\\\"}}", "ends in a backslash"},
        {"{\"i\":{\"ilike\":\"\\\\\"}}", "ends in a backslash"},
        {"{\"s\":{\"regexp\":\"(\"}}", "does not compile: missing closing parenthesis at byte 1"},
        {"{\"s\":{\"regexp\":\"/x/q\"}}", "flags"},
        {"{\"s\":{\"regexp\":\"/usr/bin\"}}", "flags"},
        {"{\"x\":{\"$date\":99999999999999999}}", "years 0000 to 9999"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        CU_ASSERT_EQUAL(scene_check(scene_strict, refused[i].text), DS_INVALID);
        bool said = strstr(scene_error.message, refused[i].sentence) != NULL;
        CU_ASSERT(said);
        if (!said)
            printf("\n%s: \"%s\"", refused[i].text, scene_error.message);
    }
    CU_ASSERT_EQUAL(scene_check(scene_loose, "{\"nope\":1,\"s.k\":2,\"u.\":1}"), DS_OK);
    CU_ASSERT_EQUAL(scene_check(scene_free, "{\"nope\":1,\"a..b\":2}"), DS_OK);
}

static void refuse_value(ds_operator op, ds_value value)
{
    ds_filter *filter = ds_where("x", op, value), *bound = NULL;
    CU_ASSERT_PTR_NOT_NULL(filter);
    CU_ASSERT_EQUAL(filter_bind(filter, scene_strict, &bound, NULL), DS_INVALID);
    CU_ASSERT_PTR_NULL(bound);
    ds_filter_free(filter);
}

static void literals_that_are_no_values_are_refused(void)
{
    refuse_value(DS_EQ, ds_number(0.0 / 0.0));
    refuse_value(DS_GT, ds_number(1e308 * 10));
    refuse_value(DS_EQ, ds_string("\xFF"));
    refuse_value(DS_EQ, ds_json("{bad"));
    refuse_value(DS_EQ, ds_date(INT64_MAX));
    refuse_value(DS_EQ, (ds_value){.type = DS_TOO_LONG});
    refuse_value(DS_LIKE, ds_integer(1));
    refuse_value(DS_REGEXP, ds_null());
    refuse_value(DS_EXISTS, ds_string("true"));
    CU_ASSERT_PTR_NULL(ds_where(NULL, DS_EQ, ds_null()));
    CU_ASSERT_PTR_NULL(ds_where("x", DS_BETWEEN, ds_null()));
    CU_ASSERT_PTR_NULL(ds_where("x", DS_IN, ds_null()));
    CU_ASSERT_PTR_NULL(ds_where_in("x", NULL, 1));
}

static void an_unbound_filter_is_refused(void)
{
    ds_record *record = scene_record(scene_strict, "{\"id\":\"1\"}");
    ds_filter *filter = ds_where("id", DS_EQ, ds_string("1"));
    bool matches = true;
    CU_ASSERT_EQUAL(ds_filter_matches(filter, record, &matches, NULL), DS_INVALID);
    CU_ASSERT_EQUAL(ds_filter_matches(NULL, record, &matches, NULL), DS_INVALID);
    CU_ASSERT_EQUAL(ds_filter_matches(ds_everything(), record, &matches, NULL), DS_OK);
    CU_ASSERT(matches);
    ds_filter_free(filter);
    ds_record_free(record);
}

int main(void)
{
    static const test tests[] = {
        {"Comparisons follow the order of each type", comparisons_follow_the_order_of_each_type},
        {"Null is absent, for every type", null_is_absent_for_every_type},
        {"What is absent matches only the complements", what_is_absent_matches_only_the_complements},
        {"like and regexp ask strings alone", like_asks_strings_alone},
        {"Arrays hold where one element does", arrays_hold_where_one_element_does},
        {"contains asks for all given elements", contains_asks_for_all_elements},
        {"Undeclared text is read as the type of the literal", undeclared_text_is_read_as_the_type_of_the_literal},
        {"Paths lead into objects alone", paths_lead_into_objects_alone},
        {"and, or, nor and several operators combine", conditions_combine},
        {"Literals are coerced as values are", literals_are_coerced_as_values_are},
        {"A stored text that is not of its type is a string", a_text_that_is_not_of_its_type_compares_as_a_string},
        {"What does not fit the model is refused", what_does_not_fit_the_model_is_refused},
        {"Literals that are no values are refused", literals_that_are_no_values_are_refused},
        {"A filter that is not bound is refused", an_unbound_filter_is_refused},
    };
    int failed = scene_open() ? SUITE_RUN("filters", tests) : 1;
    scene_close();
    return failed;
}
