/* ds_discover: what a connector appends is the answer, its failures are told with the data source's name, and without the
 * entry a sentence says so. */
#include "suite.h"
#include "toy.h"

#include <stdlib.h>

static const char *asked; /* the pattern, "-" for NULL */
static ds_status answer;
static int64_t deadline;

static ds_status discover(void *connection, const char *pattern, ds_buffer *models, ds_call *call)
{
    (void)connection;
    asked = pattern == NULL ? "-" : pattern;
    deadline = call->deadline;
    ds_buffer_format(models, "[{\"name\":");
    ds_buffer_json(models, ds_string(pattern));
    if (answer == DS_BACKEND)
        return ds_error_set(call->error, answer, "the backend is ill");
    ds_buffer_format(models, "}]");
    return answer;
}

static ds_source *open_source(const char *connector)
{
    ds_source *source = NULL;
    CU_ASSERT_EQUAL_FATAL(ds_source_open(connector, NULL, &source, NULL), DS_OK);
    return source;
}

static void the_connector_answers(void)
{
    ds_source *source = open_source("toy-finder");
    char *models = NULL;
    answer = DS_OK;
    CU_ASSERT_EQUAL(ds_discover(source, "user*", &models, NULL), DS_OK);
    CU_ASSERT_STRING_EQUAL(models, "[{\"name\":\"user*\"}]");
    CU_ASSERT_STRING_EQUAL(asked, "user*");
    ds_free(models);
    CU_ASSERT_EQUAL(ds_discover(source, NULL, &models, NULL), DS_OK);
    CU_ASSERT_STRING_EQUAL(models, "[{\"name\":null}]");
    CU_ASSERT_STRING_EQUAL(asked, "-");
    CU_ASSERT_EQUAL(deadline, DS_NO_DEADLINE);
    ds_free(models);
    ds_source_close(source);
}

static void failures_are_told(void)
{
    ds_source *source = open_source("toy-finder");
    ds_error err = {0};
    char *models = (char *)1;
    answer = DS_BACKEND;
    CU_ASSERT_EQUAL(ds_discover(source, NULL, &models, &err), DS_BACKEND);
    CU_ASSERT_PTR_NULL(models);
    CU_ASSERT(strstr(err.message, "the backend is ill") != NULL && strcmp(err.source, "toy-finder") == 0);
    answer = DS_UNSUPPORTED;
    CU_ASSERT_EQUAL(ds_discover(source, NULL, &models, &err), DS_UNSUPPORTED);
    CU_ASSERT(err.message[0] != '\0');
    CU_ASSERT_EQUAL(ds_discover(NULL, NULL, &models, &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_discover(source, NULL, NULL, &err), DS_INVALID);
    ds_source_close(source);
}

static void a_connector_without_the_entry_cannot(void)
{
    ds_source *source = open_source("toy-bare");
    ds_error err = {0};
    char *models = (char *)1;
    CU_ASSERT_EQUAL(ds_discover(source, NULL, &models, &err), DS_UNSUPPORTED);
    CU_ASSERT_PTR_NULL(models);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "toy-bare cannot propose models"));
    ds_source_close(source);
}

int main(void)
{
    static const test tests[] = {
        {"the connector answers", the_connector_answers},
        {"failures are told", failures_are_told},
        {"a connector without the entry cannot", a_connector_without_the_entry_cannot},
    };
    static ds_connector finder;
    finder = toy_bare;
    finder.name = "toy-finder";
    finder.discover = discover;
    if (ds_connector_register(&finder, NULL) != DS_OK || ds_connector_register(&toy_bare, NULL) != DS_OK)
        return EXIT_FAILURE;
    return SUITE_RUN("discover", tests);
}
