/* The reader of CSV: quotes, line ends and nulls across the pieces in which a file is read, broken files, and no memory. */
#include "model/record.h"

#include "failing.h"
#include "random.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static definition *thing_definition, *free_definition;
static ds_model thing, anything;
static char path[] = "/tmp/datasource-csv-XXXXXX";

static void make_models(void)
{
    static const ds_property properties[] = {
        {.size = sizeof(ds_property), .type = DS_PROPERTY_STRING, .name = "id", .name_length = 2, .id = true},
        {.size = sizeof(ds_property), .type = DS_PROPERTY_INTEGER, .name = "age", .name_length = 3},
        {.size = sizeof(ds_property), .type = DS_PROPERTY_STRING, .name = "text", .name_length = 4},
        {.size = sizeof(ds_property), .type = DS_PROPERTY_ANY, .name = "any", .name_length = 3},
        {.size = sizeof(ds_property), .type = DS_PROPERTY_OBJECT, .name = "box", .name_length = 3},
    };
    int file = mkstemp(path);
    if (file < 0 || definition_new("Thing", 5, &thing_definition, NULL) != DS_OK ||
        definition_schemaless("free", 4, &free_definition, NULL) != DS_OK)
        abort();
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++)
        if (definition_add_property(thing_definition, &properties[i], NULL) != DS_OK)
            abort();
    if (definition_finish(thing_definition, NULL) != DS_OK)
        abort();
    close(file);
    thing.definition = thing_definition;
    anything.definition = free_definition;
}

static void write_file(const char *text, size_t length)
{
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(text, 1, length, file), length);
    CU_ASSERT_EQUAL(fclose(file), 0);
}

static ds_reader *open_csv(const ds_model *model)
{
    ds_reader *reader = NULL;
    CU_ASSERT_EQUAL_FATAL(ds_reader_open_as(model, path, DS_FORMAT_CSV, NULL, &reader, NULL), DS_OK);
    return reader;
}

/* What comes, as JSON, one behind the other; '!' is an error. */
static void reads_as(const ds_model *model, const char *text, size_t length, const char *expected)
{
    ds_buffer seen = {0};
    write_file(text, length);
    ds_reader *reader = open_csv(model);
    for (int i = 0; i < 50; i++) {
        ds_record *record = NULL;
        ds_error err = {0};
        ds_status status = ds_reader_next(reader, &record, &err);
        if (status == DS_OK && record == NULL)
            break;
        CU_ASSERT(status == DS_OK || (status == DS_INVALID && strstr(err.message, ", line ") != NULL));
        char *json = record == NULL ? NULL : ds_record_to_json(record);
        buffer_text(&seen, json == NULL ? "!" : json);
        ds_free(json);
        ds_record_free(record);
    }
    char *all = buffer_take(&seen);
    if (strcmp(all, expected) != 0)
        printf("\n    %s reads as %s, not %s\n", text, all, expected);
    CU_ASSERT_STRING_EQUAL(all, expected);
    ds_free(all);
    ds_reader_close(reader);
}

#define READS_AS(model, text, expected) reads_as(model, text, sizeof(text) - 1, expected)

static void lines_are_records(void)
{
    READS_AS(&thing, "id,age\na,1\r\nb,2", "{\"id\":\"a\",\"age\":1}{\"id\":\"b\",\"age\":2}");
    READS_AS(&thing, "\xef\xbb\xbf\"age\",id\n1,a\n\n\r\n", "{\"id\":\"a\",\"age\":1}");
    READS_AS(&thing, "id,text\n\"a\",\"x\"\"y,\r\nz\"\n", "{\"id\":\"a\",\"text\":\"x\\\"y,\\r\\nz\"}");
    READS_AS(&thing, "id,text\na, b \n", "{\"id\":\"a\",\"text\":\" b \"}");
    READS_AS(&thing, "id,text\na,\"\"\"\"\n", "{\"id\":\"a\",\"text\":\"\\\"\"}");
    READS_AS(&thing, "id,text\na,x\0y\n", "{\"id\":\"a\",\"text\":\"x\\u0000y\"}");
    READS_AS(&thing, "id\n", "");
    READS_AS(&thing, "id", "");
    READS_AS(&anything, "id,\"\",\"a,b\"\n1,2,3\n", "{\"id\":\"1\",\"\":\"2\",\"a,b\":\"3\"}");
    READS_AS(&anything, "id,a\0b\n1,2\n", "{\"id\":\"1\",\"a\\u0000b\":\"2\"}");
}

