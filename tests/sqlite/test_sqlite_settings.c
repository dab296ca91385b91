/* What a data source of SQLite is set to; ds_execute(); ds_discover() of tables that other programs have made. */
#include "base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define T "{\"name\":\"T\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true},\"text\":\"string\"}}"

/* ---- ds_execute ---- */

typedef struct words {
    size_t count;
    const char *each[6];
} words;

static char *execute(ds_source *source, words sql)
{
    char *reply = NULL;
    ds_status status = ds_execute(source, sql.count, sql.each, NULL, &reply, &host_error);
    if (status == DS_OK)
        return reply;
    ds_free(reply);
    char *failed = malloc(600);
    snprintf(failed, 600, "%s: %s", ds_status_name(status), host_error.message);
    return failed;
}

#define SQL(...)                                                                                                       \
    (words)                                                                                                            \
    {                                                                                                                  \
        sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *),                                                        \
        {                                                                                                              \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    }
#define EXECUTES(source, sql, expected)                                                                                \
    do {                                                                                                               \
        words said_ = sql;                                                                                             \
        char *reply_ = execute(source, said_);                                                                         \
        if (strcmp(reply_, expected) != 0)                                                                             \
            printf("\n%s\nanswers %s", said_.each[0], reply_);                                                         \
        CU_ASSERT_STRING_EQUAL(reply_, expected);                                                                      \
        free(reply_);                                                                                                  \
    } while (0)
#define REFUSES(source, sql, status, sentence)                                                                         \
    do {                                                                                                               \
        words said_ = sql;                                                                                             \
        char *reply_ = execute(source, said_);                                                                         \
        if (strncmp(reply_, status ": ", sizeof status + 1) != 0 || strstr(reply_, sentence) == NULL)                  \
            printf("\n%s\nanswers %s", said_.each[0], reply_);                                                         \
        CU_ASSERT_EQUAL(strncmp(reply_, status ": ", sizeof status + 1), 0);                                           \
        CU_ASSERT_PTR_NOT_NULL(strstr(reply_, sentence));                                                              \
        free(reply_);                                                                                                  \
    } while (0)

static void sql_is_run_with_its_parameters(void)
{
    base_begin();
    ds_source *s = base_open("");
    EXECUTES(s, SQL("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, n REAL, b BLOB)"), "{\"changes\":0}");
    EXECUTES(s, SQL("INSERT INTO t VALUES (?, ?, ?, x'00FF')", "1", "it's; -- \"x\"", "2.5"), "{\"changes\":1}");
    EXECUTES(s, SQL("INSERT INTO t (name) VALUES ('b'), ('c'), (NULL)"), "{\"changes\":3}");
    EXECUTES(s, SQL("SELECT * FROM t WHERE id = ?", "1"),
             "[{\"id\":1,\"name\":\"it's; -- \\\"x\\\"\",\"n\":2.5,\"b\":{\"$binary\":\"AP8=\"}}]");
    EXECUTES(s, SQL("SELECT id, name FROM t WHERE id > ?1 AND id < ?2 + 10 ORDER BY id DESC LIMIT ?2", "2", "1"),
             "[{\"id\":4,\"name\":null}]");
    EXECUTES(s, SQL("SELECT 9223372036854775807 AS big, -9e999 AS small, CAST(x'ff' AS TEXT) AS odd"),
             "[{\"big\":9223372036854775807,\"small\":\"-Infinity\",\"odd\":{\"$binary\":\"/w==\"}}]");
    EXECUTES(s, SQL("SELECT id FROM t WHERE id = ?", "100"), "[]");
    EXECUTES(s, SQL("UPDATE t SET n = 1 WHERE id < 3"), "{\"changes\":2}");
    EXECUTES(s, SQL("DELETE FROM t WHERE id = ? RETURNING name", "2"), "[{\"name\":\"b\"}]");
    EXECUTES(s, SQL("SELECT count(*) AS count FROM t ;  "), "[{\"count\":3}]");
    BASE_IS("SELECT id, name, typeof(n) FROM t ORDER BY id", "1|it's; -- \"x\"|real\n3|c|null\n4|NULL|null\n");
    base_end();
}

