/* Cases of find: operators with answers worked out by hand, fields, and what must be refused. */
#include "steps.h"

#include <string.h>

/* Seven records with every type, and null here and there. */
static void people(run *r)
{
    static const char *const seven[] = {
        "{\"id\":\"a\",\"name\":\"Ada\",\"age\":36,\"score\":1.5,\"member\":true,\"born\":\"1815-12-10\",\"photo\":"
        "\"AAEC\",\"tags\":[\"x\",\"y\"],\"address\":{\"city\":\"London\",\"geo\":{\"lat\":51}},\"extra\":1}",
        "{\"id\":\"b\",\"name\":\"bob\",\"age\":-5,\"score\":-0.0,\"member\":false,\"born\":\"2000-02-29T12:00:00Z\","
        "\"tags\":[],\"extra\":\"1\"}",
        "{\"id\":\"c\",\"name\":\"\",\"age\":9007199254740993,\"score\":1e300,\"tags\":[1,2.5,null],\"extra\":1.0}",
        "{\"id\":\"d\",\"name\":\"Ärger%_\",\"score\":3,\"photo\":\"\",\"address\":{\"city\":\"Ulm\"},\"extra\":true}",
        "{\"id\":\"e\",\"name\":\"ärger\",\"age\":9007199254740992,\"member\":true,\"tags\":[\"y\",[\"z\"]],\"extra\":["
        "1,\"x\"]}",
        "{\"id\":\"f\",\"name\":\"Ada\\u0000Z\",\"age\":0,\"born\":\"1970-01-01T00:00:00.001Z\",\"photo\":\"/"
        "w==\",\"address\":{}}",
        "{\"id\":\"g\",\"name\":\"日本語\",\"age\":36,\"score\":0.1,\"extra\":{\"k\":1}}",
    };
    for (size_t i = 0; i < 7; i++)
        step_create(r, seven[i], DS_OK);
}

/* A filter, who matches, and why. */
typedef struct row {
    const char *where, *ids;
    const rule *rule;
} row;

static const row equality[] = {
    {"{}", "abcdefg", &rule_walk},
    {"{\"age\":36}", "ag", &rule_equal},
    {"{\"age\":{\"eq\":36}}", "ag", &rule_equal},
    {"{\"age\":\"36\"}", "ag", &rule_equal},
    {"{\"age\":null}", "d", &rule_null},
    {"{\"age\":{\"neq\":null}}", "abcefg", &rule_null},
    {"{\"age\":{\"neq\":36}}", "bcdef", &rule_complement},
    {"{\"age\":{\"exists\":true}}", "abcefg", &rule_exists},
    {"{\"age\":{\"exists\":false}}", "d", &rule_exists},
    {"{\"member\":false}", "bcdfg", &rule_booleans},
    {"{\"member\":{\"neq\":true}}", "bcdfg", &rule_complement},
    {"{\"name\":\"\"}", "c", &rule_strings},
    {"{\"name\":\"Ada\\u0000Z\"}", "f", &rule_strings},
    {"{\"name\":\"Ada\"}", "a", &rule_strings},
};

static const row numbers[] = {
    {"{\"age\":9007199254740993}", "c", &rule_numbers},
    {"{\"age\":{\"gt\":9007199254740992}}", "c", &rule_numbers},
    {"{\"age\":{\"gt\":9}}", "aceg", &rule_numbers},
    {"{\"age\":{\"gte\":9007199254740993}}", "c", &rule_numbers},
    {"{\"score\":0}", "b", &rule_negative_zero},
    {"{\"score\":{\"gte\":0}}", "abcdg", &rule_negative_zero},
    {"{\"score\":0.1}", "g", &rule_numbers},
    {"{\"score\":{\"between\":[0.05,1.5]}}", "ag", &rule_between},
    {"{\"age\":{\"between\":[-5,0]}}", "bf", &rule_between},
};

