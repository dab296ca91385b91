/* What is asked of all records that match: counted, changed and deleted. Writes go in portions, each a call of its own
 * to the file, so that neither memory nor the lock is held for a whole model. */
#include "memory.h"

#define CHANGED_MOST 1024              /* records that a portion changes */
#define PAYLOAD_MOST ((size_t)4 << 20) /* bytes that it adds to the file */

/* ---- count ---- */

static ds_status count_portion(feed *f, const ds_filter *where, int64_t now, uint64_t *count, bool *end, ds_call *call)
{
    ds_status status = DS_OK;
    for (size_t i = 0; i < PORTION && !*end && status == DS_OK; i++) {
        bool matches = false;
        const entry *e = feed_next(f, end);
        if (e == NULL || version_is_due(e->now, now))
            continue;
        status = ds_filter_matches(where, e->now->record, &matches, call->error);
        *count += status == DS_OK && matches;
    }
    return status;
}

/* Nothing to look at: all that live. */
static bool count_at_once(table *t, const ds_filter *where, uint64_t *count)
{
    ds_filter_node node = {.size = sizeof node};
    ds_filter_view(where, &node);
    if (node.kind != DS_FILTER_EVERYTHING)
        return false;
    pthread_rwlock_rdlock(&t->lock);
    bool none_due = t->due_count == 0 || !version_is_due(t->due[0]->now, memory_now());
    *count = t->live;
    pthread_rwlock_unlock(&t->lock);
    return none_due;
}

ds_status memory_count(void *connection, const ds_model *model, const ds_filter *where, uint64_t *count, ds_call *call)
{
    table *t = ds_model_state(model);
    if (count_at_once(t, where, count))
        return DS_OK;
    feed f;
    feed_begin(&f, connection, t, where);
    ds_status status = DS_OK;
    *count = 0;
    for (bool end = false; !end && status == DS_OK;) {
        status = ds_call_progress(call);
        if (status != DS_OK)
            break;
        pthread_rwlock_rdlock(&t->lock);
        status = count_portion(&f, where, memory_now(), count, &end, call);
        pthread_rwlock_unlock(&t->lock);
    }
    feed_end(&f);
    return status;
}

/* ---- update and delete ---- */

/* Prepares what becomes of one entry that matches. */
typedef ds_status where_change(changes *c, entry *e, const ds_record *changed);

static ds_status where_one(changes *c, entry *e, const ds_filter *where, const ds_record *changed, where_change *change,
                           uint64_t *count)
{
    bool matches = false;
    if (e == NULL || e->touched || version_is_due(e->now, c->now))
        return DS_OK;
    ds_status status = ds_filter_matches(where, e->now->record, &matches, c->call->error);
    if (status == DS_OK && matches) {
        status = change(c, e, changed);
        *count += status == DS_OK;
    }
    return status;
}

/* One portion. Where a record fails, those before it are changed. */
static ds_status where_portion(feed *f, const ds_model *model, const ds_filter *where, const ds_record *changed,
                               where_change *change, bool *end, uint64_t *count, ds_call *call)
{
    changes c;
    uint64_t prepared = 0;
    ds_status status = changes_begin(&c, f->memory, model, call);
    if (status != DS_OK)
        return status;
    c.more = true;
    for (size_t seen = 0; !*end && status == DS_OK; seen++) {
        if (seen >= 16 * PORTION || prepared >= CHANGED_MOST || c.payload.length >= PAYLOAD_MOST)
            break;
        status = where_one(&c, feed_next(f, end), where, changed, change, &prepared);
    }
    ds_error first = *call->error;
    ds_status committed = changes_commit(&c, 1);
    if (committed == DS_OK)
        *count += prepared;
    if (status == DS_OK)
        return committed;
    *call->error = first;
    return status;
}

static ds_status where_all(memory *m, const ds_model *model, const ds_filter *where, const ds_record *changed,
                           where_change *change, uint64_t *count, ds_call *call)
{
    feed f;
    feed_begin(&f, m, ds_model_state(model), where);
    ds_status status = DS_OK;
    *count = 0;
    for (bool end = false; !end && status == DS_OK;) {
        status = ds_call_progress(call);
        if (status == DS_OK)
            status = where_portion(&f, model, where, changed, change, &end, count, call);
    }
    feed_end(&f);
    return status;
}

ds_status memory_update_where(void *connection, const ds_model *model, const ds_filter *where, const ds_record *changed,
                              uint64_t *count, ds_call *call)
{
    return where_all(connection, model, where, changed, write_changed, count, call);
}

static ds_status where_drop(changes *c, entry *e, const ds_record *changed)
{
    (void)changed;
    changes_drop(c, e);
    return DS_OK;
}

ds_status memory_delete_where(void *connection, const ds_model *model, const ds_filter *where, uint64_t *count,
                              ds_call *call)
{
    return where_all(connection, model, where, NULL, where_drop, count, call);
}
