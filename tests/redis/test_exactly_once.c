/* The model setting exactlyOnce: a write whose answer was lost is sent again, is done once, and is told as it was. Each kind of write
 * is cut off at each place, and its first copy held back until its repeat was answered. */
#include "checker.h"
#include "proxy.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TIMEOUT_MS = 5000, STRIDE = 11, CLOSELY = 16, TOKEN_MS = 60000 };
#define PREFIX "x:"

/* ---- models ---- */

#define HEAD                                                                                                           \
    "{\"name\": \"Thing\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"city\": {\"type\": "       \
    "\"string\"%s}, \"email\": {\"type\": \"string\"%s}, \"n\": \"integer\", \"x\": \"number\", \"v\": \"integer\"}, " \
    "\"settings\": {\"exactlyOnce\": %s%s}}"
#define INDEX  ", \"index\": true"
#define UNIQUE ", \"unique\": true"

typedef struct shape { /* of the model */
    const char *name;
    bool is_indexed, is_versioned;
} shape;
static const shape PLAIN = {"plain", false, false}, INDEXED = {"indexed", true, false},
                   VERSIONED = {"versioned", true, true};

static proxy *network;
static const shape *now;
static ds_source *direct_source; /* beside the proxy, and with no token */
static ds_model *direct;
static ds_source *source;
static ds_model *defined, *model;

static const char *definition(bool once)
{
    static char text[512];
    snprintf(text, sizeof text, HEAD, now->is_indexed ? INDEX : "", now->is_indexed ? UNIQUE : "",
             once ? "true" : "false", now->is_versioned ? ", \"version\": \"v\"" : "");
    return text;
}

static void begin(const shape *is)
{
    now = is;
    proxy_set(network, NULL);
    direct_source = world_source("\"keyPrefix\": \"" PREFIX "\"");
    direct = world_model(direct_source, definition(false));
}

static void end(void)
{
    ds_source_close(direct_source);
}

static void open_it(bool once)
{
    char settings[256];
    const ds_options options = {.size = sizeof options, .timeout_ms = TIMEOUT_MS};
    snprintf(settings, sizeof settings,
             "{\"port\": %d, \"keyPrefix\": \"" PREFIX
             "\", \"commandTimeout\": 5000, \"reconnect\": {\"base\": 1, \"max\": 5, "
             "\"jitter\": 1}}",
             proxy_port(network));
    CU_ASSERT_EQUAL_FATAL(ds_source_open("redis", settings, &source, &last), DS_OK);
    defined = world_model(source, definition(once));
    CU_ASSERT_EQUAL_FATAL(ds_model_with(defined, &options, &model, &last), DS_OK);
}

static void close_it(void)
{
    ds_model_free(model);
    ds_source_close(source);
}

/* ---- the records ---- */

#define THING(id) "{\"id\": \"" id "\", \"email\": \"" id "@x\", \"city\": \"home\", \"n\": 1}"

/* a and c are there, b is not; and w, which is written to so that the connection stands and the schema is known. */
static void prepare(void)
{
    uint64_t count;
    CHECK_OK(ds_delete(direct, ds_everything(), &count, &last));
    CHECK_OK(create(direct, THING("a")));
    CHECK_OK(create(direct, THING("c")));
    CHECK_OK(create(direct, "{\"id\": \"w\", \"email\": \"w@x\", \"city\": \"away\"}"));
}

static void warm_up(void)
{
    CHECK_OK(update(model, "w", "{\"n\": 7}"));
}

static const char *const IDS[] = {"a", "b", "c"};

static const char *stored(void)
{
    static char text[256];
    *text = '\0';
    for (size_t i = 0; i < 3; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i == 0 ? "" : ", ",
                 raw("HMGET " PREFIX "Thing:%s city n", IDS[i]));
    return text;
}

static const char *versions(void)
{
    static char text[64];
    *text = '\0';
    for (size_t i = 0; i < 3; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i == 0 ? "" : " ",
                 raw("HGET " PREFIX "Thing:%s v", IDS[i]));
    return text;
}

static bool indexes_agree(void)
{
    static const checked_index indexes[] = {{"email", true, {{"email", 's', false}}, 1},
                                            {"city", false, {{"city", 's', false}}, 1}};
    static const checked_model checked_thing = {PREFIX "Thing", NULL, false, indexes, 2};
    if (!now->is_indexed)
        return true;
    redisContext *eye = world_connect();
    checked found = checker_run(eye, &checked_thing);
    redisFree(eye);
    return found.faults == 0;
}

