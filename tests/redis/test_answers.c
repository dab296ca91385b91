/* Generated questions: what the planner answers, what a walk over all answers, and what the memory connector does, are the same.
 * Every operator over every type, paged and ordered, with the seed printed; ANSWERS_SEED says another. What fails is printed as a
 * dsctl command. By explain each way of answering is counted; some of the questions are asked of so many records that their
 * answers come in many batches. */
#include "world.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define FEW   120
#define MANY  2400 /* more than two full batches of the connector */
#define CASES 20000

static const char PROPERTIES[] =
    "\"id\": {\"type\": \"%s\", \"id\": true}, \"s\": %s, \"i\": %s, \"n\": %s, \"b\": %s, \"d\": %s, \"x\": %s, "
    "\"u\": %s, \"t\": \"string\"";

/* Whose records: with which ids, written how, and by whom. */
typedef struct setting {
    const char *id, *dialect;
    bool foreign;   /* another program has put texts that are of no type, */
    bool stale;     /* or leaves entries behind, again and again */
    unsigned share; /* of the cases, in percent */
    size_t records;
} setting;
static const setting settings[] = {
    {"string", "native", false, false, 38, FEW},   {"integer", "native", false, false, 10, FEW},
    {"string", "redis-om", false, false, 10, FEW}, {"integer", "loopback", false, false, 10, FEW},
    {"string", "native", true, false, 15, FEW},    {"string", "native", false, false, 2, MANY},
    {"string", "native", false, true, 9, FEW},     {"integer", "loopback", false, true, 5, FEW},
    {"string", "native", false, true, 1, MANY}};
static const setting *now;

static ds_source *indexed_source, *plain_source, *memory_source;
static ds_model *indexed, *plain, *memory;

/* ---- chance ---- */

static uint64_t state;

static size_t below(size_t n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (size_t)(state >> 11) % n;
}

/* ---- values ---- */

typedef struct kind {
    const char *property, *type;
    const char *values[10];
} kind;

static const kind kinds[] = {
    {"s",
     "string",
     {"\"\"", "\"a\"", "\"ab\"", "\"abc\"", "\"B\"", "\"ä\"", "\"b%\"", "\"zz\"", "\"a\\u0000b\"", "\"a_\""}},
    {"i",
     "integer",
     {"-3", "0", "1", "2", "10", "99", "100", "9007199254740993", "9223372036854775807", "-9223372036854775808"}},
    {"n", "number", {"-1.5", "0", "0.1", "1", "2.5", "10", "1e300", "9007199254740992", "-1e-5", "123456.789"}},
    {"b", "boolean", {"true", "false", "true", "false", "true", "false", "true", "false", "true", "false"}},
    {"d",
     "date",
     {"\"1970-01-01\"", "\"2000-02-29T12:00:00Z\"", "\"1969-12-31\"", "\"2024-01-01\"", "\"2024-01-01T00:00:00.001Z\"",
      "\"0001-01-01\"", "\"9999-01-01\"", "\"1990-05-05\"", "\"0000-02-29\"", "\"1969-12-31T23:59:59.999Z\""}},
    {"x",
     "binary",
     {"\"\"", "\"AA==\"", "\"AAE=\"", "\"/w==\"", "\"YQ==\"", "\"YWI=\"", "\"AQ==\"", "\"gA==\"", "\"AAA=\"",
      "\"/w8=\""}},
    {"u",
     "string",
     {"\"r0000\"", "\"r0001\"", "\"r0050\"", "\"r007\"", "\"r0100\"", "\"r0119\"", "\"none\"", "\"r0020\"", "\"r0021\"",
      "\"\""}},
    {"id",
     "string",
     {"\"k0000\"", "\"k0001\"", "\"k0050\"", "\"k007\"", "\"k0100\"", "\"k0119\"", "\"none\"", "\"k0020\"", "\"k0021\"",
      "\"z\""}},
};
#define KINDS (sizeof kinds / sizeof *kinds)

