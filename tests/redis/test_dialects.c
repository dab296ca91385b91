/* Hashes that Redis OM (Python) and LoopBack's connector have written, found, changed and made by this library, so that
 * they can read them. Nothing of theirs runs here: the fixtures are written as they write them. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- Redis OM ---- */

#define OM  ":shop.models.Customer:"
#define ADA OM "01GHB2T3Q5N2Z8V4W6X0Y1A2B3"
#define BOB OM "01GHB2T3Q5N2Z8V4W6X0Y1A2B4"
#define CY  OM "01GHB2T3Q5N2Z8V4W6X0Y1A2B5"

static const char CUSTOMER[] =
    "{\"name\": \"Customer\", \"properties\": {\"pk\": {\"type\": \"string\", \"id\": true, \"generated\": true}, "
    "\"name\": \"string\", \"age\": \"integer\", \"score\": \"number\", \"active\": \"boolean\", \"joined\": \"date\", "
    "\"photo\": \"binary\", \"bio\": \"string\"}, "
    "\"settings\": {\"redis\": {\"key\": \":shop.models.Customer\", \"dialect\": \"redis-om\"}}}";

static ds_source *source;

/* Three customers as HashModel.save() leaves them, and what else Redis OM keeps beside them. */
static ds_model *open_customers(const char *members)
{
    source = world_source(members);
    ds_model *model = world_model(source, CUSTOMER);
    raw("HSET " ADA " pk 01GHB2T3Q5N2Z8V4W6X0Y1A2B3 name Ada age 36 score 0.5 active 1 joined 1667900000.123456 "
        "photo AP8K bio x");
    raw("HSET " BOB " pk 01GHB2T3Q5N2Z8V4W6X0Y1A2B4 name Bob age 9 score 29.0 active 0 joined -62135596800.0 photo %b",
        "", (size_t)0);
    raw("HSET " CY " pk 01GHB2T3Q5N2Z8V4W6X0Y1A2B5 name Cy age 9223372036854775807 active True joined 1667900000.0");
    raw("SET " OM "index:hash 3f786850e387550fdab836ed7e6dc881de23001b");
    raw("SADD " OM "set 1");
    raw("HSET shop.models.Customer:1 name other");
    raw("HSET :shop.models.CustomerX:1 name other");
    return model;
}

static void reads_what_redis_om_wrote(void)
{
    ds_model *model = open_customers("");
    CHECK_TEXT(json_of(model, "01GHB2T3Q5N2Z8V4W6X0Y1A2B3"),
               "{\"pk\":\"01GHB2T3Q5N2Z8V4W6X0Y1A2B3\",\"name\":\"Ada\",\"age\":36,\"score\":0.5,\"active\":true,"
               "\"joined\":\"2022-11-08T09:33:20.123Z\",\"photo\":\"AP8K\",\"bio\":\"x\"}");
    CHECK_TEXT(json_of(model, "01GHB2T3Q5N2Z8V4W6X0Y1A2B4"),
               "{\"pk\":\"01GHB2T3Q5N2Z8V4W6X0Y1A2B4\",\"name\":\"Bob\",\"age\":9,\"score\":29.0,\"active\":false,"
               "\"joined\":\"0001-01-01T00:00:00.000Z\",\"photo\":\"\"}");
    CHECK_TEXT(json_of(model, "01GHB2T3Q5N2Z8V4W6X0Y1A2B5"),
               "{\"pk\":\"01GHB2T3Q5N2Z8V4W6X0Y1A2B5\",\"name\":\"Cy\",\"age\":9223372036854775807,\"active\":true,"
               "\"joined\":\"2022-11-08T09:33:20.000Z\"}");
    uint64_t count = 0;
    CHECK_OK(ds_count(model, NULL, &count, &last));
    CU_ASSERT_EQUAL(count, 3);
    raw("HSET " CY " active maybe joined yesterday photo ???");
    CHECK_TEXT(json_of(model, "01GHB2T3Q5N2Z8V4W6X0Y1A2B5"),
               "{\"pk\":\"01GHB2T3Q5N2Z8V4W6X0Y1A2B5\",\"name\":\"Cy\",\"age\":9223372036854775807,"
               "\"active\":\"maybe\",\"joined\":\"yesterday\",\"photo\":\"???\"}");
    ds_source_close(source);
}

