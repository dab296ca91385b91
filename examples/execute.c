/* The backend's own language, for what no model says: Redis commands. Memory has none, and says so. */
#include "example.h"

static ds_status execute(ds_source *source, size_t argc, const char *const *argv, const size_t *lengths)
{
    char *reply;
    ds_status status = ds_execute(source, argc, argv, lengths, &reply, &error);
    if (status == DS_OK) {
        printf("%s: %s\n", argv[0], reply); /* as JSON */
        ds_free(reply);
    } else
        printf("%s: %s\n", argv[0], ds_status_name(status));
    return status;
}

int main(int argc, char **argv)
{
    ds_catalog *catalog = example_catalog(argc, argv, NULL);
    ds_source *source = example_source(catalog);
    printf("in the language of %s:\n", ds_source_connector(source));
    if (execute(source, 4, (const char *const[]){"RPUSH", "execute:colours", "red", "green"}, NULL) == DS_OK) {
        const size_t lengths[] = {5, 15, 3}; /* an argument that holds a NUL */
        execute(source, 3, (const char *const[]){"RPUSH", "execute:colours", "a\0b"}, lengths);
        execute(source, 4, (const char *const[]){"LRANGE", "execute:colours", "0", "-1"}, NULL);
        execute(source, 2, (const char *const[]){"HGETALL", "execute:colours"}, NULL); /* Redis refuses: not a hash */
        execute(source, 2, (const char *const[]){"DEL", "execute:colours"}, NULL);
    }
    ds_catalog_close(catalog);
    return EXIT_SUCCESS;
}
