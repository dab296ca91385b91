#include "question.h"

#include <stdlib.h>
#include <string.h>

#define ATTEMPTS 600 /* at cutting a question down */

/* ---- the ground ---- */

void ground_begin(ground *g, run *r, suite *s, const char *definition, const rule *proves)
{
    char json[1024];
    *g = (ground){.run = r};
    run_begin(r, s, definition, proves);
    snprintf(json, sizeof json, "{\"name\":\"%s\",%s}", r->name, definition);
    if (!r->failed)
        done(r, ds_model_define(s->reference, json, &g->reference, &r->error));
    g->start = trace_position(r);
}

void ground_add(ground *g, const char *json)
{
    if (g->count == g->room)
        g->records = realloc(g->records, (g->room = g->room * 2 + 16) * sizeof *g->records);
    g->records[g->count++] = strdup(json);
}

void ground_end(ground *g)
{
    for (size_t i = 0; i < g->count; i++)
        free(g->records[i]);
    free(g->records);
}

/* Stores the records that are not left out, in one call. */
static ds_status store(ds_model *model, char *const *records, const bool *left_out, size_t n, ds_error *err)
{
    ds_record **made = calloc(n + 1, sizeof *made);
    size_t count = 0;
    ds_status status = DS_OK;
    for (size_t i = 0; i < n && status == DS_OK; i++)
        if (left_out == NULL || !left_out[i])
            status = ds_record_from_json(model, records[i], &made[count++], err);
    if (status == DS_OK && count > 0)
        status = ds_create_all(model, made, count, NULL, err);
    for (size_t i = 0; i < count; i++)
        ds_record_free(made[i]);
    free(made);
    return status;
}

void ground_fill(ground *g)
{
    run *r = g->run;
    trace_comment(r, "%zu records like %s", g->count, g->count > 0 ? g->records[0] : "");
    if (!r->failed && done(r, store(r->model, g->records, NULL, g->count, &r->error)))
        done(r, store(g->reference, g->records, NULL, g->count, &r->error));
}

/* By filter, or one by one where the connector cannot do that. */
static bool clear(const ground *g, ds_model *model)
{
    uint64_t left = 1;
    ds_error error;
    if (ds_delete(model, ds_everything(), NULL, &error) == DS_OK && ds_count(model, NULL, &left, &error) == DS_OK &&
        left == 0)
        return true;
    for (size_t i = 0; i < g->count; i++) {
        ds_record *record = NULL;
        if (ds_record_from_json(g->reference, g->records[i], &record, &error) == DS_OK)
            ds_delete_by_id(model, ds_record_get(record, "id"), &error);
        ds_record_free(record);
    }
    return ds_count(model, NULL, &left, &error) == DS_OK && left == 0;
}

/* Puts records of the ground, but for those that are left out, in place of those that are stored; false: the connector
 * cannot. */
static bool refill(ground *g, const bool *left_out)
{
    ds_error error;
    return clear(g, g->run->model) && clear(g, g->reference) &&
           store(g->run->model, g->records, left_out, g->count, &error) == DS_OK &&
           store(g->reference, g->records, left_out, g->count, &error) == DS_OK;
}

/* ---- asking ---- */

static char *query_json(const question *q)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    fprintf(out, "{\"where\":%s", q->where == NULL ? "{}" : q->where);
    if (q->order != NULL)
        fprintf(out, ",\"order\":%s", q->order);
    if (q->skip != 0)
        fprintf(out, ",\"skip\":%llu", (unsigned long long)q->skip);
    if (q->limit != 0)
        fprintf(out, ",\"limit\":%llu", (unsigned long long)q->limit);
    if (q->fields != NULL)
        fprintf(out, ",\"fields\":%s", q->fields);
    fputc('}', out);
    fclose(out);
    return text;
}

/* After how many of `n` records a walk is gone on from its mark. */
static size_t marked(size_t n)
{
    return n < 2 ? 0 : n < 6 ? n / 2 : 3;
}

static answer counted(ds_model *model, const ds_query *query, ds_error *err)
{
    uint64_t n = 0;
    answer a = {.status = ds_count(model, query->where, &n, err), .count = (size_t)n};
    if (a.status == DS_OK && asprintf(&a.text, "%llu\n", (unsigned long long)n) < 0)
        a.text = NULL;
    return a;
}

