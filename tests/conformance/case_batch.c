/* Cases of batches: unlike writes in their order, and whole or not at all. A connector that cannot promise the latter must
 * refuse it, and change nothing: step_batch() then expects DS_UNSUPPORTED of every write. */
#include "conformance.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static bool can(const run *r, uint64_t capability)
{
    return (r->suite->capabilities & capability) != 0;
}

#define WRITE(kind_, ...)                                                                                              \
    {                                                                                                                  \
        .kind = DS_WRITE_##kind_, __VA_ARGS__                                                                          \
    }
#define CREATE(json_, outcome_)           WRITE(CREATE, .json = json_, .outcome = outcome_)
#define UPDATE(id_, json_, outcome_)      WRITE(UPDATE, .id = id_, .json = json_, .outcome = outcome_)
#define REPLACE(id_, json_, outcome_)     WRITE(REPLACE, .id = id_, .json = json_, .outcome = outcome_)
#define UPSERT(json_, created_, outcome_) WRITE(UPSERT, .json = json_, .created = created_, .outcome = outcome_)
#define PUT(json_, created_, outcome_)    WRITE(REPLACE_OR_CREATE, .json = json_, .created = created_, .outcome = outcome_)
#define ADD(id_, property_, number_, now_, outcome_)                                                                   \
    WRITE(INCREMENT, .id = id_, .property = property_, .number = number_, .now = now_, .outcome = outcome_)
#define ADD_NUMBER(id_, property_, number_, now_, outcome_)                                                            \
    WRITE(INCREMENT, .id = id_, .property = property_, .number = number_, .is_number = true, .outcome = outcome_)
#define DELETE(id_, outcome_)         WRITE(DELETE, .id = id_, .outcome = outcome_)
#define EXPIRE(id_, ms_, outcome_)    WRITE(EXPIRE, .id = id_, .number = ms_, .outcome = outcome_)
#define OTHER_CREATE(json_, outcome_) WRITE(CREATE, .json = json_, .outcome = outcome_, .other = true)
#define OTHER_DELETE(id_, outcome_)   WRITE(DELETE, .id = id_, .outcome = outcome_, .other = true)
#define OTHER_ADD(id_, property_, number_, now_, outcome_)                                                             \
    WRITE(INCREMENT, .id = id_, .property = property_, .number = number_, .now = now_, .outcome = outcome_,            \
          .other = true)

#define RUN(r, other, flags, ...)                                                                                      \
    do {                                                                                                               \
        const batch_write writes_[] = {__VA_ARGS__};                                                                   \
        step_batch(r, other, flags, writes_, sizeof writes_ / sizeof *writes_);                                        \
    } while (0)

static void store(run *r)
{
    step_create(r, "{\"id\":\"a\",\"name\":\"Ada\",\"age\":36,\"score\":0.5,\"tags\":[1]}", DS_OK);
    step_create(r, "{\"id\":\"b\",\"name\":\"Bob\",\"age\":9}", DS_OK);
    step_create(r, "{\"id\":\"c\",\"name\":\"Cy\",\"age\":70}", DS_OK);
}

static void store_is_unchanged(run *r)
{
    step_get(r, "a", "{\"id\":\"a\",\"name\":\"Ada\",\"age\":36,\"score\":0.5,\"member\":false,\"tags\":[1]}");
    step_get(r, "b", "{\"id\":\"b\",\"name\":\"Bob\",\"age\":9,\"member\":false}");
    step_get(r, "c", "{\"id\":\"c\",\"name\":\"Cy\",\"age\":70,\"member\":false}");
    step_count(r, NULL, 3);
}

/* ---- in their order ---- */

