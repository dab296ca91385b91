/* The commands that say what is configured and what can be: sources, connectors, models, ping, execute. */
#include "dsctl.h"

#include <string.h>

ds_status run_sources(dsctl *ctl, int argc, char **argv)
{
    (void)argc, (void)argv;
    ds_status status = dsctl_catalog(ctl);
    if (status != DS_OK)
        return status;
    table *t = ctl->json ? NULL : table_new(2, (const char *const[]){"SOURCE", "CONNECTOR"});
    for (size_t i = 0; i < ds_catalog_source_count(ctl->catalog); i++) {
        const char *name = ds_catalog_source_name(ctl->catalog, i),
                   *connector = ds_catalog_source_connector(ctl->catalog, i);
        table_add(t, (const char *const[]){name, connector});
        if (!ctl->json)
            continue;
        fputs("{\"name\":", stdout);
        print_json_string(stdout, name);
        fputs(",\"connector\":", stdout);
        print_json_string(stdout, connector);
        puts("}");
    }
    table_print(t);
    return DS_OK;
}

/* ---- connectors ---- */

static void list_connector(void *user, const char *name)
{
    const dsctl *ctl = user;
    if (!ctl->json) {
        puts(name);
        return;
    }
    fputs("{\"name\":", stdout);
    print_json_string(stdout, name);
    puts("}");
}

/* "string or object" */
static const char *types_of(const ds_option *option, char *out, size_t room)
{
    static const struct {
        uint32_t type;
        const char *name;
    } names[] = {{DS_OPTION_STRING, "string"},
                 {DS_OPTION_INTEGER, "integer"},
                 {DS_OPTION_BOOLEAN, "boolean"},
                 {DS_OPTION_OBJECT, "object"},
                 {DS_OPTION_LIST, "list"}};
    size_t length = 0;
    out[0] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if ((option->types & names[i].type) != 0 && length < room)
            length += (size_t)snprintf(out + length, room - length, "%s%s", length > 0 ? " or " : "", names[i].name);
    return out;
}

static void json_option(const char *name, const char *text)
{
    if (text == NULL)
        return;
    printf(",\"%s\":", name);
    print_json_string(stdout, text);
}

static void list_options(const dsctl *ctl, table *t, const ds_option *options, const char *above)
{
    for (; options != NULL && options->name != NULL; options++) {
        char path[128], types[64];
        snprintf(path, sizeof path, "%s%s", above, options->name);
        types_of(options, types, sizeof types);
        bool is_secret = (options->flags & DS_OPTION_SECRET) != 0,
             is_required = (options->flags & DS_OPTION_REQUIRED) != 0;
        table_add(t,
                  (const char *const[]){path, types, is_required ? "required" : options->default_text, options->help});
        if (ctl->json) {
            fputs("{\"name\":", stdout);
            print_json_string(stdout, path);
            json_option("type", types);
            json_option("default", options->default_text);
            printf(",\"required\":%s,\"secret\":%s", is_required ? "true" : "false", is_secret ? "true" : "false");
            json_option("help", options->help);
            puts("}");
        }
        char below[130];
        snprintf(below, sizeof below, "%s.", path);
        list_options(ctl, t, options->members, below);
    }
}

static void print_options(const dsctl *ctl, const char *heading, const ds_option *options, const char *above)
{
    table *t = ctl->json ? NULL : table_of_text(4, (const char *const[]){heading, "TYPE", "DEFAULT", ""});
    list_options(ctl, t, options, above);
    table_print(t);
}

ds_status run_connectors(dsctl *ctl, int argc, char **argv)
{
    if (argc == 0) {
        ds_connector_list(list_connector, ctl);
        return DS_OK;
    }
    const ds_connector *connector = ds_connector_find(argv[0], &ctl->error);
    if (connector == NULL)
        return ctl->error.status;
    print_options(ctl, "SETTING", connector->options, "");
    if (connector->model_options == NULL)
        return DS_OK;
    char above[96];
    snprintf(above, sizeof above, "settings.%.64s.", connector->name);
    if (!ctl->json)
        putchar('\n');
    print_options(ctl, "IN A MODEL", connector->model_options, above);
    return DS_OK;
}

/* ---- models ---- */

