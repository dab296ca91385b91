/* Cases of find: operators with answers worked out by hand, fields, and what must be refused. */
#include "conformance.h"

#include <string.h>

#define F "DESIGN 6"

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

static const struct {
    const char *where, *ids;
} table[] = {
    /* equality, and null */
    {"{}", "abcdefg"},
    {"{\"age\":36}", "ag"},
    {"{\"age\":{\"eq\":36}}", "ag"},
    {"{\"age\":\"36\"}", "ag"},
    {"{\"age\":null}", "d"},
    {"{\"age\":{\"neq\":null}}", "abcefg"},
    {"{\"age\":{\"neq\":36}}", "bcdef"},
    {"{\"age\":{\"exists\":true}}", "abcefg"},
    {"{\"age\":{\"exists\":false}}", "d"},
    {"{\"member\":false}", "bcdfg"},
    {"{\"member\":{\"neq\":true}}", "bcdfg"},
    {"{\"name\":\"\"}", "c"},
    {"{\"name\":\"Ada\\u0000Z\"}", "f"},
    {"{\"name\":\"Ada\"}", "a"},
    /* beyond 2^53, and -0 */
    {"{\"age\":9007199254740993}", "c"},
    {"{\"age\":{\"gt\":9007199254740992}}", "c"},
    {"{\"age\":{\"lte\":9007199254740992}}", "abefg"},
    {"{\"score\":0}", "b"},
    {"{\"score\":{\"gte\":0}}", "abcdg"},
    {"{\"score\":0.1}", "g"},
    {"{\"score\":{\"between\":[0.05,1.5]}}", "ag"},
    /* ranges: null is in none */
    {"{\"age\":{\"gt\":-5,\"lt\":36}}", "f"},
    {"{\"age\":{\"gte\":-5,\"lte\":0}}", "bf"},
    {"{\"age\":{\"lt\":null}}", ""},
    {"{\"age\":{\"gte\":null}}", ""},
    {"{\"name\":{\"gt\":\"B\",\"lt\":\"c\"}}", "b"},
    {"{\"name\":{\"gte\":\"Ä\"}}", "deg"},
    {"{\"born\":{\"lt\":\"1970-01-01\"}}", "a"},
    {"{\"born\":{\"gte\":\"2000-02-29T13:00:00+01:00\"}}", "b"},
    {"{\"born\":{\"between\":[\"1970-01-01\",\"1970-01-02\"]}}", "f"},
    {"{\"member\":{\"gt\":false}}", "ae"},
    {"{\"photo\":{\"gt\":\"\"}}", "af"},
    {"{\"photo\":\"AAEC\"}", "a"},
    {"{\"photo\":\"\"}", "d"},
    /* lists */
    {"{\"age\":{\"inq\":[36,0]}}", "afg"},
    {"{\"age\":{\"inq\":[null,0]}}", "df"},
    {"{\"age\":{\"inq\":[]}}", ""},
    {"{\"age\":{\"nin\":[]}}", "abcdefg"},
    {"{\"age\":{\"nin\":[36,0]}}", "bcde"},
    {"{\"age\":{\"nin\":[36,null]}}", "bcef"},
    {"{\"id\":{\"inq\":[\"a\",\"g\",\"zz\"]}}", "ag"},
    {"{\"id\":\"b\"}", "b"},
    {"{\"and\":[]}", "abcdefg"},
    {"{\"or\":[]}", ""},
    {"{\"nor\":[]}", "abcdefg"},
    /* text */
    {"{\"name\":{\"like\":\"A%\"}}", "af"},
    {"{\"name\":{\"like\":\"%a\"}}", "a"},
    {"{\"name\":{\"like\":\"_rger%\"}}", "de"},
    {"{\"name\":{\"like\":\"%\\\\%\\\\_\"}}", "d"},
    {"{\"name\":{\"like\":\"\"}}", "c"},
    {"{\"name\":{\"like\":\"___\"}}", "abg"},
    {"{\"name\":{\"nlike\":\"%a%\"}}", "bcdeg"},
    {"{\"name\":{\"ilike\":\"äRGER%\"}}", "de"},
    {"{\"name\":{\"nilike\":\"ä%\"}}", "abcfg"},
    {"{\"name\":{\"ilike\":\"BOB\"}}", "b"},
    {"{\"name\":{\"regexp\":\"^[a-zäÄ]+$\"}}", "be"},
    {"{\"name\":{\"regexp\":\"/^ada/i\"}}", "af"},
    {"{\"name\":{\"regexp\":\"^.{3}$\"}}", "abg"},
    {"{\"age\":{\"like\":\"36\"}}", ""},
    {"{\"age\":{\"nlike\":\"36\"}}", "abcdefg"},
    /* arrays: one element is enough; each n... is the complement */
    {"{\"tags\":\"y\"}", "ae"},
    {"{\"tags\":{\"neq\":\"y\"}}", "bcdfg"},
    {"{\"tags\":{\"gt\":1}}", "ace"},
    {"{\"tags\":{\"inq\":[\"x\",2.5]}}", "ac"},
    {"{\"tags\":{\"nin\":[\"x\",2.5]}}", "bdefg"},
    {"{\"tags\":{\"contains\":[\"x\",\"y\"]}}", "a"},
    {"{\"tags\":{\"contains\":[]}}", "abce"},
    {"{\"tags\":{\"contains\":\"y\"}}", "ae"},
    {"{\"tags\":{\"like\":\"_\"}}", "ae"},
    {"{\"tags\":{\"exists\":true}}", "abce"},
    /* paths */
    {"{\"address.city\":\"Ulm\"}", "d"},
    {"{\"address.city\":{\"neq\":\"Ulm\"}}", "abcefg"},
    {"{\"address.geo.lat\":{\"gt\":50.5}}", "a"},
    {"{\"address.city\":{\"exists\":true}}", "ad"},
    {"{\"address\":{\"eq\":{\"city\":\"Ulm\"}}}", "d"},
    /* any keeps its type */
    {"{\"extra\":1}", "ace"},
    {"{\"extra\":\"1\"}", "b"},
    {"{\"extra\":true}", "d"},
    {"{\"extra\":{\"neq\":null}}", "abcdeg"},
    {"{\"extra\":{\"gt\":0}}", "abceg"},
    /* combined */
    {"{\"age\":36,\"name\":{\"like\":\"%a\"}}", "a"},
    {"{\"and\":[{\"age\":36},{\"score\":{\"lt\":1}}]}", "g"},
    {"{\"or\":[{\"age\":36},{\"name\":\"bob\"}]}", "abg"},
    {"{\"nor\":[{\"age\":36},{\"name\":\"bob\"}]}", "cdef"},
    {"{\"or\":[{\"and\":[{\"member\":true},{\"age\":{\"gt\":100}}]},{\"tags\":\"x\"}],\"name\":{\"neq\":\"\"}}", "ae"},
    {"{\"nor\":[{\"nor\":[{\"age\":36}]}]}", "ag"},
};