static void each_kind(run *r, unsigned flags)
{
    store(r);
    RUN(r, NULL, flags, CREATE("{\"id\":\"d\",\"name\":\"Di\"}", DS_OK),
        UPDATE("a", "{\"age\":37,\"tags\":null}", DS_OK), DELETE("b", DS_OK), REPLACE("c", "{\"name\":\"New\"}", DS_OK),
        UPSERT("{\"id\":\"e\",\"name\":\"Eve\"}", true, DS_OK), PUT("{\"id\":\"f\",\"name\":\"Flo\"}", true, DS_OK));
    if ((flags & DS_ATOMIC) != 0 && !can(r, DS_CAN_ATOMIC_BATCH)) {
        store_is_unchanged(r);
        return;
    }
    step_get(r, "a", "{\"id\":\"a\",\"name\":\"Ada\",\"age\":37,\"score\":0.5,\"member\":false}");
    step_get(r, "b", NULL);
    step_get(r, "c", "{\"id\":\"c\",\"name\":\"New\",\"member\":false}");
    step_get(r, "d", "{\"id\":\"d\",\"name\":\"Di\",\"member\":false}");
    step_get(r, "e", "{\"id\":\"e\",\"name\":\"Eve\",\"member\":false}");
    step_find_set(r, "{}", "acdef");
    RUN(r, NULL, flags, ADD("a", "age", 5, 42, DS_OK), UPSERT("{\"id\":\"e\",\"age\":1}", false, DS_OK),
        PUT("{\"id\":\"f\",\"name\":\"Fay\",\"score\":1}", false, DS_OK), ADD("d", "age", -1, -1, DS_OK));
    step_get(r, "a", "{\"id\":\"a\",\"name\":\"Ada\",\"age\":42,\"score\":0.5,\"member\":false}");
    step_get(r, "d", "{\"id\":\"d\",\"name\":\"Di\",\"age\":-1,\"member\":false}");
    step_get(r, "e", "{\"id\":\"e\",\"name\":\"Eve\",\"age\":1,\"member\":false}");
    step_get(r, "f", "{\"id\":\"f\",\"name\":\"Fay\",\"score\":1.0,\"member\":false}");
}

static void unlike(run *r)
{
    each_kind(r, 0);
}

static void by_index(run *r)
{
    store(r);
    RUN(r, NULL, 0, UPDATE("b", "{\"age\":10}", DS_OK), UPDATE("z", "{\"age\":1}", DS_NOT_FOUND),
        CREATE("{\"id\":\"a\",\"name\":\"again\"}", DS_DUPLICATE), CREATE("{\"id\":\"d\"}", DS_INVALID),
        DELETE("y", DS_NOT_FOUND), REPLACE("x", "{\"name\":\"X\"}", DS_NOT_FOUND), ADD("w", "age", 1, 0, DS_NOT_FOUND),
        ADD("a", "name", 1, 0, DS_INVALID), UPDATE("a", "{\"id\":\"q\"}", DS_INVALID),
        UPSERT("{\"id\":\"v\",\"age\":1}", false, DS_INVALID), ADD("c", "age", INT64_MAX, 0, DS_INVALID),
        UPSERT("{\"id\":\"c\",\"age\":71}", false, DS_OK), CREATE("{\"id\":\"d\",\"name\":\"Di\"}", DS_OK));
    step_get(r, "a", "{\"id\":\"a\",\"name\":\"Ada\",\"age\":36,\"score\":0.5,\"member\":false,\"tags\":[1]}");
    step_get(r, "b", "{\"id\":\"b\",\"name\":\"Bob\",\"age\":10,\"member\":false}");
    step_get(r, "c", "{\"id\":\"c\",\"name\":\"Cy\",\"age\":71,\"member\":false}");
    step_find_set(r, "{}", "abcd");
}

static void in_order(run *r)
{
    RUN(r, NULL, 0, UPDATE("a", "{\"age\":0}", DS_NOT_FOUND), CREATE("{\"id\":\"a\",\"name\":\"1\"}", DS_OK),
        CREATE("{\"id\":\"a\",\"name\":\"2\"}", DS_DUPLICATE), UPSERT("{\"id\":\"a\",\"score\":3}", false, DS_OK),
        UPDATE("a", "{\"age\":4}", DS_OK), ADD("a", "age", 5, 9, DS_OK), ADD("a", "age", 1, 10, DS_OK),
        CREATE("{\"id\":\"b\",\"name\":\"B\"}", DS_OK), DELETE("b", DS_OK), DELETE("b", DS_NOT_FOUND),
        REPLACE("b", "{\"name\":\"B\"}", DS_NOT_FOUND), PUT("{\"id\":\"b\",\"name\":\"C\"}", true, DS_OK),
        PUT("{\"id\":\"b\",\"name\":\"D\"}", false, DS_OK), ADD_NUMBER("b", "score", 1, 1, DS_OK),
        UPDATE("b", "{\"tags\":[1]}", DS_OK));
    step_get(r, "a", "{\"id\":\"a\",\"name\":\"1\",\"age\":10,\"score\":3.0,\"member\":false}");
    step_get(r, "b", "{\"id\":\"b\",\"name\":\"D\",\"score\":1.0,\"member\":false,\"tags\":[1]}");
    step_count(r, NULL, 2);
}

