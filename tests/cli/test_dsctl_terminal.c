/* dsctl as a person has it, on a terminal: secrets that are not shown, completion, history, Ctrl-C, tables, plans and bars. */
#include "dsctl.h"
#include "terminal.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SECRET "s3cr3t-w0rd"
#define UP     "\x10" /* Ctrl-P */
#define DOWN   "\x0e"
#define CTRL_C "\x03"
#define CTRL_D "\x04"

static const char definitions[] =
    "[{\"name\":\"Pet\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"name\":\"string\",\"nature\":"
    "\"string\","
    "\"age\":\"integer\"}},{\"name\":\"Person\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true}}},"
    "{\"name\":\"Indexed\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"name\":\"string\",\"age\":"
    "\"integer\","
    "\"city\":{\"type\":\"string\",\"index\":true},\"email\":{\"type\":\"string\",\"unique\":true}},"
    "\"indexes\":{\"byAge\":{\"keys\":{\"age\":1,\"name\":1}}}}]";

static char *state; /* where the history is kept */

static void awaits(terminal *t, const char *text)
{
    CU_ASSERT(terminal_await(t, text));
}

/* The prompt, and that it reads keys one by one. */
static void is_ready(terminal *t, const char *prompt)
{
    awaits(t, prompt);
    CU_ASSERT(terminal_await_typing(t, false));
}

static void types(terminal *t, const char *text)
{
    terminal_type(t, text);
}

/* ---- add ---- */

static void a_secret_is_asked_for_without_showing_it(void)
{
    redis_server *guarded = redis_server_start((const char *const[]){"--requirepass", SECRET, NULL});
    char *file = in_folder("made.json"), port[16], expected[512], *seen;
    snprintf(port, sizeof port, "%d\r", guarded->port);
    terminal *t = terminal_run((const char *const[]){program, "-c", file, "add", "r", NULL});
    awaits(t, "connector (");
    CU_ASSERT(terminal_shows_typing(t));
    types(t, "nosuch\r");
    awaits(t, "nosuch\" was not found");
    awaits(t, "connector (");
    types(t, "redis\r");
    awaits(t, "Ctrl-D");
    awaits(t, "url (");
    types(t, "\r");
    awaits(t, "host (name or address of the server) [127.0.0.1]: ");
    types(t, "\r");
    awaits(t, "port (its port) [6379]: ");
    types(t, "high\r");
    awaits(t, "\"port\" must be an integer");
    awaits(t, "port (its port) [6379]: ");
    types(t, port);
    awaits(t, "username (");
    types(t, "\r");
    awaits(t, "password (its password; not shown): ");
    CU_ASSERT_FALSE(terminal_shows_typing(t));
    types(t, SECRET "\r");
    awaits(t, "passwordFile (");
    CU_ASSERT(terminal_shows_typing(t));
    types(t, CTRL_D);
    awaits(t, "r: added to ");
    CU_ASSERT_EQUAL(terminal_end(t, &seen), 0);
    CU_ASSERT_PTR_NULL(strstr(seen, SECRET));
    free(seen);
    snprintf(expected, sizeof expected,
             "{\n  \"r\": {\n    \"connector\": \"redis\",\n    \"port\": %d,\n    \"password\": \"" SECRET
             "\"\n  }\n}\n",
             guarded->port);
    char *text = file_read(file, NULL);
    CU_ASSERT_STRING_EQUAL(text, expected);
    free(text);
    free(file);
    redis_server_stop(guarded);
}

static void ctrl_c_in_a_secret_puts_the_terminal_back(void)
{
    char *file = in_folder("not-made.json");
    terminal *t = terminal_run((const char *const[]){program, "-c", file, "add", "r", NULL});
    awaits(t, "connector (");
    types(t, "redis\r");
    awaits(t, "url (");
    awaits(t, "not shown): ");
    CU_ASSERT_FALSE(terminal_shows_typing(t));
    types(t, SECRET CTRL_C);
    int status = terminal_end(t, NULL);
    CU_ASSERT_EQUAL(status, 128 + SIGINT);
    CU_ASSERT_PTR_NULL(file_read(file, NULL));
    free(file);
}

