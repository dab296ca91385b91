/* Records that a copy could not store at once, since a unique value of theirs is still another record's there: two that
 * have changed theirs with each other, say. Where all that hold such values are to have others, they are set free first. */
#include "copying.h"

#include <stdlib.h>
#include <string.h>

#define MOST_ROUNDS 100

/* Who holds a value on the target, beside the number of one that is left over. */
#define NOBODY  SIZE_MAX
#define ANOTHER (SIZE_MAX - 1) /* not ours to change, or not to be set free */

typedef struct holders {
    copying *c;
    size_t indexes; /* of the model */
    size_t *of;     /* of each record that is left over, a holder for each index of the model */
    bool *free;     /* the record's values may be set free */
} holders;

static ds_value id_of(const ds_record *record, const ds_model *model)
{
    return ds_record_get(record, ds_model_property(model, ds_model_id_slot(model))->name);
}

static const ds_model *sorted_by; /* qsort() takes no more; dsctl copies in one thread */

static int by_id(const void *a, const void *b)
{
    const copied *left = a, *right = b;
    return ds_value_compare(id_of(left->record, sorted_by), id_of(right->record, sorted_by));
}

static bool may_be_null(const ds_model *model, size_t slot)
{
    return slot != ds_model_id_slot(model) && !ds_model_property(model, slot)->required;
}

/* A property of the index can be null, which nothing clashes with. */
static bool can_be_freed(const ds_model *model, const ds_index *index)
{
    for (size_t i = 0; i < index->key_count; i++)
        if (may_be_null(model, index->slots[i]))
            return true;
    return false;
}

/* ---- who is in the way ---- */

/* NULL: nothing clashes with it, since it has a null, or out of memory. */
static ds_filter *same_key(const ds_model *model, const ds_index *index, const ds_record *record)
{
    ds_filter **parts = calloc(index->key_count, sizeof *parts), *all = NULL;
    bool has_null = parts == NULL;
    for (size_t i = 0; i < index->key_count && !has_null; i++) {
        const char *name = ds_model_property(model, index->slots[i])->name;
        ds_value value = ds_record_get(record, name);
        has_null = value.type == DS_NULL;
        parts[i] = has_null ? NULL : ds_where(name, DS_EQ, value);
    }
    if (!has_null)
        all = ds_all(parts, index->key_count);
    for (size_t i = 0; has_null && parts != NULL && i < index->key_count; i++)
        ds_filter_free(parts[i]);
    free(parts);
    return all;
}

static ds_status find_holder(holders *h, const ds_index *index, size_t i, size_t *holder)
{
    copying *c = h->c;
    ds_error error;
    ds_record *found = NULL;
    ds_filter *where = same_key(c->to, index, c->again[i].record);
    *holder = NOBODY;
    if (where == NULL)
        return DS_OK;
    ds_status status = ds_find_one(c->to, &(ds_query){.size = sizeof(ds_query), .where = where}, &found, &error);
    ds_filter_free(where);
    if (status == DS_OK) {
        const copied *ours = bsearch(&(copied){.record = found}, c->again, c->again_count, sizeof *c->again, by_id);
        *holder = ours == NULL ? ANOTHER : (size_t)(ours - c->again);
    } else if (status != DS_NOT_FOUND && failure_is_final(status)) {
        c->ctl->error = error;
        return status;
    } else if (status != DS_NOT_FOUND)
        *holder = ANOTHER;
    ds_record_free(found);
    return DS_OK;
}

static ds_status learn_holders(holders *h)
{
    copying *c = h->c;
    h->indexes = ds_model_index_count(c->to);
    h->of = calloc(c->again_count * h->indexes + 1, sizeof *h->of);
    h->free = calloc(c->again_count + 1, sizeof *h->free);
    if (h->of == NULL || h->free == NULL)
        return dsctl_nomem(c->ctl);
    sorted_by = c->to;
    qsort(c->again, c->again_count, sizeof *c->again, by_id);
    for (size_t i = 0; i < c->again_count; i++)
        for (size_t k = 0; k < h->indexes; k++) {
            const ds_index *index = ds_model_index(c->to, k);
            size_t *of = &h->of[i * h->indexes + k];
            *of = NOBODY;
            ds_status status = index->unique ? find_holder(h, index, i, of) : DS_OK;
            if (status != DS_OK)
                return status;
        }
    return DS_OK;
}

static void forget_holders(holders *h)
{
    free(h->of);
    free(h->free);
}

/* ---- values are set free ---- */

/* Leaves those whose every value that they want is nobody's, their own, or one that is set free too. Nothing is taken from a
 * record that would not get another value at once. */
static size_t choose(holders *h)
{
    size_t n = h->c->again_count, left = n;
    for (size_t i = 0; i < n; i++)
        h->free[i] = true;
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < h->indexes && h->free[i]; k++) {
                size_t of = h->of[i * h->indexes + k];
                if (of == NOBODY || of == i)
                    continue;
                if (of == ANOTHER || !h->free[of] || !can_be_freed(h->c->to, ds_model_index(h->c->to, k))) {
                    h->free[i] = false;
                    changed = true;
                    left--;
                }
            }
    }
    return left;
}

