/* Settings against a table of options: types, ranges, choices, defaults, members, lists; and the settings of models. */
#include "failing.h"
#include "suite.h"

#include "config/settings.h"

#include <stdio.h>
#include <string.h>

static const char *const levels[] = {"low", "high", NULL};
static const ds_option deep_members[] = {
    {.name = "must", .types = DS_OPTION_STRING, .flags = DS_OPTION_REQUIRED},
    {.name = "may", .types = DS_OPTION_INTEGER, .default_text = "5"},
    {.name = NULL},
};
static const ds_option object_members[] = {
    {.name = "on", .types = DS_OPTION_BOOLEAN, .default_text = "true"},
    {.name = "deep", .types = DS_OPTION_OBJECT, .members = deep_members},
    {.name = NULL},
};
static const ds_option options[] = {
    {.name = "text", .types = DS_OPTION_STRING},
    {.name = "level", .types = DS_OPTION_STRING, .choices = levels, .default_text = "low"},
    {.name = "number", .types = DS_OPTION_INTEGER, .minimum = -5, .maximum = 70000},
    {.name = "any", .types = DS_OPTION_INTEGER},
    {.name = "ms", .types = DS_OPTION_INTEGER, .minimum = 1, .default_text = "5000"},
    {.name = "either", .types = DS_OPTION_INTEGER | DS_OPTION_STRING, .default_text = "3"},
    {.name = "flag", .types = DS_OPTION_BOOLEAN, .default_text = "false"},
    {.name = "object", .types = DS_OPTION_OBJECT, .members = object_members},
    {.name = "both", .types = DS_OPTION_BOOLEAN | DS_OPTION_OBJECT, .members = object_members},
    {.name = "again",
     .types = DS_OPTION_BOOLEAN | DS_OPTION_INTEGER | DS_OPTION_OBJECT,
     .members = object_members,
     .default_text = "true"},
    {.name = "list", .types = DS_OPTION_LIST, .default_text = "x"},
    {.name = "files", .types = DS_OPTION_STRING | DS_OPTION_LIST},
    {.name = NULL},
};

static settings *parse(const char *json, ds_error *err)
{
    settings *s = NULL;
    ds_status status = settings_parse("db", json, options, &s, err);
    CU_ASSERT((status == DS_OK) == (s != NULL));
    return s;
}

static bool said(const ds_error *err, const char *says)
{
    bool right = err->status == DS_CONFIG && strstr(err->message, says) != NULL;
    if (!right)
        printf("\n%s, \"%s\", not with \"%s\"", ds_status_name(err->status), err->message, says);
    return right;
}

static bool fails(const char *json, const char *says)
{
    ds_error err = {0};
    settings *s = parse(json, &err);
    if (s != NULL)
        printf("\n%s is taken", json);
    settings_free(s);
    return s == NULL && said(&err, says);
}

/* Whether a setting of `json` is the value. */
static bool reads(const char *json, const char *path, ds_value value)
{
    ds_error err = {0};
    settings *s = parse(json, &err);
    bool right =
        s != NULL && ds_value_compare(settings_get(s, path), value) == 0 && settings_get(s, path).type == value.type;
    if (!right)
        printf("\n%s of %s: type %d, %s", path, json, (int)settings_get(s, path).type, err.message);
    settings_free(s);
    return right;
}

static void types(void)
{
    CU_ASSERT(reads("{\"text\": \"a\\u00fc\"}", "text", ds_string("a\xC3\xBC")));
    CU_ASSERT(reads("{\"text\": \"\"}", "text", ds_string("")));
    CU_ASSERT(reads("{\"text\": \"12\"}", "text", ds_string("12")));
    CU_ASSERT(reads("{\"number\": 12}", "number", ds_integer(12)));
    CU_ASSERT(reads("{\"number\": \"12\"}", "number", ds_integer(12)));
    CU_ASSERT(reads("{\"number\": 1.2e1}", "number", ds_integer(12)));
    CU_ASSERT(reads("{\"number\": \"-5\"}", "number", ds_integer(-5)));
    CU_ASSERT(reads("{\"any\": -9007199254740992}", "any", ds_integer(-9007199254740992)));
    CU_ASSERT(reads("{\"any\": \"9223372036854775807\"}", "any", ds_integer(INT64_MAX)));
    CU_ASSERT(reads("{\"either\": 7}", "either", ds_integer(7)));
    CU_ASSERT(reads("{\"either\": \"7\"}", "either", ds_string("7")));
    CU_ASSERT(reads("{\"either\": \"x\"}", "either", ds_string("x")));
    CU_ASSERT(reads("{\"flag\": true}", "flag", ds_boolean(true)));
    CU_ASSERT(reads("{\"flag\": false}", "flag", ds_boolean(false)));
    CU_ASSERT(reads("{\"level\": \"high\"}", "level", ds_string("high")));
}

