/* dsctl shell with lines from a pipe: words and quotes, options, errors that do not end it; and bash's completion. */
#include "dsctl.h"

static const char definitions[] =
    "[{\"name\":\"Pet\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"name\":\"string\",\"age\":"
    "\"integer\"}},"
    "{\"name\":\"Other\",\"dataSource\":\"two\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true}}}]";

static void shell_shows(const char *lines, int status, const char *expected)
{
    SHOWS(dsctl(lines, "shell", on, NULL), status, expected);
}

static void a_line_is_a_command_without_its_source(void)
{
    static const char *const sources[] = {"mem", "red", "lite"};
    for (size_t i = 0; i < 3; i++) {
        on = sources[i];
        shell_shows(
            "create Pet '{\"id\":\"1\",\"name\":\"Ada\",\"age\":3}'\n"
            "get Pet 1\ncount Pet\nfind Pet '{\"where\":{\"age\":{\"gt\":2}},\"fields\":[\"name\"]}'\n"
            "update Pet 1 '{\"age\":4}'\nupdate Pet --where '{\"age\":4}' '{\"age\":5}'\n"
            "copy Pet two\ndelete Pet --all\ncount Pet",
            0,
            "{\"id\":\"1\",\"name\":\"Ada\",\"age\":3}\n{\"id\":\"1\",\"name\":\"Ada\",\"age\":3}\n"
            "{\"count\":1}\n{\"name\":\"Ada\"}\n{\"updated\":1}\n{\"updated\":1}\n{\"copied\":1}\n{\"deleted\":1}\n"
            "{\"count\":0}\n");
    }
}

static void words_are_those_of_a_shell(void)
{
    on = "red";
    shell_shows(
        "execute ECHO 'a  b'\nexecute ECHO \"a  \\\"b\\\" \\\\ \\n\"\nexecute ECHO a\\ \\'b\n"
        "execute ECHO 'a'\"b\"c\n  execute\tECHO   x  \nexecute ECHO ''\nexecute ECHO --all\n"
        "execute ECHO {\"a b\":\"}\\\"\",\"c\":{}}\nexecute ECHO {a}b\nexecute ECHO x{\"y\"}\n# no command\n\n   \n",
        0,
        "\"a  b\"\n\"a  \\\"b\\\" \\\\ \\\\n\"\n\"a 'b\"\n\"abc\"\n\"x\"\n\"\"\n\"--all\"\n"
        "\"{\\\"a b\\\":\\\"}\\\\\\\"\\\",\\\"c\\\":{}}\"\n\"{a}b\"\n\"x{y}\"\n");
}

static void an_error_does_not_end_it(void)
{
    on = "mem";
    command_result r =
        dsctl("fly\nget Pet nobody\ncount Pet {\"where\":\nfind Pet 'x\nfind Pet {\"colour\":1}\nget\nadd x\n"
              "shell mem\nexit now\ncount Pet\n",
              "shell", on, NULL);
    static const char *const parts[] = {"\"fly\"",          "nobody",   "the { that opens",
                                        "the ' that opens", "colour",   "usage: get MODEL ID",
                                        "\"add\"",          "\"shell\""};
    CU_ASSERT_STRING_EQUAL(r.out, "");
    const char *at = r.err;
    for (size_t i = 0; i < sizeof parts / sizeof *parts && at != NULL; i++) {
        at = strstr(at, parts[i]);
        if (at == NULL)
            printf("\n\"%s\" is missing in %s", parts[i], r.err);
    }
    CU_ASSERT_PTR_NOT_NULL(at);
    CU_ASSERT_EQUAL(r.status, 2);
    command_free(&r);
    shell_shows("get Pet nobody\ncount Pet\n", 1, "{\"count\":0}\n");
    FAILS(dsctl("count Pet\n", "shell", "nowhere", NULL), 3, "nowhere");
}

static void options_hold_for_one_line(void)
{
    on = "mem";
    shell_shows("create Pet {\"id\":\"1\"}\ndelete Pet --all\ncount Pet --json\n", 0,
                "{\"id\":\"1\"}\n{\"deleted\":1}\n{\"count\":0}\n");
    command_result r = dsctl("delete Pet --all\ndelete Pet\n", "shell", on, NULL);
    CU_ASSERT_EQUAL(r.status, 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "--all"));
    command_free(&r);
}

static void records_may_follow_on_standard_input(void)
{
    on = "mem";
    shell_shows("count Pet\ncreate Pet -\n{\"id\":\"1\"}\n{\"id\":\"2\"}\n", 0,
                "{\"count\":0}\n{\"id\":\"1\"}\n{\"id\":\"2\"}\n");
    dsctl_clear(on, "Pet");
}

static void help_and_exit(void)
{
    on = "mem";
    command_result r = dsctl("help\nexit\nfly\n", "shell", on, NULL);
    CU_ASSERT_EQUAL(r.status, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "  find       MODEL [QUERY]"));
    CU_ASSERT_PTR_NULL(strstr(r.out, "  add "));
    CU_ASSERT_STRING_EQUAL(r.err, "");
    command_free(&r);
}

/* ---- bash ---- */

