/* Values at their limits: what the library writes, another program reads by SQLite's own API as the same value; and what
 * that writes, the library reads. */
#include "base.h"

#include <float.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char V[] = "{\"name\":\"V\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true},\"i\":\"integer\","
                        "\"n\":\"number\",\"d\":\"date\",\"b\":\"boolean\",\"s\":\"string\",\"x\":\"binary\"}}";

#define DATE_LEAST (-62167219200000) /* 0000-01-01 */
#define DATE_MOST  253402300799999   /* 9999-12-31T23:59:59.999Z */

static const int64_t integers[] = {0,
                                   1,
                                   -1,
                                   INT32_MAX,
                                   INT32_MIN,
                                   ((int64_t)1 << 53) - 1,
                                   (int64_t)1 << 53,
                                   ((int64_t)1 << 53) + 1,
                                   -(((int64_t)1 << 53) + 1),
                                   INT64_MAX - 1,
                                   INT64_MAX,
                                   INT64_MIN,
                                   INT64_MIN + 1};
static const double numbers[] = {0,     0.1,     -0.1,     1e15,    1e16,   9007199254740993.0,    1.0 / 3,
                                 1e-10, DBL_MAX, -DBL_MAX, DBL_MIN, 5e-324, 1.7976931348623155e308};
static const int64_t dates[] = {0, -1, 1, 951825600000, DATE_LEAST, DATE_MOST};
static const struct {
    const char *bytes;
    uint32_t length;
} strings[] = {{"", 0},
               {" ", 1},
               {"12", 2},
               {"1e5", 3},
               {"NULL", 4},
               {"true", 4},
               {"it's; DROP TABLE V; --", 22},
               {"\0", 1},
               {"a\0b\0", 4},
               {"\xc3\xa4\xe2\x9c\x93\xf0\x9f\x98\x80", 9},
               {"\xf4\x8f\xbf\xbf", 4},
               {"\xef\xbb\xbf"
                "bom",
                6},
               {"\r\n\t\x01\x7f", 5}};

static ds_model *model;

static void begin(void)
{
    base_begin();
    model = host_model(base_open(""), V);
}

static void put(int64_t id, const char *property, ds_value value)
{
    ds_record *record = ds_record_new(model);
    ds_record_set(record, "id", ds_integer(id));
    ds_record_set(record, property, value);
    ds_status status = ds_create(model, record, &host_error);
    if (status != DS_OK)
        printf("\n%s %lld: %s", property, (long long)id, host_error.message);
    CU_ASSERT_EQUAL(status, DS_OK);
    ds_record_free(record);
}

static bool is_same(ds_value one, ds_value other)
{
    return one.type == other.type && ds_value_compare(one, other) == 0;
}

/* By the library itself: by id, and by a filter for just this value. */
static void found_again(int64_t id, const char *property, ds_value value)
{
    ds_record *record = NULL;
    CU_ASSERT_EQUAL_FATAL(ds_find_by_id(model, ds_integer(id), &record, &host_error), DS_OK);
    CU_ASSERT(is_same(ds_record_get(record, property), value));
    ds_record_free(record);
    ds_filter *where =
        ds_all((ds_filter *[]){ds_where(property, DS_EQ, value), ds_where("id", DS_EQ, ds_integer(id))}, 2);
    uint64_t count = 0;
    CU_ASSERT_EQUAL(ds_count(model, where, &count, &host_error), DS_OK);
    if (count != 1)
        printf("\n%s %lld is not found by its value", property, (long long)id);
    CU_ASSERT_EQUAL(count, 1);
    ds_filter_free(where);
}

