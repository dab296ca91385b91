/* What is stored in Redis, looked at without the library: docs/REDIS-STORAGE.md, sentence by sentence. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

static const char PERSON[] =
    "{\"name\": \"Person\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"name\": \"string\", "
    "\"age\": \"integer\", \"score\": \"number\", \"active\": \"boolean\", \"born\": \"date\", \"photo\": \"binary\", "
    "\"tags\": \"array\", \"address\": \"object\", \"extra\": \"any\"}}";

/* A source and one model on it; closing the source ends both. */
static ds_source *source;
static ds_model *open_model(const char *members, const char *definition)
{
    source = world_source(members);
    return world_model(source, definition);
}

static void each_type_has_its_text(void)
{
    ds_model *model = open_model("", PERSON);
    CHECK_OK(create(
        model, "{\"id\": \"1\", \"name\": \"Bob\", \"age\": -9223372036854775808, \"score\": 0.1, \"active\": true, "
               "\"born\": \"2024-02-29T13:00:00+01:00\", \"photo\": \"AP8K\", \"tags\": [1, \"b\"], "
               "\"address\": {\"zip\": 1, \"city\": \"Rome\"}, \"extra\": \"5\"}"));
    CHECK_TEXT(
        hash_of("Person:1"),
        "active=true address={\"city\":\"Rome\",\"zip\":1} age=-9223372036854775808 born=2024-02-29T12:00:00.000Z "
        "extra=\"5\" id=1 name=Bob photo=\\x00\\xff\\x0a score=0.1 tags=[1,\"b\"]");
    CHECK_OK(create(model, "{\"id\": \"2\", \"active\": false, \"score\": 3, \"extra\": 5.0}"));
    CHECK_TEXT(hash_of("Person:2"), "active=false extra=5.0 id=2 score=3");
    CHECK_OK(create(model, "{\"id\": \"3\", \"extra\": {\"b\": null, \"a\": true}}"));
    CHECK_TEXT(hash_of("Person:3"), "extra={\"a\":true,\"b\":null} id=3");
    CHECK_TEXT(json_of(model, "2"), "{\"id\":\"2\",\"score\":3.0,\"active\":false,\"extra\":5.0}");
    CHECK_TEXT(keys_of(), "Person:1 Person:2 Person:3");
    ds_source_close(source);
}

static void hashes_without_a_definition_are_plain(void)
{
    ds_model *model = open_model("", "user-session");
    raw("HSET user-session:123 name Bob surname Smith company Redis age 29");
    CHECK_TEXT(json_of(model, "123"),
               "{\"id\":\"123\",\"age\":\"29\",\"company\":\"Redis\",\"name\":\"Bob\",\"surname\":\"Smith\"}");
    CHECK_TEXT(found(model, "{\"where\": {\"age\": {\"gt\": 28}, \"name\": \"Bob\"}}"), "123");
    CHECK_TEXT(found(model, "{\"where\": {\"age\": {\"gt\": 29}}}"), "");
    CHECK_OK(update(model, "123", "{\"age\": 30, \"company\": null}"));
    CHECK_TEXT(hash_of("user-session:123"), "age=30 name=Bob surname=Smith");
    CHECK_OK(create(model, "{\"id\": \"124\", \"name\": \"Ann\"}"));
    CHECK_TEXT(hash_of("user-session:124"), "name=Ann");
    ds_source_close(source);
}

static void a_record_of_nothing_is_its_id(void)
{
    ds_model *model = open_model("", "thing");
    CHECK_OK(create(model, "{\"id\": \"1\"}"));
    CHECK_TEXT(hash_of("thing:1"), "id=1");
    CHECK_TEXT(json_of(model, "1"), "{\"id\":\"1\"}");
    CHECK_OK(create(model, "{\"id\": \"2\", \"a\": 1, \"b\": 2}"));
    raw("PEXPIRE thing:2 100000");
    CHECK_OK(update(model, "2", "{\"a\": null, \"b\": null}"));
    CHECK_TEXT(hash_of("thing:2"), "id=2");
    CU_ASSERT_TRUE(atoi(raw("PTTL thing:2")) > 90000);
    CHECK_OK(create(model, "{\"id\": \"3\", \"a\": 1, \"b\": 2}"));
    CHECK_OK(update(model, "3", "{\"a\": null, \"c\": null, \"d\": null}"));
    CHECK_TEXT(hash_of("thing:3"), "b=2");
    ds_record *record = record_of(model, "{}");
    CHECK_OK(ds_replace_by_id(model, ds_string("3"), record, &last));
    ds_record_free(record);
    CHECK_TEXT(hash_of("thing:3"), "id=3");
    ds_source_close(source);
}

