/* Every public function, given NULL where it needs something: DS_INVALID with a sentence, and never a crash. What frees,
 * counts or asks takes NULL in silence. */
#include "hands.h"
#include "suite.h"

#include <stdio.h>

static ds_source *source;
static ds_model *model;
static ds_record *record;
static ds_error err;

static ds_status cleared(void)
{
    err = (ds_error){.status = DS_OK};
    return DS_OK;
}

/* The call is made with `err` empty, and once more without an error. */
static void refused(ds_status status, const char *call)
{
    bool right = status == DS_INVALID && err.status == DS_INVALID && strlen(err.message) > 20;
    if (!right)
        printf("\n    %s: %s, \"%s\"\n", call, ds_status_name(status), err.message);
    CU_ASSERT(right);
}
#define REFUSED(call) (cleared(), refused((call), #call))
#define NOTHING(call) (cleared(), refused((call) == NULL ? err.status : DS_OK, #call))

static void catalogs_and_sources(void)
{
    ds_catalog *catalog;
    ds_source *other;
    ds_cancel *cancel;
    char *text;
    REFUSED(ds_catalog_open(NULL, NULL, &catalog, &err));
    REFUSED(ds_catalog_open("/nonexistent", NULL, NULL, &err));
    REFUSED(ds_catalog_parse(NULL, NULL, &catalog, &err));
    REFUSED(ds_catalog_parse("{}", NULL, NULL, &err));
    NOTHING(ds_catalog_source(NULL, "a", &err));
    NOTHING(ds_catalog_model(NULL, "a", &err));
    REFUSED(ds_source_open("puppet", NULL, NULL, &err));
    CU_ASSERT_NOT_EQUAL(ds_source_open(NULL, NULL, &other, &err), DS_OK);
    REFUSED(ds_connect(NULL, &err));
    REFUSED(ds_disconnect(NULL, &err));
    REFUSED(ds_ping(NULL, &err));
    REFUSED(ds_stats(NULL, &text, &err));
    REFUSED(ds_stats(source, NULL, &err));
    REFUSED(ds_execute(NULL, 1, (const char *const[]){"A"}, NULL, &text, &err));
    REFUSED(ds_execute(source, 0, NULL, NULL, &text, &err));
    REFUSED(ds_execute(source, 1, NULL, NULL, &text, &err));
    REFUSED(ds_execute(source, 2, (const char *const[]){"A", NULL}, NULL, &text, &err));
    REFUSED(ds_execute(source, 1, (const char *const[]){"A"}, NULL, NULL, &err));
    REFUSED(ds_cancel_new(NULL, &err));
    REFUSED(ds_allow_connector(NULL, &err));
    REFUSED(ds_connector_register(NULL, &err));
    NOTHING(ds_connector_find(NULL, &err));
    CU_ASSERT_EQUAL(ds_cancel_new(&cancel, &err), DS_OK);
    ds_cancel_free(cancel);
}

static void models(void)
{
    ds_model *out;
    const ds_options options = {.size = sizeof options};
    NOTHING(ds_source_model(NULL, "a", &err));
    NOTHING(ds_source_model(source, NULL, &err));
    REFUSED(ds_model_define(NULL, "{}", &out, &err));
    REFUSED(ds_model_define(source, NULL, &out, &err));
    REFUSED(ds_model_define(source, "{}", NULL, &err));
    REFUSED(ds_model_with(NULL, &options, &out, &err));
    REFUSED(ds_model_with(model, NULL, &out, &err));
    REFUSED(ds_model_with(model, &options, NULL, &err));
}

