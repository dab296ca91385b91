/* Records that end by themselves: after the model's settings.ttl, or after a time of their own. */
#include "example.h"

static const char MODELS[] = "{\"name\": \"Login\", \"properties\": {"
                             "  \"token\": {\"type\": \"string\", \"id\": true}, \"user\": \"string\"},"
                             "  \"settings\": {\"ttl\": 3600000}}";

static void show(ds_model *logins, ds_value token)
{
    int64_t ms;
    must(ds_ttl(logins, token, &ms, &error));
    if (ms == -1)
        puts("it never ends");
    else
        printf("it ends within %lld minutes\n", (long long)(ms + 59999) / 60000);
}

int main(int argc, char **argv)
{
    ds_catalog *catalog = example_catalog(argc, argv, MODELS);
    ds_model *logins = example_model(catalog, "Login");
    ds_value token = ds_string("f3a9");
    bool exists = true;
    store(logins, "{\"token\": \"f3a9\", \"user\": \"ada\"}");
    show(logins, token); /* the model's */
    must(ds_expire(logins, token, 10 * 60000, &error));
    show(logins, token);
    must(ds_expire(logins, token, -1, &error));
    show(logins, token);
    must(ds_expire(logins, token, 20, &error));
    while (exists)
        must(ds_exists(logins, token, &exists, &error));
    printf("it is over: %s\n", ds_status_name(ds_expire(logins, token, 1000, NULL)));
    ds_catalog_close(catalog);
    return EXIT_SUCCESS;
}