static void wrong_types(void)
{
    CU_ASSERT(fails("{\"text\": 1}", "the setting \"text\" of the data source \"db\" must be a string"));
    CU_ASSERT(fails("{\"text\": true}", "must be a string"));
    CU_ASSERT(fails("{\"text\": [\"a\"]}", "must be a string"));
    CU_ASSERT(fails("{\"text\": {}}", "must be a string"));
    CU_ASSERT(fails("{\"number\": \"x\"}", "must be an integer"));
    CU_ASSERT(fails("{\"number\": \"\"}", "must be an integer"));
    CU_ASSERT(fails("{\"number\": \"12x\"}", "must be an integer"));
    CU_ASSERT(fails("{\"number\": \" 12\"}", "must be an integer"));
    CU_ASSERT(fails("{\"number\": \"012\"}", "must be an integer"));
    CU_ASSERT(fails("{\"number\": \"1.0\"}", "must be an integer"));
    CU_ASSERT(fails("{\"any\": \"9223372036854775808\"}", "must be an integer"));
    CU_ASSERT(fails("{\"number\": 1.5}", "must be an integer"));
    CU_ASSERT(fails("{\"number\": true}", "must be an integer"));
    CU_ASSERT(fails("{\"either\": 1.5}", "must be a string, or an integer"));
    CU_ASSERT(fails("{\"flag\": \"true\"}", "must be true or false"));
    CU_ASSERT(fails("{\"flag\": 1}", "must be true or false"));
    CU_ASSERT(fails("{\"object\": true}", "must be an object"));
    CU_ASSERT(fails("{\"object\": []}", "must be an object"));
    CU_ASSERT(fails("{\"both\": 1}", "must be true or false, or an object"));
    CU_ASSERT(fails("{\"list\": \"a\"}", "must be an array of strings"));
    CU_ASSERT(fails("{\"list\": {}}", "must be an array of strings"));
    CU_ASSERT(fails("{\"list\": [\"a\", 1]}", "the setting \"list.1\" of the data source \"db\" must be a string"));
    CU_ASSERT(fails("{\"list\": [[]]}", "\"list.0\""));
    CU_ASSERT(fails("{\"object\": {\"on\": 1}}", "\"object.on\" of the data source \"db\" must be true or false"));
    CU_ASSERT(fails("[]", "must be an object"));
    CU_ASSERT(fails("1", "must be an object"));
    CU_ASSERT(fails("{\"text\": 01}", "the settings of the data source \"db\": line 1, column 10"));
}

static void ranges_and_choices(void)
{
    CU_ASSERT(reads("{\"number\": 70000}", "number", ds_integer(70000)));
    CU_ASSERT(fails("{\"number\": 70001}", "\"number\" of the data source \"db\" must be an integer from -5 to 70000"));
    CU_ASSERT(fails("{\"number\": -6}", "from -5 to 70000"));
    CU_ASSERT(fails("{\"number\": \"70001\"}", "from -5 to 70000"));
    CU_ASSERT(reads("{\"ms\": 1}", "ms", ds_integer(1)));
    CU_ASSERT(fails("{\"ms\": 0}", "must be an integer of at least 1"));
    CU_ASSERT(fails("{\"level\": \"middle\"}", "\"level\" of the data source \"db\" must be one of low, high"));
    CU_ASSERT(fails("{\"level\": \"LOW\"}", "must be one of"));
}

