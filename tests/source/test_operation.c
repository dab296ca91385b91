/* The frame of every operation: what is refused before it begins, what is counted, and what a failure says. */
#include "hands.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- readOnly ---- */

typedef struct scene {
    ds_source *source;
    ds_model *model;
    ds_record *record;
    ds_filter *filter;
    ds_error err;
} scene;

static bool flag;
static uint64_t number;

static ds_status create(scene *s)
{
    return ds_create(s->model, s->record, &s->err);
}
static ds_status create_all(scene *s)
{
    size_t created;
    return ds_create_all(s->model, &s->record, 1, &created, &s->err);
}
static ds_status find_or_create(scene *s)
{
    return ds_find_or_create(s->model, DS_QUERY(.where = s->filter), s->record, &flag, &s->err);
}
static ds_status update_by_id(scene *s)
{
    return ds_update_by_id(s->model, ds_string("1"), s->record, &s->err);
}
static ds_status update(scene *s)
{
    return ds_update(s->model, ds_everything(), s->record, &number, &s->err);
}
static ds_status replace_by_id(scene *s)
{
    return ds_replace_by_id(s->model, ds_string("1"), s->record, &s->err);
}
static ds_status upsert(scene *s)
{
    return ds_upsert(s->model, s->record, &flag, &s->err);
}
static ds_status replace_or_create(scene *s)
{
    return ds_replace_or_create(s->model, s->record, &flag, &s->err);
}
static ds_status increment(scene *s)
{
    return ds_increment(s->model, ds_string("1"), "n", ds_integer(1), NULL, &s->err);
}
static ds_status expire(scene *s)
{
    return ds_expire(s->model, ds_string("1"), 1000, &s->err);
}
static ds_status delete_by_id(scene *s)
{
    return ds_delete_by_id(s->model, ds_string("1"), &s->err);
}
static ds_status delete_all(scene *s)
{
    return ds_delete(s->model, ds_everything(), &number, &s->err);
}
static ds_status migrate(scene *s)
{
    return ds_migrate(s->model, NULL, NULL, &s->err);
}
static ds_status execute(scene *s)
{
    char *reply = NULL;
    const char *const words[] = {"DANCE"};
    ds_status status = ds_execute(s->source, 1, words, NULL, &reply, &s->err);
    ds_free(reply);
    return status;
}

static ds_status find(scene *s)
{
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    ds_status status = ds_find(s->model, NULL, &cursor, &s->err);
    while (status == DS_OK && (status = ds_cursor_next(cursor, &record, &s->err)) == DS_OK && record != NULL)
        ;
    ds_cursor_close(cursor);
    return status;
}
static ds_status find_by_id(scene *s)
{
    ds_record *record = NULL;
    ds_status status = ds_find_by_id(s->model, ds_string("1"), &record, &s->err);
    ds_record_free(record);
    return status;
}
static ds_status find_by_ids(scene *s)
{
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    const ds_value ids[] = {ds_string("1"), ds_string("2")};
    ds_status status = ds_find_by_ids(s->model, ids, 2, &cursor, &s->err);
    if (status == DS_OK)
        status = ds_cursor_next(cursor, &record, &s->err);
    ds_cursor_close(cursor);
    return status;
}
static ds_status find_one(scene *s)
{
    ds_record *record = NULL;
    ds_status status = ds_find_one(s->model, NULL, &record, &s->err);
    ds_record_free(record);
    return status;
}
static ds_status count(scene *s)
{
    return ds_count(s->model, NULL, &number, &s->err);
}
static ds_status exists(scene *s)
{
    return ds_exists(s->model, ds_string("1"), &flag, &s->err);
}
static ds_status explain(scene *s)
{
    char *plan = NULL;
    ds_status status = ds_explain(s->model, NULL, &plan, &s->err);
    ds_free(plan);
    return status;
}
static ds_status ttl(scene *s)
{
    int64_t ms;
    return ds_ttl(s->model, ds_string("1"), &ms, &s->err);
}
static ds_status ping(scene *s)
{
    return ds_ping(s->source, &s->err);
}

typedef struct operation_row {
    const char *name;
    ds_status (*run)(scene *);
} operation_row;

static const operation_row writes[] = {{"create", create},
                                       {"create_all", create_all},
                                       {"find_or_create", find_or_create},
                                       {"update_by_id", update_by_id},
                                       {"update", update},
                                       {"replace_by_id", replace_by_id},
                                       {"upsert", upsert},
                                       {"replace_or_create", replace_or_create},
                                       {"increment", increment},
                                       {"expire", expire},
                                       {"delete_by_id", delete_by_id},
                                       {"delete", delete_all},
                                       {"migrate", migrate},
                                       {"execute", execute}};
