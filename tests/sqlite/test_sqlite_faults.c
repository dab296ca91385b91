/* What goes wrong with a file: each a status and one sentence that names the file and the data source; and nothing that was
 * acknowledged is lost, and nothing that failed is there. */
#include "base.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define T "{\"name\":\"T\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true},\"text\":\"string\"}}"

/* ---- a data source named "store", by a catalog ---- */

static ds_catalog *catalog;

static ds_source *store_at(const char *file, const char *settings)
{
    char json[1400];
    ds_catalog_close(catalog);
    snprintf(json, sizeof json, "{\"store\":{\"connector\":\"sqlite\",\"file\":\"%s\"%s}}", file, settings);
    CU_ASSERT_EQUAL_FATAL(ds_catalog_parse(json, NULL, &catalog, &host_error), DS_OK);
    ds_source *source = ds_catalog_source(catalog, "store", &host_error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(source);
    return source;
}

static ds_source *store(const char *settings)
{
    return store_at(base_file, settings);
}

static void begin(void)
{
    base_begin();
}

static void end(void)
{
    ds_catalog_close(catalog);
    catalog = NULL;
    base_end();
}

/* One sentence that names the file (NULL: any) and the data source, and says `words`. */
static void told(ds_status status, ds_status expected, const char *file, const char *words)
{
    const char *message = host_error.message;
    bool fine = status == expected && strcmp(host_error.source, "store") == 0 &&
                (file == NULL || strstr(message, file) != NULL) && strstr(message, "store") != NULL &&
                strstr(message, words) != NULL && strchr(message, '\n') == NULL;
    if (!fine)
        printf("\n%s of \"%s\": %s", ds_status_name(status), host_error.source, message);
    CU_ASSERT(fine);
}

static ds_status create(ds_model *m, int64_t id, size_t length)
{
    static char text[400001];
    memset(text, 'x', sizeof text - 1);
    ds_record *record = ds_record_new(m);
    ds_record_set(record, "id", ds_integer(id));
    ds_record_set(record, "text", ds_string_n(text, (uint32_t)length));
    ds_status status = ds_create(m, record, &host_error);
    ds_record_free(record);
    return status;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- files that are something else ---- */

static void a_file_that_is_not_a_database_is_left_alone(void)
{
    static const char words[] =
        "These are my letters, and nobody's database. They are longer than the hundred bytes of a header, for SQLite "
        "reads these first, and then says what it thinks of them.\n";
    size_t length;
    begin();
    free(folder_write(base_folder, "records.db", words));
    told(ds_connect(store(""), &host_error), DS_CONFIG, base_file, "is not a SQLite database");
    told(ds_connect(store(",\"readOnly\":true"), &host_error), DS_CONFIG, base_file, "is not a SQLite database");
    uint64_t count;
    told(ds_count(host_model(store(""), T), NULL, &count, &host_error), DS_CONFIG, base_file, "is not a SQLite");
    told(create(host_model(store(""), T), 1, 1), DS_CONFIG, base_file, "is not a SQLite database");
    char *after = file_read(base_file, &length);
    CU_ASSERT_EQUAL(length, sizeof words - 1);
    CU_ASSERT_STRING_EQUAL(after, words);
    free(after);
    end();
}

static void a_file_that_cannot_be_opened_is_named(void)
{
    char path[600];
    begin();
    snprintf(path, sizeof path, "%s/no/such/folder.db", base_folder);
    told(ds_connect(store_at(path, ""), &host_error), DS_CONFIG, path, "No such file or directory");
    told(ds_connect(store_at(base_folder, ""), &host_error), DS_CONFIG, base_folder, "could not be opened");
    told(ds_connect(store(",\"readOnly\":true"), &host_error), DS_CONFIG, base_file, "could not be opened");
    CU_ASSERT_EQUAL(access(base_file, F_OK), -1);
    /* it appears, and is used */
    ds_source *source = store(",\"readOnly\":true");
    told(ds_connect(source, &host_error), DS_CONFIG, base_file, "could not be opened");
    base_run("CREATE TABLE T (id INTEGER PRIMARY KEY, text TEXT); INSERT INTO T VALUES (1, 'x')");
    CU_ASSERT_EQUAL(host_count(host_model(source, T), NULL), 1);
    end();
}

static void a_damaged_file_says_so(void)
{
    begin();
    ds_model *m = host_model(store(",\"journalMode\":\"DELETE\""), T);
    for (int i = 0; i < 100; i++)
        CU_ASSERT_EQUAL(create(m, i, 3000), DS_OK);
    ds_catalog_close(catalog);
    catalog = NULL;
    FILE *file = fopen(base_file, "r+b");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    fseek(file, 4096, SEEK_SET);
    for (long i = 4096; i < size; i++)
        fputc(0xa5, file);
    fclose(file);
    m = host_model(store(""), T);
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    ds_status status = ds_find(m, NULL, &cursor, &host_error);
    while (status == DS_OK && (status = ds_cursor_next(cursor, &record, &host_error)) == DS_OK && record != NULL)
        continue;
    ds_cursor_close(cursor);
    told(status, DS_BACKEND, base_file, "is damaged");
    told(create(m, 1000, 10), DS_BACKEND, base_file, "is damaged");
    end();
}

/* ---- files that may not be written, or not be read ---- */

/* The rights of files bind root as little as nothing. */
static void become_nobody(bool nobody)
{
    static bool is_root;
    is_root = is_root || geteuid() == 0;
    if (is_root)
        CU_ASSERT_EQUAL_FATAL(seteuid(nobody ? 65534 : 0), 0);
}

static void make_table(const char *journal)
{
    char sql[200];
    snprintf(
        sql, sizeof sql,
        "PRAGMA journal_mode=%s; CREATE TABLE T (id INTEGER PRIMARY KEY, text TEXT); INSERT INTO T VALUES (1, 'x')",
        journal);
    base_run(sql);
}

static void a_file_that_may_only_be_read_is_read(void)
{
    begin();
    make_table("DELETE");
    chmod(base_folder, 0555);
    chmod(base_file, 0444);
    ds_source *source = store(",\"readOnly\":true");
    become_nobody(true);
    CU_ASSERT_EQUAL(host_count(host_model(source, T), NULL), 1);
    told(create(host_model(source, T), 2, 1), DS_READONLY, NULL, "readOnly");
    become_nobody(false);
    source = store("");
    become_nobody(true);
    told(ds_connect(source, &host_error), DS_READONLY, base_file, "cannot be written");
    become_nobody(false);
    BASE_IS("SELECT count(*) FROM T", "1\n");
    chmod(base_folder, 0755);
    end();
}

static void a_file_that_may_not_be_read_is_refused(void)
{
    begin();
    make_table("WAL");
    chmod(base_folder, 0555);
    chmod(base_file, 0);
    ds_source *source = store("");
    become_nobody(true);
    told(ds_connect(source, &host_error), DS_CONFIG, base_file, "Permission denied");
    become_nobody(false);
    source = store(",\"readOnly\":true");
    become_nobody(true);
    told(ds_connect(source, &host_error), DS_CONFIG, base_file, "Permission denied");
    become_nobody(false);
    chmod(base_folder, 0755);
    end();
}

static void a_folder_that_may_not_be_written_takes_no_journal(void)
{
    begin();
    make_table("DELETE");
    chmod(base_folder, 0555);
    chmod(base_file, 0666);
    ds_source *source = store(",\"journalMode\":\"DELETE\"");
    become_nobody(true);
    ds_model *m = host_model(source, T);
    CU_ASSERT_EQUAL(host_count(m, NULL), 1);
    told(create(m, 2, 1), DS_READONLY, base_file, "may not be written");
    CU_ASSERT_EQUAL(host_count(m, NULL), 1);
    become_nobody(false);
    chmod(base_folder, 0755);
    CU_ASSERT_EQUAL(create(m, 2, 1), DS_OK);
    end();
}

/* A log needs a file beside the database, even of those who only read. */
static void a_folder_that_may_not_be_written_takes_no_log(void)
{
    begin();
    make_table("WAL");
    chmod(base_folder, 0555);
    chmod(base_file, 0666);
    ds_source *source = store("");
    become_nobody(true);
    told(ds_connect(source, &host_error), DS_CONFIG, base_file, "may not be written");
    become_nobody(false);
    source = store(",\"readOnly\":true");
    become_nobody(true);
    told(ds_connect(source, &host_error), DS_CONFIG, base_file, "may not be written");
    become_nobody(false);
    chmod(base_folder, 0755);
    BASE_IS("SELECT count(*) FROM T", "1\n");
    end();
}

/* ---- files that others have locked ---- */

static sqlite3 *lock_file(const char *how)
{
    sqlite3 *db;
    CU_ASSERT_EQUAL_FATAL(sqlite3_open(base_file, &db), SQLITE_OK);
    CU_ASSERT_EQUAL_FATAL(sqlite3_exec(db, how, NULL, NULL, NULL), SQLITE_OK);
    return db;
}

static void unlock_file(sqlite3 *db)
{
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(db);
}

static void a_locked_file_is_waited_for_so_long_and_no_longer(void)
{
    begin();
    ds_model *m = host_model(store(",\"busyTimeout\":200"), T);
    CU_ASSERT_EQUAL(create(m, 1, 10), DS_OK);
    sqlite3 *other = lock_file("BEGIN IMMEDIATE");
    int64_t start = now_ms();
    told(create(m, 2, 10), DS_BUSY, base_file, "is locked by another program, and stayed so for the 200 ms");
    int64_t waited = now_ms() - start;
    CU_ASSERT(waited >= 190 && waited < 5000);
    CU_ASSERT_EQUAL(host_count(m, NULL), 1); /* a writer keeps no reader out */
    uint64_t changed;
    told(ds_delete(m, ds_everything(), &changed, &host_error), DS_BUSY, base_file, "is locked");
    unlock_file(other);
    CU_ASSERT_EQUAL(create(m, 2, 10), DS_OK);
    CU_ASSERT_EQUAL(host_count(m, NULL), 2);
    end();
}

static void with_a_rollback_journal_readers_are_kept_out_too(void)
{
    uint64_t count;
    begin();
    ds_model *m = host_model(store(",\"busyTimeout\":50,\"journalMode\":\"DELETE\""), T);
    CU_ASSERT_EQUAL(create(m, 1, 10), DS_OK);
    sqlite3 *other = lock_file("BEGIN EXCLUSIVE");
    told(ds_count(m, NULL, &count, &host_error), DS_BUSY, base_file, "is locked");
    told(create(m, 2, 10), DS_BUSY, base_file, "is locked");
    told(ds_connect(store(",\"busyTimeout\":50"), &host_error), DS_BUSY, base_file, "is locked");
    unlock_file(other);
    CU_ASSERT_EQUAL(host_count(host_model(store(""), T), NULL), 1);
    end();
}

/* A program that holds the lock until it is told. */
static pid_t hold_lock(int *told_by)
{
    int to[2], from[2];
    char byte;
    CU_ASSERT_EQUAL_FATAL(pipe(to), 0);
    CU_ASSERT_EQUAL_FATAL(pipe(from), 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        sqlite3 *db;
        close(to[1]);
        close(from[0]);
        if (sqlite3_open(base_file, &db) != SQLITE_OK ||
            sqlite3_exec(db, "BEGIN IMMEDIATE; INSERT INTO T VALUES (100, 'other')", NULL, NULL, NULL) != SQLITE_OK ||
            write(from[1], "+", 1) != 1 || read(to[0], &byte, 1) != 1)
            _exit(1);
        _exit(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK ? 0 : 1);
    }
    close(to[0]);
    close(from[1]);
    CU_ASSERT_EQUAL_FATAL(read(from[0], &byte, 1), 1);
    close(from[0]);
    *told_by = to[1];
    return child;
}

/* The connector's poll() is this one: the first wait for the lock lets the program that holds it go on. */
static int told_at_first_wait = -1;

__attribute__((visibility("default"))) int poll(struct pollfd *fds, nfds_t n, int ms)
{
    const struct timespec wait = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    if (told_at_first_wait >= 0) {
        CU_ASSERT_EQUAL(write(told_at_first_wait, "+", 1), 1);
        told_at_first_wait = -1;
    }
    return ppoll(fds, n, ms < 0 ? NULL : &wait, NULL);
}

static void a_lock_that_ends_in_time_is_not_noticed(void)
{
    int tell, status;
    begin();
    CU_ASSERT_EQUAL(create(host_model(store(""), T), 1, 10), DS_OK);
    ds_catalog_close(catalog); /* SQLite's locks do not go through a fork */
    catalog = NULL;
    pid_t child = hold_lock(&tell);
    ds_model *m = host_model(store(",\"busyTimeout\":60000"), T);
    CU_ASSERT_EQUAL(host_count(m, NULL), 1);
    told_at_first_wait = tell;
    CU_ASSERT_EQUAL(create(m, 2, 10), DS_OK);
    CU_ASSERT_EQUAL(told_at_first_wait, -1); /* it has waited */
    told_at_first_wait = -1;
    close(tell);
    waitpid(child, &status, 0);
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CU_ASSERT_EQUAL(host_count(m, NULL), 3);
    end();
}

static void a_deadline_ends_the_wait_for_a_lock(void)
{
    begin();
    ds_model *m = host_model(store(",\"busyTimeout\":60000"), T), *view = NULL;
    CU_ASSERT_EQUAL(create(m, 1, 10), DS_OK);
    sqlite3 *other = lock_file("BEGIN IMMEDIATE");
    ds_options options = {.size = sizeof options, .timeout_ms = 100};
    CU_ASSERT_EQUAL_FATAL(ds_model_with(m, &options, &view, &host_error), DS_OK);
    int64_t start = now_ms();
    told(create(view, 2, 10), DS_TIMEOUT, NULL, "");
    CU_ASSERT(now_ms() - start < 5000);
    ds_model_free(view);
    unlock_file(other);
    CU_ASSERT_EQUAL(host_count(m, NULL), 1);
    end();
}

static void *cancel_it(void *token)
{
    ds_cancel_set(token);
    return NULL;
}

static void cancelling_ends_the_wait_for_a_lock(void)
{
    begin();
    ds_model *m = host_model(store(",\"busyTimeout\":60000"), T), *view = NULL;
    CU_ASSERT_EQUAL(create(m, 1, 10), DS_OK);
    sqlite3 *other = lock_file("BEGIN IMMEDIATE");
    ds_cancel *token = NULL;
    CU_ASSERT_EQUAL_FATAL(ds_cancel_new(&token, &host_error), DS_OK);
    ds_options options = {.size = sizeof options, .cancel = token};
    CU_ASSERT_EQUAL_FATAL(ds_model_with(m, &options, &view, &host_error), DS_OK);
    pthread_t thread;
    int64_t start = now_ms();
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, cancel_it, token), 0);
    told(create(view, 2, 10), DS_CANCELLED, NULL, "");
    CU_ASSERT(now_ms() - start < 5000);
    pthread_join(thread, NULL);
    ds_model_free(view);
    ds_cancel_free(token);
    unlock_file(other);
    CU_ASSERT_EQUAL(host_count(m, NULL), 1);
    end();
}

