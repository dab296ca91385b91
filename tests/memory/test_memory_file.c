/* The memory connector's file: what comes back, what a torn or damaged file does, who may have it, a full disk. */
#include "command.h"
#include "host.h"
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <float.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char THING[] =
    "{\"name\":\"Thing\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true,\"generated\":true},"
    "\"text\":\"string\",\"n\":\"integer\"}}";

static char *folder, path[512];

static void begin(void)
{
    folder = folder_make();
    snprintf(path, sizeof path, "%s/data", folder);
}

static void end(void)
{
    folder_remove(folder);
}

static void file_store(const char *to, const char *bytes, size_t length)
{
    FILE *file = fopen(to, "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(bytes, 1, length, file), length);
    fclose(file);
}

static size_t file_length(const char *of)
{
    struct stat about;
    return stat(of, &about) == 0 ? (size_t)about.st_size : 0;
}

/* What ds_connect() answers for the file as it is now. */
static ds_status connect_status(const char *settings)
{
    ds_source *source;
    ds_status status = ds_source_open("memory", settings, &source, &host_error);
    if (status != DS_OK)
        return status;
    status = ds_connect(source, &host_error);
    ds_source_close(source);
    return status;
}

static ds_status file_status(void)
{
    char settings[600];
    snprintf(settings, sizeof settings, "{\"file\":\"%s\"}", path);
    return connect_status(settings);
}

static bool said(const char *word)
{
    return strstr(host_error.message, word) != NULL;
}

/* ---- values ---- */

static const char EVERY[] =
    "{\"name\":\"Every\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"s\":\"string\","
    "\"i\":\"integer\",\"n\":\"number\",\"b\":\"boolean\",\"d\":\"date\",\"x\":\"binary\","
    "\"o\":\"object\",\"a\":\"array\",\"y\":\"any\"},\"settings\":{\"strict\":false}}";

static const struct {
    const char *property;
    ds_value value;
} VALUES[] = {
    {"s", {.type = DS_STRING, .length = 5, .as.string = "a\0b\xc3\xa9"}},
    {"s", {.type = DS_STRING, .length = 0, .as.string = ""}},
    {"i", {.type = DS_INTEGER, .as.integer = INT64_MAX}},
    {"i", {.type = DS_INTEGER, .as.integer = INT64_MIN}},
    {"i", {.type = DS_INTEGER, .as.integer = 9007199254740993}},
    {"n", {.type = DS_NUMBER, .as.number = DBL_MIN / 3}},
    {"n", {.type = DS_NUMBER, .as.number = DBL_MAX}},
    {"n", {.type = DS_NUMBER, .as.number = 0.1 + 0.2}},
    {"b", {.type = DS_BOOLEAN, .as.boolean = false}},
    {"b", {.type = DS_BOOLEAN, .as.boolean = true}},
    {"d", {.type = DS_DATE, .as.date = -62167219200000}},
    {"d", {.type = DS_DATE, .as.date = 253402300799999}},
    {"x", {.type = DS_BINARY, .length = 4, .as.binary = "\0\xff\xfe\0"}},
    {"x", {.type = DS_BINARY, .length = 0, .as.binary = ""}},
    {"o", {.type = DS_JSON, .length = 19, .as.string = "{\"k\":[1,2.5,\"\\u0000\"]}"}},
    {"a", {.type = DS_JSON, .length = 12, .as.string = "[null,[],{}]"}},
    {"y", {.type = DS_INTEGER, .as.integer = 1}},
    {"y", {.type = DS_NUMBER, .as.number = 1}},
    {"y", {.type = DS_STRING, .length = 2, .as.string = "12"}},
    {"y", {.type = DS_BOOLEAN, .as.boolean = true}},
    {"y", {.type = DS_JSON, .length = 9, .as.string = "{\"a\":\"b\"}"}},
    {"undeclared", {.type = DS_STRING, .length = 3, .as.string = "x\0y"}},
};
#define VALUE_COUNT (sizeof VALUES / sizeof VALUES[0])

static ds_value value_at(size_t i)
{
    ds_value value = VALUES[i].value;
    if (value.type == DS_JSON)
        value.length = (uint32_t)strlen(value.as.string);
    return value;
}

static bool same_value(ds_value a, ds_value b)
{
    if (a.type != b.type || a.length != b.length)
        return false;
    if (a.type == DS_STRING || a.type == DS_BINARY || a.type == DS_JSON)
        return memcmp(a.as.binary, b.as.binary, a.length) == 0;
    return a.type == DS_BOOLEAN ? a.as.boolean == b.as.boolean : memcmp(&a.as, &b.as, 8) == 0;
}

static void every_value_comes_back_bit_for_bit(void)
{
    begin();
    ds_source *source = host_open(path);
    ds_model *model = host_model(source, EVERY);
    char id[16];
    for (size_t i = 0; i < VALUE_COUNT; i++) {
        ds_record *record = ds_record_new(model);
        snprintf(id, sizeof id, "%zu", i);
        ds_record_set(record, "id", ds_string(id));
        ds_record_set(record, VALUES[i].property, value_at(i));
        CU_ASSERT_EQUAL(ds_create(model, record, &host_error), DS_OK);
        ds_record_free(record);
    }
    ds_source_close(source);
    source = host_open(path);
    model = host_model(source, EVERY);
    for (size_t i = 0; i < VALUE_COUNT; i++) {
        ds_record *record;
        snprintf(id, sizeof id, "%zu", i);
        CU_ASSERT_EQUAL_FATAL(ds_find_by_id(model, ds_string(id), &record, &host_error), DS_OK);
        CU_ASSERT(same_value(ds_record_get(record, VALUES[i].property), value_at(i)));
        ds_record_free(record);
    }
    ds_source_close(source);
    end();
}

static void all_that_was_done_is_there_after_a_restart(void)
{
    begin();
    uint64_t count;
    ds_source *source = host_open(path);
    ds_model *model = host_model(source, THING);
    for (int i = 0; i < 10; i++)
        CU_ASSERT_EQUAL(host_create(model, "{\"text\":\"new\",\"n\":0}"), DS_OK);
    CU_ASSERT_EQUAL(host_update(model, ds_integer(1), "{\"text\":null}"), DS_OK);
    CU_ASSERT_EQUAL(host_replace(model, ds_integer(2), "{\"n\":2}"), DS_OK);
    CU_ASSERT_EQUAL(host_upsert(model, "{\"id\":3,\"text\":\"up\"}"), DS_OK);
    CU_ASSERT_EQUAL(ds_increment(model, ds_integer(4), "n", ds_integer(7), NULL, &host_error), DS_OK);
    CU_ASSERT_EQUAL(ds_delete_by_id(model, ds_integer(5), &host_error), DS_OK);
    CU_ASSERT_EQUAL(host_update_where(model, "{\"id\":{\"between\":[6,7]}}", "{\"text\":\"many\"}", &count), DS_OK);
    CU_ASSERT_EQUAL(host_delete_where(model, "{\"id\":{\"gte\":9}}", &count), DS_OK);
    CU_ASSERT_EQUAL(ds_expire(model, ds_integer(8), 3600000, &host_error), DS_OK);
    char *before = host_find(model, "{}");
    ds_source_close(source);

    source = host_open(path);
    model = host_model(source, THING);
    int64_t ttl = 0, id;
    HOST_FINDS(model, "{}", before); /* in the order of creation, too */
    CU_ASSERT_EQUAL(ds_ttl(model, ds_integer(8), &ttl, &host_error), DS_OK);
    CU_ASSERT(ttl > 3000000 && ttl <= 3600000);
    ds_record *record = host_record(model, "{}");
    CU_ASSERT_EQUAL(ds_create(model, record, &host_error), DS_OK);
    id = ds_record_get(record, "id").as.integer;
    CU_ASSERT_EQUAL(id, 11); /* 10 was deleted, and does not come back */
    ds_record_free(record);
    ds_source_close(source);
    free(before);
    end();
}

static void a_disconnect_lets_go_of_the_file_and_a_connect_reads_it_again(void)
{
    begin();
    ds_source *source = host_open(path), *other;
    ds_model *model = host_model(source, THING);
    CU_ASSERT_EQUAL(host_create(model, "{\"text\":\"a\"}"), DS_OK);
    CU_ASSERT_EQUAL(ds_disconnect(source, &host_error), DS_OK);
    other = host_open(path);
    ds_model *others = host_model(other, THING);
    CU_ASSERT_EQUAL(host_update(others, ds_integer(1), "{\"text\":\"b\"}"), DS_OK);
    CU_ASSERT_EQUAL(ds_connect(source, &host_error), DS_BUSY);
    ds_source_close(other);
    CU_ASSERT_EQUAL(ds_connect(source, &host_error), DS_OK);
    HOST_FINDS(model, "{}", "{\"id\":1,\"text\":\"b\"}\n");
    ds_source_close(source);
    end();
}

static bool file_has_none(void *model)
{
    return host_count(model, NULL) == 0;
}

static void what_expired_while_nobody_looked_is_gone(void)
{
    begin();
    ds_source *source = host_open(path);
    ds_model *model = host_model(source, THING);
    CU_ASSERT_EQUAL(host_create(model, "{\"id\":1}"), DS_OK);
    CU_ASSERT_EQUAL(ds_expire(model, ds_integer(1), 2, &host_error), DS_OK);
    CU_ASSERT(host_await(file_has_none, model));
    ds_source_close(source);
    source = host_open(path);
    model = host_model(source, THING);
    CU_ASSERT_EQUAL(host_count(model, NULL), 0);
    CU_ASSERT_EQUAL(host_stat(source, "stored"), 0);
    CU_ASSERT_EQUAL(host_create(model, "{\"id\":1}"), DS_OK);
    ds_source_close(source);
    end();
}

/* ---- models ---- */

static void a_definition_may_change_between_two_runs(void)
{
    begin();
    ds_source *source = host_open(path);
    ds_model *model = host_model(source, THING);
    CU_ASSERT_EQUAL(host_create(model, "{\"id\":1,\"text\":\"12\",\"n\":5}"), DS_OK);
    CU_ASSERT_EQUAL(host_create(model, "{\"id\":2,\"text\":\"x\",\"n\":6}"), DS_OK);
    ds_source_close(source);

    source = host_open(path); /* text is an integer now, and n is not declared: it is kept, even by a replace */
    model = host_model(
        source, "{\"name\":\"Thing\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true},\"text\":\"integer\"}}");
    HOST_FINDS(model, "{\"order\":\"id\"}", "{\"id\":1,\"text\":12}\n{\"id\":2,\"text\":\"x\"}\n");
    HOST_FINDS(model, "{\"where\":{\"text\":12}}", "{\"id\":1,\"text\":12}\n");
    CU_ASSERT_EQUAL(host_update(model, ds_integer(1), "{\"text\":13}"), DS_OK);
    CU_ASSERT_EQUAL(host_replace(model, ds_integer(2), "{\"text\":14}"), DS_OK);
    ds_source_close(source);

    source = host_open(path);
    model = host_model(source, THING);
    HOST_FINDS(model, "{\"order\":\"id\"}", "{\"id\":1,\"text\":\"13\",\"n\":5}\n{\"id\":2,\"text\":\"14\",\"n\":6}\n");
    ds_source_close(source);

    source = host_open(path); /* no definition at all: text, and ids are text */
    model = ds_source_model(source, "Thing", NULL);
    HOST_FINDS(model, "{\"where\":{\"id\":\"2\"}}", "{\"id\":\"2\",\"n\":\"6\",\"text\":\"14\"}\n");
    CU_ASSERT_EQUAL(ds_delete_by_id(model, ds_string("2"), &host_error), DS_OK);
    ds_source_close(source);
    source = host_open(path);
    CU_ASSERT_EQUAL(host_count(host_model(source, THING), NULL), 1);
    ds_source_close(source);
    end();
}

static void a_value_that_is_unique_from_now_on_but_twice_in_the_file_is_told(void)
{
    static const char unique[] = "{\"name\":\"Thing\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true},"
                                 "\"text\":{\"type\":\"string\",\"unique\":true},\"n\":\"integer\"}}";
    begin();
    ds_source *source = host_open(path);
    ds_model *model = host_model(source, THING);
    host_create(model, "{\"text\":\"a\"}");
    host_create(model, "{\"text\":\"a\"}");
    ds_source_close(source);
    source = host_open(path); /* the model first, then the file */
    host_model(source, unique);
    CU_ASSERT_EQUAL(ds_connect(source, &host_error), DS_CONFIG);
    CU_ASSERT(said("text") && said("Thing"));
    ds_source_close(source);
    source = host_open(path); /* the file first */
    CU_ASSERT_EQUAL(ds_connect(source, &host_error), DS_OK);
    CU_ASSERT_EQUAL(ds_model_define(source, unique, &model, &host_error), DS_CONFIG);
    CU_ASSERT_EQUAL(ds_model_define(source, THING, &model, &host_error), DS_OK);
    CU_ASSERT_EQUAL(host_count(model, NULL), 2);
    ds_source_close(source);
    end();
}

/* ---- compaction ---- */

static void churn(ds_model *model, int times)
{
    static char json[20000];
    int length = sprintf(json, "{\"text\":\"");
    memset(json + length, 'x', 16000);
    strcpy(json + length + 16000, "\"}");
    for (int i = 0; i < times; i++)
        CU_ASSERT_EQUAL(host_update(model, ds_integer(1 + i % 5), json), DS_OK);
}

static void the_file_does_not_grow_without_end_and_keeps_what_nobody_asked_for(void)
{
    begin();
    ds_source *source = host_open(path);
    ds_model *model = host_model(source, THING), *other = ds_source_model(source, "Other", NULL);
    CU_ASSERT_EQUAL(host_create(other, "{\"id\":\"kept\",\"k\":\"v\"}"), DS_OK);
    for (int i = 0; i < 6; i++)
        CU_ASSERT_EQUAL(host_create(model, "{}"), DS_OK);
    CU_ASSERT_EQUAL(ds_expire(model, ds_integer(2), 3600000, &host_error), DS_OK);
    CU_ASSERT_EQUAL(ds_delete_by_id(model, ds_integer(6), &host_error), DS_OK);
    ds_source_close(source);

    char link[600];
    snprintf(link, sizeof link, "%s/link", folder);
    CU_ASSERT_EQUAL(symlink("data", link), 0);
    CU_ASSERT_EQUAL(chmod(path, 0640), 0);
    source = host_open(link);
    model = host_model(source, THING);
    churn(model, 600);
    CU_ASSERT(host_stat(source, "compactions") >= 5);
    CU_ASSERT(host_stat(source, "fileBytes") < 1200000);
    CU_ASSERT_EQUAL((long long)file_length(path), host_stat(source, "fileBytes"));
    char *before = host_find(model, "{\"order\":\"id\"}");
    ds_source_close(source);

    struct stat about;
    CU_ASSERT_EQUAL(lstat(link, &about), 0);
    CU_ASSERT(S_ISLNK(about.st_mode));
    CU_ASSERT_EQUAL(stat(path, &about), 0);
    CU_ASSERT_EQUAL(about.st_mode & 0777, 0640);
    source = host_open(path);
    model = host_model(source, THING);
    HOST_FINDS(model, "{\"order\":\"id\"}", before);
    HOST_FINDS(ds_source_model(source, "Other", NULL), "{}", "{\"id\":\"kept\",\"k\":\"v\"}\n");
    int64_t ttl;
    CU_ASSERT_EQUAL(ds_ttl(model, ds_integer(2), &ttl, &host_error), DS_OK);
    CU_ASSERT(ttl > 3000000);
    ds_record *record = host_record(model, "{}");
    CU_ASSERT_EQUAL(ds_create(model, record, &host_error), DS_OK);
    CU_ASSERT_EQUAL(ds_record_get(record, "id").as.integer, 7);
    ds_record_free(record);
    ds_source_close(source);
    free(before);
    end();
}

static void a_compaction_that_cannot_be_made_loses_nothing(void)
{
    begin();
    char block[600];
    snprintf(block, sizeof block, "%s.compacting", path);
    CU_ASSERT_EQUAL(mkdir(block, 0700), 0); /* in its way, and not to be unlinked */
    ds_source *source = host_open(path);
    ds_model *model = host_model(source, THING);
    for (int i = 0; i < 5; i++)
        CU_ASSERT_EQUAL(host_create(model, "{}"), DS_OK);
    churn(model, 200);
    CU_ASSERT_EQUAL(host_stat(source, "compactions"), 0);
    CU_ASSERT(host_stat(source, "fileBytes") > 3000000);
    CU_ASSERT_EQUAL(rmdir(block), 0);
    churn(model, 200);
    CU_ASSERT(host_stat(source, "compactions") > 0);
    ds_source_close(source);
    CU_ASSERT_EQUAL(file_status(), DS_OK);
    end();
}

/* ---- a torn or damaged file ---- */

typedef struct image {
    char *bytes;
    size_t length, last; /* where the last entry begins */
} image;

/* A file of a few entries, each a call; the last one holds two records. */
static image make_image(void)
{
    ds_source *source = host_open(path);
    ds_model *model = host_model(source, THING);
    for (int i = 0; i < 4; i++)
        CU_ASSERT_EQUAL(host_create(model, "{\"text\":\"some text\"}"), DS_OK);
    image made = {.last = (size_t)host_stat(source, "fileBytes")};
    ds_record *records[] = {host_record(model, "{\"text\":\"five\"}"), host_record(model, "{\"text\":\"six\"}")};
    CU_ASSERT_EQUAL(ds_create_all(model, records, 2, NULL, &host_error), DS_OK);
    ds_record_free(records[0]);
    ds_record_free(records[1]);
    ds_source_close(source);
    made.bytes = file_read(path, &made.length);
    return made;
}

/* The file holds the first four, can be written to, and keeps that. */
static void goes_on_behind_the_fourth(size_t length)
{
    ds_source *source = host_open(path);
    ds_model *model = host_model(source, THING);
    CU_ASSERT_EQUAL(host_count(model, NULL), 4);
    CU_ASSERT_EQUAL(file_length(path), length);
    CU_ASSERT_EQUAL(host_create(model, "{\"id\":9}"), DS_OK);
    ds_source_close(source);
    source = host_open(path);
    CU_ASSERT_EQUAL(host_count(host_model(source, THING), NULL), 5);
    ds_source_close(source);
}

static void a_last_entry_torn_at_any_byte_is_cut_off(void)
{
    begin();
    image whole = make_image();
    for (size_t cut = whole.last; cut < whole.length; cut++) {
        file_store(path, whole.bytes, cut);
        goes_on_behind_the_fourth(whole.last);
    }
    free(whole.bytes);
    end();
}

static void a_last_entry_with_any_byte_wrong_is_cut_off(void)
{
    begin();
    image whole = make_image();
    for (size_t at = whole.last; at < whole.length; at++) {
        whole.bytes[at] ^= 0x20;
        file_store(path, whole.bytes, whole.length);
        whole.bytes[at] ^= 0x20;
        goes_on_behind_the_fourth(whole.last);
    }
    char *longer = calloc(1, whole.last + 100000); /* room that a file system gave, and no data */
    memcpy(longer, whole.bytes, whole.last);
    file_store(path, longer, whole.last + 100000);
    goes_on_behind_the_fourth(whole.last);
    free(longer);
    free(whole.bytes);
    end();
}

static void damage_before_a_good_entry_is_refused_and_nothing_is_touched(void)
{
    begin();
    image whole = make_image();
    size_t length;
    for (size_t at = 32; at < whole.last; at++) {
        whole.bytes[at] ^= 0x01;
        file_store(path, whole.bytes, whole.length);
        CU_ASSERT_EQUAL(file_status(), DS_BACKEND);
        CU_ASSERT(said("damaged") && said(path) && said("at byte"));
        char *after = file_read(path, &length);
        CU_ASSERT(length == whole.length && memcmp(after, whole.bytes, length) == 0);
        free(after);
        whole.bytes[at] ^= 0x01;
    }
    free(whole.bytes);
    end();
}

/* An entry of this very file, held by a record: it must not pass for one. */
static void bytes_that_look_like_an_entry_are_not_taken_for_one(void)
{
    begin();
    image whole = make_image();
    ds_source *source = host_open(path);
    ds_model *model = host_model(source, EVERY);
    size_t start = (size_t)host_stat(source, "fileBytes"), length;
    ds_record *record = ds_record_new(model);
    ds_record_set(record, "id", ds_string("image"));
    ds_record_set(record, "x", ds_binary(whole.bytes, whole.length));
    CU_ASSERT_EQUAL(ds_connect(source, &host_error), DS_OK);
    start = (size_t)host_stat(source, "fileBytes");
    CU_ASSERT_EQUAL(ds_create(model, record, &host_error), DS_OK);
    ds_record_free(record);
    ds_source_close(source);
    char *bytes = file_read(path, &length);
    file_store(path, bytes, length - 1); /* torn, with whole entries in it */
    free(bytes);
    source = host_open(path);
    CU_ASSERT_EQUAL(host_count(host_model(source, THING), NULL), 6);
    CU_ASSERT_EQUAL(host_count(host_model(source, EVERY), NULL), 0);
    CU_ASSERT_EQUAL(file_length(path), start);
    ds_source_close(source);
    free(whole.bytes);
    end();
}

/* ---- headers ---- */

static void a_header_that_is_wrong_is_refused(void)
{
    begin();
    image whole = make_image();
    for (size_t at = 0; at < 20; at++) {
        whole.bytes[at] ^= 0x01;
        file_store(path, whole.bytes, whole.length);
        CU_ASSERT_EQUAL(file_status(), at < 8 ? DS_CONFIG : DS_BACKEND);
        CU_ASSERT(said(path));
        CU_ASSERT_EQUAL(file_length(path), whole.length);
        whole.bytes[at] ^= 0x01;
    }
    file_store(path, whole.bytes, 20); /* a kill while it was made */
    CU_ASSERT_EQUAL(file_status(), DS_OK);
    file_store(path, "", 0);
    CU_ASSERT_EQUAL(file_status(), DS_OK);
    free(whole.bytes);
    end();
}

static uint32_t crc32c(const unsigned char *bytes, size_t length)
{
    uint32_t crc = ~0u;
    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0);
    }
    return ~crc;
}

