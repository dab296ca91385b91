#include "toy.h"

#include <stdlib.h>

typedef struct toy_row {
    const ds_model *model;
    ds_record *record;
    int64_t ttl_ms;
} toy_row;

typedef struct toy_table {
    toy_row *rows;
    size_t count;
} toy_table;

typedef struct toy_scan {
    const ds_selection *ask;
    uint32_t did;
    ds_record **records;
    size_t count, position;
    bool lacks_memory;
} toy_scan;

toy_switches toy;
static toy_table *only; /* of the source opened last */

void toy_reset(void)
{
    toy = (toy_switches){.did = UINT32_MAX};
}

/* DS_OK, or what the switches say that this call answers. */
static ds_status enter(toy_entry entry, ds_call *call)
{
    unsigned number = ++toy.calls[entry];
    if (toy.meddle != NULL && toy.meddle_in == entry)
        toy.meddle(toy.user);
    bool fails = toy.fault != DS_OK && toy.fault_in == entry && number >= toy.fault_at &&
                 number - toy.fault_at <= toy.fault_times;
    return fails ? ds_error_set(call->error, toy.fault, "the toy was told to fail") : DS_OK;
}

static const char *id_name(const ds_model *model)
{
    return ds_model_property(model, ds_model_id_slot(model))->name;
}

static ds_value id_of(const ds_model *model, const ds_record *record)
{
    return ds_record_get(record, id_name(model));
}

static toy_row *row_of(toy_table *table, const ds_model *model, ds_value id)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->rows[i].model == model && ds_value_compare(id_of(model, table->rows[i].record), id) == 0)
            return &table->rows[i];
    return NULL;
}

/* ---- records ---- */

static bool sets(const ds_record *record, const ds_field *field)
{
    ds_field own;
    for (size_t slot = 0; slot < ds_record_slots(record); slot++)
        if (ds_record_field(record, slot, &own) && own.name_length == field->name_length &&
            memcmp(own.name, field->name, field->name_length) == 0)
            return true;
    return false;
}

static bool put_fields(ds_record *to, const ds_record *from, const ds_record *but)
{
    ds_field field;
    bool done = true;
    for (size_t slot = 0; slot < ds_record_slots(from); slot++)
        if (ds_record_field(from, slot, &field) && field.value.type != DS_NULL && (but == NULL || !sets(but, &field)))
            done = ds_record_put_named(to, field.name, field.name_length, field.value) == DS_OK && done;
    return done;
}

/* `first` with `second` laid over it, without nulls. NULL: out of memory. */
static ds_record *merged(const ds_model *model, const ds_record *first, const ds_record *second)
{
    ds_record *record = ds_record_new(model);
    if (record == NULL || (first != NULL && !put_fields(record, first, second)) || !put_fields(record, second, NULL)) {
        ds_record_free(record);
        return NULL;
    }
    return record;
}

/* false: `record` is NULL, for memory. */
static bool row_become(toy_row *row, ds_record *record)
{
    if (record == NULL)
        return false;
    ds_record_free(row->record);
    row->record = record;
    return true;
}

static void row_remove(toy_table *table, toy_row *row)
{
    ds_record_free(row->record);
    *row = table->rows[--table->count];
}

static bool row_add(toy_table *table, const ds_model *model, ds_record *record)
{
    if (record == NULL)
        return false;
    table->rows = realloc(table->rows, (table->count + 1) * sizeof *table->rows);
    ds_value ttl = ds_model_setting(model, "ttl");
    table->rows[table->count++] = (toy_row){model, record, ttl.type == DS_INTEGER ? ttl.as.integer : -1};
    return true;
}

/* What a write did: `stored` is false for memory. */
static void tell(ds_outcomes *outcomes, size_t i, bool stored, bool created)
{
    if (stored)
        ds_outcome_ok(outcomes, i, created);
    else
        ds_outcome_fail(outcomes, i, DS_NOMEM, 0, "the toy is out of memory");
}