/* The names of the records that a query finds, in its order. */
static const char *names(ds_model *model, const char *query_json)
{
    static char out[256];
    ds_query *query = NULL;
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    out[0] = '\0';
    ds_status status = ds_query_parse(query_json, &query, &last);
    if (status == DS_OK)
        status = ds_find(model, query, &cursor, &last);
    while (status == DS_OK && (status = ds_cursor_next(cursor, &record, &last)) == DS_OK && record != NULL) {
        ds_value name = ds_record_get(record, "name");
        snprintf(out + strlen(out), sizeof out - strlen(out), "%s%s", out[0] == '\0' ? "" : " ",
                 name.type != DS_STRING ? "?"
                 : name.length == 0     ? "''"
                                        : name.as.string);
    }
    ds_cursor_close(cursor);
    ds_query_free(query);
    return status == DS_OK ? out : ds_status_name(status);
}

typedef struct question {
    const char *where, *names;
} question;

/* Each asked in the order of the names. */
static void check_questions(ds_model *model, const question *questions, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char query[256];
        snprintf(query, sizeof query, "{\"where\": %s, \"order\": \"name\"}", questions[i].where);
        const char *got = names(model, query);
        if (strcmp(got, questions[i].names) != 0)
            printf("\n    %s: %s", questions[i].where, got);
        CU_ASSERT_STRING_EQUAL(got, questions[i].names);
    }
}
#define CHECK_QUESTIONS(model, questions) check_questions(model, questions, sizeof(questions) / sizeof *(questions))

static void filters_what_redis_om_wrote(void)
{
    static const question questions[] = {
        {"{\"active\": true}", "Ada Cy"},
        {"{\"active\": {\"neq\": true}}", "Bob"},
        {"{\"joined\": \"2022-11-08T09:33:20.123Z\"}", "Ada"},
        {"{\"joined\": {\"gt\": \"2022-11-08T09:33:20Z\"}}", "Ada"},
        {"{\"joined\": {\"gte\": \"2022-11-08T09:33:20Z\"}}", "Ada Cy"},
        {"{\"joined\": {\"lt\": 0}}", "Bob"},
        {"{\"joined\": {\"lte\": 1667900000000}}", "Bob Cy"},
        {"{\"joined\": {\"between\": [\"2022-11-08\", \"2022-11-09\"]}}", "Ada Cy"},
        {"{\"joined\": {\"inq\": [1667900000123, 0]}}", "Ada"},
        {"{\"joined\": {\"nin\": [1667900000123]}}", "Bob Cy"},
        {"{\"photo\": \"AP8K\"}", "Ada"},
        {"{\"photo\": {\"gt\": \"AP8=\"}}", "Ada"},
        {"{\"photo\": \"\"}", "Bob"},
        {"{\"photo\": null}", "Cy"},
        {"{\"photo\": {\"exists\": true}}", "Ada Bob"},
        {"{\"score\": 29}", "Bob"},
        {"{\"age\": {\"gt\": 9223372036854775806}}", "Cy"},
        {"{\"name\": {\"like\": \"%d%\"}}", "Ada"},
        {"{\"name\": {\"regexp\": \"^[AB]\"}}", "Ada Bob"},
        {"{\"or\": [{\"name\": \"Bob\"}, {\"and\": [{\"active\": true}, {\"bio\": null}]}]}", "Bob Cy"},
        {"{\"nor\": [{\"active\": true}]}", "Bob"},
        {"{\"pk\": \"01GHB2T3Q5N2Z8V4W6X0Y1A2B4\"}", "Bob"},
        {"{\"pk\": {\"inq\": [\"01GHB2T3Q5N2Z8V4W6X0Y1A2B5\", \"index:hash\", \"set\", \"x\"]}}", "Cy"},
    };
    ds_model *model = open_customers("");
    CHECK_QUESTIONS(model, questions);
    CHECK_TEXT(names(model, "{\"order\": \"joined\"}"), "Bob Cy Ada");
    CHECK_TEXT(names(model, "{\"order\": \"active DESC\", \"limit\": 2, \"fields\": [\"name\"]}"), "Cy Ada");
    CHECK_TEXT(names(model, "{\"order\": \"photo\"}"), "Cy Bob Ada");
    CHECK_TEXT(names(model, "{\"order\": \"joined DESC\", \"skip\": 1, \"limit\": 1, \"fields\": [\"name\", "
                            "\"joined\"]}"),
               "Cy");
    ds_source_close(source);
}

