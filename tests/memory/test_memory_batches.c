/* Batches of the memory connector: what its file has of them; SIGKILL is tests/torture's. What every connector must do with a batch is
 * in tests/conformance. */
#include "command.h"
#include "host.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char THING[] = "{\"name\":\"Thing\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true,"
                            "\"generated\":true},\"key\":{\"type\":\"string\",\"unique\":true},\"n\":\"integer\"}}";
static const char OTHER[] =
    "{\"name\":\"Other\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"n\":\"integer\"}}";

static char *folder, path[512];

static void begin(void)
{
    folder = folder_make();
    snprintf(path, sizeof path, "%s/data", folder);
}

static size_t file_length(void)
{
    struct stat about;
    return stat(path, &about) == 0 ? (size_t)about.st_size : 0;
}

static ds_batch *batch_new(ds_source *source)
{
    ds_batch *batch = NULL;
    CU_ASSERT_EQUAL_FATAL(ds_batch_new(source, &batch, &host_error), DS_OK);
    return batch;
}

/* Some of everything, in two models: 6 writes. */
static void fill(ds_batch *batch, ds_model *things, ds_model *others, ds_record *const records[4], ds_record *changes)
{
    ds_batch_create(batch, things, records[0]);
    ds_batch_upsert(batch, others, records[1], NULL);
    ds_batch_update(batch, things, ds_integer(1), changes);
    ds_batch_replace_or_create(batch, others, records[2], NULL);
    ds_batch_delete(batch, things, ds_integer(2));
    ds_batch_expire(batch, others, ds_string("x"), 1000000);
}

/* The file cut off at every byte of the last frame, and read again: the batch is not there, nor any part of it. */
static void a_torn_batch_is_absent_as_a_whole(void)
{
    begin();
    ds_source *source = host_open(path);
    ds_model *things = host_model(source, THING), *others = host_model(source, OTHER);
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(host_create(things, i == 0 ? "{\"key\":\"a\"}" : "{\"n\":1}"), DS_OK);
    CU_ASSERT_EQUAL(host_create(others, "{\"id\":\"x\"}"), DS_OK);
    char *things_before = host_find(things, "{\"order\":\"id\"}"),
         *others_before = host_find(others, "{\"order\":\"id\"}");
    size_t before = file_length();
    ds_record *records[] = {host_record(things, "{\"key\":\"b\"}"), host_record(others, "{\"id\":\"y\",\"n\":1}"),
                            host_record(others, "{\"id\":\"z\",\"n\":2}"), NULL};
    ds_record *changes = host_record(things, "{\"key\":null,\"n\":5}");
    ds_batch *batch = batch_new(source);
    fill(batch, things, others, records, changes);
    CU_ASSERT_EQUAL(ds_batch_run(batch, DS_ATOMIC, &host_error), DS_OK);
    ds_batch_free(batch);
    size_t after = file_length(), read = 0;
    HOST_FINDS(things, "{\"order\":\"id\"}", "{\"id\":1,\"n\":5}\n{\"id\":3,\"n\":1}\n{\"id\":4,\"key\":\"b\"}\n");
    HOST_FINDS(others, "{\"order\":\"id\"}", "{\"id\":\"x\"}\n{\"id\":\"y\",\"n\":1}\n{\"id\":\"z\",\"n\":2}\n");
    ds_source_close(source);
    char *bytes = file_read(path, &read);
    CU_ASSERT_EQUAL_FATAL(read, after);
    for (size_t length = before; length < after; length++) {
        FILE *file = fopen(path, "wb");
        CU_ASSERT_EQUAL(fwrite(bytes, 1, length, file), length);
        fclose(file);
        source = host_open(path);
        HOST_FINDS(host_model(source, THING), "{\"order\":\"id\"}", things_before);
        HOST_FINDS(host_model(source, OTHER), "{\"order\":\"id\"}", others_before);
        ds_source_close(source);
        CU_ASSERT_EQUAL(file_length(), before);
    }
    ds_record_free(changes);
    for (int i = 0; i < 3; i++)
        ds_record_free(records[i]);
    free(bytes);
    free(things_before);
    free(others_before);
    folder_remove(folder);
}

