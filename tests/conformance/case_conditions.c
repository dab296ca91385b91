/* Cases of `expected`: what a record must still hold when it is written. The library compares so where a connector has no
 * one statement for it, so the mask is on; and another client comes between its reading and its writing. */
#include "steps.h"

#define ALL                                                                                                            \
    "\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"s\":\"string\",\"i\":\"integer\",\"n\":\"number\","    \
    "\"b\":\"boolean\",\"d\":\"date\",\"x\":\"binary\",\"o\":\"object\",\"a\":\"array\",\"y\":\"any\"},"               \
    "\"settings\":{\"strict\":false}"

static void store(run *r)
{
    step_create(r, "{\"id\":\"a\",\"name\":\"Ada\",\"age\":36,\"tags\":[1]}", DS_OK);
    step_create(r, "{\"id\":\"b\",\"name\":\"Bob\",\"age\":9}", DS_OK);
    step_create(r, "{\"id\":\"c\",\"name\":\"Cy\",\"age\":70}", DS_OK);
    step_create(r, "{\"id\":\"d\",\"name\":\"Di\"}", DS_OK);
}

/* ---- what the other client does ---- */

static void between(run *r)
{
    trace_comment(
        r, "the library has read the record and is about to write it; before it does, another client does this:");
}

static void sets_99(run *r)
{
    between(r);
    step_update(r, "a", "{\"age\":99}", DS_OK);
}

static void sets_37(run *r)
{
    between(r);
    step_update(r, "a", "{\"age\":37}", DS_OK);
}

static void removes_age(run *r)
{
    between(r);
    step_update(r, "a", "{\"age\":null}", DS_OK);
}

static void gives_age(run *r)
{
    between(r);
    step_update(r, "d", "{\"age\":5}", DS_OK);
}

static void deletes(run *r)
{
    between(r);
    step_delete(r, "a", DS_OK);
}

/* ---- the cases ---- */

static void update_changed(run *r)
{
    store(r);
    meddle_once(sets_99, r);
    step_update_where(r, "{\"age\":36}", "{\"score\":1}", 0);
    step_get(r, "a", "{\"id\":\"a\",\"name\":\"Ada\",\"age\":99,\"member\":false,\"tags\":[1]}");
    meddle_once(removes_age, r);
    step_update_where(r, "{\"age\":99}", "{\"score\":1}", 0);
    step_get(r, "a", "{\"id\":\"a\",\"name\":\"Ada\",\"member\":false,\"tags\":[1]}");
}

static void delete_changed(run *r)
{
    store(r);
    meddle_once(sets_99, r);
    step_delete_where(r, "{\"age\":36}", 0);
    step_exists(r, "a", true);
    meddle_once(removes_age, r);
    step_delete_where(r, "{\"age\":{\"gt\":80}}", 0);
    step_count(r, NULL, 4);
}

static void still_matches(run *r)
{
    store(r);
    meddle_once(sets_37, r);
    step_update_where(r, "{\"age\":{\"gt\":20}}", "{\"score\":1}", 2);
    step_get(r, "a", "{\"id\":\"a\",\"name\":\"Ada\",\"age\":37,\"score\":1.0,\"member\":false,\"tags\":[1]}");
    step_get(r, "c", "{\"id\":\"c\",\"name\":\"Cy\",\"age\":70,\"score\":1.0,\"member\":false}");
}

static void must_be_absent(run *r)
{
    store(r);
    meddle_once(gives_age, r);
    step_update_where(r, "{\"age\":null}", "{\"score\":1}", 0);
    step_get(r, "d", "{\"id\":\"d\",\"name\":\"Di\",\"age\":5,\"member\":false}");
    step_update(r, "d", "{\"age\":null}", DS_OK);
    meddle_once(gives_age, r);
    step_delete_where(r, "{\"age\":null}", 0);
    step_update(r, "d", "{\"age\":null}", DS_OK);
    step_delete_where(r, "{\"age\":null}", 1);
}

static void gone(run *r)
{
    store(r);
    meddle_once(deletes, r);
    step_update_where(r, "{\"age\":36}", "{\"score\":1}", 0);
    step_get(r, "a", NULL);
    step_count(r, NULL, 3);
}