static const operation_row reads[] = {
    {"find", find},   {"find_by_id", find_by_id}, {"find_by_ids", find_by_ids}, {"find_one", find_one},
    {"count", count}, {"exists", exists},         {"explain", explain},         {"ttl", ttl},
    {"ping", ping}};
enum { WRITES = sizeof writes / sizeof *writes, READS = sizeof reads / sizeof *reads };

static const char MODEL[] = "{\"name\": \"Thing\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, "
                            "\"n\": \"integer\"}}";

static scene set_scene(const char *connector, const char *settings_json)
{
    scene s = {.source = puppet_open(connector, settings_json)};
    CU_ASSERT_EQUAL_FATAL(ds_model_define(s.source, MODEL, &s.model, &s.err), DS_OK);
    CU_ASSERT_EQUAL_FATAL(ds_record_from_json(s.model, "{\"id\": \"1\", \"n\": 5}", &s.record, &s.err), DS_OK);
    s.filter = ds_where("id", DS_EQ, ds_string("7"));
    return s;
}

static void strike_scene(scene *s)
{
    ds_filter_free(s->filter);
    ds_record_free(s->record);
    puppet_close(s->source);
}

static void read_only_refuses_every_write(void)
{
    scene s = set_scene("puppet", "{\"readOnly\": true}");
    for (size_t i = 0; i < WRITES; i++) {
        s.err = (ds_error){.status = DS_OK};
        if (writes[i].run(&s) != DS_READONLY)
            printf("\n%s: %s", writes[i].name, ds_status_name(s.err.status));
        says_of(&s.err, DS_READONLY, "readOnly", "puppet");
    }
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_CONNECT), 0); /* before anything is sent */
    for (size_t i = 0; i < READS; i++) {
        s.err = (ds_error){.status = DS_OK};
        if (reads[i].run(&s) != DS_OK)
            printf("\n%s: %s", reads[i].name, s.err.message);
        CU_ASSERT_EQUAL(s.err.status, DS_OK);
    }
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_CREATE) + puppet_calls(PUPPET_UPDATE) + puppet_calls(PUPPET_DELETE) +
                        puppet_calls(PUPPET_EXECUTE),
                    0);
    strike_scene(&s);
}

/* ---- what is counted ---- */

static void stats_are(ds_source *source, const char *expected)
{
    char *json = NULL;
    CU_ASSERT_EQUAL_FATAL(ds_stats(source, &json, NULL), DS_OK);
    if (strncmp(json, expected, strlen(expected)) != 0)
        printf("\n%s, expected %s", json, expected);
    CU_ASSERT_EQUAL(strncmp(json, expected, strlen(expected)), 0);
    ds_free(json);
}

static void operations_errors_and_records_are_counted(void)
{
    scene s = set_scene("puppet", NULL);
    stats_are(s.source, "{\"operations\":0,\"errors\":0,\"recordsRead\":0,\"recordsWritten\":0,\"latencyMs\":0.0,"
                        "\"strings\":12}");
    CU_ASSERT_EQUAL(ping(&s), DS_OK);
    CU_ASSERT_EQUAL(create(&s), DS_OK);
    CU_ASSERT_EQUAL(find(&s), DS_OK); /* one to begin, one a block */
    stats_are(s.source, "{\"operations\":7,\"errors\":0,\"recordsRead\":3,\"recordsWritten\":1,\"latencyMs\":");
    puppet_fail(PUPPET_PING, DS_BUSY, 2, NULL);
    CU_ASSERT_EQUAL(ping(&s), DS_BUSY);
    CU_ASSERT_EQUAL(ping(&s), DS_BUSY);
    CU_ASSERT_EQUAL(ds_disconnect(s.source, NULL), DS_OK);
    CU_ASSERT_EQUAL(ping(&s), DS_UNREACHABLE);
    stats_are(s.source, "{\"operations\":10,\"errors\":3,\"recordsRead\":3,\"recordsWritten\":1,\"latencyMs\":");
    strike_scene(&s);
    ds_source *bare = puppet_open("puppet-bare", NULL);
    stats_are(bare, "{\"operations\":0,\"errors\":0,\"recordsRead\":0,\"recordsWritten\":0,\"latencyMs\":0.0}");
    puppet_close(bare);
}

/* ---- execute ---- */

static void a_connector_without_a_language_is_not_even_connected(void)
{
    scene s = set_scene("puppet-bare", NULL);
    CU_ASSERT_EQUAL(execute(&s), DS_UNSUPPORTED);
    says_of(&s.err, DS_UNSUPPORTED, "the connector puppet-bare has no language of its own", "puppet-bare");
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_CONNECT), 0);
    strike_scene(&s);
    s = set_scene("puppet-bare", "{\"readOnly\": true}");
    CU_ASSERT_EQUAL(execute(&s), DS_READONLY);
    strike_scene(&s);
}