static answer resumed(ds_model *model, const ds_query *query, size_t from, ds_error *err)
{
    ds_cursor *cursor;
    const ds_record *record;
    ds_query rest = *query;
    ds_status status = ds_find(model, query, &cursor, err);
    if (status != DS_OK)
        return (answer){.status = status};
    for (size_t i = 0; i < from && status == DS_OK; i++)
        status = ds_cursor_next(cursor, &record, err);
    char *mark = ds_cursor_mark(cursor);
    ds_cursor_close(cursor);
    rest.after = mark;
    answer a = status == DS_OK ? answer_of(model, &rest, err) : (answer){.status = status};
    ds_free(mark);
    return a;
}

/* What the reference answers, and the connector; false: the two are the same. */
static bool differ(ground *g, const question *q, answer *expected, answer *got)
{
    ds_query *query = NULL;
    ds_error error = {.status = DS_OK};
    char *json = query_json(q);
    *expected = *got = (answer){.status = DS_OK};
    if (ds_query_parse(json, &query, &error) != DS_OK)
        fail(g->run, "%s: %s", json, error.message);
    free(json);
    if (query == NULL)
        return false;
    ds_model *model = g->run->model;
    *expected = answer_of(g->reference, query, &error);
    size_t from = marked(expected->count);
    if (q->way == RESUMED && expected->status == DS_OK) {
        answer_free(expected);
        *expected = resumed(g->reference, query, from, &error);
    } else if (q->way == COUNTED && expected->status == DS_OK) {
        answer_free(expected);
        *expected = counted(g->reference, query, &error);
    }
    *got = q->way == MASKED    ? masked_answer_of(model, query, &error)
           : q->way == COUNTED ? counted(model, query, &error)
           : q->way == RESUMED ? resumed(model, query, from, &error)
                               : answer_of(model, query, &error);
    ds_query_free(query);
    return !answers_equal(expected, got);
}

static bool still_differs(ground *g, const question *q)
{
    answer expected, got;
    bool does = differ(g, q, &expected, &got);
    answer_free(&expected);
    answer_free(&got);
    return does;
}

/* ---- cutting down ---- */

typedef struct cutter {
    ground *ground;
    question *question;
    unsigned attempts;
} cutter;

static bool may_try(cutter *c)
{
    return c->attempts++ < ATTEMPTS && !c->ground->run->failed;
}

/* Takes a part out of the question, or puts another in its place, where the answers still differ then. */
static bool cut_text(cutter *c, char **part, const char *other)
{
    char *before = *part;
    if (before == NULL || !may_try(c))
        return false;
    *part = other == NULL ? NULL : strdup(other);
    if (still_differs(c->ground, c->question)) {
        free(before);
        return true;
    }
    free(*part);
    *part = before;
    return false;
}

static bool cut_number_to(cutter *c, uint64_t *part, uint64_t other)
{
    uint64_t before = *part;
    if (other >= before || !may_try(c))
        return false;
    *part = other;
    if (still_differs(c->ground, c->question))
        return true;
    *part = before;
    return false;
}

static void cut_number(cutter *c, uint64_t *part)
{
    if (cut_number_to(c, part, 0) || cut_number_to(c, part, 1))
        return;
    while (*part > 1 && (cut_number_to(c, part, *part / 2) || cut_number_to(c, part, *part - 1)))
        continue;
}

/* One item in place of several: "a DESC, b" is tried as "a DESC" and as "b". */
static void cut_order(cutter *c)
{
    char item[128];
    const char *comma = c->question->order == NULL ? NULL : strchr(c->question->order, ',');
    if (comma == NULL)
        return;
    snprintf(item, sizeof item, "\"%s", comma + 1 + strspn(comma + 1, " "));
    char *first = strndup(c->question->order, (size_t)(comma - c->question->order) + 1);
    first[strlen(first) - 1] = '"';
    if (!cut_text(c, &c->question->order, first))
        cut_text(c, &c->question->order, item);
    free(first);
}

/* A child in place of the whole, as long as one differs. */
static void cut_where(cutter *c)
{
    bool smaller = true;
    while (smaller && c->question->where != NULL) {
        ds_filter *filter = NULL;
        ds_filter_node node = {.size = sizeof node};
        smaller = false;
        if (ds_filter_parse(c->question->where, &filter, NULL) != DS_OK)
            return;
        ds_filter_view(filter, &node);
        for (size_t i = 0; i < node.child_count && !smaller; i++) {
            char *child = ds_filter_print(node.children[i]);
            smaller = strcmp(child, c->question->where) != 0 && cut_text(c, &c->question->where, child);
            ds_free(child);
        }
        ds_filter_free(filter);
    }
}

