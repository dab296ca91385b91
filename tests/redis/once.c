#include "once.h"

#include "checker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 5000 };

/* ---- models ---- */

#define HEAD                                                                                                           \
    "{\"name\": \"Thing\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"city\": {\"type\": "       \
    "\"string\"%s}, \"email\": {\"type\": \"string\"%s}, \"n\": \"integer\", \"x\": \"number\", \"v\": \"integer\"}, " \
    "\"settings\": {\"exactlyOnce\": %s%s}}"
#define INDEX  ", \"index\": true"
#define UNIQUE ", \"unique\": true"

const shape PLAIN = {"plain", false, false}, INDEXED = {"indexed", true, false}, VERSIONED = {"versioned", true, true};

proxy *network;
const shape *now;
ds_source *direct_source;
ds_model *direct;
ds_source *source;
ds_model *model;
static ds_model *defined;

static const char *definition(bool once)
{
    static char text[512];
    snprintf(text, sizeof text, HEAD, now->is_indexed ? INDEX : "", now->is_indexed ? UNIQUE : "",
             once ? "true" : "false", now->is_versioned ? ", \"version\": \"v\"" : "");
    return text;
}

void begin(const shape *is)
{
    now = is;
    proxy_set(network, NULL);
    direct_source = world_source("\"keyPrefix\": \"" ONCE_PREFIX "\"");
    direct = world_model(direct_source, definition(false));
}

void end(void)
{
    ds_source_close(direct_source);
}

void open_it(bool once)
{
    char settings[256];
    const ds_options options = {.size = sizeof options, .timeout_ms = TIMEOUT_MS};
    snprintf(settings, sizeof settings,
             "{\"port\": %d, \"keyPrefix\": \"" ONCE_PREFIX
             "\", \"commandTimeout\": 5000, \"reconnect\": {\"base\": 1, \"max\": 5, "
             "\"jitter\": 1}}",
             proxy_port(network));
    CU_ASSERT_EQUAL_FATAL(ds_source_open("redis", settings, &source, &last), DS_OK);
    defined = world_model(source, definition(once));
    CU_ASSERT_EQUAL_FATAL(ds_model_with(defined, &options, &model, &last), DS_OK);
}

void close_it(void)
{
    ds_model_free(model);
    ds_source_close(source);
}

/* ---- the records ---- */

void prepare(void)
{
    uint64_t count;
    CHECK_OK(ds_delete(direct, ds_everything(), &count, &last));
    CHECK_OK(create(direct, THING("a")));
    CHECK_OK(create(direct, THING("c")));
    CHECK_OK(create(direct, "{\"id\": \"w\", \"email\": \"w@x\", \"city\": \"away\"}"));
}

static const char *const IDS[] = {"a", "b", "c"};

const char *stored(void)
{
    static char text[256];
    *text = '\0';
    for (size_t i = 0; i < 3; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i == 0 ? "" : ", ",
                 raw("HMGET " ONCE_PREFIX "Thing:%s city n", IDS[i]));
    return text;
}

const char *versions(void)
{
    static char text[64];
    *text = '\0';
    for (size_t i = 0; i < 3; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i == 0 ? "" : " ",
                 raw("HGET " ONCE_PREFIX "Thing:%s v", IDS[i]));
    return text;
}

bool indexes_agree(void)
{
    static const checked_index indexes[] = {{"email", true, {{"email", 's', false}}, 1},
                                            {"city", false, {{"city", 's', false}}, 1}};
    static const checked_model checked_thing = {ONCE_PREFIX "Thing", NULL, false, indexes, 2};
    if (!now->is_indexed)
        return true;
    redisContext *eye = world_connect();
    checked found = checker_run(eye, &checked_thing);
    redisFree(eye);
    return found.faults == 0;
}

/* ---- the writes; each says what it was answered ---- */

static ds_record *record_b(const char *json)
{
    return record_of(model, json);
}

ds_status do_create(char *out)
{
    ds_record *record = record_b(THING("b"));
    ds_status status = ds_create(model, record, &last);
    if (now->is_versioned)
        sprintf(out, " %lld", (long long)ds_record_get(record, "v").as.integer);
    ds_record_free(record);
    return status;
}