/* Its settings, but for those in objects, which are asked for only where the object is wanted. */
static size_t questions_of_redis(void)
{
    command_result r = dsctl(NULL, "connectors", "redis", NULL);
    size_t count = 0;
    for (char *line = strtok(r.out, "\n"); line != NULL; line = strtok(NULL, "\n"))
        count += strcspn(line, ".") > strcspn(line, ",");
    command_free(&r);
    return count;
}

static void what_does_not_answer_is_written_if_a_person_says_so(void)
{
    static const struct {
        const char *answer;
        int status;
    } rounds[] = {{"\r", 4}, {"no\r", 4}, {"yes\r", 0}};
    char *file = in_folder("unreachable.json");
    for (size_t i = 0; i < 3; i++) {
        terminal *t = terminal_run((const char *const[]){program, "-c", file, "add", "r", NULL});
        awaits(t, "connector (");
        types(t, "redis\r");
        awaits(t, "url (");
        types(t, "redis://127.0.0.1:1\r");
        for (size_t n = questions_of_redis(); n > 1; n--) /* Enter for each of the rest, ahead of the questions */
            types(t, "\r");
        awaits(t, "write it all the same");
        types(t, rounds[i].answer);
        CU_ASSERT_EQUAL(terminal_end(t, NULL), rounds[i].status);
        char *text = file_read(file, NULL);
        CU_ASSERT_EQUAL(text != NULL, rounds[i].status == 0);
        free(text);
    }
    free(file);
}

/* ---- shell ---- */

static terminal *shell(void)
{
    terminal *t = terminal_run((const char *const[]){program, "-c", config, "-m", models, "shell", "mem", NULL});
    is_ready(t, "mem> ");
    return t;
}

static void tab_completes(void)
{
    terminal *t = shell();
    types(t, "cou\tPet\r");
    awaits(t, "count Pet");
    awaits(t, "0");
    is_ready(t, "mem> ");
    types(t, "f\tPet {\"wh\t:{\"na\t");
    awaits(t, "find Pet {\"where\":{\"na"); /* name and nature: no further */
    types(t, "\t");
    awaits(t, "name");
    awaits(t, "nature");
    types(t, "m\t:{\"bet\t:[\"A\",\"B\"]}},\"or\t:\"ag\t}\r");
    awaits(t, "find Pet {\"where\":{\"name\":{\"between\":[\"A\",\"B\"]}},\"order\":\"age\"}");
    is_ready(t, "mem> ");
    types(t, "get P\t\t");
    awaits(t, "Person");
    awaits(t, "Pet");
    types(t, "et x\r");
    awaits(t, "\"x\"");
    is_ready(t, "mem> ");
    types(t, "create Pet {\"na\t\x17"); /* Ctrl-W: it was no more than completing */
    types(t, "\x15"
             "copy Pet r\t\r");
    awaits(t, "copy Pet red");
    is_ready(t, "mem> ");
    types(t, "import Pet ");
    types(t, folder);
    types(t, "/mo\t");
    awaits(t, "/models.json ");
    types(t, "\x15"
             "export Pet - --format c\t--fields na\t\t");
    awaits(t, "export Pet - --format csv --fields na");
    awaits(t, "nature");
    types(t, "\x15"
             "exit\r");
    CU_ASSERT_EQUAL(terminal_end(t, NULL), 0);
}

static char *history_text(void)
{
    char path[512];
    snprintf(path, sizeof path, "%s/dsctl/history", state);
    return file_read(path, NULL);
}

static void history_is_kept_but_for_lines_with_a_password(void)
{
    char path[512];
    struct stat about;
    snprintf(path, sizeof path, "%s/dsctl/history", state);
    remove(path);
    terminal *t = shell();
    static const char *const lines[] = {
        "count Person",
        "execute AUTH " SECRET,
        "execute CONFIG SET requirepass " SECRET,
        "execute ACL SETUSER a >" SECRET,
        "create Pet {\"id\":\"1\",\"Password\":\"" SECRET "\"}",
        "get Pet redis://u:" SECRET "@h",
        " get Pet " SECRET,
        "get Pet nobody",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        types(t, lines[i]);
        types(t, "\r");
        awaits(t, lines[i]);
        is_ready(t, "mem> ");
    }
    types(t, UP);
    awaits(t, "get Pet nobody");
    types(t, UP);
    awaits(t, "count Person");
    types(t, "\r");
    is_ready(t, "mem> ");
    types(t, CTRL_D);
    CU_ASSERT_EQUAL(terminal_end(t, NULL), 0);
    char *text = history_text();
    CU_ASSERT_STRING_EQUAL(text, "count Person\nget Pet nobody\ncount Person\n");
    free(text);
    CU_ASSERT_EQUAL(stat(path, &about), 0);
    CU_ASSERT_EQUAL(about.st_mode & 07777, 0600);
    t = shell();
    types(t, UP UP);
    awaits(t, "get Pet nobody");
    types(t, DOWN "\r");
    is_ready(t, "mem> ");
    types(t, "exit\r");
    CU_ASSERT_EQUAL(terminal_end(t, NULL), 0);
}

