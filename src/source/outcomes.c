/* What becomes of each record of a write: decided by the connector, told to the host in the library's own sentences. */
#include "base/sentence.h"
#include "source/operations.h"

ds_status outcomes_init(ds_outcomes *outcomes, size_t count, ds_error *err)
{
    *outcomes = (ds_outcomes){.count = count};
    outcomes->items = count <= 1 ? &outcomes->one : ds_calloc(count, sizeof *outcomes->items);
    return outcomes->items != NULL ? DS_OK : error_nomem(err);
}

void outcomes_reset(ds_outcomes *outcomes)
{
    memset(outcomes->items, 0, outcomes->count * sizeof *outcomes->items);
    arena_reset(&outcomes->texts);
}

void outcomes_free(ds_outcomes *outcomes)
{
    if (outcomes->items != &outcomes->one)
        ds_free(outcomes->items);
    outcomes->items = NULL;
    arena_free(&outcomes->texts);
}

void ds_outcome_ok(ds_outcomes *outcomes, size_t i, bool created)
{
    if (i < outcomes->count && outcomes->items[i].state == OUTCOME_UNDECIDED)
        outcomes->items[i] = (outcome){.state = OUTCOME_OK, .created = created};
}

void ds_outcome_refuse(ds_outcomes *outcomes, size_t i, ds_refusal refusal, const char *detail)
{
    if (i >= outcomes->count)
        return;
    const char *text = detail == NULL ? NULL : arena_copy(&outcomes->texts, detail, strlen(detail));
    outcomes->items[i] = (outcome){.state = OUTCOME_REFUSED, .refusal = refusal, .text = text};
}

void ds_outcome_fail(ds_outcomes *outcomes, size_t i, ds_status status, int32_t native, const char *format, ...)
{
    if (i >= outcomes->count)
        return;
    char text[sizeof((ds_error *)NULL)->message];
    va_list arguments;
    va_start(arguments, format);
    sentence_format(text, sizeof text, format, arguments);
    va_end(arguments);
    outcomes->items[i] = (outcome){.state = OUTCOME_FAILED,
                                   .status = status == DS_OK ? DS_BACKEND : status,
                                   .native = native,
                                   .text = text[0] == '\0' ? NULL : arena_copy(&outcomes->texts, text, strlen(text))};
}

bool outcome_refused(const ds_outcomes *outcomes, size_t i, ds_refusal refusal)
{
    return outcomes->items[i].state == OUTCOME_REFUSED && outcomes->items[i].refusal == refusal;
}

static ds_status refusal_status(const outcome *item, const operation *op, ds_value id, ds_error *err)
{
    const char *model = op->model->definition->name;
    id_text text;
    switch (item->refusal) {
    case DS_REFUSED_MISSING:
        return ds_error_set(err, DS_NOT_FOUND, "model \"%s\" has no record with the id %s", model, id_print(id, &text));
    case DS_REFUSED_ID_TAKEN:
        return ds_error_set(err, DS_DUPLICATE, "model \"%s\" has a record with the id %s already", model,
                            id_print(id, &text));
    case DS_REFUSED_UNIQUE_TAKEN:
        return ds_error_set(err, DS_DUPLICATE, "another record of model \"%s\" has this value of the unique \"%s\"",
                            model, item->text != NULL ? item->text : "?");
    case DS_REFUSED_CHANGED:
        return ds_error_set(err, DS_CONFLICT, "the record %s of model \"%s\" was changed by someone else meanwhile",
                            id_print(id, &text), model);
    case DS_REFUSED_OLDER_VERSION:
        return ds_error_set(err, DS_CONFLICT,
                            "the record %s of model \"%s\" is of a newer version than what was to be written",
                            id_print(id, &text), model);
    }
    return ds_error_set(err, DS_BACKEND, "the connector %s refused the record %s of model \"%s\" for no known reason",
                        op->connector->name, id_print(id, &text), model);
}

ds_status outcome_status(const ds_outcomes *outcomes, size_t i, const operation *op, ds_status entry, ds_value id,
                         ds_error *err)
{
    const outcome *item = &outcomes->items[i];
    if (item->state == OUTCOME_OK)
        return DS_OK;
    if (item->state == OUTCOME_REFUSED)
        return refusal_status(item, op, id, err);
    if (item->state == OUTCOME_FAILED) {
        ds_error_set(err, item->status, "%s",
                     item->text != NULL ? item->text : "the connector gave no reason, or there was no memory for it");
        if (err != NULL)
            err->native = item->native;
        return item->status;
    }
    if (entry == DS_OK)
        return ds_error_set(err, DS_BACKEND, "the connector %s did not say what became of a record of model \"%s\"",
                            op->connector->name, op->model->definition->name);
    if (op->error.message[0] == '\0')
        return ds_error_set(err, entry, "the connector %s failed (%s)", op->connector->name, ds_status_name(entry));
    return err == &op->error ? entry : error_copy(err, &op->error);
}