static ds_status do_create_again(char *out)
{
    (void)out;
    return create(model, THING("a"));
}

static ds_status do_create_taken(char *out)
{
    (void)out;
    return create(model, "{\"id\": \"b\", \"email\": \"a@x\", \"city\": \"home\", \"n\": 1}");
}

static ds_status do_create_all(char *out)
{
    size_t created = 0;
    ds_record *records[] = {record_b(THING("a")), record_b(THING("b"))};
    ds_status status = ds_create_all(model, records, 2, &created, &last);
    sprintf(out, " %zu %s %s", created, ds_status_name(ds_record_outcome(records[0], NULL)),
            ds_status_name(ds_record_outcome(records[1], NULL)));
    ds_record_free(records[0]);
    ds_record_free(records[1]);
    return status;
}

static ds_status do_find_or_create(char *out)
{
    bool created = false;
    ds_record *record = record_b(THING("b"));
    ds_filter *where =
        now->is_indexed ? ds_where("email", DS_EQ, ds_string("b@x")) : ds_where("id", DS_EQ, ds_string("b"));
    ds_status status = ds_find_or_create(model, DS_QUERY(.where = where), record, &created, &last);
    sprintf(out, " %d", created);
    ds_filter_free(where);
    ds_record_free(record);
    return status;
}

static ds_status put(const char *json, ds_status (*how)(ds_model *, ds_record *, bool *, ds_error *), char *out)
{
    bool created = false;
    ds_record *record = record_b(json);
    ds_status status = how(model, record, &created, &last);
    sprintf(out, " %d", created);
    ds_record_free(record);
    return status;
}

static ds_status do_upsert_new(char *out)
{
    return put(THING("b"), ds_upsert, out);
}

static ds_status do_upsert(char *out)
{
    return put("{\"id\": \"a\", \"city\": \"moved\"}", ds_upsert, out);
}

static ds_status do_replace_or_create(char *out)
{
    return put(THING("b"), ds_replace_or_create, out);
}

static ds_status do_replace(char *out)
{
    (void)out;
    ds_record *record = record_b("{\"id\": \"a\", \"city\": \"moved\"}");
    ds_status status = ds_replace_by_id(model, ds_string("a"), record, &last);
    ds_record_free(record);
    return status;
}

ds_status do_update(char *out)
{
    (void)out;
    return update(model, "a", "{\"city\": \"moved\"}");
}

static ds_status do_update_missing(char *out)
{
    (void)out;
    return update(model, "b", "{\"city\": \"moved\"}");
}

static ds_status do_update_by_filter(char *out)
{
    uint64_t count = 0;
    ds_record *changes = record_b("{\"city\": \"moved\"}");
    ds_filter *where = ds_where("city", DS_EQ, ds_string("home"));
    ds_status status = ds_update(model, where, changes, &count, &last);
    sprintf(out, " %d", (int)count);
    ds_filter_free(where);
    ds_record_free(changes);
    return status;
}

ds_status do_increment(char *out)
{
    ds_value sum = ds_null();
    ds_status status = ds_increment(model, ds_string("a"), "n", ds_integer(1), &sum, &last);
    sprintf(out, " %lld", (long long)sum.as.integer);
    return status;
}

static ds_status do_increment_number(char *out)
{
    ds_value sum = ds_null();
    ds_status status = ds_increment(model, ds_string("a"), "x", ds_number(0.5), &sum, &last);
    sprintf(out, " %g", sum.as.number);
    return status;
}

ds_status do_delete(char *out)
{
    (void)out;
    return ds_delete_by_id(model, ds_string("a"), &last);
}

static ds_status do_delete_missing(char *out)
{
    (void)out;
    return ds_delete_by_id(model, ds_string("b"), &last);
}

static ds_status do_delete_by_filter(char *out)
{
    uint64_t count = 0;
    ds_filter *where = ds_where("city", DS_EQ, ds_string("home"));
    ds_status status = ds_delete(model, where, &count, &last);
    sprintf(out, " %d", (int)count);
    ds_filter_free(where);
    return status;
}