static const row ranges[] = {
    {"{\"age\":{\"gt\":-5,\"lt\":36}}", "f", &rule_range_null},
    {"{\"age\":{\"lte\":9007199254740992}}", "abefg", &rule_range_null},
    {"{\"age\":{\"gte\":-5,\"lte\":0}}", "bf", &rule_range_null},
    {"{\"age\":{\"lt\":null}}", "", &rule_range_null},
    {"{\"age\":{\"gte\":null}}", "", &rule_range_null},
    {"{\"name\":{\"gt\":\"B\",\"lt\":\"c\"}}", "b", &rule_strings},
    {"{\"name\":{\"gte\":\"Ä\"}}", "deg", &rule_strings},
    {"{\"born\":{\"lt\":\"1970-01-01\"}}", "a", &rule_dates},
    {"{\"born\":{\"gte\":\"2000-02-29T13:00:00+01:00\"}}", "b", &rule_dates},
    {"{\"born\":{\"between\":[\"1970-01-01\",\"1970-01-02\"]}}", "f", &rule_dates},
    {"{\"member\":{\"gt\":false}}", "ae", &rule_booleans},
    {"{\"photo\":{\"gt\":\"\"}}", "af", &rule_binary},
    {"{\"photo\":\"AAEC\"}", "a", &rule_binary},
    {"{\"photo\":\"\"}", "d", &rule_binary},
};

static const row lists[] = {
    {"{\"age\":{\"inq\":[36,0]}}", "afg", &rule_lists},
    {"{\"age\":{\"inq\":[null,0]}}", "df", &rule_lists},
    {"{\"age\":{\"inq\":[]}}", "", &rule_lists},
    {"{\"age\":{\"nin\":[]}}", "abcdefg", &rule_lists},
    {"{\"age\":{\"nin\":[36,0]}}", "bcde", &rule_complement},
    {"{\"age\":{\"nin\":[36,null]}}", "bcef", &rule_lists},
    {"{\"id\":{\"inq\":[\"a\",\"g\",\"zz\"]}}", "ag", &rule_lists},
    {"{\"id\":\"b\"}", "b", &rule_equal},
};

static const row text[] = {
    {"{\"name\":{\"like\":\"A%\"}}", "af", &rule_like},
    {"{\"name\":{\"like\":\"%a\"}}", "a", &rule_like},
    {"{\"name\":{\"like\":\"_rger%\"}}", "de", &rule_like},
    {"{\"name\":{\"like\":\"%\\\\%\\\\_\"}}", "d", &rule_like},
    {"{\"name\":{\"like\":\"\"}}", "c", &rule_like},
    {"{\"name\":{\"like\":\"___\"}}", "abg", &rule_like},
    {"{\"name\":{\"nlike\":\"%a%\"}}", "bcdeg", &rule_complement},
    {"{\"name\":{\"ilike\":\"äRGER%\"}}", "de", &rule_ilike},
    {"{\"name\":{\"nilike\":\"ä%\"}}", "abcfg", &rule_ilike},
    {"{\"name\":{\"ilike\":\"BOB\"}}", "b", &rule_ilike},
    {"{\"name\":{\"regexp\":\"^[a-zäÄ]+$\"}}", "be", &rule_regexp},
    {"{\"name\":{\"regexp\":\"/^ada/i\"}}", "af", &rule_regexp},
    {"{\"name\":{\"regexp\":\"^.{3}$\"}}", "abg", &rule_regexp},
    {"{\"age\":{\"like\":\"36\"}}", "", &rule_like},
    {"{\"age\":{\"nlike\":\"36\"}}", "abcdefg", &rule_complement},
    {"{\"name\":{\"like\":\"aDA\"}}", "", &rule_like},
};

