/* dsctl and the files around it: where an export goes, pipes that nobody reads, what is told on stderr and how it ends; and the
 * models that discover proposes. */
#include "dsctl.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

static const char definitions[] =
    "[{\"name\":\"Pet\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"age\":\"integer\"}},"
    "{\"name\":\"Ordered\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true},\"name\":{\"type\":\"string\","
    "\"index\":true},\"yes\":\"boolean\",\"day\":\"date\",\"bytes\":\"binary\",\"thing\":\"object\",\"list\":\"array\","
    "\"some\":\"any\",\"weight\":\"number\",\"email\":{\"type\":\"string\",\"unique\":true}},"
    "\"indexes\":{\"both\":{\"keys\":{\"name\":1,\"weight\":-1}}}}]";
static const char pets[] = "{\"id\":\"1\",\"age\":3}\n{\"id\":\"2\"}\n";

static void run_ok(command_result r)
{
    if (r.status != 0)
        printf("\n%s", r.err);
    CU_ASSERT_EQUAL(r.status, 0);
    command_free(&r);
}

/* A line for a shell in our folder, in which `ctl` is dsctl with our configuration. */
static command_result sh(const char *line)
{
    char script[4096];
    snprintf(script, sizeof script, "cd '%s' && ctl() { '%s' -c '%s' -m '%s' \"$@\"; } && %s", folder, program, config,
             models, line);
    return command_run((const char *const[]){"bash", "-c", script, NULL}, NULL);
}

static void file_is(const char *name, const char *expected)
{
    char *path = in_folder(name), *text = file_read(path, NULL);
    CU_ASSERT_PTR_NOT_NULL(text);
    if (text != NULL)
        CU_ASSERT_STRING_EQUAL(text, expected);
    free(text);
    free(path);
}

static struct stat about(const char *name)
{
    char *path = in_folder(name);
    struct stat s = {0};
    CU_ASSERT_EQUAL(lstat(path, &s), 0);
    free(path);
    return s;
}

/* ---- where an export goes ---- */

static void a_file_keeps_its_mode_and_a_link_stays_a_link(void)
{
    SHOWS(sh("umask 027; ctl export mem Pet new.jsonl"), 0, "{\"exported\":2}\n");
    file_is("new.jsonl", pets);
    CU_ASSERT_EQUAL(about("new.jsonl").st_mode, S_IFREG | 0640);
    run_ok(sh("mkdir -p sub; echo old >sub/real; chmod 604 sub/real; ln -s real sub/second; ln -s sub/second first"));
    ino_t before = about("sub/real").st_ino;
    SHOWS(sh("umask 077; ctl export mem Pet first"), 0, "{\"exported\":2}\n");
    CU_ASSERT(S_ISLNK(about("first").st_mode));
    CU_ASSERT(S_ISLNK(about("sub/second").st_mode));
    CU_ASSERT_EQUAL(about("sub/real").st_mode, S_IFREG | 0604);
    CU_ASSERT_NOT_EQUAL(about("sub/real").st_ino, before); /* in one step, so not over the old one */
    file_is("sub/real", pets);
    run_ok(sh("ln -s sub/none dangling"));
    SHOWS(sh("ctl export mem Pet dangling"), 0, "{\"exported\":2}\n");
    CU_ASSERT(S_ISLNK(about("dangling").st_mode));
    file_is("sub/none", pets);
    run_ok(sh("ln -s loop loop"));
    FAILS(sh("ctl export mem Pet loop"), 5, "loop: Too many levels");
    FAILS(sh("ctl export mem Pet sub"), 5, "sub: Is a directory");
    FAILS(sh("ctl export mem Pet nowhere/x"), 5, "nowhere/x: No such file");
    SHOWS(sh("ls sub"), 0, "none\nreal\nsecond\n"); /* nothing else was left behind */
}

static void an_owner_is_kept(void)
{
    if (geteuid() != 0) /* there is no other one to give a file to */
        return;
    run_ok(sh("echo old >owned && chown 65534:65534 owned && chmod 600 owned"));
    SHOWS(sh("ctl export mem Pet owned"), 0, "{\"exported\":2}\n");
    CU_ASSERT_EQUAL(about("owned").st_uid, 65534);
    CU_ASSERT_EQUAL(about("owned").st_gid, 65534);
    CU_ASSERT_EQUAL(about("owned").st_mode, S_IFREG | 0600);
    file_is("owned", pets);
}

