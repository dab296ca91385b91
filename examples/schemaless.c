/* Records with no definition: every property but the id is text, as in any hash that another program wrote. */
#include "example.h"

/* Goes through the properties of a record whose names nobody has declared. */
static void list(const ds_record *record)
{
    ds_field field;
    for (size_t slot = 0; slot < ds_record_slots(record); slot++)
        if (ds_record_field(record, slot, &field))
            printf("  %s = %.*s\n", field.name, (int)field.value.length, field.value.as.string);
}

int main(int argc, char **argv)
{
    ds_catalog *catalog = example_catalog(argc, argv, NULL);
    ds_record *session, *found;
    ds_model *sessions = ds_source_model(example_source(catalog), "user-session", &error);
    must(sessions == NULL ? error.status : DS_OK);
    printf("%s is %s, and %s\n", ds_model_name(sessions), ds_model_is_schemaless(sessions) ? "schemaless" : "defined",
           ds_model_is_strict(sessions) ? "strict" : "takes any property");

    must(ds_record_from_json(sessions, "{\"id\": \"123\", \"name\": \"Bob\", \"age\": 42}", &session, &error));
    must(ds_create(sessions, session, &error)); /* on Redis: the hash user-session:123 */
    ds_record_free(session);

    ds_filter *adults = ds_where("age", DS_GTE, ds_integer(18)); /* text is compared with a number as a number */
    must(ds_find_one(sessions, DS_QUERY(.where = adults), &found, &error));
    list(found);
    must(ds_record_copy(found, &session, &error)); /* one to change, or to keep beyond a cursor */
    ds_record_set(session, "company", ds_string("Acme"));
    ds_record_set(session, "age", ds_null());
    must(ds_replace_by_id(sessions, ds_string("123"), session, &error));
    print_found(sessions, NULL);

    ds_record_free(session);
    ds_record_free(found);
    ds_filter_free(adults);
    must(ds_delete_by_id(sessions, ds_string("123"), &error));
    ds_catalog_close(catalog);
    return EXIT_SUCCESS;
}
