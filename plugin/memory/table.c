/* A model's table: entries in the order of their creation, found by id and by unique values, and the order in which
 * they expire. What readers may see changes here alone, under table.lock. */
#include "memory.h"

static void lock_make(pthread_rwlock_t *lock)
{
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
#ifdef __GLIBC__ /* many readers must not keep a writer out for ever */
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
#endif
    pthread_rwlock_init(lock, &attributes);
    pthread_rwlockattr_destroy(&attributes);
}

static table *table_find(memory *m, const char *name, size_t length)
{
    table *t = atomic_load(&m->tables);
    while (t != NULL && (strlen(t->name) != length || memcmp(t->name, name, length) != 0))
        t = t->following;
    return t;
}

ds_status table_make(memory *m, const char *name, size_t length, table **out)
{
    *out = table_find(m, name, length);
    if (*out != NULL)
        return DS_OK;
    table *t = ds_calloc(1, sizeof *t);
    char *copy = ds_malloc(length + 1);
    if (t == NULL || copy == NULL) {
        ds_free(t);
        ds_free(copy);
        return DS_NOMEM;
    }
    memcpy(copy, name, length);
    copy[length] = '\0';
    t->name = copy;
    pthread_mutex_init(&t->writing, NULL);
    lock_make(&t->lock);
    t->following = atomic_load(&m->tables);
    atomic_store(&m->tables, t);
    *out = t;
    return DS_OK;
}

static ds_status uniques_make(table *t, const ds_model *model)
{
    size_t count = 0;
    for (size_t i = 0; i < ds_model_index_count(model); i++)
        count += ds_model_index(model, i)->unique;
    t->uniques = count == 0 ? NULL : ds_calloc(count, sizeof *t->uniques);
    if (count > 0 && t->uniques == NULL)
        return DS_NOMEM;
    for (size_t i = 0; i < ds_model_index_count(model); i++)
        if (ds_model_index(model, i)->unique)
            t->uniques[t->unique_count++].index = ds_model_index(model, i);
    return DS_OK;
}

ds_status table_use(memory *m, table *t, const ds_model *model, ds_call *call)
{
    ds_status status = uniques_make(t, model);
    if (status != DS_OK)
        return ds_error_set(call->error, status, "out of memory for the model \"%s\"", t->name);
    t->model = model;
    t->id_slot = ds_model_id_slot(model);
    status = shelf_take(m, t, call);
    if (status != DS_OK)
        table_close(m, t);
    return status;
}

void table_close(memory *m, table *t)
{
    pthread_rwlock_wrlock(&t->lock); /* a compaction may read the table */
    table_clear(m, t);
    for (size_t i = 0; i < t->unique_count; i++) {
        hash_free(&t->uniques[i].claimed);
        hash_free(&t->uniques[i].pending);
    }
    ds_free(t->uniques);
    t->uniques = NULL;
    t->unique_count = 0;
    t->model = NULL;
    pthread_rwlock_unlock(&t->lock);
}

void table_clear(memory *m, table *t)
{
    for (size_t i = 0; i < t->slot_count; i++)
        if (t->slots[i].entry != NULL) {
            m->stored -= t->slots[i].entry->now->stored;
            version_release(t->slots[i].entry->now);
            ds_free(t->slots[i].entry);
        }
    t->slot_count = t->due_count = t->live = 0;
    t->epoch++;
    hash_empty(&t->ids);
    for (size_t i = 0; i < t->unique_count; i++)
        hash_empty(&t->uniques[i].claimed);
}

void table_free(memory *m, table *t)
{
    table_close(m, t);
    shelf_clear(m, t);
    hash_free(&t->ids);
    hash_free(&t->pending_ids);
    ds_free(t->slots);
    ds_free(t->due);
    pthread_mutex_destroy(&t->writing);
    pthread_rwlock_destroy(&t->lock);
    ds_free(t->name);
    ds_free(t);
}

/* ---- room ---- */

static bool array_reserve(void *array, size_t *room, size_t wanted, size_t size)
{
    if (wanted <= *room)
        return true;
    size_t grown = *room < 16 ? 32 : *room / 2 * 3;
    if (grown < wanted)
        grown = wanted;
    void *old, *moved;
    memcpy(&old, array, sizeof old);
    moved = grown > SIZE_MAX / 2 / size ? NULL : ds_realloc(old, grown * size);
    if (moved == NULL)
        return false;
    memcpy(array, &moved, sizeof moved);
    *room = grown;
    return true;
}

static bool table_has_room(const table *t, size_t more)
{
    bool has =
        hash_has_room(&t->ids, more) && t->slot_room - t->slot_count >= more && t->due_room - t->due_count >= more;
    for (size_t i = 0; i < t->unique_count && has; i++)
        has = hash_has_room(&t->uniques[i].claimed, more);
    return has;
}

