/* Cases of update, replace, upsert, increment, expire. */
#include "conformance.h"

static void store(run *r)
{
    step_create(r,
                "{\"id\":\"a\",\"name\":\"Ada\",\"age\":36,\"score\":0.5,\"tags\":[1],\"address\":{\"city\":\"Ulm\"}}",
                DS_OK);
    step_create(r, "{\"id\":\"b\",\"name\":\"Bob\",\"age\":9}", DS_OK);
    step_create(r, "{\"id\":\"c\",\"name\":\"Cy\",\"age\":70}", DS_OK);
}

static void by_id(run *r)
{
    store(r);
    step_update(r, "a", "{\"age\":37,\"extra\":[true]}", DS_OK);
    step_get(r, "a",
             "{\"id\":\"a\",\"name\":\"Ada\",\"age\":37,\"score\":0.5,\"member\":false,\"address\":{\"city\":\"Ulm\"},"
             "\"tags\":[1],\"extra\":[true]}");
    step_get(r, "b", "{\"id\":\"b\",\"name\":\"Bob\",\"age\":9,\"member\":false}");
    step_update(r, "b", "{}", DS_OK);
    r->rule = &rule_missing;
    step_update(r, "z", "{\"age\":1}", DS_NOT_FOUND);
    step_update(r, "z", "{}", DS_NOT_FOUND);
    step_get(r, "z", NULL);
    step_count(r, NULL, 3);
}

static void null_removes(run *r)
{
    store(r);
    step_update(r, "a", "{\"age\":null,\"tags\":null,\"address\":null,\"extra\":null}", DS_OK);
    step_get(r, "a", "{\"id\":\"a\",\"name\":\"Ada\",\"score\":0.5,\"member\":false}");
    step_find_ids(r, "{\"where\":{\"age\":null}}", "a");
    step_update(r, "a", "{\"name\":null}", DS_INVALID);
    step_update(r, "a", "{\"name\":null,\"score\":2}", DS_INVALID);
    step_get(r, "a", "{\"id\":\"a\",\"name\":\"Ada\",\"score\":0.5,\"member\":false}");
}

static void another_id(run *r)
{
    store(r);
    step_update(r, "a", "{\"id\":\"q\",\"age\":1}", DS_INVALID);
    step_update(r, "a", "{\"id\":\"a\",\"age\":1}", DS_OK);
    step_update(r, "a", "{\"age\":\"old\"}", DS_INVALID);
    step_update(r, "a", "{\"colour\":1}", DS_INVALID);
    step_replace(r, "a", "{\"id\":\"q\",\"name\":\"Q\"}", DS_INVALID);
    step_find_ids(r, "{\"where\":{\"age\":1}}", "a");
    step_count(r, NULL, 3);
}

static void by_filter(run *r)
{
    store(r);
    step_update_where(r, "{\"age\":{\"gt\":20}}", "{\"member\":true,\"score\":null}", 2);
    step_find_set(r, "{\"where\":{\"member\":true}}", "ac");
    step_find_set(r, "{\"where\":{\"score\":null}}", "abc");
    step_update_where(r, "{\"name\":\"nobody\"}", "{\"age\":0}", 0);
    step_update_where(r, "{\"age\":{\"gt\":20}}", "{\"age\":1}", 2);
    step_update_where(r, "{}", "{\"age\":5}", 3);
    step_count(r, "{\"age\":5}", 3);
    ds_record *changes = ds_record_new(r->model);
    ds_record_set(changes, "age", ds_integer(6));
    r->rule = &rule_no_filter;
    trace(r, "ds_update(model, NULL, record, &n, &error); /* expected: DS_INVALID */");
    check(r, ds_update(r->model, NULL, changes, NULL, &r->error) == DS_INVALID, "no filter is not everything");
    r->rule = &rule_update_where;
    ds_record_free(changes);
    step_count(r, "{\"age\":5}", 3);
}

static void many_by_filter(run *r)
{
    step_create_numbered(r, 1200);
    step_update_where(r, "{\"age\":{\"gte\":200}}", "{\"age\":-1}", 1000);
    step_count(r, "{\"age\":-1}", 1000);
    step_count(r, "{\"age\":{\"gte\":0}}", 200);
    r->rule = &rule_delete_where;
    step_delete_where(r, "{\"age\":-1}", 1000);
    step_count(r, NULL, 200);
}

static void replace(run *r)
{
    store(r);
    step_replace(r, "a", "{\"name\":\"New\",\"born\":\"2000-01-01\"}", DS_OK);
    step_get(r, "a", "{\"id\":\"a\",\"name\":\"New\",\"member\":false,\"born\":\"2000-01-01T00:00:00.000Z\"}");
    step_replace(r, "z", "{\"name\":\"Z\"}", DS_NOT_FOUND);
    step_replace(r, "a", "{\"age\":1}", DS_INVALID);
    step_get(r, "a", "{\"id\":\"a\",\"name\":\"New\",\"member\":false,\"born\":\"2000-01-01T00:00:00.000Z\"}");
    step_count(r, NULL, 3);
}

