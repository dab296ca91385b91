#include "host.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

ds_error host_error;

static void must(ds_status status)
{
    if (status == DS_OK)
        return;
    fprintf(stderr, "\n%s: %s\n", ds_status_name(status), host_error.message);
    exit(EXIT_FAILURE);
}

ds_source *host_open(const char *file)
{
    char settings[1024] = "{}";
    ds_source *source;
    if (file != NULL)
        snprintf(settings, sizeof settings, "{\"file\":\"%s\"}", file);
    must(ds_source_open("memory", settings, &source, &host_error));
    return source;
}

ds_model *host_model(ds_source *source, const char *definition)
{
    ds_model *model;
    must(ds_model_define(source, definition, &model, &host_error));
    return model;
}

ds_record *host_record(const ds_model *model, const char *json)
{
    ds_record *record;
    must(ds_record_from_json(model, json, &record, &host_error));
    return record;
}

ds_status host_create(ds_model *model, const char *json)
{
    ds_record *record = host_record(model, json);
    ds_status status = ds_create(model, record, &host_error);
    ds_record_free(record);
    return status;
}

ds_status host_upsert(ds_model *model, const char *json)
{
    ds_record *record = host_record(model, json);
    ds_status status = ds_upsert(model, record, NULL, &host_error);
    ds_record_free(record);
    return status;
}

ds_status host_replace(ds_model *model, ds_value id, const char *json)
{
    ds_record *record = host_record(model, json);
    ds_status status = ds_replace_by_id(model, id, record, &host_error);
    ds_record_free(record);
    return status;
}

ds_status host_update(ds_model *model, ds_value id, const char *json)
{
    ds_record *record = host_record(model, json);
    ds_status status = ds_update_by_id(model, id, record, &host_error);
    ds_record_free(record);
    return status;
}

static ds_filter *filter_of(const char *where)
{
    ds_filter *filter;
    must(ds_filter_parse(where, &filter, &host_error));
    return filter;
}

ds_status host_update_where(ds_model *model, const char *where, const char *json, uint64_t *count)
{
    ds_record *record = host_record(model, json);
    ds_filter *filter = filter_of(where);
    ds_status status = ds_update(model, filter, record, count, &host_error);
    ds_filter_free(filter);
    ds_record_free(record);
    return status;
}

ds_status host_delete_where(ds_model *model, const char *where, uint64_t *count)
{
    ds_filter *filter = filter_of(where);
    ds_status status = ds_delete(model, filter, count, &host_error);
    ds_filter_free(filter);
    return status;
}

uint64_t host_count(ds_model *model, const char *where)
{
    uint64_t count = 0;
    ds_filter *filter = where == NULL ? NULL : filter_of(where);
    must(ds_count(model, filter, &count, &host_error));
    ds_filter_free(filter);
    return count;
}

typedef struct lines {
    char **each;
    size_t count;
} lines;

static lines find_lines(ds_model *model, const char *query_json)
{
    ds_query *query;
    ds_cursor *cursor;
    const ds_record *record;
    lines found = {0};
    must(ds_query_parse(query_json, &query, &host_error));
    must(ds_find(model, query, &cursor, &host_error));
    for (;;) {
        must(ds_cursor_next(cursor, &record, &host_error));
        if (record == NULL)
            break;
        char *json = ds_record_to_json(record);
        found.each = realloc(found.each, (found.count + 1) * sizeof(char *));
        found.each[found.count++] = strdup(json);
        ds_free(json);
    }
    ds_cursor_close(cursor);
    ds_query_free(query);
    return found;
}

static char *join_lines(lines found)
{
    size_t length = 1;
    for (size_t i = 0; i < found.count; i++)
        length += strlen(found.each[i]) + 1;
    char *text = malloc(length), *at = text;
    *at = '\0';
    for (size_t i = 0; i < found.count; i++) {
        at += sprintf(at, "%s\n", found.each[i]);
        free(found.each[i]);
    }
    free(found.each);
    return text;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char *host_find(ds_model *model, const char *query)
{
    return join_lines(find_lines(model, query));
}

char *host_find_sorted(ds_model *model, const char *query)
{
    lines found = find_lines(model, query);
    if (found.count > 0)
        qsort(found.each, found.count, sizeof(char *), by_text);
    return join_lines(found);
}

char *host_get(ds_model *model, ds_value id)
{
    ds_record *record;
    ds_status status = ds_find_by_id(model, id, &record, &host_error);
    if (status == DS_NOT_FOUND)
        return strdup("");
    must(status);
    char *json = ds_record_to_json(record), *copy = strdup(json);
    ds_free(json);
    ds_record_free(record);
    return copy;
}

char *host_access(ds_model *model, const char *where)
{
    char query[1024], *plan;
    ds_query *parsed;
    snprintf(query, sizeof query, "{\"where\":%s}", where);
    must(ds_query_parse(query, &parsed, &host_error));
    must(ds_explain(model, parsed, &plan, &host_error));
    ds_query_free(parsed);
    const char *at = strstr(plan, "\"access\":\"");
    at = at == NULL ? "?" : at + strlen("\"access\":\"");
    char *access = strndup(at, strcspn(at, "\""));
    ds_free(plan);
    return access;
}

long long host_stat(ds_source *source, const char *member)
{
    char *json, name[64];
    must(ds_stats(source, &json, &host_error));
    snprintf(name, sizeof name, "\"%s\":", member);
    const char *at = strstr(json, name);
    long long number = at == NULL ? -1 : strtoll(at + strlen(name), NULL, 10);
    ds_free(json);
    return number;
}

bool host_await(bool (*is_so)(void *user), void *user)
{
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    do {
        if (is_so(user))
            return true;
        sched_yield();
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (now.tv_sec - start.tv_sec < 20);
    return false;
}