#define NUMBERED                                                                                                       \
    "\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true,\"generated\":true},\"name\":\"string\","                \
    "\"age\":{\"type\":\"integer\",\"default\":1}}"
#define ULIDS                                                                                                          \
    "\"properties\":{\"id\":{\"type\":\"string\",\"id\":true,\"generated\":true},\"name\":{\"type\":\"string\","       \
    "\"required\":true}}"

static void generated_ids(run *r, const char *definition, ds_type type, unsigned flags)
{
    if (!step_define(r, definition, DS_OK))
        return;
    enum { N = 5 };
    ds_record *records[N];
    ds_batch *batch = NULL;
    bool refused = (flags & DS_ATOMIC) != 0 && !can(r, DS_CAN_ATOMIC_BATCH);
    trace(r, "/* a batch that creates %d records without ids */", (int)N);
    if (ds_batch_new(r->suite->source, &batch, &r->error) != DS_OK)
        return fail(r, "%s", r->error.message);
    for (int i = 0; i < N; i++) {
        records[i] = ds_record_new(r->model);
        ds_record_set(records[i], "name", ds_string("N"));
        if (i == 2)
            ds_batch_upsert(batch, r->model, records[i], NULL);
        else
            ds_batch_create(batch, r->model, records[i]);
    }
    ds_status status = ds_batch_run(batch, flags, &r->error);
    if (status != (refused ? DS_UNSUPPORTED : DS_OK))
        fail(r, "%s came: %s", ds_status_name(status), r->error.message);
    for (int i = 0; i < N; i++) {
        ds_value id = ds_record_get(records[i], "id");
        check(r, id.type == (refused ? DS_NULL : type), "a generated id is in the record, once that is stored");
        check(r, refused || i == 0 || ds_value_compare(id, ds_record_get(records[i - 1], "id")) > 0,
              "generated ids ascend");
    }
    for (int i = 0; i < N; i++)
        ds_record_free(records[i]);
    ds_batch_free(batch);
    step_count(r, NULL, refused ? 0 : N);
}

static void sequence_of(run *r)
{
    generated_ids(r, NUMBERED, DS_INTEGER, 0);
    RUN(r, NULL, 0, CREATE("{\"id\":100,\"name\":\"a\"}", DS_OK), CREATE("{\"name\":\"b\"}", DS_OK),
        DELETE("100", DS_OK), UPSERT("{\"id\":200}", true, DS_OK), PUT("{\"name\":\"c\"}", true, DS_OK));
    step_get(r, "101", "{\"id\":101,\"name\":\"b\",\"age\":1}");
    step_get(r, "200", "{\"id\":200,\"age\":1}");
    step_get(r, "201", "{\"id\":201,\"name\":\"c\",\"age\":1}");
    step_count(r, NULL, 8);
}

static void ulids_of(run *r)
{
    generated_ids(r, ULIDS, DS_STRING, 0);
}

static void sequence_whole(run *r)
{
    generated_ids(r, NUMBERED, DS_INTEGER, DS_ATOMIC);
}

static void unset_again(run *r)
{
    ds_record *first = ds_record_new(r->model), *second = ds_record_new(r->model);
    ds_batch *batch = NULL;
    trace(r, "/* an atomic batch of two creations, of which the second cannot be done */");
    step_create(r, "{\"id\":7,\"name\":\"taken\"}", DS_OK);
    ds_record_set(second, "id", ds_integer(7));
    if (ds_batch_new(r->suite->source, &batch, &r->error) != DS_OK)
        fail(r, "%s", r->error.message);
    ds_batch_create(batch, r->model, first);
    ds_batch_create(batch, r->model, second);
    ds_status status = ds_batch_run(batch, DS_ATOMIC, &r->error);
    check(r, status == (can(r, DS_CAN_ATOMIC_BATCH) ? DS_DUPLICATE : DS_UNSUPPORTED), "it fails");
    check(r, ds_record_get(first, "id").type == DS_NULL && ds_record_get(first, "age").type == DS_NULL,
          "what was filled into a record that was not stored is taken out again");
    check(r, ds_record_get(second, "id").as.integer == 7, "an id that the host set stays");
    ds_batch_free(batch);
    ds_record_free(second);
    ds_record_free(first);
    step_count(r, NULL, 1);
}