static void parameters_may_hold_any_bytes(void)
{
    static const char *const said[] = {"SELECT length(CAST(? AS BLOB)) AS n, ? AS text", "a\0b", "\xff\xfe"};
    static const size_t lengths[] = {47, 3, 2};
    base_begin();
    char *reply = NULL;
    size_t own[3] = {strlen(said[0]), lengths[1], lengths[2]};
    CU_ASSERT_EQUAL(ds_execute(base_open(""), 3, said, own, &reply, &host_error), DS_OK);
    CU_ASSERT_STRING_EQUAL(reply, "[{\"n\":3,\"text\":{\"$binary\":\"//4=\"}}]");
    ds_free(reply);
    base_end();
}

static void sql_that_fails_says_why(void)
{
    base_begin();
    ds_source *s = base_open("");
    EXECUTES(s, SQL("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE)"), "{\"changes\":0}");
    REFUSES(s, SQL("SELEC 1"), "DS_BACKEND", "near \"SELEC\": syntax error");
    REFUSES(s, SQL("SELECT * FROM missing"), "DS_BACKEND", "no such table: missing");
    REFUSES(s, SQL("SELECT 1; SELECT 2"), "DS_INVALID", "one statement");
    REFUSES(s, SQL("   "), "DS_INVALID", "one statement");
    REFUSES(s, SQL("SELECT ?"), "DS_INVALID", "has 1 parameters, and 0 were given");
    REFUSES(s, SQL("SELECT 1", "x"), "DS_INVALID", "has 0 parameters, and 1 were given");
    REFUSES(s, SQL("BEGIN"), "DS_INVALID", "a transaction of several statements");
    EXECUTES(s, SQL("INSERT INTO t VALUES (1, 'a')"), "{\"changes\":1}");
    REFUSES(s, SQL("INSERT INTO t VALUES (2, 'b'), (3, 'a')"), "DS_INVALID", "UNIQUE constraint failed: t.name");
    EXECUTES(s, SQL("SELECT count(*) AS n FROM t"), "[{\"n\":1}]"); /* whole or not at all */
    s = base_open(",\"readOnly\":true");
    REFUSES(s, SQL("INSERT INTO t VALUES (9, 'z')"), "DS_READONLY", "readOnly");
    BASE_IS("SELECT * FROM t", "1|a\n");
    base_end();
}

/* ---- settings ---- */

static void the_journal_is_what_the_setting_says(void)
{
    static const char *const modes[] = {"WAL", "DELETE", "TRUNCATE", "PERSIST", "MEMORY"};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        char settings[100], expected[100];
        base_begin();
        snprintf(settings, sizeof settings, ",\"journalMode\":\"%s\"", modes[i]);
        ds_source *s = base_open(settings);
        snprintf(expected, sizeof expected, "[{\"journal_mode\":\"%s\"}]", modes[i]);
        for (char *at = strchr(expected, ':'); *at != '\0'; at++)
            *at = *at >= 'A' && *at <= 'Z' ? (char)(*at | 32) : *at;
        EXECUTES(s, SQL("PRAGMA journal_mode"), expected);
        ds_model *m = host_model(s, T);
        CU_ASSERT_EQUAL(host_create(m, "{\"id\":1}"), DS_OK);
        char beside[600];
        snprintf(beside, sizeof beside, "%s-wal", base_file);
        CU_ASSERT_EQUAL(access(beside, F_OK) == 0, i == 0);
        BASE_IS("PRAGMA journal_mode", i == 0 ? "wal\n" : "delete\n"); /* what the file itself says */
        base_close();
        BASE_IS("SELECT id FROM T", "1\n");
        base_end();
    }
}

