/* How the records that match a filter are come by: by id, by a unique value, or by a walk. What is found by a look-up
 * is held against the whole filter again. */
#include "memory.h"

#include <stdlib.h>

static ds_filter_node node_of(const ds_filter *filter)
{
    ds_filter_node node;
    memset(&node, 0, sizeof node);
    node.size = sizeof node;
    ds_filter_view(filter, &node);
    return node;
}

static bool has_null(const ds_filter_node *node)
{
    for (size_t i = 0; i < node->value_count; i++)
        if (node->values[i].type == DS_NULL)
            return true;
    return false;
}

/* Whether values of the property are equal just where they compare as equal. */
static bool is_plain(const table *t, size_t slot)
{
    switch (ds_model_property(t->model, slot)->type) {
    case DS_PROPERTY_STRING:
    case DS_PROPERTY_INTEGER:
    case DS_PROPERTY_NUMBER:
    case DS_PROPERTY_BOOLEAN:
    case DS_PROPERTY_DATE:
    case DS_PROPERTY_BINARY:
        return true;
    case DS_PROPERTY_OBJECT:
    case DS_PROPERTY_ARRAY:
    case DS_PROPERTY_ANY:
        break;
    }
    return false;
}

static bool is_look_up(const table *t, const ds_filter_node *node)
{
    return node->kind == DS_FILTER_COMPARE && node->path == NULL && node->slot != DS_NO_SLOT &&
           (node->op == DS_EQ || node->op == DS_IN) && is_plain(t, node->slot) && !has_null(node);
}

static int compare_values(const void *a, const void *b)
{
    return ds_value_compare(*(const ds_value *)a, *(const ds_value *)b);
}

/* The values of an IN, each once. */
static void access_take(access *out, const ds_filter_node *node)
{
    out->values = node->values;
    out->value_count = node->value_count;
    if (node->value_count < 2)
        return;
    out->owned = ds_malloc(node->value_count * sizeof(ds_value));
    if (out->owned == NULL) {
        *out = (access){.kind = ACCESS_WALK};
        return;
    }
    memcpy(out->owned, node->values, node->value_count * sizeof(ds_value));
    qsort(out->owned, node->value_count, sizeof(ds_value), compare_values);
    size_t kept = 1;
    for (size_t i = 1; i < node->value_count; i++)
        if (compare_values(&out->owned[i], &out->owned[kept - 1]) != 0)
            out->owned[kept++] = out->owned[i];
    out->values = out->owned;
    out->value_count = kept;
}

static void choose_compare(const table *t, const ds_filter_node *node, access *out)
{
    if (!is_look_up(t, node))
        return;
    for (size_t i = 0; i < t->unique_count && node->slot != t->id_slot; i++)
        if (t->uniques[i].index->key_count == 1 && t->uniques[i].index->slots[0] == node->slot)
            out->unique = &t->uniques[i];
    if (node->slot != t->id_slot && out->unique == NULL)
        return;
    out->kind = node->slot == t->id_slot ? ACCESS_ID : ACCESS_UNIQUE;
    access_take(out, node);
}

/* The value that one of the children asks of a property by equality. */
static bool asked_value(const table *t, const ds_filter_node *all, size_t slot, ds_value *value)
{
    for (size_t i = 0; i < all->child_count; i++) {
        ds_filter_node node = node_of(all->children[i]);
        if (is_look_up(t, &node) && node.op == DS_EQ && node.slot == slot) {
            *value = node.values[0];
            return true;
        }
    }
    return false;
}

static void choose_composite(const table *t, const ds_filter_node *all, const unique *u, access *out)
{
    size_t keys = u->index->key_count, known = 0;
    ds_value *values = keys < 2 ? NULL : ds_calloc(keys, sizeof *values);
    while (values != NULL && known < keys && asked_value(t, all, u->index->slots[known], &values[known]))
        known++;
    if (values == NULL || known < keys) {
        ds_free(values); /* without memory it is a walk */
        return;
    }
    *out = (access){.kind = ACCESS_UNIQUE, .unique = u, .values = values, .value_count = 1, .owned = values};
}

static void choose_all(const table *t, const ds_filter_node *all, access *out)
{
    for (size_t i = 0; i < all->child_count && out->kind != ACCESS_ID; i++) {
        access one;
        access_choose(t, all->children[i], &one);
        bool better = one.kind == ACCESS_ID || (one.kind == ACCESS_UNIQUE && out->kind == ACCESS_WALK);
        access_free(better ? out : &one);
        if (better)
            *out = one;
    }
    for (size_t i = 0; i < t->unique_count && out->kind == ACCESS_WALK; i++)
        choose_composite(t, all, &t->uniques[i], out);
}

void access_choose(const table *t, const ds_filter *where, access *out)
{
    *out = (access){.kind = ACCESS_WALK};
    if (where == NULL)
        return;
    ds_filter_node node = node_of(where);
    if (node.kind == DS_FILTER_COMPARE)
        choose_compare(t, &node, out);
    else if (node.kind == DS_FILTER_ALL)
        choose_all(t, &node, out);
}

entry *access_entry(const memory *m, const table *t, const access *a, size_t i)
{
    key k = key_of_id(t, &a->values[i]);
    if (a->kind == ACCESS_UNIQUE) {
        k.slots = a->unique->index->slots;
        k.count = a->unique->index->key_count;
    }
    return key_find(m, a->kind == ACCESS_ID ? &t->ids : &a->unique->claimed, &k);
}

void access_free(access *a)
{
    ds_free(a->owned);
}

void feed_begin(feed *f, memory *m, table *t, const ds_filter *where)
{
    *f = (feed){.memory = m, .table = t};
    access_choose(t, where, &f->access);
    pthread_rwlock_rdlock(&t->lock);
    walk_begin(&f->walk, t);
    pthread_rwlock_unlock(&t->lock);
}

entry *feed_next(feed *f, bool *end)
{
    if (f->access.kind == ACCESS_WALK) {
        entry *e = walk_step(&f->walk);
        *end = e == NULL;
        return e;
    }
    *end = f->at == f->access.value_count;
    return *end ? NULL : access_entry(f->memory, f->table, &f->access, f->at++);
}
