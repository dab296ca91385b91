/* Filters and queries: what to find. Built by functions or parsed from LoopBack's filter JSON; docs/FILTERS.md has the
 * exact meaning of each operator, which is the same on every connector. */
#ifndef DATASOURCE_QUERY_H
#define DATASOURCE_QUERY_H

#include <datasource/record.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A condition on records, not bound to a model: names and literals are checked by the operation that takes it. Shared by
 * any number of threads once built. */
typedef struct ds_filter ds_filter;

typedef enum ds_operator {
    DS_EQ,
    DS_NEQ,
    DS_GT,
    DS_GTE,
    DS_LT,
    DS_LTE,
    DS_LIKE, /* SQL's, the whole value: % any run, _ one code point, \ escapes */
    DS_NLIKE,
    DS_ILIKE, /* like, case folded by Unicode's simple folding */
    DS_NILIKE,
    DS_REGEXP,   /* PCRE2: "x" or "/x/i" */
    DS_CONTAINS, /* all given elements are in the array property: a JSON array, or one value */
    DS_EXISTS,   /* a boolean: there is a value, or there is none */
    DS_BETWEEN,  /* two values, both ends included */
    DS_IN,       /* any number of values */
    DS_NOT_IN
} ds_operator;

/* Each makes a new filter of copied arguments, or NULL when out of memory or where an argument makes no sense (a NULL
 * property; an operator of the wrong number of values: ds_where takes DS_EQ to DS_EXISTS). `property` may be a path into an
 * object property, "address.city". */
DS_API ds_filter *ds_where(const char *property, ds_operator op, ds_value value);
DS_API ds_filter *ds_where_between(const char *property, ds_value low, ds_value high);
DS_API ds_filter *ds_where_in(const char *property, const ds_value *values, size_t n);
DS_API ds_filter *ds_where_not_in(const char *property, const ds_value *values, size_t n);

/* All, any or none of the children hold. They consume their children, and the array stays the caller's; a NULL child frees
 * the others, and the result is NULL. All of none is everything; any of none is nothing. */
DS_API ds_filter *ds_all(ds_filter **children, size_t n);
DS_API ds_filter *ds_any(ds_filter **children, size_t n);
DS_API ds_filter *ds_not(ds_filter *child);
#ifndef __cplusplus
#define DS_ALL(...) ds_all((ds_filter *[]){__VA_ARGS__}, sizeof((ds_filter *[]){__VA_ARGS__}) / sizeof(ds_filter *))
#define DS_ANY(...) ds_any((ds_filter *[]){__VA_ARGS__}, sizeof((ds_filter *[]){__VA_ARGS__}) / sizeof(ds_filter *))
#endif

/* Every record: what ds_update() and ds_delete() want to hear before they touch all. One static object, never NULL. */
DS_API ds_filter *ds_everything(void);

/* LoopBack's "where" object: {"age": {"gte": 18, "lt": 65}, "or": [...]}. DS_INVALID names the place; nothing unknown is
 * passed over. ds_filter_print() writes it again as JSON, so that parsing it gives the same filter (a date, binary or
 * not-a-string literal is written in a form that says its type); ds_free() it, NULL when out of memory. */
DS_API ds_status ds_filter_parse(const char *where_json, ds_filter **out, ds_error *err);
DS_API char *ds_filter_print(const ds_filter *filter);
DS_API void ds_filter_free(ds_filter *filter); /* NULL and ds_everything() do nothing */

/* What ds_find() asks. Everything in it is borrowed for the length of the call that takes it. */
typedef struct ds_query {
    uint32_t size;          /* sizeof(ds_query) */
    const ds_filter *where; /* NULL: every record */
    const char *order;      /* "age DESC, name"; NULL: any order */
    uint64_t limit;         /* 0: none */
    uint64_t skip;
    const char *after;         /* a mark of ds_cursor_mark(), made with the same order: go on behind that record */
    const char *const *fields; /* NULL: all */
    size_t field_count;
    bool exclude_fields; /* all properties but these */
} ds_query;

#ifndef __cplusplus
#define DS_QUERY(...) (&(ds_query){.size = sizeof(ds_query), __VA_ARGS__})
#endif
static inline void ds_query_init(ds_query *query)
{
    memset(query, 0, sizeof *query);
    query->size = (uint32_t)sizeof *query;
}

/* LoopBack's filter object: {"where": ..., "order": ..., "limit": ..., "skip" or "offset": ..., "fields": ..., "after": ...}.
 * The query owns its parts: do not replace them. */
DS_API ds_status ds_query_parse(const char *json, ds_query **out, ds_error *err);
DS_API void ds_query_free(ds_query *query);

#ifdef __cplusplus
}
#endif
#endif
