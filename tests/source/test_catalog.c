/* Catalogs over the public API: layers, sources that are told of when they are asked for, and the models on them. */
#include "command.h"
#include "hands.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>

static const char SOURCES[] = "{\"first\": {\"connector\": \"puppet\", \"url\": \"here\"},"
                              " \"second\": {\"name\": \"second\", \"connector\": \"puppet-bare\"},"
                              " \"odd\": {\"connector\": 5}, \"lost\": {\"connector\": \"nosuch\"},"
                              " \"wrong\": {\"connector\": \"puppet\", \"colour\": \"red\"},"
                              " \"unset\": {\"connector\": \"puppet\", \"url\": \"${NO_SUCH_VARIABLE}\"}}";
#define THING(more) "\"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"n\": \"integer\"}" more
static const char MODELS[] = "[{\"name\": \"Cup\", \"dataSource\": \"first\", " THING(
    "") "},"
        " {\"name\": \"Jug\", \"dataSource\": \"second\", " THING(
            "") "},"
                " {\"name\": \"Pot\", " THING("") "},"
                                                  " {\"name\": \"Pan\", \"dataSource\": \"lost\", " THING("") "}]";

static ds_catalog *open_catalog(const char *sources, const char *models)
{
    ds_catalog *catalog = NULL;
    ds_error err = {.status = DS_OK};
    puppet_reset();
    if (ds_catalog_parse(sources, models, &catalog, &err) != DS_OK)
        printf("\n%s", err.message);
    CU_ASSERT_PTR_NOT_NULL_FATAL(catalog);
    return catalog;
}

static void source_refused(ds_catalog *catalog, const char *name, const char *words)
{
    ds_error err = {.status = DS_OK};
    CU_ASSERT_PTR_NULL(ds_catalog_source(catalog, name, &err));
    says_of(&err, DS_CONFIG, words, NULL);
    CU_ASSERT_STRING_EQUAL(err.source, name);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, name));
    CU_ASSERT_PTR_NULL(ds_catalog_source(catalog, name, NULL));
}

/* ---- before the first source: what is frozen ---- */

static const ds_connector *late_table(void)
{
    static ds_connector late;
    const ds_connector *known = ds_connector_find("puppet-bare", NULL);
    if (known != NULL)
        late = *known;
    late.name = "late";
    return &late;
}

static void an_open_catalog_freezes_the_allocator_and_not_the_connectors(void)
{
    ds_error err = {.status = DS_OK};
    CU_ASSERT_EQUAL(ds_set_allocator(NULL, &err), DS_OK);
    CU_ASSERT_EQUAL(ds_catalog_parse("[]", NULL, &(ds_catalog *){NULL}, &err), DS_CONFIG);
    CU_ASSERT_EQUAL(ds_set_allocator(NULL, &err), DS_OK);
    ds_catalog *catalog = open_catalog("{\"db\": {\"connector\": \"late\"}}", NULL);
    CU_ASSERT_EQUAL(ds_set_allocator(NULL, &err), DS_INVALID);
    says_of(&err, DS_INVALID, "once a catalog or a data source was opened", NULL);
    CU_ASSERT_EQUAL(ds_connector_register(late_table(), &err), DS_OK);
    CU_ASSERT_EQUAL(ds_allow_connector("/nowhere/datasource-x.so", &err), DS_OK);
    CU_ASSERT_PTR_NOT_NULL(ds_catalog_source(catalog, "db", &err));
    CU_ASSERT_EQUAL(ds_connector_register(late_table(), &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_allow_connector("/nowhere/datasource-x.so", &err), DS_INVALID);
    ds_catalog_close(catalog);
}

/* ---- what is configured ---- */

static void names_and_counts_are_in_the_order_of_the_files(void)
{
    static const char *const names[] = {"first", "second", "odd", "lost", "wrong", "unset"};
    static const char *const connectors[] = {"puppet", "puppet-bare", "", "nosuch", "puppet", "puppet"};
    static const char *const models[] = {"Cup", "Jug", "Pot", "Pan"};
    ds_catalog *catalog = open_catalog(SOURCES, MODELS);
    CU_ASSERT_EQUAL_FATAL(ds_catalog_source_count(catalog), 6);
    for (size_t i = 0; i < 6; i++) {
        CU_ASSERT_STRING_EQUAL(ds_catalog_source_name(catalog, i), names[i]);
        CU_ASSERT_STRING_EQUAL(ds_catalog_source_connector(catalog, i), connectors[i]);
    }
    CU_ASSERT_PTR_NULL(ds_catalog_source_name(catalog, 6));
    CU_ASSERT_PTR_NULL(ds_catalog_source_connector(catalog, 6));
    CU_ASSERT_EQUAL_FATAL(ds_catalog_model_count(catalog), 4);
    for (size_t i = 0; i < 4; i++)
        CU_ASSERT_STRING_EQUAL(ds_catalog_model_name(catalog, i), models[i]);
    CU_ASSERT_STRING_EQUAL(ds_catalog_model_source(catalog, 0), "first");
    CU_ASSERT_PTR_NULL(ds_catalog_model_source(catalog, 2));
    CU_ASSERT_PTR_NULL(ds_catalog_model_name(catalog, 4));
    CU_ASSERT_PTR_NULL(ds_catalog_model_source(catalog, 4));
    ds_catalog_close(catalog);
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_OPEN), 0);
    catalog = open_catalog("{\"only\": {\"connector\": \"puppet\"}}", "[{\"name\": \"Pot\", " THING("") "}]");
    CU_ASSERT_STRING_EQUAL(ds_catalog_model_source(catalog, 0), "only");
    ds_catalog_close(catalog);
    catalog = open_catalog("{}", NULL);
    CU_ASSERT_EQUAL(ds_catalog_source_count(catalog) + ds_catalog_model_count(catalog), 0);
    ds_catalog_close(catalog);
}

