/* The writes of records given by id: each record is decided on its own, and all that are taken are written at once. */
#include "batch.h"

ds_status batch_open(batch *b, size_t n, ds_outcomes *outcomes, ds_call *call)
{
    *b = (batch){.outcomes = outcomes, .n = n};
    b->marks = n <= 1 ? &b->one : ds_calloc(n, 1);
    if (b->marks != NULL)
        return DS_OK;
    return ds_error_set(call->error, DS_NOMEM, "out of memory for %zu records", n);
}

ds_status batch_close(batch *b, ds_status status)
{
    for (size_t i = 0; i < b->n && status == DS_OK; i++)
        if (b->marks[i] != UNDECIDED)
            ds_outcome_ok(b->outcomes, i, b->marks[i] == CREATED);
    if (b->marks != &b->one)
        ds_free(b->marks);
    return status;
}

/* Of one model. */
static ds_status batch_begin(batch *b, void *connection, const ds_model *model, size_t n, ds_outcomes *outcomes,
                             ds_call *call)
{
    ds_status status = batch_open(b, n, outcomes, call);
    if (status != DS_OK)
        return status;
    b->changes = &b->own;
    status = changes_begin(&b->own, connection, model, call);
    return status == DS_OK ? DS_OK : batch_close(b, status);
}

ds_status batch_step(batch *b, size_t i)
{
    b->changes->more = i + 1 < b->n;
    return i % PORTION == 0 ? ds_call_check(b->changes->call) : DS_OK;
}

static ds_status batch_end(batch *b, ds_status status)
{
    if (status == DS_OK)
        status = changes_commit(&b->own, 1);
    else
        changes_abandon(&b->own);
    return batch_close(b, status);
}

/* ---- what every write of a record goes through ---- */

/* Prepares a record, which it owns from then on. DS_DUPLICATE: *taken is the index. */
static ds_status prepare(changes *c, entry *e, ds_record *made, int64_t expires, const version *extra,
                         const ds_index **taken, ds_error *err)
{
    version *v;
    *taken = changes_taken(c, made, e);
    if (*taken != NULL) {
        ds_record_free(made);
        return DS_DUPLICATE;
    }
    ds_value id = record_field(made, c->table->id_slot);
    ds_status status =
        version_new(made, expires, extra == NULL ? NULL : extra->extra, extra == NULL ? 0 : extra->extra_length, &v);
    if (status == DS_OK)
        status = changes_put(c, e, v);
    if (status == DS_OK && id.type == DS_INTEGER && id.as.integer > c->table->sequence)
        c->table->sequence = id.as.integer;
    return status == DS_OK
               ? DS_OK
               : ds_error_set(err, status, "out of memory for a record of the model \"%s\"", c->table->name);
}

static void batch_fail(batch *b, size_t i, const ds_error *error)
{
    ds_outcome_fail(b->outcomes, i, error->status, error->native, "%s", error->message);
}

static void batch_nomem(batch *b, size_t i)
{
    ds_outcome_fail(b->outcomes, i, DS_NOMEM, 0, "out of memory for a record of the model \"%s\"",
                    b->changes->table->name);
}

static void batch_settle(batch *b, size_t i, ds_status status, mark done, const ds_index *taken, const ds_error *error)
{
    if (status == DS_OK)
        b->marks[i] = (char)done;
    else if (taken != NULL)
        ds_outcome_refuse(b->outcomes, i, DS_REFUSED_UNIQUE_TAKEN, taken->name);
    else
        batch_fail(b, i, error);
}

static void batch_put(batch *b, size_t i, entry *e, ds_record *made, int64_t expires, const version *extra)
{
    const ds_index *taken;
    ds_error error = {0};
    mark done = e == NULL ? CREATED : WRITTEN;
    ds_status status = prepare(b->changes, e, made, expires, extra, &taken, &error);
    batch_settle(b, i, status, done, taken, &error);
}

/* When a record that starts settings.ttl now expires; `without` where the model has none. */
static int64_t expiry(const changes *c, int64_t without)
{
    ds_value ttl = ds_model_setting(c->model, "ttl");
    if (ttl.type != DS_INTEGER || ttl.as.integer <= 0)
        return without;
    return ttl.as.integer >= NEVER - c->now ? NEVER : c->now + ttl.as.integer;
}

static int64_t expiry_of(const version *v)
{
    return atomic_load(&v->expires);
}

