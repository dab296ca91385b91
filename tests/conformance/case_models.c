/* Cases of models: schemaless ones, undeclared properties, views, unique properties and indexes (kept, or refused). */
#include "conformance.h"

#include <string.h>

static void schemaless(run *r)
{
    step_create(r,
                "{\"id\":\"123\",\"name\":\"Bob\",\"surname\":\"Smith\",\"company\":\"Redis\",\"age\":29,\"on\":true}",
                DS_OK);
    step_get(
        r, "123",
        "{\"id\":\"123\",\"age\":\"29\",\"company\":\"Redis\",\"name\":\"Bob\",\"on\":\"true\",\"surname\":\"Smith\"}");
    step_create(r, "{\"id\":\"4\",\"age\":100,\"pi\":3.5}", DS_OK);
    step_find_ids(r, "{\"where\":{\"age\":{\"gt\":30}}}", "4");
    step_find_ids(r, "{\"where\":{\"age\":29}}", "1");
    step_find_ids(r, "{\"where\":{\"age\":\"29\"}}", "1");
    step_find_ids(r, "{\"where\":{\"age\":{\"gt\":\"2\"}}}", "1");
    step_find_ids(r, "{\"where\":{\"on\":true}}", "1");
    step_find_ids(r, "{\"where\":{\"name\":{\"like\":\"B%\"}}}", "1");
    step_update(r, "123", "{\"age\":30,\"company\":null}", DS_OK);
    step_get(r, "123", "{\"id\":\"123\",\"age\":\"30\",\"name\":\"Bob\",\"on\":\"true\",\"surname\":\"Smith\"}");
    step_replace(r, "123", "{\"x\":1}", DS_OK);
    step_get(r, "123", "{\"id\":\"123\",\"x\":\"1\"}");
    step_increment(r, "123", "x", ds_integer(2), "3", DS_OK);
    step_increment(r, "123", "y", ds_number(0.5), "0.5", DS_OK);
    step_get(r, "123", "{\"id\":\"123\",\"x\":\"3\",\"y\":\"0.5\"}");
    step_update(r, "123", "{\"x\":null,\"y\":null}", DS_OK);
    step_get(r, "123", "{\"id\":\"123\"}");
    step_delete(r, "123", DS_OK);
}

static void only_an_id(run *r)
{
    step_create(r, "{\"id\":\"a\"}", DS_OK);
    step_get(r, "a", "{\"id\":\"a\"}");
    step_count(r, NULL, 1);
    step_create(r, "{\"id\":\"a\"}", DS_DUPLICATE);
    step_upsert(r, "{\"id\":\"b\"}", true, DS_OK);
    step_find_set(r, "{}", "ab");
}

#define LOOSE                                                                                                          \
    "\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"age\":\"integer\"},\"settings\":{\"strict\":false}"
static void undeclared(run *r)
{
    step_create(r, "{\"id\":\"a\",\"age\":5,\"colour\":\"red\",\"size\":10,\"when\":true}", DS_OK);
    step_create(r, "{\"id\":\"b\",\"size\":9}", DS_OK);
    step_get(r, "a", "{\"id\":\"a\",\"age\":5,\"colour\":\"red\",\"size\":\"10\",\"when\":\"true\"}");
    step_find_ids(r, "{\"where\":{\"size\":{\"gt\":9}}}", "a");
    step_find_ids(r, "{\"where\":{\"colour\":null}}", "b");
    step_find_ids(r, "{\"order\":\"size\"}", "ab");
    step_find_ids(r, "{\"order\":\"size DESC\",\"fields\":[\"id\"]}", "ba");
    step_update(r, "a", "{\"colour\":null,\"size\":11}", DS_OK);
    step_get(r, "a", "{\"id\":\"a\",\"age\":5,\"size\":\"11\",\"when\":\"true\"}");
    step_replace(r, "a", "{\"age\":6}", DS_OK);
    step_get(r, "a", "{\"id\":\"a\",\"age\":6}");
}

static void numbered(run *r)
{
    step_create(r, "{\"id\":12,\"n\":1}", DS_OK);
    step_create(r, "{\"id\":\"13\",\"n\":2}", DS_OK);
    step_create(r, "{\"id\":-9223372036854775808,\"n\":3}", DS_OK);
    step_create(r, "{\"id\":\"x\",\"n\":4}", DS_INVALID);
    step_get(r, "13", "{\"id\":13,\"n\":2}");
    step_get(r, "-9223372036854775808", "{\"id\":-9223372036854775808,\"n\":3}");
    step_count(r, "{\"id\":{\"gt\":12}}", 1);
    static const char *const lines[] = {"{\"id\":-9223372036854775808,\"n\":3}", "{\"id\":12,\"n\":1}",
                                        "{\"id\":13,\"n\":2}"};
    step_find(r, "{\"order\":\"id\"}", lines, 3);
    step_delete(r, "12", DS_OK);
    step_count(r, NULL, 2);
}