static void a_bad_source_is_told_when_it_is_asked_for(void)
{
    ds_catalog *catalog = open_catalog(SOURCES, MODELS);
    ds_error err = {.status = DS_OK};
    ds_source *first = ds_catalog_source(catalog, "first", &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(first);
    CU_ASSERT_EQUAL(err.status, DS_OK);
    CU_ASSERT_STRING_EQUAL(ds_source_setting(first, "url").as.string, "here");
    source_refused(catalog, "odd", "connector");
    source_refused(catalog, "lost", "datasource-nosuch.so");
    source_refused(catalog, "wrong", "colour");
    source_refused(catalog, "unset", "NO_SUCH_VARIABLE");
    source_refused(catalog, "third", "has no data source");
    CU_ASSERT_PTR_NULL(ds_catalog_model(catalog, "Pan", &err));
    says_of(&err, DS_CONFIG, "nosuch", "lost");
    setenv("NO_SUCH_VARIABLE", "set now", 1); /* looked at when it is asked for */
    CU_ASSERT_STRING_EQUAL(ds_source_setting(ds_catalog_source(catalog, "unset", &err), "url").as.string, "set now");
    unsetenv("NO_SUCH_VARIABLE");
    CU_ASSERT_PTR_NULL(ds_catalog_source(NULL, "first", &err));
    CU_ASSERT_PTR_NULL(ds_catalog_source(catalog, NULL, &err));
    CU_ASSERT_EQUAL(err.status, DS_INVALID);
    ds_catalog_close(catalog);
}

static void a_connector_that_does_not_take_the_settings_is_told(void)
{
    ds_catalog *catalog = open_catalog(SOURCES, NULL);
    ds_error err = {.status = DS_OK};
    puppet_fail(PUPPET_OPEN, DS_CONFIG, 1, "the url is no hook");
    CU_ASSERT_PTR_NULL(ds_catalog_source(catalog, "first", &err));
    says_of(&err, DS_CONFIG, "the url is no hook", "first");
    puppet_fail(PUPPET_OPEN, DS_NOMEM, 1, NULL);
    CU_ASSERT_PTR_NULL(ds_catalog_source(catalog, "first", &err));
    says_of(&err, DS_NOMEM, "the connector puppet did not take the settings", "first");
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_CLOSE), 0);
    CU_ASSERT_PTR_NOT_NULL(ds_catalog_source(catalog, "first", &err));
    ds_catalog_close(catalog);
}

