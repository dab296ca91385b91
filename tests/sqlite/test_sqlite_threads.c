/* Eight threads on one data source of SQLite, beside another data source and another program that write to the same file:
 * right answers at every moment, and nobody is told that the database is locked. */
#include "base.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define ACCOUNTS 10
#define WRITERS  4
#define READERS  4
#define ROUNDS   120 /* of a writer: four writes each */
#define WORDS    200

static const char ACCOUNT[] = "{\"name\":\"Account\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true},"
                              "\"cents\":{\"type\":\"integer\",\"index\":true},\"hits\":\"integer\"}}";
static const char LINE[] =
    "{\"name\":\"Line\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true,\"generated\":true},"
    "\"who\":{\"type\":\"integer\",\"index\":true},\"n\":\"integer\",\"text\":\"string\"}}";
static const char CLAIM[] = "{\"name\":\"Claim\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},"
                            "\"word\":{\"type\":\"string\",\"unique\":true}}}";

typedef struct shared {
    ds_model *accounts, *lines, *claims;
    ds_source *source;
} shared;

typedef struct crew {
    const shared *on;
    int number;
    atomic_bool *stop;
    atomic_int *won;
    uint64_t random, reads;
    char wrong[600]; /* what was wrong first */
} crew;

static uint32_t crew_random(crew *c, uint32_t below)
{
    c->random = c->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(c->random >> 33) % below;
}

static bool good(crew *c, bool is_so, const char *what, const ds_error *error)
{
    if (!is_so && c->wrong[0] == '\0')
        snprintf(c->wrong, sizeof c->wrong, "%s: %s", what, error == NULL ? "it is otherwise" : error->message);
    return is_so;
}

/* ---- writers ---- */

/* From one account to another: the sum of all stays 0, for whoever looks. */
static bool move_cents(crew *c)
{
    ds_error error = {.status = DS_OK};
    ds_batch *batch = NULL;
    int64_t cents = 1 + crew_random(c, 100);
    uint32_t from = crew_random(c, ACCOUNTS), to = (from + 1 + crew_random(c, ACCOUNTS - 1)) % ACCOUNTS;
    if (ds_batch_new(c->on->source, &batch, &error) != DS_OK)
        return good(c, false, "batch", &error);
    ds_batch_increment(batch, c->on->accounts, ds_integer(from), "cents", ds_integer(-cents), NULL);
    ds_batch_increment(batch, c->on->accounts, ds_integer(to), "cents", ds_integer(cents), NULL);
    ds_status status = ds_batch_run(batch, DS_ATOMIC, &error);
    ds_batch_free(batch);
    return good(c, status == DS_OK, "move", &error);
}

static bool add_line(crew *c, int n)
{
    ds_error error = {.status = DS_OK};
    ds_record *line = ds_record_new(c->on->lines);
    ds_record_set(line, "who", ds_integer(c->number));
    ds_record_set(line, "n", ds_integer(n));
    ds_record_set(line, "text", ds_string("a line that takes some room, so that the log grows as logs of hosts do"));
    ds_status status = ds_create(c->on->lines, line, &error);
    ds_record_free(line);
    return good(c, status == DS_OK, "create", &error);
}

static bool claim_word(crew *c)
{
    ds_error error = {.status = DS_OK};
    char word[32];
    snprintf(word, sizeof word, "word %u", crew_random(c, WORDS));
    ds_record *claim = ds_record_new(c->on->claims);
    ds_record_set(claim, "word", ds_string(word));
    snprintf(word, sizeof word, "%d.%u.%u", c->number, crew_random(c, 1u << 30), crew_random(c, 1u << 30));
    ds_record_set(claim, "id", ds_string(word));
    ds_status status = ds_create(c->on->claims, claim, &error);
    ds_record_free(claim);
    if (status == DS_OK)
        ++*c->won;
    return good(c, status == DS_OK || status == DS_DUPLICATE, "claim", &error);
}

