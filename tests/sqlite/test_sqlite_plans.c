/* What is pushed down, and by which index: ds_explain() in words, and SQLite's own EXPLAIN QUERY PLAN of the same SQL, asked
 * by another program. */
#include "base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char PERSON[] =
    "{\"name\":\"Person\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},"
    "\"name\":{\"type\":\"string\",\"index\":true},\"age\":{\"type\":\"integer\",\"index\":true},\"city\":\"string\","
    "\"email\":{\"type\":\"string\",\"unique\":true},\"score\":{\"type\":\"number\",\"index\":true},"
    "\"born\":{\"type\":\"date\",\"index\":true},\"member\":{\"type\":\"boolean\",\"index\":true},"
    "\"key\":{\"type\":\"binary\",\"index\":true},\"zip\":\"string\",\"o\":\"object\",\"a\":\"array\"},"
    "\"indexes\":{\"byCityAge\":{\"keys\":{\"city\":1,\"age\":-1}},"
    "\"once\":{\"keys\":{\"city\":1,\"zip\":1},\"options\":{\"unique\":true}}}}";

typedef struct expectation {
    const char *query, *access, *plan, *backend, *library;
} expectation;

#define WHERE "\"where\""
#define ORDER "\"order\""
#define PAGE  "\"page\""

static char *explained(ds_model *model, const char *query)
{
    ds_query *parsed;
    char *plan = NULL;
    CU_ASSERT_EQUAL_FATAL(ds_query_parse(query, &parsed, &host_error), DS_OK);
    CU_ASSERT_EQUAL_FATAL(ds_explain(model, parsed, &plan, &host_error), DS_OK);
    ds_query_free(parsed);
    return plan;
}

/* The SQL of a plan, with its quotes as they were. */
static char *sql_of(const char *plan)
{
    static const char begins[] = "\"sql\":\"";
    const char *at = strstr(plan, begins) + sizeof begins - 1;
    char *sql = malloc(strlen(at) + 1), *to = sql;
    for (; *at != '"'; at++) {
        at += *at == '\\';
        *to++ = *at;
    }
    *to = '\0';
    return sql;
}

static void raw_plan_has(const char *plan, const char *line)
{
    char *sql = sql_of(plan), *ask = malloc(strlen(sql) + 32);
    sprintf(ask, "EXPLAIN QUERY PLAN %s", sql);
    char *rows = base_ask(ask);
    if (strstr(rows, line) == NULL)
        printf("\n%s\ngives:\n%sand not: %s", sql, rows, line);
    CU_ASSERT_PTR_NOT_NULL(strstr(rows, line));
    free(rows);
    free(ask);
    free(sql);
}

static void has(const char *query, const char *plan, const char *member, const char *open, const char *value,
                const char *close)
{
    char part[200];
    snprintf(part, sizeof part, "\"%s\":%s%s%s", member, open, value, close);
    if (strstr(plan, part) == NULL)
        printf("\n%s\ngives %s\nand not %s", query, plan, part);
    CU_ASSERT_PTR_NOT_NULL(strstr(plan, part));
}

static void plans_are(ds_model *model, const expectation *each, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *plan = explained(model, each[i].query);
        has(each[i].query, plan, "access", "\"", each[i].access, "\"");
        has(each[i].query, plan, "backend", "[", each[i].backend, "]");
        has(each[i].query, plan, "library", "[", each[i].library, "]");
        raw_plan_has(plan, each[i].plan);
        ds_free(plan);
    }
}

#define PLANS_ARE(model, ...)                                                                                          \
    do {                                                                                                               \
        static const expectation each_[] = {__VA_ARGS__};                                                              \
        plans_are(model, each_, sizeof each_ / sizeof *each_);                                                         \
    } while (0)

#define AGE "USING INDEX Person#index:age"

