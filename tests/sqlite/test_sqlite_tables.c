/* What the connector stores: tables, columns, indexes; tables of other programs; values that do not fit. */
#include "base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALL                                                                                                            \
    "\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"s\":\"string\",\"i\":\"integer\",\"n\":\"number\","    \
    "\"b\":\"boolean\",\"d\":\"date\",\"x\":\"binary\",\"o\":\"object\",\"a\":\"array\",\"y\":\"any\"}"

static void columns_hold_typed_values(void)
{
    base_begin();
    ds_model *m = host_model(base_open(""), "{\"name\":\"T\"," ALL ",\"settings\":{\"strict\":false}}");
    host_create(m,
                "{\"id\":\"1\",\"s\":\"Ä\",\"i\":9007199254740993,\"n\":0.1,\"b\":true,\"d\":\"2000-02-29T12:00:00Z\","
                "\"x\":\"AAH/\",\"o\":{\"b\":1,\"a\":2},\"a\":[1,1.0],\"y\":\"5\",\"zz\":10,\"aa\":\"red\"}");
    host_create(m, "{\"id\":\"2\",\"y\":5}");
    BASE_IS("SELECT s, i, n, b, d, hex(x), o, a, y, \"#more\" FROM T WHERE id = '1'",
            "Ä|9007199254740993|0.1|1|951825600000|0001FF|{\"a\":2,\"b\":1}|[1,1.0]|\"5\"|{\"aa\":\"red\",\"zz\":"
            "\"10\"}\n");
    BASE_IS("SELECT typeof(s), typeof(i), typeof(n), typeof(b), typeof(d), typeof(x), typeof(y) FROM T ORDER BY id",
            "text|integer|real|integer|integer|blob|text\nnull|null|null|null|null|null|text\n");
    BASE_IS("SELECT y, \"#more\" FROM T WHERE id = '2'", "5|NULL\n");
    BASE_IS(
        "SELECT name, type FROM pragma_table_xinfo('T')",
        "id|TEXT\ns|TEXT\ni|INTEGER\nn|REAL\nb|INTEGER BOOLEAN\nd|INTEGER DATE\nx|BLOB\no|TEXT OBJECT\na|TEXT ARRAY\n"
        "y|TEXT ANY\n#more|TEXT\n");
    base_end();
}

static void a_text_may_hold_nul(void)
{
    base_begin();
    ds_model *m = host_model(base_open(""), "{\"name\":\"T\"," ALL ",\"settings\":{\"strict\":false}}");
    host_create(m, "{\"id\":\"a\\u0000b\",\"s\":\"a\\u0000c\",\"q\":\"x\\u0000y\"}");
    HOST_FINDS(m, "{\"where\":{\"s\":\"a\\u0000c\"}}",
               "{\"id\":\"a\\u0000b\",\"s\":\"a\\u0000c\",\"q\":\"x\\u0000y\"}\n");
    HOST_FINDS(m, "{\"where\":{\"s\":\"a\"}}", "");
    HOST_FINDS(m, "{\"where\":{\"s\":{\"gt\":\"a\\u0000b\",\"lt\":\"a\\u0000d\"}},\"fields\":[\"id\"]}",
               "{\"id\":\"a\\u0000b\"}\n");
    HOST_FINDS(m, "{\"where\":{\"s\":{\"like\":\"%\\u0000c\"}},\"fields\":[\"id\"]}", "{\"id\":\"a\\u0000b\"}\n");
    HOST_FINDS(m, "{\"where\":{\"s\":{\"like\":\"%\\u0000%\"}},\"fields\":[\"id\"]}", "{\"id\":\"a\\u0000b\"}\n");
    BASE_IS("SELECT length(CAST(s AS BLOB)) FROM T", "3\n");
    base_end();
}