static void a_long_name_is_cut_and_does_not_push_the_sentence_out(void)
{
    char name[400] = "", json[600];
    for (size_t i = 0; i < 44; i++)
        strcat(name, "a");
    for (size_t i = 0; i < 100; i++)
        strcat(name, "\xC3\xA9"); /* cut in the middle of a code point if it is not looked after */
    snprintf(json, sizeof json, "{\"%s\": {\"connector\": \"puppet\"}}", name);
    ds_catalog *catalog = open_catalog(json, NULL);
    ds_error err = {.status = DS_OK};
    ds_source *source = ds_catalog_source(catalog, name, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(source);
    CU_ASSERT_STRING_EQUAL(ds_source_name(source), name);
    puppet_fail(PUPPET_PING, DS_BACKEND, 1, "it is out of order");
    CU_ASSERT_EQUAL(ds_ping(source, &err), DS_BACKEND);
    CU_ASSERT(strlen(err.source) < sizeof err.source && strlen(err.source) > 40);
    CU_ASSERT_STRING_EQUAL(err.source + strlen(err.source) - 3, "...");
    says_of(&err, DS_BACKEND, "it is out of order", err.source);
    ds_catalog_close(catalog);
}

/* ---- files ---- */

static ds_catalog *open_files(const char *folder, const char *models, ds_error *err)
{
    char path[600], models_path[600];
    ds_catalog *catalog = NULL;
    snprintf(path, sizeof path, "%s/datasources.json", folder);
    snprintf(models_path, sizeof models_path, "%s/%s", folder, models == NULL ? "" : models);
    *err = (ds_error){.status = DS_OK};
    ds_catalog_open(path, models == NULL ? NULL : models_path, &catalog, err);
    return catalog;
}

static const char *url_of(ds_catalog *catalog, const char *name)
{
    ds_source *source = ds_catalog_source(catalog, name, NULL);
    ds_value url = source == NULL ? ds_null() : ds_source_setting(source, "url");
    return url.type == DS_STRING ? url.as.string : "none";
}

static void layers_are_laid_over_the_file(void)
{
    char *folder = folder_make();
    ds_error err;
    free(folder_write(folder, "datasources.json",
                      "{\"a\": {\"connector\": \"puppet\", \"url\": \"base\", \"commandTimeout\": 5},"
                      " \"b\": {\"connector\": \"puppet\", \"url\": \"base\"}}"));
    free(folder_write(folder, "datasources.local.json", "{\"a\": {\"url\": \"local\"}, \"b\": {\"url\": \"local\"}}"));
    free(folder_write(
        folder, "datasources.stage.json",
        "{\"b\": {\"url\": \"stage\"}, \"c\": {\"connector\": \"puppet\", \"url\": \"${NO_SUCH_VARIABLE:-new}\"}}"));
    setenv("DATASOURCE_ENV", "stage", 1);
    ds_catalog *catalog = open_files(folder, NULL, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(catalog);
    CU_ASSERT_EQUAL(ds_catalog_source_count(catalog), 3);
    CU_ASSERT_STRING_EQUAL(ds_catalog_source_name(catalog, 2), "c");
    CU_ASSERT_STRING_EQUAL(url_of(catalog, "a"), "local");
    CU_ASSERT_EQUAL(ds_source_setting(ds_catalog_source(catalog, "a", NULL), "commandTimeout").as.integer, 5);
    CU_ASSERT_STRING_EQUAL(url_of(catalog, "b"), "stage");
    CU_ASSERT_STRING_EQUAL(url_of(catalog, "c"), "new");
    ds_catalog_close(catalog);
    unsetenv("DATASOURCE_ENV");
    catalog = open_files(folder, NULL, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(catalog);
    CU_ASSERT_EQUAL(ds_catalog_source_count(catalog), 2);
    CU_ASSERT_STRING_EQUAL(url_of(catalog, "b"), "local");
    CU_ASSERT_PTR_NULL(ds_catalog_source(catalog, "c", &err));
    says_of(&err, DS_CONFIG, "datasources.local.json", NULL); /* the files that were looked into */
    ds_catalog_close(catalog);
    free(folder_write(folder, "datasources.local.json", "{\"a\": "));
    CU_ASSERT_PTR_NULL(open_files(folder, NULL, &err));
    says_of(&err, DS_CONFIG, "datasources.local.json", NULL);
    folder_remove(folder);
}

static void models_are_read_from_a_folder(void)
{
    char *folder = folder_make();
    ds_error err;
    free(folder_write(folder, "datasources.json", "{\"db\": {\"connector\": \"puppet\"}}"));
    char *inner = folder_make();
    free(folder_write(inner, "b.json", "{\"name\": \"Cup\", " THING("") "}"));
    free(folder_write(inner, "a.json", "[{\"name\": \"Jug\", " THING("") "}, {\"name\": \"Pot\", " THING("") "}]"));
    free(folder_write(inner, "readme.txt", "no model"));
    char path[600];
    ds_catalog *catalog = NULL;
    snprintf(path, sizeof path, "%s/datasources.json", folder);
    CU_ASSERT_EQUAL(ds_catalog_open(path, inner, &catalog, &err), DS_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(catalog);
    CU_ASSERT_EQUAL(ds_catalog_model_count(catalog), 3);
    CU_ASSERT_PTR_NOT_NULL(ds_catalog_model(catalog, "Cup", &err));
    CU_ASSERT_PTR_NOT_NULL(ds_catalog_model(catalog, "Pot", &err));
    ds_catalog_close(catalog);
    catalog = NULL;
    free(folder_write(inner, "c.json", "{\"name\": \"Cup\", " THING("") "}"));
    CU_ASSERT_EQUAL(ds_catalog_open(path, inner, &catalog, &err), DS_CONFIG);
    CU_ASSERT_PTR_NULL(catalog);
    says_of(&err, DS_CONFIG, "Cup", NULL);
    folder_remove(inner);
    folder_remove(folder);
}

static void a_catalog_that_cannot_be_read_names_the_file(void)
{
    char *folder = folder_make();
    ds_error err;
    ds_catalog *catalog = (ds_catalog *)folder; /* anything: it is NULL afterwards */
    CU_ASSERT_PTR_NULL(open_files(folder, NULL, &err));
    says_of(&err, DS_CONFIG, "datasources.json", NULL);
    free(folder_write(folder, "datasources.json", "{\"db\": {\"connector\": \"puppet\"}}"));
    CU_ASSERT_PTR_NULL(open_files(folder, "nosuch.json", &err));
    says_of(&err, DS_CONFIG, "nosuch.json", NULL);
    free(folder_write(folder, "models.json", "[{\"name\": \"Cup\", \"dataSource\": \"bd\", " THING("") "}]"));
    CU_ASSERT_PTR_NULL(open_files(folder, "models.json", &err));
    says_of(&err, DS_CONFIG, "models.json: the model \"Cup\" names the data source \"bd\", which is not configured",
            NULL);
    CU_ASSERT_EQUAL(ds_catalog_open(NULL, NULL, &catalog, &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_catalog_open("x", NULL, NULL, &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_catalog_parse(NULL, NULL, &catalog, &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_catalog_parse("{", NULL, &catalog, &err), DS_CONFIG);
    CU_ASSERT_PTR_NULL(catalog);
    CU_ASSERT_EQUAL(ds_catalog_parse("{}", MODELS, &catalog, &err), DS_CONFIG);
    says_of(&err, DS_CONFIG, "the JSON of the models: the model \"Cup\"", NULL);
    folder_remove(folder);
}

/* ---- handles ---- */

static void the_same_handle_comes_again(void)
{
    ds_catalog *catalog = open_catalog(SOURCES, MODELS);
    ds_source *first = ds_catalog_source(catalog, "first", NULL);
    ds_model *cup = ds_catalog_model(catalog, "Cup", NULL);
    ds_source *second = ds_catalog_source(catalog, "second", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(cup);
    CU_ASSERT(first != second);
    for (unsigned i = 0; i < 3; i++) { /* the first, the last and one between */
        CU_ASSERT_PTR_EQUAL(ds_catalog_source(catalog, "first", NULL), first);
        CU_ASSERT_PTR_EQUAL(ds_catalog_source(catalog, "second", NULL), second);
        CU_ASSERT_PTR_NOT_NULL(ds_source_model(first, i == 0 ? "x" : "y", NULL));
        CU_ASSERT_PTR_EQUAL(ds_catalog_model(catalog, "Cup", NULL), cup);
        CU_ASSERT_PTR_EQUAL(ds_source_model(first, "Cup", NULL), cup);
    }
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_OPEN), 2);
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_MODEL), 3);
    CU_ASSERT_PTR_EQUAL(ds_model_source(cup), first);
    CU_ASSERT_STRING_EQUAL(ds_source_name(first), "first");
    CU_ASSERT_STRING_EQUAL(ds_source_connector(second), "puppet-bare");
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_CONNECT), 0);
    ds_source_close(first); /* the catalog's: does nothing */
    CU_ASSERT_EQUAL(ds_ping(first, NULL), DS_OK);
    ds_catalog_close(catalog);
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_CLOSE), 2);
}