static void many(run *r)
{
    enum { N = 2500 };
    static char ids[N][8], jsons[N][48];
    batch_write *writes = calloc(2 * N, sizeof *writes);
    for (int i = 0; i < N; i++) {
        snprintf(ids[i], sizeof ids[i], "%d", i % 1250);
        snprintf(jsons[i], sizeof jsons[i], "{\"id\":\"%d\",\"name\":\"N\",\"age\":%d}", i % 1250, i);
        writes[i] = (batch_write){i % 3 == 0 ? DS_WRITE_UPSERT : DS_WRITE_REPLACE_OR_CREATE, .json = jsons[i],
                                  .created = i < 1250};
        writes[N + i] =
            i < 1250 ? (batch_write)UPDATE(ids[i], "{\"score\":1}", DS_OK) : (batch_write)DELETE(ids[i], DS_OK);
    }
    for (int i = 1250; i < 1300; i++)
        writes[N + i] = (batch_write)ADD(ids[i], "age", -i, 0, DS_OK);
    step_batch(r, NULL, 0, writes, 2 * N);
    free(writes);
    step_count(r, NULL, 50);
    step_count(r, "{\"age\":0,\"score\":1}", 50);
}

static void expire(run *r)
{
    store(r);
    ds_status status = can(r, DS_CAN_EXPIRE) ? DS_OK : DS_UNSUPPORTED;
    RUN(r, NULL, 0, EXPIRE("a", 100000, status), EXPIRE("z", 100000, status == DS_OK ? DS_NOT_FOUND : status),
        EXPIRE("b", 0, status == DS_OK ? DS_INVALID : status), EXPIRE("c", 1, status),
        UPDATE("a", "{\"age\":1}", DS_OK), CREATE("{\"id\":\"d\",\"name\":\"D\"}", DS_OK), EXPIRE("d", 100000, status),
        EXPIRE("d", -1, status));
    if (status != DS_OK)
        return;
    step_ttl(r, "a", 1, 100000, DS_OK);
    step_ttl(r, "b", -1, -1, DS_OK);
    step_ttl(r, "d", -1, -1, DS_OK);
    step_gone(r, "c");
    step_get(r, "a", "{\"id\":\"a\",\"name\":\"Ada\",\"age\":1,\"score\":0.5,\"member\":false,\"tags\":[1]}");
}

#define UNIQUE                                                                                                         \
    "\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"email\":{\"type\":\"string\",\"unique\":true},"        \
    "\"age\":\"integer\"}"

static bool has_unique(run *r)
{
    bool has = can(r, DS_CAN_UNIQUE);
    step_define(r, UNIQUE, has ? DS_OK : DS_UNSUPPORTED);
    return has && !r->failed;
}

static void unique(run *r)
{
    if (!has_unique(r))
        return;
    RUN(r, NULL, 0, CREATE("{\"id\":\"a\",\"email\":\"x\"}", DS_OK),
        CREATE("{\"id\":\"b\",\"email\":\"x\"}", DS_DUPLICATE), UPDATE("a", "{\"email\":\"y\"}", DS_OK),
        CREATE("{\"id\":\"b\",\"email\":\"x\"}", DS_OK), UPSERT("{\"id\":\"c\",\"email\":\"y\"}", false, DS_DUPLICATE),
        DELETE("a", DS_OK), UPSERT("{\"id\":\"c\",\"email\":\"y\"}", true, DS_OK),
        REPLACE("b", "{\"email\":\"y\"}", DS_DUPLICATE), REPLACE("c", "{\"age\":1}", DS_OK),
        REPLACE("b", "{\"email\":\"y\"}", DS_OK));
    step_find_ids(r, "{\"where\":{\"email\":\"y\"}}", "b");
    step_get(r, "c", "{\"id\":\"c\",\"age\":1}");
    step_count(r, NULL, 2);
}

