/* datasources.json: files, layers, ${ENV}, malformed texts, and that no sentence shows a secret. */
#include "command.h"
#include "failing.h"
#include "suite.h"

#include "config/config.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET "S3cr3t"

static const ds_option tls_members[] = {
    {.name = "ca", .types = DS_OPTION_STRING | DS_OPTION_LIST},
    {.name = "verify", .types = DS_OPTION_BOOLEAN, .default_text = "true"},
    {.name = NULL},
};
static const ds_option options[] = {
    {.name = "host", .types = DS_OPTION_STRING, .default_text = "127.0.0.1"},
    {.name = "port", .types = DS_OPTION_INTEGER, .default_text = "6379", .minimum = 1, .maximum = 65535},
    {.name = "password", .types = DS_OPTION_STRING, .flags = DS_OPTION_SECRET},
    {.name = "tls", .types = DS_OPTION_BOOLEAN | DS_OPTION_OBJECT, .members = tls_members},
    {.name = NULL},
};

static char *folder;

static bool text_is(ds_value value, const char *text)
{
    return value.type == DS_STRING && value.length == strlen(text) && strcmp(value.as.string, text) == 0;
}

static char *write_file(const char *name, const char *text)
{
    return folder_write(folder, name, text);
}

static void remove_file(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    unlink(path);
}

/* What is wrong with a failure; the sentence must be one, with `says`, and without the secret. */
static bool is_sentence(const ds_error *err, const char *says)
{
    bool right = err->status == DS_CONFIG && strstr(err->message, says) != NULL &&
                 strstr(err->message, SECRET) == NULL && strchr(err->message, '\n') == NULL;
    if (!right)
        printf("\n%s, \"%s\", not with \"%s\"", ds_status_name(err->status), err->message, says);
    return right;
}

static bool parse_fails(const char *json, const char *says)
{
    config *c = NULL;
    ds_error err = {0};
    ds_status status = config_parse(json, &c, &err);
    if (status == DS_OK)
        printf("\n%s is taken", json);
    config_free(c);
    return status == DS_CONFIG && is_sentence(&err, says);
}

/* The settings of the data source "db" of a text, or the error. */
static settings *settings_of(const char *json, ds_error *err)
{
    config *c = NULL;
    settings *s = NULL;
    char *connector = NULL;
    ds_status status = config_parse(json, &c, err);
    if (status == DS_OK)
        status = config_connector(c, "db", &connector, err);
    if (status == DS_OK)
        status = config_settings(c, "db", options, &s, err);
    CU_ASSERT((status == DS_OK) == (s != NULL));
    ds_free(connector);
    config_free(c);
    return s;
}

static bool settings_fail(const char *json, const char *says)
{
    ds_error err = {0};
    settings *s = settings_of(json, &err);
    if (s != NULL)
        printf("\n%s is taken", json);
    settings_free(s);
    return s == NULL && is_sentence(&err, says);
}

/* ---- texts ---- */

static void reads_sources(void)
{
    config *c = NULL;
    char *connector = NULL;
    CU_ASSERT_FATAL(config_parse("\xEF\xBB\xBF {\"b\": {\"connector\": \"redis\", \"name\": \"b\"}, "
                                 "\"a\": {\"connector\": 7}, \"\\u00fc\": {}}\n",
                                 &c, NULL) == DS_OK);
    CU_ASSERT_EQUAL(config_count(c), 3);
    CU_ASSERT_STRING_EQUAL(config_source_name(c, 0), "b");
    CU_ASSERT_STRING_EQUAL(config_source_name(c, 1), "a");
    CU_ASSERT_STRING_EQUAL(config_source_name(c, 2), "\xC3\xBC");
    CU_ASSERT_PTR_NULL(config_source_name(c, 3));
    CU_ASSERT_STRING_EQUAL(config_source_connector(c, 0), "redis");
    CU_ASSERT_STRING_EQUAL(config_source_connector(c, 1), "");
    CU_ASSERT_STRING_EQUAL(config_source_connector(c, 2), "");
    CU_ASSERT_PTR_NULL(config_source_connector(c, 3));
    CU_ASSERT(config_has(c, "a") && !config_has(c, "A") && !config_has(c, "") && !config_has(c, NULL));
    CU_ASSERT_EQUAL(config_connector(c, "b", &connector, NULL), DS_OK);
    CU_ASSERT_STRING_EQUAL(connector, "redis");
    ds_free(connector);
    config_free(c);
}

