/* The library's own sorting: the answer, and the memory that it takes. */
#include "source/stream.h"
#include "suite.h"

#include <stdlib.h>

static definition *numbered(void)
{
    definition *made = NULL;
    const char *json = "{\"name\":\"Numbered\",\"properties\":{\"id\":{\"type\":\"integer\",\"id\":true},\"n\":"
                       "\"integer\",\"note\":\"string\"}}";
    CU_ASSERT_EQUAL_FATAL(config_parse_model(json, &made, NULL), DS_OK);
    return made;
}

/* Adds `count` records, n from `first` on by `step`, modulo a prime so that they come in disorder. */
static void add_all(sorter *sorted, const definition *def, uint64_t count, size_t *most)
{
    arena memory = {.chunks = NULL};
    for (uint64_t i = 0; i < count; i++) {
        ds_record *record = record_new_in(def, &memory);
        ds_record_put(record, 0, ds_integer((int64_t)i));
        ds_record_put(record, 1, ds_integer((int64_t)(i * 7919 % 10007)));
        ds_record_put(record, 2, ds_string("a note that is not asked for"));
        CU_ASSERT_EQUAL_FATAL(sorter_add(sorted, record, NULL), DS_OK);
        if (ds_block_count(sorted->block) > *most)
            *most = ds_block_count(sorted->block);
        arena_reset(&memory);
    }
    arena_free(&memory);
}

static void sorting_with(uint64_t count, uint64_t bound, const char *order, const char *const *fields, size_t *most)
{
    definition *def = numbered();
    selection *asked = NULL;
    sorter sorted;
    const ds_call call = {.size = sizeof call, .deadline = DS_NO_DEADLINE};
    ds_query query = {.size = sizeof query, .order = order, .fields = fields, .field_count = fields != NULL};
    CU_ASSERT_EQUAL_FATAL(selection_bind(&query, def, &asked, NULL), DS_OK);
    CU_ASSERT_EQUAL_FATAL(sorter_open(&sorted, asked, bound, NULL), DS_OK);
    add_all(&sorted, def, count, most);
    CU_ASSERT_EQUAL(sorter_finish(&sorted, &call), DS_OK);
    CU_ASSERT_EQUAL(sorted.count, bound != 0 && bound < count ? bound : count);
    for (size_t i = 0; i < sorted.count; i++) {
        int64_t expected = order[1] == '\0' ? (int64_t)i : 10006 - (int64_t)i;
        CU_ASSERT_EQUAL(record_value(sorted.records[i], 1).as.integer, expected);
        CU_ASSERT_EQUAL(record_is_set(sorted.records[i], 2), fields == NULL);
    }
    sorter_close(&sorted);
    selection_free(asked);
    definition_free(def);
}

static void all_records_come_in_order(void)
{
    size_t most = 0;
    sorting_with(10007, 0, "n", NULL, &most);
    sorting_with(10007, 0, "n DESC", NULL, &most);
    CU_ASSERT_EQUAL(most, 10007);
}

static void a_bound_keeps_the_best_in_bounded_memory(void)
{
    static const uint64_t bounds[] = {1, 2, 10, 255, 1000};
    const char *id = "id";
    for (size_t i = 0; i < 5; i++) {
        size_t most = 0;
        sorting_with(10007, bounds[i], "n", NULL, &most);
        sorting_with(10007, bounds[i], "n DESC", &id, &most);
        CU_ASSERT(most <= 2 * bounds[i] + 256);
        CU_ASSERT(most > bounds[i]);
    }
}

static void a_bound_beyond_what_comes_is_no_bound(void)
{
    size_t most = 0;
    sorting_with(10007, 20000, "n", NULL, &most);
    sorting_with(10007, UINT64_MAX, "n", NULL, &most);
    CU_ASSERT_EQUAL(most, 10007);
}

static void the_deadline_and_the_token_end_it(void)
{
    definition *def = numbered();
    for (uint64_t bound = 0; bound <= 5000; bound += 5000)
        for (uint64_t count = 1; count <= 10007; count += 10006) {
            selection *asked = NULL;
            sorter sorted;
            size_t most = 0;
            ds_cancel *cancel = NULL;
            ds_error error = {.status = DS_OK};
            ds_call call = {.size = sizeof call, .deadline = 1, .error = &error};
            CU_ASSERT_EQUAL_FATAL(ds_cancel_new(&cancel, NULL), DS_OK);
            CU_ASSERT_EQUAL_FATAL(selection_bind(DS_QUERY(.order = "n"), def, &asked, NULL), DS_OK);
            CU_ASSERT_EQUAL_FATAL(sorter_open(&sorted, asked, bound, NULL), DS_OK);
            add_all(&sorted, def, count, &most);
            CU_ASSERT_EQUAL(sorter_finish(&sorted, &call), DS_TIMEOUT);
            CU_ASSERT_EQUAL(error.status, DS_TIMEOUT);
            call.deadline = DS_NO_DEADLINE;
            call.cancel = cancel;
            ds_cancel_set(cancel);
            CU_ASSERT_EQUAL(sorter_finish(&sorted, &call), DS_CANCELLED);
            sorter_close(&sorted);
            selection_free(asked);
            ds_cancel_free(cancel);
        }
    definition_free(def);
}

static void nothing_and_one_record_are_sorted_too(void)
{
    size_t most = 0;
    sorting_with(0, 0, "n", NULL, &most);
    sorting_with(1, 0, "n", NULL, &most);
    sorting_with(1, 1, "n", NULL, &most);
}

int main(void)
{
    static const test tests[] = {
        {"all records come in order", all_records_come_in_order},
        {"a bound keeps the best, in bounded memory", a_bound_keeps_the_best_in_bounded_memory},
        {"a bound beyond what comes is no bound", a_bound_beyond_what_comes_is_no_bound},
        {"the deadline and the token end it", the_deadline_and_the_token_end_it},
        {"nothing, and one record, are sorted too", nothing_and_one_record_are_sorted_too},
    };
    return SUITE_RUN("sort", tests);
}
