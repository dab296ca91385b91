/* CSV from the outside: what export writes is RFC 4180's, what import reads back is the same, and what is malformed is told
 * with its line. */
#include "dsctl.h"
#include "random.h"

#define PROPERTIES                                                                                                     \
    "\"id\":{\"type\":\"string\",\"id\":true},\"text\":\"string\",\"whole\":\"integer\",\"number\":\"number\","        \
    "\"yes\":{\"type\":\"boolean\",\"default\":true},\"day\":\"date\",\"bytes\":\"binary\",\"thing\":\"object\","      \
    "\"list\":\"array\",\"some\":\"any\""

static const char definitions[] =
    "[{\"name\":\"All\",\"properties\":{" PROPERTIES "}},"
    "{\"name\":\"Loose\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"age\":\"integer\"},"
    "\"settings\":{\"strict\":false}},"
    "{\"name\":\"Made\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true,\"generated\":true},\"name\":"
    "\"string\"}},"
    "{\"name\":\"One\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true,\"generated\":true},"
    "\"name\":\"string\"}}]";

static const char records[] =
    "{\"id\":\"1\",\"text\":\"\",\"whole\":9223372036854775807,\"number\":5,\"yes\":null,\"day\":\"1969-12-31T23:59:59."
    "999Z\","
    "\"bytes\":\"\",\"thing\":{\"a,\":\"\\\"q\\\"\"},\"list\":[1,2.0,\"x\"],\"some\":\"5\"}\n"
    "{\"id\":\"2\",\"text\":\"a\\u0000b\\r\\nc,\\\"d\\\"\",\"number\":0.1,\"yes\":false,\"bytes\":\"AAEC/"
    "w==\",\"some\":5}\n"
    "{\"id\":\"3\",\"text\":\" sp \",\"some\":\"\"}\n"
    "{\"id\":\"4\",\"text\":\"\\r\",\"some\":5.0}\n"
    "{\"id\":\"5\",\"text\":\"\\n\",\"some\":{\"a\":[null]},\"thing\":{},\"list\":[]}\n"
    "{\"id\":\"\\ufeffmark\",\"text\":\"null\",\"some\":\"null\",\"whole\":-9223372036854775808}\n"
    "{\"id\":\"a,b\",\"text\":\"\\\"\",\"some\":true,\"number\":-1.7976931348623157e308}\n"
    "{\"id\":\"\\u00e9\",\"text\":\"\\ud83d\\ude00\",\"some\":9007199254740993}\n";

static const char *const sources[] = {"mem", "red", "lite"};

static void run_ok(command_result r)
{
    if (r.status != 0)
        printf("\non %s: %s", on, r.err);
    CU_ASSERT_EQUAL(r.status, 0);
    command_free(&r);
}

/* Exports as CSV, deletes all, imports that, and the export is as before. */
static void round_trip(const char *model, const char *fields)
{
    char *path = in_folder("round.csv"), *before = dsctl_exported(on, model);
    run_ok(fields == NULL ? dsctl(NULL, "export", on, model, path, NULL)
                          : dsctl(NULL, "export", on, model, path, "--fields", fields, NULL));
    dsctl_clear(on, model);
    run_ok(dsctl(NULL, "import", on, model, path, NULL));
    char *after = dsctl_exported(on, model);
    CU_ASSERT(strlen(before) > 10);
    CU_ASSERT_STRING_EQUAL(before, after);
    free(path);
    free(before);
    free(after);
}

static void a_round_trip_loses_nothing(void)
{
    for (size_t i = 0; i < 3; i++) {
        on = sources[i];
        char *path = folder_write(folder, "records.jsonl", records);
        run_ok(dsctl(NULL, "import", on, "All", path, NULL));
        round_trip("All", NULL);
        SHOWS(dsctl(NULL, "count", on, "All", "{\"yes\":null}", NULL), 0, "{\"count\":1}\n");
        SHOWS(dsctl(NULL, "count", on, "All", "{\"text\":\"\"}", NULL), 0, "{\"count\":1}\n");
        SHOWS(dsctl(NULL, "count", on, "All", "{\"bytes\":\"\"}", NULL), 0, "{\"count\":1}\n");
        free(path);
    }
}

