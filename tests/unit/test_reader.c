/* The reader of record files: JSON lines, an array, an array inside an object; whatever their size and however broken.
 */
#include "model/record.h"

#include "failing.h"
#include "random.h"
#include "suite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static definition *person_definition;
static ds_model person;
static char path[] = "/tmp/datasource-reader-XXXXXX";

static void make_model(void)
{
    ds_property id = {.size = sizeof id, .type = DS_PROPERTY_STRING, .name = "id", .name_length = 2, .id = true};
    ds_property age = {.size = sizeof age, .type = DS_PROPERTY_INTEGER, .name = "age", .name_length = 3};
    int file = mkstemp(path);
    if (file < 0 || definition_new("Person", 6, &person_definition, NULL) != DS_OK ||
        definition_add_property(person_definition, &id, NULL) != DS_OK ||
        definition_add_property(person_definition, &age, NULL) != DS_OK ||
        definition_finish(person_definition, NULL) != DS_OK)
        abort();
    close(file);
    person.definition = person_definition;
}

static void write_file(const char *text, size_t length)
{
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(text, 1, length, file), length);
    CU_ASSERT_EQUAL(fclose(file), 0);
}

static ds_reader *open_text(const char *text, const char *at)
{
    ds_reader *reader = NULL;
    write_file(text, strlen(text));
    CU_ASSERT_EQUAL_FATAL(ds_reader_open(&person, path, at, &reader, NULL), DS_OK);
    return reader;
}

/* What comes, one after the other: "12 13 ! 14 ." are two records, an error, a record and the end. */
static void reads_as(const char *text, const char *at, const char *expected)
{
    ds_reader *reader = open_text(text, at);
    char seen[256] = "";
    size_t length = 0;
    for (int i = 0; i < 20; i++) {
        ds_record *record = NULL;
        ds_error err = {0};
        ds_status status = ds_reader_next(reader, &record, &err);
        if (status != DS_OK) {
            CU_ASSERT(status == DS_INVALID && err.status == DS_INVALID && strstr(err.message, path) != NULL);
            length += (size_t)snprintf(seen + length, sizeof seen - length, "! ");
        } else if (record == NULL)
            break;
        else
            length += (size_t)snprintf(seen + length, sizeof seen - length, "%d ",
                                       (int)ds_record_get(record, "age").as.integer);
        ds_record_free(record);
    }
    snprintf(seen + length, sizeof seen - length, ".");
    if (strcmp(seen, expected) != 0)
        printf("\n    %s reads as %s, not %s\n", text, seen, expected);
    CU_ASSERT_STRING_EQUAL(seen, expected);
    ds_reader_close(reader);
}

static void lines(void)
{
    reads_as("{\"age\":1}\n{\"age\":2}\n", NULL, "1 2 .");
    reads_as("{\"age\":1}\r\n\n \t\n  {\"age\":2}", NULL, "1 2 .");
    reads_as("\xef\xbb\xbf{\"age\":1}", NULL, "1 .");
    reads_as("", NULL, ".");
    reads_as("\n\n", NULL, ".");
    reads_as("\xef\xbb\xbf", NULL, ".");
}

static void arrays(void)
{
    reads_as("[{\"age\":1},{\"age\":2}]", NULL, "1 2 .");
    reads_as(" \n[\n {\"age\":1} ,\n{\"age\"\n:2}\n]\n ", NULL, "1 2 .");
    reads_as("[]", NULL, ".");
    reads_as("\xef\xbb\xbf [ ] ", NULL, ".");
    reads_as("[{\"id\":\"]}\\\"{[\\\\\",\"age\":3}]", NULL, "3 .");
}

static void members(void)
{
    const char *text = "{\"count\":2,\"3166-2\":[{\"age\":1},{\"age\":2}],\"object\":{}}";
    reads_as(text, "3166-2", "1 2 .");
    reads_as(text, "count", "! .");
    reads_as(text, "object", "! .");
    reads_as(text, "missing", "! .");
    reads_as("[{\"age\":1}]", "x", "! .");
    reads_as("{\"x\":[{\"age\":1}]", "x", "! .");
    reads_as("{\"x\":[{\"age\":\"old\"},{\"age\":1}, 7]}", "x", "! 1 ! .");
    reads_as("{\"x\":[]}", "x", ".");
    reads_as("", "x", "! .");
}

