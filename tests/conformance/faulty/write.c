/* Writes: each record is checked and written under the lock, and its outcome decided. */
#include "faulty.h"

#include <sched.h>
#include <string.h>

static ds_status no_memory(ds_call *call)
{
    return ds_error_set(call->error, DS_NOMEM, "out of memory");
}

/* In a batch the number is that of the write. */
static size_t numbered(const shop *s, size_t i)
{
    size_t number = s->first + i;
    bool is_wrong = s->fault == FAULT_BATCH_MISNUMBERED && s->writes > 0 && (number ^ 1) < s->writes;
    return is_wrong ? number ^ 1 : number;
}

void decide_ok(shop *s, ds_outcomes *outcomes, size_t i, bool created)
{
    ds_outcome_ok(outcomes, numbered(s, i), created);
}

void decide_refuse(shop *s, ds_outcomes *outcomes, size_t i, ds_refusal refusal, const char *detail)
{
    s->failed = true;
    ds_outcome_refuse(outcomes, numbered(s, i), refusal, detail);
}

void decide_fail(shop *s, ds_outcomes *outcomes, size_t i, ds_status status, const ds_error *error)
{
    s->failed = true;
    ds_outcome_fail(outcomes, numbered(s, i), status, 0, "%s", error->message);
}

/* Lets others come between, where the fault is that they can. */
static void gap(shop *s)
{
    if (s->fault != FAULT_NOT_ATOMIC)
        return;
    pthread_mutex_unlock(&s->lock);
    sched_yield();
    pthread_mutex_lock(&s->lock);
}

static bool same_key(const ds_model *model, const ds_index *index, const ds_record *a, const ds_record *b)
{
    for (size_t i = 0; i < index->key_count; i++) {
        const char *name = ds_model_property(model, index->slots[i])->name;
        ds_value left = ds_record_get(a, name), right = ds_record_get(b, name);
        if (left.type == DS_NULL || ds_value_compare(left, right) != 0)
            return false;
    }
    return true;
}

/* The name of a unique index in which another record than `own` is in the way; NULL: none is. */
static const char *clash(const shop *s, const shelf *in, const ds_model *model, const ds_record *record, size_t own)
{
    for (size_t i = 0; i < ds_model_index_count(model) && s->fault != FAULT_UNIQUE_IGNORED; i++) {
        const ds_index *index = ds_model_index(model, i);
        for (size_t at = 0; index->unique && at < in->count; at++)
            if (at != own && same_key(model, index, record, in->items[at].record))
                return index->name;
    }
    return NULL;
}

/* Puts `made` in place of the record at `at` (count: adds it) unless a unique value is taken. */
static ds_status put(shop *s, shelf *in, const ds_model *model, size_t at, ds_record *made, size_t i,
                     ds_outcomes *outcomes, ds_call *call)
{
    const char *taken = made == NULL ? NULL : clash(s, in, model, made, at);
    if (made == NULL)
        return no_memory(call);
    if (taken != NULL) {
        decide_refuse(s, outcomes, i, DS_REFUSED_UNIQUE_TAKEN, taken);
        ds_record_free(made);
        return DS_OK;
    }
    bool creates = at == in->count;
    if (creates && shelf_add(s, in, model, made) != DS_OK)
        return no_memory(call);
    if (!creates) {
        ds_record_free(in->items[at].record);
        in->items[at].record = made;
    }
    decide_ok(s, outcomes, i, creates);
    return DS_OK;
}

/* ---- create ---- */

static ds_status create_one(shop *s, shelf *in, const ds_model *model, ds_record *record, size_t i,
                            ds_outcomes *outcomes, bool *stop, ds_call *call)
{
    if (ds_record_get(record, id_name(model)).type == DS_NULL) {
        if (ds_record_put(record, ds_model_id_slot(model), ds_integer(++in->last)) != DS_OK)
            return no_memory(call);
    }
    size_t at = shelf_find(s, in, model, ds_record_get(record, id_name(model)));
    bool is_taken = at < in->count && s->fault != FAULT_DUPLICATE_ACCEPTED;
    gap(s);
    if (is_taken) {
        decide_refuse(s, outcomes, i, DS_REFUSED_ID_TAKEN, NULL);
        *stop = s->fault == FAULT_STOPS_AT_REFUSAL;
        return DS_OK;
    }
    if (s->fault == FAULT_NOT_ATOMIC)
        at = in->count; /* whatever came between */
    return put(s, in, model, at, merged(s, model, NULL, record), i, outcomes, call);
}

ds_status faulty_create(void *connection, const ds_model *model, ds_record *const *records, size_t n,
                        ds_outcomes *outcomes, ds_call *call)
{
    shop *s = connection;
    ds_status status = ds_call_check(call);
    bool stop = false;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < n && status == DS_OK && !stop; i++)
        status = create_one(s, ds_model_state(model), model, records[i], i, outcomes, &stop, call);
    pthread_mutex_unlock(&s->lock);
    return status;
}