static void indexes_are_made_on_first_use(void)
{
    base_begin();
    ds_model *m = host_model(
        base_open(""), "{\"name\":\"T\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},"
                       "\"email\":{\"type\":\"string\",\"unique\":true},\"age\":{\"type\":\"integer\",\"index\":true},"
                       "\"city\":\"string\"},\"indexes\":{\"byCityAge\":{\"keys\":{\"city\":1,\"age\":-1}},"
                       "\"once\":{\"keys\":{\"city\":1,\"email\":1},\"options\":{\"unique\":true}}}}");
    CU_ASSERT_EQUAL(host_count(m, NULL), 0);
    BASE_IS("SELECT sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name",
            "CREATE INDEX \"T#index:age\" ON \"T\" (\"age\", \"id\")\n"
            "CREATE INDEX \"T#index:byCityAge\" ON \"T\" (\"city\", \"age\" DESC, \"id\" DESC)\n"
            "CREATE UNIQUE INDEX \"T#unique:email\" ON \"T\" (\"email\")\n"
            "CREATE UNIQUE INDEX \"T#unique:once\" ON \"T\" (\"city\", \"email\")\n");
    base_end();
}

#define WITH(more)                                                                                                     \
    "{\"name\":\"T\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"age\":{\"type\":\"integer\"" more "}}" \
    "}"

static void a_table_follows_its_model(void)
{
    base_begin();
    ds_model *m = host_model(base_open(""), WITH(",\"index\":true"));
    host_create(m, "{\"id\":\"a\",\"age\":1}");
    host_create(m, "{\"id\":\"b\",\"age\":1}");
    /* a new property, another index, and values that are not unique */
    m = host_model(base_open(""), WITH("},\"name\":{\"type\":\"string\",\"index\":true"));
    host_create(m, "{\"id\":\"c\",\"age\":2,\"name\":\"C\"}");
    HOST_FINDS(m, "{\"where\":{\"name\":null},\"order\":\"id\"}",
               "{\"id\":\"a\",\"age\":1}\n{\"id\":\"b\",\"age\":1}\n");
    BASE_IS("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name",
            "T#index:age\nT#index:name\n");
    CU_ASSERT_EQUAL(ds_migrate(m, NULL, NULL, &host_error), DS_OK);
    BASE_IS("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name", "T#index:name\n");
    m = host_model(base_open(""), WITH(",\"unique\":true"));
    uint64_t count;
    CU_ASSERT_EQUAL(ds_count(m, NULL, &count, &host_error), DS_DUPLICATE);
    CU_ASSERT_PTR_NOT_NULL(strstr(host_error.message, "index age"));
    base_run("DELETE FROM T WHERE id = 'b'");
    CU_ASSERT_EQUAL(host_count(m, NULL), 2);
    CU_ASSERT_EQUAL(host_create(m, "{\"id\":\"d\",\"age\":1}"), DS_DUPLICATE);
    base_end();
}

static void an_index_that_has_changed_is_made_anew(void)
{
    static const char definition[] = "{\"name\":\"T\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},"
                                     "\"a\":\"integer\",\"b\":\"integer\"},\"indexes\":{\"x\":{\"keys\":{\"%s\":%d}}}}";
    char one[256], other[256];
    snprintf(one, sizeof one, definition, "a", 1);
    snprintf(other, sizeof other, definition, "b", -1);
    base_begin();
    host_count(host_model(base_open(""), one), NULL);
    host_count(host_model(base_open(""), other), NULL);
    BASE_IS("SELECT sql FROM sqlite_schema WHERE name = 'T#index:x'",
            "CREATE INDEX \"T#index:x\" ON \"T\" (\"b\" DESC, \"id\" DESC)\n");
    base_end();
}

/* ---- values that do not fit ---- */