static void unknown(void)
{
    CU_ASSERT(
        fails("{\"txt\": 1}", "the setting \"txt\" of the data source \"db\" is unknown, known here are text, level"));
    CU_ASSERT(fails("{\"Text\": \"a\"}", "\"Text\""));
    CU_ASSERT(fails("{\"txt\": null}", "\"txt\""));
    CU_ASSERT(fails("{\"object\": {\"off\": 1}}",
                    "\"object.off\" of the data source \"db\" is unknown, known here are on, deep"));
    CU_ASSERT(fails("{\"object\": {\"name\": \"x\"}}", "\"object.name\""));
    CU_ASSERT(fails("{\"both\": {\"deep\": {\"must\": \"a\", \"x\": 1}}}", "\"both.deep.x\""));
    CU_ASSERT(reads("{\"connector\": 7, \"name\": [], \"text\": \"a\"}", "text", ds_string("a")));
    settings *s = NULL;
    ds_error err = {0};
    CU_ASSERT_EQUAL(settings_parse("db", "{\"x\": 1}", NULL, &s, &err), DS_CONFIG);
    CU_ASSERT(said(&err, "there are no settings here"));
    CU_ASSERT_EQUAL(settings_parse("db", "{\"connector\": \"x\"}", NULL, &s, &err), DS_OK);
    settings_free(s);
}

static void many_options(void)
{
    static char names[60][16];
    static ds_option many[61];
    settings *s = NULL;
    ds_error err = {0};
    for (int i = 0; i < 60; i++) {
        sprintf(names[i], "optionNumber%d", i);
        many[i] = (ds_option){.name = names[i], .types = DS_OPTION_STRING};
    }
    CU_ASSERT_EQUAL(settings_parse("db", "{\"x\": 1}", many, &s, &err), DS_CONFIG);
    CU_ASSERT(said(&err, "is unknown"));
    CU_ASSERT_PTR_NULL(strstr(err.message, "optionNumber"));
}

static void defaults(void)
{
    settings *s = parse(NULL, NULL);
    CU_ASSERT_EQUAL(settings_get(s, "text").type, DS_NULL);
    CU_ASSERT_STRING_EQUAL(settings_get(s, "level").as.string, "low");
    CU_ASSERT_EQUAL(settings_get(s, "ms").as.integer, 5000);
    CU_ASSERT_EQUAL(settings_get(s, "either").type, DS_INTEGER);
    CU_ASSERT_EQUAL(settings_get(s, "flag").type, DS_BOOLEAN);
    CU_ASSERT_EQUAL(settings_get(s, "both").type, DS_NULL);
    CU_ASSERT(settings_get(s, "again").as.boolean);
    CU_ASSERT_EQUAL(settings_get(s, "again.deep.may").as.integer, 5);
    CU_ASSERT_STRING_EQUAL(settings_get(s, "list.0").as.string, "x");
    CU_ASSERT(!settings_given(s, "level") && !settings_given(s, "text") && !settings_given(s, "again.deep.may"));
    CU_ASSERT_EQUAL(settings_get(s, "no such").type, DS_NULL);
    CU_ASSERT(!settings_given(s, "no such"));
    CU_ASSERT_EQUAL(settings_get(s, NULL).type, DS_NULL);
    settings_free(s);
    s = parse("{\"level\": \"low\", \"text\": null}", NULL);
    CU_ASSERT(settings_given(s, "level") && !settings_given(s, "text"));
    settings_free(s);
    CU_ASSERT_EQUAL(settings_get(NULL, "text").type, DS_NULL);
    CU_ASSERT(!settings_given(NULL, "text"));
    settings_free(NULL);
}

static void objects(void)
{
    CU_ASSERT(reads("{\"object\": {}}", "object", ds_boolean(true)));
    CU_ASSERT(reads("{\"object\": {}}", "object.on", ds_boolean(true)));
    CU_ASSERT(reads("{\"object\": {\"on\": false}}", "object.on", ds_boolean(false)));
    CU_ASSERT(reads("{\"both\": true}", "both", ds_boolean(true)));
    CU_ASSERT(reads("{\"both\": true}", "both.on", ds_boolean(true)));
    CU_ASSERT(reads("{\"both\": false}", "both", ds_boolean(false)));
    CU_ASSERT(reads("{\"both\": {\"on\": false}}", "both", ds_boolean(true)));
    CU_ASSERT(reads("{\"again\": 500}", "again", ds_integer(500)));
    CU_ASSERT(reads("{\"again\": false}", "again", ds_boolean(false)));
    CU_ASSERT(reads("{\"both\": {\"deep\": {\"must\": \"a\"}}}", "both.deep.must", ds_string("a")));
    CU_ASSERT(reads("{\"both\": {\"deep\": {\"must\": \"a\"}}}", "both.deep.may", ds_integer(5)));
    CU_ASSERT(fails("{\"both\": {\"deep\": {}}}", "\"both.deep.must\" of the data source \"db\" is required"));
    CU_ASSERT(fails("{\"both\": {\"deep\": {\"must\": null}}}", "is required"));
}

