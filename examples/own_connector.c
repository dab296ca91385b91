/* A small connector, linked into the host: a table of two columns of text, as an old program keeps it. It has the
 * required entries alone; filters, order, paging, increments and the rest are the library's work. */
#include "example.h"

#include <datasource/connector.h>

enum { ROWS = 100, WIDTH = 24 };
typedef struct row {
    char name[WIDTH], amount[WIDTH]; /* an amount that a person typed may read "1,200" */
} row;
static row rows[ROWS] = {{"apples", "1,200"}, {"pears", "35"}};
static size_t row_count = 2;

/* The text without its commas; longer text than a cell holds is no number, and is cut. */
static size_t plain(const char *text, char out[WIDTH])
{
    size_t n = 0;
    for (; *text != '\0'; text++)
        if (*text != ',')
            out[n++] = *text;
    return n;
}

static ds_status read_row(const row *from, ds_record *record)
{
    char digits[WIDTH];
    ds_status status = ds_record_put(record, 0, ds_string(from->name));
    if (status == DS_OK && from->amount[0] != '\0')
        status = ds_record_put_text(record, 1, digits, plain(from->amount, digits));
    if (status == DS_OK && strchr(from->amount, ',') != NULL) /* not what we would write, so the library is told */
        status = ds_record_put_raw(record, 1, from->amount, strlen(from->amount));
    return status;
}

static bool fits(ds_value value)
{
    return value.length < WIDTH && (value.type != DS_STRING || memchr(value.as.string, '\0', value.length) == NULL);
}

static void write_cell(char cell[WIDTH], ds_value value)
{
    ds_text text;
    ds_value_text(value, &text);
    memcpy(cell, text.bytes, text.length);
    cell[text.length] = '\0';
}

static row *row_of(ds_value name)
{
    for (size_t i = 0; i < row_count; i++)
        if (strlen(rows[i].name) == name.length && memcmp(rows[i].name, name.as.string, name.length) == 0)
            return &rows[i];
    return NULL;
}

static bool holds(const row *found, const ds_model *model, const ds_record *expected)
{
    ds_record *now = ds_record_new(model);
    bool same = now != NULL && read_row(found, now) == DS_OK && ds_record_holds(now, expected);
    ds_record_free(now);
    return same;
}

/* The row, where it exists and still holds what the library has read before (NULL: whatever it holds). */
static row *row_to_change(const ds_model *model, ds_value id, const ds_record *expected, ds_outcomes *outcomes,
                          size_t i)
{
    row *found = row_of(id);
    bool same = found != NULL && (expected == NULL || holds(found, model, expected));
    if (found == NULL)
        ds_outcome_refuse(outcomes, i, DS_REFUSED_MISSING, NULL);
    else if (!same)
        ds_outcome_refuse(outcomes, i, DS_REFUSED_CHANGED, NULL);
    return same ? found : NULL;
}

/* ---- the entries ---- */

static ds_status table_open(ds_source *source, void **connection, ds_call *call)
{
    (void)source, (void)call;
    *connection = rows;
    return DS_OK;
}

static void table_close(void *connection)
{
    (void)connection;
}

static ds_status table_connect(void *connection, ds_call *call)
{
    (void)connection, (void)call;
    return DS_OK;
}

static ds_status table_open_model(void *connection, const ds_model *model, void **state, ds_call *call)
{
    (void)connection, (void)state;
    const ds_property *amount = ds_model_property(model, 1);
    if (ds_model_property_count(model) == 2 && ds_model_id_slot(model) == 0 && amount->type == DS_PROPERTY_INTEGER)
        return DS_OK;
    return ds_error_set(call->error, DS_UNSUPPORTED,
                        "a table has two columns: a string, which is the id, and an integer");
}

static ds_status table_create(void *connection, const ds_model *model, ds_record *const *records, size_t n,
                              ds_outcomes *outcomes, ds_call *call)
{
    (void)connection, (void)model;
    for (size_t i = 0; i < n; i++) {
        ds_field name, amount = {.value = ds_null()};
        ds_record_field(records[i], 0, &name);
        if (row_of(name.value) != NULL)
            ds_outcome_refuse(outcomes, i, DS_REFUSED_ID_TAKEN, NULL);
        else if (!fits(name.value) || row_count == ROWS)
            ds_outcome_fail(outcomes, i, DS_INVALID, 0, "the table has no room for it");
        else {
            write_cell(rows[row_count].name, name.value);
            write_cell(rows[row_count].amount, ds_record_field(records[i], 1, &amount) ? amount.value : ds_null());
            row_count++;
            ds_outcome_ok(outcomes, i, true);
        }
    }
    return ds_call_check(call);
}

