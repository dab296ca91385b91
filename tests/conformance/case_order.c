/* Cases of order, limit, skip and marks. */
#include "conformance.h"

#include <string.h>

#define O "DESIGN 6: order"

static void store(run *r)
{
    static const char *const eight[] = {
        "{\"id\":\"a\",\"name\":\"n\",\"age\":3,\"score\":1.5,\"born\":\"2001-01-01\",\"tags\":[2]}",
        "{\"id\":\"b\",\"name\":\"N\",\"age\":-1,\"score\":-1,\"member\":true}",
        "{\"id\":\"c\",\"name\":\"é\",\"age\":10,\"extra\":\"text\"}",
        "{\"id\":\"d\",\"name\":\"\",\"score\":1e10,\"extra\":5}",
        "{\"id\":\"e\",\"name\":\"n\",\"age\":3,\"born\":\"1999-12-31\",\"extra\":false}",
        "{\"id\":\"f\",\"name\":\"n0\",\"age\":9007199254740993,\"score\":1.5,\"tags\":[1,2]}",
        "{\"id\":\"g\",\"name\":\"z\",\"age\":9007199254740992,\"extra\":{\"a\":1}}",
        "{\"id\":\"h\",\"name\":\"n\",\"score\":0}",
    };
    for (size_t i = 0; i < 8; i++)
        step_create(r, eight[i], DS_OK);
}

static void by_type(run *r)
{
    static const char *const table[][2] = {
        {"{\"order\":\"id\"}", "abcdefgh"},
        {"{\"order\":\"id DESC\"}", "hgfedcba"},
        {"{\"order\":\"age\"}", "dhbaecgf"},
        {"{\"order\":\"age DESC\"}", "fgceabhd"},
        {"{\"order\":\"name\"}", "dbaehfgc"},
        {"{\"order\":\"name desc\"}", "cgfheabd"},
        {"{\"order\":\"score ASC\"}", "cegbhafd"},
        {"{\"order\":\"member DESC\"}", "bhgfedca"},
        {"{\"order\":\"born\"}", "bcdfghea"},
        {"{\"order\":\"extra\"}", "abfhedcg"},
        {"{\"order\":[\"name DESC\",\"age\"]}", "cgfhaebd"},
        {"{\"order\":\"age DESC, id\"}", "fgcaebdh"},
        {"{\"order\":\"age, name DESC\"}", "hdbeacgf"},
    };
    store(r);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        step_find_ids(r, table[i][0], table[i][1]);
}

static void limits(run *r)
{
    store(r);
    step_find_ids(r, "{\"order\":\"id\",\"limit\":3}", "abc");
    step_find_ids(r, "{\"order\":\"id\",\"limit\":3,\"skip\":2}", "cde");
    step_find_ids(r, "{\"order\":\"id\",\"offset\":6}", "gh");
    step_find_ids(r, "{\"order\":\"id\",\"limit\":3,\"skip\":100}", "");
    step_find_ids(r, "{\"order\":\"id\",\"limit\":0}", "abcdefgh");
    step_find_ids(r, "{\"order\":\"age DESC\",\"limit\":2}", "fg");
    step_find_ids(r, "{\"order\":\"name\",\"limit\":1,\"skip\":7}", "c");
    step_find_ids(r, "{\"where\":{\"name\":\"n\"},\"order\":\"id\",\"limit\":2}", "ae");
    step_find_ids(r, "{\"where\":{\"name\":\"n\"},\"order\":\"id DESC\",\"limit\":2,\"skip\":1}", "ea");
}

static void without_order(run *r)
{
    ds_cursor *cursor;
    const ds_record *record = NULL;
    unsigned n = 0;
    store(r);
    trace(r, "/* a limit of 3 without order */");
    if (ds_find(r->model, DS_QUERY(.limit = 3), &cursor, &r->error) != DS_OK)
        fail(r, "%s", r->error.message);
    while (!r->failed && ds_cursor_next(cursor, &record, &r->error) == DS_OK && record != NULL)
        n++;
    check(r, n == 3, "a limit without order answers that many");
    check(r, ds_cursor_mark(cursor) == NULL, "without order there is no mark");
    ds_cursor_close(cursor);
    n = 0;
    if (ds_find(r->model, DS_QUERY(.skip = 6), &cursor, &r->error) != DS_OK)
        fail(r, "%s", r->error.message);
    while (!r->failed && ds_cursor_next(cursor, &record, &r->error) == DS_OK && record != NULL)
        n++;
    check(r, n == 2, "a skip of 6 without order leaves 2 of 8");
    ds_cursor_close(cursor);
}