static ds_catalog *shared;

static ds_status ask_for_all(hand *own)
{
    own->source = ds_catalog_source(shared, "first", &own->err);
    own->model = ds_catalog_model(shared, "Cup", &own->err);
    return own->source != NULL && ds_source_model(own->source, "loose", &own->err) != NULL ? DS_OK : DS_CONFIG;
}

static void many_threads_get_the_same_handles(void)
{
    enum { CROWD = 8 };
    hand hands[CROWD];
    shared = open_catalog(SOURCES, MODELS);
    for (size_t i = 0; i < CROWD; i++)
        hand_start(&hands[i], ask_for_all, NULL, NULL);
    for (size_t i = 0; i < CROWD; i++) {
        CU_ASSERT_EQUAL(hand_join(&hands[i]), DS_OK);
        CU_ASSERT(hands[i].source == hands[0].source && hands[i].model == hands[0].model && hands[i].model != NULL);
    }
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_OPEN), 1);
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_MODEL), 2);
    ds_catalog_close(shared);
}

static void a_model_lives_on_the_source_that_it_names(void)
{
    ds_catalog *catalog = open_catalog(SOURCES, MODELS);
    ds_error err = {.status = DS_OK};
    ds_source *second = ds_catalog_source(catalog, "second", &err);
    ds_model *jug = ds_catalog_model(catalog, "Jug", &err);
    CU_ASSERT_PTR_EQUAL(ds_model_source(jug), second);
    ds_model *cup = ds_catalog_model(catalog, "Cup", &err), *other = ds_source_model(second, "Cup", &err);
    CU_ASSERT(cup != other && other != NULL);
    CU_ASSERT_PTR_EQUAL(ds_model_source(other), second);
    CU_ASSERT_EQUAL(ds_model_property_count(other), 2);
    CU_ASSERT_PTR_NULL(ds_catalog_model(catalog, "Pot", &err));
    says_of(&err, DS_CONFIG, "the model Pot does not name its dataSource, and there is more than one", NULL);
    CU_ASSERT_PTR_NOT_NULL(ds_source_model(second, "Pot", &err));
    CU_ASSERT_PTR_NULL(ds_catalog_model(catalog, "Bowl", &err));
    says_of(&err, DS_CONFIG, "\"Bowl\"", NULL);
    CU_ASSERT_PTR_NULL(ds_catalog_model(catalog, NULL, &err));
    CU_ASSERT_PTR_NULL(ds_catalog_model(NULL, "Cup", &err));
    CU_ASSERT_EQUAL(err.status, DS_INVALID);
    ds_catalog_close(catalog);
}