static const char *const operators[] = {"eq",  "neq",  "gt",    "gte",   "lt",     "lte",    "between", "inq",
                                        "nin", "like", "nlike", "ilike", "nilike", "regexp", "exists",  "null"};
#define OPERATORS (sizeof operators / sizeof *operators)
static unsigned met[OPERATORS][KINDS];

static const char *literal(size_t k)
{
    static const char *const integers[] = {"10000", "10001", "10050", "-5", "10100",
                                           "10119", "10020", "99999", "0",  "10021"};
    size_t i = below(10);
    return k == KINDS - 1 && now->id[0] == 'i' ? integers[i] : kinds[k].values[i];
}

static char *id_of(size_t i, char out[8])
{
    snprintf(out, 8, "%c%04zu", now->id[0] == 'i' ? '1' : 'k', i % 10000);
    return out;
}

static void put_record(size_t i, FILE *out)
{
    char id[8];
    fprintf(out, now->id[0] == 'i' ? "{\"id\":%s" : "{\"id\":\"%s\"", id_of(i, id));
    for (size_t k = 0; k < 6; k++)
        if (below(5) != 0)
            fprintf(out, ",\"%s\":%s", kinds[k].property, literal(k));
    if (below(5) != 0)
        fprintf(out, ",\"u\":\"r%04zu\"", i);
    fprintf(out, ",\"t\":\"t%zu\"}", below(4));
}

static void put_operator(size_t op, size_t k, FILE *out)
{
    static const char *const patterns[] = {"\"%a%\"", "\"_\"",    "\"a%\"",     "\"%\"",    "\"ä\"",
                                           "\"ab_\"", "\"r00%\"", "\"a\\\\_\"", "\"k01%\"", "\"a\\u0000%\""};
    const char *name = operators[op];
    if (strcmp(name, "between") == 0)
        fprintf(out, "{\"between\":[%s,%s]}", literal(k), literal(k));
    else if (strcmp(name, "inq") == 0)
        fprintf(out, "{\"inq\":[%s,%s,%s%s]}", literal(k), literal(k), literal(k), below(4) == 0 ? ",null" : "");
    else if (strcmp(name, "nin") == 0)
        fprintf(out, "{\"nin\":[%s,%s]}", literal(k), below(3) == 0 ? "null" : literal(k));
    else if (strstr(name, "like") != NULL)
        fprintf(out, "{\"%s\":%s}", name, patterns[below(10)]);
    else if (strcmp(name, "regexp") == 0)
        fprintf(out, "{\"regexp\":\"%s\"}", below(2) == 0 ? "^[ark]" : "/B|1$/i");
    else if (strcmp(name, "exists") == 0)
        fprintf(out, "{\"exists\":%s}", below(2) == 0 ? "true" : "false");
    else if (strcmp(name, "null") == 0)
        fputs(below(2) == 0 ? "null" : "{\"neq\":null}", out);
    else
        fprintf(out, "{\"%s\":%s}", name, literal(k));
}

static void put_comparison(FILE *out)
{
    size_t op = below(OPERATORS), k = below(KINDS);
    met[op][k]++;
    fprintf(out, "{\"%s\":", kinds[k].property);
    put_operator(op, k, out);
    fputc('}', out);
}

static void put_filter(unsigned depth, FILE *out)
{
    static const char *const joins[] = {"and", "or", "and", "or", "nor"};
    if (depth == 0 || below(3) == 0) {
        put_comparison(out);
        return;
    }
    fprintf(out, "{\"%s\":[", joins[below(5)]);
    for (size_t i = 0, n = 1 + below(3); i < n; i++) {
        fputs(i > 0 ? "," : "", out);
        put_filter(depth - 1, out);
    }
    fputs("]}", out);
}

