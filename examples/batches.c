/* Unlike writes sent together: in as few round trips as the backend allows, and whole or not at all where it can promise
 * that. */
#include "example.h"

static const char MODELS[] =
    "[{\"name\": \"Account\", \"properties\": {"
    "   \"owner\": {\"type\": \"string\", \"id\": true}, \"cents\": {\"type\": \"integer\", \"default\": 0}}},"
    " {\"name\": \"Transfer\", \"properties\": {"
    "   \"number\": {\"type\": \"integer\", \"id\": true}, \"from\": \"string\", \"to\": \"string\","
    "   \"cents\": \"integer\", \"state\": \"string\"}}]";

static ds_record *record_of(ds_model *model, const char *json)
{
    ds_record *record;
    must(ds_record_from_json(model, json, &record, &error));
    return record;
}

/* What became of each write: a failure keeps no other from being done. */
static void each_for_itself(ds_source *source, ds_model *accounts)
{
    ds_record *ada = record_of(accounts, "{\"owner\": \"ada\", \"cents\": 500}");
    ds_record *bob = record_of(accounts, "{\"owner\": \"bob\"}");
    ds_record *rich = record_of(accounts, "{\"cents\": 1000}");
    ds_record *eve = record_of(accounts, "{\"owner\": \"eve\", \"cents\": 1}");
    bool created, replaced;
    ds_batch *batch;
    must(ds_batch_new(source, &batch, &error));
    ds_batch_create(batch, accounts, ada);
    ds_batch_upsert(batch, accounts, bob, &created);
    ds_batch_update(batch, accounts, ds_string("ada"), rich); /* meets what was created before it */
    ds_batch_replace(batch, accounts, ds_string("zoe"), rich);
    ds_batch_replace_or_create(batch, accounts, eve, &replaced);
    ds_batch_expire(batch, accounts, ds_string("eve"), 60000);
    ds_batch_delete(batch, accounts, ds_string("eve"));
    printf("the first failure is %s\n", ds_status_name(ds_batch_run(batch, 0, &error)));
    for (size_t i = 0; i < ds_batch_size(batch); i++)
        printf("write %zu: %s\n", i, ds_status_name(ds_batch_outcome(batch, i, &error)));
    print_found(accounts, DS_QUERY(.order = "owner"));
    ds_batch_free(batch);
    ds_record_free(ada);
    ds_record_free(bob);
    ds_record_free(rich);
    ds_record_free(eve);
}

/* Moves money: both accounts and the note of it, or nothing, where the backend can promise that; it is bounded in time. */
static ds_status transfer(ds_source *source, ds_model *accounts, ds_model *transfers, const char *json)
{
    ds_record *note = record_of(transfers, json);
    ds_value cents = ds_record_get(note, "cents"), now = ds_null();
    ds_batch *batch;
    must(ds_batch_new(source, &batch, &error));
    ds_batch_set_options(batch, &(ds_options){.size = sizeof(ds_options), .timeout_ms = 5000});
    ds_batch_increment(batch, accounts, ds_record_get(note, "from"), "cents", ds_integer(-cents.as.integer), &now);
    ds_batch_increment(batch, accounts, ds_record_get(note, "to"), "cents", cents, NULL);
    ds_batch_create(batch, transfers, note);
    ds_status status = ds_batch_run(batch, DS_ATOMIC, &error);
    if (status == DS_UNSUPPORTED) { /* then one after the other, once it is sure that both are there */
        bool from, to;
        must(ds_exists(accounts, ds_record_get(note, "from"), &from, &error));
        must(ds_exists(accounts, ds_record_get(note, "to"), &to, &error));
        status = from && to ? ds_batch_run(batch, 0, &error) : DS_NOT_FOUND;
    }
    if (status == DS_OK)
        printf("done: %lld cents are left\n", (long long)now.as.integer);
    else
        printf("not done, and nothing of it: %s\n", ds_status_name(status));
    ds_batch_free(batch);
    ds_record_free(note);
    return status;
}

int main(int argc, char **argv)
{
    ds_catalog *catalog = example_catalog(argc, argv, MODELS);
    ds_source *source = example_source(catalog);
    ds_model *accounts = example_model(catalog, "Account"), *transfers = example_model(catalog, "Transfer");
    each_for_itself(source, accounts);
    must(transfer(source, accounts, transfers, "{\"number\": 1, \"from\": \"ada\", \"to\": \"bob\", \"cents\": 300}"));
    transfer(source, accounts, transfers, "{\"number\": 2, \"from\": \"ada\", \"to\": \"zoe\", \"cents\": 300}");
    print_found(accounts, DS_QUERY(.order = "owner"));
    print_found(transfers, NULL);
    ds_catalog_close(catalog);
    return EXIT_SUCCESS;
}
