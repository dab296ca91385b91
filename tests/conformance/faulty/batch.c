/* Batches: write by write, under one lock; of an atomic one that cannot be done, the lists are put back as they were. */
#include "faulty.h"

#include <unistd.h>

typedef struct saved {
    shelf *of;
    shelf as_it_was;
} saved;

/* ---- what is put back ---- */

static ds_status save(saved *to, shelf *from, ds_error *err)
{
    ds_status status = DS_OK;
    *to = (saved){from, {.last = from->last, .room = from->count}};
    to->as_it_was.items = ds_calloc(from->count + 1, sizeof *from->items);
    if (to->as_it_was.items == NULL)
        return ds_error_set(err, DS_NOMEM, "out of memory");
    for (size_t i = 0; i < from->count && status == DS_OK; i++) {
        status = ds_record_copy(from->items[i].record, &to->as_it_was.items[i].record, err);
        to->as_it_was.items[i].ends = from->items[i].ends;
        to->as_it_was.count += status == DS_OK;
    }
    return status;
}

static void empty(shelf *self)
{
    for (size_t i = 0; i < self->count; i++)
        ds_record_free(self->items[i].record);
    ds_free(self->items);
}

/* The lists of all models that are written to, once each. */
static ds_status save_all(saved *all, size_t *count, const ds_write *const *writes, size_t n, ds_error *err)
{
    ds_status status = DS_OK;
    for (size_t i = 0; i < n && status == DS_OK; i++) {
        shelf *of = ds_model_state(writes[i]->model);
        size_t at = 0;
        while (at < *count && all[at].of != of)
            at++;
        if (at == *count)
            status = save(&all[(*count)++], of, err);
    }
    return status;
}

static void end_saved(saved *all, size_t count, bool put_back)
{
    for (size_t i = 0; i < count; i++) {
        shelf now = *all[i].of;
        if (put_back)
            *all[i].of = all[i].as_it_was;
        empty(put_back ? &now : &all[i].as_it_was);
    }
    ds_free(all);
}

/* ---- one write ---- */

static ds_status decide(shop *s, ds_status status, ds_outcomes *outcomes, ds_call *call)
{
    if (status == DS_UNSUPPORTED || status == DS_NOMEM)
        return status;
    if (status == DS_OK)
        decide_ok(s, outcomes, 0, false);
    else if (status == DS_NOT_FOUND)
        decide_refuse(s, outcomes, 0, DS_REFUSED_MISSING, NULL);
    else
        decide_fail(s, outcomes, 0, status, call->error);
    return DS_OK;
}

static ds_status do_write(shop *s, const ds_write *w, ds_outcomes *outcomes, ds_call *call)
{
    const ds_record *const *expected = w->expected == NULL ? NULL : &w->expected;
    switch (w->kind) {
    case DS_WRITE_CREATE:
        return faulty_create(s, w->model, &w->record, 1, outcomes, call);
    case DS_WRITE_UPDATE:
        return faulty_update(s, w->model, &w->id, 1, w->changes, expected, outcomes, call);
    case DS_WRITE_REPLACE:
    case DS_WRITE_REPLACE_OR_CREATE:
        return faulty_replace(s, w->model, &w->record, 1, w->kind == DS_WRITE_REPLACE, expected, outcomes, call);
    case DS_WRITE_UPSERT:
        return faulty_upsert(s, w->model, &w->record, 1, w->defaults, expected, outcomes, call);
    case DS_WRITE_INCREMENT:
        return decide(s, faulty_increment(s, w->model, w->id, w->property, w->slot, w->by, w->now, call), outcomes,
                      call);
    case DS_WRITE_DELETE:
        return faulty_delete(s, w->model, &w->id, 1, expected, outcomes, call);
    case DS_WRITE_EXPIRE:
        return decide(s, faulty_expire(s, w->model, w->id, w->ttl_ms, call), outcomes, call);
    }
    return ds_error_set(call->error, DS_UNSUPPORTED, "there is no such write");
}

/* ---- all of them ---- */

/* What they write has no numbers of this batch. */
static void let_others_in(shop *s)
{
    s->first = s->writes = 0;
    pthread_mutex_unlock(&s->lock);
    usleep(20);
    pthread_mutex_lock(&s->lock);
}

static ds_status write_number(shop *s, const ds_write *const *writes, size_t n, size_t i, ds_outcomes *outcomes,
                              ds_call *call)
{
    if (s->fault == FAULT_BATCH_NOT_ATOMIC)
        let_others_in(s);
    s->first = i;
    s->writes = n;
    if (s->fault == FAULT_BATCH_OTHER_LOST && writes[i]->model != writes[0]->model) {
        decide_ok(s, outcomes, 0, false);
        return DS_OK;
    }
    return do_write(s, writes[i], outcomes, call);
}

static ds_status write_all(shop *s, const ds_write *const *writes, size_t n, bool atomic, ds_outcomes *outcomes,
                           ds_call *call)
{
    bool by_kind = s->fault == FAULT_BATCH_BY_KIND;
    ds_status status = DS_OK;
    for (int kind = DS_WRITE_CREATE; kind <= (by_kind ? DS_WRITE_EXPIRE : DS_WRITE_CREATE); kind++)
        for (size_t i = 0; i < n && status == DS_OK && !(atomic && s->failed); i++)
            if (!by_kind || (int)writes[i]->kind == kind)
                status = write_number(s, writes, n, i, outcomes, call);
    return status;
}

/* Text is added to by the library, which cannot do so within an atomic batch: nothing may be decided then. */
static bool is_left(const ds_write *const *writes, size_t n)
{
    bool left = false;
    for (size_t i = 0; i < n; i++)
        left |= writes[i]->kind == DS_WRITE_INCREMENT && writes[i]->slot == DS_NO_SLOT;
    return left;
}

ds_status faulty_batch(void *connection, const ds_write *const *writes, size_t n, uint32_t flags, ds_outcomes *outcomes,
                       ds_call *call)
{
    shop *s = connection;
    bool atomic = (flags & DS_ATOMIC) != 0;
    if (atomic && is_left(writes, n))
        return ds_error_set(call->error, DS_UNSUPPORTED, "undeclared properties are left to the library");
    saved *all = ds_calloc(n, sizeof *all);
    size_t count = 0;
    if (all == NULL)
        return ds_error_set(call->error, DS_NOMEM, "out of memory");
    pthread_mutex_lock(&s->lock);
    s->failed = false;
    ds_status status = atomic ? save_all(all, &count, writes, n, call->error) : DS_OK;
    bool begun = status == DS_OK;
    if (begun)
        status = write_all(s, writes, n, atomic, outcomes, call);
    end_saved(all, count, begun && (status != DS_OK || s->failed) && s->fault != FAULT_BATCH_HALF_DONE);
    s->first = s->writes = 0;
    pthread_mutex_unlock(&s->lock);
    return status;
}