static void a_file_changes_its_journal_with_the_setting(void)
{
    base_begin();
    CU_ASSERT_EQUAL(host_create(host_model(base_open(""), T), "{\"id\":1}"), DS_OK);
    CU_ASSERT_EQUAL(host_create(host_model(base_open(",\"journalMode\":\"DELETE\""), T), "{\"id\":2}"), DS_OK);
    BASE_IS("PRAGMA journal_mode", "delete\n");
    CU_ASSERT_EQUAL(host_create(host_model(base_open(""), T), "{\"id\":3}"), DS_OK);
    BASE_IS("PRAGMA journal_mode", "wal\n");
    CU_ASSERT_EQUAL(host_count(host_model(base_open(",\"readOnly\":true"), T), NULL), 3);
    base_end();
}

static void synchronous_is_what_the_setting_says(void)
{
    static const char *const levels[] = {"OFF", "NORMAL", "FULL", "EXTRA"};
    base_begin();
    EXECUTES(base_open(""), SQL("PRAGMA synchronous"), "[{\"synchronous\":2}]");
    for (int i = 0; i < 4; i++) {
        char settings[100], expected[100];
        snprintf(settings, sizeof settings, ",\"synchronous\":\"%s\"", levels[i]);
        snprintf(expected, sizeof expected, "[{\"synchronous\":%d}]", i);
        EXECUTES(base_open(settings), SQL("PRAGMA synchronous"), expected);
    }
    base_end();
}