/* What bash offers for this line, in brackets. */
static void bash_offers(const char *line, const char *expected)
{
    char script[2048];
    snprintf(script, sizeof script,
             "source '%s/tools/dsctl/completion/dsctl' || exit 1; cd '%s' || exit 1; COMP_WORDS=(%s); "
             "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _dsctl '%s' || true; "
             "[ ${#COMPREPLY[@]} -eq 0 ] || printf '[%%s]' \"${COMPREPLY[@]}\"",
             getenv("DS_SRCDIR"), folder, line, program);
    SHOWS(command_run((const char *const[]){"bash", "-c", script, NULL}, NULL), 0, expected);
}

static void bash_completes(void)
{
    char *file = folder_write(folder, "pets.csv", "id\n");
    on = "bash";
    bash_offers("dsctl co", "[connectors][count][copy]");
    bash_offers("dsctl -c datasources.json exp", "[explain][export]");
    bash_offers("dsctl -c datasources.json get ''", "[mem][red][two][lite]");
    bash_offers("dsctl -c datasources.json -m models.json find mem ''", "[Pet]");
    bash_offers("dsctl -m models.json -c datasources.json find two ''", "[Pet][Other]");
    bash_offers("dsctl -m models.json -c datasources.json copy mem Pet t", "[two]");
    bash_offers("dsctl -m models.json -c datasources.json import --format csv mem Pet pe", "[pets.csv]");
    bash_offers("dsctl -c datasources.json find mem Pet x", "");
    bash_offers("dsctl -c d", "[datasources.json]");
    bash_offers("dsctl -c nowhere.json get ''", "");
    bash_offers("dsctl connectors re", "[redis]");
    bash_offers("dsctl export mem Pet x --f", "[--format][--fields]");
    bash_offers("dsctl export mem Pet x --format ''", "[lines][array][csv]");
    bash_offers("dsctl sources ''", "");
    free(file);
}

/* The option that begins at `at`, "--where", into `out`; where it ends. */
static const char *take_option(const char *at, char out[32])
{
    size_t length = 2 + strspn(at + 2, "abcdefghijklmnopqrstuvwxyz-");
    snprintf(out, 32, "%.*s", (int)length, at);
    return at + length;
}

/* Each option that a command's usage shows is offered, alone among those that begin so; one that it does not take is not. */
static void offers_the_options_of(const char *command, const char *arguments)
{
    static const char *const all[] = {"--where",  "--all",     "--at",     "--fields",
                                      "--format", "--replace", "--no-ttl", "--check"};
    char line[256], option[32], expected[40];
    for (const char *at = strstr(arguments, "--"); at != NULL; at = strstr(at, "--")) {
        at = take_option(at, option);
        snprintf(line, sizeof line, "dsctl %s a %s", command, option);
        snprintf(expected, sizeof expected, "[%s]", option);
        bash_offers(line, expected);
    }
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strstr(arguments, all[i]) == NULL) {
            snprintf(line, sizeof line, "dsctl %s a %s", command, all[i]);
            bash_offers(line, "");
        }
}

static void bash_agrees_with_the_commands(void)
{
    size_t commands = 0;
    on = "bash";
    command_result list = dsctl(NULL, "--help", NULL);
    CU_ASSERT_EQUAL(list.status, 0);
    for (char *line = strtok(list.out, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        char name[32], typed[256];
        if (strncmp(line, "  ", 2) != 0 || line[2] == ' ')
            continue;
        snprintf(name, sizeof name, "%.*s", (int)strcspn(line + 2, " "), line + 2);
        command_result usage = dsctl(NULL, name, "--help", NULL);
        CU_ASSERT_EQUAL(usage.status, 0);
        usage.out[strcspn(usage.out, "\n")] = '\0';
        const char *arguments = usage.out + strlen("usage: dsctl ") + strlen(name);
        offers_the_options_of(name, arguments);
        snprintf(typed, sizeof typed, "dsctl -c datasources.json -m models.json %s ''", name);
        bool takes_source = strncmp(arguments, " SOURCE", 7) == 0 && strcmp(name, "add") != 0;
        if (takes_source)
            bash_offers(typed, "[mem][red][two][lite]");
        snprintf(typed, sizeof typed, "dsctl -c datasources.json -m models.json %s mem ''", name);
        bool takes_model =
            strncmp(arguments, " SOURCE MODEL", 13) == 0 || strncmp(arguments, " SOURCE [MODEL]", 15) == 0;
        bash_offers(typed, takes_model ? "[Pet]" : "");
        command_free(&usage);
        commands++;
    }
    CU_ASSERT_EQUAL(commands, 19);
    command_free(&list);
}

int main(void)
{
    static const test tests[] = {
        {"a line is a command without its source", a_line_is_a_command_without_its_source},
        {"words are those of a shell", words_are_those_of_a_shell},
        {"an error does not end it", an_error_does_not_end_it},
        {"options hold for one line", options_hold_for_one_line},
        {"records may follow on standard input", records_may_follow_on_standard_input},
        {"help and exit", help_and_exit},
        {"bash completes", bash_completes},
        {"bash agrees with the commands", bash_agrees_with_the_commands},
    };
    dsctl_begin(definitions);
    int status = SUITE_RUN("dsctl shell", tests);
    dsctl_end();
    return status;
}
