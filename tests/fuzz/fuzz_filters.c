/* Filters: parsed, printed, parsed again, which must mean the same, and asked of a strict, a loose and an undefined model. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

static bool finds_the_same(const ds_filter *first, const ds_filter *second)
{
    size_t a, b;
    ds_status with_a, with_b;
    for (size_t m = 0; m < THINGS_MODELS; m++)
        if (!things_find(things[m], DS_QUERY(.where = first), &a, &with_a) ||
            !things_find(things[m], DS_QUERY(.where = second), &b, &with_b) || a != b || with_a != with_b)
            return false;
    return true;
}

static bool try(const char *text, size_t length)
{
    ds_error err = {0};
    ds_filter *filter = NULL, *again = NULL;
    (void)length;
    ds_status status = ds_filter_parse(text, &filter, &err);
    if (status != DS_OK)
        return filter == NULL && fuzz_says(&err, status, DS_INVALID);
    fuzz_accepted++;
    char *printed = ds_filter_print(filter), *twice = NULL;
    bool right = printed != NULL && ds_filter_parse(printed, &again, &err) == DS_OK &&
                 (twice = ds_filter_print(again)) != NULL && strcmp(printed, twice) == 0 &&
                 finds_the_same(filter, again);
    if (!right)
        printf("\n    printed as %s, and then as %s; %s", printed, twice == NULL ? "nothing" : twice, err.message);
    ds_free(twice);
    ds_free(printed);
    ds_filter_free(again);
    ds_filter_free(filter);
    return right;
}

int main(void)
{
    corpus texts = {0};
    fuzz_start();
    corpus_read(&texts, "tests/unit/test_filters.c", "{");
    corpus_read(&texts, "tests/unit/test_match.c", "{");
    corpus_read(&texts, "tests/unit/test_query_json.c", "{");
    things_open();
    int status =
        fuzz_run("damaged filters are refused with a sentence, or mean what they print as", &texts, 150000, try);
    things_close();
    corpus_free(&texts);
    return status;
}
