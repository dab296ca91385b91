/* Each operator on each type of property: a case a pair. All literals of a pool are asked for, and the answers of the
 * connector, of the same one masked, and of the reference must be the same. */
#include "question.h"

#include <string.h>

typedef struct kind {
    const char *name;        /* the property's type; "undeclared" */
    const char *values[12];  /* JSON; what is stored, and what is asked for */
    const char *literals[6]; /* JSON; asked for, never stored */
} kind;

static const kind kinds[] = {
    {"string",
     {"\"\"", "\"a\"", "\"A\"", "\"ab\"", "\"b\"", "\"ä\"", "\"Ä\"", "\"a\\u0000b\"", "\"10\"", "\"9\"", "\"%\"",
      "\"日本\""},
     {"\"aa\"", "\"z\"", "7", "true"}},
    {"integer",
     {"0", "1", "-1", "10", "9", "9007199254740993", "9007199254740992", "-9223372036854775808", "9223372036854775807",
      "100"},
     {"2", "\"10\"", "9223372036854775806", "1.0"}},
    {"number",
     {"0", "-0.0", "1.5", "-1.5", "0.1", "1e300", "-1e300", "5e-324", "9007199254740992", "1e21", "0.30000000000000004",
      "10"},
     {"0.3", "2", "\"1.5\""}},
    {"boolean", {"true", "false"}, {"\"true\"", "\"false\""}},
    {"date",
     {"\"1970-01-01T00:00:00.000Z\"", "\"2000-02-29T23:59:59.999Z\"", "\"0000-01-01\"", "\"9999-12-31T23:59:59.999Z\"",
      "\"1969-12-31T23:59:59.999Z\""},
     {"\"2000-03-01\"", "0", "\"2000-03-01T00:59:59.999+01:00\""}},
    {"binary", {"\"\"", "\"AA==\"", "\"AAE=\"", "\"/w==\"", "\"YQ==\""}, {"\"/v8=\"", "\"YWI=\""}},
    {"object", {"{}", "{\"a\":1}", "{\"a\":2}", "{\"b\":{\"c\":null}}", "{\"a\":\"1\"}"}, {"{\"a\":3}"}},
    {"array",
     {"[]", "[1]", "[1,2]", "[\"a\"]", "[\"a\",1,null]", "[[1]]", "[true,{\"a\":1}]", "[2.5,\"10\"]"},
     {"1", "\"a\"", "[1,2]", "2.5", "3"}},
    {"any",
     {"0", "1", "1.0", "1.5", "\"1\"", "\"\"", "true", "false", "[1,\"x\"]", "{\"a\":1}", "9007199254740993", "\"a\""},
     {"2", "\"x\"", "9007199254740992"}},
    {"undeclared",
     {"\"\"", "\"1\"", "\"01\"", "\"1.5\"", "\"true\"", "\"a\"", "\"2000-01-01T00:00:00.000Z\"", "\"-0\"", "\"10\"",
      "\"9\"", "\"1e1\"", "\"9007199254740993\""},
     {"1", "10", "true", "\"b\"", "9007199254740992", "{\"$date\":\"2000-01-01T00:00:00.000Z\"}"}},
};
#define KINDS (sizeof kinds / sizeof *kinds)

static const char *const operators[] = {"eq",  "neq",  "gt",    "gte",   "lt",     "lte",    "between",  "inq",
                                        "nin", "like", "nlike", "ilike", "nilike", "regexp", "contains", "exists"};
#define OPERATORS (sizeof operators / sizeof *operators)

typedef struct pair {
    ground ground;
    run run;
    const kind *kind;
    unsigned asked;
} pair;

static void add_records(pair *p)
{
    char json[256];
    for (size_t i = 0; i <= 12; i++) {
        const char *value = i < 12 ? p->kind->values[i] : "null"; /* one without a value */
        if (value == NULL)
            continue;
        snprintf(json, sizeof json, "{\"id\":\"%c\",\"p\":%s}", (char)('a' + i), value);
        ground_add(&p->ground, json);
    }
}

