/* The sources of the suite: the connector itself, behind a mask that may be put on, so that the library filters, orders and
 * pages what it walks and supplies every optional entry; and the reference, a list of records that knows nothing but to walk. */
#include "conformance.h"

#include <stdatomic.h>
#include <stdlib.h>

/* ---- the mask ---- */

static const ds_connector *inner;
static atomic_bool masked;

bool mask_put_on(bool on)
{
    return atomic_exchange(&masked, on);
}

static ds_status hidden(ds_call *call)
{
    return ds_error_set(call->error, DS_UNSUPPORTED, "it is masked");
}

static ds_status masked_find(void *connection, const ds_model *model, const ds_selection *selection, uint32_t may,
                             uint32_t *did, void **scan, ds_call *call)
{
    ds_status status = inner->find_records(connection, model, selection, masked ? 0 : may, did, scan, call);
    if (masked)
        *did = 0; /* what it did is more than it was asked for, and does no harm */
    return status;
}

static void (*meddler)(run *);
static run *meddled;

void meddle_once(void (*meddle)(run *), run *r)
{
    meddler = meddle;
    meddled = r;
}

static void let_meddle(const ds_record *const *expected)
{
    void (*meddle)(run *) = meddler;
    if (meddle == NULL || expected == NULL)
        return;
    meddler = NULL;
    meddle(meddled);
}

static ds_status watched_update(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                                const ds_record *changes, const ds_record *const *expected, ds_outcomes *outcomes,
                                ds_call *call)
{
    let_meddle(expected);
    return inner->update_records(connection, model, ids, n, changes, expected, outcomes, call);
}

static ds_status watched_delete(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                                const ds_record *const *expected, ds_outcomes *outcomes, ds_call *call)
{
    let_meddle(expected);
    return inner->delete_records(connection, model, ids, n, expected, outcomes, call);
}

static ds_status masked_find_by_ids(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                                    ds_block *block, ds_call *call)
{
    return masked ? hidden(call) : inner->find_by_ids(connection, model, ids, n, block, call);
}

static ds_status masked_count(void *connection, const ds_model *model, const ds_filter *where, uint64_t *count,
                              ds_call *call)
{
    return masked ? hidden(call) : inner->count(connection, model, where, count, call);
}

static ds_status masked_replace(void *connection, const ds_model *model, ds_record *const *records, size_t n,
                                bool must_exist, const ds_record *const *expected, ds_outcomes *outcomes, ds_call *call)
{
    return masked ? hidden(call)
                  : inner->replace_records(connection, model, records, n, must_exist, expected, outcomes, call);
}

static ds_status masked_upsert(void *connection, const ds_model *model, ds_record *const *records, size_t n,
                               const ds_record *defaults, const ds_record *const *expected, ds_outcomes *outcomes,
                               ds_call *call)
{
    return masked ? hidden(call)
                  : inner->upsert_records(connection, model, records, n, defaults, expected, outcomes, call);
}

static ds_status masked_update_where(void *connection, const ds_model *model, const ds_filter *where,
                                     const ds_record *changes, uint64_t *count, ds_call *call)
{
    return masked ? hidden(call) : inner->update_where(connection, model, where, changes, count, call);
}

static ds_status masked_delete_where(void *connection, const ds_model *model, const ds_filter *where, uint64_t *count,
                                     ds_call *call)
{
    return masked ? hidden(call) : inner->delete_where(connection, model, where, count, call);
}

static ds_status masked_increment(void *connection, const ds_model *model, ds_value id, const char *property,
                                  size_t slot, ds_value by, ds_value *now, ds_call *call)
{
    return masked ? hidden(call) : inner->increment(connection, model, id, property, slot, by, now, call);
}

/* What must be whole only the connector can do. */
static ds_status masked_batch(void *connection, const ds_write *const *writes, size_t n, uint32_t flags,
                              ds_outcomes *outcomes, ds_call *call)
{
    bool hides = masked && (flags & DS_ATOMIC) == 0;
    return hides ? hidden(call) : inner->batch(connection, writes, n, flags, outcomes, call);
}

/* The connector's own table with the mask in front of what the library can supply. */
static ds_connector mask(const ds_connector *connector)
{
    ds_connector table = *connector;
    inner = connector;
    table.find_records = masked_find;
    table.update_records = watched_update;
    table.delete_records = watched_delete;
    table.find_by_ids = connector->find_by_ids == NULL ? NULL : masked_find_by_ids;
    table.count = connector->count == NULL ? NULL : masked_count;
    table.replace_records = connector->replace_records == NULL ? NULL : masked_replace;
    table.upsert_records = connector->upsert_records == NULL ? NULL : masked_upsert;
    table.update_where = connector->update_where == NULL ? NULL : masked_update_where;
    table.delete_where = connector->delete_where == NULL ? NULL : masked_delete_where;
    table.increment = connector->increment == NULL ? NULL : masked_increment;
    table.batch = connector->batch == NULL ? NULL : masked_batch;
    return table;
}

/* ---- the reference ---- */

typedef struct list {
    ds_record **records;
    size_t count, room;
} list;

typedef struct walk {
    const list *list;
    size_t next;
} walk;

