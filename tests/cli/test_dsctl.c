/* dsctl as a black box: each command as a user types it, on memory (with a file) and on a real Redis. */
#include "dsctl.h"

static void on_each(void (*run)(void))
{
    static const char *const sources[] = {"mem", "red", "lite"};
    for (size_t i = 0; i < 3; i++) {
        on = sources[i];
        dsctl_clear(on, "Pet");
        run();
    }
}

static void store_pets(void)
{
    SHOWS(dsctl("{\"id\":\"a\",\"name\":\"Ada\",\"age\":3,\"weight\":4.5,\"born\":\"2020-02-29\",\"tags\":[\"cat\","
                "\"old\"]}\n"
                "{\"id\":\"b\",\"name\":\"Bo\",\"age\":7,\"chip\":\"AAEC\"}\n"
                "{\"id\":\"c\",\"name\":\"cÄsar\",\"wild\":true,\"home\":{\"city\":\"Ulm\"}}\n",
                "create", on, "Pet", "-", NULL),
          0,
          "{\"id\":\"a\",\"name\":\"Ada\",\"age\":3,\"weight\":4.5,\"born\":\"2020-02-29T00:00:00.000Z\",\"tags\":["
          "\"cat\",\"old\"]}\n"
          "{\"id\":\"b\",\"name\":\"Bo\",\"age\":7,\"chip\":\"AAEC\"}\n"
          "{\"id\":\"c\",\"name\":\"cÄsar\",\"wild\":true,\"home\":{\"city\":\"Ulm\"}}\n");
}

/* ---- the tests ---- */

static void create_and_get_on(void)
{
    SHOWS(dsctl(NULL, "create", on, "Pet", "{\"id\":\"x\",\"name\":\"Xi\",\"age\":9007199254740993}", NULL), 0,
          "{\"id\":\"x\",\"name\":\"Xi\",\"age\":9007199254740993}\n");
    SHOWS(dsctl(NULL, "get", on, "Pet", "x", NULL), 0, "{\"id\":\"x\",\"name\":\"Xi\",\"age\":9007199254740993}\n");
    FAILS(dsctl(NULL, "create", on, "Pet", "{\"id\":\"x\",\"name\":\"Xi\"}", NULL), 1, "\"x\"");
    FAILS(dsctl(NULL, "get", on, "Pet", "nobody", NULL), 1, "nobody");
    FAILS(dsctl(NULL, "create", on, "Pet", "{\"id\":\"y\"}", NULL), 2, "name");
    FAILS(dsctl(NULL, "create", on, "Pet", "{\"id\":\"y\",\"name\":\"Y\",\"age\":\"12x\"}", NULL), 2, "age");
    FAILS(dsctl(NULL, "create", on, "Pet", "{\"id\":\"y\",\"name\":\"Y\",\"colour\":\"red\"}", NULL), 2, "colour");
    FAILS(dsctl(NULL, "create", on, "Pet", "{\"id\":", NULL), 2, "line 1");
    SHOWS(dsctl(NULL, "count", on, "Pet", NULL), 0, "{\"count\":1}\n");
}

static void a_record_is_created_and_got(void)
{
    on_each(create_and_get_on);
}

/* Each operator, and the ids that it finds, in order. */
static const struct {
    const char *where, *ids;
} operators[] = {
    {"{\"age\":3}", "a"},
    {"{\"age\":{\"eq\":null}}", "c"},
    {"{\"age\":{\"neq\":3}}", "bc"},
    {"{\"age\":{\"gt\":3}}", "b"},
    {"{\"age\":{\"gte\":3}}", "ab"},
    {"{\"age\":{\"lt\":7}}", "a"},
    {"{\"age\":{\"lte\":7}}", "ab"},
    {"{\"age\":{\"between\":[4,9]}}", "b"},
    {"{\"age\":{\"inq\":[3,8]}}", "a"},
    {"{\"age\":{\"nin\":[3,8]}}", "bc"},
    {"{\"name\":{\"like\":\"%o\"}}", "b"},
    {"{\"name\":{\"nlike\":\"%o\"}}", "ac"},
    {"{\"name\":{\"ilike\":\"CÄ_AR\"}}", "c"},
    {"{\"name\":{\"nilike\":\"a%\"}}", "bc"},
    {"{\"name\":{\"regexp\":\"/^[ab]/i\"}}", "ab"},
    {"{\"tags\":{\"contains\":[\"old\"]}}", "a"},
    {"{\"tags\":\"cat\"}", "a"},
    {"{\"weight\":{\"exists\":true}}", "a"},
    {"{\"home.city\":\"Ulm\"}", "c"},
    {"{\"born\":{\"lt\":\"2021-01-01\"}}", "a"},
    {"{\"chip\":\"AAEC\"}", "b"},
    {"{\"wild\":true}", "c"},
    {"{\"and\":[{\"age\":{\"gt\":1}},{\"name\":\"Bo\"}]}", "b"},
    {"{\"or\":[{\"age\":3},{\"wild\":true}]}", "ac"},
    {"{\"nor\":[{\"age\":3},{\"wild\":true}]}", "b"},
};