static void values_that_do_not_fit(void)
{
    reads_as("{\"age\":1}\n{\"age\":\"old\"}\n7\n{\"nick\":1}\n{\"age\":1,\"age\":2}\n{\"age\":9223372036854775808}\n{"
             "\"age\":4}\n",
             NULL, "1 ! ! ! ! ! 4 .");
    reads_as("[{\"age\":1},{\"age\":\"old\"},7,\"x\",null,true,[{}],{\"age\":1,\"age\":2},{\"age\":4}]", NULL,
             "1 ! ! ! ! ! ! ! 4 .");
}

static void files_that_are_not_json(void)
{
    reads_as("{\"age\":1}\n{\"age\":}\n{\"age\":2}\n", NULL, "1 ! 2 .");
    reads_as("{\"age\":1} {\"age\":2}\n", NULL, "! .");
    reads_as("{\n\"age\":1}\n", NULL, "! ! .");
    reads_as("age\n1\n", NULL, "! ! .");
    reads_as("[{\"age\":1}", NULL, "1 ! .");
    reads_as("[{\"age\":1},", NULL, "1 ! .");
    reads_as("[{\"age\":1},]", NULL, "1 ! .");
    reads_as("[{\"age\":1},,{\"age\":2}]", NULL, "1 ! .");
    reads_as("[,{\"age\":2}]", NULL, "! .");
    reads_as("[{\"age\":1} {\"age\":2}]", NULL, "1 ! .");
    reads_as("[{\"age\":1}}", NULL, "1 ! .");
    reads_as("[{\"age\":1]", NULL, "! .");
    reads_as("[{\"age\":1}] 7", NULL, "1 ! .");
    reads_as("[{\"age\":1}] ]", NULL, "1 ! .");
    reads_as("[", NULL, "! .");
    reads_as("[\"", NULL, "! .");
    reads_as("[}", NULL, "! .");
    reads_as("[nul]", NULL, "! .");
}

static void fails_with(const char *text, const char *at, const char *first, const char *second)
{
    ds_reader *reader = open_text(text, at);
    ds_record *record = NULL;
    ds_error err = {0};
    while (ds_reader_next(reader, &record, &err) == DS_OK && record != NULL)
        ds_record_free(record);
    if (strstr(err.message, first) == NULL || strstr(err.message, second) == NULL) {
        printf("\n    \"%s\" lacks \"%s\" or \"%s\"\n", err.message, first, second);
        CU_FAIL("the sentence does not name the place");
    }
    ds_reader_close(reader);
}

/* Bytes changed, taken out and put in at random: the reader ends, and each record that it answers is one. */
static void broken_at_random(void)
{
    static const char whole[] = "[{\"id\":\"a\\\"]\",\"age\":1},\n{\"id\":\"b\"} , {\"age\":2},{}]\n";
    static const char odd[] = "[]{}\",:\\ \n1e-x\0\xff";
    random_start();
    for (int i = 0; i < 3000; i++) {
        char text[2 * sizeof whole];
        size_t length = sizeof whole - 1;
        memcpy(text, whole, length);
        for (size_t changes = 1 + random_below(3); changes != 0; changes--) {
            size_t at = random_below(length), kind = random_below(3);
            if (kind != 0)
                memmove(text + at + (kind == 1), text + at + (kind == 2), length - at - (kind == 2));
            length += kind == 1 ? 1 : 0;
            length -= kind == 2 ? 1 : 0;
            if (kind != 2)
                text[at] = odd[random_below(sizeof odd - 1)];
        }
        write_file(text, length);
        ds_reader *reader = NULL;
        size_t records = 0, steps = 0;
        CU_ASSERT_EQUAL_FATAL(ds_reader_open(&person, path, i % 4 == 0 ? "x" : NULL, &reader, NULL), DS_OK);
        for (ds_record *record = NULL; steps < 50; steps++) {
            ds_status status = ds_reader_next(reader, &record, NULL);
            CU_ASSERT(status == DS_OK || (status == DS_INVALID && record == NULL));
            if (status == DS_OK && record == NULL)
                break;
            records += record != NULL;
            CU_ASSERT_EQUAL(record_failure(record, NULL), record == NULL ? DS_INVALID : DS_OK);
            ds_record_free(record);
        }
        CU_ASSERT(steps < 50 && records <= 20);
        ds_reader_close(reader);
    }
}