static void a_newer_format_is_refused_with_its_number(void)
{
    CU_ASSERT_EQUAL(crc32c((const unsigned char *)"123456789", 9), 0xe3069283u); /* RFC 3720's check value */
    begin();
    image whole = make_image();
    whole.bytes[8] = 2;
    uint32_t crc = crc32c((const unsigned char *)whole.bytes, 16);
    for (int i = 0; i < 4; i++)
        whole.bytes[16 + i] = (char)(unsigned char)(crc >> (8 * i));
    file_store(path, whole.bytes, whole.length);
    CU_ASSERT_EQUAL(file_status(), DS_CONFIG);
    CU_ASSERT(said("format 2"));
    free(whole.bytes);
    end();
}

static void what_is_no_file_of_ours_is_left_alone(void)
{
    begin();
    size_t length;
    file_store(path, "dear diary", 10);
    CU_ASSERT_EQUAL(file_status(), DS_CONFIG);
    char *after = file_read(path, &length);
    CU_ASSERT_STRING_EQUAL(after, "dear diary");
    free(after);
    char settings[600];
    snprintf(settings, sizeof settings, "{\"file\":\"%s\"}", folder);
    CU_ASSERT_EQUAL(connect_status(settings), DS_CONFIG);
    snprintf(settings, sizeof settings, "{\"file\":\"%s/no/such/folder\"}", folder);
    CU_ASSERT_EQUAL(connect_status(settings), DS_CONFIG);
    CU_ASSERT_EQUAL(host_error.native, ENOENT);
    CU_ASSERT_EQUAL(connect_status("{\"file\":\"/dev/full\"}"), DS_CONFIG);
    end();
}