static void a_text_that_does_not_fit_is_a_string(void)
{
    base_begin();
    ds_model *m = host_model(base_open(""), "{\"name\":\"T\"," ALL "}");
    host_create(m, "{\"id\":\"a\",\"i\":5,\"n\":1.5,\"b\":true,\"d\":0}");
    host_create(m, "{\"id\":\"b\",\"i\":7,\"n\":2.5,\"b\":false,\"d\":1}");
    base_run("UPDATE T SET i = 'five', n = 'few', b = 'true', d = '2000-01-01', o = '{ \"z\" : 1 }', y = 'x', a = 'no' "
             "WHERE id = 'a'");
    char *line = host_get(m, ds_string("a"));
    CU_ASSERT_STRING_EQUAL(line, "{\"id\":\"a\",\"i\":\"five\",\"n\":\"few\",\"b\":\"true\",\"d\":\"2000-01-01\","
                                 "\"o\":{\"z\":1},\"a\":\"no\",\"y\":\"x\"}");
    free(line);
    /* greater than what fits, in the same order as in memory; and still the connector's work */
    HOST_FINDS(m, "{\"where\":{\"i\":{\"gt\":6}},\"order\":\"i DESC\",\"fields\":[\"id\"]}",
               "{\"id\":\"a\"}\n{\"id\":\"b\"}\n");
    HOST_FINDS(m, "{\"where\":{\"b\":true},\"fields\":[\"id\"]}", "");
    HOST_FINDS(m, "{\"where\":{\"d\":{\"gt\":1}},\"fields\":[\"id\"]}", "{\"id\":\"a\"}\n");
    HOST_FINDS(m, "{\"where\":{\"i\":{\"lt\":6}},\"fields\":[\"id\"]}", "");
    /* by comparing what is really stored */
    uint64_t changed = 0;
    CU_ASSERT_EQUAL(host_update_where(m, "{\"o\":{\"eq\":{\"z\":1}}}", "{\"s\":\"found\"}", &changed), DS_OK);
    CU_ASSERT_EQUAL(changed, 1);
    CU_ASSERT_EQUAL(host_update_where(m, "{\"i\":{\"like\":\"f%\"}}", "{\"i\":6}", &changed), DS_OK);
    CU_ASSERT_EQUAL(changed, 1);
    BASE_IS("SELECT s, i FROM T WHERE id = 'a'", "found|6\n");
    base_end();
}

static void what_would_be_compared_otherwise_is_kept_out(void)
{
    static const char *const wrong[] = {"i = 1.5", "i = x'00'", "n = 9e999", "n = x'00'", "s = x'61'",
                                        "b = 2",   "b = 0.5",   "x = 'a'",   "x = 1",     "d = 253402300800000",
                                        "d = 0.5", "id = x'61'"};
    base_begin();
    ds_model *m = host_model(base_open(""), "{\"name\":\"T\"," ALL "}");
    host_create(m, "{\"id\":\"a\"}");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char sql[128];
        snprintf(sql, sizeof sql, "UPDATE T SET %s", wrong[i]);
        if (base_try(sql) != 19)
            printf("\n%s", sql);
        CU_ASSERT_EQUAL(base_try(sql), 19); /* SQLITE_CONSTRAINT */
    }
    base_end();
}

/* ---- tables of other programs ---- */

#define FOREIGN                                                                                                        \
    "{\"name\":\"Pet\",\"properties\":{\"no\":{\"type\":\"integer\",\"id\":true,\"generated\":true},\"name\":"         \
    "\"string\","                                                                                                      \
    "\"age\":{\"type\":\"integer\",\"index\":true},\"born\":\"date\",\"tag\":\"string\"},"                             \
    "\"settings\":{\"sqlite\":{\"table\":\"pets\"}}}"

static void make_pets(void)
{
    base_run(
        "CREATE TABLE pets (no INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL DEFAULT 'x', age INT, born TEXT, tag "
        "TEXT COLLATE NOCASE, other TEXT DEFAULT 'kept'); CREATE INDEX byAge ON pets (age);"
        "INSERT INTO pets (no, name, age, born, tag) VALUES (1, 'Rex', 3, '2020-05-01', 'Dog'), (2, x'546f6d', 4.5, "
        "'soon', 'CAT'), (3, 'Kit', 'old', NULL, 'cat')");
}