static void what_is_no_regular_file_is_written_straight(void)
{
    SHOWS(sh("ctl export mem Pet /dev/stdout"), 0, pets);
    SHOWS(sh("ctl export mem Pet /dev/stdout | cat"), 0, pets);
    SHOWS(sh("ctl export mem Pet /proc/self/fd/1"), 0, pets);
    run_ok(sh("echo before >appended; ctl export mem Pet /dev/stdout >>appended"));
    file_is("appended", "before\n{\"id\":\"1\",\"age\":3}\n{\"id\":\"2\"}\n");
    SHOWS(sh("mkfifo pipe; { ctl export mem Pet pipe >/dev/null & } ; timeout 60 cat pipe; wait"), 0, pets);
    CU_ASSERT(S_ISFIFO(about("pipe").st_mode));
    SHOWS(sh("ctl export mem Pet /dev/null"), 0, "{\"exported\":2}\n");
    struct stat null;
    CU_ASSERT(stat("/dev/null", &null) == 0 && S_ISCHR(null.st_mode));
    FAILS(sh("ctl export mem Pet /dev/full"), 5, "/dev/full: No space left");
}

/* A failure leaves the file as it was. */
static void an_export_that_fails_changes_nothing(void)
{
    run_ok(sh("echo old >kept.csv"));
    FAILS(sh("ctl export mem Pet kept.csv --fields colour"), 2, "colour");
    FAILS(sh("ctl export nowhere Pet kept.csv"), 3, "nowhere");
    file_is("kept.csv", "old\n");
    SHOWS(sh("ls | grep -c kept"), 0, "1\n");
}

/* ---- pipes that nobody reads ---- */

static void a_pipe_that_is_closed_ends_it_quietly(void)
{
    static const char *const lines[] = {"ctl find mem Many", "ctl export mem Many -", "ctl export mem Many /dev/stdout",
                                        "ctl export mem Many - --format csv",
                                        "printf 'find Many\\nfind Many\\n' | ctl shell mem"};
    char line[512];
    run_ok(sh("seq 100000 | sed 's/.*/{\"id\":\"&\"}/' >many.jsonl; ctl import mem Many many.jsonl"));
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) { /* the status is that of a program that SIGPIPE ended */
        snprintf(line, sizeof line, "set -o pipefail; %s | head -n 1 >/dev/null; echo $?", lines[i]);
        command_result r = sh(line);
        CU_ASSERT_STRING_EQUAL(r.out, "141\n");
        CU_ASSERT_STRING_EQUAL(r.err, "");
        if (strcmp(r.out, "141\n") != 0)
            printf("\n%s: %s%s", lines[i], r.out, r.err);
        command_free(&r);
    }
    /* Where the signal is ignored by whoever started it, the exit status says it. */
    SHOWS(sh("trap '' PIPE; set -o pipefail; ctl find mem Many | head -n 1 >/dev/null; echo $?"), 0, "5\n");
    dsctl_clear("mem", "Many");
}

/* ---- help, and words that are none ---- */

static void help_and_version_are_answers(void)
{
    command_result r = sh("ctl --help");
    CU_ASSERT_EQUAL(r.status, 0);
    CU_ASSERT_EQUAL(strncmp(r.out, "usage: dsctl [-c datasources.json]", 34), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "\n  shell      SOURCE "));
    CU_ASSERT_STRING_EQUAL(r.err, "");
    SHOWS(sh("ctl -h"), 0, r.out);
    command_free(&r);
    char expected[64];
    snprintf(expected, sizeof expected, "dsctl %s\n", DSCTL_VERSION);
    SHOWS(sh("ctl --version"), 0, expected);
    SHOWS(sh("ctl count --help"), 0, "usage: dsctl count SOURCE MODEL [WHERE]\nHow many records match\n");
    SHOWS(sh("ctl --help sources x y"), 0, "usage: dsctl sources\nWhat data sources are configured\n");
    SHOWS(dsctl("get --help\n", "shell", "mem", NULL), 0, "usage: get MODEL ID\nThe record with this id\n");
    FAILS(sh("ctl --help nosuch"), 2, "\"nosuch\"");
}