static bool table_grow(table *t, size_t more)
{
    bool grown = hash_reserve(&t->ids, more) &&
                 array_reserve(&t->slots, &t->slot_room, t->slot_count + more, sizeof *t->slots) &&
                 array_reserve(&t->due, &t->due_room, t->due_count + more, sizeof *t->due);
    for (size_t i = 0; i < t->unique_count && grown; i++)
        grown = hash_reserve(&t->uniques[i].claimed, more);
    return grown;
}

bool table_reserve(table *t, size_t more)
{
    if (table_has_room(t, more))
        return true;
    pthread_rwlock_wrlock(&t->lock);
    bool grown = table_grow(t, more);
    pthread_rwlock_unlock(&t->lock);
    return grown;
}

/* ---- the heap of what expires ---- */

static int64_t due_time(const entry *e)
{
    return atomic_load_explicit(&e->now->expires, memory_order_relaxed);
}

static void due_place(table *t, size_t at, entry *e)
{
    t->due[at] = e;
    e->due_at = at;
}

static void due_sift(table *t, size_t at, entry *e)
{
    while (at > 0 && due_time(t->due[(at - 1) / 2]) > due_time(e)) {
        due_place(t, at, t->due[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    for (size_t child = 2 * at + 1; child < t->due_count; child = 2 * at + 1) {
        if (child + 1 < t->due_count && due_time(t->due[child + 1]) < due_time(t->due[child]))
            child++;
        if (due_time(t->due[child]) >= due_time(e))
            break;
        due_place(t, at, t->due[child]);
        at = child;
    }
    due_place(t, at, e);
}

static void due_remove(table *t, entry *e)
{
    if (e->due_at == SIZE_MAX)
        return;
    size_t at = e->due_at;
    e->due_at = SIZE_MAX;
    entry *last = t->due[--t->due_count];
    if (last != e)
        due_sift(t, at, last);
}

void due_set(table *t, entry *e)
{
    if (due_time(e) == NEVER)
        due_remove(t, e);
    else
        due_sift(t, e->due_at == SIZE_MAX ? t->due_count++ : e->due_at, e);
}

/* ---- changes ---- */

static void unique_apply(memory *m, unique *u, entry *e, const version *old, const version *new)
{
    key before = {0}, after = {0};
    if (old != NULL)
        before = key_of_index(u->index, old->record);
    if (new != NULL)
        after = key_of_index(u->index, new->record);
    bool was = old != NULL && key_is_claimed(&before), is = new != NULL &&key_is_claimed(&after);
    if (was && is && key_same(&before, new->record))
        return;
    if (was)
        hash_remove(&u->claimed, key_code(m, &before), e);
    if (is)
        hash_add(&u->claimed, key_code(m, &after), e);
}

static void table_add(memory *m, table *t, entry *e)
{
    key id = key_of_record_id(t, e->next->record);
    hash_add(&t->ids, key_code(m, &id), e);
    e->number = ++t->last_number;
    e->at = t->slot_count++;
    t->slots[e->at] = (place){e->number, e};
    e->due_at = SIZE_MAX;
    t->live++;
}

static void table_remove(memory *m, table *t, entry *e)
{
    key id = key_of_record_id(t, e->now->record);
    hash_remove(&t->ids, key_code(m, &id), e);
    t->slots[e->at].entry = NULL;
    due_remove(t, e);
    t->live--;
}

void table_apply(memory *m, table *t, entry *e)
{
    version *old = e->now, *new = e->next;
    for (size_t i = 0; i < t->unique_count; i++)
        unique_apply(m, &t->uniques[i], e, old, new);
    if (old == NULL && new != NULL)
        table_add(m, t, e);
    if (old != NULL && new == NULL)
        table_remove(m, t, e);
    e->now = new;
    e->next = old;
    if (new != NULL)
        due_set(t, e);
    if (old != NULL)
        m->stored -= old->stored;
    if (new != NULL)
        m->stored += new->stored;
}

void table_squeeze(table *t)
{
    if (t->slot_count - t->live <= t->live + PORTION)
        return;
    size_t kept = 0;
    for (size_t i = 0; i < t->slot_count; i++)
        if (t->slots[i].entry != NULL) {
            t->slots[i].entry->at = kept;
            t->slots[kept++] = t->slots[i];
        }
    t->slot_count = kept;
    t->epoch++;
}

/* ---- walks ---- */

void walk_begin(walk *w, table *t)
{
    *w = (walk){.table = t, .next = 1, .last = t->last_number, .epoch = t->epoch};
}

/* Where the walk goes on after the slots were moved. */
static size_t walk_seek(const table *t, uint64_t number)
{
    size_t low = 0, high = t->slot_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (t->slots[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

entry *walk_step(walk *w)
{
    const table *t = w->table;
    if (w->epoch != t->epoch) {
        w->at = walk_seek(t, w->next);
        w->epoch = t->epoch;
    }
    while (w->at < t->slot_count && t->slots[w->at].number <= w->last) {
        const place *s = &t->slots[w->at++];
        w->next = s->number + 1;
        if (s->entry != NULL)
            return s->entry;
    }
    return NULL;
}