/* ---- the writes; each says what it was answered ---- */

typedef struct play {
    const char *name;
    ds_status (*act)(char *more);
    const char *answer, *stored, *versions; /* of VERSIONED */
    bool is_for_indexes;
} play;

static char more[64]; /* what an operation answers beside its status */

static ds_record *record_b(const char *json)
{
    return record_of(model, json);
}

static ds_status do_create(char *out)
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

static ds_status do_update(char *out)
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

static ds_status do_increment(char *out)
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

static ds_status do_delete(char *out)
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
    sprintf(out, " %d", atoll(raw("PTTL " PREFIX "Thing:a")) > 900000);
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

static ds_status do_atomic(char *out)
{
    return batched(DS_ATOMIC, out);
}

#define NONE   "(nil) (nil)"
#define HOME   "home 1"
#define BEFORE HOME ", " NONE ", " HOME
#define OLD    "1 (nil) 1"
static const play plays[] = {
    {"create", do_create, "DS_OK", HOME ", " HOME ", " HOME, "1 1 1", false},
    {"create what is there", do_create_again, "DS_DUPLICATE", BEFORE, OLD, false},
    {"create with a unique value that is taken", do_create_taken, "DS_DUPLICATE", BEFORE, OLD, true},
    {"create two, of which one is there", do_create_all, "DS_DUPLICATE 1 DS_DUPLICATE DS_OK", HOME ", " HOME ", " HOME,
     "1 1 1", false},
    {"find or create", do_find_or_create, "DS_OK 1", HOME ", " HOME ", " HOME, "1 1 1", false},
    {"upsert what is not there", do_upsert_new, "DS_OK 1", HOME ", " HOME ", " HOME, "1 1 1", false},
    {"upsert", do_upsert, "DS_OK 0", "moved 1, " NONE ", " HOME, "2 (nil) 1", false},
    {"replace or create", do_replace_or_create, "DS_OK 1", HOME ", " HOME ", " HOME, "1 1 1", false},
    {"replace", do_replace, "DS_OK", "moved (nil), " NONE ", " HOME, "2 (nil) 1", false},
    {"update", do_update, "DS_OK", "moved 1, " NONE ", " HOME, "2 (nil) 1", false},
    {"update what is not there", do_update_missing, "DS_NOT_FOUND", BEFORE, OLD, false},
    {"update by filter", do_update_by_filter, "DS_OK 2", "moved 1, " NONE ", moved 1", "2 (nil) 2", false},
    {"increment", do_increment, "DS_OK 2", "home 2, " NONE ", " HOME, "2 (nil) 1", false},
    {"increment a number", do_increment_number, "DS_OK 0.5", BEFORE, "2 (nil) 1", false},
    {"delete", do_delete, "DS_OK", NONE ", " NONE ", " HOME, "(nil) (nil) 1", false},
    {"delete what is not there", do_delete_missing, "DS_NOT_FOUND", BEFORE, OLD, false},
    {"delete by filter", do_delete_by_filter, "DS_OK 2", NONE ", " NONE ", " NONE, "(nil) (nil) (nil)", false},
    {"a batch", do_batch, "DS_OK 2", "home 2, " HOME ", " NONE, "2 1 (nil)", false},
    {"an atomic batch", do_atomic, "DS_OK 2", "home 2, " HOME ", " NONE, "2 1 (nil)", false},
    {"expire", do_expire, "DS_OK 1", BEFORE, OLD, false},
};
enum { PLAYS = sizeof plays / sizeof *plays };

/* ---- one write, disturbed ---- */

static const char *act(const play *p)
{
    static char answer[128];
    *more = '\0';
    ds_status status = p->act(more);
    snprintf(answer, sizeof answer, "%s%s", ds_status_name(status), more);
    return answer;
}

static const char *wanted_answer(const play *p)
{
    return p->act == do_create && now->is_versioned ? "DS_OK 1" : p->answer;
}

static unsigned complaints;

static bool is_as_told(const play *p, const char *when)
{
    bool good = strcmp(stored(), p->stored) == 0 && indexes_agree();
    if (good && now->is_versioned)
        good = strcmp(versions(), p->versions) == 0;
    if (!good && complaints++ < 8)
        printf("\n%s, %s, %s: stored %s (versions %s), wanted %s (%s)\n", now->name, p->name, when, stored(),
               versions(), p->stored, p->versions);
    return good;
}