static void the_id_is_a_field_unless_the_model_says_no(void)
{
    ds_model *model =
        open_model("", "{\"name\": \"Book\", \"properties\": {\"isbn\": {\"type\": \"string\", \"id\": true}, "
                       "\"title\": \"string\"}, \"settings\": {\"redis\": {\"storeId\": false}}}");
    CHECK_OK(create(model, "{\"isbn\": \"1\", \"title\": \"x\"}"));
    CHECK_TEXT(hash_of("Book:1"), "title=x");
    CHECK_OK(update(model, "1", "{\"title\": null}"));
    CHECK_TEXT(hash_of("Book:1"), "isbn=1");
    raw("HSET Book:2 isbn other title y");
    CHECK_TEXT(json_of(model, "2"), "{\"isbn\":\"2\",\"title\":\"y\"}");
    CHECK_TEXT(found(model, "{\"where\": {\"isbn\": \"other\"}}"), "");
    ds_model *other = world_model(source, PERSON);
    raw("HSET Person:9 name Bob id 10");
    CHECK_TEXT(json_of(other, "9"), "{\"id\":\"9\",\"name\":\"Bob\"}");
    ds_source_close(source);
}

static void keys_are_as_configured(void)
{
    ds_model *model =
        open_model("\"keyPrefix\": \"a:b*[\"", "{\"name\": \"User\", \"properties\": {\"id\": {\"type\": "
                                               "\"integer\", \"id\": true, \"generated\": true}, \"n\": \"string\"}, "
                                               "\"settings\": {\"redis\": {\"key\": \"u?ser:x\"}}}");
    CHECK_OK(create(model, "{\"n\": \"x\"}"));
    CHECK_TEXT(keys_of(), "a:b*[User#sequence a:b*[u?ser:x:1");
    raw("HSET a:bb[u?ser:x:2 n y");
    raw("HSET a:b*[uuser:x:3 n y");
    CHECK_TEXT(found(model, "{}"), "1");
    ds_model *second = NULL;
    CHECK_DONE(ds_model_define(source,
                               "{\"name\": \"Other\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}}, "
                               "\"settings\": {\"redis\": {\"key\": \"u?ser:x\"}}}",
                               &second, &last),
               "DS_CONFIG");
    CU_ASSERT_PTR_NOT_NULL(strstr(last.message, "Other"));
    CU_ASSERT_PTR_NOT_NULL(strstr(last.message, "User"));
    ds_source_close(source);
    ds_error error;
    CU_ASSERT_EQUAL(ds_source_open("redis", "{\"keyPrefix\": \"{a}\"}", &source, &error), DS_CONFIG);
}

static void what_a_strict_model_does_not_know_stays(void)
{
    ds_model *model = open_model("", PERSON);
    raw("HSET Person:1 name Bob foreign x age 3");
    CHECK_TEXT(json_of(model, "1"), "{\"id\":\"1\",\"name\":\"Bob\",\"age\":3}");
    ds_record *record = record_of(model, "{\"name\": \"Ann\"}");
    CHECK_OK(ds_replace_by_id(model, ds_string("1"), record, &last));
    CHECK_TEXT(hash_of("Person:1"), "foreign=x id=1 name=Ann");
    CHECK_DONE(ds_replace_by_id(model, ds_string("2"), record, &last), "DS_NOT_FOUND");
    ds_record_free(record);
    ds_source_close(source);
}

static void what_another_model_does_not_know_is_its_own(void)
{
    ds_model *model =
        open_model("", "{\"name\": \"Open\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, "
                       "\"n\": \"integer\"}, \"settings\": {\"strict\": false}}");
    raw("HSET Open:1 n 1 foreign x");
    CHECK_TEXT(json_of(model, "1"), "{\"id\":\"1\",\"n\":1,\"foreign\":\"x\"}");
    CHECK_OK(update(model, "1", "{\"other\": 2.50, \"flag\": true}"));
    CHECK_TEXT(hash_of("Open:1"), "flag=true foreign=x n=1 other=2.5");
    ds_record *record = record_of(model, "{\"n\": 7}");
    CHECK_OK(ds_replace_by_id(model, ds_string("1"), record, &last));
    ds_record_free(record);
    CHECK_TEXT(hash_of("Open:1"), "id=1 n=7");
    ds_source_close(source);
}