static const char *unique_taken(toy_table *table, const ds_model *model, const ds_record *record)
{
    const ds_property *property;
    for (size_t slot = 0; (property = ds_model_property(model, slot)) != NULL; slot++)
        for (size_t i = 0; property->unique && i < table->count; i++) {
            ds_value value = ds_record_get(record, property->name);
            if (value.type != DS_NULL && table->rows[i].model == model &&
                ds_value_compare(ds_record_get(table->rows[i].record, property->name), value) == 0 &&
                ds_value_compare(id_of(model, table->rows[i].record), id_of(model, record)) != 0)
                return property->name;
        }
    return NULL;
}

void toy_set(const ds_model *model, ds_value id, const char *property, ds_value value)
{
    toy_row *row = row_of(only, model, id);
    ds_record *change = ds_record_new(model);
    if (ds_record_set(change, property, value) != DS_OK || !row_become(row, merged(model, row->record, change)))
        abort();
    ds_record_free(change);
}

void toy_add(const ds_model *model, const char *json)
{
    ds_record *record = NULL;
    if (ds_record_from_json(model, json, &record, NULL) != DS_OK || !row_add(only, model, record))
        abort();
}

void toy_remove(const ds_model *model, ds_value id)
{
    row_remove(only, row_of(only, model, id));
}

/* ---- life ---- */

static ds_status toy_open(ds_source *source, void **connection, ds_call *call)
{
    (void)source, (void)call;
    *connection = only = calloc(1, sizeof(toy_table));
    return DS_OK;
}

static void toy_close(void *connection)
{
    toy_table *table = connection;
    while (table->count > 0)
        row_remove(table, &table->rows[0]);
    free(table->rows);
    free(table);
}

static ds_status toy_connect(void *connection, ds_call *call)
{
    (void)connection, (void)call;
    return DS_OK;
}

/* ---- create and find ---- */

static void create_one(toy_table *table, const ds_model *model, ds_record *record, ds_outcomes *outcomes, size_t i)
{
    if (id_of(model, record).type == DS_NULL)
        ds_record_put(record, ds_model_id_slot(model), ds_integer(++toy.sequence));
    const char *unique = unique_taken(table, model, record);
    if (!ds_record_has_fresh_id(record) && row_of(table, model, id_of(model, record)) != NULL) {
        ds_outcome_refuse(outcomes, i, DS_REFUSED_ID_TAKEN, NULL);
    } else if (unique != NULL) {
        ds_outcome_refuse(outcomes, i, DS_REFUSED_UNIQUE_TAKEN, unique);
    } else {
        tell(outcomes, i, row_add(table, model, merged(model, NULL, record)), true);
    }
}

static ds_status toy_create(void *connection, const ds_model *model, ds_record *const *records, size_t n,
                            ds_outcomes *outcomes, ds_call *call)
{
    ds_status status = enter(TOY_CREATE, call);
    toy.again = call->again;
    toy.created_most = n > toy.created_most ? n : toy.created_most;
    for (size_t i = 0; status == DS_OK && i < n; i++)
        create_one(connection, model, records[i], outcomes, i);
    return status;
}

static const ds_selection *sorting;

static int compare_rows(const void *a, const void *b)
{
    return ds_order_compare(sorting->order, sorting->order_count, *(ds_record *const *)a, *(ds_record *const *)b);
}

static bool is_after(const ds_selection *ask, const ds_record *record)
{
    for (size_t i = 0; i < ask->order_count; i++) {
        int way = ds_value_compare(ds_record_get(record, ask->order[i].property), ask->after[i]);
        if (way != 0)
            return (way > 0) != ask->order[i].descending;
    }
    return false;
}

static void scan_page(toy_scan *scan)
{
    const ds_selection *ask = scan->ask;
    scan->position = ask->skip < scan->count ? (size_t)ask->skip : scan->count;
    if (ask->limit != 0 && ask->limit < scan->count - scan->position)
        scan->count = scan->position + (size_t)ask->limit;
}