static void every_kind_of_filter_has_its_index(void)
{
    base_begin();
    ds_model *m = host_model(base_open(""), PERSON);
    PLANS_ARE(m, {"{\"where\":{\"age\":5}}", "index age", "SEARCH Person " AGE " (age=?)", WHERE, ""},
              {"{\"where\":{\"age\":{\"inq\":[1,2]}}}", "index age", "SEARCH Person " AGE " (age=?)", WHERE, ""},
              {"{\"where\":{\"age\":{\"gt\":5}}}", "index age", "SEARCH Person " AGE " (age>?)", WHERE, ""},
              {"{\"where\":{\"age\":{\"gte\":5}}}", "index age", "SEARCH Person " AGE " (age>?)", WHERE, ""},
              {"{\"where\":{\"age\":{\"lt\":5}}}", "index age", "SEARCH Person " AGE " (age<?)", WHERE, ""},
              {"{\"where\":{\"age\":{\"lte\":5}}}", "index age", "SEARCH Person " AGE " (age<?)", WHERE, ""},
              {"{\"where\":{\"age\":{\"gte\":5,\"lt\":9}}}", "index age", "SEARCH Person " AGE " (age>? AND age<?)",
               WHERE, ""},
              {"{\"where\":{\"age\":{\"between\":[1,2]}}}", "index age", "SEARCH Person " AGE " (age>? AND age<?)",
               WHERE, ""},
              {"{\"where\":{\"age\":null}}", "index age", "SEARCH Person " AGE " (age=?)", WHERE, ""},
              {"{\"where\":{\"age\":{\"exists\":false}}}", "index age", "SEARCH Person " AGE " (age=?)", WHERE, ""},
              {"{\"where\":{\"name\":{\"like\":\"A%\"}}}", "index name",
               "SEARCH Person USING INDEX Person#index:name (name>? AND name<?)", WHERE, ""},
              {"{\"where\":{\"name\":{\"like\":\"Ada\"}}}", "index name",
               "SEARCH Person USING INDEX Person#index:name (name=?)", WHERE, ""},
              {"{\"where\":{\"email\":\"x\"}}", "index email",
               "SEARCH Person USING INDEX Person#unique:email (email=?)", WHERE, ""},
              {"{\"where\":{\"id\":\"x\"}}", "id look-up", "SEARCH Person USING INDEX sqlite_autoindex_Person_1 (id=?)",
               WHERE, ""},
              {"{\"where\":{\"id\":{\"inq\":[\"x\",\"y\"]}}}", "id look-up",
               "SEARCH Person USING INDEX sqlite_autoindex_Person_1 (id=?)", WHERE, ""},
              {"{\"where\":{\"or\":[{\"age\":1},{\"name\":\"x\"}]}}", "several indexes", "MULTI-INDEX OR", WHERE, ""});
    base_end();
}

static void values_of_every_type_are_found_by_their_index(void)
{
    base_begin();
    ds_model *m = host_model(base_open(""), PERSON);
    PLANS_ARE(m,
              {"{\"where\":{\"score\":{\"gt\":0.5}}}", "index score",
               "SEARCH Person USING INDEX Person#index:score (score>?)", WHERE, ""},
              {"{\"where\":{\"born\":{\"lt\":\"2000-01-01\"}}}", "index born",
               "SEARCH Person USING INDEX Person#index:born (born<?)", WHERE, ""},
              {"{\"where\":{\"member\":true}}", "index member",
               "SEARCH Person USING INDEX Person#index:member (member=?)", WHERE, ""},
              {"{\"where\":{\"key\":{\"gte\":\"AAE=\"}}}", "index key",
               "SEARCH Person USING INDEX Person#index:key (key>?)", WHERE, ""});
    base_end();
}

static void composite_and_unique_indexes_serve(void)
{
    base_begin();
    ds_model *m = host_model(base_open(""), PERSON);
    PLANS_ARE(m,
              {"{\"where\":{\"city\":\"Rome\",\"age\":{\"gt\":5}},\"order\":\"age DESC\"}", "index byCityAge",
               "SEARCH Person USING INDEX Person#index:byCityAge (city=? AND age>?)", WHERE "," ORDER, ""},
              {"{\"where\":{\"city\":\"Rome\"},\"order\":\"age DESC\"}", "index byCityAge",
               "SEARCH Person USING INDEX Person#index:byCityAge (city=?)", WHERE "," ORDER, ""},
              {"{\"where\":{\"city\":\"Rome\",\"zip\":\"1\"}}", "index once",
               "SEARCH Person USING INDEX Person#unique:once (city=? AND zip=?)", WHERE, ""});
    base_end();
}

