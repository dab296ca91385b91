/* The file written anew without what is dead in it, by the writer that found it more dead than alive. Other writers
 * wait meanwhile; readers do not. */
#include "memory.h"

#define SMALL ((uint64_t)1 << 20) /* not worth it below this */
#define CHUNK ((size_t)1 << 20)

typedef struct compaction {
    memory *memory;
    journal_copy copy;
    bytes payload;
    ds_call *call;
} compaction;

static ds_status compaction_flush(compaction *c, size_t at_least)
{
    if (!c->payload.failed && c->payload.length < at_least)
        return DS_OK;
    return journal_copy_add(&c->copy, &c->payload, c->call);
}

/* What is on the shelf may be made records of meanwhile, but then it is found there: hence the shelf first. */
static ds_status compact_shelf(compaction *c, table *t)
{
    ds_status status = DS_OK;
    bool end = false;
    for (size_t i = 0; !end && status == DS_OK;) {
        pthread_rwlock_rdlock(&t->lock);
        for (size_t until = i + PORTION; i < until && i < t->shelf.room; i++)
            if (t->shelf.slots[i].item != NULL)
                codec_put_shelved(&c->payload, t, t->shelf.slots[i].item);
        end = i >= t->shelf.room;
        pthread_rwlock_unlock(&t->lock);
        status = compaction_flush(c, CHUNK);
    }
    return status;
}

static ds_status compact_records(compaction *c, table *t)
{
    walk w;
    ds_status status = DS_OK;
    int64_t now = memory_now();
    pthread_rwlock_rdlock(&t->lock);
    walk_begin(&w, t);
    pthread_rwlock_unlock(&t->lock);
    for (bool end = false; !end && status == DS_OK;) {
        pthread_rwlock_rdlock(&t->lock);
        for (size_t i = 0; i < PORTION && !end && c->payload.length < CHUNK; i++) {
            const entry *e = walk_step(&w);
            end = e == NULL;
            if (e != NULL && !version_is_due(e->now, now))
                codec_put(&c->payload, t, e->now);
        }
        pthread_rwlock_unlock(&t->lock);
        status = compaction_flush(c, CHUNK);
    }
    return status;
}

static ds_status compact_all(compaction *c)
{
    ds_status status = DS_OK;
    journal_begin(&c->payload);
    for (table *t = atomic_load(&c->memory->tables); t != NULL && status == DS_OK; t = t->following) {
        if (atomic_load(&t->sequence) != 0)
            codec_sequence(&c->payload, t);
        status = compact_shelf(c, t);
        if (status == DS_OK)
            status = compact_records(c, t);
    }
    return status == DS_OK ? compaction_flush(c, JOURNAL_FRAME + 1) : status;
}

void memory_compact(memory *m)
{
    journal *j = &m->journal;
    uint64_t live = m->stored;
    if (j->size < SMALL || j->size < j->compact_at || j->size - live <= live)
        return;
    ds_error error = {0};
    ds_call call = {.size = sizeof call, .deadline = DS_NO_DEADLINE, .error = &error};
    compaction c = {.memory = m, .call = &call};
    ds_status status = journal_copy_begin(&c.copy, j, &call);
    if (status == DS_OK && (status = compact_all(&c)) != DS_OK)
        journal_copy_abandon(&c.copy);
    if (status == DS_OK)
        status = journal_copy_replace(&c.copy, j, &call);
    bytes_free(&c.payload);
    if (status == DS_OK)
        return;
    j->compact_at = j->size / 2 * 3; /* what was written is safe; this can wait */
    ds_log(DS_LOG_WARNING, j->source, "the file could not be compacted: %s", error.message);
}