static void what_has_no_definition_is_schemaless(void)
{
    ds_catalog *catalog = open_catalog(SOURCES, MODELS);
    ds_error err = {.status = DS_OK};
    ds_source *first = ds_catalog_source(catalog, "first", &err);
    ds_model *bowl = ds_source_model(first, "Bowl", &err);
    CU_ASSERT(bowl != NULL && ds_model_is_schemaless(bowl) && !ds_model_is_strict(bowl));
    CU_ASSERT_STRING_EQUAL(ds_model_name(bowl), "Bowl");
    CU_ASSERT_PTR_EQUAL(ds_source_model(first, "Bowl", &err), bowl);
    static const char *const bad[] = {"", "a:b", "a#b", "a{b", "a}b"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        err = (ds_error){.status = DS_OK};
        CU_ASSERT_PTR_NULL(ds_source_model(first, bad[i], &err));
        CU_ASSERT(err.status == DS_CONFIG || err.status == DS_INVALID);
        says_of(&err, err.status, "name", "first");
    }
    CU_ASSERT_PTR_NULL(ds_source_model(first, NULL, &err));
    CU_ASSERT_EQUAL(err.status, DS_INVALID);
    ds_catalog_close(catalog);
}

/* ---- definitions in the host's code ---- */

static void a_definition_again_is_the_same_handle(void)
{
    ds_source *source = puppet_open("puppet", NULL);
    ds_error err = {.status = DS_OK};
    ds_model *cup = NULL, *again = NULL, *other = NULL;
    CU_ASSERT_EQUAL(ds_model_define(source, "{\"name\": \"Cup\", " THING("") "}", &cup, &err), DS_OK);
    CU_ASSERT_EQUAL(ds_model_define(source,
                                    "{ \"properties\": {\"id\": {\"id\": true, \"type\": \"string\"},"
                                    " \"n\": {\"type\": \"integer\"}}, \"name\": \"Cup\"}",
                                    &again, &err),
                    DS_OK);
    CU_ASSERT(cup != NULL && cup == again);
    CU_ASSERT_PTR_EQUAL(ds_source_model(source, "Cup", &err), cup);
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_MODEL), 1);
    other = cup;
    CU_ASSERT_EQUAL(
        ds_model_define(source, "{\"name\": \"Cup\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}}}",
                        &other, &err),
        DS_CONFIG);
    says_of(&err, DS_CONFIG, "the model Cup is in use with another definition", "puppet");
    CU_ASSERT_PTR_NULL(other);
    CU_ASSERT_PTR_NOT_NULL(ds_source_model(source, "Loose", &err)); /* schemaless, so it cannot be defined any more */
    CU_ASSERT_EQUAL(ds_model_define(source, "{\"name\": \"Loose\", " THING("") "}", &other, &err), DS_CONFIG);
    CU_ASSERT_EQUAL(ds_model_define(source, "{\"name\": ", &other, &err), DS_CONFIG);
    says_of(&err, DS_CONFIG, "", "puppet");
    CU_ASSERT_EQUAL(ds_model_define(source, "{\"name\": \"Jug\", \"properties\": {\"n\": \"colour\"}}", &other, &err),
                    DS_CONFIG);
    says_of(&err, DS_CONFIG, "the property \"n\" an unknown type", "puppet");
    CU_ASSERT_EQUAL(ds_model_define(source, NULL, &other, &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_model_define(source, "{}", NULL, &err), DS_INVALID);
    puppet_close(source);
}