/* ---- long walks ---- */

/* Hundreds of conditions that hold for none of very many records: far longer than a step may take. */
static ds_filter *nothing_of_many(ds_model *m)
{
    ds_filter *each[400];
    CU_ASSERT_EQUAL(create(m, 1, 10), DS_OK);
    base_run("WITH RECURSIVE c(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM c WHERE n < 150000) "
             "INSERT INTO T (id, text) SELECT n, 'many of these ' || n FROM c");
    for (size_t i = 0; i < 400; i++) {
        char text[32];
        snprintf(text, sizeof text, "many of these x%zu", i);
        each[i] = ds_where("text", DS_EQ, ds_string(text));
    }
    return ds_any(each, 400);
}

static void a_walk_goes_on_as_long_as_records_are_looked_at(void)
{
    enum { STEP_MS = 150 };
    char settings[64];
    uint64_t count = 1;
    begin();
    ds_filter *none = nothing_of_many(host_model(store(""), T));
    snprintf(settings, sizeof settings, ",\"commandTimeout\":%d", STEP_MS);
    ds_model *m = host_model(store(settings), T), *view = NULL;
    CU_ASSERT_EQUAL(ds_count(m, NULL, &count, &host_error), DS_OK); /* connected */
    int64_t start = now_ms();
    CU_ASSERT_EQUAL(ds_count(m, none, &count, &host_error), DS_OK);
    CU_ASSERT(now_ms() - start > STEP_MS); /* or nothing is proved */
    CU_ASSERT_EQUAL(count, 0);
    ds_record *found = NULL;
    CU_ASSERT_EQUAL(ds_find_one(m, DS_QUERY(.where = none), &found, &host_error), DS_NOT_FOUND);
    CU_ASSERT_EQUAL(ds_delete(m, none, &count, &host_error), DS_OK);
    ds_options options = {.size = sizeof options, .timeout_ms = STEP_MS};
    CU_ASSERT_EQUAL_FATAL(ds_model_with(m, &options, &view, &host_error), DS_OK);
    told(ds_count(view, none, &count, &host_error), DS_TIMEOUT, NULL, ""); /* the whole of it */
    ds_model_free(view);
    ds_filter_free(none);
    end();
}

