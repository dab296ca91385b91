/* Cases of delete. */
#include "conformance.h"

static void store(run *r)
{
    step_create(r, "{\"id\":\"a\",\"name\":\"Ada\",\"age\":36,\"tags\":[\"x\"]}", DS_OK);
    step_create(r, "{\"id\":\"b\",\"name\":\"Bob\",\"age\":9}", DS_OK);
    step_create(r, "{\"id\":\"c\",\"name\":\"Cy\"}", DS_OK);
}

static void by_id(run *r)
{
    store(r);
    step_delete(r, "a", DS_OK);
    step_delete(r, "a", DS_NOT_FOUND);
    step_get(r, "a", NULL);
    step_exists(r, "a", false);
    step_find_set(r, "{}", "bc");
    step_create(r, "{\"id\":\"a\",\"name\":\"again\"}", DS_OK);
    step_get(r, "a", "{\"id\":\"a\",\"name\":\"again\",\"member\":false}");
}

static void by_filter(run *r)
{
    store(r);
    step_delete_where(r, "{\"age\":{\"gt\":100}}", 0);
    step_delete_where(r, "{\"tags\":\"x\"}", 1);
    step_delete_where(r, "{\"age\":null}", 1);
    step_find_set(r, "{}", "b");
}

static void everything(run *r)
{
    uint64_t n = 7;
    store(r);
    r->rule = &rule_no_filter;
    trace(r, "ds_delete(model, NULL, &n, &error); /* expected: DS_INVALID */");
    check(r, ds_delete(r->model, NULL, &n, &r->error) == DS_INVALID, "no filter is not everything");
    step_count(r, NULL, 3);
    r->rule = &rule_delete_where;
    step_delete_where(r, "{}", 3);
    step_delete_where(r, "{}", 0);
    step_count(r, NULL, 0);
}

static void while_walking(run *r)
{
    ds_cursor *cursor;
    const ds_record *record = NULL;
    unsigned n = 0;
    store(r);
    trace(r, "ds_find(model, NULL, &cursor, &error);");
    trace(r, "while (ds_cursor_next(cursor, &found, &error) == DS_OK && found != NULL)");
    trace(r, "    ds_delete_by_id(model, ds_record_get(found, \"id\"), &error); /* expected: three times */");
    trace(r, "ds_cursor_close(cursor);");
    if (!done(r, ds_find(r->model, NULL, &cursor, &r->error)))
        return;
    while (!r->failed && done(r, ds_cursor_next(cursor, &record, &r->error)) && record != NULL) {
        done(r, ds_delete_by_id(r->model, ds_record_get(record, "id"), &r->error));
        n++;
    }
    ds_cursor_close(cursor);
    check(r, n == 3, "all three came");
    step_count(r, NULL, 0);
}

static const rule_case cases[] = {
    {"a deleted record is gone, and its id is free", &rule_delete, PERSON, by_id},
    {"delete by filter takes what matches, and says how many", &rule_delete_where, PERSON, by_filter},
    {"everything is deleted only when it is said", &rule_no_filter, PERSON, everything},
    {"a record that a walk lends may be deleted", &rule_delete_where, PERSON, while_walking},
};
const group group_delete = {"delete", cases, sizeof cases / sizeof *cases};