static void operators_on(void)
{
    store_pets();
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        char query[256], expected[256] = "";
        snprintf(query, sizeof query, "{\"where\":%s,\"order\":\"id\",\"fields\":[\"id\"]}", operators[i].where);
        for (const char *id = operators[i].ids; *id != '\0'; id++)
            snprintf(expected + strlen(expected), sizeof expected - strlen(expected), "{\"id\":\"%c\"}\n", *id);
        SHOWS(dsctl(NULL, "find", on, "Pet", query, NULL), 0, expected);
        snprintf(expected, sizeof expected, "{\"count\":%zu}\n", strlen(operators[i].ids));
        SHOWS(dsctl(NULL, "count", on, "Pet", operators[i].where, NULL), 0, expected);
    }
}

static void find_and_count_know_each_operator(void)
{
    on_each(operators_on);
}

static void order_on(void)
{
    store_pets();
    SHOWS(dsctl(NULL, "find", on, "Pet", "{\"order\":\"age DESC\",\"skip\":1,\"limit\":1,\"fields\":{\"name\":true}}",
                NULL),
          0, "{\"name\":\"Ada\"}\n");
    SHOWS(dsctl(NULL, "find", on, "Pet", "{\"order\":[\"age ASC\"],\"fields\":[\"id\"]}", NULL), 0,
          "{\"id\":\"c\"}\n{\"id\":\"a\"}\n{\"id\":\"b\"}\n");
}

static void find_orders_and_pages(void)
{
    on_each(order_on);
}

static void update_on(void)
{
    store_pets();
    SHOWS(dsctl(NULL, "update", on, "Pet", "a", "{\"age\":4,\"weight\":null}", NULL), 0, "{\"updated\":1}\n");
    SHOWS(
        dsctl(NULL, "get", on, "Pet", "a", NULL), 0,
        "{\"id\":\"a\",\"name\":\"Ada\",\"age\":4,\"born\":\"2020-02-29T00:00:00.000Z\",\"tags\":[\"cat\",\"old\"]}\n");
    SHOWS(dsctl(NULL, "update", on, "Pet", "--where", "{\"age\":{\"gt\":3}}", "{\"wild\":false}", NULL), 0,
          "{\"updated\":2}\n");
    SHOWS(dsctl(NULL, "update", on, "Pet", "--all", "{\"age\":1}", NULL), 0, "{\"updated\":3}\n");
    SHOWS(dsctl(NULL, "count", on, "Pet", "{\"age\":1}", NULL), 0, "{\"count\":3}\n");
    FAILS(dsctl(NULL, "update", on, "Pet", "nobody", "{\"age\":4}", NULL), 1, "nobody");
    FAILS(dsctl(NULL, "update", on, "Pet", "{\"age\":4}", NULL), 2, "--all");
    FAILS(dsctl(NULL, "update", on, "Pet", "a", "{\"name\":null}", NULL), 2, "name");
    FAILS(dsctl(NULL, "update", on, "Pet", "a", "{\"id\":\"z\"}", NULL), 2, "id");
}

static void update_changes_by_id_by_filter_and_all(void)
{
    on_each(update_on);
}

static void delete_on(void)
{
    store_pets();
    FAILS(dsctl(NULL, "delete", on, "Pet", NULL), 2, "--all");
    FAILS(dsctl(NULL, "delete", on, "Pet", "a", "--all", NULL), 2, "one of the three");
    SHOWS(dsctl(NULL, "delete", on, "Pet", "--where", "{\"age\":{\"gte\":7}}", NULL), 0, "{\"deleted\":1}\n");
    SHOWS(dsctl(NULL, "delete", on, "Pet", "a", NULL), 0, "{\"deleted\":1}\n");
    FAILS(dsctl(NULL, "delete", on, "Pet", "a", NULL), 1, "\"a\"");
    SHOWS(dsctl(NULL, "delete", on, "Pet", "--all", NULL), 0, "{\"deleted\":1}\n");
    SHOWS(dsctl(NULL, "count", on, "Pet", NULL), 0, "{\"count\":0}\n");
}