/* ---- full ---- */

static void execute(ds_source *source, const char *sql)
{
    char *reply = NULL;
    ds_status status = ds_execute(source, 1, &sql, NULL, &reply, &host_error);
    if (status != DS_OK)
        printf("\n%s: %s", sql, host_error.message);
    CU_ASSERT_EQUAL(status, DS_OK);
    ds_free(reply);
}

static ds_status create_many(ds_model *m, int64_t from, size_t n, size_t *created)
{
    ds_record *records[100] = {NULL};
    for (size_t i = 0; i < n; i++) {
        char json[3200] = "{\"id\":", text[3001];
        memset(text, 'y', 3000);
        text[3000] = '\0';
        snprintf(json, sizeof json, "{\"id\":%lld,\"text\":\"%s\"}", (long long)(from + (int64_t)i), text);
        records[i] = host_record(m, json);
    }
    ds_status status = ds_create_all(m, records, n, created, &host_error);
    for (size_t i = 0; i < n; i++)
        ds_record_free(records[i]);
    return status;
}

static void a_full_file_keeps_what_it_has(void)
{
    begin();
    ds_source *source = store("");
    ds_model *m = host_model(source, T);
    int64_t there = 0;
    CU_ASSERT_EQUAL(create(m, there++, 3000), DS_OK);
    execute(source, "PRAGMA max_page_count=40");
    while (create(m, there, 3000) == DS_OK)
        there++;
    CU_ASSERT(there > 10 && there < 100);
    told(create(m, there, 3000), DS_BACKEND, base_file, "full");
    CU_ASSERT_EQUAL(host_count(m, NULL), (uint64_t)there);
    size_t created = 7;
    told(create_many(m, 1000, 100, &created), DS_BACKEND, base_file, "full");
    CU_ASSERT_EQUAL(created, 0);
    CU_ASSERT_PTR_NULL(strstr(host_error.message, "nothing was changed")); /* of a batch, only this part was not */
    CU_ASSERT_EQUAL(host_count(m, NULL), (uint64_t)there);
    /* what makes room makes it go on */
    CU_ASSERT_EQUAL(ds_delete_by_id(m, ds_integer(0), &host_error), DS_OK);
    CU_ASSERT_EQUAL(create(m, there, 3000), DS_OK);
    execute(source, "PRAGMA max_page_count=4000");
    CU_ASSERT_EQUAL(create_many(m, 1000, 100, &created), DS_OK);
    CU_ASSERT_EQUAL(host_count(m, NULL), (uint64_t)there + 100);
    BASE_IS("PRAGMA integrity_check", "ok\n");
    end();
}