static void text_of_others_is_read_as_it_can_be(void)
{
    ds_model *model = open_model("", PERSON);
    raw("HSET Person:1 age 12x active yes born yesterday score 1e999 tags {} extra plain");
    CHECK_TEXT(json_of(model, "1"),
               "{\"id\":\"1\",\"age\":\"12x\",\"score\":\"1e999\",\"active\":\"yes\",\"born\":\"yesterday\","
               "\"tags\":\"{}\",\"extra\":\"plain\"}");
    raw("HSET Person:2 age 7 score 1.50 born 2024-02-29T13:00:00+01:00");
    CHECK_TEXT(found(model, "{\"where\": {\"age\": 7, \"score\": 1.5, \"born\": \"2024-02-29T12:00:00Z\"}}"), "2");
    ds_filter *filter = ds_where("score", DS_EQ, ds_number(1.5));
    ds_record *changes = record_of(model, "{\"name\": \"x\"}");
    uint64_t count = 0;
    CHECK_OK(ds_update(model, filter, changes, &count, &last));
    CU_ASSERT_EQUAL(count, 1);
    CHECK_TEXT(hash_of("Person:2"), "age=7 born=2024-02-29T13:00:00+01:00 name=x score=1.50");
    ds_value now;
    CHECK_OK(ds_increment(model, ds_string("2"), "age", ds_integer(1), &now, &last));
    CU_ASSERT_TRUE(now.type == DS_INTEGER && now.as.integer == 8);
    CHECK_OK(ds_increment(model, ds_string("2"), "score", ds_number(1), &now, &last));
    CHECK_TEXT(raw("HGET Person:2 score"), "2.5");
    CHECK_DONE(ds_increment(model, ds_string("1"), "age", ds_integer(1), &now, &last), "DS_INVALID");
    ds_filter_free(filter);
    ds_record_free(changes);
    ds_source_close(source);
}

static ds_status create_with_id(ds_model *model, ds_value id)
{
    ds_record *record = ds_record_new(model);
    ds_record_set(record, "id", id);
    ds_record_set(record, "n", ds_string("x"));
    ds_status status = ds_create(model, record, &last);
    ds_record_free(record);
    return status;
}

static void an_id_may_be_any_text(void)
{
    static const struct {
        const char *id;
        size_t length;
        const char *key;
    } ids[] = {{"a b", 3, "thing:a b"},   {"a\0b", 3, "thing:a\\x00b"},    {"{a}", 3, "thing:{a}"},
               {"*", 1, "thing:*"},       {"?[a]\\", 5, "thing:?[a]\\"},   {":", 1, "thing::"},
               {"#ids", 4, "thing:#ids"}, {"\r\n", 2, "thing:\\x0d\\x0a"}, {"\xc3\xa4", 2, "thing:\\xc3\\xa4"}};
    ds_model *model = open_model("", "thing");
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        ds_value id = ds_string_n(ids[i].id, ids[i].length);
        CHECK_OK(create_with_id(model, id));
        CHECK_TEXT(keys_of(), ids[i].key);
        CHECK_DONE(create_with_id(model, id), "DS_DUPLICATE");
        ds_filter *filter = ds_where("id", DS_EQ, id);
        uint64_t count = 0;
        CHECK_OK(ds_count(model, filter, &count, &last));
        CU_ASSERT_EQUAL(count, 1);
        CHECK_OK(ds_count(model, NULL, &count, &last));
        CU_ASSERT_EQUAL(count, 1);
        CHECK_OK(ds_delete_by_id(model, id, &last));
        CHECK_DONE(ds_delete_by_id(model, id, &last), "DS_NOT_FOUND");
        ds_filter_free(filter);
    }
    CHECK_TEXT(keys_of(), "");
    ds_source_close(source);
}

