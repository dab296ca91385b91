/* Tables of other programs whose rules do more than refuse: what is told is what is stored, whatever a trigger, a conflict
 * clause or a column's affinity makes of a write. */
#include "base.h"

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

int main(void)
{
    static const test tests[] = {
        {"a rule that ends the transaction ends the call", a_rule_that_ends_the_transaction_ends_the_call},
        {"a conflict clause neither drops nor replaces", a_conflict_clause_neither_drops_nor_replaces},
        {"what a trigger ignores is not told as done", what_a_trigger_ignores_is_not_told_as_done},
    };
    return SUITE_RUN("sqlite: tables with rules of their own", tests);
}