static void increment(run *r)
{
    store(r);
    meddle_once(sets_99, r);
    step_increment(r, "a", "age", ds_integer(1), "100", DS_OK);
    meddle_once(removes_age, r);
    step_increment(r, "a", "age", ds_integer(3), "3", DS_OK);
    meddle_once(gives_age, r);
    step_increment(r, "d", "age", ds_integer(2), "7", DS_OK);
}

/* What nobody has changed still holds, whatever its type is: a filter by each property, and an update by it. */
static void each_type(run *r)
{
    static const char *const filters[] = {"{\"s\":\"a\\u0000b'\\\"\"}",
                                          "{\"i\":9007199254740993}",
                                          "{\"n\":0.1}",
                                          "{\"b\":false}",
                                          "{\"d\":\"0001-01-01\"}",
                                          "{\"x\":\"AP8=\"}",
                                          "{\"o\":{\"eq\":{\"k\":1}}}",
                                          "{\"a\":{\"eq\":[1,\"a\"]}}",
                                          "{\"y\":1.0}",
                                          "{\"u\":\"01\"}",
                                          "{\"s\":{\"neq\":\"\"},\"i\":{\"gt\":0},\"v\":null}"};
    step_create(
        r,
        "{\"id\":\"a\",\"s\":\"a\\u0000b'\\\"\",\"i\":9007199254740993,\"n\":0.1,\"b\":false,\"d\":\"0001-01-01\","
        "\"x\":\"AP8=\",\"o\":{\"k\":1},\"a\":[1,\"a\"],\"y\":1.0,\"u\":\"01\"}",
        DS_OK);
    step_create(r, "{\"id\":\"b\",\"s\":\"\",\"n\":-0.0,\"y\":\"\",\"a\":[],\"o\":{},\"x\":\"\"}", DS_OK);
    size_t start = trace_position(r);
    for (size_t i = 0; i < sizeof filters / sizeof *filters && !r->failed; i++) {
        trace_forget(r, start);
        step_update_where(r, filters[i], "{\"w\":\"done\"}", 1);
    }
    step_update_where(r, "{\"n\":0,\"s\":\"\",\"y\":\"\",\"x\":\"\",\"o\":{\"eq\":{}},\"a\":{\"eq\":[]}}",
                      "{\"w\":\"done\"}", 1);
    step_delete_where(r, "{\"w\":\"done\"}", 2);
}

/* Under the mask, whatever the suite was told. */
static void masked(run *r, void (*body)(run *))
{
    bool before = mask_put_on(true);
    trace_comment(r, "masked: the library reads, compares and writes; what it has read is in `expected`");
    body(r);
    meddle_once(NULL, NULL);
    mask_put_on(before);
}

static void run_update_changed(run *r)
{
    masked(r, update_changed);
}
static void run_delete_changed(run *r)
{
    masked(r, delete_changed);
}
static void run_still_matches(run *r)
{
    masked(r, still_matches);
}
static void run_must_be_absent(run *r)
{
    masked(r, must_be_absent);
}
static void run_gone(run *r)
{
    masked(r, gone);
}
static void run_increment(run *r)
{
    masked(r, increment);
}
static void run_each_type(run *r)
{
    masked(r, each_type);
}

static const rule_case cases[] = {
    {"a record that was changed meanwhile is not updated", &rule_expected, PERSON, run_update_changed},
    {"a record that was changed meanwhile is not deleted", &rule_expected, PERSON, run_delete_changed},
    {"a record that was changed and still matches is updated", &rule_expected, PERSON, run_still_matches},
    {"what was absent must be absent still", &rule_expected_absent, PERSON, run_must_be_absent},
    {"a record that is gone meanwhile is not made again", &rule_missing, PERSON, run_gone},
    {"an increment adds to what another client has put there", &rule_expected, PERSON, run_increment},
    {"what nobody has changed still holds, of every type", &rule_expected_holds, ALL, run_each_type},
};
const group group_conditions = {"conditions", cases, sizeof cases / sizeof *cases};
