/* explain: how a find would be answered, for a person in words, and what the connector tells of it beyond that. */
#include "dsctl.h"

#include <stdlib.h>
#include <string.h>

/* What the connectors say of their way to the records, in the words of a sentence, before and behind the model's name. */
static const struct way {
    const char *access, *before, *behind;
} ways[] = {
    {"id look-up", "looks the records of", " up by their ids"},
    {"ids", "looks the records of", " up by their ids"},
    {"unique look-up", "looks the records of", " up by the unique index"},
    {"index", "finds the records of", " by the index"},
    {"unique", "looks the records of", " up by the unique index"},
    {"union", "finds the records of", " by the indexes"},
    {"primary", "reads the records of", " by the list of all ids"},
    {"nothing", "reads nothing of", ", since no record can match"},
    {"index ", "finds the records of", " by the index"},
    {"several indexes", "finds the records of", " by several indexes"},
    {"walk in the order of the index ", "reads all records of", " in the order of the index"},
    {"walk in the order of the id", "reads all records of", " in the order of their ids"},
    {"walk", "reads all records of", ""},
    {"scan", "reads all records of", ""},
};

/* The text of a string that is a member of the plan; "" where it has none. */
static const char *text_of(const char *plan, const char *name, char *out, size_t room)
{
    const char *at = json_member(plan, name);
    snprintf(out, room, "%s", "");
    if (at != NULL && *at == '"')
        json_text(at, out, room);
    return out;
}

static const struct way *way_of(const char *access)
{
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        size_t length = strlen(ways[i].access);
        bool goes_on = ways[i].access[length - 1] == ' ';
        if (goes_on ? strncmp(access, ways[i].access, length) == 0 : strcmp(access, ways[i].access) == 0)
            return &ways[i];
    }
    return NULL;
}

/* "the filter, the order and the paging"; false: the list is empty. */
static bool print_parts(const char *plan, const char *name)
{
    static const char *const words[][2] = {{"where", "the filter"},
                                           {"order", "the order"},
                                           {"after", "going on from the mark"},
                                           {"page", "the paging"},
                                           {"fields", "the choice of fields"}};
    const char *list = json_member(plan, name), *given[5];
    size_t count = 0, end = list == NULL ? 0 : strcspn(list, "]");
    for (size_t i = 0; i < 5; i++) {
        char quoted[16];
        snprintf(quoted, sizeof quoted, "\"%s\"", words[i][0]);
        if (end > 0 && memmem(list, end, quoted, strlen(quoted)) != NULL)
            given[count++] = words[i][1];
    }
    for (size_t i = 0; i < count; i++)
        printf("%s%s", i == 0 ? "" : i + 1 == count ? " and " : ", ", given[i]);
    return count > 0;
}

/* ---- the indexes, and what reading them costs ---- */

/* " \"city\"", or those of a union with commas between. */
static void print_index(const char *plan)
{
    char name[256];
    const char *list = json_member(plan, "indexes"), *separator = "";
    if (*text_of(plan, "index", name, sizeof name) != '\0')
        printf(" \"%s\"", name);
    for (const char *item = list == NULL ? NULL : json_item(list); item != NULL; item = json_next(item)) {
        json_text(item, name, sizeof name);
        printf("%s \"%s\"", separator, name);
        separator = ",";
    }
}

static unsigned long long number_of(const char *plan, const char *name)
{
    const char *at = json_member(plan, name);
    return at == NULL ? 0 : strtoull(at, NULL, 10);
}

/* "about 34 entries in 2 ranges, merged in order, cost 34" */
static void print_cost(const char *plan)
{
    static const char *const orders[][2] = {
        {"forwards", ", in order"}, {"backwards", ", in order, backwards"}, {"merged", ", merged in order"}};
    unsigned long long entries = number_of(plan, "entries"), ranges = number_of(plan, "ranges");
    char order[32];
    printf("about %llu %s", entries, entries == 1 ? "entry" : "entries");
    if (ranges > 1)
        printf(" in %llu ranges", ranges);
    text_of(plan, "order", order, sizeof order);
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        if (strcmp(order, orders[i][0]) == 0)
            fputs(orders[i][1], stdout);
    printf(", cost %llu", number_of(plan, "cost"));
}

/* What the connector could have done instead, a line each. */
static void print_alternatives(const char *plan)
{
    static const char *const ways_by[][2] = {{"ids", "by their ids"},         {"unique", "by the unique index"},
                                             {"index", "by the index"},       {"union", "by the indexes"},
                                             {"scan", "by reading them all"}, {"primary", "by the list of all ids"}};
    const char *list = json_member(plan, "alternatives");
    for (const char *item = list == NULL ? NULL : json_item(list); item != NULL; item = json_next(item)) {
        char access[64];
        const char *by = text_of(item, "access", access, sizeof access);
        for (size_t i = 0; i < sizeof ways_by / sizeof *ways_by; i++)
            if (strcmp(access, ways_by[i][0]) == 0)
                by = ways_by[i][1];
        printf("Instead of that, %s", by);
        print_index(item);
        fputs(": ", stdout);
        print_cost(item);
        puts(".");
    }
}

/* ---- the whole ---- */

static void print_taken(const char *plan, const char *connector)
{
    char model[256], access[300];
    text_of(plan, "model", model, sizeof model);
    text_of(plan, "access", access, sizeof access);
    const struct way *way = way_of(access);
    const char *sorts = json_member(plan, "sorts");
    printf("%s %s %s", connector, way == NULL ? "finds the records of" : way->before, model);
    if (way == NULL)
        printf(", found by: %s", access);
    else
        fputs(way->behind, stdout);
    if (way != NULL)
        print_index(plan);
    if (json_member(plan, "entries") != NULL) {
        fputs(": ", stdout);
        print_cost(plan);
    }
    printf("%s.\n", sorts != NULL && *sorts == 't' ? ", and sorts what it finds" : "");
}

static void print_in_words(const char *plan)
{
    char connector[64];
    print_taken(plan, text_of(plan, "connector", connector, sizeof connector));
    print_alternatives(plan);
    const char *backend = json_member(plan, "backend");
    bool does = backend != NULL && backend[1 + strspn(backend + 1, " ")] != ']';
    if (does) {
        fputs("It does ", stdout);
        print_parts(plan, "backend");
        puts(" itself.");
    }
    fputs("Left to the library: ", stdout);
    puts(print_parts(plan, "library") ? "." : "nothing.");
}

ds_status run_explain(dsctl *ctl, int argc, char **argv)
{
    static const char *const said[] = {"model",   "connector", "access",  "index",   "indexes", "ranges",       "order",
                                       "entries", "cost",      "backend", "library", "sorts",   "alternatives", NULL};
    ds_model *model = dsctl_model(ctl, argv[0], argv[1]);
    ds_query *query = NULL;
    char *plan = NULL;
    if (model == NULL)
        return ctl->error.status;
    ds_status status = argc < 3 ? DS_OK : ds_query_parse(argv[2], &query, &ctl->error);
    if (status == DS_OK)
        status = ds_explain(model, query, &plan, &ctl->error);
    if (status == DS_OK && ctl->json)
        puts(plan);
    else if (status == DS_OK) {
        print_in_words(plan);
        print_json_as_text(stdout, plan, said);
    }
    ds_free(plan);
    ds_query_free(query);
    return status;
}
