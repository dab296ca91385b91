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

/* "comes after the mark by this item alone" */
static void write_behind(question *q, const ds_order *by, ds_value mark)
{
    if (mark.type == DS_NULL) {
        if (by->descending)
            text_put(&q->text, "0");
        else {
            write_name(q, by);
            text_put(&q->text, " IS NOT NULL");
        }
        return;
    }
    text_put(&q->text, by->descending ? "(" : "");
    write_name(q, by);
    text_put(&q->text, by->descending ? " < ?" : " > ?");
    question_value(q, mark);
    if (by->descending) {
        text_put(&q->text, " OR ");
        write_name(q, by);
        text_put(&q->text, " IS NULL)");
    }
}

/* (a behind, or a the same and (b behind, or ...)). What the first item alone says stands before it, for the index. */
void after_write(question *q, const ds_selection *selection)
{
    const ds_order *order = selection->order;
    const size_t last = selection->order_count - 1;
    if (last > 0 && !order[0].descending && selection->after[0].type != DS_NULL) {
        write_name(q, &order[0]);
        text_put(&q->text, " >= ? AND ");
        question_value(q, selection->after[0]);
    }
    for (size_t i = 0; i <= last; i++) {
        text_put(&q->text, i < last ? "(" : "");
        write_behind(q, &order[i], selection->after[i]);
        if (i == last)
            break;
        text_put(&q->text, " OR (");
        write_name(q, &order[i]);
        text_put(&q->text, " IS ? AND ");
        question_value(q, selection->after[i]);
    }
    for (size_t i = 0; i < last; i++)
        text_put(&q->text, "))");
}