static void malformed_texts(void)
{
    static const char *const texts[][2] = {
        {"", "line 1, column 1: there is no JSON"},
        {" \n ", "line 2, column 2: there is no JSON"},
        {"nul", "not a JSON value"},
        {"[]", "top level must be an object"},
        {"null", "top level must be an object"},
        {"\"x\"", "top level must be an object"},
        {"{} {}", "line 1, column 4: there is text behind"},
        {"{}\n}", "line 2, column 1: there is text behind"},
        {"{", "an object is not closed"},
        {"{\"a\"", "a colon is missing"},
        {"{\"a\":", "the text ends"},
        {"{\"a\": {}", "a comma or \"}\" is missing"},
        {"{\"a\": {},}", "line 1, column 10: a key in double quotes"},
        {"{a: {}}", "line 1, column 2: a key in double quotes"},
        {"{'a': {}}", "a key in double quotes"},
        {"{\n  \"a\": {\n    \"b\": 1\n    \"c\": 2\n  }\n}", "line 4, column 5: a comma or \"}\" is missing"},
        {"{\"\xC3\xBC\": \"\xC3\xBC\" x}", "line 1, column 11: "},
        {"{\"a\": {\"b\": [1, 2}}", "a comma or \"]\" is missing"},
        {"{\"a\": {\"b\": [1,]}}", "not a JSON value"},
        {"{\"a\": {\"b\": \"" SECRET "}}", "line 1, column 13: a string is not closed"},
        {"{\"a\": {\"b\": \"" SECRET "\n\"}}", "control character"},
        {"{\"a\": {\"b\": \"" SECRET "\\x\"}}", "backslash"},
        {"{\"a\": {\"b\": \"" SECRET "\\u0000\"}}", "NUL"},
        {"{\"a\\u0000\": {}}", "NUL"},
        {"{\"a\": {\"b\": \"\\u12\x13"
         "4\"}}",
         "four hexadecimal"},
        {"{\"a\": {\"b\": \"\\ud800\"}}", "surrogate"},
        {"{\"a\": {\"b\": \"\\ud800\\u0041\"}}", "surrogate"},
        {"{\"a\": {\"b\": \"\\udc00\"}}", "surrogate"},
        {"{\"a\": {\"b\": \"" SECRET "\xFF\"}}", "not UTF-8"},
        {"{\"a\": {\"b\": 01}}", "begin with 0"},
        {"{\"a\": {\"b\": -01}}", "begin with 0"},
        {"{\"a\": {\"b\": 1.}}", "a number"},
        {"{\"a\": {\"b\": .5}}", "not a JSON value"},
        {"{\"a\": {\"b\": +1}}", "not a JSON value"},
        {"{\"a\": {\"b\": 1e}}", "a number"},
        {"{\"a\": {\"b\": -}}", "a number"},
        {"{\"a\": {\"b\": 0x10}}", "a comma or"},
        {"{\"a\": {\"b\": NaN}}", "not a JSON value"},
        {"{\"a\": {\"b\": Infinity}}", "not a JSON value"},
        {"{\"a\": {\"b\": 1e400}}", "does not fit"},
        {"{\"a\": {\"b\": -1e400}}", "does not fit"},
        {"{\"a\": {\"b\": 9007199254740993}}", "line 1, column 13: a number beyond 2^53"},
        {"{\"a\": {\"b\": -9007199254740993}}", "beyond 2^53"},
        {"{\"a\": {\"b\": 9007199254740993.0}}", "beyond 2^53"},
        {"{\"a\": {\"b\": 12345678901234567890123}}", "beyond 2^53"},
        {"{\"a\": {\"b\": 1e17}}", "beyond 2^53"},
        {"{\"a\": {\"b\": 0.1000000000000000000000000000000000000000000000000000000000001}}", "too long"},
        {"{\"a\": {}, \"a\": {}}", "the key \"a\" stands twice"},
        {"{\"a\": {\"b\": 1, \"c\": 2, \"\\u0062\": 3}}", "the key \"b\" stands twice in \"a\""},
        {"{\"a\": {\"b\": [{\"c\": {\"d\": 1, \"d\": 1}}]}}", "the key \"d\" stands twice in \"c\""},
        {"{\"a\": true}", "the data source \"a\" must be an object"},
        {"{\"a\": []}", "the data source \"a\" must be an object"},
        {"{\"a\": {} /* no */}", "a comma or"},
        {"{\"a\": {} // no\n}", "a comma or"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        CU_ASSERT(parse_fails(texts[i][0], texts[i][1]));
    CU_ASSERT(parse_fails(NULL, "no JSON"));
}

static void nested(size_t depth, char *text)
{
    strcpy(text, "{\"a\": {\"b\": ");
    for (size_t i = 0; i < depth; i++)
        strcat(text, "[");
    for (size_t i = 0; i < depth; i++)
        strcat(text, "]");
    strcat(text, "}}");
}

static void too_deep(void)
{
    static char text[400000];
    config *c = NULL;
    nested(62, text);
    CU_ASSERT_EQUAL(config_parse(text, &c, NULL), DS_OK);
    config_free(c);
    nested(63, text);
    CU_ASSERT(parse_fails(text, "nested too deeply"));
    memset(text, '[', sizeof text - 1);
    CU_ASSERT(parse_fails(text, "nested too deeply"));
}

static void every_cut(void)
{
    static const char whole[] =
        "{\"db\": {\"connector\": \"r\\u00e9\\ud83d\\ude00\", \"a\": [1, -2.5e3, true, null], \"b\": {}}}";
    for (size_t length = 0; length < strlen(whole); length++) {
        char *text = strndup(whole, length);
        config *c = NULL;
        CU_ASSERT_EQUAL(config_parse(text, &c, NULL), DS_CONFIG);
        free(text);
    }
}

static void many_keys(void)
{
    ds_buffer text = {0};
    config *c = NULL;
    buffer_char(&text, '{');
    for (int i = 0; i < 20000; i++)
        ds_buffer_format(&text, "%s\"s%d\":{}", i == 0 ? "" : ",", i);
    buffer_char(&text, '}');
    CU_ASSERT_EQUAL(config_parse(text.text, &c, NULL), DS_OK);
    CU_ASSERT_EQUAL(config_count(c), 20000);
    config_free(c);
    buffer_free(&text);
}

/* A comma for the decimal point, where the machine has such a locale. */
static void other_locale(void)
{
    const char *found = NULL, *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_AT.UTF-8"};
    for (size_t i = 0; i < 4 && found == NULL; i++)
        found = setlocale(LC_ALL, names[i]);
    settings *s = settings_of("{\"db\": {\"connector\": \"x\", \"port\": 80.0}}", NULL);
    CU_ASSERT_EQUAL(settings_get(s, "port").as.integer, 80);
    settings_free(s);
    CU_ASSERT(settings_fail("{\"db\": {\"connector\": \"x\", \"port\": 80.5}}", "must be an integer"));
    setlocale(LC_ALL, "C");
}

/* ---- connectors and names ---- */

static void connector_and_name(void)
{
    CU_ASSERT(settings_fail("{}", "the configuration has no data source \"db\""));
    CU_ASSERT(settings_fail("{\"a\": {}, \"b\": {}}", "no data source \"db\", it has a, b"));
    CU_ASSERT(settings_fail("{\"db\": {}}", "\"connector\" of the data source \"db\" is missing"));
    CU_ASSERT(
        settings_fail("{\"db\": {\"connector\": 1}}", "\"connector\" of the data source \"db\" must be a string"));
    CU_ASSERT(settings_fail("{\"db\": {\"connector\": null}}", "\"connector\" of the data source \"db\" must be"));
    CU_ASSERT(settings_fail("{\"db\": {\"connector\": \"\"}}", "\"connector\" of the data source \"db\" is empty"));
    CU_ASSERT(
        settings_fail("{\"db\": {\"connector\": \"x\", \"name\": \"DB\"}}", "\"name\" of the data source \"db\""));
    CU_ASSERT(
        settings_fail("{\"db\": {\"connector\": \"x\", \"name\": 1}}", "\"name\" of the data source \"db\" must"));
    ds_error err = {0};
    settings *s = settings_of("{\"db\": {\"connector\": \"x\", \"name\": \"db\"}}", &err);
    CU_ASSERT_PTR_NOT_NULL(s);
    settings_free(s);
    CU_ASSERT_PTR_NULL(settings_of("{\"db\": {\"connector\": 1}}", &err));
    CU_ASSERT_STRING_EQUAL(err.source, "db");
}

static void long_list_of_sources(void)
{
    char text[2000] = "{\"first\": {}";
    for (int i = 0; i < 60; i++)
        sprintf(text + strlen(text), ", \"source-number-%d\": {}", i);
    strcat(text, "}");
    CU_ASSERT(settings_fail(text, "the configuration has no data source \"db\""));
}

/* ---- the environment ---- */

static bool host_is(const char *written, const char *expected)
{
    char json[512];
    ds_error err = {0};
    snprintf(json, sizeof json, "{\"db\": {\"connector\": \"x\", \"host\": \"%s\"}}", written);
    settings *s = settings_of(json, &err);
    bool right = text_is(settings_get(s, "host"), expected);
    if (!right)
        printf("\n%s: %s", written, s == NULL ? err.message : settings_get(s, "host").as.string);
    settings_free(s);
    return right;
}

static bool host_fails(const char *written, const char *says)
{
    char json[512];
    snprintf(json, sizeof json, "{\"db\": {\"connector\": \"x\", \"host\": \"%s\"}}", written);
    return settings_fail(json, says) && settings_fail(json, "the setting \"host\" of the data source \"db\"");
}

static void environment(void)
{
    setenv("DS_TEST_A", "alpha", 1);
    setenv("DS_TEST_E", "", 1);
    setenv("DS_TEST_D", "${DS_TEST_A}", 1);
    unsetenv("DS_TEST_U");
    CU_ASSERT(host_is("${DS_TEST_A}", "alpha"));
    CU_ASSERT(host_is("<${DS_TEST_A}-${DS_TEST_A}>", "<alpha-alpha>"));
    CU_ASSERT(host_is("${DS_TEST_A:-x}", "alpha"));
    CU_ASSERT(host_is("${DS_TEST_U:-x y:-z}", "x y:-z"));
    CU_ASSERT(host_is("${DS_TEST_U:-}", ""));
    CU_ASSERT(host_is("${DS_TEST_E}", ""));
    CU_ASSERT(host_is("${DS_TEST_E:-x}", "x"));
    CU_ASSERT(host_is("$${DS_TEST_A}", "${DS_TEST_A}"));
    CU_ASSERT(host_is("$$${DS_TEST_A}", "$${DS_TEST_A}"));
    CU_ASSERT(host_is("$", "$"));
    CU_ASSERT(host_is("$$", "$$"));
    CU_ASSERT(host_is("a$b}c{", "a$b}c{"));
    CU_ASSERT(host_is("$DS_TEST_A", "$DS_TEST_A"));
    CU_ASSERT(host_is("${DS_TEST_D}", "${DS_TEST_A}"));
    CU_ASSERT(host_fails("${DS_TEST_U}", "variable DS_TEST_U, which is not set"));
    CU_ASSERT(host_fails("a${DS_TEST_A", "not closed"));
    CU_ASSERT(host_fails("${", "not closed"));
    CU_ASSERT(host_fails("${}", "neither"));
    CU_ASSERT(host_fails("${1A}", "neither"));
    CU_ASSERT(host_fails("${DS_TEST_A-x}", "neither"));
    CU_ASSERT(host_fails("${DS_TEST_A:x}", "neither"));
    CU_ASSERT(host_fails("${DS TEST}", "neither"));
    CU_ASSERT(host_fails("${:-x}", "neither"));
    CU_ASSERT(host_fails("${DS_TEST_U:-${DS_TEST_A}}", "within the braces"));
}

static void environment_elsewhere(void)
{
    setenv("DS_TEST_PORT", "7001", 1);
    setenv("DS_TEST_CONNECTOR", "memory", 1);
    unsetenv("DS_TEST_U");
    settings *s = settings_of("{\"db\": {\"connector\": \"x\", \"port\": \"${DS_TEST_PORT}\", \"tls\": {\"ca\": "
                              "[\"/a\", \"/${DS_TEST_PORT}\"]}}, \"other\": {\"connector\": \"${DS_TEST_U}\"}}",
                              NULL);
    CU_ASSERT_EQUAL(settings_get(s, "port").type, DS_INTEGER);
    CU_ASSERT_EQUAL(settings_get(s, "port").as.integer, 7001);
    CU_ASSERT(text_is(settings_get(s, "tls.ca.1"), "/7001"));
    settings_free(s);
    CU_ASSERT(settings_fail("{\"db\": {\"connector\": \"${DS_TEST_U}\"}}", "\"connector\" of the data source \"db\""));
    CU_ASSERT(settings_fail("{\"db\": {\"connector\": \"x\", \"tls\": {\"ca\": [\"a\", \"${DS_TEST_U}\"]}}}",
                            "\"tls.ca.1\" of the data source \"db\" names the environment variable DS_TEST_U"));
    config *c = NULL;
    char *connector = NULL;
    CU_ASSERT_EQUAL(config_parse("{\"db\": {\"connector\": \"${DS_TEST_CONNECTOR}\"}}", &c, NULL), DS_OK);
    CU_ASSERT_STRING_EQUAL(config_source_connector(c, 0), "${DS_TEST_CONNECTOR}");
    CU_ASSERT_EQUAL(config_connector(c, "db", &connector, NULL), DS_OK);
    CU_ASSERT_STRING_EQUAL(connector, "memory");
    ds_free(connector);
    config_free(c);
}

static void secrets_stay_secret(void)
{
    setenv("DS_TEST_SECRET", SECRET, 1);
    unsetenv("DS_TEST_U");
    CU_ASSERT(settings_fail("{\"db\": {\"connector\": \"x\", \"port\": \"${DS_TEST_SECRET}\"}}", "\"port\""));
    CU_ASSERT(settings_fail("{\"db\": {\"connector\": \"x\", \"password\": [\"" SECRET "\"]}}", "\"password\""));
    CU_ASSERT(settings_fail("{\"db\": {\"connector\": \"x\", \"password\": {\"" SECRET "\": 1}}}", "\"password\""));
    CU_ASSERT(settings_fail("{\"db\": {\"connector\": \"x\", \"password\": \"" SECRET "${DS_TEST_U}\"}}", "DS_TEST_U"));
    CU_ASSERT(settings_fail("{\"db\": {\"connector\": \"x\", \"password\": \"" SECRET "${DS\"}}", "\"password\""));
    CU_ASSERT(settings_fail("{\"db\": {\"connector\": \"x\", \"password\": \"${" SECRET "!}\"}}", "\"password\""));
    CU_ASSERT(settings_fail("{\"db\": {\"connector\": \"x\", \"passwort\": \"" SECRET "\"}}", "\"passwort\""));
    CU_ASSERT(settings_fail("{\"db\": {\"connector\": \"x\", \"tls\": \"" SECRET "\"}}", "\"tls\""));
    CU_ASSERT(settings_fail("{\"db\": {\"connector\": \"x\", \"name\": \"${DS_TEST_SECRET}\"}}", "\"name\""));
    settings *s = settings_of("{\"db\": {\"connector\": \"x\", \"password\": \"${DS_TEST_SECRET}\"}}", NULL);
    CU_ASSERT(text_is(settings_get(s, "password"), SECRET));
    settings_free(s);
}

/* ---- files ---- */

static config *open_config(const char *path, ds_error *err)
{
    config *c = NULL;
    ds_status status = config_open(path, &c, err);
    CU_ASSERT((status == DS_OK) == (c != NULL));
    return c;
}

static bool open_fails(const char *path, const char *says)
{
    ds_error err = {0};
    config *c = open_config(path, &err);
    config_free(c);
    return c == NULL && is_sentence(&err, says) && (path == NULL || strstr(err.message, path) != NULL);
}

static void unreadable_files(void)
{
    char *empty = write_file("empty.json", ""), *locked = write_file("locked.json", "{}");
    char *bad = write_file("bad.json", "{\n \"a\": nope}"), none[256];
    snprintf(none, sizeof none, "%s/none.json", folder);
    CU_ASSERT(open_fails(none, "No such file or directory"));
    CU_ASSERT(open_fails(folder, "Is a directory"));
    CU_ASSERT(open_fails(empty, "it is empty"));
    CU_ASSERT(open_fails(bad, "bad.json: line 2, column 7: "));
    CU_ASSERT(open_fails("", "no file"));
    CU_ASSERT(open_fails(NULL, "no file"));
    if (geteuid() != 0) {
        chmod(locked, 0);
        CU_ASSERT(open_fails(locked, "Permission denied"));
    }
    ds_error err = {0};
    CU_ASSERT_PTR_NULL(open_config(none, &err));
    CU_ASSERT_EQUAL(err.native, 2);
    free(empty), free(locked), free(bad);
}

static void large_files(void)
{
    char path[256];
    snprintf(path, sizeof path, "%s/large.json", folder);
    FILE *file = fopen(path, "w");
    CU_ASSERT_FATAL(file != NULL);
    fputs("{}", file);
    fclose(file);
    CU_ASSERT_EQUAL(truncate(path, 16 * 1024 * 1024 + 1), 0);
    CU_ASSERT(open_fails(path, "larger than 16 MiB"));
    remove_file("large.json");
}

static void pipes(void)
{
    int ends[2];
    char path[64];
    CU_ASSERT_FATAL(pipe(ends) == 0);
    CU_ASSERT_EQUAL(write(ends[1], "{\"db\": {}}", 10), 10);
    close(ends[1]);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    config *c = open_config(path, NULL);
    CU_ASSERT_PTR_NOT_NULL(c);
    CU_ASSERT(c != NULL && config_has(c, "db"));
    config_free(c);
    close(ends[0]);
}

static settings *open_settings(const char *path, const char *source, ds_error *err)
{
    settings *s = NULL;
    config *c = open_config(path, err);
    if (c != NULL)
        config_settings(c, source, options, &s, err);
    config_free(c);
    return s;
}

static void layers(void)
{
    char *base = write_file("ds.json", "{\"db\": {\"connector\": \"a\", \"host\": \"base\", \"port\": 1, \"tls\": "
                                       "{\"ca\": [\"1\", \"2\"], \"verify\": false}}, \"second\": {\"host\": \"s\"}}");
    free(write_file("ds.local.json", "{\"db\": {\"port\": 2, \"host\": \"local\", \"tls\": {\"ca\": \"3\"}}, "
                                     "\"third\": {}}"));
    free(write_file("ds.prod.json", "{\"db\": {\"host\": \"prod\"}}"));
    setenv("DATASOURCE_ENV", "prod", 1);
    config *c = open_config(base, NULL);
    CU_ASSERT_EQUAL(config_count(c), 3);
    CU_ASSERT_STRING_EQUAL(config_source_name(c, 0), "db");
    CU_ASSERT_STRING_EQUAL(config_source_name(c, 1), "second");
    CU_ASSERT_STRING_EQUAL(config_source_name(c, 2), "third");
    CU_ASSERT_STRING_EQUAL(config_source_connector(c, 0), "a");
    config_free(c);
    settings *s = open_settings(base, "db", NULL);
    CU_ASSERT(text_is(settings_get(s, "host"), "prod"));
    CU_ASSERT_EQUAL(settings_get(s, "port").as.integer, 2);
    CU_ASSERT(text_is(settings_get(s, "tls.ca"), "3"));
    CU_ASSERT(text_is(settings_get(s, "tls.ca.0"), "3"));
    CU_ASSERT_EQUAL(settings_get(s, "tls.ca.1").type, DS_NULL);
    CU_ASSERT(!settings_get(s, "tls.verify").as.boolean && settings_given(s, "tls.verify"));
    settings_free(s);
    unsetenv("DATASOURCE_ENV");
    s = open_settings(base, "db", NULL);
    CU_ASSERT(text_is(settings_get(s, "host"), "local"));
    settings_free(s);
    remove_file("ds.local.json");
    s = open_settings(base, "db", NULL);
    CU_ASSERT(text_is(settings_get(s, "host"), "base"));
    settings_free(s);
    free(base);
}

static void layers_take_back(void)
{
    char *base = write_file("null.json", "{\"db\": {\"connector\": \"a\", \"host\": \"h\", \"tls\": true}}");
    free(write_file("null.local.json", "{\"db\": {\"host\": null, \"tls\": {\"ca\": \"x\"}}}"));
    settings *s = open_settings(base, "db", NULL);
    CU_ASSERT(text_is(settings_get(s, "host"), "127.0.0.1") && !settings_given(s, "host"));
    CU_ASSERT(text_is(settings_get(s, "tls.ca"), "x"));
    settings_free(s);
    free(base);
}

/* What is left of {"b": ..., "a": ..., "c": ...} under a layer, as settings of `options`, which know no url. */
static settings *under_layer(const char *a, const char *layer, ds_error *err)
{
    char text[512];
    snprintf(text, sizeof text, "{\"b\": {\"connector\": \"memory\"}, \"a\": %s, \"c\": {}}", a);
    char *base = write_file("take.json", text);
    free(write_file("take.local.json", layer));
    settings *s = open_settings(base, "a", err);
    remove_file("take.local.json");
    free(base);
    return s;
}

static void layers_remove(void)
{
    ds_error err = {0};
    const char *a = "{\"connector\": \"redis\", \"url\": \"u\", \"tls\": {\"ca\": \"x\", \"odd\": 1}, \"host\": \"h\"}";
    CU_ASSERT_PTR_NULL(under_layer(a, "{}", &err)); /* so the url and the odd one are in the way */
    settings *s =
        under_layer(a, "{\"a\": {\"url\": null, \"tls\": {\"odd\": null}, \"never\": null}, \"d\": null}", &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    CU_ASSERT(text_is(settings_get(s, "tls.ca"), "x") && text_is(settings_get(s, "host"), "h"));
    settings_free(s);
    s = under_layer("{\"connector\": \"memory\"}", "{\"a\": {\"tls\": {\"ca\": \"y\", \"odd\": null}}}", &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    CU_ASSERT(text_is(settings_get(s, "tls.ca"), "y"));
    settings_free(s);
    CU_ASSERT_PTR_NULL(under_layer(a, "{\"a\": null}", &err));
    CU_ASSERT(is_sentence(&err, "has no data source \"a\", it has b, c"));
}

/* True where `layer` over `below`, which has a host and a url, keeps both: the url is unknown here. */
static bool keeps_settings(const char *below, const char *layer)
{
    char a[200], over[200];
    ds_error err = {0};
    snprintf(a, sizeof a, "{\"connector\": \"%s\", \"host\": \"h\", \"url\": \"u\"}", below);
    snprintf(over, sizeof over, "{\"a\": {\"connector\": \"%s\", \"port\": 7}}", layer);
    settings *s = under_layer(a, over, &err);
    bool keeps = s == NULL;
    CU_ASSERT(keeps ? strstr(err.message, "\"url\"") != NULL
                    : !settings_given(s, "host") && settings_get(s, "port").as.integer == 7);
    settings_free(s);
    return keeps;
}

static void layers_change_connector(void)
{
    CU_ASSERT(!keeps_settings("redis", "memory"));
    CU_ASSERT(!keeps_settings("loopback-connector-redis", "loopback-connector-memory"));
    CU_ASSERT(keeps_settings("redis", "redis"));
    CU_ASSERT(keeps_settings("redis", "loopback-connector-redis"));
    CU_ASSERT(keeps_settings("loopback-connector-redis", "redis"));
    unsetenv("KIND");
    CU_ASSERT(keeps_settings("redis", "${KIND:-redis}"));
    CU_ASSERT(!keeps_settings("${KIND:-redis}", "memory"));
    CU_ASSERT(keeps_settings("${KIND}", "${KIND}"));
    setenv("KIND", "memory", 1);
    CU_ASSERT(!keeps_settings("redis", "${KIND:-redis}"));
    CU_ASSERT(keeps_settings("${KIND:-redis}", "memory"));
    unsetenv("KIND");
}

static void layer_errors(void)
{
    char *base = write_file("l.json", "{\"db\": {\"connector\": \"a\"}}");
    ds_error err = {0};
    free(write_file("l.local.json", "{\"db\": {\"port\": 0}}"));
    CU_ASSERT_PTR_NULL(open_settings(base, "db", &err));
    CU_ASSERT(is_sentence(&err, "l.local.json: the setting \"port\" of the data source \"db\""));
    CU_ASSERT_STRING_EQUAL(err.source, "db");
    free(write_file("l.local.json", "{\"db\": 1}"));
    CU_ASSERT_PTR_NULL(open_config(base, &err));
    CU_ASSERT(is_sentence(&err, "l.local.json: the data source \"db\" must be an object"));
    free(write_file("l.local.json", "[]"));
    CU_ASSERT_PTR_NULL(open_config(base, &err));
    CU_ASSERT(is_sentence(&err, "l.local.json: the top level"));
    free(write_file("l.local.json", "{\"db\": {}"));
    CU_ASSERT_PTR_NULL(open_config(base, &err));
    CU_ASSERT(is_sentence(&err, "l.local.json: line 1, column 10"));
    remove_file("l.local.json");
    static const char *const names[] = {"../x", "a/b", "..", "/etc/x"};
    for (size_t i = 0; i < 4; i++) {
        setenv("DATASOURCE_ENV", names[i], 1);
        CU_ASSERT_PTR_NULL(open_config(base, &err));
        CU_ASSERT(is_sentence(&err, "DATASOURCE_ENV"));
    }
    static const char *const harmless[] = {"", "local", "none"};
    for (size_t i = 0; i < 3; i++) {
        setenv("DATASOURCE_ENV", harmless[i], 1);
        config *c = open_config(base, NULL);
        CU_ASSERT_PTR_NOT_NULL(c);
        config_free(c);
    }
    unsetenv("DATASOURCE_ENV");
    free(base);
}

static void other_file_names(void)
{
    char *base = write_file("plain", "{\"db\": {\"host\": \"a\"}}");
    free(write_file("plain.local", "{\"db\": {\"host\": \"b\"}}"));
    settings *s = open_settings(base, "db", NULL);
    CU_ASSERT(text_is(settings_get(s, "host"), "b"));
    settings_free(s);
    free(base);
    base = write_file("x.y.conf", "{\"db\": {\"host\": \"a\"}}");
    free(write_file("x.y.local.conf", "{\"db\": {\"host\": \"c\"}}"));
    s = open_settings(base, "db", NULL);
    CU_ASSERT(text_is(settings_get(s, "host"), "c"));
    settings_free(s);
    free(base);
}

/* ---- memory ---- */

static ds_status open_all(void *user, ds_error *err)
{
    config *c = NULL;
    settings *s = NULL;
    char *connector = NULL;
    ds_status status = config_open(user, &c, err);
    if (status == DS_OK)
        status = config_connector(c, "db", &connector, err);
    if (status == DS_OK)
        status = config_settings(c, "db", options, &s, err);
    settings_free(s);
    ds_free(connector);
    config_free(c);
    return status;
}

static void out_of_memory(void)
{
    char *path = write_file("memory.json", "{\"db\": {\"connector\": \"a\", \"name\": \"db\", \"password\": "
                                           "\"${DS_TEST_SECRET:-x}\", \"tls\": {\"ca\": [\"1\", \"2\"]}}}");
    free(write_file("memory.local.json", "{\"db\": {\"connector\": \"b\", \"port\": \"12\"}}"));
    size_t allocations = 0;
    CU_ASSERT(failing_everywhere(open_all, path, &allocations));
    CU_ASSERT(allocations > 20);
    free(path);
}

int main(void)
{
    static const test tests[] = {
        {"data sources are read in order, by exact names", reads_sources},
        {"a malformed text is one sentence that names the place and shows nothing of it", malformed_texts},
        {"nesting is limited, whatever the depth", too_deep},
        {"a text that is cut anywhere is refused", every_cut},
        {"a large object takes no square of its size", many_keys},
        {"the host's locale does not matter", other_locale},
        {"a data source has a connector, and no other name than its key", connector_and_name},
        {"a list of names that does not fit is left out", long_list_of_sources},
        {"${NAME} in a string is the environment variable", environment},
        {"${NAME} is expanded wherever a string stands, when its data source is asked for", environment_elsewhere},
        {"no sentence shows a secret", secrets_stay_secret},
        {"a file that cannot be read is a sentence with the system's reason", unreadable_files},
        {"a file over 16 MiB is refused", large_files},
        {"a pipe is read like a file", pipes},
        {"layers are merged deep, the environment's last", layers},
        {"a null in a layer takes a setting back", layers_take_back},
        {"a null in a layer removes a setting, one that is not known too, or a data source", layers_remove},
        {"another connector in a layer drops the settings of the one below", layers_change_connector},
        {"what is wrong with a layer names its file", layer_errors},
        {"the names of the layers follow the file's, whatever its ending", other_file_names},
        {"out of memory at any allocation is DS_NOMEM, and nothing is lost", out_of_memory},
    };
    unsetenv("DATASOURCE_ENV");
    folder = folder_make();
    int result = SUITE_RUN("config", tests);
    folder_remove(folder);
    return result;
}