static void a_record_may_have_ten_thousand_fields(void)
{
    ds_model *model = open_model("", "wide");
    ds_record *record = ds_record_new(model), *changes = ds_record_new(model), *read = NULL;
    char name[32];
    ds_record_set(record, "id", ds_string("1"));
    for (int i = 0; i < 10000; i++) {
        snprintf(name, sizeof name, "f%05d", i);
        ds_record_set(record, name, ds_integer(i));
        ds_record_set(changes, name, i % 2 ? ds_null() : ds_integer(-i));
    }
    CHECK_OK(ds_create(model, record, &last));
    CHECK_TEXT(raw("HLEN wide:1"), "10000");
    CHECK_OK(ds_find_by_id(model, ds_string("1"), &read, &last));
    CU_ASSERT_EQUAL(ds_record_slots(read), 10001);
    CHECK_OK(ds_update_by_id(model, ds_string("1"), changes, &last));
    CHECK_TEXT(raw("HLEN wide:1"), "5000");
    CHECK_TEXT(raw("HMGET wide:1 f00002 f00003 f09998"), "-2 (nil) -9998");
    CHECK_OK(ds_replace_by_id(model, ds_string("1"), record, &last));
    CHECK_TEXT(raw("HLEN wide:1"), "10000");
    ds_record_free(record);
    record = record_of(model, "{\"one\": 1}");
    CHECK_OK(ds_replace_by_id(model, ds_string("1"), record, &last));
    CHECK_TEXT(hash_of("wide:1"), "one=1");
    ds_record_free(read);
    ds_record_free(changes);
    ds_record_free(record);
    ds_source_close(source);
}

/* ---- expiry ---- */

static bool about(int64_t ttl, int64_t wanted)
{
    return ttl <= wanted && ttl > wanted - 30000;
}

static int64_t ttl_of(ds_model *model, const char *id)
{
    int64_t ttl = -99;
    CHECK_OK(ds_ttl(model, ds_string(id), &ttl, &last));
    return ttl;
}

static void a_ttl_is_started_by_creations_and_replacements(void)
{
    ds_model *model =
        open_model("", "{\"name\": \"Token\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true, "
                       "\"generated\": true}, \"n\": \"integer\"}, \"settings\": {\"ttl\": 100000}}");
    ds_record *record = record_of(model, "{\"n\": 1}");
    CHECK_OK(ds_create(model, record, &last)); /* with a fresh id */
    CU_ASSERT_TRUE(about(ttl_of(model, ds_record_get(record, "id").as.string), 100000));
    ds_record_free(record);
    CHECK_OK(create(model, "{\"id\": \"1\", \"n\": 1}"));
    CU_ASSERT_TRUE(about(ttl_of(model, "1"), 100000));
    raw("PEXPIRE Token:1 50000");
    CHECK_OK(update(model, "1", "{\"n\": 2}"));
    CHECK_OK(ds_increment(model, ds_string("1"), "n", ds_integer(1), NULL, &last));
    record = record_of(model, "{\"id\": \"1\", \"n\": 5}");
    bool created = true;
    CHECK_OK(ds_upsert(model, record, &created, &last));
    CU_ASSERT_FALSE(created);
    CU_ASSERT_TRUE(about(ttl_of(model, "1"), 50000));
    CHECK_OK(ds_replace_or_create(model, record, &created, &last));
    CU_ASSERT_TRUE(about(ttl_of(model, "1"), 100000));
    ds_record_free(record);
    record = record_of(model, "{\"id\": \"2\"}");
    CHECK_OK(ds_upsert(model, record, &created, &last));
    CU_ASSERT_TRUE(created && about(ttl_of(model, "2"), 100000));
    ds_record_free(record);
    ds_source_close(source);
}

