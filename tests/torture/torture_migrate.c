/* 100,000 hashes that redis-cli wrote become indexed while others write: migrate is killed halfway and begun again, nothing is
 * found by a half-built index meanwhile, and in the end all is complete and exact. */
#include "../redis/checker.h"
#include "command.h"
#include "crew.h"
#include "random.h"
#include "redis_server.h"
#include "suite.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define HASHES  100000
#define OLD     90000 /* of these the clients write only those from here on */
#define CLIENTS 4

static const char DEFINITION[] =
    "{\"name\": \"Person\", \"properties\": {\"id\": {\"type\": \"integer\", \"id\": true}, \"email\": {\"type\": "
    "\"string\", \"unique\": true}, \"city\": {\"type\": \"string\", \"index\": true}, \"age\": {\"type\": "
    "\"integer\", "
    "\"index\": true}, \"born\": {\"type\": \"date\", \"index\": true}, \"score\": \"number\", \"good\": \"boolean\"}, "
    "\"indexes\": {\"byCity\": {\"keys\": {\"city\": 1, \"age\": -1}}, \"byScore\": {\"keys\": {\"good\": 1, "
    "\"score\": "
    "1}}}}";

static const checked_index INDEXES[] = {
    {"email", true, {{"email", 's', false}}, 1},
    {"city", false, {{"city", 's', false}}, 1},
    {"age", false, {{"age", 'i', false}}, 1},
    {"born", false, {{"born", 'd', false}}, 1},
    {"byCity", false, {{"city", 's', false}, {"age", 'i', true}}, 2},
    {"byScore", false, {{"good", 'b', false}, {"score", 'n', false}}, 2},
};
static const checked_model PERSON = {"m:Person", NULL, true, INDEXES, 6};

static redis_server *server;
static char settings[256];

/* ---- what redis-cli writes ---- */

static void put_word(FILE *out, const char *word)
{
    fprintf(out, "$%zu\r\n%s\r\n", strlen(word), word);
}

static void put_hash(FILE *out, int i)
{
    char key[32], email[32], city[32], age[16], born[32], score[32];
    const char *words[] = {"HSET", key,    "email", email,   "city", city,   "age",
                           age,    "born", born,    "score", score,  "good", i % 3 == 0 ? "true" : "false"};
    snprintf(key, sizeof key, "m:Person:%d", i);
    snprintf(email, sizeof email, "e%d@example.org", i);
    snprintf(city, sizeof city, "city %d", i % 97);
    snprintf(age, sizeof age, "%d", i % 83 - 3);
    snprintf(born, sizeof born, "%04d-%02d-%02dT00:00:00.%03dZ", 1900 + i % 120, i % 12 + 1, i % 28 + 1, i % 1000);
    snprintf(score, sizeof score, "%d.%d", i % 1000 - 500, i % 9 + 1);
    size_t count = sizeof words / sizeof *words - (i % 5 == 0 ? 2 : 0); /* some are not good or bad */
    fprintf(out, "*%zu\r\n", count);
    for (size_t k = 0; k < count; k++)
        put_word(out, words[k]);
}

static void fill(void)
{
    char path[300], command[700];
    snprintf(path, sizeof path, "%s/hashes", server->folder);
    FILE *out = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    for (int i = 0; i < HASHES; i++)
        put_hash(out, i);
    fclose(out);
    snprintf(command, sizeof command, "redis-cli -s %s --pipe <%s", server->socket, path);
    const char *argv[] = {"sh", "-c", command, NULL};
    command_result result = command_run(argv, NULL);
    CU_ASSERT_EQUAL_FATAL(result.status, 0);
    command_free(&result);
}

/* ---- who writes meanwhile ---- */

static int64_t some_id(void)
{
    return (int64_t)(OLD + random_below(HASHES + 2000 - OLD));
}

static ds_record *some_record(ds_model *model, int64_t id)
{
    char text[40];
    ds_record *record = ds_record_new(model);
    /* The value of a hash that has no claim yet would be free, and a duplicate. */
    snprintf(text, sizeof text, "w%lld@example.org", (long long)(random_below(3) == 0 ? some_id() : id));
    ds_record_set(record, "email", ds_string(text));
    snprintf(text, sizeof text, "city %zu", random_below(97));
    ds_record_set(record, "city", ds_string(text));
    ds_record_set(record, "age", ds_integer((int64_t)random_below(80)));
    ds_record_set(record, "score", ds_number((double)random_below(1000) / 16));
    return record;
}

