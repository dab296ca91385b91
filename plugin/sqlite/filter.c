/* Filters as SQL. What is written means exactly what the evaluator means, or finds more (AT_LEAST), which the library then
 * looks through; what cannot be said is left out. Negations are pushed down to the comparisons, since SQL's NOT leaves
 * out what is null. The last words of each: it is true or not true, where NULL is not. */
#include "sqlite.h"

#define CONDITIONS_MOST 500   /* of one statement: SQLite's expressions are 1,000 deep at most */
#define DEPTH_MOST      20    /* of what is nested: SQLite's parser goes 100 steps deep, a few for each */
#define VALUES_MOST     30000 /* parameters of one statement: 32,766 at most */

void question_begin(question *q, const table *t, const layout *l)
{
    *q = (question){.table = t, .layout = l};
}

void question_end(question *q)
{
    for (size_t i = 0; i < q->owned_count; i++)
        ds_free(q->owned[i]);
    ds_free(q->owned);
    ds_free(q->values);
    text_free(&q->text);
}

bool question_failed(const question *q)
{
    return q->failed || q->text.failed;
}

void question_value(question *q, ds_value value)
{
    if (q->count == q->room) {
        size_t room = q->room == 0 ? 16 : 2 * q->room;
        ds_value *values = ds_realloc(q->values, room * sizeof *values);
        if (values == NULL) {
            q->failed = true;
            return;
        }
        q->values = values;
        q->room = room;
    }
    q->values[q->count++] = value;
}

int question_bind(const question *q, sqlite3_stmt *stmt)
{
    int code = SQLITE_OK;
    for (size_t i = 0; i < q->count && code == SQLITE_OK; i++)
        code = codec_bind(stmt, (int)i + 1, q->values[i]);
    return code;
}

bool question_own(question *q, char *bytes)
{
    char **owned = ds_realloc(q->owned, (q->owned_count + 1) * sizeof *owned);
    if (owned == NULL || bytes == NULL) {
        ds_free(bytes);
        q->failed = true;
    }
    if (owned == NULL)
        return false;
    q->owned = owned;
    if (bytes != NULL)
        q->owned[q->owned_count++] = bytes;
    return bytes != NULL;
}

/* Bytes that live as long as the question. */
static char *question_bytes(question *q, size_t length)
{
    char *bytes = ds_malloc(length + 1);
    return question_own(q, bytes) ? bytes : NULL;
}

/* ---- one comparison ---- */

typedef struct comparison {
    question *q;
    const ds_filter_node *node;
    ds_operator op; /* without its negation */
    bool negated;
    const char *name;
    ds_property_type type;
    trust trust;
} comparison;

static void write_column(const comparison *c, const char *words)
{
    text_name(&c->q->text, c->name);
    text_put(&c->q->text, words);
}

/* "<column> <words>" with one parameter. */
static void write_value(const comparison *c, const char *words, ds_value value)
{
    write_column(c, words);
    question_value(c->q, value);
}

static exactness write_constant(const comparison *c, bool holds)
{
    text_put(&c->q->text, holds != c->negated ? "1" : "0");
    return EXACTLY;
}

static exactness write_null(const comparison *c, bool is)
{
    write_column(c, is != c->negated ? " IS NULL" : " IS NOT NULL");
    return EXACTLY;
}

/* A text may stand in the column as a blob, where its rules do not keep that out. */
static bool takes_both(const comparison *c)
{
    return c->trust == PLAIN && c->type == DS_PROPERTY_STRING;
}

static void write_listed(const comparison *c, ds_value value)
{
    text_put(&c->q->text, "?");
    question_value(c->q, value);
    if (!takes_both(c))
        return;
    text_put(&c->q->text, ", ?");
    value.type = DS_BINARY;
    question_value(c->q, value);
}