static void *write_much(void *user)
{
    crew *c = user;
    bool fine = true;
    for (int i = 0; i < ROUNDS && fine; i++) {
        ds_error error = {.status = DS_OK};
        fine = move_cents(c) && add_line(c, i) && claim_word(c);
        ds_status status = ds_increment(c->on->accounts, ds_integer(i % ACCOUNTS), "hits", ds_integer(1), NULL, &error);
        fine = good(c, status == DS_OK, "increment", &error) && fine;
    }
    return NULL;
}

/* ---- readers ---- */

/* One find is one moment: the moves that it has met are whole. */
static bool sum_is_nothing(crew *c)
{
    ds_error error = {.status = DS_OK};
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    int64_t sum = 0, count = 0, last = INT64_MIN;
    bool sorted = true;
    ds_status status = ds_find(c->on->accounts, DS_QUERY(.order = "cents"), &cursor, &error);
    while (status == DS_OK && (status = ds_cursor_next(cursor, &record, &error)) == DS_OK && record != NULL) {
        int64_t cents = ds_record_get(record, "cents").as.integer;
        sorted = sorted && cents >= last;
        last = cents;
        sum += cents;
        count++;
    }
    ds_cursor_close(cursor);
    return good(c, status == DS_OK, "find", &error) && good(c, sum == 0 && count == ACCOUNTS, "sum", NULL) &&
           good(c, sorted, "order", NULL);
}

/* The lines of one writer are there in the order in which it wrote them, with none left out. */
static bool lines_are_complete(crew *c)
{
    ds_error error = {.status = DS_OK};
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    int64_t next = 0;
    bool fine = true;
    ds_filter *where = ds_where("who", DS_EQ, ds_integer(crew_random(c, WRITERS)));
    ds_status status = ds_find(c->on->lines, DS_QUERY(.where = where, .order = "id"), &cursor, &error);
    while (status == DS_OK && (status = ds_cursor_next(cursor, &record, &error)) == DS_OK && record != NULL)
        fine = fine && ds_record_get(record, "n").as.integer == next++;
    ds_cursor_close(cursor);
    ds_filter_free(where);
    return good(c, status == DS_OK, "find lines", &error) && good(c, fine, "lines", NULL);
}

static bool count_grows(crew *c, uint64_t *least)
{
    ds_error error = {.status = DS_OK};
    uint64_t count = 0;
    ds_status status = ds_count(c->on->lines, NULL, &count, &error);
    bool grows = count >= *least;
    *least = count;
    return good(c, status == DS_OK, "count", &error) && good(c, grows, "a count", NULL);
}

static void *read_much(void *user)
{
    crew *c = user;
    uint64_t least = 0;
    bool fine = true;
    do {
        ds_error error = {.status = DS_OK};
        ds_record *record = NULL;
        ds_status status = ds_find_by_id(c->on->accounts, ds_integer(crew_random(c, ACCOUNTS)), &record, &error);
        ds_record_free(record);
        fine = good(c, status == DS_OK, "find by id", &error) && sum_is_nothing(c) && lines_are_complete(c) &&
               count_grows(c, &least);
        c->reads += 4;
    } while (fine && !atomic_load(c->stop));
    return NULL;
}

/* ---- another program ---- */

