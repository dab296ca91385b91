/* Every folder of config-examples is loaded and used against a real server, started as that example needs it. A folder
 * that is not known here fails the test. */
#include <datasource/datasource.h>

#include "certificates.h"
#include "command.h"
#include "redis_server.h"
#include "suite.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static ds_error error;

static void path_of(char path[512], const char *name)
{
    snprintf(path, 512, "%s/config-examples/%s", getenv("DS_SRCDIR"), name);
}

static void set_number(const char *name, int number)
{
    char text[16];
    snprintf(text, sizeof text, "%d", number);
    setenv(name, text, 1);
}

/* ---- using one ---- */

static ds_catalog *open_with(const char *folder, const char *models_name)
{
    char datasources[512], models[512], name[256];
    ds_catalog *catalog = NULL;
    snprintf(name, sizeof name, "%s/datasources.json", folder);
    path_of(datasources, name);
    path_of(models, models_name);
    if (ds_catalog_open(datasources, models, &catalog, &error) != DS_OK)
        printf("\n    %s: %s", folder, error.message);
    CU_ASSERT_PTR_NOT_NULL_FATAL(catalog);
    return catalog;
}

static ds_catalog *open_example(const char *folder)
{
    return open_with(folder, "models.json");
}

static bool fine(ds_status status, const char *what)
{
    if (status != DS_OK)
        printf("\n    %s: %s: %s", what, ds_status_name(status), error.message);
    CU_ASSERT_EQUAL(status, DS_OK);
    return status == DS_OK;
}

static void creates(ds_catalog *catalog, const char *model_name, const char *json)
{
    ds_model *model = ds_catalog_model(catalog, model_name, &error);
    ds_record *record = NULL;
    if (fine(model == NULL ? error.status : DS_OK, model_name) &&
        fine(ds_record_from_json(model, json, &record, &error), json))
        fine(ds_create(model, record, &error), json);
    ds_record_free(record);
}

/* Finds the one record by the query, reads it again by its id, deletes it, and it is gone. */
static void finds_and_deletes(ds_catalog *catalog, const char *model_name, const char *where, const char *expected)
{
    ds_model *model = ds_catalog_model(catalog, model_name, &error);
    ds_filter *filter = NULL;
    ds_record *found = NULL, *again = NULL;
    uint64_t left = 99;
    fine(ds_filter_parse(where, &filter, &error), where);
    if (fine(ds_find_one(model, DS_QUERY(.where = filter), &found, &error), where)) {
        char *json = ds_record_to_json(found);
        if (strstr(json, expected) == NULL)
            printf("\n    %s", json);
        CU_ASSERT_PTR_NOT_NULL(strstr(json, expected));
        ds_free(json);
        ds_value id = ds_record_get(found, ds_model_property(model, ds_model_id_slot(model))->name);
        fine(ds_find_by_id(model, id, &again, &error), "by id");
        fine(ds_delete_by_id(model, id, &error), "delete");
        fine(ds_count(model, NULL, &left, &error), "count");
        CU_ASSERT_EQUAL(left, 0);
    }
    ds_record_free(again);
    ds_record_free(found);
    ds_filter_free(filter);
}

static void create_all_three(ds_catalog *catalog)
{
    creates(catalog, "Customer",
            "{\"name\":\"Ada\",\"age\":36,\"since\":\"2020-02-29\",\"address\":{\"city\":\"Ulm\"},\"tags\":[\"new\"]}");
    creates(catalog, "Order", "{\"customer\":\"Ada\",\"total\":12.5}");
    creates(catalog, "Session", "{\"id\":\"123\",\"user\":\"ada\",\"theme\":\"dark\"}");
}

static void find_and_delete_all_three(ds_catalog *catalog)
{
    int64_t ttl = 0;
    fine(ds_ttl(ds_catalog_model(catalog, "Session", &error), ds_string("123"), &ttl, &error), "ttl");
    CU_ASSERT(ttl > 1700000 && ttl <= 1800000);
    finds_and_deletes(
        catalog, "Customer", "{\"address.city\":\"Ulm\"}",
        "\"name\":\"Ada\",\"age\":36,\"balance\":0.0,\"active\":true,\"since\":\"2020-02-29T00:00:00.000Z\"");
    finds_and_deletes(catalog, "Order", "{\"total\":{\"gt\":12}}", "{\"number\":1,\"customer\":\"Ada\",\"total\":12.5");
    finds_and_deletes(catalog, "Session", "{\"theme\":\"dark\"}",
                      "{\"id\":\"123\",\"user\":\"ada\",\"theme\":\"dark\"}");
}

static void use(const char *folder)
{
    ds_catalog *catalog = open_example(folder);
    create_all_three(catalog);
    find_and_delete_all_three(catalog);
    ds_catalog_close(catalog);
}