/* The id of the one record besides those that were there, whose keys end in 3, 4 and 5. */
static void made_pk(ds_model *model, char out[64])
{
    snprintf(out, 64, "%s", found(model, "{\"where\": {\"name\": \"Di\"}}"));
    CU_ASSERT_EQUAL(strlen(out), 26);
}

static void creates_what_redis_om_reads(void)
{
    char pk[64], key[128], wanted[512];
    ds_model *model = open_customers("");
    CHECK_OK(create(model, "{\"name\": \"Di\", \"age\": -1, \"score\": 1.5, \"active\": false, \"joined\": "
                           "\"2024-02-29T12:00:00.050Z\", \"photo\": \"AP8=\", \"bio\": null}"));
    made_pk(model, pk);
    snprintf(key, sizeof key, OM "%.32s", pk);
    snprintf(wanted, sizeof wanted, "active=0 age=-1 joined=1709208000.05 name=Di photo=AP8= pk=%.32s score=1.5", pk);
    CHECK_TEXT(hash_of(key), wanted);
    CHECK_DONE(create(model, "{\"pk\": \"01GHB2T3Q5N2Z8V4W6X0Y1A2B3\", \"name\": \"Eve\"}"), "DS_DUPLICATE");
    CHECK_TEXT(raw("HGET " ADA " name"), "Ada");
    ds_source_close(source);
}

/* A global prefix is a keyPrefix. */
static void a_global_prefix_stands_before_the_colon(void)
{
    ds_model *model = open_customers("\"keyPrefix\": \"shop\"");
    raw("HSET shop" OM "1 pk 1 name Zed active 1");
    CHECK_TEXT(names(model, "{\"where\": {\"active\": true}}"), "Zed");
    CHECK_OK(create(model, "{\"pk\": \"2\", \"active\": true}"));
    CHECK_TEXT(hash_of("shop" OM "2"), "active=1 pk=2");
    ds_source_close(source);
}

static uint64_t updated(ds_model *model, const char *where, const char *json)
{
    ds_filter *filter = NULL;
    ds_record *changes = record_of(model, json);
    uint64_t count = 99;
    CHECK_OK(ds_filter_parse(where, &filter, &last));
    CHECK_OK(ds_update(model, filter, changes, &count, &last));
    ds_record_free(changes);
    ds_filter_free(filter);
    return count;
}

static uint64_t deleted(ds_model *model, const char *where)
{
    ds_filter *filter = NULL;
    uint64_t count = 99;
    CHECK_OK(ds_filter_parse(where, &filter, &last));
    CHECK_OK(ds_delete(model, filter, &count, &last));
    ds_filter_free(filter);
    return count;
}