static void a_definition_of_the_catalog_is_the_catalogs_model(void)
{
    ds_catalog *catalog = open_catalog(SOURCES, MODELS);
    ds_source *first = ds_catalog_source(catalog, "first", NULL);
    ds_model *cup = NULL;
    ds_error err = {.status = DS_OK};
    CU_ASSERT_EQUAL(ds_model_define(first, "{\"name\": \"Cup\", \"dataSource\": \"first\", " THING("") "}", &cup, &err),
                    DS_OK);
    CU_ASSERT_PTR_EQUAL(ds_catalog_model(catalog, "Cup", &err), cup);
    CU_ASSERT_EQUAL(
        ds_model_define(first, "{\"name\": \"Jug\", \"properties\": {\"id\": {\"type\": \"integer\", \"id\": true}}}",
                        &cup, &err),
        DS_OK);
    CU_ASSERT_PTR_EQUAL(ds_source_model(first, "Jug", &err), cup);
    CU_ASSERT_PTR_NOT_NULL(ds_catalog_model(catalog, "Jug", &err)); /* another source */
    ds_catalog_close(catalog);
}

static void what_a_connector_cannot_do_is_refused_with_the_model(void)
{
    static const struct {
        const char *model, *words;
        ds_status status;
    } rows[] = {
        {"{\"name\": \"M\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"u\": {\"type\": "
         "\"string\", "
         "\"unique\": true}}}",
         "the model M has unique properties, which the connector puppet-bare does not offer", DS_UNSUPPORTED},
        {"{\"name\": \"M\", " THING(", \"settings\": {\"ttl\": 5}") "}", "settings.ttl", DS_UNSUPPORTED},
        {"{\"name\": \"M\", " THING(", \"settings\": {\"version\": \"n\"}") "}", "settings.version", DS_UNSUPPORTED},
        {"{\"name\": \"M\", " THING(", \"settings\": {\"puppet-bare\": {\"hook\": 1}}") "}", "hook", DS_CONFIG},
        {"{\"name\": \"M\", " THING(", \"settings\": {\"puppet-bare\": {\"shelf\": 1}}") "}", "shelf", DS_CONFIG}};
    ds_source *source = puppet_open("puppet-bare", NULL);
    ds_error err;
    ds_model *model = NULL;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        err = (ds_error){.status = DS_OK};
        CU_ASSERT_EQUAL(ds_model_define(source, rows[i].model, &model, &err), rows[i].status);
        says_of(&err, rows[i].status, rows[i].words, "puppet-bare");
        CU_ASSERT_PTR_NULL(model);
    }
    CU_ASSERT_EQUAL(
        ds_model_define(source,
                        "{\"name\": \"M\", " THING(
                            ", \"settings\": {\"puppet-bare\": {\"shelf\": \"top\"}, \"redis\": {\"any\": 1}}") "}",
                        &model, &err),
        DS_OK);
    CU_ASSERT_STRING_EQUAL(ds_model_setting(model, "puppet-bare.shelf").as.string, "top");
    puppet_close(source);
    source = puppet_open("puppet", NULL);
    puppet_fail(PUPPET_MODEL, DS_UNSUPPORTED, 1, "it has no strings for that");
    CU_ASSERT_EQUAL(ds_model_define(source, "{\"name\": \"M\", " THING("") "}", &model, &err), DS_UNSUPPORTED);
    says_of(&err, DS_UNSUPPORTED, "it has no strings for that", "puppet");
    puppet_fail(PUPPET_MODEL, DS_CONFIG, 1, NULL);
    CU_ASSERT_PTR_NULL(ds_source_model(source, "M", &err));
    says_of(&err, DS_CONFIG, "the connector puppet did not take the model M", "puppet");
    CU_ASSERT_PTR_NOT_NULL(ds_source_model(source, "M", &err)); /* nothing is left of what failed */
    puppet_close(source);
}

/* ---- views ---- */

static void a_view_has_its_own_deadline(void)
{
    ds_source *source = puppet_open("puppet", NULL);
    ds_model *model = ds_source_model(source, "thing", NULL), *brief = NULL, *patient = NULL;
    const ds_options options = {.size = sizeof options, .timeout_ms = 30}, none = {.size = sizeof none};
    uint64_t count;
    ds_error err = {.status = DS_OK};
    CU_ASSERT_EQUAL_FATAL(ds_model_with(model, &options, &brief, &err), DS_OK);
    CU_ASSERT_EQUAL_FATAL(ds_model_with(brief, &none, &patient, &err),
                          DS_OK); /* a view of a view: options of its own */
    CU_ASSERT_PTR_EQUAL(ds_model_source(patient), source);
    CU_ASSERT_STRING_EQUAL(ds_model_name(brief), "thing");
    puppet_hold(PUPPET_FIND);
    int64_t started = ds_now();
    CU_ASSERT_EQUAL(ds_count(brief, NULL, &count, &err), DS_TIMEOUT);
    CU_ASSERT(ds_now() - started >= 30000000);
    says_of(&err, DS_TIMEOUT, "deadline", "puppet");
    hand slow;
    hand_start(&slow, hand_count, source, patient);
    puppet_await(PUPPET_FIND, 1);
    puppet_let_go(PUPPET_FIND);
    CU_ASSERT_EQUAL(hand_join(&slow), DS_OK);
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_MODEL), 1);
    ds_model_free(patient);
    ds_model_free(brief);
    ds_model_free(model); /* no view: does nothing */
    CU_ASSERT_EQUAL(ds_count(model, NULL, &count, &err), DS_OK);
    puppet_close(source);
}

