/* Finds. Without an order a scan walks the table as it goes; with one, or by a look-up, the states of the records that
 * match are held from the start, so that what changes meanwhile cannot disturb the order, nor mix two states. */
#include "memory.h"

typedef struct scan {
    memory *memory;
    table *table;
    const ds_filter *where; /* NULL: all, or the library filters */
    feed feed;              /* of a walk */
    bool end;
    pick *picks; /* of a list; NULL: a walk */
    size_t count, room, at;
    uint64_t skip, left; /* of PAGE; `left` UINT64_MAX: no limit */
} scan;

/* ---- what is done here ---- */

static bool mark_is_plain(const ds_selection *selection)
{
    for (size_t i = 0; i < selection->order_count; i++)
        if (selection->order[i].path != NULL)
            return false;
    return true;
}

static uint32_t decide(const ds_selection *selection, uint32_t may)
{
    uint32_t did = may & (DS_DID_WHERE | DS_DID_ORDER);
    bool ordered = selection->order_count == 0 || (did & DS_DID_ORDER) != 0;
    if (selection->after == NULL || (ordered && mark_is_plain(selection)))
        did |= may & DS_DID_AFTER;
    bool behind = selection->after == NULL || (did & DS_DID_AFTER) != 0;
    if (ordered && behind && (did & DS_DID_WHERE) != 0)
        did |= may & DS_DID_PAGE;
    return did;
}

/* The record behind which to go on. */
static ds_status mark_make(const ds_model *model, const ds_selection *selection, ds_record **out)
{
    *out = ds_record_new(model);
    if (*out == NULL)
        return DS_NOMEM;
    ds_status status = DS_OK;
    for (size_t i = 0; i < selection->order_count && status == DS_OK; i++) {
        const ds_order *by = &selection->order[i];
        if (selection->after[i].type == DS_NULL)
            continue;
        status = by->slot != DS_NO_SLOT
                     ? ds_record_put(*out, by->slot, selection->after[i])
                     : ds_record_put_named(*out, by->property, strlen(by->property), selection->after[i]);
    }
    return status;
}

/* ---- lists ---- */

typedef struct picking {
    scan *scan;
    const ds_order *order;
    size_t order_count;
    const ds_record *mark;
    size_t most; /* of the order's first ones; SIZE_MAX: all */
} picking;

static bool picks_make_room(scan *s)
{
    if (s->count < s->room)
        return true;
    size_t room = s->room < 32 ? 32 : s->room * 2;
    pick *picks = room > SIZE_MAX / sizeof *picks ? NULL : ds_realloc(s->picks, room * sizeof *picks);
    if (picks == NULL)
        return false;
    s->picks = picks;
    s->room = room;
    return true;
}

static ds_status pick_one(picking *p, entry *e, int64_t now, ds_error *err)
{
    scan *s = p->scan;
    bool matches = true;
    if (e == NULL || version_is_due(e->now, now))
        return DS_OK;
    ds_status status = s->where == NULL ? DS_OK : ds_filter_matches(s->where, e->now->record, &matches, err);
    if (status != DS_OK || !matches)
        return status;
    if (p->mark != NULL && ds_order_compare(p->order, p->order_count, e->now->record, p->mark) <= 0)
        return DS_OK;
    if (s->count < p->most && !picks_make_room(s))
        return ds_error_set(err, DS_NOMEM, "out of memory for the answer of a find of the model \"%s\"",
                            s->table->name);
    pick one = {e->number, version_hold(e->now)};
    if (p->most == SIZE_MAX)
        s->picks[s->count++] = one;
    else
        version_release(picks_keep(s->picks, &s->count, p->most, one, p->order, p->order_count));
    return DS_OK;
}