/* ---- several models ---- */

static ds_model *other_model(run *r)
{
    char json[160];
    ds_model *other = NULL;
    snprintf(json, sizeof json,
             "{\"name\":\"%s-other\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"n\":\"integer\"}}",
             r->name);
    trace_text(r, "ds_model_define(source, ", json, ", &other, &error);");
    if (ds_model_define(r->suite->source, json, &other, &r->error) != DS_OK)
        fail(r, "%s", r->error.message);
    return other;
}

static void other_holds(run *r, ds_model *other, const char *id, int64_t n, uint64_t count)
{
    ds_record *found = NULL;
    uint64_t counted = 0;
    if (id != NULL && ds_find_by_id(other, ds_string(id), &found, &r->error) != DS_OK)
        fail(r, "the other model: %s", r->error.message);
    check(r, found == NULL || ds_record_get(found, "n").as.integer == n, "the other model's record has its n");
    if (ds_count(other, NULL, &counted, &r->error) != DS_OK || counted != count)
        fail(r, "the other model should have %llu records, and has %llu", (unsigned long long)count,
             (unsigned long long)counted);
    ds_record_free(found);
}

static void two_models(run *r, unsigned flags)
{
    ds_model *other = other_model(r);
    bool refused = (flags & DS_ATOMIC) != 0 && !can(r, DS_CAN_ATOMIC_BATCH);
    if (other == NULL)
        return;
    RUN(r, other, flags, CREATE("{\"id\":\"a\",\"name\":\"A\"}", DS_OK), OTHER_CREATE("{\"id\":\"a\",\"n\":1}", DS_OK),
        CREATE("{\"id\":\"b\",\"name\":\"B\"}", DS_OK), OTHER_CREATE("{\"id\":\"b\",\"n\":2}", DS_OK));
    other_holds(r, other, refused ? NULL : "b", 2, refused ? 0 : 2);
    step_count(r, NULL, refused ? 0 : 2);
    if (!refused)
        RUN(r, other, flags, DELETE("a", DS_OK), OTHER_ADD("b", "n", 5, 7, DS_OK), OTHER_DELETE("a", DS_OK));
    other_holds(r, other, refused ? NULL : "b", 7, refused ? 0 : 1);
    if ((flags & DS_ATOMIC) != 0)
        RUN(r, other, flags, CREATE("{\"id\":\"c\",\"name\":\"C\"}", DS_CANCELLED),
            OTHER_CREATE("{\"id\":\"b\",\"n\":3}", DS_DUPLICATE), DELETE("b", DS_CANCELLED));
    other_holds(r, other, refused ? NULL : "b", 7, refused ? 0 : 1);
    step_find_set(r, "{}", refused ? "" : "b");
    ds_delete(other, ds_everything(), NULL, NULL);
}

static void models(run *r)
{
    two_models(r, 0);
}

static void models_whole(run *r)
{
    two_models(r, DS_ATOMIC);
}

static void other_source(run *r)
{
    ds_batch *batch = NULL;
    trace(r, "/* a batch of this source, with a delete of a model of another one */");
    ds_model *far = ds_source_model(r->suite->reference, r->name, &r->error);
    step_create(r, "{\"id\":\"a\",\"name\":\"A\"}", DS_OK);
    if (far == NULL || ds_batch_new(r->suite->source, &batch, &r->error) != DS_OK)
        return fail(r, "%s", r->error.message);
    ds_batch_delete(batch, far, ds_string("a"));
    ds_batch_delete(batch, NULL, ds_string("a"));
    ds_batch_delete(batch, r->model, ds_null());
    ds_batch_delete(batch, r->model, ds_string("a"));
    check(r, ds_batch_size(batch) == 4, "its size is 4");
    check(r, ds_batch_run(batch, 0, &r->error) == DS_INVALID, "it is DS_INVALID");
    for (size_t i = 0; i < 4; i++)
        check(r, ds_batch_outcome(batch, i, NULL) == (i == 3 ? DS_OK : DS_INVALID), "the outcomes");
    check(r, ds_batch_outcome(batch, 4, &r->error) == DS_INVALID, "there is no fifth outcome");
    ds_batch_free(batch);
    step_count(r, NULL, 0);
}

