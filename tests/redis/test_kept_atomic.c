/* Large atomic batches of models with indexes whose writes must know something first: who holds a value, how a text is read. The
 * number of turns does not grow with the batch, and what is refused has written nothing. */
#include "checker.h"
#include "world.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum { MANY = 1000 };

static const char SEAT[] =
    "{\"name\": \"Seat\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, "
    "\"token\": {\"type\": \"string\", \"unique\": true}, \"place\": {\"type\": \"number\", \"unique\": true}, "
    "\"price\": {\"type\": \"number\", \"index\": true}}}";
static const checked_index INDEXES[] = {{"place", true, {{"place", 'n', false}}, 1},
                                        {"token", true, {{"token", 's', false}}, 1},
                                        {"price", false, {{"price", 'n', false}}, 1}};
static const checked_model MODEL = {.name = "Seat", .indexes = INDEXES, .index_count = 3};

static ds_source *source;
static ds_model *seats;
static ds_batch *batch;
static ds_record *records[2 * MANY];
static size_t count;
static redisContext *eye;

static void begin(void)
{
    source = world_source("");
    seats = world_model(source, SEAT);
    eye = world_connect();
    CHECK_OK(create(seats, "{\"id\": \"first\"}"));
}

static checked look(void)
{
    checked found = checker_run(eye, &MODEL);
    CU_ASSERT_EQUAL(found.faults, 0);
    return found;
}

static void end(void)
{
    look();
    redisFree(eye);
    ds_source_close(source);
}

/* ---- batches ---- */

static void batch_begin(void)
{
    count = 0;
    CHECK_OK(ds_batch_new(source, &batch, &last));
}

/* A pattern with the number where a # stands. */
static const char *filled(const char *pattern, int number)
{
    static char text[200];
    size_t length = 0;
    for (; *pattern != '\0' && length < sizeof text - 16; pattern++)
        if (*pattern == '#')
            length += (size_t)snprintf(text + length, sizeof text - length, "%d", number);
        else
            text[length++] = *pattern;
    text[length] = '\0';
    return text;
}

static ds_record *of(ds_model *model, const char *pattern, int number)
{
    return records[count++] = record_of(model, filled(pattern, number));
}

static void batch_create(const char *pattern, int number)
{
    ds_batch_create(batch, seats, of(seats, pattern, number));
}

static void batch_update(int number, const char *pattern)
{
    char id[16];
    snprintf(id, sizeof id, "%d", number);
    ds_batch_update(batch, seats, ds_string(id), of(seats, pattern, number));
}

/* Calls of scripts so far. */
static long calls(void)
{
    const char *at = strstr(raw("INFO commandstats"), "cmdstat_evalsha:calls=");
    return at == NULL ? 0 : atol(at + strlen("cmdstat_evalsha:calls="));
}

/* And how many turns it took. */
static long batch_run(unsigned flags, const char *wanted)
{
    long before = calls();
    CHECK_DONE(ds_batch_run(batch, flags, &last), wanted);
    long turns = calls() - before;
    ds_batch_free(batch);
    for (size_t i = 0; i < count; i++)
        ds_record_free(records[i]);
    return turns;
}

static void create_many(const char *pattern, int many)
{
    batch_begin();
    for (int i = 0; i < many; i++)
        batch_create(pattern, i);
    batch_run(0, "DS_OK");
}

/* As others write. */
static void write_many(const char *field, const char *pattern, int many)
{
    for (int i = 0; i < many; i++)
        raw("HSET Seat:%d %s %s", i, field, filled(pattern, i));
}

/* One of NOSCRIPT, one for each thing that a write can ask for, one that does it. */
enum { ALL_TURNS = 5 };

/* ---- what is asked for ---- */

