/* SQLite's own memory runs out, at each of its allocations in turn: an operation is done or answers DS_NOMEM, what was done is
 * there, what was not is absent, and the file is sound. */
#include "base.h"

#include <datasource/connector.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char PERSON[] =
    "{\"name\":\"Person\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true},\"name\":{\"type\":\"string\","
    "\"index\":true},\"mail\":{\"type\":\"string\",\"unique\":true}},\"settings\":{\"strict\":false}}";

/* ---- the allocator ---- */

static sqlite3_mem_methods usual;
static long left = -1; /* allocations until one fails; -1: none does */
static bool failed;

static bool may_allocate(void)
{
    if (left < 0 || left-- > 0)
        return true;
    failed = true;
    return false;
}

static void *failing_malloc(int size)
{
    return may_allocate() ? usual.xMalloc(size) : NULL;
}

static void *failing_realloc(void *memory, int size)
{
    return may_allocate() ? usual.xRealloc(memory, size) : NULL;
}

static void replace_allocator(void)
{
    sqlite3_mem_methods failing;
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &usual) != SQLITE_OK)
        exit(EXIT_FAILURE);
    failing = usual;
    failing.xMalloc = failing_malloc;
    failing.xRealloc = failing_realloc;
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &failing) != SQLITE_OK)
        exit(EXIT_FAILURE);
}

/* ---- a life, whose steps each are done or not ---- */

enum { CREATED = 1, UPDATED = 2, BATCHED = 4, DELETED = 8 };

static ds_status create_twenty(ds_model *m, ds_error *err)
{
    ds_record *records[20];
    char json[100];
    for (int i = 0; i < 20; i++) {
        snprintf(json, sizeof json, "{\"id\":%d,\"name\":\"n%d\",\"mail\":\"m%d\",\"other\":\"o\"}", i, i % 3, i);
        records[i] = host_record(m, json);
    }
    ds_status status = ds_create_all(m, records, 20, NULL, err);
    for (int i = 0; i < 20; i++)
        ds_record_free(records[i]);
    return status;
}

static ds_status find_all(ds_model *m, size_t *count, ds_error *err)
{
    ds_cursor *cursor;
    const ds_record *record = NULL;
    *count = 0;
    ds_status status = ds_find(m, DS_QUERY(.order = "name DESC"), &cursor, err);
    if (status != DS_OK)
        return status;
    while ((status = ds_cursor_next(cursor, &record, err)) == DS_OK && record != NULL)
        ++*count;
    ds_cursor_close(cursor);
    return status;
}

static ds_status update_some(ds_model *m, ds_error *err)
{
    ds_record *changes = host_record(m, "{\"name\":\"new\",\"other\":\"p\"}");
    ds_filter *where = ds_where("name", DS_EQ, ds_string("n1"));
    ds_status status = ds_update(m, where, changes, NULL, err);
    ds_filter_free(where);
    ds_record_free(changes);
    return status;
}

static ds_status batch_some(ds_model *m, ds_error *err)
{
    ds_batch *batch = NULL;
    ds_record *record = host_record(m, "{\"id\":100,\"mail\":\"m100\"}");
    ds_status status = ds_batch_new(ds_model_source(m), &batch, err);
    ds_batch_create(batch, m, record);
    ds_batch_delete(batch, m, ds_integer(0));
    if (status == DS_OK)
        status = ds_batch_run(batch, DS_ATOMIC, err);
    ds_batch_free(batch);
    ds_record_free(record);
    return status;
}

/* The steps that were done; *good: each other one answered DS_NOMEM. */
static unsigned live(bool *good)
{
    ds_error err = {.status = DS_OK};
    ds_source *source = NULL;
    ds_model *m = NULL;
    unsigned done = 0;
    size_t count = 0;
    char json[700];
    snprintf(json, sizeof json, "{\"file\":\"%s\",\"synchronous\":\"OFF\"}", base_file);
    ds_status status = ds_source_open("sqlite", json, &source, &err);
    if (status == DS_OK)
        status = ds_model_define(source, PERSON, &m, &err);
    if (status == DS_OK && (status = create_twenty(m, &err)) == DS_OK)
        done |= CREATED;
    *good = status == DS_OK || status == DS_NOMEM;
    if (m != NULL && (done & CREATED) != 0) {
        status = find_all(m, &count, &err);
        *good = *good && (status == DS_NOMEM || (status == DS_OK && count == 20));
        done |= (status = update_some(m, &err)) == DS_OK ? UPDATED : 0;
        *good = *good && (status == DS_OK || status == DS_NOMEM);
        done |= (status = batch_some(m, &err)) == DS_OK ? BATCHED : 0;
        *good = *good && (status == DS_OK || status == DS_NOMEM);
        done |= (status = ds_delete_by_id(m, ds_integer(18), &err)) == DS_OK ? DELETED : 0;
        *good = *good && (status == DS_OK || status == DS_NOMEM);
    }
    if (!*good)
        printf("\n%s: %s", ds_status_name(status), err.message);
    ds_source_close(source);
    return done;
}

/* What is there is what was done, and no more. */
static void look(unsigned done)
{
    char expected[100];
    int created = (done & CREATED) != 0 ? 20 : 0;
    if ((done & CREATED) != 0 || access(base_file, F_OK) == 0)
        BASE_IS("PRAGMA integrity_check", "ok\n");
    if (created == 0) {
        char *count = base_ask("SELECT count(*) FROM Person");
        CU_ASSERT(strcmp(count, "0\n") == 0 || strstr(count, "no such table") != NULL);
        free(count);
        return;
    }
    snprintf(expected, sizeof expected, "%d|%d|%d|%d\n", created - ((done & DELETED) != 0),
             (done & UPDATED) != 0 ? 7 : 0, (done & BATCHED) != 0, (done & BATCHED) == 0);
    BASE_IS("SELECT count(*), sum(name IS 'new'), sum(id = 100), sum(id = 0) FROM Person", expected);
}

static void remove_files(void)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    char path[600];
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s%s", base_file, suffixes[i]);
        unlink(path);
    }
}

static void each_step_is_done_or_answers_nomem(void)
{
    long tried = 0, incomplete = 0;
    bool over = false;
    base_begin();
    CU_ASSERT_PTR_NOT_NULL(ds_connector_find("sqlite", NULL));
    for (long n = 0; !over; n++) {
        bool good = false;
        remove_files();
        failed = false;
        left = n;
        unsigned done = live(&good);
        left = -1;
        over = !failed;
        tried++;
        incomplete += done != (CREATED | UPDATED | BATCHED | DELETED);
        if (!good)
            printf("\nallocation %ld of SQLite's fails", n);
        CU_ASSERT(good);
        look(done);
    }
    printf("\n%ld allocations of SQLite's failed in turn, %ld of them with some step not done", tried - 1, incomplete);
    CU_ASSERT(tried > 500);
    CU_ASSERT(incomplete > 300);
    base_end();
}

int main(void)
{
    static const test tests[] = {
        {"each step is done or answers DS_NOMEM, and the file is sound", each_step_is_done_or_answers_nomem},
    };
    replace_allocator();
    return SUITE_RUN("SQLite without memory of its own", tests);
}
