/* Writes that do not ask first whether the record is there, each one atomic step: upsert, replace, find or create,
 * increment. */
#include "example.h"

static const char MODELS[] = "{\"name\": \"Page\", \"properties\": {"
                             "  \"path\": {\"type\": \"string\", \"id\": true},"
                             "  \"title\": \"string\", \"owner\": \"string\","
                             "  \"views\": {\"type\": \"integer\", \"default\": 0}}}";

static ds_record *page(ds_model *pages, const char *json)
{
    ds_record *record;
    must(ds_record_from_json(pages, json, &record, &error));
    return record;
}

static void show(ds_model *pages, const char *what, bool created)
{
    printf("%s %s: ", what, created ? "created it" : "met it");
    print_found(pages, NULL);
}

int main(int argc, char **argv)
{
    ds_catalog *catalog = example_catalog(argc, argv, MODELS);
    ds_model *pages = example_model(catalog, "Page");
    bool created;
    ds_value now;

    ds_record *titled = page(pages, "{\"path\": \"/\", \"title\": \"Home\"}");
    must(ds_upsert(pages, titled, &created, &error));
    show(pages, "upsert", created);

    ds_record *owned = page(pages, "{\"path\": \"/\", \"owner\": \"ada\"}");
    must(ds_upsert(pages, owned, &created, &error)); /* changes the owner alone */
    show(pages, "upsert", created);

    must(ds_increment(pages, ds_string("/"), "views", ds_integer(41), NULL, &error));
    must(ds_increment(pages, ds_string("/"), "views", ds_integer(1), &now, &error));
    printf("views are now %lld\n", (long long)now.as.integer);

    must(
        ds_replace_or_create(pages, titled, &created, &error)); /* the whole record: no owner, views from its default */
    show(pages, "replace_or_create", created);
    must(ds_replace_by_id(pages, ds_string("/"), owned, &error)); /* DS_NOT_FOUND if it were not there */
    show(pages, "replace_by_id", false);

    ds_filter *home = ds_where("path", DS_EQ, ds_string("/"));
    ds_record *wanted = page(pages, "{\"path\": \"/\", \"title\": \"Welcome\"}");
    must(ds_find_or_create(pages, DS_QUERY(.where = home), wanted, &created, &error));
    printf("find_or_create %s, and the record is now: ", created ? "created it" : "met it");
    print(wanted);

    ds_filter_free(home);
    ds_record_free(wanted);
    ds_record_free(owned);
    ds_record_free(titled);
    ds_catalog_close(catalog);
    return EXIT_SUCCESS;
}