static void a_batch_that_fails_leaves_no_word_in_the_file(void)
{
    begin();
    ds_source *source = host_open(path);
    ds_model *things = host_model(source, THING), *others = host_model(source, OTHER);
    CU_ASSERT_EQUAL(host_create(things, "{\"key\":\"a\"}"), DS_OK);
    size_t before = file_length();
    ds_record *record = host_record(things, "{\"key\":\"b\"}"), *taken = host_record(things, "{\"key\":\"a\"}");
    ds_record *other = host_record(others, "{\"id\":\"x\"}");
    ds_batch *batch = batch_new(source);
    ds_batch_create(batch, others, other);
    ds_batch_create(batch, things, record);
    ds_batch_create(batch, things, taken);
    CU_ASSERT_EQUAL(ds_batch_run(batch, DS_ATOMIC, &host_error), DS_DUPLICATE);
    CU_ASSERT_EQUAL(file_length(), before);
    CU_ASSERT_EQUAL(host_count(things, NULL) + host_count(others, NULL), 1);
    CU_ASSERT_EQUAL(ds_batch_run(batch, 0, &host_error), DS_DUPLICATE);
    CU_ASSERT(file_length() > before);
    CU_ASSERT_EQUAL(host_count(things, NULL) + host_count(others, NULL), 3);
    ds_source_close(source);
    source = host_open(path);
    CU_ASSERT_EQUAL(host_count(host_model(source, THING), NULL), 2);
    ds_batch_free(batch);
    ds_record_free(record);
    ds_record_free(taken);
    ds_record_free(other);
    ds_source_close(source);
    folder_remove(folder);
}

/* One record made, deleted, made anew, and changed again and again: only its last state counts, in memory and in the file. */
static void a_batch_may_write_a_record_often(void)
{
    begin();
    ds_source *source = host_open(path);
    ds_model *others = host_model(source, OTHER);
    ds_record *first = host_record(others, "{\"id\":\"x\",\"n\":1}"),
              *second = host_record(others, "{\"id\":\"x\",\"n\":7}");
    ds_value now = ds_null();
    ds_batch *batch = batch_new(source);
    ds_batch_create(batch, others, first);
    ds_batch_expire(batch, others, ds_string("x"), 1);
    ds_batch_delete(batch, others, ds_string("x"));
    ds_batch_create(batch, others, second);
    ds_batch_increment(batch, others, ds_string("x"), "n", ds_integer(1), NULL);
    ds_batch_expire(batch, others, ds_string("x"), 5000000);
    ds_batch_increment(batch, others, ds_string("x"), "n", ds_integer(1), &now);
    CU_ASSERT_EQUAL(ds_batch_run(batch, 0, &host_error), DS_OK);
    CU_ASSERT_EQUAL(now.as.integer, 9);
    ds_batch_free(batch);
    for (int i = 0; i < 2; i++) {
        int64_t ttl = 0;
        HOST_FINDS(others, "{}", "{\"id\":\"x\",\"n\":9}\n");
        CU_ASSERT_EQUAL(ds_ttl(others, ds_string("x"), &ttl, &host_error), DS_OK);
        CU_ASSERT(ttl > 4000000 && ttl <= 5000000);
        ds_source_close(source);
        source = host_open(path);
        others = host_model(source, OTHER);
    }
    ds_record_free(first);
    ds_record_free(second);
    ds_source_close(source);
    folder_remove(folder);
}

int main(void)
{
    static const test tests[] = {
        {"a torn batch is absent as a whole", a_torn_batch_is_absent_as_a_whole},
        {"a batch that fails leaves no word in the file", a_batch_that_fails_leaves_no_word_in_the_file},
        {"a batch may write a record often", a_batch_may_write_a_record_often},
    };
    return SUITE_RUN("memory's batches", tests);
}
