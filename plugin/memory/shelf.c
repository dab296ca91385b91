/* What was read from the file, by model and id, until the model is asked for: only then is it known how to make records
 * of it. Of a record that was written often, only the last state is ever decoded. */
#include "memory.h"

#include <stdlib.h>

typedef struct id_text {
    const char *bytes;
    size_t length;
} id_text;

static bool same_id(const void *item, const void *wanted)
{
    const shelved *s = item;
    const id_text *id = wanted;
    return s->id_length == id->length && memcmp(s->bytes, id->bytes, id->length) == 0;
}

static uint64_t id_code(const memory *m, const char *text, size_t length)
{
    return hash_bytes(&m->key, 0, text, length);
}

static shelved *shelf_find(const memory *m, const table *t, id_text id)
{
    return hash_find(&t->shelf, id_code(m, id.bytes, id.length), same_id, &id);
}

static void shelf_remove(memory *m, table *t, shelved *s)
{
    if (s == NULL)
        return;
    m->stored -= s->stored;
    hash_remove(&t->shelf, id_code(m, s->bytes, s->id_length), s);
    ds_free(s);
}

void shelf_clear(memory *m, table *t)
{
    for (size_t i = 0; i < t->shelf.room; i++) {
        const shelved *s = t->shelf.slots[i].item;
        if (s != NULL)
            m->stored -= s->stored;
        ds_free(t->shelf.slots[i].item);
    }
    hash_free(&t->shelf);
}

/* ---- replay ---- */

static ds_status shelf_put(memory *m, table *t, id_text id, int64_t expires, const char *fields, size_t length,
                           size_t stored)
{
    shelved *s = ds_malloc(sizeof *s + id.length + length);
    if (s == NULL || !hash_reserve(&t->shelf, 1)) {
        ds_free(s);
        return DS_NOMEM;
    }
    shelved *old = shelf_find(m, t, id);
    *s = (shelved){.number = old == NULL ? ++t->last_number : old->number,
                   .expires = expires,
                   .id_length = id.length,
                   .length = length,
                   .stored = stored};
    memcpy(s->bytes, id.bytes, id.length);
    memcpy(s->bytes + id.length, fields, length);
    shelf_remove(m, t, old);
    hash_add(&t->shelf, id_code(m, id.bytes, id.length), s);
    m->stored += stored;
    return DS_OK;
}

static void raise_sequence(table *t, int64_t to)
{
    if (to > t->sequence)
        t->sequence = to;
}

static ds_status replay_put(memory *m, table *t, id_text id, reading *from, const char *start)
{
    int64_t expires = (int64_t)reading_number(from, 8);
    uint64_t length = reading_number(from, 8);
    if (from->failed || length > (uint64_t)(from->end - from->at))
        return DS_BACKEND;
    const char *fields = from->at;
    from->at += length;
    return shelf_put(m, t, id, expires, fields, (size_t)length, (size_t)(from->at - start));
}

static ds_status replay_one(memory *m, reading *from)
{
    table *t;
    size_t length;
    const char *start = from->at;
    unsigned kind = (unsigned)reading_number(from, 1);
    const char *name = reading_text(from, &length);
    if (from->failed)
        return DS_BACKEND;
    ds_status status = table_make(m, name, length, &t);
    if (status != DS_OK)
        return status;
    if (kind == 'S') {
        raise_sequence(t, (int64_t)reading_number(from, 8));
        return from->failed ? DS_BACKEND : DS_OK;
    }
    id_text id = {0};
    ds_value integer;
    id.bytes = reading_text(from, &id.length);
    if (from->failed)
        return DS_BACKEND;
    if (ds_value_parse(DS_INTEGER, id.bytes, id.length, &integer) == DS_OK)
        raise_sequence(t, integer.as.integer);
    shelved *s = kind == 'P' ? NULL : shelf_find(m, t, id);
    if (kind == 'P')
        return replay_put(m, t, id, from, start);
    if (kind == 'D')
        shelf_remove(m, t, s);
    else if (kind == 'E' && s != NULL)
        s->expires = (int64_t)reading_number(from, 8);
    else
        return DS_BACKEND;
    return from->failed ? DS_BACKEND : DS_OK;
}