/* In a program of its own, whose files may not grow beyond some size: the status of what failed, and how many were made. */
static void grow_to_a_limit(const char *settings, int report)
{
    int32_t result[2] = {0};
    signal(SIGXFSZ, SIG_IGN);
    ds_model *m = host_model(store(settings), T);
    ds_status status = create(m, 0, 3000);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){200000, 200000});
    while (status == DS_OK && result[1] < 1000) {
        result[1]++;
        status = create(m, result[1], 3000);
    }
    result[0] = (int32_t)status;
    uint64_t count = 0;
    if (strstr(host_error.message, base_file) == NULL || ds_count(m, NULL, &count, NULL) != DS_OK ||
        count != (uint64_t)result[1])
        result[0] = -1;
    _exit(write(report, result, sizeof result) == sizeof result ? 0 : 1);
}

static void a_file_that_may_not_grow_keeps_what_it_has(void)
{
    static const char *const settings[] = {"", ",\"journalMode\":\"DELETE\""};
    for (int i = 0; i < 2; i++) {
        int ends[2], status;
        int32_t result[2];
        begin();
        CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
        fflush(stdout);
        pid_t child = fork();
        if (child == 0)
            grow_to_a_limit(settings[i], ends[1]);
        close(ends[1]);
        CU_ASSERT_EQUAL_FATAL(read(ends[0], result, sizeof result), sizeof result);
        close(ends[0]);
        waitpid(child, &status, 0);
        if (result[0] != DS_UNKNOWN_OUTCOME)
            printf("\n%s after %d", ds_status_name((ds_status)result[0]), result[1]);
        CU_ASSERT_EQUAL(result[0], DS_UNKNOWN_OUTCOME); /* each create is its own commit */
        CU_ASSERT(result[1] > 10 && result[1] < 1000);
        CU_ASSERT_EQUAL(host_count(host_model(store(""), T), NULL), (uint64_t)result[1]);
        BASE_IS("PRAGMA integrity_check", "ok\n");
        end();
    }
}