/* ---- create ---- */

static bool next_id(changes *c, ds_value *id)
{
    const ds_property *property = ds_model_property(c->model, c->table->id_slot);
    if (!property->generated || property->type != DS_PROPERTY_INTEGER || c->table->sequence == INT64_MAX)
        return false;
    *id = ds_integer(++c->table->sequence);
    return true;
}

/* Gives a record its id where it has none. */
static bool batch_identify(batch *b, size_t i, ds_record *record, ds_value *id)
{
    *id = record_field(record, b->changes->table->id_slot);
    if (id->type != DS_NULL)
        return true;
    if (!next_id(b->changes, id)) {
        ds_outcome_fail(b->outcomes, i, DS_INVALID, 0,
                        b->changes->table->sequence == INT64_MAX
                            ? "the sequence of the model \"%s\" has no number left"
                            : "a record of the model \"%s\" has no id, and none can be generated",
                        b->changes->table->name);
        return false;
    }
    if (ds_record_put(record, b->changes->table->id_slot, *id) == DS_OK)
        return true;
    batch_nomem(b, i);
    return false;
}

static void batch_add(batch *b, size_t i, const ds_record *record, const ds_record *defaults)
{
    ds_record *made;
    if (record_stored(b->changes->model, record, defaults, &made) != DS_OK)
        batch_nomem(b, i);
    else
        batch_put(b, i, NULL, made, expiry(b->changes, NEVER), NULL);
}

void batch_create(batch *b, size_t i, ds_record *record)
{
    ds_value id;
    if (!batch_identify(b, i, record, &id))
        return;
    if (changes_find(b->changes, id) != NULL)
        ds_outcome_refuse(b->outcomes, i, DS_REFUSED_ID_TAKEN, NULL);
    else
        batch_add(b, i, record, NULL);
}

ds_status memory_create(void *connection, const ds_model *model, ds_record *const *records, size_t n,
                        ds_outcomes *outcomes, ds_call *call)
{
    batch b;
    ds_status status = batch_begin(&b, connection, model, n, outcomes, call);
    if (status != DS_OK)
        return status;
    for (size_t i = 0; i < n && (status = batch_step(&b, i)) == DS_OK; i++)
        batch_create(&b, i, records[i]);
    return batch_end(&b, status);
}

/* ---- update and delete ---- */

/* The entry of an id, if it is there and holds what it must. */
static entry *batch_expect(batch *b, size_t i, ds_value id, const ds_record *expected)
{
    entry *e = changes_find(b->changes, id);
    if (e == NULL)
        ds_outcome_refuse(b->outcomes, i, DS_REFUSED_MISSING, NULL);
    else if (expected != NULL && !ds_record_holds(changes_current(e)->record, expected)) {
        ds_outcome_refuse(b->outcomes, i, DS_REFUSED_CHANGED, NULL);
        return NULL;
    }
    return e;
}

static ds_status prepare_changed(changes *c, entry *e, const ds_record *changed, const ds_index **taken, ds_error *err)
{
    ds_record *made;
    const version *old = changes_current(e);
    *taken = NULL;
    if (record_merged(c->model, old->record, changed, &made) != DS_OK)
        return ds_error_set(err, DS_NOMEM, "out of memory for a record of the model \"%s\"", c->table->name);
    if (ds_value_compare(record_field(made, c->table->id_slot), record_field(old->record, c->table->id_slot)) == 0)
        return prepare(c, e, made, expiry_of(old), old, taken, err);
    ds_record_free(made);
    return ds_error_set(err, DS_INVALID, "the id of a record of the model \"%s\" cannot be changed", c->table->name);
}

static void batch_change(batch *b, size_t i, entry *e, const ds_record *changed)
{
    const ds_index *taken;
    ds_error error = {0};
    ds_status status = prepare_changed(b->changes, e, changed, &taken, &error);
    batch_settle(b, i, status, WRITTEN, taken, &error);
}

static ds_status tell_taken(const changes *c, const ds_index *taken)
{
    return ds_error_set(c->call->error, DS_DUPLICATE,
                        "another record of the model \"%s\" has this value of the unique \"%s\"", c->table->name,
                        taken->name);
}

ds_status write_changed(changes *c, entry *e, const ds_record *changed)
{
    const ds_index *taken;
    ds_status status = prepare_changed(c, e, changed, &taken, c->call->error);
    return taken == NULL ? status : tell_taken(c, taken);
}