/* ---- who may have it ---- */

static void a_file_that_is_in_use_is_busy(void)
{
    begin();
    ds_source *source = host_open(path);
    CU_ASSERT_EQUAL(ds_connect(source, &host_error), DS_OK);
    CU_ASSERT_EQUAL(file_status(), DS_BUSY);
    CU_ASSERT(said(path) && said("in use"));
    pid_t child = fork();
    if (child == 0)
        _exit(file_status() == DS_BUSY ? 0 : 1);
    int status = -1;
    waitpid(child, &status, 0);
    CU_ASSERT_EQUAL(status, 0);
    ds_source_close(source);
    CU_ASSERT_EQUAL(file_status(), DS_OK);
    end();
}

static void a_reader_needs_the_file_shares_it_and_changes_nothing(void)
{
    begin();
    char settings[600];
    snprintf(settings, sizeof settings, "{\"file\":\"%s\",\"readOnly\":true}", path);
    CU_ASSERT_EQUAL(connect_status(settings), DS_CONFIG);
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
    image whole = make_image();
    file_store(path, whole.bytes, whole.length - 1);
    ds_source *one, *other;
    CU_ASSERT_EQUAL(ds_source_open("memory", settings, &one, &host_error), DS_OK);
    CU_ASSERT_EQUAL(ds_source_open("memory", settings, &other, &host_error), DS_OK);
    ds_model *model = host_model(one, THING);
    CU_ASSERT_EQUAL(host_count(model, NULL), 4);
    CU_ASSERT_EQUAL(host_count(host_model(other, THING), NULL), 4);
    CU_ASSERT_EQUAL(host_create(model, "{}"), DS_READONLY);
    CU_ASSERT_EQUAL(file_status(), DS_BUSY); /* a writer */
    ds_source_close(one);
    ds_source_close(other);
    CU_ASSERT_EQUAL(file_length(path), whole.length - 1);
    free(whole.bytes);
    end();
}

