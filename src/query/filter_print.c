/* Writes a filter as LoopBack's JSON, so that parsing it gives the same tree again. */
#include "query/filter.h"
#include "query/literal.h"

static void print_list(ds_buffer *out, const ds_filter *filter)
{
    buffer_char(out, '[');
    for (size_t i = 0; i < filter->value_count; i++) {
        if (i > 0)
            buffer_char(out, ',');
        if (filter->op == DS_CONTAINS && filter->values[i].type == DS_JSON) /* the list is one JSON text */
            ds_buffer_append(out, filter->values[i].as.string, filter->values[i].length);
        else
            literal_write(out, filter->values[i], false);
    }
    buffer_char(out, ']');
}

static bool takes_list(const ds_filter *filter)
{
    if (filter->op == DS_CONTAINS && filter->bound) /* one literal an element, and an array is one element */
        return filter->value_count != 1 || filter->values[0].type == DS_JSON;
    return filter->op == DS_BETWEEN || filter->op == DS_IN || filter->op == DS_NOT_IN;
}

/* A backslash says that what follows is a property's name, even where it would be an operator. */
static bool needs_backslash(const char *name)
{
    return *name == '\\' || strcmp(name, "and") == 0 || strcmp(name, "or") == 0 || strcmp(name, "nor") == 0;
}

static void print_name(ds_buffer *out, const ds_filter *filter)
{
    ds_buffer name = {0};
    if (needs_backslash(filter->property))
        buffer_char(&name, '\\');
    buffer_text(&name, filter->property);
    if (filter->path != NULL) {
        buffer_char(&name, '.');
        buffer_text(&name, filter->path);
    }
    if (name.failed)
        out->failed = true;
    else
        json_write_string(out, name.text == NULL ? "" : name.text, name.length);
    buffer_free(&name);
}

static void print_compare(ds_buffer *out, const ds_filter *filter)
{
    buffer_char(out, '{');
    print_name(out, filter);
    ds_buffer_format(out, ":{\"%s\":", operator_name(filter->op));
    if (takes_list(filter))
        print_list(out, filter);
    else
        literal_write(out, filter->values[0], false);
    buffer_text(out, "}}");
}

static void print_node(ds_buffer *out, const ds_filter *filter)
{
    if (filter->kind == DS_FILTER_EVERYTHING) {
        buffer_text(out, "{}");
        return;
    }
    if (filter->kind == DS_FILTER_COMPARE) {
        print_compare(out, filter);
        return;
    }
    if (filter->too_deep) { /* refused when it is read, as when it is bound */
        buffer_text(out, "{\"and\":\"nested too deep\"}");
        return;
    }
    ds_buffer_format(out, "{\"%s\":[",
                     filter->kind == DS_FILTER_ALL   ? "and"
                     : filter->kind == DS_FILTER_ANY ? "or"
                                                     : "nor");
    for (size_t i = 0; i < filter->child_count; i++) {
        if (i > 0)
            buffer_char(out, ',');
        print_node(out, filter->children[i]);
    }
    buffer_text(out, "]}");
}

char *ds_filter_print(const ds_filter *filter)
{
    ds_buffer out = {0};
    if (filter == NULL)
        return NULL;
    print_node(&out, filter);
    return buffer_take(&out);
}
