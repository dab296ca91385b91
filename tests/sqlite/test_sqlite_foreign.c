/* Tables of other programs whose rules do more than refuse: what is told is what is stored, whatever a trigger, a conflict
 * clause or a column's affinity makes of a write. */
#include "base.h"

#include <datasource/connector.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_ID "{\"name\":\"T\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"a\":\"integer\"}}"

static void said(const char *words)
{
    if (strstr(host_error.message, words) == NULL)
        printf("\n%s", host_error.message);
    CU_ASSERT_PTR_NOT_NULL(strstr(host_error.message, words));
}

/* ---- rules that end the transaction, or let something pass in silence ---- */

/* Creates them in one call; answers how many were stored. */
static ds_status create_four(ds_model *m, size_t *created)
{
    ds_record *records[4];
    for (int i = 0; i < 4; i++) {
        char json[64];
        snprintf(json, sizeof json, "{\"id\":\"%d\",\"a\":%d}", i + 1, i == 1 ? -1 : i + 1);
        records[i] = host_record(m, json);
    }
    ds_status status = ds_create_all(m, records, 4, created, &host_error);
    for (int i = 0; i < 4; i++)
        ds_record_free(records[i]);
    return status;
}

static void a_rule_that_ends_the_transaction_ends_the_call(void)
{
    static const char *const rules[] = {
        "CREATE TABLE T (id TEXT PRIMARY KEY, a INTEGER);"
        "CREATE TRIGGER no BEFORE INSERT ON T WHEN new.a < 0 BEGIN SELECT raise(ROLLBACK, 'not below zero'); END",
        "CREATE TABLE T (id TEXT PRIMARY KEY, a INTEGER);"
        "CREATE TRIGGER no AFTER INSERT ON T WHEN new.a < 0 BEGIN SELECT raise(FAIL, 'not below zero'); END"};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        size_t created = 7;
        base_begin();
        base_run(rules[i]);
        ds_model *m = host_model(base_open(""), TEXT_ID);
        CU_ASSERT_EQUAL(create_four(m, &created), DS_INVALID);
        said("not below zero");
        CU_ASSERT_EQUAL(created, 0);
        BASE_IS("SELECT count(*) FROM T", "0\n");
        CU_ASSERT_EQUAL(host_create(m, "{\"id\":\"x\",\"a\":-1}"), DS_INVALID);
        CU_ASSERT_EQUAL(host_create(m, "{\"id\":\"y\",\"a\":1}"), DS_OK);
        BASE_IS("SELECT id FROM T", "y\n");
        base_end();
    }
}

static void a_conflict_clause_neither_drops_nor_replaces(void)
{
    static const char *const clauses[] = {"IGNORE", "REPLACE", "ROLLBACK", "FAIL"};
    for (size_t i = 0; i < sizeof clauses / sizeof *clauses; i++) {
        char sql[200];
        size_t created = 0;
        base_begin();
        snprintf(sql, sizeof sql, "CREATE TABLE T (id TEXT PRIMARY KEY, a INTEGER UNIQUE ON CONFLICT %s)", clauses[i]);
        base_run(sql);
        ds_model *m = host_model(base_open(""), TEXT_ID);
        CU_ASSERT_EQUAL(host_create(m, "{\"id\":\"x\",\"a\":-1}"), DS_OK);
        CU_ASSERT_EQUAL(host_create(m, "{\"id\":\"y\",\"a\":-1}"), DS_DUPLICATE);
        CU_ASSERT_NOT_EQUAL(create_four(m, &created), DS_OK);
        CU_ASSERT_EQUAL(created, 3);
        CU_ASSERT_EQUAL(host_update(m, ds_string("1"), "{\"a\":-1}"), DS_DUPLICATE);
        uint64_t changed;
        CU_ASSERT_EQUAL(host_update_where(m, "{\"id\":\"1\"}", "{\"a\":-1}", &changed), DS_DUPLICATE);
        BASE_IS("SELECT id, a FROM T ORDER BY id", "1|1\n3|3\n4|4\nx|-1\n");
        base_end();
    }
}