/* What another program, or an older one, left open to others is closed; a long file is cut, and keeps its newest lines. */
static void an_old_history_is_made_private_and_cut(void)
{
    char path[512], *text, *at;
    struct stat about;
    snprintf(path, sizeof path, "%s/dsctl/history", state);
    FILE *file = fopen(path, "w");
    for (int i = 0; i < 2500; i++)
        fprintf(file, "get Pet %d\n", i);
    fclose(file);
    chmod(path, 0644);
    terminal *t = shell();
    types(t, UP);
    awaits(t, "get Pet 2499");
    types(t, "\x15"
             "exit\r");
    CU_ASSERT_EQUAL(terminal_end(t, NULL), 0);
    text = history_text();
    size_t lines = 0;
    for (at = text; *at != '\0'; at++)
        lines += *at == '\n';
    CU_ASSERT(lines >= 999 && lines <= 1001);
    CU_ASSERT_EQUAL(strncmp(text, "get Pet 1", 9), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "get Pet 2498\nget Pet 2499\n"));
    free(text);
    CU_ASSERT_EQUAL(stat(path, &about), 0);
    CU_ASSERT_EQUAL(about.st_mode & 07777, 0600);
}

static void errors_and_ctrl_c_do_not_end_it(void)
{
    terminal *t = shell();
    types(t, "fly\r");
    awaits(t, "no command \"fly\"");
    is_ready(t, "mem> ");
    types(t, "delete Pet --al");
    awaits(t, "delete Pet --al");
    types(t, CTRL_C);
    is_ready(t, "mem> ");
    types(t, "count Pet\r");
    awaits(t, "count Pet");
    awaits(t, "0");
    is_ready(t, "mem> ");
    types(t, "create Pet {\"id\":\"\xc3\xa4\",\"name\":\"\xe2\x82\xac\"}\r");
    awaits(t, "id    \xc3\xa4\r\nname  \xe2\x82\xac\r\n");
    is_ready(t, "mem> ");
    types(t, "delete Pet \xc3\xa4\r");
    awaits(t, "1");
    is_ready(t, "mem> ");
    types(t, CTRL_D);
    CU_ASSERT_EQUAL(terminal_end(t, NULL), 0);
}

/* A listening socket at `path`. */
static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CU_ASSERT_FATAL(bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 8) == 0);
    return fd;
}

static bool await_input(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    return poll(&ready, 1, 60000) == 1;
}

/* We are the server that was sent a command and does not answer: Ctrl-C ends the wait. Its late answer is
 * nobody's, and the next command has its own. */
static void ctrl_c_cancels_what_is_under_way(void)
{
    char *path = in_folder("held.sock"), text[512];
    int listening = listen_at(path);
    snprintf(text, sizeof text,
             "{\"held\":{\"connector\":\"redis\",\"url\":\"unix://%s\",\"commandTimeout\":600000,"
             "\"connectTimeout\":600000,\"idlePing\":600000}}",
             path);
    char *file = folder_write(folder, "held.json", text);
    terminal *t = terminal_run((const char *const[]){program, "-c", file, "-m", models, "shell", "held", NULL});
    is_ready(t, "held> ");
    types(t, "get Pet 1\r");
    CU_ASSERT_FATAL(await_input(listening));
    int held = accept(listening, NULL, NULL);
    CU_ASSERT(await_input(held) && read(held, text, sizeof text) > 0);
    types(t, CTRL_C);
    awaits(t, "cancel");
    is_ready(t, "held> ");
    CU_ASSERT_EQUAL(write(held, "*2\r\n$4\r\nname\r\n$4\r\nlate\r\n", 24), 24);
    types(t, "get Pet none\r");
    CU_ASSERT(await_input(held) && read(held, text, sizeof text) > 0);
    CU_ASSERT_EQUAL(write(held, "*0\r\n", 4), 4);
    awaits(t, "has no record with the id \"none\"");
    is_ready(t, "held> ");
    types(t, "exit\r");
    CU_ASSERT_EQUAL(terminal_end(t, NULL), 0);
    close(held);
    close(listening);
    free(file);
    free(path);
}