static void migrate_has_nothing_to_do_where_a_backend_has_none(void)
{
    scene s = set_scene("puppet-bare", "{\"readOnly\": true}");
    CU_ASSERT_EQUAL(migrate(&s), DS_OK);
    CU_ASSERT_EQUAL(delete_by_id(&s), DS_READONLY);
    strike_scene(&s);
}

static void execute_takes_words_and_gives_json(void)
{
    scene s = set_scene("puppet", NULL);
    char *reply = NULL;
    const char *const words[] = {"a \"word\"", NULL};
    CU_ASSERT_EQUAL(ds_execute(s.source, 1, words, NULL, &reply, &s.err), DS_OK);
    CU_ASSERT_STRING_EQUAL(reply, "\"a \\\"word\\\"\"");
    ds_free(reply);
    CU_ASSERT_EQUAL(ds_execute(s.source, 2, words, NULL, &reply, &s.err), DS_INVALID);
    CU_ASSERT_PTR_NULL(reply);
    says_of(&s.err, DS_INVALID, "argument 1 of ds_execute is NULL", "puppet");
    CU_ASSERT_EQUAL(ds_execute(s.source, 0, words, NULL, &reply, &s.err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_execute(s.source, 1, NULL, NULL, &reply, &s.err), DS_INVALID);
    says_of(&s.err, DS_INVALID, "at least one argument", "puppet");
    CU_ASSERT_EQUAL(ds_execute(s.source, 1, words, NULL, NULL, &s.err), DS_INVALID);
    puppet_fail(PUPPET_EXECUTE, DS_BACKEND, 1, "it will not dance");
    CU_ASSERT_EQUAL(execute(&s), DS_BACKEND);
    says_of(&s.err, DS_BACKEND, "it will not dance", "puppet");
    strike_scene(&s);
}

/* ---- steps ---- */

static ds_status find_sorted(scene *s)
{
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    ds_status status = ds_find(s->model, DS_QUERY(.order = "n"), &cursor, &s->err);
    if (status == DS_OK)
        status = ds_cursor_next(cursor, &record, &s->err);
    ds_cursor_close(cursor);
    return status;
}

static ds_status find_nothing(scene *s)
{
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    ds_status status = ds_find(s->model, DS_QUERY(.where = s->filter), &cursor, &s->err);
    if (status == DS_OK)
        status = ds_cursor_next(cursor, &record, &s->err);
    CU_ASSERT_PTR_NULL(record);
    ds_cursor_close(cursor);
    return status;
}

/* Three blocks of one record, and the one that is the end. */
static void each_block_of_a_walk_is_a_step(void)
{
    static const struct {
        ds_status (*run)(scene *);
        unsigned steps;
    } rows[] = {{find, 4},       {find_sorted, 4}, {find_nothing, 4}, {count, 4},
                {delete_all, 4}, {exists, 1},      {find_by_ids, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        scene s = set_scene("puppet", "{\"commandTimeout\": 60000}");
        CU_ASSERT_EQUAL(rows[i].run(&s), DS_OK);
        CU_ASSERT_EQUAL(puppet_deadlines(), rows[i].steps);
        strike_scene(&s);
        s = set_scene("puppet", "{\"commandTimeout\": 600000}");
        ds_model *view = NULL, *original = s.model;
        const ds_options options = {.size = sizeof options, .timeout_ms = 60000};
        CU_ASSERT_EQUAL_FATAL(ds_model_with(s.model, &options, &view, &s.err), DS_OK);
        s.model = view;
        CU_ASSERT_EQUAL(rows[i].run(&s), DS_OK);
        CU_ASSERT_EQUAL(puppet_deadlines(), 1);
        s.model = original;
        ds_model_free(view);
        strike_scene(&s);
    }
}

/* ---- what a failure says ---- */

static void a_connector_that_fails_without_a_word_still_gives_a_sentence(void)
{
    static const struct {
        puppet_entry entry;
        ds_status (*run)(scene *);
    } rows[] = {{PUPPET_PING, ping},           {PUPPET_CREATE, create},       {PUPPET_FIND, find},
                {PUPPET_BLOCK, find},          {PUPPET_FIND, count},          {PUPPET_CONNECT, ping},
                {PUPPET_DELETE, delete_by_id}, {PUPPET_UPDATE, update_by_id}, {PUPPET_EXECUTE, execute}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        scene s = set_scene("puppet", NULL);
        puppet_fail(rows[i].entry, DS_BACKEND, 1, NULL);
        CU_ASSERT_EQUAL(rows[i].run(&s), DS_BACKEND);
        says_of(&s.err, DS_BACKEND, "puppet", "puppet");
        CU_ASSERT(strlen(s.err.message) > 40);
        CU_ASSERT_PTR_NOT_NULL(strstr(s.err.message, "DS_BACKEND"));
        strike_scene(&s);
    }
}

static void a_null_error_is_no_error(void)
{
    scene s = set_scene("puppet", NULL);
    puppet_fail(PUPPET_CONNECT, DS_UNREACHABLE, 2, "nobody is there");
    CU_ASSERT_EQUAL(ds_ping(s.source, NULL), DS_UNREACHABLE);
    CU_ASSERT_EQUAL(ds_connect(s.source, NULL), DS_UNREACHABLE);
    CU_ASSERT_EQUAL(ds_connect(s.source, NULL), DS_OK);
    strike_scene(&s);
}

static void every_failure_names_the_source(void)
{
    scene s = set_scene("puppet", NULL);
    for (size_t i = 0; i < READS + WRITES; i++) {
        const operation_row *row = i < READS ? &reads[i] : &writes[i - READS];
        s.err = (ds_error){.status = DS_OK};
        puppet_fail(PUPPET_CONNECT, DS_UNREACHABLE, 1, "nobody is there");
        ds_status status = row->run(&s);
        if (status == DS_OK || status == DS_UNSUPPORTED) /* explain and migrate have nobody to ask */
            continue;
        if (status != DS_UNREACHABLE)
            printf("\n%s: %s", row->name, s.err.message);
        says_of(&s.err, DS_UNREACHABLE, "nobody is there", "puppet");
    }
    ds_record *record = NULL;
    CU_ASSERT_EQUAL(ds_find_by_id(s.model, ds_null(), &record, &s.err), DS_INVALID);
    says_of(&s.err, DS_INVALID, "cannot be null", "puppet");
    CU_ASSERT_EQUAL(ds_delete(s.model, NULL, &number, &s.err), DS_INVALID);
    says_of(&s.err, DS_INVALID, "NULL", "puppet");
    strike_scene(&s);
}

static void nothing_is_a_source(void)
{
    ds_error err = {.status = DS_OK};
    char *text = NULL;
    ds_model *model = NULL;
    const ds_options options = {.size = sizeof options};
    CU_ASSERT_EQUAL(ds_connect(NULL, &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_disconnect(NULL, &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_ping(NULL, &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_stats(NULL, &text, &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_execute(NULL, 1, (const char *const[]){"x"}, NULL, &text, &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_model_define(NULL, MODEL, &model, &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_model_with(NULL, &options, &model, &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_source_open("puppet", NULL, NULL, &err), DS_INVALID);
    says_of(&err, DS_INVALID, "needs a place", NULL);
    CU_ASSERT_PTR_NULL(ds_source_model(NULL, "thing", &err));
    CU_ASSERT(!ds_is_open(NULL) && !ds_is_ready(NULL));
    CU_ASSERT_PTR_NULL(ds_model_source(NULL));
    CU_ASSERT_STRING_EQUAL(ds_source_name(NULL), "");
    ds_on_event(NULL, NULL, NULL);
    ds_set_reconnect(NULL, NULL, NULL);
    ds_source_close(NULL);
    ds_model_free(NULL);
}

int main(void)
{
    static const test tests[] = {
        {"readOnly refuses every write and ds_execute() before anything is sent, and no read",
         read_only_refuses_every_write},
        {"ds_migrate() is DS_OK where a backend has nothing to migrate, on a source that is readOnly too",
         migrate_has_nothing_to_do_where_a_backend_has_none},
        {"stats count operations, errors and records, and add what the connector says",
         operations_errors_and_records_are_counted},
        {"ds_execute() of a connector without a language is refused without connecting",
         a_connector_without_a_language_is_not_even_connected},
        {"ds_execute() takes words and gives JSON", execute_takes_words_and_gives_json},
        {"each block of a walk is a step, an operation on ids one in all, and a view bounds the whole",
         each_block_of_a_walk_is_a_step},
        {"a connector that fails without a word still gives a sentence",
         a_connector_that_fails_without_a_word_still_gives_a_sentence},
        {"an error that nobody wants is not needed", a_null_error_is_no_error},
        {"every failure names the source in both places, once", every_failure_names_the_source},
        {"no source is DS_INVALID, and nothing crashes", nothing_is_a_source},
    };
    puppet_register();
    return SUITE_RUN("operation", tests);
}