/* Conditions compare what is stored, canonical or not: microseconds, "True", "29.0". */
static void changes_what_redis_om_wrote(void)
{
    ds_model *model = open_customers("");
    CU_ASSERT_EQUAL(updated(model,
                            "{\"joined\": {\"gt\": \"2022-11-08T09:33:20Z\"}, \"active\": true, \"photo\": "
                            "{\"neq\": null}}",
                            "{\"active\": false, \"bio\": null, \"photo\": \"/w==\"}"),
                    1);
    CHECK_TEXT(hash_of(ADA), "active=0 age=36 joined=1667900000.123456 name=Ada photo=/w== "
                             "pk=01GHB2T3Q5N2Z8V4W6X0Y1A2B3 score=0.5");
    CU_ASSERT_EQUAL(updated(model, "{\"active\": true}", "{\"joined\": \"1969-12-31T23:59:59.500Z\"}"), 1);
    CHECK_TEXT(hash_of(CY), "active=True age=9223372036854775807 joined=-0.5 name=Cy pk=01GHB2T3Q5N2Z8V4W6X0Y1A2B5");
    CHECK_OK(update(model, "01GHB2T3Q5N2Z8V4W6X0Y1A2B5", "{\"active\": true}"));
    CHECK_TEXT(raw("HGET " CY " active"), "1");
    ds_value now;
    CHECK_OK(ds_increment(model, ds_string("01GHB2T3Q5N2Z8V4W6X0Y1A2B4"), "score", ds_number(0.5), &now, &last));
    CHECK_OK(ds_increment(model, ds_string("01GHB2T3Q5N2Z8V4W6X0Y1A2B4"), "age", ds_integer(2), &now, &last));
    CHECK_TEXT(hash_of(BOB), "active=0 age=11 joined=-62135596800.0 name=Bob photo= pk=01GHB2T3Q5N2Z8V4W6X0Y1A2B4 "
                             "score=29.5");
    ds_record *whole = record_of(model, "{\"name\": \"Bo\", \"joined\": 0}");
    CHECK_OK(ds_replace_by_id(model, ds_string("01GHB2T3Q5N2Z8V4W6X0Y1A2B4"), whole, &last));
    ds_record_free(whole);
    CHECK_TEXT(hash_of(BOB), "joined=0.0 name=Bo pk=01GHB2T3Q5N2Z8V4W6X0Y1A2B4");
    CU_ASSERT_EQUAL(deleted(model, "{\"joined\": {\"between\": [1667900000000, 1667900001000]}, \"photo\": \"/w==\"}"),
                    1);
    CHECK_TEXT(hash_of(ADA), "");
    ds_source_close(source);
}

/* ---- LoopBack ---- */

static const char PERSON[] =
    "{\"name\": \"Person\", \"properties\": {\"id\": {\"type\": \"integer\", \"id\": true, \"generated\": true}, "
    "\"name\": \"string\", \"age\": \"number\", \"visits\": \"integer\", \"active\": \"boolean\", \"born\": \"date\", "
    "\"photo\": \"binary\", \"tags\": \"array\", \"address\": \"object\"}, "
    "\"settings\": {\"redis\": {\"dialect\": \"loopback\", \"sequence\": \"id:Person\"}}}";

/* Three people as the connector's save() leaves them, each null as '', with the sets and the counter beside them. */
static ds_model *open_people(const char *definition)
{
    source = world_source("");
    ds_model *model = world_model(source, definition);
    raw("HSET Person:1 id 1 name Ada age 36.5 visits 3 active true born 1667900000123 photo %b tags [1,\"b\"] address "
        "{\"zip\":1,\"city\":\"Ulm\"}",
        "\0\xff", (size_t)2);
    raw("HSET Person:2 id 2 name Bob age %b visits %b active false born %b tags %b address %b", "", (size_t)0, "",
        (size_t)0, "", (size_t)0, "", (size_t)0, "", (size_t)0);
    raw("HSET Person:3 id 3 name %b visits 9223372036854775807 active 1 born -62167219200000", "", (size_t)0);
    raw("SADD s:Person 1 2 3");
    raw("SADD i:Person:name:Ada 1");
    raw("SADD i:Person:id:1 1");
    raw("SADD Person:9 x");
    raw("SET id:Person 3");
    return model;
}