static ds_status do_expire(char *out)
{
    ds_status status = ds_expire(model, ds_string("a"), 1000000, &last);
    sprintf(out, " %d", atoll(raw("PTTL " ONCE_PREFIX "Thing:a")) > 900000);
    return status;
}

static ds_status batched(unsigned flags, char *out)
{
    ds_batch *batch = NULL;
    ds_value sum = ds_null();
    ds_record *made = record_b(THING("b"));
    CHECK_OK(ds_batch_new(source, &batch, &last));
    ds_batch_create(batch, model, made);
    ds_batch_increment(batch, model, ds_string("a"), "n", ds_integer(1), &sum);
    ds_batch_delete(batch, model, ds_string("c"));
    ds_batch_set_options(batch, &(ds_options){.size = sizeof(ds_options), .timeout_ms = TIMEOUT_MS});
    ds_status status = ds_batch_run(batch, flags, &last);
    sprintf(out, " %lld", (long long)sum.as.integer);
    ds_batch_free(batch);
    ds_record_free(made);
    return status;
}

static ds_status do_batch(char *out)
{
    return batched(0, out);
}

ds_status do_atomic(char *out)
{
    return batched(DS_ATOMIC, out);
}

const play plays[PLAYS] = {
    {"create", do_create, "DS_OK", HOME ", " HOME ", " HOME, "1 1 1", false, NULL},
    {"create what is there", do_create_again, "DS_DUPLICATE", BEFORE, OLD, false, NULL},
    {"create with a unique value that is taken", do_create_taken, "DS_DUPLICATE", BEFORE, OLD, true, NULL},
    {"create two, of which one is there", do_create_all, "DS_DUPLICATE 1 DS_DUPLICATE DS_OK", HOME ", " HOME ", " HOME,
     "1 1 1", false, NULL},
    {"find or create", do_find_or_create, "DS_OK 1", HOME ", " HOME ", " HOME, "1 1 1", false, NULL},
    {"upsert what is not there", do_upsert_new, "DS_OK 1", HOME ", " HOME ", " HOME, "1 1 1", false, NULL},
    {"upsert", do_upsert, "DS_OK 0", "moved 1, " NONE ", " HOME, "2 (nil) 1", false, NULL},
    {"replace or create", do_replace_or_create, "DS_OK 1", HOME ", " HOME ", " HOME, "1 1 1", false, NULL},
    {"replace", do_replace, "DS_OK", "moved (nil), " NONE ", " HOME, "2 (nil) 1", false, NULL},
    {"update", do_update, "DS_OK", "moved 1, " NONE ", " HOME, "2 (nil) 1", false, NULL},
    {"update what is not there", do_update_missing, "DS_NOT_FOUND", BEFORE, OLD, false, NULL},
    {"update by filter", do_update_by_filter, "DS_OK 2", "moved 1, " NONE ", moved 1", "2 (nil) 2", false, NULL},
    {"increment", do_increment, "DS_OK 2", "home 2, " NONE ", " HOME, "2 (nil) 1", false, NULL},
    {"increment a number", do_increment_number, "DS_OK 0.5", BEFORE, "2 (nil) 1", false, NULL},
    {"delete", do_delete, "DS_OK", NONE ", " NONE ", " HOME, "(nil) (nil) 1", false, NULL},
    {"delete what is not there", do_delete_missing, "DS_NOT_FOUND", BEFORE, OLD, false, NULL},
    {"delete by filter", do_delete_by_filter, "DS_OK 2", NONE ", " NONE ", " NONE, "(nil) (nil) (nil)", false, NULL},
    {"a batch", do_batch, "DS_OK 2", "home 2, " HOME ", " NONE, "2 1 (nil)", false, NULL},
    {"an atomic batch", do_atomic, "DS_OK 2", "home 2, " HOME ", " NONE, "2 1 (nil)", false, NULL},
    {"expire", do_expire, "DS_OK 1", BEFORE, OLD, false, NULL},
};