/* Orders that indexes have, or nearly, and others. */
static void put_order(FILE *out)
{
    static const char *const orders[] = {"i",
                                         "i DESC",
                                         "s",
                                         "s DESC, n",
                                         "s, n DESC",
                                         "b, i DESC",
                                         "b DESC, i",
                                         "b, i",
                                         "n DESC",
                                         "n",
                                         "d, i, s",
                                         "d DESC, i DESC, s DESC",
                                         "id",
                                         "id DESC",
                                         "x",
                                         "i DESC, id",
                                         "d",
                                         "b, i DESC, id DESC",
                                         "s DESC, n, id DESC",
                                         "t, i",
                                         "d, s"};
    fprintf(out, "\"order\":\"%s\"", orders[below(sizeof orders / sizeof *orders)]);
}

/* ---- asking ---- */

typedef struct answer {
    char text[MANY * 8]; /* ids in the order in which they came, or a status */
    size_t count, length;
    char *mark;
} answer;

/* `stop`: after so many records the mark is taken, and it ends. */
static void ask(ds_model *model, const char *json, const char *after, size_t stop, answer *out)
{
    ds_query *query = NULL;
    ds_cursor *cursor = NULL;
    const ds_record *record = NULL;
    out->count = out->length = 0;
    out->text[0] = '\0';
    out->mark = NULL;
    ds_status status = ds_query_parse(json, &query, &last);
    if (status == DS_OK) {
        ds_query asked = *query;
        asked.after = after;
        status = ds_find(model, &asked, &cursor, &last);
    }
    while (status == DS_OK && out->count < stop && (status = ds_cursor_next(cursor, &record, &last)) == DS_OK &&
           record != NULL) {
        ds_text id;
        ds_value_text(ds_record_get(record, "id"), &id);
        if (out->length + id.length + 2 < sizeof out->text)
            out->length += (size_t)sprintf(out->text + out->length, "%.*s ", (int)id.length, id.bytes);
        out->count++;
    }
    if (status == DS_OK && out->count == stop)
        out->mark = ds_cursor_mark(cursor);
    if (status != DS_OK)
        snprintf(out->text, sizeof out->text, "%s: %s", ds_status_name(status), last.message);
    ds_cursor_close(cursor);
    ds_query_free(query);
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, 6);
}

static void sort(answer *of)
{
    if (strncmp(of->text, "DS_", 3) != 0)
        qsort(of->text, strlen(of->text) / 6, 6, compare_ids);
}

static bool differ(const answer *a, const answer *b, const char *between, const char *json)
{
    if (strcmp(a->text, b->text) == 0)
        return false;
    fprintf(stderr, "dsctl find SOURCE Answer '%s'\n    %s answer\n    %s\n    %s\n", json, between, a->text, b->text);
    return true;
}

/* What a mark goes on with is what stands behind it. */
static bool resume_fails(const char *json, const answer *whole)
{
    static answer first, rest;
    size_t stop = 1 + below(whole->count);
    ask(indexed, json, NULL, stop, &first);
    ask(indexed, json, first.mark, SIZE_MAX, &rest);
    strncat(first.text, rest.text, sizeof first.text - strlen(first.text) - 1);
    bool failed = differ(&first, whole, "behind a mark, and at once,", json);
    ds_free(first.mark);
    return failed;
}

static bool count_fails(const char *where, size_t wanted)
{
    ds_filter *filter = NULL;
    uint64_t count = 0;
    ds_status status = ds_filter_parse(where, &filter, &last);
    if (status == DS_OK)
        status = ds_count(indexed, filter, &count, &last);
    ds_filter_free(filter);
    if (status == DS_OK && count == wanted)
        return false;
    fprintf(stderr, "dsctl count SOURCE Answer '%s'\n    %s %llu instead of %zu\n", where, ds_status_name(status),
            (unsigned long long)count, wanted);
    return true;
}

/* ---- the ways that are taken ---- */

static const char *const accesses[] = {"nothing", "ids", "unique", "index", "union", "primary"};
#define ACCESSES (sizeof accesses / sizeof *accesses)
static unsigned ways[ACCESSES], in_order, merged;

