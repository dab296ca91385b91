#include "overheard.h"

#include <stdio.h>
#include <stdlib.h>

static char ways[1000];

static void add_way(const char *way)
{
    char padded[1100], wanted[300];
    snprintf(padded, sizeof padded, " %s ", ways);
    snprintf(wanted, sizeof wanted, " %s ", way);
    if (strstr(padded, wanted) != NULL)
        return;
    size_t length = strlen(ways);
    snprintf(ways + length, sizeof ways - length, "%s%s", length == 0 ? "" : " ", way);
}

/* The words of a line of MONITOR are in quotes: the name, the key, and what follows. */
static bool read_word(const char **at, char out[200])
{
    const char *begin = strchr(*at, '"');
    const char *end = begin == NULL ? NULL : strchr(begin + 1, '"');
    if (end == NULL)
        return false;
    snprintf(out, 200, "%.*s", (int)(end - begin - 1), begin + 1);
    *at = end + 1;
    return true;
}

static void note_line(const char *line)
{
    char name[200], key[200], field[200];
    const char *words = strchr(line, ']'); /* [database client] */
    if (words == NULL || strstr(line, " lua] ") != NULL || !read_word(&words, name) || !read_word(&words, key))
        return;
    const char *kind = strrchr(key, '#');
    bool walks = strcmp(name, "ZRANGEBYLEX") == 0 || strcmp(name, "ZREVRANGEBYLEX") == 0;
    if (strcmp(name, "SCAN") == 0)
        add_way("scan");
    else if (walks && kind != NULL)
        add_way(strcmp(kind, "#ids") == 0 ? "primary" : kind + 1);
    else if (strcmp(name, "HGET") == 0 && kind != NULL && strncmp(kind, "#unique:", 8) == 0 &&
             read_word(&words, field) && field[0] != '\0') /* its guard has no name */
        add_way(kind + 1);
}

static void find_all(ds_model *model, const char *query_json)
{
    ds_query *query = NULL;
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    ds_status status = ds_query_parse(query_json, &query, &last);
    if (status == DS_OK)
        status = ds_find(model, query, &cursor, &last);
    while (status == DS_OK && (status = ds_cursor_next(cursor, &record, &last)) == DS_OK && record != NULL)
        ;
    CHECK_OK(status);
    ds_cursor_close(cursor);
    ds_query_free(query);
}

const char *overheard(ds_model *model, const char *query_json)
{
    redisContext *monitor = world_connect();
    bool is_over = false;
    ways[0] = '\0';
    freeReplyObject(redisCommand(monitor, "MONITOR"));
    find_all(model, query_json);
    raw("ECHO %s", "that-was-all");
    while (!is_over) {
        redisReply *line = NULL;
        if (redisGetReply(monitor, (void **)&line) != REDIS_OK || line == NULL)
            break;
        is_over = strstr(line->str, "\"that-was-all\"") != NULL;
        note_line(line->str);
        freeReplyObject(line);
    }
    CU_ASSERT_TRUE(is_over);
    redisFree(monitor);
    return ways;
}

static bool read_member(const char *plan, const char *name, char out[100])
{
    char wanted[60];
    snprintf(wanted, sizeof wanted, "\"%s\": \"", name);
    const char *at = strstr(plan, wanted);
    if (at == NULL)
        return false;
    at += strlen(wanted);
    snprintf(out, 100, "%.*s", (int)strcspn(at, "\""), at);
    return true;
}

/* Each index that a plan of a union names was asked. */
static bool are_all_asked(const char *plan)
{
    const char *at = strstr(plan, "\"indexes\": [");
    const char *end = at == NULL ? NULL : strchr(at, ']');
    char name[200], index[220], unique[220];
    if (end == NULL)
        return false;
    at += strlen("\"indexes\": [");
    while (at < end && read_word(&at, name) && at <= end) {
        snprintf(index, sizeof index, "index:%s", name);
        snprintf(unique, sizeof unique, "unique:%s", name);
        if (strstr(ways, index) == NULL && strstr(ways, unique) == NULL)
            return false;
    }
    return true;
}

bool overheard_as_explained(ds_model *model, const char *query_json, const char *plan)
{
    char access[100] = "", index[100] = "", wanted[220];
    read_member(plan, "access", access);
    read_member(plan, "index", index);
    overheard(model, query_json);
    bool is_indexed = strcmp(access, "index") == 0 || strcmp(access, "unique") == 0;
    snprintf(wanted, sizeof wanted, is_indexed ? "%s:%s" : "%s", access, index);
    if (strcmp(access, "ids") == 0 || strcmp(access, "nothing") == 0)
        wanted[0] = '\0';
    bool is_same = strcmp(access, "union") == 0 ? are_all_asked(plan) : strcmp(ways, wanted) == 0;
    if (!is_same)
        fprintf(stderr, "%s\n    explained: %s\n    overheard: %s\n", query_json, plan, ways);
    return is_same;
}

unsigned long long server_reads(void)
{
    const char *at = strstr(raw("INFO stats"), "total_reads_processed:");
    return at == NULL ? 0 : strtoull(at + 22, NULL, 10);
}