/* ---- whole or not at all ---- */

static void whole(run *r)
{
    each_kind(r, DS_ATOMIC);
}

/* A batch that would change everything, but for its third write. */
static void fails_at(run *r, batch_write third)
{
    RUN(r, NULL, DS_ATOMIC, UPDATE("a", "{\"age\":1,\"score\":null}", DS_CANCELLED),
        CREATE("{\"id\":\"d\",\"name\":\"D\"}", DS_CANCELLED), third, DELETE("b", DS_CANCELLED),
        ADD("c", "age", 1, 0, DS_CANCELLED));
    store_is_unchanged(r);
}

static void one_fails(run *r)
{
    store(r);
    fails_at(r, (batch_write)UPDATE("z", "{\"age\":1}", DS_NOT_FOUND));
    fails_at(r, (batch_write)DELETE("z", DS_NOT_FOUND));
    fails_at(r, (batch_write)REPLACE("z", "{\"name\":\"Z\"}", DS_NOT_FOUND));
    fails_at(r, (batch_write)ADD("z", "age", 1, 0, DS_NOT_FOUND));
    fails_at(r, (batch_write)UPSERT("{\"id\":\"z\",\"age\":1}", false, DS_INVALID));
    fails_at(r, (batch_write)CREATE("{\"id\":\"z\"}", DS_INVALID));
    fails_at(r, (batch_write)ADD("z", "name", 1, 0, DS_INVALID));
}

static void one_overflows(run *r)
{
    store(r);
    step_create(r, "{\"id\":\"m\",\"name\":\"M\",\"age\":9223372036854775807}", DS_OK);
    RUN(r, NULL, DS_ATOMIC, DELETE("a", DS_CANCELLED), ADD("m", "age", 1, 0, DS_INVALID));
    step_get(r, "m", "{\"id\":\"m\",\"name\":\"M\",\"age\":9223372036854775807,\"member\":false}");
    RUN(r, NULL, DS_ATOMIC, CREATE("{\"id\":\"m\",\"name\":\"M\"}", DS_DUPLICATE), DELETE("a", DS_CANCELLED));
    step_delete(r, "m", DS_OK);
    store_is_unchanged(r);
}

static void unique_whole(run *r)
{
    if (!has_unique(r))
        return;
    step_create(r, "{\"id\":\"a\",\"email\":\"x\"}", DS_OK);
    RUN(r, NULL, DS_ATOMIC, CREATE("{\"id\":\"b\",\"email\":\"y\"}", DS_CANCELLED),
        CREATE("{\"id\":\"c\",\"email\":\"x\"}", DS_DUPLICATE));
    RUN(r, NULL, DS_ATOMIC, CREATE("{\"id\":\"b\",\"email\":\"y\"}", DS_CANCELLED),
        UPSERT("{\"id\":\"c\",\"email\":\"y\"}", false, DS_INVALID));
    step_count(r, NULL, 1);
    step_create(r, "{\"id\":\"b\",\"email\":\"y\"}", DS_OK); /* nothing holds what a batch that failed had given */
    RUN(r, NULL, DS_ATOMIC, UPDATE("a", "{\"email\":\"z\"}", DS_OK), CREATE("{\"id\":\"c\",\"email\":\"x\"}", DS_OK),
        DELETE("b", DS_OK), CREATE("{\"id\":\"d\",\"email\":\"y\"}", DS_OK), CREATE("{\"id\":\"e\"}", DS_OK),
        CREATE("{\"id\":\"f\"}", DS_OK));
    bool refused = !can(r, DS_CAN_ATOMIC_BATCH);
    step_find_ids(r, "{\"where\":{\"email\":\"x\"}}", refused ? "a" : "c");
    step_find_ids(r, "{\"where\":{\"email\":\"y\"}}", refused ? "b" : "d");
    step_count(r, NULL, refused ? 2 : 5);
}

