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
    trace(r, "ds_delete(model, NULL, &n, &error); /* DS_INVALID */");
    check(r, ds_delete(r->model, NULL, &n, &r->error) == DS_INVALID, "no filter is not everything");
    step_count(r, NULL, 3);
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
    trace(r, "/* each record is deleted as the walk lends it */");
    if (ds_find(r->model, NULL, &cursor, &r->error) != DS_OK)
        fail(r, "%s", r->error.message);
    while (!r->failed && ds_cursor_next(cursor, &record, &r->error) == DS_OK && record != NULL) {
        if (ds_delete_by_id(r->model, ds_record_get(record, "id"), &r->error) != DS_OK)
            fail(r, "%s", r->error.message);
        n++;
    }
    ds_cursor_close(cursor);
    check(r, n == 3, "all three came");
    step_count(r, NULL, 0);
}

static const rule_case cases[] = {
    {"a deleted record is gone, and its id is free", "source.h, ds_delete_by_id", PERSON, by_id},
    {"delete by filter takes what matches, and says how many", "source.h, ds_delete", PERSON, by_filter},
    {"everything is deleted only when it is said", "DESIGN 3: a NULL filter is DS_INVALID", PERSON, everything},
    {"a record that a walk lends may be deleted", "source.h, ds_find", PERSON, while_walking},
};
const group group_delete = {"delete", cases, sizeof cases / sizeof *cases};