static const row arrays[] = {
    {"{\"tags\":\"y\"}", "ae", &rule_arrays},
    {"{\"tags\":{\"neq\":\"y\"}}", "bcdfg", &rule_arrays},
    {"{\"tags\":{\"gt\":1}}", "ace", &rule_arrays},
    {"{\"tags\":{\"inq\":[\"x\",2.5]}}", "ac", &rule_arrays},
    {"{\"tags\":{\"nin\":[\"x\",2.5]}}", "bdefg", &rule_arrays},
    {"{\"tags\":{\"contains\":[\"x\",\"y\"]}}", "a", &rule_contains},
    {"{\"tags\":{\"contains\":[]}}", "abce", &rule_contains},
    {"{\"tags\":{\"contains\":\"y\"}}", "ae", &rule_contains},
    {"{\"tags\":{\"like\":\"_\"}}", "ae", &rule_arrays},
    {"{\"tags\":{\"exists\":true}}", "abce", &rule_exists},
    {"{\"tags\":{\"eq\":[\"x\",\"y\"]}}", "a", &rule_arrays},
};

static const row paths[] = {
    {"{\"address.city\":\"Ulm\"}", "d", &rule_paths},
    {"{\"address.city\":{\"neq\":\"Ulm\"}}", "abcefg", &rule_paths},
    {"{\"address.geo.lat\":{\"gt\":50.5}}", "a", &rule_paths},
    {"{\"address.city\":{\"exists\":true}}", "ad", &rule_paths},
    {"{\"address\":{\"eq\":{\"city\":\"Ulm\"}}}", "d", &rule_json},
};

static const row any[] = {
    {"{\"extra\":1}", "ace", &rule_any},
    {"{\"extra\":\"1\"}", "b", &rule_any},
    {"{\"extra\":true}", "d", &rule_any},
    {"{\"extra\":{\"neq\":null}}", "abcdeg", &rule_null},
    {"{\"extra\":{\"gt\":0}}", "abceg", &rule_any},
};

static const row groups[] = {
    {"{\"and\":[]}", "abcdefg", &rule_groups},
    {"{\"or\":[]}", "", &rule_groups},
    {"{\"nor\":[]}", "abcdefg", &rule_groups},
    {"{\"age\":36,\"name\":{\"like\":\"%a\"}}", "a", &rule_groups},
    {"{\"and\":[{\"age\":36},{\"score\":{\"lt\":1}}]}", "g", &rule_groups},
    {"{\"or\":[{\"age\":36},{\"name\":\"bob\"}]}", "abg", &rule_groups},
    {"{\"nor\":[{\"age\":36},{\"name\":\"bob\"}]}", "cdef", &rule_groups},
    {"{\"or\":[{\"and\":[{\"member\":true},{\"age\":{\"gt\":100}}]},{\"tags\":\"x\"}],\"name\":{\"neq\":\"\"}}", "ae",
     &rule_groups},
    {"{\"nor\":[{\"nor\":[{\"age\":36}]}]}", "ag", &rule_groups},
    {"{\"nor\":[{\"age\":36}]}", "bcdef", &rule_groups},
};

/* The first row that fails is reported, with its own rule, and without those before it. */
static void ask(run *r, const row *rows, size_t n)
{
    char query[512];
    people(r);
    size_t start = trace_position(r);
    for (size_t i = 0; i < n && !r->failed; i++) {
        trace_forget(r, start);
        snprintf(query, sizeof query, "{\"where\":%s}", rows[i].where);
        r->rule = rows[i].rule;
        step_find_set(r, query, rows[i].ids);
        if (!r->failed)
            r->rule = &rule_count;
        step_count(r, rows[i].where, strlen(rows[i].ids));
    }
}

static void by_equality(run *r)
{
    ask(r, equality, sizeof equality / sizeof *equality);
}

static void by_numbers(run *r)
{
    ask(r, numbers, sizeof numbers / sizeof *numbers);
}

static void by_ranges(run *r)
{
    ask(r, ranges, sizeof ranges / sizeof *ranges);
}

static void by_lists(run *r)
{
    ask(r, lists, sizeof lists / sizeof *lists);
}

static void by_text(run *r)
{
    ask(r, text, sizeof text / sizeof *text);
}

static void by_arrays(run *r)
{
    ask(r, arrays, sizeof arrays / sizeof *arrays);
}

static void by_paths(run *r)
{
    ask(r, paths, sizeof paths / sizeof *paths);
}

