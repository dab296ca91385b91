/* What is malformed ends in one sentence that names the place, with the right exit status, and nothing written: files
 * of data sources and of models (3), filters and queries (2). */
#include "command.h"
#include "suite.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECRET "s3cr3t-w0rd"

static char *folder, *program;

/* One sentence: a line, that begins with our name and ends where a sentence does. */
static bool is_one_sentence(const char *text)
{
    const char *end = strchr(text, '\n');
    return strncmp(text, "dsctl: ", 7) == 0 && end != NULL && end[1] == '\0' && strlen(text) > 20;
}

static void expect(command_result r, int status, const char *part, const char *input)
{
    bool right = r.status == status && is_one_sentence(r.err) && strstr(r.err, part) != NULL && r.out_length == 0 &&
                 strstr(r.err, SECRET) == NULL;
    if (!right)
        printf("\n%s\n  -> %d, \"%s\" expected in: %s%s", input, r.status, part, r.err, r.out);
    CU_ASSERT(right);
    command_free(&r);
}

/* Where the memory connector would keep what is written. */
static char records[256];

static bool nothing_is_written(const char *input)
{
    bool absent = access(records, F_OK) != 0;
    if (!absent)
        printf("\n%s\n  -> records were written", input);
    return absent;
}

/* `text`, with that file for each data source in memory that it names. */
static void with_file(const char *text, char *out, size_t room)
{
    static const char memory[] = "\"connector\":\"memory\"";
    size_t length = 0;
    while (*text != '\0' && length + 1 < room) {
        bool names = strncmp(text, memory, strlen(memory)) == 0 && strstr(text, "\"file\"") == NULL;
        if (names)
            length += (size_t)snprintf(out + length, room - length, "\"file\":\"%s\",", records);
        out[length++] = *text++;
    }
    out[length] = '\0';
}

static const struct {
    const char *text, *part; /* the sentence names the file too */
} sources[] = {
    {"", "bad.json"},
    {"{", "line 1"},
    {"[]", "object"},
    {"{\"a\":{\"connector\":\"memory\"}} x", "line 1"},
    {"{\"a\":{\"connector\":\"memory\",}}", "line 1"},
    {"{\"a\":{\"connector\":\"memory\"},\n\"a\":{\"connector\":\"memory\"}}", "\"a\""},
    {"{\"a\":\"memory\"}", "\"a\""},
    {"{\"a\":{}}", "connector"},
    {"{\"a\":{\"connector\":7}}", "connector"},
    {"{\"a\":{\"connector\":\"nosuch\"}}", "nosuch"},
    {"{\"a\":{\"connector\":\"../evil\"}}", "../evil"},
    {"{\"a\":{\"connector\":\"/tmp/evil.so\"}}", "/tmp/evil.so"},
    {"{\"a\":{\"connector\":\"memory\",\"colour\":\"red\"}}", "colour"},
    {"{\"a\":{\"connector\":\"memory\",\"name\":\"b\"}}", "name"},
    {"{\"a\":{\"connector\":\"memory\",\"file\":\"${DS_NOT_SET_ANYWHERE}\"}}", "DS_NOT_SET_ANYWHERE"},
    {"{\"a\":{\"connector\":\"memory\",\"file\":\"${DS_\"}}", "file"},
    {"{\"a\":{\"connector\":\"redis\",\"port\":\"high\",\"password\":\"" SECRET "\"}}", "port"},
    {"{\"a\":{\"connector\":\"redis\",\"port\":70000}}", "port"},
    {"{\"a\":{\"connector\":\"redis\",\"port\":1.5}}", "port"},
    {"{\"a\":{\"connector\":\"redis\",\"url\":\"http://u:" SECRET "@h\"}}", "url"},
    {"{\"a\":{\"connector\":\"redis\",\"url\":\"redis://u:" SECRET "@h/1?db=2\"}}", "two databases"},
    {"{\"a\":{\"connector\":\"redis\",\"url\":\"redis://h:1/0\",\"port\":2}}", "port"},
    {"{\"a\":{\"connector\":\"redis\",\"tls\":{\"colour\":1}}}", "tls.colour"},
    {"{\"a\":{\"connector\":\"redis\",\"tls\":\"yes\"}}", "tls"},
    {"{\"a\":{\"connector\":\"redis\",\"password\":[\"" SECRET "\"]}}", "password"},
};