static void finds(void)
{
    const ds_value id = ds_string("1");
    const char *none[] = {NULL};
    const ds_record *lent;
    ds_cursor *cursor;
    ds_record *out;
    uint64_t count;
    bool flag;
    char *text;
    REFUSED(ds_find(NULL, NULL, &cursor, &err));
    REFUSED(ds_find(model, NULL, NULL, &err));
    REFUSED(ds_find(model, DS_QUERY(.field_count = 2), &cursor, &err));
    REFUSED(ds_find(model, DS_QUERY(.fields = none, .field_count = 1), &cursor, &err));
    REFUSED(ds_find_by_id(NULL, id, &out, &err));
    REFUSED(ds_find_by_id(model, id, NULL, &err));
    REFUSED(ds_find_by_id(model, ds_null(), &out, &err));
    REFUSED(ds_find_by_ids(NULL, &id, 1, &cursor, &err));
    REFUSED(ds_find_by_ids(model, NULL, 1, &cursor, &err));
    REFUSED(ds_find_by_ids(model, &id, 1, NULL, &err));
    REFUSED(ds_find_one(NULL, NULL, &out, &err));
    REFUSED(ds_find_one(model, NULL, NULL, &err));
    REFUSED(ds_find_or_create(NULL, NULL, record, &flag, &err));
    REFUSED(ds_find_or_create(model, NULL, NULL, &flag, &err));
    REFUSED(ds_count(NULL, NULL, &count, &err));
    REFUSED(ds_count(model, NULL, NULL, &err));
    REFUSED(ds_exists(NULL, id, &flag, &err));
    REFUSED(ds_exists(model, id, NULL, &err));
    REFUSED(ds_explain(NULL, NULL, &text, &err));
    REFUSED(ds_explain(model, NULL, NULL, &err));
    REFUSED(ds_cursor_next(NULL, &lent, &err));
    CU_ASSERT_EQUAL_FATAL(ds_find(model, NULL, &cursor, &err), DS_OK);
    REFUSED(ds_cursor_next(cursor, NULL, &err));
    CU_ASSERT_EQUAL(ds_cursor_next(cursor, &lent, &err), DS_OK); /* which did not end it */
    ds_cursor_close(cursor);
}

static void writes(void)
{
    const ds_value id = ds_string("1");
    int64_t ms;
    ds_record *both[] = {NULL, record};
    REFUSED(ds_create(NULL, record, &err));
    REFUSED(ds_create(model, NULL, &err));
    REFUSED(ds_create_all(NULL, both, 2, NULL, &err));
    REFUSED(ds_create_all(model, NULL, 2, NULL, &err));
    REFUSED(ds_create_all(model, both, 2, NULL, &err));
    REFUSED(ds_update_by_id(NULL, id, record, &err));
    REFUSED(ds_update_by_id(model, ds_null(), record, &err));
    REFUSED(ds_update_by_id(model, id, NULL, &err));
    REFUSED(ds_update(NULL, ds_everything(), record, NULL, &err));
    REFUSED(ds_update(model, NULL, record, NULL, &err));
    REFUSED(ds_update(model, ds_everything(), NULL, NULL, &err));
    REFUSED(ds_replace_by_id(NULL, id, record, &err));
    REFUSED(ds_replace_by_id(model, ds_null(), record, &err));
    REFUSED(ds_replace_by_id(model, id, NULL, &err));
    REFUSED(ds_upsert(NULL, record, NULL, &err));
    REFUSED(ds_upsert(model, NULL, NULL, &err));
    REFUSED(ds_replace_or_create(NULL, record, NULL, &err));
    REFUSED(ds_replace_or_create(model, NULL, NULL, &err));
    REFUSED(ds_increment(NULL, id, "n", ds_integer(1), NULL, &err));
    REFUSED(ds_increment(model, ds_null(), "n", ds_integer(1), NULL, &err));
    REFUSED(ds_increment(model, id, NULL, ds_integer(1), NULL, &err));
    REFUSED(ds_increment(model, id, "n", ds_null(), NULL, &err));
    REFUSED(ds_expire(NULL, id, 1, &err));
    REFUSED(ds_expire(model, ds_null(), 1, &err));
    REFUSED(ds_ttl(NULL, id, &ms, &err));
    REFUSED(ds_ttl(model, ds_null(), &ms, &err));
    REFUSED(ds_ttl(model, id, NULL, &err));
    REFUSED(ds_delete_by_id(NULL, id, &err));
    REFUSED(ds_delete_by_id(model, ds_null(), &err));
    REFUSED(ds_delete(NULL, ds_everything(), NULL, &err));
    REFUSED(ds_delete(model, NULL, NULL, &err));
    REFUSED(ds_migrate(NULL, NULL, NULL, &err));
    REFUSED(ds_migrate_check(NULL, NULL, NULL, NULL, &err));
}

