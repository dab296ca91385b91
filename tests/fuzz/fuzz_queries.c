/* Queries: order, paging, fields and marks; marks also with damage that their check sum does not show. */
#include "fuzz.h"

#include "random.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static corpus marks; /* what is inside of them, without the sum: JSON */

static bool try(const char *text, size_t length)
{
    ds_error err = {0};
    ds_query *query = NULL;
    size_t found;
    ds_status with = DS_INVALID;
    (void)length;
    ds_status status = ds_query_parse(text, &query, &err);
    if (status != DS_OK)
        return query == NULL && fuzz_says(&err, status, DS_INVALID);
    bool right = true;
    for (size_t m = 0; m < THINGS_MODELS && right; m++)
        right = things_find(things[m], query, &found, &with) && (query->limit == 0 || found <= query->limit);
    fuzz_accepted += with == DS_OK;
    ds_query_free(query);
    return right;
}

/* ---- marks ---- */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char *const orders[] = {"i",    "n DESC",   "s, i DESC", "d",      "y DESC",
                                     "b, s", "o.k DESC", "x",         "a DESC", "id DESC"};

static char *unpack(const char *mark)
{
    char *bytes = calloc(1, strlen(mark) + 1);
    unsigned bits = 0, have = 0;
    size_t n = 0;
    for (; *mark != '\0'; mark++) {
        bits = bits << 6 | (unsigned)(strchr(digits, *mark) - digits);
        have += 6;
        if (have >= 8) {
            have -= 8;
            bytes[n++] = (char)(bits >> have);
        }
    }
    return bytes;
}

static char *pack(const char *bytes, size_t length)
{
    char *mark = calloc(1, length * 2 + 8), *to = mark;
    for (size_t i = 0; i < length; i += 3) {
        uint32_t bits = 0;
        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (i + k < length ? (unsigned char)bytes[i + k] : 0);
        for (size_t k = 0; k < (length - i < 3 ? length - i : 3) + 1; k++)
            *to++ = digits[bits >> (18 - 6 * k) & 63];
    }
    return mark;
}

/* With the sum that it must have (src/query/mark.c). */
static char *seal(const char *json, size_t length)
{
    uint64_t sum = 0xcbf29ce484222325u;
    char *whole = malloc(length + 17);
    for (size_t i = 0; i < length; i++)
        sum = (sum ^ (unsigned char)json[i]) * 0x100000001b3u;
    snprintf(whole, 17, "%016" PRIx64, sum);
    memcpy(whole + 16, json, length);
    char *mark = pack(whole, length + 16);
    free(whole);
    return mark;
}

/* A walk in each order leaves a mark, and a query that goes on behind it. */
static void collect_marks(corpus *texts)
{
    ds_error err;
    ds_cursor *cursor;
    const ds_record *record;
    char query[1024];
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        if (ds_find(things[0], DS_QUERY(.order = orders[i]), &cursor, &err) != DS_OK)
            abort();
        for (int n = 0; n < 4 && ds_cursor_next(cursor, &record, &err) == DS_OK && record != NULL; n++)
            continue;
        char *mark = ds_cursor_mark(cursor), *inside = unpack(mark), *sealed = seal(inside + 16, strlen(inside + 16));
        if (strcmp(mark, sealed) != 0) {
            printf("a mark is not made as this test thinks: %s\n", inside);
            exit(EXIT_FAILURE);
        }
        corpus_add(&marks, inside + 16);
        snprintf(query, sizeof query, "{\"order\":\"%s\",\"after\":\"%s\",\"limit\":3}", orders[i], mark);
        corpus_add(texts, query);
        free(sealed);
        free(inside);
        ds_free(mark);
        ds_cursor_close(cursor);
    }
}

/* A mark that is whole, but whose inside is damaged: JSON given as the text of the input. */
static bool try_mark(const char *text, size_t length)
{
    char *mark = seal(text, length);
    bool right = true;
    size_t found;
    ds_status with;
    for (size_t i = 0; i < sizeof orders / sizeof orders[0] && right; i++) {
        right = things_find(things[0], DS_QUERY(.order = orders[i], .after = mark), &found, &with);
        fuzz_accepted += with == DS_OK;
    }
    free(mark);
    return right;
}

int main(void)
{
    corpus texts = {0};
    fuzz_start();
    things_open();
    collect_marks(&texts);
    corpus_add(&texts, "{\"where\":{\"i\":{\"gt\":1},\"s\":{\"like\":\"a%\"}},\"order\":[\"i DESC\",\"s ASC\"],"
                       "\"limit\":5,\"skip\":1,\"fields\":{\"a\":false,\"o\":false}}");
    corpus_add(&texts, "{\"where\":{\"or\":[{\"a\":1},{\"o.k\":null}]},\"order\":\"x, d DESC, y\",\"offset\":2,"
                       "\"fields\":[\"id\",\"a\",\"o\"]}");
    corpus_read(&texts, "tests/unit/test_query_json.c", "{");
    corpus_read(&texts, "tests/unit/test_order.c", "{");
    int status = fuzz_run("damaged queries are refused with a sentence, or answered", &texts, 100000, try);
    status |= fuzz_run("damaged marks are refused with a sentence, or answered", &marks, 60000, try_mark);
    things_close();
    corpus_free(&texts);
    corpus_free(&marks);
    return status;
}