static void limits(run *r)
{
    store(r);
    RUN(r, NULL, DS_ATOMIC, UPDATE("a", "{\"age\":1}", DS_CANCELLED), DELETE("b", DS_CANCELLED),
        ADD("a", "age", 1, 0, DS_INVALID));
    RUN(r, NULL, DS_ATOMIC, CREATE("{\"id\":\"d\",\"name\":\"D\"}", DS_CANCELLED), DELETE("d", DS_INVALID));
    store_is_unchanged(r);
    enum { N = 1001 };
    static char jsons[N][40];
    batch_write *writes = calloc(N, sizeof *writes);
    for (int i = 0; i < N; i++) {
        snprintf(jsons[i], sizeof jsons[i], "{\"id\":\"%d\",\"name\":\"N\"}", i);
        writes[i] = (batch_write)CREATE(jsons[i], DS_OK);
    }
    ds_batch *batch = NULL;
    trace(r, "/* an atomic batch of 1,001 writes is refused, one of 1,000 is not */");
    if (ds_batch_new(r->suite->source, &batch, &r->error) != DS_OK)
        fail(r, "%s", r->error.message);
    for (int i = 0; i < N; i++)
        ds_batch_delete(batch, r->model, ds_string(jsons[i]));
    ds_status expected = can(r, DS_CAN_ATOMIC_BATCH) ? DS_INVALID : DS_UNSUPPORTED;
    check(r, ds_batch_run(batch, DS_ATOMIC, &r->error) == expected, "1,001 writes are too many");
    check(r, ds_batch_outcome(batch, 1000, NULL) == expected, "each has this outcome");
    check(r, ds_batch_run(batch, 1u << 30, &r->error) == DS_INVALID, "an unknown flag is refused");
    ds_batch_free(batch);
    step_batch(r, NULL, DS_ATOMIC, writes, N - 1);
    free(writes);
    step_count(r, NULL, can(r, DS_CAN_ATOMIC_BATCH) ? 1003 : 3);
}

static void nothing(run *r)
{
    store(r);
    step_batch(r, NULL, 0, NULL, 0);
    ds_batch *batch = NULL;
    trace(r, "/* an empty atomic batch; a batch that was not run */");
    if (ds_batch_new(r->suite->source, &batch, &r->error) != DS_OK)
        return fail(r, "%s", r->error.message);
    check(r, ds_batch_run(batch, DS_ATOMIC, &r->error) == (can(r, DS_CAN_ATOMIC_BATCH) ? DS_OK : DS_UNSUPPORTED),
          "an empty batch is done at once");
    ds_batch_delete(batch, r->model, ds_string("a"));
    ds_batch_free(batch);
    check(r,
          ds_batch_size(NULL) == 0 && ds_batch_run(NULL, 0, NULL) == DS_INVALID &&
              ds_batch_delete(NULL, r->model, ds_string("a")) == DS_INVALID,
          "NULL is no batch");
    ds_batch_free(NULL);
    store_is_unchanged(r);
}

/* ---- seen by others ---- */

typedef struct reader {
    run *run;
    pthread_t thread;
    ds_error error;
    ds_status status;
    unsigned partly, looks;
    bool *over;
} reader;

/* How many have an even age: all, or none. They are asked for by their ids, since a walk may take several steps. */
static unsigned count_even(reader *self)
{
    ds_value ids[20];
    char texts[20][4];
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    unsigned count = 0;
    for (unsigned i = 0; i < 20; i++) {
        snprintf(texts[i], sizeof texts[i], "%u", i);
        ids[i] = ds_string(texts[i]);
    }
    self->status = ds_find_by_ids(self->run->model, ids, 20, &cursor, &self->error);
    while (self->status == DS_OK && (self->status = ds_cursor_next(cursor, &record, &self->error)) == DS_OK &&
           record != NULL)
        count += ds_record_get(record, "age").as.integer % 2 == 0;
    ds_cursor_close(cursor);
    return count;
}

static void *look(void *argument)
{
    reader *self = argument;
    while (self->status == DS_OK && !__atomic_load_n(self->over, __ATOMIC_ACQUIRE)) {
        unsigned count = count_even(self);
        self->partly += count != 0 && count != 20;
        self->looks++;
    }
    return NULL;
}

