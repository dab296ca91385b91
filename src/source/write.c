/* One record through a writing entry, and what comes of it. */
#include "source/operations.h"

#include <time.h>

#define IN_STEP  4     /* tries without a pause */
#define PAUSE_NS 20000 /* and for each try after them, at most */

void give_way(unsigned tries)
{
    if (tries < IN_STEP)
        return;
    struct timespec pause = {.tv_nsec = (long)(ds_now() % ((int64_t)tries * PAUSE_NS))}; /* as good as by chance */
    nanosleep(&pause, NULL);
}

void count_written(operation *op, size_t records)
{
    op->source->stats.records_written += records;
}

static int refusal_of(const ds_outcomes *outcomes)
{
    return outcomes->one.state == OUTCOME_REFUSED ? (int)outcomes->one.refusal : NOT_REFUSED;
}

static ds_status settle(operation *op, ds_outcomes *outcomes, ds_status entry, ds_value id, int *refusal)
{
    *refusal = refusal_of(outcomes);
    ds_status status = outcome_status(outcomes, 0, op, entry, id, &op->error);
    if (status == DS_OK)
        count_written(op, 1);
    outcomes_free(outcomes);
    return status;
}

void error_sequence(const ds_model *model, ds_error *err)
{
    error_prefix(err,
                 "the sequence of the generated ids of model \"%s\" is behind those in use, and %d of its numbers were "
                 "taken: ",
                 model->definition->name, MANY_TIMES);
}

ds_status create_one(operation *op, ds_record *record, const filling *filled, int *refusal)
{
    size_t id_slot = op->model->definition->id_slot;
    ds_status status;
    unsigned tries = 0;
    do {
        if (tries > 0)
            record_unset(record, id_slot);
        ds_outcomes outcomes;
        outcomes_init(&outcomes, 1, NULL);
        op->call.again = tries;
        status = op->connector->create_records(op->connection, op->model, &record, 1, &outcomes, &op->call);
        status = settle(op, &outcomes, status, record_peek(record, id_slot), refusal);
    } while (*refusal == DS_REFUSED_ID_TAKEN && filling_sequence(filled, op->model) && ++tries < MANY_TIMES);
    op->call.again = 0;
    if (tries >= MANY_TIMES)
        error_sequence(op->model, &op->error);
    return status;
}

ds_status update_one(operation *op, ds_value id, const ds_record *changes, const ds_record *expected, int *refusal)
{
    ds_outcomes outcomes;
    outcomes_init(&outcomes, 1, NULL);
    ds_status status = op->connector->update_records(op->connection, op->model, &id, 1, changes,
                                                     expected != NULL ? &expected : NULL, &outcomes, &op->call);
    return settle(op, &outcomes, status, id, refusal);
}

ds_record *changes_without_id(const ds_record *record, arena *memory)
{
    const definition *def = record_definition(record);
    ds_record *changes = record_new_in(def, memory);
    if (changes == NULL || record_copy_into(changes, record) != DS_OK)
        return NULL;
    record_unset(changes, def->id_slot);
    return changes;
}

bool left_to_library(operation *op, ds_status status)
{
    if (status == DS_UNSUPPORTED)
        op->error = (ds_error){.status = DS_OK};
    return status == DS_UNSUPPORTED;
}

ds_record *expected_of(const ds_record *record, const char *const *names, size_t count, arena *memory)
{
    const definition *def = record_definition(record);
    ds_record *expected = record_new_in(def, memory);
    for (size_t i = 0; expected != NULL && i < count; i++) {
        size_t length = strlen(names[i]);
        size_t slot = record_find(record, names[i], length);
        ds_field field;
        if (slot == def->id_slot)
            continue; /* it never changes, and a backend may hold it in the key alone */
        if (slot == DS_NO_SLOT || !ds_record_field(record, slot, &field))
            field = (ds_field){.name = names[i], .name_length = length};
        if (record_put_field(expected, &field) != DS_OK)
            return NULL;
    }
    return expected;
}