static void reads_what_loopback_wrote(void)
{
    ds_model *model = open_people(PERSON);
    CHECK_TEXT(json_of(model, "1"),
               "{\"id\":1,\"name\":\"Ada\",\"age\":36.5,\"visits\":3,\"active\":true,\"born\":"
               "\"2022-11-08T09:33:20.123Z\",\"photo\":\"AP8=\",\"tags\":[1,\"b\"],\"address\":{\"city\":\"Ulm\","
               "\"zip\":1}}");
    CHECK_TEXT(json_of(model, "2"), "{\"id\":2,\"name\":\"Bob\",\"active\":false}");
    CHECK_TEXT(json_of(model, "3"), "{\"id\":3,\"name\":\"\",\"visits\":9223372036854775807,\"active\":true,\"born\":"
                                    "\"0000-01-01T00:00:00.000Z\"}");
    uint64_t count = 0;
    CHECK_OK(ds_count(model, NULL, &count, &last));
    CU_ASSERT_EQUAL(count, 3);
    CHECK_DONE(update(model, "9", "{\"age\": 1}"), "DS_WRONG_KIND");
    ds_source_close(source);
}

static void filters_what_loopback_wrote(void)
{
    static const question questions[] = {
        {"{\"active\": true}", "'' Ada"},
        {"{\"active\": {\"neq\": true}}", "Bob"},
        {"{\"born\": 1667900000123}", "Ada"},
        {"{\"born\": {\"gt\": \"2022-11-08\"}}", "Ada"},
        {"{\"born\": {\"lt\": \"2022-11-08\"}}", "''"},
        {"{\"born\": {\"between\": [0, \"2023-01-01\"]}}", "Ada"},
        {"{\"born\": null}", "Bob"},
        {"{\"born\": {\"neq\": null}}", "'' Ada"},
        {"{\"born\": {\"exists\": false}}", "Bob"},
        {"{\"born\": {\"inq\": [null, 1667900000123]}}", "Ada Bob"},
        {"{\"born\": {\"nin\": [null]}}", "'' Ada"},
        {"{\"age\": null}", "'' Bob"},
        {"{\"age\": {\"lt\": 40}}", "Ada"},
        {"{\"visits\": {\"gt\": 9223372036854775806}}", "''"},
        {"{\"visits\": null, \"tags\": null, \"address\": null}", "Bob"},
        {"{\"name\": \"\"}", "''"},
        {"{\"name\": null}", ""},
        {"{\"name\": {\"ilike\": \"%A%\"}}", "Ada"},
        {"{\"name\": {\"regexp\": \"/^b/i\"}}", "Bob"},
        {"{\"photo\": \"AP8=\"}", "Ada"},
        {"{\"tags\": {\"contains\": [\"b\"]}}", "Ada"},
        {"{\"address.city\": \"Ulm\"}", "Ada"},
        {"{\"id\": {\"inq\": [2, 9, 4]}}", "Bob"},
        {"{\"or\": [{\"age\": 36.5}, {\"born\": null}]}", "Ada Bob"},
    };
    ds_model *model = open_people(PERSON);
    CHECK_QUESTIONS(model, questions);
    CHECK_TEXT(names(model, "{\"order\": \"born DESC\"}"), "Ada '' Bob");
    CHECK_TEXT(names(model, "{\"order\": [\"active\", \"name DESC\"]}"), "Bob Ada ''");
    ds_source_close(source);
}

/* Numbers come from LoopBack's own counter, so that neither gives one that the other gave. */
static void creates_what_loopback_reads(void)
{
    ds_model *model = open_people(PERSON);
    CHECK_OK(create(model, "{\"name\": \"Di\", \"age\": 2, \"active\": false, \"born\": \"2024-02-29T12:00:00.050Z\", "
                           "\"photo\": \"AP8=\", \"tags\": [], \"address\": null}"));
    CHECK_TEXT(hash_of("Person:4"), "active=false age=2 born=1709208000050 id=4 name=Di photo=\\x00\\xff tags=[]");
    CHECK_TEXT(raw("GET id:Person"), "4");
    CHECK_TEXT(raw("INCR id:Person"), "5");
    CHECK_OK(create(model, "{\"name\": \"Eve\"}"));
    CHECK_TEXT(hash_of("Person:6"), "id=6 name=Eve");
    CHECK_DONE(create(model, "{\"id\": 1, \"name\": \"Fay\"}"), "DS_DUPLICATE");
    CHECK_OK(create(model, "{\"id\": 20}"));
    CHECK_TEXT(raw("GET id:Person"), "20");
    CHECK_TEXT(raw("EXISTS Person#sequence"), "0");
    ds_source_close(source);
}