static void write_all(run *r, unsigned rounds)
{
    static const char *const ages[] = {"{\"age\":1}", "{\"age\":2}", "{\"age\":3}", "{\"age\":4}"};
    batch_write writes[20];
    static char ids[20][4];
    for (unsigned round = 0; round < rounds && !r->failed; round++) {
        for (unsigned i = 0; i < 20; i++) {
            snprintf(ids[i], sizeof ids[i], "%u", i);
            writes[i] = (batch_write)UPDATE(ids[i], ages[round % 4], DS_OK);
        }
        step_batch(r, NULL, DS_ATOMIC, writes, 20);
    }
}

/* Without the mask: the library would walk over all for the ids, in steps between which a batch may come. */
static void seen_whole(run *r)
{
    bool over = false, before = mask_put_on(false);
    char json[48];
    reader readers[2] = {{.run = r, .over = &over}, {.run = r, .over = &over}};
    for (int i = 0; i < 20; i++) {
        snprintf(json, sizeof json, "{\"id\":\"%d\",\"name\":\"N\",\"age\":0}", i);
        step_create(r, json, DS_OK);
    }
    if (!can(r, DS_CAN_ATOMIC_BATCH)) {
        write_all(r, 1);
        step_count(r, "{\"age\":0}", 20);
        mask_put_on(before);
        return;
    }
    trace(r, "/* two threads read all by their ids while this one runs 100 atomic batches */");
    for (int i = 0; i < 2; i++)
        if (pthread_create(&readers[i].thread, NULL, look, &readers[i]) != 0)
            fail(r, "no thread could be made");
    write_all(r, 100);
    __atomic_store_n(&over, true, __ATOMIC_RELEASE);
    for (int i = 0; i < 2; i++) {
        pthread_join(readers[i].thread, NULL);
        if (readers[i].status != DS_OK)
            fail(r, "a reader: %s", readers[i].error.message);
        check(r, readers[i].partly == 0, "nobody sees a part of an atomic batch");
    }
    step_count(r, "{\"age\":4}", 20);
    mask_put_on(before);
}

static const rule_case cases[] = {
    {"a batch does unlike writes", &rule_batch, PERSON, unlike},
    {"each write of a batch has its outcome, and a failure keeps no other from being done", &rule_batch_outcomes,
     PERSON, by_index},
    {"a write of a batch meets what those before it have done", &rule_batch, PERSON, in_order},
    {"a batch of thousands of writes keeps their order", &rule_batch, PERSON, many},
    {"unique values are taken and set free in the order of a batch", &rule_unique, "", unique},
    {"a batch fills in the ids of a sequence", &rule_sequence, "", sequence_of},
    {"a batch fills in ULIDs", &rule_generated_text, "", ulids_of},
    {"a batch lets records expire; or that is refused", &rule_expire, PERSON, expire},
    {"a batch writes to several models", &rule_batch_models, PERSON, models},
    {"models of another source, no model and no id are refused", &rule_batch_checked, PERSON, other_source},
    {"an empty batch does nothing", &rule_batch_checked, PERSON, nothing},
    {"an atomic batch does unlike writes; or it is refused", &rule_batch_whole, PERSON, whole},
    {"an atomic batch of which a write cannot be done changes nothing; or it is refused", &rule_batch_whole, PERSON,
     one_fails},
    {"an atomic batch in which a sum does not fit changes nothing; or it is refused", &rule_batch_whole, PERSON,
     one_overflows},
    {"an atomic batch takes unique values and sets them free, or changes nothing; or it is refused", &rule_batch_whole,
     "", unique_whole},
    {"an atomic batch fills in ids; or it is refused", &rule_batch_whole, "", sequence_whole},
    {"what a failed atomic batch filled into records is taken out again", &rule_failed_create, NUMBERED, unset_again},
    {"an atomic batch of several models is whole; or it is refused", &rule_batch_whole, PERSON, models_whole},
    {"an atomic batch has at most 1,000 writes, and an id once; or it is refused", &rule_batch_checked, PERSON, limits},
    {"others see an atomic batch whole or not at all; or it is refused", &rule_batch_whole, PERSON, seen_whole},
};
const group group_batch = {"batch", cases, sizeof cases / sizeof *cases};