static int foreign_step(sqlite3 *db, int i)
{
    char sql[300];
    snprintf(
        sql, sizeof sql,
        "BEGIN IMMEDIATE; UPDATE Account SET cents = cents - %d WHERE id = %d; UPDATE Account SET cents = cents + %d, "
        "hits = hits + 1 WHERE id = %d; INSERT INTO Line (who, n) VALUES (99, %d); COMMIT",
        i, i % ACCOUNTS, i, (i + 3) % ACCOUNTS, i);
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

/* Begins when a byte comes, so that it works beside the threads; ends with 0 where SQLite never refused it. */
static pid_t foreign_start(int *begin)
{
    int ends[2];
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        sqlite3 *db;
        char byte;
        close(ends[1]);
        int code = read(ends[0], &byte, 1) == 1 ? sqlite3_open(base_file, &db) : SQLITE_ERROR;
        if (code == SQLITE_OK)
            sqlite3_busy_timeout(db, 60000);
        for (int i = 0; i < 2 * ROUNDS && code == SQLITE_OK; i++)
            code = foreign_step(db, i);
        _exit(code == SQLITE_OK ? 0 : 1);
    }
    close(ends[0]);
    *begin = ends[1];
    return child;
}

/* ---- all of them ---- */

static shared models_of(ds_source *source)
{
    return (shared){host_model(source, ACCOUNT), host_model(source, LINE), host_model(source, CLAIM), source};
}

static void make_accounts(const shared *on)
{
    for (int i = 0; i < ACCOUNTS; i++) {
        char json[64];
        snprintf(json, sizeof json, "{\"id\":%d,\"cents\":0,\"hits\":0}", i);
        CU_ASSERT_EQUAL(host_create(on->accounts, json), DS_OK);
    }
    host_count(on->lines, NULL);
    host_count(on->claims, NULL);
}

static void crew_join(pthread_t *threads, crew *crews, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        pthread_join(threads[i], NULL);
        if (crews[i].wrong[0] != '\0')
            printf("\nthread %zu: %s", i, crews[i].wrong);
        CU_ASSERT_STRING_EQUAL(crews[i].wrong, "");
    }
}

/* Eight on the source, and one on each other one; answers how many words were won. */
static int run_all(const shared *one, const shared *other, bool threads_of_other)
{
    enum { MOST = WRITERS + READERS + 1 };
    pthread_t threads[MOST];
    crew crews[MOST];
    atomic_bool stop = false;
    atomic_int won = 0;
    size_t readers = WRITERS + (threads_of_other ? 1 : 0), count = readers + READERS;
    uint64_t reads = 0;
    for (size_t i = 0; i < count; i++) {
        crews[i] = (crew){.on = i == WRITERS && threads_of_other ? other : one,
                          .number = (int)i,
                          .stop = &stop,
                          .won = &won,
                          .random = i * 977 + 1};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, i < readers ? write_much : read_much, &crews[i]), 0);
    }
    crew_join(threads, crews, 0, readers);
    atomic_store(&stop, true);
    crew_join(threads, crews, readers, count);
    for (size_t i = readers; i < count; i++)
        reads += crews[i].reads;
    printf("\n%zu writers, %d writes each, beside %llu reads", readers, 4 * ROUNDS, (unsigned long long)reads);
    return won;
}

static long long sum_of(ds_model *model, const char *property)
{
    ds_cursor *cursor;
    const ds_record *record;
    long long sum = 0;
    CU_ASSERT_EQUAL_FATAL(ds_find(model, NULL, &cursor, &host_error), DS_OK);
    while (ds_cursor_next(cursor, &record, &host_error) == DS_OK && record != NULL)
        sum += ds_record_get(record, property).as.integer;
    ds_cursor_close(cursor);
    return sum;
}

/* What all of them have left, where another data source and another program wrote, too. */
static void what_is_left_is_right(const shared *on, int won, int writers, bool foreign)
{
    uint64_t lines = (uint64_t)(writers * ROUNDS + (foreign ? 2 * ROUNDS : 0));
    CU_ASSERT_EQUAL(sum_of(on->accounts, "cents"), 0);
    CU_ASSERT_EQUAL(sum_of(on->accounts, "hits"), (long long)lines);
    CU_ASSERT_EQUAL(host_count(on->lines, NULL), lines);
    CU_ASSERT_EQUAL(host_count(on->claims, NULL), (uint64_t)won);
    CU_ASSERT(won > WORDS / 2);
    for (int i = 0; i < WORDS; i++) {
        char where[64];
        snprintf(where, sizeof where, "{\"word\":\"word %d\"}", i);
        CU_ASSERT(host_count(on->claims, where) <= 1);
    }
}