static void an_expiry_can_be_set_kept_and_taken_away(void)
{
    ds_model *model = open_model("", "thing");
    int64_t ttl;
    CHECK_OK(create(model, "{\"id\": \"1\", \"a\": 1}"));
    CU_ASSERT_EQUAL(ttl_of(model, "1"), -1);
    CHECK_OK(ds_expire(model, ds_string("1"), 100000, &last));
    CU_ASSERT_TRUE(about(ttl_of(model, "1"), 100000));
    ds_record *record = record_of(model, "{\"b\": 2}");
    CHECK_OK(ds_replace_by_id(model, ds_string("1"), record, &last));
    ds_record_free(record);
    CU_ASSERT_TRUE(about(ttl_of(model, "1"), 100000));
    CHECK_TEXT(hash_of("thing:1"), "b=2");
    CHECK_OK(ds_expire(model, ds_string("1"), -1, &last));
    CU_ASSERT_EQUAL(ttl_of(model, "1"), -1);
    CHECK_DONE(ds_expire(model, ds_string("2"), 10, &last), "DS_NOT_FOUND");
    CHECK_DONE(ds_ttl(model, ds_string("2"), &ttl, &last), "DS_NOT_FOUND");
    CHECK_DONE(ds_expire(model, ds_string("1"), INT64_MAX, &last), "DS_INVALID");
    CHECK_OK(ds_expire(model, ds_string("1"), 1, &last));
    while (strcmp(raw("EXISTS thing:1"), "1") == 0)
        ;
    CHECK_TEXT(json_of(model, "1"), "none");
    CHECK_TEXT(found(model, "{}"), "");
    CHECK_DONE(update(model, "1", "{\"a\": 1}"), "DS_NOT_FOUND");
    ds_source_close(source);
}

/* ---- wrong kinds ---- */

static void check_wrong_kind(ds_status status)
{
    CHECK_DONE(status, "DS_WRONG_KIND");
    CU_ASSERT_PTR_NOT_NULL(strstr(last.message, "thing:1"));
    last = (ds_error){.status = DS_OK};
}

static void another_kind_is_an_error_and_stays(void)
{
    ds_model *model = open_model("", "thing");
    ds_record *record = record_of(model, "{\"id\": \"1\", \"a\": 1}"), *read = NULL;
    ds_value id = ds_string("1"), now;
    int64_t ttl;
    bool flag;
    raw("SET thing:1 precious");
    check_wrong_kind(ds_create(model, record, &last));
    check_wrong_kind(ds_find_by_id(model, id, &read, &last));
    check_wrong_kind(ds_update_by_id(model, id, record, &last));
    check_wrong_kind(ds_replace_by_id(model, id, record, &last));
    check_wrong_kind(ds_upsert(model, record, &flag, &last));
    check_wrong_kind(ds_replace_or_create(model, record, &flag, &last));
    check_wrong_kind(ds_increment(model, id, "a", ds_integer(1), &now, &last));
    check_wrong_kind(ds_increment(model, id, "a", ds_number(1.5), &now, &last));
    check_wrong_kind(ds_expire(model, id, 10, &last));
    check_wrong_kind(ds_ttl(model, id, &ttl, &last));
    check_wrong_kind(ds_exists(model, id, &flag, &last));
    check_wrong_kind(ds_delete_by_id(model, id, &last));
    CHECK_TEXT(raw("GET thing:1"), "precious");
    CHECK_TEXT(raw("PTTL thing:1"), "-1");
    uint64_t count = 99;
    CHECK_OK(ds_delete(model, ds_everything(), &count, &last));
    CU_ASSERT_EQUAL(count, 0);
    CHECK_OK(ds_count(model, NULL, &count, &last));
    CU_ASSERT_EQUAL(count, 0);
    CHECK_TEXT(found(model, "{\"where\": {\"id\": {\"inq\": [\"1\", \"2\"]}}}"), "");
    CHECK_TEXT(raw("GET thing:1"), "precious");
    ds_record_free(record);
    ds_source_close(source);
}

/* ---- integer ids ---- */

static const char NUMBERED[] =
    "{\"name\": \"Num\", \"properties\": {\"id\": {\"type\": \"integer\", \"id\": true, \"generated\": true}, "
    "\"n\": \"string\"}}";

static int64_t create_numbered(ds_model *model, const char *json)
{
    ds_record *record = record_of(model, json);
    CHECK_OK(ds_create(model, record, &last));
    int64_t id = ds_record_get(record, "id").as.integer;
    ds_record_free(record);
    return id;
}