static void by_any(run *r)
{
    ask(r, any, sizeof any / sizeof *any);
}

static void by_groups(run *r)
{
    ask(r, groups, sizeof groups / sizeof *groups);
}

static void complements(run *r)
{
    static const char *const pairs[][2] = {{"neq", "eq"}, {"nlike", "like"}, {"nilike", "ilike"}};
    static const char *const properties[] = {"name", "tags", "extra"};
    people(r);
    size_t start = trace_position(r);
    for (size_t i = 0; i < 3; i++)
        for (size_t p = 0; p < 3 && !r->failed; p++) {
            char filter[256];
            trace_forget(r, start);
            snprintf(filter, sizeof filter, "{\"or\":[{\"%s\":{\"%s\":\"y\"}},{\"%s\":{\"%s\":\"y\"}}]}", properties[p],
                     pairs[i][0], properties[p], pairs[i][1]);
            step_count(r, filter, 7);
            snprintf(filter, sizeof filter, "{\"%s\":{\"%s\":\"y\",\"%s\":\"y\"}}", properties[p], pairs[i][0],
                     pairs[i][1]);
            step_count(r, filter, 0);
        }
}

static void refused(run *r)
{
    static const char *const queries[][2] = {
        {"{\"where\":{\"colour\":1}}", "colour"},
        {"{\"where\":{\"age\":{\"above\":1}}}", "above"},
        {"{\"where\":{\"age\":\"12x\"}}", "age"},
        {"{\"where\":{\"born\":\"soon\"}}", "born"},
        {"{\"where\":{\"photo\":\"*\"}}", "photo"},
        {"{\"where\":{\"name\":{\"regexp\":\"(\"}}}", "name"},
        {"{\"where\":{\"age\":{\"contains\":[1]}}}", "age"},
        {"{\"where\":{\"age\":{\"between\":[1]}}}", "between"},
        {"{\"where\":{\"near\":{\"near\":\"1,2\"}}}", "near"},
        {"{\"include\":\"orders\"}", "include"},
        {"{\"order\":\"colour\"}", "colour"},
        {"{\"fields\":[\"colour\"]}", "colour"},
        {"{\"limit\":-1}", "limit"},
        {"{\"after\":\"x\"}", "order"},
        {"{\"order\":\"age\",\"after\":\"x\"}", "after"},
    };
    people(r);
    size_t start = trace_position(r);
    for (size_t i = 0; i < sizeof queries / sizeof *queries && !r->failed; i++) {
        trace_forget(r, start);
        step_find_fails(r, queries[i][0], queries[i][1]);
    }
}

static void fields(run *r)
{
    static const char *const two[] = {"{\"name\":\"Ada\",\"age\":36}"};
    static const char *const none[] = {"{}"};
    static const char *const but[] = {
        "{\"id\":\"d\",\"score\":3.0,\"member\":false,\"photo\":\"\",\"address\":{\"city\":\"Ulm\"}}"};
    people(r);
    step_find(r, "{\"where\":{\"id\":\"a\"},\"fields\":[\"name\",\"age\"]}", two, 1);
    step_find(r, "{\"where\":{\"id\":\"a\"},\"fields\":{\"name\":true,\"age\":true}}", two, 1);
    step_find(r, "{\"where\":{\"member\":true,\"age\":36},\"order\":\"score\",\"fields\":[\"name\",\"age\"]}", two, 1);
    step_find(r, "{\"where\":{\"id\":\"d\"},\"fields\":\"age\"}", none, 1);
    step_find(r, "{\"where\":{\"id\":\"d\"},\"fields\":{\"name\":false,\"extra\":false}}", but, 1);
}

static void by_ids(run *r)
{
    people(r);
    step_by_ids(r, "gaczb", "gacb");
    step_by_ids(r, "aa", "aa");
    step_by_ids(r, "zz", "");
    step_by_ids(r, "", "");
}

#define MANY 2500