/* What sets all unique values of a record free that need not be there. */
static ds_record *nulls(const ds_model *model)
{
    ds_record *record = ds_record_new(model);
    for (size_t k = 0; record != NULL && k < ds_model_index_count(model); k++) {
        const ds_index *index = ds_model_index(model, k);
        for (size_t i = 0; index->unique && i < index->key_count; i++)
            if (may_be_null(model, index->slots[i]) && ds_record_put(record, index->slots[i], ds_null()) != DS_OK) {
                ds_record_free(record);
                return NULL;
            }
    }
    return record;
}

/* A record that is not there yet holds nothing: that it is missing is no failure. */
static ds_status set_free(const holders *h, const ds_record *changes)
{
    copying *c = h->c;
    ds_status final = DS_OK;
    for (size_t i = 0; i < c->again_count && final == DS_OK;) {
        ds_batch *batch;
        ds_error error;
        if ((final = ds_batch_new(ds_model_source(c->to), &batch, &c->ctl->error)) != DS_OK)
            return final;
        ds_batch_set_options(batch, &(ds_options){.size = sizeof(ds_options), .cancel = c->ctl->cancel});
        for (; i < c->again_count && ds_batch_size(batch) < COPY_BATCH; i++)
            if (h->free[i])
                ds_batch_update(batch, c->to, id_of(c->again[i].record, c->to), changes);
        ds_batch_run(batch, 0, &error);
        for (size_t k = 0; k < ds_batch_size(batch) && final == DS_OK; k++) {
            ds_status status = ds_batch_outcome(batch, k, &c->ctl->error);
            final = failure_is_final(status) ? status : DS_OK;
        }
        ds_batch_free(batch);
    }
    return final;
}

/* ---- again ---- */

static void drop_stored(copying *c)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->again_count; i++)
        if (c->again[i].record != NULL)
            c->again[kept++] = c->again[i];
    c->again_count = kept;
}

/* Stores all, or those of `only`; what is still refused is left. */
static ds_status store_left(copying *c, const bool *only)
{
    ds_status status = DS_OK;
    copied batch[COPY_BATCH];
    size_t from[COPY_BATCH];
    for (size_t i = 0; i < c->again_count && status == DS_OK;) {
        size_t n = 0;
        for (; i < c->again_count && n < COPY_BATCH; i++)
            if (only == NULL || only[i]) {
                from[n] = i;
                batch[n++] = c->again[i];
            }
        status = n == 0 ? DS_OK : copy_store(c, batch, n);
        for (size_t k = 0; k < n; k++)
            c->again[from[k]].record = batch[k].record;
    }
    drop_stored(c);
    return status;
}

static ds_status free_and_store(copying *c)
{
    holders h = {.c = c};
    ds_status status = learn_holders(&h);
    ds_record *changes = status == DS_OK && choose(&h) > 0 ? nulls(c->to) : NULL;
    if (changes != NULL) {
        status = set_free(&h, changes);
        if (status == DS_OK)
            status = store_left(c, h.free);
    }
    ds_record_free(changes);
    forget_holders(&h);
    return status;
}

/* Each round may set free what the next one needs; in the other direction a chain of them goes at once. */
static ds_status store_in_rounds(copying *c)
{
    ds_status status = DS_OK;
    size_t before = c->again_count + 1;
    for (int round = 0; status == DS_OK && c->again_count > 0 && c->again_count < before && round < MOST_ROUNDS;
         round++) {
        before = c->again_count;
        status = store_left(c, NULL);
        for (size_t i = 0; i < c->again_count / 2; i++) {
            copied one = c->again[i];
            c->again[i] = c->again[c->again_count - 1 - i];
            c->again[c->again_count - 1 - i] = one;
        }
    }
    return status;
}

/* How many want a value that another of them has, which cannot be null. */
static ds_status count_bound(copying *c, size_t *bound)
{
    holders h = {.c = c};
    ds_status status = learn_holders(&h);
    *bound = 0;
    for (size_t i = 0; status == DS_OK && i < c->again_count; i++)
        for (size_t k = 0; k < h.indexes; k++) {
            size_t of = h.of[i * h.indexes + k];
            if (of != NOBODY && of != ANOTHER && of != i) {
                ++*bound;
                break;
            }
        }
    forget_holders(&h);
    return status;
}

ds_status copy_again(copying *c)
{
    size_t bound = 0;
    c->is_last = false;
    ds_status status = c->again_count == 0 ? DS_OK : free_and_store(c);
    if (status == DS_OK)
        status = store_in_rounds(c);
    if (status == DS_OK && c->again_count > 0)
        status = count_bound(c, &bound);
    c->is_last = true;
    if (status == DS_OK)
        status = store_left(c, NULL);
    if (status == DS_OK && bound > 0)
        dsctl_tell(
            "%zu records want required unique values that others of them still have there: delete these there, and "
            "copy again",
            bound);
    return status;
}