static void integer_ids_are_a_sequence(void)
{
    ds_model *model = open_model("", NUMBERED);
    CU_ASSERT_EQUAL(create_numbered(model, "{}"), 1);
    CU_ASSERT_EQUAL(create_numbered(model, "{\"n\": \"x\"}"), 2);
    CHECK_TEXT(hash_of("Num:2"), "id=2 n=x");
    create_numbered(model, "{\"id\": 10}");
    CHECK_TEXT(raw("GET Num#sequence"), "10");
    create_numbered(model, "{\"id\": 9}");
    create_numbered(model, "{\"id\": -3}");
    create_numbered(model, "{\"id\": 0}");
    CU_ASSERT_EQUAL(create_numbered(model, "{}"), 11);
    CHECK_DONE(create(model, "{\"id\": 11}"), "DS_DUPLICATE");
    create_numbered(model, "{\"id\": 9007199254740993}");
    create_numbered(model, "{\"id\": 9007199254740992}");
    CU_ASSERT_EQUAL(create_numbered(model, "{}"), 9007199254740994);
    bool created;
    ds_record *record = record_of(model, "{\"id\": 9223372036854775800}");
    CHECK_OK(ds_upsert(model, record, &created, &last));
    ds_record_free(record);
    CU_ASSERT_EQUAL(create_numbered(model, "{}"), 9223372036854775801);
    raw("HSET Num:007 n x");
    raw("HSET Num:abc n x");
    raw("HSET Num:+5 n x");
    raw("HSET Num: n x");
    uint64_t count;
    CHECK_OK(ds_count(model, NULL, &count, &last));
    CU_ASSERT_EQUAL(count, 12);
    CHECK_TEXT(found(model, "{\"where\": {\"n\": \"x\"}}"), "2");
    ds_source_close(source);
}

static void a_batch_takes_its_numbers_in_order(void)
{
    ds_model *model = open_model("", NUMBERED);
    ds_record *records[7];
    static const char *const texts[7] = {"{}", "{\"id\": 5}", "{}", "{}", "{\"id\": 6}", "{\"id\": 20}", "{}"};
    static const int64_t ids[7] = {1, 5, 6, 7, 6, 20, 21};
    for (size_t i = 0; i < 7; i++)
        records[i] = record_of(model, texts[i]);
    size_t created = 0;
    CHECK_DONE(ds_create_all(model, records, 7, &created, &last), "DS_DUPLICATE");
    CU_ASSERT_EQUAL(created, 6);
    for (size_t i = 0; i < 7; i++) {
        CU_ASSERT_EQUAL(ds_record_get(records[i], "id").as.integer, ids[i]);
        CU_ASSERT_EQUAL(ds_record_outcome(records[i], &last), i == 4 ? DS_DUPLICATE : DS_OK);
        ds_record_free(records[i]);
    }
    ds_source_close(source);
}

static unsigned long long numbers_asked_for(void)
{
    const char *at = strstr(raw("INFO commandstats"), "cmdstat_incrby:calls=");
    return at == NULL ? 0 : strtoull(at + strlen("cmdstat_incrby:calls="), NULL, 10);
}

/* A dump that was restored without its counter, or a counter that another program deleted. */
static void a_sequence_that_was_lost_catches_up(void)
{
    enum { STORED = 5000 };
    ds_model *model = open_model("", NUMBERED);
    raw("EVAL %s 0 %d", "for i = 1, ARGV[1] do redis.call('HSET', 'Num:' .. i, 'id', i) end", STORED);
    unsigned long long before = numbers_asked_for();
    int64_t id = create_numbered(model, "{}");
    CU_ASSERT(id > STORED && id <= 2 * STORED);
    CU_ASSERT(numbers_asked_for() - before <= 15);         /* 2^13 is the first power of two that is larger */
    CU_ASSERT_EQUAL(create_numbered(model, "{}"), id + 1); /* and goes on as ever */
    raw("DEL Num#sequence");
    before = numbers_asked_for();
    ds_record *records[3] = {record_of(model, "{}"), record_of(model, "{}"), record_of(model, "{}")};
    CHECK_OK(ds_create_all(model, records, 3, NULL, &last));
    CU_ASSERT(ds_record_get(records[0], "id").as.integer > STORED);
    CU_ASSERT(numbers_asked_for() - before <= 15);
    for (size_t i = 0; i < 3; i++)
        ds_record_free(records[i]);
    ds_source_close(source);
}

static void a_sequence_of_another_kind_is_an_error(void)
{
    ds_model *model = open_model("", NUMBERED);
    static const char *const makers[] = {"LPUSH Num#sequence 1", "SET Num#sequence soon"};
    for (size_t i = 0; i < 2; i++) {
        raw("DEL Num#sequence");
        raw(makers[i]);
        CHECK_DONE(create(model, "{}"), "DS_WRONG_KIND");
        CU_ASSERT_PTR_NOT_NULL(strstr(last.message, "Num#sequence"));
        CHECK_DONE(create(model, "{\"id\": 5}"), "DS_WRONG_KIND");
        CHECK_TEXT(keys_of(), "Num#sequence");
    }
    raw("SET Num#sequence 9223372036854775807");
    CHECK_DONE(create(model, "{}"), "DS_INVALID");
    CHECK_TEXT(keys_of(), "Num#sequence");
    ds_source_close(source);
}