/* Without the setting the library counts on its own: past ids that are taken, so that nothing is lost. */
static void a_counter_of_ones_own_overwrites_nothing(void)
{
    static const char own[] =
        "{\"name\": \"Person\", \"properties\": {\"id\": {\"type\": \"integer\", \"id\": true, \"generated\": true}, "
        "\"name\": \"string\"}, \"settings\": {\"redis\": {\"dialect\": \"loopback\"}}}";
    ds_model *model = open_people(own);
    CHECK_OK(create(model, "{\"name\": \"Di\"}"));
    CHECK_TEXT(hash_of("Person:4"), "id=4 name=Di");
    CHECK_TEXT(raw("HGET Person:1 name"), "Ada");
    CHECK_TEXT(raw("HGET Person:2 name"), "Bob");
    CHECK_TEXT(raw("HGET Person:3 visits"), "9223372036854775807");
    CHECK_TEXT(raw("GET Person#sequence"), "4");
    CHECK_TEXT(raw("GET id:Person"), "3");
    ds_source_close(source);
}

/* What is stored as '' is what conditions compare, not an absent field. */
static void changes_what_loopback_wrote(void)
{
    ds_model *model = open_people(PERSON);
    ds_value now;
    CU_ASSERT_EQUAL(updated(model, "{\"born\": null, \"tags\": null}", "{\"born\": 5, \"address\": null}"), 1);
    CHECK_TEXT(hash_of("Person:2"), "active=false age= born=5 id=2 name=Bob tags= visits=");
    CHECK_OK(ds_increment(model, ds_integer(2), "visits", ds_integer(2), &now, &last));
    CU_ASSERT_EQUAL(now.as.integer, 2);
    CHECK_OK(ds_increment(model, ds_integer(2), "age", ds_number(0.5), &now, &last));
    CHECK_TEXT(hash_of("Person:2"), "active=false age=0.5 born=5 id=2 name=Bob tags= visits=2");
    CU_ASSERT_EQUAL(updated(model, "{\"active\": true, \"born\": {\"lt\": 0}}", "{\"active\": false}"), 1);
    CHECK_TEXT(hash_of("Person:3"), "active=false born=-62167219200000 id=3 name= visits=9223372036854775807");
    CHECK_DONE(ds_increment(model, ds_integer(3), "visits", ds_integer(1), &now, &last), "DS_INVALID");
    ds_record *whole = record_of(model, "{\"name\": \"Bo\"}");
    CHECK_OK(ds_replace_by_id(model, ds_integer(2), whole, &last));
    ds_record_free(whole);
    CHECK_TEXT(hash_of("Person:2"), "id=2 name=Bo");
    CU_ASSERT_EQUAL(deleted(model, "{\"age\": null}"), 2);
    CHECK_TEXT(keys_of(), "Person:1 Person:9 i:Person:id:1 i:Person:name:Ada id:Person s:Person");
    ds_source_close(source);
}

/* ---- what others change meanwhile ---- */

/* The connector itself, but that somebody else comes between a find and the update that it is for. */
static const ds_connector *redis_table;
static const char *meddling; /* a command that is run once, before the next update */
static unsigned updates;     /* calls of the entry */

static ds_status update_meddled(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                                const ds_record *changes, const ds_record *const *expected, ds_outcomes *outcomes,
                                ds_call *call)
{
    if (meddling != NULL)
        raw(meddling, "", (size_t)0);
    meddling = NULL;
    updates++;
    return redis_table->update_records(connection, model, ids, n, changes, expected, outcomes, call);
}