/* Beside what is wrong there is a good data source with a file, into which nothing may be written either. */
static void create_is_refused(const char *settings, const char *part)
{
    command_result r =
        command_run((const char *const[]){program, "-c", settings, "create", "a", "Pet", "{\"id\":\"x\"}", NULL}, NULL);
    expect(r, 3, part, settings);
    CU_ASSERT(nothing_is_written(settings));
}

static void malformed_datasources_are_refused_with_3_and_nothing_is_written(void)
{
    char text[1024];
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        with_file(sources[i].text, text, sizeof text);
        char *path = folder_write(folder, "bad.json", text);
        create_is_refused(path, sources[i].part);
        free(path);
    }
    printf("\n    %zu files of data sources", sizeof sources / sizeof *sources);
    expect(command_run((const char *const[]){program, "-c", "/nonexistent/ds.json", "sources", NULL}, NULL), 3,
           "/nonexistent/ds.json", "no file");
    expect(command_run((const char *const[]){program, "-c", folder, "sources", NULL}, NULL), 3, folder, "a folder");
}

#define ID "\"id\":{\"type\":\"string\",\"id\":true}"
static const struct {
    const char *text, *part;
} models[] = {
    {"{\"name\":\"A\",\"properties\":{}}", "\"id\""},
    {"{\"name\":\"A\",\"properties\":{\"x\":\"string\"}}", "\"id\""},
    {"{\"name\":\"A\",\"properties\":{" ID ",\"b\":{\"type\":\"string\",\"id\":true}}}", "\"b\""},
    {"{\"name\":\"A\",\"properties\":{" ID ",\"x\":\"colour\"}}", "\"x\""},
    {"{\"name\":\"A\",\"properties\":{" ID ",\"x\":{\"type\":\"integer\",\"default\":\"12x\"}}}", "\"x\""},
    {"{\"name\":\"A\",\"properties\":{" ID ",\"x\":{\"type\":\"integer\",\"default\":9007199254740993}}}", "2^53"},
    {"{\"name\":\"A\",\"properties\":{" ID ",\"x\":{\"type\":\"integer\",\"sort\":1}}}", "\"sort\""},
    {"{\"name\":\"A\",\"properties\":{" ID ",\"x\":{}}}", "\"x\""},
    {"{\"name\":\"A:B\",\"properties\":{" ID "}}", "\"A:B\""},
    {"{\"name\":\"A\",\"properties\":{" ID "},\"colour\":1}", "\"colour\""},
    {"{\"name\":\"A\",\"dataSource\":\"nowhere\",\"properties\":{" ID "}}", "\"nowhere\""},
    {"[{\"name\":\"A\",\"properties\":{" ID "}},{\"name\":\"A\",\"properties\":{" ID "}}]", "\"A\""},
    {"{\"name\":\"A\",\"properties\":{\"id\":{\"type\":\"number\",\"id\":true}}}", "\"id\""},
    {"{\"name\":\"A\",\"properties\":{" ID "},\"indexes\":{\"i\":{\"keys\":{\"y\":1}}}}", "\"y\""},
    {"{\"name\":\"A\",\"properties\":{" ID "},\"settings\":{\"strict\":\"yes\"}}", "\"strict\""},
    {"{\"name\":\"A\",\"properties\":{" ID "},\"settings\":{\"ttl\":-1}}", "\"ttl\""},
    {"{\"name\":\"A\",\"properties\":{" ID "},\"settings\":{\"version\":\"v\"}}",
     "settings.version of the model \"A\""},
    {"{\"name\":\"A\",\"properties\":[]}", "\"properties\""},
    {"{\"properties\":{" ID "}}", "\"name\""},
    {"[7]", "bad.json"},
    {"{\"name\":\"A\",\"properties\":{" ID "}", "line 1"},
};