#define KEYED(name, type, key)                                                                                         \
    "{\"name\": \"" name "\", \"properties\": {\"id\": {\"type\": \"" type "\", \"id\": true}}, "                      \
    "\"settings\": {\"redis\": {\"key\": \"" key "\"}}}"

static void no_record_is_of_two_models(void)
{
    static const struct {
        const char *first, *second, *wanted;
    } cases[] = {
        {KEYED("Outer", "string", "ns"), KEYED("Sub", "string", "ns:sub"), "DS_CONFIG"},
        {KEYED("Sub", "string", "ns:sub"), KEYED("Outer", "string", "ns"), "DS_CONFIG"},
        {KEYED("Outer", "string", "ns"), KEYED("Sub", "integer", "ns:sub:deep"), "DS_CONFIG"},
        {KEYED("Outer", "string", "ns"), KEYED("Same", "string", "ns"), "DS_CONFIG"},
        {KEYED("Outer", "string", "ns"), KEYED("Beside", "string", "nsub"), "DS_OK"},
        {KEYED("Outer", "string", "ns:a"), KEYED("Beside", "string", "ns:b"), "DS_OK"},
        {KEYED("Outer", "integer", "ns"), KEYED("Sub", "string", "ns:sub"), "DS_OK"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ds_source *own = world_source("\"keyPrefix\": \"p:\"");
        ds_model *first = world_model(own, cases[i].first), *second = NULL;
        CHECK_DONE(ds_model_define(own, cases[i].second, &second, &last), cases[i].wanted);
        if (second == NULL) {
            CU_ASSERT_PTR_NOT_NULL(strstr(last.message, "\"Outer\""));
            CU_ASSERT_PTR_NOT_NULL(strstr(last.message, "\"p:ns:\""));
        } else {
            CHECK_OK(create(second, "{\"id\": \"5\"}"));
            CHECK_TEXT(found(first, "{}"), "");
        }
        ds_source_close(own);
    }
}

int main(void)
{
    static const test tests[] = {
        {"each type has its text", each_type_has_its_text},
        {"a hash without a definition is plain, for us and for others", hashes_without_a_definition_are_plain},
        {"a record without properties is its id, and does not vanish", a_record_of_nothing_is_its_id},
        {"the id is a field unless the model says no, and comes from the key",
         the_id_is_a_field_unless_the_model_says_no},
        {"keys are made of keyPrefix, settings.redis.key and the id, whatever characters these hold",
         keys_are_as_configured},
        {"fields that a strict model does not know stay", what_a_strict_model_does_not_know_stays},
        {"fields that another model does not know are properties of it", what_another_model_does_not_know_is_its_own},
        {"a field of another writer is read as it can be, and compared as it is stored",
         text_of_others_is_read_as_it_can_be},
        {"an id may be any text", an_id_may_be_any_text},
        {"a record may have ten thousand fields", a_record_may_have_ten_thousand_fields},
        {"a model's ttl is started by creations and replacements alone",
         a_ttl_is_started_by_creations_and_replacements},
        {"an expiry can be set, kept and taken away", an_expiry_can_be_set_kept_and_taken_away},
        {"a key of another kind is an error for every operation, and stays", another_kind_is_an_error_and_stays},
        {"integer ids are a sequence that explicit ids raise, exact over 64 bits", integer_ids_are_a_sequence},
        {"a batch takes its numbers in the order of its records", a_batch_takes_its_numbers_in_order},
        {"two models whose records could be mixed up are refused", no_record_is_of_two_models},
        {"a sequence that was lost catches up in few round trips", a_sequence_that_was_lost_catches_up},
        {"a sequence that is no counter is an error, and nothing is stored", a_sequence_of_another_kind_is_an_error},
    };
    if (!world_start())
        return EXIT_FAILURE;
    int failed = SUITE_RUN("Redis mapping", tests);
    world_stop();
    return failed;
}