static void places(void)
{
    fails_with("\n{\"age\":1}\n\n{\"age\":\"old\"}\n", NULL, ", line 4: ", "\"age\" of the model \"Person\"");
    fails_with("{\"age\":1}\n{\"age\" 1}\n", NULL, ", line 2: ", "valid at column 8: ");
    fails_with("[{\"age\":1},\n{\"age\":\"old\"}]", NULL, ", element 2: ", "\"age\" of the model \"Person\"");
    fails_with("[{\"age\":1},\n\n{\"age\"\n 1}]", NULL, ", element 2: ", "at line 4");
    fails_with("[{\"age\":1},\n{}", NULL, ", element 3: ", "not closed");
    fails_with("{\"x\":[{},{\"age\":\"old\"}]}", "x", ", element 2: ", "\"age\" of the model \"Person\"");
    fails_with("{\n\"x\":[{},{\"age\"}]}", "x", path, "at line 2");
    fails_with("{\"y\":[]}", "x", path, "\"x\"");
}

/* Records whose lengths make a line, an element and a string end at each offset around the size of a read. */
static void ends_of_reads(bool is_array)
{
    enum { RECORDS = 40 };
    ds_buffer text = {0};
    char id[3000];
    memset(id, 'x', sizeof id);
    for (size_t i = 0; i < RECORDS * 10; i++) {
        buffer_text(&text, i == 0 ? (is_array ? "[" : "") : is_array ? " ,\n" : "\n");
        ds_buffer_format(&text, "{\"id\":\"%.*s\\\"\",\"age\":%zu}", (int)(1000 + (i * 37) % 1999), id, i);
    }
    buffer_text(&text, is_array ? "]" : "\n");
    write_file(text.text, text.length);
    ds_reader *reader = NULL;
    uint64_t done = 1, total = 1, before = 0;
    CU_ASSERT_EQUAL_FATAL(ds_reader_open(&person, path, NULL, &reader, NULL), DS_OK);
    ds_reader_progress(reader, &done, &total);
    CU_ASSERT(done == 0 && total == text.length);
    for (size_t i = 0; i < RECORDS * 10; i++) {
        ds_record *record = NULL;
        CU_ASSERT_EQUAL_FATAL(ds_reader_next(reader, &record, NULL), DS_OK);
        CU_ASSERT_EQUAL(ds_record_get(record, "age").as.integer, (int64_t)i);
        CU_ASSERT_EQUAL(ds_record_get(record, "id").length, 1001 + (i * 37) % 1999);
        ds_record_free(record);
        ds_reader_progress(reader, &done, &total);
        CU_ASSERT(done > before && done <= total);
        before = done;
    }
    ds_record *record = NULL;
    CU_ASSERT(ds_reader_next(reader, &record, NULL) == DS_OK && record == NULL);
    CU_ASSERT(ds_reader_next(reader, &record, NULL) == DS_OK && record == NULL);
    ds_reader_progress(reader, &done, &total);
    CU_ASSERT(done == total);
    ds_reader_close(reader);
    buffer_free(&text);
}

static void many_reads(void)
{
    ends_of_reads(false);
    ends_of_reads(true);
}

static void a_long_line(void)
{
    const size_t length = 3000000;
    definition *def = NULL;
    CU_ASSERT_FATAL(definition_schemaless("any", 3, &def, NULL) == DS_OK);
    ds_model any = {.definition = def};
    for (int is_array = 0; is_array < 2; is_array++) {
        ds_buffer text = {0};
        buffer_text(&text, is_array ? "[{\"a\":\"" : "{\"a\":\"");
        for (size_t i = 0; i < length; i++)
            buffer_char(&text, 'x');
        buffer_text(&text, is_array ? "\"}]" : "\"}");
        write_file(text.text, text.length);
        ds_reader *reader = NULL;
        ds_record *record = NULL;
        CU_ASSERT_FATAL(ds_reader_open(&any, path, NULL, &reader, NULL) == DS_OK);
        CU_ASSERT_EQUAL(ds_reader_next(reader, &record, NULL), DS_OK);
        CU_ASSERT_EQUAL(ds_record_get(record, "a").length, length);
        ds_record_free(record);
        ds_reader_close(reader);
        buffer_free(&text);
    }
    definition_free(def);
}