/* Counts what comes, and what came before. */
static void count_ages(run *r, ds_cursor *cursor, size_t *found, size_t *again)
{
    static bool seen[MANY];
    const ds_record *record = NULL;
    memset(seen, 0, sizeof seen);
    while (!r->failed && done(r, ds_cursor_next(cursor, &record, &r->error)) && record != NULL) {
        ds_value age = ds_record_get(record, "age");
        bool is_one = age.type == DS_INTEGER && age.as.integer >= 0 && age.as.integer < MANY;
        *again += !is_one || seen[age.as.integer];
        if (is_one)
            seen[age.as.integer] = true;
        ++*found;
    }
}

/* More records than any block: a walk returns each exactly once. */
static void walk(run *r)
{
    ds_cursor *cursor;
    size_t found = 0, again = 0;
    step_create_numbered(r, MANY);
    trace(r, "ds_find(model, NULL, &cursor, &error);");
    trace(r, "for (i = 0; ds_cursor_next(cursor, &found, &error) == DS_OK && found != NULL; i++)");
    trace(r, "    continue;");
    trace(r, "printf(\"%%zu\\n\", i); /* expected: %d */", MANY);
    trace(r, "ds_cursor_close(cursor);");
    if (r->failed || !done(r, ds_find(r->model, NULL, &cursor, &r->error)))
        return;
    count_ages(r, cursor, &found, &again);
    ds_cursor_close(cursor);
    if (found != MANY || again != 0)
        fail(r, "%zu records came, %zu of them again; expected is each of %d once", found, again, MANY);
    r->rule = &rule_count;
    step_count(r, "{\"age\":{\"exists\":true}}", MANY);
}

static void closing_early(run *r)
{
    ds_cursor *cursor;
    const ds_record *record;
    people(r);
    trace(r, "ds_find(model, NULL, &cursor, &error);");
    trace(r, "ds_cursor_next(cursor, &found, &error);");
    trace(r, "ds_cursor_close(cursor); /* after one record */");
    if (!done(r, ds_find(r->model, NULL, &cursor, &r->error)))
        return;
    if (done(r, ds_cursor_next(cursor, &record, &r->error)))
        check(r, record != NULL, "there is a record");
    ds_cursor_close(cursor);
    trace(r, "ds_find(model, NULL, &cursor, &error);");
    trace(r, "ds_cursor_close(cursor); /* before any */");
    if (done(r, ds_find(r->model, NULL, &cursor, &r->error)))
        ds_cursor_close(cursor);
    step_count(r, NULL, 7);
}

#define SOME 700

static unsigned count_all(run *r)
{
    ds_cursor *cursor;
    const ds_record *record = NULL;
    unsigned n = 0;
    if (!done(r, ds_find(r->model, NULL, &cursor, &r->error)))
        return 0;
    while (done(r, ds_cursor_next(cursor, &record, &r->error)) && record != NULL)
        n++;
    ds_cursor_close(cursor);
    return n;
}

static void trace_two_cursors(run *r)
{
    trace(r, "ds_find(model, NULL, &cursor, &error);");
    trace(r, "for (n = 0; ds_cursor_next(cursor, &found, &error) == DS_OK && found != NULL; n++)");
    trace(r, "    if (n %% 100 == 50) {");
    trace(r, "        json = ds_record_to_json(found);");
    trace(r, "        ds_find(model, NULL, &inner, &error);");
    trace(r, "        const ds_record *another;");
    trace(r, "        for (i = 0; ds_cursor_next(inner, &another, &error) == DS_OK && another != NULL; i++)");
    trace(r, "            continue;");
    trace(r, "        ds_cursor_close(inner);");
    trace(r,
          "        printf(\"%%zu %%s %%s\\n\", i, json, ds_record_to_json(found)); /* expected: %d, the same twice */",
          SOME);
    trace(r, "    }");
    trace(r, "ds_cursor_close(cursor);");
    trace(r, "printf(\"%%u\\n\", (unsigned)n); /* expected: %d */", SOME);
}