/* ---- a full disk ---- */

static void limit_files_to(rlim_t bytes)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
}

/* In a child process, with a file that may grow to one byte less than each write needs. Exits with the line that
 * failed. */
#define REQUIRE(condition)                                                                                             \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            _exit(__LINE__ % 255 + 1);                                                                                 \
    } while (0)

static bool told_by_signal;

static void write_on_a_full_disk(void)
{
    if (told_by_signal)
        signal(SIGXFSZ, SIG_DFL); /* ends a process that lets it through */
    else
        signal(SIGXFSZ, SIG_IGN);
    ds_source *source = host_open(path);
    ds_model *model = host_model(source, THING);
    REQUIRE(host_create(model, "{\"id\":1,\"text\":\"first\"}") == DS_OK);
    size_t size = file_length(path);
    for (size_t room = 0; room < 25; room += 4) { /* a delete takes 25 bytes */
        limit_files_to(size + room);
        REQUIRE(host_create(model, "{\"id\":2,\"text\":\"second\"}") == DS_BACKEND);
        REQUIRE(host_error.native == EFBIG && said(path));
        REQUIRE(host_update(model, ds_integer(1), "{\"text\":\"changed\"}") == DS_BACKEND);
        REQUIRE(ds_delete_by_id(model, ds_integer(1), &host_error) == DS_BACKEND);
        REQUIRE(ds_increment(model, ds_integer(1), "n", ds_integer(1), NULL, &host_error) == DS_BACKEND);
        REQUIRE(host_count(model, "{\"text\":\"first\",\"n\":null}") == 1);
        REQUIRE(file_length(path) == size);
    }
    sigset_t pending, mask;
    REQUIRE(sigpending(&pending) == 0 && sigismember(&pending, SIGXFSZ) == 0);
    REQUIRE(sigprocmask(SIG_SETMASK, NULL, &mask) == 0 && sigismember(&mask, SIGXFSZ) == 0);
    limit_files_to(RLIM_INFINITY);
    REQUIRE(host_upsert(model, "{\"id\":3,\"text\":\"third\"}") == DS_OK);
    char *found = host_find(model, "{\"where\":{\"id\":{\"gt\":1}}}");
    REQUIRE(strcmp(found, "{\"id\":3,\"text\":\"third\"}\n") == 0);
    free(found);
    ds_source_close(source);
    _exit(0);
}