static void what_a_trigger_ignores_is_not_told_as_done(void)
{
    base_begin();
    base_run("CREATE TABLE T (id TEXT PRIMARY KEY, a INTEGER);"
             "CREATE TRIGGER no BEFORE INSERT ON T WHEN new.a < 0 BEGIN SELECT raise(IGNORE); END;"
             "CREATE TRIGGER nor BEFORE UPDATE ON T WHEN new.a < 0 BEGIN SELECT raise(IGNORE); END");
    ds_model *m = host_model(base_open(""), TEXT_ID);
    CU_ASSERT_EQUAL(host_create(m, "{\"id\":\"x\",\"a\":-1}"), DS_INVALID);
    said("a trigger of the table \"T\"");
    CU_ASSERT_EQUAL(host_create(m, "{\"id\":\"x\",\"a\":1}"), DS_OK);
    CU_ASSERT_EQUAL(host_update(m, ds_string("x"), "{\"a\":-1}"), DS_INVALID);
    said("a trigger of the table \"T\"");
    CU_ASSERT_EQUAL(host_upsert(m, "{\"id\":\"x\",\"a\":-1}"), DS_INVALID);
    CU_ASSERT_EQUAL(host_update(m, ds_string("y"), "{\"a\":-1}"), DS_NOT_FOUND);
    BASE_IS("SELECT id, a FROM T", "x|1\n");
    base_end();
}

/* ---- ids that SQLite does not number ---- */

#define NUMBERED                                                                                                       \
    "{\"name\":\"T\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true,\"generated\":true},\"a\":\"integer\"}}"

static void only_a_rowid_is_numbered(void)
{
    static const char *const keys[] = {"BIGINT PRIMARY KEY", "INT PRIMARY KEY", "INTEGER PRIMARY KEY DESC",
                                       "INTEGER UNIQUE"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char sql[200];
        base_begin();
        snprintf(sql, sizeof sql, "CREATE TABLE T (\"id\" %s, a INTEGER)", keys[i]);
        base_run(sql);
        ds_model *m = host_model(base_open(""), NUMBERED);
        CU_ASSERT_EQUAL(host_create(m, "{\"a\":1}"), DS_CONFIG);
        said("not INTEGER PRIMARY KEY");
        CU_ASSERT_EQUAL(host_create(m, "{\"id\":7,\"a\":1}"), DS_OK);
        BASE_IS("SELECT id, a FROM T", "7|1\n");
        base_end();
    }
    base_begin();
    base_run("CREATE TABLE T (id integer primary key, a INTEGER)");
    ds_model *m = host_model(base_open(""), NUMBERED);
    CU_ASSERT_EQUAL(host_create(m, "{\"a\":1}"), DS_OK);
    BASE_IS("SELECT id, a FROM T", "1|1\n");
    base_end();
}

static void a_sequence_that_is_used_up_says_so(void)
{
    base_begin();
    ds_model *m = host_model(base_open(""), NUMBERED);
    CU_ASSERT_EQUAL(host_create(m, "{\"id\":9223372036854775807}"), DS_OK);
    CU_ASSERT_EQUAL(host_create(m, "{\"a\":1}"), DS_INVALID);
    said("the sequence of the model \"T\" has no number left");
    m = host_model(base_open(""), NUMBERED); /* which has created none yet */
    CU_ASSERT_EQUAL(host_create(m, "{\"a\":1}"), DS_INVALID);
    said("the sequence of the model \"T\" has no number left");
    CU_ASSERT_EQUAL(host_create(m, "{\"id\":5}"), DS_OK);
    BASE_IS("SELECT id FROM T ORDER BY id", "5\n9223372036854775807\n");
    base_end();
}

/* ---- columns of another affinity ---- */

#define ODD "{\"name\":\"T\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true},\"%s\":\"%s\"}}"

typedef struct odd {
    const char *column, *type, *given; /* the column's type, the property's, a value as JSON */
    bool fits;
} odd;

