/* Words out of a line: as a shell has them, quotes and backslashes undone; and names between commas. */
#include "words.h"

#include <stdlib.h>
#include <string.h>

const char **split_names(char *list, size_t *count)
{
    size_t commas = 0;
    for (const char *at = list; *at != '\0'; at++)
        commas += *at == ',';
    const char **names = calloc(commas + 2, sizeof *names);
    *count = 0;
    for (char *comma; names != NULL; list = comma + 1) {
        names[(*count)++] = list;
        comma = strchr(list, ',');
        if (comma == NULL)
            break;
        *comma = '\0';
    }
    return names;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* An object of JSON that begins a word and stands in no quotes is taken whole, as it is. */
static const char *take_object(const char *at, char **out, char *open)
{
    size_t depth = 0;
    bool in_string = false;
    do {
        if (in_string && *at == '\\' && at[1] != '\0')
            *(*out)++ = *at++;
        else if (*at == '"')
            in_string = !in_string;
        else if (!in_string)
            depth += *at == '{', depth -= *at == '}';
        *(*out)++ = *at++;
    } while (depth > 0 && *at != '\0');
    *open = depth > 0 ? '{' : '\0';
    return at;
}

/* What stands behind a quote, up to the next one. */
static const char *take_quoted(const char *at, char quote, char **out, char *open)
{
    for (; *at != '\0' && *at != quote; at++) {
        if (quote == '"' && *at == '\\' && at[1] != '\0' && strchr("\"\\$`", at[1]) != NULL)
            at++;
        *(*out)++ = *at;
    }
    *open = *at == '\0' ? quote : '\0';
    return *at == '\0' ? at : at + 1;
}

static const char *take_word(const char *at, char **out, char *open)
{
    if (*at == '{')
        at = take_object(at, out, open);
    while (*at != '\0' && !is_blank(*at)) {
        if (*at == '\'' || *at == '"') {
            at = take_quoted(at + 1, *at, out, open);
            continue;
        }
        if (*at == '\\' && at[1] != '\0')
            at++;
        *(*out)++ = *at++;
    }
    *(*out)++ = '\0';
    return at;
}

bool words_split(words *w, const char *line, bool is_partial)
{
    size_t length = strlen(line);
    *w = (words){.text = malloc(2 * length + 2), .list = calloc(length / 2 + 3, sizeof *w->list)};
    if (w->text == NULL || w->list == NULL) {
        words_free(w);
        return false;
    }
    char *out = w->text;
    for (const char *at = line;;) {
        while (is_blank(*at))
            at++;
        bool is_fresh = at == line || is_blank(at[-1]);
        if (*at == '\0' && !(is_partial && is_fresh))
            break;
        w->last = (size_t)(at - line);
        w->list[w->count++] = out;
        at = take_word(at, &out, &w->open);
        if (*at == '\0')
            break;
    }
    return true;
}

void words_free(words *w)
{
    free(w->text);
    free(w->list);
    *w = (words){.text = NULL};
}
