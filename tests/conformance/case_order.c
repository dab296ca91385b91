/* Cases of order, limit, skip and marks. */
#include "steps.h"

#include <string.h>

static void store(run *r)
{
    static const char *const eight[] = {
        "{\"id\":\"e\",\"name\":\"n\",\"age\":3,\"born\":\"1999-12-31\",\"extra\":false}",
        "{\"id\":\"c\",\"name\":\"é\",\"age\":10,\"extra\":\"text\"}",
        "{\"id\":\"a\",\"name\":\"n\",\"age\":3,\"score\":1.5,\"born\":\"2001-01-01\",\"tags\":[2]}",
        "{\"id\":\"h\",\"name\":\"n\",\"score\":0}",
        "{\"id\":\"g\",\"name\":\"z\",\"age\":9007199254740992,\"extra\":{\"a\":1}}",
        "{\"id\":\"b\",\"name\":\"N\",\"age\":-1,\"score\":-1,\"member\":true}",
        "{\"id\":\"f\",\"name\":\"n0\",\"age\":9007199254740993,\"score\":1.5,\"tags\":[1,2]}",
        "{\"id\":\"d\",\"name\":\"\",\"score\":1e10,\"extra\":5}",
    };
    for (size_t i = 0; i < 8; i++)
        step_create(r, eight[i], DS_OK);
}

typedef struct row {
    const char *query, *ids;
    const rule *rule;
} row;

static void ask(run *r, const row *rows, size_t n)
{
    store(r);
    size_t start = trace_position(r);
    for (size_t i = 0; i < n && !r->failed; i++) {
        trace_forget(r, start);
        r->rule = rows[i].rule;
        step_find_ids(r, rows[i].query, rows[i].ids);
    }
}

static void by_type(run *r)
{
    static const row rows[] = {
        {"{\"order\":\"id\"}", "abcdefgh", &rule_order_values},
        {"{\"order\":\"id DESC\"}", "hgfedcba", &rule_order_direction},
        {"{\"where\":{\"score\":null},\"order\":\"age\"}", "ecg", &rule_order_values},
        {"{\"where\":{\"score\":null},\"order\":\"age DESC\"}", "gce", &rule_order_direction},
        {"{\"where\":{\"name\":\"n\"},\"order\":\"name\"}", "aeh", &rule_order_ties},
        {"{\"where\":{\"name\":\"n\"},\"order\":\"name DESC\"}", "hea", &rule_order_ties},
        {"{\"where\":{\"age\":{\"lte\":10}},\"order\":\"age\"}", "baec", &rule_order_values},
        {"{\"where\":{\"id\":{\"inq\":[\"b\",\"d\",\"h\"]}},\"order\":\"age\"}", "dhb", &rule_order_null},
        {"{\"where\":{\"id\":{\"inq\":[\"b\",\"d\",\"h\"]}},\"order\":\"age DESC\"}", "bhd", &rule_order_null},
        {"{\"order\":\"age\"}", "dhbaecgf", &rule_order_values},
        {"{\"order\":\"age DESC\"}", "fgceabhd", &rule_order_values},
        {"{\"order\":\"name\"}", "dbaehfgc", &rule_order_values},
        {"{\"order\":\"name desc\"}", "cgfheabd", &rule_order_values},
        {"{\"order\":\"score ASC\"}", "cegbhafd", &rule_order_values},
        {"{\"order\":\"member DESC\"}", "bhgfedca", &rule_order_values},
        {"{\"order\":\"born\"}", "bcdfghea", &rule_order_null},
        {"{\"order\":\"extra\"}", "abfhedcg", &rule_order_values},
        {"{\"order\":[\"name DESC\",\"age\"]}", "cgfhaebd", &rule_order_direction},
        {"{\"order\":\"age DESC, id\"}", "fgcaebdh", &rule_order_direction},
        {"{\"order\":\"age, name DESC\"}", "hdbeacgf", &rule_order_direction},
    };
    ask(r, rows, sizeof rows / sizeof *rows);
}

static void limits(run *r)
{
    static const row rows[] = {
        {"{\"order\":\"id\",\"limit\":3}", "abc", &rule_page},
        {"{\"order\":\"id\",\"limit\":3,\"skip\":2}", "cde", &rule_page},
        {"{\"order\":\"id\",\"offset\":6}", "gh", &rule_page},
        {"{\"order\":\"id\",\"limit\":3,\"skip\":100}", "", &rule_page},
        {"{\"order\":\"id\",\"limit\":0}", "abcdefgh", &rule_page},
        {"{\"where\":{\"name\":\"n\"},\"order\":\"id\",\"limit\":2}", "ae", &rule_page},
        {"{\"where\":{\"name\":\"n\"},\"order\":\"id DESC\",\"limit\":2,\"skip\":1}", "ea", &rule_page},
        {"{\"order\":\"name\",\"limit\":1,\"skip\":7}", "c", &rule_page},
        {"{\"order\":\"age DESC\",\"limit\":2}", "fg", &rule_page},
    };
    ask(r, rows, sizeof rows / sizeof *rows);
}

/* How many records come, and whether the cursor has a mark then. */
static unsigned counted(run *r, const ds_query *query, bool *has_mark)
{
    ds_cursor *cursor;
    const ds_record *record = NULL;
    unsigned n = 0;
    *has_mark = false;
    if (!done(r, ds_find(r->model, query, &cursor, &r->error)))
        return 0;
    while (done(r, ds_cursor_next(cursor, &record, &r->error)) && record != NULL)
        n++;
    char *mark = ds_cursor_mark(cursor);
    *has_mark = mark != NULL;
    ds_free(mark);
    ds_cursor_close(cursor);
    return n;
}

