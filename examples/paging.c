/* Walking through many records a page at a time: with marks, which stay right while others write; with a query that a
 * user wrote; and records by a list of ids. */
#include "example.h"

static const char MODELS[] = "{\"name\": \"Event\", \"properties\": {"
                             "  \"number\": {\"type\": \"integer\", \"id\": true, \"generated\": true},"
                             "  \"kind\": \"string\", \"weight\": \"number\"}}";

static void fill(ds_model *events)
{
    char json[64];
    for (int i = 0; i < 25; i++) {
        snprintf(json, sizeof json, "{\"kind\": \"%s\", \"weight\": %d}", i % 3 == 0 ? "alarm" : "note", i * 7 % 25);
        store(events, json);
    }
}

/* One page behind the mark, which may be NULL; answers the mark of its last record, NULL behind the last page. */
static char *page(ds_model *events, const char *mark)
{
    ds_cursor *cursor;
    const ds_record *record;
    size_t found = 0;
    must(ds_find(events, DS_QUERY(.order = "kind, weight DESC", .limit = 10, .after = mark), &cursor, &error));
    for (must(ds_cursor_next(cursor, &record, &error)); record != NULL; must(ds_cursor_next(cursor, &record, &error)))
        if (found++ == 0)
            print(record);
    printf("  %zu on this page\n", found);
    char *next = found == 10 ? ds_cursor_mark(cursor) : NULL;
    ds_cursor_close(cursor);
    return next;
}

static void ask(ds_model *events, const char *json)
{
    ds_query *query;
    must(ds_query_parse(json, &query, &error));
    print_found(events, query);
    ds_query_free(query);
}

static void by_ids(ds_model *events)
{
    const ds_value ids[] = {ds_integer(7), ds_integer(99), ds_integer(3)}; /* 99 is missing, and is skipped */
    ds_cursor *cursor;
    const ds_record *record;
    must(ds_find_by_ids(events, ids, 3, &cursor, &error));
    for (must(ds_cursor_next(cursor, &record, &error)); record != NULL; must(ds_cursor_next(cursor, &record, &error)))
        print(record);
    ds_cursor_close(cursor);
}

int main(int argc, char **argv)
{
    ds_catalog *catalog = example_catalog(argc, argv, MODELS);
    ds_model *events = example_model(catalog, "Event");
    char *mark = NULL;
    fill(events);
    do {
        char *next = page(events, mark);
        ds_free(mark);
        mark = next;
    } while (mark != NULL);
    ask(events, "{\"where\": {\"kind\": \"alarm\"}, \"order\": [\"weight ASC\"], \"skip\": 2, \"limit\": 3}");
    by_ids(events);
    ds_catalog_close(catalog);
    return EXIT_SUCCESS;
}
