/* The texts of the dialects that the Redis connector speaks, both ways. */
#include "dialect.h"

#include "suite.h"
#include "three_models.h"

#include <stdio.h>
#include <stdlib.h>

static ds_record *record;

/* What a field is read as: its value as JSON, and what stays beside it where that is not empty. */
static const char *read_as(redis_dialect dialect, size_t slot, const char *text, size_t length)
{
    static char out[256];
    ds_property_type type = strict_definition->properties[slot].type;
    char *copy = malloc(length + 1); /* of just this length, so that a sanitizer sees what is read behind it */
    memcpy(copy, text, length);
    ds_record_put(record, slot, ds_null());
    ds_status status = dialect_put_text(dialect, type, record, slot, length == 0 ? "" : copy, length);
    free(copy);
    CU_ASSERT_EQUAL_FATAL(status, DS_OK);
    ds_field field = field_of(record, slot);
    char *json = ds_value_to_json(field.value);
    snprintf(out, sizeof out, "%s%s%s%.*s", field.value.type == DS_DATE ? "date " : "", json,
             field.raw == NULL ? "" : " raw ", (int)field.raw_length, field.raw == NULL ? "" : field.raw);
    ds_free(json);
    return out;
}

typedef struct reading {
    redis_dialect dialect;
    size_t slot;
    const char *text, *read_as;
} reading;

static void check_readings(const reading *readings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const reading *r = &readings[i];
        const char *got = read_as(r->dialect, r->slot, r->text, strlen(r->text));
        if (strcmp(got, r->read_as) != 0)
            printf("\n    \"%s\" was read as %s", r->text, got);
        CU_ASSERT_STRING_EQUAL(got, r->read_as);
    }
}
#define CHECK_READINGS(readings) check_readings(readings, sizeof(readings) / sizeof *(readings))

static void reads_booleans(void)
{
    static const reading readings[] = {
        {DIALECT_REDIS_OM, ACTIVE, "1", "true"},
        {DIALECT_REDIS_OM, ACTIVE, "0", "false"},
        {DIALECT_REDIS_OM, ACTIVE, "true", "true raw true"},
        {DIALECT_REDIS_OM, ACTIVE, "False", "false raw False"},
        {DIALECT_REDIS_OM, ACTIVE, "2", "\"2\""},
        {DIALECT_REDIS_OM, ACTIVE, "", "\"\""},
        {DIALECT_REDIS_OM, ACTIVE, "TRUE", "\"TRUE\""},
        {DIALECT_LOOPBACK, ACTIVE, "true", "true"},
        {DIALECT_LOOPBACK, ACTIVE, "false", "false"},
        {DIALECT_LOOPBACK, ACTIVE, "1", "true raw 1"},
        {DIALECT_LOOPBACK, ACTIVE, "0", "false raw 0"},
        {DIALECT_LOOPBACK, ACTIVE, "", "null raw "},
        {DIALECT_LOOPBACK, ACTIVE, "yes", "\"yes\""},
        {DIALECT_NATIVE, ACTIVE, "1", "\"1\""},
    };
    CHECK_READINGS(readings);
}