static void what_a_column_would_change_is_refused(void)
{
    static const odd values[] = {{"STRING", "string", "\"0049123\"", false},
                                 {"STRING", "string", "\"49123\"", true},
                                 {"STRING", "string", "\"abc\"", true},
                                 {"STRING", "string", "\"2020-05-01\"", true},
                                 {"STRING", "string", "\"1e5\"", false},
                                 {"STRING", "string", "\"1e\"", true},
                                 {"STRING", "string", "\" 5\"", false},
                                 {"STRING", "string", "\"+5\"", false},
                                 {"STRING", "string", "\"-5\"", true},
                                 {"STRING", "string", "\"5.\"", false},
                                 {"STRING", "string", "\".5\"", false},
                                 {"STRING", "string", "\"0x10\"", true},
                                 {"INTEGER", "string", "\"\"", true},
                                 {"INTEGER", "string", "\"007\"", false},
                                 {"INTEGER", "string", "\".\"", true},
                                 {"INTEGER", "string", "\"12345678901234567890\"", false},
                                 {"DECIMAL(9,2)", "string", "\"1.50\"", false},
                                 {"DECIMAL(9,2)", "string", "\"1.5\"", true},
                                 {"REAL", "string", "\"12\"", false},
                                 {"REAL", "string", "\"12.5\"", true},
                                 {"INTEGER", "any", "5", true},
                                 {"INTEGER", "any", "5.0", false},
                                 {"INTEGER", "any", "\"5\"", true},
                                 {"TEXT", "number", "0.5", true},
                                 {"TEXT", "number", "0.30000000000000004", false},
                                 {"REAL", "integer", "7", true},
                                 {"REAL", "integer", "9007199254740993", false},
                                 {"TEXT", "integer", "9007199254740993", true},
                                 {"REAL", "boolean", "true", true},
                                 {"REAL", "date", "\"2020-05-01T00:00:00.000Z\"", true},
                                 {"DECIMAL", "number", "1e18", true},
                                 {"INTEGER", "number", "9007199254740994", true}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const odd *o = &values[i];
        char sql[200], model[200], json[200], update[200], expected[220];
        base_begin();
        snprintf(sql, sizeof sql, "CREATE TABLE T (id INTEGER PRIMARY KEY, p %s)", o->column);
        snprintf(model, sizeof model, ODD, "p", o->type);
        snprintf(json, sizeof json, "{\"id\":1,\"p\":%s}", o->given);
        snprintf(update, sizeof update, "{\"p\":%s}", o->given);
        base_run(sql);
        ds_model *m = host_model(base_open(""), model);
        const ds_status wanted = o->fits ? DS_OK : DS_INVALID;
        ds_status status = host_create(m, json);
        if (status != wanted)
            printf("\n%s in %s of %s: %s", o->given, o->column, o->type, ds_status_name(status));
        CU_ASSERT_EQUAL(status, wanted);
        if (!o->fits) {
            said("the column \"p\" of the table \"T\" is declared");
            said(o->column);
            CU_ASSERT_EQUAL(host_create(m, "{\"id\":1}"), DS_OK);
        }
        CU_ASSERT_EQUAL(host_update(m, ds_integer(1), update), wanted);
        CU_ASSERT_EQUAL(host_upsert(m, json), wanted);
        uint64_t changed;
        CU_ASSERT_EQUAL(host_update_where(m, "{\"id\":1}", update, &changed), wanted);
        char *line = host_get(m, ds_integer(1));
        ds_record *same = host_record(m, o->fits ? json : "{\"id\":1}");
        char *written = ds_record_to_json(same);
        snprintf(expected, sizeof expected, "%s", written);
        if (strcmp(line, expected) != 0)
            printf("\n%s in %s of %s: %s", o->given, o->column, o->type, line);
        CU_ASSERT_STRING_EQUAL(line, expected);
        ds_free(written);
        ds_record_free(same);
        free(line);
        base_end();
    }
}

