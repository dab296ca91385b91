/* The table of commands, and how a line of words becomes one of them: on the command line and at the shell's prompt. */
#include "dsctl.h"

#include <stdlib.h>
#include <string.h>

const command commands[] = {
    {"sources", run_sources, 0, 0, "", "what data sources are configured", false},
    {"connectors", run_connectors, 0, 1, "[CONNECTOR]", "what connectors there are, or the settings of one", false},
    {"models", run_models, 1, 1, "SOURCE", "the models that live on a data source", false},
    {"add", run_add, 1, 1, "SOURCE [--replace]", "ask for a connector and its settings, try, and write them", true},
    {"ping", run_ping, 1, 1, "SOURCE", "connect, and say how long it took", false},
    {"create", run_create, 3, 3, "SOURCE MODEL JSON", "store a record (-: JSON lines on standard input)", false},
    {"get", run_get, 3, 3, "SOURCE MODEL ID", "the record with this id", false},
    {"find", run_find, 2, 3, "SOURCE MODEL [QUERY]", "records, by a query in LoopBack's JSON", false},
    {"count", run_count, 2, 3, "SOURCE MODEL [WHERE]", "how many records match", false},
    {"explain", run_explain, 2, 3, "SOURCE MODEL [QUERY]", "how a find would be answered", false},
    {"update", run_update, 3, 4, "SOURCE MODEL (ID | --where WHERE | --all) JSON", "change records, print how many",
     false},
    {"delete", run_delete, 2, 3, "SOURCE MODEL (ID | --where WHERE | --all)", "delete records, print how many", false},
    {"import", run_import, 3, 3, "SOURCE MODEL FILE [--at KEY] [--format F]",
     "store records of JSON lines, a JSON array or CSV", false},
    {"export", run_export, 3, 3, "SOURCE MODEL FILE [--at KEY] [--format F] [--fields A,B]",
     "write all records in order of id", false},
    {"copy", run_copy, 3, 3, "SOURCE MODEL OTHER-SOURCE [--no-ttl]",
     "store a model's records on another data source too", false},
    {"migrate", run_migrate, 1, 2, "SOURCE [MODEL] [--check]",
     "make what is stored fit the models, or say what does not", false},
    {"discover", run_discover, 1, 2, "SOURCE [PATTERN]", "propose models for what is stored", false},
    {"execute", run_execute, 2, 1000, "SOURCE ARG...", "the backend's own command", false},
    {"shell", run_shell, 1, 1, "SOURCE", "these commands at a prompt, without naming the source again", true},
    {NULL, NULL, 0, 0, NULL, NULL, false},
};