/* The records that are there now, as far as the scan is to finish them. */
static void scan_fill(toy_scan *scan, const toy_table *table, const ds_model *model)
{
    size_t matching = 0;
    const ds_selection *ask = scan->ask;
    scan->records = calloc(table->count + 1, sizeof(ds_record *));
    for (size_t i = 0; i < table->count; i++) {
        const ds_record *record = table->rows[i].record;
        bool matches = true;
        if ((scan->did & DS_DID_WHERE) != 0)
            ds_filter_matches(ask->where, record, &matches, NULL);
        if (table->rows[i].model != model || !matches || ((scan->did & DS_DID_AFTER) != 0 && !is_after(ask, record)))
            continue;
        matching++;
        scan->count += ds_record_copy(record, &scan->records[scan->count], NULL) == DS_OK;
    }
    scan->lacks_memory = scan->count != matching;
    sorting = ask;
    if ((scan->did & DS_DID_ORDER) != 0)
        qsort(scan->records, scan->count, sizeof(ds_record *), compare_rows);
}

static void toy_end(void *of)
{
    toy_scan *scan = of;
    for (size_t i = 0; scan->records[i] != NULL; i++)
        ds_record_free(scan->records[i]);
    free(scan->records);
    free(scan);
    toy.open_scans--;
}

static ds_status toy_find(void *connection, const ds_model *model, const ds_selection *ask, uint32_t may, uint32_t *did,
                          void **out, ds_call *call)
{
    ds_status status = enter(TOY_FIND, call);
    toy.may = may;
    toy.flags = call->flags;
    if (status != DS_OK)
        return status;
    toy_scan *scan = calloc(1, sizeof *scan);
    scan->ask = ask;
    scan->did = *did = may & toy.did;
    if (ask->order_count == 0)
        scan->did &= ~(uint32_t)DS_DID_ORDER;
    if (ask->after == NULL || (scan->did & DS_DID_ORDER) == 0)
        scan->did &= ~(uint32_t)DS_DID_AFTER;
    scan_fill(scan, connection, model);
    bool exact = (scan->did & DS_DID_WHERE) != 0 && (ask->order_count == 0 || (scan->did & DS_DID_ORDER) != 0) &&
                 (ask->after == NULL || (scan->did & DS_DID_AFTER) != 0);
    if ((scan->did & DS_DID_PAGE) != 0 && exact)
        scan_page(scan);
    else
        *did &= ~(uint32_t)DS_DID_PAGE;
    *did |= may & toy.claims;
    toy.open_scans++;
    *out = scan;
    bool lacks = scan->lacks_memory;
    if (lacks)
        toy_end(scan);
    return lacks ? ds_error_set(call->error, DS_NOMEM, "the toy is out of memory") : DS_OK;
}

static ds_status add(const toy_scan *scan, ds_block *block, const ds_record *record)
{
    const ds_selection *ask = scan->ask;
    if ((scan->did & DS_DID_FIELDS) == 0 || ask->field_count == 0)
        return ds_block_add_copy(block, record);
    ds_record *copy = ds_block_add(block);
    ds_status status = copy == NULL ? DS_NOMEM : DS_OK;
    for (size_t i = 0; status == DS_OK && i < ask->field_count; i++)
        if (ds_record_get(record, ask->fields[i]).type != DS_NULL)
            status = ds_record_put_named(copy, ask->fields[i], strlen(ask->fields[i]),
                                         ds_record_get(record, ask->fields[i]));
    return status;
}

static ds_status toy_block(void *of, ds_block *block, ds_call *call)
{
    toy_scan *scan = of;
    ds_status status = enter(TOY_BLOCK, call), added = DS_OK;
    if (ds_block_wanted(block) > toy.wanted_most)
        toy.wanted_most = ds_block_wanted(block);
    size_t most = toy.per_block != 0 ? toy.per_block : ds_block_wanted(block);
    for (size_t i = 0; added == DS_OK && i < most && scan->position < scan->count; i++)
        added = add(scan, block, scan->records[scan->position++]);
    return status != DS_OK ? status : added; /* of a failure too, records were added: the library forgets them */
}

/* ---- change ---- */

/* The row that may be written; NULL: refused. */
static toy_row *writable(toy_table *table, const ds_model *model, ds_value id, const ds_record *expected,
                         ds_outcomes *outcomes, size_t i)
{
    toy_row *row = row_of(table, model, id);
    if (row == NULL)
        ds_outcome_refuse(outcomes, i, DS_REFUSED_MISSING, NULL);
    else if (expected != NULL && !ds_record_holds(row->record, expected)) {
        ds_outcome_refuse(outcomes, i, DS_REFUSED_CHANGED, NULL);
        row = NULL;
    }
    return row;
}