static void an_id_that_a_column_would_change_is_refused(void)
{
    base_begin();
    base_run("CREATE TABLE T (id STRING PRIMARY KEY, a INTEGER)");
    ds_model *m = host_model(base_open(""), TEXT_ID);
    CU_ASSERT_EQUAL(host_create(m, "{\"id\":\"007\"}"), DS_INVALID);
    said("declared \"STRING\"");
    CU_ASSERT_EQUAL(host_create(m, "{\"id\":\"7\"}"), DS_OK);
    char *line = host_get(m, ds_string("7"));
    CU_ASSERT_STRING_EQUAL(line, "{\"id\":\"7\"}");
    free(line);
    base_end();
}

/* A property whose type was changed keeps its column. */
static void a_property_of_another_type_than_its_column_loses_nothing(void)
{
    char model[200];
    base_begin();
    snprintf(model, sizeof model, ODD, "p", "integer");
    CU_ASSERT_EQUAL(host_create(host_model(base_open(""), model), "{\"id\":1,\"p\":5}"), DS_OK);
    snprintf(model, sizeof model, ODD, "p", "string");
    ds_model *m = host_model(base_open(""), model);
    CU_ASSERT_EQUAL(host_create(m, "{\"id\":2,\"p\":\"007\"}"), DS_INVALID);
    CU_ASSERT_EQUAL(host_create(m, "{\"id\":2,\"p\":\"seven\"}"), DS_OK);
    HOST_FINDS(m, "{\"order\":\"id\"}", "{\"id\":1,\"p\":\"5\"}\n{\"id\":2,\"p\":\"seven\"}\n");
    base_end();
}

static void an_integer_beyond_2_to_the_53_is_a_number_where_a_double_holds_it(void)
{
    char model[200];
    base_begin();
    base_run("CREATE TABLE T (id INTEGER PRIMARY KEY, p DECIMAL); INSERT INTO T VALUES (1, 1000000000000000000),"
             "(2, 9007199254740993), (3, 9223372036854775807), (4, -9223372036854775808)");
    snprintf(model, sizeof model, ODD, "p", "number");
    HOST_FINDS(host_model(base_open(""), model), "{\"order\":\"id\"}",
               "{\"id\":1,\"p\":1e+18}\n{\"id\":2,\"p\":\"9007199254740993\"}\n"
               "{\"id\":3,\"p\":\"9223372036854775807\"}\n{\"id\":4,\"p\":-9.223372036854776e+18}\n");
    base_end();
}

/* ---- a property whose type was changed ---- */

static const ds_connector *own_table;

/* The library drops what migrate reports: here explain tells it. */
static ds_status explain_migration(void *connection, const ds_model *model, const ds_selection *selection, uint32_t may,
                                   uint32_t *did, ds_buffer *members, ds_call *call)
{
    (void)selection, (void)may;
    *did = 0;
    return own_table->migrate(connection, model, DS_MIGRATE_CHECK, NULL, NULL, members, call);
}

static void offer_report(void)
{
    own_table = ds_connector_find("sqlite", &host_error);
    if (own_table == NULL)
        exit(EXIT_FAILURE);
    static ds_connector table;
    table = *own_table;
    table.explain = explain_migration;
    if (ds_connector_register(&table, &host_error) != DS_OK)
        exit(EXIT_FAILURE);
}

typedef struct ear {
    unsigned count;
    char message[1024];
} ear;

static void hear(void *user, ds_log_level level, const char *source, const char *message)
{
    ear *heard = user;
    (void)source;
    if (level != DS_LOG_WARNING)
        return;
    heard->count++;
    snprintf(heard->message, sizeof heard->message, "%s", message);
}