ds_status shelf_replay(void *connection, const char *payload, size_t length, ds_call *call)
{
    memory *m = connection;
    reading from = {.at = payload, .end = payload + length};
    ds_status status = DS_OK;
    while (from.at < from.end && status == DS_OK)
        status = replay_one(m, &from);
    if (status == DS_NOMEM)
        return ds_error_set(call->error, status, "out of memory for the records of the file \"%s\"", m->journal.path);
    return status; /* the journal knows where the entry stands */
}

/* ---- records of it ---- */

static int by_number(const void *a, const void *b)
{
    const shelved *x = *(shelved *const *)a, *y = *(shelved *const *)b;
    return x->number < y->number ? -1 : x->number > y->number;
}

static shelved **shelf_sorted(const table *t)
{
    shelved **sorted = ds_malloc(t->shelf.count * sizeof(shelved *));
    size_t count = 0;
    for (size_t i = 0; i < t->shelf.room && sorted != NULL; i++)
        if (t->shelf.slots[i].item != NULL)
            sorted[count++] = t->shelf.slots[i].item;
    if (sorted != NULL)
        qsort(sorted, count, sizeof(shelved *), by_number);
    return sorted;
}

static ds_status shelf_check(const memory *m, const table *t, const shelved *s, const version *v, ds_call *call)
{
    for (size_t i = 0; i < t->unique_count; i++) {
        key k = key_of_index(t->uniques[i].index, v->record);
        if (key_is_claimed(&k) && key_find(m, &t->uniques[i].claimed, &k) != NULL)
            return ds_error_set(
                call->error, DS_CONFIG,
                "the model \"%s\" says that \"%s\" is unique, but the record %.*s in the file \"%s\" has a value "
                "of it that another record has too",
                t->name, t->uniques[i].index->name, s->id_length > 100 ? 100 : (int)s->id_length, s->bytes,
                m->journal.path);
    }
    return DS_OK;
}

/* table.lock is held. */
static ds_status shelf_take_one(memory *m, table *t, const shelved *s, ds_call *call)
{
    version *v;
    ds_status status = codec_decode(t, s, &v);
    if (status == DS_BACKEND)
        return ds_error_set(call->error, status,
                            "the record %.*s of the model \"%s\" in the file \"%s\" cannot be read",
                            s->id_length > 100 ? 100 : (int)s->id_length, s->bytes, t->name, m->journal.path);
    entry *e = status == DS_OK ? ds_calloc(1, sizeof *e) : NULL;
    if (e == NULL && status == DS_OK) {
        version_release(v);
        status = DS_NOMEM;
    }
    if (status != DS_OK)
        return ds_error_set(call->error, status, "out of memory for the records of the model \"%s\"", t->name);
    status = shelf_check(m, t, s, v, call);
    if (status != DS_OK) {
        version_release(v);
        ds_free(e);
        return status;
    }
    e->next = v;
    table_apply(m, t, e);
    return DS_OK;
}

static ds_status shelf_take_all(memory *m, table *t, ds_call *call)
{
    int64_t now = memory_now();
    size_t count = t->shelf.count;
    if (!table_reserve(t, count))
        return ds_error_set(call->error, DS_NOMEM, "out of memory for the records of the model \"%s\"", t->name);
    shelved **sorted = shelf_sorted(t);
    if (sorted == NULL)
        return ds_error_set(call->error, DS_NOMEM, "out of memory for the records of the model \"%s\"", t->name);
    ds_status status = DS_OK;
    pthread_rwlock_wrlock(&t->lock); /* a compaction may read the table */
    for (size_t i = 0; i < count && status == DS_OK; i++)
        if (sorted[i]->expires > now)
            status = shelf_take_one(m, t, sorted[i], call);
    if (status == DS_OK)
        shelf_clear(m, t);
    else
        table_clear(m, t);
    pthread_rwlock_unlock(&t->lock);
    ds_free(sorted);
    return status;
}

ds_status shelf_take(memory *m, table *t, ds_call *call)
{
    return t->shelf.count == 0 ? DS_OK : shelf_take_all(m, t, call);
}
