/* A selection as one SELECT, as far as SQL can say it exactly. */
#include "sqlite.h"

static void add_slot(const table *t, size_t slot, size_t *slots, size_t *count)
{
    for (size_t i = 0; i < *count; i++)
        if (slots[i] == slot)
            return;
    if (*count <= t->property_count)
        slots[(*count)++] = slot;
}

/* Only the columns of the fields: the id is among them. */
static void choose_fields(const question *q, const ds_selection *selection, size_t *slots, size_t *count)
{
    const table *t = q->table;
    add_slot(t, t->id_slot, slots, count);
    for (size_t i = 0; i < selection->field_count; i++)
        add_slot(t, ds_model_slot(t->model, selection->fields[i], strlen(selection->fields[i])), slots, count);
}

static void write_columns(question *q, const size_t *slots, size_t *count)
{
    size_t kept = *count;
    bool loose = q->layout->has_more && !q->table->strict;
    for (size_t i = 0; i < kept; i++) {
        text_put(&q->text, i == 0 ? "" : ", ");
        if (slots[i] == DS_NO_SLOT ? loose : q->layout->columns[slots[i]].exists)
            text_name(&q->text,
                      slots[i] == DS_NO_SLOT ? MORE_COLUMN : ds_model_property(q->table->model, slots[i])->name);
        else
            text_put(&q->text, "NULL");
    }
}

static void write_page(question *q, const ds_selection *selection)
{
    if (selection->limit == 0 && selection->skip == 0)
        return;
    text_put(&q->text, " LIMIT ? OFFSET ?");
    question_value(q,
                   ds_integer(selection->limit == 0 || selection->limit > INT64_MAX ? -1 : (int64_t)selection->limit));
    question_value(q, ds_integer(selection->skip > INT64_MAX ? INT64_MAX : (int64_t)selection->skip));
}

static uint32_t write_rest(question *q, const ds_selection *selection, uint32_t may, uint32_t did)
{
    bool ordered = selection->order_count == 0;
    if (!ordered && (may & DS_DID_ORDER) != 0 && order_is_exact(q, selection->order, selection->order_count))
        ordered = true, did |= DS_DID_ORDER;
    bool behind = selection->after == NULL;
    if (!behind && ordered && (may & DS_DID_AFTER) != 0 && selection->order_count <= AFTER_MOST) {
        after_write(q, selection);
        behind = true;
        did |= DS_DID_AFTER;
    }
    if ((did & DS_DID_ORDER) != 0)
        order_write(q, selection->order, selection->order_count);
    if (ordered && behind && (did & DS_DID_WHERE) != 0 && (may & DS_DID_PAGE) != 0) {
        write_page(q, selection);
        did |= DS_DID_PAGE;
    }
    return did;
}

uint32_t select_write(question *q, const ds_selection *selection, uint32_t may, size_t *slots, size_t *slot_count)
{
    uint32_t did = 0;
    *slot_count = 0;
    if ((may & DS_DID_FIELDS) != 0 && selection->field_count > 0) {
        did |= DS_DID_FIELDS;
        choose_fields(q, selection, slots, slot_count);
    } else {
        for (size_t i = 0; i < q->table->property_count; i++)
            slots[(*slot_count)++] = i;
        if (!q->table->strict)
            slots[(*slot_count)++] = DS_NO_SLOT;
    }
    text_put(&q->text, "SELECT ");
    write_columns(q, slots, slot_count);
    text_put(&q->text, " FROM ");
    text_name(&q->text, q->table->name);
    text_put(&q->text, " WHERE ");
    exactness found = (may & DS_DID_WHERE) == 0 ? NOTHING : filter_write(q, selection->where, false);
    if (found == NOTHING)
        text_put(&q->text, "1");
    if (found == EXACTLY)
        did |= DS_DID_WHERE;
    layout_alive(q->layout, &q->text);
    if (q->layout->has_expires)
        question_value(q, ds_integer(lite_now()));
    return write_rest(q, selection, may, did);
}