static void texts_of_others_are_all_asked_for_at_once(void)
{
    begin();
    create_many("{\"id\": \"#\", \"price\": #.5}", MANY);
    write_many("price", "#.50", MANY);
    batch_begin();
    for (int i = 0; i < MANY; i++)
        batch_update(i, "{\"price\": #.25}");
    CU_ASSERT(batch_run(DS_ATOMIC, "DS_OK") <= ALL_TURNS);
    CHECK_TEXT(hash_of("Seat:999"), "id=999 price=999.25");
    CU_ASSERT_EQUAL(look().records, MANY + 1);
    end();
}

static void records_that_hold_a_value_are_all_asked_for_at_once(void)
{
    begin();
    ds_record *filler = record_of(seats, "{\"id\": \"first\"}");
    create_many("{\"id\": \"#\", \"token\": \"t#\"}", MANY);
    batch_begin();
    for (int i = 0; i < MANY; i++) {
        char id[16];
        snprintf(id, sizeof id, "%d", i);
        ds_batch_expire(batch, seats, ds_string(id), 1);
    }
    batch_run(0, "DS_OK");
    while (strcmp(raw("EXISTS Seat:%d", MANY - 1), "0") != 0)
        poll(NULL, 0, 1);
    batch_begin();
    for (int i = 0; i < MANY; i++)
        batch_create("{\"id\": \"n#\", \"token\": \"t#\"}", i);
    CU_ASSERT(batch_run(DS_ATOMIC, "DS_OK") <= ALL_TURNS);
    CHECK_TEXT(hash_of("Seat:n999"), "id=n999 token=t999");
    do { /* what has expired is swept by the way */
        CHECK_OK(ds_upsert(seats, filler, NULL, &last));
    } while (strcmp(raw("ZCARD Seat#expires"), "0") != 0);
    checked found = look();
    CU_ASSERT(found.records == MANY + 1 && found.claims == MANY);
    ds_record_free(filler);
    end();
}

/* Who holds a value is asked first, then how a text of that record is read. */
static void holders_whose_texts_are_others_are_judged_by_their_value(void)
{
    enum { SOME = 300 };
    begin();
    create_many("{\"id\": \"#\", \"place\": #}", SOME);
    write_many("place", "#.0", SOME);
    batch_begin();
    for (int i = 0; i < SOME; i++)
        batch_create("{\"id\": \"n#\", \"place\": #}", i);
    CU_ASSERT(batch_run(DS_ATOMIC, "DS_DUPLICATE") <= ALL_TURNS);
    CU_ASSERT_PTR_NOT_NULL(strstr(last.message, "place"));
    CHECK_TEXT(raw("EXISTS Seat:n0 Seat:n1 Seat:n299"), "0");
    write_many("place", "#.50", SOME); /* they have moved: all is free */
    batch_begin();
    for (int i = 0; i < SOME; i++)
        batch_create("{\"id\": \"n#\", \"place\": #}", i);
    CU_ASSERT(batch_run(DS_ATOMIC, "DS_OK") <= ALL_TURNS);
    batch_begin();
    for (int i = 0; i < SOME; i++)
        batch_update(i, "{\"place\": #.75}");
    CU_ASSERT(batch_run(DS_ATOMIC, "DS_OK") <= ALL_TURNS);
    checked found = look();
    CU_ASSERT(found.records == 2 * SOME + 1 && found.claims == 2 * SOME);
    end();
}

/* Whether a value becomes free is not known before the texts of the record that has it are. */
static void values_that_an_asking_write_sets_free_are_free(void)
{
    enum { SOME = MANY / 2 };
    begin();
    create_many("{\"id\": \"#\", \"token\": \"t#\", \"price\": #.5}", SOME);
    write_many("price", "#.50", SOME);
    batch_begin();
    for (int i = 0; i < SOME; i++) {
        batch_update(i, "{\"token\": \"u#\", \"price\": #}");
        batch_create("{\"id\": \"n#\", \"token\": \"t#\"}", i);
    }
    CU_ASSERT(batch_run(DS_ATOMIC, "DS_OK") <= ALL_TURNS);
    checked found = look();
    CU_ASSERT(found.records == 2 * SOME + 1 && found.claims == 2 * SOME);
    end();
}

