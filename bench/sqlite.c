/* SQLite through the library against the raw C API with prepared statements, in one run on one CPU: find by id, 10,000
 * creates in one batch, an indexed find of 100, a full scan. All sides work on tables of the same definition (the raw
 * ones' are copied from the library's), with the same journal and the same pragmas, and all end with each record's values
 * copied to memory of their own. CPU time of user and system, by turns; the ratio is the median of those of many rounds,
 * and beside it stands between what half of the rounds were.
 *
 * There are two raw sides: a connection of sqlite3_open(), as a user types it, which is SQLITE_OPEN_FULLMUTEX: threads may
 * share it as they may share a data source. It must not be paid more than 1.3 times. And one of SQLITE_OPEN_NOMUTEX, for one
 * thread alone, to compare: no limit is set to that. */
#include "bench.h"

#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FOUND   100 /* of one age */
#define LOOKUPS 10000
#define FINDS   300
#define SCANS   10
#define MOST    1.3

static char folder[] = "/tmp/datasource-bench-XXXXXX", library_file[64];
static ds_source *source;
static ds_model *model;

typedef struct raw_side {
    sqlite3 *db;
    sqlite3_stmt *find, *by_age, *all, *insert;
    uint64_t checksum;
} raw_side;
static raw_side sides[2], *raw = sides; /* SQLITE_OPEN_FULLMUTEX, which is the default; SQLITE_OPEN_NOMUTEX */
static uint64_t checksum;               /* of what was read: the same work */

static void need_code(int code, const char *what)
{
    need(code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW, what, sqlite3_errmsg(raw->db));
}

static double cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* ---- the library ---- */

static void library_find_by_id(void)
{
    ds_error error;
    for (int i = 0; i < LOOKUPS; i++) {
        ds_record *found;
        need_status(ds_find_by_id(model, ds_string(people[i % RECORDS].id), &found, &error), &error, "find by id");
        checksum += digest_of(found);
        ds_record_free(found);
    }
}

static void library_walk(const ds_query *query, size_t expected)
{
    ds_cursor *cursor;
    ds_error error;
    const ds_record *record;
    size_t count = 0;
    need_status(ds_find(model, query, &cursor, &error), &error, "find");
    while (need_status(ds_cursor_next(cursor, &record, &error), &error, "next"), record != NULL) {
        checksum += digest_of(record);
        count++;
    }
    ds_cursor_close(cursor);
    need(count == expected, "find", "another number of records came");
}

static void library_find(void)
{
    for (int i = 0; i < FINDS; i++) {
        ds_filter *where = ds_where("age", DS_EQ, ds_integer(i % (RECORDS / FOUND)));
        library_walk(DS_QUERY(.where = where), FOUND);
        ds_filter_free(where);
    }
}

static void library_scan(void)
{
    for (int i = 0; i < SCANS; i++)
        library_walk(NULL, RECORDS);
}

static void library_empty(void)
{
    ds_error error;
    need_status(ds_delete(model, ds_everything(), NULL, &error), &error, "delete");
}

static void library_create(void)
{
    static ds_record *records[RECORDS];
    ds_error error;
    for (int i = 0; i < RECORDS; i++)
        records[i] = record_of(model, &people[i]);
    need_status(ds_create_all(model, records, RECORDS, NULL, &error), &error, "create");
    for (int i = 0; i < RECORDS; i++)
        ds_record_free(records[i]);
}

/* ---- the raw API ---- */

static sqlite3_stmt *prepare(const char *sql)
{
    sqlite3_stmt *stmt;
    need_code(sqlite3_prepare_v3(raw->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL), sql);
    return stmt;
}

static void run(const char *sql)
{
    need_code(sqlite3_exec(raw->db, sql, NULL, NULL, NULL), sql);
}

static void column_text(char to[32], sqlite3_stmt *stmt, int at)
{
    const unsigned char *bytes = sqlite3_column_text(stmt, at);
    take_text(to, (const char *)bytes, (size_t)sqlite3_column_bytes(stmt, at));
}

static uint64_t row_digest(sqlite3_stmt *stmt)
{
    person p;
    column_text(p.id, stmt, 0);
    column_text(p.name, stmt, 1);
    p.age = sqlite3_column_int64(stmt, 2);
    p.score = sqlite3_column_double(stmt, 3);
    p.member = sqlite3_column_int(stmt, 4);
    p.born = sqlite3_column_int64(stmt, 5);
    return digest(&p);
}