static void a_changed_type_is_told(void)
{
    static const char *const types[][4] = {/* was, is, what it is declared as; "" where nothing is to be told */
                                           {"integer", "string", "INTEGER"},  {"string", "integer", "TEXT"},
                                           {"boolean", "integer", "BOOLEAN"}, {"any", "string", "TEXT ANY"},
                                           {"object", "any", "TEXT OBJECT"},  {"number", "integer", "REAL"},
                                           {"integer", "integer", ""},        {"object", "object", ""}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        char model[200], *plan = NULL;
        ear heard = {0};
        const bool changed = types[i][2][0] != '\0';
        base_begin();
        snprintf(model, sizeof model, ODD, "p", types[i][0]);
        host_count(host_model(base_open(""), model), NULL);
        snprintf(model, sizeof model, ODD, "p", types[i][1]);
        ds_set_logger(hear, &heard, DS_LOG_WARNING);
        ds_model *m = host_model(base_open(""), model);
        host_count(m, NULL);
        base_run("CREATE TABLE other (a)"); /* so that it looks again */
        host_count(m, NULL);
        CU_ASSERT_EQUAL(heard.count, changed); /* once */
        CU_ASSERT(!changed || strstr(heard.message, "\"p\"") != NULL);
        CU_ASSERT(strstr(heard.message, types[i][2]) != NULL);
        CU_ASSERT_EQUAL(ds_migrate(m, NULL, NULL, &host_error), DS_OK);
        CU_ASSERT_EQUAL(heard.count, 2 * changed);
        CU_ASSERT_EQUAL_FATAL(ds_explain(m, NULL, &plan, &host_error), DS_OK);
        ds_set_logger(NULL, NULL, DS_LOG_ERROR);
        bool told = strstr(plan, "\"otherwise\":[\"p\"]") != NULL || strstr(plan, "\"otherwise\": [\"p\"]") != NULL;
        if (told != changed)
            printf("\n%s to %s: %s", types[i][0], types[i][1], plan);
        CU_ASSERT_EQUAL(told, changed);
        ds_free(plan);
        base_end();
    }
}

static void tables_of_others_are_not_told_as_changed(void)
{
    char model[200];
    ear heard = {0};
    base_begin();
    base_run("CREATE TABLE T (id INTEGER PRIMARY KEY, p INTEGER CHECK (p > 0))");
    snprintf(model, sizeof model, ODD, "p", "string");
    ds_set_logger(hear, &heard, DS_LOG_WARNING);
    host_count(host_model(base_open(""), model), NULL);
    ds_set_logger(NULL, NULL, DS_LOG_ERROR);
    CU_ASSERT_EQUAL(heard.count, 0);
    base_end();
}

/* ---- foreign keys ---- */

#define PARENT                                                                                                         \
    "{\"name\":\"P\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"a\":\"integer\"},\"settings\":{%s}}"
#define BAD_KEY "a foreign key would refer to a record that is not there"

static ds_model *open_family(const char *key, const char *settings, ds_model **parents)
{
    char sql[300], model[300];
    base_begin();
    snprintf(sql, sizeof sql,
             "CREATE TABLE P (id TEXT PRIMARY KEY, a INTEGER);"
             "CREATE TABLE T (id TEXT PRIMARY KEY, a TEXT REFERENCES P %s)",
             key);
    base_run(sql);
    snprintf(model, sizeof model, PARENT, settings);
    ds_source *source = base_open("");
    *parents = host_model(source, model);
    return host_model(source, "{\"name\":\"T\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},"
                              "\"a\":\"string\"}}");
}

static void foreign_keys_are_kept(void)
{
    static const char *const keys[] = {"", "ON DELETE RESTRICT", "DEFERRABLE INITIALLY DEFERRED"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        uint64_t count;
        ds_model *parents, *m = open_family(keys[i], "", &parents);
        CU_ASSERT_EQUAL(host_create(parents, "{\"id\":\"p\"}"), DS_OK);
        CU_ASSERT_EQUAL(host_create(m, "{\"id\":\"1\",\"a\":\"p\"}"), DS_OK);
        CU_ASSERT_EQUAL(host_create(m, "{\"id\":\"2\"}"), DS_OK);
        CU_ASSERT_EQUAL(host_create(m, "{\"id\":\"3\",\"a\":\"nobody\"}"), DS_INVALID);
        said(BAD_KEY);
        CU_ASSERT_EQUAL(host_update(m, ds_string("2"), "{\"a\":\"nobody\"}"), DS_INVALID);
        said(BAD_KEY);
        CU_ASSERT_EQUAL(host_update_where(m, "{\"id\":\"2\"}", "{\"a\":\"nobody\"}", &count), DS_INVALID);
        said(BAD_KEY);
        CU_ASSERT_EQUAL(ds_delete_by_id(parents, ds_string("p"), &host_error), DS_INVALID);
        said(BAD_KEY);
        CU_ASSERT_EQUAL(host_delete_where(parents, "{\"id\":\"p\"}", &count), DS_INVALID);
        said(BAD_KEY);
        BASE_IS("SELECT id, a FROM T ORDER BY id", "1|p\n2|NULL\n");
        BASE_IS("SELECT id FROM P", "p\n");
        base_end();
    }
}

