/* dsctl: data sources from a shell. Options, the table of commands, and exit statuses; the man page is docs/dsctl.1. */
#include "dsctl.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct command {
    const char *name;
    command_run *run;
    int least, most; /* arguments */
    const char *arguments, *help;
} command;

static const command commands[] = {
    {"sources", run_sources, 0, 0, "", "what data sources are configured"},
    {"connectors", run_connectors, 0, 1, "[NAME]", "what connectors there are, or the settings of one"},
    {"models", run_models, 1, 1, "SOURCE", "the models that live on a data source"},
    {"ping", run_ping, 1, 1, "SOURCE", "connect, and say how long it took"},
    {"create", run_create, 3, 3, "SOURCE MODEL JSON", "store a record (-: JSON lines on standard input)"},
    {"get", run_get, 3, 3, "SOURCE MODEL ID", "the record with this id"},
    {"find", run_find, 2, 3, "SOURCE MODEL [QUERY]", "records, by a query in LoopBack's JSON"},
    {"count", run_count, 2, 3, "SOURCE MODEL [WHERE]", "how many records match"},
    {"explain", run_explain, 2, 3, "SOURCE MODEL [QUERY]", "how a find would be answered"},
    {"update", run_update, 3, 4, "SOURCE MODEL (ID | --where WHERE | --all) JSON", "change records, print how many"},
    {"delete", run_delete, 2, 3, "SOURCE MODEL (ID | --where WHERE | --all)", "delete records, print how many"},
    {"import", run_import, 3, 3, "SOURCE MODEL FILE [--at KEY]", "store records of JSON lines or a JSON array"},
    {"export", run_export, 3, 3, "SOURCE MODEL FILE [--at KEY]", "write all records in order of id"},
    {"execute", run_execute, 2, 1000, "SOURCE ARG...", "the backend's own command"},
};
#define COMMANDS (sizeof commands / sizeof *commands)

static void usage(FILE *out)
{
    fprintf(out, "usage: dsctl [-c datasources.json] [-m models] [--json] COMMAND ...\n\n");
    for (const command *c = commands; c < commands + COMMANDS; c++)
        fprintf(out, "  %-10s %-48s %s\n", c->name, c->arguments, c->help);
}

int dsctl_exit_status(ds_status status)
{
    switch (status) {
    case DS_OK:
        return 0;
    case DS_NOT_FOUND:
    case DS_DUPLICATE:
    case DS_CONFLICT:
        return 1;
    case DS_INVALID:
        return 2;
    case DS_CONFIG:
        return 3;
    case DS_AUTH:
    case DS_UNREACHABLE:
    case DS_TIMEOUT:
    case DS_LOST:
    case DS_UNKNOWN_OUTCOME:
        return 4;
    default:
        return 5;
    }
}

ds_source *dsctl_source(dsctl *ctl, const char *name)
{
    if (ctl->catalog == NULL && ds_catalog_open(ctl->datasources, ctl->models, &ctl->catalog, &ctl->error) != DS_OK)
        return NULL;
    return ds_catalog_source(ctl->catalog, name, &ctl->error);
}

ds_model *dsctl_model(dsctl *ctl, const char *source, const char *model)
{
    ds_source *on = dsctl_source(ctl, source);
    return on == NULL ? NULL : ds_source_model(on, model, &ctl->error);
}

ds_status dsctl_nomem(dsctl *ctl)
{
    return ds_error_set(&ctl->error, DS_NOMEM, "out of memory");
}

ds_status dsctl_flushed(dsctl *ctl)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return DS_OK;
    return ds_error_set(&ctl->error, DS_BACKEND, "standard output: %s", strerror(errno));
}

void print_json_string(FILE *out, const char *text)
{
    char *json = ds_value_to_json(ds_string(text));
    fputs(json == NULL ? "null" : json, out);
    ds_free(json);
}

/* Takes the option at argv[*i] of those that may stand anywhere; false: it is no option. */
static bool take_option(dsctl *ctl, int argc, char **argv, int *i, bool *wrong)
{
    static const struct {
        const char *name;
        size_t offset;
    } valued[] = {{"-c", offsetof(dsctl, datasources)},
                  {"-m", offsetof(dsctl, models)},
                  {"--where", offsetof(dsctl, where)},
                  {"--at", offsetof(dsctl, at)}};
    const char *word = argv[*i];
    for (size_t k = 0; k < sizeof valued / sizeof *valued; k++)
        if (strcmp(word, valued[k].name) == 0) {
            *wrong = *i + 1 >= argc;
            if (!*wrong)
                memcpy((char *)ctl + valued[k].offset, &argv[++*i], sizeof(char *));
            return true;
        }
    bool is_json = strcmp(word, "--json") == 0, is_all = strcmp(word, "--all") == 0;
    ctl->json |= is_json;
    ctl->all |= is_all;
    return is_json || is_all;
}

/* Splits the words into options and the rest; "--" ends the options, and execute's own arguments are never options. */
static bool take_words(dsctl *ctl, int argc, char **argv, int *rest_count, char **rest)
{
    bool options = true, wrong = false;
    *rest_count = 0;
    for (int i = 1; i < argc && !wrong; i++) {
        bool raw = *rest_count >= 2 && strcmp(rest[0], "execute") == 0;
        if (options && !raw && strcmp(argv[i], "--") == 0)
            options = false;
        else if (!options || raw || !take_option(ctl, argc, argv, &i, &wrong))
            rest[(*rest_count)++] = argv[i];
    }
    return !wrong;
}

static const command *find_command(const char *name)
{
    for (const command *c = commands; c < commands + COMMANDS; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

static int run(dsctl *ctl, int argc, char **argv)
{
    const command *c = find_command(argv[0]);
    if (c == NULL) {
        fprintf(stderr, "dsctl: there is no command \"%s\"; dsctl --help lists them\n", argv[0]);
        return 2;
    }
    if (argc - 1 < c->least || argc - 1 > c->most) {
        fprintf(stderr, "usage: dsctl %s %s\n", c->name, c->arguments);
        return 2;
    }
    ds_status status = c->run(ctl, argc - 1, argv + 1);
    ds_status flushed = status == DS_OK ? dsctl_flushed(ctl) : DS_OK;
    if (status == DS_OK)
        status = flushed;
    if (status != DS_OK && ctl->error.message[0] != '\0')
        fprintf(stderr, "dsctl: %s\n", ctl->error.message);
    ds_catalog_close(ctl->catalog);
    return dsctl_exit_status(status);
}

int main(int argc, char **argv)
{
    dsctl ctl = {.datasources = "datasources.json", .json = !isatty(STDOUT_FILENO)};
    signal(SIGPIPE,
           SIG_IGN); /* `dsctl find ... | head` ends with an error of write, and a cleaned-up Redis connection */
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        return usage(stdout), 0;
    if (argc > 1 && strcmp(argv[1], "--version") == 0)
        return printf("dsctl %s\n", ds_version()), 0;
    char **rest = calloc((size_t)argc + 1, sizeof *rest);
    int rest_count = 0, status = 2;
    if (rest == NULL)
        return 5;
    if (!take_words(&ctl, argc, argv, &rest_count, rest))
        fprintf(stderr, "dsctl: the option %s needs a value\n", argv[argc - 1]);
    else if (rest_count == 0)
        usage(stderr);
    else
        status = run(&ctl, rest_count, rest);
    free(rest);
    return status;
}
