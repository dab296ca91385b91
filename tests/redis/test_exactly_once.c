/* The model setting exactlyOnce: a write whose answer was lost is sent again, is done once, and is told as it was. Each kind of write
 * is cut off at each place, and its first copy held back until its repeat was answered. */
#include "once.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STRIDE = 11, CLOSELY = 16, TOKEN_MS = 60000 };
#define PREFIX ONCE_PREFIX

/* ---- one write, disturbed ---- */

static void warm_up(const play *p)
{
    CHECK_OK(update(model, "w", "{\"n\": 7}"));
    if (p->before != NULL)
        p->before();
}

static char more[64]; /* what an operation answers beside its status */

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

/* ---- what is done to the server between the first write and the one that is looked at ---- */

static void forget_scripts(void)
{
    CHECK_TEXT(raw("SCRIPT FLUSH"), "OK");
}

static void change_epoch(void)
{
    raw("HINCRBY " PREFIX "Thing#schema epoch 1");
}

/* The value of b is claimed by a record that says something else. */
static void leave_claim(void)
{
    create(direct, "{\"id\": \"g\", \"email\": \"b@x\"}");
    CHECK_TEXT(raw("HSET " PREFIX "Thing:g email g@x"), "0");
}

static void fill(void)
{
    CHECK_TEXT(raw("CONFIG SET maxmemory 1"), "OK");
}