/* Uses it, and looks on the server meanwhile: `before` (a command, "SELECT 1") and then the session's key is there. */
static void use_on(const redis_server *server, const char *folder, const char *before, const char *key)
{
    char commands[256];
    ds_catalog *catalog = open_example(folder);
    create_all_three(catalog);
    snprintf(commands, sizeof commands, "%s\r\nHGET %s theme", before, key);
    char *reply = redis_server_command(server, commands);
    CU_ASSERT_STRING_EQUAL(reply, "+OK\r\n$4\r\ndark\r\n");
    free(reply);
    find_and_delete_all_three(catalog);
    ds_catalog_close(catalog);
}

/* ---- the folders ---- */

static void memory(void)
{
    use("memory");
}

/* The records are in the file, and there again when the catalog is opened anew. */
static void kept_in_a_file(const char *example, const char *file)
{
    char *folder = folder_make(), path[512];
    setenv("STATE_FOLDER", folder, 1);
    ds_catalog *catalog = open_example(example);
    create_all_three(catalog);
    ds_catalog_close(catalog);
    snprintf(path, sizeof path, "%s/%s", folder, file);
    char *bytes = file_read(path, NULL);
    CU_ASSERT_PTR_NOT_NULL(bytes);
    free(bytes);
    catalog = open_example(example);
    find_and_delete_all_three(catalog);
    ds_catalog_close(catalog);
    folder_remove(folder);
}

static void memory_file(void)
{
    kept_in_a_file("memory-file", "records.log");
}
static void sqlite(void)
{
    kept_in_a_file("sqlite", "records.db");
}

static void with_port(const char *folder, const char *before, const char *key)
{
    redis_server *server = redis_server_start(NULL);
    set_number("REDIS_PORT", server->port);
    use_on(server, folder, before, key);
    redis_server_stop(server);
}

static void tcp(void)
{
    with_port("tcp", "SELECT 0", "user-session:123");
}

static void connections(void)
{
    with_port("connections", "SELECT 0", "user-session:123");
}

static void url(void)
{
    unsetenv("REDIS_HOST");
    with_port("url", "SELECT 0", "shop:user-session:123");
    setenv("REDIS_HOST", "127.0.0.1", 1);
    with_port("url", "SELECT 0", "shop:user-session:123");
}

static void unix_socket(void)
{
    redis_server *server = redis_server_start(NULL);
    setenv("REDIS_SOCKET", server->socket, 1);
    use_on(server, "unix-socket", "SELECT 1", "user-session:123");
    redis_server_stop(server);
}

/* Nobody else may log in, so the example's user and password are what opens the door. */
static void acl_user(void)
{
    redis_server *server = redis_server_start(
        (const char *[]){"--user", "default", "off", "--user", "app", "on", ">between-us", "~*", "&*", "+@all", NULL});
    set_number("REDIS_PORT", server->port);
    setenv("REDIS_PASSWORD", "between-us", 1);
    use_on(server, "acl-user", "AUTH app between-us", "user-session:123");
    redis_server_stop(server);
    unsetenv("REDIS_PASSWORD");
}

/* The variable has no default: a password is never guessed. */
static void acl_user_needs_the_password(void)
{
    ds_catalog *catalog = open_example("acl-user");
    CU_ASSERT_PTR_NULL(ds_catalog_source(catalog, "main", &error));
    CU_ASSERT_EQUAL(error.status, DS_CONFIG);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "REDIS_PASSWORD"));
    ds_catalog_close(catalog);
}

static void with_tls(const char *example, const char *auth_clients)
{
    char *folder = folder_make(), ca[128], certificate[128], key[128];
    certificates_make(folder);
    snprintf(ca, sizeof ca, "%s/ca.crt", folder);
    snprintf(certificate, sizeof certificate, "%s/server.crt", folder);
    snprintf(key, sizeof key, "%s/server.key", folder);
    redis_server *server =
        redis_server_start((const char *[]){"--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file",
                                            ca, "--tls-auth-clients", auth_clients, NULL});
    set_number("REDIS_TLS_PORT", server->tls_port);
    setenv("TLS_FOLDER", folder, 1);
    use_on(server, example, "SELECT 0", "user-session:123");
    redis_server_stop(server);
    folder_remove(folder);
}

static void tls(void)
{
    with_tls("tls", "no");
}

static void tls_client_certificate(void)
{
    with_tls("tls-client-certificate", "yes");
}

static void environment(void)
{
    char text[64];
    redis_server *server = redis_server_start(NULL);
    snprintf(text, sizeof text, "redis://127.0.0.1:%d/3", server->port);
    setenv("REDIS_OM_URL", text, 1);
    use_on(server, "environment", "SELECT 3", "user-session:123");
    unsetenv("REDIS_OM_URL");
    redis_server_stop(server);
}

static void layers(void)
{
    setenv("DATASOURCE_ENV", "development", 1);
    use("layers");
    unsetenv("DATASOURCE_ENV");
    with_port("layers", "SELECT 0", "shop:user-session:123");
    setenv("DATASOURCE_ENV", "production", 1);
    with_port("layers", "SELECT 0", "user-session:123");
    unsetenv("DATASOURCE_ENV");
}