/* ---- what is printed ---- */

static char *seen_of(const char *const *argv, int status)
{
    char *seen;
    terminal *t = terminal_run(argv);
    CU_ASSERT_EQUAL(terminal_end(t, &seen), status);
    return seen;
}

static void shows(const char *seen, const char *part)
{
    if (strstr(seen, part) == NULL)
        printf("\n\"%s\" is missing in:\n%s", part, seen);
    CU_ASSERT_PTR_NOT_NULL(strstr(seen, part));
}

static void tables_and_bars_are_for_a_person(void)
{
    char *seen, *path = folder_write(folder, "pets.csv", "id,name,age\n1,Ada,3\n2,Bo,\n");
    seen = seen_of((const char *const[]){program, "-c", config, "-m", models, "import", "mem", "Pet", path, NULL}, 0);
    shows(seen, "importing [");
    shows(seen, "100 %  2 records");
    shows(seen, "\n2\r\n");
    free(seen);
    seen = seen_of((const char *const[]){program, "-c", config, "-m", models, "find", "mem", "Pet", NULL}, 0);
    shows(seen, "id  name  age\r\n1   Ada   3\r\n2   Bo    \r\n");
    free(seen);
    seen = seen_of((const char *const[]){program, "-c", config, "-m", models, "copy", "mem", "Pet", "two", NULL}, 0);
    shows(seen, "copying [##############################] 100 %  2 records");
    free(seen);
    seen =
        seen_of((const char *const[]){program, "-c", config, "-m", models, "--json", "count", "mem", "Pet", NULL}, 0);
    CU_ASSERT_STRING_EQUAL(seen, "{\"count\":2}\r\n");
    free(seen);
    free(path);
}

static void explains(const char *source, const char *query, const char *const *parts)
{
    char *seen = seen_of(
        (const char *const[]){program, "-c", config, "-m", models, "explain", source, "Indexed", query, NULL}, 0);
    for (; *parts != NULL; parts++)
        shows(seen, *parts);
    CU_ASSERT_PTR_NULL(strchr(seen, '{'));
    free(seen);
}

static void explain_says_it_in_words(void)
{
    static const char by_city[] = "{\"where\":{\"city\":\"Ulm\"},\"limit\":2}", by_id[] = "{\"where\":{\"id\":\"1\"}}",
                      by_email[] = "{\"where\":{\"email\":\"e\"}}",
                      by_age[] = "{\"where\":{\"age\":{\"gt\":3}},\"order\":\"age, name\"}",
                      other[] = "{\"where\":{\"name\":{\"gt\":\"Ada\"}},\"order\":\"name\"}";
    explains("lite", by_city,
             (const char *const[]){"sqlite finds the records of Indexed by the index \"city\".\r\n",
                                   "It does the filter and the paging itself.\r\nLeft to the library: nothing.\r\n",
                                   "plan: SEARCH", "sql: SELECT", NULL});
    explains("lite", by_age,
             (const char *const[]){"sqlite finds the records of Indexed by the index \"byAge\".\r\n", NULL});
    explains("lite", by_email,
             (const char *const[]){"sqlite finds the records of Indexed by the index \"email\".\r\n", NULL});
    explains("lite", by_id, (const char *const[]){"sqlite looks the records of Indexed up by their ids.\r\n", NULL});
    explains("lite", other,
             (const char *const[]){"sqlite reads all records of Indexed, and sorts what it finds.\r\n",
                                   "It does the filter and the order itself.\r\n", NULL});
    explains("mem", by_email,
             (const char *const[]){"memory looks the records of Indexed up by the unique index \"email\".\r\n", NULL});
    explains("mem", by_city, (const char *const[]){"memory reads all records of Indexed.\r\n", NULL});
}