/* As a good model would be written, by create and by import. */
static void writes_are_refused(const char *settings, const char *definitions, const char *part, const char *input)
{
    char *lines = folder_write(folder, "lines.jsonl", "{\"id\":\"x\"}\n");
    expect(command_run((const char *const[]){program, "-c", settings, "-m", definitions, "create", "a", "A",
                                             "{\"id\":\"x\"}", NULL},
                       NULL),
           3, part, input);
    expect(
        command_run((const char *const[]){program, "-c", settings, "-m", definitions, "import", "a", "A", lines, NULL},
                    NULL),
        3, "bad.json", input);
    CU_ASSERT(nothing_is_written(input));
    free(lines);
}

static void malformed_models_are_refused_with_3_and_nothing_is_written(void)
{
    char text[512];
    with_file("{\"a\":{\"connector\":\"memory\"}}", text, sizeof text);
    char *settings = folder_write(folder, "good.json", text);
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        char *path = folder_write(folder, "bad.json", models[i].text);
        writes_are_refused(settings, path, models[i].part, models[i].text);
        free(path);
    }
    printf("\n    %zu files of models", sizeof models / sizeof *models);
    command_result r =
        command_run((const char *const[]){program, "-c", settings, "create", "a", "A", "{\"id\":\"x\"}", NULL}, NULL);
    CU_ASSERT_EQUAL(r.status, 0);
    CU_ASSERT(access(records, F_OK) == 0); /* so it was that file that could have been written */
    command_free(&r);
    unlink(records);
    free(settings);
}

static const struct {
    const char *where, *part;
} filters[] = {
    {"", "line 1"},
    {"{", "line 1"},
    {"[]", "object"},
    {"7", "object"},
    {"null", "object"},
    {"{\"age\":1} x", "line 1"},
    {"{\"age\":1,\"age\":2}", "age"},
    {"{\"colour\":1}", "colour"},
    {"{\"age\":{}}", "age"},
    {"{\"age\":{\"above\":1}}", "above"},
    {"{\"age\":{\"gt\":1,\"above\":1}}", "above"},
    {"{\"age\":{\"gt\":[1]}}", "age"},
    {"{\"age\":{\"gt\":{\"a\":1}}}", "age"},
    {"{\"age\":\"12x\"}", "age"},
    {"{\"age\":{\"gt\":\"old\"}}", "age"},
    {"{\"age\":1.5}", "age"},
    {"{\"age\":true}", "age"},
    {"{\"age\":{\"between\":[1]}}", "between"},
    {"{\"age\":{\"between\":[1,2,3]}}", "between"},
    {"{\"age\":{\"between\":1}}", "between"},
    {"{\"age\":{\"inq\":1}}", "inq"},
    {"{\"age\":{\"inq\":[1,\"x\"]}}", "age"},
    {"{\"age\":{\"nin\":{}}}", "nin"},
    {"{\"age\":{\"exists\":1}}", "exists"},
    {"{\"age\":{\"contains\":[1]}}", "age"},
    {"{\"name\":{\"like\":1}}", "like"},
    {"{\"name\":{\"like\":\"x\\\\\"}}", "name"},
    {"{\"name\":{\"regexp\":\"(\"}}", "name"},
    {"{\"name\":{\"regexp\":\"/x/q\"}}", "name"},
    {"{\"name\":{\"regexp\":7}}", "regexp"},
    {"{\"name\":{\"like\":\"x\",\"options\":\"q\"}}", "options"},
    {"{\"and\":{}}", "and"},
    {"{\"or\":1}", "or"},
    {"{\"or\":[1]}", "or"},
    {"{\"nor\":[{\"colour\":1}]}", "colour"},
    {"{\"and\":[{\"age\":1},{\"or\":[{\"age\":{\"below\":1}}]}]}", "below"},
    {"{\"location\":{\"near\":\"1,2\"}}", "near"},
    {"{\"born\":\"yesterday\"}", "born"},
    {"{\"born\":\"2023-02-29\"}", "born"},
    {"{\"chip\":\"***\"}", "chip"},
    {"{\"wild\":\"perhaps\"}", "wild"},
    {"{\"age\":9223372036854775808}", "column 26"},
    {"{\"weight\":1e400}", "line 1"},
    {"{\"age.x\":1}", "age.x"},
};