static void by_hand(run *r)
{
    char query[512];
    people(r);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        snprintf(query, sizeof query, "{\"where\":%s}", table[i].where);
        step_find_set(r, query, table[i].ids);
        step_count(r, table[i].where, strlen(table[i].ids));
    }
}

static void complements(run *r)
{
    static const char *const pairs[][2] = {{"neq", "eq"}, {"nlike", "like"}, {"nilike", "ilike"}};
    static const char *const properties[] = {"name", "tags", "extra"};
    people(r);
    for (size_t i = 0; i < 3; i++)
        for (size_t p = 0; p < 3; p++) {
            char filter[256];
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
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
        step_find_fails(r, queries[i][0], queries[i][1]);
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

/* More records than any batch: a walk returns each exactly once. */
static void walk(run *r)
{
    enum { N = 2500 };
    static bool seen[N];
    ds_record *records[N];
    ds_cursor *cursor;
    const ds_record *record = NULL;
    size_t found = 0, twice = 0;
    memset(seen, 0, sizeof seen);
    trace(r, "/* %d records, created in one call, then all found */", (int)N);
    for (int i = 0; i < N; i++) {
        char id[16];
        snprintf(id, sizeof id, "%d", i);
        records[i] = ds_record_new(r->model);
        ds_record_set(records[i], "id", ds_string(id));
        ds_record_set(records[i], "name", ds_string(id));
        ds_record_set(records[i], "age", ds_integer(i));
    }
    if (ds_create_all(r->model, records, N, NULL, &r->error) != DS_OK ||
        ds_find(r->model, NULL, &cursor, &r->error) != DS_OK)
        fail(r, "%s", r->error.message);
    while (!r->failed && ds_cursor_next(cursor, &record, &r->error) == DS_OK && record != NULL) {
        int64_t age = ds_record_get(record, "age").as.integer;
        twice += age < 0 || age >= N || seen[age];
        if (age >= 0 && age < N)
            seen[age] = true;
        found++;
    }
    check(r, found == N && twice == 0, "a walk returns each record once");
    ds_cursor_close(cursor);
    for (int i = 0; i < N; i++)
        ds_record_free(records[i]);
    step_count(r, "{\"age\":{\"lt\":1000}}", 1000);
}

static void closing_early(run *r)
{
    ds_cursor *cursor;
    const ds_record *record;
    people(r);
    trace(r, "/* a cursor that is closed after one record, and one before any */");
    if (ds_find(r->model, NULL, &cursor, &r->error) != DS_OK || ds_cursor_next(cursor, &record, &r->error) != DS_OK ||
        record == NULL)
        fail(r, "%s", r->error.message);
    ds_cursor_close(cursor);
    if (ds_find(r->model, NULL, &cursor, &r->error) == DS_OK)
        ds_cursor_close(cursor);
    step_count(r, NULL, 7);
}

static void two_cursors(run *r)
{
    ds_cursor *a, *b;
    const ds_record *record;
    unsigned n = 0;
    people(r);
    trace(r, "/* a second cursor is walked between two records of the first */");
    if (ds_find(r->model, NULL, &a, &r->error) != DS_OK)
        fail(r, "%s", r->error.message);
    while (!r->failed && ds_cursor_next(a, &record, &r->error) == DS_OK && record != NULL) {
        char *before = ds_record_to_json(record);
        unsigned m = 0;
        const ds_record *other;
        if (ds_find(r->model, NULL, &b, &r->error) != DS_OK)
            fail(r, "%s", r->error.message);
        while (!r->failed && ds_cursor_next(b, &other, &r->error) == DS_OK && other != NULL)
            m++;
        ds_cursor_close(b);
        char *after = ds_record_to_json(record);
        check(r, m == 7 && strcmp(before, after) == 0, "the record that was lent stays while another cursor walks");
        ds_free(before);
        ds_free(after);
        n++;
    }
    check(r, n == 7, "all seven came");
    ds_cursor_close(a);
}

static void find_one(run *r)
{
    ds_record *record;
    people(r);
    trace(r, "/* ds_find_one() */");
    ds_status status = ds_find_one(r->model, DS_QUERY(.order = "age DESC"), &record, &r->error);
    check(r, status == DS_OK && ds_record_get(record, "id").as.string[0] == 'c', "the first in order is answered");
    if (status == DS_OK)
        ds_record_free(record);
    ds_filter *nobody = ds_where("age", DS_EQ, ds_integer(1));
    check(r, ds_find_one(r->model, DS_QUERY(.where = nobody), &record, &r->error) == DS_NOT_FOUND,
          "none is DS_NOT_FOUND");
    ds_filter_free(nobody);
}

static void explain(run *r)
{
    char *plan = NULL;
    people(r);
    trace(r, "/* ds_explain() */");
    check(r, ds_explain(r->model, NULL, &plan, &r->error) == DS_OK && plan[0] == '{', "explain answers a JSON object");
    ds_free(plan);
}

static const rule_case cases[] = {
    {"each operator on each type gives the answer worked out by hand", F, PERSON, by_hand},
    {"each n... is the exact complement, on arrays too", F ": null and absent", PERSON, complements},
    {"what is unknown or malformed is DS_INVALID, never an empty or a full answer", F, PERSON, refused},
    {"fields leaves in what was asked for, and nothing else", F, PERSON, fields},
    {"find_by_ids keeps the order of the ids and passes over missing ones", "source.h, ds_find_by_ids", PERSON, by_ids},
    {"a walk returns each record once", "source.h, ds_find", PERSON, walk},
    {"a cursor may be closed at any time", "source.h, ds_cursor_close", PERSON, closing_early},
    {"cursors do not disturb each other", "source.h, ds_cursor_next", PERSON, two_cursors},
    {"find_one answers the first, or DS_NOT_FOUND", "source.h, ds_find_one", PERSON, find_one},
    {"explain answers for a query", "source.h, ds_explain", PERSON, explain},
};
const group group_find = {"find", cases, sizeof cases / sizeof *cases};