static void reads_seconds(void)
{
    static const reading readings[] = {
        {DIALECT_REDIS_OM, BORN, "1667900000.0", "date \"2022-11-08T09:33:20.000Z\""},
        {DIALECT_REDIS_OM, BORN, "1667900000.12", "date \"2022-11-08T09:33:20.120Z\""},
        {DIALECT_REDIS_OM, BORN, "1667900000", "date \"2022-11-08T09:33:20.000Z\" raw 1667900000"},
        {DIALECT_REDIS_OM, BORN, "1667900000.123456", "date \"2022-11-08T09:33:20.123Z\" raw 1667900000.123456"},
        {DIALECT_REDIS_OM, BORN, "1667900000.1239999", "date \"2022-11-08T09:33:20.123Z\" raw 1667900000.1239999"},
        {DIALECT_REDIS_OM, BORN, "-0.5", "date \"1969-12-31T23:59:59.500Z\""},
        {DIALECT_REDIS_OM, BORN, "-0.0005", "date \"1969-12-31T23:59:59.999Z\" raw -0.0005"},
        {DIALECT_REDIS_OM, BORN, "-0.0", "date \"1970-01-01T00:00:00.000Z\" raw -0.0"},
        {DIALECT_REDIS_OM, BORN, "5e-06", "date \"1970-01-01T00:00:00.000Z\" raw 5e-06"},
        {DIALECT_REDIS_OM, BORN, "1.6679E+9", "date \"2022-11-08T09:33:20.000Z\" raw 1.6679E+9"},
        {DIALECT_REDIS_OM, BORN, "166790000012345e-5", "date \"2022-11-08T09:33:20.123Z\" raw 166790000012345e-5"},
        {DIALECT_REDIS_OM, BORN, "0e999999999999999999", "date \"1970-01-01T00:00:00.000Z\" raw 0e999999999999999999"},
        {DIALECT_REDIS_OM, BORN, "-62167219200.0", "date \"0000-01-01T00:00:00.000Z\""},
        {DIALECT_REDIS_OM, BORN, "253402300799.999", "date \"9999-12-31T23:59:59.999Z\""},
        {DIALECT_REDIS_OM, BORN, "2022-11-08T10:33:20+01:00",
         "date \"2022-11-08T09:33:20.000Z\" raw 2022-11-08T10:33:20+01:00"},
        {DIALECT_REDIS_OM, BORN, "253402300800.0", "\"253402300800.0\""},
        {DIALECT_REDIS_OM, BORN, "-62167219200.0001", "\"-62167219200.0001\""},
        {DIALECT_REDIS_OM, BORN, "1e300", "\"1e300\""},
        {DIALECT_REDIS_OM, BORN, "9223372036854775808", "\"9223372036854775808\""},
        {DIALECT_REDIS_OM, BORN, "inf", "\"inf\""},
        {DIALECT_REDIS_OM, BORN, "1.", "\"1.\""},
        {DIALECT_REDIS_OM, BORN, "0x10", "\"0x10\""},
        {DIALECT_REDIS_OM, BORN, " 1.0", "\" 1.0\""},
        {DIALECT_REDIS_OM, BORN, "", "\"\""},
        {DIALECT_NATIVE, BORN, "1667900000.0", "\"1667900000.0\""},
    };
    CHECK_READINGS(readings);
}

static void reads_milliseconds(void)
{
    static const reading readings[] = {
        {DIALECT_LOOPBACK, BORN, "1667900000123", "date \"2022-11-08T09:33:20.123Z\""},
        {DIALECT_LOOPBACK, BORN, "0", "date \"1970-01-01T00:00:00.000Z\""},
        {DIALECT_LOOPBACK, BORN, "-1", "date \"1969-12-31T23:59:59.999Z\""},
        {DIALECT_LOOPBACK, BORN, "-62167219200000", "date \"0000-01-01T00:00:00.000Z\""},
        {DIALECT_LOOPBACK, BORN, "253402300799999", "date \"9999-12-31T23:59:59.999Z\""},
        {DIALECT_LOOPBACK, BORN, "1.5", "date \"1970-01-01T00:00:00.001Z\" raw 1.5"},
        {DIALECT_LOOPBACK, BORN, "2020-02-29", "date \"2020-02-29T00:00:00.000Z\" raw 2020-02-29"},
        {DIALECT_LOOPBACK, BORN, "253402300800000", "\"253402300800000\""},
        {DIALECT_LOOPBACK, BORN, "-62167219200001", "\"-62167219200001\""},
        {DIALECT_LOOPBACK, BORN, "NaN", "\"NaN\""},
        {DIALECT_LOOPBACK, BORN, "", "null raw "},
    };
    CHECK_READINGS(readings);
}

