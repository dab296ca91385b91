/* Values: eight types in sixteen bytes, one total order over all of them, and how each is written as JSON. */
#include "example.h"

static int by_value(const void *a, const void *b)
{
    return ds_value_compare(*(const ds_value *)a, *(const ds_value *)b);
}

int main(void)
{
    ds_value values[] = {
        ds_json("{\"city\":\"Ulm\"}"),
        ds_json_n("[1,2]...", 5),
        ds_binary("\x00\xff\x10", 3),         /* JSON has no bytes: base64 */
        ds_bytes_value(DS_BINARY, "\x01", 1), /* where the type is known only at run time */
        ds_string("z\xc3\xbcrich"),
        ds_string_n("a\0b", 3), /* a NUL is a character as any other */
        ds_date(1582934400000), /* ms since 1970, UTC */
        ds_number(9007199254740992.0),
        ds_integer(9007199254740993), /* one more, which no double holds: still compared exactly */
        ds_integer(INT64_MIN),
        ds_number(0.1),
        ds_boolean(true),
        ds_boolean(false),
        ds_null(),
    };
    const size_t n = sizeof values / sizeof values[0];
    qsort(values, n, sizeof values[0], by_value);
    for (size_t i = 0; i < n; i++) {
        char *json = ds_value_to_json(values[i]);
        puts(json == NULL ? "out of memory" : json);
        ds_free(json);
    }
    return EXIT_SUCCESS;
}