static void trace_counted(run *r, const char *query, unsigned n)
{
    trace(r, "ds_find(model, DS_QUERY(%s), &cursor, &error);", query);
    trace(r, "while (ds_cursor_next(cursor, &found, &error) == DS_OK && found != NULL)");
    trace(r, "    puts(ds_record_to_json(found)); /* expected: %u records */", n);
    trace(r, "ds_cursor_close(cursor);");
}

static void without_order(run *r)
{
    bool has_mark;
    store(r);
    trace_counted(r, ".limit = 3", 3);
    check(r, counted(r, DS_QUERY(.limit = 3), &has_mark) == 3, "a limit of 3 without order answers 3 of 8");
    check(r, !has_mark, "without order there is no mark");
    trace_counted(r, ".skip = 6", 2);
    check(r, counted(r, DS_QUERY(.skip = 6), &has_mark) == 2, "a skip of 6 without order leaves 2 of 8");
    trace_counted(r, ".skip = 3, .limit = 4", 4);
    check(r, counted(r, DS_QUERY(.skip = 3, .limit = 4), &has_mark) == 4, "a limit counts behind the skip");
    ds_filter *where = ds_where("name", DS_EQ, ds_string("n"));
    trace(r, "filter = ds_where(\"name\", DS_EQ, ds_string(\"n\"));");
    trace_counted(r, ".where = filter, .limit = 3", 3);
    check(r, counted(r, DS_QUERY(.where = where, .limit = 3), &has_mark) == 3,
          "a limit of 3 counts the records that match, of which there are 3");
    ds_filter_free(where);
}

static void trace_pages(run *r, const char *order, unsigned size, const char *expected)
{
    trace_comment(r, "expected: %s", expected);
    trace(r, "do {");
    trace(r, "    ds_find(model, DS_QUERY(.order = \"%s\", .limit = %u, .after = mark), &cursor, &error);", order,
          size);
    trace(r, "    for (i = 0; ds_cursor_next(cursor, &found, &error) == DS_OK && found != NULL; i++)");
    trace(r, "        puts(ds_record_to_json(found));");
    trace(r, "    mark = ds_cursor_mark(cursor);");
    trace(r, "    ds_cursor_close(cursor);");
    trace(r, "} while (i == %u);", size);
}

/* Walks in pages; each goes on from the mark of the last record of the one before. */
static void pages(run *r, const char *order, unsigned size, const char *expected)
{
    char found[64] = "", *mark = NULL;
    size_t before, n = 0;
    trace_pages(r, order, size, expected);
    do {
        ds_cursor *cursor;
        const ds_record *record = NULL;
        before = n;
        if (!done(r, ds_find(r->model, DS_QUERY(.order = order, .limit = size, .after = mark), &cursor, &r->error)))
            break;
        while (done(r, ds_cursor_next(cursor, &record, &r->error)) && record != NULL && n < 32)
            found[n++] = letter_of(record);
        ds_free(mark);
        mark = ds_cursor_mark(cursor);
        ds_cursor_close(cursor);
    } while (n == before + size && n < 32);
    ds_free(mark);
    same_text(r, found, expected);
}

static void marks(run *r)
{
    static const struct {
        const char *order, *ids;
        unsigned size;
    } walks[] = {{"id", "abcdefgh", 3},        {"age DESC", "fgceabhd", 1}, {"age", "dhbaecgf", 2},
                 {"name, age", "dbhaefgc", 3}, {"extra", "abfhedcg", 2},    {"born DESC", "aehgfdcb", 3}};
    store(r);
    size_t start = trace_position(r);
    for (size_t i = 0; i < sizeof walks / sizeof *walks && !r->failed; i++) {
        trace_forget(r, start);
        pages(r, walks[i].order, walks[i].size, walks[i].ids);
    }
}

/* The mark of the record number `n` in an order; for ds_free(). */
static char *mark_of(run *r, const char *order, unsigned n)
{
    ds_cursor *cursor;
    const ds_record *record;
    trace(r, "ds_find(model, DS_QUERY(.order = \"%s\"), &cursor, &error);", order);
    trace(r, "for (i = 0; i < %u; i++)", n);
    trace(r, "    ds_cursor_next(cursor, &found, &error);");
    trace(r, "mark = ds_cursor_mark(cursor);");
    trace(r, "puts(mark);");
    trace(r, "ds_cursor_close(cursor);");
    if (!done(r, ds_find(r->model, DS_QUERY(.order = order), &cursor, &r->error)))
        return NULL;
    for (unsigned i = 0; i < n && !r->failed; i++)
        if (done(r, ds_cursor_next(cursor, &record, &r->error)))
            check(r, record != NULL, "there is one more record");
    char *mark = ds_cursor_mark(cursor);
    ds_cursor_close(cursor);
    return mark;
}

/* A mark stays good when its record is gone. */
static void mark_of_a_deleted_record(run *r)
{
    char json[512];
    store(r);
    char *mark = mark_of(r, "age", 3); /* dhb aecgf */
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
    {"each type sorts by its order, null first, ties by id", &rule_order_values, PERSON, by_type},
    {"limit and skip count behind filter and order", &rule_page, PERSON, limits},
    {"a limit without order still answers that many", &rule_limit_alone, PERSON, without_order},
    {"pages with marks are the whole, once", &rule_mark, PERSON, marks},
    {"a mark outlives its record, and is refused for another order", &rule_mark, PERSON, mark_of_a_deleted_record},
    {"what is ordered by need not be among the fields", &rule_order_fields, PERSON, fields_hide_the_order},
};
const group group_order = {"order", cases, sizeof cases / sizeof *cases};