static void upsert(run *r)
{
    step_upsert(r, "{\"id\":\"a\",\"name\":\"Ada\",\"age\":1}", true, DS_OK);
    step_get(r, "a", "{\"id\":\"a\",\"name\":\"Ada\",\"age\":1,\"member\":false}");
    step_update(r, "a", "{\"member\":true}", DS_OK);
    step_upsert(r, "{\"id\":\"a\",\"name\":\"Eve\",\"score\":2}", false, DS_OK);
    step_get(r, "a", "{\"id\":\"a\",\"name\":\"Eve\",\"age\":1,\"score\":2.0,\"member\":true}");
    step_upsert(r, "{\"id\":\"a\",\"age\":2}", false, DS_OK);
    step_upsert(r, "{\"id\":\"b\",\"age\":2}", true, DS_INVALID);
    step_upsert(r, "{\"id\":\"a\",\"age\":null}", false, DS_OK);
    step_get(r, "a", "{\"id\":\"a\",\"name\":\"Eve\",\"score\":2.0,\"member\":true}");
    step_count(r, NULL, 1);
}

static void replace_or_create(run *r)
{
    step_replace_or_create(r, "{\"id\":\"a\",\"name\":\"Ada\",\"age\":1}", true, DS_OK);
    step_replace_or_create(r, "{\"id\":\"a\",\"name\":\"Eve\"}", false, DS_OK);
    step_get(r, "a", "{\"id\":\"a\",\"name\":\"Eve\",\"member\":false}");
    step_replace_or_create(r, "{\"id\":\"a\",\"age\":2}", false, DS_INVALID);
    step_count(r, NULL, 1);
}

static void increment(run *r)
{
    store(r);
    step_increment(r, "a", "age", ds_integer(5), "41", DS_OK);
    step_increment(r, "a", "age", ds_integer(-42), "-1", DS_OK);
    step_increment(r, "b", "score", ds_number(0.25), "0.25", DS_OK);
    step_increment(r, "a", "score", ds_number(0.1), "0.6", DS_OK);
    step_increment(r, "a", "score", ds_integer(1), "1.6", DS_OK);
    step_increment(r, "z", "age", ds_integer(1), NULL, DS_NOT_FOUND);
    step_increment(r, "a", "name", ds_integer(1), NULL, DS_INVALID);
    step_increment(r, "a", "id", ds_integer(1), NULL, DS_INVALID);
    step_increment(r, "a", "colour", ds_integer(1), NULL, DS_INVALID);
    step_increment(r, "a", "age", ds_number(0.5), NULL, DS_INVALID);
    step_get(r, "a",
             "{\"id\":\"a\",\"name\":\"Ada\",\"age\":-1,\"score\":1.6,\"member\":false,\"address\":{\"city\":\"Ulm\"},"
             "\"tags\":[1]}");
}

static void increment_limits(run *r)
{
    step_create(r, "{\"id\":\"a\",\"name\":\"A\",\"age\":9223372036854775806,\"score\":1e308}", DS_OK);
    step_increment(r, "a", "age", ds_integer(1), "9223372036854775807", DS_OK);
    step_increment(r, "a", "age", ds_integer(1), NULL, DS_INVALID);
    step_increment(r, "a", "score", ds_number(1e308), NULL, DS_INVALID);
    step_increment(r, "a", "age", ds_integer(INT64_MIN), "-1", DS_OK);
    step_get(r, "a", "{\"id\":\"a\",\"name\":\"A\",\"age\":-1,\"score\":1e+308,\"member\":false}");
}

static void increment_doubles_as_c_does(run *r)
{
    step_create(r, "{\"id\":\"a\",\"name\":\"A\",\"score\":0.1}", DS_OK);
    step_increment(r, "a", "score", ds_number(0.2), "0.30000000000000004", DS_OK);
    step_find_ids(r, "{\"where\":{\"score\":0.30000000000000004}}", "a");
}

static bool can(const run *r, uint64_t capability)
{
    return (r->suite->capabilities & capability) != 0;
}