#define COLUMNS "SELECT id, name, age, score, member, born FROM Person"

static void raw_find_by_id(void)
{
    static sqlite3_stmt *stmt;
    if (stmt == NULL)
        stmt = prepare(COLUMNS " WHERE id = ?");
    for (int i = 0; i < LOOKUPS; i++) {
        const person *p = &people[i % RECORDS];
        sqlite3_bind_text(stmt, 1, p->id, (int)strlen(p->id), SQLITE_STATIC);
        need(sqlite3_step(stmt) == SQLITE_ROW, "find by id", sqlite3_errmsg(raw->db));
        raw->checksum += row_digest(stmt);
        sqlite3_reset(stmt);
    }
}

static void raw_walk(sqlite3_stmt *stmt, size_t expected)
{
    size_t count = 0;
    int code;
    while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
        raw->checksum += row_digest(stmt);
        count++;
    }
    need_code(code, "find");
    need(count == expected, "find", "another number of records came");
    sqlite3_reset(stmt);
}

static void raw_find(void)
{
    static sqlite3_stmt *stmt;
    if (stmt == NULL)
        stmt = prepare(COLUMNS " WHERE age = ?");
    for (int i = 0; i < FINDS; i++) {
        sqlite3_bind_int64(stmt, 1, i % (RECORDS / FOUND));
        raw_walk(stmt, FOUND);
    }
}

static void raw_scan(void)
{
    if (raw->all == NULL)
        raw->all = prepare(COLUMNS);
    sqlite3_stmt *stmt = raw->all;
    for (int i = 0; i < SCANS; i++)
        raw_walk(stmt, RECORDS);
}

static void raw_empty(void)
{
    run("DELETE FROM Person");
}

static void raw_create(void)
{
    if (raw->insert == NULL)
        raw->insert = prepare("INSERT INTO Person (id, name, age, score, member, born) VALUES (?, ?, ?, ?, ?, ?)");
    sqlite3_stmt *stmt = raw->insert;
    run("BEGIN IMMEDIATE");
    for (int i = 0; i < RECORDS; i++) {
        const person *p = &people[i];
        sqlite3_bind_text(stmt, 1, p->id, (int)strlen(p->id), SQLITE_STATIC);
        sqlite3_bind_text(stmt, 2, p->name, (int)strlen(p->name), SQLITE_STATIC);
        sqlite3_bind_int64(stmt, 3, p->age);
        sqlite3_bind_double(stmt, 4, p->score);
        sqlite3_bind_int(stmt, 5, p->member);
        sqlite3_bind_int64(stmt, 6, p->born);
        need_code(sqlite3_step(stmt), "create");
        sqlite3_reset(stmt);
    }
    run("COMMIT");
}

/* ---- both ---- */