/* Where in a connection's bytes the write's begin and end, in both directions. */
typedef struct span {
    proxy_count from, to;
} span;

static span measure(const play *p, bool once)
{
    span where = {0};
    for (int i = 0; i < 2; i++) { /* the first one may be longer: of scripts, and where records begin to expire */
        prepare();
        proxy_set(network, NULL);
        open_it(once);
        warm_up();
        where.from = proxy_counted(network);
        CHECK_TEXT(act(p), wanted_answer(p));
        where.to = proxy_counted(network);
        CU_ASSERT(is_as_told(p, "undisturbed"));
        CU_ASSERT_EQUAL(where.to.connections, 1);
        close_it();
    }
    return where;
}

typedef struct score {
    unsigned runs, missed, repeats, unknown, faults; /* missed: SCAN may answer in other portions */
} score;

static bool was_sent_again(void)
{
    return proxy_counted(network).connections > 1;
}

static void run_disturbed(const play *p, const proxy_plan *plan, bool once, score *all)
{
    char when[96];
    snprintf(when, sizeof when, "%s %s behind byte %zu", PROXY_FAULTS[plan->fault],
             plan->to_server ? "to the server" : "to the client", plan->at);
    prepare();
    proxy_set(network, plan);
    open_it(once);
    warm_up();
    const char *answer = act(p);
    bool is_unknown = strstr(answer, "DS_UNKNOWN_OUTCOME") != NULL;
    all->runs++;
    all->missed += !proxy_struck(network);
    all->repeats += was_sent_again();
    all->unknown += is_unknown;
    if (once && (strcmp(answer, wanted_answer(p)) != 0 || !is_as_told(p, when)) && all->faults++ < 8)
        printf("\n%s, %s, %s: %s, wanted %s (%s)\n", now->name, p->name, when, answer, wanted_answer(p), last.message);
    close_it();
}

static bool is_played(const play *p)
{
    return now->is_indexed || !p->is_for_indexes;
}

/* Behind every few bytes, and each of the last ones, which are the write's; cut and reset in turn. */
static void cut_one_way(const play *p, bool to_server, size_t from, size_t to, bool once, score *all)
{
    for (size_t at = from; at < to; at += at + CLOSELY < to ? STRIDE : 1) {
        const proxy_plan plan = {
            .fault = all->runs % 2 == 0 ? PROXY_CUT : PROXY_RESET, .to_server = to_server, .at = at};
        run_disturbed(p, &plan, once, all);
    }
}

static void cut_all(const play *p, bool once, score *all)
{
    span where = measure(p, once);
    cut_one_way(p, false, where.from.bytes[0], where.to.bytes[0], once, all);
    cut_one_way(p, true, where.from.bytes[1], where.to.bytes[1] + 1, once, all);
}

static void cut_each(const shape *is)
{
    score all = {0};
    begin(is);
    for (size_t i = 0; i < PLAYS; i++)
        if (is_played(&plays[i]))
            cut_all(&plays[i], true, &all);
    printf("%s: %u writes were cut, %u of them were sent again, %u unknown outcomes, %u faults\n", is->name, all.runs,
           all.repeats, all.unknown, all.faults);
    CU_ASSERT_EQUAL(all.faults, 0);
    CU_ASSERT_EQUAL(all.unknown, 0);
    CU_ASSERT(all.repeats >= all.runs - all.runs / 100 && all.missed <= all.runs / 100 && all.runs > 800);
    end();
}

static void cut_plain(void)
{
    cut_each(&PLAIN);
}

static void cut_indexed(void)
{
    cut_each(&INDEXED);
}

static void cut_versioned(void)
{
    cut_each(&VERSIONED);
}

int main(void)
{
    static const test tests[] = {
        {"whatever is cut, the answer is the true one: a plain model", cut_plain},
        {"the same of a model with indexes", cut_indexed},
        {"the same of a model with a version too", cut_versioned},
    };
    if (!world_start())
        return EXIT_FAILURE;
    network = proxy_start(world_port());
    int failed = SUITE_RUN("exactly once", tests);
    proxy_stop(network);
    world_stop();
    return failed;
}