static void what_is_refused_behind_what_asks_has_written_nothing(void)
{
    begin();
    CHECK_OK(create(seats, "{\"id\": \"other\", \"token\": \"held\"}"));
    create_many("{\"id\": \"#\", \"token\": \"t#\", \"price\": 1.5}", 100);
    write_many("price", "1.50", 100);
    batch_begin();
    for (int i = 0; i < 100; i++)
        batch_update(i, "{\"token\": \"u#\", \"price\": #}");
    batch_update(7777, "{\"price\": 1}");
    CU_ASSERT(batch_run(DS_ATOMIC, "DS_NOT_FOUND") <= ALL_TURNS);
    batch_begin();
    for (int i = 0; i < 100; i++)
        batch_update(i, "{\"token\": \"u#\", \"price\": #}");
    batch_create("{\"id\": \"n#\", \"token\": \"held\"}", 1);
    CU_ASSERT(batch_run(DS_ATOMIC, "DS_DUPLICATE") <= ALL_TURNS);
    CHECK_TEXT(hash_of("Seat:0"), "id=0 price=1.50 token=t0");
    CHECK_TEXT(hash_of("Seat:99"), "id=99 price=1.50 token=t99");
    look();
    end();
}

/* ---- several models ---- */

static ds_model *flags_of(const char *name, const char *settings)
{
    char json[256];
    snprintf(json, sizeof json,
             "{\"name\": \"%s\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, "
             "\"on\": {\"type\": \"boolean\", \"index\": true}}, \"settings\": {%s}}",
             name, settings);
    return world_model(source, json);
}

/* An empty text is null in one dialect, and a text in the other. */
static void each_model_of_a_batch_reads_texts_in_its_own_dialect(void)
{
    begin();
    ds_model *natives = flags_of("Native", ""), *loops = flags_of("Loop", "\"redis\": {\"dialect\": \"loopback\"}");
    raw("HSET Native:1 on %b", "", (size_t)0);
    raw("HSET Loop:1 on %b", "", (size_t)0);
    CHECK_OK(ds_migrate(natives, NULL, NULL, &last));
    CHECK_OK(ds_migrate(loops, NULL, NULL, &last));
    for (int turn = 0; turn < 2; turn++) {
        ds_model *first = turn == 0 ? natives : loops, *second = turn == 0 ? loops : natives;
        batch_begin();
        ds_batch_update(batch, first, ds_string("1"), of(first, "{\"on\": true}", 0));
        ds_batch_update(batch, second, ds_string("1"), of(second, "{\"on\": true}", 0));
        batch_run(DS_ATOMIC, "DS_OK");
        CHECK_TEXT(raw("ZRANGE Native#index:on 1 -1"), " 11");
        CHECK_TEXT(raw("ZRANGE Loop#index:on 1 -1"), " 11");
        raw("HSET Native:1 on %b", "", (size_t)0);
        raw("HSET Loop:1 on %b", "", (size_t)0);
        CHECK_OK(ds_migrate(natives, NULL, NULL, &last));
        CHECK_OK(ds_migrate(loops, NULL, NULL, &last));
    }
    end();
}

int main(void)
{
    static const test tests[] = {
        {"texts of others are all asked for at once", texts_of_others_are_all_asked_for_at_once},
        {"records that hold a value are all asked for at once", records_that_hold_a_value_are_all_asked_for_at_once},
        {"holders whose texts are others' are judged by their value",
         holders_whose_texts_are_others_are_judged_by_their_value},
        {"values that an asking write sets free are free", values_that_an_asking_write_sets_free_are_free},
        {"what is refused behind what asks has written nothing", what_is_refused_behind_what_asks_has_written_nothing},
        {"each model of a batch reads texts in its own dialect", each_model_of_a_batch_reads_texts_in_its_own_dialect},
    };
    if (!world_start())
        return EXIT_FAILURE;
    int failed = SUITE_RUN("Redis indexes, atomic batches", tests);
    world_stop();
    return failed;
}
