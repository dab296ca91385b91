/* What an atomic batch may not hold: two writes of one id, or of one value of what is unique. Then no write depends on
 * what another one of the batch has done to its own record, which a backend may have to check before it does any. */
#include "source/batch.h"

#include <stdlib.h>

typedef struct claim {
    const ds_model *model;
    const ds_index *index; /* NULL: the id */
    const ds_record *record;
    ds_value id;
    size_t at; /* of its turn */
} claim;

typedef struct claims {
    claim *items;
    size_t count;
} claims;

static int order_of(const void *a, const void *b)
{
    return a < b ? -1 : a > b;
}

static ds_value value_at(const claim *self, size_t key)
{
    return self->index == NULL ? self->id : record_value(self->record, self->index->slots[key]);
}

/* By what is claimed alone. */
static int compare_claims(const claim *a, const claim *b)
{
    int order = order_of(a->model, b->model);
    if (order == 0)
        order = order_of(a->index, b->index);
    size_t keys = a->index == NULL ? 1 : a->index->key_count;
    for (size_t i = 0; i < keys && order == 0; i++)
        order = ds_value_compare(value_at(a, i), value_at(b, i));
    return order;
}

static int compare(const void *left, const void *right)
{
    const claim *a = left, *b = right;
    int order = compare_claims(a, b);
    return order != 0 ? order : a->at < b->at ? -1 : 1;
}

/* A value that is null in part is nobody's; of changes that name only some of its parts nothing is known. */
static bool is_claimed(const ds_record *record, const ds_index *index)
{
    for (size_t i = 0; i < index->key_count; i++)
        if (record_value(record, index->slots[i]).type == DS_NULL)
            return false;
    return index->unique;
}

/* `to` NULL: counts. */
static size_t claims_of(const turn *self, size_t at, claim *to)
{
    const ds_write *write = &self->write;
    const definition *def = write->model->definition;
    const ds_record *record = write->record != NULL ? write->record : write->changes;
    ds_value id = write->record != NULL ? record_value(write->record, def->id_slot) : write->id;
    size_t count = 0;
    if (id.type != DS_NULL) {
        if (to != NULL)
            to[count] = (claim){.model = write->model, .id = id, .at = at};
        count++;
    }
    for (size_t i = 0; record != NULL && i < def->index_count; i++)
        if (is_claimed(record, &def->indexes[i])) {
            if (to != NULL)
                to[count] = (claim){.model = write->model, .index = &def->indexes[i], .record = record, .at = at};
            count++;
        }
    return count;
}

static ds_status refuse_claim(const claim *self, ds_error *err)
{
    const char *model = self->model->definition->name;
    id_text text;
    if (self->index == NULL)
        return ds_error_set(
            err, DS_INVALID,
            "an atomic batch writes a record once, and another write is of the record %s of model \"%s\" "
            "too",
            id_print(self->id, &text), model);
    return ds_error_set(
        err, DS_INVALID,
        "an atomic batch gives a unique value once, and another write gives this one of \"%s\" of model "
        "\"%s\" too",
        self->index->name, model);
}

ds_status claims_check(run *self, size_t *at, ds_error *err)
{
    claims all = {.count = 0};
    for (size_t i = 0; i < self->count; i++)
        all.count += claims_of(&self->turns[i], i, NULL);
    all.items = ds_malloc(all.count * sizeof *all.items + 1);
    if (all.items == NULL)
        return error_nomem(err);
    size_t count = 0;
    for (size_t i = 0; i < self->count; i++)
        count += claims_of(&self->turns[i], i, all.items + count);
    qsort(all.items, count, sizeof *all.items, compare);
    const claim *first = NULL;
    for (size_t i = 1; i < count; i++)
        if (compare_claims(&all.items[i - 1], &all.items[i]) == 0 && (first == NULL || all.items[i].at < first->at))
            first = &all.items[i];
    ds_status status = DS_OK;
    if (first != NULL) {
        *at = first->at;
        status = refuse_claim(first, err);
    }
    ds_free(all.items);
    return status;
}
