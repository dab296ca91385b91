/* Filters are built, freed and looked at here. A node owns its children and, in an arena, everything else; a tree that
 * grows too deep is replaced by one node that says so, since the functions that build have no other way to fail aloud.
 */
#include "query/filter.h"
#include "query/criterion.h"

#include "model/text.h"

static ds_filter everything = {.kind = DS_FILTER_EVERYTHING, .bound = true, .depth = 1, .slot = DS_NO_SLOT};

ds_filter *ds_everything(void)
{
    return &everything;
}

static const char *const operator_names[] = {
    [DS_EQ] = "eq",         [DS_NEQ] = "neq",         [DS_GT] = "gt",         [DS_GTE] = "gte",
    [DS_LT] = "lt",         [DS_LTE] = "lte",         [DS_LIKE] = "like",     [DS_NLIKE] = "nlike",
    [DS_ILIKE] = "ilike",   [DS_NILIKE] = "nilike",   [DS_REGEXP] = "regexp", [DS_CONTAINS] = "contains",
    [DS_EXISTS] = "exists", [DS_BETWEEN] = "between", [DS_IN] = "inq",        [DS_NOT_IN] = "nin",
};
#define OPERATORS (sizeof operator_names / sizeof operator_names[0])

const char *operator_name(ds_operator op)
{
    return (size_t)op < OPERATORS ? operator_names[op] : NULL;
}

bool operator_find(const char *name, ds_operator *out)
{
    for (size_t i = 0; i < OPERATORS; i++) {
        if (strcmp(name, operator_names[i]) == 0) {
            *out = (ds_operator)i;
            return true;
        }
    }
    return false;
}

bool operator_is_pattern(ds_operator op)
{
    return op >= DS_LIKE && op <= DS_REGEXP;
}

bool filter_takes(ds_operator op, size_t n)
{
    if ((size_t)op >= OPERATORS)
        return false;
    if (op == DS_IN || op == DS_NOT_IN)
        return true;
    return n == (op == DS_BETWEEN ? 2u : 1u);
}

static ds_filter *filter_new(ds_filter_kind kind, size_t room)
{
    ds_filter *filter = ds_calloc(1, sizeof *filter + room);
    if (filter == NULL)
        return NULL;
    filter->kind = kind;
    filter->slot = DS_NO_SLOT;
    filter->depth = 1;
    return filter;
}

/* Copies bytes to *room, with a NUL behind them, and moves it on. */
static char *put(char **room, const void *bytes, size_t length)
{
    char *copy = *room;
    if (length > 0)
        memcpy(copy, bytes, length);
    copy[length] = '\0';
    *room += length + 1;
    return copy;
}

ds_filter *filter_compare(const char *property, ds_operator op, const ds_value *values, size_t n)
{
    size_t room = strlen(property) + 1 + n * sizeof *values;
    for (size_t i = 0; i < n; i++) {
        if (!value_has_bytes(values[i]))
            return NULL;
        room += (size_t)values[i].length + 1;
    }
    ds_filter *filter = filter_new(DS_FILTER_COMPARE, room);
    if (filter == NULL)
        return NULL;
    filter->op = op;
    filter->values = (ds_value *)(filter + 1);
    filter->value_count = n;
    char *text = (char *)(filter->values + n);
    filter->property = put(&text, property, strlen(property));
    for (size_t i = 0; i < n; i++) {
        filter->values[i] = values[i];
        if (values[i].type == DS_STRING || values[i].type == DS_BINARY || values[i].type == DS_JSON)
            filter->values[i].as.binary = put(&text, values[i].as.binary, values[i].length);
    }
    return filter;
}

ds_filter *ds_where(const char *property, ds_operator op, ds_value value)
{
    if (property == NULL || (unsigned)op > DS_EXISTS)
        return NULL;
    return filter_compare(property, op, &value, 1);
}

ds_filter *ds_where_between(const char *property, ds_value low, ds_value high)
{
    const ds_value values[] = {low, high};
    return property == NULL ? NULL : filter_compare(property, DS_BETWEEN, values, 2);
}

static ds_filter *where_list(const char *property, ds_operator op, const ds_value *values, size_t n)
{
    if (property == NULL || (values == NULL && n > 0))
        return NULL;
    return filter_compare(property, op, values, n);
}

ds_filter *ds_where_in(const char *property, const ds_value *values, size_t n)
{
    return where_list(property, DS_IN, values, n);
}

ds_filter *ds_where_not_in(const char *property, const ds_value *values, size_t n)
{
    return where_list(property, DS_NOT_IN, values, n);
}

/* What a tree that is too deep becomes: nothing, should anybody look; binding refuses it. */
static ds_filter *filter_too_deep(ds_filter *filter)
{
    for (size_t i = 0; i < filter->child_count; i++)
        ds_filter_free(filter->children[i]);
    filter->kind = DS_FILTER_ANY;
    filter->child_count = 0;
    filter->depth = 1;
    filter->too_deep = true;
    return filter;
}

static ds_filter *filter_join(ds_filter_kind kind, ds_filter **children, size_t n)
{
    ds_filter *filter = NULL;
    bool complete = children != NULL || n == 0;
    for (size_t i = 0; complete && i < n; i++)
        complete = children[i] != NULL;
    if (complete)
        filter = filter_new(kind, n * sizeof *children);
    if (filter == NULL) {
        for (size_t i = 0; children != NULL && i < n; i++)
            ds_filter_free(children[i]);
        return NULL;
    }
    filter->children = (ds_filter **)(filter + 1);
    for (size_t i = 0; i < n; i++) {
        filter->children[filter->child_count++] = children[i];
        if (filter->depth <= children[i]->depth)
            filter->depth = children[i]->depth + 1;
    }
    return filter->depth > FILTER_DEPTH ? filter_too_deep(filter) : filter;
}

ds_filter *ds_all(ds_filter **children, size_t n)
{
    return filter_join(DS_FILTER_ALL, children, n);
}

ds_filter *ds_any(ds_filter **children, size_t n)
{
    return filter_join(DS_FILTER_ANY, children, n);
}

ds_filter *ds_not(ds_filter *child)
{
    return filter_join(DS_FILTER_NOT, &child, 1);
}

void ds_filter_free(ds_filter *filter)
{
    if (filter == NULL || filter == &everything)
        return;
    if (filter->bound) {
        filter_release(filter->patterns, &filter->arena);
        return;
    }
    for (size_t i = 0; i < filter->child_count; i++)
        ds_filter_free(filter->children[i]);
    ds_free(filter);
}

void filter_release(criterion *patterns, arena *tree)
{
    arena memory = *tree; /* which may be in itself */
    for (; patterns != NULL; patterns = patterns->next)
        regexp_free(patterns->regexp);
    arena_free(&memory);
}

void ds_filter_view(const ds_filter *filter, ds_filter_node *out)
{
    ds_filter_node node = {
        .size = out->size, .kind = DS_FILTER_ANY, .slot = DS_NO_SLOT}; /* NULL is no record, not every one */
    if (filter != NULL) {
        node.kind = filter->kind;
        node.op = filter->op;
        node.property = filter->property;
        node.slot = filter->slot;
        node.path = filter->path;
        node.values = filter->values;
        node.value_count = filter->value_count;
        node.children = filter->children;
        node.child_count = filter->child_count;
    }
    memcpy(out, &node, out->size < sizeof node ? out->size : sizeof node);
}
