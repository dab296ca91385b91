/* Filters, orders and queries from the inside: built, parsed, bound to a definition, evaluated. */
#ifndef QUERY_QUERY_H
#define QUERY_QUERY_H

#include "model/record.h"

/* Binds a filter: names resolved, literals coerced, patterns compiled. The result is a new tree (for ds_filter_free),
 * or ds_everything() itself for that and for NULL. DS_INVALID names the model and the property. */
ds_status filter_bind(const ds_filter *, const definition *, ds_filter **out, ds_error *);
/* The top-level properties that a bound filter names, each once; the array is in the arena, the names the filter's. */
ds_status filter_names(const ds_filter *bound, arena *, const char ***names, size_t *count);

/* A query bound to a model. */
typedef struct selection {
    ds_selection ask; /* what the connector sees */
    arena arena;      /* owns the order and the names */
    ds_filter *bound; /* owns what ask.where points to */
    const definition *definition;
    bool all_fields; /* nothing to hide */
    bool exclude;    /* `shown` lists what is not shown */
    const char *const *shown;
    size_t shown_count;     /* sorted */
    const bool *listed;     /* a slot each: whether `shown` has it */
    const char *order_text; /* canonical, for marks */
    arena mark_arena;       /* owns ask.after */
} selection;

ds_status selection_bind(const ds_query * /* or NULL */, const definition *, selection **out, ds_error *);
void selection_free(selection *);
void selection_hide(const selection *, ds_record *); /* hides the fields that were not asked for */
char *selection_mark(const selection *,
                     const ds_record *); /* for ds_cursor_mark(): also of hidden fields; NULL without order */
bool selection_is_after(const selection *, const ds_record *); /* behind the mark; true without a mark */
/* Reads a mark into ask.after, as selection_bind() does: a scan that begins anew goes on behind it. */
ds_status selection_go_on(selection *, const char *mark, ds_error *);

#endif