static void null_is_told_from_the_empty_string(void)
{
    READS_AS(&thing, "id,age,text,any,box\na,,,,\nb,\"\",\"\",\"\",\"\"\n",
             "{\"id\":\"a\"}{\"id\":\"b\",\"text\":\"\",\"any\":\"\"}");
    READS_AS(&anything, "id,x,y\na,,\"\"\n", "{\"id\":\"a\",\"y\":\"\"}");
    READS_AS(&anything, "x\na\n\n\"\"\n", "{\"x\":\"a\"}{}{\"x\":\"\"}");
}

static void types_are_the_properties(void)
{
    READS_AS(
        &thing, "id,any\na,1\nb,1.0\nc,\"\"\"1\"\"\"\nd,text\ne,true\nf,\"[1,{\"\"b\"\":2,\"\"a\"\":1}]\"\ng,{\n",
        "{\"id\":\"a\",\"any\":1}{\"id\":\"b\",\"any\":1.0}{\"id\":\"c\",\"any\":\"1\"}{\"id\":\"d\",\"any\":\"text\"}"
        "{\"id\":\"e\",\"any\":true}{\"id\":\"f\",\"any\":[1,{\"a\":1,\"b\":2}]}{\"id\":\"g\",\"any\":\"{\"}");
    READS_AS(&thing, "id,box\na,\"{\"\"k\"\":[]}\"\nb,[]\nc,x\nd,{}\n",
             "{\"id\":\"a\",\"box\":{\"k\":[]}}!!{\"id\":\"d\",\"box\":{}}");
    READS_AS(&thing, "id,age\na,x\nb,2\nc,1e400\nd,9223372036854775807\n",
             "!{\"id\":\"b\",\"age\":2}!{\"id\":\"d\",\"age\":9223372036854775807}");
}

static void what_is_not_csv_ends_there(void)
{
    READS_AS(&thing, "", "!");
    READS_AS(&thing, "id,id\na,b\n", "!");
    READS_AS(&thing, "id,\na,b\n", "!");
    READS_AS(&thing, "id,nick\na,b\n", "!");
    READS_AS(&thing, "id,\"age\na,1\n", "!");
    READS_AS(&thing, "id,age\na\n\na,1,2\nb,2\n", "!!{\"id\":\"b\",\"age\":2}");
    READS_AS(&thing, "id,age\na,1\nb\"c,2\nd,3\n", "{\"id\":\"a\",\"age\":1}!");
    READS_AS(&thing, "id,age\na,1\n\"b\"c,2\nd,3\n", "{\"id\":\"a\",\"age\":1}!");
    READS_AS(&thing, "id,age\na,1\n\"b,2\nd,3\n", "{\"id\":\"a\",\"age\":1}!");
    READS_AS(&thing, "id,age\na,1\rb,2\n", "!");
    READS_AS(&thing, "id,age\na,1\r", "!");
}

/* A field whose quotes, doubled quotes and line ends come to lie at each offset around the end of a read. */
static void fields_lie_across_reads(void)
{
    enum { READ = 65536 };
    char *text = malloc(2 * READ);
    for (size_t shift = 0; shift < 24; shift++) {
        size_t length = (size_t)sprintf(text, "text,id\n");
        size_t fill = READ - length - 24 + shift;
        memset(text + length, 'x', fill);
        length += fill;
        length += (size_t)sprintf(text + length, ",\"a\"\"b\r\nc\"\"\"\r\n\"\",last\r\n");
        write_file(text, length);
        ds_reader *reader = open_csv(&thing);
        ds_record *record = NULL;
        CU_ASSERT_EQUAL(ds_reader_next(reader, &record, NULL), DS_OK);
        CU_ASSERT_EQUAL(ds_record_get(record, "text").length, fill);
        ds_value value = ds_record_get(record, "id");
        CU_ASSERT(value.length == 7 && memcmp(value.as.string, "a\"b\r\nc\"", 7) == 0);
        ds_record_free(record);
        CU_ASSERT_EQUAL(ds_reader_next(reader, &record, NULL), DS_OK);
        CU_ASSERT_STRING_EQUAL(ds_record_get(record, "id").as.string, "last");
        ds_record_free(record);
        CU_ASSERT(ds_reader_next(reader, &record, NULL) == DS_OK && record == NULL);
        ds_reader_close(reader);
    }
    free(text);
}

static void progress_goes_to_the_end(void)
{
    uint64_t done = 0, total = 0, before = 0;
    ds_record *record = NULL;
    write_file("id,age\na,1\nb,2\nc,3\n", 19);
    ds_reader *reader = open_csv(&thing);
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(ds_reader_next(reader, &record, NULL), DS_OK);
        ds_record_free(record);
        ds_reader_progress(reader, &done, &total);
        CU_ASSERT(total == 19 && done > before);
        before = done;
    }
    CU_ASSERT_EQUAL(done, 19);
    ds_reader_close(reader);
}

