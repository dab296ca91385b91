/* A connector that does nothing: what the plugins of this folder have in common, each but for its fault. */
#ifndef TESTS_NOTHING_H
#define TESTS_NOTHING_H

#include <datasource/connector.h>

#include <stdlib.h>

static inline ds_status open_nothing(ds_source *source, void **connection, ds_call *call)
{
    (void)source, (void)call;
    *connection = malloc(1);
    return *connection == NULL ? DS_NOMEM : DS_OK;
}

static inline ds_status connect_nothing(void *connection, ds_call *call)
{
    (void)connection, (void)call;
    return DS_OK;
}

static inline ds_status create_nothing(void *connection, const ds_model *model, ds_record *const *records, size_t n,
                                       ds_outcomes *outcomes, ds_call *call)
{
    (void)connection, (void)model, (void)records, (void)n, (void)outcomes;
    return ds_error_set(call->error, DS_UNSUPPORTED, "nothing is created here");
}

static inline ds_status find_nothing(void *connection, const ds_model *model, const ds_selection *selection,
                                     uint32_t may, uint32_t *did, void **scan, ds_call *call)
{
    (void)connection, (void)model, (void)selection, (void)may, (void)did, (void)call;
    *scan = malloc(1);
    return *scan == NULL ? DS_NOMEM : DS_OK;
}

static inline ds_status next_nothing(void *scan, ds_block *block, ds_call *call)
{
    (void)scan, (void)block, (void)call;
    return DS_OK;
}

static inline ds_status update_nothing(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                                       const ds_record *changes, const ds_record *const *expected,
                                       ds_outcomes *outcomes, ds_call *call)
{
    (void)connection, (void)model, (void)ids, (void)n, (void)changes, (void)expected, (void)outcomes;
    return ds_error_set(call->error, DS_UNSUPPORTED, "nothing is updated here");
}

static inline ds_status delete_nothing(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                                       const ds_record *const *expected, ds_outcomes *outcomes, ds_call *call)
{
    (void)connection, (void)model, (void)ids, (void)n, (void)expected, (void)outcomes;
    return ds_error_set(call->error, DS_UNSUPPORTED, "nothing is deleted here");
}

/* All required entries. */
#define NOTHING                                                                                                        \
    .open = open_nothing, .close = free, .connect = connect_nothing, .create_records = create_nothing,                 \
    .find_records = find_nothing, .next_block = next_nothing, .end_scan = free, .update_records = update_nothing,      \
    .delete_records = delete_nothing

#endif