static exactness write_equal(const comparison *c)
{
    ds_value value = c->node->values[0];
    if (value.type == DS_NULL)
        return write_null(c, true);
    if (!takes_both(c)) {
        write_value(c, c->negated ? " IS NOT ?" : " = ?", value);
        return EXACTLY;
    }
    if (c->negated) {
        text_put(&c->q->text, "(");
        write_column(c, " IS NULL OR ");
    }
    write_column(c, c->negated ? " NOT IN (" : " IN (");
    write_listed(c, value);
    text_put(&c->q->text, c->negated ? "))" : ")");
    return EXACTLY;
}

static exactness write_list(const comparison *c)
{
    size_t values = 0;
    for (size_t i = 0; i < c->node->value_count; i++)
        values += c->node->values[i].type != DS_NULL;
    bool has_null = values < c->node->value_count;
    if (values > VALUES_MOST || c->q->count + 2 * values > VALUES_MOST)
        return NOTHING;
    if (values == 0)
        return has_null ? write_null(c, true) : write_constant(c, false);
    text_put(&c->q->text, "(");
    if (has_null)
        write_column(c, c->negated ? " IS NOT NULL AND " : " IS NULL OR ");
    else if (c->negated)
        write_column(c, " IS NULL OR ");
    write_column(c, c->negated ? " NOT IN (" : " IN (");
    for (size_t i = 0, written = 0; i < c->node->value_count; i++) {
        if (c->node->values[i].type == DS_NULL)
            continue;
        text_put(&c->q->text, written++ == 0 ? "" : ", ");
        write_listed(c, c->node->values[i]);
    }
    text_put(&c->q->text, "))");
    return EXACTLY;
}

static const char *range_words(ds_operator op, bool negated)
{
    switch (op) {
    case DS_GT:
        return negated ? " <= ?" : " > ?";
    case DS_GTE:
        return negated ? " < ?" : " >= ?";
    case DS_LT:
        return negated ? " >= ?" : " < ?";
    default:
        return negated ? " > ?" : " <= ?";
    }
}

static exactness write_range(const comparison *c)
{
    ds_value value = c->node->values[0];
    if (value.type == DS_NULL)
        return write_constant(c, false);
    if (c->negated) {
        text_put(&c->q->text, "(");
        write_column(c, " IS NULL OR ");
    }
    write_value(c, range_words(c->op, c->negated), value);
    text_put(&c->q->text, c->negated ? ")" : "");
    return EXACTLY;
}

static exactness write_between(const comparison *c)
{
    ds_value low = c->node->values[0], high = c->node->values[1];
    if (low.type == DS_NULL || high.type == DS_NULL)
        return write_constant(c, false);
    text_put(&c->q->text, "(");
    if (c->negated)
        write_column(c, " IS NULL OR ");
    write_value(c, c->negated ? " < ?" : " >= ?", low);
    text_put(&c->q->text, c->negated ? " OR " : " AND ");
    write_value(c, c->negated ? " > ?)" : " <= ?)", high);
    return EXACTLY;
}

/* ---- like: what of it is a range of bytes, or a search for bytes ---- */

typedef struct pattern {
    char *literal; /* the bytes before the first wildcard; or, of "%...%", those between */
    size_t length;
    enum { WHOLE, PREFIX, WITHIN, OTHER } kind;
} pattern;

/* Copies a run of literal bytes, undoing escapes; answers the place behind it. */
static size_t literal_run(ds_value of, size_t from, pattern *p)
{
    size_t at = from;
    for (; at < of.length && of.as.string[at] != '%' && of.as.string[at] != '_'; at++) {
        if (of.as.string[at] == '\\' && at + 1 < of.length)
            at++;
        p->literal[p->length++] = of.as.string[at];
    }
    return at;
}

static bool rest_is_percent(ds_value of, size_t from)
{
    for (; from < of.length; from++)
        if (of.as.string[from] != '%')
            return false;
    return true;
}

static bool is_ascii(const pattern *p)
{
    for (size_t i = 0; i < p->length; i++)
        if ((unsigned char)p->literal[i] >= 0x80)
            return false;
    return true;
}