static const struct {
    const char *query, *part;
} queries[] = {
    {"{\"limit\":-1}", "limit"},
    {"{\"limit\":1.5}", "limit"},
    {"{\"limit\":\"x\"}", "limit"},
    {"{\"skip\":-1}", "skip"},
    {"{\"skip\":1,\"offset\":2}", "offset"},
    {"{\"order\":7}", "order"},
    {"{\"order\":\"age UP\"}", "UP"},
    {"{\"order\":\"colour\"}", "colour"},
    {"{\"order\":\"age, age\"}", "age"},
    {"{\"order\":\"\"}", "order"},
    {"{\"fields\":7}", "fields"},
    {"{\"fields\":[\"colour\"]}", "colour"},
    {"{\"fields\":{\"age\":1}}", "fields"},
    {"{\"include\":\"x\"}", "include"},
    {"{\"limits\":1}", "limits"},
    {"{\"after\":\"x\"}", "order"},
    {"{\"order\":\"age\",\"after\":\"x\"}", "after"},
    {"{\"where\":7}", "where"},
};

static char *config, *definitions;

static command_result pets(const char *command, const char *a, const char *b, const char *c)
{
    return command_run(
        (const char *const[]){program, "-c", config, "-m", definitions, command, "a", "Pet", a, b, c, NULL}, NULL);
}

static void malformed_filters_are_refused_with_2_and_change_nothing(void)
{
    char query[512], text[512];
    snprintf(text, sizeof text, "{\"a\":{\"connector\":\"memory\",\"file\":\"%s/records\"}}", folder);
    config = folder_write(folder, "datasources.json", text);
    definitions = folder_write(folder, "models.json",
                               "{\"name\":\"Pet\",\"properties\":{" ID
                               ",\"name\":\"string\",\"age\":\"integer\",\"weight\":\"number\","
                               "\"wild\":\"boolean\",\"born\":\"date\",\"chip\":\"binary\",\"location\":\"object\"}}");
    command_result r = pets("create", "{\"id\":\"x\",\"name\":\"Xi\",\"age\":3}", NULL, NULL);
    CU_ASSERT_EQUAL_FATAL(r.status, 0);
    command_free(&r);
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        snprintf(query, sizeof query, "{\"where\":%s}", filters[i].where);
        expect(pets("count", filters[i].where, NULL, NULL), 2, filters[i].part, filters[i].where);
        expect(pets("delete", "--where", filters[i].where, NULL), 2, filters[i].part, filters[i].where);
        expect(pets("update", "--where", filters[i].where, "{\"age\":4}"), 2, filters[i].part, filters[i].where);
    }
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
        expect(pets("find", queries[i].query, NULL, NULL), 2, queries[i].part, queries[i].query);
    printf("\n    %zu filters and %zu queries", sizeof filters / sizeof *filters, sizeof queries / sizeof *queries);
    r = pets("get", "x", NULL, NULL);
    CU_ASSERT_STRING_EQUAL(r.out, "{\"id\":\"x\",\"name\":\"Xi\",\"age\":3}\n");
    command_free(&r);
    free(config);
    free(definitions);
}

int main(void)
{
    static const test tests[] = {
        {"malformed datasources.json are refused with 3, and nothing is written",
         malformed_datasources_are_refused_with_3_and_nothing_is_written},
        {"malformed models.json are refused with 3, and nothing is written",
         malformed_models_are_refused_with_3_and_nothing_is_written},
        {"malformed filters are refused with 2, and change nothing",
         malformed_filters_are_refused_with_2_and_change_nothing},
    };
    char path[512];
    folder = folder_make();
    snprintf(path, sizeof path, "%s/dsctl", getenv("DS_BUILDDIR"));
    program = path;
    snprintf(records, sizeof records, "%s/written", folder);
    int status = SUITE_RUN("malformed input", tests);
    folder_remove(folder);
    return status;
}
