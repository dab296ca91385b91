/* add: asks for a connector and for its settings, as its table of options names them, tries the connection, and writes the
 * entry. Only what differs from the default is written. */
#include "answer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct adding {
    dsctl *ctl;
    const char *name;
    bool ended; /* the answers have: the rest is as the defaults are */
} adding;

/* ---- questions ---- */

static ds_status ask_options(adding *a, FILE *out, const ds_option *options, const char *above, const char *separator);

/* The members of an object that was said yes to; without any it is `true`, or an empty object. */
static ds_status ask_members(adding *a, FILE *out, const ds_option *option, const char *path)
{
    char *members = NULL, below[160];
    size_t length;
    FILE *inner = open_memstream(&members, &length);
    if (inner == NULL)
        return dsctl_nomem(a->ctl);
    snprintf(below, sizeof below, "%.150s.", path);
    ds_status status = ask_options(a, inner, option->members, below, "");
    if (fclose(inner) != 0)
        status = dsctl_nomem(a->ctl);
    if (status == DS_OK && length == 0 && (option->types & DS_OPTION_BOOLEAN) != 0)
        fputs("true", out);
    else if (status == DS_OK)
        fprintf(out, "{%s}", members);
    free(members);
    return status;
}

static ds_status missing(adding *a, const char *path)
{
    return ds_error_set(&a->ctl->error, DS_INVALID, "the setting \"%s\" is required", path);
}

/* One answer as JSON; an empty text where it is the default. */
static ds_status ask_value(adding *a, FILE *out, const ds_option *option, const char *path)
{
    char question[512];
    answer got = ANSWER_WRONG;
    bool is_required = (option->flags & DS_OPTION_REQUIRED) != 0;
    answer_question(option, path, question, sizeof question);
    while (got == ANSWER_WRONG && !a->ended) {
        char *text = prompt_ask(question, (option->flags & DS_OPTION_SECRET) != 0);
        a->ended = text == NULL;
        if (text == NULL)
            break;
        if (*text != '\0')
            got = answer_take(option, path, text, out, &a->ctl->error);
        else if (!is_required)
            got = ANSWER_DEFAULT;
        else
            missing(a, path);
        free(text);
        if (got == ANSWER_WRONG && !prompt_is_on())
            return DS_INVALID;
        if (got == ANSWER_WRONG)
            fprintf(stderr, "%s\n", a->ctl->error.message);
    }
    if (a->ended && is_required)
        return missing(a, path);
    return got == ANSWER_MEMBERS ? ask_members(a, out, option, path) : DS_OK;
}

static ds_status ask_options(adding *a, FILE *out, const ds_option *options, const char *above, const char *separator)
{
    ds_status status = DS_OK;
    for (; options != NULL && options->name != NULL && status == DS_OK; options++) {
        char *value = NULL, path[160];
        size_t length;
        FILE *inner = open_memstream(&value, &length);
        if (inner == NULL)
            return dsctl_nomem(a->ctl);
        snprintf(path, sizeof path, "%.100s%.58s", above, options->name);
        status = ask_value(a, inner, options, path);
        if (fclose(inner) != 0)
            status = dsctl_nomem(a->ctl);
        if (status == DS_OK && length > 0) {
            fputs(separator, out);
            print_json_string(out, options->name);
            fprintf(out, ":%s", value);
            separator = ",";
        }
        free(value);
    }
    return status;
}

static void add_name(void *user, const char *name)
{
    char *all = user;
    size_t length = strlen(all);
    snprintf(all + length, 400 - length, "%s%s", length == 0 ? "" : ", ", name);
}

/* The name is for free(). */
static ds_status ask_connector(adding *a, char **name, const ds_connector **out)
{
    char names[400] = "", question[450];
    ds_connector_list(add_name, names);
    snprintf(question, sizeof question, "connector (%s): ", names);
    for (;;) {
        *name = prompt_ask(question, false);
        if (*name == NULL)
            return ds_error_set(&a->ctl->error, DS_INVALID, "there is no connector: it must be one of %s", names);
        *out = ds_connector_find(*name, &a->ctl->error);
        if (*out != NULL)
            return DS_OK;
        free(*name);
        *name = NULL;
        if (!prompt_is_on())
            return a->ctl->error.status;
        fprintf(stderr, "%s\n", a->ctl->error.message);
    }
}

