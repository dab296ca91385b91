/* Configurations: data sources and models, damaged by turns; every source and model that a catalog has is asked for, and
 * none is connected. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

static const char SOURCES[] = "{\"a\": {\"connector\": \"memory\"}, \"b\": {\"connector\": \"redis\", \"port\": 1}}";
static const char MODELS[] =
    "{\"name\": \"A\", \"dataSource\": \"a\", \"properties\": {\"id\": {\"type\": \"string\", \"id\": true}}}";

static bool ask_for_all(ds_catalog *catalog)
{
    ds_error err = {0};
    bool right = true;
    for (size_t i = 0; right && i < ds_catalog_source_count(catalog); i++) {
        ds_source *source = ds_catalog_source(catalog, ds_catalog_source_name(catalog, i), &err);
        if (source == NULL)
            right = fuzz_says(&err, err.status, DS_CONFIG);
    }
    for (size_t i = 0; right && i < ds_catalog_model_count(catalog); i++)
        if (ds_catalog_model(catalog, ds_catalog_model_name(catalog, i), &err) == NULL)
            right = fuzz_says(&err, err.status, err.status == DS_UNSUPPORTED ? DS_UNSUPPORTED : DS_CONFIG);
    return right;
}

static bool parse(const char *sources, const char *models)
{
    ds_error err = {0};
    ds_catalog *catalog = NULL;
    ds_status status = ds_catalog_parse(sources, models, &catalog, &err);
    if (status != DS_OK)
        return catalog == NULL && fuzz_says(&err, status, DS_CONFIG);
    fuzz_accepted++;
    bool right = ask_for_all(catalog);
    ds_catalog_close(catalog);
    return right;
}

static bool try_sources(const char *text, size_t length)
{
    (void)length;
    bool right = parse(text, MODELS);
    size_t accepted = fuzz_accepted;
    right = parse(text, NULL) && right;
    fuzz_accepted = accepted;
    return right;
}

static bool try_models(const char *text, size_t length)
{
    (void)length;
    return parse(SOURCES, text);
}

int main(void)
{
    corpus sources = {0}, models = {0};
    fuzz_start();
    corpus_add(&sources, SOURCES);
    corpus_add(&sources, "{\"r\": {\"connector\": \"loopback-connector-redis\", \"url\": \"rediss://u:s3cr3t@h:1/2\","
                         " \"tls\": {\"verify\": false}, \"keyPrefix\": \"p:\", \"commandTimeout\": 10}}");
    corpus_read(&sources, "tests/unit/test_config.c", "{");
    corpus_read(&sources, "tests/unit/test_settings.c", "{");
    corpus_read(&sources, "tests/cli/test_malformed.c", "{[");
    corpus_add(&models, MODELS);
    corpus_read(&models, "tests/unit/test_models.c", "{[");
    corpus_read(&models, "tests/unit/test_definitions.c", "{[");
    corpus_read(&models, "tests/cli/test_malformed.c", "{[");
    int status = fuzz_run("damaged data sources are refused with a sentence, or opened", &sources, 150000, try_sources);
    status |= fuzz_run("damaged models are refused with a sentence, or opened", &models, 150000, try_models);
    corpus_free(&sources);
    corpus_free(&models);
    return status;
}
