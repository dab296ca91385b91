#include "world.h"

#include "redis_server.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

ds_error last;

static redis_server *server;
static redisContext *context;

const char *world_socket(void)
{
    return server->socket;
}

int world_port(void)
{
    return server->port;
}

redisContext *world_connect(void)
{
    return redisConnectUnix(server->socket);
}

bool world_start(void)
{
    server = redis_server_start(NULL);
    context = world_connect();
    return context != NULL && context->err == 0;
}

void world_stop(void)
{
    redisFree(context);
    redis_server_stop(server);
}

ds_source *world_source(const char *members)
{
    char settings[1024];
    ds_source *source = NULL;
    raw("FLUSHALL");
    snprintf(settings, sizeof settings, "{\"url\": \"unix://%s\"%s%s}", server->socket, *members ? ", " : "", members);
    ds_status status = ds_source_open("redis", settings, &source, &last);
    if (status != DS_OK)
        fprintf(stderr, "%s: %s\n", ds_status_name(status), last.message);
    CU_ASSERT_EQUAL_FATAL(status, DS_OK);
    return source;
}

ds_model *world_model(ds_source *source, const char *json)
{
    ds_model *model = NULL;
    ds_status status = DS_OK;
    if (json[0] == '{')
        status = ds_model_define(source, json, &model, &last);
    else
        model = ds_source_model(source, json, &last);
    if (model == NULL)
        fprintf(stderr, "%s: %s\n", ds_status_name(status), last.message);
    CU_ASSERT_PTR_NOT_NULL_FATAL(model);
    return model;
}

/* ---- raw ---- */

static char *next_buffer(size_t size)
{
    static char *buffers[8];
    static size_t at;
    at = (at + 1) % 8;
    free(buffers[at]);
    buffers[at] = calloc(1, size);
    return buffers[at];
}

static void append(char *out, const char *bytes, size_t length)
{
    out += strlen(out);
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];
        out += c < 0x20 || c > 0x7e ? sprintf(out, "\\x%02x", c) : sprintf(out, "%c", c);
    }
}

static size_t size_of(const redisReply *reply)
{
    size_t size = 32 + 4 * (size_t)reply->len;
    for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements; i++)
        size += size_of(reply->element[i]);
    return size;
}

static void show(char *out, const redisReply *reply)
{
    if (reply->type == REDIS_REPLY_NIL)
        strcat(out, "(nil)");
    else if (reply->type == REDIS_REPLY_INTEGER)
        sprintf(out + strlen(out), "%lld", reply->integer);
    else if (reply->type != REDIS_REPLY_ARRAY)
        append(strcat(out, reply->type == REDIS_REPLY_ERROR ? "!" : ""), reply->str, (size_t)reply->len);
    else
        for (size_t i = 0; i < reply->elements; i++)
            show(i == 0 ? out : strcat(out, " "), reply->element[i]);
}

const char *raw(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    redisReply *reply = redisvCommand(context, format, arguments);
    va_end(arguments);
    if (reply == NULL)
        return "!no reply";
    char *out = next_buffer(size_of(reply));
    show(out, reply);
    freeReplyObject(reply);
    return out;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Elements of an array reply, `together` at a time with '=' between, sorted. */
static const char *sorted(const redisReply *reply, size_t together)
{
    size_t count = reply->type == REDIS_REPLY_ARRAY ? reply->elements / together : 0;
    char **texts = calloc(count + 1, sizeof *texts), *out = next_buffer(size_of(reply));
    for (size_t i = 0; i < count; i++) {
        texts[i] = calloc(1, size_of(reply));
        for (size_t k = 0; k < together; k++)
            show(k == 0 ? texts[i] : strcat(texts[i], "="), reply->element[i * together + k]);
    }
    qsort(texts, count, sizeof *texts, compare_texts);
    if (reply->type != REDIS_REPLY_ARRAY)
        show(out, reply);
    for (size_t i = 0; i < count; i++) {
        strcat(strcat(out, i == 0 ? "" : " "), texts[i]);
        free(texts[i]);
    }
    free(texts);
    return out;
}

const char *hash_of(const char *key)
{
    redisReply *reply = redisCommand(context, "HGETALL %s", key);
    const char *text = sorted(reply, 2);
    freeReplyObject(reply);
    return text;
}

const char *keys_of(void)
{
    redisReply *reply = redisCommand(context, "KEYS *");
    const char *text = sorted(reply, 1);
    freeReplyObject(reply);
    return text;
}

/* ---- operations ---- */

bool same_text(const char *actual, const char *wanted)
{
    bool same = strcmp(actual, wanted) == 0;
    if (!same)
        fprintf(stderr, "%s\n    where this was expected:\n%s\n    %s\n", actual, wanted, last.message);
    return same;
}

const char *done(ds_status status)
{
    if (status != DS_OK && last.message[0] == '\0')
        return "a failure without a sentence";
    return ds_status_name(status);
}

ds_record *record_of(const ds_model *model, const char *json)
{
    ds_record *record = NULL;
    if (ds_record_from_json(model, json, &record, &last) != DS_OK)
        fprintf(stderr, "%s: %s\n", json, last.message);
    CU_ASSERT_PTR_NOT_NULL_FATAL(record);
    return record;
}

ds_status create(ds_model *model, const char *json)
{
    ds_record *record = record_of(model, json);
    ds_status status = ds_create(model, record, &last);
    ds_record_free(record);
    return status;
}

ds_status update(ds_model *model, const char *id, const char *json)
{
    ds_record *record = record_of(model, json);
    ds_status status = ds_update_by_id(model, ds_string(id), record, &last);
    ds_record_free(record);
    return status;
}

const char *json_of(ds_model *model, const char *id)
{
    ds_record *record = NULL;
    ds_status status = ds_find_by_id(model, ds_string(id), &record, &last);
    if (status != DS_OK)
        return status == DS_NOT_FOUND ? "none" : ds_status_name(status);
    char *json = ds_record_to_json(record), *out = next_buffer(strlen(json) + 1);
    strcpy(out, json);
    ds_free(json);
    ds_record_free(record);
    return out;
}

static const char *ids_of(ds_cursor *cursor, size_t id_slot)
{
    size_t count = 0, size = 1;
    char **texts = NULL;
    const ds_record *record = NULL;
    ds_status status;
    while ((status = ds_cursor_next(cursor, &record, &last)) == DS_OK && record != NULL) {
        ds_field field;
        CU_ASSERT_TRUE_FATAL(ds_record_field(record, id_slot, &field));
        ds_text text;
        ds_value_text(field.value, &text);
        texts = realloc(texts, (count + 1) * sizeof *texts);
        texts[count] = calloc(1, 4 * text.length + 1);
        append(texts[count++], text.bytes, text.length);
        size += 4 * text.length + 2;
    }
    if (count > 0)
        qsort(texts, count, sizeof *texts, compare_texts);
    char *out = next_buffer(size);
    for (size_t i = 0; i < count; i++) {
        strcat(strcat(out, i == 0 ? "" : " "), texts[i]);
        free(texts[i]);
    }
    free(texts);
    return status == DS_OK ? out : ds_status_name(status);
}

const char *found(ds_model *model, const char *query_json)
{
    ds_query *query = NULL;
    ds_cursor *cursor = NULL;
    ds_status status = ds_query_parse(query_json, &query, &last);
    if (status == DS_OK)
        status = ds_find(model, query, &cursor, &last);
    const char *ids = status == DS_OK ? ids_of(cursor, ds_model_id_slot(model)) : ds_status_name(status);
    ds_cursor_close(cursor);
    ds_query_free(query);
    return ids;
}
