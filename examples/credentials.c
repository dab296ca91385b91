/* A secret that is rotated while the host runs: the new one beside the old on the server, the host is told, the old one is taken
 * away. What is connected stays so. */
#include "example.h"

static ds_source *source;

/* ACL SETUSER example-app ... */
static ds_status set_user(const char *first, const char *second)
{
    const char *const words[] = {"ACL", "SETUSER", "example-app", first, second, "~*", "&*", "+@all"};
    char *reply = NULL;
    ds_status status = ds_execute(source, sizeof words / sizeof words[0], words, NULL, &reply, &error);
    ds_free(reply);
    return status;
}

static void log_in(const char *password)
{
    ds_status status = ds_set_credentials(source, "example-app", password, &error);
    printf("with %s: %s\n", password, ds_status_name(status));
}

static void show_user(void)
{
    const char *const words[] = {"ACL", "WHOAMI"};
    char *reply;
    must(ds_execute(source, 2, words, NULL, &reply, &error));
    printf("we are %s\n", reply);
    ds_free(reply);
}

int main(int argc, char **argv)
{
    ds_catalog *catalog = example_catalog(argc, argv, NULL);
    source = example_source(catalog);
    if (set_user("on", ">first") != DS_OK) { /* memory and SQLite have no users */
        log_in("first");
        ds_catalog_close(catalog);
        return EXIT_SUCCESS;
    }
    show_user();
    log_in("first");
    show_user();
    must(set_user("on", ">second"));
    log_in("second");
    must(set_user("on", "<first"));
    log_in("first"); /* refused: the second one holds on */
    must(ds_disconnect(source, &error));
    must(ds_connect(source, &error));
    show_user();
    ds_catalog_close(catalog);
    return EXIT_SUCCESS;
}