/* ---- update and delete ---- */

/* Whether the record holds what is expected of it. */
static bool holds(const shop *s, const ds_record *record, const ds_record *expected)
{
    ds_field field;
    if (expected == NULL || s->fault == FAULT_EXPECTED_IGNORED || ds_record_holds(record, expected))
        return true;
    if (s->fault != FAULT_ABSENT_NOT_EXPECTED)
        return false;
    for (size_t slot = 0; slot < ds_record_slots(expected); slot++)
        if (ds_record_field(expected, slot, &field) && field.value.type != DS_NULL &&
            ds_value_compare(ds_record_get(record, field.name), field.value) != 0)
            return false;
    return true;
}

/* Finds the record that is to be written, or decides the outcome: count where there is nothing left to do. */
static size_t writable(shop *s, shelf *in, const ds_model *model, ds_value id, const ds_record *expected, size_t i,
                       ds_outcomes *outcomes)
{
    size_t at = shelf_find(s, in, model, id);
    if (at == in->count)
        decide_refuse(s, outcomes, i, DS_REFUSED_MISSING, NULL);
    else if (!holds(s, in->items[at].record, expected)) {
        decide_refuse(s, outcomes, i, DS_REFUSED_CHANGED, NULL);
        at = in->count;
    }
    return at;
}

/* An update that does not look whether the record is there. */
static ds_status create_by_update(shop *s, const ds_model *model, ds_value id, const ds_record *changes, size_t i,
                                  ds_outcomes *outcomes, ds_call *call)
{
    shelf *in = ds_model_state(model);
    ds_record *base = ds_record_new(model), *made = NULL;
    if (base != NULL && ds_record_put(base, ds_model_id_slot(model), id) == DS_OK)
        made = merged(s, model, base, changes);
    ds_record_free(base);
    return put(s, in, model, in->count, made, i, outcomes, call);
}

ds_status faulty_update(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                        const ds_record *changes, const ds_record *const *expected, ds_outcomes *outcomes,
                        ds_call *call)
{
    shop *s = connection;
    shelf *in = ds_model_state(model);
    ds_status status = ds_call_check(call);
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < n && status == DS_OK; i++) {
        if (s->fault == FAULT_UPDATE_CREATES && shelf_find(s, in, model, ids[i]) == in->count) {
            status = create_by_update(s, model, ids[i], changes, i, outcomes, call);
            continue;
        }
        size_t at = writable(s, in, model, ids[i], expected == NULL ? NULL : expected[i], i, outcomes);
        if (at < in->count)
            status = put(s, in, model, at, merged(s, model, in->items[at].record, changes), i, outcomes, call);
    }
    pthread_mutex_unlock(&s->lock);
    return status;
}

ds_status faulty_delete(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                        const ds_record *const *expected, ds_outcomes *outcomes, ds_call *call)
{
    shop *s = connection;
    shelf *in = ds_model_state(model);
    ds_status status = ds_call_check(call);
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < n && status == DS_OK; i++) {
        bool is_missing = shelf_find(s, in, model, ids[i]) == in->count;
        if (is_missing && s->fault == FAULT_DELETE_OF_NOTHING) {
            decide_ok(s, outcomes, i, false);
            continue;
        }
        size_t at = writable(s, in, model, ids[i], expected == NULL ? NULL : expected[i], i, outcomes);
        if (at == in->count)
            continue;
        shelf_remove(in, at);
        decide_ok(s, outcomes, i, false);
    }
    pthread_mutex_unlock(&s->lock);
    return status;
}

/* ---- replace and upsert ---- */

static void start_ttl(const ds_model *model, item *of)
{
    ds_value ttl = ds_model_setting(model, "ttl");
    if (ttl.type == DS_INTEGER)
        of->ends = now_ms() + ttl.as.integer;
}

ds_status faulty_replace(void *connection, const ds_model *model, ds_record *const *records, size_t n, bool must_exist,
                         const ds_record *const *expected, ds_outcomes *outcomes, ds_call *call)
{
    shop *s = connection;
    shelf *in = ds_model_state(model);
    ds_status status = ds_call_check(call);
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < n && status == DS_OK; i++) {
        ds_value id = ds_record_get(records[i], id_name(model));
        size_t at = shelf_find(s, in, model, id);
        if (at == in->count && must_exist) {
            decide_refuse(s, outcomes, i, DS_REFUSED_MISSING, NULL);
            continue;
        }
        if (at < in->count &&
            (at = writable(s, in, model, id, expected == NULL ? NULL : expected[i], i, outcomes)) == in->count)
            continue;
        ds_record *base = at < in->count && s->fault == FAULT_REPLACE_MERGES ? in->items[at].record : NULL;
        status = put(s, in, model, at, merged(s, model, base, records[i]), i, outcomes, call);
        if (at < in->count)
            start_ttl(model, &in->items[at]);
    }
    pthread_mutex_unlock(&s->lock);
    return status;
}