static void count_way(const char *json)
{
    ds_query *query = NULL;
    char *plan = NULL, wanted[60], *others;
    CHECK_OK(ds_query_parse(json, &query, &last));
    CHECK_OK(ds_explain(indexed, query, &plan, &last));
    if (plan != NULL && (others = strstr(plan, "\"alternatives\"")) != NULL)
        *others = '\0';
    for (size_t i = 0; plan != NULL && i < ACCESSES; i++) {
        snprintf(wanted, sizeof wanted, "\"access\": \"%s\"", accesses[i]);
        ways[i] += strstr(plan, wanted) != NULL;
    }
    in_order += plan != NULL && strstr(plan, "\"order\": \"") != NULL;
    merged += plan != NULL && strstr(plan, "\"order\": \"merged\"") != NULL;
    ds_free(plan);
    ds_query_free(query);
}

static void check_ways(void)
{
    static const unsigned least[ACCESSES] = {100, 100, 100, 2000, 500, 1000};
    for (size_t i = 0; i < ACCESSES; i++) {
        printf("%s%s: %u", i > 0 ? ", " : "by ", accesses[i], ways[i]);
        CU_ASSERT_TRUE(ways[i] >= least[i]);
    }
    printf("; in order by an index: %u, of these merged: %u\n", in_order, merged);
    CU_ASSERT_TRUE(in_order >= 1000);
    CU_ASSERT_TRUE(merged >= 100);
}

/* ---- cases ---- */

typedef struct tally {
    unsigned asked, some, resumed, failed;
} tally;

/* Several ranges of an index behind which stands what an order may ask for. */
static void put_ranges(FILE *out)
{
    size_t k = below(2) * 3; /* s and b begin composite indexes */
    if (below(2) == 0)
        fprintf(out, "{\"%s\":{\"inq\":[%s,%s%s]}}", kinds[k].property, literal(k), literal(k),
                below(3) == 0 ? ",null" : "");
    else
        fprintf(out, "{\"or\":[{\"s\":%s,\"n\":{\"gte\":%s}},{\"s\":%s},{\"b\":%s,\"n\":%s}]}", literal(0), literal(2),
                literal(0), literal(3), literal(2));
}

static char *make_where(void)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    if (below(10) == 0)
        put_ranges(out);
    else
        put_filter(below(3) == 0 ? 2 : (unsigned)below(2), out);
    fclose(out);
    return text;
}

/* *pages: the query has a limit or skips. */
static char *make_query(const char *where, bool *orders, bool *pages)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    fprintf(out, "{\"where\":%s", where);
    *orders = below(2) == 0;
    *pages = *orders && below(2) == 0;
    if (*orders) {
        fputc(',', out);
        put_order(out);
    }
    if (*pages)
        fprintf(out, ",\"limit\":%zu", 1 + below(30));
    if (*pages && below(2) == 0)
        fprintf(out, ",\"skip\":%zu", below(now->stale ? 50 : 100)); /* from 50 on members are counted, as they are */
    if (below(4) == 0)
        fputs(",\"fields\":[\"id\",\"t\"]", out);
    fputc('}', out);
    fclose(out);
    return text;
}

static bool answers_differ(const char *json, bool orders, answer *out)
{
    static answer scanned, remembered;
    ask(indexed, json, NULL, SIZE_MAX, out);
    ask(plain, json, NULL, SIZE_MAX, &scanned);
    ask(now->foreign ? plain : memory, json, NULL, SIZE_MAX, &remembered);
    count_way(json);
    if (!orders) {
        sort(out);
        sort(&scanned);
        sort(&remembered);
    }
    return differ(out, &scanned, "by the planner, and by a scan,", json) ||
           differ(out, &remembered, "on redis, and on memory,", json);
}

static void one_case(tally *t)
{
    bool orders, pages;
    char *where = make_where(), *json = make_query(where, &orders, &pages);
    static answer a;
    bool failed = answers_differ(json, orders, &a);
    if (!failed && !pages && !now->stale && below(3) == 0)
        failed = count_fails(where, a.count);
    if (!failed && orders && !pages && a.count > 2 && below(2) == 0) {
        failed = resume_fails(json, &a);
        t->resumed++;
    }
    t->asked++;
    t->some += a.count > 0 && a.count < now->records;
    t->failed += failed;
    free(where);
    free(json);
}