static void records_and_queries(void)
{
    ds_record *out;
    ds_reader *reader;
    ds_filter *filter;
    ds_query *query;
    REFUSED(ds_record_copy(NULL, &out, &err));
    REFUSED(ds_record_copy(record, NULL, &err));
    REFUSED(ds_record_from_json(NULL, "{}", &out, &err));
    REFUSED(ds_record_from_json(model, NULL, &out, &err));
    REFUSED(ds_record_from_json(model, "{}", NULL, &err));
    REFUSED(ds_record_outcome(NULL, &err));
    REFUSED(ds_reader_open(NULL, "/dev/null", NULL, &reader, &err));
    REFUSED(ds_reader_open(model, NULL, NULL, &reader, &err));
    REFUSED(ds_reader_open(model, "/dev/null", NULL, NULL, &err));
    REFUSED(ds_reader_next(NULL, &out, &err));
    CU_ASSERT_EQUAL_FATAL(ds_reader_open(model, "/dev/null", NULL, &reader, &err), DS_OK);
    REFUSED(ds_reader_next(reader, NULL, &err));
    ds_reader_progress(reader, NULL, NULL);
    ds_reader_close(reader);
    REFUSED(ds_filter_parse(NULL, &filter, &err));
    REFUSED(ds_filter_parse("{}", NULL, &err));
    REFUSED(ds_query_parse(NULL, &query, &err));
    REFUSED(ds_query_parse("{}", NULL, &err));
    CU_ASSERT_EQUAL(ds_record_set(NULL, "n", ds_null()), DS_INVALID);
    CU_ASSERT_EQUAL(ds_record_get(NULL, "n").type, DS_NULL);
    CU_ASSERT_EQUAL(ds_record_get(record, NULL).type, DS_NULL);
    CU_ASSERT_PTR_NULL(ds_where(NULL, DS_EQ, ds_null()));
    CU_ASSERT_PTR_NULL(ds_where_between(NULL, ds_null(), ds_null()));
    CU_ASSERT_PTR_NULL(ds_where_in("n", NULL, 3));
    CU_ASSERT_PTR_NULL(ds_where_not_in(NULL, NULL, 0));
    CU_ASSERT_PTR_NULL(ds_all(NULL, 3));
    CU_ASSERT_PTR_NULL(ds_any(NULL, 2));
    CU_ASSERT_PTR_NULL(ds_all((ds_filter *[]){NULL, ds_everything()}, 2));
    CU_ASSERT_PTR_NULL(ds_not(NULL));
}

static void what_only_asks_is_silent(void)
{
    ds_field field;
    CU_ASSERT(ds_catalog_source_count(NULL) == 0 && ds_catalog_model_count(NULL) == 0);
    CU_ASSERT(ds_catalog_source_name(NULL, 0) == NULL && ds_catalog_source_connector(NULL, 0) == NULL);
    CU_ASSERT(ds_catalog_model_name(NULL, 0) == NULL && ds_catalog_model_source(NULL, 0) == NULL);
    CU_ASSERT(!ds_is_open(NULL) && !ds_is_ready(NULL) && !ds_cancel_is_set(NULL));
    CU_ASSERT(ds_model_source(NULL) == NULL && ds_cursor_mark(NULL) == NULL);
    CU_ASSERT_STRING_EQUAL(ds_source_name(NULL), "");
    CU_ASSERT_STRING_EQUAL(ds_source_connector(NULL), "");
    ds_model_name(NULL);
    CU_ASSERT(ds_model_property_count(NULL) == 0 && ds_model_property(NULL, 0) == NULL);
    CU_ASSERT(ds_model_index_count(NULL) == 0 && ds_model_index(NULL, 0) == NULL);
    CU_ASSERT(ds_model_slot(NULL, "a", 1) == DS_NO_SLOT && ds_model_slot(model, NULL, 0) == DS_NO_SLOT);
    CU_ASSERT(ds_model_id_slot(NULL) == DS_NO_SLOT && !ds_model_is_schemaless(NULL));
    ds_model_is_strict(NULL);
    CU_ASSERT(ds_record_new(NULL) == NULL && ds_record_slots(NULL) == 0 && !ds_record_field(NULL, 0, &field));
    CU_ASSERT(!ds_record_field(record, 0, NULL));
    CU_ASSERT(ds_record_to_json(NULL) == NULL && ds_filter_print(NULL) == NULL);
    ds_connector_list(NULL, NULL);
    ds_on_event(NULL, NULL, NULL);
    ds_set_reconnect(NULL, NULL, NULL);
    ds_set_logger(NULL, NULL, DS_LOG_ERROR);
    ds_reader_progress(NULL, NULL, NULL);
    ds_cancel_set(NULL);
    ds_cancel_clear(NULL);
}

