/* What goes wrong: a status for the program (printed to stdout), and one sentence for a person (to stderr). Nothing here
 * ends the program. */
#include "example.h"

static const char MODELS[] = "{\"name\": \"Seat\", \"properties\": {"
                             "  \"id\": {\"type\": \"string\", \"id\": true},"
                             "  \"row\": {\"type\": \"integer\", \"required\": true}, \"booked\": \"boolean\"}}";

static void tell(const char *what, ds_status status)
{
    printf("%s: %s\n", what, ds_status_name(status));
    if (status != DS_OK)
        fprintf(stderr, "%s.\n", error.message);
}

/* The first value that a record refuses sticks to it, so that one look at the end is enough. */
static void sticky(ds_model *seats)
{
    ds_record *seat = ds_record_new(seats);
    ds_record_set(seat, "id", ds_string("12C"));
    ds_record_set(seat, "row", ds_string("12C"));
    ds_record_set(seat, "booked", ds_boolean(true));
    tell("a row that is no number", ds_create(seats, seat, &error));
    ds_record_free(seat);
}

/* Of several, each has its own outcome. */
static void several(ds_model *seats)
{
    static const char *const texts[] = {"{\"id\": \"1A\", \"row\": 1}", "{\"id\": \"1A\", \"row\": 1}",
                                        "{\"id\": \"1B\"}", "{\"id\": \"2A\", \"row\": \"2\"}"};
    ds_record *records[4];
    size_t created;
    for (size_t i = 0; i < 4; i++)
        must(ds_record_from_json(seats, texts[i], &records[i], &error));
    tell("all four", ds_create_all(seats, records, 4, &created, &error));
    printf("%zu were created\n", created);
    for (size_t i = 0; i < 4; i++) {
        tell(texts[i], ds_record_outcome(records[i], &error));
        ds_record_free(records[i]);
    }
}

int main(int argc, char **argv)
{
    ds_catalog *catalog = example_catalog(argc, argv, MODELS), *none;
    ds_model *seats = example_model(catalog, "Seat");
    ds_record *found;
    ds_filter *filter;
    sticky(seats);
    several(seats);
    ds_status status = ds_find_by_id(seats, ds_string("99Z"), &found, &error);
    if (status == DS_NOT_FOUND) /* what a program expects it asks for by its status, never by the sentence */
        tell("a seat that is not there", status);
    tell("everything by mistake", ds_delete(seats, NULL, NULL, &error));
    tell("a filter", ds_filter_parse("{\"row\": {\"above\": 3}}", &filter, &error));
    tell("a configuration", ds_catalog_parse("{\"main\": {\"connector\": \"memory\"}", NULL, &none, &error));
    if (ds_catalog_source(catalog, "other", &error) == NULL)
        tell("a data source", error.status);
    ds_catalog_close(catalog);
    return EXIT_SUCCESS;
}