static ds_status toy_update(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                            const ds_record *changes, const ds_record *const *expected, ds_outcomes *outcomes,
                            ds_call *call)
{
    ds_status status = enter(TOY_UPDATE, call);
    for (size_t i = 0; status == DS_OK && i < n; i++) {
        toy_row *row = writable(connection, model, ids[i], expected != NULL ? expected[i] : NULL, outcomes, i);
        if (row == NULL)
            continue;
        ds_record *after = merged(model, row->record, changes);
        const char *unique = after == NULL ? NULL : unique_taken(connection, model, after);
        if (unique != NULL) {
            ds_record_free(after);
            ds_outcome_refuse(outcomes, i, DS_REFUSED_UNIQUE_TAKEN, unique);
        } else {
            tell(outcomes, i, row_become(row, after), false);
        }
    }
    return status;
}

static ds_status toy_delete(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                            const ds_record *const *expected, ds_outcomes *outcomes, ds_call *call)
{
    ds_status status = enter(TOY_DELETE, call);
    for (size_t i = 0; status == DS_OK && i < n; i++) {
        toy_row *row = writable(connection, model, ids[i], expected != NULL ? expected[i] : NULL, outcomes, i);
        if (row == NULL)
            continue;
        row_remove(connection, row);
        ds_outcome_ok(outcomes, i, false);
    }
    return status;
}

/* ---- what may be left out ---- */

static ds_status toy_by_ids(void *connection, const ds_model *model, const ds_value *ids, size_t n, ds_block *block,
                            ds_call *call)
{
    ds_status status = enter(TOY_BY_IDS, call);
    toy.flags = call->flags;
    for (size_t i = 0; status == DS_OK && i < n; i++) {
        const toy_row *row = row_of(connection, model, ids[i]);
        for (size_t before = 0; before < i; before++)
            toy.repeated_ids += ds_value_compare(ids[before], ids[i]) == 0;
        if (row != NULL)
            status = ds_block_add_copy(block, row->record);
    }
    return status;
}

static ds_status toy_count(void *connection, const ds_model *model, const ds_filter *where, uint64_t *count,
                           ds_call *call)
{
    const toy_table *table = connection;
    ds_status status = enter(TOY_COUNT, call);
    for (size_t i = 0; status == DS_OK && i < table->count; i++) {
        bool matches = false;
        if (table->rows[i].model == model)
            status = ds_filter_matches(where, table->rows[i].record, &matches, call->error);
        *count += matches;
    }
    return status;
}

static ds_status toy_replace(void *connection, const ds_model *model, ds_record *const *records, size_t n,
                             bool must_exist, const ds_record *const *expected, ds_outcomes *outcomes, ds_call *call)
{
    ds_status status = enter(TOY_REPLACE, call);
    for (size_t i = 0; status == DS_OK && i < n; i++) {
        toy_row *row = row_of(connection, model, id_of(model, records[i]));
        if (row == NULL && !must_exist) {
            tell(outcomes, i, row_add(connection, model, merged(model, NULL, records[i])), true);
        } else if ((row = writable(connection, model, id_of(model, records[i]), expected != NULL ? expected[i] : NULL,
                                   outcomes, i)) != NULL) {
            tell(outcomes, i, row_become(row, merged(model, NULL, records[i])), false);
            ds_value ttl = ds_model_setting(model, "ttl");
            row->ttl_ms = ttl.type == DS_INTEGER ? ttl.as.integer : row->ttl_ms;
        }
    }
    return status;
}

static ds_status toy_upsert(void *connection, const ds_model *model, ds_record *const *records, size_t n,
                            const ds_record *defaults, const ds_record *const *expected, ds_outcomes *outcomes,
                            ds_call *call)
{
    (void)expected;
    ds_status status = enter(TOY_UPSERT, call);
    for (size_t i = 0; status == DS_OK && i < n; i++) {
        toy_row *row = row_of(connection, model, id_of(model, records[i]));
        tell(outcomes, i,
             row == NULL ? row_add(connection, model, merged(model, defaults, records[i]))
                         : row_become(row, merged(model, row->record, records[i])),
             row == NULL);
    }
    return status;
}