/* Ties by id come from the index, too: nothing is sorted. */
static void orders_are_walks_of_an_index(void)
{
    base_begin();
    ds_model *m = host_model(base_open(""), PERSON);
    PLANS_ARE(m,
              {"{\"order\":\"age\",\"limit\":10}", "walk in the order of the index age", "SCAN Person " AGE,
               ORDER "," PAGE, ""},
              {"{\"order\":\"age DESC\",\"limit\":10,\"skip\":5}", "walk in the order of the index age",
               "SCAN Person " AGE, ORDER "," PAGE, ""},
              {"{\"order\":\"id\"}", "walk in the order of the id", "SCAN Person USING INDEX sqlite_autoindex_Person_1",
               ORDER, ""},
              {"{\"order\":\"city, age DESC\"}", "walk in the order of the index byCityAge",
               "SCAN Person USING INDEX Person#index:byCityAge", ORDER, ""},
              {"{\"where\":{\"age\":{\"gte\":1}},\"order\":\"age\"}", "index age", "SEARCH Person " AGE " (age>?)",
               WHERE "," ORDER, ""});
    static const char *const unsorted[] = {"{\"order\":\"age\"}", "{\"order\":\"city, age DESC\"}",
                                           "{\"where\":{\"age\":{\"gte\":1}},\"order\":\"age DESC\"}"};
    for (size_t i = 0; i < sizeof unsorted / sizeof *unsorted; i++) {
        char *plan = explained(m, unsorted[i]), *sql = sql_of(plan), ask[900];
        has(unsorted[i], plan, "sorts", "", "false", "");
        snprintf(ask, sizeof ask, "EXPLAIN QUERY PLAN %s", sql);
        char *rows = base_ask(ask);
        CU_ASSERT_PTR_NULL(strstr(rows, "TEMP B-TREE"));
        free(rows);
        free(sql);
        ds_free(plan);
    }
    char *plan = explained(m, "{\"order\":\"zip\"}");
    has("order zip", plan, "sorts", "", "true", "");
    raw_plan_has(plan, "USE TEMP B-TREE FOR ORDER BY");
    ds_free(plan);
    base_end();
}

/* The page behind a mark begins where the mark is: by the index, in either direction. */
static void a_mark_is_a_place_in_the_index(void)
{
    static const char *const orders[] = {"age", "age DESC", "city, age DESC"};
    base_begin();
    ds_model *m = host_model(base_open(""), PERSON);
    for (int i = 0; i < 20; i++) {
        char json[128];
        snprintf(json, sizeof json, "{\"id\":\"%d\",\"age\":%d,\"city\":\"c%d\",\"zip\":\"%d\",\"email\":\"%d\"}", i,
                 i / 2, i / 4, i, i);
        host_create(m, json);
    }
    for (size_t i = 0; i < 3; i++) {
        ds_cursor *cursor;
        const ds_record *record;
        char *plan;
        CU_ASSERT_EQUAL(ds_find(m, DS_QUERY(.order = orders[i]), &cursor, &host_error), DS_OK);
        for (int k = 0; k < 7; k++)
            ds_cursor_next(cursor, &record, &host_error);
        char *mark = ds_cursor_mark(cursor);
        ds_cursor_close(cursor);
        CU_ASSERT_EQUAL(ds_explain(m, DS_QUERY(.order = orders[i], .after = mark, .limit = 3), &plan, &host_error),
                        DS_OK);
        has(orders[i], plan, "library", "[", "", "]");
        has(orders[i], plan, "sorts", "", "false", "");
        CU_ASSERT_PTR_NOT_NULL(strstr(plan, "\"SEARCH Person USING INDEX Person#index:"));
        CU_ASSERT_PTR_NULL(strstr(plan, "SCAN Person"));
        ds_free(mark);
        ds_free(plan);
    }
    base_end();
}