static void views(run *r)
{
    ds_model *view = NULL;
    ds_cancel *cancel = NULL;
    uint64_t n;
    step_create(r, "{\"id\":\"a\",\"name\":\"A\"}", DS_OK);
    trace(r, "ds_cancel_new(&cancel, &error);");
    trace(r, "ds_model_with(model, &(ds_options){.size = sizeof(ds_options), .timeout_ms = 60000, .cancel = cancel}, "
             "&view,");
    trace(r, "              &error);");
    trace(r, "ds_count(view, NULL, &n, &error); /* expected: 1 */");
    trace(r, "ds_cancel_set(cancel);");
    trace(r, "ds_count(view, NULL, &n, &error); /* expected: DS_CANCELLED */");
    trace(r, "ds_count(model, NULL, &n, &error); /* expected: 1 */");
    trace(r, "ds_cancel_clear(cancel);");
    trace(r, "ds_count(view, NULL, &n, &error); /* expected: 1 */");
    if (!done(r, ds_cancel_new(&cancel, &r->error)) ||
        !done(r,
              ds_model_with(r->model, &(ds_options){.size = sizeof(ds_options), .timeout_ms = 60000, .cancel = cancel},
                            &view, &r->error)))
        return;
    check(r, ds_count(view, NULL, &n, &r->error) == DS_OK && n == 1, "a view works");
    ds_cancel_set(cancel);
    check(r, ds_count(view, NULL, &n, &r->error) == DS_CANCELLED, "a cancelled view answers DS_CANCELLED");
    check(r, ds_count(r->model, NULL, &n, &r->error) == DS_OK && n == 1, "the model itself is not cancelled");
    ds_cancel_clear(cancel);
    check(r, ds_count(view, NULL, &n, &r->error) == DS_OK && n == 1, "a cleared token cancels nothing");
    ds_model_free(view);
    ds_cancel_free(cancel);
}

static void life(run *r)
{
    ds_source *source = r->suite->source;
    uint64_t n;
    step_create(r, "{\"id\":\"a\",\"name\":\"A\"}", DS_OK);
    trace(r, "ds_ping(source, &error); /* then ds_is_open() and ds_is_ready() */");
    trace(r, "ds_disconnect(source, &error); /* then not ds_is_ready() */");
    trace(r, "ds_count(model, NULL, &n, &error); /* expected: DS_UNREACHABLE */");
    trace(r, "ds_connect(source, &error);");
    check(r, ds_ping(source, &r->error) == DS_OK && ds_is_open(source) && ds_is_ready(source),
          "a source that answers is open and ready");
    check(r, ds_disconnect(source, &r->error) == DS_OK && !ds_is_ready(source), "a disconnected source is not ready");
    check(r, ds_count(r->model, NULL, &n, &r->error) == DS_UNREACHABLE, "operations are refused until ds_connect");
    check(r, ds_connect(source, &r->error) == DS_OK && ds_is_ready(source), "it connects again");
    step_count(r, NULL, 1);
    char *json = NULL;
    check(r, ds_stats(source, &json, &r->error) == DS_OK && strstr(json, "\"operations\"") != NULL, "stats are told");
    ds_free(json);
}

static bool can(const run *r, uint64_t capability)
{
    return (r->suite->capabilities & capability) != 0;
}

#define UNIQUE                                                                                                         \
    "\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"email\":{\"type\":\"string\",\"unique\":true},"        \
    "\"age\":\"integer\"}"
static void unique(run *r)
{
    if (!can(r, DS_CAN_UNIQUE)) {
        step_define(r, UNIQUE, DS_UNSUPPORTED);
        return;
    }
    if (!step_define(r, UNIQUE, DS_OK))
        return;
    step_create(r, "{\"id\":\"a\",\"email\":\"a@x\"}", DS_OK);
    step_create(r, "{\"id\":\"b\",\"email\":\"a@x\"}", DS_DUPLICATE);
    step_create(r, "{\"id\":\"b\",\"email\":\"b@x\"}", DS_OK);
    step_create(r, "{\"id\":\"c\"}", DS_OK);
    step_create(r, "{\"id\":\"d\"}", DS_OK);
    step_update(r, "b", "{\"email\":\"a@x\",\"age\":1}", DS_DUPLICATE);
    step_get(r, "b", "{\"id\":\"b\",\"email\":\"b@x\"}");
    step_update(r, "b", "{\"email\":\"b@x\",\"age\":1}", DS_OK);
    step_upsert(r, "{\"id\":\"e\",\"email\":\"b@x\"}", true, DS_DUPLICATE);
    step_replace(r, "c", "{\"email\":\"b@x\"}", DS_DUPLICATE);
    step_update(r, "a", "{\"email\":null}", DS_OK);
    step_create(r, "{\"id\":\"f\",\"email\":\"a@x\"}", DS_OK);
    step_delete(r, "b", DS_OK);
    step_create(r, "{\"id\":\"g\",\"email\":\"b@x\"}", DS_OK);
    step_find_ids(r, "{\"where\":{\"email\":\"b@x\"}}", "g");
    step_count(r, NULL, 5);
}