static void delete_takes_an_id_a_filter_or_all(void)
{
    on_each(delete_on);
}

static char *exported(const char *source, const char *model, const char *name, const char *at)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s-%s", folder, source, name);
    command_result r = at == NULL ? dsctl(NULL, "export", source, model, path, NULL)
                                  : dsctl(NULL, "export", source, model, path, "--at", at, NULL);
    CU_ASSERT_EQUAL(r.status, 0);
    if (r.status != 0)
        printf("\nexport: %s", r.err);
    command_free(&r);
    return file_read(path, NULL);
}

/* iso-codes: imported into both, exported from both, equal; and an export is an import. */
static void the_iso_codes_are_imported_and_exported_alike(void)
{
    static const struct {
        const char *model, *file, *at;
    } parts[] = {{"Country", "/usr/share/iso-codes/json/iso_3166-1.json", "3166-1"},
                 {"Subdivision", "/usr/share/iso-codes/json/iso_3166-2.json", "3166-2"},
                 {"Language", "/usr/share/iso-codes/json/iso_639-3.json", "639-3"}};
    for (size_t i = 0; i < 3; i++) {
        command_result mem = dsctl(NULL, "import", "mem", parts[i].model, parts[i].file, "--at", parts[i].at, NULL);
        command_result red = dsctl(NULL, "import", "red", parts[i].model, parts[i].file, "--at", parts[i].at, NULL);
        CU_ASSERT_EQUAL(mem.status, 0);
        CU_ASSERT_STRING_EQUAL(mem.out, red.out);
        printf("\n    %s: %s", parts[i].model, red.out);
        unsigned stored = 0;
        CU_ASSERT(sscanf(red.out, "{\"imported\":%u}", &stored) == 1 && stored > 200);
        command_free(&mem);
        command_free(&red);
        char *a = exported("mem", parts[i].model, "lines", NULL), *b = exported("red", parts[i].model, "lines", NULL);
        CU_ASSERT_PTR_NOT_NULL_FATAL(a);
        CU_ASSERT_PTR_NOT_NULL_FATAL(b);
        CU_ASSERT(strlen(a) > 10000 && strcmp(a, b) == 0);
        free(b);
        free(exported("red", parts[i].model, "array.json", parts[i].at));
        char path[256];
        snprintf(path, sizeof path, "%s/red-array.json", folder);
        char deleted[64]; /* as many as were imported: iso-codes grows from year to year */
        snprintf(deleted, sizeof deleted, "{\"deleted\":%u}\n", stored);
        SHOWS(dsctl(NULL, "delete", "mem", parts[i].model, "--where", "{}", NULL), 0, deleted);
        red = dsctl(NULL, "import", "mem", parts[i].model, path, "--at", parts[i].at, NULL);
        CU_ASSERT_EQUAL(red.status, 0);
        command_free(&red);
        b = exported("mem", parts[i].model, "lines", NULL);
        CU_ASSERT_STRING_EQUAL(a, b);
        free(a);
        free(b);
    }
}

static void an_import_tells_each_record_that_it_cannot_store_and_stores_the_others(void)
{
    on = "red";
    char *path =
        folder_write(folder, "some.jsonl",
                     "{\"id\":\"p\",\"name\":\"P\"}\n{\"id\":\"q\"}\n\n{\"id\":\"r\",\"name\":\"R\",\"age\":\"old\"}\n"
                     "{\"id\":\"p\",\"name\":\"again\"}\n{\"id\" 1}\n{\"id\":\"s\",\"name\":\"S\"}\n");
    dsctl_clear(on, "Pet");
    command_result r = dsctl(NULL, "import", on, "Pet", path, NULL);
    CU_ASSERT_EQUAL(r.status, 2);
    CU_ASSERT_STRING_EQUAL(r.out, "{\"imported\":2}\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "name"));
    CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "line 4"));
    CU_ASSERT_PTR_NOT_NULL(strstr(r.err, ", line 6: the JSON is not valid at column "));
    CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "\"p\""));
    command_free(&r);
    free(path);
}

