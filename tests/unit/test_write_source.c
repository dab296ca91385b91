/* Writing an entry into datasources.json: what it reads as afterwards, and what a lack of memory or of room leaves. */
#include "command.h"
#include "failing.h"
#include "suite.h"

#include <datasource/datasource.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder, *path;

static void file_is(const char *text)
{
    free(folder_write(folder, "sources.json", text));
}

static void file_shows(const char *expected)
{
    char *text = file_read(path, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_STRING_EQUAL(text, expected);
    free(text);
}

static void an_entry_is_added_and_replaced(void)
{
    ds_error err = {0};
    ds_catalog *catalog = NULL;
    file_is("{\n  \"a\": {\"connector\": \"memory\"}\n}\n");
    CU_ASSERT_EQUAL(ds_catalog_write_source(path, "b \"\xc3\xa4\n",
                                            "{\"connector\":\"x\",\"o\":{\"l\":[1,2.5,\"\"],\"e\":{},\"n\":null}}",
                                            false, &err),
                    DS_OK);
    file_shows("{\n  \"a\": {\"connector\": \"memory\"},\n  \"b \\\"\xc3\xa4\\n\": {\n    \"connector\": \"x\",\n    "
               "\"o\": {\n"
               "      \"l\": [1,2.5,\"\"],\n      \"e\": {},\n      \"n\": null\n    }\n  }\n}\n");
    CU_ASSERT_EQUAL_FATAL(ds_catalog_open(path, NULL, &catalog, &err), DS_OK);
    CU_ASSERT_EQUAL(ds_catalog_source_count(catalog), 2);
    CU_ASSERT_STRING_EQUAL(ds_catalog_source_name(catalog, 1), "b \"\xc3\xa4\n");
    CU_ASSERT_STRING_EQUAL(ds_catalog_source_connector(catalog, 1), "x");
    ds_catalog_close(catalog);
    CU_ASSERT_EQUAL(ds_catalog_write_source(path, "a", "{}", false, &err), DS_DUPLICATE);
    CU_ASSERT(strstr(err.message, path) != NULL && strstr(err.message, "\"a\"") != NULL);
    CU_ASSERT_EQUAL(ds_catalog_write_source(path, "b \"\xc3\xa4\n", "{}", true, &err), DS_OK);
    file_shows("{\n  \"a\": {\"connector\": \"memory\"},\n  \"b \\\"\xc3\xa4\\n\": {}\n}\n");
}

static void what_makes_no_sense_is_refused(void)
{
    ds_error err = {0};
    file_is("{}");
    CU_ASSERT_EQUAL(ds_catalog_write_source(NULL, "a", "{}", false, &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_catalog_write_source(path, NULL, "{}", false, &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_catalog_write_source(path, "a", NULL, false, &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_catalog_write_source(path, "", "{}", false, &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_catalog_write_source(path, "\xff", "{}", false, &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_catalog_write_source(path, "a", "[]", false, &err), DS_CONFIG);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "\"a\""));
    CU_ASSERT_EQUAL(ds_catalog_write_source(path, "a", "{\"password\":\"s3cret}", false, &err), DS_CONFIG);
    CU_ASSERT_PTR_NULL(strstr(err.message, "s3cret"));
    CU_ASSERT_EQUAL(ds_catalog_write_source("/nonexistent/folder/x.json", "a", "{}", false, &err), DS_CONFIG);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "/nonexistent/folder/x.json"));
    CU_ASSERT_EQUAL(ds_catalog_write_source(folder, "a", "{}", false, &err), DS_CONFIG);
    file_shows("{}");
}

/* The size of a file is limited to less than what is to be written. */
static void no_room_leaves_the_file_as_it_was(void)
{
    ds_error err = {0};
    struct rlimit before, small;
    char listing[256];
    file_is("{\"a\":{\"connector\":\"memory\"}}");
    CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 8;
    signal(SIGXFSZ, SIG_IGN);
    CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &small), 0);
    ds_status status = ds_catalog_write_source(path, "b", "{\"connector\":\"memory\"}", false, &err);
    CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &before), 0);
    CU_ASSERT_EQUAL(status, DS_CONFIG);
    CU_ASSERT(err.native != 0 && strstr(err.message, path) != NULL);
    file_shows("{\"a\":{\"connector\":\"memory\"}}");
    snprintf(listing, sizeof listing, "test \"$(ls %s)\" = sources.json", folder);
    CU_ASSERT_EQUAL(system(listing), 0);
}

static ds_status write_one(void *user, ds_error *err)
{
    (void)user;
    file_is("{\n\t\"a\": {}\n}\n");
    ds_status status = ds_catalog_write_source(path, "b", "{\"connector\":\"x\",\"o\":{\"l\":[1]}}", false, err);
    if (status != DS_OK)
        file_shows("{\n\t\"a\": {}\n}\n");
    return status;
}

static ds_status write_first(void *user, ds_error *err)
{
    (void)user;
    unlink(path);
    ds_status status = ds_catalog_write_source(path, "b", "{\"connector\":\"x\"}", true, err);
    if (status != DS_OK)
        CU_ASSERT_EQUAL(access(path, F_OK), -1);
    return status;
}

static void no_memory_leaves_the_file_as_it_was(void)
{
    size_t count = 0;
    CU_ASSERT(failing_everywhere(write_one, NULL, &count) && count > 4);
    CU_ASSERT(failing_everywhere(write_first, NULL, &count) && count > 4);
}

int main(void)
{
    static const test tests[] = {
        {"no memory leaves the file as it was", no_memory_leaves_the_file_as_it_was}, /* before a catalog is opened */
        {"an entry is added, and replaced", an_entry_is_added_and_replaced},
        {"what makes no sense is refused", what_makes_no_sense_is_refused},
        {"no room leaves the file as it was", no_room_leaves_the_file_as_it_was},
    };
    folder = folder_make();
    size_t room = strlen(folder) + 32;
    path = malloc(room);
    snprintf(path, room, "%s/sources.json", folder);
    int status = SUITE_RUN("writing a source", tests);
    folder_remove(folder);
    free(path);
    return status;
}