/* ---- while it is open ---- */

static void a_table_that_goes_and_comes_back_is_made_anew(void)
{
    begin();
    ds_model *m = host_model(store(""), T);
    CU_ASSERT_EQUAL(create(m, 1, 10), DS_OK);
    base_run("DROP TABLE T");
    CU_ASSERT_EQUAL(host_count(m, NULL), 0);
    CU_ASSERT_EQUAL(create(m, 1, 10), DS_OK);
    base_run("DROP TABLE T; CREATE TABLE T (id INTEGER PRIMARY KEY, text TEXT, more TEXT DEFAULT 'm')");
    CU_ASSERT_EQUAL(create(m, 5, 1), DS_OK);
    BASE_IS("SELECT id, text, more FROM T", "5|x|m\n");
    base_run("ALTER TABLE T RENAME COLUMN text TO words");
    CU_ASSERT_EQUAL(create(m, 6, 1), DS_OK);
    BASE_IS("SELECT id, \"text\", words FROM T ORDER BY id", "5|NULL|x\n6|x|NULL\n");
    base_run("DROP TABLE T; CREATE TABLE T (number INTEGER PRIMARY KEY)");
    told(create(m, 1, 1), DS_CONFIG, NULL, "has no column \"id\"");
    end();
}

static void a_table_that_another_program_changes_is_walked_to_the_end(void)
{
    begin();
    ds_model *m = host_model(store(""), T);
    for (int i = 0; i < 1000; i++)
        CU_ASSERT_EQUAL_FATAL(create(m, i, 10), DS_OK);
    ds_cursor *cursor;
    const ds_record *record;
    int count = 0;
    ds_status status = ds_find(m, DS_QUERY(.order = "id"), &cursor, &host_error);
    while (status == DS_OK && (status = ds_cursor_next(cursor, &record, &host_error)) == DS_OK && record != NULL)
        if (count++ == 10)
            base_run("DELETE FROM T WHERE id > 500; ALTER TABLE T ADD COLUMN other");
    CU_ASSERT_EQUAL(count, 1000); /* as they were when it began */
    CU_ASSERT_EQUAL(status, DS_OK);
    ds_cursor_close(cursor);
    CU_ASSERT_EQUAL(host_count(m, NULL), 501);
    end();
}

