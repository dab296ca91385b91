/* What a host's set-up does: writes a data source into datasources.json, asks what is stored there already, and reads a file
 * of CSV whose name does not say so. */
#include "example.h"

#include <unistd.h>

static const char CSV[] = "symbol,number\r\nFe,26\r\nAu,\"79\"\r\n";

static void import_csv(ds_model *metals, const char *path)
{
    ds_reader *reader;
    ds_record *record;
    must(ds_reader_open_as(metals, path, DS_FORMAT_CSV, NULL, &reader, &error));
    for (must(ds_reader_next(reader, &record, &error)); record != NULL; must(ds_reader_next(reader, &record, &error))) {
        must(ds_create(metals, record, &error));
        ds_record_free(record);
    }
    ds_reader_close(reader);
}

int main(void)
{
    char folder[] = "/tmp/setup-XXXXXX", config[64], csv[64];
    ds_catalog *catalog;
    char *models = NULL;
    if (mkdtemp(folder) == NULL)
        return perror(folder), EXIT_FAILURE;
    snprintf(config, sizeof config, "%s/datasources.json", folder);
    snprintf(csv, sizeof csv, "%s/metals", folder);
    must(ds_catalog_write_source(config, "main", "{\"connector\": \"memory\"}", false, &error));
    ds_status again = ds_catalog_write_source(config, "main", "{\"connector\": \"memory\"}", false, &error);
    printf("written twice: %s\n", ds_status_name(again));
    must(ds_catalog_open(config, NULL, &catalog, &error));
    ds_source *source = ds_catalog_source(catalog, "main", &error);
    printf("discover: %s\n", ds_status_name(ds_discover(source, NULL, &models, &error)));
    ds_free(models);
    FILE *file = fopen(csv, "w");
    if (file == NULL || fputs(CSV, file) < 0 || fclose(file) != 0)
        return perror(csv), EXIT_FAILURE;
    ds_model *metals;
    must(ds_model_define(source,
                         "{\"name\": \"Metal\", \"properties\": {\"symbol\": {\"type\": \"string\", \"id\": true},"
                         " \"number\": \"integer\"}}",
                         &metals, &error));
    import_csv(metals, csv);
    print_found(metals, DS_QUERY(.order = "symbol"));
    ds_catalog_close(catalog);
    unlink(csv);
    unlink(config);
    rmdir(folder);
    return EXIT_SUCCESS;
}