static void copy_schema(void)
{
    sqlite3 *from;
    sqlite3_stmt *stmt;
    need(sqlite3_open(library_file, &from) == SQLITE_OK, "the library's file", "it could not be opened");
    need(sqlite3_prepare_v2(from, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL", -1, &stmt, NULL) == SQLITE_OK,
         "the library's schema", sqlite3_errmsg(from));
    while (sqlite3_step(stmt) == SQLITE_ROW)
        run((const char *)sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
    sqlite3_close(from);
}

static void open_raw(raw_side *side, const char *name, int mutex)
{
    char file[64];
    raw = side;
    snprintf(file, sizeof file, "%s/%s.db", folder, name);
    need(sqlite3_open_v2(file, &side->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | mutex, NULL) == SQLITE_OK,
         "the raw file", "it could not be opened");
    run("PRAGMA journal_mode=WAL");
    run("PRAGMA synchronous=FULL");
    copy_schema();
}

static void open_all(void)
{
    char settings[128];
    ds_error error;
    uint64_t count;
    need(mkdtemp(folder) != NULL, "the folder", "it could not be made");
    snprintf(library_file, sizeof library_file, "%s/library.db", folder);
    snprintf(settings, sizeof settings, "{\"file\":\"%s\"}", library_file);
    need_status(ds_source_open("sqlite", settings, &source, &error), &error, "open");
    need_status(ds_model_define(source, PERSON("{\"type\":\"integer\",\"index\":true}"), &model, &error), &error,
                "define");
    need_status(ds_count(model, NULL, &count, &error), &error, "count"); /* makes the table */
    open_raw(&sides[0], "raw", SQLITE_OPEN_FULLMUTEX);
    open_raw(&sides[1], "bare", SQLITE_OPEN_NOMUTEX);
}

static void close_all(void)
{
    char command[128];
    ds_source_close(source);
    for (int i = 0; i < 2; i++) {
        for (sqlite3_stmt *s; (s = sqlite3_next_stmt(sides[i].db, NULL)) != NULL;)
            sqlite3_finalize(s);
        sqlite3_close(sides[i].db);
    }
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    need(system(command) == 0, "the folder", "it could not be removed");
}

typedef struct contest {
    const char *name;
    void (*library)(void), (*raw)(void);
    void (*library_before)(void), (*raw_before)(void); /* not timed; or NULL */
    int operations;
} contest;

static double timed(void (*before)(void), void (*side)(void))
{
    if (before != NULL)
        before();
    double start = cpu_us();
    side();
    return cpu_us() - start;
}

static double raw_timed(const contest *c, raw_side *side)
{
    raw = side;
    return timed(c->raw_before, c->raw);
}

typedef struct measured {
    double library[ROUNDS], raw[ROUNDS], ratio[ROUNDS], bare_ratio[ROUNDS];
} measured;

/* Each round has all sides, in another order. */
static void measure(const contest *c, measured *m)
{
    for (int i = -1; i < ROUNDS; i++) { /* the first round warms up */
        double first = i % 2 == 0 ? raw_timed(c, &sides[0]) : 0;
        double library = timed(c->library_before, c->library);
        double one = i % 2 == 0 ? first : raw_timed(c, &sides[0]);
        double bare = raw_timed(c, &sides[1]);
        if (i < 0)
            continue;
        m->library[i] = library;
        m->raw[i] = one;
        m->ratio[i] = library / one;
        m->bare_ratio[i] = library / bare;
    }
}

static bool hold(const contest *c)
{
    measured m;
    measure(c, &m);
    double r = median(m.ratio);
    printf("%-28s %10.2f %10.2f %8.2f  %.2f to %.2f %10.2f%s\n", c->name, median(m.library) / c->operations,
           median(m.raw) / c->operations, r, m.ratio[ROUNDS / 4], m.ratio[ROUNDS - 1 - ROUNDS / 4],
           median(m.bare_ratio), r <= MOST ? "" : "  more than it may");
    return r <= MOST;
}

/* With an argument: only the contests whose names have it. */
int main(int argc, char **argv)
{
    static const contest contests[] = {
        {"10,000 creates in one batch", library_create, raw_create, library_empty, raw_empty, RECORDS},
        {"find by id", library_find_by_id, raw_find_by_id, NULL, NULL, LOOKUPS},
        {"indexed find of 100", library_find, raw_find, NULL, NULL, FINDS},
        {"full scan, a record", library_scan, raw_scan, NULL, NULL, SCANS * RECORDS},
    };
    bool held = true;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    sched_setaffinity(0, sizeof one, &one);
    make_people();
    open_all();
    library_create();
    for (int i = 0; i < 2; i++) {
        raw = &sides[i];
        raw_create();
    }
    printf("SQLite %s, CPU time in us of the median of %d rounds\n", sqlite3_libversion(), ROUNDS);
    printf("ratio: to a connection as sqlite3_open() opens it (FULLMUTEX), which threads may share; at most %.1f\n"
           "no mutex: to one of SQLITE_OPEN_NOMUTEX, for one thread alone; to compare, without a limit\n",
           MOST);
    printf("%-28s %10s %10s %8s  %12s %10s\n", "", "library", "raw", "ratio", "", "no mutex");
    for (size_t i = 0; i < sizeof contests / sizeof *contests; i++)
        if (argc < 2 || strstr(contests[i].name, argv[1]) != NULL)
            held = hold(&contests[i]) && held;
    need(checksum == sides[0].checksum && checksum == sides[1].checksum, "what was read",
         "the sides have read different values");
    close_all();
    return held ? EXIT_SUCCESS : EXIT_FAILURE;
}
