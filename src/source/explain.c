/* Explaining a find, without starting it. */
#include "source/stream.h"

static const struct part {
    uint32_t bit;
    const char *name;
} PARTS[] = {{DS_DID_WHERE, "where"},
             {DS_DID_ORDER, "order"},
             {DS_DID_AFTER, "after"},
             {DS_DID_PAGE, "page"},
             {DS_DID_FIELDS, "fields"}};

static uint32_t parts_asked(const selection *sel)
{
    const ds_selection *ask = &sel->ask;
    ds_filter_node where = {.size = sizeof where};
    ds_filter_view(ask->where, &where);
    return (where.kind != DS_FILTER_EVERYTHING ? DS_DID_WHERE : 0u) | (ask->order_count != 0 ? DS_DID_ORDER : 0u) |
           (ask->after != NULL ? DS_DID_AFTER : 0u) | (ask->skip != 0 || ask->limit != 0 ? DS_DID_PAGE : 0u) |
           (!sel->all_fields ? DS_DID_FIELDS : 0u);
}

static void write_parts(ds_buffer *plan, const char *name, uint32_t parts)
{
    const char *separator = "";
    ds_buffer_format(plan, ",\"%s\":[", name);
    for (size_t i = 0; i < sizeof PARTS / sizeof PARTS[0]; i++)
        if ((parts & PARTS[i].bit) != 0) {
            ds_buffer_format(plan, "%s\"%s\"", separator, PARTS[i].name);
            separator = ",";
        }
    buffer_char(plan, ']');
}

static ds_status explain(operation *op, const selection *sel, ds_buffer *plan)
{
    ds_buffer members = {.text = NULL};
    const uint32_t all = DS_DID_WHERE | DS_DID_ORDER | DS_DID_AFTER | DS_DID_PAGE | DS_DID_FIELDS;
    uint32_t did = 0, asked = parts_asked(sel);
    ds_status status = DS_UNSUPPORTED;
    if (op->connector->explain != NULL)
        status = op->connector->explain(op->connection, op->model, &sel->ask, all, &did, &members, &op->call);
    if (left_to_library(op, status)) {
        status = DS_OK;
        did = 0;
        buffer_free(&members);
    }
    if (members.length == 0)
        buffer_text(&members, "\"access\":\"scan\"");
    buffer_text(plan, "{\"model\":");
    ds_buffer_json(plan, ds_string(op->model->definition->name));
    buffer_text(plan, ",\"connector\":");
    ds_buffer_json(plan, ds_string(op->connector->name));
    buffer_char(plan, ',');
    ds_buffer_append(plan, members.text, members.length);
    uint32_t done = stream_done(&sel->ask, did);
    write_parts(plan, "backend", asked & did & done);
    write_parts(plan, "library", asked & ~(did & done));
    buffer_char(plan, '}');
    plan->failed = plan->failed || members.failed;
    buffer_free(&members);
    return status;
}

ds_status ds_explain(ds_model *model, const ds_query *query, char **plan_json, ds_error *err)
{
    if (plan_json != NULL)
        *plan_json = NULL;
    selection *sel = NULL;
    ds_status status = answer_check(model, plan_json, "ds_explain()", err);
    if (status == DS_OK)
        status = selection_bind(query, model->definition, &sel, err);
    if (status != DS_OK)
        return refuse(model, status, err);
    operation op;
    ds_buffer plan = {.text = NULL};
    status = operation_begin(&op, model->source, model, false);
    if (status == DS_OK)
        status = explain(&op, sel, &plan);
    if (status == DS_OK && (*plan_json = buffer_take(&plan)) == NULL)
        status = error_nomem(&op.error);
    buffer_free(&plan);
    selection_free(sel);
    return operation_end(&op, status, err);
}