static void in_a_file(const char *settings)
{
    char json[700];
    int begin, status = 0;
    base_begin();
    pid_t child = foreign_start(&begin);
    shared one = models_of(base_open(settings));
    make_accounts(&one);
    ds_source *second;
    snprintf(json, sizeof json, "{\"file\":\"%s\"%s}", base_file, settings);
    CU_ASSERT_EQUAL_FATAL(ds_source_open("sqlite", json, &second, &host_error), DS_OK);
    shared other = models_of(second);
    CU_ASSERT_EQUAL(write(begin, "+", 1), 1);
    int won = run_all(&one, &other, true);
    waitpid(child, &status, 0);
    close(begin);
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    what_is_left_is_right(&one, won, WRITERS + 1, true);
    ds_source_close(second);
    BASE_IS("PRAGMA integrity_check", "ok\n");
    base_end();
}

static void eight_threads_another_source_and_another_program(void)
{
    in_a_file(",\"busyTimeout\":60000");
}

/* Where readers and a writer keep each other waiting. */
static void the_same_with_a_rollback_journal(void)
{
    in_a_file(",\"busyTimeout\":60000,\"journalMode\":\"TRUNCATE\",\"synchronous\":\"OFF\"");
}

static void eight_threads_in_memory(void)
{
    ds_source *source;
    CU_ASSERT_EQUAL_FATAL(ds_source_open("sqlite", "{\"file\":\":memory:\"}", &source, &host_error), DS_OK);
    shared one = models_of(source);
    make_accounts(&one);
    int won = run_all(&one, NULL, false);
    what_is_left_is_right(&one, won, WRITERS, false);
    ds_source_close(source);
}

/* Two connections for twelve cursors that wait for their hosts: all get theirs, and each sees one moment. */
static void more_cursors_than_connections(void)
{
    ds_cursor *cursors[12];
    base_begin();
    shared one = models_of(base_open(",\"connections\":2"));
    for (int i = 0; i < 1000; i++) {
        char json[64];
        snprintf(json, sizeof json, "{\"who\":%d,\"n\":%d}", i % 3, i);
        CU_ASSERT_EQUAL_FATAL(host_create(one.lines, json), DS_OK);
    }
    int64_t next[12] = {0};
    const ds_record *record;
    for (int i = 0; i < 12; i++)
        CU_ASSERT_EQUAL_FATAL(ds_find(one.lines, i % 2 == 0 ? NULL : DS_QUERY(.order = "id"), &cursors[i], &host_error),
                              DS_OK);
    for (int k = 0; k < 1000; k++)
        for (int i = 0; i < 12; i++) {
            CU_ASSERT_EQUAL_FATAL(ds_cursor_next(cursors[i], &record, &host_error), DS_OK);
            CU_ASSERT_PTR_NOT_NULL_FATAL(record);
            CU_ASSERT_EQUAL(ds_record_get(record, "n").as.integer, next[i]++);
        }
    for (int i = 0; i < 12; i++) {
        CU_ASSERT_EQUAL(ds_cursor_next(cursors[i], &record, &host_error), DS_OK);
        CU_ASSERT_PTR_NULL(record);
        ds_cursor_close(cursors[i]);
    }
    CU_ASSERT(host_stat(one.source, "scansParked") > 0);
    base_end();
}

int main(void)
{
    static const test tests[] = {
        {"eight threads, another source and another program", eight_threads_another_source_and_another_program},
        {"the same with a rollback journal", the_same_with_a_rollback_journal},
        {"eight threads in memory", eight_threads_in_memory},
        {"more cursors than connections", more_cursors_than_connections},
    };
    return SUITE_RUN("sqlite: threads", tests);
}