int main(void)
{
    static const test tests[] = {
        {"a file that is not a database is left alone", a_file_that_is_not_a_database_is_left_alone},
        {"a file that cannot be opened is named", a_file_that_cannot_be_opened_is_named},
        {"a damaged file says so", a_damaged_file_says_so},
        {"a file that may only be read is read", a_file_that_may_only_be_read_is_read},
        {"a file that may not be read is refused", a_file_that_may_not_be_read_is_refused},
        {"a folder that may not be written takes no journal", a_folder_that_may_not_be_written_takes_no_journal},
        {"a folder that may not be written takes no log", a_folder_that_may_not_be_written_takes_no_log},
        {"a locked file is waited for so long and no longer", a_locked_file_is_waited_for_so_long_and_no_longer},
        {"with a rollback journal readers are kept out, too", with_a_rollback_journal_readers_are_kept_out_too},
        {"a lock that ends in time is not noticed", a_lock_that_ends_in_time_is_not_noticed},
        {"a deadline ends the wait for a lock", a_deadline_ends_the_wait_for_a_lock},
        {"cancelling ends the wait for a lock", cancelling_ends_the_wait_for_a_lock},
        {"a walk goes on as long as records are looked at, and no longer than the whole may last",
         a_walk_goes_on_as_long_as_records_are_looked_at},
        {"a full file keeps what it has", a_full_file_keeps_what_it_has},
        {"a file that may not grow keeps what it has", a_file_that_may_not_grow_keeps_what_it_has},
        {"a table that goes and comes back is made anew", a_table_that_goes_and_comes_back_is_made_anew},
        {"a table that another program changes is walked to the end",
         a_table_that_another_program_changes_is_walked_to_the_end},
    };
    return SUITE_RUN("sqlite: faults", tests);
}