static ds_status toy_increment(void *connection, const ds_model *model, ds_value id, const char *property, size_t slot,
                               ds_value by, ds_value *now, ds_call *call)
{
    ds_status status = enter(TOY_INCREMENT, call);
    toy_row *row = row_of(connection, model, id);
    if (status == DS_OK && row == NULL)
        return ds_error_set(call->error, DS_NOT_FOUND, "not there");
    if (status == DS_OK)
        status = ds_value_add(model, slot, ds_record_get(row->record, property), by, now, call->error);
    ds_record *change = status == DS_OK ? ds_record_new(model) : NULL;
    if (status == DS_OK &&
        (ds_record_set(change, property, *now) != DS_OK || !row_become(row, merged(model, row->record, change))))
        status = ds_error_set(call->error, DS_NOMEM, "the toy is out of memory");
    ds_record_free(change);
    return status;
}

static ds_status change_where(toy_table *table, const ds_model *model, const ds_filter *where, const ds_record *changes,
                              uint64_t *count, ds_call *call)
{
    for (size_t i = table->count; i-- > 0;) {
        toy_row *row = &table->rows[i];
        bool matches = false;
        if (row->model == model && ds_filter_matches(where, row->record, &matches, call->error) != DS_OK)
            return DS_INVALID;
        if (matches && changes != NULL && !row_become(row, merged(model, row->record, changes)))
            return ds_error_set(call->error, DS_NOMEM, "the toy is out of memory");
        if (matches && changes == NULL)
            row_remove(table, row);
        *count += matches;
    }
    return DS_OK;
}

static ds_status toy_update_where(void *connection, const ds_model *model, const ds_filter *where,
                                  const ds_record *changes, uint64_t *count, ds_call *call)
{
    ds_status status = enter(TOY_UPDATE_WHERE, call);
    return status == DS_OK ? change_where(connection, model, where, changes, count, call) : status;
}

static ds_status toy_delete_where(void *connection, const ds_model *model, const ds_filter *where, uint64_t *count,
                                  ds_call *call)
{
    ds_status status = enter(TOY_DELETE_WHERE, call);
    return status == DS_OK ? change_where(connection, model, where, NULL, count, call) : status;
}

static ds_status toy_expire(void *connection, const ds_model *model, ds_value id, int64_t ttl_ms, ds_call *call)
{
    toy_row *row = row_of(connection, model, id);
    if (row == NULL)
        return ds_error_set(call->error, DS_NOT_FOUND, "not there");
    row->ttl_ms = ttl_ms;
    return DS_OK;
}

static ds_status toy_ttl(void *connection, const ds_model *model, ds_value id, int64_t *ttl_ms, ds_call *call)
{
    const toy_row *row = row_of(connection, model, id);
    if (row == NULL)
        return ds_error_set(call->error, DS_NOT_FOUND, "not there");
    *ttl_ms = row->ttl_ms;
    return DS_OK;
}

static ds_status toy_migrate(void *connection, const ds_model *model, uint32_t flags, ds_progress *progress, void *user,
                             ds_buffer *report, ds_call *call)
{
    (void)connection, (void)model, (void)flags, (void)report, (void)call;
    if (progress != NULL)
        progress(user, 1, 1);
    return DS_OK;
}

static ds_status toy_explain(void *connection, const ds_model *model, const ds_selection *ask, uint32_t may,
                             uint32_t *did, ds_buffer *members, ds_call *call)
{
    (void)connection, (void)model, (void)ask, (void)call;
    *did = may & toy.did;
    ds_buffer_format(members, "\"access\":\"vector\"");
    return DS_OK;
}

/* ---- shy ---- */

static ds_status shy(ds_call *call)
{
    return ds_error_set(call->error, DS_UNSUPPORTED, "the toy is too shy");
}