static void the_deadline_of_a_view_bounds_the_whole_walk(void)
{
    ds_source *source = puppet_open("puppet", NULL);
    const ds_options options = {.size = sizeof options, .timeout_ms = 200};
    ds_model *brief = NULL;
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    ds_error err = {.status = DS_OK};
    ds_status status = DS_OK;
    puppet_records(100000000); /* more than can be walked */
    CU_ASSERT_EQUAL_FATAL(ds_model_with(ds_source_model(source, "thing", NULL), &options, &brief, &err), DS_OK);
    CU_ASSERT_EQUAL_FATAL(ds_find(brief, NULL, &cursor, &err), DS_OK);
    unsigned walked = 0;
    while ((status = ds_cursor_next(cursor, &record, &err)) == DS_OK && record != NULL)
        walked++;
    CU_ASSERT_EQUAL(status, DS_TIMEOUT);
    CU_ASSERT(walked > 0);
    CU_ASSERT_EQUAL(ds_cursor_next(cursor, &record, &err), DS_TIMEOUT); /* it is over */
    ds_cursor_close(cursor);
    ds_model_free(brief);
    puppet_close(source);
}

static void a_token_ends_the_operations_of_its_view_from_another_thread(void)
{
    ds_source *source = puppet_open("puppet", NULL);
    ds_model *model = ds_source_model(source, "thing", NULL), *view = NULL;
    ds_cancel *cancel = NULL;
    ds_error err = {.status = DS_OK};
    uint64_t count;
    hand cancelled, other;
    CU_ASSERT_EQUAL_FATAL(ds_cancel_new(&cancel, NULL), DS_OK);
    const ds_options options = {.size = sizeof options, .cancel = cancel};
    CU_ASSERT_EQUAL_FATAL(ds_model_with(model, &options, &view, &err), DS_OK);
    puppet_hold(PUPPET_FIND);
    hand_start(&cancelled, hand_count, source, view);
    hand_start(&other, hand_count, source, model);
    puppet_await(PUPPET_FIND, 2);
    ds_cancel_set(cancel);
    CU_ASSERT_EQUAL(hand_join(&cancelled), DS_CANCELLED);
    says_of(&cancelled.err, DS_CANCELLED, "cancelled", "puppet");
    unsigned finds = puppet_calls(PUPPET_FIND);
    CU_ASSERT_EQUAL(ds_count(view, NULL, &count, &err), DS_CANCELLED); /* at once */
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_FIND), finds);
    puppet_let_go(PUPPET_FIND);
    CU_ASSERT_EQUAL(hand_join(&other), DS_OK);
    ds_cancel_clear(cancel);
    CU_ASSERT_EQUAL(ds_count(view, NULL, &count, &err), DS_OK);
    ds_model_free(view);
    ds_cancel_free(cancel);
    puppet_close(source);
}

static void records_of_a_model_and_its_views_are_the_same(void)
{
    ds_source *source = puppet_open("puppet", NULL);
    ds_model *model = ds_source_model(source, "thing", NULL), *view = NULL;
    const ds_options options = {.size = sizeof options, .timeout_ms = 60000};
    ds_error err = {.status = DS_OK};
    CU_ASSERT_EQUAL_FATAL(ds_model_with(model, &options, &view, &err), DS_OK);
    ds_record *of_view = ds_record_new(view), *of_model = ds_record_new(model);
    ds_record_set(of_view, "id", ds_string("a"));
    ds_record_set(of_model, "id", ds_string("b"));
    CU_ASSERT_EQUAL(ds_create(model, of_view, &err), DS_OK);
    CU_ASSERT_EQUAL(ds_create(view, of_model, &err), DS_OK);
    ds_model_free(view);
    CU_ASSERT_EQUAL(ds_upsert(model, of_view, NULL, &err), DS_OK); /* it outlives the view */
    ds_record_free(of_view);
    ds_record_free(of_model);
    puppet_close(source);
}