/* Whole code points, so that a match of bytes is one of characters. */
static bool is_utf8(const pattern *p)
{
    for (size_t i = 0; i < p->length;) {
        unsigned char c = (unsigned char)p->literal[i];
        size_t behind = c < 0x80                ? 0
                        : c >= 0xc2 && c < 0xe0 ? 1
                        : c >= 0xe0 && c < 0xf0 ? 2
                        : c >= 0xf0 && c < 0xf5 ? 3
                                                : 9;
        if (behind == 9 || i + behind >= p->length)
            return false;
        for (size_t k = 1; k <= behind; k++)
            if (((unsigned char)p->literal[i + k] & 0xc0) != 0x80)
                return false;
        i += behind + 1;
    }
    return true;
}

static bool pattern_read(question *q, ds_value of, pattern *p)
{
    *p = (pattern){.literal = question_bytes(q, of.length), .kind = OTHER};
    if (p->literal == NULL)
        return false;
    size_t at = literal_run(of, 0, p);
    if (at == of.length)
        p->kind = WHOLE;
    else if (rest_is_percent(of, at))
        p->kind = PREFIX;
    else if (at == 0 && of.as.string[0] == '%') {
        while (at < of.length && of.as.string[at] == '%')
            at++;
        at = literal_run(of, at, p);
        p->kind = rest_is_percent(of, at) && at < of.length ? WITHIN : OTHER;
        p->length = p->kind == WITHIN ? p->length : 0;
    }
    return is_ascii(p) || is_utf8(p);
}

/* From the prefix to behind all that begin with it. */
static exactness write_prefix(const comparison *c, const pattern *p)
{
    if (p->length == 0)
        return NOTHING;
    char *behind = question_bytes(c->q, p->length);
    if (behind == NULL)
        return NOTHING;
    memcpy(behind, p->literal, p->length);
    behind[p->length - 1]++; /* UTF-8 has no FF */
    text_put(&c->q->text, "(");
    if (c->negated)
        write_column(c, " IS NULL OR ");
    write_value(c, c->negated ? " < ?" : " >= ?", ds_string_n(p->literal, p->length));
    text_put(&c->q->text, c->negated ? " OR " : " AND ");
    write_value(c, c->negated ? " >= ?)" : " < ?)", ds_string_n(behind, p->length));
    return p->kind == PREFIX ? EXACTLY : AT_LEAST;
}

static exactness write_within(const comparison *c, const pattern *p)
{
    text_put(&c->q->text, c->negated ? "(" : "instr(");
    if (c->negated) {
        write_column(c, " IS NULL OR instr(");
    }
    write_value(c, ", ?)", ds_string_n(p->literal, p->length));
    text_put(&c->q->text, c->negated ? " = 0)" : " > 0");
    return EXACTLY;
}

static exactness write_like(const comparison *c)
{
    pattern p;
    if (c->type != DS_PROPERTY_STRING || c->trust != SURE || !pattern_read(c->q, c->node->values[0], &p))
        return NOTHING;
    if (p.kind == OTHER)
        return c->negated ? NOTHING : write_prefix(c, &p);
    if (p.kind == WHOLE) {
        write_value(c, c->negated ? " IS NOT ?" : " = ?", ds_string_n(p.literal, p.length));
        return EXACTLY;
    }
    if (p.length == 0) /* any string */
        return write_null(c, false);
    return p.kind == PREFIX ? write_prefix(c, &p) : write_within(c, &p);
}

/* ---- choosing ---- */

static bool is_json(ds_property_type type)
{
    return type == DS_PROPERTY_OBJECT || type == DS_PROPERTY_ARRAY || type == DS_PROPERTY_ANY;
}

