/* Queries are bound to a definition here: the filter, the order with its mark, and which fields a connector must answer
 * and a host may see. */
#include "query/mark.h"
#include "query/name.h"
#include "query/order.h"

static const uint32_t SIZE_LEAST = offsetof(ds_query, exclude_fields) + sizeof(bool); /* of the first version's */
static const uint32_t SIZE_MOST = 512; /* of a newer host's query: far more than it will ever grow to */

/* What a host's query holds; a member of a later version that its size does not cover is zero, and what lies beyond ours
 * must be. */
static ds_status read_query(const ds_query *from, ds_query *out, ds_error *err)
{
    ds_query_init(out);
    if (from == NULL)
        return DS_OK;
    if (from->size < sizeof from->size)
        return ds_error_set(err, DS_INVALID, "the query's size is not set: make it with DS_QUERY or ds_query_init");
    if (from->size < SIZE_LEAST || from->size > SIZE_MOST)
        return ds_error_set(err, DS_INVALID, "the query's size %u is none that a ds_query has", from->size);
    for (size_t i = sizeof *from; i < from->size; i++)
        if (((const unsigned char *)from)[i] != 0)
            return ds_error_set(err, DS_INVALID,
                                "the query asks for something that this version of the library (%s) does not know",
                                ds_version());
    memcpy(out, from, from->size < sizeof *out ? from->size : sizeof *out);
    out->size = (uint32_t)sizeof *out;
    return DS_OK;
}

/* ---- fields ---- */

typedef struct names {
    const char **list;
    size_t count;
} names;

