/* Generated records and queries: filters of random shape with order, paging and marks, asked of the connector, of the
 * same one masked, and of the reference. The answers must be the same. */
#include "question.h"

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

/* ---- a round ---- */

static char *filter_text(generator *g)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    put_filter(g, 2, out);
    fclose(out);
    return text;
}

static char *order_text(generator *g)
{
    const pool *a = &pools[below(g, POOLS)], *b = &pools[below(g, POOLS)];
    char text[64];
    int n = snprintf(text, sizeof text, "\"%s%s", a->property, below(g, 2) == 0 ? " DESC" : "");
    if (b != a)
        n += snprintf(text + n, sizeof text - (size_t)n, ", %s%s", b->property, below(g, 2) == 0 ? " DESC" : "");
    snprintf(text + n, sizeof text - (size_t)n, "\"");
    return strdup(text);
}

static question make_question(generator *g)
{
    question q = {.where = filter_text(g)};
    if (below(g, 2) == 0) {
        q.order = order_text(g);
        if (below(g, 2) == 0)
            q.limit = 1 + below(g, 40);
        if (below(g, 3) == 0)
            q.skip = below(g, 20);
    }
    if (below(g, 4) == 0)
        q.fields = strdup("[\"id\",\"s\",\"u\"]");
    return q;
}

typedef struct tally {
    unsigned asked, some, resumed;
} tally;

static void one_round(ground *g, generator *random, tally *t)
{
    question q = make_question(random);
    size_t count = 0;
    ground_ask(g, &q, &count);
    q.way = MASKED;
    ground_ask(g, &q, NULL);
    if (q.order == NULL && q.fields == NULL) {
        q.way = COUNTED;
        ground_ask(g, &q, NULL);
    }
    if (q.order != NULL && q.skip == 0 && q.limit == 0 && count >= 5) {
        q.way = RESUMED;
        ground_ask(g, &q, NULL);
        t->resumed++;
    }
    t->asked++;
    t->some += count > 0 && count < RECORDS;
    free(q.where);
    free(q.order);
    free(q.fields);
}

static void add_records(ground *g, generator *random)
{
    for (size_t i = 0; i < RECORDS; i++) {
        char *json;
        size_t length;
        FILE *out = open_memstream(&json, &length);
        put_record(random, i, out);
        fclose(out);
        ground_add(g, json);
        free(json);
    }
}

void run_generated(suite *s, unsigned count)
{
    generator random = {s->seed * 2654435761u + 88172645463325252u};
    ground g;
    run r;
    tally t = {0};
    ground_begin(&g, &r, s, DEFINITION, &rule_superset);
    add_records(&g, &random);
    ground_fill(&g);
    for (unsigned i = 0; i < count && !r.failed; i++)
        one_round(&g, &random, &t);
    if (!r.failed && t.some * 2 < t.asked)
        fail(&r, "only %u of %u queries had an answer that is neither empty nor everything", t.some, t.asked);
    unsigned failed = s->failed;
    run_end(&r, "generated", "generated queries are answered as by the evaluator");
    ground_end(&g);
    printf("%-12s %3u passed, %u failed; %u queries, %u with an answer that is neither empty nor everything, %u gone "
           "on from a mark\n",
           "generated", s->failed == failed, s->failed - failed, t.asked, t.some, t.resumed);
}