static ds_status reference_open(ds_source *source, void **connection, ds_call *call)
{
    (void)source, (void)call;
    *connection = "a connection";
    return DS_OK;
}

static void reference_close(void *connection)
{
    (void)connection;
}

static ds_status reference_connect(void *connection, ds_call *call)
{
    (void)connection, (void)call;
    return DS_OK;
}

static ds_status reference_open_model(void *connection, const ds_model *model, void **state, ds_call *call)
{
    (void)connection, (void)model, (void)call;
    *state = calloc(1, sizeof(list));
    return *state == NULL ? DS_NOMEM : DS_OK;
}

static void reference_close_model(void *connection, void *state)
{
    (void)connection;
    list *l = state;
    for (size_t i = 0; i < l->count; i++)
        ds_record_free(l->records[i]);
    free(l->records);
    free(l);
}

static size_t reference_find_id(const list *l, const ds_model *model, ds_value id)
{
    const char *name = ds_model_property(model, ds_model_id_slot(model))->name;
    size_t i = 0;
    while (i < l->count && ds_value_compare(ds_record_get(l->records[i], name), id) != 0)
        i++;
    return i;
}

static ds_status reference_create(void *connection, const ds_model *model, ds_record *const *records, size_t n,
                                  ds_outcomes *outcomes, ds_call *call)
{
    (void)connection;
    list *l = ds_model_state(model);
    const char *id = ds_model_property(model, ds_model_id_slot(model))->name;
    for (size_t i = 0; i < n; i++) {
        if (reference_find_id(l, model, ds_record_get(records[i], id)) < l->count) {
            ds_outcome_refuse(outcomes, i, DS_REFUSED_ID_TAKEN, NULL);
            continue;
        }
        if (l->count == l->room)
            l->records = realloc(l->records, (l->room = l->room * 2 + 64) * sizeof(ds_record *));
        ds_status status = ds_record_copy(records[i], &l->records[l->count], call->error);
        if (status != DS_OK)
            return status;
        l->count++;
        ds_outcome_ok(outcomes, i, true);
    }
    return DS_OK;
}

static ds_status reference_find(void *connection, const ds_model *model, const ds_selection *selection, uint32_t may,
                                uint32_t *did, void **scan, ds_call *call)
{
    (void)connection, (void)selection, (void)may, (void)did, (void)call;
    walk *w = calloc(1, sizeof *w);
    if (w == NULL)
        return DS_NOMEM;
    w->list = ds_model_state(model);
    *scan = w;
    return DS_OK;
}

static ds_status reference_next(void *scan, ds_block *block, ds_call *call)
{
    (void)call;
    walk *w = scan;
    ds_status status = DS_OK;
    while (status == DS_OK && w->next < w->list->count && ds_block_wanted(block) > 0)
        status = ds_block_add_copy(block, w->list->records[w->next++]);
    return status;
}

static ds_status reference_update(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                                  const ds_record *changes, const ds_record *const *expected, ds_outcomes *outcomes,
                                  ds_call *call)
{
    (void)connection, (void)model, (void)ids, (void)n, (void)changes, (void)expected, (void)outcomes;
    return ds_error_set(call->error, DS_UNSUPPORTED, "the reference is not updated");
}

static ds_status reference_delete(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                                  const ds_record *const *expected, ds_outcomes *outcomes, ds_call *call)
{
    (void)connection, (void)expected, (void)call;
    list *l = ds_model_state(model);
    for (size_t i = 0; i < n; i++) {
        size_t at = reference_find_id(l, model, ids[i]);
        if (at == l->count) {
            ds_outcome_refuse(outcomes, i, DS_REFUSED_MISSING, NULL);
            continue;
        }
        ds_record_free(l->records[at]);
        l->records[at] = l->records[--l->count];
        ds_outcome_ok(outcomes, i, false);
    }
    return DS_OK;
}

static const ds_connector reference = {
    .abi = DS_ABI,
    .size = sizeof(ds_connector),
    .name = "reference",
    .open = reference_open,
    .close = reference_close,
    .connect = reference_connect,
    .open_model = reference_open_model,
    .close_model = reference_close_model,
    .create_records = reference_create,
    .find_records = reference_find,
    .next_block = reference_next,
    .end_scan = free,
    .update_records = reference_update,
    .delete_records = reference_delete,
};

/* ---- the sources ---- */

ds_status sources_open(suite *s, ds_error *err)
{
    const ds_connector *connector = ds_connector_find(s->connector, err);
    if (connector == NULL)
        return DS_CONFIG;
    ds_connector table = mask(connector);
    ds_status status = ds_connector_register(&reference, err);
    if (status == DS_OK)
        status = ds_connector_register(&table, err); /* in place of the connector itself */
    if (status == DS_OK)
        status = ds_source_open(connector->name, s->settings, &s->source, err);
    if (status == DS_OK)
        status = ds_source_open("reference", NULL, &s->reference, err);
    s->capabilities = connector->capabilities;
    return status == DS_OK ? ds_connect(s->source, err) : status;
}

void sources_close(suite *s)
{
    ds_source_close(s->source);
    ds_source_close(s->reference);
}
