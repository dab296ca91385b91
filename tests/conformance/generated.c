/* Generated records and queries: filters of random shape with order, paging and marks, asked of the connector, of the
 * same one masked, and of the reference. The answers must be the same; a failing case is printed with the first record
 * that differs. */
#include "conformance.h"

#include <stdlib.h>
#include <string.h>

#define RECORDS 150

typedef struct generator {
    uint64_t state;
} generator;

static uint64_t random_next(generator *g)
{
    g->state ^= g->state << 13;
    g->state ^= g->state >> 7;
    g->state ^= g->state << 17;
    return g->state;
}

static size_t below(generator *g, size_t n)
{
    return (size_t)(random_next(g) >> 11) % n;
}

typedef struct pool {
    const char *property;
    const char *values[8];
} pool;

static const pool pools[] = {
    {"s", {"\"\"", "\"a\"", "\"ab\"", "\"B\"", "\"ä\"", "\"Ä\"", "\"b%\"", "\"zz\""}},
    {"i", {"-3", "0", "1", "2", "10", "9007199254740993", "9007199254740992", "-9223372036854775808"}},
    {"n", {"-1.5", "0", "0.1", "1", "2.5", "10", "1e300", "9007199254740992"}},
    {"b", {"true", "false", "true", "false", "true", "false", "true", "false"}},
    {"d",
     {"\"1970-01-01\"", "\"2000-02-29T12:00:00Z\"", "\"1969-12-31\"", "\"2024-01-01\"", "\"2024-01-01T00:00:00.001Z\"",
      "\"0001-01-01\"", "\"9999-01-01\"", "\"1990-05-05\""}},
    {"x", {"\"\"", "\"AA==\"", "\"AAE=\"", "\"/w==\"", "\"YQ==\"", "\"YWI=\"", "\"AQ==\"", "\"gA==\""}},
    {"a", {"[]", "[1]", "[1,\"a\"]", "[\"a\",\"b\"]", "[2.5]", "[null]", "[[1]]", "[\"b\"]"}},
    {"y", {"1", "\"1\"", "1.0", "true", "\"a\"", "[1,\"a\"]", "2", "{\"k\":1}"}},
    {"u", {"\"1\"", "\"10\"", "\"9\"", "\"a\"", "\"true\"", "\"1.5\"", "\"\"", "\"b\""}},
};
#define POOLS (sizeof pools / sizeof *pools)

#define DEFINITION                                                                                                     \
    "\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"s\":\"string\",\"i\":\"integer\",\"n\":\"number\","    \
    "\"b\":\"boolean\","                                                                                               \
    "\"d\":\"date\",\"x\":\"binary\",\"a\":\"array\",\"y\":\"any\"},\"settings\":{\"strict\":false}"

static const char *literal(generator *g, const pool *p)
{
    return p->values[below(g, 8)];
}

static void put_record(generator *g, size_t i, FILE *out)
{
    fprintf(out, "{\"id\":\"r%03zu\"", i);
    for (const pool *p = pools; p < pools + POOLS; p++)
        if (below(g, 4) != 0)
            fprintf(out, ",\"%s\":%s", p->property, literal(g, p));
    fputc('}', out);
}

static void put_comparison(generator *g, FILE *out)
{
    static const char *const ranges[] = {"gt", "gte", "lt", "lte", "neq", "eq"};
    static const char *const patterns[] = {"like", "nlike", "ilike", "nilike"};
    static const char *const texts[] = {"\"%a%\"", "\"_\"", "\"a%\"", "\"%\"", "\"ä\""};
    const pool *p = &pools[below(g, POOLS)];
    fprintf(out, "{\"%s\":", p->property);
    switch (below(g, 10)) {
    case 0:
        fprintf(out, "{\"between\":[%s,%s]}", literal(g, p), literal(g, p));
        break;
    case 1:
        fprintf(out, "{\"inq\":[%s,%s,%s]}", literal(g, p), literal(g, p), literal(g, p));
        break;
    case 2:
        fprintf(out, "{\"nin\":[%s,%s]}", literal(g, p), below(g, 3) == 0 ? "null" : literal(g, p));
        break;
    case 3:
        fprintf(out, "{\"exists\":%s}", below(g, 2) == 0 ? "true" : "false");
        break;
    case 4:
        fprintf(out, "{\"%s\":%s}", patterns[below(g, 4)], texts[below(g, 5)]);
        break;
    case 5:
        fputs(below(g, 2) == 0 ? "null" : "{\"neq\":null}", out);
        break;
    default:
        fprintf(out, "{\"%s\":%s}", ranges[below(g, 6)], literal(g, p));
    }
    fputc('}', out);
}