static void what_frees_is_silent(void)
{
    ds_catalog_close(NULL);
    ds_source_close(NULL);
    ds_model_free(NULL);
    ds_model_free(model); /* no view */
    ds_cancel_free(NULL);
    ds_cursor_close(NULL);
    ds_record_free(NULL);
    ds_reader_close(NULL);
    ds_filter_free(NULL);
    ds_filter_free(ds_everything());
    ds_query_free(NULL);
    ds_free(NULL);
    CU_ASSERT_EQUAL(ds_count(model, ds_everything(), &(uint64_t){0}, NULL), DS_OK);
}

static void a_length_without_bytes_is_no_value(void)
{
    static const ds_type types[] = {DS_STRING, DS_BINARY, DS_JSON};
    for (size_t i = 0; i < 3; i++) {
        const ds_value value = {.type = types[i], .length = 3};
        ds_record *made = ds_record_new(model), *out = NULL;
        CU_ASSERT_EQUAL(ds_record_set(made, "text", value), DS_INVALID);
        REFUSED(ds_create(model, made, &err));
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "NULL for its bytes"));
        ds_record_free(made);
        REFUSED(ds_find_by_id(model, value, &out, &err));
        REFUSED(ds_increment(model, ds_string("1"), "n", value, NULL, &err));
        CU_ASSERT_PTR_NULL(ds_where("text", DS_EQ, value));
        CU_ASSERT_PTR_NULL(ds_where_in("text", &value, 1));
        char *text = ds_value_to_json(value);
        CU_ASSERT_STRING_EQUAL(text, "null");
        ds_free(text);
        CU_ASSERT(ds_value_compare(value, value) == 0);
        CU_ASSERT(ds_value_compare(value, ds_null()) != 0);
    }
}

static void an_error_that_is_told_stays(void)
{
    ds_error_set(&err, DS_CONFIG, "there is no data source \"x\"");
    CU_ASSERT_PTR_NULL(ds_source_model(NULL, "a", &err));
    CU_ASSERT_EQUAL(err.status, DS_CONFIG);
    CU_ASSERT_STRING_EQUAL(err.message, "there is no data source \"x\"");
}

static void what_is_not_kept_is_not_promised(void)
{
    ds_model *once = NULL;
    const char *json = "{\"name\":\"Once\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true}},"
                       "\"settings\":{\"exactlyOnce\":true}}";
    CU_ASSERT_EQUAL(ds_model_define(source, json, &once, &err), DS_UNSUPPORTED);
    says_of(&err, DS_UNSUPPORTED, "settings.exactlyOnce", "puppet");
    const char *real = "{\"name\":\"Real\",\"idInjection\":false,\"options\":{},\"mixins\":{\"Time\":true},"
                       "\"strict\":false,\"properties\":{\"id\":{\"type\":\"string\",\"id\":true}}}";
    CU_ASSERT_EQUAL(ds_model_define(source, real, &once, &err), DS_OK);
    CU_ASSERT(!ds_model_is_strict(once));
}