static void expect_full_disk(void)
{
    begin();
    pid_t child = fork();
    if (child == 0)
        write_on_a_full_disk();
    int status = -1;
    waitpid(child, &status, 0);
    CU_ASSERT_EQUAL(status, 0);
    if (status != 0)
        printf("\nline with the remainder %d of 255 failed", WEXITSTATUS(status) - 1);
    ds_source *source = host_open(path);
    ds_model *model = host_model(source, THING);
    CU_ASSERT_EQUAL(host_count(model, "{\"id\":2}"), 0);
    HOST_FINDS(model, "{\"where\":{\"id\":3}}", "{\"id\":3,\"text\":\"third\"}\n");
    ds_source_close(source);
    end();
}

static void a_write_that_does_not_fit_is_told_and_kept_nowhere(void)
{
    told_by_signal = false;
    expect_full_disk();
}

static void a_limit_on_the_size_of_files_does_not_end_the_host(void)
{
    told_by_signal = true;
    expect_full_disk();
}

/* ---- where the file is ---- */

static void a_relative_path_is_meant_from_where_it_was_opened(void)
{
    char before[512], other[600];
    begin();
    snprintf(other, sizeof other, "%s/other", folder);
    CU_ASSERT_EQUAL_FATAL(mkdir(other, 0700), 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(getcwd(before, sizeof before));
    CU_ASSERT_EQUAL_FATAL(chdir(folder), 0);
    ds_source *source = host_open("data");
    ds_model *model = host_model(source, THING);
    CU_ASSERT_EQUAL_FATAL(chdir(other), 0);
    CU_ASSERT_EQUAL(host_create(model, "{\"id\":1}"), DS_OK);
    CU_ASSERT_EQUAL(ds_disconnect(source, &host_error), DS_OK);
    CU_ASSERT_EQUAL(ds_connect(source, &host_error), DS_OK);
    CU_ASSERT_EQUAL(host_create(model, "{\"id\":2}"), DS_OK);
    ds_source_close(source);
    CU_ASSERT_EQUAL_FATAL(chdir(before), 0);
    source = host_open(path);
    CU_ASSERT_EQUAL(host_count(host_model(source, THING), NULL), 2);
    ds_source_close(source);
    CU_ASSERT_EQUAL(rmdir(other), 0); /* nothing is in it */
    end();
}

/* ---- fork ---- */

static void use_in_the_child(ds_source *source, ds_model *model, bool goes_on)
{
    size_t size = file_length(path);
    REQUIRE(host_count(model, NULL) == 1);
    REQUIRE(host_create(model, "{\"id\":5}") == DS_BUSY && said(path) && said("forked"));
    REQUIRE(host_update(model, ds_integer(1), "{\"text\":\"changed\"}") == DS_BUSY);
    REQUIRE(ds_delete_by_id(model, ds_integer(1), &host_error) == DS_BUSY);
    REQUIRE(ds_increment(model, ds_integer(1), "n", ds_integer(1), NULL, &host_error) == DS_BUSY);
    REQUIRE(ds_expire(model, ds_integer(1), 1000, &host_error) == DS_BUSY);
    uint64_t count = 0;
    REQUIRE(host_delete_where(model, "{}", &count) == DS_BUSY && count == 0);
    REQUIRE(host_count(model, "{\"text\":\"first\"}") == 1);
    REQUIRE(file_length(path) == size && host_stat(source, "fileBytes") == (long long)size);
    if (goes_on) { /* the lock is the parent's still */
        REQUIRE(ds_disconnect(source, &host_error) == DS_OK);
        REQUIRE(ds_connect(source, &host_error) == DS_BUSY);
    }
    ds_source_close(source);
    REQUIRE(file_length(path) == size);
    _exit(0);
}

static void after_a_fork_the_file_is_the_parents(void)
{
    for (int goes_on = 0; goes_on < 2; goes_on++) {
        begin();
        ds_source *source = host_open(path);
        ds_model *model = host_model(source, THING);
        CU_ASSERT_EQUAL(host_create(model, "{\"id\":1,\"text\":\"first\"}"), DS_OK);
        pid_t child = fork();
        if (child == 0)
            use_in_the_child(source, model, goes_on != 0);
        int status = -1;
        waitpid(child, &status, 0);
        CU_ASSERT_EQUAL(status, 0);
        if (status != 0)
            printf("\nline with the remainder %d of 255 failed", WEXITSTATUS(status) - 1);
        CU_ASSERT_EQUAL(host_create(model, "{\"id\":2}"), DS_OK);
        CU_ASSERT_EQUAL(file_status(), DS_BUSY);
        ds_source_close(source);
        source = host_open(path);
        CU_ASSERT_EQUAL(host_count(host_model(source, THING), NULL), 2);
        ds_source_close(source);
        end();
    }
}

static void a_file_that_the_parent_lets_go_of_is_free_though_a_child_lives(void)
{
    int ends[2];
    char byte;
    begin();
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    ds_source *source = host_open(path);
    CU_ASSERT_EQUAL(host_create(host_model(source, THING), "{\"id\":1}"), DS_OK);
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        _exit(read(ends[0], &byte, 1) == 0 ? 0 : 1); /* until the parent has looked */
    }
    ds_source_close(source);
    CU_ASSERT_EQUAL(file_status(), DS_OK);
    close(ends[1]);
    close(ends[0]);
    waitpid(child, NULL, 0);
    end();
}