/* *did stays 0: it answers every row. */
static ds_status table_find(void *connection, const ds_model *model, const ds_selection *selection, uint32_t may,
                            uint32_t *did, void **scan, ds_call *call)
{
    (void)connection, (void)model, (void)selection, (void)may, (void)did;
    *scan = ds_calloc(1, sizeof(size_t)); /* the next row */
    return *scan == NULL ? ds_error_set(call->error, DS_NOMEM, "out of memory") : DS_OK;
}

static ds_status table_next(void *scan, ds_block *block, ds_call *call)
{
    for (size_t *next = scan; *next < row_count && ds_block_wanted(block) > 0; ++*next) {
        ds_record *record = ds_block_add(block);
        if (record == NULL || read_row(&rows[*next], record) != DS_OK)
            return ds_error_set(call->error, DS_NOMEM, "out of memory");
    }
    return ds_call_check(call);
}

static void table_end(void *scan)
{
    ds_free(scan);
}

static ds_status table_update(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                              const ds_record *changes, const ds_record *const *expected, ds_outcomes *outcomes,
                              ds_call *call)
{
    (void)connection;
    for (size_t i = 0; i < n; i++) {
        ds_field amount;
        row *found = row_to_change(model, ids[i], expected == NULL ? NULL : expected[i], outcomes, i);
        if (found == NULL)
            continue;
        if (ds_record_field(changes, 1, &amount))
            write_cell(found->amount, amount.value);
        ds_outcome_ok(outcomes, i, false);
    }
    return ds_call_check(call);
}

static ds_status table_delete(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                              const ds_record *const *expected, ds_outcomes *outcomes, ds_call *call)
{
    (void)connection;
    for (size_t i = 0; i < n; i++) {
        row *found = row_to_change(model, ids[i], expected == NULL ? NULL : expected[i], outcomes, i);
        if (found == NULL)
            continue;
        *found = rows[--row_count];
        ds_outcome_ok(outcomes, i, false);
    }
    return ds_call_check(call);
}

static const ds_connector table = {
    .abi = DS_ABI,
    .size = sizeof(ds_connector),
    .name = "table",
    .open = table_open,
    .close = table_close,
    .connect = table_connect,
    .open_model = table_open_model,
    .create_records = table_create,
    .find_records = table_find,
    .next_block = table_next,
    .end_scan = table_end,
    .update_records = table_update,
    .delete_records = table_delete,
};

/* ---- the host ---- */

int main(void)
{
    ds_source *source;
    ds_model *stock;
    uint64_t changed;
    ds_value now;
    must(ds_connector_register(&table, &error));
    must(ds_source_open("table", NULL, &source, &error));
    must(ds_model_define(source,
                         "{\"name\": \"Stock\", \"properties\": {\"name\": {\"type\": \"string\", \"id\": true},"
                         " \"amount\": \"integer\"}}",
                         &stock, &error));
    store(stock, "{\"name\": \"plums\", \"amount\": 7}");
    must(ds_increment(stock, ds_string("apples"), "amount", ds_integer(50), &now, &error)); /* the library's work */
    printf("%lld apples, typed as 1,200 and 50 more\n", (long long)now.as.integer);
    print_found(stock, DS_QUERY(.order = "amount DESC", .limit = 2));
    ds_filter *few = ds_where("amount", DS_LT, ds_integer(10));
    ds_record *none = ds_record_new(stock);
    ds_record_set(none, "amount", ds_null());
    must(ds_update(stock, few, none, &changed, &error));
    printf("%llu changed\n", (unsigned long long)changed);
    must(ds_delete_by_id(stock, ds_string("pears"), &error));
    print_found(stock, DS_QUERY(.order = "name"));
    ds_record_free(none);
    ds_filter_free(few);
    ds_source_close(source);
    return EXIT_SUCCESS;
}