/* ---- the ground ---- */

static char *definition(bool is_indexed)
{
    static char text[2000];
    char types[7][100], properties[1000];
    for (size_t k = 0; k < 7; k++)
        snprintf(types[k], sizeof types[k], "{\"type\": \"%s\"%s}", kinds[k].type,
                 !is_indexed ? ""
                 : k == 6    ? ", \"unique\": true"
                             : ", \"index\": true");
    snprintf(properties, sizeof properties, PROPERTIES, now->id, types[0], types[1], types[2], types[3], types[4],
             types[5], types[6]);
    snprintf(
        text, sizeof text, "{\"name\": \"Answer\", \"properties\": {%s}%s}", properties,
        is_indexed
            ? ", \"indexes\": {\"byBI\": {\"keys\": {\"b\": 1, \"i\": -1}}, \"bySN\": {\"keys\": {\"s\": -1, \"n\": "
              "1}}, \"byUS\": {\"unique\": true, \"keys\": {\"u\": -1, \"s\": 1}}, \"byDIS\": {\"keys\": {\"d\": 1, "
              "\"i\": 1, \"s\": 1}}}"
            : "");
    return text;
}

static void open_models(void)
{
    char place[200];
    indexed_source = world_source("\"keyPrefix\": \"p:\", \"database\": 9");
    CHECK_TEXT(raw("SELECT 9"), "OK"); /* where others write, too */
    snprintf(place, sizeof place, "{\"url\": \"unix://%s\", \"keyPrefix\": \"p:\", \"database\": 9}", world_socket());
    CU_ASSERT_EQUAL_FATAL(ds_source_open("redis", place, &plain_source, &last), DS_OK);
    CU_ASSERT_EQUAL_FATAL(ds_source_open("memory", "{}", &memory_source, &last), DS_OK);
    indexed = world_model(indexed_source, definition(true));
    plain = world_model(plain_source, definition(false));
    memory = world_model(memory_source, definition(false));
}

static void close_models(void)
{
    ds_source_close(indexed_source);
    ds_source_close(plain_source);
    ds_source_close(memory_source);
}

static void fill(void)
{
    for (size_t i = 0; i < now->records; i++) {
        char *json;
        size_t length;
        FILE *out = open_memstream(&json, &length);
        put_record(i, out);
        fclose(out);
        CHECK_OK(create(indexed, json));
        CHECK_OK(create(memory, json));
        free(json);
    }
}

static ds_value id_value(size_t i)
{
    static char text[8];
    id_of(i, text);
    return now->id[0] == 'i' ? ds_integer(strtol(text, NULL, 10)) : ds_string(text);
}

static ds_status change(ds_model *model, size_t i, const char *json)
{
    ds_record *record = record_of(model, json);
    ds_status status = ds_update_by_id(model, id_value(i), record, &last);
    ds_record_free(record);
    return status;
}

/* Records change and go, and the answers with them. */
static void change_some(void)
{
    for (size_t i = 0; i < 10 && !now->foreign; i++) {
        char *json, place[300];
        size_t length, at = below(now->records), k = below(6);
        FILE *out = open_memstream(&json, &length);
        put_record(at, out);
        fclose(out);
        (void)ds_delete_by_id(indexed, id_value(at), NULL);
        (void)ds_delete_by_id(memory, id_value(at), NULL);
        CHECK_OK(create(indexed, json));
        CHECK_OK(create(memory, json));
        free(json);
        snprintf(place, sizeof place, "{\"%s\":%s}", kinds[k].property, below(4) == 0 ? "null" : literal(k));
        at = below(now->records);
        CHECK_OK(change(indexed, at, place));
        CHECK_OK(change(memory, at, place));
    }
}