/* The settings as JSON, for free(). */
static ds_status ask_settings(adding *a, char **json)
{
    char *name;
    const ds_connector *connector;
    size_t length;
    ds_status status = ask_connector(a, &name, &connector);
    if (status != DS_OK)
        return status;
    FILE *out = open_memstream(json, &length);
    if (out == NULL) {
        free(name);
        return dsctl_nomem(a->ctl);
    }
    fputs("{\"connector\":", out);
    print_json_string(out, name);
    free(name);
    if (prompt_is_on())
        fputs("Enter takes the default in [brackets], Ctrl-D the defaults of all that follows.\n", stderr);
    status = ask_options(a, out, connector->options, "", ",");
    fputs("}", out);
    return fclose(out) == 0 ? status : dsctl_nomem(a->ctl);
}

/* ---- trying and writing ---- */

static ds_status check_name(adding *a)
{
    dsctl *ctl = a->ctl;
    ds_catalog *catalog;
    if (access(ctl->datasources, F_OK) != 0 && errno == ENOENT)
        return DS_OK;
    ds_status status = ds_catalog_open(ctl->datasources, NULL, &catalog, &ctl->error);
    if (status != DS_OK)
        return status;
    for (size_t i = 0; i < ds_catalog_source_count(catalog) && !ctl->replace; i++)
        if (strcmp(ds_catalog_source_name(catalog, i), a->name) == 0)
            status =
                ds_error_set(&ctl->error, DS_DUPLICATE, "%s has a data source \"%s\" already: --replace writes over it",
                             ctl->datasources, a->name);
    ds_catalog_close(catalog);
    return status;
}

/* Under its name, so that a failure reads as it will later. */
static ds_status try_settings(adding *a, const char *settings)
{
    ds_catalog *catalog = NULL;
    ds_error *err = &a->ctl->error;
    char *name = ds_value_to_json(ds_string(a->name)), *all = NULL;
    if (name == NULL || asprintf(&all, "{%s:%s}", name, settings) < 0) {
        ds_free(name);
        return dsctl_nomem(a->ctl);
    }
    ds_status status = ds_catalog_parse(all, NULL, &catalog, err);
    ds_source *source = status == DS_OK ? ds_catalog_source(catalog, a->name, err) : NULL;
    if (status == DS_OK)
        status = source == NULL ? err->status : ds_connect(source, err);
    if (status == DS_OK)
        status = ds_ping(source, err);
    ds_catalog_close(catalog);
    ds_free(name);
    free(all);
    return status;
}

/* Settings that are wrong are never written; those of a backend that does not answer, if a person says so. */
static bool is_wanted_still(adding *a, ds_status status)
{
    if (status == DS_OK || a->ended || !prompt_is_on() || dsctl_exit_status(status) != 4)
        return status == DS_OK;
    dsctl_tell("%s", a->ctl->error.message);
    a->ctl->error.message[0] = '\0'; /* told */
    char *text = prompt_ask("write it all the same? (yes or no) [no]: ", false);
    bool yes = text != NULL && answer_is_yes(text);
    free(text);
    return yes;
}

ds_status run_add(dsctl *ctl, int argc, char **argv)
{
    (void)argc;
    adding a = {.ctl = ctl, .name = argv[0]};
    char *settings = NULL;
    ds_status status = check_name(&a);
    if (status == DS_OK)
        status = ask_settings(&a, &settings);
    if (status == DS_OK) {
        status = try_settings(&a, settings);
        if (is_wanted_still(&a, status))
            status = ds_catalog_write_source(ctl->datasources, a.name, settings, ctl->replace, &ctl->error);
    }
    free(settings);
    if (status == DS_OK && ctl->json) {
        fputs("{\"added\":", stdout);
        print_json_string(stdout, a.name);
        puts("}");
    } else if (status == DS_OK) {
        printf("%s: added to %s\n", a.name, ctl->datasources);
    }
    return status;
}