static void what_is_written_is_as_rfc_4180_has_it(void)
{
    on = "mem";
    dsctl_clear(on, "All");
    run_ok(dsctl("{\"id\":\"1\",\"text\":\"\",\"whole\":7,\"yes\":null,\"thing\":{\"k\":\"v\"},\"some\":\"x\"}\n"
                 "{\"id\":\"2\",\"text\":\"say \\\"hi\\\",\\r\\nyou\",\"day\":\"2024-02-29\",\"bytes\":\"AAE=\"}\n",
                 "create", on, "All", "-", NULL));
    SHOWS(dsctl(NULL, "export", on, "All", "-", "--format", "csv", NULL), 0,
          "id,text,whole,number,yes,day,bytes,thing,list,some\r\n"
          "1,\"\",7,,,,,\"{\"\"k\"\":\"\"v\"\"}\",,\"\"\"x\"\"\"\r\n"
          "2,\"say \"\"hi\"\",\r\nyou\",,,true,2024-02-29T00:00:00.000Z,AAE=,,,\r\n");
    SHOWS(dsctl(NULL, "export", on, "All", "-", "--format", "csv", "--fields", "whole,id", NULL), 0,
          "whole,id\r\n7,1\r\n,2\r\n");
    SHOWS(dsctl(NULL, "export", on, "All", "-", "--fields", "id", NULL), 0, "{\"id\":\"1\"}\n{\"id\":\"2\"}\n");
    FAILS(dsctl(NULL, "export", on, "All", "-", "--format", "csv", "--fields", "colour", NULL), 2, "colour");
    FAILS(dsctl(NULL, "export", on, "All", "-", "--format", "xml", NULL), 2, "xml");
    FAILS(dsctl(NULL, "export", on, "All", "-", "--format", "csv", "--at", "x", NULL), 2, "--at");
}

static void undeclared_properties_are_columns_too(void)
{
    for (size_t i = 0; i < 3; i++) {
        on = sources[i];
        run_ok(dsctl("{\"id\":\"1\",\"b\":\"\",\"age\":3}\n{\"id\":\"2\",\"a\":\"x\"}\n{\"id\":\"3\",\"\":\"y\",\"q,"
                     "\\\"\":\"z\"}\n",
                     "create", on, "Loose", "-", NULL));
        SHOWS(dsctl(NULL, "export", on, "Loose", "-", "--format", "csv", "--fields", "id,age,a,b", NULL), 0,
              "id,age,a,b\r\n1,3,,\"\"\r\n2,,x,\r\n3,,,\r\n");
        round_trip("Loose", NULL);
        run_ok(dsctl("{\"id\":\"1\",\"n\":12,\"e\":\"\"}\n{\"id\":\"2\",\"z\":\"\\u0000\"}\n", "create", on, "free",
                     "-", NULL));
        round_trip("free", NULL);
        dsctl_clear(on, "free");
        SHOWS(dsctl(NULL, "export", on, "free", "-", "--format", "csv", NULL), 0, "id\r\n");
    }
}

static void the_iso_codes_come_through_csv(void)
{
    on = "mem";
    char *csv = in_folder("subdivisions.csv"), *lines = NULL, *again = NULL;
    run_ok(dsctl(NULL, "import", on, "iso", "/usr/share/iso-codes/json/iso_3166-2.json", "--at", "3166-2", NULL));
    run_ok(dsctl(NULL, "export", on, "iso", csv, NULL));
    lines = dsctl_exported(on, "iso");
    run_ok(dsctl(NULL, "import", "red", "iso", csv, NULL));
    again = dsctl_exported("red", "iso");
    CU_ASSERT(lines != NULL && strlen(lines) > 100000);
    CU_ASSERT_STRING_EQUAL(lines, again);
    free(csv);
    free(lines);
    free(again);
}

/* Texts of the characters that matter, many times. */
static void random_texts_come_through_csv(void)
{
    static const char *const parts[] = {"\\\"", ",",       "\\n",     "\\r", "\\r\\n", "a",
                                        " ",    "\\u0000", "\\u00e4", "\\t", "'"};
    size_t room = 1 << 20, length = 0;
    char *text = malloc(room);
    on = "mem";
    random_start();
    dsctl_clear(on, "All");
    for (size_t i = 0; i < 500; i++) {
        length += (size_t)sprintf(text + length, "{\"id\":\"%zu", i);
        for (size_t n = random_below(4); n > 0; n--)
            length += (size_t)sprintf(text + length, "%s", parts[random_below(sizeof parts / sizeof *parts)]);
        length += (size_t)sprintf(text + length, "\",\"text\":\"");
        for (size_t n = random_below(8); n > 0; n--)
            length += (size_t)sprintf(text + length, "%s", parts[random_below(sizeof parts / sizeof *parts)]);
        length += (size_t)sprintf(text + length, "\"}\n");
    }
    char *path = folder_write(folder, "random.jsonl", text);
    run_ok(dsctl(NULL, "import", on, "All", path, NULL));
    round_trip("All", NULL);
    free(path);
    free(text);
}