static void settings_that_are_wrong_are_refused(void)
{
    static const char *const wrong[][2] = {
        {"{}", "file"},
        {"{\"file\":\"\"}", "file"},
        {"{\"file\":5}", "file"},
        {"{\"file\":\"x\\u0000y\"}", "NUL"},
        {"{\"file\":\":memory:\",\"journalMode\":\"FAST\"}", "journalMode"},
        {"{\"file\":\":memory:\",\"synchronous\":\"SOMETIMES\"}", "synchronous"},
        {"{\"file\":\":memory:\",\"busyTimeout\":-1}", "busyTimeout"},
        {"{\"file\":\":memory:\",\"busyTimeout\":\"soon\"}", "busyTimeout"},
        {"{\"file\":\":memory:\",\"connections\":0}", "connections"},
        {"{\"file\":\":memory:\",\"readOnly\":\"no\"}", "readOnly"},
        {"{\"file\":\":memory:\",\"journal\":\"WAL\"}", "journal"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ds_source *source = NULL;
        ds_status status = ds_source_open("sqlite", wrong[i][0], &source, &host_error);
        if (status != DS_CONFIG || strstr(host_error.message, wrong[i][1]) == NULL)
            printf("\n%s: %s", wrong[i][0], status == DS_OK ? "taken" : host_error.message);
        CU_ASSERT_EQUAL(status, DS_CONFIG);
        CU_ASSERT_PTR_NOT_NULL(strstr(host_error.message, wrong[i][1]));
        ds_source_close(source);
    }
}

static void what_is_in_memory_is_the_data_sources_own(void)
{
    ds_source *one, *other;
    CU_ASSERT_EQUAL_FATAL(ds_source_open("sqlite", "{\"file\":\":memory:\"}", &one, &host_error), DS_OK);
    CU_ASSERT_EQUAL_FATAL(ds_source_open("sqlite", "{\"file\":\":memory:\"}", &other, &host_error), DS_OK);
    ds_model *m = host_model(one, T);
    CU_ASSERT_EQUAL(host_create(m, "{\"id\":1,\"text\":\"x\"}"), DS_OK);
    CU_ASSERT_EQUAL(host_count(host_model(other, T), NULL), 0);
    CU_ASSERT_EQUAL(ds_disconnect(one, &host_error), DS_OK);
    CU_ASSERT_FALSE(ds_is_open(one));
    CU_ASSERT_EQUAL(ds_connect(one, &host_error), DS_OK);
    CU_ASSERT_EQUAL(host_count(m, NULL), 1); /* it ends with the data source, not with the connection */
    CU_ASSERT_EQUAL(access(":memory:", F_OK), -1);
    ds_source_close(one);
    ds_source_close(other);
}

static void read_only_is_refused_before_the_file_is_touched(void)
{
    base_begin();
    CU_ASSERT_EQUAL(host_create(host_model(base_open(""), T), "{\"id\":1}"), DS_OK);
    ds_source *s = base_open(",\"readOnly\":true");
    ds_model *m = host_model(s, T);
    uint64_t count;
    ds_value now;
    CU_ASSERT_EQUAL(host_create(m, "{\"id\":2}"), DS_READONLY);
    CU_ASSERT_EQUAL(host_upsert(m, "{\"id\":2}"), DS_READONLY);
    CU_ASSERT_EQUAL(host_update(m, ds_integer(1), "{\"text\":\"x\"}"), DS_READONLY);
    CU_ASSERT_EQUAL(host_delete_where(m, "{\"id\":1}", &count), DS_READONLY);
    CU_ASSERT_EQUAL(ds_increment(m, ds_integer(1), "id", ds_integer(1), &now, &host_error) == DS_OK, false);
    CU_ASSERT_EQUAL(ds_expire(m, ds_integer(1), 1000, &host_error), DS_READONLY);
    CU_ASSERT_EQUAL(ds_migrate(m, NULL, NULL, &host_error), DS_READONLY);
    char *line = host_get(m, ds_integer(1));
    CU_ASSERT_STRING_EQUAL(line, "{\"id\":1}");
    free(line);
    base_end();
}

/* A name that would be a URI, or holds what people put in names. */
static void a_path_is_a_path(void)
{
    static const char *const names[] = {"it's 100% \\\"mine\\\".db", "file:x?mode=memory", "\u00e4\u2713.db"};
    char *folder = folder_make(), *here = getcwd(NULL, 0);
    CU_ASSERT_EQUAL_FATAL(chdir(folder), 0);
    for (size_t i = 0; i < 3; i++) {
        char settings[200], plain[100];
        ds_source *s;
        size_t length = 0;
        for (const char *at = names[i]; *at != '\0'; at++)
            if (*at != '\\')
                plain[length++] = *at;
        plain[length] = '\0';
        snprintf(settings, sizeof settings, "{\"file\":\"%s\"}", names[i]);
        CU_ASSERT_EQUAL_FATAL(ds_source_open("sqlite", settings, &s, &host_error), DS_OK);
        CU_ASSERT_EQUAL(host_create(host_model(s, T), "{\"id\":1}"), DS_OK);
        CU_ASSERT_EQUAL(access(plain, F_OK), 0);
        ds_source_close(s);
    }
    CU_ASSERT_EQUAL(chdir(here), 0);
    free(here);
    folder_remove(folder);
}

/* ---- ds_discover ---- */

#define DISCOVERS(source, pattern, expected)                                                                           \
    do {                                                                                                               \
        char *models_ = NULL;                                                                                          \
        CU_ASSERT_EQUAL(ds_discover(source, pattern, &models_, &host_error), DS_OK);                                   \
        if (models_ == NULL || strcmp(models_, expected) != 0)                                                         \
            printf("\ndiscovers %s", models_);                                                                         \
        CU_ASSERT_STRING_EQUAL(models_ == NULL ? "" : models_, expected);                                              \
        ds_free(models_);                                                                                              \
    } while (0)

static void tables_of_other_programs_are_proposed(void)
{
    base_begin();
    base_run(
        "CREATE TABLE customers (CustomerID INTEGER PRIMARY KEY, Name VARCHAR(40) NOT NULL, Balance DECIMAL(10,2),"
        "Rate DOUBLE, Photo BLOB, Active BOOLEAN NOT NULL DEFAULT 1, Since DATETIME, Mail TEXT UNIQUE, Zip CHAR(5));"
        "CREATE INDEX byZip ON customers (Zip); CREATE INDEX byNameZip ON customers (Name, Zip DESC);"
        "CREATE INDEX ofSome ON customers (Rate) WHERE Rate > 0; CREATE INDEX lowered ON customers (lower(Name));");
    DISCOVERS(
        base_open(""), NULL,
        "[{\"name\":\"customers\",\"properties\":{\"CustomerID\":{\"type\":\"integer\",\"id\":true,\"generated\":"
        "true},\"Name\":{\"type\":\"string\",\"required\":true},\"Balance\":{\"type\":\"number\"},\"Rate\":{"
        "\"type\":\"number\"},\"Photo\":{\"type\":\"binary\"},\"Active\":{\"type\":\"boolean\",\"default\":true},"
        "\"Since\":{"
        "\"type\":\"string\"},\"Mail\":{\"type\":\"string\",\"unique\":true},\"Zip\":{\"type\":\"string\",\"index\":"
        "true}},\"indexes\":{\"byNameZip\":{\"keys\":{\"Name\":1,\"Zip\":-1}}}}]");
    base_end();
}

static void tables_without_an_id_are_left_out(void)
{
    base_begin();
    base_run("CREATE TABLE no_key (a, b); CREATE TABLE two_keys (a, b, PRIMARY KEY (a, b));"
             "CREATE TABLE real_key (a REAL PRIMARY KEY); CREATE VIEW a_view AS SELECT 1 AS id;"
             "CREATE TABLE by_unique (a INT, code TEXT NOT NULL UNIQUE);"
             "CREATE TABLE without (id TEXT PRIMARY KEY, n INT) WITHOUT ROWID;"
             "CREATE TABLE \"a:b{c}#d\" (id INT PRIMARY KEY)");
    ds_source *s = base_open("");
    DISCOVERS(
        s, NULL,
        "[{\"name\":\"a_b_c__d\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true}},\"settings\":{"
        "\"sqlite\":{\"table\":\"a:b{c}#d\"}}},"
        "{\"name\":\"by_unique\",\"properties\":{\"a\":{\"type\":\"integer\"},\"code\":{\"type\":\"string\",\"id\":"
        "true}}},"
        "{\"name\":\"without\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"n\":{\"type\":\"integer\"}"
        "}}]");
    DISCOVERS(s, "w*",
              "[{\"name\":\"without\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"n\":{\"type\":"
              "\"integer\"}}}]");
    DISCOVERS(s, "nothing", "[]");
    base_end();
}

static void defaults_are_proposed_where_they_are_plain_values(void)
{
    base_begin();
    base_run("CREATE TABLE t (id INTEGER PRIMARY KEY, a INT NOT NULL DEFAULT -5, b REAL DEFAULT 0.5, c TEXT DEFAULT "
             "'it''s', d BOOLEAN NOT NULL DEFAULT 1, e TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, f TEXT DEFAULT NULL,"
             "g INT DEFAULT (1 + 1), h TEXT DEFAULT '', i INT DEFAULT 007, j BLOB NOT NULL DEFAULT x'00')");
    ds_source *s = base_open("");
    DISCOVERS(s, NULL,
              "[{\"name\":\"t\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true,\"generated\":true},\"a\":{"
              "\"type\":\"integer\",\"default\":-5},\"b\":{\"type\":\"number\",\"default\":0.5},\"c\":{\"type\":"
              "\"string\",\"default\":\"it's\"},\"d\":{\"type\":\"boolean\",\"default\":true},\"e\":{\"type\":"
              "\"string\",\"required\":true},\"f\":{\"type\":\"string\"},\"g\":{\"type\":\"integer\"},\"h\":{\"type\":"
              "\"string\",\"default\":\"\"},\"i\":{\"type\":\"integer\"},\"j\":{\"type\":\"binary\",\"required\":true}"
              "}}]");
    char *models = NULL;
    CU_ASSERT_EQUAL_FATAL(ds_discover(s, NULL, &models, &host_error), DS_OK);
    models[strlen(models) - 1] = '\0';
    ds_model *m = host_model(s, models + 1);
    ds_free(models);
    CU_ASSERT_EQUAL(host_create(m, "{\"e\":\"now\",\"j\":\"AA==\"}"), DS_OK);
    BASE_IS("SELECT a, b, c, d, e, h FROM t", "-5|0.5|it's|1|now|\n");
    base_end();
}

static void what_no_model_can_have_is_left_out(void)
{
    base_begin();
    base_run("CREATE TABLE empties (id INT PRIMARY KEY, \"\" TEXT UNIQUE, a INT, b INT, \"#More\" TEXT, c AS (a + 1),"
             "o \"TEXT OBJECT\");"
             "CREATE INDEX i1 ON empties (\"\", a);"
             "CREATE INDEX i2 ON empties (a, lower(b)); CREATE INDEX i3 ON empties (a, c);"
             "CREATE INDEX i4 ON empties (a, \"#more\"); CREATE INDEX i5 ON empties (a, b, a COLLATE NOCASE);"
             "CREATE INDEX i6 ON empties (a, o); CREATE INDEX i7 ON empties (b); CREATE INDEX b ON empties (b, a);"
             "CREATE TABLE \"\" (id INT PRIMARY KEY); CREATE TABLE nameless (\"\" TEXT PRIMARY KEY, a INT);"
             "CREATE TABLE hidden (\"#more\" TEXT PRIMARY KEY, a INT);"
             "CREATE VIRTUAL TABLE words USING fts5(body)");
    ds_source *s = base_open("");
    DISCOVERS(s, NULL,
              "[{\"name\":\"empties\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true},\"a\":{\"type\":"
              "\"integer\"},\"b\":{\"type\":\"integer\",\"index\":true},\"o\":{\"type\":\"object\"}},\"indexes\":{"
              "\"b_\":{\"keys\":{\"b\":1,\"a\":1}}}}]");
    char *models = NULL;
    CU_ASSERT_EQUAL_FATAL(ds_discover(s, NULL, &models, &host_error), DS_OK);
    models[strlen(models) - 1] = '\0';
    ds_model *m = host_model(s, models + 1);
    ds_free(models);
    CU_ASSERT_EQUAL(host_create(m, "{\"id\":1,\"a\":2}"), DS_OK);
    BASE_IS("SELECT id, a, c FROM empties", "1|2|3\n");
    base_end();
}

static void models_have_names_of_their_own(void)
{
    char name[400], sql[500], expected[1100];
    base_begin();
    base_run("CREATE TABLE a_b (id INT PRIMARY KEY); CREATE TABLE \"a#b\" (id INT PRIMARY KEY);"
             "CREATE TABLE \"a:b\" (id INT PRIMARY KEY)");
#define PROPOSED(name) "{\"name\":\"" name "\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true}}"
    DISCOVERS(base_open(""), NULL,
              "[" PROPOSED("a_b_2") ",\"settings\":{\"sqlite\":{\"table\":\"a#b\"}}}," PROPOSED(
                  "a_b_3") ",\"settings\":{\"sqlite\":{\"table\":\"a:b\"}}}," PROPOSED("a_b") "}]");
    /* a long one is not cut */
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    snprintf(sql, sizeof sql, "CREATE TABLE %s (id INT PRIMARY KEY)", name);
    base_run(sql);
    snprintf(expected, sizeof expected, "[" PROPOSED("%s") "}]", name);
    DISCOVERS(base_open(""), "xx*", expected);
    base_end();
}

/* What the connector has made, it finds again as it was. */
static void a_table_of_ours_is_found_as_its_model(void)
{
    static const char model[] =
        "{\"name\":\"Person\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true,\"generated\":true},"
        "\"name\":{\"type\":\"string\",\"index\":true},\"age\":{\"type\":\"integer\"},\"score\":{\"type\":\"number\"},"
        "\"member\":{\"type\":\"boolean\"},\"born\":{\"type\":\"date\"},\"key\":{\"type\":\"binary\"},"
        "\"mail\":{\"type\":\"string\",\"unique\":true},\"o\":{\"type\":\"object\"},\"a\":{\"type\":\"array\"},"
        "\"y\":{\"type\":\"any\"}},\"indexes\":{\"byAgeName\":{\"keys\":{\"age\":-1,\"name\":1}}},"
        "\"settings\":{\"strict\":false}}";
    char expected[1000];
    snprintf(expected, sizeof expected, "[%s]", model);
    base_begin();
    ds_source *s = base_open("");
    CU_ASSERT_EQUAL(host_create(host_model(s, model), "{\"name\":\"Ada\",\"other\":\"x\"}"), DS_OK);
    DISCOVERS(s, NULL, expected);
    base_end();
}

static void what_is_proposed_can_be_used(void)
{
    base_begin();
    base_run("CREATE TABLE customers (CustomerID INTEGER PRIMARY KEY, Name VARCHAR(40) NOT NULL, Balance DECIMAL(10,2),"
             "Active BOOLEAN NOT NULL DEFAULT 1, Mail TEXT UNIQUE); INSERT INTO customers (Name, Balance, Mail) VALUES "
             "('Ada', 12.50, 'a@b'), ('Bob', 7, 'b@b')");
    ds_source *s = base_open("");
    char *models = NULL;
    CU_ASSERT_EQUAL_FATAL(ds_discover(s, "customers", &models, &host_error), DS_OK);
    models[strlen(models) - 1] = '\0';
    ds_model *m = host_model(s, models + 1);
    ds_free(models);
    HOST_FINDS(m, "{\"where\":{\"Name\":\"Ada\"}}",
               "{\"CustomerID\":1,\"Name\":\"Ada\",\"Balance\":12.5,\"Active\":true,\"Mail\":\"a@b\"}\n");
    HOST_FINDS(m, "{\"where\":{\"Balance\":{\"lt\":10}},\"fields\":[\"Name\"]}", "{\"Name\":\"Bob\"}\n");
    CU_ASSERT_EQUAL(host_create(m, "{\"Name\":\"Cyd\",\"Mail\":\"a@b\",\"Active\":false}"), DS_DUPLICATE);
    CU_ASSERT_EQUAL(host_create(m, "{\"Name\":\"Cyd\",\"Mail\":\"c@b\",\"Active\":false}"), DS_OK);
    BASE_IS("SELECT * FROM customers WHERE Name = 'Cyd'", "3|Cyd|NULL|0|c@b\n");
    BASE_IS("SELECT name FROM sqlite_schema WHERE sql IS NOT NULL", "customers\n"); /* nothing was added */
    base_end();
}

int main(void)
{
    static const test tests[] = {
        {"SQL is run with its parameters", sql_is_run_with_its_parameters},
        {"parameters may hold any bytes", parameters_may_hold_any_bytes},
        {"SQL that fails says why", sql_that_fails_says_why},
        {"the journal is what the setting says", the_journal_is_what_the_setting_says},
        {"a file changes its journal with the setting", a_file_changes_its_journal_with_the_setting},
        {"synchronous is what the setting says", synchronous_is_what_the_setting_says},
        {"settings that are wrong are refused", settings_that_are_wrong_are_refused},
        {"what is in memory is the data source's own", what_is_in_memory_is_the_data_sources_own},
        {"readOnly is refused before the file is touched", read_only_is_refused_before_the_file_is_touched},
        {"a path is a path", a_path_is_a_path},
        {"tables of other programs are proposed", tables_of_other_programs_are_proposed},
        {"tables without an id are left out", tables_without_an_id_are_left_out},
        {"defaults are proposed where they are plain values", defaults_are_proposed_where_they_are_plain_values},
        {"what no model can have is left out", what_no_model_can_have_is_left_out},
        {"models have names of their own", models_have_names_of_their_own},
        {"a table of ours is found as its model", a_table_of_ours_is_found_as_its_model},
        {"what is proposed can be used", what_is_proposed_can_be_used},
    };
    return SUITE_RUN("sqlite: settings, SQL and discovery", tests);
}