static ds_record *upserted(const shop *s, const ds_model *model, const item *old, const ds_record *defaults,
                           const ds_record *record)
{
    if (s->fault == FAULT_UPSERT_REPLACES)
        old = NULL;
    if (old != NULL || defaults == NULL)
        return merged(s, model, old == NULL ? NULL : old->record, record);
    return merged(s, model, defaults, record);
}

ds_status faulty_upsert(void *connection, const ds_model *model, ds_record *const *records, size_t n,
                        const ds_record *defaults, const ds_record *const *expected, ds_outcomes *outcomes,
                        ds_call *call)
{
    shop *s = connection;
    shelf *in = ds_model_state(model);
    ds_status status = ds_call_check(call);
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < n && status == DS_OK; i++) {
        size_t at = shelf_find(s, in, model, ds_record_get(records[i], id_name(model)));
        const item *old = at < in->count ? &in->items[at] : NULL;
        if (expected != NULL && expected[i] != NULL && (old == NULL || !holds(s, old->record, expected[i])))
            decide_refuse(s, outcomes, i, DS_REFUSED_CHANGED, NULL);
        else
            status = put(s, in, model, at, upserted(s, model, old, defaults, records[i]), i, outcomes, call);
    }
    pthread_mutex_unlock(&s->lock);
    return status;
}

/* ---- increment and expiry ---- */

static ds_status sum_of(const shop *s, const ds_model *model, size_t slot, ds_value current, ds_value by, ds_value *sum,
                        ds_error *err)
{
    if (s->fault != FAULT_INCREMENT_WRAPS || current.type != DS_INTEGER || by.type != DS_INTEGER)
        return ds_value_add(model, slot, current, by, sum, err);
    *sum = ds_integer((int64_t)((uint64_t)current.as.integer + (uint64_t)by.as.integer));
    return DS_OK;
}

/* The old record stays where there is no memory for the new one. */
static ds_status store_sum(const shop *s, const ds_model *model, item *in, const char *property, ds_value sum)
{
    ds_record *change = ds_record_new(model), *made = NULL;
    if (change != NULL && ds_record_put_named(change, property, strlen(property), sum) == DS_OK)
        made = merged(s, model, in->record, change);
    ds_record_free(change);
    if (made == NULL)
        return DS_NOMEM;
    ds_record_free(in->record);
    in->record = made;
    return DS_OK;
}

ds_status faulty_increment(void *connection, const ds_model *model, ds_value id, const char *property, size_t slot,
                           ds_value by, ds_value *now, ds_call *call)
{
    shop *s = connection;
    shelf *in = ds_model_state(model);
    ds_status status = ds_call_check(call);
    if (status != DS_OK)
        return status;
    if (slot == DS_NO_SLOT) /* text: the library reads and writes it */
        return ds_error_set(call->error, DS_UNSUPPORTED, "undeclared properties are left to the library");
    pthread_mutex_lock(&s->lock);
    size_t at = shelf_find(s, in, model, id);
    if (at == in->count)
        status = ds_error_set(call->error, DS_NOT_FOUND, "there is no such record");
    else
        status = sum_of(s, model, slot, ds_record_get(in->items[at].record, property), by, now, call->error);
    gap(s);
    at = shelf_find(s, in, model, id);
    if (status == DS_OK && at < in->count && store_sum(s, model, &in->items[at], property, *now) != DS_OK)
        status = no_memory(call);
    pthread_mutex_unlock(&s->lock);
    return status;
}

ds_status faulty_expire(void *connection, const ds_model *model, ds_value id, int64_t ttl_ms, ds_call *call)
{
    shop *s = connection;
    shelf *in = ds_model_state(model);
    pthread_mutex_lock(&s->lock);
    size_t at = shelf_find(s, in, model, id);
    bool found = at < in->count;
    if (found)
        in->items[at].ends = ttl_ms < 0 ? DS_NO_DEADLINE : now_ms() + ttl_ms;
    pthread_mutex_unlock(&s->lock);
    return found ? DS_OK : ds_error_set(call->error, DS_NOT_FOUND, "there is no such record");
}

ds_status faulty_ttl(void *connection, const ds_model *model, ds_value id, int64_t *ttl_ms, ds_call *call)
{
    shop *s = connection;
    shelf *in = ds_model_state(model);
    pthread_mutex_lock(&s->lock);
    size_t at = shelf_find(s, in, model, id);
    bool found = at < in->count;
    if (found)
        *ttl_ms = in->items[at].ends == DS_NO_DEADLINE ? -1 : in->items[at].ends - now_ms();
    pthread_mutex_unlock(&s->lock);
    return found ? DS_OK : ds_error_set(call->error, DS_NOT_FOUND, "there is no such record");
}
