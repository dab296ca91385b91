/* Reads records from a file of JSON lines (or an array), a batch at a time, tells what it cannot take and goes on; writes
 * them in order as JSON lines. */
#include "example.h"

#include <unistd.h>

static const char MODELS[] = "{\"name\": \"Metal\", \"properties\": {"
                             "  \"symbol\": {\"type\": \"string\", \"id\": true},"
                             "  \"number\": {\"type\": \"integer\", \"required\": true}, \"melts\": \"number\"}}";

static const char SAMPLE[] = "{\"symbol\": \"Fe\", \"number\": 26, \"melts\": 1811}\n"
                             "{\"symbol\": \"Au\", \"number\": 79, \"melts\": 1337.33}\n"
                             "{\"symbol\": \"Hg\", \"number\": \"eighty\"}\n"
                             "{\"symbol\": \"Cu\", \"number\": 29, \"melts\": 1357.77}\n"
                             "{\"symbol\": \"Au\", \"number\": 79}\n";

enum { BATCH = 2 };

static size_t store_batch(ds_model *model, ds_record **records, size_t n)
{
    size_t created = 0;
    if (n > 0 && ds_create_all(model, records, n, &created, NULL) != DS_OK)
        for (size_t i = 0; i < n; i++)
            if (ds_record_outcome(records[i], &error) != DS_OK)
                printf("not stored: %s\n", ds_status_name(error.status));
    for (size_t i = 0; i < n; i++)
        ds_record_free(records[i]);
    return created;
}

static size_t import(ds_model *model, const char *path)
{
    ds_reader *reader;
    ds_record *batch[BATCH];
    size_t n = 0, stored = 0;
    uint64_t done, total;
    must(ds_reader_open(model, path, NULL, &reader, &error));
    for (;;) {
        ds_status status = ds_reader_next(reader, &batch[n], &error);
        ds_reader_progress(reader, &done, &total);
        if (status != DS_OK)
            printf("not read: %s, at %llu of %llu bytes\n", ds_status_name(status), (unsigned long long)done,
                   (unsigned long long)total);
        if (status == DS_OK && batch[n] == NULL)
            break;
        if (status == DS_OK && ++n == BATCH) {
            stored += store_batch(model, batch, n);
            n = 0;
        }
    }
    ds_reader_close(reader);
    return stored + store_batch(model, batch, n);
}

int main(int argc, char **argv)
{
    ds_catalog *catalog = example_catalog(argc, argv, MODELS);
    ds_model *metals = example_model(catalog, "Metal");
    char path[] = "/tmp/import_export-XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0 || write(fd, SAMPLE, sizeof SAMPLE - 1) != (ssize_t)sizeof SAMPLE - 1)
        return perror(path), EXIT_FAILURE;
    close(fd);
    printf("imported %zu\n", import(metals, path));
    unlink(path);
    print_found(metals, DS_QUERY(.order = "symbol")); /* the export: a line a record, which could be read again */
    ds_catalog_close(catalog);
    return EXIT_SUCCESS;
}