/* The rows of one column, by a connection of another program. */
static sqlite3_stmt *raw_rows(sqlite3 **db, const char *column)
{
    char sql[100];
    sqlite3_stmt *stmt = NULL;
    snprintf(sql, sizeof sql, "SELECT %s FROM V WHERE %s IS NOT NULL ORDER BY id", column, column);
    CU_ASSERT_EQUAL_FATAL(sqlite3_open_v2(base_file, db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    CU_ASSERT_EQUAL_FATAL(sqlite3_prepare_v2(*db, sql, -1, &stmt, NULL), SQLITE_OK);
    return stmt;
}

static void raw_end(sqlite3 *db, sqlite3_stmt *stmt)
{
    CU_ASSERT_EQUAL(sqlite3_step(stmt), SQLITE_DONE);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

#define COUNT(array) ((int64_t)(sizeof(array) / sizeof *(array)))

static void integers_are_whole_to_the_last_bit(void)
{
    sqlite3 *db;
    begin();
    for (int64_t i = 0; i < COUNT(integers); i++)
        put(i, "i", ds_integer(integers[i]));
    sqlite3_stmt *stmt = raw_rows(&db, "i");
    for (int64_t i = 0; i < COUNT(integers); i++) {
        CU_ASSERT_EQUAL_FATAL(sqlite3_step(stmt), SQLITE_ROW);
        CU_ASSERT_EQUAL(sqlite3_column_type(stmt, 0), SQLITE_INTEGER);
        CU_ASSERT_EQUAL(sqlite3_column_int64(stmt, 0), integers[i]);
        found_again(i, "i", ds_integer(integers[i]));
    }
    raw_end(db, stmt);
    HOST_FINDS(model, "{\"where\":{\"i\":{\"gt\":9007199254740992,\"lt\":9223372036854775806}},\"fields\":[\"i\"]}",
               "{\"i\":9007199254740993}\n");
    base_end();
}

static void numbers_are_the_same_doubles(void)
{
    sqlite3 *db;
    begin();
    for (int64_t i = 0; i < COUNT(numbers); i++)
        put(i, "n", ds_number(numbers[i]));
    sqlite3_stmt *stmt = raw_rows(&db, "n");
    for (int64_t i = 0; i < COUNT(numbers); i++) {
        CU_ASSERT_EQUAL_FATAL(sqlite3_step(stmt), SQLITE_ROW);
        CU_ASSERT_EQUAL(sqlite3_column_type(stmt, 0), SQLITE_FLOAT);
        double is = sqlite3_column_double(stmt, 0);
        CU_ASSERT_EQUAL(memcmp(&is, &numbers[i], sizeof is), 0);
        found_again(i, "n", ds_number(numbers[i]));
    }
    raw_end(db, stmt);
    base_end();
}

static void dates_are_milliseconds_and_booleans_are_0_and_1(void)
{
    sqlite3 *db;
    begin();
    for (int64_t i = 0; i < COUNT(dates); i++)
        put(i, "d", ds_date(dates[i]));
    put(100, "b", ds_boolean(false));
    put(101, "b", ds_boolean(true));
    sqlite3_stmt *stmt = raw_rows(&db, "d");
    for (int64_t i = 0; i < COUNT(dates); i++) {
        CU_ASSERT_EQUAL_FATAL(sqlite3_step(stmt), SQLITE_ROW);
        CU_ASSERT_EQUAL(sqlite3_column_int64(stmt, 0), dates[i]);
        found_again(i, "d", ds_date(dates[i]));
    }
    raw_end(db, stmt);
    BASE_IS("SELECT b, typeof(b) FROM V WHERE b IS NOT NULL ORDER BY id", "0|integer\n1|integer\n");
    /* as SQL reads them */
    BASE_IS("SELECT strftime('%Y-%m-%d %H:%M:%f', d / 1000.0, 'unixepoch') FROM V WHERE id IN (3, 4, 5) ORDER BY id",
            "2000-02-29 12:00:00.000\n0000-01-01 00:00:00.000\n9999-12-31 23:59:59.999\n");
    BASE_IS("SELECT count(*) FROM V WHERE b", "1\n");
    found_again(100, "b", ds_boolean(false));
    found_again(101, "b", ds_boolean(true));
    base_end();
}

static void bytes_are_the_same_bytes(const char *column, ds_type type, int stored)
{
    sqlite3 *db;
    begin();
    for (int64_t i = 0; i < COUNT(strings); i++)
        put(i, column, ds_bytes_value(type, strings[i].bytes, strings[i].length));
    sqlite3_stmt *stmt = raw_rows(&db, column);
    for (int64_t i = 0; i < COUNT(strings); i++) {
        CU_ASSERT_EQUAL_FATAL(sqlite3_step(stmt), SQLITE_ROW);
        CU_ASSERT_EQUAL(sqlite3_column_type(stmt, 0), stored);
        CU_ASSERT_EQUAL_FATAL(sqlite3_column_bytes(stmt, 0), (int)strings[i].length);
        if (strings[i].length > 0) {
            const void *bytes = type == DS_BINARY ? sqlite3_column_blob(stmt, 0) : sqlite3_column_text(stmt, 0);
            CU_ASSERT_EQUAL(memcmp(bytes, strings[i].bytes, strings[i].length), 0);
        }
        found_again(i, column, ds_bytes_value(type, strings[i].bytes, strings[i].length));
    }
    raw_end(db, stmt);
    base_end();
}

static void strings_are_the_same_bytes(void)
{
    bytes_are_the_same_bytes("s", DS_STRING, SQLITE_TEXT);
}

static void binary_is_the_same_bytes(void)
{
    bytes_are_the_same_bytes("x", DS_BINARY, SQLITE_BLOB);
}

static void large_values_are_whole(void)
{
    const uint32_t size = 5000000;
    sqlite3 *db;
    char *bytes = malloc(size);
    for (uint32_t i = 0; i < size; i++)
        bytes[i] = (char)('a' + i % 23);
    begin();
    put(1, "s", ds_string_n(bytes, size));
    put(2, "x", ds_binary(bytes, size));
    found_again(1, "s", ds_string_n(bytes, size));
    found_again(2, "x", ds_binary(bytes, size));
    sqlite3_stmt *stmt = raw_rows(&db, "s");
    CU_ASSERT_EQUAL_FATAL(sqlite3_step(stmt), SQLITE_ROW);
    CU_ASSERT_EQUAL_FATAL(sqlite3_column_bytes(stmt, 0), (int)size);
    CU_ASSERT_EQUAL(memcmp(sqlite3_column_text(stmt, 0), bytes, size), 0);
    raw_end(db, stmt);
    free(bytes);
    base_end();
}

/* The other way round: stored by another program, read by the library. */
static void what_another_program_stores_is_read(void)
{
    begin();
    CU_ASSERT_EQUAL(host_count(model, NULL), 0); /* makes the table */
    base_run("INSERT INTO V (id, i, n, d, b, s, x) VALUES "
             "(1, -9223372036854775808, 5e-324, -62167219200000, 0, '', x''),"
             "(2, 9223372036854775807, 123456789.25, 253402300799999, 1, 'a' || char(0) || 'b', x'00ff'),"
             "(3, '42', '0.1', '0', '1', 12, NULL), (4, 9007199254740993, 9007199254740993, NULL, NULL, 'x', NULL)");
    HOST_FINDS(model, "{\"order\":\"id\"}",
               "{\"id\":1,\"i\":-9223372036854775808,\"n\":4.94065645841247e-324,\"d\":\"0000-01-01T00:00:00.000Z\","
               "\"b\":false,"
               "\"s\":\"\",\"x\":\"\"}\n"
               "{\"id\":2,\"i\":9223372036854775807,\"n\":123456789.25,\"d\":\"9999-12-31T23:59:59.999Z\","
               "\"b\":true,\"s\":\"a\\u0000b\",\"x\":\"AP8=\"}\n"
               "{\"id\":3,\"i\":42,\"n\":0.1,\"d\":\"1970-01-01T00:00:00.000Z\",\"b\":true,\"s\":\"12\"}\n"
               "{\"id\":4,\"i\":9007199254740993,\"n\":9007199254740992.0,\"s\":\"x\"}\n");
    base_end();
}

/* In the order of what they are, whatever is stored: null, numbers, then bytes. */
static void orders_are_those_of_the_values(void)
{
    begin();
    put(1, "i", ds_integer(INT64_MAX));
    put(2, "i", ds_integer(INT64_MIN));
    put(3, "i", ds_integer(9));
    put(4, "i", ds_integer(10));
    put(5, "s", ds_string("10"));
    put(6, "s", ds_string("9"));
    put(7, "s", ds_string("\xf0\x9f\x98\x80"));
    put(8, "s", ds_string("\xef\xbf\xbd"));
    put(9, "s", ds_string("Z"));
    put(10, "s", ds_string("a"));
    HOST_FINDS(model, "{\"where\":{\"i\":{\"neq\":null}},\"order\":\"i\",\"fields\":[\"id\"]}",
               "{\"id\":2}\n{\"id\":3}\n{\"id\":4}\n{\"id\":1}\n");
    HOST_FINDS(model, "{\"where\":{\"id\":{\"gt\":4}},\"order\":\"s DESC\",\"fields\":[\"id\"]}",
               "{\"id\":7}\n{\"id\":8}\n{\"id\":10}\n{\"id\":9}\n{\"id\":6}\n{\"id\":5}\n");
    HOST_FINDS(model, "{\"where\":{\"id\":{\"lt\":6}},\"order\":\"s, i\",\"fields\":[\"id\"]}",
               "{\"id\":2}\n{\"id\":3}\n{\"id\":4}\n{\"id\":1}\n{\"id\":5}\n");
    base_end();
}

int main(void)
{
    static const test tests[] = {
        {"integers are whole to the last bit", integers_are_whole_to_the_last_bit},
        {"numbers are the same doubles", numbers_are_the_same_doubles},
        {"dates are milliseconds, and booleans are 0 and 1", dates_are_milliseconds_and_booleans_are_0_and_1},
        {"strings are the same bytes", strings_are_the_same_bytes},
        {"binary is the same bytes", binary_is_the_same_bytes},
        {"large values are whole", large_values_are_whole},
        {"what another program stores is read", what_another_program_stores_is_read},
        {"orders are those of the values", orders_are_those_of_the_values},
    };
    return SUITE_RUN("sqlite: values", tests);
}
