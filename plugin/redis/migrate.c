/* The entry migrate: its order of steps, and what it reports. */
#include "migrate.h"

#include <stdarg.h>
#include <stdio.h>

#define MOST_BEGINNINGS 3 /* where keys are evicted while they are filled */

/* ---- the report ---- */

typedef struct report {
    ds_buffer *out;
    size_t count; /* sentences */
} report;

static __attribute__((format(printf, 2, 3))) void report_say(report *r, const char *format, ...)
{
    char sentence[700];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    ds_buffer_format(r->out, r->count++ == 0 ? "" : ",");
    ds_buffer_json(r->out, ds_string(sentence));
}

/* `name`: of an index, or NULL. */
static void report_tally(report *r, const tally *t, const char *name, const char *what)
{
    char subject[200] = "";
    if (name != NULL)
        snprintf(subject, sizeof subject, "the index \"%.150s\" ", name);
    if (t->count > 0)
        report_say(r, "%s%s: %llu (first the record \"%s\")", subject, what, (unsigned long long)t->count,
                   t->first.text);
}

static void report_index(report *r, const migration *m, const kept_index *index)
{
    const char *name = index->own->name;
    bool stands = index->is_built && index->is_guarded && m->has_ids;
    if (!stands)
        report_say(r, "the index \"%s\" %s", name,
                   !m->check            ? "was built"
                   : !index->is_known   ? "is not there as the model defines it"
                   : !index->is_guarded ? "has lost its key"
                                        : "is not built to its end");
    if (stands || !m->check) {
        report_tally(r, &index->missing, name, m->check ? "lacks entries" : "lacked entries");
        report_tally(r, &index->stale, name, m->check ? "has stale entries" : "had stale entries");
    }
    if (index->duplicates.count > 0)
        report_say(r, "the records \"%s\" and \"%s\" hold the same value of the unique index \"%s\", and %llu more do",
                   index->duplicates.first.text, index->duplicates.other.text, name,
                   (unsigned long long)index->duplicates.count - 1);
}

static void report_all(const migration *m, ds_buffer *out)
{
    report r = {.out = out};
    ds_buffer_format(out, "\"%s\":[", m->check ? "missing" : "done");
    for (size_t i = 0; i < m->other_count; i++)
        report_say(&r, "the index \"%s\" %s", m->others[i].field + 6,
                   m->check ? "is stored, and the model does not define it so" : "was dropped");
    if (m->count == 0 && m->epoch != NULL && m->epoch[0] != '\0')
        report_say(&r, "%s", m->check ? "the model has no index, and #schema is there" : "#schema was dropped");
    for (size_t i = 0; i < m->count; i++)
        report_index(&r, m, &m->indexes[i]);
    if (m->has_ids || !m->check)
        report_tally(&r, &m->missing_ids, NULL, m->check ? "#ids lacks records" : "#ids lacked records");
    report_tally(&r, &m->stale_ids, NULL, m->check ? "#ids has stale entries" : "#ids had stale entries");
    if (m->check && m->expiring && !m->knows_expiring)
        report_say(&r, "#entries has lost its guard: what has expired may still stand in the indexes");
    report_tally(&r, &m->missing_expiry, NULL, "records expire, and it is not known what to sweep then");
    report_tally(&r, &m->stale_expiry, NULL, "records are said to expire, and do not");
    ds_buffer_format(out, "],\"records\":%llu", (unsigned long long)m->records);
    if (!m->check)
        ds_buffer_format(out, ",\"repaired\":%llu", (unsigned long long)m->repaired);
}

/* ---- the order of steps ---- */

static void forget_findings(migration *m)
{
    for (size_t i = 0; i < m->count; i++)
        m->indexes[i].missing = m->indexes[i].stale = m->indexes[i].duplicates = (tally){0};
    m->missing_ids = m->stale_ids = m->missing_expiry = m->stale_expiry = (tally){0};
    m->knows_expiring = false;
    m->done = m->total = m->records = m->repaired = 0;
}

static ds_status walk(migration *m)
{
    ds_status status = walk_records(m);
    if (status == DS_OK)
        status = walk_expiry(m);
    if (status == DS_OK)
        status = walk_entries(m);
    m->total = m->done;
    if (status == DS_OK)
        migration_tell(m, 0);
    return status;
}

static ds_status look(migration *m)
{
    ds_status status = migration_look(m);
    return status == DS_OK && m->epoch[0] != '\0' ? walk(m) : status;
}

static ds_status build(migration *m)
{
    bool lost = true;
    ds_status status = DS_OK;
    for (int turn = 0; status == DS_OK && lost && turn < MOST_BEGINNINGS; turn++) {
        forget_findings(m);
        status = migration_begin(m);
        if (status == DS_OK)
            status = walk(m);
        if (status == DS_OK)
            status = migration_finish(m, &lost);
    }
    if (status == DS_OK && lost)
        return ds_error_set(
            m->call->error, DS_BACKEND,
            "the server evicts the indexes of the model \"%s\" while they are filled: its memory is too "
            "small, or maxmemory-policy takes keys that do not expire",
            ds_model_name(m->model));
    return status;
}

/* Of the first unique index that two records stand against. */
static ds_status tell_duplicates(const migration *m)
{
    for (size_t i = 0; i < m->unique_count; i++) {
        const tally *t = &m->indexes[i].duplicates;
        if (t->count > 0)
            return ds_error_set(
                m->call->error, DS_DUPLICATE,
                "the records \"%s\" and \"%s\" hold the same value of the unique index \"%s\" of the model "
                "\"%s\", which stays unbuilt (so do %llu more records)",
                t->first.text, t->other.text, m->indexes[i].own->name, ds_model_name(m->model),
                (unsigned long long)t->count - 1);
    }
    return DS_OK;
}

ds_status migrate_model(void *connection, const ds_model *model, uint32_t flags, ds_progress *progress, void *user,
                        ds_buffer *out, ds_call *call)
{
    migration m = {.map = connection,
                   .model = model,
                   .state = ds_model_state(model),
                   .call = call,
                   .progress = progress,
                   .user = user,
                   .check = (flags & DS_MIGRATE_CHECK) != 0};
    ds_status status = migration_open(&m);
    if (status == DS_OK && m.count == 0)
        status = migration_drop_all(&m);
    else if (status == DS_OK)
        status = m.check ? look(&m) : build(&m);
    if (status == DS_NOMEM)
        ds_error_set(call->error, DS_NOMEM, "out of memory");
    if (status == DS_OK)
        report_all(&m, out);
    if (status == DS_OK && !m.check)
        status = tell_duplicates(&m);
    migration_close(&m);
    return status;
}
