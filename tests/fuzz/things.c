/* Three models on memory with the same eight records. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#define PROPERTIES                                                                                                     \
    "\"properties\": {\"id\": {\"type\": \"string\", \"id\": true}, \"s\": \"string\", \"i\": \"integer\","            \
    " \"n\": \"number\", \"b\": \"boolean\", \"d\": \"date\", \"y\": \"binary\", \"o\": \"object\", \"a\": \"array\"," \
    " \"x\": \"any\"}"

ds_model *things[THINGS_MODELS];
static ds_catalog *catalog;

static const char *const records[] = {
    "{\"id\":\"1\"}",
    "{\"id\":\"2\",\"s\":\"abc\",\"i\":5,\"n\":1.5,\"b\":true,\"d\":\"2020-02-29T12:00:00Z\",\"y\":\"AAEC\"}",
    "{\"id\":\"3\",\"s\":\"\",\"i\":-9223372036854775808,\"n\":-0.0,\"b\":false,\"d\":0,\"y\":\"\"}",
    "{\"id\":\"4\",\"s\":\"a\\u0000b\",\"i\":9007199254740993,\"n\":1e308,\"o\":{},\"a\":[]}",
    "{\"id\":\"5\",\"s\":\"Z\xc3\xbcrich\",\"o\":{\"k\":{\"l\":[1,2]},\"city\":\"Ulm\"},\"a\":[1,\"x\",null]}",
    "{\"id\":\"6\",\"a\":[[1],{\"k\":1},2.5,true],\"x\":\"text\"}",
    "{\"id\":\"7\",\"x\":{\"k\":[]}}",
    "{\"id\":\"8\",\"x\":9223372036854775807}",
};

static void must(ds_status status, const ds_error *err)
{
    if (status == DS_OK)
        return;
    printf("%s\n", err->message);
    exit(EXIT_FAILURE);
}

void things_open(void)
{
    ds_error err;
    must(ds_catalog_parse("{\"main\": {\"connector\": \"memory\"}}",
                          "[{\"name\": \"Thing\", " PROPERTIES "},"
                          " {\"name\": \"Loose\", " PROPERTIES ", \"settings\": {\"strict\": false}}]",
                          &catalog, &err),
         &err);
    ds_source *source = ds_catalog_source(catalog, "main", &err);
    must(source == NULL ? err.status : DS_OK, &err);
    const char *const names[THINGS_MODELS] = {"Thing", "Loose", "free"};
    for (size_t m = 0; m < THINGS_MODELS; m++) {
        things[m] = ds_source_model(source, names[m], &err);
        must(things[m] == NULL ? err.status : DS_OK, &err);
        for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
            ds_record *record;
            must(ds_record_from_json(things[m], records[i], &record, &err), &err);
            must(ds_create(things[m], record, &err), &err);
            ds_record_free(record);
        }
    }
}

void things_close(void)
{
    ds_catalog_close(catalog);
}

bool things_find(ds_model *model, const ds_query *query, size_t *found, ds_status *status)
{
    ds_error err = {0};
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    *found = 0;
    *status = ds_find(model, query, &cursor, &err);
    while (*status == DS_OK) {
        *status = ds_cursor_next(cursor, &record, &err);
        if (record == NULL)
            break;
        ++*found;
    }
    if (*status == DS_OK)
        ds_free(ds_cursor_mark(cursor));
    ds_cursor_close(cursor);
    return *status == DS_OK || fuzz_says(&err, *status, DS_INVALID);
}
