/* A model that the host defines in its code, and what a program can learn about any model. */
#include "example.h"

static const char DEFINITION[] = "{\"name\": \"Ticket\", \"properties\": {"
                                 "  \"number\": {\"type\": \"integer\", \"id\": true, \"generated\": true},"
                                 "  \"title\": {\"type\": \"string\", \"required\": true},"
                                 "  \"code\": {\"type\": \"string\", \"unique\": true},"
                                 "  \"priority\": {\"type\": \"integer\", \"default\": 3}, \"opened\": \"date\"},"
                                 "  \"indexes\": {\"byPriority\": {\"keys\": {\"priority\": -1, \"opened\": 1}}},"
                                 "  \"settings\": {\"ttl\": 86400000}}";

static void show_properties(const ds_model *model)
{
    for (size_t slot = 0; slot < ds_model_property_count(model); slot++) {
        const ds_property *property = ds_model_property(model, slot);
        char *value = ds_value_to_json(property->default_value);
        printf("  %s%s%s%s, default %s\n", property->name, slot == ds_model_id_slot(model) ? ", the id" : "",
               property->required ? ", required" : "", property->unique ? ", unique" : "", value);
        ds_free(value);
    }
}

static void show_indexes(const ds_model *model)
{
    for (size_t i = 0; i < ds_model_index_count(model); i++) {
        const ds_index *index = ds_model_index(model, i);
        printf("  index %s:", index->name);
        for (size_t k = 0; k < index->key_count; k++)
            printf(" %s%s", ds_model_property(model, index->slots[k])->name, index->descending[k] ? " downwards" : "");
        puts("");
    }
}

int main(int argc, char **argv)
{
    ds_catalog *catalog = example_catalog(argc, argv, NULL);
    ds_source *source = example_source(catalog);
    ds_model *tickets, *again;
    must(ds_model_define(source, DEFINITION, &tickets, &error));
    must(ds_model_define(source, DEFINITION, &again, &error));
    printf("%s%s\n", ds_model_name(tickets), tickets == again ? ", the same handle each time" : "");
    show_properties(tickets);
    show_indexes(tickets);
    printf("  kept for %lld ms; \"opened\" has the slot %zu, and \"colour\" %s\n",
           (long long)ds_model_setting(tickets, "ttl").as.integer, ds_model_slot(tickets, "opened", 6),
           ds_model_slot(tickets, "colour", 6) == DS_NO_SLOT ? "none" : "one");
    must(ds_migrate(tickets, NULL, NULL, &error)); /* after a change of the definition: the stored indexes follow it */
    char *report;
    must(ds_migrate_check(tickets, NULL, NULL, &report, &error)); /* changes nothing */
    printf("fits the definition: %s\n", strstr(report, "\"missing\":[]") != NULL ? "yes" : report);
    ds_free(report);

    store(tickets, "{\"title\": \"The door sticks\", \"code\": \"D-1\"}");
    char *plan;
    must(ds_explain(tickets, DS_QUERY(.order = "priority DESC", .limit = 5), &plan, &error)); /* who does what */
    printf("explained as JSON: %s\n", plan[0] == '{' ? "yes" : plan);
    ds_free(plan);
    print_found(tickets, DS_QUERY(.order = "priority DESC", .limit = 5));
    ds_catalog_close(catalog);
    return EXIT_SUCCESS;
}