static void deleting_goes_on_as_foreign_keys_say(void)
{
    ds_model *parents, *m = open_family("ON DELETE CASCADE", "", &parents);
    host_create(parents, "{\"id\":\"p\"}");
    host_create(m, "{\"id\":\"1\",\"a\":\"p\"}");
    CU_ASSERT_EQUAL(ds_delete_by_id(parents, ds_string("p"), &host_error), DS_OK);
    BASE_IS("SELECT count(*) FROM T", "0\n");
    base_end();
}

/* One that is refused leaves the others, but where that is only known at the end. */
static void of_many_only_those_whose_key_is_wrong_are_refused(void)
{
    static const char *const keys[] = {"", "DEFERRABLE INITIALLY DEFERRED"};
    for (size_t i = 0; i < 2; i++) {
        size_t created = 7;
        ds_model *parents, *m = open_family(keys[i], "", &parents);
        host_create(parents, "{\"id\":\"p\"}");
        ds_record *records[3] = {host_record(m, "{\"id\":\"1\",\"a\":\"p\"}"),
                                 host_record(m, "{\"id\":\"2\",\"a\":\"q\"}"),
                                 host_record(m, "{\"id\":\"3\",\"a\":\"p\"}")};
        CU_ASSERT_EQUAL(ds_create_all(m, records, 3, &created, &host_error), DS_INVALID);
        said(BAD_KEY);
        CU_ASSERT_EQUAL(created, i == 0 ? 2 : 0);
        BASE_IS("SELECT id FROM T", i == 0 ? "1\n3\n" : "");
        for (size_t k = 0; k < 3; k++)
            ds_record_free(records[k]);
        base_end();
    }
}

static void what_is_referred_to_may_expire_and_stops_no_write(void)
{
    static const char *const keys[] = {"", "DEFERRABLE INITIALLY DEFERRED"};
    for (size_t i = 0; i < 2; i++) {
        ds_model *parents, *m = open_family(keys[i], "\"ttl\":3600000", &parents);
        CU_ASSERT_EQUAL(host_create(parents, "{\"id\":\"p\"}"), DS_OK);
        CU_ASSERT_EQUAL(host_create(m, "{\"id\":\"1\",\"a\":\"p\"}"), DS_OK);
        base_run("UPDATE P SET \"#expires\" = 1");
        CU_ASSERT_EQUAL(host_create(parents, "{\"id\":\"q\"}"), DS_OK);
        CU_ASSERT_EQUAL(host_count(parents, NULL), 1);
        BASE_IS("SELECT id FROM P ORDER BY id", "p\nq\n");
        CU_ASSERT_EQUAL(ds_delete_by_id(m, ds_string("1"), &host_error), DS_OK);
        CU_ASSERT_EQUAL(host_create(parents, "{\"id\":\"r\"}"), DS_OK);
        BASE_IS("SELECT id FROM P ORDER BY id", "q\nr\n");
        base_end();
    }
}

/* ---- names that stand for something else ---- */

#define UNIQUE                                                                                                         \
    "{\"name\":\"P\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"a\":{\"type\":\"integer\",\"%s\":"     \
    "true},"                                                                                                           \
    "\"b\":\"integer\"}}"