static void cut_query(cutter *c)
{
    question *q = c->question;
    cut_text(c, &q->fields, NULL);
    cut_number(c, &q->skip);
    cut_number(c, &q->limit);
    if (q->way != RESUMED)
        cut_text(c, &q->order, NULL);
    cut_order(c);
    cut_text(c, &q->where, NULL);
    cut_where(c);
}

/* Whether it differs without the records [from, from + n). */
static bool differs_without(cutter *c, bool *out, size_t from, size_t n)
{
    ground *g = c->ground;
    bool any = false;
    for (size_t i = from; i < from + n && i < g->count; i++) {
        any |= !out[i];
        out[i] = true;
    }
    return any && may_try(c) && refill(g, out) && still_differs(g, c->question);
}

/* Halves, then quarters, and so on down to single records. */
static void cut_records(cutter *c)
{
    ground *g = c->ground;
    bool *out = calloc(g->count + 1, sizeof *out), *before = calloc(g->count + 1, sizeof *before);
    for (size_t size = (g->count + 1) / 2; size > 0; size = size == 1 ? 0 : (size + 1) / 2)
        for (size_t from = 0; from < g->count; from += size) {
            memcpy(before, out, g->count);
            if (!differs_without(c, out, from, size))
                memcpy(out, before, g->count);
        }
    refill(g, out);
    size_t kept = 0;
    for (size_t i = 0; i < g->count; i++)
        if (out[i])
            free(g->records[i]);
        else
            g->records[kept++] = g->records[i];
    g->count = kept;
    free(out);
    free(before);
}

/* Each property of record i is left out, where it still differs then. */
static void cut_properties(cutter *c, size_t i)
{
    ground *g = c->ground;
    ds_record *record;
    if (ds_record_from_json(g->reference, g->records[i], &record, NULL) != DS_OK)
        return;
    for (size_t slot = 0; slot < ds_record_slots(record); slot++) {
        ds_field field;
        if (slot == ds_model_id_slot(g->reference) || !ds_record_field(record, slot, &field))
            continue;
        char *before = g->records[i], *name = strdup(field.name);
        ds_record *less;
        ds_record_from_json(g->reference, before, &less, NULL);
        ds_record_set(less, name, ds_null());
        char *json = ds_record_to_json(less);
        g->records[i] = strdup(json);
        if (may_try(c) && refill(g, NULL) && still_differs(g, c->question)) {
            free(before);
        } else {
            free(g->records[i]);
            g->records[i] = before;
        }
        ds_free(json);
        ds_record_free(less);
        free(name);
    }
    ds_record_free(record);
}

/* What the answers do not depend on goes. Where they do not differ any more when the same records are stored anew, they
 * depend on more than these. */
static void cut_down(ground *g, question *q)
{
    cutter c = {.ground = g, .question = q};
    cut_query(&c);
    if (!refill(g, NULL) || !still_differs(g, q))
        return;
    for (size_t before = g->count + 1; g->count < before;) {
        before = g->count;
        cut_records(&c);
        cut_query(&c);
    }
    for (size_t i = 0; i < g->count && g->count <= 4; i++)
        cut_properties(&c, i);
    refill(g, NULL);
}

/* ---- the rule that is left ---- */

static const rule *rule_of_type(ds_property_type type, ds_value value, const ds_filter_node *node)
{
    if (type == DS_PROPERTY_ARRAY)
        return &rule_arrays;
    ds_value number = ds_null();
    if (type == DS_PROPERTY_ANY && node->slot != DS_NO_SLOT)
        return &rule_any;
    if (type == DS_PROPERTY_ANY) {
        bool is_zero = value.type == DS_STRING && value.length > 0 && value.as.string[0] == '-' &&
                       ds_value_parse(DS_NUMBER, value.as.string, value.length, &number) == DS_OK &&
                       number.as.number == 0;
        return is_zero ? &rule_negative_zero : &rule_undeclared;
    }
    switch (value.type) {
    case DS_INTEGER:
        return value.as.integer == 0 ? &rule_negative_zero : &rule_numbers;
    case DS_NUMBER:
        return value.as.number == 0 ? &rule_negative_zero : &rule_numbers;
    case DS_DATE:
        return &rule_dates;
    case DS_BOOLEAN:
        return &rule_booleans;
    case DS_BINARY:
        return &rule_binary;
    case DS_JSON:
        return &rule_json;
    default:
        return &rule_strings;
    }
}