static const char *property_type(const ds_property *property)
{
    static const char *const names[] = {"string", "integer", "number", "boolean", "date",
                                        "binary", "object",  "array",  "any"};
    return (size_t)property->type < sizeof names / sizeof *names ? names[property->type] : "?";
}

static void print_property(const dsctl *ctl, table *t, const ds_model *model, const ds_property *property)
{
    char notes[64];
    snprintf(notes, sizeof notes, "%s%s%s%s%s", property->id ? "id " : "", property->generated ? "generated " : "",
             property->required ? "required " : "", property->unique ? "unique " : "", property->index ? "index " : "");
    table_add(t, (const char *const[]){ds_model_name(model), property->name, property_type(property), notes});
    if (!ctl->json)
        return;
    fputs("{\"model\":", stdout);
    print_json_string(stdout, ds_model_name(model));
    json_option("property", property->name);
    json_option("type", property_type(property));
    printf(",\"id\":%s,\"generated\":%s,\"required\":%s,\"index\":%s,\"unique\":%s}\n", property->id ? "true" : "false",
           property->generated ? "true" : "false", property->required ? "true" : "false",
           property->index ? "true" : "false", property->unique ? "true" : "false");
}

/* A model that its data source refuses is told, with the reason, and the others are listed. */
static ds_status list_models(dsctl *ctl, const char *source, table *t)
{
    ds_status refused = DS_OK;
    for (size_t i = 0; i < ds_catalog_model_count(ctl->catalog); i++) {
        const char *on = ds_catalog_model_source(ctl->catalog, i);
        if (on != NULL && strcmp(on, source) != 0)
            continue;
        const ds_model *model = dsctl_model(ctl, source, ds_catalog_model_name(ctl->catalog, i));
        if (model == NULL && dsctl_exit_status(ctl->error.status) == 4)
            return ctl->error.status;
        if (model == NULL) {
            refused = DS_CONFIG;
            dsctl_tell("%s", ctl->error.message);
        }
        for (size_t slot = 0; model != NULL && slot < ds_model_property_count(model); slot++)
            print_property(ctl, t, model, ds_model_property(model, slot));
    }
    ctl->error.message[0] = '\0'; /* it was told */
    return refused;
}

ds_status run_models(dsctl *ctl, int argc, char **argv)
{
    (void)argc;
    if (dsctl_source(ctl, argv[0]) == NULL)
        return ctl->error.status;
    table *t = ctl->json ? NULL : table_new(4, (const char *const[]){"MODEL", "PROPERTY", "TYPE", ""});
    ds_status status = list_models(ctl, argv[0], t);
    table_print(t);
    return status;
}

/* ---- ping and execute ---- */

ds_status run_ping(dsctl *ctl, int argc, char **argv)
{
    (void)argc;
    ds_source *source = dsctl_source(ctl, argv[0]);
    if (source == NULL)
        return ctl->error.status;
    int64_t start = ds_now();
    ds_status status = ds_connect(source, &ctl->error);
    int64_t connected = ds_now();
    if (status == DS_OK)
        status = ds_ping(source, &ctl->error);
    if (status != DS_OK)
        return status;
    double connect_ms = (double)(connected - start) / 1e6, ping_ms = (double)(ds_now() - connected) / 1e6;
    if (!ctl->json) {
        printf("%s: connected in %.2f ms, answered in %.2f ms\n", argv[0], connect_ms, ping_ms);
        return DS_OK;
    }
    fputs("{\"source\":", stdout);
    print_json_string(stdout, argv[0]);
    printf(",\"connectMs\":%.3f,\"pingMs\":%.3f}\n", connect_ms, ping_ms);
    return DS_OK;
}

ds_status run_execute(dsctl *ctl, int argc, char **argv)
{
    ds_source *source = dsctl_source(ctl, argv[0]);
    char *reply = NULL;
    if (source == NULL)
        return ctl->error.status;
    ds_status status = ds_execute(source, (size_t)argc - 1, (const char *const *)argv + 1, NULL, &reply, &ctl->error);
    if (status == DS_OK && ctl->json)
        puts(reply);
    else if (status == DS_OK)
        print_json_indented(stdout, reply);
    ds_free(reply);
    return status;
}