static void a_table_that_was_renamed_keeps_its_indexes(void)
{
    char model[200];
    uint64_t count;
    base_begin();
    snprintf(model, sizeof model, UNIQUE, "unique");
    CU_ASSERT_EQUAL(host_create(host_model(base_open(""), model), "{\"id\":\"1\",\"a\":1}"), DS_OK);
    base_close();
    base_run("ALTER TABLE P RENAME TO OldP");
    ds_model *m = host_model(base_open(""), model);
    CU_ASSERT_EQUAL(ds_count(m, NULL, &count, &host_error), DS_CONFIG);
    said("\"P#unique:a\"");
    said("\"OldP\"");
    BASE_IS("SELECT name, tbl_name FROM sqlite_schema WHERE sql LIKE 'CREATE%INDEX%'", "P#unique:a|OldP\n");
    BASE_IS("SELECT name FROM sqlite_schema WHERE name = 'P'", "");
    base_run("DROP INDEX \"P#unique:a\"");
    CU_ASSERT_EQUAL(host_count(m, NULL), 0);
    BASE_IS("SELECT tbl_name FROM sqlite_schema WHERE name = 'P#unique:a'", "P\n");
    base_end();
}

static void a_view_is_read(void)
{
    static const char *const settings[] = {"", ",\"readOnly\":true"};
    char model[200];
    snprintf(model, sizeof model, UNIQUE, "index");
    for (size_t i = 0; i < 2; i++) {
        base_begin();
        base_run("CREATE TABLE t (no TEXT, a INTEGER); INSERT INTO t VALUES ('x', 1), ('y', 2);"
                 "CREATE VIEW P AS SELECT no AS id, a FROM t");
        ds_model *m = host_model(base_open(settings[i]), model);
        CU_ASSERT_EQUAL(host_count(m, NULL), 2);
        CU_ASSERT_EQUAL(host_count(m, "{\"a\":2}"), 1);
        HOST_FINDS(m, "{\"order\":\"a DESC\"}", "{\"id\":\"y\",\"a\":2}\n{\"id\":\"x\",\"a\":1}\n");
        char *line = host_get(m, ds_string("y"));
        CU_ASSERT_STRING_EQUAL(line, "{\"id\":\"y\",\"a\":2}");
        free(line);
        CU_ASSERT_EQUAL(host_create(m, "{\"id\":\"z\",\"a\":3}"), DS_READONLY);
        CU_ASSERT_EQUAL(host_update(m, ds_string("x"), "{\"a\":3}"), DS_READONLY);
        if (i == 0) {
            said("\"P\"");
            said("is a view");
            CU_ASSERT_EQUAL(ds_expire(m, ds_string("x"), 1000, &host_error), DS_READONLY);
            CU_ASSERT_EQUAL(ds_migrate(m, NULL, NULL, &host_error), DS_OK);
        }
        BASE_IS("SELECT name FROM sqlite_schema ORDER BY name", "P\nt\n");
        base_end();
    }
}

/* ---- what SQLite's parser is too small for ---- */

/* {"and":[{"a":{"gt":0}},{"or":[{"a":2},{"and":...}]}]} */
static char *nest(size_t levels)
{
    char *json = calloc(levels + 1, 64), *at = json;
    for (size_t i = 0; i < levels; i++)
        at += sprintf(at, i % 2 == 0 ? "{\"and\":[{\"a\":{\"gt\":0}}," : "{\"or\":[{\"a\":%zu},", i);
    at += sprintf(at, "{\"a\":3}");
    for (size_t i = 0; i < levels; i++)
        at += sprintf(at, "]}");
    return json;
}

static void a_filter_may_be_nested_as_deeply_as_the_library_takes_it(void)
{
    static const size_t levels[] = {1, 19, 20, 21, 22, 31, 32};
    char model[200];
    base_begin();
    snprintf(model, sizeof model, UNIQUE, "index");
    ds_model *m = host_model(base_open(""), model);
    host_create(m, "{\"id\":\"x\",\"a\":3}");
    host_create(m, "{\"id\":\"y\",\"a\":400}");
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        char *where = nest(levels[i]), query[4000];
        CU_ASSERT_EQUAL(host_count(m, where), 1);
        snprintf(query, sizeof query, "{\"where\":%s,\"fields\":[\"id\"]}", where);
        HOST_FINDS(m, query, "{\"id\":\"x\"}\n");
        free(where);
    }
    base_end();
}

