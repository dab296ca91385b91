/* Orders and marks as SQL. SQLite puts null before all else, and a text behind every number, as the library does. */
#include "sqlite.h"

bool order_is_exact(const question *q, const ds_order *order, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (order[i].slot == DS_NO_SLOT || order[i].path != NULL)
            return false;
        const column *c = &q->layout->columns[order[i].slot];
        if (!c->exists || c->trust != SURE)
            return false;
    }
    return true;
}

static void write_name(question *q, const ds_order *by)
{
    text_name(&q->text, ds_model_property(q->table->model, by->slot)->name);
}

void order_write(question *q, const ds_order *order, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        text_put(&q->text, i == 0 ? " ORDER BY " : ", ");
        write_name(q, &order[i]);
        text_put(&q->text, order[i].descending ? " DESC" : "");
    }
}

/* "comes after the mark by this item alone"; an id is never null. */
static void write_behind(question *q, const ds_order *by, ds_value mark)
{
    bool down = by->descending, nulls = down && by->slot != q->table->id_slot;
    if (mark.type == DS_NULL) {
        if (!down)
            write_name(q, by);
        text_put(&q->text, down ? "0" : " IS NOT NULL");
        return;
    }
    text_put(&q->text, nulls ? "(" : "");
    write_name(q, by);
    text_put(&q->text, down ? " < ?" : " > ?");
    question_value(q, mark);
    if (!nulls)
        return;
    text_put(&q->text, " OR ");
    write_name(q, by);
    text_put(&q->text, " IS NULL)");
}

/* (a behind, or a the same and (b behind, or ...)) */
static void write_mark(question *q, const ds_selection *selection)
{
    const size_t last = selection->order_count - 1;
    for (size_t i = 0; i <= last; i++) {
        const ds_order *by = &selection->order[i];
        text_put(&q->text, i < last ? "(" : "");
        write_behind(q, by, selection->after[i]);
        if (i == last)
            break;
        text_put(&q->text, " OR (");
        write_name(q, by);
        text_put(&q->text, " IS ? AND ");
        question_value(q, selection->after[i]);
    }
    for (size_t i = 0; i < last; i++)
        text_put(&q->text, "))");
}

static bool leads_an_index(const question *q, size_t slot)
{
    for (size_t i = 0; i < ds_model_index_count(q->table->model); i++)
        if (ds_model_index(q->table->model, i)->slots[0] == slot)
            return true;
    return false;
}

/* Behind a mark in a descending order come those that are less, and those without a value. An index has them apart, so that
 * they are asked for apart, and merged: else all before the mark would be walked over. */
static void write_halves(question *q, const ds_selection *selection)
{
    const size_t length = q->text.length, count = q->count;
    text_put(&q->text, " AND ");
    write_name(q, selection->order);
    text_put(&q->text, " <= ? AND ");
    question_value(q, selection->after[0]);
    write_mark(q, selection);
    text_put(&q->text, " UNION ALL ");
    text_repeat(&q->text, length);
    for (size_t i = 0; i < count; i++)
        question_value(q, q->values[i]);
    text_put(&q->text, " AND ");
    write_name(q, selection->order);
    text_put(&q->text, " IS NULL");
}

void after_write(question *q, const ds_selection *selection)
{
    const ds_order *first = selection->order;
    const bool bounded = selection->order_count > 1 && selection->after[0].type != DS_NULL;
    if (bounded && first->descending && leads_an_index(q, first->slot)) {
        write_halves(q, selection);
        return;
    }
    text_put(&q->text, " AND ");
    if (bounded && !first->descending) { /* what the first item alone says, for the index */
        write_name(q, first);
        text_put(&q->text, " >= ? AND ");
        question_value(q, selection->after[0]);
    }
    write_mark(q, selection);
}
