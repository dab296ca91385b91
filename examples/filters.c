/* What to find, said by functions or in LoopBack's JSON; and update and delete of all that a filter matches. */
#include "example.h"

static const char MODELS[] = "{\"name\": \"Peak\", \"properties\": {"
                             "  \"name\": {\"type\": \"string\", \"id\": true}, \"metres\": \"integer\","
                             "  \"country\": \"string\", \"climbed\": \"date\", \"tags\": \"array\"}}";

static const char *const PEAKS[] = {
    "{\"name\": \"Everest\", \"metres\": 8849, \"country\": \"NP\", \"climbed\": \"1953-05-29\", \"tags\": [\"ice\"]}",
    "{\"name\": \"K2\", \"metres\": 8611, \"country\": \"PK\", \"climbed\": \"1954-07-31\", \"tags\": [\"ice\"]}",
    "{\"name\": \"Eiger\", \"metres\": 3967, \"country\": \"CH\", \"climbed\": \"1858-08-11\", \"tags\": [\"steep\"]}",
    "{\"name\": \"Gangkhar Puensum\", \"metres\": 7570, \"country\": \"BT\"}",
    "{\"name\": \"Teide\", \"metres\": 3715, \"country\": \"ES\", \"tags\": [\"volcano\"]}",
};

/* Says the filter as JSON, and what it finds; takes the filter. */
static void ask(ds_model *peaks, ds_filter *filter)
{
    char *json = ds_filter_print(filter);
    printf("%s\n", json);
    print_found(peaks,
                DS_QUERY(.where = filter, .order = "name", .fields = (const char *[]){"name"}, .field_count = 1));
    ds_free(json);
    ds_filter_free(filter);
}

static void build(ds_model *peaks)
{
    const ds_value alps[] = {ds_string("CH"), ds_string("FR"), ds_string("IT")};
    ask(peaks, ds_where("metres", DS_GTE, ds_integer(8000)));
    ask(peaks, ds_where_between("climbed", ds_string("1850-01-01"), ds_string("1953-12-31")));
    ask(peaks, ds_where_in("country", alps, 3));
    ask(peaks, DS_ALL(ds_where_not_in("country", alps, 3), ds_where("tags", DS_CONTAINS, ds_string("ice")),
                      ds_not(ds_where("name", DS_ILIKE, ds_string("e%")))));
    ask(peaks, DS_ANY(ds_where("climbed", DS_EXISTS, ds_boolean(false)), ds_where("name", DS_REGEXP, ds_string("^K"))));
    ds_filter *some[2]; /* the same for as many as a program finds out */
    size_t n = 0;
    some[n++] = ds_where("metres", DS_LT, ds_integer(4000));
    some[n++] = ds_any((ds_filter *[]){ds_where("tags", DS_EQ, ds_string("steep"))}, 1);
    ask(peaks, ds_all(some, n));
}

static void change(ds_model *peaks)
{
    ds_filter *low;
    uint64_t changed, deleted;
    must(ds_filter_parse("{\"metres\": {\"lt\": 4000}, \"tags\": {\"neq\": null}}", &low, &error));
    ds_record *changes = ds_record_new(peaks);
    ds_record_set(changes, "tags", ds_json("[\"day trip\"]"));
    must(ds_update(peaks, low, changes, &changed, &error));
    must(ds_delete(peaks, ds_everything(), &deleted, &error)); /* NULL would be refused: all must be meant */
    printf("changed %llu, deleted %llu\n", (unsigned long long)changed, (unsigned long long)deleted);
    ds_record_free(changes);
    ds_filter_free(low);
}

int main(int argc, char **argv)
{
    ds_catalog *catalog = example_catalog(argc, argv, MODELS);
    ds_model *peaks = example_model(catalog, "Peak");
    ds_record *highest;
    for (size_t i = 0; i < sizeof PEAKS / sizeof PEAKS[0]; i++)
        store(peaks, PEAKS[i]);
    build(peaks);
    must(ds_find_one(peaks, DS_QUERY(.order = "metres DESC"), &highest, &error));
    print(highest);
    ds_record_free(highest);
    change(peaks);
    ds_catalog_close(catalog);
    return EXIT_SUCCESS;
}