static bool is_shown(const selection *of, const char *field)
{
    size_t low = 0, high = of->shown_count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        const int order = strcmp(of->shown[middle], field);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static ds_status check_field(const char *field, const definition *model, ds_error *err)
{
    if (field == NULL)
        return ds_error_set(err, DS_INVALID, "the fields of the query hold a NULL");
    if (model->strict && definition_slot(model, field, strlen(field)) == DS_NO_SLOT)
        return ds_error_set(err, DS_INVALID, "the fields are wrong: the model %s has no property \"%s\"", model->name,
                            field);
    return DS_OK;
}

static ds_status bind_shown(selection *made, const ds_query *query, ds_error *err)
{
    const definition *model = made->definition;
    names shown = {arena_zeroed(&made->arena, query->field_count, sizeof(char *)), 0};
    bool *listed = arena_zeroed(&made->arena, model->property_count, sizeof *listed);
    if (shown.list == NULL || listed == NULL)
        return error_nomem(err);
    for (size_t i = 0; i < query->field_count; i++) {
        const char *field = query->fields[i];
        const ds_status status = check_field(field, model, err);
        if (status != DS_OK)
            return status;
        const size_t slot = definition_slot(model, field, strlen(field));
        if (slot != DS_NO_SLOT)
            listed[slot] = true;
        const char *kept =
            slot != DS_NO_SLOT ? model->properties[slot].name : arena_copy(&made->arena, field, strlen(field));
        if (kept == NULL)
            return error_nomem(err);
        shown.list[shown.count++] = kept;
    }
    made->all_fields = false;
    made->exclude = query->exclude_fields;
    made->shown = shown.list;
    made->shown_count = names_unique(shown.list, shown.count);
    made->listed = listed;
    return DS_OK;
}

/* What a record must hold: what is shown, and what the order, the filter and the library need. */
static ds_status bind_needed(selection *made, ds_error *err)
{
    const definition *model = made->definition;
    const char **filtered;
    size_t filtered_count;
    if (filter_names(made->ask.where, &made->arena, &filtered, &filtered_count) != DS_OK)
        return error_nomem(err);
    const size_t most = made->shown_count + model->property_count + made->ask.order_count + filtered_count + 1;
    names needed = {arena_zeroed(&made->arena, most, sizeof(char *)), 0};
    if (needed.list == NULL)
        return error_nomem(err);
    for (size_t i = 0; !made->exclude && i < made->shown_count; i++)
        needed.list[needed.count++] = made->shown[i];
    for (size_t slot = 0; made->exclude && slot < model->property_count; slot++)
        if (!made->listed[slot])
            needed.list[needed.count++] = model->properties[slot].name;
    for (size_t i = 0; i < made->ask.order_count; i++)
        needed.list[needed.count++] = made->ask.order[i].property;
    for (size_t i = 0; i < filtered_count; i++)
        needed.list[needed.count++] = filtered[i];
    needed.list[needed.count++] = model->properties[model->id_slot].name;
    made->ask.fields = needed.list;
    made->ask.field_count = names_unique(needed.list, needed.count);
    return DS_OK;
}

static ds_status bind_fields(selection *made, const ds_query *query, ds_error *err)
{
    made->all_fields = true;
    if (query->field_count == 0)
        return DS_OK;
    if (query->fields == NULL)
        return ds_error_set(err, DS_INVALID, "the query has a number of fields, and no fields");
    const ds_status status = bind_shown(made, query, err);
    if (status != DS_OK || (made->exclude && !made->definition->strict))
        return status; /* which undeclared fields remain is not known */
    return bind_needed(made, err);
}

/* ---- the whole ---- */

static ds_status bind_order(selection *made, const ds_query *query, ds_error *err)
{
    ds_order *order;
    if (query->order == NULL)
        return query->after == NULL
                   ? DS_OK
                   : ds_error_set(err, DS_INVALID, "\"after\" needs the order that its mark was made with");
    const ds_status status = order_bind(query->order, made->definition, &made->arena, &order, &made->ask.order_count,
                                        &made->order_text, err);
    if (status != DS_OK)
        return status;
    made->ask.order = order;
    return query->after == NULL ? DS_OK : selection_go_on(made, query->after, err);
}

ds_status selection_go_on(selection *of, const char *mark, ds_error *err)
{
    arena memory = {0};
    const ds_value *values;
    if (of->ask.order_count == 0)
        return ds_error_set(err, DS_INVALID, "\"after\" needs the order that its mark was made with");
    const ds_status status =
        mark_parse(mark, of->definition->name, of->order_text, of->ask.order_count, &memory, &values, err);
    if (status != DS_OK) {
        arena_free(&memory);
        return status;
    }
    arena_free(&of->mark_arena);
    of->mark_arena = memory;
    of->ask.after = values;
    return DS_OK;
}

ds_status selection_bind(const ds_query *query, const definition *model, selection **out, ds_error *err)
{
    ds_query asked;
    *out = NULL;
    ds_status status = read_query(query, &asked, err);
    if (status != DS_OK)
        return status;
    selection *made = ds_calloc(1, sizeof *made);
    if (made == NULL)
        return error_nomem(err);
    made->definition = model;
    made->ask.size = (uint32_t)sizeof made->ask;
    made->ask.skip = asked.skip;
    made->ask.limit = asked.limit;
    status = filter_bind(asked.where, model, &made->bound, err);
    made->ask.where = made->bound;
    if (status == DS_OK)
        status = bind_order(made, &asked, err);
    if (status == DS_OK)
        status = bind_fields(made, &asked, err);
    if (status != DS_OK) {
        selection_free(made);
        return status;
    }
    *out = made;
    return DS_OK;
}

void selection_free(selection *of)
{
    if (of == NULL)
        return;
    ds_filter_free(of->bound);
    arena_free(&of->mark_arena);
    arena_free(&of->arena);
    ds_free(of);
}

static bool is_listed(const selection *of, const ds_record *record, size_t slot)
{
    ds_field field;
    if (slot < of->definition->property_count)
        return of->listed[slot];
    return ds_record_field(record, slot, &field) && is_shown(of, field.name);
}

void selection_hide(const selection *of, ds_record *record)
{
    const size_t count = of->all_fields ? 0 : ds_record_slots(record);
    for (size_t slot = 0; slot < count; slot++)
        if (is_listed(of, record, slot) == of->exclude)
            record_hide(record, slot);
}

char *selection_mark(const selection *of, const ds_record *record)
{
    arena memory = {0};
    const size_t count = of->ask.order_count;
    char *mark = NULL;
    if (count == 0)
        return NULL;
    ds_value *values = arena_zeroed(&memory, count, sizeof *values);
    bool complete = values != NULL;
    for (size_t i = 0; complete && i < count; i++)
        complete = item_plain(order_item(&of->ask.order[i], record), &memory, &values[i]);
    if (complete)
        mark = mark_print(of->definition->name, of->order_text, values, count);
    arena_free(&memory);
    return mark;
}

bool selection_is_after(const selection *of, const ds_record *record)
{
    return of->ask.after == NULL || order_compare_mark(of->ask.order, of->ask.order_count, record, of->ask.after) > 0;
}