static ds_status work(ds_model *model, ds_error *error)
{
    int64_t id = some_id();
    bool created;
    size_t what = random_below(10);
    if (what == 0)
        return ds_delete_by_id(model, ds_integer(id), error);
    if (what == 1)
        return ds_expire(model, ds_integer(id), random_below(2) == 0 ? 1 : 3600000, error);
    ds_record *record = some_record(model, id);
    ds_status status;
    if (what < 6) {
        status = ds_update_by_id(model, ds_integer(id), record, error);
    } else {
        ds_record_set(record, "id", ds_integer(id));
        status = ds_replace_or_create(model, record, &created, error);
    }
    ds_record_free(record);
    return status;
}

/* ---- the one who migrates ---- */

typedef struct place {
    ds_source *source;
    ds_model *model;
    ds_error error;
} place;

static bool place_open(place *p)
{
    memset(p, 0, sizeof *p);
    return ds_source_open("redis", settings, &p->source, &p->error) == DS_OK &&
           ds_model_define(p->source, DEFINITION, &p->model, &p->error) == DS_OK;
}

static void tell(void *user, uint64_t done, uint64_t total)
{
    (void)total;
    if (write(*(int *)user, &done, sizeof done) != (ssize_t)sizeof done)
        _exit(2);
}

/* Kills it once it has done so many. */
static uint64_t migrate_until_killed(uint64_t most)
{
    int ends[2];
    uint64_t done = 0, told;
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        place p;
        close(ends[0]);
        if (place_open(&p))
            (void)ds_migrate(p.model, tell, &ends[1], &p.error);
        fprintf(stderr, "\nmigrate ended by itself: %s\n", p.error.message);
        _exit(1);
    }
    close(ends[1]);
    while (done < most && read(ends[0], &told, sizeof told) == (ssize_t)sizeof told)
        done = told;
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    close(ends[0]);
    CU_ASSERT(WIFSIGNALED(status));
    return done;
}

/* ---- what is found ---- */

static int found_by_email(place *p, int i)
{
    char email[32];
    uint64_t count = 0;
    snprintf(email, sizeof email, "e%d@example.org", i);
    ds_filter *where = ds_where("email", DS_EQ, ds_string(email));
    ds_status status = ds_count(p->model, where, &count, &p->error);
    ds_filter_free(where);
    return status == DS_OK ? (int)count : -1;
}

/* Each of some that nobody writes is found once. */
static void all_are_found(int samples)
{
    place p;
    CU_ASSERT_FATAL(place_open(&p));
    for (int i = 0; i < samples; i++) {
        int found = found_by_email(&p, (int)random_below(OLD));
        if (found != 1)
            printf("\nfound %d: %s", found, p.error.message);
        CU_ASSERT_EQUAL(found, 1);
    }
    ds_source_close(p.source);
}

static long long ask(redisContext *raw, const char *command)
{
    redisReply *reply = redisCommand(raw, command);
    long long number = reply == NULL ? -1 : reply->integer;
    freeReplyObject(reply);
    return number;
}

static void print_slow(redisContext *raw)
{
    redisReply *slow = redisCommand(raw, "SLOWLOG GET 5");
    for (size_t i = 0; i < slow->elements; i++) {
        const redisReply *words = slow->element[i]->element[3];
        printf("\nslow: %lld us: %.60s %.40s", slow->element[i]->element[2]->integer, words->element[0]->str,
               words->elements > 1 ? words->element[1]->str : "");
    }
    freeReplyObject(slow);
}

/* What has expired leaves with later writes. */
static void sweep(redisContext *raw)
{
    place p;
    CU_ASSERT_FATAL(place_open(&p));
    for (int i = 0; i < 20000; i++) {
        redisReply *due = redisCommand(raw, "EVAL %s 1 m:Person#expires",
                                       "local t = redis.call('TIME') return redis.call('ZCOUNT', KEYS[1], '-inf', "
                                       "t[1] * 1000 + math.floor(t[2] / 1000))");
        bool is_done = due->integer == 0;
        freeReplyObject(due);
        if (is_done)
            break;
        ds_record *record = ds_record_new(p.model);
        ds_record_set(record, "id", ds_integer(-1));
        CU_ASSERT_EQUAL_FATAL(ds_create(p.model, record, &p.error), DS_OK);
        CU_ASSERT_EQUAL_FATAL(ds_delete_by_id(p.model, ds_integer(-1), &p.error), DS_OK);
        ds_record_free(record);
    }
    ds_source_close(p.source);
}

