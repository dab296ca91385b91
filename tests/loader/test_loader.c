/* Finding and loading connectors: names, paths, aliases, tables that fit and that do not. */
#include "command.h"
#include "suite.h"

#include <datasource/connector.h>
#include <datasource/datasource.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char faulty[512], plugins[512];

/* `name` is refused with DS_CONFIG and one sentence that holds both parts. */
static void refused(const char *name, const char *part, const char *other)
{
    ds_error error = {0};
    ds_source *source = NULL;
    ds_status status = ds_source_open(name, NULL, &source, &error);
    bool told = strstr(error.message, part) != NULL && strstr(error.message, other) != NULL;
    if (status != DS_CONFIG || !told)
        printf("\n%s: %s: %s", name, ds_status_name(status), error.message);
    CU_ASSERT_EQUAL(status, DS_CONFIG);
    CU_ASSERT(told);
    CU_ASSERT_PTR_NULL(source);
    ds_source_close(source);
}

static void a_plugin_of_another_abi_is_refused(void)
{
    refused("wrong_abi", "datasource-wrong_abi.so", "version 2");
}
static void a_table_that_is_too_small_is_refused(void)
{
    refused("too_small", "datasource-too_small.so", "bytes");
}
static void a_table_without_a_required_entry_is_refused(void)
{
    refused("incomplete", "update_records", "datasource-incomplete.so");
}
static void a_plugin_of_another_name_is_refused(void)
{
    refused("misnamed", "somebody-else", "datasource-misnamed.so");
}
static void a_shared_object_that_is_no_plugin_is_refused(void)
{
    refused("empty", "ds_connector_v1", "datasource-empty.so");
}

static void a_file_that_is_no_shared_object_is_refused(void)
{
    refused("garbage", "garbage", "could not be loaded");
}

static void a_connector_that_is_nowhere_is_refused_with_the_folders(void)
{
    refused("nosuch", "datasource-nosuch.so", faulty);
}

static void names_that_are_paths_are_refused(void)
{
    static const char *const names[] = {
        "", "../memory", "a/b", "memory.so", "./memory", "mem ory", "loopback-connector-", "loopback-connector-../x"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        refused(names[i], "name of a connector", "");
}

static void an_absolute_path_is_refused_unless_it_was_allowed(void)
{
    char path[600];
    snprintf(path, sizeof path, "%s/datasource-empty.so", faulty);
    refused(path, path, "not allowed");
}

static void an_allowed_path_is_loaded(void)
{
    char path[600], settings[] = "{}";
    ds_source *source = NULL;
    ds_error error = {0};
    snprintf(path, sizeof path, "%s/datasource-memory.so", plugins);
    CU_ASSERT_EQUAL(ds_source_open(path, settings, &source, &error), DS_OK);
    CU_ASSERT_STRING_EQUAL(ds_source_connector(source), "memory");
    ds_source_close(source);
}

static void a_relative_folder_of_the_search_path_is_not_searched(void)
{
    refused("hidden", "datasource-hidden.so", "not found");
}

static void the_name_of_loopback_is_an_alias(void)
{
    ds_source *source = NULL;
    ds_error error = {0};
    CU_ASSERT_EQUAL(ds_source_open("loopback-connector-memory", NULL, &source, &error), DS_OK);
    CU_ASSERT_STRING_EQUAL(ds_source_connector(source), "memory");
    CU_ASSERT_PTR_EQUAL(ds_connector_find("memory", &error), ds_connector_find("loopback-connector-memory", &error));
    ds_source_close(source);
}

static void works(const char *name)
{
    ds_source *source = NULL;
    ds_error error = {0};
    uint64_t count = 1;
    CU_ASSERT_EQUAL_FATAL(ds_source_open(name, NULL, &source, &error), DS_OK);
    CU_ASSERT_EQUAL(ds_ping(source, &error), DS_OK);
    CU_ASSERT_EQUAL(ds_count(ds_source_model(source, "Thing", &error), NULL, &count, &error), DS_OK);
    CU_ASSERT_EQUAL(count, 0);
    CU_ASSERT_EQUAL(ds_disconnect(source, &error), DS_OK);
    ds_source_close(source);
}

static void the_smallest_table_works_and_nothing_behind_its_end_is_called(void)
{
    works("smallest");
}
static void a_longer_table_works_and_what_is_not_known_is_not_called(void)
{
    works("later");
}

static void registering_after_the_first_source_is_refused(void)
{
    ds_error error = {0};
    const ds_connector *memory = ds_connector_find("memory", &error);
    CU_ASSERT_EQUAL(ds_connector_register(memory, &error), DS_INVALID);
    CU_ASSERT_EQUAL(ds_allow_connector("/tmp/x.so", &error), DS_INVALID);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "before the first"));
}