static ds_status pick_all(picking *p, ds_call *call)
{
    scan *s = p->scan;
    ds_status status = DS_OK;
    for (bool end = false; !end && status == DS_OK;) {
        status = ds_call_progress(call);
        int64_t now = memory_now();
        pthread_rwlock_rdlock(&s->table->lock);
        for (size_t i = 0; i < PORTION && !end && status == DS_OK; i++)
            status = pick_one(p, feed_next(&s->feed, &end), now, call->error);
        pthread_rwlock_unlock(&s->table->lock);
    }
    return status == DS_OK ? picks_sort(s->picks, s->count, p->order, p->order_count, call) : status;
}

/* How many of the order's first records can be asked for: a heap of them is kept where they are few. */
static size_t most_wanted(const ds_selection *selection, uint32_t did)
{
    bool pages = selection->limit > 0 && (did & DS_DID_PAGE) != 0 && (did & DS_DID_ORDER) != 0;
    if (!pages || selection->order_count == 0 || selection->skip > 100000 || selection->limit > 100000)
        return SIZE_MAX;
    return (size_t)(selection->skip + selection->limit);
}

static ds_status list(scan *s, const ds_model *model, const ds_selection *selection, uint32_t did, ds_call *call)
{
    ds_record *mark = NULL;
    picking p = {.scan = s, .most = most_wanted(selection, did)};
    if ((did & DS_DID_ORDER) != 0) {
        p.order = selection->order;
        p.order_count = selection->order_count;
    }
    ds_status status = picks_make_room(s) ? DS_OK : DS_NOMEM;
    if (status == DS_OK && p.order_count > 0 && selection->after != NULL && (did & DS_DID_AFTER) != 0)
        status = mark_make(model, selection, &mark);
    p.mark = mark;
    if (status == DS_OK)
        status = pick_all(&p, call);
    else
        ds_error_set(call->error, status, "out of memory for a find of the model \"%s\"", s->table->name);
    ds_record_free(mark);
    return status;
}

/* ---- the entries ---- */

ds_status memory_find(void *connection, const ds_model *model, const ds_selection *selection, uint32_t may,
                      uint32_t *did, void **out, ds_call *call)
{
    scan *s = ds_calloc(1, sizeof *s);
    if (s == NULL)
        return ds_error_set(call->error, DS_NOMEM, "out of memory for a find of the model \"%s\"",
                            ds_model_name(model));
    s->memory = connection;
    s->table = ds_model_state(model);
    *did = decide(selection, may);
    s->where = (*did & DS_DID_WHERE) != 0 ? selection->where : NULL;
    s->left = UINT64_MAX;
    if ((*did & DS_DID_PAGE) != 0) {
        s->skip = selection->skip;
        s->left = selection->limit == 0 ? UINT64_MAX : selection->limit;
    }
    feed_begin(&s->feed, s->memory, s->table, s->where);
    ds_status status = DS_OK;
    if (s->feed.access.kind != ACCESS_WALK || ((*did & DS_DID_ORDER) != 0 && selection->order_count > 0))
        status = list(s, model, selection, *did, call);
    if (status == DS_OK)
        *out = s;
    else
        memory_end_scan(s);
    return status;
}

/* Adds one that was found, unless it is skipped. */
static ds_status answer(scan *s, const version *v, ds_block *block, ds_call *call)
{
    if (s->skip > 0) {
        s->skip--;
        return DS_OK;
    }
    ds_status status = ds_block_add_copy(block, v->record);
    if (status != DS_OK)
        return ds_error_set(call->error, status, "out of memory for a record of the model \"%s\"", s->table->name);
    if (s->left != UINT64_MAX)
        s->left--;
    return DS_OK;
}

/* Whether a state that expired since it was held is of a record that lives on: its expiry may have been put off. */
static bool lives_on(const scan *s, const version *v)
{
    key id = key_of_record_id(s->table, v->record);
    pthread_rwlock_rdlock(&s->table->lock);
    const entry *e = key_find(s->memory, &s->table->ids, &id);
    bool lives = e != NULL && !version_is_due(e->now, memory_now());
    pthread_rwlock_unlock(&s->table->lock);
    return lives;
}