static const rule *rule_of_operator(ds_operator op, bool is_null)
{
    switch (op) {
    case DS_EQ:
        return is_null ? &rule_null : NULL;
    case DS_NEQ:
        return is_null ? &rule_complement : NULL;
    case DS_IN:
        return is_null ? &rule_lists : NULL;
    case DS_NOT_IN:
        return is_null ? &rule_complement : NULL;
    case DS_LIKE:
        return &rule_like;
    case DS_NLIKE:
        return is_null ? &rule_complement : &rule_like;
    case DS_ILIKE:
        return &rule_ilike;
    case DS_NILIKE:
        return is_null ? &rule_complement : &rule_ilike;
    case DS_REGEXP:
        return &rule_regexp;
    case DS_CONTAINS:
        return &rule_contains;
    case DS_EXISTS:
        return &rule_exists;
    default:
        return is_null ? &rule_range_null : NULL;
    }
}

/* Of a comparison and the first record that is left. */
static const rule *rule_of_comparison(const ground *g, const ds_filter_node *node)
{
    ds_record *record = NULL;
    if (g->count == 0 || ds_record_from_json(g->reference, g->records[0], &record, NULL) != DS_OK)
        return &rule_superset;
    ds_value value = ds_record_get(record, node->property);
    const rule *left = node->path != NULL ? &rule_paths : rule_of_operator(node->op, value.type == DS_NULL);
    ds_filter_node with_slot = *node;
    with_slot.slot = ds_model_slot(g->reference, node->property, strlen(node->property));
    const ds_property *property = ds_model_property(g->reference, with_slot.slot);
    if (left == NULL)
        left = rule_of_type(property == NULL ? DS_PROPERTY_ANY : property->type, value, &with_slot);
    if ((node->op == DS_IN || node->op == DS_NOT_IN) && left != &rule_complement && node->value_count == 0)
        left = &rule_lists;
    ds_record_free(record);
    return left;
}

/* Every record is asked for, and they are not those that were stored: by the first property of the first. */
static const rule *rule_of_record(const ground *g)
{
    ds_record *record = NULL;
    const rule *left = &rule_superset;
    if (g->count == 0 || ds_record_from_json(g->reference, g->records[0], &record, NULL) != DS_OK)
        return left;
    for (size_t slot = 0; slot < ds_record_slots(record); slot++) {
        ds_field field;
        const ds_property *property = ds_model_property(g->reference, slot);
        if (slot == ds_model_id_slot(g->reference) || !ds_record_field(record, slot, &field))
            continue;
        left = property == NULL                        ? &rule_undeclared_text
               : property->type == DS_PROPERTY_INTEGER ? &rule_integers_kept
               : property->type == DS_PROPERTY_NUMBER  ? &rule_numbers_kept
               : property->type == DS_PROPERTY_STRING  ? &rule_strings_kept
               : property->type == DS_PROPERTY_BINARY  ? &rule_binary_kept
               : property->type == DS_PROPERTY_DATE    ? &rule_dates_kept
               : property->type == DS_PROPERTY_BOOLEAN ? &rule_booleans
                                                       : &rule_json_kept;
        break;
    }
    ds_record_free(record);
    return left;
}

static const rule *rule_of_where(const ground *g, const char *where)
{
    ds_filter *filter = NULL;
    ds_filter_node node = {.size = sizeof node};
    if (where == NULL || ds_filter_parse(where, &filter, NULL) != DS_OK)
        return &rule_superset;
    ds_filter_view(filter, &node);
    const rule *left = node.kind != DS_FILTER_COMPARE ? &rule_groups : rule_of_comparison(g, &node);
    ds_filter_free(filter);
    return left;
}