static ds_status shy_by_ids(void *c, const ds_model *m, const ds_value *ids, size_t n, ds_block *block, ds_call *call)
{
    (void)c, (void)m, (void)ids, (void)n;
    ds_block_add(block); /* to be forgotten */
    return shy(call);
}

static ds_status shy_count(void *c, const ds_model *m, const ds_filter *where, uint64_t *count, ds_call *call)
{
    (void)c, (void)m, (void)where;
    *count = 77;
    return shy(call);
}

static ds_status shy_replace(void *c, const ds_model *m, ds_record *const *records, size_t n, bool must_exist,
                             const ds_record *const *expected, ds_outcomes *outcomes, ds_call *call)
{
    (void)c, (void)m, (void)records, (void)n, (void)must_exist, (void)expected, (void)outcomes;
    return shy(call);
}

static ds_status shy_upsert(void *c, const ds_model *m, ds_record *const *records, size_t n, const ds_record *defaults,
                            const ds_record *const *expected, ds_outcomes *outcomes, ds_call *call)
{
    (void)c, (void)m, (void)records, (void)n, (void)defaults, (void)expected, (void)outcomes;
    return shy(call);
}

static ds_status shy_update_where(void *c, const ds_model *m, const ds_filter *where, const ds_record *changes,
                                  uint64_t *count, ds_call *call)
{
    (void)c, (void)m, (void)where, (void)changes, (void)count;
    return shy(call);
}

static ds_status shy_delete_where(void *c, const ds_model *m, const ds_filter *where, uint64_t *count, ds_call *call)
{
    (void)c, (void)m, (void)where, (void)count;
    return shy(call);
}

static ds_status shy_increment(void *c, const ds_model *m, ds_value id, const char *property, size_t slot, ds_value by,
                               ds_value *now, ds_call *call)
{
    (void)c, (void)m, (void)id, (void)property, (void)slot, (void)by, (void)now;
    return shy(call);
}

static ds_status shy_migrate(void *c, const ds_model *m, uint32_t flags, ds_progress *progress, void *user,
                             ds_buffer *report, ds_call *call)
{
    (void)c, (void)m, (void)flags, (void)progress, (void)user, (void)report;
    return shy(call);
}

static ds_status shy_explain(void *c, const ds_model *m, const ds_selection *ask, uint32_t may, uint32_t *did,
                             ds_buffer *members, ds_call *call)
{
    (void)c, (void)m, (void)ask, (void)may;
    *did = UINT32_MAX;
    ds_buffer_format(members, "\"access\":\"guess\"");
    return shy(call);
}

#define TOY_REQUIRED                                                                                                   \
    .abi = DS_ABI, .size = sizeof(ds_connector), .open = toy_open, .close = toy_close, .connect = toy_connect,         \
    .create_records = toy_create, .find_records = toy_find, .next_block = toy_block, .end_scan = toy_end,              \
    .update_records = toy_update, .delete_records = toy_delete

const ds_connector toy_bare = {TOY_REQUIRED, .name = "toy-bare", .capabilities = DS_CAN_UNIQUE};

const ds_connector toy_full = {TOY_REQUIRED,
                               .name = "toy-full",
                               .capabilities = DS_CAN_UNIQUE | DS_CAN_EXPIRE,
                               .find_by_ids = toy_by_ids,
                               .count = toy_count,
                               .replace_records = toy_replace,
                               .upsert_records = toy_upsert,
                               .update_where = toy_update_where,
                               .delete_where = toy_delete_where,
                               .increment = toy_increment,
                               .expire = toy_expire,
                               .ttl = toy_ttl,
                               .migrate = toy_migrate,
                               .explain = toy_explain};

const ds_connector toy_shy = {TOY_REQUIRED,
                              .name = "toy-shy",
                              .capabilities = DS_CAN_UNIQUE | DS_CAN_EXPIRE,
                              .find_by_ids = shy_by_ids,
                              .count = shy_count,
                              .replace_records = shy_replace,
                              .upsert_records = shy_upsert,
                              .update_where = shy_update_where,
                              .delete_where = shy_delete_where,
                              .increment = shy_increment,
                              .expire = toy_expire,
                              .ttl = toy_ttl,
                              .migrate = shy_migrate,
                              .explain = shy_explain};