/* ---- what others write ---- */

static void imports_as(const char *model, const char *text, const char *expected)
{
    char *path = folder_write(folder, "given.csv", text);
    dsctl_clear(on, model);
    run_ok(dsctl(NULL, "import", on, model, path, NULL));
    char *got = dsctl_exported(on, model);
    if (strcmp(got, expected) != 0)
        printf("\n%s\nwas imported as %s\nnot as %s", text, got, expected);
    CU_ASSERT_STRING_EQUAL(got, expected);
    free(got);
    free(path);
}

static void files_of_others_are_read(void)
{
    on = "mem";
    imports_as("All", "id,whole\n1,2\n", "{\"id\":\"1\",\"whole\":2,\"yes\":true}\n");
    imports_as("All", "\xef\xbb\xbfid,whole\r\n1,2", "{\"id\":\"1\",\"whole\":2,\"yes\":true}\n");
    imports_as("All", "\"id\",\"whole\",\"yes\"\n\"1\",\"\",\"false\"\n\n\n\"2\",\"3\",\"true\"\n\n",
               "{\"id\":\"1\",\"yes\":false}\n{\"id\":\"2\",\"whole\":3,\"yes\":true}\n");
    imports_as("All", "yes,id\n,1\n", "{\"id\":\"1\"}\n");
    imports_as("All", "id,some\n1,hello\n2,12\n3,\"\"\"12\"\"\"\n4,null\n",
               "{\"id\":\"1\",\"yes\":true,\"some\":\"hello\"}\n{\"id\":\"2\",\"yes\":true,\"some\":12}\n"
               "{\"id\":\"3\",\"yes\":true,\"some\":\"12\"}\n{\"id\":\"4\",\"yes\":true}\n");
    imports_as("All", "id,day,number,list\n1,2024-02-29,1e3,\"[1, 2]\"\n",
               "{\"id\":\"1\",\"number\":1000.0,\"yes\":true,\"day\":\"2024-02-29T00:00:00.000Z\",\"list\":[1,2]}\n");
    imports_as("All", "id\n", "");
    imports_as("One", "name\nx\n\n\"\"\n", "{\"id\":1,\"name\":\"x\"}\n{\"id\":2}\n{\"id\":3,\"name\":\"\"}\n");
}

static void the_format_can_be_said(void)
{
    on = "mem";
    char *as_text = folder_write(folder, "given.txt", "id,text\n1,x\n");
    char *as_csv = folder_write(folder, "lines.csv", "{\"id\":\"2\",\"text\":\"y\"}\n");
    dsctl_clear(on, "All");
    SHOWS(dsctl(NULL, "import", on, "All", as_text, "--format", "csv", NULL), 0, "{\"imported\":1}\n");
    SHOWS(dsctl("id,text\n3,z\n", "import", on, "All", "-", "--format", "csv", NULL), 0, "{\"imported\":1}\n");
    SHOWS(dsctl(NULL, "import", on, "All", as_csv, "--format", "lines", NULL), 0, "{\"imported\":1}\n");
    FAILS(dsctl(NULL, "import", on, "All", as_csv, "--format", "xml", NULL), 2, "xml");
    FAILS(dsctl(NULL, "import", on, "All", as_csv, "--format", "csv", "--at", "x", NULL), 2, "CSV");
    free(as_text);
    free(as_csv);
}

/* ---- malformed ---- */