static ds_status next_of_list(scan *s, ds_block *block, ds_call *call)
{
    ds_status status = DS_OK;
    int64_t now = memory_now();
    for (; s->at < s->count && s->left > 0 && ds_block_wanted(block) > 0 && status == DS_OK; s->at++) {
        const version *v = s->picks[s->at].version;
        if (!version_is_due(v, now) || lives_on(s, v))
            status = answer(s, v, block, call);
    }
    return status;
}

/* One portion of a walk, under the lock. */
static ds_status next_of_walk(scan *s, ds_block *block, ds_call *call)
{
    ds_status status = DS_OK;
    int64_t now = memory_now();
    for (size_t i = 0; i < PORTION && !s->end && s->left > 0 && ds_block_wanted(block) > 0 && status == DS_OK; i++) {
        bool matches = true;
        const entry *e = feed_next(&s->feed, &s->end);
        if (e == NULL || version_is_due(e->now, now))
            continue;
        if (s->where != NULL)
            status = ds_filter_matches(s->where, e->now->record, &matches, call->error);
        if (status == DS_OK && matches)
            status = answer(s, e->now, block, call);
    }
    return status;
}

ds_status memory_next(void *scanned, ds_block *block, ds_call *call)
{
    scan *s = scanned;
    if (s->picks != NULL)
        return next_of_list(s, block, call);
    ds_status status = DS_OK;
    while (!s->end && s->left > 0 && ds_block_wanted(block) > 0 && status == DS_OK) {
        status = ds_call_progress(call);
        if (status != DS_OK)
            break;
        pthread_rwlock_rdlock(&s->table->lock);
        status = next_of_walk(s, block, call);
        pthread_rwlock_unlock(&s->table->lock);
    }
    return status;
}

void memory_end_scan(void *scanned)
{
    scan *s = scanned;
    for (size_t i = 0; i < s->count; i++)
        version_release(s->picks[i].version);
    ds_free(s->picks);
    feed_end(&s->feed);
    ds_free(s);
}

ds_status memory_find_by_ids(void *connection, const ds_model *model, const ds_value *ids, size_t n, ds_block *block,
                             ds_call *call)
{
    table *t = ds_model_state(model);
    ds_status status = DS_OK;
    pthread_rwlock_rdlock(&t->lock);
    int64_t now = memory_now();
    for (size_t i = 0; i < n && status == DS_OK; i++) {
        key id = key_of_id(t, &ids[i]);
        const entry *e = key_find(connection, &t->ids, &id);
        if (e != NULL && !version_is_due(e->now, now))
            status = ds_block_add_copy(block, e->now->record);
    }
    pthread_rwlock_unlock(&t->lock);
    return status == DS_OK
               ? DS_OK
               : ds_error_set(call->error, status, "out of memory for records of the model \"%s\"", t->name);
}

ds_status memory_explain(void *connection, const ds_model *model, const ds_selection *selection, uint32_t may,
                         uint32_t *did, ds_buffer *members, ds_call *call)
{
    static const char *const names[] = {"walk", "id look-up", "unique look-up"};
    (void)connection, (void)call;
    table *t = ds_model_state(model);
    access a;
    *did = decide(selection, may);
    access_choose(t, (*did & DS_DID_WHERE) != 0 ? selection->where : NULL, &a);
    ds_buffer_format(members, "\"access\":\"%s\"", names[a.kind]);
    if (a.kind == ACCESS_UNIQUE) {
        ds_buffer_format(members, ",\"index\":");
        ds_buffer_json(members, ds_string(a.unique->index->name));
    }
    pthread_rwlock_rdlock(&t->lock);
    size_t live = t->live;
    pthread_rwlock_unlock(&t->lock);
    ds_buffer_format(members, ",\"%s\":%zu", a.kind == ACCESS_WALK ? "records" : "lookUps",
                     a.kind == ACCESS_WALK ? live : a.value_count);
    access_free(&a);
    return DS_OK;
}