static void reads_base64(void)
{
    static const reading readings[] = {
        {DIALECT_REDIS_OM, PHOTO, "AP8K", "\"AP8K\""},
        {DIALECT_REDIS_OM, PHOTO, "AP8=", "\"AP8=\""},
        {DIALECT_REDIS_OM, PHOTO, "+/==", "\"+/==\""},
        {DIALECT_REDIS_OM, PHOTO, "AA==", "\"AA==\""},
        {DIALECT_REDIS_OM, PHOTO, "", "\"\""},
        {DIALECT_REDIS_OM, PHOTO, "AP8K+/09", "\"AP8K+/09\""},
        {DIALECT_REDIS_OM, PHOTO, "AP8", "\"AP8\""},
        {DIALECT_REDIS_OM, PHOTO, "=", "\"=\""},
        {DIALECT_REDIS_OM, PHOTO, "AP9=", "\"AP9=\""},
        {DIALECT_REDIS_OM, PHOTO, "A===", "\"A===\""},
        {DIALECT_REDIS_OM, PHOTO, "AA==AA==", "\"AA==AA==\""},
        {DIALECT_REDIS_OM, PHOTO, "A-_A", "\"A-_A\""},
    };
    static const ds_type types[] = {DS_BINARY, DS_BINARY, DS_STRING, DS_BINARY, DS_BINARY, DS_BINARY,
                                    DS_STRING, DS_STRING, DS_STRING, DS_STRING, DS_STRING, DS_STRING};
    CHECK_READINGS(readings);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        read_as(DIALECT_REDIS_OM, PHOTO, readings[i].text, strlen(readings[i].text));
        CU_ASSERT_EQUAL(field_of(record, PHOTO).value.type, types[i]);
    }
    read_as(DIALECT_REDIS_OM, PHOTO, "AP8=", 4);
    CU_ASSERT_TRUE(is(field_of(record, PHOTO).value, ds_binary("\0\xff", 2)));
}

static void reads_the_rest_alike(void)
{
    static const reading readings[] = {
        {DIALECT_LOOPBACK, NAME, "", "\"\""},
        {DIALECT_LOOPBACK, PHOTO, "", "\"\""},
        {DIALECT_LOOPBACK, AGE, "", "null raw "},
        {DIALECT_LOOPBACK, SCORE, "", "null raw "},
        {DIALECT_LOOPBACK, TAGS, "", "null raw "},
        {DIALECT_LOOPBACK, ADDRESS, "", "null raw "},
        {DIALECT_LOOPBACK, NOTE, "", "null raw "},
        {DIALECT_LOOPBACK, AGE, "29", "29"},
        {DIALECT_LOOPBACK, NOTE, "\"x\"", "\"x\""},
        {DIALECT_LOOPBACK, PHOTO, "AP8K", "\"QVA4Sw==\""},
        {DIALECT_REDIS_OM, AGE, "9223372036854775807", "9223372036854775807"},
        {DIALECT_REDIS_OM, SCORE, "29.0", "29.0 raw 29.0"},
        {DIALECT_REDIS_OM, AGE, "", "\"\""},
    };
    CHECK_READINGS(readings);
}

/* ---- writing ---- */

static const char *written(redis_dialect dialect, size_t slot, ds_value value)
{
    static ds_text text;
    static char out[64];
    dialect_text(dialect, strict_definition->properties[slot].type, value, &text);
    snprintf(out, sizeof out, "%.*s", (int)text.length, text.bytes);
    return out;
}

static void writes_as_the_others_do(void)
{
    CU_ASSERT_STRING_EQUAL(written(DIALECT_REDIS_OM, ACTIVE, ds_boolean(true)), "1");
    CU_ASSERT_STRING_EQUAL(written(DIALECT_REDIS_OM, ACTIVE, ds_boolean(false)), "0");
    CU_ASSERT_STRING_EQUAL(written(DIALECT_LOOPBACK, ACTIVE, ds_boolean(true)), "true");
    CU_ASSERT_STRING_EQUAL(written(DIALECT_LOOPBACK, BORN, ds_date(-1)), "-1");
    CU_ASSERT_STRING_EQUAL(written(DIALECT_LOOPBACK, BORN, ds_date(253402300799999)), "253402300799999");
    CU_ASSERT_STRING_EQUAL(written(DIALECT_NATIVE, BORN, ds_date(0)), "1970-01-01T00:00:00.000Z");
    CU_ASSERT_STRING_EQUAL(written(DIALECT_REDIS_OM, NOTE, ds_boolean(true)), "true");
    CU_ASSERT_STRING_EQUAL(written(DIALECT_REDIS_OM, BORN, ds_string("x")), "x");
    CU_ASSERT_TRUE(dialect_is_base64(DIALECT_REDIS_OM, DS_PROPERTY_BINARY, ds_binary("x", 1)));
    CU_ASSERT_FALSE(dialect_is_base64(DIALECT_REDIS_OM, DS_PROPERTY_BINARY, ds_string("x")));
    CU_ASSERT_FALSE(dialect_is_base64(DIALECT_LOOPBACK, DS_PROPERTY_BINARY, ds_binary("x", 1)));
}