static void a_query_of_a_newer_host(void)
{
    union {
        ds_query query;
        unsigned char bytes[sizeof(ds_query) + 16];
    } newer;
    ds_cursor *cursor = NULL;
    memset(&newer, 0, sizeof newer);
    newer.query.size = sizeof newer;
    CU_ASSERT_EQUAL(ds_find(model, &newer.query, &cursor, &err), DS_OK);
    ds_cursor_close(cursor);
    newer.bytes[sizeof newer - 1] = 1;
    REFUSED(ds_find(model, &newer.query, &cursor, &err));
    newer.query.size = 9999;
    REFUSED(ds_find(model, &newer.query, &cursor, &err));
}

static void an_expiry_has_an_end(void)
{
    const ds_value id = ds_string("1");
    CU_ASSERT_EQUAL(ds_expire(model, id, DS_TTL_MAX, &err), DS_OK);
    REFUSED(ds_expire(model, id, DS_TTL_MAX + 1, &err));
    REFUSED(ds_expire(model, id, INT64_MAX, &err));
}

static void an_outcome_stands_alone(void)
{
    ds_error outcome = {.status = DS_OK};
    puppet_fail(PUPPET_CREATE, DS_BACKEND, 1, "the disk is full");
    CU_ASSERT_EQUAL(ds_create_all(model, &record, 1, NULL, &err), DS_BACKEND);
    CU_ASSERT_EQUAL(ds_record_outcome(record, &outcome), DS_BACKEND);
    says_of(&outcome, DS_BACKEND, "the record \"1\" of model \"Thing\": the disk is full", "puppet");
}

static void a_record_of_another_source_is_refused(void)
{
    ds_source *bare = NULL;
    ds_model *same = NULL;
    const char *json = "{\"name\":\"Thing\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true}}}";
    CU_ASSERT_EQUAL_FATAL(ds_source_open("puppet-bare", NULL, &bare, &err), DS_OK);
    CU_ASSERT_EQUAL_FATAL(ds_model_define(bare, json, &same, &err), DS_OK);
    ds_record *foreign = ds_record_new(same);
    REFUSED(ds_create(model, foreign, &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "model \"Thing\" of the data source \"puppet-bare\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "model \"Thing\" of the data source \"puppet\""));
    ds_record_free(foreign);
    ds_source_close(bare);
}

static void begin(void)
{
    const char *json = "{\"name\":\"Thing\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"n\":\"integer\","
                       "\"text\":\"any\"}}";
    puppet_register();
    source = puppet_open("puppet", NULL);
    CU_ASSERT_EQUAL_FATAL(ds_model_define(source, json, &model, &err), DS_OK);
    CU_ASSERT_EQUAL_FATAL(ds_record_from_json(model, "{\"id\":\"1\"}", &record, &err), DS_OK);
}

static void end(void)
{
    ds_record_free(record);
    puppet_close(source);
}

int main(void)
{
    static const test tests[] = {
        {"a source is opened", begin},
        {"catalogs and sources refuse NULL", catalogs_and_sources},
        {"models refuse NULL", models},
        {"finds refuse NULL", finds},
        {"writes refuse NULL", writes},
        {"records, readers, filters and queries refuse NULL", records_and_queries},
        {"what only asks takes NULL in silence", what_only_asks_is_silent},
        {"what frees takes NULL in silence", what_frees_is_silent},
        {"a length without bytes is no value, and refused", a_length_without_bytes_is_no_value},
        {"an error that is told already stays", an_error_that_is_told_stays},
        {"what is not kept is not promised, and what changes nothing is passed over", what_is_not_kept_is_not_promised},
        {"a query of a newer host is taken where it asks for nothing new", a_query_of_a_newer_host},
        {"a record of another source is refused, and both are named", a_record_of_another_source_is_refused},
        {"an expiry has an end", an_expiry_has_an_end},
        {"an outcome names the data source, the model and the id", an_outcome_stands_alone},
        {"the source is closed, no rule broken", end},
    };
    return SUITE_RUN("arguments", tests);
}