/* A second cursor walks while the first one is in the midst of a block. */
static void two_cursors(run *r)
{
    ds_cursor *cursor;
    const ds_record *record;
    unsigned n = 0;
    step_create_numbered(r, SOME);
    trace_two_cursors(r);
    if (r->failed || !done(r, ds_find(r->model, NULL, &cursor, &r->error)))
        return;
    while (!r->failed && n <= SOME && done(r, ds_cursor_next(cursor, &record, &r->error)) && record != NULL) {
        if (n++ % 100 != 50)
            continue;
        char *before = ds_record_to_json(record);
        check(r, count_all(r) == SOME, "a walk inside of another finds all 700");
        char *after = ds_record_to_json(record);
        check(r, strcmp(before, after) == 0, "the record that was lent stays while another cursor walks");
        ds_free(before);
        ds_free(after);
    }
    check(r, n == SOME, "all 700 came, each once");
    ds_cursor_close(cursor);
}

static void find_one(run *r)
{
    ds_record *record;
    people(r);
    trace(r, "ds_find_one(model, DS_QUERY(.order = \"id DESC\"), &record, &error); /* expected: g */");
    ds_status status = ds_find_one(r->model, DS_QUERY(.order = "id DESC"), &record, &r->error);
    if (done(r, status)) {
        char letter[2] = {letter_of(record)};
        same_text(r, letter, "g");
        ds_record_free(record);
    }
    ds_filter *nobody = ds_where("age", DS_EQ, ds_integer(1));
    trace(r, "filter = ds_where(\"age\", DS_EQ, ds_integer(1));");
    trace(r, "ds_find_one(model, DS_QUERY(.where = filter), &record, &error); /* expected: DS_NOT_FOUND */");
    status = ds_find_one(r->model, DS_QUERY(.where = nobody), &record, &r->error);
    if (status == DS_OK)
        ds_record_free(record);
    answered(r, status, DS_NOT_FOUND);
    ds_filter_free(nobody);
}

static void explain(run *r)
{
    char *plan = NULL;
    people(r);
    trace(r, "ds_explain(model, NULL, &json, &error);");
    trace(r, "puts(json); /* expected: a JSON object */");
    if (!done(r, ds_explain(r->model, NULL, &plan, &r->error)))
        return;
    check(r, plan[0] == '{' && strstr(plan, ",}") == NULL && strstr(plan, "{{") == NULL && strstr(plan, "{,") == NULL,
          "explain answers a JSON object");
    ds_free(plan);
}

static const rule_case cases[] = {
    {"equality, null and existence", &rule_equal, PERSON, by_equality},
    {"numbers compare as numbers, beyond 2^53 too", &rule_numbers, PERSON, by_numbers},
    {"ranges of each type, in which null is never", &rule_range_null, PERSON, by_ranges},
    {"lists, with null in them and without anything", &rule_lists, PERSON, by_lists},
    {"patterns and regular expressions", &rule_like, PERSON, by_text},
    {"arrays: one element is enough", &rule_arrays, PERSON, by_arrays},
    {"paths into objects", &rule_paths, PERSON, by_paths},
    {"any keeps the type of its value", &rule_any, PERSON, by_any},
    {"and, or, nor, and what is in them", &rule_groups, PERSON, by_groups},
    {"each n... is the exact complement, on arrays too", &rule_complement, PERSON, complements},
    {"what is unknown or malformed is DS_INVALID, never an empty or a full answer", &rule_invalid, PERSON, refused},
    {"fields leaves in what was asked for, and nothing else", &rule_fields, PERSON, fields},
    {"find_by_ids keeps the order of the ids and passes over missing ones", &rule_by_ids, PERSON, by_ids},
    {"a walk returns each record once", &rule_walk, PERSON, walk},
    {"a cursor may be closed at any time", &rule_end_scan, PERSON, closing_early},
    {"cursors do not disturb each other", &rule_scans_apart, PERSON, two_cursors},
    {"find_one answers the first, or DS_NOT_FOUND", &rule_first, PERSON, find_one},
    {"explain answers for a query", &rule_explain, PERSON, explain},
};
const group group_find = {"find", cases, sizeof cases / sizeof *cases};