/* Records that are equal but for their ids are tied; one without the property is null. */
static const rule *rule_of_order(const ground *g, const char *order)
{
    char property[64] = "";
    sscanf(order, "\"%63[^ ,\"]", property);
    size_t nulls = 0, equal = 0;
    ds_value first = ds_null();
    ds_record *records[8] = {NULL};
    size_t n = g->count < 8 ? g->count : 8;
    for (size_t i = 0; i < n; i++) {
        if (ds_record_from_json(g->reference, g->records[i], &records[i], NULL) != DS_OK)
            continue;
        ds_value value = ds_record_get(records[i], property);
        if (i == 0)
            first = value;
        nulls += value.type == DS_NULL;
        equal += ds_value_compare(value, first) == 0;
    }
    for (size_t i = 0; i < n; i++)
        ds_record_free(records[i]);
    return equal == n ? &rule_order_ties : nulls > 0 ? &rule_order_null : &rule_order_values;
}

static const rule *rule_left(const ground *g, const question *q, const answer *expected, const answer *got)
{
    bool asks_all = q->where == NULL && q->order == NULL && q->fields == NULL && q->skip == 0 && q->limit == 0;
    if (asks_all && q->way <= MASKED && got->status == DS_OK)
        return got->count == expected->count ? rule_of_record(g) : &rule_walk;
    if (q->way == MASKED)
        return &rule_superset;
    if (q->way == COUNTED)
        return &rule_count;
    if (q->way == RESUMED)
        return &rule_mark;
    if (q->skip != 0 || q->limit != 0)
        return &rule_page;
    if (q->order != NULL)
        return rule_of_order(g, q->order);
    if (q->fields != NULL)
        return &rule_fields;
    return rule_of_where(g, q->where);
}

/* ---- the report ---- */

static void trace_program(ground *g, const question *q, size_t from)
{
    run *r = g->run;
    for (size_t i = 0; i < g->count; i++) {
        trace_text(r, "ds_record_from_json(model, ", g->records[i], ", &record, &error);");
        trace(r, "ds_create(model, record, &error);");
    }
    if (q->way == COUNTED) {
        trace_text(r, "ds_filter_parse(", q->where == NULL ? "{}" : q->where, ", &filter, &error);");
        trace(r, "ds_count(model, filter, &n, &error);");
        return;
    }
    char *json = query_json(q);
    trace_text(r, "ds_query_parse(", json, ", &query, &error);");
    free(json);
    if (q->way == MASKED)
        trace_comment(r, "what follows is masked (run the suite with --masked): find_records is called with may = 0, "
                         "and the library does the rest");
    trace(r, "ds_find(model, query, &cursor, &error);");
    if (q->way == RESUMED) {
        trace(r, "for (i = 0; i < %zu; i++)", from);
        trace(r, "    ds_cursor_next(cursor, &found, &error);");
        trace(r, "ds_query rest = *query;");
        trace(r, "rest.after = ds_cursor_mark(cursor);");
        trace(r, "ds_find(model, &rest, &cursor, &error);");
    }
    trace(r, "while (ds_cursor_next(cursor, &found, &error) == DS_OK && found != NULL)");
    trace(r, "    puts(ds_record_to_json(found));");
}

static char *shown(const answer *a)
{
    return strdup(a->status == DS_OK ? (a->text == NULL ? "" : a->text) : ds_status_name(a->status));
}

static void report(ground *g, const question *original)
{
    question q = *original, whole = *original;
    answer expected, got, all;
    q.where = q.where == NULL ? NULL : strdup(q.where);
    q.order = q.order == NULL ? NULL : strdup(q.order);
    q.fields = q.fields == NULL ? NULL : strdup(q.fields);
    cut_down(g, &q);
    whole = q;
    whole.way = ASKED;
    differ(g, &whole, &all, &got);
    size_t from = marked(all.count);
    answer_free(&all);
    answer_free(&got);
    if (differ(g, &q, &expected, &got)) {
        char *a = shown(&expected), *b = shown(&got);
        trace_forget(g->run, g->start);
        trace_program(g, &q, from);
        g->run->rule = rule_left(g, &q, &expected, &got);
        differs(g->run, a, b);
        free(a);
        free(b);
    } else {
        g->run->rule = &rule_superset;
        fail(g->run, "the answer differed once, and not when it was asked again");
    }
    answer_free(&expected);
    answer_free(&got);
    free(q.where);
    free(q.order);
    free(q.fields);
}

void ground_ask(ground *g, const question *q, size_t *count)
{
    answer expected, got;
    if (g->run->failed)
        return;
    bool does = differ(g, q, &expected, &got);
    if (count != NULL)
        *count = expected.status == DS_OK ? expected.count : 0;
    answer_free(&expected);
    answer_free(&got);
    if (does)
        report(g, q);
}