/* Redis says which index it takes, how much it reads there, and what else it could do. */
static void explain_names_the_indexes_and_what_they_cost(void)
{
    static const struct {
        const char *query, *parts[4];
    } asked[] = {{"{\"where\":{\"city\":\"Ulm\"}}",
                  {"redis finds the records of Indexed by the index \"city\": about 2 entries, cost 2.\r\n"
                   "Instead of that, by the list of all ids: about 3 entries, cost 3.\r\n",
                   "using: equality\r\n"}},
                 {"{\"where\":{\"email\":\"a@x\"}}",
                  {"redis looks the records of Indexed up by the unique index \"email\": about 1 entry, cost 1.\r\n"}},
                 {"{\"where\":{\"or\":[{\"city\":\"Ulm\"},{\"age\":5}]}}",
                  {"redis finds the records of Indexed by the indexes \"city\", \"byAge\": about 3 entries in 2 "
                   "ranges, cost 3.\r\n"}},
                 {"{\"where\":{\"name\":\"A\"}}",
                  {"redis reads the records of Indexed by the list of all ids: about 3 entries, cost 3.\r\n",
                   "It does the filter itself.\r\n"}},
                 {"{\"where\":{\"city\":{\"inq\":[]}}}",
                  {"redis reads nothing of Indexed, since no record can match: about 0 entries, cost 0.\r\n"}},
                 {"{\"where\":{\"age\":{\"inq\":[4,5]}},\"order\":\"name\",\"limit\":2}",
                  {"redis finds the records of Indexed by the index \"byAge\": about 2 entries in 2 ranges, merged in "
                   "order, cost 2.\r\n"}},
                 {"{\"where\":{\"id\":\"1\"}}", {"redis looks the records of Indexed up by their ids"}},
                 {"{\"order\":\"city DESC\",\"limit\":2}",
                  {"by the index \"city\": about 3 entries, in order, backwards, cost 2.\r\n"}}};
    command_result r = dsctl("{\"id\":\"1\",\"name\":\"A\",\"age\":4,\"city\":\"Ulm\",\"email\":\"a@x\"}\n"
                             "{\"id\":\"2\",\"name\":\"B\",\"age\":5,\"city\":\"Ulm\"}\n"
                             "{\"id\":\"3\",\"name\":\"C\",\"age\":6,\"city\":\"Bonn\"}\n",
                             "import", "red", "Indexed", "-", NULL);
    CU_ASSERT_EQUAL(r.status, 0);
    command_free(&r);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        explains("red", asked[i].query, asked[i].parts);
    dsctl_clear("red", "Indexed");
}

/* What a connector without indexes of its own leaves to others is said too. */
static void explain_says_what_is_left_to_the_library(void)
{
    char *seen = seen_of((const char *const[]){program, "-c", config, "-m", models, "explain", "red", "Pet",
                                               "{\"where\":{\"age\":3},\"limit\":2}", NULL},
                         0);
    shows(seen, "redis reads all records of Pet.\r\nLeft to the library: the filter and the paging.\r\n");
    shows(seen, "pattern: t:Pet:*\r\n");
    free(seen);
    seen = seen_of((const char *const[]){program, "-c", config, "-m", models, "explain", "red", "Pet",
                                         "{\"where\":{\"id\":{\"inq\":[\"1\",\"2\"]}}}", NULL},
                   0);
    shows(seen, "redis looks the records of Pet up by their ids.\r\nIt does the filter itself.\r\n");
    free(seen);
}

/* ---- width ---- */

#define LONG "0123456789012345678901234567890123456789012345678901234567890123456789"