static void options_that_make_no_sense_are_refused(void)
{
    ds_source *source = puppet_open("puppet", NULL);
    ds_model *model = ds_source_model(source, "thing", NULL), *view = model;
    ds_error err = {.status = DS_OK};
    const ds_options bad[] = {{.size = 0, .timeout_ms = 5},
                              {.size = sizeof(uint32_t)},
                              {.size = sizeof(ds_options), .timeout_ms = -1},
                              {.size = sizeof(ds_options), .timeout_ms = INT64_MAX},
                              {.size = sizeof(ds_options), .read_from = (ds_read_from)7}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CU_ASSERT_EQUAL(ds_model_with(model, &bad[i], &view, &err), DS_INVALID);
        says_of(&err, DS_INVALID, "thing", "puppet");
        CU_ASSERT_PTR_NULL(view);
    }
    CU_ASSERT_EQUAL(ds_model_with(model, NULL, &view, &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_model_with(model, &bad[0], NULL, &err), DS_INVALID);
    struct {
        ds_options known;
        char unknown[64];
    } longer = {.known = {.size = sizeof longer, .timeout_ms = 5}, .unknown = "of a later header"};
    CU_ASSERT_EQUAL(ds_model_with(model, &longer.known, &view, &err), DS_OK);
    ds_model_free(view);
    puppet_close(source);
}

/* ---- closing ---- */

static void closing_a_catalog_disconnects_its_sources(void)
{
    ds_catalog *catalog = open_catalog("{\"a\": {\"connector\": \"puppet\"}, \"b\": {\"connector\": \"puppet\"},"
                                       " \"c\": {\"connector\": \"puppet\"}}",
                                       NULL);
    ds_source *a = ds_catalog_source(catalog, "a", NULL), *b = ds_catalog_source(catalog, "b", NULL);
    ds_source *c = ds_catalog_source(catalog, "c", NULL);
    ds_cursor *cursor = NULL;
    CU_ASSERT_EQUAL(ds_connect(a, NULL), DS_OK);
    CU_ASSERT_EQUAL(ds_find(ds_source_model(b, "thing", NULL), NULL, &cursor, NULL), DS_OK);
    ds_cursor_close(cursor);
    CU_ASSERT(ds_is_open(a) && ds_is_open(b) && !ds_is_open(c));
    ds_catalog_close(catalog);
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_DISCONNECT), 2);
    CU_ASSERT_EQUAL(puppet_calls(PUPPET_CLOSE), 3);
    CU_ASSERT_EQUAL(puppet_violations(), 0);
    ds_catalog_close(NULL);
}

int main(void)
{
    static const test tests[] = {
        {"an open catalog freezes the allocator, and not yet the connectors",
         an_open_catalog_freezes_the_allocator_and_not_the_connectors},
        {"names and counts are in the order of the files, and nothing is opened for them",
         names_and_counts_are_in_the_order_of_the_files},
        {"a bad source is told when it is asked for, and the others work", a_bad_source_is_told_when_it_is_asked_for},
        {"a connector that does not take the settings is told, and may be asked again",
         a_connector_that_does_not_take_the_settings_is_told},
        {"a long name is cut at a code point and does not push the sentence out",
         a_long_name_is_cut_and_does_not_push_the_sentence_out},
        {"the layers of local and of DATASOURCE_ENV are laid over the file", layers_are_laid_over_the_file},
        {"models are read from a folder", models_are_read_from_a_folder},
        {"a catalog that cannot be read names the file", a_catalog_that_cannot_be_read_names_the_file},
        {"sources and models are the same handles again", the_same_handle_comes_again},
        {"many threads get the same handles", many_threads_get_the_same_handles},
        {"a model lives on the source that it names", a_model_lives_on_the_source_that_it_names},
        {"a model without a definition is schemaless, and its name is checked", what_has_no_definition_is_schemaless},
        {"the same definition is the same handle, another one of its name is refused",
         a_definition_again_is_the_same_handle},
        {"a definition of the catalog in the host's code is the catalog's model",
         a_definition_of_the_catalog_is_the_catalogs_model},
        {"what a connector cannot do is refused with the model and the source",
         what_a_connector_cannot_do_is_refused_with_the_model},
        {"a view has a deadline of its own", a_view_has_its_own_deadline},
        {"the deadline of a view bounds a whole walk", the_deadline_of_a_view_bounds_the_whole_walk},
        {"a token ends the operations of its view, and of no other, from another thread",
         a_token_ends_the_operations_of_its_view_from_another_thread},
        {"records of a model are its views' too, and outlive them", records_of_a_model_and_its_views_are_the_same},
        {"options that make no sense are refused, and longer ones taken", options_that_make_no_sense_are_refused},
        {"closing a catalog disconnects and frees its sources", closing_a_catalog_disconnects_its_sources},
    };
    puppet_register();
    return SUITE_RUN("catalog", tests);
}