static void ask(pair *p, char *where)
{
    question q = {.where = where};
    for (q.way = ASKED; q.way <= COUNTED; q.way++)
        ground_ask(&p->ground, &q, NULL);
    p->asked++;
}

static void ask_one(pair *p, const char *operator, const char * literal)
{
    char where[256];
    snprintf(where, sizeof where, "{\"p\":{\"%s\":%s}}", operator, literal);
    ask(p, where);
}

static void ask_two(pair *p, const char *operator, const char * a, const char *b)
{
    char where[256];
    snprintf(where, sizeof where, "{\"p\":{\"%s\":[%s,%s]}}", operator, a, b);
    ask(p, where);
}

static const char *literal_of(const kind *k, size_t i)
{
    return i < 12 ? k->values[i] : i < 18 ? k->literals[i - 12] : "null";
}

static void ask_all(pair *p, const char *operator)
{
    static const char *const patterns[] = {"\"a%\"", "\"%\"", "\"_\"", "\"%\\\\%%\"", "\"\"", "\"Ä\"", "\"%1%\""};
    static const char *const expressions[] = {"\"^a\"", "\"/^A$/i\"", "\"[0-9]\"", "\"^.$\"", "\"\""};
    if (strcmp(operator, "exists") == 0) {
        ask_one(p, operator, "true");
        ask_one(p, operator, "false");
    } else if (strstr(operator, "like") != NULL) {
        for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
            ask_one(p, operator, patterns[i]);
    } else if (strcmp(operator, "regexp") == 0) {
        for (size_t i = 0; i < sizeof expressions / sizeof *expressions; i++)
            ask_one(p, operator, expressions[i]);
    } else {
        bool two = strcmp(operator, "between") == 0 || strcmp(operator, "inq") == 0 || strcmp(operator, "nin") == 0;
        for (size_t i = 0; i < 19; i++) {
            const char *a = literal_of(p->kind, i), *b = literal_of(p->kind, (i * 7 + 3) % 19);
            if (a != NULL && !two)
                ask_one(p, operator, a);
            if (a != NULL && b != NULL && two)
                ask_two(p, operator, a, b);
        }
    }
}

static void run_pair(suite *s, const char *operator, pair * p)
{
    char definition[256], name[96];
    bool declared = strcmp(p->kind->name, "undeclared") != 0;
    snprintf(definition, sizeof definition, "\"properties\":{\"id\":{\"type\":\"string\",\"id\":true}%s%s%s}%s",
             declared ? ",\"p\":\"" : "", declared ? p->kind->name : "", declared ? "\"" : "",
             declared ? "" : ",\"settings\":{\"strict\":false}");
    snprintf(name, sizeof name, "%s on %s answers as the evaluator does", operator, p->kind->name);
    ground_begin(&p->ground, &p->run, s, definition, &rule_superset);
    add_records(p);
    ground_fill(&p->ground);
    ask_all(p, operator);
    run_end(&p->run, "operators", name);
    ground_end(&p->ground);
}

void run_operators(suite *s)
{
    unsigned passed = s->passed, failed = s->failed, asked[OPERATORS][KINDS];
    for (size_t k = 0; k < KINDS; k++)
        for (size_t o = 0; o < OPERATORS; o++) {
            pair p = {.kind = &kinds[k]};
            run_pair(s, operators[o], &p);
            asked[o][k] = p.asked;
        }
    printf("%-12s %3u passed, %u failed; filters asked, by operator and type:\n           ", "operators",
           s->passed - passed, s->failed - failed);
    for (size_t k = 0; k < KINDS; k++)
        printf("%11s", kinds[k].name);
    for (size_t o = 0; o < OPERATORS; o++) {
        printf("\n  %-9s", operators[o]);
        for (size_t k = 0; k < KINDS; k++)
            printf("%11u", asked[o][k]);
    }
    putchar('\n');
}
