/* Completion's candidates: commands, data sources, models, connectors, files, options, and in JSON the names of properties,
 * of operators and of a query's parts. Nothing is asked of a backend. */
#include "candidates.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#define OPERATORS                                                                                                      \
    "eq", "neq", "gt", "gte", "lt", "lte", "like", "nlike", "ilike", "nilike", "regexp", "contains", "exists",         \
        "between", "inq", "nin"

typedef struct finding {
    candidates *into;
    const char *typed;
} finding;

static void offer(finding *f, const char *one, const char *tail)
{
    candidates *c = f->into;
    char *copy = NULL;
    if (strncmp(one, f->typed, strlen(f->typed)) != 0)
        return;
    if (c->count == c->room) {
        size_t room = c->room == 0 ? 32 : 2 * c->room;
        char **list = realloc(c->list, room * sizeof *list);
        if (list == NULL)
            return;
        c->list = list;
        c->room = room;
    }
    if (asprintf(&copy, "%s%s", one, tail) >= 0)
        c->list[c->count++] = copy;
}

static void offer_all(finding *f, const char *const *names)
{
    for (; *names != NULL; names++)
        offer(f, *names, "");
}

/* ---- names ---- */

static void offer_commands(finding *f)
{
    for (const command *c = commands; c->name != NULL; c++)
        if (!c->not_in_shell)
            offer(f, c->name, "");
    offer_all(f, (const char *const[]){"help", "exit", NULL});
}

static void offer_connector(void *user, const char *name)
{
    offer(user, name, "");
}

static void offer_sources(finding *f, const dsctl *ctl)
{
    for (size_t i = 0; i < ds_catalog_source_count(ctl->catalog); i++)
        offer(f, ds_catalog_source_name(ctl->catalog, i), "");
}

static void offer_models(finding *f, const dsctl *ctl)
{
    for (size_t i = 0; i < ds_catalog_model_count(ctl->catalog); i++)
        offer(f, ds_catalog_model_name(ctl->catalog, i), "");
}

/* Of a model that is defined: to ask for another one would make it. */
static void offer_properties(finding *f, const dsctl *ctl, const char *name)
{
    const ds_model *model = NULL;
    for (size_t i = 0; i < ds_catalog_model_count(ctl->catalog) && model == NULL; i++)
        if (strcmp(ds_catalog_model_name(ctl->catalog, i), name) == 0)
            model = ds_source_model(ds_catalog_source(ctl->catalog, ctl->source, NULL), name, NULL);
    for (size_t slot = 0; model != NULL && slot < ds_model_property_count(model); slot++)
        offer(f, ds_model_property(model, slot)->name, "");
}