int main(void)
{
    static const test tests[] = {
        {"every value comes back bit for bit", every_value_comes_back_bit_for_bit},
        {"all that was done is there after a restart", all_that_was_done_is_there_after_a_restart},
        {"a disconnect lets go of the file, and a connect reads it again",
         a_disconnect_lets_go_of_the_file_and_a_connect_reads_it_again},
        {"what expired while nobody looked is gone", what_expired_while_nobody_looked_is_gone},
        {"a definition may change between two runs", a_definition_may_change_between_two_runs},
        {"a value that is unique from now on but twice in the file is told",
         a_value_that_is_unique_from_now_on_but_twice_in_the_file_is_told},
        {"the file does not grow without end, and keeps what nobody asked for",
         the_file_does_not_grow_without_end_and_keeps_what_nobody_asked_for},
        {"a compaction that cannot be made loses nothing", a_compaction_that_cannot_be_made_loses_nothing},
        {"a last entry torn at any byte is cut off", a_last_entry_torn_at_any_byte_is_cut_off},
        {"a last entry with any byte wrong is cut off", a_last_entry_with_any_byte_wrong_is_cut_off},
        {"damage before a good entry is refused, and nothing is touched",
         damage_before_a_good_entry_is_refused_and_nothing_is_touched},
        {"bytes that look like an entry are not taken for one", bytes_that_look_like_an_entry_are_not_taken_for_one},
        {"a header that is wrong is refused", a_header_that_is_wrong_is_refused},
        {"a newer format is refused with its number", a_newer_format_is_refused_with_its_number},
        {"what is no file of ours is left alone", what_is_no_file_of_ours_is_left_alone},
        {"a file that is in use is busy", a_file_that_is_in_use_is_busy},
        {"a reader needs the file, shares it and changes nothing",
         a_reader_needs_the_file_shares_it_and_changes_nothing},
        {"a write that does not fit is told and kept nowhere", a_write_that_does_not_fit_is_told_and_kept_nowhere},
        {"a limit on the size of files does not end the host", a_limit_on_the_size_of_files_does_not_end_the_host},
        {"a relative path is meant from where it was opened", a_relative_path_is_meant_from_where_it_was_opened},
        {"after a fork the file is the parent's", after_a_fork_the_file_is_the_parents},
        {"a file that the parent lets go of is free though a child lives",
         a_file_that_the_parent_lets_go_of_is_free_though_a_child_lives},
    };
    return SUITE_RUN("memory in a file", tests);
}
