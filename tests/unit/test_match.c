/* Patterns against a reference, folding against what is known of it, and what must hold of any filter on any record. */
#include "scene.h"
#include "suite.h"

#include "query/like.h"
#include "query/regexp.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static int like_holds(const char *pattern, size_t pattern_length, const char *text, size_t length, bool folds)
{
    arena memory = {0};
    like *compiled;
    int holds = -1;
    if (like_compile(pattern, pattern_length, folds, &memory, &compiled, NULL) == DS_OK)
        holds = like_matches(compiled, text, length);
    arena_free(&memory);
    return holds;
}

static void like_matches_the_whole_value(void)
{
    static const struct {
        const char *pattern, *text;
        int like, ilike;
    } rows[] = {
        {"", "", 1, 1},
        {"", "a", 0, 0},
        {"%", "", 1, 1},
        {"%%", "abc", 1, 1},
        {"_", "", 0, 0},
        {"_", "a", 1, 1},
        {"_", "ab", 0, 0},
        {"a", "A", 0, 1},
        {"a%", "abc", 1, 1},
        {"%c", "abc", 1, 1},
        {"%b%", "abc", 1, 1},
        {"b%", "abc", 0, 0},
        {"a%c%e", "abcdcde", 1, 1},
        {"a%c%f", "abcdcde", 0, 0},
        {"%ab", "aab", 1, 1},
        {"%_%_%", "ab", 1, 1},
        {"%_%_%", "a", 0, 0},
        {"_%", "\xC3\xA9", 1, 1},
        {"_", "\xC3\xA9", 1, 1},
        {"__", "\xC3\xA9", 0, 0},
        {"_", "\xF0\x9F\x98\x80", 1, 1},
        {"_", "\xFF", 1, 1},
        {"_", "\xC3", 1, 1},
        {"__", "\xE2\x82", 1, 1},
        {"\xFF%", "\xFFx", 1, 1},
        {"\xC3", "\xC3\xA9", 0, 0},
        {"\\%", "%", 1, 1},
        {"\\%", "x", 0, 0},
        {"\\_", "_", 1, 1},
        {"\\_", "x", 0, 0},
        {"\\\\", "\\", 1, 1},
        {"\\a", "a", 1, 1},
        {"100\\%%", "100% sure", 1, 1},
        {"\xC3\x89T\xC3\x89", "\xC3\xA9t\xC3\xA9", 0, 1},
        {"\xCE\xA3", "\xCF\x82", 0, 1},
        {"stra\xC3\x9F"
         "e",
         "STRA\xE1\xBA\x9E"
         "E",
         0, 1},
        {"stra\xC3\x9F"
         "e",
         "STRASSE", 0, 0},
        {"\xE2\x84\xAA", "k", 0, 1},
        {"\\", "", -1, -1},
        {"a\\", "a", -1, -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t p = strlen(rows[i].pattern), t = strlen(rows[i].text);
        int plain = like_holds(rows[i].pattern, p, rows[i].text, t, false);
        int folded = like_holds(rows[i].pattern, p, rows[i].text, t, true);
        CU_ASSERT_EQUAL(plain, rows[i].like);
        CU_ASSERT_EQUAL(folded, rows[i].ilike);
        if (plain != rows[i].like || folded != rows[i].ilike)
            printf("\nrow %zu: %s with %s: %d %d", i, rows[i].pattern, rows[i].text, plain, folded);
    }
    CU_ASSERT_EQUAL(like_holds("a\0%", 3, "a\0b", 3, false), 1);
    CU_ASSERT_EQUAL(like_holds("a%", 2, "a\0b", 3, false), 1);
}

/* One code point's length at the beginning of the text, by the book. */
static size_t step(const char *text, const char *end)
{
    unsigned char c = (unsigned char)*text;
    size_t n = c < 0x80 ? 1 : c >= 0xC2 && c <= 0xDF ? 2 : 1;
    if (n == 2 && (end - text < 2 || (text[1] & 0xC0) != 0x80))
        n = 1;
    return n;
}

static bool reference(const char *p, const char *p_end, const char *t, const char *t_end)
{
    if (p == p_end)
        return t == t_end;
    if (*p == '%')
        return reference(p + 1, p_end, t, t_end) || (t < t_end && reference(p, p_end, t + step(t, t_end), t_end));
    if (t == t_end)
        return false;
    if (*p == '_')
        return reference(p + 1, p_end, t + step(t, t_end), t_end);
    if (*p == '\\')
        p++;
    size_t n = step(p, p_end);
    return n == step(t, t_end) && memcmp(p, t, n) == 0 && reference(p + n, p_end, t + n, t_end);
}

static void like_agrees_with_the_definition_on_random_texts(void)
{
    static const char *const parts[] = {"a", "b", "\xC3\xA9", "\xFF", "%", "_", "\\%", "\\_", "\\\\"};
    int matched = 0;
    chance_seed(7);
    for (int round = 0; round < 40000; round++) {
        char pattern[64] = "", text[64] = "";
        for (uint64_t n = chance(8); n > 0; n--)
            strcat(pattern, parts[chance(9)]);
        for (uint64_t n = chance(5); n > 0; n--)
            strcat(text, parts[chance(6)]);
        size_t p = strlen(pattern), t = strlen(text);
        bool wanted = reference(pattern, pattern + p, text, text + t);
        matched += wanted;
        int holds = like_holds(pattern, p, text, t, false);
        CU_ASSERT_EQUAL(holds, wanted);
        if (holds != wanted)
            printf("\n\"%s\" with \"%s\"", pattern, text);
    }
    CU_ASSERT(matched > 1000);
}

static void a_pattern_of_many_runs_ends(void)
{
    char pattern[200] = "", text[4000];
    for (int i = 0; i < 60; i++)
        strcat(pattern, "%a_");
    strcat(pattern, "%b");
    memset(text, 'a', sizeof text);
    CU_ASSERT_EQUAL(like_holds(pattern, strlen(pattern), text, sizeof text, true), 0);
}

static void folding_is_unicodes_simple_one(void)
{
    static const uint32_t pairs[][2] = {{'A', 'a'},           {'Z', 'z'},          {'@', '@'},         {'[', '['},
                                        {0xB5, 0x3BC},        {0xC9, 0xE9},        {0xD7, 0xD7},       {0x100, 0x101},
                                        {0x101, 0x101},       {0x178, 0xFF},       {0x1C5, 0x1C6},     {0x3A3, 0x3C3},
                                        {0x3C2, 0x3C3},       {0x410, 0x430},      {0x1E9E, 0xDF},     {0x1F88, 0x1F80},
                                        {0x212A, 'k'},        {0x212B, 0xE5},      {0x2C00, 0x2C30},   {0xAB70, 0x13A0},
                                        {0xFF21, 0xFF41},     {0x10400, 0x10428},  {0x1E900, 0x1E922}, {0x130, 0x130},
                                        {0x10FFFF, 0x10FFFF}, {0x1100FF, 0x1100FF}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        CU_ASSERT_EQUAL(fold(pairs[i][0]), pairs[i][1]);
    uint32_t changed = 0, unstable = 0;
    for (uint32_t code = 0; code < 0x110000; code++) {
        changed += fold(code) != code;
        unstable += fold(fold(code)) != fold(code);
    }
    CU_ASSERT_EQUAL(unstable, 0);
    CU_ASSERT_EQUAL(changed, 1454); /* the lines of status C and S in Unicode 14: CaseFolding.txt */
}

/* ---- regular expressions ---- */

static int regexp_holds(const char *pattern, const char *text, size_t length)
{
    regexp *compiled = NULL;
    bool holds = false;
    ds_status status = regexp_compile(pattern, strlen(pattern), &compiled, &scene_error);
    if (status == DS_OK)
        status = regexp_matches(compiled, text, length, &holds, &scene_error);
    regexp_free(compiled);
    return status == DS_OK ? holds : -1;
}

static void regular_expressions_are_pcres(void)
{
    static const struct {
        const char *pattern, *text;
        int holds;
    } rows[] = {
        {"b", "abc", 1},
        {"^b", "abc", 0},
        {"", "", 1},
        {"//", "abc", 1},
        {"/B/", "abc", 0},
        {"/B/i", "abc", 1},
        {"/\xC3\x89/i", "\xC3\xA9", 1},
        {"^.$", "\xC3\xA9", 1},
        {"^b", "a\nb", 0},
        {"/^b/m", "a\nb", 1},
        {"a.b", "a\nb", 0},
        {"/a.b/s", "a\nb", 1},
        {"/^B.c/ims", "a\nb\nc", 1},
        {"/a/u", "a", 1},
        {"/usr", "/usr", 1},
        {"/a/b/i", "A/B", 1},
        {"\\/usr/bin", "/usr/bin", 1},
        {"(?<y>\\d{4})-\\g<y>", "2024-2025", 1},
        {"\\p{Lu}", "\xC3\x89", 1},
        {"b$",
         "\xFF"
         "ab",
         1},
        {"a.b",
         "a\xFF"
         "b",
         0},
        {"(", "", -1},
        {"a{2,1}", "", -1},
        {"[", "", -1},
        {"\\", "", -1},
        {"\\Ca", "", -1},
        {"/a/g", "", -1},
        {"/a/ii i", "", -1},
        {"\xFF", "", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int holds = regexp_holds(rows[i].pattern, rows[i].text, strlen(rows[i].text));
        CU_ASSERT_EQUAL(holds, rows[i].holds);
        if (holds != rows[i].holds)
            printf("\n%s with %s: %d. %s", rows[i].pattern, rows[i].text, holds, scene_error.message);
    }
    CU_ASSERT_EQUAL(regexp_holds("^a\\x00b$", "a\0b", 3), 1);
}

static void a_match_limit_is_an_error_and_no_answer(void)
{
    char text[64];
    memset(text, 'a', 62);
    text[62] = 'b';
    text[63] = '\0';
    ds_model model = {.definition = scene_strict};
    ds_record *record = ds_record_new(&model);
    ds_record_set(record, "s", ds_string(text));
    ds_filter *filter = ds_not(ds_where("s", DS_REGEXP, ds_string("^(a|aa)+$")));
    CU_ASSERT_EQUAL(scene_matches(scene_strict, record, filter), -1);
    CU_ASSERT_EQUAL(scene_error.status, DS_INVALID);
    CU_ASSERT(strstr(scene_error.message, "property \"s\" of the model Thing") != NULL);
    CU_ASSERT(strstr(scene_error.message, "match limit") != NULL);
    ds_filter_free(filter);
    ds_record_free(record);
}

typedef struct work {
    const ds_filter *bound;
    const ds_record *yes, *no;
    int wrong;
} work;

static void *match_many(void *user)
{
    work *of = user;
    for (int i = 0; i < 2000; i++) {
        bool yes = false, no = true;
        if (ds_filter_matches(of->bound, of->yes, &yes, NULL) != DS_OK || !yes)
            of->wrong++;
        if (ds_filter_matches(of->bound, of->no, &no, NULL) != DS_OK || no)
            of->wrong++;
    }
    return NULL;
}

static void threads_share_a_bound_filter(void)
{
    ds_record *yes = scene_record(scene_strict, "{\"id\":\"1\",\"s\":\"abc\",\"a\":[\"x\\n\"]}");
    ds_record *no = scene_record(scene_strict, "{\"id\":\"1\",\"s\":\"abd\",\"a\":[\"x\\n\"]}");
    ds_filter *bound = NULL;
    ds_filter *filter = DS_ALL(ds_where("s", DS_REGEXP, ds_string("/^AB+c$/i")),
                               ds_where("a", DS_REGEXP, ds_string("^x$")), ds_where("s", DS_ILIKE, ds_string("A%")));
    CU_ASSERT_EQUAL(filter_bind(filter, scene_strict, &bound, NULL), DS_OK);
    pthread_t threads[4];
    work works[4];
    for (int i = 0; i < 4; i++) {
        works[i] = (work){bound, yes, no, 0};
        CU_ASSERT_EQUAL(pthread_create(&threads[i], NULL, match_many, &works[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        CU_ASSERT_EQUAL(works[i].wrong, 0);
    }
    ds_filter_free(filter);
    ds_filter_free(bound);
    ds_record_free(yes);
    ds_record_free(no);
}

/* ---- laws ---- */

static int counts[3]; /* of refusals, noes and yeses, so that a law is not proved on nothing */

static int take(definition *of, const ds_record *record, ds_filter *filter)
{
    int holds = scene_matches(of, record, filter);
    ds_filter_free(filter);
    counts[holds + 1]++;
    return holds;
}

static int negate(int holds)
{
    return holds < 0 ? holds : !holds;
}

static void law_complements(definition *of, const ds_record *record, const char *name, ds_value v, ds_value w)
{
    static const ds_operator pairs[][2] = {{DS_EQ, DS_NEQ}, {DS_LIKE, DS_NLIKE}, {DS_ILIKE, DS_NILIKE}};
    const ds_value list[] = {v, w};
    for (size_t i = 0; i < 3; i++) {
        int positive = take(of, record, ds_where(name, pairs[i][0], v));
        CU_ASSERT_EQUAL(take(of, record, ds_where(name, pairs[i][1], v)), negate(positive));
        CU_ASSERT_EQUAL(take(of, record, ds_not(ds_where(name, pairs[i][0], v))), negate(positive));
    }
    int in = take(of, record, ds_where_in(name, list, 2));
    CU_ASSERT_EQUAL(take(of, record, ds_where_not_in(name, list, 2)), negate(in));
    CU_ASSERT_EQUAL(take(of, record, DS_ANY(ds_where(name, DS_EQ, v), ds_where(name, DS_EQ, w))), in);
    int present = take(of, record, ds_where(name, DS_NEQ, ds_null()));
    if (strcmp(name, "a") != 0 && strcmp(name, "x") != 0 && strncmp(name, "o.", 2) != 0)
        CU_ASSERT_EQUAL(take(of, record, ds_where(name, DS_EXISTS, ds_boolean(true))), present);
}

static void law_order(definition *of, const ds_record *record, const char *name, ds_value v, ds_value w)
{
    int lt = take(of, record, ds_where(name, DS_LT, v)), lte = take(of, record, ds_where(name, DS_LTE, v));
    int gt = take(of, record, ds_where(name, DS_GT, v)), gte = take(of, record, ds_where(name, DS_GTE, v));
    int eq = take(of, record, ds_where(name, DS_EQ, v));
    if (v.type == DS_NULL) {
        CU_ASSERT(lt <= 0 && lte <= 0 && gt <= 0 && gte <= 0);
        return;
    }
    CU_ASSERT_EQUAL(lte, lt < 0 ? lt : lt || eq);
    CU_ASSERT_EQUAL(gte, gt < 0 ? gt : gt || eq);
    int between = take(of, record, ds_where_between(name, v, w));
    int both = take(of, record, DS_ALL(ds_where(name, DS_GTE, v), ds_where(name, DS_LTE, w)));
    CU_ASSERT(between == both || (between == 0 && both == 1)); /* of an array, two elements may share the work */
    int reversed = take(of, record, ds_where_between(name, w, v));
    CU_ASSERT(ds_value_compare(v, w) <= 0 || between <= 0 || reversed >= 0);
}

static void laws_hold_on_random_records(void)
{
    chance_seed(11);
    memset(counts, 0, sizeof counts);
    for (int round = 0; round < 3000; round++) {
        definition *of = round % 3 == 0 ? scene_strict : round % 3 == 1 ? scene_loose : scene_free;
        ds_record *record = chance_record(of);
        for (int i = 0; i < 4; i++) {
            const char *name = chance_property();
            ds_value v = chance_value(), w = chance_value();
            law_complements(of, record, name, v, w);
            law_order(of, record, name, v, w);
        }
        ds_record_free(record);
    }
    CU_ASSERT(counts[1] > 20000 && counts[2] > 20000);
}

static void and_or_and_not_obey_de_morgan(void)
{
    int yes = 0;
    for (uint64_t round = 0; round < 3000; round++) {
        definition *of = round % 2 == 0 ? scene_loose : scene_free;
        ds_filter *made[4];
        for (int i = 0; i < 4; i++) { /* a and b, twice each */
            chance_seed(round * 2 + (i & 1) + 1);
            made[i] = chance_filter(3);
        }
        chance_seed(round + 77);
        ds_record *record = chance_record(of);
        int a = scene_matches(of, record, made[0]), b = scene_matches(of, record, made[1]);
        int either = take(of, record, ds_any(made, 2));
        int neither = take(of, record, DS_ALL(ds_not(made[2]), ds_not(made[3])));
        if (a >= 0 && b >= 0) {
            yes += a || b;
            CU_ASSERT_EQUAL(either, a || b);
            CU_ASSERT_EQUAL(neither, !(a || b));
        } else {
            CU_ASSERT(either < 0 && neither < 0);
        }
        ds_record_free(record);
    }
    CU_ASSERT(yes > 300);
}

/* A connector may put any bytes for JSON; the sanitizers watch that a walk stays within them. */
static void a_walk_through_damaged_json_stays_inside(void)
{
    static const char whole[] =
        "{\"k\":[1,-2.5e3,\"a\\n\\u00e9\\ud83d\\ude00\",true,null,{\"l\":\"\\\\\"}],\"l\":{\"k\":\"x\"}}";
    static const char *const wheres[] = {"{\"x.k\":\"a\"}", "{\"x.l.k\":{\"like\":\"%x\"}}",
                                         "{\"a\":{\"contains\":[1,\"\\n\"]}}", "{\"a\":{\"inq\":[\"a\",2]}}",
                                         "{\"x\":{\"regexp\":\"a\"}}"};
    ds_filter *bound[5], *filter;
    int answers = 0;
    chance_seed(3);
    for (int i = 0; i < 5; i++) {
        CU_ASSERT_EQUAL_FATAL(ds_filter_parse(wheres[i], &filter, NULL), DS_OK);
        CU_ASSERT_EQUAL_FATAL(filter_bind(filter, scene_strict, &bound[i], NULL), DS_OK);
        ds_filter_free(filter);
    }
    for (int round = 0; round < 20000; round++) {
        ds_model model = {.definition = scene_strict};
        ds_record *record = ds_record_new(&model);
        char text[sizeof whole];
        size_t start = chance(sizeof whole), length = chance(sizeof whole - start);
        memcpy(text, whole + start, length);
        for (uint64_t n = chance(4); n > 0 && length > 0; n--)
            text[chance(length)] = "[]{}\"\\,:u1 \0"[chance(13)];
        text[0] = round % 2 == 0 ? '[' : '{';
        ds_record_put_named(record, "x", 1, ds_json_n(text, length));
        ds_record_put_named(record, "a", 1, ds_json_n(text, length));
        for (int i = 0; i < 5; i++) {
            bool matches;
            answers += ds_filter_matches(bound[i], record, &matches, NULL) == DS_OK;
        }
        ds_record_free(record);
    }
    CU_ASSERT_EQUAL(answers, 5 * 20000);
    for (int i = 0; i < 5; i++)
        ds_filter_free(bound[i]);
}

int main(void)
{
    static const test tests[] = {
        {"LIKE matches the whole value by code points", like_matches_the_whole_value},
        {"LIKE agrees with its definition on random texts", like_agrees_with_the_definition_on_random_texts},
        {"A pattern of many runs ends", a_pattern_of_many_runs_ends},
        {"Folding is Unicode's simple one", folding_is_unicodes_simple_one},
        {"Regular expressions are PCRE2's with flags", regular_expressions_are_pcres},
        {"A match limit is an error and no answer", a_match_limit_is_an_error_and_no_answer},
        {"Threads share a bound filter", threads_share_a_bound_filter},
        {"Complements and orders hold on random records", laws_hold_on_random_records},
        {"A walk through damaged JSON stays inside", a_walk_through_damaged_json_stays_inside},
        {"and, or and not obey De Morgan's laws", and_or_and_not_obey_de_morgan},
    };
    int failed = scene_open() ? SUITE_RUN("match", tests) : 1;
    scene_close();
    return failed;
}