static bool meddle(void)
{
    redis_table = ds_connector_find("redis", &last);
    if (redis_table == NULL)
        return false;
    ds_connector table = *redis_table;
    table.update_records = update_meddled;
    return ds_connector_register(&table, &last) == DS_OK;
}

typedef struct meeting {
    const char *where, *command;
    unsigned updated, updates;
} meeting;

static void check_meetings(ds_model *(*open)(const char *), const char *with, const char *changes,
                           const meeting *meetings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ds_model *model = open(with);
        meddling = meetings[i].command;
        updates = 0;
        uint64_t done = updated(model, meetings[i].where, changes);
        if (done != meetings[i].updated || updates != meetings[i].updates)
            printf("\n    %s: %u updated by %u calls", meetings[i].command, (unsigned)done, updates);
        CU_ASSERT_EQUAL(done, meetings[i].updated);
        CU_ASSERT_EQUAL(updates, meetings[i].updates);
        ds_source_close(source);
    }
}

/* A text that means the same is another text all the same: the record is looked at again, and still matches. */
static void what_another_client_changes_meanwhile_is_judged_again(void)
{
    static const meeting customers[] = {
        {"{\"joined\": 1667900000123}", "PING", 1, 1},
        {"{\"joined\": 1667900000123}", "HSET " ADA " joined 1667900000.123999", 1, 2},
        {"{\"joined\": 1667900000123}", "HSET " ADA " joined 1667900000.124", 0, 1},
        {"{\"active\": true, \"name\": \"Cy\"}", "HSET " CY " active 1", 1, 2},
        {"{\"active\": true, \"name\": \"Cy\"}", "HSET " CY " active False", 0, 1},
        {"{\"photo\": \"AP8K\"}", "HSET " ADA " photo AP8=", 0, 1},
        {"{\"photo\": \"AP8K\"}", "HSET " ADA " active 0", 1, 1},
        {"{\"score\": 29}", "HSET " BOB " score 29", 1, 2},
    };
    static const meeting people[] = {
        {"{\"born\": null}", "PING", 1, 1},
        {"{\"born\": null}", "HSET Person:2 born 7", 0, 1},
        {"{\"born\": null}", "HDEL Person:2 born", 1, 2},
        {"{\"born\": 1667900000123}", "HSET Person:1 born %b", 0, 1},
        {"{\"active\": true, \"name\": \"\"}", "HSET Person:3 active true", 1, 2},
        {"{\"born\": -62167219200000}", "HSET Person:3 born -62167219200000", 1, 1},
    };
    check_meetings(open_customers, "", "{\"age\": 1}", customers, sizeof customers / sizeof *customers);
    check_meetings(open_people, PERSON, "{\"visits\": 1}", people, sizeof people / sizeof *people);
}

/* ---- both ---- */

static void check_stored(const char *members, const char *setting, const char *wanted)
{
    char definition[512];
    snprintf(definition, sizeof definition,
             "{\"name\": \"Plain\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"b\": \"boolean\", "
             "\"d\": \"date\", \"p\": \"binary\", \"x\": \"any\"}, \"settings\": {\"strict\": false%s}}",
             setting);
    source = world_source(members);
    ds_model *model = world_model(source, definition);
    CHECK_OK(create(model, "{\"id\": \"1\", \"b\": true, \"d\": 1500, \"p\": \"QQ==\", \"x\": true, \"u\": false}"));
    CHECK_TEXT(hash_of("Plain:1"), wanted);
    ds_source_close(source);
}

static void a_model_speaks_its_own_dialect_or_its_sources(void)
{
    static const char native[] = "b=true d=1970-01-01T00:00:01.500Z id=1 p=A u=false x=true";
    static const char om[] = "b=1 d=1.5 id=1 p=QQ== u=false x=true",
                      loopback[] = "b=true d=1500 id=1 p=A u=false x=true";
    check_stored("", "", native);
    check_stored("\"dialect\": \"redis-om\"", "", om);
    check_stored("\"dialect\": \"loopback\"", "", loopback);
    check_stored("\"dialect\": \"redis-om\"", ", \"redis\": {\"dialect\": \"loopback\"}", loopback);
    check_stored("\"dialect\": \"redis-om\"", ", \"redis\": {\"dialect\": \"native\"}", native);
    check_stored("\"dialect\": \"native\"", ", \"redis\": {\"dialect\": \"redis-om\"}", om);
    check_stored("", ", \"redis\": {\"dialect\": \"loopback\"}", loopback);
}