/* Walks in pages; each goes on from the mark of the last record of the one before. */
static void pages(run *r, const char *order, uint64_t size, const char *expected)
{
    char found[32] = "", *mark = NULL;
    trace(r, "/* pages of %llu by \"%s\", with marks: %s */", (unsigned long long)size, order, expected);
    for (int page = 0; page < 10 && !r->failed; page++) {
        ds_cursor *cursor;
        const ds_record *record = NULL;
        size_t before = strlen(found);
        if (ds_find(r->model, DS_QUERY(.order = order, .limit = size, .after = mark), &cursor, &r->error) != DS_OK) {
            fail(r, "%s", r->error.message);
            break;
        }
        while (ds_cursor_next(cursor, &record, &r->error) == DS_OK && record != NULL)
            strncat(found, ds_record_get(record, "id").as.string, 1);
        ds_free(mark);
        mark = ds_cursor_mark(cursor);
        ds_cursor_close(cursor);
        if (strlen(found) == before)
            break;
    }
    ds_free(mark);
    if (strcmp(found, expected) != 0)
        fail(r, "the pages are %s", found);
}

static void marks(run *r)
{
    store(r);
    pages(r, "id", 3, "abcdefgh");
    pages(r, "age DESC", 1, "fgceabhd");
    pages(r, "age", 2, "dhbaecgf");
    pages(r, "name, age", 3, "dbhaefgc");
    pages(r, "extra", 2, "abfhedcg");
    pages(r, "born DESC", 3, "aehgfdcb");
}

/* A mark stays good when its record is gone. */
static void mark_of_a_deleted_record(run *r)
{
    ds_cursor *cursor;
    const ds_record *record;
    store(r);
    trace(r, "/* the mark of the third record by age, which is then deleted */");
    if (ds_find(r->model, DS_QUERY(.order = "age"), &cursor, &r->error) != DS_OK)
        fail(r, "%s", r->error.message);
    for (int i = 0; i < 3 && !r->failed; i++)
        if (ds_cursor_next(cursor, &record, &r->error) != DS_OK || record == NULL)
            fail(r, "%s", r->error.message);
    char *mark = ds_cursor_mark(cursor), json[512];
    ds_cursor_close(cursor);
    step_delete(r, "b", DS_OK);
    snprintf(json, sizeof json, "{\"order\":\"age\",\"after\":\"%s\"}", mark == NULL ? "" : mark);
    step_find_ids(r, json, "aecgf");
    snprintf(json, sizeof json, "{\"order\":\"name\",\"after\":\"%s\"}", mark == NULL ? "" : mark);
    step_find_fails(r, json, "after");
    ds_free(mark);
}

static void fields_hide_the_order(run *r)
{
    static const char *const lines[] = {"{\"name\":\"n0\"}", "{\"name\":\"z\"}"};
    store(r);
    step_find(r, "{\"order\":\"age DESC\",\"limit\":2,\"fields\":[\"name\"]}", lines, 2);
}

static const rule_case cases[] = {
    {"each type sorts by its order, null first, ties by id", O, PERSON, by_type},
    {"limit and skip count behind filter and order", O, PERSON, limits},
    {"a limit without order still answers that many", "DESIGN 6: without order", PERSON, without_order},
    {"pages with marks are the whole, once", "source.h, ds_cursor_mark", PERSON, marks},
    {"a mark outlives its record, and is refused for another order", "query.h, ds_query.after", PERSON,
     mark_of_a_deleted_record},
    {"what is ordered by need not be among the fields", O, PERSON, fields_hide_the_order},
};
const group group_order = {"order", cases, sizeof cases / sizeof *cases};