static void expire(run *r)
{
    store(r);
    if (!can(r, DS_CAN_EXPIRE)) {
        step_expire(r, "a", 1000, DS_UNSUPPORTED);
        step_ttl(r, "a", 0, 0, DS_UNSUPPORTED);
        return;
    }
    step_ttl(r, "a", -1, -1, DS_OK);
    step_expire(r, "a", 100000, DS_OK);
    step_ttl(r, "a", 1, 100000, DS_OK);
    step_update(r, "a", "{\"age\":1}", DS_OK);
    step_ttl(r, "a", 1, 100000, DS_OK);
    step_replace(r, "a", "{\"name\":\"A\"}", DS_OK);
    step_ttl(r, "a", 1, 100000, DS_OK);
    step_expire(r, "a", -1, DS_OK);
    step_ttl(r, "a", -1, -1, DS_OK);
    step_expire(r, "z", 1000, DS_NOT_FOUND);
    step_ttl(r, "z", 0, 0, DS_NOT_FOUND);
    step_expire(r, "a", 0, DS_INVALID);
    step_expire(r, "a", -2, DS_INVALID);
    step_expire(r, "a", DS_TTL_MAX, DS_OK);
    step_expire(r, "z", DS_TTL_MAX + 1, DS_INVALID);
    step_expire(r, "a", INT64_MAX, DS_INVALID);
    step_expire(r, "b", 1, DS_OK);
    step_gone(r, "b");
    step_get(r, "b", NULL);
    step_find_set(r, "{}", "ac");
    step_count(r, NULL, 2);
    step_update(r, "b", "{\"age\":1}", DS_NOT_FOUND);
    step_delete(r, "b", DS_NOT_FOUND);
    step_create(r, "{\"id\":\"b\",\"name\":\"again\"}", DS_OK);
    step_ttl(r, "b", -1, -1, DS_OK);
}

static void model_ttl(run *r)
{
    static const char definition[] = PERSON ",\"settings\":{\"ttl\":60000}";
    if (!can(r, DS_CAN_EXPIRE)) {
        step_define(r, definition, DS_UNSUPPORTED);
        return;
    }
    if (!step_define(r, definition, DS_OK))
        return;
    step_create(r, "{\"id\":\"a\",\"name\":\"A\"}", DS_OK);
    step_ttl(r, "a", 30000, 60000, DS_OK);
    step_expire(r, "a", 500000, DS_OK);
    step_update(r, "a", "{\"age\":1}", DS_OK);
    step_ttl(r, "a", 60001, 500000, DS_OK);
    step_replace(r, "a", "{\"name\":\"B\"}", DS_OK);
    step_ttl(r, "a", 30000, 60000, DS_OK);
    step_upsert(r, "{\"id\":\"b\",\"name\":\"B\"}", true, DS_OK);
    step_ttl(r, "b", 30000, 60000, DS_OK);
    step_replace_or_create(r, "{\"id\":\"c\",\"name\":\"C\"}", true, DS_OK);
    step_ttl(r, "c", 30000, 60000, DS_OK);
}

/* A version is kept by the connector, or such a model is refused. */
static void version(run *r)
{
    static const char definition[] =
        "\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"name\":\"string\",\"v\":\"integer\"},"
        "\"settings\":{\"version\":\"v\"}";
    if (!can(r, DS_CAN_VERSION)) {
        step_define(r, definition, DS_UNSUPPORTED);
        return;
    }
    if (!step_define(r, definition, DS_OK))
        return;
    step_create(r, "{\"id\":\"a\",\"name\":\"A\"}", DS_OK);
    step_get(r, "a", "{\"id\":\"a\",\"name\":\"A\",\"v\":1}");
    step_update(r, "a", "{\"name\":\"B\",\"v\":1}", DS_OK);
    step_update(r, "a", "{\"name\":\"C\",\"v\":1}", DS_CONFLICT);
    step_get(r, "a", "{\"id\":\"a\",\"name\":\"B\",\"v\":2}");
    step_update(r, "a", "{\"name\":\"D\"}", DS_OK);
    step_get(r, "a", "{\"id\":\"a\",\"name\":\"D\",\"v\":3}");
}

static const rule_case cases[] = {
    {"update changes what is given, of one record", &rule_update, PERSON, by_id},
    {"a property set to null is removed; a required one cannot be", &rule_null_removes, PERSON, null_removes},
    {"an id is not changed, and a bad value changes nothing", &rule_own_id, PERSON, another_id},
    {"update by filter changes what matches, and says how many", &rule_update_where, PERSON, by_filter},
    {"update and delete by filter reach every match of many", &rule_update_where, PERSON, many_by_filter},
    {"replace removes what is not given", &rule_replace, PERSON, replace},
    {"upsert creates, or changes only what is given", &rule_upsert, PERSON, upsert},
    {"replace_or_create creates, or stores whole", &rule_replace_or_create, PERSON, replace_or_create},
    {"increment adds, and null counts as 0", &rule_increment, PERSON, increment},
    {"an increment that does not fit is refused, and nothing changes", &rule_increment_limits, PERSON,
     increment_limits},
    {"doubles are added as C adds them", &rule_increment_doubles, PERSON, increment_doubles_as_c_does},
    {"expire, ttl, and what has expired is gone; or it is refused", &rule_expire, PERSON, expire},
    {"settings.ttl starts at create and replace, and update keeps it; or it is refused", &rule_model_ttl, "",
     model_ttl},
    {"a version is stored, counted and compared; or such a model is refused", &rule_version, "", version},
};
const group group_update = {"update", cases, sizeof cases / sizeof *cases};