static void what_is_not_pushed_down_is_said(void)
{
    base_begin();
    ds_model *m = host_model(base_open(""), PERSON);
    PLANS_ARE(m, {"{\"where\":{\"name\":{\"regexp\":\"x\"}}}", "walk", "SCAN Person", "", WHERE},
              {"{\"where\":{\"name\":{\"ilike\":\"a%\"}}}", "walk", "SCAN Person", "", WHERE},
              {"{\"where\":{\"o.a\":5}}", "walk", "SCAN Person", "", WHERE},
              {"{\"where\":{\"a\":{\"contains\":[5]}}}", "walk", "SCAN Person", "", WHERE},
              {"{\"where\":{\"zip\":\"1\"}}", "walk", "SCAN Person", WHERE, ""}, /* as SQL, but with no index */
              {"{\"where\":{\"name\":{\"like\":\"%a%\"}}}", "walk", "SCAN Person", WHERE, ""},
              {"{\"where\":{\"age\":{\"neq\":3}}}", "walk", "SCAN Person", WHERE, ""},
              /* a part of it narrows what the library looks through */
              {"{\"where\":{\"age\":3,\"name\":{\"regexp\":\"x\"}},\"limit\":5}", "index age",
               "SEARCH Person " AGE " (age=?)", "", WHERE "," PAGE},
              {"{\"where\":{\"name\":{\"like\":\"A_a%\"}}}", "index name",
               "SEARCH Person USING INDEX Person#index:name", "", WHERE},
              /* but not where the other part may match what it does not */
              {"{\"where\":{\"or\":[{\"age\":3},{\"name\":{\"regexp\":\"x\"}}]}}", "walk", "SCAN Person", "", WHERE},
              {"{\"order\":\"o.a\"}", "walk", "SCAN Person", "", ORDER});
    base_end();
}

static void a_table_of_another_program_is_asked_only_what_it_compares_alike(void)
{
    base_begin();
    base_run("CREATE TABLE pets (no INTEGER PRIMARY KEY, name TEXT, age INT, tag TEXT COLLATE NOCASE);"
             "CREATE INDEX byAge ON pets (age); CREATE INDEX byTag ON pets (tag)");
    ds_model *m = host_model(base_open(""), "{\"name\":\"pets\",\"properties\":{\"no\":{\"type\":\"integer\",\"id\":"
                                            "true},\"name\":\"string\",\"age\":\"integer\",\"tag\":\"string\"}}");
    PLANS_ARE(m, {"{\"where\":{\"no\":1}}", "id look-up", "SEARCH pets USING INTEGER PRIMARY KEY (rowid=?)", WHERE, ""},
              {"{\"where\":{\"age\":3}}", "index byAge", "SEARCH pets USING INDEX byAge (age=?)", WHERE, ""},
              {"{\"where\":{\"age\":{\"gt\":3}}}", "walk", "SCAN pets", "", WHERE}, /* a real might stand there */
              {"{\"where\":{\"tag\":\"x\"}}", "walk", "SCAN pets", "", WHERE},      /* which ignores case */
              {"{\"order\":\"no DESC\"}", "walk in the order of the id", "SCAN pets", ORDER, ""},
              {"{\"order\":\"age\"}", "walk", "SCAN pets", "", ORDER});
    base_end();
}

static void dsctl_says_it_in_words(void)
{
    base_begin();
    char text[900], dsctl[600];
    snprintf(text, sizeof text, "{\"db\":{\"connector\":\"sqlite\",\"file\":\"%s\"}}", base_file);
    char *sources = folder_write(base_folder, "datasources.json", text);
    snprintf(text, sizeof text, "[%s]", PERSON);
    char *models = folder_write(base_folder, "models.json", text);
    snprintf(dsctl, sizeof dsctl, "%s/dsctl", getenv("DS_BUILDDIR"));
    const char *argv[] = {dsctl, "-c", sources, "-m", models, "explain", "db", "Person", "{\"where\":{\"age\":5}}",
                          NULL};
    command_result result = command_run(argv, NULL);
    CU_ASSERT_EQUAL(result.status, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(result.out, "\"access\":\"index age\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(result.out, "SEARCH Person " AGE " (age=?)"));
    command_free(&result);
    free(sources);
    free(models);
    base_end();
}

int main(void)
{
    static const test tests[] = {
        {"every kind of filter has its index", every_kind_of_filter_has_its_index},
        {"values of every type are found by their index", values_of_every_type_are_found_by_their_index},
        {"composite and unique indexes serve", composite_and_unique_indexes_serve},
        {"orders are walks of an index", orders_are_walks_of_an_index},
        {"a mark is a place in the index", a_mark_is_a_place_in_the_index},
        {"what is not pushed down is said", what_is_not_pushed_down_is_said},
        {"a table of another program is asked only what it compares alike",
         a_table_of_another_program_is_asked_only_what_it_compares_alike},
        {"dsctl says it in words", dsctl_says_it_in_words},
    };
    return SUITE_RUN("sqlite: plans", tests);
}