static double migrate_whole(void)
{
    place p;
    double start = crew_now();
    CU_ASSERT_FATAL(place_open(&p));
    ds_status status = ds_migrate(p.model, NULL, NULL, &p.error);
    if (status != DS_OK)
        printf("\nmigrate: %s: %s", ds_status_name(status), p.error.message);
    CU_ASSERT_EQUAL(status, DS_OK);
    ds_source_close(p.source);
    return crew_now() - start;
}

static void check_says_exact(void)
{
    place p;
    char *report = NULL;
    CU_ASSERT_FATAL(place_open(&p));
    CU_ASSERT_EQUAL(ds_migrate_check(p.model, NULL, NULL, &report, &p.error), DS_OK);
    CU_ASSERT(report != NULL && strstr(report, "\"missing\":[]") != NULL);
    if (report != NULL && strstr(report, "\"missing\":[]") == NULL)
        printf("\n%s", report);
    ds_free(report);
    ds_source_close(p.source);
}

/* A virtual machine gets memory from its host when it is first touched, which may take 0.1 ms a page, and the server's tables
 * double in one command: what was touched here and freed is there for it. */
static void warm_memory(void)
{
    const size_t length = (size_t)1 << 29;
    char *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CU_ASSERT_FATAL(memory != MAP_FAILED);
    memset(memory, 1, length);
    munmap(memory, length);
}

/* The server gets a core that none of its clients runs on: what a command takes is its own time then. */
static void pin(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    cpu_set_t of_server, of_clients;
    CPU_ZERO(&of_server);
    CPU_ZERO(&of_clients);
    for (long i = 0; i < cores && i < CPU_SETSIZE; i++)
        CPU_SET((size_t)i, i == 0 ? &of_server : &of_clients);
    CU_ASSERT_FATAL(cores > 1);
    CU_ASSERT_EQUAL(sched_setaffinity(server->pid, sizeof of_server, &of_server), 0);
    CU_ASSERT_EQUAL(sched_setaffinity(0, sizeof of_clients, &of_clients), 0);
}

static void a_migrate_that_was_killed_ends_complete_and_exact(void)
{
    crew c = {.settings = settings, .work = work, .definition = DEFINITION};
    redisContext *raw = redisConnectUnix(server->socket);
    if (getenv("TIMED") != NULL)
        pin();
    fill();
    if (getenv("TIMED") != NULL)
        warm_memory();
    ask(raw, "CONFIG SET slowlog-log-slower-than 10000");
    ask(raw, "SLOWLOG RESET");
    crew_start(&c, CLIENTS);
    uint64_t first = migrate_until_killed(HASHES / 2);
    redisReply *state = redisCommand(raw, "HGET m:Person#schema index:city");
    CU_ASSERT(state->type == REDIS_REPLY_STRING && strstr(state->str, "\"building\"") != NULL);
    freeReplyObject(state);
    all_are_found(3);
    double seconds = migrate_whole();
    crew_end(&c);
    all_are_found(200);
    long long slow = ask(raw, "SLOWLOG LEN");
    print_slow(raw);
    sweep(raw);
    checked found = checker_run(raw, &PERSON);
    printf(
        "\nkilled after %llu records, then %.1f s; %llu operations meanwhile (%llu done, %llu duplicates, %llu busy, "
        "%llu unexpected%s%s); %zu records, %zu entries, %zu claims, %zu expire, %zu faults; %lld commands over 10 "
        "ms\n",
        (unsigned long long)first, seconds, c.counts->operations, c.counts->done, c.counts->duplicates, c.counts->busy,
        c.counts->unexpected, c.counts->message[0] == '\0' ? "" : ", first ", c.counts->message, found.records,
        found.entries, found.claims, found.expiring, found.faults, slow);
    CU_ASSERT_EQUAL(found.faults, 0);
    CU_ASSERT(first >= HASHES / 2);
    CU_ASSERT(found.records >= OLD);
    CU_ASSERT(found.expiring >= 1);
    CU_ASSERT(c.counts->done >= 500);
    CU_ASSERT_EQUAL(c.counts->unexpected, 0);
    CU_ASSERT(getenv("TIMED") == NULL || slow == 0);
    check_says_exact();
    redisFree(raw);
    crew_free(&c);
}

int main(void)
{
    static const test tests[] = {
        {"a migrate that was killed ends complete and exact", a_migrate_that_was_killed_ends_complete_and_exact},
    };
    random_start();
    server = redis_server_start(NULL);
    snprintf(settings, sizeof settings, "{\"url\": \"unix://%s\", \"keyPrefix\": \"m:\"}", server->socket);
    int failed = SUITE_RUN("torture: migrate among writers", tests);
    redis_server_stop(server);
    return failed;
}