static void lists(void)
{
    CU_ASSERT(reads("{\"list\": [\"a\", \"b\"]}", "list.0", ds_string("a")));
    CU_ASSERT(reads("{\"list\": [\"a\", \"b\"]}", "list.1", ds_string("b")));
    CU_ASSERT(reads("{\"list\": [\"a\", \"b\"]}", "list.2", ds_null()));
    CU_ASSERT(reads("{\"list\": []}", "list.0", ds_null()));
    CU_ASSERT(reads("{\"files\": \"a\"}", "files", ds_string("a")));
    CU_ASSERT(reads("{\"files\": \"a\"}", "files.0", ds_string("a")));
    CU_ASSERT(reads("{\"files\": [\"a\"]}", "files", ds_null()));
    CU_ASSERT(reads("{\"files\": [\"a\"]}", "files.0", ds_string("a")));
    settings *s = parse("{\"files\": [\"a\"]}", NULL);
    CU_ASSERT(settings_given(s, "files") && settings_given(s, "files.0") && !settings_given(s, "files.1"));
    settings_free(s);
}

static void required(void)
{
    static const ds_option table[] = {{.name = "file", .types = DS_OPTION_STRING, .flags = DS_OPTION_REQUIRED},
                                      {.name = NULL}};
    settings *s = NULL;
    ds_error err = {0};
    CU_ASSERT_EQUAL(settings_parse("db", "{}", table, &s, &err), DS_CONFIG);
    CU_ASSERT(said(&err, "the setting \"file\" of the data source \"db\" is required"));
    CU_ASSERT_EQUAL(settings_parse("db", NULL, table, &s, &err), DS_CONFIG);
    CU_ASSERT_EQUAL(settings_parse("db", "{\"file\": \"a\"}", table, &s, &err), DS_OK);
    settings_free(s);
}

static void wrong_default(void)
{
    static const ds_option table[] = {{.name = "n", .types = DS_OPTION_INTEGER, .default_text = "x"}, {.name = NULL}};
    settings *s = NULL;
    ds_error err = {0};
    CU_ASSERT_EQUAL(settings_parse("db", "{}", table, &s, &err), DS_CONFIG);
    CU_ASSERT(said(&err, "has a default in the connector's table"));
}

/* ---- of models ---- */

static const ds_option model_options[] = {
    {.name = "key", .types = DS_OPTION_STRING},
    {.name = "storeId", .types = DS_OPTION_BOOLEAN, .default_text = "true"},
    {.name = NULL},
};

static settings *of_model(const char *json, ds_error *err)
{
    settings *s = NULL;
    ds_status status = settings_of_model("Customer", json, "redis", model_options, &s, err);
    CU_ASSERT((status == DS_OK) == (s != NULL));
    return s;
}

static bool model_fails(const char *json, const char *says)
{
    ds_error err = {0};
    settings *s = of_model(json, &err);
    if (s != NULL)
        printf("\n%s is taken", json);
    settings_free(s);
    return s == NULL && said(&err, says);
}

static void model_settings(void)
{
    settings *s = of_model("{\"strict\": false, \"ttl\": 1000, \"version\": \"v\", \"exactlyOnce\": true, \"redis\": "
                           "{\"key\": \"${X}\"}, \"sqlite\": {\"anything\": [1]}}",
                           NULL);
    CU_ASSERT(settings_given(s, "strict") && !settings_get(s, "strict").as.boolean);
    CU_ASSERT_EQUAL(settings_get(s, "ttl").as.integer, 1000);
    CU_ASSERT_STRING_EQUAL(settings_get(s, "version").as.string, "v");
    CU_ASSERT(settings_get(s, "exactlyOnce").as.boolean);
    CU_ASSERT_STRING_EQUAL(settings_get(s, "redis.key").as.string, "${X}");
    CU_ASSERT(settings_get(s, "redis.storeId").as.boolean && !settings_given(s, "redis.storeId"));
    CU_ASSERT_EQUAL(settings_get(s, "sqlite").type, DS_NULL);
    settings_free(s);
    s = of_model("{}", NULL);
    CU_ASSERT(settings_get(s, "redis.storeId").as.boolean);
    CU_ASSERT_EQUAL(settings_get(s, "ttl").type, DS_NULL);
    settings_free(s);
    s = of_model(NULL, NULL);
    CU_ASSERT_PTR_NOT_NULL(s);
    settings_free(s);
    CU_ASSERT_EQUAL(settings_of_model("M", "{\"redis\": {\"x\": 1}}", NULL, NULL, &s, NULL), DS_OK);
    settings_free(s);
}

