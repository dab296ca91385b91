/* Updates, replacements, upserts and deletes: one script call a record. */
#include "schema.h"
#include "write.h"

static write_job make_job(void *connection, const ds_model *model, ds_outcomes *outcomes, ds_call *call)
{
    write_job job = {.map = connection,
                     .model = model,
                     .state = ds_model_state(model),
                     .call = call,
                     .outcomes = outcomes,
                     .uses = SCRIPT_WRITE};
    return job;
}

static ds_status run(write_job *job, size_t n)
{
    token own;
    ds_status status = schema_ask(job->map, job->model, job->call);
    if (status == DS_OK)
        status = write_arm(job, &own);
    return status == DS_OK ? write_run(job, 0, n) : status;
}

static const ds_record *expected_at(const write_job *job, size_t i)
{
    return job->expected == NULL ? NULL : job->expected[i];
}

static bool raises_sequence(const write_job *job, size_t i)
{
    return job->state->sequenced && write_id(job, i).as.integer > 0;
}

void plan_update(const write_job *job, size_t i, write_plan *plan)
{
    *plan = (write_plan){.when = "must", .set = job->shared, .expected = expected_at(job, i)};
}

ds_status encode_planned(const write_job *job, redis_request *request, size_t i, bool whole)
{
    write_plan plan;
    job->plan(job, i, &plan);
    return write_encode(job, request, i, &plan, whole);
}

ds_status update_records(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                         const ds_record *changes, const ds_record *const *expected, ds_outcomes *outcomes,
                         ds_call *call)
{
    write_job job = make_job(connection, model, outcomes, call);
    job.encode = encode_planned;
    job.plan = plan_update;
    job.ids = ids;
    job.shared = changes;
    job.expected = expected;
    return run(&job, n);
}

void plan_replacement(const write_job *job, size_t i, write_plan *plan)
{
    *plan = (write_plan){.when = job->must_exist ? "must" : "may",
                         .set = job->records[i],
                         .expected = expected_at(job, i),
                         .replaces = true,
                         .stores_id = job->state->stores_id,
                         .ttl_created = job->state->ttl_ms,
                         .ttl_kept = job->state->ttl_ms,
                         .raises = raises_sequence(job, i)};
}

ds_status replace_records(void *connection, const ds_model *model, ds_record *const *records, size_t n, bool must_exist,
                          const ds_record *const *expected, ds_outcomes *outcomes, ds_call *call)
{
    write_job job = make_job(connection, model, outcomes, call);
    job.encode = encode_planned;
    job.plan = plan_replacement;
    job.records = records;
    job.must_exist = must_exist;
    job.expected = expected;
    return run(&job, n);
}

void plan_upsert(const write_job *job, size_t i, write_plan *plan)
{
    *plan = (write_plan){.when = "may",
                         .set = job->records[i],
                         .defaults = job->shared,
                         .expected = expected_at(job, i),
                         .stores_id = job->state->stores_id,
                         .ttl_created = job->state->ttl_ms,
                         .raises = raises_sequence(job, i)};
}

ds_status upsert_records(void *connection, const ds_model *model, ds_record *const *records, size_t n,
                         const ds_record *defaults, const ds_record *const *expected, ds_outcomes *outcomes,
                         ds_call *call)
{
    write_job job = make_job(connection, model, outcomes, call);
    job.encode = encode_planned;
    job.plan = plan_upsert;
    job.records = records;
    job.shared = defaults;
    job.expected = expected;
    return run(&job, n);
}

void plan_deletion(const write_job *job, size_t i, write_plan *plan)
{
    *plan = (write_plan){.when = "D", .expected = expected_at(job, i)};
}

ds_status encode_delete(const write_job *job, redis_request *request, size_t i, bool whole)
{
    const ds_record *expected = expected_at(job, i);
    field_counts counts = fields_count(job->state, expected);
    ds_text id;
    ds_value_text(job->ids[i], &id);
    write_begin(job, request, SCRIPT_DELETE, whole, 1, 2 * (counts.values + counts.nulls));
    request_key(request, job->state, KEY_RECORD, id.bytes, id.length);
    ds_status status = write_token(job, request, i);
    if (status == DS_OK)
        status = fields_append_expected(request, job->state, expected);
    write_life(job, request);
    return status;
}

ds_status delete_records(void *connection, const ds_model *model, const ds_value *ids, size_t n,
                         const ds_record *const *expected, ds_outcomes *outcomes, ds_call *call)
{
    write_job job = make_job(connection, model, outcomes, call);
    job.encode = encode_delete;
    job.plan = plan_deletion;
    job.uses = SCRIPT_DELETE;
    job.ids = ids;
    job.expected = expected;
    return run(&job, n);
}