static void a_dialect_that_is_unknown_is_refused(void)
{
    ds_model *model = NULL;
    source = world_source("");
    CHECK_DONE(ds_model_define(source,
                               "{\"name\": \"A\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}}, "
                               "\"settings\": {\"redis\": {\"dialect\": \"ohm\"}}}",
                               &model, &last),
               "DS_CONFIG");
    CU_ASSERT_PTR_NOT_NULL(strstr(last.message, "dialect"));
    CHECK_DONE(ds_model_define(source,
                               "{\"name\": \"A\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}}, "
                               "\"settings\": {\"redis\": {\"sequence\": \"\"}}}",
                               &model, &last),
               "DS_CONFIG");
    CU_ASSERT_PTR_NOT_NULL(strstr(last.message, "redis.sequence"));
    ds_source_close(source);
    CHECK_DONE(ds_source_open("redis", "{\"dialect\": \"ohm\"}", &source, &last), "DS_CONFIG");
    CU_ASSERT_PTR_NOT_NULL(strstr(last.message, "dialect"));
}

/* Binary grows by a third: what fits as bytes may not fit as base64. */
static void a_value_that_is_too_long_as_base64_is_refused(void)
{
    size_t length = (size_t)400 * 1024 * 1024;
    source = world_source("\"dialect\": \"redis-om\"");
    ds_model *model = world_model(source, "{\"name\": \"Plain\", \"properties\": {\"id\": {\"type\": \"string\", "
                                          "\"id\": true}, \"p\": \"binary\"}}");
    char *bytes = calloc(1, length);
    ds_record *record = record_of(model, "{\"id\": \"1\"}");
    CHECK_OK(ds_record_set(record, "p", ds_binary(bytes, length)));
    free(bytes);
    CHECK_DONE(ds_create(model, record, &last), "DS_INVALID");
    CU_ASSERT_PTR_NOT_NULL(strstr(last.message, "512 MiB"));
    CHECK_OK(ds_ping(source, &last));
    ds_record_free(record);
    ds_source_close(source);
}

int main(void)
{
    static const test tests[] = {
        {"what Redis OM wrote is read", reads_what_redis_om_wrote},
        {"what Redis OM wrote is filtered and ordered", filters_what_redis_om_wrote},
        {"what is created stands as Redis OM would have written it", creates_what_redis_om_reads},
        {"Redis OM's global prefix is a keyPrefix", a_global_prefix_stands_before_the_colon},
        {"what Redis OM wrote is changed where it still is what was asked for", changes_what_redis_om_wrote},
        {"what LoopBack wrote is read", reads_what_loopback_wrote},
        {"what LoopBack wrote is filtered and ordered", filters_what_loopback_wrote},
        {"what is created stands as LoopBack would have written it, numbered by its counter",
         creates_what_loopback_reads},
        {"a counter of one's own overwrites nothing of LoopBack's", a_counter_of_ones_own_overwrites_nothing},
        {"what LoopBack wrote is changed where it still is what was asked for", changes_what_loopback_wrote},
        {"what another client changes meanwhile is judged again, by the text that is stored",
         what_another_client_changes_meanwhile_is_judged_again},
        {"a model speaks its own dialect, or that of its data source", a_model_speaks_its_own_dialect_or_its_sources},
        {"a dialect or a counter that cannot be is refused", a_dialect_that_is_unknown_is_refused},
        {"a value that is too long as base64 is refused", a_value_that_is_too_long_as_base64_is_refused},
    };
    if (!meddle() || !world_start())
        return EXIT_FAILURE;
    int status = SUITE_RUN("Redis dialects", tests);
    world_stop();
    return status;
}