/* The files of the folder that the word names so far; a folder goes on. */
static void offer_files(finding *f)
{
    const char *slash = strrchr(f->typed, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - f->typed) + 1;
    char *folder = strndup(f->typed, length), *path = NULL;
    DIR *dir = folder == NULL ? NULL : opendir(length == 0 ? "." : folder);
    for (const struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        bool is_hidden = entry->d_name[0] == '.' && f->typed[length] != '.';
        if (is_hidden || strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (asprintf(&path, "%s%s", folder, entry->d_name) < 0)
            break;
        offer(f, path, entry->d_type == DT_DIR ? "/" : "");
        free(path);
    }
    if (dir != NULL)
        closedir(dir);
    free(folder);
    if (f->into->count == 1 && f->into->list[0][strlen(f->into->list[0]) - 1] == '/')
        f->into->ending = "";
}

/* ---- in JSON ---- */

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names != NULL; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

static const char *const junctions[] = {"and", "or", "nor", NULL};

static void offer_in_where(finding *f, const dsctl *ctl, const char *model, const char *key)
{
    static const char *const operators[] = {OPERATORS, NULL};
    if (*key != '\0' && strcmp(key, "where") != 0 && !is_one_of(key, junctions)) {
        offer_all(f, operators);
        return;
    }
    offer_properties(f, ctl, model);
    offer_all(f, junctions);
}

static void offer_in_query(finding *f, const dsctl *ctl, const char *model, const place *p)
{
    static const char *const parts[] = {"where", "order", "limit", "skip", "fields", "after", NULL};
    static const char *const of_names[] = {"order", "fields", NULL};
    const char *key = place_key(p);
    if (p->is_key && p->depth == 1)
        offer_all(f, parts);
    else if (is_one_of(key, of_names))
        offer_properties(f, ctl, model);
    else if (p->is_key)
        offer_in_where(f, ctl, model, key);
}

/* `json` is the word that is typed; `kind` what it is in the command's line of arguments. */
static void offer_in_json(finding *f, dsctl *ctl, const char *kind, const char *model, const char *json, char open)
{
    place p;
    place_find(&p, json);
    if (!p.in_string)
        return;
    f->typed = p.text;
    f->into->ending = open == '"' ? "\\\"" : "\"";
    f->into->escape = false;
    if (strcmp(kind, "QUERY") == 0)
        offer_in_query(f, ctl, model, &p);
    else if (strcmp(kind, "WHERE") == 0 && p.is_key)
        offer_in_where(f, ctl, model, place_key(&p));
    else if (strcmp(kind, "WHERE") != 0 && p.is_key && p.depth == 1)
        offer_properties(f, ctl, model);
}

/* ---- which of them ---- */

/* The name of an argument by its number, "MODEL": brackets are passed over, of alternatives the first is meant. */
static void kind_of(const command *c, size_t number, char out[32])
{
    const char *at = command_arguments(c, true);
    out[0] = '\0';
    for (size_t i = 0; *at != '\0'; i++) {
        at += strspn(at, "[( ");
        size_t length = strcspn(at, " ])");
        if (i == number && at[0] != '-')
            snprintf(out, 32, "%.*s", (int)length, at);
        bool has_others = at[length] == ' ' && at[length + 1] == '|';
        at += has_others ? strcspn(at, ")") : length;
        at += strspn(at, " ])");
    }
}

/* What the last word is, by the words before it. */
static void kind_of_last(const words *w, char out[32])
{
    static const char *const valued[][2] = {
        {"--where", "WHERE"}, {"--fields", "FIELDS"}, {"--format", "FORMAT"}, {"--at", ""}};
    size_t number = 0;
    const command *c = command_find(w->list[0]);
    for (size_t i = 1; i + 1 < w->count; i++) {
        bool is_value = false;
        for (size_t k = 0; k < 4; k++)
            if (strcmp(w->list[i], valued[k][0]) == 0) {
                is_value = i + 2 == w->count;
                snprintf(out, 32, "%s", valued[k][1]);
                i++;
            }
        if (is_value)
            return;
        number += strncmp(w->list[i], "--", 2) != 0;
    }
    out[0] = '\0';
    if (c != NULL)
        kind_of(c, number, out);
}

static void offer_names(finding *f, dsctl *ctl, const char *kind, const char *model)
{
    const char *comma = strrchr(f->typed, ',');
    if (strcmp(kind, "MODEL") == 0)
        offer_models(f, ctl);
    else if (strcmp(kind, "OTHER-SOURCE") == 0)
        offer_sources(f, ctl);
    else if (strcmp(kind, "CONNECTOR") == 0)
        ds_connector_list(offer_connector, f);
    else if (strcmp(kind, "FILE") == 0)
        offer_files(f);
    else if (strcmp(kind, "FORMAT") == 0)
        offer_all(f, (const char *const[]){"lines", "array", "csv", NULL});
    else if (strcmp(kind, "FIELDS") == 0) {
        f->typed = comma == NULL ? f->typed : comma + 1;
        offer_properties(f, ctl, model);
    }
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void candidates_find(candidates *c, dsctl *ctl, const char *line)
{
    words w;
    char kind[32];
    *c = (candidates){.ending = " "};
    if (!words_split(&w, line, true))
        return;
    const char *last = w.list[w.count - 1], *model = w.count > 1 ? w.list[1] : "";
    finding f = {.into = c, .typed = last};
    c->escape = w.open == '\0' && line[w.last] != '\'' && line[w.last] != '"';
    if (w.open == '\'' || w.open == '"')
        c->ending = w.open == '"' ? "\" " : "' ";
    if (w.count == 1) {
        offer_commands(&f);
    } else {
        kind_of_last(&w, kind);
        if (*last == '{')
            offer_in_json(&f, ctl, kind, model, last, w.open);
        else if (*last == '-' && w.open == '\0')
            offer_all(&f, (const char *const[]){"--where", "--all", "--fields", "--format", "--at", "--no-ttl",
                                                "--json", NULL});
        else
            offer_names(&f, ctl, kind, model);
    }
    c->typed = strlen(f.typed);
    if (c->count > 1)
        qsort(c->list, c->count, sizeof *c->list, compare);
    words_free(&w);
}

void candidates_free(candidates *c)
{
    for (size_t i = 0; i < c->count; i++)
        free(c->list[i]);
    free(c->list);
    c->list = NULL;
}