void batch_update(batch *b, size_t i, ds_value id, const ds_record *changed, const ds_record *expected)
{
    entry *e = batch_expect(b, i, id, expected);
    if (e != NULL)
        batch_change(b, i, e, changed);
}

void batch_delete(batch *b, size_t i, ds_value id, const ds_record *expected)
{
    entry *e = batch_expect(b, i, id, expected);
    if (e == NULL)
        return;
    changes_drop(b->changes, e);
    b->marks[i] = WRITTEN;
}

ds_status memory_update(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                        const ds_record *changed, const ds_record *const *expected, ds_outcomes *outcomes,
                        ds_call *call)
{
    batch b;
    ds_status status = batch_begin(&b, connection, model, n, outcomes, call);
    if (status != DS_OK)
        return status;
    for (size_t i = 0; i < n && (status = batch_step(&b, i)) == DS_OK; i++)
        batch_update(&b, i, ids[i], changed, expected == NULL ? NULL : expected[i]);
    return batch_end(&b, status);
}

ds_status memory_delete(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                        const ds_record *const *expected, ds_outcomes *outcomes, ds_call *call)
{
    batch b;
    ds_status status = batch_begin(&b, connection, model, n, outcomes, call);
    if (status != DS_OK)
        return status;
    for (size_t i = 0; i < n && (status = batch_step(&b, i)) == DS_OK; i++)
        batch_delete(&b, i, ids[i], expected == NULL ? NULL : expected[i]);
    return batch_end(&b, status);
}

/* ---- replace and upsert ---- */

static void replace_old(batch *b, size_t i, entry *e, const ds_record *record)
{
    ds_record *made;
    const version *old = changes_current(e);
    if (record_stored(b->changes->model, record, NULL, &made) != DS_OK)
        batch_nomem(b, i);
    else
        batch_put(b, i, e, made, expiry(b->changes, expiry_of(old)),
                  ds_model_is_strict(b->changes->model) ? old : NULL);
}

void batch_replace(batch *b, size_t i, ds_record *record, bool must_exist, const ds_record *expected)
{
    ds_value id;
    if (!batch_identify(b, i, record, &id))
        return;
    entry *e = changes_find(b->changes, id);
    if (e == NULL && !must_exist && expected == NULL)
        batch_add(b, i, record, NULL);
    else if ((e = batch_expect(b, i, id, expected)) != NULL)
        replace_old(b, i, e, record);
}

ds_status memory_replace(void *connection, const ds_model *model, ds_record *const *records, size_t n, bool must_exist,
                         const ds_record *const *expected, ds_outcomes *outcomes, ds_call *call)
{
    batch b;
    ds_status status = batch_begin(&b, connection, model, n, outcomes, call);
    if (status != DS_OK)
        return status;
    for (size_t i = 0; i < n && (status = batch_step(&b, i)) == DS_OK; i++)
        batch_replace(&b, i, records[i], must_exist, expected == NULL ? NULL : expected[i]);
    return batch_end(&b, status);
}

void batch_upsert(batch *b, size_t i, ds_record *record, const ds_record *defaults, const ds_record *expected)
{
    ds_value id;
    if (!batch_identify(b, i, record, &id))
        return;
    entry *e = changes_find(b->changes, id);
    if (expected != NULL && (e == NULL || !ds_record_holds(changes_current(e)->record, expected)))
        ds_outcome_refuse(b->outcomes, i, DS_REFUSED_CHANGED, NULL);
    else if (e == NULL)
        batch_add(b, i, record, defaults);
    else
        batch_change(b, i, e, record);
}

ds_status memory_upsert(void *connection, const ds_model *model, ds_record *const *records, size_t n,
                        const ds_record *defaults, const ds_record *const *expected, ds_outcomes *outcomes,
                        ds_call *call)
{
    batch b;
    ds_status status = batch_begin(&b, connection, model, n, outcomes, call);
    if (status != DS_OK)
        return status;
    for (size_t i = 0; i < n && (status = batch_step(&b, i)) == DS_OK; i++)
        batch_upsert(&b, i, records[i], defaults, expected == NULL ? NULL : expected[i]);
    return batch_end(&b, status);
}

/* ---- one record ---- */

