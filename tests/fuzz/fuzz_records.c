/* Records as JSON: what is taken is written as JSON that is taken again, and written as the same. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

static bool try_on(const ds_model *model, const char *text)
{
    ds_error err = {0};
    ds_record *record = NULL, *again = NULL;
    ds_status status = ds_record_from_json(model, text, &record, &err);
    if (status != DS_OK)
        return record == NULL && fuzz_says(&err, status, DS_INVALID);
    fuzz_accepted += model == things[0];
    char *first = ds_record_to_json(record), *second = NULL;
    bool right = first != NULL && ds_record_from_json(model, first, &again, &err) == DS_OK &&
                 (second = ds_record_to_json(again)) != NULL && strcmp(first, second) == 0;
    if (!right)
        printf("\n    written as %s, and then as %s; %s", first, second == NULL ? "nothing" : second, err.message);
    ds_free(first);
    ds_free(second);
    ds_record_free(record);
    ds_record_free(again);
    return right;
}

static bool try(const char *text, size_t length)
{
    bool right = true;
    (void)length;
    for (size_t m = 0; m < THINGS_MODELS; m++)
        right = try_on(things[m], text) && right;
    return right;
}

int main(void)
{
    corpus texts = {0};
    fuzz_start();
    corpus_add(&texts,
               "{\"id\":\"a\",\"s\":\"\\u0000\",\"i\":9223372036854775807,\"n\":0.1,\"b\":true,\"d\":"
               "\"2020-02-29T12:00:00.5+01:00\",\"y\":\"AAEC/+==\",\"o\":{\"b\":1,\"a\":[]},\"a\":[{}],\"x\":1}");
    corpus_read(&texts, "tests/unit/test_json.c", "{");
    corpus_read(&texts, "tests/unit/test_records.c", "{");
    corpus_read(&texts, "tests/unit/test_filters.c", "{");
    things_open();
    int status = fuzz_run("damaged records are refused with a sentence, or kept as they are", &texts, 500000, try);
    things_close();
    corpus_free(&texts);
    return status;
}