static void a_table_that_does_not_fit_is_not_registered(void)
{
    ds_error error = {0};
    ds_connector table = {.abi = DS_ABI, .size = sizeof table, .name = "half"};
    CU_ASSERT_EQUAL(ds_connector_register(&table, &error), DS_CONFIG);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "open"));
    CU_ASSERT_EQUAL(ds_connector_register(NULL, &error), DS_INVALID);
    CU_ASSERT_EQUAL(ds_allow_connector("relative.so", &error), DS_INVALID);
    CU_ASSERT_EQUAL(ds_allow_connector(NULL, &error), DS_INVALID);
}

static void note(void *user, const char *name)
{
    char *names = user;
    strcat(strcat(names, " "), name);
}

static void connectors_are_listed_by_name(void)
{
    char names[2048] = "";
    ds_connector_list(note, names);
    CU_ASSERT_PTR_NOT_NULL(strstr(names, " empty garbage incomplete later memory misnamed redis"));
}

int main(void)
{
    static const test tests[] = {
        {"a table that does not fit is not registered", a_table_that_does_not_fit_is_not_registered},
        {"a plugin of another ABI is refused", a_plugin_of_another_abi_is_refused},
        {"a table that is too small is refused", a_table_that_is_too_small_is_refused},
        {"a table without a required entry is refused", a_table_without_a_required_entry_is_refused},
        {"a plugin of another name is refused", a_plugin_of_another_name_is_refused},
        {"a shared object that is no plugin is refused", a_shared_object_that_is_no_plugin_is_refused},
        {"a file that is no shared object is refused", a_file_that_is_no_shared_object_is_refused},
        {"a connector that is nowhere is refused, with the folders",
         a_connector_that_is_nowhere_is_refused_with_the_folders},
        {"names that are paths are refused", names_that_are_paths_are_refused},
        {"an absolute path is refused unless it was allowed", an_absolute_path_is_refused_unless_it_was_allowed},
        {"a relative folder of the search path is not searched", a_relative_folder_of_the_search_path_is_not_searched},
        {"an allowed path is loaded", an_allowed_path_is_loaded},
        {"the name of LoopBack is an alias", the_name_of_loopback_is_an_alias},
        {"the smallest table works, and nothing behind its end is called",
         the_smallest_table_works_and_nothing_behind_its_end_is_called},
        {"a longer table works, and what is not known is not called",
         a_longer_table_works_and_what_is_not_known_is_not_called},
        {"registering after the first source is refused", registering_after_the_first_source_is_refused},
        {"connectors are listed by name", connectors_are_listed_by_name},
    };
    char path[1400], allowed[600], *hidden = folder_make();
    snprintf(plugins, sizeof plugins, "%s/plugin/.libs", getenv("DS_BUILDDIR"));
    snprintf(faulty, sizeof faulty, "%s/tests/loader/.libs", getenv("DS_BUILDDIR"));
    snprintf(path, sizeof path, "%s/datasource-garbage.so", faulty);
    free(folder_write(faulty, "datasource-garbage.so", "not a shared object"));
    /* A relative folder that does hold a plugin of that name: it must not be looked into. */
    free(folder_write(hidden, "datasource-hidden.so", "not a shared object"));
    snprintf(path, sizeof path, "../../../../../../../..%s::%s:%s", hidden, faulty, plugins);
    setenv("DATASOURCE_PLUGIN_PATH", path, 1);
    snprintf(allowed, sizeof allowed, "%s/datasource-memory.so", plugins);
    if (ds_allow_connector(allowed, NULL) != DS_OK)
        return EXIT_FAILURE;
    int status = SUITE_RUN("loader", tests);
    folder_remove(hidden);
    return status;
}