static void what_is_no_option_ends_with_2(void)
{
    FAILS(sh("ctl -x"), 2, "there is no option \"-x\"");
    FAILS(sh("ctl count mem Pet -x"), 2, "there is no option \"-x\"");
    FAILS(sh("ctl --nosuch sources"), 2, "there is no option \"--nosuch\"");
    FAILS(sh("ctl count mem Pet -c"), 2, "the option -c needs a value");
    command_result r = sh("ctl");
    CU_ASSERT_EQUAL(r.status, 2);
    CU_ASSERT_STRING_EQUAL(r.out, "");
    CU_ASSERT_EQUAL(strncmp(r.err, "usage: dsctl ", 13), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "\n  find "));
    command_free(&r);
    FAILS(sh("ctl get mem Ordered -5"), 1, "id -5"); /* a number is no option */
    FAILS(sh("ctl get mem Pet -- -x"), 1, "\"-x\"");
    SHOWS(sh("ctl export mem Pet - --format=csv --fields=id"), 0, "id\r\n1\r\n2\r\n");
}

/* ---- what is told ---- */

static void models_that_are_refused_do_not_hide_the_others(void)
{
    char *path = folder_write(folder, "mixed.json",
                              "[{\"name\":\"First\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true}}},"
                              "{\"name\":\"Refused\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true}},"
                              "\"settings\":{\"redis\":{\"nosuch\":1}}},"
                              "{\"name\":\"Wrong\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true}},"
                              "\"settings\":{\"redis\":{\"key\":1}}},"
                              "{\"name\":\"Last\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true}}}]");
    command_result r =
        command_run((const char *const[]){program, "-c", config, "-m", path, "models", "red", NULL}, NULL);
    CU_ASSERT_EQUAL(r.status, 3);
    CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "{\"model\":\"First\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(r.out, "{\"model\":\"Last\""));
    CU_ASSERT_PTR_NULL(strstr(r.out, "Refused"));
    const char *first = strstr(r.err, "\"Refused\""), *second = strstr(r.err, "\"Wrong\"");
    CU_ASSERT(first != NULL && second != NULL && first < second && strstr(r.err, "redis.nosuch") != NULL);
    size_t lines = 0;
    for (const char *at = strchr(r.err, '\n'); at != NULL; at = strchr(at + 1, '\n'))
        lines++;
    CU_ASSERT_EQUAL(lines, 2);
    command_free(&r);
    free(path);
}

static void a_warning_is_one_line_and_no_failure(void)
{
    run_ok(sh("printf 'not a whole write' >>records"));
    command_result r = sh("ctl count mem Pet");
    CU_ASSERT_EQUAL(r.status, 0);
    CU_ASSERT_STRING_EQUAL(r.out, "{\"count\":2}\n");
    CU_ASSERT_EQUAL(strncmp(r.err, "dsctl: warning: data source \"mem\": the file ", 44), 0);
    CU_ASSERT(strchr(r.err, '\n') != NULL && strchr(r.err, '\n')[1] == '\0');
    command_free(&r);
    r = sh("ctl count mem Pet");
    CU_ASSERT_STRING_EQUAL(r.err, "");
    command_free(&r);
    char *path =
        folder_write(folder, "closed.json", "{\"r\":{\"connector\":\"redis\",\"url\":\"unix:///nowhere/sock\"}}");
    on = "closed"; /* the library warns of it too: it is told once */
    FAILS(command_run((const char *const[]){program, "-c", path, "ping", "r", NULL}, NULL), 4, "/nowhere/sock");
    free(path);
}

/* ---- discover ---- */