/* Another program writes a value that this one changes again: the entry of the value before stays, and leads to the record. */
static void leave_entries(void)
{
    for (size_t n = below(FEW / 10); n > 0; n--) {
        char id[8], key[40], json[300];
        size_t at = below(now->records), k = below(6);
        id_of(below(now->records), id);
        snprintf(key, sizeof key, "p:Answer:%s", id);
        const char *text = raw("HGET %s %s", key, kinds[k].property);
        if (strcmp(text, "(nil)") == 0)
            continue;
        id_of(at, id);
        snprintf(key, sizeof key, "p:Answer:%s", id);
        raw("HSET %s %s %s", key, kinds[k].property, text);
        snprintf(json, sizeof json, "{\"%s\":null}",
                 kinds[k].property); /* what others wrote has no entry, and must change */
        CHECK_OK(change(indexed, at, json));
        snprintf(json, sizeof json, "{\"%s\":%s}", kinds[k].property, literal(k));
        CHECK_OK(change(indexed, at, json));
        CHECK_OK(change(memory, at, json));
    }
}

/* Texts that are none of their property's type, or not written as they should be; and one too long for an index. */
static void write_foreign(void)
{
    static const char *const texts[] = {"abc", "007", "1.50", "", "TRUE", "2024-01-01", "9223372036854775808",
                                        "ab",  "1e2", "-0"};
    char *large = calloc(1, 6001);
    memset(large, 'a', 6000);
    for (size_t i = 0; i < 60; i++) {
        char id[8], key[40];
        id_of(below(now->records), id);
        snprintf(key, sizeof key, "p:Answer:%s", id);
        size_t k = below(6);
        raw("HSET %s %s %s", key, kinds[k].property, k == 0 && below(2) == 0 ? large + below(3) : texts[below(10)]);
    }
    free(large);
    CHECK_OK(ds_migrate(indexed, NULL, NULL, &last));
}

static void ask_cases(unsigned count, tally *t)
{
    open_models();
    fill();
    if (now->foreign)
        write_foreign();
    for (unsigned i = 1; i <= count && t->failed < 5; i++) {
        if (now->stale)
            leave_entries();
        one_case(t);
        if (i % 500 == 0)
            change_some();
    }
    close_models();
}

static void the_planner_a_scan_and_memory_answer_alike(void)
{
    const char *seed = getenv("ANSWERS_SEED");
    uint64_t start = seed == NULL ? (uint64_t)time(NULL) : strtoull(seed, NULL, 10);
    unsigned least = UINT_MAX;
    tally t = {0, 0, 0, 0};
    state = start * 2654435761u + 88172645463325252u;
    for (now = settings; now < settings + sizeof settings / sizeof *settings; now++) {
        unsigned before = t.failed;
        ask_cases(CASES * now->share / 100, &t);
        if (t.failed > before)
            fprintf(stderr, "    ids: %s, dialect: %s%s\n", now->id, now->dialect,
                    now->foreign ? ", foreign texts"
                    : now->stale ? ", entries left behind"
                                 : "");
    }
    for (size_t op = 0; op < OPERATORS; op++)
        for (size_t k = 0; k < KINDS; k++)
            least = met[op][k] < least ? met[op][k] : least;
    printf("ANSWERS_SEED=%llu: %u cases, %u with an answer neither empty nor everything, %u gone on from a mark; each "
           "operator "
           "met each type at least %u times\n",
           (unsigned long long)start, t.asked, t.some, t.resumed, least);
    CU_ASSERT_EQUAL(t.failed, 0);
    CU_ASSERT_TRUE(t.some * 2 >= t.asked);
    CU_ASSERT_TRUE(least >= 50);
    check_ways();
}

int main(void)
{
    static const test tests[] = {
        {"the planner, a scan and memory answer alike", the_planner_a_scan_and_memory_answer_alike},
    };
    if (!world_start())
        return 2;
    int result = SUITE_RUN("answers", tests);
    world_stop();
    return result;
}