#define COMPOSITE                                                                                                      \
    "\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"city\":\"string\",\"age\":\"integer\"},"               \
    "\"indexes\":{\"byCityAge\":{\"keys\":{\"city\":1,\"age\":-1},\"unique\":true}}"
static void unique_together(run *r)
{
    if (!can(r, DS_CAN_UNIQUE)) {
        step_define(r, COMPOSITE, DS_UNSUPPORTED);
        return;
    }
    if (!step_define(r, COMPOSITE, DS_OK))
        return;
    step_create(r, "{\"id\":\"a\",\"city\":\"Ulm\",\"age\":1}", DS_OK);
    step_create(r, "{\"id\":\"b\",\"city\":\"Ulm\",\"age\":2}", DS_OK);
    step_create(r, "{\"id\":\"c\",\"city\":\"Ulm\",\"age\":1}", DS_DUPLICATE);
    step_update(r, "b", "{\"age\":1}", DS_DUPLICATE);
    step_update(r, "a", "{\"city\":\"Bonn\"}", DS_OK);
    step_update(r, "b", "{\"age\":1}", DS_OK);
    step_count(r, NULL, 2);
}

/* An index changes nothing but speed; a connector that keeps none may take the model, or refuse it in a sentence. */
static void indexed(run *r)
{
    static const char definition[] =
        "\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"age\":{\"type\":\"integer\",\"index\":true}}";
    char json[512];
    ds_model *model = NULL;
    snprintf(json, sizeof json, "{\"name\":\"%s\",%s}", r->name, definition);
    trace_text(r, "ds_model_define(source, ", json, ", &model, &error); /* or DS_UNSUPPORTED */");
    size_t start = trace_position(r);
    ds_status status = ds_model_define(r->suite->source, json, &model, &r->error);
    if (status == DS_UNSUPPORTED) {
        check(r, strstr(r->error.message, r->name) != NULL, "the sentence names the model");
        return;
    }
    if (!step_define(r, definition, DS_OK))
        return;
    trace_forget(r, start);
    step_create(r, "{\"id\":\"a\",\"age\":1}", DS_OK);
    step_create(r, "{\"id\":\"b\",\"age\":2}", DS_OK);
    step_create(r, "{\"id\":\"c\"}", DS_OK);
    step_find_ids(r, "{\"where\":{\"age\":{\"gt\":1}}}", "b");
    step_find_ids(r, "{\"where\":{\"age\":null}}", "c");
    step_find_ids(r, "{\"order\":\"age DESC\"}", "bac");
    step_update(r, "a", "{\"age\":3}", DS_OK);
    step_update(r, "b", "{\"age\":null}", DS_OK);
    step_find_ids(r, "{\"order\":\"age DESC\"}", "acb");
    step_find_ids(r, "{\"where\":{\"age\":{\"lte\":2}}}", "");
    step_delete(r, "a", DS_OK);
    step_find_ids(r, "{\"where\":{\"age\":{\"gt\":1}}}", "");
}

static void other_definition(run *r)
{
    char json[256];
    ds_model *model = NULL;
    trace_comment(r, "the same definition again is the same handle; another one of the name is DS_CONFIG");
    snprintf(json, sizeof json, "{\"name\":\"%s\",%s}", r->name, LOOSE);
    check(r, ds_model_define(r->suite->source, json, &model, &r->error) == DS_OK && model == r->model,
          "the same handle");
    snprintf(json, sizeof json, "{\"name\":\"%s\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true}}}", r->name);
    check(r, ds_model_define(r->suite->source, json, &model, &r->error) == DS_CONFIG,
          "another definition of the name is refused");
}

static const rule_case cases[] = {
    {"a schemaless model holds text under any name", &rule_schemaless, NULL, schemaless},
    {"a record may be no more than its id", &rule_only_an_id, NULL, only_an_id},
    {"undeclared properties of a model that is not strict are text", &rule_undeclared_text, LOOSE, undeclared},
    {"ids may be integers", &rule_integer_ids,
     "\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true},\"n\":\"integer\"}", numbered},
    {"a view has its own cancel token", &rule_views, PERSON, views},
    {"a source is disconnected and connected again", &rule_disconnect, PERSON, life},
    {"unique values are unique; or such a model is refused", &rule_unique, "", unique},
    {"unique values together are unique; or such a model is refused", &rule_unique, "", unique_together},
    {"an index changes no answer; or such a model is refused", &rule_index, "", indexed},
    {"a model is defined once", &rule_defined_once, LOOSE, other_definition},
};
const group group_models = {"models", cases, sizeof cases / sizeof *cases};