static void an_order_of_many_items_goes_on_behind_a_mark(void)
{
    char model[1000] = "{\"name\":\"M\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true}", order[200] = "";
    for (int i = 0; i < 15; i++) {
        char more[32];
        snprintf(more, sizeof more, ",\"p%d\":\"integer\"", i);
        strcat(model, more);
        snprintf(more, sizeof more, "%sp%d", i == 0 ? "" : ", ", i);
        strcat(order, more);
    }
    strcat(model, "}}");
    base_begin();
    ds_model *m = host_model(base_open(""), model);
    host_create(m, "{\"id\":\"x\",\"p0\":1,\"p14\":1}");
    host_create(m, "{\"id\":\"y\",\"p0\":1,\"p14\":2}");
    host_create(m, "{\"id\":\"z\",\"p0\":2}");
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    CU_ASSERT_EQUAL_FATAL(ds_find(m, DS_QUERY(.order = order, .limit = 1), &cursor, &host_error), DS_OK);
    CU_ASSERT_EQUAL(ds_cursor_next(cursor, &record, &host_error), DS_OK);
    char *mark = ds_cursor_mark(cursor);
    ds_cursor_close(cursor);
    CU_ASSERT_PTR_NOT_NULL_FATAL(mark);
    CU_ASSERT_EQUAL_FATAL(ds_find(m, DS_QUERY(.order = order, .after = mark), &cursor, &host_error), DS_OK);
    for (const char *id = "yz"; *id != '\0'; id++) {
        CU_ASSERT_EQUAL(ds_cursor_next(cursor, &record, &host_error), DS_OK);
        CU_ASSERT_PTR_NOT_NULL_FATAL(record);
        CU_ASSERT_EQUAL(ds_record_get(record, "id").as.string[0], *id);
    }
    CU_ASSERT_EQUAL(ds_cursor_next(cursor, &record, &host_error), DS_OK);
    CU_ASSERT_PTR_NULL(record);
    ds_cursor_close(cursor);
    ds_free(mark);
    base_end();
}

int main(void)
{
    static const test tests[] = {
        {"a rule that ends the transaction ends the call", a_rule_that_ends_the_transaction_ends_the_call},
        {"a conflict clause neither drops nor replaces", a_conflict_clause_neither_drops_nor_replaces},
        {"what a trigger ignores is not told as done", what_a_trigger_ignores_is_not_told_as_done},
        {"only a rowid is numbered", only_a_rowid_is_numbered},
        {"a sequence that is used up says so", a_sequence_that_is_used_up_says_so},
        {"what a column would change is refused", what_a_column_would_change_is_refused},
        {"an id that a column would change is refused", an_id_that_a_column_would_change_is_refused},
        {"a property of another type than its column loses nothing",
         a_property_of_another_type_than_its_column_loses_nothing},
        {"an integer beyond 2^53 is a number where a double holds it",
         an_integer_beyond_2_to_the_53_is_a_number_where_a_double_holds_it},
        {"a changed type is told", a_changed_type_is_told},
        {"tables of others are not told as changed", tables_of_others_are_not_told_as_changed},
        {"foreign keys are kept", foreign_keys_are_kept},
        {"deleting goes on as foreign keys say", deleting_goes_on_as_foreign_keys_say},
        {"of many, only those whose key is wrong are refused", of_many_only_those_whose_key_is_wrong_are_refused},
        {"what is referred to may expire, and stops no write", what_is_referred_to_may_expire_and_stops_no_write},
        {"a table that was renamed keeps its indexes", a_table_that_was_renamed_keeps_its_indexes},
        {"a view is read", a_view_is_read},
        {"a filter may be nested as deeply as the library takes it",
         a_filter_may_be_nested_as_deeply_as_the_library_takes_it},
        {"an order of many items goes on behind a mark", an_order_of_many_items_goes_on_behind_a_mark},
    };
    offer_report();
    return SUITE_RUN("sqlite: tables with rules of their own", tests);
}