static void cells_are_cut_with_a_mark_where_the_terminal_ends(void)
{
    static const char *const find[] = {"find", "mem", "Pet", "{\"where\":{\"id\":\"w\"}}", NULL};
    const char *argv[12] = {"env", "TERM=dumb", program, "-c", config, "-m", models};
    memcpy(argv + 7, find, sizeof find);
    command_result r = dsctl(NULL, "create", "mem", "Pet",
                             "{\"id\":\"w\",\"name\":\"a\\u001b[1mb\",\"nature\":\"\xe6\x97\xa5" LONG "\"}", NULL);
    CU_ASSERT_EQUAL(r.status, 0);
    command_free(&r);
    char *seen = seen_of(argv, 0); /* 80 columns; the first character takes two */
    shows(seen, "id  name    nature\r\nw   a [1mb  \xe6\x97\xa5"
                "01234567890123456789012345678901234567890123456789012345678901234\xe2\x80\xa6\r\n");
    free(seen);
    char script[2048];
    snprintf(script, sizeof script, "stty cols 100 && '%s' -c '%s' -m '%s' find mem Pet '%s'", program, config, models,
             find[3]);
    seen = seen_of((const char *const[]){"sh", "-c", script, NULL}, 0);
    shows(seen, "\xe6\x97\xa5" LONG "\r\n");
    free(seen);
    seen = seen_of((const char *const[]){program, "connectors", "redis", NULL}, 0);
    shows(seen, "tls.minVersion "); /* names are not cut, and help is broken into lines */
    for (char *line = strtok(seen, "\r\n"); line != NULL; line = strtok(NULL, "\r\n"))
        CU_ASSERT(strlen(line) <= 82); /* the mark is three bytes */
    free(seen);
    dsctl_clear("mem", "Pet");
}

static void one_record_is_shown_line_by_line_and_several_as_a_table(void)
{
    char *path = folder_write(folder, "two.jsonl", "{\"id\":\"1\",\"name\":\"Ada\"}\n{\"id\":\"2\",\"age\":3}\n");
    char script[2048];
    snprintf(script, sizeof script, "'%s' -c '%s' -m '%s' create mem Pet - <'%s'", program, config, models, path);
    char *seen = seen_of((const char *const[]){"sh", "-c", script, NULL}, 0);
    CU_ASSERT_STRING_EQUAL(seen, "id  name  age\r\n1   Ada   \r\n2         3\r\n");
    free(seen);
    seen = seen_of((const char *const[]){program, "-c", config, "-m", models, "get", "mem", "Pet", "2", NULL}, 0);
    CU_ASSERT_STRING_EQUAL(seen, "id   2\r\nage  3\r\n");
    free(seen);
    seen = seen_of((const char *const[]){program, "-c", config, "execute", "red", "ECHO", "a", NULL}, 0);
    CU_ASSERT_STRING_EQUAL(seen, "\"a\"\r\n");
    free(seen);
    free(path);
    dsctl_clear("mem", "Pet");
}

int main(void)
{
    static const test tests[] = {
        {"a secret is asked for without showing it", a_secret_is_asked_for_without_showing_it},
        {"Ctrl-C in a secret puts the terminal back", ctrl_c_in_a_secret_puts_the_terminal_back},
        {"what does not answer is written if a person says so", what_does_not_answer_is_written_if_a_person_says_so},
        {"Tab completes", tab_completes},
        {"history is kept, but for lines with a password", history_is_kept_but_for_lines_with_a_password},
        {"an old history is made private, and cut", an_old_history_is_made_private_and_cut},
        {"errors and Ctrl-C do not end the shell", errors_and_ctrl_c_do_not_end_it},
        {"Ctrl-C cancels what is under way", ctrl_c_cancels_what_is_under_way},
        {"tables and bars are for a person", tables_and_bars_are_for_a_person},
        {"explain says it in words", explain_says_it_in_words},
        {"explain names the indexes and what they cost", explain_names_the_indexes_and_what_they_cost},
        {"explain says what is left to the library", explain_says_what_is_left_to_the_library},
        {"cells are cut with a mark where the terminal ends", cells_are_cut_with_a_mark_where_the_terminal_ends},
        {"one record is shown line by line, and several as a table",
         one_record_is_shown_line_by_line_and_several_as_a_table},
    };
    dsctl_begin(definitions);
    state = in_folder("state");
    setenv("XDG_STATE_HOME", state, 1);
    setenv("TERM", "dumb", 1); /* lines are drawn anew, not changed where they stand */
    setenv("LC_ALL", "C.UTF-8", 1);
    int status = SUITE_RUN("dsctl on a terminal", tests);
    free(state);
    dsctl_end();
    return status;
}
