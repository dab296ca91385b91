/* Threads that share a model, and one that ends the operations of another. */
#include "example.h"

#include <pthread.h>

static const char MODELS[] =
    "{\"name\": \"Reading\", \"properties\": {"
    "  \"id\": {\"type\": \"integer\", \"id\": true, \"generated\": true}, \"by\": \"integer\"}}";

enum { WRITERS = 4, EACH = 50 };
static ds_model *readings; /* catalogs, sources and models are shared; records and cursors are not */

static void *write_some(void *number)
{
    ds_error err; /* each thread has its own */
    for (int i = 0; i < EACH; i++) {
        ds_record *record = ds_record_new(readings);
        ds_record_set(record, "by", ds_integer(*(const int *)number));
        if (ds_create(readings, record, &err) != DS_OK)
            fprintf(stderr, "%s\n", err.message);
        ds_record_free(record);
    }
    return NULL;
}

static void *cancel_it(void *cancel)
{
    ds_cancel_set(cancel); /* a signal handler may do so too */
    return NULL;
}

static void write_together(void)
{
    pthread_t threads[WRITERS];
    int numbers[WRITERS];
    uint64_t count;
    for (int i = 0; i < WRITERS; i++) {
        numbers[i] = i;
        pthread_create(&threads[i], NULL, write_some, &numbers[i]);
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    must(ds_count(readings, NULL, &count, &error));
    printf("%d threads stored %llu readings\n", WRITERS, (unsigned long long)count);
}

int main(int argc, char **argv)
{
    ds_catalog *catalog = example_catalog(argc, argv, MODELS);
    ds_cancel *cancel;
    ds_model *patient;
    ds_cursor *cursor;
    const ds_record *record;
    pthread_t thread;
    readings = example_model(catalog, "Reading");
    write_together();

    must(ds_cancel_new(&cancel, &error));
    ds_options options = {.size = sizeof options, .timeout_ms = 60000, .cancel = cancel};
    must(ds_model_with(readings, &options, &patient, &error)); /* a view: the same model, with a deadline and a token */
    must(ds_find(patient, NULL, &cursor, &error));
    must(ds_cursor_next(cursor, &record, &error));
    pthread_create(&thread, NULL, cancel_it, cancel);
    pthread_join(thread, NULL);
    ds_status status = DS_OK;
    while (status == DS_OK && record != NULL) /* what was read already may still be lent */
        status = ds_cursor_next(cursor, &record, &error);
    ds_cursor_close(cursor);
    printf("the walk: %s\n", ds_status_name(status));
    printf("a count: %s\n", ds_status_name(ds_count(patient, NULL, &(uint64_t){0}, NULL)));
    ds_cancel_clear(cancel);
    printf("a count, %s: %s\n", ds_cancel_is_set(cancel) ? "still cancelled" : "cleared",
           ds_status_name(ds_count(patient, NULL, &(uint64_t){0}, NULL)));
    ds_model_free(patient);
    ds_cancel_free(cancel);
    ds_catalog_close(catalog);
    return EXIT_SUCCESS;
}