static void the_name_says_what_it_is(void)
{
    ds_reader *reader = NULL;
    ds_record *record = NULL;
    char named[64];
    snprintf(named, sizeof named, "%s.CSV", path);
    FILE *file = fopen(named, "w");
    fputs("id\na\n", file);
    fclose(file);
    CU_ASSERT_EQUAL_FATAL(ds_reader_open(&thing, named, NULL, &reader, NULL), DS_OK);
    CU_ASSERT_EQUAL(ds_reader_next(reader, &record, NULL), DS_OK);
    CU_ASSERT_STRING_EQUAL(ds_record_get(record, "id").as.string, "a");
    ds_record_free(record);
    ds_reader_close(reader);
    CU_ASSERT_EQUAL_FATAL(ds_reader_open_as(&thing, named, DS_FORMAT_JSON, NULL, &reader, NULL), DS_OK);
    CU_ASSERT_EQUAL(ds_reader_next(reader, &record, NULL), DS_INVALID);
    ds_reader_close(reader);
    ds_error err = {0};
    CU_ASSERT_EQUAL(ds_reader_open_as(&thing, named, DS_FORMAT_CSV, "x", &reader, &err), DS_INVALID);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "CSV"));
    CU_ASSERT_EQUAL(ds_reader_open_as(&thing, named, (ds_format)7, NULL, &reader, &err), DS_INVALID);
    CU_ASSERT_PTR_NULL(reader);
    unlink(named);
}

/* The reader ends, and each record that it answers is one. */
static void broken_at_random(void)
{
    static const char whole[] = "id,text,age\r\na,\"x\"\"\n,\",1\nb,,2\n\"c\",y,\n";
    static const char odd[] = "\"\",\n\r \0\xff"
                              "a1";
    random_start();
    for (int i = 0; i < 5000; i++) {
        char text[2 * sizeof whole];
        size_t length = sizeof whole - 1, steps = 0;
        memcpy(text, whole, length);
        for (size_t changes = 1 + random_below(3); changes != 0; changes--) {
            size_t at = 8 + random_below(length - 8), kind = random_below(3);
            if (kind != 0)
                memmove(text + at + (kind == 1), text + at + (kind == 2), length - at - (kind == 2));
            length += kind == 1 ? 1 : 0;
            length -= kind == 2 ? 1 : 0;
            if (kind != 2)
                text[at] = odd[random_below(sizeof odd - 1)];
        }
        write_file(text, length);
        ds_reader *reader = open_csv(i % 2 == 0 ? &thing : &anything);
        for (ds_record *record = NULL; steps < 50; steps++) {
            ds_status status = ds_reader_next(reader, &record, NULL);
            CU_ASSERT(status == DS_OK || (status == DS_INVALID && record == NULL));
            if (status == DS_OK && record == NULL)
                break;
            ds_record_free(record);
        }
        CU_ASSERT(steps < 50);
        ds_reader_close(reader);
    }
}

static ds_status read_all(void *user, ds_error *err)
{
    ds_reader *reader = NULL;
    ds_status status = ds_reader_open_as(user, path, DS_FORMAT_CSV, NULL, &reader, err);
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
    size_t count = 0;
    static const char text[] = "id,any,box\na,\"[1]\",{}\n\"b\"\"\",text,\n";
    write_file(text, sizeof text - 1);
    CU_ASSERT(failing_everywhere(read_all, &thing, &count) && count > 8);
    static const char wide[] =
        "id,a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s\n1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20\n";
    write_file(wide, sizeof wide - 1);
    CU_ASSERT(failing_everywhere(read_all, &anything, &count) && count > 8);
}

static const test tests[] = {
    {"lines are records, and quotes are undone", lines_are_records},
    {"null is told from the empty string", null_is_told_from_the_empty_string},
    {"types are the properties'", types_are_the_properties},
    {"what is not CSV ends there, other lines do not", what_is_not_csv_ends_there},
    {"fields lie across reads", fields_lie_across_reads},
    {"progress goes to the end", progress_goes_to_the_end},
    {"the name says what it is, or an argument does", the_name_says_what_it_is},
    {"5,000 files broken at random are read to an end", broken_at_random},
    {"out of memory at any allocation is reported, and nothing is lost", no_memory},
};

int main(void)
{
    make_models();
    int result = SUITE_RUN("CSV", tests);
    unlink(path);
    definition_free(thing_definition);
    definition_free(free_definition);
    return result;
}
