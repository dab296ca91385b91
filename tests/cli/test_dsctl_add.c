/* dsctl add from a pipe: what is asked, what is written, and that nothing else in datasources.json changes. */
#include "dsctl.h"

#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static char *file; /* of data sources */

static command_result add(const char *answers, const char *name, const char *more)
{
    return command_run((const char *const[]){program, "-c", file, "add", name, more, NULL}, answers);
}

static void file_is(const char *text)
{
    FILE *out = fopen(file, "w");
    fputs(text, out);
    fclose(out);
}

static void file_shows(const char *expected)
{
    char *text = file_read(file, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    if (strcmp(text, expected) != 0)
        printf("\n%s\nis not\n%s", text, expected);
    CU_ASSERT_STRING_EQUAL(text, expected);
    free(text);
}

static bool leftovers(void) /* of a file that was written beside */
{
    char command[256];
    snprintf(command, sizeof command, "ls %s | grep -q 'sources.json\\.'", folder);
    return system(command) == 0;
}

static void a_new_file_is_made_for_its_owner_alone(void)
{
    struct stat about;
    unlink(file);
    SHOWS(add("memory\n", "first", NULL), 0, "{\"added\":\"first\"}\n");
    file_shows("{\n  \"first\": {\n    \"connector\": \"memory\"\n  }\n}\n");
    CU_ASSERT_EQUAL(stat(file, &about), 0);
    CU_ASSERT_EQUAL(about.st_mode & 07777, 0600);
    CU_ASSERT_FALSE(leftovers());
}

static void only_what_differs_from_the_default_is_written(void)
{
    char answers[256], expected[512];
    unlink(file);
    snprintf(answers, sizeof answers, "redis\nunix://%s\n\n\n\n\n\n0\nno\n5000\n300\n", server->socket);
    SHOWS(add(answers, "r", NULL), 0, "{\"added\":\"r\"}\n");
    snprintf(expected, sizeof expected,
             "{\n  \"r\": {\n    \"connector\": \"redis\",\n    \"url\": \"unix://%s\",\n    \"commandTimeout\": 300\n "
             " }\n}\n",
             server->socket);
    file_shows(expected);
    SHOWS(command_run((const char *const[]){program, "-c", file, "count", "r", "M", NULL}, NULL), 0, "{\"count\":0}\n");
}

static void an_object_is_asked_for_member_by_member(void)
{
    char answers[256], expected[600];
    unlink(file);
    /* ... connectTimeout, commandTimeout, idlePing, reconnect: yes, base, max, jitter, maxRetries, clientName, keyPrefix */
    snprintf(answers, sizeof answers, "redis\nunix://%s\n\n\n\n\n\n\n\n\n\n\nyes\n\n900\n\n3\n\np:\n", server->socket);
    SHOWS(add(answers, "r", NULL), 0, "{\"added\":\"r\"}\n");
    snprintf(expected, sizeof expected,
             "{\n  \"r\": {\n    \"connector\": \"redis\",\n    \"url\": \"unix://%s\",\n    \"reconnect\": {\n      "
             "\"max\": 900,\n"
             "      \"maxRetries\": 3\n    },\n    \"keyPrefix\": \"p:\"\n  }\n}\n",
             server->socket);
    file_shows(expected);
    snprintf(answers, sizeof answers, "redis\nunix://%s\n\n\n\n\n\n\n\n\n\n\nno\n", server->socket);
    SHOWS(add(answers, "r", "--replace"), 0, "{\"added\":\"r\"}\n");
    snprintf(
        expected, sizeof expected,
        "{\n  \"r\": {\n    \"connector\": \"redis\",\n    \"url\": \"unix://%s\",\n    \"reconnect\": false\n  }\n}\n",
        server->socket);
    file_shows(expected);
}

static void what_is_wrong_is_told_and_nothing_is_written(void)
{
    static const struct {
        const char *answers, *part;
        int status;
    } wrong[] = {
        {"", "connector", 2},
        {"nosuch\n", "nosuch", 3},
        {"redis\n\n127.0.0.1\nhigh\n", "\"port\" must be an integer", 2},
        {"redis\n\n127.0.0.1\n0\n", "\"port\" must be an integer from 1 to 65535", 2},
        {"redis\n\n127.0.0.1\n\n\n\n\n\nperhaps\n", "\"tls\" must be yes, no", 2},
        {"redis\n\n127.0.0.1\n\n\n\n\n\nyes\n\n\n\n\n\n\n1.1\n", "\"tls.minVersion\" must be one of 1.2, 1.3", 2},
        {"redis\nhttp://u:s3cret@h\n", "url", 3},
        {"redis\n\n127.0.0.1\n1\nu\ns3cret\n", "127.0.0.1:1", 4},
        {"redis\n\n127.0.0.1\n\n\n${DS_NOT_SET_ANYWHERE}\n", "DS_NOT_SET_ANYWHERE", 3},
        {"memory\n/nonexistent/folder/file\n", "/nonexistent/folder/file", 3},
        {"memory\n\nperhaps\n", "\"readOnly\" must be yes or no", 2},
    };
    file_is("{\"old\":{\"connector\":\"memory\"}}");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        command_result r = add(wrong[i].answers, "x", NULL);
        bool right = r.status == wrong[i].status && strstr(r.err, wrong[i].part) != NULL && r.out_length == 0 &&
                     strstr(r.err, "s3cret") == NULL && strchr(r.err, '\n') == r.err + strlen(r.err) - 1;
        if (!right)
            printf("\n%s-> %d, not %d with %s: %s", wrong[i].answers, r.status, wrong[i].status, wrong[i].part, r.err);
        CU_ASSERT(right);
        command_free(&r);
    }
    file_shows("{\"old\":{\"connector\":\"memory\"}}");
    CU_ASSERT_FALSE(leftovers());
}