static exactness write_operator(const comparison *c)
{
    switch (c->op) {
    case DS_EXISTS:
        return write_null(c, !c->node->values[0].as.boolean);
    case DS_EQ:
        return c->trust == ODD && c->node->values[0].type != DS_NULL ? NOTHING : write_equal(c);
    case DS_IN:
        return c->trust == ODD ? NOTHING : write_list(c);
    case DS_GT:
    case DS_GTE:
    case DS_LT:
    case DS_LTE:
        return c->trust == SURE ? write_range(c) : NOTHING;
    case DS_BETWEEN:
        return c->trust == SURE ? write_between(c) : NOTHING;
    case DS_LIKE:
        return write_like(c);
    default:
        return NOTHING;
    }
}

static ds_operator without_negation(ds_operator op, bool *negated)
{
    switch (op) {
    case DS_NEQ:
        *negated = !*negated;
        return DS_EQ;
    case DS_NLIKE:
        *negated = !*negated;
        return DS_LIKE;
    case DS_NOT_IN:
        *negated = !*negated;
        return DS_IN;
    default:
        return op;
    }
}

static exactness write_comparison(question *q, const ds_filter_node *node, bool negated)
{
    if (node->slot == DS_NO_SLOT || node->path != NULL || !q->layout->columns[node->slot].exists ||
        ++q->conditions > CONDITIONS_MOST)
        return NOTHING;
    comparison c = {.q = q, .node = node, .negated = negated};
    const ds_property *property = ds_model_property(q->table->model, node->slot);
    c.op = without_negation(node->op, &c.negated);
    c.name = property->name;
    c.type = property->type;
    c.trust = q->layout->columns[node->slot].trust;
    if (!is_json(c.type))
        return write_operator(&c);
    if (c.op != DS_EXISTS)
        return NOTHING;
    if (c.type != DS_PROPERTY_ANY) /* where "null" may be a text of another program, that is none */
        return write_null(&c, !node->values[0].as.boolean);
    if (node->values[0].as.boolean == c.negated)
        return NOTHING;
    write_column(&c, " IS NOT NULL");
    return AT_LEAST;
}

/* ---- the tree ---- */

static exactness write_children(question *q, const ds_filter_node *node, bool all, bool negated)
{
    const size_t length = q->text.length, count = q->count;
    exactness result = EXACTLY;
    size_t written = 0;
    if (q->depth >= DEPTH_MOST)
        return NOTHING;
    text_put(&q->text, "(");
    for (size_t i = 0; i < node->child_count; i++) {
        const size_t before = q->text.length;
        text_put(&q->text, written == 0 ? "" : all ? " AND " : " OR ");
        q->depth++;
        exactness child = filter_write(q, node->children[i], negated);
        q->depth--;
        if (child == NOTHING && !all) {
            text_cut(&q->text, length);
            q->count = count;
            return NOTHING;
        }
        if (child != EXACTLY)
            result = AT_LEAST;
        if (child == NOTHING)
            text_cut(&q->text, before);
        else
            written++;
    }
    if (written == 0) {
        text_cut(&q->text, length);
        if (node->child_count > 0)
            return NOTHING;
        text_put(&q->text, all ? "1" : "0");
        return EXACTLY;
    }
    text_put(&q->text, ")");
    return result;
}

exactness filter_write(question *q, const ds_filter *where, bool negated)
{
    const size_t length = q->text.length, count = q->count;
    ds_filter_node node = {.size = sizeof node};
    exactness result = NOTHING;
    ds_filter_view(where, &node);
    switch (node.kind) {
    case DS_FILTER_EVERYTHING:
        text_put(&q->text, negated ? "0" : "1");
        return EXACTLY;
    case DS_FILTER_COMPARE:
        result = write_comparison(q, &node, negated);
        break;
    case DS_FILTER_ALL:
        return write_children(q, &node, !negated, negated);
    case DS_FILTER_ANY:
        return write_children(q, &node, negated, negated);
    case DS_FILTER_NOT:
        return filter_write(q, node.children[0], !negated);
    }
    if (result == NOTHING) {
        text_cut(&q->text, length);
        q->count = count;
    }
    return result;
}