static const struct {
    const char *text, *part;
    int stored;
} malformed[] = {
    {"", "line 1: there is no header", 0},
    {"id,\n1,2\n", "line 1: a column", 0},
    {"id,id\n1,2\n", "line 1: the header names twice the property \"id\"", 0},
    {"id,colour\n1,red\n", "line 1: the model has no property \"colour\"", 0},
    {"id,text\n1,x\n2\n3,z\n", "line 3: it has 1 fields, and the header names 2", 2},
    {"id,text\n1,x,y\n3,z\n", "line 2: it has 3 fields", 1},
    {"id,text\n1,\"a\nb\nc\"\n2,\n3\n", "line 6: it has 1 fields", 2},
    {"id,whole\n1,2\n2,x\n3,4\n", "line 3: ", 2},
    {"id,whole\n1,9223372036854775808\n", "whole", 0},
    {"id,whole\n1,1.5\n", "line 2", 0},
    {"id,yes\n1,perhaps\n2,true\n", "line 2", 1},
    {"id,day\n1,2023-02-29\n", "day", 0},
    {"id,bytes\n1,***\n", "bytes", 0},
    {"id,thing\n1,[1]\n", "thing", 0},
    {"id,list\n1,\"{\"\"a\"\":1}\"\n", "list", 0},
    {"id,list\n1,[1\n", "list", 0},
    {"id,some\n1,99999999999999999999\n", "line 2", 0},
    {"id,text\n1,x\n2,a\"b\n3,z\n", "line 3: a quote stands in a field", 1},
    {"id,text\n1,x\n2,\"a\"b\n3,z\n", "line 3: there is text behind the quote", 1},
    {"id,text\n1,x\n2,\"a\n\nb\n", "line 3: a quote is not closed", 1},
    {"id,text\n1,x\n2,\"\n", "line 3: a quote is not closed", 1},
    {"id,text\n1,\"a\nb\" \n", "line 3: there is text behind the quote", 0},
    {"id,text\r1,x\r", "line 1: a carriage return", 0},
    {"id,text\n1,a\rb\n", "line 2: a carriage return", 0},
    {"id,text\n1,x\r", "line 2: a carriage return", 0},
    {"id,text\n1,\xff\n2,x\n", "line 2", 1},
    {"text\nx\n", "id", 0},
};

static void what_is_malformed_ends_with_2_and_its_line(void)
{
    on = "mem";
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        char expected[64], *path = folder_write(folder, "bad.csv", malformed[i].text);
        snprintf(expected, sizeof expected, "{\"imported\":%d}\n", malformed[i].stored);
        dsctl_clear(on, "All");
        command_result r = dsctl(NULL, "import", on, "All", path, NULL);
        char *end = strchr(r.err, '\n');
        bool right = r.status == 2 && strcmp(r.out, expected) == 0 && strstr(r.err, malformed[i].part) != NULL &&
                     end != NULL && end[1] == '\0';
        if (!right)
            printf("\n%s\n-> %d, %s, \"%s\" and %s expected in: %s", malformed[i].text, r.status, r.out,
                   malformed[i].part, expected, r.err);
        CU_ASSERT(right);
        command_free(&r);
        free(path);
    }
    printf("\n    %zu files", sizeof malformed / sizeof *malformed);
}

static void many_bad_lines_are_told_up_to_a_number(void)
{
    char text[4096] = "id,whole\n";
    for (size_t i = 0; i < 50; i++)
        sprintf(text + strlen(text), "%zu,%s\n", i, i % 2 == 0 ? "1" : "one");
    char *path = folder_write(folder, "many.csv", text);
    dsctl_clear("mem", "All");
    command_result r = dsctl(NULL, "import", "mem", "All", path, NULL);
    size_t lines = 0;
    for (const char *at = r.err; *at != '\0'; at++)
        lines += *at == '\n';
    CU_ASSERT_EQUAL(r.status, 2);
    CU_ASSERT_STRING_EQUAL(r.out, "{\"imported\":25}\n");
    CU_ASSERT_EQUAL(lines, 21);
    CU_ASSERT_PTR_NOT_NULL(strstr(r.err, "and 5 more records were not stored"));
    command_free(&r);
    free(path);
}

int main(void)
{
    static const test tests[] = {
        {"a round trip loses nothing", a_round_trip_loses_nothing},
        {"what is written is as RFC 4180 has it", what_is_written_is_as_rfc_4180_has_it},
        {"undeclared properties are columns too", undeclared_properties_are_columns_too},
        {"the iso-codes come through CSV", the_iso_codes_come_through_csv},
        {"random texts come through CSV", random_texts_come_through_csv},
        {"files of others are read", files_of_others_are_read},
        {"the format can be said", the_format_can_be_said},
        {"what is malformed ends with 2 and its line", what_is_malformed_ends_with_2_and_its_line},
        {"many bad lines are told up to a number", many_bad_lines_are_told_up_to_a_number},
    };
    dsctl_begin(definitions);
    int status = SUITE_RUN("dsctl and CSV", tests);
    dsctl_end();
    return status;
}