static void a_table_of_another_program_is_used_as_it_is(void)
{
    base_begin();
    make_pets();
    ds_model *m = host_model(base_open(""), FOREIGN);
    HOST_FINDS(m, "{\"order\":\"no\"}",
               "{\"no\":1,\"name\":\"Rex\",\"age\":3,\"born\":\"2020-05-01T00:00:00.000Z\",\"tag\":\"Dog\"}\n"
               "{\"no\":2,\"name\":\"Tom\",\"age\":\"4.5\",\"born\":\"soon\",\"tag\":\"CAT\"}\n"
               "{\"no\":3,\"name\":\"Kit\",\"age\":\"old\",\"tag\":\"cat\"}\n");
    CU_ASSERT_EQUAL(host_create(m, "{\"name\":\"New\",\"age\":9,\"born\":\"2021-01-01\"}"), DS_OK);
    CU_ASSERT_EQUAL(host_update(m, ds_integer(2), "{\"age\":5}"), DS_OK);
    BASE_IS("SELECT no, age, other FROM pets WHERE no IN (2, 4) ORDER BY no", "2|5|kept\n4|9|kept\n");
    BASE_IS("SELECT name FROM sqlite_schema WHERE tbl_name = 'pets' ORDER BY name", "byAge\npets\n");
    base_end();
}

/* Each filter gives what the library itself finds among all records. */
static void filters_on_it_mean_the_same(void)
{
    static const char *const filters[][2] = {{"{\"name\":\"Tom\"}", "2"},
                                             {"{\"name\":{\"neq\":\"Tom\"}}", "13"},
                                             {"{\"age\":{\"gt\":3}}", "23"},
                                             {"{\"age\":{\"lt\":5}}", "1"},
                                             {"{\"age\":{\"nin\":[3]}}", "23"},
                                             {"{\"name\":{\"gt\":\"Rex\"}}", "2"},
                                             {"{\"tag\":\"cat\"}", "3"},
                                             {"{\"tag\":{\"inq\":[\"CAT\",\"x\"]}}", "2"},
                                             {"{\"born\":{\"exists\":false}}", "3"},
                                             {"{\"born\":{\"gt\":\"2000-01-01\"}}", "12"},
                                             {"{\"name\":{\"like\":\"T%\"}}", "2"},
                                             {"{\"name\":{\"inq\":[\"Tom\",\"Kit\"]}}", "23"}};
    base_begin();
    make_pets();
    ds_model *m = host_model(base_open(""), FOREIGN);
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        char query[256], ids[16] = "";
        snprintf(query, sizeof query, "{\"where\":%s,\"order\":\"no\",\"fields\":[\"no\"]}", filters[i][0]);
        char *found = host_find(m, query);
        for (const char *at = found; (at = strchr(at, ':')) != NULL; at++)
            strncat(ids, at + 1, 1);
        if (strcmp(ids, filters[i][1]) != 0)
            printf("\n%s found %s", query, ids);
        CU_ASSERT_STRING_EQUAL(ids, filters[i][1]);
        free(found);
    }
    base_end();
}

static void a_key_that_ignores_case_is_asked_for_by_its_bytes(void)
{
    base_begin();
    base_run("CREATE TABLE word (id TEXT PRIMARY KEY COLLATE NOCASE, n INT); INSERT INTO word VALUES ('Abc', 1)");
    ds_model *m =
        host_model(base_open(""), "{\"name\":\"word\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},"
                                  "\"n\":\"integer\"}}");
    char *none = host_get(m, ds_string("abc")), *one = host_get(m, ds_string("Abc"));
    CU_ASSERT_STRING_EQUAL(none, "");
    CU_ASSERT_STRING_EQUAL(one, "{\"id\":\"Abc\",\"n\":1}");
    CU_ASSERT_EQUAL(host_create(m, "{\"id\":\"abc\"}"), DS_DUPLICATE);
    CU_ASSERT_EQUAL(host_update(m, ds_string("abc"), "{\"n\":2}"), DS_NOT_FOUND);
    free(none);
    free(one);
    base_end();
}

static void a_table_without_a_key_gets_one(void)
{
    base_begin();
    base_run("CREATE TABLE t (id TEXT, n INT); INSERT INTO t VALUES ('a', 1), ('b', 2)");
    ds_model *m = host_model(base_open(""), WITH("},\"n\":{\"type\":\"integer\""));
    CU_ASSERT_EQUAL(host_create(m, "{\"id\":\"a\"}"), DS_DUPLICATE);
    CU_ASSERT_EQUAL(host_count(m, NULL), 2);
    base_run("DROP INDEX \"T#id\"; INSERT INTO t (id) VALUES ('a')");
    uint64_t count;
    m = host_model(base_open(""), WITH("},\"n\":{\"type\":\"integer\""));
    CU_ASSERT_EQUAL(ds_count(m, NULL, &count, &host_error), DS_DUPLICATE);
    base_end();
}

