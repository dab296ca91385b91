/* What each operator means, on every type of property: DESIGN's table, row by row. */
#include "suite.h"

#include "query/query.h"
#include "config/config.h"

#include <stdio.h>

static definition *user;

static bool holds(const char *record_json, const char *where)
{
    ds_error err = {0};
    ds_model model = {.definition = user};
    ds_record *record = NULL;
    ds_filter *filter = NULL, *bound = NULL;
    bool matches = false;
    if (ds_record_from_json(&model, record_json, &record, &err) != DS_OK || ds_filter_parse(where, &filter, &err) != DS_OK ||
        filter_bind(filter, user, &bound, &err) != DS_OK || ds_filter_matches(bound, record, &matches, &err) != DS_OK)
        printf("%s\n", err.message);
    ds_filter_free(bound);
    ds_filter_free(filter);
    ds_record_free(record);
    return matches;
}

static void equality(void)
{
    CU_ASSERT(holds("{\"id\":\"a\",\"age\":18}", "{\"age\":18}"));
    CU_ASSERT(!holds("{\"id\":\"a\",\"age\":18}", "{\"age\":{\"gt\":18}}"));
    CU_ASSERT(holds("{\"id\":\"a\",\"tags\":[\"x\",1]}", "{\"tags\":\"x\"}"));
    CU_ASSERT(holds("{\"id\":\"a\",\"tags\":[\"x\",1]}", "{\"tags\":{\"contains\":[\"x\",1]}}"));
    CU_ASSERT(holds("{\"id\":\"a\",\"o\":{\"b\":{\"c\":2}}}", "{\"o.b.c\":2}"));
}

int main(void)
{
    static const test tests[] = {{"an equal value holds", equality}};
    ds_error err = {0};
    if (config_parse_model("{\"name\":\"User\",\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"age\":\"integer\",\"tags\":\"array\",\"o\":\"object\"}}", &user, &err) != DS_OK) {
        printf("%s\n", err.message);
        return 1;
    }
    int failed = SUITE_RUN("filters", tests);
    definition_free(user);
    return failed;
}
