/* One call's changes: all checked and prepared while readers read on, then made durable, then put in place at once.
 * What fails before that has changed nothing. Entries that are touched carry what they become; `pending` tables find by
 * it. */
#include "memory.h"

#define SWEEP      16 /* expired records that a write removes beside its own work */
#define SWEEP_LOOK 31 /* of the heap: its first five rows */

static bool same_next(const void *item, const void *wanted)
{
    const entry *e = item;
    return e->next != NULL && key_same(wanted, e->next->record);
}

version *changes_current(const entry *e)
{
    return e->touched ? e->next : e->now;
}

static bool changes_make_room(changes *c)
{
    if (c->count < c->room)
        return true;
    size_t room = c->room == 0 ? 32 : c->room * 2;
    entry **touched = ds_realloc(c->touched, room * sizeof(entry *));
    if (touched == NULL) {
        c->failed = true;
        return false;
    }
    c->touched = touched;
    c->room = room;
    return true;
}

/* Removes an entry, with no word in the file: of one that expired that is known there. */
static void changes_forget(changes *c, entry *e)
{
    if (!e->touched) {
        if (!changes_make_room(c))
            return;
        c->touched[c->count++] = e;
        e->touched = true;
    }
    version_release(e->next);
    e->next = NULL;
}

static void changes_sweep(changes *c)
{
    const table *t = c->table;
    for (size_t i = 0; i < t->due_count && i < SWEEP_LOOK && c->count < SWEEP; i++)
        if (version_is_due(t->due[i]->now, c->now))
            changes_forget(c, t->due[i]);
}

ds_status changes_begin(changes *c, memory *m, const ds_model *model, ds_call *call)
{
    if (journal_is_foreign(&m->journal))
        return ds_error_set(call->error, DS_BUSY, "the file \"%s\" is in use by the process that forked this one",
                            m->journal.path);
    *c = (changes){.memory = m, .table = ds_model_state(model), .model = model, .call = call};
    pthread_mutex_lock(&c->table->writing);
    c->now = memory_now();
    if (m->has_file)
        journal_begin(&c->payload);
    changes_sweep(c);
    return DS_OK;
}

/* Whether an entry that was found by what it holds now still lives; one that expired is removed on the way. */
static bool changes_lives(changes *c, entry *e)
{
    if (!e->touched && version_is_due(e->now, c->now))
        changes_forget(c, e);
    return changes_current(e) != NULL;
}

static entry *changes_seek(changes *c, const hash *in, const hash *pending, const key *k, const entry *own)
{
    if (in->count == 0 && pending->count == 0)
        return NULL;
    entry *e = key_find(c->memory, in, k);
    if (e != NULL && e != own && changes_lives(c, e) && key_same(k, changes_current(e)->record))
        return e;
    return pending->count == 0 ? NULL : hash_find(pending, key_code(c->memory, k), same_next, k);
}

entry *changes_find(changes *c, ds_value id)
{
    key k = key_of_id(c->table, &id);
    return changes_seek(c, &c->table->ids, &c->table->pending_ids, &k, NULL);
}

const ds_index *changes_taken(changes *c, const ds_record *record, const entry *own)
{
    const version *holds = own == NULL ? NULL : changes_current(own);
    for (size_t i = 0; i < c->table->unique_count; i++) {
        unique *u = &c->table->uniques[i];
        key k = key_of_index(u->index, record);
        if (!key_is_claimed(&k) || (holds != NULL && key_same(&k, holds->record)))
            continue;
        if (changes_seek(c, &u->claimed, &u->pending, &k, own) != NULL)
            return u->index;
    }
    return NULL;
}

static bool changes_reserve_pending(changes *c)
{
    bool reserved = hash_reserve(&c->table->pending_ids, 1);
    for (size_t i = 0; i < c->table->unique_count && reserved; i++)
        reserved = hash_reserve(&c->table->uniques[i].pending, 1);
    return reserved;
}

static void changes_add_pending(changes *c, entry *e)
{
    table *t = c->table;
    key id = key_of_record_id(t, e->next->record);
    if (e->now == NULL)
        hash_add(&t->pending_ids, key_code(c->memory, &id), e);
    for (size_t i = 0; i < t->unique_count; i++) {
        key k = key_of_index(t->uniques[i].index, e->next->record);
        if (key_is_claimed(&k))
            hash_add(&t->uniques[i].pending, key_code(c->memory, &k), e);
    }
}