const command *command_find(const char *name)
{
    for (const command *c = commands; c->name != NULL; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

bool command_takes_source(const command *c)
{
    return strncmp(c->arguments, "SOURCE", 6) == 0;
}

const char *command_arguments(const command *c, bool in_shell)
{
    if (!in_shell || !command_takes_source(c))
        return c->arguments;
    return c->arguments[6] == ' ' ? c->arguments + 7 : "";
}

void commands_print(FILE *out, bool in_shell)
{
    for (const command *c = commands; c->name != NULL; c++) {
        const char *arguments = command_arguments(c, in_shell);
        if (!in_shell || !c->not_in_shell)
            fprintf(out, "  %-10s %-25s%s%s\n", c->name, arguments,
                    strlen(arguments) < 25 ? "" : "\n                                      ", c->help);
    }
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

/* ---- options ---- */

static const struct valued {
    const char *name;
    size_t offset;
    bool in_shell;
} valued[] = {{"-c", offsetof(dsctl, datasources), false}, {"-m", offsetof(dsctl, models), false},
              {"--where", offsetof(dsctl, where), true},   {"--at", offsetof(dsctl, at), true},
              {"--fields", offsetof(dsctl, fields), true}, {"--format", offsetof(dsctl, format), true}};

/* "-" is a file, and "-1" may be an id. */
static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0' && (word[1] < '0' || word[1] > '9');
}

/* Takes the option at words[*i], of those that may stand anywhere. */
static ds_status take_option(dsctl *ctl, int count, char **words, int *i, bool *taken)
{
    const char *word = words[*i];
    *taken = true;
    for (const struct valued *v = valued; v < valued + sizeof valued / sizeof *valued; v++) {
        size_t length = strlen(v->name);
        bool begins = strncmp(word, v->name, length) == 0;
        bool has_value = begins && v->name[1] == '-' && word[length] == '=';
        if (!begins || (word[length] != '\0' && !has_value) || (ctl->source != NULL && !v->in_shell))
            continue;
        char *value = words[*i] + length + 1;
        if (has_value) {
            memcpy((char *)ctl + v->offset, &value, sizeof value);
            return DS_OK;
        }
        if (*i + 1 >= count)
            return ds_error_set(&ctl->error, DS_INVALID, "the option %s needs a value", word);
        memcpy((char *)ctl + v->offset, &words[++*i], sizeof(char *));
        return DS_OK;
    }
    if (strcmp(word, "--json") == 0)
        ctl->json = true;
    else if (strcmp(word, "--all") == 0)
        ctl->all = true;
    else if (strcmp(word, "--replace") == 0)
        ctl->replace = true;
    else if (strcmp(word, "--no-ttl") == 0)
        ctl->no_ttl = true;
    else if (strcmp(word, "--check") == 0)
        ctl->check = true;
    else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        ctl->help = true;
    else if (strcmp(word, "--version") == 0)
        ctl->version = true;
    else if (is_option(word))
        return ds_error_set(&ctl->error, DS_INVALID, "there is no option \"%s\"; -- before it makes it an argument",
                            word);
    else
        *taken = false;
    return DS_OK;
}

/* Splits the words into options and the rest; "--" ends the options, and execute's own arguments are never options. */
static ds_status take_words(dsctl *ctl, int count, char **words, int *rest_count, char **rest)
{
    bool options = true;
    ds_status status = DS_OK;
    *rest_count = 0;
    int raw_from = ctl->source == NULL ? 2 : 1;
    for (int i = 0; i < count && status == DS_OK; i++) {
        bool raw = *rest_count >= raw_from && strcmp(rest[0], "execute") == 0, taken = false;
        if (options && !raw && strcmp(words[i], "--") == 0) {
            options = false;
            continue;
        }
        if (options && !raw)
            status = take_option(ctl, count, words, &i, &taken);
        if (status == DS_OK && !taken)
            rest[(*rest_count)++] = words[i];
    }
    return status;
}

/* An option that a command does not know is refused, for whoever gives it means something by it: its arguments name those
 * that it takes. */
static ds_status check_options(dsctl *ctl, const command *c)
{
    const struct {
        const char *name;
        bool given;
    } options[] = {{"--where", ctl->where != NULL},   {"--at", ctl->at != NULL}, {"--fields", ctl->fields != NULL},
                   {"--format", ctl->format != NULL}, {"--all", ctl->all},       {"--replace", ctl->replace},
                   {"--no-ttl", ctl->no_ttl},         {"--check", ctl->check}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (options[i].given && strstr(c->arguments, options[i].name) == NULL)
            return ds_error_set(&ctl->error, DS_INVALID, "%s takes no option %s", c->name, options[i].name);
    return DS_OK;
}

/* ---- running ---- */

static void usage(FILE *out, const dsctl *ctl)
{
    if (ctl->source == NULL)
        fputs("usage: dsctl [-c datasources.json] [-m models] [--json] COMMAND ...\n\n", out);
    commands_print(out, ctl->source != NULL);
    if (ctl->source == NULL)
        fputs("\ndsctl COMMAND --help shows one of them; man dsctl tells all.\n", out);
}

static void command_usage(FILE *out, const dsctl *ctl, const command *c)
{
    const char *arguments = command_arguments(c, ctl->source != NULL);
    fprintf(out, "usage: %s%s%s%s\n", ctl->source == NULL ? "dsctl " : "", c->name, *arguments == '\0' ? "" : " ",
            arguments);
}

static ds_status run_checked(dsctl *ctl, const command *c, int argc, char **argv)
{
    ds_status status = check_options(ctl, c);
    reach_begin();
    if (status == DS_OK)
        status = c->run(ctl, argc - 1, argv + 1);
    if (status == DS_OK)
        status = dsctl_flushed(ctl);
    log_end(status == DS_OK ? NULL : &ctl->error);
    for (size_t i = 0; i < sizeof ctl->views / sizeof *ctl->views; i++)
        ds_model_free(ctl->views[i]);
    return status;
}

static int run_command(dsctl *ctl, int argc, char **argv)
{
    const command *c = command_find(argv[0]);
    if (c == NULL || (ctl->source != NULL && c->not_in_shell)) {
        dsctl_tell("there is no command \"%s\"; %s lists them", argv[0], ctl->source == NULL ? "dsctl --help" : "help");
        return 2;
    }
    if (ctl->help) {
        command_usage(stdout, ctl, c);
        printf("%c%s\n", c->help[0] - 'a' + 'A', c->help + 1);
        return 0;
    }
    if (ctl->source != NULL && command_takes_source(c)) { /* there is room: see dsctl_run() */
        memmove(argv + 1, argv, (size_t)argc * sizeof *argv);
        argv[1] = (char *)(uintptr_t)ctl->source;
        argc++;
    }
    if (argc - 1 < c->least || argc - 1 > c->most) {
        command_usage(stderr, ctl, c);
        return 2;
    }
    ds_status status = run_checked(ctl, c, argc, argv);
    return status == DS_OK ? ctl->exit_status : dsctl_exit_status(status);
}

/* What options alone ask for; 2 where that is nothing. */
static int run_without_command(const dsctl *ctl)
{
    if (ctl->version)
        printf("dsctl %s\n", ds_version());
    else
        usage(ctl->help ? stdout : stderr, ctl);
    return ctl->version || ctl->help ? 0 : 2;
}

int dsctl_run(dsctl *ctl, int count, char **words)
{
    char **rest = calloc((size_t)count + 2, sizeof *rest);
    int rest_count, exit_status = 2;
    if (rest == NULL)
        return 5;
    if (take_words(ctl, count, words, &rest_count, rest) != DS_OK)
        dsctl_tell("%s", ctl->error.message);
    else
        exit_status = rest_count == 0 || ctl->version ? run_without_command(ctl) : run_command(ctl, rest_count, rest);
    free(rest);
    return exit_status;
}