static void what_is_configured_is_told(void)
{
    on = "red";
    SHOWS(dsctl(NULL, "sources", NULL), 0,
          "{\"name\":\"mem\",\"connector\":\"memory\"}\n{\"name\":\"red\",\"connector\":\"redis\"}\n"
          "{\"name\":\"two\",\"connector\":\"memory\"}\n{\"name\":\"lite\",\"connector\":\"sqlite\"}\n");
    command_result r = dsctl(NULL, "connectors", NULL);
    CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "{\"name\":\"memory\"}\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "{\"name\":\"redis\"}\n"));
    command_free(&r);
    r = dsctl(NULL, "connectors", "redis", NULL);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(r.out, "{\"name\":\"password\",\"type\":\"string\",\"required\":false,\"secret\":true,"));
    CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "{\"name\":\"tls.ca\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "{\"name\":\"settings.redis.key\""));
    command_free(&r);
    r = dsctl(NULL, "models", "red", NULL);
    CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "{\"model\":\"Pet\",\"property\":\"id\",\"type\":\"string\",\"id\":true,"));
    command_free(&r);
    r = dsctl(NULL, "ping", "red", NULL);
    CU_ASSERT_EQUAL(r.status, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "\"pingMs\":"));
    command_free(&r);
}

static void execute_speaks_redis(void)
{
    on = "red";
    SHOWS(dsctl(NULL, "execute", on, "HSET", "t:user-session:123", "name", "Bob", "age", "42", NULL), 0, "2\n");
    SHOWS(dsctl(NULL, "execute", on, "HGETALL", "t:user-session:123", NULL), 0, "[\"name\",\"Bob\",\"age\",\"42\"]\n");
    SHOWS(dsctl(NULL, "get", on, "user-session", "123", NULL), 0, "{\"id\":\"123\",\"age\":\"42\",\"name\":\"Bob\"}\n");
    FAILS(dsctl(NULL, "execute", on, "NOSUCH", NULL), 5, "NOSUCH");
    FAILS(dsctl(NULL, "execute", "mem", "PING", NULL), 5, "memory");
}

static void words_that_make_no_sense_end_with_2(void)
{
    on = "red";
    FAILS(dsctl(NULL, "fly", NULL), 2, "fly");
    FAILS(dsctl(NULL, "get", on, NULL), 2, "usage: dsctl get");
    FAILS(dsctl(NULL, "find", on, "Pet", "{", "--where", NULL), 2, "--where");
    FAILS(dsctl(NULL, "find", on, "Pet", "--limit", "1", NULL), 2, "--limit");
    FAILS(dsctl(NULL, "find", on, "Pet", "--where", "{}", NULL), 2, "find takes no option --where");
    FAILS(dsctl(NULL, "get", on, "Pet", "x", "--all", NULL), 2, "get takes no option --all");
    FAILS(dsctl(NULL, "get", on, "Pet", "--", "--limit", NULL), 1, "--limit");
    FAILS(dsctl(NULL, "models", "nowhere", NULL), 3, "nowhere");
}

int main(void)
{
    static const test tests[] = {
        {"a record is created and got", a_record_is_created_and_got},
        {"find and count know each operator", find_and_count_know_each_operator},
        {"find orders and pages", find_orders_and_pages},
        {"update changes by id, by filter and all", update_changes_by_id_by_filter_and_all},
        {"delete takes an id, a filter or --all", delete_takes_an_id_a_filter_or_all},
        {"the iso-codes are imported and exported alike", the_iso_codes_are_imported_and_exported_alike},
        {"an import tells each record that it cannot store, and stores the others",
         an_import_tells_each_record_that_it_cannot_store_and_stores_the_others},
        {"what is configured is told", what_is_configured_is_told},
        {"execute speaks Redis", execute_speaks_redis},
        {"words that make no sense end with 2", words_that_make_no_sense_end_with_2},
    };
    /* The demo's models and one more. */
    char demo[512];
    snprintf(demo, sizeof demo, "%s/examples/demo/models.json", getenv("DS_SRCDIR"));
    char *definitions = file_read(demo, NULL), *all = malloc(strlen(definitions) + 1024);
    sprintf(all,
            "[{\"name\":\"Pet\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"name\":{\"type\":\"string\","
            "\"required\":true},"
            "\"age\":\"integer\",\"weight\":\"number\",\"wild\":\"boolean\",\"born\":\"date\",\"chip\":\"binary\","
            "\"home\":\"object\","
            "\"tags\":\"array\"}},%s",
            strchr(definitions, '[') + 1);
    dsctl_begin(all);
    int status = SUITE_RUN("dsctl", tests);
    dsctl_end();
    free(definitions);
    free(all);
    return status;
}