static void standard_input(void)
{
    int ends[2], kept = dup(STDIN_FILENO);
    CU_ASSERT_FATAL(kept >= 0 && pipe(ends) == 0 && dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
    CU_ASSERT_EQUAL(write(ends[1], "{\"age\":5}", 9), 9);
    close(ends[0]);
    close(ends[1]);
    ds_reader *reader = NULL;
    ds_record *record = NULL;
    uint64_t done = 7, total = 7;
    CU_ASSERT_EQUAL_FATAL(ds_reader_open(&person, "-", NULL, &reader, NULL), DS_OK);
    CU_ASSERT_EQUAL(ds_reader_next(reader, &record, NULL), DS_OK);
    CU_ASSERT_EQUAL(ds_record_get(record, "age").as.integer, 5);
    ds_reader_progress(reader, &done, &total);
    CU_ASSERT(done == 9 && total == 0);
    ds_record_free(record);
    ds_reader_close(reader);
    CU_ASSERT(lseek(STDIN_FILENO, 0, SEEK_CUR) == -1 && errno == ESPIPE); /* still open */
    dup2(kept, STDIN_FILENO);
    close(kept);
}

static void no_file(void)
{
    ds_reader *reader = NULL;
    ds_error err = {0};
    CU_ASSERT_EQUAL(ds_reader_open(&person, "/nonexistent/file", NULL, &reader, &err), DS_INVALID);
    CU_ASSERT(err.native == ENOENT && strstr(err.message, "/nonexistent/file") != NULL);
    CU_ASSERT_PTR_NULL(reader);
    CU_ASSERT_EQUAL(ds_reader_open(&person, "/tmp", NULL, &reader, &err), DS_INVALID);
    CU_ASSERT(err.native == EISDIR && strstr(err.message, "/tmp") != NULL);
    CU_ASSERT_EQUAL(ds_reader_open(NULL, path, NULL, &reader, &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_reader_open(&person, NULL, NULL, &reader, &err), DS_INVALID);
    CU_ASSERT_EQUAL(ds_reader_next(NULL, NULL, &err), DS_INVALID);
    ds_reader_progress(NULL, NULL, NULL);
    ds_reader_close(NULL);
}

static ds_status read_all(void *user, ds_error *err)
{
    ds_reader *reader = NULL;
    ds_status status = ds_reader_open(&person, path, user, &reader, err);
    for (bool more = true; status == DS_OK && more;) {
        ds_record *record = NULL;
        status = ds_reader_next(reader, &record, err);
        more = record != NULL;
        ds_record_free(record);
    }
    ds_reader_close(reader);
    return status;
}

static void no_memory(void)
{
    char at[] = "x";
    size_t count = 0;
    write_file("{\"id\":\"a\"}\n{\"id\":\"b\"}", 21);
    CU_ASSERT(failing_everywhere(read_all, NULL, &count) && count > 3);
    write_file("[{\"id\":\"a\"},{\"id\":\"b\"}]", 23);
    CU_ASSERT(failing_everywhere(read_all, NULL, &count) && count > 3);
    write_file("{\"x\":[{\"id\":\"a\"},{\"id\":\"b\"}]}", 29);
    CU_ASSERT(failing_everywhere(read_all, at, &count) && count > 4);
}

static const test tests[] = {
    {"JSON lines are records, and empty ones are passed over", lines},
    {"an array's elements are records", arrays},
    {"an array is found inside an object by its name", members},
    {"after a value that does not fit the next record is read", values_that_do_not_fit},
    {"a file that is not JSON ends where that is seen", files_that_are_not_json},
    {"3,000 files broken at random are read to an end", broken_at_random},
    {"an error names the file and the line or element", places},
    {"hundreds of kilobytes are read in pieces, with progress", many_reads},
    {"a line and an element of 3 MB are read", a_long_line},
    {"a hyphen is standard input, which stays open", standard_input},
    {"a file that cannot be read is refused by name", no_file},
    {"out of memory at any allocation is reported, and nothing is lost", no_memory},
};

int main(void)
{
    make_model();
    int result = SUITE_RUN("reader", tests);
    unlink(path);
    definition_free(person_definition);
    return result;
}