static ds_status not_found(const changes *c, ds_value id)
{
    ds_text text;
    ds_value_text(id, &text);
    return ds_error_set(c->call->error, DS_NOT_FOUND, "the model \"%s\" has no record with the id %.*s", c->table->name,
                        text.length > 100 ? 100 : (int)text.length, text.bytes);
}

/* The sum, as the value of the property. Undeclared ones are looked for by name. */
static ds_status add_to(changes *c, entry *e, const char *property, size_t slot, ds_value by, ds_value *now,
                        const ds_index **taken, ds_error *err)
{
    const version *old = changes_current(e);
    ds_record *made;
    ds_value current = slot != DS_NO_SLOT ? record_field(old->record, slot) : ds_record_get(old->record, property);
    *taken = NULL;
    if (slot == c->table->id_slot)
        return ds_error_set(err, DS_INVALID, "the property \"%s\" of the model \"%s\" is its id, and stays", property,
                            c->table->name);
    ds_status status = ds_value_add(c->model, slot, current, by, now, err);
    if (status != DS_OK)
        return status;
    status = record_with(c->model, old->record, slot, property, *now, &made);
    if (status != DS_OK)
        return ds_error_set(err, status, "out of memory for a record of the model \"%s\"", c->table->name);
    return prepare(c, e, made, expiry_of(old), old, taken, err);
}

void batch_increment(batch *b, size_t i, ds_value id, const char *property, size_t slot, ds_value by, ds_value *now)
{
    const ds_index *taken;
    ds_error error = {0};
    entry *e = batch_expect(b, i, id, NULL);
    if (e == NULL)
        return;
    ds_status status = add_to(b->changes, e, property, slot, by, now, &taken, &error);
    batch_settle(b, i, status, WRITTEN, taken, &error);
}

/* As of `now`: when a record that lives for so long expires. */
static int64_t expiry_after(const changes *c, int64_t ttl_ms)
{
    return ttl_ms < 0 || ttl_ms >= NEVER - c->now ? NEVER : c->now + ttl_ms;
}

void batch_expire(batch *b, size_t i, ds_value id, int64_t ttl_ms)
{
    ds_record *made;
    entry *e = batch_expect(b, i, id, NULL);
    if (e == NULL)
        return;
    const version *old = changes_current(e);
    if (record_stored(b->changes->model, old->record, NULL, &made) != DS_OK)
        batch_nomem(b, i);
    else
        batch_put(b, i, e, made, expiry_after(b->changes, ttl_ms), old);
}

/* Ends a change of one record. */
static ds_status finish(changes *c, ds_status status)
{
    if (status == DS_OK)
        return changes_commit(c, 1);
    changes_abandon(c);
    return status;
}

ds_status memory_increment(void *connection, const ds_model *model, ds_value id, const char *property, size_t slot,
                           ds_value by, ds_value *now, ds_call *call)
{
    changes c;
    const ds_index *taken = NULL;
    ds_status status = changes_begin(&c, connection, model, call);
    if (status != DS_OK)
        return status;
    entry *e = changes_find(&c, id);
    status = e == NULL ? not_found(&c, id) : add_to(&c, e, property, slot, by, now, &taken, call->error);
    return finish(&c, taken == NULL ? status : tell_taken(&c, taken));
}

ds_status memory_expire(void *connection, const ds_model *model, ds_value id, int64_t ttl_ms, ds_call *call)
{
    changes c;
    ds_status status = changes_begin(&c, connection, model, call);
    if (status != DS_OK)
        return status;
    entry *e = changes_find(&c, id);
    if (e == NULL)
        return finish(&c, not_found(&c, id));
    changes_renew(&c, e, expiry_after(&c, ttl_ms));
    return finish(&c, DS_OK);
}

ds_status memory_ttl(void *connection, const ds_model *model, ds_value id, int64_t *ttl_ms, ds_call *call)
{
    table *t = ds_model_state(model);
    changes asked = {.table = t, .call = call};
    key k = key_of_id(t, &id);
    pthread_rwlock_rdlock(&t->lock);
    entry *e = key_find(connection, &t->ids, &k);
    int64_t expires = e == NULL ? 0 : expiry_of(e->now);
    pthread_rwlock_unlock(&t->lock);
    int64_t now = memory_now();
    if (expires <= now)
        return not_found(&asked, id);
    *ttl_ms = expires == NEVER ? -1 : expires - now;
    return DS_OK;
}