static void put_filter(generator *g, unsigned depth, FILE *out)
{
    static const char *const joins[] = {"and", "or", "nor"};
    if (depth == 0 || below(g, 3) == 0) {
        put_comparison(g, out);
        return;
    }
    fprintf(out, "{\"%s\":[", joins[below(g, 3)]);
    for (size_t i = 0, n = 1 + below(g, 3); i < n; i++) {
        fputs(i > 0 ? "," : "", out);
        put_filter(g, depth - 1, out);
    }
    fputs("]}", out);
}

static void put_query(generator *g, FILE *out)
{
    fputs("{\"where\":", out);
    put_filter(g, 2, out);
    bool ordered = below(g, 2) == 0;
    if (ordered) {
        const pool *a = &pools[below(g, POOLS)];
        fprintf(out, ",\"order\":\"%s%s", a->property, below(g, 2) == 0 ? " DESC" : "");
        const pool *b = &pools[below(g, POOLS)];
        if (b != a)
            fprintf(out, ", %s%s", b->property, below(g, 2) == 0 ? " DESC" : "");
        fputc('"', out);
        if (below(g, 2) == 0)
            fprintf(out, ",\"limit\":%zu", 1 + below(g, 40));
        if (below(g, 3) == 0)
            fprintf(out, ",\"skip\":%zu", below(g, 20));
    }
    if (below(g, 4) == 0)
        fputs(",\"fields\":[\"id\",\"s\",\"u\"]", out);
    fputc('}', out);
}

/* ---- a round ---- */

typedef struct rounds {
    run run;
    generator random;
    ds_model *reference;
    unsigned asked, some, paged;
} rounds;

static char *text_of(void (*write)(generator *, FILE *), generator *g)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    write(g, out);
    fclose(out);
    return text;
}

/* Writes down the first record that only one of the answers has. */
static void trace_difference(rounds *r, const answer *a, const answer *b)
{
    for (const char *line = a->text; line != NULL && *line != '\0'; line = strchr(line, '\n') + 1) {
        char id[5] = "", text[1024];
        ds_record *record;
        snprintf(text, sizeof text, "%.*s", (int)strcspn(line, "\n"), line);
        if (b->text != NULL && strstr(b->text, text) != NULL)
            continue;
        sscanf(text, "{\"id\":\"%4[^\"]", id);
        if (ds_find_by_id(r->reference, ds_string(id), &record, NULL) != DS_OK)
            continue;
        char *json = ds_record_to_json(record);
        fputs("    ds_record_from_json(model, ", r->run.out);
        print_quoted(r->run.out, json);
        fputs(", &record, &error);\n    ds_create(model, record, &error);\n", r->run.out);
        ds_free(json);
        ds_record_free(record);
        return;
    }
}

static void tell(rounds *r, const char *query, const char *who, const answer *got, const answer *expected)
{
    trace_difference(r, got, expected);
    trace_difference(r, expected, got);
    fputs("    ds_query_parse(", r->run.out);
    print_quoted(r->run.out, query);
    fputs(", &query, &error);\n    ds_find(model, query, &cursor, &error);\n", r->run.out);
    fail(&r->run, "%s answers %s, %zu records: %.300s; the reference answers %s, %zu records: %.300s", who,
         ds_status_name(got->status), got->count, got->text == NULL ? "" : got->text, ds_status_name(expected->status),
         expected->count, expected->text == NULL ? "" : expected->text);
}

