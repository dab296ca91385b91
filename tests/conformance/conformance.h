/* The conformance suite: what every connector must do, over the public API alone. A case is a function that takes
 * steps; each step does one thing, checks its answer, and writes itself down as C, so that a case that fails can be
 * printed as a program of a few lines. */
#ifndef CONFORMANCE_H
#define CONFORMANCE_H

#include <datasource/connector.h>
#include <datasource/datasource.h>

#include "rules.h"

#include <stdio.h>

typedef struct suite {
    const char *connector, *settings; /* as the author gave them */
    ds_source *source;                /* what is tested */
    ds_source *reference;             /* a list of records, filtered by the library */
    uint64_t capabilities;
    uint64_t seed;
    const char *only; /* a group; NULL: all */
    bool programs;    /* prints the program of each case, whether it failed or not */
    unsigned passed, failed;
    struct {
        const rule *rule;
        unsigned times;
    } told[128];     /* the rules that were broken */
    unsigned models; /* made so far, for their names */
} suite;

/* A case that is under way: its model, what it did as C, and what the first step that failed has to say. */
typedef struct run {
    suite *suite;
    const rule *rule;   /* of the step that comes next */
    const rule *broken; /* of the step that failed */
    ds_model *model;
    char name[64]; /* of the model */
    char *trace;   /* from open_memstream() */
    size_t trace_length;
    FILE *out;               /* writes the trace */
    const char *before_main; /* what the program has in front of main(); NULL: nothing */
    bool failed;
    char *expected, *got; /* in place of `what` */
    char *what;           /* a sentence */
    ds_error error;       /* of the last step */
} run;

typedef struct rule_case {
    const char *name;  /* the sentence that it proves */
    const rule *rule;  /* where the rule is from; a case may set run.rule on its way */
    const char *model; /* its definition but for the name: "\"properties\": {...}"; NULL: schemaless; "": the case makes
                          its own */
    void (*run)(run *);
} rule_case;

typedef struct group {
    const char *name;
    const rule_case *cases;
    size_t count;
} group;

extern const group group_conditions, group_batch, group_create, group_find, group_order, group_update, group_delete,
    group_values, group_models, group_threads, group_queue;

/* The definition that most cases use. */
#define PERSON                                                                                                         \
    "\"properties\":{\"id\":{\"type\":\"string\",\"id\":true},\"name\":{\"type\":\"string\",\"required\":true},"       \
    "\"age\":\"integer\",\"score\":\"number\",\"member\":{\"type\":\"boolean\",\"default\":false},\"born\":\"date\","  \
    "\"photo\":\"binary\",\"address\":\"object\",\"tags\":\"array\",\"extra\":\"any\"}"

/* ---- steps: JSON in, JSON out; `line` texts are records as ds_record_to_json() writes them ---- */

bool step_define(run *, const char *definition, ds_status expected); /* the model named run.name */
void step_create(run *, const char *json, ds_status expected);
void step_create_all(run *, const char *const *jsons, size_t n, size_t created, ds_status expected);
void step_create_numbered(run *, size_t n); /* PERSONs with ids and ages from 0, in one call */
void step_get(run *, const char *id, const char *line /* NULL: DS_NOT_FOUND */);
void step_find(run *, const char *query, const char *const *lines, size_t n); /* in order */
void step_find_ids(run *, const char *query, const char *ids /* one letter each, in order */);
void step_find_set(run *, const char *query, const char *ids /* one letter each, in any order */);
void step_find_fails(run *, const char *query, const char *part); /* DS_INVALID, with a sentence that holds `part` */
void step_count(run *, const char *where /* NULL: all */, uint64_t expected);
void step_exists(run *, const char *id, bool expected);
void step_by_ids(run *, const char *ids, const char *found); /* one letter each */
void step_update(run *, const char *id, const char *json, ds_status expected);
void step_update_where(run *, const char *where, const char *json, uint64_t expected);
void step_replace(run *, const char *id, const char *json, ds_status expected);
void step_upsert(run *, const char *json, bool created, ds_status expected);
void step_replace_or_create(run *, const char *json, bool created, ds_status expected);
void step_increment(run *, const char *id, const char *property, ds_value by,
                    const char *now /* JSON; NULL with a failure */, ds_status expected);
void step_delete(run *, const char *id, ds_status expected);
void step_delete_where(run *, const char *where, uint64_t expected);
void step_expire(run *, const char *id, int64_t ms, ds_status expected);
void step_ttl(run *, const char *id, int64_t low, int64_t high, ds_status expected);
void step_gone(run *, const char *id); /* awaits that an expiring record is gone */

/* A write of a batch, and what it must come to. Atomic ones are DS_UNSUPPORTED, each of them, without the capability. */
typedef struct batch_write {
    ds_write_kind kind;
    const char *id, *json;
    ds_status outcome;
    const char *property;
    int64_t number; /* to add, or ms */
    int64_t now;    /* of an increment */
    bool is_number; /* the property: `now` is not looked at */
    bool created;   /* of upsert and replace_or_create */
    bool other;     /* of the other model */
} batch_write;
void step_batch(run *, ds_model *other, unsigned flags, const batch_write *, size_t n);

/* Write a line of C into the trace; a text as a C string; a comment, whatever is in it. */
void trace(run *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void trace_text(run *, const char *before, const char *text, const char *after);
void trace_comment(run *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void print_quoted(FILE *, const char *text);
/* Where the trace ends now; and takes back all that was written behind it, where it went well and is of no more interest. */
size_t trace_position(run *);
void trace_forget(run *, size_t position);

/* Fail the case: the first failure is the one that is reported. */
void fail(run *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void differs(run *, const char *expected, const char *got);
void check(run *, bool holds, const char *what);
/* Fails with the sentence of run.error where the status is not DS_OK. */
bool done(run *, ds_status status);

/* Opens the connector's source, and the reference's. */
ds_status sources_open(suite *, ds_error *);
void sources_close(suite *);
/* While the mask is on the connector may push nothing down, and the library supplies every optional entry. Returns whether it
 * was on before. */
bool mask_put_on(bool on);
/* Comes between: is called once, before the connector is given the next update or delete with `expected`. NULL: not. */
void meddle_once(void (*meddle)(run *), run *);

/* Runs cases; a group of generated ones prints what it counted. */
void run_group(suite *, const group *);
void run_case(suite *, const char *group_name, const rule_case *);
void run_operators(suite *);                  /* each operator on each type, a case a pair */
void run_generated(suite *, unsigned rounds); /* random records, filters, orders and pages */

/* What the connector, the same one masked, and the reference answer. */
typedef struct answer {
    ds_status status;
    size_t count;
    char *text; /* the records, a line each, sorted if there is no order */
} answer;
answer answer_of(ds_model *, const ds_query *, ds_error *);
answer masked_answer_of(ds_model *, const ds_query *, ds_error *);
void answer_free(answer *);
bool answers_equal(const answer *, const answer *);

/* Begins and ends a case that is made by a program. */
void run_begin(run *, suite *, const char *definition, const rule *);
void run_end(run *, const char *group_name, const char *name);

#endif