/* What is proposed for the tables of a model is a file of models as it stands, and reads what is stored as the model did. */
static void models_that_are_discovered_are_a_file_of_models(void)
{
    on = "lite";
    run_ok(dsctl("{\"id\":1,\"name\":\"a\",\"yes\":true,\"day\":\"2020-02-29\",\"bytes\":\"AAE=\",\"thing\":{\"a\":1},"
                 "\"list\":[1],\"some\":5,\"weight\":0.5,\"email\":\"e\"}\n{\"id\":9007199254740993}\n",
                 "create", "lite", "Ordered", "-", NULL));
    run_ok(dsctl(NULL, "execute", "lite", "CREATE TABLE old (\"key\" TEXT PRIMARY KEY, \"n\" INTEGER NOT NULL, b BLOB)",
                 NULL));
    run_ok(dsctl(NULL, "execute", "lite", "INSERT INTO old VALUES ('k', 7, x'0001')", NULL));
    char *before = dsctl_exported("lite", "Ordered"), *given = models;
    run_ok(sh("ctl discover lite >proposed.json"));
    models = in_folder("proposed.json");
    char *after = dsctl_exported("lite", "Ordered");
    CU_ASSERT_STRING_EQUAL(after, before);
    SHOWS(dsctl(NULL, "get", "lite", "old", "k", NULL), 0, "{\"key\":\"k\",\"n\":7,\"b\":\"AAE=\"}\n");
    SHOWS(dsctl(NULL, "find", "lite", "Ordered", "{\"where\":{\"weight\":{\"gt\":0}},\"fields\":[\"id\"]}", NULL), 0,
          "{\"id\":1}\n");
    FAILS(dsctl(NULL, "create", "lite", "Ordered", "{\"id\":2,\"email\":\"e\"}", NULL), 1, "email");
    free(models);
    models = given;
    command_result r = dsctl(NULL, "discover", "lite", "ol*", NULL);
    CU_ASSERT(r.status == 0 && strstr(r.out, "\"old\"") != NULL && strstr(r.out, "Ordered") == NULL);
    command_free(&r);
    free(before);
    free(after);
}

/* A failure that is told, with a file that is there. */
static void exports_oddly(const char *name, int status, const char *line, const char *said, const char *end)
{
    char *path = in_folder(name), expected[512];
    snprintf(expected, sizeof expected, "%s%s%s%s", said, *end == '\0' ? "" : "dsctl: ", *end == '\0' ? "" : path, end);
    command_result r = dsctl(NULL, "export", "red", "odd", path, NULL);
    char *text = file_read(path, NULL);
    CU_ASSERT_EQUAL(r.status, status);
    CU_ASSERT_STRING_EQUAL(r.out, "{\"exported\":2}\n");
    CU_ASSERT_STRING_EQUAL(r.err, expected);
    CU_ASSERT(text != NULL && strstr(text, line) != NULL);
    command_free(&r);
    free(text);
    free(path);
}

#define ODD                                                                                                            \
    "dsctl: warning: the property \"name\" of the record 1 of model \"odd\" on data source \"red\" is not UTF-8: "

static void text_that_is_not_utf8_is_not_lost_without_a_word(void)
{
    on = "red";
    static const char *const bad[] = {"caf\xe9", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"};
    command_result good = dsctl(NULL, "execute", on, "HSET", "t:odd:2", "name", "\u00e9\u20ac\U0001F600", NULL);
    command_free(&good);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        command_result r = dsctl(NULL, "execute", on, "HSET", "t:odd:1", "name", bad[i], NULL);
        CU_ASSERT_EQUAL(r.status, 0);
        command_free(&r);
        exports_oddly("odd.jsonl", 2, "{\"id\":\"2\",\"name\":\"\u00e9\u20ac\U0001F600\"}\n",
                      ODD "bytes of it are exported as U+FFFD\n",
                      " is there, but not with all bytes of what is not UTF-8 (properties: 1)\n");
        char line[32];
        snprintf(line, sizeof line, "1,%s\r\n", bad[i]);
        exports_oddly("odd.csv", 0, line, ODD "it is exported as it is, and import will refuse it\n", "");
    }
    dsctl_clear(on, "odd");
}

int main(void)
{
    static const test tests[] = {
        {"a file keeps its mode, and a link stays a link", a_file_keeps_its_mode_and_a_link_stays_a_link},
        {"an owner is kept", an_owner_is_kept},
        {"text that is not UTF-8 is not lost without a word", text_that_is_not_utf8_is_not_lost_without_a_word},
        {"what is no regular file is written straight", what_is_no_regular_file_is_written_straight},
        {"an export that fails changes nothing", an_export_that_fails_changes_nothing},
        {"a pipe that is closed ends it quietly", a_pipe_that_is_closed_ends_it_quietly},
        {"help and version are answers", help_and_version_are_answers},
        {"what is no option ends with 2", what_is_no_option_ends_with_2},
        {"models that are refused do not hide the others", models_that_are_refused_do_not_hide_the_others},
        {"a warning is one line, and no failure", a_warning_is_one_line_and_no_failure},
        {"models that are discovered are a file of models", models_that_are_discovered_are_a_file_of_models},
    };
    dsctl_begin(definitions);
    command_result created = dsctl(pets, "create", "mem", "Pet", "-", NULL);
    command_free(&created);
    int status = SUITE_RUN("dsctl and files", tests);
    dsctl_end();
    return status;
}