static void an_entry_that_exists_is_kept_unless_it_is_to_be_replaced(void)
{
    file_is("{ \"a\": {\"connector\": \"memory\"},\t\"b\" : {\"connector\":\"memory\",\"readOnly\":false} , "
            "\"c\":{\"connector\":\"memory\"} }");
    FAILS(add("memory\n", "b", NULL), 1, "\"b\"");
    SHOWS(add("memory\n\nno\n", "b", "--replace"), 0, "{\"added\":\"b\"}\n");
    file_shows("{ \"a\": {\"connector\": \"memory\"},\t\"b\" : {\"connector\":\"memory\"} , "
               "\"c\":{\"connector\":\"memory\"} }");
    SHOWS(add("memory\n", "new", "--replace"), 0, "{\"added\":\"new\"}\n");
    file_shows(
        "{ \"a\": {\"connector\": \"memory\"},\t\"b\" : {\"connector\":\"memory\"} , \"c\":{\"connector\":\"memory\"}, "
        "\"new\": {\"connector\":\"memory\"} }");
}

/* Entries, order, white space and escapes of a file stay, whatever they are. */
static void every_other_byte_of_the_file_stays(void)
{
    static const struct {
        const char *before, *after;
    } files[] = {
        {"{}", "{\n  \"x\": {\n    \"connector\": \"memory\"\n  }\n}"},
        {" { \n } \n", " {\n  \"x\": {\n    \"connector\": \"memory\"\n  }\n} \n"},
        {"\xef\xbb\xbf{\"z\":{}}\n", "\xef\xbb\xbf{\"z\":{}, \"x\": {\"connector\":\"memory\"}}\n"},
        {"{\n\t\"z\": {\"a\":[1,{\"}\":\"]\\\"\"}]},\n\t\"y\":{ }\n}\n",
         "{\n\t\"z\": {\"a\":[1,{\"}\":\"]\\\"\"}]},\n\t\"y\":{ },\n\t\"x\": {\n\t\t\"connector\": "
         "\"memory\"\n\t}\n}\n"},
        {"{\r\n    \"z\": {}\r\n}\r\n",
         "{\r\n    \"z\": {},\r\n    \"x\": {\r\n        \"connector\": \"memory\"\r\n    }\r\n}\r\n"},
        {"{\"\\u00e9\\n\":{\"n\":1.50,\"e\":1e3,\"s\":\"\\u0041\"}}",
         "{\"\\u00e9\\n\":{\"n\":1.50,\"e\":1e3,\"s\":\"\\u0041\"}, \"x\": {\"connector\":\"memory\"}}"},
        {"{\"\\u0078\":{\"connector\":\"redis\"},\"a\":{}}", "{\"\\u0078\":{\"connector\":\"memory\"},\"a\":{}}"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        file_is(files[i].before);
        SHOWS(add("memory\n", "x", "--replace"), 0, "{\"added\":\"x\"}\n");
        file_shows(files[i].after);
    }
}

static void a_file_that_is_wrong_stays_as_it_is(void)
{
    static const char *const wrong[] = {"", "{", "[]", "{\"a\":1}", "{\"a\":{}} x", "{\"a\":{},\"a\":{}}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        file_is(wrong[i]);
        FAILS(add("memory\n", "x", "--replace"), 3, "sources.json");
        file_shows(wrong[i]);
    }
}

static void the_mode_and_a_link_stay(void)
{
    struct stat about;
    char *real = in_folder("real.json"), *link = file;
    unlink(file);
    file = real;
    file_is("{}");
    CU_ASSERT_EQUAL(chmod(real, 0640), 0);
    CU_ASSERT_EQUAL(symlink("real.json", link), 0);
    file = link;
    SHOWS(add("memory\n", "x", NULL), 0, "{\"added\":\"x\"}\n");
    CU_ASSERT_EQUAL(lstat(link, &about), 0);
    CU_ASSERT(S_ISLNK(about.st_mode));
    CU_ASSERT_EQUAL(stat(real, &about), 0);
    CU_ASSERT_EQUAL(about.st_mode & 07777, 0640);
    unlink(link);
    free(real);
}

#define WRITERS 8

static void many_writers_lose_no_entry(void)
{
    pid_t pids[WRITERS];
    int status, failed = 0;
    char command[WRITERS][600];
    file_is("{}");
    for (int i = 0; i < WRITERS; i++) {
        snprintf(command[i], sizeof command[i],
                 "for n in 1 2 3 4 5; do echo memory | '%s' -c '%s' add w%d-$n >/dev/null || exit 1; done", program,
                 file, i);
        CU_ASSERT_EQUAL_FATAL(
            posix_spawnp(&pids[i], "sh", NULL, NULL, (char *const[]){"sh", "-c", command[i], NULL}, environ), 0);
    }
    for (int i = 0; i < WRITERS; i++)
        failed += waitpid(pids[i], &status, 0) != pids[i] || status != 0;
    CU_ASSERT_EQUAL(failed, 0);
    command_result r = command_run((const char *const[]){program, "-c", file, "sources", NULL}, NULL);
    size_t lines = 0;
    for (const char *at = r.out; *at != '\0'; at++)
        lines += *at == '\n';
    CU_ASSERT_EQUAL(r.status, 0);
    CU_ASSERT_EQUAL(lines, WRITERS * 5);
    CU_ASSERT_FALSE(leftovers());
    command_free(&r);
}

static void a_folder_that_takes_no_file_is_told(void)
{
    char *kept = file, *missing = in_folder("none/sources.json");
    file = missing;
    FAILS(add("memory\n", "x", NULL), 3, "none/sources.json");
    file = kept;
    free(missing);
}

int main(void)
{
    static const test tests[] = {
        {"a new file is made, for its owner alone", a_new_file_is_made_for_its_owner_alone},
        {"only what differs from the default is written", only_what_differs_from_the_default_is_written},
        {"an object is asked for member by member", an_object_is_asked_for_member_by_member},
        {"what is wrong is told, and nothing is written", what_is_wrong_is_told_and_nothing_is_written},
        {"an entry that exists is kept, unless it is to be replaced",
         an_entry_that_exists_is_kept_unless_it_is_to_be_replaced},
        {"every other byte of the file stays", every_other_byte_of_the_file_stays},
        {"a file that is wrong stays as it is", a_file_that_is_wrong_stays_as_it_is},
        {"the mode and a link stay", the_mode_and_a_link_stay},
        {"many writers lose no entry", many_writers_lose_no_entry},
        {"a folder that takes no file is told", a_folder_that_takes_no_file_is_told},
    };
    dsctl_begin(NULL);
    file = in_folder("sources.json");
    int status = SUITE_RUN("dsctl add", tests);
    free(file);
    dsctl_end();
    return status;
}