static bool is_as_told(const play *p, const char *when)
{
    if (p->before == fill)
        CHECK_TEXT(raw("CONFIG SET maxmemory 0"), "OK");
    bool good = strcmp(stored(), p->stored) == 0 && (p->before == leave_claim || indexes_agree());
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
        warm_up(p);
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
    warm_up(p);
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

/* Under valgrind, which makes all of it slow, a few places have to do. */
static unsigned patience(void)
{
    return getenv("DS_VALGRIND") == NULL ? 1 : 16;
}

/* Behind every few bytes, and each of the last ones, which are the write's; cut and reset in turn. */
static void cut_one_way(const play *p, bool to_server, size_t from, size_t to, bool once, score *all)
{
    size_t stride = to - from < 60 * STRIDE ? STRIDE : (to - from) / 60, closely = CLOSELY / patience();
    stride *= patience();
    for (size_t at = from; at < to; at += at + closely < to ? stride : 1) {
        const proxy_plan plan = {
            .fault = all->runs % 2 == 0 ? PROXY_CUT : PROXY_RESET, .to_server = to_server, .at = at};
        run_disturbed(p, &plan, once, all);
    }
}

static void cut_all(const play *p, bool once, score *all)
{
    span where = measure(p, once);
    cut_one_way(p, false, where.from.bytes[0] + 1, where.to.bytes[0], once, all);
    cut_one_way(p, true, where.from.bytes[1] + 1, where.to.bytes[1] + 1, once, all);
}

static void report(const score *all, const char *what)
{
    printf("%s: %u writes were cut, %u of them were sent again, %u unknown outcomes, %u faults\n", what, all->runs,
           all->repeats, all->unknown, all->faults);
    CU_ASSERT_EQUAL(all->faults, 0);
    CU_ASSERT_EQUAL(all->unknown, 0);
    CU_ASSERT(all->repeats >= all->runs - all->runs / 100 && all->missed <= all->runs / 100);
}

static void cut_each(const shape *is)
{
    score all = {0};
    begin(is);
    for (size_t i = 0; i < PLAYS; i++)
        if (is_played(&plays[i]))
            cut_all(&plays[i], true, &all);
    report(&all, is->name);
    CU_ASSERT(all.runs * patience() > 800);
    end();
}

/* What the others show: that these cuts do lose answers. */
static void without_the_setting(void)
{
    score all = {0};
    begin(&INDEXED);
    cut_all(&plays[PLAY_CREATE], false, &all);
    cut_all(&plays[PLAY_INCREMENT], false, &all);
    CHECK_TEXT(raw("KEYS " PREFIX "*#done*"), "");
    printf("without it: %u writes were cut, %u unknown outcomes\n", all.runs, all.unknown);
    CU_ASSERT(all.unknown * patience() > 40);
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

/* ---- several turns ---- */

static void cut_turns(void)
{
    static const play turns[] = {
        {"create, of a script that is not there", do_create, "DS_OK", HOME ", " HOME ", " HOME, "", false,
         forget_scripts},
        {"increment, of a script that is not there", do_increment, "DS_OK 2", "home 2, " NONE ", " HOME, "", false,
         forget_scripts},
        {"update behind another epoch", do_update, "DS_OK", "moved 1, " NONE ", " HOME, "", false, change_epoch},
        {"increment behind another epoch", do_increment, "DS_OK 2", "home 2, " NONE ", " HOME, "", false, change_epoch},
        {"an atomic batch behind another epoch", do_atomic, "DS_OK 2", "home 2, " HOME ", " NONE, "", false,
         change_epoch},
        {"create with a value that is claimed wrongly", do_create, "DS_OK", HOME ", " HOME ", " HOME, "", false,
         leave_claim},
        {"an atomic batch with such a value", do_atomic, "DS_OK 2", "home 2, " HOME ", " NONE, "", false, leave_claim},
    };
    score all = {0};
    begin(&INDEXED);
    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++)
        cut_all(&turns[i], true, &all);
    report(&all, "in several turns");
    CU_ASSERT(all.runs * patience() > 400);
    end();
}

/* b takes the value that a gives up, but a must ask twice: b was refused meanwhile, and that was remembered. */
static void a_refusal_that_was_not_final(void)
{
    ds_batch *batch = NULL;
    begin(&INDEXED);
    static const char two[] =
        "{\"name\": \"Two\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"email\": "
        "{\"type\": \"string\", \"unique\": true}, \"phone\": {\"type\": \"string\", \"unique\": true}}, "
        "\"settings\": {\"exactlyOnce\": true}}";
    ds_model *twos = world_model(direct_source, two);
    CHECK_OK(create(twos, "{\"id\": \"a\", \"email\": \"old\"}"));
    CHECK_OK(create(twos, "{\"id\": \"g\", \"email\": \"new\"}"));
    CHECK_OK(create(twos, "{\"id\": \"h\", \"phone\": \"new\"}"));
    raw("HSET " PREFIX "Two:g email none");
    raw("HSET " PREFIX "Two:h phone none");
    ds_record *changes = record_of(twos, "{\"email\": \"new\", \"phone\": \"new\"}");
    ds_record *made = record_of(twos, "{\"id\": \"b\", \"email\": \"old\"}");
    CHECK_OK(ds_batch_new(direct_source, &batch, &last));
    ds_batch_update(batch, twos, ds_string("a"), changes);
    ds_batch_create(batch, twos, made);
    CHECK_OK(ds_batch_run(batch, 0, &last));
    CHECK_TEXT(raw("HGET " PREFIX "Two:b email"), "old");
    CHECK_TEXT(raw("HMGET " PREFIX "Two:a email phone"), "new new");
    ds_batch_free(batch);
    ds_record_free(changes);
    ds_record_free(made);
    end();
}

static atomic_bool is_over;
static atomic_uint others;

static ds_status batched_increment(char *out)
{
    ds_batch *batch = NULL;
    ds_value sum = ds_null();
    CHECK_OK(ds_batch_new(source, &batch, &last));
    ds_batch_increment(batch, model, ds_string("a"), "n", ds_integer(1), &sum);
    ds_status status = ds_batch_run(batch, DS_ATOMIC, &last);
    sprintf(out, " %lld", (long long)sum.as.integer);
    ds_batch_free(batch);
    return status;
}

static void *count_beside(void *argument)
{
    redisContext *eye = world_connect();
    (void)argument;
    const struct timespec moment = {0, 300000L * patience()}; /* or no batch would ever come to its end */
    for (; !atomic_load(&is_over); atomic_fetch_add(&others, 1)) {
        freeReplyObject(redisCommand(eye, "HINCRBY " PREFIX "Thing:a n 1"));
        nanosleep(&moment, NULL);
    }
    redisFree(eye);
    return NULL;
}

static long long script_calls(void)
{
    const char *at = strstr(raw("INFO commandstats"), "cmdstat_evalsha:calls=");
    return at == NULL ? 0 : strtoll(at + 22, NULL, 10);
}

/* What others change between the reading and the writing of an atomic increment is read again, and that is another write. */
static void atomic_increments_among_others(void)
{
    enum { ROUNDS = 300 };
    char wanted[32], answer[64] = "";
    pthread_t other;
    unsigned done_ones = 0;
    begin(&PLAIN);
    atomic_store(&is_over, false);
    prepare();
    open_it(true);
    long long calls = script_calls();
    CU_ASSERT_EQUAL_FATAL(pthread_create(&other, NULL, count_beside, NULL), 0);
    for (int i = 0; i < ROUNDS; i++) {
        ds_status status = batched_increment(answer);
        CU_ASSERT(status == DS_OK || status == DS_BUSY); /* the others were too fast each time */
        done_ones += status == DS_OK;
    }
    atomic_store(&is_over, true);
    pthread_join(other, NULL);
    calls = script_calls() - calls;
    snprintf(wanted, sizeof wanted, "%u", 1 + done_ones + atomic_load(&others));
    CHECK_TEXT(raw("HGET " PREFIX "Thing:a n"), wanted);
    printf("%u of %d atomic increments among %u others were done, with %lld calls\n", done_ones, ROUNDS,
           atomic_load(&others), calls);
    CU_ASSERT(calls > ROUNDS && done_ones > ROUNDS / 2);
    close_it();
    end();
}

/* ---- a first copy that comes late ---- */

typedef struct heard {
    int argc;
    char *argv[64];
    size_t lengths[64];
} heard;

static heard copies[16];
static size_t copy_count;

/* A word of a line of MONITOR, in quotes. */
static bool hear_word(const char **at, heard *out)
{
    const char *in = strchr(*at, '"');
    if (in == NULL || out->argc == 64)
        return false;
    char *word = malloc(strlen(in)), *end = word;
    for (in++; *in != '"'; in++) {
        static const char escapes[] = "n\nr\rt\ta\ab\b";
        if (*in != '\\') {
            *end++ = *in;
            continue;
        }
        const char *known = strchr(escapes, *++in);
        if (*in == 'x') {
            *end++ = (char)strtol((char[]){in[1], in[2], '\0'}, NULL, 16);
            in += 2;
        } else {
            *end++ = known != NULL ? known[1] : *in;
        }
    }
    out->argv[out->argc] = word;
    out->lengths[out->argc++] = (size_t)(end - word);
    *at = in + 1;
    return true;
}

static void hear_line(const char *line)
{
    const char *words = strchr(line, ']');
    heard *out = &copies[copy_count];
    *out = (heard){0};
    if (words == NULL || strstr(line, " lua] ") != NULL || strstr(line, "\"EVAL") == NULL || copy_count == 15)
        return;
    while (hear_word(&words, out))
        ;
    copy_count++;
}

/* What the write sends is remembered. */
static void act_overheard(const play *p)
{
    bool is_done = false;
    redisContext *monitor = world_connect();
    copy_count = 0;
    freeReplyObject(redisCommand(monitor, "MONITOR"));
    CHECK_TEXT(act(p), wanted_answer(p));
    raw("ECHO %s", "that-was-all");
    while (!is_done) {
        redisReply *line = NULL;
        if (redisGetReply(monitor, (void **)&line) != REDIS_OK || line == NULL)
            break;
        is_done = strstr(line->str, "\"that-was-all\"") != NULL;
        hear_line(line->str);
        freeReplyObject(line);
    }
    CU_ASSERT_TRUE(is_done && copy_count > 0);
    redisFree(monitor);
}

static void send_copies(bool fail)
{
    redisContext *eye = world_connect();
    for (size_t i = 0; i < copy_count; i++) {
        heard *one = &copies[i];
        redisReply *reply = redisCommandArgv(eye, one->argc, (const char **)one->argv, one->lengths);
        CU_ASSERT(reply != NULL && (reply->type == REDIS_REPLY_ERROR) == fail);
        freeReplyObject(reply);
        for (int k = 0; k < one->argc; k++)
            free(one->argv[k]);
    }
    redisFree(eye);
}

/* All is as before the write when its copy comes: nothing would keep the copy from doing what the write did. And what was refused
 * could be done now. */
static void copy_is_known(const play *p)
{
    prepare();
    open_it(true);
    warm_up(p);
    act_overheard(p);
    close_it();
    prepare();
    if (strncmp(p->answer, "DS_DUPLICATE", 12) == 0)
        CHECK_OK(ds_delete_by_id(direct, ds_string("a"), &last));
    if (strncmp(p->answer, "DS_NOT_FOUND", 12) == 0)
        CHECK_OK(create(direct, THING("b")));
    char before[256];
    snprintf(before, sizeof before, "%s; %s; %s", stored(), versions(), raw("PTTL " PREFIX "Thing:a"));
    send_copies(false);
    char after[256];
    snprintf(after, sizeof after, "%s; %s; %s", stored(), versions(), raw("PTTL " PREFIX "Thing:a"));
    if (!same_text(after, before))
        printf("%s, %s\n", now->name, p->name);
    CHECK_TEXT(after, before);
    CU_ASSERT(indexes_agree());
}

static void late_copies(void)
{
    static const shape *const shapes[] = {&PLAIN, &INDEXED, &VERSIONED};
    for (size_t s = 0; s < 3; s++) {
        begin(shapes[s]);
        for (size_t i = 0; i < PLAYS; i++)
            if (is_played(&plays[i]))
                copy_is_known(&plays[i]);
        end();
    }
}

/* ---- what is stored ---- */

/* Nobody takes the tokens for records: neither a walk by SCAN nor discover. */
static void check_tokens(void)
{
    size_t count = 0;
    char *models = NULL;
    redisContext *eye = world_connect();
    redisReply *keys = redisCommand(eye, "KEYS " PREFIX "Thing#done:{*}:*");
    for (; count < keys->elements; count++) {
        CHECK_TEXT(raw("TYPE %s", keys->element[count]->str), "string");
        long left = atol(raw("PTTL %s", keys->element[count]->str));
        CU_ASSERT(left > TOKEN_MS / 2 && left <= TOKEN_MS);
    }
    CU_ASSERT(count >= PLAYS && count <= 2 * PLAYS);
    prepare();
    CHECK_TEXT(found(direct, "{}"), "a c w");
    CHECK_OK(ds_discover(direct_source, NULL, &models, &last));
    CU_ASSERT_PTR_NOT_NULL(strstr(models, "\"Thing\""));
    CU_ASSERT_PTR_NULL(strstr(models, "done"));
    ds_free(models);
    freeReplyObject(keys);
    redisFree(eye);
}

static void tokens_expire(void)
{
    static const shape *const shapes[] = {&PLAIN, &INDEXED};
    for (size_t s = 0; s < 2; s++) {
        begin(shapes[s]);
        for (size_t i = 0; i < PLAYS; i++) {
            prepare();
            open_it(true);
            act(&plays[i]);
            close_it();
        }
        check_tokens();
        end();
    }
}

/* A server that is full: what it refuses is refused, what sets memory free is done, and known when it comes again. */
static void a_full_server(void)
{
    score all = {0};
    begin(&INDEXED);
    prepare();
    open_it(true);
    CHECK_TEXT(raw("CONFIG SET maxmemory 1"), "OK");
    CU_ASSERT_NOT_EQUAL(create(model, THING("b")), DS_OK);
    CU_ASSERT_NOT_EQUAL(last.status, DS_UNKNOWN_OUTCOME);
    CHECK_DONE(ds_delete_by_id(model, ds_string("b"), &last), "DS_NOT_FOUND");
    CHECK_OK(ds_delete_by_id(model, ds_string("a"), &last));
    CHECK_TEXT(raw("CONFIG SET maxmemory 0"), "OK");
    CHECK_TEXT(stored(), NONE ", " NONE ", " HOME);
    CHECK_OK(create(model, THING("b")));
    close_it();
    cut_all(&(play){"delete on a full server", do_delete, "DS_OK", NONE ", " NONE ", " HOME, "", false, fill}, true,
            &all);
    report(&all, "on a full server");
    end();
}

/* Of one call, and so with tokens of the same random bits. */
static void the_same_record_twice(void)
{
    static const shape *const shapes[] = {&PLAIN, &INDEXED};
    for (size_t s = 0; s < 2; s++) {
        ds_batch *batch = NULL;
        ds_value sums[3];
        begin(shapes[s]);
        prepare();
        open_it(true);
        CHECK_OK(ds_batch_new(source, &batch, &last));
        for (size_t i = 0; i < 3; i++)
            ds_batch_increment(batch, model, ds_string("a"), "n", ds_integer(1), &sums[i]);
        CHECK_OK(ds_batch_run(batch, 0, &last));
        for (size_t i = 0; i < 3; i++)
            CU_ASSERT_EQUAL(sums[i].as.integer, 2 + (int)i);
        CHECK_TEXT(raw("HGET " PREFIX "Thing:a n"), "4");
        ds_batch_free(batch);
        close_it();
        end();
    }
}

enum { MIXED = 6 };

static ds_status mixed_batch(void)
{
    static const char definition[] = "{\"name\": \"Other\", \"properties\": {\"id\": {\"type\": \"string\", "
                                     "\"id\": true}, \"n\": \"integer\"}}";
    ds_model *other = world_model(source, definition);
    ds_batch *batch = NULL;
    ds_value sums[MIXED];
    CHECK_OK(ds_batch_new(source, &batch, &last));
    for (size_t i = 0; i < MIXED; i++)
        ds_batch_increment(batch, i < MIXED / 2 ? model : other, ds_string(i % 2 == 0 ? "a" : "b"), "n", ds_integer(1),
                           &sums[i]);
    ds_status status = ds_batch_run(batch, 0, &last);
    ds_batch_free(batch);
    return status;
}

/* Writes without a token stand in a batch behind others that have one, and must not be sent again with them. */
static void beside_writes_without(void)
{
    size_t end_at = 0, done[2] = {0};
    begin(&PLAIN);
    for (size_t at = 0; at <= end_at; at++) {
        const proxy_plan plan = {.fault = PROXY_CUT, .at = at};
        for (size_t i = 0; i < 4; i++)
            raw("HSET " PREFIX "%s:%s n 0", i < 2 ? "Thing" : "Other", i % 2 == 0 ? "a" : "b");
        proxy_set(network, at == 0 ? NULL : &plan);
        open_it(true);
        ds_status status = mixed_batch();
        end_at = at == 0 ? proxy_counted(network).bytes[0] : end_at;
        long with = atol(raw("HGET " PREFIX "Thing:a n")) + atol(raw("HGET " PREFIX "Thing:b n"));
        long without = atol(raw("HGET " PREFIX "Other:a n")) + atol(raw("HGET " PREFIX "Other:b n"));
        CU_ASSERT_EQUAL(with, MIXED / 2);
        CU_ASSERT(without <= MIXED / 2 && (status != DS_OK || without == MIXED / 2));
        done[status == DS_OK]++;
        close_it();
    }
    printf("batches that were cut: %zu done, %zu not known\n", done[1], done[0]);
    CU_ASSERT(done[0] > 0 && done[1] > 0);
    end();
}

static void an_error_is_told_as_it_is(void)
{
    static const shape *const shapes[] = {&PLAIN, &INDEXED};
    for (size_t s = 0; s < 2; s++) {
        begin(shapes[s]);
        prepare();
        open_it(true);
        CHECK_OK(update(model, "w", "{\"n\": 7}"));
        CHECK_TEXT(raw("ACL SETUSER default -hset"), "OK");
        act_overheard(&(play){.name = "update with no right", .act = do_update, .answer = "DS_AUTH"});
        CU_ASSERT_PTR_NOT_NULL(strstr(last.message, PREFIX "Thing:a"));
        CHECK_TEXT(raw("ACL SETUSER default +hset"), "OK");
        send_copies(true);
        CHECK_TEXT(stored(), BEFORE);
        close_it();
        end();
    }
}

/* A data source may be moved: there is nothing to lose on the way to memory or to a file. */
static void others_take_the_setting(void)
{
    static const char *const connectors[] = {"memory", "sqlite"};
    static const char once[] = "{\"name\": \"Thing\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}}, "
                               "\"settings\": {\"exactlyOnce\": true}}";
    for (size_t i = 0; i < 2; i++) {
        ds_source *other = NULL;
        CU_ASSERT_EQUAL_FATAL(ds_source_open(connectors[i], i == 0 ? "{}" : "{\"file\": \":memory:\"}", &other, &last),
                              DS_OK);
        CHECK_OK(create(world_model(other, once), "{\"id\": \"1\"}"));
        ds_source_close(other);
    }
}

int main(void)
{
    static const test tests[] = {
        {"without it, what is cut is unknown", without_the_setting},
        {"whatever is cut, the answer is the true one: a plain model", cut_plain},
        {"the same of a model with indexes", cut_indexed},
        {"the same of a model with a version too", cut_versioned},
        {"the same of writes that take several turns", cut_turns},
        {"a refusal that was not final is not remembered as one", a_refusal_that_was_not_final},
        {"nor is one of an atomic increment", atomic_increments_among_others},
        {"a first copy that comes late does nothing", late_copies},
        {"a token is a string that expires, and no record", tokens_expire},
        {"on a full server", a_full_server},
        {"a batch writes to one record more than once", the_same_record_twice},
        {"what has no token is not sent again beside what has one", beside_writes_without},
        {"an error is told as it is, and remembered", an_error_is_told_as_it_is},
        {"memory and sqlite take the setting too", others_take_the_setting},
    };
    if (!world_start())
        return EXIT_FAILURE;
    network = proxy_start(world_port());
    int failed = SUITE_RUN("exactly once", tests);
    proxy_stop(network);
    world_stop();
    return failed;
}