static entry *entry_new(void)
{
    entry *e = ds_calloc(1, sizeof *e);
    if (e != NULL)
        e->at = e->due_at = SIZE_MAX;
    return e;
}

ds_status changes_put(changes *c, entry *e, version *v)
{
    bool ready = changes_make_room(c) && (!c->more || changes_reserve_pending(c));
    if (ready && e == NULL)
        e = entry_new();
    if (!ready || e == NULL) {
        version_release(v);
        return DS_NOMEM;
    }
    if (c->memory->has_file)
        v->stored = codec_put(&c->payload, c->table, v);
    if (!e->touched)
        c->touched[c->count++] = e;
    e->touched = true;
    version_release(e->next);
    e->next = v;
    if (c->more)
        changes_add_pending(c, e);
    return DS_OK;
}

void changes_drop(changes *c, entry *e)
{
    if (c->memory->has_file)
        codec_drop(&c->payload, c->table, record_field(changes_current(e)->record, c->table->id_slot));
    changes_forget(c, e);
}

void changes_renew(changes *c, entry *e, int64_t expires)
{
    c->renewed = e;
    c->expires = expires;
    if (c->memory->has_file)
        codec_expire(&c->payload, c->table, record_field(e->now->record, c->table->id_slot), expires);
}

static void changes_apply(changes *c)
{
    table *t = c->table;
    for (size_t i = 0; i < c->count; i++)
        table_apply(c->memory, t, c->touched[i]);
    if (c->renewed != NULL) {
        atomic_store(&c->renewed->now->expires, c->expires);
        due_set(t, c->renewed);
    }
    table_squeeze(t);
}

/* Of all tables at once, so that no reader sees those of one without those of another. */
static void changes_apply_all(changes *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        pthread_rwlock_wrlock(&list[i].table->lock);
    for (size_t i = 0; i < n; i++)
        changes_apply(&list[i]);
    for (size_t i = n; i-- > 0;)
        pthread_rwlock_unlock(&list[i].table->lock);
}

/* Memory is what the file says for whoever holds memory.logging. */
static ds_status changes_log_and_apply(changes *list, size_t n)
{
    memory *m = list->memory;
    bytes *payload = &list->payload;
    pthread_mutex_lock(&m->logging);
    ds_status status = payload->length > JOURNAL_FRAME ? journal_append(&m->journal, payload, list->call) : DS_OK;
    if (status == DS_OK) {
        changes_apply_all(list, n);
        memory_compact(m);
    }
    pthread_mutex_unlock(&m->logging);
    return status;
}

/* `next` is what must go: what was prepared, or what was replaced by it. */
static void changes_end(changes *c)
{
    table *t = c->table;
    for (size_t i = 0; i < c->count; i++) {
        entry *e = c->touched[i];
        version_release(e->next);
        e->next = NULL;
        e->touched = false;
        if (e->now == NULL)
            ds_free(e);
    }
    hash_empty(&t->pending_ids);
    for (size_t i = 0; i < t->unique_count; i++)
        hash_empty(&t->uniques[i].pending);
    pthread_mutex_unlock(&t->writing);
    ds_free(c->touched);
    bytes_free(&c->payload);
}

/* One frame of all, and room in every table. */
static bool changes_are_ready(changes *list, size_t n)
{
    bytes *payload = &list->payload;
    bool ready = true;
    for (size_t i = 0; i < n && ready; i++) {
        const bytes *more = &list[i].payload;
        ready = !list[i].failed && !more->failed && table_reserve(list[i].table, list[i].count + 1);
        if (i > 0 && ready && more->length > JOURNAL_FRAME)
            bytes_add(payload, more->data + JOURNAL_FRAME, more->length - JOURNAL_FRAME);
    }
    return ready && !payload->failed;
}

static bool changes_are_any(const changes *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (list[i].count > 0 || list[i].renewed != NULL)
            return true;
    return false;
}

ds_status changes_commit(changes *list, size_t n)
{
    ds_status status = DS_OK;
    if (!changes_are_ready(list, n))
        status = ds_error_set(list->call->error, DS_NOMEM, "out of memory for a change of the model \"%s\"",
                              list->table->name);
    else if (list->memory->has_file)
        status = changes_log_and_apply(list, n);
    else if (changes_are_any(list, n))
        changes_apply_all(list, n);
    for (size_t i = n; i-- > 0;)
        changes_end(&list[i]);
    return status;
}

void changes_abandon(changes *c)
{
    changes_end(c);
}