static void names_are_names_whatever_they_hold(void)
{
    base_begin();
    ds_model *m = host_model(base_open(""),
                             "{\"name\":\"order \\\"by\\\"\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},"
                             "\"select\":{\"type\":\"integer\",\"index\":true},\"a \\\"b\\\" c\":{\"type\":\"string\","
                             "\"unique\":true},\"rowid\":\"integer\",\"x; drop\":\"integer\"}}");
    CU_ASSERT_EQUAL(host_create(m, "{\"id\":\"1\",\"select\":1,\"a \\\"b\\\" c\":\"q\",\"rowid\":7,\"x; drop\":8}"),
                    DS_OK);
    CU_ASSERT_EQUAL(host_create(m, "{\"id\":\"2\",\"a \\\"b\\\" c\":\"q\"}"), DS_DUPLICATE);
    CU_ASSERT_PTR_NOT_NULL(strstr(host_error.message, "the unique \"a \"b\" c\""));
    HOST_FINDS(m, "{\"where\":{\"select\":{\"gte\":1},\"rowid\":7},\"order\":\"rowid\"}",
               "{\"id\":\"1\",\"select\":1,\"a \\\"b\\\" c\":\"q\",\"rowid\":7,\"x; drop\":8}\n");
    base_end();
}

static void names_that_sqlite_does_not_tell_apart_are_refused(void)
{
    base_begin();
    ds_source *s = base_open("");
    ds_model *m;
    host_model(s, WITH(""));
    CU_ASSERT_EQUAL(ds_model_define(s, "{\"name\":\"t\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true}}}", &m,
                                    &host_error),
                    DS_CONFIG);
    CU_ASSERT_PTR_NOT_NULL(strstr(host_error.message, "settings.sqlite.table"));
    CU_ASSERT_EQUAL(ds_model_define(s,
                                    "{\"name\":\"U\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},"
                                    "\"a\":\"integer\",\"A\":\"integer\"}}",
                                    &m, &host_error),
                    DS_UNSUPPORTED);
    CU_ASSERT_EQUAL(ds_model_define(s,
                                    "{\"name\":\"sqlite_x\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true}}}",
                                    &m, &host_error),
                    DS_CONFIG);
    base_end();
}

/* Of a STRICT table the rules are known, and in UTF-16 texts have another order: both give what the library finds. */
static void strict_tables_and_utf_16_mean_the_same(void)
{
    static const char *const made[] = {
        "CREATE TABLE T (id TEXT PRIMARY KEY, age INTEGER, name TEXT) STRICT",
        "PRAGMA encoding='UTF-16le'; CREATE TABLE T (id TEXT PRIMARY KEY, age INTEGER, name TEXT)",
        "PRAGMA encoding='UTF-16be'; CREATE TABLE unused (x)",
    };
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        base_begin();
        base_run(made[i]);
        ds_model *m = host_model(base_open(""), WITH("},\"name\":{\"type\":\"string\",\"index\":true"));
        host_create(m, "{\"id\":\"a\",\"age\":1,\"name\":\"\\ud83d\\ude00\"}");
        host_create(m, "{\"id\":\"b\",\"age\":10,\"name\":\"\\ufffd\"}");
        host_create(m, "{\"id\":\"c\",\"age\":9,\"name\":\"z\"}");
        HOST_FINDS(m, "{\"order\":\"name\",\"fields\":[\"id\"]}", "{\"id\":\"c\"}\n{\"id\":\"b\"}\n{\"id\":\"a\"}\n");
        HOST_FINDS(m, "{\"where\":{\"name\":{\"gt\":\"\\ufffd\"}},\"fields\":[\"id\"]}", "{\"id\":\"a\"}\n");
        HOST_FINDS(m, "{\"where\":{\"name\":\"\\ufffd\"},\"fields\":[\"id\"]}", "{\"id\":\"b\"}\n");
        HOST_FINDS(m, "{\"where\":{\"age\":{\"gte\":9}},\"order\":\"age\",\"fields\":[\"id\"]}",
                   "{\"id\":\"c\"}\n{\"id\":\"b\"}\n");
        HOST_FINDS(m, "{\"where\":{\"name\":{\"like\":\"\\ud83d\\ude00%\"}},\"fields\":[\"id\"]}", "{\"id\":\"a\"}\n");
        base_end();
    }
}