/* Goes on from the mark of the third record, on the tested source; the rest of the reference's answer must come. */
static void check_mark(rounds *r, const ds_query *query, const char *json, const answer *expected)
{
    ds_cursor *cursor;
    const ds_record *record = NULL;
    ds_error error;
    char *mark = NULL;
    if (query->order == NULL || query->skip != 0 || query->limit != 0 || expected->count < 5)
        return;
    if (ds_find(r->run.model, query, &cursor, &error) != DS_OK)
        return;
    for (int i = 0; i < 3; i++)
        ds_cursor_next(cursor, &record, &error);
    mark = ds_cursor_mark(cursor);
    ds_cursor_close(cursor);
    ds_query rest = *query;
    rest.after = mark;
    answer got = answer_of(r->run.model, &rest, &error), want = *expected;
    for (int i = 0; i < 3; i++)
        want.text = strchr(want.text, '\n') + 1;
    want.count -= 3;
    if (!answers_equal(&got, &want))
        tell(r, json, "behind the mark of the third record, the connector", &got, &want);
    r->paged++;
    answer_free(&got);
    ds_free(mark);
}

static void one_round(rounds *r)
{
    char *json = text_of(put_query, &r->random);
    ds_query *query = NULL;
    ds_error error = {0};
    answer a[3];
    if (ds_query_parse(json, &query, &error) != DS_OK) {
        fail(&r->run, "%s: %s", json, error.message);
        free(json);
        return;
    }
    a[0] = answer_of(r->run.model, query, &error);
    a[1] = masked_answer_of(r->run.model, query, &error);
    a[2] = answer_of(r->reference, query, &error);
    for (size_t i = 0; i < 2; i++)
        if (!answers_equal(&a[i], &a[2]))
            tell(r, json, i == 0 ? "the connector" : "masked, it", &a[i], &a[2]);
    if (a[2].status == DS_OK)
        check_mark(r, query, json, &a[2]);
    r->asked++;
    r->some += a[2].count > 0 && a[2].count < RECORDS;
    for (size_t i = 0; i < 3; i++)
        answer_free(&a[i]);
    ds_query_free(query);
    free(json);
}

static void create_in(rounds *r, ds_model *model, const char *json)
{
    ds_record *record = NULL;
    ds_error error;
    if (ds_record_from_json(model, json, &record, &error) != DS_OK || ds_create(model, record, &error) != DS_OK)
        fail(&r->run, "%s: %s", json, error.message);
    ds_record_free(record);
}

static void fill(rounds *r)
{
    for (size_t i = 0; i < RECORDS && !r->run.failed; i++) {
        char *json;
        size_t length;
        FILE *out = open_memstream(&json, &length);
        put_record(&r->random, i, out);
        fclose(out);
        create_in(r, r->run.model, json);
        create_in(r, r->reference, json);
        free(json);
    }
}

void run_generated(suite *s, unsigned count)
{
    rounds r = {.random = {s->seed * 2654435761u + 88172645463325252u}};
    char json[512];
    run_begin(&r.run, s, DEFINITION);
    snprintf(json, sizeof json, "{\"name\":\"%s\",%s}", r.run.name, DEFINITION);
    if (!r.run.failed && ds_model_define(s->reference, json, &r.reference, &r.run.error) != DS_OK)
        fail(&r.run, "%s", r.run.error.message);
    fill(&r);
    trace(&r.run, "/* the %d records of seed %llu, and then: */", RECORDS, (unsigned long long)s->seed);
    for (unsigned i = 0; i < count && !r.run.failed; i++)
        one_round(&r);
    if (!r.run.failed && r.some * 2 < r.asked)
        fail(&r.run, "only %u of %u queries had an answer that is neither empty nor everything", r.some, r.asked);
    unsigned failed = s->failed;
    run_end(&r.run, "generated", "generated queries are answered as by the evaluator",
            "DESIGN 6: one evaluator decides for all connectors");
    printf("%-12s %3u passed, %u failed; %u queries, %u with an answer that is neither empty nor everything, %u gone "
           "on from a mark\n",
           "generated", s->failed == failed, s->failed - failed, r.asked, r.some, r.paged);
}