/* What Python 3 prints for repr(ms / 1000). */
static void writes_seconds_as_python_does(void)
{
    static const struct {
        int64_t ms;
        const char *text;
    } dates[] = {
        {0, "0.0"},
        {1, "0.001"},
        {10, "0.01"},
        {100, "0.1"},
        {-1, "-0.001"},
        {-500, "-0.5"},
        {-1001, "-1.001"},
        {1667900000000, "1667900000.0"},
        {1667900000123, "1667900000.123"},
        {1667900000120, "1667900000.12"},
        {-62135596800000, "-62135596800.0"},
        {-62167219200000, "-62167219200.0"},
        {253402300799999, "253402300799.999"},
    };
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++)
        CU_ASSERT_STRING_EQUAL(written(DIALECT_REDIS_OM, BORN, ds_date(dates[i].ms)), dates[i].text);
}

/* Python's float of so many seconds is the double nearest to ms / 1000, which is what C's division gives. */
static void each_ms_comes_back(void)
{
    const int64_t first = -62167219200000, step = 31556951 * INT64_C(997) + 1;
    size_t faults = 0, count = 0;
    for (int64_t ms = first; ms <= 253402300799999; ms += step) {
        for (int d = DIALECT_NATIVE; d <= DIALECT_LOOPBACK; d++) {
            redis_dialect dialect = (redis_dialect)d;
            const char *text = written(dialect, BORN, ds_date(ms));
            if (dialect == DIALECT_REDIS_OM && strtod(text, NULL) != (double)ms / 1000)
                faults++;
            dialect_put_text(dialect, DS_PROPERTY_DATE, record, BORN, text, strlen(text));
            ds_field field = field_of(record, BORN);
            if (field.value.type != DS_DATE || field.value.as.date != ms || field.raw != NULL)
                faults++;
        }
        count++;
    }
    CU_ASSERT_EQUAL(faults, 0);
    CU_ASSERT(count > 10000);
}

static void names_find_dialects(void)
{
    CU_ASSERT_EQUAL(dialect_named("native"), DIALECT_NATIVE);
    CU_ASSERT_EQUAL(dialect_named("redis-om"), DIALECT_REDIS_OM);
    CU_ASSERT_EQUAL(dialect_named("loopback"), DIALECT_LOOPBACK);
}

int main(void)
{
    static const test tests[] = {
        {"a boolean of any writer is read, and what is none is a string", reads_booleans},
        {"a date in seconds is read to the ms, rounded down, and what is none is a string", reads_seconds},
        {"a date in ms is read, and what is none is a string", reads_milliseconds},
        {"base64 is read as its bytes, and what is none is a string", reads_base64},
        {"an empty text is LoopBack's null where it is no value, and all else is read alike", reads_the_rest_alike},
        {"values are written as the others write them", writes_as_the_others_do},
        {"seconds are written as Python prints a float", writes_seconds_as_python_does},
        {"each ms of the years 0 to 9999 comes back as it was", each_ms_comes_back},
        {"a dialect is found by its name", names_find_dialects},
    };
    three_models_make();
    record = ds_record_new(&strict_model);
    int status = SUITE_RUN("Redis dialects", tests);
    ds_record_free(record);
    three_models_free();
    return status;
}