/* Finds the one customer that another program has written, makes one by its side, and looks at what that is stored as. */
static void shares_customers(const redis_server *server, const char *folder, const char *fixture, const char *look,
                             const char *wanted)
{
    char models[64];
    snprintf(models, sizeof models, "%s/models.json", folder);
    free(redis_server_command(server, fixture));
    ds_catalog *catalog = open_with(folder, models);
    finds_and_deletes(catalog, "Customer", "{\"active\":true,\"joined\":{\"gt\":\"2022-11-08\"}}",
                      "\"name\":\"Ada\",\"active\":true,\"joined\":\"2022-11-08T09:33:20.123Z\"");
    creates(catalog, "Customer", "{\"name\":\"Bob\",\"age\":9,\"joined\":\"2020-02-29\"}");
    char *reply = redis_server_command(server, look);
    CU_ASSERT_STRING_EQUAL(reply, wanted);
    free(reply);
    ds_catalog_close(catalog);
}

static void loopback(void)
{
    with_port("loopback", "SELECT 2", "user-session:123");
    redis_server *server = redis_server_start(NULL);
    set_number("REDIS_PORT", server->port);
    shares_customers(server, "loopback",
                     "SELECT 2\r\nSET id:Customer 7\r\nSADD s:Customer 7\r\n"
                     "HSET Customer:7 id 7 name Ada active true joined 1667900000123 tags \"\"",
                     "SELECT 2\r\nHMGET Customer:8 active joined",
                     "+OK\r\n*2\r\n$4\r\ntrue\r\n$13\r\n1582934400000\r\n");
    redis_server_stop(server);
}

static void redis_om(void)
{
    redis_server *server = redis_server_start(NULL);
    set_number("REDIS_PORT", server->port);
    shares_customers(server, "redis-om",
                     "HSET app:shop.models.Customer:01GHB2T3Q5N2Z8V4W6X0Y1A2B3 pk 01GHB2T3Q5N2Z8V4W6X0Y1A2B3 name Ada "
                     "active 1 joined 1667900000.123456",
                     "EVAL \"return redis.call('HMGET', redis.call('KEYS', '*')[1], 'active', 'joined')\" 0",
                     "*2\r\n$1\r\n1\r\n$12\r\n1582934400.0\r\n");
    redis_server_stop(server);
}

/* ---- all of them ---- */

static const struct {
    const char *folder;
    test test;
} examples[] = {
    {"memory", {"memory keeps its records in the process", memory}},
    {"memory-file", {"memory-file has its records again after it was closed", memory_file}},
    {"sqlite", {"sqlite has its records again after it was closed", sqlite}},
    {"tcp", {"tcp connects to a host and a port", tcp}},
    {"connections", {"connections may open further sockets", connections}},
    {"url", {"url connects by a URL, and prefixes its keys", url}},
    {"unix-socket", {"unix-socket stores in database 1 over a Unix socket", unix_socket}},
    {"acl-user", {"acl-user logs in as a user where nobody else may", acl_user}},
    {"tls", {"tls trusts the server's certificate by the CA", tls}},
    {"tls-client-certificate", {"tls-client-certificate shows one to a server that insists", tls_client_certificate}},
    {"environment", {"environment connects to what REDIS_OM_URL names", environment}},
    {"layers", {"layers is Redis, memory in development, and without the prefix in production", layers}},
    {"loopback", {"loopback reads an entry as LoopBack writes it, and shares its records", loopback}},
    {"redis-om", {"redis-om shares the records of Redis OM", redis_om}},
};
enum { EXAMPLES = sizeof examples / sizeof examples[0] };

static bool is_known(const char *folder)
{
    for (size_t i = 0; i < EXAMPLES; i++)
        if (strcmp(examples[i].folder, folder) == 0)
            return true;
    return false;
}

/* Each is told in the README of the folder, too. */
static void every_folder_is_known(void)
{
    char path[512], row[128];
    size_t folders = 0;
    path_of(path, "README.md");
    char *readme = file_read(path, NULL);
    path_of(path, "");
    DIR *all = opendir(path);
    CU_ASSERT_PTR_NOT_NULL_FATAL(all);
    CU_ASSERT_PTR_NOT_NULL_FATAL(readme);
    for (struct dirent *entry; (entry = readdir(all)) != NULL;) {
        if (strchr(entry->d_name, '.') != NULL)
            continue;
        folders++;
        snprintf(row, sizeof row, "| %.100s |", entry->d_name);
        if (!is_known(entry->d_name) || strstr(readme, row) == NULL) {
            printf("\n    config-examples/%s is in no test, or not in the README", entry->d_name);
            CU_FAIL("a folder that is not known");
        }
    }
    CU_ASSERT_EQUAL(folders, EXAMPLES);
    closedir(all);
    free(readme);
}

int main(void)
{
    static const char *const variables[] = {"DATASOURCE_ENV", "REDIS_OM_URL", "REDIS_PASSWORD", "REDIS_HOST"};
    test tests[EXAMPLES + 2] = {{"every folder of config-examples is known", every_folder_is_known},
                                {"acl-user asks for the password", acl_user_needs_the_password}};
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        unsetenv(variables[i]);
    for (size_t i = 0; i < EXAMPLES; i++)
        tests[i + 2] = examples[i].test;
    return SUITE_RUN("config-examples", tests);
}