static void wrong_model_settings(void)
{
    CU_ASSERT(model_fails("{\"strict\": 1}", "the setting \"strict\" of the model \"Customer\" must be true or false"));
    CU_ASSERT(model_fails("{\"ttl\": 0}", "\"ttl\" of the model \"Customer\" must be an integer of at least 1"));
    CU_ASSERT(model_fails("{\"ttl\": 1.5}", "must be an integer"));
    CU_ASSERT(model_fails("{\"version\": 1}", "\"version\""));
    CU_ASSERT(model_fails("{\"exactlyOnce\": \"yes\"}", "\"exactlyOnce\""));
    CU_ASSERT(model_fails("{\"foo\": 1}", "the setting \"foo\" of the model \"Customer\" is unknown"));
    CU_ASSERT(model_fails("{\"foo\": []}", "\"foo\""));
    CU_ASSERT(model_fails("{\"redis\": true}", "\"redis\" of the model \"Customer\" must be an object"));
    CU_ASSERT(model_fails("{\"redis\": {\"kee\": 1}}", "\"redis.kee\" of the model \"Customer\" is unknown"));
    CU_ASSERT(model_fails("{\"redis\": {\"key\": 1}}", "\"redis.key\""));
    CU_ASSERT(model_fails("[]", "must be an object"));
    settings *s = NULL;
    ds_error err = {0};
    CU_ASSERT_EQUAL(settings_of_model("M", "{\"memory\": {\"x\": 1}}", "memory", NULL, &s, &err), DS_CONFIG);
    CU_ASSERT(said(&err, "there are no settings here"));
}

static ds_status parse_whole(void *user, ds_error *err)
{
    settings *s = NULL, *m = NULL;
    (void)user;
    ds_status status =
        settings_parse("db",
                       "{\"text\": \"a\", \"number\": \"1\", \"files\": \"a\", \"list\": [\"b\"], \"both\": "
                       "{\"deep\": {\"must\": \"c\"}}}",
                       options, &s, err);
    if (status == DS_OK)
        status = settings_of_model("M", "{\"ttl\": 1, \"redis\": {\"key\": \"k\"}, \"x\": {}}", "redis", model_options,
                                   &m, err);
    settings_free(s);
    settings_free(m);
    return status;
}

static ds_status parse_wrong(void *user, ds_error *err)
{
    settings *s = NULL;
    ds_status status = settings_parse("db", user, options, &s, err);
    settings_free(s);
    if (status == DS_CONFIG) { /* the sentence was made; it is what is wanted here */
        status = DS_OK;
        err->status = DS_OK;
    }
    return status;
}

static void out_of_memory(void)
{
    size_t allocations = 0;
    CU_ASSERT(failing_everywhere(parse_whole, NULL, &allocations));
    CU_ASSERT(allocations > 30);
    CU_ASSERT(failing_everywhere(parse_wrong, "{\"unknown\": 1}", NULL));
    CU_ASSERT(failing_everywhere(parse_wrong, "{\"level\": \"no\"}", NULL));
    CU_ASSERT(failing_everywhere(parse_wrong, "{\"both\": 5}", NULL));
    CU_ASSERT(failing_everywhere(parse_wrong, "{\"a\": 1, \"a\": 2}", NULL));
}

int main(void)
{
    static const test tests[] = {
        {"a setting of a right type is kept, an integer from digits too", types},
        {"a setting of a wrong type is refused by its path", wrong_types},
        {"integers have ranges, strings choices", ranges_and_choices},
        {"an unknown setting is refused with the names that are known", unknown},
        {"a list of known names that does not fit is left out", many_options},
        {"what is not given has its default", defaults},
        {"objects have members, and true stands for one without", objects},
        {"the items of a list have paths", lists},
        {"a required setting must be given", required},
        {"a default that its type does not allow is told", wrong_default},
        {"a model's settings are the library's own and its connector's", model_settings},
        {"anything else in a model's settings is refused", wrong_model_settings},
        {"out of memory at any allocation is DS_NOMEM, and nothing is lost", out_of_memory},
    };
    return SUITE_RUN("settings", tests);
}