static void an_index_of_another_program_is_not_made_twice(void)
{
    base_begin();
    base_run("CREATE TABLE T (id TEXT PRIMARY KEY, age INTEGER, name TEXT, UNIQUE (name));"
             "CREATE INDEX both ON T (age, name); CREATE INDEX lower ON T (name COLLATE NOCASE)");
    ds_model *m = host_model(base_open(""), "{\"name\":\"T\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},"
                                            "\"age\":{\"type\":\"integer\",\"index\":true},"
                                            "\"name\":{\"type\":\"string\",\"unique\":true}}}");
    CU_ASSERT_EQUAL(host_create(m, "{\"id\":\"a\",\"name\":\"x\"}"), DS_OK);
    CU_ASSERT_EQUAL(host_create(m, "{\"id\":\"b\",\"name\":\"x\"}"), DS_DUPLICATE);
    CU_ASSERT_PTR_NOT_NULL(strstr(host_error.message, "\"name\""));
    BASE_IS("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name", "both\nlower\n");
    m = host_model(base_open(""), WITH("},\"name\":{\"type\":\"string\",\"index\":true"));
    CU_ASSERT_EQUAL(host_count(m, NULL), 1); /* the unique one serves, the one without case would not */
    BASE_IS("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name", "both\nlower\n");
    base_end();
}

static void read_only_makes_nothing(void)
{
    base_begin();
    base_run("CREATE TABLE other (x)");
    ds_model *m = host_model(base_open(",\"readOnly\":true"), WITH(""));
    CU_ASSERT_EQUAL(host_count(m, NULL), 0);
    HOST_FINDS(m, "{\"where\":{\"age\":1},\"order\":\"age\"}", "");
    CU_ASSERT_EQUAL(host_create(m, "{\"id\":\"a\"}"), DS_READONLY);
    BASE_IS("SELECT name FROM sqlite_schema", "other\n");
    base_run("CREATE TABLE T (id TEXT PRIMARY KEY); INSERT INTO T VALUES ('a')"); /* no column age */
    HOST_FINDS(m, "{\"where\":{\"age\":null},\"order\":\"age\"}", "{\"id\":\"a\"}\n");
    base_end();
}

int main(void)
{
    static const test tests[] = {
        {"columns hold typed values", columns_hold_typed_values},
        {"a text may hold NUL", a_text_may_hold_nul},
        {"indexes are made on first use", indexes_are_made_on_first_use},
        {"a table follows its model", a_table_follows_its_model},
        {"an index that has changed is made anew", an_index_that_has_changed_is_made_anew},
        {"a text that does not fit is a string", a_text_that_does_not_fit_is_a_string},
        {"what would be compared otherwise is kept out", what_would_be_compared_otherwise_is_kept_out},
        {"a table of another program is used as it is", a_table_of_another_program_is_used_as_it_is},
        {"filters on it mean the same", filters_on_it_mean_the_same},
        {"a key that ignores case is asked for by its bytes", a_key_that_ignores_case_is_asked_for_by_its_bytes},
        {"a table without a key gets one", a_table_without_a_key_gets_one},
        {"names are names, whatever they hold", names_are_names_whatever_they_hold},
        {"names that SQLite does not tell apart are refused", names_that_sqlite_does_not_tell_apart_are_refused},
        {"strict tables and UTF-16 mean the same", strict_tables_and_utf_16_mean_the_same},
        {"an index of another program is not made twice", an_index_of_another_program_is_not_made_twice},
        {"readOnly makes nothing", read_only_makes_nothing},
    };
    return SUITE_RUN("sqlite: tables", tests);
}
