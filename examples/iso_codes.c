/* The demo's host program: the world's countries, their subdivisions and languages, stored where datasources.json says.
 *
 *     iso_codes DATASOURCES.json MODELS.json FOLDER-OF-ISO-CODES
 *
 * What it finds goes to stdout and is the same on every backend; what it did and how long that took goes to stderr. */
#include <datasource/datasource.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static ds_error error;

static void must(ds_status status, const char *what)
{
    if (status == DS_OK)
        return;
    fprintf(stderr, "iso_codes: %s: %s\n", what, error.message);
    exit(EXIT_FAILURE);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Tells how long the part took that began at `start`; the next one begins. */
static double told(double start, const char *part, uint64_t records)
{
    fprintf(stderr, "  %-28s %6llu records  %8.1f ms\n", part, (unsigned long long)records, (now() - start) * 1000);
    return now();
}

static void print(const ds_record *record)
{
    char *json = ds_record_to_json(record);
    puts(json);
    ds_free(json);
}

/* Prints up to `show` of the records that a query finds, and returns how many there are. */
static uint64_t show(ds_model *model, const char *title, const ds_query *query, unsigned show)
{
    ds_cursor *cursor;
    const ds_record *record;
    uint64_t found = 0;
    printf("\n# %s\n", title);
    must(ds_find(model, query, &cursor, &error), title);
    for (must(ds_cursor_next(cursor, &record, &error), title); record != NULL;
         must(ds_cursor_next(cursor, &record, &error), title))
        if (found++ < show)
            print(record);
    ds_cursor_close(cursor);
    printf("= %llu\n", (unsigned long long)found);
    return found;
}

/* Parses a query and shows it: what a host does whose users write LoopBack's filters. */
static uint64_t ask(ds_model *model, const char *json, unsigned records)
{
    ds_query *query;
    must(ds_query_parse(json, &query, &error), json);
    uint64_t found = show(model, json, query, records);
    ds_query_free(query);
    return found;
}

/* ---- the parts ---- */

#define BATCH 500

static uint64_t store(ds_model *model, ds_record **records, size_t n)
{
    size_t created;
    must(ds_create_all(model, records, n, &created, &error), "import");
    for (size_t i = 0; i < n; i++)
        ds_record_free(records[i]);
    return created;
}

static uint64_t import(ds_model *model, const char *folder, const char *part)
{
    char path[4096];
    ds_reader *reader;
    ds_record *batch[BATCH];
    size_t n = 0;
    uint64_t stored = 0;
    snprintf(path, sizeof path, "%s/iso_%s.json", folder, part);
    must(ds_reader_open(model, path, part, &reader, &error), path);
    for (must(ds_reader_next(reader, &batch[n], &error), path); batch[n] != NULL;
         must(ds_reader_next(reader, &batch[n], &error), path))
        if (++n == BATCH) {
            stored += store(model, batch, n);
            n = 0;
        }
    stored += store(model, batch, n);
    ds_reader_close(reader);
    return stored;
}

static uint64_t look_up(ds_model *countries, ds_model *subdivisions)
{
    const char *const codes[] = {"CH-ZH", "JP-13", "XX-00", "PE-CUS", "IS-1"};
    ds_value ids[5];
    ds_cursor *cursor;
    ds_record *iceland;
    const ds_record *record;
    puts("\n# by id");
    must(ds_find_by_id(countries, ds_string("IS"), &iceland, &error), "Iceland");
    print(iceland);
    ds_record_free(iceland);
    for (size_t i = 0; i < 5; i++)
        ids[i] = ds_string(codes[i]);
    must(ds_find_by_ids(subdivisions, ids, 5, &cursor, &error), "subdivisions");
    uint64_t found = 1;
    for (must(ds_cursor_next(cursor, &record, &error), "by ids"); record != NULL;
         must(ds_cursor_next(cursor, &record, &error), "by ids"), found++)
        print(record);
    ds_cursor_close(cursor);
    return found;
}

static uint64_t filter(ds_model *countries, ds_model *subdivisions, ds_model *languages)
{
    uint64_t found = 0;
    found += ask(
        countries,
        "{\"where\": {\"name\": {\"like\": \"%land\"}}, \"order\": \"name\", \"fields\": [\"alpha_2\", \"name\"]}", 30);
    found += ask(countries,
                 "{\"where\": {\"or\": [{\"name\": {\"ilike\": \"%ö%\"}}, {\"common_name\": {\"neq\": null}}]}, "
                 "\"order\": \"alpha_2\"}",
                 5);
    found += ask(
        subdivisions,
        "{\"where\": {\"code\": {\"like\": \"CH-%\"}, \"type\": \"Canton\"}, \"order\": \"code DESC\", \"limit\": 5}",
        5);
    found += ask(subdivisions,
                 "{\"where\": {\"parent\": {\"inq\": [\"NX\", \"ENG\"]}}, \"order\": [\"parent\", \"name\"], \"skip\": "
                 "10, \"limit\": 5}",
                 5);
    found += ask(languages, "{\"where\": {\"name\": {\"regexp\": \"/^(old|middle) /i\"}}, \"order\": \"name\"}", 5);
    ds_filter *dead = DS_ALL(ds_where("type", DS_EQ, ds_string("E")), ds_where("name", DS_LT, ds_string("B")));
    found += show(languages, "extinct languages before B", DS_QUERY(.where = dead, .order = "name"), 5);
    ds_filter_free(dead);
    return found;
}

/* Walks all languages in pages of 100, each going on from the mark of the last; prints the first of every tenth page.
 */
static uint64_t page(ds_model *languages)
{
    char *mark = NULL;
    uint64_t seen = 0, on_page = 0;
    puts("\n# in pages of 100, by scope and name");
    do {
        ds_cursor *cursor;
        const ds_record *record;
        must(ds_find(languages, DS_QUERY(.order = "scope DESC, name", .limit = 100, .after = mark), &cursor, &error),
             "page");
        on_page = 0;
        for (must(ds_cursor_next(cursor, &record, &error), "page"); record != NULL;
             must(ds_cursor_next(cursor, &record, &error), "page"), on_page++)
            if (on_page == 0 && seen % 1000 == 0)
                print(record);
        seen += on_page;
        ds_free(mark);
        mark = ds_cursor_mark(cursor);
        ds_cursor_close(cursor);
    } while (on_page == 100);
    ds_free(mark);
    printf("= %llu\n", (unsigned long long)seen);
    return seen;
}

/* Counts each country's subdivisions into its own record, then changes what a filter matches. */
static uint64_t update(ds_model *countries, ds_model *subdivisions, ds_model *languages)
{
    ds_cursor *cursor;
    const ds_record *record;
    uint64_t changed = 0, n;
    must(ds_find(subdivisions, DS_QUERY(.where = NULL), &cursor, &error), "count subdivisions");
    for (must(ds_cursor_next(cursor, &record, &error), "next"); record != NULL;
         must(ds_cursor_next(cursor, &record, &error), "next")) {
        ds_value country = ds_string_n(ds_record_get(record, "code").as.string, 2);
        must(ds_increment(countries, country, "subdivisions", ds_integer(1), NULL, &error), "increment");
        changed++;
    }
    ds_cursor_close(cursor);
    ds_record *changes = ds_record_new(languages);
    ds_filter *constructed = ds_where("type", DS_EQ, ds_string("C"));
    ds_record_set(changes, "type", ds_string("constructed"));
    ds_record_set(changes, "inverted_name", ds_null()); /* removes it */
    must(ds_update(languages, constructed, changes, &n, &error), "update");
    ds_filter_free(constructed);
    ds_record_free(changes);
    printf("\n# updated %llu constructed languages\n", (unsigned long long)n);
    ask(languages, "{\"where\": {\"type\": \"constructed\"}, \"order\": \"name\", \"limit\": 3}", 3);
    ask(countries,
        "{\"order\": \"subdivisions DESC, alpha_2\", \"limit\": 5, \"fields\": [\"alpha_2\", \"name\", "
        "\"subdivisions\"]}",
        5);
    return changed + n;
}

static uint64_t delete (ds_model *languages)
{
    uint64_t deleted, left;
    ds_filter *ancient = ds_where_in("type", (ds_value[]){ds_string("A"), ds_string("H")}, 2);
    must(ds_delete(languages, ancient, &deleted, &error), "delete");
    ds_filter_free(ancient);
    must(ds_delete_by_id(languages, ds_string("epo"), &error), "delete epo");
    must(ds_count(languages, NULL, &left, &error), "count");
    printf("\n# deleted %llu ancient and historical languages, and one by its id; %llu are left\n",
           (unsigned long long)deleted, (unsigned long long)left);
    return deleted + 1;
}

int main(int argc, char **argv)
{
    ds_catalog *catalog;
    if (argc != 4) {
        fprintf(stderr, "usage: iso_codes DATASOURCES.json MODELS.json FOLDER\n");
        return 2;
    }
    must(ds_catalog_open(argv[1], argv[2], &catalog, &error), "open");
    ds_model *countries = ds_catalog_model(catalog, "Country", &error);
    ds_model *subdivisions = ds_catalog_model(catalog, "Subdivision", &error);
    ds_model *languages = ds_catalog_model(catalog, "Language", &error);
    if (countries == NULL || subdivisions == NULL || languages == NULL)
        must(error.status, "models");
    double start = now(), t = start;
    uint64_t records = import(countries, argv[3], "3166-1");
    records += import(subdivisions, argv[3], "3166-2");
    records += import(languages, argv[3], "639-3");
    printf("# imported %llu records\n", (unsigned long long)records);
    t = told(t, "import", records);
    t = told(t, "look-ups by id", look_up(countries, subdivisions));
    t = told(t, "filters, order and limits", filter(countries, subdivisions, languages));
    t = told(t, "pages with marks", page(languages));
    t = told(t, "increments and updates", update(countries, subdivisions, languages));
    t = told(t, "deletes", delete (languages));
    uint64_t exported = show(countries, "export", DS_QUERY(.order = "alpha_2"), UINT32_MAX) +
                        show(subdivisions, "export", DS_QUERY(.order = "code"), UINT32_MAX) +
                        show(languages, "export", DS_QUERY(.order = "alpha_3"), UINT32_MAX);
    told(t, "export in order of id", exported);
    told(start, "all", records);
    ds_catalog_close(catalog);
    return EXIT_SUCCESS;
}
